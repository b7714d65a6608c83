/* test_array.c - programs of arrays: kernels against the same program over numbers, for every width
 * of vectors and number of threads; forward, reverse and numbers agree; views of views; sums of
 * products; matrix products; reductions that are singular somewhere.
 */
#include "cpu/cpu.h"
#include "in_ctx.h"

#include <math.h>
#include <stdio.h>

enum { MOST_ELEMENTS = 4000000 };

static Program *p;

static Dims dims(unsigned rank, size_t a, size_t b, size_t d)
{
    return (Dims){.rank = rank, .dim = {a, b, d}};
}

static bool close_to(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-11 * (1e-3 + fabs(a) + fabs(b)) ||
           (isnan(a) && isnan(b));
}

/* Inputs with values that look random, between 0.3 and 1.2. */
static Tensor *make_inputs(unsigned seed)
{
    Tensor *t = calloc(p->nin + 1, sizeof *t);
    for (uint32_t i = 0; i < p->nin; i++) {
        ck_assert(tensor_new(&c->env, DT_FLOAT64, pg_dims(p, i), "a test", &t[i]));
        for (size_t k = 0; k < tensor_count(&t[i]); k++)
            tensor_doubles(&t[i])[k] =
                0.3 +
                0.9 * (double)((k * 7919 + i * 104729 + seed * 611953) % 1009) / 1009;
    }
    return t;
}

static void free_tensors(Tensor *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tensor_release(&t[i]);
    free(t);
}

static Tensor *run(const uint32_t *outs, size_t n, const Tensor *in, unsigned lanes)
{
    Tensor *out = calloc(n + 1, sizeof *out);
    Plan *plan = program_plan(p, outs, n);
    ck_assert_msg(plan, "%s", c->env.err.message);
    Code *code = cpu_compile(&c->env, plan, lanes);
    ck_assert(code);
    ck_assert_msg(cpu_backend.run(code, &c->env, in, out), "%s", c->env.err.message);
    cpu_backend.free(code);
    return out;
}

/* The same over numbers; the values of all elements of the outputs. */
static double *run_numbers(const uint32_t *outs, size_t n, const Tensor *in)
{
    uint32_t *els;
    Program *q = program_elements(p, outs, n, MOST_ELEMENTS, &els, NULL);
    ck_assert_msg(q, "%s", c->env.err.message);
    double *x = malloc((q->nin + 1) * sizeof *x), *v = malloc((q->n + 1) * sizeof *v);
    size_t at = 0, m = 0;
    for (uint32_t i = 0; i < p->nin; i++)
        for (size_t k = 0; k < tensor_count(&in[i]); k++)
            x[at++] = tensor_get(&in[i], k);
    ck_assert(cpu_values(q, x, v, 0));
    for (size_t i = 0; i < n; i++)
        m += dims_count(pg_dims(p, outs[i]));
    double *r = malloc((m + 1) * sizeof *r);
    for (size_t i = 0; i < m; i++)
        r[i] = v[els[i]];
    free(x);
    free(v);
    mem_free(els);
    program_free(q);
    return r;
}

/* Kernels and numbers give the same; lanes and threads the same bits, but for vector functions. */
static void agree(const char *what, const uint32_t *outs, size_t n)
{
    Tensor *in = make_inputs(1);
    double *want = run_numbers(outs, n, in);
    Tensor *first = NULL;
    for (int k = 0; k < 4; k++) {
        c->env.threads = k == 1 ? 3 : 1;
        Tensor *got = run(outs, n, in, k < 2 ? 8 : k == 2 ? 4 : 2);
        for (size_t i = 0, at = 0; i < n; i++) {
            ck_assert_msg(dims_equal(&got[i].dims, pg_dims(p, outs[i])), "%s", what);
            for (size_t j = 0; j < tensor_count(&got[i]); j++, at++) {
                double x = tensor_get(&got[i], j);
                ck_assert_msg(close_to(x, want[at]),
                              "%s: output %zu[%zu]: %.17g, not %.17g", what, i, j, x,
                              want[at]);
                if (k == 1)
                    ck_assert_msg(x == tensor_get(&first[i], j) || isnan(x),
                                  "%s: threads change output %zu[%zu]", what, i, j);
            }
        }
        if (k == 0)
            first = got;
        else
            free_tensors(got, n);
    }
    free_tensors(first, n);
    free_tensors(in, p->nin);
    free(want);
}

