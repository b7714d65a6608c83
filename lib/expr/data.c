/* expr/data.c - DATA: arrays of numbers as leaves.
 *
 * Invariant: a DATA is equal to itself only, in every pool and context that has it: by its serial
 * number. A pool lists its DATA and gives their tensors back when it is emptied; those of the session
 * pool that nothing needs any more go when they are swept. */
#include "expr/internal.h"
#include "expr/shape.h"
#include <math.h>

void ctx_hold_data(Ctx *c, Pool *p, Node *n, const Tensor *t)
{
    Tensor *own = ARENA_NEW0(&p->arena, Tensor, 1);
    n->data = own;
    if (!own || !MEM_ROOM(p->data, p->ndata, p->data_cap)) {
        env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
        return;
    }
    *own = tensor_share(t);
    p->data[p->ndata++] = n;
}

static void release(const Node *n) { tensor_release((Tensor *)(uintptr_t)n->data); }

void ctx_release_data(Pool *p)
{
    for (size_t i = 0; i < p->ndata; i++)
        release(p->data[i]);
    p->ndata = 0;
}

static Node *data_leaf(Ctx *c, const Tensor *t, uint32_t serial)
{
    Shape s = {.rank = (uint8_t)t->dims.rank};
    for (unsigned i = 0; i < s.rank; i++)
        s.size[i].n = (int64_t)t->dims.dim[i];
    uint32_t shape = s.rank ? shape_make(c, &s) : SHAPE_SCALAR;
    return ctx_intern(c,
                      &(Shell){.op = OP_DATA, .sym = serial, .shape = shape, .data = t});
}

/* NULL: not a number. */
static Node *number_leaf(Ctx *c, double x)
{
    if (isinf(x))
        return x > 0 ? c->inf : c->minus_inf;
    Num k = isnan(x) ? NUM_ZERO : num_from_double(ctx_arena(c), x);
    k.dec = true;
    return isnan(x) ? NULL : ex_num(c, k);
}

Node *ex_data(Ctx *c, const Tensor *t)
{
    Node *r = t->dims.rank ? NULL : number_leaf(c, tensor_get(t, 0));
    return r ? r : data_leaf(c, t, ++c->data_serial);
}

Node *ex_data_again(Ctx *c, const Node *n)
{
    c->data_serial = n->sym > c->data_serial ? n->sym : c->data_serial;
    return data_leaf(c, n->data, n->sym);
}

/* Of a tensor that is given up. */
static Node *leaf_of(Ctx *c, Tensor *t)
{
    Node *r = ex_data(c, t);
    tensor_release(t);
    return r;
}

Node *ex_data_filled(Ctx *c, const Dims *dims, double x, const char *what)
{
    Tensor t;
    if (!tensor_new(&c->env, DT_FLOAT64, dims, what, &t))
        return c->poison;
    double *v = tensor_doubles(&t);
    for (size_t i = 0, n = tensor_count(&t); i < n; i++)
        v[i] = x;
    return leaf_of(c, &t);
}

Node *ex_data_steps(Ctx *c, double a, double b, int64_t n)
{
    Tensor t;
    if (!tensor_new(&c->env, DT_FLOAT64, &(Dims){1, {(size_t)n}}, "linspace", &t))
        return c->poison;
    tensor_linspace(&t, a, b);
    return leaf_of(c, &t);
}

/* The parts of a list in the order of reading, to t at *at on. As deep as the rank. */
static bool put_numbers(const Node *e, const Tensor *t, size_t *at)
{
    double *v = tensor_doubles(t);
    if (ex_is_num(e)) {
        v[(*at)++] = num_to_double(e->num);
        return true;
    }
    for (size_t i = 0; ex_is(e, OP_DATA) && i < tensor_count(e->data); i++)
        v[(*at)++] = tensor_get(e->data, i);
    bool ok = ex_is(e, OP_DATA) || ex_is(e, OP_LIST) || ex_is(e, OP_STACK);
    for (uint32_t i = 0; ok && i < e->n; i++)
        ok = put_numbers(e->a[i], t, at);
    return ok;
}

bool ex_numbers(Ctx *c, Node *e, Tensor *out)
{
    size_t at = 0;
    Dims d = {0};
    *out = (Tensor){0};
    if (e->syms || (e->shape && shape_count(c, e->shape) < 0))
        return false;
    if (e->shape) {
        Shape s = *shape_at(c, e->shape);
        d.rank = s.rank;
        for (unsigned i = 0; i < s.rank; i++)
            d.dim[i] = (size_t)s.size[i].n;
    }
    if (!tensor_new(&c->env, DT_FLOAT64, &d, "a list", out))
        return false;
    if (put_numbers(e, out, &at))
        return true;
    tensor_release(out);
    return false;
}

Node *ex_data_of_list(Ctx *c, Node *e)
{
    Tensor t;
    bool many = shape_is_tensor(e->shape) && shape_count(c, e->shape) > EXACT_MOST;
    bool list = ex_is(e, OP_LIST) || ex_is(e, OP_STACK);
    if (!many || !list || !ex_numbers(c, e, &t))
        return ctx_failed(c) ? c->poison : e;
    return leaf_of(c, &t);
}

static bool is_data(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ex_is(n, OP_DATA) || ex_is(n, OP_FLOAT64) || ex_is(n, OP_FLOAT32);
}

bool ex_has_data(Ctx *c, Node *e)
{
    return (c->pool[0].ndata || c->pool[1].ndata || c->has_floats) &&
           (e->flags & NF_DEC) && ex_find(c, e, NF_DEC, is_data, NULL);
}

/* ---- what the session pool keeps ------------------------------------------------------ */
static size_t bytes_of(const Node *n)
{
    return n->data->buf ? tensor_count(n->data) * dtype_size(n->data->type) : 0;
}

size_t ctx_data_bytes(const Ctx *c)
{
    size_t sum = 0;
    for (size_t i = 0; i < c->pool[0].ndata; i++)
        sum += bytes_of(c->pool[0].data[i]);
    return sum;
}

void ctx_sweep_data(Ctx *c, size_t n, Node *const *roots)
{
    Pool *p = &c->pool[0];
    size_t count, kept = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk_some(c, n, roots, NF_DEC, 0, &count);
    for (size_t i = 0; i < p->ndata && (order || !n); i++) {
        Node *d = p->data[i];
        if (d->pos < count && order[d->pos] == d)
            p->data[kept++] = d;
        else
            release(d);
    }
    p->ndata = order || !n ? kept : p->ndata;
    arena_release(&c->tmp, m);
}

void ctx_take_data(Ctx *to)
{
    for (size_t i = 0; i < to->pool[0].ndata; i++)
        tensor_move(&to->env, to->pool[0].data[i]->data);
}
