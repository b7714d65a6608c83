/* series.c - Taylor polynomials by truncated power series arithmetic over nodes.
 * Recurrences for quotients, powers, exp, log, sin/cos and sinh/cosh (Knuth, TAOCP 2, 4.7); other
 * functions by composition with their derivatives at the inner value. O(n^2) constructor calls
 * a node, O(n^3) for a composition. */
#include "diff_internal.h"
#include "expr_internal.h"

enum { MAX_DEGREE = 2000 };

typedef struct {
    Ctx *c;
    uint32_t x;
    Node *a;       /* the point */
    size_t len;    /* n + 1 coefficients */
    Map of;        /* node id -> Node ** */
} Series;

static Node **fresh(Series *s)
{
    Node **v = ARENA_NEW(&s->c->tmp, Node *, s->len);
    for (size_t i = 0; v && i < s->len; i++)
        v[i] = s->c->zero;
    return v;
}

static Node **series_of(const Series *s, const Node *n)
{
    uint64_t v = 0;
    (void)map_get(&s->of, n->id, &v);
    return (Node **)(uintptr_t)v;
}

static Node *dot(Series *s, Node *const *u, Node *const *v, size_t k)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    Vec t = {0};
    for (size_t i = 0; i <= k; i++)
        if (u[i] != s->c->zero && v[k - i] != s->c->zero)
            vec_push(s->c, &t, ex_mul2(s->c, u[i], v[k - i]));
    Node *r = ex_add(s->c, t.n, t.v);
    arena_release(&s->c->tmp, m);
    return r;
}

static void multiply(Series *s, Node **r, Node *const *u, Node *const *v)
{
    for (size_t k = s->len; k-- > 0;) /* downwards: r may be u */
        r[k] = dot(s, u, v, k);
}

static Node *weighted(Series *s, int64_t w, Node *u, Node *p)
{
    if (u == s->c->zero || p == s->c->zero)
        return s->c->zero;
    return ex_scale(s->c, num_int(w), ex_mul2(s->c, u, p));
}

/* sum of i*u_i*p_(k-i) for i = 1..k, over k */
static Node *recurrence(Series *s, Node *const *u, Node *const *p, size_t k)
{
    Ctx *c = s->c;
    ArenaMark m = arena_mark(&c->tmp);
    Vec t = {0};
    for (size_t i = 1; i <= k; i++)
        vec_push(c, &t, weighted(s, (int64_t)i, u[i], p[k - i]));
    Node *r = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
    arena_release(&c->tmp, m);
    return r;
}

static void series_exp(Series *s, Node **p, Node *const *u)
{
    p[0] = ex_exp(s->c, u[0]);
    for (size_t k = 1; k < s->len; k++)
        p[k] = recurrence(s, u, p, k);
}

static void series_log(Series *s, Node **l, Node *const *u)
{
    Ctx *c = s->c;
    l[0] = ex_fn1(c, OP_log, u[0]);
    Node *inv = ex_pow(c, u[0], c->minus_one);
    for (size_t k = 1; k < s->len; k++) {
        Vec t = {0};
        for (size_t i = 1; i < k; i++)
            vec_push(c, &t, weighted(s, (int64_t)i, l[i], u[k - i]));
        Node *sum = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
        l[k] = ex_mul2(c, ex_sub(c, u[k], sum), inv);
    }
}

/* u^r, u_0 != 0: p_k = sum ((r+1) i/k - 1) u_i p_(k-i) / u_0 */
static void series_power(Series *s, Node **p, Node *const *u, Node *r)
{
    Ctx *c = s->c;
    p[0] = ex_pow(c, u[0], r);
    Node *inv = ex_pow(c, u[0], c->minus_one), *r1 = ex_add2(c, r, c->one);
    for (size_t k = 1; k < s->len; k++) {
        Vec t = {0};
        for (size_t i = 1; i <= k; i++) {
            if (u[i] == c->zero || p[k - i] == c->zero)
                continue;
            Node *w = ex_sub(c, ex_mul2(c, ex_rat(c, (int64_t)i, (int64_t)k), r1), c->one);
            vec_push(c, &t, ex_mul(c, 3, (Node *[]){w, u[i], p[k - i]}));
        }
        p[k] = ex_mul2(c, ex_add(c, t.n, t.v), inv);
    }
}

