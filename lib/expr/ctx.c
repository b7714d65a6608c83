/* expr/ctx.c - the context of a session: pools of hash-consed nodes, symbols, notes.
 *
 * A node is looked up by content in the statement pool and in the session pool before it is
 * made, so structural equality is pointer equality across both. Symbols that no session
 * node or assumption needs (index >= syms_kept) die with the statement.
 */
#include "expr/internal.h"
#include "expr/shape.h"
#include <stdio.h>

enum { TABLE_MIN = 256, TABLE_LARGE = 1 << 15 };

/* ---- symbols ----------------------------------------------------------------------- */
static bool symbols_grow(Ctx *c)
{
    size_t cap = c->syms_cap ? c->syms_cap * 2 : 64;
    Symbol *s = mem_realloc(c->syms, cap * sizeof *s);
    if (!s)
        return false;
    c->syms = s;
    uint32_t *t = mem_alloc(cap * 4 * sizeof *t);
    if (!t)
        return false;
    mem_free(c->sym_table);
    c->sym_table = t;
    c->syms_cap = cap;
    memset(t, 0, cap * 4 * sizeof *t);
    for (size_t i = 0; i < c->nsyms; i++) {
        size_t k = s[i].hash & (cap * 4 - 1);
        while (t[k])
            k = (k + 1) & (cap * 4 - 1);
        t[k] = (uint32_t)i + 1;
    }
    return true;
}

/* The slot that holds the name, or the empty one where it belongs. */
static size_t symbol_slot(const Ctx *c, const char *name, size_t n, uint64_t h)
{
    size_t mask = c->syms_cap * 4 - 1, k = h & mask;
    for (; c->sym_table[k]; k = (k + 1) & mask) {
        const Symbol *s = &c->syms[c->sym_table[k] - 1];
        if (s->hash == h && strncmp(s->name, name, n) == 0 && s->name[n] == 0)
            break;
    }
    return k;
}

uint32_t sym_intern(Ctx *c, const char *name, size_t n)
{
    uint64_t h = hash_bytes(name, n, 7);
    size_t k = symbol_slot(c, name, n, h);
    if (c->sym_table[k])
        return c->sym_table[k] - 1;
    if (c->nsyms == c->syms_cap) {
        if (!symbols_grow(c)) {
            env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
            return 0;
        }
        k = symbol_slot(c, name, n, h);
    }
    char *copy = arena_strndup(ctx_arena(c), name, n);
    if (!copy)
        return 0;
    c->syms[c->nsyms] = (Symbol){.name = copy, .hash = h, .assume = S_ANY};
    c->sym_table[k] = (uint32_t)++c->nsyms;
    if (c->into == 0)
        sym_keep_all(c);
    return (uint32_t)c->nsyms - 1;
}

void sym_keep_all(Ctx *c)
{
    for (; c->syms_kept < c->nsyms; c->syms_kept++) {
        Symbol *s = &c->syms[c->syms_kept];
        s->name = arena_strndup(&c->pool[0].arena, s->name, strlen(s->name));
    }
}

/* Removing the newest entries first leaves a linear-probing table as it was before them. */
static void symbols_forget(Ctx *c)
{
    while (c->nsyms > c->syms_kept) {
        const Symbol *s = &c->syms[c->nsyms - 1];
        size_t mask = c->syms_cap * 4 - 1, k = s->hash & mask;
        while (c->sym_table[k] != c->nsyms)
            k = (k + 1) & mask;
        c->sym_table[k] = 0;
        c->nsyms--;
    }
}

const char *sym_name(const Ctx *c, uint32_t sym) { return c->syms[sym].name; }

unsigned sym_structure(const Ctx *c, uint32_t sym) { return c->syms[sym].structure; }

uint32_t sym_fresh(Ctx *c, const char *like)
{
    char name[64];
    for (unsigned i = 1;; i++) {
        int n = snprintf(name, sizeof name, "%.40s_%u", like, i);
        uint64_t h = hash_bytes(name, (size_t)n, 7);
        if (!c->sym_table[symbol_slot(c, name, (size_t)n, h)])
            return sym_intern(c, name, (size_t)n);
    }
}

