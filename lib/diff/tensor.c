/* diff/tensor.c - gradients and Jacobians by tensors: one reverse sweep over nodes with shapes.
 *
 * Every node's cotangent is the sum of what the nodes above it contribute, made once when its turn
 * comes. Element by element the rule of a function is the text of its row; a contraction gives each
 * operand the cotangent contracted with the others. Cotangents begin as identities, which contractions
 * take away where they meet something else.
 */
#include "diff/tensor.h"

/* ---- products of cotangents ----------------------------------------------------------- */
void diff_product_begin(const TensorSweep *s, Product *p, Node *g, const Indices *of)
{
    Contraction *k = &p->k;
    memset(k, 0, sizeof *k);
    p->first = s->batch.rank;
    for (unsigned i = 0; i < CONTRACT_INDICES; i++) /* not all numbers need be used */
        k->size[i] = (ShapeSize){1, NULL};
    k->n = 1;
    k->a[0] = g;
    k->nindices = p->first;
    for (unsigned i = 0; i < p->first; i++) {
        k->in[0].at[k->in[0].n++] = (uint8_t)i;
        k->size[i] = s->batch.size[i];
    }
    for (unsigned i = 0; i < of->n && k->in[0].n < SHAPE_RANK; i++)
        k->in[0].at[k->in[0].n++] = (uint8_t)(p->first + of->at[i]);
}

void diff_product_operand(Product *p, Node *a, const Indices *in)
{
    Contraction *k = &p->k;
    if (k->n < CONTRACT_OPERANDS) {
        k->a[k->n] = a;
        k->in[k->n] = *in;
        for (unsigned i = 0; i < in->n; i++)
            k->in[k->n].at[i] = (uint8_t)(p->first + in->at[i]);
    }
    k->n++;
}

static unsigned count_indices(const Contraction *k)
{
    unsigned n = k->nindices;
    for (size_t i = 0; i <= k->n; i++) {
        const Indices *list = i < k->n ? &k->in[i] : &k->out;
        for (unsigned j = 0; j < list->n; j++)
            n = list->at[j] >= n ? list->at[j] + 1u : n;
    }
    return n;
}

/* The numbers among the factors of an operand go on beside what becomes of it. */
static Node *take_numbers(Ctx *c, Node **g)
{
    Node *a = *g, **rest = ARENA_NEW(&c->tmp, Node *, a->n + 1u), *k = c->one;
    size_t n = 0;
    if (!ex_is(a, OP_MUL) || !rest)
        return k;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->a[i]->shape)
            rest[n++] = a->a[i];
        else
            k = ex_mul2(c, k, a->a[i]);
    Node *b = n && n < a->n ? ex_mul(c, n, rest) : a;
    if (b->shape != a->shape || b == a)
        return c->one;
    *g = b;
    return k;
}

Node *diff_product_end(const TensorSweep *s, Product *p, const Indices *to)
{
    Contraction *k = &p->k;
    Ctx *c = s->c;
    if (k->n > CONTRACT_OPERANDS)
        return ctx_error(c, LBZ_LIMIT, NULL, "a product of more than %d tensors",
                         CONTRACT_OPERANDS);
    if (p->first + to->n > SHAPE_RANK)
        return ctx_error(c, LBZ_LIMIT, "ask for vjp, jvp or hvp",
                         "the derivative has more than %d axes", SHAPE_RANK);
    for (unsigned i = 0; i < p->first; i++)
        k->out.at[k->out.n++] = (uint8_t)i;
    for (unsigned i = 0; i < to->n; i++)
        k->out.at[k->out.n++] = (uint8_t)(p->first + to->at[i]);
    k->nindices = count_indices(k);
    if (k->nindices > CONTRACT_INDICES)
        return ctx_error(c, LBZ_LIMIT, NULL, "a product of more than %d indices",
                         CONTRACT_INDICES);
    Node *number = c->one;
    for (size_t i = 0; i < k->n; i++)
        number = ex_mul2(c, number, take_numbers(c, &k->a[i]));
    Node *r = contract_make(c, k, "a derivative");
    return ctx_failed(c) ? c->poison : ex_mul2(c, number, r);
}

/* ---- element by element --------------------------------------------------------------- */
/* Has g, but for numbers, identities to be taken away? */
static bool has_identity(const Node *g)
{
    bool any = contract_has_identity(ex_is(g, OP_SCALE) ? g->a[1] : g);
    g = ex_is(g, OP_SCALE) ? g->a[1] : g;
    for (uint32_t i = 0; i < g->n && ex_is(g, OP_MUL); i++)
        any = any || contract_has_identity(g->a[i]);
    return any;
}

/* The last n of the axes 0 .. rank-1. */
static Indices last_axes(unsigned rank, unsigned n)
{
    Indices list = {.n = (uint8_t)n};
    for (unsigned i = 0; i < n; i++)
        list.at[i] = (uint8_t)(rank - n + i);
    return list;
}

static uint32_t column_shape(Ctx *c, uint32_t shape)
{
    return shape_is_row(c, shape) ? shape_column(c, shape) : shape;
}

