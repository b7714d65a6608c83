/* expr/shape.h - shapes of nodes, and what depends on them.
 *
 * A shape is a number: an index into the context's table, where each stands once. 0 is the scalar.
 * Sizes are numbers, or nodes over symbols of sizes: a symbolic size equals only itself and never
 * broadcasts. A row is the transpose of a vector, a kind of its own: rank 1, printed [1, 2]', shape
 * [1, n] to others.
 *
 * Two shapes are none: SHAPE_ANY of a name that gets its value when a procedure runs, and
 * SHAPE_RAGGED of lists whose elements have different shapes.
 *
 * Owners: shapes made in a statement go with it, unless a node that is kept brings them over
 * (ex_keep), like symbols.
 */
#ifndef LBZ_EXPR_SHAPE_H
#define LBZ_EXPR_SHAPE_H

#include "expr/expr.h"

enum { SHAPE_SCALAR, SHAPE_ANY, SHAPE_RAGGED, SHAPE_NONE = UINT32_MAX };

const Shape *shape_at(const Ctx *c, uint32_t id);
uint32_t shape_make(Ctx *c, const Shape *s);
uint32_t shape_of_sizes(Ctx *c, unsigned rank, Node *const *size); /* NUMs or formulas */
uint32_t shape_row(Ctx *c, uint32_t vector);             /* the row of a vector's shape */
uint32_t shape_column(Ctx *c, uint32_t row);             /* and back */
uint32_t shape_stack(Ctx *c, int64_t n, uint32_t inner); /* n of the shape inner */
void shape_keep_all(Ctx *c); /* those made so far outlive the statement */
uint64_t shape_hash(const Ctx *c, uint32_t id); /* from content only */
/* The shape of another context, with nodes of this one; and a node, made again there. */
uint32_t shape_transfer(Ctx *to, Ctx *from, uint32_t id);
Node *ex_transfer(Ctx *to, Ctx *from, Node *root);

static inline bool shape_is_size(ShapeSize s, int64_t n) { return !s.e && s.n == n; }
static inline bool shape_same_size(ShapeSize a, ShapeSize b)
{
    return a.e == b.e && a.n == b.n;
}
Node *shape_size_node(Ctx *c, ShapeSize s);
/* The number of elements, when all sizes are numbers; -1: not known, or more than 2^48. */
int64_t shape_count(const Ctx *c, uint32_t id);
static inline bool shape_is_tensor(uint32_t id)
{
    return id != SHAPE_SCALAR && id != SHAPE_ANY && id != SHAPE_RAGGED;
}
static inline bool shape_has_rank(const Ctx *c, uint32_t id, unsigned rank)
{
    return id == SHAPE_SCALAR ? rank == 0
                              : shape_is_tensor(id) && shape_at(c, id)->rank == rank;
}
bool shape_is_row(const Ctx *c, uint32_t id);
bool shape_is_vector(const Ctx *c, uint32_t id); /* and no row */
bool shape_is_square(const Ctx *c, uint32_t id);

/* Element by element, aligned at the last axis. NONE: they do not fit. */
uint32_t shape_broadcast(Ctx *c, uint32_t a, uint32_t b);
void shape_print(Ctx *c, Str *out, uint32_t id); /* "(2, 3)"; a row "(1, 3)" */
/* The error that these two do not fit; what: "a sum". Poison. */
Node *shape_error(Ctx *c, uint32_t a, uint32_t b, const char *what);

/* What ex_intern asks for: the shape of a node some of whose operands have one, or of a list. */
uint32_t shape_of_node(Ctx *c, const Node *n);

#endif
