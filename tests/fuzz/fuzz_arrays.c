/* fuzz_arrays.c - any bytes, taken as a .npy file, a .csv and a .tsv: what is read can be written, and is
 * read back as it was. */
#include "tensor/file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_as(Env *env, TensorFormat f, const char *s, size_t n, Tensor *t)
{
    TensorSource from = {.env = env, .fd = -1, .bytes = s, .n = n, .size = n};
    Str header = {0};
    env_reset(env);
    bool ok = f == TENSOR_NPY ? tensor_read_npy(&from, t)
                              : tensor_read_table(&from, f, &header, t);
    str_free(&header);
    if (ok == env_failed(env))
        abort();
    return ok;
}

static void write_again(Env *env, const Tensor *t)
{
    Str bytes = {0};
    Tensor back;
    if (!tensor_write_npy(env, t, &bytes) ||
        !read_as(env, TENSOR_NPY, bytes.s, bytes.n, &back) ||
        !dims_equal(&t->dims, &back.dims) || t->type != back.type)
        abort();
    for (size_t i = 0; i < tensor_count(t); i++) {
        double x = tensor_get(t, i), y = tensor_get(&back, i);
        if (x != y && (x == x || y == y))
            abort();
    }
    tensor_release(&back);
    str_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Env env;
    env_init(&env);
    env.data_cap = 16 << 20;
    for (int f = TENSOR_NPY; f <= TENSOR_TSV; f++) {
        Tensor t;
        if (read_as(&env, (TensorFormat)f, (const char *)data, size, &t))
            write_again(&env, &t);
        tensor_release(&t);
    }
    if (env.data_used)
        abort();
    env_release(&env);
    return 0;
}
