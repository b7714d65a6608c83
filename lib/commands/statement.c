/* commands/statement.c - one line in, one result out: a line is cut into statements, each parsed
 * when its turn comes, in the light of what the ones before it defined. The first error stops the
 * line; what earlier statements did stays.
 */
#include "commands/commands.h"
#include "flint/library.h"

/* Arrays of numbers may take more than formulas, unless somebody has said how much. */
static void apply_limits(lbz_session *s)
{
    s->c->env.mem_cap = (size_t)s->set.value[SET_maxmem];
    s->c->env.data_cap =
        setting_changed(&s->set, SET_maxmem) ? s->c->env.mem_cap : s->c->env.data_default;
    s->c->env.fuel = (uint64_t)s->set.value[SET_fuel];
}

/* E at x=1: x is only a name inside E. */
static void place_names(lbz_session *s, const Node *at)
{
    size_t n = (at->n - 1) / 2;
    uint32_t *own = ARENA_NEW(ctx_arena(s->c), uint32_t, n + 1);
    for (size_t i = 0; own && i < n; i++)
        if (ex_is(at->a[1 + 2 * i], OP_SYM))
            own[s->place.nown++] = at->a[1 + 2 * i]->sym;
    s->place.own = own;
}

static bool run_expression(lbz_session *s, const Stmt *st, const Parsed *parsed,
                           const char *text)
{
    EvalResult r;
    EvalOptions opt = session_eval_options(s);
    bool handled;
    s->c->env.at = st->span;
    s->place = (ExpressionText){.text = text, .at = st->span, .made = parsed->made};
    if (ex_is(st->expr, OP_AT))
        place_names(s, st->expr);
    if (!session_special(s, st, parsed, text, &handled) || handled)
        return !ctx_failed(s->c);
    if (!eval_expression(s->c, &s->names, &opt, parsed, st->expr, &r)) {
        Node *now = session_derivative_now(s, parsed, st->expr);
        if (!now)
            return false;
        r = (EvalResult){.formula = now};
    }
    answer_expr(s, &r, text + st->span.pos, st->span.len);
    return !ctx_failed(s->c);
}

static bool run_command(lbz_session *s, const Stmt *st, const char *text)
{
    s->c->env.at = st->span;
    return cmd_function(st->command->name)(s, text, st->args);
}

/* name = (e)[k] */
static bool define_part(lbz_session *s, const Stmt *st, const char *text, size_t k)
{
    Ctx *c = s->c;
    Str line = {0};
    Parsed parsed;
    ParseEnv pe = session_parse_env(s);
    str_printf(&line, "%s %s (", sym_name(c, st->params[k]), st->sym ? ":=" : "=");
    str_put(&line, text + st->body.pos, st->body.len);
    str_printf(&line, ")[%zu]", k + 1);
    bool ok = !line.failed && parse_line(c, &pe, str_cstr(&line), line.n, &parsed) &&
              parsed.n == 1 && defs_define(s, &parsed.stmts[0], str_cstr(&line), &parsed);
    str_free(&line);
    if (!ok)
        c->env.err.span = st->span; /* that line is not in sight */
    return ok;
}

/* [Q, R] = qr(A) */
static bool run_unpacking(lbz_session *s, const Stmt *st, const char *text)
{
    uint32_t n = ex_is(st->expr, OP_LIST) ? st->expr->n : (uint32_t)st->nparams;
    if (n != st->nparams) {
        env_error_at(&s->c->env, st->name, LBZ_SHAPE,
                     "write as many names as there are parts", "%zu names for %u parts",
                     st->nparams, n);
        return false;
    }
    for (size_t k = 0; k < st->nparams; k++)
        if (!define_part(s, st, text, k))
            return false;
    return true;
}

/* x.grad before any backward. */
static bool is_no_gradient(const lbz_session *s, const Node *e)
{
    const char *dot = ex_is(e, OP_SYM) ? strchr(e->name, '.') : NULL;
    return dot && strcmp(dot, ".grad") == 0 && !names_find(&s->names, e->sym);
}

