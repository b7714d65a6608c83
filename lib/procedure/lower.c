/* procedure/lower.c - what operations on arrays are as values of a program, by the shapes that their
 * operands have when a procedure runs. */
#include "expr/shape.h"
#include "expr/tensors.h"
#include "procedure/piece.h"
#include "program/linear.h"
#include <math.h>

static bool wrong_shape(VM *m, const char *hint, const char *what)
{
    ctx_error(m->c, LBZ_SHAPE, hint, "%s", what);
    return false;
}

bool vm_is_size(const Node *op, size_t i)
{
    unsigned flags = op ? op_info((Op)op->op)->flags : 0;
    return op &&
           (ex_is(op, OP_LINSPACE) ? i == 2
                                   : flags & SIZES || (flags & SIZES_BEHIND && i > 0));
}

/* ---- elementwise, with broadcasting */
static bool check_broadcast(VM *m, const VMValue *const *arg, size_t n, bool *row)
{
    Dims all = {0};
    bool column = false, rows = false;
    for (size_t i = 0; i < n; i++) {
        Dims d = vm_dims(arg[i]);
        if (!dims_broadcast(&all, &d, &all))
            return wrong_shape(
                m, "sizes are equal or 1, counted from the last axis",
                "the shapes of the lists do not fit in an operation on elements");
        rows = rows || (d.rank && arg[i]->a->row);
        column = column || (d.rank == 1 && !arg[i]->a->row);
    }
    if (rows && column && all.rank == 1)
        return wrong_shape(
            m, "a row and a vector: transpose one of them with '",
            "the shapes of the lists do not fit in an operation on elements");
    *row = rows && all.rank == 1;
    return true;
}

static bool whole_size(VM *m, const VMValue *v, double least, const char *hint,
                       const char *what)
{
    if (!v->a && v->v >= least && v->v < 1e9 && v->v == floor(v->v))
        return true;
    return wrong_shape(m, hint, what);
}

static bool check_power(VM *m, const VMValue *const *arg)
{
    Dims d = vm_dims(arg[0]);
    double n = arg[1]->v;
    if (d.rank != 2 || arg[1]->a || d.dim[0] != d.dim[1])
        return wrong_shape(m, "write x.^2 element by element",
                           "^ is for numbers and square matrices");
    if (n == floor(n) && n != 0 && fabs(n) <= 1000000)
        return true;
    ctx_error(m->c, LBZ_UNABLE, "write A.^x element by element",
              "a matrix to such a power is not available");
    return false;
}

static bool is_row(const VMValue *v) { return v->a && v->a->row; }

static bool check_product(VM *m, const VMValue *const *arg)
{
    Dims a = vm_dims(arg[0]), b = vm_dims(arg[1]);
    ProductForm f = ex_product_form(a.rank, is_row(arg[0]), b.rank, is_row(arg[1]));
    return f.text || wrong_shape(m, f.hint, "these lists have no product");
}

static bool check_dot(VM *m, const VMValue *const *arg)
{
    return vm_count(arg[0]) == vm_count(arg[1]) ||
           wrong_shape(m, NULL, "dot() needs two lists of one length");
}

bool vm_check_shapes(VM *m, const VMSite *s, const VMValue *const *arg, size_t n)
{
    bool row;
    switch (s->op ? (int)s->op->op : 0) {
    case 0:
    case OP_LIKE: return check_broadcast(m, arg, n, &row);
    case OP_MATMUL: return check_product(m, arg);
    case OP_MATPOW: return check_power(m, arg);
    case OP_DOT: return check_dot(m, arg);
    case OP_LENGTH: return arg[0]->a || wrong_shape(m, NULL, "a number has no length");
    case OP_ZEROS:
    case OP_ONES:
        for (size_t i = 0; i < n; i++)
            if (!whole_size(m, arg[i], 0, "write zeros(3)",
                            "zeros() needs whole numbers from 0 on"))
                return false;
        return true;
    case OP_LINSPACE:
        return whole_size(m, arg[2], 1, "write linspace(0, 1, 11)",
                          "linspace() needs two numbers and a whole number from 1 on");
    default: return true;
    }
}

