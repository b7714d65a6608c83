/* table/certified_log.c - certified values of sinc, of combined logarithms and exponentials, and
 * of the error function's family. Contract: certified.h.
 *
 * The formulas avoid cancellation where these functions exist to avoid it: log1mexp near 0,
 * log1pmx near 0, erfcx far out.
 */
#include "table/certified.h"
#include <arb_hypgeom.h>

/* ---- sinc and its derivatives */

/* Is 2*|term| below 2^-wp*|sum|? Then it is added to the error of sum. */
static bool negligible(arb_t sum, const arb_t term, slong wp)
{
    mag_t left, bound;
    mag_init(left);
    mag_init(bound);
    arb_get_mag(left, term);
    arb_get_mag(bound, sum);
    mag_mul_2exp_si(left, left, 1);
    mag_mul_2exp_si(bound, bound, -wp);
    bool done = mag_cmp(left, bound) <= 0;
    if (done)
        arb_add_error_mag(sum, left);
    mag_clear(left);
    mag_clear(bound);
    return done;
}

/* The n-th derivative of sinc at an exact number, by its power series: the sum over j of
 * +-pi^n*(pi*x)^j/(j!*(n + j + 1)), n + j even. Good for pi*|x| up to about n. */
static void sinc_series(arb_t r, ulong n, const arb_t x, slong prec)
{
    WITH(px);
    WITH(power);
    WITH(term);
    double size = fabs(arf_get_d(arb_midref(x), ARF_RND_NEAR)) * 3.2;
    slong wp = prec + (slong)(1.5 * size) + 2 * FLINT_BIT_COUNT(n) + 20;

    arb_const_pi(px, wp);
    arb_pow_ui(power, px, n, wp);
    arb_mul(px, px, x, wp);
    arb_zero(r);
    for (ulong j = 0; j < 100000; j++) {
        if (j > 0) {
            arb_mul(power, power, px, wp);
            arb_div_ui(power, power, j, wp);
        }
        if ((n + j) % 2 == 0) {
            arb_div_ui(term, power, n + j + 1, wp);
            if ((n + j) / 2 % 2)
                arb_neg(term, term);
            arb_add(r, r, term, wp);
        }
        /* beyond j = 2*pi*|x| the terms that are left sum to less than 2*|power| */
        if ((arb_is_zero(power) || (double)j > 2 * size + 2) && negligible(r, power, wp))
            break;
    }
    arb_clear(px);
    arb_clear(power);
    arb_clear(term);
}

/* The same by Leibniz's rule on sin(pi*x) and 1/(pi*x), for pi*|x| > n. */
static void sinc_leibniz(arb_t r, ulong n, const arb_t x, slong prec)
{
    WITH(s);
    WITH(c);
    WITH(coef);
    WITH(t);
    WITH(pi);

    arb_const_pi(pi, prec);
    arb_sin_cos_pi(s, c, x, prec);
    arb_pow_ui(coef, pi, n, prec);
    arb_div(coef, coef, pi, prec);
    arb_div(coef, coef, x, prec);
    arb_zero(r);
    for (ulong k = 0; k <= n; k++) {
        ulong quarter = (n - k) % 4; /* sin(pi*x + (n - k)*pi/2) */
        arb_mul(t, coef, quarter % 2 ? c : s, prec);
        if (quarter == 2 || quarter == 3)
            arb_neg(t, t);
        arb_add(r, r, t, prec);
        /* binomial(n, k)*k!/(pi*x)^k, with sign */
        arb_mul_ui(coef, coef, n - k, prec);
        arb_div(coef, coef, pi, prec);
        arb_div(coef, coef, x, prec);
        arb_neg(coef, coef);
    }
    arb_clear(s);
    arb_clear(c);
    arb_clear(coef);
    arb_clear(t);
    arb_clear(pi);
}

/* |sinc^(n+1)| <= pi^(n+1)/(n+2) everywhere, which bounds what the radius of x does. */
static void sinc_derivative(arb_t r, ulong n, const arb_t x, slong prec)
{
    WITH(m);
    WITH(err);

    arb_get_mid_arb(m, x);
    slong wp = prec + 2 * FLINT_BIT_COUNT(n) + 20;
    if (arf_cmpabs_ui(arb_midref(m), n / 3 + 2) > 0)
        sinc_leibniz(r, n, m, wp);
    else
        sinc_series(r, n, m, prec);
    if (!arb_is_exact(x)) {
        arb_const_pi(err, MAG_BITS);
        arb_pow_ui(err, err, n + 1, MAG_BITS);
        arb_div_ui(err, err, n + 2, MAG_BITS);
        arb_sub(m, x, m, MAG_BITS);
        arb_mul(err, err, m, MAG_BITS);
        arb_add(r, r, err, prec);
    }
    arb_set_round(r, r, prec);
    arb_clear(m);
    arb_clear(err);
}

