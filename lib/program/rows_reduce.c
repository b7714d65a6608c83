/* program/rows_reduce.c - reductions, and what works along one axis. Maxima that are only taken out, so
 * that nothing overflows, are constants to differentiation: what they do cancels. */
#include "expr/attributes.h"
#include "program/rows.h"
#include <math.h>

static unsigned axes_of(const Program *p, const Node *n, uint32_t v)
{
    return attr_axes(n->name, pg_dims(p, v)->rank);
}

static size_t count_over(const Program *p, uint32_t v, unsigned axes)
{
    size_t n = 1;
    const Dims *d = pg_dims(p, v);
    for (unsigned i = 0; i < d->rank; i++)
        n *= axes >> i & 1 ? d->dim[i] : 1;
    return n;
}

static uint32_t kept(Program *p, ProgramReduce how, uint32_t v, unsigned axes)
{
    return pg_keep(p, pg_reduce(p, how, v, axes), axes);
}

/* r, with axes of size 1, as n asks for it. */
static uint32_t drop_axes(Program *p, const Node *n, uint32_t r, unsigned axes)
{
    const Dims d = *pg_dims(p, r);
    Dims to = {0};
    if (attr_keep(n->name))
        return r;
    for (unsigned i = 0; i < d.rank; i++)
        if (!(axes >> i & 1))
            to.dim[to.rank++] = d.dim[i];
    return pg_reshape(p, r, &to);
}

static uint32_t reduce(Program *p, const Node *n, ProgramReduce how, uint32_t v)
{
    unsigned axes = axes_of(p, n, v);
    uint32_t r = pg_reduce(p, how, v, axes);
    return attr_keep(n->name) ? pg_keep(p, r, axes) : r;
}

uint32_t lower_total(Program *p, const Node *n, const uint32_t *a)
{
    return reduce(p, n, REDUCE_SUM, a[0]);
}

uint32_t lower_product_of(Program *p, const Node *n, const uint32_t *a)
{
    return reduce(p, n, REDUCE_PROD, a[0]);
}

uint32_t lower_any(Program *p, const Node *n, const uint32_t *a)
{
    return reduce(p, n, REDUCE_ANY, a[0]);
}

uint32_t lower_all(Program *p, const Node *n, const uint32_t *a)
{
    return reduce(p, n, REDUCE_ALL, a[0]);
}

/* Has it elements? Else the error. */
static bool has_elements(Program *p, const Node *n, uint32_t v)
{
    if (count_over(p, v, axes_of(p, n, v)))
        return true;
    env_error(p->env, LBZ_DOMAIN, NULL, "%s of no elements", op_info((Op)n->op)->name);
    return false;
}

uint32_t lower_maximum(Program *p, const Node *n, const uint32_t *a)
{
    return has_elements(p, n, a[0]) ? reduce(p, n, REDUCE_MAX, a[0]) : 0;
}

uint32_t lower_minimum(Program *p, const Node *n, const uint32_t *a)
{
    return has_elements(p, n, a[0]) ? reduce(p, n, REDUCE_MIN, a[0]) : 0;
}

/* ---- places --------------------------------------------------------------------------- */
/* The number k of an element, counted from 1, as its indices. */
static uint32_t indices_of(Program *p, uint32_t k, const Dims *d)
{
    uint32_t v[TENSOR_RANK];
    uint32_t one = pg_const(p, 1), rest = pg_sub(p, k, one);
    for (unsigned i = d->rank; i-- > 0;) {
        uint32_t size = pg_const(p, (double)d->dim[i]),
                 next = pg_fn1(p, OP_floor, pg_div(p, rest, size));
        v[i] = pg_add(p, pg_sub(p, rest, pg_mul(p, next, size)), one);
        rest = next;
    }
    return pg_stack(p, d->rank, v);
}

