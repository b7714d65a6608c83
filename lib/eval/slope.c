/* eval/slope.c - what a derivative is at a point where its formula does not tell: kinks, jumps, ends
 * of domains, removable points. One rule for all orders (language.md).
 *
 * The n-th derivative is the common limit of the two sides, the function and its lower derivatives
 * being continuous; where the sides differ it is the number of least magnitude between their limits,
 * with a note; where the domain ends, the limit of the side there is. A value that is missing but for
 * a limit is filled.
 */
#include "diff/germ.h"
#include "eval/internal.h"
#include "point/point.h"

#include <math.h>

typedef struct {
    Ctx *c;
    Node *e; /* the function, free of names but x */
    uint32_t x;
    Node *p;     /* the point, decimals as fractions, as in e */
    Node *typed; /* and as it came */
    unsigned n;
    Node *value;   /* of e at p; NULL: it has none */
    Germ side[2];  /* left, right */
    bool exist[2]; /* has e values there? */
} Slope;

/* ---- is the formula to be trusted? */

static Node *value_at(const Slope *s, Node *u)
{
    return eval_try_subst(s->c, u, &s->x, &s->p, 1);
}

/* May u be 0 at the point? */
static bool may_vanish(const Slope *s, Node *u)
{
    Node *v = value_at(s, u);
    if (!v || !eval_is_constant(s->c, v))
        return true;
    return v == s->c->zero ||
           (!ex_is_num(v) && (ball_sign(s->c, v) == 0 || ball_sign(s->c, v) == 2));
}

/* Is twice the constant v an integer, as far as can be told? */
static bool may_be_half(Ctx *c, Node *v)
{
    arb_t b;
    if (ex_is_num(v))
        return num_is_int(num_mul(&c->tmp, v->num, num_int(2)));
    arb_init(b);
    bool half = ball_eval(c, v, NULL, NULL, 0, 256, b, NULL) != LBZ_OK;
    arb_mul_2exp_si(b, b, 1);
    half = half || arb_contains_int(b);
    arb_clear(b);
    return half;
}

/* Does the argument of x, which steps, come to a whole number (or a half)? */
static bool may_step(const Slope *s, const Node *n)
{
    Ctx *c = s->c;
    Node *u = n->n > 1             ? ex_div(c, n->a[0], n->a[1])
              : n->op == OP_mod2pi ? ex_div(c, n->a[0], ex_scale(c, num_int(2), c->pi))
                                   : n->a[0];
    Node *v = value_at(s, u);
    if (!v || !eval_is_constant(c, v))
        return true;
    return may_be_half(c, v);
}

static bool is_kink_here(Ctx *c, Node *n, void *arg)
{
    const Slope *s = arg;
    if (!ex_depends(c, n, s->x))
        return false;
    Node *u = diff_switch(c, (Op)n->op, n->a);
    if (u)
        return ex_depends(c, u, s->x) && may_vanish(s, u);
    if (diff_has_steps((Op)n->op) || n->op == OP_mod2pi)
        return may_step(s, n);
    switch (n->op) {
    case OP_besselix: return may_vanish(s, n->a[1]);
    case OP_atan2:
    case OP_acot:
    case OP_acotd:
    case OP_airybix:
    case OP_airybiprimex:
    case OP_hypot: return may_vanish(s, n->a[0]);
    default: return false;
    }
}

/* Is the formula to be trusted at p, if it has a value there? */
static bool is_plain(const Slope *s)
{
    return s->value && !(eval_has_kinks(s->c, s->e) &&
                         ex_find(s->c, s->e, 0, is_kink_here, (void *)(uintptr_t)s));
}

/* ---- the two sides */

/* Has e certainly no value at some points close to p? */
static bool is_undefined_beside(const Slope *s, int side)
{
    Ctx *c = s->c;
    for (int k = 8; k <= 64; k *= 2) {
        Node *h = ex_scale(c, num_int(side), ex_powi(c, c->two, -k));
        Node *at = ex_add2(c, s->p, h);
        Node *v = eval_try_subst(c, s->e, &s->x, &at, 1);
        if (ctx_failed(c) || v)
            return false;
    }
    return true;
}

