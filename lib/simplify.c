/* simplify.c - the smallest form among candidates.
 *
 * Candidates of an arithmetic region: the region itself; one fraction in lowest terms with
 * numerator expanded or factored; the same after eliminating one of each pair of squares that
 * the kernels tie together (sin^2 + cos^2 = 1, cosh^2 - sinh^2 = 1 ...); the common factor of its terms
 * taken out. Then the same is tried on what whole expressions become by rewriting
 * trigonometric kernels (simplify_trig.c). The cheapest by measure() wins; ties go to the
 * earlier candidate in ex_cmp order, so the result depends on content only.
 */
#include "simplify_internal.h"
#include "expr_internal.h"
#include "measure.h"

enum { SIMPLIFY_FUEL = 3000000 };
static const double LARGE = 1500;    /* beyond this measure only local rules are tried */
static const double WORTH = 0.86;    /* a rewriting must save this much to be worth it */
static const double NEW_KERNEL = 2.2; /* what a function that was not there before costs */

/* Function nodes of n that root does not have. */
static int new_kernels(Ctx *c, Node *root, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    int k = 0;
    Map old;
    map_init(&old, &c->tmp);
    Node **order = ex_walk(c, 1, &root, &count);
    for (size_t i = 0; order && i < count; i++)
        if (op_is_function((Op)order[i]->op))
            map_put(&old, order[i]->id, 1);
    order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count; i++) {
        uint64_t v;
        k += op_is_function((Op)order[i]->op) && !map_get(&old, order[i]->id, &v);
    }
    arena_release(&c->tmp, m);
    return k;
}

Best best_begin(Ctx *c, Node *n)
{
    double m = measure(c, n);
    return (Best){.c = c, .root = n, .node = n, .cost = WORTH * m, .limit = m};
}

void best_offer(Best *b, Node *n)
{
    if (!n || ex_is_poison(n) || n == b->node || n == b->root)
        return;
    double m = measure(b->c, n);
    if (m > b->cost + 1e-9)
        return;
    m += NEW_KERNEL * new_kernels(b->c, b->root, n);
    if (m < b->cost - 1e-9 || (m < b->cost + 1e-9 && ex_cmp(n, b->node) < 0)) {
        b->node = n;
        b->cost = m;
    }
}

/* ---- fractions in lowest terms ------------------------------------------------------------------- */
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

static void offer_fraction(Best *b, Field *f, const fmpz_mpoly_t num, const fmpz_mpoly_t den)
{
    Ctx *c = b->c;
    Node *d = ex_pow(c, poly_node_factored(f, den), c->minus_one);
    if (f->failed || ctx_failed(c))
        return;
    best_offer(b, ex_mul2(c, poly_node(f, num), d));
    Node *top = poly_node_factored(f, num);
    best_offer(b, ex_mul2(c, top, d));
}

static void offer_reduced(Best *b, Field *f, const Elem *e)
{
    fmpz_mpoly_t num, den;
    fmpz_mpoly_init(num, f->ctx);
    fmpz_mpoly_init(den, f->ctx);
    if (lowest_terms(f, e, num, den))
        offer_fraction(b, f, num, den);
    fmpz_mpoly_clear(num, f->ctx);
    fmpz_mpoly_clear(den, f->ctx);
}

/* ---- squares that are tied together ------------------------------------------------------------------ */
typedef struct {
    Op a, b;   /* a(u)^2 = p + q*b(u)^2 */
    int p, q;
} Tie;

static const Tie TIES[] = {
    {OP_sin, OP_cos, 1, -1}, {OP_cosh, OP_sinh, 1, 1}, {OP_sec, OP_tan, 1, 1},
    {OP_csc, OP_cot, 1, 1},  {OP_sech, OP_tanh, 1, -1}, {OP_csch, OP_coth, -1, 1},
};

static slong gen_with(const Field *f, Op op, const Node *arg)
{
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].node && f->gen[i].node->op == (uint16_t)op && f->gen[i].node->a[0] == arg)
            return i;
    return -1;
}

/* g^2 = p + q*h^2 as a relation; el_reduce runs from new to old, so the relation must not
 * lead to a newer generator that has one itself: ties have one relation a pair. */
static void tie(Field *f, slong g, slong h, int p, int q)
{
    Gen *k = &f->gen[g];
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
static bool tie_all(Field *f, int side)
{
    bool any = false;
    for (slong i = 0, n = f->ngens; i < n; i++) {
        Node *k = f->gen[i].node;
        for (size_t j = 0; k && j < sizeof TIES / sizeof *TIES; j++) {
            const Tie *t = &TIES[j];
            slong h = k->op == (uint16_t)t->a ? gen_with(f, t->b, k->a[0]) : -1;
            if (h < 0)
                continue;
            any = true;
            if (side == 0)
                tie(f, i, h, t->p, t->q);
            else /* b^2 = (a^2 - p)/q, q = +-1 */
                tie(f, h, i, -t->p * t->q, t->q);
        }
    }
    return any;
}

static void untie(Field *f)
{
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].q == 2 && op_is_function((Op)f->gen[i].node->op)) {
            el_clear(f, &f->gen[i].rel);
            f->gen[i].q = 0;
        }
}

