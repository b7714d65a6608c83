/* program/plan.h - a program of arrays, cut into steps for a backend.
 *
 * A kernel is a step that computes element by element over one space: its body, a program of
 * numbers, is run for each element; what it reads are elements of arrays that are stored, what
 * comes out is stored or reduced. What one kernel can do is not done by two: values, gradients
 * and reductions over one space are one, and what a later kernel needs again is computed again
 * where that costs less than to store and read it. Views are never carried out, they are strides
 * of what is read. All other steps are one operation each.
 *
 * Invariant: steps read what earlier ones have stored. Numbers are stored like arrays, with rank 0.
 * Owners: a Plan owns its arrays and bodies; data of the program are shared.
 */
#ifndef LBZ_PROGRAM_PLAN_H
#define LBZ_PROGRAM_PLAN_H

#include "program/program.h"

typedef enum { STORE_INPUT, STORE_DATA, STORE_TEMPORARY } PlanStoreKind;

typedef struct {
    PlanStoreKind kind;
    Dims dims;
    uint32_t index;  /* of the input, or of data[] */
    uint32_t writer; /* the step that makes it; of a temporary */
    uint32_t last;   /* the last step that reads it; P_NONE: it is an output */
} PlanStore;

/* Element i of a space is element offset + sum i_k*stride[k] of what is stored. */
typedef struct {
    uint32_t store;
    ptrdiff_t offset, stride[TENSOR_RANK];
} PlanRead;

/* What a kernel makes of output `out` of its body. */
typedef struct {
    uint32_t store;
    bool reduces; /* else each element is stored */
    ProgramReduce how;
    unsigned
        axes; /* all; or the first or the last ones, those before or from `split` on */
} PlanResult;

typedef struct {
    POp op; /* P_OPS: a kernel; else P_MATMUL, P_GATHER, P_SCATTER, P_PUT, P_LINEAR, P_CONCAT */
    Dims space; /* of the kernel; else of what is made */
    PlanRead *
        read; /* inputs of the body, over the space; or operands, over their own shapes */
    Dims *shape; /* of the operands; NULL: a kernel */
    size_t nread;
    Program *body;
    uint32_t *out; /* values of body */
    PlanResult *result;
    size_t nresult;   /* 1 when it is no kernel */
    unsigned split;   /* axes before it are rows; 0: nothing is reduced but everything */
    unsigned axis;    /* P_GATHER, P_SCATTER, P_CONCAT; of P_LINEAR its fn */
    ProgramView view; /* P_PUT, where from is of no use */
} PlanStep;

typedef struct {
    PlanStore *store;
    size_t nstores, stores_cap;
    PlanStep *step;
    size_t nsteps, steps_cap;
    Tensor *data;
    size_t ndata;
    uint32_t *out; /* stores, one for each output */
    size_t nout;
    uint32_t nin;
} Plan;

/* NULL with the error in p->env. */
Plan *program_plan(const Program *p, const uint32_t *outs, size_t nout);
void program_plan_free(Plan *plan);

#endif
