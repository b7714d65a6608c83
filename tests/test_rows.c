/* test_rows.c - the T rows of the table: attributes; every function carried out exactly and computed by
 * its program on random data.
 */
#include "expr/attributes.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include "in_ctx.h"
#include "print/print.h"

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
    is("norm(A, axis=1, p=3)", ex_tensor(c, OP_NORM, "axis=1 p=3", 1, &a));
    Node *s = ex_tensor(c, OP_TOTAL, "axis=2 keep=yes", 1, &a);
    ck_assert_uint_eq(s->shape, shape_of_sizes(c, 2, (Node *[]){sizes[0], c->one}));
    s = ex_tensor(c, OP_MEAN, NULL, 1, &a);
    is("sum(A)/(m*n)", s);
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
    return suite_run();
}
