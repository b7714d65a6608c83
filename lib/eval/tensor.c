/* eval/tensor.c - the derivative operators where names are tensors, or what is differentiated is one.
 *
 * A gradient has the shape of its name, a Jacobian that of the function and behind it that of the name;
 * d/dx lays them out as `set layout` says. All come from one reverse sweep (diff/tensor.c), along
 * directions from a derivative by a number: x + t*v at t = 0.
 */
#include "eval/internal.h"
#include "eval/task.h"
#include "expr/contract.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- names ---------------------------------------------------------------------------- */
typedef struct {
    Ctx *c;
    const DerivativeTask *j;
    Node **x; /* the names with their shapes */
    size_t n;
} TensorTask;

static bool is_symbol(Ctx *c, Node *n, void *sym)
{
    (void)c;
    return ex_is(n, OP_SYM) && n->sym == *(uint32_t *)sym;
}

/* The name as it stands in what is differentiated, or as it is defined or declared. */
static Node *shaped_name(const DerivativeTask *j, uint32_t sym)
{
    Ctx *c = j->c;
    Node *x = ex_find(c, j->e, 0, is_symbol, &sym);
    const Def *d = names_find(j->ev->names, sym);
    if (x)
        return x;
    if (d && d->kind != DEF_FUNCTION && shape_is_tensor(d->body->shape))
        return ex_sym_shaped(c, sym, d->body->shape);
    return ex_sym_shaped(c, sym, c->syms[sym].shape);
}

/* False: all are numbers, or memory is out. */
static bool open_names(TensorTask *t, const DerivativeTask *j)
{
    *t = (TensorTask){j->c, j, ARENA_NEW(&j->c->tmp, Node *, j->vars.n + 1), j->vars.n};
    bool tensors = false;
    for (size_t i = 0; t->x && i < t->n; i++) {
        t->x[i] = shaped_name(j, j->vars.v[i]);
        tensors = tensors || shape_is_tensor(t->x[i]->shape);
    }
    return tensors;
}

static unsigned rank_of(const Ctx *c, const Node *a)
{
    return shape_at(c, a->shape)->rank;
}

static Node *plain(Node *a) { return ex_is(a, OP_ROW) ? a->a[0] : a; }

/* d with its last two axes exchanged, terms and contractions one by one: equal ones are seen then. */
static Node *turned_over(Ctx *c, Node *d, unsigned depth)
{
    enum { DEEPEST = 8 };
    Contraction k = {.n = 1, .a = {d}};
    unsigned rank = rank_of(c, d);
    if (rank < 2)
        return d;
    if (depth < DEEPEST && (ex_is(d, OP_ADD) || ex_is(d, OP_SCALE) || ex_is(d, OP_MUL))) {
        Node **a = ARENA_NEW(&c->tmp, Node *, d->n);
        bool whole = a != NULL;
        for (uint32_t i = 0; whole && i < d->n; i++) {
            whole = !d->a[i]->shape || d->a[i]->shape == d->shape;
            a[i] = whole ? turned_over(c, d->a[i], depth + 1) : d->a[i];
        }
        if (whole)
            return ctx_failed(c) ? c->poison : ex_rebuild(c, d, a);
    }
    if (ex_is(d, OP_CONTRACT)) {
        contract_open(c, d, &k);
    } else {
        for (unsigned i = 0; i < rank; i++)
            k.in[0].at[k.in[0].n++] = k.out.at[k.out.n++] = (uint8_t)i;
        k.nindices = rank;
    }
    uint8_t last = k.out.at[rank - 1];
    k.out.at[rank - 1] = k.out.at[rank - 2];
    k.out.at[rank - 2] = last;
    return contract_make(c, &k, "a derivative");
}

