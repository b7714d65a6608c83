/* parse/build.c - the second step of reading: a tree becomes nodes. One loop over the items with a
 * stack of nodes; sums and products come with all their operands, so that a line of n terms costs
 * one constructor call. Before each call the place in the text is set, for the errors of
 * constructors. Conditions and numbers are told apart here, as shapes decide what is allowed. */
#include "expr/shape.h"
#include "expr/tensors.h"
#include "parse/build.h"

/* ---- errors, places */

/* A function's parameters may be tensors, of which conditions are numbers. */
void build_condition_error(TreeBuilder *b, uint32_t k)
{
    if (build_in_parameters(b, b->v[k])) {
        b->v[k] = ex_if(b->c, b->v[k], b->c->one, b->c->zero);
        return;
    }
    build_stand_on(b, k);
    ctx_error(b->c, LBZ_SYNTAX, "write if ... then 1 else 0 to make a number of it",
              "a condition stands where a number is needed");
}

Node *build_structural(TreeBuilder *b, Op op, size_t n, Node *const *a, uint32_t pos,
                       uint32_t end)
{
    build_stand_at(b, pos, end);
    Node *s = ctx_failed(b->c) ? b->c->poison : ex_structural(b->c, op, n, a);
    if (b->opt->spans && !ctx_failed(b->c) && !map_get(b->opt->spans, s->id, NULL))
        map_put(b->opt->spans, s->id, (uint64_t)pos << 32 | (end - pos));
    return s;
}

void build_put_sizes(TreeBuilder *b, size_t n, Node **a)
{
    for (const ShapeScope *s = b->scope; s; s = s->outer)
        for (size_t i = 0; s->sizes && s->sizes->n && i < n; i++)
            if (!a[i]->shape && a[i]->syms)
                a[i] = ex_subst(b->c, a[i], s->sizes->sym, s->sizes->value, s->sizes->n);
}

Node *build_tensor(TreeBuilder *b, Op op, const char *attributes, size_t n, Node **a,
                   uint32_t pos, uint32_t end)
{
    build_stand_at(b, pos, end);
    build_put_sizes(b, n, a);
    Node *r = ctx_failed(b->c) ? b->c->poison : ex_tensor(b->c, op, attributes, n, a);
    if (b->opt->spans && !ctx_failed(b->c) && ex_is(r, op) &&
        !map_get(b->opt->spans, r->id, NULL))
        map_put(b->opt->spans, r->id, (uint64_t)pos << 32 | (end - pos));
    return r;
}

/* ---- leaves */

static bool in_scope(const ShapeScope *s, uint32_t sym, uint32_t *shape)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->sym[i] == sym) {
            *shape = s->shape[i];
            return true;
        }
    return false;
}

/* Scopes may be many, one inside the other; most names are in none. */
static void note_bound(TreeBuilder *b, const ShapeScope *s)
{
    for (size_t i = 0; i < s->n; i++)
        b->bound |= (uint64_t)1 << s->sym[i] % 64;
}

static uint32_t shape_of_name(const TreeBuilder *b, uint32_t sym)
{
    uint32_t shape = SHAPE_SCALAR;
    bool bound = b->bound >> sym % 64 & 1;
    for (const ShapeScope *s = bound ? b->scope : NULL; s; s = s->outer)
        if (in_scope(s, sym, &shape))
            return shape;
    if (!b->opt->shape)
        return SHAPE_SCALAR;
    shape = b->opt->shape(b->opt->arg, sym);
    for (const ShapeScope *s = shape ? b->scope : NULL; s; s = s->outer)
        shape = s->sizes ? shape_at_sizes(b->c, shape, s->sizes) : shape;
    return shape;
}

bool build_in_parameters(const TreeBuilder *b, Node *x)
{
    for (const ShapeScope *s = b->scope; s; s = s->outer)
        for (size_t i = 0; s->params && i < s->n; i++)
            if (ex_depends(b->c, x, s->sym[i]))
                return true;
    return false;
}

/* Most symbols occur more than once. */
static Node *symbol_node(TreeBuilder *b, uint32_t sym)
{
    uint32_t k = sym % BUILD_NEAR;
    if (b->near_sym[k] != sym + 1) {
        b->near_sym[k] = sym + 1;
        b->near[k] = ex_sym_shaped(b->c, sym, shape_of_name(b, sym));
    }
    return b->near[k];
}

static Node *number_node(const TreeBuilder *b, const TreeItem *i)
{
    Ctx *c = b->c;
    if (i->op)
        return ex_num(c, b->t->num[i->at]);
    return i->number >= INT_LEAST && i->number <= INT_MOST
               ? c->integer[i->number - INT_LEAST]
               : ex_int(c, i->number);
}

