/* parse/call.c - name(arguments) to nodes. Structural operators get their arguments in
 * the one order that evaluation relies on:
 *
 *   DIFF e, x, n, y, m ...      AT e, x, a, y, b ...       SUBS e, from, to ...
 *   TAYLOR e, x, a, n           IMPLICIT F, y, x, n        NUMERIC e [, digits]
 *   GRAD e [, name or list]     HESSIAN, LAPLACIAN, DIV, CURL e [, list of names]
 *   JACOBIAN f, name or list    HVP, JVP, VJP f, list, v
 */
#include "parse/internal.h"
#include <stdio.h>

typedef struct {
    const ParserValue *v; /* the arguments */
    uint32_t n;
    uint32_t pos, end;
    const char *name;
    size_t len;
} ArgumentList;

static Node *call_error(Parser *p, const ParserValue *v, const char *hint,
                        const char *what)
{
    stand_at(p, v->pos, v->end);
    return ctx_error(p->c, LBZ_SYNTAX, hint, "%s", what);
}

static Node *arity_error(Parser *p, const ArgumentList *a, Op op)
{
    const OpInfo *f = op_info(op);
    char takes[40];
    Op two = op_is_function(op) ? op_find_n(a->name, a->len, f->max_args + 1) : OP_POISON;
    if (two != OP_POISON)
        snprintf(takes, sizeof takes, "%u or %u arguments", f->min_args, f->max_args + 1);
    else if (f->min_args == f->max_args)
        snprintf(takes, sizeof takes, "%u argument%s", f->min_args,
                 f->min_args > 1 ? "s" : "");
    else if (f->max_args >= 64)
        snprintf(takes, sizeof takes, "at least %u arguments", f->min_args);
    else
        snprintf(takes, sizeof takes, "%u to %u arguments", f->min_args, f->max_args);
    char hint[300];
    snprintf(hint, sizeof hint, "%s: %s", f->usage ? f->usage : f->name,
             f->help ? f->help : "");
    stand_at(p, a->pos, a->end);
    return ctx_error(p->c, LBZ_SYNTAX, hint, "%.*s takes %s, here %s %u", (int)a->len,
                     a->name, takes, a->n == 1 ? "is" : "are", a->n);
}

static void need_numbers(Parser *p, const ArgumentList *a)
{
    for (uint32_t i = 0; i < a->n && !ctx_failed(p->c); i++)
        need_number(p, &a->v[i]);
}

static Node **argument_nodes(Parser *p, const ArgumentList *a)
{
    Node **e = ARENA_NEW(&p->c->tmp, Node *, a->n + 4);
    for (uint32_t i = 0; e && i < a->n; i++)
        e[i] = a->v[i].n;
    return e;
}

/* ---- functions of the table */

Node *parser_apply_function(Parser *p, Op op, Node *x, Node *expo)
{
    const OpInfo *f = op_info(op);
    Op one = f->max_args == 1 ? op : op_find_n(f->name, strlen(f->name), 1);
    if (one == OP_POISON || !op_is_function(one))
        return ctx_error(p->c, LBZ_SYNTAX, f->usage,
                         "%s needs its arguments in parentheses", f->name);
    Node *r = ex_fn1(p->c, one, x);
    return expo ? ex_pow(p->c, r, expo) : r;
}

/* sin'(x): the derivative of sin(_) by _, at _ = x; nobody can type that name. */
Node *parser_function_derivative(Parser *p, Op op, Node *x, Node *order, uint32_t pos,
                                 uint32_t end)
{
    Node *t = ex_sym(p->c, sym_intern(p->c, "_", 1));
    Node *d = parser_build_structural(
        p, OP_DIFF, 3, (Node *[]){parser_apply_function(p, op, t, NULL), t, order}, pos,
        end);
    return parser_build_structural(p, OP_AT, 3, (Node *[]){d, t, x}, pos, end);
}

static Node *call_function(Parser *p, const ArgumentList *a, Op op)
{
    Ctx *c = p->c;
    Op fn = op_find_n(a->name, a->len, a->n);
    if (fn == OP_POISON || !op_is_function(fn))
        return arity_error(p, a, op);
    need_numbers(p, a);
    stand_at(p, a->pos, a->end);
    if (ctx_failed(c))
        return c->poison;
    const OpInfo *f = op_info(fn);
    if (a->n <= f->max_args) {
        Node *e[3] = {a->v[0].n, a->n > 1 ? a->v[1].n : NULL,
                      a->n > 2 ? a->v[2].n : NULL};
        return ex_fn(c, fn, a->n, e);
    }
    Node *r = a->v[0].n;
    for (uint32_t i = 1; i < a->n; i++)
        r = ex_fn2(c, fn, r, a->v[i].n);
    return r;
}

