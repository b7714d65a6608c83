/* session/procedure_call.c - calls of functions made of statements, and their
 * derivatives: f(2), f''(0.3), f(dual(2, 1)).
 *
 * An exact call is carried out on formulas, where f has one, and stays what it is where it has none
 * and an argument is no number. A call with a decimal in a function with loops is carried out in
 * float64, step by step: so are all that have no other way.
 */
#include "session/procedure.h"
#include "expr/tensors.h"

enum { MOST_NESTED = 20 };

typedef struct {
    lbz_session *s;
    Ctx *c;
    const Def *d;
    Node *call;
    Node *const *a; /* arguments, then orders */
    uint32_t n;
    uint32_t *sym;   /* what stands for the arguments ... */
    Node **by;       /* ... and orders of 0 */
    unsigned orders; /* in all */
} ProcedureCall;

/* Numbers and lists of them? */
static bool all_numbers(Ctx *c, Node *e)
{
    size_t n;
    bool ok = true;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_is(e, OP_LIST) ? ex_walk(c, 1, &e, &n) : NULL;
    for (size_t i = 0; order && ok && i < n; i++)
        ok = ex_is(order[i], OP_LIST) || eval_is_constant(c, order[i]);
    arena_release(&c->tmp, m);
    return ex_is(e, OP_LIST) ? order && ok : eval_is_constant(c, e);
}

static bool open_call(ProcedureCall *k)
{
    Ctx *c = k->c;
    Arena *a = &c->pool[1].arena;
    k->sym = ARENA_NEW(a, uint32_t, k->n + 1u);
    k->by = ARENA_NEW0(a, Node *, 2u * k->n + 1);
    for (uint32_t i = 0; k->sym && k->by && i < k->n; i++) {
        int64_t order = 0;
        if (!ex_get_int(k->a[k->n + i], &order) || order < 0 || order > 100) {
            ctx_error(c, LBZ_UNABLE, "write it as f'(x) or d^2/dx^2 f(x)",
                      "derivatives of %s of such an order are not known",
                      sym_name(c, k->d->sym));
            return false;
        }
        k->orders += (unsigned)order;
        k->sym[i] = sym_fresh(c, "t");
        k->by[i] = ex_sym(c, k->sym[i]);
        k->by[k->n + i] = c->zero;
    }
    return k->sym && k->by && !ctx_failed(c);
}

/* ---- by formulas */

static Node *slope_of_formula(const ProcedureCall *k, Node *r)
{
    for (uint32_t i = 0; i < k->n && !ctx_failed(k->c); i++)
        if (k->a[k->n + i] != k->c->zero)
            r = diff_n(k->c, r, k->sym[i], k->a[k->n + i]);
    return ctx_failed(k->c) ? k->c->poison : ex_subst(k->c, r, k->sym, k->a, k->n);
}

/* The same at numbers: as `d/dt r at t = a`, with the rule for kinks. */
static Node *slope_at(const ProcedureCall *k, Node *r)
{
    Ctx *c = k->c;
    EvalOptions opt = session_eval_options(k->s);
    Node **d = ARENA_NEW(ctx_arena(c), Node *, 2u * k->n + 1);
    Node **at = ARENA_NEW(ctx_arena(c), Node *, 2u * k->n + 1);
    size_t nd = 1, nat = 1;
    if (!d || !at)
        return c->poison;
    d[0] = r;
    for (uint32_t i = 0; i < k->n; i++) {
        if (k->a[k->n + i] != c->zero) {
            d[nd++] = k->by[i];
            d[nd++] = k->a[k->n + i];
            at[nat++] = k->by[i];
            at[nat++] = k->a[i];
        }
    }
    at[0] = ex_structural(c, OP_DIFF, nd, d);
    return eval_value(c, &k->s->names, &opt, NULL, ex_structural(c, OP_AT, nat, at));
}

/* With at: on the way that is taken at the arguments. */
static Node *call_formula(const ProcedureCall *k, Procedure *b, bool at)
{
    Ctx *c = k->c;
    ProcedureScope w = session_procedure_scope(k->s);
    if (at) {
        w.point = k->sym;
        w.at = k->a;
        w.npoint = k->n;
    }
    Node **in = ARENA_NEW(&c->pool[1].arena, Node *, k->n + 1u);
    for (uint32_t i = 0; in && i < k->n; i++)
        in[i] = k->a[k->n + i] == c->zero ? k->a[i] : k->by[i];
    Node *r = in ? procedure_formula(c, &w, b, in) : c->poison;
    if (!k->orders || ctx_failed(c))
        return r;
    return at ? slope_at(k, r) : slope_of_formula(k, r);
}

/* ---- in float64 */

