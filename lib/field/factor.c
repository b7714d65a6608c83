/* field/factor.c - irreducible factors of polynomials: what is seen at a glance first.
 *
 * Content and common variables are taken out by looking at the exponents. What is left is
 * mostly irreducible, and mostly that is seen at a glance: some variable occurs once,
 * with degree one and a constant coefficient, or images modulo primes show it. Only the
 * rest is worth FLINT's factorisation, which costs some hundred microseconds however
 * small the polynomial. */
#include "field/heavy.h"

enum { LONGEST_POLY = 1500, QUICK_TERMS = 12 };

typedef struct {
    ulong min[FIELD_GENS], max[FIELD_GENS];
    slong vars; /* with max > min */
    slong var;  /* one of them */
} FactorShape;

static FactorShape shape_of(const Field *f, const fmpz_mpoly_t p)
{
    FactorShape s;
    ulong e[FIELD_GENS];
    memset(&s, 0, sizeof s);
    for (slong i = 0; i < p->length; i++) {
        fmpz_mpoly_get_term_exp_ui(e, p, i, f->ctx);
        for (slong g = 0; g < f->ngens; g++) {
            if (i == 0 || e[g] < s.min[g])
                s.min[g] = e[g];
            if (e[g] > s.max[g])
                s.max[g] = e[g];
        }
    }
    for (slong g = 0; g < f->ngens; g++)
        if (s.max[g] > s.min[g]) {
            s.vars++;
            s.var = g;
        }
    return s;
}

/* Divides out the monomial x^min and appends its variables as factors. */
static void take_variables(Field *f, fmpz_mpoly_factor_t fac, fmpz_mpoly_t p,
                           const FactorShape *s)
{
    bool any = false;
    fmpz_mpoly_t m;
    for (slong g = 0; g < f->ngens; g++)
        any |= s->min[g] > 0;
    if (!any)
        return;
    fmpz_t one;
    ulong e[FIELD_GENS] = {0};
    fmpz_init_set_ui(one, 1);
    fmpz_mpoly_init(m, f->ctx);
    for (slong g = 0; g < f->ngens; g++) {
        if (!s->min[g])
            continue;
        fmpz_mpoly_gen(m, g, f->ctx);
        fmpz_mpoly_factor_append_ui(fac, m, s->min[g], f->ctx);
        e[g] = s->min[g];
    }
    fmpz_mpoly_zero(m, f->ctx);
    fmpz_mpoly_push_term_fmpz_ui(m, one, e, f->ctx);
    (void)fmpz_mpoly_divides(p, p, m, f->ctx);
    fmpz_mpoly_clear(m, f->ctx);
    fmpz_clear(one);
}

/* Some variable occurs in exactly one term, linearly and alone: p = k*x + rest. */
static bool has_linear_variable(const Field *f, const fmpz_mpoly_t p,
                                const FactorShape *s)
{
    ulong e[FIELD_GENS];
    unsigned count[FIELD_GENS] = {0};
    bool alone[FIELD_GENS] = {false};
    for (slong i = 0; i < p->length; i++) {
        slong degree = 0, at = 0;
        fmpz_mpoly_get_term_exp_ui(e, p, i, f->ctx);
        for (slong g = 0; g < f->ngens; g++) {
            ulong k = e[g] - s->min[g];
            degree += (slong)k;
            if (k) {
                count[g]++;
                at = g;
            }
        }
        if (degree == 1)
            alone[at] = true;
    }
    for (slong g = 0; g < f->ngens; g++)
        if (count[g] == 1 && alone[g])
            return true;
    return false;
}

static void append_factor(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p)
{
    fmpz_mpoly_factor_append_ui(fac, p, 1, f->ctx);
}

/* A field may take powers out of polynomials of high degrees, and no more: their factors are no
 * shorter and cost milliseconds. What they have in common with others is left to gcds. */
static bool is_high(Field *f, slong degree)
{
    bool high = f->high && degree > f->high;
    f->cut |= high;
    return high;
}

static bool is_unit(const fmpz_t x) { return fmpz_is_one(x) || fmpz_equal_si(x, -1); }

