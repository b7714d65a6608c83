/* field/irreducible.c - cheap proofs that a polynomial is irreducible over the rationals.
 *
 * Most polynomials that simplification meets are, and FLINT takes hundreds of microseconds to say
 * so. Two things together prove it, integer content apart:
 *
 *   - In each variable v the degree of a factor is all of p's or nothing. A factorisation of p stays
 *     one, with the same degrees in v, when the other variables get values and the coefficients are
 *     taken modulo a prime, as long as the leading coefficient in v does not vanish. So the
 *     degrees of p's factors are among the sums of the degrees of the image's irreducible
 *     factors, for every image.
 *   - Were p = g*h, then by the first every variable would be in g or in h alone; so p would be a
 *     product g(a)*h(b) in some variable a and some b, the rest having values, and
 *     p(a,b)*p(a',b') = p(a,b')*p(a',b). An image where this fails for the first variable and
 *     each other one shows that there is no such split.
 *
 * What is not shown here is left to FLINT: the answer "no" means nothing.
 */
#include "field/field.h"

enum { MOST_TERMS = 200, MOST_DEGREE = 24 };

/* A modulus m, and 2^32/m rounded up: what is less than 2^32/m is divided by a product. */
typedef struct {
    uint32_t m, inv;
} Mod;
#define MOD(m)                                             \
    {                                                      \
        m, (uint32_t)((((uint64_t)1 << 32) + (m)-1) / (m)) \
    }

/* Small: powers to the prime are taken; of various residues modulo 3, 4, 5, 8: polynomials like
 * x^4 + 2 split modulo most others. MOST_DEGREE + 1 products of residues are less than 2^32/m. */
static const Mod PRIMES[] = {MOD(19), MOD(13), MOD(29), MOD(37), MOD(11), MOD(43),
                             MOD(23), MOD(17), MOD(53), MOD(31), MOD(61), MOD(41)};
enum {
    TRIALS = sizeof PRIMES / sizeof *PRIMES,
    ENOUGH = 7, /* images, unless quadratics are left: half of theirs split */
    FEW = 4     /* images that show squares or separate factors are no accident */
};
static const uint64_t NOT_SEEN = ~(uint64_t)0; /* all degrees: the image had a square */

/* ---- polynomials in one variable modulo m ------------------------------------------ */
typedef struct {
    uint32_t a[2 * MOST_DEGREE + 1]; /* a[i] < m belongs to v^i */
    int d;                           /* degree; -1: zero */
} Poly;

static void poly_trim(Poly *u)
{
    while (u->d >= 0 && !u->a[u->d])
        u->d--;
}

static inline uint32_t rem_mod(uint32_t x, Mod m)
{
    return x - (uint32_t)((uint64_t)x * m.inv >> 32) * m.m;
}

static uint32_t power_mod(uint32_t x, uint32_t n, Mod m)
{
    uint32_t r = 1;
    for (; n; n >>= 1, x = rem_mod(x * x, m))
        if (n & 1)
            r = rem_mod(r * x, m);
    return r;
}

static void make_monic(Poly *u, Mod m)
{
    if (u->d < 0 || u->a[u->d] == 1)
        return;
    uint32_t inv = power_mod(u->a[u->d], m.m - 2, m);
    for (int i = 0; i <= u->d; i++)
        u->a[i] = rem_mod(u->a[i] * inv, m);
}

/* u mod w, the quotient to q when it is not NULL; w monic. */
static void poly_divide(Poly *u, const Poly *w, Poly *q, Mod m)
{
    int shift = u->d - w->d;
    if (q)
        q->d = shift < 0 ? -1 : shift;
    for (; shift >= 0; shift--) {
        uint32_t k = u->a[shift + w->d];
        if (q)
            q->a[shift] = k;
        for (int i = 0; k && i < w->d; i++)
            u->a[shift + i] = rem_mod(u->a[shift + i] + (m.m - k) * w->a[i], m);
    }
    u->d = u->d < w->d ? u->d : w->d - 1;
    poly_trim(u);
}

