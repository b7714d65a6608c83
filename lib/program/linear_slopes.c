/* program/linear_slopes.c - tangents and adjoints of linear algebra, as further values of the program.
 *
 * Right at singular matrices (det, adj) and at repeated eigenvalues and singular values, as long as only
 * the values are differentiated: what vectors need is divided by differences of values, and 0 over 0 is
 * 0. Formulas: Giles, "Collected matrix derivative results" (2008); Townsend, "Differentiating the
 * singular value decomposition" (2016); Walter, Lehmann, "Algorithmic differentiation of linear algebra
 * functions" (2010); Golub, Pereyra (1973).
 */
#include "program/linear.h"

/* ---- the language of the formulas ----------------------------------------------------------- */
static uint32_t mm(Program *p, uint32_t a, uint32_t b) { return pg_matmul(p, a, b); }
static uint32_t mm3(Program *p, uint32_t a, uint32_t b, uint32_t c)
{
    return pg_matmul(p, pg_matmul(p, a, b), c);
}
static uint32_t tr(Program *p, uint32_t a) { return pg_transposed(p, a); }
static uint32_t neg(Program *p, uint32_t a) { return pg_neg(p, a); }
static uint32_t add(Program *p, uint32_t a, uint32_t b) { return pg_add(p, a, b); }
static uint32_t sub(Program *p, uint32_t a, uint32_t b) { return pg_sub(p, a, b); }
static uint32_t half(Program *p, uint32_t a) { return pg_mul(p, pg_const(p, 0.5), a); }

typedef enum { LOWER, BELOW, HALF_LOWER, UPPER, OFF, DIAGONAL } MaskKind;

static double mask_value(MaskKind kind, size_t i, size_t k)
{
    switch (kind) {
    case LOWER: return k <= i;
    case BELOW: return k < i;
    case HALF_LOWER: return k < i ? 1 : k == i ? 0.5 : 0;
    case UPPER: return k >= i;
    case DIAGONAL: return k == i;
    default: return k != i;
    }
}

static uint32_t mask(Program *p, MaskKind kind, size_t n)
{
    Tensor t;
    if (env_failed(p->env) ||
        !tensor_new(p->env, DT_FLOAT64, &(Dims){.rank = 2, .dim = {n, n}}, "a triangle",
                    &t))
        return 0;
    for (size_t i = 0; i < n * n; i++)
        tensor_doubles(&t)[i] = mask_value(kind, i / n, i % n);
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return v;
}

/* a, whose last two axes are n*n, times 0 or 1 */
static uint32_t masked(Program *p, MaskKind kind, uint32_t a)
{
    size_t n = pg_dims(p, a)->dim[pg_dims(p, a)->rank - 1];
    return pg_mul(p, mask(p, kind, n), a);
}

/* lower(m) + below(m)' */
static uint32_t copy_lower(Program *p, uint32_t m)
{
    return add(p, masked(p, LOWER, m), tr(p, masked(p, BELOW, m)));
}

static uint32_t symmetric(Program *p, uint32_t m) { return half(p, add(p, m, tr(p, m))); }

/* w of n numbers as a row or a column */
static uint32_t as_row(Program *p, uint32_t w) { return pg_axis(p, w, 0); }
static uint32_t as_column(Program *p, uint32_t w) { return pg_axis(p, w, 1); }

/* m over w_k - w_i off the diagonal, 0 where m is 0; on the diagonal 0, over 1 */
static uint32_t over_gaps(Program *p, uint32_t m, uint32_t w)
{
    uint32_t gaps = sub(p, as_row(p, w), as_column(p, w));
    gaps = add(p, gaps, mask(p, DIAGONAL, pg_dims(p, w)->dim[0]));
    return pg_over(p, masked(p, OFF, m), gaps);
}

/* the sums of the rows of a.*b */
static uint32_t row_sums(Program *p, uint32_t a, uint32_t b)
{
    uint32_t m = pg_mul(p, a, b);
    return pg_reduce(p, REDUCE_SUM, m, 1u << (pg_dims(p, m)->rank - 1));
}

/* the sum of all of a.*d for each of the leading axes of d */
static uint32_t total(Program *p, uint32_t a, uint32_t d)
{
    uint32_t m = pg_mul(p, a, d);
    return pg_reduce(p, REDUCE_SUM, m, 3u << (pg_dims(p, m)->rank - 2));
}

