/* field/root.c - roots, powers with symbolic exponents, logarithms and signs of elements.
 *
 * In FIELD_PROVE an element b is taken apart: b = sign * prod p_i^a_i * prod f_j^e_j with primes p_i
 * and irreducible polynomials f_j (those of the numerator positive, of the denominator
 * negative). Then
 *   |b|^T = prod p^(a T) * prod |f|^(e T),   log|b| = sum e log|f|,   sign b = prod sign(f)^e,
 * which hold for every real b != 0. An even root or a symbolic power needs b > 0: then b = |b|,
 * and the product of the signs is 1: a constraint that field_is_zero may use.
 */
#include "field/rational.h"

enum { MAX_FACTORS = 48, TRIAL_PRIMES = 2000 };

typedef struct {
    fmpz_mpoly_t f; /* irreducible, or an integer > 1 */
    int64_t e;
    bool number;
} RadicandPart;

typedef struct {
    RadicandPart part[MAX_FACTORS];
    size_t n;
    bool negative; /* sign of the constant */
} RadicandParts;

static void parts_clear(Field *f, RadicandParts *s)
{
    for (size_t i = 0; i < s->n; i++)
        fmpz_mpoly_clear(s->part[i].f, f->ctx);
}

static void parts_put(Field *f, RadicandParts *s, const fmpz_mpoly_t p, int64_t e,
                      bool number)
{
    if (e == 0)
        return;
    for (size_t i = 0; i < s->n; i++)
        if (fmpz_mpoly_equal(s->part[i].f, p, f->ctx)) {
            s->part[i].e += e;
            return;
        }
    if (s->n == MAX_FACTORS) {
        f->failed = true;
        return;
    }
    RadicandPart *t = &s->part[s->n++];
    fmpz_mpoly_init(t->f, f->ctx);
    fmpz_mpoly_set(t->f, p, f->ctx);
    t->e = e;
    t->number = number;
}

static void parts_put_int(Field *f, RadicandParts *s, const fmpz_t k, int64_t e)
{
    fmpz_factor_t fac;
    fmpz_mpoly_t p;
    if (fmpz_sgn(k) < 0)
        s->negative = !s->negative;
    fmpz_factor_init(fac);
    fmpz_mpoly_init(p, f->ctx);
    fmpz_t a;
    fmpz_init(a);
    fmpz_abs(a, k);
    if (fmpz_bits(a) <= 62)
        fmpz_factor(fac, a);
    else
        fmpz_factor_trial(fac, a, TRIAL_PRIMES);
    for (slong i = 0; i < fac->num; i++) {
        fmpz_mpoly_set_fmpz(p, fac->p + i, f->ctx);
        parts_put(f, s, p, e * (int64_t)fac->exp[i], true);
    }
    fmpz_clear(a);
    fmpz_mpoly_clear(p, f->ctx);
    fmpz_factor_clear(fac);
}

static void parts_of(Field *f, RadicandParts *s, const Elem *b)
{
    memset(s, 0, sizeof *s);
    Elem t;
    el_init(f, &t);
    el_set(f, &t, b);
    el_cancel(f, &t);
    if (f->failed || fmpz_mpoly_is_zero(t.num, f->ctx)) {
        f->failed = true;
        el_clear(f, &t);
        return;
    }
    fmpz_mpoly_factor_t fac;
    fmpz_mpoly_factor_init(fac, f->ctx);
    poly_factor(f, fac, t.num);
    if (!f->failed) {
        parts_put_int(f, s, fac->constant, 1);
        parts_put_int(f, s, t.cden, -1);
        for (slong i = 0; i < fac->num; i++)
            parts_put(f, s, fac->poly + i, fmpz_get_si(fac->exp + i), false);
        for (slong i = 0; i < f->ndens; i++)
            if (t.e[i])
                parts_put(f, s, &f->den[i], -(int64_t)t.e[i], false);
    }
    fmpz_mpoly_factor_clear(fac, f->ctx);
    el_clear(f, &t);
}

