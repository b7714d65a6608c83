/* parse/build_call.c - calls and derivatives become nodes. Structural operators get their arguments
 * in the one order that evaluation relies on:
 *
 *   DIFF e, x, n, y, m ...      AT e, x, a, y, b ...       SUBS e, from, to ...
 *   TAYLOR e, x, a, n           IMPLICIT F, y, x, n        NUMERIC e [, digits]
 *   GRAD e [, name or list]     HESSIAN, LAPLACIAN, DIV, CURL e [, list of names]
 *   JACOBIAN f, name or list    HVP, JVP, VJP f, list, v
 */
#include "expr/attributes.h"
#include "expr/shape.h"
#include "parse/build.h"
#include <stdio.h>

/* The arguments of a call. */
typedef struct {
    TreeBuilder *b;
    Ctx *c;
    const TreeItem *i;
    Node **v;
    uint32_t n, base;
} Arguments;

static Node *argument_error(const Arguments *a, uint32_t k, const char *hint,
                            const char *what)
{
    build_stand_on(a->b, a->base + k);
    return ctx_error(a->c, LBZ_SYNTAX, hint, "%s", what);
}

/* Errors from here on are about the whole call. */
static bool numbers_only(const Arguments *a)
{
    for (uint32_t k = 0; k < a->n && !ctx_failed(a->c); k++)
        build_need_number(a->b, a->base + k);
    build_stand_at(a->b, a->i->pos, a->i->end);
    return !ctx_failed(a->c);
}

static Node *structural(const Arguments *a, Op op, size_t n, Node *const *e)
{
    return build_structural(a->b, op, n, e, a->i->pos, a->i->end);
}

/* Does `=` stand behind argument k? */
static bool has_equals(const Arguments *a, uint32_t k)
{
    const TreeItem *m = &a->b->t->item[a->b->at[a->base + k] + 1];
    return m->kind == TREE_MARK && m->op == TK_ASSIGN;
}

/* ---- functions of the table */

static Node *with_exponent(const Arguments *a, Node *r)
{
    return a->i->flags & TREE_EXPONENT && !ctx_failed(a->c) ? ex_pow(a->c, r, a->v[-1])
                                                            : r;
}

/* sin'(x): the derivative of sin(_) by _, at _ = x; nobody can type that name. */
static Node *derived_function(const Arguments *a, Op op)
{
    Ctx *c = a->c;
    if (!numbers_only(a))
        return c->poison;
    Node *order = a->i->flags & TREE_ORDER ? a->v[-1] : ex_int(c, a->i->sym);
    Node *t = ex_sym(c, sym_intern(c, "_", 1));
    Node *d = structural(a, OP_DIFF, 3, (Node *[]){ex_fn1(c, op, t), t, order});
    return structural(a, OP_AT, 3, (Node *[]){d, t, a->v[0]});
}

static Node *call_function(const Arguments *a, Op op)
{
    Ctx *c = a->c;
    if (!numbers_only(a))
        return c->poison;
    if (op == OP_exp && shape_has_rank(c, a->v[0]->shape, 2))
        ctx_note(c, "exp is taken element by element; expm(A) is the matrix exponential");
    if (a->n <= op_info(op)->max_args)
        return with_exponent(a, ex_fn(c, op, a->n, a->v));
    Node *r = a->v[0];
    for (uint32_t k = 1; k < a->n; k++)
        r = ex_fn2(c, op, r, a->v[k]);
    return with_exponent(a, r);
}

/* sum(e, k, a, b) */
static Node *call_binder(const Arguments *a, Op op)
{
    Node **v = a->v;
    build_stand_at(a->b, a->i->pos, a->i->end);
    if (!ex_is(v[1], OP_SYM))
        return argument_error(a, 1, op_info(op)->usage, "a variable is expected here");
    return numbers_only(a) ? ex_binder(a->c, op, v[0], v[1], v[2], v[3]) : a->c->poison;
}

/* ---- structural operators */

/* A name, or a list of names, as a list. In it they are but names, whatever shapes they have. */
static Node *name_list(const Arguments *a, uint32_t k)
{
    Node *n = a->v[k], **v = ARENA_NEW(&a->c->tmp, Node *, n->n + 1u);
    bool ok =
        v && (ex_is(n, OP_SYM) || ((ex_is(n, OP_LIST) || ex_is(n, OP_STACK)) && n->n));
    if (ok && ex_is(n, OP_SYM))
        v[0] = ex_sym(a->c, n->sym);
    for (uint32_t i = 0; ok && i < n->n; i++) {
        ok = ex_is(n->a[i], OP_SYM);
        v[i] = ok ? ex_sym(a->c, n->a[i]->sym) : NULL;
    }
    return ok ? ex_list(a->c, n->n ? n->n : 1, v)
              : argument_error(a, k, "write x or [x, y]",
                               "a name or a list of names is "
                               "expected here");
}

