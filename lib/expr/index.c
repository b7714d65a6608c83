/* expr/index.c - elements and parts of tensors: A[i, j], A[2:3, :], x[[3, 1]]; ranges a:b as values.
 *
 * Each index belongs to one axis; axes without one are taken whole. A number drops its axis, a range or
 * a list of numbers keeps it. Numbers below 0 count from the end where the index stands in the text or
 * is put in; in nodes of tensors with known shapes all are resolved. Ranges in an index are RANGE nodes
 * with both ends; ranges that are values are SEQUENCE nodes until their ends are numbers.
 */
#include "expr/attributes.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- ranges --------------------------------------------------------------------------- */
static Node *step_of(const Ctx *c, const Node *r) { return r->n == 3 ? r->a[1] : c->one; }

/* How many numbers a:step:b has. */
static Node *range_count(Ctx *c, const Node *r)
{
    Node *step = step_of(c, r), *k = ex_div(c, ex_sub(c, r->a[r->n - 1], r->a[0]), step);
    if (ctx_failed(c))
        return c->poison;
    if (step != c->one && step != c->minus_one)
        k = ex_fn1(c, OP_floor, k);
    k = ex_add2(c, k, c->one);
    return ex_is_num(k) && num_sgn(k->num) < 0 ? c->zero : k;
}

static bool range_is_known(const Node *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        if (!ex_is_num(r->a[i]))
            return false;
    return true;
}

/* The numbers of a range that is known; *n: how many. NULL with the error. */
static Node **range_elements(Ctx *c, const Node *r, size_t *n)
{
    enum { MOST = 1000000 };
    Node *step = step_of(c, r);
    int64_t k;
    if (step == c->zero) {
        row_wrong(c, "write a:b, or a:step:b", "a range with step 0 has no end");
        return NULL;
    }
    if (!ex_get_int(range_count(c, r), &k) || k > MOST) {
        ctx_error(c, LBZ_LIMIT, NULL, "the range has more than %d elements", MOST);
        return NULL;
    }
    Node **t = ARENA_NEW(&c->tmp, Node *, (size_t)k + 1);
    for (int64_t i = 0; t && i < k && !ctx_poll(c); i++)
        t[i] = ex_add2(c, r->a[0], ex_mul2(c, ex_int(c, i), step));
    *n = (size_t)k;
    return ctx_failed(c) ? NULL : t;
}

uint32_t shape_of_sequence(Ctx *c, const Node *n)
{
    Node *k = range_count(c, n);
    return shape_of_sizes(c, 1, &k);
}

Node *exact_sequence(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    for (size_t i = 0; i < n; i++)
        if (a[i]->shape)
            return row_wrong(c, "write 1:5", "the ends of a range are numbers");
    Node *r = ex_structural(c, OP_RANGE, n, a), **t;
    size_t k = 0;
    if (ctx_failed(c) || !range_is_known(r)) {
        (void)range_count(c, r); /* the shape's nodes are made before the node */
        return NULL;
    }
    ArenaMark m = arena_mark(&c->tmp);
    t = range_elements(c, r, &k);
    Node *list = t ? ex_list(c, k, t) : c->poison;
    arena_release(&c->tmp, m);
    return list;
}

/* ---- one index ------------------------------------------------------------------------ */
static Node *no_index(Ctx *c, const Node *index, ShapeSize size)
{
    Str s = {0};
    bool zero = index == c->zero;
    num_print(&s, index->num);
    if (!ex_is_int(index))
        row_wrong(c, "elements are counted from 1", "an index is a whole number");
    else if (zero)
        ctx_error(c, LBZ_DOMAIN, "the first is x[1], the last x[-1] or x[end]",
                  "elements are counted from 1");
    else
        ctx_error(c, LBZ_DOMAIN, "elements are counted from 1",
                  "the index %s is not one of 1 ... %lld", str_cstr(&s),
                  (long long)size.n);
    str_free(&s);
    return c->poison;
}

/* A number as an index of an axis of that size: below 0 from the end. Poison with the error. */
static Node *resolve_number(Ctx *c, Node *index, ShapeSize size)
{
    int64_t i;
    if (!ex_is_num(index))
        return index;
    if (!ex_get_int(index, &i) || i == 0)
        return no_index(c, index, size);
    if (i < 0) {
        Node *r = ex_add2(c, shape_size_node(c, size), ex_int(c, i + 1));
        return ex_get_int(r, &i) && i < 1 ? no_index(c, index, size) : r;
    }
    return !size.e && i > size.n ? no_index(c, index, size) : index;
}

/* An end of a range: below 0 from the end of the axis. */
static Node *from_end(Ctx *c, Node *e, ShapeSize size)
{
    return ex_is_num(e) && num_sgn(e->num) < 0
               ? ex_add(c, 3, (Node *[]){shape_size_node(c, size), e, c->one})
               : e;
}

