/* table/certified_gamma.c - certified values of the gamma function's relatives: factorials, digamma and
 * its inverse, beta, binomial coefficients. Contract: certified.h.
 */
#include "table/certified.h"
#include <arb_hypgeom.h>

/* log|gamma(x)| for x < 0, by reflection: log(pi/|sin(pi*x)|) - log(gamma(1 - x)) */
static void loggamma_below(arb_t r, const arb_t x, slong prec)
{
    WITH(t);
    arb_sin_pi(t, x, prec);
    arb_abs(t, t);
    arb_const_pi(r, prec);
    arb_div(r, r, t, prec);
    arb_log(r, r, prec);
    arb_sub_ui(t, x, 1, prec);
    arb_neg(t, t);
    arb_hypgeom_lgamma(t, t, prec);
    arb_sub(r, r, t, prec);
    arb_clear(t);
}

static void loggamma(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_negative(x))
        loggamma_below(r, x, prec);
    else
        arb_hypgeom_lgamma(r, x, prec);
}

UNDEFINED_IF(cert_is_gamma_pole(x), gamma, arb_hypgeom_gamma(r, x, prec))
UNDEFINED_IF(cert_is_gamma_pole(x), loggamma, loggamma(r, x, prec))
UNDEFINED_IF(cert_is_gamma_pole(x), digamma, arb_digamma(r, x, prec))

void cert_factorial(arb_t r, const arb_t x, slong prec)
{
    WITH(t);
    arb_add_ui(t, x, 1, prec + 10);
    cert_gamma(r, t, prec);
    arb_clear(t);
}

/* psi^(n)(x) = (-1)^(n+1)*n!*zeta(n + 1, x) for x > 0; below, from the power series of digamma
 * at x, which Arb reflects. */
static void polygamma(arb_t r, ulong n, const arb_t x, slong prec)
{
    if (arb_is_positive(x)) {
        WITH(s);
        WITH(t);
        arb_set_ui(s, n + 1);
        arb_hurwitz_zeta(t, s, x, prec);
        arb_fac_ui(s, n, prec);
        arb_mul(r, s, t, prec);
        if (n % 2 == 0)
            arb_neg(r, r);
        arb_clear(s);
        arb_clear(t);
    } else {
        arb_poly_t h;
        arb_poly_init(h);
        arb_poly_set_coeff_arb(h, 0, x);
        arb_poly_set_coeff_si(h, 1, 1);
        arb_poly_digamma_series(h, h, (slong)n + 1, prec);
        WITH(s);
        arb_poly_get_coeff_arb(s, h, (slong)n);
        arb_fac_ui(r, n, prec);
        arb_mul(r, r, s, prec);
        arb_clear(s);
        arb_poly_clear(h);
    }
}

UNDEFINED_IF(cert_is_gamma_pole(x), trigamma, polygamma(r, 1, x, prec))

void cert_polygamma(arb_t r, const arb_t n, const arb_t x, slong prec)
{
    ulong k;

    if (!cert_order(&k, n, r))
        return;
    if (cert_is_gamma_pole(x))
        cert_undefined(r);
    else if (k == 0)
        arb_digamma(r, x, prec);
    else
        polygamma(r, k, x, prec);
}

/* A point near the solution x of digamma(x) = y, from which Newton converges. */
static void invdigamma_start(arb_t x, const arb_t y, slong wp)
{
    WITH(t);
    if (arf_cmp_d(arb_midref(y), -2.22) >= 0) {
        arb_exp(x, y, wp);
        arb_set_d(t, 0.5);
        arb_add(x, x, t, wp);
    } else {
        arb_set_d(t, 0.5772);
        arb_add(x, y, t, wp);
        arb_inv(x, x, wp);
        arb_neg(x, x);
    }
    arb_clear(t);
}

/* Is digamma(x - e) < y < digamma(x + e), and x > 0? */
static bool invdigamma_proved(const arb_t x, const arb_t e, const arb_t y, slong wp)
{
    WITH(t);
    arb_sub(t, x, e, wp);
    bool proved = arb_is_positive(t);
    arb_digamma(t, t, wp);
    proved = proved && arb_lt(t, y);
    arb_add(t, x, e, wp);
    arb_digamma(t, t, wp);
    proved = proved && arb_gt(t, y);
    arb_clear(t);
    return proved;
}

static slong bits_above_point(const arb_t y)
{
    slong n = arf_abs_bound_lt_2exp_si(arb_midref(y));
    return n > 0 ? n : 0;
}

