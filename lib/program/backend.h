/* program/backend.h - what runs programs. A backend compiles the wanted outputs of a Program
 * to its own Code and runs that over n points: inputs and outputs are columns of doubles.
 *
 * Code is immutable once made: threads may run it at the same time, each with slots of its own.
 */
#ifndef LBZ_PROGRAM_BACKEND_H
#define LBZ_PROGRAM_BACKEND_H

#include "program/program.h"

typedef struct code Code;

/* A column of n doubles: element i at base[i*stride]; stride 0 is one value for all. */
typedef struct {
    const double *base;
    size_t stride;
} Column;

#define BACKEND_VERSION 1
typedef struct {
    unsigned version;
    const char *name;
    bool (*probe)(void); /* can it run here; cheap after the first call */
    bool (*supports)(const Program *p, const uint32_t *outs, size_t nout);
    /* NULL with the error in p->env. Copies what it needs: p may die before the code. */
    Code *(*compile)(const Program *p, const uint32_t *outs, size_t nout);
    /* out[j][i] for i < n. False: interrupted, or the error is in env. */
    bool (*run)(const Code *c, Env *env, size_t n, const Column *in, double *const *out);
    void (*free)(Code *c);
    void *(*mem_new)(Env *env, size_t bytes); /* memory the backend reads fastest */
    void (*mem_del)(void *m);
    bool (*put)(void *device, const void *host, size_t bytes);
    bool (*get)(void *host, const void *device, size_t bytes);
} Backend;

extern const Backend cpu_backend;

/* ---- the CPU's code, one point at a time: scalar libm values */
Code *code_new(const Program *p, const uint32_t *outs, size_t nout);
void code_free(Code *c);
/* Slots for running c, with its constants in place; freed with mem_free. NULL: no memory. */
double *code_slots(const Code *c);
/* One evaluation: in[nin] to out[nout]. Cost: the instructions, no allocation. */
void code_run(const Code *c, double *slots, const double *in, double *out);
/* Did the last run in these slots meet a tangent or adjoint 0 times a partial that is not finite?
 * program_hides tells whether that matters. */
bool code_met(const Code *c, const double *slots);
/* All values of p from number `from` on; those before are in v already. v has room for p->n + 1.
 * False: stopped, or the error is in p->env. */
bool code_values(const Program *p, const double *in, double *v, size_t from);
/* Makes code_run of c faster, for thousands of runs; before any thread runs c. False: this machine
 * cannot, nothing changes. */
bool code_speed_up(Code *c);
size_t code_length(const Code *c); /* instructions */
size_t code_nslots(const Code *c);

#endif
