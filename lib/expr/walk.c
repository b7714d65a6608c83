/* expr/walk.c - reading expressions: order, free symbols, topological walks, substitution.
 * Nothing here recurses over user data. */
#include "expr/internal.h"
#include "expr/shape.h"
#include <stdlib.h>

/* ---- order ------------------------------------------------------------------------- */
static bool is_digit(char ch) { return ch >= '0' && ch <= '9'; }

/* Names in natural order: x2 before x10. */
static int name_cmp(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
            int d = n != m ? (n < m ? -1 : 1) : memcmp(a, b, n);
            if (d)
                return d;
            a += n;
            b += m;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++, b++;
        }
    }
    return *a ? 1 : *b ? -1 : 0;
}

static inline int kind_rank(const Node *n)
{
    static const uint8_t first[OP_POW + 1] = {
        [OP_POISON] = 7, [OP_NUM] = 0, [OP_CONST] = 1, [OP_SYM] = 2,
        [OP_POW] = 3,    [OP_MUL] = 4, [OP_SCALE] = 5, [OP_ADD] = 6,
    };
    return n->op <= OP_POW ? first[n->op] : 8 + n->op;
}

static int number_cmp(const Node *a, const Node *b)
{
    int d = num_cmp(a->num, b->num);
    return d ? d : a->num.dec - b->num.dec;
}

static int leaf_cmp(const Node *a, const Node *b)
{
    if (a->op == OP_NUM)
        return number_cmp(a, b);
    if (a->op == OP_STRING)
        return strcmp(a->text, b->text);
    if (a->op == OP_SYM && a->sym == b->sym)
        return a->shape < b->shape ? -1 : 1;
    if (a->op == OP_SYM)
        return name_cmp(a->name, b->name);
    return a->sym < b->sym ? -1 : a->sym > b->sym;
}

/* Beyond what people read, height comes first: links of long chains are told apart at once. */
enum { TALL = 40 };

int ex_cmp(const Node *a, const Node *b)
{
    while (a != b) {
        int r = kind_rank(a) - kind_rank(b);
        if (r)
            return r;
        if (a->n == 0 || b->n == 0)
            return a->n != b->n ? (a->n < b->n ? -1 : 1) : leaf_cmp(a, b);
        if (a->sym != b->sym && a->name && b->name) /* APPLY, attributes */
            return name_cmp(a->name, b->name);
        if (a->height != b->height && (a->height > TALL || b->height > TALL))
            return a->height < b->height ? -1 : 1;
        if (a->n != b->n)
            return a->n < b->n ? -1 : 1;
        uint32_t i = 0;
        while (a->a[i] == b->a[i])
            i++;
        const Node *p = a->a[i];
        b = b->a[i];
        a = p;
    }
    return 0;
}

static int record_cmp(const void *a, const void *b)
{
    return ex_cmp(*(Node *const *)a, *(Node *const *)b);
}

void ex_sort_many(void *v, size_t n, size_t size) { qsort(v, n, size, record_cmp); }

/* ---- walks ------------------------------------------------------------------------- */
typedef struct {
    Node *n;
    uint32_t next;
} WalkStep;

enum { FRAMES_AT_HAND = 64, WALK_FIRST = 128 };

typedef struct {
    Ctx *c;
    uint32_t mark;
    unsigned flags;
    uint64_t syms;
    WalkStep *st; /* the first frames live in the caller's */
    size_t n, cap;
    Node **out;
    size_t nout, out_cap;
} Walk;

LBZ_COLD static bool walk_room(Walk *w)
{
    size_t cap = w->out_cap ? 4 * w->out_cap : WALK_FIRST;
    Node **t = ARENA_NEW(&w->c->tmp, Node *, cap);
    if (!t || ctx_poll(w->c))
        return false;
    if (w->nout)
        memcpy(t, w->out, w->nout * sizeof *t);
    w->out = t;
    w->out_cap = cap;
    return true;
}

static inline bool walk_out(Walk *w, Node *x)
{
    if (w->nout == w->out_cap && !walk_room(w))
        return false;
    x->pos = (uint32_t)w->nout;
    w->out[w->nout++] = x;
    return true;
}

LBZ_COLD static bool walk_deeper(Walk *w)
{
    WalkStep *t = ARENA_NEW(&w->c->tmp, WalkStep, w->cap * 4);
    if (!t || ctx_failed(w->c))
        return false;
    memcpy(t, w->st, w->n * sizeof *t);
    w->st = t;
    w->cap *= 4;
    return true;
}

static inline bool walk_enter(Walk *w, Node *x)
{
    x->mark = w->mark;
    if (w->n == w->cap && !walk_deeper(w))
        return false;
    w->st[w->n++] = (WalkStep){x, 0};
    return !ctx_poll(w->c);
}

