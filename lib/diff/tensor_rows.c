/* diff/tensor_rows.c - the rows of the table that work on tensors, in the reverse sweep: contractions,
 * what takes tensors apart and puts them together, and all that has a text in its row. */
#include "diff/tensor.h"
#include "expr/attributes.h"
#include "expr/internal.h"

/* ---- contractions --------------------------------------------------------------------- */
/* The indices of an operand with each of them once: a repeated one gets another, with an identity. */
static Indices distinct_axes(TensorSweep *s, Product *p, const Contraction *k,
                             const Indices *in, unsigned *next)
{
    Indices to = {0};
    for (unsigned j = 0; j < in->n; j++) {
        uint8_t x = in->at[j];
        p->k.size[p->first + x] = k->size[x];
        for (unsigned i = 0; i < j; i++)
            if (in->at[i] == in->at[j] && x == in->at[j]) {
                x = (uint8_t)(*next)++;
                Indices pair = {2, {in->at[j], x}};
                diff_product_operand(p, ex_eye(s->c, k->size[in->at[j]]), &pair);
            }
        to.at[to.n++] = x;
    }
    return to;
}

static void sweep_contract(TensorSweep *s, Node *n)
{
    Contraction k;
    contract_open(s->c, n, &k);
    for (size_t i = 0; i < k.n && !ctx_poll(s->c); i++) {
        if (!sweep_needs(s, k.a[i]))
            continue;
        Product p;
        unsigned next = k.nindices;
        diff_product_begin(s, &p, s->g, &k.out);
        for (size_t j = 0; j < k.n; j++)
            if (j != i)
                diff_product_operand(&p, k.a[j], &k.in[j]);
        Indices to = distinct_axes(s, &p, &k, &k.in[i], &next);
        diff_sweep_add(s, k.a[i], diff_product_end(s, &p, &to));
    }
}

/* ---- elements and parts --------------------------------------------------------------- */
/* The rows of the identity that an index chooses: of a number a vector, of m numbers m rows. */
static Node *chosen(Ctx *c, ShapeSize size, Node *index)
{
    enum { SMALL = 100 };
    int64_t i;
    if (!size.e && size.n <= SMALL && ex_get_int(index, &i)) {
        Node *v[SMALL];
        for (int64_t k = 0; k < size.n; k++)
            v[k] = k == i - 1 ? c->one : c->zero;
        return ex_list(c, (size_t)size.n, v);
    }
    return ex_tensor(c, OP_INDEX, NULL, 2, (Node *[]){ex_eye(c, size), index});
}

/* The part at place k of the first axis of the node that the cotangent is of. */
static Node *part_of(TensorSweep *s, uint32_t shape, uint32_t k)
{
    Ctx *c = s->c;
    Product p;
    Node *place = ex_int(c, (int64_t)k + 1);
    if (!s->batch.rank && ex_is(s->g, OP_LIST))
        return s->g->a[k];
    if (!s->batch.rank)
        return ex_tensor(c, OP_INDEX, NULL, 2, (Node *[]){s->g, place});
    Indices all = {0}, to = {0}, first = {1, {0}};
    unsigned rank = shape_at(c, shape)->rank;
    for (unsigned i = 0; i < rank; i++) {
        all.at[all.n++] = (uint8_t)i;
        if (i)
            to.at[to.n++] = (uint8_t)i;
    }
    diff_product_begin(s, &p, s->g, &all);
    diff_product_operand(&p, chosen(c, shape_at(c, shape)->size[0], place), &first);
    return diff_product_end(s, &p, &to);
}

static void sweep_list(TensorSweep *s, Node *n)
{
    if (!shape_is_tensor(n->shape)) {
        ctx_error(s->c, LBZ_UNABLE, "differentiate its elements, one by one",
                  "a list whose elements have different shapes cannot be differentiated "
                  "as a whole");
        return;
    }
    for (uint32_t k = 0; k < n->n && !ctx_poll(s->c); k++)
        if (sweep_needs(s, n->a[k]))
            diff_sweep_add(s, n->a[k], part_of(s, n->shape, k));
}

/* Each operand of a concatenation gets its part along the axis. */
static void sweep_concat(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    unsigned rank = shape_at(c, n->shape)->rank, axis = attr_axis(n->name, rank);
    Node *from = c->one;
    for (uint32_t i = 0; i < n->n && !ctx_failed(c); i++) {
        Node *end =
            ex_add2(c, from, shape_size_node(c, shape_at(c, n->a[i]->shape)->size[axis]));
        if (sweep_needs(s, n->a[i])) {
            Node *range = ex_structural(c, OP_RANGE, 2,
                                        (Node *[]){from, ex_add2(c, end, c->minus_one)});
            Node *rows = chosen(c, shape_at(c, n->shape)->size[axis], range);
            Product p;
            Indices all = {0}, to = {0}, pair = {2, {(uint8_t)rank, (uint8_t)axis}};
            for (unsigned j = 0; j < rank; j++) {
                all.at[all.n++] = (uint8_t)j;
                to.at[to.n++] = (uint8_t)(j == axis ? rank : j);
            }
            diff_product_begin(s, &p, s->g, &all);
            diff_product_operand(&p, rows, &pair);
            diff_sweep_add(s, n->a[i], diff_product_end(s, &p, &to));
        }
        from = end;
    }
}

