/* parse/infix.c - the state in which an operator may follow: infix and postfix operators,
 * closing brackets, separators, and operands side by side. */
#include "parse/internal.h"
#include <stdio.h>

/* Goes on with the frame at hand or opens one. */
ParserFrame *parser_gather(Parser *p, ParserFrameKind kind, int bp)
{
    parser_reduce_above(p, bp);
    if (top(p)->kind != kind || top(p)->bp != bp)
        parser_push_frame(p, kind, bp)->base = p->nv - 1;
    else if (kind == PF_ADD || kind == PF_MUL || kind == PF_CMP)
        parser_end_operand(p, top(p));
    top(p)->op = kind_at(p, p->i);
    top(p)->mixed |= top(p)->op != TK_STAR && top(p)->op != TK_SLASH;
    top(p)->tok = p->i;
    p->due = true;
    return top(p);
}

/* [1 -2]: one element, or two? */
static void refuse_spaced_sign(Parser *p)
{
    const char *left = parser_excerpt(p, last(p)->pos, last(p)->end, 40);
    const char *right =
        parser_excerpt(p, tok(p, p->i + 1)->pos, tok_end(p, p->i + 1), 40);
    const char *sign = kind_at(p, p->i) == TK_MINUS ? "-" : "+";
    char hint[200];
    snprintf(hint, sizeof hint, "write %s, %s%s for two elements, %s %s %s for one", left,
             sign, right, left, sign, right);
    stand_at(p, last(p)->pos, tok_end(p, p->i + 1));
    ctx_error(p->c, LBZ_SYNTAX, hint, "the elements of a list are separated by commas");
}

static void binary_operator(Parser *p, ParserFrameKind kind, int bp)
{
    if (bp == BP_ADD && p->f[p->barrier].kind == PF_LIST && !glued(p, p->i) &&
        glued(p, p->i + 1)) {
        refuse_spaced_sign(p);
        return;
    }
    parser_gather(p, kind, bp);
    p->i++;
}

static void infix_power(Parser *p)
{
    parser_reduce_above(p, BP_POW);
    ParserFrame *f = parser_push_frame(p, PF_POW, BP_POW);
    f->base = p->nv - 1;
    f->mixed = kind_at(p, p->i) == TK_DOTCARET;
    p->i++;
}

static void postfix_superscript(Parser *p)
{
    parser_reduce_above(p, BP_POW);
    uint32_t pos = last(p)->pos, end = tok_end(p, p->i);
    if (!parser_put_superscript(p, p->i)) {
        stand_at_token(p, p->i);
        ctx_error(p->c, LBZ_SYNTAX, "write the exponent after ^",
                  "this superscript is not an exponent");
        return;
    }
    stand_by(p, parser_put(p, TREE_POWER, 2, pos, end), p->i);
    p->i++;
}

static void postfix_factorial(Parser *p)
{
    const ParserValue *v = last(p);
    if (kind_at(p, p->i + 1) == TK_BANG && glued(p, p->i + 1))
        parser_note(p, "read as (%s!)!, not the double factorial",
                    parser_excerpt(p, v->pos, v->end, 60));
    stand_by(p, parser_put(p, TREE_FACTORIAL, 1, v->pos, tok_end(p, p->i)), p->i);
    p->i++;
}

/* A'; what it is of, the second step finds out. */
static void postfix_prime(Parser *p)
{
    uint32_t end = tok_end(p, p->i);
    unsigned primes = lex_primes(&p->L, tok(p, p->i));
    if (last(p)->flags & VAL_NUM) { /* x^2' */
        parser_reduce_above(p, BP_JUXT);
        stand_at(p, last(p)->pos, end);
        ctx_error(
            p->c, LBZ_SYNTAX, "for the derivative of a formula write d/dx in front of it",
            "' differentiates a function, as in f'(x), or transposes a tensor, as in A'; "
            "%s is neither",
            parser_excerpt(p, last(p)->pos, last(p)->end, 60));
        return;
    }
    for (; primes; primes--)
        parser_put(p, TREE_PRIME, 1, last(p)->pos, end);
    p->i++;
}

