/* eval/derivative.c - the derivative operators: which names, of what, and how the results are
 * put together. The calculus itself is in diff.c.
 *
 * A gradient costs one reverse sweep, whatever the number of names; that of a small expression is
 * made forward, as d/dx is. Vectors that multiply
 * (hvp, vjp) are frozen behind scratch symbols, so that they are not differentiated.
 */
#include "eval/task.h"
#include "expr/shape.h"
#include "field/rational.h"
#include "simplify/measure.h"
#include "simplify/relation.h"

/* gradients of larger expressions, and by more names, are swept in reverse */
enum { FEW_NAMES = 6, FEW_STEPS = 3 };
static const double SMALL = 100;
/* a step is simplified by itself where that saves so much, and so must the result */
static const double WORTH_STEP = 0.8, WORTH = 0.86;

Node *eval_finish_task(const DerivativeTask *j, Node *r)
{
    return j->inner || ctx_failed(j->c) ? r : simplify(j->c, r, j->ev->opt->level);
}

/* g, a derivative that is differentiated again, in a form from which a smaller result may be hoped
 * for: what cancels in g does not cancel any more in what becomes of its terms. NULL: there is none. */
static Node *smaller_step(const DerivativeTask *j, Node *g)
{
    Ctx *c = j->c;
    bool may = !j->inner && j->ev->opt->level == SIMPLIFY_FULL && !ctx_failed(c) &&
               !ex_is(g, OP_LIST);
    double m = may ? measure_cost(c, g) : 0;
    Node *s = may && m <= SMALL ? simplify(c, g, SIMPLIFY_FULL) : g;
    return s != g && measure_cost(c, s) <= WORTH_STEP * m ? s : NULL;
}

/* The derivative of g by x; s is smaller_step of g, or NULL. */
static Node *finish_step(const DerivativeTask *j, Node *g, Node *s, uint32_t x)
{
    Ctx *c = j->c;
    Node *r = eval_finish_task(j, diff(c, g, x));
    Node *t = s && !ctx_failed(c) ? eval_finish_task(j, diff(c, s, x)) : r;
    return t != r && measure_cost(c, t) <= WORTH * measure_cost(c, r) ? t : r;
}

/* Quotients of quotients: worth more effort than a plain derivative. The equation helps. */
static Node *finish_implicit(const DerivativeTask *j, Node *r, const uint32_t *free)
{
    SimplifyLevel level = j->ev->opt->level;
    if (j->inner || ctx_failed(j->c))
        return r;
    return simplify_where(j->c, r, j->e, free,
                          level == SIMPLIFY_FULL ? SIMPLIFY_DEEP : level);
}

/* ---- by what */

static bool add_variable(DerivativeTask *j, const Node *v)
{
    Ctx *c = j->c;
    if (!ex_is(v, OP_SYM)) {
        Str s = {0};
        print_brief(c, &s, (Node *)(uintptr_t)v, 40);
        ctx_error(c, LBZ_SYNTAX, "differentiate by a name, as in d/dx",
                  "%s is not a name that one can differentiate by", str_cstr(&s));
        str_free(&s);
        return false;
    }
    if (!symlist_add(&j->vars, v->sym))
        env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
    return !ctx_failed(c);
}

static void given_variables(DerivativeTask *j, Node *list)
{
    if (!ex_is(list, OP_LIST)) {
        add_variable(j, list);
        return;
    }
    for (size_t i = 0; i < list->n && !ctx_poll(j->c); i++)
        add_variable(j, list->a[i]);
}

static void free_variables(DerivativeTask *j, Node *e)
{
    Ctx *c = j->c;
    ArenaMark m = arena_mark(&c->tmp);
    size_t k = 0;
    uint32_t *syms = ex_free_syms(c, e, &k);
    for (size_t i = 0; syms && i < k; i++)
        symlist_add(&j->vars, syms[i]);
    arena_release(&c->tmp, m);
}

/* No names given: those without a definition; if there are none, those that stand for a
 * number. */
static void all_variables(DerivativeTask *j, Node *e)
{
    Evaluation *ev = j->ev;
    static const SymList none;
    SymList leaves = {0};
    free_variables(j, eval_expand(ev, e, &none, EXPAND_ALL));
    if (j->vars.n)
        return;
    for (size_t i = 0; i < ev->norder; i++) {
        const Def *d = ev->order[i];
        if (d->kind != DEF_FUNCTION && !d->mentions.n)
            symlist_add(&leaves, d->sym);
    }
    free_variables(j, eval_expand(ev, e, &leaves, EXPAND_ALL));
    symlist_free(&leaves);
}

