/* procedure/slope.c - derivatives of functions inside procedures, x - f(x)/f'(x): the
 * path of f at its arguments is recorded apart and differentiated there, so that no other
 * derivative under way is confused with it; the result is a number that can be
 * differentiated again.
 */
#include "point/point.h"
#include "procedure/vm.h"
#include <math.h>

enum { NESTED = 8 }; /* derivatives inside derivatives */

typedef struct {
    VM *m;
    const VMValue *const *arg;
    size_t nargs, n; /* numbers in all arguments */
    ProcedureList *x;
    uint32_t *sym;
    unsigned *order;
    double *flat;
    Accum a;
} SlopeRun;

static bool open_slope_run(SlopeRun *j, const uint32_t *orders)
{
    VM *m = j->m;
    Arena *tmp = &m->c->tmp;
    for (size_t i = 0; i < j->nargs; i++)
        j->n += vm_count(j->arg[i]);
    j->x = ARENA_NEW0(tmp, ProcedureList, j->nargs + 1);
    j->order = ARENA_NEW0(tmp, unsigned, j->n + 1);
    j->flat = ARENA_NEW0(tmp, double, j->n + 1);
    for (size_t i = 0, at = 0; j->x && j->order && j->flat && i < j->nargs; i++) {
        if (!vm_to_list(m, j->arg[i], false, &j->x[i]))
            return false;
        if (orders[i] && j->x[i].rank) {
            ctx_error(m->c, LBZ_SHAPE, NULL,
                      "a list is no argument to differentiate by here");
            return false;
        }
        memcpy(j->flat + at, j->x[i].v, j->x[i].n * sizeof *j->flat);
        j->order[at] = orders[i];
        at += j->x[i].n;
    }
    return j->x && j->order && j->flat;
}

/* The derivative as output 0 of the recorded program. */
static bool record_slope(SlopeRun *j, uint32_t fun)
{
    VM *m = j->m;
    Ctx *c = m->c;
    const Procedure *b = m->fun[fun]->b;
    Program *p;
    uint32_t *ids, *sym = ARENA_NEW0(ctx_arena(c), uint32_t, j->nargs + 1);
    Node **in = ARENA_NEW0(ctx_arena(c), Node *, 2 * j->nargs + 1);
    ProcedureList out;
    ProcedureScope w = *m->w;
    w.nested++;
    if (w.nested > NESTED) {
        ctx_error(c, LBZ_LIMIT, NULL, "derivatives are nested more than %d deep", NESTED);
        return false;
    }
    for (size_t i = 0; sym && in && i < j->nargs; i++) {
        in[i] = ex_sym(c, sym[i] = sym_fresh(c, "t"));
        in[j->nargs + i] = c->zero;
    }
    if (!sym || !in || ctx_failed(c) ||
        !procedure_record(c, &w, ex_apply(c, b->sym, j->nargs, in, in + j->nargs), sym,
                          j->x, j->nargs, j->nargs, NULL, &out, &p, &ids))
        return false;
    size_t nout = out.n;
    procedure_list_free(&out);
    bool ok = accum_adopt(&j->a, c, p, j->flat, j->n, ids, nout);
    mem_free(ids);
    if (ok && nout != 1) {
        ctx_error(c, LBZ_SHAPE, NULL,
                  "the derivative of %s inside a block is that of a list",
                  sym_name(c, b->sym));
        ok = false;
    }
    return ok && accum_derive(&j->a, j->order);
}

/* The place of element k on the tape; 0: it is a constant. */
static uint32_t element_entry(VM *m, const VMValue *v, size_t k)
{
    return !v->a || !v->x.id ? v->x.id : tape_element(m, v->x.id, k);
}

static Aux slope_aux(SlopeRun *j)
{
    VM *m = j->m;
    Aux r = {0};
    double *grad = ARENA_NEW0(&m->c->tmp, double, j->n + 1);
    uint32_t *id = ARENA_NEW0(&m->c->tmp, uint32_t, j->n + 1);
    if (!grad || !id || m->mode == RUN_VALUE)
        return r;
    if (m->mode != RUN_RECORD && !accum_gradient(&j->a, ACC_REVERSE, 0, grad))
        return r;
    for (size_t i = 0, at = 0; i < j->nargs; i++)
        for (size_t k = 0; k < j->x[i].n; k++, at++)
            if (m->mode == RUN_TAPE)
                id[at] = element_entry(m, j->arg[i], k);
            else if (m->mode == RUN_FORWARD)
                r.dot += vm_dot(j->arg[i], k) != 0 ? grad[at] * vm_dot(j->arg[i], k) : 0;
            else
                id[at] = record_element(m, j->arg[i], k);
    for (size_t i = 0; m->mode == RUN_TAPE && i < j->n; i++)
        tape_arg(m, id[i], grad[i]);
    if (m->mode == RUN_TAPE)
        r.id = tape_end(m);
    else if (m->mode == RUN_RECORD)
        r = record_aux(m, pg_inline(m->record, j->a.p, j->a.out[0], id));
    return r;
}

bool vm_slope(VM *m, uint32_t fun, const VMValue *const *arg, size_t n,
              const uint32_t *orders, VMValue *dst)
{
    SlopeRun j = {.m = m, .arg = arg, .nargs = n};
    ArenaMark mark = arena_mark(&m->c->tmp);
    bool ok = open_slope_run(&j, orders) && record_slope(&j, fun);
    if (ok) {
        VMValue r = {.v = j.a.v[j.a.out[0]], .set = true};
        r.x = slope_aux(&j);
        if (isnan(r.v))
            ctx_error(m->c, LBZ_DOMAIN, "check the values that reach it",
                      "the derivative of %s is not defined there",
                      sym_name(m->c, m->fun[fun]->b->sym));
        vm_value_clear(dst);
        *dst = r;
    }
    accum_free(&j.a);
    for (size_t i = 0; j.x && i < n; i++)
        procedure_list_free(&j.x[i]);
    arena_release(&m->c->tmp, mark);
    return ok && !ctx_failed(m->c);
}