/* ---- generators that belong to a polynomial ---------------------------------------- */
/* A fresh symbol for a generator that is never shown; roots and powers of |f| are positive. */
static Node *hidden_symbol(Ctx *c, bool positive)
{
    uint32_t s = sym_fresh(c, "k");
    c->syms[s].assume = positive ? S_POS : S_ANY;
    return ex_sym(c, s);
}

static slong gen_for(Field *f, GeneratorKind kind, const fmpz_mpoly_t key, Node *exponent,
                     bool *fresh)
{
    *fresh = false;
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].kind == kind && f->gen[i].exponent == exponent &&
            fmpz_mpoly_equal(f->gen[i].key, key, f->ctx))
            return i;
    slong g = field_new_gen(f, kind, NULL);
    if (g < 0)
        return g;
    f->gen[g].exponent = exponent;
    f->gen[g].node = hidden_symbol(f->c, kind == G_ROOT || kind == G_POWER);
    fmpz_mpoly_set(f->gen[g].key, key, f->ctx);
    *fresh = true;
    return g;
}

/* The generator that p is, or -1. */
static slong bare_gen(Field *f, const fmpz_mpoly_t p)
{
    if (p->length != 1 || fmpz_mpoly_total_degree_si(p, f->ctx) != 1 ||
        !fmpz_is_one(p->coeffs))
        return -1;
    for (slong g = 0; g < f->ngens; g++)
        if (fmpz_mpoly_degree_si(p, g, f->ctx) == 1)
            return g;
    return -1;
}

/* The sign of f: 1, -1, or 0 and the generator *g that stands for it. */
static int sign_of_part(Field *f, const RadicandPart *p, slong *g)
{
    bool fresh;
    if (p->number)
        return 1;
    *g = bare_gen(f, p->f);
    if (*g >= 0 && f->gen[*g].kind == G_SIGN)
        return 0;
    Node *n = poly_node(f, p->f);
    if (ex_is_pos(n) || ex_is_nonneg(n))
        return 1;
    if (ex_is_neg(n))
        return -1;
    *g = gen_for(f, G_SIGN, p->f, NULL, &fresh);
    if (fresh) {
        f->gen[*g].q = 2;
        el_init(f, &f->gen[*g].rel);
        el_one(f, &f->gen[*g].rel);
    }
    return 0;
}

/* r times the sign s, or the generator g where s is 0. */
static void times_known_sign(Field *f, Elem *r, int s, slong g)
{
    if (s < 0)
        fmpz_mpoly_neg(r->num, r->num, f->ctx);
    else if (s == 0)
        el_mul_gen(f, r, g, 1);
}

/* r *= sign(f)^k */
static void times_sign(Field *f, Elem *r, const RadicandPart *p, int64_t k)
{
    slong g = -1;
    if (k % 2 == 0 || f->failed)
        return;
    int s = sign_of_part(f, p, &g);
    if (!f->failed)
        times_known_sign(f, r, s, g);
}

/* r *= f^k for any integer k. */
static void times_part(Field *f, Elem *r, const RadicandPart *p, int64_t k)
{
    if (k == 0 || f->failed)
        return;
    Elem t;
    el_init(f, &t);
    el_set_poly(f, &t, p->f);
    el_pow(f, &t, &t, k);
    if (!f->failed)
        el_mul(f, r, r, &t);
    el_clear(f, &t);
}

/* The signs of all parts as a set of generators and a sign. */
static void collect_signs(Field *f, const RadicandParts *s, uint64_t *set, bool *negative)
{
    *negative ^= s->negative;
    for (size_t i = 0; i < s->n && !f->failed; i++) {
        slong g = -1;
        if (s->part[i].e % 2 == 0)
            continue;
        int sign = sign_of_part(f, &s->part[i], &g);
        if (sign < 0)
            *negative = !*negative;
        else if (sign == 0 && g >= 0)
            *set ^= (uint64_t)1 << g;
    }
}

