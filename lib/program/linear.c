/* program/linear.c - the makers of linear algebra, and what its rows are as values: see linear.h. */
#include "program/linear.h"
#include "program/rows.h"

static size_t least(size_t m, size_t n) { return m < n ? m : n; }

void pg_linear_place(LinearOp op, unsigned part, size_t m, size_t n, size_t *at,
                     Dims *dims)
{
    size_t k = least(m, n);
    *at = 0;
    *dims = (Dims){.rank = 2, .dim = {n, n}};
    switch (op) {
    case LINEAR_DET:
    case LINEAR_LOGDET:
    case LINEAR_RANK: *dims = (Dims){0}; break;
    case LINEAR_PINV: dims->dim[1] = m; break;
    case LINEAR_EIG:
    case LINEAR_EIGH:
        *at = part ? n : 0;
        dims->rank = part ? 2 : 1;
        break;
    case LINEAR_SVD:
        *at = part == 0 ? 0 : part == 1 ? m * k : m * k + k;
        *dims = part == 1 ? (Dims){.rank = 1, .dim = {k}}
                          : (Dims){.rank = 2, .dim = {part ? n : m, k}};
        break;
    case LINEAR_QR:
        *at = part ? m * k : 0;
        *dims = (Dims){.rank = 2, .dim = {part ? k : m, part ? n : k}};
        break;
    default: break;
    }
}

/* The axes of the further operands before their last two; false: they do not fit. */
static bool leading_axes(const Program *p, size_t n, const uint32_t *args, Dims *lead)
{
    *lead = (Dims){0};
    for (size_t i = 1; i < n; i++) {
        Dims d = *pg_dims(p, args[i]);
        d.rank = d.rank > 2 ? d.rank - 2 : 0;
        if (!dims_broadcast(lead, &d, lead))
            return false;
    }
    return true;
}

uint32_t pg_linear(Program *p, LinearOp op, unsigned part, size_t n, const uint32_t *args)
{
    Dims d, lead;
    size_t at;
    if (env_failed(p->env))
        return 0;
    const Dims a = *pg_dims(p, args[0]);
    pg_linear_place(op, part, a.dim[0], a.dim[1], &at, &d);
    if (op == LINEAR_SOLVE)
        d.dim[1] = pg_dims(p, args[1])->dim[pg_dims(p, args[1])->rank - 1];
    if (!leading_axes(p, n, args, &lead) || lead.rank + d.rank > TENSOR_RANK) {
        env_error(p->env, LBZ_LIMIT, NULL, "derivatives of an array have too many axes");
        return 0;
    }
    memcpy(lead.dim + lead.rank, d.dim, d.rank * sizeof *d.dim);
    lead.rank += d.rank;
    ProgramValue x = {.op = P_LINEAR,
                      .fn = (uint16_t)((unsigned)op | part << 5 | (unsigned)n << 8),
                      .shape = pg_shape(p, &lead),
                      .a = args[0],
                      .b = n > 1 ? args[1] : 0,
                      .c = n > 2 ? args[2] : 0};
    return program_number(p, x);
}

uint32_t pg_transposed(Program *p, uint32_t v)
{
    unsigned axis[TENSOR_RANK], n = pg_dims(p, v)->rank;
    for (unsigned i = 0; i < n; i++)
        axis[i] = i + 2 < n ? i : 2 * n - 3 - i;
    return pg_permute(p, v, axis);
}

/* ---- the rows ------------------------------------------------------------------------------ */
static uint32_t wrong_shape(Program *p, const Node *n, uint32_t a, const char *what)
{
    Str s = {0};
    dims_print(&s, pg_dims(p, a));
    env_error(p->env, LBZ_SHAPE, NULL, "%s needs %s: the shape of this one is %s",
              op_info((Op)n->op)->name, what, str_cstr(&s));
    str_free(&s);
    return 0;
}

/* 1 where k - i <= diagonal, of an upper triangle where k - i >= diagonal; for the last two axes. */
static uint32_t triangle(Program *p, const Node *n, const uint32_t *a)
{
    const Dims *d = pg_dims(p, a[0]);
    bool upper = n->op == OP_TRIU;
    double diagonal = n->n > 1 ? p->val[a[1]].k : 0;
    Dims of = {.rank = 2, .dim = {d->dim[d->rank - 2], d->dim[d->rank - 1]}};
    Tensor t;
    if (!tensor_new(p->env, DT_FLOAT64, &of, "a triangle", &t))
        return 0;
    for (size_t i = 0; i < of.dim[0] * of.dim[1]; i++) {
        double off = (double)(i % of.dim[1]) - (double)(i / of.dim[1]);
        tensor_doubles(&t)[i] = upper ? off >= diagonal : off <= diagonal;
    }
    uint32_t mask = pg_data(p, &t);
    tensor_release(&t);
    return pg_times(p, mask, a[0]); /* 0 where the mask is */
}

