/* ball/ball.h - certified evaluation of nodes by ball arithmetic (Arb).
 *
 * Invariant: an answer is an enclosure or digits that are proved; DOMAIN means certainly no value,
 * UNABLE that it cannot be told. How far the precision is raised depends on work, never on time.
 * Owners: balls are the caller's; the values of a running evaluation belong to its frames.
 * May use: base, number, table, expr, print; FLINT.
 * Files: ball.c (digits, doubles, signs of constants), decimal.c (digits as text), glance.c (the
 * clear cases from doubles), eval.c (which node is evaluated when), real.c and complex.c (one
 * operation), integral.c (quadrature), removable.[ch] (0/0 inside integrands), series.[ch] (power
 * series), internal.h (the evaluator's state). From eval.c to series.c it is one circle: an operation
 * may be an integral, whose integrand is evaluated again, and whose removable points are found by
 * series.
 */
#ifndef LBZ_BALL_H
#define LBZ_BALL_H

#include "table/certified.h"
#include "expr/expr.h"

/* An enclosure of n at syms[i] = vals[i], working precision prec bits. OK: out is a
 * finite ball. DOMAIN: some operation is certainly undefined there (recorded nowhere;
 * *bad, when not NULL, gets the offending node). UNABLE: the enclosure is not finite at
 * this precision, or an operation cannot be evaluated (free symbols, APPLY). Linear in
 * the distinct nodes. */
lbz_status ball_eval(Ctx *c, Node *n, const uint32_t *syms, const arb_struct *vals,
                     size_t k, slong prec, arb_t out, const Node **bad);

/* The same question for a constant, answered from doubles, without FLINT, where that is beyond
 * doubt: OK: it has a value. DOMAIN: it has none, *bad is the offending node.
 * UNABLE: ask ball_eval. */
lbz_status ball_glance(Ctx *c, Node *k, const Node **bad);
/* The sign of the constant k in the same way; 2: ask ball_sign, which asks here first. */
int ball_glance_sign(Ctx *c, Node *k);

/* Has the constant k a real value? OK, DOMAIN (certainly not, *bad is the offending node) or UNABLE. */
lbz_status ball_exists(Ctx *c, Node *k, const Node **bad);

/* Of what was dropped (ctx.dropped) since then, a constant that certainly has no real value; NULL:
 * there is none. */
Node *ball_find_undefined(Ctx *c, size_t since);

/* Digits of the constant n, all certified, correctly rounded to `digits` significant ones
 * (a tie that no precision decides may go either way); raises the precision until they are
 * right. A value known exactly has no trailing zeros, others show all their digits. Errors
 * go to c: more than 10^6 digits (10^4 of special functions) are LIMIT. */
lbz_status ball_digits(Ctx *c, Node *n, size_t digits, Str *out);

/* The middle of x, rounded to so many digits, without zeros at its end. */
void ball_put(Str *out, const arb_t x, size_t digits);

/* The double nearest to the constant n (correctly rounded unless it is a tie no precision
 * decides). */
lbz_status ball_double(Ctx *c, Node *n, double *out);

/* x, enclosed with about prec bits, rounded to digits significant ones (0: to the nearest double)
 * when the enclosure decides that. */
bool ball_to_num(Ctx *c, const arb_t x, size_t digits, slong prec, Num *out);

/* 1 - erf(30): at low precision the ball of erf is narrower than that, its middle being 1. About so
 * many bits as its radius has are needed to tell x, found with prec bits, from 0; 0: the ball
 * is no such. */
slong ball_bits_wanted(const arb_t x, slong prec);

/* Sign of the constant n: -1, 0 (proved), 1; 2 when undecided at the highest precision
 * tried. */
int ball_sign(Ctx *c, Node *n);

#endif
