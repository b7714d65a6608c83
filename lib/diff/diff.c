/* diff/diff.c - forward symbolic differentiation over the DAG.
 * One constructor call per distinct node and rule; memoised per statement by (node, symbol). */
#include "expr/tensors.h"
#include "diff/internal.h"

enum { WIDE_PRODUCT = 8 };

static uint64_t memo_key(const Node *n, uint32_t x) { return (uint64_t)n->id << 32 | x; }

static Node *memo_get(Ctx *c, const Node *n, uint32_t x)
{
    uint64_t v;
    return map_get(&c->diff_memo, memo_key(n, x), &v) ? (Node *)(uintptr_t)v : c->zero;
}

/* Derivatives of the factors that depend on x, as (P, dP) pairs merged in a binary tree: the
 * result of n factors has size n log n, not n^2. With keep, those of the partial products are
 * remembered: other products begin with the same factors. */
static Node *product_tree(Ctx *c, Node **p, Node **d, size_t n, uint32_t x, bool keep)
{
    while (n > 1) {
        size_t k = 0;
        for (size_t i = 0; i + 1 < n; i += 2, k++) {
            Node *pq = ex_mul2(c, p[i], p[i + 1]), *s = NULL;
            uint64_t v, key = memo_key(pq, x);
            if (keep && map_get(&c->diff_memo, key, &v))
                s = (Node *)(uintptr_t)v;
            if (!s)
                s = ex_add2(c, ex_mul2(c, d[i], p[i + 1]), ex_mul2(c, p[i], d[i + 1]));
            if (keep)
                map_put(&c->diff_memo, key, (uint64_t)(uintptr_t)s);
            p[k] = pq;
            d[k] = s;
        }
        if (n & 1) {
            p[k] = p[n - 1];
            d[k++] = d[n - 1];
        }
        n = k;
    }
    return d[0];
}

static Node *diff_product(Ctx *c, Node *n, uint32_t x)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **p = ARENA_NEW(&c->tmp, Node *, n->n), **d = ARENA_NEW(&c->tmp, Node *, n->n),
         **t = ARENA_NEW(&c->tmp, Node *, n->n + 1),
         **rest = ARENA_NEW(&c->tmp, Node *, n->n);
    if (!p || !d || !t || !rest)
        return c->poison;
    size_t k = 0, nr = 0;
    bool deep = false; /* a chain of long products */
    for (uint32_t i = 0; i < n->n; i++) {
        deep |= ex_is_long(ex_base(n->a[i]));
        Node *di = memo_get(c, n->a[i], x);
        if (di == c->zero) {
            rest[nr++] = n->a[i];
            continue;
        }
        p[k] = n->a[i];
        d[k++] = di;
    }
    Node *r = c->zero;
    if (k > WIDE_PRODUCT) {
        rest[nr++] = product_tree(c, p, d, k, x, deep);
        r = ex_mul(c, nr, rest);
    } else if (k) {
        for (size_t i = 0; i < k; i++) {
            memcpy(t, n->a, n->n * sizeof *t);
            for (uint32_t j = 0; j < n->n; j++)
                if (t[j] == p[i])
                    t[j] = d[i];
            d[i] = n->n == 2 ? ex_mul2(c, t[0], t[1]) : ex_mul(c, n->n, t);
        }
        r = k == 1 ? d[0] : k == 2 ? ex_add2(c, d[0], d[1]) : ex_add(c, k, d);
    }
    arena_release(&c->tmp, m);
    return r;
}

