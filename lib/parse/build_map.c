/* parse/build_map.c - map(f, X) and map(x -> e, X) become lists of what f is of each row of X, or of each
 * element of a vector. What is element by element is applied as a whole. */
#include "expr/shape.h"
#include "expr/tensors.h"
#include "parse/build.h"

uint32_t build_part_shape(Ctx *c, uint32_t shape)
{
    if (!shape_is_tensor(shape))
        return shape;
    Shape s = *shape_at(c, shape);
    s.row = false;
    memmove(s.size, s.size + 1, --s.rank * sizeof *s.size);
    memset(s.size + s.rank, 0, sizeof *s.size);
    return shape_make(c, &s);
}

/* f(x), or e with x in the place of its name. */
static Node *apply_to(TreeBuilder *b, const Node *f, Node *e, Node *x)
{
    Ctx *c = b->c;
    if (e)
        return ex_subst(c, e, &f->sym, &x, 1);
    Op op = op_find_n(f->name, strlen(f->name), 1);
    if (op == OP_POISON)
        return ex_apply(c, f->sym, 1, &x, NULL);
    if (op_is_function(op))
        return ex_fn1(c, op, x);
    if (op_is_tensor(op))
        return ex_tensor(c, op, NULL, 1, &x);
    return ctx_error(c, LBZ_SYNTAX, op_info(OP_MAP)->usage,
                     "%s is no function of one argument", f->name);
}

static bool is_elementwise(const Node *f, const Node *e)
{
    Op op = e ? OP_POISON : op_find_n(f->name, strlen(f->name), 1);
    return op != OP_POISON && op_is_function(op) && op != OP_inv;
}

/* How many rows x has; -1 with the error. */
static int64_t count_of(Ctx *c, const Node *x)
{
    enum { MOST = 1000000 };
    const Shape *s = shape_is_tensor(x->shape) ? shape_at(c, x->shape) : NULL;
    if (s && !s->size[0].e && s->size[0].n <= MOST)
        return s->size[0].n;
    ctx_error(c, LBZ_UNABLE, "declare X with a number of rows: var X[3,n]",
              "how often map applies the function is not known, or too often");
    return -1;
}

Node *build_map(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Ctx *c = b->c;
    Node *f = b->v[base], *x = b->v[base + 1], *e = i->n == 3 ? b->v[base + 2] : NULL;
    build_need_number(b, base + 1);
    build_stand_at(b, i->pos, i->end);
    if (ctx_failed(c) || !x->shape || is_elementwise(f, e))
        return ctx_failed(c) ? c->poison : apply_to(b, f, e, x);
    int64_t n = count_of(c, x);
    Node **r = n < 0 ? NULL : ARENA_NEW(ctx_arena(c), Node *, (size_t)n + 1);
    for (int64_t k = 0; r && k < n && !ctx_poll(c); k++) {
        Node *part = ex_tensor(c, OP_INDEX, NULL, 2, (Node *[]){x, ex_int(c, k + 1)});
        r[k] = apply_to(b, f, e, part);
    }
    return r && !ctx_failed(c) ? ex_list(c, (size_t)n, r) : c->poison;
}