static inline bool walk_skips(const Walk *w, const Node *k)
{
    return k->mark == w->mark || (w->flags && !(k->flags & w->flags)) ||
           (w->syms && !(k->syms & w->syms));
}

/* The next child of f's node that has children itself, leaves before it being put out; NULL: there
 * is none. */
static inline Node *walk_child(Walk *w, WalkStep *f, bool *ok)
{
    const Node *x = f->n;
    uint32_t i = f->next, n = x->n;
    while (i < n) {
        Node *k = x->a[i++];
        if (walk_skips(w, k))
            continue;
        if (k->n) {
            f->next = i;
            return k;
        }
        k->mark = w->mark;
        *ok &= walk_out(w, k);
    }
    return NULL;
}

static bool walk_from(Walk *w, Node *root)
{
    bool ok = true;
    if (root->mark == w->mark)
        return true;
    if (!root->n) {
        root->mark = w->mark;
        return walk_out(w, root);
    }
    if (!walk_enter(w, root))
        return false;
    while (w->n && ok) {
        WalkStep *f = &w->st[w->n - 1];
        Node *k = walk_child(w, f, &ok);
        w->n -= !k;
        ok &= k ? walk_enter(w, k) : walk_out(w, f->n);
    }
    return ok;
}

Node **ex_walk_some(Ctx *c, size_t nroots, Node *const *roots, unsigned flags,
                    uint64_t syms, size_t *count)
{
    WalkStep near[FRAMES_AT_HAND];
    Walk w = {.c = c,
              .mark = ++c->mark,
              .flags = flags,
              .syms = syms,
              .st = near,
              .cap = FRAMES_AT_HAND};
    for (size_t r = 0; r < nroots; r++)
        if (!walk_from(&w, roots[r]))
            return NULL;
    *count = w.nout;
    return ctx_failed(c) ? NULL : w.out;
}

Node **ex_walk(Ctx *c, size_t nroots, Node *const *roots, size_t *count)
{
    return ex_walk_some(c, nroots, roots, 0, 0, count);
}

size_t ex_dag_size(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    (void)ex_walk(c, 1, &n, &count);
    arena_release(&c->tmp, m);
    return count;
}

double ex_tree_size(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    double r = 0;
    Node **order = ex_walk(c, 1, &n, &count);
    double *size = order ? ARENA_NEW(&c->tmp, double, count) : NULL;
    Map at;
    map_init(&at, &c->tmp);
    for (size_t i = 0; size && i < count; i++) {
        uint64_t k;
        size[i] = 1;
        for (uint32_t j = 0; j < order[i]->n; j++)
            if (map_get(&at, order[i]->a[j]->id, &k))
                size[i] += size[k];
        map_put(&at, order[i]->id, i);
        r = size[i];
    }
    arena_release(&c->tmp, m);
    return r;
}

/* ---- free symbols ------------------------------------------------------------------ */
static bool is_binder(const Node *n)
{
    return n->op == OP_INT || n->op == OP_SUM || n->op == OP_PROD;
}

/* Bit sets would do; the sets are small, so sorted arrays of symbol indices. */
typedef struct {
    uint32_t *v;
    size_t n;
} SymSet;

static SymSet set_union(Ctx *c, SymSet a, SymSet b)
{
    if (!a.n || !b.n)
        return a.n ? a : b;
    uint32_t *v = ARENA_NEW(&c->tmp, uint32_t, a.n + b.n);
    size_t i = 0, j = 0, n = 0;
    if (!v)
        return a;
    while (i < a.n || j < b.n) {
        uint32_t x = i < a.n ? a.v[i] : UINT32_MAX, y = j < b.n ? b.v[j] : UINT32_MAX;
        v[n++] = x < y ? x : y;
        i += x <= y;
        j += y <= x;
    }
    if (n == a.n)
        return a;
    return n == b.n ? b : (SymSet){v, n};
}

static SymSet set_without(Ctx *c, SymSet a, uint32_t x)
{
    uint32_t *v = ARENA_NEW(&c->tmp, uint32_t, a.n + 1);
    size_t n = 0;
    for (size_t i = 0; v && i < a.n; i++)
        if (a.v[i] != x)
            v[n++] = a.v[i];
    return (SymSet){v, n};
}

