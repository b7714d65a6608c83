/* program.h - running the real program from a test: $LEIBNIZ, or else ./leibniz. Static
 * functions, so that a test stays one file. */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_MAX_ARGS = 64, PROGRAM_SECONDS = 60 };

/* Runs for minutes unless it is interrupted. */
#define LONG_COMPUTATION "taylor(exp(exp(exp(x))), x=0, 2000)"

typedef struct {
    char *s; /* NUL-terminated once something was added */
    size_t n;
} Text;

typedef struct {
    Text out, err;
    int status; /* as a shell tells it: 128 + signal */
} Ran;

/* The room that text of n bytes is given: a power of two. */
static size_t text_room(size_t n)
{
    size_t room = 64;
    while (room < n + 1)
        room *= 2;
    return room;
}

__attribute__((unused)) static void text_add(Text *t, const char *s, size_t n)
{
    if (!t->s || text_room(t->n + n) != text_room(t->n)) {
        t->s = realloc(t->s, text_room(t->n + n));
        if (!t->s)
            exit(99);
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = 0;
}

static const char *program_path(void)
{
    const char *p = getenv("LEIBNIZ");
    return p ? p : "./leibniz";
}

static int program_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child: no test outlives its minute, whatever the program does. */
static void program_exec(char *const *args, size_t nargs)
{
    char *argv[PROGRAM_MAX_ARGS + 2] = {(char *)program_path()};
    for (size_t i = 0; i < nargs && i < PROGRAM_MAX_ARGS; i++)
        argv[i + 1] = args[i];
    alarm(PROGRAM_SECONDS);
    execv(argv[0], argv);
    _exit(127);
}

__attribute__((unused)) static Text program_slurp(FILE *f)
{
    Text t = {0};
    char buf[4096];
    size_t n;
    rewind(f);
    text_add(&t, "", 0);
    while ((n = fread(buf, 1, sizeof buf, f)) > 0)
        text_add(&t, buf, n);
    fclose(f);
    return t;
}

/* Runs the program to its end; standard input is a file that holds in. */
__attribute__((unused)) static Ran program_run(const char *in, size_t n,
                                               char *const *args, size_t nargs)
{
    FILE *f[3];
    for (int i = 0; i < 3; i++)
        if (!(f[i] = tmpfile()))
            exit(99);
    fwrite(in, 1, n, f[0]);
    rewind(f[0]);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++)
            dup2(fileno(f[i]), i);
        program_exec(args, nargs);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    fclose(f[0]);
    Ran r = {.status = program_status(status)};
    r.out = program_slurp(f[1]);
    r.err = program_slurp(f[2]);
    return r;
}

__attribute__((unused)) static void ran_free(Ran *r)
{
    free(r->out.s);
    free(r->err.s);
}

/* "ms":0.123 becomes "ms":0 */
__attribute__((unused)) static void text_forget_times(Text *t)
{
    char *to = t->s;
    for (char *p = t->s; p < t->s + t->n;) {
        if (strncmp(p, "\"ms\":", 5)) {
            *to++ = *p++;
            continue;
        }
        memcpy(to, "\"ms\":0", 6);
        to += 6;
        p += 5 + strspn(p + 5, "0123456789.e+-");
    }
    t->n = (size_t)(to - t->s);
    t->s[t->n] = 0;
}

#endif