/* ---- by shape */
static uint32_t no_product(VM *m, const char *hint)
{
    wrong_shape(m, hint, "these lists have no product");
    return 0;
}

static uint32_t product_of(VM *m, Program *p, const uint32_t *a, bool left_row,
                           bool right_row, bool *row)
{
    ProductForm f = ex_product_form(pg_dims(p, a[0])->rank, left_row,
                                    pg_dims(p, a[1])->rank, right_row);
    *row = f.row;
    return f.text ? pg_einsum(p, f.text, 2, a) : no_product(m, f.hint);
}

/* A^n by squaring. */
static uint32_t power_of(Program *p, uint32_t a, uint64_t n)
{
    uint32_t r = P_NONE;
    for (; n; n >>= 1) {
        if (n & 1)
            r = r == P_NONE ? a : pg_einsum(p, "ab,bc->ac", 2, (uint32_t[]){r, a});
        if (n > 1)
            a = pg_einsum(p, "ab,bc->ac", 2, (uint32_t[]){a, a});
    }
    return r;
}

static uint32_t transpose_of(VM *m, Program *p, uint32_t a, bool *row)
{
    unsigned rank = pg_dims(p, a)->rank;
    *row = rank == 1 && !*row;
    if (rank > 2)
        wrong_shape(m, "write transpose(T, [3, 1, 2])",
                    "' transposes vectors and matrices");
    return rank == 2 ? pg_permute(p, a, (unsigned[]){1, 0}) : a;
}

static uint32_t sized(const VMPiece *q, Program *p, uint32_t v, size_t from)
{
    Dims d = {.rank = (unsigned)(q->n - from)};
    for (size_t i = from; i < q->n; i++)
        d.dim[i - from] = (size_t)q->in[i].size;
    return pg_fit(p, v, pg_shape(p, &d));
}

/* a + (b - a)*t for n steps t from 0 to 1; b itself at the end. */
static uint32_t steps_of(const VMPiece *q, Program *p, const uint32_t *a)
{
    Tensor t;
    Dims d = {.rank = 1, .dim = {(size_t)q->in[2].size}};
    if (!tensor_new(p->env, DT_FLOAT64, &d, "linspace", &t))
        return 0;
    tensor_linspace(&t, 0, 1);
    uint32_t s = pg_data(p, &t), inside;
    tensor_release(&t);
    inside = pg_add(p, a[0], pg_mul(p, pg_sub(p, a[1], a[0]), s));
    return d.dim[0] == 1
               ? pg_fit(p, a[0], pg_shape(p, &d))
               : pg_select(p, pg_logic(p, P_EQ, s, pg_const(p, 1)), a[1], inside);
}

/* The operand i of q as a node: a size, a number or a name of its shape. */
static Node *operand_node(VM *m, const VMPiece *q, size_t i)
{
    Ctx *c = m->c;
    const Dims *d = &q->in[i].dims;
    double size = q->in[i].size;
    if (vm_is_size(q->op, i) && (size != floor(size) || fabs(size) > 1e15))
        return ctx_error(c, LBZ_SHAPE, NULL, "a size is a whole number");
    if (vm_is_size(q->op, i))
        return ex_int(c, (int64_t)size);
    Shape s = {.rank = (uint8_t)d->rank, .row = q->in[i].row};
    for (unsigned k = 0; k < d->rank; k++)
        s.size[k] = (ShapeSize){(int64_t)d->dim[k], NULL};
    return ex_sym_shaped(c, sym_fresh(c, "x"), shape_make(c, &s));
}

