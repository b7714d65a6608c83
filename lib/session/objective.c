/* session/objective.c - formulas as objectives of descents. */
#include "session/objective.h"

#include "parse/parse.h"
#include "print/print.h"
#include "program/program.h"

#include <math.h>

static bool out_of_memory(Ctx *c)
{
    env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

/* ---- parts */

static void part_free(ObjectivePart *p)
{
    kernel_free(p->code);
    mem_free(p->slots);
    mem_free(p->out);
    *p = (ObjectivePart){0};
}

static bool part_make(Ctx *c, ObjectivePart *part, const Program *p, const uint32_t *outs,
                      size_t nout)
{
    part->code = ctx_failed(c) ? NULL : kernel_new(p, outs, nout);
    part->slots = part->code ? kernel_slots(part->code) : NULL;
    part->out = mem_alloc((nout + 1) * sizeof *part->out);
    if (!part->slots || !part->out)
        return !ctx_failed(c) ? out_of_memory(c) : false;
    kernel_speed_up(part->code);
    return true;
}

/* What is identically 0 is a constant. */
static void fill_zeros(Program *p, uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == P_NONE)
            v[i] = pg_const(p, 0);
}

static bool make_slope(Ctx *c, ObjectiveCode *o, Program *p, uint32_t out, uint32_t *v)
{
    v[0] = out;
    if (!program_gradient(p, out, pg_const(p, 1), v + 1))
        return false;
    fill_zeros(p, v + 1, o->n);
    return part_make(c, &o->slope, p, v, o->n + 1);
}

/* Tangents of the gradient, one variable after the other. */
static bool make_hessian(Ctx *c, ObjectiveCode *o, Program *p, uint32_t out, uint32_t *v)
{
    size_t n = o->n;
    if (!program_gradient(p, out, pg_const(p, 1), v))
        return false;
    size_t primal = p->n;
    uint32_t *h = ARENA_NEW(&c->tmp, uint32_t, n * n + 1),
             *seed = ARENA_NEW(&c->tmp, uint32_t, n + 1),
             *tan = ARENA_NEW(&c->tmp, uint32_t, primal + 1);
    if (!h || !seed || !tan)
        return out_of_memory(c);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < n; i++)
            seed[i] = i == k ? pg_const(p, 1) : P_NONE;
        if (!program_tangent(p, seed, tan, primal))
            return false;
        for (size_t i = 0; i < n; i++)
            h[i * n + k] = v[i] == P_NONE ? P_NONE : tan[v[i]];
    }
    fill_zeros(p, h, n * n);
    return part_make(c, &o->hessian, p, h, n * n);
}

/* ---- sums of squares */

enum { MOST_RESIDUALS = 100000 };

typedef struct {
    Node **r;
    size_t n, cap;
} Residuals;

static bool add_residual(Ctx *c, Residuals *l, Num k, Node *root)
{
    Node *factor = ex_sqrt(c, ex_num(c, k));
    if (!ARENA_ROOM(ctx_arena(c), l->r, l->n, l->cap))
        return false;
    l->r[l->n++] = ex_mul2(c, factor, root);
    return l->n <= MOST_RESIDUALS;
}

/* k*t as squares; false: it is none. */
static bool split_term(Ctx *c, Residuals *l, Num k, Node *t);

static bool split_sum(Ctx *c, Residuals *l, Num k, Node *e)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (!split_term(c, l, num_mul(ctx_arena(c), k, ex_coef(e->a[i])),
                        ex_rest(c, e->a[i])))
            return false;
    return true;
}

static bool split_series(Ctx *c, Residuals *l, Num k, Node *e)
{
    int64_t lo, hi;
    if (!ex_get_int(e->a[2], &lo) || !ex_get_int(e->a[3], &hi) ||
        hi - lo >= MOST_RESIDUALS)
        return false;
    for (int64_t i = lo; i <= hi; i++) {
        Node *at = ex_int(c, i), *t = ex_subst(c, e->a[0], &e->a[1]->sym, &at, 1);
        if (ctx_poll(c) ||
            !split_term(c, l, num_mul(ctx_arena(c), k, ex_coef(t)), ex_rest(c, t)))
            return false;
    }
    return true;
}

