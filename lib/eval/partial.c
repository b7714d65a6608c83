/* eval/partial.c - partial derivatives at a point, by the rule of slope.c, and the operators that are
 * made of them: grad, hessian, laplacian ... Names that are not differentiated by get their values
 * first, so that what they make of the function is seen: x^p at p = 1 is no root.
 */
#include "eval/internal.h"
#include "print/print.h"

/* Which of the names bound is x; own->n: none. */
static size_t place_of_name(const At *at, uint32_t x)
{
    size_t k = 0;
    while (k < at->own->n && at->own->v[k] != x)
        k++;
    return k;
}

/* ---- one partial derivative */

enum { PARTIALS = 8 };

/* order[i] times by x[i], i < n; each name once. */
typedef struct {
    uint32_t x[PARTIALS];
    unsigned order[PARTIALS];
    size_t n;
} Partial;

static bool partial_add(Partial *d, uint32_t x, unsigned order)
{
    size_t i = 0;
    while (i < d->n && d->x[i] != x)
        i++;
    if (i == PARTIALS)
        return false;
    d->order[i] = (i < d->n ? d->order[i] : 0) + order;
    d->x[i] = x;
    d->n += i == d->n;
    return true;
}

/* e with the names bound put in, but not those of d from the from-th on, up to the to-th. NULL:
 * that has no value. */
