/* eval/order.c - derivatives of high order at a point, and Taylor polynomials there.
 *
 * Formulas of high derivatives grow beyond measure, power series do not. The value is exact where
 * the series is one of rational numbers; decimals, and what would be too large to be written
 * exactly, come from series of certified values.
 */
#include "base/child.h"
#include "diff/coefficients.h"
#include "diff/germ.h"
#include "eval/internal.h"
#include "flint/wire.h"

#include <stdio.h>

enum {
    HIGH_ORDER = 8,         /* orders above it are looked at */
    HIGHEST = 10000,        /* ... and up to this one */
    HIGHEST_BY_NODES = 200, /* for series of nodes */
    HIGHEST_DEGREE = 2000,
    CHILD_ORDER = 400, /* series so long are made in a child */
    LARGE = 400,       /* formulas of more distinct nodes are too large */
    DIGITS = 17
};

/* ---- certified values */

/* The coefficients from..n, rounded as asked; factor: all of them are multiplied by it. False
 * when the enclosures leave one open. */
static bool round_all(Ctx *c, arb_srcptr v, unsigned from, unsigned n, const arb_t factor,
                      size_t digits, slong prec, Node **out)
{
    arb_t t;
    bool ok = true;
    arb_init(t);
    for (unsigned k = from; ok && k <= n; k++) {
        Num x;
        arb_mul(t, v + k, factor, prec);
        ok = ball_to_num(c, t, digits, prec, &x);
        if (ok) {
            x.dec = true;
            out[k - from] = ex_num(c, x);
        }
    }
    arb_clear(t);
    return ok;
}

typedef struct {
    Ctx *c;
    Node *e;
    uint32_t x;
    Node *a;
    unsigned from, n; /* wanted */
    slong prec;
    arb_ptr v; /* n + 1 of them */
} Coefficients;

static void find_in_child(void *arg, Str *answer)
{
    Coefficients *t = arg;
    bool ok = diff_ball_series(t->c, t->e, t->x, t->a, t->n, t->prec, t->v);
    wire_put_word(answer, ok);
    for (unsigned k = t->from; ok && k <= t->n; k++)
        wire_put_arb(answer, t->v + k);
}

static bool find_coefficients(Coefficients *t)
{
    if (t->n <= CHILD_ORDER)
        return diff_ball_series(t->c, t->e, t->x, t->a, t->n, t->prec, t->v);
    Str answer = {0};
    bool ok = child_run(&t->c->env, find_in_child, t, &answer);
    Wire w = wire_read(&answer);
    ok = ok && wire_get_word(&w);
    for (unsigned k = t->from; ok && k <= t->n; k++)
        wire_get_arb(&w, t->v + k);
    str_free(&answer);
    return ok && !w.bad;
}

static bool certified_coefficients(Ctx *c, Node *e, uint32_t x, Node *a, unsigned from,
                                   unsigned n, bool factorial, size_t digits, Node **out)
{
    arb_ptr v = _arb_vec_init((slong)n + 1);
    arb_t factor;
    arb_init(factor);
    arb_one(factor);
    slong need = 64 + (slong)digits * 4, prec = n > CHILD_ORDER ? need + n / 8 : need + n;
    bool ok = false;
    for (int round = 0; round < 7 && !ok && !ctx_poll(c); round++, prec *= 2) {
        if (factorial)
            arb_fac_ui(factor, n, prec + 32);
        if (!find_coefficients(&(Coefficients){c, e, x, a, from, n, prec, v}))
            break;
        ok = round_all(c, v, from, n, factor, digits, prec, out);
    }
    arb_clear(factor);
    _arb_vec_clear(v, (slong)n + 1);
    return ok && !ctx_failed(c);
}

/* Has e no names but x, and nothing that a series cannot be made of? */
static bool has_only_name(Ctx *c, Node *e, uint32_t x, Node *a)
{
    if ((e->flags & (NF_STRUCTURAL | NF_APPLY | NF_INF)) || e->op == OP_LIST ||
        !eval_is_constant(c, a))
        return false;
    size_t k = 0;
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t *syms = ex_free_syms(c, e, &k);
    bool only = syms && (k == 0 || (k == 1 && syms[0] == x));
    arena_release(&c->tmp, m);
    return only;
}

