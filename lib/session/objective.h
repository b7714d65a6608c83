/* session/objective.h - a formula as the objective of a descent: value, gradient, Hessian and
 * residuals in float64, compiled once and run at every step.
 *
 * Owners: an ObjectiveCode owns its text, names and codes; it outlives the statement and the context
 * that made it: codes are made again from the text when the context is another.
 */
#ifndef LBZ_SESSION_OBJECTIVE_H
#define LBZ_SESSION_OBJECTIVE_H

#include "cpu/cpu.h"
#include "descent/descent.h"
#include "expr/expr.h"

/* Outputs of a program, ready to run. */
typedef struct {
    Kernel *code; /* NULL: not made yet */
    double *slots, *out;
} ObjectivePart;

typedef struct {
    Ctx *c;     /* that the codes were made with */
    char *text; /* the formula, with what names stood for put in */
    char **name;
    size_t n, m;
    ObjectivePart slope, hessian, residuals;
} ObjectiveCode;

/* e by the symbols in[n]. False with the error in the context; free in any case. */
bool objective_make(Ctx *c, Node *e, const uint32_t *in, size_t n, ObjectiveCode *o);
void objective_free(ObjectiveCode *o);
/* Codes are made again if c is not the context they were made with. */
bool objective_renew(Ctx *c, ObjectiveCode *o);
/* Makes the Hessian, or the residuals; false: there is no such thing, with the error in c. */
bool objective_need(Ctx *c, ObjectiveCode *o, DescentNeeds what);
/* The variables as symbols of c, in the statement pool; NULL: no memory. */
uint32_t *objective_symbols(Ctx *c, const ObjectiveCode *o);
/* For descent_new; arg is o. */
Objective objective_of(ObjectiveCode *o);

#endif
