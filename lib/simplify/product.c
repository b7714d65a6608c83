/* simplify/product.c - products that say the same in fewer symbols.
 *
 * Exponentials that stand above and below the fraction line: exp(-x)/(1 + exp(-x)) is 1/(1 + exp(x)).
 * Roots of quotients: 1/((x + 1)^2*sqrt((x - 1)/(x + 1))) is 1/(abs(x + 1)*sqrt(x^2 - 1)). Roots
 * of sums that multiply to a shorter one: sqrt(1 - x)*sqrt(1 + x) is sqrt(1 - x^2).
 * Each form has a value exactly where the other has one.
 */
#include "expr/internal.h"
#include "simplify/measure.h"
#include "simplify/internal.h"

enum { MOST_ROUNDS = 4, SHORT_SUM = 3 };
/* an exponential that goes away saves this much at least */
static const double EXPONENTIAL = 2;

/* The product n with g instead of its factors f and, unless that is NULL, h. */
static Node *with_factor(Ctx *c, Node *n, const Node *f, const Node *h, Node *g)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    NodeVec v = {0};
    for (uint32_t i = 0; i < body->n; i++)
        if (body->a[i] != f && body->a[i] != h)
            nodevec_push(c, &v, body->a[i]);
    nodevec_push(c, &v, g);
    nodevec_push(c, &v, ex_num(c, ex_coef(n)));
    Node *r = ex_mul(c, v.n, v.v);
    arena_release(&c->tmp, m);
    return r;
}

/* ---- exponentials ------------------------------------------------------------------ */
/* A power of a positive constant, which has a value everywhere and is never 0. */
static bool is_exponential(const Node *f)
{
    return f->op == OP_POW && !f->a[0]->syms && ex_is_pos(f->a[0]) && !ex_is_num(f->a[1]);
}

/* The exponential among the factors of t; NULL: there is none. */
static Node *exponential_in(Node *t)
{
    t = t->op == OP_SCALE ? t->a[1] : t;
    if (is_exponential(t))
        return t;
    for (uint32_t i = 0; t->op == OP_MUL && i < t->n; i++)
        if (is_exponential(t->a[i]))
            return t->a[i];
    return NULL;
}

static bool same_direction(Ctx *c, const Node *f, const Node *g)
{
    return f->a[0] == g->a[0] && ex_rest(c, f->a[1]) == ex_rest(c, g->a[1]);
}

/* All exponentials of the sum, of which there are some, are powers of what e is a power of. */
static bool all_in_direction(Ctx *c, Node *sum, const Node *e)
{
    bool any = false;
    for (uint32_t i = 0; i < sum->n; i++) {
        Node *p = exponential_in(sum->a[i]);
        any |= p != NULL;
        if (p && !same_direction(c, p, e))
            return false;
    }
    return any;
}

/* n with its factor f, a sum to some power, divided by the exponential p of its term, which goes to
 * the other factors. */
static Node *turned_over(Ctx *c, Node *n, Node *f, Node *p)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node *sum = ex_base(f), *x = ex_exponent(c, f), *inv = ex_pow(c, p, c->minus_one);
    NodeVec t = {0};
    for (uint32_t i = 0; i < sum->n; i++)
        nodevec_push(c, &t, ex_mul2(c, sum->a[i], inv));
    Node *g = ex_mul2(c, ex_pow(c, p, x), ex_pow(c, ex_add(c, t.n, t.v), x));
    arena_release(&c->tmp, m);
    return with_factor(c, n, f, NULL, g);
}

static Node *turn_exponentials(Ctx *c, Node *n, const Node *e)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    for (uint32_t i = 0; i < body->n; i++) {
        Node *f = body->a[i], *sum = ex_base(f);
        if (sum->op != OP_ADD || sum->n > SHORT_SUM || !ex_is_num(ex_exponent(c, f)) ||
            !all_in_direction(c, sum, e))
            continue;
        for (uint32_t j = 0; j < sum->n; j++) {
            Node *p = exponential_in(sum->a[j]);
            Node *r = p ? turned_over(c, n, f, p) : n;
            if (!ex_is_poison(r) &&
                measure_cost(c, r) <= measure_cost(c, n) - EXPONENTIAL)
                return r;
        }
    }
    return n;
}

/* ---- roots ------------------------------------------------------------------------- */
/* The sign of p + a*q for some a > 0 that makes it a number, which is then one that p and q cannot
 * both have the opposite of: 1, -1, or 0 where none is found. */
static int sign_of_mixture(Ctx *c, Node *p, Node *q)
{
    Node *const *u = p->op == OP_ADD ? p->a : &p, *const *v = q->op == OP_ADD ? q->a : &q;
    for (uint32_t i = 0; i < (p->op == OP_ADD ? p->n : 1); i++)
        for (uint32_t j = 0; j < (q->op == OP_ADD ? q->n : 1); j++) {
            Num k = ex_coef(u[i]), l = ex_coef(v[j]);
            if (ex_is_num(u[i]) || ex_rest(c, u[i]) != ex_rest(c, v[j]) ||
                num_sgn(k) * num_sgn(l) >= 0)
                continue;
            Num a = num_neg(&c->tmp, num_div(&c->tmp, k, l));
            Node *s = ex_add2(c, p, ex_scale(c, a, q));
            return ex_is_pos(s) ? 1 : ex_is_neg(s) ? -1 : 0;
        }
    return 0;
}

