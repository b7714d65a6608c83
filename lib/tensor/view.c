/* tensor/view.c - views that share a buffer, and copies between places. */
#include "tensor/tensor.h"

static void drop_axis(Tensor *t, unsigned axis)
{
    t->dims.rank--;
    for (unsigned i = axis; i < t->dims.rank; i++) {
        t->dims.dim[i] = t->dims.dim[i + 1];
        t->stride[i] = t->stride[i + 1];
    }
}

Tensor tensor_permute(const Tensor *t, const unsigned *axis)
{
    Tensor r = tensor_share(t);
    for (unsigned i = 0; i < t->dims.rank; i++) {
        r.dims.dim[i] = t->dims.dim[axis[i]];
        r.stride[i] = t->stride[axis[i]];
    }
    return r;
}

Tensor tensor_slice(const Tensor *t, unsigned axis, size_t from, size_t n, ptrdiff_t step)
{
    Tensor r = tensor_share(t);
    r.offset += n ? (ptrdiff_t)from * t->stride[axis] : 0;
    r.dims.dim[axis] = n;
    r.stride[axis] *= step;
    return r;
}

Tensor tensor_pick(const Tensor *t, unsigned axis, size_t i)
{
    Tensor r = tensor_slice(t, axis, i, 1, 1);
    drop_axis(&r, axis);
    return r;
}

Tensor tensor_diagonal(const Tensor *t, unsigned a, unsigned b)
{
    Tensor r = tensor_share(t);
    unsigned lo = a < b ? a : b, hi = a < b ? b : a;
    size_t n = t->dims.dim[a];
    ptrdiff_t step = t->stride[a] + t->stride[b];
    drop_axis(&r, hi);
    drop_axis(&r, lo);
    r.dims.dim[r.dims.rank] = n;
    r.stride[r.dims.rank++] = step;
    return r;
}

Tensor tensor_broadcast(const Tensor *t, const Dims *to)
{
    Tensor r = tensor_share(t);
    unsigned shift = to->rank - t->dims.rank;
    r.dims = *to;
    for (unsigned i = 0; i < to->rank; i++) {
        bool has = i >= shift && t->dims.dim[i - shift] == to->dim[i];
        r.stride[i] = has ? t->stride[i - shift] : 0;
    }
    return r;
}

bool tensor_reshape(Env *env, const Tensor *t, const Dims *to, Tensor *out)
{
    Tensor r;
    if (!tensor_pack(env, t, t->type, &r))
        return false;
    r.dims = *to;
    ptrdiff_t s = 1;
    for (unsigned i = to->rank; i-- > 0;) {
        r.stride[i] = s;
        s *= (ptrdiff_t)to->dim[i];
    }
    *out = r;
    return true;
}

bool tensor_pack(Env *env, const Tensor *t, DType type, Tensor *out)
{
    if (t->type == type && tensor_is_contiguous(t)) {
        *out = tensor_share(t);
        return true;
    }
    if (!tensor_new(env, type, &t->dims, "a copy", out))
        return false;
    tensor_write(out, t);
    return true;
}

/* ---- copies. One row is a run along the last axis; rows are counted through like an odometer. */

#define COPY(TO, FROM)                                                                 \
    static void copy_##TO##_##FROM(void *d, ptrdiff_t ds, const void *s, ptrdiff_t ss, \
                                   size_t n)                                           \
    {                                                                                  \
        TO *to = d;                                                                    \
        const FROM *from = s;                                                          \
        if (ds == 1 && ss == 1)                                                        \
            for (size_t i = 0; i < n; i++)                                             \
                to[i] = (TO)from[i];                                                   \
        else                                                                           \
            for (size_t i = 0; i < n; i++)                                             \
                to[(ptrdiff_t)i * ds] = (TO)from[(ptrdiff_t)i * ss];                   \
    }
#define COPIES(TO) COPY(TO, double) COPY(TO, float) COPY(TO, int64_t) COPY(TO, _Bool)
COPIES(double)
COPIES(float)
COPIES(int64_t)
COPIES(_Bool)

typedef void CopyRow(void *, ptrdiff_t, const void *, ptrdiff_t, size_t);
#define ROW(TO)                                                                       \
    {                                                                                 \
        copy_##TO##_double, copy_##TO##_float, copy_##TO##_int64_t, copy_##TO##__Bool \
    }
static CopyRow *const copy_row[DT_COUNT][DT_COUNT] = {ROW(double), ROW(float),
                                                      ROW(int64_t), ROW(_Bool)};

void tensor_write(const Tensor *to, const Tensor *from)
{
    const Dims *d = &to->dims;
    size_t n = tensor_count(to), i[TENSOR_RANK] = {0};
    unsigned last = d->rank ? d->rank - 1 : 0;
    CopyRow *row = copy_row[to->type][from->type];
    if (tensor_is_contiguous(to) && tensor_is_contiguous(from)) {
        if (n)
            row(tensor_data(to), 1, tensor_data(from), 1, n);
        return;
    }
    size_t run = d->rank ? d->dim[last] : 1;
    ptrdiff_t a = 0, b = 0;
    char *dst = tensor_data(to);
    const char *src = tensor_data(from);
    ptrdiff_t ws = (ptrdiff_t)dtype_size(to->type),
              rs = (ptrdiff_t)dtype_size(from->type);
    for (size_t done = 0; done < n; done += run) {
        row(dst + a * ws, d->rank ? to->stride[last] : 1, src + b * rs,
            d->rank ? from->stride[last] : 1, run);
        for (unsigned k = last; k-- > 0;) {
            a += to->stride[k];
            b += from->stride[k];
            if (++i[k] < d->dim[k])
                break;
            a -= (ptrdiff_t)d->dim[k] * to->stride[k];
            b -= (ptrdiff_t)d->dim[k] * from->stride[k];
            i[k] = 0;
        }
    }
}
