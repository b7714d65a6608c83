/* expr/shape.c - the table of shapes, broadcasting, and the shapes of nodes. */
#include "expr/shape.h"
#include "expr/internal.h"
#include "expr/tensors.h"

enum { FIRST_SHAPES = 16 };

/* ---- the table ------------------------------------------------------------------------ */
static uint64_t hash_of(const Shape *s)
{
    uint64_t h = hash_mix(s->row, s->rank);
    for (unsigned i = 0; i < s->rank; i++)
        h = hash_mix(h, s->size[i].e ? s->size[i].e->hash : (uint64_t)s->size[i].n);
    return h;
}

static bool same_shape(const Shape *a, const Shape *b)
{
    bool same = a->rank == b->rank && a->row == b->row;
    for (unsigned i = 0; same && i < a->rank; i++)
        same = shape_same_size(a->size[i], b->size[i]);
    return same;
}

/* Where s stands, or the empty slot where it belongs. */
static uint32_t *shape_slot(const Ctx *c, const Shape *s)
{
    size_t mask = 4 * c->shapes_cap - 1, k = hash_of(s) & mask;
    while (c->shape_table[k] && !same_shape(&c->shapes[c->shape_table[k] - 1], s))
        k = (k + 1) & mask;
    return &c->shape_table[k];
}

static void index_all(Ctx *c)
{
    memset(c->shape_table, 0, 4 * c->shapes_cap * sizeof *c->shape_table);
    for (size_t i = SHAPE_RAGGED + 1; i < c->nshapes; i++)
        *shape_slot(c, &c->shapes[i]) = (uint32_t)i + 1;
}

bool ctx_shapes_grow(Ctx *c)
{
    size_t cap = c->shapes_cap ? 2 * c->shapes_cap : FIRST_SHAPES;
    Shape *s = mem_realloc(c->shapes, cap * sizeof *s);
    c->shapes = s ? s : c->shapes;
    uint32_t *t = s ? mem_alloc(4 * cap * sizeof *t) : NULL;
    if (!t)
        return false;
    mem_free(c->shape_table);
    c->shape_table = t;
    c->shapes_cap = cap;
    if (!c->nshapes) {
        memset(s, 0, (SHAPE_RAGGED + 1) * sizeof *s);
        c->nshapes = c->shapes_kept = SHAPE_RAGGED + 1;
    }
    index_all(c);
    return true;
}

void ctx_shapes_forget(Ctx *c)
{
    if (c->nshapes == c->shapes_kept)
        return;
    c->nshapes = c->shapes_kept;
    index_all(c);
}

const Shape *shape_at(const Ctx *c, uint32_t id) { return &c->shapes[id]; }

uint32_t shape_make(Ctx *c, const Shape *s)
{
    if (!s->rank)
        return SHAPE_SCALAR;
    uint32_t *at = shape_slot(c, s);
    if (*at)
        return *at - 1;
    if (c->nshapes == c->shapes_cap) {
        if (!ctx_shapes_grow(c)) {
            env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
            return SHAPE_ANY;
        }
        at = shape_slot(c, s);
    }
    c->shapes[c->nshapes++] = *s;
    *at = (uint32_t)c->nshapes;
    return (uint32_t)c->nshapes - 1;
}

void shape_keep_all(Ctx *c)
{
    size_t first = c->shapes_kept;
    c->shapes_kept = c->nshapes; /* sizes that are kept ask for this again */
    for (size_t k = first; k < c->shapes_kept; k++) {
        Shape *s = &c->shapes[k];
        for (unsigned i = 0; i < s->rank; i++)
            if (s->size[i].e)
                s->size[i].e = ex_keep(c, s->size[i].e);
    }
}

uint64_t shape_hash(const Ctx *c, uint32_t id)
{
    return id <= SHAPE_RAGGED ? id : hash_of(shape_at(c, id));
}

/* ---- makers --------------------------------------------------------------------------- */
static ShapeSize size_of_node(Node *n)
{
    int64_t k;
    return ex_get_int(n, &k) ? (ShapeSize){k, NULL} : (ShapeSize){0, n};
}