static SymSet free_set(Ctx *c, Node *root)
{
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    SymSet *set = order ? ARENA_NEW0(&c->tmp, SymSet, count) : NULL, none = {0};
    Map at;
    map_init(&at, &c->tmp);
    for (size_t i = 0; set && i < count; i++) {
        Node *n = order[i];
        map_put(&at, n->id, i);
        if (n->op == OP_SYM) {
            uint32_t *v = ARENA_NEW(&c->tmp, uint32_t, 1);
            *v = n->sym;
            set[i] = (SymSet){v, 1};
            continue;
        }
        SymSet s = none;
        for (uint32_t j = 0; j < n->n; j++) {
            uint64_t k = 0;
            (void)map_get(&at, n->a[j]->id, &k);
            SymSet t = set[k];
            if (is_binder(n) && j < 2)
                t = j == 0 ? set_without(c, t, n->a[1]->sym) : none;
            s = set_union(c, s, t);
        }
        set[i] = s;
    }
    return set && !ctx_failed(c) ? set[count - 1] : none;
}

/* Symbols are told apart by a walk where they share a bit of node.syms; under binders they may be
 * bound. */
bool ex_depends(Ctx *c, Node *n, uint32_t sym)
{
    uint64_t bit = (uint64_t)1 << (sym & 63);
    bool binders = n->flags & NF_BINDER, yes = false;
    size_t count = 0;
    if (n->op == OP_SYM)
        return n->sym == sym;
    if (!(n->syms & bit))
        return false;
    if (c->nsyms <= 64 && !binders)
        return true;
    ArenaMark m = arena_mark(&c->tmp);
    SymSet s = binders ? free_set(c, n) : (SymSet){0};
    Node **order = binders ? NULL : ex_walk_some(c, 1, &n, 0, bit, &count);
    for (size_t i = 0; i < s.n; i++)
        yes |= s.v[i] == sym;
    for (size_t i = 0; order && !yes && i < count; i++)
        yes = order[i]->op == OP_SYM && order[i]->sym == sym;
    arena_release(&c->tmp, m);
    return yes;
}

bool ex_depends_any(Ctx *c, Node *n, const uint32_t *syms, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (ex_depends(c, n, syms[i]))
            return true;
    return false;
}

uint32_t *ex_free_syms(Ctx *c, Node *n, size_t *k)
{
    SymSet s = free_set(c, n);
    uint32_t *v = ARENA_NEW(&c->tmp, uint32_t, s.n + 1);
    *k = v ? s.n : 0;
    for (size_t i = 0; i < *k; i++) { /* insertion sort by name: few symbols as a rule */
        size_t j = i;
        for (; j > 0 && name_cmp(sym_name(c, v[j - 1]), sym_name(c, s.v[i])) > 0; j--)
            v[j] = v[j - 1];
        v[j] = s.v[i];
    }
    return v;
}

/* ---- substitution ------------------------------------------------------------------ */
void subst_begin(Subst *s, Ctx *c)
{
    s->c = c;
    s->mask = 0;
    map_init(&s->which, &c->tmp);
    nodemap_init(&s->done, c);
}

void subst_put(Subst *s, uint32_t sym, Node *by)
{
    s->mask |= (uint64_t)1 << (sym & 63);
    map_put(&s->which, sym, (uint64_t)(uintptr_t)by);
}

/* The symbol's replacement, or NULL. */
static Node *replacement(const Subst *s, uint32_t sym)
{
    uint64_t v;
    return map_get(&s->which, sym, &v) ? (Node *)(uintptr_t)v : NULL;
}

/* What n has become; NULL: it comes first. */
static Node *subst_got(const Subst *s, Node *n)
{
    if (!(n->syms & s->mask))
        return n;
    if (n->op != OP_SYM)
        return nodemap_get(&s->done, n);
    Node *r = replacement(s, n->sym);
    return r ? r : n;
}

/* A binder under substitution: the bound name is not replaced, and is renamed when a
 * replacement has that name free. */
static Node *subst_binder(const Subst *s, Node *n)
{
    Ctx *c = s->c;
    ArenaMark m = arena_mark(&c->tmp);
    Subst in, out = *s; /* work that is done inside is not kept */
    size_t k = 0;
    uint32_t var = n->a[1]->sym, *syms = ex_free_syms(c, n->a[0], &k);
    bool capture = false;
    subst_begin(&in, c);
    for (size_t i = 0; i < k; i++) {
        Node *by = syms[i] == var ? NULL : replacement(s, syms[i]);
        if (!by)
            continue;
        subst_put(&in, syms[i], by);
        capture |= ex_depends(c, by, var);
    }
    Node *v = n->a[1];
    if (capture) {
        v = ex_sym(c, sym_fresh(c, sym_name(c, var)));
        subst_put(&in, var, v);
    }
    nodemap_init(&out.done, c);
    Node *body = subst_run(&in, n->a[0]);
    Node *lo = subst_run(&out, n->a[2]), *hi = subst_run(&out, n->a[3]);
    Node *r = ex_binder(c, (Op)n->op, body, v, lo, hi);
    arena_release(&c->tmp, m);
    return r;
}

