/* session/rebuild.c - making the context anew: what assumptions allow is built into nodes
 * when they are made, so when they change every definition is made again; and nodes that
 * nothing needs any more are left behind.
 *
 * Invariant: symbols keep their indices. Until all definitions are there, nothing of the
 * session changes.
 */
#include "expr/shape.h"
#include "session/session.h"

/* root, a session node of the context from, rebuilt in the session pool of to. */
static Node *transfer_node(Ctx *from, Ctx *to, Node *root)
{
    ctx_begin_statement(to);
    Node *r = ex_transfer(to, from, root);
    r = ctx_failed(from) || ctx_failed(to) ? NULL : ex_keep(to, r);
    return ctx_failed(to) ? NULL : r;
}

/* ---- definitions read again */

bool defs_names_written(Ctx *c, const Parsed *parsed, SymList *names)
{
    ArenaMark m = arena_mark(&c->tmp);
    const Tree *t = parsed->made.tree;
    Map seen;
    bool ok = true;
    map_init(&seen, &c->tmp);
    for (uint32_t i = 0; t && ok && i < t->n; i++) {
        const TreeItem *x = &t->item[i];
        if ((x->kind != TREE_NAME && x->kind != TREE_APPLY) ||
            map_get(&seen, x->sym, NULL))
            continue;
        map_put(&seen, x->sym, 1);
        ok = symlist_push(names, x->sym);
    }
    arena_release(&c->tmp, m);
    return ok;
}

/* The body of d as its text gives it under the present assumptions and shapes, over its hidden
 * parameters, which have these shapes (NULL: all are numbers). Poison on error. */
static Node *read_text(lbz_session *s, const Def *d, const uint32_t *shapes,
                       SymList *written)
{
    Ctx *c = s->c;
    size_t k = d->params.n, notes = c->nnotes;
    Str line = {0};
    Parsed parsed;
    Span at = c->env.at;
    uint32_t *none = ARENA_NEW0(ctx_arena(c), uint32_t, k + 1);
    Node **by = ARENA_NEW(ctx_arena(c), Node *, k + 1), *r = c->poison;
    if (!none || !by)
        return r;
    ShapeScope scope = {
        .n = k, .sym = d->params.v, .shape = shapes ? shapes : none, .params = true};
    ParseEnv pe = session_parse_env(s);
    pe.scope = k ? &scope : NULL;
    defs_print(s, &line, d, 0);
    if (parse_line(c, &pe, str_cstr(&line), line.n, &parsed) && parsed.n == 1 &&
        parsed.stmts[0].expr && parsed.stmts[0].sym == d->sym) {
        for (size_t i = 0; i < k; i++)
            by[i] = ex_sym_shaped(c, d->hidden.v[i], scope.shape[i]);
        r = k ? ex_subst(c, parsed.stmts[0].expr, d->params.v, by, k)
              : parsed.stmts[0].expr;
        if (written && !defs_names_written(c, &parsed, written))
            r = ctx_error(c, LBZ_LIMIT, NULL, "out of memory");
    }
    str_free(&line);
    c->nnotes = notes;
    c->env.at = at;
    return ctx_failed(c) ? c->poison : r;
}

Node *defs_read_function(void *session, const Def *d, Node *const *a)
{
    lbz_session *s = session;
    uint32_t *shapes = ARENA_NEW(ctx_arena(s->c), uint32_t, d->params.n + 1);
    for (size_t i = 0; shapes && i < d->params.n; i++)
        shapes[i] = a[i]->shape == SHAPE_RAGGED ? SHAPE_ANY : a[i]->shape;
    Node *r = shapes ? read_text(s, d, shapes, NULL) : s->c->poison;
    if (ctx_failed(s->c))
        s->c->env.err.span = s->c->env.at; /* its text is not in sight */
    return r;
}

