/* procedure/procedure.h - functions made of statements, `f(a) = { b = 2*a; while ... }`.
 *
 * The text of a procedure becomes a list of statements with jumps; the same list is run on numbers
 * (values, tangents, or with a recorded tape for the reverse sweep) and on formulas, where that is
 * possible. Expressions inside are nodes; those that work element by element are compiled to
 * kernels, with all their partial derivatives. Invariant: calls are frames, not C calls.
 * Owners: Procedures live in the statement pool; the machine owns its registers, tape and code.
 * May use: base, number, table, expr, parse, print, ball, program, cpu, point.
 * Files: parse.c (text to statements), vm.h (the machine) with code.c (its instructions), run.c,
 * value.c (numbers and arrays), kernel.c (elementwise expressions at numbers), range.c (ranges, positions), place.c (elements and
 * parts of arrays), piece.[ch], lower.c and run_piece.c (operations on arrays, by programs), tape.c
 * and sweep.c (derivatives), record.c (the path as a program), slope.c (derivatives inside), where.c
 * (places in texts), list.c (arrays of callers); formula.[ch] and branch.c (runs on formulas).
 * Circles: all from code to where but list are the parts of one machine; formula and
 * branch call each other as calls contain statements and statements calls.
 */
#ifndef LBZ_PROCEDURE_H
#define LBZ_PROCEDURE_H

#include "parse/parse.h"
#include "program/program.h"

typedef enum {
    STEP_ASSIGN, /* sym = e */
    STEP_STORE,  /* sym[index ...] = e */
    STEP_VALUE,  /* e: the result so far */
    STEP_UNLESS, /* where e does not hold, go on at target */
    STEP_JUMP,   /* go on at target */
    STEP_FOR,    /* sym runs from e by step to limit; no more: target */
    STEP_NEXT,   /* back to the STEP_FOR at target */
    STEP_RETURN, /* e, or the result so far when e is NULL */
    STEP_END
} ProcedureOp;

typedef struct {
    ProcedureOp op;
    uint32_t sym;
    Node *e, *step, *limit;
    Node **index;
    size_t nindex;
    size_t target;
    size_t join;   /* STEP_UNLESS of an `if`: where its branches meet; else 0 */
    uint32_t loop; /* STEP_FOR, STEP_NEXT: which loop of the procedure */
    bool declares; /* let: sym is local, whatever is known outside */
    Span at;
} ProcedureStmt;

typedef struct procedure {
    uint32_t sym; /* the function's name */
    const uint32_t *params;
    size_t nparams;
    ProcedureStmt *code; /* ends with STEP_END */
    size_t n, cap;
    uint32_t nloops;
    const char *text; /* that the statements' places count in; NULL: made of a formula */
} Procedure;

typedef struct {
    uint64_t steps;     /* most statements that one call from outside may run */
    unsigned recursion; /* most calls inside one another */
    size_t tape;        /* bytes of tape before the reverse sweep goes by checkpoints */
} ProcedureLimits;

#define PROCEDURE_LIMITS ((ProcedureLimits){10000000, 10000, (size_t)64 << 20})

/* A kink, or a partial derivative that is not finite; a condition that compares equals. */
enum { PROCEDURE_KINK = 1, PROCEDURE_TIE = 2 };

/* What the names outside a procedure mean. */
typedef struct {
    /* The function sym of n parameters: a Procedure, or NULL (with or without an error). */
    Procedure *(*function)(void *arg, Ctx *c, uint32_t sym, size_t n);
    /* What a name that is no local of the procedure stands for, or NULL. */
    Node *(*variable)(void *arg, Ctx *c, uint32_t sym);
    void *arg;
    ProcedureLimits limits;
    /* f'(a), f_1(a, b) ...: n with the arguments (then orders) a. */
    Node *(*slope)(void *arg, Ctx *c, Node *n, Node *const *a);
    /* For formulas: where these symbols are at[], what a condition on them says. */
    const uint32_t *point;
    Node *const *at;
    size_t npoint;
    unsigned nested; /* derivatives of functions inside one another, so far */
    /* may be NULL; gets PROCEDURE_KINK, PROCEDURE_TIE where derivatives met them */
    unsigned *special;
} ProcedureScope;

/* The text between the braces. spans may be NULL. NULL with the error in c. */
Procedure *procedure_parse(Ctx *c, const ParseEnv *pe, const char *text, size_t from,
                           size_t to, uint32_t sym, const uint32_t *params,
                           size_t nparams, Parsed *spans);
/* The procedure { e }: a formula as a function. */
Procedure *procedure_of_formula(Ctx *c, Node *e, uint32_t sym, const uint32_t *params,
                                size_t nparams);

/* ---- lists: rectangular, rank 0 (a number) to PROCEDURE_RANK, elements in the order of reading */
enum { PROCEDURE_RANK = TENSOR_RANK };
typedef struct {
    unsigned rank;
    size_t dim[PROCEDURE_RANK];
    size_t n;  /* elements in all */
    double *v; /* owned; NULL for n == 0 */
    bool lent; /* v belongs to DATA of the statement: it is not written, nor freed */
} ProcedureList;

void procedure_list_free(ProcedureList *l);
/* A number, or nested lists of numbers; other constants by their double values. */
bool procedure_list_from_node(Ctx *c, const Node *e, ProcedureList *l);
Node *procedure_list_to_node(Ctx *c, const ProcedureList *l);

/* e, in which functions are procedures, at in[i] = x[i]; out gets the value. */
bool procedure_value(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                     const ProcedureList *x, size_t nin, ProcedureList *out);
/* The derivative of every element of the value along dir (lists like x). */
bool procedure_forward(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                       const ProcedureList *x, const ProcedureList *dir, size_t nin,
                       ProcedureList *out, ProcedureList *dout);
/* The gradient of the sum of the elements of the value, weighted by w when it is not NULL (a
 * value of weight.n elements); grad[i] like x[i]. */
bool procedure_reverse(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                       const ProcedureList *x, size_t nin, const ProcedureList *weight,
                       ProcedureList *out, ProcedureList *grad);

/* Where in a function a value was computed; in the statement pool. */
typedef struct {
    const char *function; /* NULL: outside, in the expression itself */
    unsigned line;        /* of the function's text, from 1; 0: it is a formula */
    const char *text;     /* the statement, cut where it is long; NULL: a formula */
    const Node *call;     /* the call in the expression, or NULL */
} ProcedureWhere;

/* Adds ", in f, line 2: b = log(a)" to the error under way, which stems from this statement. */
void procedure_explain(Ctx *c, const Procedure *b, const ProcedureStmt *s);

/* The same for the values of a record: where[n], to be freed. More than `most` values are LIMIT. */
typedef struct {
    ProcedureWhere *where;
    size_t n, cap, most;
} ProcedureTrail;

/* The path that is taken at x as a program of the elements of the first nvars x; ids: the values
 * of the elements of out in it. The caller frees both and out. trail may be NULL. */
bool procedure_record(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                      const ProcedureList *x, size_t nin, size_t nvars,
                      ProcedureTrail *trail, ProcedureList *out, Program **record,
                      uint32_t **ids);

/* f(args) as a formula: loops are run, which needs conditions that do not depend on unknowns.
 * Poison with the reason why there is none. */
Node *procedure_formula(Ctx *c, const ProcedureScope *w, Procedure *f, Node *const *args);

#endif