static bool run_statement(lbz_session *s, const Stmt *st, const Parsed *parsed,
                          const char *text)
{
    s->statement++;
    switch (st->kind) {
    case ST_EMPTY: return true;
    case ST_EXPR:
        if (is_no_gradient(s, st->expr)) {
            str_puts(answer_text(s), "none");
            return true;
        }
        return run_expression(s, st, parsed, text);
    case ST_UNPACK: return run_unpacking(s, st, text);
    case ST_COMMAND: return run_command(s, st, text);
    default: return defs_define(s, st, text, parsed);
    }
}

/* Notes and the error leave the context before the next statement begins. */
static void collect_notes(lbz_session *s)
{
    for (size_t i = 0; i < s->c->nnotes; i++)
        session_note(s, s->c->notes[i]);
    s->c->nnotes = 0;
    if (ctx_failed(s->c) && s->ans.err.status == LBZ_OK)
        s->ans.err = s->c->env.err;
}

/* Session nodes that no definition needs any more are left behind when they outnumber the
 * rest. */
static void drop_dead_nodes(lbz_session *s)
{
    enum { SLACK = 100000 };
    bool crowded = s->c->pool[0].n > 2 * s->nodes_after_rebuild + SLACK;
    defs_sweep_data(s);
    if (s->rebuild_due || crowded) {
        answer_drop_tensor(&s->ans);
        defs_rebuild(s, s->remake_due);
        s->rebuild_due = s->remake_due = false;
    }
}

void statement_begin(lbz_session *s)
{
    drop_dead_nodes(s);
    defs_read_again(s);
    ctx_begin_statement(s->c);
    map_init(&s->procedures, ctx_arena(s->c));
    s->no_formula = (Err){0};
    s->slopes = 0;
    apply_limits(s);
    s->place = (ExpressionText){0};
    s->used_result = false;
}

/* Runs the statement at *at and moves on to the next. */
static bool run_next(lbz_session *s, const char *text, size_t n, size_t *at)
{
    Parsed parsed;
    Stmt st;
    ParseEnv pe = session_parse_env(s);
    statement_begin(s);
    parsed_init(s->c, &parsed);
    bool ok = parse_statement(s->c, &pe, text, n, at, &parsed, &st);
    if (ok && st.kind != ST_EMPTY) {
        if (!s->ans.cleared)
            answer_clear(&s->ans);
        s->ans.cleared = false;
        ok = run_statement(s, &st, &parsed, text) && !ctx_failed(s->c);
        if (!ok)
            session_place_error(s);
    }
    collect_notes(s);
    return ok;
}

/* Would the text have to go on? Asked before anything is carried out: the caller comes
 * back with the whole. */
static bool stops_in_the_middle(lbz_session *s, const char *text, size_t from, size_t n)
{
    Parsed parsed;
    ParseEnv pe = session_parse_env(s);
    if (from == 0)
        return false;
    statement_begin(s);
    s->c->dry = true;
    parse_line(s->c, &pe, text + from, n - from, &parsed);
    s->c->dry = false;
    if (s->c->env.err.status != LBZ_INCOMPLETE)
        return false;
    s->ans.err = s->c->env.err;
    s->ans.err_base = from;
    return true;
}

static bool is_blank_text(const char *text, size_t n)
{
    while (n && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
        text++;
        n--;
    }
    return n == 0;
}

bool statement_run(lbz_session *s, const char *text, size_t n)
{
    size_t last = 0, end;
    for (size_t at = 0; at < n; at = end + 1) {
        end = session_statement_end(text, n, at);
        last = is_blank_text(text + at, end - at) ? last : at;
    }
    s->ans.err_base = 0;
    if (stops_in_the_middle(s, text, last, n))
        return false;
    for (size_t at = 0; at < n;) {
        s->ans.err_base = 0;
        if (!run_next(s, text, n, &at))
            return false;
    }
    return true;
}

lbz_status lbz_eval(lbz_session *s, const char *text, size_t len, lbz_result *r)
{
    answer_clear(&s->ans);
    str_clear(&s->ans.notes);
    s->ans.nnotes = 0;
    s->ans.err.status = LBZ_OK;
    Env *before = library_enter(&s->c->env);
    statement_run(s, text, len);
    library_leave(before);
    answer_fill(s, text, len, r);
    return r->status;
}
