/* expr/linear_symbolic.c - matrices with any elements: by their minors, each of which is made once.
 *
 * Minors are sums of products as they come, not multiplied out. Whether one is identically 0 is asked of
 * its value modulo a prime at numbers that stand for the names: a polynomial that is not 0 has the value
 * 0 there once in 10^17 times (Schwartz, Zippel). Other functions stand for themselves as names do.
 */
#include "expr/internal.h"
#include "expr/linear_elements.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- modulo a prime ------------------------------------------------------------------- */
static const uint64_t PRIME = ((uint64_t)1 << 61) - 1;

static uint64_t mod_mul(uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)a * b % PRIME);
}

static uint64_t mod_pow(uint64_t a, uint64_t n)
{
    uint64_t r = 1;
    for (; n; n >>= 1, a = mod_mul(a, a))
        r = n & 1 ? mod_mul(r, a) : r;
    return r;
}

static uint64_t mod_inverse(uint64_t a) { return mod_pow(a, PRIME - 2); }
static uint64_t mod_sub(uint64_t a, uint64_t b) { return (a + PRIME - b) % PRIME; }

static uint64_t mod_num(Num x)
{
    mpq_t q;
    mpq_init(q);
    num_get_mpq(q, x);
    uint64_t p = mpz_fdiv_ui(mpq_numref(q), PRIME), d = mpz_fdiv_ui(mpq_denref(q), PRIME);
    mpq_clear(q);
    return mod_mul(p, mod_inverse(d));
}

/* v: values of the nodes before, by their places */
static uint64_t mod_node(const Node *n, const uint64_t *v)
{
    uint64_t r = n->op == OP_ADD ? 0 : 1;
    int64_t k;
    switch ((Op)n->op) {
    case OP_NUM: return mod_num(n->num);
    case OP_ADD:
        for (uint32_t i = 0; i < n->n; i++)
            r = (r + v[n->a[i]->pos]) % PRIME;
        return r;
    case OP_SCALE:
    case OP_MUL:
        for (uint32_t i = 0; i < n->n; i++)
            r = mod_mul(r, v[n->a[i]->pos]);
        return r;
    case OP_POW:
        if (!ex_get_int(n->a[1], &k) || (k < 0 && !v[n->a[0]->pos]))
            break;
        r = mod_pow(v[n->a[0]->pos], k < 0 ? 0 - (uint64_t)k : (uint64_t)k);
        return k < 0 ? mod_inverse(r) : r;
    default: break;
    }
    return hash_mix(n->hash, 0x9e37) % PRIME;
}

/* The values of k nodes. */
static bool mod_values(Ctx *c, size_t k, Node *const *e, uint64_t *out)
{
    size_t n = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, k, e, &n);
    uint64_t *v = order ? ARENA_NEW(&c->tmp, uint64_t, n + 1) : NULL;
    for (size_t i = 0; v && i < n && !ctx_poll(c); i++)
        v[i] = mod_node(order[i], v);
    for (size_t i = 0; v && i < k; i++)
        out[i] = v[e[i]->pos];
    arena_release(&c->tmp, m);
    return v && !ctx_failed(c);
}

static bool is_zero(Ctx *c, Node *e)
{
    uint64_t v = 1;
    return e == c->zero || (!ex_is_num(e) && mod_values(c, 1, &e, &v) && v == 0);
}

static size_t mod_rank(uint64_t *e, size_t m, size_t n)
{
    size_t rank = 0;
    for (size_t k = 0; k < n && rank < m; k++) {
        size_t p = rank;
        while (p < m && !e[p * n + k])
            p++;
        if (p == m)
            continue;
        for (size_t j = 0; j < n; j++) {
            uint64_t t = e[p * n + j];
            e[p * n + j] = e[rank * n + j];
            e[rank * n + j] = t;
        }
        uint64_t inverse = mod_inverse(e[rank * n + k]);
        for (size_t i = rank + 1; i < m; i++) {
            uint64_t f = mod_mul(inverse, e[i * n + k]);
            for (size_t j = k; f && j < n; j++)
                e[i * n + j] = mod_sub(e[i * n + j], mod_mul(f, e[rank * n + j]));
        }
        rank++;
    }
    return rank;
}

/* The rank that a has except at special values of its names. */
static bool general_rank(Ctx *c, const Node *a, size_t *rank)
{
    uint64_t v[MATRIX_MOST];
    Node *e[MATRIX_MOST];
    size_t m = a->n, n = a->a[0]->n;
    for (size_t i = 0; i < m * n; i++)
        e[i] = matrix_at(a, i / n, i % n);
    if (!mod_values(c, m * n, e, v))
        return false;
    *rank = mod_rank(v, m, n);
    return true;
}

