/* expr/exact.c - exact values of functions at infinity (limits), at 0 and 1, at logarithms:
 * what function.c asks when no rule of its own applies. NULL: no exact value is known. */
#include "expr/internal.h"

/* ---- Bernoulli numbers */

/* B_n with B_1 = 1/2, by the sum of binomial(n + 1, k)*B_k over k <= n, which is n + 1. */
Num ex_bernoulli(Ctx *c, unsigned n)
{
    Num *b = ARENA_NEW(&c->tmp, Num, n + 1u);
    for (unsigned m = 0; b && m <= n; m++) {
        Num s = num_int((int64_t)m + 1);
        for (unsigned k = 0; k < m; k++) {
            Num t = num_binomial(&c->tmp, (int64_t)m + 1, k);
            s = num_sub(&c->tmp, s, num_mul(&c->tmp, t, b[k]));
        }
        b[m] = num_div(&c->tmp, s, num_int((int64_t)m + 1));
    }
    return b ? b[n] : NUM_ZERO;
}

/* zeta(2k) is a rational multiple of pi^(2k), zeta(-n) rational. */
Node *ex_exact_zeta(Ctx *c, int64_t n)
{
    enum { MOST = 60 };
    if (n == 0)
        return ex_rat(c, -1, 2);
    if (n > MOST || n < -MOST || (n > 0 && n % 2))
        return n < 0 && n % 2 == 0 ? c->zero : NULL;
    Arena *a = &c->tmp;
    if (n < 0) {
        Num b = ex_bernoulli(c, (unsigned)(1 - n));
        return ex_num(c, num_neg(a, num_div(a, b, num_int(1 - n))));
    }
    Num k = num_mul(a, num_abs(a, ex_bernoulli(c, (unsigned)n)),
                    num_pow(a, num_int(2), n - 1));
    return ex_plain_scale(c, num_div(a, k, num_factorial(a, (uint64_t)n)),
                          ex_plain_powi(c, c->pi, n));
}

/* ---- infinity */

typedef enum {
    NONE,
    ZERO,
    ONE,
    TWO,
    HALF,
    HALF_PI,
    INF,
    MINUS_ONE,
    MINUS_HALF,
    MINUS_HALF_PI,
    MINUS_INF
} Limit;

/* The limits at inf and -inf. */
static const struct {
    uint16_t op;
    uint8_t above, below;
} limits[] = {{OP_erf, ONE, MINUS_ONE},
              {OP_erfc, ZERO, TWO},
              {OP_erfi, INF, MINUS_INF},
              {OP_erfcx, ZERO, INF},
              {OP_dawson, ZERO, ZERO},
              {OP_tanh, ONE, MINUS_ONE},
              {OP_coth, ONE, MINUS_ONE},
              {OP_sech, ZERO, ZERO},
              {OP_csch, ZERO, ZERO},
              {OP_sinh, INF, MINUS_INF},
              {OP_cosh, INF, INF},
              {OP_asinh, INF, MINUS_INF},
              {OP_acosh, INF, NONE},
              {OP_acot, ZERO, ZERO},
              {OP_asec, HALF_PI, HALF_PI},
              {OP_acsc, ZERO, ZERO},
              {OP_acoth, ZERO, ZERO},
              {OP_acsch, ZERO, ZERO},
              {OP_logistic, ONE, ZERO},
              {OP_log1pexp, INF, ZERO},
              {OP_expm1, INF, MINUS_ONE},
              {OP_log1p, INF, NONE},
              {OP_log2, INF, NONE},
              {OP_log10, INF, NONE},
              {OP_log1psq, INF, INF},
              {OP_relu, INF, ZERO},
              {OP_sinc, ZERO, ZERO},
              {OP_gamma, INF, NONE},
              {OP_loggamma, INF, NONE},
              {OP_factorial, INF, NONE},
              {OP_digamma, INF, NONE},
              {OP_trigamma, ZERO, NONE},
              {OP_zeta, ONE, NONE},
              {OP_Ei, INF, ZERO},
              {OP_expint, ZERO, NONE},
              {OP_sinint, HALF_PI, MINUS_HALF_PI},
              {OP_cosint, ZERO, NONE},
              {OP_Shi, INF, MINUS_INF},
              {OP_Chi, INF, NONE},
              {OP_li, INF, NONE},
              {OP_fresnels, HALF, MINUS_HALF},
              {OP_fresnelc, HALF, MINUS_HALF},
              {OP_airyai, ZERO, ZERO},
              {OP_airyaiprime, ZERO, NONE},
              {OP_airybi, INF, ZERO},
              {OP_airybiprime, INF, NONE},
              {OP_lambertw, INF, NONE},
              {OP_besselj0, ZERO, ZERO},
              {OP_besselj1, ZERO, ZERO}};

