/* table/float64_ball.c - the float64 functions that libm does not have, from certified balls:
 * precision is raised until both ends of the ball round to the same double.
 */
#include "table/certified.h"
#include "table/float64.h"
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

/* ---- derivatives whose formulas cancel; the ball's precision makes up for it */
static void dawson_slope(arb_t r, const arb_t x, slong prec)
{
    cert_dawson(r, x, prec);
    arb_mul(r, r, x, prec);
    arb_mul_2exp_si(r, r, 1);
    arb_sub_ui(r, r, 1, prec);
    arb_neg(r, r);
}

/* 2*(x*f - 1/sqrt(pi)) */
static void erfcx_slope(arb_t r, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    cert_erfcx(r, x, prec);
    arb_mul(r, r, x, prec);
    arb_const_sqrt_pi(t, prec);
    arb_inv(t, t, prec);
    arb_sub(r, r, t, prec);
    arb_mul_2exp_si(r, r, 1);
    arb_clear(t);
}

static void logerfcx_slope(arb_t r, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    erfcx_slope(r, x, prec);
    cert_erfcx(t, x, prec);
    arb_div(r, r, t, prec);
    arb_clear(t);
}

/* (r - K)/(2*m) for the r that comes */
static void without_ellipk(arb_t r, const arb_t m, slong prec)
{
    arb_t t;
    arb_init(t);
    cert_ellipk(t, m, prec);
    arb_sub(r, r, t, prec);
    arb_div(r, r, m, prec);
    arb_mul_2exp_si(r, r, -1);
    arb_clear(t);
}

/* (E/(1 - m) - K)/(2*m) */
static void ellipk_slope(arb_t r, const arb_t m, slong prec)
{
    arb_t t;
    arb_init(t);
    cert_ellipe(r, m, prec);
    arb_sub_ui(t, m, 1, prec);
    arb_neg(t, t);
    arb_div(r, r, t, prec);
    without_ellipk(r, m, prec);
    arb_clear(t);
}

/* (E - K)/(2*m) */
static void ellipe_slope(arb_t r, const arb_t m, slong prec)
{
    cert_ellipe(r, m, prec);
    without_ellipk(r, m, prec);
}

/* 1/(exp(w)*(1 + w)) */
static void lambertw_slope(arb_t r, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    cert_lambertw(t, x, prec);
    arb_exp(r, t, prec);
    arb_add_ui(t, t, 1, prec);
    arb_mul(t, r, t, prec);
    arb_inv(r, t, prec);
    arb_clear(t);
}

/* Airy functions with the factor g = exp(+-2/3*x^(3/2)): (f*g)' = f'*g +- sqrt(x)*f*g */
static void scaled_slope(arb_t r, const arb_t x, int sign, slong prec, CertifiedFn1 slope,
                         CertifiedFn1 f)
{
    arb_t t;
    arb_init(t);
    slope(r, x, prec);
    if (arb_is_positive(x)) {
        f(t, x, prec);
        arb_mul_si(t, t, sign, prec);
        arb_t root;
        arb_init(root);
        arb_sqrt(root, x, prec);
        arb_addmul(r, t, root, prec);
        arb_clear(root);
    }
    arb_clear(t);
}

/* the second derivative of an Airy function is x times itself */
static void x_airyaix(arb_t r, const arb_t x, slong prec)
{
    cert_airyaix(r, x, prec);
    arb_mul(r, r, x, prec);
}

static void x_airybix(arb_t r, const arb_t x, slong prec)
{
    cert_airybix(r, x, prec);
    arb_mul(r, r, x, prec);
}

static void airyaix_slope(arb_t r, const arb_t x, slong prec)
{
    scaled_slope(r, x, 1, prec, cert_airyaiprimex, cert_airyaix);
}

static void airyaiprimex_slope(arb_t r, const arb_t x, slong prec)
{
    scaled_slope(r, x, 1, prec, x_airyaix, cert_airyaiprimex);
}

