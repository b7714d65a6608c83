/* parse/call.c - name(arguments): which row of the table, or which function of the user's, and how
 * many arguments it takes. What the arguments have to be is found out when nodes are made. */
#include "expr/attributes.h"
#include "parse/internal.h"
#include <stdio.h>

typedef struct {
    const ParserValue *v; /* the arguments */
    uint32_t n;           /* without those by name ... */
    uint32_t named;       /* ... which stand behind them, name and value by turns */
    uint32_t pos, end;
    const char *name;
    size_t len;
} ArgumentList;

static void arity_error(Parser *p, const ArgumentList *a, Op op)
{
    const OpInfo *f = op_info(op);
    char takes[40];
    Op two = op_is_function(op) ? op_find_n(a->name, a->len, f->max_args + 1) : OP_POISON;
    if (two != OP_POISON)
        snprintf(takes, sizeof takes, "%u or %u arguments", f->min_args, f->max_args + 1);
    else if (f->min_args == f->max_args)
        snprintf(takes, sizeof takes, "%u argument%s", f->min_args,
                 f->min_args > 1 ? "s" : "");
    else if (f->max_args >= 64)
        snprintf(takes, sizeof takes, "at least %u arguments", f->min_args);
    else
        snprintf(takes, sizeof takes, "%u to %u arguments", f->min_args, f->max_args);
    char hint[300];
    snprintf(hint, sizeof hint, "%s: %s", f->usage ? f->usage : f->name,
             f->help ? f->help : "");
    stand_at(p, a->pos, a->end);
    ctx_error(p->c, LBZ_SYNTAX, hint, "%.*s takes %s, here %s %u", (int)a->len, a->name,
              takes, a->n == 1 ? "is" : "are", a->n);
}

/* ---- functions of the table */

Op parser_unary_function(Parser *p, Op op)
{
    const OpInfo *f = op_info(op);
    Op one = f->max_args == 1 ? op : op_find_n(f->name, strlen(f->name), 1);
    if (one != OP_POISON && op_is_function(one))
        return one;
    ctx_error(p->c, LBZ_SYNTAX, f->usage, "%s needs its arguments in parentheses",
              f->name);
    return OP_POISON;
}

/* The row that takes so many arguments: max(x, 0) is a function, max(v) of a tensor. */
static Op row_of_call(Parser *p, const ArgumentList *a, Op op)
{
    bool several = op_is_function(op) || op == OP_SUM || op == OP_PROD;
    Op row = several ? op_find_n(a->name, a->len, a->n) : op;
    if (row != OP_POISON)
        return row;
    arity_error(p, a, op);
    return OP_POISON;
}

/* int(x^2, x): no error of counting, but one of what is there. */
static bool refuse_antiderivative(Parser *p, const ArgumentList *a, Op op)
{
    char hint[120];
    if (op != OP_INT || a->n > 2)
        return false;
    const ParserValue *e = &a->v[0], *x = &a->v[a->n - 1];
    snprintf(hint, sizeof hint, "give limits: int(%.40s, %.20s, a, b)",
             parser_excerpt(p, e->pos, e->end, 36),
             a->n == 2 ? parser_excerpt(p, x->pos, x->end, 16) : "x");
    stand_at(p, a->pos, a->end);
    ctx_error(p->c, LBZ_UNABLE, hint,
              "antiderivatives are not found, only values between limits");
    return true;
}

static bool right_number(const ArgumentList *a, Op op)
{
    const OpInfo *f = op_info(op);
    switch (op) {
    case OP_INT: return a->n == 4;
    case OP_DIFF: return a->n <= 64;
    case OP_SUBS: return a->n >= 2;
    case OP_TAYLOR: return a->n == 4 || (a->n == 3 && !(a->v[1].flags & VAL_EQ));
    default: return a->n >= f->min_args && a->n <= f->max_args;
    }
}

/* ---- unknown functions */

/* f_1_2 applied to enough arguments: how often by each, and the function; false: a name as it is.
 */
static bool partial_name(Parser *p, const ArgumentList *a, unsigned *count, uint32_t *sym)
{
    size_t n = a->len;
    if (a->n < 2 || a->n > 63 || parser_name_kind(p, a->name, a->len) != NAME_FREE)
        return false;
    for (;;) {
        size_t i = n;
        unsigned k = 0;
        while (i && a->name[i - 1] >= '0' && a->name[i - 1] <= '9')
            i--;
        if (i == n || i < 2 || a->name[i - 1] != '_' || a->name[i] == '0')
            break;
        for (size_t j = i; j < n && k < 1000; j++)
            k = 10 * k + (unsigned)(a->name[j] - '0');
        if (k > a->n)
            break;
        count[k]++;
        n = i - 1;
    }
    if (n == a->len)
        return false;
    *sym = sym_intern(p->c, a->name, n);
    return true;
}

