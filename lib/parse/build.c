/* parse/build.c - the second step of reading: a tree becomes nodes. One loop over the items with a
 * stack of nodes; sums and products come with all their operands, so that a line of n terms costs
 * one constructor call. Before each call the place in the text is set, for the errors of
 * constructors. Conditions and numbers are told apart here, as shapes decide what is allowed. */
#include "parse/build.h"

/* ---- errors, places */

void build_condition_error(TreeBuilder *b, uint32_t k)
{
    build_stand_on(b, k);
    ctx_error(b->c, LBZ_SYNTAX, "write if ... then 1 else 0 to make a number of it",
              "a condition stands where a number is needed");
}

static void need_condition(TreeBuilder *b, uint32_t k, const char *hint, const char *what)
{
    if (build_is_condition(b->v[k]))
        return;
    build_stand_on(b, k);
    ctx_error(b->c, LBZ_SYNTAX, hint, "%s", what);
}

static void need_conditions(TreeBuilder *b, uint32_t k, const char *word)
{
    char what[60];
    if (build_is_condition(b->v[k]))
        return;
    strcpy(what, "`");
    strcat(what, word);
    strcat(what, "` connects conditions, and this is none");
    need_condition(b, k, "write a comparison, as in x > 0", what);
}

Node *build_structural(TreeBuilder *b, Op op, size_t n, Node *const *a, uint32_t pos,
                       uint32_t end)
{
    build_stand_at(b, pos, end);
    Node *s = ctx_failed(b->c) ? b->c->poison : ex_structural(b->c, op, n, a);
    if (b->out->spans && !ctx_failed(b->c) && !map_get(b->out->spans, s->id, NULL))
        map_put(b->out->spans, s->id, (uint64_t)pos << 32 | (end - pos));
    return s;
}

/* ---- leaves */

/* Most symbols occur more than once. */
static Node *symbol_node(TreeBuilder *b, uint32_t sym)
{
    uint32_t k = sym % BUILD_NEAR;
    if (b->near_sym[k] != sym + 1) {
        b->near_sym[k] = sym + 1;
        b->near[k] = ex_sym(b->c, sym);
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

/* ---- sums, products, powers */

/* The operand on top stands behind an operator. */
static void take_mark(TreeBuilder *b, const TreeItem *i)
{
    uint32_t k = b->nv - 1;
    if (i->op != TK_MINUS && i->op != TK_SLASH)
        return;
    build_need_number(b, k);
    build_stand_at(b, i->pos, i->end);
    if (ctx_failed(b->c))
        return;
    b->v[k] = i->op == TK_MINUS ? ex_neg(b->c, b->v[k])
                                : ex_pow(b->c, b->v[k], b->c->minus_one);
}

static Node *build_sum(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->at, i->at + i->op);
    return ctx_failed(b->c) ? b->c->poison
           : i->n == 2      ? ex_add2(b->c, b->v[base], b->v[base + 1])
                            : ex_add(b->c, i->n, b->v + base);
}

static Node *product(TreeBuilder *b, uint32_t n, Node *const *a)
{
    return ctx_failed(b->c) ? b->c->poison
           : n == 1         ? a[0]
           : n == 2         ? ex_mul2(b->c, a[0], a[1])
                            : ex_mul(b->c, n, a);
}

/* The operator before operand k, which a mark behind its item tells. */
static unsigned operator_before(const TreeBuilder *b, uint32_t k)
{
    const TreeItem *m = &b->t->item[b->at[k] + 1];
    return m->kind == TREE_MARK ? m->op : TK_STAR;
}

/* a*b % c*d is ((a*b) mod c)*d. */
static Node *mixed_product(TreeBuilder *b, uint32_t n, uint32_t base)
{
    uint32_t from = base;
    for (uint32_t k = base + 1; k < base + n && !ctx_failed(b->c); k++) {
        if (operator_before(b, k) != TK_PERCENT)
            continue;
        const TreeItem *m = &b->t->item[b->at[k] + 1];
        Node *left = product(b, k - from, b->v + from);
        build_stand_at(b, m->pos, m->end);
        b->v[k] = ctx_failed(b->c) ? b->c->poison : ex_fn2(b->c, OP_mod, left, b->v[k]);
        from = k;
    }
    return product(b, base + n - from, b->v + from);
}

static Node *build_product(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    if (i->flags & TREE_MIXED)
        return mixed_product(b, i->n, base);
    build_stand_at(b, i->at, i->at + i->op);
    return product(b, i->n, b->v + base);
}

static Node *build_juxtaposition(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->pos, i->end);
    return product(b, i->n, b->v + base);
}

