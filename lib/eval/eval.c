/* eval/eval.c - the evaluation of one statement's expression: the walk that carries structural
 * operators out, and what is done with the result.
 *
 * Invariant: a node that eval_carry returns has no structural operator inside; names are
 * still symbols in it. Operands are carried out before the operator itself (children come
 * first in ex_walk), so one loop does it all.
 */
#include "eval/internal.h"
#include "expr/linear.h"
#include "expr/tensors.h"

#include <stdio.h>

/* Errors from here on are about this operator. */
static void set_error_place(Ctx *c, const Evaluation *ev, const Node *op)
{
    uint64_t v;
    if (ev->parsed && map_get(&ev->parsed->spans, op->id, &v))
        c->env.at = (Span){(uint32_t)(v >> 32), (uint32_t)v};
}

/* ---- the operators that rewrite */

uint32_t eval_scratch(Evaluation *ev)
{
    char name[32];
    int n = snprintf(name, sizeof name, "@%zu", ++ev->nscratch);
    return sym_intern(ev->c, name, (size_t)n);
}

typedef struct {
    const uint32_t *syms;
    Node *const *by;
    size_t k;
} Held;

static Node *hold_step(const Rewriting *w, Node *x, Node *const *a)
{
    const Held *h = w->arg;
    if (!ex_is(x, OP_DETACH))
        return ex_with(w->c, x, a);
    return h->k && !ex_is_poison(a[0]) ? ex_subst(w->c, a[0], h->syms, h->by, h->k)
                                       : a[0];
}

/* Differentiation takes DETACH nodes as constants; they stay until all is differentiated. */
Node *eval_hold(Ctx *c, Node *e, const uint32_t *syms, Node *const *by, size_t k)
{
    Held h = {syms, by, k};
    return e->flags & NF_STRUCTURAL ? ex_rewrite(c, e, NF_STRUCTURAL, hold_step, &h) : e;
}

Node *eval_attach(Evaluation *ev, Node *e)
{
    return ev->opt->keep_detached ? e : eval_hold(ev->c, e, NULL, NULL, 0);
}

static Node *substitute(Evaluation *ev, Node *e, Node *const *a, size_t n)
{
    Ctx *c = ev->c;
    ArenaMark m = arena_mark(&c->tmp);
    Node **from = ARENA_NEW(&c->tmp, Node *, n), **to = ARENA_NEW(&c->tmp, Node *, n);
    uint32_t *syms = ARENA_NEW(&c->tmp, uint32_t, n);
    bool all = true;
    for (size_t i = 0; i + 1 < n; i += 2) {
        from[i / 2] = a[i];
        to[i / 2] = a[i + 1];
        syms[i / 2] = a[i]->sym;
        all = all && ex_is(a[i], OP_SYM);
    }
    e = all ? ex_subst(c, e, syms, to, n / 2) : ex_replace(c, e, from, to, n / 2);
    arena_release(&c->tmp, m);
    return e;
}

static Node *want_symbol(Evaluation *ev, Node *x)
{
    if (!ex_is(x, OP_SYM)) {
        ctx_error(ev->c, LBZ_SYNTAX, NULL, "a name is needed here");
        return NULL;
    }
    return x;
}

static Node *partial_fractions(Evaluation *ev, Node *e, Node *const *a, size_t n)
{
    Ctx *c = ev->c;
    if (n > 1) {
        Node *r = want_symbol(ev, a[1]) ? rat_apart(c, e, a[1]->sym) : c->poison;
        if (!ctx_failed(c))
            eval_note_divisors(c, e, r, a[1]->sym);
        return r;
    }
    size_t k;
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t *syms = ex_free_syms(c, e, &k);
    uint32_t x = syms && k == 1 ? syms[0] : 0;
    arena_release(&c->tmp, m);
    if (k == 0)
        return e;
    return k == 1 ? rat_apart(c, e, x)
                  : ctx_error(c, LBZ_SYNTAX, "apart(e, x)",
                              "apart needs to know in which of the %zu names", k);
}

