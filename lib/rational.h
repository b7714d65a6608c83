/* rational.h - floor 4: regions and attempts, shared by the files that work on fields. */
#ifndef LBZ_RATIONAL_H
#define LBZ_RATIONAL_H

#include "field.h"
#include "simplify.h"

/* root with f applied to each maximal arithmetic region, innermost first; without `deep` not to
 * those inside arguments of functions and bases or exponents of symbolic powers. */
Node *rat_regions(Ctx *c, Node *root, bool deep, Node *(*f)(Ctx *c, Node *n, void *arg),
                  void *arg);

/* Work whose errors do not concern the user (a candidate that has no value): begin remembers the
 * error state, end restores it and tells whether the work went well. Interrupts and limits
 * stay. */
typedef struct {
    Err err;
    size_t nnotes;
} Attempt;
Attempt attempt_begin(Ctx *c);
bool attempt_end(Ctx *c, const Attempt *a);

#endif
