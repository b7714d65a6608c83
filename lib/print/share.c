/* print/share.c - names for common subexpressions.
 *
 * A node that is used more than once, and whose text is worth a name, becomes t1, t2, ...
 * in the order in which each uses earlier ones only. What depends on a variable that is
 * bound somewhere in the expression keeps its place: outside of the binder it would mean
 * something else. Text below the threshold may be repeated; as it is short, the shared
 * form stays linear in the number of distinct nodes.
 *
 * Sums and products are flat: x*sin(x)*cos(x) does not have x*sin(x) below it. So their
 * children, in walk order, also enter a trie, and beginnings that several of them share
 * get names, too: products of products stay short.
 */
#include "print/print.h"
#include "print/form.h"

typedef struct {
    Ctx *c;
    Node **order;
    size_t n;
    uint32_t
        *kid; /* positions of the nodes' children, one node's after the other's ... */
    uint32_t *first; /* ... and where those of a node begin */
    size_t nkids;
    uint32_t *uses;
    bool *factor;     /* is a factor or the base of a power somewhere */
    double *weight;   /* rough length of the text, named parts counting as names */
    Node **now;       /* the node with names put in */
    Map taken;        /* symbols like names that occur: no new name may be one of them */
    uint64_t *inside; /* which bound variables occur free: bits numbered by `bound` */
    Map bound;        /* symbol -> bit; all from the 64th on share the last one */
    unsigned nbound;
    unsigned next;
    uint32_t *name; /* the result so far */
    Node **def;
    size_t k;
    Map trie;        /* (place in the trie, position of a child) -> next place */
    uint32_t *count; /* by place: how many sums or products begin so */
    Node **named;    /* by place: its name, when it has one */
    size_t nplaces;
    uint32_t widest[2]; /* sum, product: children at most */
} Share;

static bool has_children(const Node *n)
{
    return n->op != OP_NUM && n->op != OP_SYM && n->op != OP_CONST &&
           n->op != OP_STRING && n->op != OP_DATA;
}

static bool is_binder(const Node *n)
{
    return (n->op == OP_INT || n->op == OP_SUM || n->op == OP_PROD) &&
           n->a[1]->op == OP_SYM;
}

static bool is_flat(const Node *n) { return n->op == OP_ADD || n->op == OP_MUL; }

/* May a new name be this one? t1, t2 ... */
static bool like_new_name(const char *name)
{
    return name[0] == 't' && name[1] >= '0' && name[1] <= '9';
}

/* What children the node at place i has; the places are those of the walk just done. */
static void scan_children(Share *s, size_t i)
{
    Node *n = s->order[i];
    uint64_t bit;

    s->first[i] = (uint32_t)s->nkids;
    if ((n->op == OP_SYM || n->op == OP_APPLY) && like_new_name(n->name))
        map_put(&s->taken, n->sym, 1);
    if (is_binder(n) && !map_get(&s->bound, n->a[1]->sym, &bit))
        map_put(&s->bound, n->a[1]->sym, s->nbound < 63 ? s->nbound++ : 63);
    for (uint32_t k = 0; has_children(n) && k < n->n; k++) {
        s->kid[s->nkids++] = n->a[k]->pos;
        s->uses[n->a[k]->pos]++;
        s->factor[n->a[k]->pos] |= n->op == OP_MUL || (n->op == OP_POW && k == 0);
    }
    if (is_flat(n)) {
        uint32_t *widest = &s->widest[n->op == OP_MUL];
        *widest = n->n > *widest ? n->n : *widest;
        s->nplaces += n->n;
    }
}

static bool share_init(Share *s, Ctx *c, size_t nroots, Node *const *roots)
{
    Arena *t = &c->tmp;
    size_t kids = 0;

    *s = (Share){.c = c};
    s->order = ex_walk(c, nroots, roots, &s->n);
    if (!s->order)
        return false;
    for (size_t i = 0; i < s->n; i++)
        kids += has_children(s->order[i]) ? s->order[i]->n : 0;
    map_init(&s->taken, t);
    map_init(&s->bound, t);
    s->kid = ARENA_NEW(t, uint32_t, kids + 1);
    s->first = ARENA_NEW(t, uint32_t, s->n);
    s->uses = ARENA_NEW0(t, uint32_t, s->n);
    s->factor = ARENA_NEW0(t, bool, s->n);
    s->weight = ARENA_NEW(t, double, s->n);
    s->now = ARENA_NEW(t, Node *, s->n);
    s->inside = ARENA_NEW0(t, uint64_t, s->n);
    if (!s->kid || !s->first || !s->uses || !s->factor || !s->weight || !s->now ||
        !s->inside)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        if (ctx_poll(c))
            return false;
        scan_children(s, i);
    }
    for (size_t i = 0; i < nroots; i++)
        s->uses[roots[i]->pos]++;
    return true;
}