static Node *put_in_but(const At *at, Node *e, const Partial *d, size_t from, size_t to)
{
    Ctx *c = at->c;
    static const SymList none;
    Node **by = ARENA_NEW(&c->tmp, Node *, at->own->n + 1);
    if (!by || !e)
        return NULL;
    memcpy(by, at->by, at->own->n * sizeof *by);
    for (size_t i = from; i < to; i++) {
        size_t k = place_of_name(at, d->x[i]);
        if (k < at->own->n)
            by[k] = ex_sym(c, d->x[i]);
    }
    Node *r = eval_try_subst(c, e, at->own->v, by, at->own->n);
    r = r ? eval_expand(at->ev, r, &none, EXPAND_NEEDED) : NULL;
    bool ok = !ctx_failed(c); /* terms of a sum may have no value, either */
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

static Node *try_diff(Ctx *c, Node *e, uint32_t x, unsigned n)
{
    Node *r = e && !ctx_failed(c) ? diff_n(c, e, x, ex_int(c, n)) : NULL;
    bool ok = !ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

/* Differentiated by the other names first, these then put in, and at last by the i-th. */
static Node *partial_by_last(const At *at, Node *f, const Partial *d, size_t i)
{
    Ctx *c = at->c;
    size_t k = place_of_name(at, d->x[i]);
    for (size_t j = 0; j < d->n && f; j++)
        f = j == i ? f : try_diff(c, f, d->x[j], d->order[j]);
    f = put_in_but(at, f, d, i, i + 1);
    Node *R = try_diff(c, f, d->x[i], d->order[i]);
    if (!f || k == at->own->n || ctx_failed(c))
        return NULL;
    Node *r = eval_slope(at->ev, f, R, d->x[i], at->by[k], d->order[i]);
    bool ok = !ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return ok ? r : NULL;
}

/* Has f kinks by the i-th name of d, the others being put in? Then it comes last: what is taken
 * before is a formula. */
static int has_kinks_by(const At *at, Node *f, const Partial *d, size_t i)
{
    Node *e = f ? put_in_but(at, f, d, i, i + 1) : NULL;
    return e && eval_has_kinks(at->c, e) && ex_depends(at->c, e, d->x[i]);
}

/* What is left to say of a derivative by several names: the formula's value, or why there is none. */
static Node *formula_at(const At *at, Node *f, const Partial *d, Node *R)
{
    Ctx *c = at->c;
    Str where = {0};
    if (!f || !put_in_but(at, f, d, 0, 0) || put_in_but(at, R, d, 0, 0))
        return ex_subst(c, R, at->own->v, at->by, at->own->n);
    for (size_t i = 0; i < d->n; i++) {
        size_t k = place_of_name(at, d->x[i]);
        str_printf(&where, "%s%s = ", i ? ", " : "", sym_name(c, d->x[i]));
        print_brief(c, &where, k < at->own->n ? at->by[k] : ex_sym(c, d->x[i]), 40);
    }
    ctx_error(c, LBZ_UNABLE,
              "a slope by one name may be infinite beside it: look at the formula",
              "what mixed derivative there is at %s cannot be told", str_cstr(&where));
    str_free(&where);
    return c->poison;
}

/* The derivative d of f, whose formula is R, at the point. */
static Node *partial_at(const At *at, Node *f, const Partial *d, Node *R)
{
    Ctx *c = at->c;
    size_t k = d->n ? place_of_name(at, d->x[0]) : at->own->n;
    if (d->n == 1 && k < at->own->n && d->order[0] == 1) {
        Node **tie = ARENA_NEW(&c->tmp, Node *, at->own->n);
        if (tie && eval_tie(c, f, at->own->v, at->by, at->own->n, tie))
            return tie[k];
    }
    if (d->n == 1 && k < at->own->n) {
        Node *e = put_in_but(at, f, d, 0, 1), *r = put_in_but(at, R, d, 0, 1);
        r = r || !e ? r : try_diff(c, e, d->x[0], d->order[0]);
        if (e && !ctx_failed(c))
            return eval_slope(at->ev, e, r, d->x[0], at->by[k], d->order[0]);
    }
    Node *r = eval_has_kinks(c, f) ? NULL : put_in_but(at, R, d, 0, 0);
    f = put_in_but(at, f, d, 0, d->n);
    for (int kinks = 1; kinks >= 0 && d->n > 1; kinks--)
        for (size_t i = 0; i < d->n && !r && !ctx_failed(c); i++)
            if (kinks == has_kinks_by(at, f, d, i))
                r = partial_by_last(at, f, d, i);
    return r || ctx_failed(c) ? r : formula_at(at, f, d, R);
}

Node *eval_partial_at(const At *at, Node *f, const uint32_t *x, const unsigned *order,
                      size_t n, Node *R)
{
    Partial d = {0};
    for (size_t i = 0; i < n; i++)
        if (order[i] && !partial_add(&d, x[i], order[i]))
            return NULL;
    return partial_at(at, f, &d, R);
}

/* ---- the derivative operators at a point */

/* The partials of an operator that differentiates, and what they are taken of. */
typedef struct {
    const At *at;
    Op op;
    Node *f;     /* a function or a list of them, names put in */
    Node *R;     /* the formula of the result */
    Node *names; /* a LIST of them */
    Node *v;     /* the vector that multiplies, in its value; or NULL */
} Operator;

static Node *component(Node *f, size_t i) { return ex_is(f, OP_LIST) ? f->a[i] : f; }
static size_t components(const Node *f) { return ex_is(f, OP_LIST) ? f->n : 1; }

/* The part of a formula that belongs to one function or name; NULL: it has another shape. */
static Node *part(Node *R, bool list, size_t n, size_t i)
{
    if (!R || ex_is(R, OP_LIST) != list || (list && R->n != n))
        return list || !R || ex_is(R, OP_LIST) ? NULL : R;
    return list ? R->a[i] : R;
}

static Node *first_partial(const Operator *o, Node *f, size_t j, Node *R)
{
    Partial d = {0};
    (void)partial_add(&d, o->names->a[j]->sym, 1);
    R = R ? R : diff(o->at->c, f, o->names->a[j]->sym);
    return partial_at(o->at, f, &d, R);
}

static Node *second_partial(const Operator *o, Node *f, size_t i, size_t j, Node *R)
{
    Ctx *c = o->at->c;
    uint32_t x = o->names->a[i]->sym, y = o->names->a[j]->sym;
    Partial d = {0};
    (void)partial_add(&d, y, 1); /* the last */
    (void)partial_add(&d, x, 1);
    R = R ? R : diff(c, diff(c, f, x), y);
    return partial_at(o->at, f, &d, R);
}

/* The gradient of one function as a list; one that ties belongs together. */
static Node *gradient_at(const Operator *o, Node *f, Node *R)
{
    const At *at = o->at;
    Ctx *c = at->c;
    size_t n = o->names->n;
    Node **g = ARENA_NEW(&c->tmp, Node *, n + 1),
         **tie = ARENA_NEW(&c->tmp, Node *, at->own->n + 1);
    bool tied = g && tie && eval_tie(c, f, at->own->v, at->by, at->own->n, tie);
    for (size_t j = 0; g && tie && j < n && !ctx_failed(c); j++) {
        size_t k = tied ? place_of_name(at, o->names->a[j]->sym) : at->own->n;
        g[j] = k < at->own->n ? tie[k] : first_partial(o, f, j, part(R, true, n, j));
    }
    return g && !ctx_failed(c) ? ex_list(c, n, g) : c->poison;
}

static Node *hessian_at(const Operator *o, Node *R)
{
    Ctx *c = o->at->c;
    size_t n = o->names->n;
    Node **h = ARENA_NEW(&c->tmp, Node *, n * n + 1),
         **row = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; h && row && i < n; i++) {
        for (size_t j = 0; j < n && !ctx_failed(c); j++) {
            Node *Ri = part(R, true, n, i);
            h[i * n + j] = second_partial(o, o->f, i, j, part(Ri, true, n, j));
        }
        row[i] = ctx_failed(c) ? c->poison : ex_list(c, n, h + i * n);
    }
    return h && row && !ctx_failed(c) ? ex_list(c, n, row) : c->poison;
}

/* sum over j of v_j*m_j; v NULL: of m_j */
static Node *weighted_sum(Ctx *c, Node *const *m, const Node *v, size_t n)
{
    Node **t = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t j = 0; t && j < n; j++)
        t[j] = v ? ex_mul2(c, m[j], component((Node *)(uintptr_t)v, j)) : m[j];
    return t && !ctx_failed(c) ? ex_add(c, n, t) : c->poison;
}

