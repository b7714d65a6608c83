/* base/child.c - see child.h. The answer comes through a pipe: a head, then what work wrote. */
#define _GNU_SOURCE /* pipe2 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* What a child has to say besides its answer. */
typedef struct {
    Err err;
    uint64_t steps;
    uint64_t n; /* bytes that follow */
} Head;

bool child_pays(const Env *env, double seconds)
{
    double held = (double)(env->mem_used + env->data_used) / (1 << 20);
    double least = 0.02 + 1e-4 * held; /* copying the page tables */
    return env->children && !child_is(env) && seconds > (least < 0.2 ? least : 0.2);
}

/* ---- the child */
/* The caller's handlers are not to run in the copy; Ctrl-C is the caller's to deal with. */
static void forget_signals(void)
{
    struct sigaction now, plain = {.sa_handler = SIG_DFL};
    for (int sig = 1; sig < NSIG; sig++)
        if (sigaction(sig, NULL, &now) == 0 && now.sa_handler != SIG_DFL &&
            now.sa_handler != SIG_IGN)
            sigaction(sig, &plain, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
}

static void send_all(int fd, const void *from, size_t n)
{
    for (const char *s = from; n;) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno != EINTR)
            return;
        s += k > 0 ? k : 0;
        n -= k > 0 ? (size_t)k : 0;
    }
}

/* What a library says on its way out would be seen beside our own error. */
static void silence_stderr(void)
{
    int fd = open("/dev/null", O_WRONLY);
    if (fd >= 0 && fd != 2)
        dup2(fd, 2);
}

static void send_answer(Env *env, const Str *answer)
{
    Head h = {.err = env->err, .steps = env->steps, .n = env_failed(env) ? 0 : answer->n};
    h.err.about = NULL;
    send_all(env->child_out, &h, sizeof h);
    send_all(env->child_out, answer->s, h.n);
}

_Noreturn void child_end(Env *env)
{
    send_answer(env, &(Str){0});
    _exit(0);
}

static _Noreturn void be_child(Env *env, void (*work)(void *, Str *), void *arg)
{
    Str answer = {0};
    silence_stderr();
    work(arg, &answer);
    if (answer.failed)
        env_error(env, LBZ_LIMIT, NULL, "there is not enough memory for this");
    send_answer(env, &answer);
    _exit(0);
}

/* ---- the caller */
typedef struct {
    pid_t pid;
    int in;
} Child;

/* False: the system makes none. Returns twice, as fork does. */
static bool child_fork(Env *env, Child *ch)
{
    int fd[2];
    sigset_t all, before;
    if (pipe2(fd, O_CLOEXEC))
        return false;
    pid_t parent = getpid();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    ch->pid = fork();
    if (ch->pid == 0) {
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
#endif
        forget_signals();
        env->child_out = fd[1];
    }
    (void)parent;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ch->pid != 0)
        close(fd[1]);
    ch->in = fd[0];
    if (ch->pid < 0)
        close(fd[0]);
    return ch->pid >= 0;
}

/* At most n bytes of the answer; 0: no more come, or env says stop. */
static size_t receive_some(Env *env, int fd, char *to, size_t n)
{
    enum { PATIENCE = 20 }; /* ms until the interrupt flag is looked at again */
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (!env_stop(env)) { /* no step: how often we look depends on the machine */
        int ready = poll(&p, 1, PATIENCE);
        ssize_t k = ready > 0 ? read(fd, to, n) : 0;
        if (k > 0)
            return (size_t)k;
        if ((ready > 0 && k == 0) || ((ready < 0 || k < 0) && errno != EINTR))
            return 0;
    }
    return 0;
}

/* False: not n bytes came. */
static bool receive(Env *env, int fd, void *to, size_t n)
{
    char *s = to;
    size_t k = 1;
    for (; n && k; s += k, n -= k)
        k = receive_some(env, fd, s, n);
    return n == 0;
}

static bool receive_answer(Env *env, int fd, Str *answer)
{
    Head h;
    if (!receive(env, fd, &h, sizeof h))
        return false;
    env->steps += h.steps;
    if (h.err.status != LBZ_OK) {
        h.err.about = env->about;
        env->err = env_failed(env) ? env->err : h.err;
        return true;
    }
    if (!str_room(answer, h.n) || !receive(env, fd, answer->s + answer->n, h.n))
        return false;
    answer->n += h.n;
    answer->s[answer->n] = '\0';
    return true;
}

bool child_run(Env *env, void (*work)(void *arg, Str *answer), void *arg, Str *answer)
{
    Child ch;
    if (env_poll(env))
        return false;
    if (child_is(env) || !env->children || !child_fork(env, &ch)) {
        work(arg, answer);
        return !env_failed(env) && !answer->failed;
    }
    if (ch.pid == 0)
        be_child(env, work, arg);
    bool came = receive_answer(env, ch.in, answer);
    close(ch.in);
    if (!came)
        kill(ch.pid, SIGKILL);
    while (waitpid(ch.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (!came)
        env_error(env, LBZ_LIMIT, "ask for something smaller, or in steps",
                  "this is too large for FLINT, or for the memory there is");
    return !env_failed(env);
}
