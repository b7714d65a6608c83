/* program/reverse.c - adjoints of a program, as further values of it.
 *
 * One sweep from the outputs to the inputs. Values without an adjoint (P_NONE: 0) are skipped; an
 * adjoint has the shape of its value. Where a value is used only in a branch of a P_SELECT, its
 * adjoint is 0 when the branch is not taken; P_TIMES keeps that 0 whatever the partials beyond are.
 */
#include "program/linear.h"

typedef struct {
    Program *p;
    uint32_t *adj; /* of values 0 .. n-1 */
} ProgramSweep;

/* adj[v] += a, summed over the axes along which v was broadcast. */
static void add_adjoint_of(ProgramSweep *s, uint32_t v, uint32_t a)
{
    Program *p = s->p;
    if (a == P_NONE || p->val[v].known || p->val[v].op == P_DATA)
        return;
    a = pg_unfit(p, a, p->val[v].shape);
    s->adj[v] = s->adj[v] == P_NONE ? a : pg_add(p, s->adj[v], a);
}

static void add_select_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    uint32_t zero = pg_const(p, 0);
    if (!p->val[v->b].known)
        add_adjoint_of(s, v->b, pg_select(p, v->a, a, zero));
    if (!p->val[v->c].known)
        add_adjoint_of(s, v->c, pg_select(p, v->a, zero, a));
}

static void add_sum_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    for (uint32_t i = 0; i < v->b; i++)
        add_adjoint_of(s, s->p->args[v->a + i], a);
}

/* f = a/b, also where 0 is what a guards: da = adj/b, db = -da*f */
static void add_quotient_adjoints(ProgramSweep *s, uint32_t i, const ProgramValue *v,
                                  uint32_t a)
{
    uint32_t t = pg_over(s->p, a, v->b);
    add_adjoint_of(s, v->a, t);
    if (s->p->val[v->b].known)
        return;
    uint32_t m = v->op == P_OVER ? pg_times(s->p, i, t) : pg_times(s->p, t, i);
    add_adjoint_of(s, v->b, pg_neg(s->p, m));
}

static void add_partial_adjoints(ProgramSweep *s, uint32_t i, uint32_t a)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(s->p, i, &o, buf);
    for (size_t k = 0; k < n; k++) {
        pg_operands(s->p, i, &o, buf); /* partials may move the lists */
        uint32_t to = o[k];
        if (s->p->val[to].known)
            continue;
        uint32_t d = pg_partial(s->p, i, k);
        if (d != P_NONE)
            add_adjoint_of(s, to, pg_times(s->p, a, d));
    }
}

/* ---- arrays ------------------------------------------------------------------------ */

/* Is the view, none of whose axes repeats, all of what it is of, once? */
static bool is_bijection(const Program *p, const ProgramView *x)
{
    return !x->offset && dims_count(&p->shape[x->to]) == dims_count(&p->shape[x->from]);
}

/* a, the adjoint of such a view, where the elements came from. */
static uint32_t inverse_view(Program *p, const ProgramView *x, uint32_t a)
{
    unsigned axis[TENSOR_RANK], n = p->shape[x->to].rank;
    for (unsigned i = 0; i < n; i++) { /* by falling stride */
        unsigned k = i;
        for (; k > 0 && x->stride[axis[k - 1]] < x->stride[i]; k--)
            axis[k] = axis[k - 1];
        axis[k] = i;
    }
    a = pg_permute(p, a, axis);
    Dims from = p->shape[x->from];
    return pg_reshape(p, a, &from);
}

static void add_view_adjoint(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    ProgramView x = p->view[v->b];
    Dims d = p->shape[x.to], once = {0};
    unsigned repeats = 0;
    for (unsigned i = 0; i < d.rank; i++) {
        if (d.dim[i] > 1 && x.stride[i] == 0) {
            repeats |= 1u << i;
            continue;
        }
        x.stride[once.rank] = x.stride[i];
        once.dim[once.rank++] = d.dim[i];
    }
    a = pg_reduce(p, REDUCE_SUM, a, repeats);
    x.to = pg_shape(p, &once);
    if (is_bijection(p, &x))
        a = inverse_view(p, &x, a);
    else
        a = pg_put(p, pg_zeros(p, x.from), a, &x);
    add_adjoint_of(s, v->a, a);
}

static void add_reduce_adjoint(ProgramSweep *s, uint32_t i, const ProgramValue *v,
                               uint32_t a)
{
    Program *p = s->p;
    uint32_t d = pg_partial(p, i, 0);
    if (d == P_NONE)
        return;
    a = pg_fit(p, pg_keep(p, a, v->b), p->val[v->a].shape);
    add_adjoint_of(s, v->a, pg_times(p, a, d));
}

