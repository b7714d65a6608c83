/* field/rational.c - the named rational transformations: expand, factor, together, apart, collect.
 *
 * An expression is a tree of arithmetic regions (sums, products, powers) whose leaves are
 * generators: functions and the like, with regions of their own as arguments. Each transformation
 * works region by region, innermost first. A transformation that runs out of fuel leaves the
 * region as it is.
 */
#include "field/rational.h"
#include "expr/internal.h"

enum { RATIONAL_FUEL = 100000000 };

static bool is_arithmetic(const Node *n)
{
    return n->op == OP_ADD || n->op == OP_SCALE || n->op == OP_MUL ||
           (n->op == OP_POW && n->a[0]->op != OP_CONST && ex_is_num(n->a[1]));
}

static bool holds_regions(const Node *n, bool deep)
{
    if (is_arithmetic(n) || n->op == OP_NUM || n->op == OP_STRING)
        return false;
    return deep || n->op == OP_LIST || n->op == OP_IF || n->op == OP_INT ||
           n->op == OP_SUM || n->op == OP_PROD || op_is_structural((Op)n->op);
}

typedef struct {
    Node *(*f)(Ctx *c, Node *n, void *arg);
    void *arg;
    NodeMap is_root; /* of a region */
} Regions;

static Node *region_step(const Rewriting *w, Node *x, Node *const *a)
{
    const Regions *g = w->arg;
    Node *r = ex_with(w->c, x, a);
    return nodemap_get(&g->is_root, x) && is_arithmetic(r) ? g->f(w->c, r, g->arg) : r;
}

Node *rat_regions(Ctx *c, Node *root, bool deep, Node *(*f)(Ctx *c, Node *n, void *arg),
                  void *arg)
{
    if (!deep && is_arithmetic(root) && !(root->flags & (NF_COND | NF_BINDER)))
        return f(c, root, arg);
    ArenaMark m = arena_mark(&c->tmp);
    size_t count = 0;
    Regions g = {.f = f, .arg = arg};
    Node **order = ex_walk(c, 1, &root, &count);
    nodemap_init(&g.is_root, c);
    nodemap_put(&g.is_root, root, root);
    for (size_t i = 0; order && i < count; i++)
        if (holds_regions(order[i], deep))
            for (uint32_t j = 0; j < order[i]->n; j++)
                nodemap_put(&g.is_root, order[i]->a[j], order[i]->a[j]);
    Node *r = order ? ex_rewrite(c, root, 0, region_step, &g) : c->poison;
    arena_release(&c->tmp, m);
    return r;
}

/* ---- expand ------------------------------------------------------------------------ */
/* Nothing to multiply out: a sum of terms without sums as factors. Long products that are
 * factors are multiplied out in any case. */
static bool is_expanded_factor(const Node *f)
{
    int64_t k;
    if (f->op == OP_ADD || ex_is_long(ex_base((Node *)(uintptr_t)f)))
        return false;
    return !(f->op == OP_POW && f->a[0]->op == OP_ADD && ex_get_int(f->a[1], &k) &&
             k > 1) &&
           !(f->op == OP_POW && f->a[0]->op == OP_ADD && ex_is_num(f->a[1]) &&
             num_cmp(f->a[1]->num, NUM_ONE) > 0);
}

static bool is_expanded_term(const Node *t)
{
    if (t->op == OP_SCALE)
        t = t->a[1];
    if (t->op != OP_MUL)
        return is_expanded_factor(t);
    for (uint32_t i = 0; i < t->n; i++)
        if (!is_expanded_factor(t->a[i]))
            return false;
    return true;
}

static bool is_expanded(const Node *n)
{
    if (n->op != OP_ADD)
        return is_expanded_term(n);
    for (uint32_t i = 0; i < n->n; i++)
        if (!is_expanded_term(n->a[i]))
            return false;
    return true;
}