/* b > 0 is known: the signs of its factors multiply to its constant's sign. */
static void constrain_signs(Field *f, const RadicandParts *s)
{
    uint64_t set = 0;
    bool negative = false;
    collect_signs(f, s, &set, &negative);
    if (!f->failed)
        field_constrain(f, set, negative);
}

/* Relation of a new root g. The sign comes first: relations lead to older generators only. */
static void relate_root(Field *f, slong g, const RadicandPart *p, int sign, slong sg)
{
    Elem *rel = &f->gen[g].rel;
    el_init(f, rel);
    el_set_poly(f, rel, p->f);
    times_known_sign(f, rel, sign, sg);
    f->gen[g].q = f->root_order;
}

/* p with the square root g^half replaced by its negative, made primitive like a factor. */
static void conjugate_poly(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t p, slong g,
                           ulong half)
{
    ulong e[FIELD_GENS];
    fmpz_mpoly_zero(r, f->ctx);
    for (slong i = 0; i < p->length; i++) {
        fmpz_t k;
        fmpz_init(k);
        fmpz_mpoly_get_term_exp_ui(e, p, i, f->ctx);
        fmpz_mpoly_get_term_coeff_fmpz(k, p, i, f->ctx);
        if (e[g] == half)
            fmpz_neg(k, k);
        fmpz_mpoly_push_term_fmpz_ui(r, k, e, f->ctx);
        fmpz_clear(k);
    }
    if (r->length && fmpz_sgn(r->coeffs) < 0)
        fmpz_mpoly_neg(r, r, f->ctx);
}

/* g occurs in p with exponents 0 and half only. */
static bool only_degrees(Field *f, const fmpz_mpoly_t p, slong g, unsigned half)
{
    ulong e[FIELD_GENS];
    for (slong i = 0; i < p->length; i++) {
        fmpz_mpoly_get_term_exp_ui(e, p, i, f->ctx);
        if (e[g] && e[g] != half)
            return false;
    }
    return true;
}

static slong find_gen(Field *f, GeneratorKind kind, const fmpz_mpoly_t key)
{
    for (slong i = 0; i < f->ngens; i++)
        if (f->gen[i].kind == kind && fmpz_mpoly_equal(f->gen[i].key, key, f->ctx))
            return i;
    return -1;
}

static void times_abs_power(Field *f, Elem *r, const RadicandPart *p, Num T);

/* The root g of p in terms of the root of its conjugate. */
static void relate_by_norm(Field *f, slong g, slong other, const fmpz_mpoly_t p,
                           const fmpz_mpoly_t conj)
{
    Elem norm, root, t;
    RadicandParts s, both = {.n = 0};
    el_init(f, &norm);
    el_init(f, &root);
    el_init(f, &t);
    el_set_poly(f, &norm, p);
    el_set_poly(f, &t, conj);
    el_mul(f, &norm, &norm, &t);
    parts_of(f, &s, &norm);
    uint64_t set = 0; /* sign(p)*sign(conjugate) = sign(norm) */
    bool negative = false;
    parts_put(f, &both, p, 1, false);
    parts_put(f, &both, conj, 1, false);
    collect_signs(f, &both, &set, &negative);
    collect_signs(f, &s, &set, &negative);
    parts_clear(f, &both);
    if (!f->failed)
        field_constrain(f, set, negative);
    el_set_gen(f, &root, other);
    el_inv(f, &root, &root);
    for (size_t k = 0; k < s.n && !f->failed; k++)
        times_abs_power(f, &root, &s.part[k],
                        num_rat(&f->c->tmp, s.part[k].e, f->root_order));
    parts_clear(f, &s);
    el_init(f, &f->gen[g].rel);
    el_set(f, &f->gen[g].rel, &root);
    f->gen[g].q = 1;
    el_clear(f, &t);
    el_clear(f, &root);
    el_clear(f, &norm);
}

