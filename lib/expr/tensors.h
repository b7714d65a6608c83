/* expr/tensors.h - operations of the T rows of ops.def on nodes, and products by shape.
 *
 * Operands whose elements are written out (lists, numbers) are carried out at once; others stay as
 * nodes, with attributes (axis=2) as text in node.name. What has an operand of SHAPE_ANY waits until
 * a procedure runs. An operation that has to know more than a number or a name without a shape tells
 * stays open, like what the parser leaves to evaluation (NF_STRUCTURAL).
 */
#ifndef LBZ_EXPR_TENSORS_H
#define LBZ_EXPR_TENSORS_H

#include "expr/expr.h"

/* attributes: "axis=2", or NULL */
Node *ex_tensor(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a);
uint32_t ex_tensor_shape(Ctx *c, const Node *n); /* of a node of a T or S row */
bool ex_is_open(const Node *n); /* of a T row, and waits for evaluation */

/* ---- by shape: a*b, a', a^b as they are written */
Node *ex_product(Ctx *c, Node *a, Node *b);
/* Which contraction the product of operands of these ranks is (a row has rank 1). */
typedef struct {
    const char *text; /* "ab,b->a"; NULL: there is none */
    bool row;         /* the result is one */
    const char *hint; /* what may be meant instead */
} ProductForm;
ProductForm ex_product_form(unsigned left, bool left_row, unsigned right, bool right_row);
Node *ex_transpose(Ctx *c, Node *a);
Node *ex_raise(Ctx *c, Node *a, Node *x);
Node *ex_quotient(Ctx *c, Node *a, Node *b);
/* Of a square matrix whose elements are written out; errors: SHAPE, DOMAIN (singular), UNABLE. */
Node *ex_inverse(Ctx *c, Node *a);

/* ---- makers */
Node *ex_row(Ctx *c, Node *vector);
Node *ex_eye(Ctx *c, ShapeSize size); /* stays EYE however small */
Node *ex_broadcast(Ctx *c, Node *e, uint32_t shape);
/* a, no row, with these sizes, which its elements fill. */
Node *ex_reshape(Ctx *c, Node *a, unsigned n, Node *const *size);
Node *ex_fill(Ctx *c, Node *e, uint32_t shape); /* written out: sizes are numbers */

/* v with the element at the n indices replaced. */
Node *ex_store(Ctx *c, Node *v, size_t n, Node *const *index, Node *e);

#endif
