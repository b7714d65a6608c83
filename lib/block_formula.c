/* block_formula.c - floor 5: blocks on formulas: loops are run, as long as every condition has an
 * answer. What comes out is a formula like any other, which can be differentiated.
 *
 * Calls between blocks are calls here, too: at most DEEPEST inside one another.
 */
#include "ball.h"
#include "block.h"
#include "lists.h"
#include "print.h"

enum { DEEPEST = 400, ROUNDS = 1000000 };

typedef struct {
    Ctx *c;
    const BlockWorld *w;
    uint64_t rounds;
    unsigned depth;
    bool explained;    /* the error under way says where it is from */
} Job;

typedef struct {
    int64_t done;
    Node *from, *step, *limit;
} Loop;

typedef struct {
    Job *j;
    const Block *b;
    uint32_t *sym;   /* locals ... */
    Node **val;      /* ... and what they are */
    size_t n, cap;
    Loop *loop;
    Node *result;
} Call;

static Node *run(Job *j, const Block *b, Node *const *args);

static Node *no_formula(Call *k, const Node *why)
{
    Str t = {0};
    Ctx *c = k->j->c;
    print_limited(c, &t, (Node *)(uintptr_t)why, 120);
    ctx_error(c, LBZ_UNABLE, "use forward or reverse at a point",
              "%s has no formula: what it does depends on whether %s",
              sym_name(c, k->b->sym), str_cstr(&t));
    str_free(&t);
    return c->poison;
}

static bool set_local(Call *k, uint32_t sym, Node *v)
{
    size_t i = 0;
    while (i < k->n && k->sym[i] != sym)
        i++;
    if (i == k->cap)
        return false;
    k->sym[i] = sym;
    k->val[i] = v;
    k->n += i == k->n;
    return !ctx_failed(k->j->c);
}

static Node *get_local(const Call *k, uint32_t sym)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->sym[i] == sym)
            return k->val[i];
    return NULL;
}

/* ---- expressions ------------------------------------------------------------------------------- */
static Node *call_function(Call *k, const Node *n, Node *const *a)
{
    Job *j = k->j;
    Ctx *c = j->c;
    size_t m = n->n / 2;
    for (size_t i = m; i < n->n; i++)
        if (a[i] != c->zero)
            return j->w->slope ? j->w->slope(j->w->arg, c, (Node *)(uintptr_t)n, a)
                               : ex_rebuild(c, n, a);
    Block *b = j->w->function ? j->w->function(j->w->arg, c, n->sym, m) : NULL;
    if (!b)
        return ctx_failed(c) ? c->poison : ex_rebuild(c, n, a);
    if (b->nparams != m)
        return ctx_error(c, LBZ_SYNTAX, NULL, "%s takes %zu arguments, here are %zu",
                         sym_name(c, n->sym), b->nparams, m);
    return run(j, b, a);
}

static Node *constant_condition(Call *k, Node *n)
{
    Ctx *c = k->j->c;
    if (n->n != 2 || n->op < OP_LT || n->op > OP_NE)
        return n;
    size_t m;
    ArenaMark mark = arena_mark(&c->tmp);
    ex_free_syms(c, n, &m);
    arena_release(&c->tmp, mark);
    int s = m || (n->flags & NF_APPLY) ? 2 : ball_sign(c, ex_sub(c, n->a[0], n->a[1]));
    if (s == 2)
        return n;
    bool yes = n->op == OP_LT ? s < 0 : n->op == OP_LE ? s <= 0 : n->op == OP_EQ ? s == 0 : s != 0;
    return yes ? c->yes : c->no;
}

/* sum(e, k, a, b) of a body that was kept from evaluation until k has values. */
static Node *expand_binder(Call *k, const Node *n);

static Node *evaluate_node(Call *k, Node *n, Node *const *a)
{
    Ctx *c = k->j->c;
    Node *r;
    if (list_is_function(n)) {
        r = list_function(c, (Op)n->op, n->n, a);
        return r ? r : ctx_failed(c) ? c->poison : ex_structural(c, (Op)n->op, n->n, a);
    }
    if (ex_is(n, OP_APPLY))
        return call_function(k, n, a);
    r = list_rebuild(c, n, a);
    return constant_condition(k, r);
}

static Node *outside(Call *k, Node *n)
{
    Node *v = get_local(k, n->sym);
    const BlockWorld *w = k->j->w;
    if (!v && w->variable)
        v = w->variable(w->arg, k->j->c, n->sym);
    return v ? v : n;
}

/* Nodes whose values are due, the innermost on top. */
typedef struct {
    Node **v;
    size_t n, cap;
} Stack;

static bool push(Ctx *c, Stack *s, Node *x)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        Node **v = ARENA_NEW(&c->tmp, Node *, cap);
        if (!v)
            return false;
        if (s->n)
            memcpy(v, s->v, s->n * sizeof *v);
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = x;
    return true;
}

