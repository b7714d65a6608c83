/* ops.h - floor 2: the operator table as data. Generated from ops.def; nothing is listed here
 * a second time. */
#ifndef LBZ_OPS_H
#define LBZ_OPS_H

#include "base.h"

/* Properties of a function. Range properties hold wherever the function is defined. */
enum {
    ODD = 1,        /* f(-x) = -f(x) */
    EVEN = 2,       /* f(-x) = f(x) */
    SMOOTH = 4,     /* differentiable on the interior of its domain */
    COMMUTES = 8,   /* f(x,y) = f(y,x) */
    NONNEG = 16,    /* f >= 0 */
    POSITIVE = 32,  /* f > 0 */
    BOUNDED = 64,   /* printed after a constant: 1 + cos(x) */
    INTEGRAL = 128, /* integer values: floor */
    PIECEWISE = 256,/* has kinks or jumps; its partials follow the kink rule */
    REWRITTEN = 512 /* never a node: its constructor returns other operators (sqrt, exp) */
};

typedef enum {
    /* kernel operators, described in expr.h */
    OP_POISON, OP_NUM, OP_CONST, OP_SYM, OP_ADD, OP_SCALE, OP_MUL, OP_POW, OP_APPLY, OP_LIST,
    OP_IF, OP_LT, OP_LE, OP_EQ, OP_NE, OP_AND, OP_OR, OP_NOT, OP_TRUE, OP_FALSE,
    OP_INT, OP_SUM, OP_PROD, OP_RANGE, OP_STRING,
    OP_FIRST_STRUCTURAL,
#define S(id, ...) OP_##id,
#define F1(...)
#define F2(...)
#define F3(...)
#define A(...)
#define C(...)
#include "ops.def"
#undef F1
#undef F2
#undef F3
#undef S
    OP_FIRST_FUNCTION,
#define S(...)
#define F1(id, ...) OP_##id,
#define F2(id, ...) OP_##id,
#define F3(id, ...) OP_##id,
#include "ops.def"
#undef F1
#undef F2
#undef F3
#undef S
#undef A
#undef C
    OP_COUNT
} Op;

static inline bool op_is_function(Op op) { return op > OP_FIRST_FUNCTION && op < OP_COUNT; }
static inline bool op_is_structural(Op op)
{
    return op > OP_FIRST_STRUCTURAL && op < OP_FIRST_FUNCTION;
}

typedef struct {
    const char *name;       /* as typed: "sin" */
    unsigned min_args, max_args;
    unsigned flags;
    const char *args;       /* "x" or "y, x": names for people */
    const char *value;      /* the columns as text; NULL for structural operators */
    const char *partial[3];
    const char *latex, *domain, *usage, *help;
} OpInfo;

const OpInfo *op_info(Op op); /* for every op; kernel operators have only a name */

/* What a name means. Synonyms lead to the op they stand for. */
Op op_find(const char *name, size_t n); /* OP_POISON when it is no function or operator */

typedef struct {
    const char *name, *usage, *help;
} CommandInfo;
const CommandInfo *command_find(const char *name, size_t n); /* NULL: no command */
size_t command_count(void);
const CommandInfo *command_at(size_t i);
size_t synonym_count(void);
void synonym_at(size_t i, const char **name, Op *op);

#endif
