/* field/field.c - arithmetic of elements: see field.h for the representation. */
#include "field/field.h"
#include "field/heavy.h"

/* Longer denominators are not factored, in proofs not those of higher degree either. */
enum { FACTOR_LENGTH = 1500, HIGH_IN_PROOFS = 200 };

/* of powers: more is nobody's wish */
static const double MOST_TERMS = 2e5, MOST_LIMBS = 16 << 20;

/* ---- set-up ------------------------------------------------------------------------ */
void field_init(Field *f, Ctx *c, FieldMode mode, double fuel, Node *n)
{
    memset(f, 0, offsetof(Field, gen));
    f->c = c;
    f->mode = mode;
    f->fuel = fuel;
    f->high = mode == FIELD_PROVE ? HIGH_IN_PROOFS : 0;
    f->root_order = 1;
    f->power_denom = 1;
    map_init(&f->gen_of_node, &c->tmp);
    map_init(&f->elem_of_node, &c->tmp);
    map_init(&f->powers, &c->tmp);
    f->nvars = field_survey(f, n);
    if (f->nvars > FIELD_GENS) {
        f->nvars = FIELD_GENS;
        f->failed = mode != FIELD_PROVE;
    }
    fmpz_mpoly_ctx_init(f->ctx, f->nvars, ORD_LEX);
}

void field_clear(Field *f)
{
    for (size_t i = 0; i < f->npool; i++)
        el_clear(f, f->pool[i]);
    for (slong i = 0; i < f->ngens; i++) {
        Generator *g = &f->gen[i];
        if (g->q)
            el_clear(f, &g->rel);
        if (g->kind != G_FREE)
            fmpz_mpoly_clear(g->key, f->ctx);
        for (unsigned k = 0; k < g->nargs; k++)
            el_clear(f, &g->arg[k]);
    }
    for (slong i = 0; i < f->ndens; i++)
        fmpz_mpoly_clear(&f->den[i], f->ctx);
    fmpz_mpoly_ctx_clear(f->ctx);
}

void el_init(Field *f, Elem *a)
{
    fmpz_mpoly_init(a->num, f->ctx);
    fmpz_init_set_ui(a->cden, 1);
    memset(a->e, 0, sizeof a->e);
}

void el_clear(Field *f, Elem *a)
{
    fmpz_mpoly_clear(a->num, f->ctx);
    fmpz_clear(a->cden);
}

void el_set(Field *f, Elem *r, const Elem *a)
{
    if (r == a)
        return;
    fmpz_mpoly_set(r->num, a->num, f->ctx);
    fmpz_set(r->cden, a->cden);
    memcpy(r->e, a->e, sizeof r->e);
}

void el_one(Field *f, Elem *r)
{
    fmpz_mpoly_one(r->num, f->ctx);
    fmpz_one(r->cden);
    memset(r->e, 0, sizeof r->e);
}

static void fmpz_from_num(fmpz_t z, Num x)
{
    if (num_is_small(x)) {
        fmpz_set_si(z, x.p);
        return;
    }
    mpz_t m;
    mpz_init(m);
    num_get_mpz(m, x);
    fmpz_set_mpz(z, m);
    mpz_clear(m);
}

Num field_num_from_fmpz(Ctx *c, const fmpz_t z)
{
    if (fmpz_fits_si(z))
        return num_int(fmpz_get_si(z));
    mpz_t m;
    mpz_init(m);
    fmpz_get_mpz(m, z);
    Num r = num_set_mpz(&c->tmp, m);
    mpz_clear(m);
    return r;
}

void el_set_num(Field *f, Elem *r, Num x)
{
    el_one(f, r);
    fmpz_t p;
    fmpz_init(p);
    fmpz_from_num(p, num_numer(&f->c->tmp, x));
    fmpz_mpoly_set_fmpz(r->num, p, f->ctx);
    fmpz_from_num(r->cden, num_denom(&f->c->tmp, x));
    fmpz_clear(p);
}

void el_set_poly(Field *f, Elem *r, const fmpz_mpoly_t p)
{
    el_one(f, r);
    fmpz_mpoly_set(r->num, p, f->ctx);
}

void el_set_gen(Field *f, Elem *r, slong g)
{
    el_one(f, r);
    fmpz_mpoly_gen(r->num, g, f->ctx);
}

slong field_new_gen(Field *f, GeneratorKind kind, Node *node)
{
    if (f->ngens == f->nvars) {
        f->failed = true;
        return -1;
    }
    Generator *g = &f->gen[f->ngens];
    memset(g, 0, offsetof(Generator, rel));
    g->exponent = NULL;
    g->op = OP_POISON;
    g->nargs = 0;
    g->kind = kind;
    g->node = node;
    if (kind != G_FREE)
        fmpz_mpoly_init(g->key, f->ctx);
    return f->ngens++;
}

