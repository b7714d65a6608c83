/* expr/contract.h - the one multilinear product: matrix product, dot, outer, trace, transpose,
 * diagonal, sums over axes.
 *
 * CONTRACT has its operands as children and its indices as text, as numpy.einsum writes them:
 * "ab,bc->ac" (node.name). An index behind -> is an axis of the result, every other is summed over.
 * Invariant: letters are in the order of their first occurrence; operands are sorted, equal ones so
 * that the text is least; no two operands have the same indices (they are one, their product element
 * by element); no operand is a number, a multiple by a number, a transpose, a row, a tensor repeated
 * along axes or a number spread out; an identity (EYE, which stands only here) has two axes of the
 * result as its indices, of which the second stands nowhere else; what shares no summed index with the axes of the result, directly or through others, stands
 * outside as a factor. Nested contractions stay nested: sharing is worth more.
 */
#ifndef LBZ_EXPR_CONTRACT_H
#define LBZ_EXPR_CONTRACT_H

#include "expr/expr.h"

enum { CONTRACT_INDICES = 52, CONTRACT_OPERANDS = 64 };

typedef struct {
    uint8_t n;
    uint8_t at[SHAPE_RANK]; /* numbers of indices, an axis each */
} Indices;

typedef struct {
    size_t n; /* operands */
    Node *a[CONTRACT_OPERANDS];
    Indices in[CONTRACT_OPERANDS], out;
    unsigned nindices;
    ShapeSize size[CONTRACT_INDICES]; /* of each index */
} Contraction;

/* The node for a text with any letters; SHAPE errors name `what`. */
Node *ex_contract(Ctx *c, const char *text, size_t n, Node *const *a, const char *what);
/* The node for operands and their indices; sizes are theirs. Indices of the result that no operand has
 * come with their sizes: there the product is repeated. */
Node *contract_make(Ctx *c, Contraction *k, const char *what);
/* A CONTRACT node taken apart. */
void contract_open(Ctx *c, const Node *n, Contraction *k);
/* The node that k is; k is used up. */
Node *contract_close(Ctx *c, Contraction *k);
/* Is the text of n, a CONTRACT, this one? */
static inline bool contract_is(const Node *n, const char *text)
{
    return n->op == OP_CONTRACT && strcmp(n->name, text) == 0;
}
/* An identity, or a contraction with identities or ones among its operands, which go where it meets
 * others. */
bool contract_has_identity(const Node *n);
uint32_t contract_shape(Ctx *c, const Node *n);

#endif
