/* table/certified.c - certified values of the elementary functions, and the table of all
 * routines. The others are in certified_*.c. Contract: certified.h.
 *
 * Most routines here are one formula in which the argument occurs once, so that balls stay as
 * narrow as they can be; the rest split the ball at the point where the formula changes.
 */
#include "table/certified.h"
#include <arb_hypgeom.h>

/* ---- the table */
static const CertifiedFn table[OP_COUNT] = {
#define F1(id, nm, fl, v, dx, ball, ...) [OP_##id] = {1, ball, NULL, NULL},
#define F2(id, nm, ar, fl, v, dx, dy, ball, ...) [OP_##id] = {2, NULL, ball, NULL},
#define F3(id, nm, ar, fl, v, dx, dy, dz, ball, ...) [OP_##id] = {3, NULL, NULL, ball},
#define S(...)
#define T(...)
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"
};

const CertifiedFn *certified_fn(Op op) { return &table[op < OP_COUNT ? op : OP_POISON]; }

void certified_call(Op op, arb_t r, const arb_struct *a, slong prec)
{
    const CertifiedFn *f = certified_fn(op);

    switch (f->arity) {
    case 1: f->f1(r, a, prec); break;
    case 2: f->f2(r, a, a + 1, prec); break;
    case 3: f->f3(r, a, a + 1, a + 2, prec); break;
    default: arb_indeterminate(r);
    }
}

/* ---- tools */
int cert_side(const arb_t x, double bound)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, bound);
    int side = arb_lt(x, t) ? -1 : arb_gt(x, t);
    arb_clear(t);
    return side;
}

void cert_monotone(arb_t r, const arb_t x, slong prec, CertifiedFn1 f)
{
    arb_t a, b, fa;

    if (arb_is_exact(x)) {
        f(r, x, prec);
        return;
    }
    arb_init(a);
    arb_init(b);
    arb_init(fa);
    arb_get_lbound_arf(arb_midref(a), x, prec + 30);
    arb_get_ubound_arf(arb_midref(b), x, prec + 30);
    f(fa, a, prec);
    f(r, b, prec);
    if (arb_is_finite(fa) && arb_is_finite(r))
        arb_union(r, r, fa, prec);
    else if (!cert_is_undefined(r) || !cert_is_undefined(fa))
        arb_indeterminate(r);
    arb_clear(a);
    arb_clear(b);
    arb_clear(fa);
}

void cert_mean_value(arb_t r, const arb_t x, slong prec, CertifiedFn1 f, CertifiedFn1 df)
{
    arb_t m, d;

    if (arb_is_exact(x)) {
        f(r, x, prec);
        return;
    }
    arb_init(m);
    arb_init(d);
    arb_get_mid_arb(m, x);
    f(r, m, prec);
    df(d, x, MAG_BITS + 10);
    arb_sub(m, x, m, MAG_BITS + 10); /* [-rad, rad] */
    arb_mul(d, d, m, MAG_BITS + 10);
    arb_add(r, r, d, prec);
    arb_clear(m);
    arb_clear(d);
}

bool cert_order(ulong *n, const arb_t x, arb_t r)
{
    if (!arb_contains_int(x) || arb_is_negative(x)) {
        cert_undefined(r);
        return false;
    }
    if (!arb_is_int(x) || arf_cmp_si(arb_midref(x), 1000) > 0) {
        arb_indeterminate(r);
        return false;
    }
    *n = (ulong)arf_get_si(arb_midref(x), ARF_RND_DOWN);
    return true;
}

/* r = the ball from a to b, exact numbers */
static void set_interval(arb_t r, slong a, slong b, slong prec)
{
    arf_t u, v;
    arf_init(u);
    arf_init(v);
    arf_set_si(u, a);
    arf_set_si(v, b);
    arb_set_interval_arf(r, u, v, prec);
    arf_clear(u);
    arf_clear(v);
}

static void pi_over(arb_t r, ulong n, slong prec)
{
    arb_const_pi(r, prec);
    arb_div_ui(r, r, n, prec);
}

