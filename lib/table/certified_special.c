/* table/certified_special.c - certified values of the Bessel, Airy, zeta families and of
 * integrals. Contract: certified.h. Arb's complex routines serve where it has no real one; the
 * values are real there, so the real part of the enclosure encloses them.
 */
#include "table/certified.h"
#include <acb_elliptic.h>
#include <acb_hypgeom.h>
#include <arb_hypgeom.h>

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