static Node *limit_node(Ctx *c, Limit v)
{
    switch (v) {
    case ZERO: return c->zero;
    case ONE: return c->one;
    case TWO: return c->two;
    case HALF: return c->half;
    case HALF_PI: return ex_plain_scale(c, num_rat(&c->tmp, 1, 2), c->pi);
    case INF: return c->inf;
    case MINUS_ONE: return c->minus_one;
    case MINUS_HALF: return ex_rat(c, -1, 2);
    case MINUS_HALF_PI: return ex_plain_scale(c, num_rat(&c->tmp, -1, 2), c->pi);
    case MINUS_INF: return c->minus_inf;
    case NONE: break;
    }
    return NULL;
}

static Node *at_infinity(Ctx *c, Op op, bool below)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].op == op)
            return limit_node(c, below ? limits[i].below : limits[i].above);
    return NULL;
}

/* ---- other points */

/* r > 0 where x = log(r) or a small multiple of a logarithm; 0: neither. */
static Num antilog(Ctx *c, Node *x)
{
    enum { MOST = 64 };
    int64_t k;
    Node *l = ex_rest(c, x);
    if (l->op != OP_log || !ex_is_num(l->a[0]) || l->a[0]->num.dec ||
        !num_get_int(ex_coef(x), &k) || k > MOST || k < -MOST)
        return NUM_ZERO;
    return num_pow(&c->tmp, l->a[0]->num, k);
}

static Node *hyperbolic_value(Ctx *c, Op op, Node *x)
{
    Arena *a = &c->tmp;
    Num r = antilog(c, x);
    if (num_is_zero(r))
        return NULL;
    Num i = num_inv(a, r), s = num_sub(a, r, i), k = num_add(a, r, i);
    return ex_num(c, op == OP_tanh   ? num_div(a, s, k)
                     : op == OP_sinh ? num_div(a, s, num_int(2))
                                     : num_div(a, k, num_int(2)));
}

/* The sum of 1/(n + k)^2 over k >= 0: at whole n, and at halves of odd ones. */
static Node *trigamma_value(Ctx *c, Node *x)
{
    enum { MOST = 50 };
    int64_t n;
    Arena *a = &c->tmp;
    if (!ex_is_num(x) || x->num.dec || num_sgn(x->num) <= 0 ||
        !num_get_int(num_mul(a, x->num, num_int(2)), &n) || n > MOST)
        return NULL;
    Num s = NUM_ZERO;
    for (int64_t k = n - 2; k > 0; k -= 2)
        s = num_add(a, s, num_rat(a, 4, k * k));
    return ex_plain_sub(
        c, ex_plain_scale(c, num_rat(a, 1, n % 2 ? 2 : 6), ex_plain_powi(c, c->pi, 2)),
        ex_num(c, s));
}

/* The n-th derivative of sin(pi*x)/(pi*x) at 0, and at whole and half numbers. */
static Node *sinc_value(Ctx *c, Node *order, Node *x)
{
    enum { MOST = 60 };
    static const int64_t sine[] = {0, 1, 0, -1};
    int64_t n, q;
    Arena *a = &c->tmp;
    if (!ex_get_int(order, &n) || n < 0 || n > MOST || !ex_is_num(x) || x->num.dec ||
        !num_get_int(num_mul(a, x->num, num_int(2)), &q))
        return NULL;
    if (q == 0)
        return n % 2 ? c->zero
                     : ex_plain_scale(c, num_rat(a, n % 4 ? -1 : 1, n + 1),
                                      ex_plain_powi(c, c->pi, n));
    Node *sum = c->zero;
    for (int64_t k = 0; k <= n; k++) { /* sin(pi*x)/pi, n - k times, with 1/x, k times */
        int64_t s = sine[((q + n - k) % 4 + 4) % 4];
        Num w =
            num_mul(a, num_binomial(a, n, (uint64_t)k), num_factorial(a, (uint64_t)k));
        w = num_div(a, num_mul(a, w, num_int(k % 2 ? -s : s)), num_pow(a, x->num, k + 1));
        sum = ex_plain_add2(c, sum,
                            ex_plain_scale(c, w, ex_plain_powi(c, c->pi, n - k - 1)));
    }
    return sum;
}

