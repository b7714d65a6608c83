/* commands/constant.h - do the two sides of a check that failed differ by a constant only? */
#ifndef LBZ_COMMANDS_CONSTANT_H
#define LBZ_COMMANDS_CONSTANT_H

#include "commands/commands.h"

typedef enum { CONSTANT_NO, CONSTANT_EVERYWHERE, CONSTANT_PIECEWISE } ConstantKind;

/* points: n close ones of k coordinates each. EVERYWHERE: l - r is the constant that text gets,
 * exactly. PIECEWISE: all its derivatives are proved to be 0, so that it is constant on every
 * interval where both sides are defined; text gets its value at the first point. */
ConstantKind constant_difference(Ctx *c, Node *l, Node *r, const uint32_t *syms,
                                 const arb_struct *points, size_t k, size_t n, Str *text);

#endif