/* The first place whose element is the largest, or smallest; NaN where one is NaN. */
static uint32_t place(Program *p, const Node *n, ProgramReduce how, uint32_t v)
{
    if (!has_elements(p, n, v))
        return 0;
    v = pg_hold(p, v);
    unsigned axes = axes_of(p, n, v);
    const Dims d = *pg_dims(p, v);
    uint32_t f = kept(p, how, v, axes), none = pg_const(p, INFINITY);
    uint32_t at = pg_select(p, pg_logic(p, P_EQ, v, f), lower_iota(p, &d, axes), none);
    uint32_t r = pg_reduce(p, REDUCE_MIN, at, axes);
    uint32_t clean = pg_reduce(p, how, v, axes);
    r = pg_select(p, pg_logic(p, P_EQ, clean, clean), r, pg_const(p, NAN));
    if (n->name || d.rank < 2)
        return attr_keep(n->name) ? pg_keep(p, r, axes) : r;
    return indices_of(p, r, &d);
}

uint32_t lower_argmax(Program *p, const Node *n, const uint32_t *a)
{
    return place(p, n, REDUCE_MAX, a[0]);
}

uint32_t lower_argmin(Program *p, const Node *n, const uint32_t *a)
{
    return place(p, n, REDUCE_MIN, a[0]);
}

/* ---- norms ---------------------------------------------------------------------------- */
uint32_t lower_norm(Program *p, const Node *n, const uint32_t *a)
{
    return p->val[a[0]].shape ? reduce(p, n, REDUCE_NORM, a[0]) : pg_fn1(p, OP_abs, a[0]);
}

/* ---- exponentials --------------------------------------------------------------------- */
/* The largest of v along the axes, kept, as a constant; 0 where it is not finite. */
static uint32_t finite_maximum(Program *p, uint32_t v, unsigned axes)
{
    uint32_t m = pg_hold(p, kept(p, REDUCE_MAX, v, axes)), zero = pg_const(p, 0);
    return pg_select(p, pg_logic(p, P_EQ, pg_sub(p, m, m), zero), m, zero);
}

uint32_t lower_logsumexp(Program *p, const Node *n, const uint32_t *a)
{
    unsigned axes = axes_of(p, n, a[0]);
    uint32_t least = pg_const(p, -INFINITY);
    if (!count_over(p, a[0], axes))
        return pg_add(p, least, reduce(p, n, REDUCE_SUM, a[0]));
    uint32_t m = finite_maximum(p, a[0], axes),
             s = kept(p, REDUCE_SUM, pg_fn1(p, OP_exp, pg_sub(p, a[0], m)), axes),
             none = pg_logic(p, P_EQ, s, pg_const(p, 0));
    uint32_t r = pg_select(p, none, least, pg_add(p, m, pg_fn1(p, OP_log, s)));
    return drop_axes(p, n, r, axes);
}

uint32_t lower_softmax(Program *p, const Node *n, const uint32_t *a)
{
    unsigned axes = axes_of(p, n, a[0]);
    if (!count_over(p, a[0], axes))
        return a[0];
    uint32_t m = finite_maximum(p, a[0], axes), e = pg_fn1(p, OP_exp, pg_sub(p, a[0], m));
    return pg_div(p, e, kept(p, REDUCE_SUM, e, axes));
}

uint32_t lower_logsoftmax(Program *p, const Node *n, const uint32_t *a)
{
    unsigned axes = axes_of(p, n, a[0]);
    if (!count_over(p, a[0], axes))
        return a[0];
    uint32_t x = pg_sub(p, a[0], finite_maximum(p, a[0], axes));
    return pg_sub(p, x,
                  pg_fn1(p, OP_log, kept(p, REDUCE_SUM, pg_fn1(p, OP_exp, x), axes)));
}

/* ---- running sums --------------------------------------------------------------------- */
/* v moved by `by` elements along the axis, zeros behind it. */
static uint32_t moved(Program *p, uint32_t v, unsigned axis, size_t by, bool back)
{
    const Dims d = *pg_dims(p, v);
    Dims gap = d;
    size_t left = d.dim[axis] - by;
    gap.dim[axis] = by;
    uint32_t part[2] = {pg_zeros(p, pg_shape(p, &gap)),
                        pg_slice(p, v, axis, back ? by : 0, left, 1)};
    uint32_t turned[2] = {part[1], part[0]};
    return pg_concat(p, 2, back ? turned : part, axis);
}