static bool split_term(Ctx *c, Residuals *l, Num k, Node *t)
{
    int64_t power;
    if (ctx_failed(c) || num_sgn(k) < 0)
        return false;
    if (num_sgn(k) == 0)
        return true;
    if (ex_is(t, OP_ADD))
        return split_sum(c, l, k, t);
    if (ex_is(t, OP_SUM))
        return split_series(c, l, k, t);
    if (ex_is(t, OP_POW) && ex_get_int(t->a[1], &power) && power % 2 == 0)
        return add_residual(c, l, k, ex_powi(c, t->a[0], power / 2));
    if (ex_is(t, OP_NUM) && ex_is_rat(t, 1, 1))
        return add_residual(c, l, k, t);
    return false;
}

static bool make_residuals(Ctx *c, ObjectiveCode *o, const uint32_t *in, Node *e)
{
    Residuals l = {0};
    bool squares = split_term(c, &l, ex_coef(e), ex_rest(c, e));
    if (ctx_failed(c))
        return false;
    if (!squares || l.n == 0) {
        ctx_error(c, LBZ_UNABLE, "use lbfgs or newton",
                  "the objective is not written as a sum of squares");
        return false;
    }
    size_t n = o->n, m = l.n, nout = m * (n + 1);
    Program *p = program_new(&c->env, (uint32_t)n);
    uint32_t *out = ARENA_NEW(&c->tmp, uint32_t, nout + 1);
    bool ok = p && out ? program_compile(c, p, in, l.r, m, out) : out_of_memory(c);
    for (size_t i = 0; ok && i < m; i++) {
        uint32_t *row = out + m + i * n;
        ok = program_gradient(p, out[i], pg_const(p, 1), row) && !ctx_poll(c);
        if (ok)
            fill_zeros(p, row, n);
    }
    ok = ok && part_make(c, &o->residuals, p, out, nout);
    o->m = ok ? m : 0;
    program_free(p);
    return ok;
}

/* ---- making */

static bool refuse_integrals(Ctx *c, const Program *p)
{
    if (!p->nexts)
        return true;
    ctx_error(c, LBZ_UNABLE, NULL,
              "an objective cannot have integrals without a formula");
    return false;
}

static bool make_part(Ctx *c, ObjectiveCode *o, Node *e, const uint32_t *in,
                      DescentNeeds what)
{
    ArenaMark m = arena_mark(&c->tmp);
    bool ok;
    if (what == NEEDS_SQUARES) {
        ok = make_residuals(c, o, in, e);
    } else {
        uint32_t out, *v = ARENA_NEW(&c->tmp, uint32_t, o->n + 2);
        Program *p = program_new(&c->env, (uint32_t)o->n);
        ok = p && v ? program_compile(c, p, in, &e, 1, &out) : out_of_memory(c);
        ok = ok && refuse_integrals(c, p);
        ok = ok && (what == NEEDS_HESSIAN ? make_hessian(c, o, p, out, v)
                                          : make_slope(c, o, p, out, v));
        program_free(p);
    }
    arena_release(&c->tmp, m);
    return ok && !ctx_failed(c);
}

uint32_t *objective_symbols(Ctx *c, const ObjectiveCode *o)
{
    uint32_t *in = ARENA_NEW(ctx_arena(c), uint32_t, o->n + 1);
    for (size_t i = 0; in && i < o->n; i++)
        in[i] = sym_intern(c, o->name[i], strlen(o->name[i]));
    return in;
}

