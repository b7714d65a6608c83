/* table/float64.h - every function of the table and its partials in float64.
 *
 * The table's value and partial columns are C text over these functions: a file that pastes them
 * includes float64_names.h, which leads the table's names here. float64_fn() has everything as
 * pointers, with better partials where the text is inaccurate in float64 (1 - f*f of tanh far
 * out) or has a removable singularity (sin(x)/x at 0).
 *
 * Arguments outside the domain give NaN, poles inf, NaN gives NaN; nothing sets a flag that
 * anybody reads. Accuracy, in ulp of the result (for functions that cross 0: of the terms that
 * meet there): 1 for what is computed by certified balls, rounded correctly but for ties that
 * 2048 bits do not decide; libm's (at most 2, tgamma 5, j0 j1 y0 y1 9) for what comes from
 * there; 4 for the formulas in float64.c. All are thread-safe. tests/test_table.c measures.
 */
#ifndef LBZ_TABLE_FLOAT64_H
#define LBZ_TABLE_FLOAT64_H

#include "table/table.h"

typedef struct {
    unsigned arity; /* 0: the op is no function of the table */
    double (*v1)(double x);
    double (*v2)(double x, double y);
    double (*v3)(double x, double y, double z);
    /* the i-th partial, given the value f; NaN where no formula is known (op_info tells) */
    double (*d1[1])(double x, double f);
    double (*d2[2])(double x, double y, double f);
    double (*d3[3])(double x, double y, double z, double f);
    bool own[3]; /* the i-th partial is better than its text (rows P) */
} Float64Fn;

const Float64Fn *float64_fn(Op op); /* never NULL */

/* ---- libm does not have these; formulas */
double f64_acot(double x);
double f64_asec(double x);
double f64_acsc(double x);
double f64_sind(double x);
double f64_cosd(double x);
double f64_tand(double x);
double f64_cotd(double x);
double f64_asind(double x);
double f64_acosd(double x);
double f64_atand(double x);
double f64_asecd(double x);
double f64_acscd(double x);
double f64_acotd(double x);
double f64_sinpi(double x);
double f64_cospi(double x);
double f64_tanpi(double x);
double f64_sech(double x);
double f64_csch(double x);
double f64_asech(double x);
double f64_acoth(double x);
double f64_abs2(double x);
double f64_exp10(double x);
double f64_sign(double x);
double f64_step(double x);
double f64_dirac(double x);
double f64_relu(double x);
double f64_mod2pi(double x);
double f64_sinc(double x);
double f64_cosc(double x);
double f64_logistic(double x);
double f64_logit(double x);
double f64_log1pexp(double x);
double f64_log1mexp(double x);
double f64_log2mexp(double x);
double f64_logexpm1(double x);
double f64_log1psq(double x);
double f64_log1pmx(double x);
double f64_logmxp1(double x);
double f64_xlogx(double x);
double f64_loggamma(double x);
double f64_factorial(double x);
double f64_besselj0(double x);
double f64_besselj1(double x);
double f64_bessely0(double x);
double f64_bessely1(double x);
double f64_atan2(double y, double x);
double f64_max(double x, double y);
double f64_min(double x, double y);
double f64_mod(double x, double y);
double f64_rem(double x, double y);
double f64_step_at(double x, double v);
double f64_log_base(double x, double b);
double f64_xlogy(double x, double y);
double f64_xlog1py(double x, double y);
double f64_logaddexp(double x, double y);
double f64_logsubexp(double x, double y);
double f64_clamp(double x, double lo, double hi);

/* ---- by certified balls (float64_ball.c) */
double f64_digamma(double x);
double f64_trigamma(double x);
double f64_invdigamma(double x);
double f64_erfi(double x);
double f64_erfcx(double x);
double f64_erfinv(double x);
double f64_erfcinv(double x);
double f64_logerfc(double x);
double f64_logerfcx(double x);
double f64_dawson(double x);
double f64_fresnels(double x);
double f64_fresnelc(double x);
double f64_expint(double x);
double f64_Ei(double x);
double f64_sinint(double x);
double f64_cosint(double x);
double f64_Shi(double x);
double f64_Chi(double x);
double f64_li(double x);
double f64_airyai(double x);
double f64_airybi(double x);
double f64_airyaiprime(double x);
double f64_airybiprime(double x);
double f64_airyaix(double x);
double f64_airyaiprimex(double x);
double f64_airybix(double x);
double f64_airybiprimex(double x);
double f64_ellipk(double m);
double f64_ellipe(double m);
double f64_zeta(double s);
double f64_lambertw(double x);
double f64_sinc_d(double n, double x);
double f64_polygamma(double n, double x);
double f64_beta(double a, double b);
double f64_logbeta(double a, double b);
double f64_binomial(double n, double k);
double f64_erf_between(double a, double b);
double f64_besselj(double nu, double x);
double f64_bessely(double nu, double x);
double f64_besseli(double nu, double x);
double f64_besselk(double nu, double x);
double f64_besselix(double nu, double x);
double f64_besselkx(double nu, double x);
double f64_expint_nu(double nu, double x);
double f64_zeta_hurwitz(double s, double a);
double f64_zeta_d(double n, double s);
double f64_polylog(double s, double x);
/* The i-th partial derivative of a row by its text, to the last bit; NaN where the text has no
 * value, or none that can be told. y is 0 for a row of one argument. */
double f64_partial_by_ball(Op op, unsigned i, double x, double y);
double f64_beta_above(double n, double k);   /* beta(1 + n, k) */
double f64_beta_between(double n, double k); /* beta(1 + n, k - n) */

#endif
