/* parse/statement.c - lines to statements: definitions, functions, commands, expressions. The
 * text of a command is not read here, only its extent. */
#include "parse/internal.h"

/* ---- commands */

static bool is_blank(char ch) { return ch == ' ' || ch == '\t' || ch == '\r'; }

/* Where the text of a command ends: at ';', a comment or the end of the line, outside
 * brackets; a line that stops with an operator goes on. */
static size_t command_end(const char *s, size_t from, size_t n)
{
    size_t depth = 0;
    char before = 0;
    for (size_t i = from; i < n; i++) {
        char ch = s[i];
        if (ch == '(' || ch == '[' || ch == '{')
            depth++;
        else if ((ch == ')' || ch == ']' || ch == '}') && depth)
            depth--;
        else if (ch == ';' && !depth)
            return i;
        else if (ch == '#' && (i == from || is_blank(s[i - 1])))
            return i;
        else if (ch == '\n' && !depth && (!before || !strchr("=+-*/^<>,", before)))
            return i;
        if (!is_blank(ch) && ch != '\n')
            before = ch;
    }
    return n;
}

static size_t skip_blank(const char *s, size_t i, size_t n)
{
    while (i < n && is_blank(s[i]))
        i++;
    return i;
}

/* Does what follows a command's name say that it is meant as an ordinary name? Operators
 * with space on both sides or none say so, an operator that clings to what follows does
 * not. */
static bool used_as_name(const char *s, size_t at, size_t n)
{
    size_t i = skip_blank(s, at, n);
    bool space = i > at;
    char ch = i < n ? s[i] : 0, next = i + 1 < n ? s[i + 1] : ' ';
    if (ch == '=' || (ch == ':' && next == '='))
        return true;
    if (ch == '(' && !space) { /* time(t) = ...: a function of that name */
        size_t depth = 0;
        for (; i < n && s[i] != '\n' && s[i] != ';'; i++) {
            depth += s[i] == '(';
            if (s[i] == ')' && --depth == 0)
                break;
        }
        i = skip_blank(s, i + 1, n);
        return i < n && s[i] == '=' && (i + 1 == n || s[i + 1] != '=');
    }
    if (!ch || !strchr("+-*/^<>!|%.,", ch))
        return false;
    return !space || next == ' ' || (ch == next && ch == '*');
}

/* help ^, help :=: signs and nothing else. */
static bool asks_for_sign(const char *s, size_t at, size_t word, size_t n)
{
    size_t from = skip_blank(s, at + word, n), i = from;
    while (i < n && s[i] && strchr("+-*/^<>=!|%.:'", s[i]))
        i++;
    size_t end = skip_blank(s, i, n);
    return word == 4 && !memcmp(s + at, "help", 4) && from > at + word && i > from &&
           (end == n || s[end] == '\n' || s[end] == '#');
}

static const CommandInfo *command_here(Parser *p, size_t at, size_t n, size_t *word)
{
    const char *s = p->text;
    if (s[at] == '?') {
        *word = 1;
        const CommandInfo *q = command_find("?", 1);
        return q ? q : command_find("help", 4);
    }
    *word = lex_name_len(s + at, n - at);
    const CommandInfo *cmd = *word ? command_find(s + at, *word) : NULL;
    if (!cmd || (used_as_name(s, at + *word, n) && !asks_for_sign(s, at, *word, n)))
        return NULL;
    if (cmd->open)
        return p->pe && p->pe->open && (at + *word == n || s[at + *word] != '(') ? cmd
                                                                                 : NULL;
    NameKind kind = parser_name_kind(p, s + at, *word);
    size_t i = skip_blank(s, at + *word, n);
    bool alone = i == n || s[i] == ';' || s[i] == '\n' || s[i] == '#';
    bool call = i == at + *word && i < n && s[i] == '('; /* trace(A) */
    if ((kind == NAME_VARIABLE && alone) ||
        (call && op_find(s + at, *word) != OP_POISON) ||
        (kind == NAME_FUNCTION && i < n && s[i] == '('))
        return NULL;
    return cmd;
}

static size_t take_command(Parser *p, Stmt *st, const CommandInfo *cmd, size_t at,
                           size_t word, size_t n)
{
    size_t from = skip_blank(p->text, at + word, n),
           end = command_end(p->text, at + word, n);
    size_t to = end;
    while (to > from && (is_blank(p->text[to - 1]) || p->text[to - 1] == '\n'))
        to--;
    from = from > to ? to : from;
    st->kind = ST_COMMAND;
    st->command = cmd;
    st->name = (Span){(uint32_t)at, (uint32_t)word};
    st->args = (Span){(uint32_t)from, (uint32_t)(to - from)};
    st->span = (Span){(uint32_t)at, (uint32_t)((to > at + word ? to : at + word) - at)};
    return end;
}