static Node *order_argument(const Arguments *a, uint32_t k, Node *n)
{
    int64_t order;
    if (ex_is_num(n) && (!ex_get_int(n, &order) || order < 0))
        return argument_error(a, k, "write diff(e, x, 2)",
                              "the order of a derivative is a whole number from 0 on");
    if (build_is_condition(n))
        build_condition_error(a->b, a->base + k);
    return n;
}

/* diff(e, x, n): is the name n an order? */
static bool is_order_name(const Arguments *a, uint32_t k)
{
    const Node *s = a->v[k];
    if (k != 2 || a->n != 3)
        return false;
    const char *name = sym_name(a->c, s->sym);
    return (!strcmp(name, "n") || !strcmp(name, "m") || !strcmp(name, "k")) &&
           a->v[1] != s && !ex_depends(a->c, a->v[0], s->sym);
}

/* The one name in the first argument, where the variable is left out. */
static Node *only_variable(const Arguments *a, Op op)
{
    size_t k = 0;
    const uint32_t *sym = ex_free_syms(a->c, a->v[0], &k);
    build_stand_at(a->b, a->i->pos, a->i->end);
    if (ctx_failed(a->c))
        return a->c->poison;
    if (k != 1 || ex_is(a->v[0], OP_SYM))
        return ctx_error(a->c, LBZ_SYNTAX, op_info(op)->usage, "%s: name the variable",
                         op_info(op)->name);
    ctx_note(a->c, "%s by %s, the only variable there is", op_info(op)->name,
             sym_name(a->c, sym[0]));
    return ex_sym(a->c, sym[0]);
}

/* diff(e, x, 2, {y, n}, z) */
static Node *call_diff(const Arguments *a)
{
    Ctx *c = a->c;
    if (a->n == 1) {
        Node *x = only_variable(a, OP_DIFF);
        build_need_number(a->b, a->base);
        return ctx_failed(c) ? c->poison
                             : structural(a, OP_DIFF, 3, (Node *[]){a->v[0], x, c->one});
    }
    Node **e = ARENA_NEW(&c->tmp, Node *, 2 * (size_t)a->n + 2);
    uint32_t n = 1;
    if (!e)
        return c->poison;
    build_need_number(a->b, a->base);
    e[0] = a->v[0];
    for (uint32_t k = 1; k < a->n && !ctx_failed(c);) {
        Node *x = a->v[k];
        if (ex_is(x, OP_LIST) && x->n == 2 && ex_is(x->a[0], OP_SYM)) {
            e[n++] = x->a[0];
            e[n++] = order_argument(a, k++, x->a[1]);
            continue;
        }
        if (!ex_is(x, OP_SYM))
            return argument_error(a, k, op_info(OP_DIFF)->usage,
                                  "a variable to differentiate by is expected here");
        e[n++] = x;
        e[n++] = c->one;
        if (++k < a->n && (!ex_is(a->v[k], OP_SYM) || is_order_name(a, k)) &&
            !ex_is(a->v[k], OP_LIST)) {
            e[n - 1] = order_argument(a, k, a->v[k]);
            k++;
        }
    }
    return structural(a, OP_DIFF, n, e);
}

/* subs(e, x=a, y=b): to each = belong two arguments. */
static Node *call_subs(const Arguments *a)
{
    for (uint32_t k = 1; k < a->n; k += 2) {
        if (!has_equals(a, k))
            return argument_error(a, k, op_info(OP_SUBS)->usage,
                                  "what = value is expected here");
        build_need_number(a->b, a->base + k + 1);
    }
    return structural(a, OP_SUBS, a->n, a->v);
}

/* taylor(e, x=a, n), taylor(e, x, a, n), and taylor(e, x, n) about 0. */
static Node *call_taylor(const Arguments *a)
{
    Ctx *c = a->c;
    Node **v = a->v, *x = v[1];
    bool about = a->n == 3 && ex_is_num(x); /* taylor(e, 0, n) */
    if (about)
        x = only_variable(a, OP_TAYLOR);
    else if (!ex_is(x, OP_SYM))
        return argument_error(a, 1, op_info(OP_TAYLOR)->usage,
                              "a variable is expected here");
    else if (a->n == 3)
        ctx_note(c, "read as taylor(..., %s=0, ...)", sym_name(c, x->sym));
    if (ctx_failed(c) || !numbers_only(a))
        return c->poison;
    Node *e[4] = {v[0], x, about ? v[1] : a->n == 3 ? c->zero : v[2], v[a->n - 1]};
    return structural(a, OP_TAYLOR, 4, e);
}