/* ---- functions of Arb that need only their domain told */
UNDEFINED_IF(arb_is_zero(x), csc, arb_csc(r, x, prec))
UNDEFINED_IF(arb_is_zero(x), cot, arb_cot(r, x, prec))
UNDEFINED_IF(arb_is_zero(x), csch, arb_csch(r, x, prec))
UNDEFINED_IF(arb_is_zero(x), inv, arb_inv(r, x, prec))
UNDEFINED_IF(arb_is_negative(x), sqrt, arb_sqrt(r, x, prec))
UNDEFINED_IF(arb_is_nonpositive(x), log, arb_log(r, x, prec))
UNDEFINED_IF(arb_is_nonpositive(x), log2, arb_log_base_ui(r, x, 2, prec))
UNDEFINED_IF(arb_is_nonpositive(x), log10, arb_log_base_ui(r, x, 10, prec))
UNDEFINED_IF(cert_le(x, -1), log1p, arb_log1p(r, x, prec))
UNDEFINED_IF(cert_lt(x, -1) || cert_gt(x, 1), asin, arb_asin(r, x, prec))
UNDEFINED_IF(cert_lt(x, -1) || cert_gt(x, 1), acos, arb_acos(r, x, prec))
UNDEFINED_IF(cert_lt(x, 1), acosh, arb_acosh(r, x, prec))
UNDEFINED_IF(cert_le(x, -1) || cert_ge(x, 1), atanh, arb_atanh(r, x, prec))

/* Is |x| < 1 certainly? */
static bool inside_unit(const arb_t x) { return cert_gt(x, -1) && cert_lt(x, 1); }

/* r = f(1/x) */
static void of_inverse(arb_t r, const arb_t x, slong prec, CertifiedFn1 f)
{
    arb_t t;
    arb_init(t);
    arb_inv(t, x, prec);
    f(r, t, prec);
    arb_clear(t);
}
UNDEFINED_IF(inside_unit(x), asec, of_inverse(r, x, prec, arb_acos))
UNDEFINED_IF(inside_unit(x), acsc, of_inverse(r, x, prec, arb_asin))
UNDEFINED_IF(cert_le(x, 0) || cert_gt(x, 1), asech, of_inverse(r, x, prec, arb_acosh))
UNDEFINED_IF(arb_is_zero(x), acsch, of_inverse(r, x, prec, arb_asinh))
UNDEFINED_IF(cert_ge(x, -1) && cert_le(x, 1), acoth, of_inverse(r, x, prec, arb_atanh))

void cert_acot(arb_t r, const arb_t x, slong prec)
{
    if (!arb_contains_zero(x)) {
        of_inverse(r, x, prec, arb_atan);
    } else if (arb_is_zero(x)) {
        pi_over(r, 2, prec);
    } else {
        pi_over(r, 2, MAG_BITS);
        arb_add_error(r, r); /* [0, pi] */
        arb_add_error(r, r); /* [-pi/2, ...] and more */
    }
}

/* ---- degrees. Whole multiples of 30 are treated exactly, so that zeros, poles and signs are
 * decided there. */

/* sin(30*k degrees) times 2 where that is an integer (all k but 2 and 4 modulo 6). */
static bool sin_of_30k(const arb_t x, slong shift, slong *twice)
{
    static const signed char sin2[12] = {0, 1, 9, 2, 9, 1, 0, -1, 9, -2, 9, -1};
    bool found = false;
    fmpz_t n;

    if (!arb_is_int(x))
        return false;
    fmpz_init(n);
    if (arf_cmpabs_2exp_si(arb_midref(x), 4096) < 0 &&
        arf_get_fmpz(n, arb_midref(x), ARF_RND_DOWN) == 0) {
        fmpz_add_si(n, n, shift);
        ulong k = fmpz_fdiv_ui(n, 360);
        found = k % 30 == 0 && sin2[k / 30] != 9;
        if (found)
            *twice = sin2[k / 30];
    }
    fmpz_clear(n);
    return found;
}

/* sin((x + shift) degrees), shift a multiple of 30 */
static void sin_degrees(arb_t r, const arb_t x, slong shift, slong prec)
{
    slong twice;

    if (sin_of_30k(x, shift, &twice)) {
        arb_set_si(r, twice);
        arb_mul_2exp_si(r, r, -1);
        return;
    }
    arb_div_ui(r, x, 180, prec);
    if (shift == 90)
        arb_cos_pi(r, r, prec);
    else
        arb_sin_pi(r, r, prec);
}

void cert_sind(arb_t r, const arb_t x, slong prec) { sin_degrees(r, x, 0, prec); }
void cert_cosd(arb_t r, const arb_t x, slong prec) { sin_degrees(r, x, 90, prec); }

/* r = a/b, undefined where b is exactly 0 */
static void defined_quotient(arb_t r, const arb_t a, const arb_t b, slong prec)
{
    if (arb_is_zero(b))
        cert_undefined(r);
    else
        arb_div(r, a, b, prec);
}

