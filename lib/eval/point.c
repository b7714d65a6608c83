/* eval/point.c - values at a point: `e at x=1`, and what a derivative is where its
 * formula does not tell: at kinks and singular points.
 *
 * The one rule (language.md): the true derivative of the whole expression where it
 * exists; else the subgradient of least norm; else the one-sided limit. At a kink the
 * expression is replaced by the branch it follows on either side; the two slopes decide.
 */
#include "eval/internal.h"

Node *eval_try_subst(Ctx *c, Node *e, const uint32_t *syms, Node *const *by, size_t k)
{
    if (ctx_failed(c))
        return NULL;
    Node *r = ex_subst(c, e, syms, by, k);
    bool ok = !ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

/* ---- kinks */

/* What decides which branch op(a) follows: there is a kink where this is 0. NULL: it has
 * none. */
static Node *switch_of(Ctx *c, Op op, Node *const *a)
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

/* Does op(a) step where its argument passes a whole number (a half one for round)? */
static bool has_steps(Op op)
{
    return op == OP_floor || op == OP_ceil || op == OP_round || op == OP_trunc ||
           op == OP_mod || op == OP_rem;
}

static bool is_kink(Ctx *c, Node *x, void *arg)
{
    (void)arg;
    return ex_is(x, OP_clamp) || has_steps((Op)x->op) ||
           switch_of(c, (Op)x->op, x->a) != NULL;
}

bool eval_has_kinks(Ctx *c, Node *e) { return ex_find(c, e, 0, is_kink, NULL) != NULL; }

typedef struct {
    Evaluation *ev;
    Ctx *c;
    uint32_t x;
    Node *p;
    Op kink;   /* the first one met at p; OP_POISON: none */
    bool lost; /* a branch could not be decided */
    int side;  /* that is looked at */
} Point;

static int sign_at(Point *pt, Node *u)
{
    Node *v = eval_try_subst(pt->c, u, &pt->x, &pt->p, 1);
    if (!v || !eval_is_constant(pt->c, v))
        return 2;
    return ex_is_num(v) ? num_sgn(v->num) : ball_sign(pt->c, v);
}

/* Sign of u close to p on the given side, where u is 0 at p: that of the first derivative
 * that is not 0. */
static int sign_beside(Point *pt, Node *u, int side)
{
    enum { DEEPEST = 6 };
    int flip = 1;
    for (int k = 0; k < DEEPEST; k++) {
        if (u == pt->c->zero)
            return 0;
        u = diff(pt->c, u, pt->x);
        flip *= side;
        int s = ctx_failed(pt->c) ? 2 : sign_at(pt, u);
        if (s != 0)
            return s == 2 ? 2 : s * flip;
    }
    return 2;
}

/* op(a) where its switch has sign s. */
static Node *branch_by_sign(Ctx *c, Op op, Node *const *a, int s)
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

/* op(a) on one side of p, its operands being on that side already; NULL: it has no kink
 * that depends on x, or none that can be decided. */
static Node *choose_branch(Point *pt, Op op, Node *const *a, int side)
{
    Node *u = switch_of(pt->c, op, a);
    if (!u || !ex_depends(pt->c, u, pt->x))
        return NULL;
    int s = sign_at(pt, u);
    if (s == 0) {
        pt->kink = pt->kink != OP_POISON ? pt->kink : op;
        s = sign_beside(pt, u, side);
    }
    pt->lost = pt->lost || s == 2;
    return s == 2 ? NULL : branch_by_sign(pt->c, op, a, s);
}

/* The same for a function in steps: it is the one of v + s/4, if its argument u is v at p
 * and has the sign s of u - v beside it. */
static Node *choose_step(Point *pt, Op op, Node *const *a, int side)
{
    Ctx *c = pt->c;
    bool quotient = op == OP_mod || op == OP_rem;
    Node *u = quotient ? ex_div(c, a[0], a[1]) : a[0];
    Node *v = ex_depends(c, u, pt->x) ? eval_try_subst(c, u, &pt->x, &pt->p, 1) : NULL;
    Num twice = v && ex_is_num(v) ? num_mul(&c->tmp, v->num, num_int(2)) : NUM_ONE;
    if (!v || !ex_is_num(v) || !num_is_int(twice) ||
        num_is_int(v->num) == (op == OP_round))
        return NULL;
    int s = sign_beside(pt, ex_sub(c, u, v), side);
    pt->kink = pt->kink != OP_POISON ? pt->kink : op;
    pt->lost = pt->lost || s == 2;
    Op whole = op == OP_mod ? OP_floor : op == OP_rem ? OP_trunc : op;
    Node *k = ex_fn1(c, whole, ex_add2(c, v, ex_rat(c, s, 4)));
    return s == 2 ? NULL : quotient ? ex_sub(c, a[0], ex_mul2(c, a[1], k)) : k;
}

static Node *beside_step(const Rewriting *w, Node *n, Node *const *a)
{
    Ctx *c = w->c;
    Point *pt = w->arg;
    if (!n->n || !ex_depends(c, n, pt->x))
        return n;
    if (ex_is(n, OP_clamp)) { /* max(lo, min(x, hi)) */
        Op before = pt->kink;
        Node *below[] = {a[0], a[2]}, *r = choose_branch(pt, OP_min, below, pt->side);
        Node *above[] = {r ? r : ex_fn2(c, OP_min, a[0], a[2]), a[1]};
        r = choose_branch(pt, OP_max, above, pt->side);
        pt->kink = before == OP_POISON && pt->kink != before ? OP_clamp : pt->kink;
        return r ? r : ex_fn2(c, OP_max, above[0], above[1]);
    }
    Node *r = has_steps((Op)n->op) ? choose_step(pt, (Op)n->op, a, pt->side)
                                   : choose_branch(pt, (Op)n->op, a, pt->side);
    return r ? r : ex_with(c, n, a);
}

/* e as it is close to p on one side, free of the kinks at p. */
static Node *one_side(Point *pt, Node *e, int side)
{
    pt->side = side;
    return ex_rewrite(pt->c, e, 0, beside_step, pt);
}

static bool same_number(Ctx *c, Node *a, Node *b)
{
    if (a == b)
        return true;
    Node *d = ex_sub(c, a, b);
    return d == c->zero ||
           (!ex_is_num(d) && eval_is_constant(c, d) && ball_sign(c, d) == 0);
}

/* A name that nobody typed: sym_fresh makes t_1. */
static bool is_made_up(const Ctx *c, uint32_t x)
{
    const char *bar = strrchr(sym_name(c, x), '_');
    return x >= c->syms_kept && bar && bar[1] && !bar[1 + strspn(bar + 1, "0123456789")];
}

/* " (x = 1)": where the kink is, in the name differentiated by; nothing where a note that says
 * "at 0" says it already. Parameters have their names behind an '@'. */
static void print_where(const Point *pt, bool at_zero, Str *s)
{
    const char *x = sym_name(pt->c, pt->x), *own = strrchr(x, '@');
    if (at_zero && ex_is_num(pt->p) && num_sgn(pt->p->num) == 0)
        return;
    if (is_made_up(pt->c, pt->x))
        str_puts(s, " (at ");
    else
        str_printf(s, " (%s = ", own ? own + 1 : x);
    print_brief(pt->c, s, pt->p, 40);
    str_putc(s, ')');
}

/* What is not smooth, and how people call the place. */
static bool print_kink(Op kink, Str *s)
{
    const char *f = op_info(kink)->name;
    if (!op_is_function(kink))
        str_puts(s, "not differentiable where the branches meet");
    else if (kink == OP_max || kink == OP_min)
        str_printf(s, "%s is not differentiable where its arguments are equal", f);
    else if (has_steps(kink))
        str_printf(s, "%s steps here, so the slopes differ", f);
    else if (kink == OP_clamp)
        str_puts(s, "clamp is not differentiable at its bounds");
    else
        str_printf(s, "%s is not differentiable at 0", f);
    return op_is_function(kink) && kink != OP_max && kink != OP_min && kink != OP_clamp &&
           !has_steps(kink);
}

static void print_note(const Point *pt, Node *lo, Node *hi)
{
    Ctx *c = pt->c;
    Str s = {0};
    print_where(pt, print_kink(pt->kink, &s), &s);
    str_puts(&s, ": subderivative [");
    print_plain(c, &s, lo);
    str_puts(&s, ", ");
    print_plain(c, &s, hi);
    str_puts(&s, "]");
    ctx_note(c, "%s", str_cstr(&s));
    str_free(&s);
}

/* The slopes differ: the number of least magnitude between them. */
static Node *least_norm(const Point *pt, Node *l, Node *r, bool note)
{
    Ctx *c = pt->c;
    Node *d = ex_sub(c, r, l);
    int s = ex_is_num(d) ? num_sgn(d->num) : ball_sign(c, d);
    Node *lo = s >= 0 ? l : r, *hi = s >= 0 ? r : l;
    if (note)
        print_note(pt, lo, hi);
    int slo = ex_is_num(lo) ? num_sgn(lo->num) : ball_sign(c, lo);
    int shi = ex_is_num(hi) ? num_sgn(hi->num) : ball_sign(c, hi);
    return slo > 0 && slo != 2 ? lo : shi < 0 ? hi : c->zero;
}

/* The function itself jumps at p: there is no subderivative to speak of. */
static bool jumps_at_point(Point *pt, Node *left, Node *right)
{
    Node *l = eval_try_subst(pt->c, left, &pt->x, &pt->p, 1);
    Node *r = eval_try_subst(pt->c, right, &pt->x, &pt->p, 1);
    return l && r && eval_is_constant(pt->c, l) && eval_is_constant(pt->c, r) &&
           !same_number(pt->c, l, r);
}

/* NULL: no kink at p, or none that can be decided. */
static Node *slope_at_kink(Point *pt, Node *e)
{
    Ctx *c = pt->c;
    Node *left = one_side(pt, e, -1), *right = one_side(pt, e, 1);
    if (pt->kink == OP_POISON || pt->lost || ctx_failed(c))
        return NULL;
    Node *dl = diff(c, left, pt->x), *dr = diff(c, right, pt->x);
    Node *l = eval_try_subst(c, dl, &pt->x, &pt->p, 1);
    Node *r = eval_try_subst(c, dr, &pt->x, &pt->p, 1);
    if (!l || !r || !eval_is_constant(c, l) || !eval_is_constant(c, r))
        return NULL;
    bool jump = jumps_at_point(pt, left, right);
    if (jump)
        ctx_note(c, "the function jumps here: there is no derivative");
    return same_number(c, l, r) ? l : least_norm(pt, l, r, !jump);
}

/* ---- singular points */

enum { PROBES = 5 };

/* Values of f at p + side*2^-k for growing k. False: undefined on that side. */
static bool probe_values(const Point *pt, Node *f, int side, double *v)
{
    Ctx *c = pt->c;
    for (int i = 0; i < PROBES; i++) {
        slong k = 8L << i;
        Node *step = ex_scale(c, num_int(side), ex_powi(c, c->two, -k));
        Node *at = ex_add2(c, pt->p, step);
        Node *r = eval_try_subst(c, f, &pt->x, &at, 1);
        if (!r || !eval_is_constant(c, r) || ball_double(c, r, &v[i]) != LBZ_OK) {
            (void)attempt_forgive(c, FORGIVE_UNDEFINED);
            return false;
        }
    }
    return true;
}

/* 1 or -1: v grows without bound in that direction; 0: it does not. */
static int diverges(const double *v)
{
    for (int i = 2; i < PROBES; i++) {
        double a = v[i - 1] - v[i - 2], b = v[i] - v[i - 1];
        if (a * b <= 0 || b * b < a * a || v[i] * b <= 0)
            return 0;
    }
    return v[PROBES - 1] > 0 ? 1 : -1;
}

/* v settles on a number that is not 0: its sign; else 0. */
static int settles(const double *v)
{
    double a = v[PROBES - 1], d = a - v[PROBES - 2];
    bool still = d * d <= 1e-12 * a * a;
    return still && a != 0 ? (a > 0 ? 1 : -1) : 0;
}

static Node *infinite_slope(const Point *pt, int sign, const char *how)
{
    Ctx *c = pt->c;
    Str s = {0};
    print_brief(c, &s, pt->p, 60);
    ctx_note(c, "the slope grows without bound at %s%s", str_cstr(&s), how);
    str_free(&s);
    return sign > 0 ? c->inf : c->minus_inf;
}

/* R has no value at p although e does. NULL: nothing can be said. */
static Node *slope_at_singularity(Point *pt, Node *e, Node *R)
{
    Ctx *c = pt->c;
    double l[PROBES], r[PROBES];
    Node *here = eval_try_subst(c, e, &pt->x, &pt->p, 1);
    if (!here || (here->flags & NF_INF))
        return NULL;
    bool left = probe_values(pt, R, -1, l), right = probe_values(pt, R, 1, r);
    if (ctx_failed(c) || (!left && !right))
        return NULL;
    int dl = left ? diverges(l) : 0, dr = right ? diverges(r) : 0;
    if (left && right && dl && dl == -dr) {
        ctx_note(c,
                 "not differentiable here: the slope is %s on the left, %s on the right",
                 dl > 0 ? "inf" : "-inf", dr > 0 ? "inf" : "-inf");
        return c->zero;
    }
    if (left && right && settles(l) * settles(r) < 0) {
        ctx_note(
            c,
            "not differentiable here: the slope is about %.6g on the left, %.6g on the "
            "right",
            l[PROBES - 1], r[PROBES - 1]);
        return c->zero;
    }
    if (dr && (!left || dl == dr))
        return infinite_slope(pt, dr, left ? "" : " (one-sided)");
    return dl && !right ? infinite_slope(pt, dl, " (one-sided)") : NULL;
}

Node *eval_slope(Evaluation *ev, Node *operand, Node *R, uint32_t x, Node *p)
{
    Ctx *c = ev->c;
    Point pt = {.ev = ev, .c = c, .x = x, .p = p, .kink = OP_POISON};
    if (ctx_failed(c))
        return c->poison;
    if (!eval_is_constant(c, p))
        return ex_subst(c, R, &x, &p, 1);
    operand = eval_hold(c, operand, &x, &p, 1);
    R = eval_hold(c, R, NULL, NULL, 0);
    Node *r = eval_has_kinks(c, operand) ? slope_at_kink(&pt, operand) : NULL;
    r = r ? r : eval_try_subst(c, R, &x, &p, 1);
    r = r || ctx_failed(c) ? r : slope_at_singularity(&pt, operand, R);
    if (ctx_failed(c))
        return c->poison;
    return r ? r : ex_subst(c, R, &x, &p, 1);
}

/* ---- e at x=1, y=2 */

typedef struct {
    Evaluation *ev;
    Ctx *c;
    SymList own; /* the names bound */
    Node **by;   /* and what they are here */
    const NodeMap *done;
} At;

static void gather_bindings(At *at, const Node *op, Node *const *a)
{
    Ctx *c = at->c;
    at->by = ARENA_NEW(&c->tmp, Node *, op->n);
    for (size_t i = 1; at->by && i + 1 < op->n; i += 2) {
        if (!ex_is(a[i], OP_SYM)) {
            Str s = {0};
            print_brief(c, &s, a[i], 40);
            ctx_error(c, LBZ_SYNTAX, NULL, "%s cannot be given a value", str_cstr(&s));
            str_free(&s);
            return;
        }
        size_t before = at->own.n;
        symlist_add(&at->own, a[i]->sym);
        if (at->own.n == before) {
            ctx_error(c, LBZ_SYNTAX, NULL, "%s is given two values",
                      sym_name(c, a[i]->sym));
            return;
        }
        at->by[before] = a[i + 1];
    }
}

static Node *value_of_bound(At *at, Node *e)
{
    Node *x = eval_attach(at->ev, eval_expand(at->ev, e, &at->own, EXPAND_NEEDED));
    return ex_subst(at->c, x, at->own.v, at->by, at->own.n);
}

/* Which of the names bound is x; own.n: none. */
static size_t place_of_name(const At *at, uint32_t x)
{
    size_t k = 0;
    while (k < at->own.n && at->own.v[k] != x)
        k++;
    return k;
}

/* The slope by x = own[k], where the other names have their values already. */
static Node *slope_by(At *at, Node *operand, Node *R, uint32_t x)
{
    Ctx *c = at->c;
    size_t k = place_of_name(at, x);
    if (k == at->own.n)
        return ex_subst(c, R, at->own.v, at->by, at->own.n);
    Node **others = ARENA_NEW(&c->tmp, Node *, at->own.n);
    if (!others)
        return c->poison;
    memcpy(others, at->by, at->own.n * sizeof *others);
    others[k] = ex_sym(c, x);
    Node *e = eval_try_subst(c, operand, at->own.v, others, at->own.n);
    Node *r = eval_try_subst(c, R, at->own.v, others, at->own.n);
    if (!e || !r)
        return ctx_failed(c) ? c->poison : ex_subst(c, R, at->own.v, at->by, at->own.n);
    return eval_slope(at->ev, e, r, x, at->by[k]);
}

/* The slopes of one function by nv names, whose formulas are R. */
static bool slopes_by_names(At *at, Node *operand, Node *const *vars, size_t nv,
                            Node *const *R, Node **g)
{
    Ctx *c = at->c;
    Node **tie = ARENA_NEW(&c->tmp, Node *, at->own.n);
    bool tied = tie && eval_tie(c, operand, at->own.v, at->by, at->own.n, tie);
    for (size_t i = 0; tie && i < nv; i++) {
        size_t k = tied ? place_of_name(at, vars[i]->sym) : at->own.n;
        g[i] = k < at->own.n ? tie[k] : slope_by(at, operand, R[i], vars[i]->sym);
    }
    return tie != NULL;
}

/* As many entries as needed? One function by one name has a plain value. */
static bool shape_fits(const Node *R, bool list, size_t n)
{
    return ex_is(R, OP_LIST) == list && (!list || R->n == n);
}

/* A derivative inside e: its value by the rule for kinks. NULL: not one of that kind. */
static Node *derivative_here(At *at, Node *n)
{
    Ctx *c = at->c;
    Node *operand = nodemap_get(&at->ev->operand_of, n), *R = nodemap_get(at->done, n);
    bool first = (ex_is(n, OP_DIFF) && n->n == 3 && n->a[2] == c->one) ||
                 ((ex_is(n, OP_GRAD) || ex_is(n, OP_JACOBIAN)) && n->n == 2);
    if (!operand || !R || !first)
        return NULL;
    operand = eval_expand(at->ev, operand, &at->own, EXPAND_NEEDED);
    R = eval_attach(at->ev, eval_expand(at->ev, R, &at->own, EXPAND_NEEDED));
    bool names = ex_is(n->a[1], OP_LIST), list = ex_is(operand, OP_LIST);
    size_t nv = names ? n->a[1]->n : 1, nf = list ? operand->n : 1;
    Node **row = ARENA_NEW(&c->tmp, Node *, nf + 1),
         **g = ARENA_NEW(&c->tmp, Node *, nv + 1);
    if (!row || !g || !shape_fits(R, list || names, list ? nf : nv))
        return NULL;
    for (size_t i = 0; i < nf; i++) {
        Node *Ri = list ? R->a[i] : R, *f = list ? operand->a[i] : operand;
        if (ex_is(f, OP_LIST) || !shape_fits(Ri, names, nv) ||
            !slopes_by_names(at, f, names ? n->a[1]->a : &n->a[1], nv,
                             names ? Ri->a : &Ri, g))
            return NULL;
        row[i] = names ? ex_list(c, nv, g) : g[0];
    }
    return list ? ex_list(c, nf, row) : row[0];
}

/* The value node by node: derivatives get theirs, the rest is put together again. */
static Node *piecewise_step(const Rewriting *w, Node *x, Node *const *a)
{
    At *at = w->arg;
    Ctx *c = w->c;
    if (op_is_structural((Op)x->op)) {
        Node *r = derivative_here(at, x);
        Node *plain = r || ctx_failed(c) ? NULL : nodemap_get(at->done, x);
        return r ? r : plain ? value_of_bound(at, plain) : c->poison;
    }
    Node **val = ARENA_NEW(&c->tmp, Node *, x->n);
    for (size_t k = 0; val && k < x->n; k++)
        val[k] = x->a[k]->flags & NF_STRUCTURAL ? a[k] : value_of_bound(at, x->a[k]);
    return val ? ex_rebuild(c, x, val) : c->poison;
}

static bool has_kinked_operand(Ctx *c, Node *x, void *arg)
{
    const At *at = arg;
    Node *operand = nodemap_get(&at->ev->operand_of, x);
    return operand && eval_has_kinks(c, operand);
}

/* Is there a derivative in e whose value the formula alone may not tell? */
static bool may_need_slopes(At *at, Node *e)
{
    return (e->flags & NF_STRUCTURAL) &&
           ex_find(at->c, e, NF_STRUCTURAL, has_kinked_operand, at);
}

Node *eval_at(Evaluation *ev, Node *op, Node *const *a, const NodeMap *done)
{
    Ctx *c = ev->c;
    ArenaMark m = arena_mark(&c->tmp);
    At at = {ev, c, {0}, NULL, done};
    Node *r = NULL;
    gather_bindings(&at, op, a);
    if (!ctx_failed(c) && at.by) {
        Node *e = eval_attach(ev, eval_expand(ev, a[0], &at.own, EXPAND_NEEDED));
        bool kinks = may_need_slopes(&at, op->a[0]);
        r = kinks ? NULL : eval_try_subst(c, e, at.own.v, at.by, at.own.n);
        if (!r && !ctx_failed(c)) {
            r = (op->a[0]->flags & NF_STRUCTURAL)
                    ? ex_rewrite(c, op->a[0], NF_STRUCTURAL, piecewise_step, &at)
                    : ex_subst(c, e, at.own.v, at.by, at.own.n);
            if (c->env.err.status == LBZ_DOMAIN)
                eval_hint_limit(c, e, at.own.v, at.by, at.own.n);
        }
    }
    symlist_free(&at.own);
    arena_release(&c->tmp, m);
    return ctx_failed(c) || !r ? c->poison : r;
}
