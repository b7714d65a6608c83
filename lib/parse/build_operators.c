/* parse/build_operators.c - sums, products, powers, conditions, lists become nodes. Shapes say what a
 * product, a power or ' means where an operand is a tensor (expr/tensors.h). */
#include "expr/shape.h"
#include "expr/tensors.h"
#include "parse/build.h"

static void need_condition(TreeBuilder *b, uint32_t k, const char *hint, const char *what)
{
    if (build_is_condition(b->v[k]) || b->v[k]->shape)
        return;
    build_stand_on(b, k);
    ctx_error(b->c, LBZ_SYNTAX, hint, "%s", what);
}

static void need_conditions(TreeBuilder *b, uint32_t k, const char *word)
{
    char what[60];
    if (build_is_condition(b->v[k]) || b->v[k]->shape)
        return;
    strcpy(what, "`");
    strcat(what, word);
    strcat(what, "` connects conditions, and this is none");
    need_condition(b, k, "write a comparison, as in x > 0", what);
}

/* ---- sums, products, powers */

/* The operand on top stands behind an operator. */
void build_take_mark(TreeBuilder *b, const TreeItem *i)
{
    uint32_t k = b->nv - 1;
    if (i->op != TK_MINUS && i->op != TK_SLASH)
        return;
    if (i->op == TK_SLASH && b->v[k]->shape)
        return; /* what it divides says what is meant */
    build_need_number(b, k);
    build_stand_at(b, i->pos, i->end);
    if (ctx_failed(b->c))
        return;
    b->v[k] = i->op == TK_MINUS ? ex_neg(b->c, b->v[k])
                                : ex_pow(b->c, b->v[k], b->c->minus_one);
}

/* A vector beside a square matrix could be meant for either axis. */
static void note_axis(TreeBuilder *b, size_t n, Node *const *a)
{
    bool vector = false, square = false;
    for (size_t k = 0; k < n; k++) {
        vector = vector || shape_is_vector(b->c, a[k]->shape);
        square = square || shape_is_square(b->c, a[k]->shape);
    }
    if (vector && square)
        ctx_note(b->c, "the vector goes along each row; as a column write it "
                       "reshape(x, [n, 1])");
}

Node *build_sum(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->at, i->at + i->op);
    if (ex_any_shape(i->n, b->v + base))
        note_axis(b, i->n, b->v + base);
    return ctx_failed(b->c) ? b->c->poison
           : i->n == 2      ? ex_add2(b->c, b->v[base], b->v[base + 1])
                            : ex_add(b->c, i->n, b->v + base);
}

/* The operator before operand k, which a mark behind its item tells. */
static const TreeItem *operator_before(const TreeBuilder *b, uint32_t k)
{
    const TreeItem *m = &b->t->item[b->at[k] + 1];
    return m->kind == TREE_MARK ? m : NULL;
}

/* a*b % c*d is ((a*b) mod c)*d. Numbers behind / are inverted already. */
static Node *apply_operator(TreeBuilder *b, unsigned op, Node *left, Node *right)
{
    Ctx *c = b->c;
    if (op == TK_DOTSTAR || op == TK_DOTSLASH)
        note_axis(b, 2, (Node *[]){left, right});
    switch (op) {
    case TK_PERCENT: return ex_fn2(c, OP_mod, left, right);
    case TK_DOTSTAR: return ex_mul2(c, left, right);
    case TK_DOTSLASH: return ex_div(c, left, right);
    case TK_SLASH:
        return right->shape ? ex_quotient(c, left, right) : ex_product(c, left, right);
    default: return ex_product(c, left, right);
    }
}

/* From the left, as it is written. */
static Node *product_in_order(TreeBuilder *b, uint32_t n, uint32_t base)
{
    Node *r = b->v[base];
    for (uint32_t k = base + 1; k < base + n && !ctx_failed(b->c); k++) {
        const TreeItem *m = operator_before(b, k);
        if (m)
            build_stand_at(b, m->pos, m->end);
        r = apply_operator(b, m ? m->op : TK_STAR, r, b->v[k]);
    }
    return ctx_failed(b->c) ? b->c->poison : r;
}

