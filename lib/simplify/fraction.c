/* simplify/fraction.c - candidates of a region by way of a field: one fraction in lowest
 * terms with the numerator expanded or factored, and the same after eliminating one of
 * each pair of squares that the generators tie together (sin^2 + cos^2 = 1 ...).
 *
 * Few of them win. So no node is made of a fraction before a lower bound of its cost, read off its
 * polynomials, says that it may.
 */
#include "expr/internal.h"
#include "simplify/measure.h"
#include "simplify/internal.h"

enum {
    SIMPLIFY_FUEL = 200000,
    FACTOR_LENGTH = 2000,
    HIGH_DEGREE = 24,
    HIGH_DEGREE_DEEP = 200
};

/* ---- fractions as products of powers of polynomials -------------------------------- */
typedef struct {
    const fmpz_mpoly_struct *p;
    int64_t e;
} Power;

/* above/below * p1^e1 * p2^e2 ... */
typedef struct {
    fmpz_t above, below;
    Power *v;
    size_t n;
} Fraction;

typedef struct {
    Best *b;
    Field *f;
    double cost
        [FIELD_GENS]; /* of the generators' nodes; -1: products with others may be rewritten */
} Offers;

/* Room for n powers and those that `with` has. */
static bool fraction_begin(const Offers *o, Fraction *q, slong n, const Fraction *with)
{
    size_t k = with ? with->n : 0;
    fmpz_init_set_ui(q->above, 1);
    fmpz_init_set_ui(q->below, 1);
    q->v = ARENA_NEW(&o->b->c->tmp, Power, k + (size_t)n);
    q->n = 0;
    if (!q->v)
        return false;
    if (with) {
        fmpz_set(q->above, with->above);
        fmpz_set(q->below, with->below);
        memcpy(q->v, with->v, k * sizeof *q->v);
        q->n = k;
    }
    return true;
}

static void fraction_end(Fraction *q)
{
    fmpz_clear(q->above);
    fmpz_clear(q->below);
}

static void fraction_put(Fraction *q, const fmpz_mpoly_struct *p, int64_t e)
{
    q->v[q->n++] = (Power){p, e};
}

static Node *fraction_node(const Offers *o, const Fraction *q)
{
    Ctx *c = o->b->c;
    Node **t = ARENA_NEW(&c->tmp, Node *, q->n + 2);
    if (!t)
        return NULL;
    for (size_t i = 0; i < q->n; i++)
        t[i] = ex_powi(c, poly_node(o->f, q->v[i].p), q->v[i].e);
    t[q->n] = ex_num(c, field_num_from_fmpz(c, q->above));
    t[q->n + 1] = ex_num(c, num_inv(&c->tmp, field_num_from_fmpz(c, q->below)));
    return ex_mul(c, q->n + 2, t);
}

/* ---- what they cost at least ------------------------------------------------------- */
/* The least cost of p's node, whatever becomes of coefficients; 0 where nothing can be said. */
static double least_cost(const Offers *o, const fmpz_mpoly_t p)
{
    ulong e[FIELD_GENS];
    double all = (double)p->length - 1;
    for (slong i = 0; i < p->length; i++) {
        double t = 0;
        fmpz_mpoly_get_term_exp_ui(e, p, i, o->f->ctx);
        for (slong g = 0; g < o->f->ngens; g++) {
            if (!e[g])
                continue;
            if (o->cost[g] < 0)
                return 0;
            t += (t > 0 ? 0.9 : 0) + o->cost[g] + (e[g] > 1 ? 1.75 : 0);
        }
        all += t > 0 ? t : 1;
    }
    return p->length ? all : 0;
}

/* As measure_cost() would find, less what numbers cost. Distinct powers do not meet:
 * their bases are sums, or generators without rules for products. */
static double fraction_least_cost(const Offers *o, const Fraction *q)
{
    double all = 0, one_sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++) {
        const Power *w = &q->v[i];
        double k = fmpz_mpoly_is_fmpz(w->p, o->f->ctx) ? 0 : least_cost(o, w->p);
        if (fmpz_mpoly_is_zero(w->p, o->f->ctx))
            return 0;
        if (k <= 0)
            continue;
        n++;
        all += k + (w->e < 0 ? 0.5 : 0) + (w->e > 1 || w->e < -1 ? 1.75 : 0);
        if (w->p->length > 1)
            all += w->e == 1 ? one_sum = 0.5 : 0.5; /* parentheses */
    }
    return n > 1 ? all + 0.9 * (double)(n - 1) : all - one_sum;
}

static void offer_fraction(const Offers *o, const Fraction *q)
{
    Best *b = o->b;
    double most = b->node == b->root && b->limit > b->cost ? b->limit : b->cost;
    if (fraction_least_cost(o, q) > most + 1e-9)
        return;
    best_offer(b, fraction_node(o, q));
}

