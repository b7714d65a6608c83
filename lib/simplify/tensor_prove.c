/* simplify/tensor_prove.c - is a tensor zero, for all sizes and values at which it is defined?
 *
 * Yes if no term of its normal form is left. Terms that differ in one cell only are one, with the sum of
 * the cells as its own: such a sum, like coefficients, is a formula of numbers, which prove_zero knows.
 * Where that is not enough, what is inverted and the like stands for itself, as a name, wherever it
 * stands: inv(A + B)*(A + B).
 */
#include "simplify/tensor.h"

enum { MOST_LEFT = 60, MOST_NAMES = 32 };

static bool is_zero(Ctx *c, Node *e)
{
    return e == c->zero || prove_zero(c, e) == PROOF_YES;
}

static bool same_cell(const TensorCell *a, const TensorCell *b)
{
    return a->e == b->e && a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

/* What b has in the place of the cell k of a, all other cells being the same: its formula, one where it
 * has no cell there. NULL: they differ in more. */
static Node *in_place_of(Ctx *c, const TensorTerm *a, unsigned k, const TensorTerm *b)
{
    bool used[TERM_CELLS] = {false};
    const TensorCell *left = NULL, *own = &a->cell[k];
    if (a->nindices != b->nindices || b->ncells > a->ncells || b->ncells + 1 < a->ncells)
        return NULL;
    for (unsigned i = 0; i < a->ncells; i++) {
        unsigned j = 0;
        while (j < b->ncells && (used[j] || !same_cell(&a->cell[i], &b->cell[j])))
            j++;
        if (i != k && j == b->ncells)
            return NULL;
        if (i != k)
            used[j] = true;
    }
    for (unsigned j = 0; j < b->ncells; j++)
        left = used[j] ? left : &b->cell[j];
    if (!left)
        return c->one;
    return left->e && left->n == own->n && memcmp(left->at, own->at, own->n) == 0
               ? left->e
               : NULL;
}

/* Do the terms that differ from t in its cell k only go, with t itself? */
static bool terms_meet(Ctx *c, const TensorSum *s, size_t t, unsigned k, bool *gone)
{
    bool meets[MOST_LEFT] = {false};
    Node *sum = c->zero;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        Node *e = gone[i] ? NULL : in_place_of(c, &s->t[t], k, &s->t[i]);
        if (!e)
            continue;
        sum = ex_add2(c, sum, ex_mul2(c, s->t[i].coef, e));
        meets[i] = true;
        n++;
    }
    if (n < 2 || !is_zero(c, sum))
        return false;
    for (size_t i = 0; i < s->n; i++)
        gone[i] = gone[i] || meets[i];
    return true;
}

static bool all_goes(Ctx *c, const TensorSum *s)
{
    bool gone[MOST_LEFT] = {false};
    if (s->n > MOST_LEFT)
        return false;
    for (size_t i = 0; i < s->n; i++)
        gone[i] = is_zero(c, s->t[i].coef);
    for (size_t i = 0; i < s->n && !ctx_poll(c); i++)
        for (unsigned k = 0; k < s->t[i].ncells && !gone[i]; k++)
            if (s->t[i].cell[k].e)
                (void)terms_meet(c, s, i, k, gone);
    for (size_t i = 0; i < s->n; i++)
        if (!gone[i])
            return false;
    return !ctx_failed(c);
}

static bool zero_by_form(Ctx *c, Node *n)
{
    Attempt at = attempt_begin(c);
    ArenaMark m = arena_mark(&c->tmp);
    TensorForm T;
    normal_form_begin(&T, c);
    Node *d = normal_define(c, n);
    const TensorSum *s = ctx_failed(c) ? NULL : normal_form(&T, d);
    bool zero = s && all_goes(c, s);
    arena_release(&c->tmp, m);
    return attempt_end(c, &at) && zero;
}

/* What is inverted or has its determinant taken, by names of their own. */
static Node *with_names(Ctx *c, Node *n)
{
    Node *from[MOST_NAMES], *to[MOST_NAMES];
    size_t k = 0, count;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &n, &count);
    for (size_t i = 0; order && i < count && k < MOST_NAMES; i++) {
        Node *x = order[i], *a = x->n ? x->a[0] : NULL;
        bool known = !a ||
                     (x->op != OP_INVERSE && x->op != OP_DET && x->op != OP_ADJ &&
                      x->op != OP_LOGDET) ||
                     ex_is(a, OP_SYM);
        for (size_t j = 0; j < k && !known; j++)
            known = from[j] == a;
        if (known)
            continue;
        from[k] = a;
        to[k++] = ex_sym_shaped(c, sym_fresh(c, "M"), a->shape);
    }
    Node *r = k && !ctx_failed(c) ? ex_replace(c, n, from, to, k) : n;
    arena_release(&c->tmp, m);
    return r;
}

bool prove_tensor_zero(Ctx *c, Node *n)
{
    if (n->flags & NF_DEC) {
        Attempt at = attempt_begin(c);
        n = ex_without_decimals(c, n);
        if (!attempt_end(c, &at))
            return false;
    }
    if (zero_by_form(c, n))
        return true;
    Attempt at = attempt_begin(c);
    Node *named = ctx_failed(c) ? n : with_names(c, n);
    return attempt_end(c, &at) && named != n && zero_by_form(c, named);
}
