/* field/rational.h - the named rational transformations, and the regions they work on. */
#ifndef LBZ_FIELD_RATIONAL_H
#define LBZ_FIELD_RATIONAL_H

#include "field/field.h"

/* root with f applied to each maximal arithmetic region, innermost first; without `deep` not to
 * those inside arguments of functions and bases or exponents of symbolic powers. */
Node *rat_regions(Ctx *c, Node *root, bool deep, Node *(*f)(Ctx *c, Node *n, void *arg),
                  void *arg);

Node *rat_together(Ctx *c, Node *n); /* one fraction, cancelled */
Node *rat_expand(Ctx *c, Node *n);   /* products and integer powers multiplied out */
Node *rat_factor(Ctx *c, Node *n);   /* over the rationals, generators as symbols */
Node *rat_apart(Ctx *c, Node *n, uint32_t x); /* partial fractions in x */
Node *rat_collect(Ctx *c, Node *n, Node *x);  /* by powers of x */

#endif
