/* table/float64.c - float64 functions from libm and formulas, and the table of them all,
 * made by pasting the text of ops.def. Those from certified balls are in float64_ball.c.
 */
#include "table/float64.h"
#include <math.h>

#define PI 3.14159265358979323846
#define PI_LOW 1.2246467991473532e-16 /* pi - PI */
#define DEGREE (PI / 180)
#define DEGREE_LOW 2.9486522708701687e-19 /* pi/180 - DEGREE */
#define LOG2 0.693147180559945309417
#define LOG2_LOW 2.3190468138462996e-17 /* log(2) - LOG2 */
#define SQRT_PI_INVERSE 0.56418958354775628695

/* ---- half turns and degrees. The argument is reduced exactly to q quarter turns and r, in
 * [-1/4, 1/4] half turns or [-45, 45] degrees; pi*r is carried in two parts. */

static double sin_half_turn(double r)
{
    double t = r * PI, low = fma(r, PI, -t) + r * PI_LOW;
    return sin(t) + low * cos(t);
}

static double cos_half_turn(double r) { return cos(r * PI); }

static double sin_degree(double r)
{
    if (r == 30 || r == -30)
        return r / 60;
    double t = r * DEGREE, low = fma(r, DEGREE, -t) + r * DEGREE_LOW;
    return sin(t) + low * cos(t);
}

static double cos_degree(double r) { return cos(r * DEGREE); }

/* A unit of angles: how many a quarter turn has; sine and cosine for up to half as many. */
typedef struct {
    double quarter;
    double (*sin)(double), (*cos)(double);
} AngleUnit;
static const AngleUnit half_turns = {0.5, sin_half_turn, cos_half_turn},
                       degrees = {90, sin_degree, cos_degree};

/* Sine of x and k quarter turns. */
static double sin_of(const AngleUnit *u, double x, int k)
{
    int q;
    double r = remquo(x, u->quarter, &q);
    double v = (q + k) & 1 ? u->cos(r) : u->sin(r);
    return (q + k) & 2 ? -v : v;
}

/* Tangent of x, or its cotangent. */
static double tan_of(const AngleUnit *u, double x, bool inverse)
{
    int q;
    double r = remquo(x, u->quarter, &q);
    if (fabs(r) == u->quarter / 2)
        return (q & 1) == (r < 0) ? 1 : -1;
    double t = u->sin(r) / u->cos(r);
    return inverse ? (q & 1 ? -t : 1 / t) : (q & 1 ? -1 / t : t);
}

double f64_sinpi(double x) { return sin_of(&half_turns, x, 0); }
double f64_cospi(double x) { return sin_of(&half_turns, x, 1); }
double f64_tanpi(double x) { return tan_of(&half_turns, x, false); }
double f64_sind(double x) { return sin_of(&degrees, x, 0); }
double f64_cosd(double x) { return sin_of(&degrees, x, 1); }
double f64_tand(double x) { return tan_of(&degrees, x, false); }
double f64_cotd(double x) { return tan_of(&degrees, x, true); }

static double radians_to_degrees(double a) { return a * (180 / PI); }

double f64_asind(double x)
{
    return fabs(x) == 0.5 ? 60 * x : fabs(x) == 1 ? 90 * x : radians_to_degrees(asin(x));
}

double f64_acosd(double x)
{
    return fabs(x) == 0.5 ? 90 - 60 * x
           : fabs(x) == 1 ? 90 - 90 * x
                          : radians_to_degrees(acos(x));
}

double f64_atand(double x) { return fabs(x) == 1 ? 45 * x : radians_to_degrees(atan(x)); }
double f64_acotd(double x)
{
    return x == 0 ? 90 : fabs(x) == 1 ? 45 * x : radians_to_degrees(atan(1 / x));
}
double f64_acot(double x) { return x == 0 ? PI / 2 : atan(1 / x); }

/* sqrt(x^2 - 1), the leg of the right triangle with hypotenuse |x| and leg 1 */
static double other_leg(double x) { return sqrt(fabs(x) - 1) * sqrt(fabs(x) + 1); }

double f64_asec(double x) { return atan2(other_leg(x), x > 0 ? 1 : -1); }
double f64_acsc(double x) { return atan2(x > 0 ? 1 : -1, other_leg(x)); }
double f64_asecd(double x)
{
    return fabs(x) == 2 ? 90 - 60 / x : radians_to_degrees(f64_asec(x));
}
double f64_acscd(double x)
{
    return fabs(x) == 2 ? 60 / x : radians_to_degrees(f64_acsc(x));
}