slong field_gen_of(Field *f, Node *n)
{
    uint64_t k;
    if (map_get(&f->gen_of_node, n->id, &k))
        return (slong)k;
    slong g = field_new_gen(f, G_FREE, n);
    if (g >= 0)
        map_put(&f->gen_of_node, n->id, (uint64_t)g);
    return g;
}

/* ---- fuel -------------------------------------------------------------------------- */
static bool spend_fuel(Field *f, double work)
{
    f->fuel -= work;
    if (f->fuel < 0 || env_poll(&f->c->env))
        f->failed = true;
    return !f->failed;
}

static double poly_length(const fmpz_mpoly_t p) { return (double)p->length; }

static void poly_mul(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, const fmpz_mpoly_t b)
{
    if (spend_fuel(f, poly_length(a) * poly_length(b) + 1) && !heavy_mul(f, r, a, b))
        f->failed = true;
}

static void poly_pow(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, ulong n)
{
    double terms = 1, k = (double)n, l = poly_length(a);
    for (double i = 1; i < l && terms < 1e12; i++) /* binomial(n + l - 1, l - 1) */
        terms *= (k + i) / i;
    if (l > 1 && !spend_fuel(f, terms * (l + k * l / 64))) /* coefficients grow, too */
        return;
    if (n > 100000 || terms > MOST_TERMS || terms * heavy_limbs(a, n) > MOST_LIMBS ||
        !heavy_pow(f, r, a, n, terms))
        f->failed = true;
}

/* r *= den_i^k */
static void times_den(Field *f, fmpz_mpoly_t r, slong i, int64_t k)
{
    if (k <= 0 || f->failed)
        return;
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, f->ctx);
    poly_pow(f, t, &f->den[i], (ulong)k);
    if (!f->failed)
        poly_mul(f, r, r, t);
    fmpz_mpoly_clear(t, f->ctx);
}

slong field_den(Field *f, const fmpz_mpoly_t p)
{
    for (slong i = 0; i < f->ndens; i++)
        if (fmpz_mpoly_equal(&f->den[i], p, f->ctx))
            return i;
    if (f->ndens == FIELD_DENS) {
        f->failed = true;
        return -1;
    }
    fmpz_mpoly_init(&f->den[f->ndens], f->ctx);
    fmpz_mpoly_set(&f->den[f->ndens], p, f->ctx);
    return f->ndens++;
}

/* ---- arithmetic -------------------------------------------------------------------- */
static void lower_content(Field *f, Elem *a)
{
    if (fmpz_is_one(a->cden) || fmpz_mpoly_is_zero(a->num, f->ctx)) {
        if (fmpz_mpoly_is_zero(a->num, f->ctx))
            el_set_num(f, a, NUM_ZERO);
        return;
    }
    fmpz_t g;
    fmpz_init_set(g, a->cden);
    for (slong i = 0; i < a->num->length && !fmpz_is_one(g); i++)
        fmpz_gcd(g, g, a->num->coeffs + i);
    if (!fmpz_is_one(g)) {
        fmpz_mpoly_scalar_divexact_fmpz(a->num, a->num, g, f->ctx);
        fmpz_divexact(a->cden, a->cden, g);
    }
    fmpz_clear(g);
}

/* The numerator of a over the common denominator (cd, e), added to sum. */
static void add_over(Field *f, fmpz_mpoly_t sum, const Elem *a, const fmpz_t cd,
                     const int32_t *e)
{
    fmpz_mpoly_t t;
    fmpz_t k;
    fmpz_init(k);
    fmpz_mpoly_init(t, f->ctx);
    fmpz_divexact(k, cd, a->cden);
    fmpz_mpoly_scalar_mul_fmpz(t, a->num, k, f->ctx);
    for (slong i = 0; i < f->ndens; i++)
        times_den(f, t, i, (int64_t)e[i] - a->e[i]);
    if (!f->failed && spend_fuel(f, poly_length(sum) + poly_length(t)))
        fmpz_mpoly_add(sum, sum, t, f->ctx);
    fmpz_mpoly_clear(t, f->ctx);
    fmpz_clear(k);
}

