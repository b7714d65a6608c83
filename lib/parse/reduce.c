/* parse/reduce.c - frames that are complete become items. Sums and products come with all their
 * operands. Remarks on readings that depend on what stands where are made here, too. */
#include "parse/internal.h"

void parser_end_operand(Parser *p, const ParserFrame *f)
{
    if (p->nv - f->base > 1 && f->op != TK_PLUS && f->op != TK_STAR)
        parser_mark(p, f->op, f->tok);
}

/* The values from base on as operands of one item. */
static TreeItem *put_from(Parser *p, TreeKind kind, uint32_t base, uint32_t flags)
{
    TreeItem *i = parser_put(p, kind, p->nv - base, p->v[base].pos, last(p)->end);
    last(p)->flags = flags;
    return i;
}

/* ---- sums */

/* d/dx x^2 + x: says where the derivative ends. */
static void note_sum(Parser *p, const ParserFrame *f)
{
    for (uint32_t i = f->base; i + 1 < p->nv; i++) {
        const ParserValue *v = &p->v[i], *next = v + 1;
        if (!(v->flags & VAL_DERIV) || next->flags & VAL_DERIV)
            continue;
        uint32_t end = last(p)->end;
        bool whole = end - p->v[f->base].pos <= 100;
        parser_note(
            p, "read as %s(%s)%s%s; for the derivative of the sum write parentheses",
            i > f->base && whole ? parser_excerpt(p, p->v[f->base].pos, v->pos, 100) : "",
            parser_excerpt(p, v->pos, v->end, 100),
            parser_excerpt(p, v->end, whole ? end : next->pos, 100), whole ? "" : "...");
        return;
    }
}

static void reduce_sum(Parser *p, const ParserFrame *f)
{
    parser_end_operand(p, f);
    note_sum(p, f);
    stand_by(p, put_from(p, TREE_SUM, f->base, VAL_SUM), f->tok);
}

/* ---- products */

static void reduce_product(Parser *p, const ParserFrame *f)
{
    uint32_t deriv = last(p)->flags & VAL_DERIV;
    parser_end_operand(p, f);
    TreeItem *i = put_from(p, TREE_PRODUCT, f->base, deriv | VAL_PRODUCT);
    i->flags = f->mixed ? TREE_MIXED : 0;
    stand_by(p, i, f->tok);
}

/* 1/2x is 1/(2*x): a remark, or an error when ambiguity is one. */
static void note_quotient(Parser *p, const ParserFrame *f)
{
    const ParserFrame *g = &p->f[p->nf - 2];
    if (g->kind != PF_MUL || g->op != TK_SLASH)
        return;
    const ParserValue *left = &p->v[f->base - 1];
    uint32_t end = last(p)->end;
    const char *over = parser_excerpt(p, left->pos, left->end, 60);
    Str s = {0};
    for (uint32_t i = f->base; i < p->nv && s.n < 200; i++)
        str_printf(&s, "%s%s", i > f->base ? "*" : "",
                   parser_excerpt(p, p->v[i].pos, p->v[i].end, 60));
    str_puts(&s, s.n < 200 ? "" : "...");
    const char *below = str_cstr(&s);
    if (p->pe && p->pe->strict) {
        stand_at(p, left->pos, end);
        ctx_error(p->c, LBZ_SYNTAX, "put the parentheses",
                  "%s can be read in two ways: %s/(%s) or %s/%s",
                  parser_excerpt(p, left->pos, end, 60), over, below, over, below);
    } else {
        parser_note(p, "read as %s/(%s), not %s/%s", over, below, over, below);
    }
    str_free(&s);
}

static void reduce_juxtaposition(Parser *p, const ParserFrame *f)
{
    note_quotient(p, f);
    put_from(p, TREE_JUXTAPOSED, f->base, VAL_PRODUCT);
}

/* A^T, where T is nobody's name. */
static bool is_transpose(Parser *p)
{
    const ParserValue *v = last(p);
    return v->flags & VAL_BARE && v->end - v->pos == 1 && p->text[v->pos] == 'T' &&
           parser_name_kind(p, "T", 1) == NAME_FREE;
}

