/* expr/reduce.c - reductions: sum, mean, prod, max, min, argmax, argmin, any, all, norm, each over some
 * axes of its one operand. Sums are contractions; the mean is made of them. */
#include "expr/attributes.h"
#include "expr/contract.h"
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- shapes --------------------------------------------------------------------------- */
static uint32_t reduced_shape(Ctx *c, uint32_t id, const char *attributes)
{
    const Shape *s = shape_at(c, id);
    unsigned axes = attr_axes(attributes, s->rank);
    Shape r = {0};
    for (unsigned i = 0; i < s->rank; i++)
        if (!(axes >> i & 1))
            r.size[r.rank++] = s->size[i];
        else if (attr_keep(attributes))
            r.size[r.rank++] = (ShapeSize){1, NULL};
    return shape_make(c, &r);
}

uint32_t shape_of_reduced(Ctx *c, const Node *n)
{
    uint32_t id = n->a[0]->shape;
    if (id == SHAPE_SCALAR || shape_is_tensor(id))
        return reduced_shape(c, id, n->name);
    return n->name ? SHAPE_ANY : SHAPE_SCALAR;
}

/* Of a matrix the place of an element is a row and a column. */
uint32_t shape_of_place(Ctx *c, const Node *n)
{
    uint32_t id = n->a[0]->shape;
    bool all =
        shape_is_tensor(id) && attr_axes(n->name, SHAPE_RANK) + 1 == 1u << SHAPE_RANK;
    if (!all || shape_at(c, id)->rank == 1)
        return shape_of_reduced(c, n);
    return shape_of_sizes(c, 1, (Node *[]){ex_int(c, shape_at(c, id)->rank)});
}

Node *row_count(Ctx *c, uint32_t shape, const char *attributes)
{
    Shape s = *shape_at(c, shape);
    unsigned axes = attr_axes(attributes, s.rank);
    Node *n = c->one;
    for (unsigned i = 0; i < s.rank; i++)
        if (axes >> i & 1)
            n = ex_mul2(c, n, shape_size_node(c, s.size[i]));
    return n;
}

/* ---- over the elements ---------------------------------------------------------------- */
static Node *reduce(Ctx *c, Node *a, const char *attributes, ElementsFold *fold,
                    const void *arg)
{
    unsigned axes = attr_axes(attributes, shape_at(c, a->shape)->rank);
    return elements_reduce(c, a, axes, attr_keep(attributes), fold, arg);
}

static Node *fold_sum(Ctx *c, size_t n, Node **v, const void *arg)
{
    (void)arg;
    return n ? ex_add(c, n, v) : c->zero;
}

static Node *fold_product(Ctx *c, size_t n, Node **v, const void *arg)
{
    (void)arg;
    return n ? ex_mul(c, n, v) : c->one;
}

static Node *no_elements(Ctx *c, Op op)
{
    return ctx_error(c, LBZ_DOMAIN, NULL, "%s of no elements", op_info(op)->name);
}

/* arg: OP_max or OP_min */
static Node *fold_extreme(Ctx *c, size_t n, Node **v, const void *arg)
{
    Op op = *(const Op *)arg;
    Node *r = n ? v[0] : no_elements(c, op);
    for (size_t i = 1; i < n && !ctx_failed(c); i++)
        r = ex_fn2(c, op, r, v[i]);
    return r;
}

/* The number of the first largest, or smallest; NULL: it cannot be told. */
static Node *fold_place(Ctx *c, size_t n, Node **v, const void *arg)
{
    Op op = *(const Op *)arg;
    size_t best = 0;
    if (!n)
        return no_elements(c, op);
    for (size_t i = 1; i < n; i++) {
        Node *a = op == OP_max ? v[best] : v[i], *b = op == OP_max ? v[i] : v[best];
        Node *less = ex_compare(c, OP_LT, a, b);
        if (!ex_is(less, OP_TRUE) && !ex_is(less, OP_FALSE))
            return ctx_failed(c) ? c->poison : NULL;
        best = ex_is(less, OP_TRUE) ? i : best;
    }
    return ex_int(c, (int64_t)best + 1);
}

