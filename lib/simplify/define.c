/* simplify/define.c - functions by their definitions in terms of others, for proofs: sec,
 * sinh, erfc, gamma(x + 1), exp(3*atanh(x)) ... The definition holds wherever the
 * function is defined. */
#include "expr/internal.h"
#include "simplify/internal.h"
#include "simplify/simplify.h"

static Node *inv(Ctx *c, Node *x) { return ex_pow(c, x, c->minus_one); }
static Node *sq(Ctx *c, Node *x) { return ex_powi(c, x, 2); }
static Node *log_of(Ctx *c, Node *x) { return ex_fn1(c, OP_log, x); }

static Node *in_degrees(Ctx *c, Node *x)
{
    return ex_mul(c, 3, (Node *[]){x, c->pi, ex_rat(c, 1, 180)});
}

/* Inverse hyperbolic functions as logarithms: for exponents only. */
static Node *as_log(Ctx *c, const Node *n)
{
    Node *x = n->a[0];
    switch (n->op) {
    case OP_acsch: x = inv(c, x); /* fall through */
    case OP_asinh:
        return log_of(c, ex_add2(c, x, ex_sqrt(c, ex_add2(c, sq(c, x), c->one))));
    case OP_asech: x = inv(c, x); /* fall through */
    case OP_acosh: { /* 2 log(sqrt((x+1)/2) + sqrt((x-1)/2)): half of it is no nested root */
        Node *h = ex_sqrt(c, ex_mul2(c, c->half, ex_add2(c, x, c->one)));
        Node *k = ex_sqrt(c, ex_mul2(c, c->half, ex_sub(c, x, c->one)));
        return ex_scale(c, num_int(2), log_of(c, ex_add2(c, h, k)));
    }
    case OP_acoth: x = inv(c, x); /* fall through */
    case OP_atanh:
        return ex_mul2(c, c->half,
                       log_of(c, ex_div(c, ex_add2(c, c->one, x), ex_sub(c, c->one, x))));
    default: return NULL;
    }
}

/* exp(k*W(x)) = (x/W(x))^k for an integer k: the factor for that term, or NULL. */
static Node *exp_lambert(Ctx *c, Node *t)
{
    Node *w = ex_rest(c, t);
    int64_t k;
    if (w->op != OP_lambertw || !num_get_int(ex_coef(t), &k))
        return NULL;
    return ex_powi(c, ex_div(c, w->a[0], w), k);
}

static Node *exp_term(Ctx *c, Node *t, Node **factor)
{
    *factor = exp_lambert(c, t);
    if (*factor)
        return c->zero;
    Node *r = ex_rest(c, t), *l = op_is_function((Op)r->op) ? as_log(c, r) : NULL;
    if (l)
        return ex_scale(c, ex_coef(t), l);
    if (r->op != OP_MUL)
        return t;
    for (uint32_t i = 0; i < r->n; i++) {
        l = op_is_function((Op)r->a[i]->op) ? as_log(c, r->a[i]) : NULL;
        if (l)
            return ex_mul2(c, ex_div(c, t, r->a[i]), l);
    }
    return t;
}

static Node *exp_of(Ctx *c, Node *x)
{
    x = rat_expand(c, x);
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec sum = {0}, fac = {0};
    bool add = x->op == OP_ADD;
    for (uint32_t i = 0; i < (add ? x->n : 1); i++) {
        Node *k, *t = exp_term(c, add ? x->a[i] : x, &k);
        nodevec_push(c, &sum, t);
        if (k)
            nodevec_push(c, &fac, k);
    }
    nodevec_push(c, &fac, ex_exp(c, ex_add(c, sum.n, sum.v)));
    Node *r = ex_mul(c, fac.n, fac.v);
    arena_release(&c->tmp, m);
    return r;
}

/* (exp(x) + s*exp(-x))/2 */
static Node *exp_half_sum(Ctx *c, Node *x, int s)
{
    Node *p = exp_of(c, x), *m = exp_of(c, ex_neg(c, x));
    return ex_mul2(c, c->half, ex_add2(c, p, s < 0 ? ex_neg(c, m) : m));
}

static Node *tanh_of(Ctx *c, Node *x)
{
    Node *p = exp_of(c, ex_scale(c, num_int(2), x));
    return ex_div(c, ex_sub(c, p, c->one), ex_add2(c, p, c->one));
}

