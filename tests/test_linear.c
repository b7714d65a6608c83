/* test_linear.c - linear algebra in two ways, on random matrices: exact values against their definitions,
 * float64 against what factors multiply to, LAPACK (large) against our own loops (small, in blocks). */
#include "expr/tensors.h"
#include "in_ctx.h"
#include "linear/linear.h"
#include <math.h>

static uint64_t state = 42;

static unsigned rnd(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static double real(void) { return (double)rnd(1000000) / 500000 - 1; }

/* n*m numbers of small fractions, or with names among them */
static Node *matrix(uint32_t m, uint32_t n, bool names)
{
    Node *rows[8], *e[8];
    for (uint32_t i = 0; i < m; i++) {
        for (uint32_t k = 0; k < n; k++)
            e[k] = names && rnd(3) == 0
                       ? ex_sym_named(c, (const char *[]){"a", "b", "c"}[rnd(3)])
                       : ex_rat(c, (int64_t)rnd(11) - 5, 1 + rnd(3));
        rows[i] = ex_list(c, n, e);
    }
    return ex_list(c, m, rows);
}

static Node *of(Op op, Node *a) { return ex_tensor(c, op, NULL, 1, &a); }

static Node *identity(uint32_t n) { return ex_raise(c, matrix(n, n, false), c->zero); }

/* Along the first row. */
static Node *expanded_det(const Node *a, unsigned columns, uint32_t row)
{
    Node *s = c->zero;
    bool minus = false;
    if (row == a->n)
        return c->one;
    for (uint32_t k = 0; k < a->n; k++) {
        if (!(columns >> k & 1))
            continue;
        Node *t =
            ex_mul2(c, a->a[row]->a[k], expanded_det(a, columns & ~(1u << k), row + 1));
        s = ex_add2(c, s, minus ? ex_neg(c, t) : t);
        minus = !minus;
    }
    return s;
}

START_TEST(exact)
{
    for (int i = 0; i < 200; i++) {
        uint32_t n = 1 + rnd(5);
        Node *a = matrix(n, n, false), *det = of(OP_DET, a);
        ck_assert_ptr_eq(det, expanded_det(a, (1u << n) - 1, 0));
        ck_assert_ptr_eq(ex_product(c, of(OP_ADJ, a), a), ex_mul2(c, det, identity(n)));
        if (det != c->zero) {
            ck_assert_ptr_eq(ex_product(c, a, of(OP_INVERSE, a)), identity(n));
            Node *b = matrix(n, 2, false),
                 *x = ex_tensor(c, OP_SOLVE, NULL, 2, (Node *[]){a, b});
            ck_assert_ptr_eq(ex_product(c, a, x), b);
        }
        ck_assert(!ctx_failed(c));
        ctx_begin_statement(c);
    }
}
END_TEST

/* The four equations of Penrose. */
START_TEST(pseudoinverse)
{
    for (int i = 0; i < 100; i++) {
        uint32_t m = 1 + rnd(4), n = 1 + rnd(4), r = 1 + rnd(3);
        Node *a = ex_product(c, matrix(m, r, false), matrix(r, n, false)),
             *p = of(OP_PINV, a), *ap = ex_product(c, a, p), *pa = ex_product(c, p, a);
        ck_assert_ptr_eq(ex_product(c, ap, a), a);
        ck_assert_ptr_eq(ex_product(c, pa, p), p);
        ck_assert_ptr_eq(ex_transpose(c, ap), ap);
        ck_assert_ptr_eq(ex_transpose(c, pa), pa);
        ctx_begin_statement(c);
    }
}
END_TEST

START_TEST(singular)
{
    for (int i = 0; i < 100; i++) {
        uint32_t n = 2 + rnd(4);
        Node *a = matrix(n, n, true), *rows[8];
        memcpy(rows, a->a, n * sizeof *rows);
        rows[n - 1] = ex_add2(c, rows[0], ex_mul2(c, ex_sym_named(c, "t"), rows[n - 2]));
        a = ex_list(c, n, rows);
        ck_assert_ptr_eq(of(OP_DET, a), c->zero);
        ck_assert_ptr_eq(of(OP_INVERSE, a), c->poison);
        ck_assert_int_eq(c->env.err.status, LBZ_DOMAIN);
        ctx_begin_statement(c);
    }
}
END_TEST

/* ---- float64 ----------------------------------------------------------------------------- */
static double *numbers(size_t n)
{
    double *a = mem_alloc((n + 1) * sizeof *a);
    ck_assert_ptr_nonnull(a);
    for (size_t i = 0; i < n; i++)
        a[i] = real();
    return a;
}

static double *run(LinearOp op, size_t m, size_t n, size_t k, const double *a,
                   const double *b)
{
    double *out = numbers(linear_results(op, m, n, k));
    LinearJob job = {op, m, n, k, a, b, NULL, out};
    ck_assert_msg(linear_run(&c->env, &job), "%d of (%zu, %zu): %s", op, m, n,
                  c->env.err.message);
    return out;
}

/* a of m*k times b of k*n, or b transposed of n*k; columns of a times d, where there is one */
static double *product(size_t m, size_t k, size_t n, const double *a, const double *d,
                       const double *b, bool transposed)
{
    double *r = numbers(m * n);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double s = 0;
            for (size_t p = 0; p < k; p++)
                s += a[i * k + p] * (d ? d[p] : 1) *
                     (transposed ? b[j * k + p] : b[p * n + j]);
            r[i * n + j] = s;
        }
    return r;
}

