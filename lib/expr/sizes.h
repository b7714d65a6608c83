/* expr/sizes.h - what symbolic sizes are: n of x[n] where x has three elements is 3. */
#ifndef LBZ_EXPR_SIZES_H
#define LBZ_EXPR_SIZES_H

#include "expr/shape.h"

enum { SIZES_MOST = 32 };

/* Sizes that are known, by their symbols. More than SIZES_MOST are not looked at. */
typedef struct sizes {
    size_t n;
    uint32_t sym[SIZES_MOST];
    Node *value[SIZES_MOST];
} Sizes;

/* The size sym is v. False: it is something else already. */
bool sizes_put(Sizes *s, uint32_t sym, Node *v);
/* A name of the shape `declared` stands for something of the shape `got`: sizes get their values.
 * False: it cannot, or a size would have two values. */
bool sizes_match(Ctx *c, Sizes *s, uint32_t declared, uint32_t got);
/* The error that it cannot. */
void sizes_error(Ctx *c, uint32_t sym, uint32_t declared, uint32_t got);
/* What the values of names (x = [1, 2]) say; also a number that is the size itself (n = 2). False
 * with the error that a declared name gets something of another shape. */
bool sizes_of_values(Ctx *c, Sizes *s, size_t n, const uint32_t *sym, Node *const *value);
bool shape_is_symbolic(const Ctx *c, uint32_t id);
/* The shape with these sizes in the places of their symbols. */
uint32_t shape_at_sizes(Ctx *c, uint32_t id, const Sizes *s);

#endif