/* Of the last two axes of d, those of x: where x is symmetric, what d has of that. */
static Node *symmetric_part(const TensorTask *t, Node *d, const Node *x)
{
    Ctx *c = t->c;
    if (ctx_failed(c) || !(sym_structure(c, x->sym) & SYM_SYMMETRIC) ||
        !shape_has_rank(c, x->shape, 2))
        return d;
    Node *turned = turned_over(c, d, 0);
    if (turned == d || ctx_failed(c))
        return d;
    ctx_note(c, "%s is symmetric: the derivative is its symmetric part",
             sym_name(c, x->sym));
    return ex_mul2(c, c->half, ex_add2(c, d, turned));
}

/* ---- derivatives ---------------------------------------------------------------------- */
static Node **jacobians(const TensorTask *t, Node *e)
{
    Node **g = ARENA_NEW0(&t->c->tmp, Node *, t->n + 1);
    return g && diff_jacobian(t->c, e, t->x, t->n, g) ? g : NULL;
}

static Node *as_answer(const TensorTask *t, Node **g, bool list)
{
    for (size_t i = 0; g && i < t->n; i++)
        g[i] = eval_finish_task(t->j, symmetric_part(t, g[i], t->x[i]));
    if (!g || ctx_failed(t->c))
        return t->c->poison;
    return list ? ex_list(t->c, t->n, g) : g[0];
}

static Node *not_a_number(const TensorTask *t, const Node *e, const char *what)
{
    if (!shape_is_tensor(e->shape))
        return ctx_error(t->c, LBZ_UNABLE, "define its functions: f(x) = ...",
                         "what this is of tensors is not known");
    Str s = {0};
    shape_print(t->c, &s, e->shape);
    ctx_error(
        t->c, LBZ_SHAPE,
        "write sum(...) for a number, jacobian(f, x) for all derivatives, vjp(f, x, u) "
        "along u",
        "%s is of a number, and this has the shape %s", what, str_cstr(&s));
    str_free(&s);
    return t->c->poison;
}

static Node *gradient_of(const TensorTask *t, bool list)
{
    Node *e = t->j->e;
    if (e->shape)
        return not_a_number(t, e, "a gradient");
    return as_answer(t, jacobians(t, e), list);
}

/* A list whose elements have different shapes: of each of them. */
static Node *jacobian_of(const TensorTask *t, bool list)
{
    Ctx *c = t->c;
    Node *e = t->j->e;
    if (e->shape != SHAPE_RAGGED || !ex_is(e, OP_LIST))
        return as_answer(t, jacobians(t, e), list);
    Node **r = ARENA_NEW(&c->tmp, Node *, e->n + 1u);
    for (uint32_t i = 0; r && i < e->n && !ctx_failed(c); i++)
        r[i] = as_answer(t, jacobians(t, e->a[i]), list);
    return r && !ctx_failed(c) ? ex_list(c, e->n, r) : c->poison;
}

/* Blocks by pairs of names; of one name the block itself. */
static Node *hessian_of(const TensorTask *t)
{
    Ctx *c = t->c;
    if (t->j->e->shape)
        return not_a_number(t, t->j->e, "a Hessian");
    Node **g = jacobians(t, t->j->e);
    for (size_t i = 0; g && i < t->n && !ctx_failed(c); i++) {
        g[i] = symmetric_part(t, g[i], t->x[i]);
        g[i] = as_answer(t, jacobians(t, g[i]), t->n > 1);
    }
    if (!g || ctx_failed(c))
        return c->poison;
    return t->n > 1 ? ex_list(c, t->n, g) : g[0];
}

/* ---- along directions ----------------------------------------------------------------- */
/* The part of v that belongs to the name i: v itself for one name. NULL with the error. */
static Node *direction(const TensorTask *t, Node *v, size_t i, const char *what)
{
    Ctx *c = t->c;
    bool list = t->n > 1;
    if (list && (!(ex_is(v, OP_LIST) || ex_is(v, OP_STACK)) || v->n != t->n)) {
        ctx_error(c, LBZ_SHAPE, "write a list with one for each name",
                  "%s needs %zu vectors, one for each name", what, t->n);
        return NULL;
    }
    Node *d = plain(list ? v->a[i] : v), *x = t->x[i];
    if (!d->shape && x->shape && ex_is_num(d))
        d = ex_broadcast(c, d, x->shape);
    if (d->shape == plain(x)->shape || d->shape == SHAPE_ANY)
        return d;
    Str s = {0};
    shape_print(c, &s, d->shape);
    str_printf(&s, ", and %s has ", sym_name(c, x->sym));
    shape_print(c, &s, x->shape);
    ctx_error(c, LBZ_SHAPE, NULL, "the vector of %s has the shape %s", what,
              str_cstr(&s));
    str_free(&s);
    return NULL;
}