/* sqrt(a - b sqrt d) and sqrt(a + b sqrt d) are not independent: their product is the root of the
 * norm. True when g's root is the norm's root over that of the conjugate, and related so. */
static bool relate_conjugate(Field *f, slong g, const RadicandPart *p)
{
    bool done = false;
    unsigned half = f->root_order / 2;
    if (f->root_order % 2)
        return false;
    fmpz_mpoly_t conj;
    fmpz_mpoly_init(conj, f->ctx);
    for (slong i = 0; i < g && !done && !f->failed; i++) {
        if (f->gen[i].kind != G_ROOT || f->gen[i].q != f->root_order ||
            fmpz_mpoly_degree_si(p->f, i, f->ctx) != (slong)half ||
            !only_degrees(f, p->f, i, half))
            continue;
        conjugate_poly(f, conj, p->f, i, half);
        slong other = find_gen(f, G_ROOT, conj);
        done = other >= 0 && other != g;
        if (done)
            relate_by_norm(f, g, other, p->f, conj);
    }
    fmpz_mpoly_clear(conj, f->ctx);
    return done;
}

/* The generator |f|^(1/Q), R^Q = sign(f)*f. */
static slong root_gen(Field *f, const RadicandPart *p)
{
    bool fresh;
    slong sg = -1;
    int s = sign_of_part(f, p, &sg);
    slong g = f->failed ? -1 : gen_for(f, G_ROOT, p->f, NULL, &fresh);
    if (g >= 0 && fresh && !relate_conjugate(f, g, p))
        relate_root(f, g, p, s, sg);
    return g;
}

/* r *= |f|^T: whole part and Q-th roots. */
static void times_abs_power(Field *f, Elem *r, const RadicandPart *p, Num T)
{
    Arena *a = &f->c->tmp;
    slong b = bare_gen(f, p->f);
    if (b >= 0 && f->gen[b].kind == G_SIGN)
        return;
    if (b >= 0 && f->gen[b].kind == G_ROOT && !num_is_int(T)) { /* |R|^T = |f|^(T/Q) */
        RadicandPart inner = {.e = 1,
                              .number = fmpz_mpoly_is_fmpz(f->gen[b].key, f->ctx)};
        fmpz_mpoly_init(inner.f, f->ctx);
        fmpz_mpoly_set(inner.f, f->gen[b].key, f->ctx);
        times_abs_power(f, r, &inner, num_div(a, T, num_int(f->root_order)));
        fmpz_mpoly_clear(inner.f, f->ctx);
        return;
    }
    Num fl = num_floor(a, T),
        rest = num_mul(a, num_sub(a, T, fl), num_int(f->root_order));
    int64_t whole, k;
    if (!num_get_int(fl, &whole) || !num_get_int(rest, &k)) {
        f->failed = true;
        return;
    }
    times_part(f, r, p, whole);
    times_sign(f, r, p, whole);
    if (k == 0 || f->failed)
        return;
    slong g = root_gen(f, p);
    if (g < 0 || f->failed)
        return;
    Elem t;
    el_init(f, &t);
    el_set_gen(f, &t, g);
    el_pow(f, &t, &t, k);
    el_mul(f, r, r, &t);
    el_clear(f, &t);
}

void field_nonnegative(Field *f, const Elem *b)
{
    RadicandParts s;
    parts_of(f, &s, b);
    if (!f->failed)
        constrain_signs(f, &s);
    parts_clear(f, &s);
}

static void prove_root(Field *f, Elem *r, const Elem *b, Num x)
{
    RadicandParts s;
    Arena *a = &f->c->tmp;
    parts_of(f, &s, b);
    el_one(f, r);
    bool odd = !num_is_even(num_denom(a, x)), flip = !num_is_even(num_numer(a, x));
    if (!f->failed && !odd)
        constrain_signs(f, &s);
    for (size_t i = 0; i < s.n && !f->failed; i++) {
        times_abs_power(f, r, &s.part[i], num_mul(a, x, num_int(s.part[i].e)));
        if (odd && flip)
            times_sign(f, r, &s.part[i], s.part[i].e);
    }
    if (odd && flip && s.negative && !f->failed)
        fmpz_mpoly_neg(r->num, r->num, f->ctx);
    parts_clear(f, &s);
}

