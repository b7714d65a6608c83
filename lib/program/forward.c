/* program/forward.c - tangents of a program, as further values of it.
 *
 * Tangents in many directions at once are arrays with one more axis, the first, which numbers the
 * directions; what does not depend on the direction is computed once. A tangent has the shape of
 * its value, with that axis before it.
 */
#include "program/linear.h"
#include <math.h>

typedef struct {
    Program *p;
    uint32_t *tan;
    unsigned lead; /* 1: there is an axis of directions */
    size_t directions;
} ProgramTangents;

/* The shape of the tangent of v. */
static uint32_t tangent_shape(const ProgramTangents *s, uint32_t v)
{
    if (!s->lead)
        return s->p->val[v].shape;
    Dims d = {.rank = 1, .dim = {s->directions}}, of = *pg_dims(s->p, v);
    if (of.rank == TENSOR_RANK) {
        env_error(s->p->env, LBZ_LIMIT, NULL,
                  "derivatives of an array of %d axes have too many axes", TENSOR_RANK);
        return s->p->val[v].shape;
    }
    memcpy(d.dim + 1, of.dim, of.rank * sizeof *d.dim);
    d.rank += of.rank;
    return pg_shape(s->p, &d);
}

/* The tangent of o, with axes of size 1 so that it lines up with values of v's rank. */
static uint32_t raised(const ProgramTangents *s, uint32_t o, uint32_t v)
{
    Program *p = s->p;
    unsigned have = pg_dims(p, o)->rank, want = pg_dims(p, v)->rank;
    uint32_t t = s->tan[o];
    if (!s->lead || have >= want)
        return t;
    Dims d = {.rank = want + 1, .dim = {s->directions}}, of = *pg_dims(p, o);
    for (unsigned i = 0; i < want; i++)
        d.dim[1 + i] = i < want - have ? 1 : of.dim[i - (want - have)];
    return pg_reshape(p, t, &d);
}

static bool is_finite(const Program *p, uint32_t v)
{
    return p->val[v].known && isfinite(p->val[v].k);
}

/* t times the partial d, as it stands: a reciprocal stays one. */
static uint32_t product(Program *p, uint32_t t, uint32_t d)
{
    for (int swap = 0; swap < 2; swap++) {
        uint32_t k = swap ? d : t, other = swap ? t : d;
        if (pg_is_const(p, k, 1))
            return other;
        if (pg_is_const(p, k, -1))
            return pg_neg(p, other);
        if (pg_is_const(p, k, 0))
            return k;
    }
    bool plain = is_finite(p, t) || is_finite(p, d);
    return pg_make(p, plain ? P_MUL : P_TIMES, 0, 2, (uint32_t[]){t, d});
}

/* sum + t, where P_NONE is 0. */
static uint32_t plus(Program *p, uint32_t sum, uint32_t t)
{
    return sum == P_NONE ? t : t == P_NONE ? sum : pg_add(p, sum, t);
}

/* sum + the tangent of o times the partial d of v by it. */
static uint32_t plus_product(ProgramTangents *s, uint32_t sum, uint32_t v, uint32_t o,
                             uint32_t d)
{
    if (d == P_NONE || s->tan[o] == P_NONE)
        return sum;
    return plus(s->p, sum, product(s->p, raised(s, o, v), d));
}

static uint32_t tangent_or_zeros(ProgramTangents *s, uint32_t o)
{
    return s->tan[o] == P_NONE ? pg_zeros(s->p, tangent_shape(s, o)) : s->tan[o];
}

static uint32_t tangent_sum(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    Program *p = s->p;
    size_t n = 0;
    uint32_t *t = mem_alloc((v->b + 1) * sizeof *t);
    if (!t) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return P_NONE;
    }
    for (uint32_t k = 0; k < v->b; k++)
        if (s->tan[p->args[v->a + k]] != P_NONE)
            t[n++] = raised(s, p->args[v->a + k], i);
    uint32_t r = n ? pg_sum(p, n, t) : P_NONE;
    mem_free(t);
    return r;
}

