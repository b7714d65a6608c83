/* simplify/root.c - candidates with simpler radicands, and products whose factors meet:
 * pairs of sums that multiply to a shorter one, roots of numbers and of others, fractions
 * below fraction lines.
 *
 * A radicand is looked into although it is an argument, as roots are what derivatives of inverse
 * functions leave behind: sqrt(1 - x^2/a^2) is sqrt(a^2 - x^2)/abs(a), sqrt(1 - sin(x)^2) is
 * abs(cos(x)). Both sides are defined for the same reals.
 */
#include "expr/internal.h"
#include "simplify/measure.h"
#include "simplify/internal.h"

enum { CONJUGATE_TERMS = 3 }; /* of short sums */

/* k where n is k*h(u)^2, and f = h(u). */
static bool is_square(Node *n, Node **f)
{
    Node *p = n->op == OP_SCALE ? n->a[1] : n;
    *f = ex_base(p);
    return p->op == OP_POW && ex_is_rat(p->a[1], 2, 1) && op_is_function((Op)(*f)->op);
}

/* A sum k*(1 - sin(u)^2) and the like as k*cos(u)^2, or NULL. */
static Node *square_of_related(Ctx *c, Node *n)
{
    Node *f;
    if (n->op != OP_ADD || n->n != 2)
        return NULL;
    bool first = ex_is_num(n->a[0]);
    Node *k = n->a[!first], *s = n->a[first];
    if (!ex_is_num(k) || !is_square(s, &f))
        return NULL;
    for (const SquareIdentity *t = TRIG_IDENTITIES;
         t < TRIG_IDENTITIES + N_TRIG_IDENTITIES; t++) {
        Node *p = ex_int(c, t->p), *q = ex_int(c, t->q), *w = ex_num(c, ex_coef(s));
        /* w*b^2 + k with w*p = k*q is k*p*a^2; w*a^2 + k with -w*p = k is w*q*b^2 */
        if (f->op == (uint16_t)t->b && ex_mul2(c, w, p) == ex_mul2(c, k, q))
            return ex_mul2(c, ex_mul2(c, k, p), ex_powi(c, ex_fn1(c, t->a, f->a[0]), 2));
        if (f->op == (uint16_t)t->a && ex_neg(c, ex_mul2(c, w, p)) == k)
            return ex_mul2(c, ex_mul2(c, w, q), ex_powi(c, ex_fn1(c, t->b, f->a[0]), 2));
    }
    return NULL;
}

/* s where f is s^2, a sum or a product of functions; NULL: it is no such. */
static Node *root_of_square(Ctx *c, Node *f)
{
    if (f->op == OP_POW)
        return ex_is_rat(f->a[1], 2, 1) && f->a[0]->op == OP_ADD &&
                       f->a[0]->n <= CONJUGATE_TERMS
                   ? f->a[0]
                   : NULL;
    if (f->op != OP_MUL || f->n > CONJUGATE_TERMS)
        return NULL;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->a[i]->op != OP_POW || !ex_is_rat(f->a[i]->a[1], 2, 1) ||
            !op_is_function((Op)f->a[i]->a[0]->op))
            return NULL;
    Node *s = c->one;
    for (uint32_t i = 0; i < f->n; i++)
        s = ex_mul2(c, s, f->a[i]->a[0]);
    return s;
}

/* k - w*s^2 for a sum or product s that is one wave: 1 - (cos(a)*cos(b) + sin(a)*sin(b))^2 with
 * cos(a - b), 1 - 4*sin(a)^2*cos(a)^2 with sin(2*a); or NULL. */
static Node *square_of_wave(Ctx *c, Node *n)
{
    if (n->op != OP_ADD || n->n != 2 || !ex_is_num(n->a[0]))
        return NULL;
    Node *s = root_of_square(c, ex_rest(c, n->a[1]));
    Node *wave = s ? trig_reduce(c, s) : s;
    if (wave == s || !op_is_function((Op)ex_rest(c, wave)->op))
        return NULL;
    return square_of_related(
        c, ex_add2(c, n->a[0], ex_scale(c, ex_coef(n->a[1]), ex_powi(c, wave, 2))));
}

