/* commands/loops.c - for, while and pause in front of a block of statements: they act on the session's
 * names, as if the statements were typed one after the other; the line has one result, that of the last
 * statement. What pause assigns is constant to differentiation.
 */
#include "commands/commands.h"
#include "print/print.h"

enum { DEEPEST = 16 };

/* ---- the block ------------------------------------------------------------------------ */
typedef struct {
    Span head; /* what stands before the block */
    Span body; /* without the braces */
} Block;

/* The place behind the statement that begins at `from`: its ';' or line end outside brackets, or end. */
static uint32_t statement_end(const char *text, uint32_t from, uint32_t end)
{
    int depth = 0;
    for (uint32_t i = from; i < end; i++) {
        char ch = text[i];
        depth +=
            (ch == '(' || ch == '[' || ch == '{') - (ch == ')' || ch == ']' || ch == '}');
        if (depth == 0 && (ch == ';' || ch == '\n'))
            return i;
    }
    return end;
}

/* "head { body }". False with the error; the block may go on in the next line. */
static bool read_block(lbz_session *s, const char *text, Span a, const char *usage,
                       Block *b)
{
    uint32_t end = a.pos + a.len, open = a.pos;
    int depth = 0;
    while (open < end && text[open] != '{')
        open++;
    uint32_t at = open;
    for (; at < end; at++) {
        depth += (text[at] == '{') - (text[at] == '}');
        if (!depth)
            break;
    }
    if (open == end || at == end) {
        env_error_at(&s->c->env, a, open == end ? LBZ_SYNTAX : LBZ_INCOMPLETE, usage,
                     open == end ? "a block { ... } is missing" : "'}' is missing");
        return false;
    }
    if (args_trim(text, (Span){at + 1, end - at - 1}).len) {
        env_error_at(&s->c->env, (Span){at + 1, end - at - 1}, LBZ_SYNTAX, usage,
                     "nothing stands behind the block; ; separates statements");
        return false;
    }
    b->head = args_trim(text, (Span){a.pos, open - a.pos});
    b->body = (Span){open + 1, at - open - 1};
    return true;
}

/* Runs text[from, to) as a statement; errors are counted from the line. */
static bool run_piece(lbz_session *s, const char *text, uint32_t from, uint32_t to)
{
    size_t base = s->ans.err_base;
    bool ok = statement_run(s, text + from, to - from);
    s->ans.err_base = ok ? base : s->ans.err_base + from;
    if (!ok && s->ans.err.status == LBZ_INCOMPLETE)
        s->ans.err.status = LBZ_SYNTAX;
    return ok;
}

static bool run_body(lbz_session *s, const char *text, Span body)
{
    uint32_t end = body.pos + body.len;
    for (uint32_t at = body.pos; at < end;) {
        uint32_t next = statement_end(text, at, end);
        if (args_trim(text, (Span){at, next - at}).len && !run_piece(s, text, at, next))
            return false;
        at = next + 1;
    }
    return true;
}

/* Nested blocks are bounded; all changes are one to undo. */
static bool enter(lbz_session *s, Span a)
{
    if (s->load_depth < DEEPEST) {
        s->load_depth++;
        return true;
    }
    env_error_at(&s->c->env, a, LBZ_LIMIT, NULL, "blocks are nested too deeply");
    return false;
}

static bool leave(lbz_session *s, uint64_t began, bool ok)
{
    s->load_depth--;
    defs_join_changes(s, began);
    return ok;
}

/* ---- for ------------------------------------------------------------------------------ */
/* The elements of the range as texts, one behind the other, each ended by a NUL; how many. */
static bool range_texts(lbz_session *s, const char *text, Span a, Str *out, size_t *n)
{
    Node *r = args_value(s, text, a);
    *n = 0;
    if (ctx_failed(s->c))
        return false;
    if (!ex_is(r, OP_LIST)) {
        env_error_at(&s->c->env, a, LBZ_SHAPE, "for i = 1:3 { ... }",
                     "a range or a list is expected here");
        return false;
    }
    for (*n = 0; *n < r->n && !ctx_poll(s->c); ++*n) {
        print_plain(s->c, out, r->a[*n]);
        str_putc(out, '\0');
    }
    return !out->failed && !ctx_failed(s->c);
}

/* name := value, as typed. */
static bool assign_text(lbz_session *s, const char *text, Span name, const char *value)
{
    Str line = {0};
    str_put(&line, text + name.pos, name.len);
    str_puts(&line, " := ");
    str_puts(&line, value);
    bool ok = !line.failed && statement_run(s, str_cstr(&line), line.n);
    str_free(&line);
    return ok;
}