/* A.T, and x.grad: what backward has come to, a name of its own. */
static void postfix_dot(Parser *p)
{
    size_t n;
    const Token *next = tok(p, p->i + 1);
    const char *name = next->kind == TK_NAME ? lex_name(&p->L, next, &n) : "";
    bool tight = glued(p, p->i) && glued(p, p->i + 1) && next->kind == TK_NAME;
    uint32_t pos = last(p)->pos, end = tok_end(p, p->i + 1);
    if (tight && n == 1 && *name == 'T') {
        parser_note(p, "%s.T is written %s' here",
                    parser_excerpt(p, pos, last(p)->end, 60),
                    parser_excerpt(p, pos, last(p)->end, 60));
        parser_put(p, TREE_PRIME, 1, pos, end);
    } else if (tight && n == 4 && !memcmp(name, "grad", 4) &&
               root_of(p, last(p))->kind == TREE_NAME) {
        const char *of = sym_name(p->c, root_of(p, last(p))->sym);
        char *whole = ARENA_NEW(&p->c->tmp, char, strlen(of) + 6);
        if (!whole)
            return;
        strcpy(whole, of);
        strcat(whole, ".grad");
        p->tree->item[last(p)->root].sym = sym_intern(p->c, whole, strlen(whole));
        last(p)->end = end;
    } else {
        parser_unexpected_operator(p);
        return;
    }
    p->i += 2;
}

/* ---- brackets */

/* d(e)/dx, d/dx(e): name is the last token of it, count its first. */
static void close_derivative(Parser *p, const ParserFrame *f)
{
    parser_put_derivative(p, f->deriv, tok(p, f->count)->pos, tok_end(p, f->name));
    p->i = f->name;
}

/* Errors about a condition in parentheses are about these, too. */
static void widen_condition(Parser *p, const ParserValue *v)
{
    TreeItem *t = &p->tree->item[v->root];
    if (t->kind == TREE_COMPARE || t->kind == TREE_NOT || t->kind == TREE_AND ||
        t->kind == TREE_OR) {
        t->pos = v->pos;
        t->end = v->end;
    }
}

static void close_group(Parser *p, ParserFrame *frame)
{
    uint32_t pos = tok(p, frame->tok)->pos, end = tok_end(p, p->i);
    parser_pop_frame(p);
    if (frame->kind == PF_ABS) {
        parser_put(p, TREE_BARS, 1, pos, end);
    } else if (frame->deriv) {
        close_derivative(p, &(ParserFrame){.deriv = frame->deriv,
                                           .count = frame->count,
                                           .name = frame->name});
    } else {
        ParserValue *v = last(p);
        v->flags = VAL_GROUP | (v->flags & VAL_BARE);
        v->pos = pos;
        v->end = end;
        widen_condition(p, v);
    }
    p->i++;
}

static void close_exponent(Parser *p)
{
    ParserFrame f = *top(p);
    parser_pop_frame(p);
    p->i++;
    parser_after_exponent(p, &f);
}

/* Does the token close the barrier f? */
static bool closes_barrier(const Parser *p, const ParserFrame *f, uint8_t kind)
{
    switch (f->kind) {
    case PF_PAREN:
    case PF_EXPONENT: return kind == TK_RPAREN;
    case PF_CALL: return kind == (f->brace ? TK_RBRACK : TK_RPAREN);
    case PF_LIST: return kind == TK_RBRACK;
    case PF_CASES:
    case PF_PAIR: return kind == TK_RBRACE;
    case PF_AT: return f->brace && kind == TK_RBRACE;
    default: return (void)p, false;
    }
}

static bool close_bracket(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    if (ctx_failed(p->c))
        return true;
    if (f->kind == PF_BASE)
        return false;
    if (!closes_barrier(p, f, kind_at(p, p->i))) {
        parser_wrong_closer(p, f);
        return true;
    }
    switch (f->kind) {
    case PF_PAREN: close_group(p, f); break;
    case PF_EXPONENT: close_exponent(p); break;
    case PF_CALL:
        parser_finish_call(p, f, tok_end(p, p->i));
        p->i++;
        break;
    case PF_LIST:
    case PF_PAIR:
        parser_reduce_list(p, f);
        p->i++;
        break;
    case PF_CASES:
        parser_reduce_cases(p, f);
        p->i++;
        break;
    default: /* |_{x=2} */
        parser_reduce_top(p);
        last(p)->end = tok_end(p, p->i);
        p->i++;
    }
    return true;
}