/* Values, the gradient of the sum of everything, tangents along two directions: as numbers say. */
static void derivatives_agree(const char *what, uint32_t out)
{
    uint32_t adj[8], seed[8], outs[24], n = 0;
    size_t nin = p->nin;
    uint32_t *tan = malloc((p->n + 64) * sizeof *tan);
    uint32_t total = pg_reduce(p, REDUCE_SUM, out, pg_all_axes(p, out));
    size_t most = p->n;
    outs[n++] = out;
    ck_assert_msg(program_gradient(p, total, pg_const(p, 1), adj), "%s: %s", what,
                  c->env.err.message);
    for (size_t i = 0; i < nin; i++)
        if (adj[i] != P_NONE)
            outs[n++] = adj[i];
    /* directions: ones, and the inputs themselves */
    for (size_t i = 0; i < nin; i++) {
        uint32_t rows[2] = {pg_fit(p, pg_const(p, 1), p->val[i].shape), (uint32_t)i};
        seed[i] = pg_stack(p, 2, rows);
    }
    ck_assert(program_tangents(p, 2, seed, tan, most));
    if (tan[total] != P_NONE)
        outs[n++] = tan[total];
    agree(what, outs, n);
    /* the tangent along x is the gradient times x */
    if (tan[total] != P_NONE) {
        Tensor *in = make_inputs(1), *got = run(outs, n, in, 8);
        double sum[2] = {0, 0};
        for (size_t i = 0, k = 1; i < nin; i++) {
            for (size_t j = 0; adj[i] != P_NONE && j < tensor_count(&in[i]); j++) {
                sum[0] += tensor_get(&got[k], j);
                sum[1] += tensor_get(&got[k], j) * tensor_get(&in[i], j);
            }
            k += adj[i] != P_NONE;
        }
        for (size_t k = 0; k < 2; k++)
            ck_assert_msg(fabs(sum[k] - tensor_get(&got[n - 1], k)) <=
                              1e-9 * (1 + fabs(sum[k])),
                          "%s: direction %zu: gradient %.17g, tangent %.17g", what, k,
                          sum[k], tensor_get(&got[n - 1], k));
        free_tensors(in, p->nin);
        free_tensors(got, n);
    }
    free(tan);
}

static void inputs(uint32_t n, const Dims *d)
{
    p = program_new_shaped(&c->env, n, d);
    ck_assert_ptr_nonnull(p);
}

static uint32_t fn(Op f, uint32_t a) { return pg_fn1(p, f, a); }

static uint32_t sum_of(uint32_t v)
{
    return pg_reduce(p, REDUCE_SUM, v, pg_all_axes(p, v));
}

/* ---- formulas ---------------------------------------------------------------------- */

/* Each makes one value of inputs x (m, n), y (n), z (m, 1), k (). */
static uint32_t elementwise(void)
{
    uint32_t s = pg_mul(p, fn(OP_sin, 0), fn(OP_exp, pg_neg(p, pg_mul(p, 0, 0))));
    return pg_add(p, pg_mul(p, s, 1), pg_div(p, fn(OP_log, 2), pg_add(p, 3, 0)));
}

static uint32_t pieces(void)
{
    uint32_t c1 = pg_logic(p, P_LT, 0, 1), two[2] = {0, 2};
    return pg_select(p, c1, pg_fn(p, OP_max, 2, two), pg_powi(p, pg_sub(p, 1, 3), 3));
}

