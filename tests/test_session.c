/* test_session.c - lines in, results out: what a user types and what comes back, errors
 * with their place included. A transcript is run in one session, line after line. */
#include "cpu/cpu.h"
#include "in_session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* out: what people are shown. "!NAME 3+2 text": an error of that status, its column and
 * length, and a part of its message. "~text": text is a part of what is shown. note: a
 * part of the notes; NULL: there must be none. */
typedef struct {
    const char *in, *out, *note;
} Line;

static lbz_result eval(const char *text)
{
    lbz_result r;
    lbz_eval(s, text, strlen(text), &r);
    return r;
}

static void check_error(const Line *l, const lbz_result *r)
{
    char status[20], *end;
    unsigned col, len;
    int used = 0;
    ck_assert_msg(sscanf(l->out, "!%19s %u+%u %n", status, &col, &len, &used) == 3, "%s",
                  l->in);
    ck_assert_msg(r->status != LBZ_OK, "%s: no error but %s", l->in, r->shown);
    ck_assert_msg(strcmp(lbz_status_name(r->status), status) == 0 && r->span.col == col &&
                      r->span.len == len,
                  "%s: %s at %u+%u: %s", l->in, lbz_status_name(r->status), r->span.col,
                  r->span.len, r->message);
    end = strstr(r->message, l->out + used);
    ck_assert_msg(end != NULL, "%s: message is %s", l->in, r->message);
    ck_assert_str_eq(r->text, "");
}

static void check_notes(const Line *l, const lbz_result *r)
{
    if (!l->note) {
        ck_assert_msg(r->nnotes == 0, "%s: note %s", l->in, r->nnotes ? r->notes[0] : "");
        return;
    }
    for (size_t i = 0; i < r->nnotes; i++)
        if (strstr(r->notes[i], l->note))
            return;
    ck_abort_msg("%s: lacks the note %s (has %s)", l->in, l->note,
                 r->nnotes ? r->notes[0] : "none");
}

static void run(const Line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Line *l = &lines[i];
        lbz_result r = eval(l->in);
        if (l->out[0] == '!') {
            check_error(l, &r);
        } else {
            ck_assert_msg(r.status == LBZ_OK, "%s: %s", l->in, r.message);
            bool fits = l->out[0] == '~' ? strstr(r.shown, l->out + 1) != NULL
                                         : strcmp(r.shown, l->out) == 0;
            ck_assert_msg(fits, "%s: got %s, want %s", l->in, r.shown, l->out);
        }
        check_notes(l, &r);
    }
}

#define RUN(lines) run(lines, sizeof(lines) / sizeof *(lines))

START_TEST(readings)
{
    static const Line lines[] = {
        {"d/dx x^2*sin(x)", "2*x*sin(x) + x^2*cos(x)", NULL},
        {"d/dx x^2 + x", "3*x", "read as (d/dx x^2) + x"},
        {"d/dx(x^2)*x", "2*x^2", NULL},
        {"d/dx (x^2)*x", "3*x^2", "read as"},
        {"-2^2", "-4", NULL},
        {"2^3^2", "512", NULL},
        {"2^-1", "1/2", NULL},
        {"1/2x", "1/(2*x)", "read as 1/(2*x)"},
        {"2^3x", "8*x", "read as 2^3*x"},
        {"sin x cos x", "sin(x)*cos(x)", NULL},
        {"sin^2 x", "sin(x)^2", NULL},
        {"sin^-1 x", "!SYNTAX 1+6 two meanings", NULL},
        {"ln x", "log(x)", NULL},
        {"log10 x", "log10(x)", NULL},
        {"gamma*x", "gamma*x", NULL},
        {"gamma*x at gamma=2", "2*x", NULL},
        {"xy + x*y", "x*y + xy", "x*y?"},
        {"foo(x)", "foo(x)", NULL},
        {"d/dx foo(x^2)", "2*x*foo'(x^2)", NULL},
        {"sni(2)", "!NAME 1+3 did you mean sin?", NULL},
        {"x^2 = 4", "!SYNTAX 5+1 ", NULL},
        {"2e3", "2000.0", NULL},
        {"2e", "2*e", NULL},
        {"e = 3", "!NAME 1+1 constant", NULL},
        {"0.1 + 0.2", "0.3", NULL},
        {"1/3 + 1/6", "1/2", NULL},
        {"d/dx abs(x)", "sign(x)", NULL},
        {"d/dx abs(x) at x=0", "0",
         "abs is not differentiable at 0: subderivative [-1, 1]"},
        {"d/dx relu(x) at x=0", "0", "subderivative [0, 1]"},
        {"d/dx x^x", "x^x*(log(x) + 1)", NULL},
        {"2^(10^9)", "2^1000000000", NULL},
        {"x^1000000", "x^1000000", NULL},
        {"(x+1)^100000", "(x + 1)^100000", NULL},
        {"1/0", "!DOMAIN 2+1 division by zero", NULL},
        {"0^0", "1", "0^0"},
        {"(x-x)/(x-x)", "!DOMAIN 6+1 division by zero", NULL},
        {"x^2'", "!SYNTAX 1+4 ' differentiates", NULL},
        {"sqrt(x^2)", "abs(x)", NULL},
        {"log(x^2)", "2*log(abs(x))", NULL},
        {"d/dx log(abs(x))", "1/x", NULL},
        {"(-8)^(1/3)", "-2", NULL},
        {"asin(2)", "!DOMAIN 1+7 no real value", NULL},
        {"log(tan(3))", "!DOMAIN 1+11 log(tan(3)) has no real value", NULL},
    };
    RUN(lines);
}
END_TEST

