/* simplify/tensor_small.c - the smallest form of a tensor expression: as it is, or as its normal form
 * says, with common factors of sums of contractions taken out. */
#include "expr/contract.h"
#include "expr/tensors.h"
#include "simplify/measure.h"
#include "simplify/tensor.h"

enum { LARGEST = 400, MOST_TERMS = 12, MOST_OPERANDS = 8 };

/* ---- common factors ------------------------------------------------------------------- */
/* A term of a sum: a number times a contraction. */
typedef struct {
    Node *coef;
    Contraction k;
} Part;

static bool read_part(Ctx *c, Node *t, Part *p)
{
    Node *num = c->one;
    if (ex_is(t, OP_SCALE)) {
        num = t->a[0];
        t = t->a[1];
    }
    if (ex_is(t, OP_MUL) && t->n > 1) {
        Node *last = NULL, **f = ARENA_NEW(&c->tmp, Node *, t->n);
        uint32_t n = 0;
        for (uint32_t i = 0; f && i < t->n; i++)
            if (!t->a[i]->shape)
                f[n++] = t->a[i];
            else
                last = t->a[i];
        if (!last || n + 1 != t->n)
            return false;
        num = ex_mul2(c, num, ex_mul(c, n, f));
        t = last;
    }
    if (!ex_is(t, OP_CONTRACT) || t->n < 2 || t->n > MOST_OPERANDS)
        return false;
    p->coef = num;
    contract_open(c, t, &p->k);
    return true;
}

/* The operand j of b in the place of the operand i of a, all others being the same: *list, the indices
 * it has in a. */
static bool matches(const Contraction *a, size_t i, const Contraction *b, size_t j,
                    Indices *list)
{
    uint8_t to[CONTRACT_INDICES];
    bool taken[CONTRACT_INDICES] = {false};
    memset(to, 255, sizeof to);
    if (a->n != b->n || a->out.n != b->out.n)
        return false;
    for (size_t p = 0; p <= a->n; p++) { /* the last one: the axes of the result */
        size_t x = p, y = 0;
        const Indices *l, *r;
        if (p < a->n) {
            if (p == i)
                continue;
            y = p > i ? p - 1 : p;
            y += y >= j;
            if (a->a[x] != b->a[y])
                return false;
        }
        l = p == a->n ? &a->out : &a->in[x];
        r = p == a->n ? &b->out : &b->in[y];
        for (unsigned q = 0; q < l->n; q++) {
            if (to[r->at[q]] == 255 && !taken[l->at[q]]) {
                to[r->at[q]] = l->at[q];
                taken[l->at[q]] = true;
            }
            if (to[r->at[q]] != l->at[q])
                return false;
        }
    }
    list->n = b->in[j].n;
    for (unsigned q = 0; q < list->n; q++) {
        list->at[q] = to[b->in[j].at[q]];
        if (list->at[q] == 255)
            return false;
    }
    return list->n == a->in[i].n;
}

/* a with the axes of the list in the order of to. */
static Node *reordered(Ctx *c, Node *a, const Indices *list, const Indices *to)
{
    Contraction k = {.n = 1, .nindices = CONTRACT_INDICES};
    k.a[0] = a;
    k.in[0] = *list;
    k.out = *to;
    for (unsigned x = 0; x < CONTRACT_INDICES; x++)
        k.size[x] = (ShapeSize){1, NULL};
    for (unsigned q = 0; q < to->n; q++) {
        bool found = false;
        for (unsigned p = 0; p < list->n; p++)
            found = found || list->at[p] == to->at[q];
        if (!found)
            return NULL;
    }
    return contract_make(c, &k, "a transpose");
}

/* The indices of the operand i so that an axis of the result comes first: A + A', not its transpose. */
static Indices in_order(const Contraction *k, size_t i)
{
    Indices list = k->in[i];
    bool out[2] = {false, false};
    for (unsigned j = 0; j < k->out.n && list.n == 2; j++)
        for (unsigned p = 0; p < 2; p++)
            out[p] = out[p] || k->out.at[j] == list.at[p];
    if (list.n == 2 && out[1] && !out[0]) {
        list.at[0] = k->in[i].at[1];
        list.at[1] = k->in[i].at[0];
    }
    return list;
}

/* a*x + b*x as (a + b)*x; NULL: they have no factor in common. */
static Node *join_two(Ctx *c, const Part *a, const Part *b)
{
    for (size_t i = 0; i < a->k.n; i++)
        for (size_t j = 0; j < b->k.n; j++) {
            Indices list;
            if (!matches(&a->k, i, &b->k, j, &list))
                continue;
            Indices want = in_order(&a->k, i);
            Node *u = reordered(c, a->k.a[i], &a->k.in[i], &want),
                 *v = reordered(c, b->k.a[j], &list, &want);
            if (!u || !v || ctx_failed(c) || v->shape != u->shape)
                continue;
            Node *by = a->coef == b->coef ? c->one : b->coef;
            bool opposite = ex_is_num(a->coef) && ex_is_num(b->coef);
            Node *coef = a->coef;
            if (opposite)
                by = ex_div(c, b->coef, a->coef);
            else if (a->coef != b->coef)
                continue;
            Contraction k = a->k;
            k.in[i] = want;
            k.a[i] = ex_add2(c, u, ex_mul2(c, by, v));
            return ex_mul2(c, coef, contract_close(c, &k));
        }
    return NULL;
}

