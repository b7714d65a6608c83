/* expr/tensors.c - the T rows of ops.def on nodes: their shapes, and what is carried out where
 * elements are written out. Columns of the table name the functions shape_of_... and exact_... here. */
#include "expr/tensors.h"
#include "expr/attributes.h"
#include "expr/contract.h"
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include <stdio.h>

static bool is_ragged(const Node *a) { return a->shape == SHAPE_RAGGED; }

Node *row_wrong(Ctx *c, const char *hint, const char *what)
{
    return ctx_error(c, LBZ_SHAPE, hint, "%s", what);
}

bool row_is_written(const Node *a)
{
    return ex_is_num(a) || (row_is_list(a) && shape_is_tensor(a->shape));
}

bool row_has_shape(Ctx *c, const Node *a, const char *what)
{
    if (is_ragged(a))
        ctx_error(c, LBZ_SHAPE, "make all rows equally long",
                  "%s of a list whose elements have different shapes", what);
    return shape_is_tensor(a->shape);
}

/* ---- shapes --------------------------------------------------------------------------- */
uint32_t shape_of_number(Ctx *c, const Node *n)
{
    (void)c, (void)n;
    return SHAPE_SCALAR;
}

uint32_t shape_of_first(Ctx *c, const Node *n)
{
    (void)c;
    return n->a[0]->shape;
}

uint32_t shape_of_zeros(Ctx *c, const Node *n)
{
    return n->n > SHAPE_RANK ? SHAPE_ANY : shape_of_sizes(c, n->n, n->a);
}

uint32_t shape_of_linspace(Ctx *c, const Node *n)
{
    return shape_of_sizes(c, 1, n->a + 2);
}

uint32_t shape_of_outer(Ctx *c, const Node *n)
{
    if (!shape_is_tensor(n->a[0]->shape) || !shape_is_tensor(n->a[1]->shape))
        return SHAPE_ANY;
    Shape s = *shape_at(c, n->a[0]->shape);
    s.size[1] = shape_at(c, n->a[1]->shape)->size[0];
    s.rank = 2;
    s.row = false;
    return shape_make(c, &s);
}

uint32_t shape_of_transpose(Ctx *c, const Node *n)
{
    uint32_t id = n->a[0]->shape;
    if (shape_has_rank(c, id, 1))
        return shape_is_row(c, id) ? shape_column(c, id) : shape_row(c, id);
    if (!shape_has_rank(c, id, 2))
        return id;
    Shape s = *shape_at(c, id);
    ShapeSize t = s.size[0];
    s.size[0] = s.size[1];
    s.size[1] = t;
    return shape_make(c, &s);
}

uint32_t shape_of_product(Ctx *c, const Node *n)
{
    (void)c, (void)n; /* else it is carried out */
    return SHAPE_ANY;
}

uint32_t shape_of_row(Ctx *c, const Node *n)
{
    return shape_has_rank(c, n->a[0]->shape, 1) ? shape_row(c, n->a[0]->shape)
                                                : SHAPE_ANY;
}

uint32_t shape_of_broadcast(Ctx *c, const Node *n)
{
    return shape_of_sizes(c, n->n - 1, n->a + 1);
}

uint32_t shape_of_like(Ctx *c, const Node *n)
{
    uint32_t s = shape_broadcast(c, n->a[0]->shape, n->a[1]->shape);
    return s == SHAPE_NONE ? SHAPE_ANY : s;
}

uint32_t shape_of_stack(Ctx *c, const Node *n)
{
    uint32_t s = n->a[0]->shape;
    return shape_is_tensor(s) ? shape_stack(c, n->n, s) : SHAPE_ANY;
}

uint32_t shape_of_eye(Ctx *c, const Node *n)
{
    return shape_of_sizes(c, 2, (Node *[]){n->a[0], n->a[n->n - 1]});
}

uint32_t shape_of_contract(Ctx *c, const Node *n) { return contract_shape(c, n); }

/* ---- elements ------------------------------------------------------------------------- */
/* The sum of the products of all elements; NULL where elements are not all written out. */
static Node *dot_elements(Ctx *c, Node *u, Node *v)
{
    size_t n, m;
    Node **x = elements_all(c, u, &n), **y = elements_all(c, v, &m);
    if (n != m || (u->shape != v->shape && !is_ragged(u) && !is_ragged(v)))
        return shape_error(c, u->shape, v->shape, "dot");
    for (size_t i = 0; i < n && !ctx_poll(c); i++)
        x[i] = ex_mul2(c, x[i], y[i]);
    return ctx_failed(c) ? c->poison : n ? ex_add(c, n, x) : c->zero;
}

