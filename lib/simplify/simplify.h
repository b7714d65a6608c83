/* simplify/simplify.h - smaller forms of a node, and proofs that one is zero.
 *
 * Invariant: a result has the same value wherever the original has one; it depends on content only;
 * at worst the original comes back. Proofs are never guesses.
 * Owners: results are nodes of the statement, as is all that was tried.
 * May use: base, number, table, expr, field, ball.
 * Files: simplify.c (candidates of a region; the cheapest wins), measure.[ch] (the cost), worth.c
 * (is a field worth trying), fraction.c (candidates by a field), root.c (radicands, products),
 * product.c (exponentials and roots in products),
 * trig.c (trigonometric and Bessel forms), inverse.c (functions of inverse functions), addition.c (addition theorems), relation.[ch] (under an
 * equation), prove.c (zero or not) with basis.c (independent generators) and define.c (functions by
 * others), tensor_prove.c with tensor.h, tensor_form.c, tensor_term.c, tensor_rules.c, tensor_define.c, tensor_node.c (the
 * normal form of tensors), tensor_small.c (their smallest form), internal.h. simplify, fraction, root, trig and worth are one circle: candidates are
 * offered to simplify.c, and some simplify their own regions first.
 */
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
/* Is n, which has tensors in it, zero for all sizes and values at which it is defined? Yes is a
 * proof; no is not. */
bool prove_tensor_zero(Ctx *c, Node *n);

#endif