/* b^x: x*b^(x-1)*b' + b^x*log(b)*x'. */
static Node *diff_power(Ctx *c, Node *n, uint32_t x)
{
    Node *b = n->a[0], *e = n->a[1], *db = memo_get(c, b, x), *de = memo_get(c, e, x);
    if (de == c->zero && ex_is_num(e) && db != c->zero) {
        Node *p = ex_pow(c, b, ex_add2(c, e, c->minus_one));
        return ex_is_num(db) ? ex_scale(c, num_mul(&c->tmp, e->num, db->num), p)
                             : ex_scale(c, e->num, ex_mul2(c, p, db));
    }
    if (de == c->zero)
        return ex_mul(c, 3, (Node *[]){e, ex_pow(c, b, ex_add2(c, e, c->minus_one)), db});
    Node *lg = ex_mul2(c, ex_fn1(c, OP_log, b), de);
    if (db == c->zero)
        return ex_mul2(c, lg, n);
    return ex_mul2(
        c, n,
        ex_add2(c, lg, ex_mul(c, 3, (Node *[]){e, db, ex_pow(c, b, c->minus_one)})));
}

static Node *diff_sum(Ctx *c, Node *n, uint32_t x)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **d = ARENA_NEW(&c->tmp, Node *, n->n);
    uint32_t moving = 0, at = 0;
    if (!d)
        return c->poison;
    for (uint32_t i = 0; i < n->n; i++) {
        d[i] = memo_get(c, n->a[i], x);
        if (d[i] == c->zero && n->a[i]->op == OP_LIST)
            d[i] = ex_scale(c, NUM_ZERO, n->a[i]);
        moving += d[i] != c->zero;
        at = d[i] != c->zero ? i : at;
    }
    Node *r = n->op == OP_LIST ? ex_list(c, n->n, d)
              : moving == 1    ? d[at]
                               : ex_add(c, n->n, d);
    arena_release(&c->tmp, m);
    return r;
}

static Node *diff_function(Ctx *c, Node *n, uint32_t x)
{
    Node *t[3];
    size_t k = 0;
    ctx_domain_facts(c, n);
    for (uint32_t i = 0; i < n->n && i < 3; i++) {
        Node *d = memo_get(c, n->a[i], x);
        if (d != c->zero)
            t[k++] = ex_mul2(c, diff_partial(c, n, i), d);
    }
    return k == 1 ? t[0] : ex_add(c, k, t);
}

/* The chain rule for an unknown function: a partial raises one of its orders by 1. */
Node *diff_apply_partial(Ctx *c, Node *n, uint32_t i)
{
    uint32_t k = n->n / 2;
    ArenaMark m = arena_mark(&c->tmp);
    Node **o = ARENA_NEW(&c->tmp, Node *, k);
    if (!o)
        return c->poison;
    memcpy(o, n->a + k, k * sizeof *o);
    o[i] = ex_add2(c, o[i], c->one);
    Node *r = ex_apply(c, n->sym, k, n->a, o);
    arena_release(&c->tmp, m);
    return r;
}

static Node *diff_apply(Ctx *c, Node *n, uint32_t x)
{
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t k = n->n / 2;
    size_t nt = 0;
    Node **t = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (uint32_t i = 0; t && i < k; i++) {
        Node *d = memo_get(c, n->a[i], x);
        if (d != c->zero)
            t[nt++] = ex_mul2(c, diff_apply_partial(c, n, i), d);
    }
    Node *r = !t ? c->poison : nt == 1 ? t[0] : ex_add(c, nt, t);
    arena_release(&c->tmp, m);
    return r;
}

/* The integrand where t is the bound, times the bound's derivative. A bound that stands still
 * gives nothing, even where the integrand has no value there. */
static Node *bound_term(Ctx *c, Node *n, Node *bound, Node *d)
{
    return d == c->zero ? d
                        : ex_mul2(c, ex_subst(c, n->a[0], &n->a[1]->sym, &bound, 1), d);
}

/* The factors of e that are free of the symbol t; *rest gets the others. */
static Node *free_factors(Ctx *c, Node *e, uint32_t t, Node **rest)
{
    Node *r = ex_rest(c, e), *k = ex_num(c, ex_coef(e));
    uint32_t n = r->op == OP_MUL ? r->n : 1;
    size_t nout = 0, nin = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **out = ARENA_NEW(&c->tmp, Node *, n), **in = ARENA_NEW(&c->tmp, Node *, n);
    for (uint32_t i = 0; out && in && i < n; i++) {
        Node *f = r->op == OP_MUL ? r->a[i] : r;
        if (ex_depends(c, f, t))
            in[nin++] = f;
        else
            out[nout++] = f;
    }
    k = nout ? ex_mul2(c, k, ex_mul(c, nout, out)) : k;
    *rest = nin ? ex_mul(c, nin, in) : c->one;
    arena_release(&c->tmp, m);
    return k;
}

