/* diff/germ.c - series on one side of a point: roots and logarithms of 0 have series in fractional
 * powers and log(t) there; branches are decided (branch.c).
 *
 * The sign of a series close to the point is that of its first term, log(t) being below all
 * numbers. Each node keeps for itself whether it is known.
 */
#include "ball/ball.h"
#include "diff/series.h"
#include "expr/internal.h"
#include "field/rational.h"

enum { DEEPEST = 4, FINEST = 128, ROUNDS = 5, MOST_NODES = 2000 };

/* ---- signs and limits of coefficients */

bool series_has_log(const Series *s, Node *q) { return ex_depends(s->c, q, s->log->sym); }

/* The limit of a coefficient as t falls to 0 and log(t) to -inf; *sign: of the coefficient there,
 * 2: not known. */
static Node *limit_of(const Series *s, Node *q, int *sign);

static int sign_of(const Series *s, Node *q)
{
    int sign = 2;
    if (series_has_log(s, q)) {
        (void)limit_of(s, q, &sign);
        return sign;
    }
    if (ex_is_num(q))
        return num_sgn(q->num);
    if (ex_is_pos(q) || ex_is_neg(q))
        return ex_is_pos(q) ? 1 : -1;
    return q->syms || (q->flags & (NF_APPLY | NF_STRUCTURAL)) ? 2 : ball_sign(s->c, q);
}

int series_sign(const Series *s, const Known *p, size_t *at)
{
    int zero;
    *at = 0;
    if (p->zero)
        return 0;
    *at = series_order(s, p, &zero);
    int sign = *at == p->n || zero ? 2 : sign_of(s, p->c[*at]);
    return sign == 0 ? 2 : sign;
}

static bool open_germ(Series *s, Ctx *c, uint32_t x, Node *a, int side, unsigned depth)
{
    *s = (Series){.c = c, .x = x, .a = a, .side = side, .per = 1, .depth = depth + 1};
    s->log = ex_sym(c, sym_fresh(c, "l"));
    s->kink = OP_POISON;
    return s->depth <= DEEPEST && !ctx_failed(c);
}

/* What a round has left open of the germ p, all terms up to exponent n of h being wanted: s is made
 * ready for the next one. False: nothing that a round can tell. */
static bool wants_more(Series *s, const Known *p, size_t n)
{
    size_t need = n * s->per + p->v + 1;
    if (s->finer > 1 && s->per * s->finer <= FINEST) {
        s->per *= s->finer;
        s->len = n * s->per + 2;
        return true;
    }
    if (p->state != SERIES_KNOWN || p->rough || p->n >= need)
        return false;
    s->len += need - p->n + 1;
    return true;
}

/* The germ of e with all terms up to exponent n of h known; NULL: an error. */
static Known *germ_to(Series *s, Node *e, size_t n)
{
    Known *p = NULL;
    s->len = n * s->per + 2;
    for (int round = 0; round == 0 || (round < ROUNDS && wants_more(s, p, n)); round++) {
        s->finer = 1;
        s->kink = OP_POISON;
        map_init(&s->of, &s->c->tmp);
        p = series_of(s, e);
        if (!p)
            return NULL;
    }
    return p;
}

static Node *limit_of(const Series *s, Node *q, int *sign)
{
    Ctx *c = s->c;
    Series t;
    size_t at;
    Node *y = ex_sym(c, sym_fresh(c, "y")), *r = NULL;
    Node *by = ex_neg(c, ex_pow(c, y, c->minus_one));
    if (!series_has_log(s, q)) {
        *sign = sign_of(s, q);
        return q;
    }
    if (!open_germ(&t, c, y->sym, c->zero, 1, s->depth))
        return NULL;
    Known *p = germ_to(&t, ex_subst(c, q, &s->log->sym, &by, 1), 0);
    if (!p || p->state != SERIES_KNOWN)
        return NULL;
    *sign = series_sign(&t, p, &at);
    if (p->zero || (*sign != 2 && at > p->v))
        r = c->zero;
    else if (*sign != 2)
        r = at < p->v ? (*sign > 0 ? c->inf : c->minus_inf) : p->c[at];
    return r && ex_depends(c, r, t.log->sym) ? limit_of(&t, r, sign) : r;
}

