/* number/view.h - what the files of number share: a Num seen as a GMP rational without
 * copying. */
#ifndef LBZ_NUMBER_VIEW_H
#define LBZ_NUMBER_VIEW_H

#include "number/number.h"

_Static_assert(sizeof(long) == 8 && GMP_LIMB_BITS == 64, "written for 64-bit machines");

#define NUM_MAX_BITS ((size_t)1 << 27)
#define NUM_MAX_FRACTION_BITS ((size_t)1 << 24)

/* Read only; lives as long as both the view and the Num. Never cleared. */
typedef struct {
    mpq_t v;
    mp_limb_t limb[2];
} NumView;

static inline uint64_t num_abs_u64(int64_t p)
{
    return p < 0 ? 0 - (uint64_t)p : (uint64_t)p;
}

static inline mpq_srcptr num_view(NumView *w, Num x)
{
    if (num_is_small(x)) {
        w->limb[0] = num_abs_u64(x.p);
        w->limb[1] = (uint64_t)x.q;
        mpz_roinit_n(mpq_numref(w->v), &w->limb[0], x.p < 0 ? -1 : x.p > 0);
        mpz_roinit_n(mpq_denref(w->v), &w->limb[1], 1);
    } else {
        const BigRat *b = (const BigRat *)(uintptr_t)x.p;
        *mpq_numref(w->v) = *b->p;
        *mpq_denref(w->v) = *b->q;
    }
    return w->v;
}

Num num_too_big(Arena *a); /* records LBZ_LIMIT; returns 0 */
/* As num_set_mpq and num_set_mpz, and clears the temporary. */
Num num_take_mpq(Arena *a, mpq_t q, bool dec);
Num num_take_mpz(Arena *a, mpz_t z, bool dec);

#endif