/* Operators of a formula (or list) and names; a direction for a single name is a list, too. */
static Node *call_vector(const Arguments *a, Op op)
{
    Node *e[3] = {a->v[0]};
    bool scalar = op == OP_GRAD || op == OP_JACOBIAN; /* grad(e, x) has the shape of x */
    if (a->n > 1)
        e[1] = scalar && ex_is(a->v[1], OP_SYM) ? a->v[1] : name_list(a, 1);
    if (a->n > 2)
        e[2] = a->v[2];
    if (ctx_failed(a->c))
        return a->c->poison;
    if (a->n > 2 && op != OP_VJP && ex_is(a->v[1], OP_SYM) && !e[2]->shape)
        e[2] = ex_list(a->c, 1, &e[2]);
    return structural(a, op, a->n, e);
}

static Node *call_implicit(const Arguments *a)
{
    for (uint32_t k = 1; k < 3; k++)
        if (!ex_is(a->v[k], OP_SYM))
            return argument_error(a, k, "implicit(F, y, x, n)",
                                  "a name is expected here");
    return structural(a, OP_IMPLICIT, 4, a->v);
}

static Node *call_structural(const Arguments *a, Op op)
{
    if (a->i->flags & TREE_BARE)
        return structural(a, op, 1, a->v);
    switch (op) {
    case OP_DIFF: return call_diff(a);
    case OP_SUBS: return call_subs(a);
    case OP_TAYLOR: return call_taylor(a);
    case OP_IMPLICIT: return call_implicit(a);
    default: break;
    }
    if (op_info(op)->flags & BINDS_LIST)
        return call_vector(a, op);
    if (op_info(op)->flags & BINDS_NAME && a->n > 1)
        build_need_number(a->b, a->base + 1);
    return structural(a, op, a->n, a->v);
}

/* ---- operations on tensors */

/* What was given by name, as the text of attributes; NULL: nothing, or an error. */
static const char *named_arguments(const Arguments *a, Op op, uint32_t named)
{
    Node **v = a->v + a->n;
    Attribute *given = ARENA_NEW(&a->c->tmp, Attribute, named);
    for (uint32_t k = 0; given && k < named; k++)
        given[k] = (Attribute){v[2 * k]->name, strlen(v[2 * k]->name), v[2 * k + 1]};
    build_stand_at(a->b, a->i->pos, a->i->end);
    return given && !ctx_failed(a->c) ? attr_write(a->c, op, named, given) : NULL;
}

static Node *call_tensor(Arguments *a, Op op)
{
    const TreeItem *i = a->i;
    uint32_t named = i->flags & TREE_NAMED ? i->sym : 0;
    a->n -= 2 * named;
    for (uint32_t k = 0; k < a->n; k++)
        build_need_number(a->b, a->base + k);
    const char *text = named ? named_arguments(a, op, named) : NULL;
    return build_tensor(a->b, op, text, a->n, a->v, i->pos, i->end);
}

/* ---- all calls */

/* The operands of i without the one that stands behind the function's name. */
static Arguments arguments_of(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    uint32_t skip = i->flags & (TREE_EXPONENT | TREE_ORDER) ? 1 : 0;
    return (Arguments){b, b->c, i, b->v + base + skip, i->n - skip, base + skip};
}

Node *build_call(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Arguments a = arguments_of(b, i, base);
    Op op = (Op)i->op;
    if (i->flags & (TREE_PRIMED | TREE_ORDER))
        return derived_function(&a, op);
    if (op_is_function(op))
        return call_function(&a, op);
    if (op_is_tensor(op))
        return call_tensor(&a, op);
    return op_is_structural(op) ? call_structural(&a, op) : call_binder(&a, op);
}

Node *build_apply(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Arguments a = arguments_of(b, i, base);
    Ctx *c = b->c;
    Node **orders = NULL, *order = NULL;
    if (i->flags & TREE_PARTIAL) {
        orders = a.v + (a.n /= 2);
    } else if (i->flags & (TREE_PRIMED | TREE_ORDER)) {
        order = i->flags & TREE_ORDER ? a.v[-1] : ex_int(c, i->op);
        orders = &order;
    }
    return numbers_only(&a) ? with_exponent(&a, ex_apply(c, i->sym, a.n, a.v, orders))
                            : c->poison;
}