/* The axes of an operand of the shape `to` in what has the shape `of`: one of size 1 that was
 * repeated gets an index of its own. */
static Indices kept_axes(Product *p, const Shape *of, const Shape *to)
{
    Indices list = last_axes(of->rank, to->rank);
    for (unsigned i = 0; i < to->rank; i++)
        if (!shape_same_size(to->size[i], of->size[list.at[i]])) {
            list.at[i] = (uint8_t)(of->rank + i);
            p->k.size[p->first + list.at[i]] = to->size[i];
        }
    return list;
}

Node *diff_sweep_times(TensorSweep *s, Node *g, uint32_t of, Node *p, uint32_t to)
{
    Ctx *c = s->c;
    Product w;
    of = column_shape(c, of);
    to = column_shape(c, to);
    if (p && !p->shape) {
        g = ex_mul2(c, g, p);
        p = NULL;
    }
    if (of == to && (!p || !has_identity(g)))
        return p ? ex_mul2(c, g, p) : g;
    Shape big = *shape_at(c, of), small = *shape_at(c, to);
    Indices all = last_axes(big.rank, big.rank);
    diff_product_begin(s, &w, g, &all);
    if (p) {
        p = ex_is(p, OP_ROW) ? p->a[0] : p;
        Indices in = last_axes(big.rank, shape_at(c, p->shape)->rank);
        const Shape *sp = shape_at(c, p->shape);
        for (unsigned i = 0; i < in.n; i++)
            if (!shape_same_size(sp->size[i], big.size[in.at[i]])) {
                p = ex_broadcast(c, p, of);
                in = all;
                break;
            }
        diff_product_operand(&w, p, &in);
    }
    Indices out = kept_axes(&w, &big, &small);
    return diff_product_end(s, &w, &out);
}

static bool is_zero(Ctx *c, const Node *a)
{
    if (ex_is(a, OP_BROADCAST))
        return a->a[0] == c->zero;
    while (ex_is(a, OP_LIST) && a->n) {
        for (uint32_t i = 1; i < a->n; i++)
            if (a->a[i] != a->a[0])
                return false;
        a = a->a[0];
    }
    return a == c->zero;
}

void diff_sweep_add(TensorSweep *s, Node *to, Node *amount)
{
    uint64_t k;
    if (!sweep_needs(s, to) || is_zero(s->c, amount) || !map_get(&s->at, to->id, &k))
        return;
    Contributions *a = &s->adj[k];
    if (ARENA_ROOM(&s->c->tmp, a->v, a->n, a->cap))
        a->v[a->n++] = amount;
}

/* The cotangent times a partial goes to the operand i of n. */
static void pass_on(TensorSweep *s, Node *n, uint32_t i, Node *partial)
{
    diff_sweep_add(s, n->a[i],
                   diff_sweep_times(s, s->g, n->shape, partial, n->a[i]->shape));
}

static void sweep_product(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node **f = ARENA_NEW(&c->tmp, Node *, n->n + 1u);
    for (uint32_t i = 0; f && i < n->n && !ctx_poll(c); i++) {
        if (!sweep_needs(s, n->a[i]))
            continue;
        memcpy(f, n->a, n->n * sizeof *f);
        f[i] = f[n->n - 1];
        pass_on(s, n, i, n->n == 2 ? f[0] : ex_mul(c, n->n - 1u, f));
    }
}

static void sweep_power(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node *b = n->a[0], *e = n->a[1];
    if (sweep_needs(s, b))
        pass_on(s, n, 0, ex_mul2(c, e, ex_pow(c, b, ex_add2(c, e, c->minus_one))));
    if (sweep_needs(s, e))
        pass_on(s, n, 1, ex_mul2(c, n, ex_fn1(c, OP_log, b)));
}

static void sweep_if(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    for (uint32_t i = 1; i <= 2; i++) {
        if (!sweep_needs(s, n->a[i]))
            continue;
        Node *g = ex_if(c, n->a[0], i == 1 ? s->g : c->zero, i == 2 ? s->g : c->zero);
        diff_sweep_add(s, n->a[i],
                       diff_sweep_times(s, g, n->shape, NULL, n->a[i]->shape));
    }
}

static void sweep_function(TensorSweep *s, Node *n)
{
    ctx_domain_facts(s->c, n);
    for (uint32_t i = 0; i < n->n && !ctx_failed(s->c); i++)
        if (sweep_needs(s, n->a[i]))
            pass_on(s, n, i, diff_partial(s->c, n, i));
}

static void sweep_unknown(TensorSweep *s, Node *n)
{
    for (uint32_t i = 0; i < n->n / 2 && !ctx_failed(s->c); i++)
        if (sweep_needs(s, n->a[i])) {
            if (n->a[i]->shape)
                ctx_error(s->c, LBZ_UNABLE, "define it: f(x) = ...",
                          "the function %s of a tensor cannot be differentiated",
                          sym_name(s->c, n->sym));
            else
                pass_on(s, n, i, diff_apply_partial(s->c, n, i));
        }
}

