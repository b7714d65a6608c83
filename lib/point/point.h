/* point/point.h - value and derivatives of an expression at a point, by accumulation in either
 * mode, with the rule for kinks and singular points of language.md.
 *
 * What forward, reverse, trace and gradcheck use; never the symbolic route. Invariant: where there
 * is no derivative, the subgradient of least norm is given and said to be one.
 * Owners: an Accum owns its program and values; names and points are the caller's.
 * May use: base, number, table, expr, print, ball, program, cpu.
 * Files: accum.c (values, gradients, Jacobians, Hessians), arrays.c (the same over many numbers), value.c (the value of a formula over arrays),
 * mend.c (values that float64 loses), kink.c (the rule for kinks), slope.[ch] (slopes by differences
 * of certified values), judge.c (a verdict on all the routes).
 */
#ifndef LBZ_POINT_H
#define LBZ_POINT_H

#include "program/program.h"
#include "tensor/tensor.h"

typedef enum { ACC_FORWARD, ACC_REVERSE } AccumMode;

/* What is met where there is no derivative. */
typedef struct {
    bool sides;    /* the slopes around differ: the subgradient of least norm was taken */
    double lo, hi; /* for one input: between these, which may be infinite */
    bool jump;     /* the function itself jumps */
} PointKink;

/* An expression compiled for a point; freed by accum_free. All arrays are its own. */
typedef struct {
    Ctx *c;
    Program *p;
    const uint32_t *in; /* the input symbols, the caller's */
    const double *x;    /* their values, the caller's */
    size_t nin;
    uint32_t *out; /* outputs */
    size_t nout;
    uint32_t nprimal; /* values below are those of the expression; derivatives follow */
    double *v;        /* all values, once evaluated */
    size_t nv;
    bool
        doubtful; /* a partial derivative that is not finite may have been passed unseen */
    bool special;   /* known to be on a kink or a singular point of some operation */
    bool cancelled; /* a difference on the way lost digits */
    bool mended;    /* an output is not what float64 made of the values before it */
    PointKink kink;
} Accum;

bool accum_init(Accum *a, Ctx *c, const uint32_t *in, const double *x, size_t nin,
                Node *const *e, size_t nout);
/* The same of a program: p is the Accum's from now on, freed if this fails, too. */
bool accum_adopt(Accum *a, Ctx *c, Program *p, const double *x, size_t nin,
                 const uint32_t *out, size_t nout);
void accum_free(Accum *a);

/* Evaluates what the program has by now; a->v. */
bool accum_evaluate(Accum *a);
/* Outputs that over- or underflow or differences on the way lost are found in balls (mend.c); for
 * those who show no values but them. */
void accum_mend(Accum *a);
/* Does a difference among the values from..to-1 lose more than a few digits of rounded operands? */
bool accum_cancels(const Accum *a, uint32_t from, uint32_t to);
/* The same for the slopes of out. */
void accum_mend_gradient(Accum *a, uint32_t out, double *grad);

/* Value of output k, and grad[nin], its partial derivatives. */
bool accum_gradient(Accum *a, AccumMode mode, size_t k, double *grad);
/* The derivative of output k along dir[nin] (jvp), in forward mode. */
bool accum_along(Accum *a, size_t k, const double *dir, double *slope);
/* jac[nout*nin] by rows; the mode by the numbers of inputs and outputs unless forced. */
AccumMode accum_best_mode(const Accum *a);
bool accum_jacobian(Accum *a, AccumMode mode, double *jac);
/* w'J: adjoints w[nout] of the outputs, one sweep. */
bool accum_vjp(Accum *a, const double *w, double *grad);
/* hess[nin*nin] of output k: forward over reverse. hvp: one direction only. */
bool accum_hessian(Accum *a, size_t k, double *hess);
bool accum_hvp(Accum *a, size_t k, const double *dir, double *out);
/* The derivatives of all outputs, order[i] times by input i: d[nout]. */
bool accum_order(Accum *a, const unsigned *order, double *d);
/* The outputs become these derivatives themselves. */
bool accum_derive(Accum *a, const unsigned *order);

/* Where a value is NaN or infinite: the operation that made it, in words, "log of 0". False when
 * it is finite. */
bool accum_blame(const Accum *a, uint32_t value, Str *out);

/* The first value on the way to out that is not finite, in branches that are taken; P_NONE. */
uint32_t accum_overflow(const Accum *a, uint32_t out);

/* ---- the linearised program: the partial derivative of every value by every operand */
typedef struct {
    uint32_t to, from; /* d to / d from */
    uint32_t partial;  /* a value */
} Edge;
typedef struct {
    Edge *edge; /* by to, ascending */
    size_t n, cap;
} Edges;
bool accum_linearise(Accum *a, Edges *e);
/* Tangents of all primal values in `lanes` directions at once: dot[i*lanes + j]. */
void accum_lanes(const Accum *a, const Edges *e, size_t lanes, double *dot);

/* ---- a formula over many numbers (arrays.c) */
typedef struct {
    const uint32_t *in; /* names, of which the first nvars are differentiated by */
    const Tensor *x;    /* their values */
    size_t nin, nvars;
    const double *const *dir; /* of all nvars: the slope along it is wanted; NULL: all */
    size_t n;                 /* elements of the nvars */
    /* results */
    double value;
    double *d; /* room for n, or 1 along dir */
} PointArrays;
/* False, with or without an error, where numbers one by one have to be asked: e is no such formula, or
 * something is not finite, on a kink, or hidden by a guard. Cost: a kernel or a few. */
bool accum_arrays(Ctx *c, PointArrays *a, Node *e, AccumMode mode);

/* A number that is added to p: 1 where one of the values before `primal` may be on a kink, or a guard of
 * one before n hides a partial derivative that is not finite. Inputs: none is looked at. */
uint32_t kink_tests(Program *p, uint32_t primal, uint32_t n);

/* ---- the value of a formula without names (value.c) */
/* A new tensor, float64, of e's shape; the error names the operation that has no value on arrays. */
bool accum_value(Ctx *c, Node *e, Tensor *out);

/* ---- kinks (kink.c) */
/* Are the operands of value i, among v[], at a kink or jump of its operation? */
bool kink_value(const Program *p, const double *v, uint32_t i);
/* Does the point lie on a kink or jump of some operation that the output needs? */
bool kink_at(const Accum *a, uint32_t out);
/* The gradient of out by the kink rule, from the limits of the gradient along directions into the
 * neighbourhood. adj: the gradient as values of the program (P_NONE: 0); grad holds the naive
 * result and is changed where the rule says otherwise. False: could not tell, grad stays. */
bool kink_gradient(Accum *a, uint32_t out, const uint32_t *adj, double *grad);

#endif
