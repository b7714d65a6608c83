/* program/shape.c - shapes of values, and views: the same elements in another arrangement.
 *
 * A view of a view is made one view of what is below, where strides can say it; else the inner one
 * has to be stored before the outer one is read.
 */
#include "program/program.h"

/* ---- shapes ------------------------------------------------------------------------ */

uint32_t pg_shape(Program *p, const Dims *d)
{
    for (size_t i = p->nshapes; i-- > 0;)
        if (dims_equal(&p->shape[i], d))
            return (uint32_t)i;
    if (dims_count(d) == SIZE_MAX) {
        env_error(p->env, LBZ_LIMIT, NULL, "an array of too many elements");
        return 0;
    }
    if (!program_grow(p, (void **)&p->shape, sizeof *p->shape, p->nshapes,
                      &p->shapes_cap))
        return 0;
    p->shape[p->nshapes] = *d;
    return (uint32_t)p->nshapes++;
}

uint32_t pg_join(Program *p, uint32_t a, uint32_t b)
{
    Dims d;
    if (a == b || b == 0)
        return a;
    if (a == 0)
        return b;
    if (dims_broadcast(&p->shape[a], &p->shape[b], &d))
        return pg_shape(p, &d);
    Str x = {0}, y = {0};
    dims_print(&x, &p->shape[a]);
    dims_print(&y, &p->shape[b]);
    env_error(p->env, LBZ_SHAPE, "they are combined element by element",
              "lists of different sizes are combined: %s and %s", str_cstr(&x),
              str_cstr(&y));
    str_free(&x);
    str_free(&y);
    return 0;
}

void pg_strides(const Dims *d, ptrdiff_t *stride)
{
    ptrdiff_t s = 1;
    for (unsigned i = d->rank; i-- > 0;) {
        stride[i] = s;
        s *= (ptrdiff_t)d->dim[i];
    }
}

/* ---- views: making one ------------------------------------------------------------- */

static uint64_t view_hash(const ProgramView *x, unsigned rank)
{
    uint64_t h = hash_mix(x->from, x->to);
    h = hash_mix(h, (uint64_t)x->offset);
    for (unsigned i = 0; i < rank; i++)
        h = hash_mix(h, (uint64_t)x->stride[i]);
    return h;
}

static bool views_equal(const ProgramView *x, const ProgramView *y, unsigned rank)
{
    return x->from == y->from && x->to == y->to && x->offset == y->offset &&
           memcmp(x->stride, y->stride, rank * sizeof *x->stride) == 0;
}

static bool view_table_grow(Program *p)
{
    if (2 * (p->nviews + 1) <= p->view_table_cap)
        return true;
    size_t cap = p->view_table_cap ? 2 * p->view_table_cap : 32;
    uint32_t *t = mem_alloc(cap * sizeof *t);
    if (!t) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(t, 0, cap * sizeof *t);
    for (size_t i = 0; i < p->nviews; i++) {
        size_t h = view_hash(&p->view[i], p->shape[p->view[i].to].rank) & (cap - 1);
        while (t[h])
            h = (h + 1) & (cap - 1);
        t[h] = (uint32_t)i + 1;
    }
    mem_free(p->view_table);
    p->view_table = t;
    p->view_table_cap = cap;
    return true;
}

/* The number of the view; strides of axes of size 1 are 0. */
uint32_t program_view(Program *p, const ProgramView *x)
{
    unsigned rank = p->shape[x->to].rank;
    if (!view_table_grow(p))
        return 0;
    size_t h = view_hash(x, rank) & (p->view_table_cap - 1);
    for (; p->view_table[h]; h = (h + 1) & (p->view_table_cap - 1))
        if (views_equal(&p->view[p->view_table[h] - 1], x, rank))
            return p->view_table[h] - 1;
    if (!program_grow(p, (void **)&p->view, sizeof *p->view, p->nviews, &p->views_cap))
        return 0;
    p->view[p->nviews] = *x;
    p->view_table[h] = (uint32_t)p->nviews + 1;
    return (uint32_t)p->nviews++;
}

/* ---- views of views ---------------------------------------------------------------- */

/* The axes of a view, those that lie behind one another without gaps taken together. */
typedef struct {
    unsigned n;
    size_t dim[TENSOR_RANK];
    ptrdiff_t stride[TENSOR_RANK];              /* in what the view is of */
    ptrdiff_t unit[TENSOR_RANK];                /* in the elements of the view */
    ptrdiff_t lo[TENSOR_RANK], hi[TENSOR_RANK]; /* the indices that the outer view uses */
} ViewAxes;

