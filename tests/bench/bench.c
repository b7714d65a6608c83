/* bench.c - what make bench prints: leibniz beside ginsh and FLINT alone, as whole processes that read
 * the same questions, run in turn; medians, and the median of the ratios pair by pair. Judges
 * nothing: the target stands beside the figure.
 *
 *     bench LEIBNIZ GINSH FLINT_EXPAND [name-part]
 */
#include "lines.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNS = 101, MAX_ARGS = 8, LONG_RUN = 8 /* seconds */ };

typedef struct {
    const char *argv[MAX_ARGS];
    const char *input; /* file */
    double scale;      /* a peer that does part of the work counts that many times */
} Command;

typedef struct {
    const char *leibniz, *ginsh, *flint, *only;
    char dir[64];
} Bench;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- processes */
static void child(const char *const *argv, int in, int out)
{
    int null = open("/dev/null", O_RDWR);

    dup2(in, 0);
    dup2(out >= 0 ? out : null, 1);
    dup2(null, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Seconds from fork to exit; *rss gets the peak memory in KiB. Negative: it could not run. */
static double finish(pid_t pid, double start, long *rss)
{
    struct rusage use;
    int status;

    if (pid < 0 || wait4(pid, &status, 0, &use) < 0)
        die("bench");
    if (rss)
        *rss = use.ru_maxrss;
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 : now() - start;
}

static double run(const Command *c)
{
    int in = open(c->input, O_RDONLY);
    double start = now();
    pid_t pid = fork();

    if (in < 0)
        die(c->input);
    if (pid == 0)
        child(c->argv, in, -1);
    double t = finish(pid, start, NULL);
    close(in);
    return t * (c->scale > 0 ? c->scale : 1);
}

/* ---- rows of the table */
static void head(void)
{
    printf("%-46s %12s %14s %9s  %s\n", "", "leibniz", "peer", "ratio", "target");
}

static int wanted(const Bench *b, const char *name)
{
    return !b->only || strstr(name, b->only);
}

static void figure(char *out, size_t n, double seconds, const char *note)
{
    if (seconds < 0)
        snprintf(out, n, "-");
    else if (seconds < 1)
        snprintf(out, n, "%.2f ms%s", seconds * 1e3, note);
    else
        snprintf(out, n, "%.2f s%s", seconds, note);
}

/* A and B in turn. inverse: the ratio is A/B (lower is better), else B/A: how many times faster. */
static void row(const Bench *b, const char *name, const Command *a, const Command *p,
                int runs, int inverse, const char *target)
{
    double ta[MAX_RUNS], tp[MAX_RUNS], r[MAX_RUNS];
    char sa[32], sp[32], sr[32];

    if (!wanted(b, name))
        return;
    for (int i = -1; i < runs; i++) { /* the first pair warms up, unless it is long */
        int k = i < 0 ? 0 : i;
        ta[k] = run(a);
        tp[k] = run(p);
        r[k] = inverse ? ta[k] / tp[k] : tp[k] / ta[k];
        if (i < 0 && ta[k] + tp[k] > LONG_RUN)
            runs = 1, i = 0;
    }
    int missing = tp[0] < 0;
    snprintf(sr, sizeof sr, missing ? "-" : "%.2f", median(r, runs));
    figure(sa, sizeof sa, median(ta, runs), "");
    figure(sp, sizeof sp, median(tp, runs), p->scale > 1 ? " (est.)" : "");
    printf("%-46s %12s %14s %9s  %s\n", name, sa, sp, sr, target);
    fflush(stdout);
}

/* ---- inputs */
static const char *input_path(const Bench *b, const char *name, Syntax s)
{
    char *path = malloc(128);
    if (!path)
        die("bench");
    snprintf(path, 128, "%s/%s.%s", b->dir, name, s == GINSH ? "ginsh" : "leibniz");
    return path;
}

static FILE *input_open(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        die(path);
    return f;
}

static const char *input_text(const Bench *b, const char *name, Syntax s,
                              const char *text)
{
    const char *path = input_path(b, name, s);
    FILE *f = input_open(path);
    fputs(text, f);
    fclose(f);
    return path;
}

static Command leibniz(const Bench *b, const char *simplify, const char *input)
{
    return (Command){.argv = {b->leibniz, simplify, NULL}, .input = input};
}

static Command ginsh(const Bench *b, const char *input)
{
    return (Command){.argv = {b->ginsh, NULL}, .input = input};
}

#define NONE "--simplify=none"
#define FULL "--simplify=full"

static void bench_text(const Bench *b, const char *row_name, const char *simplify,
                       int runs, const char *target, const char *ours, const char *theirs)
{
    Command a = leibniz(b, simplify, input_text(b, "text", LEIBNIZ, ours));
    Command p = ginsh(b, input_text(b, "text", GINSH, theirs));
    row(b, row_name, &a, &p, runs, 0, target);
}

static void bench_batch(const Bench *b)
{
    const char *in[2];

    for (Syntax s = LEIBNIZ; s <= GINSH; s++) {
        in[s] = input_path(b, "batch", s);
        FILE *f = input_open(in[s]);
        lines_random(f, s, 10000, 1);
        fclose(f);
    }
    Command none = leibniz(b, NONE, in[LEIBNIZ]), full = leibniz(b, FULL, in[LEIBNIZ]);
    Command p = ginsh(b, in[GINSH]);
    row(b, "10 000 derivatives, not simplified", &none, &p, 5, 0, ">= 4");
    row(b, "10 000 derivatives, simplified (ginsh: not)", &full, &p, 5, 0, ">= 1");
}

static void bench_gradients(const Bench *b)
{
    enum { N = 1000, ASK = 5 };
    const char *in[2][2];

    for (Syntax s = LEIBNIZ; s <= GINSH; s++) {
        in[0][s] = input_path(b, "rosenbrock", s);
        FILE *f = input_open(in[0][s]);
        lines_rosenbrock(f, s, N);
        fclose(f);
        in[1][s] = input_path(b, "product", s);
        f = input_open(in[1][s]);
        lines_product(f, s, N, ASK);
        fclose(f);
    }
    Command a = leibniz(b, NONE, in[0][LEIBNIZ]), p = ginsh(b, in[0][GINSH]);
    row(b, "gradient of Rosenbrock, 1000 variables", &a, &p, 3, 0, ">= 100");
    a = leibniz(b, NONE, in[1][LEIBNIZ]);
    p = ginsh(b, in[1][GINSH]);
    p.scale = (double)N / ASK;
    row(b, "gradient of a product of 1000 variables", &a, &p, 3, 0, ">= 100");
}

static void bench_expand(const Bench *b)
{
    Command a = leibniz(b, NONE,
                        input_text(b, "expand", LEIBNIZ,
                                   "set maxprint 100000000\n"
                                   "expand((x+y+z+w)^15*((x+y+z+w)^15+1))\n"));
    Command p = {.argv = {b->flint, "15", NULL}, .input = "/dev/null"};
    row(b, "expand((x+y+z+w)^15*((x+y+z+w)^15+1)), FLINT", &a, &p, 7, 1, "<= 10");
}

/* ---- the time of one statement: what the last record says it took */
static double last_ms(const Bench *b, const char *input)
{
    const char *const argv[] = {b->leibniz, NONE, "--json", NULL};
    int in = open(input, O_RDONLY), out[2];
    char line[1 << 16], tail[256] = "";

    if (in < 0 || pipe(out) < 0)
        die(input);
    double start = now();
    pid_t pid = fork();
    if (pid == 0)
        child(argv, in, out[1]);
    close(out[1]);
    FILE *f = fdopen(out[0], "r");
    while (fgets(line, sizeof line, f)) {
        const char *ms = strstr(line, "\"ms\":");
        if (ms)
            snprintf(tail, sizeof tail, "%.200s", ms + 5);
    }
    fclose(f);
    close(in);
    finish(pid, start, NULL);
    return strtod(tail, NULL);
}

/* The derivative of the last definition of a chain: printed (in shared form), or stored as a value
 * and not printed. */
static double chain_ms(const Bench *b, int k, Chain which, int printed)
{
    double ms[7];
    const char *path = input_path(b, "chain", LEIBNIZ);
    FILE *f = input_open(path);

    lines_chain(f, LEIBNIZ, k, which, printed);
    fclose(f);
    for (int i = 0; i < 7; i++)
        ms[i] = last_ms(b, path);
    return median(ms, 7);
}

/* A row, with how much longer twice the chain takes. */
static void chain_row(const Bench *b, const char *name, int k, Chain which, int printed,
                      const char *target)
{
    if (!wanted(b, name))
        return;
    double one = chain_ms(b, k, which, printed), two = chain_ms(b, 2 * k, which, printed);
    printf("%-46s %9.2f ms %14s %9.2f  %s\n", name, one, "", two / one, target);
    fflush(stdout);
}

static void bench_chains(const Bench *b)
{
    if (wanted(b, "f_k = "))
        printf("derivatives of chains of definitions; ratio: time for 2*k over time for "
               "k\n");
    chain_row(b, "f_k = sin(f_(k-1)*x + k), k = 2000", 2000, CHAIN_SINE, 0,
              "<= 5 ms, about 2");
    chain_row(b, "f_k = sin(f_(k-1)*x + k), and its text", 2000, CHAIN_SINE, 1,
              "about 2");
    chain_row(b, "f_k = f_(k-1)*sin(f_(k-1)), k = 1000", 1000, CHAIN_PRODUCT, 0,
              "about 2");
    chain_row(b, "f_k = f_(k-1)*sin(f_(k-1)), and its text", 1000, CHAIN_PRODUCT, 1,
              "about 2");
}

/* ---- memory of a long run */
static void bench_memory(const Bench *b, const char *simplify, size_t lines)
{
    const char *const argv[] = {b->leibniz, simplify, NULL};
    char name[64];
    int in[2];
    long rss;

    snprintf(name, sizeof name, "%zu lines, %s: memory", lines, simplify);
    if (!wanted(b, name))
        return;
    if (pipe(in) < 0)
        die("bench");
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        close(in[1]);
        child(argv, in[0], -1);
    }
    close(in[0]);
    FILE *f = fdopen(in[1], "w");
    lines_random(f, LEIBNIZ, lines, 2);
    fclose(f);
    double t = finish(pid, start, &rss);
    printf("%-46s %9.1f MB %12.1f s %9s  %s\n", name, (double)rss / 1024, t, "",
           "<= 64 MB");
}

static void clean(const Bench *b)
{
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", b->dir);
    if (system(cmd) != 0)
        die(b->dir);
}

int main(int argc, char **argv)
{
    Bench b = {.dir = "/tmp/leibniz-bench-XXXXXX"};

    if (argc < 4) {
        fprintf(stderr, "usage: bench LEIBNIZ GINSH FLINT_EXPAND [name-part]\n");
        return 3;
    }
    b.leibniz = argv[1];
    b.ginsh = argv[2];
    b.flint = argv[3];
    b.only = argc > 4 ? argv[4] : NULL;
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(b.dir))
        die(b.dir);
    head();
    bench_text(&b, "start to the answer of 1+1", FULL, 41, ">= 1", "1+1\n", "1+1;\n");
    bench_text(&b, "start to the answer of d/dx x^2*sin(x)", FULL, 41, ">= 1",
               "d/dx x^2*sin(x)\n", "diff(x^2*sin(x),x);\n");
    bench_batch(&b);
    bench_text(&b, "diff(exp(sin(x)*cos(x)+x^2), x, 20)", NONE, 9, ">= 10",
               "diff(exp(sin(x)*cos(x)+x^2), x, 20)\n",
               "diff(exp(sin(x)*cos(x)+x^2),x,20);\n");
    bench_chains(&b);
    bench_gradients(&b);
    bench_expand(&b);
    bench_memory(&b, NONE, 1000000);
    bench_memory(&b, FULL, 100000);
    clean(&b);
    return 0;
}
