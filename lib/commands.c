/* commands.c - floor 6: the table of commands and what they share in reading their
 * arguments.
 *
 * Adding a command: a row C(...) in ops.def, a row here, a function CommandRun.
 */
#include "session.h"

static const Command commands[] = {
    {"help", cmd_help, false},       {"?", cmd_help, false},
    {"vars", cmd_vars, false},       {"var", cmd_var, true},
    {"assume", cmd_assume, true},    {"forget", cmd_forget, true},
    {"undo", cmd_undo, true},        {"clear", cmd_clear, true},
    {"history", cmd_history, true},  {"save", cmd_save, true},
    {"load", cmd_load, true},        {"set", cmd_set, true},
    {"unset", cmd_unset, true},      {"time", cmd_time, false},
    {"latex", cmd_latex, false},     {"graph", cmd_graph, false},
    {"check", cmd_check, false},     {"forward", cmd_forward, false},
    {"reverse", cmd_reverse, false}, {"trace", cmd_trace, false},
    {"gradcheck", cmd_gradcheck, false},
    {"exit", cmd_quit, true},        {"quit", cmd_quit, true},
};

const Command *command_entry(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* ---- arguments */

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

Span args_trim(const char *text, Span a)
{
    while (a.len && is_blank(text[a.pos])) {
        a.pos++;
        a.len--;
    }
    while (a.len && is_blank(text[a.pos + a.len - 1])) {
        a.len--;
    }
    return a;
}

Span args_word(const char *text, Span a, Span *rest)
{
    a = args_trim(text, a);
    Span w = {a.pos, 0};
    while (w.len < a.len && !is_blank(text[w.pos + w.len]) &&
           text[w.pos + w.len] != ',') {
        w.len++;
    }
    uint32_t skip = w.len;
    while (skip < a.len && (is_blank(text[a.pos + skip]) || text[a.pos + skip] == ',')) {
        skip++;
    }
    *rest = (Span){a.pos + skip, a.len - skip};
    return w;
}

bool args_is(const char *text, Span w, const char *word)
{
    return strlen(word) == w.len && memcmp(text + w.pos, word, w.len) == 0;
}

uint32_t args_find(const char *text, Span a, const char *word)
{
    uint32_t n = (uint32_t)strlen(word), end = a.pos + a.len;
    bool letters = (word[0] | 32) >= 'a' && (word[0] | 32) <= 'z';
    int depth = 0;
    for (uint32_t i = a.pos; i + n <= end; i++) {
        char ch = text[i];
        depth +=
            (ch == '(' || ch == '[' || ch == '{') - (ch == ')' || ch == ']' || ch == '}');
        bool alone = !letters || (i > a.pos && is_blank(text[i - 1]) &&
                                  (i + n == end || is_blank(text[i + n])));
        if (depth == 0 && alone && memcmp(text + i, word, n) == 0) {
            return i;
        }
    }
    return end;
}

bool args_eval(lbz_session *s, const char *text, Span a, EvalResult *r)
{
    Ctx *c = s->c;
    Parsed parsed;
    ParseEnv pe = session_parse_env(s);
    EvalOptions opt = session_eval_options(s);
    memset(&parsed, 0, sizeof parsed);
    map_init(&parsed.spans, &c->pool[1].arena);
    a = args_trim(text, a);
    c->env.at = a;
    s->place = (Place){.text = text, .at = a};
    Node *e = parse_expr(c, &pe, text, a.pos, a.pos + a.len, &parsed);
    c->env.at = a;
    return !ctx_failed(c) && eval_expression(c, &s->names, &opt, &parsed, e, r);
}

Node *args_value(lbz_session *s, const char *text, Span a)
{
    EvalResult r;
    if (!args_eval(s, text, a, &r)) {
        return s->c->poison;
    }
    return r.value ? r.value : r.formula;
}

bool args_name(lbz_session *s, const char *text, Span a, uint32_t *sym)
{
    Ctx *c = s->c;
    ParseEnv pe = session_parse_env(s);
    a = args_trim(text, a);
    Node *e = a.len ? parse_expr(c, &pe, text, a.pos, a.pos + a.len, NULL) : c->poison;
    if (!ctx_failed(c) && ex_is(e, OP_SYM)) {
        *sym = e->sym;
        return true;
    }
    c->env.err.status = LBZ_OK;
    env_error_at(&c->env, a, LBZ_SYNTAX, NULL,
                 a.len ? "%.*s is not a name" : "a name is missing",
                 (int)(a.len < 60 ? a.len : 60), text + a.pos);
    return false;
}

bool cmd_quit(lbz_session *s, const char *text, Span args)
{
    (void)text;
    (void)args;
    s->ans.kind = LBZ_QUIT;
    return true;
}