static uint32_t softmax_loss(void) /* by rows */
{
    uint32_t m = pg_hold(p, pg_reduce(p, REDUCE_MAX, 0, 2));
    uint32_t e = fn(OP_exp, pg_sub(p, 0, pg_keep(p, m, 2)));
    uint32_t s = pg_reduce(p, REDUCE_SUM, e, 2);
    return pg_sub(p, pg_add(p, fn(OP_log, s), m),
                  pg_reduce(p, REDUCE_SUM, pg_mul(p, 0, 1), 2));
}

static uint32_t column_statistics(void)
{
    uint32_t n = pg_const(p, (double)pg_dims(p, 0)->dim[0]);
    uint32_t mean = pg_div(p, pg_reduce(p, REDUCE_SUM, 0, 1), n), d = pg_sub(p, 0, mean);
    return fn(OP_sqrt,
              pg_add(p, pg_const(p, 0.01),
                     pg_div(p, pg_reduce(p, REDUCE_SUM, pg_mul(p, d, d), 1), n)));
}

static uint32_t norms(void)
{
    uint32_t n = pg_reduce(p, REDUCE_NORM, pg_mul(p, 0, 1), 2);
    return pg_mul(p, n, pg_reduce(p, REDUCE_NORM, pg_sub(p, 0, 2), 3));
}

static uint32_t products(void)
{
    uint32_t a = pg_reduce(p, REDUCE_PROD, pg_add(p, 0, pg_const(p, 0.4)), 1);
    return pg_add(p, a, pg_reduce(p, REDUCE_PROD, pg_mul(p, 1, 3), 1));
}

static uint32_t extremes(void)
{
    uint32_t a = pg_reduce(p, REDUCE_MAX, pg_mul(p, 0, 1), 1),
             b = pg_reduce(p, REDUCE_MIN, pg_add(p, 0, 2), 2);
    return pg_mul(p, sum_of(a), sum_of(b));
}

static uint32_t questions(void)
{
    uint32_t big = pg_logic(p, P_LT, pg_const(p, 1), 0);
    uint32_t any = pg_reduce(p, REDUCE_ANY, big, 2),
             all = pg_reduce(p, REDUCE_ALL, big, 1);
    return pg_add(p, pg_mul(p, 0, all), pg_keep(p, any, 2));
}

static uint32_t layers(void) /* a little network: (m, n)*(n, 3), tanh, then a sum */
{
    uint32_t w = pg_einsum(p, "i,j->ij", 2, (uint32_t[]){1, pg_slice(p, 1, 0, 0, 3, 1)});
    uint32_t h = fn(OP_tanh, pg_matmul(p, 0, w));
    return pg_mul(p, h, pg_add(p, h, 2));
}

static uint32_t parts(void)
{
    size_t m = pg_dims(p, 0)->dim[0], n = pg_dims(p, 0)->dim[1];
    uint32_t row = pg_pick(p, 0, 0, m - 1), t = pg_permute(p, 0, (unsigned[]){1, 0});
    uint32_t back = pg_slice(p, 0, 1, n - 1, n, -1),
             odd = pg_slice(p, row, 0, 0, (n + 1) / 2, 2);
    uint32_t s = pg_add(p, pg_mul(p, back, 1), pg_mul(p, row, row));
    uint32_t u = pg_mul(p, s, pg_permute(p, fn(OP_sin, t), (unsigned[]){1, 0}));
    return pg_concat(
        p, 2, (uint32_t[]){sum_of(u) ? pg_reshape(p, u, &(Dims){1, {m * n}}) : 0, odd},
        0);
}

static uint32_t put_and_gather(void)
{
    size_t m = pg_dims(p, 0)->dim[0], n = pg_dims(p, 0)->dim[1];
    ProgramView view = {
        .to = p->val[1].shape, .offset = (ptrdiff_t)((m - 1) * n), .stride = {1}};
    uint32_t put = pg_put(p, 0, fn(OP_exp, 1), &view);
    Tensor index;
    ck_assert(tensor_from(&c->env, (double[]){0, (double)n - 1, 0, 1}, &(Dims){1, {4}},
                          &index));
    uint32_t g = pg_gather(p, pg_mul(p, put, put), pg_data(p, &index), 1);
    tensor_release(&index);
    return pg_mul(p, g, pg_add(p, g, 2));
}

