/* lines.c - makes the inputs of the benchmarks. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

/* ---- random questions. The text of each is kept in a fixed buffer; what does not fit is cut
 * into a leaf, so every question is well formed. */
enum { TEXT_MAX = 8192 };

typedef struct {
    uint64_t state;
    char text[TEXT_MAX];
    size_t n;
} Gen;

static uint32_t roll(Gen *g, uint32_t sides)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return (uint32_t)(g->state >> 33) % sides;
}

static void put(Gen *g, const char *s)
{
    size_t n = strlen(s);

    if (g->n + n < TEXT_MAX) {
        memcpy(g->text + g->n, s, n + 1);
        g->n += n;
    }
}

static void put_int(Gen *g, uint32_t i)
{
    char b[16];
    snprintf(b, sizeof b, "%u", i);
    put(g, b);
}

static void gen_leaf(Gen *g)
{
    uint32_t p = roll(g, 100);

    if (p < 55) {
        put(g, "x");
    } else if (p < 70) {
        put(g, roll(g, 2) ? "y" : "z");
    } else if (p < 95) {
        put_int(g, 1 + roll(g, 9));
    } else {
        put(g, "(");
        put_int(g, 1 + roll(g, 9));
        put(g, "/");
        put_int(g, 2 + roll(g, 8));
        put(g, ")");
    }
}

static void gen(Gen *g, int depth);

static void gen_binary(Gen *g, int depth, const char *op)
{
    put(g, "(");
    gen(g, depth - 1);
    put(g, op);
    gen(g, depth - 1);
    put(g, ")");
}

static void gen_quotient(Gen *g, int depth)
{
    put(g, "(");
    gen(g, depth - 1);
    put(g, "/((");
    gen(g, depth - 2);
    put(g, ")^2+");
    put_int(g, 1 + roll(g, 5));
    put(g, "))");
}

static void gen_power(Gen *g, int depth)
{
    put(g, "((");
    gen(g, depth - 1);
    put(g, ")^");
    put_int(g, 2 + roll(g, 4));
    put(g, ")");
}

static void gen_call(Gen *g, int depth)
{
    static const char *const fn[] = {"sin",  "cos",  "tan",  "exp", "log",
                                     "sqrt", "atan", "sinh", "tanh"};
    put(g, fn[roll(g, sizeof fn / sizeof *fn)]);
    put(g, "(");
    gen(g, depth - 1);
    put(g, ")");
}

/* Depth is at most 5: this recursion is over our own input. */
static void gen(Gen *g, int depth)
{
    uint32_t p;

    if (depth <= 0 || roll(g, 100) < 12) {
        gen_leaf(g);
        return;
    }
    p = roll(g, 100);
    if (p < 26)
        gen_binary(g, depth, "+");
    else if (p < 36)
        gen_binary(g, depth, "-");
    else if (p < 60)
        gen_binary(g, depth, "*");
    else if (p < 68)
        gen_quotient(g, depth);
    else if (p < 80)
        gen_power(g, depth);
    else
        gen_call(g, depth);
}

static int has_x(const char *s)
{
    for (; *s; s++)
        if (*s == 'x' && s[1] != 'p')
            return 1;
    return 0;
}

void lines_random(FILE *f, Syntax s, size_t n, uint64_t seed)
{
    static const int depth[] = {3, 4, 4, 5, 5};
    Gen *g = malloc(sizeof *g);

    if (!g)
        abort();
    g->state = seed * 0x9e3779b97f4a7c15u + 1;
    while (n > 0) {
        g->n = 0;
        gen(g, depth[roll(g, 5)]);
        if (!has_x(g->text))
            continue;
        fprintf(f, s == GINSH ? "diff(%s,x);\n" : "d/dx %s\n", g->text);
        n--;
    }
    free(g);
}

/* ---- families */
void lines_chain(FILE *f, Syntax s, int k, Chain which, int printed)
{
    const char *end = s == GINSH ? ":" : "";

    fprintf(f, "f0 = x%s\n", end);
    for (int i = 1; i <= k; i++)
        if (which == CHAIN_PRODUCT)
            fprintf(f, "f%d = f%d*sin(f%d)%s\n", i, i - 1, i - 1, end);
        else
            fprintf(f, "f%d = sin(f%d*x+%d)%s\n", i, i - 1, i, end);
    if (s == GINSH)
        fprintf(f, "diff(f%d,x);\n", k);
    else
        fprintf(f, "%sdiff(f%d, x)\n", printed ? "" : "g := ", k);
}

static void ask_gradient(FILE *f, Syntax s, int n, int ask)
{
    if (s == GINSH) {
        for (int i = 1; i <= ask; i++)
            fprintf(f, "diff(f,x%d);\n", i);
        return;
    }
    fputs("grad(f, [", f);
    for (int i = 1; i <= n; i++)
        fprintf(f, "x%d%s", i, i < n ? "," : "])\n");
}

void lines_rosenbrock(FILE *f, Syntax s, int n)
{
    fputs("f = ", f);
    for (int i = 1; i < n; i++)
        fprintf(f, "%s100*(x%d-x%d^2)^2+(1-x%d)^2", i > 1 ? "+" : "", i + 1, i, i);
    fputs(s == GINSH ? ":\n" : "\n", f);
    ask_gradient(f, s, n, n);
}

void lines_product(FILE *f, Syntax s, int n, int ask)
{
    fputs("f = ", f);
    for (int i = 1; i <= n; i++)
        fprintf(f, "%sx%d", i > 1 ? "*" : "", i);
    fputs(s == GINSH ? ":\n" : "\n", f);
    ask_gradient(f, s, n, ask);
}