/* x^n - 1 is the product of the cyclotomic polynomials of n's divisors d; x^n + 1 that of those of
 * 2n's that do not divide n. Factorisation takes minutes for n = 4000. */
static bool cyclotomic_factors(fmpz_poly_factor_t uf, const fmpz_poly_t u)
{
    slong n = fmpz_poly_degree(u);
    bool plus = n > 0 && fmpz_equal(u->coeffs, u->coeffs + n);
    if (n < 1 || !is_unit(u->coeffs) || !is_unit(u->coeffs + n))
        return false;
    for (slong k = 1; k < n; k++)
        if (!fmpz_is_zero(u->coeffs + k))
            return false;
    fmpz_poly_t p;
    fmpz_poly_init(p);
    fmpz_set(&uf->c, u->coeffs + n);
    for (slong d = 1; d <= (plus ? 2 * n : n); d++) {
        if ((plus ? 2 * n : n) % d != 0 || (plus && n % d == 0))
            continue;
        fmpz_poly_cyclotomic(p, (ulong)d);
        fmpz_poly_factor_insert(uf, p, 1);
    }
    fmpz_poly_clear(p);
    return true;
}

static void factor_univariate(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p,
                              slong var)
{
    fmpz_poly_t u;
    fmpz_poly_factor_t uf;
    fmpz_mpoly_t t;
    fmpz_poly_init(u);
    fmpz_poly_factor_init(uf);
    fmpz_mpoly_init(t, f->ctx);
    if (!fmpz_mpoly_get_fmpz_poly(u, p, var, f->ctx)) {
        append_factor(f, fac, p);
    } else {
        if (is_high(f, fmpz_poly_degree(u)))
            fmpz_poly_factor_squarefree(uf, u);
        else if (!cyclotomic_factors(uf, u) && !heavy_factor_univariate(f, uf, u))
            f->failed = true;
        for (slong i = 0; i < uf->num; i++) {
            fmpz_mpoly_set_fmpz_poly(t, uf->p + i, var, f->ctx);
            fmpz_mpoly_factor_append_ui(fac, t, (ulong)uf->exp[i], f->ctx);
        }
        if (fmpz_cmp_si(&uf->c, 1) != 0)
            fmpz_mul(fac->constant, fac->constant, &uf->c);
    }
    fmpz_mpoly_clear(t, f->ctx);
    fmpz_poly_factor_clear(uf);
    fmpz_poly_clear(u);
}

static void factor_multivariate(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p)
{
    fmpz_mpoly_factor_t all;
    f->fuel -= 400.0 + 50.0 * (double)p->length;
    if (p->length > LONGEST_POLY || f->fuel < 0) {
        f->failed = true;
        return;
    }
    fmpz_mpoly_factor_init(all, f->ctx);
    slong degree[FIELD_GENS], most = 0;
    fmpz_mpoly_degrees_si(degree, p, f->ctx);
    for (slong g = 0; g < f->nvars; g++)
        most = degree[g] > most ? degree[g] : most;
    if (heavy_factor(f, all, p, is_high(f, most))) {
        fmpz_mul(fac->constant, fac->constant, all->constant);
        for (slong i = 0; i < all->num; i++)
            fmpz_mpoly_factor_append_fmpz_swap(fac, all->poly + i, all->exp + i, f->ctx);
    } else {
        f->failed = true;
    }
    fmpz_mpoly_factor_clear(all, f->ctx);
}

/* Factors of p in fewer variables: what its coefficients, seen as polynomials in one variable, have
 * in common. part[0] becomes what is left of p; returns the number of parts, each of which has
 * no such factor. Each new part has lost a variable, so there is room for all. */
static slong split_contents(Field *f, fmpz_mpoly_struct *part)
{
    slong n = 1;
    fmpz_mpoly_t k;
    fmpz_mpoly_init(k, f->ctx);
    for (slong v = 0; v < f->ngens && part[0].length <= LONGEST_POLY; v++)
        for (slong j = 0, now = n; j < now && n < FIELD_GENS; j++) {
            if (fmpz_mpoly_degree_si(&part[j], v, f->ctx) <= 0 ||
                !fmpz_mpoly_content_vars(k, &part[j], &v, 1, f->ctx) ||
                fmpz_mpoly_is_fmpz(k, f->ctx) ||
                !fmpz_mpoly_divides(&part[j], &part[j], k, f->ctx))
                continue;
            fmpz_mpoly_init(&part[n], f->ctx);
            fmpz_mpoly_swap(&part[n++], k, f->ctx);
        }
    fmpz_mpoly_clear(k, f->ctx);
    return n;
}