static double own_weight(const Share *s, const Node *n)
{
    switch ((Op)n->op) {
    case OP_SYM: return (double)strlen(sym_name(s->c, n->sym));
    case OP_NUM: return 1 + (double)num_bits(n->num) / 4;
    case OP_ADD: return 3.0 * (n->n - 1);
    case OP_MUL: return n->n - 1;
    case OP_SCALE:
    case OP_POW: return 1;
    default:
        return op_is_function((Op)n->op) ? (double)strlen(op_info((Op)n->op)->name) + 2
                                         : 4;
    }
}

/* Conditions and lists are not named: a name stands for a number. */
static bool may_be_named(const Share *s, size_t i)
{
    const Node *n = s->order[i];

    switch ((Op)n->op) {
    case OP_LIST:
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
    case OP_AND:
    case OP_OR:
    case OP_NOT:
    case OP_POSITIONS:
    case OP_RANGE: return false;
    default: return has_children(n) && !op_is_structural((Op)n->op) && s->inside[i] == 0;
    }
}

static uint32_t next_name(Share *s)
{
    char name[16];
    uint32_t sym;
    uint64_t v;

    do {
        size_t at = sizeof(name);
        for (unsigned k = ++s->next; k > 0; k /= 10)
            name[--at] = (char)('0' + k % 10);
        name[--at] = 't';
        sym = sym_intern(s->c, name + at, sizeof(name) - at);
    } while (map_get(&s->taken, sym, &v));
    return sym;
}

static uint64_t bound_bit(const Share *s, const Node *sym)
{
    uint64_t bit;

    return map_get(&s->bound, sym->sym, &bit) ? (uint64_t)1 << bit : 0;
}

/* Weight of node i and the bound variables in it; its children's are known. */
static void weigh_node(Share *s, size_t i)
{
    Node *n = s->order[i];

    s->weight[i] = own_weight(s, n);
    if (n->op == OP_SYM)
        s->inside[i] = bound_bit(s, n);
    for (uint32_t k = 0; has_children(n) && k < n->n; k++) {
        size_t j = s->kid[s->first[i] + k];
        uint64_t in = s->inside[j];
        if (is_binder(n) && k < 2 && s->nbound < 63)
            in &= ~bound_bit(s, n->a[1]);
        s->weight[i] += s->weight[j];
        s->inside[i] |= in;
    }
}

/* A name pays when what it saves is more than the text of the definition. */
static bool name_pays(double weight, uint32_t uses)
{
    return uses > 1 && weight > 3 && (weight > 16 || (uses - 1) * (weight - 2) > 9);
}

static Node *give_name(Share *s, Node *def)
{
    s->name[s->k] = next_name(s);
    s->def[s->k] = def;
    return ex_sym(s->c, s->name[s->k++]);
}

/* ---- beginnings of sums and products
 * ---------------------------------------------------- */

static bool le_position(const void *a, const void *b)
{
    return *(const uint32_t *)a <= *(const uint32_t *)b;
}

/* Can the node have a beginning of two or more children in common with another? One of them
 * has more children than that. */
static bool is_wide(const Share *s, const Node *n)
{
    return is_flat(n) && s->widest[n->op == OP_MUL] > 2;
}

/* Positions of the children of the node at place i in walk order; NULL: no memory. */
static uint32_t *child_positions(Share *s, size_t i)
{
    const Node *n = s->order[i];
    uint32_t *p = ARENA_NEW(&s->c->tmp, uint32_t, n->n);

    if (p)
        memcpy(p, s->kid + s->first[i], n->n * sizeof *p);
    return p && print_merge_sort(s->c, p, n->n, sizeof(*p), le_position) ? p : NULL;
}

/* From a place in the trie along one child. Places 0 and 1 are the roots of sums,
 * products. */
static uint32_t trie_step(Share *s, uint32_t at, uint32_t child, bool make)
{
    uint64_t key = (uint64_t)at << 32 | child, v;

    if (map_get(&s->trie, key, &v))
        return (uint32_t)v;
    if (!make)
        return 0;
    map_put(&s->trie, key, s->nplaces);
    return (uint32_t)s->nplaces++;
}

static void trie_enter(Share *s, size_t i)
{
    const Node *n = s->order[i];
    uint32_t *p = child_positions(s, i), at = n->op == OP_MUL;

    /* nothing is released here: the map grows in the same arena */
    for (uint32_t k = 0; p && k < n->n; k++) {
        at = trie_step(s, at, p[k], true);
        s->count[at]++;
    }
}

typedef struct {
    Node **part; /* what the node is made of now: a name for a beginning, then the rest */
    uint32_t n;
    double weight;
    uint64_t inside;
} SharedParts;

static Node *combine_parts(Share *s, Op op, const SharedParts *p)
{
    if (p->n == 1)
        return p->part[0];
    return op == OP_ADD ? ex_add(s->c, p->n, p->part) : ex_mul(s->c, p->n, p->part);
}

