/* expr/rewrite.c - one loop for whatever rewrites an expression from its leaves up, and one for
 * whatever looks for a node in it. Neither recurses; both poll. */
#include "expr/expr.h"

/* Room for the children of one node. */
typedef struct {
    Node **at;
    size_t cap;
} Children;

/* What x's children have become where not all are what they were, or NULL: no memory. */
static Node *const *changed_children(const Rewriting *w, Node *x, Children *room)
{
    Node *const *a = x->a;
    for (uint32_t i = 0; i < x->n; i++) {
        Node *r = nodemap_get(&w->became, x->a[i]);
        if (!r)
            continue;
        if (a == x->a) {
            if (x->n > room->cap) {
                room->cap = 2u * x->n;
                room->at = ARENA_NEW(&w->c->tmp, Node *, room->cap);
            }
            if (!room->at)
                return NULL;
            a = memcpy(room->at, x->a, x->n * sizeof *a);
        }
        room->at[i] = r;
    }
    return a;
}

Node *ex_rewrite(Ctx *c, Node *root, unsigned flags, RewriteStep *step, void *arg)
{
    ArenaMark m = arena_mark(&c->tmp);
    Rewriting w = {c, step, arg, {0}};
    Children room = {0};
    Node *r = c->poison;
    size_t n = 0;
    nodemap_init(&w.became, c);
    Node **order = ex_walk_some(c, 1, &root, flags, 0, &n);
    for (size_t i = 0; order && i < n && !ctx_poll(c); i++) {
        Node *x = order[i];
        Node *const *a = w.became.n ? changed_children(&w, x, &room) : x->a;
        r = a ? step(&w, x, a) : c->poison;
        if (r != x)
            nodemap_put(&w.became, x, r);
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}

Node *ex_rebuild_about(Ctx *c, Node *x, Node *const *a)
{
    if (a == x->a)
        return x;
    const void *about = c->env.about;
    c->env.about = about ? about : x;
    Node *r = ex_rebuild(c, x, a);
    c->env.about = about;
    return r;
}

/* ---- replacing ------------------------------------------------------------------------ */
typedef struct {
    NodeSwap *swap;
    void *arg;
} Swapping;

static Node *swap_step(const Rewriting *w, Node *x, Node *const *a)
{
    const Swapping *s = w->arg;
    Node *r = s->swap(w->c, x, s->arg);
    return r ? r : ex_rebuild_about(w->c, x, a);
}

Node *ex_swap(Ctx *c, Node *root, NodeSwap *swap, void *arg)
{
    return ex_rewrite(c, root, 0, swap_step, &(Swapping){swap, arg});
}

static Node *replacement_of(Ctx *c, Node *n, void *by)
{
    (void)c;
    return nodemap_get(by, n);
}

Node *ex_replace(Ctx *c, Node *root, Node *const *from, Node *const *to, size_t k)
{
    ArenaMark m = arena_mark(&c->tmp);
    NodeMap by;
    nodemap_init(&by, c);
    for (size_t i = 0; i < k; i++)
        nodemap_put(&by, from[i], to[i]);
    Node *r = ex_swap(c, root, replacement_of, &by);
    arena_release(&c->tmp, m);
    return r;
}

/* ---- looking for a node --------------------------------------------------------------- */
Node *ex_find(Ctx *c, Node *root, unsigned flags, NodeTest *is, void *arg)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t n = 0;
    Node *found = NULL, **order = ex_walk_some(c, 1, &root, flags, 0, &n);
    for (size_t i = 0; order && i < n && !found; i++)
        found = is(c, order[i], arg) ? order[i] : NULL;
    arena_release(&c->tmp, m);
    return found;
}

static Node *without_decimals(const Rewriting *w, Node *x, Node *const *a)
{
    Num v = ex_is_num(x) ? x->num : NUM_ZERO;
    v.dec = false;
    return ex_is_num(x) ? ex_num(w->c, v) : ex_with(w->c, x, a);
}

Node *ex_without_decimals(Ctx *c, Node *n)
{
    return n->flags & NF_DEC ? ex_rewrite(c, n, NF_DEC, without_decimals, NULL) : n;
}
