/* diff/internal.h - shared by the files of the differentiation pass. */
#ifndef LBZ_DIFF_INTERNAL_H
#define LBZ_DIFF_INTERNAL_H
#include "diff/diff.h"

/* d if cond then A else B, given the derivatives of A and B. */
Node *diff_if(Ctx *c, Node *n, uint32_t x, Node *da, Node *db);
/* Does cond hold at single values of x only, or fail only there? */
bool diff_is_point(Ctx *c, Node *cond, uint32_t x);

/* A removable singularity was filled. */
void diff_note_filled(Ctx *c, uint32_t x, Node *a);
/* The derivative of an unknown function by its i-th argument. */
Node *diff_apply_partial(Ctx *c, Node *n, uint32_t i);
/* The tangent of n, of a T row, where those of its operands are dx[i]: the text of the row. */
Node *diff_row_jvp(Ctx *c, Node *n, Node *const *dx);

#endif