/* ---- candidates -------------------------------------------------------------------- */
/* The factors of p; false when it is one, or not known to be more. */
static bool has_factors(const Offers *o, fmpz_mpoly_factor_t fac,
                        const fmpz_mpoly_struct *p)
{
    Field *f = o->f;
    if (p->length <= 1 || p->length > FACTOR_LENGTH)
        return false;
    poly_factor(f, fac, p);
    bool ok = !f->failed && (fac->num > 1 || (fac->num == 1 && !fmpz_is_one(fac->exp)));
    f->failed = false; /* unfactored will do */
    return ok;
}

static void put_factors(Fraction *q, const fmpz_mpoly_factor_t fac, int sign)
{
    fmpz_mul(sign < 0 ? q->below : q->above, sign < 0 ? q->below : q->above,
             fac->constant);
    for (slong i = 0; i < fac->num; i++)
        fraction_put(q, fac->poly + i, sign * (int64_t)fmpz_get_si(fac->exp + i));
}

/* num over the denominators, expanded and factored. */
static void offer_over(const Offers *o, const Fraction *dens,
                       const fmpz_mpoly_struct *num)
{
    Fraction q;
    fmpz_mpoly_factor_t fac;
    if (fraction_begin(o, &q, 1, dens)) {
        fraction_put(&q, num, 1);
        offer_fraction(o, &q);
    }
    fraction_end(&q);
    fmpz_mpoly_factor_init(fac, o->f->ctx);
    if (!ctx_failed(o->b->c) && has_factors(o, fac, num)) {
        if (fraction_begin(o, &q, fac->num, dens)) {
            put_factors(&q, fac, 1);
            offer_fraction(o, &q);
        }
        fraction_end(&q);
    }
    fmpz_mpoly_factor_clear(fac, o->f->ctx);
}

static void offer_elem(const Offers *o, const Elem *e)
{
    Fraction dens;
    if (fraction_begin(o, &dens, o->f->ndens + 1, NULL)) {
        fmpz_set(dens.below, e->cden);
        for (slong i = 0; i < o->f->ndens; i++)
            if (e->e[i])
                fraction_put(&dens, &o->f->den[i], -(int64_t)e->e[i]);
        offer_over(o, &dens, e->num);
    }
    fraction_end(&dens);
}

/* ---- lowest terms under relations -------------------------------------------------- */
/* num and den as polynomials, relations applied to both, the gcd divided out. */
static bool lowest_terms(Field *f, const Elem *a, fmpz_mpoly_t num, fmpz_mpoly_t den)
{
    Elem n, d, t;
    el_init(f, &n);
    el_init(f, &d);
    el_init(f, &t);
    fmpz_mpoly_set(n.num, a->num, f->ctx);
    fmpz_mpoly_set_fmpz(d.num, a->cden, f->ctx);
    for (slong i = 0; i < f->ndens && !f->failed; i++)
        if (a->e[i]) {
            el_set_poly(f, &t, &f->den[i]);
            el_pow(f, &t, &t, a->e[i]);
            el_mul(f, &d, &d, &t);
        }
    el_reduce(f, &n);
    el_reduce(f, &d);
    bool ok = !f->failed && fmpz_mpoly_gcd(t.num, n.num, d.num, f->ctx) &&
              !fmpz_mpoly_is_zero(t.num, f->ctx);
    if (ok) {
        ok = fmpz_mpoly_divides(num, n.num, t.num, f->ctx) &&
             fmpz_mpoly_divides(den, d.num, t.num, f->ctx);
        if (ok && den->length && fmpz_sgn(den->coeffs) < 0) {
            fmpz_mpoly_neg(num, num, f->ctx);
            fmpz_mpoly_neg(den, den, f->ctx);
        }
        /* a relation may bring denominators of its own: both sides are over the same */
        for (slong i = 0; i < f->ndens; i++)
            ok = ok && n.e[i] == d.e[i];
        ok = ok && fmpz_equal(n.cden, d.cden);
    }
    el_clear(f, &t);
    el_clear(f, &d);
    el_clear(f, &n);
    return ok;
}

static void offer_reduced(const Offers *o, const Elem *e)
{
    Field *f = o->f;
    fmpz_mpoly_t num, den;
    fmpz_mpoly_factor_t fac;
    fmpz_mpoly_init(num, f->ctx);
    fmpz_mpoly_init(den, f->ctx);
    fmpz_mpoly_factor_init(fac, f->ctx);
    if (lowest_terms(f, e, num, den)) {
        Fraction dens;
        bool several = has_factors(o, fac, den);
        if (fraction_begin(o, &dens, several ? fac->num : 1, NULL)) {
            if (several)
                put_factors(&dens, fac, -1);
            else
                fraction_put(&dens, den, -1);
            offer_over(o, &dens, num);
        }
        fraction_end(&dens);
    }
    fmpz_mpoly_factor_clear(fac, f->ctx);
    fmpz_mpoly_clear(num, f->ctx);
    fmpz_mpoly_clear(den, f->ctx);
}

