/* eval/names.c - putting definitions in: which ones are in reach, in what order, and what
 * they stand for; functions of the user and finite sums.
 *
 * Invariant: ev->order lists every definition in reach after those it depends on. Only
 * functions may depend on themselves (a later one, or their own); such an application is
 * left alone until the final rounds of eval_expand. No recursion: definitions may form
 * chains of any length.
 */
#include "eval/internal.h"

Def **eval_hide_names(Ctx *c, Names *names, const uint32_t *own, size_t n)
{
    Def **hidden = ARENA_NEW0(&c->pool[1].arena, Def *, n + 1);
    for (size_t i = 0; hidden && i < n; i++)
        if ((hidden[i] = names_find(names, own[i])))
            names->by_sym[own[i]] = NULL;
    return hidden;
}

void eval_show_names(Names *names, const uint32_t *own, size_t n, Def *const *hidden)
{
    for (size_t i = 0; i < n; i++)
        if (hidden[i])
            names->by_sym[own[i]] = hidden[i];
}

/* ---- sets of symbols */

bool symlist_has(const SymList *l, uint32_t sym)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i] == sym)
            return true;
    return false;
}

bool symlist_push(SymList *l, uint32_t sym)
{
    if (!MEM_ROOM(l->v, l->n, l->cap))
        return false;
    l->v[l->n++] = sym;
    return true;
}

bool symlist_add(SymList *l, uint32_t sym)
{
    return symlist_has(l, sym) || symlist_push(l, sym);
}

void symlist_free(SymList *l)
{
    mem_free(l->v);
    memset(l, 0, sizeof *l);
}

/* ---- what an expression mentions */

static bool add_variables(SymList *bound, const Node *v)
{
    if (ex_is(v, OP_SYM))
        return symlist_add(bound, v->sym);
    for (size_t i = 0; ex_is(v, OP_LIST) && i < v->n; i++)
        if (ex_is(v->a[i], OP_SYM) && !symlist_add(bound, v->a[i]->sym))
            return false;
    return true;
}

/* The operands of n that name what the operator binds are first, first + step, ... < end.
 */
static void bound_operands(const Node *n, size_t *first, size_t *step, size_t *end)
{
    unsigned flags = op_info((Op)n->op)->flags;
    *first = 1;
    *step = flags & BINDS_PAIRS ? 2 : 1;
    *end = flags & BINDS_PAIRS                 ? n->n
           : flags & BINDS_TWO                 ? 3
           : flags & (BINDS_LIST | BINDS_NAME) ? 2
                                               : 0;
    if (*end > n->n)
        *end = n->n;
}

bool eval_mentions(Ctx *c, Node *e, SymList *mentions, SymList *bound)
{
    ArenaMark m = arena_mark(&c->tmp);
    Map seen;
    map_init(&seen, &c->tmp);
    size_t n;
    Node **order = ex_walk(c, 1, &e, &n);
    bool ok = order != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        Node *x = order[i];
        if ((ex_is(x, OP_SYM) || ex_is(x, OP_APPLY)) && !map_get(&seen, x->sym, NULL)) {
            map_put(&seen, x->sym, 1);
            ok = symlist_push(mentions, x->sym);
        } else if (op_is_structural((Op)x->op)) {
            size_t j, step, end;
            for (bound_operands(x, &j, &step, &end); ok && j < end; j += step)
                ok = add_variables(bound, x->a[j]);
        }
    }
    arena_release(&c->tmp, m);
    return ok;
}

/* ---- cycles */

typedef struct {
    const Def *def; /* NULL: the new definition itself */
    const SymList *deps;
    size_t i;
    bool variable; /* a variable lies on the way here */
} CycleStep;

static void print_path(const Ctx *c, uint32_t sym, const CycleStep *stack, size_t depth,
                       Str *path)
{
    str_puts(path, sym_name(c, sym));
    for (size_t i = 1; i < depth; i++)
        str_printf(path, " -> %s", sym_name(c, stack[i].def->sym));
    str_printf(path, " -> %s", sym_name(c, sym));
}

