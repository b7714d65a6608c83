/* parse/sign.c - signs that mean nothing here, and what stands for them: characters of mathematics and
 * of other systems, and '=' and '.' where they do not belong. Each asker gets an answer of his own. */
#include "parse/internal.h"

#include <stdio.h>

static const struct {
    const char *sign, *hint;
} signs[] = {
    {"$", "leave it out: a line ends by itself, and formulas need no signs around them"},
    {"\\", "names have no backslash: write sin(x), sqrt(x), pi; fractions are a/b"},
    {"~", "write check A == B to compare, not c for the opposite of a condition"},
    {"&", "write `and`"},
    {"?", "?NAME at the beginning of a line tells what NAME is"},
    {"∇", "write grad(e, [x, y]), div([f, g], [x, y]) or laplacian(e, [x, y])"},
    {"∆", "write laplacian(e, [x, y])"},
    {"∫", "write int(e, x, a, b)"},
    {"∬", "write int(int(e, y, c, d), x, a, b)"},
    {"∑", "write sum(e, k, a, b)"},
    {"∏", "write prod(e, k, a, b)"},
    {"°", "write sind(x) for x in degrees, or deg2rad(30)"},
    {"⊤", "write A' for the transpose"},
    {"ᵀ", "write A' for the transpose"},
    {"†", "write A' for the transpose"},
    {"⊗", "the outer product of vectors is x*y'"},
    {"∘", "write f(g(x))"},
    {"±", "write the two formulas one by one"},
    {"∓", "write the two formulas one by one"},
    {"≈", "write check A == B to compare, N(e) for decimals"},
    {"≡", "write check A == B"},
    {"∈", "write check A == B on x in a:b"},
    {"→", "write e at x=a; there are no limits"},
    {"⇒", "write if c then a else b"},
    {"∧", "write `and`"},
    {"∨", "write `or`"},
    {"¬", "write `not`"},
    {"‖", "write norm(x)"},
    {"⌊", "write floor(x)"},
    {"⌋", "write floor(x)"},
    {"⌈", "write ceil(x)"},
    {"⌉", "write ceil(x)"},
};

const char *lex_sign_hint(const char *sign)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (!strcmp(signs[i].sign, sign))
            return signs[i].hint;
    return "formulas are made of names, numbers and operators; see help";
}

/* ---- '=' where nothing can be defined */

const char parser_equals_hint[] =
    "A == B compares, check A == B tests an identity, dy/dx where A = B "
    "differentiates what it defines";

/* x += 1: the operator stands right before '='. */
static bool assigns_by_operator(Parser *p)
{
    char hint[120];
    uint8_t before = p->i > 1 ? kind_at(p, p->i - 1) : TK_END;
    if (!p->due || !glued(p, p->i) ||
        (before != TK_PLUS && before != TK_MINUS && before != TK_STAR &&
         before != TK_SLASH && before != TK_CARET))
        return false;
    const char *name = parser_excerpt(p, tok(p, 0)->pos, tok_end(p, p->i - 2), 30);
    const char *sign = parser_excerpt(p, tok(p, p->i - 1)->pos, tok_end(p, p->i - 1), 2);
    snprintf(hint, sizeof hint, "write %s := %s %s ...", name, name, sign);
    stand_at(p, tok(p, p->i - 1)->pos, tok_end(p, p->i));
    ctx_error(p->c, LBZ_SYNTAX, hint, "%s= is no operator here", sign);
    return true;
}

/* sum(e, k=1..10), diff(e, x=3), f(x=3) */
static const char *hint_in_call(Parser *p, const ParserFrame *f, char hint[160])
{
    const char *name = parser_excerpt(p, tok(p, f->name)->pos, tok_end(p, f->name), 30);
    if (f->fn == OP_SUM || f->fn == OP_PROD || f->fn == OP_INT)
        snprintf(hint, 160, "write %s(e, %s, a, b): the variable and both ends by commas",
                 name, f->fn == OP_INT ? "x" : "k");
    else if (op_is_structural((Op)f->fn) && f->fn != OP_APPLY)
        snprintf(hint, 160, "write the value behind it: %s(e, x) at x=1", name);
    else
        snprintf(hint, 160, "write %s(3); a comparison is x == 3", name);
    return hint;
}

/* Of an equation on a line of its own. */
static const char *hint_of_equation(const Parser *p)
{
    const TreeItem *left = p->nv ? root_of(p, last(p)) : NULL;
    bool primed = left && (left->kind == TREE_APPLY || left->kind == TREE_CALL) &&
                  left->flags & TREE_PRIMED;
    if (primed)
        return "equations are not solved; descend f(x) from x=1 finds where f' is 0, "
               "check A == B at x=1 tests it at a point";
    if (p->nq)
        return "differential equations are not solved; dy/dx where F(x, y) = c "
               "differentiates what an equation defines, check A == B tests a solution";
    return parser_equals_hint;
}

void parser_bad_equals(Parser *p)
{
    const ParserFrame *f = p->nf ? &p->f[p->barrier] : NULL;
    char text[160];
    stand_at_token(p, p->i);
    if (f && f->kind == PF_AT) {
        ctx_error(p->c, LBZ_SYNTAX, "separate the bindings by commas: at x=1, y=2",
                  "'=' cannot stand inside the value of a binding");
        return;
    }
    if (assigns_by_operator(p))
        return;
    const char *hint = f && f->kind == PF_CALL  ? hint_in_call(p, f, text)
                       : f && f->kind == PF_ABS ? "for the value at a point write: at x=3"
                                                : hint_of_equation(p);
    ctx_error(p->c, LBZ_SYNTAX, hint,
              f && (f->kind == PF_CALL || f->kind == PF_ABS)
                  ? "'=' cannot stand here"
                  : "'=' defines a name, and what stands before it is no name");
}

/* ---- '.' between names and numbers */

const char *parser_dot_hint(Parser *p)
{
    uint8_t next = kind_at(p, p->i + 1), before = p->i ? kind_at(p, p->i - 1) : TK_END;
    bool number = next == TK_NUM && p->text[tok(p, p->i + 1)->pos] == '.';
    if (next == TK_DOT || number)
        return "write 1:10 for a range, sum(e, k, 1, 10) for a sum";
    if (next == TK_NAME && before == TK_NAME)
        return "there are no modules and no methods: write sin(x), not math.sin(x)";
    return "write * for a product";
}

/* ---- signs of two characters that are written otherwise here */

const char *parser_pair_hint(const Parser *p)
{
    static const struct {
        uint8_t first, second;
        const char *hint;
    } pairs[] = {
        {TK_MINUS, TK_GT, "f(x) = x^2 defines a function, e at x=3 puts a value in"},
        {TK_ASSIGN, TK_GT, "greater or equal is written >="},
        {TK_ASSIGN, TK_LT, "less or equal is written <="},
        {TK_LT, TK_GT, "different is written !="},
        {TK_SLASH, TK_DOT, "for the value at a point write: at x=3"},
    };
    uint8_t first = kind_at(p, p->i - 1), second = kind_at(p, p->i);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && glued(p, p->i); i++)
        if (pairs[i].first == first && pairs[i].second == second)
            return pairs[i].hint;
    return "write a number, a name or '(' there";
}
