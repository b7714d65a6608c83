/* expr/pointwise.c - what works element by element, on operands with shapes: sums, products, powers,
 * functions, comparisons, `if`.
 *
 * Lists are combined element by element. What is not written out goes the way of numbers
 * (ex_plain_...), which is right for every element but may lose the shape: x - x is 0, B + b - B is
 * b. Invariant: a result has the shape its operands have together; a smaller one is broadcast to
 * it. So a number, a list of equal elements or a broadcast formula is as good as what it fills, and
 * goes in as such.
 */
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"

enum { DEEPEST = 16 };

typedef struct pointwise Pointwise;
struct pointwise {
    /* the operation on numbers, or on what counts as such */
    Node *(*plain)(Ctx *c, const Pointwise *p, size_t n, Node *const *a);
    const char *what; /* "a sum" */
    bool gathers;     /* operands may be combined among themselves: sums, products */
    Op op;
    Num k;
    unsigned depth; /* of ragged lists */
};

/* ---- shapes --------------------------------------------------------------------------- */
static uint32_t common_shape(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    uint32_t s = SHAPE_SCALAR;
    for (size_t i = 0; i < n; i++) {
        uint32_t t = shape_broadcast(c, s, a[i]->shape);
        if (t == SHAPE_NONE) {
            shape_error(c, s, a[i]->shape, p->what);
            return SHAPE_NONE;
        }
        s = t;
    }
    return s;
}

/* r with the shape of all operands where that is known when a procedure runs only. */
static Node *like_operands(Ctx *c, Node *r, size_t n, Node *const *a)
{
    for (size_t i = 0; i < n && r->shape != SHAPE_ANY; i++)
        if (a[i]->shape == SHAPE_ANY)
            r = ex_intern(c, OP_LIKE, 2, (Node *[]){r, a[i]});
    return r;
}

/* The number that all elements of a are; NULL: they differ, or a is no such thing. */
static Node *filling(Node *a)
{
    if (ex_is(a, OP_BROADCAST))
        return a->a[0];
    while (ex_is(a, OP_LIST) && a->n && a->shape != SHAPE_RAGGED) {
        for (uint32_t i = 1; i < a->n; i++)
            if (a->a[i] != a->a[0])
                return NULL;
        a = a->a[0];
    }
    return a->shape == SHAPE_SCALAR ? a : NULL;
}

/* ---- element by element --------------------------------------------------------------- */
/* The operands as they meet the last `left` axes of the shape s. */
static Node *map_axes(Ctx *c, const Pointwise *p, size_t n, Node *const *a,
                      const Shape *s, unsigned left)
{
    if (!left)
        return p->plain(c, p, n, a);
    ArenaMark m = arena_mark(&c->tmp);
    size_t len = (size_t)s->size[s->rank - left].n;
    Node **r = ARENA_NEW(&c->tmp, Node *, len + 1),
         **b = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t k = 0; r && b && k < len && !ctx_poll(c); k++) {
        for (size_t i = 0; i < n; i++)
            b[i] = shape_at(c, a[i]->shape)->rank < left ? a[i]
                                                         : a[i]->a[a[i]->n == 1 ? 0 : k];
        r[k] = map_axes(c, p, n, b, s, left - 1);
    }
    Node *list = r && b && !ctx_failed(c) ? ex_list(c, len, r) : c->poison;
    arena_release(&c->tmp, m);
    return list;
}

static Node *map_lists(Ctx *c, const Pointwise *p, size_t n, Node *const *a,
                       uint32_t shape)
{
    Shape s = *shape_at(c, shape); /* the table may grow */
    return map_axes(c, p, n, a, &s, s.rank);
}

static Node *combine(Ctx *c, const Pointwise *p, size_t n, Node *const *a);

/* Lists of elements of different shapes: of one length, with numbers beside them. */
static Node *map_ragged(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    const Node *list = NULL;
    Pointwise deeper = *p;
    for (size_t i = 0; i < n; i++) {
        if (a[i]->shape == SHAPE_SCALAR)
            continue;
        if (!ex_is(a[i], OP_LIST) || (list && list->n != a[i]->n))
            return shape_error(c, list ? list->shape : SHAPE_RAGGED, a[i]->shape,
                               p->what);
        list = a[i];
    }
    if (++deeper.depth > DEEPEST)
        return ctx_error(c, LBZ_LIMIT, NULL, "lists are nested too deeply");
    Node **r = ARENA_NEW(ctx_arena(c), Node *, list->n + 1u),
         **b = ARENA_NEW(ctx_arena(c), Node *, n + 1);
    for (uint32_t k = 0; r && b && k < list->n && !ctx_poll(c); k++) {
        for (size_t i = 0; i < n; i++)
            b[i] = ex_is(a[i], OP_LIST) ? a[i]->a[k] : a[i];
        r[k] = combine(c, &deeper, n, b);
    }
    return r && b && !ctx_failed(c) ? ex_list(c, list->n, r) : c->poison;
}

