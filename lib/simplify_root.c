/* simplify_root.c - candidates with simpler radicands, and pairs of sums that multiply to a shorter one.
 *
 * A radicand is looked into although it is an argument, as roots are what derivatives of inverse
 * functions leave behind: sqrt(1 - x^2/a^2) is sqrt(a^2 - x^2)/abs(a), sqrt(1 - sin(x)^2) is
 * abs(cos(x)). Both sides are defined for the same reals.
 */
#include "expr_internal.h"
#include "simplify_internal.h"

/* k where n is k*h(u)^2, and f = h(u). */
static bool is_square(Node *n, Node **f)
{
    Node *p = n->op == OP_SCALE ? n->a[1] : n;
    *f = ex_base(p);
    return p->op == OP_POW && ex_is_rat(p->a[1], 2, 1) && op_is_function((Op)(*f)->op);
}

/* A sum k*(1 - sin(u)^2) and the like as k*cos(u)^2, or NULL. */
static Node *square_of_tied(Ctx *c, Node *n)
{
    Node *f;
    if (n->op != OP_ADD || n->n != 2)
        return NULL;
    bool first = ex_is_num(n->a[0]);
    Node *k = n->a[!first], *s = n->a[first];
    if (!ex_is_num(k) || !is_square(s, &f))
        return NULL;
    for (const Tie *t = TIES; t < TIES + NTIES; t++) {
        Node *p = ex_int(c, t->p), *q = ex_int(c, t->q), *w = ex_num(c, ex_coef(s));
        /* w*b^2 + k with w*p = k*q is k*p*a^2; w*a^2 + k with -w*p = k is w*q*b^2 */
        if (f->op == (uint16_t)t->b && ex_mul2(c, w, p) == ex_mul2(c, k, q))
            return ex_mul2(c, ex_mul2(c, k, p), ex_powi(c, ex_fn1(c, t->a, f->a[0]), 2));
        if (f->op == (uint16_t)t->a && ex_neg(c, ex_mul2(c, w, p)) == k)
            return ex_mul2(c, ex_mul2(c, w, q), ex_powi(c, ex_fn1(c, t->b, f->a[0]), 2));
    }
    return NULL;
}

static Node *simpler_radicand(Ctx *c, Node *u)
{
    Node *r = square_of_tied(c, u);
    return r ? r : factor_terms(c, u, true);
}

Node *simpler_roots(Ctx *c, Node *root)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    Vec from = {0}, to = {0};
    for (size_t i = 0; order && i < count; i++) {
        Node *n = order[i];
        if (n->op != OP_POW || !ex_is_num(n->a[1]) || ex_is_int(n->a[1]) || n->a[0]->op != OP_ADD)
            continue;
        Node *u = simpler_radicand(c, n->a[0]);
        if (u == n->a[0])
            continue;
        vec_push(c, &from, n);
        vec_push(c, &to, ex_pow(c, u, n->a[1]));
    }
    Node *r = from.n ? ex_replace(c, root, from.v, to.v, from.n) : root;
    arena_release(&c->tmp, m);
    return r;
}

/* ---- conjugates ------------------------------------------------------------------------------------- */
enum { CONJUGATE_TERMS = 3 };

/* The product of two short sums where it has two terms, or NULL. */
static Node *conjugate_product(Ctx *c, Node *x, Node *y)
{
    if (x->op != OP_ADD || y->op != OP_ADD || x->n != y->n || x->n > CONJUGATE_TERMS ||
        x->syms != y->syms)
        return NULL;
    Node *t[CONJUGATE_TERMS * CONJUGATE_TERMS];
    for (uint32_t i = 0; i < x->n * x->n; i++)
        t[i] = ex_mul2(c, x->a[i / x->n], y->a[i % x->n]);
    Node *r = ex_add(c, x->n * x->n, t);
    return r->op == OP_ADD && r->n == 2 ? r : NULL;
}

Node *join_conjugates(Ctx *c, Node *n)
{
    Node *body = n->op == OP_SCALE ? n->a[1] : n;
    if (body->op != OP_MUL)
        return n;
    for (uint32_t i = 0; i < body->n; i++)
        for (uint32_t j = 0; j < i; j++) {
            Node *f = body->a[i], *g = body->a[j], *e = ex_exponent(c, f);
            Node *p = e == ex_exponent(c, g) && ex_is_int(e)
                          ? conjugate_product(c, ex_base(f), ex_base(g)) : NULL;
            if (p)
                return ex_mul2(c, ex_div(c, n, ex_mul2(c, f, g)), ex_pow(c, p, e));
        }
    return n;
}
