/* numbers.c - the rows of make bench about formulas and functions at numbers. A row is a statement
 * behind the definitions it needs; it is asked six times with `time`, and the notes tell what it
 * took, printing aside. Its peer is another statement or the same by hand in C.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

/* 40 nodes; by_hand.c has it in C. */
#define FORMULA                                                               \
    "exp(-x^2/2)*sin(3*x + 1) + log(1 + x^2)*cos(x)/(2 + sin(x)) + sqrt(1 + " \
    "exp(x))*tanh(x/3) + x^3*atan(x) + cosh(x/2)*log(2 + cos(x)) + 5/(1 + x^4)"

/* The same of the elements of x, summed. */
#define SUMMED                                                                       \
    "f(x) = { sum(exp(-x.^2/2).*sin(3*x + 1) + log(1 + x.^2).*cos(x)./(2 + sin(x)) " \
    "+ sqrt(1 + exp(x)).*tanh(x/3) + x.^3.*atan(x) + cosh(x/2).*log(2 + cos(x)) "    \
    "+ 5 ./(1 + x.^4)) }"

#define STEPS "x = linspace(0.5, 1.5, 10^7)"

typedef struct {
    const char *name;
    size_t list;        /* v is that many numbers from 0.5 on to 1.5; 0: there is none */
    const char *define; /* lines */
    const char *ask, *peer;
    /* If peer is NULL: the program in C, and over how many points. */
    const char *by_hand;
    const char *points;
    const char *target;
    const char *which; /* of the formulas in C; NULL: the first */
} Row;

static const Row rows[] = {
    {"value and gradient to value: log-sum-exp of 16384", 16384,
     "f(x) = { log(sum(exp(x))) }", "reverse f(x) at x=v", "f(v)", NULL, NULL, "3"},
    {"value and gradient to value: sum of 16384", 16384, "f(x) = { sum(x) }",
     "reverse f(x) at x=v", "f(v)", NULL, NULL, "3"},
    {"value and gradient to value: Rosenbrock of 1000", 1000,
     "f(x) = { s = 0; for i = 1:length(x)-1 "
     "{ s = s + 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2 }; s }",
     "reverse f(x) at x=v", "f(v)", NULL, NULL, "3"},
    {"value and derivative to C: a loop of 10^5 rounds", 0,
     "f(a, n) = { s = 0; for i = 0:n-1 { x = a + i/n; s = s + " FORMULA " }; s }",
     "forward f(a, 100000) at a=0.5", NULL, "by_hand", "100000", "1.8"},
    {"value and derivative to C: a sum of 10^5 terms", 0, "f(x) = " FORMULA,
     "forward sum(f(a + i/100000.0), i, 0, 99999) at a=0.5", NULL, "by_hand", "100000",
     "1.8"},
    {"value and gradient to C: 10^5 numbers", 100000, SUMMED, "reverse f(x) at x=v", NULL,
     "by_hand_many", "100000", "1.6"},
    {"value to C: x^2*sin(x) of 10^7", 0, STEPS, "sum(x.^2.*sin(x))", NULL,
     "by_hand_many", "10000000", "1.3", "e0"},
    {"value and gradient to C: x^2*sin(x) of 10^7", 0, STEPS,
     "reverse sum(v.^2.*sin(v)) at v=x", NULL, "by_hand_many", "10000000", "1.3", "e1"},
    {"value and both gradients to C: two arrays of 10^7", 0, STEPS,
     "reverse sum(sin(u).*exp(-u.^2) + log(1 + v.^2)./sqrt(1 + u.^2.*v.^2)) at u=x, v=x",
     NULL, "by_hand_many", "10000000", "1.3", "e2"},
};

/* ---- inputs */
static void list_line(FILE *f, size_t n)
{
    fputs("v = [", f);
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s%.17g", i ? "," : "", 0.5 + (double)i / (double)n);
    fputs("]\n", f);
}

static Command statement(const Bench *b, const Row *r, const char *ask, const char *file)
{
    enum { TIMES = 6 };
    Command c = {.argv = {b->leibniz, NULL}, .what = NOTES};
    FILE *f = bench_input(b, file, LEIBNIZ, &c.input);

    if (r->list)
        list_line(f, r->list);
    fprintf(f, "%s\n", r->define);
    for (int i = 0; i < TIMES; i++)
        fprintf(f, "time %s\n", ask);
    fclose(f);
    return c;
}

static Command by_hand(const Bench *b, const Row *r)
{
    Command c = {.input = "/dev/null", .what = NOTES};
    char *path = malloc(strlen(b->tools) + strlen(r->by_hand) + 2);

    if (!path)
        abort();
    sprintf(path, "%s/%s", b->tools, r->by_hand);
    c.argv[0] = path;
    c.argv[1] = r->points;
    c.argv[2] = r->which;
    return c;
}

void bench_numbers(const Bench *b)
{
    enum { PAIRS = 5 };

    for (const Row *r = rows; r < rows + sizeof rows / sizeof *rows; r++) {
        if (!bench_wants(b, r->name))
            continue;
        Command a = statement(b, r, r->ask, "ask");
        Command p = r->peer ? statement(b, r, r->peer, "peer") : by_hand(b, r);
        bench_row(b, r->name, &a, &p, PAIRS, true, r->target);
    }
}