/* a: N's operands; text as in eval_numeric. */
static Node *numeric_value(Evaluation *ev, Node *e, Node *const *a, size_t n,
                           const char **text)
{
    Ctx *c = ev->c;
    int64_t digits = (int64_t)ev->opt->digits;
    if (n > 1 && (!ex_get_int(a[1], &digits) || digits < 1)) {
        return ctx_error(c, LBZ_SYNTAX, "N(pi, 30)",
                         "the number of digits is an integer >= 1");
    }
    if (digits > 1000000)
        return ctx_error(c, LBZ_LIMIT, NULL, "at most 1000000 digits can be asked for");
    return eval_numeric(c, e, (size_t)digits, n > 1, text);
}

static Node *over_elements(Evaluation *ev, Node *op, Node *e, Node *const *a);

static Node *rewrite(Evaluation *ev, Node *op, Node *e, Node *const *a)
{
    Ctx *c = ev->c;
    switch (op->op) {
    case OP_EXPAND: return rat_expand(c, e);
    case OP_FACTOR: return rat_factor(c, e);
    case OP_TOGETHER: return rat_together(c, e);
    case OP_APART: return partial_fractions(ev, e, a, op->n);
    case OP_COLLECT: return rat_collect(c, e, a[1]);
    case OP_SIMPLIFY: return simplify(c, e, SIMPLIFY_DEEP);
    case OP_TRIGEXPAND: return trig_expand(c, e);
    case OP_TRIGREDUCE: return trig_reduce(c, e);
    case OP_NUMERIC: return numeric_value(ev, e, a, op->n, NULL);
    case OP_CSE: return e;
    default:
        return ctx_error(c, LBZ_UNABLE, NULL, "%s is not available here",
                         op_info((Op)op->op)->name);
    }
}

static Node *run_rewriting(Evaluation *ev, Node *op, Node *e, Node *const *a)
{
    Ctx *c = ev->c;
    if (ex_is(e, OP_LIST))
        return over_elements(ev, op, e, a);
    unsigned before = c->gave_up;
    Node *r = rewrite(ev, op, e, a);
    if (!ctx_failed(c) && c->gave_up != before && op->op != OP_SIMPLIFY &&
        op->op != OP_NUMERIC)
        ctx_note(c, "a part that is too large for %s stays as it was",
                 op_info((Op)op->op)->name);
    return r;
}

/* A rewriting of a list rewrites its elements; lists nest no deeper than a matrix of
 * matrices, which bounds this recursion. */
static Node *over_elements(Evaluation *ev, Node *op, Node *e, Node *const *a)
{
    Ctx *c = ev->c;
    enum { DEEPEST = 8 };
    if (++ev->list_depth > DEEPEST) {
        ev->list_depth--;
        return ctx_error(c, LBZ_LIMIT, NULL, "lists are nested too deeply");
    }
    Node **r = ARENA_NEW(&c->tmp, Node *, e->n + 1u);
    for (size_t i = 0; r && i < e->n; i++)
        r[i] = ctx_poll(c) ? c->poison : run_rewriting(ev, op, e->a[i], a);
    ev->list_depth--;
    return r ? ex_list(c, e->n, r) : c->poison;
}

/* ---- one operator */

/* Is it of a parameter of a function? Nobody can type such names: f@x. */
static bool has_parameter(Ctx *c, Node *e)
{
    size_t n = 0;
    ArenaMark m = arena_mark(&c->tmp);
    const uint32_t *sym = ex_free_syms(c, e, &n);
    bool found = false;
    for (size_t i = 0; sym && i < n && !found; i++)
        found = strchr(sym_name(c, sym[i]), '@') != NULL;
    arena_release(&c->tmp, m);
    return found;
}

/* v[i], sum(v) ...: stays open only for the numeric commands, which know lists of
 * numbers, and in a function, which is read again for the shapes of its arguments. */
static Node *of_tensors(Evaluation *ev, Node *op, Node *const *a)
{
    static const SymList none;
    Ctx *c = ev->c;
    Node **v = ARENA_NEW(&c->tmp, Node *, op->n);
    for (size_t i = 0; v && i < op->n; i++)
        v[i] = eval_attach(ev, eval_expand(ev, a[i], &none, EXPAND_ALL));
    if (!v || ctx_failed(c))
        return c->poison;
    Node *r = ex_tensor(c, (Op)op->op, op->name, op->n, v);
    if (ctx_failed(c) || !ex_is_open(r) || !ev->opt->call_procedure || ev->in_function ||
        has_parameter(c, r))
        return r;
    if (op_is_linear_algebra((Op)op->op))
        return ex_linear_unknown(c, (Op)op->op);
    return ctx_error(c, LBZ_SHAPE, "lists are written [1, 2, 3]",
                     "%s needs a list, and numbers "
                     "as indices and sizes",
                     op_info((Op)op->op)->usage);
}