static uint32_t long_sums(void)
{
    uint32_t t[12];
    for (uint32_t i = 0; i < 12; i++)
        t[i] = pg_mul(p, pg_add(p, i % 4, pg_const(p, i)), (i + 1) % 4);
    return pg_sum(p, 12, t);
}

static uint32_t loops(void) /* sum over k of sin(k*x)/(k + y), element by element */
{
    Program *b = program_new(&c->env, 3);
    uint32_t out = pg_div(b, pg_fn1(b, OP_sin, pg_mul(b, 0, 1)), pg_add(b, 0, 2));
    return pg_loop(p, b, out, (uint32_t[]){0, 1}, 1, 5);
}

static const struct {
    const char *name;
    uint32_t (*make)(void);
} formulas[] = {{"elementwise", elementwise},
                {"pieces", pieces},
                {"softmax", softmax_loss},
                {"columns", column_statistics},
                {"norms", norms},
                {"products", products},
                {"extremes", extremes},
                {"any and all", questions},
                {"layers", layers},
                {"parts", parts},
                {"put and gather", put_and_gather},
                {"long sums", long_sums},
                {"loops", loops}};
static const struct {
    size_t m, n;
} sizes[] = {{2, 3}, {5, 13}, {3, 300}, {301, 4}, {9, 64}, {1, 7}, {3, 1025}};
enum {
    NFORMULAS = sizeof formulas / sizeof *formulas,
    NSIZES = sizeof sizes / sizeof *sizes
};

START_TEST(formulas_agree)
{
    size_t m = sizes[_i % NSIZES].m, n = sizes[_i % NSIZES].n;
    bool few = n < 3; /* some take three columns */
    Dims d[4] = {
        dims(2, m, few ? 3 : n, 0), dims(1, few ? 3 : n, 0, 0), dims(2, m, 1, 0), {0}};
    inputs(4, d);
    char what[100];
    snprintf(what, sizeof what, "%s of (%zu, %zu)", formulas[_i / NSIZES].name, m, n);
    derivatives_agree(what, formulas[_i / NSIZES].make());
    program_free(p);
}
END_TEST

/* ---- views ------------------------------------------------------------------------- */

START_TEST(views_of_views)
{
    Dims d = dims(3, 4, 6, 5);
    inputs(1, &d);
    uint64_t seed = (uint64_t)_i * 2654435761u + 12345;
    uint32_t v = 0;
    for (int step = 0; step < 6; step++) {
        Dims s = *pg_dims(p, v);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(seed >> 33), axis = s.rank ? r / 7 % s.rank : 0;
        size_t n = s.rank ? s.dim[axis] : 1;
        switch (r % 7) {
        case 0:
            if (s.rank == 3)
                v = pg_permute(p, v, (unsigned[]){axis, (axis + 1) % 3, (axis + 2) % 3});
            break;
        case 1:
            if (n > 1)
                v = pg_slice(p, v, axis, 1, n - 1, 1);
            break;
        case 2: v = s.rank ? pg_slice(p, v, axis, n - 1, n, -1) : v; break;
        case 3:
            if (n > 2)
                v = pg_slice(p, v, axis, 0, (n + 1) / 2, 2);
            break;
        case 4:
            if (s.rank > 1) { /* two axes together */
                Dims to = {.rank = s.rank - 1};
                for (unsigned i = 0; i + 1 < s.rank; i++)
                    to.dim[i] = i == 0 ? s.dim[0] * s.dim[1] : s.dim[i + 1];
                v = pg_reshape(p, v, &to);
            }
            break;
        case 5:
            if (s.rank < 3)
                v = pg_fit(p, pg_axis(p, v, 0),
                           pg_shape(p, &(Dims){.rank = s.rank + 1,
                                               .dim = {3, s.dim[0], s.dim[1]}}));
            break;
        default:
            if (s.rank > 1 && s.dim[0] == s.dim[1])
                v = pg_diagonal(p, v, 0, 1);
            else if (s.rank > 1)
                v = pg_pick(p, v, axis, n - 1);
        }
    }
    derivatives_agree("views", pg_mul(p, v, v));
    program_free(p);
}
END_TEST

