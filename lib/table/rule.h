/* table/rule.h - the texts of the table's rows, values and partial derivatives, as steps to be
 * carried out: on nodes, on values of programs, as text for another compiler.
 *
 * A text is read once and kept, in postfix order, with the Env that asked; nothing is rewritten
 * in it, the order is the written one. Whoever carries it out gives the meaning of its parts.
 */
#ifndef LBZ_TABLE_RULE_H
#define LBZ_TABLE_RULE_H

#include "table/table.h"

typedef enum {
    RULE_NUMBER, /* k */
    RULE_PI,
    RULE_NAME, /* k: which of RuleName */
    RULE_CALL, /* the function fn of n operands */
    RULE_ADD,
    RULE_SUB,
    RULE_MUL,
    RULE_DIV,
    RULE_NEG
} RuleOp;

/* What a text is over: the arguments, and in partials the function's own value. */
typedef enum { RULE_X, RULE_Y, RULE_Z, RULE_F, RULE_NAMES } RuleName;

typedef struct {
    uint8_t op; /* RuleOp */
    uint8_t n;
    uint16_t fn; /* Op */
    uint32_t k;
} RuleStep;

typedef struct {
    const RuleStep *step;
    size_t n;
} Rule;

/* Which text of a row: its partial derivatives are 0, 1, 2. */
enum { RULE_VALUE = 3, RULE_TEXTS };

/* A text is at most so long; so many values may wait for their operator. */
enum { RULE_LONGEST = 64, RULE_DEEPEST = 16 };

/* Reads a text of the row op into step; how many steps, 0: it has none. */
size_t rule_read(Op op, unsigned which, RuleStep step[RULE_LONGEST]);
/* The text of a row, kept with the Env. NULL: it has none, or memory is out, which is recorded as an error. */
const Rule *rule_find(Env *env, Op op, unsigned which);

/* How the parts of a text are made. Results are whatever fits: pointers, indices. */
typedef struct {
    uintptr_t (*number)(void *arg, unsigned k);
    uintptr_t (*pi)(void *arg);
    uintptr_t (*call)(void *arg, Op fn, size_t n, const uintptr_t *a);
    uintptr_t (*combine)(void *arg, RuleOp op, uintptr_t a,
                         uintptr_t b); /* NEG: b is 0 */
} RuleMaker;

uintptr_t rule_run(const Rule *r, const RuleMaker *m, void *arg,
                   const uintptr_t named[RULE_NAMES]);

#endif
