/* point/accum.c - one expression at one point: values and derivatives in either mode.
 *
 * Forward: the program is linearised (a partial derivative on each edge), then tangents run
 * through it in LANES directions at once. Reverse: the adjoints are values of the program. Both
 * end in the same rule for kinks.
 */
#include "point/point.h"
#include "cpu/cpu.h"
#include <math.h>

enum { LANES = 8 };

static bool no_memory(Accum *a)
{
    env_error(&a->c->env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

bool accum_init(Accum *a, Ctx *c, const uint32_t *in, const double *x, size_t nin,
                Node *const *e, size_t nout)
{
    memset(a, 0, sizeof *a);
    a->c = c;
    a->in = in;
    a->x = x;
    a->nin = nin;
    a->nout = nout;
    a->p = program_new(&c->env, (uint32_t)nin);
    a->out = mem_alloc((nout + 1) * sizeof *a->out);
    if (!a->p || !a->out)
        return no_memory(a);
    if (!program_compile(c, a->p, in, e, nout, a->out))
        return false;
    a->nprimal = (uint32_t)a->p->n;
    return accum_evaluate(a);
}

bool accum_adopt(Accum *a, Ctx *c, Program *p, const double *x, size_t nin,
                 const uint32_t *out, size_t nout)
{
    *a = (Accum){.c = c,
                 .p = p,
                 .x = x,
                 .nin = nin,
                 .nout = nout,
                 .nprimal = (uint32_t)p->n,
                 .out = mem_alloc((nout + 1) * sizeof *a->out)};
    if (a->out)
        memcpy(a->out, out, nout * sizeof *out);
    if ((a->out || no_memory(a)) && accum_evaluate(a))
        return true;
    accum_free(a);
    return false;
}

void accum_free(Accum *a)
{
    program_free(a->p);
    mem_free(a->out);
    mem_free(a->v);
    memset(a, 0, sizeof *a);
}

bool accum_evaluate(Accum *a)
{
    double *v = mem_realloc(a->v, (a->p->n + 1) * sizeof *v);
    if (!v)
        return no_memory(a);
    size_t from = a->nv;
    a->v = v;
    a->nv = a->p->n;
    return cpu_values(a->p, a->x, v, from);
}

/* ---- the linearised program -------------------------------------------------------- */
static bool add_edge(Accum *a, Edges *e, uint32_t to, uint32_t from, uint32_t partial)
{
    if (partial == P_NONE)
        return !ctx_failed(a->c);
    if (e->n == e->cap) {
        size_t cap = e->cap ? 2 * e->cap : 64;
        Edge *x = mem_realloc(e->edge, cap * sizeof *x);
        if (!x)
            return no_memory(a);
        e->edge = x;
        e->cap = cap;
    }
    e->edge[e->n++] = (Edge){to, from, partial};
    return true;
}

static uint32_t edge_partial(Accum *a, uint32_t i, size_t k)
{
    Program *p = a->p;
    if (p->val[i].op != P_SELECT)
        return pg_partial(p, i, k);
    uint32_t one = pg_const(p, 1), zero = pg_const(p, 0), cond = p->val[i].a;
    return k == 0 ? P_NONE : pg_select(p, cond, k == 1 ? one : zero, k == 1 ? zero : one);
}

/* Which values vary with an input and are needed for the outputs. */
static unsigned char *active_values(const Accum *a, uint32_t n, const uint32_t *outs,
                                    size_t nout)
{
    unsigned char *f = mem_alloc(n + 1);
    uint32_t buf[3];
    const uint32_t *o;
    if (!f)
        return NULL;
    memset(f, 0, n);
    for (size_t i = 0; i < nout; i++)
        if (outs[i] != P_NONE)
            f[outs[i]] = 1;
    for (uint32_t i = n; i-- > 0;)
        for (size_t k = f[i] ? pg_operands(a->p, i, &o, buf) : 0; k-- > 0;)
            f[o[k]] |= 1;
    for (uint32_t i = 0; i < n; i++) {
        if (a->p->val[i].op == P_IN)
            f[i] |= 2;
        for (size_t k = pg_operands(a->p, i, &o, buf); k-- > 0;)
            f[i] |= f[o[k]] & 2;
    }
    return f;
}

static bool linearise_to(Accum *a, const uint32_t *outs, size_t nout, uint32_t n,
                         Edges *e)
{
    unsigned char *active = active_values(a, n, outs, nout);
    bool ok = active != NULL || no_memory(a);
    for (uint32_t i = 0; ok && i < n; i++) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t m = active[i] == 3 ? pg_operands(a->p, i, &o, buf) : 0;
        for (size_t k = 0; ok && k < m; k++) {
            pg_operands(a->p, i, &o, buf); /* partials may move the lists */
            if (active[o[k]] == 3)
                ok = add_edge(a, e, i, o[k], edge_partial(a, i, k));
        }
        ok = ok && !(i % 256 == 0 && ctx_poll(a->c));
    }
    mem_free(active);
    return ok && !ctx_failed(a->c);
}

bool accum_linearise(Accum *a, Edges *e)
{
    return linearise_to(a, a->out, a->nout, a->nprimal, e) && accum_evaluate(a);
}

/* A zero on either side contributes nothing: no 0*inf from a branch that is not taken. */
void accum_lanes(const Accum *a, const Edges *e, size_t lanes, double *dot)
{
    for (size_t i = 0; i < e->n; i++) {
        double d = a->v[e->edge[i].partial];
        double *to = dot + e->edge[i].to * lanes;
        const double *from = dot + e->edge[i].from * lanes;
        for (size_t j = 0; d != 0 && j < lanes; j++)
            if (from[j] != 0)
                to[j] += d * from[j];
    }
}

/* Is a tangent much smaller than one of its terms? */
static bool tangents_cancel(const Accum *a, const Edges *e, size_t m, const double *dot)
{
    const double LEFT = 0x1p-10;
    for (size_t i = 0; i < e->n; i++) {
        const Edge *d = &e->edge[i];
        double by = fabs(a->v[d->partial]) * LEFT;
        for (size_t k = 0; k < m; k++)
            if (fabs(dot[d->to * m + k]) < by * fabs(dot[d->from * m + k]))
                return true;
    }
    return false;
}

/* Tangents of the values want[] in all directions e_j: res[k*nin + j]. */
static bool forward_all(Accum *a, const Edges *e, uint32_t n, const uint32_t *want,
                        size_t nwant, double *res)
{
    double *dot = mem_alloc((size_t)n * LANES * sizeof *dot);
    if (!dot)
        return no_memory(a);
    for (size_t j = 0; j < a->nin && !ctx_poll(a->c); j += LANES) {
        size_t m = a->nin - j < LANES ? a->nin - j : LANES;
        memset(dot, 0, (size_t)n * m * sizeof *dot);
        for (size_t k = 0; k < m; k++)
            dot[(j + k) * m + k] = 1;
        accum_lanes(a, e, m, dot);
        a->cancelled = a->cancelled || tangents_cancel(a, e, m, dot);
        for (size_t w = 0; w < nwant; w++)
            for (size_t k = 0; k < m; k++)
                res[w * a->nin + j + k] = want[w] == P_NONE ? 0 : dot[want[w] * m + k];
    }
    mem_free(dot);
    return !ctx_failed(a->c);
}

/* ---- kinks ------------------------------------------------------------------------- */
static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

uint32_t accum_overflow(const Accum *a, uint32_t out)
{
    uint32_t found = P_NONE, buf[3];
    const uint32_t *o;
    unsigned char *need = mem_alloc(out + 1);
    if (!need)
        return P_NONE;
    memset(need, 0, out + 1);
    need[out] = 1;
    for (uint32_t i = out + 1; i-- > 0;) {
        if (!need[i])
            continue;
        if (!isfinite(a->v[i]) && !a->p->val[i].known)
            found = i; /* the last one found is the first one made */
        size_t n = pg_operands(a->p, i, &o, buf);
        bool select = a->p->val[i].op == P_SELECT;
        for (size_t k = 0; k < n; k++)
            if (!select || k == 0 || (k == 1) == (a->v[o[0]] != 0))
                need[o[k]] = 1;
    }
    mem_free(need);
    return found;
}

/* grad is what accumulation gave; the rule is applied where the point is a special one. A value
 * that overflowed on the way makes 0*inf, which the two modes meet in different places. */
static bool apply_kink_rule(Accum *a, uint32_t out, double *grad)
{
    if (isnan(a->v[out]) || (all_finite(grad, a->nin) && !a->doubtful && !a->special &&
                             !kink_at(a, out) && accum_overflow(a, out) == P_NONE))
        return true;
    uint32_t *adj = mem_alloc((a->nin + 1) * sizeof *adj);
    if (!adj)
        return no_memory(a);
    a->p->by_text = true;
    bool ok = program_gradient(a->p, out, pg_const(a->p, 1), adj);
    a->p->by_text = false;
    if (ok)
        kink_gradient(a, out, adj, grad);
    mem_free(adj);
    return ok && !ctx_failed(a->c);
}

/* ---- gradients --------------------------------------------------------------------- */
/* A partial that is infinite may have met a tangent that is 0, without a trace. */
static bool any_infinite_edge(const Accum *a, const Edges *e)
{
    for (size_t i = 0; i < e->n; i++)
        if (!isfinite(a->v[e->edge[i].partial]))
            return true;
    return false;
}

static bool forward_gradient(Accum *a, size_t k, double *grad)
{
    Edges e = {0};
    bool ok =
        accum_linearise(a, &e) && forward_all(a, &e, a->nprimal, &a->out[k], 1, grad);
    a->doubtful = ok && any_infinite_edge(a, &e);
    mem_free(e.edge);
    return ok;
}

static void read_adjoints(const Accum *a, const uint32_t *adj, double *grad)
{
    for (size_t i = 0; i < a->nin; i++)
        grad[i] = adj[i] == P_NONE ? 0 : a->v[adj[i]];
}

static bool reverse_gradient(Accum *a, size_t k, double *grad)
{
    uint32_t *adj = mem_alloc((a->nin + 1) * sizeof *adj);
    if (!adj)
        return no_memory(a);
    bool ok =
        program_gradient(a->p, a->out[k], pg_const(a->p, 1), adj) && accum_evaluate(a);
    if (ok)
        read_adjoints(a, adj, grad);
    a->doubtful = ok && program_hides(a->p, a->v);
    a->cancelled = a->cancelled || (ok && accum_cancels(a, a->nprimal, (uint32_t)a->nv));
    mem_free(adj);
    return ok;
}

bool accum_gradient(Accum *a, AccumMode mode, size_t k, double *grad)
{
    bool ok =
        mode == ACC_FORWARD ? forward_gradient(a, k, grad) : reverse_gradient(a, k, grad);
    if (ok && mode == ACC_FORWARD && !a->cancelled)
        a->cancelled = accum_cancels(a, a->nprimal, (uint32_t)a->nv);
    ok = ok && apply_kink_rule(a, a->out[k], grad);
    if (ok && a->cancelled && !a->kink.sides && !a->kink.jump)
        accum_mend_gradient(a, a->out[k], grad);
    return ok && !ctx_failed(a->c);
}

bool accum_along(Accum *a, size_t k, const double *dir, double *slope)
{
    Edges e = {0};
    bool ok = accum_linearise(a, &e);
    double *dot = ok ? mem_alloc((a->nprimal + 1) * sizeof *dot) : NULL;
    if (dot) {
        memset(dot, 0, (a->nprimal + 1) * sizeof *dot);
        memcpy(dot, dir, a->nin * sizeof *dot);
        accum_lanes(a, &e, 1, dot);
        a->cancelled = a->cancelled || tangents_cancel(a, &e, 1, dot) ||
                       accum_cancels(a, a->nprimal, (uint32_t)a->nv);
        *slope = dot[a->out[k]];
    }
    bool plain = ok && !a->cancelled && !any_infinite_edge(a, &e) &&
                 accum_overflow(a, a->out[k]) == P_NONE;
    mem_free(e.edge);
    mem_free(dot);
    if (!ok || !dot ||
        (plain && !a->special && isfinite(*slope) && !kink_at(a, a->out[k])))
        return ok && (dot || no_memory(a));
    double *grad = mem_alloc((a->nin + 1) * sizeof *grad); /* by the kink rule */
    ok = grad && accum_gradient(a, ACC_REVERSE, k, grad);
    if (ok)
        *slope = 0;
    for (size_t i = 0; ok && i < a->nin; i++)
        *slope += dir[i] != 0 ? dir[i] * grad[i] : 0;
    mem_free(grad);
    return ok;
}

AccumMode accum_best_mode(const Accum *a)
{
    return a->nout >= a->nin ? ACC_FORWARD : ACC_REVERSE;
}

bool accum_jacobian(Accum *a, AccumMode mode, double *jac)
{
    Edges e = {0};
    bool ok = true;
    if (mode == ACC_FORWARD) {
        ok = accum_linearise(a, &e) &&
             forward_all(a, &e, a->nprimal, a->out, a->nout, jac);
        a->doubtful = ok && any_infinite_edge(a, &e);
        mem_free(e.edge);
    }
    for (size_t k = 0; ok && k < a->nout; k++) {
        double *row = jac + k * a->nin;
        ok = mode == ACC_FORWARD ? apply_kink_rule(a, a->out[k], row)
                                 : accum_gradient(a, ACC_REVERSE, k, row);
    }
    return ok;
}

bool accum_vjp(Accum *a, const double *w, double *grad)
{
    uint32_t *adj = mem_alloc((a->nin + a->nout + 1) * sizeof *adj);
    if (!adj)
        return no_memory(a);
    for (size_t k = 0; k < a->nout; k++)
        adj[a->nin + k] = w[k] == 0 ? P_NONE : pg_const(a->p, w[k]);
    bool ok = program_vjp(a->p, a->out, adj + a->nin, a->nout, adj) && accum_evaluate(a);
    if (ok)
        read_adjoints(a, adj, grad);
    mem_free(adj);
    return ok;
}

/* The gradient of output k as values, and the edges of the program that computes it. */
static bool second_order(Accum *a, size_t k, uint32_t *adj, uint32_t *n, Edges *e)
{
    if (!program_gradient(a->p, a->out[k], pg_const(a->p, 1), adj))
        return false;
    *n = (uint32_t)a->p->n;
    return linearise_to(a, adj, a->nin, *n, e) && accum_evaluate(a);
}

bool accum_hessian(Accum *a, size_t k, double *hess)
{
    Edges e = {0};
    uint32_t n, *adj = mem_alloc((a->nin + 1) * sizeof *adj);
    bool ok = (adj || no_memory(a)) && second_order(a, k, adj, &n, &e) &&
              forward_all(a, &e, n, adj, a->nin, hess);
    mem_free(e.edge);
    mem_free(adj);
    return ok;
}

bool accum_hvp(Accum *a, size_t k, const double *dir, double *out)
{
    Edges e = {0};
    uint32_t n = 0, *adj = mem_alloc((a->nin + 1) * sizeof *adj);
    bool ok = (adj || no_memory(a)) && second_order(a, k, adj, &n, &e);
    double *dot = ok ? mem_alloc((n + 1) * sizeof *dot) : NULL;
    if (dot) {
        memset(dot, 0, n * sizeof *dot);
        memcpy(dot, dir, a->nin * sizeof *dot);
        accum_lanes(a, &e, 1, dot);
        for (size_t i = 0; i < a->nin; i++)
            out[i] = adj[i] == P_NONE ? 0 : dot[adj[i]];
    }
    mem_free(e.edge);
    mem_free(adj);
    mem_free(dot);
    return ok && (dot || no_memory(a));
}

/* The tangents of the outputs by input i take their place. P_NONE: 0. */
static bool differentiate_outputs(Accum *a, size_t i, uint32_t *out)
{
    uint32_t n = 0, *seed = mem_alloc((a->nin + 1) * sizeof *seed);
    for (size_t k = 0; k < a->nout; k++)
        if (out[k] != P_NONE && out[k] >= n)
            n = out[k] + 1;
    uint32_t *tan = mem_alloc((n + 1) * sizeof *tan);
    bool ok = seed && tan;
    if (ok) {
        memset(seed, 0xff, a->nin * sizeof *seed);
        seed[i] = pg_const(a->p, 1);
        ok = program_tangent(a->p, seed, tan, n);
    } else {
        no_memory(a);
    }
    for (size_t k = 0; ok && k < a->nout; k++)
        out[k] = out[k] == P_NONE ? P_NONE : tan[out[k]];
    mem_free(seed);
    mem_free(tan);
    return ok;
}

bool accum_derive(Accum *a, const unsigned *order)
{
    bool ok = true;
    for (size_t i = 0; i < a->nin; i++)
        for (unsigned k = 0; ok && k < order[i]; k++)
            ok = differentiate_outputs(a, i, a->out);
    for (size_t k = 0; ok && k < a->nout; k++)
        if (a->out[k] == P_NONE)
            a->out[k] = pg_const(a->p, 0);
    a->nprimal = (uint32_t)a->p->n;
    return ok && accum_evaluate(a);
}

bool accum_order(Accum *a, const unsigned *order, double *d)
{
    bool ok = accum_derive(a, order);
    for (size_t k = 0; ok && k < a->nout; k++)
        d[k] = a->v[a->out[k]];
    return ok;
}

bool accum_blame(const Accum *a, uint32_t value, Str *out)
{
    return program_blame(a->c, a->p, a->v, value, out);
}
