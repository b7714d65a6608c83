/* print/indexed.h - private to print: tensors that have no matrix form, by their elements. */
#ifndef LBZ_PRINT_INDEXED_H
#define LBZ_PRINT_INDEXED_H

#include "expr/expr.h"

/* The element of n at the letters at[0 .. *rank), SHAPE_RANK at most. NULL: it has no such form. */
Node *print_at_letters(Ctx *c, Node *n, Node **at, size_t *rank);
/* "J[i,j] = " */
void print_indexed_head(Ctx *c, Str *out, Node *n, Node *const *at, size_t rank);

#endif
