/* ball/series.c - Taylor coefficients by power series arithmetic over balls (acb_poly).
 *
 * One series for each node that depends on the variable, operands first. Constants are evaluated
 * as usual. At a real point all values stay real: what leaves the real line has no real value
 * there, and that is for others to explain; here it only means that there is no series.
 */
#include "ball/internal.h"
#include "ball/series.h"

void ball_series_init(BallSeries *s, Ctx *c, uint32_t x, slong len, slong prec)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->x = x;
    s->len = len;
    s->prec = prec;
    acb_init(s->at);
    map_init(&s->of, &c->tmp);
}

void ball_series_clear(BallSeries *s)
{
    for (size_t i = 0; i < s->n; i++)
        acb_poly_clear(&s->all[i]);
    mem_free(s->all);
    acb_clear(s->at);
}

acb_poly_struct *ball_series_get(const BallSeries *s, const Node *n)
{
    uint64_t i;
    return map_get(&s->of, n->id, &i) ? &s->all[i] : NULL;
}

acb_poly_struct *ball_series_put(BallSeries *s, const Node *n)
{
    acb_poly_struct *p = ball_series_get(s, n);
    if (p)
        return p;
    if (!MEM_ROOM(s->all, s->n, s->cap)) {
        env_error(&s->c->env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    map_put(&s->of, n->id, s->n);
    p = &s->all[s->n++];
    acb_poly_init(p);
    return p;
}

static bool is_finite(const acb_poly_struct *p)
{
    for (slong i = 0; i < p->length; i++)
        if (!acb_is_finite(p->coeffs + i))
            return false;
    return true;
}

static bool series_of_constant(BallSeries *s, Node *n, acb_poly_t p)
{
    arb_t v;
    acb_t z;
    arb_init(v);
    acb_init(z);
    bool ok = ball_eval(s->c, n, s->syms, s->vals, s->nsyms, s->prec, v, NULL) == LBZ_OK;
    acb_set_arb(z, v);
    acb_poly_set_acb(p, z);
    arb_clear(v);
    acb_clear(z);
    return ok;
}

/* ---- operations; operands are there */

/* b^r for a number r; real roots of odd order are taken of negative numbers, too. */
static bool whole_power(BallSeries *s, const acb_poly_struct *b, int64_t k, acb_poly_t p)
{
    if (k > 0) {
        acb_poly_pow_ui_trunc_binexp(p, b, (ulong)k, s->len, s->prec);
        return true;
    }
    if (!b->length || acb_contains_zero(b->coeffs))
        return false;
    if (k == -1) {
        acb_poly_inv_series(p, b, s->len, s->prec);
        return true;
    }
    acb_t e;
    acb_init(e);
    acb_set_si(e, k);
    acb_poly_pow_acb_series(p, b, e, s->len, s->prec);
    acb_clear(e);
    return true;
}

/* Of a negative base only where the power has an odd denominator. */
static bool numeric_power(BallSeries *s, const acb_poly_struct *b, Num r, acb_poly_t p)
{
    int64_t k;
    if (num_get_int(r, &k))
        return whole_power(s, b, k, p);
    if (!b->length || acb_contains_zero(b->coeffs))
        return false;
    bool negative = arb_is_negative(acb_realref(b->coeffs));
    bool odd = !num_is_even(num_denom(&s->c->tmp, r));
    if ((negative && !odd) || (!negative && !arb_is_positive(acb_realref(b->coeffs))))
        return false;
    acb_t e;
    acb_poly_t t;
    acb_init(e);
    ball_set_num(acb_realref(e), r, s->prec);
    acb_poly_init(t);
    acb_poly_set(t, b);
    if (negative)
        acb_poly_neg(t, t);
    acb_poly_pow_acb_series(p, t, e, s->len, s->prec);
    if (negative && !num_is_even(num_numer(&s->c->tmp, r)))
        acb_poly_neg(p, p);
    acb_poly_clear(t);
    acb_clear(e);
    return true;
}

static bool series_of_log(BallSeries *s, const acb_poly_struct *u, acb_poly_t p)
{
    if (!u->length || !arb_is_positive(acb_realref(u->coeffs)))
        return false;
    acb_poly_log_series(p, u, s->len, s->prec);
    return true;
}

static bool series_of_power(BallSeries *s, const Node *n, acb_poly_t p)
{
    const acb_poly_struct *b = ball_series_get(s, n->a[0]),
                          *e = ball_series_get(s, n->a[1]);
    if (ex_is_exp(n)) {
        acb_poly_exp_series(p, e, s->len, s->prec);
        return true;
    }
    if (ex_is_num(n->a[1]))
        return numeric_power(s, b, n->a[1]->num, p);
    acb_poly_t l;
    acb_poly_init(l);
    bool ok = series_of_log(s, b, l);
    acb_poly_mullow(l, l, e, s->len, s->prec);
    acb_poly_exp_series(p, l, s->len, s->prec);
    acb_poly_clear(l);
    return ok;
}

static bool series_of_abs(const acb_poly_struct *u, acb_poly_t p)
{
    bool negative = u->length && arb_is_negative(acb_realref(u->coeffs));
    if (u->length && !acb_is_real(u->coeffs))
        return false; /* not analytic */
    if (!negative && !(u->length && arb_is_positive(acb_realref(u->coeffs))))
        return false;
    acb_poly_set(p, u);
    if (negative)
        acb_poly_neg(p, p);
    return true;
}

/* Functions with a power series of their own in the library. */
static bool series_of_function(BallSeries *s, Node *n, acb_poly_t p)
{
    const acb_poly_struct *u = ball_series_get(s, n->a[0]);
    slong len = s->len, prec = s->prec;
    switch (n->op) {
    case OP_log: return series_of_log(s, u, p);
    case OP_sin: acb_poly_sin_series(p, u, len, prec); return true;
    case OP_cos: acb_poly_cos_series(p, u, len, prec); return true;
    case OP_tan: acb_poly_tan_series(p, u, len, prec); return true;
    case OP_sinh: acb_poly_sinh_series(p, u, len, prec); return true;
    case OP_cosh: acb_poly_cosh_series(p, u, len, prec); return true;
    case OP_atan: acb_poly_atan_series(p, u, len, prec); return true;
    case OP_gamma: acb_poly_gamma_series(p, u, len, prec); return true;
    case OP_digamma: acb_poly_digamma_series(p, u, len, prec); return true;
    case OP_abs: return series_of_abs(u, p);
    default: return op_is_function((Op)n->op) && s->other && s->other(s, n, p);
    }
}

static bool series_of_operation(BallSeries *s, Node *n, acb_poly_t p)
{
    acb_poly_set(p, ball_series_get(s, n->a[0]));
    for (uint32_t i = 1; i < n->n; i++) {
        const acb_poly_struct *q = ball_series_get(s, n->a[i]);
        if (n->op == OP_ADD)
            acb_poly_add(p, p, q, s->prec);
        else
            acb_poly_mullow(p, p, q, s->len, s->prec);
    }
    return true;
}

static bool series_of_node(BallSeries *s, Node *n, acb_poly_t p)
{
    if (!ex_depends(s->c, n, s->x))
        return series_of_constant(s, n, p);
    switch (n->op) {
    case OP_SYM:
        acb_poly_set_coeff_acb(p, 0, s->at);
        if (s->len > 1)
            acb_poly_set_coeff_si(p, 1, 1);
        return true;
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL: return series_of_operation(s, n, p);
    case OP_POW: return series_of_power(s, n, p);
    default: return series_of_function(s, n, p);
    }
}

/* Made aside: the array of all may move meanwhile. */
static bool add_node(BallSeries *s, Node *n)
{
    acb_poly_t p;
    acb_poly_init(p);
    bool ok = series_of_node(s, n, p) && is_finite(p);
    acb_poly_struct *to = ok ? ball_series_put(s, n) : NULL;
    if (to) {
        acb_poly_truncate(p, s->len);
        acb_poly_swap(to, p);
    }
    acb_poly_clear(p);
    return to != NULL;
}

const acb_poly_struct *ball_series_of(BallSeries *s, Node *e)
{
    size_t count = 0;
    Node **order = ex_walk(s->c, 1, &e, &count);
    for (size_t i = 0; order && i < count; i++) {
        Node *n = order[i];
        if (ball_series_get(s, n) || (n != e && !ex_depends(s->c, n, s->x)))
            continue;
        for (uint32_t k = 0; k < (ex_is_num(n) ? 0 : n->n); k++)
            if (!ball_series_get(s, n->a[k]) && !add_node(s, n->a[k]))
                return NULL; /* a constant: what depends on x is there */
        if (ctx_poll(s->c) || !add_node(s, n))
            return NULL;
    }
    return ball_series_get(s, e);
}