START_TEST(definitions_are_followed)
{
    static const Line lines[] = {
        {"x = 3", "", NULL},
        {"d/dx x^2", "2*x   (= 6 at x = 3)", NULL},
        {"x = 3; y = x^2; d/dx y", "2*x   (= 6 at x = 3)", NULL},
        {"y", "9", NULL},
        {"x = 4", "", NULL},
        {"y", "16", NULL},
        {"d/dy y^3", "3*y^2   (= 768 at y = 16)", NULL},
        {"x + d/dx x^2", "3*x   (= 12 at x = 4)", NULL},
        {"y at x=5", "25", NULL},
        {"y + 1 at y=2", "3", NULL},
        {"x^2 at x=x+1", "25", NULL},
        {"a = 2; d/dz a*z^2", "4*z", NULL},
        {"t = 2; u = t^2; d/du u^2", "2*u   (= 8 at u = 4)", NULL},
        {"d/dt u", "2*t   (= 4 at t = 2)", NULL},
        {"g = d/dx x^2", "", NULL},
        {"g + 1", "9", NULL},
        {"w = w + 1", "!NAME 1+9 w -> w", NULL},
        {"w := w + 1", "!NAME 1+10 no value yet", NULL},
        {"w := 1; w := w + 1; w", "2", NULL},
        {"p = q + 1; q = r", "", NULL},
        {"r = p", "!NAME 1+5 r -> p -> q -> r", NULL},
        {"r", "r", NULL},
        {"x = 0.5", "", NULL},
        {"d/dx sin(x)", "cos(x)   (= 0.8775825618903728 at x = 0.5)", NULL},
        {"sin = 3", "!NAME 1+3 known function", NULL},
        {"dx = 2", "", "d/dx"},
        {"d/dx x^2", "2*x   (= 1.0 at x = 0.5)", NULL},
    };
    RUN(lines);
}
END_TEST

START_TEST(functions_of_the_user)
{
    static const Line lines[] = {
        {"f(x) = x^2*sin(x)", "", NULL},
        {"f'(2)", "4*sin(2) + 4*cos(2)", NULL},
        {"f'(0.5)", "0.6988211790767962", NULL},
        {"f(t)", "t^2*sin(t)", NULL},
        {"d/dt f(t)", "2*t*sin(t) + t^2*cos(t)", NULL},
        {"h(x) = 3*x; f(h(y))", "9*y^2*sin(3*y)", NULL},
        {"x = 7; h(2)", "6", NULL},
        {"a = 5; k(x) = a*x^2; k'(3)", "30", NULL},
        {"a = 6; k(2)", "24", NULL},
        {"m(u, v) = u^2*v", "", NULL},
        {"m(2, 3)", "12", NULL},
        {"d/du m(u, v)", "2*u*v", NULL},
        {"m(1)", "!NAME 1+4 m takes 2 arguments, not 1", NULL},
        {"fact(n) = if n <= 1 then 1 else n*fact(n-1)", "", NULL},
        {"fact(20)", "2432902008176640000", NULL},
        {"fact(n)", "!LIMIT 1+7 fact calls itself", NULL},
        {"fib(n) = if n < 2 then n else fib(n-1) + fib(n-2); fib(60)", "1548008755920",
         NULL},
        {"p(x) = d/dx x^3; p(2)", "12", NULL},
        {"q(x) = p(x)^2; q'(1)", "36", NULL},
        {"v(x) = abs(x); v'(0)", "0", "subderivative [-1, 1]"},
        {"h(x) = x + 1; h(1)", "2", NULL},
        {"h = 3; h(x + 1)", "24", "read as"},
        {"log(x) = 3", "!NAME 1+3 cannot be", NULL},
        {"c1 = f(c1)", "!NAME 1+10 c1 -> c1", NULL},
    };
    RUN(lines);
}
END_TEST