/* The formula again, from its text; NULL with an error. */
static Node *read_again(Ctx *c, const ObjectiveCode *o, uint32_t **in)
{
    *in = objective_symbols(c, o);
    sym_keep_all(c);
    Node *e = *in ? parse_text(c, o->text) : NULL;
    return e && !ctx_failed(c) ? e : NULL;
}

bool objective_make(Ctx *c, Node *e, const uint32_t *in, size_t n, ObjectiveCode *o)
{
    Str text = {0};
    *o = (ObjectiveCode){.c = c, .n = n};
    print_plain(c, &text, e);
    o->text = text.failed ? NULL : mem_strndup(str_cstr(&text), text.n);
    str_free(&text);
    o->name = mem_alloc((n + 1) * sizeof *o->name);
    if (!o->text || !o->name)
        return out_of_memory(c);
    memset(o->name, 0, (n + 1) * sizeof *o->name);
    for (size_t i = 0; i < n; i++)
        if (!(o->name[i] = mem_strndup(sym_name(c, in[i]), strlen(sym_name(c, in[i])))))
            return out_of_memory(c);
    return make_part(c, o, e, in, NEEDS_SLOPE);
}

void objective_free(ObjectiveCode *o)
{
    part_free(&o->slope);
    part_free(&o->hessian);
    part_free(&o->residuals);
    for (size_t i = 0; o->name && i < o->n; i++)
        mem_free(o->name[i]);
    mem_free(o->name);
    mem_free(o->text);
    *o = (ObjectiveCode){0};
}

bool objective_need(Ctx *c, ObjectiveCode *o, DescentNeeds what)
{
    const ObjectivePart *part = what == NEEDS_HESSIAN   ? &o->hessian
                                : what == NEEDS_SQUARES ? &o->residuals
                                                        : &o->slope;
    if (part->code)
        return true;
    uint32_t *in;
    Node *e = read_again(c, o, &in);
    return e && make_part(c, o, e, in, what);
}

bool objective_renew(Ctx *c, ObjectiveCode *o)
{
    if (o->c == c)
        return true;
    bool hessian = o->hessian.code, residuals = o->residuals.code;
    part_free(&o->slope);
    part_free(&o->hessian);
    part_free(&o->residuals);
    o->c = c;
    return objective_need(c, o, NEEDS_SLOPE) &&
           (!hessian || objective_need(c, o, NEEDS_HESSIAN)) &&
           (!residuals || objective_need(c, o, NEEDS_SQUARES));
}

/* ---- running */

static const double *run(const ObjectiveCode *o, const ObjectivePart *p, const double *x)
{
    if (ctx_poll(o->c))
        return NULL;
    kernel_run(p->code, p->slots, x, p->out);
    return ctx_failed(o->c) ? NULL : p->out;
}

static bool run_slope(void *arg, const double *x, double *f, double *g)
{
    const ObjectiveCode *o = arg;
    const double *v = run(o, &o->slope, x);
    if (!v)
        return false;
    *f = v[0];
    memcpy(g, v + 1, o->n * sizeof *g);
    return true;
}

static bool run_hessian(void *arg, const double *x, double *h)
{
    ObjectiveCode *o = arg;
    if (!objective_need(o->c, o, NEEDS_HESSIAN))
        return false;
    const double *v = run(o, &o->hessian, x);
    if (v)
        memcpy(h, v, o->n * o->n * sizeof *h);
    return v != NULL;
}

static bool run_residuals(void *arg, const double *x, double *r, double *j)
{
    const ObjectiveCode *o = arg;
    const double *v = run(o, &o->residuals, x);
    if (!v)
        return false;
    memcpy(r, v, o->m * sizeof *r);
    if (j)
        memcpy(j, v + o->m, o->m * o->n * sizeof *j);
    return true;
}

Objective objective_of(ObjectiveCode *o)
{
    return (Objective){.env = &o->c->env,
                       .arg = o,
                       .n = o->n,
                       .m = o->m,
                       .slope = run_slope,
                       .hessian = run_hessian,
                       .residuals = run_residuals};
}