/* n with the square of a sum, of one name, that it has as a factor: 1 - (3*x - 4*x^3)^2 is
 * (4*x^2 - 1)^2*(1 - x^2); or NULL. */
static Node *square_factor(Ctx *c, Node *n)
{
    if (n->op != OP_ADD || n->n != 2 || !ex_is_num(n->a[0]) ||
        !root_of_square(c, ex_rest(c, n->a[1])) || (n->syms & (n->syms - 1)))
        return NULL;
    Node *f = rat_factor(c, n), *body = f->op == OP_SCALE ? f->a[1] : f;
    Node *even = c->one, *odd = ex_num(c, ex_coef(f));
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        int64_t e;
        Node *b = ex_base(body->a[i]);
        if (!ex_get_int(ex_exponent(c, body->a[i]), &e) || e < 0)
            return NULL;
        even = ex_mul2(c, even, ex_powi(c, b, e / 2));
        odd = ex_mul2(c, odd, e % 2 ? b : c->one);
    }
    return even == c->one
               ? NULL
               : ex_mul2(c, ex_powi(c, rat_expand(c, even), 2), rat_expand(c, odd));
}

/* The product n with what its factors are by square_of_related. */
static Node *related_factors(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n, *r = n;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        Node *s = square_of_related(c, body->a[i]);
        r = s ? ex_mul2(c, ex_div(c, r, body->a[i]), s) : r;
    }
    return r;
}

/* 2*x - x^2 for 1 - (x - 1)^2; u itself where that is not shorter. */
static Node *shorter_expanded(Ctx *c, Node *u)
{
    bool squares = false;
    for (uint32_t i = 0; i < u->n; i++) {
        Node *f = ex_rest(c, u->a[i]);
        squares |= f->op == OP_POW && ex_is_rat(f->a[1], 2, 1) && f->a[0]->op == OP_ADD &&
                   f->a[0]->n <= 2;
    }
    Node *r = squares ? rat_expand(c, u) : u;
    return measure_cost(c, r) < measure_cost(c, u) ? r : u;
}

static Node *simpler_radicand(Ctx *c, Node *u)
{
    Node *r = square_of_related(c, u);
    r = r ? r : square_of_wave(c, u);
    r = r ? r : square_factor(c, u);
    if (r)
        return r;
    r = simplify_factor_terms(c, u, true);
    return r == u ? shorter_expanded(c, u) : related_factors(c, r);
}

static bool is_root_of_sum(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return n->op == OP_POW && n->a[0]->op == OP_ADD && ex_is_num(n->a[1]) &&
           !ex_is_int(n->a[1]);
}

static Node *simpler_root(Ctx *c, Node *n, void *arg)
{
    Node *u = is_root_of_sum(c, n, arg) ? simpler_radicand(c, n->a[0]) : NULL;
    return !u || u == n->a[0] ? NULL : ex_pow(c, u, n->a[1]);
}

Node *simplify_radicands(Ctx *c, Node *root)
{
    bool any = ex_find(c, root, 0, is_root_of_sum, NULL) != NULL;
    return any ? ex_swap(c, root, simpler_root, NULL) : root;
}

/* ---- conjugates -------------------------------------------------------------------- */

/* The product of two short sums where it has two terms or is none: (sqrt(x + 1) - 1)*(sqrt(x + 1) + 1)
 * is x; or NULL. */
static Node *conjugate_product(Ctx *c, Node *x, Node *y)
{
    if (x->op != OP_ADD || y->op != OP_ADD || x->n != y->n || x->n > CONJUGATE_TERMS ||
        x->syms != y->syms)
        return NULL;
    Node *t[CONJUGATE_TERMS * CONJUGATE_TERMS];
    for (uint32_t i = 0; i < x->n * x->n; i++)
        t[i] = ex_mul2(c, x->a[i / x->n], y->a[i % x->n]);
    Node *r = ex_add(c, x->n * x->n, t);
    return r->op != OP_ADD || r->n == 2 ? r : NULL;
}

