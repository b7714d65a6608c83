/* program/planner.h - what plan.c (what is stored, when) and kernel.c (bodies of kernels) share;
 * nobody else includes it. */
#ifndef LBZ_PROGRAM_PLANNER_H
#define LBZ_PROGRAM_PLANNER_H

#include "program/plan.h"

/* A kernel to be: the values of one space that are stored or reduced at the present level. */
typedef struct {
    uint32_t shape;
    unsigned split;
    uint32_t *root;
    size_t n, cap;
} PlanGroup;

typedef struct {
    const Program *p;
    Program *q; /* for program_grow only */
    const uint32_t *outs;
    size_t nout;
    unsigned char *need, *stored;
    uint32_t *level;
    unsigned *cost;
    uint32_t *store; /* of a value, P_NONE: none yet */
    uint32_t *order; /* the values that are needed, by level */
    uint32_t *first; /* of a level, in order */
    uint32_t levels;
    Plan *plan;
    /* kernel.c */
    uint32_t now; /* the level */
    PlanGroup *group;
    size_t ngroups, groups_cap;
    uint32_t *map;  /* of a value: visited, or its value in the body; P_NONE */
    uint32_t *cone; /* values that are computed in the body, or wait to be looked at */
    size_t ncone;
    uint32_t *reads;
    size_t nreads;
    uint32_t *loops;
} Planner;

bool planner_no_memory(Planner *t); /* false */
bool planner_is_pointwise(const ProgramValue *x);
uint32_t planner_store(Planner *t, uint32_t v);
/* The elements of v over its own axes. A view that is stored is read there, unless through it. */
PlanRead planner_read(Planner *t, uint32_t v, bool through);
PlanStep *planner_step(Planner *t, POp op, const Dims *space);
/* Is the operand o of v computed where v is? */
bool planner_is_inner(const Planner *t, uint32_t v, uint32_t o);

bool planner_add_root(Planner *t, uint32_t v);
bool planner_make_kernels(Planner *t);

#endif
