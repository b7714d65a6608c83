/* cpu/block.c - the instructions of a kernel on a block of elements: each is one loop over operands
 * that stay in the nearest cache.
 */
#define _GNU_SOURCE /* sincos */
#include "cpu/internal.h"
#include <math.h>

/* ---- a run ------------------------------------------------------------------------- */

bool cpu_block_open(Block *b, Env *env, const Kernel *k, const CpuLanes *lanes)
{
    size_t bytes = ((size_t)k->nslots * BLOCK + k->scratch) * sizeof(double);
    *b = (Block){.k = k,
                 .lanes = lanes,
                 .mem = mem_aligned(64, (bytes + 127) / 64 * 64),
                 .at = mem_alloc((k->nslots + 1) * sizeof *b->at),
                 .one = mem_alloc(k->nslots + 1)};
    if (!b->mem || !b->at || !b->one) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory for a block of %d points", BLOCK);
        cpu_block_close(b);
        return false;
    }
    memset(b->one, 0, k->nslots);
    for (uint32_t s = 0; s < k->nslots; s++)
        b->at[s] = cpu_block_own(b, s);
    for (uint32_t s = 0; s < k->nconst; s++)
        cpu_block_fill(b, k->nin + s, k->konst[s], BLOCK);
    return true;
}

void cpu_block_close(Block *b)
{
    mem_free(b->mem);
    mem_free(b->at);
    mem_free(b->one);
    *b = (Block){0};
}

void cpu_block_fill(Block *b, uint32_t slot, double x, size_t n)
{
    double *to = b->at[slot] = cpu_block_own(b, slot);
    for (size_t i = 0; i < n; i++)
        to[i] = x;
    b->one[slot] = 1;
}

/* ---- instructions ------------------------------------------------------------------ */

static void block_sum(const Block *b, double *d, const uint32_t *args, uint32_t m,
                      size_t n)
{
    double s[BLOCK];
    memcpy(s, b->at[args[0]], n * sizeof *s);
    for (uint32_t i = 1; i < m; i++)
        b->lanes->binary[I_ADD](s, s, false, b->at[args[i]], false, n);
    memcpy(d, s, n * sizeof *s);
}

static bool is_row(uint16_t fn) { return fn < FN_PARTS; }

static void block_fn1(const Block *b, const InsInfo *f, const Ins *x, double *d,
                      const double *a, size_t n)
{
    if (!is_row(f->fn) || !cpu_vec1(b->lanes, (Op)f->fn, d, a, n))
        for (size_t i = 0; i < n; i++)
            d[i] = x->f1(a[i]);
}

static void block_fn2(const Block *b, const InsInfo *f, const Ins *x, double *d,
                      const double *a, const double *c, size_t n)
{
    if (!is_row(f->fn) || !cpu_vec2(b->lanes, (Op)f->fn, d, a, c, n))
        for (size_t i = 0; i < n; i++)
            d[i] = x->f2(a[i], c[i]);
}

static void block_pow(const Block *b, double *d, const double *a, const double *c,
                      size_t n)
{
    if (!cpu_vec2(b->lanes, OP_POW, d, a, c, n))
        for (size_t i = 0; i < n; i++)
            d[i] = pow(a[i], c[i]);
}

/* |a|^c, with the sign of a if odd; n > 0. */
static void block_root(const Block *b, double *d, const double *a, const double *c,
                       bool odd, size_t n)
{
    double sign[BLOCK], size[BLOCK];
    if (n == 0)
        return;
    memcpy(sign, a, n * sizeof *sign);
    memcpy(size, a, n * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[i] = fabs(size[i]);
    block_pow(b, d, size, c, n);
    for (size_t i = 0; odd && i < n; i++)
        d[i] = sign[i] < 0 ? -d[i] : d[i];
}

/* The values of a are read before d, which may be a, is written. */
static void block_sincos(const Block *b, double *d, double *c, const double *a, size_t n)
{
    double x[BLOCK];
    memcpy(x, a, n * sizeof *x);
    if (!cpu_vec1(b->lanes, OP_sin, d, x, n) || !cpu_vec1(b->lanes, OP_cos, c, x, n))
        for (size_t i = 0; i < n; i++)
            sincos(x[i], &d[i], &c[i]);
}

/* Loops run point by point. */
static void block_loop(const Block *b, const KernelLoop *l, size_t n)
{
    Kernel *body = l->body;
    double *s = b->mem + (size_t)b->k->nslots * BLOCK;
    double *in = s + body->nslots + body->scratch, *out = in + body->nin,
           *sum = out + body->nout;
    memcpy(s + body->nin, body->konst, body->nconst * sizeof *s);
    for (size_t i = 0; i < n; i++) {
        memset(sum, 0, body->nout * sizeof *sum);
        for (size_t j = 0; j < l->nargs; j++)
            in[1 + j] = b->at[l->args[j]][i];
        for (double k = l->lo; k <= l->hi && !env_interrupted; k++) {
            in[0] = k;
            kernel_run(body, s, in, out);
            for (size_t j = 0; j < l->nout; j++)
                sum[j] += out[j];
        }
        for (size_t j = 0; j < l->nout; j++)
            if (l->to[j] != P_NONE)
                b->at[l->to[j]][i] = sum[j];
    }
}

/* Instructions that are no plain loops. */
static void block_call(const Block *b, const Ins *x, const InsInfo *f, double *d,
                       size_t n)
{
    if (f->op == I_SUM) {
        block_sum(b, d, b->k->args + x->a, x->b, n);
        return;
    }
    if (f->op == I_LOOP) {
        block_loop(b, &b->k->loop[x->a], n);
        return;
    }
    const double *A = b->at[x->a], *B = b->at[x->b], *C = b->at[x->c];
    switch ((IOp)f->op) {
    case I_POW: block_pow(b, d, A, B, n); break;
    case I_EVEN_ROOT:
    case I_ODD_ROOT: block_root(b, d, A, B, f->op == I_ODD_ROOT, n); break;
    case I_FN1: block_fn1(b, f, x, d, A, n); break;
    case I_FN2: block_fn2(b, f, x, d, A, B, n); break;
    case I_FN3:
        for (size_t i = 0; i < n; i++)
            d[i] = x->f3(A[i], B[i], C[i]);
        break;
    case I_SINCOS: block_sincos(b, d, b->at[x->c], A, n); break;
    default: break;
    }
}

void cpu_block_run(Block *b, size_t n)
{
    const CpuLanes *l = b->lanes;
    const Ins *x = b->k->ins;
    for (const InsInfo *f = b->k->info; f->op != I_END; f++, x++) {
        double *d = b->at[x->d];
        if (l->binary[f->op])
            l->binary[f->op](d, b->at[x->a], b->one[x->a], b->at[x->b], b->one[x->b], n);
        else if (l->unary[f->op])
            l->unary[f->op](d, b->at[x->a], n);
        else if (l->ternary[f->op])
            l->ternary[f->op](d, b->at[x->a], b->one[x->a], b->at[x->b], b->one[x->b],
                              b->at[x->c], b->one[x->c], n);
        else
            block_call(b, x, f, d, n);
    }
}