static uint32_t unable(Program *p, const char *what)
{
    env_error(p->env, LBZ_UNABLE, NULL, "the derivative of %s is not available", what);
    return P_NONE;
}

typedef struct {
    Program *p;
    LinearOp op;
    unsigned part;
    uint32_t a, b, c; /* operands */
    uint32_t f;       /* the value */
} Value;

static Value value_of(Program *p, uint32_t i)
{
    const ProgramValue *x = &p->val[i];
    return (Value){p, pg_linear_op(x->fn), pg_linear_part(x->fn), x->a, x->b, x->c, i};
}

static uint32_t part(const Value *v, LinearOp op, unsigned k)
{
    return pg_linear1(v->p, op, k, v->a);
}
static uint32_t inverse(Program *p, uint32_t a)
{
    return pg_linear1(p, LINEAR_INVERSE, 0, a);
}
static uint32_t linear2(Program *p, LinearOp op, uint32_t a, uint32_t b)
{
    return pg_linear(p, op, 0, 2, (uint32_t[]){a, b});
}

/* ---- tangents ------------------------------------------------------------------------------- */
static uint32_t tangent_eigenvectors(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t w = part(v, LINEAR_EIGH, 0);
    return mm(p, v->f, over_gaps(p, mm3(p, tr(p, v->f), symmetric(p, d), v->f), w));
}

/* Of u, and with everything transposed of v: u*(m over gaps) + (1 - u*u')*d*v/s */
static uint32_t tangent_left(const Value *v, uint32_t u, uint32_t w, uint32_t d)
{
    Program *p = v->p;
    uint32_t s = part(v, LINEAR_SVD, 1), row = as_row(p, s), square = pg_mul(p, s, s);
    uint32_t dp = mm3(p, tr(p, u), d, w);
    uint32_t m = add(p, pg_mul(p, dp, row), pg_mul(p, as_column(p, s), tr(p, dp)));
    uint32_t rest = pg_over(p, mm(p, d, w), row);
    return add(p, mm(p, u, over_gaps(p, m, square)),
               sub(p, rest, mm3(p, u, tr(p, u), rest)));
}

static uint32_t tangent_svd(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t u = part(v, LINEAR_SVD, 0), w = part(v, LINEAR_SVD, 2);
    return v->part == 0   ? tangent_left(v, u, w, d)
           : v->part == 2 ? tangent_left(v, w, u, tr(p, d))
                          : row_sums(p, mm(p, tr(p, u), d), tr(p, w));
}

static uint32_t tangent_qr(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t q = part(v, LINEAR_QR, 0), r = part(v, LINEAR_QR, 1);
    const Dims *s = pg_dims(p, v->a);
    if (s->dim[0] < s->dim[1])
        return unable(p, "qr of a matrix with fewer rows than columns");
    uint32_t dr = mm(p, d, inverse(p, r)), m = mm(p, tr(p, q), dr),
             upper = add(p, masked(p, UPPER, m), tr(p, masked(p, BELOW, m)));
    return v->part ? mm(p, upper, r) : sub(p, dr, mm(p, q, upper));
}

static uint32_t tangent_pinv(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t f = v->f, a = v->a, t = tr(p, d);
    uint32_t left = mm3(p, f, tr(p, f), sub(p, t, mm3(p, t, a, f))),
             right = mm3(p, sub(p, t, mm3(p, f, a, t)), tr(p, f), f);
    return sub(p, add(p, left, right), mm3(p, f, d, f));
}

static uint32_t tangent_cholesky(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t x = inverse(p, v->f), m = mm3(p, x, symmetric(p, d), tr(p, x));
    return mm(p, v->f, masked(p, HALF_LOWER, m));
}

static uint32_t tangent_eig(const Value *v, uint32_t d)
{
    Program *p = v->p;
    uint32_t x = part(v, LINEAR_EIG, 1);
    return v->part ? unable(p, "eigenvectors of a matrix that is not symmetric")
                   : row_sums(p, mm(p, inverse(p, x), d), tr(p, x));
}