/* u^n with u_0 = 0: u = x^v*w with w_0 != 0. */
static void series_power_at_zero(Series *s, Node **p, Node *const *u, int64_t n)
{
    Ctx *c = s->c;
    size_t v = 0;
    while (v < s->len && u[v] == c->zero)
        v++;
    if (v == s->len || (uint64_t)n > s->len || v * (size_t)n >= s->len)
        return;
    Node **w = fresh(s), **q = fresh(s);
    if (!w || !q)
        return;
    for (size_t i = 0; i + v < s->len; i++)
        w[i] = u[i + v];
    series_power(s, q, w, ex_int(c, n));
    for (size_t i = 0; i + v * (size_t)n < s->len; i++)
        p[i + v * (size_t)n] = q[i];
}

static Node *singular(Series *s)
{
    return ctx_error(s->c, LBZ_DOMAIN, "choose another point",
                     "the expression has no Taylor series at this point");
}

static void power(Series *s, Node **p, const Node *n)
{
    Ctx *c = s->c;
    Node *b = n->a[0], *r = n->a[1], **u = series_of(s, b), **e = series_of(s, r);
    int64_t k;
    if (b == c->e) {
        series_exp(s, p, e);
    } else if (ex_depends(c, r, s->x)) { /* exp(r*log b) */
        Node **l = fresh(s);
        series_log(s, l, u);
        multiply(s, l, l, e);
        series_exp(s, p, l);
    } else if (u[0] != c->zero) {
        series_power(s, p, u, r);
    } else if (ex_get_int(r, &k) && k > 0) {
        series_power_at_zero(s, p, u, k);
    } else {
        (void)singular(s);
    }
}

/* sin and cos (or sinh and cosh) together: s' = c u', c' = -+ s u'. */
static void series_sine(Series *s, Node **p, Node *const *u, Op op)
{
    Ctx *c = s->c;
    bool hyper = op == OP_sinh || op == OP_cosh, want_sin = op == OP_sin || op == OP_sinh;
    Node **si = want_sin ? p : fresh(s), **co = want_sin ? fresh(s) : p;
    if (!si || !co)
        return;
    si[0] = ex_fn1(c, hyper ? OP_sinh : OP_sin, u[0]);
    co[0] = ex_fn1(c, hyper ? OP_cosh : OP_cos, u[0]);
    for (size_t k = 1; k < s->len; k++) {
        Node *t = recurrence(s, u, si, k);
        si[k] = recurrence(s, u, co, k);
        co[k] = hyper ? t : ex_neg(c, t);
    }
}

/* f(u) from f's derivatives at u_0 in its i-th argument, the other arguments constant. */
static void compose(Series *s, Node **p, Node *n, uint32_t i)
{
    Ctx *c = s->c;
    Node **u = series_of(s, n->a[i]), *y = ex_sym(c, sym_fresh(c, "y"));
    Node *arg[8], *f;
    for (uint32_t j = 0; j < n->n && j < 8; j++)
        arg[j] = j == i ? y : n->a[j];
    f = ex_rebuild(c, n, arg);
    Node **w = fresh(s), **pow = fresh(s);
    if (!w || !pow)
        return;
    memcpy(w, u, s->len * sizeof *w);
    w[0] = c->zero;
    pow[0] = c->one;
    for (size_t k = 0; k < s->len && !ctx_poll(c); k++) {
        Node *ck = ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, k)),
                            ex_subst(c, f, &y->sym, &u[0], 1));
        for (size_t j = 0; j < s->len; j++)
            p[j] = ex_add2(c, p[j], ex_mul2(c, ck, pow[j]));
        multiply(s, pow, pow, w);
        f = diff(c, f, y->sym);
        if (f == c->zero)
            break;
    }
}

/* Nodes without a recurrence: repeated derivatives of the whole node. */
static void by_derivatives(Series *s, Node **p, Node *n)
{
    Ctx *c = s->c;
    Node *d = n;
    for (size_t k = 0; k < s->len && !ctx_poll(c); k++) {
        p[k] = ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, k)),
                        ex_subst(c, d, &s->x, &s->a, 1));
        d = diff(c, d, s->x);
    }
}

static void function(Series *s, Node **p, Node *n)
{
    uint32_t moving = 0, at = 0;
    for (uint32_t i = 0; i < n->n; i++)
        if (ex_depends(s->c, n->a[i], s->x)) {
            moving++;
            at = i;
        }
    switch (n->op) {
    case OP_log: series_log(s, p, series_of(s, n->a[0])); return;
    case OP_sin: case OP_cos: case OP_sinh: case OP_cosh:
        series_sine(s, p, series_of(s, n->a[0]), (Op)n->op);
        return;
    default:
        if (moving == 1)
            compose(s, p, n, at);
        else
            by_derivatives(s, p, n);
    }
}

