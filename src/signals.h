/* signals.h - Ctrl-C and the other keys and events that come as signals. The flags here
 * are the only mutable globals of the program: handlers can reach nothing else. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* From now on SIGINT stops the running evaluation and sets a flag. last: the program is
 * to end then; if it does not within a second it is ended. */
void signals_catch_int(bool last);
bool signals_interrupted(void);
/* Forgets the flag and lets evaluations run again. */
void signals_resume(void);
/* Ends the program by sig, as its parent expects of a program that does not catch it. */
_Noreturn void signals_die(int sig);

/* While a line is typed: SIGTSTP, SIGCONT, SIGWINCH and those that ask for the end (SIGTERM,
 * SIGHUP, SIGQUIT, SIGALRM, SIGUSR1 ...) set flags. */
void signals_watch(void);
/* While a line is evaluated: they do what they do by default, except that SIGWINCH is
 * noted. */
void signals_unwatch(void);
/* Takes the flag of a signal: true once for each time it came (or several). */
bool signals_take(int sig);
/* One that asks for the end of the program and has come, or 0. */
int signals_ending(void);
/* Stops the program as Ctrl-Z does, until it goes on. */
void signals_stop(void);
/* Waits until fd can be read or a watched signal has come, without a race between
 * them. */
void signals_wait(int fd);

#endif
