/* program/elements.c - a program of arrays as one of numbers, each element a value of its own: what
 * the rule for kinks, traces and balls work on. Sums are from left to right. */
#include "program/program.h"

typedef struct {
    const Program *p;
    Program *q;
    unsigned char *need;
    size_t *at;     /* of a value: where its elements begin in el */
    uint32_t *el;   /* values of q */
    uint32_t *list; /* room for one reduction */
    bool traces;
    uint32_t *from; /* where it traces: the value of p that each of q stems from */
    size_t nfrom, from_cap;
} Elements;

/* Element i of operand o, where values of that shape are made. */
static uint32_t operand(const Elements *e, uint32_t o, const Dims *of, size_t i)
{
    return e->el[e->at[o] + dims_broadcast_index(of, pg_dims(e->p, o), i)];
}

static ptrdiff_t view_index(const Program *p, const ProgramView *x, size_t i)
{
    const Dims *d = &p->shape[x->to];
    ptrdiff_t at = x->offset;
    for (unsigned k = d->rank; k-- > 0; i /= d->dim[k])
        at += (ptrdiff_t)(i % d->dim[k]) * x->stride[k];
    return at;
}

/* ---- operations -------------------------------------------------------------------- */

static uint32_t make_pointwise(Elements *e, uint32_t v, size_t i)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(e->p, v, &o, buf);
    for (size_t k = 0; k < n; k++)
        e->list[k] = operand(e, o[k], pg_dims(e->p, v), i);
    return program_again(e->q, e->p, v, e->list, n, NULL);
}

/* What e->list[n] is reduced to. */
static uint32_t reduced(Elements *e, ProgramReduce how, size_t n)
{
    Program *q = e->q;
    uint32_t *a = e->list,
             r = n ? a[0] : pg_const(q, how == REDUCE_PROD || how == REDUCE_ALL);
    if (how == REDUCE_SUM)
        return pg_sum(q, n, a);
    if (how == REDUCE_NORM) {
        for (size_t i = 0; i < n; i++)
            a[i] = pg_mul(q, a[i], a[i]);
        return pg_fn1(q, OP_sqrt, pg_sum(q, n, a));
    }
    if (n && how >= REDUCE_ANY)
        r = pg_logic(q, P_NE, r, pg_const(q, 0));
    for (size_t i = 1; i < n; i++) {
        uint32_t pair[2] = {r, a[i]};
        r = how == REDUCE_PROD  ? pg_mul(q, r, a[i])
            : how == REDUCE_MAX ? pg_fn(q, OP_max, 2, pair)
            : how == REDUCE_MIN ? pg_fn(q, OP_min, 2, pair)
                                : pg_logic(q, how == REDUCE_ANY ? P_OR : P_AND, r, a[i]);
    }
    return r;
}

/* The elements of x.a that come to element i of the reduction, in the order of reading. */
static uint32_t make_reduced(Elements *e, uint32_t v, size_t i)
{
    const ProgramValue x = e->p->val[v];
    const Dims *d = pg_dims(e->p, x.a);
    size_t n = 0, all = dims_count(d);
    for (size_t k = 0; k < all; k++) {
        size_t rest = k, to = 0, step = 1;
        for (unsigned axis = d->rank; axis-- > 0; rest /= d->dim[axis])
            if (!(x.b >> axis & 1)) {
                to += rest % d->dim[axis] * step;
                step *= d->dim[axis];
            }
        if (to == i)
            e->list[n++] = e->el[e->at[x.a] + k];
    }
    return reduced(e, (ProgramReduce)x.fn, n);
}

static uint32_t make_matrix_product(Elements *e, uint32_t v, size_t i)
{
    const ProgramValue x = e->p->val[v];
    Dims a = *pg_dims(e->p, x.a), b = *pg_dims(e->p, x.b), d = *pg_dims(e->p, v);
    size_t n = d.dim[d.rank - 1], m = d.dim[d.rank - 2], k = a.dim[a.rank - 1];
    size_t col = i % n, row = i / n % m, batch = i / n / m;
    a.rank -= 2, b.rank -= 2, d.rank -= 2;
    size_t at_a = dims_broadcast_index(&d, &a, batch) * m * k + row * k,
           at_b = dims_broadcast_index(&d, &b, batch) * k * n + col;
    for (size_t j = 0; j < k; j++)
        e->list[j] =
            pg_mul(e->q, e->el[e->at[x.a] + at_a + j], e->el[e->at[x.b] + at_b + j * n]);
    return pg_sum(e->q, k, e->list);
}

