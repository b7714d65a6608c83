/* table/float64_ball.c - the float64 functions that libm does not have, from certified balls:
 * precision is raised until both ends of the ball round to the same double.
 */
#include "table/certified.h"
#include "table/float64.h"
#include "table/rule.h"
#include <math.h>

/* More than this is asked for only at arguments of no practical use: NaN is the answer then. */
enum { PREC_FIRST = 64, PREC_LAST = 2048 };

static double low_end(const arb_t r)
{
    arf_t u;
    arf_init(u);
    arb_get_lbound_arf(u, r, 128);
    double d = arf_get_d(u, ARF_RND_NEAR);
    arf_clear(u);
    return d;
}

static double high_end(const arb_t r)
{
    arf_t u;
    arf_init(u);
    arb_get_ubound_arf(u, r, 128);
    double d = arf_get_d(u, ARF_RND_NEAR);
    arf_clear(u);
    return d;
}

/* True when r decides the double: *d is it. NaN when r is certainly no number. */
static bool decides_double(const arb_t r, slong prec, double *d)
{
    *d = NAN;
    if (cert_is_undefined(r))
        return true;
    if (!arb_is_finite(r))
        return false;
    *d = low_end(r);
    if (*d == high_end(r))
        return true;
    if (prec < PREC_LAST && arb_rel_accuracy_bits(r) < 256)
        return false;
    *d = arb_rel_accuracy_bits(r) > 50 ? arf_get_d(arb_midref(r), ARF_RND_NEAR) : NAN;
    return true;
}

static double round_ball1(CertifiedFn1 f, double x)
{
    arb_t a, r;
    double d = NAN;

    if (!isfinite(x))
        return NAN;
    arb_init(a);
    arb_init(r);
    arb_set_d(a, x);
    for (slong prec = PREC_FIRST; prec <= PREC_LAST; prec *= 2) {
        f(r, a, prec);
        if (decides_double(r, prec, &d))
            break;
    }
    arb_clear(a);
    arb_clear(r);
    return d;
}

static double round_ball2(CertifiedFn2 f, double x, double y)
{
    arb_t a, b, r;
    double d = NAN;

    if (!isfinite(x) || !isfinite(y))
        return NAN;
    arb_init(a);
    arb_init(b);
    arb_init(r);
    arb_set_d(a, x);
    arb_set_d(b, y);
    for (slong prec = PREC_FIRST; prec <= PREC_LAST; prec *= 2) {
        f(r, a, b, prec);
        if (decides_double(r, prec, &d))
            break;
    }
    arb_clear(a);
    arb_clear(b);
    arb_clear(r);
    return d;
}

static bool is_pole_of_gamma(double x) { return x <= 0 && x == floor(x); }

/* ---- one argument: the function, its limits at -inf and inf, its value where it has a pole */
#define F64_BY_BALL1(name, routine, at_minus_inf, at_inf, is_pole, at_pole) \
    double f64_##name(double x)                                             \
    {                                                                       \
        if (isinf(x))                                                       \
            return x < 0 ? at_minus_inf : at_inf;                           \
        if (is_pole)                                                        \
            return at_pole;                                                 \
        return round_ball1(routine, x);                                     \
    }
#define HALF_PI 1.57079632679489661923

F64_BY_BALL1(digamma, cert_digamma, NAN, INFINITY, is_pole_of_gamma(x),
             x == 0 ? copysign(INFINITY, -x) : NAN)
F64_BY_BALL1(trigamma, cert_trigamma, NAN, 0, is_pole_of_gamma(x), INFINITY)
F64_BY_BALL1(invdigamma, cert_invdigamma, 0, INFINITY, x > 710, INFINITY)
F64_BY_BALL1(erfi, arb_hypgeom_erfi, -INFINITY, INFINITY, fabs(x) > 30,
             copysign(INFINITY, x))
F64_BY_BALL1(erfcx, cert_erfcx, INFINITY, 0, x < -30, INFINITY)
F64_BY_BALL1(erfinv, cert_erfinv, NAN, NAN, fabs(x) == 1, copysign(INFINITY, x))
F64_BY_BALL1(erfcinv, cert_erfcinv, NAN, NAN, x == 0 || x == 2,
             x == 0 ? INFINITY : -INFINITY)
F64_BY_BALL1(logerfc, cert_logerfc, 0.693147180559945309417, -INFINITY, x > 1e155,
             -INFINITY)
