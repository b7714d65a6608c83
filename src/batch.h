/* batch.h - one statement through a session to the bytes of its record and reports. */
#ifndef BATCH_H
#define BATCH_H

#include "record.h"

/* How records are made; the same for all sessions of a run. */
typedef struct {
    const Options *options;
    const Style *err_style;
    bool approx;
    bool screen; /* records go to a terminal */
} Making;

/* A session set up as the options ask, or NULL when memory is out. decimals: the values
 * of exact constants are wanted. */
lbz_session *eval_open(const Options *o, bool decimals);
bool eval_wants_decimals(const Making *m);

/* Evaluates rec, appends its record to out and its reports to err. Returns the exit
 * status that this line asks for; *quit: the user asked to leave; *valued: % is this
 * line's result. */
int eval_record(const Making *m, lbz_session *s, Record *rec, Buf *out, Buf *err,
                bool *quit, bool *valued);

/* The program for inputs that are not a terminal; returns the exit status. */
int batch_run(const Options *o);
/* The same on o->jobs threads. */
int parallel_run(const Making *m);

#endif
