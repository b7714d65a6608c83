/* test_rows.c - the T rows of the table: attributes; every function carried out exactly and computed by
 * its program on random data.
 */
#include "cpu/cpu.h"
#include "expr/attributes.h"
#include "expr/linear.h"
#include "expr/elements.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include "in_ctx.h"
#include "print/print.h"
#include "program/program.h"

#include <math.h>

static Node *ints(const int *k, size_t n)
{
    Node *v[16];
    for (size_t i = 0; i < n; i++)
        v[i] = ex_int(c, k[i]);
    return ex_list(c, n, v);
}

#define LIST(...) \
    ints((const int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))

/* [1, 2, 3; 4, 6, 5] */
static Node *matrix(void)
{
    return ex_list(c, 2, (Node *[]){LIST(1, 2, 3), LIST(4, 6, 5)});
}

static void is(const char *want, Node *n)
{
    Str s = {0};
    ck_assert_msg(!ctx_failed(c), "%s: %s", want, c->env.err.message);
    print_plain(c, &s, n);
    ck_assert_str_eq(str_cstr(&s), want);
    str_free(&s);
}

static void refused(const char *what, lbz_status status)
{
    ck_assert_msg(c->env.err.status == status, "not refused: %s", what);
    ck_assert_msg(strstr(c->env.err.message, what), "%s", c->env.err.message);
    ctx_begin_statement(c);
}

START_TEST(attributes_have_one_text)
{
    Attribute keep = {"keep", 4, ex_sym_named(c, "yes")}, axes = {"axis", 4, LIST(2, -3)};
    const char *text = attr_write(c, OP_TOTAL, 2, (Attribute[]){keep, axes});
    ck_assert_str_eq(text, "axis=2,-3 keep=yes");
    ck_assert_str_eq(attr_normal(c, OP_TOTAL, text, 5), "axis=-4,-3 keep=yes");
}
END_TEST

START_TEST(axes_are_counted_from_the_end)
{
    ck_assert_str_eq(attr_normal(c, OP_TOTAL, "axis=1,-1", 3), "axis=-3,-1");
    ck_assert_ptr_null(attr_normal(c, OP_TOTAL, "axis=2,1", 2)); /* all */
    ck_assert_str_eq(attr_normal(c, OP_TOTAL, "axis=2,1 keep=yes", 2), "keep=yes");
    ck_assert_uint_eq(attr_axes("axis=-3,-1 keep=yes", 4), 2 | 8);
    ck_assert_uint_eq(attr_axes("axis=2", 4), 2);
    ck_assert_uint_eq(attr_axes(NULL, 3), 7);
    ck_assert_uint_eq(attr_axis("axis=-2", 3), 1);
    ck_assert(attr_keep("axis=-1 keep=yes") && !attr_keep("axis=-1"));
    ck_assert_ptr_eq(attr_number(c, "keep=yes p=inf", "p"), c->inf);
    ck_assert(ex_is_rat(attr_number(c, "axis=-1 p=3/2", "p"), 3, 2));
    ck_assert_str_eq(attr_with(c, "axis=-1 p=3", "keep", "yes"), "axis=-1 keep=yes p=3");
    ck_assert_str_eq(attr_with(c, "axis=-1 p=3", "axis", NULL), "p=3");
    ck_assert_str_eq(attr_of_axes(c, 2, 3, true), "axis=-2 keep=yes");
}
END_TEST

START_TEST(wrong_attributes_are_refused)
{
    (void)attr_normal(c, OP_TOTAL, "axis=3", 2);
    refused("axis 3 does not exist", LBZ_SHAPE);
    (void)attr_normal(c, OP_TOTAL, "axis=1,-2", 2);
    refused("axis -2 is named twice", LBZ_SHAPE);
    Attribute bad = {"axes", 4, c->one}, zero = {"axis", 4, c->zero},
              sym = {"axis", 4, ex_sym_named(c, "k")};
    (void)attr_write(c, OP_TOTAL, 1, &bad);
    refused("sum has no argument named axes", LBZ_SYNTAX);
    (void)attr_write(c, OP_TOTAL, 1, &zero);
    refused("axis 0 does not exist", LBZ_SHAPE);
    (void)attr_write(c, OP_TOTAL, 1, &sym);
    refused("an axis is a whole number", LBZ_SYNTAX);
}
END_TEST

static Node *reduce(Op op, const char *attributes)
{
    Node *a = matrix();
    return ex_tensor(c, op, attributes, 1, &a);
}

