/* test_print.c - looks that must be exactly so, text that types back in to the same node,
 * and expressions far larger as trees than as DAGs. */
#include "diff/diff.h"
#include "parse/parse.h"
#include "print/print.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static Ctx *c;

static void setup(void)
{
    c = ctx_new();
    ck_assert_ptr_nonnull(c);
    ctx_begin_statement(c);
    unsetenv("COLUMNS");
}

static void teardown(void) { ctx_free(c); }

static Node *read_node(const char *text)
{
    Node *n = parse_text(c, text);

    ck_assert_msg(!ctx_failed(c), "%s: %s", text, c->env.err.message);
    return n;
}

typedef void (*Printer)(Ctx *, Str *, Node *);

static void ck_text(Printer print, Node *n, const char *from, const char *want)
{
    Str s = {0};

    print(c, &s, n);
    ck_assert_msg(!ctx_failed(c), "%s: %s", from, c->env.err.message);
    ck_assert_msg(strcmp(str_cstr(&s), want) == 0, "%s\nprints\n%s\nnot\n%s", from,
                  str_cstr(&s), want);
    str_free(&s);
}

/* The text of n read again is n, and its length was known. */
static void ck_round(Node *n)
{
    Str s = {0}, t = {0};
    Node *back;

    print_plain(c, &s, n);
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    ck_assert_double_eq(print_length(c, n), (double)s.n);
    back = parse_text(c, str_cstr(&s));
    ck_assert_msg(!ctx_failed(c), "%s: %s", s.s, c->env.err.message);
    print_plain(c, &t, back);
    /* With decimals it has the same value only: 0.1/3 is shown with 17 digits, and the 4
     * of 4*(x + 0.1) is distributed. */
    ck_assert_msg(back == n || n->flags & NF_DEC, "%s\nreads back as\n%s", str_cstr(&s),
                  str_cstr(&t));
    str_free(&s);
    str_free(&t);
}

/* ---- looks
 * ----------------------------------------------------------------------------- */