F64_BY_BALL1(logerfcx, cert_logerfcx, INFINITY, -INFINITY, x < -1e155, INFINITY)
F64_BY_BALL1(dawson, cert_dawson, 0, 0, fabs(x) > 1e9, 0.5 / x)
F64_BY_BALL1(fresnels, cert_fresnels, -0.5, 0.5, false, 0)
F64_BY_BALL1(fresnelc, cert_fresnelc, -0.5, 0.5, false, 0)
F64_BY_BALL1(expint, cert_expint, NAN, 0, x == 0 || x > 750, x == 0 ? INFINITY : 0)
F64_BY_BALL1(Ei, cert_Ei, 0, INFINITY, x == 0 || fabs(x) > 750,
             x == 0  ? -INFINITY
             : x < 0 ? 0
                     : INFINITY)
F64_BY_BALL1(sinint, arb_hypgeom_si, -HALF_PI, HALF_PI, false, 0)
F64_BY_BALL1(cosint, cert_cosint, NAN, 0, x == 0, -INFINITY)
F64_BY_BALL1(Shi, arb_hypgeom_shi, -INFINITY, INFINITY, fabs(x) > 750,
             copysign(INFINITY, x))
F64_BY_BALL1(Chi, cert_Chi, NAN, INFINITY, x == 0 || x > 750,
             x == 0 ? -INFINITY : INFINITY)
F64_BY_BALL1(li, cert_li, NAN, INFINITY, x == 1, -INFINITY)
F64_BY_BALL1(airyai, cert_airyai, 0, 0, x > 1000, 0)
F64_BY_BALL1(airybi, cert_airybi, 0, INFINITY, x > 1000, INFINITY)
F64_BY_BALL1(airyaiprime, cert_airyaiprime, NAN, 0, x > 1000, 0)
F64_BY_BALL1(airybiprime, cert_airybiprime, NAN, INFINITY, x > 1000, INFINITY)
F64_BY_BALL1(airyaix, cert_airyaix, NAN, 0, false, 0)
F64_BY_BALL1(airyaiprimex, cert_airyaiprimex, NAN, -INFINITY, false, 0)
F64_BY_BALL1(airybix, cert_airybix, 0, 0, false, 0)
F64_BY_BALL1(airybiprimex, cert_airybiprimex, NAN, INFINITY, false, 0)
F64_BY_BALL1(ellipk, cert_ellipk, 0, NAN, x == 1, INFINITY)
F64_BY_BALL1(ellipe, cert_ellipe, INFINITY, NAN, false, 0)
F64_BY_BALL1(zeta, cert_zeta, NAN, 1, x == 1 || x > 60, x == 1 ? INFINITY : 1)
F64_BY_BALL1(lambertw, cert_lambertw, NAN, INFINITY, false, 0)

/* x modulo 2*pi needs no pole, only finite x */
double f64_mod2pi(double x)
{
    return x >= 0 && x < 6.28 ? x : round_ball1(cert_mod2pi, x);
}