bool eval_cycle(Ctx *c, const Names *names, uint32_t sym, bool function,
                const SymList *mentions, Str *path)
{
    ArenaMark m = arena_mark(&c->tmp);
    Map seen;
    map_init(&seen, &c->tmp);
    size_t cap = 0, depth = 0;
    CycleStep *stack = NULL;
    bool found = false;
    if (ARENA_ROOM(&c->tmp, stack, 0, cap))
        stack[depth++] = (CycleStep){NULL, mentions, 0, !function};
    while (depth && !found && !ctx_poll(c)) {
        CycleStep *f = &stack[depth - 1];
        if (f->i == f->deps->n) {
            depth--;
            continue;
        }
        uint32_t next = f->deps->v[f->i++];
        if (next == sym) {
            found = f->variable;
            continue;
        }
        const Def *d = names_find(names, next);
        bool variable = f->variable || (d && d->kind != DEF_FUNCTION);
        if (!d || map_get(&seen, 2 * (uint64_t)next + variable, NULL))
            continue;
        map_put(&seen, 2 * (uint64_t)next + variable, 1);
        if (ARENA_ROOM(&c->tmp, stack, depth, cap))
            stack[depth++] = (CycleStep){d, &d->mentions, 0, variable};
    }
    if (found)
        print_path(c, sym, stack, depth, path);
    arena_release(&c->tmp, m);
    return found;
}

/* ---- the definitions in reach */

static void order_push(Evaluation *ev, Def *d)
{
    Arena *a = &ev->c->pool[1].arena;
    if ((ev->norder & (ev->norder - 1)) == 0) { /* a power of two: full */
        Def **more = ARENA_NEW(a, Def *, ev->norder ? 2 * ev->norder : 1);
        if (!more)
            return;
        if (ev->norder)
            memcpy(more, ev->order, ev->norder * sizeof *more);
        ev->order = more;
    }
    ev->order[ev->norder++] = d;
    map_put(&ev->index, d->sym, ev->norder);
}

/* Postorder from the names in deps; what is under way has index 0. */
static void reach_definitions(Evaluation *ev, const SymList *deps)
{
    Ctx *c = ev->c;
    size_t cap = 0, depth = 0;
    CycleStep *stack = NULL;
    if (ARENA_ROOM(&c->tmp, stack, 0, cap))
        stack[depth++] = (CycleStep){NULL, deps, 0, false};
    while (depth && !ctx_poll(c)) {
        CycleStep *f = &stack[depth - 1];
        if (f->i == f->deps->n) {
            if (f->def)
                order_push(ev, names_find(ev->names, f->def->sym));
            depth--;
            continue;
        }
        Def *d = names_find(ev->names, f->deps->v[f->i++]);
        if (!d || map_get(&ev->index, d->sym, NULL))
            continue;
        if (d->broken)
            ctx_error(c, LBZ_SHAPE, "define it again",
                      "%s = %.200s cannot be read any more: %s", sym_name(c, d->sym),
                      d->source, d->broken);
        map_put(&ev->index, d->sym, 0);
        for (size_t i = 0; i < d->bound.n; i++)
            symlist_add(&ev->bound, d->bound.v[i]);
        if (ARENA_ROOM(&c->tmp, stack, depth, cap))
            stack[depth++] = (CycleStep){d, &d->mentions, 0, false};
    }
}

bool eval_closure(Evaluation *ev, Node *e)
{
    Ctx *c = ev->c;
    SymList mentions = {0};
    ArenaMark m = arena_mark(&c->tmp);
    bool ok = true;
    if (ev->names->count) { /* without definitions there is nothing to find */
        ok = eval_mentions(c, e, &mentions, &ev->bound);
        if (ok)
            reach_definitions(ev, &mentions);
    }
    if (!ok)
        env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
    symlist_free(&mentions);
    arena_release(&c->tmp, m);
    if (ev->norder)
        ev->carried = ARENA_NEW0(&c->pool[1].arena, Node *, ev->norder);
    return !ctx_failed(c);
}

/* ---- putting names in */

static size_t place_of(const Evaluation *ev, uint32_t sym)
{
    uint64_t v;
    return map_get(&ev->index, sym, &v) ? (size_t)v : 0;
}

