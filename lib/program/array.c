/* program/array.c - the makers of operations on arrays. Their operands fit: who calls them knows the
 * shapes; what the user gave is checked before.
 */
#include "program/program.h"

static uint32_t out_of_memory(Program *p)
{
    env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    return 0;
}

uint32_t pg_data(Program *p, const Tensor *t)
{
    if (!program_grow(p, (void **)&p->data, sizeof *p->data, p->ndata, &p->data_cap))
        return 0;
    uint32_t shape = pg_shape(p, &t->dims);
    p->data[p->ndata++] = tensor_share(t);
    return program_number(
        p, (ProgramValue){.op = P_DATA, .shape = shape, .a = (uint32_t)p->ndata - 1});
}

uint32_t pg_zeros(Program *p, uint32_t shape) { return pg_fit(p, pg_const(p, 0), shape); }

/* ---- reductions -------------------------------------------------------------------- */

static Dims reduced_dims(const Dims *d, unsigned axes)
{
    Dims r = {0};
    for (unsigned i = 0; i < d->rank; i++)
        if (!(axes >> i & 1))
            r.dim[r.rank++] = d->dim[i];
    return r;
}

/* Of a sum over axes along which v only repeats: so many times v. */
static uint32_t sum_of_repeats(Program *p, uint32_t v, unsigned *axes)
{
    if (p->val[v].op != P_VIEW)
        return v;
    ProgramView x = p->view[p->val[v].b];
    Dims d = p->shape[x.to], to = {0};
    ptrdiff_t stride[TENSOR_RANK];
    double times = 1;
    unsigned left = 0;
    for (unsigned i = 0; i < d.rank; i++) {
        bool summed = *axes >> i & 1;
        if (summed && d.dim[i] > 1 && x.stride[i] == 0) {
            times *= (double)d.dim[i];
            continue;
        }
        left |= (unsigned)summed << to.rank;
        stride[to.rank] = x.stride[i];
        to.dim[to.rank++] = d.dim[i];
    }
    if (times == 1)
        return v;
    *axes = left;
    return pg_mul(p, pg_const(p, times), pg_view(p, p->val[v].a, &to, x.offset, stride));
}

/* v with the axes that are reduced behind the others, unless they are the first ones or the last
 * ones as they stand: backends reduce over those. */
static uint32_t bring_together(Program *p, ProgramReduce how, uint32_t v, unsigned *axes)
{
    unsigned rank = pg_dims(p, v)->rank, order[TENSOR_RANK], n = 0;
    unsigned all = (1u << rank) - 1;
    bool first = (*axes & (*axes + 1)) == 0, last = *axes + (*axes & -*axes) == all + 1;
    if (last || (first && (how != REDUCE_NORM || *axes == 0)))
        return v;
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < rank; i++)
            if ((*axes >> i & 1) == pass)
                order[n++] = i;
    unsigned kept = 0;
    for (unsigned i = 0; i < rank; i++)
        kept += !(*axes >> i & 1);
    *axes = all & ~((1u << kept) - 1);
    return pg_permute(p, v, order);
}

uint32_t pg_reduce(Program *p, ProgramReduce how, uint32_t v, unsigned axes)
{
    if (env_failed(p->env))
        return 0;
    if (how == REDUCE_SUM)
        v = sum_of_repeats(p, v, &axes);
    v = bring_together(p, how, v, &axes);
    Dims d = *pg_dims(p, v), to = reduced_dims(&d, axes);
    bool one = true; /* nothing but axes of size 1 */
    for (unsigned i = 0; i < d.rank; i++)
        one = one && (!(axes >> i & 1) || d.dim[i] == 1);
    if (one && how <= REDUCE_PROD)
        return pg_reshape(p, v, &to);
    return program_number(p, (ProgramValue){.op = P_REDUCE,
                                            .fn = (uint16_t)how,
                                            .shape = pg_shape(p, &to),
                                            .a = v,
                                            .b = axes});
}

