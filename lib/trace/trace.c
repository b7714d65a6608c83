/* trace/trace.c - the steps of an evaluation with their tangents or adjoints. The rows are the
 * values of the program that the outputs need, in the order of their evaluation; constants are
 * written where they are used.
 */
#include "trace/internal.h"
#include <math.h>

enum { SHOWN = 130, SHOWN_LAST = 30, MOST_LANES = 64 };

static bool no_memory(const Trace *t)
{
    env_error(&t->a->c->env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

static bool number_rows(Trace *t)
{
    Accum *a = t->a;
    const Program *p = a->p;
    uint32_t n = a->nprimal, buf[3];
    const uint32_t *o;
    t->name = mem_alloc((n + 1) * sizeof *t->name);
    t->row = mem_alloc((n + 1) * sizeof *t->row);
    if (!t->name || !t->row)
        return no_memory(t);
    memset(t->name, 0, n * sizeof *t->name);
    for (size_t k = 0; k < a->nout; k++)
        t->name[a->out[k]] = 2;
    for (uint32_t i = n; i-- > 0;)
        for (size_t k = t->name[i] ? pg_operands(p, i, &o, buf) : 0; k-- > 0;)
            t->name[o[k]] |= 1;
    for (uint32_t i = 0; i < n; i++) {
        bool shown =
            p->val[i].op == P_IN || (t->name[i] & 2) || (t->name[i] && !p->val[i].known);
        t->name[i] = shown ? (uint32_t)t->nrows + 1 : 0;
        if (shown)
            t->row[t->nrows++] = i;
    }
    return true;
}

/* The edges that leave each value, the last first. */
static bool chain_edges(Trace *t)
{
    t->use = mem_alloc((t->a->nprimal + 1) * sizeof *t->use);
    t->next = mem_alloc((t->e.n + 1) * sizeof *t->next);
    if (!t->use || !t->next)
        return no_memory(t);
    memset(t->use, 0, (t->a->nprimal + 1) * sizeof *t->use);
    for (size_t i = 0; i < t->e.n; i++) {
        uint32_t from = t->e.edge[i].from;
        t->next[i] = t->use[from];
        t->use[from] = (uint32_t)i + 1;
    }
    return true;
}

static bool lanes_alloc(Trace *t, size_t lanes)
{
    if (lanes > MOST_LANES) {
        bool forward = t->of.mode == ACC_FORWARD;
        ctx_error(t->a->c, LBZ_LIMIT,
                  forward ? "give a direction: along (...), or use reverse"
                          : "take one element, or use forward",
                  "%zu %s are too many to show", lanes, forward ? "tangents" : "outputs");
        return false;
    }
    t->lanes = lanes;
    size_t bytes = (t->a->nprimal * lanes + 1) * sizeof *t->dot;
    t->dot = mem_alloc(bytes);
    if (!t->dot)
        return no_memory(t);
    memset(t->dot, 0, bytes);
    return true;
}

static bool make_tangents(Trace *t)
{
    const Accum *a = t->a;
    if (!lanes_alloc(t, t->of.dir ? 1 : a->nin))
        return false;
    for (size_t i = 0; i < a->nin; i++)
        if (t->of.dir)
            t->dot[i] = t->of.dir[i];
        else
            t->dot[i * t->lanes + i] = 1;
    accum_lanes(a, &t->e, t->lanes, t->dot);
    return true;
}

static bool make_adjoints(Trace *t)
{
    const Accum *a = t->a;
    if (!lanes_alloc(t, a->nout))
        return false;
    for (size_t k = 0; k < a->nout; k++)
        t->dot[a->out[k] * t->lanes + k] = 1;
    for (size_t i = t->e.n; i-- > 0;) {
        const Edge *e = &t->e.edge[i];
        const double d = a->v[e->partial], *to = t->dot + e->to * t->lanes;
        double *from = t->dot + e->from * t->lanes;
        for (size_t k = 0; d != 0 && k < t->lanes; k++)
            if (to[k] != 0)
                from[k] += to[k] * d;
    }
    return true;
}

Trace *trace_new(const TraceOf *of)
{
    Trace *t = mem_alloc(sizeof *t);
    if (!t) {
        env_error(&of->a->c->env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    *t = (Trace){.of = *of, .a = of->a};
    if (accum_linearise(of->a, &t->e) && number_rows(t) && chain_edges(t) &&
        (of->mode == ACC_FORWARD ? make_tangents(t) : make_adjoints(t))) {
        t->exact = trace_exact(t);
        return t;
    }
    trace_free(t);
    return NULL;
}

void trace_free(Trace *t)
{
    if (!t)
        return;
    mem_free(t->e.edge);
    mem_free(t->name);
    mem_free(t->row);
    mem_free(t->use);
    mem_free(t->next);
    mem_free(t->dot);
    trace_exact_free(t->exact);
    mem_free(t);
}

size_t trace_rows(const Trace *t) { return t->nrows; }

size_t trace_omitted(const Trace *t) { return t->nrows > SHOWN ? t->nrows - SHOWN : 0; }

bool trace_omits(const Trace *t, size_t r)
{
    return t->nrows > SHOWN && r >= SHOWN - SHOWN_LAST && r < t->nrows - SHOWN_LAST;
}

void trace_derivatives(const Trace *t, size_t k, double *grad)
{
    const Accum *a = t->a;
    if (t->of.mode == ACC_FORWARD) {
        memcpy(grad, t->dot + a->out[k] * t->lanes, t->lanes * sizeof *grad);
        return;
    }
    for (size_t i = 0; i < a->nin; i++)
        grad[i] = t->dot[i * t->lanes + k];
}

const ProcedureWhere *trace_where(const Trace *t, size_t r)
{
    uint32_t v = t->row[r];
    return t->of.where && v < t->of.nwhere && t->of.where[v].function ? &t->of.where[v]
                                                                      : NULL;
}