/* ---- derivatives */

static bool is_large_formula(Ctx *c, Node *e, uint32_t x, int64_t k)
{
    for (; k > 0 && !ctx_failed(c); k--) {
        e = diff(c, e, x);
        if (e == c->zero)
            return false;
        if (ex_dag_size(c, e) > LARGE)
            return true;
    }
    return false;
}

/* Is every derivative of order k 0 at 0, as e is even or odd? */
static bool vanishes_by_parity(Ctx *c, Node *e, uint32_t x, Node *p, int64_t k)
{
    Node *minus = ex_neg(c, ex_sym(c, x));
    Node *r = p == c->zero ? eval_try_subst(c, e, &x, &minus, 1) : NULL;
    return r && (k % 2 ? r == e : r == ex_neg(c, e));
}

static Node *exact_derivative(Ctx *c, Node *e, uint32_t x, Node *p, int64_t k)
{
    if (vanishes_by_parity(c, e, x, p, k))
        return c->zero;
    Node *r = ex_is_num(p) && !((p->flags | e->flags) & NF_DEC)
                  ? diff_high_rational(c, e, x, p->num, (unsigned)k)
                  : NULL;
    return r || ctx_failed(c) || k > HIGHEST_BY_NODES
               ? r
               : diff_nth_rational(c, e, x, p, (unsigned)k);
}

static Node *high_order(Evaluation *ev, Node *e, uint32_t x, Node *p, int64_t k)
{
    Ctx *c = ev->c;
    if (ctx_failed(c) || eval_has_kinks(c, e))
        return NULL;
    Node *r = exact_derivative(c, e, x, p, k);
    if (r || ctx_failed(c))
        return ctx_failed(c) ? NULL : r;
    bool decimal = ev->decimals || ((p->flags | e->flags) & NF_DEC);
    bool large = !decimal && is_large_formula(c, e, x, k);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    if ((!decimal && !large) || ctx_failed(c))
        return NULL;
    size_t digits = decimal ? (ev->decimals ? ev->decimals : 0) : DIGITS;
    if (!certified_coefficients(c, e, x, p, (unsigned)k, (unsigned)k, true, digits, &r))
        return NULL;
    if (ev->decimals && ex_is_int(r))
        r = ex_num(c, (Num){r->num.p, r->num.q, false}); /* as N prints it */
    if (large) {
        ctx_note(
            c,
            "the formula of this derivative is too large to be written: its value to %d "
            "digits",
            DIGITS);
    }
    return r;
}

/* ---- what the series are made of */

typedef struct {
    uint32_t x;
    Node *p;
} Place;

/* The sign of u at the point; 0: it is 0, or is not told. */
static int sign_at(Ctx *c, Node *u, const Place *at)
{
    Node *r = eval_try_subst(c, u, &at->x, &at->p, 1);
    int sign = r && eval_is_constant(c, r) ? ball_sign(c, r) : 0;
    return sign == 1 || sign == -1 ? sign : 0;
}

static bool may_turn(Ctx *c, Node *n, void *at)
{
    return n->op >= OP_LT && n->op <= OP_NE &&
           !sign_at(c, ex_sub(c, n->a[0], n->a[1]), at);
}

static Node *branch_of_if(Ctx *c, Node *n, Place *at)
{
    Node *yes = ex_find(c, n->a[0], 0, may_turn, at)
                    ? NULL
                    : eval_try_subst(c, n->a[0], &at->x, &at->p, 1);
    return yes == c->yes ? n->a[1] : yes == c->no ? n->a[2] : NULL;
}

/* What n is all around the point; NULL: it is no kink, or one there. */
static Node *branch_of(Ctx *c, Node *n, void *arg)
{
    Place *at = arg;
    if (!ex_depends(c, n, at->x))
        return NULL;
    if (n->op == OP_IF)
        return branch_of_if(c, n, at);
    bool two = n->op == OP_max || n->op == OP_min;
    if (!two && n->op != OP_abs && n->op != OP_relu && n->op != OP_sign &&
        n->op != OP_step && n->op != OP_step_at)
        return NULL;
    int sign = sign_at(c, two ? ex_sub(c, n->a[0], n->a[1]) : n->a[0], at);
    if (!sign)
        return NULL;
    switch (n->op) {
    case OP_max:
    case OP_min: return n->n == 2 ? n->a[(sign > 0) != (n->op == OP_max)] : NULL;
    case OP_abs: return ex_scale(c, num_int(sign), n->a[0]);
    case OP_relu: return sign > 0 ? n->a[0] : c->zero;
    case OP_sign: return ex_int(c, sign);
    default: return sign > 0 ? c->one : c->zero;
    }
}