/* Ends that are numbers are elements; but a range may be empty, and end before it begins. */
static Node *resolve_range(Ctx *c, Node *r, ShapeSize size)
{
    uint32_t last = r->n - 1;
    Node *b[3] = {from_end(c, r->a[0], size), r->a[1]};
    b[last] = from_end(c, r->a[last], size);
    Node *q = ctx_failed(c) ? c->poison : ex_structural(c, OP_RANGE, r->n, b);
    Node *count =
        ctx_failed(c) ? c->poison : range_count(c, q); /* for the node's shape */
    if (ctx_failed(c) || count == c->zero)
        return q;
    (void)resolve_number(c, b[0], size);
    (void)resolve_number(c, b[last], size);
    return q;
}

static Node *resolve_list(Ctx *c, Node *list, ShapeSize size)
{
    Node **v = ARENA_NEW(ctx_arena(c), Node *, list->n + 1u);
    bool same = true;
    for (uint32_t i = 0; v && i < list->n && !ctx_poll(c); i++) {
        if (list->a[i]->shape)
            return row_wrong(c, "write A[[2, 1], :]", "an index is a list of numbers");
        v[i] = resolve_number(c, list->a[i], size);
        same = same && v[i] == list->a[i];
    }
    return ctx_failed(c) ? c->poison : same ? list : ex_list(c, list->n, v);
}

static Node *resolve(Ctx *c, Node *index, ShapeSize size)
{
    if (ex_is(index, OP_RANGE))
        return resolve_range(c, index, size);
    if (ex_is(index, OP_LIST))
        return resolve_list(c, index, size);
    if (shape_is_tensor(index->shape) && !shape_has_rank(c, index->shape, 1))
        return row_wrong(c, "write A[[2, 1], :]",
                         "an index is a number or a list of them");
    return resolve_number(c, index, size);
}

static bool is_whole(Ctx *c, const Node *index, ShapeSize size)
{
    return ex_is(index, OP_RANGE) && index->n == 2 && index->a[0] == c->one &&
           index->a[1] == shape_size_node(c, size);
}

/* ---- elements that are written out ---------------------------------------------------- */
static bool is_number(const Node *index) { return ex_is_int(index); }

/* Is the index made of numbers? */
static bool is_known(const Node *index)
{
    if (ex_is(index, OP_LIST)) {
        for (uint32_t i = 0; i < index->n; i++)
            if (!is_number(index->a[i]))
                return false;
        return true;
    }
    return is_number(index) || (ex_is(index, OP_RANGE) && range_is_known(index));
}

/* The places that an index which is known chooses, counted from 0, in the tmp arena. */
static size_t *places(Ctx *c, const Node *index, size_t *n)
{
    Node **v = (Node **)index->a;
    *n = index->n;
    if (ex_is(index, OP_RANGE))
        v = range_elements(c, index, n);
    size_t *p = v ? ARENA_NEW(&c->tmp, size_t, *n + 1) : NULL;
    for (size_t i = 0; p && i < *n; i++) {
        int64_t k = 1;
        (void)ex_get_int(v[i], &k);
        p[i] = (size_t)k - 1;
    }
    return p;
}

static size_t place(const Node *index)
{
    int64_t k = 1;
    (void)ex_get_int(index, &k);
    return (size_t)k - 1;
}

/* As deep as there are axes. */
static Node *take(Ctx *c, Node *v, size_t n, Node *const *index)
{
    if (!n)
        return v;
    if (is_number(index[0]))
        return take(c, v->a[place(index[0])], n - 1, index + 1);
    ArenaMark m = arena_mark(&c->tmp);
    size_t k = 0, *p = places(c, index[0], &k);
    Node **t = p ? ARENA_NEW(&c->tmp, Node *, k + 1) : NULL;
    for (size_t i = 0; t && i < k && !ctx_poll(c); i++)
        t[i] = take(c, v->a[p[i]], n - 1, index + 1);
    Node *r = t && !ctx_failed(c) ? ex_list(c, k, t) : c->poison;
    arena_release(&c->tmp, m);
    return r;
}

/* ---- all indices ---------------------------------------------------------------------- */
/* Of a list whose elements have different shapes, or of what may be one. */
static Node *index_ragged(Ctx *c, size_t n, Node *const *index, Node *v)
{
    for (size_t k = 0; k < n; k++) {
        if (!row_is_list(v))
            return row_wrong(c, NULL, "there are more indices than axes");
        Node *i = resolve_number(c, index[k], (ShapeSize){v->n, NULL});
        if (ctx_failed(c))
            return c->poison;
        if (!is_number(i))
            return ex_is_num(i) || i->shape || ex_is(i, OP_RANGE)
                       ? row_wrong(c, NULL, "an index of such a list is a number")
                       : NULL;
        v = v->a[place(i)];
    }
    return v;
}