static Node *jacobian_at(const Operator *o, Node *R)
{
    Ctx *c = o->at->c;
    size_t n = components(o->f);
    bool list = ex_is(o->f, OP_LIST);
    Node **row = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; row && i < n && !ctx_failed(c); i++)
        row[i] = gradient_at(o, component(o->f, i), part(R, list, n, i));
    if (!row || ctx_failed(c))
        return c->poison;
    return list ? ex_list(c, n, row) : row[0];
}

/* Column j of a matrix given as a list of rows. */
static Node **column(Ctx *c, const Node *m, size_t j)
{
    Node **v = ARENA_NEW(&c->tmp, Node *, m->n + 1);
    for (size_t i = 0; v && i < m->n; i++)
        v[i] = m->a[i]->a[j];
    return v;
}

/* Rows (or columns) of m times v. */
static Node *matrix_vector(Ctx *c, const Node *m, const Node *v, bool columns)
{
    size_t n = columns && m->n ? m->a[0]->n : m->n;
    Node **r = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; r && i < n; i++)
        r[i] = columns ? weighted_sum(c, column(c, m, i), v, m->n)
                       : weighted_sum(c, m->a[i]->a, v, m->a[i]->n);
    return r && !ctx_failed(c) ? ex_list(c, n, r) : c->poison;
}

static Node *laplacian_at(const Operator *o, Node *f)
{
    Ctx *c = o->at->c;
    size_t n = o->names->n;
    Node **t = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; t && i < n && !ctx_failed(c); i++)
        t[i] = second_partial(o, f, i, i, NULL);
    return t && !ctx_failed(c) ? ex_add(c, n, t) : c->poison;
}

static Node *divergence_at(const Operator *o)
{
    Ctx *c = o->at->c;
    size_t n = o->names->n;
    Node **t = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; t && i < n && !ctx_failed(c); i++)
        t[i] = first_partial(o, component(o->f, i), i, NULL);
    return t && !ctx_failed(c) ? ex_add(c, n, t) : c->poison;
}

static Node *curl_at(const Operator *o)
{
    Ctx *c = o->at->c;
    size_t n = o->names->n;
    Node *r[3];
    for (size_t i = n == 2 ? 2 : 0; i < 3 && !ctx_failed(c); i++) {
        size_t p = (i + 1) % 3, q = (i + 2) % 3;
        r[i] = ex_sub(c, first_partial(o, o->f->a[q], p, NULL),
                      first_partial(o, o->f->a[p], q, NULL));
    }
    return ctx_failed(c) ? c->poison : n == 2 ? r[2] : ex_list(c, 3, r);
}

static Node *times_vector(const Operator *o)
{
    Ctx *c = o->at->c;
    Node *m = o->op == OP_HVP ? hessian_at(o, NULL) : jacobian_at(o, NULL);
    if (ctx_failed(c))
        return c->poison;
    if (o->op == OP_JVP && !ex_is(o->f, OP_LIST))
        return weighted_sum(c, m->a, o->v, m->n);
    if (o->op == OP_VJP && !ex_is(o->f, OP_LIST))
        m = ex_list(c, 1, &m);
    return matrix_vector(c, m, o->v, o->op == OP_VJP);
}