/* ---- definitions */

static bool may_define(Parser *p, uint32_t i, bool function)
{
    size_t n;
    const char *name = lex_name(&p->L, tok(p, i), &n);
    stand_at_token(p, i);
    if (parser_is_constant(name, n) || (n == 3 && !memcmp(name, "ans", 3))) {
        ctx_error(p->c, LBZ_NAME, "choose another name",
                  "%.*s is a constant and cannot be redefined", (int)n, name);
        return false;
    }
    if (function && op_find(name, n) != OP_POISON) {
        ctx_error(p->c, LBZ_NAME, parser_equals_hint,
                  "%.*s is a function of leibniz and cannot be redefined", (int)n, name);
        return false;
    }
    if (name[0] == 'd' && (n == 1 || (n == 2 && name[1] != '_')))
        parser_note(
            p, "d/dx remains the derivative; to divide by %.*s write spaces around /",
            (int)n, name);
    return true;
}

static void name_statement(Parser *p, Stmt *st, StmtKind kind, uint32_t i)
{
    size_t n;
    const char *name = lex_name(&p->L, tok(p, i), &n);
    st->kind = kind;
    st->name = (Span){tok(p, i)->pos, tok(p, i)->len};
    st->sym = sym_intern(p->c, name, n);
}

/* name(x, y) = ... from token 0 on: true when tokens say so; *eq is the token of '='. */
static bool function_head(const Parser *p, uint32_t *eq)
{
    if (kind_at(p, 0) != TK_NAME || kind_at(p, 1) != TK_LPAREN || !glued(p, 1) ||
        !tok(p, 1)->closed)
        return false;
    *eq = tok(p, 1)->match + 1;
    return kind_at(p, *eq) == TK_ASSIGN || kind_at(p, *eq) == TK_WALRUS;
}

static bool read_params(Parser *p, Stmt *st, uint32_t close)
{
    st->params = ARENA_NEW(ctx_arena(p->c), uint32_t, close / 2 + 1);
    for (uint32_t i = 2; i < close || i == 2; i += 2) {
        size_t n;
        stand_at_token(p, i);
        if (kind_at(p, i) != TK_NAME ||
            (i + 1 != close && kind_at(p, i + 1) != TK_COMMA)) {
            ctx_error(p->c, LBZ_SYNTAX, parser_equals_hint,
                      "the parameters of a function are names");
            return false;
        }
        if (!may_define(p, i, false))
            return false;
        const char *name = lex_name(&p->L, tok(p, i), &n);
        uint32_t sym = sym_intern(p->c, name, n);
        for (size_t k = 0; k < st->nparams; k++)
            if (st->params[k] == sym) {
                ctx_error(p->c, LBZ_SYNTAX, NULL, "the parameter %.*s occurs twice",
                          (int)n, name);
                return false;
            }
        st->params[st->nparams++] = sym;
    }
    return true;
}

static bool ends_operand(uint8_t kind)
{
    return kind == TK_NUM || kind == TK_NAME || kind == TK_SUP || kind == TK_RPAREN ||
           kind == TK_RBRACK || kind == TK_RBRACE || kind == TK_BANG ||
           kind == TK_PRIME || kind == TK_BAR;
}

/* '{' at token i: cases, as in {x if x > 0; 0 otherwise}, or the statements of a procedure? */
static bool procedure_begins(const Parser *p, uint32_t i)
{
    for (uint32_t k = i + 1; k < p->L.n; k++) {
        const Token *t = tok(p, k);
        if (t->kind == TK_IF && !(t->flags & T_NEWLINE) && k > i + 1 &&
            ends_operand(kind_at(p, k - 1)))
            return false;
        if (t->kind == TK_SEMI || t->kind == TK_RBRACE || t->kind == TK_END)
            return true;
        if (t->closed)
            k = t->match;
    }
    return true;
}

/* f(x) = { ... }: the text between the braces. */
static void take_procedure(Parser *p, Stmt *st, uint32_t open)
{
    const Token *t = tok(p, open);
    stand_at_token(p, open);
    if (!t->closed) {
        ctx_error(p->c, LBZ_INCOMPLETE, "close what is open first",
                  "'}' is missing for the '{' at column %u", parser_column(p, t->pos));
        return;
    }
    st->body = (Span){t->pos + 1, tok(p, t->match)->pos - t->pos - 1};
    p->i = t->match + 1;
}