static bool read_arguments(const ProcedureCall *k, ProcedureList *x, unsigned *order,
                           double *dir)
{
    size_t at = 0;
    bool ok = true;
    for (uint32_t i = 0; ok && i < k->n; i++) {
        int64_t often = 0;
        ex_get_int(k->a[k->n + i], &often);
        ok = procedure_list_from_node(k->c, k->a[i], &x[i]);
        for (size_t j = 0; ok && order && j < x[i].n; j++, at++) {
            order[at] = (unsigned)often;
            dir[at] = (double)often;
        }
        ok = ok && !(often && x[i].rank);
    }
    return ok;
}

static size_t count_numbers(const ProcedureCall *k)
{
    size_t n = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        size_t m = 1;
        ArenaMark mark = arena_mark(&k->c->tmp);
        if (ex_is(k->a[i], OP_LIST)) {
            ProcedureList x;
            m = procedure_list_from_node(k->c, k->a[i], &x) ? x.n : 0;
            if (m)
                procedure_list_free(&x);
        }
        arena_release(&k->c->tmp, mark);
        n += m;
    }
    return n;
}

static Node *machine_slope(const ProcedureCall *k, const ProcedureList *x,
                           const unsigned *order, const double *dir, size_t n)
{
    Ctx *c = k->c;
    ProcedurePoint p = {.s = k->s,
                        .c = c,
                        .world = session_procedure_scope(k->s),
                        .what = OP_JVP,
                        .e = ex_rebuild(c, k->call, k->by),
                        .in = k->sym,
                        .x = x,
                        .nin = k->n,
                        .nvars = k->n,
                        .vec = dir,
                        .nvec = n,
                        .order = k->orders > 1 ? order : NULL};
    Node *r = c->poison;
    if (session_point_run(&p)) {
        ProcedureList l = p.out;
        l.v = p.d;
        r = procedure_list_to_node(c, &l);
        ctx_note(c, "%s%.*s: by %s accumulation at numbers", sym_name(c, k->d->sym),
                 k->orders < 4 ? (int)k->orders : 0, "'''", p.route);
        answer_note_kink(c, 1, &p.kink);
    }
    session_point_free(&p);
    return r;
}

static Node *machine_value(const ProcedureCall *k, const ProcedureList *x)
{
    Ctx *c = k->c;
    ProcedureScope w = session_procedure_scope(k->s);
    ProcedureList out;
    if (!procedure_value(c, &w, ex_rebuild(c, k->call, k->by), k->sym, x, k->n, &out))
        return c->poison;
    Node *r = procedure_list_to_node(c, &out);
    procedure_list_free(&out);
    return r;
}

/* NULL, and no error: it cannot be done in this way. */
static Node *call_machine(const ProcedureCall *k)
{
    Ctx *c = k->c;
    size_t n = count_numbers(k);
    Arena *a = &c->pool[1].arena;
    ProcedureList *x = ARENA_NEW0(a, ProcedureList, k->n + 1u);
    unsigned *order = ARENA_NEW0(a, unsigned, n + 1);
    double *dir = ARENA_NEW0(a, double, n + 1);
    Node *r = c->poison;
    if (x && order && dir && read_arguments(k, x, order, dir))
        r = k->orders ? machine_slope(k, x, order, dir, n) : machine_value(k, x);
    for (uint32_t i = 0; x && i < k->n; i++)
        procedure_list_free(&x[i]);
    bool bad = ctx_failed(c);
    bool forgiven = attempt_forgive(c, FORGIVE(LBZ_NAME) | FORGIVE(LBZ_UNABLE));
    return !bad ? r : forgiven ? NULL : c->poison;
}

/* ---- calls */

Node *session_call_procedure(void *session, const Def *d, Node *n, Node *const *a)
{
    lbz_session *s = session;
    Ctx *c = s->c;
    ProcedureCall k = {.s = s, .c = c, .d = d, .call = n, .a = a, .n = n->n / 2};
    bool numbers = true, inexact = false;
    Procedure *b;
    for (uint32_t i = 0; i < k.n; i++) {
        numbers = numbers && all_numbers(c, a[i]);
        inexact = inexact || (a[i]->flags & NF_DEC);
    }
    if (!open_call(&k) || !session_procedure(s, d, &b))
        return c->poison;
    bool machine = numbers && inexact && session_procedure_use(s, n).loops;
    Node *r = machine && !ctx_failed(c) ? call_machine(&k) : NULL;
    if (r || ctx_failed(c))
        return r;
    r = call_formula(&k, b, numbers && k.orders);
    if (c->env.err.status != LBZ_UNABLE)
        return r;
    Err why = attempt_error(c);
    r = numbers && !machine ? call_machine(&k) : NULL;
    if (!r && s->no_formula.status == LBZ_OK)
        s->no_formula = why;
    return r;
}