/* The node is made again now that shapes are known, and is a program of its own. */
static uint32_t lower_by_node(VM *m, VMPiece *q, Program *p, const uint32_t *a)
{
    Ctx *c = m->c;
    uint32_t nin = 0, out = 0;
    Node **x = ARENA_NEW(&c->tmp, Node *, q->n + 1),
         **leaf = ARENA_NEW(&c->tmp, Node *, q->n + 1);
    uint32_t *in = ARENA_NEW(&c->tmp, uint32_t, q->n + 1);
    Dims *d = ARENA_NEW(&c->tmp, Dims, q->n + 1);
    for (size_t i = 0; x && leaf && in && d && i < q->n; i++) {
        x[i] = operand_node(m, q, i);
        if (!ex_is(x[i], OP_SYM))
            continue;
        leaf[nin] = x[i];
        d[nin] = q->in[i].dims;
        in[nin++] = a[i];
    }
    if (!x || !leaf || !in || !d)
        return 0;
    Node *e = ex_tensor(c, (Op)q->op->op, q->op->name, q->n, x);
    Program *r = ctx_failed(c) ? NULL : program_new_shaped(&c->env, nin, d);
    if (r && program_compile_arrays_over(c, r, leaf, e, &out)) {
        q->row = shape_is_row(c, e->shape);
        out = pg_inline(p, r, out, in);
    }
    program_free(r);
    return out;
}

static uint32_t lower_row(VM *m, VMPiece *q, Program *p, const uint32_t *a)
{
    const Node *e = q->op;
    bool left_row = q->n && q->in[0].row;
    switch ((int)e->op) {
    case OP_MATMUL: return product_of(m, p, a, left_row, q->in[1].row, &q->row);
    case OP_MATPOW:
        if (q->in[1].size < 0)
            return power_of(p, pg_linear1(p, LINEAR_INVERSE, 0, a[0]),
                            (uint64_t)-q->in[1].size);
        return power_of(p, a[0], (uint64_t)q->in[1].size);
    case OP_ROW:
    case OP_TRANSPOSE: q->row = left_row; return transpose_of(m, p, a[0], &q->row);
    case OP_LIKE: {
        uint32_t s = pg_join(p, p->val[a[0]].shape, p->val[a[1]].shape);
        q->row = left_row || q->in[1].row;
        return pg_fit(p, a[0], s);
    }
    case OP_BROADCAST: q->row = left_row; return sized(q, p, a[0], 1);
    case OP_ZEROS: return sized(q, p, pg_const(p, 0), 0);
    case OP_ONES: return sized(q, p, pg_const(p, 1), 0);
    case OP_LINSPACE: return steps_of(q, p, a);
    case OP_STACK: return pg_stack(p, q->n, a);
    case OP_TRACE: return pg_einsum(p, "aa->", 1, a);
    case OP_OUTER: return pg_einsum(p, "a,b->ab", 2, a);
    case OP_DOT: { /* also of a row and a vector */
        Dims flat = {.rank = 1, .dim = {dims_count(pg_dims(p, a[0]))}};
        return pg_reduce(
            p, REDUCE_SUM,
            pg_mul(p, pg_reshape(p, a[0], &flat), pg_reshape(p, a[1], &flat)), 1);
    }
    case OP_DATA:
    case OP_INDEX:
    case OP_LIST:
    case OP_CONTRACT: return pg_row(p, e, a);
    default: return lower_by_node(m, q, p, a);
    }
}

bool vm_lower_over(VM *m, VMPiece *q, Program *p, const uint32_t *in, uint32_t *out)
{
    if (q->op) {
        *out = lower_row(m, q, p, in);
    } else {
        unsigned rank = 0;
        *out = pg_inline(p, q->p, q->pout, in);
        q->row = false;
        for (size_t i = 0; i < q->n; i++) {
            q->row = q->row || q->in[i].row;
            rank = q->in[i].dims.rank > rank ? q->in[i].dims.rank : rank;
        }
        q->row = q->row && rank == 1;
    }
    return !ctx_failed(m->c);
}

bool vm_lower(VM *m, VMPiece *q, Program *p, uint32_t *out)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    uint32_t *in = ARENA_NEW(&m->c->tmp, uint32_t, q->n + 1);
    for (size_t i = 0; in && i < q->n; i++)
        in[i] = (uint32_t)i;
    bool ok = in && vm_lower_over(m, q, p, in, out);
    arena_release(&m->c->tmp, mark);
    return ok;
}