void cert_sinc_d(arb_t r, const arb_t n, const arb_t x, slong prec)
{
    ulong k;
    if (cert_order(&k, n, r))
        sinc_derivative(r, k, x, prec);
}

void cert_cosc(arb_t r, const arb_t x, slong prec) { sinc_derivative(r, 1, x, prec); }

/* ---- logarithms and exponentials combined */
void cert_logit(arb_t r, const arb_t x, slong prec)
{
    if (cert_le(x, 0) || cert_ge(x, 1)) {
        cert_undefined(r);
        return;
    }
    /* 2*atanh(2*x - 1); near 0 that is -log((1 - x)/x) with x in one place, too: -log(1/x - 1) */
    if (cert_lt(x, 1) && arf_cmpabs_2exp_si(arb_midref(x), -2) < 0) {
        arb_inv(r, x, prec);
        arb_sub_ui(r, r, 1, prec);
        arb_log(r, r, prec);
        arb_neg(r, r);
    } else {
        WITH(t);
        arb_mul_2exp_si(t, x, 1);
        arb_sub_ui(t, t, 1, prec + arb_bits(x));
        arb_atanh(r, t, prec);
        arb_mul_2exp_si(r, r, 1);
        arb_clear(t);
    }
}

void cert_log1pexp(arb_t r, const arb_t x, slong prec)
{
    if (cert_gt(x, 1)) {
        WITH(t);
        arb_neg(t, x);
        arb_exp(t, t, prec);
        arb_log1p(t, t, prec);
        arb_add(r, x, t, prec);
        arb_clear(t);
    } else {
        arb_exp(r, x, prec);
        arb_log1p(r, r, prec);
    }
}

void cert_log1mexp(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_nonnegative(x)) {
        cert_undefined(r);
    } else if (cert_lt(x, -1)) {
        arb_exp(r, x, prec);
        arb_neg(r, r);
        arb_log1p(r, r, prec);
    } else {
        arb_expm1(r, x, prec);
        arb_neg(r, r);
        arb_log(r, r, prec);
    }
}

void cert_log2mexp(arb_t r, const arb_t x, slong prec)
{
    arb_expm1(r, x, prec);
    arb_neg(r, r);
    if (cert_le(r, -1))
        cert_undefined(r);
    else
        arb_log1p(r, r, prec);
}

void cert_logexpm1(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_nonpositive(x)) {
        cert_undefined(r);
    } else if (cert_gt(x, 1)) {
        WITH(t);
        arb_neg(t, x);
        cert_log1mexp(r, t, prec);
        arb_add(r, r, x, prec);
        arb_clear(t);
    } else {
        arb_expm1(r, x, prec);
        arb_log(r, r, prec);
    }
}

void cert_log1psq(arb_t r, const arb_t x, slong prec)
{
    arb_mul(r, x, x, prec);
    arb_log1p(r, r, prec);
}

/* log(1 + x) - x at an exact number: for tiny ones -x^2/2*(1 + t*x) with |t| <= 1 */
static void log1pmx_at(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_zero(x)) {
        arb_zero(r);
    } else if (arf_cmpabs_2exp_si(arb_midref(x), -prec - 2) < 0) {
        arb_mul(r, x, x, prec);
        arb_mul_2exp_si(r, r, -1);
        arb_neg(r, r);
        arf_t e;
        arf_init(e);
        arf_set_round(e, arb_midref(r), MAG_BITS, ARF_RND_UP);
        arf_mul_2exp_si(e, e, -prec);
        arb_add_error_arf(r, e);
        arf_clear(e);
    } else {
        slong lost = 0;
        if (arf_cmpabs_2exp_si(arb_midref(x), 0) < 0)
            lost = -2 * arf_abs_bound_lt_2exp_si(arb_midref(x));
        arb_log1p(r, x, prec + lost + 10);
        arb_sub(r, r, x, prec);
    }
}

/* its derivative, -x/(1 + x) = 1/(1 + x) - 1 */
static void log1pmx_slope(arb_t r, const arb_t x, slong prec)
{
    arb_add_ui(r, x, 1, prec);
    arb_inv(r, r, prec);
    arb_sub_ui(r, r, 1, prec);
}

void cert_log1pmx(arb_t r, const arb_t x, slong prec)
{
    if (cert_le(x, -1))
        cert_undefined(r);
    else if (!cert_gt(x, -1))
        arb_indeterminate(r);
    else
        cert_mean_value(r, x, prec, log1pmx_at, log1pmx_slope);
}