static Node *carry_out(Evaluation *ev, Node *op, Node *const *a, bool inner)
{
    Ctx *c = ev->c;
    static const SymList none;
    Node *e;
    if (op_is_tensor((Op)op->op))
        return of_tensors(ev, op, a);
    if (op_info((Op)op->op)->flags & DERIVES)
        return eval_derivative(ev, op, a, inner);
    switch (op->op) {
    case OP_AT: return eval_at(ev, op, a);
    case OP_DETACH: return ex_structural(c, OP_DETACH, 1, a);
    case OP_SUBS:
        e = eval_attach(ev, eval_expand(ev, a[0], &none, EXPAND_NEEDED));
        return substitute(ev, e, a + 1, op->n - 1u);
    case OP_DUAL:
        return ctx_error(c, LBZ_UNABLE, "type it where it is used: f(dual(2, 1))",
                         "a dual number cannot be kept in a name or used here");
    default:
        e = eval_attach(ev, eval_expand(ev, a[0], &none, EXPAND_NEEDED));
        return ctx_failed(c) ? c->poison : run_rewriting(ev, op, e, a);
    }
}

static bool is_one_step(unsigned op) { return op_info((Op)op)->flags & ONE_STEP; }

/* Operands of a derivative are not simplified first: the outermost one is. */
static void mark_inner(Ctx *c, Node **order, size_t n, Map *inner)
{
    map_init(inner, &c->tmp);
    for (size_t i = 0; i < n; i++)
        if (is_one_step(order[i]->op) && is_one_step(order[i]->a[0]->op))
            map_put(inner, order[i]->a[0]->id, 1);
}

static Node **carried_children(Ctx *c, const Node *n, const NodeMap *done)
{
    Node **a = ARENA_NEW(&c->tmp, Node *, n->n + 1u);
    for (size_t i = 0; a && i < n->n; i++) {
        Node *r = nodemap_get(done, n->a[i]);
        a[i] = r ? r : n->a[i];
    }
    return a;
}

/* done gets x, the operands of which are in it already. */
static void carry_one(Evaluation *ev, Node *x, NodeMap *done, const Map *inner)
{
    Ctx *c = ev->c;
    Node **a = carried_children(c, x, done);
    set_error_place(c, ev, x);
    if (a && !ctx_failed(c)) {
        bool structural = op_is_structural((Op)x->op) || ex_is_open(x);
        c->env.about = structural ? NULL : x;
        Node *r = structural ? carry_out(ev, x, a, map_get(inner, x->id, NULL))
                             : ex_rebuild(c, x, a);
        c->env.about = NULL;
        nodemap_put(done, x, r);
        if (structural)
            nodemap_put(&ev->carried_of, x, r);
    }
}

Node *eval_carry(Evaluation *ev, Node *e)
{
    Ctx *c = ev->c;
    if (!(e->flags & NF_STRUCTURAL))
        return e;
    ArenaMark m = arena_mark(&c->tmp);
    Span at = c->env.at;
    NodeMap done;
    Map inner;
    size_t n;
    nodemap_init(&done, c);
    Node **order = ex_walk_some(c, 1, &e, NF_STRUCTURAL, 0, &n);
    if (order)
        mark_inner(c, order, n, &inner);
    Node *point = ex_is(e, OP_NUMERIC) ? e->a[0] : e;
    bool high = eval_is_high_order_at(point);
    for (size_t i = 0; order && i < n && !ctx_poll(c); i++) {
        c->env.at = at;
        if (high && order[i] == point->a[0])
            continue; /* perhaps its formula is not needed */
        Node *r = high && order[i] == point ? eval_high_order_at(ev, point, &done) : NULL;
        if (high && order[i] == point && !r)
            carry_one(ev, point->a[0], &done, &inner);
        if (high && order[i] == point && ctx_failed(c))
            eval_high_order_failed(c);
        if (r)
            nodemap_put(&done, point, r);
        else
            carry_one(ev, order[i], &done, &inner);
    }
    c->env.at = at;
    Node *r = nodemap_get(&done, e);
    arena_release(&c->tmp, m);
    return ctx_failed(c) || !r ? c->poison : r;
}

