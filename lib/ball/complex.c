/* ball/complex.c - one operation on complex balls, for integrands.
 *
 * Analytic frames: the result encloses a function that is analytic on the whole ball and
 * equals the real operation where the ball meets the real line; where that cannot be said
 * the result is not finite, and the integrator tries a smaller ball. Other frames: on real
 * balls the real operation itself.
 */
#include "ball/internal.h"
#include <acb_elliptic.h>
#include <acb_hypgeom.h>

typedef struct {
    slong prec;
    bool analytic;
} Mode;

/* ---- branch cuts */

static bool right_half(const acb_t z) { return arb_is_positive(acb_realref(z)); }

/* Is |x| < 1? */
static bool below_one(const arb_t x)
{
    mag_t m;
    mag_init(m);
    arb_get_mag(m, x);
    bool below = mag_cmp_2exp_si(m, 0) < 0;
    mag_clear(m);
    return below;
}

static bool off_asin_cuts(const acb_t z)
{
    return below_one(acb_realref(z)) || !arb_contains_zero(acb_imagref(z));
}

static bool off_atan_cuts(const acb_t z)
{
    return below_one(acb_imagref(z)) || !arb_contains_zero(acb_realref(z));
}

/* ---- powers */

/* The real root where b is negative and the denominator odd. */
static void pow_rational(acb_t r, const acb_t b, Num e, Mode m)
{
    arb_t x;
    if (!num_is_small(e)) {
        acb_indeterminate(r);
        return;
    }
    arb_init(x);
    ball_set_num(x, e, m.prec);
    if (e.q == 2 && e.p == 1) {
        acb_sqrt_analytic(r, b, m.analytic, m.prec);
    } else if (e.q == 2 && e.p == -1) {
        acb_rsqrt_analytic(r, b, m.analytic, m.prec);
    } else if (right_half(b)) {
        acb_pow_arb(r, b, x, m.prec);
    } else if (e.q % 2 == 1 && arb_is_negative(acb_realref(b))) {
        acb_neg(r, b);
        acb_pow_arb(r, r, x, m.prec);
        if (e.p % 2)
            acb_neg(r, r);
    } else {
        acb_indeterminate(r);
    }
    arb_clear(x);
}

static void complex_power(BallEval *ev, BallFrame *f, const Node *n, acb_t r, Mode m)
{
    acb_srcptr b = ball_carg(ev, f, n, 0), x = ball_carg(ev, f, n, 1);
    int64_t k;
    if (ex_is_exp(n))
        acb_exp(r, x, m.prec);
    else if (ex_get_int(n->a[1], &k))
        acb_pow_si(r, b, k, m.prec);
    else if (ex_is_num(n->a[1]))
        pow_rational(r, b, n->a[1]->num, m);
    else if (right_half(b))
        acb_pow(r, b, x, m.prec);
    else
        acb_indeterminate(r);
}

/* ---- functions of one argument */

typedef void (*Entire)(acb_t, const acb_t, slong);
typedef void (*RealPiece)(acb_t, const acb_t, int, slong);

/* analytic wherever they are finite */
static const Entire entire[OP_COUNT] = {
    [OP_sin] = acb_sin,           [OP_cos] = acb_cos,
    [OP_tan] = acb_tan,           [OP_cot] = acb_cot,
    [OP_sec] = acb_sec,           [OP_csc] = acb_csc,
    [OP_sinpi] = acb_sin_pi,      [OP_cospi] = acb_cos_pi,
    [OP_tanpi] = acb_tan_pi,      [OP_sinc] = acb_sinc_pi,
    [OP_sinh] = acb_sinh,         [OP_cosh] = acb_cosh,
    [OP_tanh] = acb_tanh,         [OP_sech] = acb_sech,
    [OP_csch] = acb_csch,         [OP_coth] = acb_coth,
    [OP_expm1] = acb_expm1,       [OP_gamma] = acb_gamma,
    [OP_digamma] = acb_digamma,   [OP_zeta] = acb_zeta,
    [OP_erf] = acb_hypgeom_erf,   [OP_erfc] = acb_hypgeom_erfc,
    [OP_erfi] = acb_hypgeom_erfi, [OP_sinint] = acb_hypgeom_si,
    [OP_Shi] = acb_hypgeom_shi,
};

/* real functions in pieces, as analytic as they are told to be */
static const RealPiece pieces[OP_COUNT] = {
    [OP_log] = acb_log_analytic, [OP_abs] = acb_real_abs,
    [OP_sign] = acb_real_sgn,    [OP_step] = acb_real_heaviside,
    [OP_floor] = acb_real_floor, [OP_ceil] = acb_real_ceil,
};

static bool below_unity(const acb_t z) { return cert_lt(acb_realref(z), 1); }

