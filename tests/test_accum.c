/* test_accum.c - forward and reverse at a point: known values, the rule for kinks and singular
 * points in both modes, second derivatives, products with Jacobians, traces. */
#include "point/point.h"
#include "parse/parse.h"
#include "trace/trace.h"
#include "in_ctx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t in[2];

static Node *text(const char *s)
{
    ctx_begin_statement(c);
    in[0] = sym_intern(c, "x", 1);
    in[1] = sym_intern(c, "y", 1);
    Node *e = parse_text(c, s);
    ck_assert_msg(!ctx_failed(c), "%s: %s", s, c->env.err.message);
    return e;
}

static bool near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-13 * (fabs(a) + fabs(b)) || (isnan(a) && isnan(b));
}

static const struct {
    const char *e;
    double x, y, value, dx, dy;
} rows[] = {
    {"x*y + exp(x*y)", 1, 2, 9.3890560989306502, 16.7781121978613, 8.3890560989306504},
    {"x - exp(-2*sin(4*x)^2)", M_PI / 16, 0, -0.17152990032208027, 3.9430355293715387, 0},
    /* kinks */
    {"abs(x)", 0, 0, 0, 0, 0},
    {"relu(x)", 0, 0, 0, 0, 0},
    {"relu(x) - relu(-x)", 0, 0, 0, 1, 0},
    {"max(x, y)", 1, 1, 1, 0.5, 0.5},
    {"max(x, y) + min(x, y)", 1, 1, 2, 1, 1},
    {"max(x, -x)", 0, 0, 0, 0, 0},
    {"max(x, 2*x)", 0, 0, 0, 1, 0},
    {"max(abs(x), x^2)", 1, 0, 1, 1, 0},
    {"x*abs(x)", 0, 0, 0, 0, 0},
    {"x*sign(x)", 0, 0, 0, 0, 0},
    {"if x < 0 then -x else x", 0, 0, 0, 0, 0},
    {"if x <= 0 then 0 else x^2", 0, 0, 0, 0, 0},
    {"abs(x) + 3*y", 0, 1, 3, 0, 3},
    /* singular points */
    {"sqrt(x^2 + y^2)", 0, 0, 0, 0, 0},
    {"hypot(x, y)", 0, 0, 0, 0, 0},
    {"sqrt(x)", 0, 0, 0, INFINITY, 0},
    {"x*sqrt(x)", 0, 0, 0, 0, 0},
    {"sqrt(x)*sqrt(x)", 0, 0, 0, 1, 0},
    {"if x == 0 then 1 else sin(x)/x", 0, 0, 1, 0, 0},
    {"if x == 0 then 1 else (exp(x) - 1)/x", 0, 0, 1, 0.5, 0},
    {"if x > 0 then log(x) else y*x", 0, 2, 0, 2, 0},
    {"if x > 0 then sqrt(x)*y else y*x", -1, 2, -2, 2, -1},
    {"x^y", 0, 2, 0, 0, 0},
    {"x^y", 0, 1, 0, 1, 0},
    {"x^y", 2, 0, 1, 0, M_LN2},
    {"x^y", 0, 0, 1, 0, 0},
    {"xlogx(x)", 0, 0, 0, -INFINITY, 0},
    {"cbrt(x)", 0, 0, 0, INFINITY, 0},
    {"cbrt(x)^3", 0, 0, 0, 1, 0},
    {"cbrt(x)", -8, 0, -2, 1.0 / 12, 0},
};
enum { NROWS = sizeof rows / sizeof *rows };

START_TEST(both_modes)
{
    double at[2] = {rows[_i].x, rows[_i].y};
    for (int mode = 0; mode < 2; mode++) {
        Accum a;
        double g[2];
        Node *e = text(rows[_i].e);
        ck_assert(accum_init(&a, c, in, at, 2, &e, 1));
        ck_assert(accum_gradient(&a, (AccumMode)mode, 0, g));
        double v = a.v[a.out[0]];
        ck_assert_msg(fabs(v - rows[_i].value) <= 1e-15 * (1 + fabs(v)), "%s = %.17g",
                      rows[_i].e, v);
        ck_assert_msg(near(g[0], rows[_i].dx) && near(g[1], rows[_i].dy),
                      "%s at %g, %g, mode %d: %.17g %.17g", rows[_i].e, at[0], at[1],
                      mode, g[0], g[1]);
        accum_free(&a);
    }
}
END_TEST

