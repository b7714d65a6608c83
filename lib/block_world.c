/* block_world.c - floor 6: functions made of statements in a session: their texts are definitions;
 * they are read again for each statement that calls them. */
#include "block_world.h"

#include <stdio.h>

static bool read_block(lbz_session *s, const Def *d, Block **out)
{
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    size_t n = strlen(d->source);
    Span at = c->env.at;
    *out = block_parse(c, &pe, d->source, 1, n - 1, d->sym, d->params.v, d->params.n, NULL);
    c->env.at = at;
    if (*out) {
        return true;
    }
    c->env.err.span = at; /* the text of the function is not in sight */
    return false;
}

static Block *find_function(void *arg, Ctx *c, uint32_t sym, size_t nargs)
{
    lbz_session *s = arg;
    const Def *d = names_find(&s->names, sym);
    Block *b = NULL;
    (void)nargs;
    if (!d || d->kind != DEF_FUNCTION) {
        return NULL;
    }
    if (d->block) {
        return read_block(s, d, &b) ? b : NULL;
    }
    return block_of_formula(c, d->body, sym, d->hidden.v, d->params.n);
}

static Node *find_variable(void *arg, Ctx *c, uint32_t sym)
{
    lbz_session *s = arg;
    const Def *d = names_find(&s->names, sym);
    if (!d || d->kind == DEF_FUNCTION) {
        return NULL;
    }
    EvalOptions opt = session_eval_options(s);
    opt.block_call = NULL;
    return eval_value(c, &s->names, &opt, NULL, ex_sym(c, sym));
}

BlockWorld session_block_world(lbz_session *s)
{
    return (BlockWorld){find_function, find_variable, s,
                        {(uint64_t)s->set.value[SET_looplimit],
                         (unsigned)s->set.value[SET_recursion],
                         (size_t)s->set.value[SET_tape]}};
}

bool session_calls_blocks(lbz_session *s, Node *e)
{
    Ctx *c = s->c;
    bool found = false;
    if (!(e->flags & (NF_APPLY | NF_STRUCTURAL))) {
        return false;
    }
    ArenaMark m = arena_mark(&c->tmp);
    size_t n;
    Node **order = ex_walk(c, 1, &e, &n);
    for (size_t i = 0; order && i < n && !found; i++) {
        const Def *d = ex_is(order[i], OP_APPLY) ? names_find(&s->names, order[i]->sym) : NULL;
        found = (d && d->block) || op_is_structural((Op)order[i]->op);
    }
    arena_release(&c->tmp, m);
    return found;
}

bool block_check(lbz_session *s, const Stmt *st, const char *text)
{
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    return block_parse(c, &pe, text, st->body.pos, st->body.pos + st->body.len, st->sym,
                       st->params, st->nparams, NULL) != NULL;
}

Node *block_call(void *session, const Def *d, Node *n, Node *const *a)
{
    lbz_session *s = session;
    Ctx *c = s->c;
    BlockWorld w = session_block_world(s);
    Block *b;
    for (uint32_t i = n->n / 2; i < n->n; i++) {
        if (a[i] != c->zero) {
            return ctx_error(c, LBZ_UNABLE, "use forward f(x) at x=...",
                             "%s is made of statements: its derivative has no formula here",
                             sym_name(c, d->sym));
        }
    }
    return read_block(s, d, &b) ? block_formula(c, &w, b, a) : c->poison;
}
