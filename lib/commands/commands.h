/* commands/commands.h - one statement in, one result out: statements are carried out here, and
 * commands, which are statements that begin with a word of the table's rows C.
 *
 * Adding a command: a row C(run, ...) in ops.def and a function cmd_RUN here.
 * Invariant: the first error stops the line; what earlier statements did stays.
 * Owners: all that lasts is the session's; a command's work lives in the statement.
 * May use: all folders before it.
 * Files: statement.c (a line to statements, one after the other), commands.c (the words),
 * check.c with constant.[ch] (check A == B), gradcheck.c, request.h (`E at x=1`, as asked) with
 * numeric.c (reads it; forward, reverse), trace.c, descend.[ch] (opens a descent) with run.c (its
 * words) and rows.c (its steps as rows), help.c with pages.[ch] (its texts), function.c (lbz_compile),
 * kernels.c (program), words.[ch] (completion), loops.c (for, while, pause), gradients.c (backward),
 * names.c (vars, save, load ...), show.c (set, time, latex ...).
 * statement, commands, names and show are one circle: load and time run statements.
 */
#ifndef LBZ_COMMANDS_H
#define LBZ_COMMANDS_H

#include "session/session.h"

/* Runs one or more statements; false with the error in s->ans.err. */
bool statement_run(lbz_session *s, const char *text, size_t n);
/* The statement before ends; what it has made goes. */
void statement_begin(lbz_session *s);

/* The statement's text, and the bytes behind the command word. False with the error in the
 * context. */
typedef bool CmdFunction(lbz_session *s, const char *text, Span args);
CmdFunction *cmd_function(const char *name); /* NULL: there is none */

#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(run, ...) CmdFunction cmd_##run;
#include "ops.def"

#endif
