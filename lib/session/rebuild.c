/* session/rebuild.c - making the context anew: what assumptions allow is built into nodes
 * when they are made, so when they change every definition is made again; and nodes that
 * nothing needs any more are left behind.
 *
 * Invariant: symbols keep their indices. Until all definitions are there, nothing of the
 * session changes.
 */
#include "session/session.h"

static Node *transfer_step(const Rewriting *w, Node *x, Node *const *a)
{
    Ctx *to = w->arg;
    return ctx_failed(to) ? to->poison : ex_rebuild(to, x, a);
}

/* root, a session node of the context from, rebuilt in the session pool of to. */
static Node *transfer_node(Ctx *from, Ctx *to, Node *root)
{
    ctx_begin_statement(to);
    Node *r = ex_rewrite(from, root, 0, transfer_step, to);
    r = ctx_failed(from) || ctx_failed(to) ? NULL : ex_keep(to, r);
    return ctx_failed(to) ? NULL : r;
}

/* The body of d as its text gives it under the present assumptions; NULL: no text, or it
 * cannot be read any more. */
static Node *read_again(lbz_session *s, Ctx *to, Def *d)
{
    Str line = {0};
    Parsed parsed;
    Node *r = NULL;
    if (!d->source)
        return NULL;
    defs_print(s, &line, d, 0);
    Ctx *from = s->c;
    s->c = to;
    ParseEnv pe = session_parse_env(s);
    ctx_begin_statement(to);
    if (d->procedure) {
        r = to->zero;
    } else if (parse_line(to, &pe, str_cstr(&line), line.n, &parsed) && parsed.n == 1 &&
               parsed.stmts[0].expr && parsed.stmts[0].sym == d->sym) {
        Node *body = parsed.stmts[0].expr;
        ArenaMark m = arena_mark(&to->tmp);
        Node **by = ARENA_NEW(&to->tmp, Node *, d->params.n + 1);
        for (size_t i = 0; by && i < d->params.n; i++)
            by[i] = ex_sym(to, d->hidden.v[i]);
        body =
            by && d->params.n ? ex_subst(to, body, d->params.v, by, d->params.n) : body;
        arena_release(&to->tmp, m);
        r = ctx_failed(to) ? NULL : ex_keep(to, body);
    }
    s->c = from;
    str_free(&line);
    return ctx_failed(to) ? NULL : r;
}

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
static void copy_symbols(const Ctx *from, Ctx *to)
{
    to->into = 0;
    for (size_t i = to->nsyms; i < from->syms_kept && !ctx_failed(to); i++) {
        const Symbol *old = &from->syms[i];
        uint32_t k = sym_intern(to, old->name, strlen(old->name));
        to->syms[k].assume = old->assume;
        to->syms[k].decl_real = old->decl_real;
    }
    to->into = 1;
}

static bool remake_all(lbz_session *s, Ctx *to, Remade *all, bool remake)
{
    for (size_t i = 0; i < all->n; i++) {
        Node *r = remake ? read_again(s, to, all->v[i]) : NULL;
        all->body[i] = r ? r : transfer_node(s->c, to, all->v[i]->body);
        if (!all->body[i])
            return false;
    }
    return true;
}

bool defs_rebuild(lbz_session *s, bool remake)
{
    Ctx *to = ctx_new();
    Remade all = {0};
    bool ok = to && gather_all(s, &all);
    if (ok) {
        ctx_begin_statement(s->c);
        to->owner = s;
        to->env.mem_cap = s->c->env.mem_cap;
        copy_symbols(s->c, to);
        ok = remake_all(s, to, &all, remake);
    }
    Node *large = ok && s->large ? transfer_node(s->c, to, s->large) : NULL;
    for (size_t i = 0; ok && i < all.n; i++)
        all.v[i]->body = all.body[i];
    mem_free(all.v);
    mem_free(all.body);
    ctx_free(ok ? s->c : to);
    if (ok) {
        s->c = to;
        s->large = large;
        s->nodes_after_rebuild = to->pool[0].n;
    }
    return ok;
}
