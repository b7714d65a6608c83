/* table/certified.h - the certified value of every function of the table, by ball arithmetic.
 *
 * Each routine encloses the value at every point of the argument balls. Where a point of them has
 * no value, or that cannot be decided, the result is a ball that is not finite; where certainly
 * no point of them has a (real) value it is cert_undefined(), which cert_is_undefined() tells
 * apart. r must be none of the arguments. Arguments are finite. Accuracy: about prec bits,
 * relative where the function allows it at that precision; the caller raises prec as needed.
 */
#ifndef LBZ_TABLE_CERTIFIED_H
#define LBZ_TABLE_CERTIFIED_H

#include "table/table.h"
#include <arb.h>

typedef void (*CertifiedFn1)(arb_t r, const arb_t x, slong prec);
typedef void (*CertifiedFn2)(arb_t r, const arb_t x, const arb_t y, slong prec);
typedef void (*CertifiedFn3)(arb_t r, const arb_t x, const arb_t y, const arb_t z,
                             slong prec);

typedef struct {
    unsigned arity; /* 0: the op is no function of the table */
    CertifiedFn1 f1;
    CertifiedFn2 f2;
    CertifiedFn3 f3;
} CertifiedFn;

const CertifiedFn *certified_fn(Op op); /* never NULL */

/* Calls the routine of op with its arity many arguments. */
void certified_call(Op op, arb_t r, const arb_struct *args, slong prec);

static inline void cert_undefined(arb_t r)
{
    arf_nan(arb_midref(r));
    mag_zero(arb_radref(r));
}

static inline bool cert_is_undefined(const arb_t r)
{
    return arf_is_nan(arb_midref(r)) && mag_is_zero(arb_radref(r));
}

/* ---- tools for the routines */

/* f on a ball, for a monotone f: the hull of its values at both ends. */
void cert_monotone(arb_t r, const arb_t x, slong prec, CertifiedFn1 f);
/* f on a ball, by the mean value theorem: f(middle) + df(x)*radius. */
void cert_mean_value(arb_t r, const arb_t x, slong prec, CertifiedFn1 f, CertifiedFn1 df);
#define WITH(t) \
    arb_t t;    \
    arb_init(t)
/* A function that needs no more than its domain told. */
#define UNDEFINED_IF(condition, name, call)              \
    void cert_##name(arb_t r, const arb_t x, slong prec) \
    {                                                    \
        if (condition)                                   \
            cert_undefined(r);                           \
        else                                             \
            call;                                        \
    }
/* -1: certainly below the bound, 1: certainly above it; 0: neither. */
int cert_side(const arb_t x, double bound);
static inline bool cert_lt(const arb_t x, slong n) { return cert_side(x, (double)n) < 0; }
static inline bool cert_gt(const arb_t x, slong n) { return cert_side(x, (double)n) > 0; }
static inline bool cert_le(const arb_t x, slong n)
{
    return cert_lt(x, n) || arb_equal_si(x, n);
}
static inline bool cert_ge(const arb_t x, slong n)
{
    return cert_gt(x, n) || arb_equal_si(x, n);
}
/* A pole of the gamma function: exactly 0, -1, -2, ... */
static inline bool cert_is_gamma_pole(const arb_t x)
{
    return arb_is_int(x) && !arb_is_positive(x);
}

/* The order of a derivative: an exact integer 0 ... 1000. False: why not is in r. */
bool cert_order(ulong *n, const arb_t x, arb_t r);

/* The routines that the table names (those of Arb are declared once more, alike). */
#define F1(id, nm, fl, v, dx, ball, ...) void ball(arb_t, const arb_t, slong);
#define F2(id, nm, ar, fl, v, dx, dy, ball, ...) \
    void ball(arb_t, const arb_t, const arb_t, slong);
#define F3(id, nm, ar, fl, v, dx, dy, dz, ball, ...) \
    void ball(arb_t, const arb_t, const arb_t, const arb_t, slong);
#define S(...)
#define T(...)
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"

#endif
