/* program/ball.c - values of a program one by one in ball arithmetic: beside kinks, and for
 * traces at points that are known exactly. */
#include "program/ball.h"
#include "ball/ball.h"

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

/* The number that the constant i stands for. */
static void exact_constant(Ctx *c, const Program *p, uint32_t i, arb_t r, slong prec)
{
    const ProgramValue *v = &p->val[i];
    Node *n = v->a ? (Node *)(uintptr_t)p->origin[i] : NULL;
    if (v->a == P_NONE)
        cert_undefined(r);
    else if (!n || ball_eval(c, n, NULL, NULL, 0, prec, r, NULL) != LBZ_OK)
        arb_set_d(r, v->k);
}

/* An exponent: a constant, less 1 for each time the root was differentiated. */
static void exact_exponent(Ctx *c, const Program *p, uint32_t i, arb_t r, slong prec)
{
    slong less = 0;
    while (p->val[i].op == P_SUB && pg_is_const(p, p->val[i].b, 1)) {
        i = p->val[i].a;
        less++;
    }
    if (p->val[i].op == P_CONST && p->val[i].a != P_NONE)
        exact_constant(c, p, i, r, prec);
    else
        arb_set_d(r, p->val[i].k);
    arb_sub_si(r, r, less, prec);
}

static void ball_root(Ctx *c, const Program *p, const ProgramValue *v, arb_t r,
                      const arb_t x, slong prec)
{
    arb_t y;
    arb_init(y);
    exact_exponent(c, p, v->b, y, prec);
    if (arb_contains_zero(x) && !arb_is_zero(x)) {
        cert_undefined(r);
    } else if (arb_is_zero(x)) {
        arb_zero(r);
        if (arb_is_negative(y))
            cert_undefined(r);
    } else {
        arb_abs(r, x);
        arb_pow(r, r, y, prec);
        if (v->op == P_ODD_ROOT && arb_is_negative(x))
            arb_neg(r, r);
    }
    arb_clear(y);
}

static void ball_function(arb_t r, const ProgramValue *v, const arb_struct *b, slong prec)
{
    if (pg_fn_part(v)) { /* there is only float64 for it */
        cert_undefined(r);
        return;
    }
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
    certified_call(pg_fn_op(v), r, args, prec);
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

/* x*y or x/y, where 0 in x is 0 whatever y is. */
static void ball_guarded(arb_t r, POp op, const arb_t x, const arb_t y, slong prec)
{
    if (arb_is_zero(x))
        arb_zero(r);
    else if (op == P_TIMES)
        arb_mul(r, x, y, prec);
    else
        arb_div(r, x, y, prec);
}

static void ball_select(arb_t r, const arb_t cond, const arb_t yes, const arb_t no)
{
    if (!arb_is_finite(cond))
        cert_undefined(r);
    else
        arb_set(r, arb_is_zero(cond) ? no : yes);
}

void program_ball(Ctx *c, const Program *p, uint32_t i, BallConstants how, arb_struct *b,
                  slong prec)
{
    const ProgramValue *v = &p->val[i];
    arb_struct *r = &b[i], *x = &b[v->a], *y = &b[v->b];
    if (v->known && how == BALL_FLOAT64) {
        arb_set_d(r, v->k);
        return;
    }
    switch ((POp)v->op) {
    case P_CONST: exact_constant(c, p, i, r, prec); break;
    case P_ADD: arb_add(r, x, y, prec); break;
    case P_SUB: arb_sub(r, x, y, prec); break;
    case P_MUL: arb_mul(r, x, y, prec); break;
    case P_DIV: arb_div(r, x, y, prec); break;
    case P_NEG: arb_neg(r, x); break;
    case P_HOLD: arb_set(r, x); break;
    case P_TIMES:
    case P_OVER: ball_guarded(r, (POp)v->op, x, y, prec); break;
    case P_SUM: ball_sum(r, p, v, b, prec); break;
    case P_POW: ball_power(r, x, y, prec); break;
    case P_EVEN_ROOT:
    case P_ODD_ROOT: ball_root(c, p, v, r, x, prec); break;
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
    case P_SELECT: ball_select(r, x, y, &b[v->c]); break;
    case P_IN: break; /* set already */
    default: cert_undefined(r);
    }
}
