/* parse/joined.c - names run together: xy, ax^2, sinx. A name is as long as its letters go, and one
 * that nobody defined is a symbol; where the statement says that its letters are names of their own
 * it is an error that writes the product, where that is only likely a remark. Judged when the
 * statement is read to its end; what counts is what it binds: variables of derivatives, sums and
 * integrals, names behind `at` and `wrt`, parameters. */
#include "parse/internal.h"

#include <ctype.h>
#include <stdio.h>

enum { PREFIX = 2, PRODUCT = 80 };

static uint64_t bit(char letter) { return 1ull << parser_letter_bit(letter); }

static bool is_bound(Parser *p, char letter)
{
    return p->by & bit(letter) ||
           (p->pe && p->pe->bound && p->pe->bound(p->pe->arg, &letter, 1));
}

/* Is the letter a name of its own in this statement? */
static bool is_used(Parser *p, char letter)
{
    return p->letters & bit(letter) || is_bound(p, letter) ||
           parser_name_kind(p, &letter, 1) == NAME_VARIABLE;
}

/* x, y and z are names of their own wherever they follow a function. */
static bool is_usual(Parser *p, char letter)
{
    return (letter >= 'x' && letter <= 'z') || is_used(p, letter);
}

static bool all_letters(const char *s, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!isalpha((unsigned char)s[k]))
            return false;
    return true;
}

/* x*y of xy, behind what is there. */
static void write_product(char *out, const char *s, size_t n)
{
    size_t at = strlen(out);
    for (size_t k = 0; k < n; k++) {
        if (k)
            out[at++] = '*';
        out[at++] = s[k];
    }
    out[at] = 0;
}

/* ---- what the statement binds */

static void bind_symbol(Parser *p, uint32_t sym)
{
    const char *name = sym_name(p->c, sym);
    size_t n = strlen(name);
    if (n == 1 && isalpha((unsigned char)name[0]))
        p->by |= bit(name[0]);
    for (uint32_t i = 0; n > 1 && i < p->nwords; i++)
        if (p->words[i].len == n && !memcmp(p->text + p->words[i].pos, name, n))
            p->kept |= 1ull << i;
}

static void bind_name(Parser *p, const TreeItem *i)
{
    if (i->kind == TREE_NAME)
        bind_symbol(p, i->sym);
}

/* A name, or the names of a list: these stand right before it. */
static void bind_names(Parser *p, const TreeItem *i)
{
    bind_name(p, i);
    for (uint32_t k = 1; i->kind == TREE_LIST && k <= i->n; k++)
        bind_name(p, i - k);
}

static bool binds_names(const TreeItem *i)
{
    if (i->kind != TREE_CALL)
        return i->kind == TREE_AT;
    switch ((Op)i->op) {
    case OP_SUM:
    case OP_PROD:
    case OP_INT:
    case OP_DIFF:
    case OP_TAYLOR:
    case OP_IMPLICIT:
    case OP_GRAD:
    case OP_HESSIAN:
    case OP_LAPLACIAN:
    case OP_JACOBIAN:
    case OP_HVP:
    case OP_JVP:
    case OP_VJP:
    case OP_DIV:
    case OP_CURL:
    case OP_SUBS:
    case OP_COLLECT: return true;
    default: return false;
    }
}

/* Variables are all operands of these but the first; the other names there are at least no
 * products. In derivatives as they are written they stand before the formula. */
static void bind_operands(Parser *p, const TreeItem *i, const uint32_t *at)
{
    const TreeItem *item = p->tree->item;
    if (i->kind == TREE_DIFF)
        for (uint32_t k = 0; k + 1 < i->n; k += 2)
            bind_name(p, &item[at[k]]);
    else if (binds_names(i))
        for (uint32_t k = 1; k < i->n; k += i->kind == TREE_AT ? 2 : 1)
            bind_names(p, &item[at[k]]);
}

static void bind_in_tree(Parser *p)
{
    const Tree *t = p->tree;
    ArenaMark m = arena_mark(&p->c->tmp);
    uint32_t *at = ARENA_NEW(&p->c->tmp, uint32_t, t->n + 1u), nv = 0;
    for (uint32_t k = 0; at && k < t->n && !ctx_failed(p->c); k++) {
        const TreeItem *i = &t->item[k];
        if (i->kind == TREE_MARK)
            continue;
        nv -= i->n;
        bind_operands(p, i, at + nv);
        at[nv++] = k;
    }
    arena_release(&p->c->tmp, m);
}