static bool depends_on(const Evaluation *ev, const Def *d, const SymList *own,
                       const unsigned char *dep)
{
    for (size_t i = 0; i < d->mentions.n; i++) {
        size_t p = place_of(ev, d->mentions.v[i]);
        if (symlist_has(own, d->mentions.v[i]) || (p && dep[p - 1]))
            return true;
    }
    return false;
}

/* Fills ev->val and names: what each definition in reach stands for, NULL where a name stays.
 * True when no name stays and no function is in reach. */
static bool find_values(Evaluation *ev, const SymList *own, ExpandWhat what, Subst *names)
{
    unsigned char *dep = ARENA_NEW0(&ev->c->tmp, unsigned char, ev->norder);
    bool all = dep != NULL;
    for (size_t i = 0; dep && i < ev->norder && !ctx_poll(ev->c); i++) {
        const Def *d = ev->order[i];
        bool variable = d->kind != DEF_FUNCTION;
        dep[i] = ev->carried[i] && depends_on(ev, d, own, dep);
        bool stays =
            variable &&
            (symlist_has(own, d->sym) ||
             (what == EXPAND_NEEDED && symlist_has(&ev->bound, d->sym) && !dep[i]));
        if (stays || !ev->carried[i] || !variable)
            all = false;
        if (stays || !ev->carried[i])
            continue;
        ev->val[i] = eval_functions(ev, subst_run(names, ev->carried[i]));
        if (variable)
            subst_put(names, d->sym, ev->val[i]);
    }
    return all;
}

static const char endless_hint[] =
    "give it an end: f(n) = if n <= 1 then 1 else n*f(n - 1)";

/* Calls in depth and calls in all: f(x) = f(f(x)) doubles in every round. */
static void check_depth(Evaluation *ev)
{
    enum { CALLS_PER_LEVEL = 100 };
    Ctx *c = ev->c;
    unsigned levels = ev->opt->recursion;
    if (!ev->last_function || ctx_failed(c) ||
        (ev->round < levels && ev->calls <= (uint64_t)CALLS_PER_LEVEL * levels))
        return;
    bool deep = ev->round >= levels;
    env_error(&c->env, LBZ_LIMIT,
              "does it end? `set recursion N` allows more, at a price in time and memory",
              deep ? "%s calls itself more than %u levels deep"
                   : "%s calls itself more than %u times",
              sym_name(c, ev->last_function->sym),
              deep ? levels : CALLS_PER_LEVEL * levels);
}

Node *eval_expand(Evaluation *ev, Node *e, const SymList *own, ExpandWhat what)
{
    Ctx *c = ev->c;
    if (!(e->flags & NF_BINDER) && (!ev->norder || e == ev->nameless))
        return e;
    ArenaMark m = arena_mark(&c->tmp);
    Node **outer = ev->val;
    Subst names;
    bool all = false;
    subst_begin(&names, c);
    ev->val = ARENA_NEW0(&c->tmp, Node *, ev->norder + 1);
    if (ev->val) {
        all = find_values(ev, own, what, &names);
        e = subst_run(&names, e);
    }
    for (ev->round = 0; ev->val && !ctx_poll(c); ev->round++) {
        Node *next = eval_functions(ev, e);
        if (next == e)
            break;
        e = next;
        check_depth(ev);
    }
    ev->round = 0;
    ev->val = outer;
    ev->nameless = all ? e : ev->nameless;
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : e;
}

/* ---- functions of the user */

static Node *derived_body(Evaluation *ev, const Def *d, Node *body, Node *const *orders)
{
    Ctx *c = ev->c;
    uint64_t key = hash_mix(d->sym, body->id), got;
    for (size_t i = 0; i < d->params.n; i++)
        key = hash_mix(key, orders[i]->id);
    if (map_get(&ev->derived, key, &got))
        return (Node *)(uintptr_t)got;
    Node *r = body;
    for (size_t i = 0; i < d->params.n; i++)
        if (orders[i] != c->zero)
            r = diff_n(c, r, d->hidden.v[i], orders[i]);
    r = ctx_failed(c) ? c->poison : simplify(c, r, ev->opt->level);
    map_put(&ev->derived, key, (uint64_t)(uintptr_t)r);
    return r;
}