START_TEST(operators_are_carried_out)
{
    static const Line lines[] = {
        {"grad(x^2*y, [x, y])", "[2*x*y, x^2]", NULL},
        {"grad(x^2*y)", "[2*x*y, x^2]", NULL},
        {"grad(x^2*y, x)", "2*x*y", NULL},
        {"jacobian([x*y, x], [x, y])", "[[y, x], [1, 0]]", NULL},
        {"hessian(x^2*y, [x, y])", "[[2*y, 2*x], [2*x, 0]]", NULL},
        {"hvp(x^2*y, [x, y], [1, 2])", "[4*x + 2*y, 2*x]", NULL},
        {"hvp(x^2*y, [x, y], [x, 0])", "[2*x*y, 2*x^2]", NULL},
        {"hvp(x, [x, y], [1])", "!SHAPE 1+19 the vector of hvp has 1 element", NULL},
        {"jvp([x^2, x*y], [x, y], [1, 2])", "[2*x, 2*x + y]", NULL},
        {"vjp([x^2, x*y], [x, y], [1, 2])", "[2*x + 2*y, 2*x]", NULL},
        {"laplacian(x^2 + y^2, [x, y])", "4", NULL},
        {"div([x*y, y], [x, y])", "y + 1", NULL},
        {"curl([-y, x, 0], [x, y, z])", "[0, 0, 2]", NULL},
        {"curl([-y, x], [x, y])", "2", NULL},
        {"dy/dx where x^2 + y^2 = 1", "-x/y", NULL},
        {"taylor(exp(x), x=0, 3)", "1 + x + x^2/2 + x^3/6", NULL},
        {"detach(x)*x", "x^2", NULL},
        {"d/dx(detach(x)*x)", "x", NULL},
        {"d/dx(d/dy x^2*y^2)", "4*x*y", NULL},
        {"d/dx(x*(d/dx x*y))", "y", NULL},
        {"subs(x^2 + 1, x=2)", "5", NULL},
        {"subs(sin(x)^2, sin(x)=w)", "w^2", NULL},
        {"subs(x/y, x=y, y=x)", "y/x", NULL},
        {"expand((x+1)^2)", "x^2 + 2*x + 1", NULL},
        {"factor(x^2 - 1)", "(x - 1)*(x + 1)", NULL},
        {"sum(k^2, k, 1, 10)", "385", NULL},
        {"prod(k, k, 1, 5)", "120", NULL},
        {"n = 4; sum(x^k, k, 0, n)", "x^4 + x^3 + x^2 + x + 1", NULL},
        {"sum(k, k, 1, m)", "m*(m + 1)/2", "m is taken as a whole number, at least 0"},
        {"d/dx int(sin(t), t, 0, x^2)", "2*x*sin(x^2)", NULL},
        {"d/dx x^3 at x=5", "75", NULL},
        {"expand((d/dx x^3) + x)", "3*x^2 + x", NULL},
    };
    RUN(lines);
}
END_TEST

START_TEST(kinks_and_singular_points)
{
    static const Line lines[] = {
        {"d/dx(relu(x) - relu(-x)) at x=0", "1", NULL},
        {"d/dx x*abs(x) at x=0", "0", NULL},
        {"d/dx 2*abs(x-1) at x=1", "0", "subderivative [-2, 2]"},
        {"d/dx(x + 3*abs(x)) at x=0", "0", "subderivative [-2, 4]"},
        {"d/dx(3*x + abs(x)) at x=0", "2", "subderivative [2, 4]"},
        {"d/dx max(x, 1) at x=1", "0", "subderivative [0, 1]"},
        {"grad(max(x, y), [x, y]) at x=1, y=1", "[1/2, 1/2]", NULL},
        {"grad(abs(x) + y^2, [x, y]) at x=0, y=1", "[0, 2]", "subderivative [-1, 1]"},
        {"d/dx (if x < 0 then -x else x) at x=0", "0", "subderivative [-1, 1]"},
        {"d/dx (if x < 0 then x else x^2 + x) at x=0", "1", NULL},
        {"d/dx sqrt(x) at x=0", "inf", "one-sided"},
        {"d/dx cbrt(x) at x=0", "inf", "grows without bound"},
        {"d/dx x^(2/3) at x=0", "0", "-inf on the left"},
        {"d/dx log(x) at x=0", "!DOMAIN 6+6 log(0) has no value", NULL},
        {"x = 0; d/dx abs(x)", "sign(x)   (= 0 at x = 0)", "subderivative [-1, 1]"},
    };
    RUN(lines);
}
END_TEST