static void define_function(Parser *p, Stmt *st, uint32_t eq)
{
    name_statement(p, st, ST_FUNCTION, 0);
    if (!may_define(p, 0, true) || !read_params(p, st, eq - 1))
        return;
    p->params = st->params;
    p->nparams = st->nparams;
    p->own = st->sym + 1;
    p->i = eq + 1;
    while (token_ahead(p, p->i)->kind == TK_NL && !ctx_failed(p->c))
        p->i++;
    if (kind_at(p, p->i) == TK_LBRACE && procedure_begins(p, p->i))
        take_procedure(p, st, p->i);
    else
        st->expr = parser_node(p);
}

/* f and nothing else, where f is a function of the user's: help tells its definition. */
static bool shows_function(Parser *p)
{
    size_t n;
    const uint32_t *params;
    if (kind_at(p, 0) != TK_NAME || kind_at(p, 1) > TK_SEMI || !command_find("help", 4))
        return false;
    const char *name = lex_name(&p->L, tok(p, 0), &n);
    return parser_parameters(p, name, n, &params) > 0;
}

/* [Q, R] = ...: true when tokens say so. */
static bool unpack_head(const Parser *p)
{
    uint32_t close = tok(p, 0)->closed ? tok(p, 0)->match : 0;
    uint8_t eq = close ? kind_at(p, close + 1) : TK_END;
    if (kind_at(p, 0) != TK_LBRACK || (eq != TK_ASSIGN && eq != TK_WALRUS))
        return false;
    for (uint32_t i = 1; i < close; i++)
        if (kind_at(p, i) != (i % 2 ? TK_NAME : TK_COMMA))
            return false;
    return close % 2 == 0;
}

static void read_unpacking(Parser *p, Stmt *st)
{
    uint32_t close = tok(p, 0)->match;
    st->kind = ST_UNPACK;
    st->sym = kind_at(p, close + 1) == TK_WALRUS;
    st->name = (Span){tok(p, 0)->pos, tok_end(p, close) - tok(p, 0)->pos};
    p->i = close + 2;
    st->body.pos = tok(p, p->i)->pos;
    st->params = ARENA_NEW(ctx_arena(p->c), uint32_t, close / 2 + 1);
    for (uint32_t i = 1; st->params && i < close && may_define(p, i, false); i += 2) {
        size_t n;
        const char *name = lex_name(&p->L, tok(p, i), &n);
        st->params[st->nparams++] = sym_intern(p->c, name, n);
    }
    if (!ctx_failed(p->c))
        st->expr = parser_node(p);
    if (!ctx_failed(p->c))
        st->body.len = tok_end(p, p->i - 1) - st->body.pos;
}

/* x.grad := ..., as a session is saved. */
static bool grad_head(const Parser *p)
{
    return kind_at(p, 0) == TK_NAME && kind_at(p, 1) == TK_DOT &&
           kind_at(p, 2) == TK_NAME && kind_at(p, 3) == TK_WALRUS &&
           tok(p, 2)->len == 4 && !memcmp(p->text + tok(p, 2)->pos, "grad", 4);
}

static void define_gradient(Parser *p, Stmt *st)
{
    uint32_t pos = tok(p, 0)->pos, end = tok_end(p, 2);
    st->kind = ST_ASSIGN;
    st->name = (Span){pos, end - pos};
    st->sym = sym_intern(p->c, p->text + pos, end - pos);
    p->i = 4;
    st->expr = parser_node(p);
}

static void read_one_statement(Parser *p, Stmt *st)
{
    uint32_t eq;
    uint8_t next = kind_at(p, 1);
    if (kind_at(p, 0) >= TK_FIRST_WORD && (next == TK_ASSIGN || next == TK_WALRUS)) {
        stand_at_token(p, 0);
        ctx_error(p->c, LBZ_NAME, "choose another name", "`%s` is a reserved word",
                  parser_excerpt(p, tok(p, 0)->pos, tok_end(p, 0), 20));
    } else if (kind_at(p, 0) == TK_NAME && (next == TK_ASSIGN || next == TK_WALRUS)) {
        name_statement(p, st, next == TK_ASSIGN ? ST_DEFINE : ST_ASSIGN, 0);
        if (!may_define(p, 0, false))
            return;
        p->i = 2;
        st->expr = parser_node(p);
    } else if (function_head(p, &eq)) {
        define_function(p, st, eq);
    } else if (unpack_head(p)) {
        read_unpacking(p, st);
    } else if (grad_head(p)) {
        define_gradient(p, st);
    } else if (shows_function(p)) {
        st->kind = ST_COMMAND;
        st->command = command_find("help", 4);
        st->name = st->args = (Span){tok(p, 0)->pos, tok(p, 0)->len};
        p->i = 1;
    } else {
        st->kind = ST_EXPR;
        st->expr = parser_node(p);
    }
}