static void reduce_power(Parser *p, const ParserFrame *f)
{
    uint32_t deriv = last(p)->flags & VAL_DERIV;
    bool transposes = !f->mixed && is_transpose(p);
    TreeItem *i = put_from(p, TREE_POWER, f->base, deriv);
    i->flags = f->mixed ? TREE_EACH : transposes ? TREE_TRANSPOSES : 0;
    stand_by(p, i, f->tok);
}

/* ---- conditions */

static void reduce_comparison(Parser *p, const ParserFrame *f)
{
    parser_end_operand(p, f);
    put_from(p, TREE_COMPARE, f->base, 0);
}

/* What begins with a token of its own: `not`, '-', `if` ... */
static TreeItem *put_prefixed(Parser *p, TreeKind kind, uint32_t n, uint32_t token,
                              uint32_t flags)
{
    TreeItem *i = parser_put(p, kind, n, tok(p, token)->pos, last(p)->end);
    last(p)->flags = flags;
    return i;
}

void parser_reduce_cases(Parser *p, ParserFrame *f)
{
    uint32_t n = p->nv - f->base, pos = tok(p, f->tok)->pos, end = tok_end(p, p->i);
    if (n < 2) {
        stand_at(p, pos, end);
        ctx_error(p->c, LBZ_SYNTAX, "write {a if x < 0; b otherwise}",
                  "braces hold cases, and these have no `if`");
        return;
    }
    parser_pop_frame(p);
    parser_put(p, TREE_CASES, n, pos, end);
}

/* ---- lists */

/* The values since the last ';' are a row. */
void parser_end_row(Parser *p, ParserFrame *f)
{
    uint32_t n = p->nv - f->count, pos = p->v[f->count].pos, end = last(p)->end;
    if (f->rows++ == 0)
        f->width = n;
    if (n != f->width) {
        stand_at(p, pos, end);
        ctx_error(p->c, LBZ_SHAPE, "give every row the same number of elements",
                  "this row has %u element%s, the first has %u", n, n == 1 ? "" : "s",
                  f->width);
        return;
    }
    parser_put(p, TREE_LIST, n, pos, end);
    f->count = p->nv;
}

void parser_reduce_list(Parser *p, ParserFrame *f)
{
    uint32_t base = f->base, pos = tok(p, f->tok)->pos, end = tok_end(p, p->i);
    bool rows = f->rows > 0;
    if (rows)
        parser_end_row(p, f);
    parser_pop_frame(p);
    if (!ctx_failed(p->c))
        parser_put(p, TREE_LIST, p->nv - base, pos, end)->flags = rows ? TREE_ROWS : 0;
}

static void reduce_range(Parser *p, const ParserFrame *f)
{
    if (p->nv - f->base > 3) {
        stand_at(p, p->v[f->base].pos, last(p)->end);
        ctx_error(p->c, LBZ_SYNTAX, NULL, "a range is from:to or from:step:to");
        return;
    }
    parser_note_slice(p, put_from(p, TREE_RANGE, f->base, 0), f->base);
}

/* ---- prefixes */

static void reduce_root(Parser *p, const ParserFrame *f)
{
    uint16_t k = (uint16_t)lex_root(&p->L, tok(p, f->tok));
    put_prefixed(p, TREE_ROOT, 1, f->tok, 0)->op = k;
}

static void reduce_function_argument(Parser *p, const ParserFrame *f)
{
    const ParserValue *v = last(p);
    const Token *t = tok(p, f->name);
    if (lex_is_greek(p->text + t->pos, t->len) || t->flags & T_UNI)
        parser_note(p, "read as %s(%s), not %s*%s",
                    parser_excerpt(p, t->pos, tok_end(p, f->name), 40),
                    parser_excerpt(p, v->pos, v->end, 60),
                    parser_excerpt(p, t->pos, tok_end(p, f->name), 40),
                    parser_excerpt(p, v->pos, v->end, 60));
    Op op = f->fn == OP_APPLY ? OP_APPLY : parser_unary_function(p, (Op)f->fn);
    TreeItem *i = parser_put(p, op == OP_APPLY ? TREE_APPLY : TREE_CALL, 1u + f->expo,
                             t->pos, v->end);
    i->flags = f->expo ? TREE_EXPONENT : 0;
    if (op == OP_APPLY)
        i->sym = f->sym;
    else
        i->op = (uint16_t)op;
}

