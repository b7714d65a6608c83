/* expr/byshape.c - products, powers, quotients and transposes as they are written: the shapes of the
 * operands say which operation is meant. Errors name what else could be. */
#include "expr/contract.h"
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"

typedef enum { NUMBER, VECTOR, ROW, MATRIX, MORE, OTHER } Kind;

static Kind kind_of(const Ctx *c, const Node *a)
{
    if (a->shape == SHAPE_SCALAR)
        return NUMBER;
    if (!shape_is_tensor(a->shape))
        return OTHER;
    const Shape *s = shape_at(c, a->shape);
    return s->rank == 1 ? (s->row ? ROW : VECTOR) : s->rank == 2 ? MATRIX : MORE;
}

/* ---- products ------------------------------------------------------------------------- */
static Node *no_product(Ctx *c, const Node *a, const Node *b, const char *hint)
{
    Str s = {0};
    shape_print(c, &s, a->shape);
    str_puts(&s, " and ");
    shape_print(c, &s, b->shape);
    ctx_error(c, LBZ_SHAPE, hint, "the shapes %s have no product", str_cstr(&s));
    str_free(&s);
    return c->poison;
}

static const struct {
    const char *text;
    bool row;
    const char *hint;
} forms[3][3] = {
    /* vector */
    {{NULL, false,
      "write x'*y for the number, x.*y element by element, x*y' for the matrix"},
     {"a,b->ab", false, NULL},
     {NULL, false, "write x'*A for the row, A*x for the vector"}},
    /* row */
    {{"a,a->", false, NULL},
     {NULL, false, "write x'*y for the number, x'.*y' element by element"},
     {"a,ab->b", true, NULL}},
    /* matrix */
    {{"ab,b->a", false, NULL},
     {NULL, false, "a matrix times a row: write A*x, or x'*A"},
     {"ab,bc->ac", false, NULL}},
};

static ProductForm form_of(Kind left, Kind right)
{
    static const char einsum[] = "write einsum(\"abc,cd->abd\", A, B)";
    if (left == OTHER || right == OTHER)
        return (ProductForm){NULL, false, "the elements of a list have different shapes"};
    if (left == MORE || right == MORE)
        return (ProductForm){NULL, false, einsum};
    return (ProductForm){forms[left - VECTOR][right - VECTOR].text,
                         forms[left - VECTOR][right - VECTOR].row,
                         forms[left - VECTOR][right - VECTOR].hint};
}

ProductForm ex_product_form(unsigned left, bool left_row, unsigned right, bool right_row)
{
    static const char *const times[] = {",->", ",a->a", ",ab->ab", ",abc->abc",
                                        ",abcd->abcd"};
    static const char *const by[] = {",->", "a,->a", "ab,->ab", "abc,->abc",
                                     "abcd,->abcd"};
    static const Kind kinds[] = {NUMBER, VECTOR, MATRIX, MORE, MORE};
    if (!left || !right)
        return (ProductForm){left ? by[left] : times[right], left_row || right_row, NULL};
    return form_of(left_row ? ROW : kinds[left], right_row ? ROW : kinds[right]);
}

/* The vector that a row is the transpose of, as the operand of a contraction. */
static Node *column_of(Ctx *c, Node *a)
{
    return shape_is_row(c, a->shape) ? ex_transpose(c, a) : a;
}

Node *ex_product(Ctx *c, Node *a, Node *b)
{
    if (!a->shape || !b->shape || ex_is_poison(a) || ex_is_poison(b))
        return ex_mul2(c, a, b);
    if (a->shape == SHAPE_ANY || b->shape == SHAPE_ANY)
        return ex_intern(c, OP_MATMUL, 2, (Node *[]){a, b});
    ProductForm f = form_of(kind_of(c, a), kind_of(c, b));
    if (!f.text)
        return no_product(c, a, b, f.hint);
    Node *v[] = {column_of(c, a), column_of(c, b)};
    Node *r = ex_contract(c, f.text, 2, v, "a product");
    return f.row ? ex_row(c, r) : r;
}