/* ---- pools ------------------------------------------------------------------------- */
static bool pool_init(Pool *p, Env *env, uint32_t first_id)
{
    p->n = 0;
    p->cap = TABLE_MIN;
    p->next_id = first_id;
    p->table = mem_alloc(p->cap * sizeof(Node *));
    if (!p->table)
        return false;
    memset(p->table, 0, p->cap * sizeof(Node *));
    return arena_init(&p->arena, env);
}

static void pool_free(Pool *p)
{
    ctx_release_data(p);
    mem_free(p->data);
    mem_free(p->table);
    arena_free(&p->arena);
}

/* The table follows the statements: large for large ones, small again after small ones. */
static void pool_reset(Pool *p, uint32_t first_id)
{
    ctx_release_data(p);
    size_t cap = p->cap;
    while (cap > TABLE_MIN && cap > 32 * p->n)
        cap /= 2;
    Node **t = cap < p->cap ? mem_realloc(p->table, cap * sizeof(Node *)) : NULL;
    if (t) {
        p->table = t;
        p->cap = cap;
    }
    memset(p->table, 0, p->cap * sizeof(Node *));
    p->n = 0;
    p->next_id = first_id;
    arena_reset(&p->arena);
}

static void pool_grow(Ctx *c, Pool *p)
{
    size_t cap = p->cap * (p->cap < TABLE_LARGE ? 4 : 2);
    Node **t = mem_alloc(cap * sizeof(Node *));
    if (!t) {
        env_error(&c->env, LBZ_LIMIT, "use a smaller expression", "out of memory");
        return;
    }
    memset(t, 0, cap * sizeof(Node *));
    for (size_t i = 0; i < p->cap; i++) {
        if (!p->table[i])
            continue;
        size_t k = p->table[i]->hash & (cap - 1);
        while (t[k])
            k = (k + 1) & (cap - 1);
        t[k] = p->table[i];
    }
    mem_free(p->table);
    p->table = t;
    p->cap = cap;
}

/* Where the hash of a node with children begins. */
/* Functions hash as they did whatever rows stand before theirs: points that are tried at random
 * depend on it. */
static inline uint64_t op_hash(Op op)
{
    enum { MOVED = OP_FIRST_FUNCTION - (OP_FIRST_STRUCTURAL + 32) };
    return hash_mix(0x6c62, op > OP_FIRST_FUNCTION ? op - MOVED : op);
}

static inline uint64_t inner_hash(Op op, uint32_t sym)
{
    return hash_mix(op_hash(op), sym);
}

/* A T row's attributes are text in the table of symbols, one behind sym. */
static inline bool has_attributes(unsigned op, uint32_t sym)
{
    return sym && op_is_tensor((Op)op);
}

static inline uint64_t leaf_hash(const Ctx *c, const Shell *s)
{
    if (s->n && s->op != OP_APPLY)
        return inner_hash(s->op, has_attributes(s->op, s->sym)
                                     ? (uint32_t)c->syms[s->sym - 1].hash
                                     : s->sym);
    uint64_t h = hash_mix(0x6c62, s->op);
    if (s->op == OP_NUM)
        return hash_mix(h, num_hash(s->num));
    if (s->op == OP_SYM || s->op == OP_APPLY) {
        h = hash_mix(h, c->syms[s->sym].hash);
        return LBZ_LIKELY(!s->shape) ? h : hash_mix(h, shape_hash(c, s->shape));
    }
    if (s->op == OP_STRING)
        return hash_mix(h, hash_bytes(s->text, s->sym, 3));
    return hash_mix(h, s->sym);
}

static bool same_content(const Node *n, const Shell *s)
{
    if (n->op != s->op || n->n != s->n || n->sym != s->sym)
        return false;
    if (s->op == OP_SYM || s->op == OP_DATA)
        return n->shape == s->shape;
    if (s->op == OP_NUM)
        return num_eq(n->num, s->num);
    if (s->op == OP_STRING)
        return memcmp(n->text, s->text, s->sym) == 0;
    for (size_t i = 0; i < s->n; i++)
        if (n->a[i] != s->a[i])
            return false;
    return true;
}

static inline Node **pool_find(const Pool *p, const Shell *s, uint64_t h)
{
    size_t mask = p->cap - 1, k = h & mask;
    for (const Node *n; (n = p->table[k]) != NULL; k = (k + 1) & mask)
        if (n->hash == h && same_content(n, s))
            break;
    return &p->table[k];
}

