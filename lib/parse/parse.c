/* parse/parse.c - the machine: tokens to frames and values, in one pass over the tokens. See
 * internal.h for its states. Here are the stacks, the items they become, and what happens where an
 * operand is due; infix.c holds the other state, reduce.c makes items of frames. */
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

static void out_of_memory(Parser *p)
{
    ctx_error(p->c, LBZ_LIMIT, NULL, "memory is out");
}

/* ---- items */

/* A larger array for what lives as long as the statement; NULL: no memory. */
static void *grow_part(Parser *p, const void *old, uint32_t n, uint32_t to, size_t size)
{
    Arena *a = ctx_arena(p->c);
    void *v = arena_alloc(a, to * size);
    if (!v || arena_in_reserve(a, v)) {
        out_of_memory(p);
        return NULL;
    }
    if (n)
        memcpy(v, old, n * size);
    return v;
}

/* When memory is out the machine goes on until it asks, over the last value and item. */
TreeItem *parser_put_slow(Parser *p, TreeKind kind, uint32_t n, uint32_t pos,
                          uint32_t end)
{
    Tree *t = p->tree;
    if (p->nv == p->vcap) {
        ParserValue *v = grow_stack(p, p->v, p->nv, &p->vcap, sizeof *v);
        p->v = v ? v : p->v;
        p->nv -= !v;
        if (!v)
            out_of_memory(p);
    }
    if (t->n == t->cap) {
        TreeItem *v = grow_part(p, t->item, t->n, 2 * t->cap, sizeof *v);
        t->item = v ? v : t->item;
        t->cap *= v ? 2 : 1;
        t->n -= !v;
    }
    return parser_put(p, kind, n, pos, end);
}

void parser_mark(Parser *p, uint8_t op, uint32_t token)
{
    ParserValue v = *last(p);
    parser_put(p, TREE_MARK, 1, tok(p, token)->pos, tok_end(p, token))->op = op;
    *last(p) = v;
}

void parser_put_name(Parser *p, uint32_t sym, uint32_t pos, uint32_t end)
{
    parser_put(p, TREE_NAME, 0, pos, end)->sym = sym;
}

static bool room_for_number(Parser *p)
{
    Tree *t = p->tree;
    uint32_t cap = 2 * t->num_cap + 8;
    if (t->nnum < t->num_cap)
        return true;
    Num *more = grow_part(p, t->num, t->nnum, cap, sizeof *more);
    if (!more)
        return false;
    t->num = more;
    t->num_cap = cap;
    return true;
}

void parser_put_number(Parser *p, Num x, uint32_t pos, uint32_t end)
{
    bool small = x.q == 1 && !x.dec && x.p >= INT32_MIN && x.p <= INT32_MAX;
    TreeItem *i = parser_put(p, TREE_NUMBER, 0, pos, end);
    if (small) {
        i->number = (int32_t)x.p;
    } else if (room_for_number(p)) {
        i->op = 1;
        i->at = p->tree->nnum;
        p->tree->num[p->tree->nnum++] = x;
    }
}

void parser_put_integer(Parser *p, int64_t i, uint32_t pos, uint32_t end)
{
    parser_put_number(p, num_int(i), pos, end);
}

bool parser_put_superscript(Parser *p, uint32_t i)
{
    int64_t k;
    bool symbolic;
    uint32_t pos = tok(p, i)->pos, end = tok_end(p, i);
    if (!lex_superscript(&p->L, tok(p, i), &k, &symbolic))
        return false;
    if (!symbolic || k != 1)
        parser_put_integer(p, k, pos, end);
    if (symbolic)
        parser_put_name(p, sym_intern(p->c, "n", 1), pos, end);
    if (symbolic && k != 1)
        parser_put(p, TREE_PRODUCT, 2, pos, end);
    return true;
}

/* ---- frames */