static Node *call_binder(Parser *p, const ArgumentList *a, Op op)
{
    if (a->n == 1 && op != OP_INT && ex_is(a->v[0].n, OP_LIST)) {
        const Node *l = a->v[0].n;
        return op == OP_SUM ? ex_add(p->c, l->n, l->a) : ex_mul(p->c, l->n, l->a);
    }
    if (a->n == 1 && op == OP_SUM)
        return parser_build_structural(p, OP_TOTAL, 1, (Node *[]){a->v[0].n}, a->pos,
                                       a->end);
    if (a->n != 4)
        return arity_error(p, a, op);
    if (!ex_is(a->v[1].n, OP_SYM))
        return call_error(p, &a->v[1], op_info(op)->usage, "a variable is expected here");
    need_numbers(p, a);
    stand_at(p, a->pos, a->end);
    if (ctx_failed(p->c))
        return p->c->poison;
    return ex_binder(p->c, op, a->v[0].n, a->v[1].n, a->v[2].n, a->v[3].n);
}

/* ---- unknown functions */

/* f_1_2 applied to enough arguments: the orders and the function; false: a name as it is.
 */
static bool partial_name(Parser *p, const ArgumentList *a, Node **orders, uint32_t *sym)
{
    size_t n = a->len;
    unsigned count[64] = {0};
    if (a->n < 2 || a->n > 63 || parser_name_kind(p, a->name, a->len) != NAME_FREE)
        return false;
    for (;;) {
        size_t i = n;
        unsigned k = 0;
        while (i && a->name[i - 1] >= '0' && a->name[i - 1] <= '9')
            i--;
        if (i == n || i < 2 || a->name[i - 1] != '_' || a->name[i] == '0')
            break;
        for (size_t j = i; j < n && k < 1000; j++)
            k = 10 * k + (unsigned)(a->name[j] - '0');
        if (k > a->n)
            break;
        count[k]++;
        n = i - 1;
    }
    if (n == a->len)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        orders[i] = ex_int(p->c, count[i + 1]);
    *sym = sym_intern(p->c, a->name, n);
    return true;
}

/* a(b+1): most letters are names of numbers. */
static void note_letter(Parser *p, const ArgumentList *a)
{
    if (a->len == 1 && a->n == 1 && strchr("abcdijklmnopqrstxz", a->name[0]) &&
        !ex_is(a->v[0].n, OP_SYM) && parser_name_kind(p, a->name, 1) == NAME_FREE)
        parser_note(p, "%c is read as a function here; write %c*%s for the product",
                    a->name[0], a->name[0], parser_excerpt(p, a->pos + 1, a->end, 60));
}

static Node *call_unknown(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    Ctx *c = p->c;
    uint32_t sym = f->sym;
    need_numbers(p, a);
    stand_at(p, a->pos, a->end);
    Node **orders = ARENA_NEW(&c->tmp, Node *, a->n), **e = argument_nodes(p, a);
    if (ctx_failed(c))
        return c->poison;
    if (f->primes && a->n > 1)
        return ctx_error(c, LBZ_SYNTAX,
                         "f_1(x,y) is the derivative by the first argument",
                         "' differentiates functions of one argument, here are %u", a->n);
    if (!f->primes && a->n == 2 && a->len == 3 && !memcmp(a->name, "pow", 3) &&
        parser_name_kind(p, a->name, a->len) == NAME_FREE)
        return ex_pow(c, e[0], e[1]);
    for (uint32_t i = 0; i < a->n; i++)
        orders[i] = f->primes ? f->expo ? f->expo : ex_int(c, f->primes) : c->zero;
    if (!f->primes && !partial_name(p, a, orders, &sym))
        note_letter(p, a);
    return ex_apply(c, sym, a->n, e, orders);
}

/* ---- structural operators */

/* A name, or a list of names, as a list. */
static Node *name_list(Parser *p, const ParserValue *v)
{
    Node *n = v->n;
    if (ex_is(n, OP_SYM))
        return ex_list(p->c, 1, &n);
    bool ok = ex_is(n, OP_LIST) && n->n > 0;
    for (uint32_t i = 0; ok && i < n->n; i++)
        ok = ex_is(n->a[i], OP_SYM);
    return ok ? n
              : call_error(p, v, "write x or [x, y]",
                           "a name or a list of names is "
                           "expected here");
}

