/* expr/linear.h - linear algebra on nodes: the rows of ops.def from det to rank.
 *
 * A matrix whose elements are written out is carried out exactly where an exact form exists: rational
 * ones by elimination, others by cofactors, which share their minors. What has none (eigenvalues ...)
 * gets float64 where all elements are numbers. Everything else stays a node, with its shape.
 * Files: linear.c (shapes, and the rules of the rows), linear_exact.c (rational matrices),
 * linear_symbolic.c (others), linear_float.c (float64).
 */
#ifndef LBZ_EXPR_LINEAR_H
#define LBZ_EXPR_LINEAR_H

#include "expr/expr.h"

static inline bool op_is_linear_algebra(Op op) { return op >= OP_DET && op <= OP_RANK; }
/* The error that an operand has no shape. Poison. */
Node *ex_linear_unknown(Ctx *c, Op op);

#endif