void cert_logmxp1(arb_t r, const arb_t x, slong prec)
{
    WITH(t);

    if (arb_is_nonpositive(x)) {
        cert_undefined(r);
    } else {
        arb_sub_ui(t, x, 1, prec + arb_bits(x) + 10);
        if (arf_cmpabs_2exp_si(arb_midref(t), -1) < 0) {
            cert_log1pmx(r, t, prec);
        } else {
            arb_log(r, x, prec);
            arb_sub(r, r, t, prec);
        }
    }
    arb_clear(t);
}

/* u log(u) for an upper bound u; on [0, u] the function lies between its minimum -1/e and
 * max(0, u log(u)). */
static void xlogx_near_zero(arb_t r, const arb_t x, slong prec)
{
    WITH(u);
    WITH(low);

    arb_get_ubound_arf(arb_midref(u), x, prec);
    arb_log(r, u, prec);
    arb_mul(r, r, u, prec);
    arb_set_d(low, -0.375);
    if (arf_cmp_2exp_si(arb_midref(u), -2) < 0)
        arb_set(low, r); /* decreasing there */
    arb_union(r, r, low, prec);
    arb_zero(u);
    arb_union(r, r, u, prec);
    arb_clear(u);
    arb_clear(low);
}

void cert_xlogx(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_negative(x)) {
        cert_undefined(r);
    } else if (arb_is_zero(x)) {
        arb_zero(r);
    } else if (arb_contains_zero(x)) {
        if (arb_is_nonnegative(x))
            xlogx_near_zero(r, x, prec);
        else
            arb_indeterminate(r);
    } else {
        arb_log(r, x, prec);
        arb_mul(r, r, x, prec);
    }
}

/* r = x*log(y), where log may be log or log1p and y is at the edge of its domain at edge */
static void x_times_log(arb_t r, const arb_t x, const arb_t y, slong edge,
                        CertifiedFn1 log, slong prec)
{
    if (cert_lt(y, edge)) {
        cert_undefined(r);
    } else if (arb_is_zero(x)) {
        if (arb_equal_si(y, edge) || cert_gt(y, edge))
            arb_zero(r);
        else
            arb_indeterminate(r);
    } else {
        log(r, y, prec);
        if (!cert_is_undefined(r))
            arb_mul(r, r, x, prec);
        else if (arb_contains_zero(x))
            arb_indeterminate(r);
    }
}

void cert_xlogy(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    x_times_log(r, x, y, 0, cert_log, prec);
}

void cert_xlog1py(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    x_times_log(r, x, y, -1, cert_log1p, prec);
}

/* r = hi + f(lo - hi), where hi is the argument with the greater middle */
static void beside_greater(arb_t r, const arb_t x, const arb_t y, CertifiedFn1 f,
                           slong prec)
{
    bool x_greater = arf_cmp(arb_midref(x), arb_midref(y)) >= 0;
    WITH(d);

    arb_sub(d, x_greater ? y : x, x_greater ? x : y, prec + 10);
    f(r, d, prec);
    if (!cert_is_undefined(r))
        arb_add(r, r, x_greater ? x : y, prec);
    arb_clear(d);
}

void cert_logaddexp(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    beside_greater(r, x, y, cert_log1pexp, prec);
}

void cert_logsubexp(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    if (arb_overlaps(x, y) && !(arb_is_exact(x) && arb_is_exact(y)))
        arb_indeterminate(r);
    else
        beside_greater(r, x, y, cert_log1mexp, prec);
}

void cert_log_base(arb_t r, const arb_t x, const arb_t b, slong prec)
{
    if (arb_is_nonpositive(x) || arb_is_nonpositive(b) || arb_is_one(b)) {
        cert_undefined(r);
    } else if (arb_is_int(b) && cert_gt(b, 1) && cert_lt(b, 1 << 30)) {
        arb_log_base_ui(r, x, (ulong)arf_get_si(arb_midref(b), ARF_RND_DOWN), prec);
    } else {
        WITH(t);
        arb_log(t, b, prec + 4);
        arb_log(r, x, prec + 4);
        arb_div(r, r, t, prec);
        arb_clear(t);
    }
}

/* ---- error function and friends; all are monotone but dawson */