/* False: what happens on some side cannot be told. */
static bool look_beside(Slope *s, Node *formula)
{
    for (int i = 0; i < 2; i++) {
        Germ *g = &s->side[i];
        int side = i ? 1 : -1;
        diff_germ(s->c, s->e, s->x, s->p, side, s->n, g);
        s->exist[i] = g->state == GERM_KNOWN ||
                      (g->state == GERM_OPEN && !is_undefined_beside(s, side));
        if (!s->exist[i] || (g->state == GERM_KNOWN && g->limit[s->n]))
            continue;
        Germ slope; /* of the derivative itself, e being taken as continuous */
        diff_germ(s->c, formula ? formula : s->c->poison, s->x, s->p, side, 0, &slope);
        if (!formula || slope.state != GERM_KNOWN || !slope.limit[0])
            return false;
        g->limit[s->n] = slope.limit[0];
    }
    return !ctx_failed(s->c);
}

/* The constant d, whose sign no precision tells, is 0 to 100 digits: max(1/2, sqrt(2)/2) - sqrt(2)/2. */
static bool is_zero_to_digits(Ctx *c, Node *d)
{
    arb_t v;
    arb_init(v);
    bool zero = ball_eval(c, d, NULL, NULL, 0, 512, v, NULL) == LBZ_OK &&
                arb_contains_zero(v) && mag_cmp_2exp_si(arb_radref(v), -330) < 0;
    arb_clear(v);
    return zero;
}

static bool same_limit(Ctx *c, Node *a, Node *b)
{
    if (a == b || !a || !b)
        return true;
    if ((a->flags | b->flags) & NF_INF)
        return false;
    Node *d = ex_sub(c, a, b);
    if (d == c->zero || (!ex_is_num(d) && eval_is_constant(c, d) &&
                         (ball_sign(c, d) == 0 || prove_zero(c, d) == PROOF_YES ||
                          is_zero_to_digits(c, d))))
        return true;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return false;
}

/* The lowest order, below n, at which the two sides or the value disagree; n: none does. */
static unsigned first_jump(const Slope *s)
{
    const Germ *l = &s->side[0], *r = &s->side[1];
    for (int i = 0; i < 2; i++)
        if (s->exist[i] && s->value && !same_limit(s->c, s->value, s->side[i].limit[0]))
            return 0;
    for (unsigned k = 0; k < s->n; k++)
        if (s->exist[0] && s->exist[1] && !same_limit(s->c, l->limit[k], r->limit[k]))
            return k;
    return s->n;
}

/* ---- notes */

static void print_side(Ctx *c, Str *s, Node *v)
{
    if (!ex_is_num(v) && print_length(c, v) > 30 && eval_is_constant(c, v)) {
        double d;
        if (ball_double(c, v, &d) == LBZ_OK) {
            str_printf(s, "about %.6g", d);
            return;
        }
    }
    print_brief(c, s, v, 40);
}

/* A name that nobody typed: sym_fresh makes t_1. */
static bool is_made_up(const Ctx *c, uint32_t x)
{
    const char *bar = strrchr(sym_name(c, x), '_');
    return x >= c->syms_kept && bar && bar[1] && !bar[1 + strspn(bar + 1, "0123456789")];
}

/* Parameters of functions have hidden names, with their own behind an '@'. */
static const char *name_of_variable(const Slope *s)
{
    const char *name = sym_name(s->c, s->x), *own = strrchr(name, '@');
    return own ? own + 1 : name;
}

/* " (x = 1)": where the kink is; nothing where a note that says "at 0" says it already. */
static void print_where(const Slope *s, bool at_zero, Str *b)
{
    if (at_zero && ex_is_num(s->p) && num_sgn(s->p->num) == 0)
        return;
    if (is_made_up(s->c, s->x))
        str_puts(b, " (at ");
    else
        str_printf(b, " (%s = ", name_of_variable(s));
    print_brief(s->c, b, s->typed, 40);
    str_putc(b, ')');
}

/* What is not smooth; true: at 0. */
static bool print_kink(Op kink, Str *b)
{
    const char *f = op_info(kink)->name;
    bool tie = kink == OP_max || kink == OP_min;
    if (kink == OP_POISON)
        str_puts(b, "not differentiable here");
    else if (!op_is_function(kink))
        str_puts(b, "not differentiable where the branches meet");
    else if (diff_has_steps(kink))
        str_printf(b, "%s steps here, so the slopes differ", f);
    else
        str_printf(b, "%s is not differentiable %s", f,
                   tie ? "where its arguments are equal" : "at 0");
    return op_is_function(kink) && !tie && !diff_has_steps(kink);
}

static void note_kink(const Slope *s, Node *lo, Node *hi)
{
    Ctx *c = s->c;
    Str b = {0};
    Op kink = s->side[0].kink != OP_POISON ? s->side[0].kink : s->side[1].kink;
    print_where(s, print_kink(kink, &b), &b);
    str_puts(&b, ": subderivative [");
    print_side(c, &b, lo);
    str_puts(&b, ", ");
    print_side(c, &b, hi);
    str_puts(&b, "]");
    ctx_note(c, "%s", str_cstr(&b));
    str_free(&b);
}