/* The product of the factors f and g as one, or NULL: (u*v)^e for conjugates u^e and v^e, sign(u*v)
 * for signs of conjugates, b^(e + k) for b^e and (-b)^k, k an integer. */
static Node *joined_factors(Ctx *c, Node *f, Node *g)
{
    if (f->op == OP_sign && g->op == OP_sign) {
        Node *p = conjugate_product(c, f->a[0], g->a[0]);
        return p ? ex_fn1(c, OP_sign, p) : NULL;
    }
    Node *u = ex_base(f), *v = ex_base(g), *e = ex_exponent(c, f), *k = ex_exponent(c, g);
    if (u->op != OP_ADD || v->op != OP_ADD)
        return NULL;
    Node *p = e == k && ex_is_int(e) ? conjugate_product(c, u, v) : NULL;
    if (p)
        return ex_pow(c, p, e);
    if (ex_is_int(e) == ex_is_int(k) || u->n != v->n || u->syms != v->syms ||
        ex_neg(c, u) != v)
        return NULL;
    bool even = num_is_even((ex_is_int(e) ? e : k)->num);
    Node *r = ex_pow(c, ex_is_int(e) ? v : u, ex_add2(c, e, k));
    return even ? r : ex_neg(c, r);
}

Node *simplify_join_factors(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    if (body->op != OP_MUL || ex_is_long(body))
        return n;
    for (uint32_t i = 0; i < body->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            Node *p = joined_factors(c, body->a[i], body->a[j]);
            if (p && p->op == OP_sign && num_sgn(ex_coef(n)) < 0)
                p = ex_neg(c, ex_fn1(c, OP_sign, ex_neg(c, p->a[0])));
            if (p)
                return ex_mul2(c, ex_div(c, n, ex_mul2(c, body->a[i], body->a[j])), p);
        }
    return n;
}

/* The square root of a constant that is known to be positive, or 1 over one. */
static bool is_constant_root(const Node *f)
{
    return f->op == OP_POW && f->a[0]->syms == 0 && ex_is_pos(f->a[0]) &&
           (ex_is_rat(f->a[1], 1, 2) || ex_is_rat(f->a[1], -1, 2));
}

/* Roots of constants as one where that is shorter: 1 for sqrt(pi/2)*sqrt(2/pi). */
static Node *join_constants(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n, *square = c->one, *roots = c->one;
    uint32_t found = 0;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++)
        if (is_constant_root(body->a[i])) {
            found++;
            roots = ex_mul2(c, roots, body->a[i]);
            square = ex_mul2(c, square, ex_powi(c, body->a[i], 2));
        }
    if (found < 2)
        return n;
    Node *r = ex_mul2(c, ex_div(c, n, roots), ex_sqrt(c, square));
    return measure_cost(c, r) < measure_cost(c, n) ? r : n;
}

/* k*sqrt(a)*b^e, a an integer, e = 1/2 or -1/2, as a*k*(b/a)^(1/2) or a*k*(a*b)^(-1/2) where a
 * divides k's denominator, k*(a/b)^(1/2) where k is an integer; else n. */
static Node *join_with_number(Ctx *c, Node *n, Node *a, Node *b)
{
    Num k = ex_coef(n), r = a->a[0]->num;
    bool above = ex_is_rat(b->a[1], 1, 2);
    Node *joined, *rest = ex_div(c, n, ex_mul2(c, a, b));
    if (num_is_int(num_div(&c->tmp, num_denom(&c->tmp, k), r))) {
        rest = ex_scale(c, r, rest);
        joined =
            ex_pow(c, ex_scale(c, above ? num_inv(&c->tmp, r) : r, b->a[0]), b->a[1]);
    } else if (num_is_int(k) && !above) {
        joined = ex_sqrt(c, ex_div(c, a->a[0], b->a[0]));
    } else {
        return n;
    }
    Node *out = ex_mul2(c, rest, joined);
    return measure_cost(c, out) < measure_cost(c, n) ? out : n;
}