/* Of an IF whose condition is decided, the branch that is taken; NULL otherwise. */
static Node *taken_branch(const Subst *s, const Node *n)
{
    if (n->op != OP_IF)
        return NULL;
    Node *cond = subst_got(s, n->a[0]);
    if (!cond || (cond->op != OP_TRUE && cond->op != OP_FALSE))
        return NULL;
    return n->a[cond->op == OP_TRUE ? 1 : 2];
}

/* The next child that x needs worked on first, or NULL. A branch that is not taken is never
 * looked at: it may have no value. */
static Node *next_needed(const Subst *s, WalkStep *f)
{
    Node *pick = f->next >= 1 ? taken_branch(s, f->n) : NULL;
    if (pick)
        return subst_got(s, pick) ? NULL : pick;
    while (f->next < f->n->n) {
        Node *k = f->n->a[f->next++];
        if (!subst_got(s, k))
            return k;
        if (f->n->op == OP_IF && f->next == 1)
            return next_needed(s, f); /* at most once: next is 1 now */
    }
    return NULL;
}

/* x from what its children have become. */
static Node *subst_node(const Subst *s, Node *x)
{
    Node *pick = taken_branch(s, x), *few[4], **a = few, *r;
    if (pick)
        return subst_got(s, pick);
    ArenaMark m = arena_mark(&s->c->tmp);
    bool same = true;
    if (x->n > 4)
        a = ARENA_NEW(&s->c->tmp, Node *, x->n);
    for (uint32_t i = 0; a && i < x->n; i++) {
        a[i] = subst_got(s, x->a[i]);
        same &= a[i] == x->a[i];
    }
    r = !a ? s->c->poison : ex_rebuild_about(s->c, x, same ? x->a : a);
    arena_release(&s->c->tmp, m);
    return r;
}

static Node *subst_walk(Subst *s, Node *root)
{
    Ctx *c = s->c;
    WalkStep near[FRAMES_AT_HAND], *st = near;
    size_t n = 1, cap = FRAMES_AT_HAND;
    if (ex_is_poison(root) || subst_got(s, root))
        return ex_is_poison(root) ? root : subst_got(s, root);
    st[0] = (WalkStep){root, 0};
    while (n && !ctx_poll(c)) {
        Node *x = st[n - 1].n, *kid = is_binder(x) ? NULL : next_needed(s, &st[n - 1]);
        if (!kid) {
            nodemap_put(&s->done, x,
                        is_binder(x) ? subst_binder(s, x) : subst_node(s, x));
            n--;
            continue;
        }
        if (n == cap) {
            WalkStep *t = ARENA_NEW(&c->tmp, WalkStep, 4 * cap);
            if (!t)
                break;
            memcpy(t, st, n * sizeof *t);
            st = t;
            cap *= 4;
        }
        st[n++] = (WalkStep){kid, 0};
    }
    return ctx_failed(c) ? c->poison : nodemap_get(&s->done, root);
}

Node *subst_run(Subst *s, Node *root)
{
    bool before = s->c->keeps_dropped;
    s->c->keeps_dropped = true;
    Node *r = subst_walk(s, root);
    s->c->keeps_dropped = before;
    return r;
}

Node *ex_subst(Ctx *c, Node *n, const uint32_t *syms, Node *const *by, size_t k)
{
    uint64_t mask = 0;
    Subst s;
    for (size_t i = 0; i < k; i++)
        mask |= (uint64_t)1 << (syms[i] & 63);
    if (!(n->syms & mask) || ex_is_poison(n))
        return n;
    ArenaMark m = arena_mark(&c->tmp);
    subst_begin(&s, c);
    for (size_t i = 0; i < k; i++)
        subst_put(&s, syms[i], by[i]);
    Node *r = subst_run(&s, n);
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_keep(Ctx *c, Node *root)
{
    if (root->id < c->pool[0].next_id || ex_is_poison(root))
        return root;
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0, most = 1;
    Node **order = ex_walk(c, 1, &root, &count), *r = c->poison;
    Node **done = order ? ARENA_NEW(&c->tmp, Node *, count) : NULL;
    for (size_t i = 0; done && i < count; i++)
        most = order[i]->n > most ? order[i]->n : most;
    Node **a = done ? ARENA_NEW(&c->tmp, Node *, most) : NULL;
    sym_keep_all(c);
    shape_keep_all(c);
    for (size_t i = 0; a && i < count && !ctx_poll(c); i++) {
        Node *n = order[i];
        for (uint32_t j = 0; j < n->n; j++)
            a[j] = done[n->a[j]->pos];
        done[i] = r = n->id < c->pool[0].next_id ? n : ctx_keep(c, n, a);
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}