static uint32_t tangent_addsub(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    Program *p = s->p;
    uint32_t a = s->tan[v->a] == P_NONE ? P_NONE : raised(s, v->a, i);
    uint32_t b = s->tan[v->b] == P_NONE ? P_NONE : raised(s, v->b, i);
    if (b == P_NONE)
        return a;
    if (a == P_NONE)
        return v->op == P_ADD ? b : pg_neg(p, b);
    return v->op == P_ADD ? pg_add(p, a, b) : pg_sub(p, a, b);
}

/* Of a*d and of f = a/d, where 0 is what a guards: a'*d + a*d', a'/d - f/d*d'. */
static uint32_t tangent_guarded(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    Program *p = s->p;
    bool times = v->op == P_TIMES;
    uint32_t d = times ? v->b : pg_div(p, pg_const(p, 1), v->b);
    uint32_t t = plus_product(s, P_NONE, i, v->a, d);
    if (s->tan[v->b] == P_NONE)
        return t;
    uint32_t m[2] = {times ? v->a : pg_neg(p, pg_over(p, i, v->b)), raised(s, v->b, i)};
    return plus(p, t, pg_make(p, P_TIMES, 0, 2, m));
}

static uint32_t tangent_select(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    uint32_t zero = pg_const(s->p, 0);
    uint32_t a = s->tan[v->b] == P_NONE ? zero : raised(s, v->b, i);
    uint32_t b = s->tan[v->c] == P_NONE ? zero : raised(s, v->c, i);
    return a == b && a == zero ? P_NONE : pg_select(s->p, v->a, a, b);
}

/* By the partial derivatives of what works element by element. */
static uint32_t tangent_by_partials(ProgramTangents *s, uint32_t i)
{
    Program *p = s->p;
    uint32_t buf[3], t = P_NONE;
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    for (size_t k = 0; k < n; k++) {
        pg_operands(p, i, &o, buf); /* partials may move the lists */
        uint32_t from = o[k];
        if (s->tan[from] != P_NONE)
            t = plus_product(s, t, i, from, pg_partial(p, i, k));
    }
    return t;
}

/* ---- arrays ------------------------------------------------------------------------ */

/* The view, of something with an axis of directions before. */
static ProgramView view_behind_lead(ProgramTangents *s, uint32_t base,
                                    const ProgramView *view)
{
    Program *p = s->p;
    ProgramView x = *view;
    Dims to = p->shape[x.to];
    if (!s->lead)
        return x;
    for (unsigned i = to.rank; i-- > 0;) {
        to.dim[i + 1] = to.dim[i];
        x.stride[i + 1] = x.stride[i];
    }
    to.rank++;
    to.dim[0] = s->directions;
    x.stride[0] = (ptrdiff_t)dims_count(pg_dims(p, base));
    x.to = pg_shape(p, &to);
    return x;
}

static uint32_t tangent_view(ProgramTangents *s, const ProgramValue *v)
{
    if (s->tan[v->a] == P_NONE)
        return P_NONE;
    ProgramView view = s->p->view[v->b], x = view_behind_lead(s, v->a, &view);
    Dims to = s->p->shape[x.to];
    return pg_view(s->p, s->tan[v->a], &to, x.offset, x.stride);
}

static uint32_t tangent_reduce(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    uint32_t t = s->tan[v->a];
    if (t == P_NONE)
        return P_NONE;
    uint32_t d = pg_partial(s->p, i, 0);
    return d == P_NONE
               ? P_NONE
               : pg_reduce(s->p, REDUCE_SUM, product(s->p, t, d), v->b << s->lead);
}

