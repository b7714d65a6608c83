/* commands/job.h - what the commands that differentiate at a point have been asked:
 * `E at x=1, y=2 [along (u, v)]`. */
#ifndef LBZ_JOB_H
#define LBZ_JOB_H

#include "point/point.h"
#include "session/procedure.h"
#include "commands/commands.h"

typedef struct {
    lbz_session *s;
    Ctx *c;
    AccumMode mode;
    const char *example; /* the hint of errors in what was typed */
    Node *e;
    uint32_t *in;
    Node **at;      /* what the names stand for, exactly ... */
    BlockList *x;   /* ... and in float64 */
    BlockList *dir; /* along; NULL: none */
    size_t nin;
    bool lists; /* a name stands for a list, or E calls functions made of statements */
} Job;

/* What a run of functions made of statements came to. */
typedef struct {
    Program *p;      /* of all elements of the point */
    uint32_t *out;   /* the values in it of the elements ... */
    BlockList shape; /* ... of the result */
    BlockTrail trail;
} JobRecord;

/* False on error; job_free is due in any case. */
bool job_read(Job *j, const char *text, Span args);
void job_free(Job *j);
/* The point (and direction) as plain numbers, in the statement's arena. */
double *job_numbers(Job *j, const BlockList *l);
/* The names of all elements of all inputs, each ended by a NUL; returns how many. */
size_t job_names(const Job *j, Str *names);
/* Room for n names (each ended by a NUL) and derivatives in the answer, which says what they are:
 * "value = 3, d/dx = 4". */
bool job_answer(Job *j, double value, size_t n, const Str *names, const double *grad);
/* A value that is no number is an error, an infinite one a remark; both name the operation. in: how
 * it was computed, when functions made of statements were run; or NULL. */
bool job_explain(Job *j, const Accum *a, uint32_t v, const JobRecord *in);
/* The run of an E with lists or functions made of statements, as a program of at most `most`
 * values; job_record_free is due in any case. */
bool job_record(Job *j, size_t most, JobRecord *r);
void job_record_free(JobRecord *r); /* p may be NULL by then */
/* All elements of the point (or direction), in the statement's arena. */
double *job_elements(Job *j, const BlockList *l, size_t *n);
/* Value and gradient, by all elements, of an E with lists or functions made of statements. */
bool job_block_gradient(Job *j, AccumMode mode, BlockList *out, double *grad);

#endif