uint32_t pg_keep(Program *p, uint32_t v, unsigned axes)
{
    if (env_failed(p->env))
        return 0;
    const Dims d = *pg_dims(p, v);
    Dims to = {0};
    for (unsigned i = 0, k = 0; k < d.rank || axes >> i; i++)
        to.dim[to.rank++] = axes >> i & 1 ? 1 : d.dim[k++];
    return pg_reshape(p, v, &to);
}

/* ---- products, parts --------------------------------------------------------------- */

uint32_t pg_matmul(Program *p, uint32_t a, uint32_t b)
{
    if (env_failed(p->env))
        return 0;
    const Dims x = *pg_dims(p, a), y = *pg_dims(p, b);
    Dims ba = x, bb = y, to;
    ba.rank -= 2;
    bb.rank -= 2;
    if (!dims_broadcast(&ba, &bb, &to) || x.dim[ba.rank + 1] != y.dim[bb.rank]) {
        Str s = {0}, t = {0};
        dims_print(&s, &x);
        dims_print(&t, &y);
        env_error(p->env, LBZ_SHAPE, NULL, "matrices of shapes %s and %s have no product",
                  str_cstr(&s), str_cstr(&t));
        str_free(&s);
        str_free(&t);
        return 0;
    }
    to.dim[to.rank++] = x.dim[ba.rank];
    to.dim[to.rank++] = y.dim[bb.rank + 1];
    return program_number(
        p, (ProgramValue){.op = P_MATMUL, .shape = pg_shape(p, &to), .a = a, .b = b});
}

uint32_t pg_gather(Program *p, uint32_t v, uint32_t index, unsigned axis)
{
    if (env_failed(p->env))
        return 0;
    const Dims d = *pg_dims(p, v), n = *pg_dims(p, index);
    Dims to = {0};
    for (unsigned i = 0; i < d.rank; i++) {
        for (unsigned k = 0; i == axis && k < n.rank; k++)
            to.dim[to.rank++] = n.dim[k];
        if (i != axis)
            to.dim[to.rank++] = d.dim[i];
    }
    return program_number(
        p, (ProgramValue){
               .op = P_GATHER, .shape = pg_shape(p, &to), .a = v, .b = index, .c = axis});
}

uint32_t pg_scatter(Program *p, uint32_t v, uint32_t index, unsigned axis, uint32_t shape)
{
    if (env_failed(p->env))
        return 0;
    return program_number(
        p,
        (ProgramValue){.op = P_SCATTER, .shape = shape, .a = v, .b = index, .c = axis});
}

uint32_t pg_put(Program *p, uint32_t base, uint32_t part, const ProgramView *view)
{
    if (env_failed(p->env))
        return 0;
    ProgramView x = *view;
    x.from = p->val[base].shape;
    return program_number(p, (ProgramValue){.op = P_PUT,
                                            .shape = x.from,
                                            .a = base,
                                            .b = part,
                                            .c = program_view(p, &x)});
}

uint32_t pg_concat(Program *p, size_t n, const uint32_t *v, unsigned axis)
{
    if (env_failed(p->env))
        return 0;
    Dims to = *pg_dims(p, v[0]);
    if (n == 1)
        return v[0];
    for (size_t i = 1; i < n; i++)
        to.dim[axis] += pg_dims(p, v[i])->dim[axis];
    return program_number(p, (ProgramValue){.op = P_CONCAT,
                                            .shape = pg_shape(p, &to),
                                            .a = program_list(p, n, v),
                                            .b = (uint32_t)n,
                                            .c = axis});
}

uint32_t pg_stack(Program *p, size_t n, const uint32_t *v)
{
    if (env_failed(p->env))
        return 0;
    uint32_t *row = mem_alloc((n + 1) * sizeof *row);
    if (!row)
        return out_of_memory(p);
    for (size_t i = 0; i < n; i++)
        row[i] = pg_axis(p, v[i], 0);
    uint32_t r = pg_concat(p, n, row, 0);
    mem_free(row);
    return r;
}
