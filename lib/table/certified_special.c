/* table/certified_special.c - certified values of the gamma, Bessel, Airy, zeta families and of
 * integrals. Contract: certified.h. Arb's complex routines serve where it has no real one; the
 * values are real there, so the real part of the enclosure encloses them.
 */
#include "table/certified.h"
#include <acb_elliptic.h>
#include <acb_hypgeom.h>
#include <arb_hypgeom.h>
#include <arb_poly.h>

/* ---- gamma and friends */

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

/* ---- exponential and other integrals */
UNDEFINED_IF(arb_is_zero(x), Ei, arb_hypgeom_ei(r, x, prec))
UNDEFINED_IF(arb_is_nonpositive(x), cosint, arb_hypgeom_ci(r, x, prec))
UNDEFINED_IF(arb_is_nonpositive(x), Chi, arb_hypgeom_chi(r, x, prec))
UNDEFINED_IF(arb_is_negative(x) || arb_is_one(x), li, arb_hypgeom_li(r, x, 0, prec))

static bool is_integer_at_most(const arb_t x, slong n)
{
    return arb_is_int(x) && arf_cmp_si(arb_midref(x), n) <= 0;
}

void cert_expint_nu(arb_t r, const arb_t nu, const arb_t x, slong prec)
{
    if (arb_is_zero(x) && cert_gt(nu, 1)) {
        arb_sub_ui(r, nu, 1, prec);
        arb_inv(r, r, prec);
    } else if (arb_is_nonpositive(x) &&
               !(is_integer_at_most(nu, 0) && arb_is_negative(x))) {
        cert_undefined(r);
    } else if (arf_cmp_2exp_si(arb_midref(nu), 33) > 0 ||
               arf_cmp_si(arb_midref(nu), -20000) < 0 ||
               (prec > 2000 && arf_cmp_si(arb_midref(nu), 2000) > 0)) {
        arb_indeterminate(r); /* seconds that cannot be interrupted */
    } else {
        arb_hypgeom_expint(r, nu, x, prec);
    }
}

void cert_expint(arb_t r, const arb_t x, slong prec)
{
    WITH(one);
    arb_one(one);
    cert_expint_nu(r, one, x, prec);
    arb_clear(one);
}

/* ---- Bessel functions. Arb's integration for modified functions of large order takes seconds
 * at high precision and cannot be stopped: beyond these bounds we do not tell. */
static bool order_huge(const arb_t nu)
{
    return arf_cmpabs_2exp_si(arb_midref(nu), 33) > 0;
}

static bool order_too_large(const arb_t nu, slong prec)
{
    return order_huge(nu) || (prec > 512 && arf_cmpabs_ui(arb_midref(nu), 2000) > 0);
}

/* r = bessel(nu, x), which is real for x >= 0 and, for integer nu, everywhere */
static void bessel_first(arb_t r, const arb_t nu, const arb_t x, slong prec,
                         CertifiedFn2 bessel)
{
    if (arb_is_zero(x)) {
        if (arb_is_zero(nu))
            arb_one(r);
        else if (arb_is_int(nu) || arb_is_positive(nu))
            arb_zero(r);
        else if (arb_contains_zero(nu) || arb_contains_int(nu))
            arb_indeterminate(r);
        else
            cert_undefined(r);
    } else if (arb_is_negative(x) && !arb_contains_int(nu)) {
        cert_undefined(r);
    } else {
        bessel(r, nu, x, prec);
    }
}

void cert_besselj(arb_t r, const arb_t nu, const arb_t x, slong prec)
{
    if (order_huge(nu))
        arb_indeterminate(r);
    else
        bessel_first(r, nu, x, prec, arb_hypgeom_bessel_j);
}

void cert_besseli(arb_t r, const arb_t nu, const arb_t x, slong prec)
{
    if (order_too_large(nu, prec))
        arb_indeterminate(r);
    else
        bessel_first(r, nu, x, prec, arb_hypgeom_bessel_i);
}

/* Arb's scaled function has the factor exp(-x), ours exp(-|x|). */
static void besselix_nonzero(arb_t r, const arb_t nu, const arb_t x, slong prec)
{
    if (arb_is_positive(x)) {
        arb_hypgeom_bessel_i_scaled(r, nu, x, prec);
    } else {
        WITH(t);
        cert_abs(t, x, prec);
        arb_neg(t, t);
        arb_exp(t, t, prec);
        arb_hypgeom_bessel_i(r, nu, x, prec);
        arb_mul(r, r, t, prec);
        arb_clear(t);
    }
}

void cert_besselix(arb_t r, const arb_t nu, const arb_t x, slong prec)
{
    if (order_too_large(nu, prec))
        arb_indeterminate(r);
    else
        bessel_first(r, nu, x, prec, besselix_nonzero);
}

