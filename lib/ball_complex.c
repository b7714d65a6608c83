/* ball_complex.c - floor 4: one operation on complex balls, for integrands.
 *
 * Analytic frames: the result encloses a function that is analytic on the whole ball and
 * equals the real operation where the ball meets the real line; where that cannot be said the
 * result is not finite, and the integrator tries a smaller ball. Other frames: on real balls
 * the real operation itself.
 */
#include "ball_internal.h"
#include <acb_elliptic.h>
#include <acb_hypgeom.h>

typedef struct {
    slong prec;
    bool analytic;
} Mode;

/* ---- branch cuts */

static bool right_half(const acb_t z)
{
    return arb_is_positive(acb_realref(z));
}

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

static bool real_above(const acb_t z, double bound)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, bound);
    bool above = arb_gt(acb_realref(z), t);
    arb_clear(t);
    return above;
}

static bool real_below(const acb_t z, double bound)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, bound);
    bool below = arb_lt(acb_realref(z), t);
    arb_clear(t);
    return below;
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

static void power(Eval *ev, Frame *f, const Node *n, acb_t r, Mode m)
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

/* ---- functions */

/* r = f(z)/d */
static void log_over(acb_t r, const acb_t z, ulong base, Mode m)
{
    arb_t d;
    arb_init(d);
    acb_log_analytic(r, z, m.analytic, m.prec);
    arb_log_ui(d, base, m.prec);
    acb_div_arb(r, r, d, m.prec);
    arb_clear(d);
}

/* f(1/z), f(z + 1) and the like, for the functions that are other ones in disguise */
static void composed(acb_t r, Op op, const acb_t z, Mode m)
{
    acb_t t;
    acb_init(t);
    switch (op) {
    case OP_log1p:
        acb_add_ui(t, z, 1, m.prec);
        acb_log_analytic(r, t, m.analytic, m.prec);
        break;
    case OP_logistic:
        acb_neg(t, z);
        acb_exp(t, t, m.prec);
        acb_add_ui(t, t, 1, m.prec);
        acb_inv(r, t, m.prec);
        break;
    case OP_log1pexp:
        acb_exp(t, z, m.prec);
        acb_add_ui(t, t, 1, m.prec);
        acb_log_analytic(r, t, m.analytic, m.prec);
        break;
    case OP_xlogx:
        acb_log_analytic(t, z, m.analytic, m.prec);
        acb_mul(r, t, z, m.prec);
        break;
    case OP_relu: acb_real_max(r, z, t, m.analytic, m.prec); break;
    case OP_factorial:
        acb_add_ui(t, z, 1, m.prec);
        acb_gamma(r, t, m.prec);
        break;
    case OP_fresnels: acb_hypgeom_fresnel(r, NULL, z, 1, m.prec); break;
    case OP_fresnelc: acb_hypgeom_fresnel(NULL, r, z, 1, m.prec); break;
    case OP_airyai: acb_hypgeom_airy(r, NULL, NULL, NULL, z, m.prec); break;
    case OP_airyaiprime: acb_hypgeom_airy(NULL, r, NULL, NULL, z, m.prec); break;
    case OP_airybi: acb_hypgeom_airy(NULL, NULL, r, NULL, z, m.prec); break;
    case OP_airybiprime: acb_hypgeom_airy(NULL, NULL, NULL, r, z, m.prec); break;
    case OP_besselj0: acb_hypgeom_bessel_j(r, t, z, m.prec); break;
    case OP_besselj1:
        acb_one(t);
        acb_hypgeom_bessel_j(r, t, z, m.prec);
        break;
    default: acb_indeterminate(r);
    }
    acb_clear(t);
}

