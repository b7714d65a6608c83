/* repl.h - the conversation at a terminal. */
#ifndef REPL_H
#define REPL_H

#include "options.h"

int repl_run(const Options *o); /* the exit status */

#endif
