/* simplify/tensor_rules.c - inverses and determinants of products, and what meets its inverse. */
#include "simplify/tensor.h"

static TensorSum *transposed(TensorForm *T, const TensorSum *a)
{
    TensorSum *s = normal_sum_new(T, 2, (ShapeSize[]){a->size[1], a->size[0]});
    TensorFactor f = {.s = a, .at = {1, 0}};
    if (s) {
        normal_product(T, s, 1, &f, 0, NULL);
        normal_collect(T, s);
    }
    return s;
}

static int compare_sums(const TensorSum *a, const TensorSum *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        int d = normal_compare_terms(&a->t[i], &b->t[i]);
        d = d ? d : ex_cmp(a->t[i].coef, b->t[i].coef);
        if (d)
            return d;
    }
    return a->n < b->n ? -1 : a->n > b->n;
}

/* ---- products of matrices ------------------------------------------------------------- */
typedef struct {
    size_t n;
    TensorCell cell[TERM_CELLS]; /* in order, each at [from, to] or [to, from] */
    bool turned[TERM_CELLS];
} MatrixChain;

/* Is t a product of square matrices? */
static bool read_chain(const TensorTerm *t, MatrixChain *k)
{
    bool used[TERM_CELLS] = {false};
    uint8_t open = 0;
    k->n = 0;
    for (unsigned i = 0; i < t->ncells; i++)
        if (!t->cell[i].e || t->cell[i].n != 2)
            return false;
    for (unsigned i = 1; i < t->nindices; i++)
        if (!shape_same_size(t->size[i], t->size[0]))
            return false;
    while (k->n < t->ncells) {
        unsigned found = t->ncells;
        for (unsigned i = 0; i < t->ncells; i++)
            if (!used[i] && (t->cell[i].at[0] == open || t->cell[i].at[1] == open)) {
                if (found < t->ncells)
                    return false;
                found = i;
            }
        if (found == t->ncells)
            return false;
        used[found] = true;
        k->cell[k->n] = t->cell[found];
        k->turned[k->n] = t->cell[found].at[1] == open;
        open = t->cell[found].at[!k->turned[k->n]];
        k->n++;
        if (open == 1 && k->n < t->ncells)
            return false;
    }
    return k->n > 0 && open == 1;
}

/* One cell as a matrix by itself. */
static TensorSum *matrix_of_cell(TensorForm *T, const TensorCell *k,
                                 const ShapeSize *size)
{
    TensorSum *s = normal_sum_new(T, 2, size);
    TensorWork w;
    normal_begin(T, &w, 2, size);
    normal_put(T, &w, k->e, 2, (const uint8_t[]){0, 1});
    if (s)
        normal_finish(T, &w, s);
    return s && s->n ? s : NULL;
}

/* inv(a) as it is; the smaller of a and a' stands in it. */
static TensorSum *inverse_atom(TensorForm *T, const Node *n, const TensorSum *a)
{
    TensorSum *s = normal_sum_new(T, 2, a->size), *b = transposed(T, a);
    TensorSum *arg = ARENA_NEW(&T->c->tmp, TensorSum, 1);
    if (!s || !b || !arg)
        return NULL;
    int d = compare_sums(a, b);
    *arg = d <= 0 ? *a : *b;
    TensorAtom atom = {.op = OP_INVERSE,
                       .node = n,
                       .nargs = 1,
                       .arg = arg,
                       .rank = 2,
                       .symmetric = normal_same(a, b),
                       .sign = S_ANY};
    uint8_t at[] = {d > 0, d <= 0};
    TensorWork w;
    normal_begin(T, &w, 2, s->size);
    Node *g = normal_generator(T, normal_atom_of(T, &atom), 2, (const uint8_t[]){0, 1});
    if (T->failed)
        return NULL;
    normal_put(T, &w, g, 2, at);
    normal_finish(T, &w, s);
    return s;
}

static const TensorAtom *atom_of_cell(const TensorForm *T, const TensorCell *k)
{
    const TensorGenerator *g = normal_element(T, k->e);
    return g && g->n == 2 && g->at[0] != g->at[1] ? &T->atom[g->atom] : NULL;
}