bool cmd_for(lbz_session *s, const char *text, Span args)
{
    static const char usage[] = "for i = 1:3 { w := w + i }";
    Block b;
    Str values = {0};
    size_t n = 0, at = 0;
    uint64_t began = s->statement;
    Span a = args_trim(text, args);
    if (!read_block(s, text, a, usage, &b))
        return false;
    uint32_t end = b.head.pos + b.head.len, eq = args_find(text, b.head, "=");
    Span name = args_trim(text, (Span){b.head.pos, eq - b.head.pos});
    if (eq == end || !name.len) {
        env_error_at(&s->c->env, b.head, LBZ_SYNTAX, usage,
                     "write for name = a:b { ... }");
        return false;
    }
    bool ok =
        range_texts(s, text, (Span){eq + 1, end - eq - 1}, &values, &n) && enter(s, a);
    if (!ok) {
        str_free(&values);
        return false;
    }
    for (size_t i = 0; ok && i < n; i++) {
        const char *value = values.s + at;
        at += strlen(value) + 1;
        ok = assign_text(s, text, name, value) && run_body(s, text, b.body);
    }
    str_free(&values);
    return leave(s, began, ok);
}

/* ---- while ---------------------------------------------------------------------------- */
/* 1, 0, or -1 with the error. */
static int truth(lbz_session *s, const char *text, Span a)
{
    Node *v = args_value(s, text, a);
    if (ctx_failed(s->c))
        return -1;
    if (ex_is(v, OP_TRUE) || ex_is(v, OP_FALSE))
        return ex_is(v, OP_TRUE);
    if (ex_is_num(v))
        return !num_is_zero(v->num);
    env_error_at(&s->c->env, a, LBZ_SHAPE, v->shape ? "write all(c) or any(c)" : NULL,
                 v->shape ? "a condition is one, and this is a tensor of them"
                          : "whether this holds is not known");
    return -1;
}

bool cmd_while(lbz_session *s, const char *text, Span args)
{
    Block b;
    Span a = args_trim(text, args);
    uint64_t began = s->statement;
    if (!read_block(s, text, a, "while norm(g) > 0.1 { w := w/2 }", &b) || !enter(s, a))
        return false;
    bool ok = true;
    int yes = 0;
    while (ok && (yes = truth(s, text, b.head)) == 1)
        ok = run_body(s, text, b.body);
    return leave(s, began, ok && yes == 0);
}

/* ---- pause ---------------------------------------------------------------------------- */
/* name = e and name := e become name = detach(e). */
static bool run_detached(lbz_session *s, const char *text, Span a)
{
    Str line = {0};
    uint32_t end = a.pos + a.len, eq = args_find(text, a, "="), i = a.pos;
    while (i < end && text[i] != '=' && text[i] != '(' && text[i] != '[' &&
           text[i] != '{')
        i++;
    bool defines = i < end && text[i] == '=' && i == eq && eq + 1 < end &&
                   text[eq + 1] != '=' && eq > a.pos && !strchr("<>!", text[eq - 1]);
    if (!defines)
        return run_piece(s, text, a.pos, end);
    Span e = args_trim(text, (Span){eq + 1, end - eq - 1});
    str_put(&line, text + a.pos, eq + 1 - a.pos);
    str_puts(&line, " detach(");
    str_put(&line, text + e.pos, e.len);
    str_putc(&line, ')');
    bool ok = !line.failed && statement_run(s, str_cstr(&line), line.n);
    if (!ok) { /* the text of the line is not in sight */
        s->ans.err.span = a;
        s->ans.err_base = 0;
    }
    str_free(&line);
    return ok;
}

bool cmd_pause(lbz_session *s, const char *text, Span args)
{
    Block b;
    Span a = args_trim(text, args);
    uint64_t began = s->statement;
    if (!read_block(s, text, a, "pause { u = x.*x }", &b) || !enter(s, a))
        return false;
    uint32_t end = b.body.pos + b.body.len;
    bool ok = true;
    for (uint32_t at = b.body.pos; ok && at < end;) {
        uint32_t next = statement_end(text, at, end);
        Span one = args_trim(text, (Span){at, next - at});
        ok = !one.len || run_detached(s, text, one);
        at = next + 1;
    }
    return leave(s, began, ok);
}
