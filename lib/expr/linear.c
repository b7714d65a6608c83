/* expr/linear.c - shapes of linear algebra, and the rules of its rows: see linear.h. */
#include "expr/linear.h"
#include "expr/internal.h"
#include "expr/linear_elements.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- shapes --------------------------------------------------------------------------- */
static Shape matrix_shape(const Ctx *c, const Node *n)
{
    return *shape_at(c, n->a[0]->shape);
}

static bool has_matrix(const Ctx *c, const Node *n)
{
    return shape_has_rank(c, n->a[0]->shape, 2);
}

uint32_t shape_of_second(Ctx *c, const Node *n)
{
    (void)c;
    return n->a[1]->shape;
}

uint32_t shape_of_ragged(Ctx *c, const Node *n)
{
    (void)c, (void)n;
    return SHAPE_RAGGED;
}

static uint32_t shape_of_two(Ctx *c, ShapeSize rows, ShapeSize columns)
{
    return shape_make(c, &(Shape){.rank = 2, .size = {rows, columns}});
}

static uint32_t shape_of_one(Ctx *c, ShapeSize size)
{
    return shape_make(c, &(Shape){.rank = 1, .size = {size}});
}

uint32_t shape_of_pinv(Ctx *c, const Node *n)
{
    if (!has_matrix(c, n))
        return SHAPE_ANY;
    Shape s = matrix_shape(c, n);
    return shape_of_two(c, s.size[1], s.size[0]);
}

uint32_t shape_of_diagonal(Ctx *c, const Node *n)
{
    return has_matrix(c, n) ? shape_of_one(c, matrix_shape(c, n).size[0]) : SHAPE_ANY;
}

/* The smaller size. */
static ShapeSize size_of_diagonal(Ctx *c, const Shape *s)
{
    ShapeSize m = s->size[0], n = s->size[1];
    if (shape_same_size(m, n) || (!m.e && !n.e))
        return m.n < n.n ? m : n;
    return (ShapeSize){0,
                       ex_fn2(c, OP_min, shape_size_node(c, m), shape_size_node(c, n))};
}

uint32_t shape_of_svdvals(Ctx *c, const Node *n)
{
    if (!has_matrix(c, n))
        return SHAPE_ANY;
    Shape s = matrix_shape(c, n);
    return shape_of_one(c, size_of_diagonal(c, &s));
}

uint32_t shape_of_svd_u(Ctx *c, const Node *n)
{
    if (!has_matrix(c, n))
        return SHAPE_ANY;
    Shape s = matrix_shape(c, n);
    return shape_of_two(c, s.size[0], size_of_diagonal(c, &s));
}

uint32_t shape_of_svd_v(Ctx *c, const Node *n)
{
    if (!has_matrix(c, n))
        return SHAPE_ANY;
    Shape s = matrix_shape(c, n);
    return shape_of_two(c, s.size[1], size_of_diagonal(c, &s));
}

uint32_t shape_of_qr_r(Ctx *c, const Node *n)
{
    if (!has_matrix(c, n))
        return SHAPE_ANY;
    Shape s = matrix_shape(c, n);
    return shape_of_two(c, size_of_diagonal(c, &s), s.size[1]);
}

/* ---- operands ------------------------------------------------------------------------- */
typedef enum { BAD, UNKNOWN, NODE, WRITTEN } Operand;

static Operand no_matrix(Ctx *c, Op op, const Node *a, const char *needs)
{
    Str s = {0};
    if (a->shape == SHAPE_SCALAR)
        str_puts(&s, "this is a number");
    else if (a->shape == SHAPE_RAGGED)
        str_puts(&s, "the rows of this one have different shapes");
    else {
        str_puts(&s, "the shape of this one is ");
        shape_print(c, &s, a->shape);
    }
    ctx_error(c, LBZ_SHAPE,
              op == OP_INVERSE ? "1/x and x.^-1 are element by element" : NULL,
              "%s needs a %smatrix: %s", op_info(op)->name, needs, str_cstr(&s));
    str_free(&s);
    return BAD;
}

/* What a, which has to be a matrix, is; square: and a square one. */
static Operand operand(Ctx *c, Op op, const Node *a, bool square)
{
    const char *needs = square ? "square " : "";
    if (a->shape == SHAPE_ANY || (a->shape == SHAPE_SCALAR && !ex_is_num(a)))
        return UNKNOWN;
    if (!shape_has_rank(c, a->shape, 2) || (square && !shape_is_square(c, a->shape)))
        return no_matrix(c, op, a, needs);
    bool written = ex_is(a, OP_LIST) && a->n && ex_is(a->a[0], OP_LIST) && a->a[0]->n;
    return written ? WRITTEN : NODE;
}

static bool is_written(const Node *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (!ex_is(a->a[i], OP_LIST))
            return false;
    return true;
}