static void task_open(DerivativeTask *j, Evaluation *ev, Node *e, Node *vars, bool inner)
{
    memset(j, 0, sizeof *j);
    j->ev = ev;
    j->c = ev->c;
    j->inner = inner;
    if (vars)
        given_variables(j, vars);
    else
        all_variables(j, e);
    j->e =
        ctx_failed(ev->c) ? ev->c->poison : eval_expand(ev, e, &j->vars, EXPAND_NEEDED);
}

static void task_close(DerivativeTask *j)
{
    for (size_t i = 0; j->ev->own_statement && i < j->vars.n; i++)
        symlist_add(&j->ev->dvars, j->vars.v[i]);
    symlist_free(&j->vars);
}

/* ---- pieces */

static Node **list_components(const DerivativeTask *j, Node *e, size_t *n)
{
    Node **a = ARENA_NEW(&j->c->tmp, Node *, ex_is(e, OP_LIST) ? e->n + 1u : 1);
    *n = ex_is(e, OP_LIST) ? e->n : 1;
    if (a)
        memcpy(a, ex_is(e, OP_LIST) ? e->a : &e, *n * sizeof *a);
    return a;
}

static Node *mismatch_error(const DerivativeTask *j, const char *what, size_t have,
                            size_t want)
{
    return ctx_error(j->c, LBZ_SHAPE, NULL, "%s has %zu element%s where %zu %s needed",
                     what, have, have == 1 ? "" : "s", want, want == 1 ? "is" : "are");
}

/* Of what is small, forward: the partials are what d/dx gives, which is no larger. */
static bool is_small(const DerivativeTask *j, Node *e)
{
    return j->vars.n <= FEW_NAMES && measure_cost(j->c, e) <= SMALL;
}

static Node **gradient(const DerivativeTask *j, Node *e)
{
    Ctx *c = j->c;
    Node **g = ARENA_NEW0(&c->tmp, Node *, j->vars.n + 1);
    if (!g || ctx_failed(c))
        return NULL;
    if (!is_small(j, e))
        return diff_gradient(c, e, j->vars.v, j->vars.n, g) ? g : NULL;
    for (size_t i = 0; i < j->vars.n; i++)
        g[i] = diff(c, e, j->vars.v[i]);
    return ctx_failed(c) ? NULL : g;
}

static Node *gradient_list(const DerivativeTask *j, Node *e)
{
    Node **g = gradient(j, e);
    for (size_t i = 0; g && i < j->vars.n; i++)
        g[i] = eval_finish_task(j, g[i]);
    return g ? ex_list(j->c, j->vars.n, g) : j->c->poison;
}

/* A scalar by one name is a scalar, by a list a list. */
static Node *grad(const DerivativeTask *j, Node *e, const Node *vars)
{
    if (vars && ex_is(vars, OP_SYM))
        return eval_finish_task(j, diff(j->c, e, vars->sym));
    return gradient_list(j, e);
}

static Node *jacobian(const DerivativeTask *j, Node *vars)
{
    Ctx *c = j->c;
    size_t n;
    if (shape_is_tensor(j->e->shape) && !ex_is(j->e, OP_LIST) && ex_is(vars, OP_LIST))
        return eval_finish_task(j, eval_columns(j));
    if (!ex_is(j->e, OP_LIST))
        return grad(j, j->e, vars);
    Node **row = list_components(j, j->e, &n);
    for (size_t i = 0; row && i < n && !ctx_poll(c); i++)
        row[i] = grad(j, row[i], vars);
    return row ? ex_list(c, n, row) : c->poison;
}

/* Entry by entry: those on both sides of the diagonal are the same. */
static Node *hessian_of_gradient(const DerivativeTask *j, Node *const *g)
{
    Ctx *c = j->c;
    size_t n = j->vars.n;
    Node **row = ARENA_NEW(&c->tmp, Node *, n + 1),
         **a = ARENA_NEW(&c->tmp, Node *, n * n + 1);
    if (!row || !a)
        return c->poison;
    for (size_t i = 0; i < n; i++) {
        Node *s = smaller_step(j, g[i]);
        for (size_t k = 0; k < n; k++)
            a[i * n + k] = k < i ? a[k * n + i] : finish_step(j, g[i], s, j->vars.v[k]);
        row[i] = ex_list(c, n, a + i * n);
    }
    return ex_list(c, n, row);
}

