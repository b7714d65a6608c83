/* procedure/formula.h - procedures on formulas; shared by formula.c (expressions, calls) and
 * branch.c (statements, branches that both are taken).
 *
 * Calls, expressions and sums under way are frames of one stack, so that recursion in a
 * procedure costs memory only. What a frame needs lives in the tmp arena and is released
 * with it, the innermost first.
 */
#ifndef LBZ_PROCEDURE_FORMULA_H
#define LBZ_PROCEDURE_FORMULA_H

#include "procedure/procedure.h"

/* What is known of a procedure during a run. */
typedef struct {
    Procedure *b;
    uint32_t *local; /* the symbols it assigns, parameters first */
    size_t nlocals;
    unsigned open; /* calls under way in which a condition has no answer ... */
    Node *cond;    /* ... like this one */
} CalleeInfo;

typedef struct {
    int64_t done;
    Node *from, *step, *limit;
} FormulaLoop;

/* An `if` on an unknown: both branches are run, one after the other, and meet at join. */
typedef struct {
    Node *cond;
    size_t other, join;
    /* values of locals and result at the `if`; after the first branch */
    Node **before, **first;
    bool second; /* the second branch is under way */
    bool ended;  /* the first branch has returned */
} Fork;

/* A value returned on a condition; later ones count where earlier conditions do not hold. */
typedef struct {
    Node *cond, *value;
} Return;

typedef struct {
    CalleeInfo *info;
    Node **val; /* of the locals, then the result so far; NULL: none */
    FormulaLoop *loop;
    size_t pc, at;                 /* at: the statement under way */
    Node *got[PROCEDURE_RANK + 1]; /* values of the statement's expressions so far */
    unsigned ngot;
    Fork *fork;
    size_t nforks, forks_cap;
    Return *ret;
    size_t nret, ret_cap;
    bool open; /* counted in info->open */
    Node *key; /* the call as a node, for the memory of results; or NULL */
} FormulaCall;

typedef struct {
    Node **v;
    size_t n, cap;
} NodeStack;

/* An expression: nodes whose values are due, the innermost on top. */
typedef struct {
    Node *root, *waiting; /* waiting: for the frame above */
    NodeMap done;
    NodeStack due;
} FormulaEval;

/* sum(e, k, lo, hi), its body not evaluated before k has a value. */
typedef struct {
    const Node *n;
    Node *limit[2], **term;
    unsigned nlimits;
    size_t count, got;
    int64_t lo;
    Node *k; /* what the variable is now; NULL: nothing yet */
} FormulaSum;

typedef enum { FORMULA_CALL, FORMULA_EVAL, FORMULA_SUM } FormulaFrameKind;

typedef struct {
    FormulaFrameKind kind;
    ArenaMark mark;
    /* frames around this one that give names values; FORMULA_NO_FRAME */
    size_t call, sum;
    union {
        FormulaCall call_;
        FormulaEval eval;
        FormulaSum sum_;
    };
} FormulaFrame;

#define FORMULA_NO_FRAME SIZE_MAX

typedef struct {
    Ctx *c;
    const ProcedureScope *w;
    FormulaFrame *frame;
    size_t n, cap;
    uint64_t rounds;
    uint64_t terms; /* of long sums and products, those of all added up */
    unsigned depth; /* calls inside one another */
    Map info;       /* symbol and arguments -> Info */
    Map known;      /* calls -> their results */
    Node *result;
} FormulaRun;

/* ---- formula.c */
/* a frame for e on top: its value goes to the one below */
bool formula_push_eval(FormulaRun *j, Node *e);
void formula_deliver(FormulaRun *j, Node *v); /* the top frame is done */
bool formula_count_round(FormulaRun *j, const Procedure *b);
Node *formula_refuse(FormulaRun *j, const Procedure *b, Node *why);
/* in the tmp arena */
void *formula_grow(FormulaRun *j, void *old, size_t size, size_t n, size_t *cap);
Node *formula_condition(Ctx *c, Node *n); /* yes or no where numbers tell; else n */

/* ---- branch.c */
void formula_step_call(FormulaRun *j);

#endif
