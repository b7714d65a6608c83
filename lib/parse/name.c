/* parse/name.c - what a name means where it stands: constant, function with or without
 * parentheses, unknown function, symbol. The statement as a whole decides for names that
 * the session does not know. */
#include "parse/internal.h"
#include <stdio.h>

enum { N_BARE = 1, N_BOUND = 2 };

static bool is_letter(char ch) { return (unsigned)((ch | 32) - 'a') < 26; }

static const struct {
    const char *name;
    uint8_t len, what; /* what: C_PI ..., TREE_TRUE, TREE_FALSE */
} constants[] = {{"pi", 2, C_PI},        {"e", 1, C_E},
                 {"inf", 3, C_INF},      {"infinity", 8, C_INF},
                 {"true", 4, TREE_TRUE}, {"false", 5, TREE_FALSE}};

static int constant_index(const char *name, size_t n)
{
    if (!strchr("peitf", name[0]))
        return -1;
    for (int i = 0; i < 6; i++)
        if (constants[i].len == n && constants[i].name[0] == name[0] &&
            !memcmp(constants[i].name, name, n))
            return constants[i].what;
    return -1;
}

bool parser_is_constant(const char *name, size_t n)
{
    return constant_index(name, n) >= 0;
}

NameKind parser_name_kind(Parser *p, const char *name, size_t n)
{
    uint64_t what;
    if (p->nparams || p->swept || p->line) {
        uint32_t sym = sym_intern(p->c, name, n);
        for (size_t i = 0; i < p->nparams; i++)
            if (p->params[i] == sym)
                return NAME_VARIABLE;
        if (p->own == sym + 1)
            return NAME_FUNCTION;
        if (p->swept && map_get(&p->bare, sym, &what) && what & N_BOUND)
            return NAME_VARIABLE;
        if (p->line && map_get(p->line, sym, &what))
            return (NameKind)what;
    }
    return p->pe && p->pe->lookup ? p->pe->lookup(p->pe->arg, name, n) : NAME_FREE;
}

/* ---- the statement as a whole */

static void sweep_mark(Parser *p, const char *name, size_t n, uint64_t what)
{
    uint32_t sym = sym_intern(p->c, name, n);
    uint64_t old = 0;
    map_get(&p->bare, sym, &old);
    if ((old | what) != old)
        map_put(&p->bare, sym, old | what);
}

static void sweep_name(Parser *p, uint32_t i, bool binds)
{
    size_t n;
    uint8_t next = kind_at(p, i + 1);
    const char *name = lex_name(&p->L, tok(p, i), &n);
    bool applied =
        (next == TK_LPAREN || next == TK_PRIME || next == TK_CARET) && glued(p, i + 1);
    if (next == TK_CARET && applied) {
        uint32_t after =
            kind_at(p, i + 2) == TK_LPAREN ? after_group(p, i + 2) : LEX_NONE;
        applied = after != LEX_NONE && kind_at(p, after) == TK_LPAREN && glued(p, after);
    }
    if (!applied)
        sweep_mark(p, name, n, N_BARE);
    if (i && kind_at(p, i - 1) == TK_SLASH && name[0] == 'd' && n > 1)
        sweep_mark(p, name + 1, n - 1, N_BARE);
    if (binds && next == TK_ASSIGN) {
        sweep_mark(p, name, n, N_BOUND);
        p->ebound |= n == 1 && name[0] == 'e';
        if (n == 1 && is_letter(name[0]))
            p->by |= 1ull << parser_letter_bit(name[0]);
    }
}

void parser_survey_names(Parser *p)
{
    bool binds = false, was = p->ebound;
    map_init(&p->bare, &p->c->tmp);
    p->swept = true;
    for (uint32_t i = 0; i < p->L.n && !ctx_failed(p->c); i++) {
        uint8_t kind = kind_at(p, i);
        if (kind == TK_AT || kind == TK_BARAT)
            binds = true;
        if (kind == TK_NAME)
            sweep_name(p, i, binds);
        if (p->L.seen_de && parser_derivative_by_e(p, i))
            p->ebound = true;
    }
    if (p->ebound && !was)
        parser_note(p, "e is a name here, not the constant 2.718...");
}

