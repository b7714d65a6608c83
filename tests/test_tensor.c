/* test_tensor.c - arrays: views against the elements they stand for, copies, limits. */
#include "tensor/tensor.h"
#include "suite.h"
#include <stdlib.h>

static Env env;

static void begin(void) { env_init(&env); }

static void end(void)
{
    ck_assert_uint_eq(env.data_used, 0); /* every test gives back what it took */
    env_release(&env);
}

/* 0 1 2 ... in the order of reading. */
static Tensor counted(unsigned rank, const size_t *dim)
{
    Dims d = {.rank = rank};
    memcpy(d.dim, dim, rank * sizeof *dim);
    Tensor t;
    ck_assert(tensor_new(&env, DT_FLOAT64, &d, "a test", &t));
    for (size_t i = 0; i < tensor_count(&t); i++)
        tensor_doubles(&t)[i] = (double)i;
    return t;
}

START_TEST(shapes_broadcast)
{
    Dims a = {3, {4, 1, 5}}, b = {2, {3, 1}}, c = {1, {2}}, r;
    ck_assert(dims_broadcast(&a, &b, &r));
    ck_assert(dims_equal(&r, &(Dims){3, {4, 3, 5}}));
    ck_assert(dims_broadcast(&b, &a, &r) && r.dim[1] == 3);
    ck_assert(!dims_broadcast(&a, &c, &r));
    ck_assert(dims_broadcast(&a, &(Dims){0}, &r) && dims_equal(&r, &a));
    ck_assert_uint_eq(dims_count(&(Dims){2, {SIZE_MAX / 2, 3}}), SIZE_MAX);
    ck_assert_uint_eq(dims_count(&(Dims){3, {SIZE_MAX / 2, 3, 0}}), 0);
}
END_TEST

START_TEST(views_have_the_elements)
{
    Tensor t = counted(3, (size_t[]){2, 3, 4});
    Tensor p = tensor_permute(&t, (unsigned[]){2, 0, 1}); /* p[k,i,j] = t[i,j,k] */
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < 2; i++)
            for (size_t j = 0; j < 3; j++)
                ck_assert(tensor_get(&p, (k * 2 + i) * 3 + j) ==
                          (double)((i * 3 + j) * 4 + k));
    Tensor s = tensor_slice(&t, 2, 3, 2, -2); /* elements 3 and 1 of the last axis */
    ck_assert(tensor_get(&s, 0) == 3 && tensor_get(&s, 1) == 1 && tensor_get(&s, 2) == 7);
    Tensor q = tensor_pick(&t, 1, 2);
    ck_assert(q.dims.rank == 2 && tensor_get(&q, 0) == 8 && tensor_get(&q, 4) == 20);
    Tensor sq = tensor_slice(&t, 2, 0, 3, 1),
           d = tensor_diagonal(&sq, 1, 2); /* t[i,j,j] */
    ck_assert(d.dims.rank == 2 && tensor_get(&d, 1) == 5 && tensor_get(&d, 5) == 22);
    Tensor b = tensor_broadcast(&q, &(Dims){3, {5, 2, 4}});
    ck_assert(tensor_get(&b, 8 * 4 + 5) == tensor_get(&q, 5));
    Tensor *all[] = {&t, &p, &s, &q, &sq, &d, &b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tensor_release(all[i]);
}
END_TEST

START_TEST(copies_keep_the_elements)
{
    Tensor t = counted(2, (size_t[]){3, 5}), p = tensor_permute(&t, (unsigned[]){1, 0}),
           c, r;
    ck_assert(tensor_pack(&env, &p, DT_FLOAT32, &c));
    ck_assert(tensor_is_contiguous(&c) && !tensor_is_contiguous(&p));
    for (size_t i = 0; i < 15; i++)
        ck_assert(tensor_get(&c, i) == tensor_get(&p, i));
    ck_assert(tensor_reshape(&env, &p, &(Dims){1, {15}}, &r));
    ck_assert(tensor_get(&r, 1) == 5);
    Tensor same = tensor_share(&t);
    ck_assert(tensor_own(&env, &same)); /* t is not changed through it */
    tensor_doubles(&same)[0] = 77;
    ck_assert(tensor_get(&t, 0) == 0);
    Tensor row = tensor_slice(&t, 0, 1, 1, 1), ten;
    ck_assert(tensor_from(&env, (double[]){9, 8, 7, 6, 5}, &(Dims){2, {1, 5}}, &ten));
    tensor_write(&row, &ten);
    ck_assert(tensor_get(&t, 4) == 4 && tensor_get(&t, 5) == 9 && tensor_get(&t, 9) == 5);
    Tensor *all[] = {&t, &p, &c, &r, &same, &row, &ten};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tensor_release(all[i]);
}
END_TEST

START_TEST(limits_are_errors)
{
    Tensor t;
    env.data_cap = 1 << 20;
    ck_assert(!tensor_new(&env, DT_FLOAT64, &(Dims){2, {1000, 1000}}, "a product", &t));
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
    ck_assert_ptr_nonnull(strstr(env.err.message, "a product of shape (1000, 1000)"));
    env_reset(&env);
    ck_assert(!tensor_new(&env, DT_BOOL, &(Dims){1, {SIZE_MAX}}, "a list", &t));
    env_reset(&env);
    mem_fail_at = 1;
    ck_assert(!tensor_new(&env, DT_FLOAT64, &(Dims){1, {4}}, "a list", &t));
    mem_fail_at = 0;
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
}
END_TEST

START_TEST(large_memory_is_used_again)
{
    Tensor t;
    ck_assert(tensor_new(&env, DT_FLOAT64, &(Dims){1, {1 << 20}}, "a list", &t));
    void *at = tensor_data(&t);
    ck_assert_uint_eq((uintptr_t)at % (2 << 20), 0);
    tensor_release(&t);
    ck_assert(tensor_new(&env, DT_FLOAT64, &(Dims){1, {1000000}}, "a list", &t));
    ck_assert_ptr_eq(tensor_data(&t), at);
    tensor_release(&t);
    ck_assert_uint_gt(env.data_peak, 0);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("tensor", 60, begin, end);
    tcase_add_test(t, shapes_broadcast);
    tcase_add_test(t, views_have_the_elements);
    tcase_add_test(t, copies_keep_the_elements);
    tcase_add_test(t, limits_are_errors);
    tcase_add_test(t, large_memory_is_used_again);
    return suite_run();
}
