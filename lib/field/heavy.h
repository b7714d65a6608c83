/* field/heavy.h - FLINT's operations on polynomials that may take long, where they can be dropped. */
#ifndef LBZ_FIELD_HEAVY_H
#define LBZ_FIELD_HEAVY_H

#include "field/field.h"
#include <flint/fmpz_poly_factor.h>

/* False: FLINT cannot do it, or the work was dropped, which the Env knows. */
bool heavy_mul(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, const fmpz_mpoly_t b);
/* About so many limbs has a coefficient of a^n. */
double heavy_limbs(const fmpz_mpoly_t a, ulong n);
/* a^n, of so many terms */
bool heavy_pow(Field *f, fmpz_mpoly_t r, const fmpz_mpoly_t a, ulong n, double terms);
/* Irreducible factors, or with powers_only square-free ones. */
bool heavy_factor(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p,
                  bool powers_only);
bool heavy_factor_univariate(Field *f, fmpz_poly_factor_t fac, const fmpz_poly_t p);

#endif