START_TEST(second_derivatives)
{
    static const double want[4] = {29.556224395722601, 23.167168296791951,
                                   23.167168296791951, 7.3890560989306502},
                        at[2] = {1, 2}, dir[2] = {3, -1};
    Accum a;
    double h[4], v[2];
    Node *e = text("x*y + exp(x*y)");
    ck_assert(accum_init(&a, c, in, at, 2, &e, 1));
    ck_assert(accum_hessian(&a, 0, h));
    ck_assert(accum_hvp(&a, 0, dir, v));
    for (int i = 0; i < 4; i++)
        ck_assert_msg(near(h[i], want[i]), "%d: %.17g", i, h[i]);
    for (int i = 0; i < 2; i++)
        ck_assert(near(v[i], want[2 * i] * 3 - want[2 * i + 1]));
    accum_free(&a);
}
END_TEST

START_TEST(second_derivatives_of_table_rows) /* rows with numeric partials, too */
{
    static const struct {
        const char *e;
        double x, want;
    } r[] = {{"tanh(x)", 0.7, -2 * tanh(0.7) * (1 - tanh(0.7) * tanh(0.7))},
             {"asin(x)", 0.4, 0.4 / pow(1 - 0.16, 1.5)},
             {"erf(x)", 0.5, -2 * exp(-0.25) / sqrt(M_PI)},
             {"gamma(x)", 2, 0.82368066085287938}};
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        Accum a;
        double h;
        Node *e = text(r[i].e);
        ck_assert(accum_init(&a, c, in, &r[i].x, 1, &e, 1));
        ck_assert(accum_hessian(&a, 0, &h));
        ck_assert_msg(fabs(h - r[i].want) < 1e-10, "%s: %.17g", r[i].e, h);
        accum_free(&a);
    }
}
END_TEST

START_TEST(jacobians)
{
    static const double at[2] = {0.5, 1.5}, dir[2] = {0.6, 0.8}, w[3] = {1, -2, 3};
    Node *e[3];
    e[0] = text("x*y");
    e[1] = parse_text(c, "sin(x) + y^2");
    e[2] = parse_text(c, "x/y");
    double f[6], r[6], g[2], s;
    Accum a;
    ck_assert(accum_init(&a, c, in, at, 2, e, 3));
    ck_assert_int_eq(accum_best_mode(&a), ACC_FORWARD);
    ck_assert(accum_jacobian(&a, ACC_FORWARD, f));
    ck_assert(accum_jacobian(&a, ACC_REVERSE, r));
    const double want[6] = {1.5, 0.5, cos(0.5), 3, 1 / 1.5, -0.5 / 2.25};
    for (int i = 0; i < 6; i++)
        ck_assert(near(f[i], want[i]) && near(r[i], want[i]));
    ck_assert(accum_vjp(&a, w, g));
    ck_assert(near(g[0], want[0] - 2 * want[2] + 3 * want[4]));
    ck_assert(near(g[1], want[1] - 2 * want[3] + 3 * want[5]));
    ck_assert(accum_along(&a, 1, dir, &s));
    ck_assert(near(s, 0.6 * want[2] + 0.8 * want[3]));
    accum_free(&a);
}
END_TEST

START_TEST(many_directions)
{
    enum { N = 37 };
    Node *t[N], *e;
    uint32_t sym[N];
    double x[N], g[2][N];
    ctx_begin_statement(c);
    for (int i = 0; i < N; i++) {
        char name[8];
        snprintf(name, sizeof name, "a%d", i);
        sym[i] = sym_intern(c, name, strlen(name));
        t[i] = ex_exp(c, ex_sym(c, sym[i]));
        x[i] = 0.1 * i;
    }
    e = ex_fn1(c, OP_log, ex_add(c, N, t));
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += exp(x[i]);
    for (int mode = 0; mode < 2; mode++) {
        Accum a;
        ck_assert(accum_init(&a, c, sym, x, N, &e, 1));
        ck_assert(accum_gradient(&a, (AccumMode)mode, 0, g[mode]));
        for (int i = 0; i < N; i++)
            ck_assert(near(g[mode][i], exp(x[i]) / sum));
        accum_free(&a);
    }
}
END_TEST