static Node *build_power(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->at, i->at + i->op);
    return ctx_failed(b->c) ? b->c->poison : ex_pow(b->c, b->v[base], b->v[base + 1]);
}

/* ---- of one operand */

static Node *build_unary(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Ctx *c = b->c;
    build_need_numbers(b, base);
    if (i->kind == TREE_FACTORIAL)
        build_stand_at(b, i->at, i->at + i->op);
    else
        build_stand_at(b, i->pos, i->kind == TREE_NEGATE ? i->pos + 1 : i->end);
    if (ctx_failed(c))
        return c->poison;
    Node *x = b->v[base];
    switch (i->kind) {
    case TREE_NEGATE: return ex_neg(c, x);
    case TREE_FACTORIAL: return ex_fn1(c, OP_factorial, x);
    case TREE_BARS: return ex_fn1(c, OP_abs, x);
    default: return i->op == 2 ? ex_sqrt(c, x) : ex_pow(c, x, ex_rat(c, 1, i->op));
    }
}

/* ---- conditions */

static Node *compare(Ctx *c, unsigned op, Node *a, Node *b)
{
    switch (op) {
    case TK_LT: return ex_compare(c, OP_LT, a, b);
    case TK_LE: return ex_compare(c, OP_LE, a, b);
    case TK_GT: return ex_compare(c, OP_LT, b, a);
    case TK_GE: return ex_compare(c, OP_LE, b, a);
    case TK_NE: return ex_compare(c, OP_NE, a, b);
    default: return ex_compare(c, OP_EQ, a, b);
    }
}

/* a < b < c: the comparisons take the places of the operands. */
static Node *build_comparison(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Ctx *c = b->c;
    build_need_numbers(b, base);
    for (uint32_t k = base; k + 1 < base + i->n && !ctx_failed(c); k++) {
        const TreeItem *m = &b->t->item[b->at[k + 1] + 1];
        build_stand_at(b, m->pos, m->end);
        b->v[k] = compare(c, m->op, b->v[k], b->v[k + 1]);
    }
    return ctx_failed(c) ? c->poison
           : i->n == 2   ? b->v[base]
                         : ex_logic(c, OP_AND, i->n - 1u, b->v + base);
}

static Node *build_logic(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Op op = i->kind == TREE_AND ? OP_AND : i->kind == TREE_OR ? OP_OR : OP_NOT;
    for (uint32_t k = base; k < b->nv && !ctx_failed(b->c); k++)
        need_conditions(b, k, op_info(op)->name);
    build_stand_at(b, i->pos, i->end);
    return ctx_failed(b->c) ? b->c->poison : ex_logic(b->c, op, i->n, b->v + base);
}

static Node *build_if(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    need_condition(b, base, "write a comparison, as in if x < 0 then -x else x",
                   "a condition is expected between `if` and `then`");
    build_stand_at(b, i->pos, i->end);
    return ctx_failed(b->c) ? b->c->poison
                            : ex_if(b->c, b->v[base], b->v[base + 1], b->v[base + 2]);
}

/* Do conditions v[1] and v[3] (comparisons of the same two sides) and perhaps v[5] leave nothing
 * out? */
static bool is_exhaustive(TreeBuilder *b, Node *const *v, uint32_t k)
{
    if (k == 2)
        return ex_logic(b->c, OP_NOT, 1, &v[1]) == v[3];
    if (k != 3)
        return false;
    /* what two comparisons leave: a < b, a == b leave b < a */
    Node *x = v[1], *y = v[3], *z = v[5];
    Node *eq = ex_is(x, OP_EQ) ? x : ex_is(y, OP_EQ) ? y : z;
    Node *lt = eq == x ? y : x, *gt = eq == z ? y : z;
    return ex_is(eq, OP_EQ) && ex_is(lt, OP_LT) && ex_is(gt, OP_LT) &&
           lt->a[0] == gt->a[1] && lt->a[1] == gt->a[0] &&
           ((eq->a[0] == lt->a[0] && eq->a[1] == lt->a[1]) ||
            (eq->a[0] == lt->a[1] && eq->a[1] == lt->a[0]));
}