/* Small orders, at arguments that are constants; NULL: others. */
static unsigned *small_orders(Ctx *c, const Def *d, Node *const *args)
{
    size_t k = d->params.n;
    unsigned *n = ARENA_NEW(&c->tmp, unsigned, k + 1);
    for (size_t i = 0; n && i < k; i++) {
        int64_t order;
        if (!eval_is_constant(c, args[i]) || !ex_get_int(args[k + i], &order) ||
            order > 100)
            return NULL;
        n[i] = (unsigned)order;
    }
    return n;
}

/* f'(p), f''(p) for numbers p: like d/dx f(x) at x = p. NULL: p are none. */
static Node *slope_of(Evaluation *ev, const Def *d, Node *body, Node *formula,
                      Node *const *args)
{
    Ctx *c = ev->c;
    size_t k = d->params.n;
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    unsigned *order = small_orders(c, d, args);
    if (!by || !order)
        return NULL;
    memcpy(by, args, k * sizeof *by);
    At at = {ev, c, &d->hidden, by};
    return eval_partial_at(&at, body, d->hidden.v, order, k, formula);
}

/* f^(n)(p) for large n, by one argument. NULL: not that. */
static Node *high_order(Evaluation *ev, const Def *d, Node *body, Node *const *a)
{
    Ctx *c = ev->c;
    size_t k = d->params.n, moving = k;
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (size_t i = 0; by && i < k; i++) {
        by[i] = a[i];
        if (a[k + i] != c->zero) {
            if (moving < k)
                return NULL;
            moving = i;
            by[i] = ex_sym(c, d->hidden.v[i]);
        }
    }
    if (!by || moving == k)
        return NULL;
    Node *e = ex_subst(c, body, d->hidden.v, by, k);
    return eval_high_order(ev, e, d->hidden.v[moving], a[moving], a[k + moving]);
}

/* A function whose body has derivatives inside, at numbers. NULL: the formula tells. */
static Node *value_by_rule(Evaluation *ev, const Def *d, Node *const *args)
{
    Ctx *c = ev->c;
    size_t k = d->params.n;
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    if (!by || ctx_failed(c))
        return NULL;
    memcpy(by, args, k * sizeof *by);
    return eval_by_rule(ev, d->body, &d->hidden, by);
}

/* The definition holds for every shape that fits: it is read again for those of the arguments. */
static Node *call_with_tensors(Evaluation *ev, const Def *d, Node *const *a)
{
    Ctx *c = ev->c;
    size_t k = d->params.n;
    for (size_t i = k; i < 2 * k; i++)
        if (a[i] != c->zero)
            return ctx_error(c, LBZ_UNABLE, "write d/dt of it, where t is a number",
                             "derivatives of %s by a tensor are not available",
                             sym_name(c, d->sym));
    ev->last_function = d;
    ev->calls += ev->round > 0;
    Node *body = ev->opt->read_function(ev->opt->procedure_arg, d, a);
    body = ctx_failed(c) ? c->poison : eval_carry(ev, body);
    if (ctx_failed(c))
        return c->poison;
    Subst names;
    subst_begin(&names, c);
    for (size_t i = 0; i < ev->norder; i++)
        if (ev->val[i] && ev->order[i]->kind != DEF_FUNCTION)
            subst_put(&names, ev->order[i]->sym, ev->val[i]);
    return ex_subst(c, subst_run(&names, body), d->hidden.v, a, k);
}

static Node *call_formula_function(Evaluation *ev, const Def *d, Node *body,
                                   Node *const *a)
{
    Ctx *c = ev->c;
    size_t k = d->params.n;
    Node *const *orders = a + k;
    bool plain = true;
    if (ex_any_shape(k, a))
        return call_with_tensors(ev, d, a);
    for (size_t i = 0; i < k; i++)
        plain = plain && orders[i] == c->zero;
    ev->last_function = d;
    ev->calls += ev->round > 0;
    if (ev->calls && ev->calls % 1024 == 0)
        check_depth(ev);
    if (plain) {
        Node *r = d->body->flags & NF_STRUCTURAL ? value_by_rule(ev, d, a) : NULL;
        return r ? r : ex_subst(c, body, d->hidden.v, a, k);
    }
    Node *high = high_order(ev, d, body, a);
    if (high)
        return high;
    Node *formula = derived_body(ev, d, body, orders);
    Node *slope = ctx_failed(c) ? c->poison : slope_of(ev, d, body, formula, a);
    return slope ? slope : ex_subst(c, formula, d->hidden.v, a, k);
}