START_TEST(numbers)
{
    static const Line lines[] = {
        {"sin(1)", "sin(1)", NULL},
        {"sin(1.0)", "0.8414709848078965", NULL},
        {"2.5*sin(1.0)*x", "2.1036774620197414*x", NULL},
        {"exp(x) at x=0.5", "1.6487212707001282", NULL},
        {"N(sin(1), 30)", "0.841470984807896506652502321630", NULL},
        {"N(pi*x, 10)", "3.141592654*x", NULL},
        {"N([pi, e], 5)", "[3.1416, 2.7183]", NULL},
        {"N(int(x^2, x, 0, 1), 10)", "0.3333333333", NULL},
        {"N(2 + 4)", "6", NULL},
        {"x = 3; N(d/dx x^2/7, 5)", "0.85714", NULL},
        {"N(pi, 0)", "!SYNTAX 1+8 number of digits", NULL},
    };
    RUN(lines);
    lbz_result r = eval("sin(1)");
    ck_assert_str_eq(r.approx, "0.84147098480789651");
    ck_assert(r.has_number && r.number == sin(1.0));
    ck_assert_str_eq(r.number_text, "0.8414709848078965");
    r = eval("1/3");
    ck_assert(r.has_number && r.number == 1.0 / 3);
    r = eval("6");
    ck_assert(r.approx == NULL && r.has_number && r.number == 6);
    r = eval("10^400");
    ck_assert(!r.has_number && r.number_text == NULL);
    r = eval("[1, 2]");
    ck_assert(!r.has_number && r.approx == NULL);
    ck_assert_ptr_null(r.at_value);
    r = eval("d/dx x^2"); /* the number is that of the value beside the formula */
    ck_assert_str_eq(r.text, "2*x");
    ck_assert_str_eq(r.at_value, "6");
    ck_assert(r.has_number && r.number == 6);
    r = eval("d/dx x^2*q");
    ck_assert_str_eq(r.at_value, "6*q");
    ck_assert(!r.has_number);
}
END_TEST

START_TEST(assumptions)
{
    static const Line lines[] = {
        {"y = sqrt(x^2)", "", NULL},
        {"y", "abs(x)", NULL},
        {"assume x > 0; sqrt(x^2)", "x", NULL},
        {"y", "x", NULL},
        {"log(x^2)", "2*log(x)", NULL},
        {"assume x < 0", "!DOMAIN 8+5 x > 0 is assumed already", NULL},
        {"sq(x) = sqrt(x^2)", "", "x > 0 holds for the argument of sq, too"},
        {"sq(t) = sqrt(t^2); sq(-3)", "3", NULL},
        {"undo; undo; undo", "", "took back assume x > 0; now nothing is assumed of x"},
        {"y", "abs(x)", NULL},
        {"assume x >= 0, n integer; vars", "~assume x >= 0\nassume n integer", NULL},
        {"forget x; y", "abs(x)", NULL},
        {"forget nothing", "!NAME 8+7 nothing is known of nothing", NULL},
        {"assume x > 5", "!SYNTAX 8+5 cannot be assumed", NULL},
        {"assume", "!SYNTAX 7+0 cannot be assumed", NULL},
        {"var x[3", "!SYNTAX 5+3 missing", NULL},
    };
    RUN(lines);
}
END_TEST

START_TEST(undo_takes_back)
{
    static const Line lines[] = {
        {"undo", "!NAME 5+0 nothing to take back", NULL},
        {"x = 1", "", NULL},
        {"x = 2", "", NULL},
        {"f(t) = t^2", "", NULL},
        {"undo", "", "took back f(t) = t^2; now f is free"},
        {"f(3)", "f(3)", NULL},
        {"undo; x", "1", "took back x = 2; now x = 1"},
        {"undo; x", "x", "took back x = 1; now x is free"},
        {"redo; x", "1", "did again x = 1"},
        {"undo; a = 1; b = 2", "", "took back x = 1"},
        {"redo", "!NAME 5+0 nothing to make again", NULL},
        {"clear; a + b", "a + b", "2 names are forgotten; undo brings them back"},
        {"undo; a + b", "3", "took back forget b, forget a"},
        {"set digits 5; set digits", "5", NULL},
        {"undo; set digits", "17", "took back set digits 5; now digits is 17"},
    };
    RUN(lines);
}
END_TEST

START_TEST(results_are_kept)
{
    static const Line lines[] = {
        {"%", "!NAME 1+1 no result yet", NULL},
        {"x^2", "x^2", NULL},
        {"% + 1", "x^2 + 1", NULL},
        {"%1*ans", "x^2*(x^2 + 1)", NULL},
        {"%9", "!NAME 1+2 only 3 results", NULL},
        {"y = %1", "", NULL},
        {"z + 5", "z + 5", NULL},
        {"y", "x^2", NULL},
        {"vars", "y = x^2", NULL},
        {"history 2", "%4: z + 5\n%5: y", NULL},
    };
    RUN(lines);
    lbz_result r = eval("1 + 1");
    ck_assert_uint_eq(r.index, 6);
    r = eval("x = 1");
    ck_assert_uint_eq(r.index, 0);
}
END_TEST

