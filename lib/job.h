/* job.h - floor 6: what the commands that differentiate at a point have been asked:
 * `E at x=1, y=2 [along (u, v)]`. */
#ifndef LBZ_JOB_H
#define LBZ_JOB_H

#include "accum.h"
#include "block_world.h"
#include "session.h"

typedef struct {
    lbz_session *s;
    Ctx *c;
    AccumMode mode;
    const char *example; /* the hint of errors in what was typed */
    Node *e;
    uint32_t *in;
    Node **at;       /* what the names stand for, exactly ... */
    BlockList *x;    /* ... and in float64 */
    BlockList *dir;  /* along; NULL: none */
    size_t nin;
    bool lists;      /* a name stands for a list, or E calls functions made of statements */
} Job;

/* False on error; job_free is due in any case. */
bool job_read(Job *j, const char *text, Span args);
void job_free(Job *j);
/* The point (and direction) as plain numbers, in the statement's arena. */
double *job_numbers(Job *j, const BlockList *l);
/* The names of all elements of all inputs, each ended by a NUL; returns how many. */
size_t job_names(const Job *j, Str *names);
/* Value and gradient, by all elements, of an E with lists or functions made of statements. */
bool job_block_gradient(Job *j, AccumMode mode, BlockList *out, double *grad);

#endif
