/* procedure/parse.c - the text of a procedure to statements with jumps.
 *
 * This file only finds out where statements begin and end; expressions are read by the
 * parser. Braces inside braces are read by recursion, NESTED deep at most.
 */
#include "expr/shape.h"
#include "procedure/procedure.h"

enum { NESTED = 64 };

typedef struct {
    Ctx *c;
    ParseEnv pe; /* with lookup_local in front of the session's */
    const ParseEnv *outer;
    const char *s;
    size_t at, to;
    Parsed *spans;
    Procedure *b;
    unsigned depth;
    struct {
        const char *name;
        size_t n;
    } local[256]; /* names known as variables; more are free names, which is as well */
    size_t nlocal;
} ProcedureReader;

static bool read_statements(ProcedureReader *r);

/* ---- small pieces of text ---------------------------------------------------------- */
static bool is_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_part(char c) { return is_start(c) || (c >= '0' && c <= '9'); }

static bool fail_at(ProcedureReader *r, size_t at, lbz_status st, const char *hint,
                    const char *what)
{
    env_error_at(&r->c->env, (Span){(uint32_t)at, at < r->to ? 1 : 0}, st, hint, "%s",
                 what);
    return false;
}

static void skip_comment(const ProcedureReader *r, size_t *i)
{
    while (*i < r->to && r->s[*i] != '\n')
        (*i)++;
}

/* Blanks, line ends, comments and semicolons between statements. */
static void skip_gap(ProcedureReader *r)
{
    while (r->at < r->to) {
        char c = r->s[r->at];
        if (c == '#')
            skip_comment(r, &r->at);
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';')
            r->at++;
        else
            return;
    }
}

static void skip_blanks(ProcedureReader *r)
{
    while (r->at < r->to && (r->s[r->at] == ' ' || r->s[r->at] == '\t'))
        r->at++;
}

/* Blanks and line ends, as between `}` and `else`. */
static size_t after_space(const ProcedureReader *r, size_t i)
{
    while (i < r->to && (r->s[i] == ' ' || r->s[i] == '\t' || r->s[i] == '\n' ||
                         r->s[i] == '\r' || r->s[i] == '#'))
        if (r->s[i] == '#')
            skip_comment(r, &i);
        else
            i++;
    return i;
}

static size_t name_length(const ProcedureReader *r, size_t i)
{
    size_t k = i;
    if (k < r->to && is_start(r->s[k]))
        while (k < r->to && is_part(r->s[k]))
            k++;
    return k - i;
}

static bool word_at(const ProcedureReader *r, size_t i, const char *w)
{
    size_t n = strlen(w);
    return name_length(r, i) == n && memcmp(r->s + i, w, n) == 0;
}

/* A line that ends with an operator goes on. */
static bool goes_on(const ProcedureReader *r, size_t from, size_t end)
{
    while (end > from &&
           (r->s[end - 1] == ' ' || r->s[end - 1] == '\t' || r->s[end - 1] == '\r'))
        end--;
    return end == from || strchr("+-*/^,=<>:", r->s[end - 1]) != NULL;
}

/* Where the expression that begins at `at` ends: before ; or a line end or } or, when it is a
 * condition, before {. */
static size_t piece_end(const ProcedureReader *r, size_t at, bool condition)
{
    int depth = 0;
    size_t i = at;
    for (; i < r->to; i++) {
        char c = r->s[i];
        if (c == '#') {
            if (depth == 0)
                return i;
            skip_comment(r, &i);
            i--;
        } else if (c == '(' || c == '[' || (c == '{' && !(condition && depth == 0))) {
            depth++;
        } else if (c == '{') {
            return i;
        } else if (c == ')' || c == ']' || c == '}') {
            if (depth-- == 0)
                return i;
        } else if (depth == 0 && (c == ';' || (c == '\n' && !goes_on(r, at, i)))) {
            return i;
        }
    }
    return i;
}

/* ---- names ------------------------------------------------------------------------- */
static bool is_local(void *arg, const char *name, size_t n)
{
    const ProcedureReader *r = arg;
    for (size_t i = 0; i < r->nlocal; i++)
        if (r->local[i].n == n && memcmp(r->local[i].name, name, n) == 0)
            return true;
    return false;
}

static NameKind lookup_local(void *arg, const char *name, size_t n)
{
    const ProcedureReader *r = arg;
    if (is_local(arg, name, n))
        return NAME_VARIABLE;
    if (sym_intern(r->c, name, n) == r->b->sym)
        return NAME_FUNCTION;
    return r->outer && r->outer->lookup ? r->outer->lookup(r->outer->arg, name, n)
                                        : NAME_FREE;
}

