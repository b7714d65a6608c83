/* parse/beside.c - operands side by side: 2x, 2 sin x, 4/3 pi r^3. They are a product; how tightly it
 * binds is said in a remark where people read it in two ways. */
#include "parse/internal.h"

/* 2^3x is 8*x: worth a word where the base may be meant to carry the product. */
static void note_exponent(Parser *p)
{
    const ParserFrame *f = top(p);
    if (f->kind != PF_POW || !(last(p)->flags & VAL_NUM) || !glued(p, p->i) ||
        kind_at(p, p->i) != TK_NAME)
        return;
    const ParserValue *b = last(p) - 1;
    if (b->flags & VAL_NUM || root_of(p, b)->kind == TREE_CONSTANT)
        parser_note(p, "read as %s*%s, not %s^(%s*%s)",
                    parser_excerpt(p, b->pos, last(p)->end, 60),
                    parser_excerpt(p, tok(p, p->i)->pos, tok_end(p, p->i), 60),
                    parser_excerpt(p, b->pos, b->end, 60),
                    parser_excerpt(p, last(p)->pos, last(p)->end, 60),
                    parser_excerpt(p, tok(p, p->i)->pos, tok_end(p, p->i), 60));
}

/* Does the text from token i on end a product there, outside brackets? */
static bool ends_product(uint8_t kind)
{
    switch (kind) {
    case TK_NUM:
    case TK_NAME:
    case TK_SUP:
    case TK_STAR:
    case TK_SLASH:
    case TK_CARET:
    case TK_BANG:
    case TK_PRIME:
    case TK_LPAREN:
    case TK_LBRACK:
    case TK_SQRT:
    case TK_PARTIAL:
    case TK_PARTIALSUB: return false;
    default: return true;
    }
}

/* 4/3 pi r^3, 1/2 x^2: a fraction, a space, a factor. True when the last value is such a fraction;
 * then what follows multiplies it. */
static bool is_coefficient(Parser *p)
{
    const ParserFrame *f = top(p);
    if (!(last(p)->flags & VAL_NUM) || f->kind != PF_MUL || f->op != TK_SLASH ||
        glued(p, p->i) || !glued(p, p->i - 1) || !glued(p, f->tok))
        return false;
    const ParserValue *over = last(p) - 1;
    const TreeItem *root = root_of(p, over);
    bool number = over->flags & VAL_NUM ||
                  (root->kind == TREE_NEGATE && root[-1].kind == TREE_NUMBER);
    bool first = f->base + 2 == p->nv;
    return number && (first || root[1].kind != TREE_MARK);
}

static void note_coefficient(Parser *p)
{
    uint32_t i = p->i, end = p->i;
    const ParserValue *below = last(p), *over = below - 1;
    while (!ends_product(kind_at(p, i))) {
        end = tok(p, i)->closed ? tok(p, i)->match : i;
        i = end + 1;
    }
    const char *rest = parser_excerpt(p, tok(p, p->i)->pos, tok_end(p, end), 60);
    const char *part = parser_excerpt(p, over->pos, below->end, 60);
    const char *above = parser_excerpt(p, over->pos, over->end, 40);
    const char *under = parser_excerpt(p, below->pos, below->end, 40);
    if (p->pe && p->pe->strict) {
        stand_at(p, over->pos, tok_end(p, end));
        ctx_error(p->c, LBZ_SYNTAX, "put the parentheses",
                  "%s %s can be read in two ways: (%s)*%s or %s/(%s %s)", part, rest,
                  part, rest, above, under, rest);
    } else {
        parser_note(p, "read as (%s)*%s, not %s/(%s %s)", part, rest, above, under, rest);
    }
}

/* 0x10, 0b01: a number of another base for many, a product here. */
static void note_radix(Parser *p)
{
    const ParserValue *b = last(p);
    const Token *t = tok(p, p->i);
    bool zero = b->flags & VAL_NUM && b->end - b->pos == 1 && p->text[b->pos] == '0';
    if (!zero || !glued(p, p->i) || t->kind != TK_NAME ||
        !strchr("xXbBoO", p->text[t->pos]))
        return;
    const char *name = parser_excerpt(p, t->pos, tok_end(p, p->i), 40);
    size_t n = strspn(name + 1, "0123456789abcdefABCDEF_");
    if (!n || name[1 + n])
        return;
    if (p->pe && p->pe->strict) {
        stand_at(p, b->pos, tok_end(p, p->i));
        ctx_error(p->c, LBZ_SYNTAX, "write numbers in decimal",
                  "0%s is not a number here but the product 0*%s", name, name);
    } else {
        parser_note(p, "read as 0*%s: numbers are written in decimal", name);
    }
}

static bool function_begins(Parser *p)
{
    const Token *t = tok(p, p->i);
    size_t n;
    if (t->kind != TK_NAME)
        return false;
    if (kind_at(p, p->i + 1) == TK_LPAREN && glued(p, p->i + 1))
        return true;
    const char *name = lex_name(&p->L, t, &n);
    Op op = n == 1 ? OP_POISON : op_find(name, n);
    return op != OP_POISON && parser_name_kind(p, name, n) != NAME_VARIABLE;
}

/* Two operands side by side. */
void parser_juxtapose(Parser *p)
{
    stand_at_token(p, p->i);
    if (kind_at(p, p->i) == TK_NUM && last(p)->flags & VAL_NUM) {
        p->c->env.at = (Span){last(p)->pos, tok_end(p, p->i) - last(p)->pos};
        ctx_error(p->c, LBZ_SYNTAX,
                  p->f[p->barrier].kind == PF_LIST ? "separate the elements by commas"
                                                   : "write * between them",
                  "two numbers stand side by side");
        return;
    }
    if (parser_derivative_begins(p, p->i)) {
        parser_gather(p, PF_MUL, BP_MUL)->op = TK_STAR;
        return;
    }
    if (is_coefficient(p)) {
        note_coefficient(p);
        parser_gather(p, PF_MUL, BP_MUL)->op = TK_STAR;
        return;
    }
    note_exponent(p);
    note_radix(p);
    parser_reduce_above(p, BP_JUXT);
    if (function_begins(p))
        while (top(p)->kind == PF_FUNARG ||
               (top(p)->kind == PF_JUXT && p->f[p->nf - 2].kind == PF_FUNARG))
            parser_reduce_top(p);
    if (top(p)->kind != PF_JUXT)
        parser_push_frame(p, PF_JUXT, BP_JUXT)->base = p->nv - 1;
    p->due = true;
}
