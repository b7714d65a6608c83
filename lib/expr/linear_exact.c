/* expr/linear_exact.c - rational matrices by elimination, in exact numbers.
 *
 * Fractions stay in lowest terms, so no number is longer than the quotient of two minors, as with
 * elimination without fractions. FLINT would have to be opened first, which takes longer than any
 * matrix of MATRIX_MOST elements of ordinary size; and here an interrupt is seen.
 */
#include "expr/internal.h"
#include "expr/linear_elements.h"
#include "expr/tensors.h"

static bool new_grid(Ctx *c, Grid *g, size_t m, size_t n)
{
    g->m = m;
    g->n = n;
    g->dec = false;
    g->e = ARENA_NEW(&c->tmp, Num, m * n + 1);
    for (size_t i = 0; g->e && i < m * n; i++)
        g->e[i] = NUM_ZERO;
    return g->e != NULL;
}

bool ex_grid(Ctx *c, const Node *a, Grid *g)
{
    bool matrix = ex_is(a->a[0], OP_LIST);
    if (!new_grid(c, g, a->n, matrix ? a->a[0]->n : 1))
        return false;
    for (size_t i = 0; i < g->m; i++) {
        for (size_t k = 0; k < g->n; k++) {
            const Node *x = matrix ? matrix_at(a, i, k) : a->a[i];
            if (!ex_is_num(x))
                return false;
            *grid_at(g, i, k) = x->num;
            g->dec = g->dec || x->num.dec;
        }
    }
    return true;
}

Node *ex_matrix(Ctx *c, size_t m, size_t n, Node *const *e)
{
    Node **rows = ARENA_NEW(ctx_arena(c), Node *, m + 1);
    for (size_t i = 0; rows && i < m; i++)
        rows[i] = ex_list(c, n, e + i * n);
    return rows && !ctx_failed(c) ? ex_list(c, m, rows) : c->poison;
}

/* What came of decimals is one, unless it is whole. */
static Node *number_of(Ctx *c, Num x, bool dec)
{
    x.dec = dec && !num_is_int(x);
    return ex_num(c, x);
}

Node *ex_grid_node(Ctx *c, const Grid *g)
{
    Node **e = ARENA_NEW(&c->tmp, Node *, g->m * g->n + 1);
    for (size_t i = 0; e && i < g->m * g->n; i++)
        e[i] = number_of(c, g->e[i], g->dec);
    return e && !ctx_failed(c) ? ex_matrix(c, g->m, g->n, e) : c->poison;
}

Node *ex_singular(Ctx *c)
{
    return ctx_error(c, LBZ_DOMAIN, "its determinant is 0; pinv(A) is its pseudoinverse",
                     "the matrix is singular");
}

/* ---- elimination ---------------------------------------------------------------------- */
typedef struct {
    size_t rank;
    size_t pivot[MATRIX_MOST]; /* columns */
    Num product;               /* of the pivots, with the sign of the exchanges */
} Echelon;

static void exchange_rows(Grid *g, size_t i, size_t k)
{
    for (size_t j = 0; i != k && j < g->n; j++) {
        Num t = *grid_at(g, i, j);
        *grid_at(g, i, j) = *grid_at(g, k, j);
        *grid_at(g, k, j) = t;
    }
}

/* Row i -= row p times its element in column `from`. */
static void clear_row(Ctx *c, Grid *g, size_t i, size_t p, size_t from)
{
    Arena *t = &c->tmp;
    Num k = *grid_at(g, i, from);
    for (size_t j = from; !num_is_zero(k) && j < g->n; j++)
        if (!num_is_zero(*grid_at(g, p, j)))
            *grid_at(g, i, j) =
                num_sub(t, *grid_at(g, i, j), num_mul(t, k, *grid_at(g, p, j)));
}

static void scale_row(Ctx *c, Grid *g, size_t p, size_t from)
{
    Num pivot = *grid_at(g, p, from);
    for (size_t j = from; j < g->n; j++)
        *grid_at(g, p, j) = num_div(&c->tmp, *grid_at(g, p, j), pivot);
}

