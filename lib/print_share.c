/* print_share.c - floor 4: names for common subexpressions.
 *
 * A node that is used more than once, and whose text is worth a name, becomes t1, t2, ... in the
 * order in which each uses earlier ones only. What depends on a variable that is bound
 * somewhere in the expression keeps its place: outside of the binder it would mean
 * something else. Text below the threshold may be repeated; as it is short, the shared
 * form stays linear in the number of distinct nodes.
 */
#include "print.h"
#include "print_form.h"
#include <stdio.h>

typedef struct {
    Ctx *c;
    Node **order;
    size_t n;
    Map index;          /* node id -> position */
    uint32_t *uses;
    double *weight;     /* rough length of the text, named parts counting as names */
    Node **now;         /* the node with names put in */
    Map taken;          /* symbols that occur: no new name may be one of them */
    uint64_t *inside;   /* which bound variables occur free: bits numbered by `bound` */
    Map bound;          /* symbol -> bit; all from the 64th on share the last one */
    unsigned nbound;
    unsigned next;
} Share;

static size_t place(const Share *s, const Node *n)
{
    uint64_t v;

    return map_get(&s->index, n->id, &v) ? (size_t)v : 0;
}

static bool has_children(const Node *n)
{
    return n->op != OP_NUM && n->op != OP_SYM && n->op != OP_CONST && n->op != OP_STRING;
}

static bool is_binder(const Node *n)
{
    return (n->op == OP_INT || n->op == OP_SUM || n->op == OP_PROD) && n->a[1]->op == OP_SYM;
}

static void scan(Share *s, size_t i)
{
    Node *n = s->order[i];
    uint64_t bit;

    map_put(&s->index, n->id, i);
    if (n->op == OP_SYM || n->op == OP_APPLY)
        map_put(&s->taken, n->sym, 1);
    if (is_binder(n) && !map_get(&s->bound, n->a[1]->sym, &bit))
        map_put(&s->bound, n->a[1]->sym, s->nbound < 63 ? s->nbound++ : 63);
    for (uint32_t k = 0; has_children(n) && k < n->n; k++)
        s->uses[place(s, n->a[k])]++;
}

static bool share_init(Share *s, Ctx *c, size_t nroots, Node *const *roots)
{
    Arena *t = &c->tmp;

    *s = (Share){.c = c};
    s->order = ex_walk(c, nroots, roots, &s->n);
    if (!s->order)
        return false;
    map_init(&s->index, t);
    map_init(&s->taken, t);
    map_init(&s->bound, t);
    s->uses = ARENA_NEW0(t, uint32_t, s->n);
    s->weight = ARENA_NEW0(t, double, s->n);
    s->now = ARENA_NEW0(t, Node *, s->n);
    s->inside = ARENA_NEW0(t, uint64_t, s->n);
    if (!s->uses || !s->weight || !s->now || !s->inside)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        if (ctx_poll(c))
            return false;
        scan(s, i);
    }
    for (size_t i = 0; i < nroots; i++)
        s->uses[place(s, roots[i])]++;
    return true;
}

static double own_weight(const Share *s, const Node *n)
{
    switch ((Op)n->op) {
    case OP_SYM:
        return (double)strlen(sym_name(s->c, n->sym));
    case OP_NUM:
        return 1 + (double)num_bits(n->num) / 4;
    case OP_ADD:
        return 3.0 * (n->n - 1) + 1;
    case OP_MUL:
        return n->n;
    case OP_SCALE:
    case OP_POW:
        return 1;
    default:
        return op_is_function((Op)n->op) ? (double)strlen(op_info((Op)n->op)->name) + 2 : 4;
    }
}

/* Conditions and lists are not named: a name stands for a number. */
static bool may_be_named(Share *s, Node *n)
{
    switch ((Op)n->op) {
    case OP_LIST: case OP_LT: case OP_LE: case OP_EQ: case OP_NE: case OP_AND: case OP_OR:
    case OP_NOT: case OP_RANGE:
        return false;
    default:
        return has_children(n) && !op_is_structural((Op)n->op) && s->weight[place(s, n)] > 6 &&
               s->inside[place(s, n)] == 0;
    }
}

static uint32_t next_name(Share *s)
{
    char name[24];
    uint32_t sym;
    uint64_t v;
    int n;

    do {
        n = snprintf(name, sizeof(name), "t%u", ++s->next);
        sym = sym_intern(s->c, name, (size_t)n);
    } while (map_get(&s->taken, sym, &v));
    return sym;
}

/* The node with its children's names; children come first in the order. */
static Node *renamed(Share *s, Node *n)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    Node **a, *r = n;
    bool changed = false;

    if (!has_children(n) || n->n == 0)
        return n;
    a = ARENA_NEW(&s->c->tmp, Node *, n->n);
    if (!a)
        return s->c->poison;
    for (uint32_t k = 0; k < n->n; k++) {
        a[k] = s->now[place(s, n->a[k])];
        changed = changed || a[k] != n->a[k];
    }
    if (changed)
        r = ex_rebuild(s->c, n, a);
    arena_release(&s->c->tmp, m);
    return r;
}

static uint64_t bound_bit(const Share *s, const Node *sym)
{
    uint64_t bit;

    return map_get(&s->bound, sym->sym, &bit) ? (uint64_t)1 << bit : 0;
}

/* Weight of node i and the bound variables in it; its children's are known. */
static void weigh(Share *s, size_t i)
{
    Node *n = s->order[i];

    s->weight[i] = own_weight(s, n);
    if (n->op == OP_SYM)
        s->inside[i] = bound_bit(s, n);
    for (uint32_t k = 0; has_children(n) && k < n->n; k++) {
        size_t j = place(s, n->a[k]);
        uint64_t in = s->inside[j];
        if (is_binder(n) && k < 2 && s->nbound < 63)
            in &= ~bound_bit(s, n->a[1]);
        s->weight[i] += s->weight[j];
        s->inside[i] |= in;
    }
}

/* The names pay when what they save is more than the text of the definition. */
static bool worth_it(Share *s, size_t i)
{
    double w = s->weight[i];

    if (s->uses[i] < 2 || !may_be_named(s, s->order[i]))
        return false;
    return w > 16 || (s->uses[i] - 1) * (w - 2) > 9;
}

size_t print_share(Ctx *c, size_t nroots, Node **roots, uint32_t **names, Node ***defs)
{
    ArenaMark m = arena_mark(&c->tmp);
    Share s;
    size_t k = 0;

    *names = NULL;
    *defs = NULL;
    if (!share_init(&s, c, nroots, roots))
        goto done;
    *names = ARENA_NEW(ctx_arena(c), uint32_t, s.n);
    *defs = ARENA_NEW(ctx_arena(c), Node *, s.n);
    if (!*names || !*defs)
        goto done;
    for (size_t i = 0; i < s.n && !ctx_poll(c); i++) {
        weigh(&s, i);
        s.now[i] = renamed(&s, s.order[i]);
        if (!worth_it(&s, i))
            continue;
        (*names)[k] = next_name(&s);
        (*defs)[k] = s.now[i];
        s.now[i] = ex_sym(c, (*names)[k++]);
        s.weight[i] = 2;
    }
    for (size_t i = 0; i < nroots && !ctx_failed(c); i++)
        roots[i] = s.now[place(&s, roots[i])];
done:
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? 0 : k;
}