void el_add(Field *f, Elem *r, Elem *const *a, size_t n)
{
    el_set_num(f, r, NUM_ZERO);
    for (slong j = 0; j < f->ndens && n; j++)
        r->e[j] = a[0]->e[j];
    for (size_t i = 0; i < n; i++) {
        fmpz_lcm(r->cden, r->cden, a[i]->cden);
        for (slong j = 0; j < f->ndens; j++)
            if (a[i]->e[j] > r->e[j])
                r->e[j] = a[i]->e[j];
    }
    for (size_t i = 0; i < n && !f->failed; i++)
        add_over(f, r->num, a[i], r->cden, r->e);
    lower_content(f, r);
    el_reduce(f, r);
}

void el_mul(Field *f, Elem *r, const Elem *a, const Elem *b)
{
    if (f->failed)
        return;
    poly_mul(f, r->num, a->num, b->num);
    fmpz_mul(r->cden, a->cden, b->cden);
    for (slong i = 0; i < f->ndens; i++)
        r->e[i] = a->e[i] + b->e[i];
    lower_content(f, r);
    el_reduce(f, r);
}

void el_pow(Field *f, Elem *r, const Elem *a, int64_t n)
{
    if (n < 0) {
        Elem t;
        el_init(f, &t);
        el_inv(f, &t, a);
        if (!f->failed)
            el_pow(f, r, &t, -n);
        el_clear(f, &t);
        return;
    }
    if (n > 1000000) {
        f->failed = true;
        return;
    }
    poly_pow(f, r->num, a->num, (ulong)n);
    if (f->failed)
        return;
    fmpz_pow_ui(r->cden, a->cden, (ulong)n);
    for (slong i = 0; i < f->ndens; i++)
        r->e[i] = (int32_t)(a->e[i] * n);
    el_reduce(f, r);
}

void el_mul_gen(Field *f, Elem *r, slong g, int64_t n)
{
    Elem t;
    el_init(f, &t);
    el_set_gen(f, &t, g);
    el_pow(f, &t, &t, n);
    if (!f->failed)
        el_mul(f, r, r, &t);
    el_clear(f, &t);
}

/* Divides p by registered denominators as often as they go, adding to e. */
static void strip_dens(Field *f, fmpz_mpoly_t p, int32_t *e, int step,
                       const int32_t *limit)
{
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, f->ctx);
    for (slong i = 0; i < f->ndens && !f->failed; i++) {
        if (fmpz_mpoly_is_fmpz(&f->den[i], f->ctx))
            continue;
        while ((!limit || limit[i] + e[i] > 0) && !fmpz_mpoly_is_fmpz(p, f->ctx) &&
               spend_fuel(f, poly_length(p)) &&
               fmpz_mpoly_divides(t, p, &f->den[i], f->ctx)) {
            fmpz_mpoly_swap(p, t, f->ctx);
            e[i] += step;
        }
    }
    fmpz_mpoly_clear(t, f->ctx);
}

/* Registers the irreducible factors of p as denominators; e gets their exponents, k the
 * remaining integer. Very long p are registered whole. */
static void dens_of(Field *f, fmpz_mpoly_t p, int32_t *e, fmpz_t k)
{
    strip_dens(f, p, e, 1, NULL);
    fmpz_one(k);
    if (f->failed)
        return;
    if (fmpz_mpoly_is_fmpz(p, f->ctx)) {
        fmpz_mpoly_get_fmpz(k, p, f->ctx);
        return;
    }
    fmpz_mpoly_factor_t fac;
    bool whole = false;
    fmpz_mpoly_factor_init(fac, f->ctx);
    f->doubt = false;
    if (p->length <= FACTOR_LENGTH && spend_fuel(f, poly_length(p)))
        poly_factor(f, fac, p);
    else if (!f->failed)
        whole = true;
    if (!whole && !f->failed) {
        fmpz_set(k, fac->constant);
        for (slong i = 0; i < fac->num; i++) {
            slong d = field_den(f, fac->poly + i);
            if (d >= 0)
                e[d] += (int32_t)fmpz_get_si(fac->exp + i);
            if (d >= 0 && f->doubt)
                f->doubted |= (uint64_t)1 << d;
        }
    } else if (!f->failed) {
        poly_make_primitive(f, p, k);
        slong d = field_den(f, p);
        if (d >= 0)
            e[d]++;
    }
    fmpz_mpoly_factor_clear(fac, f->ctx);
}