static const char *const plain[][2] = {
    /* sums and the order of their terms */
    {"1 + 2*x + 3*x^2", "3*x^2 + 2*x + 1"},
    {"x^2*cos(x) + 2*sin(x)*x", "2*x*sin(x) + x^2*cos(x)"},
    {"-tanh(x)^2 + 1", "1 - tanh(x)^2"},
    {"1 + x^2", "x^2 + 1"},
    {"1 + log(x)", "log(x) + 1"},
    {"1 + sqrt(x)", "sqrt(x) + 1"},
    {"cos(x) + 1", "1 + cos(x)"},
    {"exp(x) + 1", "1 + exp(x)"},
    {"cos(x) - 1", "cos(x) - 1"},
    {"1 + cos(x) + x", "x + cos(x) + 1"},
    {"-x^2 + 1", "1 - x^2"},
    {"-x + 1", "1 - x"},
    {"-x^3 + 2*x + 1", "1 + 2*x - x^3"},
    {"-x + y", "y - x"},
    {"x - y", "x - y"},
    {"-y - x", "-x - y"},
    {"-4*a*c + b^2", "b^2 - 4*a*c"},
    {"1 - 2*x + x^2", "x^2 - 2*x + 1"},
    {"x10 + x2 + x1", "x1 + x2 + x10"},
    {"y^2 + x*y + x^2", "x^2 + x*y + y^2"},
    {"c + b*x + a*x^2", "a*x^2 + b*x + c"},
    {"4*cos(2) + 4*sin(2)", "4*sin(2) + 4*cos(2)"},
    {"2*exp(x) + x^2*exp(x) + 2*x*exp(x)", "x^2*exp(x) + 2*x*exp(x) + 2*exp(x)"},
    {"f(x)*g'(x) + f'(x)*g(x)", "f(x)*g'(x) + f'(x)*g(x)"},
    {"sqrt(2)*y + x", "x + sqrt(2)*y"},
    {"x/2 + y/2", "(x + y)/2"},
    {"x/8 + 3/8", "(x + 3)/8"},
    {"-x/2 - 1/2", "-(x + 1)/2"},
    {"3*x/4 - 9/4", "3*(x - 3)/4"},
    {"x/2 + 1", "x/2 + 1"},
    {"x/2 + y/3", "x/2 + y/3"},
    {"0.5*x + 0.5", "0.5*x + 0.5"},
    /* descending powers where a polynomial stands with other terms */
    {"-x^3 + x^2 + x + sin(x)", "sin(x) - x^3 + x^2 + x"},
    {"-x^2 + 3*x + exp(x)", "exp(x) - x^2 + 3*x"},
    {"x^2 + x + sin(x)", "x^2 + x + sin(x)"},
    {"1 - x^2 + x + cos(x)", "cos(x) - x^2 + x + 1"},
    {"1 - x^2 - sin(x)", "1 - x^2 - sin(x)"},
    {"-x^2*exp(x) + x*exp(x) + 1", "1 - x^2*exp(x) + x*exp(x)"},
    {"4*t*cos(t) - t^2*sin(t) + 2*sin(t)", "4*t*cos(t) - t^2*sin(t) + 2*sin(t)"},
    {"-x^5 + 2*x - 4", "-x^5 + 2*x - 4"},
    {"-a*x^2 + b*x + c", "-a*x^2 + b*x + c"},
    {"1/x - 2*x - cos(x)", "1/x - 2*x - cos(x)"},
    {"x - x^2", "x - x^2"},
    {"2*x + 2*y", "2*x + 2*y"},
    {"10*x + 10*y + 10*z", "10*(x + y + z)"},
    {"x/12 + y/12 + z/12", "(x + y + z)/12"},
    {"-x/12 - y/12 - z/12", "-(x + y + z)/12"},
    /* products and fractions */
    {"1/sqrt(x^2 + 1)", "1/sqrt(x^2 + 1)"},
    {"exp(-x)/(1 + exp(-x))^2", "exp(-x)/(1 + exp(-x))^2"},
    {"(1 - sigmoid(x))*sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"},
    {"(1 - x^2)/(x^2 + 1)^2", "(1 - x^2)/(x^2 + 1)^2"},
    {"(x^2 + 1)^6*x*14", "14*x*(x^2 + 1)^6"},
    {"sin(x)*(x^2 + 1)^6*x", "x*(x^2 + 1)^6*sin(x)"},
    {"1/(1 + cos(x))", "1/(1 + cos(x))"},
    {"1/sin(x)", "1/sin(x)"},
    {"1/(x^2 + 1)", "1/(x^2 + 1)"},
    {"(log(x) + 1)*x^x", "x^x*(log(x) + 1)"},
    {"x^(n - 1)*n", "n*x^(n - 1)"},
    {"abs(x)*2", "2*abs(x)"},
    {"x*foo'(x^2)*2", "2*x*foo'(x^2)"},
    {"cos(x)*sin(x)", "sin(x)*cos(x)"},
    {"(sin(x) + cos(x))*exp(x)", "exp(x)*(sin(x) + cos(x))"},
    {"exp(-x^2)*(4*x^2 - 2)", "(4*x^2 - 2)*exp(-x^2)"},
    {"a/(b*c)", "a/(b*c)"},
    {"2*x/3", "2*x/3"},
    {"1/(2*x)", "1/(2*x)"},
    {"pi*x/2", "pi*x/2"},
    {"x*sqrt(2)*pi", "sqrt(2)*pi*x"},
    {"x2*x10*x1", "x1*x2*x10"},
    {"(x^2 + 1)*(x + 1)*(x - 1)", "(x - 1)*(x + 1)*(x^2 + 1)"},
    /* signs */
    {"-x", "-x"},
    {"-2*x*exp(-x^2)", "-2*x*exp(-x^2)"},
    {"-x^2", "-x^2"},
    {"(-x)^n", "(-x)^n"},
    {"-(x - 1)*sin(x)", "(1 - x)*sin(x)"},
    {"-x*(x - 1)", "x*(1 - x)"},
    {"-1/(x - 1)", "1/(1 - x)"},
    {"-1/(x - 1)^3", "1/(1 - x)^3"},
    {"-(x^2 + 1)*y", "-y*(x^2 + 1)"},
    {"-3/2*x", "-3*x/2"},
    {"-cos(x)/2", "-cos(x)/2"},
    /* powers, numbers, constants */
    {"2/3", "2/3"},
    {"x^(1/3)", "x^(1/3)"},
    {"x*sqrt(x)", "x^(3/2)"},
    {"1/sqrt(2)", "sqrt(2)/2"},
    {"x^-1", "1/x"},
    {"(-2)^x", "(-2)^x"},
    {"(2/3)^x", "(2/3)^x"},
    {"x^(y^z)", "x^y^z"},
    {"(x^y)^z", "(x^y)^z"},
    {"x^(-n)", "1/x^n"},
    {"x^(-n - 1)", "1/x^(n + 1)"},
    {"2^(-x)", "1/2^x"},
    {"e^x", "exp(x)"},
    {"e", "e"},
    {"x/e", "x/e"},
    {"pi", "pi"},
    {"-inf", "-inf"},
    {"0.1 + 0.2", "0.3"},
    {"0.3*x^2", "0.3*x^2"},
    {"x^0.5", "x^0.5"},
    {"2.5e-7", "2.5e-7"},
    /* the rest */
    {"f''''(x) + f'''(x)", "f'''(x) + f^(4)(x)"},
    {"f_1(x, y) + f_1_2(x, y)", "f_1(x, y) + f_1_2(x, y)"},
    {"[1,2;3,4]", "[[1, 2], [3, 4]]"},
    {"[x, 2]", "[x, 2]"},
    {"int(sin(t)*x, t, a, b)", "int(x*sin(t), t, a, b)"},
    {"sum(k^2, k, 1, n)", "sum(k^2, k, 1, n)"},
    {"if x < 0 then -1 else 1", "if x < 0 then -1 else 1"},
    {"2*(if x < 0 then 1 else x)^2", "2*(if x < 0 then 1 else x)^2"},
    {"if x < 0 or y <= 1 and x != y then 1 else if x == 2 then 2 else 3",
     "if x < 0 or y <= 1 and x != y then 1 else if x == 2 then 2 else 3"},
    {"0 < x", "x > 0"},
    {"if 1 <= x then 1 else y", "if x >= 1 then 1 else y"},
    {"log(x, b)", "log(x)/log(b)"},
    {"subs(x^2, x = 3)", "subs(x^2, x = 3)"},
    {"sin(x) at x = 1, y = 2", "sin(x) at x = 1, y = 2"},
};