/* ---- minors --------------------------------------------------------------------------- */
typedef struct {
    Ctx *c;
    const Node *a;
    Map made; /* rows << 10 | columns -> the minor */
} Minors;

static void minors_begin(Minors *s, Ctx *c, const Node *a)
{
    s->c = c;
    s->a = a;
    map_init(&s->made, &c->tmp);
}

/* The determinant of the rows and columns in the sets, by the first row that is left. Deep as a matrix
 * of MATRIX_MOST elements has rows. */
static Node *minor_of(Minors *s, unsigned rows, unsigned columns)
{
    Ctx *c = s->c;
    uint64_t key = (uint64_t)rows << 10 | columns, known;
    Node *t[10], *r;
    size_t n = 0;
    bool minus = false;
    if (!rows)
        return c->one;
    if (map_get(&s->made, key, &known))
        return (Node *)(uintptr_t)known;
    uint32_t i = (uint32_t)__builtin_ctz(rows);
    for (unsigned left = columns; left && !ctx_poll(c);
         left &= left - 1, minus = !minus) {
        uint32_t k = (uint32_t)__builtin_ctz(left);
        Node *e = matrix_at(s->a, i, k);
        if (e == c->zero)
            continue;
        Node *rest = minor_of(s, rows & ~(1u << i), columns & ~(1u << k));
        Node *term = ex_plain_mul2(c, e, rest);
        t[n++] = minus ? ex_plain_neg(c, term) : term;
    }
    r = ctx_failed(c) ? c->poison : n ? ex_plain_add(c, n, t) : c->zero;
    map_put(&s->made, key, (uint64_t)(uintptr_t)r);
    return r;
}

static unsigned all_of(const Minors *s) { return (1u << s->a->n) - 1; }

/* Without row i and column k, with its sign. */
static Node *cofactor(Minors *s, uint32_t i, uint32_t k)
{
    unsigned all = all_of(s);
    Node *m = minor_of(s, all & ~(1u << i), all & ~(1u << k));
    return (i + k) % 2 ? ex_plain_neg(s->c, m) : m;
}

static Node *symbolic_det(Ctx *c, const Node *a)
{
    Minors s;
    minors_begin(&s, c, a);
    Node *det = minor_of(&s, all_of(&s), all_of(&s));
    return !ctx_failed(c) && is_zero(c, det) ? c->zero : det;
}

/* The adjugate divided by det; det NULL: as it is. */
static Node *symbolic_adj(Ctx *c, const Node *a, Node *det)
{
    Node *e[MATRIX_MOST];
    Minors s;
    uint32_t n = a->n;
    minors_begin(&s, c, a);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            Node *m = cofactor(&s, k, i);
            e[i * n + k] = det ? ex_plain_div(c, m, det) : m;
        }
    }
    return ctx_failed(c) ? c->poison : ex_matrix(c, n, n, e);
}

static Node *nonzero_det(Ctx *c, const Node *a)
{
    Node *det = symbolic_det(c, a);
    return det == c->zero ? ex_singular(c) : det;
}

/* By Cramer's rule, with one determinant below all. */
static Node *symbolic_solve(Ctx *c, const Node *a, const Node *b)
{
    bool vector = !ex_is(b->a[0], OP_LIST);
    uint32_t n = a->n, columns = vector ? 1 : b->a[0]->n;
    Node *det = nonzero_det(c, a), *t[10];
    Node **e = ARENA_NEW(ctx_arena(c), Node *, (size_t)n * columns + 1);
    Minors s;
    minors_begin(&s, c, a);
    for (uint32_t i = 0; e && !ctx_failed(c) && i < n; i++) {
        for (uint32_t k = 0; k < columns; k++) {
            for (uint32_t j = 0; j < n; j++)
                t[j] = ex_plain_mul2(c, cofactor(&s, j, i),
                                     vector ? b->a[j] : matrix_at(b, j, k));
            e[i * columns + k] = ex_plain_div(c, ex_plain_add(c, n, t), det);
        }
    }
    if (!e || ctx_failed(c))
        return c->poison;
    return vector ? ex_list(c, n, e) : ex_matrix(c, n, columns, e);
}