/* A function without a formula is an unknown one until its arguments are numbers. */
static Node *apply_procedure(Evaluation *ev, const Def *d, Node *n, Node *const *a)
{
    Node *x = ex_rebuild(ev->c, n, a), *r = NULL;
    ev->last_function = d;
    if (ev->opt->call_procedure && !nodemap_get(&ev->stays, x) && !ctx_failed(ev->c)) {
        r = ev->opt->call_procedure(ev->opt->procedure_arg, d, n, a);
        if (!r)
            nodemap_put(&ev->stays, x, x);
    }
    return r ? r : x;
}

static Node *apply_function(Evaluation *ev, Node *n, Node *const *a)
{
    Ctx *c = ev->c;
    size_t p = place_of(ev, n->sym);
    const Def *d = p ? ev->order[p - 1] : NULL;
    if (!d || !ev->val[p - 1])
        return ex_rebuild(c, n, a);
    if (d->kind != DEF_FUNCTION) {
        return ctx_error(c, LBZ_NAME, "write the product with *",
                         "%s is defined as a variable, not as a function",
                         sym_name(c, n->sym));
    }
    if (n->n != 2 * d->params.n) {
        return ctx_error(c, LBZ_NAME, NULL, "%s takes %zu argument%s, not %u",
                         sym_name(c, n->sym), d->params.n, d->params.n == 1 ? "" : "s",
                         n->n / 2);
    }
    if (d->procedure)
        return apply_procedure(ev, d, n, a);
    Node *r = call_formula_function(ev, d, ev->val[p - 1], a);
    return r == ex_rebuild(c, n, a) && !ctx_failed(c)
               ? ctx_error(c, LBZ_LIMIT, endless_hint, "%s calls itself without end",
                           sym_name(c, d->sym))
               : r;
}

/* A sum or product between integers that are not too far apart, written out. */
static Node *apply_sum(Evaluation *ev, Node *n, Node *const *a)
{
    Ctx *c = ev->c;
    int64_t lo, hi;
    if (!ex_get_int(a[2], &lo) || !ex_get_int(a[3], &hi) || !ex_is(a[1], OP_SYM) ||
        (hi >= lo && (uint64_t)hi - (uint64_t)lo >= ev->opt->terms))
        return ex_rebuild(c, n, a);
    size_t k = hi < lo ? 0 : (size_t)(hi - lo) + 1;
    Node **t = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (size_t i = 0; t && i < k && !ctx_poll(c); i++) {
        Node *at = ex_int(c, lo + (int64_t)i);
        t[i] = ex_subst(c, a[0], &a[1]->sym, &at, 1);
    }
    if (!t || ctx_failed(c))
        return c->poison;
    if (k == 0)
        return ex_is(n, OP_SUM) ? c->zero : c->one;
    return ex_is(n, OP_SUM) ? ex_add(c, k, t) : ex_mul(c, k, t);
}

static Node *functions_step(const Rewriting *w, Node *x, Node *const *a)
{
    Ctx *c = w->c;
    const void *about = c->env.about;
    c->env.about = about ? about : x;
    Node *r = ex_is(x, OP_APPLY)                      ? apply_function(w->arg, x, a)
              : ex_is(x, OP_SUM) || ex_is(x, OP_PROD) ? apply_sum(w->arg, x, a)
                                                      : ex_with(c, x, a);
    c->env.about = about;
    return r;
}

Node *eval_functions(Evaluation *ev, Node *e)
{
    enum { CALLS = NF_APPLY | NF_BINDER };
    return e->flags & CALLS ? ex_rewrite(ev->c, e, CALLS, functions_step, ev) : e;
}
