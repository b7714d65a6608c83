/* session/procedure.c - functions made of statements in a session: their texts are definitions;
 * they are read again for each statement that calls them. */
#include "session/procedure.h"

#include <stdio.h>

bool session_procedure(lbz_session *s, const Def *d, Procedure **out)
{
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    size_t n = strlen(d->source);
    Span at = c->env.at;
    uint64_t known;
    if (map_get(&s->procedures, d->sym, &known)) {
        *out = (Procedure *)(uintptr_t)known;
        return true;
    }
    *out = procedure_parse(c, &pe, d->source, 1, n - 1, d->sym, d->params.v, d->params.n,
                           NULL);
    c->env.at = at;
    if (*out) {
        map_put(&s->procedures, d->sym, (uint64_t)(uintptr_t)*out);
        return true;
    }
    c->env.err.span = at; /* the text of the function is not in sight */
    return false;
}

static Procedure *find_function(void *arg, Ctx *c, uint32_t sym, size_t nargs)
{
    lbz_session *s = arg;
    const Def *d = names_find(&s->names, sym);
    Procedure *b = NULL;
    (void)nargs;
    if (!d || d->kind != DEF_FUNCTION)
        return NULL;
    if (d->procedure)
        return session_procedure(s, d, &b) ? b : NULL;
    return procedure_of_formula(c, d->body, sym, d->hidden.v, d->params.n);
}

static Node *find_variable(void *arg, Ctx *c, uint32_t sym)
{
    lbz_session *s = arg;
    const Def *d = names_find(&s->names, sym);
    if (!d || d->kind == DEF_FUNCTION)
        return NULL;
    EvalOptions opt = session_eval_options(s);
    opt.call_procedure = NULL;
    return eval_value(c, &s->names, &opt, NULL, ex_sym(c, sym));
}

/* The tape, its copy while it grows and the adjoints have to fit into the memory there is. */
static size_t tape_limit(const lbz_session *s)
{
    size_t most = s->c->env.data_cap / 4, tape = (size_t)s->set.value[SET_tape];
    return tape < most ? tape : most;
}

ProcedureScope session_procedure_scope(lbz_session *s)
{
    return (ProcedureScope){.function = find_function,
                            .variable = find_variable,
                            .arg = s,
                            .slope = session_slope,
                            .limits = {(uint64_t)s->set.value[SET_looplimit],
                                       (unsigned)s->set.value[SET_recursion],
                                       tape_limit(s)}};
}

Node *session_path_formula(Ctx *c, ProcedureScope w, Node *e, const uint32_t *in,
                           Node *const *arg, size_t nin)
{
    enum { MOST_STEPS = 20000 };
    Procedure *b = arg ? procedure_of_formula(c, e, P_NONE, in, nin) : NULL;
    w.limits.steps = w.limits.steps < MOST_STEPS ? w.limits.steps : MOST_STEPS;
    Node *r = b ? procedure_formula(c, &w, b, arg) : c->poison;
    return ctx_failed(c) ? c->poison : r;
}

bool session_calls_procedures(lbz_session *s, Node *e)
{
    Ctx *c = s->c;
    bool found = false;
    if (!(e->flags & (NF_APPLY | NF_STRUCTURAL)))
        return false;
    ArenaMark m = arena_mark(&c->tmp);
    size_t n;
    Node **order = ex_walk(c, 1, &e, &n);
    for (size_t i = 0; order && i < n && !found; i++) {
        const Def *d =
            ex_is(order[i], OP_APPLY) ? names_find(&s->names, order[i]->sym) : NULL;
        found = (d && d->procedure) ||
                (op_is_structural((Op)order[i]->op) && !ex_is(order[i], OP_DETACH));
    }
    arena_release(&c->tmp, m);
    return found;
}

/* ---- what an expression uses */

/* The functions and names in reach, and which mentions which. */
typedef struct {
    lbz_session *s;
    Ctx *c;
    const Def **v;
    uint32_t n, cap;
    Map seen;       /* symbol -> entry + 1 */
    uint64_t *call; /* pairs from << 32 | to */
    size_t ncalls, calls_cap;
    ProcedureUse use;
} Reach;

