/* parse/build.h - what the files of the second step share; nobody else includes it. */
#ifndef LBZ_PARSE_BUILD_H
#define LBZ_PARSE_BUILD_H

#include "expr/sizes.h"
#include "parse/lex.h"
#include "parse/tree.h"
#include <stddef.h>

enum { BUILD_NEAR = 32 };

/* dy/dx, until `where` says what defines y */
typedef struct {
    uint32_t item;
    Node *diff;
    bool solved;
} BuiltQuotient;

typedef struct {
    Ctx *c;
    const Tree *t;
    const BuildOptions *opt;
    const ShapeScope *scope; /* here */
    uint64_t bound;          /* symbols in scopes: bits, as in node.syms */
    const Sizes *sizes;      /* of the `at` that is complete */
    Node **v;                /* nodes of the subtrees that no item has taken yet ... */
    uint32_t *at;            /* ... and the items they were made of */
    uint32_t nv;
    Node **made; /* of each item */
    BuiltQuotient *q;
    uint32_t nq, qcap;
    uint32_t near_sym[BUILD_NEAR]; /* symbols met, + 1 */
    Node *near[BUILD_NEAR];        /* and their nodes; not cleared: the last member */
} TreeBuilder;

static inline void build_stand_at(TreeBuilder *b, uint32_t pos, uint32_t end)
{
    b->c->env.at = (Span){pos, end - pos};
}
/* on operand k of the stack */
static inline void build_stand_on(TreeBuilder *b, uint32_t k)
{
    const TreeItem *i = &b->t->item[b->at[k]];
    build_stand_at(b, i->pos, i->end);
}
static inline bool build_is_condition(const Node *n)
{
    return (unsigned)n->op - OP_LT <= OP_FALSE - OP_LT && !n->shape;
}
LBZ_COLD void build_condition_error(TreeBuilder *b, uint32_t k);
/* Conditions on tensors are numbers, 0 or 1; others are no numbers. */
static inline void build_need_number(TreeBuilder *b, uint32_t k)
{
    if (build_is_condition(b->v[k]))
        build_condition_error(b, k);
}
static inline void build_need_numbers(TreeBuilder *b, uint32_t from)
{
    for (uint32_t k = from; k < b->nv; k++)
        build_need_number(b, k);
}
/* A structural node; where it stands is noted. */
Node *build_structural(TreeBuilder *b, Op op, size_t n, Node *const *a, uint32_t pos,
                       uint32_t end);
/* Numbers among the operands with the sizes put in that the scope tells: x[2:n] at x=[1, 2]. */
void build_put_sizes(TreeBuilder *b, size_t n, Node **a);
/* Likewise, of a T row. */
Node *build_tensor(TreeBuilder *b, Op op, const char *attributes, size_t n, Node **a,
                   uint32_t pos, uint32_t end);

/* ---- build.c */
/* Is a parameter of the function being read in x? */
bool build_in_parameters(const TreeBuilder *b, Node *x);

/* ---- build_operators.c; the operands are those from base on */
void build_take_mark(TreeBuilder *b, const TreeItem *i); /* the one on top */
Node *build_sum(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_product(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_juxtaposition(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_power(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_unary(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_comparison(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_logic(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_if(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_cases(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_list(TreeBuilder *b, const TreeItem *i, uint32_t base);

/* ---- build_index.c; the operands are those from base on */
Node *build_end(TreeBuilder *b, const TreeItem *i);
Node *build_range(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_index(TreeBuilder *b, const TreeItem *i, uint32_t base);

/* ---- build_call.c; the operands are those from base on */
Node *build_call(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_apply(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_diff(TreeBuilder *b, const TreeItem *i, uint32_t base);
uint32_t build_part_shape(Ctx *c, uint32_t shape); /* of one row, or element */
Node *build_map(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_at(TreeBuilder *b, const TreeItem *i, uint32_t base);
Node *build_where(TreeBuilder *b, const TreeItem *i, uint32_t base);

#endif
