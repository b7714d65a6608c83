/* program/program.h - numeric programs: what an expression becomes when numbers are asked for.
 *
 * A Program is a list of float64 values in SSA form: every value is computed once, from earlier
 * ones; equal computations are one value. Inputs and constants are values too. Tangents and
 * adjoints are appended as further values, and can be differentiated again. Every value has a
 * shape; scalar programs have rank 0 throughout. A Program knows nothing of slots, blocks or
 * devices: Code (backend.h) is made from it for the outputs that are wanted.
 * Owners: a Program owns its arrays; origin[] points to nodes of the statement that compiled it.
 * May use: base, number, table, expr, print, ball, diff.
 * Files: program.c (making values), compile.c (from nodes), rule.c (partials of values), forward.c
 * and reverse.c (accumulation), eval.c (values one by one), ball.[ch] (as balls), quad.c
 * (integrals), backend.h (what runs programs). Circles: program, compile, eval, quad (an integral
 * is a value that compiles its own integrand); rule, forward, reverse (partials are differentiated
 * by accumulation, which asks for partials).
 */
#ifndef LBZ_PROGRAM_H
#define LBZ_PROGRAM_H

#include "expr/expr.h"

typedef enum {
    P_IN,    /* the a-th input */
    P_CONST, /* k */
    P_ADD,
    P_SUB,
    P_MUL,
    P_DIV,
    P_NEG,
    P_HOLD, /* a, a constant to differentiation */
    P_SUM,  /* args[a] + ... + args[a+b-1], from left to right */
    P_POW,  /* a^b, C's pow */
    P_ROOT, /* |a|^k, with the sign of a if b: the real a^(p/q), q odd, b = p mod 2 */
    P_FN1,
    P_FN2,
    P_FN3, /* the function fn of the table at a, b, c */
    P_PART1,
    P_PART2X,
    P_PART2Y, /* the numeric partials of rows P of the table: of f = fn(a) at
                                    (a, f = b), of f = fn(a, b) at (a, b, f = c) */
    P_LT,
    P_LE,
    P_EQ,
    P_NE,
    P_AND,
    P_OR,
    P_NOT,    /* 1 or 0 */
    P_SELECT, /* a ? b : c; the value not chosen does not matter, NaN or not */
    P_LOOP,   /* the b-th output of the loop a: see ProgramLoop */
    P_QUAD,   /* the integral a: see ProgramQuad */
    P_OPS
} POp;

#define P_NONE UINT32_MAX /* no value; as a derivative: identically 0 */

typedef struct {
    uint16_t op;      /* POp */
    uint16_t fn;      /* Op, of P_FN */
    uint32_t a, b, c; /* values, earlier than this one */
    double k;
} ProgramValue;

typedef struct program Program;

/* sum over k = lo .. hi of the outputs of body, which has as inputs first k, then the values
 * args[0 .. body->nin - 2] of the program around it. */
typedef struct {
    Program *body; /* owned */
    uint32_t *out; /* the values of body that are summed */
    size_t nout, nout_cap;
    uint32_t *args;
    size_t nargs;
    double lo, hi;
} ProgramLoop;

/* The integral of body by var between args[0] and args[1], where sym[2 ...] are args[2 ...]. */
typedef struct {
    Ctx *c;
    Node *body, *e; /* e: the integral between sym[0] and sym[1] */
    uint32_t var;
    uint32_t *sym, *args;
    size_t n; /* parameters besides the limits */
} ProgramQuad;

struct program {
    Env *env;
    ProgramValue *val;
    const Node **origin; /* the node a value stems from, or NULL */
    size_t n, cap;
    uint32_t nin;
    uint32_t *args; /* operand lists of P_SUM */
    size_t nargs, args_cap;
    ProgramLoop *loop;
    size_t nloops, loops_cap;
    ProgramQuad *quad;
    size_t nquads, quads_cap;
    uint32_t *table; /* value numbering: open addressing, index + 1 */
    size_t table_cap;
    const Node *at; /* origin given to new values */
    bool by_text;   /* partials by the table's formulas only, not P_PART */
};

/* inputs are the values 0 .. nin-1; NULL: no memory */
Program *program_new(Env *env, uint32_t nin);
void program_free(Program *p);

/* ---- making values. When memory is out the error is recorded and the value 0 (or another
 * valid one) returned; check env_failed once at the end. Identities that hold for every float64
 * the value can be used with are applied: x*1, x+0, -(-x), constants folded. */