/* p*q, multiplied out where both are short sums and it is one, too. */
static Node *product_of(Ctx *c, Node *p, Node *q)
{
    Node *t[SHORT_SUM * SHORT_SUM];
    if (p->op != OP_ADD || q->op != OP_ADD || p->n > SHORT_SUM || q->n > SHORT_SUM)
        return ex_mul2(c, p, q);
    for (uint32_t i = 0; i < p->n * q->n; i++)
        t[i] = ex_mul2(c, p->a[i / q->n], q->a[i % q->n]);
    Node *r = ex_add(c, p->n * q->n, t);
    return r->op == OP_ADD && r->n > SHORT_SUM ? ex_mul2(c, p, q) : r;
}

/* The power f of the quotient p/q, its exponent x half an odd number, as (p*q)^x * |q|^(-2x); NULL:
 * it is none. */
static Node *root_of_product(Ctx *c, Node *f)
{
    Node *b = f->a[0], *x = f->a[1], *body = b->op == OP_SCALE ? b->a[1] : b;
    Node *below = NULL;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        Node *g = body->a[i];
        if (g->op != OP_POW || !ex_is_num(g->a[1]) || !ex_is_neg(g->a[1]))
            continue;
        if (below || !num_is_minus_one(g->a[1]->num))
            return NULL;
        below = g;
    }
    if (!below)
        return NULL;
    Node *q = below->a[0], *p = with_factor(c, b, below, NULL, c->one);
    int sign = sign_of_mixture(c, p, q);
    Node *modulus = sign > 0 ? q : sign < 0 ? ex_neg(c, q) : ex_fn1(c, OP_abs, q);
    return ex_mul2(c, ex_pow(c, product_of(c, p, q), x),
                   ex_pow(c, modulus, ex_scale(c, num_int(-2), x)));
}

static bool is_square_root(const Node *f)
{
    return f->op == OP_POW && ex_is_num(f->a[1]) && !f->a[1]->num.dec &&
           f->a[1]->num.q == 2;
}

/* Two powers u^x and v^x, of which u and v cannot both be negative, as one; NULL: they are none, or
 * u*v is not shorter. */
static Node *joined_roots(Ctx *c, Node *f, Node *g)
{
    Node *u = f->a[0], *v = g->a[0];
    if (f->a[1] != g->a[1] || u->op != OP_ADD || v->op != OP_ADD || u->n != v->n ||
        u->syms != v->syms || !u->syms)
        return NULL;
    if (!ex_is_pos(u) && !ex_is_pos(v) && sign_of_mixture(c, u, v) <= 0)
        return NULL;
    Node *p = product_of(c, u, v);
    return p->op == OP_ADD && p->n > u->n ? NULL : ex_pow(c, p, f->a[1]);
}

static Node *join_roots(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    for (uint32_t i = 0; i < body->n; i++) {
        Node *f = body->a[i], *g = is_square_root(f) ? root_of_product(c, f) : NULL;
        Node *r = g ? with_factor(c, n, f, NULL, g) : n;
        for (uint32_t j = 0; is_square_root(f) && !g && r == n && j < i; j++) {
            Node *h = body->a[j],
                 *both = is_square_root(h) ? joined_roots(c, f, h) : NULL;
            if (both)
                r = with_factor(c, n, f, h, both);
        }
        if (!ex_is_poison(r) && measure_cost(c, r) < measure_cost(c, n))
            return r;
    }
    return n;
}

/* ---- both -------------------------------------------------------------------------- */
/* alone: n is no term of a sum, whose terms may have roots in common. */
static Node *shorter_product(Ctx *c, Node *n, bool alone)
{
    for (int round = 0; round < MOST_ROUNDS; round++) {
        Node *body = n->op == OP_SCALE ? n->a[1] : n, *e = NULL, *r = n;
        bool roots = false;
        if (body->op != OP_MUL || ex_is_long(body))
            return n;
        for (uint32_t i = 0; i < body->n; i++) {
            e = !e && is_exponential(body->a[i]) ? body->a[i] : e;
            roots |= is_square_root(body->a[i]);
        }
        if (e)
            r = turn_exponentials(c, n, e);
        if (roots && alone && r == n)
            r = join_roots(c, n);
        if (r == n)
            return n;
        n = r;
    }
    return n;
}

Node *simplify_shorten_products(Ctx *c, Node *n)
{
    if (n->op != OP_ADD)
        return shorter_product(c, n, true);
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec v = {0};
    bool same = true;
    for (uint32_t i = 0; i < n->n; i++) {
        Node *t = shorter_product(c, n->a[i], false);
        same &= t == n->a[i];
        nodevec_push(c, &v, t);
    }
    Node *r = same ? n : ex_add(c, v.n, v.v);
    arena_release(&c->tmp, m);
    return r;
}