/* A name that is assigned. False with an error when it is a constant of the language. */
static bool may_assign(ProcedureReader *r, size_t at, size_t n)
{
    static const char *const constant[] = {"e", "pi", "inf"};
    for (size_t i = 0; i < 3; i++)
        if (strlen(constant[i]) == n && memcmp(constant[i], r->s + at, n) == 0)
            return fail_at(r, at, LBZ_NAME, "choose another name",
                           "e, pi and inf are constants and cannot be assigned");
    return true;
}

static void know_name(ProcedureReader *r, const char *name, size_t n)
{
    if (r->nlocal < sizeof r->local / sizeof *r->local) {
        r->local[r->nlocal].name = name;
        r->local[r->nlocal++].n = n;
    }
}

static Node *outer_result(void *arg, long k)
{
    const ProcedureReader *r = arg;
    if (r->outer && r->outer->result)
        return r->outer->result(r->outer->arg, k);
    return ctx_error(r->c, LBZ_NAME, NULL, "there is no earlier result here");
}

/* ---- statements -------------------------------------------------------------------- */
static ProcedureStmt *add_statement(ProcedureReader *r, ProcedureOp op, size_t at)
{
    Procedure *b = r->b;
    if (b->n == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 16;
        ProcedureStmt *code = ARENA_NEW0(ctx_arena(r->c), ProcedureStmt, cap);
        if (!code)
            return NULL;
        if (b->n)
            memcpy(code, b->code, b->n * sizeof *code);
        b->code = code;
        b->cap = cap;
    }
    ProcedureStmt *s = &b->code[b->n++];
    *s = (ProcedureStmt){.op = op, .at = {(uint32_t)at, 1}};
    return s;
}

static Node *read_expression_to(ProcedureReader *r, size_t end)
{
    if (after_space(r, r->at) >= end)
        return fail_at(r, end, LBZ_SYNTAX, NULL, "an expression is expected here"),
               r->c->poison;
    Node *e = parse_expr(r->c, &r->pe, r->s, r->at, end, r->spans);
    r->at = end;
    return e;
}

static bool open_brace(ProcedureReader *r)
{
    size_t i = after_space(r, r->at);
    if (i >= r->to || r->s[i] != '{')
        return fail_at(r, i, LBZ_SYNTAX, "write while x < 10 { x = 2*x }",
                       "a { is expected here");
    r->at = i + 1;
    return true;
}

static bool read_braces(ProcedureReader *r)
{
    if (!open_brace(r))
        return false;
    if (++r->depth > NESTED)
        return fail_at(r, r->at, LBZ_LIMIT, "put inner parts into functions of their own",
                       "blocks are nested too deep");
    if (!read_statements(r))
        return false;
    r->depth--;
    r->at++; /* } */
    return true;
}

/* cond { yes } else { no }, after `if`. The jumps out of all branches lead behind the last. */
static bool read_if(ProcedureReader *r)
{
    size_t jump[NESTED * 4], n = 0, condition[NESTED * 4 + 1], conditions = 0;
    for (;;) {
        size_t at = r->at, unless = r->b->n;
        ProcedureStmt *s = add_statement(r, STEP_UNLESS, at);
        Node *e = read_expression_to(r, piece_end(r, r->at, true));
        if (!s || ctx_failed(r->c))
            return false;
        r->b->code[unless].e = e;
        condition[conditions++] = unless;
        if (!read_braces(r))
            return false;
        size_t next = after_space(r, r->at);
        if (!word_at(r, next, "else")) {
            r->b->code[unless].target = r->b->n;
            break;
        }
        if (n == sizeof jump / sizeof *jump)
            return fail_at(r, next, LBZ_LIMIT, NULL, "there are too many branches");
        jump[n++] = r->b->n;
        if (!add_statement(r, STEP_JUMP, next))
            return false;
        r->b->code[unless].target = r->b->n;
        r->at = after_space(r, next + 4);
        if (!word_at(r, r->at, "if")) {
            if (!read_braces(r))
                return false;
            break;
        }
        r->at += 2;
    }
    for (size_t k = 0; k < n; k++)
        r->b->code[jump[k]].target = r->b->n;
    for (size_t k = 0; k < conditions; k++)
        r->b->code[condition[k]].join = r->b->n;
    return true;
}

