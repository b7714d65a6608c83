/* parse/parse.c - the machine: tokens to frames and values, in one pass over the tokens. See
 * internal.h for its states. Here are the stacks and what happens where an operand
 * is due; infix.c holds the other state, build.c makes nodes of frames. */
#include "parse/internal.h"
#include <stddef.h>

/* ---- stacks */

static void *grow_stack(Parser *p, void *old, uint32_t n, uint32_t *cap, size_t size)
{
    uint32_t to = *cap ? 2 * *cap : 64;
    void *v = arena_alloc(&p->c->tmp, to * size);
    if (!v || arena_in_reserve(&p->c->tmp, v))
        return NULL;
    if (n)
        memcpy(v, old, n * size);
    *cap = to;
    return v;
}

void parser_place(Parser *p, Node *n, uint32_t pos, uint32_t end)
{
    Places *q = p->out->places;
    Arena *a = ctx_arena(p->c);
    if (ex_is_poison(n) || map_get(&q->seen, n->id, NULL))
        return;
    if (q->n == q->cap) {
        size_t cap = q->cap ? 2 * q->cap : 64;
        Node **node = ARENA_NEW(a, Node *, cap);
        Span *at = ARENA_NEW(a, Span, cap);
        if (!node || !at || ctx_failed(p->c))
            return;
        if (q->n) {
            memcpy(node, q->node, q->n * sizeof *node);
            memcpy(at, q->at, q->n * sizeof *at);
        }
        q->node = node;
        q->at = at;
        q->cap = cap;
    }
    map_put(&q->seen, n->id, 1);
    q->node[q->n] = n;
    q->at[q->n++] = (Span){pos, end - pos};
}

void parser_push_value(Parser *p, Node *n, uint32_t pos, uint32_t end, uint32_t flags)
{
    if (p->out && p->out->places)
        parser_place(p, n, pos, end);
    if (p->nv == p->vcap) {
        ParserValue *v = grow_stack(p, p->v, p->nv, &p->vcap, sizeof *v);
        if (!v) {
            ctx_error(p->c, LBZ_LIMIT, NULL, "memory is out");
            return;
        }
        p->v = v;
    }
    p->v[p->nv++] = (ParserValue){n, pos, end, flags};
    p->due = false;
}

ParserFrame *parser_push_frame(Parser *p, ParserFrameKind kind, int bp)
{
    if (p->nf == p->fcap) {
        ParserFrame *f = grow_stack(p, p->f, p->nf, &p->fcap, sizeof *f);
        if (!f) {
            ctx_error(p->c, LBZ_LIMIT, NULL, "memory is out");
            return &p->f[p->nf - 1];
        }
        p->f = f;
    }
    ParserFrame *f = &p->f[p->nf++];
    *f = (ParserFrame){.kind = (uint8_t)kind,
                       .bp = (uint8_t)bp,
                       .base = p->nv,
                       .tok = p->i,
                       .outer = p->barrier};
    if (bp == BP_BARRIER)
        p->barrier = p->nf - 1;
    p->due = true;
    return f;
}

void parser_pop_frame(Parser *p)
{
    if (top(p)->bp == BP_BARRIER)
        p->barrier = top(p)->outer;
    p->nf--;
}

void parser_reduce_above(Parser *p, int bp)
{
    while (top(p)->bp > bp && !ctx_failed(p->c))
        parser_reduce_top(p);
}

/* Bindings and `where` have no closing token of their own: what closes the bracket around
 * them closes them. */
bool parser_closes_itself(const ParserFrame *f)
{
    return (f->kind == PF_AT && !f->brace) || f->kind == PF_WHERE;
}

ParserFrame *parser_reduce_to_barrier(Parser *p)
{
    parser_reduce_above(p, BP_BARRIER);
    while (parser_closes_itself(top(p)) && !ctx_failed(p->c)) {
        parser_reduce_top(p);
        parser_reduce_above(p, BP_BARRIER);
    }
    return top(p);
}

/* ---- tokens */

const Token *parser_token_beyond(Parser *p, uint32_t i)
{
    while (i + 1 >= p->L.n && kind_at(p, p->L.n - 1) == TK_NL && !ctx_failed(p->c)) {
        p->L.at = tok_end(p, p->L.n - 1);
        if (!lex_more(&p->L))
            break;
    }
    return tok(p, i);
}

bool parser_operand_begins(const Parser *p, uint32_t i)
{
    switch (kind_at(p, i)) {
    case TK_NUM:
    case TK_NAME:
    case TK_LPAREN:
    case TK_SQRT:
    case TK_PARTIAL:
    case TK_PARTIALSUB:
    case TK_BAR: return true;
    default: return false;
    }
}

/* ---- operands */

/* A few digits and nothing else. */
static bool small_integer(const char *s, size_t n, Num *x)
{
    int64_t i = 0;
    if (n > 17)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (s[k] < '0' || s[k] > '9')
            return false;
        i = 10 * i + (s[k] - '0');
    }
    *x = num_int(i);
    return true;
}