/* d/dx (x+1)/(x-1), d/dx (x+1)^2*x: nobody takes that for the derivative of (x+1) alone. */
static bool is_plain_product(const Parser *p, uint32_t after)
{
    uint8_t kind = kind_at(p, after);
    return kind == TK_CARET || kind == TK_SUP ||
           (kind == TK_SLASH && kind_at(p, after + 1) == TK_LPAREN);
}

/* d/dx (x^2)*x takes the product and expand x^2 - 1 the sum, and they say so. */
static void note_prefix(Parser *p, const ParserFrame *f, const ParserValue *v)
{
    uint32_t pos = tok(p, f->name)->pos, open = f->tok;
    bool group = v->flags & VAL_PRODUCT && kind_at(p, open) == TK_LPAREN;
    bool deriv = f->fn == OP_DIFF;
    if (!group && !(!deriv && v->flags & VAL_SUM))
        return;
    const char *word = parser_excerpt(p, pos, deriv ? v->pos : tok_end(p, f->name), 60);
    const char *whole = parser_excerpt(p, v->pos, v->end, 100);
    uint32_t after = group ? after_group(p, open) : LEX_NONE;
    if (!deriv || after == LEX_NONE)
        parser_note(p, "read as %s(%s)", word, whole);
    else if (!is_plain_product(p, after))
        parser_note(p, "read as %s(%s), not (%s%s)%s", word, whole, word,
                    parser_excerpt(p, v->pos, tok_end(p, after - 1), 60),
                    parser_excerpt(p, tok_end(p, after - 1), v->end, 60));
}

static void reduce_prefix(Parser *p, const ParserFrame *f)
{
    const ParserValue *v = last(p);
    uint32_t pos = tok(p, f->name)->pos;
    bool deriv = f->fn == OP_DIFF;
    note_prefix(p, f, v);
    if (deriv) {
        parser_put_derivative(p, f->deriv, pos, v->end);
        last(p)->flags = VAL_DERIV;
        return;
    }
    TreeItem *i = parser_put(p, TREE_CALL, 1, pos, v->end);
    i->op = f->fn;
    i->flags = TREE_BARE;
}

/* e at x=1, y=2: the values are e, x, 1, y, 2. */
static void reduce_at(Parser *p, const ParserFrame *f)
{
    uint32_t behind = p->v[f->base + 1].first;
    put_from(p, TREE_AT, f->base, 0)->at = behind;
    p->tree->nat++;
}

void parser_reduce_top(Parser *p)
{
    ParserFrame *f = top(p); /* items are put, no frames */
    switch (f->kind) {
    case PF_ADD: reduce_sum(p, f); break;
    case PF_MUL: reduce_product(p, f); break;
    case PF_JUXT: reduce_juxtaposition(p, f); break;
    case PF_POW: reduce_power(p, f); break;
    case PF_NEG:
        put_prefixed(p, TREE_NEGATE, 1, f->tok, last(p)->flags & VAL_DERIV);
        break;
    case PF_SQRT: reduce_root(p, f); break;
    case PF_CMP: reduce_comparison(p, f); break;
    case PF_AND: put_from(p, TREE_AND, f->base, 0); break;
    case PF_OR: put_from(p, TREE_OR, f->base, 0); break;
    case PF_NOT: put_prefixed(p, TREE_NOT, 1, f->tok, 0); break;
    case PF_RANGE: reduce_range(p, f); break;
    case PF_ELSE: put_prefixed(p, TREE_IF, 3, f->tok, 0); break;
    case PF_PREFIX: reduce_prefix(p, f); break;
    case PF_FUNARG: reduce_function_argument(p, f); break;
    case PF_AT: reduce_at(p, f); break;
    case PF_WHERE: parser_reduce_where(p, f); break;
    default: break;
    }
    parser_pop_frame(p);
}
