/* program/program.h - numeric programs: what an expression becomes when numbers are asked for.
 *
 * A Program is a list of float64 values in SSA form: every value is computed once, from earlier
 * ones; equal computations are one value. Inputs and constants are values too. Tangents and
 * adjoints are appended as further values, and can be differentiated again. A Program knows
 * nothing of slots, blocks or devices: Code (backend.h) is made from it for the outputs that are
 * wanted.
 *
 * Every value has a shape, known in numbers; 0 is a number's. Pointwise operations broadcast by
 * NumPy's rule: operands are kept as small as they are, a result that is larger than what its
 * operands come to is a view of it.
 *
 * Values whose operands are all constants are *known*: to everything but ball.c they are
 * constants, k. They keep the operation they come from, and constants the exact number they
 * stand for, so that what float64 made of them can be told from what they are.
 *
 * Owners: a Program owns its arrays; origin[] points to nodes of the statement that compiled it;
 * externs are counted references.
 * May use: base, number, table, tensor, expr, print, ball, diff.
 * Files: value.c (numbering), make.c and list.c (operations on numbers), shape.c (shapes, views), array.c (operations on
 * arrays), rows.[ch] and rows_reduce.c (the T rows of the table), linear.[ch] and
 * linear_slopes.c (linear algebra), einsum.c (sums of products), carry.c (values from one program to another), elements.c (arrays as
 * numbers), compile.c (from
 * nodes), partial.c (partials of values), forward.c and reverse.c (accumulation), text.c (values
 * in words), ball.[ch] (as balls), quad.c (integrals, as externs), pointwise.def and pointwise.h
 * (the operations), backend.h (what runs programs). Circles: compile and quad (the derivative of
 * an integral compiles its integrand); partial, forward, reverse (partials are differentiated by
 * accumulation, which asks for partials).
 */
#ifndef LBZ_PROGRAM_H
#define LBZ_PROGRAM_H

#include "expr/expr.h"
#include "tensor/tensor.h"

typedef enum {
    P_IN,    /* the a-th input */
    P_CONST, /* k; a: 0: just that; the id + 1 of its origin, which it stands for; P_NONE: of
              several numbers, it is not known which */
#define PW(name, ...) P_##name,
#define CALL(name, ...) P_##name,
#define FUSED(...)
#include "program/pointwise.def"
    P_SUM,    /* args[a] + ... + args[a+b-1], from left to right */
    P_LOOP,   /* the b-th output of the loop a, element by element: see ProgramLoop */
    P_EXTERN, /* the extern a, of numbers: see ProgramExtern */
    /* arrays */
    P_DATA,   /* data[a] */
    P_VIEW,   /* elements of a, by view[b] */
    P_REDUCE, /* a over the axes in the set b, which are dropped, by fn: ProgramReduce */
    P_MATMUL, /* matrix products a*b over the last two axes, broadcast over those before */
    P_GATHER,  /* the parts of a along axis c that the elements of b number, from 0 */
    P_SCATTER, /* the transpose: zeros, to whose parts along axis c those of a are added */
    P_PUT,     /* a, where the elements that view[c] sees are those of b */
    P_LINEAR,  /* linear algebra of a, b, c, as fn says: see linear.h */
    P_CONCAT,  /* args[a] ... args[a+b-1] one after the other along axis c */
    P_OPS
} POp;

typedef enum {
    REDUCE_SUM,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_ANY,
    REDUCE_ALL,
    REDUCE_NORM /* Euclidean, without overflow */
} ProgramReduce;

#define P_NONE UINT32_MAX /* no value; as a derivative: identically 0 */

typedef struct {
    uint8_t op;       /* POp */
    bool known;       /* k is the value */
    uint16_t fn;      /* of P_FN1 ...: see pg_fn_code */
    uint32_t shape;   /* shape[], 0: a number */
    uint32_t a, b, c; /* values, earlier than this one */
    double k;
} ProgramValue;

/* Which elements of a value a view has: index i of the view is element offset + sum i_k*stride[k]
 * of the value, counted in the order of reading. */
typedef struct {
    uint32_t from, to; /* shapes of the value and of the view */
    ptrdiff_t offset, stride[TENSOR_RANK];
} ProgramView;

/* Which function: that of the row op (part 0), or its own i-th partial derivative in float64, over
 * the arguments and then the value (part i + 1). */
