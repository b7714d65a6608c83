/* test_procedure.c - functions made of statements: values and derivatives in both modes,
 * formulas by unrolling, limits and errors, checkpoints. Through the public interface. */
#include "base/base.h"
#include "in_session.h"

#include <pthread.h>
#include <time.h>
#include <math.h>
#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>

static lbz_result r;

static lbz_status eval(const char *line) { return lbz_eval(s, line, strlen(line), &r); }

static void define(const char *line)
{
    ck_assert_msg(eval(line) == LBZ_OK, "%s: %s", line, r.message);
}

/* Both modes give value and slopes (the first n of them). */
static void both(const char *e, double value, const double *grad, size_t n)
{
    static const char *const mode[] = {"forward", "reverse"};
    for (int i = 0; i < 2; i++) {
        char line[400];
        snprintf(line, sizeof line, "%s %s", mode[i], e);
        ck_assert_msg(eval(line) == LBZ_OK, "%s: %s", line, r.message);
        ck_assert_int_eq(r.kind, LBZ_GRAD);
        ck_assert_msg(fabs(r.number - value) <= 1e-13 * fabs(value), "%s: %.17g", line,
                      r.number);
        ck_assert_uint_ge(r.ngrad, n);
        for (size_t k = 0; k < n; k++)
            ck_assert_msg(fabs(r.grad[k] - grad[k]) <= 1e-12 * (fabs(grad[k]) + 1e-3),
                          "%s: d/d%s = %.17g", line, r.grad_name[k], r.grad[k]);
    }
}

static void one(const char *e, double value, double slope) { both(e, value, &slope, 1); }

static void fails(const char *line, lbz_status st, const char *part)
{
    ck_assert_msg(eval(line) == st, "%s: %d %s", line, (int)r.status, r.message);
    ck_assert_msg(strstr(r.message, part) != NULL, "%s: %s", line, r.message);
}

static const char the_function[] = "f(a) = { b = 2*a; while norm(b) < 1000 { b = 2*b }; "
                                   "if sum(b) > 0 { b } else { 100*b } }";

START_TEST(the_example)
{
    define(the_function);
    one("f(a) at a=0.3", 1228.8, 4096);
    one("f(a) at a=-0.3", -122880, 409600);
    one("f(a) at a=1", 1024, 1024);
    one("f(a) at a=500", 1000, 2);
    one("f(2*t)^2 at t=0.15", 1228.8 * 1228.8, 2 * 1228.8 * 8192);
    const double g[3] = {512, 512, 512};
    both("sum(f(v)) at v=[1, 2, 3]", 512 * 6, g, 3);
    fails("forward f(a) at a=0", LBZ_LIMIT, "f: loops");
    define("set looplimit 1000");
    fails("reverse f(a) at a=0", LBZ_LIMIT, "1000 times");
    ck_assert_int_eq(eval("f(0.3)"), LBZ_OK);
    ck_assert(r.has_number && r.number == 1228.8);
    ck_assert_int_eq(eval("f(500)"), LBZ_OK);
    ck_assert_str_eq(r.text, "1000");
}
END_TEST

START_TEST(statements)
{
    define("steps(n) = { s = 0; for i = 1:n { if i > 3 { return s } else if i == 2 { s = "
           "s + 10 } "
           "else { s = s + i } }; s }");
    ck_assert_int_eq(eval("steps(2)"), LBZ_OK);
    ck_assert_str_eq(r.text, "11");
    ck_assert_int_eq(eval("steps(9)"), LBZ_OK);
    ck_assert_str_eq(r.text, "14");
    define("down(x) = {\n  let s = 0 # from above\n  for k = 10:-3:1 {\n    s = s + "
           "x^k\n  }\n  s\n}");
    one("down(x) at x=1.5", pow(1.5, 10) + pow(1.5, 7) + pow(1.5, 4) + 1.5,
        10 * pow(1.5, 9) + 7 * pow(1.5, 6) + 4 * pow(1.5, 3) + 1);
    ck_assert_int_eq(eval("d/dx down(x)"), LBZ_OK);
    ck_assert_str_eq(r.text, "10*x^9 + 7*x^6 + 4*x^3 + 1");
}
END_TEST

