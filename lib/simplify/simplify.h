/* simplify/simplify.h - smaller forms, normal forms over kernels (FLINT), proofs of zero. */
#ifndef LBZ_SIMPLIFY_H
#define LBZ_SIMPLIFY_H

#include "field/rational.h"

typedef enum {
    SIMPLIFY_NONE,
    SIMPLIFY_LIGHT, /* local rules */
    SIMPLIFY_FULL, /* the finish of derivatives: arguments of functions stay as they are */
    SIMPLIFY_DEEP  /* simplify(e): arguments, too */
} SimplifyLevel;

/* The smallest form found within fuel; ties are broken by ex_cmp. Never fails: at worst n. */
Node *simplify(Ctx *c, Node *n, SimplifyLevel level);

Node *trig_expand(Ctx *c, Node *n); /* sin(a+b), sin(2a) by addition theorems */
Node *trig_reduce(Ctx *c, Node *n); /* products of sines to sums of multiples */

typedef enum { PROOF_NO, PROOF_YES, PROOF_UNKNOWN } Proof;
/* Is n zero for all real values at which it is defined? YES is a proof; NO is one, too (some
 * exact or certified value differs from 0); UNKNOWN: neither found within fuel. */
Proof prove_zero(Ctx *c, Node *n);

#endif