START_TEST(reductions_go_along_axes)
{
    is("[5, 8, 8]", reduce(OP_TOTAL, "axis=1"));
    is("[[6], [15]]", reduce(OP_TOTAL, "axis=2 keep=yes"));
    is("[2, 5]", reduce(OP_MEAN, "axis=-1"));
    is("[4, 12, 15]", reduce(OP_PRODUCT, "axis=1"));
    is("[[3], [6]]", reduce(OP_MAXIMUM, "axis=-1 keep=yes"));
    is("1", reduce(OP_MINIMUM, NULL));
    is("[3, 2]", reduce(OP_ARGMAX, "axis=2"));
    is("[2, 2]", reduce(OP_ARGMAX, NULL));
    is("[sqrt(14), sqrt(77)]", reduce(OP_NORM, "axis=2"));
    is("[6, 15]", reduce(OP_NORM, "axis=2 p=1"));
    is("[4, 6, 5]", reduce(OP_NORM, "axis=1 p=inf"));
    is("[1, 1]", reduce(OP_ALL, "axis=2"));
    (void)reduce(OP_TOTAL, "axis=3");
    refused("axis 3 does not exist: there are 2 axes", LBZ_SHAPE);
}
END_TEST

static Node *name_of(const char *name, unsigned rank, Node *const *size)
{
    return ex_sym_shaped(c, sym_intern(c, name, strlen(name)),
                         shape_of_sizes(c, rank, size));
}

START_TEST(names_keep_their_reductions)
{
    Node *sizes[] = {ex_sym_named(c, "m"), ex_sym_named(c, "n")},
         *a = name_of("A", 2, sizes);
    is("max(A, axis=2, keep=yes)", ex_tensor(c, OP_MAXIMUM, "axis=2 keep=yes", 1, &a));
    is("max(A, axis=1)", ex_tensor(c, OP_MAXIMUM, "axis=-2", 1, &a));
    is("norm(A, axis=1)", ex_tensor(c, OP_NORM, "axis=1 p=2", 1, &a));
    Node *s = ex_tensor(c, OP_TOTAL, "axis=2 keep=yes", 1, &a);
    ck_assert_uint_eq(s->shape, shape_of_sizes(c, 2, (Node *[]){sizes[0], c->one}));
    s = ex_tensor(c, OP_MEAN, NULL, 1, &a);
    is("sum(A)/(m*n)", s);
}
END_TEST

/* ---- exact against computed -------------------------------------------------------------- */
/* Operands of these kinds are tried for every row; those that it refuses are left out. */
typedef struct {
    unsigned rank;
    size_t dim[3];
    bool whole; /* small numbers, as sizes and classes are */
} Sample;

enum { SAMPLES = 7, MOST_OPERANDS = 3, RUNS = 4 };
static const Sample samples[SAMPLES] = {
    {1, {4}, false}, {2, {3, 4}, false}, {2, {3, 3}, false},    {1, {3}, false},
    {0, {0}, true},  {1, {3}, true},     {3, {2, 3, 2}, false},
};

static unsigned long seed = 1;

static int64_t random_below(int64_t n)
{
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    return (int64_t)(seed >> 33) % n;
}

/* Numbers with a few digits, some of them equal or 0; whole ones from 1 to 3. */
static Node *random_number(bool whole)
{
    return whole ? ex_int(c, 1 + random_below(3)) : ex_rat(c, random_below(33) - 16, 8);
}

static Node *random_list(const Sample *s, unsigned axis)
{
    Node *v[4];
    if (axis == s->rank)
        return random_number(s->whole);
    for (size_t i = 0; i < s->dim[axis]; i++)
        v[i] = random_list(s, axis + 1);
    return ex_list(c, s->dim[axis], v);
}

static double number_of(Node *e)
{
    uint32_t out;
    Program *p = program_new(&c->env, 0);
    ck_assert(program_compile(c, p, NULL, &e, 1, &out));
    double *v = malloc((p->n + 1) * sizeof *v);
    ck_assert(cpu_values(p, NULL, v, 0));
    double r = v[out];
    free(v);
    program_free(p);
    return r;
}

/* Is it a number, or a list of such, all the way down? */
static bool is_exact(const Node *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (!is_exact(a->a[i]))
            return false;
    return !op_is_tensor((Op)a->op);
}

static Tensor tensor_of(Node *list)
{
    Elements e;
    Tensor t;
    ck_assert(elements_read(c, list, &e));
    Dims d = {.rank = e.rank};
    memcpy(d.dim, e.dim, sizeof e.dim);
    ck_assert(tensor_new(&c->env, DT_FLOAT64, &d, "a test", &t));
    for (size_t i = 0; i < e.n; i++)
        tensor_doubles(&t)[i] = number_of(e.v[i]);
    return t;
}

static bool row_shape_only(Op op)
{
    return op == OP_SHAPE_OF || op == OP_SIZE_OF || op == OP_LENGTH;
}