static Node *too_many(Ctx *c, uint32_t shape, size_t n)
{
    Str s = {0};
    shape_print(c, &s, shape);
    ctx_error(c, LBZ_SHAPE, "one index for each axis", "%zu indices for the shape %s", n,
              str_cstr(&s));
    str_free(&s);
    return c->poison;
}

/* Of a row: the last index is of its elements; one before it is 1 or a range. */
static Node *index_row(Ctx *c, size_t n, Node *const *index, Node *row)
{
    Node *v = ex_is(row, OP_ROW) ? row->a[0] : ex_transpose(c, row);
    if (n > 2)
        return too_many(c, row->shape, n);
    Node *first = n == 2 ? resolve(c, index[0], (ShapeSize){1, NULL}) : NULL;
    Node *b[2] = {v, index[n - 1]},
         *r = ctx_failed(c) ? c->poison : ex_tensor(c, OP_INDEX, NULL, 2, b);
    bool keeps = n == 1 || ex_is(first, OP_RANGE);
    return shape_is_vector(c, r->shape) && keeps && !ctx_failed(c) ? ex_row(c, r) : r;
}

/* The indices resolved, as far as they choose anything: how many; b[] gets them. */
static size_t resolve_all(Ctx *c, const Shape *s, size_t n, Node *const *index, Node **b)
{
    for (size_t k = 0; k < n && !ctx_failed(c); k++)
        b[k] = resolve(c, index[k], s->size[k]);
    while (n && !ctx_failed(c) && is_whole(c, b[n - 1], s->size[n - 1]))
        n--;
    return n;
}

/* Of tensors one behind the other the one that a number chooses, and of that the rest of the indices. */
static Node *index_of_stack(Ctx *c, size_t k, Node **b)
{
    int64_t i = 1;
    (void)ex_get_int(b[1], &i);
    b[1] = b[0]->a[i - 1];
    return k == 1 ? b[1] : ex_tensor(c, OP_INDEX, NULL, k, b + 1);
}

Node *exact_index(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *v = a[0], *b[SHAPE_RANK + 1] = {v};
    (void)attributes;
    if (ex_is_num(v))
        return row_wrong(c, NULL, "a number has no elements");
    if (v->shape == SHAPE_RAGGED)
        return row_is_list(v) ? index_ragged(c, n - 1, a + 1, v) : NULL;
    if (!shape_is_tensor(v->shape))
        return NULL;
    if (shape_is_row(c, v->shape))
        return index_row(c, n - 1, a + 1, v);
    Shape s = *shape_at(c, v->shape);
    if (n - 1 > s.rank)
        return too_many(c, v->shape, n - 1);
    size_t k = resolve_all(c, &s, n - 1, a + 1, b + 1);
    if (ctx_failed(c))
        return c->poison;
    if (ex_is(v, OP_STACK) && k && ex_is_num(b[1]))
        return index_of_stack(c, k, b);
    bool known = row_is_list(v) || ex_is(v, OP_EYE);
    for (size_t i = 1; known && i <= k; i++)
        known = is_known(b[i]);
    if (known && ex_is(v, OP_EYE)) /* written out where it is small */
        v = ex_tensor(c, OP_EYE, NULL, v->n, v->a);
    known = known && row_is_list(v);
    if (!k || known)
        return take(c, v, k, b + 1);
    bool same = k == n - 1;
    for (size_t i = 1; same && i <= k; i++)
        same = b[i] == a[i];
    return same ? NULL : row_intern(c, OP_INDEX, NULL, k + 1, b);
}

/* The size of the axis that the index keeps; false: it drops it, or (shape ANY) nobody knows. */
static bool kept_size(Ctx *c, const Node *index, ShapeSize *size, bool *unknown)
{
    int64_t k;
    if (ex_is(index, OP_RANGE)) {
        Node *e = range_count(c, index);
        *size = ex_get_int(e, &k) ? (ShapeSize){k, NULL} : (ShapeSize){0, e};
        return true;
    }
    *unknown = *unknown || index->shape == SHAPE_ANY;
    if (!shape_is_tensor(index->shape))
        return false;
    *size = shape_at(c, index->shape)->size[0];
    return true;
}