/* ---- hyperbolic */
double f64_sech(double x)
{
    double e = exp(-fabs(x));
    return 2 * e / (1 + e * e);
}

double f64_csch(double x)
{
    return fabs(x) < 30 ? 1 / sinh(x) : copysign(2 * exp(-fabs(x)), x);
}

double f64_asech(double x)
{
    double t = sqrt(1 - x) * sqrt(1 + x);
    return x > 0.5 ? atanh(t) : log1p(t) - log(x);
}

double f64_acoth(double x)
{
    double a = fabs(x);
    return copysign(log1p(2 / (a - 1)) / 2, x);
}

/* ---- pieces and jumps */
double f64_abs2(double x) { return x * x; }
double f64_exp10(double x) { return pow(10, x); }
double f64_sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double f64_step(double x) { return isnan(x) ? x : x > 0 ? 1 : x < 0 ? 0 : 0.5; }
double f64_step_at(double x, double v)
{
    return isnan(x) ? x : x > 0 ? 1 : x < 0 ? 0 : v;
}
double f64_dirac(double x) { return isnan(x) ? x : x == 0 ? INFINITY : 0; }
double f64_relu(double x) { return x > 0 || isnan(x) ? x : 0; }
double f64_atan2(double y, double x) { return x == 0 && y == 0 ? NAN : atan2(y, x); }
double f64_max(double x, double y) { return x > y || isnan(x) ? x : y; }
double f64_min(double x, double y) { return x < y || isnan(x) ? x : y; }

double f64_clamp(double x, double lo, double hi)
{
    return lo <= hi ? f64_min(f64_max(x, lo), hi) : NAN;
}

