/* diff/germ.h - what an expression does close to a point, on one side of it. */
#ifndef LBZ_DIFF_GERM_H
#define LBZ_DIFF_GERM_H

#include "expr/expr.h"

typedef enum {
    GERM_KNOWN,
    GERM_OPEN,     /* cannot be told */
    GERM_UNDEFINED /* certainly no real value on this side */
} GermState;

enum { GERM_ORDERS = 40 };

typedef struct {
    GermState state;
    /* The limits of e and of its derivatives by x at a, up to the order asked for; inf and -inf
     * where they grow without bound, NULL where there is none or it is not known. */
    Node *limit[GERM_ORDERS + 1];
    Op kink; /* an operation that changes its branch at a: the first; OP_POISON: none */
} Germ;

/* Of e by x close to the constant a, where side*(x - a) > 0; n <= GERM_ORDERS. There is no error
 * but those that stop a statement. */
void diff_germ(Ctx *c, Node *e, uint32_t x, Node *a, int side, unsigned n, Germ *out);

/* op(a) where what decides on its branch has the sign s: a[0], or a[0] - a[1]. */
Node *diff_branch(Ctx *c, Op op, Node *const *a, int s);
/* What decides on the branch of op(a), which changes where this is 0; NULL: op has none. */
Node *diff_switch(Ctx *c, Op op, Node *const *a);
bool diff_has_kinks(Ctx *c, Node *e); /* kinks, jumps, steps or conditions, anywhere */
bool diff_has_steps(
    Op op); /* floor, mod ...: they step where an argument passes a whole number */

#endif
