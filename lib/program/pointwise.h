/* program/pointwise.h - the functions that the expressions of pointwise.def are made of. */
#ifndef LBZ_PROGRAM_POINTWISE_H
#define LBZ_PROGRAM_POINTWISE_H

#include <math.h>

/* x*y; but 0*inf and 0*nan are 0. The product itself is rounded as ever, signs of 0 included. */
static inline double times(double x, double y)
{
    double r = x * y;
    return r != r && x == 0 ? 0 : r;
}

/* x/y; but 0/0 and 0/nan are 0. */
static inline double over(double x, double y)
{
    double r = x / y;
    return r != r && x == 0 ? 0 : r;
}

static inline double odd_root(double x, double y)
{
    double r = pow(fabs(x), y);
    return x < 0 ? -r : r;
}

#endif
