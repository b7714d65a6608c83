/* expr/elements.c - lists in lists as arrays of elements, and back. */
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/shape.h"

/* At most as deep as the rank. */
static void put_elements(Ctx *c, NodeVec *v, Node *a)
{
    for (uint32_t i = 0; ex_is(a, OP_LIST) && i < a->n; i++)
        put_elements(c, v, a->a[i]);
    if (!ex_is(a, OP_LIST))
        nodevec_push(c, v, a);
}

Node **elements_all(Ctx *c, Node *a, size_t *n)
{
    NodeVec v = {0};
    put_elements(c, &v, a);
    *n = v.n;
    return v.v;
}

bool elements_new(Ctx *c, unsigned rank, const size_t *dim, Elements *e)
{
    *e = (Elements){.rank = rank, .n = 1};
    for (unsigned i = 0; i < rank; i++)
        e->n *= e->dim[i] = dim[i];
    e->v = ARENA_NEW(&c->tmp, Node *, e->n + 1);
    return e->v != NULL;
}

bool elements_read(Ctx *c, Node *a, Elements *e)
{
    const Shape *s = shape_at(c, a->shape);
    *e = (Elements){.rank = s->rank};
    for (unsigned i = 0; i < s->rank; i++)
        e->dim[i] = (size_t)s->size[i].n;
    e->v = elements_all(c, a, &e->n);
    return !ctx_failed(c);
}

static Node *list_from(Ctx *c, const Elements *e, unsigned axis, size_t *at)
{
    if (axis == e->rank)
        return e->v[(*at)++];
    size_t n = e->dim[axis];
    ArenaMark m = arena_mark(&c->tmp);
    Node **r = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; r && i < n && !ctx_poll(c); i++)
        r[i] = list_from(c, e, axis + 1, at);
    Node *list = r && !ctx_failed(c) ? ex_list(c, n, r) : c->poison;
    arena_release(&c->tmp, m);
    return list;
}

Node *elements_list(Ctx *c, const Elements *e)
{
    size_t at = 0;
    return ctx_failed(c) ? c->poison : list_from(c, e, 0, &at);
}

/* The sizes of e when it is reduced over the axes. */
static bool reduced_new(Ctx *c, const Elements *e, unsigned axes, bool keep, Elements *r)
{
    size_t dim[SHAPE_RANK];
    unsigned rank = 0;
    for (unsigned i = 0; i < e->rank; i++)
        if (!(axes >> i & 1))
            dim[rank++] = e->dim[i];
        else if (keep)
            dim[rank++] = 1;
    return elements_new(c, rank, dim, r);
}

/* To which element of the reduction element i goes. */
static size_t reduced_index(const Elements *e, unsigned axes, size_t i)
{
    size_t to = 0, step = 1;
    for (unsigned k = e->rank; k-- > 0; i /= e->dim[k])
        if (!(axes >> k & 1)) {
            to += i % e->dim[k] * step;
            step *= e->dim[k];
        }
    return to;
}

Node *elements_reduce(Ctx *c, Node *a, unsigned axes, bool keep, ElementsFold *fold,
                      const void *arg)
{
    Elements e, r;
    Node *result = NULL;
    ArenaMark m = arena_mark(&c->tmp);
    bool ok = elements_read(c, a, &e) && reduced_new(c, &e, axes, keep, &r);
    size_t each = ok && r.n ? e.n / r.n : 0;
    Node **part = ok ? ARENA_NEW(&c->tmp, Node *, e.n + 1) : NULL;
    size_t *filled = ok ? ARENA_NEW0(&c->tmp, size_t, r.n + 1) : NULL;
    for (size_t i = 0; part && filled && i < e.n; i++) {
        size_t to = reduced_index(&e, axes, i);
        part[to * each + filled[to]++] = e.v[i];
    }
    for (size_t i = 0; part && filled && ok && i < r.n && !ctx_poll(c); i++) {
        r.v[i] = fold(c, each, part + i * each, arg);
        ok = r.v[i] != NULL;
    }
    if (part && filled && ok)
        result = elements_list(c, &r);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : result;
}

Node *elements_along(Ctx *c, Node *a, unsigned axis, ElementsMap *map, const void *arg)
{
    Elements e;
    Node *result = NULL;
    ArenaMark m = arena_mark(&c->tmp);
    bool ok = elements_read(c, a, &e);
    size_t n = ok ? e.dim[axis] : 0, step = 1;
    Node **lane = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (unsigned k = axis + 1; ok && k < e.rank; k++)
        step *= e.dim[k];
    for (size_t i = 0; ok && lane && n && i < e.n / n && !ctx_poll(c); i++) {
        Node **at = e.v + i / step * step * n + i % step;
        for (size_t k = 0; k < n; k++)
            lane[k] = at[k * step];
        ok = map(c, n, lane, arg);
        for (size_t k = 0; k < n; k++)
            at[k * step] = lane[k];
    }
    if (ok && lane)
        result = elements_list(c, &e);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : result;
}