static Node *hessian(const DerivativeTask *j)
{
    Ctx *c = j->c;
    Node **g = gradient(j, j->e);
    if (g && is_small(j, j->e))
        return hessian_of_gradient(j, g);
    for (size_t i = 0; g && i < j->vars.n && !ctx_poll(c); i++)
        g[i] = gradient_list(j, g[i]);
    return g ? ex_list(c, j->vars.n, g) : c->poison;
}

/* Scratch symbols in the place of v's elements. */
static bool freeze_vector(const DerivativeTask *j, size_t n, uint32_t **syms,
                          Node ***as_nodes)
{
    *syms = ARENA_NEW(&j->c->tmp, uint32_t, n + 1);
    *as_nodes = ARENA_NEW(&j->c->tmp, Node *, n + 1);
    for (size_t i = 0; *syms && *as_nodes && i < n; i++) {
        (*syms)[i] = eval_scratch(j->ev);
        (*as_nodes)[i] = ex_sym(j->c, (*syms)[i]);
    }
    return *syms && *as_nodes && !ctx_failed(j->c);
}

static Node *dot_product(Ctx *c, Node *const *u, Node *const *v, size_t n)
{
    Node **t = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; t && i < n; i++)
        t[i] = ex_mul2(c, u[i], v[i]);
    return t ? ex_add(c, n, t) : c->poison;
}

/* Gradient of u . v with v held fixed. */
static Node *gradient_along(const DerivativeTask *j, Node *const *u, Node *vector,
                            size_t n)
{
    Ctx *c = j->c;
    size_t nv;
    Node **v = list_components(j, vector, &nv), **frozen;
    uint32_t *syms;
    if (!v || !freeze_vector(j, n, &syms, &frozen))
        return c->poison;
    Node *r = gradient_list(j, dot_product(c, u, frozen, n));
    r = ctx_failed(c) ? c->poison : ex_subst(c, r, syms, v, n);
    return r;
}

static Node *hvp(const DerivativeTask *j, Node *vector)
{
    size_t nv = ex_is(vector, OP_LIST) ? vector->n : 1;
    if (nv != j->vars.n)
        return mismatch_error(j, "the vector of hvp", nv, j->vars.n);
    Node **g = gradient(j, j->e);
    return g ? gradient_along(j, g, vector, nv) : j->c->poison;
}

static Node *vjp(const DerivativeTask *j, Node *vector)
{
    size_t n, nv = ex_is(vector, OP_LIST) ? vector->n : 1;
    Node **f = list_components(j, j->e, &n);
    if (nv != n)
        return mismatch_error(j, "the vector of vjp", nv, n);
    return f ? gradient_along(j, f, vector, n) : j->c->poison;
}

static Node *jvp(const DerivativeTask *j, Node *vector)
{
    Ctx *c = j->c;
    size_t n, nv;
    Node **f = list_components(j, j->e, &n), **v = list_components(j, vector, &nv);
    if (nv != j->vars.n)
        return mismatch_error(j, "the vector of jvp", nv, j->vars.n);
    for (size_t i = 0; f && v && i < n && !ctx_poll(c); i++) {
        Node **g = gradient(j, f[i]);
        f[i] = g ? eval_finish_task(j, dot_product(c, g, v, nv)) : c->poison;
    }
    if (!f || !v)
        return c->poison;
    return ex_is(j->e, OP_LIST) ? ex_list(c, n, f) : f[0];
}

static Node *laplacian_of(const DerivativeTask *j, Node *e)
{
    Ctx *c = j->c;
    Node **t = ARENA_NEW(&c->tmp, Node *, j->vars.n + 1);
    for (size_t i = 0; t && i < j->vars.n && !ctx_poll(c); i++)
        t[i] = diff_n(c, e, j->vars.v[i], c->two);
    return !t || ctx_failed(c) ? c->poison : eval_finish_task(j, ex_add(c, j->vars.n, t));
}

static Node *laplacian(const DerivativeTask *j)
{
    size_t n;
    Node **f = list_components(j, j->e, &n);
    for (size_t i = 0; f && i < n; i++)
        f[i] = laplacian_of(j, f[i]);
    if (!f)
        return j->c->poison;
    return ex_is(j->e, OP_LIST) ? ex_list(j->c, n, f) : f[0];
}