START_TEST(test_plain)
{
    Node *n = read_node(plain[_i][0]);

    ck_text(print_plain, n, plain[_i][0], plain[_i][1]);
    if (!(n->flags & NF_STRUCTURAL))
        ck_round(n);
}
END_TEST

static const char *const latex[][2] = {
    {"2*x*sin(x) + x^2*cos(x)",
     "2 x \\sin\\left(x\\right) + x^{2} \\cos\\left(x\\right)"},
    {"sin(x)^2", "\\sin^{2}\\left(x\\right)"},
    {"(x + 1)*sin(x)^2/(2*y)",
     "\\frac{\\left(x + 1\\right) \\sin^{2}\\left(x\\right)}{2 y}"},
    {"1/sqrt(x^2 + 1)", "\\frac{1}{\\sqrt{x^{2} + 1}}"},
    {"x^(1/3)", "\\sqrt[3]{x}"},
    {"-x/2", "-\\frac{x}{2}"},
    {"2*3^x", "2 \\cdot 3^{x}"},
    {"exp(-x^2/2)", "e^{-\\frac{x^{2}}{2}}"},
    {"alpha*x_10 + beta2/Gamma", "\\alpha x_{10} + \\frac{\\beta_{2}}{\\Gamma}"},
    {"x_max", "x_{\\mathrm{max}}"},
    {"foo'(x^2)", "\\operatorname{foo}'\\left(x^{2}\\right)"},
    {"f_1(x, y)", "f^{(1,0)}\\left(x, y\\right)"},
    {"abs(x)^3", "\\left|x\\right|^{3}"},
    {"floor(x/2)", "\\left\\lfloor \\frac{x}{2}\\right\\rfloor"},
    {"factorial(n + 1)", "\\left(n + 1\\right)!"},
    {"int(exp(-t), t, 0, x)", "\\int_{0}^{x} e^{-t} \\, dt"},
    {"sum(1/k^2, k, 1, inf)", "\\sum_{k = 1}^{\\infty} \\frac{1}{k^{2}}"},
    {"if x < 0 then -1 else 1",
     "\\begin{cases} -1 & \\text{if } x < 0 \\\\ 1 & \\text{otherwise} \\end{cases}"},
    {"[1, 2; 3, x]", "\\begin{pmatrix} 1 & 2 \\\\ 3 & x \\end{pmatrix}"},
    {"[1, x]", "\\left[1, x\\right]"},
    {"(x + 1)^2", "\\left(x + 1\\right)^{2}"},
    {"(x^y)^z", "\\left(x^{y}\\right)^{z}"},
    {"besselj(0, x)", "J_{0}\\left(x\\right)"},
    {"1e-12*x", "10^{-12} x"},
    {"x <= pi", "x \\le \\pi"},
};