/* ---- powers, exponentials, logarithms */

/* u^r for a u that is 0 or infinite at the point, r a number. */
static void root_germ(Series *s, Known *p, const Known *u, Num r)
{
    enum { R_MAX = 1000 };
    Ctx *c = s->c;
    int64_t k = 0, q = 1;
    size_t at;
    if (u->zero) {
        series_constant(s, p, c->zero);
        p->state = num_sgn(r) < 0 ? SERIES_UNDEFINED : SERIES_KNOWN;
        return;
    }
    int sign = series_sign(s, u, &at);
    if (at == u->n) { /* too small to be seen */
        p->n = 0;
        p->state = u->rough ? SERIES_OPEN : SERIES_KNOWN;
        return;
    }
    bool even = num_is_even(num_denom(&c->tmp, r)), whole = num_is_int(r);
    if (!whole && (sign == 2 || series_has_log(s, u->c[at]) || (even && sign < 0))) {
        p->state = even && sign < 0 ? SERIES_UNDEFINED : SERIES_OPEN;
        return;
    }
    Num shift = num_mul(&c->tmp, r, num_int((int64_t)at - (int64_t)u->v));
    (void)num_get_int(num_denom(&c->tmp, shift), &q);
    if (!num_get_int(shift, &k) && q > 1 && q <= FINEST)
        s->finer = (size_t)q > s->finer ? (size_t)q : s->finer;
    if (!num_is_int(shift) || k > R_MAX || k < -R_MAX)
        p->state = SERIES_OPEN;
    else
        series_shifted_power(s, p, u, at, r);
    p->rough = u->rough;
}

/* exp(u): u may go to -inf, where all powers of t are larger, or be k*log(t) and more. */
static void exp_germ(Series *s, Known *p, const Known *u)
{
    Ctx *c = s->c;
    size_t at;
    int64_t k = 0;
    if (u->v) {
        bool flat = series_sign(s, u, &at) < 0 && at < u->v;
        p->state = flat ? SERIES_KNOWN : SERIES_OPEN;
        return;
    }
    Node **w = series_new(s), *slope = diff(c, u->c[0], s->log->sym);
    p->rough = u->rough;
    if (!w || !u->n) {
        p->n = 0;
        return;
    }
    memcpy(w, u->c, s->len * sizeof *w);
    w[0] = ex_sub(c, w[0], ex_mul2(c, slope, s->log));
    if (!ex_is_num(slope) || series_has_log(s, rat_expand(c, w[0]))) {
        p->state = SERIES_OPEN;
        return;
    }
    if (!ex_get_int(slope, &k)) {
        int64_t q = 1;
        (void)num_get_int(num_denom(&c->tmp, slope->num), &q);
        s->finer = q > 1 && q <= FINEST ? (size_t)q : s->finer;
        p->state = SERIES_OPEN;
        return;
    }
    w[0] = rat_expand(c, w[0]);
    Node **e = series_new(s);
    if (!e)
        return;
    series_exp(s, e, w);
    size_t right = k > 0 ? (size_t)k : 0;
    p->v = k < 0 ? (size_t)-k : 0;
    p->n = u->n + right < s->len ? u->n + right : s->len;
    for (size_t i = right; i < s->len; i++)
        p->c[i] = e[i - right];
}

static void log_germ(Series *s, Known *p, const Known *u)
{
    Ctx *c = s->c;
    size_t at;
    int sign = series_sign(s, u, &at);
    if (u->zero || sign != 1) {
        bool small = at == u->n && !u->zero;
        p->n = small ? 0 : p->n;
        p->state = u->zero || sign == -1 ? SERIES_UNDEFINED
                   : small && !u->rough  ? SERIES_KNOWN
                                         : SERIES_OPEN;
        return;
    }
    Node **q = series_new(s);
    if (!q)
        return;
    for (size_t i = at; i < s->len; i++)
        q[i - at] = u->c[i];
    series_log(s, p->c, q);
    Num order = num_int((int64_t)at - (int64_t)u->v);
    p->c[0] = ex_add2(c, p->c[0], ex_scale(c, order, s->log));
    p->n = u->n - at;
    p->rough = u->rough;
}