/* Reads one statement from text[at]; the offset behind it. */
static size_t one_statement(Parser *p, Stmt *st, size_t at, size_t n)
{
    size_t word;
    const CommandInfo *cmd = command_here(p, at, n, &word);
    if (cmd)
        return take_command(p, st, cmd, at, word, n);
    if (!parser_lex(p))
        return n;
    read_one_statement(p, st);
    if (ctx_failed(p->c))
        return n;
    const Token *t = tok(p, p->i);
    if (t->kind > TK_SEMI) {
        p->barrier = 0;
        parser_unexpected_operator(p);
        return n;
    }
    uint32_t end = p->i ? tok_end(p, p->i - 1) : t->pos;
    st->span = (Span){(uint32_t)at, end - (uint32_t)at};
    return t->kind == TK_END ? n : t->pos + 1;
}

/* ---- lines */

/* The first offset from at on where a statement begins, or n. */
static size_t next_start(const char *s, size_t at, size_t n)
{
    while (at < n) {
        if (s[at] == '#') {
            const char *nl = memchr(s + at, '\n', n - at);
            at = nl ? (size_t)(nl - s) : n;
        } else if (is_blank(s[at]) || s[at] == ';' || s[at] == '\n' || s[at] == '\f' ||
                   s[at] == '\v') {
            at++;
        } else if (n - at >= 3 && !memcmp(s + at, "\xef\xbb\xbf", 3)) {
            at += 3;
        } else {
            break;
        }
    }
    return at;
}

static bool text_valid(Ctx *c, const char *text, size_t n)
{
    size_t bad;
    const char *nul = memchr(text, 0, n);
    if (n > UINT32_MAX / 2) {
        ctx_error(c, LBZ_LIMIT, NULL, "the line is longer than 2 GB");
        return false;
    }
    if (nul) {
        env_error_at(&c->env, (Span){(uint32_t)(nul - text), 1}, LBZ_SYNTAX, "remove it",
                     "there is a NUL character in the text");
        return false;
    }
    if (!utf8_valid(text, n, &bad)) {
        env_error_at(&c->env, (Span){(uint32_t)bad, 1}, LBZ_SYNTAX,
                     "save the text as UTF-8", "this byte is not valid UTF-8");
        return false;
    }
    return true;
}

bool parse_statement(Ctx *c, const ParseEnv *pe, const char *text, size_t n, size_t *at,
                     Parsed *out, Stmt *st)
{
    Parser p;
    ArenaMark m = arena_mark(&c->tmp);
    size_t from = next_start(text, *at, n);
    *st = (Stmt){.kind = ST_EMPTY, .span = {(uint32_t)from, 0}};
    *at = from;
    if (from < n) {
        parser_init(&p, c, pe, text, from, n, out);
        *at = one_statement(&p, st, from, n);
    }
    arena_release(&c->tmp, m);
    if (out && out->names.arena && !ctx_failed(c) &&
        (st->kind == ST_DEFINE || st->kind == ST_ASSIGN || st->kind == ST_FUNCTION))
        map_put(&out->names, st->sym,
                st->kind == ST_FUNCTION ? NAME_FUNCTION : NAME_VARIABLE);
    for (size_t i = 0; st->kind == ST_UNPACK && out && i < st->nparams; i++)
        if (out->names.arena && !ctx_failed(c))
            map_put(&out->names, st->params[i], NAME_VARIABLE);
    *at = next_start(text, *at, n);
    return !ctx_failed(c);
}

static bool append_statement(Ctx *c, Parsed *out, size_t *cap, Stmt st)
{
    if (out->n == *cap) {
        size_t to = *cap ? 2 * *cap : 4;
        Stmt *s = ARENA_NEW(ctx_arena(c), Stmt, to);
        if (!s || ctx_failed(c))
            return false;
        if (out->n)
            memcpy(s, out->stmts, out->n * sizeof *s);
        out->stmts = s;
        *cap = to;
    }
    out->stmts[out->n++] = st;
    return true;
}