/* ---- display: one generator for the whole root ------------------------------------- */
/* The radicand as it is shown: factored only when a factor leaves the root. */
static Node *shown_radicand(Field *f, const Elem *b, int64_t order)
{
    fmpz_mpoly_factor_t fac;
    bool power = false;
    fmpz_mpoly_factor_init(fac, f->ctx);
    if (b->num->length > 2) {
        poly_factor(f, fac, b->num);
        for (slong i = 0; i < fac->num && !f->failed; i++)
            power |= fmpz_cmp_si(fac->exp + i, order) >= 0;
        f->failed = false;
    }
    fmpz_mpoly_factor_clear(fac, f->ctx);
    return field_node(f, b, power ? SHOW_FACTORED : SHOW_EXPANDED, SHOW_FACTORED);
}

/* The root of the order that `written` is a power of, written likewise, if that is shorter. */
static Node *shorter_root(Field *f, Node *root, Num x)
{
    Ctx *c = f->c;
    Node *w = f->written;
    if (!f->cost || !w || root->op != OP_POW || root->a[1] != ex_num(c, x))
        return root;
    w = ex_pow(c, w->a[0], root->a[1]);
    return w->op == OP_POW && w->a[1] == root->a[1] && f->cost(c, w) < f->cost(c, root)
               ? w
               : root;
}

static void display_root(Field *f, Elem *r, const Elem *b, Num x)
{
    Arena *a = &f->c->tmp;
    /* whole part towards 0: b^(-1/2) is 1/R, so that R cancels */
    Num q = num_denom(a, x), fl = num_sgn(x) < 0 ? num_ceil(a, x) : num_floor(a, x);
    Elem t;
    int64_t order, whole, k;
    el_init(f, &t);
    el_set(f, &t, b);
    el_cancel(f, &t);
    if (f->failed || !num_get_int(q, &order) || !num_get_int(fl, &whole) ||
        order > 1000 || !num_get_int(num_mul(a, num_sub(a, x, fl), q), &k)) {
        f->failed = true;
        el_clear(f, &t);
        return;
    }
    Node *root = ex_pow(f->c, shown_radicand(f, &t, order), ex_num(f->c, num_inv(a, q)));
    size_t before = (size_t)f->ngens;
    slong g = field_gen_of(f, root);
    if (g >= 0 && f->ngens > (slong)before) {
        Generator *gen = &f->gen[g];
        gen->node = shorter_root(f, root, num_inv(a, q));
        el_init(f, &gen->rel);
        el_set(f, &gen->rel, &t);
        gen->q = (unsigned)order;
    }
    if (g >= 0) {
        el_set_gen(f, r, g);
        el_pow(f, r, r, k);
        el_pow(f, &t, &t, whole);
        if (!f->failed)
            el_mul(f, r, r, &t);
    }
    el_clear(f, &t);
}

void field_root(Field *f, Elem *r, const Elem *b, Num x)
{
    if (f->mode == FIELD_PROVE)
        prove_root(f, r, b, x);
    else
        display_root(f, r, b, x);
}

