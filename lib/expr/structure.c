/* expr/structure.c - tensors in another arrangement: ones, eye, diag, onehot, vec, reshape, concat, stack,
 * repeat, shape, size, kron, einsum, cross. What sums products is a contraction. */
#include "expr/attributes.h"
#include "expr/contract.h"
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include <stdio.h>

enum { MOST_WRITTEN = 1000000 };

/* NULL, or poison with the error there is. */
static Node *not_yet(Ctx *c) { return ctx_failed(c) ? c->poison : NULL; }

static bool is_tensor_list(const Node *a)
{
    return row_is_list(a) && shape_is_tensor(a->shape);
}

/* ---- sizes ---------------------------------------------------------------------------- */
/* Sizes may be given one by one or as a list; their number, 0: they are no sizes (an error, or a name
 * that is not known yet). */
static unsigned sizes_of(Ctx *c, size_t n, Node *const *a, Node **size, const char *what)
{
    if (n == 1 && row_is_list(a[0])) {
        n = a[0]->n;
        a = a[0]->a;
    }
    if (!n || n > SHAPE_RANK) {
        ctx_error(c, LBZ_SHAPE, NULL, "%s: a tensor has 1 to %d axes", what, SHAPE_RANK);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        size[i] = a[i];
        if (ex_is_num(a[i]) && !ex_is_int(a[i])) {
            ctx_error(c, LBZ_SHAPE, NULL, "%s: sizes are whole numbers", what);
            return 0;
        }
    }
    return (unsigned)n;
}

/* ---- diagonals ------------------------------------------------------------------------ */
/* The matrix with v on its diagonal. */
static Node *diagonal_matrix(Ctx *c, Node *v)
{
    Node *n = shape_size_node(c, shape_at(c, v->shape)->size[0]),
         *eye = ex_tensor(c, OP_EYE, NULL, 1, &n);
    return ex_contract(c, "a,ab->ab", 2, (Node *[]){v, eye}, "diag");
}

Node *exact_diag(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (ex_is_num(a[0]) || !row_has_shape(c, a[0], "diag"))
        return ex_is_num(a[0]) ? row_wrong(c, "write diag([1, 2])", "diag of a number")
                               : not_yet(c);
    if (shape_at(c, a[0]->shape)->rank > 2)
        return row_wrong(c, "diag(v) makes a matrix, diag(A) takes its diagonal",
                         "diag is of a vector or a matrix");
    if (shape_has_rank(c, a[0]->shape, 2))
        return shape_is_square(c, a[0]->shape)
                   ? ex_contract(c, "aa->a", 1, a, "diag")
                   : row_wrong(c, NULL, "diag needs a square matrix, or a vector");
    return diagonal_matrix(c,
                           shape_is_row(c, a[0]->shape) ? ex_transpose(c, a[0]) : a[0]);
}

uint32_t shape_of_matrix(Ctx *c, const Node *n)
{
    (void)c, (void)n; /* else it is made of other nodes */
    return SHAPE_ANY;
}

/* ---- classes -------------------------------------------------------------------------- */
uint32_t shape_of_onehot(Ctx *c, const Node *n)
{
    uint32_t id = n->a[0]->shape;
    if (id != SHAPE_SCALAR && !shape_is_tensor(id))
        return SHAPE_ANY;
    Shape s = *shape_at(c, id);
    s.row = false;
    if (s.rank == SHAPE_RANK)
        return SHAPE_ANY;
    s.size[s.rank++] = (ShapeSize){0, n->a[1]};
    int64_t k;
    if (ex_get_int(n->a[1], &k))
        s.size[s.rank - 1] = (ShapeSize){k, NULL};
    return shape_make(c, &s);
}

static Node *one_hot(Ctx *c, Node *class, int64_t n)
{
    int64_t k;
    if (!ex_get_int(class, &k))
        return ex_is_num(class)
                   ? ctx_error(c, LBZ_DOMAIN, NULL, "a class is a whole number")
                   : NULL;
    if (k < 1 || k > n)
        return ctx_error(c, LBZ_DOMAIN, "classes are counted from 1",
                         "class %lld is not one of 1 ... %lld", (long long)k,
                         (long long)n);
    Node **r = ARENA_NEW(ctx_arena(c), Node *, (size_t)n + 1);
    for (int64_t i = 0; r && i < n; i++)
        r[i] = i + 1 == k ? c->one : c->zero;
    return r ? ex_list(c, (size_t)n, r) : c->poison;
}

