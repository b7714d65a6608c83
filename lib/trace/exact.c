/* trace/exact.c - the numbers of a trace at a point that is known exactly, such as pi/16.
 *
 * The trace's program is evaluated in ball arithmetic, so that what is shown are the exact values
 * rounded to 17 digits and not what float64 makes of them: 0.5, not 0.49999999999999989. Where that
 * cannot be done (loops, comparisons that balls leave open), and where float64 overflows, which is
 * then what is to be seen, the trace shows float64.
 */
#include "ball/ball.h"
#include "program/ball.h"
#include "trace/internal.h"
#include <math.h>

enum {
    PREC_FIRST = 128,
    PREC_LAST = 1024,
    ACCURATE = 64,
    MOST_VALUES = 4000,
    DIGITS = 17
};

struct trace_exact {
    arb_ptr v;   /* the program's values, nv of them */
    arb_ptr dot; /* like Trace.dot */
    slong nv, ndot;
};

void trace_exact_free(TraceExact *x)
{
    if (!x)
        return;
    _arb_vec_clear(x->v, x->nv);
    _arb_vec_clear(x->dot, x->ndot);
    mem_free(x);
}

static bool evaluate_rows(const Trace *t, TraceExact *e, slong prec)
{
    const Program *p = t->a->p;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->val[i].op != P_IN)
            program_ball(t->a->c, p, i, BALL_EXACT, e->v, prec);
        else if (ball_eval(t->a->c, t->of.at[p->val[i].a], NULL, NULL, 0, prec, e->v + i,
                           NULL))
            return false;
    return true;
}

/* d/d from times its tangent, or the other way round; nothing comes of exact zeros. */
static void carry_derivative(arb_ptr to, arb_srcptr from, arb_srcptr partial,
                             size_t lanes, slong prec)
{
    for (size_t k = 0; k < lanes && !arb_is_zero(partial); k++)
        if (!arb_is_zero(from + k))
            arb_addmul(to + k, from + k, partial, prec);
}

static void sweep_derivatives(const Trace *t, TraceExact *e, slong prec)
{
    size_t lanes = t->lanes;
    _arb_vec_zero(e->dot, e->ndot);
    if (t->of.mode == ACC_FORWARD) {
        for (size_t i = 0; i < t->a->nin * lanes; i++)
            arb_set_d(e->dot + i, t->dot[i]); /* the directions */
        for (size_t i = 0; i < t->e.n; i++) {
            const Edge *g = &t->e.edge[i];
            carry_derivative(e->dot + g->to * lanes, e->dot + g->from * lanes,
                             e->v + g->partial, lanes, prec);
        }
        return;
    }
    for (size_t k = 0; k < t->a->nout; k++)
        arb_one(e->dot + t->a->out[k] * lanes + k);
    for (size_t i = t->e.n; i-- > 0;) {
        const Edge *g = &t->e.edge[i];
        carry_derivative(e->dot + g->from * lanes, e->dot + g->to * lanes,
                         e->v + g->partial, lanes, prec);
    }
}

/* Is x known to more digits than are shown? What cannot be told from 0 at the last precision is 0. */
static bool is_known(arb_ptr x, slong prec)
{
    if (!arb_is_finite(x))
        return false;
    if (arb_contains_zero(x) && !arb_is_zero(x) && prec >= PREC_LAST)
        arb_zero(x);
    return arb_is_zero(x) || arb_rel_accuracy_bits(x) >= ACCURATE;
}

static bool all_known(const Trace *t, TraceExact *e, slong prec)
{
    bool ok = true;
    for (size_t r = 0; r < t->nrows; r++) {
        ok = ok && is_known(e->v + t->row[r], prec);
        for (size_t k = 0; k < t->lanes; k++)
            ok = ok && is_known(e->dot + t->row[r] * t->lanes + k, prec);
    }
    for (size_t i = 0; i < t->e.n; i++)
        ok = ok && is_known(e->v + t->e.edge[i].partial, prec);
    return ok;
}

static void round_all(const Trace *t, const TraceExact *e)
{
    for (slong i = 0; i < e->nv; i++)
        if (arb_is_finite(e->v + i))
            t->a->v[i] = arf_get_d(arb_midref(e->v + i), ARF_RND_NEAR);
    for (slong i = 0; i < e->ndot; i++)
        t->dot[i] = arf_get_d(arb_midref(e->dot + i), ARF_RND_NEAR);
}

TraceExact *trace_exact(const Trace *t)
{
    if (!t->of.at || t->a->p->n > MOST_VALUES)
        return NULL;
    for (size_t i = 0; i < t->a->nin; i++)
        if (t->of.at[i]->flags & NF_DEC)
            return NULL;
    for (size_t r = 0; r < t->nrows; r++)
        if (!isfinite(t->a->v[t->row[r]]))
            return NULL;
    TraceExact *e = mem_alloc(sizeof *e);
    if (!e)
        return NULL;
    e->nv = (slong)t->a->p->n;
    e->ndot = (slong)(t->a->nprimal * t->lanes);
    e->v = _arb_vec_init(e->nv);
    e->dot = _arb_vec_init(e->ndot);
    for (slong prec = PREC_FIRST; prec <= PREC_LAST && evaluate_rows(t, e, prec);
         prec *= 2) {
        sweep_derivatives(t, e, prec);
        if (all_known(t, e, prec)) {
            round_all(t, e);
            return e;
        }
    }
    trace_exact_free(e);
    return NULL;
}

void trace_exact_value(const TraceExact *e, uint32_t v, Str *out)
{
    ball_put(out, e->v + v, DIGITS);
}

void trace_exact_dot(const TraceExact *e, size_t i, Str *out)
{
    ball_put(out, e->dot + i, DIGITS);
}

void trace_exact_partial(const Trace *t, uint32_t v, uint32_t to, Str *out)
{
    arb_t s;
    arb_init(s);
    for (uint32_t i = t->use[v]; i; i = t->next[i - 1])
        if (t->e.edge[i - 1].to == to)
            arb_add(s, s, t->exact->v + t->e.edge[i - 1].partial, PREC_LAST);
    ball_put(out, s, DIGITS);
    arb_clear(s);
}
