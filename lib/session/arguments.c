/* session/arguments.c - words and pieces of the text behind a command. */
#include "session/session.h"

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
    while (a.len && is_blank(text[a.pos + a.len - 1]))
        a.len--;
    return a;
}

Span args_word(const char *text, Span a, Span *rest)
{
    a = args_trim(text, a);
    Span w = {a.pos, 0};
    while (w.len < a.len && !is_blank(text[w.pos + w.len]) && text[w.pos + w.len] != ',')
        w.len++;
    uint32_t skip = w.len;
    while (skip < a.len && (is_blank(text[a.pos + skip]) || text[a.pos + skip] == ','))
        skip++;
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
        if (depth == 0 && alone && memcmp(text + i, word, n) == 0)
            return i;
    }
    return end;
}

/* at: a list of names and values by turns; NULL: at no point. */
static bool eval_argument(lbz_session *s, const char *text, Span a, const Node *at,
                          EvalResult *r)
{
    Ctx *c = s->c;
    Parsed parsed;
    ParseEnv pe = session_parse_env(s);
    EvalOptions opt = session_eval_options(s);
    memset(&parsed, 0, sizeof parsed);
    map_init(&parsed.spans, &c->pool[1].arena);
    a = args_trim(text, a);
    c->env.at = a;
    s->place = (ExpressionText){.text = text, .at = a};
    Node *e = parse_expr(c, &pe, text, a.pos, a.pos + a.len, &parsed);
    s->place.made = parsed.made;
    c->env.at = a;
    Node **v = at ? ARENA_NEW(&c->pool[1].arena, Node *, at->n + 1u) : NULL;
    if (v && !ctx_failed(c)) {
        v[0] = e;
        memcpy(v + 1, at->a, at->n * sizeof *v);
        e = ex_structural(c, OP_AT, at->n + 1u, v);
    }
    return !ctx_failed(c) && eval_expression(c, &s->names, &opt, &parsed, e, r);
}

bool args_eval(lbz_session *s, const char *text, Span a, EvalResult *r)
{
    return eval_argument(s, text, a, NULL, r);
}

Node *args_value_at(lbz_session *s, const char *text, Span a, const Node *at)
{
    EvalResult r;
    if (!eval_argument(s, text, a, at, &r))
        return s->c->poison;
    return r.value ? r.value : r.formula;
}

Node *args_value(lbz_session *s, const char *text, Span a)
{
    return args_value_at(s, text, a, NULL);
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
    if (attempt_forgive(c, FORGIVE_ANY))
        env_error_at(&c->env, a, LBZ_SYNTAX, NULL,
                     a.len ? "%.*s is not a name" : "a name is missing",
                     (int)(a.len < 60 ? a.len : 60), text + a.pos);
    return false;
}