START_TEST(blame_names_the_operation)
{
    static const double at[2] = {1, 2};
    Node *e = text("2 + sqrt(log(x - y) + 1)");
    Accum a;
    Str s = {0};
    ck_assert(accum_init(&a, c, in, at, 2, &e, 1));
    ck_assert(isnan(a.v[a.out[0]]));
    ck_assert(accum_blame(&a, a.out[0], &s));
    ck_assert_str_eq(str_cstr(&s), "log(-1) in log(x - y)");
    str_free(&s);
    accum_free(&a);
}
END_TEST

/* The numbers in column `which` of the rows v1, v2 ... of a trace. */
static void column(const char *t, char mark, int which, double *out, int n)
{
    for (int i = 0; i < n; i++) {
        char head[16];
        snprintf(head, sizeof head, "%c%d ", mark, i + 1);
        const char *p = strstr(t, head);
        ck_assert_ptr_nonnull(p);
        const char *line = strchr(p, '='), *end = strchr(line, '\n');
        char buf[400];
        snprintf(buf, sizeof buf, "%.*s",
                 (int)((end ? end : line + strlen(line)) - line - 1), line + 1);
        int k = 0;
        for (char *w = strtok(buf, " "); w; w = strtok(NULL, " ")) {
            char *rest;
            double d = strtod(w, &rest);
            if (rest != w && !*rest && k++ == which)
                out[i] = d;
        }
    }
}

/* The trace of a by name x, y ... as text or JSON; g gets the derivatives of output 0. */
static void traced(Accum *a, AccumMode mode, TraceFormat format, Str *s, double *g)
{
    static const char *const names[] = {"x", "y"};
    Trace *t = trace_new(&(TraceOf){.a = a, .mode = mode, .name = names});
    ck_assert_ptr_nonnull(t);
    str_clear(s);
    if (format == TRACE_TEXT)
        trace_text(t, s);
    else if (format == TRACE_JSON)
        trace_json(t, s);
    else
        trace_csv(t, s);
    trace_derivatives(t, 0, g);
    trace_free(t);
}

START_TEST(trace_of_the_textbook)
{
    static const double value[7] =
        {0.19634954084936208, 0.78539816339744831, 0.70710678118654752, 0.5, -1,
         0.36787944117144232, -0.17152990032208024},
                        tangent[7] = {1,
                                      4,
                                      2.8284271247461901,
                                      4,
                                      -8,
                                      -2.9430355293715386,
                                      3.9430355293715386},
                        at = M_PI / 16;
    Node *e = text("x - exp(-2*sin(4*x)^2)");
    Accum a;
    Str s = {0};
    double g, got[7];
    ck_assert(accum_init(&a, c, in, &at, 1, &e, 1));
    traced(&a, ACC_FORWARD, TRACE_TEXT, &s, &g);
    ck_assert(fabs(g - tangent[6]) < 1e-14);
    column(str_cstr(&s), 'v', 0, got, 7);
    for (int i = 0; i < 7; i++)
        ck_assert_msg(fabs(got[i] - value[i]) < 1e-15, "v%d = %.17g", i + 1, got[i]);
    column(str_cstr(&s), 'v', 1, got, 7);
    for (int i = 0; i < 7; i++)
        ck_assert_msg(fabs(got[i] - tangent[i]) < 1e-14, "v%d' = %.17g", i + 1, got[i]);
    ck_assert_ptr_null(strstr(str_cstr(&s), "v8"));
    traced(&a, ACC_REVERSE, TRACE_TEXT, &s, &g);
    ck_assert(fabs(g - tangent[6]) < 1e-14);
    column(str_cstr(&s), 'a', 0, got, 7);
    ck_assert(fabs(got[0] - tangent[6]) < 1e-14);
    traced(&a, ACC_REVERSE, TRACE_JSON, &s, &g);
    ck_assert_ptr_nonnull(
        strstr(str_cstr(&s), "\"contributions\":[{\"from\":\"v7\",\"adjoint\":1,"));
    traced(&a, ACC_REVERSE, TRACE_CSV, &s, &g);
    ck_assert(strncmp(str_cstr(&s), "v,expr,value,adjoint,contributions\nv1,x,0.19634",
                      47) == 0);
    str_free(&s);
    accum_free(&a);
}
END_TEST