/* p is not shown to be irreducible. */
static void factor_rest(Field *f, fmpz_mpoly_factor_t fac, fmpz_mpoly_t p,
                        const FactorShape *of_p)
{
    if (of_p->vars == 1) {
        factor_univariate(f, fac, p, of_p->var);
        return;
    }
    fmpz_mpoly_struct part[FIELD_GENS];
    fmpz_mpoly_init(&part[0], f->ctx);
    fmpz_mpoly_swap(&part[0], p, f->ctx);
    slong n = split_contents(f, part);
    for (slong i = 0; i < n; i++) {
        FactorShape s = shape_of(f, &part[i]);
        if (f->quick && s.vars > 1) {
            f->doubt = true;
            append_factor(f, fac, &part[i]);
        } else if (n > 1 && (has_linear_variable(f, &part[i], &s) ||
                             poly_is_irreducible(f, &part[i]))) {
            append_factor(f, fac, &part[i]);
        } else if (s.vars == 1) {
            factor_univariate(f, fac, &part[i], s.var);
        } else if (!f->failed) {
            factor_multivariate(f, fac, &part[i]);
        }
        fmpz_mpoly_clear(&part[i], f->ctx);
    }
}

/* Divides out the denominators met so far, which are irreducible. */
static void take_known(Field *f, fmpz_mpoly_factor_t fac, fmpz_mpoly_t p)
{
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, f->ctx);
    for (slong i = 0; i < f->ndens; i++) {
        ulong e = 0;
        if (f->den[i].length < 2)
            continue;
        for (; fmpz_mpoly_divides(t, p, &f->den[i], f->ctx); e++)
            fmpz_mpoly_swap(p, t, f->ctx);
        if (e)
            fmpz_mpoly_factor_append_ui(fac, &f->den[i], e, f->ctx);
    }
    fmpz_mpoly_clear(t, f->ctx);
}

/* The integer content, with the leading coefficient's sign, moves to k. */
void poly_make_primitive(Field *f, fmpz_mpoly_t p, fmpz_t k)
{
    fmpz_zero(k);
    for (slong i = 0; i < p->length && !fmpz_is_one(k); i++)
        fmpz_gcd(k, k, p->coeffs + i);
    if (p->length && fmpz_sgn(p->coeffs) < 0)
        fmpz_neg(k, k);
    if (!fmpz_is_one(k) && !fmpz_is_zero(k))
        fmpz_mpoly_scalar_divexact_fmpz(p, p, k, f->ctx);
}

void poly_factor(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t poly)
{
    fmpz_mpoly_t p;
    fmpz_mpoly_factor_one(fac, f->ctx);
    fmpz_mpoly_init(p, f->ctx);
    fmpz_mpoly_set(p, poly, f->ctx);
    poly_make_primitive(f, p, fac->constant);
    FactorShape s = shape_of(f, p);
    take_variables(f, fac, p, &s);
    f->fuel -= (double)p->length;
    bool quick = f->quick && s.vars > 1;
    bool linear = s.vars > 0 && has_linear_variable(f, p, &s);
    bool many = quick && !linear && p->length > QUICK_TERMS;
    bool whole = linear || many || (s.vars > 0 && poly_is_irreducible(f, p));
    f->doubt |= many;
    if (s.vars > 0 && !whole && !quick && f->ndens) {
        take_known(f, fac, p);
        s = shape_of(f, p);
        whole = s.vars > 0 && poly_is_irreducible(f, p);
    }
    if (whole || (s.vars == 0 && !fmpz_mpoly_is_one(p, f->ctx)))
        append_factor(f, fac, p);
    else if (s.vars > 0)
        factor_rest(f, fac, p, &s);
    fmpz_mpoly_clear(p, f->ctx);
}
