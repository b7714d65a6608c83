/* print/form.h - private to print: the form in which a node is shown.
 *
 * A Form says in which order terms and factors stand, what is above and below a fraction
 * line and where minus signs go. Plain text, LaTeX and the two-dimensional printer all
 * show the same forms. Forms are shared as the nodes are: as many as there are distinct
 * nodes (a small multiple), however large the text. All of it lives in the tmp arena of
 * the Ctx.
 */
#ifndef LBZ_PRINT_FORM_H
#define LBZ_PRINT_FORM_H

#include "expr/expr.h"

/* Binding strength, weakest first. What binds weaker than its place asks for gets
 * parentheses. */
enum {
    BIND_IF,
    BIND_OR,
    BIND_AND,
    BIND_NOT,
    BIND_CMP,
    BIND_RANGE,
    BIND_SUM,
    BIND_NEG,
    BIND_PROD,
    BIND_POW,
    BIND_ATOM
};

typedef enum {
    FORM_NUM,   /* text: a nonnegative integer or decimal */
    FORM_NAME,  /* text: symbol, constant, true, false */
    FORM_SUM,   /* a[0..n), each with its sign */
    FORM_PROD,  /* a[0..n), at least one, over a[n..n+nden) */
    FORM_POW,   /* a[0] to the a[1] */
    FORM_CALL,  /* text(a...): functions, also sqrt and exp, int, sum, prod */
    FORM_APPLY, /* unknown function; text: name with its primes or orders */
    FORM_LIST,
    FORM_IF,    /* a[0] condition, a[1], a[2] */
    FORM_INFIX, /* a[...] joined by text: comparisons, and, or, ':' */
    FORM_NOT,
    FORM_PRIME, /* a[0], transposed */
    FORM_PART,  /* a[0], text behind it: [2] */
    FORM_INDEX, /* a[0][a[1], ...] */
    FORM_BINDS  /* a[0] at a[1] = a[2], ... */
} FormKind;

typedef struct form Form;

typedef struct {
    const Form *f;
    bool neg; /* in FORM_SUM: subtracted. f is shown without its own sign there */
    bool dot; /* in FORM_PROD, FORM_POW: what stands before it has a point: .* ./ .^ */
} Item;

/* A factor of a product of matrices. */
typedef struct {
    const Form *f;
    const Node *node; /* equal ones are a power; NULL: never */
    bool prime;       /* transposed */
    bool same;        /* its transpose is itself */
} Link;

struct form {
    uint8_t kind, strength; /* prec: of the text without its minus sign */
    bool neg;               /* NUM, PROD: a minus sign stands before it */
    bool falls;             /* SUM: by falling degree, its first term would be negative */
    bool spaced; /* PROD: would be read as a derivative without spaces: d / dx */
    bool tensor; /* its value is one */
    uint16_t op; /* FORM_CALL, FORM_INFIX */
    uint32_t n, nden;
    double len;       /* bytes of plain text without the minus sign */
    const Node *node; /* what is shown, where that is one node; else NULL */
    const char *text;
    size_t ntext;
    Item *a;
    const Link *link; /* FORM_PROD of matrices: its factors one by one */
    uint32_t nlink;
};

/* What the printers know of a node while forms are made. The forms of sums, products and powers
 * as a whole are made only where some parent shows them so; as factors all can be shown. */
typedef struct entry Entry;
struct entry {
    Node *node;
    Form *stand; /* by itself; when alone is set */
    /* as a term of a sum, where a minus sign costs nothing; when in_sum is set */
    Form *term;
    Form *sum;     /* ADD: as a sum, numbers distributed; else stand */
    Form *flip;    /* den: the form of 1/node */
    Form *negated; /* ADD: the form of -node, made when first asked for */
    Entry **fac;   /* factors in printing order; of a node that is no MUL: itself */
    Entry *self;   /* where fac points to then */
    uint32_t nfac;
    uint32_t minus;     /* ADD: how many terms have a negative coefficient */
    Entry *base, *expo; /* POW: its parts; else the entry itself and NULL */
    double deg;         /* total degree of the polynomial part */
    uint8_t rank;       /* place among factors */
    bool poly; /* made of numbers, constants and symbols with numeric exponents */
    bool has_sym;
    bool den;           /* stands below the fraction line */
    bool sums;          /* among its factors are sums, or powers of sums */
    bool alone, in_sum; /* how parents show it */
};

/* Places of factors in a product. Up to R_SUM they are polynomial; what comes from
 * R_POWER on decides first when terms are compared. */
enum {
    R_ROOT,
    R_CONST,
    R_SYM,
    R_SUM,
    R_POWER,
    R_RADICAL,
    R_EXP,
    R_FUNCTION,
    R_APPLY,
    R_OTHER,
    R_FSUM
};

typedef struct {
    Ctx *c;
    Entry *entry; /* by the nodes' places in the walk */
    size_t count;
    Entry unit; /* the product of no factors */
    Form *root;
    bool indexed; /* something has no matrix form */
} Forms;

/* Forms of everything below the roots; F->root is the last one's. False with the error
 * recorded when memory is out or the user interrupted. The caller marks the tmp arena
 * before and releases it after. */
bool form_build(Forms *F, Ctx *c, size_t n, Node *const *roots);
/* The entry of a node; of one that has none, the product of no factors. */
static inline Entry *form_entry(Forms *F, const Node *n)
{
    Entry *e = n->pos < F->count ? &F->entry[n->pos] : &F->unit;

    return e->node == n ? e : &F->unit;
}