START_TEST(verdicts)
{
    static const struct {
        const char *in, *text, *proof;
        lbz_verdict verdict;
    } v[] = {
        {"check (x+1)^2 == x^2 + 2*x + 1", "PASS proved", "symbolic", LBZ_PASS},
        {"check sin(x)^2 + cos(x)^2 == 1", "PASS proved", "symbolic", LBZ_PASS},
        {"check d/dx x^3 == 3*x^2", "PASS proved", "symbolic", LBZ_PASS},
        {"check pi == 3.14", "FAIL: lhs=3.141592653589793 rhs=3.14", "counterexample",
         LBZ_FAIL},
        {"check pi == 3.14 tol 0.01", "PASS numeric (within 0.01)", "numeric", LBZ_PASS},
        {"check sqrt(x^2) == x on x in 1:2", "PASS numeric (50 digits at 8 points)",
         "numeric", LBZ_PASS},
        {"check x^2 == 4 at x=2", "PASS proved", "symbolic", LBZ_PASS},
        {"check [x, y] == [x, y]", "PASS proved", "symbolic", LBZ_PASS},
        {"check foo(x) == bar(x)",
         "UNKNOWN foo is an unknown function: it has no values to compare", "",
         LBZ_UNKNOWN},
        {"check sqrt(-1-x^2) == log(-x^2-2)",
         "UNKNOWN no point was found where both sides have a real value", "",
         LBZ_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        lbz_result r = eval(v[i].in);
        ck_assert_msg(r.status == LBZ_OK, "%s: %s", v[i].in, r.message);
        ck_assert_int_eq(r.kind, LBZ_CHECK);
        ck_assert_str_eq(r.text, v[i].text);
        ck_assert_str_eq(r.proof, v[i].proof);
        ck_assert_int_eq(r.verdict, v[i].verdict);
    }
    lbz_result r = eval("check x^2 == x^3");
    ck_assert_int_eq(r.verdict, LBZ_FAIL);
    double x, lhs, rhs;
    ck_assert(sscanf(r.text, "FAIL at x=%lf: lhs=%lf rhs=%lf", &x, &lhs, &rhs) == 3);
    ck_assert(fabs(lhs - x * x) < 1e-12 && fabs(rhs - x * x * x) < 1e-12 && lhs != rhs);
    static const Line errors[] = {
        {"check x = 2", "!SYNTAX 7+5 ==", NULL},
        {"check x^2", "!SYNTAX 7+3 ==", NULL},
        {"check [1, 2] == 3", "!SHAPE 7+11 different shapes", NULL},
    };
    RUN(errors);
}
END_TEST

START_TEST(commands_answer)
{
    static const Line lines[] = {
        {"help", "~d/dx x^2*sin(x)", NULL},
        {"help sin",
         "sin(x): sine; x in radians\n  d/dx        cos(x)\n  domain      all x", NULL},
        {"?ln", "~natural logarithm", NULL},
        {"help atan2", "~d/dy        x/(y*y + x*x)", NULL},
        {"help set", "~change a setting", NULL},
        {"help simplify", "~set simplify none|light|full", NULL},
        {"help names", "~arcsin = asin", NULL},
        {"help nosuchthing", "!NAME 6+11 nothing is known of nosuchthing", NULL},
        {"set", "~maxprint   20000", NULL},
        {"set simplify light; set simplify", "light", NULL},
        {"set simplify = none; set simplify", "none", NULL},
        {"unset simplify; set simplify", "full", NULL},
        {"set simplify most", "!SYNTAX 14+4 simplify cannot be most", NULL},
        {"set nothing 1", "!NAME 5+7 no setting nothing", NULL},
        {"latex x^2/y", "\\frac{x^{2}}{y}", NULL},
        {"graph --dot x + 1", "~digraph", NULL},
        {"time x + x", "2*x", "took"},
        {"time 1/0", "!DOMAIN 7+1 division by zero", NULL},
        {"time time x", "!SYNTAX 11+1 time within time", NULL},
        {"set strict on; 1/2x", "!SYNTAX 16+4 two ways", NULL},
    };
    RUN(lines);
    lbz_result r = eval("quit");
    ck_assert_int_eq(r.kind, LBZ_QUIT);
}
END_TEST

START_TEST(errors_stop_the_line)
{
    static const Line lines[] = {
        {"a = 1; 1/0; b = 2", "!DOMAIN 9+1 division by zero", NULL},
        {"a + b", "b + 1", NULL},
        {"(1 +", "!INCOMPLETE 5+0 ", NULL},
        {"c = 1; (1 +", "!INCOMPLETE 12+0 ", NULL},
        {"c", "c", NULL}, /* nothing ran before the rest is there */
        {"π + 1/0", "!DOMAIN 6+1 division by zero", NULL},
        {"", "", NULL},
        {"  # only a comment", "", NULL},
        {"x;", "x", NULL},
        {"1 # one", "1", NULL},
        {"diff(x^2, 3)", "!SYNTAX 11+1 variable", NULL},
    };
    RUN(lines);
    lbz_result r = eval("1 +\n  2/0");
    ck_assert_uint_eq(r.span.line, 2);
    ck_assert_uint_eq(r.span.col, 4);
}
END_TEST

START_TEST(limits_leave_definitions)
{
    eval("x = 3; f(t) = t^2");
    eval("set fuel 2000");
    lbz_result r = eval("hessian(product, [a,b]); sum(sin(k*z), k, 1, 9999)");
    ck_assert_int_eq(r.status, LBZ_LIMIT);
    eval("set fuel 0");
    r = eval("f(x)");
    ck_assert_str_eq(r.text, "9");
    lbz_interrupt();
    r = eval("f(x+1)");
    ck_assert_int_eq(r.status, LBZ_INTERRUPT);
    r = eval("x = 4");
    ck_assert_int_eq(r.status, LBZ_INTERRUPT);
    lbz_resume();
    r = eval("f(x)");
    ck_assert_str_eq(r.text, "9");
}
END_TEST

static char folder[64];

static void in_folder(char *out, size_t n, const char *fmt, const char *file)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    snprintf(out, n, fmt, path);
}

