/* expr/inverse.c - the inverse of a matrix whose elements are written out, exactly: by elimination
 * where all are numbers, else by cofactors. */
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"

enum { MOST_ROWS = 100, MOST_SYMBOLIC = 5 };

static Node *at(const Node *a, uint32_t i, uint32_t k) { return a->a[i]->a[k]; }

static bool all_numbers(const Node *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < a->n; k++)
            if (!ex_is_num(at(a, i, k)))
                return false;
    return true;
}

static Node *singular(Ctx *c)
{
    return ctx_error(c, LBZ_DOMAIN, "its determinant is 0",
                     "the matrix is singular: it has no inverse");
}

/* n*n elements by rows, as a matrix. */
static Node *matrix_of(Ctx *c, Node *const *e, uint32_t n, size_t stride)
{
    Node **rows = ARENA_NEW(ctx_arena(c), Node *, n + 1);
    for (uint32_t i = 0; rows && i < n; i++)
        rows[i] = ex_list(c, n, e + i * stride);
    return rows ? ex_list(c, n, rows) : c->poison;
}

/* row += k*other, from column `from` on */
static void add_row(Ctx *c, Node **row, Node *const *other, Node *k, uint32_t from,
                    uint32_t n)
{
    for (uint32_t j = from; j < n; j++)
        row[j] = ex_add2(c, row[j], ex_mul2(c, k, other[j]));
}

/* Gauss and Jordan on [a, 1]. */
static Node *by_elimination(Ctx *c, const Node *a)
{
    uint32_t n = a->n, w = 2 * n;
    Node **m = ARENA_NEW(ctx_arena(c), Node *, (size_t)n * w);
    for (uint32_t i = 0; m && i < n; i++)
        for (uint32_t k = 0; k < w; k++)
            m[i * w + k] = k < n ? at(a, i, k) : k - n == i ? c->one : c->zero;
    for (uint32_t p = 0; m && p < n; p++) {
        uint32_t r = p;
        while (r < n && num_is_zero(m[r * w + p]->num))
            r++;
        if (r == n)
            return singular(c);
        for (uint32_t k = 0; k < w; k++) {
            Node *t = m[p * w + k];
            m[p * w + k] = m[r * w + k];
            m[r * w + k] = t;
        }
        Node *inverse = ex_div(c, c->one, m[p * w + p]);
        for (uint32_t k = p; k < w; k++)
            m[p * w + k] = ex_mul2(c, inverse, m[p * w + k]);
        for (uint32_t i = 0; i < n && !ctx_poll(c); i++)
            if (i != p && !num_is_zero(m[i * w + p]->num))
                add_row(c, m + i * w, m + p * w, ex_neg(c, m[i * w + p]), p, w);
    }
    return m && !ctx_failed(c) ? matrix_of(c, m + n, n, w) : c->poison;
}

/* The determinant of the rows and columns in the sets, by the first row that is left. At most
 * MOST_SYMBOLIC deep. */
static Node *minor_of(Ctx *c, const Node *a, unsigned rows, unsigned columns)
{
    if (!rows)
        return c->one;
    uint32_t i = (uint32_t)__builtin_ctz(rows);
    Node *sum = c->zero;
    bool minus = false;
    for (uint32_t k = 0; k < a->n; k++) {
        if (!(columns >> k & 1))
            continue;
        Node *rest = minor_of(c, a, rows & ~(1u << i), columns & ~(1u << k));
        Node *term = ex_mul2(c, at(a, i, k), rest);
        sum = ex_add2(c, sum, minus ? ex_neg(c, term) : term);
        minus = !minus;
    }
    return sum;
}

static Node *by_cofactors(Ctx *c, const Node *a)
{
    uint32_t n = a->n;
    unsigned all = (1u << n) - 1;
    Node *det = minor_of(c, a, all, all), *e[MOST_SYMBOLIC * MOST_SYMBOLIC];
    if (ex_is_num(det) && num_is_zero(det->num))
        return singular(c);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            Node *m = minor_of(c, a, all & ~(1u << k), all & ~(1u << i));
            e[i * n + k] = ex_div(c, (i + k) % 2 ? ex_neg(c, m) : m, det);
        }
    }
    return ctx_failed(c) ? c->poison : matrix_of(c, e, n, n);
}

Node *ex_inverse(Ctx *c, Node *a)
{
    if (!shape_has_rank(c, a->shape, 2) || !shape_is_square(c, a->shape))
        return ctx_error(c, LBZ_SHAPE, "1/x and x.^-1 are element by element",
                         "only a square matrix has an inverse");
    if (!ex_is(a, OP_LIST)) /* a name, whose elements come later */
        return ex_intern(c, OP_MATPOW, 2, (Node *[]){a, c->minus_one});
    bool written = a->n && ex_is(a->a[0], OP_LIST);
    bool numbers = written && all_numbers(a);
    if (!written || a->n > (numbers ? MOST_ROWS : MOST_SYMBOLIC))
        return ctx_error(c, LBZ_UNABLE, "A.^-1 is element by element",
                         "the inverse of such a matrix is not available yet");
    return numbers ? by_elimination(c, a) : by_cofactors(c, a);
}