static uint32_t tangent_matmul(ProgramTangents *s, uint32_t i, const ProgramValue *v)
{
    Program *p = s->p;
    uint32_t t = P_NONE;
    if (s->tan[v->a] != P_NONE)
        t = pg_matmul(p, raised(s, v->a, i), v->b);
    if (s->tan[v->b] != P_NONE)
        t = plus(p, t, pg_matmul(p, v->a, raised(s, v->b, i)));
    return t;
}

static uint32_t tangent_put(ProgramTangents *s, const ProgramValue *v)
{
    if (s->tan[v->a] == P_NONE && s->tan[v->b] == P_NONE)
        return P_NONE;
    ProgramView view = s->p->view[v->c], x = view_behind_lead(s, v->a, &view);
    return pg_put(s->p, tangent_or_zeros(s, v->a), tangent_or_zeros(s, v->b), &x);
}

static uint32_t tangent_concat(ProgramTangents *s, const ProgramValue *v)
{
    Program *p = s->p;
    bool any = false;
    uint32_t *t = mem_alloc((v->b + 1) * sizeof *t);
    if (!t) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return P_NONE;
    }
    for (uint32_t k = 0; k < v->b; k++)
        any = any || s->tan[p->args[v->a + k]] != P_NONE;
    for (uint32_t k = 0; any && k < v->b; k++)
        t[k] = tangent_or_zeros(s, p->args[v->a + k]);
    uint32_t r = any ? pg_concat(p, v->b, t, v->c + s->lead) : P_NONE;
    mem_free(t);
    return r;
}

/* The tangent of value i; its operands' are in s->tan. */
static uint32_t tangent_of(ProgramTangents *s, uint32_t i)
{
    const ProgramValue v = s->p->val[i];
    uint32_t t = v.a < i ? s->tan[v.a] : P_NONE;
    switch ((POp)v.op) {
    case P_DATA: return P_NONE;
    case P_ADD:
    case P_SUB: return tangent_addsub(s, i, &v);
    case P_NEG: return t == P_NONE ? P_NONE : pg_neg(s->p, t);
    case P_TIMES:
    case P_OVER: return tangent_guarded(s, i, &v);
    case P_SUM: return tangent_sum(s, i, &v);
    case P_SELECT: return tangent_select(s, i, &v);
    case P_VIEW: return tangent_view(s, &v);
    case P_REDUCE: return tangent_reduce(s, i, &v);
    case P_MATMUL: return tangent_matmul(s, i, &v);
    case P_GATHER: return t == P_NONE ? P_NONE : pg_gather(s->p, t, v.b, v.c + s->lead);
    case P_SCATTER:
        return t == P_NONE ? P_NONE
                           : pg_scatter(s->p, t, v.b, v.c + s->lead, tangent_shape(s, i));
    case P_PUT: return tangent_put(s, &v);
    case P_LINEAR: return pg_linear_tangent(s->p, i, s->tan);
    case P_CONCAT: return tangent_concat(s, &v);
    default: return tangent_by_partials(s, i);
    }
}

static bool make_tangents(ProgramTangents *s, const uint32_t *seed, size_t n)
{
    Program *p = s->p;
    for (uint32_t i = 0; i < n; i++) {
        if (i % 256 == 0 && env_poll(p->env))
            return false;
        p->at = p->origin[i];
        uint32_t t = p->val[i].known        ? P_NONE
                     : p->val[i].op == P_IN ? seed[p->val[i].a]
                                            : tangent_of(s, i);
        s->tan[i] = t == P_NONE ? P_NONE : pg_fit(p, t, tangent_shape(s, i));
    }
    p->at = NULL;
    return !env_failed(p->env);
}

bool program_tangent(Program *p, const uint32_t *seed, uint32_t *tan, size_t n)
{
    return make_tangents(&(ProgramTangents){.p = p, .tan = tan}, seed, n);
}

bool program_tangents(Program *p, size_t directions, const uint32_t *seed, uint32_t *tan,
                      size_t n)
{
    ProgramTangents s = {.p = p, .tan = tan, .lead = 1, .directions = directions};
    return make_tangents(&s, seed, n);
}