/* The reduced row echelon form, with pivots in the first `columns` only. */
static Echelon reduce_rows(Ctx *c, Grid *g, size_t columns)
{
    Echelon r = {.product = NUM_ONE};
    for (size_t k = 0; k < columns && r.rank < g->m; k++) {
        size_t p = r.rank;
        while (p < g->m && num_is_zero(*grid_at(g, p, k)))
            p++;
        if (p == g->m || ctx_poll(c))
            continue;
        r.product = num_mul(&c->tmp, r.product, *grid_at(g, p, k));
        if (p != r.rank)
            r.product = num_neg(&c->tmp, r.product);
        exchange_rows(g, p, r.rank);
        scale_row(c, g, r.rank, k);
        for (size_t i = 0; i < g->m && !ctx_poll(c); i++)
            if (i != r.rank)
                clear_row(c, g, i, r.rank, k);
        r.pivot[r.rank++] = k;
    }
    return r;
}

/* a, and b beside it; b NULL: the identity of as many rows. */
static bool beside(Ctx *c, Grid *g, const Grid *a, const Grid *b)
{
    size_t more = b ? b->n : a->m;
    if (!new_grid(c, g, a->m, a->n + more))
        return false;
    g->dec = a->dec || (b && b->dec);
    for (size_t i = 0; i < a->m; i++) {
        for (size_t k = 0; k < a->n; k++)
            *grid_at(g, i, k) = *grid_at(a, i, k);
        for (size_t k = 0; k < more; k++)
            *grid_at(g, i, a->n + k) = b        ? *grid_at(b, i, k)
                                       : i == k ? NUM_ONE
                                                : NUM_ZERO;
    }
    return true;
}

/* Rows and columns of a with these numbers; NULL: the first so many. */
static bool part_of(Ctx *c, Grid *g, const Grid *a, size_t m, const size_t *row, size_t n,
                    const size_t *column)
{
    if (!new_grid(c, g, m, n))
        return false;
    g->dec = a->dec;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++)
            *grid_at(g, i, k) = *grid_at(a, row ? row[i] : i, column ? column[k] : k);
    return true;
}

/* inv(a)*b. False with the error: singular, or no memory. */
static bool solve(Ctx *c, Grid *x, const Grid *a, const Grid *b)
{
    Grid g;
    size_t column[2 * MATRIX_MOST];
    if (!beside(c, &g, a, b))
        return false;
    if (reduce_rows(c, &g, a->n).rank < a->n) {
        ex_singular(c);
        return false;
    }
    for (size_t k = 0; k < g.n - a->n; k++)
        column[k] = a->n + k;
    return part_of(c, x, &g, a->n, NULL, g.n - a->n, column) && !ctx_failed(c);
}

static bool determinant(Ctx *c, const Grid *a, Num *det)
{
    Grid g;
    if (!part_of(c, &g, a, a->m, NULL, a->n, NULL))
        return false;
    Echelon r = reduce_rows(c, &g, a->n);
    *det = r.rank < a->n ? NUM_ZERO : r.product;
    return !ctx_failed(c);
}

/* ---- products ------------------------------------------------------------------------- */
static bool transposed(Ctx *c, Grid *t, const Grid *a)
{
    if (!new_grid(c, t, a->n, a->m))
        return false;
    t->dec = a->dec;
    for (size_t i = 0; i < a->m; i++)
        for (size_t k = 0; k < a->n; k++)
            *grid_at(t, k, i) = *grid_at(a, i, k);
    return true;
}

static bool product(Ctx *c, Grid *r, const Grid *a, const Grid *b)
{
    Arena *t = &c->tmp;
    if (!new_grid(c, r, a->m, b->n))
        return false;
    r->dec = a->dec || b->dec;
    for (size_t i = 0; i < a->m; i++)
        for (size_t k = 0; k < b->n && !ctx_poll(c); k++)
            for (size_t j = 0; j < a->n; j++)
                *grid_at(r, i, k) =
                    num_add(t, *grid_at(r, i, k),
                            num_mul(t, *grid_at(a, i, j), *grid_at(b, j, k)));
    return true;
}

/* ---- results -------------------------------------------------------------------------- */
Node *ex_grid_det(Ctx *c, const Grid *a)
{
    Num det;
    return determinant(c, a, &det) ? number_of(c, det, a->dec) : c->poison;
}

Node *ex_grid_solve(Ctx *c, const Grid *a, const Grid *b)
{
    Grid x;
    return solve(c, &x, a, b) ? ex_grid_node(c, &x) : c->poison;
}