bool parser_bare_elsewhere(Parser *p, uint32_t sym)
{
    uint64_t what;
    if (!p->swept)
        parser_survey_names(p);
    return map_get(&p->bare, sym, &what) && what & N_BARE;
}

/* ---- symbols */

unsigned parser_letter_bit(char ch)
{
    return (unsigned)(ch >= 'a' ? ch - 'a' : ch - 'A' + 26);
}

static void push_name(Parser *p, uint32_t sym)
{
    parser_put_name(p, sym, tok(p, p->i)->pos, tok_end(p, p->i));
    last(p)->flags = VAL_BARE;
    p->i++;
}

/* Most symbols are letters that occur more than once. */
static uint32_t letter_symbol(Parser *p, const char *letter)
{
    unsigned k = parser_letter_bit(*letter);
    if (!(p->letters >> k & 1)) {
        p->letters |= 1ull << k;
        p->letter[k] = sym_intern(p->c, letter, 1);
    }
    return p->letter[k];
}

/* What the session knows of the name of a definition. */
static size_t about_name(const Parser *p, const char *name, size_t n,
                         const uint32_t **names)
{
    return p->pe && p->pe->defined && *p->pe->defined
               ? p->pe->about(p->pe->arg, name, n, names)
               : 0;
}

size_t parser_parameters(Parser *p, const char *name, size_t n, const uint32_t **names)
{
    bool known = p->pe && p->pe->defined && *p->pe->defined;
    return known && parser_name_kind(p, name, n) == NAME_FUNCTION
               ? about_name(p, name, n, names)
               : 0;
}

void parser_put_application(Parser *p, uint32_t sym, const uint32_t *params, size_t k,
                            uint32_t pos, uint32_t end)
{
    Str s = {0};
    for (size_t i = 0; i < k; i++) {
        parser_put_name(p, params[i], pos, end);
        str_printf(&s, "%s%s", i ? ", " : "", sym_name(p->c, params[i]));
    }
    parser_put(p, TREE_APPLY, (uint32_t)k, pos, end)->sym = sym;
    parser_note(p, "%s stands for %s(%s)", sym_name(p->c, sym), sym_name(p->c, sym),
                str_cstr(&s));
    str_free(&s);
}

/* A function of the user's without arguments stands for its expression. */
static bool operand_function(Parser *p, const char *name, size_t n)
{
    const uint32_t *params;
    size_t k = parser_parameters(p, name, n, &params);
    uint32_t sym = k ? sym_intern(p->c, name, n) : 0;
    if (!k || p->own == sym + 1)
        return false;
    parser_put_application(p, sym, params, k, tok(p, p->i)->pos, tok_end(p, p->i));
    p->i++;
    return true;
}

static void operand_symbol(Parser *p, const char *name, size_t n)
{
    bool seen =
        n == 1 && is_letter(name[0]) && p->letters >> parser_letter_bit(name[0]) & 1;
    if (!seen && operand_function(p, name, n))
        return;
    if (n == 1 && is_letter(name[0])) {
        push_name(p, letter_symbol(p, name));
        return;
    }
    if (!(tok(p, p->i)->flags & T_UNI))
        parser_remember_word(p, name, tok(p, p->i)->pos, n);
    push_name(p, sym_intern(p->c, name, n));
}

static void put_given(Parser *p, Node *n, uint32_t pos, uint32_t end)
{
    Tree *t = p->tree;
    Node **more = ARENA_NEW(ctx_arena(p->c), Node *, t->ngiven + 1u);
    if (!more || ctx_failed(p->c))
        return;
    if (t->ngiven)
        memcpy(more, t->given, t->ngiven * sizeof *more);
    t->given = more;
    more[t->ngiven] = n;
    parser_put(p, TREE_GIVEN, 0, pos, end)->at = t->ngiven++;
}