/* those that need the ball to lie on one side of something */
static void guarded(acb_t r, Op op, const acb_t z, Mode m)
{
    slong p = m.prec;
    bool right = right_half(z);
    acb_indeterminate(r);
    switch (op) {
    case OP_asin: if (off_asin_cuts(z)) acb_asin(r, z, p); break;
    case OP_acos: if (off_asin_cuts(z)) acb_acos(r, z, p); break;
    case OP_atanh: if (off_asin_cuts(z)) acb_atanh(r, z, p); break;
    case OP_atan: if (off_atan_cuts(z)) acb_atan(r, z, p); break;
    case OP_asinh: if (off_atan_cuts(z)) acb_asinh(r, z, p); break;
    case OP_acosh: if (real_above(z, 1)) acb_acosh(r, z, p); break;
    case OP_loggamma: if (right) acb_lgamma(r, z, p); break;
    case OP_Ei: if (right) acb_hypgeom_ei(r, z, p); break;
    case OP_cosint: if (right) acb_hypgeom_ci(r, z, p); break;
    case OP_Chi: if (right) acb_hypgeom_chi(r, z, p); break;
    case OP_ellipk: if (real_below(z, 1)) acb_elliptic_k(r, z, p); break;
    case OP_ellipe: if (real_below(z, 1)) acb_elliptic_e(r, z, p); break;
    case OP_expint:
        if (right) {
            acb_t one;
            acb_init(one);
            acb_one(one);
            acb_hypgeom_expint(r, one, z, p);
            acb_clear(one);
        }
        break;
    case OP_lambertw:
        if (real_above(z, -0.3678)) {
            fmpz_t k;
            fmpz_init(k);
            acb_lambertw(r, z, k, 0, p);
            fmpz_clear(k);
        }
        break;
    default: composed(r, op, z, m);
    }
}

static void unary(acb_t r, Op op, const acb_t z, Mode m)
{
    slong p = m.prec;
    switch (op) {
    case OP_sin: acb_sin(r, z, p); break;
    case OP_cos: acb_cos(r, z, p); break;
    case OP_tan: acb_tan(r, z, p); break;
    case OP_cot: acb_cot(r, z, p); break;
    case OP_sec: acb_sec(r, z, p); break;
    case OP_csc: acb_csc(r, z, p); break;
    case OP_sinpi: acb_sin_pi(r, z, p); break;
    case OP_cospi: acb_cos_pi(r, z, p); break;
    case OP_tanpi: acb_tan_pi(r, z, p); break;
    case OP_sinc: acb_sinc_pi(r, z, p); break;
    case OP_sinh: acb_sinh(r, z, p); break;
    case OP_cosh: acb_cosh(r, z, p); break;
    case OP_tanh: acb_tanh(r, z, p); break;
    case OP_sech: acb_sech(r, z, p); break;
    case OP_csch: acb_csch(r, z, p); break;
    case OP_coth: acb_coth(r, z, p); break;
    case OP_expm1: acb_expm1(r, z, p); break;
    case OP_log: acb_log_analytic(r, z, m.analytic, p); break;
    case OP_log2: log_over(r, z, 2, m); break;
    case OP_log10: log_over(r, z, 10, m); break;
    case OP_abs: acb_real_abs(r, z, m.analytic, p); break;
    case OP_sign: acb_real_sgn(r, z, m.analytic, p); break;
    case OP_step: acb_real_heaviside(r, z, m.analytic, p); break;
    case OP_floor: acb_real_floor(r, z, m.analytic, p); break;
    case OP_ceil: acb_real_ceil(r, z, m.analytic, p); break;
    case OP_gamma: acb_gamma(r, z, p); break;
    case OP_digamma: acb_digamma(r, z, p); break;
    case OP_zeta: acb_zeta(r, z, p); break;
    case OP_erf: acb_hypgeom_erf(r, z, p); break;
    case OP_erfc: acb_hypgeom_erfc(r, z, p); break;
    case OP_erfi: acb_hypgeom_erfi(r, z, p); break;
    case OP_sinint: acb_hypgeom_si(r, z, p); break;
    case OP_Shi: acb_hypgeom_shi(r, z, p); break;
    default: guarded(r, op, z, m);
    }
}