static void power_germ(Series *s, Known *p, const Node *n)
{
    Ctx *c = s->c;
    Node *r = n->a[1];
    const Known *b = series_operand(s, n, 0);
    if (n->a[0] == c->e && series_operand(s, n, 1)->zero) {
        series_constant(s, p, c->one);
        return;
    }
    if (n->a[0] == c->e) {
        exp_germ(s, p, series_operand(s, n, 1));
        return;
    }
    bool singular = b->v || b->zero || !b->n || series_vanishes(s, b->c[0]);
    if (!ex_is_num(r)) { /* exp(r*log b) */
        Known l = {.c = series_new(s), .n = s->len},
              m = {.c = series_new(s), .n = s->len};
        if (!l.c || !m.c)
            return;
        log_germ(s, &l, b);
        p->state = b->zero && sign_of(s, series_operand(s, n, 1)->c[0]) > 0 ? SERIES_KNOWN
                                                                            : l.state;
        if (p->state == SERIES_KNOWN && b->zero) {
            series_constant(s, p, c->zero);
        } else if (p->state == SERIES_KNOWN) {
            series_product(s, &m, &l, series_operand(s, n, 1));
            series_cancel(s, &m);
            exp_germ(s, p, &m);
        }
        return;
    }
    bool even = num_is_even(num_denom(&c->tmp, r->num));
    if (singular) {
        root_germ(s, p, b, r->num);
    } else if (even && sign_of(s, b->c[0]) < 0) {
        p->state = SERIES_UNDEFINED;
    } else {
        p->n = b->n;
        p->rough = b->rough;
        series_power(s, p->c, b->c, r);
    }
}

/* ---- functions */

/* Their values at inf and -inf differ from the limits by less than any power. */
static bool is_flat_at_infinity(Op op)
{
    return op == OP_tanh || op == OP_coth || op == OP_sech || op == OP_csch ||
           op == OP_erf || op == OP_erfc || op == OP_logistic;
}

static void replace(Series *s, Known *p, Node *r)
{
    const Known *q = r && !ctx_failed(s->c) ? series_of(s, r) : NULL;
    if (q)
        series_copy(s, p, q);
    else
        p->state = SERIES_OPEN;
}

/* f(u) where u has no limit or an infinite one. */
static void unbounded_germ(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    const Known *u = series_operand(s, n, 0);
    size_t at;
    int sign = series_sign(s, u, &at);
    if (n->op == OP_sin || n->op == OP_cos) {
        p->n = 0;
        p->rough = true;
    } else if (sign == 2 || n->n > 1) {
        p->state = SERIES_OPEN;
    } else if (n->op == OP_atan) {
        Node *end = ex_scale(c, num_rat(&c->tmp, sign, 2), c->pi);
        replace(s, p,
                ex_sub(c, end, ex_fn1(c, OP_atan, ex_pow(c, n->a[0], c->minus_one))));
    } else if (is_flat_at_infinity((Op)n->op) && at < u->v) {
        series_constant(s, p, ex_fn1(c, (Op)n->op, sign > 0 ? c->inf : c->minus_inf));
    } else {
        replace(s, p, series_replacement(s, n));
    }
}

/* The coefficient of t^e after c*t^(e - per) was integrated by h = t^per: powers of log(t) by
 * parts. NULL: that ends nowhere. */
