/* tensor/tensor.h - arrays of numbers: one type for every array of the engine.
 *
 * Job: shape, element type, strides and a counted buffer; views that share it; copies that do
 * not. Nothing here computes with the elements.
 *
 * Invariant: rank <= TENSOR_RANK; element (i_0 ... i_r-1) stands at offset + sum i_k*stride[k],
 * counted in elements of the buffer. A Tensor of rank 0 has one element. A buffer is written only
 * by who holds its one reference (tensor_own makes that true), so a shared one never changes.
 *
 * Ownership: a Tensor is a value that holds one reference to its buffer. Copying the struct
 * does not count; tensor_share does. Every Tensor made here is released once.
 *
 * Memory: buffers of 1 MiB and more begin at 2 MiB with huge pages asked for, and are kept when
 * they are released, to be used again: touching fresh pages costs more than most kernels. Their
 * bytes count against env.data_cap of the Env that asked, which must outlive them.
 *
 * Uses: base. Files: tensor.c (buffers, shapes), view.c (views, copies), file.h with npy.c and csv.c
 * (files).
 */
#ifndef LBZ_TENSOR_H
#define LBZ_TENSOR_H

#include "base/base.h"

typedef enum { DT_FLOAT64, DT_FLOAT32, DT_INT64, DT_BOOL, DT_COUNT } DType;
enum { TENSOR_RANK = 8 };

size_t dtype_size(DType type);      /* bytes of an element */
const char *dtype_name(DType type); /* "float64" ... */

/* A shape known in numbers. */
typedef struct {
    unsigned rank;
    size_t dim[TENSOR_RANK];
} Dims;

bool dims_equal(const Dims *a, const Dims *b);
/* The number of elements; SIZE_MAX when it does not fit into 2^48. */
size_t dims_count(const Dims *d);
/* NumPy's rule: aligned at the last axis, 1 fits all. False: they do not fit. */
bool dims_broadcast(const Dims *a, const Dims *b, Dims *out);
/* The index in an array of the shape small of what is repeated to element i of the larger one, both
 * counted in the order of reading. */
size_t dims_broadcast_index(const Dims *large, const Dims *small, size_t i);
void dims_print(Str *out, const Dims *d); /* "(3, 4)", "()" */

typedef struct buffer Buffer;
typedef struct {
    DType type;
    Dims dims;
    ptrdiff_t stride[TENSOR_RANK]; /* in elements; 0: one element for the whole axis */
    ptrdiff_t offset;
    Buffer *buf;
} Tensor;

/* Contiguous, in the order of reading, not cleared. False with LBZ_LIMIT: too large for
 * env.data_cap, or no memory; what names the operation in the message. */
bool tensor_new(Env *env, DType type, const Dims *dims, const char *what,
                Tensor *out) LBZ_MUST_CHECK;
bool tensor_scalar(Env *env, double x, Tensor *out) LBZ_MUST_CHECK; /* float64 */
bool tensor_from(Env *env, const double *x, const Dims *dims, Tensor *out) LBZ_MUST_CHECK;
/* Over elements that are the caller's, who keeps them as long as anybody holds a reference. */
bool tensor_borrow(Env *env, double *x, const Dims *dims, Tensor *out) LBZ_MUST_CHECK;
/* n numbers from a to b in equal steps into t, float64 of rank 1 and its own. */
void tensor_linspace(const Tensor *t, double a, double b);
/* Is it contiguous, and its buffer nobody else's? Then it may be written. */
bool tensor_is_own(const Tensor *t);
Tensor tensor_share(const Tensor *t); /* the same with a reference of its own */
void tensor_release(Tensor *t);       /* and {0}; {0} may be released again */
/* Its bytes count against this Env from now on: that of before may end. */
void tensor_move(Env *to, const Tensor *t);

static inline size_t tensor_count(const Tensor *t) { return dims_count(&t->dims); }
bool tensor_is_contiguous(const Tensor *t); /* in the order of reading, without gaps */
void *tensor_data(const Tensor *t);         /* of the first element */
static inline double *tensor_doubles(const Tensor *t)
{
    return tensor_data(t);
} /* float64 only */

/* The i-th element in the order of reading, whatever the type and strides. Not for loops over
 * large arrays: it divides. */
double tensor_get(const Tensor *t, size_t i);
int64_t tensor_get_whole(const Tensor *t, size_t i); /* int64 only */

/* ---- view.c. Views share the buffer and cost nothing; they hold a reference of their own. */
Tensor tensor_permute(const Tensor *t,
                      const unsigned *axis); /* axis k of the result is axis[k] */
Tensor tensor_slice(const Tensor *t, unsigned axis, size_t from, size_t n,
                    ptrdiff_t step);
Tensor tensor_pick(const Tensor *t, unsigned axis, size_t i); /* drops the axis */
Tensor tensor_diagonal(const Tensor *t, unsigned a,
                       unsigned b); /* of two equal axes: the last */
Tensor tensor_broadcast(const Tensor *t,
                        const Dims *to); /* dims_broadcast(t, to) must be to */
/* The same elements in another shape; a copy where the strides do not allow a view. */
bool tensor_reshape(Env *env, const Tensor *t, const Dims *to,
                    Tensor *out) LBZ_MUST_CHECK;

/* Contiguous, of that type: t itself (shared) or a copy. */
bool tensor_pack(Env *env, const Tensor *t, DType type, Tensor *out) LBZ_MUST_CHECK;
/* t contiguous and its buffer nobody else's after this: it may be written. */
bool tensor_own(Env *env, Tensor *t) LBZ_MUST_CHECK;
/* Writes the elements of from, converted, to the place that `to` is a view of. Same shapes. */
void tensor_write(const Tensor *to, const Tensor *from);

#endif