static Node *with_field(Ctx *c, Node *n, FieldMode mode,
                        Node *(*f)(Field *, Node *, void *), void *arg)
{
    Field fd;
    ArenaMark m = arena_mark(&c->tmp);
    Attempt at = attempt_begin(c);
    field_init(&fd, c, mode, RATIONAL_FUEL, n);
    Node *r = f(&fd, n, arg);
    bool ended = attempt_end(c, &at);
    c->gave_up += !ended || fd.failed;
    if (!ended || fd.failed || !r || ex_is_poison(r))
        r = ctx_failed(c) ? c->poison : n;
    field_clear(&fd);
    arena_release(&c->tmp, m);
    return r;
}

static Node *expand_with(Field *f, Node *n, void *arg)
{
    (void)arg;
    const Elem *e = field_elem(f, n);
    return e ? field_node(f, e, SHOW_EXPANDED, SHOW_FACTORED) : NULL;
}

static Node *expand_region(Ctx *c, Node *n, void *arg)
{
    return is_expanded(n) ? n : with_field(c, n, FIELD_EXPAND, expand_with, arg);
}

Node *rat_expand(Ctx *c, Node *n) { return rat_regions(c, n, true, expand_region, NULL); }

/* ---- together, factor -------------------------------------------------------------- */
/* t: n in lowest terms, to be cleared. False: it has no form in the field. */
static bool lowest_terms(Field *f, Node *n, Elem *t)
{
    const Elem *e = field_elem(f, n);
    if (!e)
        return false;
    el_init(f, t);
    el_set(f, t, e);
    el_cancel(f, t);
    return true;
}

static Node *together_with(Field *f, Node *n, void *arg)
{
    Elem t;
    if (!lowest_terms(f, n, &t))
        return NULL;
    el_use_roots(f, &t);
    Node *r = f->failed ? NULL : field_node(f, &t, *(Show *)arg, SHOW_FACTORED);
    el_clear(f, &t);
    return r;
}

static Node *together_region(Ctx *c, Node *n, void *arg)
{
    return with_field(c, n, FIELD_DISPLAY, together_with, arg);
}

Node *rat_together(Ctx *c, Node *n)
{
    Show how = SHOW_EXPANDED;
    return rat_regions(c, n, true, together_region, &how);
}

Node *rat_factor(Ctx *c, Node *n)
{
    Show how = SHOW_FACTORED;
    return rat_regions(c, n, true, together_region, &how);
}

/* ---- by powers of one generator ---------------------------------------------------- */
/* sum of coefficient(k) * x^k, coefficients factored. */
static Node *collect_with(Field *f, Node *n, void *arg)
{
    Ctx *c = f->c;
    Node *x = arg;
    Elem t;
    if (!lowest_terms(f, n, &t))
        return NULL;
    uint64_t g;
    Node *r = NULL;
    if (!f->failed && map_get(&f->gen_of_node, x->id, &g)) {
        fmpz_mpoly_univar_t u;
        fmpz_mpoly_t k;
        Elem one;
        el_init(f, &one);
        fmpz_mpoly_init(k, f->ctx);
        fmpz_mpoly_univar_init(u, f->ctx);
        fmpz_mpoly_to_univar(u, t.num, (slong)g, f->ctx);
        slong len = fmpz_mpoly_univar_length(u, f->ctx);
        Node **sum = ARENA_NEW(&c->tmp, Node *, len + 1);
        for (slong i = 0; sum && i < len; i++) {
            fmpz_mpoly_univar_get_term_coeff(k, u, i, f->ctx);
            el_set(f, &one, &t);
            fmpz_mpoly_set(one.num, k, f->ctx);
            el_cancel(f, &one);
            sum[i] =
                ex_mul2(c, field_node(f, &one, SHOW_FACTORED, SHOW_FACTORED),
                        ex_powi(c, x, fmpz_mpoly_univar_get_term_exp_si(u, i, f->ctx)));
        }
        r = sum ? ex_add(c, (size_t)len, sum) : NULL;
        fmpz_mpoly_univar_clear(u, f->ctx);
        fmpz_mpoly_clear(k, f->ctx);
        el_clear(f, &one);
    }
    el_clear(f, &t);
    return r;
}

Node *rat_collect(Ctx *c, Node *n, Node *x)
{
    return with_field(c, n, FIELD_DISPLAY, collect_with, x);
}