static Node *join_sum(Ctx *c, Node *n)
{
    Node *t[MOST_TERMS];
    size_t k = n->n;
    if (!ex_is(n, OP_ADD) || n->n > MOST_TERMS || !shape_is_tensor(n->shape))
        return n;
    memcpy(t, n->a, k * sizeof *t);
    for (size_t i = 0; i < k; i++)
        for (size_t j = i + 1; j < k; j++) {
            Part a, b;
            Node *r = read_part(c, t[i], &a) && read_part(c, t[j], &b)
                          ? join_two(c, &a, &b)
                          : NULL;
            if (!r || measure_cost(c, r) >= measure_cost(c, ex_add2(c, t[i], t[j])))
                continue;
            t[i] = r;
            t[j] = t[--k];
            j = i;
        }
    return k == n->n ? n : ex_add(c, k, t);
}

/* 2*a + 2*b among the operands of a contraction: 2 stands outside. */
static Node *take_contents(Ctx *c, Node *n)
{
    Contraction k;
    Num all = NUM_ONE;
    if (!ex_is(n, OP_CONTRACT))
        return n;
    contract_open(c, n, &k);
    for (size_t i = 0; i < k.n; i++) {
        Node *a = k.a[i];
        Num g = ex_is(a, OP_ADD) ? num_abs(&c->tmp, ex_coef(a->a[0])) : NUM_ONE;
        for (uint32_t j = 1; ex_is(a, OP_ADD) && j < a->n; j++)
            if (num_cmp(num_abs(&c->tmp, ex_coef(a->a[j])), g) != 0)
                g = NUM_ONE;
        if (num_is_one(g))
            continue;
        all = num_mul(ctx_arena(c), all, g);
        k.a[i] = ex_div(c, a, ex_num(c, g));
    }
    return num_is_one(all) ? n : ex_mul2(c, ex_num(c, all), contract_close(c, &k));
}

/* adj(A)/det(A) is inv(A). */
static Node *invert(Ctx *c, Node *n, void *arg)
{
    const Node *a = arg;
    return ex_is(n, OP_ADJ) && n->a[0] == a ? ex_tensor(c, OP_INVERSE, NULL, 1, n->a)
                                            : NULL;
}

static Node *join_adjugate(Ctx *c, Node *n)
{
    if (!ex_is(n, OP_MUL))
        return n;
    for (uint32_t i = 0; i < n->n; i++) {
        Node *f = n->a[i];
        if (!ex_is(f, OP_POW) || !ex_is(f->a[0], OP_DET) || !ex_is_rat(f->a[1], -1, 1))
            continue;
        for (uint32_t j = 0; j < n->n; j++) {
            const Node *g = n->a[j];
            bool direct =
                ex_is(g, OP_ADJ) || (contract_is(g, "ab->ba") && ex_is(g->a[0], OP_ADJ));
            const Node *adj = !direct ? NULL : ex_is(g, OP_ADJ) ? g : g->a[0];
            if (adj && adj->a[0] == f->a[0]->a[0]) {
                Node *r = ex_mul2(c, n, f->a[0]);
                return ex_swap(c, r, invert, adj->a[0]);
            }
        }
    }
    return n;
}

static Node *join_step(const Rewriting *w, Node *x, Node *const *a)
{
    Node *n = ex_with(w->c, x, a);
    return join_sum(w->c, take_contents(w->c, join_adjugate(w->c, n)));
}

/* ---- the smallest ---------------------------------------------------------------------- */
static void offer(Ctx *c, Node *n, Node **best)
{
    if (!ctx_failed(c) && n && !ex_is_poison(n) && n->shape == (*best)->shape &&
        measure_cost(c, n) < measure_cost(c, *best) - 1e-9)
        *best = n;
}

static Node *by_normal_form(Ctx *c, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    TensorForm T;
    normal_form_begin(&T, c);
    const TensorSum *s = normal_form(&T, n);
    Node *r = s && s->n < 16 ? normal_node(&T, s) : NULL;
    arena_release(&c->tmp, m);
    return r;
}

Node *simplify_tensor(Ctx *c, Node *n)
{
    if (ex_dag_size(c, n) > LARGEST)
        return n;
    Node *best = n, *r;
    Attempt at = attempt_begin(c);
    r = ex_rewrite(c, n, 0, join_step, NULL);
    offer(c, r, &best);
    r = ctx_failed(c) ? NULL : by_normal_form(c, best);
    offer(c, r, &best);
    r = r && !ctx_failed(c) ? ex_rewrite(c, r, 0, join_step, NULL) : NULL;
    offer(c, r, &best);
    return attempt_end(c, &at) ? best : n;
}

static bool is_of_tensors(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return shape_is_tensor(n->shape) && !ex_is(n, OP_LIST) && !ex_is(n, OP_ROW);
}

bool simplify_has_tensors(Ctx *c, Node *n)
{
    return c->nshapes > SHAPE_RAGGED + 1 && ex_find(c, n, 0, is_of_tensors, NULL);
}