static const TensorSum *inverse_of_cell(TensorForm *T, const Node *n, const TensorCell *k,
                                        const ShapeSize *size)
{
    const TensorAtom *a = atom_of_cell(T, k);
    if (a && a->op == OP_INVERSE)
        return &a->arg[0];
    TensorSum *m = matrix_of_cell(T, k, size);
    if (!m)
        return NULL;
    return a && a->orthogonal ? transposed(T, m) : inverse_atom(T, n, m);
}

static TensorSum *inverse_of_chain(TensorForm *T, const Node *n, const TensorTerm *t,
                                   const MatrixChain *k, const ShapeSize *size)
{
    TensorFactor f[TERM_CELLS];
    ShapeSize sizes[TERM_CELLS];
    TensorSum *s = normal_sum_new(T, 2, size);
    for (size_t i = 0; s && i < k->n; i++) { /* the last one first */
        size_t j = k->n - 1 - i;
        uint8_t from = (uint8_t)(i ? 1 + i : 0), to = (uint8_t)(i + 1 < k->n ? 2 + i : 1);
        f[i].s = inverse_of_cell(T, n, &k->cell[j], size);
        f[i].at[k->turned[j]] = from;
        f[i].at[!k->turned[j]] = to;
        sizes[i] = size[0];
        if (!f[i].s)
            return NULL;
    }
    if (!s)
        return NULL;
    normal_product(T, s, k->n, f, (unsigned)k->n - 1, sizes);
    Node *by = ex_pow(T->c, t->coef, T->c->minus_one);
    for (size_t i = 0; i < s->n; i++)
        s->t[i].coef = ex_mul2(T->c, s->t[i].coef, by);
    return s;
}

/* A diagonal matrix: its diagonal, one at the axis 0. NULL: it is none. */
static Node *diagonal_of(TensorForm *T, const TensorTerm *t)
{
    if (!t->ncells || t->cell[0].e || t->nindices != 2 || t->ncells > 2)
        return NULL;
    return t->ncells == 1 ? T->c->one : t->cell[1].n == 1 ? t->cell[1].e : NULL;
}

/* a divided by the number its first term has. */
static TensorSum *without_content(TensorForm *T, const TensorSum *a, Node **by)
{
    Ctx *c = T->c;
    TensorSum *s = normal_sum_new(T, a->rank, a->size);
    *by = a->n && ex_is_num(a->t[0].coef) ? a->t[0].coef : c->one;
    if (!s)
        return NULL;
    s->t = ARENA_NEW(&c->tmp, TensorTerm, a->n + 1);
    for (size_t i = 0; s->t && i < a->n; i++) {
        s->t[i] = a->t[i];
        s->t[i].coef = ex_div(c, a->t[i].coef, *by);
        s->n = s->cap = i + 1;
    }
    return s;
}

TensorSum *normal_inverse(TensorForm *T, const Node *n, const TensorSum *a)
{
    Ctx *c = T->c;
    MatrixChain k;
    Node *by, *d = a->n == 1 ? diagonal_of(T, &a->t[0]) : NULL;
    if (d) {
        TensorSum *s = normal_sum_new(T, 2, a->size);
        TensorWork w;
        normal_begin(T, &w, 2, a->size);
        w.coef = ex_pow(c, a->t[0].coef, c->minus_one);
        normal_put(T, &w, ex_pow(c, d, c->minus_one), 1, (const uint8_t[]){0});
        normal_put_identity(T, &w, 0, 1);
        if (s)
            normal_finish(T, &w, s);
        return s;
    }
    if (a->n == 1 && read_chain(&a->t[0], &k))
        return inverse_of_chain(T, n, &a->t[0], &k, a->size);
    TensorSum *rest = without_content(T, a, &by),
              *s = rest ? inverse_atom(T, n, rest) : NULL;
    for (size_t i = 0; s && i < s->n; i++)
        s->t[i].coef = ex_div(c, s->t[i].coef, by);
    return s;
}

