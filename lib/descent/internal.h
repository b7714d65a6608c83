/* descent/internal.h - private to descent: the block of numbers that a step goes from and to. */
#ifndef LBZ_DESCENT_INTERNAL_H
#define LBZ_DESCENT_INTERNAL_H

#include "descent/descent.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A block: numbers of the state, then x[n], g[n], and the memory of the method. */
enum {
    B_F,
    B_DROP,   /* how much f fell at the last step */
    B_RATE,   /* of the last step */
    B_MOVED,  /* its length */
    B_GROWN,  /* how many steps in a row were longer than the one before */
    B_COUNT,  /* pairs in the memory of lbfgs */
    B_RADIUS, /* of the trust region; 0: not yet known */
    B_DAMPING,
    B_SCALARS
};

typedef struct {
    size_t k;
    bool forced; /* made because the rule or the point was changed */
    DescentRule rule;
    double *block;
} DescentCopy;

struct descent {
    Objective o;
    double sign;
    double *lo, *hi; /* NULL: no bounds */
    size_t k;
    DescentRule rule;
    double *from, *to; /* the block, and the one that a step writes */
    size_t length;     /* of a block */
    double f0, g0;
    DescentCopy *copy;               /* by k */
    size_t ncopies, copies_cap, now; /* now: how many are not beyond step k */
    size_t every, bytes; /* copies are made every so many steps, and have so many bytes */
};

enum { LBFGS_PAIRS = 10 };

static inline double *block_x(double *b) { return b + B_SCALARS; }
static inline double *block_g(const Descent *d, double *b)
{
    return b + B_SCALARS + d->o.n;
}
/* The i-th n numbers of the method's memory. */
static inline double *block_memory(const Descent *d, double *b, size_t i)
{
    return b + B_SCALARS + (2 + i) * d->o.n;
}
size_t descent_memory(DescentMethod m); /* how many times n numbers */

/* f and g at x, of what is minimised: the objective times sign. False: stopped. */
bool descent_slope(const Descent *d, const double *x, double *f, double *g);
/* Does a bound hold x[i] back, against g? */
bool descent_is_held(const Descent *d, const double *x, const double *g, size_t i);
double descent_clip(const Descent *d, size_t i, double x);

/* What came of a step; the block d->to has the new point, value, gradient and memory. */
typedef enum { STEP_DONE, STEP_NONE, STEP_FAILED } StepResult;
typedef StepResult StepFunction(Descent *d);
StepFunction rules_step, lbfgs_step, trust_newton_step, trust_squares_step;

/* Along p from d->from, at first t = 1: d->to gets x, f and g where f has fallen enough. slope:
 * p'g < 0. *t: how far. */
StepResult search_step(Descent *d, DescentSearch how, const double *p, double first,
                       double *t);
/* x + t*p within the bounds, with value and gradient, to d->to. */
bool search_try(Descent *d, const double *p, double t);

#endif