static size_t shell_bytes(const Shell *s)
{
    size_t body = s->op == OP_STRING ? s->sym + 1u : s->n * sizeof(Node *);
    if (body < sizeof(Num))
        body = sizeof(Num);
    return offsetof(Node, num) + body;
}

/* The slot where a new node of that content belongs; NULL: no memory. */
static Node **pool_room(Ctx *c, Pool *p, const Shell *s, uint64_t h, Node **slot)
{
    if ((p->n + 1) * 2 <= p->cap)
        return slot;
    pool_grow(c, p);
    return ctx_failed(c) ? NULL : pool_find(p, s, h);
}

/* Puts what the node owns behind its header. */
static inline void node_fill(Ctx *c, Pool *p, Node *n, const Shell *s)
{
    for (size_t i = 0; i < s->n; i++)
        n->a[i] = s->a[i];
    if (s->op == OP_SYM || s->op == OP_APPLY)
        n->name = c->syms[s->sym].name;
    else if (has_attributes(s->op, s->sym))
        n->name = c->syms[s->sym - 1].name;
    else if (s->op == OP_NUM)
        n->num = num_copy(&p->arena, s->num);
    else if (s->op == OP_DATA)
        ctx_hold_data(c, p, n, s->data);
    else if (s->op == OP_STRING)
        memcpy(n->text, s->text, s->sym), n->text[s->sym] = 0;
}

/* What the children of a node that may be new say together. */
typedef struct {
    uint64_t hash, syms;
    uint32_t newest, height;
    uint32_t shape; /* bits: 0 when all are numbers */
    uint8_t flags;
} ChildFacts;

/* False: one of them is poison. */
static inline bool children_read(ChildFacts *k, size_t count, Node *const *a)
{
    for (size_t i = 0; i < count; i++) {
        const Node *n = a[i];
        k->hash = hash_mix(k->hash, n->hash);
        k->syms |= n->syms;
        k->flags |= n->flags;
        k->shape |= n->shape;
        k->newest = n->id > k->newest ? n->id : k->newest;
        k->height = n->height >= k->height ? n->height + 1 : k->height;
    }
    return !(k->flags & NF_POISON);
}

static Node *node_new(Ctx *c, Pool *p, const Shell *s, const ChildFacts *k)
{
    Node *n = arena_alloc(&p->arena, shell_bytes(s));
    if (!n || c->env.err.status == LBZ_LIMIT)
        return NULL;
    *n = (Node){.hash = k->hash,
                .syms = k->syms,
                .id = p->next_id++,
                .op = (uint16_t)s->op,
                .flags = k->flags,
                .n = (uint32_t)s->n,
                .sym = s->sym,
                .shape = s->shape | k->shape,
                .height = k->height};
    node_fill(c, p, n, s);
    ex_set_facts(c, n);
    return n;
}

Node *ctx_intern(Ctx *c, const Shell *s)
{
    Pool *p = &c->pool[c->into];
    ChildFacts k = {.hash = leaf_hash(c, s)};
    if (!children_read(&k, s->n, s->a))
        return c->poison;
    if (c->into == 1 && k.newest < FIRST_STATEMENT_ID) {
        Node **at = pool_find(&c->pool[0], s, k.hash);
        if (*at)
            return *at;
    }
    Node **slot = pool_find(p, s, k.hash);
    if (*slot)
        return *slot;
    slot = pool_room(c, p, s, k.hash, slot);
    Node *n = slot ? node_new(c, p, s, &k) : NULL;
    if (!n)
        return c->poison;
    *slot = n;
    p->n++;
    c->env.steps++;
    return n;
}

/* The node in p that is op of a[0..n) and nothing else, or the empty slot where it belongs. */
static inline Node **inner_find(const Pool *p, uint64_t h, Op op, size_t n,
                                Node *const *a)
{
    size_t mask = p->cap - 1, k = h & mask, i;
    for (const Node *x; (x = p->table[k]) != NULL; k = (k + 1) & mask) {
        if (x->hash != h || x->op != op || x->n != n || x->sym)
            continue;
        for (i = 0; i < n && x->a[i] == a[i]; i++)
            ;
        if (i == n)
            break;
    }
    return &p->table[k];
}

