/* diff/singular.c - functions of the table at their singular points, written by others whose series
 * are known there: gamma near its poles by gamma far from them, elliptic integrals by their power
 * series, logarithms of all kinds by log.
 *
 * Invariant: the replacement is the function near the point (on the side of a germ), up to the last
 * term asked for. NULL: there is none.
 */
#include "ball/ball.h"
#include "diff/series.h"

enum { POLES = 64 };

static Node *plus(Ctx *c, Node *u, int64_t k) { return ex_add2(c, u, ex_int(c, k)); }

static Node *value_of(const Series *s, const Node *u)
{
    const Known *k = series_known(s, u);
    return k && !k->v && k->n ? k->c[0] : NULL;
}

/* m where the argument comes to -m, a pole of gamma; -1: it does not. */
static int64_t pole_of_gamma(const Series *s, const Node *u)
{
    int64_t m;
    Node *at = value_of(s, u);
    return at && ex_get_int(at, &m) && m <= 0 && m > -POLES ? -m : -1;
}

/* Sum of 1/(u + i)^e for i = 0..m. */
static Node *inverse_powers(Ctx *c, Node *u, int64_t m, int64_t e)
{
    Node *r = c->zero;
    for (int64_t i = 0; i <= m; i++)
        r = ex_add2(c, r, ex_powi(c, plus(c, u, i), -e));
    return r;
}

/* gamma(u) = gamma(u + m + 1)/(u*(u + 1)*...*(u + m)) */
static Node *gamma_near(Series *s, Node *u)
{
    Ctx *c = s->c;
    int64_t m = pole_of_gamma(s, u);
    if (m < 0)
        return NULL;
    Node *r = ex_fn1(c, OP_gamma, plus(c, u, m + 1));
    for (int64_t i = 0; i <= m; i++)
        r = ex_div(c, r, plus(c, u, i));
    return r;
}

/* polygamma(n, u) = polygamma(n, u + m + 1) - (-1)^n n! sum 1/(u + i)^(n + 1) */
static Node *polygamma_near(Series *s, Node *order, Node *u)
{
    Ctx *c = s->c;
    int64_t n, m = pole_of_gamma(s, u);
    if (m < 0 || !ex_get_int(order, &n) || n < 0 || n > POLES)
        return NULL;
    Num f = num_factorial(&c->tmp, (uint64_t)n);
    Node *sum = inverse_powers(c, u, m, n + 1);
    return ex_add2(c, ex_fn2(c, OP_polygamma, order, plus(c, u, m + 1)),
                   ex_scale(c, n % 2 ? f : num_neg(&c->tmp, f), sum));
}

/* binomial(u, k) for a whole k is a polynomial. */
static Node *binomial_near(Ctx *c, Node *u, Node *k)
{
    int64_t n;
    Node *r = c->one;
    if (!ex_get_int(k, &n) || n < 0 || n > POLES) {
        Node *below = ex_mul2(c, ex_fn1(c, OP_gamma, plus(c, k, 1)),
                              ex_fn1(c, OP_gamma, plus(c, ex_sub(c, u, k), 1)));
        return ex_div(c, ex_fn1(c, OP_gamma, plus(c, u, 1)), below);
    }
    for (int64_t i = 0; i < n; i++)
        r = ex_mul2(c, r, plus(c, u, -i));
    return ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, (uint64_t)n)), r);
}

static Node *beta_by_gamma(Ctx *c, Node *a, Node *b)
{
    Node *above = ex_mul2(c, ex_fn1(c, OP_gamma, a), ex_fn1(c, OP_gamma, b));
    return ex_div(c, above, ex_fn1(c, OP_gamma, ex_add2(c, a, b)));
}

/* ---- power series at 0 */

/* (1*3*...*(2k - 1)/(2*4*...*2k))^2 */
static Num elliptic_coefficient(Arena *a, size_t k)
{
    Num r = NUM_ONE;
    for (size_t i = 1; i <= k; i++)
        r = num_mul(a, r, num_rat(a, 2 * (int64_t)i - 1, 2 * (int64_t)i));
    return num_mul(a, r, r);
}

