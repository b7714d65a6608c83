/* expr/lists.c - functions of lists of formulas. */
#include "expr/lists.h"

enum { DEEP = 16 };

static Node *shape_error(Ctx *c, const char *hint, const char *what)
{
    return ctx_error(c, LBZ_SHAPE, hint, "%s", what);
}

/* The element that index chooses; NULL when it is no number. */
static Node *const *list_element(Ctx *c, Node *const *list, const Node *index)
{
    int64_t i;
    if (!ex_is(*list, OP_LIST)) {
        shape_error(c, NULL, "a number has no elements");
        return NULL;
    }
    if (!ex_get_int(index, &i)) {
        if (ex_is_num(index))
            shape_error(c, "elements are counted from 1", "an index is a whole number");
        return NULL;
    }
    if (i < 1 || i > (int64_t)(*list)->n) {
        ctx_error(c, LBZ_DOMAIN, "elements are counted from 1",
                  "the index %lld is not one of 1 ... %u", (long long)i, (*list)->n);
        return NULL;
    }
    return &(*list)->a[i - 1];
}

static Node *list_index(Ctx *c, size_t n, Node *const *a)
{
    Node *const *v = &a[0];
    for (size_t k = 1; k < n && v; k++) {
        if (!ex_is(*v, OP_LIST) && k == 1)
            return ex_is_num(*v) ? shape_error(c, NULL, "a number has no elements")
                                 : NULL;
        v = list_element(c, v, a[k]);
    }
    return v ? *v : ctx_failed(c) ? c->poison : NULL;
}

/* The sum of the products of all elements of u and v. */
static Node *sum_of_products(Ctx *c, Node *u, Node *v, unsigned depth)
{
    if (!ex_is(u, OP_LIST) && !ex_is(v, OP_LIST))
        return ex_mul2(c, u, v);
    if (!ex_is(u, OP_LIST) || !ex_is(v, OP_LIST) || u->n != v->n || depth > DEEP)
        return shape_error(c, NULL, "dot() needs two lists of one length");
    Node **t = ARENA_NEW(ctx_arena(c), Node *, u->n + 1u);
    for (uint32_t i = 0; t && i < u->n; i++)
        t[i] = sum_of_products(c, u->a[i], v->a[i], depth + 1);
    return t ? ex_add(c, u->n, t) : c->poison;
}

static Node *sum_of_elements(Ctx *c, Node *v, unsigned depth)
{
    if (!ex_is(v, OP_LIST))
        return v;
    Node **t = ARENA_NEW(ctx_arena(c), Node *, v->n + 1u);
    for (uint32_t i = 0; t && i < v->n && depth < DEEP; i++)
        t[i] = sum_of_elements(c, v->a[i], depth + 1);
    return t && depth < DEEP ? ex_add(c, v->n, t) : c->poison;
}

static Node *list_of_zeros(Ctx *c, size_t n, Node *const *a)
{
    Node *r = c->zero;
    for (size_t k = n; k-- > 0;) {
        int64_t m;
        if (!ex_is_num(a[k]))
            return NULL;
        if (!ex_get_int(a[k], &m) || m < 0 || m > 1000000)
            return shape_error(c, "write zeros(3)",
                               "zeros() needs whole numbers from 0 on");
        Node **t = ARENA_NEW(ctx_arena(c), Node *, (size_t)m + 1);
        for (int64_t i = 0; t && i < m; i++)
            t[i] = r;
        r = t ? ex_list(c, (size_t)m, t) : c->poison;
    }
    return r;
}

Node *list_function(Ctx *c, Op op, size_t n, Node *const *a)
{
    bool list = ex_is(a[0], OP_LIST);
    switch ((int)op) {
    case OP_INDEX: return list_index(c, n, a);
    case OP_ZEROS: return list_of_zeros(c, n, a);
    case OP_TOTAL:
        return list ? sum_of_elements(c, a[0], 0) : ex_is_num(a[0]) ? a[0] : NULL;
    case OP_LENGTH: return list ? ex_int(c, a[0]->n) : NULL;
    case OP_DOT:
        return list && ex_is(a[1], OP_LIST) ? sum_of_products(c, a[0], a[1], 0) : NULL;
    case OP_NORM:
        if (ex_is_num(a[0]))
            return ex_fn1(c, OP_abs, a[0]);
        return list ? ex_sqrt(c, sum_of_products(c, a[0], a[0], 0)) : NULL;
    default: return NULL;
    }
}

static Node *map_elements(Ctx *c, const Node *n, Node *const *a, unsigned depth)
{
    const Node *list = NULL;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!ex_is(a[i], OP_LIST))
            continue;
        if ((list && list->n != a[i]->n) || depth > DEEP)
            return shape_error(c, "they are combined element by element",
                               "lists of different sizes are combined");
        list = a[i];
    }
    if (!list)
        return ex_rebuild(c, n, a);
    Arena *m = ctx_arena(c);
    Node **r = ARENA_NEW(m, Node *, list->n + 1u), **b = ARENA_NEW(m, Node *, n->n + 1u);
    for (uint32_t k = 0; r && b && k < list->n; k++) {
        for (uint32_t i = 0; i < n->n; i++)
            b[i] = ex_is(a[i], OP_LIST) ? a[i]->a[k] : a[i];
        r[k] = map_elements(c, n, b, depth + 1);
    }
    return r && b ? ex_list(c, list->n, r) : c->poison;
}

Node *list_rebuild(Ctx *c, const Node *n, Node *const *a)
{
    if (ex_is(n, OP_LIST) || ex_is(n, OP_APPLY) || n->n == 0 || ex_is_num(n))
        return ex_rebuild(c, n, a);
    return map_elements(c, n, a, 0);
}

Node *list_store(Ctx *c, Node *v, size_t n, Node *const *index, Node *e)
{
    if (n == 0)
        return e;
    Node *const *old = list_element(c, &v, index[0]);
    Node **t = old ? ARENA_NEW(ctx_arena(c), Node *, v->n) : NULL;
    if (!t)
        return ctx_failed(c) ? c->poison : shape_error(c, NULL, "an index is a number");
    memcpy(t, v->a, v->n * sizeof *t);
    t[old - v->a] = list_store(c, *old, n - 1, index + 1, e);
    return ex_list(c, v->n, t);
}
