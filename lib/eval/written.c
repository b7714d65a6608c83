/* eval/written.c - derivatives by tensors at a point with their elements written out, by the rule for
 * kinks: where the formula has no value, as x/norm(x) at 0, or has kinks, each element gets a symbol of
 * its own, and the partials are those of partial.c.
 */
#include "eval/task.h"
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"

enum { MOST = 100 };

typedef struct {
    Ctx *c;
    At at;        /* the names that stay, and all elements of the others */
    SymList own;  /* its names */
    Node *f;      /* over elements */
    Node *names;  /* a LIST, of tensors and numbers */
    uint32_t *in; /* the elements of all names, one after the other */
    uint32_t *shape;
    size_t *first; /* where those of each name begin */
    size_t n;
} Written;

static Node *nest(Ctx *c, const Shape *s, unsigned axis, Node *const **v)
{
    if (axis == s->rank)
        return *(*v)++;
    size_t n = (size_t)s->size[axis].n;
    Node **r = ARENA_NEW(ctx_arena(c), Node *, n + 1);
    for (size_t i = 0; r && i < n; i++)
        r[i] = nest(c, s, axis + 1, v);
    return r ? ex_list(c, n, r) : c->poison;
}

/* v[] as a list of that shape. */
static Node *nested(Ctx *c, uint32_t shape, Node *const *v)
{
    Shape s = *shape_at(c, shape);
    return nest(c, &s, 0, &v);
}

/* The elements of lists in lists. False: some are not written out. */
static bool flatten(Ctx *c, Node *a, NodeVec *v)
{
    bool ok = true;
    if (!ex_is(a, OP_LIST)) {
        nodevec_push(c, v, a);
        return !a->shape;
    }
    for (uint32_t i = 0; ok && i < a->n; i++) /* as deep as the rank */
        ok = flatten(c, a->a[i], v);
    return ok;
}

/* The name becomes symbols for its elements, which have the elements of `value` as values. */
static bool open_name(Written *w, const At *from, size_t i, Node *value, Node **by)
{
    Ctx *c = w->c;
    NodeVec e = {0};
    if (!flatten(c, value, &e) || w->n + e.n > MOST)
        return false;
    w->first[i] = w->n;
    w->shape[i] = value->shape;
    Node **sym = ARENA_NEW(&c->tmp, Node *, e.n + 1);
    for (size_t k = 0; sym && k < e.n; k++) {
        w->in[w->n] = eval_scratch(from->ev);
        sym[k] = ex_sym(c, w->in[w->n++]);
        w->at.by[w->own.n] = e.v[k];
        if (!symlist_push(&w->own, sym[k]->sym))
            return false;
    }
    *by = sym ? nested(c, value->shape, sym) : NULL;
    return *by && !ctx_failed(c);
}

static size_t place_of(const At *at, uint32_t sym)
{
    size_t k = 0;
    while (k < at->own->n && at->own->v[k] != sym)
        k++;
    return k;
}

static bool is_among(const Node *names, uint32_t sym)
{
    for (uint32_t i = 0; i < names->n; i++)
        if (names->a[i]->sym == sym)
            return true;
    return false;
}

/* False: a name has no value that is written out, or there are too many elements. */
static bool open_written(Written *w, const At *at, Node *f, Node *names)
{
    Ctx *c = at->c;
    size_t room = at->own->n + MOST;
    *w = (Written){.c = c, .at = *at, .names = names};
    w->at.by = ARENA_NEW(&c->tmp, Node *, room);
    w->in = ARENA_NEW(&c->tmp, uint32_t, MOST);
    w->shape = ARENA_NEW(&c->tmp, uint32_t, names->n);
    w->first = ARENA_NEW(&c->tmp, size_t, names->n);
    uint32_t *sym = ARENA_NEW(&c->tmp, uint32_t, names->n);
    Node **by = ARENA_NEW(&c->tmp, Node *, names->n);
    bool ok = w->at.by && w->in && w->shape && w->first && sym && by;
    for (size_t k = 0; ok && k < at->own->n; k++)
        if (!is_among(names, at->own->v[k])) {
            w->at.by[w->own.n] = at->by[k];
            ok = symlist_push(&w->own, at->own->v[k]);
        }
    for (uint32_t i = 0; ok && i < names->n; i++) {
        size_t k = place_of(at, names->a[i]->sym);
        sym[i] = names->a[i]->sym;
        ok = k < at->own->n && open_name(w, at, i, at->by[k], &by[i]);
    }
    w->at.own = &w->own;
    w->f = ok ? ex_subst(c, f, sym, by, names->n) : NULL;
    return ok && !ctx_failed(c);
}