static Poly gcd_of(Poly u, Poly w, Mod m)
{
    while (w.d >= 0) {
        make_monic(&w, m);
        poly_divide(&u, &w, NULL, m);
        Poly t = u;
        u = w;
        w = t;
    }
    return u;
}

static void times_mod(Poly *r, const Poly *u, const Poly *w, const Poly *by, Mod m)
{
    Poly t = {.d = u->d < 0 || w->d < 0 ? -1 : u->d + w->d};
    for (int i = 0; i <= u->d; i++)
        for (int j = 0; j <= w->d; j++)
            t.a[i + j] += u->a[i] * w->a[j];
    for (int i = 0; i <= t.d; i++)
        t.a[i] = rem_mod(t.a[i], m);
    poly_divide(&t, by, NULL, m);
    *r = t;
}

/* r *= v modulo u, which is monic */
static void times_v(Poly *r, const Poly *u, Mod m)
{
    memmove(r->a + 1, r->a, (size_t)(r->d + 1) * sizeof *r->a);
    r->a[0] = 0;
    r->d += r->d >= 0;
    poly_divide(r, u, NULL, m);
}

/* h^m modulo u; first: h is v */
static Poly frobenius_image(Poly h, bool first, const Poly *u, Mod m)
{
    Poly r = h;
    uint32_t bit = 1;
    while (bit <= m.m / 2)
        bit <<= 1;
    for (bit >>= 1; bit; bit >>= 1) {
        times_mod(&r, &r, &r, u, m);
        if ((m.m & bit) && first)
            times_v(&r, u, m);
        else if (m.m & bit)
            times_mod(&r, &r, &h, u, m);
    }
    return r;
}

static bool is_squarefree(const Poly *u, Mod m)
{
    Poly der = {.d = u->d - 1};
    for (int i = 1; i <= u->d; i++)
        der.a[i - 1] = rem_mod(u->a[i] * (uint32_t)i, m);
    poly_trim(&der);
    return gcd_of(*u, der, m).d == 0;
}

/* The degrees that products of irreducible factors of u have, as a set of bits; all of them when u
 * has a square in it. u is of the degree 1 or more. */
static uint64_t degrees_of(Poly u, Mod m)
{
    uint64_t set = 1;
    make_monic(&u, m);
    if (u.d == 2) { /* irreducible: the discriminant is no square */
        uint32_t square = rem_mod(u.a[1] * u.a[1] + 4 * (m.m - u.a[0]), m);
        return !square ? NOT_SEEN : power_mod(square, (m.m - 1) / 2, m) == 1 ? 7 : 5;
    }
    if (!is_squarefree(&u, m))
        return NOT_SEEN;
    Poly h = {.a = {0, 1}, .d = 1};
    for (int k = 1; 2 * k <= u.d; k++) { /* u has no factors of degrees below k */
        h = frobenius_image(h, k == 1, &u, m);
        Poly g =
            h; /* h = v^(m^k): gcd(u, h - v) is the product of the factors of degree k */
        for (int i = g.d + 1; i <= 1; i++)
            g.a[i] = 0;
        g.d = g.d < 1 ? 1 : g.d;
        g.a[1] = rem_mod(g.a[1] + m.m - 1, m);
        poly_trim(&g);
        g = gcd_of(u, g, m);
        if (g.d <= 0)
            continue;
        for (int i = 0; i < g.d; i += k)
            set |= set << k;
        Poly q, t = u;
        poly_divide(&t, &g, &q, m);
        u = q;
        poly_divide(&h, &u, NULL, m);
    }
    return u.d > 0 ? set | set << u.d : set;
}

/* ---- images ------------------------------------------------------------------------ */
typedef struct {
    slong terms, vars;
    const ulong *e;   /* exponents: vars a term */
    const ulong *top; /* degree in each variable */
    const fmpz *coef; /* coefficients: these, or those of the nodes */
    Node *const *term;
    uint32_t *k; /* coefficients modulo m */
    Mod m;
    uint32_t x[FIELD_GENS]; /* the values of the variables */
    uint32_t seed;
} Image;

static uint32_t any_residue(Image *p) /* not 0 */
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return 1 + (p->seed >> 8) % (p->m.m - 1);
}