static uint32_t solution(Program *p, const Node *n, const uint32_t *a)
{
    Dims d = *pg_dims(p, a[1]), column = {.rank = 2, .dim = {d.dim[0], 1}};
    if (d.rank < 1 || d.rank > 2 || d.dim[0] != pg_dims(p, a[0])->dim[0])
        return wrong_shape(p, n, a[1], "as many rows in b as in A");
    if (d.rank == 2)
        return pg_linear(p, LINEAR_SOLVE, 0, 2, a);
    uint32_t b = pg_reshape(p, a[1], &column);
    return pg_reshape(p, pg_linear(p, LINEAR_SOLVE, 0, 2, (uint32_t[]){a[0], b}), &d);
}

static const struct {
    Op op;
    LinearOp linear;
    unsigned part;
    bool any; /* also of matrices that are not square */
} rows[] = {
    {OP_DET, LINEAR_DET, 0, false},         {OP_LOGDET, LINEAR_LOGDET, 0, false},
    {OP_INVERSE, LINEAR_INVERSE, 0, false}, {OP_ADJ, LINEAR_ADJ, 0, false},
    {OP_PINV, LINEAR_PINV, 0, true},        {OP_CHOLESKY, LINEAR_CHOLESKY, 0, false},
    {OP_EXPM, LINEAR_EXPM, 0, false},       {OP_EIGVALS, LINEAR_EIG, 0, false},
    {OP_EIG_V, LINEAR_EIG, 1, false},       {OP_EIGH_W, LINEAR_EIGH, 0, false},
    {OP_EIGH_V, LINEAR_EIGH, 1, false},     {OP_SVD_U, LINEAR_SVD, 0, true},
    {OP_SVDVALS, LINEAR_SVD, 1, true},      {OP_SVD_V, LINEAR_SVD, 2, true},
    {OP_QR_Q, LINEAR_QR, 0, true},          {OP_QR_R, LINEAR_QR, 1, true},
    {OP_RANK, LINEAR_RANK, 0, true},
};

/* The sum, or the largest one, of the singular values: 0 has slope 0, equal largest ones share it. */
static uint32_t norm_of_values(Program *p, Op op, uint32_t a)
{
    uint32_t s = pg_linear1(p, LINEAR_SVD, 1, a);
    return op == OP_NUCNORM ? pg_reduce(p, REDUCE_SUM, pg_fn1(p, OP_abs, s), 1)
                            : pg_reduce(p, REDUCE_MAX, s, 1);
}

uint32_t lower_linear(Program *p, const Node *n, const uint32_t *a)
{
    Op op = (Op)n->op;
    const Dims d = *pg_dims(p, a[0]);
    bool square = d.rank == 2 && d.dim[0] == d.dim[1];
    if (op == OP_TRIL || op == OP_TRIU)
        return d.rank >= 2 ? triangle(p, n, a) : wrong_shape(p, n, a[0], "a matrix");
    if (d.rank != 2 || !d.dim[0] || !d.dim[1])
        return wrong_shape(p, n, a[0], "a matrix");
    if (op == OP_NUCNORM || op == OP_OPNORM)
        return norm_of_values(p, op, a[0]);
    if ((op == OP_SOLVE || op == OP_DEXPM) && !square)
        return wrong_shape(p, n, a[0], "a square matrix");
    if (op == OP_SOLVE)
        return solution(p, n, a);
    if (op == OP_DEXPM)
        return pg_linear(p, LINEAR_DEXPM, 0, n->n, a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].op != op)
            continue;
        return square || rows[i].any ? pg_linear1(p, rows[i].linear, rows[i].part, a[0])
                                     : wrong_shape(p, n, a[0], "a square matrix");
    }
    env_error(p->env, LBZ_UNABLE, "[U, s, V] = svd(A) names its parts",
              "%s is several arrays: ask for one of them", op_info(op)->name);
    return 0;
}