static void offer_field(Best *b, Node *n)
{
    Field f;
    Ctx *c = b->c;
    ArenaMark m = arena_mark(&c->tmp);
    (void)field_init(&f, c, F_DISPLAY, SIMPLIFY_FUEL);
    const Elem *e = field_elem(&f, n);
    if (e) {
        Elem t;
        el_init(&f, &t);
        el_set(&f, &t, e);
        el_cancel(&f, &t);
        if (!f.failed) {
            Node *r = field_node(&f, &t, SHOW_EXPANDED, SHOW_FACTORED);
            best_offer(b, r);
            best_offer(b, field_node(&f, &t, SHOW_FACTORED, SHOW_FACTORED));
        }
        for (int side = 0; side < 2 && !f.failed && !ctx_failed(c) && tie_all(&f, side); side++) {
            offer_reduced(b, &f, &t);
            untie(&f);
        }
        el_clear(&f, &t);
    }
    field_clear(&f);
    arena_release(&c->tmp, m);
}

/* ---- the common factor of the terms of a sum ----------------------------------------------------------- */
/* The factor with base b in the term t, or NULL. */
static Node *factor_in(Node *t, const Node *base)
{
    if (t->op == OP_SCALE)
        t = t->a[1];
    if (t->op != OP_MUL)
        return ex_base(t) == base ? t : NULL;
    for (uint32_t i = 0; i < t->n; i++)
        if (ex_base(t->a[i]) == base)
            return t->a[i];
    return NULL;
}

/* The smaller of two exponents whose difference is a number, or NULL. */
static Node *smaller(Ctx *c, Node *x, Node *y)
{
    Node *d = ex_sub(c, x, y);
    return !ex_is_num(d) ? NULL : num_sgn(d->num) < 0 ? x : y;
}

Node *factor_terms(Ctx *c, Node *n)
{
    if (n->op != OP_ADD)
        return n;
    ArenaMark m = arena_mark(&c->tmp);
    Node *t = n->a[0], *body = t->op == OP_SCALE ? t->a[1] : t;
    uint32_t k = body->op == OP_MUL ? body->n : 1;
    Vec common = {0};
    for (uint32_t i = 0; i < k; i++) {
        Node *f = body->op == OP_MUL ? body->a[i] : body, *base = ex_base(f);
        if (ex_is_num(f))
            continue;
        Node *x = ex_exponent(c, f);
        for (uint32_t j = 1; x && j < n->n; j++) {
            Node *g = factor_in(n->a[j], base);
            x = g ? smaller(c, x, ex_exponent(c, g)) : NULL;
        }
        if (x && !(ex_is_num(x) && num_is_zero(x->num)))
            vec_push(c, &common, ex_pow(c, base, x));
    }
    Node *r = n;
    if (common.n) {
        Node *g = ex_mul(c, common.n, common.v);
        Node **s = ARENA_NEW(&c->tmp, Node *, n->n);
        for (uint32_t i = 0; s && i < n->n; i++)
            s[i] = ex_div(c, n->a[i], g);
        if (s)
            r = ex_mul2(c, g, ex_add(c, n->n, s));
    }
    arena_release(&c->tmp, m);
    return r;
}

/* ---- a region ---------------------------------------------------------------------------------------------- */
/* A region that no candidate can beat: not worth a field. */
static bool is_simple(const Node *n)
{
    uint32_t sums = 0;
    if (n->op == OP_SCALE)
        n = n->a[1];
    if (n->op == OP_MUL)
        for (uint32_t i = 0; i < n->n; i++) {
            sums += n->a[i]->op == OP_ADD;
            if (n->a[i]->op == OP_POW && n->a[i]->a[0]->op == OP_ADD)
                sums++;
        }
    return n->op != OP_ADD && !(n->op == OP_POW && n->a[0]->op == OP_ADD) && sums == 0;
}

Node *simplify_region(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    if (is_simple(n))
        return n;
    Best b = best_begin(c, n);
    if (b.limit > LARGE)
        return n;
    Attempt at = attempt_begin(c);
    best_offer(&b, factor_terms(c, n));
    offer_field(&b, n);
    return attempt_end(c, &at) ? b.node : n;
}

Node *simplify(Ctx *c, Node *n, SimplifyLevel level)
{
    if (level == SIMPLIFY_NONE || ex_is_poison(n) || (n->flags & NF_DEC))
        return n;
    if (level == SIMPLIFY_LIGHT)
        return factor_terms(c, n);
    if (ex_tree_size(c, n) > 20000)
        return n;
    Best b = best_begin(c, n);
    Node *r = rat_regions(c, n, simplify_region, NULL);
    if (ctx_failed(c))
        return c->poison;
    best_offer(&b, r);
    offer_trig(&b, b.node);
    return b.node;
}
