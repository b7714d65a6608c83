/* descent/descent.h - minimising step by step: what is done at a step, and what is kept to go back.
 *
 * A Descent is a point, the objective's value and gradient there and the memory of its method, all
 * in one block of numbers, so that a copy of the block is all that `back` needs. A step depends on
 * nothing but the block and the rule, so that steps between two copies are found by doing them
 * again.
 *
 * Invariant: the block changes only when a whole step succeeded.
 * Owners: a Descent owns its block and copies; the objective is the caller's and outlives it.
 * May use: base.
 * Files: descent.c (steps, copies, when to stop), rules.c (gradient steps and their kin), search.c
 * (how far along a line), lbfgs.c, trust.c (Newton, Gauss-Newton, Levenberg-Marquardt), dense.[ch]
 * (eigenvalues, singular values), internal.h (the table of methods).
 */
#ifndef LBZ_DESCENT_H
#define LBZ_DESCENT_H

#include "base/base.h"

/* A function of n numbers, or of m squares of such that are summed. All return false when the
 * caller is to stop: an interrupt, or an error in env. Values may be infinite or NaN. */
typedef struct {
    Env *env;
    void *arg;
    size_t n, m; /* m 0: no sum of squares is known */
    bool (*slope)(void *arg, const double *x, double *f,
                  double *g);                               /* value, gradient[n] */
    bool (*hessian)(void *arg, const double *x, double *h); /* h[n*n] */
    bool (*residuals)(void *arg, const double *x, double *r,
                      double *j); /* r[m], j[m*n] or NULL */
} Objective;

/* METHOD(id, name, rate, needs, help): rate: the default one. */
#define DESCENT_METHODS(METHOD)                                                        \
    METHOD(GD, "gd", 0.01, NEEDS_SLOPE, "x - rate*g")                                  \
    METHOD(MOMENTUM, "momentum", 0.01, NEEDS_SLOPE, "m = mu*m + g; x - rate*m")        \
    METHOD(NESTEROV, "nesterov", 0.01, NEEDS_SLOPE, "momentum that looks ahead")       \
    METHOD(ADAGRAD, "adagrad", 0.1, NEEDS_SLOPE, "rates by all squared slopes so far") \
    METHOD(RMSPROP, "rmsprop", 0.01, NEEDS_SLOPE, "rates by recent squared slopes")    \
    METHOD(ADAM, "adam", 0.001, NEEDS_SLOPE, "momentum over recent sizes of slopes")   \
    METHOD(ADAMW, "adamw", 0.001, NEEDS_SLOPE, "adam, with decay of the weights")      \
    METHOD(LBFGS, "lbfgs", 1, NEEDS_SLOPE, "limited memory BFGS")                      \
    METHOD(NEWTON, "newton", 1, NEEDS_HESSIAN, "Newton's method in a trust region")    \
    METHOD(GAUSSNEWTON, "gaussnewton", 1, NEEDS_SQUARES,                               \
           "Gauss-Newton, for sums of squares")                                        \
    METHOD(LM, "lm", 1, NEEDS_SQUARES, "Levenberg-Marquardt, for sums of squares")

typedef enum {
#define METHOD(id, ...) METHOD_##id,
    DESCENT_METHODS(METHOD)
#undef METHOD
        METHOD_COUNT
} DescentMethod;

typedef enum { NEEDS_SLOPE, NEEDS_HESSIAN, NEEDS_SQUARES } DescentNeeds;

typedef struct {
    const char *name;
    double rate;
    DescentNeeds needs;
    const char *help;
} DescentMethodInfo;

const DescentMethodInfo *descent_method(DescentMethod m);
DescentMethod descent_method_find(const char *name, size_t n); /* METHOD_COUNT: none */

typedef enum { SEARCH_NONE, SEARCH_ARMIJO, SEARCH_WOLFE } DescentSearch;

/* How steps are made, as the user sets it. */
typedef struct {
    DescentMethod method;
    DescentSearch search;
    double rate;
    double mu, b1, b2, eps, decay; /* momentum; adam and rmsprop; adamw */
    double every, drop; /* a rate times drop every `every` steps; 0: it stays */
    double damp;        /* of Newton steps: 0 in a trust region, 1 full, 0.5 half ... */
} DescentRule;

DescentRule descent_rule(DescentMethod m); /* with its defaults */

typedef enum {
    DESCENT_RUNNING,
    DESCENT_CONVERGED,
    DESCENT_DIVERGED,
    DESCENT_STOPPED /* no step makes f smaller any more, or it was told to */
} DescentState;

typedef struct descent Descent;

/* At x0[n]. lo, hi [n]: bounds, or NULL; both are copied. sign -1: ascends. NULL with the error in
 * the objective's env: no memory, or no value at x0. */
Descent *descent_new(const Objective *o, const DescentRule *rule, const double *x0,
                     const double *lo, const double *hi, double sign);
void descent_free(Descent *d);

size_t descent_k(const Descent *d);
const double *descent_x(const Descent *d);
const double *descent_g(const Descent *d); /* gradient of the objective as given */
double descent_f(const Descent *d);
double descent_gnorm(const Descent *d); /* |g|, without what bounds hold back */
double descent_rate(const Descent *d);  /* of the last step */
double descent_drop(
    const Descent *d); /* how much f fell, or rose where it ascends, at it */
double descent_moved(const Descent *d); /* length of the last step */
const DescentRule *descent_rule_now(const Descent *d);

/* The bounds of x[i]; false: it has none. */
bool descent_bounds(const Descent *d, size_t i, double *lo, double *hi);
/* How many squares the objective has, once that is known. */
void descent_set_squares(Descent *d, size_t m);
/* The rule from now on. A new method begins without memory. False: no memory. */
bool descent_set_rule(Descent *d, const DescentRule *rule);
/* Goes to x, and forgets what led here; k stays. */
bool descent_move(Descent *d, const double *x);

/* One step. False: stopped, or the error is in env; then nothing has changed. *still: no step was
 * found that makes f smaller. */
bool descent_step(Descent *d, bool *still);
/* To step k: back exactly, or on. */
bool descent_goto(Descent *d, size_t k);

/* Has it arrived: |g| <= 1e-8*max(1, |g0|), and f has come to rest. */
bool descent_converged(const Descent *d);
/* Is it running away: f not finite, or beyond 10^3*max(f0, 1) with steps that grew five times in a
 * row. */
bool descent_diverges(const Descent *d);

/* Eigenvalues of the Hessian at the present point that are above and below 0, beyond rounding;
 * false: not known. */
bool descent_signs(const Descent *d, size_t *above, size_t *below);

#endif
