/* ball/real.c - one operation on real balls: arithmetic, powers, comparisons,
 * functions.
 *
 * Real domain: a rational power with an odd denominator is the real root of a negative
 * number, too; what certainly has no real value is DOMAIN, what the balls leave open is
 * UNABLE.
 */
#include "ball/internal.h"
#include <arb_hypgeom.h>

/* Exponents beyond these bits are refused: they only come from towers of powers, and
 * arithmetic with them would have no bound. */
#define MAX_EXPONENT_BITS 4096
#define MAX_POWER_BITS 4096

bool ball_sane(const arb_t x)
{
    return arb_is_finite(x) &&
           (!COEFF_IS_MPZ(*ARF_EXPREF(arb_midref(x))) ||
            fmpz_bits(ARF_EXPREF(arb_midref(x))) <= MAX_EXPONENT_BITS);
}

/* ---- leaves */

static void get_fmpq(fmpq_t q, Num x)
{
    mpq_t t;
    mpq_init(t);
    num_get_mpq(t, x);
    fmpq_set_mpq(q, t);
    mpq_clear(t);
}

void ball_set_num(arb_t r, Num x, slong prec)
{
    if (num_is_small(x)) {
        arb_set_si(r, x.p);
        if (x.q != 1)
            arb_div_si(r, r, x.q, prec);
        return;
    }
    fmpq_t q;
    fmpq_init(q);
    get_fmpq(q, x);
    if (fmpz_is_one(fmpq_denref(q)))
        arb_set_fmpz(r, fmpq_numref(q)); /* exact: sin(10^22) depends on all of it */
    else
        arb_set_fmpq(r, q, prec);
    fmpq_clear(q);
}

static void set_const(arb_t r, uint32_t which, slong prec)
{
    if (which == C_PI)
        arb_const_pi(r, prec);
    else if (which == C_E)
        arb_const_e(r, prec);
    else
        arb_pos_inf(r);
}

/* r = x*k without rounding k first */
static void scale_exactly(arb_t r, const arb_t x, Num k, slong prec)
{
    fmpq_t q;
    if (num_is_small(k)) {
        arb_mul_si(r, x, k.p, prec);
        if (k.q != 1)
            arb_div_si(r, r, k.q, prec);
        return;
    }
    fmpq_init(q);
    get_fmpq(q, k);
    arb_mul_fmpz(r, x, fmpq_numref(q), prec);
    arb_div_fmpz(r, r, fmpq_denref(q), prec);
    fmpq_clear(q);
}

/* ---- powers */

typedef struct {
    slong prec;
    bool clip; /* even roots: a ball that reaches below 0 stands for its part above */
} Powers;

static lbz_status pow_int(arb_t r, const arb_t b, const fmpz_t e, slong prec)
{
    if (fmpz_sgn(e) < 0 && arb_contains_zero(b))
        return arb_is_zero(b) ? LBZ_DOMAIN : LBZ_UNABLE;
    if (fmpz_bits(e) > MAX_POWER_BITS)
        return LBZ_UNABLE;
    arb_pow_fmpz(r, b, e, prec);
    if (fmpz_is_even(e) && arb_contains_zero(b))
        arb_nonnegative_part(r, r);
    return LBZ_OK;
}

/* r = b^(p/q) for b > 0 */
static void pow_positive(arb_t r, const arb_t b, const fmpz_t p, ulong q, slong prec)
{
    if (q == 2 && fmpz_equal_si(p, -1)) {
        arb_rsqrt(r, b, prec);
        return;
    }
    arb_root_ui(r, b, q, prec);
    arb_pow_fmpz(r, r, p, prec);
}

/* b contains 0 but is not 0. The value grows with |b|. */
static lbz_status pow_around_zero(arb_t r, const arb_t b, const fmpz_t p, ulong q,
                                  Powers how)
{
    slong prec = how.prec;
    if (fmpz_sgn(p) < 0 || (q % 2 == 0 && !arb_is_nonnegative(b) && !how.clip))
        return LBZ_UNABLE;
    arb_t top;
    arb_init(top);
    arb_get_abs_ubound_arf(arb_midref(top), b, prec);
    pow_positive(top, top, p, q, prec);
    arb_zero(r);
    arb_add_error(r, top);
    if (fmpz_is_even(p) || q % 2 == 0 || arb_is_nonnegative(b))
        arb_nonnegative_part(r, r);
    arb_clear(top);
    return LBZ_OK;
}

static lbz_status pow_root(arb_t r, const arb_t b, const fmpz_t p, ulong q, Powers how)
{
    if (arb_is_zero(b)) {
        arb_zero(r);
        return fmpz_sgn(p) < 0 ? LBZ_DOMAIN : LBZ_OK;
    }
    if (arb_is_positive(b)) {
        pow_positive(r, b, p, q, how.prec);
    } else if (!arb_is_negative(b)) {
        return pow_around_zero(r, b, p, q, how);
    } else if (q % 2 == 0) {
        return LBZ_DOMAIN;
    } else {
        arb_neg(r, b);
        pow_positive(r, r, p, q, how.prec);
        if (fmpz_is_odd(p))
            arb_neg(r, r);
    }
    return LBZ_OK;
}

/* b^x for an exponent that is itself uncertain */
static lbz_status pow_general(arb_t r, const arb_t b, const arb_t x, slong prec)
{
    if (arb_is_int(x) && arf_cmpabs_2exp_si(arb_midref(x), MAX_POWER_BITS) < 0) {
        fmpz_t e;
        fmpz_init(e);
        arf_get_fmpz(e, arb_midref(x), ARF_RND_DOWN);
        lbz_status st = pow_int(r, b, e, prec);
        fmpz_clear(e);
        return st;
    }
    if (arb_is_zero(b) && !arb_contains_zero(x)) {
        arb_zero(r);
        return arb_is_negative(x) ? LBZ_DOMAIN : LBZ_OK;
    }
    if (!arb_is_positive(b)) /* of a negative base only powers p/q with odd q are real */
        return LBZ_UNABLE;
    arb_pow(r, b, x, prec);
    return LBZ_OK;
}

