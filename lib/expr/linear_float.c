/* expr/linear_float.c - what has no exact form, of matrices of constants: float64 (linear/linear.h), and
 * the few cases that have one: triangles, and exponentials that end. */
#include "expr/internal.h"
#include "expr/linear_elements.h"
#include "expr/tensors.h"
#include "linear/linear.h"
#include "table/float64.h"

#include <arb_mat.h>
#include <math.h>

/* ---- constants in float64 ---------------------------------------------------------------- */
static double float_of_function(const Node *n, const double *v)
{
    const Float64Fn *f = float64_fn((Op)n->op);
    if (f->arity == 1 && n->n == 1)
        return f->v1(v[n->a[0]->pos]);
    return f->arity == 2 && n->n == 2 ? f->v2(v[n->a[0]->pos], v[n->a[1]->pos]) : NAN;
}

/* v: of the nodes before, by their places; NaN: it is not known */
static double float_of_node(const Node *n, const double *v)
{
    static const double constant[] = {
        [C_PI] = 3.14159265358979323846, [C_E] = 2.71828182845904523536, [C_INF] = NAN};
    double r = n->op == OP_ADD ? 0 : 1;
    switch ((Op)n->op) {
    case OP_NUM: return num_to_double(n->num);
    case OP_CONST: return constant[n->sym];
    case OP_ADD:
        for (uint32_t i = 0; i < n->n; i++)
            r += v[n->a[i]->pos];
        return r;
    case OP_SCALE:
    case OP_MUL:
        for (uint32_t i = 0; i < n->n; i++)
            r *= v[n->a[i]->pos];
        return r;
    case OP_POW: return pow(v[n->a[0]->pos], v[n->a[1]->pos]);
    default: return op_is_function((Op)n->op) ? float_of_function(n, v) : NAN;
    }
}

/* The elements of a, m*n, in float64; false: not all are constants. */
static bool floats(Ctx *c, const Node *a, double *out)
{
    Node *e[MATRIX_MOST];
    size_t k = 0, n = (size_t)a->n * a->a[0]->n;
    for (size_t i = 0; i < n; i++)
        e[i] = matrix_at(a, i / a->a[0]->n, i % a->a[0]->n);
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, n, e, &k);
    double *v = order ? ARENA_NEW(&c->tmp, double, k + 1) : NULL;
    for (size_t i = 0; v && i < k; i++)
        v[i] = float_of_node(order[i], v);
    bool known = v != NULL;
    for (size_t i = 0; v && i < n; i++) {
        out[i] = v[e[i]->pos];
        known = known && isfinite(out[i]);
    }
    arena_release(&c->tmp, m);
    return known;
}

static Node *decimal_of(Ctx *c, double x)
{
    return isfinite(x)
               ? ex_num(c, num_from_double(&c->tmp, x))
               : ctx_error(c, LBZ_LIMIT, NULL, "the result is too large for float64");
}

static Node *vector_of(Ctx *c, size_t n, const double *x)
{
    Node *e[MATRIX_MOST];
    for (size_t i = 0; i < n; i++)
        e[i] = decimal_of(c, x[i]);
    return ctx_failed(c) ? c->poison : ex_list(c, n, e);
}

static Node *matrix_of(Ctx *c, size_t m, size_t n, const double *x)
{
    Node *e[MATRIX_MOST];
    for (size_t i = 0; i < m * n; i++)
        e[i] = decimal_of(c, x[i]);
    return ctx_failed(c) ? c->poison : ex_matrix(c, m, n, e);
}

/* ---- results ----------------------------------------------------------------------------- */
enum { MOST_RESULTS = 3 * MATRIX_MOST + MATRIX_MOST };

typedef struct {
    size_t m, n, k; /* k: the smaller one */
    double a[MATRIX_MOST], out[MOST_RESULTS];
} Numeric;

/* False: not all elements are constants, or an error. */
static bool numeric(Ctx *c, const Node *a, LinearOp op, Numeric *x)
{
    x->m = a->n;
    x->n = a->a[0]->n;
    x->k = x->m < x->n ? x->m : x->n;
    return floats(c, a, x->a) &&
           linear_run(
               &c->env,
               &(LinearJob){.op = op, .m = x->m, .n = x->n, .a = x->a, .out = x->out});
}

static Node *not_numeric(Ctx *c) { return ctx_failed(c) ? c->poison : NULL; }