#define OF_POSITIVE(name, bessel)                                        \
    void cert_##name(arb_t r, const arb_t nu, const arb_t x, slong prec) \
    {                                                                    \
        if (arb_is_nonpositive(x))                                       \
            cert_undefined(r);                                           \
        else if (order_too_large(nu, prec))                              \
            arb_indeterminate(r);                                        \
        else                                                             \
            bessel(r, nu, x, prec);                                      \
    }
OF_POSITIVE(bessely, arb_hypgeom_bessel_y)
OF_POSITIVE(besselk, arb_hypgeom_bessel_k)
OF_POSITIVE(besselkx, arb_hypgeom_bessel_k_scaled)

#define OF_ORDER(name, order, bessel)                    \
    void cert_##name(arb_t r, const arb_t x, slong prec) \
    {                                                    \
        WITH(nu);                                        \
        arb_set_si(nu, order);                           \
        bessel(r, nu, x, prec);                          \
        arb_clear(nu);                                   \
    }
OF_ORDER(besselj0, 0, cert_besselj)
OF_ORDER(besselj1, 1, cert_besselj)
OF_ORDER(bessely0, 0, cert_bessely)
OF_ORDER(bessely1, 1, cert_bessely)

/* ---- Airy functions */
void cert_airyai(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_airy(r, NULL, NULL, NULL, x, prec);
}

void cert_airyaiprime(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_airy(NULL, r, NULL, NULL, x, prec);
}

void cert_airybi(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_airy(NULL, NULL, r, NULL, x, prec);
}

void cert_airybiprime(arb_t r, const arb_t x, slong prec)
{
    arb_hypgeom_airy(NULL, NULL, NULL, r, x, prec);
}

/* r = f(x)*exp(+-2/3*x^(3/2)); for x < 0 the exponent is imaginary: no scaling for Bi, no real
 * value for Ai */
static void scaled_airy(arb_t r, const arb_t x, int sign, slong prec, CertifiedFn1 f)
{
    WITH(t);

    f(t, x, prec);
    if (arb_is_nonnegative(x)) {
        arb_sqrt(r, x, prec);
        arb_mul(r, r, x, prec);
        arb_mul_si(r, r, 2 * sign, prec);
        arb_div_ui(r, r, 3, prec);
        arb_exp(r, r, prec);
        arb_mul(r, r, t, prec);
    } else if (sign < 0 && arb_is_negative(x)) {
        arb_set(r, t);
    } else if (arb_is_negative(x)) {
        cert_undefined(r);
    } else {
        arb_indeterminate(r);
    }
    arb_clear(t);
}

void cert_airyaix(arb_t r, const arb_t x, slong prec)
{
    scaled_airy(r, x, 1, prec, cert_airyai);
}
void cert_airyaiprimex(arb_t r, const arb_t x, slong prec)
{
    scaled_airy(r, x, 1, prec, cert_airyaiprime);
}
void cert_airybix(arb_t r, const arb_t x, slong prec)
{
    scaled_airy(r, x, -1, prec, cert_airybi);
}
void cert_airybiprimex(arb_t r, const arb_t x, slong prec)
{
    scaled_airy(r, x, -1, prec, cert_airybiprime);
}

/* ---- elliptic integrals, zeta, W, polylogarithm */
static void real_elliptic(arb_t r, const arb_t m, slong prec,
                          void (*f)(acb_t, const acb_t, slong))
{
    acb_t z;
    acb_init(z);
    acb_set_arb(z, m);
    f(z, z, prec);
    arb_set(r, acb_realref(z));
    if (!acb_is_finite(z))
        arb_indeterminate(r);
    acb_clear(z);
}

UNDEFINED_IF(cert_ge(x, 1), ellipk, real_elliptic(r, x, prec, acb_elliptic_k))

void cert_ellipe(arb_t r, const arb_t x, slong prec)
{
    if (cert_gt(x, 1))
        cert_undefined(r);
    else if (arb_is_one(x))
        arb_one(r);
    else if (!cert_lt(x, 1))
        arb_indeterminate(r);
    else
        real_elliptic(r, x, prec, acb_elliptic_e);
}

UNDEFINED_IF(arb_is_one(x), zeta, arb_zeta(r, x, prec))

/* s so far out that Arb would need minutes */
static bool zeta_too_far(const arb_t s)
{
    return arf_cmp_si(arb_midref(s), -1000) < 0 || arf_cmp_2exp_si(arb_midref(s), 33) > 0;
}