START_TEST(recursion)
{
    define("fact(n) = { if n < 2 { return n }; n*fact(n - 1) }");
    one("fact(x) at x=4.5", 4.5 * 3.5 * 2.5 * 1.5, 93);
    define("fib(n, x) = { if n < 2 { x^n } else { fib(n-1, x) + fib(n-2, x) } }");
    ck_assert_int_eq(eval("fib(6, x)"), LBZ_OK);
    ck_assert_str_eq(r.text, "8*x + 5");
    define("h(x) = x^2 + 1");
    define("g(x) = { y = h(x); h(y) }");
    one("g(x) at x=2", 26, 40);
    define("deep(x) = { deep(x + 1) }");
    fails("forward deep(x) at x=1", LBZ_LIMIT, "deep");
    define("set recursion 20");
    fails("reverse deep(x) at x=1", LBZ_LIMIT, "20 times");
}
END_TEST

START_TEST(lists)
{
    define("lse(v) = { m = v[1]; for i = 2:length(v) { m = max(m, v[i]) }; "
           "m + log(sum(exp(v - m))) }");
    double e[3] = {exp(1), exp(2), exp(3)}, t = e[0] + e[1] + e[2];
    const double g[3] = {e[0] / t, e[1] / t, e[2] / t};
    both("lse(v) at v=[1, 2, 3]", log(t), g, 3);
    ck_assert_str_eq(r.grad_name[2], "v[3]");
    define("q(v) = { w = zeros(length(v)); for i = 1:length(v) { w[i] = i*v[i]^2 }; "
           "dot(w, v) }");
    const double c[3] = {3, 24, 81};
    both("q(v) at v=[1, 2, 3]", 1 + 2 * 8 + 3 * 27, c, 3);
    define("tr(A) = { sum(A[i, i]^i, i, 1, length(A)) }");
    const double d[4] = {1, 0, 0, 8};
    both("tr(A) at A=[[1, 2], [3, 4]]", 17, d, 4);
    ck_assert_str_eq(r.grad_name[1], "A[1,2]");
    const double z[2] = {0, 0};
    both("norm(v) at v=[0, 0]", 0, z, 2);
    define(
        "mix(v) = { w = v.*[1, 10] - [3, v[1]^2]; sum(w*2 + 1/[2, 4] + exp(0*[1, 1])) }");
    const double mx[2] = {2 - 4 * 0.5, 20};
    both("mix(v) at v=[0.5, 0.25]", 2 * (0.5 - 3 + 2.5 - 0.25) + 0.75 + 2, mx, 2);
    ck_assert_int_eq(eval("mix([1, 2])"), LBZ_OK);
    ck_assert_str_eq(r.text, "147/4");
    fails("reverse v[4] at v=[1, 2]", LBZ_DOMAIN, "the index 4");
    fails("reverse sum(v + w) at v=[1, 2], w=[1, 2, 3]", LBZ_SHAPE, "do not fit");
    fails("forward v at v=[1, 2]", LBZ_SHAPE, "list");
}
END_TEST

START_TEST(checkpoints_give_the_same)
{
    char line[] = "reverse walk(x) at x=0.7";
    define("walk(x) = { s = x; c = [x, 1]; for i = 1:3000 { s = s + sin(s*c[1])/i; "
           "c[2] = c[2]*0.999 + s/i^2 }; s*c[2] }");
    ck_assert_int_eq(eval("forward walk(x) at x=0.7"), LBZ_OK);
    double value = r.number, slope = r.grad[0];
    static const char *const tape[] = {"set tape 64M", "set tape 100K", "set tape 4K"};
    for (int i = 0; i < 3; i++) {
        define(tape[i]);
        ck_assert_msg(eval(line) == LBZ_OK, "%s", r.message);
        ck_assert(r.number == value);
        ck_assert_msg(fabs(r.grad[0] - slope) < 1e-12 * fabs(slope), "%.17g %.17g",
                      r.grad[0], slope);
    }
}
END_TEST

