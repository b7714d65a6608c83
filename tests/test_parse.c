/* test_parse.c - readings: what is typed gives the same node as what is typed with all its
 * parentheses and stars; remarks; errors with their place; statements; hostile text. */
#include "parse/parse.h"
#include "print/print.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static Ctx *c;

/* q is a variable of the user, G a function, g2 another; %: 7, %%: 8, %3: -3 + 100. */
static NameKind lookup(void *arg, const char *name, size_t n)
{
    (void)arg;
    if (n == 1 && name[0] == 'q')
        return NAME_VARIABLE;
    if ((n == 1 && name[0] == 'G') || (n == 2 && !memcmp(name, "g2", 2)))
        return NAME_FUNCTION;
    return NAME_FREE;
}

static Node *result(void *arg, long k)
{
    (void)arg;
    return ex_int(c, k > 0 ? 6 + k : 100 + k);
}

static const ParseEnv env = {.lookup = lookup, .result = result};
static const ParseEnv strict = {.lookup = lookup, .result = result, .strict = true};

static void setup(void)
{
    c = ctx_new();
    ck_assert_ptr_nonnull(c);
    ctx_begin_statement(c);
    c->into = 1;
}

static void teardown(void) { ctx_free(c); }

static void fresh(void)
{
    ctx_begin_statement(c);
    c->into = 1;
}

static bool read_line(const ParseEnv *pe, const char *text, Parsed *p)
{
    fresh();
    return parse_line(c, pe, text, strlen(text), p);
}

/* The expression of a one-statement line; the context goes on as it is. */
static Node *read_more(const char *text)
{
    Parsed p;
    ck_assert_msg(parse_line(c, &env, text, strlen(text), &p), "%s: %s", text,
                  c->env.err.message);
    ck_assert_uint_eq(p.n, 1);
    ck_assert_ptr_nonnull(p.stmts[0].expr);
    return p.stmts[0].expr;
}

/* Whether both texts read as the same node. */
static void same(const char *a, const char *b)
{
    fresh();
    Node *x = read_more(a), *y = read_more(b);
    if (x == y)
        return;
    Str s = {0}, t = {0};
    print_plain(c, &s, x);
    print_plain(c, &t, y);
    ck_abort_msg("%s reads as %s, not as %s", a, str_cstr(&s), str_cstr(&t));
}

/* ---- expressions ------------------------------------------------------------------- */