static Node *divergence(const DerivativeTask *j)
{
    Ctx *c = j->c;
    size_t n;
    Node **f = list_components(j, j->e, &n);
    if (n != j->vars.n)
        return mismatch_error(j, "the field of div", n, j->vars.n);
    for (size_t i = 0; f && i < n && !ctx_poll(c); i++)
        f[i] = diff(c, f[i], j->vars.v[i]);
    return !f || ctx_failed(c) ? c->poison : eval_finish_task(j, ex_add(c, n, f));
}

static Node *curl(const DerivativeTask *j)
{
    Ctx *c = j->c;
    size_t n;
    Node **f = list_components(j, j->e, &n);
    const uint32_t *x = j->vars.v;
    if (!f || (n != 2 && n != 3))
        return mismatch_error(j, "the field of curl", n, 3);
    if (j->vars.n != n)
        return mismatch_error(j, "the list of names of curl", j->vars.n, n);
    if (n == 2)
        return eval_finish_task(j, ex_sub(c, diff(c, f[1], x[0]), diff(c, f[0], x[1])));
    Node *r[3];
    for (size_t i = 0; i < 3; i++) {
        size_t p = (i + 1) % 3, q = (i + 2) % 3;
        r[i] = eval_finish_task(j, ex_sub(c, diff(c, f[q], x[p]), diff(c, f[p], x[q])));
    }
    return ex_list(c, 3, r);
}

/* ---- d/dx, taylor, dy/dx where */

/* A symbolic order has formulas for simple terms: e is brought to such if it can be. */
static Node *diff_order(Ctx *c, Node *e, uint32_t x, Node *n)
{
    if (ex_is_num(n) || ctx_failed(c))
        return diff_n(c, e, x, n);
    for (int form = 0; form < 4 && !ctx_failed(c); form++) {
        Attempt t = attempt_begin(c);
        Node *f = form == 0   ? e
                  : form == 1 ? rat_apart(c, e, x)
                  : form == 2 ? rat_expand(c, e)
                              : trig_reduce(c, e);
        Node *r = form == 0 || f != e ? diff_n(c, f, x, n) : c->poison;
        size_t notes = c->nnotes;
        if (attempt_end(c, &t) && !ex_is_poison(r)) {
            c->nnotes = notes;
            return r;
        }
    }
    return diff_n(c, e, x, n); /* for its error */
}

/* How many times in all, up to more than a few. */
static int64_t count_steps(const Node *op, Node *const *a)
{
    int64_t steps = ex_is(op->a[0], OP_DIFF), k;
    for (size_t i = 1; i + 1 < op->n && steps <= FEW_STEPS; i += 2)
        steps += ex_get_int(a[i + 1], &k) && k >= 0 && k <= FEW_STEPS ? k : FEW_STEPS + 1;
    return steps;
}

/* Likewise by steps of which some are made smaller; NULL: none is. */
static Node *diff_by_steps(const DerivativeTask *j, Node *e, const Node *op,
                           Node *const *a)
{
    Ctx *c = j->c;
    bool derived = ex_is(op->a[0], OP_DIFF), smaller = false;
    for (size_t i = 1; i + 1 < op->n; i += 2)
        for (int64_t k = a[i + 1]->num.p; k > 0 && !ctx_poll(c); k--) {
            Node *s = derived ? smaller_step(j, e) : NULL;
            smaller |= s != NULL;
            e = diff(c, s ? s : e, a[i]->sym);
            derived = true;
        }
    return smaller ? eval_finish_task(j, e) : NULL;
}

static Node *diff_once_each(const DerivativeTask *j, Node *e, const Node *op,
                            Node *const *a)
{
    Ctx *c = j->c;
    Node *r = e;
    for (size_t i = 1; i + 1 < op->n && !ctx_poll(c); i += 2)
        r = diff_order(c, r, a[i]->sym, a[i + 1]);
    r = eval_finish_task(j, r);
    int64_t steps = j->inner ? 0 : count_steps(op, a);
    Node *s = steps > 1 && steps <= FEW_STEPS && !ctx_failed(c)
                  ? diff_by_steps(j, e, op, a)
                  : NULL;
    return s && measure_cost(c, s) <= WORTH * measure_cost(c, r) ? s : r;
}