/* gamma(x + n) = gamma(x)*x*(x+1)...: the integer in a sum, small. */
static bool shift_of(Ctx *c, Node *x, int64_t *n, Node **rest)
{
    if (x->op != OP_ADD || !ex_is_num(x->a[0]))
        return false;
    Num fl = num_floor(&c->tmp, x->a[0]->num);
    if (!num_get_int(fl, n) || *n == 0 || *n > 20 || *n < -20)
        return false;
    *rest = ex_sub(c, x, ex_num(c, fl));
    return true;
}

static Node *gamma_of(Ctx *c, Node *x)
{
    int64_t n;
    Node *r;
    if (!shift_of(c, x, &n, &r))
        return ex_fn1(c, OP_gamma, x);
    Node *v = ex_fn1(c, OP_gamma, r);
    for (int64_t i = 0; i < n; i++)
        v = ex_mul2(c, v, ex_add2(c, r, ex_int(c, i)));
    for (int64_t i = -1; i >= n; i--)
        v = ex_div(c, v, ex_add2(c, r, ex_int(c, i)));
    return v;
}

/* psi_k(x + n) = psi_k(x) + (-1)^k k! sum 1/(x+i)^(k+1). */
static Node *polygamma_of(Ctx *c, Node *order, Node *x)
{
    int64_t n, k;
    Node *r;
    if (!ex_get_int(order, &k) || k < 0 || k > 20 || !shift_of(c, x, &n, &r))
        return ex_fn2(c, OP_polygamma, order, x);
    Num f = num_factorial(&c->tmp, (uint64_t)k);
    if (k % 2)
        f = num_neg(&c->tmp, f);
    Node *v = ex_fn2(c, OP_polygamma, order, r);
    for (int64_t i = 0; i < n; i++)
        v = ex_add2(c, v,
                    ex_scale(c, f, ex_powi(c, ex_add2(c, r, ex_int(c, i)), -k - 1)));
    for (int64_t i = -1; i >= n; i--)
        v = ex_sub(c, v, ex_scale(c, f, ex_powi(c, ex_add2(c, r, ex_int(c, i)), -k - 1)));
    return v;
}

/* Bessel functions of order nu + n from those of orders nu, nu + 1:
 * J, Y: B(n+1) = 2(nu+n)/x B(n) - B(n-1);  I, K with the signs of their recurrences. */
static Node *bessel_of(Ctx *c, Op op, Node *nu, Node *x)
{
    Num fl = NUM_ZERO;
    if (ex_is_num(nu))
        fl = num_floor(&c->tmp, nu->num);
    else if (nu->op == OP_ADD && ex_is_num(nu->a[0]))
        fl = num_floor(&c->tmp, nu->a[0]->num);
    int64_t n;
    if (!num_get_int(fl, &n) || n > 20 || n < -20)
        return ex_fn2(c, op, nu, x);
    Node *base = ex_sub(c, nu, ex_num(c, fl)), *b0 = ex_fn2(c, op, base, x);
    Node *b1 = ex_fn2(c, op, ex_add2(c, base, c->one), x);
    int s1 = op == OP_besseli ? -1 : 1,
        s2 = op == OP_besselj || op == OP_bessely ? -1 : 1;
    for (; n > 0; n--) { /* step up: (b0, b1) -> (b1, b2) */
        base = ex_add2(c, base, c->one);
        Node *k = ex_div(c, ex_scale(c, num_int(2 * s1), base), x);
        Node *b2 = ex_add2(c, ex_mul2(c, k, b1), ex_scale(c, num_int(s2), b0));
        b0 = b1;
        b1 = b2;
    }
    for (; n < 0; n++) { /* step down: b(-1) = s2*(b1 - s1*2*nu/x*b0) */
        Node *k = ex_div(c, ex_scale(c, num_int(2 * s1), base), x);
        Node *b = ex_scale(c, num_int(s2), ex_sub(c, b1, ex_mul2(c, k, b0)));
        base = ex_sub(c, base, c->one);
        b1 = b0;
        b0 = b;
    }
    return b0;
}