/* ---- sums of products -------------------------------------------------------------- */

static const struct {
    const char *text;
    Dims d[3];
    size_t n;
} einsums[] = {
    {"ij,jk->ik", {{2, {3, 4}}, {2, {4, 5}}}, 2},
    {"ij,kj->ki", {{2, {30, 40}}, {2, {50, 40}}}, 2},
    {"i,i->", {{1, {70}}, {1, {70}}}, 2},
    {"i,j->ij", {{1, {7}}, {1, {9}}}, 2},
    {"ii->i", {{2, {6, 6}}}, 1},
    {"ii->", {{2, {6, 6}}}, 1},
    {"ij->ji", {{2, {3, 5}}}, 1},
    {"ij->", {{2, {30, 50}}}, 1},
    {"ij->j", {{2, {30, 50}}}, 1},
    {"bij,bjk->bik", {{3, {3, 4, 5}}, {3, {3, 5, 6}}}, 2},
    {"bij,bjk->kb", {{3, {3, 4, 5}}, {3, {3, 5, 6}}}, 2},
    {"ij,jk,kl->il", {{2, {3, 40}}, {2, {40, 5}}, {2, {5, 6}}}, 3},
    {"i,ij,j->", {{1, {8}}, {2, {8, 9}}, {1, {9}}}, 3},
    {"ijk,jl,kl->il", {{3, {3, 4, 5}}, {2, {4, 6}}, {2, {5, 6}}}, 3},
    {"iij,j->i", {{3, {4, 4, 5}}, {1, {5}}}, 2},
    {"ab,cd->acbd", {{2, {2, 3}}, {2, {4, 5}}}, 2},
};
enum { NEINSUMS = sizeof einsums / sizeof *einsums };

/* What the text says, by loops over all indices. */
static double *einsum_by_loops(size_t k, const Tensor *in, const Dims *out)
{
    size_t size[128] = {0}, index[128] = {0};
    char names[16] = "";
    const char *t = einsums[k].text, *arrow = strstr(t, "->");
    for (size_t i = 0, a = 0; t + i < arrow; i++, a++) {
        if (t[i] == ',') {
            a = (size_t)-1;
            continue;
        }
        size_t op = 0;
        for (size_t q = 0; q < i; q++)
            op += t[q] == ',';
        size[(int)t[i]] = einsums[k].d[op].dim[a];
        if (!strchr(names, t[i]))
            names[strlen(names)] = t[i];
    }
    size_t n = dims_count(out);
    double *r = calloc(n + 1, sizeof *r);
    for (;;) {
        double x = 1;
        const char *s = t;
        for (size_t op = 0; op < einsums[k].n; op++, s++) {
            size_t at = 0;
            for (; *s && *s != ',' && *s != '-'; s++)
                at = at * size[(int)*s] + index[(int)*s];
            x *= tensor_get(&in[op], at);
        }
        size_t at = 0;
        for (s = arrow + 2; *s; s++)
            at = at * size[(int)*s] + index[(int)*s];
        r[at] += x;
        size_t i = 0;
        while (names[i] && ++index[(int)names[i]] == size[(int)names[i]])
            index[(int)names[i++]] = 0;
        if (!names[i])
            return r;
    }
}

START_TEST(sums_of_products)
{
    inputs((uint32_t)einsums[_i].n, einsums[_i].d);
    uint32_t v = pg_einsum(p, einsums[_i].text, einsums[_i].n, (uint32_t[]){0, 1, 2});
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    Tensor *in = make_inputs(1), *got = run(&v, 1, in, 8);
    double *want = einsum_by_loops((size_t)_i, in, &got->dims);
    for (size_t i = 0; i < tensor_count(got); i++)
        ck_assert_msg(close_to(tensor_get(got, i), want[i]), "%s[%zu]: %.17g, not %.17g",
                      einsums[_i].text, i, tensor_get(got, i), want[i]);
    free(want);
    free_tensors(in, p->nin);
    free_tensors(got, 1);
    derivatives_agree(einsums[_i].text, pg_mul(p, v, v));
    program_free(p);
}
END_TEST

