/* diff/rational.h - power series with rational coefficients, shared by rational.c (how they are made) and
 * high.c (which terms are wanted, and whether they are worth it). */
#ifndef LBZ_DIFF_RATIONAL_H
#define LBZ_DIFF_RATIONAL_H
#include "diff/internal.h"

#include <flint/fmpq.h>
#include <flint/fmpq_poly.h>

enum {
    RATIONAL_MARGIN = 12, /* terms that poles may cost */
    RATIONAL_MOST = 600   /* series */
};

/* h^-v * p, of which n terms are known. open: the first coefficient is no rational number. */
typedef struct {
    fmpq_poly_t p;
    slong n, v;
    bool open;
} Rational;

typedef struct {
    Ctx *c;
    uint32_t x;
    Num at;
    slong len;
    Map of; /* node -> its place in all */
    Rational all[RATIONAL_MOST];
    size_t count;
    unsigned depth;
    double bits; /* of the largest series */
    bool filled; /* a divisor was 0 at the point */
} Rationals;

/* The series of e, and of what it is made of; false: they are not rational, or not known. */
bool series_rational(Rationals *s, Node *e);
const Rational *series_rational_get(const Rationals *s, const Node *n);
void series_rational_clear(Rationals *s);

#endif
