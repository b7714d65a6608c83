/* trace/trace.h - the evaluation trace of an expression, for people and for programs.
 *
 * Invariant: rows stand in the order of evaluation and name earlier rows only; numbers have 17
 * digits, and are the exact values rounded where the point is known exactly.
 * Owners: a Trace owns its arrays; what it traces is the caller's and lives as long.
 * May use: base, number, table, expr, print, ball, program, point, procedure (where values of
 * procedures were computed).
 * Files: trace.c (rows, tangents, adjoints), exact.c (numbers by balls), write.c (the pieces of a
 * trace), text.c (for people, LaTeX), data.c (JSON, tables), internal.h.
 */
#ifndef LBZ_TRACE_H
#define LBZ_TRACE_H

#include "point/point.h"
#include "procedure/procedure.h"

typedef enum { TRACE_TEXT, TRACE_JSON, TRACE_CSV, TRACE_LATEX } TraceFormat;

/* What is to be traced. All pointers are the caller's and live as long as the trace. */
typedef struct {
    Accum *a;
    AccumMode mode;
    const double *dir;       /* forward: along it; NULL: by each input */
    const char *const *name; /* of the inputs */
    Node *const *at; /* the inputs as they were typed; NULL: float64 is all there is */
    /* the outputs are a list of this shape; NULL: one number */
    const ProcedureList *shape;
    const ProcedureWhere *where; /* of the first nwhere values, in functions; or NULL */
    size_t nwhere;
} TraceOf;

typedef struct trace Trace;

/* The steps of an evaluation: v_i, its expression, its value, and in forward mode its tangents, in
 * reverse mode for each output a backward sweep: the contributions to each adjoint. Numbers have
 * 17 digits. NULL on error. */
Trace *trace_new(const TraceOf *of);
void trace_free(Trace *t);
size_t trace_rows(const Trace *t);
/* What text and LaTeX leave out: so many rows in the middle. */
size_t trace_omitted(const Trace *t);
/* The derivatives of output k as the trace has them: grad[nin], or along dir grad[0]. */
void trace_derivatives(const Trace *t, size_t k, double *grad);

void trace_text(Trace *t, Str *out);
/* {"mode": ..., "inputs": [...], "outputs": [...], "rows": [...]} */
void trace_json(Trace *t, Str *out);
/* A table by rows, its first row the names of the columns: cells, each ended by a NUL. Returns the
 * number of columns. */
size_t trace_table(Trace *t, Str *cells);
void trace_csv(Trace *t, Str *out);
void trace_latex(Trace *t, Str *out);

#endif