START_TEST(test_latex)
{
    ck_text(print_latex, read_node(latex[_i][0]), latex[_i][0], latex[_i][1]);
}
END_TEST

static const char *const pretty[][2] = {
    {"x + 1", "x + 1"},
    {"2*x*sin(x) + x^2*cos(x)", "              2\n"
                                "2·x·sin(x) + x ·cos(x)"},
    {"(1 - x^2)/(x^2 + 1)^2", "      2\n"
                              " 1 - x\n"
                              "─────────\n"
                              "⎛ 2    ⎞2\n"
                              "⎝x  + 1⎠"},
    {"sin(x)^2*exp(-x)", " -x    2\n"
                         "e  ·sin (x)"},
    {"1/sqrt(x)", "1\n"
                  "──\n"
                  " _\n"
                  "√x"},
    {"sqrt((x + 1)/y)", " ┌─────\n"
                        " │x + 1\n"
                        " │─────\n"
                        "╲│  y"},
    {"-x/2 + alpha", "    x\n"
                     "α - ─\n"
                     "    2"},
    {"-x/2", "  x\n"
             "- ─\n"
             "  2"},
    {"x^(1/3)", " 1/3\n"
                "x"},
    {"abs(x)*floor(y)*f'(pi)", "│x│·⌊y⌋·f'(π)"},
    {"int(t, t, 0, x)", "x\n"
                        "⌠\n"
                        "⎮ t dt\n"
                        "⌡\n"
                        "0"},
    {"sum(k, k, 1, n)", "  n\n"
                        "____\n"
                        "╲\n"
                        "╱     k\n"
                        "‾‾‾‾\n"
                        "k = 1"},
    {"prod(k, k, 1, inf)", "  ∞\n"
                           "┬───┬\n"
                           "│   │ k\n"
                           "│   │\n"
                           "k = 1"},
    {"if x <= 0 then -1 else 1", "⎧ -1  if x ≤ 0\n"
                                 "⎩ 1   otherwise"},
    {"[1, x^2; 3, y]", "⎡    2⎤\n"
                       "⎢1  x ⎥\n"
                       "⎣3  y ⎦"},
};

START_TEST(test_pretty)
{
    ck_text(print_pretty, read_node(pretty[_i][0]), pretty[_i][0], pretty[_i][1]);
}
END_TEST

static const char *const pretty_ascii[][2] = {
    {"sqrt(x)/pi*alpha", "        _\n"
                         "alpha*\\/x\n"
                         "---------\n"
                         "   pi"},
    {"floor(x/2) >= 1", "     /x\\\n"
                        "floor|-| >= 1\n"
                        "     \\2/"},
    {"sqrt(x/y) + abs(x)", "  _\n"
                           " |x\n"
                           " |- + |x|\n"
                           "\\|y"},
    {"sum(k^2/(k + 1), k, 1, inf)", " inf\n"
                                    "____\n"
                                    "\\       2\n"
                                    " \\     k\n"
                                    " /    -----\n"
                                    "/___  k + 1\n"
                                    "k = 1"},
    {"int(1/t, t, 1, x)", "x\n"
                          "/ 1\n"
                          "| - dt\n"
                          "/ t\n"
                          "1"},
    {"if x <= 0 then 1/x else 1", "/ 1\n"
                                  "| -  if x <= 0\n"
                                  "< x\n"
                                  "\\ 1  otherwise"},
    {"[1, x^2; 3, y]", "[    2]\n"
                       "[1  x ]\n"
                       "[3  y ]"},
    {"prod(k, k, 1, n)", "  n\n"
                         "_____\n"
                         "|   | k\n"
                         "|   |\n"
                         "k = 1"},
};

START_TEST(test_pretty_ascii)
{
    const char *in = pretty_ascii[_i][0];
    ck_text(print_pretty_ascii, read_node(in), in, pretty_ascii[_i][1]);
}
END_TEST

/* The columns that the widest line takes; no line ends with a blank. */
static size_t ck_lines(Printer print, const char *text, const char *columns, Str *s)
{
    size_t widest = 0;

    setenv("COLUMNS", columns, 1);
    print(c, s, read_node(text));
    unsetenv("COLUMNS");
    for (const char *p = str_cstr(s); p; p = strchr(p, '\n'), p += p != NULL) {
        size_t n = strcspn(p, "\n"), w = utf8_width(p, n);
        widest = w > widest ? w : widest;
        ck_assert(n == 0 || p[n - 1] != ' ');
    }
    return widest;
}

