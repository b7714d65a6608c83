/* tensor/file.h - arrays in files: .npy as NumPy 1.x and 2.x write it, and tables of numbers, .csv and
 * .tsv.
 *
 * Nothing that stands in a file is trusted: sizes are held against what the file has before memory is
 * asked for, and a file that changes while it is read is truncated at worst. Errors are sentences in
 * the Env that name what is wrong, and where. */
#ifndef LBZ_TENSOR_FILE_H
#define LBZ_TENSOR_FILE_H

#include "tensor/tensor.h"

typedef enum { TENSOR_NPY, TENSOR_CSV, TENSOR_TSV, TENSOR_UNKNOWN } TensorFormat;
TensorFormat tensor_format(const char *name, size_t n); /* by the ending of the name */

/* Bytes that come from a file, or are there already. */
typedef struct {
    Env *env;
    int fd; /* -1: bytes[n] */
    const char *bytes;
    size_t n, at;
    size_t size; /* of the whole; SIZE_MAX: not known */
} TensorSource;
/* 0 or errno. */
int tensor_source_open(TensorSource *s, Env *env, const char *name);
void tensor_source_close(TensorSource *s);
/* How many bytes came; fewer than n only at the end. False: stopped, or an error. */
bool tensor_source_read(TensorSource *s, void *to, size_t n, size_t *got);

bool tensor_read_npy(TensorSource *s, Tensor *out) LBZ_MUST_CHECK;
/* A table: of one column a vector. *header gets the names in its first line, where that has some. */
bool tensor_read_table(TensorSource *s, TensorFormat f, Str *header,
                       Tensor *out) LBZ_MUST_CHECK;
/* The bytes of a file that has t. */
bool tensor_write_npy(Env *env, const Tensor *t, Str *out) LBZ_MUST_CHECK;
bool tensor_write_table(Env *env, const Tensor *t, TensorFormat f,
                        Str *out) LBZ_MUST_CHECK;

#endif