/* ---- symbolic exponents ------------------------------------------------------------ */
/* r *= |p|^(k*m). A generator that is a root or a power itself leads to what it is one of. */
static void times_symbolic(Field *f, Elem *r, const fmpz_mpoly_t p, Num k, Node *m)
{
    Ctx *c = f->c;
    Arena *a = &c->tmp;
    slong b = bare_gen(f, p);
    bool fresh;
    int64_t n;
    if (b >= 0 && f->gen[b].kind == G_SIGN)
        return;
    if (b >= 0 && f->gen[b].kind == G_ROOT) {
        times_symbolic(f, r, f->gen[b].key, num_div(a, k, num_int(f->root_order)), m);
        return;
    }
    if (b >= 0 && f->gen[b].kind == G_POWER) {
        Node *x = rat_expand(c, ex_mul2(c, f->gen[b].exponent, m));
        k = num_div(a, num_mul(a, k, ex_coef(x)), num_int(f->power_denom));
        if (!ex_is_num(x)) {
            times_symbolic(f, r, f->gen[b].key, k, ex_rest(c, x));
            return;
        }
        RadicandPart inner = {.e = 1,
                              .number = fmpz_mpoly_is_fmpz(f->gen[b].key, f->ctx)};
        fmpz_mpoly_init(inner.f, f->ctx);
        fmpz_mpoly_set(inner.f, f->gen[b].key, f->ctx);
        times_abs_power(f, r, &inner, k);
        fmpz_mpoly_clear(inner.f, f->ctx);
        return;
    }
    slong g = gen_for(f, G_POWER, p, m, &fresh);
    if (g < 0 || !num_get_int(num_mul(a, k, num_int(f->power_denom)), &n)) {
        f->failed = true;
        return;
    }
    el_mul_gen(f, r, g, n);
}

static void times_number_power(Field *f, Elem *r, const Elem *b, Num x)
{
    Elem t;
    int64_t n;
    el_init(f, &t);
    if (num_get_int(x, &n))
        el_pow(f, &t, b, n);
    else
        field_root(f, &t, b, x);
    if (!f->failed)
        el_mul(f, r, r, &t);
    el_clear(f, &t);
}

void field_power(Field *f, Elem *r, const Elem *b, Node *x)
{
    RadicandParts s;
    Ctx *c = f->c;
    parts_of(f, &s, b);
    el_one(f, r);
    bool sum = x->op == OP_ADD;
    for (uint32_t i = 0; i < (sum ? x->n : 1) && !f->failed; i++) {
        Node *t = sum ? x->a[i] : x;
        if (ex_is_num(t))
            times_number_power(f, r, b, t->num);
        else
            for (size_t j = 0; j < s.n && !f->failed; j++)
                times_symbolic(f, r, s.part[j].f,
                               num_mul(&c->tmp, ex_coef(t), num_int(s.part[j].e)),
                               ex_rest(c, t));
    }
    parts_clear(f, &s);
}

/* ---- logarithm, abs, sign ---------------------------------------------------------- */
void field_log(Field *f, Elem *r, const Elem *b)
{
    RadicandParts s;
    parts_of(f, &s, b);
    el_set_num(f, r, NUM_ZERO);
    Elem t, k, sum;
    el_init(f, &t);
    el_init(f, &k);
    el_init(f, &sum);
    for (size_t i = 0; i < s.n && !f->failed; i++) {
        bool fresh;
        slong g = gen_for(f, G_LOG, s.part[i].f, NULL, &fresh);
        if (g < 0)
            break;
        el_set_gen(f, &t, g);
        el_set_num(f, &k, num_int(s.part[i].e));
        el_mul(f, &t, &t, &k);
        Elem *both[2] = {&t, r};
        el_add(f, &sum, both, 2);
        el_set(f, r, &sum);
    }
    el_clear(f, &sum);
    el_clear(f, &k);
    el_clear(f, &t);
    parts_clear(f, &s);
}

void field_abs(Field *f, Elem *r, const Elem *b, bool sign_only)
{
    RadicandParts s;
    parts_of(f, &s, b);
    el_one(f, r);
    if (!sign_only)
        el_set(f, r, b);
    for (size_t i = 0; i < s.n && !f->failed; i++)
        times_sign(f, r, &s.part[i], s.part[i].e);
    if (s.negative && !f->failed)
        fmpz_mpoly_neg(r->num, r->num, f->ctx);
    parts_clear(f, &s);
}
