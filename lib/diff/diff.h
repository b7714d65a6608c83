/* diff/diff.h - symbolic differentiation: forward, reverse, n-th, implicit, Taylor.
 *
 * Exact and memoised: work and result are linear in the number of distinct nodes. Results are
 * canonical, not yet simplified. Unknown partials (besselj in its order) are UNABLE.
 * Invariant: a derivative holds wherever the function is differentiable.
 * Owners: results are nodes of the statement; the compiled rules belong to the context.
 * May use: base, number, table, expr, field, parse (the texts of partials), print, ball.
 * Files: diff.c (forward), condition.c (`if`), gradient.c (all partials in one reverse sweep),
 * tensor.[ch] (the same over nodes with shapes) with tensor_rows.c (the rows of the table that work on
 * tensors), row_text.c (their texts) and batch.c (those with further axes),
 * order.c (n-th derivatives), high.c (those of high order at a number) with rational.[ch]
 * (rational power series), rules.c (partials of the table's rows), series.[ch] (Taylor
 * coefficients as nodes) with recurrence.c (their arithmetic) and singular.c (functions at their
 * singular points), germ.[ch] (series on one side of a point) with branch.c (which branch is
 * followed there), coefficients.[ch] (coefficients certified, by balls), internal.h. From series.c
 * to branch.c it is one circle: a function's series may be that of another expression.
 */
#ifndef LBZ_DIFF_H
#define LBZ_DIFF_H

#include "expr/expr.h"

Node *diff(Ctx *c, Node *e, uint32_t x);
/* n-th derivative; n a node: a number >= 0, or symbolic for the few known families. */
Node *diff_n(Ctx *c, Node *e, uint32_t x, Node *n);
/* All partials of e in one reverse sweep over its DAG; g[i] = de/dx[i]. False on error. */
bool diff_gradient(Ctx *c, Node *e, const uint32_t *x, size_t n, Node **g);
/* By tensors: g[i] gets the cotangent of the name x[i], a SYM of any shape, where u is that of e; its
 * shape is that of x[i]. False on error. */
bool diff_vjp(Ctx *c, Node *e, Node *u, Node *const *x, size_t n, Node **g);
/* g[i] = de/dx[i], of the shape of e and behind it that of x[i]; rows are vectors here. */
bool diff_jacobian(Ctx *c, Node *e, Node *const *x, size_t n, Node **g);
/* d^n y/dx^n where F(x, y) = 0. */
Node *diff_implicit(Ctx *c, Node *F, uint32_t y, uint32_t x, unsigned n);
/* out[0..n] get the Taylor coefficients of e in x about a; removable singularities are filled.
 * False on error. */
bool diff_series(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, Node **out);
/* sum of p[k]*(x - a)^k for k = 0..n */
Node *diff_polynomial(Ctx *c, Node *const *p, uint32_t x, Node *a, unsigned n);
/* The n-th derivative at x = a from the power series there, if all is rational; else NULL. */
Node *diff_nth_rational(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n);
/* The same, n > 0, for high orders: sooner, for fewer functions. NULL: not so, or the value is very long. */
Node *diff_high_rational(Ctx *c, Node *e, uint32_t x, Num at, unsigned n);
/* The coefficients 0..n, if all are rational, FLINT can find them, and they are not very long. */
bool diff_rational_series(Ctx *c, Node *e, uint32_t x, Num at, unsigned n, Node **out);
/* The i-th partial of a function node f(args): the table's rule with arguments put in. */
Node *diff_partial(Ctx *c, Node *f, unsigned i);

#endif