static Node *order_argument(Parser *p, const ParserValue *v)
{
    int64_t k;
    if (ex_is_num(v->n) && (!ex_get_int(v->n, &k) || k < 0))
        return call_error(p, v, "write diff(e, x, 2)",
                          "the order of a derivative is a whole number from 0 on");
    need_number(p, v);
    return v->n;
}

/* diff(e, x, n): is the name n an order? */
static bool order_name(Parser *p, const ArgumentList *a, uint32_t i)
{
    const Node *s = a->v[i].n;
    if (i != 2 || a->n != 3)
        return false;
    const char *name = sym_name(p->c, s->sym);
    return (!strcmp(name, "n") || !strcmp(name, "m") || !strcmp(name, "k")) &&
           a->v[1].n != s && !ex_depends(p->c, a->v[0].n, s->sym);
}

static Node *call_diff(Parser *p, const ArgumentList *a)
{
    Ctx *c = p->c;
    Node **e = ARENA_NEW(&c->tmp, Node *, 2 * (size_t)a->n + 2);
    uint32_t n = 1;
    if (!e || a->n < 2 || a->n > 64)
        return arity_error(p, a, OP_DIFF);
    need_number(p, &a->v[0]);
    e[0] = a->v[0].n;
    for (uint32_t i = 1; i < a->n && !ctx_failed(c);) {
        Node *x = a->v[i].n;
        if (ex_is(x, OP_LIST) && x->n == 2 && ex_is(x->a[0], OP_SYM)) {
            e[n++] = x->a[0];
            e[n++] =
                order_argument(p, &(ParserValue){x->a[1], a->v[i].pos, a->v[i].end, 0});
            i++;
            continue;
        }
        if (!ex_is(x, OP_SYM))
            return call_error(p, &a->v[i], op_info(OP_DIFF)->usage,
                              "a variable to differentiate by is expected here");
        e[n++] = x;
        e[n++] = c->one;
        if (++i < a->n && (!ex_is(a->v[i].n, OP_SYM) || order_name(p, a, i)) &&
            !ex_is(a->v[i].n, OP_LIST))
            e[n - 1] = order_argument(p, &a->v[i++]);
    }
    if (ctx_failed(c))
        return c->poison;
    return parser_build_structural(p, OP_DIFF, n, e, a->pos, a->end);
}

/* subs(e, x=a, y=b): to each = belong two values. */
static Node *call_subs(Parser *p, const ArgumentList *a)
{
    Node **e = argument_nodes(p, a);
    if (!e || a->n < 2)
        return arity_error(p, a, OP_SUBS);
    for (uint32_t i = 1; i < a->n; i += 2) {
        if (!(a->v[i].flags & VAL_EQ))
            return call_error(p, &a->v[i], op_info(OP_SUBS)->usage,
                              "what = value is expected here");
        need_number(p, &a->v[i + 1]);
    }
    if (ctx_failed(p->c))
        return p->c->poison;
    return parser_build_structural(p, OP_SUBS, a->n, e, a->pos, a->end);
}

/* taylor(e, x=a, n), taylor(e, x, a, n), and taylor(e, x, n) about 0. */
static Node *call_taylor(Parser *p, const ArgumentList *a)
{
    Ctx *c = p->c;
    const ParserValue *v = a->v;
    if (a->n != 4 && !(a->n == 3 && !(v[1].flags & VAL_EQ)))
        return arity_error(p, a, OP_TAYLOR);
    if (!ex_is(v[1].n, OP_SYM))
        return call_error(p, &v[1], op_info(OP_TAYLOR)->usage,
                          "a variable is expected here");
    need_numbers(p, a);
    if (a->n == 3)
        parser_note(p, "read as taylor(..., %s=0, ...)", sym_name(c, v[1].n->sym));
    if (ctx_failed(c))
        return c->poison;
    Node *e[4] = {v[0].n, v[1].n, a->n == 3 ? c->zero : v[2].n, v[a->n - 1].n};
    return parser_build_structural(p, OP_TAYLOR, 4, e, a->pos, a->end);
}

/* Operators of a formula (or list) and names; a direction for a single name is a list,
 * too. */
static Node *call_vector(Parser *p, const ArgumentList *a, Op op)
{
    Node *e[3] = {a->v[0].n};
    bool scalar = op == OP_GRAD || op == OP_JACOBIAN; /* grad(e, x) has the shape of x */
    if (a->n > 1)
        e[1] = scalar && ex_is(a->v[1].n, OP_SYM) ? a->v[1].n : name_list(p, &a->v[1]);
    if (a->n > 2)
        e[2] = a->v[2].n;
    if (ctx_failed(p->c))
        return p->c->poison;
    if (a->n > 2 && op != OP_VJP && ex_is(a->v[1].n, OP_SYM) && !ex_is(e[2], OP_LIST))
        e[2] = ex_list(p->c, 1, &e[2]);
    return parser_build_structural(p, op, a->n, e, a->pos, a->end);
}