/* ---- indices that are numbers ------------------------------------------------------ */

/* Element i of what is gathered from the whole along the axis, or scattered to it, is element *from
 * of it. False: the indices are not known here. */
static bool gathered_from(Elements *e, const Dims *whole, uint32_t index, unsigned axis,
                          size_t i, size_t *from)
{
    const Dims *n = pg_dims(e->p, index);
    size_t inner = 1, count = dims_count(n);
    for (unsigned k = axis + 1; k < whole->rank; k++)
        inner *= whole->dim[k];
    uint32_t at = e->el[e->at[index] + i / inner % count];
    if (!e->q->val[at].known) {
        env_error(e->p->env, LBZ_UNABLE, NULL, "an index is not known beforehand");
        return false;
    }
    *from = (i / inner / count * whole->dim[axis] + (size_t)e->q->val[at].k) * inner +
            i % inner;
    return true;
}

static bool fill_gather(Elements *e, uint32_t v, uint32_t *to, size_t n)
{
    const ProgramValue x = e->p->val[v];
    for (size_t i = 0, from; i < n; i++) {
        if (!gathered_from(e, pg_dims(e->p, x.a), x.b, x.c, i, &from))
            return false;
        to[i] = e->el[e->at[x.a] + from];
    }
    return true;
}

static bool fill_scatter(Elements *e, uint32_t v, uint32_t *to, size_t n)
{
    const ProgramValue x = e->p->val[v];
    size_t parts = dims_count(pg_dims(e->p, x.a));
    for (size_t i = 0; i < n; i++)
        to[i] = pg_const(e->q, 0);
    for (size_t i = 0, k; i < parts; i++) {
        if (!gathered_from(e, pg_dims(e->p, v), x.b, x.c, i, &k))
            return false;
        to[k] = pg_add(e->q, to[k], e->el[e->at[x.a] + i]);
    }
    return true;
}

static void fill_put(Elements *e, uint32_t v, uint32_t *to, size_t n)
{
    const ProgramValue x = e->p->val[v];
    const ProgramView *view = &e->p->view[x.c];
    size_t part = dims_count(&e->p->shape[view->to]);
    memcpy(to, e->el + e->at[x.a], n * sizeof *to);
    for (size_t i = 0; i < part; i++)
        to[view_index(e->p, view, i)] = e->el[e->at[x.b] + i];
}

static void fill_concat(Elements *e, uint32_t v, uint32_t *to)
{
    const ProgramValue x = e->p->val[v];
    const Dims *d = pg_dims(e->p, v);
    size_t outer = 1, inner = 1;
    for (unsigned k = 0; k < d->rank; k++)
        *(k < x.c ? &outer : &inner) *= d->dim[k];
    for (size_t i = 0, at = 0; i < x.b; i++) {
        uint32_t o = e->p->args[x.a + i];
        size_t run = inner / d->dim[x.c] * pg_dims(e->p, o)->dim[x.c];
        for (size_t k = 0; k < outer; k++)
            memcpy(to + k * inner + at, e->el + e->at[o] + k * run, run * sizeof *to);
        at += run;
    }
}

static bool fill_value(Elements *e, uint32_t v)
{
    const Program *p = e->p;
    const ProgramValue *x = &p->val[v];
    size_t n = dims_count(pg_dims(p, v));
    uint32_t *to = e->el + e->at[v];
    if (x->op == P_IN) /* its elements are there */
        return true;
    if (x->op == P_PUT)
        fill_put(e, v, to, n);
    else if (x->op == P_CONCAT)
        fill_concat(e, v, to);
    else if (x->op == P_GATHER)
        return fill_gather(e, v, to, n);
    else if (x->op == P_SCATTER)
        return fill_scatter(e, v, to, n);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = x->known          ? pg_const(e->q, x->k)
                    : x->op == P_DATA ? pg_const(e->q, tensor_get(&p->data[x->a], i))
                    : x->op == P_VIEW
                        ? e->el[e->at[x->a] + (size_t)view_index(p, &p->view[x->b], i)]
                    : x->op == P_REDUCE ? make_reduced(e, v, i)
                    : x->op == P_MATMUL ? make_matrix_product(e, v, i)
                                        : make_pointwise(e, v, i);
    return !env_failed(p->env);
}