/* Along d of the matrix. */
static uint32_t tangent_of_matrix(const Value *v, uint32_t d)
{
    Program *p = v->p;
    switch (v->op) {
    case LINEAR_DET: return total(p, tr(p, part(v, LINEAR_ADJ, 0)), d);
    case LINEAR_LOGDET: return total(p, tr(p, inverse(p, v->a)), d);
    case LINEAR_INVERSE: return neg(p, mm3(p, v->f, d, v->f));
    case LINEAR_SOLVE: return linear2(p, LINEAR_SOLVE, v->a, neg(p, mm(p, d, v->f)));
    case LINEAR_ADJ: return linear2(p, LINEAR_DADJ, v->a, d);
    case LINEAR_PINV: return tangent_pinv(v, d);
    case LINEAR_CHOLESKY: return tangent_cholesky(v, d);
    case LINEAR_EXPM: return linear2(p, LINEAR_DEXPM, v->a, d);
    case LINEAR_DEXPM:
        return v->c ? unable(p, "expm of third order")
                    : pg_linear(p, LINEAR_DEXPM, 0, 3, (uint32_t[]){v->a, v->b, d});
    case LINEAR_DADJ: return unable(p, "adj of second order");
    case LINEAR_EIG: return tangent_eig(v, d);
    case LINEAR_EIGH:
        return v->part ? tangent_eigenvectors(v, d)
                       : row_sums(p, mm(p, tr(p, part(v, LINEAR_EIGH, 1)), d),
                                  tr(p, part(v, LINEAR_EIGH, 1)));
    case LINEAR_SVD: return tangent_svd(v, d);
    case LINEAR_QR: return tangent_qr(v, d);
    case LINEAR_RANK: break;
    }
    return P_NONE;
}

uint32_t pg_linear_tangent(Program *p, uint32_t i, const uint32_t *tan)
{
    const ProgramValue x = p->val[i];
    Value v = value_of(p, i);
    size_t n = pg_linear_operands(x.fn);
    uint32_t t = tan[v.a] == P_NONE ? P_NONE : tangent_of_matrix(&v, tan[v.a]);
    for (size_t k = 1; k < n; k++) {
        uint32_t args[3] = {v.a, v.b, v.c}, d = tan[args[k]];
        if (d == P_NONE)
            continue;
        args[k] = d;
        d = pg_linear(p, v.op, 0, n, args);
        t = t == P_NONE ? d : add(p, t, d);
    }
    return t;
}

/* ---- adjoints ------------------------------------------------------------------------------- */
/* u*diag(g)*w' */
static uint32_t spread(Program *p, uint32_t u, uint32_t g, uint32_t w)
{
    return mm(p, pg_times(p, as_row(p, g), u), tr(p, w));
}

static uint32_t adjoint_eigh(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t x = part(v, LINEAR_EIGH, 1);
    if (!v->part)
        return spread(p, x, g, x);
    uint32_t m = over_gaps(p, mm(p, tr(p, x), g), part(v, LINEAR_EIGH, 0));
    return symmetric(p, mm3(p, x, m, tr(p, x)));
}

/* Of u, and with everything transposed of v. */
static uint32_t adjoint_left(const Value *v, uint32_t u, uint32_t w, uint32_t g)
{
    Program *p = v->p;
    uint32_t s = part(v, LINEAR_SVD, 1), row = as_row(p, s), square = pg_mul(p, s, s);
    uint32_t m = mm(p, tr(p, u), g);
    m = pg_mul(p, over_gaps(p, sub(p, m, tr(p, m)), square), row);
    uint32_t rest = pg_over(p, sub(p, g, mm3(p, u, tr(p, u), g)), row);
    return mm(p, add(p, mm(p, u, m), rest), tr(p, w));
}

static uint32_t adjoint_svd(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t u = part(v, LINEAR_SVD, 0), w = part(v, LINEAR_SVD, 2);
    return v->part == 0   ? adjoint_left(v, u, w, g)
           : v->part == 2 ? tr(p, adjoint_left(v, w, u, g))
                          : spread(p, u, g, w);
}