Node *exact_dot(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    char text[3 * SHAPE_RANK + 4];
    Node *u = ex_is(a[0], OP_ROW) ? a[0]->a[0] : a[0],
         *v = ex_is(a[1], OP_ROW) ? a[1]->a[0] : a[1];
    (void)attributes, (void)n;
    if (row_is_list(u) && row_is_list(v))
        return dot_elements(c, u, v);
    if (!shape_is_tensor(u->shape) || !shape_is_tensor(v->shape))
        return NULL;
    int rank = shape_at(c, u->shape)->rank;
    if (u->shape != v->shape)
        return shape_error(c, u->shape, v->shape, "dot");
    snprintf(text, sizeof text, "%.*s,%.*s->", rank, "abcdefgh", rank, "abcdefgh");
    return ex_contract(c, text, 2, (Node *[]){u, v}, "dot");
}

Node *exact_length(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (row_is_list(a[0]))
        return ex_int(c, a[0]->n);
    return shape_is_tensor(a[0]->shape)
               ? shape_size_node(c, shape_at(c, a[0]->shape)->size[0])
               : NULL;
}

Node *exact_zeros(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *r = c->zero;
    Dims d = {.rank = (unsigned)n};
    (void)attributes;
    for (size_t k = 0; k < n; k++) {
        int64_t m;
        if (!ex_is_num(a[k]))
            return NULL;
        if (!ex_get_int(a[k], &m) || m < 0)
            return row_wrong(c, "write zeros(3)",
                             "zeros() needs whole numbers from 0 on");
        d.dim[k] = (size_t)m;
    }
    if (dims_count(&d) > EXACT_MOST)
        return ex_data_filled(c, &d, 0, "zeros");
    for (size_t k = n; k-- > 0;) {
        size_t m = d.dim[k];
        Node **t = ARENA_NEW(ctx_arena(c), Node *, m + 1);
        for (size_t i = 0; t && i < m; i++)
            t[i] = r;
        r = t ? ex_list(c, m, t) : c->poison;
    }
    return r;
}

/* Written out where it is short. */
Node *exact_linspace(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    int64_t m;
    (void)attributes, (void)n;
    if (!ex_is_num(a[0]) || !ex_is_num(a[1]) || !ex_is_num(a[2]))
        return NULL;
    if (!ex_get_int(a[2], &m) || m < 1)
        return row_wrong(c, "write linspace(0, 1, 11)",
                         "linspace() needs a whole number of elements from 1 on");
    if (m > EXACT_MOST)
        return ex_data_steps(c, num_to_double(a[0]->num), num_to_double(a[1]->num), m);
    Node **t = ARENA_NEW(ctx_arena(c), Node *, (size_t)m), *d = ex_sub(c, a[1], a[0]);
    for (int64_t i = 0; t && i < m; i++)
        t[i] = ex_add2(c, a[0], i ? ex_mul2(c, ex_rat(c, i, m - 1), d) : c->zero);
    return t ? ex_list(c, (size_t)m, t) : c->poison;
}

Node *exact_outer(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (!shape_is_tensor(a[0]->shape) || !shape_is_tensor(a[1]->shape))
        return NULL;
    if (!shape_has_rank(c, a[0]->shape, 1) || !shape_has_rank(c, a[1]->shape, 1))
        return shape_error(c, a[0]->shape, a[1]->shape, "outer, which takes two vectors");
    return ex_contract(c, "a,b->ab", 2, a, "outer");
}

Node *exact_trace(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (ex_is_num(a[0]))
        return a[0];
    if (!shape_is_tensor(a[0]->shape) && !is_ragged(a[0]))
        return NULL;
    return shape_is_square(c, a[0]->shape)
               ? ex_contract(c, "aa->", 1, a, "trace")
               : row_wrong(c, NULL, "trace needs a square matrix");
}