/* Above the diagonal, or below it, all elements are 0. */
static bool is_triangle(const Ctx *c, const Node *a, bool diagonal_too)
{
    bool upper = true, lower = true;
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < a->n; k++) {
            bool zero = matrix_at(a, i, k) == c->zero;
            upper = upper && (zero || k > i || (k == i && !diagonal_too));
            lower = lower && (zero || k < i || (k == i && !diagonal_too));
        }
    return upper || lower;
}

static bool is_diagonal(const Ctx *c, const Node *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < a->n; k++)
            if (i != k && matrix_at(a, i, k) != c->zero)
                return false;
    return true;
}

/* The diagonal, ascending; NULL: its order is not known. */
static Node *sorted_diagonal(Ctx *c, const Node *a)
{
    Node *e[MATRIX_MOST];
    for (uint32_t i = 0; i < a->n; i++) {
        Node *x = matrix_at(a, i, i);
        uint32_t k = i;
        if (!ex_is_num(x) && a->n > 1)
            return NULL;
        for (; k > 0 && num_cmp(e[k - 1]->num, x->num) > 0; k--)
            e[k] = e[k - 1];
        e[k] = x;
    }
    return ex_list(c, a->n, e);
}

/* Of two rows of numbers: the roots of a quadratic. NULL: they are no numbers, or not real. */
static Node *two_eigenvalues(Ctx *c, const Node *a)
{
    Node *p = matrix_at(a, 0, 0), *q = matrix_at(a, 0, 1), *r = matrix_at(a, 1, 0),
         *s = matrix_at(a, 1, 1);
    if (!ex_is_num(p) || !ex_is_num(q) || !ex_is_num(r) || !ex_is_num(s))
        return NULL;
    Node *half = ex_plain_mul2(c, c->half, ex_plain_sub(c, p, s)),
         *mean = ex_plain_mul2(c, c->half, ex_plain_add2(c, p, s)),
         *square = ex_plain_add2(c, ex_plain_powi(c, half, 2), ex_plain_mul2(c, q, r));
    if (num_sgn(square->num) < 0)
        return NULL;
    Node *root = ex_plain_sqrt(c, square);
    return ex_list(c, 2,
                   (Node *[]){ex_plain_sub(c, mean, root), ex_plain_add2(c, mean, root)});
}

Node *ex_matrix_eigvals(Ctx *c, Node *a)
{
    Numeric x;
    Node *r = is_triangle(c, a, false) ? sorted_diagonal(c, a)
              : a->n == 2              ? two_eigenvalues(c, a)
                                       : NULL;
    if (r)
        return r;
    return numeric(c, a, LINEAR_EIG, &x) ? vector_of(c, x.n, x.out) : not_numeric(c);
}

Node *ex_matrix_eig_v(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_EIG, &x) ? matrix_of(c, x.n, x.n, x.out + x.n)
                                         : not_numeric(c);
}

Node *ex_matrix_eigh_w(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_EIGH, &x) ? vector_of(c, x.n, x.out) : not_numeric(c);
}

Node *ex_matrix_eigh_v(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_EIGH, &x) ? matrix_of(c, x.n, x.n, x.out + x.n)
                                          : not_numeric(c);
}

Node *ex_matrix_svdvals(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_SVD, &x) ? vector_of(c, x.k, x.out + x.m * x.k)
                                         : not_numeric(c);
}

Node *ex_matrix_svd_u(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_SVD, &x) ? matrix_of(c, x.m, x.k, x.out) : not_numeric(c);
}

Node *ex_matrix_svd_v(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_SVD, &x) ? matrix_of(c, x.n, x.k, x.out + x.m * x.k + x.k)
                                         : not_numeric(c);
}

Node *ex_matrix_qr_q(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_QR, &x) ? matrix_of(c, x.m, x.k, x.out) : not_numeric(c);
}

Node *ex_matrix_qr_r(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_QR, &x) ? matrix_of(c, x.k, x.n, x.out + x.m * x.k)
                                        : not_numeric(c);
}

Node *ex_matrix_nucnorm(Ctx *c, Node *a)
{
    Numeric x;
    long double sum = 0;
    if (!numeric(c, a, LINEAR_SVD, &x))
        return not_numeric(c);
    for (size_t i = 0; i < x.k; i++)
        sum += x.out[x.m * x.k + i];
    return decimal_of(c, (double)sum);
}

Node *ex_matrix_opnorm(Ctx *c, Node *a)
{
    Numeric x;
    return numeric(c, a, LINEAR_SVD, &x) ? decimal_of(c, x.out[x.m * x.k])
                                         : not_numeric(c);
}

