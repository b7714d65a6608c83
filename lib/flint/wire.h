/* flint/wire.h - FLINT's numbers and polynomials as bytes, from a child to its caller.
 *
 * Only between a process and its copy: the bytes are those of this machine and this FLINT. What is
 * got must be initialised; a reader that finds too little sets bad and gives zeros from then on.
 */
#ifndef LBZ_FLINT_WIRE_H
#define LBZ_FLINT_WIRE_H

#include "base/base.h"
#include <arb.h>
#include <flint/fmpz_mpoly_factor.h>
#include <flint/fmpz_poly_factor.h>

typedef struct {
    const char *at, *end;
    bool bad;
} Wire;

void wire_put_word(Str *b, uint64_t x);
void wire_put_fmpz(Str *b, const fmpz_t x);
void wire_put_arb(Str *b, const arb_t x);
void wire_put_mpoly(Str *b, const fmpz_mpoly_t p, const fmpz_mpoly_ctx_t ctx);
void wire_put_mpoly_factor(Str *b, const fmpz_mpoly_factor_t f,
                           const fmpz_mpoly_ctx_t ctx);
void wire_put_poly_factor(Str *b, const fmpz_poly_factor_t f);

static inline Wire wire_read(const Str *b) { return (Wire){b->s, b->s + b->n, false}; }
uint64_t wire_get_word(Wire *w);
void wire_get_fmpz(Wire *w, fmpz_t x);
void wire_get_arb(Wire *w, arb_t x);
void wire_get_mpoly(Wire *w, fmpz_mpoly_t p, const fmpz_mpoly_ctx_t ctx);
void wire_get_mpoly_factor(Wire *w, fmpz_mpoly_factor_t f, const fmpz_mpoly_ctx_t ctx);
void wire_get_poly_factor(Wire *w, fmpz_poly_factor_t f);

#endif