/* ---- the program ------------------------------------------------------------------- */

/* How many elements there are; more than `most`: SIZE_MAX. */
static size_t place_elements(Elements *e, const uint32_t *outs, size_t nout, size_t most,
                             size_t *longest)
{
    const Program *p = e->p;
    size_t n = 0;
    memset(e->need, 0, p->n);
    for (size_t i = 0; i < nout; i++)
        e->need[outs[i]] = 1;
    for (uint32_t i = (uint32_t)p->n; i-- > 0;) {
        uint32_t buf[3];
        const uint32_t *o;
        e->need[i] |= i < p->nin;
        for (size_t k = e->need[i] ? pg_operands(p, i, &o, buf) : 0; k-- > 0;)
            e->need[o[k]] = 1;
    }
    *longest = 3;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t count = dims_count(pg_dims(p, i)), m = pg_operands(p, i, &o, buf);
        if (!e->need[i])
            continue;
        e->at[i] = n;
        if (p->val[i].op == P_LINEAR) /* not by numbers */
            return SIZE_MAX;
        if (count > most - n)
            return SIZE_MAX;
        n += count;
        *longest = count > *longest ? count : *longest;
        *longest = m > *longest ? m : *longest;
    }
    return n;
}

static Program *new_program(Elements *e)
{
    const Program *p = e->p;
    size_t n = 0;
    for (uint32_t i = 0; i < p->nin; i++)
        n += dims_count(pg_dims(p, i));
    Program *q = program_new(p->env, (uint32_t)n);
    for (uint32_t i = 0; i < n; i++)
        e->el[i] = i; /* inputs are the first values */
    if (q)
        q->pi = p->pi;
    return q;
}

static bool follow(Elements *e, uint32_t i)
{
    while (e->traces && e->nfrom < e->q->n) {
        if (!program_grow(e->q, (void **)&e->from, sizeof *e->from, e->nfrom,
                          &e->from_cap))
            return false;
        e->from[e->nfrom++] = i;
    }
    return true;
}

static void fill_all(Elements *e)
{
    const Program *p = e->p;
    for (uint32_t i = 0; i < p->n && !env_poll(p->env); i++) {
        e->q->at = p->origin[i];
        if ((e->need[i] && !fill_value(e, i)) || !follow(e, i))
            break;
    }
    e->q->at = NULL;
}

static uint32_t *out_elements(const Elements *e, const uint32_t *outs, size_t nout)
{
    size_t n = 0;
    for (size_t i = 0; i < nout; i++)
        n += dims_count(pg_dims(e->p, outs[i]));
    uint32_t *r = mem_alloc((n + 1) * sizeof *r);
    for (size_t i = 0, at = 0; r && i < nout; i++) {
        size_t count = dims_count(pg_dims(e->p, outs[i]));
        memcpy(r + at, e->el + e->at[outs[i]], count * sizeof *r);
        at += count;
    }
    return r;
}

Program *program_elements(const Program *p, const uint32_t *outs, size_t nout,
                          size_t most, uint32_t **els, uint32_t **from)
{
    Elements e = {.p = p,
                  .traces = from != NULL,
                  .need = mem_alloc(p->n + 1),
                  .at = mem_alloc((p->n + 1) * sizeof *e.at)};
    size_t longest = 0,
           n = e.need && e.at ? place_elements(&e, outs, nout, most, &longest) : SIZE_MAX;
    bool fits = n != SIZE_MAX;
    *els = NULL;
    e.el = fits ? mem_alloc((n + 1) * sizeof *e.el) : NULL;
    e.list = fits ? mem_alloc((longest + 1) * sizeof *e.list) : NULL;
    e.q = e.el && e.list ? new_program(&e) : NULL;
    if (e.q) {
        fill_all(&e);
        *els = out_elements(&e, outs, nout);
    }
    if (!e.need || !e.at || (fits && !(e.el && e.list)) || (e.q && !*els))
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    mem_free(e.need);
    mem_free(e.at);
    mem_free(e.el);
    mem_free(e.list);
    if (e.q && *els && !env_failed(p->env)) {
        if (from)
            *from = e.from;
        return e.q;
    }
    mem_free(e.from);
    program_free(e.q);
    mem_free(*els);
    *els = NULL;
    return NULL;
}
