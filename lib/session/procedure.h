/* session/procedure.h - functions made of statements, as a session has them. */
#ifndef LBZ_SESSION_PROCEDURE_H
#define LBZ_SESSION_PROCEDURE_H

#include "point/point.h"
#include "procedure/procedure.h"
#include "session/session.h"

/* The session's functions and names, for running procedures in the present statement. */
ProcedureScope session_procedure_scope(lbz_session *s);
/* e, whose names in[] stand for arg[] (NULL: no memory), as the formula of the path that is taken at
 * w's point; poison with an error: there is none, or it is too long. */
Node *session_path_formula(Ctx *c, ProcedureScope w, Node *e, const uint32_t *in,
                           Node *const *arg, size_t nin);
/* f'(a), where a function made of statements uses it. */
Node *session_slope(void *session, Ctx *c, Node *n, Node *const *a);
/* The statements of d, read once in a statement. */
bool session_procedure(lbz_session *s, const Def *d, Procedure **out);
/* Does e call a function made of statements? */
bool session_calls_procedures(lbz_session *s, Node *e);
/* The same through all functions and names that e uses: loops, too, are loops in such functions
 * and calls in a circle. */
typedef struct {
    bool procedures, loops;
} ProcedureUse;
ProcedureUse session_procedure_use(lbz_session *s, Node *e);

/* ---- procedure_point.c: derivatives at a point */
typedef struct {
    lbz_session *s;
    Ctx *c;
    ProcedureScope world;
    Op what;            /* JACOBIAN (or GRAD), JVP, VJP, HESSIAN, HVP */
    Node *e;            /* calls of functions are still in it */
    const uint32_t *in; /* all names with values; the first nvars are differentiated by */
    const ProcedureList *x;
    size_t nin, nvars;
    const double *vec; /* of JVP, VJP, HVP */
    size_t nvec;
    const unsigned *order; /* instead: how often by each element; NULL */
    bool forced;           /* mode is the caller's wish */
    AccumMode mode;
    /* results */
    ProcedureList out; /* the value */
    double *d;         /* by rows, one for each output */
    size_t n;          /* elements of the names differentiated by */
    const char *route;
    PointKink kink;
} ProcedurePoint;
/* Are there long lists in e that are not written out? */
bool session_point_run(ProcedurePoint *p);
void session_point_free(ProcedurePoint *p);
/* Says that there is no derivative by the n inputs, if so. */
void answer_note_kink(Ctx *c, size_t n, const PointKink *k);
/* e with dual numbers in it, by one run forward; false, with or without an error: not possible. */
bool session_dual_numbers(lbz_session *s, const Parsed *parsed, Node *e, Node **value,
                          Node **slope);
/* `D E at ...` where that needs the machine; NULL: it does not. */
Node *session_procedure_at(lbz_session *s, const Parsed *parsed, Node *at);

#endif