/* ---- at, where, if */

static bool binding_follows(const Parser *p, uint32_t i)
{
    return kind_at(p, i) == TK_NAME && kind_at(p, i + 1) == TK_ASSIGN;
}

/* `name =` of a binding whose frame is at hand. */
static void bind_name(Parser *p)
{
    size_t n;
    token_ahead(p, p->i);
    stand_at_token(p, p->i);
    if (!binding_follows(p, p->i)) {
        if (token_ahead(p, p->i)->kind == TK_END ||
            (kind_at(p, p->i) == TK_NAME && token_ahead(p, p->i + 1)->kind == TK_END))
            ctx_error(p->c, LBZ_INCOMPLETE, "write at x=1, y=2",
                      "a binding name = value is missing");
        else
            ctx_error(p->c, LBZ_SYNTAX, "write at x=1, y=2",
                      "name = value is expected here");
        return;
    }
    const char *name = lex_name(&p->L, tok(p, p->i), &n);
    if (parser_is_constant(name, n) && !(p->ebound && n == 1)) {
        ctx_error(p->c, LBZ_NAME, "bind another name", "%.*s is a constant", (int)n,
                  name);
        return;
    }
    uint32_t sym = sym_intern(p->c, name, n), from = top(p)->base + 1;
    for (uint32_t k = from; k < p->nv && p->nv < from + 63; k += 2)
        if (root_of(p, &p->v[k])->sym == sym)
            ctx_error(p->c, LBZ_SYNTAX, NULL, "%.*s is bound twice", (int)n, name);
    parser_put_name(p, sym, tok(p, p->i)->pos, tok_end(p, p->i));
    p->i += 2;
    p->due = true;
}

static bool infix_at(Parser *p)
{
    bool bar = kind_at(p, p->i) == TK_BARAT;
    ParserFrame *b = parser_reduce_to_barrier(p);
    if (b->kind == PF_ABS && bar) {
        close_group(p, b);
        p->i--; /* the same token closes the bar and binds */
        return true;
    }
    if (b->kind == PF_BASE && p->prefix && !bar)
        return false;
    ParserFrame *f = parser_push_frame(p, PF_AT, BP_BARRIER);
    f->base = p->nv - 1;
    p->i++;
    f->brace = bar && token_ahead(p, p->i)->kind == TK_LBRACE;
    p->i += f->brace;
    bind_name(p);
    return true;
}

static bool infix_where(Parser *p)
{
    ParserFrame *b = parser_reduce_to_barrier(p);
    if (b->kind == PF_BASE && p->prefix && !p->nq)
        return false;
    stand_at_token(p, p->i);
    if (!p->nq || p->q[p->nq - 1].solved || p->q[p->nq - 1].pos < last(p)->pos) {
        ctx_error(p->c, LBZ_SYNTAX, "write dy/dx where F(x,y) = c",
                  "`where` needs a derivative like dy/dx before it");
        return true;
    }
    parser_push_frame(p, PF_WHERE, BP_BARRIER)->base = p->nv - 1;
    p->i++;
    return true;
}

static void infix_then(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    stand_at_token(p, p->i);
    if (f->kind != PF_IF) {
        parser_unexpected_operator(p);
        return;
    }
    f->kind = PF_THEN;
    p->due = true;
    p->i++;
}

static void infix_else(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    stand_at_token(p, p->i);
    if (f->kind != PF_THEN) {
        parser_unexpected_operator(p);
        return;
    }
    uint32_t at = f->tok, base = f->base;
    parser_pop_frame(p);
    f = parser_push_frame(p, PF_ELSE, BP_ELSE);
    f->tok = at;
    f->base = base;
    p->i++;
}