static Node *product_of_numbers(TreeBuilder *b, uint32_t n, Node *const *a)
{
    return ctx_failed(b->c) ? b->c->poison
           : n == 2         ? ex_mul2(b->c, a[0], a[1])
                            : ex_mul(b->c, n, a);
}

Node *build_product(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->at, i->at + i->op);
    return i->flags & TREE_MIXED || ex_any_shape(i->n, b->v + base)
               ? product_in_order(b, i->n, base)
               : product_of_numbers(b, i->n, b->v + base);
}

Node *build_juxtaposition(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->pos, i->end);
    return ex_any_shape(i->n, b->v + base) ? product_in_order(b, i->n, base)
                                           : product_of_numbers(b, i->n, b->v + base);
}

Node *build_power(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_numbers(b, base);
    build_stand_at(b, i->at, i->at + i->op);
    if (i->flags & TREE_TRANSPOSES && b->v[base]->shape && !ctx_failed(b->c)) {
        ctx_note(b->c, "A^T is written A' here");
        return ex_transpose(b->c, b->v[base]);
    }
    return ctx_failed(b->c)       ? b->c->poison
           : i->flags & TREE_EACH ? ex_pow(b->c, b->v[base], b->v[base + 1])
                                  : ex_raise(b->c, b->v[base], b->v[base + 1]);
}

/* ---- of one operand */

static Node *length_of(Ctx *c, Node *x)
{
    return !shape_is_tensor(x->shape)
               ? ex_fn1(c, OP_abs, x)
               : ctx_error(c, LBZ_SHAPE, "write norm(x), or abs(x) element by element",
                           "|x| is of numbers");
}

static Node *build_prime(TreeBuilder *b, Node *x)
{
    if (x->shape || build_in_parameters(b, x))
        return ex_transpose(b->c, x);
    if (ex_is(x, OP_SYM))
        return ctx_error(
            b->c, LBZ_SYNTAX,
            "declare it: var x[n]; for a derivative write d/dx in front of it",
            "%s is no tensor, to be transposed, and no function, so ' does not say "
            "by what to differentiate it",
            x->name);
    return ctx_error(
        b->c, LBZ_SYNTAX, "for the derivative of a formula write d/dx in front of it",
        "' differentiates a function, as in f'(x), or transposes a tensor, as in "
        "A'; this is neither");
}

Node *build_unary(TreeBuilder *b, const TreeItem *i, uint32_t base)
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
    case TREE_BARS: return length_of(c, x);
    case TREE_PRIME: return build_prime(b, x);
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
Node *build_comparison(TreeBuilder *b, const TreeItem *i, uint32_t base)
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

Node *build_logic(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Op op = i->kind == TREE_AND ? OP_AND : i->kind == TREE_OR ? OP_OR : OP_NOT;
    for (uint32_t k = base; k < b->nv && !ctx_failed(b->c); k++)
        need_conditions(b, k, op_info(op)->name);
    build_stand_at(b, i->pos, i->end);
    return ctx_failed(b->c) ? b->c->poison : ex_logic(b->c, op, i->n, b->v + base);
}

Node *build_if(TreeBuilder *b, const TreeItem *i, uint32_t base)
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
Node *build_cases(TreeBuilder *b, const TreeItem *i, uint32_t base)
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

Node *build_list(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_stand_at(b, i->pos, i->end);
    if (i->flags & TREE_ROWS)
        for (uint32_t k = base; k < b->nv; k++)
            if (ex_any_shape(b->v[k]->n, b->v[k]->a))
                return ctx_error(b->c, LBZ_SHAPE, "write concat(A, B) or stack(A, B)",
                                 "rows are made of numbers, not of tensors");
    return ex_data_of_list(b->c, ex_list(b->c, i->n, b->v + base));
}