static const char *const readings[][2] = {
    /* precedence */
    {"-2^2", "0-4"},
    {"2^3^2", "2^9"},
    {"2^-1", "1/2"},
    {"2^-x^2", "2^(-(x^2))"},
    {"-x!", "-(factorial(x))"},
    {"2x!", "2*factorial(x)"},
    {"2^n!", "2^factorial(n)"},
    {"x--y", "x+y"},
    {"x*-y", "-(x*y)"},
    {"+x", "x"},
    {"x-y-z", "x-(y+z)"},
    {"x/y/z", "x/(y*z)"},
    {"a/b*c", "(a*c)/b"},
    {"x**2", "x^2"},
    {"a%b%d", "mod(mod(a,b),d)"},
    {"2*a%3", "mod(2*a,3)"},
    {"-a%b", "mod(-a,b)"},
    /* products without a sign */
    {"2x", "2*x"},
    {"2(x+1)", "2*(x+1)"},
    {"x y", "x*y"},
    {"(x+1)(y+1)", "(x+1)*(y+1)"},
    {"1/2x", "1/(2*x)"},
    {"2^3x", "8*x"},
    {"x^2y", "(x^2)*y"},
    {"a/b c/d", "a/(b*c)/d"},
    {"-2x", "(-2)*x"},
    {"2e", "2*e"},
    {"2e3", "2000.0"},
    {"e^2x", "(e^2)*x"},
    {"2 sin x", "2*sin(x)"},
    {"(x+1)2", "2*(x+1)"},
    {"2pi r", "2*pi*r"},
    /* functions without parentheses */
    {"sin x cos x", "sin(x)*cos(x)"},
    {"sin 2x", "sin(2*x)"},
    {"sin x^2", "sin(x^2)"},
    {"sin^2 x", "sin(x)^2"},
    {"sin^2(x)", "sin(x)^2"},
    {"sin^-2 x", "1/sin(x)^2"},
    {"sin^n x", "sin(x)^n"},
    {"sin^(1/2)(x)", "sqrt(sin(x))"},
    {"sin sin x", "sin(sin(x))"},
    {"sin 2 pi x", "sin(2*pi*x)"},
    {"ln x", "log(x)"},
    {"log(x,b)", "log(x)/log(b)"},
    {"sin x/2", "sin(x)/2"},
    {"sin x f(x)", "sin(x)*f(x)"},
    {"2^sin x", "2^(sin(x))"},
    {"sin (x)^2", "sin(x)^2"},
    {"sin |x|", "sin(abs(x))"},
    {"sin x!", "sin(factorial(x))"},
    {"gamma*x", "x*gamma"},
    {"gamma^2 x", "gamma^2*x"},
    {"max(a,b,d)", "max(max(a,b),d)"},
    {"atan(y,x)", "atan2(y,x)"},
    {"exp x^2", "e^(x^2)"},
    {"G x", "G(x)"},
    {"G^2(x)", "G(x)^2"},
    /* derivatives */
    {"d/dx x^2*sin(x)", "diff(x^2*sin(x), x)"},
    {"d/dx x^2 + x", "diff(x^2,x) + x"},
    {"d/dx(x^2)*x", "diff(x^2,x)*x"},
    {"d/dx (x^2)*x", "diff(x^2*x,x)"},
    {"d/dx(x^2)^2", "diff(x^2,x)^2"},
    {"d / dx", "d*dx^-1"},
    {"2 d/dx x^2", "2*diff(x^2,x)"},
    {"1/2 d/dx x^2*x", "1/2*diff(x^2*x,x)"},
    {"-d/dx x", "-diff(x,x)"},
    {"d/dx d/dy x*y", "diff(diff(x*y,y),x)"},
    {"d/dx sin x cos x", "diff(sin(x)*cos(x),x)"},
    {"d^2/dx^2 x^4", "diff(x^4,x,2)"},
    {"d^2/(dx dy) x*y", "diff(x*y,x,y)"},
    {"d^2/dxdy x*y", "diff(x*y,x,y)"},
    {"d^3/dx^2dy x*y", "diff(x*y,x,2,y)"},
    {"d^3/(dx^2 dy) x*y", "diff(x*y,x,2,y)"},
    {"d^n/dx^n sin(x)", "diff(sin(x),x,n)"},
    {"d(x^2*y)/dx", "diff(x^2*y,x)"},
    {"d^2(x^3)/dx^2", "diff(x^3,x,2)"},
    {"d(x^2)/dx*x", "diff(x^2,x)*x"},
    {"D[x^2*y, x, {y,2}]", "diff(x^2*y,x,y,2)"},
    {"D(x*D(x+y, y), x)", "diff(x*diff(x+y,y),x)"},
    {"dy/dx", "diff(y,x)"},
    {"dG/dx", "diff(G(x),x)"},
    {"a*d/d1", "a*d/(d1)"},
    {"p/d/delta", "p/(d*delta)"},
    {"d/dawson(x)", "d*(1/dawson(x))"},
    {"A/d", "A*(1/d)"},
    {"diff(x^2,x,x)", "D[x^2,{x,1},x]"},
    {"f''(x)", "f^(2)(x)"},
    {"dy/dx where x^2+y^2 = 25", "implicit(x^2+y^2-25, y, x, 1)"},
    {"d^2y/dx^2 where x*y = 1 at x=2", "implicit(x*y-1, y, x, 2) at x=2"},
    {"2*dy/dx + x where x*y = 1", "2*implicit(x*y-1,y,x,1) + x"},
    /* Unicode */
    {"π*r²", "pi*r^2"},
    {"2πr", "2*pi*r"},
    {"√x", "sqrt(x)"},
    {"√2x", "sqrt(2)*x"},
    {"√x^2", "sqrt(x)^2"},
    {"√(x+1)", "sqrt(x+1)"},
    {"x·y×z÷2−1", "x*y*z/2-1"},
    {"x²³", "x^23"},
    {"x⁻¹", "1/x"},
    {"xⁿ", "x^n"},
    {"sin² x", "sin(x)^2"},
    {"λ", "lambda"},
    {"Ω", "Omega"},
    {"x₁", "x_1"},
    {"∞", "inf"},
    {"∂/∂x x*y", "diff(x*y,x)"},
    {"∂^2/∂x∂y x*y", "diff(x*y,x,y)"},
    {"∂²/∂x² x^3", "diff(x^3,x,2)"},
    {"∂_x x^2", "diff(x^2,x)"},
    {"∂f/∂x", "diff(f,x)"},
    {"d/dλ λ^2", "diff(lambda^2,lambda)"},
    {"f″(x)", "f''(x)"},
    /* values at points */
    {"x^2 at x=2", "x^2|_{x=2}"},
    {"d/dx x^2 + x at x=2", "(diff(x^2,x) + x) at x=2"},
    {"x at x=y at y=2", "(x at x=y) at y=2"},
    {"x|_x=2", "x at x=2"},
    {"|x|_{x=2}", "abs(x) at x=2"},
    {"d/dx |x| |_{x=2}", "diff(abs(x),x) at x=2"},
    {"N(x at x=2, y=3)", "N((x at x=2, y=3))"},
    {"N(pi at x=1, 30)", "N((pi at x=1), 30)"},
    {"gamma x at gamma=2", "gamma*x at gamma=2"},
    /* bars */
    {"|x|", "abs(x)"},
    {"2|x|", "2*abs(x)"},
    {"|a|b|x|", "abs(a)*b*abs(x)"},
    {"|x+|y||", "abs(x+abs(y))"},
    {"||x|-1|", "abs(abs(x)-1)"},
    {"|2 |x| + y|", "abs(2*abs(x)+y)"},
    {"|a||b|", "abs(a)*abs(b)"},
    {"|x|!", "factorial(abs(x))"},
    /* conditions, ranges */
    {"a<b<=x", "a<b and b<=x"},
    {"a>b", "b<a"},
    {"a≥b", "b<=a"},
    {"not a<b", "b<=a"},
    {"a<b and b<x or x==1", "(a<b and b<x) or (x==1)"},
    {"{-x if x<0; x otherwise}", "if x<0 then -x else x"},
    {"{-x if x<0; x if x>=0}", "if x<0 then -x else x"},
    {"{a if x<0; b if x==0; 1 if x>0}", "if x<0 then a else if x==0 then b else 1"},
    {"if x<0 then a else if x<1 then b else 1",
     "if x<0 then a else (if x<1 then b else 1)"},
    {"1 + if x<0 then 1 else 2 + x", "1 + (if x<0 then 1 else (2+x))"},
    {"a:b", "(a):(b)"},
    {"a+1:2:b", "(a+1):2:b"},
    /* lists */
    {"[1,2;3,4]", "[[1,2],[3,4]]"},
    {"[ ]", "[]"},
    {"[1;2]", "[[1],[2]]"},
    {"sum([1,2,x])", "3+x"},
    /* names */
    {"x(x+1)", "x*(x+1)"},
    {"q(x+1)", "q*(x+1)"},
    {"pi(x+1)", "pi*(x+1)"},
    {"f_1(x,y)", "f_1(x,y)"},
    {"%", "7"},
    {"%%", "8"},
    {"%3", "97"},
    {"ans", "7"},
    {"x%3", "mod(x,3)"},
    {"2+%", "9"},
    {"n!", "factorial(n)"},
    {"3!", "6"},
    {"N", "N"},
    {"true", "0<1"},
    /* operators of formulas */
    {"expand (x+1)^2", "expand((x+1)^2)"},
    {"factor x^2-1", "factor(x^2-1)"},
    {"simplify(x)+1", "1+simplify(x)"},
    {"∂/∂y y^2", "diff(y^2,y)"},
    {"taylor(sin(x),x,5)", "taylor(sin(x),x=0,5)"},
    {"hvp(x^2,x,1)", "hvp(x^2,[x],[1])"},
    {"product(k,k,1,n)", "prod(k,k,1,n)"},
    {"integrate(t,t,0,x)", "int(t,t,0,x)"},
    /* decimals */
    {"0.1+0.2", "0.3"},
    {".5", "0.5"},
    {"5.", "5.0"},
    {"1.5e-3", "0.0015"},
    /* lines */
    {"x +\n y", "x+y"},
    {"(x\n+1)", "x+1"},
    {"d/dx\nx^2", "d/dx x^2"},
    {"x # y", "x"},
    {"if x<0\nthen 1\nelse 2", "if x<0 then 1 else 2"},
    {"|x\n+1|", "abs(x+1)"},
    {"x\r\n", "x"},
    {"\xef\xbb\xbfx", "x"},
};