static bool map_onehot(Ctx *c, size_t n, Node **v, const void *arg)
{
    for (size_t i = 0; i < n && !ctx_poll(c); i++) {
        v[i] = one_hot(c, v[i], *(const int64_t *)arg);
        if (!v[i])
            return false;
    }
    return true;
}

Node *exact_onehot(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    int64_t k;
    (void)attributes, (void)n;
    if (!ex_get_int(a[1], &k))
        return ex_is_num(a[1]) || a[1]->shape
                   ? row_wrong(c, "write onehot(2, 3)",
                               "the number of classes is a whole number")
                   : NULL;
    if (k < 1 || k > MOST_WRITTEN)
        return row_wrong(c, "write onehot(2, 3)", "there is no such number of classes");
    if (ex_is_num(a[0]))
        return one_hot(c, a[0], k);
    if (!is_tensor_list(a[0]))
        return NULL;
    return elements_along(c, a[0], shape_at(c, a[0]->shape)->rank - 1u, map_onehot, &k);
}

/* ---- other shapes --------------------------------------------------------------------- */
static uint32_t reshaped(Ctx *c, size_t n, Node *const *size)
{
    return shape_of_sizes(c, (unsigned)n, size);
}

uint32_t shape_of_reshape(Ctx *c, const Node *n)
{
    return n->n > SHAPE_RANK + 1 || row_is_list(n->a[1])
               ? SHAPE_ANY
               : reshaped(c, n->n - 1, n->a + 1);
}

static Node *count_of(Ctx *c, unsigned n, Node *const *size)
{
    Node *k = c->one;
    for (unsigned i = 0; i < n; i++)
        k = ex_mul2(c, k, size[i]);
    return k;
}

static Node *count_of_shape(Ctx *c, uint32_t id)
{
    Shape s = *shape_at(c, id);
    Node *k = c->one;
    for (unsigned i = 0; i < s.rank; i++)
        k = ex_mul2(c, k, shape_size_node(c, s.size[i]));
    return k;
}

static bool misfit(Ctx *c, uint32_t from, unsigned n, Node *const *size)
{
    Str s = {0};
    str_puts(&s, "the shape ");
    shape_print(c, &s, from);
    str_puts(&s, " has not the elements that (");
    for (unsigned i = 0; i < n; i++) {
        int64_t k;
        if (ex_get_int(size[i], &k))
            str_printf(&s, "%s%lld", i ? ", " : "", (long long)k);
        else
            str_printf(&s, "%s%s", i ? ", " : "",
                       ex_is(size[i], OP_SYM) ? size[i]->name : "...");
    }
    str_puts(&s, n == 1 ? ",)" : ")");
    ctx_error(c, LBZ_SHAPE, "one size may be -1: what is left", "%s asks for",
              str_cstr(&s));
    str_free(&s);
    return false;
}

/* Replaces a size -1 by what is left of the elements of `from`; false: they do not fit. */
static bool complete_sizes(Ctx *c, uint32_t from, unsigned n, Node **size)
{
    Node *all = count_of_shape(c, from);
    unsigned open = n;
    for (unsigned i = 0; i < n; i++)
        if (size[i] == c->minus_one && open == n)
            open = i;
        else if (ex_is_num(size[i]) && num_sgn(size[i]->num) < 0)
            return misfit(c, from, n, size);
    if (open < n) {
        size[open] = c->one;
        Node *rest = count_of(c, n, size);
        size[open] = rest == c->zero ? c->minus_one : ex_div(c, all, rest);
        if (ex_is_num(size[open]) &&
            (!ex_is_int(size[open]) || size[open] == c->minus_one)) {
            size[open] = c->minus_one;
            return misfit(c, from, n, size);
        }
    }
    return count_of(c, n, size) == all || misfit(c, from, n, size);
}