/* exp(x^2)*erfc(x) at an exact number: U(1/2, 1/2, x^2)/sqrt(pi) far out */
static void erfcx_at(arb_t r, const arb_t x, slong prec)
{
    WITH(t);
    WITH(half);

    prec += 10;
    if (cert_gt(x, 4)) {
        arb_mul(t, x, x, ARF_PREC_EXACT);
        arb_set_d(half, 0.5);
        arb_hypgeom_u(r, half, half, t, prec);
        arb_const_sqrt_pi(t, prec);
        arb_div(r, r, t, prec);
    } else {
        arb_hypgeom_erfc(r, x, prec);
        arb_mul(t, x, x, ARF_PREC_EXACT);
        arb_exp(t, t, prec);
        arb_mul(r, r, t, prec);
    }
    arb_clear(t);
    arb_clear(half);
}

static void logerfcx_at(arb_t r, const arb_t x, slong prec)
{
    if (arf_cmp_si(arb_midref(x), -4) < 0) { /* x^2 + log(erfc(x)) */
        WITH(t);
        arb_hypgeom_erfc(t, x, prec);
        arb_log(t, t, prec);
        arb_mul(r, x, x, ARF_PREC_EXACT);
        arb_add(r, r, t, prec);
        arb_clear(t);
    } else {
        slong small =
            arf_is_zero(arb_midref(x)) ? 0 : -arf_abs_bound_lt_2exp_si(arb_midref(x));
        erfcx_at(r, x, prec + (small > 0 ? FLINT_MIN(small, 4 * prec) : 0));
        arb_log(r, r, prec);
    }
}

static void logerfc_at(arb_t r, const arb_t x, slong prec)
{
    if (arf_cmp_si(arb_midref(x), 1) > 0) { /* log(erfcx(x)) - x^2 */
        WITH(t);
        logerfcx_at(t, x, prec);
        arb_mul(r, x, x, ARF_PREC_EXACT);
        arb_sub(r, t, r, prec);
        arb_clear(t);
    } else {
        arb_hypgeom_erf(r, x, prec);
        arb_neg(r, r);
        arb_log1p(r, r, prec);
    }
}

void cert_erfcx(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec, erfcx_at);
}
void cert_logerfc(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec, logerfc_at);
}
void cert_logerfcx(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec, logerfcx_at);
}

void cert_erfinv(arb_t r, const arb_t x, slong prec)
{
    if (cert_le(x, -1) || cert_ge(x, 1))
        cert_undefined(r);
    else
        arb_hypgeom_erfinv(r, x, prec);
}

void cert_erfcinv(arb_t r, const arb_t x, slong prec)
{
    if (cert_le(x, 0) || cert_ge(x, 2))
        cert_undefined(r);
    else
        arb_hypgeom_erfcinv(r, x, prec);
}

/* x*M(1, 3/2, -x^2) near 0, else sqrt(pi)/2*exp(-x^2)*erfi(x) */
static void dawson_at(arb_t r, const arb_t x, slong prec)
{
    WITH(t);

    prec += 10;
    arb_mul(t, x, x, ARF_PREC_EXACT);
    arb_neg(t, t);
    arb_exp(t, t, prec);
    arb_hypgeom_erfi(r, x, prec);
    arb_mul(r, r, t, prec);
    arb_const_sqrt_pi(t, prec);
    arb_mul(r, r, t, prec);
    arb_mul_2exp_si(r, r, -1);
    arb_clear(t);
}

/* 1 - 2*x*dawson(x) lies in [-0.3, 1]. */
static void dawson_slope(arb_t r, const arb_t x, slong prec)
{
    (void)x;
    (void)prec;
    arb_zero(r);
    mag_one(arb_radref(r));
}

void cert_dawson(arb_t r, const arb_t x, slong prec)
{
    cert_mean_value(r, x, prec, dawson_at, dawson_slope);
}

void cert_fresnels(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_fresnel(r, NULL, x, 1, prec);
}

void cert_fresnelc(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_fresnel(NULL, r, x, 1, prec);
}

/* The difference of values of the same sign is taken between complements. */
void cert_erf_between(arb_t r, const arb_t a, const arb_t b, slong prec)
{
    WITH(t);

    if (arb_is_positive(a) && arb_is_positive(b)) {
        arb_hypgeom_erfc(t, b, prec);
        arb_hypgeom_erfc(r, a, prec);
        arb_sub(r, r, t, prec);
    } else if (arb_is_negative(a) && arb_is_negative(b)) {
        arb_neg(t, a);
        arb_hypgeom_erfc(r, t, prec);
        arb_neg(t, b);
        arb_hypgeom_erfc(t, t, prec);
        arb_sub(r, t, r, prec);
    } else {
        arb_hypgeom_erf(t, a, prec);
        arb_hypgeom_erf(r, b, prec);
        arb_sub(r, r, t, prec);
    }
    arb_clear(t);
}