/* d/dt f(x + t*v) at t = 0 */
static Node *along(const TensorTask *t, Node *f, Node *vector, const char *what)
{
    Ctx *c = t->c;
    Node **by = ARENA_NEW(&c->tmp, Node *, t->n + 1), *step = c->zero;
    uint32_t *sym = ARENA_NEW(&c->tmp, uint32_t, t->n + 1), s = eval_scratch(t->j->ev);
    for (size_t i = 0; by && sym && i < t->n; i++) {
        Node *v = direction(t, vector, i, what);
        if (!v)
            return c->poison;
        sym[i] = t->x[i]->sym;
        by[i] = ex_add2(c, t->x[i], ex_mul2(c, ex_sym(c, s), v));
    }
    if (!by || !sym || ctx_failed(c))
        return c->poison;
    Node *d = diff(c, ex_subst(c, f, sym, by, t->n), s);
    d = ctx_failed(c) ? c->poison : ex_subst(c, d, &s, &step, 1);
    return ctx_failed(c) || d->shape == f->shape || !shape_is_tensor(f->shape)
               ? d
               : ex_broadcast(c, d, f->shape);
}

static Node *jvp_of(const TensorTask *t, Node *v)
{
    return eval_finish_task(t->j, along(t, t->j->e, v, "jvp"));
}

static Node *hvp_of(const TensorTask *t, Node *v)
{
    Ctx *c = t->c;
    if (t->j->e->shape)
        return not_a_number(t, t->j->e, "hvp");
    Node **g = jacobians(t, t->j->e);
    for (size_t i = 0; g && i < t->n && !ctx_failed(c); i++)
        g[i] = along(t, g[i], v, "hvp");
    return as_answer(t, g, t->n > 1);
}

static Node *vjp_of(const TensorTask *t, Node *u)
{
    Ctx *c = t->c;
    Node *e = plain(t->j->e), **g = ARENA_NEW0(&c->tmp, Node *, t->n + 1);
    u = plain(u);
    if (!u->shape && e->shape && ex_is_num(u))
        u = ex_broadcast(c, u, e->shape);
    if (u->shape != e->shape)
        return shape_error(c, e->shape, u->shape, "vjp");
    return g && diff_vjp(c, e, u, t->x, t->n, g) ? as_answer(t, g, t->n > 1) : c->poison;
}

/* ---- traces of Jacobians --------------------------------------------------------------- */
/* The sum over pairs of the last two groups of `rank` axes of a. */
static Node *pairs_summed(Ctx *c, Node *a, unsigned rank)
{
    Contraction k = {.n = 1, .a = {a}};
    unsigned all = rank_of(c, a), front = all - 2 * rank;
    for (unsigned i = 0; i < all; i++)
        k.in[0].at[k.in[0].n++] = (uint8_t)(i < front + rank ? i : i - rank);
    for (unsigned i = 0; i < front; i++)
        k.out.at[k.out.n++] = (uint8_t)i;
    k.nindices = front + rank;
    return contract_make(c, &k, "a derivative");
}

static Node *laplacian_of_tensor(const TensorTask *t)
{
    Ctx *c = t->c;
    Node *sum = c->zero;
    for (size_t i = 0; i < t->n && !ctx_failed(c); i++) {
        TensorTask one = {c, t->j, &t->x[i], 1};
        Node **g = jacobians(&one, t->j->e), **h = g ? jacobians(&one, g[0]) : NULL;
        Node *l = h ? pairs_summed(c, h[0], rank_of(c, t->x[i])) : c->poison;
        sum = sum == c->zero ? l : ex_add2(c, sum, l);
    }
    return eval_finish_task(t->j, sum);
}