/* What save wrote to the file, in text. */
static void saved(const char *name, char *text, size_t size)
{
    char line[300], file[200];
    in_folder(line, sizeof line, "save \"%s\"", name);
    ck_assert_int_eq(eval(line).status, LBZ_OK);
    in_folder(file, sizeof file, "%s", name);
    FILE *f = fopen(file, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
    unlink(file);
}

START_TEST(descents_are_saved)
{
    char text[2000];
    snprintf(folder, sizeof folder, "/tmp/lbz-descent-%ld", (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    eval("a = 2; descend (x-1)^2*a + x*y^2 from x=0.5, y=2 x in 0.25:inf method adam "
         "b1=0.5 "
         "rate 0.25 until |g| < 1e-3");
    eval("step 2");
    saved("steps.csv", text, sizeof text);
    ck_assert_ptr_eq(strstr(text, "k,x,y,f,gnorm,rate,change\n0,0.5,2,2.5,"), text);
    ck_assert_ptr_nonnull(strstr(text, "\n2,"));
    saved("s.lbz", text, sizeof text);
    const char *line = strstr(text, "descend ");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, " x in 0.25:inf method adam b1=0.5 rate 0.25 "
                                       "until |g| < 1e-3\n"));
    double x = eval("x").number;
    eval("clear");
    ck_assert_int_eq(eval(line).status, LBZ_OK);
    ck_assert_double_eq(eval("x").number, x);
    ck_assert_str_eq(eval("run").state, "converged");
    rmdir(folder);
}
END_TEST

START_TEST(save_and_load)
{
    char line[300], file[200];
    snprintf(folder, sizeof folder, "/tmp/lbz-test-%ld", (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    eval("set digits 9; assume u > 0; x = 3; y = x^2 # square");
    eval("f(a, b) = d/da a^2*b; w := y + 1; g = sqrt(u^2)");
    in_folder(line, sizeof line, "save %s", "s.lbz");
    ck_assert_int_eq(eval(line).status, LBZ_OK);
    lbz_close(s);
    setup();
    in_folder(line, sizeof line, "load %s", "s.lbz");
    lbz_result r = eval(line);
    ck_assert_msg(r.status == LBZ_OK, "%s", r.message);
    static const Line lines[] = {
        {"y", "9", NULL},  {"x = 5; y", "25", NULL}, {"f(2, 7)", "28", NULL},
        {"w", "10", NULL}, {"g", "u", NULL},         {"set digits", "9", NULL},
    };
    RUN(lines);
    in_folder(file, sizeof file, "%s", "bad.lbz");
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    fputs("k = 2\nh(x) = [x,\n  x^2]\n1/0\nk = 3\n", f);
    fclose(f);
    in_folder(line, sizeof line, "load %s", "bad.lbz");
    r = eval(line);
    ck_assert_int_eq(r.status, LBZ_DOMAIN);
    ck_assert_msg(strstr(r.message, "bad.lbz:4: division by zero") != NULL, "%s",
                  r.message);
    ck_assert_str_eq(eval("k").text, "2");
    ck_assert_str_eq(eval("h(2)").text, "[2, 4]");
    ck_assert_int_eq(eval("save /nonexistent/x").status, LBZ_UNABLE);
    ck_assert_int_eq(eval("load /nonexistent/x").status, LBZ_UNABLE);
    if (access("/dev/full", W_OK) == 0)
        ck_assert_int_eq(eval("save /dev/full").status, LBZ_UNABLE);
    unlink(file);
    in_folder(file, sizeof file, "%s", "s.lbz");
    unlink(file);
    ck_assert_int_eq(rmdir(folder), 0); /* no temporary file is left */
}
END_TEST

static void append(const char *text, size_t n, void *arg)
{
    char *all = arg;
    size_t at = strlen(all);
    memcpy(all + at, text, n);
    all[at + n] = '\0';
}

START_TEST(dump_reads_back)
{
    static char text[20000];
    text[0] = '\0';
    eval("t = 1; s1 := exp(t) + 1");
    for (int i = 0; i < 30; i++) /* the tree of s1 grows as 2^i, its text must not */
        ck_assert_int_eq(eval("s1 := s1*sin(s1)").status, LBZ_OK);
    eval("keep = s1 - sin(1)");
    lbz_dump(s, append, text);
    ck_assert_uint_lt(strlen(text), 4000);
    lbz_close(s);
    setup();
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        lbz_result r = eval(line);
        ck_assert_msg(r.status == LBZ_OK, "%s: %s", line, r.message);
    }
    ck_assert_str_eq(eval("vars").text, strstr(eval("vars").text, "t = 1"));
    ck_assert(eval("s1").index > 0);
}
END_TEST

START_TEST(barriers)
{
    static const char *const yes[] = {
        "x = 3",        "f(x) = x^2", "w := 1", "assume x > 0", "% + 1", "2; a=1",
        "set digits 3", "forget x",   "ans^2",  "undo",         "load f"};
    static const char *const no[] = {"d/dx x^2 at x=2",
                                     "x == 3",
                                     "taylor(e^x, x=0, 3)",
                                     "check x == x",
                                     "dy/dx where x^2 + y^2 = 1",
                                     "help sin",
                                     "time d/dx x",
                                     "x <= 3",
                                     "",
                                     "sin(x) # a = 1"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(lbz_is_barrier(s, yes[i], strlen(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(!lbz_is_barrier(s, no[i], strlen(no[i])), "%s", no[i]);
}
END_TEST

typedef struct {
    char names[6000];
    char last[60];
    int sorted;
} Offered;

static void offered(lbz_word kind, const char *name, const char *help, void *arg)
{
    Offered *o = arg;
    ck_assert_ptr_nonnull(help);
    o->sorted += strcmp(o->last, name) <= 0 ? 0 : 1;
    snprintf(o->last, sizeof o->last, "%s", name);
    size_t at = strlen(o->names);
    snprintf(o->names + at, sizeof o->names - at, "%s%c ", name, "fncsvkt"[kind]);
}

START_TEST(completion)
{
    Offered o;
    memset(&o, 0, sizeof o);
    eval("sinus = 3; sinful(x) = x");
    lbz_complete(s, "sin", 3, offered, &o);
    ck_assert_int_eq(o.sorted, 0);
    ck_assert_ptr_nonnull(strstr(o.names, "sinf "));
    ck_assert_ptr_nonnull(strstr(o.names, "sinhf "));
    ck_assert_ptr_nonnull(strstr(o.names, "sinusn "));
    ck_assert_ptr_nonnull(strstr(o.names, "sinfulf "));
    memset(&o, 0, sizeof o);
    lbz_complete(s, "simp", 4, offered, &o);
    ck_assert_str_eq(o.names, "simplifyf simplifys ");
    memset(&o, 0, sizeof o);
    lbz_complete(s, "deri", 4, offered, &o);
    lbz_complete(s, "lam", 3, offered, &o);
    lbz_complete(s, "wh", 2, offered, &o);
    ck_assert_str_eq(o.names, "derivativest lambdan lambertwf wherek whilec ");
    memset(&o, 0, sizeof o);
    lbz_complete(s, "simplify=", 9, offered, &o);
    lbz_complete(s, "color=al", 8, offered, &o);
    lbz_complete(s, "digits=", 7, offered, &o);
    ck_assert_str_eq(o.names, "nonev lightv fullv alwaysv ");
}
END_TEST

/* ---- another backend: the CPU's, with a count of what it ran, and sums only */

static int backend_runs;

static bool toy_probe(void) { return true; }

static bool toy_supports(const Plan *plan) { return plan->nin == 1; }

static bool toy_run(const Code *code, Env *env, const Tensor *in, Tensor *out)
{
    backend_runs++;
    return cpu_backend.run(code, env, in, out);
}

START_TEST(other_backend)
{
    static const char one[] = "reverse sum(v.^2) at v=linspace(1, 1, 2000)",
                      two[] = "reverse sum(a*v) at a=2, v=linspace(1, 1, 2000)";
    Backend toy = cpu_backend;
    toy.probe = toy_probe;
    toy.supports = toy_supports;
    toy.run = toy_run;
    toy.version++;
    ck_assert_int_eq(lbz_backend_register(s, &toy), LBZ_BACKEND);
    toy.version--;
    ck_assert_int_eq(lbz_backend_register(s, &toy), LBZ_OK);
    lbz_result r;
    for (int i = 0; i < 3; i++) {
        const char *text = i == 1 ? two : one;
        if (i == 2)
            ck_assert_int_eq(lbz_backend_register(s, NULL), LBZ_OK);
        ck_assert_int_eq(lbz_eval(s, text, strlen(text), &r), LBZ_OK);
        ck_assert_double_eq(r.number, i == 1 ? 4000 : 2000);
        ck_assert_int_eq(backend_runs, 1); /* not for two inputs, not when it is gone */
    }
}
END_TEST

static void fits_screen(const char *line, size_t most)
{
    size_t rows = 1;
    lbz_result r = eval(line);
    ck_assert_int_eq(r.kind, LBZ_HELP);
    for (const char *at = r.text; at; at = strchr(at, '\n'), at += at != NULL) {
        ck_assert_msg(lbz_width(at, strcspn(at, "\n")) < 80, "%s: wide: %s", line, at);
        rows += at > r.text;
    }
    ck_assert_msg(rows <= most, "%s has %zu rows", line, rows);
}

START_TEST(pages_fit_the_screen)
{
    static const char *const topics[] = {
        "derivatives",  "definitions", "blocks", "numbers", "lists",
        "accumulation", "checks",      "output", "keys",    "operators"};
    char line[64];
    fits_screen("help", 22);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        ck_assert_ptr_nonnull(strstr(eval("help").text, topics[i]));
        snprintf(line, sizeof line, "help %s", topics[i]);
        fits_screen(line, 22);
    }
}
END_TEST

START_TEST(settings_by_name)
{
    ck_assert_int_eq(lbz_set(s, "latex", "on"), LBZ_OK);
    ck_assert_int_eq(lbz_set(s, "latex", "maybe"), LBZ_SYNTAX);
    ck_assert_int_eq(lbz_set(s, "none", "on"), LBZ_NAME);
    ck_assert_str_eq(lbz_get(s, "latex"), "on");
    ck_assert_ptr_null(lbz_get(s, "none"));
    ck_assert_int_eq(lbz_set(s, "pretty", "on"), LBZ_OK);
    lbz_result r = eval("x^2");
    ck_assert_str_eq(r.latex, "x^{2}");
    ck_assert_ptr_nonnull(r.pretty);
    ck_assert_int_eq(lbz_set(s, "maxmem", "64M"), LBZ_OK);
    ck_assert_str_eq(lbz_get(s, "maxmem"), "64M");
    ck_assert_int_eq(lbz_set(s, "maxprint", "100"), LBZ_OK);
    r = eval(
        "u = (sin(x)+1)^2*x; exp(u) + cos(u) + sin(u) + tan(u) + log(u) + u^3*exp(-u)");
    ck_assert_int_eq(r.status, LBZ_OK);
    ck_assert_uint_eq(r.nnotes, 1);
}
END_TEST

START_TEST(many_definitions)
{
    char line[80];
    ck_assert_int_eq(eval("v0 = x").status, LBZ_OK);
    for (int i = 1; i <= 2000; i++) { /* a chain: each follows the one before */
        snprintf(line, sizeof line, "v%d = v%d + 1", i, i - 1);
        ck_assert_int_eq(eval(line).status, LBZ_OK);
    }
    ck_assert_str_eq(eval("v2000").text, "x + 2000");
    ck_assert_str_eq(eval("d/dx v2000^2").shown, "2*x + 4000");
    ck_assert_str_eq(eval("x = 1; v2000").text, "2001");
    ck_assert_int_eq(eval("v0 = v2000").status, LBZ_NAME);
    for (int i = 0; i < 3000; i++) /* memory of old values is given back */
        ck_assert_int_eq(eval("w := 3; w := w*x + v5").status, LBZ_OK);
    ck_assert_str_eq(eval("w").text, "9");
}
END_TEST

int main(void)
{
    TCase *t = suite_case("session", 120, setup, teardown);
    tcase_add_test(t, readings);
    tcase_add_test(t, definitions_are_followed);
    tcase_add_test(t, functions_of_the_user);
    tcase_add_test(t, operators_are_carried_out);
    tcase_add_test(t, kinks_and_singular_points);
    tcase_add_test(t, numbers);
    tcase_add_test(t, assumptions);
    tcase_add_test(t, undo_takes_back);
    tcase_add_test(t, results_are_kept);
    tcase_add_test(t, verdicts);
    tcase_add_test(t, commands_answer);
    tcase_add_test(t, errors_stop_the_line);
    tcase_add_test(t, limits_leave_definitions);
    tcase_add_test(t, save_and_load);
    tcase_add_test(t, descents_are_saved);
    tcase_add_test(t, dump_reads_back);
    tcase_add_test(t, barriers);
    tcase_add_test(t, completion);
    tcase_add_test(t, pages_fit_the_screen);
    tcase_add_test(t, settings_by_name);
    tcase_add_test(t, other_backend);
    tcase_add_test(t, many_definitions);
    return suite_run();
}
