/* tensor/tensor.c - buffers and shapes. */
#include "tensor/tensor.h"
#include <math.h>
#include <stdatomic.h>

struct buffer {
    atomic_size_t refs;
    size_t size; /* of mem; 0: it is somebody else's */
    Env *env;    /* counts it */
    void *mem;
};

size_t dtype_size(DType type)
{
    static const size_t size[DT_COUNT] = {8, 4, 8, 1};
    return size[type];
}

const char *dtype_name(DType type)
{
    static const char *const name[DT_COUNT] = {"float64", "float32", "int64", "bool"};
    return name[type];
}

/* ---- shapes */

bool dims_equal(const Dims *a, const Dims *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

size_t dims_count(const Dims *d)
{
    size_t n = 1, most = (size_t)1 << 48;
    bool large = false;
    for (unsigned i = 0; i < d->rank; i++) {
        if (d->dim[i] == 0)
            return 0;
        large = large || n > most / d->dim[i];
        n = large ? n : n * d->dim[i];
    }
    return large ? SIZE_MAX : n;
}

bool dims_broadcast(const Dims *a, const Dims *b, Dims *out)
{
    const Dims *l = a->rank >= b->rank ? a : b, *s = l == a ? b : a;
    unsigned shift = l->rank - s->rank;
    Dims r = *l;
    for (unsigned i = 0; i < s->rank; i++) {
        size_t x = l->dim[shift + i], y = s->dim[i];
        if (x != y && x != 1 && y != 1)
            return false;
        r.dim[shift + i] = x == 1 ? y : x;
    }
    *out = r;
    return true;
}

size_t dims_broadcast_index(const Dims *large, const Dims *small, size_t i)
{
    size_t at = 0, step = 1;
    for (unsigned k = 0; k < small->rank; k++) {
        unsigned l = large->rank - 1 - k, s = small->rank - 1 - k;
        size_t index = i % large->dim[l];
        i /= large->dim[l];
        at += small->dim[s] == 1 ? 0 : index * step;
        step *= small->dim[s];
    }
    return at;
}

void dims_print(Str *out, const Dims *d)
{
    str_putc(out, '(');
    for (unsigned i = 0; i < d->rank; i++)
        str_printf(out, "%s%zu", i ? ", " : "", d->dim[i]);
    str_puts(out, d->rank == 1 ? ",)" : ")");
}

/* ---- buffers */

static Buffer *buffer_new(Env *env, size_t bytes)
{
    Buffer *b = mem_alloc(sizeof *b);
    size_t size = 0;
    void *mem = b ? large_alloc(&env->large, bytes ? bytes : 1, &size) : NULL;
    if (!mem) {
        mem_free(b);
        return NULL;
    }
    *b = (Buffer){.size = size, .env = env, .mem = mem};
    atomic_init(&b->refs, 1);
    env->data_used += size;
    if (env->data_peak < env->data_used)
        env->data_peak = env->data_used;
    return b;
}

static void refuse(Env *env, const Dims *dims, DType type, const char *what)
{
    Str shape = {0};
    dims_print(&shape, dims);
    env_error(
        env, LBZ_LIMIT, "`set maxmem 64G` allows more",
        "%s of shape %s and type %s does not fit into the %zu MiB allowed for tensors",
        what, str_cstr(&shape), dtype_name(type), env->data_cap >> 20);
    str_free(&shape);
}

static void set_strides(Tensor *t)
{
    ptrdiff_t s = 1;
    for (unsigned i = t->dims.rank; i-- > 0;) {
        t->stride[i] = s;
        s *= (ptrdiff_t)t->dims.dim[i];
    }
}

bool tensor_new(Env *env, DType type, const Dims *dims, const char *what, Tensor *out)
{
    size_t n = dims_count(dims), size = dtype_size(type);
    *out = (Tensor){.type = type, .dims = *dims};
    size_t left = env->data_cap > env->data_used ? env->data_cap - env->data_used : 0;
    if (n > left / size) {
        refuse(env, dims, type, what);
        return false;
    }
    out->buf = buffer_new(env, n * size);
    if (!out->buf)
        env_error(env, LBZ_LIMIT, NULL, "out of memory for %s of %zu elements", what, n);
    set_strides(out);
    return out->buf != NULL;
}

bool tensor_scalar(Env *env, double x, Tensor *out)
{
    return tensor_from(env, &x, &(Dims){0}, out);
}

bool tensor_from(Env *env, const double *x, const Dims *dims, Tensor *out)
{
    if (!tensor_new(env, DT_FLOAT64, dims, "an array", out))
        return false;
    if (tensor_count(out))
        memcpy(tensor_data(out), x, tensor_count(out) * sizeof *x);
    return true;
}

bool tensor_borrow(Env *env, double *x, const Dims *dims, Tensor *out)
{
    Buffer *b = mem_alloc(sizeof *b);
    *out = (Tensor){.type = DT_FLOAT64, .dims = *dims, .buf = b};
    if (!b) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    *b = (Buffer){.env = env, .mem = x};
    atomic_init(&b->refs, 1);
    set_strides(out);
    return true;
}

Tensor tensor_share(const Tensor *t)
{
    if (t->buf)
        atomic_fetch_add_explicit(&t->buf->refs, 1, memory_order_relaxed);
    return *t;
}

void tensor_release(Tensor *t)
{
    Buffer *b = t->buf;
    if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1) {
        b->env->data_used -= b->size;
        if (b->size)
            large_free(&b->env->large, b->mem, b->size, b->env->data_cap / 8);
        mem_free(b);
    }
    *t = (Tensor){0};
}

