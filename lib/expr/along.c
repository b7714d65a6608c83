/* expr/along.c - what works along one axis, and the statistics that are made of means: variance, std,
 * logsumexp, cumsum, softmax, logsoftmax, sort. */
#include "expr/attributes.h"
#include "expr/contract.h"
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"

static bool is_minus_inf(const Ctx *c, const Node *a) { return a == c->minus_inf; }

/* ---- variance, std -------------------------------------------------------------------- */
/* What is left of x when its mean is taken away; *count: the number of elements to one of the result,
 * less ddof. NULL: x has no shape yet, or an error. */
static Node *deviations(Ctx *c, Op op, const char *attributes, Node *x, Node **count)
{
    if (!row_is_written(x) && !row_has_shape(c, x, op_info(op)->name))
        return NULL;
    Node *ddof = attr_number(c, attributes, "ddof");
    const char *plain = attr_with(c, attributes, "ddof", NULL);
    const char *kept = attr_with(c, plain, "keep", "yes");
    *count = row_count(c, x->shape, attributes);
    if (ddof)
        *count = ex_sub(c, *count, ddof);
    if (ex_is_num(*count) && num_sgn((*count)->num) <= 0) {
        ctx_error(c, LBZ_DOMAIN, "ddof=1 divides by n - 1",
                  "%s of too few elements: there is nothing to divide by",
                  op_info(op)->name);
        return NULL;
    }
    return ex_sub(c, x, ex_tensor(c, OP_MEAN, kept, 1, &x));
}

Node *exact_variance(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *count, *d = deviations(c, OP_VARIANCE, attributes, a[0], &count);
    (void)n;
    if (!d)
        return ctx_failed(c) ? c->poison : NULL;
    d = ex_mul2(c, d, d);
    d = ex_tensor(c, OP_TOTAL, attr_with(c, attributes, "ddof", NULL), 1, &d);
    return ex_div(c, d, count);
}

/* By the norm, which has a slope where all elements are equal. */
Node *exact_std(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *count, *d = deviations(c, OP_STD, attributes, a[0], &count);
    (void)n;
    if (!d)
        return ctx_failed(c) ? c->poison : NULL;
    d = ex_tensor(c, OP_NORM, attr_with(c, attributes, "ddof", NULL), 1, &d);
    return ex_div(c, d, ex_sqrt(c, count));
}

/* ---- sums of exponentials ------------------------------------------------------------- */
/* The largest of n numbers, which is taken out before exp; zero where they are no numbers. */
static Node *largest_number(Ctx *c, size_t n, Node *const *v)
{
    Node *m = NULL;
    for (size_t i = 0; i < n; i++) {
        if (is_minus_inf(c, v[i]))
            continue;
        if (!ex_is_num(v[i]))
            return c->zero;
        m = !m || num_cmp(v[i]->num, m->num) > 0 ? v[i] : m;
    }
    return m ? m : c->zero;
}

/* The sum of exp(v - m). */
static Node *sum_of_exp(Ctx *c, size_t n, Node *const *v, Node *m)
{
    NodeVec t = {0};
    for (size_t i = 0; i < n && !ctx_poll(c); i++)
        if (!is_minus_inf(c, v[i]))
            nodevec_push(c, &t, ex_exp(c, ex_sub(c, v[i], m)));
    return ctx_failed(c) ? c->poison : t.n ? ex_add(c, t.n, t.v) : c->zero;
}

static Node *fold_logsumexp(Ctx *c, size_t n, Node **v, const void *arg)
{
    Node *m = largest_number(c, n, v), *s = sum_of_exp(c, n, v, m);
    (void)arg;
    return s == c->zero ? c->minus_inf : ex_add2(c, m, ex_fn1(c, OP_log, s));
}

Node *exact_logsumexp(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return row_reduce(c, attributes, a[0], fold_logsumexp, NULL, "logsumexp");
}

static bool no_weight(Ctx *c, const char *what)
{
    ctx_error(c, LBZ_DOMAIN, NULL, "%s has no value where all elements are -inf", what);
    return true;
}

static bool map_softmax(Ctx *c, size_t n, Node **v, const void *arg)
{
    Node *m = largest_number(c, n, v), *s = sum_of_exp(c, n, v, m);
    (void)arg;
    if (n && s == c->zero)
        return no_weight(c, "softmax");
    for (size_t i = 0; i < n && !ctx_poll(c); i++)
        v[i] =
            is_minus_inf(c, v[i]) ? c->zero : ex_div(c, ex_exp(c, ex_sub(c, v[i], m)), s);
    return true;
}

static bool map_logsoftmax(Ctx *c, size_t n, Node **v, const void *arg)
{
    Node *s = fold_logsumexp(c, n, v, arg);
    if (n && s == c->minus_inf)
        return no_weight(c, "logsoftmax");
    for (size_t i = 0; i < n && !ctx_poll(c); i++)
        v[i] = is_minus_inf(c, v[i]) ? v[i] : ex_sub(c, v[i], s);
    return true;
}

/* ---- along one axis ------------------------------------------------------------------- */
static Node *along(Ctx *c, const char *attributes, Node *a, ElementsMap *map,
                   const void *arg, const char *what)
{
    if (row_is_list(a) && shape_is_tensor(a->shape))
        return elements_along(c, a, attr_axis(attributes, shape_at(c, a->shape)->rank),
                              map, arg);
    if (ex_is_num(a))
        return row_wrong(c, "write [1, 2, 3]", "a number has no axes");
    (void)row_has_shape(c, a, what);
    return ctx_failed(c) ? c->poison : NULL;
}

Node *exact_softmax(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return along(c, attributes, a[0], map_softmax, NULL, "softmax");
}

