/* diff/gradient.c - all partials in one reverse sweep over the DAG.
 *
 * Every node's adjoint is the sum of contributions of its parents, collected in a list and
 * summed once when the node's turn comes, so wide sums cost no more than their length. A
 * product of n factors gives every factor the product of the others.
 */
#include "diff/internal.h"

typedef struct {
    Node **v;
    size_t n, cap;
} Contribs;

typedef struct {
    Ctx *c;
    Map at;        /* node id -> position */
    Contribs *adj; /* by position */
    uint64_t mask; /* symbols asked for */
    Node *adjoint; /* adjoint of the node at work */
} NodeSweep;

static void add_adjoint(NodeSweep *s, Node *to, Node *amount)
{
    uint64_t k;
    if (!(to->syms & s->mask) || amount == s->c->zero || !map_get(&s->at, to->id, &k))
        return;
    Contribs *a = &s->adj[k];
    if (!ARENA_ROOM(&s->c->tmp, a->v, a->n, a->cap))
        return;
    a->v[a->n++] = amount;
}

static void sweep_product(NodeSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node **f = ARENA_NEW(&c->tmp, Node *, n->n + 1);
    for (uint32_t i = 0; f && i < n->n && !ctx_poll(c); i++) {
        if (!(n->a[i]->syms & s->mask))
            continue;
        memcpy(f, n->a, n->n * sizeof *f);
        f[i] = s->adjoint;
        add_adjoint(s, n->a[i], ex_mul(c, n->n, f));
    }
}

static void sweep_power(NodeSweep *s, Node *n)
{
    Ctx *c = s->c;
    Node *b = n->a[0], *e = n->a[1];
    if (b->syms & s->mask)
        add_adjoint(
            s, b,
            ex_mul(c, 3,
                   (Node *[]){s->adjoint, e, ex_pow(c, b, ex_add2(c, e, c->minus_one))}));
    if (e->syms & s->mask)
        add_adjoint(s, e, ex_mul(c, 3, (Node *[]){s->adjoint, n, ex_fn1(c, OP_log, b)}));
}

/* Nodes whose derivative rule is easier forward: one forward derivative per symbol asked for,
 * the body's symbols being reached through add_adjoint() on the symbol nodes. */
static void sweep_forward(NodeSweep *s, Node *n)
{
    Ctx *c = s->c;
    size_t k;
    uint32_t *syms = ex_free_syms(c, n, &k);
    for (size_t i = 0; i < k && !ctx_failed(c); i++) {
        Node *x = ex_sym(c, syms[i]);
        if (x->syms & s->mask)
            add_adjoint(s, x, ex_mul2(c, s->adjoint, diff(c, n, syms[i])));
    }
}

/* Does a condition hold at single values only of a name asked for? */
static bool fixes_names(const NodeSweep *s, Node *cond)
{
    size_t k;
    uint32_t *syms = ex_free_syms(s->c, cond, &k);
    for (size_t i = 0; i < k && !ctx_failed(s->c); i++)
        if ((ex_sym(s->c, syms[i])->syms & s->mask) && diff_is_point(s->c, cond, syms[i]))
            return true;
    return false;
}

static void sweep_node(NodeSweep *s, Node *n)
{
    Ctx *c = s->c;
    switch (n->op) {
    case OP_SYM:
    case OP_NUM:
    case OP_CONST:
    case OP_DETACH: return;
    case OP_ADD:
        for (uint32_t i = 0; i < n->n; i++)
            add_adjoint(s, n->a[i], s->adjoint);
        return;
    case OP_SCALE: add_adjoint(s, n->a[1], ex_scale(c, n->a[0]->num, s->adjoint)); return;
    case OP_MUL: sweep_product(s, n); return;
    case OP_POW: sweep_power(s, n); return;
    case OP_IF:
        if (fixes_names(s, n->a[0])) {
            sweep_forward(s, n);
            return;
        }
        add_adjoint(s, n->a[1], ex_if(c, n->a[0], s->adjoint, c->zero));
        add_adjoint(s, n->a[2], ex_if(c, n->a[0], c->zero, s->adjoint));
        return;
    default:
        if (!op_is_function((Op)n->op)) {
            sweep_forward(s, n);
            return;
        }
        for (uint32_t i = 0; i < n->n; i++)
            if (n->a[i]->syms & s->mask)
                add_adjoint(s, n->a[i], ex_mul2(c, s->adjoint, diff_partial(c, n, i)));
    }
}

/* Nodes below those that sweep_forward handles must not be swept again: they get no
 * contributions, so nothing happens there. */
static bool sweep_back(NodeSweep *s, Node *e, Node **order, size_t count)
{
    Ctx *c = s->c;
    s->adj = ARENA_NEW0(&c->tmp, Contribs, count);
    if (!s->adj)
        return false;
    for (size_t i = 0; i < count; i++)
        map_put(&s->at, order[i]->id, i);
    add_adjoint(s, e, c->one);
    for (size_t i = count; i-- > 0 && !ctx_poll(c);) {
        Contribs *a = &s->adj[i];
        if (!a->n)
            continue;
        s->adjoint = ex_add(c, a->n, a->v);
        a->v[0] = s->adjoint;
        a->n = 1;
        if (s->adjoint != c->zero)
            sweep_node(s, order[i]);
    }
    return !ctx_failed(c);
}

bool diff_gradient(Ctx *c, Node *e, const uint32_t *x, size_t n, Node **g)
{
    ArenaMark m = arena_mark(&c->tmp);
    NodeSweep s = {.c = c};
    map_init(&s.at, &c->tmp);
    Node **roots = ARENA_NEW(&c->tmp, Node *, n + 1);
    if (!roots)
        return false;
    for (size_t i = 0; i < n;
         i++) { /* symbols first: they are at hand even if e lacks them */
        roots[i] = ex_sym(c, x[i]);
        s.mask |= roots[i]->syms;
    }
    roots[n] = e;
    size_t count = 0;
    Node **order = ex_walk(c, n + 1, roots, &count);
    bool ok = order && sweep_back(&s, e, order, count);
    for (size_t i = 0; ok && i < n; i++) {
        uint64_t k = 0;
        (void)map_get(&s.at, roots[i]->id, &k);
        g[i] = s.adj[k].n ? s.adj[k].v[0] : c->zero;
    }
    arena_release(&c->tmp, m);
    return ok;
}