/* What is too wide is cut at operators, inside fractions, roots, calls and brackets, too. */
START_TEST(test_pretty_breaks)
{
    static const char *const wide[] = {
        "(first_name*x + second_name*x^2 + third_name*x^3)/(fourth_name + fifth_name*y)",
        "sqrt(first_name*x + second_name*x^2 + third_name*x^3 + fourth_name)",
        "sin(first_name + second_name/third_name)^2*(fourth_name + fifth_name/y)^z",
        "1/(1 + 1/(first_name + second_name + third_name + fourth_name))",
        "[first_name, second_name/third_name, fourth_name, fifth_name]",
        "[[first_name + second_name, third_name],[fourth_name + fifth_name, x]]",
    };
    static const char *const names[] = {"first_name", "second_name", "third_name",
                                        "fourth_name"};
    static const Printer all[] = {print_pretty, print_pretty_ascii};

    for (size_t i = 0; i < 2 * sizeof wide / sizeof *wide; i++) {
        Str s = {0};
        ck_assert_uint_le(ck_lines(all[i % 2], wide[i / 2], "32", &s), 32);
        for (size_t k = 0; k < 4; k++) /* no name is cut */
            ck_assert_msg(strstr(s.s, names[k]) != NULL, "%s: %s", wide[i / 2], s.s);
        str_free(&s);
    }
}
END_TEST

START_TEST(test_pretty_tall_sums)
{
    ck_text(print_pretty, read_node("sum((1 + 1/k)/(k + 1/x), k, 1, n)"), "a tall sum",
            "  n\n"
            "_____\n"
            "╲     1\n"
            " ╲    ─ + 1\n"
            "  ╲   k\n"
            "  ╱   ─────\n"
            " ╱        1\n"
            "╱     k + ─\n"
            "‾‾‾‾‾     x\n"
            "k = 1");
}
END_TEST

START_TEST(test_rows)
{
    ck_text(print_rows, read_node("[1, x^2; 300, y]"), "rows",
            "[[  1, x^2],\n [300,   y]]");
    setenv("COLUMNS", "20", 1);
    ck_text(print_rows, read_node("[1, 123456789012; 300000000, y]"), "rows",
            "[[1, 123456789012],\n [300000000, y]]");
    unsetenv("COLUMNS");
    ck_assert(!print_is_matrix(read_node("[1, 2]")));
    ck_assert(!print_is_matrix(read_node("[[1], [2, 3]]")));
    ck_assert(!print_is_matrix(read_node("[[[1]]]")));
}
END_TEST

/* No line is wider than the terminal, and nothing is lost. */
START_TEST(test_pretty_wraps)
{
    Node *t[40];
    Str s = {0};
    size_t terms = 0;

    for (int i = 0; i < 40; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "a%d", i);
        t[i] = ex_mul2(c, ex_sym_named(c, name), ex_fn1(c, OP_sin, ex_sym_named(c, "x")));
    }
    setenv("COLUMNS", "50", 1);
    print_pretty(c, &s, ex_add(c, 40, t));
    unsetenv("COLUMNS");
    for (char *p = s.s, *q; p; p = q ? q + 1 : NULL) {
        q = strchr(p, '\n');
        ck_assert_uint_le(utf8_len(p, q ? (size_t)(q - p) : strlen(p)), 50);
    }
    for (char *p = s.s; (p = strstr(p, "sin(x)")) != NULL; p++)
        terms++;
    ck_assert_uint_eq(terms, 40);
    str_free(&s);
}
END_TEST

START_TEST(test_graph)
{
    Node *n = read_node("sin(x + 1)*exp(x + 1)^2");

    ck_text(print_tree, n, "tree",
            "*\n"
            "  ^\n"
            "    e\n"
            "    +\n"
            "      2\n"
            "      *\n"
            "        2\n"
            "        x\n"
            "  sin\n"
            "    +\n"
            "      1\n"
            "      x\n");
    ck_text(print_tree, read_node("sin(x + 1)*log(x + 1)"), "tree",
            "*\n"
            "  sin\n"
            "    +  #1\n"
            "      1\n"
            "      x\n"
            "  log\n"
            "    #1\n");
    ck_text(print_dot, read_node("sin(x)/x"), "dot",
            "digraph leibniz {\n  ordering=out;\n  node [shape=ellipse];\n"
            "  n0 [label=\"*\"];\n  n0 -> n2;\n  n0 -> n1;\n"
            "  n1 [label=\"sin\"];\n  n1 -> n4;\n"
            "  n2 [label=\"^\"];\n  n2 -> n4;\n  n2 -> n3;\n"
            "  n3 [label=\"-1\", shape=box];\n"
            "  n4 [label=\"x\", shape=box];\n}\n");
}
END_TEST