static bool read_while(ProcedureReader *r)
{
    size_t top = r->b->n;
    ProcedureStmt *s = add_statement(r, STEP_UNLESS, r->at);
    Node *e = read_expression_to(r, piece_end(r, r->at, true));
    if (!s || ctx_failed(r->c) || !read_braces(r))
        return false;
    r->b->code[top].e = e;
    s = add_statement(r, STEP_JUMP, r->at);
    if (!s)
        return false;
    s->target = top;
    r->b->code[top].target = r->b->n;
    return true;
}

/* The next ':' outside brackets in [from, end), or end. */
static size_t find_colon(const ProcedureReader *r, size_t from, size_t end)
{
    int depth = 0;
    for (size_t i = from; i < end; i++) {
        char c = r->s[i];
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        if (c == ':' && depth == 0)
            return i;
    }
    return end;
}

/* i = a:b or i = a:step:b, after `for`. */
static bool read_range(ProcedureReader *r, ProcedureStmt *f)
{
    skip_blanks(r);
    size_t n = name_length(r, r->at), end = piece_end(r, r->at, true);
    if (n == 0)
        return fail_at(r, r->at, LBZ_SYNTAX, "write for i = 1:n { ... }",
                       "a name is expected here");
    if (!may_assign(r, r->at, n))
        return false;
    f->sym = sym_intern(r->c, r->s + r->at, n);
    know_name(r, r->s + r->at, n);
    r->at += n;
    skip_blanks(r);
    size_t colon = find_colon(r, r->at, end);
    bool in = word_at(r, r->at, "in");
    if (r->at >= end || (r->s[r->at] != '=' && !in) || colon == end)
        return fail_at(r, r->at, LBZ_SYNTAX, "write for i = 1:n { ... }",
                       "a range from:to is expected here");
    r->at += in ? 2 : 1;
    f->e = read_expression_to(r, colon);
    r->at = colon + 1;
    colon = find_colon(r, r->at, end);
    f->step = r->c->one;
    if (colon < end && !ctx_failed(r->c)) {
        f->step = read_expression_to(r, colon);
        r->at = colon + 1;
    }
    if (!ctx_failed(r->c))
        f->limit = read_expression_to(r, end);
    return !ctx_failed(r->c);
}

static bool read_for(ProcedureReader *r)
{
    ProcedureStmt f = {
        .op = STEP_FOR, .at = {(uint32_t)r->at, 1}, .loop = r->b->nloops++};
    if (!read_range(r, &f))
        return false;
    size_t top = r->b->n;
    ProcedureStmt *s = add_statement(r, STEP_FOR, f.at.pos);
    if (!s)
        return false;
    *s = f;
    if (!read_braces(r) || !(s = add_statement(r, STEP_NEXT, r->at)))
        return false;
    s->target = top;
    s->loop = f.loop;
    r->b->code[top].target = r->b->n;
    return true;
}

static bool read_return(ProcedureReader *r)
{
    ProcedureStmt s = {.op = STEP_RETURN, .at = {(uint32_t)r->at, 1}};
    size_t end = piece_end(r, r->at, false);
    if (after_space(r, r->at) < end)
        s.e = read_expression_to(r, end);
    r->at = end;
    ProcedureStmt *t = add_statement(r, STEP_RETURN, r->at);
    if (t)
        *t = s;
    return t && !ctx_failed(r->c);
}

/* name[index] =: the indices; r->at is at the name. */
static bool read_index(ProcedureReader *r, ProcedureStmt *s, size_t close)
{
    Node *part = parse_expr(r->c, &r->pe, r->s, r->at, close + 1, r->spans);
    if (ctx_failed(r->c))
        return false;
    if (!ex_is(part, OP_INDEX) || part->n > PROCEDURE_RANK + 1)
        return fail_at(r, r->at, LBZ_SYNTAX, "write v[i] = e or A[i, j] = e",
                       "this is no index");
    s->index = part->a + 1;
    s->nindex = part->n - 1;
    return true;
}

/* Is this an assignment? Its '=' then, else 0; *close gets the ] of an indexed one. */
static size_t find_assignment(const ProcedureReader *r, size_t end, size_t *close)
{
    size_t i = r->at, n = name_length(r, i);
    int depth = 0;
    *close = 0;
    if (n == 0)
        return 0;
    i += n;
    while (i < end && r->s[i] == ' ')
        i++;
    if (i < end && r->s[i] == '[') {
        for (; i < end; i++) {
            depth += (r->s[i] == '[') - (r->s[i] == ']');
            if (depth == 0)
                break;
        }
        *close = i++;
        while (i < end && r->s[i] == ' ')
            i++;
    }
    if (i + 1 < end && r->s[i] == ':' && r->s[i + 1] == '=')
        return i + 1;
    return i < end && r->s[i] == '=' && (i + 1 == end || r->s[i + 1] != '=') ? i : 0;
}

