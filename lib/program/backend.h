/* program/backend.h - what runs programs of arrays. A backend makes its own Code of a Plan and runs
 * that on tensors.
 *
 * Code is immutable once made: threads may run it at the same time.
 */
#ifndef LBZ_PROGRAM_BACKEND_H
#define LBZ_PROGRAM_BACKEND_H

#include "program/plan.h"

typedef struct code Code; /* each backend its own */

enum { BACKEND_VERSION = 2 };
typedef struct lbz_backend {
    unsigned version;
    const char *name;
    bool (*probe)(void); /* can it run here; cheap after the first call */
    /* Can it run these steps, with the shapes that they have, and is it worth it? */
    bool (*supports)(const Plan *plan);
    /* Takes the plan, whatever comes of it. NULL with the error in env. */
    Code *(*compile)(Env *env, Plan *plan);
    /* in[] of the plan's inputs, float64, to out[]: an out[] with a buffer of its own and the right
     * shape is written in place, others are made. False: stopped, or the error is in env; then
     * out[] is empty. */
    bool (*run)(const Code *c, Env *env, const Tensor *in, Tensor *out);
    bool (*synchronize)(const Code *c, Env *env); /* what run has begun is done */
    void (*free)(Code *c);
} Backend;

#endif