static Node *divergence_of(const TensorTask *t)
{
    Ctx *c = t->c;
    Node *e = plain(t->j->e);
    if (t->n != 1 || e->shape != plain(t->x[0])->shape)
        return shape_error(c, t->x[0]->shape, e->shape, "div");
    Node **g = jacobians(t, e);
    return g ? eval_finish_task(t->j, pairs_summed(c, g[0], rank_of(c, t->x[0])))
             : c->poison;
}

static Node *element_at(Ctx *c, Node *J, int64_t i, int64_t k)
{
    return ex_tensor(c, OP_INDEX, NULL, 3, (Node *[]){J, ex_int(c, i), ex_int(c, k)});
}

static Node *curl_of(const TensorTask *t)
{
    Ctx *c = t->c;
    Node *e = plain(t->j->e), *r[3];
    int64_t n = shape_count(c, t->x[0]->shape);
    if (t->n != 1 || !shape_has_rank(c, t->x[0]->shape, 1) || (n != 2 && n != 3) ||
        e->shape != plain(t->x[0])->shape)
        return ctx_error(c, LBZ_SHAPE, "write var x[3]",
                         "curl is of a field of 2 or 3 elements by a vector of as many");
    Node **g = jacobians(t, e);
    if (!g)
        return c->poison;
    for (int64_t i = 0; i < (n == 2 ? 1 : 3); i++) {
        int64_t p = n == 2 ? 1 : (i + 1) % 3 + 1, q = n == 2 ? 2 : (i + 2) % 3 + 1;
        r[i] = eval_finish_task(
            t->j, ex_sub(c, element_at(c, g[0], q, p), element_at(c, g[0], p, q)));
    }
    return n == 2 ? r[0] : ex_list(c, 3, r);
}

/* ---- d/dx ------------------------------------------------------------------------------ */
/* The axes of J, shape(f) + shape(x), in the order that the layout asks for. */
static Node *laid_out(const TensorTask *t, Node *J, unsigned rank_f, unsigned rank_x)
{
    Ctx *c = t->c;
    TensorLayout layout = t->j->ev->opt->layout;
    if (!J->shape || layout == LAYOUT_JACOBIAN)
        return J;
    if (rank_f + rank_x == 1)
        return (rank_x == 1) == (layout == LAYOUT_NUMERATOR) ? ex_row(c, J) : J;
    Contraction k = {.n = 1, .a = {J}};
    unsigned all = rank_f + rank_x;
    for (unsigned i = 0; i < all; i++)
        k.in[0].at[k.in[0].n++] = (uint8_t)i;
    if (layout == LAYOUT_NUMERATOR) /* shape(f), then the axes of x from the last on */
        for (unsigned i = 0; i < all; i++)
            k.out.at[k.out.n++] = (uint8_t)(i < rank_f ? i : all - 1 - (i - rank_f));
    else /* shape(x), then the axes of f from the last on */
        for (unsigned i = 0; i < all; i++)
            k.out.at[k.out.n++] =
                (uint8_t)(i < rank_x ? rank_f + i : rank_f - 1 - (i - rank_x));
    k.nindices = all;
    return contract_make(c, &k, "a derivative");
}

/* d/dx n times. */
static Node *by_one_name(const TensorTask *t, Node *e, Node *x, Node *order)
{
    Ctx *c = t->c;
    int64_t n;
    TensorTask one = {c, t->j, &x, 1};
    if (!ex_get_int(order, &n) || n < 0)
        return ctx_error(c, LBZ_UNABLE, "give a number for the order",
                         "no formula for the n-th derivative by a tensor");
    for (; n > 0 && !ctx_failed(c); n--) {
        e = plain(e);
        unsigned rank = rank_of(c, e);
        Node **g = x->shape ? jacobians(&one, e) : NULL;
        Node *J = x->shape ? (g ? g[0] : c->poison) : diff(c, e, x->sym);
        J = ctx_failed(c) ? c->poison : symmetric_part(t, J, x);
        e = ctx_failed(c) ? c->poison : laid_out(t, J, rank, rank_of(c, x));
    }
    return e;
}

