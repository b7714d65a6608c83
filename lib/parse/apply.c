/* parse/apply.c - functions applied without parentheses glued to their name: sin 2x,
 * sin^2 x, expand (x+1)^2, and f^(n)(u), the n-th derivative of f. */
#include "parse/internal.h"
#include <stdio.h>

static const char *inverse_of(const char *name, size_t n, char buffer[40])
{
    static const char *const pairs[][2] = {
        {"exp", "log"},    {"log", "exp"},     {"ln", "exp"},
        {"erf", "erfinv"}, {"tg", "atan"},     {"exp2", "log2"},
        {"log2", "exp2"},  {"log10", "exp10"}, {"exp10", "log10"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strlen(pairs[i][0]) == n && !memcmp(pairs[i][0], name, n))
            return pairs[i][1];
    if (n > 30)
        return NULL;
    buffer[0] = 'a';
    memcpy(buffer + 1, name, n);
    buffer[n + 1] = 0;
    return op_find(buffer, n + 1) != OP_POISON ? buffer : NULL;
}

static void inverse_error(Parser *p, const char *name, size_t n, uint32_t arg)
{
    char buffer[40];
    const char *inv = inverse_of(name, n, buffer);
    const char *x = "x";
    if (kind_at(p, arg) == TK_LPAREN && tok(p, arg)->closed)
        x = parser_excerpt(p, tok_end(p, arg), tok(p, tok(p, arg)->match)->pos, 40);
    else if (kind_at(p, arg) == TK_NAME || kind_at(p, arg) == TK_NUM)
        x = parser_excerpt(p, tok(p, arg)->pos, tok_end(p, arg), 40);
    char hint[200];
    if (inv)
        snprintf(hint, sizeof hint,
                 "write %s(%s) for the inverse function, 1/%.*s(%s) for the "
                 "reciprocal",
                 inv, x, (int)n, name, x);
    else
        snprintf(hint, sizeof hint, "write 1/%.*s(%s) for the reciprocal", (int)n, name,
                 x);
    stand_at(p, tok(p, p->i)->pos, tok_end(p, arg - 1));
    ctx_error(p->c, LBZ_SYNTAX, hint, "%.*s to the power -1 has two meanings", (int)n,
              name);
}

/* The exponent in sin^2 x, sin^-2 x, sin^n x, or a superscript: tokens from..after. */
typedef struct {
    uint32_t from, after, value; /* value: the token of the number or name */
    bool negative;
} WrittenExponent;

/* From token i on; false: none of this kind. */
static bool simple_exponent(Parser *p, uint32_t i, WrittenExponent *x)
{
    size_t n;
    int64_t k;
    bool symbolic;
    *x = (WrittenExponent){.from = i, .after = i + 1, .value = i};
    if (kind_at(p, i) == TK_SUP)
        return lex_superscript(&p->L, tok(p, i), &k, &symbolic);
    i++;
    x->negative = kind_at(p, i) == TK_MINUS;
    x->value = i += x->negative;
    x->after = i + 1;
    const Token *t = tok(p, i);
    if (t->kind == TK_NAME) {
        const char *name = lex_name(&p->L, t, &n);
        return !parser_is_constant(name, n) && op_find(name, n) == OP_POISON;
    }
    Num v;
    return t->kind == TK_NUM &&
           num_parse(&p->c->tmp, p->text + t->pos, t->len, &v) == t->len;
}

static void put_exponent(Parser *p, const WrittenExponent *x)
{
    const Token *t = tok(p, x->value);
    uint32_t pos = t->pos, end = t->pos + t->len;
    if (t->kind == TK_SUP) {
        (void)parser_put_superscript(p, x->value);
    } else if (t->kind == TK_NAME) {
        size_t n;
        const char *name = lex_name(&p->L, t, &n);
        parser_put_name(p, sym_intern(p->c, name, n), pos, end);
    } else {
        Num v = NUM_ONE;
        (void)num_parse(ctx_arena(p->c), p->text + pos, t->len, &v);
        parser_put_number(p, v, pos, end);
    }
    if (x->negative)
        parser_put(p, TREE_NEGATE, 1, tok(p, x->value - 1)->pos, end);
}

/* sin^-1: is the value the number -1? */
static bool is_minus_one(const Parser *p, const ParserValue *v)
{
    const TreeItem *t = root_of(p, v);
    if (t->kind == TREE_NEGATE)
        t--; /* its operand, when that is a number */
    else if (t->kind == TREE_NUMBER)
        return t->op == 0 && t->number == -1;
    return t->kind == TREE_NUMBER && t->op == 0 && t->number == 1;
}

static void open_argument(Parser *p, Op op, uint32_t name, uint32_t arg, bool expo)
{
    ParserFrame *f;
    if (kind_at(p, arg) == TK_LPAREN) {
        f = parser_open_call(p, op, name, arg);
    } else {
        p->i = arg;
        f = parser_push_frame(p, PF_FUNARG, BP_JUXT);
        f->fn = (uint16_t)op;
        f->name = name;
    }
    f->expo = expo;
}

/* Can a bar at token i begin an argument, or does it close one that is open? */
static bool argument_begins(Parser *p, uint32_t i)
{
    if (kind_at(p, i) != TK_BAR)
        return parser_operand_begins(p, i);
    return p->f[p->barrier].kind != PF_ABS ||
           (tok(p, i)->flags & T_SPACE && glued(p, i + 1));
}

/* sin^2 x, sin^2(x), sin^(1/2)(x); true when it was one. */
static bool function_power(Parser *p, const char *name, size_t n, Op op)
{
    uint32_t at = p->i;
    bool greek = lex_is_greek(name, n);
    if (kind_at(p, at + 1) == TK_CARET && kind_at(p, at + 2) == TK_LPAREN) {
        uint32_t after = after_group(p, at + 2);
        if (after == LEX_NONE || !argument_begins(p, after) ||
            (greek && !(kind_at(p, after) == TK_LPAREN && glued(p, after))))
            return false;
        p->i = at + 2;
        ParserFrame *f = parser_push_frame(p, PF_EXPONENT, BP_BARRIER);
        f->fn = (uint16_t)op;
        f->name = at;
        p->i++;
        return true;
    }
    WrittenExponent x;
    if (!simple_exponent(p, at + 1, &x) || !argument_begins(p, x.after) ||
        (greek && !(kind_at(p, x.after) == TK_LPAREN && glued(p, x.after))))
        return false;
    put_exponent(p, &x);
    if (is_minus_one(p, last(p)))
        inverse_error(p, name, n, x.after);
    else
        open_argument(p, op, at, x.after, true);
    return true;
}

/* A name of the table where no '(' is glued to it; true when it is applied here. */
bool parser_apply_named(Parser *p, const char *name, size_t n, Op op)
{
    uint32_t at = p->i, next = at + 1;
    uint8_t kind = kind_at(p, next);
    bool structural = op_is_structural(op), power = kind == TK_CARET || kind == TK_SUP;
    if (n == 1 || (!power && !argument_begins(p, next)) ||
        parser_name_kind(p, name, n) == NAME_VARIABLE)
        return false;
    if (power)
        return op_is_function(op) && glued(p, next) && function_power(p, name, n, op);
    /* expand (x+1)^2 - 1 */
    if (structural && op_info(op)->flags & TAKES_SUM &&
        !(kind == TK_LPAREN && parser_has_comma(p, next))) {
        p->i = next;
        ParserFrame *f = parser_push_frame(p, PF_PREFIX, BP_RANGE);
        f->fn = (uint16_t)op;
        f->name = at;
        return true;
    }
    if (kind != TK_LPAREN && !op_is_function(op))
        return false;
    open_argument(p, op, at, next, false);
    return true;
}

/* ---- f^(n)(u) */

bool parser_derivative_order_follows(Parser *p, const char *name, size_t n)
{
    uint32_t i = p->i + 1;
    if (kind_at(p, i) != TK_CARET || !glued(p, i) || kind_at(p, i + 1) != TK_LPAREN ||
        tok(p, i + 1)->match != i + 3 || !tok(p, i + 1)->closed)
        return false;
    uint8_t inner = kind_at(p, i + 2);
    if ((inner != TK_NUM && inner != TK_NAME) || kind_at(p, i + 4) != TK_LPAREN ||
        !glued(p, i + 4))
        return false;
    NameKind kind = parser_name_kind(p, name, n);
    return kind == NAME_FUNCTION ||
           (kind == NAME_FREE && !parser_bare_elsewhere(p, sym_intern(p->c, name, n)));
}

void parser_operand_ordered(Parser *p, const char *name, size_t n)
{
    uint32_t at = p->i;
    p->i = at + 2;
    ParserFrame *f = parser_push_frame(p, PF_EXPONENT, BP_BARRIER);
    f->fn = OP_APPLY;
    f->name = at;
    f->sym = sym_intern(p->c, name, n);
    p->i++;
}

/* The ')' of the exponent behind a function's name was read; the exponent is the last
 * value. */
void parser_after_exponent(Parser *p, const ParserFrame *f)
{
    const ParserValue *x = last(p);
    const TreeItem *t = root_of(p, x);
    size_t n;
    const char *name = lex_name(&p->L, tok(p, f->name), &n);
    bool whole = x->flags & VAL_NUM && t->kind == TREE_NUMBER && t->op == 0;
    if (f->fn == OP_APPLY || (whole && glued(p, p->i) && kind_at(p, p->i) == TK_LPAREN)) {
        if (f->fn != OP_APPLY)
            parser_note(p,
                        "read as the derivative of order %s of %.*s; for a power write "
                        "%.*s(...)^%s",
                        parser_excerpt(p, x->pos, x->end, 20), (int)n, name, (int)n, name,
                        parser_excerpt(p, x->pos, x->end, 20));
        ParserFrame *g = parser_open_call(p, (Op)f->fn, f->name, p->i);
        g->sym = f->sym;
        g->expo = true;
        g->primes = 1; /* with expo: differentiated so often */
        return;
    }
    if (is_minus_one(p, x))
        inverse_error(p, name, n, p->i);
    else
        open_argument(p, (Op)f->fn, f->name, p->i, true);
}

/* f^2(x) for a function of the user's own. */
static bool own_function_power(Parser *p, const char *name, size_t n)
{
    uint32_t at = p->i;
    WrittenExponent x;
    if (!simple_exponent(p, at + 1, &x) || kind_at(p, x.after) != TK_LPAREN ||
        !glued(p, x.after) || parser_name_kind(p, name, n) != NAME_FUNCTION)
        return false;
    put_exponent(p, &x);
    if (is_minus_one(p, last(p))) {
        inverse_error(p, name, n, x.after);
        return true;
    }
    ParserFrame *f = parser_open_call(p, OP_APPLY, at, x.after);
    f->sym = sym_intern(p->c, name, n);
    f->expo = true;
    return true;
}

/* f x for a function of the user's own. */
bool parser_apply_own(Parser *p, const char *name, size_t n)
{
    uint32_t at = p->i;
    uint8_t next = kind_at(p, at + 1);
    if ((next == TK_CARET || next == TK_SUP) && glued(p, at + 1))
        return own_function_power(p, name, n);
    if (!argument_begins(p, at + 1) || parser_name_kind(p, name, n) != NAME_FUNCTION)
        return false;
    p->i = at + 1;
    ParserFrame *f = parser_push_frame(p, PF_FUNARG, BP_JUXT);
    f->fn = OP_APPLY;
    f->sym = sym_intern(p->c, name, n);
    f->name = at;
    return true;
}