static void close(const char *what, size_t n, size_t count, double *got,
                  const double *want, double most)
{
    double size = most, off = 0;
    for (size_t i = 0; i < count; i++) {
        size = fmax(size, fabs(want[i]));
        off = fmax(off, fabs(got[i] - want[i]));
    }
    ck_assert_msg(off <= 1e-11 * size * (double)n, "%s of %zu rows: off by %g", what, n,
                  off);
    mem_free(got);
}

static const size_t sizes[] = {1, 2, 3, 5, 10, 47, 60, 90};

/* Below and above the size from which LAPACK does it. */
START_TEST(factors)
{
    size_t n = sizes[_i], m = n + 3;
    double *a = numbers(m * n), *s = product(n, n, n, a, NULL, a, true);
    double *q = run(LINEAR_QR, m, n, 0, a, NULL), *u = run(LINEAR_SVD, m, n, 0, a, NULL),
           *w = run(LINEAR_EIGH, n, n, 0, s, NULL);
    for (size_t i = 0; i < n; i++)
        ck_assert(q[m * n + i * n + i] >= 0 && (!i || u[m * n + i] <= u[m * n + i - 1]) &&
                  (!i || w[i] >= w[i - 1]));
    close("qr", n, m * n, product(m, n, n, q, NULL, q + m * n, false), a, 1);
    close("svd", n, m * n, product(m, n, n, u, u + m * n, u + m * n + n, true), a, 1);
    close("eigh", n, n * n, product(n, n, n, w + n, w, w + n, true), s, 1);
    for (size_t i = 0; i < n; i++)
        s[i * n + i] += 1;
    double *l = run(LINEAR_CHOLESKY, n, n, 0, s, NULL);
    close("cholesky", n, n * n, product(n, n, n, l, NULL, l, true), s, 1);
    double *x = run(LINEAR_INVERSE, n, n, 0, s, NULL),
           *b = run(LINEAR_PINV, n, n, 0, s, NULL), *y = run(LINEAR_SOLVE, n, n, n, s, a);
    close("pinv", n, n * n, b, x, 1);
    close("solve", n, n * n, product(n, n, n, s, NULL, y, false), a, 1);
    double *t = product(n, n, n, x, NULL, s, false);
    for (size_t i = 0; i < n * n; i++)
        ck_assert(fabs(t[i] - (i % (n + 1) == 0)) < 1e-9);
    double *all[] = {a, s, q, u, w, l, x, y, t};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}
END_TEST

/* expm(a)*expm(-a) = 1; its derivative, that of adj and det, against differences. */
START_TEST(functions)
{
    size_t n = sizes[_i] < 12 ? sizes[_i] : 12;
    double *a = numbers(n * n), *e = numbers(n * n), *minus = numbers(n * n), h = 1e-6;
    double *near[2] = {numbers(n * n), numbers(n * n)};
    for (size_t i = 0; i < n * n; i++) {
        minus[i] = -a[i];
        near[0][i] = a[i] - h * e[i];
        near[1][i] = a[i] + h * e[i];
    }
    double *x = run(LINEAR_EXPM, n, n, 0, a, NULL),
           *y = run(LINEAR_EXPM, n, n, 0, minus, NULL),
           *one = product(n, n, n, x, NULL, y, false);
    for (size_t i = 0; i < n * n; i++)
        ck_assert(fabs(one[i] - (i % (n + 1) == 0)) < 1e-10);
    static const LinearOp pairs[][2] = {{LINEAR_EXPM, LINEAR_DEXPM},
                                        {LINEAR_ADJ, LINEAR_DADJ}};
    for (int k = 0; k < 2; k++) {
        double *low = run(pairs[k][0], n, n, 0, near[0], NULL),
               *high = run(pairs[k][0], n, n, 0, near[1], NULL),
               *d = run(pairs[k][1], n, n, 0, a, e), size = 1;
        for (size_t i = 0; i < n * n; i++)
            size = fmax(size, fabs(d[i]));
        for (size_t i = 0; i < n * n; i++)
            ck_assert_msg(fabs((high[i] - low[i]) / (2 * h) - d[i]) < 1e-6 * size,
                          "derivative %d of %zu rows", k, n);
        mem_free(low);
        mem_free(high);
        mem_free(d);
    }
    double *all[] = {a, e, minus, near[0], near[1], x, y, one};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}
END_TEST

/* a = x*diag(d)*inv(x) has the eigenvalues d; complex ones are refused. */
START_TEST(eigenvalues)
{
    size_t n = sizes[_i];
    double *x = numbers(n * n), *d = numbers(n), turn[4] = {0, -1, 1, 0}, out[6];
    for (size_t i = 0; i < n; i++) {
        x[i * n + i] += 4 * sqrt((double)n);
        d[i] = (double)i + real() / 4;
    }
    double *y = run(LINEAR_INVERSE, n, n, 0, x, NULL),
           *a = product(n, n, n, x, d, y, false), *w = run(LINEAR_EIG, n, n, 0, a, NULL);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(w[i] - d[i]) < 1e-8 * (double)(n + 1), "%zu: %g %g", n, w[i],
                      d[i]);
    ck_assert(
        !linear_run(&c->env, &(LinearJob){LINEAR_EIG, 2, 2, 0, turn, NULL, NULL, out}));
    ck_assert_int_eq(c->env.err.status, LBZ_DOMAIN);
    double *all[] = {x, d, y, a, w};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("linear", 120, setup, teardown);
    int n = sizeof sizes / sizeof *sizes;
    tcase_add_test(t, exact);
    tcase_add_test(t, pseudoinverse);
    tcase_add_test(t, singular);
    tcase_add_loop_test(t, factors, 0, n);
    tcase_add_loop_test(t, functions, 0, n);
    tcase_add_loop_test(t, eigenvalues, 0, n);
    return suite_run();
}