/* ---- random expressions
 * ---------------------------------------------------------------- */

static uint64_t seed;

static unsigned rnd(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 20) % n;
}

static Node *random_decimal(void)
{
    Num k = num_int((int)rnd(99) - 40), tenth = {1, rnd(2) ? 10 : 100, true};

    return ex_num(c, num_mul(ctx_arena(c), k, tenth));
}

static Node *random_leaf(void)
{
    static const char *const name[] = {"x", "y", "n", "t10"};

    switch (rnd(6)) {
    case 0: return ex_int(c, (int)rnd(9) - 4);
    case 1: return ex_rat(c, (int)rnd(9) - 4, rnd(5) + 1);
    case 2: return rnd(2) ? c->pi : c->e;
    case 3: return rnd(8) ? ex_sym_named(c, "x") : random_decimal();
    default: return ex_sym_named(c, name[rnd(4)]);
    }
}

static Node *random_function(Node *a)
{
    Op op = (Op)(OP_FIRST_FUNCTION + 1 + rnd(OP_COUNT - OP_FIRST_FUNCTION - 1));

    return ex_fn(c, op, op_info(op)->min_args,
                 (Node *[]){a, random_leaf(), random_leaf()});
}

static Node *random_apply(Node *a)
{
    Node *args[2] = {a, random_leaf()},
         *orders[2] = {ex_int(c, rnd(6)), ex_int(c, rnd(3))};

    if (rnd(2))
        return ex_apply(c, sym_intern(c, "foo", 3), 1, args, orders);
    return ex_apply(c, sym_intern(c, "g", 1), 2, args, orders);
}

static Node *random_condition(Node *a)
{
    Node *p = ex_compare(c, (Op)(OP_LT + rnd(4)), a, random_leaf());
    Node *q = ex_compare(c, (Op)(OP_LT + rnd(4)), random_leaf(), random_leaf());

    switch (rnd(5)) {
    case 0: return ex_logic(c, OP_AND, 2, (Node *[]){p, q});
    case 1: return ex_logic(c, OP_OR, 2, (Node *[]){q, p});
    case 2:
        return ex_logic(c, OP_NOT, 1,
                        (Node *[]){ex_logic(c, OP_OR, 2, (Node *[]){p, q})});
    default: return p;
    }
}

static Node *random_binder(Node *a)
{
    Op op = (Op)(OP_INT + rnd(3));

    return ex_binder(c, op, a, ex_sym_named(c, "n"), random_leaf(), random_leaf());
}

static Node *random_node(int depth)
{
    Node *a, *b;

    if (depth == 0 || rnd(6) == 0)
        return random_leaf();
    a = random_node(depth - 1);
    switch (rnd(15)) {
    case 0:
    case 1: return ex_add2(c, a, random_node(depth - 1));
    case 2: return ex_sub(c, a, random_node(depth - 1));
    case 3:
    case 4: return ex_mul2(c, a, random_node(depth - 1));
    case 5: b = random_node(depth - 1); return b == c->zero ? a : ex_div(c, a, b);
    case 6: return ex_pow(c, a, ex_int(c, (int)rnd(7) - 3));
    case 7: return ex_pow(c, a, random_node(depth - 1));
    case 8: return ex_exp(c, a);
    case 9: return ex_sqrt(c, a);
    case 10: return random_function(a);
    case 11: return ex_pow(c, a, ex_rat(c, (int)rnd(7) - 3, rnd(4) + 1));
    case 12: return random_apply(a);
    case 13: return random_binder(a);
    default: return ex_if(c, random_condition(a), random_node(depth - 1), a);
    }
}

START_TEST(test_random)
{
    int tried = 0;

    for (unsigned i = 0; i < 3000; i++) {
        Node *n;
        Str s = {0};
        ctx_begin_statement(c);
        seed = (i + 1) * 0x9e3779b97f4a7c15u;
        n = random_node(2 + (int)(i % 5));
        if (ctx_failed(c) || print_length(c, n) > 4000)
            continue;
        ck_round(n);
        print_latex(c, &s, n);
        print_pretty(c, &s, n);
        ck_assert(!ctx_failed(c) && utf8_valid(s.s, s.n, NULL));
        str_free(&s);
        tried++;
    }
    ck_assert_int_gt(tried, 2000);
}
END_TEST

