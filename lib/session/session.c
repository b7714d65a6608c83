/* session/session.c - the life of a session, and statements: one line in, one result out.
 *
 * A line is cut into statements, each parsed when its turn comes, in the light of what
 * the ones before it defined. The first error stops the line; what earlier statements did
 * stays.
 */
#include "session/session.h"
#include "flint/library.h"
#include "program/backend.h"

#include "session/descent.h"

/* ---- opening and closing */

lbz_session *lbz_open(void)
{
    lbz_session *s = mem_alloc(sizeof *s);
    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    settings_init(&s->set);
    s->c = ctx_new();
    if (!s->c) {
        mem_free(s);
        return NULL;
    }
    session_own_context(s, s->c);
    s->nodes_after_rebuild = s->c->pool[0].n;
    return s;
}

void lbz_close(lbz_session *s)
{
    if (!s)
        return;
    defs_free(s);
    open_descent_free(s->descent);
    for (size_t i = 0; i < RESULTS_KEPT; i++) {
        mem_free(s->kept[i].text);
        mem_free(s->kept[i].input);
    }
    answer_free(&s->ans);
    ctx_free(s->c);
    mem_free(s);
    library_forget_thread();
}

void lbz_at_abort(lbz_session *s, void (*f)(void *arg), void *arg)
{
    s->c->env.last_words = f;
    s->c->env.last_arg = arg;
}

/* ---- what the parser and evaluation want to know */

static NameKind look_up(void *arg, const char *name, size_t n)
{
    lbz_session *s = arg;
    uint32_t sym = sym_intern(s->c, name, n);
    const Def *d = names_find(&s->names, sym);
    if (d)
        return d->kind == DEF_FUNCTION ? NAME_FUNCTION : NAME_VARIABLE;
    const Symbol *info = &s->c->syms[sym];
    return info->assume != S_ANY || info->decl_real ? NAME_VARIABLE : NAME_FREE;
}

static uint32_t shape_of_name(void *arg, uint32_t sym)
{
    return defs_name_shape(arg, sym);
}

/* Conditions in an index: where they hold, present values tell; what is read so is read again when
 * they change. */
static Node *value_of(void *arg, Node *n)
{
    lbz_session *s = arg;
    Ctx *c = s->c;
    Parsed parsed = {0};
    EvalOptions opt = session_eval_options(s);
    map_init(&parsed.spans, &c->pool[1].arena);
    s->any_by_value = true;
    Attempt t = attempt_begin(c);
    Node *v = eval_value(c, &s->names, &opt, &parsed, n);
    return attempt_end(c, &t) && !ex_is_poison(v) ? v : NULL;
}

static size_t about(void *arg, const char *name, size_t n, const uint32_t **names)
{
    const lbz_session *s = arg;
    const Def *d = names_find(&s->names, sym_intern(s->c, name, n));
    if (!d)
        return 0;
    const SymList *l = d->kind == DEF_FUNCTION ? &d->params : &d->mentions;
    *names = l->v;
    return l->n;
}

ParseEnv session_parse_env(lbz_session *s)
{
    return (ParseEnv){.strict = setting_on(&s->set, SET_strict),
                      .open = s->descent != NULL,
                      .lookup = look_up,
                      .defined = &s->names.count,
                      .about = about,
                      .result = session_result,
                      .scope = s->scope,
                      .shape = s->any_shape ? shape_of_name : NULL,
                      .value = value_of,
                      .arg = s};
}

EvalOptions session_eval_options(const lbz_session *s)
{
    return (EvalOptions){.level = (SimplifyLevel)s->set.value[SET_simplify],
                         .layout = (TensorLayout)s->set.value[SET_layout],
                         .recursion = (unsigned)s->set.value[SET_recursion],
                         .terms = (unsigned)s->set.value[SET_maxterms],
                         .digits = (size_t)s->set.value[SET_digits],
                         .keep_detached = s->keep_calls,
                         .call_procedure = s->keep_calls ? NULL : session_call_procedure,
                         .has_open_call = s->keep_calls ? NULL : session_has_open_call,
                         .read_function = defs_read_function,
                         .procedure_arg = (void *)(uintptr_t)s};
}

void session_note(lbz_session *s, const char *text)
{
    Answer *a = &s->ans;
    for (size_t at = 0; at < a->notes.n; at += strlen(a->notes.s + at) + 1)
        if (strcmp(a->notes.s + at, text) == 0)
            return;
    str_put(&a->notes, text, strlen(text) + 1);
    a->nnotes += !a->notes.failed;
}

/* ---- one statement */

/* ---- a line */

/* Only an estimate: what is one statement is the parser's to say. */
size_t session_statement_end(const char *text, size_t n, size_t from)
{
    long depth = 0;
    bool comment = false;
    if (!memchr(text + from, ';', n - from))
        return n;
    for (size_t i = from; i < n; i++) {
        char ch = text[i];
        if (ch == '\n')
            comment = false;
        else if (comment)
            continue;
        depth +=
            (ch == '(' || ch == '[' || ch == '{') - (ch == ')' || ch == ']' || ch == '}');
        comment = ch == '#';
        if (ch == ';' && depth <= 0)
            return i;
    }
    return n;
}

/* ---- small things of the interface */

lbz_status lbz_set(lbz_session *s, const char *name, const char *value)
{
    SettingId id = setting_find(name, strlen(name));
    if (id == SET_COUNT)
        return LBZ_NAME;
    return setting_put(&s->set, id, value, strlen(value)) ? LBZ_OK : LBZ_SYNTAX;
}

lbz_status lbz_default(lbz_session *s, const char *name, const char *value)
{
    SettingId id = setting_find(name, strlen(name));
    if (id == SET_COUNT)
        return LBZ_NAME;
    return setting_default(&s->set, id, value, strlen(value)) ? LBZ_OK : LBZ_SYNTAX;
}

const char *lbz_get(lbz_session *s, const char *name)
{
    SettingId id = setting_find(name, strlen(name));
    return id == SET_COUNT ? NULL : s->set.text[id];
}

lbz_status lbz_backend_register(lbz_session *s, const lbz_backend *b)
{
    if (b && (b->version != BACKEND_VERSION || !b->probe()))
        return LBZ_BACKEND;
    s->c->env.backend = b;
    return LBZ_OK;
}

void lbz_threads(lbz_session *s, unsigned n) { s->c->env.threads = n; }

size_t lbz_width(const char *text, size_t n) { return utf8_width(text, n); }

const char *lbz_version(void)
{
#ifdef PACKAGE_VERSION
    return PACKAGE_VERSION;
#else
    return "0.1";
#endif
}
