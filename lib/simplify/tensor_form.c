/* simplify/tensor_form.c - nodes to normal form, children first. */
#include "expr/contract.h"
#include "simplify/tensor.h"

void normal_form_begin(TensorForm *T, Ctx *c)
{
    *T = (TensorForm){.c = c};
    map_init(&T->by_sym, &c->tmp);
    map_init(&T->done, &c->tmp);
}

TensorSum *normal_sum_new(TensorForm *T, unsigned rank, const ShapeSize *size)
{
    TensorSum *s = ARENA_NEW0(&T->c->tmp, TensorSum, 1);
    if (!s) {
        T->failed = true;
        return NULL;
    }
    s->rank = rank;
    if (rank)
        memcpy(s->size, size, rank * sizeof *size);
    return s;
}

static TensorSum *sum_for(TensorForm *T, const Node *n)
{
    if (n->shape && !shape_is_tensor(n->shape)) {
        T->failed = true;
        return NULL;
    }
    const Shape *s = shape_at(T->c, n->shape);
    return normal_sum_new(T, s->rank, s->size);
}

static const TensorSum *done_of(const TensorForm *T, const Node *n)
{
    uint64_t v = 0;
    (void)map_get(&T->done, n->id, &v);
    return (const TensorSum *)(uintptr_t)v;
}

/* ---- products ------------------------------------------------------------------------- */
static void times_term(TensorForm *T, TensorWork *w, const TensorTerm *t, unsigned rank,
                       const uint8_t *at)
{
    uint8_t to[TERM_INDICES];
    for (unsigned x = 0; x < t->nindices; x++) {
        if (x < rank && at[x] != 255) {
            to[x] = at[x];
            continue;
        }
        if (w->nindices == TERM_INDICES) {
            T->failed = true;
            return;
        }
        w->size[w->nindices] = t->size[x];
        to[x] = (uint8_t)w->nindices++;
    }
    w->coef = ex_mul2(T->c, w->coef, t->coef);
    for (unsigned i = 0; i < t->ncells; i++) {
        const TensorCell *k = &t->cell[i];
        uint8_t own[SHAPE_RANK];
        for (unsigned j = 0; j < k->n; j++)
            own[j] = to[k->at[j]];
        if (k->e)
            normal_put(T, w, k->e, k->n, own);
        else
            normal_put_identity(T, w, own[0], own[1]);
    }
}

void normal_product(TensorForm *T, TensorSum *s, size_t k, const TensorFactor *f,
                    unsigned n, const ShapeSize *size)
{
    size_t at[CONTRACT_OPERANDS + 1] = {0};
    double count = 1;
    for (size_t i = 0; i < k; i++)
        count *= (double)f[i].s->n;
    if (count > SUM_TERMS || s->rank + n > TERM_INDICES)
        T->failed = true;
    for (bool more = count > 0; more && !T->failed && !ctx_poll(T->c);) {
        TensorWork w;
        normal_begin(T, &w, s->rank, s->size);
        for (unsigned i = 0; i < n; i++)
            w.size[w.nindices++] = size[i];
        for (size_t i = 0; i < k; i++)
            times_term(T, &w, &f[i].s->t[at[i]], f[i].s->rank, f[i].at);
        normal_finish(T, &w, s);
        more = false;
        for (size_t i = k; i-- > 0 && !more;) {
            more = ++at[i] < f[i].s->n;
            at[i] = more ? at[i] : 0;
        }
    }
}

/* The axes of s as those of an operand of what has the axes of `to`: the last ones. */
static TensorFactor aligned(const TensorSum *s, const TensorSum *to)
{
    TensorFactor f = {.s = s};
    unsigned skip = to->rank - s->rank;
    for (unsigned j = 0; j < s->rank; j++)
        f.at[j] =
            shape_same_size(s->size[j], to->size[skip + j]) ? (uint8_t)(skip + j) : 255;
    return f;
}