/* a(b+1): most letters are names of numbers. */
static void note_letter(Parser *p, const ArgumentList *a)
{
    if (a->len == 1 && a->n == 1 && strchr("abcdijklmnopqrstxz", a->name[0]) &&
        root_of(p, &a->v[0])->kind != TREE_NAME &&
        parser_name_kind(p, a->name, 1) == NAME_FREE)
        parser_note(p, "%c is read as a function here; write %c*%s for the product",
                    a->name[0], a->name[0], parser_excerpt(p, a->pos + 1, a->end, 60));
}

static bool is_power(Parser *p, const ArgumentList *a)
{
    return a->n == 2 && a->len == 3 && !memcmp(a->name, "pow", 3) &&
           parser_name_kind(p, a->name, a->len) == NAME_FREE;
}

/* f'(x), f^(n)(x) */
static void put_derived(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    stand_at(p, a->pos, a->end);
    if (a->n > 1) {
        ctx_error(p->c, LBZ_SYNTAX, "f_1(x,y) is the derivative by the first argument",
                  "' differentiates functions of one argument, here are %u", a->n);
        return;
    }
    TreeItem *i = parser_put(p, TREE_APPLY, a->n + f->expo, a->pos, a->end);
    i->sym = f->sym;
    i->op = (uint16_t)(f->primes < 1000 ? f->primes : 1000);
    i->flags = f->expo ? TREE_ORDER : TREE_PRIMED;
}

static void put_unknown(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    unsigned count[64] = {0};
    uint32_t sym = f->sym;
    if (f->primes) {
        put_derived(p, a, f);
        return;
    }
    if (is_power(p, a)) {
        stand_by(p, parser_put(p, TREE_POWER, 2, a->pos, a->end), f->name);
        return;
    }
    bool partial = partial_name(p, a, count, &sym);
    if (!partial)
        note_letter(p, a);
    for (uint32_t i = 1; partial && i <= a->n; i++)
        parser_put_integer(p, count[i], a->pos, a->end);
    TreeItem *i = parser_put(p, TREE_APPLY, (a->n << partial) + f->expo, a->pos, a->end);
    i->sym = sym;
    i->flags = (partial ? TREE_PARTIAL : 0) | (f->expo ? TREE_EXPONENT : 0);
}

/* ---- arguments by name */

/* Is it an operation on tensors with such an argument? Names of one letter it does not know may be
 * meant otherwise: sum(k^2, k = 1, 9). */
static bool takes_named(const ParserFrame *f, const char *name, size_t n)
{
    enum { MOST = 3 };
    bool tensor = false, known = false;
    const char *fn = f->kind == PF_CALL && !f->brace ? op_info((Op)f->fn)->name : "";
    for (unsigned k = 1; *fn && k <= MOST; k++) {
        Op op = op_is_tensor((Op)f->fn) ? (Op)f->fn : op_find_n(fn, strlen(fn), k);
        tensor = tensor || op_is_tensor(op);
        known = known || attr_is_known(op, name, n);
    }
    return tensor && (known || n > 1);
}

bool parser_operand_named(Parser *p, const char *name, size_t n)
{
    if (!takes_named(top(p), name, n))
        return false;
    parser_put_name(p, sym_intern(p->c, name, n), tok(p, p->i)->pos, tok_end(p, p->i));
    last(p)->flags = VAL_EQ;
    parser_mark(p, TK_ASSIGN, p->i + 1);
    p->i += 2;
    p->due = true;
    const Token *t = token_ahead(p, p->i);
    size_t k;
    const char *word = t->kind == TK_NAME ? lex_name(&p->L, t, &k) : "";
    bool yes = t->kind == TK_NAME && k == 3 && !memcmp(word, "yes", 3);
    if (yes || (t->kind == TK_NAME && k == 2 && !memcmp(word, "no", 2))) {
        parser_put(p, TREE_CONSTANT, 0, t->pos, t->pos + t->len)->op =
            yes ? TREE_TRUE : TREE_FALSE;
        p->i++;
    }
    return true;
}

/* Which arguments are given by name; false with an error. */
static bool split_named(Parser *p, ArgumentList *a, const ParserFrame *f)
{
    uint32_t n = 0;
    if (f->fn == OP_SUBS || f->fn == OP_TAYLOR)
        return true;
    while (n < a->n && !(a->v[n].flags & VAL_EQ))
        n++;
    for (uint32_t k = n; k < a->n; k += 2)
        if (!(a->v[k].flags & VAL_EQ) || k + 1 == a->n) {
            stand_at(p, a->v[k].pos, a->v[k].end);
            ctx_error(p->c, LBZ_SYNTAX, op_info((Op)f->fn)->usage,
                      "arguments by name stand behind the others");
            return false;
        }
    a->named = (a->n - n) / 2;
    a->n = n;
    return true;
}

