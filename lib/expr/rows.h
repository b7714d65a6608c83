/* expr/rows.h - the rules of the T rows, under the names that ops.def gives them: their shape, and what
 * is carried out where elements are written out. tensors.c has the table of them. */
#ifndef LBZ_EXPR_ROWS_H
#define LBZ_EXPR_ROWS_H

#include "expr/elements.h"

/* Of a node whose operands have been looked at. */
typedef uint32_t ShapeRule(Ctx *c, const Node *n);
/* NULL: it stays a node. Poison on errors. Attributes are normal (attributes.h). */
typedef Node *ExactRule(Ctx *c, const char *attributes, size_t n, Node *const *a);

#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define S(...)
#define C(...)
#define T(id, name, flags, least, most, shp, exct, ...) \
    ShapeRule shape_of_##shp;                           \
    ExactRule exact_##exct;
#include "ops.def"

/* ---- for the rules */
static inline bool row_is_list(const Node *a) { return a->op == OP_LIST; }
Node *row_wrong(Ctx *c, const char *hint, const char *what); /* a SHAPE error; poison */
/* Is a number, or a list whose elements have one shape? */
bool row_is_written(const Node *a);
/* The node as it is: its operands have been looked at. */
Node *row_intern(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a);
/* An operand of rules for tensors; false: it has no shape yet, or is ragged (an error then). */
bool row_has_shape(Ctx *c, const Node *a, const char *what);
/* How many elements of that shape come to one of the reduction. */
Node *row_count(Ctx *c, uint32_t shape, const char *attributes);
/* The reduction of a, where it is written out; else NULL. */
Node *row_reduce(Ctx *c, const char *attributes, Node *a, ElementsFold *fold,
                 const void *arg, const char *what);

#endif
