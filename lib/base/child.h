/* base/child.h - heavy work in a child process, which can be dropped at any moment.
 *
 * FLINT, Arb and GMP do not ask whether they should stop, and end the process when memory is out.
 * So what may take them long runs in a copy of the process: it works on what is there, writes
 * its answer, and is killed when the caller is to stop; nothing of ours is left half done.
 * Invariant: a child has no other effect than its answer, the steps it took and its error.
 */
#ifndef LBZ_BASE_CHILD_H
#define LBZ_BASE_CHILD_H

#include "base/base.h"

/* Is work that may take so many seconds worth a child? It costs about 0.3 ms, more for a process that
 * holds much memory. Never where Env forbids children, nor in a child. */
bool child_pays(const Env *env, double seconds);

/* Runs work(arg, answer) in a child and appends what it put into answer to ours. False: env has the
 * error: the child's own, an interruption, or LBZ_LIMIT where the child ended without an
 * answer. Where the system makes no child, work runs here. */
bool child_run(Env *env, void (*work)(void *arg, Str *answer), void *arg, Str *answer);

/* Ends a child, with the error in env as its answer. Only where child_is(env). */
_Noreturn void child_end(Env *env);
static inline bool child_is(const Env *env) { return env->child_out > 0; }

#endif
