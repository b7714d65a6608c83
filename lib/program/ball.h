/* program/ball.h - the values of a program as balls. */
#ifndef LBZ_PROGRAM_BALL_H
#define LBZ_PROGRAM_BALL_H

#include "table/certified.h"
#include "program/program.h"

/* What constants are taken for: the numbers that they stand for, or float64. */
typedef enum { BALL_EXACT, BALL_FLOAT64 } BallConstants;

/* b[i], value i of p, from those before it, which may be without value (not finite) where
 * they do not matter. Inputs stay as they are. Exponents that are fractions are exact in any case.
 * Comparisons that balls leave open, loops, externs and partials for float64 have no value. */
void program_ball(Ctx *c, const Program *p, uint32_t i, BallConstants how, arb_struct *b,
                  slong prec);

#endif