void tensor_move(Env *to, const Tensor *t)
{
    Buffer *b = t->buf;
    if (!b || b->env == to)
        return;
    b->env->data_used -= b->size;
    to->data_used += b->size;
    b->env = to;
}

bool tensor_is_contiguous(const Tensor *t)
{
    ptrdiff_t s = 1;
    for (unsigned i = t->dims.rank; i-- > 0;) {
        if (t->dims.dim[i] != 1 && t->stride[i] != s)
            return tensor_count(t) == 0;
        s *= (ptrdiff_t)t->dims.dim[i];
    }
    return true;
}

void *tensor_data(const Tensor *t)
{
    return (char *)t->buf->mem + t->offset * (ptrdiff_t)dtype_size(t->type);
}

static const void *element_at(const Tensor *t, size_t i)
{
    ptrdiff_t at = t->offset;
    for (unsigned k = t->dims.rank; k-- > 0; i /= t->dims.dim[k])
        at += (ptrdiff_t)(i % t->dims.dim[k]) * t->stride[k];
    return (const char *)t->buf->mem + at * (ptrdiff_t)dtype_size(t->type);
}

double tensor_get(const Tensor *t, size_t i)
{
    const void *p = element_at(t, i);
    switch (t->type) {
    case DT_FLOAT32: return *(const float *)p;
    case DT_INT64: return (double)*(const int64_t *)p;
    case DT_BOOL: return *(const uint8_t *)p;
    default: return *(const double *)p;
    }
}

int64_t tensor_get_whole(const Tensor *t, size_t i)
{
    return *(const int64_t *)element_at(t, i);
}

/* ---- the one reference (view.c needs it) */

bool tensor_is_own(const Tensor *t)
{
    bool alone = atomic_load_explicit(&t->buf->refs, memory_order_acquire) == 1;
    return alone && tensor_is_contiguous(t);
}

bool tensor_own(Env *env, Tensor *t)
{
    if (tensor_is_own(t))
        return true;
    Tensor copy;
    if (!tensor_new(env, t->type, &t->dims, "a copy", &copy))
        return false;
    tensor_write(&copy, t);
    tensor_release(t);
    *t = copy;
    return true;
}

void tensor_linspace(const Tensor *t, double a, double b)
{
    double *x = tensor_doubles(t), steps = (double)t->dims.dim[0] - 1;
    for (size_t i = 0; i < t->dims.dim[0]; i++)
        x[i] = i && (double)i == steps ? b : a + (b - a) * ((double)i / fmax(steps, 1));
}
