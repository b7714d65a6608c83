/* diff/internal.h - shared by the files of the differentiation pass. */
#ifndef LBZ_DIFF_INTERNAL_H
#define LBZ_DIFF_INTERNAL_H
#include "diff/diff.h"

/* d/dx of INT, SUM, PROD: Leibniz's rule, given the derivatives of body and bounds. */
Node *diff_binder(Ctx *c, Node *n, uint32_t x, Node *const *d);

#endif