static void add_matmul_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    if (p->val[v->a].op != P_DATA)
        add_adjoint_of(s, v->a, pg_matmul(p, a, pg_transposed(p, v->b)));
    if (p->val[v->b].op != P_DATA)
        add_adjoint_of(s, v->b, pg_matmul(p, pg_transposed(p, v->a), a));
}

static void add_linear_adjoints(ProgramSweep *s, uint32_t i, const ProgramValue *v,
                                uint32_t a)
{
    uint32_t adj[3], to[3] = {v->a, v->b, v->c};
    pg_linear_adjoints(s->p, i, a, adj);
    for (size_t k = 0; k < 3; k++)
        if (adj[k] != P_NONE)
            add_adjoint_of(s, to[k], adj[k]);
}

static void add_put_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    ProgramView x = p->view[v->c];
    Dims part = p->shape[x.to];
    add_adjoint_of(s, v->b, pg_view(p, a, &part, x.offset, x.stride));
    add_adjoint_of(s, v->a, pg_put(p, a, pg_zeros(p, x.to), &x));
}

static void add_concat_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    for (size_t i = 0, at = 0; i < v->b; i++) {
        uint32_t o = p->args[v->a + i];
        size_t n = pg_dims(p, o)->dim[v->c];
        add_adjoint_of(s, o, pg_slice(p, a, v->c, at, n, 1));
        at += n;
    }
}

static void sweep_array(ProgramSweep *s, uint32_t i, const ProgramValue *v, uint32_t a)
{
    Program *p = s->p;
    switch ((POp)v->op) {
    case P_VIEW: add_view_adjoint(s, v, a); break;
    case P_REDUCE: add_reduce_adjoint(s, i, v, a); break;
    case P_MATMUL: add_matmul_adjoints(s, v, a); break;
    case P_GATHER:
        add_adjoint_of(s, v->a, pg_scatter(p, a, v->b, v->c, p->val[v->a].shape));
        break;
    case P_SCATTER: add_adjoint_of(s, v->a, pg_gather(p, a, v->b, v->c)); break;
    case P_PUT: add_put_adjoints(s, v, a); break;
    case P_LINEAR: add_linear_adjoints(s, i, v, a); break;
    case P_CONCAT: add_concat_adjoints(s, v, a); break;
    default: add_partial_adjoints(s, i, a);
    }
}

static void sweep_value(ProgramSweep *s, uint32_t i)
{
    Program *p = s->p;
    const ProgramValue v = p->val[i];
    uint32_t a = s->adj[i];
    p->at = p->origin[i];
    switch ((POp)v.op) {
    case P_ADD:
        add_adjoint_of(s, v.a, a);
        add_adjoint_of(s, v.b, a);
        break;
    case P_SUB:
        add_adjoint_of(s, v.a, a);
        if (!p->val[v.b].known)
            add_adjoint_of(s, v.b, pg_neg(p, a));
        break;
    case P_NEG: add_adjoint_of(s, v.a, pg_neg(p, a)); break;
    case P_MUL:
        if (!p->val[v.a].known)
            add_adjoint_of(s, v.a, pg_times(p, a, v.b));
        add_adjoint_of(s, v.b, pg_times(p, a, v.a));
        break;
    case P_TIMES: /* 0 is what v.a guards */
        add_adjoint_of(s, v.a, pg_times(p, a, v.b));
        if (!p->val[v.b].known)
            add_adjoint_of(s, v.b, pg_times(p, v.a, a));
        break;
    case P_DIV:
    case P_OVER: add_quotient_adjoints(s, i, &v, a); break;
    case P_SUM: add_sum_adjoints(s, &v, a); break;
    case P_SELECT: add_select_adjoints(s, &v, a); break;
    default: sweep_array(s, i, &v, a);
    }
}

bool program_vjp(Program *p, const uint32_t *outs, const uint32_t *seed, size_t nout,
                 uint32_t *adj)
{
    uint32_t n = p->nin;
    for (size_t i = 0; i < nout; i++)
        n = outs[i] >= n ? outs[i] + 1 : n;
    ProgramSweep s = {p, mem_alloc((n + 1) * sizeof(uint32_t))};
    if (!s.adj) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(s.adj, 0xff, n * sizeof *s.adj);
    for (size_t i = 0; i < nout; i++)
        if (seed[i] != P_NONE)
            add_adjoint_of(&s, outs[i], pg_fit(p, seed[i], p->val[outs[i]].shape));
    for (uint32_t i = n; i-- > p->nin;) {
        if (i % 256 == 0 && env_poll(p->env))
            break;
        if (s.adj[i] != P_NONE)
            sweep_value(&s, i);
    }
    memcpy(adj, s.adj, p->nin * sizeof *adj);
    p->at = NULL;
    mem_free(s.adj);
    return !env_failed(p->env);
}

bool program_gradient(Program *p, uint32_t out, uint32_t seed, uint32_t *adj)
{
    return program_vjp(p, &out, &seed, 1, adj);
}
