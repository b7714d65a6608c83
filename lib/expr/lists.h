/* expr/lists.h - functions of lists of formulas: v[i], sum(v), norm(v) ... */
#ifndef LBZ_EXPR_LISTS_H
#define LBZ_EXPR_LISTS_H

#include "expr/expr.h"

static inline bool list_is_function(const Node *n)
{
    return n->op == OP_INDEX || n->op == OP_TOTAL || n->op == OP_NORM ||
           n->op == OP_DOT || n->op == OP_LENGTH || n->op == OP_ZEROS;
}

/* The function op of the operands a; NULL when they are no lists (or sizes and indices no
 * numbers), so that it stays open. Poison on errors. */
Node *list_function(Ctx *c, Op op, size_t n, Node *const *a);

/* n with the operands a: where one is a list, element by element. */
Node *list_rebuild(Ctx *c, const Node *n, Node *const *a);

/* v with the element at the n indices replaced. */
Node *list_store(Ctx *c, Node *v, size_t n, Node *const *index, Node *e);

#endif
