/* field/apart.c - partial fractions in one variable: over the irreducible factors of the
 * denominator, by extended gcds of univariate polynomials whose coefficients are
 * fractions in the other generators (solved as one linear system by undetermined
 * coefficients, FLINT's rational arithmetic). */
#include "expr/internal.h"
#include "field/rational.h"

enum { APART_FUEL = 50000000, MAX_UNKNOWNS = 60 };

typedef struct {
    Field *f;
    slong g;              /* the variable */
    fmpz_mpoly_struct *p; /* irreducible factors that hold it */
    int32_t *e;
    size_t n;
} Split;

static slong degree_in_x(const Split *s, const fmpz_mpoly_t p)
{
    return fmpz_mpoly_degree_si(p, s->g, s->f->ctx);
}

static void coeff_at(const Split *s, fmpz_mpoly_t r, const fmpz_mpoly_t p, slong k)
{
    ulong e = (ulong)k;
    slong v = s->g;
    fmpz_mpoly_get_coeff_vars_ui(r, p, &v, &e, 1, s->f->ctx);
}

/* The node for unknown coefficients: solves A*y = b by fraction-free elimination over nodes kept
 * in lowest terms. Rows n, columns n + 1. */
static bool solve_linear(Ctx *c, Node **A, size_t n)
{
    size_t w = n + 1;
    for (size_t k = 0; k < n; k++) {
        size_t r = k;
        while (r < n && A[r * w + k] == c->zero)
            r++;
        if (r == n || ctx_poll(c))
            return false;
        for (size_t j = 0; j < w; j++) {
            Node *t = A[k * w + j];
            A[k * w + j] = A[r * w + j];
            A[r * w + j] = t;
        }
        Node *inv = ex_pow(c, A[k * w + k], c->minus_one);
        for (size_t j = k; j < w; j++)
            A[k * w + j] = rat_factor(c, ex_mul2(c, A[k * w + j], inv));
        for (size_t i = 0; i < n; i++) {
            Node *q = A[i * w + k];
            if (i == k || q == c->zero)
                continue;
            for (size_t j = k; j < w; j++)
                A[i * w + j] =
                    rat_factor(c, ex_sub(c, A[i * w + j], ex_mul2(c, q, A[k * w + j])));
        }
    }
    return !ctx_failed(c);
}

/* One column for x^j*D/p_i^k: D the whole denominator. */
static void put_column(const Split *s, Node **A, size_t n, size_t col,
                       const fmpz_mpoly_t D, size_t i, int32_t k, slong j)
{
    Field *f = s->f;
    fmpz_mpoly_t q, t;
    fmpz_mpoly_init(q, f->ctx);
    fmpz_mpoly_init(t, f->ctx);
    fmpz_mpoly_pow_ui(t, &s->p[i], (ulong)k, f->ctx);
    (void)fmpz_mpoly_divides(q, D, t, f->ctx);
    for (size_t row = 0; row < n; row++) {
        slong at = (slong)row - j;
        if (at >= 0)
            coeff_at(s, t, q, at);
        A[row * (n + 1) + col] = at >= 0 ? poly_node(f, t) : f->c->zero;
    }
    fmpz_mpoly_clear(q, f->ctx);
    fmpz_mpoly_clear(t, f->ctx);
}

/* num/D with deg num < deg D as a sum over the powers of the factors. */
static Node *fractions_by_power(const Split *s, const fmpz_mpoly_t num,
                                const fmpz_mpoly_t D)
{
    Field *f = s->f;
    Ctx *c = f->c;
    size_t n = (size_t)degree_in_x(s, D), col = 0;
    Node **A = n <= MAX_UNKNOWNS ? ARENA_NEW(&c->tmp, Node *, n * (n + 1)) : NULL;
    if (!A)
        return NULL;
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, f->ctx);
    for (size_t row = 0; row < n; row++) {
        coeff_at(s, t, num, (slong)row);
        A[row * (n + 1) + n] = poly_node(f, t);
    }
    fmpz_mpoly_clear(t, f->ctx);
    for (size_t i = 0; i < s->n; i++)
        for (int32_t k = 1; k <= s->e[i]; k++)
            for (slong j = 0; j < degree_in_x(s, &s->p[i]); j++)
                put_column(s, A, n, col++, D, i, k, j);
    if (!solve_linear(c, A, n))
        return NULL;
    NodeVec out = {0};
    Node *x = f->gen[s->g].node;
    col = 0;
    for (size_t i = 0; i < s->n; i++)
        for (int32_t k = 1; k <= s->e[i]; k++) {
            NodeVec top = {0};
            for (slong j = 0; j < degree_in_x(s, &s->p[i]); j++, col++)
                nodevec_push(c, &top, ex_mul2(c, A[col * (n + 1) + n], ex_powi(c, x, j)));
            Node *above = rat_factor(c, ex_add(c, top.n, top.v));
            nodevec_push(c, &out,
                         ex_mul2(c, above, ex_powi(c, poly_node(f, &s->p[i]), -k)));
        }
    return ex_add(c, out.n, out.v);
}

/* One step of division by D: r = lc*r - lr x^k D, to be read over one more lc. */
static void divide_step(Split *s, fmpz_mpoly_t r, const fmpz_mpoly_t lr, slong k,
                        const fmpz_mpoly_t lc, const fmpz_mpoly_t D)
{
    const fmpz_mpoly_ctx_struct *ctx = s->f->ctx;
    fmpz_mpoly_t m;
    fmpz_mpoly_init(m, ctx);
    fmpz_mpoly_mul(r, r, lc, ctx);
    fmpz_mpoly_gen(m, s->g, ctx);
    fmpz_mpoly_pow_ui(m, m, (ulong)k, ctx);
    fmpz_mpoly_mul(m, m, lr, ctx);
    fmpz_mpoly_mul(m, m, D, ctx);
    fmpz_mpoly_sub(r, r, m, ctx);
    fmpz_mpoly_clear(m, ctx);
}

