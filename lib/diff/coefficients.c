/* diff/coefficients.c - Taylor coefficients by balls, for all functions of the table.
 *
 * A function f(u) without a series in the library follows from its partial derivative: with
 * f' = P(u, f)*u' known up to one degree, f is known up to the next. Where P does not use f itself
 * once is enough.
 */
#include "diff/coefficients.h"
#include "diff/diff.h"

enum { DEEPEST = 4 }; /* functions whose derivatives are other such functions */

typedef struct {
    BallSeries *s;
    Node *n;                      /* the function */
    Node *p;                      /* its partial derivative */
    const acb_poly_struct *inner; /* u' */
    Node **order;                 /* what p consists of and is to be found ... */
    bool *varies;                 /* ... again for each degree */
    size_t count;
} OdeSeries;

/* n's only operand that depends on the variable; n->n: there are none or several. */
static uint32_t varying_operand(const BallSeries *s, const Node *n)
{
    uint32_t at = n->n;
    for (uint32_t i = 0; i < n->n; i++) {
        if (ex_depends(s->c, n->a[i], s->x)) {
            if (at < n->n)
                return n->n;
            at = i;
        }
    }
    return at;
}

static bool value_here(BallSeries *s, Node *n, acb_t z)
{
    arb_t v;
    bool ok = acb_is_real(s->at);
    arb_init(v);
    ok = ok &&
         ball_eval(s->c, n, &s->x, acb_realref(s->at), 1, s->prec, v, NULL) == LBZ_OK;
    acb_set_arb(z, v);
    arb_clear(v);
    return ok;
}

/* Marks the nodes of p that contain n; true: there are some. */
static bool find_varying(OdeSeries *r)
{
    Ctx *c = r->s->c;
    r->order = ex_walk(c, 1, &r->p, &r->count);
    r->varies = ARENA_NEW0(&c->tmp, bool, r->count + 1);
    NodeMap seen;
    nodemap_init(&seen, c);
    bool any = false;
    for (size_t i = 0; r->order && r->varies && i < r->count; i++) {
        Node *x = r->order[i];
        bool v = x == r->n;
        for (uint32_t k = 0; !v && k < (ex_is_num(x) ? 0 : x->n); k++)
            v = nodemap_get(&seen, x->a[k]) != NULL;
        if (v)
            nodemap_put(&seen, x, x);
        r->varies[i] = v && x != r->n && ex_depends(c, x, r->s->x);
        any = any || v;
    }
    return any;
}

/* f = f_0 + the integral of P*u', to len terms. */
static bool integrate_series(OdeSeries *r, slong len, const acb_t f0, acb_poly_t f)
{
    BallSeries *s = r->s;
    slong whole = s->len;
    s->len = len > 1 ? len - 1 : 1;
    const acb_poly_struct *p = ball_series_of(s, r->p);
    if (p) {
        acb_poly_mullow(f, p, r->inner, s->len, s->prec);
        acb_poly_integral(f, f, s->prec);
        acb_poly_set_coeff_acb(f, 0, f0);
        acb_poly_truncate(f, len);
    }
    s->len = whole;
    return p != NULL;
}

/* Entries that were made with fewer terms, or with fewer of f, are not valid any longer. */
static void forget_since(OdeSeries *r, size_t kept)
{
    BallSeries *s = r->s;
    Map of;
    map_init(&of, &s->c->tmp);
    for (size_t i = 0; i < s->of.cap; i++)
        if (s->of.at[i].key && s->of.at[i].val < kept)
            map_put(&of, s->of.at[i].key, s->of.at[i].val);
    uint64_t zero;
    if (map_get(&s->of, 0, &zero) && zero < kept)
        map_put(&of, 0, zero);
    while (s->n > kept)
        acb_poly_clear(&s->all[--s->n]);
    s->of = of;
}

static bool series_by_ode(OdeSeries *r, const acb_t f0, acb_poly_t f)
{
    BallSeries *s = r->s;
    bool uses_f = find_varying(r), ok = true;
    size_t kept;
    acb_poly_set_acb(f, f0);
    for (size_t i = 0; uses_f && i < r->count; i++) {
        Node *x = r->order[i]; /* what stays the same is found once */
        if (!r->varies[i] && x != r->n && ex_depends(s->c, x, s->x) &&
            !ball_series_of(s, x))
            return false;
    }
    if (!uses_f) {
        kept = s->n;
        ok = integrate_series(r, s->len, f0, f);
        forget_since(r, kept);
        if (ok)
            return true;
        acb_poly_set_acb(f, f0); /* P's own derivatives may use f: airyai */
        ok = true;
    }
    acb_poly_struct *known = ball_series_put(s, r->n);
    kept = s->n;
    for (slong k = 2; ok && k <= s->len && !ctx_poll(s->c); k++) {
        known = ball_series_put(s, r->n); /* it may have moved */
        if (!known)
            return false;
        acb_poly_set(known, f);
        ok = integrate_series(r, k, f0, f);
        forget_since(r, kept);
    }
    return ok;
}

static bool by_partial(BallSeries *s, Node *n, acb_poly_t out)
{
    Ctx *c = s->c;
    uint32_t i = varying_operand(s, n);
    OdeSeries r = {.s = s, .n = n};
    if (i == n->n || i > 2 || s->depth >= DEEPEST ||
        (op_info((Op)n->op)->flags & PIECEWISE))
        return false;
    r.p = diff_partial(c, n, i);
    if (ctx_failed(c))
        return false;
    acb_t f0;
    acb_poly_t inner;
    acb_init(f0);
    acb_poly_init(inner);
    acb_poly_derivative(inner, ball_series_get(s, n->a[i]), s->prec);
    r.inner = inner;
    s->depth++;
    bool ok = value_here(s, n, f0) && series_by_ode(&r, f0, out);
    s->depth--;
    acb_poly_clear(inner);
    acb_clear(f0);
    return ok;
}

static bool at_point(BallSeries *s, Node *a)
{
    arb_t v;
    arb_init(v);
    bool ok = ball_eval(s->c, a, NULL, NULL, 0, s->prec, v, NULL) == LBZ_OK;
    acb_set_arb(s->at, v);
    arb_clear(v);
    return ok;
}

bool diff_ball_series(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, slong prec,
                      arb_ptr out)
{
    BallSeries s;
    ArenaMark m = arena_mark(&c->tmp);
    ball_series_init(&s, c, x, (slong)n + 1, prec);
    s.other = by_partial;
    const acb_poly_struct *p = at_point(&s, a) ? ball_series_of(&s, e) : NULL;
    acb_t z;
    acb_init(z);
    bool ok = p != NULL;
    for (unsigned k = 0; ok && k <= n; k++) {
        acb_poly_get_coeff_acb(z, p, k);
        ok = acb_is_real(z);
        arb_set(out + k, acb_realref(z));
    }
    acb_clear(z);
    ball_series_clear(&s);
    arena_release(&c->tmp, m);
    return attempt_forgive(c, FORGIVE_UNDEFINED) && ok;
}
