/* expr/linear_elements.h - private to expr: matrices whose elements are written out, lists of rows of one
 * size, none of them empty. Results are nodes; NULL: it has no exact form, or none of numbers in
 * float64. Errors: DOMAIN (singular, not positive definite ...), UNABLE, LIMIT. */
#ifndef LBZ_EXPR_LINEAR_ELEMENTS_H
#define LBZ_EXPR_LINEAR_ELEMENTS_H

#include "expr/expr.h"

enum { MATRIX_MOST = 100 }; /* elements that are written out */

/* A rational matrix; its numbers live in the tmp arena. */
typedef struct {
    size_t m, n;
    Num *e; /* m*n, by rows */
    bool dec;
} Grid;

static inline Num *grid_at(const Grid *g, size_t i, size_t k)
{
    return g->e + i * g->n + k;
}
static inline Node *matrix_at(const Node *a, size_t i, size_t k) { return a->a[i]->a[k]; }

/* False: not all elements are numbers, or memory is out. */
bool ex_grid(Ctx *c, const Node *a, Grid *g);
Node *ex_grid_node(Ctx *c, const Grid *g); /* the matrix */
/* The elements e(i, k) as a matrix. */
Node *ex_matrix(Ctx *c, size_t m, size_t n, Node *const *e);
Node *ex_singular(Ctx *c);

/* ---- linear_exact.c: rational matrices */
Node *ex_grid_det(Ctx *c, const Grid *a);
Node *ex_grid_inverse(Ctx *c, const Grid *a);
Node *ex_grid_adj(Ctx *c, const Grid *a);
Node *ex_grid_solve(Ctx *c, const Grid *a, const Grid *b);
Node *ex_grid_pinv(Ctx *c, const Grid *a);
Node *ex_grid_rank(Ctx *c, const Grid *a);
Node *ex_grid_cholesky(Ctx *c, const Grid *a);

/* ---- linear_symbolic.c: any elements */
Node *ex_matrix_det(Ctx *c, Node *a);
Node *ex_matrix_logdet(Ctx *c, Node *a);
Node *ex_matrix_inverse(Ctx *c, Node *a);
Node *ex_matrix_adj(Ctx *c, Node *a);
Node *ex_matrix_solve(Ctx *c, Node *a, Node *b);
Node *ex_matrix_pinv(Ctx *c, Node *a);
Node *ex_matrix_rank(Ctx *c, Node *a);
Node *ex_matrix_cholesky(Ctx *c, Node *a);

/* ---- linear_float.c: of constants, in float64 */
Node *ex_matrix_expm(Ctx *c, Node *a);
Node *ex_matrix_dexpm(Ctx *c, size_t n, Node *const *a);
Node *ex_matrix_eigvals(Ctx *c, Node *a);
Node *ex_matrix_eig_v(Ctx *c, Node *a);
Node *ex_matrix_eigh_w(Ctx *c, Node *a);
Node *ex_matrix_eigh_v(Ctx *c, Node *a);
Node *ex_matrix_svdvals(Ctx *c, Node *a);
Node *ex_matrix_svd_u(Ctx *c, Node *a);
Node *ex_matrix_svd_v(Ctx *c, Node *a);
Node *ex_matrix_qr_q(Ctx *c, Node *a);
Node *ex_matrix_qr_r(Ctx *c, Node *a);
Node *ex_matrix_nucnorm(Ctx *c, Node *a);
Node *ex_matrix_opnorm(Ctx *c, Node *a);

#endif