static Node *constant_node(const Ctx *c, unsigned which)
{
    switch (which) {
    case C_PI: return c->pi;
    case C_E: return c->e;
    case C_INF: return c->inf;
    case TREE_TRUE: return c->yes;
    default: return c->no;
    }
}

/* ---- the loop */

static Node *build_item(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    switch ((TreeKind)i->kind) {
    case TREE_NUMBER: return number_node(b, i);
    case TREE_CONSTANT: return constant_node(b->c, i->op);
    case TREE_NAME: return symbol_node(b, i->sym);
    case TREE_GIVEN: return b->t->given[i->at];
    case TREE_END: return build_end(b, i);
    case TREE_OPEN: return b->c->poison; /* the range around it knows */
    case TREE_SUM: return build_sum(b, i, base);
    case TREE_PRODUCT: return build_product(b, i, base);
    case TREE_JUXTAPOSED: return build_juxtaposition(b, i, base);
    case TREE_POWER: return build_power(b, i, base);
    case TREE_NEGATE:
    case TREE_PRIME:
    case TREE_ROOT:
    case TREE_FACTORIAL:
    case TREE_BARS: return build_unary(b, i, base);
    case TREE_COMPARE: return build_comparison(b, i, base);
    case TREE_NOT:
    case TREE_AND:
    case TREE_OR: return build_logic(b, i, base);
    case TREE_IF: return build_if(b, i, base);
    case TREE_CASES: return build_cases(b, i, base);
    case TREE_RANGE: return build_range(b, i, base);
    case TREE_LIST: return build_list(b, i, base);
    case TREE_INDEX: return build_index(b, i, base);
    case TREE_CALL: return build_call(b, i, base);
    case TREE_APPLY: return build_apply(b, i, base);
    case TREE_DIFF: return build_diff(b, i, base);
    case TREE_AT: return build_at(b, i, base);
    case TREE_MAP: return build_map(b, i, base);
    case TREE_WHERE: return build_where(b, i, base);
    case TREE_MARK: break;
    }
    return b->c->poison;
}

static void run_item(TreeBuilder *b, uint32_t k)
{
    const TreeItem *i = &b->t->item[k];
    uint32_t base = b->nv - i->n;
    if (i->kind == TREE_MARK) {
        build_take_mark(b, i);
        b->made[k] = b->v[base];
        return;
    }
    Node *x = i->kind == TREE_NUMBER ? number_node(b, i)
              : i->kind == TREE_NAME ? symbol_node(b, i->sym)
                                     : build_item(b, i, base);
    b->made[k] = b->v[base] = x;
    b->at[base] = k;
    b->nv = base + 1;
}

/* How many items are done: all, unless there is an error. */
static uint32_t run_items(TreeBuilder *b)
{
    uint32_t n = b->t->n, k = 0;
    for (; k < n; k++) {
        run_item(b, k);
        if (k % 64 == 63 ? ctx_poll(b->c) : ctx_failed(b->c))
            break;
    }
    return k;
}

/* ---- the order where `at` binds names */

/* A stretch of items that is due; or, when `open` or `close` is set, the scope of the `at` at item
 * `from` begins or ends there. */
typedef struct {
    uint32_t from, to;
    bool open, close;
} Stretch;

typedef struct {
    uint32_t *
        outermost; /* by item: 1 + the outermost AT that begins there and is not under way */
    uint32_t *inner; /* by AT: the next one that begins where it does */
    Stretch *due;
    uint32_t n;
} Stretches;

static bool binds_names(const TreeItem *i)
{
    return i->kind == TREE_AT || (i->kind == TREE_MAP && i->n == 3);
}

/* Finds where each AT begins. */
static bool find_stretches(TreeBuilder *b, Stretches *s)
{
    Arena *a = &b->c->tmp;
    const Tree *t = b->t;
    uint32_t *first = ARENA_NEW(a, uint32_t, t->n + 1u), n = 0;
    s->outermost = ARENA_NEW0(a, uint32_t, t->n + 1u);
    s->inner = ARENA_NEW0(a, uint32_t, t->n + 1u);
    s->due = ARENA_NEW(a, Stretch, 5 * (size_t)t->nat + 2);
    if (!first || !s->outermost || !s->inner || !s->due)
        return false;
    for (uint32_t k = 0; k < t->n; k++) {
        const TreeItem *i = &t->item[k];
        if (i->kind == TREE_MARK)
            continue;
        n -= i->n;
        first[n] = i->n ? first[n] : k;
        if (binds_names(i)) {
            s->inner[k] = s->outermost[first[n]];
            s->outermost[first[n]] = k + 1;
        }
        n++;
    }
    s->due[s->n++] = (Stretch){.to = t->n};
    return true;
}

