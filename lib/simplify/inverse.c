/* simplify/inverse.c - functions of inverse functions: cos(atan(x)) is 1/sqrt(x^2 + 1).
 *
 * Every form has a value wherever the function has one, at 0 and at the ends of the domain, too, and
 * none where roots would have to be taken of what is negative: sinh(acosh(x)) is
 * sqrt(x - 1)*sqrt(x + 1), which has no value at -2. Where one formula does not serve all x, as
 * for sin(acot(x)), which is 1 at 0, the function stays.
 */
#include "expr/internal.h"
#include "simplify/internal.h"

enum { MOST_MULTIPLE = 4, MOST_TERMS = 3 };

bool trig_is_circular(const Node *n)
{
    return n->op == OP_sin || n->op == OP_cos || n->op == OP_tan || n->op == OP_cot ||
           n->op == OP_sec || n->op == OP_csc;
}

bool trig_is_hyperbolic(const Node *n)
{
    return n->op == OP_sinh || n->op == OP_cosh || n->op == OP_tanh || n->op == OP_coth ||
           n->op == OP_sech || n->op == OP_csch;
}

static bool is_arc(const Node *n)
{
    return n->op == OP_asin || n->op == OP_acos || n->op == OP_atan || n->op == OP_acot ||
           n->op == OP_asec || n->op == OP_acsc;
}

static bool is_area(const Node *n)
{
    return n->op == OP_asinh || n->op == OP_acosh || n->op == OP_atanh ||
           n->op == OP_acoth || n->op == OP_asech || n->op == OP_acsch;
}

/* A multiple of an inverse function of the kind. */
static bool is_multiple(const Node *t, bool circular)
{
    int64_t k = 1;
    if (t->op == OP_SCALE && (!ex_get_int(t->a[0], &k) || k > MOST_MULTIPLE || k < 0))
        return false;
    t = t->op == OP_SCALE ? t->a[1] : t;
    return circular ? is_arc(t) : is_area(t);
}

/* A sum of such multiples, or one. */
static bool is_mixture(const Node *x, bool circular)
{
    if (x->op != OP_ADD)
        return is_multiple(x, circular);
    for (uint32_t i = 0; i < x->n; i++)
        if (!is_multiple(x->a[i], circular))
            return false;
    return x->n <= MOST_TERMS;
}

bool trig_is_of_inverse(Node *f)
{
    Node *b = ex_base(f);
    if (ex_is_exp(f))
        return is_area(f->a[1]);
    if (b->n != 1 || (!trig_is_circular(b) && !trig_is_hyperbolic(b)))
        return false;
    return is_mixture(b->a[0], trig_is_circular(b));
}

/* ---- sine and cosine --------------------------------------------------------------- */
typedef struct {
    Node *cosine, *sine; /* sine NULL: no formula serves all x */
    Node *tangent;
} Rotation;

static Node *root_of_difference(Ctx *c, Node *a, Node *b)
{
    return ex_sqrt(c, ex_sub(c, a, b));
}

/* sqrt(x - 1)*sqrt(x + 1): it has a value for x >= 1 only. */
static Node *root_above_one(Ctx *c, Node *x)
{
    return ex_mul2(c, root_of_difference(c, x, c->one),
                   ex_sqrt(c, ex_add2(c, x, c->one)));
}

/* By the cosine and the sine of arcs whose argument is the inverse of one that is below. */
static Rotation circular_rotation(Ctx *c, Op arc, Node *x)
{
    Node *sq = ex_powi(c, x, 2), *plus = ex_sqrt(c, ex_add2(c, sq, c->one));
    Node *inv = ex_pow(c, x, c->minus_one), *abs = ex_fn1(c, OP_abs, x);
    Rotation r = {NULL, NULL, NULL};
    switch (arc) {
    case OP_asin: r.sine = x, r.cosine = root_of_difference(c, c->one, sq); break;
    case OP_acos: r.cosine = x, r.sine = root_of_difference(c, c->one, sq); break;
    case OP_atan:
        r.cosine = ex_pow(c, plus, c->minus_one);
        r.sine = ex_mul2(c, x, r.cosine);
        r.tangent = x;
        break;
    case OP_acot:
        r.cosine = ex_div(c, abs, plus);
        r.sine = ex_is_nonzero(x) ? ex_div(c, ex_fn1(c, OP_sign, x), plus) : NULL;
        r.tangent = inv;
        break;
    case OP_asec:
        r.cosine = inv;
        r.sine = ex_div(c, root_of_difference(c, sq, c->one), abs);
        break;
    default: r.sine = inv; r.cosine = ex_div(c, root_of_difference(c, sq, c->one), abs);
    }
    return r;
}

