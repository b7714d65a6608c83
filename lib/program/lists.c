/* program/lists.c - functions of lists, as operations on arrays. Sizes and indices have to be known
 * numbers; where they are not the error says so, and a machine of numbers may do what this cannot.
 */
#include "program/program.h"
#include <math.h>

static uint32_t unable(Program *p, const Node *n)
{
    env_error(p->env, LBZ_UNABLE, NULL, "%s is no operation on arrays",
              op_info((Op)n->op)->name);
    return 0;
}

bool pg_is_list_function(const Node *n)
{
    switch ((int)n->op) {
    case OP_LIST:
    case OP_INDEX:
    case OP_TOTAL:
    case OP_NORM:
    case OP_DOT:
    case OP_LENGTH:
    case OP_ZEROS:
    case OP_LINSPACE:
    case OP_LIKE:
    case OP_CONTRACT: return true;
    default: return false;
    }
}

/* v is a known whole number of least ... most. */
static bool whole(const Program *p, uint32_t v, double least, double most, size_t *out)
{
    double k = p->val[v].k;
    if (!p->val[v].known || p->val[v].shape || k != floor(k) || k < least || k > most)
        return false;
    *out = (size_t)k;
    return true;
}

static uint32_t list_of(Program *p, const Node *n, const uint32_t *a)
{
    for (uint32_t i = 0; i < n->n; i++)
        if (p->val[a[i]].shape != p->val[a[0]].shape)
            return unable(p, n);
    bool fits = n->n && pg_dims(p, a[0])->rank < TENSOR_RANK;
    return fits ? pg_stack(p, n->n, a) : unable(p, n);
}

static uint32_t element_of(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t v = a[0];
    for (uint32_t k = 1; k < n->n; k++) {
        size_t i;
        if (!p->val[v].shape || !whole(p, a[k], 1, (double)pg_dims(p, v)->dim[0], &i))
            return unable(p, n);
        v = pg_pick(p, v, 0, i - 1);
    }
    return v;
}

static uint32_t zeros_of(Program *p, const Node *n, const uint32_t *a)
{
    Dims d = {.rank = n->n};
    for (uint32_t i = 0; i < n->n; i++)
        if (!whole(p, a[i], 0, 1e9, &d.dim[i]))
            return unable(p, n);
    return pg_zeros(p, pg_shape(p, &d));
}

static uint32_t linspace_of(Program *p, const Node *n, const uint32_t *a)
{
    Tensor t;
    Dims d = {.rank = 1};
    if (!p->val[a[0]].known || !p->val[a[1]].known || !whole(p, a[2], 0, 1e9, &d.dim[0]))
        return unable(p, n);
    if (!tensor_new(p->env, DT_FLOAT64, &d, "linspace", &t))
        return 0;
    tensor_linspace(&t, p->val[a[0]].k, p->val[a[1]].k);
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return v;
}

uint32_t pg_list_function(Program *p, const Node *n, const uint32_t *a)
{
    uint32_t shape = p->val[a[0]].shape;
    unsigned all = pg_all_axes(p, a[0]);
    switch ((int)n->op) {
    case OP_LIST: return list_of(p, n, a);
    case OP_INDEX: return element_of(p, n, a);
    case OP_TOTAL: return pg_reduce(p, REDUCE_SUM, a[0], all);
    case OP_NORM:
        return shape ? pg_reduce(p, REDUCE_NORM, a[0], all) : pg_fn1(p, OP_abs, a[0]);
    case OP_DOT:
        if (p->val[a[1]].shape != shape)
            return unable(p, n);
        return pg_reduce(p, REDUCE_SUM, pg_mul(p, a[0], a[1]), all);
    case OP_LENGTH:
        return shape ? pg_const(p, (double)pg_dims(p, a[0])->dim[0]) : unable(p, n);
    case OP_ZEROS: return zeros_of(p, n, a);
    case OP_LINSPACE: return linspace_of(p, n, a);
    case OP_CONTRACT: return pg_einsum(p, n->name, n->n, a);
    case OP_LIKE: return shape ? a[0] : pg_fit(p, a[0], p->val[a[1]].shape);
    default: return unable(p, n);
    }
}
