/* diff/branch.c - kinks, jumps, steps and conditions: which branch is followed close to a point.
 *
 * A branch that is not followed is never looked at. Functions of the table that jump or have kinks
 * without saying so are written by others that do.
 */
#include "diff/series.h"
#include "expr/internal.h"

Node *diff_switch(Ctx *c, Op op, Node *const *a)
{
    switch (op) {
    case OP_abs:
    case OP_sign:
    case OP_relu:
    case OP_step:
    case OP_step_at: return a[0];
    case OP_max:
    case OP_min:
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: return ex_sub(c, a[0], a[1]);
    default: return NULL;
    }
}

bool diff_has_steps(Op op)
{
    return op == OP_floor || op == OP_ceil || op == OP_round || op == OP_trunc ||
           op == OP_mod || op == OP_rem;
}

Node *diff_branch(Ctx *c, Op op, Node *const *a, int s)
{
    switch (op) {
    case OP_abs: return s < 0 ? ex_neg(c, a[0]) : a[0];
    case OP_sign: return ex_int(c, s);
    case OP_relu: return s > 0 ? a[0] : c->zero;
    case OP_step: return s > 0 ? c->one : s < 0 ? c->zero : c->half;
    case OP_step_at: return s > 0 ? c->one : s < 0 ? c->zero : a[1];
    case OP_max: return s > 0 ? a[0] : a[1];
    case OP_min: return s < 0 ? a[0] : a[1];
    case OP_LT: return s < 0 ? c->yes : c->no;
    case OP_LE: return s <= 0 ? c->yes : c->no;
    case OP_EQ: return s == 0 ? c->yes : c->no;
    default: return s != 0 ? c->yes : c->no;
    }
}

/* ---- kinks and conditions */

static void meet_kink(Series *s, Op op) { s->kink = s->kink == OP_POISON ? op : s->kink; }

/* p = u - w */
static void difference(Series *s, Known *p, const Known *u, const Known *w)
{
    Known m = *w;
    m.c = series_new(s);
    p->c = series_new(s);
    for (size_t k = 0; m.c && k < s->len; k++)
        m.c[k] = ex_neg(s->c, w->c[k]);
    if (m.c && p->c)
        series_sum(s, p, (const Known *[]){u, &m}, 2);
}

/* The sign of n's switch; 2: not known, and p says why. */
static int switch_sign(Series *s, Known *p, const Node *n)
{
    Known d = {.n = s->len};
    const Known *u = series_operand(s, n, 0);
    size_t at;
    if (n->op == OP_max || n->op == OP_min || (n->op >= OP_LT && n->op <= OP_NE)) {
        const Known *w = series_operand(s, n, 1);
        difference(s, &d, u, w);
        d.zero = d.zero || u->form == w->form;
        u = &d;
    }
    if (!u->c)
        return 2;
    int sign = series_sign(s, u, &at);
    if (at == u->n &&
        !u->zero) { /* more terms may tell, but those of a constant are none */
        sign = ex_depends(s->c, (Node *)(uintptr_t)n, s->x) || !at ? 2 : 0;
        p->n = sign == 2 ? 0 : p->n;
    }
    if (sign == 2 && (at < u->n || u->rough))
        p->state = SERIES_OPEN;
    if (sign != 2 && !u->v && (sign == 0 || at > 0))
        meet_kink(s, (Op)n->op);
    return sign;
}

static void kink_germ(Series *s, Known *p, Node *n)
{
    int sign = switch_sign(s, p, n);
    if (sign == 2)
        return;
    Node *r = diff_branch(s->c, (Op)n->op, n->a, sign);
    Node *form[2];
    for (uint32_t i = 0; i < n->n && i < 2; i++)
        form[i] = series_operand(s, n, i)->form;
    bool negative = n->op == OP_abs && sign < 0;
    const Known *u = negative || r == n->a[0]   ? series_operand(s, n, 0)
                     : n->n > 1 && r == n->a[1] ? series_operand(s, n, 1)
                                                : NULL;
    if (!u)
        series_constant(s, p, r);
    else
        series_copy(s, p, u);
    for (size_t k = 0; negative && k < s->len; k++)
        p->c[k] = ex_neg(s->c, p->c[k]);
    p->form = diff_branch(s->c, (Op)n->op, form, sign);
}