static Rotation hyperbolic_rotation(Ctx *c, Op area, Node *x)
{
    Node *sq = ex_powi(c, x, 2), *plus = ex_sqrt(c, ex_add2(c, sq, c->one));
    Node *inv = ex_pow(c, x, c->minus_one), *abs = ex_fn1(c, OP_abs, x);
    Rotation r = {NULL, NULL, NULL};
    switch (area) {
    case OP_asinh: r.sine = x, r.cosine = plus; break;
    case OP_acosh: r.cosine = x, r.sine = root_above_one(c, x); break;
    case OP_atanh:
        r.cosine = ex_pow(c, root_of_difference(c, c->one, sq), c->minus_one);
        r.sine = ex_mul2(c, x, r.cosine);
        r.tangent = x;
        break;
    case OP_acoth:
        r.cosine = ex_div(c, abs, root_of_difference(c, sq, c->one));
        r.sine = ex_mul2(c, inv, r.cosine);
        r.tangent = inv;
        break;
    case OP_asech: r.cosine = inv, r.sine = root_above_one(c, inv); break;
    default: r.sine = inv, r.cosine = ex_div(c, plus, abs);
    }
    return r;
}

static Rotation rotation_of(Ctx *c, Node *inverse)
{
    Node *x = inverse->a[0];
    Rotation r = is_arc(inverse) ? circular_rotation(c, (Op)inverse->op, x)
                                 : hyperbolic_rotation(c, (Op)inverse->op, x);
    if (!r.tangent && r.sine)
        r.tangent = ex_div(c, r.sine, r.cosine);
    return r;
}

/* ---- multiples and sums ------------------------------------------------------------ */
/* The rotation by both angles; hyperbolic: by both areas. */
static Rotation composed(Ctx *c, Rotation p, Rotation q, bool circular)
{
    Node *ss = ex_mul2(c, p.sine, q.sine);
    return (Rotation){
        ex_add2(c, ex_mul2(c, p.cosine, q.cosine), circular ? ex_neg(c, ss) : ss),
        ex_add2(c, ex_mul2(c, p.sine, q.cosine), ex_mul2(c, p.cosine, q.sine)), NULL};
}

static bool rotation_of_mixture(Ctx *c, Node *x, bool circular, Rotation *r)
{
    *r = (Rotation){c->one, c->zero, NULL};
    for (uint32_t i = 0; i < (x->op == OP_ADD ? x->n : 1); i++) {
        Node *t = x->op == OP_ADD ? x->a[i] : x;
        int64_t k = 1;
        Rotation one = rotation_of(c, ex_rest(c, t));
        if (t->op == OP_SCALE)
            (void)ex_get_int(t->a[0], &k);
        if (!one.sine)
            return false;
        for (; k > 0; k--)
            *r = composed(c, *r, one, circular);
    }
    r->tangent = ex_div(c, r->sine, r->cosine);
    return true;
}

/* e^area(x) = cosh(area(x)) + sinh(area(x)) */
static Node *exp_of_area(Ctx *c, Node *area)
{
    if (area->op == OP_atanh) { /* as one fraction */
        Node *x = area->a[0];
        return ex_div(c, ex_sqrt(c, ex_add2(c, x, c->one)),
                      root_of_difference(c, c->one, x));
    }
    Rotation r = rotation_of(c, area);
    return ex_add2(c, r.cosine, r.sine);
}

Node *trig_to_algebraic(Ctx *c, Node *f, void *b)
{
    bool circular = trig_is_circular(f), deep = ((const Best *)b)->deep;
    if ((f->op == OP_POW && !ex_is_exp(f)) || !trig_is_of_inverse(f))
        return NULL;
    if (ex_is_exp(f))
        return deep ? exp_of_area(c, f->a[1]) : NULL;
    Node *x = f->a[0];
    Rotation r;
    if (is_arc(x) || is_area(x))
        r = rotation_of(c, x);
    else if (!deep || !rotation_of_mixture(c, x, circular, &r))
        return NULL;
    switch (f->op) {
    case OP_sin:
    case OP_sinh: return r.sine;
    case OP_cos:
    case OP_cosh: return r.cosine;
    case OP_tan:
    case OP_tanh: return r.tangent;
    case OP_cot:
    case OP_coth:
        return r.sine ? ex_div(c, r.cosine, r.sine) : ex_pow(c, r.tangent, c->minus_one);
    case OP_sec:
    case OP_sech: return ex_pow(c, r.cosine, c->minus_one);
    default: return r.sine ? ex_pow(c, r.sine, c->minus_one) : NULL;
    }
}