/* The axes of a in the order of the list. */
static Node *permute_axes(Ctx *c, Node *a, const Node *order)
{
    char text[2 * SHAPE_RANK + 3] = "";
    unsigned rank = shape_is_tensor(a->shape) ? shape_at(c, a->shape)->rank : 0, seen = 0;
    for (unsigned i = 0; i < rank && row_is_list(order) && order->n == rank; i++) {
        int64_t k;
        if (!ex_get_int(order->a[i], &k) || k < 1 || k > (int64_t)rank)
            break;
        seen |= 1u << (k - 1);
        text[i] = (char)('a' + i);
        text[rank + 2 + i] = (char)('a' + k - 1);
    }
    if (!rank)
        return a->shape ? NULL : row_wrong(c, NULL, "a number has no axes");
    if (seen + 1 != 1u << rank)
        return row_wrong(c, "write transpose(T, [3, 1, 2])",
                         "the order names every axis once");
    memcpy(text + rank, "->", 2);
    return ex_contract(c, text, 1, &a, "transpose");
}

Node *exact_transpose(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    if (n == 2)
        return permute_axes(c, a[0], a[1]);
    return a[0]->shape == SHAPE_ANY ? NULL : ex_transpose(c, a[0]);
}

static bool both_known(Node *const *a)
{
    return a[0]->shape != SHAPE_ANY && a[1]->shape != SHAPE_ANY;
}

Node *exact_product(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return both_known(a) || !a[0]->shape || !a[1]->shape ? ex_product(c, a[0], a[1])
                                                         : NULL;
}

Node *exact_matpow(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return both_known(a) ? ex_raise(c, a[0], a[1]) : NULL;
}

Node *exact_row(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return shape_is_vector(c, a[0]->shape) ? NULL : ex_transpose(c, a[0]);
}

Node *exact_broadcast(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return ex_broadcast(c, a[0], shape_of_sizes(c, (unsigned)n - 1, a + 1));
}

Node *exact_like(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (!both_known(a))
        return NULL;
    uint32_t s = shape_broadcast(c, a[0]->shape, a[1]->shape);
    if (s == SHAPE_NONE)
        return shape_error(c, a[0]->shape, a[1]->shape, "a sum");
    return s == SHAPE_RAGGED    ? ex_add2(c, a[0], ex_scale(c, NUM_ZERO, a[1]))
           : shape_is_row(c, s) ? ex_row(c, ex_broadcast(c, a[0], shape_column(c, s)))
           : row_is_list(a[1])  ? ex_fill(c, a[0], s)
                                : ex_broadcast(c, a[0], s);
}

Node *exact_stack(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return ex_list(c, n, a);
}

Node *exact_contract(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    return ex_contract(c, attributes, n, a, "a product");
}

static Node *write_identity(Ctx *c, int64_t m, int64_t n)
{
    Node **row = ARENA_NEW(&c->tmp, Node *, (size_t)n + 1),
         **r = ARENA_NEW(&c->tmp, Node *, (size_t)m + 1);
    for (int64_t i = 0; row && r && i < m; i++) {
        for (int64_t j = 0; j < n; j++)
            row[j] = i == j ? c->one : c->zero;
        r[i] = ex_list(c, (size_t)n, row);
    }
    return row && r ? ex_list(c, (size_t)m, r) : c->poison;
}

/* Written out where it is short, and where it is not square. */
Node *exact_eye(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    enum { MOST = 10, MOST_WRITTEN = 1000 };
    int64_t m, k;
    (void)attributes;
    if (n == 2 && a[0] == a[1])
        return ex_tensor(c, OP_EYE, NULL, 1, a);
    if (!ex_is_num(a[0]) || !ex_is_num(a[n - 1]))
        return NULL;
    if (!ex_get_int(a[0], &m) || m < 0 || !ex_get_int(a[n - 1], &k) || k < 0)
        return row_wrong(c, "write eye(3)", "eye() needs a whole number from 0 on");
    if (n == 2 && (m > MOST_WRITTEN || k > MOST_WRITTEN))
        return ctx_error(c, LBZ_LIMIT, NULL, "eye: too many elements to be written out");
    return n == 1 && m > MOST ? NULL : write_identity(c, m, k);
}

/* ---- the rows ------------------------------------------------------------------------- */
typedef struct {
    ShapeRule *shape;
    ExactRule *exact;
} TensorRow;

