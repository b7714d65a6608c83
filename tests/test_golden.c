/* test_golden.c - runs the transcripts in tests/golden through the real program.
 *
 * A transcript is a list of cases, separated by blank lines. The first character of a
 * line tells what it is:
 *
 *     # a remark
 *     $ arguments of the program; '...' keeps blanks together
 *     < a line of standard input          <\ the same with \t \r \0 \xHH \\ in it
 *     > a line of standard output
 *     ! a line of standard error
 *     ? exit status, 0 when it is not given
 *
 * Outputs are compared byte by byte, except the times in JSON records, which read as 0.
 * The program is $LEIBNIZ, or else ./leibniz; arguments name other transcripts to run. */
#define _GNU_SOURCE
#include "program.h"

#include <ctype.h>
#include <glob.h>

typedef struct {
    Text in, out, err;
    char *args[PROGRAM_MAX_ARGS];
    int nargs, status, line;
    bool any;
} Case;

static int passed, failed;

static void add_line(Text *t, const char *s)
{
    text_add(t, s, strlen(s));
    text_add(t, "\n", 1);
}

static void add_escaped(Text *t, const char *s)
{
    for (; *s; s++) {
        char c = *s;
        if (c == '\\' && s[1]) {
            c = *++s;
            if (c == 'x' && isxdigit((unsigned char)s[1]) &&
                isxdigit((unsigned char)s[2])) {
                c = (char)strtol((char[]){s[1], s[2], 0}, NULL, 16);
                s += 2;
            } else {
                c = c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
            }
        }
        text_add(t, &c, 1);
    }
    text_add(t, "\n", 1);
}

static void add_args(Case *c, char *s)
{
    for (;;) {
        s += strspn(s, " ");
        if (!*s || c->nargs + 2 >= PROGRAM_MAX_ARGS)
            return;
        bool quoted = *s == '\'';
        char *end = quoted ? strchr(++s, '\'') : s + strcspn(s, " ");
        end = end ? end : s + strlen(s);
        c->args[c->nargs++] = strndup(s, (size_t)(end - s));
        s = *end ? end + 1 : end;
    }
}

static void clear(Case *c)
{
    free(c->in.s);
    free(c->out.s);
    free(c->err.s);
    for (int i = 0; i < c->nargs; i++)
        free(c->args[i]);
    *c = (Case){0};
}

/* ---- running */

static bool differs(const char *what, const Case *c, const Text *want, const Text *got,
                    const char *file, bool first)
{
    if (want->n == got->n && !memcmp(want->n ? want->s : "", got->s, got->n))
        return false;
    if (first)
        printf("%s:%d: case fails; its input:\n%s", file, c->line,
               c->in.n ? c->in.s : "");
    printf("  %s should be:\n%s  but is:\n%s", what, want->n ? want->s : "", got->s);
    return true;
}

static void run_case(const char *file, Case *c)
{
    if (!c->any)
        return;
    Ran r = program_run(c->in.n ? c->in.s : "", c->in.n, c->args, (size_t)c->nargs);
    text_forget_times(&r.out);
    bool out = differs("standard output", c, &c->out, &r.out, file, true);
    bool err = differs("standard error", c, &c->err, &r.err, file, !out);
    if (r.status != c->status)
        printf("%s:%d: exit status should be %d but is %d\n", file, c->line, c->status,
               r.status);
    bool good = !out && !err && r.status == c->status;
    passed += good;
    failed += !good;
    ran_free(&r);
    clear(c);
}

/* ---- reading */

static void take_line(const char *file, Case *c, char *s, int number)
{
    const char *rest = s[0] && s[1] == ' ' ? s + 2 : s[0] ? s + 1 : s;
    if (*s == '#')
        return;
    if (!c->any)
        c->line = number;
    c->any = true;
    switch (*s) {
    case '$': add_args(c, s + 1); break;
    case '<':
        if (s[1] == '\\' && s[2] == ' ')
            add_escaped(&c->in, s + 3);
        else
            add_line(&c->in, rest);
        break;
    case '>': add_line(&c->out, rest); break;
    case '!': add_line(&c->err, rest); break;
    case '?': c->status = atoi(rest); break;
    default: printf("%s:%d: not a line of a transcript: %s\n", file, number, s); failed++;
    }
}

static void run_file(const char *file)
{
    FILE *f = fopen(file, "r");
    if (!f) {
        perror(file);
        failed++;
        return;
    }
    Case c = {0};
    char *line = NULL;
    size_t cap = 0;
    int number = 0;
    for (ssize_t n; (n = getline(&line, &cap, f)) >= 0;) {
        number++;
        if (n && line[n - 1] == '\n')
            line[n - 1] = 0;
        if (*line)
            take_line(file, &c, line, number);
        else
            run_case(file, &c);
    }
    run_case(file, &c);
    clear(&c);
    free(line);
    fclose(f);
}

int main(int argc, char **argv)
{
    const char *srcdir = getenv("srcdir");
    setenv("LC_ALL", "C.UTF-8", 1);
    for (int i = 1; i < argc; i++)
        run_file(argv[i]);
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/tests/golden/*.test", srcdir ? srcdir : ".");
    glob_t g;
    if (argc == 1 && glob(pattern, 0, NULL, &g) == 0) {
        for (size_t i = 0; i < g.gl_pathc; i++)
            run_file(g.gl_pathv[i]);
        globfree(&g);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
