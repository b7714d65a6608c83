/* signals.c - see signals.h. */
#define _GNU_SOURCE
#include "signals.h"

#include "leibniz.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t came[NSIG];
/* Those before NENDING end the program. */
static const int watched[] = {SIGTERM,   SIGHUP,  SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2,
                              SIGVTALRM, SIGXCPU, SIGTSTP, SIGCONT, SIGWINCH};
enum { NWATCHED = sizeof watched / sizeof *watched, NENDING = 8 };

static void on_signal(int sig)
{
    came[sig] = 1;
    if (sig == SIGINT)
        lbz_interrupt();
}

/* Without SA_RESTART: a blocked read has to return. */
static void catch_signal(int sig, void (*handler)(int))
{
    struct sigaction sa = {.sa_handler = handler};
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

static void on_last(int sig)
{
    on_signal(sig);
    alarm(1);
}

static void on_alarm(int sig)
{
    (void)sig;
    signals_die(SIGINT);
}

void signals_catch_int(bool last)
{
    catch_signal(SIGINT, last ? on_last : on_signal);
    if (last)
        catch_signal(SIGALRM, on_alarm);
}

bool signals_interrupted(void) { return came[SIGINT]; }

void signals_resume(void)
{
    came[SIGINT] = 0;
    lbz_resume();
}

_Noreturn void signals_die(int sig)
{
    signal(sig, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sig);
    raise(sig);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    _exit(128 + sig);
}

void signals_watch(void)
{
    for (int i = 0; i < NWATCHED; i++)
        catch_signal(watched[i], on_signal);
}

void signals_unwatch(void)
{
    for (int i = 0; i < NWATCHED; i++)
        if (watched[i] != SIGWINCH)
            signal(watched[i], SIG_DFL);
}

bool signals_take(int sig)
{
    bool yes = came[sig];
    came[sig] = 0;
    return yes;
}

int signals_ending(void)
{
    for (int i = 0; i < NENDING; i++)
        if (came[watched[i]])
            return watched[i];
    return 0;
}

void signals_stop(void)
{
    signals_unwatch();
    raise(SIGTSTP);
    signals_watch();
    signals_take(SIGCONT);
}

static bool any_came(void)
{
    for (int i = 0; i < NWATCHED; i++)
        if (came[watched[i]])
            return true;
    return came[SIGINT];
}

void signals_wait(int fd)
{
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    for (int i = 0; i < NWATCHED; i++)
        sigaddset(&block, watched[i]);
    sigprocmask(SIG_BLOCK, &block, &old);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (!any_came())
        ppoll(&p, 1, NULL, &old);
    sigprocmask(SIG_SETMASK, &old, NULL);
}