/* Several outputs: each has its own sweep, and the same derivatives as alone. */
START_TEST(trace_of_a_list)
{
    Node *e[2] = {text("x*y + sin(x)"), text("exp(x*y)/y")};
    static const char *const names[] = {"x", "y"};
    double at[2] = {0.7, 1.3}, jac[4], g[2];
    for (int mode = ACC_FORWARD; mode <= ACC_REVERSE; mode++) {
        Accum a;
        ck_assert(accum_init(&a, c, in, at, 2, e, 2));
        Trace *t = trace_new(&(TraceOf){.a = &a, .mode = (AccumMode)mode, .name = names});
        ck_assert_ptr_nonnull(t);
        ck_assert(accum_jacobian(&a, ACC_REVERSE, jac));
        for (size_t k = 0; k < 2; k++) {
            if (mode == ACC_FORWARD) {
                double all[2];
                trace_derivatives(t, k, all);
                memcpy(g, all, sizeof g);
            } else {
                trace_derivatives(t, k, g);
            }
            ck_assert(fabs(g[0] - jac[2 * k]) < 1e-14 &&
                      fabs(g[1] - jac[2 * k + 1]) < 1e-14);
        }
        trace_free(t);
        accum_free(&a);
    }
}
END_TEST

/* inf*0 on the way: both modes take the derivative from its limits, and the value is named. */
START_TEST(overflow_on_the_way)
{
    static const struct {
        const char *text;
        double at, slope;
    } row[] = {{"log(1 + exp(x))", 800, 1},
               {"1/(1 + exp(-x))", -800, 0},
               {"exp(x)/(1 + exp(x))", 800, 0},
               {"log(exp(3*x) + exp(2*x))", 400, 3},
               {"sqrt(exp(2*x))/exp(x)*x", 500, 1}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Node *e = text(row[i].text);
        Accum a;
        double f, r, along, one = 1;
        ck_assert(accum_init(&a, c, in, &row[i].at, 1, &e, 1));
        ck_assert_msg(accum_overflow(&a, a.out[0]) != P_NONE || i == 4, "%s",
                      row[i].text);
        ck_assert(accum_gradient(&a, ACC_FORWARD, 0, &f));
        ck_assert(accum_gradient(&a, ACC_REVERSE, 0, &r));
        ck_assert(accum_along(&a, 0, &one, &along));
        if (!isnan(a.v[a.out[0]]))
            ck_assert_msg(fabs(f - row[i].slope) < 1e-12 && f == r && along == f,
                          "%s: %g %g %g", row[i].text, f, r, along);
        accum_free(&a);
    }
}
END_TEST

/* Integrals: both modes, against derivatives known in closed form. */
START_TEST(integrals)
{
    static const struct {
        const char *text;
        double x, y, value, dx, dy;
    } row[] = {
        {"int(t*x + y*t^2, t, 0, x)", 2, 3, 12, 18, 8.0 / 3}, /* x^3/2 + y*x^3/3 */
        {"int(exp(t*y), t, x, 2*x)", 1, 1, 4.670774270471604992, 12.05983036940225522,
         7.389056098930650227},
        {"int(abs(t - x)*y, t, 0, 1)", 0.25, 2, 0.625, -1, 0.3125},
        {"int(t^3*cos(x*t^2) + y, t, -1, 1)", 0.5, 0.25, 0.5, 0, 2},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Node *e = text(row[i].text);
        double at[2] = {row[i].x, row[i].y}, g[2];
        for (int mode = ACC_FORWARD; mode <= ACC_REVERSE; mode++) {
            Accum a;
            ck_assert(accum_init(&a, c, in, at, 2, &e, 1));
            ck_assert(accum_gradient(&a, (AccumMode)mode, 0, g));
            ck_assert_msg(
                fabs(a.v[a.out[0]] - row[i].value) < 1e-14 &&
                    fabs(g[0] - row[i].dx) < 1e-13 && fabs(g[1] - row[i].dy) < 1e-13,
                "%s: %.17g, %.17g, %.17g", row[i].text, a.v[a.out[0]], g[0], g[1]);
            accum_free(&a);
        }
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("accum", 60, setup, teardown);
    tcase_add_loop_test(t, both_modes, 0, NROWS);
    tcase_add_test(t, second_derivatives);
    tcase_add_test(t, second_derivatives_of_table_rows);
    tcase_add_test(t, jacobians);
    tcase_add_test(t, many_directions);
    tcase_add_test(t, blame_names_the_operation);
    tcase_add_test(t, trace_of_the_textbook);
    tcase_add_test(t, trace_of_a_list);
    tcase_add_test(t, overflow_on_the_way);
    tcase_add_test(t, integrals);
    return suite_run();
}