/* The coefficient of u^k, without the factors in front. */
static Node *coefficient_at_zero(Ctx *c, const Node *n, size_t k)
{
    Arena *a = &c->tmp;
    int64_t i = (int64_t)k;
    Num f = num_inv(a, num_factorial(a, k));
    switch (n->op) {
    case OP_ellipk: return ex_num(c, elliptic_coefficient(a, k));
    case OP_ellipe:
        return ex_num(c, num_div(a, elliptic_coefficient(a, k), num_int(1 - 2 * i)));
    case OP_polylog: return k ? ex_pow(c, ex_int(c, i), ex_neg(c, n->a[0])) : c->zero;
    case OP_Ei: return k ? ex_num(c, num_div(a, f, num_int(i))) : c->zero;
    case OP_expint:
        return k ? ex_num(c, num_div(a, f, num_int(i % 2 ? i : -i))) : c->zero;
    case OP_Chi:
    case OP_cosint:
        f = k && k % 2 == 0 ? num_div(a, f, num_int(i)) : NUM_ZERO;
        return ex_num(c, n->op == OP_cosint && k % 4 == 2 ? num_neg(a, f) : f);
    default: return c->zero;
    }
}

static Node *power_series(const Series *s, const Node *n, Node *u)
{
    Ctx *c = s->c;
    Node *r = c->zero;
    for (size_t k = s->len; k-- > 0;)
        r = ex_add2(c, ex_mul2(c, r, u), coefficient_at_zero(c, n, k));
    return r;
}

/* Functions that are a power series plus or minus a logarithm: Euler's constant is -digamma(1). */
static Node *with_logarithm(const Series *s, const Node *n, Node *u)
{
    Ctx *c = s->c;
    Node *l = n->op == OP_Ei ? ex_fn1(c, OP_abs, u) : u;
    l = ex_sub(c, ex_fn1(c, OP_log, l), ex_fn1(c, OP_digamma, c->one));
    Node *p = power_series(s, n, u);
    return n->op == OP_expint ? ex_sub(c, p, l) : ex_add2(c, p, l);
}

static Node *at_zero(const Series *s, Node *n)
{
    Ctx *c = s->c;
    Node *u = n->a[n->n - 1];
    if (value_of(s, u) != c->zero)
        return NULL;
    switch (n->op) {
    case OP_ellipk:
    case OP_ellipe:
        return ex_mul(c, 3, (Node *[]){c->half, c->pi, power_series(s, n, u)});
    case OP_polylog: return power_series(s, n, u);
    default: return with_logarithm(s, n, u);
    }
}

/* besselj and besseli of an order that is not whole: (u/2)^nu times a series in (u/2)^2. */
static Node *bessel_at_zero(const Series *s, Node *n)
{
    Ctx *c = s->c;
    Node *nu = n->a[0], *r = c->zero, *h = ex_scale(c, num_rat(&c->tmp, 1, 2), n->a[1]);
    if (value_of(s, n->a[1]) != c->zero || !ex_is_num(nu) || ex_is_int(nu))
        return NULL;
    for (size_t k = s->len; k-- > 0;) {
        Num f = num_inv(&c->tmp, num_factorial(&c->tmp, k));
        f = n->op == OP_besselj && k % 2 ? num_neg(&c->tmp, f) : f;
        Node *g = ex_fn1(c, OP_gamma, plus(c, nu, (int64_t)k + 1));
        r = ex_add2(c, ex_mul2(c, r, ex_powi(c, h, 2)), ex_div(c, ex_num(c, f), g));
    }
    return ex_mul2(c, ex_pow(c, h, nu), r);
}

/* W = -1 + q - q^2/3 + 11*q^3/72 - ..., q = sqrt(2*(e*u + 1)), at its branch point: Corless et al.,
 * "On the Lambert W function" (1996), (4.23). */
static Node *lambertw_near(const Series *s, Node *u)
{
    enum { TERMS = 40 };
    Ctx *c = s->c;
    Arena *a = &c->tmp;
    Num m[TERMS] = {num_int(-1), NUM_ONE}, al[TERMS] = {num_int(2), num_int(-1)};
    Node *q = ex_add2(c, ex_mul(c, 3, (Node *[]){c->two, c->e, u}), c->two), *r = c->zero;
    if (series_vanishes(s, ex_sub(c, value_of(s, u), ex_neg(c, ex_powi(c, c->e, -1)))) !=
        1)
        return NULL;
    for (int k = 2; k < TERMS; k++) {
        al[k] = NUM_ZERO;
        for (int j = 2; j < k; j++)
            al[k] = num_add(a, al[k], num_mul(a, m[j], m[k + 1 - j]));
        Num t = num_add(a, num_mul(a, m[k - 2], num_rat(a, 1, 2)),
                        num_mul(a, al[k - 2], num_rat(a, 1, 4)));
        m[k] = num_sub(a, num_mul(a, num_rat(a, k - 1, k + 1), t),
                       num_add(a, num_mul(a, al[k], num_rat(a, 1, 2)),
                               num_mul(a, m[k - 1], num_rat(a, 1, k + 1))));
    }
    for (int k = TERMS; k-- > 0;)
        r = ex_add2(c, ex_mul2(c, r, ex_sqrt(c, q)), ex_num(c, m[k]));
    return s->len < TERMS / 2 ? r : NULL;
}