/* True when its shape is another one now. */
static bool read_definition(lbz_session *s, Def *d)
{
    Ctx *c = s->c;
    uint32_t old = d->body->shape;
    ctx_begin_statement(c);
    Node *r = read_text(s, d, NULL, NULL);
    SymList mentions = {0}, bound = {0};
    mem_free(d->broken);
    d->broken = NULL;
    if (!ctx_failed(c) && eval_mentions(c, r, &mentions, &bound)) {
        sym_keep_all(c);
        d->body = ex_keep(c, r);
        SymList m = d->mentions, b = d->bound;
        d->mentions = mentions;
        d->bound = bound;
        mentions = m;
        bound = b;
    } else {
        const char *why = c->env.err.message;
        d->broken = mem_strndup(why, strlen(why));
    }
    symlist_free(&mentions);
    symlist_free(&bound);
    ctx_begin_statement(c);
    return d->body->shape != old;
}

void defs_read_again(lbz_session *s)
{
    enum { ROUNDS = 100 };
    size_t n, seen = 0;
    if (!s->reshaped.n)
        return;
    Def **v = defs_sorted(s, &n);
    for (size_t i = 0; v && i < s->reshaped.n && seen < ROUNDS * (n + 1); i++) {
        uint32_t sym = s->reshaped.v[i];
        for (size_t k = 0; k < n; k++)
            if (v[k]->kind != DEF_VALUE && !v[k]->procedure && v[k]->source &&
                symlist_has(&v[k]->written, sym) && ++seen && read_definition(s, v[k]))
                symlist_push(&s->reshaped, v[k]->sym);
    }
    mem_free(v);
    symlist_free(&s->reshaped);
}

/* The body of d made again from its text; NULL: no text, or it cannot be read any more. */
static Node *read_for(lbz_session *s, Ctx *to, const Def *d)
{
    if (!d->source)
        return NULL;
    Ctx *from = s->c;
    s->c = to;
    ctx_begin_statement(to);
    Node *r = d->procedure ? to->zero : read_text(s, d, NULL, NULL);
    r = ctx_failed(to) ? NULL : ex_keep(to, r);
    s->c = from;
    return ctx_failed(to) ? NULL : r;
}

/* ---- all of them in a new context */

typedef struct {
    Def **v;
    Node **body; /* what each becomes */
    size_t n;
} Remade;

/* Every Def: those in force and those undo or redo may bring back. */
static bool gather_all(const lbz_session *s, Remade *all)
{
    size_t most = s->names.count + s->nchanges + 1, n;
    all->n = 0;
    all->v = mem_alloc(most * sizeof *all->v);
    all->body = mem_alloc(most * sizeof *all->body);
    if (!all->v || !all->body)
        return false;
    Def **now = defs_sorted(s, &n);
    if (s->names.count && !now)
        return false;
    for (size_t i = 0; i < n; i++)
        all->v[all->n++] = now[i];
    mem_free(now);
    const Change *const lists[] = {s->undo, s->redo};
    for (size_t i = 0; i < 2; i++)
        for (const Change *ch = lists[i]; ch; ch = ch->older)
            if (ch->def)
                all->v[all->n++] = ch->def;
    return true;
}

/* The same symbols with the same indices and assumptions. */
static void copy_symbols(Ctx *from, Ctx *to)
{
    to->into = 0;
    for (size_t i = to->nsyms; i < from->syms_kept && !ctx_failed(to); i++) {
        const Symbol *old = &from->syms[i];
        uint32_t k = sym_intern(to, old->name, strlen(old->name));
        to->syms[k].assume = old->assume;
        to->syms[k].decl_real = old->decl_real;
        to->syms[k].structure = old->structure;
    }
    for (size_t i = 0; i < from->syms_kept && !ctx_failed(to); i++)
        to->syms[i].shape = shape_transfer(to, from, from->syms[i].shape);
    shape_keep_all(to);
    to->into = 1;
}

/* The shapes that undo or redo may bring back. */
static void transfer_changes(Change *ch, Ctx *from, Ctx *to)
{
    for (; ch; ch = ch->older)
        ch->facts.shape = shape_transfer(to, from, ch->facts.shape);
}