/* The definition of the function node n (children already rewritten), or n itself. */
static Node *define2(Ctx *c, Node *n)
{
    Node *x = n->a[0], *y = n->a[1];
    switch (n->op) {
    case OP_hypot: return ex_sqrt(c, ex_add2(c, sq(c, x), sq(c, y)));
    case OP_max:
    case OP_min: {
        Node *d = ex_fn1(c, OP_abs, ex_sub(c, x, y));
        return ex_mul2(
            c, c->half,
            ex_add(c, 3, (Node *[]){x, y, n->op == OP_max ? d : ex_neg(c, d)}));
    }
    case OP_xlogy: return ex_mul2(c, x, log_of(c, y));
    case OP_xlog1py: return ex_mul2(c, x, log_of(c, ex_add2(c, c->one, y)));
    case OP_logaddexp: return log_of(c, ex_add2(c, exp_of(c, x), exp_of(c, y)));
    case OP_logsubexp:
        return log_of(c, ex_fn1(c, OP_abs, ex_sub(c, exp_of(c, x), exp_of(c, y))));
    case OP_beta:
        return ex_div(c, ex_mul2(c, gamma_of(c, x), gamma_of(c, y)),
                      gamma_of(c, ex_add2(c, x, y)));
    case OP_binomial:
        return ex_div(
            c, gamma_of(c, ex_add2(c, x, c->one)),
            ex_mul2(c, gamma_of(c, ex_add2(c, y, c->one)),
                    gamma_of(c, ex_add(c, 3, (Node *[]){x, ex_neg(c, y), c->one}))));
    case OP_polygamma: return polygamma_of(c, x, y);
    case OP_besselj:
    case OP_bessely:
    case OP_besseli:
    case OP_besselk: return bessel_of(c, (Op)n->op, x, y);
    case OP_erf_between: return ex_sub(c, ex_fn1(c, OP_erf, y), ex_fn1(c, OP_erf, x));
    case OP_log_base: return ex_div(c, log_of(c, x), log_of(c, y));
    default: return n;
    }
}

static Node *define_log_exp(Ctx *c, Node *n)
{
    Node *x = n->a[0], *one = c->one;
    switch (n->op) {
    case OP_log1p: return log_of(c, ex_add2(c, one, x));
    case OP_expm1: return ex_sub(c, exp_of(c, x), one);
    case OP_log2: return ex_div(c, log_of(c, x), log_of(c, c->two));
    case OP_log10: return ex_div(c, log_of(c, x), log_of(c, ex_int(c, 10)));
    case OP_logistic: return inv(c, ex_add2(c, one, exp_of(c, ex_neg(c, x))));
    case OP_logit: return log_of(c, ex_div(c, x, ex_sub(c, one, x)));
    case OP_log1pexp: return log_of(c, ex_add2(c, one, exp_of(c, x)));
    case OP_log1mexp: return log_of(c, ex_sub(c, one, exp_of(c, x)));
    case OP_log2mexp: return log_of(c, ex_sub(c, c->two, exp_of(c, x)));
    case OP_logexpm1: return log_of(c, ex_sub(c, exp_of(c, x), one));
    case OP_log1psq: return log_of(c, ex_add2(c, one, sq(c, x)));
    case OP_log1pmx: return ex_sub(c, log_of(c, ex_add2(c, one, x)), x);
    case OP_logmxp1: return ex_add(c, 3, (Node *[]){log_of(c, x), ex_neg(c, x), one});
    case OP_xlogx: return ex_mul2(c, x, log_of(c, x));
    default: return n;
    }
}

static Node *define_special(Ctx *c, Node *n)
{
    Node *x = n->a[0], *one = c->one, *root_pi = ex_sqrt(c, c->pi);
    switch (n->op) {
    case OP_erfc: return ex_sub(c, one, ex_fn1(c, OP_erf, x));
    case OP_erfcx:
        return ex_mul2(c, exp_of(c, sq(c, x)), ex_sub(c, one, ex_fn1(c, OP_erf, x)));
    case OP_logerfc: return log_of(c, ex_sub(c, one, ex_fn1(c, OP_erf, x)));
    case OP_dawson:
        return ex_mul(c, 4,
                      (Node *[]){c->half, root_pi, exp_of(c, ex_neg(c, sq(c, x))),
                                 ex_fn1(c, OP_erfi, x)});
    case OP_gamma: return gamma_of(c, x);
    case OP_factorial: return gamma_of(c, ex_add2(c, x, one));
    case OP_digamma: return polygamma_of(c, c->zero, x);
    case OP_trigamma: return polygamma_of(c, one, x);
    case OP_expint: return ex_neg(c, ex_fn1(c, OP_Ei, ex_neg(c, x)));
    case OP_li: return ex_fn1(c, OP_Ei, log_of(c, x));
    case OP_besselj0: return ex_fn2(c, OP_besselj, c->zero, x);
    case OP_besselj1: return ex_fn2(c, OP_besselj, one, x);
    case OP_bessely0: return ex_fn2(c, OP_bessely, c->zero, x);
    case OP_bessely1: return ex_fn2(c, OP_bessely, one, x);
    case OP_relu: return ex_mul2(c, c->half, ex_add2(c, x, ex_fn1(c, OP_abs, x)));
    default: return n;
    }
}

