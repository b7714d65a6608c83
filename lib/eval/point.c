/* eval/point.c - values at a point: `e at x=1`, calls of functions at numbers, values at known
 * names. Derivatives inside e get theirs by the rule of slope.c where their formulas may not tell:
 * at kinks, and where the formula or the function has no value.
 */
#include "diff/germ.h"
#include "eval/internal.h"

Node *eval_try_subst(Ctx *c, Node *e, const uint32_t *syms, Node *const *by, size_t k)
{
    if (ctx_failed(c))
        return NULL;
    size_t dropped = c->ndropped;
    Node *r = ex_subst(c, e, syms, by, k);
    const Node *bad;
    bool ok = !ctx_failed(c) && !((r->flags & NF_RISK) && eval_is_constant(c, r) &&
                                  ball_exists(c, r, &bad) == LBZ_DOMAIN);
    ok = ok && !ball_find_undefined(c, dropped);
    c->ndropped = dropped;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

bool eval_has_kinks(Ctx *c, Node *e) { return diff_has_kinks(c, e); }

Node *eval_value_of_bound(const At *at, Node *e)
{
    Node *x = eval_attach(at->ev, eval_expand(at->ev, e, at->own, EXPAND_NEEDED));
    return ex_subst(at->c, x, at->own->v, at->by, at->own->n);
}

/* Does x rewrite its operand, to the same value? */
static bool keeps_value(const Node *x)
{
    switch (x->op) {
    case OP_EXPAND:
    case OP_FACTOR:
    case OP_TOGETHER:
    case OP_APART:
    case OP_COLLECT:
    case OP_SIMPLIFY:
    case OP_TRIGEXPAND:
    case OP_TRIGREDUCE:
    case OP_CSE:
    case OP_DETACH: return true;
    default: return false;
    }
}

/* The value node by node: derivatives get theirs, the rest is put together again. */
static Node *value_step(const Rewriting *w, Node *x, Node *const *a)
{
    const At *at = w->arg;
    Ctx *c = w->c;
    if (keeps_value(x))
        return x->a[0]->flags & NF_STRUCTURAL ? a[0] : eval_value_of_bound(at, x->a[0]);
    if (op_is_structural((Op)x->op)) {
        Node *r = eval_derivative_at(at, x);
        Node *plain = r || ctx_failed(c) ? NULL : nodemap_get(&at->ev->carried_of, x);
        return r ? r : plain ? eval_value_of_bound(at, plain) : c->poison;
    }
    Node **val = ARENA_NEW(&c->tmp, Node *, x->n);
    for (size_t k = 0; val && k < x->n; k++)
        val[k] = x->a[k]->flags & NF_STRUCTURAL ? a[k] : eval_value_of_bound(at, x->a[k]);
    return val ? ex_rebuild(c, x, val) : c->poison;
}

typedef struct {
    const At *at;
    Map in_formula; /* ids of its nodes of limited domain, of powers those of the bases */
} DomainLoss;

static uint32_t domain_key(const Node *n)
{
    return ex_is(n, OP_POW) ? n->a[0]->id : n->id;
}

/* Has the node n no value here, and is it not in the formula, which would say so? */
static bool is_lost(Ctx *c, Node *n, void *arg)
{
    const DomainLoss *l = arg;
    const SymList *own = l->at->own;
    return n->syms && ex_may_be_undefined(n) &&
           !map_get(&l->in_formula, domain_key(n), NULL) && !ctx_failed(c) &&
           ex_depends_any(c, n, own->v, own->n) &&
           !eval_try_subst(c, n, own->v, l->at->by, own->n);
}

/* Has f no value here, although its derivative R may have one? */
static bool is_outside_domain(const At *at, Node *f, Node *R)
{
    Ctx *c = at->c;
    DomainLoss l = {at, {0}};
    size_t n = 0;
    ArenaMark m = arena_mark(&c->tmp);
    map_init(&l.in_formula, &c->tmp);
    Node **order = R ? ex_walk(c, 1, &R, &n) : NULL;
    for (size_t i = 0; order && i < n; i++)
        if (ex_may_be_undefined(order[i]))
            map_put(&l.in_formula, domain_key(order[i]), 1);
    bool lost = !R || ex_find(c, f, 0, is_lost, &l);
    arena_release(&c->tmp, m);
    return lost;
}

Node *eval_value_of_formula(const At *at, Node *formula)
{
    static const SymList none;
    Ctx *c = at->c;
    Node *r = eval_try_subst(c, formula, at->own->v, at->by, at->own->n);
    if (!r || !(r->flags & NF_BINDER))
        return r;
    r = eval_expand(at->ev, r, &none, EXPAND_NEEDED);
    bool ok = !ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

/* Is x a derivative whose formula may not tell its value here? */
static bool needs_rule(Ctx *c, Node *x, void *arg)
{
    const At *at = arg;
    Node *f = nodemap_get(&at->ev->operand_of, x);
    if (!f || ctx_failed(c))
        return false;
    if (nodemap_get(&at->ev->tensors_of, x))
        return eval_has_kinks(c, f) ||
               !eval_value_of_formula(at, nodemap_get(&at->ev->carried_of, x));
    return eval_has_kinks(c, f) ||
           is_outside_domain(at, f, nodemap_get(&at->ev->carried_of, x));
}

/* e, which has derivatives inside, where the names have these values; formula: e carried out. NULL:
 * the formula tells. */
static Node *value_by_rule(const At *at, Node *e, Node *formula)
{
    Ctx *c = at->c;
    if (!(e->flags & NF_STRUCTURAL) || ctx_failed(c))
        return NULL;
    if (!ex_find(c, e, NF_STRUCTURAL, needs_rule, (void *)(uintptr_t)at)) {
        Node *r = formula ? eval_value_of_formula(at, formula) : NULL;
        if (r || ctx_failed(c))
            return r;
    }
    return ex_rewrite(c, e, NF_STRUCTURAL, value_step, (void *)(uintptr_t)at);
}

/* A constant, or a list of such. */
static bool is_known(Ctx *c, Node *n)
{
    bool known = ex_is(n, OP_LIST) || eval_is_constant(c, n);
    for (uint32_t i = 0; known && ex_is(n, OP_LIST) && i < n->n; i++)
        known = is_known(c, n->a[i]); /* as deep as lists are nested */
    return known;
}

Node *eval_by_rule(Evaluation *ev, Node *e, const SymList *own, Node **by)
{
    At at = {ev, ev->c, own, by};
    for (size_t i = 0; i < own->n; i++)
        if (!is_known(ev->c, by[i]))
            return NULL;
    return value_by_rule(&at, e, NULL);
}

/* ---- e at x=1, y=2 */

static Node **gather_bindings(Ctx *c, SymList *own, const Node *op, Node *const *a)
{
    Node **by = ARENA_NEW(&c->tmp, Node *, op->n);
    for (size_t i = 1; by && i + 1 < op->n && !ctx_failed(c); i += 2) {
        size_t before = own->n;
        if (!ex_is(a[i], OP_SYM)) {
            Str s = {0};
            print_brief(c, &s, a[i], 40);
            ctx_error(c, LBZ_SYNTAX, NULL, "%s cannot be given a value", str_cstr(&s));
            str_free(&s);
            break;
        }
        symlist_add(own, a[i]->sym);
        if (own->n == before)
            ctx_error(c, LBZ_SYNTAX, NULL, "%s is given two values",
                      sym_name(c, a[i]->sym));
        else
            by[before] = a[i + 1];
    }
    return ctx_failed(c) ? NULL : by;
}

static void hint_limit(const At *at, Node *e)
{
    Err why = attempt_error(at->c);
    bool none = !eval_try_subst(at->c, e, at->own->v, at->by, at->own->n);
    if (at->c->env.err.status != LBZ_OK)
        return;
    at->c->env.err = why;
    if (none)
        eval_hint_limit(at->c, e, at->own->v, at->by, at->own->n);
}

Node *eval_at(Evaluation *ev, Node *op, Node *const *a)
{
    Ctx *c = ev->c;
    ArenaMark m = arena_mark(&c->tmp);
    SymList own = {0};
    Node **by = gather_bindings(c, &own, op, a), *r = NULL;
    if (by) {
        At at = {ev, c, &own, by};
        Node *e = eval_attach(ev, eval_expand(ev, a[0], &own, EXPAND_NEEDED));
        r = value_by_rule(&at, op->a[0], e);
        r = r || ctx_failed(c) ? r : ex_subst(c, e, own.v, by, own.n);
        eval_check_dropped(c);
        if (c->env.err.status == LBZ_DOMAIN)
            hint_limit(&at, e);
    }
    symlist_free(&own);
    arena_release(&c->tmp, m);
    return ctx_failed(c) || !r ? c->poison : r;
}