/* Polynomial part by pseudo-division: lc^k num = q D + r. */
static Node *apart_split(Split *s, const Elem *t, const fmpz_mpoly_t D, Node *outside)
{
    Field *f = s->f;
    Ctx *c = f->c;
    fmpz_mpoly_t r, lc, lr;
    fmpz_mpoly_init(r, f->ctx);
    fmpz_mpoly_init(lc, f->ctx);
    fmpz_mpoly_init(lr, f->ctx);
    fmpz_mpoly_set(r, t->num, f->ctx);
    slong d = degree_in_x(s, D);
    coeff_at(s, lc, D, d);
    Node *x = f->gen[s->g].node, *lcn = poly_node(f, lc), *scale = c->one;
    NodeVec out = {0};
    while (!fmpz_mpoly_is_zero(r, f->ctx) && degree_in_x(s, r) >= d && !ctx_poll(c)) {
        slong k = degree_in_x(s, r) - d;
        coeff_at(s, lr, r, degree_in_x(s, r));
        scale = ex_mul2(c, scale, lcn);
        nodevec_push(c, &out,
                     ex_mul(c, 3,
                            (Node *[]){poly_node(f, lr), ex_powi(c, x, k),
                                       ex_pow(c, scale, c->minus_one)}));
        divide_step(s, r, lr, k, lc, D);
    }
    Node *frac = fmpz_mpoly_is_zero(r, f->ctx) ? c->zero : fractions_by_power(s, r, D);
    Node *result = NULL;
    f->failed |= !frac;
    if (frac) {
        if (frac->op == OP_ADD)
            for (uint32_t i = 0; i < frac->n; i++)
                nodevec_push(c, &out, ex_div(c, frac->a[i], scale));
        else
            nodevec_push(c, &out, ex_div(c, frac, scale));
        for (size_t i = 0; i < out.n; i++)
            out.v[i] = rat_factor(c, ex_mul2(c, out.v[i], outside));
        result = ex_add(c, out.n, out.v);
    }
    fmpz_mpoly_clear(lr, f->ctx);
    fmpz_mpoly_clear(lc, f->ctx);
    fmpz_mpoly_clear(r, f->ctx);
    return result;
}

/* Do functions of the variable stand in p beside it? They would be divided by as if they were
 * parameters, and are 0 somewhere. */
static bool has_functions_of(const Field *f, const fmpz_mpoly_t p, slong g)
{
    for (slong k = 0; k < f->ngens; k++)
        if (k != g && fmpz_mpoly_degree_si(p, k, f->ctx) > 0 && f->gen[k].node &&
            ex_depends(f->c, f->gen[k].node, f->gen[g].node->sym))
            return true;
    return false;
}

static Node *apart_elem(Field *f, const Elem *e, slong g)
{
    Ctx *c = f->c;
    fmpz_mpoly_struct p[FIELD_DENS];
    int32_t exps[FIELD_DENS];
    Split s = {f, g, p, exps, 0};
    Elem D, t;
    Node *outside = ex_num(c, num_inv(&c->tmp, field_num_from_fmpz(c, e->cden)));
    el_init(f, &D);
    el_init(f, &t);
    el_one(f, &D);
    for (slong i = 0; i < f->ndens && !f->failed; i++) {
        if (!e->e[i])
            continue;
        if (fmpz_mpoly_degree_si(&f->den[i], g, f->ctx) == 0) {
            outside = ex_mul2(c, outside, ex_powi(c, poly_node(f, &f->den[i]), -e->e[i]));
            continue;
        }
        if (has_functions_of(f, &f->den[i], g)) {
            s.n = 0;
            break;
        }
        p[s.n] = f->den[i]; /* borrowed */
        exps[s.n++] = e->e[i];
        el_set_poly(f, &t, &f->den[i]);
        el_pow(f, &t, &t, e->e[i]);
        if (!f->failed)
            fmpz_mpoly_mul(D.num, D.num, t.num, f->ctx);
    }
    Node *r = f->failed || s.n == 0 ? NULL : apart_split(&s, e, D.num, outside);
    el_clear(f, &t);
    el_clear(f, &D);
    return r;
}

Node *rat_apart(Ctx *c, Node *n, uint32_t x)
{
    Field f;
    ArenaMark m = arena_mark(&c->tmp);
    Attempt at = attempt_begin(c);
    field_init(&f, c, FIELD_DISPLAY, APART_FUEL, n);
    const Elem *e = field_elem(&f, n);
    Node *r = NULL;
    uint64_t g;
    if (e && map_get(&f.gen_of_node, ex_sym(c, x)->id, &g)) {
        Elem t;
        el_init(&f, &t);
        el_set(&f, &t, e);
        el_cancel(&f, &t);
        if (!f.failed)
            r = apart_elem(&f, &t, (slong)g);
        el_clear(&f, &t);
    }
    field_clear(&f);
    arena_release(&c->tmp, m);
    bool ended = attempt_end(c, &at);
    c->gave_up += !ended || f.failed;
    if (!ended)
        return ctx_failed(c) ? c->poison : n;
    return r ? r : n;
}