/* x modulo m; false when its denominator has no inverse. */
static bool residue_of(Num x, Mod m, uint32_t *r)
{
    if (!num_is_small(x) || x.q % m.m == 0)
        return false;
    int64_t p = x.p % (int64_t)m.m;
    *r = (uint32_t)(p < 0 ? p + m.m : p);
    if (x.q != 1)
        *r = rem_mod(*r * power_mod((uint32_t)(x.q % m.m), m.m - 2, m), m);
    return true;
}

static bool image_at(Image *p, Mod m)
{
    p->m = m;
    for (slong i = 0; i < p->terms; i++)
        if (p->coef)
            p->k[i] = (uint32_t)fmpz_fdiv_ui(p->coef + i, m.m);
        else if (!residue_of(ex_coef(p->term[i]), m, &p->k[i]))
            return false;
    for (slong v = 0; v < p->vars; v++)
        p->x[v] = any_residue(p);
    return true;
}

/* The term i with all variables but `but` given their values. */
static uint32_t term_value(const Image *p, slong i, slong but)
{
    const ulong *e = p->e + i * p->vars;
    uint32_t r = p->k[i];
    for (slong v = 0; v < p->vars && r; v++)
        if (v != but && e[v])
            r = rem_mod(
                r * (e[v] == 1 ? p->x[v] : power_mod(p->x[v], (uint32_t)e[v], p->m)),
                p->m);
    return r;
}

static uint32_t value_of_image(const Image *p)
{
    uint32_t r = 0;
    for (slong i = 0; i < p->terms; i++)
        r += term_value(p, i, -1);
    return rem_mod(r, p->m);
}

static uint64_t degrees_in(const Image *p, slong v)
{
    Poly u = {.d = (int)p->top[v]};
    for (slong i = 0; i < p->terms; i++) {
        uint32_t *a = &u.a[p->e[i * p->vars + v]];
        *a = rem_mod(*a + term_value(p, i, v), p->m);
    }
    return u.a[u.d] ? degrees_of(u, p->m) : NOT_SEEN;
}

/* The image is no product of a polynomial in the first variable and one in w. */
static bool is_inseparable(Image *p, slong w)
{
    uint32_t a = p->x[0], b = p->x[w], a2 = any_residue(p), b2 = any_residue(p);
    uint32_t ab = value_of_image(p);
    p->x[0] = a2;
    uint32_t a2b = value_of_image(p);
    p->x[w] = b2;
    uint32_t a2b2 = value_of_image(p);
    p->x[0] = a;
    uint32_t ab2 = value_of_image(p);
    p->x[w] = b;
    return rem_mod(ab * a2b2, p->m) != rem_mod(a2b * ab2, p->m);
}

/* ---- the test ---------------------------------------------------------------------- */
/* a*v^2 + b*v + c: the discriminant is no square. */
static bool is_irreducible_quadratic(const Image *p)
{
    fmpz_t d, t;
    const fmpz zero = 0, *k[3] = {&zero, &zero, &zero};
    fmpz_init(d);
    fmpz_init(t);
    for (slong i = 0; i < p->terms; i++)
        k[p->e[i]] = p->coef + i;
    fmpz_mul(d, k[1], k[1]);
    fmpz_mul(t, k[2], k[0]);
    fmpz_mul_ui(t, t, 4);
    fmpz_sub(d, d, t);
    bool yes = !fmpz_is_square(d);
    fmpz_clear(t);
    fmpz_clear(d);
    return yes;
}

static bool shown_by_images(Image *p)
{
    uint64_t set[FIELD_GENS];
    bool tied[FIELD_GENS] = {true}, seen[FIELD_GENS] = {false};
    for (slong v = 0; v < p->vars; v++)
        set[v] = ((uint64_t)2 << p->top[v]) - 1;
    for (int trial = 0; trial < TRIALS; trial++) {
        bool all = true, hope = true;
        if (!image_at(p, PRIMES[trial]))
            continue;
        for (slong v = 0; v < p->vars; v++) {
            uint64_t whole = (uint64_t)1 << p->top[v] | 1, got = whole;
            tied[v] = tied[v] || is_inseparable(p, v);
            if (set[v] != whole && p->top[v] > 1)
                got = degrees_in(p, v);
            seen[v] |= got != NOT_SEEN;
            set[v] &= got;
            all &= tied[v] && set[v] == whole;
            hope &= set[v] == whole || p->top[v] == 2 || trial < ENOUGH - 1;
            hope &= (tied[v] && seen[v]) || trial < FEW - 1;
        }
        if (all || !hope)
            return all;
    }
    return false;
}

