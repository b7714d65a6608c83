/* parse/internal.h - what the parts of the parser share; nobody else includes it.
 *
 * The parser is a machine with two states, "an operand is due" and "an operator may
 * follow", over a stack of values and a stack of frames. A value is a subtree that is complete, a
 * frame an operator that waits for its right operand, or an open bracket. Frames of sums, products
 * and chains gather all their operands and become one item. Nothing here calls itself on user
 * input.
 */
#ifndef LBZ_PARSE_INTERNAL_H
#define LBZ_PARSE_INTERNAL_H

#include "parse/lex.h"
#include "parse/parse.h"
#include "parse/tree.h"

/* Remarks on readings; a statement of thousands of oddities gets the first few. */
#define parser_note(p, ...)                \
    do {                                   \
        if ((p)->c->nnotes < 12)           \
            ctx_note((p)->c, __VA_ARGS__); \
    } while (0)

/* Binding powers. 0: a barrier, which only its own closing token takes away. */
enum {
    BP_BARRIER,
    BP_ELSE = 2,
    BP_OR,
    BP_AND,
    BP_NOT,
    BP_CMP,
    BP_RANGE,
    BP_ADD,
    BP_PREFIX,
    BP_MUL,
    BP_NEG,
    BP_JUXT,
    BP_POW,
    BP_SQRT
};

typedef enum {
    PF_BASE,
    /* operators */
    PF_OR,
    PF_AND,
    PF_NOT,
    PF_CMP,
    PF_RANGE,
    PF_ADD,
    PF_MUL,
    PF_NEG,
    PF_JUXT,
    PF_POW,
    PF_SQRT,
    PF_ELSE,
    PF_PREFIX, /* d/dx and the like, over the following term */
    PF_FUNARG, /* sin 2x: over the following powers */
    /* barriers */
    PF_PAREN,
    PF_ABS,
    PF_CALL,
    PF_LIST,
    PF_CASES,
    PF_PAIR,     /* {y, 2} */
    PF_EXPONENT, /* the parentheses of f^(n)(u), sin^(1/2) x */
    PF_IF,
    PF_THEN,
    PF_AT, /* the value of a binding */
    PF_WHERE
} ParserFrameKind;

/* Flags of values. */
enum {
    VAL_NUM = 1,   /* a number as typed */
    VAL_DERIV = 2, /* ends with a derivative that took the following term */
    VAL_BARE = 4,  /* a name as typed */
    VAL_EQ = 8,    /* the left side of name = value in a list; in {}: before `if` */
    VAL_SUM = 16,
    VAL_GROUP = 32, /* in parentheses */
    VAL_PRODUCT = 64
};

typedef struct {
    uint32_t pos, end;
    uint32_t flags;
    uint32_t first,
        root; /* its items in the tree: from first on; the last but for a mark */
} ParserValue;

typedef struct {
    uint8_t kind, bp;
    uint8_t op; /* token kind of the operator whose right operand is due */
    bool brace;
    bool mixed;     /* PF_MUL: some operator is neither * nor / */
    uint16_t fn;    /* Op of a call or prefix; OP_APPLY: unknown or the user's */
    uint32_t base;  /* index of its first value */
    uint32_t tok;   /* the token that opened it, or of its last operator */
    uint32_t name;  /* token of a function's name */
    uint32_t sym;   /* of an unknown function, or the name bound by PF_AT */
    uint32_t outer; /* barriers: index of the barrier around it */
    uint32_t count; /* PF_LIST: first value of the row; d(e)/dx: its first token */
    uint32_t rows;  /* PF_LIST: rows so far, the first of `width` elements */
    uint32_t width;
    uint32_t primes;
    uint32_t
        deriv; /* PF_PREFIX of OP_DIFF, PF_PAREN of d(e)/dx: names and orders before base */
    bool
        expo; /* PF_FUNARG, PF_CALL: the power behind the name is the value before base */
} ParserFrame;

/* dy/dx as typed */
typedef struct {
    uint32_t y, x; /* symbols */
    uint32_t pos, len;
    bool solved;
    bool applied; /* y is a function of the user's */
} DerivativeQuotient;

typedef struct {
    Ctx *c;
    const ParseEnv *pe;
    Parsed *out; /* may be NULL */
    const char *text;
    Lexer L;
    Tree *tree;
    uint32_t i;   /* the current token */
    bool due;     /* an operand is due */
    bool prefix;  /* stops at `at`, `on`, ',' ... outside brackets */
    bool stop_eq; /* at ==, too */
    bool ebound;  /* e is a name in this statement */
    bool swept;   /* bare is filled */
    ParserValue *v;
    uint32_t nv, vcap;
    ParserFrame *f;
    uint32_t nf, fcap;
    uint32_t barrier; /* index of the innermost barrier */
    DerivativeQuotient *q;
    uint32_t nq, qcap;
    const uint32_t *params; /* of the function being defined */
    size_t nparams;
    uint32_t own;     /* the symbol of that function, + 1 */
    Map *line;        /* symbol -> NameKind: what earlier statements of the line define */
    Map bare;         /* symbols that stand without an argument list in this statement */
    uint64_t letters; /* one-letter names seen: bits a-z, A-Z */
    uint64_t by;      /* those that are bound: variables of derivatives, parameters ... */
    uint64_t kept;    /* which of the words are bound, too */
    uint32_t nwords;
    uint32_t letter[52]; /* the symbols of letters seen; not cleared, as what follows */
    Span words[64];      /* longer names that might be products of letters */
} Parser;