/* The value of a node without looking at its children; NULL: they are needed. */
static Node *known(Call *k, Node *x)
{
    if (ex_is(x, OP_SYM))
        return outside(k, x);
    if (ex_is(x, OP_SUM) || ex_is(x, OP_PROD))
        return expand_binder(k, x);
    return x->n == 0 || ex_is_num(x) ? x : NULL;
}

/* Which children are due: of an `if` first the condition, then the branch it chooses, or both when
 * it has no answer. */
static void due(const Ctx *c, const Node *x, const NodeMap *done, uint32_t *from, uint32_t *to)
{
    *from = 0;
    *to = x->n;
    if (!ex_is(x, OP_IF))
        return;
    const Node *cond = nodemap_get(done, x->a[0]);
    if (!cond)
        *to = 1;
    else if (cond == c->yes)
        *from = 1, *to = 2;
    else if (cond == c->no)
        *from = 2;
}

/* Pushes what is missing; false: nothing is. */
static bool push_missing(Ctx *c, Stack *s, const Node *x, const NodeMap *done, uint32_t from,
                         uint32_t to)
{
    bool any = false;
    for (uint32_t i = to; i-- > from;)
        if (!nodemap_get(done, x->a[i])) {
            any = true;
            if (!push(c, s, x->a[i]))
                break;
        }
    return any;
}

static Node *combine(Call *k, Node *x, const NodeMap *done, uint32_t from, uint32_t to)
{
    Ctx *c = k->j->c;
    if (to - from < x->n) /* the branch of an `if` that was chosen */
        return nodemap_get(done, x->a[from]);
    Node **a = ARENA_NEW(&c->tmp, Node *, x->n + 1u);
    for (uint32_t i = 0; a && i < x->n; i++)
        a[i] = nodemap_get(done, x->a[i]);
    return a ? evaluate_node(k, x, a) : c->poison;
}

/* Sums over a range are expanded here, their bodies not evaluated before. An `if` whose condition
 * has an answer evaluates that branch only: that ends recursions. */
static Node *evaluate(Call *k, Node *e)
{
    Ctx *c = k->j->c;
    NodeMap done;
    Stack s = {0};
    ArenaMark m = arena_mark(&c->tmp);
    nodemap_init(&done, c);
    push(c, &s, e);
    while (s.n && !ctx_poll(c)) {
        Node *x = s.v[s.n - 1];
        uint32_t from, to;
        if (nodemap_get(&done, x)) {
            s.n--;
            continue;
        }
        Node *r = known(k, x);
        due(c, x, &done, &from, &to);
        if (!r && push_missing(c, &s, x, &done, from, to))
            continue;
        if (!r && ex_is(x, OP_IF) && to == 1)
            continue; /* the condition has just become known */
        nodemap_put(&done, x, r ? r : combine(k, x, &done, from, to));
        s.n--;
    }
    Node *r = nodemap_get(&done, e);
    arena_release(&c->tmp, m);
    return ctx_failed(c) || !r ? c->poison : r;
}

static Node *expand_binder(Call *k, const Node *n)
{
    Ctx *c = k->j->c;
    int64_t lo, hi;
    Node *from = evaluate(k, n->a[2]), *to = evaluate(k, n->a[3]);
    if (ctx_failed(c))
        return c->poison;
    if (!ex_get_int(from, &lo) || !ex_get_int(to, &hi) || hi - lo > 100000)
        return ctx_error(c, LBZ_UNABLE, NULL, "the limits of a sum in %s are not known",
                         sym_name(c, k->b->sym));
    size_t count = hi >= lo ? (size_t)(hi - lo) + 1 : 0;
    Node **t = ARENA_NEW(ctx_arena(c), Node *, count + 1), *saved = get_local(k, n->a[1]->sym);
    for (size_t i = 0; t && i < count && !ctx_poll(c); i++) {
        if (!set_local(k, n->a[1]->sym, ex_int(c, lo + (int64_t)i)))
            return c->poison;
        t[i] = evaluate(k, n->a[0]);
    }
    if (count)
        set_local(k, n->a[1]->sym, saved ? saved : n->a[1]);
    if (!t || ctx_failed(c))
        return c->poison;
    return n->op == OP_SUM ? ex_add(c, count, t) : ex_mul(c, count, t);
}

/* ---- statements --------------------------------------------------------------------------------- */
static bool round_ok(Call *k)
{
    Job *j = k->j;
    uint64_t most = j->w->limits.steps < ROUNDS ? j->w->limits.steps : ROUNDS;
    if (++j->rounds <= most)
        return !ctx_poll(j->c);
    ctx_error(j->c, LBZ_LIMIT, "is it meant to end? `set looplimit N` allows more; forward and "
              "reverse allow 10 times as many", "%s: loops and calls were entered %llu times",
              sym_name(j->c, k->b->sym), (unsigned long long)most);
    return false;
}

