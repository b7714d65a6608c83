/* cpu/block.c - many points through the instructions, BLOCK of them at a time: each
 * instruction is one loop over operands that stay in the nearest cache.
 *
 * Values may differ from those of the scalar run by the rounding of the vector functions (1 ulp
 * with SLEEF) and of fused multiply-adds.
 */
#define _GNU_SOURCE /* sincos */
#include "cpu/cpu.h"
#include "program/pointwise.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

typedef struct {
    const Code *c;
    double *mem;        /* BLOCK doubles for each slot, and scratch for loops */
    const double **ptr; /* where the block of a slot is: in mem, or the caller's column */
    unsigned char *one; /* the slot holds one value for all points */
    double *loop_slots;
} Blocks;

/* One loop for each of the ways in which operands are single values. */
#define BINARY(name, expr)                                                        \
    CLONES static void name(double *d, const double *a, bool a1, const double *b, \
                            bool b1, size_t n)                                    \
    {                                                                             \
        if (a1) {                                                                 \
            const double x = *a;                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double y = b[i];                                            \
                d[i] = expr;                                                      \
            }                                                                     \
        } else if (b1) {                                                          \
            const double y = *b;                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double x = a[i];                                            \
                d[i] = expr;                                                      \
            }                                                                     \
        } else {                                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double x = a[i], y = b[i];                                  \
                d[i] = expr;                                                      \
            }                                                                     \
        }                                                                         \
    }
#define UNARY(name, expr)                                         \
    CLONES static void name(double *d, const double *a, size_t n) \
    {                                                             \
        for (size_t i = 0; i < n; i++) {                          \
            const double x = a[i];                                \
            d[i] = expr;                                          \
        }                                                         \
    }

#define TERNARY(name, expr)                                                       \
    CLONES static void name(double *d, const double *a, bool a1, const double *b, \
                            bool b1, const double *c, bool c1, size_t n)          \
    {                                                                             \
        if (a1 && c1) {                                                           \
            const double x = *a, z = *c;                                          \
            for (size_t i = 0; i < n; i++) {                                      \
                const double y = b[i];                                            \
                d[i] = expr;                                                      \
            }                                                                     \
        } else if (a1) {                                                          \
            const double x = *a;                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double y = b[i], z = c[i];                                  \
                d[i] = expr;                                                      \
            }                                                                     \
        } else if (c1) {                                                          \
            const double z = *c;                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double x = a[i], y = b[i];                                  \
                d[i] = expr;                                                      \
            }                                                                     \
        } else {                                                                  \
            for (size_t i = 0; i < n; i++) {                                      \
                const double x = a[i], y = b[i], z = c[i];                        \
                d[i] = expr;                                                      \
            }                                                                     \
        }                                                                         \
        (void)b1;                                                                 \
    }
/* One function for each row: block_ADD ... */
#define ROWS_1 UNARY
#define ROWS_2 BINARY
#define ROWS_3 TERNARY
#define PW(name, n, expr) ROWS_##n(block_##name, expr)
#define CALL(...)
#define FUSED PW
#include "program/pointwise.def"
UNARY(block_sqrt, __builtin_sqrt(x))

/* d may be one of the operands. */
static void block_sum(Blocks *b, double *d, const uint32_t *args, uint32_t m, size_t n)
{
    double s[BLOCK];
    memcpy(s, b->ptr[args[0]], n * sizeof *s);
    for (uint32_t k = 1; k < m; k++)
        block_ADD(s, s, false, b->ptr[args[k]], false, n);
    memcpy(d, s, n * sizeof *s);
}

static bool is_value(uint16_t fn) { return fn < FN_PARTS; }

static void block_fn1(const InsInfo *f, const Ins *x, double *d, const double *a,
                      size_t n)
{
    if (!cpu_vec1((Op)f->fn, d, a, n))
        for (size_t i = 0; i < n; i++)
            d[i] = x->f1(a[i]);
}

static void block_fn2(const InsInfo *f, const Ins *x, double *d, const double *a,
                      const double *b, size_t n)
{
    if (!is_value(f->fn) || !cpu_vec2((Op)f->fn, d, a, b, n))
        for (size_t i = 0; i < n; i++)
            d[i] = x->f2(a[i], b[i]);
}

static void block_fn3(const Ins *x, double *d, const double *a, const double *b,
                      const double *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        d[i] = x->f3(a[i], b[i], c[i]);
}

static void block_pow(double *d, const double *a, const double *b, size_t n)
{
    if (!cpu_vec2(OP_POW, d, a, b, n))
        for (size_t i = 0; i < n; i++)
            d[i] = pow(a[i], b[i]);
}

/* |a|^b, with the sign of a if odd; n > 0. */
static void block_root(double *d, const double *a, const double *b, bool odd, size_t n)
{
    double sign[BLOCK], size[BLOCK];
    if (n == 0)
        return;
    memcpy(sign, a, n * sizeof *sign);
    for (size_t i = 0; i < n; i++)
        size[i] = fabs(a[i]);
    block_pow(d, size, b, n);
    for (size_t i = 0; odd && i < n; i++)
        d[i] = sign[i] < 0 ? -d[i] : d[i];
}

/* The values of a are read before d, which may be a, is written. */
static void block_sincos(double *d, double *c, const double *a, size_t n)
{
    double x[BLOCK];
    memcpy(x, a, n * sizeof *x);
    if (!cpu_vec1(OP_sin, d, x, n) || !cpu_vec1(OP_cos, c, x, n))
        for (size_t i = 0; i < n; i++)
            sincos(x[i], &d[i], &c[i]);
}

