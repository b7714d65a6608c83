/* simplify/relation.h - smaller forms under an equation. */
#ifndef LBZ_SIMPLIFY_RELATION_H
#define LBZ_SIMPLIFY_RELATION_H

#include "simplify/simplify.h"

/* The smallest form found of n where F(x, y) = 0, free = {x, y}. As simplify without one. */
Node *simplify_where(Ctx *c, Node *n, Node *F, const uint32_t *free, SimplifyLevel level);

#endif