/* x with digamma(x) = y, a number, by Newton's method; a change of sign proves it. */
static void invdigamma_at(arb_t r, const arb_t y, slong prec)
{
    slong wp = prec + 30 + bits_above_point(y);

    if (bits_above_point(y) > 40) {
        arb_indeterminate(r);
        return;
    }
    WITH(f);
    WITH(d);
    invdigamma_start(r, y, wp);
    for (int i = 0; i < 60; i++) {
        mag_zero(arb_radref(r));
        arb_digamma(f, r, wp);
        arb_sub(f, f, y, wp);
        polygamma(d, 1, r, wp);
        arb_div(d, f, d, wp);
        mag_zero(arb_radref(d));
        arb_sub(r, r, d, wp);
        if (arf_is_zero(arb_midref(d)) ||
            arf_abs_bound_lt_2exp_si(arb_midref(d)) <
                arf_abs_bound_lt_2exp_si(arb_midref(r)) - prec - 8)
            break;
    }
    mag_zero(arb_radref(r));
    arb_mul_2exp_si(d, r, -prec - 2);
    if (invdigamma_proved(r, d, y, wp))
        arb_add_error(r, d);
    else
        arb_indeterminate(r);
    arb_clear(f);
    arb_clear(d);
}

void cert_invdigamma(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec, invdigamma_at);
}

void cert_beta(arb_t r, const arb_t a, const arb_t b, slong prec)
{
    if (cert_is_gamma_pole(a) || cert_is_gamma_pole(b)) {
        cert_undefined(r);
        return;
    }
    WITH(t);
    arb_add(t, a, b, prec + 10);
    arb_hypgeom_rgamma(r, t, prec + 10);
    arb_hypgeom_gamma(t, a, prec + 10);
    arb_mul(r, r, t, prec + 10);
    arb_hypgeom_gamma(t, b, prec + 10);
    arb_mul(r, r, t, prec);
    arb_clear(t);
}

void cert_logbeta(arb_t r, const arb_t a, const arb_t b, slong prec)
{
    WITH(t);

    arb_add(t, a, b, prec + 10);
    if (cert_is_gamma_pole(a) || cert_is_gamma_pole(b) || cert_is_gamma_pole(t)) {
        cert_undefined(r);
    } else {
        loggamma(r, t, prec + 10);
        arb_neg(r, r);
        loggamma(t, a, prec + 10);
        arb_add(r, r, t, prec + 10);
        loggamma(t, b, prec + 10);
        arb_add(r, r, t, prec);
    }
    arb_clear(t);
}

/* n*(n - 1)*...*(n - k + 1)/k! */
static void binomial_ui(arb_t r, const arb_t n, ulong k, slong prec)
{
    WITH(t);
    arb_sub_ui(t, n, k, prec + 20);
    arb_add_ui(t, t, 1, prec + 20);
    arb_hypgeom_rising_ui(r, t, k, prec + 20);
    arb_fac_ui(t, k, prec + 20);
    arb_div(r, r, t, prec);
    arb_clear(t);
}

/* For integers n < 0 <= k: (-1)^k*binomial(k - n - 1, -n - 1). */
static void binomial_reflected(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    WITH(m);
    WITH(j);
    arb_neg(j, n);
    arb_sub_ui(j, j, 1, prec + 64);
    arb_add(m, j, k, prec + 64);
    cert_binomial(r, m, j, prec);
    if (!arf_is_int_2exp_si(arb_midref(k), 1))
        arb_neg(r, r);
    arb_clear(m);
    arb_clear(j);
}

void cert_binomial(arb_t r, const arb_t n, const arb_t k, slong prec)
{
    if (arb_is_int(k) && arb_is_negative(k)) {
        arb_zero(r);
    } else if (arb_is_int(k) && arf_cmp_si(arb_midref(k), 10000) < 0) {
        binomial_ui(r, n, (ulong)arf_get_si(arb_midref(k), ARF_RND_DOWN), prec);
    } else if (arb_is_int(n) && arb_is_negative(n)) {
        if (arb_is_int(k))
            binomial_reflected(r, n, k, prec);
        else if (arb_contains_int(k))
            arb_indeterminate(r);
        else
            cert_undefined(r);
    } else {
        WITH(t);
        WITH(g);
        arb_sub(t, n, k, prec + 20);
        arb_add_ui(t, t, 1, prec + 20);
        arb_hypgeom_rgamma(r, t, prec + 20);
        arb_add_ui(t, k, 1, prec + 20);
        arb_hypgeom_rgamma(g, t, prec + 20);
        arb_mul(r, r, g, prec + 20);
        arb_add_ui(t, n, 1, prec + 20);
        arb_hypgeom_gamma(g, t, prec + 20);
        arb_mul(r, r, g, prec);
        arb_clear(t);
        arb_clear(g);
    }
}