/* ---- functions: sinx, cos2x, xsin */

typedef struct {
    const char *s;
    size_t n;
    size_t before, function, digits; /* lengths; the rest are letters behind */
} FunctionParts;

/* A function of one argument that nobody takes for the beginning of a word. */
static bool is_function_name(const char *s, size_t n)
{
    bool known = n > 2 || (n == 2 && (!memcmp(s, "ln", 2) || !memcmp(s, "tg", 2)));
    Op op = known && !lex_is_greek(s, n) ? op_find(s, n) : OP_POISON;
    return op_is_function(op) && op_info(op)->max_args == 1;
}

static bool parts_fit(Parser *p, const FunctionParts *f)
{
    for (size_t k = 0; k < f->before; k++)
        if (!isalpha((unsigned char)f->s[k]) || !is_usual(p, f->s[k]))
            return false;
    for (size_t k = f->before + f->function + f->digits; k < f->n; k++)
        if (!isalpha((unsigned char)f->s[k]) || !is_usual(p, f->s[k]))
            return false;
    return true;
}

/* The longest function's name first, so that sinhx is sinh(x). */
static bool find_function(Parser *p, FunctionParts *f)
{
    for (f->before = 0; f->before <= PREFIX && f->before < f->n; f->before++)
        for (f->function = f->n - f->before; f->function > 1; f->function--) {
            size_t end = f->before + f->function;
            for (f->digits = 0;
                 end + f->digits < f->n && isdigit((unsigned char)f->s[end + f->digits]);)
                f->digits++;
            bool more = f->before || end + f->digits < f->n;
            if (more && f->n - end - f->digits <= PREFIX &&
                is_function_name(f->s + f->before, f->function) && parts_fit(p, f))
                return true;
        }
    return false;
}

static void write_function(char *out, const FunctionParts *f)
{
    size_t end = f->before + f->function, letters = f->n - end - f->digits;
    out[0] = 0;
    write_product(out, f->s, f->before);
    strcat(out, f->before ? "*" : "");
    strncat(out, f->s + f->before, f->function);
    if (!letters)
        return;
    strcat(out, "(");
    strncat(out, f->s + end, f->digits);
    strcat(out, f->digits ? "*" : "");
    write_product(out, f->s + end + f->digits, letters);
    strcat(out, ")");
}

/* ---- verdicts */

static void joined_error(Parser *p, const char *s, size_t n, const char *product)
{
    char hint[80];
    snprintf(hint, sizeof hint, "to keep it as a name declare it: var %.*s", (int)n, s);
    stand_at(p, (uint32_t)(s - p->text), (uint32_t)(s - p->text + (ptrdiff_t)n));
    ctx_error(p->c, LBZ_NAME, hint, "%.*s is one name: write %s", (int)n, s, product);
}

static void joined_note(Parser *p, const char *s, size_t n, const char *product)
{
    parser_note(p, "%.*s is read as one name: %s?", (int)n, s, product);
}

/* cat, box: pronounced like a word, and so more likely a name than a product. */
static bool like_a_word(const char *s, size_t n)
{
    return n == 3 && !strchr("aeiou", s[0]) && strchr("aeiou", s[1]) &&
           !strchr("aeiou", s[2]);
}

/* xe^x: e is the constant, as a power of it follows. */
static bool ends_with_e(const Parser *p, const char *s, size_t n)
{
    return s[n - 1] == 'e' && p->text + p->L.to > s + n && s[n] == '^';
}

/* ax under d/dx, xy in f(x, y); longer ones only when all their letters are names. */
static void judge_product(Parser *p, const char *s, size_t n)
{
    bool all = true, some = false, power = ends_with_e(p, s, n);
    char product[PRODUCT] = "";
    for (size_t k = 0; k < n; k++) {
        all = all && (is_used(p, s[k]) || (power && k + 1 == n));
        some = some || is_bound(p, s[k]);
    }
    write_product(product, s, n);
    if (n > 2 ? all : some || (all && power))
        joined_error(p, s, n, product);
    else if (all || (n == 2 && power) || (some && n == 3 && !like_a_word(s, n)))
        joined_note(p, s, n, product);
}