/* v[i], A[i, :], A[2:3, [1, 4]]: what was chosen goes back to its places; what was chosen twice gets
 * both cotangents. */
static void sweep_index(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node *v = n->a[0];
    Product p;
    Indices of = {0}, to = {0};
    if (!shape_is_tensor(v->shape)) {
        ctx_error(c, LBZ_UNABLE, NULL, "the shape of what is indexed is not known");
        return;
    }
    Shape shape = *shape_at(c, v->shape);
    Node *select[SHAPE_RANK] = {NULL};
    unsigned extra = shape.rank;
    for (unsigned i = 0; i < shape.rank; i++) {
        to.at[to.n++] = (uint8_t)i;
        if (i + 1 >= n->n) {
            of.at[of.n++] = (uint8_t)i;
            continue;
        }
        Node *index = n->a[i + 1];
        select[i] = chosen(c, shape.size[i], index);
        if (index->shape || ex_is(index, OP_RANGE))
            of.at[of.n++] = (uint8_t)(extra + i);
    }
    diff_product_begin(s, &p, s->g, &of);
    for (unsigned i = 0; i < shape.rank; i++) {
        Indices pair = {2, {(uint8_t)(extra + i), (uint8_t)i}}, one = {1, {(uint8_t)i}};
        if (select[i])
            diff_product_operand(&p, select[i],
                                 shape_at(c, select[i]->shape)->rank == 2 ? &pair : &one);
    }
    if (!ctx_failed(c))
        diff_sweep_add(s, v, diff_product_end(s, &p, &to));
}

/* ---- sums over a range ---------------------------------------------------------------- */
/* The gradient of the sum is the sum of the gradients. */
static void sweep_binder(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node *body = n->a[0];
    if (n->op == OP_RANGE || body->shape || sweep_needs(s, n->a[2]) ||
        sweep_needs(s, n->a[3])) {
        ctx_error(c, LBZ_UNABLE, NULL, "%s cannot be differentiated by a tensor here",
                  op_info((Op)n->op)->name);
        return;
    }
    for (size_t i = 0; i < s->nx && !ctx_failed(c); i++) {
        Node *d = NULL, *x = s->x[i];
        if (!(body->syms & x->syms) || !diff_vjp(c, body, c->one, &x, 1, &d))
            continue;
        if (n->op == OP_PROD)
            d = ex_mul2(c, d, ex_pow(c, body, c->minus_one));
        d = ex_binder(c, n->op == OP_PROD ? OP_SUM : (Op)n->op, d, n->a[1], n->a[2],
                      n->a[3]);
        if (n->op == OP_PROD)
            d = ex_mul2(c, n, d);
        Product p;
        Indices none = {0}, to = {0};
        for (unsigned j = 0; j < shape_at(c, x->shape)->rank; j++)
            to.at[to.n++] = (uint8_t)j;
        diff_product_begin(s, &p, s->g, &none);
        diff_product_operand(&p, d, &to);
        if (!ctx_failed(c))
            diff_sweep_add(s, x, diff_product_end(s, &p, &to));
    }
}

/* ---- rows with texts ------------------------------------------------------------------ */
static void sweep_text(TensorSweep *s, Node *n)
{
    Ctx *c = s->c;
    for (uint32_t i = 0; i < n->n && !ctx_poll(c); i++) {
        if (!sweep_needs(s, n->a[i]))
            continue;
        Node *g = diff_row_vjp(c, n, i, s->g, &s->batch);
        if (!ctx_failed(c))
            diff_sweep_add(s, n->a[i], g);
    }
}

void diff_sweep_tensor(TensorSweep *s, Node *n)
{
    switch ((int)n->op) {
    case OP_LIST:
    case OP_STACK: sweep_list(s, n); return;
    case OP_CONCAT: sweep_concat(s, n); return;
    case OP_ROW: diff_sweep_add(s, n->a[0], s->g); return;
    case OP_CONTRACT: sweep_contract(s, n); return;
    case OP_INDEX: sweep_index(s, n); return;
    case OP_BROADCAST:
        diff_sweep_add(s, n->a[0],
                       diff_sweep_times(s, s->g, n->shape, NULL, n->a[0]->shape));
        return;
    case OP_SUM:
    case OP_PROD:
    case OP_INT: sweep_binder(s, n); return;
    default:
        if (op_is_tensor((Op)n->op))
            sweep_text(s, n);
        else
            ctx_error(s->c, LBZ_UNABLE, NULL, "%s cannot be differentiated by a tensor",
                      op_info((Op)n->op)->name);
    }
}
