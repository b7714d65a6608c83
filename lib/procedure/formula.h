/* procedure/formula.h - blocks on formulas; shared by block_formula.c (expressions, calls) and
 * block_branch.c (statements, branches that both are taken).
 *
 * Calls, expressions and sums under way are frames of one stack, so that recursion in a block costs
 * memory only. What a frame needs lives in the tmp arena and is released with it, the innermost
 * first.
 */
#ifndef LBZ_BLOCK_FORMULA_H
#define LBZ_BLOCK_FORMULA_H

#include "procedure/procedure.h"

/* What is known of a block during a run. */
typedef struct {
    Block *b;
    uint32_t *local; /* the symbols it assigns, parameters first */
    size_t nlocals;
    unsigned open; /* calls under way in which a condition has no answer ... */
    Node *cond;    /* ... like this one */
} Info;

typedef struct {
    int64_t done;
    Node *from, *step, *limit;
} Loop;

/* An `if` on an unknown: both branches are run, one after the other, and meet at join. */
typedef struct {
    Node *cond;
    size_t other, join;
    Node **before,
        **first; /* values of locals and result at the `if`; after the first branch */
    bool second; /* the second branch is under way */
    bool ended;  /* the first branch has returned */
} Fork;

/* A value returned on a condition; later ones count where earlier conditions do not hold. */
typedef struct {
    Node *cond, *value;
} Return;

typedef struct {
    Info *info;
    Node **val; /* of the locals, then the result so far; NULL: none */
    Loop *loop;
    size_t pc, at;             /* at: the statement under way */
    Node *got[BLOCK_RANK + 1]; /* values of the statement's expressions so far */
    unsigned ngot;
    Fork *fork;
    size_t nforks, forks_cap;
    Return *ret;
    size_t nret, ret_cap;
    bool open; /* counted in info->open */
    Node *key; /* the call as a node, for the memory of results; or NULL */
} Call;

typedef struct {
    Node **v;
    size_t n, cap;
} Stack;

/* An expression: nodes whose values are due, the innermost on top. */
typedef struct {
    Node *root, *waiting; /* waiting: for the frame above */
    NodeMap done;
    Stack due;
} Eval;

/* sum(e, k, lo, hi), its body not evaluated before k has a value. */
typedef struct {
    const Node *n;
    Node *limit[2], **term;
    unsigned nlimits;
    size_t count, got;
    int64_t lo;
    Node *k; /* what the variable is now; NULL: nothing yet */
} Sum;

typedef enum { FRAME_CALL, FRAME_EVAL, FRAME_SUM } FrameKind;

typedef struct {
    FrameKind kind;
    ArenaMark mark;
    size_t call, sum; /* frames around this one that give names values; FRAME_NONE */
    union {
        Call call_;
        Eval eval;
        Sum sum_;
    };
} FFrame;

#define FRAME_NONE SIZE_MAX

typedef struct {
    Ctx *c;
    const BlockWorld *w;
    FFrame *frame;
    size_t n, cap;
    uint64_t rounds;
    uint64_t terms; /* of long sums and products, those of all added up */
    unsigned depth; /* calls inside one another */
    Map info;       /* symbol and arguments -> Info */
    Map known;      /* calls -> their results */
    Node *result;
} Job;

/* ---- block_formula.c */
bool job_eval(Job *j,
              Node *e); /* a frame for e on top: its value goes to the one below */
void job_deliver(Job *j, Node *v); /* the top frame is done */
bool job_round(Job *j, const Block *b);
Node *job_no_formula(Job *j, const Block *b, Node *why);
void *job_grow(Job *j, void *old, size_t size, size_t n,
               size_t *cap);               /* in the tmp arena */
Node *constant_condition(Ctx *c, Node *n); /* yes or no where numbers tell; else n */

/* ---- block_branch.c */
void call_step(Job *j);

#endif