typedef Node *MatrixRule(Ctx *c, Node *a);

/* rule(a) where a is written out, not too large; NULL: it stays a node. */
static Node *by_elements(Ctx *c, Op op, Node *a, bool square, MatrixRule *rule)
{
    Operand o = operand(c, op, a, square);
    if (o == BAD)
        return c->poison;
    bool small =
        o == WRITTEN && is_written(a) && (size_t)a->n * a->a[0]->n <= MATRIX_MOST;
    return small ? rule(c, a) : NULL;
}

/* ---- the rows ------------------------------------------------------------------------- */
#define RULE(name, op, square, rule)                                             \
    Node *exact_##name(Ctx *c, const char *attributes, size_t n, Node *const *a) \
    {                                                                            \
        (void)attributes, (void)n;                                               \
        return by_elements(c, op, a[0], square, rule);                           \
    }
RULE(det, OP_DET, true, ex_matrix_det)
RULE(logdet, OP_LOGDET, true, ex_matrix_logdet)
RULE(inverse, OP_INVERSE, true, ex_matrix_inverse)
RULE(adj, OP_ADJ, true, ex_matrix_adj)
RULE(pinv, OP_PINV, false, ex_matrix_pinv)
RULE(cholesky, OP_CHOLESKY, true, ex_matrix_cholesky)
RULE(expm, OP_EXPM, true, ex_matrix_expm)
RULE(eigvals, OP_EIGVALS, true, ex_matrix_eigvals)
RULE(eig_v, OP_EIG, true, ex_matrix_eig_v)
RULE(eigh_w, OP_EIGH, true, ex_matrix_eigh_w)
RULE(eigh_v, OP_EIGH, true, ex_matrix_eigh_v)
RULE(svdvals, OP_SVDVALS, false, ex_matrix_svdvals)
RULE(svd_u, OP_SVD, false, ex_matrix_svd_u)
RULE(svd_v, OP_SVD, false, ex_matrix_svd_v)
RULE(qr_q, OP_QR, false, ex_matrix_qr_q)
RULE(qr_r, OP_QR, false, ex_matrix_qr_r)
RULE(nucnorm, OP_NUCNORM, false, ex_matrix_nucnorm)
RULE(opnorm, OP_OPNORM, false, ex_matrix_opnorm)
RULE(rank, OP_RANK, false, ex_matrix_rank)
#undef RULE

/* The parts as a list; NULL where it is not known that a is a matrix. */
static Node *parts(Ctx *c, Op op, Node *a, bool square, size_t n, const Op *part)
{
    Node *v[3];
    Operand o = operand(c, op, a, square);
    if (o == BAD || o == UNKNOWN)
        return o == BAD ? c->poison : NULL;
    for (size_t i = 0; i < n; i++)
        v[i] = ex_tensor(c, part[i], NULL, 1, &a);
    return ctx_failed(c) ? c->poison : ex_list(c, n, v);
}

Node *exact_eig(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return parts(c, OP_EIG, a[0], true, 2, (const Op[]){OP_EIGVALS, OP_EIG_V});
}

Node *exact_eigh(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return parts(c, OP_EIGH, a[0], true, 2, (const Op[]){OP_EIGH_W, OP_EIGH_V});
}

Node *exact_svd(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return parts(c, OP_SVD, a[0], false, 3, (const Op[]){OP_SVD_U, OP_SVDVALS, OP_SVD_V});
}

Node *exact_qr(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return parts(c, OP_QR, a[0], false, 2, (const Op[]){OP_QR_Q, OP_QR_R});
}

Node *ex_linear_unknown(Ctx *c, Op op)
{
    if (op == OP_SOLVE)
        return ctx_error(c, LBZ_NAME,
                         "equations are not solved; dy/dx where F(x, y) = c "
                         "differentiates what one defines, check A == B proves one",
                         "solve(A, b) is of a matrix A and a vector or matrix b");
    return ctx_error(c, LBZ_SHAPE,
                     "var A[3,3] declares a matrix, A = [1,2;3,4] defines one",
                     "%s needs a matrix: this is a number, or a name without a shape",
                     op_info(op)->name);
}

static Node *no_solution(Ctx *c, Node *const *a)
{
    Str s = {0};
    shape_print(c, &s, a[0]->shape);
    str_puts(&s, " and ");
    shape_print(c, &s, a[1]->shape);
    ctx_error(c, LBZ_SHAPE, "b is a vector, or a matrix, with as many rows as A",
              "the shapes %s do not fit in solve(A, b)", str_cstr(&s));
    str_free(&s);
    return c->poison;
}

