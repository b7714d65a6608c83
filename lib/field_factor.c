/* field_factor.c - irreducible factors of polynomials: what is seen at a glance first.
 *
 * Content and common variables are taken out by looking at the exponents. What is left is
 * irreducible when some variable occurs with degree one and a constant coefficient, or is a binomial
 * of coprime degrees in a variable; one variable alone goes to the univariate factorisation. Only
 * the rest is worth FLINT's multivariate one, which costs some hundred microseconds however small
 * the polynomial. */
#include "field.h"
#include <flint/fmpz_poly_factor.h>

enum { LONGEST = 1500 };

typedef struct {
    ulong min[FIELD_GENS], max[FIELD_GENS];
    slong vars; /* with max > min */
    slong var;  /* one of them */
} Shape;

static Shape shape_of(const Field *f, const fmpz_mpoly_t p)
{
    Shape s;
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
static void take_variables(Field *f, fmpz_mpoly_factor_t fac, fmpz_mpoly_t p, const Shape *s)
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
static bool has_linear_variable(const Field *f, const fmpz_mpoly_t p, const Shape *s)
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

static void append(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p)
{
    fmpz_mpoly_factor_append_ui(fac, p, 1, f->ctx);
}

static void factor_univariate(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p, slong var)
{
    fmpz_poly_t u;
    fmpz_poly_factor_t uf;
    fmpz_mpoly_t t;
    fmpz_poly_init(u);
    fmpz_poly_factor_init(uf);
    fmpz_mpoly_init(t, f->ctx);
    if (!fmpz_mpoly_get_fmpz_poly(u, p, var, f->ctx)) {
        append(f, fac, p);
    } else {
        fmpz_poly_factor(uf, u);
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

static void factor_rest(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p)
{
    fmpz_mpoly_factor_t all;
    f->fuel -= 400.0 + 50.0 * (double)p->length;
    if (p->length > LONGEST || f->fuel < 0) {
        f->failed = true;
        return;
    }
    fmpz_mpoly_factor_init(all, f->ctx);
    if (fmpz_mpoly_factor(all, p, f->ctx)) {
        fmpz_mul(fac->constant, fac->constant, all->constant);
        for (slong i = 0; i < all->num; i++)
            fmpz_mpoly_factor_append_fmpz_swap(fac, all->poly + i, all->exp + i, f->ctx);
    } else {
        f->failed = true;
    }
    fmpz_mpoly_factor_clear(all, f->ctx);
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
    Shape s = shape_of(f, p);
    take_variables(f, fac, p, &s);
    f->fuel -= (double)p->length;
    if (s.vars == 0) {
        if (!fmpz_mpoly_is_one(p, f->ctx))
            append(f, fac, p);
    } else if (has_linear_variable(f, p, &s) || (f->quick && s.vars > 1)) {
        append(f, fac, p);
    } else if (s.vars == 1) {
        factor_univariate(f, fac, p, s.var);
    } else {
        factor_rest(f, fac, p);
    }
    fmpz_mpoly_clear(p, f->ctx);
}
