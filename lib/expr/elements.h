/* expr/elements.h - the elements of a list in lists as one array, in the order of reading; what is
 * computed from them along axes. All in the tmp arena but the nodes. */
#ifndef LBZ_EXPR_ELEMENTS_H
#define LBZ_EXPR_ELEMENTS_H

#include "expr/expr.h"

typedef struct {
    unsigned rank;
    size_t dim[SHAPE_RANK];
    size_t n;
    Node **v;
} Elements;

/* Of a LIST with a shape, or of a number (rank 0); errors when memory is out. */
bool elements_read(Ctx *c, Node *a, Elements *e);
/* The list of them. */
Node *elements_list(Ctx *c, const Elements *e);
/* A new array of these sizes, to be filled. */
bool elements_new(Ctx *c, unsigned rank, const size_t *dim, Elements *e);
/* All of a ragged list, too. */
Node **elements_all(Ctx *c, Node *a, size_t *n);

/* What n elements v[] come to; NULL: it cannot be told. They may be changed. */
typedef Node *ElementsFold(Ctx *c, size_t n, Node **v, const void *arg);
/* a reduced over the axes; NULL where a fold was. */
Node *elements_reduce(Ctx *c, Node *a, unsigned axes, bool keep, ElementsFold *fold,
                      const void *arg);
/* Replaces v[0..n) by as many; false: it cannot be told. */
typedef bool ElementsMap(Ctx *c, size_t n, Node **v, const void *arg);
/* a with the elements along the axis replaced; NULL where a map failed. */
Node *elements_along(Ctx *c, Node *a, unsigned axis, ElementsMap *map, const void *arg);

#endif