/* Sums of 1, 2, 4 ... neighbours, each of two of those before. */
uint32_t lower_cumsum(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t v = a[0];
    unsigned axis = attr_axis(n->name, pg_dims(p, v)->rank);
    bool back = attr_is(n->name, "reverse");
    for (size_t by = 1; by < pg_dims(p, v)->dim[axis]; by *= 2)
        v = pg_add(p, v, moved(p, v, axis, by, back));
    return v;
}

/* ---- order ---------------------------------------------------------------------------- */
/* Counting takes n^2 steps. */
enum { MOST_SORTED = 30000 };

static uint32_t both(Program *p, uint32_t a, uint32_t b)
{
    return pg_logic(p, P_AND, a, b);
}
static uint32_t either(Program *p, uint32_t a, uint32_t b)
{
    return pg_logic(p, P_OR, a, b);
}

/* v with the axis as its last. */
static uint32_t axis_last(Program *p, uint32_t v, unsigned axis, bool back)
{
    unsigned rank = pg_dims(p, v)->rank, order[TENSOR_RANK], n = 0;
    for (unsigned i = 0; i < rank; i++)
        if (!back && i != axis)
            order[n++] = i;
        else if (back)
            order[i] = i == axis ? rank - 1 : i - (i > axis);
    if (!back)
        order[n] = axis;
    return pg_permute(p, v, order);
}

/* P[..., k, i]: does element i along the last axis of x stand at place k when they rise? Equal ones as
 * they stand, NaN behind all. */
static uint32_t places_of(Program *p, uint32_t x)
{
    const Dims d = *pg_dims(p, x);
    unsigned last = 1u << (d.rank - 1);
    uint32_t a = pg_axis(p, x, d.rank - 1),
             b = pg_axis(p, x, d.rank); /* j, and i before it */
    uint32_t none_a = pg_logic(p, P_NE, a, a), none_b = pg_logic(p, P_NE, b, b);
    uint32_t number = lower_iota(p, &d, last), first = pg_axis(p, number, d.rank - 1),
             second = pg_axis(p, number, d.rank);
    uint32_t less =
        either(p, pg_logic(p, P_LT, a, b), both(p, none_b, pg_logic(p, P_EQ, a, a)));
    uint32_t same = either(p, pg_logic(p, P_EQ, a, b), both(p, none_a, none_b));
    uint32_t before = either(p, less, both(p, same, pg_logic(p, P_LE, first, second)));
    uint32_t place =
        pg_reduce(p, REDUCE_SUM, before, 1u << d.rank); /* of each i, from 1 */
    return pg_logic(p, P_EQ, pg_axis(p, place, d.rank - 1), second);
}

/* u in the order of x along the axis; back: put back from it. */
static uint32_t ordered(Program *p, const Node *n, uint32_t u, uint32_t x, bool back)
{
    uint32_t shape = pg_join(p, p->val[u].shape, p->val[x].shape);
    u = pg_fit(p, u, shape);
    x = pg_hold(p, pg_fit(p, x, shape));
    const Dims d = *pg_dims(p, u);
    unsigned axis = attr_axis(n->name, d.rank);
    if (d.dim[axis] > MOST_SORTED) {
        env_error(p->env, LBZ_LIMIT, NULL, "%s of more than %d elements at once",
                  op_info((Op)n->op)->name, MOST_SORTED);
        return 0;
    }
    if (!d.rank || !dims_count(&d))
        return u;
    uint32_t at = places_of(p, axis_last(p, x, axis, false)),
             v = axis_last(p, u, axis, false);
    v = pg_axis(p, v, back ? d.rank : d.rank - 1);
    v = pg_reduce(p, REDUCE_SUM, pg_select(p, at, v, pg_const(p, 0)),
                  1u << (back ? d.rank - 1 : d.rank));
    return axis_last(p, v, axis, true);
}

uint32_t lower_sort(Program *p, const Node *n, const uint32_t *a)
{
    return ordered(p, n, a[0], a[0], false);
}

uint32_t lower_sortby(Program *p, const Node *n, const uint32_t *a)
{
    return ordered(p, n, a[0], a[1], false);
}

uint32_t lower_unsort(Program *p, const Node *n, const uint32_t *a)
{
    return ordered(p, n, a[0], a[1], true);
}