/* d/dx of d/dx is one derivative: the function is that of the innermost. NULL: no such. */
static Node *flattened(const At *at, Node *n, Partial *d)
{
    Ctx *c = at->c;
    for (;;) {
        for (uint32_t i = 1; i + 1 < n->n; i += 2) {
            int64_t k;
            if (!ex_get_int(n->a[i + 1], &k) || k < 0 || k > 100 ||
                !partial_add(d, n->a[i]->sym, (unsigned)k))
                return NULL;
        }
        if (!ex_is(n->a[0], OP_DIFF))
            return nodemap_get(&at->ev->operand_of, n);
        n = n->a[0];
        if (ctx_poll(c))
            return NULL;
    }
}

static Node *diff_at(const At *at, Node *n, Node *R)
{
    Ctx *c = at->c;
    Partial d = {0};
    Node *f = flattened(at, n, &d);
    f = f ? eval_expand(at->ev, f, at->own, EXPAND_NEEDED) : NULL;
    if (!f || ctx_failed(c))
        return NULL;
    bool list = ex_is(f, OP_LIST);
    Node **r = ARENA_NEW(&c->tmp, Node *, components(f) + 1);
    for (size_t i = 0; r && i < components(f); i++) {
        Node *fi = component(f, i), *Ri = part(R, list, components(f), i);
        if (ex_is(fi, OP_LIST) || !Ri)
            return NULL;
        r[i] = partial_at(at, fi, &d, Ri);
    }
    return !r || ctx_failed(c) ? c->poison : list ? ex_list(c, components(f), r) : r[0];
}

static Node *operator_at(const Operator *o, Node *R, bool list)
{
    switch (o->op) {
    case OP_GRAD:
    case OP_JACOBIAN: return list ? jacobian_at(o, R) : NULL;
    case OP_HESSIAN: return ex_is(o->f, OP_LIST) ? NULL : hessian_at(o, R);
    case OP_LAPLACIAN: return ex_is(o->f, OP_LIST) ? NULL : laplacian_at(o, o->f);
    case OP_DIV: return divergence_at(o);
    case OP_CURL: return curl_at(o);
    case OP_HVP:
    case OP_JVP:
    case OP_VJP: return times_vector(o);
    default: return NULL;
    }
}

static Node *carried(const Evaluation *ev, Node *n)
{
    Node *r = nodemap_get(&ev->carried_of, n);
    return r ? r : n;
}

/* By tensors: the formula tells where it has a value and there are no kinks. */
static Node *tensors_at(const At *at, Node *n, Node *f, Node *R, Node *names)
{
    Ctx *c = at->c;
    f = eval_attach(at->ev, eval_expand(at->ev, f, at->own, EXPAND_NEEDED));
    Node *r = ctx_failed(c) || eval_has_kinks(c, f) ? NULL : eval_value_of_formula(at, R);
    return r || ctx_failed(c) ? r : eval_written_at(at, n, f, names);
}

Node *eval_derivative_at(const At *at, Node *n)
{
    Evaluation *ev = at->ev;
    Node *f = nodemap_get(&ev->operand_of, n), *R = nodemap_get(&ev->carried_of, n),
         *names = nodemap_get(&ev->names_of, n),
         *tensors = nodemap_get(&ev->tensors_of, n);
    if (!f || !R || (!names && !tensors && !ex_is(n, OP_DIFF)))
        return NULL;
    R = eval_attach(ev, eval_expand(ev, R, at->own, EXPAND_NEEDED));
    if (tensors)
        return tensors_at(at, n, f, R, tensors);
    if (ex_is(n, OP_DIFF))
        return diff_at(at, n, R);
    f = eval_expand(ev, f, at->own, EXPAND_NEEDED);
    Operator o = {.at = at, .op = (Op)n->op, .f = f, .names = names};
    if (n->n > 2)
        o.v = eval_value_of_bound(at, carried(ev, n->a[2]));
    bool list = n->n < 2 || ex_is(n->a[1], OP_LIST);
    if ((ex_is(n, OP_GRAD) || ex_is(n, OP_JACOBIAN)) &&
        !list) { /* by one name: like d/dx */
        Partial d = {0};
        (void)partial_add(&d, names->a[0]->sym, 1);
        return ex_is(f, OP_LIST) ? NULL : partial_at(at, f, &d, R);
    }
    return operator_at(&o, R, list);
}