static const TensorRow rows[] = {
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define S(...)
#define C(...)
#define T(id, name, nums, least, most, shp, exct, ...) \
    [OP_##id - OP_FIRST_TENSOR] = {shape_of_##shp, exact_##exct},
#include "ops.def"
};

static const TensorRow *row_of(Op op) { return &rows[op - OP_FIRST_TENSOR]; }

Node *row_intern(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a)
{
    uint32_t sym = attributes ? sym_intern(c, attributes, strlen(attributes)) + 1 : 0;
    return ctx_intern(c, &(Shell){.op = op, .sym = sym, .n = n, .a = a});
}

static Node *make(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a)
{
    Node *r = row_of(op)->exact(c, attributes, n, a);
    return r ? r : ctx_failed(c) ? c->poison : row_intern(c, op, attributes, n, a);
}

/* The matrix of one row that a row looks like. */
static Node *row_as_matrix(Ctx *c, Node *row)
{
    Node *one = ex_list(c, 1, &c->one);
    return ex_contract(c, "a,b->ab", 2, (Node *[]){one, ex_transpose(c, row)}, "a row");
}

/* Along axes. A row is reduced as the vector it is made of, or, where axes are named, as a matrix; what
 * keeps shapes keeps it a row. */
static Node *make_along(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a)
{
    unsigned flags = op_info(op)->flags;
    uint32_t shape = a[0]->shape;
    if (shape_is_row(c, shape)) {
        size_t ignored = attributes ? strspn(attributes, "axis") : 0;
        bool named = ignored == 4;
        Node *first = named && !(flags & AXIS_LAST) ? row_as_matrix(c, a[0])
                                                    : ex_transpose(c, a[0]);
        Node *b[2] = {first, n > 1 ? a[1] : NULL};
        Node *r = n <= 2 ? ex_tensor(c, op, attributes, n, b) : c->poison;
        return flags & AXIS_LAST ? ex_row(c, r) : r;
    }
    if (!shape_is_tensor(shape) && !ex_is_num(a[0]))
        return make(c, op, attributes, n, a);
    unsigned rank = shape_at(c, shape)->rank;
    const char *text = attr_normal(c, op, attributes, rank);
    return ctx_failed(c) ? c->poison : make(c, op, text, n, a);
}

Node *ex_tensor(Ctx *c, Op op, const char *attributes, size_t n, Node *const *a)
{
    for (size_t i = 0; i < n; i++)
        if (ex_is_poison(a[i]))
            return c->poison;
    return n && op_info(op)->flags & (AXES | AXIS_LAST | AXIS_FIRST)
               ? make_along(c, op, attributes, n, a)
               : make(c, op, attributes, n, a);
}

/* Some of the operands that are tensors have no shape yet. */
static bool lacks_shape(const Node *n)
{
    unsigned flags = op_info((Op)n->op)->flags;
    uint32_t tensors = flags & TENSORS ? n->n : flags & TENSOR ? 1 : 0;
    for (uint32_t i = 0; i < tensors; i++)
        if (n->a[i]->shape == SHAPE_SCALAR)
            return true;
    return false;
}

bool ex_is_open(const Node *n)
{
    switch ((int)n->op) {
    case OP_ZEROS:
    case OP_ONES:
    case OP_RAND:
    case OP_RANDN:
    case OP_LOAD: return true;
    case OP_FLOAT64:
    case OP_FLOAT32: return false;
    case OP_LINSPACE:
        return !ex_is_num(n->a[0]) || !ex_is_num(n->a[1]) || !ex_is_num(n->a[2]);
    case OP_INDEX: return n->a[0]->shape == SHAPE_SCALAR || row_is_list(n->a[0]);
    case OP_EYE: return !ex_is_num(n->a[0]) || !ex_is_num(n->a[n->n - 1]);
    case OP_ONEHOT: return !ex_is_num(n->a[1]) || !n->a[0]->shape;
    case OP_EINSUM: return true;
    default: return op_is_tensor((Op)n->op) && lacks_shape(n);
    }
}

/* ---- structural operators ------------------------------------------------------------- */
/* By these names: a list of as many numbers, or as one. */
static uint32_t shape_of_names(const Node *n)
{
    if (n->n < 2)
        return SHAPE_ANY;
    const Node *x = n->a[1];
    if (!row_is_list(x))
        return x->shape;
    for (uint32_t i = 0; i < x->n; i++)
        if (x->a[i]->shape)
            return SHAPE_RAGGED;
    return x->shape;
}

/* shape(f) + shape(x), in numerator layout. */
static uint32_t shape_of_jacobian(Ctx *c, uint32_t f, uint32_t x)
{
    if (f == SHAPE_SCALAR || x == SHAPE_SCALAR)
        return f == SHAPE_SCALAR ? x : f;
    if (!shape_is_tensor(f) || !shape_is_tensor(x))
        return SHAPE_ANY;
    Shape s = *shape_at(c, f), t = *shape_at(c, x);
    if (s.rank + t.rank > SHAPE_RANK)
        return SHAPE_ANY;
    memcpy(s.size + s.rank, t.size, t.rank * sizeof *t.size);
    s.rank = (uint8_t)(s.rank + t.rank);
    s.row = false;
    return shape_make(c, &s);
}

static uint32_t shape_of_structural(Ctx *c, const Node *n)
{
    unsigned flags = op_info((Op)n->op)->flags;
    uint32_t f = n->a[0]->shape, x = flags & BINDS_LIST ? shape_of_names(n) : 0;
    switch ((int)n->op) {
    case OP_DIFF:
        for (uint32_t i = 1; i < n->n; i += 2)
            if (n->a[i]->shape)
                return SHAPE_ANY;
        return f;
    case OP_GRAD:
    case OP_HVP:
    case OP_VJP: return x;
    case OP_JACOBIAN: return shape_of_jacobian(c, f, x);
    case OP_HESSIAN: return shape_of_jacobian(c, x, x);
    case OP_CURL: return SHAPE_ANY;
    case OP_DIV:
    case OP_IMPLICIT:
    case OP_DUAL: return SHAPE_SCALAR;
    default: return f;
    }
}

uint32_t ex_tensor_shape(Ctx *c, const Node *n)
{
    return op_is_tensor((Op)n->op) ? row_of((Op)n->op)->shape(c, n)
                                   : shape_of_structural(c, n);
}

/* ---- makers --------------------------------------------------------------------------- */
Node *ex_eye(Ctx *c, ShapeSize size)
{
    Node *n = shape_size_node(c, size);
    return row_intern(c, OP_EYE, NULL, 1, &n);
}

Node *ex_row(Ctx *c, Node *v)
{
    if (ex_is_poison(v) || shape_is_row(c, v->shape))
        return v;
    return row_intern(c, OP_ROW, NULL, 1, &v);
}

static Node *fill_axes(Ctx *c, Node *e, const Shape *s, unsigned left)
{
    if (!left)
        return e;
    size_t n = (size_t)s->size[s->rank - left].n;
    ArenaMark m = arena_mark(&c->tmp);
    Node **r = ARENA_NEW(&c->tmp, Node *, n + 1);
    bool own = shape_at(c, e->shape)->rank >= left;
    for (size_t i = 0; r && i < n && !ctx_poll(c); i++)
        r[i] = i && (!own || e->n == 1) ? r[0]
                                        : fill_axes(c, own ? e->a[i] : e, s, left - 1);
    Node *list = r && !ctx_failed(c) ? ex_list(c, n, r) : c->poison;
    arena_release(&c->tmp, m);
    return list;
}

Node *ex_fill(Ctx *c, Node *e, uint32_t shape)
{
    Shape s = *shape_at(c, shape);
    return ex_is_poison(e) ? e : fill_axes(c, e, &s, s.rank);
}

Node *ex_broadcast(Ctx *c, Node *e, uint32_t shape)
{
    enum { SMALL = 100 };
    Node *a[SHAPE_RANK + 1] = {ex_is(e, OP_BROADCAST) ? e->a[0] : e};
    if (ex_is_poison(e) || e->shape == shape || !shape_is_tensor(shape))
        return e;
    int64_t count = shape_count(c, shape);
    if (count >= 0 && count <= SMALL && (!a[0]->shape || row_is_list(a[0])))
        return ex_fill(c, a[0], shape);
    Shape s = *shape_at(c, shape);
    for (unsigned i = 0; i < s.rank; i++)
        a[i + 1] = shape_size_node(c, s.size[i]);
    return row_intern(c, OP_BROADCAST, NULL, s.rank + 1u, a);
}