#define QUOTIENT_DEGREES(name, shift_above, shift_below) \
    void cert_##name(arb_t r, const arb_t x, slong prec) \
    {                                                    \
        arb_t a, b;                                      \
        arb_init(a);                                     \
        arb_init(b);                                     \
        sin_degrees(a, x, shift_above, prec);            \
        sin_degrees(b, x, shift_below, prec);            \
        defined_quotient(r, a, b, prec);                 \
        arb_clear(a);                                    \
        arb_clear(b);                                    \
    }
QUOTIENT_DEGREES(tand, 0, 90)
QUOTIENT_DEGREES(cotd, 90, 0)

#define INVERSE_DEGREES(name, shift)                     \
    void cert_##name(arb_t r, const arb_t x, slong prec) \
    {                                                    \
        arb_t b;                                         \
        arb_init(b);                                     \
        sin_degrees(b, x, shift, prec);                  \
        if (arb_is_zero(b))                              \
            cert_undefined(r);                           \
        else                                             \
            arb_inv(r, b, prec);                         \
        arb_clear(b);                                    \
    }
INVERSE_DEGREES(secd, 90)
INVERSE_DEGREES(cscd, 0)

void cert_tanpi(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_int_2exp_si(x, -1) && !arb_is_int(x))
        cert_undefined(r); /* an odd multiple of 1/2 */
    else
        arb_tan_pi(r, x, prec);
}

void cert_deg2rad(arb_t r, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    pi_over(t, 180, prec + 4);
    arb_mul(r, x, t, prec);
    arb_clear(t);
}

void cert_rad2deg(arb_t r, const arb_t x, slong prec)
{
    arb_t t;
    arb_init(t);
    pi_over(t, 180, prec + 4);
    arb_div(r, x, t, prec);
    arb_clear(t);
}

#define IN_DEGREES(name, radians)                        \
    void cert_##name(arb_t r, const arb_t x, slong prec) \
    {                                                    \
        arb_t t;                                         \
        arb_init(t);                                     \
        radians(t, x, prec + 4);                         \
        if (cert_is_undefined(t))                        \
            cert_undefined(r);                           \
        else                                             \
            cert_rad2deg(r, t, prec);                    \
        arb_clear(t);                                    \
    }
IN_DEGREES(asind, cert_asin)
IN_DEGREES(acosd, cert_acos)
IN_DEGREES(atand, arb_atan)
IN_DEGREES(asecd, cert_asec)
IN_DEGREES(acscd, cert_acsc)
IN_DEGREES(acotd, cert_acot)

/* ---- powers */
void cert_abs2(arb_t r, const arb_t x, slong prec) { arb_mul(r, x, x, prec); }

static void cbrt_at(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_negative(x)) {
        arb_neg(r, x);
        arb_root_ui(r, r, 3, prec);
        arb_neg(r, r);
    } else {
        arb_root_ui(r, x, 3, prec);
    }
}

void cert_cbrt(arb_t r, const arb_t x, slong prec)
{
    if (arb_contains_zero(x))
        cert_monotone(r, x, prec, cbrt_at);
    else
        cbrt_at(r, x, prec);
}

static void power_of(arb_t r, ulong base, const arb_t x, slong prec)
{
    arb_t b;
    arb_init(b);
    arb_set_ui(b, base);
    arb_pow(r, b, x, prec);
    arb_clear(b);
}

void cert_exp2(arb_t r, const arb_t x, slong prec) { power_of(r, 2, x, prec); }
void cert_exp10(arb_t r, const arb_t x, slong prec) { power_of(r, 10, x, prec); }

void cert_ldexp(arb_t r, const arb_t x, const arb_t n, slong prec)
{
    arb_t t;
    arb_init(t);
    cert_exp2(t, n, prec);
    arb_mul(r, x, t, prec);
    arb_clear(t);
}

/* ---- pieces and jumps */
void cert_abs(arb_t r, const arb_t x, slong prec)
{
    arf_t zero, top;

    arb_abs(r, x);
    if (!arb_contains_zero(x) || arb_is_zero(x) || !arb_is_finite(x))
        return;
    arf_init(zero);
    arf_init(top);
    arb_get_abs_ubound_arf(top, x, prec);
    arb_set_interval_arf(r, zero, top, prec);
    arf_clear(zero);
    arf_clear(top);
}

void cert_sgn(arb_t r, const arb_t x, slong prec)
{
    (void)prec;
    arb_sgn(r, x);
}