/* ---- two arguments: the same at y = inf and y = -inf */
#define F64_BY_BALL2(name, at_minus_inf, at_inf, is_pole, at_pole) \
    double f64_##name(double x, double y)                          \
    {                                                              \
        if (isnan(x) || isnan(y))                                  \
            return NAN;                                            \
        if (isinf(y) && isfinite(x))                               \
            return y < 0 ? at_minus_inf : at_inf;                  \
        if (is_pole)                                               \
            return at_pole;                                        \
        return round_ball2(cert_##name, x, y);                     \
    }

F64_BY_BALL2(sinc_d, 0, 0, false, 0)
F64_BY_BALL2(polygamma, NAN, x == 0 ? INFINITY : 0, is_pole_of_gamma(y),
             fmod(x, 2) == 1 ? INFINITY : NAN)
F64_BY_BALL2(beta, NAN, NAN, x == 0 || y == 0, copysign(INFINITY, x == 0 ? x : y))
F64_BY_BALL2(logbeta, NAN, -INFINITY, is_pole_of_gamma(x) || is_pole_of_gamma(y),
             INFINITY)
F64_BY_BALL2(binomial, NAN, NAN, false, 0)
F64_BY_BALL2(besselj, 0, 0, false, 0)
F64_BY_BALL2(bessely, NAN, 0, y == 0, -INFINITY)
F64_BY_BALL2(besseli, NAN, INFINITY, false, 0)
F64_BY_BALL2(besselk, NAN, 0, y == 0, INFINITY)
F64_BY_BALL2(besselix, 0, 0, false, 0)
F64_BY_BALL2(besselkx, NAN, 0, y == 0, INFINITY)
F64_BY_BALL2(expint_nu, NAN, 0, y == 0 && x <= 1, INFINITY)
F64_BY_BALL2(zeta_hurwitz, NAN, x > 1 ? 0 : NAN, x == 1 || y == 0, x > 0 ? INFINITY : NAN)
F64_BY_BALL2(zeta_d, NAN, 0, y == 1, fmod(x, 2) == 1 ? -INFINITY : INFINITY)
F64_BY_BALL2(polylog, NAN, NAN, y == 1 && x <= 1, INFINITY)

double f64_erf_between(double x, double y)
{
    return isfinite(x) && isfinite(y) ? round_ball2(cert_erf_between, x, y)
                                      : erf(y) - erf(x);
}

/* ---- partial derivatives, by their text */

/* The values of a text: the names, then what its steps make. */
typedef struct {
    arb_struct v[RULE_NAMES + RULE_LONGEST];
    size_t n;
    slong prec;
} BallText;

static uintptr_t ball_number(void *arg, unsigned k)
{
    BallText *t = arg;
    arb_set_ui(&t->v[t->n], k);
    return t->n++;
}

static uintptr_t ball_pi(void *arg)
{
    BallText *t = arg;
    arb_const_pi(&t->v[t->n], t->prec);
    return t->n++;
}

/* Without a limit in precision sums of numbers far apart would take any space. */
static uintptr_t ball_combine(void *arg, RuleOp op, uintptr_t a, uintptr_t b)
{
    BallText *t = arg;
    arb_struct *r = &t->v[t->n], *x = &t->v[a], *y = &t->v[b];
    switch (op) {
    case RULE_ADD: arb_add(r, x, y, 2 * PREC_LAST); break;
    case RULE_SUB: arb_sub(r, x, y, 2 * PREC_LAST); break;
    case RULE_MUL: arb_mul(r, x, y, 2 * PREC_LAST); break;
    case RULE_DIV: arb_div(r, x, y, t->prec); break;
    default: arb_neg(r, x);
    }
    return t->n++;
}

static uintptr_t ball_call(void *arg, Op fn, size_t n, const uintptr_t *a)
{
    BallText *t = arg;
    arb_struct args[3]; /* copies that own nothing */
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        args[i] = t->v[a[i]];
        finite = finite && arb_is_finite(&args[i]);
    }
    if (finite)
        certified_call(fn, &t->v[t->n], args, t->prec);
    else
        arb_indeterminate(&t->v[t->n]);
    return t->n++;
}

/* True when the text, at the arguments in t->v, decides the double. */
static bool decide_text(BallText *t, Op op, const Rule *r, double *d)
{
    static const RuleMaker balls = {ball_number, ball_pi, ball_call, ball_combine};
    static const uintptr_t named[RULE_NAMES] = {RULE_X, RULE_Y, RULE_Z, RULE_F};
    certified_call(op, &t->v[RULE_F], t->v, t->prec);
    t->n = RULE_NAMES;
    uintptr_t at = rule_run(r, &balls, t, named);
    return decides_double(&t->v[at], t->prec, d);
}

double f64_partial_by_ball(Op op, unsigned i, double x, double y)
{
    RuleStep step[RULE_LONGEST];
    Rule r = {step, rule_read(op, i, step)};
    double d = NAN;
    BallText t;
    if (r.n == 0 || !isfinite(x) || !isfinite(y))
        return NAN;
    for (size_t k = 0; k < RULE_NAMES + r.n; k++)
        arb_init(&t.v[k]);
    arb_set_d(&t.v[RULE_X], x);
    arb_set_d(&t.v[RULE_Y], y);
    for (t.prec = PREC_FIRST; t.prec <= PREC_LAST; t.prec *= 2)
        if (decide_text(&t, op, &r, &d))
            break;
    for (size_t k = 0; k < RULE_NAMES + r.n; k++)
        arb_clear(&t.v[k]);
    return d;
}

/* beta(1 + n, k), without rounding 1 + n */
static void beta_above(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_add_ui(t, n, 1, 2 * PREC_LAST);
    cert_beta(r, t, k, prec);
    arb_clear(t);
}

/* the same for k - n */
static void beta_between(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_sub(t, k, n, 2 * PREC_LAST);
    beta_above(r, n, t, prec);
    arb_clear(t);
}

double f64_beta_above(double n, double k) { return round_ball2(beta_above, n, k); }
double f64_beta_between(double n, double k) { return round_ball2(beta_between, n, k); }
