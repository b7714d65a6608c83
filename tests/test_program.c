/* test_program.c - programs: the ways to run one agree (all values, a point, machine code, blocks), and
 * so do the ways to differentiate (forward, reverse, symbolic). */
#include "cpu/cpu.h"
#include "diff/diff.h"
#include "parse/parse.h"
#include "in_ctx.h"

#include <math.h>
#include <stdlib.h>

enum { NIN = 3, POINTS = 600 };

static uint32_t in[NIN];

static Node *text(const char *s)
{
    ctx_begin_statement(c);
    for (int i = 0; i < NIN; i++)
        in[i] = sym_intern(c, &"xyz"[i], 1);
    Node *e = parse_text(c, s);
    ck_assert_msg(!ctx_failed(c), "%s: %s", s, c->env.err.message);
    return e;
}

static const char *const formulas[] = {
    "x^2*sin(x)",
    "x - exp(-2*sin(4*x)^2)",
    "x*y + exp(x*y)",
    "x/(y*z) - z/3 + 2*x/5",
    "sqrt(x^2 + y^2 + 1)",
    "(x*y)^(1/3) + x^(2/5)/y",
    "x^y + 2^z + 10^x",
    "x^-3 + y^7 - z^4",
    "tanh(x)*sigmoid(y) + asinh(z)",
    "if x < y then x^2 else y^2*x",
    "max(x, y, z) + min(x, y)",
    "abs(x - 2*y)*sign(z)",
    "atan2(y, x) + hypot(x, z)",
    "gamma(x) + digamma(y) + besselj(2, z)",
    "erf(x)*expint(y) + lambertw(z)",
    "log(x)/log(y + 3) + log1pexp(z)",
    "sum(x^k/k, k, 1, 12)",
    "prod(1 + x*y/k, k, 1, 5)",
    "sin(x)*cos(x) + sin(y)^2 + cos(y)^2*z",
    "exp(-(x^2 + y^2)/2)/sqrt(2*pi)",
    "x + y + z + x*y + y*z + x*z + x^2 + y^2 + z^2 + x*y*z",
    "clamp(x, 0.2, y) + mod(z, 0.7)",
    "xlogy(x, y) + logaddexp(y, z)"};
enum { NFORMULAS = sizeof formulas / sizeof *formulas };

static const double point[NIN] = {0.731, 1.287, 0.455};

static bool close_to(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-12 * (1e-3 + fabs(a) + fabs(b)) ||
           (isnan(a) && isnan(b));
}

/* The program of e with its gradient: outs[0], outs[1 ...]; 0 stands in for P_NONE. */
static Program *with_gradient(Node *e, uint32_t outs[1 + NIN])
{
    Program *p = program_new(&c->env, NIN);
    ck_assert(program_compile(c, p, in, &e, 1, outs));
    ck_assert(program_gradient(p, outs[0], pg_const(p, 1), outs + 1));
    for (int i = 1; i <= NIN; i++)
        if (outs[i] == P_NONE)
            outs[i] = pg_const(p, 0);
    return p;
}

/* The values outs[] of p where x and y are columns of POINTS numbers, by kernels. */
static void run_in_blocks(const Program *p, const uint32_t *outs, size_t n,
                          const Tensor *in, Tensor *out)
{
    Dims shape[NIN] = {in[0].dims, in[1].dims, in[2].dims};
    Program *q = program_new_shaped(&c->env, NIN, shape);
    uint32_t *map = malloc((p->n + 1) * sizeof *map), same[NIN] = {0, 1, 2}, o[1 + NIN];
    ck_assert(program_inline(q, p, (uint32_t)p->n, same, map));
    for (size_t i = 0; i < n; i++)
        o[i] = pg_fit(q, map[outs[i]], q->val[0].shape);
    Code *code = cpu_compile(&c->env, program_plan(q, o, n), 8);
    ck_assert(code && cpu_backend.run(code, &c->env, in, out));
    cpu_backend.free(code);
    program_free(q);
    free(map);
}

