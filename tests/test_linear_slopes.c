/* test_linear_slopes.c - linear algebra in programs: the gradient against differences along a direction,
 * tangents of several directions against the gradient, and second derivatives likewise; singular
 * matrices, and repeated eigenvalues and singular values.
 */
#include "cpu/cpu.h"
#include "in_ctx.h"
#include "program/linear.h"

#include <math.h>

enum { MOST = 6 };

static Program *p;

/* Values of outs[] where the input is x, one after the other. */
static void run(const uint32_t *outs, size_t n, const double *x, double *to)
{
    Tensor in, out[MOST] = {{0}};
    Plan *plan = program_plan(p, outs, n);
    ck_assert_msg(plan, "%s", c->env.err.message);
    Code *code = cpu_compile(&c->env, plan, 8);
    ck_assert_ptr_nonnull(code);
    ck_assert(tensor_from(&c->env, x, pg_dims(p, 0), &in));
    ck_assert_msg(cpu_backend.run(code, &c->env, &in, out), "%s", c->env.err.message);
    for (size_t i = 0, at = 0; i < n; i++) {
        for (size_t k = 0; k < tensor_count(&out[i]); k++)
            to[at++] = tensor_get(&out[i], k);
        tensor_release(&out[i]);
    }
    tensor_release(&in);
    cpu_backend.free(code);
}

/* The sum of all elements of v, each times a number of its own. */
static uint32_t weighted(uint32_t v)
{
    Tensor w;
    ck_assert(tensor_new(&c->env, DT_FLOAT64, pg_dims(p, v), "weights", &w));
    for (size_t i = 0; i < tensor_count(&w); i++)
        tensor_doubles(&w)[i] = 1 + sin(3.7 * (double)i);
    uint32_t m = pg_mul(p, pg_data(p, &w), v);
    tensor_release(&w);
    return pg_reduce(p, REDUCE_SUM, m, pg_all_axes(p, m));
}

typedef struct {
    const char *name;
    LinearOp op;
    unsigned part;
    size_t m, n;
    bool symmetric; /* of x*x' + 1 */
    bool twice;     /* second derivatives, too */
} Case;

static const Case cases[] = {
    {"det", LINEAR_DET, 0, 4, 4, false, true},
    {"logdet", LINEAR_LOGDET, 0, 4, 4, true, true},
    {"inverse", LINEAR_INVERSE, 0, 4, 4, false, true},
    {"adj", LINEAR_ADJ, 0, 4, 4, false, false},
    {"pinv tall", LINEAR_PINV, 0, 5, 3, false, true},
    {"pinv wide", LINEAR_PINV, 0, 3, 5, false, true},
    {"cholesky", LINEAR_CHOLESKY, 0, 4, 4, true, true},
    {"expm", LINEAR_EXPM, 0, 4, 4, false, true},
    {"eigvals", LINEAR_EIG, 0, 4, 4, true, false},
    {"eigh values", LINEAR_EIGH, 0, 4, 4, true, true},
    {"eigh vectors", LINEAR_EIGH, 1, 4, 4, true, true},
    {"svd U", LINEAR_SVD, 0, 5, 3, false, true},
    {"svd s", LINEAR_SVD, 1, 5, 3, false, true},
    {"svd V", LINEAR_SVD, 2, 5, 3, false, true},
    {"svd s wide", LINEAR_SVD, 1, 3, 5, false, true},
    {"svd U wide", LINEAR_SVD, 0, 3, 5, false, false},
    {"qr Q", LINEAR_QR, 0, 5, 3, false, true},
    {"qr R", LINEAR_QR, 1, 5, 3, false, true},
};

static uint32_t value_of(const Case *k)
{
    uint32_t a = 0;
    if (k->symmetric) {
        a = pg_matmul(p, 0, pg_transposed(p, 0));
        a = pg_add(p, a, pg_mul(p, pg_const(p, 0.1), a));
    }
    return weighted(pg_linear1(p, k->op, k->part, a));
}

/* gradient[] of n, of what value comes to, at x: a difference along a direction says the same. */
static void check(const char *name, uint32_t value, uint32_t gradient, size_t n,
                  const double *x)
{
    double g[2 + 64], low[2], high[2], y[64], d = 0, h = 1e-5;
    run(&gradient, 1, x, g);
    for (size_t i = 0; i < n; i++) {
        double e = cos(2.3 * (double)i);
        d += g[i] * e;
        y[i] = x[i] - h * e;
    }
    run(&value, 1, y, low);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] + h * cos(2.3 * (double)i);
    run(&value, 1, y, high);
    double want = (*high - *low) / (2 * h);
    ck_assert_msg(fabs(d - want) < 1e-5 * (1 + fabs(want)),
                  "%s: %.10g, differences %.10g", name, d, want);
}

