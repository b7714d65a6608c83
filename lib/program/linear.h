/* program/linear.h - linear algebra as values of programs (P_LINEAR), and their derivatives.
 *
 * The matrix a has rank 2; what is linear in further operands (solve, the derivatives of adj and expm)
 * takes them with more axes before their last two, and has the result for each. Vectors are matrices of
 * one column here.
 */
#ifndef LBZ_PROGRAM_LINEAR_H
#define LBZ_PROGRAM_LINEAR_H

#include "linear/linear.h"
#include "program/program.h"

/* The part of what is computed: of EIG, EIGH values 0, vectors 1; of SVD U, s, V; of QR Q, R. */
uint32_t pg_linear(Program *p, LinearOp op, unsigned part, size_t n,
                   const uint32_t *args);
static inline uint32_t pg_linear1(Program *p, LinearOp op, unsigned part, uint32_t a)
{
    return pg_linear(p, op, part, 1, &a);
}
static inline LinearOp pg_linear_op(uint16_t fn) { return (LinearOp)(fn & 31); }
static inline unsigned pg_linear_part(uint16_t fn) { return fn >> 5 & 7; }
static inline size_t pg_linear_operands(uint16_t fn) { return fn >> 8; }
/* Where the part stands in what linear_run gives for a of m*n, and how large it is. */
void pg_linear_place(LinearOp op, unsigned part, size_t m, size_t n, size_t *at,
                     Dims *dims);

/* The tangent of value i, given those of its operands, which may have one more axis before; and the
 * adjoints of its operands, given its own, g. P_NONE: 0. */
uint32_t pg_linear_tangent(Program *p, uint32_t i, const uint32_t *tan);
void pg_linear_adjoints(Program *p, uint32_t i, uint32_t g, uint32_t adj[3]);

/* v with its last two axes exchanged */
uint32_t pg_transposed(Program *p, uint32_t v);

#endif