static void comparison_germ(Series *s, Known *p, const Node *n)
{
    int sign = switch_sign(s, p, n);
    if (sign != 2)
        p->truth = diff_branch(s->c, (Op)n->op, n->a, sign) == s->c->yes;
}

/* One operand that decides is enough. */
static void logic_germ(Series *s, Known *p, const Node *n)
{
    bool deciding = n->op == OP_OR;
    p->truth = !deciding;
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = series_operand(s, n, i);
        bool known = u->state == SERIES_KNOWN && u->n;
        if (known && u->truth == deciding) {
            *p = (Known){.c = p->c, .n = s->len, .truth = deciding};
            return;
        }
        p->state = u->state > p->state ? u->state : p->state;
        p->n = known ? p->n : 0;
    }
}

static void if_germ(Series *s, Known *p, const Node *n)
{
    const Known *cond = series_operand(s, n, 0);
    bool constant = n->a[0]->op == OP_TRUE || n->a[0]->op == OP_FALSE;
    p->state = cond->state;
    if (cond->state != SERIES_KNOWN || (!constant && !cond->n))
        p->n = 0;
    else
        series_copy(s, p, series_operand(s, n, cond->truth ? 1 : 2));
}

/* ---- steps */

/* floor and its like at v + s/4, v being the argument's value and s the sign beside it. */
static void step_germ(Series *s, Known *p, const Node *n)
{
    size_t at;
    Ctx *c = s->c;
    const Known *u = series_operand(s, n, 0);
    if (u->v || !u->n || series_has_log(s, u->c[0])) {
        p->state = SERIES_OPEN;
        return;
    }
    Node *v = u->c[0];
    Num twice = ex_is_num(v) ? num_mul(&c->tmp, v->num, num_int(2)) : NUM_ONE;
    bool edge =
        ex_is_num(v) && num_is_int(twice) && num_is_int(v->num) != (n->op == OP_round);
    Known beside = *u;
    beside.c = series_new(s);
    if (!beside.c)
        return;
    memcpy(beside.c, u->c, s->len * sizeof *u->c);
    beside.c[0] = c->zero;
    int sign = edge && n->a[0] != v ? series_sign(s, &beside, &at) : 0;
    if (sign == 2) { /* it may stay on the edge */
        p->n = 0;
        return;
    }
    if (sign)
        meet_kink(s, (Op)n->op);
    series_constant(s, p, ex_fn1(c, (Op)n->op, ex_add2(c, v, ex_rat(c, sign, 4))));
    if (!ex_is_num(p->c[0]) && p->c[0]->syms)
        p->state = SERIES_OPEN;
}

/* ---- functions of the table */

/* atan2(y, x) by atan of the quotient that stays bounded. */
static Node *angle_form(Series *s, const Node *n)
{
    Ctx *c = s->c;
    size_t i, j;
    const Known *y = series_operand(s, n, 0), *x = series_operand(s, n, 1);
    int sy = series_sign(s, y, &i), sx = series_sign(s, x, &j);
    if (sy == 2 || sx == 2 || (!sy && !sx))
        return NULL;
    bool steep = sx == 0 || (sy && i + x->v < j + y->v);
    Node *q = steep ? ex_div(c, n->a[1], n->a[0]) : ex_div(c, n->a[0], n->a[1]);
    Node *turn = steep    ? ex_scale(c, num_rat(&c->tmp, sy, 2), c->pi)
                 : sx > 0 ? c->zero
                          : ex_scale(c, num_int(sy < 0 ? -1 : 1), c->pi);
    Node *a = ex_fn1(c, OP_atan, q);
    if (!steep && sx < 0)
        meet_kink(s, OP_atan2);
    return steep ? ex_sub(c, turn, a) : ex_add2(c, turn, a);
}