uint32_t shape_of_sizes(Ctx *c, unsigned rank, Node *const *size)
{
    Shape s = {.rank = (uint8_t)rank};
    for (unsigned i = 0; i < rank; i++)
        s.size[i] = size_of_node(size[i]);
    return shape_make(c, &s);
}

uint32_t shape_row(Ctx *c, uint32_t vector)
{
    Shape s = *shape_at(c, vector);
    s.row = true;
    return shape_make(c, &s);
}

uint32_t shape_column(Ctx *c, uint32_t row)
{
    Shape s = *shape_at(c, row);
    s.row = false;
    return shape_make(c, &s);
}

uint32_t shape_stack(Ctx *c, int64_t n, uint32_t inner)
{
    Shape s = *shape_at(c, inner);
    if (s.rank == SHAPE_RANK || s.row)
        return SHAPE_RAGGED;
    memmove(s.size + 1, s.size, s.rank * sizeof *s.size);
    s.size[0] = (ShapeSize){n, NULL};
    s.rank++;
    return shape_make(c, &s);
}

static Node *transfer_step(const Rewriting *w, Node *x, Node *const *a)
{
    Ctx *to = w->arg;
    if (ctx_failed(to))
        return to->poison;
    return ex_is(x, OP_SYM) && x->shape
               ? ex_sym_shaped(to, x->sym, shape_transfer(to, w->c, x->shape))
               : ex_rebuild(to, x, a);
}

Node *ex_transfer(Ctx *to, Ctx *from, Node *root)
{
    return ex_rewrite(from, root, 0, transfer_step, to);
}

/* Sizes are small formulas of symbols. */
uint32_t shape_transfer(Ctx *to, Ctx *from, uint32_t id)
{
    if (id <= SHAPE_RAGGED)
        return id;
    Shape s = *shape_at(from, id);
    for (unsigned i = 0; i < s.rank; i++)
        if (s.size[i].e)
            s.size[i].e = ex_keep(to, ex_transfer(to, from, s.size[i].e));
    return shape_make(to, &s);
}

/* ---- reading -------------------------------------------------------------------------- */
Node *shape_size_node(Ctx *c, ShapeSize s) { return s.e ? s.e : ex_int(c, s.n); }

int64_t shape_count(const Ctx *c, uint32_t id)
{
    int64_t n = 1;
    if (id == SHAPE_ANY || id == SHAPE_RAGGED)
        return -1;
    const Shape *s = shape_at(c, id);
    for (unsigned i = 0; i < s->rank; i++) {
        if (s->size[i].e || (s->size[i].n && n > ((int64_t)1 << 48) / s->size[i].n))
            return -1;
        n *= s->size[i].n;
    }
    return n;
}

bool shape_is_row(const Ctx *c, uint32_t id)
{
    return shape_is_tensor(id) && shape_at(c, id)->row;
}

bool shape_is_vector(const Ctx *c, uint32_t id)
{
    return shape_has_rank(c, id, 1) && !shape_at(c, id)->row;
}

bool shape_is_square(const Ctx *c, uint32_t id)
{
    const Shape *s = shape_at(c, id);
    return shape_has_rank(c, id, 2) && shape_same_size(s->size[0], s->size[1]);
}

void shape_print(Ctx *c, Str *out, uint32_t id)
{
    const Shape *s = shape_at(c, id);
    if (id == SHAPE_ANY || id == SHAPE_RAGGED) {
        str_puts(out, id == SHAPE_ANY ? "(?)" : "(ragged)");
        return;
    }
    str_puts(out, s->row ? "(1, " : "(");
    for (unsigned i = 0; i < s->rank; i++) {
        str_puts(out, i ? ", " : "");
        if (!s->size[i].e)
            str_printf(out, "%lld", (long long)s->size[i].n);
        else if (ex_is(s->size[i].e, OP_SYM))
            str_puts(out, s->size[i].e->name);
        else
            str_puts(out, "...");
    }
    str_putc(out, ')');
}