static void airybix_slope(arb_t r, const arb_t x, slong prec)
{
    scaled_slope(r, x, -1, prec, cert_airybiprimex, cert_airybix);
}

static void airybiprimex_slope(arb_t r, const arb_t x, slong prec)
{
    scaled_slope(r, x, -1, prec, x_airybix, cert_airybiprimex);
}

double f64_airyaix_slope(double x) { return round_ball1(airyaix_slope, x); }
double f64_airyaiprimex_slope(double x) { return round_ball1(airyaiprimex_slope, x); }
double f64_airybix_slope(double x) { return round_ball1(airybix_slope, x); }
double f64_airybiprimex_slope(double x) { return round_ball1(airybiprimex_slope, x); }

static void digamma_gap(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_add(t, x, y, ARF_PREC_EXACT);
    arb_digamma(r, x, prec);
    arb_digamma(t, t, prec);
    arb_sub(r, r, t, prec);
    arb_clear(t);
}

/* digamma(1 + n) - digamma(1 + n - k) and digamma(1 + n - k) - digamma(1 + k) */
static void binomial_log_slopes(arb_t dn, arb_t dk, const arb_t n, const arb_t k,
                                slong prec)
{
    arb_t t;
    arb_init(t);
    arb_add_ui(t, n, 1, ARF_PREC_EXACT);
    arb_digamma(dn, t, prec);
    arb_sub(t, t, k, ARF_PREC_EXACT);
    arb_digamma(t, t, prec);
    arb_sub(dn, dn, t, prec);
    arb_add_ui(dk, k, 1, ARF_PREC_EXACT);
    arb_digamma(dk, dk, prec);
    arb_sub(dk, t, dk, prec);
    arb_clear(t);
}

static void binomial_n(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    arb_t unused;
    arb_init(unused);
    binomial_log_slopes(r, unused, n, k, prec);
    arb_clear(unused);
}

static void binomial_k(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    arb_t unused;
    arb_init(unused);
    binomial_log_slopes(unused, r, n, k, prec);
    arb_clear(unused);
}

/* Numbers whose sums need no great space. */
static bool is_moderate(double x)
{
    return x == 0 || (fabs(x) < 1e15 && fabs(x) > 1e-200);
}

double f64_digamma_gap(double x, double y)
{
    if (is_pole_of_gamma(x) || is_pole_of_gamma(x + y) || !is_moderate(x) ||
        !is_moderate(y))
        return f64_digamma(x) - f64_digamma(x + y);
    return round_ball2(digamma_gap, x, y);
}

double f64_binomial_log_slope(unsigned i, double n, double k)
{
    if (is_moderate(n) && is_moderate(k))
        return round_ball2(i == 0 ? binomial_n : binomial_k, n, k);
    double common = f64_digamma(1 + n - k);
    return i == 0 ? f64_digamma(1 + n) - common : common - f64_digamma(1 + k);
}

double f64_dawson_slope(double x)
{
    return fabs(x) > 1e9 ? -0.5 / x / x : round_ball1(dawson_slope, x);
}

double f64_erfcx_slope(double x)
{
    if (x > 1e9)
        return -0.56418958354775628695 / x / x;
    return x < -30 ? -INFINITY : round_ball1(erfcx_slope, x);
}

double f64_logerfcx_slope(double x)
{
    return x > 1e9 ? -1 / x : x < -1e9 ? 2 * x : round_ball1(logerfcx_slope, x);
}

double f64_ellipk_slope(double m)
{
    return m == 0 ? HALF_PI / 4 : m == 1 ? INFINITY : round_ball1(ellipk_slope, m);
}

double f64_ellipe_slope(double m)
{
    return m == 0 ? -HALF_PI / 4 : m == 1 ? -INFINITY : round_ball1(ellipe_slope, m);
}

double f64_lambertw_slope(double x)
{
    return isinf(x) ? 0 : round_ball1(lambertw_slope, x);
}
