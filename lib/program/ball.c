/* program/ball.c - values of a program one by one in ball arithmetic: beside kinks, and for
 * traces at points that are known exactly. */
#include "program/ball.h"
#include <math.h>

enum { MOST_DENOMINATOR = 1000 };

void program_ball_fraction(arb_t r, double k, slong prec)
{
    for (slong q = 1; fabs(k) < 1e6 && q <= MOST_DENOMINATOR; q++) {
        double n = nearbyint(k * (double)q);
        if (n / (double)q != k)
            continue;
        arb_set_d(r, n);
        arb_div_si(r, r, q, prec);
        return;
    }
    arb_set_d(r, k);
}

static void ball_bool(arb_t r, int yes) { arb_set_si(r, yes); }

/* r = x cmp y; undecided comparisons have no value. */
static void ball_compare(arb_t r, POp op, const arb_t x, const arb_t y)
{
    bool lt = arb_lt(x, y), gt = arb_gt(x, y), eq = arb_equal(x, y) && arb_is_exact(x);
    if (!lt && !gt && !eq)
        cert_undefined(r);
    else
        ball_bool(r, op == P_LT ? lt : op == P_LE ? lt || eq : op == P_EQ ? eq : !eq);
}

static void ball_power(arb_t r, const arb_t x, const arb_t y, slong prec)
{
    if (arb_is_zero(x) && arb_is_positive(y))
        arb_zero(r);
    else if (arb_is_int(y) || arb_is_positive(x))
        arb_pow(r, x, y, prec);
    else
        cert_undefined(r);
}

static void ball_root(arb_t r, const ProgramValue *v, const arb_t x, slong prec)
{
    arb_t y;
    arb_init(y);
    program_ball_fraction(y, v->k, prec);
    if (arb_contains_zero(x) && !arb_is_zero(x)) {
        cert_undefined(r);
    } else if (arb_is_zero(x)) {
        arb_zero(r);
        if (v->k < 0)
            cert_undefined(r);
    } else {
        arb_abs(r, x);
        arb_pow(r, r, y, prec);
        if (v->b && arb_is_negative(x))
            arb_neg(r, r);
    }
    arb_clear(y);
}

static void ball_function(arb_t r, const ProgramValue *v, const arb_struct *b, slong prec)
{
    arb_struct args[3] = {b[v->a]};
    if (v->op != P_FN1)
        args[1] = b[v->b];
    if (v->op == P_FN3)
        args[2] = b[v->c];
    for (int i = 0; i < (int)(v->op - P_FN1) + 1; i++)
        if (!arb_is_finite(&args[i])) {
            cert_undefined(r);
            return;
        }
    certified_call((Op)v->fn, r, args, prec);
}

static void ball_logic(arb_t r, const ProgramValue *v, const arb_struct *b)
{
    const arb_struct *x = &b[v->a], *y = &b[v->b];
    if (!arb_is_finite(x) || (v->op != P_NOT && !arb_is_finite(y)))
        cert_undefined(r);
    else if (v->op == P_NOT)
        ball_bool(r, arb_is_zero(x));
    else if (v->op == P_AND)
        ball_bool(r, !arb_is_zero(x) && !arb_is_zero(y));
    else
        ball_bool(r, !arb_is_zero(x) || !arb_is_zero(y));
}

static void ball_sum(arb_t r, const Program *p, const ProgramValue *v,
                     const arb_struct *b, slong prec)
{
    arb_zero(r);
    for (uint32_t k = 0; k < v->b; k++)
        arb_add(r, r, &b[p->args[v->a + k]], prec);
}

void program_ball(const Program *p, uint32_t i, arb_struct *b, slong prec)
{
    const ProgramValue *v = &p->val[i];
    arb_struct *r = &b[i], *x = &b[v->a], *y = &b[v->b];
    switch ((POp)v->op) {
    case P_CONST: arb_set_d(r, v->k); break;
    case P_ADD: arb_add(r, x, y, prec); break;
    case P_SUB: arb_sub(r, x, y, prec); break;
    case P_MUL: arb_mul(r, x, y, prec); break;
    case P_DIV: arb_div(r, x, y, prec); break;
    case P_NEG: arb_neg(r, x); break;
    case P_HOLD: arb_set(r, x); break;
    case P_SUM: ball_sum(r, p, v, b, prec); break;
    case P_POW: ball_power(r, x, y, prec); break;
    case P_ROOT: ball_root(r, v, x, prec); break;
    case P_FN1:
    case P_FN2:
    case P_FN3: ball_function(r, v, b, prec); break;
    case P_LT:
    case P_LE:
    case P_EQ:
    case P_NE: ball_compare(r, (POp)v->op, x, y); break;
    case P_AND:
    case P_OR:
    case P_NOT: ball_logic(r, v, b); break;
    case P_SELECT:
        if (!arb_is_finite(x))
            cert_undefined(r);
        else
            arb_set(r, arb_is_zero(x) ? &b[v->c] : y);
        break;
    case P_IN: break; /* set already */
    case P_PART1:
    case P_PART2X:
    case P_PART2Y: /* not made: by_text */
    case P_LOOP:
    case P_QUAD:
    case P_OPS: cert_undefined(r); break;
    }
}