/* An exact number cut towards 0; half: rounded to the nearest integer, halves away from 0. */
static void cut_to_integer(arb_t r, const arb_t x, bool half)
{
    arf_srcptr m = arb_midref(x);
    arf_t whole, part;

    arf_init(whole);
    arf_init(part);
    if (arf_sgn(m) < 0)
        arf_ceil(whole, m);
    else
        arf_floor(whole, m);
    arf_sub(part, m, whole, ARF_PREC_EXACT, ARF_RND_DOWN);
    if (half && arf_cmpabs_2exp_si(part, -1) >= 0)
        arf_add_si(whole, whole, arf_sgn(m), ARF_PREC_EXACT, ARF_RND_DOWN);
    arb_set_arf(r, whole);
    arf_clear(whole);
    arf_clear(part);
}

static void trunc_at(arb_t r, const arb_t x, slong prec)
{
    (void)prec;
    cut_to_integer(r, x, false);
}

static void round_at(arb_t r, const arb_t x, slong prec)
{
    (void)prec;
    cut_to_integer(r, x, true);
}

/* The bounds of the ball are cut at its own precision, not at prec: an integer inside must not
 * be rounded away. */
void cert_trunc(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec + arb_bits(x), trunc_at);
}

void cert_round(arb_t r, const arb_t x, slong prec)
{
    cert_monotone(r, x, prec + arb_bits(x), round_at);
}

void cert_step(arb_t r, const arb_t x, slong prec)
{
    if (!arb_contains_zero(x)) {
        arb_set_si(r, arb_is_positive(x));
    } else if (arb_is_zero(x)) {
        arb_one(r);
        arb_mul_2exp_si(r, r, -1);
    } else {
        set_interval(r, 0, 1, prec);
    }
}

void cert_step_at(arb_t r, const arb_t x, const arb_t v, slong prec)
{
    if (!arb_contains_zero(x)) {
        arb_set_si(r, arb_is_positive(x));
    } else if (arb_is_zero(x)) {
        arb_set(r, v);
    } else {
        set_interval(r, 0, 1, prec);
        arb_union(r, r, v, prec);
    }
}

void cert_dirac(arb_t r, const arb_t x, slong prec)
{
    (void)prec;
    if (!arb_contains_zero(x))
        arb_zero(r);
    else if (arb_is_zero(x))
        cert_undefined(r);
    else
        arb_indeterminate(r);
}

void cert_relu(arb_t r, const arb_t x, slong prec)
{
    arb_t zero;
    arb_init(zero);
    arb_max(r, x, zero, prec);
    arb_clear(zero);
}

void cert_clamp(arb_t r, const arb_t x, const arb_t lo, const arb_t hi, slong prec)
{
    if (arb_gt(lo, hi)) {
        cert_undefined(r);
        return;
    }
    arb_max(r, x, lo, prec);
    arb_min(r, r, hi, prec);
    if (!arb_le(lo, hi))
        arb_indeterminate(r);
}

/* r = x - y*whole(x/y) */
static void remainder_by(arb_t r, const arb_t x, const arb_t y, slong prec,
                         CertifiedFn1 whole)
{
    arb_t q, w;

    if (arb_is_zero(y)) {
        cert_undefined(r);
        return;
    }
    arb_init(q);
    arb_init(w);
    arb_div(q, x, y, prec);
    whole(w, q, prec);
    arb_mul(w, w, y, prec);
    arb_sub(r, x, w, prec);
    arb_clear(q);
    arb_clear(w);
}

void cert_mod(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    remainder_by(r, x, y, prec, arb_floor);
}

void cert_rem(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    remainder_by(r, x, y, prec, cert_trunc);
}

void cert_mod2pi(arb_t r, const arb_t x, slong prec)
{
    arb_t y;
    arb_init(y);
    arb_const_pi(y, prec + arb_bits(x));
    arb_mul_2exp_si(y, y, 1);
    remainder_by(r, x, y, prec, arb_floor);
    arb_clear(y);
}

/* ---- two arguments */
void cert_hypot(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    arb_hypot(r, x, y, prec);
}

void cert_atan2(arb_t r, const arb_t y, const arb_t x, slong prec)
{
    if (arb_is_zero(x) && arb_is_zero(y))
        cert_undefined(r);
    else if (arb_contains_zero(x) && arb_contains_zero(y))
        arb_indeterminate(r);
    else
        arb_atan2(r, y, x, prec);
}