static void prints(const char *line, const char *want)
{
    ck_assert_msg(eval(line) == LBZ_OK, "%s: %s", line, r.message);
    ck_assert_msg(strcmp(r.text, want) == 0, "%s: %s", line, r.text);
}

START_TEST(second_derivatives)
{
    define("p(x, y) = { s = x; while s < 100 { s = s*s*y }; s }"); /* x^4*y^3 at (2, 3) */
    prints("hessian(p(x, y), [x, y]) at x=2.0, y=3", "[[1296.0, 864.0], [864.0, 288.0]]");
    prints("hessian(p(x, y), [x, y]) at x=2, y=3", "[[1296, 864], [864, 288]]");
    prints("hvp(p(x, y), [x, y], [1, 2]) at x=2.0, y=3", "[3024.0, 1440.0]");
    prints("jvp([p(x, y), p(y, x)], [x, y], [1, 2]) at x=2.0, y=3", "[1728.0, 2700.0]");
    prints("vjp([p(x, y), p(y, x)], [x, y], [1, 2]) at x=2.0, y=3", "[2808.0, 2160.0]");
    prints("d^3/(dx^2 dy) p(x, y) at x=2.0, y=3", "1296.0");
    prints("d^5/dx^5 p(x, 1) at x=2.0", "53760.0"); /* x^8 */
    define("v(x) = { s = x; for i = 1:3 { s = s*x[i] }; s }");
    prints("jacobian(v(x), x) at x=[1, 2, 3]",
           "[[12.0, 3.0, 2.0], [12.0, 12.0, 4.0], [18.0, 9.0, 12.0]]");
    prints("d^2/dx^2 v([x, x^2, 3]) at x=2.0", "[144.0, 480.0, 108.0]");
    fails("hessian(v(x), x) at x=[1, 2, 3]", LBZ_SHAPE, "needs a number");
    fails("hvp(p(x, y), [x, y], [1, 2, 3]) at x=2.0, y=3", LBZ_SHAPE, "3 entries, not 2");
}
END_TEST

/* The record of the path, the tape by stretches and tangents agree with the formula. */
START_TEST(routes_agree)
{
    define("walk(x) = { s = x; for i = 1:40 { s = s + sin(s*x)/i }; s }");
    const char *ways[] = {"d/dx walk(x) at x=7/10", "d/dx walk(x) at x=0.7",
                          "forward walk(x) at x=0.7", "reverse walk(x) at x=0.7"};
    double want = 0;
    for (int i = 0; i < 4; i++) {
        char n[64];
        snprintf(n, sizeof n, i ? "%s" : "N(%s)", ways[i]);
        ck_assert_msg(eval(n) == LBZ_OK, "%s: %s", n, r.message);
        double got = i < 2 ? r.number : r.grad[0];
        want = i ? want : got;
        ck_assert_msg(fabs(got - want) <= 1e-12 * fabs(want), "%s: %.17g %.17g", n, got,
                      want);
    }
    ck_assert_int_eq(eval("N(d^2/dx^2 walk(x) at x=7/10)"), LBZ_OK);
    want = r.number;
    ck_assert_int_eq(eval("d^2/dx^2 walk(x) at x=0.7"), LBZ_OK);
    ck_assert_msg(fabs(r.number - want) <= 1e-11 * fabs(want), "%.17g %.17g", r.number,
                  want);
    ck_assert_int_eq(eval("forward walk'(x) at x=0.7"), LBZ_OK);
    ck_assert_msg(fabs(r.grad[0] - want) <= 1e-11 * fabs(want), "%.17g %.17g", r.grad[0],
                  want);
}
END_TEST

static long peak_memory(void) /* kilobytes */
{
#ifdef __SANITIZE_ADDRESS__ /* keeps what is freed */
    return 0;
#endif
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) == 0 ? u.ru_maxrss : 0;
}