/* The `if` of {a if x<0; ...}. */
static void infix_if(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    stand_at_token(p, p->i);
    if (f->kind != PF_CASES || (p->nv > 1 && last(p)->flags & VAL_EQ)) {
        parser_unexpected_operator(p);
        return;
    }
    last(p)->flags |= VAL_EQ;
    p->due = true;
    p->i++;
}

static void infix_otherwise(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    stand_at_token(p, p->i);
    if (f->kind != PF_CASES || token_ahead(p, p->i + 1)->kind != TK_RBRACE) {
        parser_unexpected_operator(p);
        return;
    }
    p->i++;
}

/* ---- separators */

static bool infix_comma(Parser *p)
{
    parser_reduce_above(p, BP_BARRIER);
    while (parser_closes_itself(top(p)) && !ctx_failed(p->c)) {
        if (top(p)->kind == PF_AT &&
            (binding_follows(p, p->i + 1) || kind_at(p, p->i + 1) == TK_END)) {
            p->i++;
            bind_name(p);
            return true;
        }
        parser_reduce_top(p);
        parser_reduce_above(p, BP_BARRIER);
    }
    ParserFrame *f = top(p);
    switch (f->kind) {
    case PF_BASE:
        if (p->prefix)
            return false;
        parser_unexpected_operator(p);
        return true;
    case PF_AT: /* |_{x=1, y=2} */
        p->i++;
        bind_name(p);
        return true;
    case PF_CALL:
        if (f->fn == OP_MAP && f->sym && p->nv == f->base + 1)
            parser_put_name(p, f->sym - 1, tok(p, f->tok + 1)->pos,
                            tok_end(p, f->tok + 1)); /* of x -> e */
        p->i++;
        p->due = true;
        return true;
    case PF_LIST:
    case PF_PAIR:
        p->i++;
        p->due = true;
        return true;
    default: parser_unexpected_operator(p); return true;
    }
}

static bool infix_semicolon(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    switch (f->kind) {
    case PF_BASE: return false;
    case PF_LIST:
        parser_end_row(p, f);
        p->i++;
        p->due = true;
        return true;
    case PF_CASES:
        if (p->nv - f->base >= 2 && (last(p) - 1)->flags & VAL_EQ) {
            p->i++;
            p->due = true;
            return true;
        }
        parser_unexpected_operator(p);
        return true;
    default: parser_not_closed(p, f); return true;
    }
}

static bool infix_end(Parser *p)
{
    ParserFrame *f = parser_reduce_to_barrier(p);
    if (f->kind == PF_BASE || ctx_failed(p->c))
        return false;
    if (kind_at(p, p->i) == TK_NL) {
        token_ahead(p, p->i);
        p->i++;
    } else {
        parser_not_closed(p, f);
    }
    return true;
}

static bool infix_assign(Parser *p)
{
    parser_reduce_above(p, BP_BARRIER);
    if (top(p)->kind == PF_WHERE && !top(p)->count) {
        top(p)->count = 1;
        p->i++;
        p->due = true;
        return true;
    }
    if (top(p)->kind == PF_AT) {
        parser_bad_equals(p);
        return true;
    }
    ParserFrame *f = parser_reduce_to_barrier(p);
    if (f->kind == PF_BASE && p->prefix)
        return false;
    if (f->kind == PF_CALL && (f->fn == OP_SUBS || f->fn == OP_TAYLOR) &&
        p->nv > f->base + 1) {
        last(p)->flags |= VAL_EQ;
        parser_mark(p, TK_ASSIGN, p->i);
    } else {
        parser_bad_equals(p);
        return true;
    }
    p->i++;
    p->due = true;
    return true;
}

/* A bar where an operator may stand closes what is open, unless the spaces say otherwise.
 */
static void infix_bar(Parser *p)
{
    const ParserFrame *f = &p->f[p->barrier];
    while (parser_closes_itself(f))
        f = &p->f[f->outer];
    bool opens = tok(p, p->i)->flags & T_SPACE && parser_operand_begins(p, p->i + 1) &&
                 glued(p, p->i + 1);
    if (f->kind == PF_ABS && !opens)
        close_group(p, parser_reduce_to_barrier(p));
    else
        parser_juxtapose(p);
}