/* Does a Greek name, pi among them, stand at s? */
static bool is_greek(const char *s, size_t n)
{
    return (n == 2 && !memcmp(s, "pi", 2)) || (n > 2 && lex_is_greek(s, n));
}

static bool all_used(Parser *p, const char *s, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!is_used(p, s[k]))
            return false;
    return true;
}

/* pir, alphax, xpi: true when it is one. */
static bool judge_greek(Parser *p, const char *s, size_t n)
{
    for (size_t more = 1; more <= PREFIX && more + 1 < n; more++) {
        size_t k = n - more;
        char product[PRODUCT] = "";
        if (is_greek(s, k) && all_used(p, s + k, more)) {
            snprintf(product, sizeof product, "%.*s*", (int)k, s);
            write_product(product, s + k, more);
        } else if (is_greek(s + more, k) && all_used(p, s, more)) {
            write_product(product, s, more);
            strcat(product, "*");
            strncat(product, s + more, k);
        } else {
            continue;
        }
        joined_error(p, s, n, product);
        return true;
    }
    return false;
}

static void judge_word(Parser *p, const char *s, size_t n)
{
    FunctionParts f = {.s = s, .n = n};
    char product[PRODUCT];
    if (op_find(s, n) != OP_POISON)
        return;
    if (find_function(p, &f)) {
        write_function(product, &f);
        joined_error(p, s, n, product);
    } else if (all_letters(s, n) && !judge_greek(p, s, n)) {
        judge_product(p, s, n);
    }
}

/* xsin(x): xsin has an argument list; the product for a message, NULL: it is none. */
const char *parser_joined_function(Parser *p, const char *s, size_t n)
{
    FunctionParts f = {.s = s, .n = n};
    char *product = n < PRODUCT / 2 ? ARENA_NEW(&p->c->tmp, char, PRODUCT) : NULL;
    if (!product || !find_function(p, &f) || f.before + f.function < n)
        return NULL;
    write_function(product, &f);
    return product;
}

/* What `wrt` names, and parameters. */
static void bind_around(Parser *p)
{
    size_t n;
    for (size_t i = 0; i < p->nparams; i++)
        bind_symbol(p, p->params[i]);
    for (uint32_t i = 0; i < p->L.n; i++)
        for (uint32_t k = i + 1; kind_at(p, i) == TK_WRT && kind_at(p, k) == TK_NAME;
             k += kind_at(p, k + 1) == TK_COMMA ? 2 : 1) {
            const char *name = lex_name(&p->L, tok(p, k), &n);
            bind_symbol(p, sym_intern(p->c, name, n));
        }
}

/* Pi, PI, E: constants elsewhere. */
static bool note_constant(Parser *p, const char *s, size_t n)
{
    bool pi = n == 2 && s[0] == 'P' && (s[1] == 'i' || s[1] == 'I');
    bool e = n == 1 && !is_bound(p, 'E');
    if (pi || e)
        parser_note(p, "%.*s is a name here; the constant is %s", (int)n, s,
                    pi ? "pi" : "e");
    return pi;
}

void parser_judge_words(Parser *p)
{
    bool e = p->letters & bit('E') && parser_name_kind(p, "E", 1) == NAME_FREE;
    if (!p->nwords && !e)
        return;
    bind_around(p);
    bind_in_tree(p);
    for (uint32_t i = 0; i < p->nwords && !ctx_failed(p->c); i++) {
        const char *s = p->text + p->words[i].pos;
        size_t n = p->words[i].len;
        if (!(p->kept >> i & 1) && parser_name_kind(p, s, n) == NAME_FREE &&
            !note_constant(p, s, n))
            judge_word(p, s, n);
    }
    if (e)
        note_constant(p, "E", 1);
}

void parser_remember_word(Parser *p, const char *s, uint32_t pos, size_t n)
{
    enum { LONGEST = 12 };
    if (n < 2 || n > LONGEST || p->nwords == sizeof p->words / sizeof *p->words ||
        !isalpha((unsigned char)s[n - 1]))
        return;
    for (uint32_t i = 0; i < p->nwords; i++)
        if (p->words[i].len == n && !memcmp(p->text + p->words[i].pos, s, n))
            return;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]))
            return;
    if (!lex_is_greek(s, n) || s[0] == 'P')
        p->words[p->nwords++] = (Span){pos, (uint32_t)n};
}