/* ---- squares that are tied together ------------------------------------------------ */
const SquareIdentity TRIG_IDENTITIES[N_TRIG_IDENTITIES] = {
    {OP_sin, OP_cos, 1, -1}, {OP_cosh, OP_sinh, 1, 1},  {OP_sec, OP_tan, 1, 1},
    {OP_csc, OP_cot, 1, 1},  {OP_sech, OP_tanh, 1, -1}, {OP_csch, OP_coth, -1, 1},
};

static slong gen_with(const Field *f, Op op, const Node *arg)
{
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].node && f->gen[i].node->op == (uint16_t)op &&
            f->gen[i].node->a[0] == arg)
            return i;
    return -1;
}

/* g^2 = p + q*h^2 as a relation; el_reduce runs from new to old, so the relation must not
 * lead to a newer generator that has one itself: ties have one relation a pair. */
static void relate_squares(Field *f, slong g, slong h, int p, int q)
{
    Generator *k = &f->gen[g];
    fmpz_mpoly_t t;
    el_init(f, &k->rel);
    fmpz_mpoly_init(t, f->ctx);
    fmpz_mpoly_gen(t, h, f->ctx);
    fmpz_mpoly_mul(t, t, t, f->ctx);
    fmpz_mpoly_scalar_mul_si(t, t, q, f->ctx);
    fmpz_mpoly_set_si(k->rel.num, p, f->ctx);
    fmpz_mpoly_add(k->rel.num, k->rel.num, t, f->ctx);
    fmpz_mpoly_clear(t, f->ctx);
    k->q = 2;
}

/* Ties every pair there is, eliminating the squares of `a` (side 0) or of `b` (side 1). True
 * when there is a pair. */
static bool relate_all_squares(Field *f, int side)
{
    bool any = false;
    for (slong i = 0, n = f->ngens; i < n; i++) {
        Node *k = f->gen[i].node;
        for (size_t j = 0; k && j < N_TRIG_IDENTITIES; j++) {
            const SquareIdentity *t = &TRIG_IDENTITIES[j];
            slong h = k->op == (uint16_t)t->a ? gen_with(f, t->b, k->a[0]) : -1;
            if (h < 0)
                continue;
            any = true;
            if (side == 0)
                relate_squares(f, i, h, t->p, t->q);
            else /* b^2 = (a^2 - p)/q, q = +-1 */
                relate_squares(f, h, i, -t->p * t->q, t->q);
        }
    }
    return any;
}

static void drop_relations(Field *f)
{
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].q == 2 && op_is_function((Op)f->gen[i].node->op)) {
            el_clear(f, &f->gen[i].rel);
            f->gen[i].q = 0;
        }
}

/* Whether the relations of ties change e. */
static bool has_squares(const Field *f, const Elem *e)
{
    for (slong g = 0; g < f->ngens; g++) {
        if (f->gen[g].q != 2 || !op_is_function((Op)f->gen[g].node->op))
            continue;
        slong below = 0;
        for (slong i = 0; i < f->ndens; i++)
            if (e->e[i])
                below += e->e[i] * fmpz_mpoly_degree_si(&f->den[i], g, f->ctx);
        if (below >= 2 || fmpz_mpoly_degree_si(e->num, g, f->ctx) >= 2)
            return true;
    }
    return false;
}

void best_offer_field(Best *b, Node *n, bool quick)
{
    Field f;
    Ctx *c = b->c;
    Offers o = {.b = b, .f = &f};
    ArenaMark m = arena_mark(&c->tmp);
    field_init(&f, c, FIELD_DISPLAY, SIMPLIFY_FUEL, n);
    f.quick = quick;
    f.cost = measure_cost;
    f.high = b->deep ? HIGH_DEGREE_DEEP : HIGH_DEGREE;
    const Elem *e = field_elem(&f, n);
    if (e) {
        Elem t;
        el_init(&f, &t);
        el_set(&f, &t, e);
        el_cancel(&f, &t);
        if (f.doubted)
            el_cancel_common(&f, &t);
        el_use_roots(&f, &t);
        for (slong g = 0; g < f.ngens; g++)
            o.cost[g] =
                field_is_plain(f.gen[g].node) ? measure_cost(c, f.gen[g].node) : -1;
        if (!f.failed)
            offer_elem(&o, &t);
        if (f.cut && !f.failed && !ctx_failed(c))
            offer_reduced(&o, &t);
        for (int side = 0;
             side < 2 && !f.failed && !ctx_failed(c) && relate_all_squares(&f, side);
             side++) {
            /* without squares t is in lowest terms, unless its denominators have factors left */
            if (has_squares(&f, &t) || quick || f.cut)
                offer_reduced(&o, &t);
            drop_relations(&f);
        }
        el_clear(&f, &t);
    }
    field_clear(&f);
    arena_release(&c->tmp, m);
}