static bool above_unity(const acb_t z) { return cert_gt(acb_realref(z), 1); }

/* with a cut that the ball has to keep clear of */
static const struct {
    Entire f;
    bool (*clear)(const acb_t);
} guarded[OP_COUNT] = {
    [OP_asin] = {acb_asin, off_asin_cuts},
    [OP_acos] = {acb_acos, off_asin_cuts},
    [OP_atanh] = {acb_atanh, off_asin_cuts},
    [OP_atan] = {acb_atan, off_atan_cuts},
    [OP_asinh] = {acb_asinh, off_atan_cuts},
    [OP_acosh] = {acb_acosh, above_unity},
    [OP_loggamma] = {acb_lgamma, right_half},
    [OP_Ei] = {acb_hypgeom_ei, right_half},
    [OP_cosint] = {acb_hypgeom_ci, right_half},
    [OP_Chi] = {acb_hypgeom_chi, right_half},
    [OP_ellipk] = {acb_elliptic_k, below_unity},
    [OP_ellipe] = {acb_elliptic_e, below_unity},
};

/* r = log(z)/log(base) */
static void log_over(acb_t r, const acb_t z, ulong base, Mode m)
{
    arb_t d;
    arb_init(d);
    acb_log_analytic(r, z, m.analytic, m.prec);
    arb_log_ui(d, base, m.prec);
    acb_div_arb(r, r, d, m.prec);
    arb_clear(d);
}

/* t: scratch, 0 at first */
static void logarithmic(acb_t r, Op op, const acb_t z, acb_t t, Mode m)
{
    switch (op) {
    case OP_log2: log_over(r, z, 2, m); return;
    case OP_log10: log_over(r, z, 10, m); return;
    case OP_log1p: acb_add_ui(t, z, 1, m.prec); break;
    case OP_log1pexp:
    case OP_logistic:
        if (op == OP_logistic)
            acb_neg(t, z);
        acb_exp(t, op == OP_logistic ? t : z, m.prec);
        acb_add_ui(t, t, 1, m.prec);
        break;
    default: acb_set(t, z); /* xlogx */
    }
    if (op == OP_logistic)
        acb_inv(r, t, m.prec);
    else
        acb_log_analytic(r, t, m.analytic, m.prec);
    if (op == OP_xlogx)
        acb_mul(r, r, z, m.prec);
}

static void special_function(acb_t r, Op op, const acb_t z, acb_t t, slong p)
{
    switch (op) {
    case OP_factorial:
        acb_add_ui(t, z, 1, p);
        acb_gamma(r, t, p);
        break;
    case OP_fresnels: acb_hypgeom_fresnel(r, NULL, z, 1, p); break;
    case OP_fresnelc: acb_hypgeom_fresnel(NULL, r, z, 1, p); break;
    case OP_airyai: acb_hypgeom_airy(r, NULL, NULL, NULL, z, p); break;
    case OP_airyaiprime: acb_hypgeom_airy(NULL, r, NULL, NULL, z, p); break;
    case OP_airybi: acb_hypgeom_airy(NULL, NULL, r, NULL, z, p); break;
    case OP_airybiprime: acb_hypgeom_airy(NULL, NULL, NULL, r, z, p); break;
    case OP_besselj0: acb_hypgeom_bessel_j(r, t, z, p); break;
    case OP_besselj1:
        acb_one(t);
        acb_hypgeom_bessel_j(r, t, z, p);
        break;
    case OP_expint:
        acb_one(t);
        if (right_half(z))
            acb_hypgeom_expint(r, t, z, p);
        break;
    case OP_lambertw: {
        fmpz_t branch;
        fmpz_init(branch);
        if (cert_side(acb_realref(z), -0.3678) > 0) /* -1/e */
            acb_lambertw(r, z, branch, 0, p);
        fmpz_clear(branch);
        break;
    }
    default: break;
    }
}

static void unary_function(acb_t r, Op op, const acb_t z, Mode m)
{
    acb_t t;
    acb_init(t);
    acb_indeterminate(r);
    if (entire[op])
        entire[op](r, z, m.prec);
    else if (pieces[op])
        pieces[op](r, z, m.analytic, m.prec);
    else if (guarded[op].f && guarded[op].clear(z))
        guarded[op].f(r, z, m.prec);
    else if (op == OP_relu)
        acb_real_max(r, z, t, m.analytic, m.prec);
    else if (op == OP_log2 || op == OP_log10 || op == OP_log1p || op == OP_log1pexp ||
             op == OP_logistic || op == OP_xlogx)
        logarithmic(r, op, z, t, m);
    else
        special_function(r, op, z, t, m.prec);
    acb_clear(t);
}

/* ---- functions of two arguments */