void el_inv(Field *f, Elem *r, const Elem *a)
{
    Elem t;
    if (f->failed)
        return;
    el_init(f, &t);
    el_set(f, &t, a);
    el_cancel(f, &t);
    if (fmpz_mpoly_is_zero(t.num, f->ctx)) {
        f->failed = true;
        el_clear(f, &t);
        return;
    }
    Elem out;
    fmpz_t k;
    fmpz_init(k);
    el_init(f, &out);
    dens_of(f, t.num, out.e, k);
    fmpz_mpoly_set_fmpz(out.num, t.cden, f->ctx);
    if (fmpz_sgn(k) < 0)
        fmpz_mpoly_neg(out.num, out.num, f->ctx);
    fmpz_abs(out.cden, k);
    for (slong i = 0; i < f->ndens && !f->failed; i++) {
        int32_t net = out.e[i] - t.e[i];
        out.e[i] = net > 0 ? net : 0;
        times_den(f, out.num, i, -(int64_t)net);
    }
    lower_content(f, &out);
    el_set(f, r, &out);
    el_reduce(f, r);
    fmpz_clear(k);
    el_clear(f, &out);
    el_clear(f, &t);
}

void el_cancel(Field *f, Elem *a)
{
    int32_t gone[FIELD_DENS] = {0};
    if (f->failed)
        return;
    for (slong i = 0; i < f->ndens; i++)
        if (a->e[i] < 0) {
            times_den(f, a->num, i, -(int64_t)a->e[i]);
            a->e[i] = 0;
        }
    strip_dens(f, a->num, gone, -1, a->e);
    for (slong i = 0; i < f->ndens; i++)
        a->e[i] += gone[i];
    lower_content(f, a);
}

bool el_equal(Field *f, const Elem *a, const Elem *b)
{
    return fmpz_equal(a->cden, b->cden) && memcmp(a->e, b->e, sizeof a->e) == 0 &&
           fmpz_mpoly_equal(a->num, b->num, f->ctx);
}

/* ---- relations --------------------------------------------------------------------- */
/* num = sum c_j g^j  ->  sum c_j g^(j mod q) * rel^(j div q), over rel's denominator. */
static void apply_relation(Field *f, Elem *a, slong g, const Elem *rel, unsigned q)
{
    fmpz_mpoly_univar_t u;
    fmpz_mpoly_univar_init(u, f->ctx);
    fmpz_mpoly_to_univar(u, a->num, g, f->ctx);
    slong n = fmpz_mpoly_univar_length(u, f->ctx);
    slong top = n ? fmpz_mpoly_univar_get_term_exp_si(u, 0, f->ctx) / (slong)q : 0;
    fmpz_mpoly_t sum, t, p, d, gp;
    fmpz_mpoly_init(sum, f->ctx);
    fmpz_mpoly_init(t, f->ctx);
    fmpz_mpoly_init(p, f->ctx);
    fmpz_mpoly_init(d, f->ctx);
    fmpz_mpoly_init(gp, f->ctx);
    fmpz_mpoly_set_fmpz(d, rel->cden, f->ctx);
    for (slong i = 0; i < f->ndens; i++)
        times_den(f, d, i, rel->e[i]);
    for (slong i = 0; i < n && !f->failed; i++) {
        slong e = fmpz_mpoly_univar_get_term_exp_si(u, i, f->ctx), k = e / (slong)q;
        fmpz_mpoly_univar_get_term_coeff(t, u, i, f->ctx);
        poly_pow(f, p, rel->num, (ulong)k);
        poly_mul(f, t, t, p);
        poly_pow(f, p, d, (ulong)(top - k));
        poly_mul(f, t, t, p);
        fmpz_mpoly_gen(gp, g, f->ctx);
        poly_pow(f, gp, gp, (ulong)(e % (slong)q));
        poly_mul(f, t, t, gp);
        if (!f->failed)
            fmpz_mpoly_add(sum, sum, t, f->ctx);
    }
    fmpz_mpoly_swap(a->num, sum, f->ctx);
    fmpz_t cd;
    fmpz_init(cd);
    fmpz_pow_ui(cd, rel->cden, (ulong)top);
    fmpz_mul(a->cden, a->cden, cd);
    fmpz_clear(cd);
    for (slong i = 0; i < f->ndens; i++)
        a->e[i] += (int32_t)(rel->e[i] * top);
    fmpz_mpoly_clear(sum, f->ctx);
    fmpz_mpoly_clear(t, f->ctx);
    fmpz_mpoly_clear(p, f->ctx);
    fmpz_mpoly_clear(d, f->ctx);
    fmpz_mpoly_clear(gp, f->ctx);
    fmpz_mpoly_univar_clear(u, f->ctx);
}

void el_reduce(Field *f, Elem *a)
{
    for (slong g = f->ngens - 1; g >= 0 && !f->failed; g--) {
        const Generator *k = &f->gen[g];
        if (!k->q || fmpz_mpoly_degree_si(a->num, g, f->ctx) < (slong)k->q)
            continue;
        apply_relation(f, a, g, &k->rel, k->q);
        lower_content(f, a);
    }
}

