/* simplify/measure.h - the cost that simplification minimises. */
#ifndef LBZ_SIMPLIFY_MEASURE_H
#define LBZ_SIMPLIFY_MEASURE_H

#include "expr/expr.h"

double measure_cost(Ctx *c, Node *n);
/* How many signs + and - between terms are seen. */
double measure_additions(Ctx *c, Node *n);

#endif