void parser_operand_string(Parser *p)
{
    uint32_t pos = tok(p, p->i)->pos, end = tok_end(p, p->i);
    if (top(p)->kind != PF_CALL || top(p)->brace || !op_is_tensor((Op)top(p)->fn)) {
        ctx_error(p->c, LBZ_SYNTAX, "as in einsum(\"ij,jk->ik\", A, B)",
                  "a text in quotes is an argument of some functions only");
        return;
    }
    char *s = arena_strndup(ctx_arena(p->c), p->text + pos + 1, end - pos - 2);
    if (s)
        put_given(p, ex_string(p->c, s, end - pos - 2), pos, end);
    p->i++;
}

/* The k-th result, which stands at tokens from..p->i. */
static void put_result(Parser *p, long k, uint32_t from)
{
    uint32_t pos = tok(p, from)->pos, end = tok_end(p, p->i - 1);
    Node *n = p->pe && p->pe->result ? p->pe->result(p->pe->arg, k)
                                     : ctx_error(p->c, LBZ_NAME, NULL,
                                                 "there is no result before this line");
    put_given(p, n, pos, end);
}

/* %pi, %e, as in Maxima. */
static bool operand_percent_constant(Parser *p)
{
    size_t n;
    const Token *next = tok(p, p->i + 1);
    if (next->kind != TK_NAME || !glued(p, p->i + 1))
        return false;
    const char *name = lex_name(&p->L, next, &n);
    int k = constant_index(name, n);
    if (k < 0 || k >= TREE_TRUE)
        return false;
    parser_note(p, "%%%.*s is written %.*s here; %% is the last result", (int)n, name,
                (int)n, name);
    parser_put(p, TREE_CONSTANT, 0, tok(p, p->i)->pos, tok_end(p, p->i + 1))->op =
        (uint16_t)k;
    p->i += 2;
    return true;
}

/* % is the last result, %% the one before it, %3 the third of the session. */
void parser_operand_past_result(Parser *p)
{
    if (operand_percent_constant(p))
        return;
    uint32_t from = p->i;
    const Token *next = tok(p, from + 1);
    long k = 1;
    p->i++;
    if (next->kind == TK_NUM && glued(p, p->i) && next->len < 9) {
        k = 0;
        for (uint32_t j = 0; j < next->len; j++)
            k = 10 * k + (p->text[next->pos + j] - '0');
        stand_at(p, next->pos - 1, next->pos + next->len);
        p->i++;
        put_result(p, -k, from);
        return;
    }
    for (; kind_at(p, p->i) == TK_PERCENT && glued(p, p->i); p->i++)
        k++;
    put_result(p, k, from);
}

static bool operand_constant(Parser *p, const char *name, size_t n)
{
    int k = constant_index(name, n);
    if (k < 0 || (k == C_E && p->ebound))
        return false;
    TreeItem *i = parser_put(p, TREE_CONSTANT, 0, tok(p, p->i)->pos, tok_end(p, p->i));
    i->op = (uint16_t)k;
    last(p)->flags = VAL_BARE;
    p->i++;
    return true;
}

/* ---- calls */

ParserFrame *parser_open_call(Parser *p, Op fn, uint32_t name, uint32_t paren)
{
    p->i = paren;
    ParserFrame *f = parser_push_frame(p, PF_CALL, BP_BARRIER);
    f->fn = (uint16_t)fn;
    f->name = name;
    p->i = paren + 1;
    return f;
}

bool parser_has_comma(const Parser *p, uint32_t paren)
{
    if (!tok(p, paren)->closed)
        return true;
    for (uint32_t i = paren + 1; i < tok(p, paren)->match; i++) {
        if (kind_at(p, i) == TK_COMMA)
            return true;
        if (tok(p, i)->closed)
            i = tok(p, i)->match;
    }
    return false;
}

