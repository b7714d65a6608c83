/* program/make.c - the makers of single operations, with the identities that hold for every
 * float64 a value can be used with.
 */
#include "program/program.h"
#include <math.h>

static uint32_t make_2(Program *p, POp op, uint32_t a, uint32_t b)
{
    return pg_make(p, op, 0, 2, (uint32_t[]){a, b});
}

/* Is v the quotient 1/b? */
static bool is_reciprocal(const Program *p, uint32_t v)
{
    return p->val[v].op == P_DIV && !p->val[v].known && pg_is_const(p, p->val[v].a, 1);
}

static bool is_op(const Program *p, uint32_t v, POp op)
{
    return p->val[v].op == op && !p->val[v].known;
}

static uint32_t add_of(Program *p, uint32_t a, uint32_t b);
static uint32_t sub_of(Program *p, uint32_t a, uint32_t b);
static uint32_t mul_of(Program *p, uint32_t a, uint32_t b);
static uint32_t div_of(Program *p, uint32_t a, uint32_t b);
static uint32_t over_of(Program *p, uint32_t a, uint32_t b);

static uint32_t neg_of(Program *p, uint32_t a)
{
    const ProgramValue v = p->val[a];
    if (v.op == P_NEG)
        return v.a;
    if (is_op(p, a, P_SUB))
        return sub_of(p, v.b, v.a);
    if (is_op(p, a, P_MUL) && p->val[v.a].known)
        return mul_of(p, neg_of(p, v.a), v.b);
    return pg_make(p, P_NEG, 0, 1, &a);
}

static uint32_t add_of(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, a, 0))
        return b;
    if (pg_is_const(p, b, 0))
        return a;
    if (is_op(p, b, P_NEG))
        return sub_of(p, a, p->val[b].a);
    if (is_op(p, a, P_NEG))
        return sub_of(p, b, p->val[a].a);
    return a < b ? make_2(p, P_ADD, a, b) : make_2(p, P_ADD, b, a);
}

static uint32_t sub_of(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, b, 0))
        return a;
    if (pg_is_const(p, a, 0))
        return neg_of(p, b);
    if (is_op(p, b, P_NEG))
        return add_of(p, a, p->val[b].a);
    return make_2(p, P_SUB, a, b);
}

/* Constants are kept on the left: so equal products are found equal. */
static uint32_t mul_of(Program *p, uint32_t a, uint32_t b)
{
    if (p->val[b].known || (!p->val[a].known && b < a)) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    if (pg_is_const(p, a, 1))
        return b;
    if (pg_is_const(p, a, -1))
        return neg_of(p, b);
    if (pg_is_const(p, a, 0))
        return a;
    if (is_op(p, a, P_NEG) && is_op(p, b, P_NEG))
        return mul_of(p, p->val[a].a, p->val[b].a);
    if (is_reciprocal(p, b))
        return div_of(p, a, p->val[b].b);
    if (is_reciprocal(p, a))
        return div_of(p, b, p->val[a].b);
    return make_2(p, P_MUL, a, b);
}

static uint32_t div_of(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, b, 1))
        return a;
    if (pg_is_const(p, b, -1))
        return neg_of(p, a);
    return make_2(p, P_DIV, a, b);
}

/* Is v a constant that 0*v is 0 for? */
static bool is_finite_constant(const Program *p, uint32_t v)
{
    return p->val[v].known && isfinite(p->val[v].k);
}

/* Is d constant between jumps: a piece is taken or not? */
static bool is_step(const Program *p, uint32_t d)
{
    const ProgramValue v = p->val[d];
    Op fn = pg_is_function(&v) && !v.known ? pg_fn_op(&v) : OP_POISON;
    return fn == OP_step || fn == OP_step_at || fn == OP_sign;
}

static bool is_piece(const Program *p, uint32_t d)
{
    return is_step(p, d) ||
           (is_op(p, d, P_MUL) && is_step(p, p->val[d].a) && is_step(p, p->val[d].b));
}

/* A piece that is not taken makes 0 of any a, as a branch does. */
static uint32_t times_of(Program *p, uint32_t a, uint32_t d)
{
    if (is_piece(p, d))
        return is_reciprocal(p, a) ? over_of(p, d, p->val[a].b)
                                   : make_2(p, P_TIMES, d, a);
    if (p->val[a].known || is_finite_constant(p, d) ||
        is_reciprocal(p, a)) /* which no branch makes 0 */
        return mul_of(p, a, d);
    if (is_reciprocal(p, d))
        return over_of(p, a, p->val[d].b);
    return make_2(p, P_TIMES, a, d);
}