/* ---- a statement */

static void evaluation_begin(Evaluation *ev, Ctx *c, const Names *names,
                             const EvalOptions *opt, const Parsed *parsed)
{
    memset(ev, 0, sizeof *ev);
    ev->c = c;
    ev->names = names;
    ev->opt = opt;
    ev->parsed = parsed;
    map_init(&ev->index, &c->pool[1].arena);
    map_init(&ev->derived, &c->pool[1].arena);
    map_init(&ev->operand_of, &c->pool[1].arena);
    map_init(&ev->names_of, &c->pool[1].arena);
    map_init(&ev->tensors_of, &c->pool[1].arena);
    map_init(&ev->carried_of, &c->pool[1].arena);
    map_init(&ev->stays, &c->pool[1].arena);
}

static void evaluation_end(Evaluation *ev)
{
    symlist_free(&ev->bound);
    symlist_free(&ev->dvars);
}

/* Definitions in reach and the expression itself, operators carried out. */
static Node *carry_all(Evaluation *ev, Node *e)
{
    if (!eval_closure(ev, e))
        return ev->c->poison;
    for (size_t i = 0; i < ev->norder && !ctx_poll(ev->c); i++) {
        ev->in_function = ev->order[i]->kind == DEF_FUNCTION;
        ev->carried[i] = eval_carry(ev, ev->order[i]->body);
    }
    ev->in_function = false;
    ev->own_statement = true;
    return eval_carry(ev, e);
}

/* The names that were put in last, for "at x = 3". */
static void list_values(Evaluation *ev, Node *formula, EvalResult *out)
{
    Ctx *c = ev->c;
    static const SymList none;
    Arena *a = &c->pool[1].arena;
    out->at_sym = ARENA_NEW(a, uint32_t, ev->dvars.n + 1);
    out->at_val = ARENA_NEW(a, Node *, ev->dvars.n + 1);
    for (size_t i = 0; i < ev->dvars.n; i++) {
        uint32_t x = ev->dvars.v[i];
        const Def *d = names_find(ev->names, x);
        if (d && d->kind != DEF_FUNCTION && ex_depends(c, formula, x)) {
            out->at_sym[out->nat] = x;
            out->at_val[out->nat++] = eval_finish(
                c, eval_attach(ev, eval_expand(ev, ex_sym(c, x), &none, EXPAND_ALL)));
        }
    }
}

/* The value of the formula at known names; derivatives by them follow the rule for kinks. */
static Node *value_of(Evaluation *ev, Node *e, Node *formula)
{
    Ctx *c = ev->c;
    static const SymList none;
    SymList own = {0};
    Node **by = ARENA_NEW(&c->tmp, Node *, ev->dvars.n + 1), *r = NULL;
    for (size_t i = 0; by && i < ev->dvars.n; i++) {
        const Def *d = names_find(ev->names, ev->dvars.v[i]);
        if (d && d->kind != DEF_FUNCTION && symlist_add(&own, d->sym))
            by[own.n - 1] = eval_expand(ev, ex_sym(c, d->sym), &none, EXPAND_ALL);
    }
    if (by && own.n && !ctx_failed(c))
        r = eval_by_rule(ev, e, &own, by);
    symlist_free(&own);
    if (r && !ctx_failed(c))
        r = eval_expand(ev, r, &none, EXPAND_ALL);
    return r || ctx_failed(c)
               ? r
               : eval_attach(ev, eval_expand(ev, formula, &none, EXPAND_ALL));
}

/* What is compiled for accumulation stays as it is written. */
static Node *with_data(Evaluation *ev, Node *e)
{
    return ev->opt->keep_detached ? e : eval_data(ev->c, e);
}

static Node *written_out(Ctx *c, Node *n, void *arg)
{
    (void)arg;
    Node *r = ex_is(n, OP_EYE) ? ex_tensor(c, OP_EYE, NULL, 1, n->a) : NULL;
    return r == n ? NULL : r;
}

/* A value has its identities written out where they are small; formulas have their names. */
static Node *write_identities(Ctx *c, Node *r)
{
    size_t k;
    ArenaMark m = arena_mark(&c->tmp);
    bool names = !r->shape || (ex_free_syms(c, r, &k) && k);
    arena_release(&c->tmp, m);
    return names || ctx_failed(c) ? r : ex_swap(c, r, written_out, NULL);
}