/* ---- the rules ------------------------------------------------------------------------ */
/* rational(a) where all elements are numbers, else NULL. */
static Node *rational(Ctx *c, Node *a, Node *(*rule)(Ctx *c, const Grid *a))
{
    Grid g;
    ArenaMark m = arena_mark(&c->tmp);
    Node *r = ex_grid(c, a, &g) ? rule(c, &g) : ctx_failed(c) ? c->poison : NULL;
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_matrix_det(Ctx *c, Node *a)
{
    Node *r = rational(c, a, ex_grid_det);
    return r ? r : symbolic_det(c, a);
}

Node *ex_matrix_logdet(Ctx *c, Node *a)
{
    Node *det = ex_matrix_det(c, a);
    if (ex_is_poison(det))
        return det;
    if (det == c->zero || (ex_is_num(det) && num_is_zero(det->num)))
        return ex_singular(c);
    if (ex_is_neg(det))
        return ctx_error(c, LBZ_DOMAIN, "log(abs(det(A))) is the logarithm of its size",
                         "the determinant is negative: it has no real logarithm");
    return ex_plain_fn1(c, OP_log, det);
}

Node *ex_matrix_inverse(Ctx *c, Node *a)
{
    Node *r = rational(c, a, ex_grid_inverse);
    Node *det = r ? NULL : nonzero_det(c, a);
    return r ? r : ctx_failed(c) ? c->poison : symbolic_adj(c, a, det);
}

Node *ex_matrix_adj(Ctx *c, Node *a)
{
    Node *r = rational(c, a, ex_grid_adj);
    return r ? r : symbolic_adj(c, a, NULL);
}

Node *ex_matrix_solve(Ctx *c, Node *a, Node *b)
{
    Grid g, h;
    ArenaMark m = arena_mark(&c->tmp);
    Node *r = NULL;
    if (ex_grid(c, a, &g) && ex_grid(c, b, &h)) {
        r = ex_grid_solve(c, &g, &h);
        if (!ex_is_poison(r) && !ex_is(b->a[0], OP_LIST)) { /* a column */
            Node **e = ARENA_NEW(ctx_arena(c), Node *, r->n + 1u);
            for (uint32_t i = 0; e && i < r->n; i++)
                e[i] = matrix_at(r, i, 0);
            r = e ? ex_list(c, r->n, e) : c->poison;
        }
    }
    arena_release(&c->tmp, m);
    return r ? r : ctx_failed(c) ? c->poison : symbolic_solve(c, a, b);
}

Node *ex_matrix_rank(Ctx *c, Node *a)
{
    size_t rank;
    Node *r = rational(c, a, ex_grid_rank);
    if (r)
        return r;
    if (!general_rank(c, a, &rank))
        return c->poison;
    if (a->syms)
        ctx_note(c, "the rank is that for general values of the names");
    return ex_int(c, (int64_t)rank);
}

Node *ex_matrix_pinv(Ctx *c, Node *a)
{
    size_t rank, m = a->n, n = a->a[0]->n;
    Node *r = rational(c, a, ex_grid_pinv);
    if (r)
        return r;
    if (!general_rank(c, a, &rank))
        return c->poison;
    if (rank < (m < n ? m : n))
        return ctx_error(c, LBZ_UNABLE, "give numbers for its names first",
                         "the pseudoinverse of a symbolic matrix of lower rank is not "
                         "available");
    Node *t = ex_transpose(c, a);
    return m == n  ? ex_matrix_inverse(c, a)
           : m > n ? ex_product(c, ex_inverse(c, ex_product(c, t, a)), t)
                   : ex_product(c, t, ex_inverse(c, ex_product(c, a, t)));
}

/* ---- Cholesky ------------------------------------------------------------------------- */
static bool is_symmetric(const Node *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < i; k++) {
            const Node *x = matrix_at(a, i, k), *y = matrix_at(a, k, i);
            bool numbers = ex_is_num(x) && ex_is_num(y);
            if (x != y && !(numbers && num_cmp(x->num, y->num) == 0))
                return false;
        }
    return true;
}

/* Element (i, k) of the triangle whose elements before it are in l. */
static Node *cholesky_element(Ctx *c, const Node *a, Node *const *l, uint32_t i,
                              uint32_t k)
{
    uint32_t n = a->n;
    Node *s = matrix_at(a, i, k);
    for (uint32_t j = 0; j < k; j++)
        s = ex_plain_sub(c, s, ex_plain_mul2(c, l[i * n + j], l[k * n + j]));
    if (k < i)
        return ex_plain_div(c, s, l[k * n + k]);
    if (ex_is_neg(s) || is_zero(c, s))
        return ctx_error(c, LBZ_DOMAIN,
                         "cholesky is of a matrix whose eigenvalues are positive",
                         "the matrix is not positive definite");
    return ex_plain_sqrt(c, s);
}

Node *ex_matrix_cholesky(Ctx *c, Node *a)
{
    Node *l[MATRIX_MOST];
    uint32_t n = a->n;
    if (!is_symmetric(a))
        return ctx_error(c, LBZ_DOMAIN, "(A + A')/2 is the symmetric part of A",
                         "cholesky needs a symmetric matrix");
    Node *r = rational(c, a, ex_grid_cholesky);
    if (r)
        return r;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++)
            l[i * n + k] =
                k > i || ctx_poll(c) ? c->zero : cholesky_element(c, a, l, i, k);
    return ctx_failed(c) ? c->poison : ex_matrix(c, n, n, l);
}