static Node *define1(Ctx *c, Node *n)
{
    Node *x = n->a[0], *px = NULL;
    switch (n->op) {
    case OP_tan:
    case OP_cot:
    case OP_sec:
    case OP_csc: return n; /* angles: below */
    case OP_sind: return ex_fn1(c, OP_sin, in_degrees(c, x));
    case OP_cosd: return ex_fn1(c, OP_cos, in_degrees(c, x));
    case OP_tand: return ex_fn1(c, OP_tan, in_degrees(c, x));
    case OP_secd: return ex_fn1(c, OP_sec, in_degrees(c, x));
    case OP_cscd: return ex_fn1(c, OP_csc, in_degrees(c, x));
    case OP_cotd: return ex_fn1(c, OP_cot, in_degrees(c, x));
    case OP_deg2rad: return in_degrees(c, x);
    case OP_rad2deg: return ex_div(c, ex_scale(c, num_int(180), x), c->pi);
    case OP_sinpi: return ex_fn1(c, OP_sin, ex_mul2(c, c->pi, x));
    case OP_cospi: return ex_fn1(c, OP_cos, ex_mul2(c, c->pi, x));
    case OP_tanpi: return ex_fn1(c, OP_tan, ex_mul2(c, c->pi, x));
    case OP_sinc: px = ex_mul2(c, c->pi, x); return ex_div(c, ex_fn1(c, OP_sin, px), px);
    case OP_cosc: /* cos(pi x)/x - sin(pi x)/(pi x^2) */
        px = ex_mul2(c, c->pi, x);
        return ex_sub(c, ex_div(c, ex_fn1(c, OP_cos, px), x),
                      ex_div(c, ex_fn1(c, OP_sin, px), ex_mul2(c, px, x)));
    case OP_sinh: return exp_half_sum(c, x, -1);
    case OP_cosh: return exp_half_sum(c, x, 1);
    case OP_tanh: return tanh_of(c, x);
    case OP_sech: return inv(c, exp_half_sum(c, x, 1));
    case OP_csch: return inv(c, exp_half_sum(c, x, -1));
    case OP_coth: return inv(c, tanh_of(c, x));
    case OP_acos:
        return ex_sub(c, ex_scale(c, num_rat(&c->tmp, 1, 2), c->pi),
                      ex_fn1(c, OP_asin, x));
    case OP_asec:
        return ex_sub(c, ex_scale(c, num_rat(&c->tmp, 1, 2), c->pi),
                      ex_fn1(c, OP_asin, inv(c, x)));
    case OP_acsc: return ex_fn1(c, OP_asin, inv(c, x));
    case OP_acot: return ex_fn1(c, OP_atan, inv(c, x));
    case OP_acoth: x = inv(c, x); /* fall through */
    case OP_atanh: /* log|1+x| - log|1-x|, halved: fields take logarithms apart */
        return ex_mul2(
            c, c->half,
            ex_sub(c, log_of(c, ex_add2(c, c->one, x)), log_of(c, ex_sub(c, c->one, x))));
    case OP_acsch: return ex_fn1(c, OP_asinh, inv(c, x));
    case OP_asech: return ex_fn1(c, OP_acosh, inv(c, x));
    default: break;
    }
    Node *r = define_log_exp(c, n);
    return r == n ? define_special(c, n) : r;
}

Node *define_by_others(Ctx *c, Node *n)
{
    if (ex_is_exp(n) && !ex_is_num(n->a[1]))
        return exp_of(c, n->a[1]);
    if (n->op == OP_POW && !ex_is_num(n->a[1])) {
        Node *x = rat_expand(c, n->a[1]);
        return x == n->a[1] ? n : ex_pow(c, n->a[0], x);
    }
    if (!op_is_function((Op)n->op))
        return n;
    return n->n == 1 ? define1(c, n) : n->n == 2 ? define2(c, n) : n;
}