static void add_part(Share *s, SharedParts *p, uint32_t i, bool sum)
{
    p->part[p->n++] = s->now[i];
    p->weight += s->weight[i] + (p->n > 1 ? sum ? 3 : 1 : 0);
    p->inside |= s->inside[i];
}

/* n from its children's names, with names for what it has in common with others. */
static Node *flat_renamed(Share *s, size_t i, double *weight)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    Node *n = s->order[i];
    uint32_t *p = child_positions(s, i), at = n->op == OP_MUL;
    SharedParts parts = {.part = ARENA_NEW(&s->c->tmp, Node *, n->n)};
    Node *r;

    if (!p || !parts.part)
        return s->c->poison;
    for (uint32_t k = 0; k < n->n; k++) {
        uint32_t next;
        at = trie_step(s, at, p[k], false);
        add_part(s, &parts, p[k], n->op == OP_ADD);
        next = k + 1 < n->n ? trie_step(s, at, p[k + 1], false) : 0;
        if (k == 0 || s->count[at] < 2 || (next && s->count[next] == s->count[at]))
            continue;
        if (!s->named[at] && parts.inside == 0 && name_pays(parts.weight, s->count[at]))
            s->named[at] = give_name(s, combine_parts(s, (Op)n->op, &parts));
        if (s->named[at])
            parts = (SharedParts){parts.part, 1, 2, parts.inside},
            parts.part[0] = s->named[at];
    }
    *weight = parts.weight;
    r = combine_parts(s, (Op)n->op, &parts);
    arena_release(&s->c->tmp, m);
    return r;
}

/* The node with its children's names; children come first in the order. */
static Node *rename_children(Share *s, size_t i)
{
    enum { FEW = 4 };
    ArenaMark m = arena_mark(&s->c->tmp);
    Node *n = s->order[i], *few[FEW], **a = few, *r = n;
    bool changed = false;

    if (!has_children(n) || n->n == 0)
        return n;
    if (n->n > FEW)
        a = ARENA_NEW(&s->c->tmp, Node *, n->n);
    if (!a)
        return s->c->poison;
    for (uint32_t k = 0; k < n->n; k++) {
        a[k] = s->now[s->kid[s->first[i] + k]];
        changed = changed || a[k] != n->a[k];
    }
    if (changed)
        r = ex_rebuild(s->c, n, a);
    arena_release(&s->c->tmp, m);
    return r;
}

/* A long product that is a factor stays one factor when it is read back: what is no longer long,
 * as its beginnings have names, has to have a name itself. */
static bool needs_name(const Share *s, size_t i)
{
    return s->factor[i] && ex_is_long(s->order[i]) && !ex_is_long(s->now[i]);
}

static void share_node(Share *s, size_t i)
{
    Node *n = s->order[i];

    weigh_node(s, i);
    s->now[i] = is_wide(s, n) ? flat_renamed(s, i, &s->weight[i]) : rename_children(s, i);
    if ((!name_pays(s->weight[i], s->uses[i]) && !needs_name(s, i)) ||
        !may_be_named(s, i) || s->now[i]->op == OP_SYM)
        return;
    s->now[i] = give_name(s, s->now[i]);
    s->weight[i] = 2;
}

static bool trie_init(Share *s)
{
    bool sums = s->widest[0] > 2, products = s->widest[1] > 2;
    size_t most = (sums || products ? s->nplaces : 0) + 2;

    map_init(&s->trie, &s->c->tmp);
    s->count = ARENA_NEW0(&s->c->tmp, uint32_t, most);
    s->named = ARENA_NEW0(&s->c->tmp, Node *, most);
    s->name = ARENA_NEW(ctx_arena(s->c), uint32_t, s->n + most);
    s->def = ARENA_NEW(ctx_arena(s->c), Node *, s->n + most);
    if (!s->count || !s->named || !s->name || !s->def)
        return false;
    s->nplaces = 2;
    for (size_t i = 0; i < s->n && !ctx_poll(s->c); i++)
        if (is_wide(s, s->order[i]))
            trie_enter(s, i);
    return !ctx_failed(s->c);
}

size_t print_share(Ctx *c, size_t nroots, Node **roots, uint32_t **names, Node ***defs)
{
    ArenaMark m = arena_mark(&c->tmp);
    Share s;
    uint32_t *at = ARENA_NEW(&c->tmp, uint32_t, nroots);
    size_t k = 0;

    *names = NULL;
    *defs = NULL;
    if (at && share_init(&s, c, nroots, roots) && trie_init(&s)) {
        for (size_t i = 0; i < nroots; i++)
            at[i] = roots[i]->pos;
        for (size_t i = 0; i < s.n && !ctx_poll(c); i++)
            share_node(&s, i);
        for (size_t i = 0; i < nroots && !ctx_failed(c); i++)
            roots[i] = s.now[at[i]];
        *names = s.name;
        *defs = s.def;
        k = s.k;
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? 0 : k;
}