uint32_t pg_const(Program *p, double k);
uint32_t pg_add(Program *p, uint32_t a, uint32_t b);
uint32_t pg_sub(Program *p, uint32_t a, uint32_t b);
uint32_t pg_mul(Program *p, uint32_t a, uint32_t b);
uint32_t pg_div(Program *p, uint32_t a, uint32_t b);
uint32_t pg_neg(Program *p, uint32_t a);
uint32_t pg_sum(Program *p, size_t n, const uint32_t *v);
uint32_t pg_pow(Program *p, uint32_t a, uint32_t b);
uint32_t pg_root(Program *p, uint32_t a, int64_t num, int64_t den);
uint32_t pg_signed_power(Program *p, uint32_t a, double k, bool odd); /* P_ROOT */
uint32_t pg_hold(Program *p, uint32_t a);
/* multiplications where they are as good */
uint32_t pg_powi(Program *p, uint32_t a, int64_t n);
uint32_t pg_fn(Program *p, Op fn, size_t n, const uint32_t *v);
uint32_t pg_part(Program *p, POp op, Op fn, const uint32_t *v);
uint32_t pg_fn1(Program *p, Op fn, uint32_t a);
uint32_t pg_logic(Program *p, POp op, uint32_t a, uint32_t b);
uint32_t pg_select(Program *p, uint32_t cond, uint32_t a, uint32_t b);
/* takes body */
uint32_t pg_loop(Program *p, Program *body, uint32_t out, const uint32_t *args, double lo,
                 double hi);
/* another output of a loop */
uint32_t pg_loop_out(Program *p, uint32_t loop, uint32_t out);
/* Integrals (quad.c): args[2 + n], sym[n]. Certified values; only finite limits. */
uint32_t pg_quad(Program *p, Ctx *c, Node *body, uint32_t var, const uint32_t *args,
                 const uint32_t *sym, size_t n);
bool pg_add_quad(Program *p, ProgramQuad q); /* takes q, unless it fails */
uint32_t pg_quad_value(Program *p, uint32_t quad);
void program_quad_free(ProgramQuad *q);
double program_quad_value(const Program *p, const double *v, const ProgramValue *x);
uint32_t program_quad_partial(Program *p, uint32_t v, size_t i);
static inline bool pg_is_const(const Program *p, uint32_t v, double k)
{
    return p->val[v].op == P_CONST && p->val[v].k == k;
}

/* The operands of value v (at most 3, or those of a sum or loop); returns their number. */
size_t pg_operands(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3]);

/* The value v of q, as a value of p, where the inputs of q are in[]. */
uint32_t pg_inline(Program *p, const Program *q, uint32_t v, const uint32_t *in);
/* The partial derivative of value v with respect to its i-th operand, as a new value; P_NONE
 * where it is identically 0. */
uint32_t pg_partial(Program *p, uint32_t v, size_t i);

/* ---- from expressions: outs[i] gets the value of e[i], lists flattened by the caller. The
 * inputs are the symbols in[]. Errors (free symbols, unknown functions) go to the context. */
bool program_compile(Ctx *c, Program *p, const uint32_t *in, Node *const *e, size_t n,
                     uint32_t *outs);
/* The same with the nodes leaf[] for the inputs, whatever they are. */
bool program_compile_over(Ctx *c, Program *p, Node *const *leaf, Node *const *e, size_t n,
                          uint32_t *outs);

/* ---- accumulation, program to program */
/* Tangents of all values given those of the inputs (P_NONE: 0): tan[] of p->n before the
 * call. */
bool program_tangent(Program *p, const uint32_t *seed, uint32_t *tan, size_t n);
/* One sweep backwards from value out with the adjoint seed; adj[i] of input i. */
bool program_gradient(Program *p, uint32_t out, uint32_t seed, uint32_t *adj);
/* The same from several outputs with adjoints seed[i] at once (vjp). */
bool program_vjp(Program *p, const uint32_t *outs, const uint32_t *seed, size_t nout,
                 uint32_t *adj);

/* ---- direct evaluation, value by value: for traces, kinks and finding out what went wrong */
/* of operands */
double program_apply(const ProgramValue *v, double a, double b, double c);
/* v[]: earlier values */
double program_value(const Program *p, const double *v, uint32_t i);
/* all; false: stopped */
bool program_values(const Program *p, const double *in, double *v);
/* The first value that is not finite although its operands are, on the way to out; P_NONE. */
uint32_t program_culprit(const Program *p, const double *v, uint32_t out);
/* The operation that value i is, with its operands: "log(-1)"; and what it stands for:
 * "log(-1) in log(x - y)". */
void program_operation(const Program *p, const double *v, uint32_t i, Str *text);
void program_origin(Ctx *c, const Program *p, uint32_t i, Str *text); /* "log(x - y)" */
void program_describe(Ctx *c, const Program *p, const double *v, uint32_t i, Str *text);
/* The same for what made value out of v[] not finite. False when it is finite. */
bool program_blame(Ctx *c, const Program *p, const double *v, uint32_t out, Str *text);
/* The node that stands for value i in the text: of a quotient its divisor. NULL: none. */
const Node *program_node(const Program *p, uint32_t i);

#endif