/* Does n change from one branch to another, or step, at the point itself? */
static bool at_kink(const Series *s, const Node *n)
{
    Node *u = n->n ? series_of(s, n->a[0])[0] : NULL;
    switch (n->op) {
    case OP_abs: case OP_sign: case OP_relu: case OP_step: case OP_step_at:
        return u == s->c->zero;
    case OP_max: case OP_min: case OP_LT: case OP_LE: case OP_EQ: case OP_NE:
        return u == series_of(s, n->a[1])[0];
    case OP_floor: case OP_ceil: case OP_trunc: return ex_is_int(u);
    case OP_round:
        return ex_is_num(u) && !ex_is_int(u) &&
               num_is_int(num_mul(&s->c->tmp, u->num, num_int(2)));
    case OP_mod: case OP_rem: {
        Node *v = series_of(s, n->a[1])[0];
        return v != s->c->zero && ex_is_int(ex_div(s->c, u, v));
    }
    default: return false;
    }
}

static void node_series(Series *s, Node **p, Node *n)
{
    Ctx *c = s->c;
    if (!ex_depends(c, n, s->x)) {
        p[0] = n;
        return;
    }
    if (s->len > 1 && at_kink(s, n)) {
        (void)singular(s);
        return;
    }
    switch (n->op) {
    case OP_SYM:
        p[0] = s->a;
        if (s->len > 1)
            p[1] = c->one;
        return;
    case OP_ADD:
        for (size_t k = 0; k < s->len; k++) {
            Vec t = {0};
            for (uint32_t i = 0; i < n->n; i++)
                vec_push(c, &t, series_of(s, n->a[i])[k]);
            p[k] = ex_add(c, t.n, t.v);
        }
        return;
    case OP_SCALE:
        for (size_t k = 0; k < s->len; k++)
            p[k] = ex_scale(c, n->a[0]->num, series_of(s, n->a[1])[k]);
        return;
    case OP_MUL:
        memcpy(p, series_of(s, n->a[0]), s->len * sizeof *p);
        for (uint32_t i = 1; i < n->n; i++)
            multiply(s, p, p, series_of(s, n->a[i]));
        return;
    case OP_POW: power(s, p, n); return;
    default:
        if (op_is_function((Op)n->op))
            function(s, p, n);
        else
            by_derivatives(s, p, n);
    }
}

/* The coefficients of e at x = a up to degree n: an array in the tmp arena, or NULL. */
static Node **coefficients(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n)
{
    Series s = {.c = c, .x = x, .a = a, .len = (size_t)n + 1};
    map_init(&s.of, &c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &e, &count), **p = NULL;
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        p = fresh(&s);
        if (!p)
            break;
        if (order[i]->op != OP_STRING)
            node_series(&s, p, order[i]);
        map_put(&s.of, order[i]->id, (uint64_t)(uintptr_t)p);
    }
    return ctx_failed(c) ? NULL : p;
}

static bool degree_ok(Ctx *c, unsigned n)
{
    if (n > MAX_DEGREE)
        ctx_error(c, LBZ_LIMIT, "ask for a lower degree",
                  "Taylor polynomials are made up to degree %d", MAX_DEGREE);
    return n <= MAX_DEGREE;
}

Node *diff_taylor(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n)
{
    if (!degree_ok(c, n))
        return c->poison;
    ArenaMark m = arena_mark(&c->tmp);
    Node **p = coefficients(c, e, x, a, n);
    Vec t = {0};
    Node *h = ex_sub(c, ex_sym(c, x), a);
    for (size_t k = 0; p && k <= n && !ctx_failed(c); k++)
        vec_push(c, &t, ex_mul2(c, p[k], ex_powi(c, h, (int64_t)k)));
    Node *r = ex_add(c, t.n, t.v);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}

Node *diff_nth_at(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n)
{
    if (!degree_ok(c, n))
        return c->poison;
    ArenaMark m = arena_mark(&c->tmp);
    Node **p = coefficients(c, e, x, a, n);
    Node *r = p ? ex_scale(c, num_factorial(&c->tmp, n), p[n]) : c->poison;
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}