Node *exact_logsoftmax(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return along(c, attributes, a[0], map_logsoftmax, NULL, "logsoftmax");
}

static bool map_cumsum(Ctx *c, size_t n, Node **v, const void *arg)
{
    bool reverse = *(const bool *)arg;
    for (size_t i = 1; i < n && !ctx_poll(c); i++) {
        size_t k = reverse ? n - 1 - i : i;
        v[k] = ex_add2(c, v[reverse ? k + 1 : k - 1], v[k]);
    }
    return true;
}

Node *exact_cumsum(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    bool reverse = attr_is(attributes, "reverse");
    (void)n;
    return along(c, attributes, a[0], map_cumsum, &reverse, "cumsum");
}

/* ---- order ---------------------------------------------------------------------------- */
/* 1: a stands behind b, 0: it does not, -1: it cannot be told. */
static int stands_behind(Ctx *c, Node *a, Node *b)
{
    Node *less = ex_compare(c, OP_LT, b, a);
    return ex_is(less, OP_TRUE) ? 1 : ex_is(less, OP_FALSE) ? 0 : -1;
}

/* Merges the sorted runs order[from..mid) and order[mid..to). */
static bool merge_runs(Ctx *c, Node *const *key, const size_t *order, size_t *out,
                       size_t from, size_t mid, size_t to)
{
    for (size_t i = from, j = mid, k = from; k < to; k++) {
        int behind = i == mid  ? 1
                     : j == to ? 0
                               : stands_behind(c, key[order[i]], key[order[j]]);
        if (behind < 0)
            return false;
        out[k] = order[behind ? j++ : i++];
    }
    return true;
}

/* The numbers of the elements of key[] in rising order, equal ones as they stand; in the tmp arena. NULL:
 * it cannot be told. */
static size_t *rising_order(Ctx *c, size_t n, Node *const *key)
{
    size_t *a = ARENA_NEW(&c->tmp, size_t, n + 1), *b = ARENA_NEW(&c->tmp, size_t, n + 1);
    for (size_t i = 0; a && b && i < n; i++)
        a[i] = i;
    for (size_t run = 1; a && b && run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            size_t mid = i + run < n ? i + run : n, to = mid + run < n ? mid + run : n;
            if (!merge_runs(c, key, a, b, i, mid, to) || ctx_poll(c))
                return NULL;
        }
        size_t *t = a;
        a = b;
        b = t;
    }
    return b ? a : NULL;
}

static bool map_sort(Ctx *c, size_t n, Node **v, const void *arg)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t *order = rising_order(c, n, v);
    Node **old = order ? ARENA_NEW(&c->tmp, Node *, n + 1) : NULL;
    (void)arg;
    if (old)
        memcpy(old, v, n * sizeof *v);
    for (size_t i = 0; old && i < n; i++)
        v[i] = old[order[i]];
    arena_release(&c->tmp, m);
    return old != NULL;
}

Node *exact_sort(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return along(c, attributes, a[0], map_sort, NULL, "sort");
}

/* ---- in the order of another tensor --------------------------------------------------- */
/* u is at least as large as x, which it is aligned with at the last axis. */
uint32_t shape_of_moved(Ctx *c, const Node *n)
{
    uint32_t u = n->a[0]->shape, x = n->a[1]->shape;
    if (!shape_is_tensor(u) || !shape_is_tensor(x))
        return SHAPE_ANY;
    uint32_t s = shape_broadcast(c, u, x);
    return s == SHAPE_NONE ? SHAPE_ANY : s;
}

/* The lane at of e as it is, or put back, in the order of the keys. */
static bool move_lane(Ctx *c, Node **u, Node *const *key, size_t n, size_t step,
                      bool back)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **k = ARENA_NEW(&c->tmp, Node *, n + 1), **v = ARENA_NEW(&c->tmp, Node *, n + 1);
    for (size_t i = 0; k && v && i < n; i++) {
        k[i] = key[i * step];
        v[i] = u[i * step];
    }
    size_t *order = k && v ? rising_order(c, n, k) : NULL;
    for (size_t i = 0; order && i < n; i++)
        u[(back ? order[i] : i) * step] = v[back ? i : order[i]];
    arena_release(&c->tmp, m);
    return order != NULL;
}

static Node *move_elements(Ctx *c, const char *attributes, Node *const *a, bool back)
{
    Elements u, x;
    Node *r = NULL;
    uint32_t shape = shape_broadcast(c, a[0]->shape, a[1]->shape);
    if (shape == SHAPE_NONE)
        return shape_error(c, a[0]->shape, a[1]->shape, back ? "unsort" : "sortby");
    ArenaMark m = arena_mark(&c->tmp);
    bool ok = elements_read(c, ex_fill(c, a[0], shape), &u) &&
              elements_read(c, ex_fill(c, a[1], shape), &x);
    unsigned axis = ok ? attr_axis(attributes, u.rank) : 0;
    size_t n = ok ? u.dim[axis] : 0, step = 1;
    for (unsigned k = axis + 1; ok && k < u.rank; k++)
        step *= u.dim[k];
    for (size_t i = 0; ok && n && i < u.n / n && !ctx_poll(c); i++) {
        size_t at = i / step * step * n + i % step;
        ok = move_lane(c, u.v + at, x.v + at, n, step, back);
    }
    if (ok)
        r = elements_list(c, &u);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}

static Node *moved(Ctx *c, const char *attributes, Node *const *a, bool back)
{
    for (int i = 0; i < 2; i++)
        if (!row_is_list(a[i]) || !shape_is_tensor(a[i]->shape))
            return NULL;
    return move_elements(c, attributes, a, back);
}

Node *exact_sortby(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return moved(c, attributes, a, false);
}

Node *exact_unsort(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)n;
    return moved(c, attributes, a, true);
}