/* exp(-2/3*u^(3/2))*f(u) for u > 0, f(u) below */
static Node *scaled_airy(Ctx *c, Op f, Node *u)
{
    Node *p = ex_pow(c, ex_fn1(c, OP_relu, u), ex_rat(c, 3, 2));
    return ex_mul2(c, ex_exp(c, ex_scale(c, num_rat(&c->tmp, -2, 3), p)),
                   ex_fn1(c, f, u));
}

static Node *remainder_form(Ctx *c, Op whole, Node *u, Node *v)
{
    return ex_sub(c, u, ex_mul2(c, v, ex_fn1(c, whole, ex_div(c, u, v))));
}

/* acot jumps at 0 only. */
static Node *acot_form(Series *s, const Node *n)
{
    Ctx *c = s->c;
    Node *u = n->a[0], *half = n->op == OP_acot
                                   ? ex_scale(c, num_rat(&c->tmp, 1, 2), c->pi)
                                   : ex_int(c, 90);
    if (series_vanishes(s, series_operand(s, n, 0)->c[0]) == 0)
        return NULL;
    return ex_sub(c, ex_mul2(c, half, ex_fn1(c, OP_sign, u)),
                  ex_fn1(c, n->op == OP_acot ? OP_atan : OP_atand, u));
}

Node *series_branch_form(Series *s, Node *n)
{
    Ctx *c = s->c;
    Node *u = n->a[0], *v = n->n > 1 ? n->a[1] : NULL;
    switch (n->op) {
    case OP_hypot: return ex_sqrt(c, ex_add2(c, ex_powi(c, u, 2), ex_powi(c, v, 2)));
    case OP_atan2: return angle_form(s, n);
    case OP_acot:
    case OP_acotd: return acot_form(s, n);
    case OP_mod: return remainder_form(c, OP_floor, u, v);
    case OP_rem: return remainder_form(c, OP_trunc, u, v);
    case OP_mod2pi: return remainder_form(c, OP_floor, u, ex_scale(c, num_int(2), c->pi));
    case OP_besselix:
        return ex_mul2(c, ex_exp(c, ex_neg(c, ex_fn1(c, OP_abs, v))),
                       ex_fn2(c, OP_besseli, u, v));
    case OP_airybix: return scaled_airy(c, OP_airybi, u);
    case OP_airybiprimex: return scaled_airy(c, OP_airybiprime, u);
    default: return NULL;
    }
}

bool series_branches(Series *s, Known *p, Node *n)
{
    switch (n->op) {
    case OP_IF: if_germ(s, p, n); return true;
    case OP_AND:
    case OP_OR: logic_germ(s, p, n); return true;
    case OP_TRUE:
    case OP_FALSE: p->truth = n->op == OP_TRUE; return true;
    case OP_NOT:
        *p = (Known){.c = p->c,
                     .n = series_operand(s, n, 0)->n,
                     .state = series_operand(s, n, 0)->state,
                     .truth = !series_operand(s, n, 0)->truth};
        return true;
    default: break;
    }
    for (uint32_t i = 0; i < (ex_is_num(n) ? 0 : n->n); i++) {
        const Known *u = series_operand(s, n, i);
        p->state = u && u->state > p->state ? u->state : p->state;
    }
    if (p->state != SERIES_KNOWN)
        return true;
    if (n->op >= OP_LT && n->op <= OP_NE)
        comparison_germ(s, p, n);
    else if (n->op == OP_floor || n->op == OP_ceil || n->op == OP_round ||
             n->op == OP_trunc)
        step_germ(s, p, n);
    else if (diff_switch(s->c, (Op)n->op, n->a))
        kink_germ(s, p, n);
    else
        return false;
    return true;
}

/* ---- are there any? */

static bool is_kink(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    if (op_is_function((Op)n->op))
        return n->op == OP_hypot || n->op == OP_atan2 ||
               (op_info((Op)n->op)->flags & PIECEWISE);
    return n->op >= OP_LT && n->op <= OP_NE;
}

bool diff_has_kinks(Ctx *c, Node *e) { return ex_find(c, e, 0, is_kink, NULL) != NULL; }