static Node *diff_all(const DerivativeTask *j, const Node *op, Node *const *a)
{
    Ctx *c = j->c;
    size_t n;
    if (!ex_is(j->e, OP_LIST))
        return diff_once_each(j, j->e, op, a);
    Node **f = list_components(j, j->e, &n);
    for (size_t i = 0; f && i < n; i++)
        f[i] = diff_once_each(j, f[i], op, a);
    return f ? ex_list(c, n, f) : c->poison;
}

static bool small_count(const DerivativeTask *j, const Node *n, const char *what,
                        int64_t least, int64_t *k)
{
    if (!ex_get_int(n, k) || *k < least)
        ctx_error(j->c, LBZ_SYNTAX, NULL, "%s is an integer >= %d", what, (int)least);
    else if (*k > 100000)
        ctx_error(j->c, LBZ_LIMIT, NULL, "%s is at most 100000", what);
    return !ctx_failed(j->c);
}

static Node *taylor_polynomial(const DerivativeTask *j, Node *const *a)
{
    int64_t n;
    if (!small_count(j, a[3], "the degree of a Taylor polynomial", 0, &n))
        return j->c->poison;
    return eval_taylor(j->ev, j->e, a[1]->sym, a[2], (unsigned)n);
}

static Node *implicit_derivative(const DerivativeTask *j, Node *const *a)
{
    int64_t n;
    if (!small_count(j, a[3], "the order of a derivative", 1, &n))
        return j->c->poison;
    uint32_t free[] = {a[2]->sym, a[1]->sym};
    return finish_implicit(j, diff_implicit(j->c, j->e, free[1], free[0], (unsigned)n),
                           free);
}

static Node *carry_out(const DerivativeTask *j, const Node *op, Node *const *a)
{
    switch (op->op) {
    case OP_DIFF: return diff_all(j, op, a);
    case OP_GRAD:
        return ex_is(j->e, OP_LIST) ? jacobian(j, op->n > 1 ? a[1] : NULL)
                                    : grad(j, j->e, op->n > 1 ? a[1] : NULL);
    case OP_JACOBIAN: return jacobian(j, a[1]);
    case OP_HESSIAN: return hessian(j);
    case OP_HVP: return hvp(j, a[2]);
    case OP_JVP: return jvp(j, a[2]);
    case OP_VJP: return vjp(j, a[2]);
    case OP_LAPLACIAN: return laplacian(j);
    case OP_DIV: return divergence(j);
    case OP_CURL: return curl(j);
    case OP_TAYLOR: return taylor_polynomial(j, a);
    default: return implicit_derivative(j, a);
    }
}

static Node *names_list(const DerivativeTask *j)
{
    Ctx *c = j->c;
    Node **a = ARENA_NEW(&c->tmp, Node *, j->vars.n + 1);
    for (size_t i = 0; a && i < j->vars.n; i++)
        a[i] = ex_sym(c, j->vars.v[i]);
    return a ? ex_list(c, j->vars.n, a) : c->poison;
}

Node *eval_derivative(Evaluation *ev, Node *op, Node *const *a, bool inner)
{
    DerivativeTask j;
    Ctx *c = ev->c;
    ArenaMark m = arena_mark(&c->tmp);
    task_open(&j, ev, a[0], op->n > 1 ? a[1] : NULL, inner);
    if (ex_is(op, OP_DIFF))
        for (size_t i = 3; i < op->n; i += 2)
            given_variables(&j, a[i]);
    else if (ex_is(op, OP_IMPLICIT))
        given_variables(&j, a[2]);
    if (op->n > 1 && j.vars.n > 1 && !ctx_failed(c)) /* names after the first stay, too */
        j.e = eval_expand(ev, a[0], &j.vars, EXPAND_NEEDED);
    Node *r = ctx_failed(c) ? c->poison : eval_by_tensors(&j, op, a);
    bool tensors = r != NULL;
    r = r ? r : carry_out(&j, op, a);
    if (!ctx_failed(c)) {
        nodemap_put(&ev->operand_of, op, j.e);
        if (tensors || !ex_is(op, OP_DIFF))
            nodemap_put(tensors ? &ev->tensors_of : &ev->names_of, op, names_list(&j));
        ev->nameless = j.e == ev->nameless ? r : ev->nameless;
    }
    task_close(&j);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}