/* {a if x<0; b if x==0; c otherwise}: a condition after each but the last. */
static Node *build_cases(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Ctx *c = b->c;
    Node **v = b->v + base;
    uint32_t n = i->n, last = n % 2 ? n - 1 : n - 2;
    for (uint32_t k = 1; k < n && !ctx_failed(c); k += 2)
        need_conditions(b, base + k, "if");
    build_stand_at(b, i->pos, i->end);
    if (!ctx_failed(c) && n % 2 == 0 && !is_exhaustive(b, v, n / 2))
        ctx_error(c, LBZ_SYNTAX, "end with ; ... otherwise",
                  "these cases do not say what holds otherwise");
    if (ctx_failed(c))
        return c->poison;
    Node *r = v[last];
    for (uint32_t k = last; k >= 2; k -= 2)
        r = ex_if(c, v[k - 1], v[k - 2], r);
    return r;
}

/* ---- lists */

static Node *build_range(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->pos, i->end);
    return ctx_failed(b->c) ? b->c->poison
                            : ex_structural(b->c, OP_RANGE, i->n, b->v + base);
}

static Node *build_list(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_stand_at(b, i->pos, i->end);
    return ex_list(b->c, i->n, b->v + base);
}

static Node *build_index(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_number(b, base);
    return build_structural(b, OP_INDEX, i->n, b->v + base, i->pos, i->end);
}

/* ---- the loop */

static Node *build_item(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    switch ((TreeKind)i->kind) {
    case TREE_NUMBER: return number_node(b, i);
    case TREE_CONSTANT: return constant_node(b->c, i->op);
    case TREE_NAME: return symbol_node(b, i->sym);
    case TREE_GIVEN: return b->t->given[i->at];
    case TREE_SUM: return build_sum(b, i, base);
    case TREE_PRODUCT: return build_product(b, i, base);
    case TREE_JUXTAPOSED: return build_juxtaposition(b, i, base);
    case TREE_POWER: return build_power(b, i, base);
    case TREE_NEGATE:
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
    case TREE_WHERE: return build_where(b, i, base);
    case TREE_MARK: break;
    }
    return b->c->poison;
}

/* How many items are done: all, unless there is an error. */
static uint32_t run_items(TreeBuilder *b)
{
    uint32_t n = b->t->n, k = 0;
    for (; k < n; k++) {
        const TreeItem *i = &b->t->item[k];
        uint32_t base = b->nv - i->n;
        if (i->kind == TREE_MARK) {
            take_mark(b, i);
            b->made[k] = b->v[base];
        } else {
            b->made[k] = b->v[base] = build_item(b, i, base);
            b->at[base] = k;
            b->nv = base + 1;
        }
        if (k % 64 == 63 ? ctx_poll(b->c) : ctx_failed(b->c))
            break;
    }
    return k;
}

Node *tree_build(Ctx *c, const Tree *t, const TreeRecord *out)
{
    TreeBuilder b;
    ArenaMark m = arena_mark(&c->tmp);
    memset(&b, 0, offsetof(TreeBuilder, near));
    b.c = c;
    b.t = t;
    b.out = out;
    b.v = ARENA_NEW(&c->tmp, Node *, t->n + 1u);
    b.at = ARENA_NEW(&c->tmp, uint32_t, t->n + 1u);
    b.made = ARENA_NEW(out->made ? ctx_arena(c) : &c->tmp, Node *, t->n + 1u);
    Node *r = c->poison;
    c->keeps_dropped = true;
    if (b.v && b.at && b.made && !ctx_failed(c)) {
        uint32_t n = run_items(&b);
        r = ctx_failed(c) ? c->poison : b.v[0];
        if (out->made)
            *out->made = (Reading){t, b.made, n};
    }
    c->keeps_dropped = false;
    arena_release(&c->tmp, m);
    return r;
}