/* ---- derivatives as they are written, and values at points */

Node *build_diff(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Node *few[BUILD_NEAR], **v = b->v + base;
    Node **a = i->n <= BUILD_NEAR ? few : ARENA_NEW(&b->c->tmp, Node *, i->n);
    if (!a)
        return b->c->poison;
    a[0] = v[i->n - 1];
    memcpy(a + 1, v, (i->n - 1u) * sizeof *a);
    build_stand_at(b, i->pos, i->end);
    if (build_is_condition(a[0]))
        ctx_error(b->c, LBZ_SYNTAX, NULL, "a condition has no derivative");
    Node *d = build_structural(b, OP_DIFF, i->n, a, i->pos, i->end);
    if (i->flags & TREE_QUOTIENT) {
        if (b->nq == b->qcap) {
            uint32_t cap = b->qcap ? 2 * b->qcap : 8;
            BuiltQuotient *q = ARENA_NEW(&b->c->tmp, BuiltQuotient, cap);
            if (!q)
                return b->c->poison;
            if (b->nq)
                memcpy(q, b->q, b->nq * sizeof *q);
            b->q = q;
            b->qcap = cap;
        }
        b->q[b->nq++] = (BuiltQuotient){(uint32_t)(i - b->t->item), d, false};
    }
    return d;
}

/* e at x=[1, 2] has n = 2, too, where x[n] is declared. */
static Node *at_with_sizes(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    const Sizes *s = b->sizes;
    uint32_t n = i->n;
    Node **v = ARENA_NEW(&b->c->tmp, Node *, n + 2 * s->n);
    if (!v)
        return b->c->poison;
    memcpy(v, b->v + base, n * sizeof *v);
    for (size_t k = 0; k < s->n; k++) {
        Node *size = ex_sym(b->c, s->sym[k]);
        uint32_t at = 1;
        while (at < i->n && v[at] != size)
            at += 2;
        if (at >= i->n && size->syms & v[0]->syms) {
            v[n++] = size;
            v[n++] = s->value[k];
        }
    }
    return build_structural(b, OP_AT, n, v, i->pos, i->end);
}

/* e at x=1, y=2: the operands are x, 1, y, 2, e. */
Node *build_at(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Node *e = b->v[b->nv - 1];
    memmove(b->v + base + 1, b->v + base, (i->n - 1u) * sizeof *b->v);
    memmove(b->at + base + 1, b->at + base, (i->n - 1u) * sizeof *b->at);
    b->v[base] = e;
    for (uint32_t k = base + 2; k < b->nv; k += 2) {
        build_need_number(b, k);
        b->v[k - 1] = ex_sym_shaped(b->c, b->v[k - 1]->sym, b->v[k]->shape);
    }
    return b->sizes && b->sizes->n
               ? at_with_sizes(b, i, base)
               : build_structural(b, OP_AT, i->n, b->v + base, i->pos, i->end);
}

/* F of `where F = 0`. */
static Node *equation(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Node **v = b->v + base + 1;
    if (i->n == 3) {
        build_need_number(b, base + 1);
        build_need_number(b, base + 2);
        build_stand_at(b, i->pos, i->end);
        return ctx_failed(b->c) ? b->c->poison : ex_sub(b->c, v[0], v[1]);
    }
    if (ex_is(v[0], OP_EQ))
        return ex_sub(b->c, v[0]->a[0], v[0]->a[1]);
    build_stand_on(b, base + 1);
    return ctx_error(b->c, LBZ_SYNTAX, "write dy/dx where F(x,y) = c",
                     "an equation is expected after `where`");
}

Node *build_where(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    Node *F = equation(b, i, base), *e = b->v[base];
    for (uint32_t k = 0; k < b->nq && !ctx_failed(b->c); k++) {
        BuiltQuotient *q = &b->q[k];
        if (q->solved || q->item < i->at)
            continue;
        Node **d = q->diff->a,
             *y = ex_is(d[0], OP_APPLY) ? ex_sym(b->c, d[0]->sym) : d[0];
        y = build_structural(b, OP_IMPLICIT, 4, (Node *[]){F, y, d[1], d[2]},
                             b->t->item[q->item].pos, i->end);
        e = e == q->diff ? y : ex_replace(b->c, e, &q->diff, &y, 1);
        q->solved = true;
    }
    return e;
}