/* ---- determinants --------------------------------------------------------------------- */
static Node *det_atom(TensorForm *T, const Node *n, const TensorSum *a)
{
    const TensorSum *b = transposed(T, a);
    TensorSum *arg = ARENA_NEW(&T->c->tmp, TensorSum, 1);
    if (!b || !arg)
        return T->c->poison;
    *arg = compare_sums(a, b) <= 0 ? *a : *b;
    uint8_t sign = S_ANY;
    if (a->n == 1 && a->t[0].ncells == 1) {
        const TensorAtom *k = atom_of_cell(T, &a->t[0].cell[0]);
        if (k && k->node && ex_is(k->node, OP_SYM) &&
            (sym_structure(T->c, k->node->sym) & SYM_POSITIVE))
            sign = S_POS;
    }
    TensorAtom atom = {.op = OP_DET, .node = n, .nargs = 1, .arg = arg, .sign = sign};
    return normal_generator(T, normal_atom_of(T, &atom), 0, NULL);
}

Node *normal_det(TensorForm *T, const Node *n, const TensorSum *a)
{
    Ctx *c = T->c;
    MatrixChain k;
    Node *by, *size = shape_size_node(c, a->size[0]);
    if (a->n == 1 && diagonal_of(T, &a->t[0]) == c->one)
        return ex_pow(c, a->t[0].coef, size);
    if (a->n != 1 || !read_chain(&a->t[0], &k)) {
        TensorSum *rest = without_content(T, a, &by);
        return rest ? ex_mul2(c, ex_pow(c, by, size), det_atom(T, n, rest)) : c->poison;
    }
    Node *r = ex_pow(c, a->t[0].coef, size);
    for (size_t i = 0; i < k.n && !T->failed; i++) {
        const TensorAtom *atom = atom_of_cell(T, &k.cell[i]);
        bool below = atom && atom->op == OP_INVERSE;
        const TensorSum *m =
            below ? &atom->arg[0] : matrix_of_cell(T, &k.cell[i], a->size);
        if (!m)
            return c->poison;
        Node *d = det_atom(T, n, m);
        r = ex_mul2(c, r, below ? ex_pow(c, d, c->minus_one) : d);
    }
    return r;
}

/* ---- a matrix and its inverse --------------------------------------------------------- */
static unsigned count_index(const TensorWork *w, uint8_t x)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->ncells; i++)
        for (unsigned j = 0; j < w->cell[i].n; j++)
            n += w->cell[i].at[j] == x;
    return n;
}

/* The matrix whose inverse the cell is: one cell. */
static const TensorCell *inverted_cell(const TensorForm *T, const TensorCell *k)
{
    const TensorAtom *a = k->n == 2 ? atom_of_cell(T, k) : NULL;
    if (!a || a->op != OP_INVERSE || a->arg[0].n != 1 || a->arg[0].t[0].ncells != 1)
        return NULL;
    return a->arg[0].t[0].coef == T->c->one ? &a->arg[0].t[0].cell[0] : NULL;
}

/* Are p and q, at axes i and j which are summed up, a matrix and its inverse? */
static bool cancels(const TensorForm *T, const TensorCell *p, unsigned i,
                    const TensorCell *q, unsigned j)
{
    const TensorCell *b = inverted_cell(T, p);
    const TensorAtom *a = atom_of_cell(T, p), *aq = atom_of_cell(T, q);
    if (a && a->orthogonal && a == aq)
        return i == j;
    if (!b || !aq || b->e != q->e)
        return false;
    bool turned = b->at[0] != 0;
    return a->symmetric || aq->symmetric || (i != j) != turned;
}

bool normal_cancel(TensorForm *T, TensorWork *w, unsigned rank)
{
    for (unsigned x = 0; x < w->ncells; x++)
        for (unsigned y = 0; y < w->ncells; y++)
            for (unsigned i = 0; i < 2; i++)
                for (unsigned j = 0; j < 2; j++) {
                    TensorCell p = w->cell[x], q = w->cell[y];
                    if (x == y || p.n != 2 || q.n != 2 || !p.e || !q.e ||
                        p.at[i] != q.at[j] || p.at[i] < rank ||
                        count_index(w, p.at[i]) != 2 || !cancels(T, &p, i, &q, j))
                        continue;
                    unsigned last = x > y ? x : y, first = x ^ y ^ last;
                    w->size[p.at[i]] = (ShapeSize){1, NULL};
                    w->cell[last] = w->cell[--w->ncells];
                    w->cell[first] = w->cell[--w->ncells];
                    normal_put_identity(T, w, p.at[!i], q.at[!j]);
                    return true;
                }
    return false;
}