/* The same from exponents of `width` variables a term, of which only those that occur stay. */
static bool is_shown_irreducible(Ctx *c, Image *im, ulong *e, slong width)
{
    slong var[FIELD_GENS];
    ulong top[FIELD_GENS];
    im->vars = 0;
    im->seed = 1;
    im->k = ARENA_NEW(&c->tmp, uint32_t, im->terms);
    if (!im->k)
        return false;
    for (slong g = 0; g < width; g++) {
        ulong most = 0;
        for (slong i = 0; i < im->terms; i++)
            most = e[i * width + g] > most ? e[i * width + g] : most;
        if (most > MOST_DEGREE)
            return false;
        if (most) {
            top[im->vars] = most;
            var[im->vars++] = g;
        }
    }
    for (slong i = 0; i < im->terms; i++) /* in place: to smaller indices only */
        for (slong v = 0; v < im->vars; v++)
            e[i * im->vars + v] = e[i * width + var[v]];
    im->e = e;
    im->top = top;
    return im->coef && im->vars == 1 && top[0] == 2 ? is_irreducible_quadratic(im)
                                                    : shown_by_images(im);
}

bool poly_is_irreducible(Field *f, const fmpz_mpoly_t p)
{
    if (p->length > MOST_TERMS || p->length < 2)
        return false;
    ArenaMark mark = arena_mark(&f->c->tmp);
    Image im = {.terms = p->length, .coef = p->coeffs};
    ulong *e = ARENA_NEW(&f->c->tmp, ulong, im.terms * f->nvars);
    for (slong i = 0; e && i < im.terms; i++)
        fmpz_mpoly_get_term_exp_ui(e + i * f->nvars, p, i, f->ctx);
    bool yes = e && is_shown_irreducible(f->c, &im, e, f->nvars);
    arena_release(&f->c->tmp, mark);
    return yes;
}

/* ---- sums of nodes ----------------------------------------------------------------- */
bool field_read_term(PlainGenerators *k, Node *t, ulong *e)
{
    if (t->op == OP_SCALE)
        t = t->a[1];
    for (uint32_t i = 0; i < (t->op == OP_MUL ? t->n : 1); i++) {
        Node *f = t->op == OP_MUL ? t->a[i] : t, *b = ex_base(f);
        int64_t x = 1;
        size_t j = 0;
        if (ex_is_num(f))
            continue;
        if (!field_is_plain(b) || (f->op == OP_POW && !ex_get_int(f->a[1], &x)) ||
            x <= 0 || x > MOST_DEGREE)
            return false;
        while (j < k->n && k->v[j] != b)
            j++;
        if (j == MOST_GENERATORS)
            return false;
        k->v[j] = b;
        k->n += j == k->n;
        if (e)
            e[j] = (ulong)x;
    }
    return true;
}

bool field_is_plain(const Node *n)
{
    return n->op == OP_SYM ||
           (op_is_function((Op)n->op) && n->op != OP_abs && n->op != OP_sign);
}

bool field_sum_is_irreducible(Ctx *c, Node *n, PlainGenerators *k)
{
    if (n->op != OP_ADD || n->n > MOST_TERMS)
        return false;
    ArenaMark mark = arena_mark(&c->tmp);
    Image im = {.terms = n->n, .term = n->a};
    ulong *e = ARENA_NEW0(&c->tmp, ulong, n->n * MOST_GENERATORS);
    bool yes = e != NULL;
    for (uint32_t i = 0; yes && i < n->n; i++)
        yes = field_read_term(k, n->a[i], e + i * MOST_GENERATORS);
    yes = yes && is_shown_irreducible(c, &im, e, MOST_GENERATORS);
    arena_release(&c->tmp, mark);
    return yes;
}