/* The derivative of zeta at 0, -2, -4 ... */
static Node *zeta_slope(Ctx *c, Node *order, Node *x)
{
    enum { MOST = 60 };
    int64_t n;
    Arena *a = &c->tmp;
    if (order != c->one || !ex_get_int(x, &n) || x->num.dec || n > 0 || n < -MOST ||
        n % 2)
        return NULL;
    Node *turn = ex_plain_scale(c, num_int(2), c->pi);
    if (n == 0)
        return ex_plain_scale(c, num_rat(a, -1, 2), ex_plain_fn1(c, OP_log, turn));
    Num k = num_div(a, num_factorial(a, (uint64_t)-n), num_int(n % 4 ? -2 : 2));
    return ex_plain_scale(c, k,
                          ex_plain_mul2(c, ex_plain_fn1(c, OP_zeta, ex_int(c, 1 - n)),
                                        ex_plain_powi(c, turn, n)));
}

Node *ex_exact_value1(Ctx *c, Op op, Node *x)
{
    if (x == c->inf || x == c->minus_inf)
        return at_infinity(c, op, x == c->minus_inf);
    switch (op) {
    case OP_sinh:
    case OP_cosh:
    case OP_tanh: return hyperbolic_value(c, op, x);
    case OP_trigamma: return trigamma_value(c, x);
    case OP_li: return x == c->zero ? c->zero : NULL;
    case OP_cosc: return sinc_value(c, c->one, x);
    case OP_erfcinv: return x == c->one ? c->zero : NULL;
    default: return NULL;
    }
}

/* polygamma(n, 1): (-1)^(n + 1) n! zeta(n + 1) */
static Node *polygamma_at_one(Ctx *c, Node *order)
{
    enum { MOST = 100 };
    int64_t n;
    if (!ex_get_int(order, &n) || n < 1 || n > MOST)
        return NULL;
    Num k = num_factorial(&c->tmp, (uint64_t)n);
    return ex_plain_scale(c, n % 2 ? k : num_neg(&c->tmp, k),
                          ex_plain_fn1(c, OP_zeta, ex_int(c, n + 1)));
}

static Node *polylog_value(Ctx *c, Node *s, Node *x)
{
    enum { MOST = 60 };
    int64_t n;
    if (!ex_get_int(s, &n) || n < 2 || n > MOST || !ex_is_num(x) || x->num.dec)
        return NULL;
    if (n == 2 && x == c->half) {
        Node *l = ex_plain_fn1(c, OP_log, c->two);
        return ex_plain_sub(
            c, ex_plain_scale(c, num_rat(&c->tmp, 1, 12), ex_plain_powi(c, c->pi, 2)),
            ex_plain_scale(c, num_rat(&c->tmp, 1, 2), ex_plain_powi(c, l, 2)));
    }
    Node *z = x == c->one || x == c->minus_one ? ex_plain_fn1(c, OP_zeta, s) : NULL;
    if (!z || x == c->one)
        return z;
    Num two = num_pow(&c->tmp, num_int(2), 1 - n);
    return ex_plain_scale(c, num_sub(&c->tmp, two, NUM_ONE), z);
}

/* b^x mod m by squaring, for the powers that are too large to be written out. */
static Node *modular_power(Ctx *c, Node *p, Node *m)
{
    int64_t base, e, by;
    if (p->op != OP_POW || !ex_get_int(p->a[0], &base) || !ex_get_int(p->a[1], &e) ||
        e < 0 || !ex_get_int(m, &by) || by <= 0 || m->num.dec || p->flags & NF_DEC)
        return NULL;
    unsigned __int128 r = 1 % by,
                      b = (unsigned __int128)(((__int128)base % by + by) % by);
    for (; e; e >>= 1, b = b * b % (unsigned __int128)by)
        r = e & 1 ? r * b % (unsigned __int128)by : r;
    return ex_int(c, (int64_t)r);
}

Node *ex_exact_value2(Ctx *c, Op op, Node *x, Node *y)
{
    switch (op) {
    case OP_besselj:
    case OP_besseli:
    case OP_besselix:
        if (y == c->zero)
            return x == c->zero ? c->one : ex_is_pos(x) ? c->zero : NULL;
        if (y == c->inf && ex_is_num(x))
            return op == OP_besselj ? c->zero : op == OP_besseli ? c->inf : NULL;
        return NULL;
    case OP_bessely:
    case OP_besselk: return y == c->inf && ex_is_num(x) ? c->zero : NULL;
    case OP_sinc_d: return sinc_value(c, x, y);
    case OP_zeta_d: return zeta_slope(c, x, y);
    case OP_polygamma: return y == c->one ? polygamma_at_one(c, x) : NULL;
    case OP_polylog: return polylog_value(c, x, y);
    case OP_mod: return modular_power(c, x, y);
    default: return NULL;
    }
}