static ViewAxes collapse_axes(const Dims *d, const ptrdiff_t *stride)
{
    ViewAxes v = {0};
    ptrdiff_t unit[TENSOR_RANK];
    pg_strides(d, unit);
    for (unsigned i = 0; i < d->rank; i++) {
        unsigned k = v.n - 1;
        if (d->dim[i] == 1)
            continue;
        if (v.n && v.stride[k] == stride[i] * (ptrdiff_t)d->dim[i]) {
            v.dim[k] *= d->dim[i];
            v.stride[k] = stride[i];
            v.unit[k] = unit[i];
            continue;
        }
        v.dim[v.n] = d->dim[i];
        v.stride[v.n] = stride[i];
        v.unit[v.n++] = unit[i];
    }
    return v;
}

/* Steps of s elements of the view, n - 1 of them, as steps along one of its axes. */
static bool along_one_axis(ViewAxes *v, ptrdiff_t s, size_t n, ptrdiff_t *stride)
{
    *stride = 0;
    if (s == 0 || n <= 1)
        return true;
    for (unsigned k = 0; k < v->n; k++) {
        ptrdiff_t step = s / v->unit[k], reach = step * ((ptrdiff_t)n - 1);
        if (s % v->unit[k])
            continue;
        ptrdiff_t lo = v->lo[k] + (reach < 0 ? reach : 0),
                  hi = v->hi[k] + (reach > 0 ? reach : 0);
        if (lo < 0 || hi >= (ptrdiff_t)v->dim[k])
            continue;
        v->lo[k] = lo;
        v->hi[k] = hi;
        *stride = step * v->stride[k];
        return true;
    }
    return false;
}

/* outer, a view of the view inner, as one view of what inner is of. */
static bool compose_views(const Program *p, const ProgramView *inner, ProgramView *outer)
{
    const Dims *to = &p->shape[outer->to];
    ViewAxes v = collapse_axes(&p->shape[inner->to], inner->stride);
    ptrdiff_t left = outer->offset, offset = inner->offset;
    for (unsigned k = 0; k < v.n; k++) {
        v.lo[k] = v.hi[k] = left / v.unit[k];
        left %= v.unit[k];
        offset += v.lo[k] * v.stride[k];
    }
    ptrdiff_t stride[TENSOR_RANK];
    for (unsigned i = 0; i < to->rank; i++)
        if (!along_one_axis(&v, outer->stride[i], to->dim[i], &stride[i]))
            return false;
    memcpy(outer->stride, stride, to->rank * sizeof *stride);
    outer->offset = offset;
    outer->from = inner->from;
    return true;
}

static bool is_identity(const Program *p, const ProgramView *x)
{
    ptrdiff_t s[TENSOR_RANK];
    const Dims *d = &p->shape[x->to];
    if (x->from != x->to || x->offset)
        return false;
    pg_strides(d, s);
    for (unsigned i = 0; i < d->rank; i++)
        if (d->dim[i] > 1 && x->stride[i] != s[i])
            return false;
    return true;
}

uint32_t pg_view(Program *p, uint32_t v, const Dims *to, ptrdiff_t offset,
                 const ptrdiff_t *stride)
{
    if (env_failed(p->env))
        return 0;
    ProgramView x = {p->val[v].shape, pg_shape(p, to), offset, {0}};
    for (unsigned i = 0; i < to->rank; i++)
        x.stride[i] = to->dim[i] > 1 ? stride[i] : 0;
    if (p->val[v].op == P_VIEW && compose_views(p, &p->view[p->val[v].b], &x))
        v = p->val[v].a;
    if (is_identity(p, &x))
        return v;
    return program_number(
        p, (ProgramValue){.op = P_VIEW, .shape = x.to, .a = v, .b = program_view(p, &x)});
}

/* ---- views: which ------------------------------------------------------------------ */

uint32_t pg_fit(Program *p, uint32_t v, uint32_t shape)
{
    if (env_failed(p->env))
        return 0;
    if (p->val[v].shape == shape)
        return v;
    const Dims from = *pg_dims(p, v), to = p->shape[shape];
    ptrdiff_t s[TENSOR_RANK], stride[TENSOR_RANK] = {0};
    unsigned shift = to.rank - from.rank;
    pg_strides(&from, s);
    for (unsigned i = 0; i < from.rank; i++)
        stride[shift + i] = from.dim[i] == 1 ? 0 : s[i];
    return pg_view(p, v, &to, 0, stride);
}