static Node *call_implicit(Parser *p, const ArgumentList *a)
{
    Node **e = argument_nodes(p, a);
    if (!e)
        return p->c->poison;
    for (uint32_t i = 1; i < 3; i++)
        if (!ex_is(e[i], OP_SYM))
            return call_error(p, &a->v[i], "implicit(F, y, x, n)",
                              "a name is expected here");
    return parser_build_structural(p, OP_IMPLICIT, 4, e, a->pos, a->end);
}

static Node *call_structural(Parser *p, const ArgumentList *a, Op op)
{
    const OpInfo *f = op_info(op);
    switch (op) {
    case OP_DIFF: return call_diff(p, a);
    case OP_SUBS: return call_subs(p, a);
    case OP_TAYLOR: return call_taylor(p, a);
    default: break;
    }
    if (a->n < f->min_args || a->n > f->max_args)
        return arity_error(p, a, op);
    switch (op) {
    case OP_IMPLICIT: return call_implicit(p, a);
    case OP_GRAD:
    case OP_JACOBIAN:
    case OP_HESSIAN:
    case OP_HVP:
    case OP_JVP:
    case OP_VJP:
    case OP_LAPLACIAN:
    case OP_DIV:
    case OP_CURL: return call_vector(p, a, op);
    default:
        if ((op == OP_APART || op == OP_COLLECT) && a->n > 1)
            need_number(p, &a->v[1]);
        return ctx_failed(p->c) ? p->c->poison
                                : parser_build_structural(
                                      p, op, a->n, argument_nodes(p, a), a->pos, a->end);
    }
}

/* ---- all calls */

/* sin (x)^2, sin (x) y: the parentheses hold the argument. */
static void note_spaced(Parser *p, const ParserFrame *f, uint32_t pos, uint32_t end)
{
    uint8_t next = kind_at(p, p->i + 1);
    if (f->brace || f->expo || glued(p, f->tok) ||
        !(next == TK_CARET || (parser_operand_begins(p, p->i + 1) && next != TK_BAR)))
        return;
    parser_note(p, "read as (%s)%s%s", parser_excerpt(p, pos, end, 60),
                next == TK_CARET ? "" : "*",
                parser_excerpt(p, tok(p, p->i + 1)->pos,
                               tok_end(p, next == TK_CARET ? p->i + 2 : p->i + 1), 30));
}

static Node *call_primed(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    if (a->n != 1 || !op_is_function((Op)f->fn)) {
        stand_at(p, a->pos, a->end);
        return ctx_error(p->c, LBZ_SYNTAX, "write d/dx in front of the formula",
                         "' differentiates functions of one argument");
    }
    need_numbers(p, a);
    Node *order = f->expo ? f->expo : ex_int(p->c, f->primes);
    return ctx_failed(p->c) ? p->c->poison
                            : parser_function_derivative(p, (Op)f->fn, a->v[0].n, order,
                                                         a->pos, a->end);
}

static Node *build_call(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    Op op = (Op)f->fn;
    stand_at(p, a->pos, a->end);
    if (op == OP_APPLY) {
        Node *r = call_unknown(p, a, f);
        return f->expo && !f->primes && !ctx_failed(p->c) ? ex_pow(p->c, r, f->expo) : r;
    }
    if (f->primes)
        return call_primed(p, a, f);
    if (op_is_structural(op))
        return call_structural(p, a, op);
    if (!op_is_function(op))
        return call_binder(p, a, op);
    Node *r = call_function(p, a, op);
    return f->expo && !ctx_failed(p->c) ? ex_pow(p->c, r, f->expo) : r;
}

/* The closing bracket at end was read; f is the frame on top. */
void parser_finish_call(Parser *p, ParserFrame *frame, uint32_t end)
{
    ParserFrame f = *frame;
    uint32_t pos = tok(p, f.name)->pos;
    ArgumentList a = {.v = &p->v[f.base], .n = p->nv - f.base, .pos = pos, .end = end};
    a.name = lex_name(&p->L, tok(p, f.name), &a.len);
    ArenaMark m = arena_mark(&p->c->tmp);
    Node *r = build_call(p, &a, &f);
    arena_release(&p->c->tmp, m);
    note_spaced(p, &f, pos, end);
    parser_pop_frame(p);
    p->nv = f.base;
    parser_push_value(p, r, pos, end, 0);
}