/* ctx_intern step by step for what has children and nothing else of its own: most nodes. */
Node *ex_intern(Ctx *c, Op op, size_t n, Node *const *a)
{
    Pool *p = &c->pool[c->into];
    ChildFacts k = {.hash = inner_hash(op, 0)};
    if (!n || (p->n + 1) * 2 > p->cap)
        return ctx_intern(c, &(Shell){.op = op, .n = n, .a = a});
    if (!children_read(&k, n, a))
        return c->poison;
    if (c->into == 1 && k.newest < FIRST_STATEMENT_ID) {
        Node **at = inner_find(&c->pool[0], k.hash, op, n, a);
        if (*at)
            return *at;
    }
    Node **slot = inner_find(p, k.hash, op, n, a);
    if (*slot)
        return *slot;
    size_t body = n * sizeof(Node *) < sizeof(Num) ? sizeof(Num) : n * sizeof(Node *);
    Node *x = arena_alloc(&p->arena, offsetof(Node, num) + body);
    if (!x || c->env.err.status == LBZ_LIMIT)
        return c->poison;
    *x = (Node){.hash = k.hash,
                .syms = k.syms,
                .id = p->next_id++,
                .op = (uint16_t)op,
                .flags = k.flags,
                .n = (uint32_t)n,
                .shape = k.shape,
                .height = k.height};
    for (size_t i = 0; i < n; i++)
        x->a[i] = a[i];
    ex_set_facts(c, x);
    *slot = x;
    p->n++;
    c->env.steps++;
    return x;
}

Node *ctx_keep(Ctx *c, const Node *n, Node *const *a)
{
    Pool *p = &c->pool[0];
    Shell s = {.op = (Op)n->op,
               .sym = n->sym,
               .n = n->n,
               .a = a,
               .shape = n->op == OP_SYM || n->op == OP_DATA ? n->shape : 0,
               .data = n->op == OP_DATA ? n->data : NULL,
               .num = n->op == OP_NUM ? n->num : NUM_ZERO,
               .text = n->op == OP_STRING ? n->text : NULL};
    Node **slot = pool_find(p, &s, n->hash);
    if (*slot)
        return *slot;
    slot = pool_room(c, p, &s, n->hash, slot);
    Node *k = slot ? arena_alloc(&p->arena, shell_bytes(&s)) : NULL;
    if (!k || c->env.err.status == LBZ_LIMIT)
        return c->poison;
    memcpy(k, n, offsetof(Node, num));
    k->id = p->next_id++;
    k->mark = 0;
    node_fill(c, p, k, &s);
    *slot = k;
    p->n++;
    return k;
}

/* ---- the context ------------------------------------------------------------------- */
static Node *new_constant(Ctx *c, uint32_t which)
{
    return ctx_intern(c, &(Shell){.op = OP_CONST, .sym = which});
}

static bool ctx_leaves(Ctx *c)
{
    c->into = 0;
    c->poison = ARENA_NEW0(&c->pool[0].arena, Node, 1);
    c->poison->op = OP_POISON;
    c->poison->flags = NF_POISON;
    c->poison->sign = S_ANY;
    for (int64_t i = INT_LEAST; i <= INT_MOST; i++)
        c->integer[i - INT_LEAST] =
            ctx_intern(c, &(Shell){.op = OP_NUM, .num = num_int(i)});
    c->zero = ex_int(c, 0);
    c->one = ex_int(c, 1);
    c->two = ex_int(c, 2);
    c->minus_one = ex_int(c, -1);
    c->half = ex_rat(c, 1, 2);
    c->pi = new_constant(c, C_PI);
    c->e = new_constant(c, C_E);
    c->inf = new_constant(c, C_INF);
    c->minus_inf = ex_neg(c, c->inf);
    c->yes = ctx_intern(c, &(Shell){.op = OP_TRUE});
    c->no = ctx_intern(c, &(Shell){.op = OP_FALSE});
    c->into = 1;
    return !ctx_failed(c);
}