uint32_t pg_strip(Program *p, uint32_t v)
{
    if (env_failed(p->env))
        return 0;
    if (p->val[v].op != P_VIEW)
        return v;
    const ProgramView x = p->view[p->val[v].b];
    const Dims *d = &p->shape[x.to];
    ptrdiff_t stride[TENSOR_RANK];
    Dims small = {0};
    bool repeats = false;
    for (unsigned i = 0; i < d->rank; i++) {
        bool one = d->dim[i] == 1 || (x.stride[i] == 0 && d->dim[i] > 1);
        repeats = repeats || (one && d->dim[i] > 1);
        if (one && small.rank == 0)
            continue; /* a first axis of size 1 is added again by broadcasting */
        stride[small.rank] = one ? 0 : x.stride[i];
        small.dim[small.rank++] = one ? 1 : d->dim[i];
    }
    return repeats ? pg_view(p, p->val[v].a, &small, x.offset, stride) : v;
}

uint32_t pg_unfit(Program *p, uint32_t v, uint32_t shape)
{
    if (env_failed(p->env))
        return 0;
    if (p->val[v].shape == shape)
        return v;
    const Dims from = *pg_dims(p, v), to = p->shape[shape];
    unsigned shift = from.rank - to.rank, axes = 0;
    for (unsigned i = 0; i < from.rank; i++)
        if (i < shift || (to.dim[i - shift] == 1 && from.dim[i] != 1))
            axes |= 1u << i;
    return pg_reshape(p, pg_reduce(p, REDUCE_SUM, v, axes), &to);
}

uint32_t pg_reshape(Program *p, uint32_t v, const Dims *to)
{
    if (env_failed(p->env))
        return 0;
    ptrdiff_t stride[TENSOR_RANK];
    pg_strides(to, stride);
    return pg_view(p, v, to, 0, stride);
}

uint32_t pg_permute(Program *p, uint32_t v, const unsigned *axis)
{
    if (env_failed(p->env))
        return 0;
    const Dims d = *pg_dims(p, v);
    Dims to = {.rank = d.rank};
    ptrdiff_t s[TENSOR_RANK], stride[TENSOR_RANK];
    pg_strides(&d, s);
    for (unsigned i = 0; i < d.rank; i++) {
        to.dim[i] = d.dim[axis[i]];
        stride[i] = s[axis[i]];
    }
    return pg_view(p, v, &to, 0, stride);
}

uint32_t pg_slice(Program *p, uint32_t v, unsigned axis, size_t from, size_t n,
                  ptrdiff_t step)
{
    if (env_failed(p->env))
        return 0;
    Dims to = *pg_dims(p, v);
    ptrdiff_t stride[TENSOR_RANK];
    pg_strides(&to, stride);
    ptrdiff_t offset = n ? (ptrdiff_t)from * stride[axis] : 0;
    to.dim[axis] = n;
    stride[axis] *= step;
    return pg_view(p, v, &to, offset, stride);
}

static void drop_axis(Dims *d, ptrdiff_t *stride, unsigned axis)
{
    d->rank--;
    for (unsigned i = axis; i < d->rank; i++) {
        d->dim[i] = d->dim[i + 1];
        stride[i] = stride[i + 1];
    }
}

uint32_t pg_pick(Program *p, uint32_t v, unsigned axis, size_t i)
{
    if (env_failed(p->env))
        return 0;
    Dims to = *pg_dims(p, v);
    ptrdiff_t stride[TENSOR_RANK];
    pg_strides(&to, stride);
    ptrdiff_t offset = (ptrdiff_t)i * stride[axis];
    drop_axis(&to, stride, axis);
    return pg_view(p, v, &to, offset, stride);
}

uint32_t pg_diagonal(Program *p, uint32_t v, unsigned a, unsigned b)
{
    if (env_failed(p->env))
        return 0;
    Dims to = *pg_dims(p, v);
    ptrdiff_t stride[TENSOR_RANK];
    pg_strides(&to, stride);
    unsigned lo = a < b ? a : b, hi = a < b ? b : a;
    size_t n = to.dim[a];
    ptrdiff_t step = stride[a] + stride[b];
    drop_axis(&to, stride, hi);
    drop_axis(&to, stride, lo);
    to.dim[to.rank] = n;
    stride[to.rank++] = step;
    return pg_view(p, v, &to, 0, stride);
}

uint32_t pg_axis(Program *p, uint32_t v, unsigned at)
{
    if (env_failed(p->env))
        return 0;
    Dims to = *pg_dims(p, v);
    if (to.rank == TENSOR_RANK) {
        env_error(p->env, LBZ_LIMIT, NULL, "an array of more than %d axes", TENSOR_RANK);
        return v;
    }
    for (unsigned i = to.rank++; i > at; i--)
        to.dim[i] = to.dim[i - 1];
    to.dim[at] = 1;
    return pg_reshape(p, v, &to);
}