static lbz_status pow_num(arb_t r, const arb_t b, Num x, Powers how)
{
    fmpq_t e;
    lbz_status st;
    fmpq_init(e);
    get_fmpq(e, x);
    if (fmpz_is_one(fmpq_denref(e))) {
        st = pow_int(r, b, fmpq_numref(e), how.prec);
    } else if (fmpz_abs_fits_ui(fmpq_denref(e)) && fmpz_bits(fmpq_numref(e)) < 64) {
        st = pow_root(r, b, fmpq_numref(e), fmpz_get_ui(fmpq_denref(e)), how);
    } else {
        arb_t t;
        arb_init(t);
        arb_set_fmpq(t, e, how.prec);
        st = pow_general(r, b, t, how.prec);
        arb_clear(t);
    }
    fmpq_clear(e);
    return st;
}

static void power_value(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    arb_ptr r = acb_realref(&v->z);
    arb_srcptr x = ball_arg(ev, f, n, 1);
    lbz_status st = LBZ_OK;
    /* the intervals of an integral that end where its root does stick out a little */
    Powers how = {f->prec, f->complex};
    if (ex_is_exp(n))
        arb_exp(r, x, f->prec);
    else if (ex_is_num(n->a[1]))
        st = pow_num(r, ball_arg(ev, f, n, 0), n->a[1]->num, how);
    else
        st = pow_general(r, ball_arg(ev, f, n, 0), x, f->prec);
    if (st)
        ball_fail(v, st, n);
}

/* ---- comparisons */

static Truth compare_balls(Op op, const arb_t a, const arb_t b)
{
    bool same = arb_is_exact(a) && arb_equal(a, b);
    switch (op) {
    case OP_LT: return arb_lt(a, b) ? T_TRUE : arb_ge(a, b) ? T_FALSE : T_EITHER;
    case OP_LE: return arb_le(a, b) ? T_TRUE : arb_gt(a, b) ? T_FALSE : T_EITHER;
    case OP_EQ: return same ? T_TRUE : arb_ne(a, b) ? T_FALSE : T_EITHER;
    default: return same ? T_FALSE : arb_ne(a, b) ? T_TRUE : T_EITHER;
    }
}

/* Rational numbers, which balls may not hold exactly, are compared as such. */
static void comparison_value(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    if (ex_is_num(n->a[0]) && ex_is_num(n->a[1])) {
        int c = num_cmp(n->a[0]->num, n->a[1]->num);
        v->truth = n->op == OP_LT   ? c < 0
                   : n->op == OP_LE ? c <= 0
                   : n->op == OP_EQ ? c == 0
                                    : c != 0;
    } else if (n->a[0] == n->a[1]) {
        v->truth = n->op == OP_LE || n->op == OP_EQ;
    } else {
        v->truth = (uint8_t)compare_balls((Op)n->op, ball_arg(ev, f, n, 0),
                                          ball_arg(ev, f, n, 1));
    }
}

/* ---- all of them */

static void sum_value_of(BallEval *ev, BallFrame *f, const Node *n, arb_t r)
{
    arb_zero(r);
    for (uint32_t i = 0; i < n->n; i++)
        arb_add(r, r, ball_arg(ev, f, n, i), f->prec);
}

static void product_value_of(BallEval *ev, BallFrame *f, const Node *n, arb_t r)
{
    arb_set(r, ball_arg(ev, f, n, 0));
    for (uint32_t i = 1; i < n->n; i++)
        arb_mul(r, r, ball_arg(ev, f, n, i), f->prec);
}

static void function_value_of(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    arb_struct x[3];
    if (n->n != certified_fn((Op)n->op)->arity) {
        ball_fail(v, LBZ_UNABLE, n);
        return;
    }
    for (uint32_t i = 0; i < n->n; i++) {
        x[i] = *ball_arg(ev, f, n, i); /* the routines only read them */
        if (!arb_is_finite(&x[i])) {
            ball_fail(v, LBZ_UNABLE, n);
            return;
        }
    }
    certified_call((Op)n->op, acb_realref(&v->z), x, f->prec);
}

void ball_real_op(BallEval *ev, BallFrame *f, const Node *n, BallVal *v)
{
    arb_ptr r = acb_realref(&v->z);
    switch (n->op) {
    case OP_NUM: ball_set_num(r, n->num, f->prec); return;
    case OP_CONST: set_const(r, n->sym, f->prec); return;
    case OP_SCALE: scale_exactly(r, ball_arg(ev, f, n, 1), n->a[0]->num, f->prec); return;
    case OP_TRUE:
    case OP_FALSE: v->truth = n->op == OP_TRUE; return;
    case OP_NOT: {
        uint8_t t = ball_done(ev, f, n->a[0])->truth;
        v->truth = t == T_EITHER ? t : !t;
        return;
    }
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: comparison_value(ev, f, n, v); return;
    case OP_ADD: sum_value_of(ev, f, n, r); break;
    case OP_MUL: product_value_of(ev, f, n, r); break;
    case OP_POW: power_value(ev, f, n, v); break;
    default:
        if (op_is_function((Op)n->op))
            function_value_of(ev, f, n, v);
        else
            ball_fail(v, LBZ_UNABLE, n);
    }
    if (!v->status && cert_is_undefined(r))
        ball_fail(v, LBZ_DOMAIN, n);
    else if (!v->status && !ball_sane(r))
        ball_fail(v, LBZ_UNABLE, n);
}