/* arg: OP_OR or OP_AND */
static Node *fold_logic(Ctx *c, size_t n, Node **v, const void *arg)
{
    Op op = *(const Op *)arg;
    for (size_t i = 0; i < n; i++)
        v[i] = ex_condition(c, v[i]);
    if (!n)
        return op == OP_AND ? c->one : c->zero;
    return ex_if(c, n == 1 ? v[0] : ex_logic(c, op, n, v), c->one, c->zero);
}

/* ---- sums ----------------------------------------------------------------------------- */
/* "abc->b"; axes that are kept are those of ones: "abc,de->dbe". */
static void sum_text(char *out, unsigned rank, unsigned axes, bool keep)
{
    static const char letters[] = "abcdefghijklmnop";
    char result[SHAPE_RANK + 1];
    unsigned n = 0, k = rank;
    for (unsigned i = 0; i < rank; i++)
        if (!(axes >> i & 1))
            result[n++] = letters[i];
        else if (keep)
            result[n++] = letters[k++];
    memcpy(out, letters, rank);
    out += rank;
    if (k > rank) {
        *out++ = ',';
        memcpy(out, letters + rank, k - rank);
        out += k - rank;
    }
    memcpy(out, "->", 2);
    memcpy(out + 2, result, n);
    out[n + 2] = '\0';
}

static Node *sum_tensor(Ctx *c, const char *attributes, Node *a)
{
    char text[3 * SHAPE_RANK + 8];
    unsigned rank = shape_at(c, a->shape)->rank, axes = attr_axes(attributes, rank),
             k = 0;
    bool keep = attr_keep(attributes) && axes;
    Shape ones = {0};
    for (; k < rank; k++)
        if (axes >> k & 1)
            ones.size[ones.rank++] = (ShapeSize){1, NULL};
    sum_text(text, rank, axes, keep);
    Node *v[] = {a, keep ? ex_fill(c, c->one, shape_make(c, &ones)) : NULL};
    return ex_contract(c, text, keep ? 2 : 1, v, "sum");
}

Node *exact_total(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    if (row_is_written(a[0]))
        return reduce(c, a[0], attributes, fold_sum, NULL);
    if (a[0]->shape == SHAPE_RAGGED && !attributes) {
        size_t k;
        Node **v = elements_all(c, a[0], &k);
        return ctx_failed(c) ? c->poison : fold_sum(c, k, v, NULL);
    }
    return row_has_shape(c, a[0], "sum") ? sum_tensor(c, attributes, a[0])
           : ctx_failed(c)               ? c->poison
                                         : NULL;
}

Node *exact_mean(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    if (!row_is_written(a[0]) && !row_has_shape(c, a[0], "mean"))
        return ctx_failed(c) ? c->poison : NULL;
    Node *count = row_count(c, a[0]->shape, attributes);
    if (count == c->zero)
        return no_elements(c, OP_MEAN);
    return ex_div(c, ex_tensor(c, OP_TOTAL, attributes, n, a), count);
}

/* ---- the others ----------------------------------------------------------------------- */
Node *row_reduce(Ctx *c, const char *attributes, Node *a, ElementsFold *fold,
                 const void *arg, const char *what)
{
    if (row_is_written(a))
        return reduce(c, a, attributes, fold, arg);
    (void)row_has_shape(c, a, what);
    return ctx_failed(c) ? c->poison : NULL;
}

Node *exact_product_of(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return row_reduce(c, attributes, a[0], fold_product, NULL, "prod");
}

Node *exact_maximum(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_max;
    (void)n;
    return row_reduce(c, attributes, a[0], fold_extreme, &op, "max");
}

Node *exact_minimum(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_min;
    (void)n;
    return row_reduce(c, attributes, a[0], fold_extreme, &op, "min");
}

Node *exact_any(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_OR;
    (void)n;
    return row_reduce(c, attributes, a[0], fold_logic, &op, "any");
}