START_TEST(readings_hold) { same(readings[_i][0], readings[_i][1]); }
END_TEST

/* A node as text that shows its kind and children. */
static void dump(Str *s, Node *n)
{
    if (ex_is_num(n)) {
        num_print(s, n->num);
        return;
    }
    if (ex_is(n, OP_SYM) || ex_is(n, OP_CONST)) {
        str_puts(s, ex_is(n, OP_SYM) ? sym_name(c, n->sym) : n->sym == C_PI ? "pi" : "e");
        return;
    }
    str_printf(s, "(%s",
               ex_is(n, OP_APPLY) ? sym_name(c, n->sym) : op_info((Op)n->op)->name);
    for (uint32_t i = 0; i < n->n; i++) {
        str_putc(s, ' ');
        dump(s, n->a[i]);
    }
    str_putc(s, ')');
}

static const char *const trees[][2] = {
    {"d/dx x", "(diff x x 1)"},
    {"d^3/(dx^2 dy) x", "(diff x x 2 y 1)"},
    {"d^n/dx^n x", "(diff x x n)"},
    {"diff(x*y, x, 2, y)", "(diff (* x y) x 2 y 1)"},
    {"diff(sin(x), x, n)", "(diff (sin x) x n)"},
    {"diff(n*x, x, n)", "(diff (* n x) x 1 n 1)"},
    {"x at x=1, y=2", "(at x x 1 y 2)"},
    {"grad(x)", "(grad x)"},
    {"grad(x*y, x)", "(grad (* x y) x)"},
    {"grad(x*y, [x])", "(grad (* x y) (list x))"},
    {"hessian(x, [x,y])", "(hessian x (list x y))"},
    {"jvp([x],[x],[y])", "(jvp (list x) (list x) (list y))"},
    {"taylor(x, x=y, 3)", "(taylor x x y 3)"},
    {"dy/dx where x = y", "(implicit (+ x (* -1 y)) y x 1)"},
    {"subs(x, x=1, y^2=z)", "(subs x x 1 (^ y 2) z)"},
    {"N(pi, 30)", "(N pi 30)"},
    {"collect(x, y)", "(collect x y)"},
    {"f(x, y)", "(f x y 0 0)"},
    {"f_1_2_2(x, y)", "(f x y 1 2)"},
    {"f_3(x, y)", "(f_3 x y 0 0)"},
    {"f_1(x)", "(f_1 x 0)"},
    {"f'(x^2)", "(f (^ x 2) 1)"},
    {"f^(4)(u)", "(f u 4)"},
    {"G^(n)(u)", "(G u n)"},
    {"sin'(x)", "(at (diff (sin _) _ 1) _ x)"},
    {"sum(k^2, k, 1, n)", "(sum (^ k 2) k 1 n)"},
    {"1:n", "( 1 n)"},
    {"e at e=2", "(at e e 2)"},
    {"d/de e", "(diff e e 1)"},
};

START_TEST(trees_hold)
{
    fresh();
    Str s = {0};
    dump(&s, read_more(trees[_i][0]));
    ck_assert_str_eq(str_cstr(&s), trees[_i][1]);
    str_free(&s);
}
END_TEST

START_TEST(bound_e_is_a_name)
{
    fresh();
    Node *n = read_more("exp(-e*x) at e=1.39, x=2");
    ck_assert(ex_is(n, OP_AT));
    ck_assert(ex_is(n->a[1], OP_SYM));
    ck_assert_str_eq(sym_name(c, n->a[1]->sym), "e");
    ck_assert(ex_depends(c, n->a[0], n->a[1]->sym));
    n = read_more("e at x=2");
    ck_assert_ptr_eq(n->a[0], c->e);
}
END_TEST

/* ---- remarks ----------------------------------------------------------------------- */

static const char *const remarks[][2] = {
    {"1/2x", "read as 1/(2*x), not 1/2*x"},
    {"a*b/2 sin x", "read as b/(2*sin x), not b/2*sin x"},
    {"4/3 pi r^3 - 1", "read as (4/3)*pi r^3, not 4/(3 pi r^3)"},
    {"a - 1/2 sin(x - 1)^2", "read as (1/2)*sin(x - 1)^2, not 1/(2 sin(x - 1)^2)"},
    {"-1/2 (x+1)", "read as (-1/2)*(x+1), not -1/(2 (x+1))"},
    {"d/dx x^2 + x",
     "read as (d/dx x^2) + x; for the derivative of the sum write parentheses"},
    {"y + d/dx x^2 - 1",
     "read as y + (d/dx x^2) - 1; for the derivative of the sum write "
     "parentheses"},
    {"d/dx (x^2)*x", "read as d/dx ((x^2)*x), not (d/dx (x^2))*x"},
    {"2^3x", "read as 2^3*x, not 2^(3*x)"},
    {"xy + x + y", "xy is read as one name: x*y?"},
    {"x(x+1)", "read as x*(x+1)"},
    {"q(y)", "read as q*(y)"},
    {"a(b+1)", "a is read as a function here; write a*(b+1) for the product"},
    {"gamma x", "read as gamma(x), not gamma*x"},
    {"factor x^2-1", "read as factor(x^2-1)"},
    {"sin (x)^2", "read as (sin (x))^2, not sin((x)^2)"},
    {"sin -x", "read as sin minus what follows; write sin(-x) to apply it"},
    {"x!!", "read as (x!)!, not the double factorial"},
    {"e at e=2", "e is a name here, not the constant 2.718..."},
    {"d = 3", "d/dx remains the derivative; to divide by d write spaces around /"},
    {"dx = 3", "d/dx remains the derivative; to divide by dx write spaces around /"},
    {"0^0", "0^0 is taken as 1"},
    {"taylor(x, x, 2)", "read as taylor(..., x=0, ...)"},
};