static Node *diff_of(const TensorTask *t, const Node *op, Node *const *a)
{
    Ctx *c = t->c;
    Node *e = t->j->e;
    for (size_t i = 1; i + 1 < op->n && !ctx_poll(c); i += 2)
        e = by_one_name(t, e, shaped_name(t->j, a[i]->sym), a[i + 1]);
    return eval_finish_task(t->j, e);
}

/* dy/dX where F(X, y) = 0, y a number: -F_X/F_y */
static Node *implicit_of(const TensorTask *t, Node *const *a)
{
    Ctx *c = t->c;
    Node *y = shaped_name(t->j, a[1]->sym), *x = shaped_name(t->j, a[2]->sym),
         *F = t->j->e;
    int64_t n;
    if (y->shape || F->shape || !ex_get_int(a[3], &n) || n != 1)
        return ctx_error(
            c, LBZ_UNABLE, NULL,
            "an equation defines the first derivative of a number by a tensor");
    TensorTask one = {c, t->j, &x, 1};
    Node **g = jacobians(&one, F), *fy = diff(c, F, y->sym);
    if (!g || ctx_failed(c))
        return c->poison;
    if (fy == c->zero)
        return ctx_error(c, LBZ_DOMAIN,
                         "name the dependent variable after d, as in dy/dx",
                         "the equation does not determine %s", sym_name(c, y->sym));
    return eval_finish_task(
        t->j, laid_out(&one, ex_neg(c, ex_div(c, g[0], fy)), 0, rank_of(c, x)));
}

Node *eval_columns(const DerivativeTask *j)
{
    Ctx *c = j->c;
    Node **d = ARENA_NEW(&c->tmp, Node *, j->vars.n + 1), *e = plain(j->e);
    for (size_t i = 0; d && i < j->vars.n && !ctx_failed(c); i++)
        d[i] = diff(c, e, j->vars.v[i]);
    Node *rows = d && !ctx_failed(c) ? ex_list(c, j->vars.n, d) : c->poison;
    Contraction k = {.n = 1, .a = {rows}};
    unsigned rank = rank_of(c, e) + 1;
    if (ctx_failed(c) || !shape_has_rank(c, rows->shape, rank))
        return ctx_failed(c) ? c->poison : rows;
    for (unsigned i = 0; i < rank; i++) {
        k.in[0].at[k.in[0].n++] = (uint8_t)i;
        k.out.at[k.out.n++] = (uint8_t)((i + 1) % rank);
    }
    k.nindices = rank;
    return contract_make(c, &k, "a derivative");
}

Node *eval_by_tensors(const DerivativeTask *j, const Node *op, Node *const *a)
{
    TensorTask t;
    if (!open_names(&t, j) || ctx_failed(j->c))
        return ctx_failed(j->c) ? j->c->poison : NULL;
    bool list = op->n < 2 || ex_is(op->a[1], OP_LIST);
    switch ((int)op->op) {
    case OP_DIFF: return diff_of(&t, op, a);
    case OP_GRAD: return gradient_of(&t, list);
    case OP_JACOBIAN: return jacobian_of(&t, list);
    case OP_HESSIAN: return hessian_of(&t);
    case OP_HVP: return hvp_of(&t, a[2]);
    case OP_JVP: return jvp_of(&t, a[2]);
    case OP_VJP: return vjp_of(&t, a[2]);
    case OP_LAPLACIAN: return laplacian_of_tensor(&t);
    case OP_DIV: return divergence_of(&t);
    case OP_CURL: return curl_of(&t);
    case OP_IMPLICIT: return implicit_of(&t, a);
    default:
        return ctx_error(j->c, LBZ_UNABLE, NULL, "%s is of numbers",
                         op_info((Op)op->op)->name);
    }
}
