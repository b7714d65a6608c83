/* parse/internal.h - what the parts of the parser share; nobody else includes it.
 *
 * The parser is a machine with two states, "an operand is due" and "an operator may
 * follow", over a stack of values and a stack of frames. A frame is an operator that
 * waits for its right operand, or an open bracket. Frames of sums, products and chains
 * gather all their operands and are built at once. Nothing here calls itself on user
 * input.
 */
#ifndef LBZ_PARSE_INTERNAL_H
#define LBZ_PARSE_INTERNAL_H

#include "parse/lex.h"
#include "parse/parse.h"

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
    VAL_ROW = 16,  /* the last of a row of a matrix */
    VAL_SUM = 32,
    VAL_GROUP = 64, /* in parentheses */
    VAL_PRODUCT = 128
};

typedef struct {
    Node *n;
    uint32_t pos, end;
    uint32_t flags;
} ParserValue;

/* What d^3/(dx dy^2) differentiates by: name, order, name, order ... */
typedef struct {
    uint32_t n;
    Node *a[16];
} Deriv;

typedef struct {
    uint8_t kind, bp;
    uint8_t op; /* token kind of the operator whose right operand is due */
    bool brace;
    uint16_t fn;    /* Op of a call or prefix; OP_APPLY: unknown or the user's */
    uint32_t base;  /* index of its first value */
    uint32_t tok;   /* the token that opened it, or of its last operator */
    uint32_t name;  /* token of a function's name */
    uint32_t sym;   /* of an unknown function, or the name bound by PF_AT */
    uint32_t outer; /* barriers: index of the barrier around it */
    uint32_t count; /* PF_CMP: comparisons so far; PF_LIST: first value of the row */
    uint32_t primes;
    Deriv *deriv; /* PF_PREFIX of OP_DIFF, PF_PAREN of d(e)/dx */
    Node *expo;   /* PF_FUNARG, PF_CALL: the power that was written behind the name */
} ParserFrame;

typedef struct {
    Node *diff; /* dy/dx as typed */
    Node *y, *x, *order;
    uint32_t pos, len;
    bool solved;
} DerivativeQuotient;

typedef struct {
    Ctx *c;
    const ParseEnv *pe;
    Parsed *out; /* may be NULL */
    const char *text;
    Lexer L;
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
    Map *line;        /* symbol -> NameKind: what earlier statements of the line define */
    Map bare;         /* symbols that stand without an argument list in this statement */
    uint64_t letters; /* one-letter names seen: bits a-z, A-Z */
    uint64_t by;      /* one-letter names that are differentiated by */
    uint64_t meant;   /* letters that count as seen: e in xe^x */
    Span words[8];    /* longer names that might be products of them */
    uint32_t nwords;
    Node *letter[52]; /* the symbols of letters seen; not cleared: the last member */
} Parser;

/* ---- parse.c: the machine */
void parser_init(Parser *p, Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                 size_t to, Parsed *out);
bool parser_lex(Parser *p);   /* the first run of tokens */
Node *parser_expr(Parser *p); /* runs; p->i is the first token not used */
/* Notes in p->out->places where n stands, if it is new. */
void parser_place(Parser *p, Node *n, uint32_t pos, uint32_t end);
void parser_push_value(Parser *p, Node *n, uint32_t pos, uint32_t end, uint32_t flags);
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

/* ---- build.c: frames to nodes */
void parser_reduce_top(Parser *p);
void parser_add_term(Parser *p, ParserFrame *f); /* the operand of a sum is complete */
void parser_add_factor(Parser *p, ParserFrame *f);
void parser_add_comparison(Parser *p, ParserFrame *f);
static inline bool value_is_condition(const Node *n)
{
    return (n->op >= OP_LT && n->op <= OP_FALSE) || n->op == OP_POISON;
}
/* the error: v is a condition */
LBZ_COLD void parser_condition_error(Parser *p, const ParserValue *v);
static inline void need_number(Parser *p, const ParserValue *v)
{
    if (value_is_condition(v->n))
        parser_condition_error(p, v);
}
Node *parser_build_structural(Parser *p, Op op, size_t n, Node *const *a, uint32_t pos,
                              uint32_t end);
void parser_build_list(Parser *p, ParserFrame *f);
void parser_build_cases(Parser *p, ParserFrame *f);

/* ---- call.c: argument lists to nodes */
void parser_finish_call(Parser *p, ParserFrame *f, uint32_t end);
Node *parser_apply_function(Parser *p, Op op, Node *x, Node *expo);
Node *parser_function_derivative(Parser *p, Op op, Node *x, Node *order, uint32_t pos,
                                 uint32_t end);

/* ---- name.c: what a name means where it stands */
void parser_operand_name(Parser *p);
NameKind parser_name_kind(Parser *p, const char *name, size_t n);
bool parser_is_constant(const char *name, size_t n);
void parser_note_words(Parser *p);
unsigned parser_letter_bit(char ch); /* of an ASCII letter, 0 to 51 */
void parser_survey_names(Parser *p); /* what the whole statement says about its names */
bool parser_bare_elsewhere(Parser *p, uint32_t sym); /* somewhere without arguments */
Node *parser_operand_past_result(Parser *p);
/* Opens the argument list at token `paren` of the function named by token `name`. */
ParserFrame *parser_open_call(Parser *p, Op fn, uint32_t name, uint32_t paren);
bool parser_has_comma(const Parser *p, uint32_t paren);

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
Node *parser_apply_derivative(Parser *p, const Deriv *d, Node *e, uint32_t pos,
                              uint32_t end);
void parser_finish_where(Parser *p, ParserFrame *f);
void parser_note_quotients(Parser *p);

/* ---- error.c: what went wrong, and remarks on readings */
void parser_unexpected_operand(Parser *p); /* an operand is due and cannot begin here */
void parser_unexpected_operator(Parser *p);
void parser_not_closed(Parser *p, const ParserFrame *f);
void parser_wrong_closer(Parser *p, const ParserFrame *f);
void parser_bad_equals(Parser *p);
extern const char parser_equals_hint[];
unsigned parser_column(const Parser *p, uint32_t pos);
const char *parser_excerpt(Parser *p, uint32_t pos, uint32_t end, size_t max);
const char *parser_similar_name(const char *name, size_t n);

#endif
