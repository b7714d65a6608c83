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

#endif