static uint32_t adjoint_qr(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t q = part(v, LINEAR_QR, 0), r = part(v, LINEAR_QR, 1);
    const Dims *s = pg_dims(p, v->a);
    if (s->dim[0] < s->dim[1])
        return unable(p, "qr of a matrix with fewer rows than columns");
    uint32_t m = v->part ? mm(p, q, copy_lower(p, mm(p, r, tr(p, g))))
                         : sub(p, g, mm(p, q, copy_lower(p, mm(p, tr(p, g), q))));
    return mm(p, m, tr(p, inverse(p, r)));
}

static uint32_t adjoint_pinv(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t f = v->f, a = v->a, t = tr(p, g);
    uint32_t left = mm3(p, sub(p, t, mm3(p, a, f, t)), f, tr(p, f)),
             right = mm3(p, tr(p, f), f, sub(p, t, mm3(p, t, f, a)));
    return sub(p, add(p, left, right), mm3(p, tr(p, f), g, tr(p, f)));
}

static uint32_t adjoint_cholesky(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t x = inverse(p, v->f), m = masked(p, HALF_LOWER, mm(p, tr(p, v->f), g));
    return symmetric(p, mm3(p, tr(p, x), m, x));
}

static uint32_t adjoint_eig(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t x = part(v, LINEAR_EIG, 1);
    return v->part ? unable(p, "eigenvectors of a matrix that is not symmetric")
                   : spread(p, tr(p, inverse(p, x)), g, x);
}

static uint32_t adjoint_dexpm(const Value *v, uint32_t g)
{
    Program *p = v->p;
    if (v->c)
        return unable(p, "expm of third order");
    return pg_linear(p, LINEAR_DEXPM, 0, 3, (uint32_t[]){tr(p, v->a), tr(p, v->b), g});
}

static uint32_t adjoint_of_matrix(const Value *v, uint32_t g)
{
    Program *p = v->p;
    uint32_t f = v->f;
    switch (v->op) {
    case LINEAR_DET: return pg_times(p, g, tr(p, part(v, LINEAR_ADJ, 0)));
    case LINEAR_LOGDET: return pg_times(p, g, tr(p, inverse(p, v->a)));
    case LINEAR_INVERSE: return neg(p, mm3(p, tr(p, f), g, tr(p, f)));
    case LINEAR_SOLVE:
        return neg(p, mm(p, linear2(p, LINEAR_SOLVE, tr(p, v->a), g), tr(p, f)));
    case LINEAR_ADJ: return tr(p, linear2(p, LINEAR_DADJ, v->a, tr(p, g)));
    case LINEAR_PINV: return adjoint_pinv(v, g);
    case LINEAR_CHOLESKY: return adjoint_cholesky(v, g);
    case LINEAR_EXPM: return linear2(p, LINEAR_DEXPM, tr(p, v->a), g);
    case LINEAR_DEXPM: return adjoint_dexpm(v, g);
    case LINEAR_DADJ: return unable(p, "adj of second order");
    case LINEAR_EIG: return adjoint_eig(v, g);
    case LINEAR_EIGH: return adjoint_eigh(v, g);
    case LINEAR_SVD: return adjoint_svd(v, g);
    case LINEAR_QR: return adjoint_qr(v, g);
    case LINEAR_RANK: break;
    }
    return P_NONE;
}

/* Of operand k > 0, in which the value is linear. */
static uint32_t adjoint_of_other(const Value *v, size_t n, size_t k, uint32_t g)
{
    Program *p = v->p;
    if (v->op == LINEAR_DADJ)
        return tr(p, linear2(p, LINEAR_DADJ, v->a, tr(p, g)));
    if (v->op == LINEAR_SOLVE || n == 2)
        return linear2(p, v->op, tr(p, v->a), g);
    uint32_t other = k == 1 ? v->c : v->b;
    return pg_linear(p, v->op, 0, 3, (uint32_t[]){tr(p, v->a), tr(p, other), g});
}

void pg_linear_adjoints(Program *p, uint32_t i, uint32_t g, uint32_t adj[3])
{
    Value v = value_of(p, i);
    size_t n = pg_linear_operands(p->val[i].fn);
    uint32_t args[3] = {v.a, v.b, v.c};
    for (size_t k = 0; k < 3; k++) {
        adj[k] = P_NONE;
        if (k < n && p->val[args[k]].op != P_DATA && !p->val[args[k]].known)
            adj[k] = k ? adjoint_of_other(&v, n, k, g) : adjoint_of_matrix(&v, g);
    }
}