/* 1: holds, 0: does not, -1: error. */
static int decide(Call *k, Node *cond)
{
    Ctx *c = k->j->c;
    Node *v = evaluate(k, cond);
    if (ctx_failed(c))
        return -1;
    if (v == c->yes || (ex_is_num(v) && !num_is_zero(v->num)))
        return 1;
    if (v == c->no || ex_is_num(v))
        return 0;
    no_formula(k, v);
    return -1;
}

static bool for_value(Call *k, const BlockStmt *s, Loop *l, Node **v)
{
    Ctx *c = k->j->c;
    *v = ex_add2(c, l->from, ex_mul2(c, ex_int(c, l->done), l->step));
    if (!ex_is_num(*v) || !ex_is_num(l->limit) || !ex_is_num(l->step) ||
        num_is_zero(l->step->num)) {
        ctx_error(c, LBZ_UNABLE, "use forward or reverse at a point",
                  "%s has no formula: the range of a loop is not known",
                  sym_name(c, k->b->sym));
        return false;
    }
    int d = num_cmp((*v)->num, l->limit->num);
    (void)s;
    return num_sgn(l->step->num) > 0 ? d <= 0 : d >= 0;
}

static bool store(Call *k, const BlockStmt *s)
{
    Ctx *c = k->j->c;
    Node *idx[BLOCK_RANK], *v = get_local(k, s->sym);
    for (size_t i = 0; i < s->nindex; i++)
        idx[i] = evaluate(k, s->index[i]);
    Node *e = evaluate(k, s->e);
    if (!v)
        ctx_error(c, LBZ_NAME, NULL, "%s has no value yet", sym_name(c, s->sym));
    return !ctx_failed(c) && set_local(k, s->sym, list_store(c, v, s->nindex, idx, e));
}

/* One statement; *pc is where to go on. False: the function ends (or failed). */
static bool step(Call *k, size_t *pc)
{
    const BlockStmt *s = &k->b->code[(*pc)++];
    Loop *l = &k->loop[s->loop];
    Node *v;
    int yes;
    switch (s->op) {
    case BK_ASSIGN: return set_local(k, s->sym, evaluate(k, s->e));
    case BK_STORE: return store(k, s);
    case BK_VALUE: k->result = evaluate(k, s->e); return true;
    case BK_UNLESS:
        yes = decide(k, s->e);
        if (yes == 0)
            *pc = s->target;
        return yes >= 0;
    case BK_JUMP: {
        bool back = s->target < *pc;
        *pc = s->target;
        return !back || round_ok(k);
    }
    case BK_FOR:
        *l = (Loop){0, evaluate(k, s->e), evaluate(k, s->step), evaluate(k, s->limit)};
        break;
    case BK_NEXT:
        l->done++;
        *pc = s->target + 1;
        s = &k->b->code[s->target];
        break;
    case BK_RETURN:
        if (s->e)
            k->result = evaluate(k, s->e);
        return false;
    case BK_END: return false;
    }
    if (ctx_failed(k->j->c))
        return false;
    if (for_value(k, s, l, &v))
        return set_local(k, s->sym, v) && round_ok(k);
    *pc = s->target;
    return !ctx_failed(k->j->c);
}

static Node *run(Job *j, const Block *b, Node *const *args)
{
    Ctx *c = j->c;
    size_t cap = b->nparams + b->n + 64, pc = 0;
    Arena *a = ctx_arena(c);
    Call k = {.j = j, .b = b, .sym = ARENA_NEW(a, uint32_t, cap), .val = ARENA_NEW(a, Node *, cap),
              .cap = cap, .loop = ARENA_NEW0(a, Loop, b->nloops + 1)};
    if (++j->depth > DEEPEST || j->depth > j->w->limits.recursion)
        ctx_error(c, LBZ_LIMIT, "is it meant to end? `set recursion N` allows up to 400 in formulas; forward and reverse allow more", "%s calls itself more than %u times deep",
                  sym_name(c, b->sym), j->depth - 1);
    if (!k.sym || !k.val || !k.loop || ctx_failed(c))
        return c->poison;
    for (size_t i = 0; i < b->nparams; i++)
        set_local(&k, b->params[i], args[i]);
    size_t at = pc;
    while (!ctx_failed(c) && (at = pc, step(&k, &pc)))
        ;
    if (ctx_failed(c) && !j->explained)
        block_explain(c, b, &b->code[at]);
    j->explained = ctx_failed(c);
    j->depth--;
    if (!k.result && !ctx_failed(c))
        ctx_error(c, LBZ_UNABLE, "let its last statement be an expression, or use return",
                  "%s ends without a value", sym_name(c, b->sym));
    return ctx_failed(c) ? c->poison : k.result;
}

Node *block_formula(Ctx *c, const BlockWorld *w, Block *f, Node *const *args)
{
    Job j = {.c = c, .w = w};
    return run(&j, f, args);
}
