/* program/rows.c - the T rows as values: the table of them, products, and tensors in another arrangement.
 * Sizes and indices have to be known numbers; where they are not the error says so, and a machine of
 * numbers may do what this cannot. */
#include "program/rows.h"
#include "expr/attributes.h"
#include "expr/tensors.h"
#include <math.h>

static RowLowering *const lowerings[] = {
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define S(...)
#define C(...)
#define T(id, name, flags, least, most, shp, exct, jv, vj, rn, ...) \
    [OP_##id - OP_FIRST_TENSOR] = lower_##rn,
#include "ops.def"
};

/* Programs compute in float64. */
static uint32_t lower_data(Program *p, const Node *n, const uint32_t *a)
{
    Tensor t;
    (void)a;
    if (!tensor_pack(p->env, n->data, DT_FLOAT64, &t))
        return 0;
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return v;
}

uint32_t pg_row(Program *p, const Node *n, const uint32_t *a)
{
    RowLowering *lower = ex_is(n, OP_DATA)   ? lower_data
                         : ex_is(n, OP_LIST) ? lower_stack
                                             : lowerings[n->op - OP_FIRST_TENSOR];
    return env_failed(p->env) ? 0 : lower(p, n, a);
}

uint32_t lower_error(Program *p, const Node *n)
{
    const OpInfo *f = op_info((Op)n->op);
    env_error(p->env, LBZ_UNABLE, NULL, "%s is no operation on arrays",
              f->name[0] ? f->name : f->usage);
    return 0;
}

/* Made of other nodes as soon as shapes are known. */
uint32_t lower_composite(Program *p, const Node *n, const uint32_t *a)
{
    (void)a;
    return lower_error(p, n);
}

/* Programs compute in float64. */
uint32_t lower_same(Program *p, const Node *n, const uint32_t *a)
{
    (void)p, (void)n;
    return a[0];
}

bool lower_whole(const Program *p, uint32_t v, double least, double most, size_t *out)
{
    double k = p->val[v].k;
    if (!p->val[v].known || p->val[v].shape || k != floor(k) || k < least || k > most)
        return false;
    *out = (size_t)k;
    return true;
}

static unsigned rank_of(const Program *p, uint32_t v) { return pg_dims(p, v)->rank; }

/* The sizes a[0..n); false: they are not known. */
static bool sizes_of(Program *p, const Node *n, size_t count, const uint32_t *a, Dims *d)
{
    d->rank = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        if (count > TENSOR_RANK || !lower_whole(p, a[i], 0, 1e15, &d->dim[i])) {
            lower_error(p, n);
            return false;
        }
    return true;
}

/* ---- numbers that count --------------------------------------------------------------- */
uint32_t lower_iota(Program *p, const Dims *d, unsigned axes)
{
    Dims line = {.rank = 1, .dim = {1}}, to = {.rank = d->rank};
    Tensor t;
    for (unsigned i = 0; i < d->rank; i++) {
        to.dim[i] = axes >> i & 1 ? d->dim[i] : 1;
        line.dim[0] *= to.dim[i];
    }
    if (!tensor_new(p->env, DT_FLOAT64, &line, "positions", &t))
        return 0;
    tensor_linspace(&t, 1, (double)line.dim[0]);
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return pg_reshape(p, v, &to);
}

uint32_t lower_onehot(Program *p, const Node *n, const uint32_t *a)
{
    Dims d = {.rank = 1};
    if (!lower_whole(p, a[1], 1, 1e9, &d.dim[0]))
        return lower_error(p, n);
    return pg_logic(p, P_EQ, pg_axis(p, pg_hold(p, a[0]), rank_of(p, a[0])),
                    lower_iota(p, &d, 1));
}

uint32_t lower_length(Program *p, const Node *n, const uint32_t *a)
{
    return rank_of(p, a[0]) ? pg_const(p, (double)pg_dims(p, a[0])->dim[0])
                            : lower_error(p, n);
}

/* ---- new ones ------------------------------------------------------------------------- */
uint32_t lower_zeros(Program *p, const Node *n, const uint32_t *a)
{
    Dims d;
    return sizes_of(p, n, n->n, a, &d) ? pg_zeros(p, pg_shape(p, &d)) : 0;
}

uint32_t lower_ones(Program *p, const Node *n, const uint32_t *a)
{
    Dims d;
    return sizes_of(p, n, n->n, a, &d) ? pg_fit(p, pg_const(p, 1), pg_shape(p, &d)) : 0;
}

uint32_t lower_eye(Program *p, const Node *n, const uint32_t *a)
{
    size_t m;
    if (n->n != 1 || !lower_whole(p, a[0], 0, 1e7, &m))
        return lower_error(p, n);
    Dims d = {.rank = 2, .dim = {m, m}}, line = {.rank = 1, .dim = {m}};
    ProgramView diagonal = {.to = pg_shape(p, &line), .stride = {(ptrdiff_t)m + 1}};
    return pg_put(p, pg_zeros(p, pg_shape(p, &d)),
                  pg_fit(p, pg_const(p, 1), pg_shape(p, &line)), &diagonal);
}

uint32_t lower_linspace(Program *p, const Node *n, const uint32_t *a)
{
    Tensor t;
    Dims d = {.rank = 1};
    if (!p->val[a[0]].known || !p->val[a[1]].known ||
        !lower_whole(p, a[2], 0, 1e9, &d.dim[0]))
        return lower_error(p, n);
    if (!tensor_new(p->env, DT_FLOAT64, &d, "linspace", &t))
        return 0;
    tensor_linspace(&t, p->val[a[0]].k, p->val[a[1]].k);
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return v;
}

/* ---- parts, other shapes -------------------------------------------------------------- */
/* a:b or a:step:b of an axis; false: the ends are not known, or are not there. */
static bool range_of(const Node *r, size_t dim, size_t *from, size_t *count,
                     int64_t *step)
{
    int64_t a, b, s = 1;
    if (!ex_get_int(r->a[0], &a) || !ex_get_int(r->a[r->n - 1], &b) ||
        (r->n == 3 && !ex_get_int(r->a[1], &s)) || s == 0)
        return false;
    int64_t n = (b - a) / s + 1, last = a + (n - 1) * s;
    *from = (size_t)(a - 1);
    *count = n > 0 ? (size_t)n : 0;
    *step = s;
    return n <= 0 || (a >= 1 && a <= (int64_t)dim && last >= 1 && last <= (int64_t)dim);
}

/* A number drops its axis, a range or a list of numbers keeps it. */
uint32_t lower_index(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t v = a[0];
    unsigned axis = 0;
    for (uint32_t k = 1; k < n->n; k++) {
        size_t i, count;
        int64_t step;
        if (axis >= rank_of(p, v))
            return lower_error(p, n);
        size_t dim = pg_dims(p, v)->dim[axis];
        if (ex_is(n->a[k], OP_RANGE)) {
            if (!range_of(n->a[k], dim, &i, &count, &step))
                return lower_error(p, n);
            v = pg_slice(p, v, axis++, count ? i : 0, count, step);
        } else if (rank_of(p, a[k]) == 1) {
            uint32_t from_0 = pg_sub(p, a[k], pg_const(p, 1));
            v = pg_gather(p, v, from_0, axis++);
        } else if (lower_whole(p, a[k], 1, (double)dim, &i)) {
            v = pg_pick(p, v, axis, i - 1);
        } else {
            return lower_error(p, n);
        }
    }
    return v;
}

uint32_t lower_reshape(Program *p, const Node *n, const uint32_t *a)
{
    Dims d;
    if (!sizes_of(p, n, n->n - 1, a + 1, &d))
        return 0;
    return dims_count(&d) == dims_count(pg_dims(p, a[0])) ? pg_reshape(p, a[0], &d)
                                                          : lower_error(p, n);
}

uint32_t lower_broadcast(Program *p, const Node *n, const uint32_t *a)
{
    Dims d, all;
    if (!sizes_of(p, n, n->n - 1, a + 1, &d))
        return 0;
    return dims_broadcast(&d, pg_dims(p, a[0]), &all) && dims_equal(&all, &d)
               ? pg_fit(p, a[0], pg_shape(p, &d))
               : lower_error(p, n);
}

uint32_t lower_like(Program *p, const Node *n, const uint32_t *a)
{
    (void)n;
    return pg_fit(p, a[0], pg_join(p, p->val[a[0]].shape, p->val[a[1]].shape));
}

uint32_t lower_stack(Program *p, const Node *n, const uint32_t *a)
{
    for (uint32_t i = 0; i < n->n; i++)
        if (p->val[a[i]].shape != p->val[a[0]].shape)
            return lower_error(p, n);
    return n->n && rank_of(p, a[0]) < TENSOR_RANK ? pg_stack(p, n->n, a)
                                                  : lower_error(p, n);
}

uint32_t lower_concat(Program *p, const Node *n, const uint32_t *a)
{
    const Dims d = *pg_dims(p, a[0]);
    unsigned axis = d.rank ? attr_axis(n->name, d.rank) : 0;
    for (uint32_t i = 0; i < n->n; i++) {
        const Dims *e = pg_dims(p, a[i]);
        bool fits = d.rank && e->rank == d.rank;
        for (unsigned k = 0; fits && k < d.rank; k++)
            fits = k == axis || e->dim[k] == d.dim[k];
        if (!fits)
            return lower_error(p, n);
    }
    return pg_concat(p, n->n, a, axis);
}

/* ---- products ------------------------------------------------------------------------- */
uint32_t lower_transpose(Program *p, const Node *n, const uint32_t *a)
{
    static const unsigned turned[] = {1, 0};
    if (rank_of(p, a[0]) > 2 || n->n > 1)
        return lower_error(p, n);
    return rank_of(p, a[0]) == 2 ? pg_permute(p, a[0], turned) : a[0];
}

/* Which of two vectors is a row is not known here. */
uint32_t lower_product(Program *p, const Node *n, const uint32_t *a)
{
    unsigned left = rank_of(p, a[0]), right = rank_of(p, a[1]);
    if (!left || !right)
        return pg_mul(p, a[0], a[1]);
    ProductForm form = left == 1 && right == 1
                           ? (ProductForm){0}
                           : ex_product_form(left, left == 1, right, false);
    return form.text ? pg_einsum(p, form.text, 2, a) : lower_error(p, n);
}

uint32_t lower_matpow(Program *p, const Node *n, const uint32_t *a)
{
    size_t k;
    const Dims d = *pg_dims(p, a[0]);
    if (!d.rank && !rank_of(p, a[1]))
        return pg_pow(p, a[0], a[1]);
    if (d.rank != 2 || d.dim[0] != d.dim[1] || !lower_whole(p, a[1], 1, 1e6, &k))
        return lower_error(p, n);
    uint32_t r = P_NONE;
    for (uint32_t b = a[0]; k; k /= 2) {
        if (k % 2)
            r = r == P_NONE ? b : pg_matmul(p, r, b);
        if (k > 1)
            b = pg_matmul(p, b, b);
    }
    return r;
}

uint32_t lower_dot(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t shape = p->val[a[0]].shape;
    return p->val[a[1]].shape == shape
               ? pg_reduce(p, REDUCE_SUM, pg_mul(p, a[0], a[1]), pg_all_axes(p, a[0]))
               : lower_error(p, n);
}

uint32_t lower_outer(Program *p, const Node *n, const uint32_t *a)
{
    return rank_of(p, a[0]) == 1 && rank_of(p, a[1]) == 1 ? pg_einsum(p, "a,b->ab", 2, a)
                                                          : lower_error(p, n);
}

uint32_t lower_trace(Program *p, const Node *n, const uint32_t *a)
{
    return rank_of(p, a[0]) == 2 ? pg_einsum(p, "aa->", 1, a) : lower_error(p, n);
}

uint32_t lower_contract(Program *p, const Node *n, const uint32_t *a)
{
    return pg_einsum(p, n->name, n->n, a);
}

uint32_t lower_cross(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t r[3];
    for (int i = 0; i < 2; i++)
        if (rank_of(p, a[i]) != 1 || pg_dims(p, a[i])->dim[0] != 3)
            return lower_error(p, n);
    for (unsigned i = 0; i < 3; i++) {
        unsigned j = (i + 1) % 3, k = (i + 2) % 3;
        r[i] = pg_sub(p, pg_mul(p, pg_pick(p, a[0], 0, j), pg_pick(p, a[1], 0, k)),
                      pg_mul(p, pg_pick(p, a[0], 0, k), pg_pick(p, a[1], 0, j)));
    }
    return pg_stack(p, 3, r);
}