/* matrix.c: contractions. NULL: memory. */
const Form *form_contraction(Forms *F, const Node *n);
const Form *form_repeated(Forms *F, const Node *n); /* BROADCAST */
/* f transposed. */
const Form *form_transposed(Forms *F, const Node *n, const Form *f);

/* leaf.c: empty and finished forms. The caller fills a[0..n). form_measure sets len from
 * the children, `between` bytes between each two of them and `around` more. */
static inline Form *form_new(Forms *F, FormKind kind, int strength, size_t n)
{
    Form *f = ARENA_NEW(&F->c->tmp, Form, 1);

    *f = (Form){.kind = (uint8_t)kind, .strength = (uint8_t)strength, .n = (uint32_t)n};
    if (n)
        f->a = ARENA_NEW(&F->c->tmp, Item, n);
    if (n && !f->a)
        f->n = 0; /* the error is recorded */
    return f;
}
Form *form_text(Forms *F, FormKind kind, const char *s, size_t n);
Form *form_number(Forms *F, Num x); /* x >= 0, an integer or a decimal */
Form *form_other(Forms *F, const Node *n);
void form_measure(Form *f, size_t between, size_t around);

/* order.c */
void form_set_order_info(Forms *F, Entry *e);           /* deg, rank, poly, has_sym */
bool form_order_factors(Forms *F, Entry **f, size_t n); /* sorts into printing order */
/* Stable sort of n pieces of `size` bytes by less-or-equal. False: no memory,
 * interrupted. */
bool print_merge_sort(Ctx *c, void *data, size_t n, size_t size,
                      bool (*le)(const void *, const void *));
typedef struct {
    Entry *rest;
    Form *f;
    bool neg;
} OrderedTerm;
/* Sorts; then first term and constant. *falls: a minus sign stood first before that. */
bool form_order_terms(Forms *F, OrderedTerm *t, size_t n, bool *falls);

/* The parts of a symbol's name for people: stem "x", "alpha"; digits or words after it.
 */
typedef struct {
    const char *stem, *sub;
    size_t nstem, nsub;
} NameParts;
NameParts print_name_parts(const char *s, size_t n);
/* Greek letter of that name: index in the alphabet tables, or -1. */
int print_greek_find(const char *s, size_t n);
extern const char *const print_greek_utf8[];

/* ---- writing forms out with a stack instead of recursion (emit.c) */
typedef struct {
    const Form *f; /* NULL: text */
    const char *text;
    size_t n;
    bool bare; /* without the minus sign */
} Piece;
typedef struct {
    Ctx *c;
    Str *out;
    Piece *p;
    size_t n, cap;
    Piece sink; /* where pieces go when memory is out */
    bool failed;
} Emit;
void emit_text(Emit *e, const char *s, size_t n);
void emit_puts(Emit *e, const char *s);
void emit_form(Emit *e, const Form *f, bool bare);
/* Writes f: expand appends the pieces of one form, in reading order. Stops at the first piece
 * that begins after `most` bytes. */
void emit_run(Ctx *c, Str *out, const Form *f, size_t most,
              void (*expand)(Emit *, const Form *, bool));
static inline int form_strength(const Form *f, bool bare)
{
    return f->neg && !bare ? BIND_NEG : f->strength;
}
/* Text length of f where strength `needs` is asked for. */
static inline double form_placed(const Form *f, bool bare, int needs)
{
    return f->len + (f->neg && !bare) + (form_strength(f, bare) < needs ? 2 : 0);
}
/* The least binding strength that child i of f needs so as to stand without parentheses;
 * plain text. */
static inline int form_needs(const Form *f, uint32_t i)
{
    static const uint8_t needs[] = {
        [FORM_SUM] = BIND_PROD,   [FORM_PROD] = BIND_POW,  [FORM_POW] = BIND_POW,
        [FORM_CALL] = BIND_IF,    [FORM_APPLY] = BIND_IF,  [FORM_LIST] = BIND_IF,
        [FORM_IF] = BIND_OR,      [FORM_INFIX] = BIND_SUM, [FORM_NOT] = BIND_NOT,
        [FORM_PRIME] = BIND_ATOM, [FORM_PART] = BIND_ATOM, [FORM_INDEX] = BIND_IF,
        [FORM_BINDS] = BIND_OR,
    };

    if ((f->kind == FORM_POW || f->kind == FORM_INDEX) && i == 0)
        return BIND_ATOM;
    if (f->kind == FORM_IF && i == 2)
        return BIND_IF;
    if (f->kind == FORM_INFIX && (f->op == OP_MATMUL || f->op == OP_MATPOW))
        return f->op == OP_MATMUL && i == 0 ? BIND_PROD : BIND_POW + (f->op == OP_MATPOW);
    if (f->kind == FORM_INFIX && f->op == OP_OR)
        return BIND_AND;
    if (f->kind == FORM_INFIX && f->op == OP_AND)
        return BIND_NOT;
    return needs[f->kind];
}
/* What stands before argument i > 0 of a call: " = " in subs(e, x = a) and taylor(e, x =
 * a, n). */
static inline const char *form_separator(const Form *f, uint32_t i)
{
    bool equals = f->kind == FORM_CALL && i % 2 == 0 &&
                  (f->op == OP_SUBS || (f->op == OP_TAYLOR && i == 2));
    return equals ? " = " : ", ";
}

#endif