START_TEST(remarks_are_made)
{
    Parsed p;
    ck_assert_msg(read_line(&env, remarks[_i][0], &p), "%s: %s", remarks[_i][0],
                  c->env.err.message);
    ck_assert_msg(c->nnotes == 1, "%s: %zu remarks", remarks[_i][0], c->nnotes);
    ck_assert_str_eq(c->notes[0], remarks[_i][1]);
}
END_TEST

START_TEST(plain_text_gets_no_remarks)
{
    static const char *const quiet[] = {
        "d/dx x^2*sin(x)",
        "d/dx(x^2) + x",
        "1/(2*x)",
        "x^2*y",
        "d/dx f + d/dx g",
        "f(x)",
        "y(t)",
        "xy + x",
        "sin(x)*cos(x)",
        "d/dx x^2 at x=3",
        "2x + 3",
        "d/dx (x^2 + 1)",
        "x^2y",
        "u(x+1)",
        "2pi r",
        "|x| + 1",
        "h(2)",
        "d/dx (x)",
        "alpha = 2",
    };
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
        Parsed p;
        ck_assert(read_line(&env, quiet[i], &p));
        ck_assert_msg(c->nnotes == 0, "%s: %s", quiet[i], c->nnotes ? c->notes[0] : "");
    }
}
END_TEST

/* ---- errors ------------------------------------------------------------------------ */

typedef struct {
    const char *text;
    lbz_status status;
    uint32_t pos, len;
    const char *message; /* what it contains */
    const char *hint;    /* what it contains, or NULL */
} Wrong;

static const Wrong wrongs[] = {
    {"x^2 = 4", LBZ_SYNTAX, 4, 1, "no name", "check A == B"},
    {"x^2 = 4", LBZ_SYNTAX, 4, 1, "no name", "dy/dx where"},
    {"x at x=1 y=2", LBZ_SYNTAX, 10, 1, "binding", "commas"},
    {"pi = 3", LBZ_NAME, 0, 2, "pi is a constant and cannot be redefined", "another"},
    {"π = 3", LBZ_NAME, 0, 2, "pi is a constant", NULL},
    {"f(e) = 3", LBZ_NAME, 2, 1, "e is a constant", NULL},
    {"inf := 3", LBZ_NAME, 0, 3, "inf is a constant", NULL},
    {"x at pi=3", LBZ_NAME, 5, 2, "pi is a constant", NULL},
    {"sin(x) = 3", LBZ_NAME, 0, 3, "sin is a function", "=="},
    {"f(2) = 3", LBZ_SYNTAX, 2, 1, "parameters", "=="},
    {"f(x,x) = 3", LBZ_SYNTAX, 4, 1, "twice", NULL},
    {"at = 3", LBZ_NAME, 0, 2, "`at` is a reserved word", NULL},
    {"1 + sni(2)", LBZ_NAME, 4, 3, "did you mean sin?", NULL},
    {"Sin(x)", LBZ_NAME, 0, 3, "did you mean sin?", NULL},
    {"sqr(x)", LBZ_NAME, 0, 3, "did you mean sqrt?", NULL},
    {"sin(x,y)", LBZ_SYNTAX, 0, 8, "sin takes 1 argument, here are 2", "sin(x)"},
    {"atan2(x)", LBZ_SYNTAX, 0, 8, "atan2 takes 2 arguments, here is 1", "atan2(y, x)"},
    {"log(1,2,3)", LBZ_SYNTAX, 0, 10, "log takes 1 or 2 arguments", NULL},
    {"diff(x)", LBZ_SYNTAX, 0, 7, "name the variable", "diff(e, x[, n])"},
    {"diff(x, 2*x)", LBZ_SYNTAX, 8, 3, "variable", NULL},
    {"sum(k,2,1,n)", LBZ_SYNTAX, 6, 1, "variable", "sum(e, k, a, b)"},
    {"grad(x, [x,1])", LBZ_SYNTAX, 8, 5, "list of names", NULL},
    {"sin^-1 x", LBZ_SYNTAX, 0, 6, "two meanings", "asin(x)"},
    {"sin^-1(2y)", LBZ_SYNTAX, 0, 6, "two meanings", "1/sin(2y)"},
    {"sin⁻¹ x", LBZ_SYNTAX, 0, 8, "two meanings", "asin(x)"},
    {"x^2'", LBZ_SYNTAX, 0, 4, "f'(x)", "d/dx"},
    {"x^2'", LBZ_SYNTAX, 0, 4, "A'", NULL},
    {"f'(x,y)", LBZ_SYNTAX, 0, 7, "one argument", "f_1(x,y)"},
    {"q'(x)", LBZ_SYNTAX, 0, 2, "no function", "d/dx"},
    {"1/0", LBZ_DOMAIN, 1, 1, "division by zero", NULL},
    {"2+(x-x)/(x-x)", LBZ_DOMAIN, 7, 1, "division by zero", NULL},
    {"(x+1", LBZ_INCOMPLETE, 0, 1, "')' is missing for the '(' at column 1", NULL},
    {"π+(x+1]", LBZ_SYNTAX, 7, 1, "')' is missing for the '(' at column 3", NULL},
    {"[1,2", LBZ_INCOMPLETE, 0, 1, "']' is missing", NULL},
    {"x + |y", LBZ_INCOMPLETE, 4, 1, "'|' is missing", NULL},
    {"(x; y)", LBZ_SYNTAX, 2, 1, "')' is missing", NULL},
    {"x+1)", LBZ_SYNTAX, 3, 1, "')' cannot stand here", "no '('"},
    {"x +", LBZ_INCOMPLETE, 3, 0, "after '+'", NULL},
    {"d/dx", LBZ_INCOMPLETE, 4, 0, "after 'dx'", NULL},
    {"x = ", LBZ_INCOMPLETE, 4, 0, "after '='", NULL},
    {"f(x) = {y = 1", LBZ_INCOMPLETE, 7, 1, "'}' is missing", NULL},
    {"if x<1 then 2", LBZ_INCOMPLETE, 0, 2, "`else` is missing", NULL},
    {"if x<1", LBZ_INCOMPLETE, 0, 2, "`then` is missing", NULL},
    {"x at", LBZ_INCOMPLETE, 4, 0, "name = value", "at x=1"},
    {"dy/dx where x", LBZ_INCOMPLETE, 12, 1, "equation", NULL},
    {"()", LBZ_SYNTAX, 1, 1, "nothing between '(' and ')'", NULL},
    {"x*/y", LBZ_SYNTAX, 2, 1, "missing between '*' and '/'", NULL},
    {"*x", LBZ_SYNTAX, 0, 1, "cannot begin with '*'", NULL},
    {"2 3", LBZ_SYNTAX, 0, 3, "two numbers", "write *"},
    {"[1 2]", LBZ_SYNTAX, 1, 3, "two numbers", "commas"},
    {"[1,2;3]", LBZ_SHAPE, 5, 1, "1 element,", NULL},
    {"x, y", LBZ_SYNTAX, 1, 1, "',' cannot stand here", "[a, b]"},
    {"if x then 1 else 2", LBZ_SYNTAX, 3, 1, "condition", NULL},
    {"x and y<1", LBZ_SYNTAX, 0, 1, "`and`", NULL},
    {"2*(x<1)", LBZ_SYNTAX, 2, 5, "condition", "if"},
    {"{x if x<0}", LBZ_SYNTAX, 0, 10, "otherwise", "otherwise"},
    {"d^2/dx^3 x", LBZ_SYNTAX, 0, 8, "orders", "d^2/dx^2"},
    {"d/dpi x", LBZ_NAME, 2, 3, "pi is a constant", NULL},
    {"x where x = 1", LBZ_SYNTAX, 2, 5, "dy/dx", NULL},
    {"x & y", LBZ_SYNTAX, 2, 1, "'&'", "and"},
    {"a \xe2\x82\xac b", LBZ_SYNTAX, 2, 3, "\xe2\x82\xac", NULL},
    {"x + \xff", LBZ_SYNTAX, 4, 1, "UTF-8", NULL},
    {"x; y; z +* 2", LBZ_SYNTAX, 9, 1, "missing between", NULL},
    {"x at x=1, x=2", LBZ_SYNTAX, 10, 1, "twice", NULL},
};

