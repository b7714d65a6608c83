/* ball/removable.c - products like sin(x)/x on balls around the point where they are 0/0.
 *
 * If f and its derivatives below the k-th are 0 at p, then f(x) = (x - p)^k * g(x), and
 * on a convex set that contains p and x, g(x) lies in the convex hull of the k-th Taylor
 * coefficients of f there (Hermite-Genocchi). A power series around a whole ball encloses
 * these. That f is 0 at p has to be certain: the coefficients have to come out as 0
 * exactly.
 */
#include "ball/removable.h"

enum { ORDER_MAX = 12, POINT_PREC = 256 };

static Node *base_of(const Node *factor, int64_t *exponent)
{
    Node *f = (Node *)(uintptr_t)factor; /* nothing is changed */
    *exponent = 1;
    if (f->op == OP_POW && ex_get_int(f->a[1], exponent))
        return f->a[0];
    *exponent = 1;
    return f;
}

/* The order of the zero of f at the point of s; -1: not known. */
static int order_of(BallSeries *s, Node *f)
{
    const acb_poly_struct *p = ball_series_of(s, f);
    for (int k = 0; p && k < p->length && k < ORDER_MAX; k++)
        if (!acb_is_zero(p->coeffs + k))
            return acb_contains_zero(p->coeffs + k) ? -1 : k;
    return -1;
}

/* Is the product n, at the point of s, a quotient of zeros that has a limit? */
static bool is_removable(BallSeries *s, const Node *n, int *order)
{
    int64_t total = 0, e;
    bool divided = false;
    for (uint32_t i = 0; i < n->n; i++) {
        Node *f = base_of(n->a[i], &e);
        order[i] = i < REMOVABLE_FACTORS ? order_of(s, f) : -1;
        if (order[i] < 0 || e > 100 || e < -100)
            return false;
        total += e * order[i];
        divided = divided || (e < 0 && order[i] > 0);
    }
    return divided && total >= 0;
}

static void open_series(const Removables *r, BallSeries *s, slong len, slong prec)
{
    ball_series_init(s, r->c, r->x, len, prec);
    s->syms = r->syms;
    s->vals = r->vals;
    s->nsyms = r->nsyms;
}

static void find_at_point(Removables *r, const Node *body, const arb_t p)
{
    Ctx *c = r->c;
    uint32_t x = r->x;
    BallSeries s;
    ArenaMark m = arena_mark(&c->tmp);
    Node *root = (Node *)(uintptr_t)body;
    size_t count = 0;
    open_series(r, &s, ORDER_MAX, POINT_PREC);
    acb_set_arb(s.at, p);
    Node **order = ex_walk(c, 1, &root, &count);
    for (size_t i = 0; order && i < count && r->n < REMOVABLE_MAX; i++) {
        Removable *q = &r->v[r->n];
        if (order[i]->op == OP_MUL && order[i]->n <= REMOVABLE_FACTORS &&
            ex_depends(c, order[i], x) && is_removable(&s, order[i], q->order)) {
            q->product = order[i];
            arb_init(q->at);
            arb_set(q->at, p);
            r->n++;
        }
    }
    ball_series_clear(&s);
    arena_release(&c->tmp, m);
}

/* Where the denominators that are linear are 0, as far as such a point is known exactly. */
static void find_at_roots(Removables *r, const Node *body)
{
    Ctx *c = r->c;
    uint32_t x = r->x;
    ArenaMark m = arena_mark(&c->tmp);
    Node *root = (Node *)(uintptr_t)body;
    size_t count = 0;
    arb_t p;
    arb_init(p);
    Node **order = ex_walk(c, 1, &root, &count);
    for (size_t i = 0; order && i < count; i++) {
        int64_t e;
        Node *u = base_of(order[i], &e);
        bool divisor = order[i]->op == OP_POW && e < 0 && ex_depends(c, u, x);
        BallSeries s;
        open_series(r, &s, 3, POINT_PREC);
        const acb_poly_struct *q = divisor ? ball_series_of(&s, u) : NULL;
        if (q && q->length == 2 && !acb_contains_zero(q->coeffs + 1)) {
            arb_div(p, acb_realref(q->coeffs), acb_realref(q->coeffs + 1), POINT_PREC);
            arb_neg(p, p);
            bool known = arb_is_exact(p);
            for (size_t k = 0; k < r->n; k++)
                known = known && !arb_equal(p, r->v[k].at);
            if (known)
                find_at_point(r, body, p);
        }
        ball_series_clear(&s);
    }
    arb_clear(p);
    arena_release(&c->tmp, m);
}

void ball_removables(Removables *r, const Node *body, const acb_t lo, const acb_t hi)
{
    r->n = 0;
    const acb_struct *ends[] = {lo, hi};
    find_at_roots(r, body);
    for (size_t i = 0; i < 2; i++) {
        bool known = acb_is_real(ends[i]) && acb_is_exact(ends[i]);
        for (size_t k = 0; known && k < r->n; k++)
            known = !arb_equal(acb_realref(ends[i]), r->v[k].at);
        if (known)
            find_at_point(r, body, acb_realref(ends[i]));
    }
}

void ball_removables_clear(Removables *r)
{
    for (size_t i = 0; i < r->n; i++)
        arb_clear(r->v[i].at);
}

bool ball_removable_value(const Removables *all, size_t which, const acb_t at, slong prec,
                          acb_t out)
{
    const Removable *r = &all->v[which];
    Ctx *c = all->c;
    BallSeries s;
    acb_t t, h;
    int64_t e, power = 0;
    bool ok = true;
    ArenaMark m = arena_mark(&c->tmp);
    open_series(all, &s, ORDER_MAX, prec);
    acb_set(s.at, at);
    acb_init(t);
    acb_init(h);
    acb_one(out);
    s.len = 1;
    for (uint32_t i = 0; i < r->product->n; i++)
        s.len = r->order[i] >= s.len ? r->order[i] + 1 : s.len;
    for (uint32_t i = 0; ok && i < r->product->n; i++) {
        Node *f = base_of(r->product->a[i], &e);
        const acb_poly_struct *p = ball_series_of(&s, f);
        ok = p != NULL;
        if (ok) {
            acb_poly_get_coeff_acb(t, p, r->order[i]);
            acb_pow_si(t, t, e, prec);
            acb_mul(out, out, t, prec);
            power += e * r->order[i];
        }
    }
    acb_set_arb(h, r->at);
    acb_sub(h, at, h, prec);
    acb_pow_si(h, h, power, prec);
    acb_mul(out, out, h, prec);
    acb_clear(h);
    acb_clear(t);
    ball_series_clear(&s);
    arena_release(&c->tmp, m);
    return ok && acb_is_finite(out);
}