/* ---- parse.c: the machine */
void parser_init(Parser *p, Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                 size_t to, Parsed *out);
bool parser_lex(Parser *p);  /* the first run of tokens */
bool parser_expr(Parser *p); /* runs; p->i is the first token not used */
/* Runs, and makes nodes of it. */
Node *parser_node(Parser *p);
TreeItem *parser_put_slow(Parser *p, TreeKind kind, uint32_t n, uint32_t pos,
                          uint32_t end);
/* Puts an item behind the last n values, which become one. */
static inline TreeItem *parser_put(Parser *p, TreeKind kind, uint32_t n, uint32_t pos,
                                   uint32_t end)
{
    Tree *t = p->tree;
    if (t->n == t->cap || p->nv == p->vcap)
        return parser_put_slow(p, kind, n, pos, end);
    ParserValue *v = &p->v[p->nv -= n];
    uint32_t k = t->n++;
    *v = (ParserValue){pos, end, 0, n ? v->first : k, k};
    t->item[k] = (TreeItem){.kind = (uint8_t)kind, .n = n, .pos = pos, .end = end};
    p->nv++;
    p->due = false;
    return &t->item[k];
}
void parser_put_name(Parser *p, uint32_t sym, uint32_t pos, uint32_t end);
void parser_put_integer(Parser *p, int64_t i, uint32_t pos, uint32_t end);
void parser_put_number(Parser *p, Num x, uint32_t pos, uint32_t end);
/* The exponent that the superscript token i is; false: it is none. */
bool parser_put_superscript(Parser *p, uint32_t i);
void parser_mark(Parser *p, uint8_t op, uint32_t token); /* the last value */
ParserFrame *parser_push_frame(Parser *p, ParserFrameKind kind, int bp);
void parser_pop_frame(Parser *p);
void parser_reduce_above(Parser *p, int bp);      /* all operators that bind tighter */
ParserFrame *parser_reduce_to_barrier(Parser *p); /* all operators; the barrier */
bool parser_operand_begins(const Parser *p, uint32_t i);
/* closed by what closes the bracket around it */
bool parser_closes_itself(const ParserFrame *f);
const Token *parser_token_beyond(Parser *p, uint32_t i); /* token_ahead in all cases */

static inline Token *tok(const Parser *p, uint32_t i)
{
    return &p->L.tok[i < p->L.n ? i : p->L.n - 1];
}
/* Token i, from the next line if need be. */
static inline const Token *token_ahead(Parser *p, uint32_t i)
{
    return LBZ_LIKELY(i + 1 < p->L.n) ? &p->L.tok[i] : parser_token_beyond(p, i);
}
static inline uint8_t kind_at(const Parser *p, uint32_t i) { return tok(p, i)->kind; }
static inline bool glued(const Parser *p, uint32_t i)
{
    return !(tok(p, i)->flags & T_SPACE);
}
static inline uint32_t tok_end(const Parser *p, uint32_t i)
{
    return tok(p, i)->pos + tok(p, i)->len;
}
static inline ParserFrame *top(const Parser *p) { return &p->f[p->nf - 1]; }
static inline ParserValue *last(const Parser *p) { return &p->v[p->nv - 1]; }
static inline const TreeItem *root_of(const Parser *p, const ParserValue *v)
{
    return &p->tree->item[v->root];
}
/* Token i is the operator of the item. */
static inline void stand_by(const Parser *p, TreeItem *item, uint32_t i)
{
    item->at = tok(p, i)->pos;
    item->op = (uint16_t)tok(p, i)->len;
}
static inline void stand_at(Parser *p, uint32_t pos, uint32_t end)
{
    p->c->env.at = (Span){pos, end - pos};
}
static inline void stand_at_token(Parser *p, uint32_t i)
{
    p->c->env.at = (Span){tok(p, i)->pos, tok(p, i)->len};
}
/* The token after the closing partner of bracket i; LEX_NONE when it is not closed. */
static inline uint32_t after_group(const Parser *p, uint32_t i)
{
    return tok(p, i)->closed ? tok(p, i)->match + 1 : LEX_NONE;
}

/* ---- infix.c */
bool parser_operator(Parser *p); /* false: the token is not part of the expression */
/* An operator over any number of operands, at the current token: its frame. */
ParserFrame *parser_gather(Parser *p, ParserFrameKind kind, int bp);