uint32_t shape_of_index(Ctx *c, const Node *n)
{
    uint32_t id = n->a[0]->shape;
    if (!shape_is_tensor(id))
        return id == SHAPE_SCALAR ? SHAPE_SCALAR : SHAPE_ANY;
    Shape from = *shape_at(c, id), to = {0};
    bool unknown = false;
    for (unsigned k = 0; k < from.rank; k++) {
        bool given = k + 1 < n->n;
        to.size[to.rank] = from.size[k];
        to.rank = (uint8_t)(to.rank + (!given || kept_size(c, n->a[k + 1],
                                                           &to.size[to.rank], &unknown)));
    }
    memset(to.size + to.rank, 0, (SHAPE_RANK - to.rank) * sizeof *to.size);
    return unknown ? SHAPE_ANY : shape_make(c, &to);
}

/* ---- conditions as indices ------------------------------------------------------------ */
uint32_t shape_of_positions(Ctx *c, const Node *n)
{
    (void)c, (void)n; /* how many hold, their values tell */
    return SHAPE_ANY;
}

/* Where a list of 0 and 1 is not 0, counted from 1. */
Node *exact_positions(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    const Node *v = a[0];
    size_t k = 0;
    (void)attributes, (void)n;
    if (shape_is_tensor(v->shape) && !shape_is_vector(c, v->shape))
        return row_wrong(c, "write A[A[:,1] > 0, :]",
                         "conditions in an index are a vector, one for each element");
    if (!row_is_list(v))
        return NULL;
    for (uint32_t i = 0; i < v->n; i++)
        if (!ex_is_num(v->a[i]))
            return NULL;
    ArenaMark m = arena_mark(&c->tmp);
    Node **t = ARENA_NEW(&c->tmp, Node *, v->n + 1u);
    for (uint32_t i = 0; t && i < v->n; i++)
        if (v->a[i] != c->zero)
            t[k++] = ex_int(c, i + 1);
    Node *r = t ? ex_list(c, k, t) : c->poison;
    arena_release(&c->tmp, m);
    return r;
}

/* ---- storing -------------------------------------------------------------------------- */
/* e in the place of v, element by element where v is a list. */
static Node *fill_like(Ctx *c, Node *v, Node *e)
{
    if (!row_is_list(v) || v->shape == e->shape || !shape_is_tensor(v->shape))
        return e;
    if (shape_broadcast(c, v->shape, e->shape) != v->shape)
        return shape_error(c, v->shape, e->shape, "an assignment");
    return ex_fill(c, e, v->shape);
}

/* How many axes of v the indices keep. */
static unsigned kept_axes(Ctx *c, const Node *v, size_t n, Node *const *index)
{
    unsigned kept = shape_is_tensor(v->shape) ? shape_at(c, v->shape)->rank : 0;
    for (size_t i = 0; i < n; i++)
        kept -= kept && is_number(index[i]);
    return kept;
}

static Node *store(Ctx *c, Node *v, size_t n, Node *const *index, Node *e)
{
    if (!n)
        return fill_like(c, v, e);
    ArenaMark m = arena_mark(&c->tmp);
    bool one = is_number(index[0]);
    size_t k = 1, single = one ? place(index[0]) : 0,
           *p = one ? &single : places(c, index[0], &k);
    Node **t = p ? ARENA_NEW(&c->tmp, Node *, v->n + 1u) : NULL;
    bool parts = !one && row_is_list(e) && shape_is_tensor(e->shape) &&
                 shape_at(c, e->shape)->rank == kept_axes(c, v, n, index);
    if (parts && e->n != k && e->n != 1) {
        arena_release(&c->tmp, m);
        return ctx_error(c, LBZ_SHAPE, NULL, "%u elements for %zu places", e->n, k);
    }
    if (t)
        memcpy(t, v->a, v->n * sizeof *t);
    for (size_t i = 0; t && i < k && !ctx_poll(c); i++)
        t[p[i]] =
            store(c, t[p[i]], n - 1, index + 1, parts ? e->a[e->n == 1 ? 0 : i] : e);
    Node *r = t && !ctx_failed(c) ? ex_list(c, v->n, t) : c->poison;
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_store(Ctx *c, Node *v, size_t n, Node *const *index, Node *e)
{
    Node *b[SHAPE_RANK], *at = v;
    if (n > SHAPE_RANK)
        return row_wrong(c, NULL, "there are more indices than axes");
    for (size_t k = 0; k < n; k++) {
        if (ex_is(at, OP_DATA))
            return ctx_error(
                c, LBZ_UNABLE, "assign inside a function of statements",
                "an array of many numbers has no elements that are formulas");
        if (!row_is_list(at))
            return row_wrong(c, NULL,
                             k ? "there are more indices than axes"
                               : "a number has no elements");
        b[k] = resolve(c, index[k], (ShapeSize){at->n, NULL});
        if (ctx_failed(c))
            return c->poison;
        if (!is_known(b[k]))
            return row_wrong(c, NULL, "an index is a number");
        at = at->n ? at->a[is_number(b[k]) ? place(b[k]) : 0] : c->zero;
    }
    return store(c, v, n, b, e);
}