/* ---- what is not written out ---------------------------------------------------------- */
static bool is_listed(const Node *a) { return ex_is(a, OP_LIST) || !a->shape; }

/* The lists of a sum or product become one, with the numbers beside them when there is a list,
 * behind all else. Returns how many operands there are then. */
static size_t gather_lists(Ctx *c, const Pointwise *p, size_t n, Node **a)
{
    size_t m = 0, k = 0;
    bool any = false;
    Node **listed = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; i < n; i++)
        any = any || ex_is(a[i], OP_LIST);
    for (size_t i = 0; any && listed && i < n; i++)
        if (is_listed(a[i]))
            listed[k++] = a[i];
        else
            a[m++] = a[i];
    if (k > 1)
        listed[0] = map_lists(c, p, k, listed, common_shape(c, p, k, listed));
    if (k)
        a[m++] = listed[0];
    return any ? m : n;
}

/* 2*[1, 2] or [1, 2]^2, as like terms and factors come together: carried out. */
static Node *carried_out(Ctx *c, Node *a)
{
    if (ex_is(a, OP_SCALE) && ex_is(a->a[1], OP_LIST))
        return ex_scale(c, a->a[0]->num, a->a[1]);
    return ex_is(a, OP_POW) && ex_is(a->a[0], OP_LIST) && is_listed(a->a[1])
               ? ex_pow(c, a->a[0], a->a[1])
               : a;
}

/* a*[1, 2] + x and the like: what the terms or factors of a sum or product came to holds numbers
 * and lists, which are combined. */
static Node *combine_listed(Ctx *c, const Pointwise *p, Node *r)
{
    unsigned lists = 0, numbers = 0;
    bool changed = false;
    if (!p->gathers)
        return r;
    if (r->op != OP_ADD && r->op != OP_MUL)
        return carried_out(c, r);
    Node **a = ARENA_NEW(&c->tmp, Node *, r->n);
    for (uint32_t i = 0; a && i < r->n; i++) {
        a[i] = carried_out(c, r->a[i]);
        changed = changed || a[i] != r->a[i];
        lists += ex_is(a[i], OP_LIST);
        numbers += !a[i]->shape;
    }
    if (!a || (!changed && (!lists || lists + numbers < 2)))
        return a ? r : c->poison;
    size_t m = gather_lists(c, p, r->n, a);
    return ctx_failed(c) ? c->poison : p->plain(c, p, m, a);
}

static Node *combine_symbols(Ctx *c, const Pointwise *p, size_t n, Node **a)
{
    for (size_t i = 0; i < n; i++) {
        Node *fill = filling(a[i]);
        a[i] = fill ? fill : a[i];
    }
    size_t m = p->gathers ? gather_lists(c, p, n, a) : n;
    Node *r = ctx_failed(c) ? c->poison : p->plain(c, p, m, a);
    return ctx_failed(c) ? c->poison : combine_listed(c, p, r);
}

/* Where shapes are known when a procedure runs only. Lists stay as they are: what they stand beside
 * may be one. */
static Node *combine_any(Ctx *c, const Pointwise *p, size_t n, Node **a)
{
    Node *r = p->plain(c, p, n, a);
    return ctx_failed(c) ? c->poison : like_operands(c, r, n, a);
}

/* Without the marks that make vectors rows; they stand at the last axis, as rows do. */
static Node *combine_rows(Ctx *c, const Pointwise *p, size_t n, Node *const *a,
                          uint32_t shape)
{
    ArenaMark mark = arena_mark(&c->tmp);
    Node **b = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; b && i < n; i++)
        b[i] = ex_is(a[i], OP_ROW) ? a[i]->a[0] : a[i];
    Node *r = b ? combine(c, p, n, b) : c->poison;
    if (shape_is_row(c, shape))
        r = ex_row(c, r);
    arena_release(&c->tmp, mark);
    return r;
}

/* Operands without what only broadcasts them. */
static Node *combine_tensors(Ctx *c, const Pointwise *p, size_t n, Node **a,
                             uint32_t shape)
{
    bool listed = true, any = false, fills = true;
    for (size_t i = 0; i < n; i++) {
        if (ex_is(a[i], OP_BROADCAST))
            a[i] = a[i]->a[0];
        listed = listed && is_listed(a[i]);
        any = any || ex_is(a[i], OP_LIST);
        fills = fills && filling(a[i]);
    }
    if (listed && any && !fills && shape_count(c, shape) >= 0)
        return map_lists(c, p, n, a, shape);
    Node *r = combine_symbols(c, p, n, a);
    if (ctx_failed(c) || r->shape == shape)
        return r;
    return listed && any ? ex_fill(c, r, shape) : ex_broadcast(c, r, shape);
}

