/* field/node.c - elements back to nodes. */
#include "field/field.h"

static Node *monomial(Field *f, const fmpz_mpoly_t p, slong i, bool with_coeff)
{
    Ctx *c = f->c;
    ulong e[FIELD_GENS];
    Node *fac[FIELD_GENS + 1];
    size_t n = 0;
    fmpz_mpoly_get_term_exp_ui(e, p, i, f->ctx);
    for (slong g = 0; g < f->ngens; g++)
        if (e[g])
            fac[n++] = ex_powi(c, f->gen[g].node, (int64_t)e[g]);
    Node *m = n == 1 ? fac[0] : ex_mul(c, n, fac);
    return with_coeff ? ex_scale(c, field_num_from_fmpz(c, p->coeffs + i), m) : m;
}

Node *poly_node(Field *f, const fmpz_mpoly_t p)
{
    Ctx *c = f->c;
    ArenaMark m = arena_mark(&c->tmp);
    Node **t = ARENA_NEW(&c->tmp, Node *, p->length + 1);
    if (!t)
        return c->poison;
    for (slong i = 0; i < p->length && !env_poll(&c->env); i++)
        t[i] = monomial(f, p, i, true);
    Node *r = env_failed(&c->env) ? c->poison : ex_add(c, (size_t)p->length, t);
    arena_release(&c->tmp, m);
    return r;
}

static Node *poly_node_factored(Field *f, const fmpz_mpoly_t p)
{
    Ctx *c = f->c;
    fmpz_mpoly_factor_t fac;
    if (p->length <= 1 || p->length > 2000)
        return poly_node(f, p);
    fmpz_mpoly_factor_init(fac, f->ctx);
    Node *r = NULL;
    poly_factor(f, fac, p);
    if (!f->failed) {
        ArenaMark m = arena_mark(&c->tmp);
        Node **t = ARENA_NEW(&c->tmp, Node *, fac->num + 1);
        if (t) {
            t[0] = ex_num(c, field_num_from_fmpz(c, fac->constant));
            for (slong i = 0; i < fac->num; i++)
                t[i + 1] =
                    ex_powi(c, poly_node(f, fac->poly + i), fmpz_get_si(fac->exp + i));
            r = ex_mul(c, (size_t)fac->num + 1, t);
        }
        arena_release(&c->tmp, m);
    }
    fmpz_mpoly_factor_clear(fac, f->ctx);
    f->failed = false; /* unfactored will do */
    return r ? r : poly_node(f, p);
}

Node *field_node(Field *f, const Elem *a, Show num, Show den)
{
    Ctx *c = f->c;
    Node *fac[FIELD_DENS + 2];
    size_t n = 0;
    fac[n++] =
        num == SHOW_FACTORED ? poly_node_factored(f, a->num) : poly_node(f, a->num);
    if (!fmpz_is_one(a->cden)) /* a number before a sum is distributed: keep it outside */
        fac[n++] = ex_num(c, num_inv(&c->tmp, field_num_from_fmpz(c, a->cden)));
    if (den == SHOW_FACTORED) {
        for (slong i = 0; i < f->ndens; i++)
            if (a->e[i])
                fac[n++] = ex_powi(c, poly_node(f, &f->den[i]), -(int64_t)a->e[i]);
        return ex_mul(c, n, fac);
    }
    Elem d, t;
    el_init(f, &d);
    el_init(f, &t);
    el_one(f, &d);
    for (slong i = 0; i < f->ndens && !f->failed; i++)
        if (a->e[i]) {
            el_set_poly(f, &t, &f->den[i]);
            el_pow(f, &t, &t, a->e[i]);
            el_mul(f, &d, &d, &t);
        }
    Node *r = NULL;
    if (!f->failed) {
        fac[n++] = ex_pow(c, poly_node(f, d.num), c->minus_one);
        r = ex_mul(c, n, fac);
    }
    el_clear(f, &t);
    el_clear(f, &d);
    return r;
}
