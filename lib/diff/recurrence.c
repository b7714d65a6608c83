/* diff/recurrence.c - arithmetic of truncated series over nodes.
 *
 * Recurrences for quotients, powers, exp, log, sin/cos and sinh/cosh: Knuth, TAOCP 2, 4.7. O(n^2)
 * constructor calls each.
 */
#include "ball/ball.h"
#include "diff/series.h"
#include "expr/internal.h"
#include "field/rational.h"

Node **series_new(const Series *s)
{
    Node **v = ARENA_NEW(&s->c->tmp, Node *, s->len);
    for (size_t i = 0; v && i < s->len; i++)
        v[i] = s->c->zero;
    return v;
}

Known *series_known(const Series *s, const Node *n)
{
    uint64_t v = 0;
    (void)map_get(&s->of, n->id, &v);
    return (Known *)(uintptr_t)v;
}

int series_vanishes(const Series *s, Node *u)
{
    if (s->log && ex_depends(s->c, u, s->log->sym))
        u = rat_expand(s->c, u);
    if (ex_is_num(u))
        return num_is_zero(u->num);
    if (u->syms || (u->flags & (NF_APPLY | NF_STRUCTURAL)))
        return 0;
    int sign = ball_sign(s->c, u);
    return sign == 0 ? 1 : sign == 2 ? 2 : 0;
}

size_t series_order(const Series *s, const Known *p, int *zero)
{
    size_t k = 0;
    for (*zero = 1; k < p->n; k++)
        if ((*zero = series_vanishes(s, p->c[k])) != 1)
            break;
    return k;
}

/* ---- products */

static Node *dot_product(Series *s, Node *const *u, Node *const *v, size_t k)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    NodeVec t = {0};
    for (size_t i = 0; i <= k; i++)
        if (u[i] != s->c->zero && v[k - i] != s->c->zero)
            nodevec_push(s->c, &t, ex_mul2(s->c, u[i], v[k - i]));
    Node *r = ex_add(s->c, t.n, t.v);
    arena_release(&s->c->tmp, m);
    return r;
}

void series_multiply(Series *s, Node **r, Node *const *u, Node *const *v)
{
    for (size_t k = s->len; k-- > 0 && !ctx_poll(s->c);) /* downwards: r may be u */
        r[k] = dot_product(s, u, v, k);
}

static Node *weighted_product(Series *s, int64_t w, Node *u, Node *p)
{
    if (u == s->c->zero || p == s->c->zero)
        return s->c->zero;
    return ex_scale(s->c, num_int(w), ex_mul2(s->c, u, p));
}

/* sum of i*u_i*p_(k-i) for i = 1..k, over k */
static Node *weighted_convolution(Series *s, Node *const *u, Node *const *p, size_t k)
{
    Ctx *c = s->c;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec t = {0};
    for (size_t i = 1; i <= k && !ctx_poll(c); i++)
        nodevec_push(c, &t, weighted_product(s, (int64_t)i, u[i], p[k - i]));
    Node *r = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
    arena_release(&c->tmp, m);
    return r;
}

/* ---- functions of a series that has a value at the point */

void series_exp(Series *s, Node **p, Node *const *u)
{
    p[0] = ex_exp(s->c, u[0]);
    for (size_t k = 1; k < s->len && !ctx_poll(s->c); k++)
        p[k] = weighted_convolution(s, u, p, k);
}

void series_log(Series *s, Node **l, Node *const *u)
{
    Ctx *c = s->c;
    l[0] = ex_fn1(c, OP_log, u[0]);
    Node *inv = ex_pow(c, u[0], c->minus_one);
    for (size_t k = 1; k < s->len; k++) {
        NodeVec t = {0};
        for (size_t i = 1; i < k; i++)
            nodevec_push(c, &t, weighted_product(s, (int64_t)i, l[i], u[k - i]));
        Node *sum = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
        l[k] = ex_mul2(c, ex_sub(c, u[k], sum), inv);
    }
}

/* p_k = sum ((r+1) i/k - 1) u_i p_(k-i) / u_0 */
void series_power(Series *s, Node **p, Node *const *u, Node *r)
{
    Ctx *c = s->c;
    p[0] = ex_pow(c, u[0], r);
    Node *inv = ex_pow(c, u[0], c->minus_one), *r1 = ex_add2(c, r, c->one);
    for (size_t k = 1; k < s->len; k++) {
        NodeVec t = {0};
        for (size_t i = 1; i <= k; i++) {
            if (u[i] == c->zero || p[k - i] == c->zero)
                continue;
            Node *w =
                ex_sub(c, ex_mul2(c, ex_rat(c, (int64_t)i, (int64_t)k), r1), c->one);
            nodevec_push(c, &t, ex_mul(c, 3, (Node *[]){w, u[i], p[k - i]}));
        }
        p[k] = ex_mul2(c, ex_add(c, t.n, t.v), inv);
    }
}