/* ---- exponentials ------------------------------------------------------------------------ */
/* exp(x_i) on the diagonal */
static Node *diagonal_expm(Ctx *c, const Node *a)
{
    Node *e[MATRIX_MOST];
    uint32_t n = a->n;
    for (uint32_t i = 0; i < n * n; i++)
        e[i] = i % (n + 1) ? c->zero : ex_plain_exp(c, matrix_at(a, i / n, i / n));
    return ctx_failed(c) ? c->poison : ex_matrix(c, n, n, e);
}

/* 1 + a + a^2/2 ... of a strict triangle */
static Node *ending_expm(Ctx *c, Node *a)
{
    Node *e[MATRIX_MOST], *term = a;
    uint32_t n = a->n;
    for (uint32_t i = 0; i < n * n; i++)
        e[i] = i % (n + 1) ? c->zero : c->one;
    Node *sum = ex_add2(c, ex_matrix(c, n, n, e), a);
    for (uint32_t k = 2; k < n && !ctx_failed(c); k++) {
        term = ex_scale(c, num_rat(&c->tmp, 1, k), ex_product(c, term, a));
        sum = ex_add2(c, sum, term);
    }
    return sum;
}

/* The elements of certified balls, rounded; false: they are not certain enough. */
static bool round_balls(const arb_mat_t x, size_t n, double *out)
{
    enum { ENOUGH = 55, SURELY_ZERO = -300 };
    for (size_t i = 0; i < n * n; i++) {
        arb_srcptr e = arb_mat_entry(x, i / n, i % n);
        bool zero =
            arb_contains_zero(e) && mag_cmp_2exp_si(arb_radref(e), SURELY_ZERO) < 0;
        if (!zero && arb_rel_accuracy_bits(e) < ENOUGH)
            return false;
        out[i] = zero ? 0 : arf_get_d(arb_midref(e), ARF_RND_NEAR);
    }
    return true;
}

/* exp of the exact matrix a, n*n numbers by rows */
static bool certified_expm(Ctx *c, size_t n, const Node *a, double *out)
{
    bool ok = false;
    arb_mat_t x, y;
    fmpq_t q;
    mpq_t p;
    arb_mat_init(x, (slong)n, (slong)n);
    arb_mat_init(y, (slong)n, (slong)n);
    fmpq_init(q);
    mpq_init(p);
    for (slong bits = 128; bits <= 2048 && !ok && !ctx_poll(c); bits *= 2) {
        for (size_t i = 0; i < n * n; i++) {
            num_get_mpq(p, matrix_at(a, i / n, i % n)->num);
            fmpq_set_mpq(q, p);
            arb_set_fmpq(arb_mat_entry(x, i / n, i % n), q, bits);
        }
        arb_mat_exp(y, x, bits);
        ok = round_balls(y, n, out);
    }
    arb_mat_clear(x);
    arb_mat_clear(y);
    fmpq_clear(q);
    mpq_clear(p);
    return ok;
}

static bool all_numbers(const Node *a)
{
    enum { LARGE = 1000000 };
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < a->n; k++) {
            const Node *x = matrix_at(a, i, k);
            if (!ex_is_num(x) || fabs(num_to_double(x->num)) > LARGE)
                return false;
        }
    return true;
}

Node *ex_matrix_expm(Ctx *c, Node *a)
{
    Numeric x;
    if (is_diagonal(c, a))
        return diagonal_expm(c, a);
    if (is_triangle(c, a, true))
        return ending_expm(c, a);
    if (all_numbers(a) && certified_expm(c, a->n, a, x.out))
        return matrix_of(c, a->n, a->n, x.out);
    return !ctx_failed(c) && numeric(c, a, LINEAR_EXPM, &x)
               ? matrix_of(c, x.n, x.n, x.out)
               : not_numeric(c);
}

Node *ex_matrix_dexpm(Ctx *c, size_t n, Node *const *a)
{
    double v[3][MATRIX_MOST], out[MATRIX_MOST];
    size_t rows = a[0]->n;
    for (size_t i = 0; i < n; i++)
        if (!floats(c, a[i], v[i]))
            return not_numeric(c);
    LinearJob job = {.op = LINEAR_DEXPM,
                     .m = rows,
                     .n = rows,
                     .a = v[0],
                     .b = v[1],
                     .c = n > 2 ? v[2] : NULL,
                     .out = out};
    return linear_run(&c->env, &job) ? matrix_of(c, rows, rows, out) : c->poison;
}
