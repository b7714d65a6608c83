/* parse/error.c - what is wrong with a text, said in one sentence with a way out. */
#include "parse/internal.h"

unsigned parser_column(const Parser *p, uint32_t pos)
{
    uint32_t line = pos;
    while (line && p->text[line - 1] != '\n')
        line--;
    return (unsigned)utf8_len(p->text + line, pos - line) + 1;
}

/* A piece of the text for a message, cut at max bytes. */
const char *parser_excerpt(Parser *p, uint32_t pos, uint32_t end, size_t max)
{
    size_t n = end - pos;
    bool cut = n > max;
    if (cut)
        for (n = max; n && ((unsigned char)p->text[pos + n] & 0xc0) == 0x80; n--)
            ;
    char *s = ARENA_NEW(&p->c->tmp, char, n + 4);
    if (!s)
        return "";
    memcpy(s, p->text + pos, n);
    memcpy(s + n, cut ? "..." : "", cut ? 4 : 1);
    for (size_t i = 0; i < n; i++)
        if (s[i] == '\n' || s[i] == '\r' || s[i] == '\t')
            s[i] = ' ';
    return s;
}

static const char *token_text(Parser *p, uint32_t i)
{
    return parser_excerpt(p, tok(p, i)->pos, tok_end(p, i), 30);
}

/* How people call what opened a frame. */
static const char *opener_name(Parser *p, const ParserFrame *f)
{
    switch (f->kind) {
    case PF_IF: return "`then` is missing for the `if`";
    case PF_THEN: return "`else` is missing for the `if`";
    case PF_ABS: return "'|' is missing for the '|'";
    case PF_LIST: return "']' is missing for the '['";
    case PF_CALL:
        return f->brace ? "']' is missing for the '['" : "')' is missing for the '('";
    case PF_CASES:
    case PF_PAIR:
    case PF_AT: return "'}' is missing for the '{'";
    default: return (void)p, "')' is missing for the '('";
    }
}

static uint32_t opening_token(const ParserFrame *f)
{
    return f->kind == PF_AT ? f->tok + 1 : f->tok;
}

void parser_not_closed(Parser *p, const ParserFrame *f)
{
    uint32_t o = opening_token(f);
    bool end = kind_at(p, p->i) == TK_END;
    stand_at_token(p, end ? o : p->i);
    ctx_error(p->c, end ? LBZ_INCOMPLETE : LBZ_SYNTAX, "close what is open first",
              "%s at column %u", opener_name(p, f), parser_column(p, tok(p, o)->pos));
}

void parser_wrong_closer(Parser *p, const ParserFrame *f)
{
    stand_at_token(p, p->i);
    ctx_error(p->c, LBZ_SYNTAX, "close what is open first",
              "%s at column %u, here is '%s'", opener_name(p, f),
              parser_column(p, tok(p, opening_token(f))->pos), token_text(p, p->i));
}

static bool is_closer(uint8_t kind)
{
    return kind == TK_RPAREN || kind == TK_RBRACK || kind == TK_RBRACE;
}

static void text_ends(Parser *p)
{
    uint32_t prev = p->i ? p->i - 1 : 0;
    while (prev && kind_at(p, prev) == TK_NL)
        prev--;
    stand_at_token(p, p->i);
    if (!p->i)
        ctx_error(p->c, LBZ_INCOMPLETE, NULL, "an expression is missing");
    else
        ctx_error(p->c, LBZ_INCOMPLETE, "write what comes next, or remove it",
                  "the line ends after '%s'", token_text(p, prev));
}

void parser_unexpected_operand(Parser *p)
{
    uint8_t kind = kind_at(p, p->i);
    const char *here = token_text(p, p->i);
    const char *before = p->i ? token_text(p, p->i - 1) : "";
    stand_at_token(p, p->i);
    if (kind == TK_END)
        text_ends(p);
    else if (kind >= TK_FOR && kind <= TK_RETURN)
        ctx_error(p->c, LBZ_SYNTAX, "write f(x) = { ... }",
                  "`%s` belongs into the block of a function", here);
    else if (kind >= TK_FIRST_WORD)
        ctx_error(p->c, LBZ_SYNTAX, "choose another name if it is meant as one",
                  "`%s` is a reserved word and cannot stand here", here);
    else if (is_closer(kind) && p->i && kind_at(p, p->i - 1) + 1 == kind)
        ctx_error(p->c, LBZ_SYNTAX, "write an expression between them",
                  "there is nothing between '%s' and '%s'", before, here);
    else if (kind == TK_ASSIGN)
        parser_bad_equals(p);
    else if (p->i && kind != TK_SEMI)
        ctx_error(p->c, LBZ_SYNTAX, parser_pair_hint(p),
                  "an operand is missing between '%s' and '%s'", before, here);
    else if (p->i)
        ctx_error(p->c, LBZ_SYNTAX, "write a number, a name or '(' there",
                  "an operand is missing after '%s'", before);
    else
        ctx_error(p->c, LBZ_SYNTAX, "begin with a number, a name or '('",
                  "an expression cannot begin with '%s'", here);
}