static bool read_assignment(ProcedureReader *r, size_t eq, size_t close, size_t end,
                            bool let)
{
    ProcedureStmt s = {.op = close ? STEP_STORE : STEP_ASSIGN,
                       .at = {(uint32_t)r->at, 1},
                       .declares = let};
    size_t n = name_length(r, r->at);
    const char *name = r->s + r->at;
    if (!may_assign(r, r->at, n))
        return false;
    s.sym = sym_intern(r->c, name, n);
    if (close && !read_index(r, &s, close))
        return false;
    r->at = eq + 1;
    s.e = read_expression_to(r, end);
    if (!close)
        know_name(r, name, n);
    ProcedureStmt *t = add_statement(r, s.op, r->at);
    if (t)
        *t = s;
    return t && !ctx_failed(r->c);
}

static bool read_simple(ProcedureReader *r)
{
    size_t at = r->at, end, close;
    bool let = word_at(r, at, "let");
    if (let) {
        r->at = at + 3;
        skip_blanks(r);
    }
    end = piece_end(r, r->at, false);
    size_t eq = find_assignment(r, end, &close);
    if (eq)
        return read_assignment(r, eq, close, end, let);
    if (let)
        return fail_at(r, r->at, LBZ_SYNTAX, "write let x = 1",
                       "a name = value is expected here");
    Node *e = read_expression_to(r, end);
    ProcedureStmt *s = ctx_failed(r->c) ? NULL : add_statement(r, STEP_VALUE, at);
    if (s)
        s->e = e;
    return s != NULL;
}

static bool read_statement(ProcedureReader *r)
{
    size_t at = r->at;
    if (word_at(r, at, "while"))
        return r->at += 5, read_while(r);
    if (word_at(r, at, "for"))
        return r->at += 3, read_for(r);
    if (word_at(r, at, "return"))
        return r->at += 6, read_return(r);
    if (word_at(r, at, "if")) {
        size_t brace = piece_end(r, at + 2, true);
        if (brace < r->to && r->s[brace] == '{')
            return r->at += 2, read_if(r);
    }
    return read_simple(r);
}

/* Up to the end of the text or the } of the procedure, which is not taken. */
static bool read_statements(ProcedureReader *r)
{
    for (;;) {
        skip_gap(r);
        if (r->at >= r->to)
            return r->depth == 0 || fail_at(r, r->at, LBZ_INCOMPLETE,
                                            "close what is open", "a } is missing");
        if (r->s[r->at] == '}')
            return r->depth > 0 ||
                   fail_at(r, r->at, LBZ_SYNTAX, NULL, "there is no { to close");
        if (!read_statement(r) || ctx_poll(r->c))
            return false;
    }
}

/* Names get their values when the procedure runs: numbers, or lists. */
static uint32_t shape_of_local(void *arg, uint32_t sym)
{
    (void)arg, (void)sym;
    return SHAPE_ANY;
}

Procedure *procedure_parse(Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                           size_t to, uint32_t sym, const uint32_t *params,
                           size_t nparams, Parsed *spans)
{
    Procedure *b = ARENA_NEW0(ctx_arena(c), Procedure, 1);
    ProcedureReader r = {
        .c = c, .outer = pe, .s = text, .at = from, .to = to, .spans = spans, .b = b};
    if (!b)
        return NULL;
    r.pe = (ParseEnv){.strict = pe && pe->strict,
                      .lookup = lookup_local,
                      .result = outer_result,
                      .bound = is_local,
                      .shape = shape_of_local,
                      .arg = &r};
    *b = (Procedure){.sym = sym, .params = params, .nparams = nparams, .text = text};
    for (size_t i = 0; i < nparams; i++)
        know_name(&r, sym_name(c, params[i]), strlen(sym_name(c, params[i])));
    if (!read_statements(&r) || !add_statement(&r, STEP_END, to))
        return NULL;
    return b;
}

Procedure *procedure_of_formula(Ctx *c, Node *e, uint32_t sym, const uint32_t *params,
                                size_t nparams)
{
    Procedure *b = ARENA_NEW0(ctx_arena(c), Procedure, 1);
    ProcedureStmt *s = ARENA_NEW0(ctx_arena(c), ProcedureStmt, 2);
    if (!b || !s)
        return NULL;
    s[0] = (ProcedureStmt){.op = STEP_RETURN, .e = e};
    s[1] = (ProcedureStmt){.op = STEP_END};
    *b = (Procedure){
        .sym = sym, .params = params, .nparams = nparams, .code = s, .n = 2, .cap = 2};
    return b;
}
