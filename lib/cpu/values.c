/* cpu/values.c - all values of a program at one point, each in the slot of its number: for a point
 * that is asked about once, for traces, kinks, and finding what went wrong. The instructions are
 * those of scalar.c, made a handful at a time and thrown away: nothing is fused, nothing used
 * again, and no memory is needed.
 */
#include "cpu/internal.h"

enum { CHUNK = 64 };

typedef struct {
    const Program *p;
    double *v;
    Kernel code; /* what the interpreter looks at besides the instructions */
    double met;
    Ins ins[CHUNK + 1];
    size_t n;
} ValuesRun;

static void run_chunk(ValuesRun *k)
{
    k->ins[k->n].go = cpu_labels()[I_END];
    if (k->n)
        cpu_step(k->ins, &k->code, k->v);
    k->n = 0;
}

/* All outputs of the loop l. */
static bool run_loop(ValuesRun *k, uint32_t l)
{
    const Program *p = k->p;
    const ProgramLoop *loop = &p->loop[l];
    Kernel *body = kernel_new(loop->body, loop->out, loop->nout);
    double *slots = body ? kernel_slots(body) : NULL;
    double *in = mem_alloc((loop->nargs + 1 + loop->nout * 2) * sizeof *in);
    bool ok = slots && in;
    if (ok) {
        double *out = in + loop->nargs + 1, *sum = out + loop->nout;
        for (size_t i = 0; i < loop->nargs; i++)
            in[1 + i] = k->v[loop->args[i]];
        memset(sum, 0, loop->nout * sizeof *sum);
        for (double x = loop->lo; x <= loop->hi && !env_poll(p->env); x++) {
            in[0] = x;
            kernel_run(body, slots, in, out);
            for (size_t i = 0; i < loop->nout; i++)
                sum[i] += out[i];
        }
        for (uint32_t i = 0; i < p->n; i++)
            if (p->val[i].op == P_LOOP && p->val[i].a == l)
                k->v[i] = sum[p->val[i].b];
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(in);
    mem_free(slots);
    kernel_free(body);
    return ok;
}

/* Is value i the first of its loop's? */
static bool is_first_of_loop(const Program *p, uint32_t from, uint32_t i)
{
    for (uint32_t k = from; k < i; k++)
        if (p->val[k].op == P_LOOP && p->val[k].a == p->val[i].a)
            return false;
    return true;
}

static bool take_value(ValuesRun *k, uint32_t from, uint32_t i)
{
    const Program *p = k->p;
    const ProgramValue *x = &p->val[i];
    if (x->op == P_LOOP) {
        run_chunk(k);
        return !is_first_of_loop(p, from, i) || run_loop(k, x->a);
    }
    if (x->op == P_EXTERN) {
        run_chunk(k);
        k->v[i] = cpu_extern(p->env, p->ext[x->a].x, p->ext[x->a].args, k->v);
        return !env_failed(p->env);
    }
    cpu_instruction(p, i, &k->ins[k->n++]);
    if (k->n == CHUNK)
        run_chunk(k);
    return true;
}

bool cpu_values(const Program *p, const double *in, double *v, size_t from)
{
    ValuesRun k = {.p = p, .v = v, .n = 0};
    k.code = (Kernel){.args = p->args, .env = p->env, .met = (uint32_t)p->n};
    for (uint32_t i = (uint32_t)from; i < p->n; i++) {
        if (i % 1024 == 0 && env_poll(p->env))
            return false;
        if (p->val[i].known)
            v[i] = p->val[i].k;
        else if (p->val[i].op == P_IN)
            v[i] = in[p->val[i].a];
        else if (!take_value(&k, (uint32_t)from, i))
            return false;
    }
    run_chunk(&k);
    return !env_failed(p->env);
}