static void note_sides(const Slope *s, Node *l, Node *r)
{
    Ctx *c = s->c;
    Str b = {0};
    print_side(c, &b, l);
    str_puts(&b, " on the left, ");
    print_side(c, &b, r);
    if (s->n == 1)
        ctx_note(c, "not differentiable here: the slope is %s on the right",
                 str_cstr(&b));
    else
        ctx_note(c, "there is no derivative of order %u here: it is %s on the right",
                 s->n, str_cstr(&b));
    str_free(&b);
}

/* The formula's own note says where. */
static bool has_jump_note(const Ctx *c)
{
    const char where[] = "the function jumps where";
    for (size_t i = 0; i < c->nnotes; i++)
        if (strncmp(c->notes[i], where, sizeof where - 1) == 0)
            return true;
    return false;
}

static void note_jump(const Slope *s, unsigned k)
{
    if (k == 0 && has_jump_note(s->c))
        return;
    if (k == 0)
        ctx_note(s->c, "the function jumps here: there is no derivative");
    else
        ctx_note(s->c, "the derivative of order %u jumps here: there is none of order %u",
                 k, s->n);
}

static void note_infinite(const Slope *s)
{
    Ctx *c = s->c;
    Str b = {0};
    print_brief(c, &b, s->typed, 60);
    str_puts(&b, s->exist[0] && s->exist[1] ? "" : " (one-sided)");
    if (s->n == 1)
        ctx_note(c, "the slope grows without bound at %s", str_cstr(&b));
    else
        ctx_note(c, "the derivative of order %u grows without bound at %s", s->n,
                 str_cstr(&b));
    str_free(&b);
}

static void note_filled(const Slope *s)
{
    Str b = {0};
    print_brief(s->c, &b, s->typed, 40);
    ctx_note(s->c, "the removable singularity at %s = %s is filled", name_of_variable(s),
             str_cstr(&b));
    str_free(&b);
}

/* ---- the rule */

static int sign_of_limit(Ctx *c, Node *v)
{
    if (v == c->inf || v == c->minus_inf)
        return v == c->inf ? 1 : -1;
    int s = ex_is_num(v) ? num_sgn(v->num) : ball_sign(c, v);
    return s == 2 ? 0 : s;
}

/* The number of least magnitude between limits that differ. */
static Node *least_norm(const Slope *s, Node *l, Node *r, bool jump)
{
    Ctx *c = s->c;
    bool infinite = ((l->flags | r->flags) & NF_INF) != 0;
    bool rising = l == c->minus_inf || r == c->inf ||
                  (!infinite && sign_of_limit(c, ex_sub(c, r, l)) >= 0);
    Node *lo = rising ? l : r, *hi = rising ? r : l;
    if (!jump && s->n == 1 && !infinite)
        note_kink(s, lo, hi);
    else if (!jump)
        note_sides(s, l, r);
    return sign_of_limit(c, lo) > 0 ? lo : sign_of_limit(c, hi) < 0 ? hi : c->zero;
}

/* Without a value at p: do the limits of e agree, so that it can be filled? */
static bool can_be_filled(const Slope *s)
{
    bool both = s->exist[0] && s->exist[1];
    for (int i = 0; i < 2; i++)
        if (s->exist[i] &&
            (!s->side[i].limit[0] || (s->side[i].limit[0]->flags & NF_INF)))
            return false;
    return (s->exist[0] || s->exist[1]) &&
           (!both || same_limit(s->c, s->side[0].limit[0], s->side[1].limit[0]));
}

/* NULL: there is none, or it is not known. */
static Node *slope_by_sides(Slope *s)
{
    Ctx *c = s->c;
    if ((!s->exist[0] && !s->exist[1]) || (!s->value && !can_be_filled(s)))
        return NULL;
    if (s->value) /* decides conditions between constants */
        s->value = eval_exact(c, s->value, SIMPLIFY_NONE);
    unsigned jump = first_jump(s);
    if (!s->value)
        note_filled(s);
    if (jump < s->n)
        note_jump(s, jump);
    Node *l = s->side[s->exist[0] ? 0 : 1].limit[s->n],
         *r = s->side[s->exist[1] ? 1 : 0].limit[s->n];
    if (!same_limit(c, l, r))
        return least_norm(s, l, r, jump < s->n);
    if (l->flags & NF_INF)
        note_infinite(s);
    return l;
}

/* ---- by numbers */