START_TEST(errors_name_their_place)
{
    const Wrong *w = &wrongs[_i];
    Parsed p;
    ck_assert_msg(!read_line(&env, w->text, &p), "%s is read", w->text);
    const Err *e = &c->env.err;
    ck_assert_msg(e->status == w->status && e->span.pos == w->pos &&
                      e->span.len == w->len,
                  "%s: status %d at %u+%u: %s", w->text, e->status, e->span.pos,
                  e->span.len, e->message);
    ck_assert_msg(strstr(e->message, w->message), "%s: %s", w->text, e->message);
    ck_assert_msg(!w->hint || strstr(e->hint, w->hint), "%s: %s", w->text, e->hint);
}
END_TEST

START_TEST(strict_refuses_two_readings)
{
    Parsed p;
    ck_assert(!read_line(&strict, "y + 1/2x", &p));
    ck_assert_int_eq(c->env.err.status, LBZ_SYNTAX);
    ck_assert_uint_eq(c->env.err.span.pos, 4);
    ck_assert_uint_eq(c->env.err.span.len, 4);
    ck_assert_str_eq(c->env.err.message,
                     "1/2x can be read in two ways: 1/(2*x) or 1/2*x");
    ck_assert(read_line(&strict, "1/(2*x) + 1/2*x + d/dx x^2 + x", &p));
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
    Parsed p;
    fresh();
    ck_assert(!parse_line(c, &env, "x\0y", 3, &p));
    ck_assert_int_eq(c->env.err.status, LBZ_SYNTAX);
    ck_assert_uint_eq(c->env.err.span.pos, 1);
}
END_TEST

/* ---- statements -------------------------------------------------------------------- */

static Stmt one(const char *text)
{
    Parsed p;
    ck_assert_msg(read_line(&env, text, &p), "%s: %s", text, c->env.err.message);
    ck_assert_uint_eq(p.n, 1);
    return p.stmts[0];
}

static void ck_span(const char *text, Span s, const char *want)
{
    ck_assert_uint_eq(s.len, strlen(want));
    ck_assert_msg(!memcmp(text + s.pos, want, s.len), "%.*s is not %s", (int)s.len,
                  text + s.pos, want);
}

START_TEST(definitions)
{
    Stmt s = one(" x = y^2 # so");
    ck_assert_int_eq(s.kind, ST_DEFINE);
    ck_assert_str_eq(sym_name(c, s.sym), "x");
    ck_assert_uint_eq(s.span.pos, 1);
    ck_assert_uint_eq(s.span.len, 7);
    ck_assert_ptr_eq(s.expr, read_more("y*y"));
    s = one("w := w - 0.1*g");
    ck_assert_int_eq(s.kind, ST_ASSIGN);
    s = one("f(x, α) = x*alpha");
    ck_assert_int_eq(s.kind, ST_FUNCTION);
    ck_assert_uint_eq(s.nparams, 2);
    ck_assert_str_eq(sym_name(c, s.params[1]), "alpha");
    ck_assert_ptr_nonnull(s.expr);
    s = one("f(x) = {x if x > 0; -x otherwise}");
    ck_assert_ptr_nonnull(s.expr);
    s = one("f(g) = g(g+1)"); /* a parameter is a variable */
    ck_assert_ptr_eq(s.expr, read_more("g*(g+1)"));
    ck_assert_int_eq(one("").kind, ST_EMPTY);
    ck_assert_int_eq(one(" ; # nothing").kind, ST_EMPTY);
    ck_assert_int_eq(one("i = 3").kind, ST_DEFINE);
    ck_assert_int_eq(one("gamma = 2").kind, ST_DEFINE);
    ck_assert_int_eq(one("x == 3").kind, ST_EXPR);
}
END_TEST