/* e with the branches taken that hold all around the point. */
static Node *follow_branches(Ctx *c, Node *e, uint32_t x, Node *p)
{
    enum { DEEPEST = 6 };
    Place at = {x, p};
    for (int i = 0; i < DEEPEST && eval_has_kinks(c, e) && eval_is_constant(c, p); i++) {
        Node *r = ex_swap(c, e, branch_of, &at);
        if (ctx_failed(c) || r == e)
            break;
        e = r;
    }
    return e;
}

/* Sums by their terms, products without the factors that do not move. */
static Node *linear_high_order(Evaluation *ev, Node *e, uint32_t x, Node *p,
                               const Node *n)
{
    Ctx *c = ev->c;
    Node *k = c->one, *sum = c->zero;
    if (!ex_depends(c, e, x))
        return c->zero;
    if (e->op == OP_MUL || e->op == OP_SCALE) {
        Node *moving = c->one;
        for (uint32_t i = 0; i < e->n; i++) {
            Node **to = ex_depends(c, e->a[i], x) ? &moving : &k;
            *to = ex_mul2(c, *to, e->a[i]);
        }
        Node *r = k == c->one || (k->flags & NF_RISK)
                      ? NULL
                      : eval_high_order(ev, moving, x, p, n);
        return r ? ex_mul2(c, k, r) : NULL;
    }
    for (uint32_t i = 0; e->op == OP_ADD && sum && i < e->n; i++) {
        Node *r = eval_high_order(ev, e->a[i], x, p, n);
        sum = r ? ex_add2(c, sum, r) : NULL;
    }
    return e->op == OP_ADD ? sum : NULL;
}

Node *eval_high_order(Evaluation *ev, Node *e, uint32_t x, Node *p, const Node *n)
{
    Ctx *c = ev->c;
    int64_t k;
    if (!ex_get_int(n, &k) || k <= HIGH_ORDER || k > HIGHEST || ctx_failed(c))
        return NULL;
    e = follow_branches(c, e, x, p);
    return has_only_name(c, e, x, p) ? high_order(ev, e, x, p, k)
                                     : linear_high_order(ev, e, x, p, n);
}

/* op: AT of a DIFF by one name, which is among those bound. Where its value stands; 0: no. */
static uint32_t place_of_variable(const Node *op)
{
    const Node *d = op->a[0];
    int64_t k;
    if (!ex_is(op, OP_AT) || !ex_is(d, OP_DIFF) || d->n != 3 ||
        !ex_get_int(d->a[2], &k) || k <= HIGH_ORDER || k > HIGHEST)
        return 0;
    for (uint32_t i = 1; i + 1 < op->n; i += 2)
        if (op->a[i] == d->a[1])
            return i + 1;
    return 0;
}

bool eval_is_high_order_at(const Node *op) { return place_of_variable(op) != 0; }

/* The formula was the last resort. */
void eval_high_order_failed(Ctx *c)
{
    if (c->env.err.status == LBZ_LIMIT)
        snprintf(
            c->env.err.hint, sizeof c->env.err.hint,
            "its power series at this point is not known, either: ask for a lower order");
}

static Node *carried_operand(const NodeMap *done, Node *n)
{
    Node *r = nodemap_get(done, n);
    return r ? r : n;
}

