/* table/table.h - the operator table as data: lib/ops.def, read for the rest of the engine.
 *
 * Invariant: nothing that a row says is listed anywhere a second time; the arrays here are made
 * by pasting ops.def. All of it is constant data, owned by nobody.
 * May use: base, and FLINT for the certified routines.
 * Files: table.c (rows, commands and synonyms by id and by name), float64.[ch] (every function
 * and its partials in float64, f64_*), float64_names.h (leads the names in the table's C texts to
 * those), float64_ball.c (the ones that libm does not have, by way of balls), rule.[ch] (the texts
 * of rows, read), certified.[ch] with certified_far.c, certified_gamma.c, certified_log.c and
 * certified_special.c (the certified values, cert_*). These five call each other: the table of
 * routines stands in certified.c, and the elementary ones there are what the others are made of.
 */
#ifndef LBZ_TABLE_H
#define LBZ_TABLE_H

/* Columns of a function row: id (OP_id; also a name that is understood), name (as typed and
 * printed; rows of different arity may share one: log(x) and log(x, b)), argument names for
 * people (F1: x), flags, value, partials, the certified routine (certified.h), LaTeX, domain
 * for people, help line.
 *
 * A certified routine tells "certainly undefined" (log(-1), asin(2), gamma(0)) from "cannot tell
 * at this precision" by cert_undefined() of certified.h versus arb_indeterminate().
 *
 * LaTeX: a name that is set before its parenthesised arguments, or, where it has a '#', a
 * template: #1 #2 #3 stand for the arguments, #(1) #(2) #(3) for the arguments in parentheses
 * unless they are a single letter or number.
 *
 * Kinks. abs, sign: 0 at 0. relu: 0 at 0. max, min, clamp: 1/2 each where they tie. floor, ceil,
 * round, trunc, mod, rem: the slope between the jumps. step(0) is 1/2, so that sign(x) is
 * 2*step(x) - 1 everywhere; step(x, v) has v at 0. Jumps have slope 0: derivatives are those of
 * functions, dirac comes from nowhere but where it is typed.
 */

#include "base/base.h"

/* Properties of a function. Range properties hold wherever the function is defined. */
enum {
    ODD = 1,         /* f(-x) = -f(x) */
    EVEN = 2,        /* f(-x) = f(x) */
    SMOOTH = 4,      /* differentiable on the interior of its domain */
    COMMUTES = 8,    /* f(x,y) = f(y,x) */
    NONNEG = 16,     /* f >= 0 */
    POSITIVE = 32,   /* f > 0; then NONNEG, too */
    BOUNDED = 64,    /* printed after a constant: 1 + cos(x) */
    INTEGRAL = 128,  /* integer values: floor */
    PIECEWISE = 256, /* has kinks or jumps; its partials follow the kink rule */
    REWRITTEN =
        512,     /* never a node: its constructor returns other operators (sqrt, exp) */
    FOLDS = 1024 /* f(a,b,c) is read as f(f(a,b),c) */
};

/* Properties of a structural operator. */
enum {
    DERIVES = 1,  /* differentiates */
    ONE_STEP = 2, /* its operand, a derivative itself, is not simplified before */
    AT_POINT = 4, /* at numbers accumulation can do it */
    BINDS_PAIRS =
        8, /* operands 1, 3, 5 ... are names that it binds: x, order or value ... */
    BINDS_LIST =
        16, /* operand 1 is such a name or a list of them; operand 2, if any, a vector */
    BINDS_NAME = 32, /* operand 1 is such a name */
    BINDS_TWO = 64,  /* operands 1 and 2 are */
    TAKES_SUM = 128, /* without parentheses it takes the whole following sum */
    REWRITES = 256   /* gives its operand another form, lists element by element */
};