START_TEST(texts_that_are_no_sums)
{
    static const char *const bad[] = {"ij,jk",    "ij->ik",    "ij,jk,kl->il",
                                      "i,jk->ik", "ij,jk->ii", "ij,j2->i"};
    for (size_t i = 1; i < sizeof bad / sizeof *bad; i++) {
        ctx_begin_statement(c);
        Dims d[2] = {dims(2, 3, 4, 0), dims(2, 4, 5, 0)};
        inputs(2, d);
        pg_einsum(p, bad[i], 2, (uint32_t[]){0, 1});
        ck_assert_msg(c->env.err.status == LBZ_SHAPE, "%s", bad[i]);
        program_free(p);
    }
}
END_TEST

/* ---- singular points --------------------------------------------------------------- */

/* The gradient of how(x) at x. */
static double *gradient_at(ProgramReduce how, const double *x, size_t n)
{
    Dims d = dims(1, n, 0, 0);
    uint32_t adj;
    Tensor in;
    inputs(1, &d);
    ck_assert(program_gradient(p, pg_reduce(p, how, 0, 1), pg_const(p, 1), &adj));
    ck_assert(tensor_from(&c->env, x, &d, &in));
    Tensor *got = run(&adj, 1, &in, 8);
    double *r = malloc(n * sizeof *r);
    for (size_t i = 0; i < n; i++)
        r[i] = tensor_get(got, i);
    tensor_release(&in);
    free_tensors(got, 1);
    program_free(p);
    return r;
}

START_TEST(reductions_at_singular_points)
{
    static const struct {
        ProgramReduce how;
        double x[4], want[4];
    } row[] = {{REDUCE_NORM, {0, 0, 0, 0}, {0, 0, 0, 0}},
               {REDUCE_NORM, {3e200, 0, 4e200, 0}, {0.6, 0, 0.8, 0}},
               {REDUCE_NORM, {3e-200, 0, 4e-200, 0}, {0.6, 0, 0.8, 0}},
               {REDUCE_MAX, {1, 7, 7, 7}, {0, 1.0 / 3, 1.0 / 3, 1.0 / 3}},
               {REDUCE_MIN, {1, 7, 1, 7}, {0.5, 0, 0.5, 0}},
               {REDUCE_PROD, {2, 0, 3, 5}, {0, 30, 0, 0}},
               {REDUCE_PROD, {2, 0, 3, 0}, {0, 0, 0, 0}},
               {REDUCE_PROD, {2, 4, 3, 5}, {60, 30, 40, 24}}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double *g = gradient_at(row[i].how, row[i].x, 4);
        for (size_t k = 0; k < 4; k++)
            ck_assert_msg(close_to(g[k], row[i].want[k]), "%zu: [%zu] %.17g", i, k, g[k]);
        free(g);
    }
}
END_TEST

START_TEST(long_norms)
{
    enum { N = 1000 };
    double x[N];
    for (int e = -200; e <= 200; e += 200) {
        for (int i = 0; i < N; i++)
            x[i] = (i % 3 + 1) * pow(10, e);
        double *g = gradient_at(REDUCE_NORM, x, N), s = 0;
        for (int i = 0; i < N; i++)
            s += g[i] * g[i];
        ck_assert_msg(fabs(s - 1) < 1e-12, "1e%d: %.17g", e, s);
        free(g);
    }
}
END_TEST