Node *eval_high_order_at(Evaluation *ev, Node *op, const NodeMap *done)
{
    Ctx *c = ev->c;
    SymList own = {0};
    const Node *d = op->a[0];
    uint32_t at = place_of_variable(op);
    size_t others = 0;
    uint32_t *syms = ARENA_NEW(&c->tmp, uint32_t, op->n);
    Node **by = ARENA_NEW(&c->tmp, Node *, op->n), *r = NULL;
    for (uint32_t i = 1; syms && by && i + 1 < op->n; i += 2) {
        if (!ex_is(op->a[i], OP_SYM) || symlist_has(&own, op->a[i]->sym) ||
            !symlist_add(&own, op->a[i]->sym)) {
            symlist_free(&own);
            return NULL; /* the ordinary way tells what is wrong */
        }
        if (i + 1 != at) {
            syms[others] = op->a[i]->sym;
            by[others++] = carried_operand(done, op->a[i + 1]);
        }
    }
    if (syms && by && !ctx_failed(c)) {
        Node *e = eval_expand(ev, carried_operand(done, d->a[0]), &own, EXPAND_NEEDED);
        e = others ? eval_try_subst(c, e, syms, by, others) : e;
        r = e ? eval_high_order(ev, e, d->a[1]->sym, carried_operand(done, op->a[at]),
                                d->a[2])
              : NULL;
    }
    symlist_free(&own);
    return r;
}

/* ---- Taylor polynomials */

static bool taylor_coefficients(Evaluation *ev, Node *e, uint32_t x, Node *a, unsigned n,
                                Node **out)
{
    Ctx *c = ev->c;
    bool decimal = ev->decimals || ((a->flags | e->flags) & NF_DEC);
    if (!decimal && n > HIGH_ORDER && n <= HIGHEST_DEGREE && ex_is_num(a) &&
        has_only_name(c, e, x, a) && !eval_has_kinks(c, e) &&
        diff_rational_series(c, e, x, a->num, n, out))
        return true;
    return (decimal && n <= HIGHEST_DEGREE && has_only_name(c, e, x, a) &&
            certified_coefficients(c, e, x, a, 0, n, false, ev->decimals, out)) ||
           (!ctx_failed(c) && diff_series(c, e, x, a, n, out));
}

Node *eval_taylor(Evaluation *ev, Node *e, uint32_t x, Node *a, unsigned n)
{
    Ctx *c = ev->c;
    Node **p = ARENA_NEW(&c->pool[1].arena, Node *, (size_t)n + 1);
    if (!p || ctx_failed(c) || !taylor_coefficients(ev, e, x, a, n, p))
        return c->poison;
    ev->taylor = (Polynomial){x, a, p, n};
    return diff_polynomial(c, p, x, a, n);
}

/* x - a as one symbol of that name: as a sum it would be multiplied out, or have its sign moved. */
static Node *step_symbol(Ctx *c, const Polynomial *t)
{
    Node *h = ex_sub(c, ex_sym(c, t->x), eval_finish(c, t->a));
    Str name = {0};
    if (ex_is(h, OP_SYM) || ctx_failed(c))
        return h;
    str_putc(&name, '(');
    print_plain(c, &name, h);
    str_putc(&name, ')');
    h = ex_sym(c, sym_intern(c, str_cstr(&name), name.n));
    str_free(&name);
    return h;
}

const char *eval_taylor_text(Evaluation *ev, Node *(*finish)(void *arg, Node *k),
                             void *arg)
{
    enum { LONGEST = 20000 };
    Ctx *c = ev->c;
    const Polynomial *t = &ev->taylor;
    Node *h = step_symbol(c, t);
    Str out = {0}, term = {0};
    for (unsigned k = 0; k <= t->n && !ctx_failed(c) && out.n < LONGEST; k++) {
        Node *p = finish(arg, t->p[k]);
        if (k && ex_is_num(p) && num_is_one(num_abs(&c->tmp, p->num)))
            p = ex_int(c, num_sgn(p->num)); /* 1.0*(x - a) is x - a */
        if (ex_is(p, OP_LIST) || ex_tree_size(c, p) > LONGEST) {
            out.failed = true;
            break;
        }
        if (ctx_failed(c) || (ex_is_num(p) && num_is_zero(p->num)))
            continue;
        str_clear(&term);
        print_plain(c, &term, ex_mul2(c, p, ex_powi(c, h, k)));
        bool minus = term.n && term.s[0] == '-';
        str_puts(&out, !out.n ? (minus ? "-" : "") : minus ? " - " : " + ");
        str_put(&out, str_cstr(&term) + minus, term.n - minus);
    }
    const char *text = out.n && out.n < LONGEST && !out.failed && !ctx_failed(c)
                           ? arena_strndup(&c->pool[1].arena, out.s, out.n)
                           : NULL;
    str_free(&out);
    str_free(&term);
    return text;
}