/* A(1, 2) of a tensor. */
static bool reject_round_index(Parser *p, const char *name, size_t n)
{
    uint32_t paren = p->i + 1, after = after_group(p, paren);
    if (!p->pe || !p->pe->shape || after == LEX_NONE ||
        !p->pe->shape(p->pe->arg, sym_intern(p->c, name, n)))
        return false;
    const char *in = parser_excerpt(p, tok_end(p, paren), tok(p, after - 1)->pos, 60);
    char hint[240];
    snprintf(hint, sizeof hint,
             "write %.60s[%.60s] for an element, %.60s*(...) for a product",
             parser_excerpt(p, tok(p, p->i)->pos, tok_end(p, p->i), 50), in,
             parser_excerpt(p, tok(p, p->i)->pos, tok_end(p, p->i), 50));
    stand_at(p, tok(p, p->i)->pos, tok_end(p, after - 1));
    ctx_error(p->c, LBZ_SYNTAX, hint, "%.*s is a tensor, not a function", (int)n, name);
    return true;
}

static void operand_product(Parser *p, const char *name, size_t n)
{
    if (reject_round_index(p, name, n))
        return;
    uint32_t paren = p->i + 1, after = after_group(p, paren);
    const uint32_t *names;
    size_t k = after == LEX_NONE ? 0 : about_name(p, name, n, &names);
    const char *group = after == LEX_NONE ? ""
                                          : parser_excerpt(p, tok(p, paren)->pos,
                                                           tok_end(p, after - 1), 80);
    if (k == 1 && !parser_has_comma(p, paren))
        parser_note(p, "read as %.*s*%s; its value there is %.*s at %s=%s", (int)n, name,
                    group, (int)n, name, sym_name(p->c, names[0]),
                    parser_excerpt(p, tok_end(p, paren), tok(p, after - 1)->pos, 80));
    else if (after != LEX_NONE)
        parser_note(p, "read as %.*s*%s", (int)n, name, group);
    operand_symbol(p, name, n);
}

/* f_1_2: a partial derivative if f is applied to enough arguments. */
static bool looks_partial(const char *name, size_t n)
{
    size_t i = n;
    while (i && name[i - 1] >= '0' && name[i - 1] <= '9')
        i--;
    return i < n && i > 1 && name[i - 1] == '_' && name[i] != '0';
}

static void unknown_call(Parser *p, const char *name, size_t n)
{
    uint32_t sym = sym_intern(p->c, name, n), at = p->i;
    NameKind kind = parser_name_kind(p, name, n);
    if (kind == NAME_VARIABLE || (kind == NAME_FREE && parser_bare_elsewhere(p, sym))) {
        operand_product(p, name, n);
        return;
    }
    if (kind == NAME_FREE && parser_reject_foreign(p, name, n))
        return;
    bool guess = kind == NAME_FREE && !looks_partial(name, n);
    const char *product = guess ? parser_joined_function(p, name, n) : NULL;
    const char *near = guess && !product ? parser_similar_name(name, n) : NULL;
    if (product || near)
        stand_at_token(p, at);
    if (product) {
        ctx_error(p->c, LBZ_NAME,
                  "a function of your own is defined first: name(x) = ...",
                  "%.*s is one name: write %s(...)", (int)n, name, product);
        return;
    }
    if (near) {
        ctx_error(p->c, LBZ_NAME,
                  "a function of your own is defined first: name(x) = ...",
                  "%.*s is unknown: did you mean %s?", (int)n, name, near);
        return;
    }
    parser_open_call(p, OP_APPLY, at, at + 1)->sym = sym;
}

static void named_call(Parser *p, const char *name, size_t n)
{
    Op op = op_find(name, n);
    if (n == 1 && name[0] == 'D' && parser_has_comma(p, p->i + 1) &&
        parser_name_kind(p, name, n) == NAME_FREE)
        op = OP_DIFF;
    if (parser_reject_functional(p, name, n, op))
        return;
    if (op == OP_POISON) {
        unknown_call(p, name, n);
        return;
    }
    parser_open_call(p, op, p->i, p->i + 1);
    if (op == OP_MAP)
        parser_begin_map(p);
}

/* ---- f'(x) */