Node *simplify_join_radicals(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n, *a = NULL, *b = NULL;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        Node *f = body->a[i];
        if (f->op != OP_POW || !ex_is_num(f->a[1]))
            continue;
        if (ex_is_int(f->a[0]) && ex_is_rat(f->a[1], 1, 2))
            a = f;
        else if (f->a[0]->n == 0 && ex_is_pos(f->a[0]) &&
                 (ex_is_rat(f->a[1], 1, 2) || ex_is_rat(f->a[1], -1, 2)))
            b = f;
    }
    return join_constants(c, a && b ? join_with_number(c, n, a, b) : n);
}

/* ---- fractions below fraction lines ------------------------------------------------ */
enum { DEEPEST = 6 }; /* levels of a region that are looked at */

static Node *cleared_at(Ctx *c, Node *n, int level);

static Node *cleared_power(Ctx *c, Node *n, int level)
{
    Node *b = cleared_at(c, n->a[0], level);
    return ex_pow(c, simplify_factor_terms(c, b, true), n->a[1]);
}

static Node *cleared_at(Ctx *c, Node *n, int level)
{
    if (level == 0 || (n->op != OP_SCALE && n->op != OP_MUL && n->op != OP_ADD &&
                       (n->op != OP_POW || !ex_is_int(n->a[1]) || n->a[0]->op != OP_ADD)))
        return n;
    if (n->op == OP_POW)
        return ex_is_neg(n->a[1]) ? cleared_power(c, n, level - 1) : n;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec v = {0};
    bool same = true;
    for (uint32_t i = 0; i < n->n; i++) {
        Node *r = cleared_at(c, n->a[i], level - 1);
        same &= r == n->a[i];
        nodevec_push(c, &v, r);
    }
    Node *r = same ? n : n->op == OP_ADD ? ex_add(c, v.n, v.v) : ex_mul(c, v.n, v.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *simplify_clear_denominators(Ctx *c, Node *n)
{
    Node *r = cleared_at(c, n, DEEPEST);
    return r == n || ex_is_poison(r) || measure_cost(c, r) >= measure_cost(c, n) ? n : r;
}

/* One of the terms of sum has the factor f. */
static bool occurs_as_factor(Node *sum, const Node *f)
{
    for (uint32_t i = 0; i < sum->n; i++) {
        Node *t = sum->a[i]->op == OP_SCALE ? sum->a[i]->a[1] : sum->a[i];
        if (t == f)
            return true;
        for (uint32_t j = 0; t->op == OP_MUL && j < t->n; j++)
            if (t->a[j] == f)
                return true;
    }
    return false;
}

Node *simplify_split_fraction(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n, *sum = NULL, *below = NULL;
    for (uint32_t i = 0; body->op == OP_MUL && i < body->n; i++) {
        Node *f = body->a[i];
        if (f->op == OP_ADD) {
            if (sum)
                return NULL;
            sum = f;
        } else if (f->op == OP_POW && ex_is_num(f->a[1]) && ex_is_neg(f->a[1])) {
            below = f;
        }
    }
    if (!sum || !below || !occurs_as_factor(sum, ex_pow(c, below, c->minus_one)))
        return NULL;
    ArenaMark m = arena_mark(&c->tmp);
    Node *rest = ex_div(c, n, sum);
    NodeVec v = {0};
    for (uint32_t i = 0; i < sum->n; i++)
        nodevec_push(c, &v, ex_mul2(c, sum->a[i], rest));
    Node *r = ex_add(c, v.n, v.v);
    arena_release(&c->tmp, m);
    return r;
}