Node *ex_grid_inverse(Ctx *c, const Grid *a) { return ex_grid_solve(c, a, NULL); }

Node *ex_grid_rank(Ctx *c, const Grid *a)
{
    Grid g;
    if (!part_of(c, &g, a, a->m, NULL, a->n, NULL))
        return c->poison;
    size_t rank = reduce_rows(c, &g, a->n).rank;
    return ctx_failed(c) ? c->poison : ex_int(c, (int64_t)rank);
}

/* The determinant without row i and column k, with its sign. */
static bool cofactor(Ctx *c, const Grid *a, size_t i, size_t k, Num *r)
{
    size_t row[MATRIX_MOST], column[MATRIX_MOST], n = a->n - 1;
    Grid g;
    for (size_t j = 0; j < n; j++) {
        row[j] = j + (j >= i);
        column[j] = j + (j >= k);
    }
    if (!part_of(c, &g, a, n, row, n, column) || !determinant(c, &g, r))
        return false;
    *r = (i + k) % 2 ? num_neg(&c->tmp, *r) : *r;
    return true;
}

Node *ex_grid_adj(Ctx *c, const Grid *a)
{
    Grid r;
    if (!new_grid(c, &r, a->n, a->n))
        return c->poison;
    r.dec = a->dec;
    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < a->n; k++)
            if (!cofactor(c, a, k, i, grid_at(&r, i, k)))
                return c->poison;
    return ex_grid_node(c, &r);
}

/* a = columns*rows with its linearly independent columns; then pinv(a) is
 * rows'*inv(columns'*a*rows')*columns'. */
Node *ex_grid_pinv(Ctx *c, const Grid *a)
{
    Grid g, columns, rows, rt, ct, t, middle, x;
    if (!part_of(c, &g, a, a->m, NULL, a->n, NULL))
        return c->poison;
    Echelon r = reduce_rows(c, &g, a->n);
    if (!r.rank)
        return new_grid(c, &x, a->n, a->m) ? ex_grid_node(c, &x) : c->poison;
    bool ok = part_of(c, &columns, a, a->m, NULL, r.rank, r.pivot) &&
              part_of(c, &rows, &g, r.rank, NULL, a->n, NULL) &&
              transposed(c, &rt, &rows) && transposed(c, &ct, &columns) &&
              product(c, &t, &ct, a) && product(c, &middle, &t, &rt) &&
              solve(c, &t, &middle, &ct) && product(c, &x, &rt, &t);
    return ok && !ctx_failed(c) ? ex_grid_node(c, &x) : c->poison;
}

static Node *not_definite(Ctx *c)
{
    return ctx_error(c, LBZ_DOMAIN,
                     "cholesky is of a matrix whose eigenvalues are positive",
                     "the matrix is not positive definite");
}

/* Row i of the unit triangle l below its diagonal and the i-th pivot d, of a = l*diag(d)*l'. */
static void cholesky_row(Ctx *c, const Grid *a, Grid *l, Num *d, size_t i)
{
    Arena *t = &c->tmp;
    for (size_t k = 0; k <= i && !ctx_poll(c); k++) {
        Num s = *grid_at(a, i, k);
        for (size_t j = 0; j < k; j++)
            s = num_sub(
                t, s, num_mul(t, num_mul(t, *grid_at(l, i, j), *grid_at(l, k, j)), d[j]));
        if (k == i)
            d[i] = s;
        else
            *grid_at(l, i, k) = num_div(t, s, d[k]);
    }
}

Node *ex_grid_cholesky(Ctx *c, const Grid *a)
{
    Grid l;
    size_t n = a->n;
    Num *d = ARENA_NEW(&c->tmp, Num, n);
    Node **e = ARENA_NEW(&c->tmp, Node *, n * n);
    if (!d || !e || !new_grid(c, &l, n, n))
        return c->poison;
    for (size_t i = 0; i < n; i++) {
        cholesky_row(c, a, &l, d, i);
        if (num_sgn(d[i]) <= 0)
            return ctx_failed(c) ? c->poison : not_definite(c);
        *grid_at(&l, i, i) = NUM_ONE;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            e[i * n + k] = ex_plain_mul2(c, number_of(c, *grid_at(&l, i, k), a->dec),
                                         ex_plain_sqrt(c, number_of(c, d[k], a->dec)));
    return ex_matrix(c, n, n, e);
}
