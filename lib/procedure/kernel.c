/* procedure/kernel.c - elementwise expressions: at numbers here, at arrays by piece.c. */
#include "point/point.h"
#include "print/print.h"
#include "procedure/vm.h"
#include <math.h>

enum { OFTEN = 1000 }; /* runs after which machine code pays */

bool vm_blame(VM *m, const Program *p, uint32_t out, const double *in)
{
    double *v = mem_alloc((p->n + 1) * sizeof *v);
    Str s = {0};
    if (v && cpu_values(p, in, v, 0))
        m->c->env.about = program_node(p, program_culprit(p, v, out));
    if (v && program_blame(m->c, p, v, out, &s))
        ctx_error(m->c, LBZ_DOMAIN, "check the values that reach it", "no real value: %s",
                  str_cstr(&s));
    else
        ctx_error(m->c, LBZ_DOMAIN, NULL, "a value is not a number");
    str_free(&s);
    mem_free(v);
    return false;
}

static bool has_nan(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return true;
    return false;
}

/* Does any argument carry a derivative? */
static bool is_active(const VM *m, const VMValue *const *arg, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (vm_is_active(m, arg[i]))
            return true;
    return false;
}

/* Can a kink of v be where its operands are a[0], a[1], a[2]? Kinks of the table are at
 * whole and half numbers, and where two operands, their signs aside, are equal or
 * multiples. */
static bool may_be_kink(const ProgramValue *v, const double *a)
{
    if (pg_is_comparison(v))
        return a[0] == a[1];
    for (int i = 0; i < 3; i++) {
        double b = a[(i + 1) % 3], q = a[i] / b;
        if (2 * a[i] == rint(2 * a[i]) || q == rint(q))
            return true;
    }
    return false;
}

/* Was the last run on a kink, or a partial derivative not finite? In a condition: were equals
 * compared? */
static unsigned is_special(const VKernel *k, size_t n)
{
    bool may = false, is = false;
    for (size_t i = 0; i < n && !k->answers; i++)
        if (!isfinite(k->res[1 + i]))
            return PROCEDURE_KINK;
    for (size_t i = 0; i < k->ntests && !may; i++)
        may = may_be_kink(&k->p->val[k->test[i]], k->res + 1 + n + 3 * i);
    bool met = !k->answers && kernel_met(k->grad, k->gslots);
    double *v = may || met ? mem_alloc((k->p->n + 1) * sizeof *v) : NULL;
    if (v && cpu_values(k->p, k->in, v, 0)) {
        is = met && program_hides(k->p, v);
        for (size_t i = 0; i < k->ntests && !is; i++)
            is = kink_value(k->p, v, k->test[i]);
    }
    mem_free(v);
    return !is ? 0 : k->answers ? PROCEDURE_TIE : PROCEDURE_KINK;
}

static bool check_value(VM *m, const VKernel *k, size_t n)
{
    return !isnan(k->res[0]) || has_nan(k->in, n) || vm_blame(m, k->p, k->out, k->in);
}

/* What the value carries, by the partial derivatives that were computed with it. */
static void put_derivative(VM *m, const VKernel *k, const VMValue *const *arg, size_t n,
                           Aux *x)
{
    for (size_t i = 0; i < n; i++) {
        double d = k->res[1 + i];
        if (m->mode == RUN_TAPE)
            tape_arg(m, arg[i]->x.id, d);
        else if (arg[i]->x.dot != 0 && d != 0)
            x->dot += d * arg[i]->x.dot;
    }
    if (m->mode == RUN_TAPE)
        x->id = tape_end(m);
}

static Aux record_kernel(VM *m, const VKernel *k, const VMValue *const *arg, size_t n)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    uint32_t *in = ARENA_NEW(&m->c->tmp, uint32_t, n + 1);
    for (size_t i = 0; in && i < n; i++)
        in[i] = record_id(m, arg[i]);
    Aux r = in ? record_aux(m, pg_inline(m->record, k->p, k->out, in)) : (Aux){0};
    arena_release(&m->c->tmp, mark);
    return r;
}

static bool run_at_numbers(VM *m, VKernel *k, const VMValue *const *arg, size_t n,
                           VMValue *out)
{
    Aux x = {.dot = 0}; /* an id of 0, too: it is as wide */
    bool active = is_active(m, arg, n);
    for (size_t i = 0; i < n; i++)
        k->in[i] = arg[i]->v;
    if (++k->runs == OFTEN) {
        kernel_speed_up(k->value);
        kernel_speed_up(k->grad);
    }
    if (!active || m->mode == RUN_RECORD) {
        if (active && !k->answers)
            x = record_kernel(m, k, arg, n);
        kernel_run(k->value, k->slots, k->in, k->res);
    } else {
        kernel_run(k->grad, k->gslots, k->in, k->res);
        if (!m->special)
            m->special |= is_special(k, n);
        if (!k->answers)
            put_derivative(m, k, arg, n, &x);
    }
    double v = k->res[0];
    if (!check_value(m, k, n))
        return false;
    vm_set_number(out, v);
    out->x = x;
    return true;
}

bool vm_kernel(VM *m, VKernel *k, const VMValue *const *arg, size_t n, VMValue *out)
{
    for (size_t i = 0; i < n; i++)
        if (arg[i]->a)
            return vm_piece_run(m, &k->arrays, arg, n, out);
    return run_at_numbers(m, k, arg, n, out);
}