static Node *combine(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    uint32_t shape = common_shape(c, p, n, a);
    bool rows = false;
    if (shape == SHAPE_NONE)
        return c->poison;
    if (shape == SHAPE_SCALAR)
        return p->plain(c, p, n, a);
    if (shape == SHAPE_RAGGED)
        return map_ragged(c, p, n, a);
    for (size_t i = 0; i < n; i++)
        rows = rows || ex_is(a[i], OP_ROW);
    if (rows)
        return combine_rows(c, p, n, a, shape);
    ArenaMark mark = arena_mark(&c->tmp);
    Node **b = ARENA_NEW(&c->tmp, Node *, n + 1), *r = c->poison;
    if (b) {
        memcpy(b, a, n * sizeof *b);
        r = shape == SHAPE_ANY ? combine_any(c, p, n, b)
                               : combine_tensors(c, p, n, b, shape);
    }
    arena_release(&c->tmp, mark);
    return r;
}

/* ---- the operations ------------------------------------------------------------------- */
static Node *plain_sum(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    (void)p;
    return n == 2 ? ex_plain_add2(c, a[0], a[1]) : ex_plain_add(c, n, a);
}

static Node *plain_product(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    (void)p;
    return n == 2 ? ex_plain_mul2(c, a[0], a[1]) : ex_plain_mul(c, n, a);
}

static Node *plain_multiple(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    (void)n;
    return ex_plain_scale(c, p->k, a[0]);
}

static Node *plain_power(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    (void)p, (void)n;
    return ex_plain_pow(c, a[0], a[1]);
}

static Node *plain_function(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    return ex_plain_fn(c, p->op, n, a);
}

Node *ex_condition(Ctx *c, Node *a)
{
    if (a->shape || ex_is_condition(a))
        return a;
    return ex_is(a, OP_IF) && a->a[1] == c->one && a->a[2] == c->zero
               ? a->a[0]
               : ex_compare(c, OP_NE, a, c->zero);
}

/* Comparisons and connectives, element by element 0 or 1; `if`, sums over a range. */
static Node *plain_rest(Ctx *c, const Pointwise *p, size_t n, Node *const *a)
{
    bool logic = p->op == OP_AND || p->op == OP_OR || p->op == OP_NOT;
    if (!logic && p->op != OP_IF) {
        Node *r = ex_plain_rest(c, p->op, n, a);
        return r->shape || r->op < OP_LT || r->op > OP_FALSE
                   ? r
                   : ex_if(c, r, c->one, c->zero);
    }
    Node **b = ARENA_NEW(&c->tmp, Node *, n);
    for (size_t i = 0; b && i < n; i++)
        b[i] = logic || i == 0 ? ex_condition(c, a[i]) : a[i];
    Node *r = b ? ex_plain_rest(c, p->op, n, b) : c->poison;
    return logic && !r->shape && !ctx_failed(c) ? ex_if(c, r, c->one, c->zero) : r;
}

Node *ex_shaped_sum(Ctx *c, size_t n, Node *const *a)
{
    Pointwise p = {.plain = plain_sum, .what = "a sum", .gathers = true};
    return combine(c, &p, n, a);
}

Node *ex_shaped_product(Ctx *c, size_t n, Node *const *a)
{
    Pointwise p = {
        .plain = plain_product, .what = "a product of elements", .gathers = true};
    return combine(c, &p, n, a);
}

Node *ex_shaped_multiple(Ctx *c, Num k, Node *a)
{
    Pointwise p = {.plain = plain_multiple, .what = "a product", .k = k};
    return combine(c, &p, 1, &a);
}

Node *ex_shaped_power(Ctx *c, Node *b, Node *x)
{
    Pointwise p = {.plain = plain_power, .what = "a power of elements"};
    return combine(c, &p, 2, (Node *[]){b, x});
}

Node *ex_shaped_function(Ctx *c, Op op, size_t n, Node *const *a)
{
    Pointwise p = {.plain = plain_function, .what = op_info(op)->name, .op = op};
    if (op == OP_inv) /* of a matrix the inverse */
        return shape_is_tensor(a[0]->shape) ? ex_inverse(c, a[0])
                                            : ex_raise(c, a[0], c->minus_one);
    return combine(c, &p, n, a);
}

Node *ex_shaped_rest(Ctx *c, Op op, size_t n, Node *const *a)
{
    Pointwise p = {.plain = plain_rest, .what = op_info(op)->name, .op = op};
    return combine(c, &p, n, a);
}
