/* trace.h - floor 5: the evaluation trace of an expression, for people and for programs. */
#ifndef LBZ_TRACE_H
#define LBZ_TRACE_H

#include "accum.h"

typedef enum { TRACE_TEXT, TRACE_JSON, TRACE_CSV, TRACE_LATEX } TraceFormat;

/* The trace of output 0 of a: v_i, its expression, its value, and in forward mode its tangents
 * (along dir, or by each input when dir is NULL), in reverse mode the backward sweep: the
 * contributions to each adjoint. Numbers have 17 digits. grad[nin] gets the derivatives (along
 * dir: grad[0]). False on error. */
bool trace_write(Accum *a, AccumMode mode, const double *dir, TraceFormat format, Str *out,
                 double *grad);

#endif