static void operand_primed(Parser *p, const char *name, size_t n, Op op)
{
    uint32_t at = p->i, j = at + 1;
    unsigned primes = 0;
    for (; kind_at(p, j) == TK_PRIME && glued(p, j); j++)
        primes += lex_primes(&p->L, tok(p, j));
    bool variable = parser_name_kind(p, name, n) == NAME_VARIABLE;
    bool function = op != OP_POISON || parser_name_kind(p, name, n) == NAME_FUNCTION;
    if (!function && (variable || kind_at(p, j) != TK_LPAREN || !glued(p, j))) {
        operand_symbol(p, name, n); /* ' transposes it */
        return;
    }
    if (kind_at(p, j) != TK_LPAREN || !glued(p, j)) {
        stand_at(p, tok(p, at)->pos, tok_end(p, j - 1));
        ctx_error(p->c, LBZ_SYNTAX, "write the argument, as in f'(x); for a formula d/dx",
                  "%s needs an argument",
                  parser_excerpt(p, tok(p, at)->pos, tok_end(p, j - 1), 60));
        return;
    }
    ParserFrame *f = parser_open_call(p, op == OP_POISON ? OP_APPLY : op, at, j);
    f->sym = sym_intern(p->c, name, n);
    f->primes = primes;
}

/* ---- names */

/* sin -x is a difference, which it hardly was meant to be. */
static void note_difference(Parser *p, const char *name, size_t n)
{
    if (kind_at(p, p->i + 1) == TK_MINUS && !glued(p, p->i + 1) && glued(p, p->i + 2) &&
        !lex_is_greek(name, n) && n > 2)
        parser_note(p, "read as %.*s minus what follows; write %.*s(-x) to apply it",
                    (int)n, name, (int)n, name);
}

/* Is the name before a token of that kind a symbol, whatever else it may mean elsewhere? */
static bool ends_name(uint8_t next)
{
    switch (next) {
    case TK_PLUS:
    case TK_MINUS:
    case TK_STAR:
    case TK_SLASH:
    case TK_RPAREN:
    case TK_COMMA:
    case TK_END: return true;
    default: return false;
    }
}

void parser_operand_name(Parser *p)
{
    size_t n;
    const char *name = lex_name(&p->L, tok(p, p->i), &n);
    uint8_t next = kind_at(p, p->i + 1);
    if (n == 1 && name[0] != 'd' && name[0] != 'e' && ends_name(next)) {
        operand_symbol(p, name, n);
        return;
    }
    bool tight = glued(p, p->i + 1);
    if (next == TK_ASSIGN && parser_operand_named(p, name, n))
        return;
    if (name[0] == 'd' && parser_operand_derivative(p))
        return;
    if (operand_constant(p, name, n))
        return;
    if (n == 3 && !memcmp(name, "ans", 3)) {
        p->i++;
        put_result(p, 1, p->i - 1);
        return;
    }
    if (n == 3 && !memcmp(name, "end", 3) && parser_operand_end(p))
        return;
    if (tight && next == TK_LPAREN) {
        named_call(p, name, n);
        return;
    }
    if (n == 1 && tight && next == TK_LBRACK && name[0] == 'D' &&
        parser_name_kind(p, name, n) != NAME_VARIABLE) {
        parser_open_call(p, OP_DIFF, p->i, p->i + 1)->brace = true;
        return;
    }
    Op op = n == 1 ? OP_POISON : op_find(name, n);
    if (tight && next == TK_LBRACK && parser_reject_brackets(p, name, n, op))
        return;
    if (tight && next == TK_PRIME) {
        operand_primed(p, name, n, op);
        return;
    }
    if (op != OP_POISON && parser_apply_named(p, name, n, op))
        return;
    if (op == OP_POISON && next == TK_CARET &&
        parser_derivative_order_follows(p, name, n)) {
        parser_operand_ordered(p, name, n);
        return;
    }
    if (op == OP_POISON && parser_apply_own(p, name, n))
        return;
    if (parser_operand_begins(p, p->i + 1) && parser_reject_words(p, name, n, op))
        return;
    if (op != OP_POISON)
        note_difference(p, name, n);
    operand_symbol(p, name, n);
}
