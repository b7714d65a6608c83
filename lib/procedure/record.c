/* procedure/record.c - the path that a procedure takes at a point, as a program: what was computed
 * from the inputs, without conditions and jumps. For second derivatives and for points on kinks,
 * where a tape of slopes does not tell enough.
 *
 * A number of the machine carries the value of the record that made it (id: value + 1); what does
 * not depend on the inputs is a constant there.
 */
#include "procedure/vm.h"
#include <math.h>

enum { VALUE_BYTES = 128 }; /* of a recorded value, its derivatives counted in */

uint32_t record_id(VM *m, Aux x, double v)
{
    return x.id ? x.id - 1 : pg_const(m->record, v);
}

static bool record_fits(VM *m)
{
    if (m->trail && m->record->n > m->trail->most) {
        ctx_error(m->c, LBZ_LIMIT, "ask for fewer rounds, or use forward or reverse",
                  "the trace has more than %zu values", m->trail->most);
        return false;
    }
    if (m->record->n <= m->tape.limit / VALUE_BYTES)
        return true;
    ctx_error(m->c, LBZ_LIMIT,
              "`set tape 1G` allows more; first derivatives need no such record",
              "the path that is taken has more than %zu operations, too long for this "
              "derivative",
              m->tape.limit / VALUE_BYTES);
    return false;
}

Aux record_aux(VM *m, uint32_t id)
{
    Aux r = {0};
    if (record_fits(m) && !m->record->val[id].known)
        r.id = id + 1;
    return r;
}

Aux record_kernel(VM *m, const VKernel *k, const VMValue *const *arg, size_t n, size_t at)
{
    uint32_t small[8] = {0}, *in = n <= 8 ? small : mem_alloc(n * sizeof *in);
    Aux r = {0};
    if (!in) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return r;
    }
    for (size_t i = 0; i < n; i++)
        in[i] = arg[i]->t ? record_id(m, arg[i]->t->x[at], arg[i]->t->v[at])
                          : record_id(m, arg[i]->x, arg[i]->v);
    r = record_aux(m, pg_inline(m->record, k->p, k->out, in));
    if (in != small)
        mem_free(in);
    return r;
}

/* The sum of the values made by term(i); at least one varies. */
static Aux record_terms(VM *m, size_t n, const Aux *x, const double *v, const Aux *y,
                        const double *w)
{
    uint32_t *t = mem_alloc((n + 1) * sizeof *t);
    Aux r = {0};
    if (!t) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return r;
    }
    for (size_t i = 0; i < n; i++) {
        t[i] = record_id(m, x[i], v[i]);
        if (y)
            t[i] = pg_mul(m->record, t[i], record_id(m, y[i], w[i]));
    }
    r = record_aux(m, pg_sum(m->record, n, t));
    mem_free(t);
    return r;
}

Aux record_sum(VM *m, const Aux *x, const double *v, size_t n)
{
    return n ? record_terms(m, n, x, v, NULL, NULL) : (Aux){0};
}

Aux record_dot(VM *m, const Aux *x, const double *v, const Aux *y, const double *w,
               size_t n)
{
    return n ? record_terms(m, n, x, v, y, w) : (Aux){0};
}

Aux record_norm(VM *m, const Aux *x, const double *v, size_t n)
{
    Aux s = record_dot(m, x, v, x, v, n);
    return s.id ? record_aux(m, pg_fn1(m->record, OP_sqrt, s.id - 1)) : s;
}

/* The inputs are the first values. */
static void number_inputs(VM *m, size_t nin)
{
    uint32_t id = 0;
    for (size_t i = 0; i < nin; i++) {
        Aux *x = vm_value_aux(&m->reg[i]);
        size_t n = m->reg[i].t ? m->reg[i].t->n : 1;
        for (size_t k = 0; k < n; k++)
            x[k].id = ++id;
    }
}

static uint32_t *result_ids(VM *m, const ProcedureList *out)
{
    uint32_t *id = mem_alloc((out->n + 1) * sizeof *id);
    if (!id) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < out->n; i++)
        id[i] = record_id(m, vm_value_aux(&m->result)[i], out->v[i]);
    return id;
}

bool procedure_record(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                      const ProcedureList *x, size_t nin, size_t nvars,
                      ProcedureTrail *trail, ProcedureList *out, Program **record,
                      uint32_t **ids)
{
    VM m;
    size_t n = 0;
    for (size_t i = 0; i < nvars; i++)
        n += x[i].n;
    bool ok = vm_init(&m, c, w, e, in, nin);
    m.mode = RUN_RECORD;
    m.trail = trail;
    *ids = NULL;
    *out = (ProcedureList){0};
    m.record = ok ? program_new(&c->env, (uint32_t)n) : NULL;
    ok = m.record && vm_begin(&m, x, NULL, nin);
    if (ok)
        number_inputs(&m, nvars);
    ok = ok && vm_run(&m, UINT64_MAX) && vm_value_to_list(&m, &m.result, false, out);
    *ids = ok ? result_ids(&m, out) : NULL;
    ok = *ids && !ctx_failed(c);
    *record = ok ? m.record : NULL;
    if (!ok) {
        program_free(m.record);
        mem_free(*ids);
        procedure_list_free(out);
        *ids = NULL;
    }
    vm_free(&m);
    return ok;
}