/* ---- index.c: what stands in an index */
/* x[:, 2:]: the end of a range that is not written. */
bool parser_open_range(Parser *p);
/* x[end], and in inner parentheses. */
bool parser_operand_end(Parser *p);
/* The item is a range that has been read; is it an index? */
void parser_note_slice(Parser *p, TreeItem *range, uint32_t base);

/* ---- beside.c: operands side by side */
void parser_juxtapose(Parser *p);

/* ---- reduce.c: frames to items */
void parser_reduce_top(Parser *p);
/* The operand of a sum, product or comparison is complete: it is marked by what stands before it. */
void parser_end_operand(Parser *p, const ParserFrame *f);
void parser_end_row(Parser *p, ParserFrame *f);
void parser_reduce_list(Parser *p, ParserFrame *f);
void parser_reduce_cases(Parser *p, ParserFrame *f);

/* ---- call.c: argument lists */
void parser_finish_call(Parser *p, ParserFrame *f, uint32_t end);
/* map(f, X), map(x -> e, X): what stands before the comma, whose frame is on top. */
void parser_begin_map(Parser *p);
/* axis=2 in an argument list: true when it is one, and its name was read. */
bool parser_operand_named(Parser *p, const char *name, size_t n);
/* The function of one argument that the name of op means; POISON with an error. */
Op parser_unary_function(Parser *p, Op op);

/* ---- name.c: what a name means where it stands */
void parser_operand_name(Parser *p);
NameKind parser_name_kind(Parser *p, const char *name, size_t n);
bool parser_is_constant(const char *name, size_t n);
/* Those of a function of the user's; 0: it is none. */
size_t parser_parameters(Parser *p, const char *name, size_t n, const uint32_t **names);
/* f for f(x, y), with a remark. */
void parser_put_application(Parser *p, uint32_t sym, const uint32_t *params, size_t k,
                            uint32_t pos, uint32_t end);
unsigned parser_letter_bit(char ch); /* of an ASCII letter, 0 to 51 */
void parser_survey_names(Parser *p); /* what the whole statement says about its names */
bool parser_bare_elsewhere(Parser *p, uint32_t sym); /* somewhere without arguments */
void parser_operand_past_result(Parser *p);
/* Opens the argument list at token `paren` of the function named by token `name`. */
ParserFrame *parser_open_call(Parser *p, Op fn, uint32_t name, uint32_t paren);
bool parser_has_comma(const Parser *p, uint32_t paren);
void parser_operand_string(Parser *p);

/* ---- joined.c: names run together */
void parser_remember_word(Parser *p, const char *s, uint32_t pos, size_t n);
void parser_judge_words(Parser *p); /* at the end of the expression */
const char *parser_joined_function(Parser *p, const char *s, size_t n);

/* ---- foreign.c: names of other systems */
/* Each is true when it was an error: name(...), name[...], name before an operand, name(f)(x). */
bool parser_reject_foreign(Parser *p, const char *name, size_t n);
bool parser_reject_brackets(Parser *p, const char *name, size_t n, Op op);
bool parser_reject_words(Parser *p, const char *name, size_t n, Op op);
bool parser_reject_functional(Parser *p, const char *name, size_t n, Op op);

/* ---- apply.c: functions without parentheses; each is true when it applied */
bool parser_apply_named(Parser *p, const char *name, size_t n, Op op);
bool parser_apply_own(Parser *p, const char *name, size_t n);
bool parser_derivative_order_follows(Parser *p, const char *name, size_t n);
void parser_operand_ordered(Parser *p, const char *name, size_t n);
void parser_after_exponent(Parser *p, const ParserFrame *f);

/* ---- derivative.c: d/dx in all spellings */
bool parser_operand_derivative(Parser *p);
/* does one begin at token i? */
bool parser_derivative_begins(const Parser *p, uint32_t i);
bool parser_derivative_by_e(Parser *p, uint32_t i);
/* The last value, differentiated by the n values (names and orders) before it. */
void parser_put_derivative(Parser *p, uint32_t n, uint32_t pos, uint32_t end);
void parser_reduce_where(Parser *p, ParserFrame *f);
void parser_note_quotients(Parser *p);

/* ---- sign.c: '=' and '.' where they cannot stand */
void parser_bad_equals(Parser *p);
extern const char parser_equals_hint[];
const char *parser_dot_hint(Parser *p);
const char *parser_pair_hint(const Parser *p); /* an operand is missing before p->i */

/* ---- error.c: what went wrong, and remarks on readings */
void parser_unexpected_operand(Parser *p); /* an operand is due and cannot begin here */
void parser_unexpected_operator(Parser *p);
void parser_not_closed(Parser *p, const ParserFrame *f);
void parser_wrong_closer(Parser *p, const ParserFrame *f);
unsigned parser_column(const Parser *p, uint32_t pos);
const char *parser_excerpt(Parser *p, uint32_t pos, uint32_t end, size_t max);
const char *parser_similar_name(const char *name, size_t n);
bool parser_same_letters(const char *a, const char *b, size_t n); /* case is forgiven */

#endif