/* The integral or sum of the derivative under it; what does not vary goes in front. */
static Node *inner_binder(Ctx *c, Node *n, Node *inner)
{
    Node *var = n->a[1], *lo = n->a[2], *hi = n->a[3], *rest;
    if (inner == c->zero || inner->op == OP_LIST || ctx_failed(c))
        return ex_binder(c, (Op)n->op, inner, var, lo, hi);
    Node *k = free_factors(c, inner, var->sym, &rest);
    if (rest == c->one && n->op == OP_INT && !((lo->flags | hi->flags) & NF_INF))
        return ex_mul2(c, k, ex_sub(c, hi, lo));
    return ex_mul2(c, k, ex_binder(c, (Op)n->op, rest, var, lo, hi));
}

/* d/dx of INT, SUM, PROD: Leibniz's rule, given the derivatives of body and bounds. */
static Node *diff_binder(Ctx *c, Node *n, uint32_t x, Node *const *d)
{
    Node *body = n->a[0], *var = n->a[1], *lo = n->a[2], *hi = n->a[3];
    bool moving = d[2] != c->zero || d[3] != c->zero;
    Node *inner = var->sym == x ? c->zero : d[0];
    if (n->op == OP_INT)
        return ex_add(c, 3,
                      (Node *[]){bound_term(c, n, hi, d[3]),
                                 ex_neg(c, bound_term(c, n, lo, d[2])),
                                 inner_binder(c, n, inner)});
    if (moving)
        return ctx_error(c, LBZ_UNABLE, "differentiate with respect to another name",
                         "a bound of %s moves in steps: there is no derivative in it",
                         n->op == OP_SUM ? "sum" : "prod");
    if (n->op == OP_SUM)
        return inner_binder(c, n, inner);
    return ex_mul2(c, n, ex_binder(c, OP_SUM, ex_div(c, inner, body), var, lo, hi));
}

static Node *diff_name(Ctx *c, const Node *n)
{
    return !n->shape
               ? c->one
               : ctx_error(
                     c, LBZ_UNABLE,
                     "ask at a point, with reverse, or by one element after the other",
                     "derivatives by %s, a tensor, are not available as formulas",
                     n->name);
}

static Node *sum_of(Ctx *c, Node *a, Node *b)
{
    return a == c->zero ? b : ex_add2(c, a, b);
}

/* Of a T row: by the product rule where it is linear, else by the text of the row. */
static Node *diff_tensor(Ctx *c, Node *n, uint32_t x)
{
    ArenaMark m = arena_mark(&c->tmp);
    bool parts = ex_is(n, OP_STACK) || ex_is(n, OP_CONCAT); /* linear in all at once */
    unsigned flags = op_info((Op)n->op)->flags;
    uint32_t linear = flags & MULTILINEAR ? n->n : flags & LINEAR ? 1 : 0;
    Node **a = ARENA_NEW(&c->tmp, Node *, n->n), *r = c->zero;
    if (!a)
        return c->poison;
    memcpy(a, n->a, n->n * sizeof *a);
    for (uint32_t i = 0; !linear && i < n->n; i++)
        a[i] = ex_broadcast(c, memo_get(c, n->a[i], x), n->a[i]->shape);
    for (uint32_t i = 0; i < linear; i++) {
        a[i] = memo_get(c, n->a[i], x);
        if (a[i] != c->zero)
            r = sum_of(c, r, ex_tensor(c, (Op)n->op, n->name, n->n, a));
        a[i] = n->a[i];
    }
    r = parts     ? ex_tensor(c, (Op)n->op, n->name, n->n, a)
        : !linear ? diff_row_jvp(c, n, a)
                  : r;
    arena_release(&c->tmp, m);
    return r;
}

