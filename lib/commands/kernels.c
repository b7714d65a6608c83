/* commands/kernels.c - program E: what is run when the value of E is asked for: the kernels, with the bytes
 * they move and the operations they make, and the steps between them. */
#include "commands/commands.h"
#include "cpu/cpu.h"

#include <stdio.h>

typedef struct {
    Ctx *c;
    Str *out;
    const Plan *plan;
    double bytes, operations; /* of all steps */
} Listing;

static void put_amount(Str *out, double x, const char *unit)
{
    static const char *const prefix[] = {"", "k", "M", "G", "T"};
    unsigned i = 0;
    for (; x >= 1000 && i < 4; i++)
        x /= 1000;
    str_printf(out, "%.3g %s%s", x, prefix[i], unit);
}

static const char *step_name(const PlanStep *s)
{
    switch ((int)s->op) {
    case P_OPS: return "kernel";
    case P_MATMUL: return "matrix product";
    case P_GATHER: return "gather";
    case P_SCATTER: return "scatter";
    case P_PUT: return "put";
    case P_CONCAT: return "concat";
    default: return "step";
    }
}

static double elements(const Dims *d) { return (double)dims_count(d); }

/* Values that are computed for each element; constants and what is read are none. */
static double operations_of(const PlanStep *s)
{
    const Program *b = s->body;
    double n = 0;
    if (s->op == P_MATMUL)
        return 2 * elements(&s->space) *
               (double)(s->shape[0].rank ? s->shape[0].dim[s->shape[0].rank - 1] : 1);
    for (uint32_t i = b ? b->nin : 0; b && i < b->n; i++)
        n += !b->val[i].known;
    for (size_t i = 0; i < s->nresult; i++)
        n += s->result[i].reduces;
    return n * elements(&s->space);
}

/* Arrays are read once and written once; what only repeats along an axis counts once. */
static double bytes_read(const Listing *l, const PlanStep *s)
{
    double n = 0;
    for (size_t i = 0; i < s->nread; i++)
        n += elements(&l->plan->store[s->read[i].store].dims);
    return 8 * n;
}

static double bytes_written(const Listing *l, const PlanStep *s)
{
    double n = 0;
    for (size_t i = 0; i < s->nresult; i++)
        n += elements(&l->plan->store[s->result[i].store].dims);
    return 8 * n;
}

static void list_step(Listing *l, size_t k)
{
    const PlanStep *s = &l->plan->step[k];
    double in = bytes_read(l, s), out = bytes_written(l, s), work = operations_of(s);
    str_printf(l->out, "%s%zu  %s over ", k ? "\n" : "", k + 1, step_name(s));
    dims_print(l->out, &s->space);
    str_puts(l->out, ": reads ");
    put_amount(l->out, in, "B");
    str_puts(l->out, ", writes ");
    put_amount(l->out, out, "B");
    str_puts(l->out, ", ");
    put_amount(l->out, work, "");
    str_puts(l->out, "operations");
    l->bytes += in + out;
    l->operations += work;
}

static void list_plan(Listing *l)
{
    for (size_t k = 0; k < l->plan->nsteps && !ctx_poll(l->c); k++)
        list_step(l, k);
    if (l->plan->nsteps > 1) {
        str_puts(l->out, "\nall: ");
        put_amount(l->out, l->bytes, "B");
        str_puts(l->out, ", ");
        put_amount(l->out, l->operations, "");
        str_puts(l->out, "operations");
    }
    if (!l->plan->nsteps)
        str_puts(l->out, "nothing is computed: the value is known");
}

bool cmd_program(lbz_session *s, const char *text, Span args)
{
    Ctx *c = s->c;
    uint32_t value;
    s->keep_calls = true; /* as it is written: not the value */
    Node *e = args_value(s, text, args);
    s->keep_calls = false;
    Program *p = ctx_failed(c) ? NULL : program_new_shaped(&c->env, 0, NULL);
    Plan *plan = p && program_compile_arrays(c, p, NULL, e, &value)
                     ? program_plan(p, &value, 1)
                     : NULL;
    Listing l = {.c = c, .plan = plan};
    if (plan) {
        l.out = answer_text(s);
        list_plan(&l);
    }
    program_plan_free(plan);
    program_free(p);
    return plan && !ctx_failed(c);
}
