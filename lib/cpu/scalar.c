/* cpu/scalar.c - one point through the instructions; values are those of libm. */
#define _GNU_SOURCE /* sincos */
#include "cpu/internal.h"
#include "program/pointwise.h"

static void run_loop(const Kernel *c, const KernelLoop *l, double *slots)
{
    Kernel *body = l->body;
    double *s = slots + c->nslots;
    double *in = s + body->nslots + body->scratch, *out = in + body->nin;
    double *sum = out + body->nout;
    memcpy(s + body->nin, body->konst, body->nconst * sizeof *s);
    memset(sum, 0, body->nout * sizeof *sum);
    for (size_t i = 0; i < l->nargs; i++)
        in[1 + i] = slots[l->args[i]];
    for (double k = l->lo; k <= l->hi; k++) {
        in[0] = k;
        kernel_run(body, s, in, out);
        for (size_t i = 0; i < body->nout; i++)
            sum[i] += out[i];
        if (((uint64_t)k & 1023) == 0 && env_poll(c->env))
            break;
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

double cpu_extern(Env *env, const Extern *x, const uint32_t *args, const double *s)
{
    double near[16], r = NAN;
    double *in = x->nargs <= 16 ? near : mem_alloc(x->nargs * sizeof *in);
    if (in) {
        for (size_t i = 0; i < x->nargs; i++)
            in[i] = s[args[i]];
        r = x->kind->value(x->arg, in);
    } else {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
    }
    if (in != near)
        mem_free(in);
    return r;
}

/* r is x*y or x/y: 0 where 0 met what is not finite, which is remembered. */
static inline double guard(const Kernel *c, double *s, double x, double r)
{
    if (__builtin_expect(r != r && x == 0, 0)) {
        s[c->met] = 1;
        return 0;
    }
    return r;
}

/* With i NULL: only hands out the labels. */
static const void *const *run_instructions(const Ins *i, const Kernel *c, double *s)
{
    static const void *const labels[I_COUNT] = {
#define PW(name, ...) [I_##name] = &&l_##name,
#define CALL PW
#define FUSED PW
#include "program/pointwise.def"
        [I_SQRT] = &&l_sqrt, [I_SINCOS] = &&l_sincos, [I_SUM] = &&l_sum,
        [I_LOOP] = &&l_loop, [I_EXTERN] = &&l_extern, [I_END] = &&l_end};
    if (!i)
        return labels;
#define NEXT \
    i++;     \
    goto * i->go
#define GO(expr)          \
    do {                  \
        s[i->d] = (expr); \
        NEXT;             \
    } while (0)
    goto * i->go;
#define times(x, y) guard(c, s, x, (x) * (y))
#define over(x, y) guard(c, s, x, (x) / (y))
#define f1 i->f1
#define f2 i->f2
#define f3 i->f3
#define PW(name, n, expr)                                   \
    l_##name:                                               \
    {                                                       \
        const double x = s[i->a], y = s[i->b], z = s[i->c]; \
        (void)x, (void)y, (void)z;                          \
        GO(expr);                                           \
    }
#define CALL PW
#define FUSED PW
#include "program/pointwise.def"
l_sqrt:
    GO(sqrt(s[i->a]));
l_sum:
    GO(sum_of(s, c->args + i->a, i->b));
l_sincos : {
    double x = s[i->a];
    sincos(x, &s[i->d], &s[i->c]);
    NEXT;
}
l_loop:
    run_loop(c, &c->loop[i->a], s);
    NEXT;
l_extern:
    GO(cpu_extern(c->env, i->x, c->args + i->a, s));
l_end:
#undef GO
#undef NEXT
    return labels;
}

const void *const *cpu_labels(void) { return run_instructions(NULL, NULL, NULL); }

void cpu_step(const Ins *i, const Kernel *c, double *slots)
{
    run_instructions(i, c, slots);
}

void kernel_run(const Kernel *c, double *slots, const double *in, double *out)
{
    if (c->nin)
        memcpy(slots, in, c->nin * sizeof *in);
    slots[c->met] = 0;
    if (c->native)
        c->native(slots);
    else
        run_instructions(c->ins, c, slots);
    for (size_t i = 0; i < c->nout; i++)
        out[i] = slots[c->out[i]];
}

bool kernel_met(const Kernel *c, const double *slots) { return slots[c->met] != 0; }