/* Words that end an expression in a command. */
static bool stop_word(Parser *p)
{
    const Token *t = tok(p, p->i);
    const char *s = p->text + t->pos;
    if (!p->prefix || p->barrier)
        return false;
    return (t->len == 5 && !memcmp(s, "along", 5)) ||
           (t->len == 3 && !memcmp(s, "tol", 3));
}

/* v[i, j]: the operand is the first argument. */
static void infix_bracket(Parser *p)
{
    if (!glued(p, p->i)) {
        parser_juxtapose(p);
        return;
    }
    stand_at_token(p, p->i);
    ParserFrame *f = parser_open_call(p, OP_INDEX, p->i - 1, p->i);
    f->base = p->nv - 1;
    f->brace = true;
    p->due = true;
}

/* Operators that gather operands. */
static const struct {
    uint8_t frame, bp;
} gathering[] = {
    [TK_PLUS] = {PF_ADD, BP_ADD},      [TK_MINUS] = {PF_ADD, BP_ADD},
    [TK_STAR] = {PF_MUL, BP_MUL},      [TK_SLASH] = {PF_MUL, BP_MUL},
    [TK_PERCENT] = {PF_MUL, BP_MUL},   [TK_MATMUL] = {PF_MUL, BP_MUL},
    [TK_DOTSTAR] = {PF_MUL, BP_MUL},   [TK_DOTSLASH] = {PF_MUL, BP_MUL},
    [TK_EQ] = {PF_CMP, BP_CMP},        [TK_NE] = {PF_CMP, BP_CMP},
    [TK_LT] = {PF_CMP, BP_CMP},        [TK_LE] = {PF_CMP, BP_CMP},
    [TK_GT] = {PF_CMP, BP_CMP},        [TK_GE] = {PF_CMP, BP_CMP},
    [TK_AND] = {PF_AND, BP_AND},       [TK_OR] = {PF_OR, BP_OR},
    [TK_COLON] = {PF_RANGE, BP_RANGE}, [TK_WRT] = {0, 0},
};

/* The token after an operand; false: it is not part of the expression. */
bool parser_operator(Parser *p)
{
    uint8_t kind = kind_at(p, p->i);
    if (gathering[kind].bp) {
        if (kind == TK_EQ && p->stop_eq && parser_reduce_to_barrier(p)->kind == PF_BASE)
            return false;
        binary_operator(p, (ParserFrameKind)gathering[kind].frame, gathering[kind].bp);
        return true;
    }
    switch (kind) {
    case TK_NAME:
    case TK_NUM:
    case TK_LPAREN:
    case TK_SQRT:
    case TK_PARTIAL:
    case TK_PARTIALSUB:
        if (kind == TK_NAME && stop_word(p))
            return false;
        parser_juxtapose(p);
        return true;
    case TK_CARET:
    case TK_DOTCARET: infix_power(p); return true;
    case TK_SUP: postfix_superscript(p); return true;
    case TK_BANG: postfix_factorial(p); return true;
    case TK_PRIME: postfix_prime(p); return true;
    case TK_DOT: postfix_dot(p); return true;
    case TK_COMMA: return infix_comma(p);
    case TK_SEMI: return infix_semicolon(p);
    case TK_END:
    case TK_NL: return infix_end(p);
    case TK_RPAREN:
    case TK_RBRACK:
    case TK_RBRACE: return close_bracket(p);
    case TK_BAR: infix_bar(p); return true;
    case TK_AT:
    case TK_BARAT: return infix_at(p);
    case TK_WHERE: return infix_where(p);
    case TK_ASSIGN: return infix_assign(p);
    case TK_LBRACK: infix_bracket(p); return true;
    case TK_THEN: infix_then(p); return true;
    case TK_ELSE: infix_else(p); return true;
    case TK_IF: infix_if(p); return true;
    case TK_OTHERWISE: infix_otherwise(p); return true;
    default:
        if (parser_reduce_to_barrier(p)->kind == PF_BASE)
            return false;
        parser_unexpected_operator(p);
        return true;
    }
}
