/* commands/descend.h - private to commands: what the words of an open descent share. */
#ifndef LBZ_COMMANDS_DESCEND_H
#define LBZ_COMMANDS_DESCEND_H

#include "commands/commands.h"
#include "session/descent.h"

/* The answer becomes a table whose rows are those of the descent as it is now, one by one. */
void rows_begin(lbz_session *s, bool head);
void rows_add(lbz_session *s);
/* Ends it, with what there is to say of the descent's state. */
bool rows_end(lbz_session *s);
/* All steps made, as lines of comma-separated values; the descent comes back to where it is. */
bool rows_csv(lbz_session *s, Str *out);
const char *going_state_name(DescentState state);

/* What a word's text says of a rule; false with an error. */
bool going_read_rate(lbz_session *s, const char *text, Span a, DescentRule *r);
bool going_read_method(lbz_session *s, const char *text, Span a, DescentRule *r);
bool going_read_search(lbz_session *s, const char *text, Span a, DescentRule *r);
/* The expression text[a] with definitions put in, but for the names own[n], which stay what they
 * are. */
bool going_eval(lbz_session *s, const char *text, Span a, const uint32_t *own, size_t n,
                EvalResult *r);
/* A number of steps; `other` where the text is empty. */
bool going_count(lbz_session *s, const char *text, Span a, size_t other, size_t *n);

/* A line that opens it again at its point; the memory of its method begins anew. */
void going_print(const OpenDescent *o, Str *out);
void going_say(OpenDescent *o, DescentState state, const char *fmt, ...) LBZ_PRINTF(3, 4);
/* No step was found: what that says of the state. */
void going_judge_still(OpenDescent *o);

#endif
