/* test_tensor.c - arrays: views against the elements they stand for, copies, limits, files. */
#include "tensor/file.h"
#include "suite.h"
#include <math.h>
#include <stdio.h>
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

/* ---- files ---------------------------------------------------------------------------- */
static bool read_bytes(const char *s, size_t n, TensorFormat f, Str *header, Tensor *t)
{
    TensorSource from = {.env = &env, .fd = -1, .bytes = s, .n = n, .size = n};
    env_reset(&env);
    return f == TENSOR_NPY ? tensor_read_npy(&from, t)
                           : tensor_read_table(&from, f, header, t);
}

static bool read_text(const char *s, TensorFormat f, Tensor *t)
{
    Str header = {0};
    bool ok = read_bytes(s, strlen(s), f, &header, t);
    str_free(&header);
    return ok;
}

/* The file that NumPy would write with that header, and bytes of zeros behind it. */
static Str npy_file(const char *header, size_t bytes)
{
    Str s = {0};
    size_t n = strlen(header) + 1;
    str_put(&s, "\x93NUMPY\x01\x00", 8);
    str_putc(&s, (char)(n & 255));
    str_putc(&s, (char)(n >> 8));
    str_printf(&s, "%s\n", header);
    for (size_t i = 0; i < bytes; i++)
        str_putc(&s, '\0');
    return s;
}

static void refuses(const char *header, size_t bytes, const char *why)
{
    Tensor t;
    Str s = npy_file(header, bytes);
    ck_assert_msg(!read_bytes(s.s, s.n, TENSOR_NPY, NULL, &t), "%s", header);
    ck_assert_msg(strstr(env.err.message, why) != NULL, "%s: %s", header,
                  env.err.message);
    ck_assert_ptr_null(t.buf);
    str_free(&s);
}

START_TEST(npy_files_keep_types_and_shapes)
{
    static const Dims shapes[] = {{0}, {1, {0}}, {1, {5}}, {2, {3, 4}}, {3, {2, 1, 3}}};
    for (unsigned k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        for (unsigned type = 0; type < DT_COUNT; type++) {
            Tensor t = counted(shapes[k].rank, shapes[k].dim), as, back;
            Str s = {0};
            ck_assert(tensor_pack(&env, &t, (DType)type, &as));
            ck_assert(tensor_write_npy(&env, &as, &s));
            ck_assert(read_bytes(s.s, s.n, TENSOR_NPY, NULL, &back));
            ck_assert(back.type == (DType)type && dims_equal(&back.dims, &as.dims));
            for (size_t i = 0; i < tensor_count(&as); i++)
                ck_assert(tensor_get(&back, i) == tensor_get(&as, i));
            tensor_release(&back);
            for (size_t n = 0; n < s.n; n++) /* cut off anywhere: an error */
                ck_assert(!read_bytes(s.s, n, TENSOR_NPY, NULL, &back));
            tensor_release(&as);
            tensor_release(&t);
            str_free(&s);
        }
    }
}
END_TEST

START_TEST(npy_files_of_fortran_are_turned)
{
    Tensor t;
    Str s = npy_file("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", 48);
    for (size_t i = 0; i < 6; i++)
        memcpy(s.s + s.n - 48 + 8 * i, &(double){(double)i}, 8);
    ck_assert(read_bytes(s.s, s.n, TENSOR_NPY, NULL, &t));
    ck_assert(dims_equal(&t.dims, &(Dims){2, {2, 3}}) && tensor_is_contiguous(&t));
    ck_assert(tensor_get(&t, 1) == 2 && tensor_get(&t, 2) == 4 && tensor_get(&t, 3) == 1);
    tensor_release(&t);
    str_free(&s);
}
END_TEST