static Node *integrated(const Series *s, Node *k, int64_t e)
{
    enum { MOST_LOGS = 8 };
    Ctx *c = s->c;
    Node *sum = c->zero;
    Num w = num_rat(&c->tmp, (int64_t)s->per * s->side, e);
    for (int i = 0; k != c->zero; i++) {
        if (i == MOST_LOGS)
            return NULL;
        sum = ex_add2(c, sum, ex_scale(c, w, k));
        k = ex_scale(c, num_rat(&c->tmp, -1, e), diff(c, k, s->log->sym));
    }
    return sum;
}

/* p = v + the integral of q; false: that is no such series. */
static bool integrate_germ(const Series *s, Known *p, Node *v, const Known *q)
{
    p->n = q->n + s->per < q->v ? 0 : q->n + s->per - q->v;
    p->n = p->n < s->len ? p->n : s->len;
    for (size_t k = 0; k < q->n; k++) {
        int64_t e = (int64_t)(k + s->per) - (int64_t)q->v;
        if (q->c[k] == s->c->zero)
            continue;
        Node *r = e > 0 ? integrated(s, q->c[k], e) : NULL;
        if (!r)
            return false;
        if ((size_t)e < s->len)
            p->c[e] = r;
    }
    p->c[0] = v;
    return true;
}

/* The value at the point and the germ of the derivative make the germ: ends of domains. */
static bool integrated_germ(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    Node *v = ex_subst(c, n, &s->x, &s->a, 1), *d = diff(c, n, s->x);
    const Node *bad;
    if (ctx_failed(c) || s->depth >= DEEPEST ||
        (!v->syms && ball_exists(c, v, &bad) == LBZ_DOMAIN) ||
        ex_replace(c, d, &n, &c->one, 1) != d) /* it is found in its own derivative */
        return false;
    s->depth++;
    const Known *q = series_of(s, d);
    s->depth--;
    if (!q || q->rough || q->state == SERIES_OPEN)
        return false;
    p->state = q->state;
    return q->state == SERIES_UNDEFINED || integrate_germ(s, p, v, q);
}

static void function_germ(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    bool regular = true, unbounded = false;
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = series_operand(s, n, i);
        unbounded = unbounded || u->v || series_has_log(s, u->c[0]);
        p->n = u->n < p->n ? u->n : p->n;
        p->rough |= u->rough;
        regular = regular && u->n > 0;
    }
    if (unbounded || !regular) {
        bool bounded = n->op == OP_sin || n->op == OP_cos;
        if (unbounded || (p->rough && bounded))
            unbounded_germ(s, p, n);
        else
            p->state = p->rough ? SERIES_OPEN : SERIES_KNOWN;
        return;
    }
    if (n->n == 1 && series_operand(s, n, 0)->zero) {
        series_constant(s, p, ex_fn1(c, (Op)n->op, c->zero));
        return;
    }
    Node *r = series_branch_form(s, n);
    if (r) {
        Op before = s->kink;
        replace(s, p, r);
        bool met = s->kink != before || (n->op == OP_hypot && p->c[0] == c->zero);
        s->kink = before == OP_POISON && met ? (Op)n->op : s->kink;
        return;
    }
    if (series_trig_pole(s, p, n) || series_compose(s, p, n))
        return;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    size_t known = p->n;
    *p = (Known){.c = series_new(s), .n = known};
    r = series_replacement(s, n);
    if (r)
        replace(s, p, r);
    else if (!integrated_germ(s, p, n))
        p->state = SERIES_OPEN;
}

/* What is no function: integrals, sums, unknown functions. */
static void other_germ(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    Node *d = diff(c, n, s->x);
    bool kinks = !ctx_failed(c) && diff_has_kinks(c, d);
    if (ctx_failed(c) || (kinks && !integrated_germ(s, p, n)))
        p->state = SERIES_OPEN;
    else if (!kinks)
        series_by_derivatives(s, p, n);
}

