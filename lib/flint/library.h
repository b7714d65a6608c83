/* flint/library.h - the memory of GMP and FLINT: through ours, counted, and an end of the statement
 * where there is none.
 *
 * Both end the process when they get no memory. In a child (base/child.h) it is the child that ends.
 * Else the Env of the running statement gets LBZ_LIMIT and gives up its ballast, so that the
 * library's call, which is none of the heavy ones, can come to its end. Only when that is not
 * enough the process ends, after the caller's last words.
 */
#ifndef LBZ_FLINT_LIBRARY_H
#define LBZ_FLINT_LIBRARY_H

#include "base/base.h"

/* What GMP and FLINT take in this thread counts for env from now on; returns whose it was before,
 * to go back to, or NULL. The first call makes their memory functions ours, unless the
 * program has set some of its own. */
Env *library_enter(Env *env);
void library_leave(Env *before);
/* Gives back what FLINT keeps for this thread. */
void library_forget_thread(void);

/* Called by flint/lazy.c when FLINT has been opened, else by library_enter. */
void library_opened(void);

#endif
