/* ball/internal.h - what the files of certified evaluation share: the
 * evaluator's state.
 *
 * Nodes are evaluated on demand, from an explicit stack, so that a branch that is not
 * taken is never looked at. A frame holds the values of the nodes that depend on its
 * variable: the base frame those of the whole expression, and each running sum, product
 * or integral one more, whose values expire (by a new generation) with each value of the
 * variable.
 */
#ifndef LBZ_BALL_INTERNAL_H
#define LBZ_BALL_INTERNAL_H

#include "ball/ball.h"
#include "table/certified.h"
#include <acb.h>

typedef enum { T_FALSE, T_TRUE, T_EITHER } Truth;

typedef struct {
    acb_struct z;    /* in a real frame the imaginary part is 0 */
    const Node *bad; /* where a status other than OK comes from */
    uint32_t gen;    /* up to date when equal to its frame's */
    uint8_t status;  /* lbz_status */
    uint8_t truth;   /* of a condition */
} BallVal;

typedef struct {
    uint32_t key; /* id + 1; 0: free */
    uint32_t val; /* index into vals */
} BallSlot;

typedef struct frame BallFrame;
struct frame {
    BallFrame *outer; /* NULL: the base frame */
    uint32_t sym;     /* the variable; its value is at */
    acb_struct at;
    slong prec;
    bool complex;  /* values may leave the real line */
    bool analytic; /* then: only where the function is analytic on the whole ball */
    uint32_t gen;
    BallSlot *slots;
    size_t nslots; /* a power of two */
    BallVal *vals;
    size_t n, cap;
};

typedef struct {
    const Node *n;
    BallFrame *f;
    uint32_t next; /* children before this one are done */
} BallTodo;

typedef struct {
    Ctx *c;
    unsigned depth;  /* running binders */
    lbz_status stop; /* other than OK: give up */
    uint64_t work;   /* operations done, special functions counting more */
    BallTodo *todo;
    size_t ntodo, todo_cap;
    Map bound; /* symbol -> index into at */
    const arb_struct *at;
    BallFrame base;
} BallEval;

enum { BALL_MAX_TERMS = 1000000, BALL_MAX_DEPTH = 16, BALL_SPECIAL_WORK = 16384 };

/* eval.c */
/* As ball_eval; *work, unless NULL, gets the number of operations. */
lbz_status ball_eval_work(Ctx *c, Node *n, const uint32_t *syms, const arb_struct *vals,
                          size_t k, slong prec, arb_t out, const Node **bad,
                          uint64_t *work);
/* A frame that is real or complex, analytic as the outer one is. */
bool ball_frame_init(BallFrame *f, BallFrame *outer, uint32_t sym, slong prec);
void ball_frame_clear(BallFrame *f);
/* The value of n in the innermost frame that it depends on; NULL when ev->stop. Valid
 * until the next call. */
BallVal *ball_node(BallEval *ev, BallFrame *f, const Node *n);
/* The value of a node that is up to date. */
BallVal *ball_done(BallEval *ev, BallFrame *f, const Node *n);
/* One of the expensive functions: their rows stand together in the table. */
bool ball_is_special(Op op);
void ball_no_memory(BallEval *ev); /* records it, sets ev->stop */
void ball_fail(BallVal *v, lbz_status st, const Node *bad);
static inline uint32_t ball_arity(const Node *n)
{
    return n->op == OP_NUM || n->op == OP_STRING ? 0 : n->n;
}
static inline arb_srcptr ball_arg(BallEval *ev, BallFrame *f, const Node *n, uint32_t i)
{
    return acb_realref(&ball_done(ev, f, n->a[i])->z);
}
static inline acb_srcptr ball_carg(BallEval *ev, BallFrame *f, const Node *n, uint32_t i)
{
    return &ball_done(ev, f, n->a[i])->z;
}

/* real.c: one operation on values that are there */
void ball_real_op(BallEval *ev, BallFrame *f, const Node *n, BallVal *v);
void ball_set_num(arb_t r, Num x, slong prec);
/* Are the bounds of z small enough to go on with? Overflow is not an infinity of the
 * answer. */
bool ball_sane(const arb_t x);

/* complex.c */
void ball_complex_op(BallEval *ev, BallFrame *f, const Node *n, BallVal *v);
/* integral.c: v = INT n, whose bounds are evaluated */
void ball_integrate(BallEval *ev, BallFrame *f, const Node *n, BallVal *v);

/* ---- decimal.c */
typedef struct {
    Str digits;
    fmpz_t exp10; /* exponent of the first digit */
    bool exact;
} BallDecimal;
/* |x| to n digits; false when the ball leaves one open. By force the digits of its middle. */
bool ball_decimal_read(BallDecimal *r, const arb_t x, size_t n, slong prec, bool force);
void ball_decimal_of(BallDecimal *r, Num x, size_t n); /* x not 0 */
void ball_decimal_put(Str *out, bool negative, const BallDecimal *d, size_t n);
void ball_put_num(Num x, size_t digits, Str *out);

#endif