/* Loops run point by point, by the scalar code of their body. */
static void block_loop(Blocks *b, const CodeLoop *l, size_t n)
{
    Code *body = l->body;
    double *s = b->loop_slots, *in = s + body->nslots + body->scratch,
           *out = in + body->nin;
    memcpy(s + body->nin, body->konst, body->nconst * sizeof *s);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < l->nout; j++)
            if (l->to[j] != P_NONE)
                b->mem[l->to[j] * BLOCK + i] = 0;
        for (size_t j = 0; j < l->nargs; j++)
            in[1 + j] = b->ptr[l->args[j]][b->one[l->args[j]] ? 0 : i];
        for (double k = l->lo; k <= l->hi; k++) {
            in[0] = k;
            code_run(body, s, in, out);
            for (size_t j = 0; j < l->nout; j++)
                if (l->to[j] != P_NONE)
                    b->mem[l->to[j] * BLOCK + i] += out[j];
        }
    }
}

static void block_ins(Blocks *b, const Ins *x, const InsInfo *f, size_t n)
{
    double *d = b->mem + (size_t)x->d * BLOCK;
    if (f->op == I_SUM || f->op == I_LOOP) {
        if (f->op == I_SUM)
            block_sum(b, d, b->c->args + x->a, x->b, n);
        else
            block_loop(b, &b->c->loop[x->a], n);
        return;
    }
    const double *A = b->ptr[x->a], *B = b->ptr[x->b], *C = b->ptr[x->c];
    const bool a1 = b->one[x->a], b1 = b->one[x->b], c1 = b->one[x->c];
    switch ((IOp)f->op) {
#define CALL_1(name) block_##name(d, A, n)
#define CALL_2(name) block_##name(d, A, a1, B, b1, n)
#define CALL_3(name) block_##name(d, A, a1, B, b1, C, c1, n)
#define PW(name, n, expr) \
    case I_##name:        \
        CALL_##n(name);   \
        break;
#define CALL(...)
#define FUSED PW
#include "program/pointwise.def"
    case I_SQRT: block_sqrt(d, A, n); break;
    case I_POW: block_pow(d, A, B, n); break;
    case I_EVEN_ROOT:
    case I_ODD_ROOT: block_root(d, A, B, f->op == I_ODD_ROOT, n); break;
    case I_FN1: block_fn1(f, x, d, A, n); break;
    case I_FN2: block_fn2(f, x, d, A, B, n); break;
    case I_FN3: block_fn3(x, d, A, B, C, n); break;
    case I_SINCOS: block_sincos(d, b->mem + (size_t)x->c * BLOCK, A, n); break;
    default: break;
    }
}

static bool blocks_init(Blocks *b, const Code *c, Env *env, const Column *in)
{
    size_t bytes = ((size_t)c->nslots * BLOCK + c->scratch + 8) * sizeof(double);
    b->c = c;
    b->mem = mem_alloc(bytes + 64);
    b->ptr = mem_alloc((c->nslots + 1) * sizeof *b->ptr);
    b->one = mem_alloc(c->nslots + 1);
    if (!b->mem || !b->ptr || !b->one) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory for a block of %d points", BLOCK);
        return false;
    }
    b->loop_slots = b->mem + (size_t)c->nslots * BLOCK;
    for (uint32_t s = 0; s < c->nslots; s++) {
        b->ptr[s] = b->mem + (size_t)s * BLOCK;
        bool constant = s >= c->nin && s < c->nin + c->nconst;
        b->one[s] = constant || (s < c->nin && in[s].stride == 0);
        double k = constant ? c->konst[s - c->nin] : b->one[s] ? *in[s].base : 0;
        for (size_t i = 0; b->one[s] && i < BLOCK; i++)
            b->mem[(size_t)s * BLOCK + i] = k;
    }
    return true;
}

/* The columns from element at on; those with gaps are copied together. */
static void block_inputs(Blocks *b, const Column *in, size_t at, size_t n)
{
    for (uint32_t s = 0; s < b->c->nin; s++) {
        if (in[s].stride == 1)
            b->ptr[s] = in[s].base + at;
        else if (in[s].stride > 1)
            for (size_t i = 0; i < n; i++)
                b->mem[(size_t)s * BLOCK + i] = in[s].base[(at + i) * in[s].stride];
    }
}

static bool cpu_run(const Code *c, Env *env, size_t n, const Column *in,
                    double *const *out)
{
    Blocks b = {0};
    bool ok = blocks_init(&b, c, env, in);
    for (size_t at = 0; ok && at < n; at += BLOCK) {
        size_t m = n - at < BLOCK ? n - at : BLOCK;
        block_inputs(&b, in, at, m);
        for (size_t i = 0; c->info[i].op != I_END; i++)
            block_ins(&b, &c->ins[i], &c->info[i], m);
        for (size_t j = 0; j < c->nout; j++)
            memcpy(out[j] + at, b.ptr[c->out[j]], m * sizeof(double));
        ok = !env_poll(env);
    }
    mem_free(b.mem);
    mem_free(b.ptr);
    mem_free(b.one);
    return ok;
}

static bool cpu_probe(void) { return true; }

static bool cpu_supports(const Program *p, const uint32_t *outs, size_t nout)
{
    (void)p, (void)outs, (void)nout;
    return true;
}

static void *cpu_mem_new(Env *env, size_t bytes)
{
    void *m = mem_alloc(bytes);
    if (!m)
        env_error(env, LBZ_LIMIT, NULL, "out of memory: %zu bytes", bytes);
    return m;
}

static bool cpu_move(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
    return true;
}

const Backend cpu_backend = {BACKEND_VERSION, "cpu",    cpu_probe, cpu_supports,
                             code_new,        cpu_run,  code_free, cpu_mem_new,
                             mem_free,        cpu_move, cpu_move};