START_TEST(memory_is_bounded)
{
    define("set looplimit 100000000");
    define("w(x) = { s = x; for i = 1:1000000 { s = s + sin(s*x)/i^2 }; s }");
    ck_assert_int_eq(eval("forward w(x) at x=0.7"), LBZ_OK);
    double slope = r.grad[0];
    static const char *const cap[] = {"set tape 1M", "set tape 64M", "set maxmem 16M"};
    for (int i = 0; i < 3;
         i++) { /* the last: the tape may not take more than a quarter */
        long before = peak_memory();
        define(cap[i]);
        ck_assert_msg(eval("reverse w(x) at x=0.7") == LBZ_OK, "%s", r.message);
        ck_assert_msg(fabs(r.grad[0] - slope) <= 1e-10 * slope, "%.17g %.17g", r.grad[0],
                      slope);
        long grown = peak_memory() - before;
        ck_assert_msg(grown < (i == 0   ? 16
                               : i == 1 ? 200
                                        : 16) *
                                  1024,
                      "%s: %ld K", cap[i], grown);
    }
    fails("d^2/dx^2 w(x) at x=0.7", LBZ_LIMIT, "too long");
    define("big(n) = { v = zeros(n); w = v + 1; sum(w) }");
    fails("forward big(n) at n=3000000", LBZ_LIMIT, "does not fit");
}
END_TEST

START_TEST(decimals_run_in_float64)
{
    define("w(x) = { s = x; for i = 1:300000 { s = s + sin(s)/300000 }; s }");
    double x = 1;
    for (int i = 0; i < 300000; i++)
        x = x + sin(x) / 300000;
    ck_assert_int_eq(eval("w(1.0)"), LBZ_OK);
    ck_assert_msg(r.number == x, "%.17g %.17g", r.number, x);
    fails("w(1)", LBZ_LIMIT, "gets too long");
    ck_assert_ptr_nonnull(strstr(r.hint, "w(1.0)"));
    define("set looplimit 1000");
    fails("w(1.0)", LBZ_LIMIT, "1000 times");
    define("third(x) = { for i = 1:1 { x = x/3 }; x }");
    prints("third(1)", "1/3");
    prints("third(1.0)", "0.3333333333333333");
    define("straight(x) = { y = x + 0.2; y }"); /* no loop: a formula, rounded once */
    prints("straight(0.1)", "0.3");
}
END_TEST

START_TEST(branches_merge)
{
    define("g(x) = { if x > 0 { y = x^2 } else { y = -x }; y }");
    prints("g(x)", "if x > 0 then x^2 else -x");
    prints("d/dx g(x)", "if x > 0 then 2*x else -1");
    define("h(x, y) = { if x > y { if y > 0 { return x } else { x = 2*x } }; x + y }");
    prints("h(3, 1)", "3");
    prints("h(3, -1)", "5");
    prints("h(1, 3)", "4");
    prints("h(x, y) at x=3, y=1", "3");
    prints("h(x, y) at x=3, y=-1", "5");
    prints("h(x, y) at x=1, y=3", "4");
    define("c(x) = { n = 0; while x < 10 { if x < 5 { x = x + 2 } else { x = x + 3 }; n "
           "= n + 1 }; "
           "n*x }");
    prints("c(1)", "44");
    prints("c'(1/2)", "5");
    fails("c(x)", LBZ_UNABLE, "depends on whether x < 10");
    define("each(x) = { if x > 0 { return 1 } else { return 2 }; 3 }");
    prints("each(x)", "if x > 0 then 1 else 2");
    define("t(x) = { if x > 0 { v = [x, 1] } else { v = 3 }; v }");
    fails("t(x)", LBZ_UNABLE, "different sizes");
}
END_TEST