static void binary(acb_t r, Op op, const acb_t x, const acb_t y, Mode m)
{
    slong p = m.prec;
    bool right = right_half(y);
    acb_indeterminate(r);
    switch (op) {
    case OP_max: acb_real_max(r, x, y, m.analytic, p); break;
    case OP_min: acb_real_min(r, x, y, m.analytic, p); break;
    case OP_besselj: if (right || acb_is_int(x)) acb_hypgeom_bessel_j(r, x, y, p); break;
    case OP_bessely: if (right) acb_hypgeom_bessel_y(r, x, y, p); break;
    case OP_besseli: if (right || acb_is_int(x)) acb_hypgeom_bessel_i(r, x, y, p); break;
    case OP_besselk: if (right) acb_hypgeom_bessel_k(r, x, y, p); break;
    case OP_polygamma: if (right) acb_polygamma(r, x, y, p); break;
    case OP_expint_nu: if (right) acb_hypgeom_expint(r, x, y, p); break;
    case OP_atan2:
        if (right) {
            acb_div(r, x, y, p);
            if (off_atan_cuts(r))
                acb_atan(r, r, p);
            else
                acb_indeterminate(r);
        }
        break;
    case OP_hypot: {
        acb_t t;
        acb_init(t);
        acb_mul(t, x, x, p);
        acb_addmul(t, y, y, p);
        acb_sqrt_analytic(r, t, m.analytic, p);
        acb_clear(t);
        break;
    }
    default: break;
    }
}

/* ---- comparisons: decided by the real parts */

static Truth compare(Op op, const acb_t a, const acb_t b, slong prec)
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

static bool all_real(Eval *ev, Frame *f, const Node *n)
{
    for (uint32_t i = 0; i < ball_arity(n); i++)
        if (!acb_is_real(ball_carg(ev, f, n, i)))
            return false;
    return true;
}

static void sum(Eval *ev, Frame *f, const Node *n, acb_t r)
{
    acb_zero(r);
    for (uint32_t i = 0; i < n->n; i++)
        acb_add(r, r, ball_carg(ev, f, n, i), f->prec);
}

static void product(Eval *ev, Frame *f, const Node *n, acb_t r)
{
    acb_set(r, ball_carg(ev, f, n, 0));
    for (uint32_t i = 1; i < n->n; i++)
        acb_mul(r, r, ball_carg(ev, f, n, i), f->prec);
}

static void scale(acb_t r, const acb_t z, Num k, slong prec)
{
    arb_t t;
    arb_init(t);
    ball_set_num(t, k, prec);
    acb_mul_arb(r, z, t, prec);
    arb_clear(t);
}

void ball_complex_op(Eval *ev, Frame *f, const Node *n, Val *v)
{
    Mode m = {f->prec, f->analytic};
    acb_ptr r = &v->z;
    if (ball_arity(n) == 0 || n->op == OP_NOT || (!f->analytic && all_real(ev, f, n))) {
        arb_zero(acb_imagref(r));
        ball_real_op(ev, f, n, v);
        return;
    }
    switch (n->op) {
    case OP_SCALE: scale(r, ball_carg(ev, f, n, 1), n->a[0]->num, f->prec); break;
    case OP_ADD: sum(ev, f, n, r); break;
    case OP_MUL: product(ev, f, n, r); break;
    case OP_POW: power(ev, f, n, r, m); break;
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
        v->truth = (uint8_t)compare((Op)n->op, ball_carg(ev, f, n, 0),
                                    ball_carg(ev, f, n, 1), f->prec);
        return;
    default:
        if (ball_fn((Op)n->op)->arity == 1)
            unary(r, (Op)n->op, ball_carg(ev, f, n, 0), m);
        else if (ball_fn((Op)n->op)->arity == 2)
            binary(r, (Op)n->op, ball_carg(ev, f, n, 0), ball_carg(ev, f, n, 1), m);
        else
            acb_indeterminate(r);
    }
    if (!ball_sane(acb_realref(r)) || !ball_sane(acb_imagref(r)))
        ball_fail(v, LBZ_UNABLE, n);
}
