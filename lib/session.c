/* session.c - the life of a session, and statements: one line in, one result out.
 *
 * A line is cut into statements, each parsed when its turn comes, in the light of what
 * the ones before it defined. The first error stops the line; what earlier statements did
 * stays.
 */
#include "session.h"

/* ---- opening and closing */

lbz_session *lbz_open(void)
{
    lbz_session *s = mem_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    memset(s, 0, sizeof *s);
    settings_init(&s->set);
    s->c = ctx_new();
    if (!s->c) {
        mem_free(s);
        return NULL;
    }
    s->c->owner = s;
    s->nodes_after_rebuild = s->c->pool[0].n;
    return s;
}

void lbz_close(lbz_session *s)
{
    if (!s) {
        return;
    }
    defs_free(s);
    for (size_t i = 0; i < RESULTS_KEPT; i++) {
        mem_free(s->kept[i].text);
        mem_free(s->kept[i].input);
    }
    answer_free(&s->ans);
    ctx_free(s->c);
    mem_free(s);
}

/* ---- what the parser and evaluation want to know */

static NameKind look_up(void *arg, const char *name, size_t n)
{
    lbz_session *s = arg;
    uint32_t sym = sym_intern(s->c, name, n);
    const Def *d = names_find(&s->names, sym);
    if (d) {
        return d->kind == DEF_FUNCTION ? NAME_FUNCTION : NAME_VARIABLE;
    }
    const Symbol *info = &s->c->syms[sym];
    return info->assume != S_ANY || info->decl_real ? NAME_VARIABLE : NAME_FREE;
}

ParseEnv session_parse_env(lbz_session *s)
{
    return (ParseEnv){.strict = setting_on(&s->set, SET_strict),
                      .lookup = look_up,
                      .result = session_result,
                      .arg = s};
}

EvalOptions session_eval_options(const lbz_session *s)
{
    return (EvalOptions){.level = (SimplifyLevel)s->set.value[SET_simplify],
                         .recursion = (unsigned)s->set.value[SET_recursion],
                         .terms = (unsigned)s->set.value[SET_maxterms],
                         .digits = (size_t)s->set.value[SET_digits],
                         .keep_detached = s->keep_blocks,
                         .block_call = s->keep_blocks ? NULL : block_call,
                         .block_left = s->keep_blocks ? NULL : block_left,
                         .block_arg = (void *)(uintptr_t)s};
}

static void apply_limits(lbz_session *s)
{
    s->c->env.mem_cap = (size_t)s->set.value[SET_maxmem];
    s->c->env.fuel = (uint64_t)s->set.value[SET_fuel];
}

void session_note(lbz_session *s, const char *text)
{
    Answer *a = &s->ans;
    for (size_t at = 0; at < a->notes.n; at += strlen(a->notes.s + at) + 1) {
        if (strcmp(a->notes.s + at, text) == 0) {
            return;
        }
    }
    str_put(&a->notes, text, strlen(text) + 1);
    a->nnotes += !a->notes.failed;
}

/* ---- one statement */

/* E at x=1: x is only a name inside E. */
static void place_names(lbz_session *s, const Node *at)
{
    size_t n = (at->n - 1) / 2;
    uint32_t *own = ARENA_NEW(ctx_arena(s->c), uint32_t, n + 1);
    for (size_t i = 0; own && i < n; i++) {
        if (ex_is(at->a[1 + 2 * i], OP_SYM)) {
            own[s->place.nown++] = at->a[1 + 2 * i]->sym;
        }
    }
    s->place.own = own;
}

static bool run_expression(lbz_session *s, const Stmt *st, const Parsed *parsed,
                           const char *text)
{
    EvalResult r;
    EvalOptions opt = session_eval_options(s);
    bool handled;
    s->c->env.at = st->span;
    s->place = (Place){.text = text, .at = st->span};
    if (ex_is(st->expr, OP_AT)) {
        place_names(s, st->expr);
    }
    if (!session_special(s, st, parsed, text, &handled) || handled) {
        return !ctx_failed(s->c);
    }
    if (!eval_expression(s->c, &s->names, &opt, parsed, st->expr, &r)) {
        return false;
    }
    answer_expr(s, &r, text + st->span.pos, st->span.len);
    return !ctx_failed(s->c);
}

static bool run_command(lbz_session *s, const Stmt *st, const char *text)
{
    const Command *cmd = command_entry(st->command->name);
    if (!cmd) {
        env_error_at(&s->c->env, st->name, LBZ_UNABLE, "help lists what there is",
                     "the command %s is not available in this build", st->command->name);
        return false;
    }
    s->c->env.at = st->span;
    return cmd->run(s, text, st->args);
}

static bool run_statement(lbz_session *s, const Stmt *st, const Parsed *parsed,
                          const char *text)
{
    s->statement++;
    switch (st->kind) {
    case ST_EMPTY:
        return true;
    case ST_EXPR:
        return run_expression(s, st, parsed, text);
    case ST_COMMAND:
        return run_command(s, st, text);
    default:
        return defs_define(s, st, text, parsed);
    }
}

