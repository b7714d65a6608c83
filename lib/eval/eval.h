/* eval/eval.h - carrying out what the parser left to do.
 *
 * The parser leaves derivatives, substitutions, expand ... in the nodes as structural operators;
 * names and functions of the user are plain symbols and APPLY nodes. Evaluation carries the
 * operators out from the inside outwards and puts definitions in. Invariant: names stay symbols
 * until an operator needs to see what they stand for: d/dx looks through a name that depends on x,
 * never through x itself.
 * Owners: definitions are the session's; results are nodes of the statement.
 * May use: base, number, table, expr, field, parse, print, ball, diff, simplify, point.
 * Files: eval.c (the walk, results), names.c (definitions put in), derivative.c (the derivative
 * operators) with tensor.c (where names are tensors) and written.c (their elements one by one), point.c (values at a point), partial.c (the derivative operators there), slope.c (the
 * rule for derivatives at points), tie.c (max and min that tie), order.c (high orders, Taylor),
 * divisor.c (what apart divides by), exact.c, fold.c and digits.c (constants), data.c (values of formulas over arrays), internal.h. All but
 * these three are one circle: operators need names put in, and what is put in has operators to be
 * carried out.
 */
#ifndef LBZ_EVAL_H
#define LBZ_EVAL_H

#include "ball/ball.h"
#include "diff/diff.h"
#include "parse/parse.h"
#include "print/print.h"
#include "simplify/simplify.h"

/* ---- definitions, as evaluation sees them; the session owns them */
typedef enum { DEF_FORMULA, DEF_VALUE, DEF_FUNCTION } DefKind;

typedef struct {
    uint32_t *v;
    size_t n, cap;
} SymList; /* a set of symbols, small; owned by whoever made it */

bool symlist_add(SymList *l, uint32_t sym);  /* false: no memory */
bool symlist_push(SymList *l, uint32_t sym); /* whatever is in it */
bool symlist_has(const SymList *l, uint32_t sym);
void symlist_free(SymList *l);

typedef struct def {
    uint32_t sym;
    DefKind kind;
    Node *body;       /* session pool; a function's is over its hidden parameters */
    SymList params;   /* as typed */
    SymList hidden;   /* symbols that nobody can type, one for each parameter */
    SymList mentions; /* names and functions that occur in body */
    SymList bound;    /* symbols that operators inside body bind (d/dx, at x=...) */
    SymList written;  /* names in its text: their shapes say how it is read */
    bool procedure;  /* a function made of statements: body is nothing, source has them */
    char *source;    /* text of the right-hand side, for vars and save */
    char *broken;    /* why it cannot be read for the present shapes of names; or NULL */
    uint64_t serial; /* order of definition */
} Def;

typedef struct {
    Def **by_sym; /* NULL: undefined */
    size_t n;     /* length of by_sym */
    size_t count; /* definitions in it */
} Names;

static inline Def *names_find(const Names *names, uint32_t sym)
{
    return sym < names->n ? names->by_sym[sym] : NULL;
}

/* own[n] stand for nothing but themselves until eval_show_names. The definitions that they had, in the
 * statement pool; NULL: no memory, with the error, and nothing has changed. */
Def **eval_hide_names(Ctx *c, Names *names, const uint32_t *own, size_t n);
void eval_show_names(Names *names, const uint32_t *own, size_t n, Def *const *hidden);

/* Collects the symbols and functions that occur in e, and those that operators in it
 * bind. False: no memory. */
bool eval_mentions(Ctx *c, Node *e, SymList *mentions, SymList *bound);

/* Would sym, standing for something that mentions these names, depend on itself? Then
 * path gets the way round, "x -> y -> x". Functions may call themselves, variables may
 * not. */
bool eval_cycle(Ctx *c, const Names *names, uint32_t sym, bool function,
                const SymList *mentions, Str *path);

/* ---- evaluation */
/* How d/dx lays out derivatives of tensors: shape(f), then the axes of x from the last on; shape(x), then
 * those of f from the last on; shape(f) + shape(x). */
typedef enum { LAYOUT_NUMERATOR, LAYOUT_DENOMINATOR, LAYOUT_JACOBIAN } TensorLayout;

typedef struct {
    SimplifyLevel level; /* how derivatives are finished */
    TensorLayout layout;
    unsigned recursion; /* levels of functions calling themselves */
    unsigned terms;     /* most terms of a finite sum that is written out */
    size_t digits;      /* of N(e) */
    bool keep_detached; /* detach(e) stays in the result, for accumulation */
    /* A call of a function made of statements; NULL: such calls stay as they are, as does one
     * for which it is NULL. */
    Node *(*call_procedure)(void *arg, const Def *d, Node *n, Node *const *a);
    /* Is one of those left in e? Its error is in the context then. */
    bool (*has_open_call)(void *arg, Node *e);
    /* The body of a function that is a formula, over its hidden parameters, read for arguments of
     * these shapes; poison with the error. */
    Node *(*read_function)(void *arg, const Def *d, Node *const *a);
    void *procedure_arg;
} EvalOptions;

typedef struct {
    Node *formula; /* the result; names that were differentiated by are left in it */
    Node *value;   /* the formula with all definitions put in; NULL: nothing to put in */
    uint32_t *at_sym; /* the names put in, and what they stand for */
    Node **at_val;
    size_t nat;
    bool shared;        /* cse(...): to be printed in shared form */
    const char *text;   /* N(e, digits): the digits; else NULL */
    const char *series; /* taylor(...): the formula by rising powers; else NULL */
} EvalResult;

/* Everything carried out and put in. False with the error in c->env.err. */
bool eval_expression(Ctx *c, const Names *names, const EvalOptions *opt,
                     const Parsed *parsed, Node *e, EvalResult *out);

/* Only the value: what `:=`, check and the numeric commands need. Poison on error. */
Node *eval_value(Ctx *c, const Names *names, const EvalOptions *opt, const Parsed *parsed,
                 Node *e);

/* An error if something that was dropped has no real value. */
void eval_check_dropped(Ctx *c);
/* Constant subexpressions with a decimal inside become decimals; those that certainly
 * have no real value are errors. */
Node *eval_finish(Ctx *c, Node *e);
/* Formulas over DATA by their values, and lists of more than EXACT_MOST numbers as DATA. */
Node *eval_data(Ctx *c, Node *e);
/* floor, ceil, max, min of constants decided; log(8)/log(2); sums of polynomials closed. */
Node *eval_exact(Ctx *c, Node *e, SimplifyLevel level);
/* Every detach(u) in e becomes u with these values put in. */
Node *eval_hold(Ctx *c, Node *e, const uint32_t *syms, Node *const *by, size_t k);
/* The exact value of a constant made of numbers by + - * / ^, factorial, gamma and binomial, of at
 * most so many digits above and below its bar. NO: it is not made so, or has none. LONG: it has
 * more. */
typedef enum { EXACT_OK, EXACT_NO, EXACT_LONG } ExactStatus;
ExactStatus eval_exact_value(Ctx *c, Node *e, size_t digits, Num *out);
bool eval_has_kinks(Ctx *c, Node *e);   /* abs, max, comparisons, steps ... anywhere */
bool eval_is_constant(Ctx *c, Node *n); /* a number could be given: no free symbols */

#endif