/* ---- by logarithms and exponentials */

static Node *log_of(Ctx *c, Node *u) { return ex_fn1(c, OP_log, u); }

static Node *by_logarithm(Ctx *c, Op op, Node *u)
{
    Node *next = plus(c, u, 1);
    switch (op) {
    case OP_log2: return ex_div(c, log_of(c, u), log_of(c, c->two));
    case OP_log10: return ex_div(c, log_of(c, u), log_of(c, ex_int(c, 10)));
    case OP_log1p: return log_of(c, next);
    case OP_log1pmx: return ex_sub(c, log_of(c, next), u);
    case OP_logmxp1: return ex_add2(c, ex_sub(c, log_of(c, u), u), c->one);
    case OP_logit: return log_of(c, ex_div(c, u, ex_sub(c, c->one, u)));
    case OP_log1mexp: return log_of(c, ex_sub(c, c->one, ex_exp(c, u)));
    case OP_log2mexp: return log_of(c, ex_sub(c, c->two, ex_exp(c, u)));
    case OP_logexpm1: return log_of(c, ex_sub(c, ex_exp(c, u), c->one));
    case OP_xlogx: return ex_mul2(c, u, log_of(c, u));
    case OP_atanh:
        return ex_mul2(c, c->half, log_of(c, ex_div(c, next, ex_sub(c, c->one, u))));
    case OP_acoth: return ex_mul2(c, c->half, log_of(c, ex_div(c, next, plus(c, u, -1))));
    case OP_loggamma: return log_of(c, ex_fn1(c, OP_abs, ex_fn1(c, OP_gamma, u)));
    case OP_li: return ex_fn1(c, OP_Ei, log_of(c, u));
    default: return NULL;
    }
}

/* ---- in degrees and half turns */

static Node *in_radians(Ctx *c, Op op, Node *u)
{
    static const struct {
        uint16_t op, plain, half_turn;
    } like[] = {{OP_sind, OP_sin, 180}, {OP_cosd, OP_cos, 180}, {OP_tand, OP_tan, 180},
                {OP_secd, OP_sec, 180}, {OP_cscd, OP_csc, 180}, {OP_cotd, OP_cot, 180},
                {OP_sinpi, OP_sin, 1},  {OP_cospi, OP_cos, 1},  {OP_tanpi, OP_tan, 1}};
    for (size_t i = 0; i < sizeof like / sizeof *like; i++)
        if (like[i].op == op)
            return ex_fn1(
                c, (Op)like[i].plain,
                ex_mul(c, 3, (Node *[]){u, c->pi, ex_rat(c, 1, like[i].half_turn)}));
    return NULL;
}

Node *series_replacement(Series *s, Node *n)
{
    Ctx *c = s->c;
    Node *u = n->a[0], *v = n->n > 1 ? n->a[1] : NULL;
    switch (n->op) {
    case OP_gamma: return gamma_near(s, u);
    case OP_factorial: return ex_fn1(c, OP_gamma, plus(c, u, 1));
    case OP_digamma: return polygamma_near(s, c->zero, u);
    case OP_trigamma: return polygamma_near(s, c->one, u);
    case OP_polygamma: return polygamma_near(s, u, v);
    case OP_binomial: return binomial_near(c, u, v);
    case OP_beta: return beta_by_gamma(c, u, v);
    case OP_logbeta: return log_of(c, ex_fn1(c, OP_abs, beta_by_gamma(c, u, v)));
    case OP_besselj:
    case OP_besseli: return bessel_at_zero(s, n);
    case OP_ellipk:
    case OP_ellipe:
    case OP_polylog:
    case OP_Ei:
    case OP_expint:
    case OP_cosint:
    case OP_Chi: return at_zero(s, n);
    case OP_lambertw: return lambertw_near(s, u);
    case OP_xlogy: return ex_mul2(c, u, log_of(c, v));
    case OP_xlog1py: return ex_mul2(c, u, log_of(c, plus(c, v, 1)));
    case OP_logsubexp:
        return log_of(c, ex_fn1(c, OP_abs, ex_sub(c, ex_exp(c, u), ex_exp(c, v))));
    default: {
        Node *r = by_logarithm(c, (Op)n->op, u);
        return r ? r : in_radians(c, (Op)n->op, u);
    }
    }
}