/* Of a T row: what it is of numbers; where it is linear; what it may be given. */
enum {
    OF_FIRST = 1, /* its first operand */
    OF_TIMES = 2, /* the product */
    OF_POWER = 4, /* the power */
    OF_NUMBERS = OF_FIRST | OF_TIMES | OF_POWER,
    LINEAR = 8,       /* in its first operand */
    MULTILINEAR = 16, /* in each */
    /* arguments by name (expr/attributes.h) */
    AXES = 32,        /* axis: over a set of axes; all, where none is named */
    AXIS_LAST = 64,   /* axis: along one, the last where none is named; keeps the shape */
    AXIS_FIRST = 128, /* the same, the first */
    KEEP = 256,
    DDOF = 512,
    ORDER = 1024, /* p */
    DELTA = 2048,
    REVERSED = 4096,
    /* which operands have to be tensors; open as long as one of them has no shape */
    TENSOR = 8192,   /* the first */
    TENSORS = 16384, /* all */
    /* which operands are numbers that say how large the result is */
    SIZES = 32768,       /* all */
    SIZES_BEHIND = 65536 /* all but the first */
};

typedef enum {
    /* core operators, described in expr.h */
    OP_POISON,
    OP_NUM,
    OP_CONST,
    OP_SYM,
    OP_ADD,
    OP_SCALE,
    OP_MUL,
    OP_POW,
    OP_APPLY,
    OP_LIST,
    OP_IF,
    OP_LT,
    OP_LE,
    OP_EQ,
    OP_NE,
    OP_AND,
    OP_OR,
    OP_NOT,
    OP_TRUE,
    OP_FALSE,
    OP_INT,
    OP_SUM,
    OP_PROD,
    OP_RANGE,
    OP_STRING,
    OP_DATA,
    OP_FIRST_STRUCTURAL,
#define S(id, ...) OP_##id,
#define T(...)
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"
    OP_FIRST_TENSOR,
#define S(...)
#define T(id, ...) OP_##id,
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"
    OP_FIRST_FUNCTION,
#define S(...)
#define T(...)
#define F1(id, ...) OP_##id,
#define F2(id, ...) OP_##id,
#define F3(id, ...) OP_##id,
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"
    OP_COUNT
} Op;

static inline bool op_is_function(Op op)
{
    return op > OP_FIRST_FUNCTION && op < OP_COUNT;
}
static inline bool op_is_structural(Op op)
{
    return op > OP_FIRST_STRUCTURAL && op < OP_FIRST_TENSOR;
}
static inline bool op_is_tensor(Op op)
{
    return op > OP_FIRST_TENSOR && op < OP_FIRST_FUNCTION;
}

typedef struct {
    const char *name; /* as typed and printed: "sin" */
    unsigned min_args, max_args;
    unsigned flags;
    const char *args;  /* "x" or "y, x": names for people */
    const char *value; /* the columns as text, in x (y, z) and f; NULL: not a function */
    const char *partial[3]; /* "" when there is no formula */
    const char *latex, *domain, *usage, *help;
    const char *jvp, *vjp; /* of a T row, "" where there is none */
} OpInfo;

const OpInfo *op_info(Op op); /* for every op; most core operators have only a name */

/* Is it typed by its name? Not what is written in signs, nor the parts of eigh(A). */
bool op_is_typed(Op op);
/* What a name means: name, id or synonym of a function or structural operator, or of the core
 * operators that are typed as functions (sum, prod, int). OP_POISON when it is none. */
/* of several rows the one with the fewest arguments */
Op op_find(const char *name, size_t n);
/* The row of that name that takes argc arguments; also one with fewer when it FOLDS. */
Op op_find_n(const char *name, size_t n, size_t argc);
/* The word that a column's text begins with, of *n bytes, as it is typed and printed: step_at is
 * step. NULL: it begins with no name of a row. */
const char *op_word(const char *text, size_t *n);

typedef struct {
    const char *name, *usage, *help;
    bool barrier; /* changes the session for later lines */
    bool open;    /* a command only while a descent is open */
} CommandInfo;
const CommandInfo *command_find(const char *name, size_t n); /* NULL: no command */
size_t command_count(void);
const CommandInfo *command_at(size_t i);
size_t synonym_count(void);
void synonym_at(size_t i, const char **name, Op *op);

#endif
