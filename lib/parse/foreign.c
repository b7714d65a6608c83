/* parse/foreign.c - what leibniz answers to names of other systems: the one reader of foreign.def.
 * Only names that nobody defined come here. */
#include "parse/internal.h"

static const struct {
    const char *name, *answer;
} foreign[] = {
#define F(name, answer) {name, answer},
#include "parse/foreign.def"
#undef F
};

enum { FOREIGN = sizeof foreign / sizeof *foreign, LONGEST = 30 };

size_t parse_foreign_count(void) { return FOREIGN; }

const char *parse_foreign_at(size_t i, const char **answer)
{
    *answer = foreign[i].answer;
    return foreign[i].name;
}

static const char *find_lower(const char *name)
{
    size_t from = 0, to = FOREIGN;
    while (from < to) {
        size_t mid = (from + to) / 2;
        int order = strcmp(foreign[mid].name, name);
        if (!order)
            return foreign[mid].answer;
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

const char *parse_foreign(const char *name, size_t n)
{
    char lower[LONGEST];
    if (n < 2 || n >= LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    lower[n] = 0;
    const char *answer = find_lower(lower);
    bool base = n > 4 && !memcmp(lower, "log_", 4);
    return answer || !base ? answer : "write log(x, b) for the logarithm to base b";
}

/* The error for the name at the current token; false: it is none of these. */
bool parser_reject_foreign(Parser *p, const char *name, size_t n)
{
    const char *answer = parse_foreign(name, n);
    if (!answer)
        return false;
    stand_at_token(p, p->i);
    ctx_error(p->c, LBZ_NAME, "a function of your own is defined first: name(x) = ...",
              "%.*s is no function of leibniz: %s", (int)n, name, answer);
    return true;
}

/* Sin[x], as in Mathematica. */
bool parser_reject_brackets(Parser *p, const char *name, size_t n, Op op)
{
    bool numeric = n == 1 && name[0] == 'N';
    if ((n == 1 && !numeric) || parser_name_kind(p, name, n) != NAME_FREE)
        return false;
    if (op == OP_POISON && !numeric && parser_reject_foreign(p, name, n))
        return true;
    const char *ours = parser_similar_name(name, n);
    bool same = ours && strlen(ours) == n && parser_same_letters(ours, name, n);
    if (op == OP_POISON && !numeric && !same)
        return false;
    stand_at(p, tok(p, p->i)->pos, tok_end(p, p->i + 1));
    ctx_error(p->c, LBZ_NAME, "brackets are for lists and for D[e, x]",
              "functions are applied by parentheses: write %.*s(...)", (int)n,
              op == OP_POISON && same ? ours : name);
    return true;
}

/* Do these need parentheses around what follows, and say nothing as a factor of it? */
static bool needs_parentheses(Op op)
{
    switch (op) {
    case OP_DIFF:
    case OP_JACOBIAN:
    case OP_HVP:
    case OP_JVP:
    case OP_VJP:
    case OP_TAYLOR:
    case OP_SUBS:
    case OP_COLLECT:
    case OP_SUM:
    case OP_PROD:
    case OP_INT: return true;
    default: return false;
    }
}

/* 2 km to m */
static bool converts_units(Parser *p, const char *name, size_t n)
{
    if (n != 2 || memcmp(name, "to", 2) != 0 || p->i < 2 || glued(p, p->i) ||
        kind_at(p, p->i - 1) != TK_NAME || kind_at(p, p->i + 1) != TK_NAME)
        return false;
    stand_at_token(p, p->i);
    ctx_error(p->c, LBZ_NAME, "write the factor: 2*1000", "units are not converted here");
    return true;
}

/* diff x^2, limit sin(x)/x */
bool parser_reject_words(Parser *p, const char *name, size_t n, Op op)
{
    if (converts_units(p, name, n) && parser_name_kind(p, name, n) == NAME_FREE)
        return true;
    if (!(needs_parentheses(op) || (!p->i && n > 1 && op == OP_POISON)) ||
        parser_name_kind(p, name, n) != NAME_FREE)
        return false;
    if (op == OP_POISON)
        return parser_reject_foreign(p, name, n);
    stand_at_token(p, p->i);
    ctx_error(p->c, LBZ_SYNTAX, op_info(op)->usage,
              "%.*s needs its arguments in parentheses%s", (int)n, name,
              op == OP_DIFF ? ": diff(x^2, x), or d/dx x^2" : "");
    return true;
}

/* D(f)(x), grad(f)(x): operators that make functions of functions, in Maple and JAX. */
bool parser_reject_functional(Parser *p, const char *name, size_t n, Op op)
{
    uint32_t paren = p->i + 1, after = after_group(p, paren), arg = paren + 1;
    bool one = op == OP_GRAD || op == OP_DIFF || op == OP_JACOBIAN || op == OP_HESSIAN ||
               (op == OP_POISON && n == 1 && name[0] == 'D');
    if (!one || after != paren + 3 || kind_at(p, arg) != TK_NAME ||
        kind_at(p, after) != TK_LPAREN || !glued(p, after) ||
        parser_name_kind(p, name, n) != NAME_FREE)
        return false;
    const char *f = parser_excerpt(p, tok(p, arg)->pos, tok_end(p, arg), 40);
    stand_at(p, tok(p, p->i)->pos, tok_end(p, after - 1));
    if (op == OP_POISON || op == OP_DIFF)
        ctx_error(p->c, LBZ_NAME, "diff(e, x) and D[e, x] differentiate a formula",
                  "%.*s(%s) is no function here: write %s'(x)", (int)n, name, f, f);
    else
        ctx_error(p->c, LBZ_NAME, "for the value at a point: ... at x=1, y=2",
                  "%.*s(%s) is no function here: write %.*s(%s(x, y), [x, y])", (int)n,
                  name, f, (int)n, name, f);
    return true;
}