/* The row on names, computed where they are the lists a[]; numbers stay as they are. */
static Tensor computed(Op op, const char *attributes, size_t n, Node *const *a)
{
    Node *leaf[MOST_OPERANDS], *operand[MOST_OPERANDS];
    Tensor in[MOST_OPERANDS], out = {0};
    Dims d[MOST_OPERANDS];
    uint32_t nin = 0, value;
    for (size_t i = 0; i < n; i++) {
        operand[i] = a[i];
        if (!a[i]->shape || i >= 2 || ex_is_int(ex_is(a[i], OP_LIST) ? a[i]->a[0] : a[i]))
            continue;
        in[nin] = tensor_of(a[i]);
        d[nin] = in[nin].dims;
        leaf[nin] = operand[i] =
            ex_sym_shaped(c, sym_intern(c, i ? "Y" : "X", 1), a[i]->shape);
        nin++;
    }
    Node *e = ex_tensor(c, op, attributes, n, operand);
    if (row_shape_only(op)) { /* known from the shapes alone */
        while (nin > 0)
            tensor_release(&in[--nin]);
        return tensor_of(e);
    }
    Program *p = program_new_shaped(&c->env, nin, d);
    ck_assert_msg(program_compile_arrays_over(c, p, leaf, e, &value), "%s: %s",
                  op_info(op)->usage, c->env.err.message);
    Plan *plan = program_plan(p, &value, 1);
    Code *code = plan ? cpu_compile(&c->env, plan, 4) : NULL;
    ck_assert_msg(code && cpu_backend.run(code, &c->env, in, &out), "%s",
                  c->env.err.message);
    cpu_backend.free(code);
    program_free(p);
    for (uint32_t i = 0; i < nin; i++)
        tensor_release(&in[i]);
    return out;
}

/* True: the row took these operands. */
static bool agrees(Op op, const char *attributes, size_t n, Node *const *a)
{
    Node *exact = ex_tensor(c, op, attributes, n, a);
    if (ctx_failed(c) || !is_exact(exact)) {
        ctx_begin_statement(c);
        return false;
    }
    Tensor want = tensor_of(exact), got = computed(op, attributes, n, a);
    ck_assert_msg(dims_equal(&want.dims, &got.dims), "%s %s: another shape",
                  op_info(op)->usage, attributes ? attributes : "");
    for (size_t i = 0; i < tensor_count(&want); i++) {
        double x = tensor_get(&want, i), y = tensor_get(&got, i);
        ck_assert_msg(x == y || fabs(x - y) <= 1e-12 * (1 + fabs(x)),
                      "%s %s [%zu]: %.17g, not %.17g", op_info(op)->usage,
                      attributes ? attributes : "", i, y, x);
    }
    tensor_release(&want);
    tensor_release(&got);
    ctx_begin_statement(c);
    return true;
}

/* Every choice of n samples, with these attributes. */
static size_t try_samples(Op op, size_t n, const char *attributes)
{
    size_t all = 1, taken = 0;
    for (size_t i = 0; i < n; i++)
        all *= SAMPLES;
    for (size_t k = 0; k < all; k++)
        for (int run = 0; run < RUNS; run++) {
            Node *a[MOST_OPERANDS];
            size_t rest = k;
            for (size_t i = 0; i < n; i++, rest /= SAMPLES)
                a[i] = random_list(&samples[rest % SAMPLES], 0);
            taken += agrees(op, attributes, n, a);
        }
    return taken;
}

START_TEST(rows_are_computed_as_they_are_exactly)
{
    static const char *const attributes[] = {NULL,
                                             "axis=1",
                                             "axis=-1",
                                             "keep=yes",
                                             "axis=2 keep=yes",
                                             "axis=1,2",
                                             "ddof=1",
                                             "p=1",
                                             "p=3",
                                             "p=inf",
                                             "axis=2 p=3/2",
                                             "axis=1 reverse=yes"};
    Op op = (Op)_i;
    const OpInfo *f = op_info(op);
    size_t taken = 0;
    /* signs; a text goes first; what is drawn; what programs do not have */
    if (!f->name[0] || op == OP_EINSUM || op == OP_RAND || op == OP_RANDN ||
        op == OP_LOAD || op == OP_FLOAT64 || op == OP_FLOAT32 ||
        op_is_linear_algebra(op) || op == OP_TRIL || op == OP_TRIU)
        return;
    for (size_t n = f->min_args; n <= f->max_args && n <= MOST_OPERANDS; n++)
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
            bool known = true;
            for (const char *s = attributes[i]; s;
                 s = (s = strchr(s, ' ')) ? s + 1 : NULL)
                known = known && attr_is_known(op, s, strcspn(s, "="));
            taken += known && n < 3 ? try_samples(op, n, attributes[i]) : 0;
        }
    ck_assert_msg(taken || op == OP_LINSPACE || op == OP_INDEX, "%s was never tried",
                  f->usage);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("rows", 60, setup, teardown);
    tcase_add_test(t, attributes_have_one_text);
    tcase_add_test(t, axes_are_counted_from_the_end);
    tcase_add_test(t, wrong_attributes_are_refused);
    tcase_add_test(t, reductions_go_along_axes);
    tcase_add_test(t, names_keep_their_reductions);
    tcase_add_loop_test(t, rows_are_computed_as_they_are_exactly, OP_FIRST_TENSOR + 1,
                        OP_FIRST_FUNCTION);
    return suite_run();
}