/* sin and cos (or sinh and cosh) together: s' = c u', c' = -+ s u'. */
void series_sine(Series *s, Node **p, Node *const *u, Op op)
{
    Ctx *c = s->c;
    bool hyper = op == OP_sinh || op == OP_cosh, want_sin = op == OP_sin || op == OP_sinh;
    Node **si = want_sin ? p : series_new(s), **co = want_sin ? series_new(s) : p;
    if (!si || !co)
        return;
    si[0] = ex_fn1(c, hyper ? OP_sinh : OP_sin, u[0]);
    co[0] = ex_fn1(c, hyper ? OP_cosh : OP_cos, u[0]);
    for (size_t k = 1; k < s->len; k++) {
        Node *t = weighted_convolution(s, u, si, k);
        si[k] = weighted_convolution(s, u, co, k);
        co[k] = hyper ? t : ex_neg(c, t);
    }
}

/* ---- series with poles */

void series_shifted_power(Series *s, Known *p, const Known *u, size_t w, Num r)
{
    Ctx *c = s->c;
    Node **q = series_new(s), **t = series_new(s);
    int64_t shift = 0;
    if (!q || !t)
        return;
    for (size_t i = w; i < s->len; i++)
        q[i - w] = u->c[i];
    series_power(s, t, q, ex_num(c, r));
    (void)num_get_int(num_mul(&c->tmp, r, num_int((int64_t)w - (int64_t)u->v)), &shift);
    size_t right = shift > 0 ? (size_t)shift : 0;
    s->filled |= shift < 0;
    p->v = shift < 0 ? (size_t)-shift : 0;
    p->n = u->n - w + right < s->len ? u->n - w + right : s->len;
    for (size_t i = right; i < s->len; i++)
        p->c[i] = t[i - right];
}

/* The place of the last coefficient that is not 0; 0: there is none behind the first. */
static size_t last_term(const Series *s, const Known *p)
{
    size_t k = s->len;
    while (--k && p->c[k] == s->c->zero)
        continue;
    return k;
}

/* The operands over one power of h added up. */
void series_sum(Series *s, Known *p, const Known *const *u, size_t n)
{
    Ctx *c = s->c;
    bool exact = true;
    for (size_t i = 0; i < n; i++) {
        p->v = u[i]->v > p->v ? u[i]->v : p->v;
        p->rough |= u[i]->rough;
        exact = exact && u[i]->exact && !u[i]->v;
    }
    for (size_t i = 0; i < n; i++)
        if (!u[i]->zero && u[i]->n + (p->v - u[i]->v) < p->n)
            p->n = u[i]->n + (p->v - u[i]->v);
    for (size_t k = 0; k < s->len; k++) {
        NodeVec t = {0};
        for (size_t i = 0; i < n; i++)
            if (k >= p->v - u[i]->v)
                nodevec_push(c, &t, u[i]->c[k - (p->v - u[i]->v)]);
        p->c[k] = ex_add(c, t.n, t.v);
    }
    p->exact = exact;
    p->zero = exact && last_term(s, p) == 0 && p->c[0] == c->zero;
}

/* How many terms of u are known to be 0 before the others. */
static size_t leading_zeros(const Series *s, const Known *u)
{
    size_t k = 0;
    while (k < u->n && u->c[k] == s->c->zero)
        k++;
    return k;
}

void series_product(Series *s, Known *p, const Known *u, const Known *w)
{
    size_t n = u->n + leading_zeros(s, w), m = w->n + leading_zeros(s, u);
    if ((!u->n && !u->rough) || (!w->n && !w->rough))
        n = 0; /* one of them is not known at all */
    Known r = {.c = p->c, .n = n < m ? n : m, .v = u->v + w->v};
    r.n = r.n < s->len ? r.n : s->len;
    r.rough = u->rough || w->rough;
    r.exact = u->exact && w->exact && !r.v && last_term(s, u) + last_term(s, w) < s->len;
    series_multiply(s, r.c, u->c, w->c);
    if (u->zero || w->zero)
        r = (Known){.c = r.c, .n = s->len, .exact = true, .zero = true};
    *p = r;
}

void series_cancel(Series *s, Known *p)
{
    size_t k = 0;
    while (k < p->v && k < p->n && series_vanishes(s, p->c[k]) == 1)
        k++;
    if (k == 0)
        return;
    memmove(p->c, p->c + k, (s->len - k) * sizeof *p->c);
    for (size_t i = s->len - k; i < s->len; i++)
        p->c[i] = s->c->zero;
    p->v -= k;
    p->n -= k;
}

void series_copy(const Series *s, Known *p, const Known *u)
{
    Node **own = p->c;
    *p = *u;
    p->c = own;
    memcpy(own, u->c, s->len * sizeof *own);
}

void series_constant(const Series *s, Known *p, Node *k)
{
    p->c[0] = k;
    p->n = s->len;
    p->exact = true;
    p->zero = k == s->c->zero;
}
