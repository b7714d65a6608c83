/* expr/internal.h - what the files of expr share among themselves. */
#ifndef LBZ_EXPR_INTERNAL_H
#define LBZ_EXPR_INTERNAL_H

#include "expr/expr.h"
#include <stddef.h>

/* The content of a node that may exist already. */
typedef struct {
    Op op;
    uint32_t sym;
    size_t n;
    Node *const *a;
    Num num;
    const char *text;
    uint32_t shape;     /* SYM, DATA */
    const Tensor *data; /* DATA */
} Shell;

bool ctx_shapes_grow(Ctx *c);
void ctx_shapes_forget(Ctx *c); /* those of the statement */

/* A new leaf of the pool holds t, with a reference of its own. */
void ctx_hold_data(Ctx *c, Pool *p, Node *n, const Tensor *t);
void ctx_release_data(Pool *p);
Node *ctx_intern(Ctx *c, const Shell *s); /* no rewriting; poison when a child is */
/* A statement node in the session pool; a: its children there. What is known of it stays. */
Node *ctx_keep(Ctx *c, const Node *n, Node *const *a);
/* sign, flags, syms, shape; flags, syms and shape have the bits of all children */
void ex_set_facts(Ctx *c, Node *n);
Node *ex_intern(Ctx *c, Op op, size_t n, Node *const *a); /* op of a[0..n), likewise */

/* A growing array of nodes in the tmp arena. */
typedef struct {
    Node **v;
    size_t n, cap;
} NodeVec;
static inline void nodevec_push(Ctx *c, NodeVec *v, Node *x)
{
    if (LBZ_LIKELY(ARENA_ROOM(&c->tmp, v->v, v->n, v->cap)))
        v->v[v->n++] = x;
}

/* Terms and factors at hand without an allocation. */
enum { FEW = 16 };
/* Sorts records of `size` bytes, each of which begins with the node that decides, by ex_cmp; few of
 * them by insertion, which is as stable as it is quick. */
void ex_sort_many(void *v, size_t n, size_t size);
static inline void ex_sort_by_node(void *v, size_t n, size_t size)
{
    char *r = v, t[48];
    if (n > FEW) {
        ex_sort_many(v, n, size);
        return;
    }
    for (size_t i = 1, j; i < n; i++) {
        const Node *x = *(Node **)(r + i * size);
        memcpy(t, r + i * size, size);
        for (j = i; j > 0 && ex_cmp(*(Node **)(r + (j - 1) * size), x) > 0; j--)
            memcpy(r + j * size, r + (j - 1) * size, size);
        memcpy(r + j * size, t, size);
    }
}

/* exact.c: values at exact points; NULL: none is known. */
Node *ex_exact_value1(Ctx *c, Op op, Node *x);
Node *ex_exact_value2(Ctx *c, Op op, Node *x, Node *y);
Node *ex_exact_zeta(Ctx *c, int64_t n); /* n != 1 */
Num ex_bernoulli(Ctx *c, unsigned n);   /* in the tmp arena; B_1 is 1/2 */

/* coefficient * rest, rest being neither NUM, SCALE nor ADD; no rewriting but 0 and 1. */
Node *ex_scale_raw(Ctx *c, Num k, Node *rest);
/* Splits a sum as content * primitive, the first term that is no number getting a positive
 * coefficient; only the content with by_sign false stays positive. */
Num ex_sum_content(Ctx *c, Node *sum, bool with_sign);
Node *ex_sum_divide(Ctx *c, Node *sum, Num k);
/* True when -n is the simpler of n, -n: a negative coefficient, or a sum of such. */
bool ex_looks_negative(const Node *n);
/* Made of the plain ones. */
static inline Node *ex_plain_neg(Ctx *c, Node *a)
{
    return ex_plain_scale(c, num_int(-1), a);
}
static inline Node *ex_plain_sub(Ctx *c, Node *a, Node *b)
{
    return ex_plain_add2(c, a, ex_plain_neg(c, b));
}
static inline Node *ex_plain_div(Ctx *c, Node *a, Node *b)
{
    return ex_plain_mul2(c, a, ex_plain_pow(c, b, c->minus_one));
}
static inline Node *ex_plain_powi(Ctx *c, Node *b, int64_t n)
{
    return ex_plain_pow(c, b, ex_int(c, n));
}
static inline Node *ex_plain_sqrt(Ctx *c, Node *a) { return ex_plain_pow(c, a, c->half); }
static inline Node *ex_plain_exp(Ctx *c, Node *a) { return ex_plain_pow(c, c->e, a); }
static inline Node *ex_plain_fn1(Ctx *c, Op op, Node *x)
{
    return ex_plain_fn(c, op, 1, &x);
}
static inline Node *ex_plain_fn2(Ctx *c, Op op, Node *x, Node *y)
{
    return ex_plain_fn(c, op, 2, (Node *[]){x, y});
}
/* APPLY, comparisons, connectives, IF, INT, SUM, PROD where no operand has a shape. */
Node *ex_plain_rest(Ctx *c, Op op, size_t n, Node *const *a);
/* A number, 0 or not, as a condition. */
Node *ex_condition(Ctx *c, Node *a);
LBZ_COLD Node *ex_shaped_rest(Ctx *c, Op op, size_t n, Node *const *a);

/* Products of rational powers of positive integers, reduced by prime factors. */
Node *ex_mul_radicals(Ctx *c, size_t n, Node *const *powers);

#endif