/* v: n names and values by turns. */
static Sizes *bound_sizes(TreeBuilder *b, size_t n, const uint32_t *sym, Node *const *v)
{
    Sizes *sizes = ARENA_NEW0(&b->c->tmp, Sizes, 1);
    Node **value = ARENA_NEW(&b->c->tmp, Node *, n);
    if (!sizes || !value)
        return NULL;
    for (size_t i = 0; i < n; i++)
        value[i] = v[2 * i + 1];
    (void)sizes_of_values(b->c, sizes, n, sym, value);
    return sizes;
}

/* The last n operands are names and values: from here on they have these shapes. */
static void open_scope(TreeBuilder *b, uint32_t at)
{
    Arena *a = &b->c->tmp;
    size_t n = (b->t->item[at].n - 1) / 2;
    Node *const *v = b->v + b->nv - 2 * n;
    ShapeScope *s = ARENA_NEW0(a, ShapeScope, 1);
    uint32_t *sym = ARENA_NEW(a, uint32_t, n), *shape = ARENA_NEW(a, uint32_t, n);
    Node **value = ARENA_NEW(a, Node *, n);
    if (!s || !sym || !shape || !value)
        return;
    for (size_t i = 0; i < n; i++) {
        sym[i] = v[2 * i]->sym;
        value[i] = v[2 * i + 1];
        shape[i] = b->t->item[at].kind == TREE_MAP
                       ? build_part_shape(b->c, v[2 * i + 1]->shape)
                       : v[2 * i + 1]->shape;
    }
    bool names = b->opt->shape && b->t->item[at].kind == TREE_AT;
    Sizes *sizes = names ? bound_sizes(b, n, sym, v) : NULL;
    bool part = b->t->item[at].kind == TREE_MAP && build_in_parameters(b, v[1]);
    *s = (ShapeScope){.outer = b->scope,
                      .n = n,
                      .sym = sym,
                      .shape = shape,
                      .params = part,
                      .value = b->t->item[at].kind == TREE_AT ? value : NULL,
                      .sizes = sizes};
    b->scope = s;
    note_bound(b, s);
    memset(b->near_sym, 0, sizeof b->near_sym);
}

/* The names themselves have these shapes, too. */
static void close_scope(TreeBuilder *b)
{
    b->sizes = b->scope->sizes;
    b->scope = b->scope->outer;
    memset(b->near_sym, 0, sizeof b->near_sym);
}

static void run_stretch(TreeBuilder *b, Stretches *s, Stretch w)
{
    for (uint32_t i = w.from; i < w.to && !ctx_poll(b->c); i++) {
        uint32_t k = s->outermost[i];
        if (!k) {
            run_item(b, i);
            continue;
        }
        s->outermost[i] = s->inner[--k];
        uint32_t binds = b->t->item[k].at;
        s->due[s->n++] = (Stretch){.from = k + 1, .to = w.to};
        s->due[s->n++] = (Stretch){.from = k, .close = true};
        s->due[s->n++] = (Stretch){.from = i, .to = binds};
        s->due[s->n++] = (Stretch){.from = k, .open = true};
        s->due[s->n++] = (Stretch){.from = binds, .to = k};
        return;
    }
}

static uint32_t run_with_bindings(TreeBuilder *b)
{
    Stretches s = {0};
    if (!find_stretches(b, &s))
        return 0;
    while (s.n && !ctx_failed(b->c)) {
        Stretch w = s.due[--s.n];
        if (w.open) {
            open_scope(b, w.from);
        } else if (w.close) {
            close_scope(b);
            run_item(b, w.from);
        } else {
            run_stretch(b, &s, w);
        }
    }
    return ctx_failed(b->c) ? 0 : b->t->n;
}

Node *tree_build(Ctx *c, const Tree *t, const BuildOptions *opt)
{
    TreeBuilder b;
    ArenaMark m = arena_mark(&c->tmp);
    memset(&b, 0, offsetof(TreeBuilder, near));
    b.c = c;
    b.t = t;
    b.opt = opt;
    b.scope = opt->scope;
    for (const ShapeScope *s = opt->scope; s; s = s->outer)
        note_bound(&b, s);
    b.v = ARENA_NEW(&c->tmp, Node *, t->n + 1u);
    b.at = ARENA_NEW(&c->tmp, uint32_t, t->n + 1u);
    b.made = ARENA_NEW(opt->made ? ctx_arena(c) : &c->tmp, Node *, t->n + 1u);
    Node *r = c->poison;
    c->keeps_dropped = true;
    if (b.v && b.at && b.made && !ctx_failed(c)) {
        uint32_t n = t->nat ? run_with_bindings(&b) : run_items(&b);
        r = ctx_failed(c) ? c->poison : b.v[0];
        if (opt->made)
            *opt->made = (Reading){t, b.made, n};
    }
    c->keeps_dropped = false;
    arena_release(&c->tmp, m);
    return r;
}