Node *exact_all(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_AND;
    (void)n;
    return row_reduce(c, attributes, a[0], fold_logic, &op, "all");
}

/* The number k of an element in the order of reading as its indices. */
static Node *indices_of(Ctx *c, int64_t k, uint32_t shape)
{
    Shape s = *shape_at(c, shape);
    Node *i[SHAPE_RANK];
    k--;
    for (unsigned axis = s.rank; axis-- > 0; k /= s.size[axis].n)
        i[axis] = ex_int(c, k % s.size[axis].n + 1);
    return ex_list(c, s.rank, i);
}

static Node *place(Ctx *c, const char *attributes, Node *a, const Op *op)
{
    bool all = !attributes && row_is_list(a) && shape_is_tensor(a->shape) &&
               shape_at(c, a->shape)->rank > 1;
    Node *r =
        row_reduce(c, attributes, a, fold_place, op, *op == OP_max ? "argmax" : "argmin");
    int64_t k;
    return all && r && ex_get_int(r, &k) ? indices_of(c, k, a->shape) : r;
}

Node *exact_argmax(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_max;
    (void)n;
    return place(c, attributes, a[0], &op);
}

Node *exact_argmin(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const Op op = OP_min;
    (void)n;
    return place(c, attributes, a[0], &op);
}

/* ---- norms ---------------------------------------------------------------------------- */
static Node *fold_norm(Ctx *c, size_t n, Node **v, const void *arg)
{
    for (size_t i = 0; i < n; i++)
        v[i] = ex_mul2(c, v[i], v[i]);
    return n ? ex_sqrt(c, fold_sum(c, n, v, arg)) : c->zero;
}

/* The norm of order p; only that of order 2 is a node. */
static Node *norm_of_order(Ctx *c, const char *rest, Node *p, Node *a)
{
    if (p == c->zero)
        return ctx_error(c, LBZ_DOMAIN, "p is a number above 0, or inf",
                         "there is no norm of order 0");
    if (ex_is_rat(p, 2, 1)) {
        if (shape_has_rank(c, a->shape, 2) && !rest)
            ctx_note(c, "norm(A, 2) is of the elements; opnorm(A) is the largest "
                        "singular value");
        return ex_tensor(c, OP_NORM, rest, 1, &a);
    }
    Node *size = ex_fn1(c, OP_abs, a);
    if (p == c->one || p == c->inf)
        return ex_tensor(c, p == c->one ? OP_TOTAL : OP_MAXIMUM, rest, 1, &size);
    size = ex_pow(c, size, p);
    return ex_pow(c, ex_tensor(c, OP_TOTAL, rest, 1, &size), ex_div(c, c->one, p));
}

/* norm(x, p): p becomes an attribute. */
static Node *norm_by_operand(Ctx *c, const char *attributes, Node *const *a)
{
    Attribute p = {"p", 1, a[1]};
    const char *text = attr_write(c, OP_NORM, 1, &p);
    Str s = {0};
    if (!text)
        return c->poison;
    str_puts(&s, text + 2);
    text = attr_with(c, attributes, "p", str_cstr(&s));
    str_free(&s);
    return ex_tensor(c, OP_NORM, text, 1, a);
}

Node *exact_norm(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    if (n == 2)
        return norm_by_operand(c, attributes, a);
    Node *p = attr_number(c, attributes, "p");
    if (p && (row_is_written(a[0]) || row_has_shape(c, a[0], "norm")))
        return norm_of_order(c, attr_with(c, attributes, "p", NULL), p, a[0]);
    if (a[0]->shape == SHAPE_RAGGED && !attributes) {
        size_t k;
        Node **v = elements_all(c, a[0], &k);
        return ctx_failed(c) ? c->poison : fold_norm(c, k, v, NULL);
    }
    if (!p && ex_is_num(a[0]))
        return ex_fn1(c, OP_abs, a[0]);
    return row_reduce(c, attributes, a[0], fold_norm, NULL, "norm");
}
