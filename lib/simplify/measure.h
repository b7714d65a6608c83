/* simplify/measure.h - the cost that simplification minimises. */
#ifndef LBZ_MEASURE_H
#define LBZ_MEASURE_H

#include "expr/expr.h"

double measure(Ctx *c, Node *n);
/* How many signs + and - between terms are seen. */
double additions(Ctx *c, Node *n);

#endif
