/* diff/batch.c - what is linear in a symbol, with something of more axes in the symbol's place: these go
 * through to the front of the result. */
#include "diff/tensor.h"
#include "expr/attributes.h"
#include "expr/internal.h"

typedef struct {
    TensorSweep s; /* for its batch */
    uint32_t sym;
    NodeMap done;
} Batching;

static Node *batched(const Batching *b, const Node *n)
{
    return nodemap_get(&b->done, n);
}

static Indices axes_of(Ctx *c, uint32_t shape)
{
    Indices list = {0};
    for (unsigned i = 0; i < shape_at(c, shape)->rank; i++)
        list.at[list.n++] = (uint8_t)i;
    return list;
}

/* a, of the shape batch + of, times p, repeated to batch + to. */
static Node *spread(Batching *b, Node *a, uint32_t of, Node *p, uint32_t to)
{
    Ctx *c = b->s.c;
    Product w;
    Shape big = *shape_at(c, to), small = *shape_at(c, of);
    Indices in = axes_of(c, of), out = axes_of(c, to);
    unsigned skip = big.rank - small.rank;
    for (unsigned i = 0; i < small.rank; i++) {
        bool same = shape_same_size(small.size[i], big.size[skip + i]);
        in.at[i] = (uint8_t)(same ? skip + i : big.rank + i);
    }
    diff_product_begin(&b->s, &w, a, &in);
    for (unsigned i = 0; i < big.rank; i++)
        w.k.size[w.first + i] = big.size[i];
    if (p && p->shape) {
        p = ex_is(p, OP_ROW) ? p->a[0] : p;
        if (p->shape != to)
            p = ex_broadcast(c, p, to);
        diff_product_operand(&w, p, &out);
    }
    Node *r = diff_product_end(&b->s, &w, &out);
    return p && !p->shape ? ex_mul2(c, r, p) : r;
}

static Node *batch_sum(Batching *b, Node *n)
{
    Ctx *c = b->s.c;
    Node **t = ARENA_NEW(&c->tmp, Node *, n->n + 1u);
    for (uint32_t i = 0; t && i < n->n; i++) {
        Node *a = batched(b, n->a[i]);
        if (!a)
            return NULL;
        t[i] = spread(b, a, n->a[i]->shape, NULL, n->shape);
    }
    return t ? ex_add(c, n->n, t) : c->poison;
}

/* One factor has the symbol. */
static Node *batch_product(Batching *b, Node *n)
{
    Ctx *c = b->s.c;
    Node **rest = ARENA_NEW(&c->tmp, Node *, n->n + 1u), *with = NULL;
    size_t k = 0;
    for (uint32_t i = 0; rest && i < n->n; i++) {
        if (batched(b, n->a[i]) && with)
            return NULL;
        if (batched(b, n->a[i]))
            with = n->a[i];
        else
            rest[k++] = n->a[i];
    }
    return with && rest
               ? spread(b, batched(b, with), with->shape, ex_mul(c, k, rest), n->shape)
               : c->poison;
}

static Node *batch_contract(Batching *b, Node *n)
{
    Ctx *c = b->s.c;
    Contraction k;
    Product p;
    size_t at = SIZE_MAX;
    contract_open(c, n, &k);
    for (size_t i = 0; i < k.n; i++) {
        if (batched(b, k.a[i]) && at != SIZE_MAX)
            return NULL;
        at = batched(b, k.a[i]) ? i : at;
    }
    if (at == SIZE_MAX)
        return c->poison;
    diff_product_begin(&b->s, &p, batched(b, k.a[at]), &k.in[at]);
    for (size_t i = 0; i < k.n; i++)
        if (i != at)
            diff_product_operand(&p, k.a[i], &k.in[i]);
    for (unsigned x = 0; x < k.nindices; x++)
        p.k.size[p.first + x] = k.size[x];
    return diff_product_end(&b->s, &p, &k.out);
}

/* Leading axes go through what counts its axes from the end. */
static Node *batch_row(Batching *b, Node *n)
{
    Ctx *c = b->s.c;
    unsigned flags = op_info((Op)n->op)->flags, rank = shape_at(c, n->a[0]->shape)->rank;
    if (!(flags & LINEAR) || !op_is_tensor((Op)n->op) ||
        !(flags & (AXES | AXIS_LAST | AXIS_FIRST)) || !batched(b, n->a[0]))
        return NULL;
    const char *text = n->name;
    if (flags & AXES && !(text && strstr(text, "axis="))) /* over all axes */
        text = attr_of_axes(c, ((1u << rank) - 1) << b->s.batch.rank,
                            rank + b->s.batch.rank, attr_keep(text));
    Node **a = ARENA_NEW(&c->tmp, Node *, n->n);
    if (!a)
        return c->poison;
    memcpy(a, n->a, n->n * sizeof *a);
    a[0] = batched(b, n->a[0]);
    return ex_tensor(c, (Op)n->op, text, n->n, a);
}

/* NULL: no rule says how n carries further axes through. */
static Node *batch_node(Batching *b, Node *n)
{
    Ctx *c = b->s.c;
    switch ((int)n->op) {
    case OP_ADD: return batch_sum(b, n);
    case OP_SCALE: return ex_scale(c, n->a[0]->num, batched(b, n->a[1]));
    case OP_MUL: return batch_product(b, n);
    case OP_CONTRACT: return batch_contract(b, n);
    case OP_ROW: return batched(b, n->a[0]);
    case OP_BROADCAST:
        return spread(b, batched(b, n->a[0]), n->a[0]->shape, NULL, n->shape);
    default: return batch_row(b, n);
    }
}

Node *diff_batched(Ctx *c, Node *e, Node *sym, Node *g, const Shape *batch, uint32_t to)
{
    Batching b = {.s = {.c = c, .batch = *batch}, .sym = sym->sym};
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    nodemap_init(&b.done, c);
    nodemap_put(&b.done, sym, g);
    Node **order = ex_walk_some(c, 1, &e, 0, sym->syms, &count), *r = NULL;
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        Node *n = order[i];
        bool above = false;
        for (uint32_t k = 0; k < n->n && n->op != OP_SYM && n->op != OP_NUM; k++)
            above = above || batched(&b, n->a[k]);
        r = above ? batch_node(&b, n) : NULL;
        if (above && !r && !ctx_failed(c))
            ctx_error(c, LBZ_UNABLE, "ask for vjp, or for grad of a number",
                      "no formula is known for the Jacobian of %s",
                      op_info((Op)n->op)->usage ? op_info((Op)n->op)->usage
                                                : op_info((Op)n->op)->name);
        if (r)
            nodemap_put(&b.done, n, r);
    }
    r = batched(&b, e);
    if (r && !ctx_failed(c) && e->shape != to)
        r = spread(&b, r, e->shape, NULL, to);
    arena_release(&c->tmp, m);
    return ctx_failed(c) || !r ? c->poison : r;
}