/* Tangents along the unit matrices are the gradient. */
static void check_tangents(const char *name, uint32_t value, uint32_t gradient, size_t n,
                           const double *x)
{
    Tensor unit;
    const Dims d = *pg_dims(p, 0);
    Dims all = {.rank = 3, .dim = {n, d.dim[0], d.dim[1]}};
    size_t most = value + 1;
    uint32_t *tan = mem_alloc(most * sizeof *tan), seed;
    ck_assert(tan && tensor_new(&c->env, DT_FLOAT64, &all, "units", &unit));
    for (size_t i = 0; i < n * n; i++)
        tensor_doubles(&unit)[i] = i % (n + 1) == 0;
    seed = pg_data(p, &unit);
    tensor_release(&unit);
    ck_assert_msg(program_tangents(p, n, &seed, tan, most), "%s: %s", name,
                  c->env.err.message);
    double got[2 * 64];
    run((uint32_t[]){gradient, tan[value]}, 2, x, got);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(got[i] - got[n + i]) < 1e-8 * (1 + fabs(got[i])),
                      "%s: adjoint %zu %.17g, tangent %.17g", name, i, got[i],
                      got[n + i]);
    mem_free(tan);
}

START_TEST(slopes)
{
    const Case *k = &cases[_i];
    size_t n = k->m * k->n;
    double x[64];
    for (size_t i = 0; i < n; i++)
        x[i] = sin(5.1 * (double)(i + 1)) + (i % (k->n + 1) ? 0 : 1.5);
    p = program_new_shaped(&c->env, 1, &(Dims){.rank = 2, .dim = {k->m, k->n}});
    uint32_t value = value_of(k), gradient, second;
    ck_assert_msg(program_gradient(p, value, pg_const(p, 1), &gradient), "%s: %s",
                  k->name, c->env.err.message);
    check(k->name, value, gradient, n, x);
    check_tangents(k->name, value, gradient, n, x);
    if (k->twice) {
        value = weighted(gradient);
        ck_assert_msg(program_gradient(p, value, pg_const(p, 1), &second), "%s: %s",
                      k->name, c->env.err.message);
        check(k->name, value, second, n, x);
        check_tangents(k->name, value, second, n, x);
    }
    program_free(p);
}
END_TEST

static void gradient_is(uint32_t value, const double *x, size_t n, const double *want)
{
    uint32_t gradient;
    double got[64];
    ck_assert(program_gradient(p, value, pg_const(p, 1), &gradient));
    run(&gradient, 1, x, got);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(got[i] - want[i]) < 1e-12, "%zu: %g, not %g", i, got[i],
                      want[i]);
    program_free(p);
}

static void begin(size_t n)
{
    p = program_new_shaped(&c->env, 1, &(Dims){.rank = 2, .dim = {n, n}});
}

/* Cofactors of a singular matrix; sums over equal eigenvalues and singular values. */
START_TEST(special_places)
{
    static const double singular[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const double cofactors[] = {-3, 6, -3, 6, -12, 6, -3, 6, -3};
    static const double twice[] = {2, 0, 0, 0, 2, 0, 0, 0, 5};
    static const double squares[] = {4, 0, 0, 0, 4, 0, 0, 0, 10},
                        ones[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    begin(3);
    gradient_is(pg_linear1(p, LINEAR_DET, 0, 0), singular, 9, cofactors);
    for (int k = 0; k < 2; k++) {
        begin(3);
        uint32_t w = pg_linear1(p, k ? LINEAR_SVD : LINEAR_EIGH, (unsigned)k, 0);
        gradient_is(pg_reduce(p, REDUCE_SUM, pg_mul(p, w, w), 1), twice, 9, squares);
        begin(3);
        w = pg_linear1(p, k ? LINEAR_SVD : LINEAR_EIGH, (unsigned)k, 0);
        gradient_is(pg_reduce(p, REDUCE_SUM, w, 1), twice, 9, ones);
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("linear_slopes", 120, setup, teardown);
    tcase_add_loop_test(t, slopes, 0, sizeof cases / sizeof *cases);
    tcase_add_test(t, special_places);
    return suite_run();
}
