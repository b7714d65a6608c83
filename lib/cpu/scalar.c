/* cpu/scalar.c - one point through the instructions; values are those of libm. */
#define _GNU_SOURCE /* sincos */
#include "cpu/cpu.h"
#include <math.h>

static void run_loop(const CodeLoop *l, double *slots, double *scratch)
{
    Code *body = l->body;
    double *s = scratch;
    double *in = s + body->nslots + body->scratch, *out = in + body->nin;
    double *sum = out + body->nout;
    memcpy(s + body->nin, body->konst, body->nconst * sizeof *s);
    memset(sum, 0, body->nout * sizeof *sum);
    for (size_t i = 0; i < l->nargs; i++)
        in[1 + i] = slots[l->args[i]];
    for (double k = l->lo; k <= l->hi; k++) {
        in[0] = k;
        code_run(body, s, in, out);
        for (size_t i = 0; i < body->nout; i++)
            sum[i] += out[i];
    }
    for (size_t i = 0; i < l->nout; i++)
        if (l->to[i] != P_NONE)
            slots[l->to[i]] = sum[i];
}

static double sum_of(const double *s, const uint32_t *l, uint32_t n)
{
    double r = s[l[0]];
    for (uint32_t i = 1; i < n; i++)
        r += s[l[i]];
    return r;
}

/* With i NULL: only hands out the labels. */
static const void *const *run_instructions(const Ins *i, const Code *c, double *s)
{
    static const void *const labels[I_COUNT] = {
        [I_ADD] = &&l_add,         [I_SUB] = &&l_sub,       [I_MUL] = &&l_mul,
        [I_DIV] = &&l_div,         [I_NEG] = &&l_neg,       [I_COPY] = &&l_copy,
        [I_SQRT] = &&l_sqrt,       [I_MULADD] = &&l_muladd, [I_MULSUB] = &&l_mulsub,
        [I_NMULADD] = &&l_nmuladd, [I_SUM] = &&l_sum,       [I_POW] = &&l_pow,
        [I_ROOT] = &&l_root,       [I_FN1] = &&l_fn1,       [I_FN2] = &&l_fn2,
        [I_FN3] = &&l_fn3,         [I_PART1] = &&l_fn2,     [I_PART2] = &&l_fn3,
        [I_SINCOS] = &&l_sincos,   [I_LT] = &&l_lt,         [I_LE] = &&l_le,
        [I_EQ] = &&l_eq,           [I_NE] = &&l_ne,         [I_AND] = &&l_and,
        [I_OR] = &&l_or,           [I_NOT] = &&l_not,       [I_SELECT] = &&l_select,
        [I_LOOP] = &&l_loop,       [I_END] = &&l_end};
    if (!i)
        return labels;
#define GO(expr)          \
    do {                  \
        s[i->d] = (expr); \
        i++;              \
        goto * i->go;     \
    } while (0)
    goto * i->go;
l_add:
    GO(s[i->a] + s[i->b]);
l_sub:
    GO(s[i->a] - s[i->b]);
l_mul:
    GO(s[i->a] * s[i->b]);
l_div:
    GO(s[i->a] / s[i->b]);
l_neg:
    GO(-s[i->a]);
l_copy:
    GO(s[i->a]);
l_sqrt:
    GO(sqrt(s[i->a]));
l_muladd:
    GO(s[i->a] * s[i->b] + s[i->c]);
l_mulsub:
    GO(s[i->a] * s[i->b] - s[i->c]);
l_nmuladd:
    GO(s[i->c] - s[i->a] * s[i->b]);
l_sum:
    GO(sum_of(s, c->args + i->a, i->b));
l_pow:
    GO(pow(s[i->a], s[i->b]));
l_root:
    GO(program_root(s[i->a], i->k, i->c != 0));
l_fn1:
    GO(i->f1(s[i->a]));
l_fn2:
    GO(i->f2(s[i->a], s[i->b]));
l_fn3:
    GO(i->f3(s[i->a], s[i->b], s[i->c]));
l_lt:
    GO(s[i->a] < s[i->b]);
l_le:
    GO(s[i->a] <= s[i->b]);
l_eq:
    GO(s[i->a] == s[i->b]);
l_ne:
    GO(s[i->a] != s[i->b]);
l_and:
    GO(s[i->a] != 0 && s[i->b] != 0);
l_or:
    GO(s[i->a] != 0 || s[i->b] != 0);
l_not:
    GO(s[i->a] == 0);
l_select:
    GO(s[i->a] != 0 ? s[i->b] : s[i->c]);
l_sincos : {
    double x = s[i->a];
    sincos(x, &s[i->d], &s[i->c]);
    i++;
    goto * i->go;
}
l_loop:
    run_loop(&c->loop[i->a], s, s + c->nslots);
    i++;
    goto * i->go;
l_end:
#undef GO
    return labels;
}

const void *const *cpu_labels(void) { return run_instructions(NULL, NULL, NULL); }

void cpu_step(const Ins *i, const Code *c, double *slots)
{
    run_instructions(i, c, slots);
}

void code_run(const Code *c, double *slots, const double *in, double *out)
{
    if (c->nin)
        memcpy(slots, in, c->nin * sizeof *in);
    if (c->native)
        c->native(slots);
    else
        run_instructions(c->ins, c, slots);
    for (size_t i = 0; i < c->nout; i++)
        out[i] = slots[c->out[i]];
}