enum { FN_PARTS = 1 << 12 };
static inline uint16_t pg_fn_code(Op op, unsigned part)
{
    return (uint16_t)(op + part * FN_PARTS);
}
static inline Op pg_fn_op(const ProgramValue *v) { return (Op)(v->fn % FN_PARTS); }
static inline unsigned pg_fn_part(const ProgramValue *v) { return v->fn / FN_PARTS; }
static inline bool pg_is_call(const ProgramValue *v)
{
    return v->op >= P_FN1 && v->op <= P_FN3;
}
/* a row of the table, of as many operands as it has arguments */
static inline bool pg_is_function(const ProgramValue *v)
{
    return pg_is_call(v) && pg_fn_part(v) == 0;
}
static inline bool pg_is_comparison(const ProgramValue *v)
{
    return v->op >= P_LT && v->op <= P_NE;
}
static inline bool pg_is_guarded(const ProgramValue *v)
{
    return v->op == P_TIMES || v->op == P_OVER;
}
typedef union {
    double (*f1)(double);
    double (*f2)(double, double);
    double (*f3)(double, double, double);
} ProgramFunction;
ProgramFunction program_function(uint16_t fn);

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

/* Operations that a program knows only by what can be asked of them. */
typedef struct {
    /* The value at in[]. NaN with an error in the env of whoever made arg. */
    double (*value)(const void *arg, const double *in);
    /* The partial derivative by the i-th operand, as a value of p, where the operands are the
     * values args[]; P_NONE: identically 0, or an error. */
    uint32_t (*partial)(Program *p, const void *arg, const uint32_t *args, size_t i);
    bool (*same)(const void *a, const void *b);
    void (*free)(void *arg);
} ExternKind;

/* One of them, with all it needs to know; the programs and codes that hold it count it. */
typedef struct {
    const ExternKind *kind;
    void *arg;
    size_t nargs, refs;
} Extern;

typedef struct {
    Extern *x;
    uint32_t *args; /* owned */
} ProgramExtern;

struct program {
    Env *env;
    ProgramValue *val;
    const Node **origin; /* the node a value stems from, or NULL */
    size_t n, cap;
    uint32_t nin;
    uint32_t *args; /* operand lists of P_SUM, P_CONCAT */
    size_t nargs, args_cap;
    ProgramLoop *loop;
    size_t nloops, loops_cap;
    ProgramExtern *ext;
    size_t nexts, exts_cap;
    Dims *shape; /* 0: rank 0 */
    size_t nshapes, shapes_cap;
    ProgramView *view;
    size_t nviews, views_cap;
    uint32_t *view_table; /* as table */
    size_t view_table_cap;
    Tensor *data; /* one reference each */
    size_t ndata, data_cap;
    uint32_t *table; /* value numbering: open addressing, index + 1 */
    size_t table_cap;
    const Node *at; /* origin given to new values */
    Node *pi;       /* what the table's pi stands for, or NULL */
    bool
        by_text; /* partials by the table's formulas only, not by its functions for float64 */
};

/* inputs are the values 0 .. nin-1, numbers; NULL: no memory */
Program *program_new(Env *env, uint32_t nin);
/* the same with inputs of these shapes */
Program *program_new_shaped(Env *env, uint32_t nin, const Dims *shape);
void program_free(Program *p);

/* Room for one more of `size` bytes in *a; false, with an error, when memory is out. */
bool program_grow(Program *p, void **a, size_t size, size_t n, size_t *cap);
/* n operands copied to args; the offset. */
uint32_t program_list(Program *p, size_t n, const uint32_t *v);
/* The value v, an old one if it was computed before; and the view x. */
uint32_t program_number(Program *p, ProgramValue v);
uint32_t program_view(Program *p, const ProgramView *x);

/* ---- making values. When memory is out the error is recorded and the value 0 (or another
 * valid one) returned; check env_failed once at the end. Identities that hold for every float64
 * the value can be used with are applied: x*1, x+0, -(-x), constants folded. */
