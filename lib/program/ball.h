/* program/ball.h - the values of a program as balls. */
#ifndef LBZ_PROGRAM_BALL_H
#define LBZ_PROGRAM_BALL_H

#include "table/certified.h"
#include "program/program.h"

/* b[i], value i of p, from those before it, which may be without value (not finite) where
 * they do not matter. Inputs stay as they are; constants are float64. Comparisons that
 * balls leave open, loops and numeric partials (P_PART) have no value. */
void program_ball(const Program *p, uint32_t i, arb_struct *b, slong prec);

/* The fraction with a small denominator that k stands for, else k itself. */
void program_ball_fraction(arb_t r, double k, slong prec);

#endif