/* b/g^k with g^q = b: g^(q-k). d: the denominator g. */
static void lift_root(Field *f, Elem *a, const Generator *k, const fmpz_mpoly_t r,
                      slong d)
{
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, f->ctx);
    if (a->e[d] > 0 && fmpz_mpoly_divides(t, a->num, k->rel.num, f->ctx)) {
        fmpz_mpoly_swap(a->num, t, f->ctx);
        a->e[d] -= (int32_t)k->q;
        if (a->e[d] < 0) {
            fmpz_mpoly_pow_ui(t, r, (ulong)-a->e[d], f->ctx);
            fmpz_mpoly_mul(a->num, a->num, t, f->ctx);
            a->e[d] = 0;
        }
    }
    fmpz_mpoly_clear(t, f->ctx);
}

/* g/b with g^q = b or -b: 1/g^(q-1). */
static void sink_root(Field *f, Elem *a, const Generator *k, const fmpz_mpoly_t r,
                      slong d)
{
    fmpz_mpoly_t t, minus;
    fmpz_mpoly_init(t, f->ctx);
    fmpz_mpoly_init(minus, f->ctx);
    fmpz_mpoly_neg(minus, k->rel.num, f->ctx);
    for (slong i = 0; i < f->ndens; i++) {
        bool opposite = fmpz_mpoly_equal(&f->den[i], minus, f->ctx);
        if (a->e[i] <= 0 ||
            (!opposite && !fmpz_mpoly_equal(&f->den[i], k->rel.num, f->ctx)) ||
            !fmpz_mpoly_divides(t, a->num, r, f->ctx))
            continue;
        fmpz_mpoly_swap(a->num, t, f->ctx);
        if (opposite)
            fmpz_mpoly_neg(a->num, a->num, f->ctx);
        a->e[i]--;
        a->e[d] += (int32_t)k->q - 1;
        break;
    }
    fmpz_mpoly_clear(minus, f->ctx);
    fmpz_mpoly_clear(t, f->ctx);
}

/* b/R is R^(q-1) and R/b is 1/R^(q-1) for a root R of b: which of them a holds is not canonical. */
void el_use_roots(Field *f, Elem *a)
{
    fmpz_mpoly_t r;
    fmpz_mpoly_init(r, f->ctx);
    for (slong g = 0; g < f->ngens && !f->failed; g++) {
        bool plain = f->gen[g].q >= 2 && fmpz_is_one(f->gen[g].rel.cden);
        for (slong i = 0; i < f->ndens; i++)
            plain = plain && !f->gen[g].rel.e[i];
        if (!plain)
            continue;
        fmpz_mpoly_gen(r, g, f->ctx);
        slong d = field_den(f, r);
        if (d < 0)
            break;
        lift_root(f, a, &f->gen[g], r, d);
        sink_root(f, a, &f->gen[g], r, d);
    }
    fmpz_mpoly_clear(r, f->ctx);
}

/* ---- zero -------------------------------------------------------------------------- */
/* The set with every sign that has become dependent replaced by what it depends on. */
static void resolve_signs(Field *f, uint64_t *set, bool *negative)
{
    for (slong g = f->ngens - 1; g >= 0; g--) {
        const Generator *k = &f->gen[g];
        if (!(*set & (uint64_t)1 << g) || k->q != 1)
            continue;
        *set ^= (uint64_t)1 << g;
        if (fmpz_sgn(k->rel.num->coeffs) < 0)
            *negative = !*negative;
        ulong e[FIELD_GENS];
        fmpz_mpoly_get_term_exp_ui(e, k->rel.num, 0, f->ctx);
        for (slong i = 0; i < g; i++)
            if (e[i] & 1)
                *set ^= (uint64_t)1 << i;
    }
}

void field_constrain(Field *f, uint64_t set, bool negative)
{
    resolve_signs(f, &set, &negative);
    if (!set)
        return;
    slong g = 63 - (slong)__builtin_clzll(set);
    Elem *rel = &f->gen[g].rel;
    el_set_num(f, rel, num_int(negative ? -1 : 1));
    for (slong i = 0; i < g; i++)
        if (set & (uint64_t)1 << i)
            el_mul_gen(f, rel, i, 1);
    f->gen[g].q = 1;
}

bool field_is_zero(Field *f, Elem *a)
{
    if (f->failed)
        return false;
    el_reduce(f, a);
    return !f->failed && fmpz_mpoly_is_zero(a->num, f->ctx);
}
