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
} Shell;

Node *ctx_intern(Ctx *c, const Shell *s); /* no rewriting; poison when a child is */
/* A statement node in the session pool; a: its children there. What is known of it stays. */
Node *ctx_keep(Ctx *c, const Node *n, Node *const *a);
/* sign, flags, syms; flags and syms have the children's */
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
/* x = k + rest with an integer NUM k out of a sum; false when there is none. */
Node *list_add(Ctx *c, size_t n, Node *const *t);
Node *list_mul(Ctx *c, size_t n, Node *const *f);
/* Products of rational powers of positive integers, reduced by prime factors. */
Node *ex_mul_radicals(Ctx *c, size_t n, Node *const *powers);

#endif