static Node *reshape_list(Ctx *c, Node *a, unsigned n, Node *const *size)
{
    Elements e;
    ArenaMark m = arena_mark(&c->tmp);
    Node *r = c->poison;
    if (elements_read(c, a, &e)) {
        e.rank = n;
        for (unsigned i = 0; i < n; i++) {
            int64_t k = 0;
            (void)ex_get_int(size[i], &k);
            e.dim[i] = (size_t)k;
        }
        r = elements_list(c, &e);
    }
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_reshape(Ctx *c, Node *a, unsigned n, Node *const *size)
{
    Node *v[SHAPE_RANK + 1];
    a = shape_is_row(c, a->shape) ? ex_transpose(c, a) : a;
    if (reshaped(c, n, size) == a->shape)
        return a;
    if (is_tensor_list(a) || ex_is_num(a))
        return reshape_list(c, a, n, size);
    if (ex_is(a, OP_BROADCAST) && !a->a[0]->shape)
        return ex_broadcast(c, a->a[0], reshaped(c, n, size));
    v[0] = ex_is(a, OP_RESHAPE) ? a->a[0] : a;
    memcpy(v + 1, size, n * sizeof *size);
    return v[0]->shape == reshaped(c, n, size)
               ? v[0]
               : row_intern(c, OP_RESHAPE, NULL, n + 1, v);
}

Node *exact_reshape(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *size[SHAPE_RANK];
    unsigned rank = sizes_of(c, n - 1, a + 1, size, "reshape");
    (void)attributes;
    if (rank && a[0]->shape == SHAPE_ANY && row_is_list(a[1])) { /* sizes one by one */
        Node *v[SHAPE_RANK + 1] = {a[0]};
        memcpy(v + 1, size, rank * sizeof *size);
        return row_intern(c, OP_RESHAPE, NULL, rank + 1, v);
    }
    if (!rank || (!ex_is_num(a[0]) && !row_has_shape(c, a[0], "reshape")))
        return not_yet(c);
    return complete_sizes(c, a[0]->shape, rank, size) ? ex_reshape(c, a[0], rank, size)
                                                      : c->poison;
}

Node *exact_vec(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (!row_has_shape(c, a[0], "vec"))
        return ex_is_num(a[0]) ? ex_list(c, 1, a) : not_yet(c);
    if (shape_at(c, a[0]->shape)->rank > 2)
        return row_wrong(c, "write reshape(T, -1)", "vec is of a matrix");
    Node *count = count_of_shape(c, a[0]->shape);
    return ex_reshape(c, ex_transpose(c, a[0]), 1, &count);
}

/* ---- one behind the other ------------------------------------------------------------- */
/* The operands are equal but along the axis, where their sizes add up. */
static uint32_t joined_shape(Ctx *c, size_t n, Node *const *a, const char *attributes)
{
    if (!shape_is_tensor(a[0]->shape))
        return SHAPE_ANY;
    Shape s = *shape_at(c, a[0]->shape);
    unsigned axis = attr_axis(attributes, s.rank);
    Node *sum = shape_size_node(c, s.size[axis]);
    for (size_t i = 1; i < n; i++) {
        if (!shape_is_tensor(a[i]->shape))
            return SHAPE_ANY;
        Shape t = *shape_at(c, a[i]->shape);
        bool same = t.rank == s.rank && t.row == s.row;
        for (unsigned k = 0; same && k < s.rank; k++)
            same = k == axis || shape_same_size(s.size[k], t.size[k]);
        if (!same)
            return SHAPE_NONE;
        sum = ex_add2(c, sum, shape_size_node(c, t.size[axis]));
    }
    int64_t k;
    s.size[axis] = ex_get_int(sum, &k) ? (ShapeSize){k, NULL} : (ShapeSize){0, sum};
    return shape_make(c, &s);
}

uint32_t shape_of_concat(Ctx *c, const Node *n)
{
    uint32_t s = joined_shape(c, n->n, n->a, n->name);
    return s == SHAPE_NONE ? SHAPE_ANY : s;
}

static Node *no_concat(Ctx *c, size_t n, Node *const *a, const char *attributes)
{
    Str s = {0};
    for (size_t i = 0; i < n; i++) {
        str_puts(&s, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        shape_print(c, &s, a[i]->shape);
    }
    unsigned axis = attr_axis(attributes, shape_at(c, a[0]->shape)->rank) + 1;
    ctx_error(c, LBZ_SHAPE,
              "all sizes but that along the axis are equal; stack(x, y) makes rows",
              "the shapes %s do not fit behind one another along axis %u", str_cstr(&s),
              axis);
    str_free(&s);
    return c->poison;
}

/* The elements of the lists along the axis; they fit. */
static Node *concat_lists(Ctx *c, size_t n, Node *const *a, unsigned axis)
{
    size_t len = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        len += a[i]->n;
    if (axis) {
        Node **row = ARENA_NEW(&c->tmp, Node *, a[0]->n + 1u),
             **part = ARENA_NEW(&c->tmp, Node *, n + 1);
        for (; row && part && k < a[0]->n && !ctx_poll(c); k++) {
            for (size_t i = 0; i < n; i++)
                part[i] = a[i]->a[k];
            row[k] = concat_lists(c, n, part, axis - 1); /* as deep as the axis */
        }
        return row && part && !ctx_failed(c) ? ex_list(c, a[0]->n, row) : c->poison;
    }
    Node **v = ARENA_NEW(&c->tmp, Node *, len + 1);
    for (size_t i = 0; v && i < n; i++)
        for (uint32_t j = 0; j < a[i]->n; j++)
            v[k++] = a[i]->a[j];
    return v ? ex_list(c, len, v) : c->poison;
}

Node *exact_concat(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    bool lists = true;
    for (size_t i = 0; i < n; i++) {
        if (ex_is_num(a[i]))
            return row_wrong(c, "write concat(x, [1])",
                             "concat joins tensors, not numbers");
        if (!row_has_shape(c, a[i], "concat"))
            return not_yet(c);
        lists = lists && row_is_list(a[i]);
    }
    if (joined_shape(c, n, a, attributes) == SHAPE_NONE)
        return no_concat(c, n, a, attributes);
    if (n == 1)
        return a[0];
    if (!lists)
        return NULL;
    ArenaMark m = arena_mark(&c->tmp);
    Node *r =
        concat_lists(c, n, a, attr_axis(attributes, shape_at(c, a[0]->shape)->rank));
    arena_release(&c->tmp, m);
    return r;
}

Node *exact_stack_of(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    for (size_t i = 0; i < n; i++) {
        if (shape_is_row(c, a[i]->shape))
            return row_wrong(c, "write stack(x, y) of vectors", "stack of a row");
        if (a[i]->shape == SHAPE_ANY)
            return NULL;
        if (a[i]->shape != a[0]->shape)
            return shape_error(c, a[0]->shape, a[i]->shape, "stack");
    }
    return ex_list(c, n, a);
}

/* Each part along the axis n times: a new axis behind it, of n ones. */
Node *exact_repeat(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    char text[2 * SHAPE_RANK + 12];
    int64_t k;
    (void)n;
    if (ex_is_num(a[1]) && (!ex_get_int(a[1], &k) || k < 0 || k > MOST_WRITTEN))
        return row_wrong(c, "write repeat(x, 3)", "how often is a whole number");
    if (!row_has_shape(c, a[0], "repeat") || a[1]->shape)
        return ex_is_num(a[0])
                   ? exact_repeat(c, NULL, n, (Node *[]){ex_list(c, 1, a), a[1]})
                   : not_yet(c);
    Shape s = *shape_at(c, a[0]->shape);
    if (s.rank == SHAPE_RANK)
        return ctx_error(c, LBZ_LIMIT, NULL, "a tensor of more than %d axes", SHAPE_RANK);
    unsigned axis = attr_axis(attributes, s.rank);
    Node *size[SHAPE_RANK], *ones = ex_broadcast(c, c->one, shape_of_sizes(c, 1, &a[1]));
    for (unsigned i = 0; i < s.rank; i++)
        size[i] = shape_size_node(c, s.size[i]);
    size[axis] = ex_mul2(c, size[axis], a[1]);
    static const char letters[] = "abcdefgh";
    snprintf(text, sizeof text, "%.*s,z->%.*sz%.*s", s.rank, letters, axis + 1, letters,
             s.rank - axis - 1, letters + axis + 1);
    Node *r = ex_contract(c, text, 2, (Node *[]){a[0], ones}, "repeat");
    ctx_note(c, "repeat(x, n) repeats each element; concat(x, x) repeats the whole");
    return ex_is_poison(r) ? r : ex_reshape(c, r, s.rank, size);
}

/* ---- what shapes are ------------------------------------------------------------------ */
uint32_t shape_of_sizes_of(Ctx *c, const Node *n)
{
    (void)c, (void)n;
    return SHAPE_ANY;
}

/* Also of a row, which is a matrix to others. */
static unsigned axes_of(Ctx *c, const Node *a, Node **size)
{
    Shape s = *shape_at(c, a->shape);
    unsigned k = 0;
    if (s.row)
        size[k++] = c->one;
    for (unsigned i = 0; i < s.rank; i++)
        size[k++] = shape_size_node(c, s.size[i]);
    return k;
}

Node *exact_shape(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *size[SHAPE_RANK + 1];
    (void)attributes, (void)n;
    if (!ex_is_num(a[0]) && !row_has_shape(c, a[0], "shape"))
        return not_yet(c);
    unsigned k = axes_of(c, a[0], size);
    return ex_list(c, k, size);
}

Node *exact_size(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *size[SHAPE_RANK + 1];
    int64_t axis;
    (void)attributes;
    if (!ex_is_num(a[0]) && !row_has_shape(c, a[0], "size"))
        return not_yet(c);
    unsigned rank = axes_of(c, a[0], size);
    if (n == 1)
        return count_of_shape(c, a[0]->shape);
    if (!ex_get_int(a[1], &axis))
        return row_wrong(c, "write size(A, 1)", "an axis is a whole number");
    axis = axis < 0 ? axis + (int64_t)rank : axis - 1;
    if (axis < 0 || axis >= (int64_t)rank)
        return row_wrong(c, "axes are counted from 1", "there is no such axis");
    return size[axis];
}

/* ---- products ------------------------------------------------------------------------- */
/* Of a vector and a matrix: the vector is a column. */
Node *exact_kron(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    static const char *const text[2][2] = {{"a,b->ab", "a,bc->abc"},
                                           {"ab,c->acb", "ab,cd->acbd"}};
    (void)attributes, (void)n;
    if (!a[0]->shape || !a[1]->shape)
        return ex_is_num(a[0]) || ex_is_num(a[1]) ? ex_mul2(c, a[0], a[1]) : NULL;
    if (!row_has_shape(c, a[0], "kron") || !row_has_shape(c, a[1], "kron"))
        return not_yet(c);
    Shape s = *shape_at(c, a[0]->shape), t = *shape_at(c, a[1]->shape);
    if (s.rank > 2 || t.rank > 2 || s.row || t.row)
        return row_wrong(c, NULL, "kron is of matrices and vectors");
    Node *r = ex_contract(c, text[s.rank - 1][t.rank - 1], 2, a, "kron");
    Node *size[2] = {
        ex_mul2(c, shape_size_node(c, s.size[0]), shape_size_node(c, t.size[0]))};
    Node *cols[2] = {s.rank > 1 ? shape_size_node(c, s.size[1]) : c->one,
                     t.rank > 1 ? shape_size_node(c, t.size[1]) : c->one};
    size[1] = ex_mul2(c, cols[0], cols[1]);
    return ex_is_poison(r) ? r : ex_reshape(c, r, s.rank + t.rank > 2 ? 2 : 1, size);
}

/* a and b are vectors of three. */
Node *exact_cross(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *r[3];
    (void)attributes, (void)n;
    for (int i = 0; i < 2; i++) {
        if (!row_has_shape(c, a[i], "cross"))
            return ex_is_num(a[i]) ? row_wrong(c, NULL, "cross is of vectors")
                                   : not_yet(c);
        if (!shape_is_vector(c, a[i]->shape) ||
            !shape_is_size(shape_at(c, a[i]->shape)->size[0], 3))
            return shape_error(c, a[0]->shape, a[1]->shape,
                               "cross, which takes two vectors of 3");
    }
    if (!row_is_list(a[0]) || !row_is_list(a[1]))
        return NULL;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        r[i] = ex_sub(c, ex_mul2(c, a[0]->a[j], a[1]->a[k]),
                      ex_mul2(c, a[0]->a[k], a[1]->a[j]));
    }
    return ex_list(c, 3, r);
}

/* ---- einsum --------------------------------------------------------------------------- */
static bool bad_text(Ctx *c, const Node *s, const char *why, int letter)
{
    char what[80];
    snprintf(what, sizeof what, letter ? "%s %c" : "%s", why, letter);
    ctx_error(c, LBZ_SHAPE, "write einsum(\"ij,jk->ik\", A, B)", "einsum: \"%.*s\": %s",
              (int)s->sym, s->text, what);
    return false;
}

typedef struct {
    char text[CONTRACT_OPERANDS * (SHAPE_RANK + 1) + SHAPE_RANK + 4];
    size_t n;           /* bytes */
    unsigned seen[128]; /* how often an index stands before -> */
} EinsumText;

static bool is_index(char ch) { return (ch | 32) >= 'a' && (ch | 32) <= 'z'; }

/* The indices of the operands, up to ->; *i moves on. */
static bool read_operands(Ctx *c, const Node *s, size_t n, Node *const *a, EinsumText *t,
                          size_t *i)
{
    size_t k = 0;
    unsigned axes = 0;
    for (; *i < s->sym && s->text[*i] != '-'; ++*i) {
        char ch = s->text[*i];
        if (ch == ' ')
            continue;
        if (ch != ',' && !is_index(ch))
            return bad_text(c, s, "indices are letters, not", ch);
        if (ch == ',' && (++k == n || axes != shape_at(c, a[k - 1]->shape)->rank))
            return bad_text(c, s,
                            k == n ? "there are more indices than operands"
                                   : "an operand has not as many axes as indices",
                            0);
        axes = ch == ',' ? 0 : axes + 1;
        if (axes > SHAPE_RANK)
            return bad_text(c, s, "an operand has not as many axes as indices", 0);
        t->seen[(unsigned char)ch & 127]++;
        t->text[t->n++] = ch;
    }
    if (k + 1 != n)
        return bad_text(c, s, "there are more operands than indices", 0);
    return axes == shape_at(c, a[k]->shape)->rank ||
           bad_text(c, s, "an operand has not as many axes as indices", 0);
}

/* Where -> is left out the result has the indices that stand once, in alphabetical order. */
static bool read_result(Ctx *c, const Node *s, EinsumText *t, size_t i)
{
    unsigned out[128] = {0}, n = 0;
    memcpy(t->text + t->n, "->", 2);
    t->n += 2;
    if (i >= s->sym) {
        for (int ch = 'A'; ch <= 'z'; ch++)
            if (t->seen[ch] == 1 && is_index((char)ch) && n++ < SHAPE_RANK)
                t->text[t->n++] = (char)ch;
        return true;
    }
    if (i + 1 >= s->sym || s->text[i + 1] != '>')
        return bad_text(c, s, "the result stands behind ->", 0);
    for (i += 2; i < s->sym; i++) {
        char ch = s->text[i];
        if (ch == ' ')
            continue;
        if (!is_index(ch))
            return bad_text(c, s, "indices are letters, not", ch);
        if (!t->seen[(int)ch])
            return bad_text(c, s, "no operand has the index", ch);
        if (out[(int)ch]++)
            return bad_text(c, s, "the result has twice the index", ch);
        if (n++ == SHAPE_RANK)
            return bad_text(c, s, "the result has too many axes", 0);
        t->text[t->n++] = ch;
    }
    return true;
}

Node *exact_einsum(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    EinsumText t = {.n = 0};
    size_t i = 0;
    (void)attributes;
    if (!ex_is(a[0], OP_STRING))
        return ctx_error(c, LBZ_SYNTAX, "write einsum(\"ij,jk->ik\", A, B)",
                         "einsum begins with a text of indices");
    if (n - 1 > CONTRACT_OPERANDS)
        return ctx_error(c, LBZ_LIMIT, NULL, "einsum takes at most %d operands",
                         CONTRACT_OPERANDS);
    Node **v = ARENA_NEW(&c->tmp, Node *, n);
    for (size_t k = 1; v && k < n; k++) {
        if (!row_has_shape(c, a[k], "einsum") && a[k]->shape != SHAPE_SCALAR)
            return not_yet(c);
        if (!a[k]->shape && !ex_is_num(a[k]))
            return NULL;
        v[k - 1] = shape_is_row(c, a[k]->shape) ? ex_transpose(c, a[k]) : a[k];
    }
    if (!v || !read_operands(c, a[0], n - 1, v, &t, &i) || !read_result(c, a[0], &t, i))
        return c->poison;
    t.text[t.n] = '\0';
    return ex_contract(c, t.text, n - 1, v, "einsum");
}