static bool remake_all(lbz_session *s, Ctx *to, Remade *all, bool remake)
{
    for (size_t i = 0; i < all->n; i++) {
        Node *r = remake ? read_for(s, to, all->v[i]) : NULL;
        all->body[i] = r ? r : transfer_node(s->c, to, all->v[i]->body);
        if (!all->body[i])
            return false;
    }
    return true;
}

/* What % stands for, in the new context. */
static bool remake_results(lbz_session *s, Ctx *to, Node **data)
{
    for (size_t i = 0; i < RESULTS_KEPT; i++) {
        data[i] = s->kept[i].data ? transfer_node(s->c, to, s->kept[i].data) : NULL;
        if (s->kept[i].data && !data[i])
            return false;
    }
    return true;
}

bool defs_rebuild(lbz_session *s, bool remake)
{
    Ctx *to = ctx_new();
    Remade all = {0};
    Node **data = mem_alloc(RESULTS_KEPT * sizeof *data);
    bool ok = to && data && gather_all(s, &all);
    if (ok) {
        ctx_begin_statement(s->c);
        session_own_context(s, to);
        to->seed = s->c->seed;
        to->drawn = s->c->drawn;
        to->env.mem_cap = s->c->env.mem_cap;
        to->env.data_cap = s->c->env.data_cap;
        copy_symbols(s->c, to);
        ok = remake_all(s, to, &all, remake) && remake_results(s, to, data);
    }
    if (ok) {
        transfer_changes(s->undo, s->c, to);
        transfer_changes(s->redo, s->c, to);
        shape_keep_all(to);
    }
    Node *large = ok && s->large ? transfer_node(s->c, to, s->large) : NULL;
    for (size_t i = 0; ok && i < all.n; i++)
        all.v[i]->body = all.body[i];
    for (size_t i = 0; ok && i < RESULTS_KEPT; i++)
        s->kept[i].data = data[i];
    mem_free(all.v);
    mem_free(all.body);
    mem_free(data);
    if (ok) {
        ctx_begin_statement(to);
        ctx_take_data(to);
    }
    ctx_free(ok ? s->c : to);
    if (ok) {
        s->c = to;
        s->large = large;
        s->nodes_after_rebuild = to->pool[0].n;
    }
    return ok;
}

/* ---- arrays that nothing needs */

static bool sweep(lbz_session *s)
{
    Remade all = {0};
    size_t n = 0;
    bool ok = gather_all(s, &all);
    Node **root = ok ? mem_alloc((all.n + RESULTS_KEPT + 1) * sizeof *root) : NULL;
    for (size_t i = 0; root && i < all.n; i++)
        root[n++] = all.v[i]->body;
    for (size_t i = 0; root && i < RESULTS_KEPT; i++)
        if (s->kept[i].data)
            root[n++] = s->kept[i].data;
    if (root && s->large)
        root[n++] = s->large;
    ctx_begin_statement(s->c);
    if (root)
        ctx_sweep_data(s->c, n, root);
    s->data_after_sweep = ctx_data_bytes(s->c);
    s->ndata_after_sweep = s->c->pool[0].ndata;
    mem_free(root);
    mem_free(all.v);
    mem_free(all.body);
    return root != NULL;
}

/* All but the newest one. */
static void drop_old_results(lbz_session *s)
{
    for (size_t i = 0; i < RESULTS_KEPT; i++)
        if (s->nresults && i != (s->nresults - 1) % RESULTS_KEPT)
            s->kept[i].data = NULL;
}

void defs_sweep_data(lbz_session *s)
{
    enum { SLACK = 64 << 20, MANY = 1000 };
    Ctx *c = s->c;
    if (c->pool[0].ndata == s->ndata_after_sweep)
        return;
    size_t bytes = ctx_data_bytes(c);
    if (bytes < 2 * s->data_after_sweep + SLACK &&
        c->pool[0].ndata < 2 * s->ndata_after_sweep + MANY)
        return;
    if (!sweep(s) || s->data_after_sweep < c->env.data_cap / 4)
        return;
    drop_old_results(s);
    if (sweep(s) && s->data_after_sweep >= c->env.data_cap / 4) {
        defs_free_changes(s);
        sweep(s);
    }
}