Ctx *ctx_new(void)
{
    Ctx *c = mem_alloc(sizeof *c);
    if (!c)
        return NULL;
    memset(c, 0, sizeof *c);
    env_init(&c->env);
    bool ok = pool_init(&c->pool[0], &c->env, 1) &&
              pool_init(&c->pool[1], &c->env, FIRST_STATEMENT_ID) &&
              arena_init(&c->tmp, &c->env) && symbols_grow(c) && ctx_shapes_grow(c) &&
              ctx_leaves(c);
    if (ok) {
        ctx_begin_statement(c);
        return c;
    }
    ctx_free(c);
    return NULL;
}

void ctx_free(Ctx *c)
{
    if (!c)
        return;
    pool_free(&c->pool[0]);
    pool_free(&c->pool[1]);
    arena_free(&c->tmp);
    mem_free(c->syms);
    mem_free(c->sym_table);
    mem_free(c->shapes);
    mem_free(c->shape_table);
    env_release(&c->env);
    mem_free(c);
}

void ctx_begin_statement(Ctx *c)
{
    env_reset(&c->env);
    symbols_forget(c);
    ctx_shapes_forget(c);
    pool_reset(&c->pool[1], FIRST_STATEMENT_ID);
    arena_reset(&c->tmp);
    c->into = 1;
    c->notes = NULL;
    c->nnotes = c->notes_cap = 0;
    c->facts = NULL;
    c->nfacts = c->facts_cap = 0;
    c->dropped = NULL;
    c->ndropped = c->dropped_cap = 0;
    c->keeps_dropped = false;
    map_init(&c->diff_memo, &c->pool[1].arena);
    c->nsizes[0] = c->nsizes[1] = 0;
}

void ctx_note(Ctx *c, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    for (size_t i = 0; i < c->nnotes; i++)
        if (strcmp(c->notes[i], text) == 0)
            return;
    Arena *a = &c->pool[1].arena;
    if (!ARENA_ROOM(a, c->notes, c->nnotes, c->notes_cap))
        return;
    c->notes[c->nnotes++] = arena_strndup(a, text, strlen(text));
}

void ctx_keep_dropped(Ctx *c, Node *u)
{
    Arena *a = &c->pool[1].arena;
    for (size_t i = c->ndropped, looked = 0; i-- > 0 && looked < 8; looked++)
        if (c->dropped[i] == u)
            return;
    if (ARENA_ROOM(a, c->dropped, c->ndropped, c->dropped_cap))
        c->dropped[c->ndropped++] = u;
}

void ctx_fact(Ctx *c, Node *n)
{
    if (ex_is_num(n) || ex_is_poison(n))
        return;
    for (size_t i = 0; i < c->nfacts; i++)
        if (c->facts[i] == n)
            return;
    if (!ARENA_ROOM(&c->pool[1].arena, c->facts, c->nfacts, c->facts_cap))
        return;
    c->facts[c->nfacts++] = n;
}

void ctx_domain_facts(Ctx *c, Node *f)
{
    Node *u = f->n ? f->a[0] : NULL;
    switch (f->op) {
    case OP_log:
    case OP_log2:
    case OP_log10:
    case OP_xlogx: ctx_fact(c, u); break;
    case OP_log1p: ctx_fact(c, ex_add2(c, c->one, u)); break;
    case OP_asech:
    case OP_acosh:
        ctx_fact(c, u);
        ctx_fact(c, ex_add2(c, c->one, u));
        ctx_fact(c, f->op == OP_acosh ? ex_sub(c, u, c->one) : ex_sub(c, c->one, u));
        break;
    case OP_asin:
    case OP_acos:
    case OP_atanh:
    case OP_logit:
        ctx_fact(c, ex_sub(c, c->one, u));
        ctx_fact(c, f->op == OP_logit ? u : ex_add2(c, c->one, u));
        break;
    case OP_acoth:
    case OP_asec:
    case OP_acsc:
        ctx_fact(c, ex_mul2(c, u, ex_sub(c, u, c->one)));
        ctx_fact(c, ex_mul2(c, u, ex_add2(c, u, c->one)));
        break;
    default: break;
    }
}

Node *ctx_error(Ctx *c, lbz_status st, const char *hint, const char *fmt, ...)
{
    char text[500];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    env_error(&c->env, st, hint, "%s", text);
    return c->poison;
}