static uint32_t over_of(Program *p, uint32_t a, uint32_t d)
{
    if (pg_is_const(p, a, 0))
        return a;
    if (p->val[a].known || (is_finite_constant(p, d) && p->val[d].k != 0))
        return div_of(p, a, d);
    return make_2(p, P_OVER, a, d);
}

/* ---- with shapes: identities look at operands without the axes that only repeat; the result is
 * as large as the operands are together ------------------------------------------------- */

static uint32_t pair(Program *p, uint32_t (*make)(Program *, uint32_t, uint32_t),
                     uint32_t a, uint32_t b)
{
    if (!(p->val[a].shape | p->val[b].shape))
        return make(p, a, b);
    uint32_t whole = pg_join(p, p->val[a].shape, p->val[b].shape);
    if (env_failed(p->env))
        return 0;
    return pg_fit(p, make(p, pg_strip(p, a), pg_strip(p, b)), whole);
}

uint32_t pg_neg(Program *p, uint32_t a)
{
    uint32_t shape = p->val[a].shape;
    return shape ? pg_fit(p, neg_of(p, pg_strip(p, a)), shape) : neg_of(p, a);
}

uint32_t pg_add(Program *p, uint32_t a, uint32_t b) { return pair(p, add_of, a, b); }
uint32_t pg_sub(Program *p, uint32_t a, uint32_t b) { return pair(p, sub_of, a, b); }
uint32_t pg_mul(Program *p, uint32_t a, uint32_t b) { return pair(p, mul_of, a, b); }
uint32_t pg_div(Program *p, uint32_t a, uint32_t b) { return pair(p, div_of, a, b); }
uint32_t pg_times(Program *p, uint32_t a, uint32_t d) { return pair(p, times_of, a, d); }
uint32_t pg_over(Program *p, uint32_t a, uint32_t d) { return pair(p, over_of, a, d); }

uint32_t pg_powi(Program *p, uint32_t a, int64_t n)
{
    if (n == 0)
        return pg_fit(p, pg_const(p, 1), p->val[a].shape);
    if (n == 1)
        return a;
    if (n < 0 && n >= -4)
        return pg_div(p, pg_const(p, 1), pg_powi(p, a, -n));
    if (n == 2)
        return pg_mul(p, a, a);
    if (n == 3)
        return pg_mul(p, pg_mul(p, a, a), a);
    if (n == 4)
        return pg_powi(p, pg_mul(p, a, a), 2);
    return make_2(p, P_POW, a, pg_const(p, (double)n));
}

uint32_t pg_pow(Program *p, uint32_t a, uint32_t b)
{
    const ProgramValue e = p->val[b];
    if (e.known && e.k == floor(e.k) && fabs(e.k) <= 4)
        return pg_powi(p, a, (int64_t)e.k);
    if (e.known && e.k == 0.5)
        return pg_fn1(p, OP_sqrt, a);
    if (pg_is_const(p, a, 2))
        return pg_fn1(p, OP_exp2, b);
    if (pg_is_const(p, a, 10))
        return pg_fn1(p, OP_exp10, b);
    return make_2(p, P_POW, a, b);
}

uint32_t pg_hold(Program *p, uint32_t a)
{
    return p->val[a].known ? a : pg_make(p, P_HOLD, 0, 1, &a);
}

uint32_t pg_fn(Program *p, Op fn, size_t n, const uint32_t *v)
{
    return pg_make(p, (POp)(P_FN1 + n - 1), pg_fn_code(fn, 0), n, v);
}

uint32_t pg_fn1(Program *p, Op fn, uint32_t a) { return pg_fn(p, fn, 1, &a); }

uint32_t pg_logic(Program *p, POp op, uint32_t a, uint32_t b)
{
    return pg_make(p, op, 0, op == P_NOT ? 1 : 2, (uint32_t[]){a, b});
}

uint32_t pg_select(Program *p, uint32_t cond, uint32_t a, uint32_t b)
{
    uint32_t whole =
        pg_join(p, p->val[cond].shape, pg_join(p, p->val[a].shape, p->val[b].shape));
    if (a == b)
        return pg_fit(p, a, whole);
    if (p->val[cond].known)
        return pg_fit(p, p->val[cond].k != 0 ? a : b, whole);
    return pg_make(p, P_SELECT, 0, 3, (uint32_t[]){cond, a, b});
}
