/* diff/coefficients.h - certified Taylor coefficients at a number, to any order. */
#ifndef LBZ_DIFF_COEFFICIENTS_H
#define LBZ_DIFF_COEFFICIENTS_H

#include "ball/series.h"

/* out[0..n] get enclosures of the Taylor coefficients of e by x at the constant a. False: there
 * are none (kinks, singular points), or they cannot be found this way; there is no error then. */
bool diff_ball_series(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, slong prec,
                      arb_ptr out);

#endif