START_TEST(procedures_are_text)
{
    const char *text =
        "f(a) = {\n b = {a if a>0; 1 otherwise}\n while b < 3 { b = 2*b }; b }";
    Stmt s = one(text);
    ck_assert_int_eq(s.kind, ST_FUNCTION);
    ck_assert_ptr_null(s.expr);
    ck_span(text, s.body, "\n b = {a if a>0; 1 otherwise}\n while b < 3 { b = 2*b }; b ");
    ck_assert_ptr_null(one("f(a) = { if a > 0 { a } else { 1 } }").expr);
    ck_assert_ptr_null(one("f(a) = { b = if a > 0 then 1 else 2; b }").expr);
    ck_assert_ptr_null(one("f(a) = { a }").expr);
}
END_TEST

START_TEST(commands_keep_their_text)
{
    static const char *const cmds[][3] = {
        {"check x^2 == x*x on x in 0:1", "check", "x^2 == x*x on x in 0:1"},
        {"help", "help", ""},
        {"help sin ", "help", "sin"},
        {"?sin", "?", "sin"},
        {"time d/dx x^2", "time", "d/dx x^2"},
        {"check -x == x", "check", "-x == x"},
        {"latex(x^2)", "latex", "(x^2)"},
        {"save /tmp/a$b#c # d", "save", "/tmp/a$b#c"},
        {"check {x if x<0; 1 otherwise} == 1", "check", "{x if x<0; 1 otherwise} == 1"},
        {"check A ==\n B", "check", "A ==\n B"},
    };
    for (size_t i = 0; i < sizeof cmds / sizeof *cmds; i++) {
        Stmt s = one(cmds[i][0]);
        ck_assert_msg(s.kind == ST_COMMAND, "%s", cmds[i][0]);
        ck_assert_str_eq(s.command->name, cmds[i][1]);
        ck_span(cmds[i][0], s.args, cmds[i][2]);
    }
    ck_assert_int_eq(one("time = 3").kind, ST_DEFINE);
    ck_assert_int_eq(one("time(t) = 3*t").kind, ST_FUNCTION);
    ck_assert_int_eq(one("time - 3").kind, ST_EXPR);
    ck_assert_int_eq(one("time*3").kind, ST_EXPR);
    ck_assert_int_eq(one("time^2").kind, ST_EXPR);
    ck_assert_int_eq(one("timer").kind, ST_EXPR);
}
END_TEST

START_TEST(lines_of_statements)
{
    Parsed p;
    ck_assert(read_line(&env, "a = 3; help x; h(x) = x^2\n a(x+1); h 2;", &p));
    ck_assert_uint_eq(p.n, 5);
    ck_assert_int_eq(p.stmts[1].kind, ST_COMMAND);
    ck_assert_uint_eq(p.stmts[3].span.pos, 27);
    ck_assert_ptr_eq(p.stmts[3].expr, read_more("a*(x+1)"));
    ck_assert(ex_is(p.stmts[4].expr, OP_APPLY));
    ck_assert(read_line(&env, "x\ny", &p));
    ck_assert_uint_eq(p.n, 2);
}
END_TEST

START_TEST(statements_one_by_one)
{
    const char *text = " x = 2 ; \n # c\n y ;";
    size_t at = 0, n = strlen(text);
    Parsed p;
    Stmt s;
    fresh();
    parsed_init(c, &p);
    ck_assert(parse_statement(c, &env, text, n, &at, &p, &s));
    ck_assert_int_eq(s.kind, ST_DEFINE);
    ck_assert_uint_eq(at, 16);
    ck_assert(parse_statement(c, &env, text, n, &at, &p, &s));
    ck_assert_int_eq(s.kind, ST_EXPR);
    ck_assert_uint_eq(at, n);
    ck_assert(parse_statement(c, &env, text, n, &at, &p, &s));
    ck_assert_int_eq(s.kind, ST_EMPTY);
}
END_TEST

START_TEST(structural_nodes_have_spans)
{
    Parsed p;
    uint64_t at;
    ck_assert(read_line(&env, "1 + diff(x^2, x)*N(pi)", &p));
    Node *e = p.stmts[0].expr;
    ck_assert_ptr_eq(
        e, ex_add2(c, c->one, ex_mul2(c, read_more("diff(x^2,x)"), read_more("N(pi)"))));
    ck_assert(map_get(&p.spans, read_more("diff(x^2,x)")->id, &at));
    ck_assert_uint_eq(at >> 32, 4);
    ck_assert_uint_eq((uint32_t)at, 12);
    ck_assert(map_get(&p.spans, read_more("N(pi)")->id, &at));
    ck_assert_uint_eq(at >> 32, 17);
}
END_TEST

/* ---- pieces ------------------------------------------------------------------------ */