START_TEST(runs_agree)
{
    uint32_t outs[1 + NIN];
    Program *p = with_gradient(text(formulas[_i]), outs);
    Kernel *k = kernel_new(p, outs, 1 + NIN), *native = kernel_new(p, outs, 1 + NIN);
    double *slots = kernel_slots(k), *v = malloc((p->n + 1) * sizeof *v);
    double fast[1 + NIN], out[1 + NIN], x[2 * POINTS];
    Tensor in[NIN], got[1 + NIN] = {{0}};
    Dims column = {1, {POINTS}}, pairs = {2, {POINTS, 2}};
    for (int i = 0; i < 2 * POINTS; i++)
        x[i] = 0.3 + 0.9 * ((i * 7919) % 1009) / 1009.0;
    Tensor all;
    ck_assert(tensor_from(&c->env, x, &column, &in[0]));
    ck_assert(tensor_from(&c->env, x, &pairs, &all));
    in[1] = tensor_pick(&all, 1, 1); /* every second number */
    ck_assert(tensor_scalar(&c->env, x[2], &in[2]));
    kernel_speed_up(native);
    run_in_blocks(p, outs, 1 + NIN, in, got);
    for (size_t n = 0; n < POINTS; n++) {
        double at[NIN] = {x[n], x[2 * n + 1], x[2]};
        ck_assert(cpu_values(p, at, v, 0));
        kernel_run(k, slots, at, out);
        kernel_run(native, slots, at, fast);
        for (int i = 0; i <= NIN; i++) {
            double block = tensor_get(&got[i], n);
            ck_assert_msg(out[i] == v[outs[i]] || (isnan(out[i]) && isnan(v[outs[i]])),
                          "%s: output %d: %.17g %.17g", formulas[_i], i, out[i],
                          v[outs[i]]);
            ck_assert_msg(out[i] == fast[i] || (isnan(out[i]) && isnan(fast[i])),
                          "%s: output %d: %.17g, fast %.17g", formulas[_i], i, out[i],
                          fast[i]);
            ck_assert_msg(close_to(block, out[i]),
                          "%s: output %d: block %.17g, point %.17g", formulas[_i], i,
                          block, out[i]);
        }
    }
    for (int i = 0; i < NIN; i++)
        tensor_release(&in[i]);
    for (int i = 0; i <= NIN; i++)
        tensor_release(&got[i]);
    tensor_release(&all);
    kernel_free(native);
    kernel_free(k);
    mem_free(slots);
    free(v);
    program_free(p);
}
END_TEST

START_TEST(three_routes_agree)
{
    Node *e = text(formulas[_i]), *g[NIN];
    uint32_t outs[1 + NIN], sym[NIN];
    Program *p = with_gradient(e, outs);
    bool symbolic =
        diff_gradient(c, e, in, NIN, g) && program_compile(c, p, in, g, NIN, sym);
    ck_assert_msg(symbolic, "%s: %s", formulas[_i], c->env.err.message);
    size_t n = p->n;
    uint32_t *tan[NIN];
    for (int i = 0; i < NIN; i++) {
        uint32_t seed[NIN] = {P_NONE, P_NONE, P_NONE};
        seed[i] = pg_const(p, 1);
        tan[i] = malloc(n * sizeof **tan);
        ck_assert(program_tangent(p, seed, tan[i], n));
    }
    double *v = malloc((p->n + 1) * sizeof *v);
    ck_assert(cpu_values(p, point, v, 0));
    for (int i = 0; i < NIN; i++) {
        uint32_t t = tan[i][outs[0]];
        double forward = t == P_NONE ? 0 : v[t];
        ck_assert_msg(close_to(v[outs[1 + i]], forward),
                      "%s by %c: reverse %.17g, forward %.17g", formulas[_i], "xyz"[i],
                      v[outs[1 + i]], forward);
        ck_assert_msg(close_to(v[sym[i]], forward),
                      "%s by %c: symbolic %.17g, forward %.17g", formulas[_i], "xyz"[i],
                      v[sym[i]], forward);
        free(tan[i]);
    }
    free(v);
    program_free(p);
}
END_TEST

START_TEST(long_sums_are_loops)
{
    uint32_t outs[1 + NIN];
    Program *p = with_gradient(text("sum(sin(k*x)/(k + y)^2, k, 1, 5000)"), outs);
    ck_assert_uint_eq(p->nloops, 1);
    ck_assert_uint_lt(p->n, 100);
    Kernel *code = kernel_new(p, outs, 1 + NIN);
    double *slots = kernel_slots(code), out[1 + NIN], want[3] = {0, 0, 0};
    for (int k = 1; k <= 5000; k++) {
        double d = k + point[1];
        want[0] += sin(k * point[0]) / (d * d);
        want[1] += k * cos(k * point[0]) / (d * d);
        want[2] -= 2 * sin(k * point[0]) / (d * d * d);
    }
    kernel_run(code, slots, point, out);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(fabs(out[i] - want[i]) < 1e-11, "%d: %.17g %.17g", i, out[i],
                      want[i]);
    mem_free(slots);
    kernel_free(code);
    program_free(p);
}
END_TEST