START_TEST(errors_are_clear)
{
    define("bad(x) = { for i = 1:10 { x = x - 1; y = log(x) }; y }");
    fails("reverse bad(x) at x=3.5", LBZ_DOMAIN, "log(-0.5) in log(x)");
    define("hole(x) = { if x > 1 { y = x }; y }");
    fails("forward hole(x) at x=0", LBZ_NAME, "y has no value yet");
    one("hole(x) at x=2", 2, 1);
    define("free(x) = { x*outside }");
    fails("forward free(x) at x=2", LBZ_NAME, "outside has no value");
    define("outside = 5");
    one("free(x) at x=2", 10, 5);
    define("empty(x) = { y = x }");
    fails("forward empty(x) at x=2", LBZ_UNABLE, "ends without a value");
    fails("nope(x) = { while x > 0 { x = x - 1 }", LBZ_INCOMPLETE, "}");
    fails("nope(x) = { x = }", LBZ_SYNTAX, "expected");
    fails("nope(x) = { for k { x } }", LBZ_SYNTAX, "range");
    fails("nope(x) = { e = 2*x; e }", LBZ_NAME, "constants");
    define(the_function);
    fails("d/dx f(x)", LBZ_UNABLE, "f has no formula");
    fails("forward f(a, a) at a=1", LBZ_NAME, "1 argument");
}
END_TEST

START_TEST(definitions_are_saved)
{
    define(the_function);
    define("assume y > 0");
    ck_assert_int_eq(eval("vars"), LBZ_OK);
    ck_assert_ptr_nonnull(strstr(r.text, "while norm(b) < 1000"));
    one("f(a) at a=0.3", 1228.8, 4096);
    define("undo");
    define("undo");
    fails("forward f(a) at a=1", LBZ_UNABLE, "f");
}
END_TEST

static void load(const char *name)
{
    char line[400];
    const char *dir = getenv("srcdir");
    snprintf(line, sizeof line, "load %s/examples/gradbench/%s.lbz", dir ? dir : ".",
             name);
    define(line);
}

START_TEST(gradbench)
{
    load("lse");
    const double half[2] = {0.5, 0.5};
    both("lse(x) at x=[3, 3]", 3 + M_LN2, half, 2);
    load("llsq"); /* at n = 3: t = -1, 0, 1 */
    const double a = 0.3, b = 0.8, ll[2] = {3 * a, 2 * b - 2};
    both("llsq(x, 3) at x=[0.3, 0.8]",
         ((1 + a - b) * (1 + a - b) + a * a + (1 - a - b) * (1 - a - b)) / 2, ll, 2);
    load("det");
    const double minors[9] = {-24, 20, -5, 18, -15, 4, 5, -4, 1};
    both("determinant(a, 3) at a=[1, 2, 3, 0, 1, 4, 5, 6, 0]", 1, minors, 9);
    load("ode");
    const double third = 8.0 / 6,
                 od[3] = {third * 0.3 * 0.5, third * 0.7 * 0.5, third * 0.7 * 0.3};
    both("ode_last(x, 4) at x=[0.7, 0.3, 0.5]", third * 0.7 * 0.3 * 0.5, od, 3);
    load("kmeans");
    const double km[4] = {-2, -2, 0, -2};
    both("cost([[1, 2], [3, 4], [5, 5], [2, 1]], c) at c=[[1, 1], [4, 4]]", 1 + 1 + 2 + 1,
         km, 4);
    load("gmm"); /* one component: its weight does not matter */
    const double z[2] = {exp(0.1) * 0.3, exp(0.3) * 0.9 + 0.4 * 0.3}, none = 0;
    both(
        "gmm([[0.5, 1]], 0, 1, a, mu, q, l) at a=[0.7], mu=[[0.2, 0.1]], q=[[0.1, 0.3]], "
        "l=[[0.4]]",
        -log(2 * M_PI) + 0.4 - (z[0] * z[0] + z[1] * z[1]) / 2 - 3 * M_LN2 -
            log(M_PI) / 2 - lgamma(1.5) - (exp(0.2) + exp(0.6) + 0.16) / 2,
        &none, 1);
    load("ba");
    define("p7(c, x) = { r = project(c, x); r[1] }");
    both("p7(c, x) at c=[0, 0, 0, 0, 0, 0, 2, 5, 6, 0, 0], x=[1, 2, 4]", 5.5, NULL, 0);
    ck_assert_msg(fabs(r.grad[6] - 0.25) < 1e-15 && r.grad[7] == 1, "%.17g", r.grad[6]);
    load("lstm");
    ck_assert_int_eq(
        eval("reverse lstm([w, b], [[1], [1], [0]], [[0], [0]], [[1], [1]]) at "
             "w=[1, 1, 1, 1], b=[0, 0, 0, 0]"),
        LBZ_OK);
    double y = 1 / (1 + exp(-1)) * tanh(0.5 * tanh(0.0));
    ck_assert_msg(fabs(r.number - (log(exp(y) + 2) - y)) < 1e-15, "%.17g", r.number);
}
END_TEST