uint32_t pg_const(Program *p, double k);
/* k, the float64 next to the number n. */
uint32_t pg_rounded(Program *p, double k, Node *n);
uint32_t pg_add(Program *p, uint32_t a, uint32_t b);
uint32_t pg_sub(Program *p, uint32_t a, uint32_t b);
uint32_t pg_mul(Program *p, uint32_t a, uint32_t b);
uint32_t pg_div(Program *p, uint32_t a, uint32_t b);
uint32_t pg_neg(Program *p, uint32_t a);
/* The tangent or adjoint a times, or over, the value d of a partial derivative: 0 where a is 0. */
uint32_t pg_times(Program *p, uint32_t a, uint32_t d);
uint32_t pg_over(Program *p, uint32_t a, uint32_t d);
uint32_t pg_sum(Program *p, size_t n, const uint32_t *v);
uint32_t pg_pow(Program *p, uint32_t a, uint32_t b);
/* multiplications where they are as good */
uint32_t pg_powi(Program *p, uint32_t a, int64_t n);
uint32_t pg_hold(Program *p, uint32_t a);
uint32_t pg_fn(Program *p, Op fn, size_t n, const uint32_t *v);
uint32_t pg_fn1(Program *p, Op fn, uint32_t a);
/* Operations of pointwise.def as they are: constants are folded, nothing is rewritten. */
uint32_t pg_make(Program *p, POp op, uint16_t fn, size_t n, const uint32_t *v);
uint32_t pg_logic(Program *p, POp op, uint32_t a, uint32_t b);
uint32_t pg_select(Program *p, uint32_t cond, uint32_t a, uint32_t b);
/* takes body */
uint32_t pg_loop(Program *p, Program *body, uint32_t out, const uint32_t *args, double lo,
                 double hi);
/* another output of a loop */
uint32_t pg_loop_out(Program *p, uint32_t loop, uint32_t out);
/* takes arg; an equal one of the same operands is one value */
uint32_t pg_extern(Program *p, const ExternKind *kind, void *arg, const uint32_t *args,
                   size_t n);
/* the same in another program, or of other operands */
uint32_t pg_extern_again(Program *p, Extern *x, const uint32_t *args);
void program_extern_release(Extern *x);
/* quad.c: the integral of body by var between args[0] and args[1], where the names sym[n] are
 * args[2 ...]. Certified values; only finite limits. */
uint32_t pg_quad(Program *p, Ctx *c, Node *body, uint32_t var, const uint32_t *args,
                 const uint32_t *sym, size_t n);

/* ---- shapes (shape.c) */
uint32_t pg_shape(Program *p, const Dims *d);
static inline const Dims *pg_dims(const Program *p, uint32_t v)
{
    return &p->shape[p->val[v].shape];
}
/* The shape of what is made of values of two shapes, element by element. When they do not fit the
 * error is recorded and 0 returned. */
uint32_t pg_join(Program *p, uint32_t shape_a, uint32_t shape_b);
/* v as a view of that shape; NumPy's rule has to allow it. */
uint32_t pg_fit(Program *p, uint32_t v, uint32_t shape);
/* What v is when its axes that only repeat are left out: it broadcasts to v. */
uint32_t pg_strip(Program *p, uint32_t v);
/* The sum of v over all axes that were broadcast from the shape: what fit is the transpose of. */
uint32_t pg_unfit(Program *p, uint32_t v, uint32_t shape);
/* Elements of v as x says; x->from is not looked at. */
uint32_t pg_view(Program *p, uint32_t v, const Dims *to, ptrdiff_t offset,
                 const ptrdiff_t *stride);
uint32_t pg_reshape(Program *p, uint32_t v, const Dims *to); /* as many elements */
uint32_t pg_permute(Program *p, uint32_t v, const unsigned *axis);
uint32_t pg_slice(Program *p, uint32_t v, unsigned axis, size_t from, size_t n,
                  ptrdiff_t step);
uint32_t pg_pick(Program *p, uint32_t v, unsigned axis, size_t i); /* drops the axis */
uint32_t pg_diagonal(Program *p, uint32_t v, unsigned a,
                     unsigned b); /* becomes the last */
/* v with an axis of size 1 more, before axis `at` */
uint32_t pg_axis(Program *p, uint32_t v, unsigned at);
/* The strides of an array without gaps. */
void pg_strides(const Dims *d, ptrdiff_t *stride);

/* ---- arrays (array.c) */
uint32_t pg_data(Program *p, const Tensor *t); /* takes a reference of its own */
uint32_t pg_zeros(Program *p, uint32_t shape);
/* over the set of axes; 0: v itself */
uint32_t pg_reduce(Program *p, ProgramReduce how, uint32_t v, unsigned axes);
/* v, a reduction of something of that shape over axes, with these again, of size 1 */
uint32_t pg_keep(Program *p, uint32_t v, unsigned axes);
uint32_t pg_matmul(Program *p, uint32_t a, uint32_t b);
uint32_t pg_gather(Program *p, uint32_t v, uint32_t index, unsigned axis);
uint32_t pg_scatter(Program *p, uint32_t v, uint32_t index, unsigned axis,
                    uint32_t shape);