static void hypotenuse(acb_t r, const acb_t x, const acb_t y, Mode m)
{
    acb_t t;
    acb_init(t);
    acb_mul(t, x, x, m.prec);
    acb_addmul(t, y, y, m.prec);
    acb_sqrt_analytic(r, t, m.analytic, m.prec);
    acb_clear(t);
}

static void angle_of(acb_t r, const acb_t y, const acb_t x, slong prec)
{
    acb_t t;
    acb_init(t);
    acb_div(t, y, x, prec);
    if (right_half(x) && off_atan_cuts(t))
        acb_atan(r, t, prec);
    acb_clear(t);
}

typedef void (*OfOrder)(acb_t, const acb_t, const acb_t, slong);

static const OfOrder of_order[OP_COUNT] = {
    [OP_besselj] = acb_hypgeom_bessel_j, [OP_bessely] = acb_hypgeom_bessel_y,
    [OP_besseli] = acb_hypgeom_bessel_i, [OP_besselk] = acb_hypgeom_bessel_k,
    [OP_polygamma] = acb_polygamma,      [OP_expint_nu] = acb_hypgeom_expint,
};

static void binary_function(acb_t r, Op op, const acb_t x, const acb_t y, Mode m)
{
    acb_indeterminate(r);
    if (of_order[op]) {
        if (right_half(y) || ((op == OP_besselj || op == OP_besseli) && acb_is_int(x)))
            of_order[op](r, x, y, m.prec);
    } else if (op == OP_max) {
        acb_real_max(r, x, y, m.analytic, m.prec);
    } else if (op == OP_min) {
        acb_real_min(r, x, y, m.analytic, m.prec);
    } else if (op == OP_hypot) {
        hypotenuse(r, x, y, m);
    } else if (op == OP_atan2) {
        angle_of(r, x, y, m.prec);
    }
}

/* ---- comparisons: decided by the real parts */

static Truth compare_real_parts(Op op, const acb_t a, const acb_t b, slong prec)
{
    acb_t d;
    acb_init(d);
    acb_sub(d, b, a, prec);
    bool more = arb_is_positive(acb_realref(d)), less = arb_is_negative(acb_realref(d));
    acb_clear(d);
    if (!more && !less)
        return T_EITHER;
    return op == OP_NE ? T_TRUE : op == OP_EQ ? T_FALSE : more ? T_TRUE : T_FALSE;
}

/* ---- all of them */

static bool all_real(BallEval *ev, BallFrame *f, const Node *n)
{
    for (uint32_t i = 0; i < ball_arity(n); i++)
        if (!acb_is_real(ball_carg(ev, f, n, i)))
            return false;
    return true;
}

static void complex_sum(BallEval *ev, BallFrame *f, const Node *n, acb_t r)
{
    acb_zero(r);
    for (uint32_t i = 0; i < n->n; i++)
        acb_add(r, r, ball_carg(ev, f, n, i), f->prec);
}

static void complex_product(BallEval *ev, BallFrame *f, const Node *n, acb_t r)
{
    acb_set(r, ball_carg(ev, f, n, 0));
    for (uint32_t i = 1; i < n->n; i++)
        acb_mul(r, r, ball_carg(ev, f, n, i), f->prec);
}

static void complex_scale(acb_t r, const acb_t z, Num k, slong prec)
{
    arb_t t;
    arb_init(t);
    ball_set_num(t, k, prec);
    acb_mul_arb(r, z, t, prec);
    arb_clear(t);
}

void ball_complex_op(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    Mode m = {f->prec, f->analytic};
    acb_ptr r = &v->z;
    if (ball_arity(n) == 0 || n->op == OP_NOT || (!f->analytic && all_real(ev, f, n))) {
        arb_zero(acb_imagref(r));
        ball_real_op(ev, f, n, v);
        return;
    }
    switch (n->op) {
    case OP_SCALE: complex_scale(r, ball_carg(ev, f, n, 1), n->a[0]->num, f->prec); break;
    case OP_ADD: complex_sum(ev, f, n, r); break;
    case OP_MUL: complex_product(ev, f, n, r); break;
    case OP_POW: complex_power(ev, f, n, r, m); break;
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
        v->truth = (uint8_t)compare_real_parts((Op)n->op, ball_carg(ev, f, n, 0),
                                               ball_carg(ev, f, n, 1), f->prec);
        return;
    default:
        if (certified_fn((Op)n->op)->arity == 1)
            unary_function(r, (Op)n->op, ball_carg(ev, f, n, 0), m);
        else if (certified_fn((Op)n->op)->arity == 2)
            binary_function(r, (Op)n->op, ball_carg(ev, f, n, 0), ball_carg(ev, f, n, 1),
                            m);
        else
            acb_indeterminate(r);
    }
    if (!ball_sane(acb_realref(r)) || !ball_sane(acb_imagref(r)))
        ball_fail(v, LBZ_UNABLE, n);
}