/* The text does not depend on the order in which things were made. */
START_TEST(test_deterministic)
{
    Ctx *other = ctx_new();
    Str s = {0}, t = {0};

    ctx_begin_statement(other);
    (void)parse_text(other, "zeta*z10 + cos(b) + sin(z2)^a + b");
    print_plain(c, &s, read_node("sin(a)*b + z2*a*cos(b)/(zeta + z10)"));
    print_plain(other, &t, parse_text(other, "sin(a)*b + z2*a*cos(b)/(zeta + z10)"));
    ck_assert_str_eq(str_cstr(&s), str_cstr(&t));
    str_free(&s);
    str_free(&t);
    ctx_free(other);
}
END_TEST

/* ---- shared form
 * ----------------------------------------------------------------------- */

/* f_0 = x, f_k = f_(k-1)*sin(f_(k-1)) */
static Node *product_chain(int n)
{
    Node *f = ex_sym_named(c, "x");

    for (int k = 0; k < n; k++)
        f = ex_mul2(c, f, ex_fn1(c, OP_sin, f));
    return f;
}

/* f_k = exp(f_(k-1)) + sin(f_(k-1)) */
static Node *sum_chain(int n)
{
    Node *f = ex_sym_named(c, "x");

    for (int k = 0; k < n; k++)
        f = ex_add2(c, ex_exp(c, f), ex_fn1(c, OP_sin, f));
    return f;
}

/* Reads "t1 = ...; t2 = ...; expr" and puts the definitions in, as a session does: each name
 * stands for its whole value. */
static Node *read_shared(const Str *s)
{
    ParseEnv pe = {0};
    Parsed p;
    Subst names;
    Node *n = NULL;

    ck_assert(parse_line(c, &pe, s->s, s->n, &p));
    subst_begin(&names, c);
    for (size_t i = 0; i < p.n; i++) {
        ck_assert_int_eq(p.stmts[i].kind, i + 1 < p.n ? ST_DEFINE : ST_EXPR);
        n = subst_run(&names, p.stmts[i].expr);
        subst_put(&names, p.stmts[i].sym, n);
    }
    return n;
}

static void ck_shared(Node *n, size_t most)
{
    Str s = {0};

    ck_assert(print_limited(c, &s, n, 500));
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    ck_assert_uint_le(s.n, most);
    ck_assert_ptr_eq(read_shared(&s), n);
    str_free(&s);
}

START_TEST(test_shared)
{
    Node *x = ex_sym_named(c, "x");

    ck_assert_double_gt(print_length(c, product_chain(100)), 1e30);
    ck_shared(product_chain(100), 4000);
    ck_shared(sum_chain(100), 4000);
    ck_shared(diff(c, sum_chain(60), x->sym), 8000);
    ck_shared(diff(c, product_chain(40), x->sym), 20000);
}
END_TEST

START_TEST(test_shared_names)
{
    /* t1 and t3 are taken */
    Node *n = ex_mul2(c, sum_chain(20), read_node("t1 + t3(x)"));
    Str s = {0};

    ck_assert(print_limited(c, &s, n, 100));
    ck_assert_ptr_eq(strstr(s.s, "t2 = "), s.s);
    ck_assert_ptr_null(strstr(s.s, "t1 = "));
    ck_assert_ptr_null(strstr(s.s, "t3 = "));
    ck_assert_ptr_eq(read_shared(&s), n);
    str_free(&s);
}
END_TEST

/* What depends on a bound variable is not taken out of its binder. */
START_TEST(test_shared_binder)
{
    Node *n = read_node("int(sin(t^2 + 3*t + x)*exp(sin(t^2 + 3*t + x)), t, 0, 1)"
                        "*(cos(x^2 + 3*x + 7)*exp(cos(x^2 + 3*x + 7)))");
    Str s = {0};

    ck_assert(print_limited(c, &s, n, 20));
    ck_assert_str_eq(
        s.s, "t1 = cos(x^2 + 3*x + 7); "
             "t1*exp(t1)*int(exp(sin(t^2 + 3*t + x))*sin(t^2 + 3*t + x), t, 0, 1)");
    ck_assert_ptr_eq(read_shared(&s), n);
    str_free(&s);
}
END_TEST

START_TEST(test_brief)
{
    Str s = {0};

    print_brief(c, &s, product_chain(1000), 20);
    ck_assert_str_eq(s.s, "sin(sin(sin(sin(sin(...");
    str_clear(&s);
    print_brief(c, &s, read_node("x + 1"), 5);
    ck_assert_str_eq(s.s, "x + 1");
    str_free(&s);
}
END_TEST

