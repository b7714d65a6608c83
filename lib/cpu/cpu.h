/* cpu/cpu.h - the CPU: kernels, which are run for one point or in blocks of elements, and the
 * backend that runs plans by them.
 *
 * Invariant: a point has libm's values on every machine. Fewer than CPU_POINTS elements are run as
 * points, one by one, and added up from left to right. More are run in blocks of 256, by vector
 * functions that are right to 1 ulp (SLEEF's, where that is installed; else libm's), and reduced in
 * a fixed order: the same bits for any number of threads and any width of vectors but for those
 * functions.
 * Owners: a Kernel owns its arrays and is never changed after it is made (but for kernel_speed_up);
 * the slots of a run are the caller's. A Code owns its plan.
 * May use: base, table, tensor, program.
 * Files: compile.c (a program of numbers to instructions), scalar.c (one point), values.c (one
 * point, all values), native.c (one point as machine code), block.c (instructions on a block),
 * lanes.h with lanes_2.c, lanes_4.c and lanes_8.c (loops over a block for each width of vectors),
 * vector.c (vector functions), tile.c (a kernel over its space), reduce.c (sums and the like),
 * matmul.c (matrix products), move.c (steps that only move elements), run.c (the backend), threads.c
 * (workers), internal.h. Circle: compile and scalar (labels are instructions).
 */
#ifndef LBZ_CPU_H
#define LBZ_CPU_H

#include "program/backend.h"

enum { CPU_POINTS = 64 };

extern const Backend cpu_backend;
/* Who runs the plan: the backend that was registered, where it can and wants to, else the CPU. */
const Backend *cpu_backend_for(const Env *env, const Plan *plan);

/* ---- one point */
typedef struct kernel Kernel;
/* Of the values outs[] of a program of numbers. */
Kernel *kernel_new(const Program *p, const uint32_t *outs, size_t nout);
void kernel_free(Kernel *k);
/* Slots for running k, with its constants in place; freed with mem_free. NULL: no memory. */
double *kernel_slots(const Kernel *k);
/* One evaluation: in[nin] to out[nout]. Cost: the instructions, no allocation. */
void kernel_run(const Kernel *k, double *slots, const double *in, double *out);
/* Did the last run in these slots meet a tangent or adjoint 0 times a partial that is not finite?
 * program_hides tells whether that matters. */
bool kernel_met(const Kernel *k, const double *slots);
/* Makes kernel_run of k faster, for thousands of runs; before any thread runs k. False: this
 * machine cannot, nothing changes. */
bool kernel_speed_up(Kernel *k);
size_t kernel_length(const Kernel *k); /* instructions */

/* All values of p, a program of numbers, from number `from` on; those before are in v already. v
 * has room for p->n + 1. False: stopped, or the error is in p->env. */
bool cpu_values(const Program *p, const double *in, double *v, size_t from);

/* ---- how */
/* "SLEEF" or "libm": which vector functions run. */
const char *cpu_vector_library(void);
/* The most elements of a vector that are used: 8, 4 or 2; for tests. */
Code *cpu_compile(Env *env, Plan *plan, unsigned lanes);

#endif