/* Notes and the error leave the context before the next statement begins. */
static void collect(lbz_session *s)
{
    for (size_t i = 0; i < s->c->nnotes; i++) {
        session_note(s, s->c->notes[i]);
    }
    s->c->nnotes = 0;
    if (ctx_failed(s->c) && s->ans.err.status == LBZ_OK) {
        s->ans.err = s->c->env.err;
    }
}

/* Session nodes that no definition needs any more are left behind when they outnumber the
 * rest. */
static void tidy(lbz_session *s)
{
    enum { SLACK = 100000 };
    bool crowded = s->c->pool[0].n > 2 * s->nodes_after_rebuild + SLACK;
    if (s->rebuild_due || crowded) {
        defs_rebuild(s, s->remake_due);
        s->rebuild_due = s->remake_due = false;
    }
}

static void begin_statement(lbz_session *s)
{
    tidy(s);
    ctx_begin_statement(s->c);
    map_init(&s->blocks, ctx_arena(s->c));
    s->no_formula = (Err){0};
    s->slopes = 0;
    apply_limits(s);
    s->place = (Place){0};
    s->used_result = false;
}

/* Runs the statement at *at and moves on to the next. */
static bool run_next(lbz_session *s, const char *text, size_t n, size_t *at)
{
    Parsed parsed;
    Stmt st;
    ParseEnv pe = session_parse_env(s);
    begin_statement(s);
    parsed_init(s->c, &parsed);
    bool ok = parse_statement(s->c, &pe, text, n, at, &parsed, &st);
    if (ok && st.kind != ST_EMPTY) {
        answer_clear(&s->ans);
        ok = run_statement(s, &st, &parsed, text) && !ctx_failed(s->c);
        if (!ok) {
            session_place_error(s);
        }
    }
    collect(s);
    return ok;
}

/* ---- a line */

/* Only an estimate: what is one statement is the parser's to say. */
size_t session_statement_end(const char *text, size_t n, size_t from)
{
    long depth = 0;
    bool comment = false;
    if (!memchr(text + from, ';', n - from)) {
        return n;
    }
    for (size_t i = from; i < n; i++) {
        char ch = text[i];
        if (ch == '\n') {
            comment = false;
        } else if (comment) {
            continue;
        }
        depth +=
            (ch == '(' || ch == '[' || ch == '{') - (ch == ')' || ch == ']' || ch == '}');
        comment = ch == '#';
        if (ch == ';' && depth <= 0) {
            return i;
        }
    }
    return n;
}

/* Would the text have to go on? Asked before anything is carried out: the caller comes
 * back with the whole. */
static bool stops_in_the_middle(lbz_session *s, const char *text, size_t from, size_t n)
{
    Parsed parsed;
    ParseEnv pe = session_parse_env(s);
    if (from == 0) {
        return false;
    }
    begin_statement(s);
    parse_line(s->c, &pe, text + from, n - from, &parsed);
    if (s->c->env.err.status != LBZ_INCOMPLETE) {
        return false;
    }
    s->ans.err = s->c->env.err;
    s->ans.err_base = from;
    return true;
}

static bool blank(const char *text, size_t n)
{
    while (n && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
        text++;
        n--;
    }
    return n == 0;
}

bool session_run(lbz_session *s, const char *text, size_t n)
{
    size_t last = 0, end;
    for (size_t at = 0; at < n; at = end + 1) {
        end = session_statement_end(text, n, at);
        last = blank(text + at, end - at) ? last : at;
    }
    s->ans.err_base = 0;
    if (stops_in_the_middle(s, text, last, n)) {
        return false;
    }
    for (size_t at = 0; at < n;) {
        s->ans.err_base = 0;
        if (!run_next(s, text, n, &at)) {
            return false;
        }
    }
    return true;
}

lbz_status lbz_eval(lbz_session *s, const char *text, size_t len, lbz_result *r)
{
    answer_clear(&s->ans);
    str_clear(&s->ans.notes);
    s->ans.nnotes = 0;
    s->ans.err.status = LBZ_OK;
    session_run(s, text, len);
    answer_fill(s, text, len, r);
    return r->status;
}

/* ---- small things of the interface */

lbz_status lbz_set(lbz_session *s, const char *name, const char *value)
{
    SettingId id = setting_find(name, strlen(name));
    if (id == SET_COUNT) {
        return LBZ_NAME;
    }
    return setting_put(&s->set, id, value, strlen(value)) ? LBZ_OK : LBZ_SYNTAX;
}

lbz_status lbz_default(lbz_session *s, const char *name, const char *value)
{
    SettingId id = setting_find(name, strlen(name));
    if (id == SET_COUNT) {
        return LBZ_NAME;
    }
    return setting_default(&s->set, id, value, strlen(value)) ? LBZ_OK : LBZ_SYNTAX;
}

const char *lbz_get(lbz_session *s, const char *name)
{
    SettingId id = setting_find(name, strlen(name));
    return id == SET_COUNT ? NULL : s->set.text[id];
}

size_t lbz_width(const char *text, size_t n)
{
    return utf8_width(text, n);
}

const char *lbz_version(void)
{
#ifdef PACKAGE_VERSION
    return PACKAGE_VERSION;
#else
    return "0.1";
#endif
}
