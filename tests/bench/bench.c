/* bench.c - what make bench prints: leibniz beside ginsh, FLINT alone and C, as whole processes that
 * read the same questions, run in turn; medians, and the median of the ratios pair by pair. Every
 * row is what a user could type. Judges nothing: the target stands beside the figure.
 *
 *     bench LEIBNIZ TOOLS [OLD [name-part]]
 *
 * TOOLS is the folder of the peers that are built here. With OLD, another leibniz, that one is the
 * peer in every row.
 */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNS = 101, LONG_RUN = 8 /* seconds */ };

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
static void child(const char *const *argv, int in, int out, int err)
{
    int null = open("/dev/null", O_RDWR);

    dup2(in, 0);
    dup2(out >= 0 ? out : null, 1);
    dup2(err >= 0 ? err : null, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Seconds from start to exit; *rss gets the peak memory in KiB. Negative: it could not run. */
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

/* What the process on the other end tells that a statement took, in seconds: the median of its
 * notes, of which the first one warms up, or what its last record says. */
static double read_told(FILE *f, What what)
{
    enum { SIZE = 1 << 16 };
    static const char *const mark[] = {[NOTES] = "note: took ", [RECORD] = "\"ms\":"};
    char line[SIZE];
    double t[MAX_RUNS] = {-1};
    int n = 0;

    while (fgets(line, SIZE, f)) {
        const char *ms = strstr(line, mark[what]);
        if (ms && n < MAX_RUNS)
            t[what == NOTES ? n++ : 0] = strtod(ms + strlen(mark[what]), NULL) * 1e-3;
    }
    return n > 1 ? median(t + 1, n - 1) : t[0];
}

static double run(const Command *c)
{
    int in = open(c->input, O_RDONLY), told[2] = {-1, -1};
    double start = now(), t = 0;

    if (in < 0 || (c->what != PROCESS && pipe(told) < 0))
        die(c->input);
    pid_t pid = fork();
    if (pid == 0)
        child(c->argv, in, c->what == RECORD ? told[1] : -1,
              c->what == NOTES ? told[1] : -1);
    if (c->what != PROCESS) {
        close(told[1]);
        FILE *f = fdopen(told[0], "r");
        t = read_told(f, c->what);
        fclose(f);
    }
    double whole = finish(pid, start, NULL);
    close(in);
    return (c->what == PROCESS || whole < 0 ? whole : t) * (c->scale > 0 ? c->scale : 1);
}

/* ---- rows of the table */
static void head(const Bench *b)
{
    printf("%-46s %12s %14s %9s  %s\n", "", "leibniz", b->old ? "old" : "peer", "ratio",
           b->old ? "" : "target");
}

bool bench_wants(const Bench *b, const char *name)
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

static void print_row(const char *name, double a, double peer, const char *note,
                      double ratio, const char *target)
{
    char sa[32], sp[32], sr[32];

    figure(sa, sizeof sa, a, "");
    figure(sp, sizeof sp, peer, note);
    snprintf(sr, sizeof sr, peer < 0 || a < 0 ? "-" : "%.2f", ratio);
    printf("%-46s %12s %14s %9s  %s\n", name, sa, sp, sr, target);
    fflush(stdout);
}

void bench_row(const Bench *b, const char *name, const Command *a, const Command *peer,
               int runs, bool inverse, const char *target)
{
    double ta[MAX_RUNS], tp[MAX_RUNS], r[MAX_RUNS];
    Command older = *a, p = b->old ? older : *peer;

    if (!bench_wants(b, name))
        return;
    if (b->old) {
        p.argv[0] = b->old;
        inverse = true;
        target = "";
    }
    for (int i = -1; i < runs; i++) { /* the first pair warms up, unless it is long */
        int k = i < 0 ? 0 : i;
        ta[k] = run(a);
        tp[k] = run(&p);
        r[k] = inverse ? ta[k] / tp[k] : tp[k] / ta[k];
        if (i < 0 && ta[k] + tp[k] > LONG_RUN)
            runs = 1, i = 0;
    }
    print_row(name, median(ta, runs), median(tp, runs), p.scale > 1 ? " (est.)" : "",
              median(r, runs), target);
}

/* ---- inputs */
FILE *bench_input(const Bench *b, const char *name, Syntax s, const char **path)
{
    char text[128];
    snprintf(text, sizeof text, "%s/%s.%s", b->dir, name,
             s == GINSH ? "ginsh" : "leibniz");
    FILE *f = fopen(text, "w");
    *path = strdup(text);
    if (!f || !*path)
        die(text);
    return f;
}

static const char *input_text(const Bench *b, const char *name, Syntax s,
                              const char *text)
{
    const char *path;
    FILE *f = bench_input(b, name, s, &path);
    fputs(text, f);
    fclose(f);
    return path;
}

static Command leibniz(const Bench *b, const char *simplify, const char *input)
{
    return (Command){.argv = {b->leibniz, simplify, NULL}, .input = input};
}

static Command ginsh(const char *input)
{
    return (Command){.argv = {"ginsh", NULL}, .input = input};
}

#define NONE "--simplify=none"
#define FULL "--simplify=full"

static void bench_text(const Bench *b, const char *row_name, const char *simplify,
                       int runs, const char *target, const char *ours, const char *theirs)
{
    Command a = leibniz(b, simplify, input_text(b, "text", LEIBNIZ, ours));
    Command p = ginsh(input_text(b, "text", GINSH, theirs));
    bench_row(b, row_name, &a, &p, runs, false, target);
}

static void bench_batch(const Bench *b)
{
    const char *in[2];

    for (Syntax s = LEIBNIZ; s <= GINSH; s++) {
        FILE *f = bench_input(b, "batch", s, &in[s]);
        lines_random(f, s, 10000, 1);
        fclose(f);
    }
    Command none = leibniz(b, NONE, in[LEIBNIZ]), full = leibniz(b, FULL, in[LEIBNIZ]);
    Command p = ginsh(in[GINSH]);
    bench_row(b, "10 000 derivatives, not simplified", &none, &p, 5, false, ">= 4");
    bench_row(b, "10 000 derivatives, simplified (ginsh: not)", &full, &p, 5, false,
              ">= 1");
}

static void bench_gradients(const Bench *b)
{
    enum { N = 1000, ASK = 5 };
    const char *in[2][2];

    for (Syntax s = LEIBNIZ; s <= GINSH; s++) {
        FILE *f = bench_input(b, "rosenbrock", s, &in[0][s]);
        lines_rosenbrock(f, s, N);
        fclose(f);
        f = bench_input(b, "product", s, &in[1][s]);
        lines_product(f, s, N, ASK);
        fclose(f);
    }
    Command a = leibniz(b, NONE, in[0][LEIBNIZ]), p = ginsh(in[0][GINSH]);
    bench_row(b, "gradient of Rosenbrock, 1000 variables", &a, &p, 3, false, ">= 100");
    a = leibniz(b, NONE, in[1][LEIBNIZ]);
    p = ginsh(in[1][GINSH]);
    p.scale = (double)N / ASK;
    bench_row(b, "gradient of a product of 1000 variables", &a, &p, 3, false, ">= 100");
}

static void bench_expand(const Bench *b)
{
    char tool[256];
    snprintf(tool, sizeof tool, "%s/flint_expand", b->tools);
    Command a = leibniz(b, NONE,
                        input_text(b, "expand", LEIBNIZ,
                                   "set maxprint 100000000\n"
                                   "expand((x+y+z+w)^15*((x+y+z+w)^15+1))\n"));
    Command p = {.argv = {tool, "15", NULL}, .input = "/dev/null"};
    bench_row(b, "expand((x+y+z+w)^15*((x+y+z+w)^15+1)), FLINT", &a, &p, 7, true,
              "<= 10");
}

/* The derivative of the last definition of a chain: printed (in shared form), or stored as a value
 * and not printed. */
static Command chain(const Bench *b, int k, Chain which, bool printed)
{
    Command c = {.argv = {b->leibniz, NONE, "--json", NULL}, .what = RECORD};
    FILE *f = bench_input(b, k > 2000 ? "longer" : "chain", LEIBNIZ, &c.input);

    lines_chain(f, LEIBNIZ, k, which, printed);
    fclose(f);
    return c;
}

/* How much longer twice the chain takes. */
static void chain_row(const Bench *b, const char *name, int k, Chain which, bool printed)
{
    Command one = chain(b, k, which, printed), two = chain(b, 2 * k, which, printed);
    bench_row(b, name, &two, &one, 7, true, "about 2");
}

static void bench_chains(const Bench *b)
{
    chain_row(b, "f_k = sin(f_(k-1)*x + k), k = 4000 to 2000", 2000, CHAIN_SINE, false);
    chain_row(b, "and its text", 2000, CHAIN_SINE, true);
    chain_row(b, "f_k = f_(k-1)*sin(f_(k-1)), k = 4000 to 2000", 2000, CHAIN_PRODUCT,
              false);
    chain_row(b, "and its text", 2000, CHAIN_PRODUCT, true);
}

/* ---- memory of a long run */
static void bench_memory(const Bench *b, const char *simplify, size_t lines)
{
    const char *const argv[] = {b->leibniz, simplify, NULL};
    char name[64];
    int in[2];
    long rss;

    snprintf(name, sizeof name, "%zu lines, %s: memory", lines, simplify);
    if (!bench_wants(b, name))
        return;
    if (pipe(in) < 0)
        die("bench");
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        close(in[1]);
        child(argv, in[0], -1, -1);
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

    if (argc < 3) {
        fprintf(stderr, "usage: bench LEIBNIZ TOOLS [OLD [name-part]]\n");
        return 3;
    }
    b.leibniz = argv[1];
    b.tools = argv[2];
    b.old = argc > 3 && *argv[3] ? argv[3] : NULL;
    b.only = argc > 4 ? argv[4] : NULL;
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(b.dir))
        die(b.dir);
    head(&b);
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
    bench_numbers(&b);
    bench_memory(&b, NONE, 1000000);
    bench_memory(&b, FULL, 100000);
    clean(&b);
    return 0;
}