ParserFrame *parser_push_frame(Parser *p, ParserFrameKind kind, int bp)
{
    if (p->nf == p->fcap) {
        ParserFrame *f = grow_stack(p, p->f, p->nf, &p->fcap, sizeof *f);
        if (!f) {
            out_of_memory(p);
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
static bool small_integer(const char *s, size_t n, int32_t *x)
{
    int32_t i = 0;
    if (n > 9)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (s[k] < '0' || s[k] > '9')
            return false;
        i = 10 * i + (s[k] - '0');
    }
    *x = i;
    return true;
}

static void put_number_token(Parser *p, const Token *t)
{
    const char *s = p->text + t->pos;
    Num x = NUM_ZERO;
    int over, under;
    if (lex_fraction(&p->L, t, &over, &under)) {
        x = num_rat(ctx_arena(p->c), over, under);
    } else {
        size_t used = num_parse(ctx_arena(p->c), s, t->len, &x);
        if (used + 1 == t->len && s[used] == '.')
            x.dec = true;
        else if (used != t->len)
            ctx_error(p->c, LBZ_SYNTAX, NULL, "this is not a number");
    }
    parser_put_number(p, x, t->pos, t->pos + t->len);
}

static void operand_number(Parser *p)
{
    const Token *t = tok(p, p->i);
    int32_t x;
    if (small_integer(p->text + t->pos, t->len, &x))
        parser_put(p, TREE_NUMBER, 0, t->pos, t->pos + t->len)->number = x;
    else
        put_number_token(p, t);
    last(p)->flags = VAL_NUM;
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
    if (parser_open_range(p))
        return;
    if (top(p)->kind != PF_LIST || p->nv != top(p)->base || top(p)->tok + 1 != p->i) {
        parser_unexpected_operand(p);
        return;
    }
    uint32_t pos = tok(p, top(p)->tok)->pos;
    parser_pop_frame(p);
    parser_put(p, TREE_LIST, 0, pos, tok_end(p, p->i));
    p->i++;
}

static void read_operand(Parser *p)
{
    stand_at_token(p, p->i);
    switch (token_ahead(p, p->i)->kind) {
    case TK_NUM: operand_number(p); break;
    case TK_NAME: parser_operand_name(p); break;
    case TK_STRING: parser_operand_string(p); break;
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
    case TK_PERCENT: parser_operand_past_result(p); break;
    case TK_NL: p->i++; break;
    default:
        if (!parser_open_range(p))
            parser_unexpected_operand(p);
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

/* Most items have a token of their own. */
static bool open_tree(Parser *p)
{
    enum { MORE = 16 };
    Tree *t = p->tree = ARENA_NEW0(ctx_arena(p->c), Tree, 1);
    if (!p->f)
        p->f = grow_stack(p, NULL, 0, &p->fcap, sizeof *p->f);
    if (!p->v)
        p->v = grow_stack(p, NULL, 0, &p->vcap, sizeof *p->v);
    if (t)
        t->item = grow_part(p, NULL, 0, t->cap = p->L.n + MORE, sizeof *t->item);
    if (!p->f || !p->v || !t || !t->item)
        out_of_memory(p);
    return !ctx_failed(p->c);
}

bool parser_expr(Parser *p)
{
    Ctx *c = p->c;
    p->nf = p->nv = p->barrier = 0;
    if (!open_tree(p))
        return false;
    parser_push_frame(p, PF_BASE, BP_BARRIER);
    p->barrier = 0;
    while (!ctx_poll(c))
        if (p->due)
            read_operand(p);
        else if (!parser_operator(p))
            break;
    if (ctx_failed(c))
        return false;
    parser_reduce_to_barrier(p);
    if (ctx_failed(c))
        return false;
    parser_judge_words(p);
    parser_note_quotients(p);
    return !ctx_failed(c);
}

Node *parser_node(Parser *p)
{
    if (!parser_expr(p))
        return p->c->poison;
    BuildOptions opt = {0};
    if (p->pe) {
        opt.shape = p->pe->shape;
        opt.value = p->pe->value;
        opt.arg = p->pe->arg;
        opt.scope = p->pe->scope;
    }
    uint32_t *numbers =
        p->nparams ? ARENA_NEW0(ctx_arena(p->c), uint32_t, p->nparams) : NULL;
    ShapeScope params = {.outer = opt.scope,
                         .n = p->nparams,
                         .sym = p->params,
                         .shape = numbers,
                         .params = true};
    if (numbers && !opt.scope)
        opt.scope = &params;
    if (p->out && p->out->spans.arena) {
        opt.spans = &p->out->spans;
        opt.made = &p->out->made;
    }
    return tree_build(p->c, p->tree, &opt);
}