/* ---- quotients ------------------------------------------------------------------------ */
Node *ex_quotient(Ctx *c, Node *a, Node *b)
{
    Kind left = kind_of(c, a), right = kind_of(c, b);
    bool same = left == right && (left == VECTOR || left == ROW);
    if (left != NUMBER && right != NUMBER && !same && left != OTHER && right != OTHER)
        return ctx_error(c, LBZ_SHAPE,
                         "write A./B element by element, A*inv(B) for the matrix",
                         "tensors are not divided by /");
    if (same)
        ctx_note(c, "x/y is read element by element, as x./y");
    return ex_div(c, a, b);
}

/* ---- transposes ----------------------------------------------------------------------- */
Node *ex_transpose(Ctx *c, Node *a)
{
    if (a->shape == SHAPE_ANY)
        return ex_intern(c, OP_TRANSPOSE, 1, &a);
    switch (kind_of(c, a)) {
    case NUMBER: return a;
    case VECTOR: return ex_row(c, a);
    case ROW: return ex_is(a, OP_ROW) ? a->a[0] : ex_intern(c, OP_TRANSPOSE, 1, &a);
    case MATRIX: return ex_contract(c, "ab->ba", 1, &a, "a transpose");
    default:
        return ctx_error(c, LBZ_SHAPE, "write transpose(T, [3, 1, 2])",
                         "' transposes vectors and matrices");
    }
}

/* ---- powers --------------------------------------------------------------------------- */
/* A^n by squaring. */
static Node *matrix_power(Ctx *c, Node *a, int64_t n)
{
    Node *r = NULL;
    for (; n > 0 && !ctx_failed(c); n /= 2) {
        if (n % 2)
            r = r ? ex_product(c, r, a) : a;
        if (n > 1)
            a = ex_product(c, a, a);
    }
    return r ? r : c->poison;
}

/* The identity of as many rows. */
static Node *identity_like(Ctx *c, const Node *a)
{
    enum { SMALL = 10 };
    ShapeSize s = shape_at(c, a->shape)->size[0];
    Node *e[SMALL * SMALL], *rows[SMALL];
    if (s.e || s.n > SMALL)
        return ctx_error(c, LBZ_UNABLE, "write eye(n)",
                         "the power 0 of a matrix of this size is not available");
    for (int64_t i = 0; i < s.n * s.n; i++)
        e[i] = i % (s.n + 1) ? c->zero : c->one;
    for (int64_t i = 0; i < s.n; i++)
        rows[i] = ex_list(c, (size_t)s.n, e + i * s.n);
    return ex_list(c, (size_t)s.n, rows);
}

Node *ex_inverse(Ctx *c, Node *a) { return ex_tensor(c, OP_INVERSE, NULL, 1, &a); }

Node *ex_raise(Ctx *c, Node *a, Node *x)
{
    enum { MOST = 1000000 };
    int64_t n;
    Kind kind = kind_of(c, a);
    if (kind == NUMBER || ex_is_poison(a) || ex_is_poison(x))
        return ex_pow(c, a, x);
    if (x->shape == SHAPE_ANY || a->shape == SHAPE_ANY)
        return ex_intern(c, OP_MATPOW, 2, (Node *[]){a, x});
    if (kind != MATRIX || x->shape || !shape_is_square(c, a->shape))
        return ctx_error(c, LBZ_SHAPE, "write x.^2 element by element",
                         "^ is for numbers and square matrices");
    if (!ex_is_num(x))
        return ex_intern(c, OP_MATPOW, 2, (Node *[]){a, x});
    if (!ex_get_int(x, &n) || n > MOST || n < -MOST)
        return ctx_error(c, LBZ_UNABLE, "write A.^x element by element",
                         "a matrix to such a power is not available");
    if (n == 0)
        return identity_like(c, a);
    Node *b = n < 0 ? ex_inverse(c, a) : a;
    return ctx_failed(c) ? c->poison : matrix_power(c, b, n < 0 ? -n : n);
}