/* Small a are moved up by zeta(s, a) = a^-s + zeta(s, a + 1). */
void cert_zeta_hurwitz(arb_t r, const arb_t s, const arb_t a, slong prec)
{
    if (arb_is_one(s) || arb_is_nonpositive(a)) {
        cert_undefined(r);
    } else if (zeta_too_far(s)) {
        arb_indeterminate(r);
    } else if (arb_is_positive(a) && arf_cmp_2exp_si(arb_midref(a), -1) < 0) {
        WITH(t);
        arb_add_ui(t, a, 1, prec);
        arb_hurwitz_zeta(r, s, t, prec);
        arb_neg(t, s);
        arb_pow(t, a, t, prec);
        arb_add(r, r, t, prec);
        arb_clear(t);
    } else {
        arb_hurwitz_zeta(r, s, a, prec);
    }
}

/* n! times the n-th coefficient of the power series of zeta at s */
void cert_zeta_d(arb_t r, const arb_t n, const arb_t s, slong prec)
{
    ulong k;
    arb_poly_t h;

    if (!cert_order(&k, n, r))
        return;
    if (arb_is_one(s)) {
        cert_undefined(r);
        return;
    }
    if (zeta_too_far(s)) {
        arb_indeterminate(r);
        return;
    }
    WITH(t);
    arb_poly_init(h);
    arb_poly_set_coeff_arb(h, 0, s);
    arb_poly_set_coeff_si(h, 1, 1);
    /* the reflection at 1/2 that is used for s < 0 is 0*inf at 0: 1 + zeta(s, 2) does without */
    bool near_0 = cert_gt(s, -1) && !arb_is_positive(s);
    arb_set_ui(t, near_0 ? 2 : 1);
    arb_poly_zeta_series(h, h, t, 0, (slong)k + 1, prec);
    arb_poly_get_coeff_arb(t, h, (slong)k);
    if (near_0 && k == 0)
        arb_add_ui(t, t, 1, prec);
    arb_fac_ui(r, k, prec);
    arb_mul(r, r, t, prec);
    arb_poly_clear(h);
    arb_clear(t);
}

void cert_lambertw(arb_t r, const arb_t x, slong prec)
{
    WITH(edge);

    arb_set_si(edge, -1);
    arb_exp(edge, edge, prec);
    arb_neg(edge, edge);
    if (arb_lt(x, edge))
        cert_undefined(r);
    else
        arb_lambertw(r, x, 0, prec);
    arb_clear(edge);
}

/* The sum of x^n/n^s for |x| <= 1 and large s, where few terms matter: what is left after N of
 * them is below 2*(N + 1)^(1 - s). */
static void polylog_sum(arb_t r, const arb_t s, const arb_t x, slong prec)
{
    WITH(power);
    WITH(t);
    WITH(minus_s);

    arb_neg(minus_s, s);
    arb_set(power, x);
    arb_set(r, x);
    ulong n = 1;
    do {
        n++;
        arb_mul(power, power, x, prec);
        arb_set_ui(t, n);
        arb_pow(t, t, minus_s, prec);
        arb_addmul(r, power, t, prec);
    } while (arf_cmpabs_2exp_si(arb_midref(t), -prec - 12) > 0 && n < 4000);
    arb_mul_ui(t, t, 2 * (n + 1), MAG_BITS);
    arb_mul(t, t, x, MAG_BITS);
    arb_add_error(r, t);
    arb_clear(power);
    arb_clear(t);
    arb_clear(minus_s);
}

static void polylog_complex(arb_t r, const arb_t s, const arb_t x, slong prec)
{
    acb_t z, w;
    acb_init(z);
    acb_init(w);
    acb_set_arb(z, x);
    acb_set_arb(w, s);
    acb_polylog(w, w, z, prec);
    arb_set(r, acb_realref(w));
    acb_clear(z);
    acb_clear(w);
}

/* For s = 0, -1, -2, ... a rational function of x; for other s real only for x <= 1, and at
 * x = 1 only for s > 1. */
void cert_polylog(arb_t r, const arb_t s, const arb_t x, slong prec)
{
    bool rational = is_integer_at_most(s, 0);

    if (arb_is_one(x)) {
        if (cert_gt(s, 1))
            arb_zeta(r, s, prec);
        else if (cert_le(s, 1))
            cert_undefined(r);
        else
            arb_indeterminate(r);
    } else if (cert_gt(x, 1) && !rational) {
        if (arb_is_positive(s) || !arb_contains_int(s))
            cert_undefined(r);
        else
            arb_indeterminate(r);
    } else if (cert_lt(x, 1) && arb_equal_si(s, 2)) {
        arb_hypgeom_dilog(r, x, prec);
    } else if (cert_lt(x, 1) || rational) {
        if (cert_gt(x, -1) && cert_lt(x, 1) && cert_gt(s, 1 + prec / 8))
            polylog_sum(r, s, x, prec);
        else if (arf_cmpabs_ui(arb_midref(s), 500) > 0)
            arb_indeterminate(r); /* minutes that cannot be interrupted */
        else
            polylog_complex(r, s, x, prec);
    } else {
        arb_indeterminate(r);
    }
}
