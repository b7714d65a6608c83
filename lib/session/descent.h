/* session/descent.h - the descent that is open in a session, from line to line.
 *
 * Invariant: between statements the names of its variables stand for its point, unless the user gave
 * them other values: those are its point when it goes on.
 * Owners: an OpenDescent belongs to its session.
 */
#ifndef LBZ_SESSION_DESCENT_H
#define LBZ_SESSION_DESCENT_H

#include "session/objective.h"
#include "session/session.h"

typedef struct open_descent {
    ObjectiveCode code;
    Descent *d;
    double sign; /* -1: it ascends */
    DescentState state;
    char reason[300]; /* for the state, in words */
    bool runs;        /* a run has been asked for */
    char *until;      /* NULL: none */
    bool *shown;      /* the variables that rows show; NULL: all that fit */
} OpenDescent;

void open_descent_free(OpenDescent *o); /* NULL: nothing to do */
/* Closes s's and leaves the point in the names. */
void open_descent_close(lbz_session *s);
/* Before a step: codes fit the context, the point is that of the names. False: an error. */
bool open_descent_resume(lbz_session *s);
/* After it: the names stand for the point. */
bool open_descent_publish(lbz_session *s);

#endif