/* N(inner) puts everything in and gives one number; other statements leave the names they
 * differentiate by in the formula. */
static void finish_result(Evaluation *ev, Node *e, Node *inner, Node *r, EvalResult *out)
{
    Ctx *c = ev->c;
    if (e != inner) {
        r = ev->names->count && ev->dvars.n ? value_of(ev, inner, r) : r;
        r = with_data(ev, r);
        set_error_place(c, ev, e);
        out->formula = numeric_value(ev, r, e->a, e->n, &out->text);
        return;
    }
    out->formula = r = eval_finish(c, eval_exact(c, with_data(ev, r), ev->opt->level));
    if (!ctx_failed(c) && ev->names->count && ev->dvars.n) {
        list_values(ev, r, out);
        if (out->nat) {
            Node *v = write_identities(c, with_data(ev, value_of(ev, e, r)));
            out->value = eval_finish(c, eval_exact(c, v, ev->opt->level));
        } else {
            out->formula = write_identities(c, r);
        }
    }
}

/* Calls of functions without a formula may be left in a derivative whose value has none. */
static bool open_calls_are_done(const Evaluation *ev, EvalResult *r)
{
    const EvalOptions *opt = ev->opt;
    if (!opt->has_open_call || !opt->has_open_call(opt->procedure_arg, r->formula))
        return true;
    Err why = attempt_error(ev->c);
    if (!r->value || opt->has_open_call(opt->procedure_arg, r->value)) {
        ev->c->env.err = why;
        return false;
    }
    r->formula = r->value;
    r->value = NULL;
    r->nat = 0;
    return true;
}

/* N(e) or N(e, n): how many; what is no number of digits is found out later. */
static size_t asked_digits(const EvalOptions *opt, const Node *e)
{
    int64_t n;
    return e->n > 1 && ex_get_int(e->a[1], &n) && n > 0 && n < 100000 ? (size_t)n
                                                                      : opt->digits;
}

typedef struct {
    Evaluation *ev;
    size_t digits;
} Finish;

static Node *finish_number(void *arg, Node *k)
{
    static const SymList none;
    const Finish *f = arg;
    Ctx *c = f->ev->c;
    k = k->flags & NF_APPLY ? eval_expand(f->ev, k, &none, EXPAND_ALL) : k;
    return f->digits ? eval_numeric(c, k, f->digits, false, NULL) : eval_finish(c, k);
}

/* A Taylor polynomial is written by rising powers of x - a. */
static void write_taylor(Evaluation *ev, Node *e, EvalResult *out)
{
    Finish f = {ev, ev->decimals};
    if (ex_is(e, OP_TAYLOR) && ev->taylor.p && !out->value && !ctx_failed(ev->c))
        out->series = eval_taylor_text(ev, finish_number, &f);
}

bool eval_expression(Ctx *c, const Names *names, const EvalOptions *opt,
                     const Parsed *parsed, Node *e, EvalResult *out)
{
    Evaluation ev;
    memset(out, 0, sizeof *out);
    ArenaMark m = arena_mark(&c->tmp);
    evaluation_begin(&ev, c, names, opt, parsed);
    Node *inner = ex_is(e, OP_NUMERIC) ? e->a[0] : e;
    ev.decimals = inner == e ? 0 : asked_digits(opt, e);
    eval_check_dropped(c);
    Node *r = carry_all(&ev, inner);
    if (!ctx_failed(c))
        r = eval_attach(&ev, eval_expand(&ev, r, &ev.dvars, EXPAND_ALL));
    eval_check_dropped(c);
    if (!ctx_failed(c)) {
        finish_result(&ev, e, inner, r, out);
        write_taylor(&ev, inner, out);
    }
    if (!ctx_failed(c))
        open_calls_are_done(&ev, out);
    out->shared = ex_is(e, OP_CSE);
    evaluation_end(&ev);
    arena_release(&c->tmp, m);
    return !ctx_failed(c);
}

Node *eval_value(Ctx *c, const Names *names, const EvalOptions *opt, const Parsed *parsed,
                 Node *e)
{
    EvalResult r;
    if (!eval_expression(c, names, opt, parsed, e, &r))
        return c->poison;
    return r.value ? r.value : r.formula;
}