/* Does the row know them? */
static bool names_known(Parser *p, const ArgumentList *a, Op op)
{
    for (uint32_t k = 0; k < a->named; k++) {
        const ParserValue *v = &a->v[a->n + 2 * k];
        const char *name = p->text + v->pos;
        if (attr_is_known(op, name, v->end - v->pos))
            continue;
        stand_at(p, v->pos, v->end);
        ctx_error(p->c, LBZ_SYNTAX, op_info(op)->usage, "%.*s has no argument named %.*s",
                  (int)a->len, a->name, (int)(v->end - v->pos), name);
        return false;
    }
    return true;
}

/* ---- map */

void parser_begin_map(Parser *p)
{
    ParserFrame *f = top(p);
    size_t n;
    uint32_t i = p->i;
    if (kind_at(p, i) != TK_NAME)
        return;
    const char *name = lex_name(&p->L, tok(p, i), &n);
    uint32_t sym = sym_intern(p->c, name, n);
    if (kind_at(p, i + 1) == TK_COMMA) {
        parser_put_name(p, sym, tok(p, i)->pos, tok_end(p, i));
        p->i++;
    } else if (kind_at(p, i + 1) == TK_MINUS && kind_at(p, i + 2) == TK_GT &&
               glued(p, i + 2)) {
        f->sym = sym + 1;
        p->i += 3;
    }
}

static void put_map(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    bool arrow = f->sym != 0;
    if (a->n != 2u + arrow || a->named ||
        (!arrow && root_of(p, &a->v[0])->kind != TREE_NAME)) {
        stand_at(p, a->pos, a->end);
        ctx_error(p->c, LBZ_SYNTAX, op_info(OP_MAP)->usage,
                  "map takes a function and what it is to be applied to");
        return;
    }
    uint32_t behind = a->v[1].first;
    parser_put(p, TREE_MAP, a->n, a->pos, a->end)->at = behind;
    p->tree->nat += arrow;
}

/* ---- all calls */

/* sin (x)^2, sin (x) y: the parentheses hold the argument. */
static void note_spaced(Parser *p, const ParserFrame *f, uint32_t pos, uint32_t end)
{
    uint8_t next = kind_at(p, p->i + 1);
    if (f->brace || f->expo || glued(p, f->tok) ||
        !(next == TK_CARET || (parser_operand_begins(p, p->i + 1) && next != TK_BAR)))
        return;
    const char *times = next == TK_CARET ? "" : "*";
    const char *more = parser_excerpt(
        p, tok(p, p->i + 1)->pos, tok_end(p, next == TK_CARET ? p->i + 2 : p->i + 1), 30);
    parser_note(p, "read as (%s)%s%s, not %s(%s%s%s)", parser_excerpt(p, pos, end, 60),
                times, more, parser_excerpt(p, pos, tok_end(p, f->name), 60),
                parser_excerpt(p, tok(p, f->tok)->pos, end, 60), times, more);
}

static void put_primed(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    stand_at(p, a->pos, a->end);
    if (a->n != 1 || !op_is_function((Op)f->fn)) {
        ctx_error(p->c, LBZ_SYNTAX, "write d/dx in front of the formula",
                  "' differentiates functions of one argument");
        return;
    }
    Op op = parser_unary_function(p, (Op)f->fn);
    TreeItem *i = parser_put(p, TREE_CALL, 1u + f->expo, a->pos, a->end);
    i->op = (uint16_t)op;
    i->sym = f->primes;
    i->flags = f->expo ? TREE_ORDER : TREE_PRIMED;
}

static void put_call(Parser *p, const ArgumentList *a, const ParserFrame *f)
{
    Op op = (Op)f->fn;
    if (op == OP_APPLY) {
        put_unknown(p, a, f);
        return;
    }
    if (op == OP_MAP) {
        put_map(p, a, f);
        return;
    }
    if (f->primes) {
        put_primed(p, a, f);
        return;
    }
    op = row_of_call(p, a, op);
    if (!ctx_failed(p->c) && !op_is_function(op) && !right_number(a, op) &&
        !refuse_antiderivative(p, a, op))
        arity_error(p, a, op);
    if (ctx_failed(p->c))
        return;
    if (a->named && !names_known(p, a, op))
        return;
    TreeItem *i = parser_put(p, op == OP_INDEX ? TREE_INDEX : TREE_CALL,
                             a->n + 2 * a->named + f->expo, a->pos, a->end);
    i->op = (uint16_t)op;
    i->flags = (f->expo ? TREE_EXPONENT : 0) | (a->named ? TREE_NAMED : 0);
    i->sym = a->named;
}

/* The closing bracket at end was read; f is the frame on top. */
void parser_finish_call(Parser *p, ParserFrame *frame, uint32_t end)
{
    ParserFrame f = *frame;
    uint32_t pos = tok(p, f.name)->pos;
    ArgumentList a = {.v = &p->v[f.base], .n = p->nv - f.base, .pos = pos, .end = end};
    a.name = lex_name(&p->L, tok(p, f.name), &a.len);
    parser_pop_frame(p);
    if (!split_named(p, &a, &f))
        return;
    put_call(p, &a, &f);
    note_spaced(p, &f, pos, end);
}