/* ---- the sweep ------------------------------------------------------------------------ */
static void sweep_node(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    switch (n->op) {
    case OP_SYM:
    case OP_NUM:
    case OP_CONST:
    case OP_DETACH: return;
    case OP_ADD:
        for (uint32_t i = 0; i < n->n && !ctx_poll(c); i++)
            if (sweep_needs(s, n->a[i]))
                pass_on(s, n, i, NULL);
        return;
    case OP_SCALE: diff_sweep_add(s, n->a[1], ex_scale(c, n->a[0]->num, s->g)); return;
    case OP_MUL: sweep_product(s, n); return;
    case OP_POW: sweep_power(s, n); return;
    case OP_IF: sweep_if(s, n); return;
    case OP_APPLY: sweep_unknown(s, n); return;
    default:
        if (op_is_function((Op)n->op))
            sweep_function(s, n);
        else if (!ex_is_condition(n))
            diff_sweep_tensor(s, n);
    }
}

static bool sweep_back(TensorSweep *s, Node *e, Node *seed, Node **order, size_t count)
{
    Ctx *c = s->c;
    s->adj = ARENA_NEW0(&c->tmp, Contributions, count);
    if (!s->adj)
        return false;
    for (size_t i = 0; i < count; i++)
        map_put(&s->at, order[i]->id, i);
    diff_sweep_add(s, e, seed);
    for (size_t i = count; i-- > 0 && !ctx_poll(c);) {
        Contributions *a = &s->adj[i];
        if (!a->n)
            continue;
        s->g = ex_add(c, a->n, a->v);
        a->v[0] = s->g;
        a->n = 1;
        if (!is_zero(c, s->g))
            sweep_node(s, order[i]);
    }
    return !ctx_failed(c);
}

/* Zeros of the shape batch + shape(x). */
static Node *no_slope(const TensorSweep *s, const Node *x)
{
    Ctx *c = s->c;
    Shape z = s->batch;
    const Shape *sx = shape_at(c, x->shape);
    if (z.rank + sx->rank > SHAPE_RANK)
        return ctx_error(c, LBZ_LIMIT, "ask for vjp, jvp or hvp",
                         "the derivative has more than %d axes", SHAPE_RANK);
    memcpy(z.size + z.rank, sx->size, sx->rank * sizeof *z.size);
    z.rank = (uint8_t)(z.rank + sx->rank);
    return ex_broadcast(c, c->zero, shape_make(c, &z));
}

static bool pull_back(TensorSweep *s, Node *e, Node *seed, Node *const *x, size_t n,
                      Node **g)
{
    Ctx *c = s->c;
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    map_init(&s->at, &c->tmp);
    s->x = x;
    s->nx = n;
    Node **roots = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; roots && i < n; i++) { /* at hand even if e lacks them */
        roots[i] = x[i];
        s->mask |= x[i]->syms;
    }
    if (roots)
        roots[n] = e;
    Node **order = roots ? ex_walk(c, n + 1, roots, &count) : NULL;
    bool ok = order && sweep_back(s, e, seed, order, count);
    for (size_t i = 0; ok && i < n; i++) {
        uint64_t k = 0;
        (void)map_get(&s->at, x[i]->id, &k);
        g[i] = s->adj[k].n ? s->adj[k].v[0] : no_slope(s, x[i]);
    }
    arena_release(&c->tmp, m);
    return ok && !ctx_failed(c);
}

bool diff_vjp(Ctx *c, Node *e, Node *u, Node *const *x, size_t n, Node **g)
{
    TensorSweep s = {.c = c};
    if (ex_is_poison(e) || ex_is_poison(u))
        return false;
    return pull_back(&s, e, u, x, n, g);
}

/* The identity on tensors of this shape. */
static Node *identity(TensorSweep *s, const Shape *shape)
{
    Product p;
    Indices none = {0}, to = {0};
    TensorSweep plain = {.c = s->c};
    diff_product_begin(&plain, &p, s->c->one, &none);
    for (unsigned i = 0; i < shape->rank; i++) {
        Indices pair = {2, {(uint8_t)i, (uint8_t)(shape->rank + i)}};
        diff_product_operand(&p, ex_eye(s->c, shape->size[i]), &pair);
    }
    for (unsigned i = 0; i < 2u * shape->rank && i < SHAPE_RANK; i++)
        to.at[to.n++] = (uint8_t)i;
    if (2 * shape->rank > SHAPE_RANK)
        return ctx_error(s->c, LBZ_LIMIT, "ask for vjp or jvp",
                         "the Jacobian has more than %d axes", SHAPE_RANK);
    return diff_product_end(&plain, &p, &to);
}

bool diff_jacobian(Ctx *c, Node *e, Node *const *x, size_t n, Node **g)
{
    TensorSweep s = {.c = c};
    if (ex_is_poison(e))
        return false;
    if (!e->shape)
        return pull_back(&s, e, c->one, x, n, g);
    if (!shape_is_tensor(e->shape)) {
        ctx_error(c, LBZ_UNABLE, NULL,
                  "the shape of what is differentiated is not known");
        return false;
    }
    s.batch = *shape_at(c, column_shape(c, e->shape));
    Node *seed = identity(&s, &s.batch);
    return !ctx_failed(c) && pull_back(&s, e, seed, x, n, g);
}