static void operand_number(Parser *p)
{
    const Token *t = tok(p, p->i);
    const char *s = p->text + t->pos;
    Num x;
    int over, under;
    if (lex_fraction(&p->L, t, &over, &under)) {
        x = num_rat(ctx_arena(p->c), over, under);
    } else if (!small_integer(s, t->len, &x)) {
        size_t used = num_parse(ctx_arena(p->c), s, t->len, &x);
        if (used + 1 == t->len && s[used] == '.')
            x.dec = true;
        else if (used != t->len)
            ctx_error(p->c, LBZ_SYNTAX, NULL, "this is not a number");
    }
    parser_push_value(p, ex_num(p->c, x), t->pos, tok_end(p, p->i), VAL_NUM);
    p->i++;
}

static void operand_sign(Parser *p)
{
    if (kind_at(p, p->i) == TK_MINUS) {
        int bp = top(p)->bp > BP_NEG ? top(p)->bp : BP_NEG;
        parser_push_frame(p, PF_NEG, bp == BP_JUXT ? BP_NEG : bp);
    }
    p->i++;
}

static void operand_bracket(Parser *p, ParserFrameKind kind)
{
    ParserFrame *f = parser_push_frame(p, kind, BP_BARRIER);
    f->count = p->nv;
    p->i++;
}

static void operand_brace(Parser *p)
{
    ParserFrame *b = &p->f[p->barrier];
    operand_bracket(p, b->kind == PF_CALL && b->fn == OP_DIFF ? PF_PAIR : PF_CASES);
}

static void operand_empty(Parser *p)
{
    if (top(p)->kind != PF_LIST || p->nv != top(p)->base || top(p)->tok + 1 != p->i) {
        parser_unexpected_operand(p);
        return;
    }
    uint32_t pos = tok(p, top(p)->tok)->pos;
    parser_pop_frame(p);
    parser_push_value(p, ex_list(p->c, 0, NULL), pos, tok_end(p, p->i), 0);
    p->i++;
}

static void operand_result(Parser *p)
{
    uint32_t pos = tok(p, p->i)->pos;
    Node *n = parser_operand_past_result(p);
    parser_push_value(p, n, pos, tok_end(p, p->i - 1), 0);
}

static void read_operand(Parser *p)
{
    stand_at_token(p, p->i);
    switch (token_ahead(p, p->i)->kind) {
    case TK_NUM: operand_number(p); break;
    case TK_NAME: parser_operand_name(p); break;
    case TK_LPAREN: operand_bracket(p, PF_PAREN); break;
    case TK_LBRACK: operand_bracket(p, PF_LIST); break;
    case TK_LBRACE: operand_brace(p); break;
    case TK_RBRACK: operand_empty(p); break;
    case TK_BAR: operand_bracket(p, PF_ABS); break;
    case TK_PLUS:
    case TK_MINUS: operand_sign(p); break;
    case TK_NOT:
        parser_push_frame(p, PF_NOT, BP_NOT);
        p->i++;
        break;
    case TK_IF: operand_bracket(p, PF_IF); break;
    case TK_SQRT:
        parser_push_frame(p, PF_SQRT, BP_SQRT);
        p->i++;
        break;
    case TK_PARTIAL:
    case TK_PARTIALSUB:
        if (!parser_operand_derivative(p))
            parser_unexpected_operand(p);
        break;
    case TK_PERCENT: operand_result(p); break;
    case TK_NL: p->i++; break;
    default: parser_unexpected_operand(p);
    }
}

/* ---- the machine */

void parser_init(Parser *p, Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                 size_t to, Parsed *out)
{
    memset(p, 0, offsetof(Parser, letter));
    p->c = c;
    p->pe = pe;
    p->out = out;
    p->text = text;
    p->line = out && out->names.n ? &out->names : NULL;
    lex_init(&p->L, c, text, from, to);
}

bool parser_lex(Parser *p)
{
    if (!lex_more(&p->L))
        return false;
    if (p->L.seen_at || p->L.seen_de)
        parser_survey_names(p);
    return true;
}

Node *parser_expr(Parser *p)
{
    Ctx *c = p->c;
    p->nf = p->nv = p->barrier = 0;
    if (!p->f) {
        p->f = grow_stack(p, NULL, 0, &p->fcap, sizeof *p->f);
        if (!p->f)
            return ctx_error(c, LBZ_LIMIT, NULL, "memory is out");
    }
    parser_push_frame(p, PF_BASE, BP_BARRIER);
    p->barrier = 0;
    while (!ctx_poll(c))
        if (p->due)
            read_operand(p);
        else if (!parser_operator(p))
            break;
    if (ctx_failed(c))
        return c->poison;
    parser_reduce_to_barrier(p);
    if (ctx_failed(c))
        return c->poison;
    parser_note_words(p);
    parser_note_quotients(p);
    return p->v[0].n;
}