START_TEST(equal_values_are_one)
{
    uint32_t out;
    Node *e = text("sin(x*y) + sin(x*y)^2 + cos(y*x)");
    Program *p = program_new(&c->env, NIN);
    ck_assert(program_compile(c, p, in, &e, 1, &out));
    size_t sines = 0, products = 0;
    for (size_t i = 0; i < p->n; i++) {
        sines += p->val[i].op == P_FN1 && p->val[i].fn == OP_sin;
        products += p->val[i].op == P_MUL && p->val[i].a < 2 && p->val[i].b < 2;
    }
    ck_assert_uint_eq(sines, 1);
    ck_assert_uint_eq(products, 1);
    Kernel *code = kernel_new(p, &out, 1);
    ck_assert_uint_le(kernel_length(code),
                      5); /* product, both, square, two sums: one fused */
    kernel_free(code);
    program_free(p);
}
END_TEST

START_TEST(arithmetic_is_as_written)
{
    static const struct {
        const char *e;
        double x, want;
    } rows[] = {{"x/3", 0.7, 0.7 / 3},       {"2*x/7", 0.3, 2 * 0.3 / 7},
                {"0.1*x", 0.3, 0.1 * 0.3},   {"1/x", 49, 1.0 / 49},
                {"x^2", 0.1, 0.1 * 0.1},     {"1/sqrt(x)", 0.3, 1 / sqrt(0.3)},
                {"x - 1/3", 1, 1 - 1.0 / 3}, {"exp(x)", 0.7, exp(0.7)},
                {"x^7", 1.1, pow(1.1, 7)},   {"(x^3)^(1/3)", -2, -2},
                {"x^(2/3)", -8, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Node *e = text(rows[i].e);
        uint32_t out;
        Program *p = program_new(&c->env, NIN);
        ck_assert(program_compile(c, p, in, &e, 1, &out));
        double at[NIN] = {rows[i].x, 0, 0}, *v = malloc((p->n + 1) * sizeof *v);
        ck_assert(cpu_values(p, at, v, 0));
        ck_assert_msg(v[out] == rows[i].want, "%s: %.17g %.17g", rows[i].e, v[out],
                      rows[i].want);
        free(v);
        program_free(p);
    }
}
END_TEST

START_TEST(gradient_of_a_sum_costs_nothing)
{
    enum { N = 5000 };
    uint32_t *v = malloc(N * sizeof *v), *adj = malloc(N * sizeof *adj);
    Program *p = program_new(&c->env, N);
    for (uint32_t i = 0; i < N; i++)
        v[i] = i;
    uint32_t s = pg_sum(p, N, v);
    size_t before = p->n;
    ck_assert(program_gradient(p, s, pg_const(p, 1), adj));
    ck_assert_uint_le(p->n, before + 1);
    for (uint32_t i = 0; i < N; i++)
        ck_assert(pg_is_const(p, adj[i], 1));
    free(v);
    free(adj);
    program_free(p);
}
END_TEST

START_TEST(unbound_names_are_errors)
{
    Node *e = text("x + unknown_name");
    uint32_t out;
    Program *p = program_new(&c->env, NIN);
    ck_assert(!program_compile(c, p, in, &e, 1, &out));
    ck_assert_int_eq(c->env.err.status, LBZ_NAME);
    ck_assert_ptr_nonnull(strstr(c->env.err.message, "unknown_name"));
    program_free(p);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("program", 60, setup, teardown);
    tcase_add_loop_test(t, runs_agree, 0, NFORMULAS);
    tcase_add_loop_test(t, three_routes_agree, 0, NFORMULAS);
    tcase_add_test(t, long_sums_are_loops);
    tcase_add_test(t, equal_values_are_one);
    tcase_add_test(t, arithmetic_is_as_written);
    tcase_add_test(t, gradient_of_a_sum_costs_nothing);
    tcase_add_test(t, unbound_names_are_errors);
    return suite_run();
}