double f64_mod(double x, double y)
{
    double r = fmod(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

double f64_rem(double x, double y) { return fmod(x, y); }

/* ---- sinc */
double f64_sinc(double x) { return x == 0 ? 1 : isinf(x) ? 0 : f64_sinpi(x) / (PI * x); }

/* Near 0 the power series, -pi^2*x/3*(1 - ...); the terms are +-(pi*x)^(2k)*2k/(2k + 1)!/x. */
double f64_cosc(double x)
{
    if (isinf(x))
        return 0;
    if (fabs(x) > 0.4)
        return (f64_cospi(x) - f64_sinc(x)) / x;
    double y = PI * PI * x * x, sum = 0, term = -PI * PI * x / 3;
    for (int k = 1; k < 12; k++) {
        sum += term;
        term *= -y / (2 * k * (2 * k + 3));
    }
    return sum;
}

/* ---- logarithms and exponentials combined */
double f64_logistic(double x)
{
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

double f64_logit(double x)
{
    if (x > 0.25 && x < 0.75)
        return -log1p((1 - 2 * x) / x);
    return x < 0.5 ? log(x) - log1p(-x) : -log((1 - x) / x);
}

double f64_log1pexp(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

double f64_log1mexp(double x) { return x > -LOG2 ? log(-expm1(x)) : log1p(-exp(x)); }
double f64_log2mexp(double x) { return log1p(-expm1(x)); }
double f64_logexpm1(double x) { return x > LOG2 ? x + log1p(-exp(-x)) : log(expm1(x)); }

double f64_log1psq(double x) { return fabs(x) < 1e100 ? log1p(x * x) : 2 * log(fabs(x)); }

/* With r = x/(2 + x): log(1 + x) = 2*atanh(r) and x - 2*r = r*x, so that
 * log(1 + x) - x = r*(2*y*(1/3 + y/5 + y^2/7 + ...) - x), y = r^2, without cancellation. */
double f64_log1pmx(double x)
{
    if (!(x > -0.7 && x < 1.5))
        return log1p(x) - x;
    double r = x / (2 + x), y = r * r, sum = 0, power = 1;
    for (int k = 3; k < 101 && power > 1e-18; k += 2) {
        sum += power / k;
        power *= y;
    }
    return r * (2 * y * sum - x);
}

double f64_logmxp1(double x)
{
    return x > 0.4 && x < 2 ? f64_log1pmx(x - 1) : log(x) - x + 1;
}

double f64_xlogx(double x) { return x == 0 ? 0 : x * log(x); }
double f64_xlogy(double x, double y) { return x == 0 && y >= 0 ? 0 : x * log(y); }
double f64_xlog1py(double x, double y) { return x == 0 && y >= -1 ? 0 : x * log1p(y); }

double f64_logaddexp(double x, double y)
{
    double hi = f64_max(x, y), lo = f64_min(x, y);
    return hi == lo ? hi + LOG2 : isinf(hi) ? hi : hi + log1p(exp(lo - hi));
}

double f64_logsubexp(double x, double y)
{
    double hi = f64_max(x, y), lo = f64_min(x, y);
    return isinf(hi) && hi != lo ? hi : hi + f64_log1mexp(lo - hi);
}

double f64_log_base(double x, double b)
{
    return b == 2            ? log2(x)
           : b == 10         ? log10(x)
           : b > 0 && b != 1 ? log(x) / log(b)
                             : NAN;
}

/* ---- from libm, with other names or ends */
double f64_loggamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* gamma(x + 1) loses digits in x + 1 */
double f64_factorial(double x) { return x >= 1 ? x * tgamma(x) : tgamma(x + 1); }
double f64_besselj0(double x) { return j0(x); }
double f64_besselj1(double x) { return j1(x); }
double f64_bessely0(double x) { return y0(x); }
double f64_bessely1(double x) { return y1(x); }

/* ---- partials better than their text; OWN_id_i below puts them in the table */
static double leg_of_unit(double x) { return sqrt((1 - x) * (1 + x)); }

/* exp(-x^2), with the rounding error of x^2 carried along */
static double gauss(double x)
{
    double y = x * x, low = fma(x, x, -y);
    return isfinite(y) ? exp(-y) * (1 - low) : 0;
}

/* exp(x^2) */
static double inverse_gauss(double x)
{
    double y = x * x, low = fma(x, x, -y), e = exp(y);
    return isfinite(e) ? e * (1 + low) : e;
}

/* 2*exp(-x) - 1 near its zero */
static double expm1_below_log2(double x)
{
    double e = expm1(LOG2 - x);
    return e + (1 + e) * LOG2_LOW;
}

/* x - y; what it was rounded by is in *low. */
static double difference(double x, double y, double *low)
{
    double d = x - y, back = d - x;
    *low = isfinite(d) ? (x - (d - back)) - (y + back) : 0;
    return d;
}

/* The rounding error of the difference is carried along by the derivative f*(1 - f). */
static double logistic_of_difference(double x, double y)
{
    double low, d = difference(x, y, &low), f = f64_logistic(d);
    return f * (1 + low * f64_logistic(-d));
}

/* f = -1/expm1(y - x) is the slope, f*(f - 1) its derivative. */
static double inverse_expm1(double x, double y)
{
    double low, d = difference(y, x, &low), f = -1 / expm1(d);
    return f == 0 ? f : f * (1 + low * (f - 1));
}

#define OWN(name, formula)                     \
    static double d_##name(double x, double f) \
    {                                          \
        (void)x, (void)f;                      \
        return formula;                        \
    }
/* clang-format off */
OWN(asin, 1 / leg_of_unit(x))
OWN(acos, -1 / leg_of_unit(x))
OWN(asec, 1 / (fabs(x) * other_leg(x)))
OWN(acsc, -1 / (fabs(x) * other_leg(x)))
OWN(asind, 180 / PI / leg_of_unit(x))
OWN(acosd, -180 / PI / leg_of_unit(x))
OWN(asecd, 180 / PI / (fabs(x) * other_leg(x)))
OWN(acscd, -180 / PI / (fabs(x) * other_leg(x)))
OWN(asinh, 1 / hypot(1, x))
OWN(acosh, x >= 1 ? 1 / other_leg(x) : NAN)
OWN(asech, -1 / (x * leg_of_unit(x)))
OWN(acsch, -1 / (fabs(x) * hypot(1, x)))
OWN(atanh, 1 / ((1 - x) * (1 + x)))
OWN(tanh, f * f < 0.75 ? 1 - f * f : f64_sech(x) * f64_sech(x))
OWN(coth, -f64_csch(x) * f64_csch(x))
OWN(logistic, f * f64_logistic(-x))
OWN(cot, -1 / (sin(x) * sin(x)))
OWN(log2mexp, x < 0 ? -1 / (2 * exp(-x) - 1) : -1 / expm1_below_log2(x))
OWN(erf, 2 * SQRT_PI_INVERSE * gauss(x))
OWN(erfc, -2 * SQRT_PI_INVERSE * gauss(x))
OWN(erfi, 2 * SQRT_PI_INVERSE * inverse_gauss(x))
OWN(sinint, x == 0 ? 1 : sin(x) / x)
OWN(Shi, x == 0 ? 1 : sinh(x) / x)
OWN(dawson, fabs(x) < 0.5 ? 1 - 2 * x * f : fabs(x) > 1e9 ? -0.5 / x / x : f64_partial_by_ball(OP_dawson, 0, x, 0))
OWN(erfcx, x < 0.25 ? 2 * (x * f - SQRT_PI_INVERSE) : x > 1e9 ? -SQRT_PI_INVERSE / x / x : f64_partial_by_ball(OP_erfcx, 0, x, 0))
OWN(logerfcx, x > 1e9 ? -1 / x : x < -1e9 ? 2 * x : f64_partial_by_ball(OP_logerfcx, 0, x, 0))
OWN(logerfc, x > 0 ? -2 * SQRT_PI_INVERSE / f64_erfcx(x) : -2 * SQRT_PI_INVERSE * gauss(x) / erfc(x))
OWN(airyaix, x > 1e12 ? -f / x / 4 : f64_partial_by_ball(OP_airyaix, 0, x, 0))
OWN(airyaiprimex, x > 1e12 ? f / x / 4 : f64_partial_by_ball(OP_airyaiprimex, 0, x, 0))
OWN(airybix, x > 1e12 ? -f / x / 4 : f64_partial_by_ball(OP_airybix, 0, x, 0))
OWN(airybiprimex, x > 1e12 ? f / x / 4 : f64_partial_by_ball(OP_airybiprimex, 0, x, 0))
OWN(ellipk, x == 0 ? PI / 8 : x == 1 ? INFINITY : f64_partial_by_ball(OP_ellipk, 0, x, 0))
OWN(ellipe, x == 0 ? -PI / 8 : x == 1 ? -INFINITY : f64_partial_by_ball(OP_ellipe, 0, x, 0))
OWN(lambertw, x < -0.25 ? f64_partial_by_ball(OP_lambertw, 0, x, 0) : 1 / (x + exp(f)))
OWN(log1psq, fabs(x) < 1e100 ? 2 * x / (1 + x * x) : 2 / x)
/* clang-format on */
#undef OWN

/* sin or cos of pi*x^2/2, with the rounding error of x^2 carried along; beyond 2^54 x^2/2 is
 * even. */
static double d_fresnels(double x, double f)
{
    double y = x * x, low = fma(x, x, -y);
    (void)f;
    return fabs(x) > 0x1p54 ? 0
                            : f64_sinpi(y / 2) * f64_cospi(low / 2) +
                                  f64_cospi(y / 2) * f64_sinpi(low / 2);
}

static double d_fresnelc(double x, double f)
{
    double y = x * x, low = fma(x, x, -y);
    (void)f;
    return fabs(x) > 0x1p54 ? 1
                            : f64_cospi(y / 2) * f64_cospi(low / 2) -
                                  f64_sinpi(y / 2) * f64_sinpi(low / 2);
}

#define OWN(name, formula)                               \
    static double d_##name(double x, double y, double f) \
    {                                                    \
        (void)x, (void)y, (void)f;                       \
        return formula;                                  \
    }
/* clang-format off */
OWN(mod_y, round((f64_mod(x, y) - x) / y))
OWN(rem_y, round((fmod(x, y) - x) / y))
OWN(hypot_x, f == 0 ? 0 : x / f)
OWN(hypot_y, f == 0 ? 0 : y / f)
OWN(atan2_y, y / hypot(x, y) / hypot(x, y))
OWN(atan2_x, -x / hypot(x, y) / hypot(x, y))
OWN(xlogy, x == 0 ? 0 : x / y)
OWN(xlog1py, x == 0 ? 0 : x / (1 + y))
OWN(polylog, y == 0 ? 1 : f64_partial_by_ball(OP_polylog, 1, x, y))
OWN(zeta_hurwitz, x == 0 ? -1 : f64_partial_by_ball(OP_zeta_hurwitz, 1, x, y))
OWN(erf_between_a, -2 * SQRT_PI_INVERSE * gauss(x))
OWN(erf_between_b, 2 * SQRT_PI_INVERSE * gauss(y))
OWN(logaddexp_x, logistic_of_difference(x, y))
OWN(logaddexp_y, logistic_of_difference(y, x))
OWN(logsubexp_x, inverse_expm1(x, y))
OWN(logsubexp_y, inverse_expm1(y, x))
/* clang-format on */
#undef OWN

/* 1/gamma has zeros at 0, -1, -2, ..., with the slope 1, -1, 2, -6, ...; with the values of gamma
 * that are its neighbours that is a beta function, but for the sign. */

/* Is x - y exactly a whole number? It is *d then. */
static bool is_whole_difference(double x, double y, double *d)
{
    double low;
    *d = difference(x, y, &low);
    return *d == floor(*d) && low == 0;
}

static double sign_of_parity(double n) { return fmod(n, 2) == 0 ? 1 : -1; }

static double d_beta_a(double x, double y, double f)
{
    double s;
    (void)f;
    if (is_whole_difference(x, -y, &s) && s <= 0)
        return sign_of_parity(s) * tgamma(x) * tgamma(y) * tgamma(1 - s);
    return f64_partial_by_ball(OP_beta, 0, x, y);
}

static double d_beta_b(double x, double y, double f) { return d_beta_a(y, x, f); }

static double d_binomial_n(double n, double k, double f)
{
    double d;
    if (n < 0 && n == floor(n)) /* then k is an integer, f a polynomial in n */
        return k < 0 ? 0 : f * f64_partial_by_ball(OP_logbeta, 0, -n, k);
    if (is_whole_difference(n, k, &d) && d < 0)
        return -sign_of_parity(d) * f64_beta_between(n, k);
    return f64_partial_by_ball(OP_binomial, 0, n, k);
}

static double d_binomial_k(double n, double k, double f)
{
    double d;
    (void)f;
    if (n < 0 && n == floor(n))
        return NAN;
    if (k < 0 && k == floor(k))
        return -sign_of_parity(k) * f64_beta_above(n, -k);
    if (is_whole_difference(n, k, &d) && d < 0)
        return sign_of_parity(d) * f64_beta_between(n, k);
    return f64_partial_by_ball(OP_binomial, 1, n, k);
}

/* ---- the text of the table as C */
#include "table/float64_names.h"

#define UNKNOWN NAN
#define TEXT static __attribute__((unused)) double
#define RETURN1(e)        \
    {                     \
        (void)x, (void)f; \
        return e;         \
    }
#define RETURN2(e)                 \
    {                              \
        (void)x, (void)y, (void)f; \
        return e;                  \
    }
#define RETURN3(e)                          \
    {                                       \
        (void)x, (void)y, (void)z, (void)f; \
        return e;                           \
    }
/* By balls, where these tell it. */
#define OR_TEXT(op, i, x, y, text)                                            \
    {                                                                         \
        double d = isfinite(f) ? f64_partial_by_ball(OP_##op, i, x, y) : NAN; \
        return isnan(d) ? (text) : d;                                         \
    }
#define F1(id, nm, fl, v, dx, ...)                                                \
    static double v_##id(double x) { return v; }                                  \
    TEXT t0_##id(double x, double f) RETURN1(dx) TEXT b0_##id(double x, double f) \
        OR_TEXT(id, 0, x, 0, t0_##id(x, f))
#define F2(id, nm, ar, fl, v, dx, dy, ...)                     \
    static double v_##id(double x, double y) { return v; }     \
    TEXT t0_##id(double x, double y, double f) RETURN2(dx)     \
        TEXT t1_##id(double x, double y, double f) RETURN2(dy) \
            TEXT b0_##id(double x, double y, double f)         \
                OR_TEXT(id, 0, x, y, t0_##id(x, y, f))         \
                    TEXT b1_##id(double x, double y, double f) \
                        OR_TEXT(id, 1, x, y, t1_##id(x, y, f))
#define F3(id, nm, ar, fl, v, dx, dy, dz, ...)                           \
    static double v_##id(double x, double y, double z) { return v; }     \
    TEXT t0_##id(double x, double y, double z, double f) RETURN3(dx)     \
        TEXT t1_##id(double x, double y, double z, double f) RETURN3(dy) \
            TEXT t2_##id(double x, double y, double z, double f) RETURN3(dz)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(...)
#include "ops.def"

/* The rows P take the place of what the rows F gave. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const Float64Fn table[OP_COUNT] = {
#define F1(id, ...) [OP_##id] = {.arity = 1, .v1 = v_##id, .d1 = {t0_##id}},
#define F2(id, ...) [OP_##id] = {.arity = 2, .v2 = v_##id, .d2 = {t0_##id, t1_##id}},
#define F3(id, ...) \
    [OP_##id] = {.arity = 3, .v3 = v_##id, .d3 = {t0_##id, t1_##id, t2_##id}},
#define P1(id, f) [OP_##id].d1[0] = f, [OP_##id].own[0] = true,
#define P2(id, i, f) [OP_##id].d2[i] = f, [OP_##id].own[i] = true,
#define S(...)
#define T(...)
#define A(...)
#define C(...)
#include "ops.def"
};
#pragma GCC diagnostic pop

const Float64Fn *float64_fn(Op op) { return &table[op < OP_COUNT ? op : OP_POISON]; }