static bool reach_name(Reach *r, uint32_t from, uint32_t sym)
{
    const Def *d = names_find(&r->s->names, sym);
    uint64_t to;
    if (!d)
        return true;
    if (!map_get(&r->seen, sym, &to)) {
        if (r->n == r->cap) {
            r->cap = r->cap ? 2 * r->cap : 16;
            const Def **v = ARENA_NEW(&r->c->tmp, const Def *, r->cap);
            if (!v)
                return false;
            if (r->n)
                memcpy(v, r->v, r->n * sizeof *v);
            r->v = v;
        }
        r->v[r->n++] = d;
        map_put(&r->seen, sym, to = r->n);
        r->use.procedures = r->use.procedures || d->procedure;
    }
    if (r->ncalls == r->calls_cap) {
        r->calls_cap = r->calls_cap ? 2 * r->calls_cap : 16;
        uint64_t *v = ARENA_NEW(&r->c->tmp, uint64_t, r->calls_cap);
        if (!v)
            return false;
        if (r->ncalls)
            memcpy(v, r->call, r->ncalls * sizeof *v);
        r->call = v;
    }
    r->call[r->ncalls++] = (uint64_t)from << 32 | (to - 1);
    return true;
}

static bool reach_expr(Reach *r, uint32_t from, Node *e)
{
    size_t n;
    Node **order = e ? ex_walk(r->c, 1, &e, &n) : NULL;
    for (size_t i = 0; order && i < n; i++)
        if ((ex_is(order[i], OP_SYM) || ex_is(order[i], OP_APPLY)) &&
            !reach_name(r, from, order[i]->sym))
            return false;
    return !ctx_failed(r->c);
}

static bool reach_procedure(Reach *r, uint32_t from, const Def *d)
{
    Procedure *b;
    if (!session_procedure(r->s, d, &b))
        return false;
    for (size_t i = 0; i < b->n; i++) {
        const ProcedureStmt *t = &b->code[i];
        r->use.loops =
            r->use.loops || t->op == STEP_FOR || (t->op == STEP_JUMP && t->target <= i);
        if (!reach_expr(r, from, t->e) || !reach_expr(r, from, t->step) ||
            !reach_expr(r, from, t->limit))
            return false;
        for (size_t k = 0; k < t->nindex; k++)
            if (!reach_expr(r, from, t->index[k]))
                return false;
    }
    return true;
}

/* Do the calls go in a circle? Those that lead nowhere are taken away until nothing changes. */
static bool has_circle(Reach *r)
{
    bool changed = true, any = false;
    unsigned char *open = ARENA_NEW0(&r->c->tmp, unsigned char, r->n + 1);
    unsigned char *gone = ARENA_NEW0(&r->c->tmp, unsigned char, r->n + 1);
    while (open && gone && changed) {
        changed = any = false;
        memset(open, 0, r->n + 1);
        for (size_t i = 0; i < r->ncalls; i++) {
            uint32_t from = (uint32_t)(r->call[i] >> 32), to = (uint32_t)r->call[i];
            if (from != P_NONE && !gone[to])
                open[from] = 1;
        }
        for (uint32_t i = 0; i < r->n; i++) {
            changed = changed || (!gone[i] && !open[i]);
            gone[i] = gone[i] || !open[i];
            any = any || !gone[i];
        }
    }
    return any;
}

ProcedureUse session_procedure_use(lbz_session *s, Node *e)
{
    Ctx *c = s->c;
    Reach r = {.s = s, .c = c};
    if (!s->names.count)
        return r.use;
    ArenaMark m = arena_mark(&c->tmp);
    map_init(&r.seen, &c->tmp);
    bool ok = reach_expr(&r, P_NONE, e);
    for (uint32_t i = 0; ok && i < r.n; i++) {
        const Def *d = r.v[i];
        ok = d->procedure ? reach_procedure(&r, i, d) : true;
        for (size_t k = 0; ok && k < d->mentions.n; k++)
            ok = reach_name(&r, i, d->mentions.v[k]);
    }
    r.use.loops = r.use.procedures && (r.use.loops || has_circle(&r));
    arena_release(&c->tmp, m);
    return r.use;
}

bool session_check_procedure(lbz_session *s, const Stmt *st, const char *text)
{
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    return procedure_parse(c, &pe, text, st->body.pos, st->body.pos + st->body.len,
                           st->sym, st->params, st->nparams, NULL) != NULL;
}
