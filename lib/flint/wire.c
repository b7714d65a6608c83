/* flint/wire.c - see wire.h. */
#include "flint/wire.h"

static const void *wire_get(Wire *w, size_t n)
{
    const char *at = w->at;
    w->bad |= (size_t)(w->end - at) < n;
    if (w->bad)
        return NULL;
    w->at += n;
    return at;
}

void wire_put_word(Str *b, uint64_t x) { str_put(b, (const char *)&x, sizeof x); }

uint64_t wire_get_word(Wire *w)
{
    uint64_t x = 0;
    const void *at = wire_get(w, sizeof x);
    if (at)
        memcpy(&x, at, sizeof x);
    return x;
}

/* ---- numbers */
/* A small integer is its own word; of others, whose word begins with the bits 01, the number of
 * limbs and the sign come first. */
static const uint64_t BIG = (uint64_t)1 << 62;

void wire_put_fmpz(Str *b, const fmpz_t x)
{
    if (!COEFF_IS_MPZ(*x)) {
        wire_put_word(b, (uint64_t)*x);
        return;
    }
    const __mpz_struct *z = COEFF_TO_PTR(*x);
    size_t n = mpz_size(z);
    wire_put_word(b, BIG | (uint64_t)n << 1 | (mpz_sgn(z) < 0));
    str_put(b, (const char *)mpz_limbs_read(z), n * sizeof(mp_limb_t));
}

void wire_get_fmpz(Wire *w, fmpz_t x)
{
    uint64_t word = wire_get_word(w);
    if (word >> 62 != 1) {
        fmpz_set_si(x, (slong)word);
        return;
    }
    size_t n = (word ^ BIG) >> 1;
    const void *limbs = n <= (size_t)(w->end - w->at) / sizeof(mp_limb_t)
                            ? wire_get(w, n * sizeof(mp_limb_t))
                            : NULL;
    w->bad |= !limbs;
    if (!limbs)
        return;
    mpz_t z;
    mpz_init(z);
    memcpy(mpz_limbs_write(z, (mp_size_t)n), limbs, n * sizeof(mp_limb_t));
    mpz_limbs_finish(z, word & 1 ? -(mp_size_t)n : (mp_size_t)n);
    fmpz_set_mpz(x, z);
    mpz_clear(z);
}

enum { ARF_FINITE, ARF_ZERO, ARF_POS, ARF_NEG, ARF_NAN };

static void wire_put_arf(Str *b, const arf_t x)
{
    if (arf_is_special(x)) {
        wire_put_word(b, arf_is_zero(x)      ? ARF_ZERO
                         : arf_is_pos_inf(x) ? ARF_POS
                         : arf_is_neg_inf(x) ? ARF_NEG
                                             : ARF_NAN);
        return;
    }
    fmpz_t man, exp;
    fmpz_init(man);
    fmpz_init(exp);
    arf_get_fmpz_2exp(man, exp, x);
    wire_put_word(b, ARF_FINITE);
    wire_put_fmpz(b, man);
    wire_put_fmpz(b, exp);
    fmpz_clear(man);
    fmpz_clear(exp);
}

static void wire_get_arf(Wire *w, arf_t x)
{
    fmpz_t man, exp;
    switch (wire_get_word(w)) {
    case ARF_ZERO: arf_zero(x); return;
    case ARF_POS: arf_pos_inf(x); return;
    case ARF_NEG: arf_neg_inf(x); return;
    case ARF_NAN: arf_nan(x); return;
    default: break;
    }
    fmpz_init(man);
    fmpz_init(exp);
    wire_get_fmpz(w, man);
    wire_get_fmpz(w, exp);
    arf_set_fmpz_2exp(x, man, exp);
    fmpz_clear(man);
    fmpz_clear(exp);
}

void wire_put_arb(Str *b, const arb_t x)
{
    wire_put_arf(b, arb_midref(x));
    wire_put_fmpz(b, MAG_EXPREF(arb_radref(x)));
    wire_put_word(b, MAG_MAN(arb_radref(x)));
}

void wire_get_arb(Wire *w, arb_t x)
{
    wire_get_arf(w, arb_midref(x));
    wire_get_fmpz(w, MAG_EXPREF(arb_radref(x)));
    MAG_MAN(arb_radref(x)) = wire_get_word(w);
}