START_TEST(hostile_npy_files_are_errors)
{
#define HEAD "{'descr': '<f8', 'fortran_order': False, 'shape': "
    refuses("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", 8, "type >f8");
    refuses("{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", 16, "<c16");
    refuses("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", 8,
            "records");
    refuses(HEAD "(1000000000000,), }", 8, "cut off");
    refuses(HEAD "(4294967296, 4294967296, 4294967296, 16), }", 8, "cut off");
    refuses(HEAD "(99999999999999999999,), }", 8, "shape");
    refuses(HEAD "(-1,), }", 8, "shape");
    refuses(HEAD "(1, 1, 1, 1, 1, 1, 1, 1, 1), }", 8, "more than 8 axes");
    refuses(HEAD "(1,)", 8, "header");
    refuses(HEAD "(1,), 'more': 1}", 8, "another entry");
    refuses("{'descr': '<f8', 'shape': (1,), }", 8, "not complete");
    refuses("{'descr': '<f8', 'descr': '<f8'}", 8, "another entry");
    refuses("", 8, "header is missing");
    Tensor t;
    ck_assert(!read_text("hello", TENSOR_NPY, &t));
    ck_assert(!read_bytes("\x93NUMPY\x09\x00\x00\x00", 10, TENSOR_NPY, NULL, &t));
    ck_assert(
        !read_bytes("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13, TENSOR_NPY, NULL, &t));
}
END_TEST

START_TEST(tables_are_read)
{
    Tensor t;
    Str header = {0};
    const char *text = "\xef\xbb\xbf"
                       "a, b\r\n1, 2.5\r\n# no\n\n-3e2,\"4\"\r\n";
    ck_assert(read_bytes(text, strlen(text), TENSOR_CSV, &header, &t));
    ck_assert_str_eq(str_cstr(&header), "a, b");
    ck_assert(dims_equal(&t.dims, &(Dims){2, {2, 2}}));
    ck_assert(tensor_get(&t, 1) == 2.5 && tensor_get(&t, 2) == -300 &&
              tensor_get(&t, 3) == 4);
    tensor_release(&t);
    str_free(&header);
    ck_assert(read_text("1\n2\n3", TENSOR_CSV, &t) && t.dims.rank == 1);
    tensor_release(&t);
    ck_assert(read_text("1\t\n2\tnan\n3\tinf\n", TENSOR_TSV, &t));
    ck_assert(isnan(tensor_get(&t, 1)) && isnan(tensor_get(&t, 3)) &&
              isinf(tensor_get(&t, 5)));
    tensor_release(&t);
    ck_assert(read_text("1;2\n3;4\n", TENSOR_CSV, &t) && t.dims.dim[1] == 2);
    tensor_release(&t);
    ck_assert(!read_text("1,2\n3\n", TENSOR_CSV, &t));
    ck_assert_ptr_nonnull(strstr(env.err.message, "line 2 has 1 field, not 2"));
    ck_assert(!read_text("1,2\n3,x\n", TENSOR_CSV, &t));
    ck_assert_ptr_nonnull(strstr(env.err.message, "line 2, field 2 is no number: x"));
    ck_assert(!read_text("", TENSOR_CSV, &t));
    ck_assert(!read_text("a,b\n", TENSOR_CSV, &t));
    ck_assert(!read_bytes("1,2\0\n", 5, TENSOR_CSV, &header, &t));
    str_free(&header);
}
END_TEST

/* Every number is the double that strtod reads, and what is written is read back. */
START_TEST(numbers_of_tables_are_right)
{
    uint64_t r = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        Tensor t, back;
        Str out = {0};
        r ^= r << 13, r ^= r >> 7, r ^= r << 17;
        double x = (double)(int64_t)r * pow(10, (double)(r % 61) - 40);
        snprintf(text, sizeof text, "%.*g\n", (int)(r % 19) + 1, x);
        ck_assert(read_text(text, TENSOR_CSV, &t));
        ck_assert_msg(tensor_get(&t, 0) == strtod(text, NULL), "%s", text);
        ck_assert(tensor_write_table(&env, &t, TENSOR_CSV, &out));
        ck_assert(read_text(str_cstr(&out), TENSOR_CSV, &back));
        ck_assert(tensor_get(&back, 0) == tensor_get(&t, 0));
        tensor_release(&back);
        tensor_release(&t);
        str_free(&out);
    }
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
    tcase_add_test(t, npy_files_keep_types_and_shapes);
    tcase_add_test(t, npy_files_of_fortran_are_turned);
    tcase_add_test(t, hostile_npy_files_are_errors);
    tcase_add_test(t, tables_are_read);
    tcase_add_test(t, numbers_of_tables_are_right);
    return suite_run();
}