bool session_has_open_call(void *session, Node *e)
{
    lbz_session *s = session;
    Ctx *c = s->c;
    size_t n;
    bool found = false;
    if (ctx_failed(c) || s->no_formula.status == LBZ_OK || !(e->flags & NF_APPLY))
        return false;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &e, &n);
    for (size_t i = 0; order && i < n && !found; i++) {
        const Def *d =
            ex_is(order[i], OP_APPLY) ? names_find(&s->names, order[i]->sym) : NULL;
        found = d && d->procedure;
    }
    arena_release(&c->tmp, m);
    if (found)
        c->env.err = s->no_formula;
    return found;
}

Node *session_slope(void *session, Ctx *c, Node *n, Node *const *a)
{
    lbz_session *s = session;
    const Def *d = names_find(&s->names, n->sym);
    ProcedureCall k = {.s = s, .c = c, .d = d, .call = n, .a = a, .n = n->n / 2};
    if (!d || d->kind != DEF_FUNCTION)
        return ex_rebuild(c, n, a);
    if (k.n != d->params.n) {
        return ctx_error(c, LBZ_SYNTAX, NULL, "%s takes %zu arguments, here are %u",
                         sym_name(c, n->sym), d->params.n, k.n);
    }
    if (++s->slopes > MOST_NESTED) {
        return ctx_error(c, LBZ_LIMIT, "is it meant to end?",
                         "derivatives of %s are nested more than %d deep",
                         sym_name(c, n->sym), MOST_NESTED);
    }
    Node *r = c->poison;
    if (d->procedure) {
        r = session_call_procedure(s, d, n, a);
        if (!r)
            c->env.err = s->no_formula;
    } else {
        Procedure *b = procedure_of_formula(c, d->body, d->sym, d->hidden.v, d->params.n);
        r = b && open_call(&k) ? call_formula(&k, b, false) : c->poison;
    }
    s->slopes--;
    return r ? r : c->poison;
}

/* ---- dual numbers at numbers, in one run */

/* The dual numbers of e, and symbols for them; false: they are not all of numbers. */
static bool find_duals(Ctx *c, Node *e, Node **from, Node **to, double *x, double *dir,
                       size_t *k)
{
    size_t n;
    Node **order = ex_walk_some(c, 1, &e, NF_STRUCTURAL, 0, &n);
    *k = 0;
    for (size_t i = 0; order && i < n; i++) {
        if (!ex_is(order[i], OP_DUAL))
            continue;
        from[*k] = order[i];
        to[*k] = ex_sym(c, sym_fresh(c, "t"));
        if (!answer_number(c, order[i]->a[0], &x[*k]) ||
            !answer_number(c, order[i]->a[1], &dir[*k]))
            return false;
        ++*k;
    }
    return order && !ctx_failed(c);
}

static Node *without_calls(lbz_session *s, const Parsed *parsed, Node *e)
{
    s->keep_calls = true;
    EvalOptions opt = session_eval_options(s);
    Node *r = eval_value(s->c, &s->names, &opt, parsed, e);
    s->keep_calls = false;
    return r;
}

bool session_dual_numbers(lbz_session *s, const Parsed *parsed, Node *e, Node **value,
                          Node **slope)
{
    Ctx *c = s->c;
    Arena *a = &c->pool[1].arena;
    size_t n = ex_dag_size(c, e) + 1, k;
    Node **from = ARENA_NEW(a, Node *, n), **to = ARENA_NEW(a, Node *, n);
    double *x = ARENA_NEW(a, double, n), *dir = ARENA_NEW(a, double, n);
    ProcedureList *in = ARENA_NEW0(a, ProcedureList, n);
    uint32_t *sym = ARENA_NEW(a, uint32_t, n);
    if (!from || !to || !x || !dir || !in || !sym ||
        !find_duals(c, e, from, to, x, dir, &k))
        return false;
    for (size_t i = 0; i < k; i++) {
        in[i] = (ProcedureList){.n = 1, .v = &x[i]};
        sym[i] = to[i]->sym;
    }
    ProcedurePoint p = {.s = s,
                        .c = c,
                        .world = session_procedure_scope(s),
                        .what = OP_JVP,
                        .e = without_calls(s, parsed, ex_replace(c, e, from, to, k)),
                        .in = sym,
                        .x = in,
                        .nin = k,
                        .nvars = k,
                        .vec = dir,
                        .nvec = k};
    bool ok = !ctx_failed(c) && session_point_run(&p);
    if (ok) {
        ProcedureList l = p.out;
        l.v = p.d;
        *value = procedure_list_to_node(c, &p.out);
        *slope = procedure_list_to_node(c, &l);
        answer_note_kink(c, 1, &p.kink);
    }
    session_point_free(&p);
    return ok && !ctx_failed(c);
}