static const char *hint_for(uint8_t kind)
{
    switch (kind) {
    case TK_RPAREN: return "there is no '(' to close";
    case TK_RBRACK: return "there is no '[' to close";
    case TK_RBRACE: return "there is no '{' to close";
    case TK_COMMA: return "lists are written [a, b]";
    case TK_SEMI: return "write {a if x < 0; b otherwise}";
    case TK_WALRUS: return "only a name can stand before :=";
    case TK_THEN:
    case TK_ELSE: return "write if c then a else b";
    case TK_IF: return "write if c then a else b, or {a if c; b otherwise}";
    case TK_OTHERWISE: return "write {a if x < 0; b otherwise}";
    case TK_ON:
    case TK_IN: return "`on x in a:b` belongs to check";
    case TK_LBRACE: return "blocks belong to functions: f(x) = { ... }";
    default: return "only names, numbers and operators make an expression";
    }
}

void parser_unexpected_operator(Parser *p)
{
    uint8_t kind = kind_at(p, p->i);
    stand_at_token(p, p->i);
    if (kind >= TK_FIRST_WORD)
        ctx_error(p->c, LBZ_SYNTAX, hint_for(kind), "`%s` cannot stand here",
                  token_text(p, p->i));
    else
        ctx_error(p->c, LBZ_SYNTAX, kind == TK_DOT ? parser_dot_hint(p) : hint_for(kind),
                  "'%s' cannot stand here", token_text(p, p->i));
}

/* ---- did you mean */

static char lower_case(char ch) { return ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch; }

bool parser_same_letters(const char *a, const char *b, size_t n)
{
    size_t i = 0;
    while (i < n && lower_case(a[i]) == lower_case(b[i]))
        i++;
    return i == n;
}

/* Are a and b one insertion, deletion, substitution or exchange of neighbours apart? Case
 * is forgiven. */
static bool one_edit(const char *a, size_t n, const char *b, size_t m)
{
    size_t i = 0;
    if (n > m + 1 || m > n + 1)
        return false;
    while (i < n && i < m && lower_case(a[i]) == lower_case(b[i]))
        i++;
    a += i, n -= i, b += i, m -= i;
    while (n && m && lower_case(a[n - 1]) == lower_case(b[m - 1]))
        n--, m--;
    if (n <= 1 && m <= 1)
        return true;
    return n == 2 && m == 2 && lower_case(a[0]) == lower_case(b[1]) &&
           lower_case(a[1]) == lower_case(b[0]);
}

/* How near s, one edit away, is to the name: the same letters, the same first letter. */
static int nearness(const char *name, size_t n, const char *s)
{
    return strlen(s) == n && parser_same_letters(name, s, n) ? 2
           : lower_case(s[0]) == lower_case(name[0])         ? 1
                                                             : 0;
}

/* A function whose name is one edit away, the nearest one, or NULL. Names of one or two letters and
 * Greek letters are names of their own. */
const char *parser_similar_name(const char *name, size_t n)
{
    const char *found = NULL;
    if (n < 3 || lex_is_greek(name, n))
        return NULL;
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++) {
        const char *s = op_info((Op)op)->name;
        if (op != OP_AT && strlen(s) > 2 && one_edit(name, n, s, strlen(s)) &&
            (!found || nearness(name, n, s) > nearness(name, n, found)))
            found = s;
    }
    for (size_t i = 0; !found && i < synonym_count(); i++) {
        const char *s;
        Op op;
        synonym_at(i, &s, &op);
        if (strlen(s) > 2 && one_edit(name, n, s, strlen(s)))
            found = s;
    }
    return found;
}