/* ---- derivatives ---------------------------------------------------------------------- */
static Node *first_partial(const Written *w, Node *f, uint32_t x)
{
    unsigned one = 1;
    Node *R = diff(w->c, f, x);
    return ctx_failed(w->c) ? NULL : eval_partial_at(&w->at, f, &x, &one, 1, R);
}

static Node *second_partial(const Written *w, Node *f, uint32_t x, uint32_t y)
{
    unsigned order[] = {x == y ? 2 : 1, 1};
    uint32_t by[] = {x, y};
    Node *R = diff(w->c, diff(w->c, f, x), y);
    return ctx_failed(w->c) ? NULL
                            : eval_partial_at(&w->at, f, by, order, x == y ? 1 : 2, R);
}

static size_t count_of(const Written *w, size_t i)
{
    return (i + 1 < w->names->n ? w->first[i + 1] : w->n) - w->first[i];
}

/* The derivative of a number by the name i, of its shape; x: of what is differentiated by it, too. */
static Node *by_name(const Written *w, Node *f, size_t i, const uint32_t *x)
{
    Ctx *c = w->c;
    size_t n = count_of(w, i);
    Node **d = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t k = 0; d && k < n; k++) {
        uint32_t e = w->in[w->first[i] + k];
        d[k] = x ? second_partial(w, f, *x, e) : first_partial(w, f, e);
        if (!d[k] || ctx_failed(c))
            return NULL;
    }
    return d ? nested(c, w->shape[i], d) : NULL;
}

/* By all names: a list, or what the one name gives. */
static Node *by_names(const Written *w, Node *f, bool list, const uint32_t *x)
{
    Ctx *c = w->c;
    Node **d = ARENA_NEW(&c->tmp, Node *, w->names->n);
    for (size_t i = 0; d && i < w->names->n; i++)
        if (!(d[i] = by_name(w, f, i, x)))
            return NULL;
    return !d ? NULL : list ? ex_list(c, w->names->n, d) : d[0];
}

/* Of every element of the function. */
static Node *jacobian(const Written *w, bool list)
{
    Ctx *c = w->c;
    NodeVec e = {0};
    if (!w->f->shape)
        return by_names(w, w->f, list, NULL);
    if (list || !flatten(c, w->f, &e) || e.n * w->n > MOST * MOST)
        return NULL;
    for (size_t i = 0; i < e.n; i++)
        if (!(e.v[i] = by_names(w, e.v[i], false, NULL)))
            return NULL;
    return nested(c, w->f->shape, e.v);
}

static Node *hessian(const Written *w)
{
    Ctx *c = w->c;
    bool list = w->names->n > 1;
    Node **d = ARENA_NEW(&c->tmp, Node *, w->n + 1),
         **row = ARENA_NEW(&c->tmp, Node *, w->names->n);
    if (w->f->shape || !d || !row)
        return NULL;
    for (size_t i = 0; i < w->names->n; i++) {
        if (list && w->shape[i]) /* blocks of tensors: their axes stand in front */
            return NULL;
        for (size_t k = 0; k < count_of(w, i); k++)
            if (!(d[k] = by_names(w, w->f, list, &w->in[w->first[i] + k])))
                return NULL;
        row[i] = nested(c, w->shape[i], d);
    }
    return list ? ex_list(c, w->names->n, row) : row[0];
}

Node *eval_written_at(const At *at, const Node *op, Node *f, Node *names)
{
    Written w;
    Node *r = NULL;
    size_t notes = at->c->nnotes;
    bool list = op->n > 1 && ex_is(op->a[1], OP_LIST);
    ArenaMark m = arena_mark(&at->c->tmp);
    if (open_written(&w, at, f, names))
        r = op->op == OP_HESSIAN                         ? hessian(&w)
            : op->op == OP_GRAD || op->op == OP_JACOBIAN ? jacobian(&w, list)
                                                         : NULL;
    symlist_free(&w.own);
    arena_release(&at->c->tmp, m);
    if (at->c->nnotes > notes) { /* they name elements that nobody knows */
        at->c->nnotes = notes;
        if (r && !ctx_failed(at->c))
            ctx_note(at->c, "not differentiable here: the subgradient of least norm");
    }
    return r;
}