void parsed_init(Ctx *c, Parsed *out)
{
    *out = (Parsed){0};
    map_init(&out->spans, ctx_arena(c));
    map_init(&out->names, ctx_arena(c));
}

bool parse_line(Ctx *c, const ParseEnv *pe, const char *text, size_t n, Parsed *out)
{
    size_t cap = 0, at = 0;
    Stmt st;
    parsed_init(c, out);
    if (!text_valid(c, text, n))
        return false;
    do {
        if (!parse_statement(c, pe, text, n, &at, out, &st) ||
            !append_statement(c, out, &cap, st))
            return false;
    } while (at < n);
    return !ctx_failed(c);
}

/* ---- pieces of lines */

static Node *parse_piece(Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                         size_t to, size_t *end, Parsed *out, bool stop_eq)
{
    Parser p;
    ArenaMark m = arena_mark(&c->tmp);
    parser_init(&p, c, pe, text, from, to, out);
    p.prefix = end != NULL;
    p.stop_eq = stop_eq;
    Node *n = parser_lex(&p) ? parser_node(&p) : c->poison;
    if (!ctx_failed(c)) {
        while (!end && kind_at(&p, p.i) == TK_NL && !ctx_failed(c)) {
            token_ahead(&p, p.i);
            p.i++;
        }
        if (end)
            *end = kind_at(&p, p.i) == TK_END ? to : tok(&p, p.i)->pos;
        else if (kind_at(&p, p.i) != TK_END)
            parser_unexpected_operator(&p);
    }
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : n;
}

Node *parse_expr(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 Parsed *spans)
{
    return parse_piece(c, pe, text, from, to, NULL, spans, false);
}

Node *parse_prefix(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                   size_t *end, Parsed *spans)
{
    return parse_piece(c, pe, text, from, to, end, spans, false);
}

Node *parse_side(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 size_t *end, Parsed *spans)
{
    return parse_piece(c, pe, text, from, to, end, spans, true);
}

Node *parse_text(Ctx *c, const char *text)
{
    return parse_piece(c, NULL, text, 0, strlen(text), NULL, NULL, false);
}

/* One `name = value`; the value is the rest of what parser_expr takes. */
static Node *one_binding(Parser *p, uint32_t *sym)
{
    size_t n;
    token_ahead(p, p->i);
    stand_at_token(p, p->i);
    if (kind_at(p, p->i) != TK_NAME || kind_at(p, p->i + 1) != TK_ASSIGN)
        return ctx_error(p->c, kind_at(p, p->i) == TK_END ? LBZ_INCOMPLETE : LBZ_SYNTAX,
                         "write at x=1, y=2", "name = value is expected here");
    const char *name = lex_name(&p->L, tok(p, p->i), &n);
    if (parser_is_constant(name, n))
        return ctx_error(p->c, LBZ_NAME, "bind another name",
                         "%.*s is a constant and cannot be bound", (int)n, name);
    *sym = sym_intern(p->c, name, n);
    p->i += 2;
    return parser_node(p);
}

bool parse_binds(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 size_t *end, uint32_t **syms, Node ***values, size_t *count)
{
    Parser p;
    ArenaMark m = arena_mark(&c->tmp);
    size_t n = 0, cap = 0;
    parser_init(&p, c, pe, text, from, to, NULL);
    p.prefix = true;
    for (bool go = parser_lex(&p); go && !ctx_failed(c); n++) {
        if (n == cap) {
            uint32_t *s = ARENA_NEW(ctx_arena(c), uint32_t, 2 * cap + 8);
            Node **v = ARENA_NEW(ctx_arena(c), Node *, 2 * cap + 8);
            if (!s || !v || ctx_failed(c))
                break;
            if (n) {
                memcpy(s, *syms, n * sizeof *s);
                memcpy(v, *values, n * sizeof *v);
            }
            *syms = s, *values = v, cap = 2 * cap + 8;
        }
        (*values)[n] = one_binding(&p, &(*syms)[n]);
        go = kind_at(&p, p.i) == TK_COMMA && kind_at(&p, p.i + 1) == TK_NAME &&
             kind_at(&p, p.i + 2) == TK_ASSIGN;
        p.i += go;
    }
    if (!ctx_failed(c))
        *end = kind_at(&p, p.i) == TK_END ? to : tok(&p, p.i)->pos;
    *count = ctx_failed(c) ? 0 : n;
    arena_release(&c->tmp, m);
    return !ctx_failed(c);
}