/* What may help where these two do not fit. */
static const char *shape_hint(const Ctx *c, uint32_t a, uint32_t b)
{
    const Shape *s = shape_at(c, a), *t = shape_at(c, b);
    if (shape_has_rank(c, a, 1) && shape_has_rank(c, b, 2)) {
        const Shape *swap = s;
        s = t;
        t = swap;
    } else if (!shape_has_rank(c, a, 2) || !shape_has_rank(c, b, 1)) {
        return NULL;
    }
    if (shape_is_size(s->size[1], 1) && !shape_is_size(s->size[0], 1))
        return "[1; 2; 3] is a matrix of one column; a vector is [1, 2, 3]";
    return shape_same_size(s->size[0], t->size[0])
               ? "a vector goes along each row; as a column write [1; 2]"
               : NULL;
}

Node *shape_error(Ctx *c, uint32_t a, uint32_t b, const char *what)
{
    Str s = {0};
    bool mixed = shape_is_row(c, a) != shape_is_row(c, b) && shape_has_rank(c, a, 1) &&
                 shape_has_rank(c, b, 1);
    shape_print(c, &s, a);
    str_puts(&s, " and ");
    shape_print(c, &s, b);
    const char *hint = mixed ? "a row and a vector: transpose one of them with '"
                       : shape_is_tensor(a) && shape_is_tensor(b) ? shape_hint(c, a, b)
                                                                  : NULL;
    ctx_error(c, LBZ_SHAPE,
              hint ? hint : "sizes are equal or 1, counted from the last axis",
              "the shapes %s do not fit in %s", str_cstr(&s), what);
    str_free(&s);
    return c->poison;
}

/* ---- broadcasting --------------------------------------------------------------------- */
/* False: they do not fit. */
static bool common_size(ShapeSize a, ShapeSize b, ShapeSize *out)
{
    *out = shape_is_size(a, 1) ? b : a;
    return shape_same_size(a, b) || shape_is_size(a, 1) || shape_is_size(b, 1);
}

static uint32_t broadcast_sizes(Ctx *c, const Shape *a, const Shape *b)
{
    const Shape *big = a->rank >= b->rank ? a : b, *small = big == a ? b : a;
    Shape s = *big;
    unsigned skip = big->rank - small->rank;
    if (big->rank == 1 && big->row != small->row)
        return SHAPE_NONE;
    for (unsigned i = 0; i < small->rank; i++)
        if (!common_size(big->size[skip + i], small->size[i], &s.size[skip + i]))
            return SHAPE_NONE;
    return shape_make(c, &s);
}

uint32_t shape_broadcast(Ctx *c, uint32_t a, uint32_t b)
{
    if (a == b || b == SHAPE_SCALAR)
        return a;
    if (a == SHAPE_SCALAR)
        return b;
    if (a == SHAPE_ANY || b == SHAPE_ANY)
        return SHAPE_ANY;
    if (a == SHAPE_RAGGED || b == SHAPE_RAGGED)
        return SHAPE_RAGGED;
    return broadcast_sizes(c, shape_at(c, a), shape_at(c, b));
}

/* ---- nodes ---------------------------------------------------------------------------- */
static uint32_t shape_of_list(Ctx *c, const Node *n)
{
    uint32_t s = n->n ? n->a[0]->shape : SHAPE_SCALAR;
    for (uint32_t i = 1; i < n->n; i++)
        if (n->a[i]->shape != s)
            return SHAPE_RAGGED;
    return s == SHAPE_RAGGED || s == SHAPE_ANY ? s : shape_stack(c, n->n, s);
}

static uint32_t shape_of_operands(Ctx *c, const Node *n)
{
    uint32_t s = SHAPE_SCALAR;
    for (uint32_t i = 0; i < n->n; i++) {
        uint32_t t = shape_broadcast(c, s, n->a[i]->shape);
        if (t == SHAPE_NONE) {
            shape_error(c, s, n->a[i]->shape, op_info((Op)n->op)->name);
            return SHAPE_ANY;
        }
        s = t;
    }
    return s;
}

uint32_t shape_of_node(Ctx *c, const Node *n)
{
    Op op = (Op)n->op;
    if (op == OP_DATA)
        return n->shape;
    if (op == OP_LIST)
        return shape_of_list(c, n);
    if (op == OP_APPLY)
        return SHAPE_ANY; /* of tensors: what becomes of them, the function knows */
    return op_is_tensor(op) || op_is_structural(op) ? ex_tensor_shape(c, n)
                                                    : shape_of_operands(c, n);
}
