/* trace/internal.h - what the files of traces share; nobody else includes it. */
#ifndef LBZ_TRACE_INTERNAL_H
#define LBZ_TRACE_INTERNAL_H

#include "trace/trace.h"

typedef struct trace_exact TraceExact;

struct trace {
    TraceOf of;
    Accum *a;
    uint32_t *name; /* of a value: its row, from 1; 0: has none */
    uint32_t *row;  /* the value of each row */
    size_t nrows;
    Edges e;
    uint32_t *use;  /* of a value: the last edge that leaves it + 1; 0: none */
    uint32_t *next; /* of an edge: the one before it that leaves the same value, + 1 */
    size_t lanes;   /* numbers of each value: tangents by direction, adjoints by output */
    double *dot;    /* dot[v*lanes + k] */
    TraceExact *exact; /* the same numbers as they are exactly, or NULL */
};

/* How expressions are written. */
typedef enum { WRITE_PLAIN, WRITE_LATEX } TraceWrite;

/* The expression of value v over the names of rows. */
void trace_expression(const Trace *t, uint32_t v, TraceWrite how, Str *out);
/* With 17 digits: value v, dot[i], and the partial derivative of value `to` by v. */
void trace_value(const Trace *t, uint32_t v, TraceWrite how, Str *out);
void trace_dot(const Trace *t, size_t i, TraceWrite how, Str *out);
void trace_partial(const Trace *t, uint32_t v, uint32_t to, double partial,
                   TraceWrite how, Str *out);
/* The numbers of t as they are exactly, at a point that is exact; v and dot become the float64 next
 * to them. NULL: cannot be told. */
TraceExact *trace_exact(const Trace *t);
void trace_exact_free(TraceExact *e);
void trace_exact_value(const TraceExact *e, uint32_t v, Str *out);
void trace_exact_dot(const TraceExact *e, size_t i, Str *out);
void trace_exact_partial(const Trace *t, uint32_t v, uint32_t to, Str *out);
/* "a4*(0.5) + a3*(2)" for the adjoint of value v by output k; "1" for the output itself. */
void trace_contributions(const Trace *t, uint32_t v, size_t k, TraceWrite how, Str *out);
/* One use of a value after the other, the last first: begin with i = t->use[v]; while i is not 0 it
 * fills in which value uses it and by which partial derivative in all. Returns the next i. */
static inline uint32_t trace_use(const Trace *t, uint32_t i, uint32_t *to,
                                 double *partial)
{
    *to = t->e.edge[i - 1].to;
    *partial = 0;
    for (; i && t->e.edge[i - 1].to == *to; i = t->next[i - 1])
        *partial += t->a->v[t->e.edge[i - 1].partial];
    return i;
}
/* Does output k get anything from value v? */
static inline bool trace_reaches(const Trace *t, uint32_t v, size_t k)
{
    return t->dot[v * t->lanes + k] != 0 || v == t->a->out[k];
}
/* Is row r left out in text and LaTeX? */
bool trace_omits(const Trace *t, size_t r);
/* Where the value of row r was computed; NULL: not in a function. */
const ProcedureWhere *trace_where(const Trace *t, size_t r);
/* "[v3, v4]", the names of the outputs. */
void trace_outputs(const Trace *t, TraceWrite how, Str *out);

#endif
