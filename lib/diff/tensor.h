/* diff/tensor.h - what the files of the reverse sweep over tensors share.
 *
 * The cotangent of a node v has the axes of the seed's batch in front, then those of v: for a scalar
 * there is no batch, for a Jacobian it is the shape of what is differentiated. Rows count as the
 * vectors they are of.
 */
#ifndef LBZ_DIFF_TENSOR_H
#define LBZ_DIFF_TENSOR_H

#include "diff/internal.h"
#include "expr/contract.h"
#include "expr/shape.h"
#include "expr/tensors.h"

typedef struct {
    Node **v;
    size_t n, cap;
} Contributions;

typedef struct {
    Ctx *c;
    Map at;             /* node id -> position */
    Contributions *adj; /* by position */
    uint64_t mask;      /* symbols asked for */
    Shape batch;        /* the axes in front of every cotangent */
    Node *g;            /* cotangent of the node at work */
    Node *const *x;     /* the names */
    size_t nx;
} TensorSweep;

/* amount, a cotangent of the shape of `to`, is added to that of `to`. */
void diff_sweep_add(TensorSweep *s, Node *to, Node *amount);
static inline bool sweep_needs(const TensorSweep *s, const Node *n)
{
    return (n->syms & s->mask) != 0;
}
/* The cotangent g of something of the shape `of`, times p element by element, summed over the axes
 * along which an operand of the shape `to` was repeated. p NULL: 1. */
Node *diff_sweep_times(TensorSweep *s, Node *g, uint32_t of, Node *p, uint32_t to);
typedef struct {
    Contraction k;
    unsigned first; /* the first index behind the batch */
} Product;
/* g contracted: its batch, then the axes `of`; other operands with indices; the result has the batch,
 * then the axes `to`. Indices count behind those of the batch. */
void diff_product_begin(const TensorSweep *s, Product *p, Node *g, const Indices *of);
void diff_product_operand(Product *p, Node *a, const Indices *in);
Node *diff_product_end(const TensorSweep *s, Product *p, const Indices *to);

/* ---- tensor_rows.c: rows of the table that work on tensors */
void diff_sweep_tensor(TensorSweep *s, Node *n);

/* ---- row_text.c, batch.c */
/* The cotangent of the operand i of n, whose own is g. */
Node *diff_row_vjp(Ctx *c, Node *n, uint32_t i, Node *g, const Shape *batch);
/* e, linear in sym, where that is g, which has the axes of the batch in front, repeated to the shape
 * batch + to. */
Node *diff_batched(Ctx *c, Node *e, Node *sym, Node *g, const Shape *batch, uint32_t to);

#endif