START_TEST(pieces_of_commands)
{
    const char *text = "check x^2*f(a, b) == y at x=1, y=e+1 along (1,0)";
    size_t n = strlen(text), end, count;
    uint32_t *syms;
    Node **values;
    fresh();
    Node *a = parse_side(c, &env, text, 6, n, &end, NULL);
    ck_assert_ptr_eq(a, read_more("x^2*f(a,b)"));
    ck_assert(!memcmp(text + end, "== y", 4));
    Node *b = parse_prefix(c, &env, text, end + 2, n, &end, NULL);
    ck_assert_ptr_eq(b, read_more("y"));
    ck_assert(!memcmp(text + end, "at x", 4));
    ck_assert(parse_binds(c, &env, text, end + 2, n, &end, &syms, &values, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(sym_name(c, syms[1]), "y");
    ck_assert_ptr_eq(values[1], read_more("e+1"));
    ck_assert(!memcmp(text + end, "along", 5));
    ck_assert_ptr_eq(parse_expr(c, &env, text, 26, 29, NULL), c->poison); /* x=1 */
    ck_assert_int_eq(c->env.err.status, LBZ_SYNTAX);
    ck_assert_uint_eq(c->env.err.span.pos, 27);
}
END_TEST

START_TEST(binds_know_what_is_wrong)
{
    uint32_t *syms;
    Node **values;
    size_t end, count;
    fresh();
    ck_assert(!parse_binds(c, &env, "x=1, y=", 0, 7, &end, &syms, &values, &count));
    ck_assert_int_eq(c->env.err.status, LBZ_INCOMPLETE);
    fresh();
    ck_assert(!parse_binds(c, &env, "2", 0, 1, &end, &syms, &values, &count));
    ck_assert_int_eq(c->env.err.status, LBZ_SYNTAX);
    fresh();
    ck_assert(!parse_binds(c, &env, "e=1.5", 0, 5, &end, &syms, &values, &count));
    ck_assert_int_eq(c->env.err.status, LBZ_NAME);
}
END_TEST

START_TEST(text_of_our_own)
{
    fresh();
    Node *n = parse_text(c, "1/(2*sqrt(x)) + pi*cosd(x)/180");
    ck_assert(!ctx_failed(c));
    ck_assert_ptr_eq(n, read_more("1/2*x^(-1/2) + cosd(x)*pi/180"));
    ck_assert_ptr_eq(parse_text(c, "x +"), c->poison);
}
END_TEST

/* What is printed reads back as the same node. */
START_TEST(printed_text_reads_back)
{
    static const char *const texts[] = {
        "x^2*sin(x)/(1 + cos(x))",
        "-x^2 - 1/3*y",
        "2^(x+1)*sqrt(x+2)/pi",
        "exp(-x^2)/sqrt(2*pi)",
        "f'(x^2) + f''(x) + h^(5)(x)",
        "f_1(x, sin(y)) + f_1_2_2(x, y)",
        "if x < 0 then -x else x",
        "abs(x)*sign(y)",
        "x^y^2",
        "(x^y)^2",
        "(-2)^x",
        "(-1/3)^x",
        "1/(x*y)",
        "x/y/z",
        "sum(k^2, k, 1, n)*int(exp(t), t, 0, x)",
        "[1, [x, y], []]",
        "[[1,2],[3,4]]",
        "0.1*x + 2.0",
        "x < y and (y < 1 or x == 2)",
        "factorial(n) + mod(x, 3)",
        "gamma(x)*gamma",
        "inf",
        "-inf",
        "max(x, min(y, 2))",
        "log(x)/log(10)",
        "atan2(y, x)",
        "lambda*x_1",
        "1.5e-30*x",
        "(x+1)^(1/3) + (x+1)^(-2/3)",
        "besselj(2, x)",
        "d/dx f(x)",
        "x^2 at x=3, y=z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Str s = {0};
        fresh();
        Node *n = read_more(texts[i]);
        print_plain(c, &s, n);
        ck_assert_msg(read_more(str_cstr(&s)) == n, "%s is printed as %s", texts[i],
                      str_cstr(&s));
        str_free(&s);
    }
}
END_TEST

/* ---- hostile text ------------------------------------------------------------------ */

enum { MANY = 100000 };

static char *repeated(const char *head, const char *unit, size_t n, const char *mid,
                      const char *tail, size_t m)
{
    size_t size = strlen(head) + n * strlen(unit) + strlen(mid) + m * strlen(tail) + 1;
    char *s = malloc(size), *w = s;
    ck_assert_ptr_nonnull(s);
    w += sprintf(w, "%s", head);
    for (size_t i = 0; i < n; i++)
        w = stpcpy(w, unit);
    w = stpcpy(w, mid);
    for (size_t i = 0; i < m; i++)
        w = stpcpy(w, tail);
    return s;
}

static const struct {
    const char *head, *unit, *mid, *tail;
    bool closes; /* tail as often as unit */
    lbz_status status;
} hostile[] = {
    {"", "(", "x", ")", true, LBZ_OK},
    {"", "(", "", "", false, LBZ_INCOMPLETE},
    {"", "-", "x", "", false, LBZ_OK},
    {"", "√", "x", "", false, LBZ_OK},
    {"x", "^x", "", "", false, LBZ_OK},
    {"x", "^-x", "", "", false, LBZ_OK},
    {"x", "+x", "", "", false, LBZ_OK},
    {"x", "*y", "", "", false, LBZ_OK},
    {"x", "/y", "", "", false, LBZ_OK},
    {"", "x%", "y", "", false, LBZ_OK},
    {"", "sin(", "x", ")", true, LBZ_OK},
    {"", "sin ", "x", "", false, LBZ_OK},
    {"", "d/dx ", "x", "", false, LBZ_OK},
    {"", "D(", "x", ",x)", true, LBZ_OK},
    {"", "expand (", "x", ")", true, LBZ_OK},
    {"", "[", "", "]", true, LBZ_OK},
    {"", "|x", "", "", false, LBZ_OK},
    {"", "|", "", "", false, LBZ_INCOMPLETE},
    {"", "if x<0 then 1 else ", "2", "", false, LBZ_OK},
    {"", "not ", "x<1", "", false, LBZ_OK},
    {"x", "<x", "", "", false, LBZ_OK},
    {"x at ", "x=y at ", "x=1", "", false, LBZ_OK},
    {"", "f(x)+", "1", "", false, LBZ_OK},
    {"", "dy/dx+", "x where x=y", "", false, LBZ_OK},
    {"", "1/2x+", "x", "", false, LBZ_OK},
    {"", "{x if x<1;", "", "", false, LBZ_INCOMPLETE},
    {"f(x)=", "{", "", "", false, LBZ_INCOMPLETE},
    {"f(", "x,", "x)", "", false, LBZ_OK},
    {"", "f'", "", "", false, LBZ_SYNTAX},
    {"", "x=1;", "", "", false, LBZ_OK},
    {"", ")", "", "", false, LBZ_SYNTAX},
    {"", "at ", "", "", false, LBZ_SYNTAX},
    {"x ", "where ", "", "", false, LBZ_SYNTAX},
    {"", "1234567890", "", "", false, LBZ_OK},
    {"", "abcdefghij", "", "", false, LBZ_OK},
};

START_TEST(hostile_text_is_survived)
{
    char *s = repeated(hostile[_i].head, hostile[_i].unit, MANY, hostile[_i].mid,
                       hostile[_i].tail, hostile[_i].closes ? MANY : 0);
    Parsed p;
    fresh();
    bool ok = parse_line(c, &env, s, strlen(s), &p);
    ck_assert_msg(c->env.err.status == hostile[_i].status, "%s...: %d %s",
                  hostile[_i].unit, c->env.err.status, c->env.err.message);
    ck_assert(ok == (hostile[_i].status == LBZ_OK));
    ck_assert(c->nnotes < 20);
    free(s);
    same("x+x", "2*x"); /* the context goes on */
}
END_TEST

/* Texts of tokens in random order: read or refused, never anything else; what is read prints to
 * what reads again. */
START_TEST(random_tokens)
{
    static const char *const tokens[] = {
        "x",      "y",  "f",      "sin", "d/dx ", "(",       ")",     "+",
        "-",      "*",  "/",      "^",   "2",     "3.5",     " ",     "|",
        "[",      "]",  ",",      "=",   "==",    "<",       " at ",  "x=1",
        "!",      "'",  "%",      "{",   "}",     ";",       " if ",  " then ",
        " else ", "²",  "√",      "π",   "∂/∂x ", "|_{x=",   "dy/dx", " where ",
        "diff(",  "e",  "gamma ", "\n",  "sum(",  "k",       ":",     " and ",
        "not ",   "f(", "sin^",   "D[",  "_1",    "expand ", ".",     "#",
    };
    unsigned long seed = 12345;
    for (int i = 0; i < 60000; i++) {
        char text[400] = "";
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned k = 1 + (unsigned)(seed >> 40) % 16;
        for (unsigned j = 0; j < k; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            strcat(text, tokens[(seed >> 33) % (sizeof tokens / sizeof *tokens)]);
        }
        Parsed p;
        bool ok = read_line(&env, text, &p);
        size_t n = strlen(text);
        if (!ok) {
            const Err *e = &c->env.err;
            ck_assert_msg(e->status != LBZ_OK && e->message[0], "%s", text);
            ck_assert_msg(e->span.pos + e->span.len <= n, "%s: %s at %u+%u of %zu", text,
                          e->message, e->span.pos, e->span.len, n);
            continue;
        }
        for (size_t j = 0; j < p.n; j++)
            ck_assert_msg(p.stmts[j].span.pos + p.stmts[j].span.len <= n, "%s", text);
    }
}
END_TEST

START_TEST(memory_can_run_out)
{
    const char *text =
        "f(x) = {x if x<1; 2 otherwise}; d/dx sin(x)^2/2x + [1,2;3,4] at x=1, "
        "y=2; dy/dx where x*y = f'(x); check x == y";
    for (long k = 1; k < 200; k++) {
        Parsed p;
        Ctx *was = c;
        mem_fail_at = k;
        c = ctx_new();
        if (c) {
            fresh();
            parse_line(c, &env, text, strlen(text), &p);
            mem_fail_at = 0;
            same("x+x", "2*x");
            ctx_free(c);
        }
        mem_fail_at = 0;
        c = was;
    }
}
END_TEST

START_TEST(foreign_names_are_sorted_and_not_ours)
{
    const char *before = "", *answer;
    for (size_t i = 0; i < parse_foreign_count(); i++) {
        const char *name = parse_foreign_at(i, &answer);
        ck_assert_msg(strcmp(before, name) < 0, "%s, %s", before, name);
        ck_assert_msg(op_find(name, strlen(name)) == OP_POISON, "%s is ours", name);
        ck_assert_str_eq(parse_foreign(name, strlen(name)), answer);
        ck_assert(strlen(answer) > 5);
        before = name;
    }
    ck_assert_ptr_eq(parse_foreign("foo", 3), NULL);
    ck_assert_ptr_ne(parse_foreign("EvalF", 5), NULL);
}
END_TEST

/* What an answer says to write, up to prose: the first of "; ", ": ", ", or ", " for " outside
 * brackets. */
static size_t what_to_write(const char *s)
{
    static const char *const prose[] = {"; ", ": ", ", or ", " for "};
    int depth = 0;
    size_t i = 0;
    for (; s[i]; i++) {
        depth += (strchr("([{", s[i]) != NULL) - (strchr(")]}", s[i]) != NULL);
        for (size_t k = 0; !depth && k < sizeof prose / sizeof *prose; k++)
            if (!strncmp(s + i, prose[k], strlen(prose[k])))
                return i;
    }
    return i;
}

START_TEST(foreign_answers_can_be_typed)
{
    Ctx *c = ctx_new();
    for (size_t i = 0; i < parse_foreign_count(); i++) {
        Parsed parsed;
        const char *answer, *name = parse_foreign_at(i, &answer);
        if (strncmp(answer, "write ", 6) != 0)
            continue;
        ctx_begin_statement(c);
        ck_assert_msg(parse_line(c, NULL, answer + 6, what_to_write(answer + 6), &parsed),
                      "%s: %s: %s", name, answer, c->env.err.message);
    }
    ctx_free(c);
}
END_TEST

int main(void)
{
#define TABLE(test, table) \
    tcase_add_loop_test(t, test, 0, (int)(sizeof table / sizeof table[0]))
    TCase *t = suite_case("parse", 60, setup, teardown);
    TABLE(readings_hold, readings);
    TABLE(trees_hold, trees);
    TABLE(remarks_are_made, remarks);
    TABLE(errors_name_their_place, wrongs);
    TABLE(hostile_text_is_survived, hostile);
    tcase_add_test(t, bound_e_is_a_name);
    tcase_add_test(t, foreign_names_are_sorted_and_not_ours);
    tcase_add_test(t, foreign_answers_can_be_typed);
    tcase_add_test(t, plain_text_gets_no_remarks);
    tcase_add_test(t, strict_refuses_two_readings);
    tcase_add_test(t, nul_bytes_are_refused);
    tcase_add_test(t, definitions);
    tcase_add_test(t, procedures_are_text);
    tcase_add_test(t, commands_keep_their_text);
    tcase_add_test(t, lines_of_statements);
    tcase_add_test(t, statements_one_by_one);
    tcase_add_test(t, structural_nodes_have_spans);
    tcase_add_test(t, pieces_of_commands);
    tcase_add_test(t, binds_know_what_is_wrong);
    tcase_add_test(t, text_of_our_own);
    tcase_add_test(t, printed_text_reads_back);
    tcase_add_test(t, random_tokens);
    tcase_add_test(t, memory_can_run_out);
    return suite_run();
}