static Node *derive_by_rule(Ctx *c, Node *n, uint32_t x)
{
    if (!(n->syms & (uint64_t)1 << (x & 63)))
        return c->zero;
    switch (n->op) {
    case OP_SYM: return n->sym == x ? diff_name(c, n) : c->zero;
    case OP_ADD:
    case OP_LIST: return diff_sum(c, n, x);
    case OP_SCALE: return ex_scale(c, n->a[0]->num, memo_get(c, n->a[1], x));
    case OP_MUL: return diff_product(c, n, x);
    case OP_POW: return diff_power(c, n, x);
    case OP_APPLY: return diff_apply(c, n, x);
    case OP_IF: return diff_if(c, n, x, memo_get(c, n->a[1], x), memo_get(c, n->a[2], x));
    case OP_INT:
    case OP_SUM:
    case OP_PROD: {
        Node *d[4] = {memo_get(c, n->a[0], x), c->zero, memo_get(c, n->a[2], x),
                      memo_get(c, n->a[3], x)};
        return diff_binder(c, n, x, d);
    }
    case OP_NUM:
    case OP_CONST:
    case OP_DETACH: return c->zero;
    default:
        if (ex_is_condition(n))
            return c->zero;
        if (op_is_function((Op)n->op))
            return diff_function(c, n, x);
        if (op_is_tensor((Op)n->op))
            return diff_tensor(c, n, x);
        return ctx_error(c, LBZ_UNABLE, NULL, "%s cannot be differentiated",
                         op_info((Op)n->op)->name);
    }
}

/* A derivative has the shape of what it is of, or is 0. */
static Node *derive_node(Ctx *c, Node *n, uint32_t x)
{
    Node *r = derive_by_rule(c, n, x);
    return r->shape == n->shape || r == c->zero ? r : ex_broadcast(c, r, n->shape);
}

/* Does e, walked in that order, have x free? Nodes of other symbols that share its bit are in
 * the walk, too. */
static bool walk_has_symbol(Ctx *c, Node *e, uint32_t x, Node **order, size_t count)
{
    if (e->flags & NF_BINDER)
        return ex_depends(c, e, x);
    for (size_t i = 0; i < count; i++)
        if (order[i]->op == OP_SYM && order[i]->sym == x)
            return true;
    return false;
}

Node *diff(Ctx *c, Node *e, uint32_t x)
{
    uint64_t bit = (uint64_t)1 << (x & 63);
    size_t count = 0;
    if (ex_is_poison(e))
        return e;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = e->syms & bit ? ex_walk_some(c, 1, &e, 0, bit, &count) : NULL;
    if (!ctx_failed(c) && (!order || !walk_has_symbol(c, e, x, order, count))) {
        arena_release(&c->tmp, m);
        return e->op == OP_LIST ? ex_scale(c, NUM_ZERO, e)
                                : ex_broadcast(c, c->zero, e->shape);
    }
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        uint64_t key = memo_key(order[i], x);
        if (map_get(&c->diff_memo, key, NULL))
            continue;
        map_put(&c->diff_memo, key, (uint64_t)(uintptr_t)derive_node(c, order[i], x));
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : ex_broadcast(c, memo_get(c, e, x), e->shape);
}

/* ---- F(x, y) = 0 ------------------------------------------------------------------- */
Node *diff_implicit(Ctx *c, Node *F, uint32_t y, uint32_t x, unsigned n)
{
    Node *fx = diff(c, F, x), *fy = diff(c, F, y);
    if (!ctx_failed(c) && fy == c->zero)
        return ctx_error(c, LBZ_DOMAIN,
                         "name the dependent variable after d, as in dy/dx",
                         "the equation does not determine %s", sym_name(c, y));
    Node *slope = ex_neg(c, ex_div(c, fx, fy)), *d = slope;
    for (unsigned i = 1; i < n && !ctx_failed(c); i++)
        d = ex_add2(c, diff(c, d, x), ex_mul2(c, diff(c, d, y), slope));
    return n == 0 ? ex_sym(c, y) : d;
}
