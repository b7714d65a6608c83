/* table/float64.h - every function of the table and its partials in float64.
 *
 * The table's value and partial columns are C text over these functions: a file that pastes them
 * includes kernel_names.h, which leads the table's names here. kernel_fn() has everything as
 * pointers, with better partials where the text is inaccurate in float64 (1 - f*f of tanh far
 * out) or has a removable singularity (sin(x)/x at 0).
 *
 * Arguments outside the domain give NaN, poles inf, NaN gives NaN; nothing sets a flag that
 * anybody reads. Accuracy, in ulp of the result (for functions that cross 0: of the terms that
 * meet there): 1 for what is computed by certified balls, rounded correctly but for ties that
 * 2048 bits do not decide; libm's (at most 2, tgamma 5, j0 j1 y0 y1 9) for what comes from
 * there; 4 for the formulas in kernels.c. All are thread-safe. tests/test_table.c measures.
 */
#ifndef LBZ_KERNELS_H
#define LBZ_KERNELS_H

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
} Kernel;

const Kernel *kernel_fn(Op op); /* never NULL */

/* ---- libm does not have these; formulas */
double k_acot(double x);
double k_asec(double x);
double k_acsc(double x);
double k_sind(double x);
double k_cosd(double x);
double k_tand(double x);
double k_cotd(double x);
double k_asind(double x);
double k_acosd(double x);
double k_atand(double x);
double k_asecd(double x);
double k_acscd(double x);
double k_acotd(double x);
double k_sinpi(double x);
double k_cospi(double x);
double k_tanpi(double x);
double k_sech(double x);
double k_csch(double x);
double k_asech(double x);
double k_acoth(double x);
double k_abs2(double x);
double k_exp10(double x);
double k_sign(double x);
double k_step(double x);
double k_dirac(double x);
double k_relu(double x);
double k_mod2pi(double x);
double k_sinc(double x);
double k_cosc(double x);
double k_logistic(double x);
double k_logit(double x);
double k_log1pexp(double x);
double k_log1mexp(double x);
double k_log2mexp(double x);
double k_logexpm1(double x);
double k_log1psq(double x);
double k_log1pmx(double x);
double k_logmxp1(double x);
double k_xlogx(double x);
double k_loggamma(double x);
double k_factorial(double x);
double k_besselj0(double x);
double k_besselj1(double x);
double k_bessely0(double x);
double k_bessely1(double x);
double k_atan2(double y, double x);
double k_max(double x, double y);
double k_min(double x, double y);
double k_mod(double x, double y);
double k_rem(double x, double y);
double k_step_at(double x, double v);
double k_log_base(double x, double b);
double k_xlogy(double x, double y);
double k_xlog1py(double x, double y);
double k_logaddexp(double x, double y);
double k_logsubexp(double x, double y);
double k_clamp(double x, double lo, double hi);

/* ---- by certified balls (kernels_ball.c) */
double k_digamma(double x);
double k_trigamma(double x);
double k_invdigamma(double x);
double k_erfi(double x);
double k_erfcx(double x);
double k_erfinv(double x);
double k_erfcinv(double x);
double k_logerfc(double x);
double k_logerfcx(double x);
double k_dawson(double x);
double k_fresnels(double x);
double k_fresnelc(double x);
double k_expint(double x);
double k_Ei(double x);
double k_sinint(double x);
double k_cosint(double x);
double k_Shi(double x);
double k_Chi(double x);
double k_li(double x);
double k_airyai(double x);
double k_airybi(double x);
double k_airyaiprime(double x);
double k_airybiprime(double x);
double k_airyaix(double x);
double k_airyaiprimex(double x);
double k_airybix(double x);
double k_airybiprimex(double x);
double k_ellipk(double m);
double k_ellipe(double m);
double k_zeta(double s);
double k_lambertw(double x);
double k_sinc_d(double n, double x);
double k_polygamma(double n, double x);
double k_beta(double a, double b);
double k_logbeta(double a, double b);
double k_binomial(double n, double k);
double k_erf_between(double a, double b);
double k_besselj(double nu, double x);
double k_bessely(double nu, double x);
double k_besseli(double nu, double x);
double k_besselk(double nu, double x);
double k_besselix(double nu, double x);
double k_besselkx(double nu, double x);
double k_expint_nu(double nu, double x);
double k_zeta_hurwitz(double s, double a);
double k_zeta_d(double n, double s);
double k_polylog(double s, double x);
/* Derivatives whose formulas cancel. */
double k_airyaix_slope(double x);
double k_airyaiprimex_slope(double x);
double k_airybix_slope(double x);
double k_airybiprimex_slope(double x);
double k_digamma_gap(double x, double y); /* digamma(x) - digamma(x + y) */
double k_binomial_log_slope(unsigned i, double n,
                            double k); /* in n (i = 0) or k, over f */
double k_dawson_slope(double x);
double k_erfcx_slope(double x);
double k_logerfcx_slope(double x);
double k_ellipk_slope(double m);
double k_ellipe_slope(double m);
double k_lambertw_slope(double x);

#endif
