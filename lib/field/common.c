/* field/common.c - factors in common: of sums, whether there may be any; of numerators and
 * denominators, by gcds, where factors were not looked for.
 *
 * A common factor has some variable v, and keeps its degree in v when the other variables get
 * values and the coefficients are taken modulo a prime, as long as a leading coefficient in v does
 * not vanish. So where the images of both sums have no common factor for any v, neither have the
 * sums. It costs a microsecond, a gcd by FLINT some tens.
 */
#include "field/field.h"

enum { MOST_TERMS = 40, MOST_DEGREE = 24, LONGEST_GCD = 4000 };
static const uint64_t PRIME = 2147483647;

typedef struct {
    uint32_t terms;
    uint64_t k[MOST_TERMS]; /* coefficients modulo PRIME */
    ulong e[MOST_TERMS][MOST_GENERATORS];
    uint64_t uses; /* the generators that occur */
} Sum;

typedef struct {
    uint64_t a[MOST_DEGREE + 1];
    int d; /* degree; -1: zero */
} Image;

static uint64_t power_mod(uint64_t x, uint64_t n)
{
    uint64_t r = 1;
    for (; n; n >>= 1, x = x * x % PRIME)
        if (n & 1)
            r = r * x % PRIME;
    return r;
}

/* x modulo PRIME; false: it is no small fraction. */
static bool residue_of(Num x, uint64_t *r)
{
    if (!num_is_small(x) || x.dec || (uint64_t)x.q % PRIME == 0)
        return false;
    int64_t p = x.p % (int64_t)PRIME;
    *r = (uint64_t)(p < 0 ? p + (int64_t)PRIME : p);
    if (x.q != 1)
        *r = *r * power_mod((uint64_t)x.q % PRIME, PRIME - 2) % PRIME;
    return true;
}

/* The sum n as a polynomial in plain generators; false: it is none. */
static bool read_sum(PlainGenerators *g, Node *n, Sum *s)
{
    if (n->op != OP_ADD || n->n > MOST_TERMS)
        return false;
    s->terms = n->n;
    s->uses = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        memset(s->e[i], 0, sizeof s->e[i]);
        if (!residue_of(ex_coef(n->a[i]), &s->k[i]) ||
            !field_read_term(g, n->a[i], s->e[i]))
            return false;
        for (size_t v = 0; v < g->n; v++) {
            s->uses |= s->e[i][v] ? (uint64_t)1 << v : 0;
            if (s->e[i][v] > MOST_DEGREE)
                return false;
        }
    }
    return true;
}

/* s in the generator v alone, the others having values. False: its leading coefficient vanishes. */
static bool image_in(const Sum *s, size_t v, size_t ngens, Image *u)
{
    static const uint32_t value[MOST_GENERATORS] = {1234577, 7654337, 2718289, 3141601,
                                                    5772167, 1618039, 4142147, 7320517,
                                                    2236073, 6457519, 3162283, 9899503};
    ulong top = 0;
    memset(u->a, 0, sizeof u->a);
    for (uint32_t i = 0; i < s->terms; i++) {
        uint64_t r = s->k[i];
        for (size_t g = 0; g < ngens; g++)
            if (g != v && s->e[i][g])
                r = r * power_mod(value[g], s->e[i][g]) % PRIME;
        u->a[s->e[i][v]] = (u->a[s->e[i][v]] + r) % PRIME;
        top = s->e[i][v] > top ? s->e[i][v] : top;
    }
    u->d = (int)top;
    while (u->d >= 0 && !u->a[u->d])
        u->d--;
    return u->d == (int)top;
}

static void remainder_of(Image *u, const Image *w)
{
    uint64_t inv = power_mod(w->a[w->d], PRIME - 2);
    for (int d = u->d; d >= w->d; d--) {
        uint64_t q = u->a[d] * inv % PRIME;
        for (int i = 0; q && i <= w->d; i++)
            u->a[d - w->d + i] = (u->a[d - w->d + i] + (PRIME - q) * w->a[i]) % PRIME;
    }
    u->d = u->d < w->d ? u->d : w->d - 1;
    while (u->d >= 0 && !u->a[u->d])
        u->d--;
}

/* u and w have no common factor; both are overwritten. */
static bool are_coprime(Image *u, Image *w)
{
    while (w->d > 0) {
        remainder_of(u, w);
        Image *t = u;
        u = w;
        w = t;
    }
    return w->d == 0;
}

bool field_may_have_common_factor(Node *a, Node *b)
{
    PlainGenerators g = {.n = 0};
    Sum s, t;
    Image u, w;
    if (!read_sum(&g, a, &s) || !read_sum(&g, b, &t))
        return false;
    for (size_t v = 0; v < g.n; v++)
        if ((s.uses & t.uses) >> v & 1) {
            bool leads = image_in(&s, v, g.n, &u);
            if (!(image_in(&t, v, g.n, &w) || leads) || !are_coprime(&u, &w))
                return true;
        }
    return false;
}

/* ---- elements ---------------------------------------------------------------------- */
/* Denominator i is g times another: both are registered in its place. */
static void split_den(Field *f, Elem *a, slong i, fmpz_mpoly_t g)
{
    fmpz_mpoly_t h;
    fmpz_t k;
    fmpz_init(k);
    fmpz_mpoly_init(h, f->ctx);
    if (fmpz_mpoly_divides(h, &f->den[i], g, f->ctx) && !fmpz_mpoly_is_fmpz(h, f->ctx)) {
        poly_make_primitive(f, g, k);
        poly_make_primitive(f, h, k);
        slong d = field_den(f, g), e = d < 0 ? d : field_den(f, h);
        if (e >= 0) {
            a->e[d] += a->e[i];
            a->e[e] += a->e[i];
            a->e[i] = 0;
            f->doubted |= (uint64_t)1 << d | (uint64_t)1 << e;
        }
    }
    fmpz_mpoly_clear(h, f->ctx);
    fmpz_clear(k);
}

/* What p and its derivative in some variable have in common: of a power, a factor. */
static bool repeated_part(Field *f, fmpz_mpoly_t g, const fmpz_mpoly_t p)
{
    slong v = 0;
    while (v < f->ngens && fmpz_mpoly_degree_si(p, v, f->ctx) < 2)
        v++;
    if (v == f->ngens)
        return false;
    fmpz_mpoly_derivative(g, p, v, f->ctx);
    return fmpz_mpoly_gcd(g, g, p, f->ctx);
}

void el_cancel_common(Field *f, Elem *a)
{
    fmpz_mpoly_t g;
    fmpz_mpoly_init(g, f->ctx);
    for (slong i = 0; i < f->ndens && !f->failed; i++) {
        if (a->e[i] <= 0 || !(f->doubted >> i & 1) || env_poll(&f->c->env) ||
            a->num->length * f->den[i].length > LONGEST_GCD)
            continue;
        bool any = fmpz_mpoly_gcd(g, a->num, &f->den[i], f->ctx);
        if (any && fmpz_mpoly_is_fmpz(g, f->ctx))
            any = repeated_part(f, g, &f->den[i]);
        if (any && !fmpz_mpoly_is_fmpz(g, f->ctx)) {
            split_den(f, a, i, g);
            el_cancel(f, a);
        }
    }
    fmpz_mpoly_clear(g, f->ctx);
}