/* base with what the view sees of it put there */
uint32_t pg_put(Program *p, uint32_t base, uint32_t part, const ProgramView *view);
uint32_t pg_concat(Program *p, size_t n, const uint32_t *v, unsigned axis);
uint32_t pg_stack(Program *p, size_t n,
                  const uint32_t *v); /* as rows: a new first axis */
/* n, a list or of a T row, at the operands a[]; an error where that is no operation on arrays (rows.c). */
uint32_t pg_row(Program *p, const Node *n, const uint32_t *a);
/* The sum of products of the operands, as "ij,jk->ik" says (einsum.c). */
uint32_t pg_einsum(Program *p, const char *text, size_t n, const uint32_t *v);
static inline unsigned pg_all_axes(const Program *p, uint32_t v)
{
    return (1u << pg_dims(p, v)->rank) - 1;
}

static inline bool pg_is_const(const Program *p, uint32_t v, double k)
{
    return p->val[v].known && p->val[v].k == k;
}

/* The operands of value v (at most 3, or those of a sum, loop or extern), and their number. */
size_t pg_parts(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3]);
/* The same; but what is known has none. */
size_t pg_operands(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3]);

/* The operation of value v of q, which is none on arrays, of the n operands a[]. loops: of loops of q
 * those of p + 1, 0: none yet; NULL: each value gets a loop of its own. */
uint32_t program_again(Program *p, const Program *q, uint32_t v, const uint32_t *a,
                       size_t n, uint32_t *loops);
/* The first n values of q as values of p, where the inputs of q are in[]: map[n]. */
bool program_inline(Program *p, const Program *q, uint32_t n, const uint32_t *in,
                    uint32_t *map);
/* The value v of q, and what it needs. */
uint32_t pg_inline(Program *p, const Program *q, uint32_t v, const uint32_t *in);
/* The partial derivative of value v with respect to its i-th operand, as a new value; P_NONE
 * where it is identically 0. Of reductions: what the tangent is multiplied with before it is
 * summed. Other operations on arrays have none. */
uint32_t pg_partial(Program *p, uint32_t v, size_t i);

Program *program_copy(const Program *p); /* NULL: no memory, with an error */
/* The same over numbers: its inputs are the elements of p's inputs, one after the other, els[] its
 * values that are the elements of outs[], from[], when it is not NULL, the value of p that each value
 * stems from; both to be freed. NULL: there would be more than `most` values or linear algebra (no error), or an error. */
Program *program_elements(const Program *p, const uint32_t *outs, size_t nout,
                          size_t most, uint32_t **els, uint32_t **from);

/* ---- from expressions: outs[i] gets the value of e[i], lists flattened by the caller. The
 * inputs are the symbols in[]; Errors (free symbols, unknown functions) go to the context. */
bool program_compile(Ctx *c, Program *p, const uint32_t *in, Node *const *e, size_t n,
                     uint32_t *outs);
/* The same of one formula; inputs may be arrays, and lists are arrays. */
bool program_compile_arrays(Ctx *c, Program *p, const uint32_t *in, Node *e,
                            uint32_t *out);
/* The same with the nodes leaf[] for the inputs, whatever they are. */
bool program_compile_over(Ctx *c, Program *p, Node *const *leaf, Node *const *e, size_t n,
                          uint32_t *outs);
/* The same of one formula, of arrays. */
bool program_compile_arrays_over(Ctx *c, Program *p, Node *const *leaf, Node *e,
                                 uint32_t *out);

/* ---- accumulation, program to program */
/* Tangents of all values given those of the inputs (P_NONE: 0): tan[] of p->n before the
 * call. */
bool program_tangent(Program *p, const uint32_t *seed, uint32_t *tan, size_t n);
/* The same in several directions at once: seeds, and tangents, have one more axis before theirs. */
bool program_tangents(Program *p, size_t directions, const uint32_t *seed, uint32_t *tan,
                      size_t n);
/* One sweep backwards from value out with the adjoint seed; adj[i] of input i. */
bool program_gradient(Program *p, uint32_t out, uint32_t seed, uint32_t *adj);
/* The same from several outputs with adjoints seed[i] at once (vjp). */
bool program_vjp(Program *p, const uint32_t *outs, const uint32_t *seed, size_t nout,
                 uint32_t *adj);

/* One operation of pointwise.def. */
double program_apply(const ProgramValue *v, double x, double y, double z);

/* ---- what values v[] of a program say (text.c) */
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
/* Did a tangent or adjoint that is 0, and not because its branch is not taken, meet a partial that
 * is not finite? Then what P_TIMES and P_OVER made of it may be wrong. */
bool program_hides(const Program *p, const double *v);

#endif