/* ---- polynomials */
/* A number of things of at least one word each. */
static slong get_length(Wire *w)
{
    uint64_t n = wire_get_word(w);
    w->bad |= n > (size_t)(w->end - w->at) / sizeof n;
    return w->bad ? 0 : (slong)n;
}

void wire_put_mpoly(Str *b, const fmpz_mpoly_t p, const fmpz_mpoly_ctx_t ctx)
{
    slong words = mpoly_words_per_exp(p->bits, ctx->minfo);
    wire_put_word(b, (uint64_t)p->length);
    wire_put_word(b, p->bits);
    str_put(b, (const char *)p->exps, (size_t)(p->length * words) * sizeof *p->exps);
    for (slong i = 0; i < p->length; i++)
        wire_put_fmpz(b, p->coeffs + i);
}

void wire_get_mpoly(Wire *w, fmpz_mpoly_t p, const fmpz_mpoly_ctx_t ctx)
{
    slong n = get_length(w);
    flint_bitcnt_t bits = wire_get_word(w);
    if (w->bad)
        return;
    slong words = mpoly_words_per_exp(bits, ctx->minfo);
    const void *exps = wire_get(w, (size_t)(n * words) * sizeof *p->exps);
    if (w->bad)
        return;
    fmpz_mpoly_fit_length_reset_bits(p, n, bits, ctx);
    if (n)
        memcpy(p->exps, exps, (size_t)(n * words) * sizeof *p->exps);
    for (slong i = 0; i < n; i++)
        wire_get_fmpz(w, p->coeffs + i);
    _fmpz_mpoly_set_length(p, n, ctx);
}

void wire_put_mpoly_factor(Str *b, const fmpz_mpoly_factor_t f,
                           const fmpz_mpoly_ctx_t ctx)
{
    wire_put_fmpz(b, f->constant);
    wire_put_word(b, (uint64_t)f->num);
    for (slong i = 0; i < f->num; i++) {
        wire_put_mpoly(b, f->poly + i, ctx);
        wire_put_fmpz(b, f->exp + i);
    }
}

void wire_get_mpoly_factor(Wire *w, fmpz_mpoly_factor_t f, const fmpz_mpoly_ctx_t ctx)
{
    fmpz_mpoly_factor_one(f, ctx);
    wire_get_fmpz(w, f->constant);
    slong n = get_length(w);
    fmpz_mpoly_t p;
    fmpz_t e;
    fmpz_mpoly_init(p, ctx);
    fmpz_init(e);
    for (slong i = 0; i < n && !w->bad; i++) {
        wire_get_mpoly(w, p, ctx);
        wire_get_fmpz(w, e);
        if (!w->bad)
            fmpz_mpoly_factor_append_fmpz_swap(f, p, e, ctx);
    }
    fmpz_mpoly_clear(p, ctx);
    fmpz_clear(e);
}

void wire_put_poly_factor(Str *b, const fmpz_poly_factor_t f)
{
    wire_put_fmpz(b, &f->c);
    wire_put_word(b, (uint64_t)f->num);
    for (slong i = 0; i < f->num; i++) {
        const fmpz_poly_struct *p = f->p + i;
        wire_put_word(b, (uint64_t)f->exp[i]);
        wire_put_word(b, (uint64_t)p->length);
        for (slong k = 0; k < p->length; k++)
            wire_put_fmpz(b, p->coeffs + k);
    }
}

void wire_get_poly_factor(Wire *w, fmpz_poly_factor_t f)
{
    wire_get_fmpz(w, &f->c);
    slong n = get_length(w);
    fmpz_poly_t p;
    fmpz_poly_init(p);
    for (slong i = 0; i < n && !w->bad; i++) {
        slong e = (slong)wire_get_word(w), len = get_length(w);
        fmpz_poly_fit_length(p, len);
        for (slong k = 0; k < len; k++)
            wire_get_fmpz(w, p->coeffs + k);
        _fmpz_poly_set_length(p, len);
        if (!w->bad)
            fmpz_poly_factor_insert(f, p, e);
    }
    fmpz_poly_clear(p);
}