/* By accumulation in float64, which looks closer and closer at the point in certified numbers. */
static Node *slope_by_numbers(const Slope *s)
{
    Ctx *c = s->c;
    Accum a;
    double x, g = NAN;
    if (s->n != 1 || !ex_is_num(s->p) || !s->value || !eval_is_constant(c, s->value))
        return NULL;
    x = num_to_double(s->p->num);
    Num back = num_from_double(&c->tmp, x);
    back.dec = s->p->num.dec;
    if (num_cmp(back, s->p->num) != 0)
        return NULL; /* the point itself is no float64 */
    size_t notes = c->nnotes;
    Node *e = s->e;
    bool ok = accum_init(&a, c, &s->x, &x, 1, &e, 1) && accum_evaluate(&a);
    a.special = true;
    ok = ok && accum_gradient(&a, ACC_REVERSE, 0, &g) && !isnan(g) && !a.kink.sides;
    bool jump = a.kink.jump;
    accum_free(&a);
    c->nnotes = notes;
    if (!attempt_forgive(c, FORGIVE_ANY) || !ok)
        return NULL;
    if (isinf(g))
        note_infinite(s);
    else if (jump)
        note_jump(s, 0);
    else
        ctx_note(c, "the slope was found from certified numbers close by");
    return isinf(g) ? (g > 0 ? c->inf : c->minus_inf) : eval_near_fraction(c, g);
}

/* The error that says why there is no slope; the formula's value where a name stays open. */
static Node *no_slope(Slope *s, Node *formula)
{
    Ctx *c = s->c;
    Str at = {0};
    if (s->value && !eval_is_constant(c, s->value) && formula)
        return ex_subst(c, formula, &s->x, &s->typed, 1);
    if (!s->value)
        (void)eval_finish(c, ex_subst(c, s->e, &s->x, &s->p, 1)); /* its error says why */
    print_brief(c, &at, s->typed, 40);
    if (!ctx_failed(c))
        ctx_error(c, LBZ_UNABLE, "look at points close by, or at the formula",
                  "what derivative of order %u there is at %s = %s cannot be told", s->n,
                  name_of_variable(s), str_cstr(&at));
    str_free(&at);
    return c->poison;
}

/* A kink at the point, and an order that is not looked at itself: where a lower derivative jumps the
 * formula's value counts, with a note, else it cannot be told. NULL: there is no kink. */
static Node *higher_slope(Slope s, Node *R)
{
    Ctx *c = s.c;
    if (is_plain(&s) || ctx_failed(c))
        return NULL;
    unsigned n = s.n;
    s.n = GERM_ORDERS;
    bool seen = s.value && look_beside(&s, NULL);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    unsigned jump = seen ? first_jump(&s) : s.n;
    s.n = n;
    if (jump == GERM_ORDERS || ctx_failed(c))
        return no_slope(&s, R);
    note_jump(&s, jump);
    return ex_subst(c, R, &s.x, &s.typed, 1);
}

Node *eval_slope(Evaluation *ev, Node *operand, Node *R, uint32_t x, Node *p, unsigned n)
{
    Ctx *c = ev->c;
    if (ctx_failed(c))
        return c->poison;
    if (!eval_is_constant(c, p) || n == 0)
        return R ? ex_subst(c, R, &x, &p, 1) : c->poison;
    Slope s = {.c = c, .x = x, .n = n, .p = ex_without_decimals(c, p), .typed = p};
    operand = eval_hold(c, operand, &x, &p, 1);
    s.e = ex_without_decimals(c, operand);
    R = R ? eval_hold(c, R, NULL, NULL, 0) : R;
    s.value = value_at(&s, s.e);
    if (n > GERM_ORDERS) {
        Node *h = R ? higher_slope(s, R) : NULL;
        return h || !R || ctx_failed(c) ? (h ? h : c->poison) : ex_subst(c, R, &x, &p, 1);
    }
    bool decimal = (p->flags | operand->flags) & NF_DEC;
    Node *r = is_plain(&s) && R ? eval_try_subst(c, R, &x, &p, 1) : NULL;
    if (r || ctx_failed(c))
        return r ? r : c->poison;
    if (!r && !ctx_failed(c) && look_beside(&s, R))
        r = slope_by_sides(&s);
    else if (!r && !ctx_failed(c))
        r = slope_by_numbers(&s);
    if (r && r != c->zero && decimal && !(r->flags & NF_INF))
        r = ex_scale(c, (Num){1, 1, true}, r);
    if (ctx_failed(c) || r)
        return ctx_failed(c) ? c->poison : r;
    return no_slope(&s, R);
}