Node *exact_solve(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (ex_is_num(a[0]))
        return ex_linear_unknown(c, OP_SOLVE);
    Operand o = operand(c, OP_SOLVE, a[0], true);
    if (o == BAD || o == UNKNOWN || a[1]->shape == SHAPE_ANY)
        return o == BAD ? c->poison : NULL;
    bool fits = shape_is_vector(c, a[1]->shape) || shape_has_rank(c, a[1]->shape, 2);
    if (!fits || !shape_same_size(shape_at(c, a[0]->shape)->size[1],
                                  shape_at(c, a[1]->shape)->size[0]))
        return no_solution(c, a);
    bool small = o == WRITTEN && is_written(a[0]) && ex_is(a[1], OP_LIST) &&
                 (size_t)a[0]->n * a[0]->n <= MATRIX_MOST;
    return small ? ex_matrix_solve(c, a[0], a[1]) : NULL;
}

/* ---- triangles ------------------------------------------------------------------------ */
/* Element (i, j) stays where j - i <= k, of an upper triangle where j - i >= k. */
static Node *triangle_of(Ctx *c, Node *a, int64_t k, bool upper)
{
    Node **rows = ARENA_NEW(ctx_arena(c), Node *, a->n + 1u);
    for (int64_t i = 0; rows && i < a->n && !ctx_poll(c); i++) {
        const Node *row = a->a[i];
        Node **e = ARENA_NEW(ctx_arena(c), Node *, row->n + 1u);
        for (int64_t j = 0; e && j < row->n; j++)
            e[j] = (upper ? j - i >= k : j - i <= k) ? row->a[j] : c->zero;
        rows[i] = e ? ex_list(c, row->n, e) : c->poison;
    }
    return rows && !ctx_failed(c) ? ex_list(c, a->n, rows) : c->poison;
}

/* Of each matrix in a tensor. */
static Node *triangles(Ctx *c, Op op, Node *const *a)
{
    Node **e = ARENA_NEW(ctx_arena(c), Node *, a[0]->n + 1u);
    for (uint32_t i = 0; e && i < a[0]->n; i++)
        e[i] = ex_tensor(c, op, NULL, 2, (Node *[]){a[0]->a[i], a[1]});
    return e && !ctx_failed(c) ? ex_list(c, a[0]->n, e) : c->poison;
}

static Node *triangle(Ctx *c, Op op, size_t n, Node *const *a)
{
    int64_t k = 0;
    bool more = shape_is_tensor(a[0]->shape) && shape_at(c, a[0]->shape)->rank > 2;
    Operand o = more ? NODE : operand(c, op, a[0], false);
    if (o == BAD || o == UNKNOWN)
        return o == BAD ? c->poison : NULL;
    if (n > 1 && !ex_get_int(a[1], &k))
        return ctx_error(c, LBZ_SHAPE, "0 is the main diagonal, -1 the one below it",
                         "the diagonal of %s is a whole number", op_info(op)->name);
    if (n == 1)
        return ex_tensor(c, op, NULL, 2, (Node *[]){a[0], c->zero});
    if (more && ex_is(a[0], OP_LIST))
        return triangles(c, op, a);
    return o == WRITTEN && is_written(a[0]) ? triangle_of(c, a[0], k, op == OP_TRIU)
                                            : NULL;
}

Node *exact_tril(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return triangle(c, OP_TRIL, n, a);
}

Node *exact_triu(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return triangle(c, OP_TRIU, n, a);
}

/* ---- the derivative of expm ------------------------------------------------------------ */
/* e without the factors that are numbers; NULL: there are others. */
static Node *direction(Node *e)
{
    Node *t = e->op == OP_SCALE ? e->a[1] : e, *r = NULL;
    if (t->op != OP_MUL)
        return t;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->a[i]->shape && r)
            return NULL;
        r = t->a[i]->shape ? t->a[i] : r;
    }
    return r;
}

/* Along a multiple of A itself it is that times expm(A). */
static bool is_along(Node *e, Node *a)
{
    Node *x = direction(e);
    return x && x == direction(a);
}

Node *exact_dexpm(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    Operand o = operand(c, OP_DEXPM, a[0], true);
    if (o == BAD || o == UNKNOWN)
        return o == BAD ? c->poison : NULL;
    for (size_t i = 1; i < n; i++)
        if (shape_is_tensor(a[i]->shape) && shape_has_rank(c, a[i]->shape, 2) &&
            a[i]->shape != a[0]->shape)
            return shape_error(c, a[0]->shape, a[i]->shape, "dexpm(A, E)");
    if (n == 2 && is_along(a[1], a[0]))
        return ex_product(c, a[1], ex_tensor(c, OP_EXPM, NULL, 1, a));
    bool small = true;
    for (size_t i = 0; i < n; i++)
        small = small && ex_is(a[i], OP_LIST) && a[i]->shape == a[0]->shape &&
                is_written(a[i]);
    return small && (size_t)a[0]->n * a[0]->n <= MATRIX_MOST ? ex_matrix_dexpm(c, n, a)
                                                             : NULL;
}