START_TEST(modes_and_duals)
{
    prints("dual(2, 1)^2*sin(dual(2, 1))", "dual(4*sin(2), 4*sin(2) + 4*cos(2))");
    prints("dual(2.0, 1)^3", "dual(8.0, 12.0)");
    prints("dual(3, 1)*dual(5, 0) + dual(a, b)^2", "dual(a^2 + 15, 2*a*b + 5)");
    define("x = 7");
    static const char *const mode[] = {"set mode forward", "set mode reverse"};
    for (int i = 0; i < 2; i++) {
        define(mode[i]);
        prints("jacobian([x*y, x/y, k*x], [x, y]) at x=1, y=2, k=3",
               "[[2.0, 1.0], [0.5, -0.25], [3.0, 0.0]]");
        ck_assert_uint_eq(r.nnotes, 1);
        ck_assert_ptr_nonnull(strstr(r.notes[0], i ? "reverse" : "forward"));
        prints("grad(x^2*y, [x, y]) at x=1, y=2", "[4.0, 1.0]");
        prints("hessian(x^2*y, [x, y]) at x=1, y=2", "[[4.0, 2.0], [2.0, 0.0]]");
        prints("hvp(x^2*y, [x, y], [1, 3]) at x=1, y=2", "[10.0, 2.0]");
        prints("jvp([x*y, x], [x, y], [1, 2]) at x=1, y=2", "[4.0, 1.0]");
        prints("vjp([x*y, x], [x, y], [1, 2]) at x=1, y=2", "[4.0, 1.0]");
        prints("d/dx relu(x) - relu(-x) at x=0", "0");
        prints("d/dx(relu(x) - relu(-x)) at x=0", "1.0");
    }
    prints("D[x*D[x+y, y], x]", "1");
}
END_TEST

static void *interrupt_soon(void *unused)
{
    (void)unused;
    struct timespec t = {0, 100000000};
    nanosleep(&t, NULL);
    lbz_interrupt();
    return NULL;
}

static void is_interrupted(const char *line)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_soon, NULL), 0);
    ck_assert_int_eq(eval(line), LBZ_INTERRUPT);
    pthread_join(thread, NULL);
    lbz_resume();
}

START_TEST(endless_loops_are_interrupted)
{
    define("set looplimit 1000000000000");
    define("spin(x) = { while x > 0 { x = x + 1 }; x }");
    is_interrupted("reverse spin(x) at x=1");
    is_interrupted("spin(1.0)");
    is_interrupted("spin(1)");
    is_interrupted("spin(dual(1.0, 1))");
    define("set recursion 1000000");
    define("dig(x) = { dig(x + 1) + dig(x + 2) }");
    is_interrupted("forward dig(x)*x at x=1");
    one("spin(x) at x=-1", -1, 1);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("procedure", 60, setup, teardown);
    tcase_add_test(t, the_example);
    tcase_add_test(t, statements);
    tcase_add_test(t, recursion);
    tcase_add_test(t, lists);
    tcase_add_test(t, checkpoints_give_the_same);
    tcase_add_test(t, second_derivatives);
    tcase_add_test(t, routes_agree);
    tcase_add_test(t, memory_is_bounded);
    tcase_add_test(t, decimals_run_in_float64);
    tcase_add_test(t, branches_merge);
    tcase_add_test(t, errors_are_clear);
    tcase_add_test(t, definitions_are_saved);
    tcase_add_test(t, gradbench);
    tcase_add_test(t, modes_and_duals);
    tcase_add_test(t, endless_loops_are_interrupted);
    return suite_run();
}