START_TEST(test_short_is_whole)
{
    Str s = {0};

    ck_assert(!print_limited(c, &s, read_node("sin(x^2 + 1)*log(x^2 + 1)"), 100));
    ck_assert_str_eq(s.s, "sin(x^2 + 1)*log(x^2 + 1)");
    str_free(&s);
}
END_TEST

/* ---- hostile
 * --------------------------------------------------------------------------- */

/* Trees beyond all bounds: each printer ends, with text that is linear in the DAG. */
START_TEST(test_hostile_products)
{
    Node *n = product_chain(1000);
    Str s = {0};

    ck_assert(print_limited(c, &s, n, 2000));
    ck_assert_uint_lt(s.n, 100000);
    str_clear(&s);
    print_latex(c, &s, n);
    ck_assert_uint_lt(s.n, 200000);
    str_clear(&s);
    print_pretty(c, &s, n);
    ck_assert_uint_lt(s.n, 100000);
    ck_assert(!ctx_failed(c));
    str_clear(&s);
    print_plain(c, &s, n);
    ck_assert_int_eq(c->env.err.status, LBZ_LIMIT);
    ck_assert_uint_eq(s.n, 0);
    str_free(&s);
}
END_TEST

/* 100 000 levels: the C stack is not used. */
START_TEST(test_hostile_depth)
{
    Node *x = ex_sym_named(c, "x"), *f = x;
    Str s = {0};

    for (int k = 0; k < 100000; k++)
        f = ex_fn1(c, OP_sin, ex_add2(c, ex_mul2(c, f, x), c->one));
    ck_assert(!print_limited(c, &s, f, 2000));
    ck_assert_double_eq(print_length(c, f), (double)s.n);
    ck_assert_uint_gt(s.n, 1000000);
    for (int i = 0; i < 4; i++) {
        static const Printer all[] = {print_latex, print_pretty, print_tree, print_dot};
        str_clear(&s);
        all[i](c, &s, f);
        ck_assert(!ctx_failed(c));
        ck_assert_uint_gt(s.n, 1000000);
    }
    str_free(&s);
}
END_TEST

/* The n-th allocation fails: an error or the right text, never a crash. */
START_TEST(test_no_memory)
{
    int failed = 0;

    for (long n = 1; n < 60; n++) {
        Str s = {0};
        Node *e;
        ctx_begin_statement(c);
        e = sum_chain(300);
        mem_fail_at = n;
        (void)print_limited(c, &s, e, 1000);
        print_latex(c, &s, e);
        print_pretty(c, &s, e);
        print_tree(c, &s, e);
        print_dot(c, &s, e);
        mem_fail_at = 0;
        failed += ctx_failed(c) || s.failed;
        str_free(&s);
    }
    ck_assert_int_gt(failed, 0);
    ctx_begin_statement(c);
    ck_text(print_plain, read_node("x + 1"), "x + 1", "x + 1");
}
END_TEST

int main(void)
{
    TCase *looks = suite_case("print", 60, setup, teardown);
    tcase_add_loop_test(looks, test_plain, 0, sizeof(plain) / sizeof(*plain));
    tcase_add_loop_test(looks, test_latex, 0, sizeof(latex) / sizeof(*latex));
    tcase_add_loop_test(looks, test_pretty, 0, sizeof(pretty) / sizeof(*pretty));
    tcase_add_loop_test(looks, test_pretty_ascii, 0,
                        sizeof(pretty_ascii) / sizeof(*pretty_ascii));
    tcase_add_test(looks, test_pretty_wraps);
    tcase_add_test(looks, test_pretty_breaks);
    tcase_add_test(looks, test_pretty_tall_sums);
    tcase_add_test(looks, test_rows);
    tcase_add_test(looks, test_graph);
    tcase_add_test(looks, test_deterministic);
    TCase *share = suite_case("share", 60, setup, teardown);
    tcase_add_test(share, test_shared);
    tcase_add_test(share, test_shared_names);
    tcase_add_test(share, test_shared_binder);
    tcase_add_test(share, test_brief);
    tcase_add_test(share, test_short_is_whole);
    TCase *hostile = suite_case("hostile", 120, setup, teardown);
    tcase_add_test(hostile, test_random);
    tcase_add_test(hostile, test_hostile_products);
    tcase_add_test(hostile, test_hostile_depth);
    tcase_add_test(hostile, test_no_memory);
    return suite_run();
}