/* ---- where there is no value but a limit */

/* e with all values put in but that of in[i]; NULL: that has no value either. */
static Node *put_in_all_but(Ctx *c, Node *e, const uint32_t *in, Node *const *at,
                            size_t n, size_t i)
{
    Node **by = ARENA_NEW(&c->tmp, Node *, n);
    if (!by)
        return NULL;
    memcpy(by, at, n * sizeof *by);
    by[i] = ex_sym(c, in[i]);
    return eval_try_subst(c, e, in, by, n);
}

/* e close to p on that side, seen by numbers: no value, or a fall to 0 that is quick. */
static GermState look_closer(Ctx *c, Node *e, uint32_t x, Node *p, int side)
{
    double before = 0, v = 0;
    bool none = true, falls = true;
    for (int k = 8; k <= 128 && (none || falls); k *= 2) {
        Node *at = ex_add2(c, p, ex_scale(c, num_int(side), ex_powi(c, c->two, -k)));
        Node *r = eval_try_subst(c, e, &x, &at, 1);
        none = none && !r;
        falls = falls && r && eval_is_constant(c, r) && ball_double(c, r, &v) == LBZ_OK &&
                (k == 8 || v * v * 16 <= before * before);
        before = v;
    }
    return none ? GERM_UNDEFINED : falls && v * v < 1e-24 ? GERM_KNOWN : GERM_OPEN;
}

/* By a series, which fills the gap; else on the sides there are, where what is seen to fall to 0
 * does. */
static bool limit_along(Ctx *c, Node *e, uint32_t x, Node *p, Node **limit, bool *filled)
{
    Germ g[2];
    bool ok = diff_series(c, e, x, p, 0, limit);
    *filled = ok;
    if (attempt_forgive(c, FORGIVE_UNDEFINED) && ok)
        return eval_is_constant(c, *limit);
    diff_germ(c, e, x, p, -1, 0, &g[0]);
    diff_germ(c, e, x, p, 1, 0, &g[1]);
    for (int i = 0; i < 2 && !ctx_failed(c); i++)
        if (g[i].state == GERM_OPEN)
            g[i] = (Germ){look_closer(c, e, x, p, i ? 1 : -1), {c->zero}, OP_POISON};
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    bool left = g[0].state == GERM_KNOWN, right = g[1].state == GERM_KNOWN;
    *limit = g[right].limit[0];
    return (left || right) && g[0].state != GERM_OPEN && g[1].state != GERM_OPEN &&
           *limit && !((*limit)->flags & NF_INF) &&
           (!left || !right || g[0].limit[0] == *limit) && !ctx_failed(c);
}

void eval_hint_limit(Ctx *c, Node *e, const uint32_t *in, Node *const *at, size_t n)
{
    enum { MOST_NODES = 500 };
    Err why = attempt_error(c);
    size_t notes = c->nnotes;
    Node *limit = NULL;
    bool filled = false;
    for (size_t i = 0; i < n && !ctx_poll(c); i++) {
        Node *f = eval_is_constant(c, at[i]) ? put_in_all_but(c, e, in, at, n, i) : NULL;
        if (!f || ex_dag_size(c, f) > MOST_NODES ||
            !limit_along(c, f, in[i], at[i], &limit, &filled))
            continue;
        Str s = {0};
        str_printf(&s, "as %s tends to ", sym_name(c, in[i]));
        print_brief(c, &s, at[i], 40);
        str_puts(&s, " it tends to ");
        print_brief(c, &s, limit, 60);
        if (filled) {
            str_printf(&s, "; taylor(..., %s=", sym_name(c, in[i]));
            print_brief(c, &s, at[i], 40);
            str_puts(&s, ", 0) fills the gap");
        }
        snprintf(why.hint, sizeof why.hint, "%s", str_cstr(&s));
        str_free(&s);
        break;
    }
    c->nnotes = notes;
    if (c->env.err.status != LBZ_INTERRUPT)
        c->env.err = why;
}