bool series_germ(Series *s, Known *p, Node *n)
{
    bool binder = n->op == OP_INT || n->op == OP_SUM || n->op == OP_PROD;
    if (n->op == OP_SYM) {
        p->c[0] = s->a;
        if (s->per < s->len)
            p->c[s->per] = ex_int(s->c, s->side);
        p->exact = s->per < s->len;
        return true;
    }
    if (!binder && series_branches(s, p, n))
        return true;
    if (n->op == OP_ADD || n->op == OP_SCALE || n->op == OP_MUL)
        return false;
    if (n->op == OP_POW)
        power_germ(s, p, n);
    else if (n->op == OP_log)
        log_germ(s, p, series_operand(s, n, 0));
    else if (op_is_function((Op)n->op))
        function_germ(s, p, n);
    else
        other_germ(s, p, n);
    if (p->state == SERIES_KNOWN)
        series_cancel(s, p);
    return true;
}

/* ---- limits */

/* p becomes its derivative by x: h^e*q(log t) goes to h^(e - 1)*(e*q + q'/per). */
static void derive(const Series *s, Known *p)
{
    Ctx *c = s->c;
    for (size_t k = 0; k < s->len; k++) {
        Num e = num_rat(&c->tmp, s->side * ((int64_t)k - (int64_t)p->v), (int64_t)s->per);
        Node *l = ex_scale(c, num_rat(&c->tmp, s->side, (int64_t)s->per),
                           diff(c, p->c[k], s->log->sym));
        p->c[k] = ex_add2(c, ex_scale(c, e, p->c[k]), l);
    }
    p->v += s->per;
}

static Node *limit_of_germ(const Series *s, const Known *p)
{
    int zero, sign;
    size_t k = series_order(s, p, &zero);
    if (p->zero || (k > p->v && p->n > p->v))
        return s->c->zero;
    if (k == p->n || (k < p->v && zero))
        return NULL;
    if (k == p->v)
        return limit_of(s, p->c[k], &sign);
    sign = sign_of(s, p->c[k]);
    return sign == 2 || sign == 0 ? NULL : sign > 0 ? s->c->inf : s->c->minus_inf;
}

static void fill_germ(Series *s, Germ *g, Node *e, unsigned n)
{
    Known *p = germ_to(s, e, n);
    g->state = !p || p->state == SERIES_OPEN  ? GERM_OPEN
               : p->state == SERIES_UNDEFINED ? GERM_UNDEFINED
               : p->n == 0 && !p->rough       ? GERM_OPEN
                                              : GERM_KNOWN;
    g->kink = s->kink;
    for (unsigned k = 0; g->state == GERM_KNOWN && k <= n; k++) {
        g->limit[k] = k > 1 && p->rough ? NULL : limit_of_germ(s, p);
        derive(s, p);
    }
}

void diff_germ(Ctx *c, Node *e, uint32_t x, Node *a, int side, unsigned n, Germ *out)
{
    Series s;
    size_t notes = c->nnotes, dropped = c->ndropped;
    ArenaMark m = arena_mark(&c->tmp);
    *out = (Germ){.state = GERM_OPEN, .kink = OP_POISON};
    if (!ctx_failed(c) && n <= GERM_ORDERS && ex_dag_size(c, e) <= MOST_NODES &&
        open_germ(&s, c, x, a, side, 0))
        fill_germ(&s, out, e, n);
    if (ctx_failed(c))
        out->state = GERM_OPEN;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    c->nnotes = notes;
    c->ndropped = dropped;
    arena_release(&c->tmp, m);
}

bool diff_taylor_by_sides(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, Node **out)
{
    for (int side = -1; side <= 1; side += 2) {
        Series s;
        Known *p = open_germ(&s, c, x, a, side, 0) ? germ_to(&s, e, n) : NULL;
        bool known =
            p && p->state == SERIES_KNOWN && !p->v && s.per == 1 && p->n > n && !p->rough;
        for (unsigned k = 0; known && k <= n; k++) {
            Node *q = side < 0 && k % 2 ? ex_neg(c, p->c[k]) : p->c[k];
            if (series_has_log(&s, q) || (side > 0 && q != out[k]))
                return false;
            out[k] = q;
        }
        if (!known || ctx_failed(c))
            return false;
    }
    return true;
}