static void form_product(TensorForm *T, TensorSum *s, size_t n, Node *const *a)
{
    TensorFactor f[CONTRACT_OPERANDS];
    if (n > CONTRACT_OPERANDS) {
        T->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        f[i] = aligned(done_of(T, a[i]), s);
    normal_product(T, s, n, f, 0, NULL);
}

static void form_contraction(TensorForm *T, TensorSum *s, const Node *n)
{
    Contraction k;
    TensorFactor f[CONTRACT_OPERANDS + 1];
    uint8_t to[CONTRACT_INDICES];
    ShapeSize size[CONTRACT_INDICES];
    unsigned nsums = 0;
    contract_open(T->c, n, &k);
    memset(to, 255, sizeof to);
    for (unsigned j = k.out.n; j-- > 0;)
        to[k.out.at[j]] = (uint8_t)j;
    for (unsigned x = 0; x < k.nindices; x++)
        if (to[x] == 255) {
            size[nsums] = k.size[x];
            to[x] = (uint8_t)(k.out.n + nsums++);
        }
    size_t m = k.n;
    for (size_t i = 0; i < k.n; i++) {
        f[i].s = done_of(T, k.a[i]);
        for (unsigned j = 0; j < k.in[i].n; j++)
            f[i].at[j] = to[k.in[i].at[j]];
    }
    for (unsigned j = 0; j < k.out.n; j++) /* "a->aa" */
        if (to[k.out.at[j]] != j) {
            T->failed = true;
            return;
        }
    normal_product(T, s, m, f, nsums, size);
}

static void form_sum(TensorForm *T, TensorSum *s, const Node *n)
{
    for (uint32_t i = 0; i < n->n && !T->failed; i++) {
        TensorFactor f = aligned(done_of(T, n->a[i]), s);
        normal_product(T, s, 1, &f, 0, NULL);
    }
}

/* ---- element by element --------------------------------------------------------------- */
static Node *formula_of(TensorForm *T, const TensorSum *s)
{
    Ctx *c = T->c;
    Node **t = ARENA_NEW(&c->tmp, Node *, s->n + 1);
    for (size_t i = 0; t && i < s->n; i++) {
        t[i] = normal_term_formula(T, &s->t[i], s->rank);
        if (!t[i] || T->failed)
            return NULL;
    }
    return !t ? NULL : s->n ? ex_add(c, s->n, t) : c->zero;
}

/* Adds the terms of the formula e, whose positions are the axes of s. */
static void put_formula(TensorForm *T, TensorSum *s, Node *e)
{
    static const uint8_t axes[] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint32_t n = ex_is(e, OP_ADD) ? e->n : 1;
    for (uint32_t i = 0; i < n && !T->failed; i++) {
        TensorWork w;
        normal_begin(T, &w, s->rank, s->size);
        normal_put(T, &w, ex_is(e, OP_ADD) ? e->a[i] : e, s->rank, axes);
        normal_finish(T, &w, s);
    }
}

/* The operand as a formula with the positions of the whole. */
static Node *operand_formula(TensorForm *T, const TensorSum *s, const Node *a)
{
    const TensorSum *b = done_of(T, a);
    TensorFactor f = aligned(b, s);
    for (unsigned j = 0; j < b->rank; j++)
        if (f.at[j] == 255)
            return NULL;
    Node *e = formula_of(T, b);
    return e && b->rank ? normal_move(T, e, f.at) : e;
}

static Node *rebuild_elements(TensorForm *T, const Node *n, Node **a)
{
    Ctx *c = T->c;
    bool logic = n->op == OP_AND || n->op == OP_OR || n->op == OP_NOT;
    for (uint32_t i = 0; i < n->n; i++)
        if ((logic || (n->op == OP_IF && i == 0)) && !ex_is_condition(a[i]))
            a[i] = ex_compare(c, OP_NE, a[i], c->zero);
    Node *e = ex_rebuild(c, n, a);
    return ex_is_condition(e) && n->shape ? ex_if(c, e, c->one, c->zero) : e;
}

static void form_elements(TensorForm *T, TensorSum *s, const Node *n)
{
    Node **a = ARENA_NEW(&T->c->tmp, Node *, n->n + 1);
    for (uint32_t i = 0; a && i < n->n; i++) {
        a[i] = operand_formula(T, s, n->a[i]);
        if (!a[i]) {
            T->failed = true;
            return;
        }
    }
    Node *e = a ? rebuild_elements(T, n, a) : NULL;
    if (e && !ctx_failed(T->c))
        put_formula(T, s, e);
}

/* Squares and so on of sums over indices are multiplied out. */
static bool form_power(TensorForm *T, TensorSum *s, const Node *n)
{
    const TensorSum *b = done_of(T, n->a[0]);
    TensorFactor f[6];
    int64_t k;
    bool sums = b->n > 1;
    for (size_t i = 0; i < b->n; i++)
        sums =
            sums || b->t[i].nindices > b->rank || (b->t[i].ncells && !b->t[i].cell[0].e);
    if (!b->rank || !sums || !ex_get_int(n->a[1], &k) || k < 2 || k > 6 ||
        b->rank != s->rank)
        return false;
    double count = 1;
    for (int64_t i = 0; i < k; i++) {
        f[i] = aligned(b, s);
        count *= (double)b->n;
    }
    if (count > 64)
        return false;
    normal_product(T, s, (size_t)k, f, 0, NULL);
    return true;
}

/* ---- what no rule knows --------------------------------------------------------------- */
static bool is_spread(const Node *n)
{
    while (ex_is(n, OP_LIST) && n->n) {
        for (uint32_t i = 1; i < n->n; i++)
            if (n->a[i] != n->a[0])
                return false;
        n = n->a[0];
    }
    return !n->shape;
}

/* A list that is a number times the identity: that number. */
static Node *multiple_of_identity(Ctx *c, const Node *n)
{
    Node *d = NULL;
    if (!shape_is_square(c, n->shape))
        return NULL;
    for (uint32_t i = 0; i < n->n; i++)
        for (uint32_t j = 0; j < n->n; j++) {
            Node *x = n->a[i]->a[j];
            if (i != j ? x != c->zero : d && x != d)
                return NULL;
            d = i == j ? x : d;
        }
    return d;
}

static void put_identity(TensorForm *T, TensorSum *s, Node *times)
{
    TensorWork w;
    normal_begin(T, &w, s->rank, s->size);
    w.coef = times;
    normal_put_identity(T, &w, 0, 1);
    normal_finish(T, &w, s);
}

static void put_atom(TensorForm *T, TensorSum *s, const TensorAtom *a)
{
    static const uint8_t axes[] = {0, 1, 2, 3, 4, 5, 6, 7};
    TensorWork w;
    normal_begin(T, &w, s->rank, s->size);
    Node *g = normal_generator(T, normal_atom_of(T, a), a->rank, axes);
    if (T->failed)
        return;
    normal_put(T, &w, g, a->rank, axes);
    if (a->rank < s->rank)
        normal_put_identity(T, &w, 0, 1); /* diagonal */
    normal_finish(T, &w, s);
}

static void form_name(TensorForm *T, TensorSum *s, const Node *n)
{
    unsigned is = ex_is(n, OP_SYM) && s->rank == 2 ? sym_structure(T->c, n->sym) : 0;
    TensorAtom a = {.op = (Op)n->op,
                    .node = n,
                    .rank = is & SYM_DIAGONAL ? 1 : s->rank,
                    .symmetric = (is & (SYM_SYMMETRIC | SYM_POSITIVE)) != 0,
                    .orthogonal = (is & SYM_ORTHOGONAL) != 0,
                    .sign = n->sign & S_ANY};
    put_atom(T, s, &a);
}

TensorSum *normal_opaque(TensorForm *T, const Node *n, size_t nargs, const TensorSum *arg)
{
    TensorSum *s = sum_for(T, n);
    TensorAtom a = {.op = (Op)n->op,
                    .node = n,
                    .nargs = nargs,
                    .arg = arg,
                    .sign = n->shape ? S_ANY : n->sign & S_ANY};
    if (s) {
        a.rank = s->rank;
        put_atom(T, s, &a);
    }
    return s;
}

static TensorSum *copy_operands(TensorForm *T, const Node *n)
{
    TensorSum *a = ARENA_NEW(&T->c->tmp, TensorSum, n->n + 1);
    for (uint32_t i = 0; a && i < n->n; i++)
        a[i] = *done_of(T, n->a[i]);
    if (!a)
        T->failed = true;
    return a;
}

/* Of a row that is linear in its first operand, term by term. */
static void form_linear(TensorForm *T, TensorSum *s, const Node *n)
{
    const TensorSum *a = done_of(T, n->a[0]);
    for (size_t i = 0; i < a->n && !T->failed; i++) {
        TensorSum *arg = copy_operands(T, n);
        TensorTerm *t = ARENA_NEW(&T->c->tmp, TensorTerm, 1);
        if (!arg || !t)
            return;
        *t = a->t[i];
        t->coef = T->c->one;
        arg[0].n = 1;
        arg[0].t = t;
        TensorSum *one = normal_opaque(T, n, n->n, arg);
        for (size_t j = 0; one && j < one->n; j++) {
            one->t[j].coef = ex_mul2(T->c, one->t[j].coef, a->t[i].coef);
            TensorFactor f = aligned(one, s);
            normal_product(T, s, 1, &f, 0, NULL);
        }
    }
}

static void form_row(TensorForm *T, TensorSum *s, const Node *n)
{
    TensorSum *arg = copy_operands(T, n), *r = NULL;
    if (!arg)
        return;
    if (n->op == OP_INVERSE)
        r = normal_inverse(T, n, arg);
    else if (n->op == OP_DET)
        put_formula(T, s, normal_det(T, n, arg));
    else if (op_info((Op)n->op)->flags & LINEAR)
        form_linear(T, s, n);
    else
        r = normal_opaque(T, n, n->n, arg);
    if (r)
        *s = *r;
}

/* ---- nodes ---------------------------------------------------------------------------- */
static void form_list(TensorForm *T, TensorSum *s, const Node *n)
{
    Node *d = multiple_of_identity(T->c, n);
    if (is_spread(n) || d) {
        const Node *e = n;
        while (!d && ex_is(e, OP_LIST) && e->n)
            e = e->a[0];
        TensorFactor f = {.s = done_of(T, d ? d : e)};
        if (d && f.s->n == 1 && !f.s->t[0].ncells)
            put_identity(T, s, f.s->t[0].coef);
        else if (d)
            T->failed = f.s->n > 0;
        else
            normal_product(T, s, 1, &f, 0, NULL);
        return;
    }
    TensorSum *arg = copy_operands(T, n),
              *r = arg ? normal_opaque(T, n, n->n, arg) : NULL;
    if (r)
        *s = *r;
}

static void form_node(TensorForm *T, TensorSum *s, const Node *n)
{
    TensorFactor f;
    switch ((Op)n->op) {
    case OP_ADD: form_sum(T, s, n); break;
    case OP_SCALE:
    case OP_MUL: form_product(T, s, n->n, n->a); break;
    case OP_POW:
        if (!form_power(T, s, n))
            form_elements(T, s, n);
        break;
    case OP_CONTRACT: form_contraction(T, s, n); break;
    case OP_BROADCAST:
    case OP_ROW:
        f = aligned(done_of(T, n->a[0]), s);
        normal_product(T, s, 1, &f, 0, NULL);
        break;
    case OP_EYE: put_identity(T, s, T->c->one); break;
    case OP_LIST: form_list(T, s, n); break;
    case OP_SYM: form_name(T, s, n); break;
    case OP_INT:
    case OP_SUM:
    case OP_PROD: T->failed = true; break;
    default:
        if (op_is_tensor((Op)n->op))
            form_row(T, s, n);
        else if (!n->n)
            form_name(T, s, n);
        else if (op_is_structural((Op)n->op))
            T->failed = true;
        else
            form_elements(T, s, n);
    }
}

static bool is_plain(const TensorForm *T, const Node *n)
{
    bool plain = !n->shape;
    for (uint32_t i = 0; plain && i < n->n; i++)
        plain = done_of(T, n->a[i])->plain;
    return plain;
}

static void form_one(TensorForm *T, Node *n)
{
    TensorSum *s = sum_for(T, n);
    if (!s)
        return;
    if (is_plain(T, n)) {
        TensorWork w;
        s->plain = true;
        normal_begin(T, &w, 0, NULL);
        w.coef = n;
        normal_finish(T, &w, s);
    } else {
        form_node(T, s, n);
        normal_collect(T, s);
    }
    map_put(&T->done, n->id, (uint64_t)(uintptr_t)s);
}

const TensorSum *normal_form(TensorForm *T, Node *n)
{
    Ctx *c = T->c;
    size_t count;
    Node **order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count && !T->failed && !ctx_poll(c); i++)
        if (!done_of(T, order[i]))
            form_one(T, order[i]);
    return order && !T->failed && !ctx_failed(c) ? done_of(T, n) : NULL;
}