/* Nothing of a branch that is not taken, whatever is there. */
START_TEST(branches_not_taken)
{
    Dims d = dims(1, 500, 0, 0);
    inputs(1, &d);
    uint32_t x = pg_sub(p, 0, pg_const(p, 0.7)), adj; /* of either sign */
    uint32_t e = pg_select(p, pg_logic(p, P_LT, pg_const(p, 0), x),
                           fn(OP_cos, fn(OP_log, x)), pg_mul(p, x, x));
    ck_assert(program_gradient(p, sum_of(e), pg_const(p, 1), &adj));
    Tensor *in = make_inputs(1), *got = run(&adj, 1, in, 8);
    for (size_t i = 0; i < 500; i++) {
        double at = tensor_get(in, i) - 0.7, want = at > 0 ? -sin(log(at)) / at : 2 * at;
        ck_assert_msg(close_to(tensor_get(got, i), want), "%zu: %.17g", i,
                      tensor_get(got, i));
    }
    free_tensors(in, 1);
    free_tensors(got, 1);
    program_free(p);
}
END_TEST

/* ---- how it is run ----------------------------------------------------------------- */

START_TEST(value_and_gradients_are_one_kernel)
{
    Dims d[2] = {dims(1, 1000, 0, 0), dims(1, 1000, 0, 0)};
    uint32_t outs[3];
    inputs(2, d);
    uint32_t q = pg_mul(p, 0, 0), r = pg_mul(p, 1, 1), one = pg_const(p, 1);
    uint32_t e = pg_add(p, pg_mul(p, fn(OP_sin, 0), fn(OP_exp, pg_neg(p, q))),
                        pg_div(p, fn(OP_log, pg_add(p, one, r)),
                               fn(OP_sqrt, pg_add(p, one, pg_mul(p, q, r)))));
    outs[0] = sum_of(e);
    ck_assert(program_gradient(p, outs[0], one, outs + 1));
    Plan *plan = program_plan(p, outs, 3);
    ck_assert_uint_eq(plan->nsteps, 1);
    ck_assert_uint_eq(plan->step[0].nread, 2);
    ck_assert_uint_eq(plan->step[0].nresult, 3);
    program_plan_free(plan);
    agree("value and gradients", outs, 3);
    program_free(p);
}
END_TEST

START_TEST(outputs_are_written_in_place)
{
    Dims d = dims(1, 1000, 0, 0);
    inputs(1, &d);
    uint32_t out = pg_mul(p, 0, 0);
    Tensor *in = make_inputs(1), to;
    ck_assert(tensor_new(&c->env, DT_FLOAT64, &d, "a test", &to));
    const double *at = tensor_doubles(&to);
    Code *code = cpu_compile(&c->env, program_plan(p, &out, 1), 8);
    ck_assert(cpu_backend.run(code, &c->env, in, &to));
    ck_assert_ptr_eq(tensor_doubles(&to), at);
    ck_assert(tensor_get(&to, 7) == tensor_get(in, 7) * tensor_get(in, 7));
    cpu_backend.free(code);
    tensor_release(&to);
    free_tensors(in, 1);
    program_free(p);
}
END_TEST

START_TEST(second_derivatives)
{
    Dims d = dims(1, 90, 0, 0);
    uint32_t adj;
    inputs(1, &d);
    uint32_t f = pg_mul(p, fn(OP_log, sum_of(fn(OP_exp, 0))), sum_of(pg_powi(p, 0, 3)));
    ck_assert(program_gradient(p, f, pg_const(p, 1), &adj));
    derivatives_agree("gradient", pg_mul(p, adj, 0));
    program_free(p);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("array", 120, setup, teardown);
    tcase_add_loop_test(t, formulas_agree, 0, NFORMULAS * NSIZES);
    tcase_add_loop_test(t, views_of_views, 0, 200);
    tcase_add_loop_test(t, sums_of_products, 0, NEINSUMS);
    tcase_add_test(t, texts_that_are_no_sums);
    tcase_add_test(t, reductions_at_singular_points);
    tcase_add_test(t, long_norms);
    tcase_add_test(t, branches_not_taken);
    tcase_add_test(t, value_and_gradients_are_one_kernel);
    tcase_add_test(t, outputs_are_written_in_place);
    tcase_add_test(t, second_derivatives);
    return suite_run();
}
