/* commands/request.h - what the commands that differentiate at a point have been asked:
 * `E at x=1, y=2 [along (u, v)]`. */
#ifndef LBZ_COMMANDS_REQUEST_H
#define LBZ_COMMANDS_REQUEST_H

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
    Node **at;          /* what the names stand for, exactly ... */
    ProcedureList *x;   /* ... and in float64 */
    ProcedureList *dir; /* along; NULL: none */
    size_t nin;
    bool lists; /* a name stands for a list, or E calls functions made of statements */
} Request;

/* What a run of functions made of statements came to. */
typedef struct {
    Program *p;          /* of all elements of the point */
    uint32_t *out;       /* the values in it of the elements ... */
    ProcedureList shape; /* ... of the result */
    ProcedureTrail trail;
} RequestRecord;

/* False on error; request_free is due in any case. */
bool request_read(Request *j, const char *text, Span args);
void request_free(Request *j);
/* The point (and direction) as plain numbers, in the statement's arena. */
double *request_numbers(Request *j, const ProcedureList *l);
/* The names of all elements of all inputs, each ended by a NUL; returns how many. */
size_t request_names(const Request *j, Str *names);
/* Room for n names (each ended by a NUL) and derivatives in the answer, which says what they are:
 * "value = 3, d/dx = 4". */
bool request_answer(Request *j, double value, size_t n, const Str *names,
                    const double *grad);
/* A value that is no number is an error, an infinite one a remark; both name the operation. in: how
 * it was computed, when functions made of statements were run; or NULL. */
bool request_explain(Request *j, const Accum *a, uint32_t v, const RequestRecord *in);
/* The run of an E with lists or functions made of statements, as a program of at most `most`
 * values; request_record_free is due in any case. */
bool request_record(Request *j, size_t most, RequestRecord *r);
void request_record_free(RequestRecord *r); /* p may be NULL by then */
/* All elements of the point (or direction), in the statement's arena. */
double *request_elements(Request *j, const ProcedureList *l, size_t *n);
/* Value and gradient, by all elements, of an E with lists or functions made of statements. */
bool request_procedure_gradient(Request *j, AccumMode mode, ProcedureList *out,
                                double *grad);

#endif
