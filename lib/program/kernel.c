/* program/kernel.c - the bodies of kernels: from what is stored or reduced back to what is read. */
#include "program/planner.h"
#include <stdlib.h>

#define VISITED (P_NONE - 1)

/* ---- groups ------------------------------------------------------------------------ */

/* How a reduction divides the axes: those before are rows. 0: it takes all of them. */
static unsigned split_of(const Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    unsigned rank = x->op == P_REDUCE ? pg_dims(t->p, x->a)->rank : 0, n = 0;
    if (x->op != P_REDUCE || x->b == (1u << rank) - 1)
        return 0;
    bool first = x->b & 1; /* the first ones, else the last */
    while ((x->b >> n & 1) == first)
        n++;
    return n;
}

bool planner_add_root(Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    uint32_t shape = x->op == P_REDUCE ? t->p->val[x->a].shape : x->shape;
    unsigned split = split_of(t, v);
    size_t i = 0;
    while (i < t->ngroups && (t->group[i].shape != shape ||
                              (split && t->group[i].split && t->group[i].split != split)))
        i++;
    if (i == t->ngroups) {
        if (!program_grow(t->q, (void **)&t->group, sizeof *t->group, t->ngroups,
                          &t->groups_cap))
            return false;
        t->group[t->ngroups++] = (PlanGroup){.shape = shape};
    }
    PlanGroup *g = &t->group[i];
    if (!program_grow(t->q, (void **)&g->root, sizeof *g->root, g->n, &g->cap))
        return false;
    g->root[g->n++] = v;
    g->split = split ? split : g->split;
    return true;
}

/* ---- what a body is made of -------------------------------------------------------- */

typedef enum { FROM_BODY, FROM_STORE, FROM_CONSTANT } ElementSource;

/* v, or what it is a view of. */
static const ProgramValue *viewed(const Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    return x->op == P_VIEW ? &t->p->val[x->a] : x;
}

/* Where the elements of o, the operand of v, come from in the kernel that computes v. */
static ElementSource source_of(const Planner *t, uint32_t v, uint32_t o)
{
    if (viewed(t, o)->known)
        return FROM_CONSTANT;
    if (t->stored[o] && t->now > t->level[o])
        return FROM_STORE;
    return planner_is_inner(t, v, o) ? FROM_BODY : FROM_STORE;
}

static void visit(Planner *t, uint32_t v, ElementSource s)
{
    if (t->map[v] != P_NONE || s == FROM_CONSTANT)
        return;
    t->map[v] = VISITED;
    if (s == FROM_BODY)
        t->cone[t->ncone++] = v;
    else
        t->reads[t->nreads++] = v;
}

static void visit_root(Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    if (x->op == P_REDUCE)
        visit(t, x->a, source_of(t, v, x->a));
    else if (x->op == P_VIEW)
        visit(t, v, t->p->val[x->a].known ? FROM_CONSTANT : FROM_STORE);
    else
        visit(t, v, x->known ? FROM_CONSTANT : FROM_BODY);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The values of the body, operands first, and what it reads. */
static void collect_body(Planner *t, const PlanGroup *g)
{
    t->ncone = t->nreads = 0;
    for (size_t i = 0; i < g->n; i++)
        visit_root(t, g->root[i]);
    for (size_t i = 0; i < t->ncone; i++) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = pg_operands(t->p, t->cone[i], &o, buf);
        for (size_t k = 0; k < n; k++)
            visit(t, o[k], source_of(t, t->cone[i], o[k]));
    }
    qsort(t->cone, t->ncone, sizeof *t->cone, by_number);
    qsort(t->reads, t->nreads, sizeof *t->reads, by_number);
}

/* The element of v in the body. */
static uint32_t element(Planner *t, Program *body, uint32_t v)
{
    return t->map[v] != P_NONE ? t->map[v] : pg_const(body, viewed(t, v)->k);
}

static bool make_value(Planner *t, Program *body, uint32_t v)
{
    uint32_t buf[3], near[8];
    const uint32_t *o;
    size_t n = pg_operands(t->p, v, &o, buf);
    uint32_t *a = n <= 8 ? near : mem_alloc(n * sizeof *a);
    if (!a)
        return planner_no_memory(t);
    for (size_t k = 0; k < n; k++)
        a[k] = element(t, body, o[k]);
    body->at = t->p->origin[v];
    t->map[v] = program_again(body, t->p, v, a, n, t->loops);
    if (a != near)
        mem_free(a);
    return true;
}

static Program *make_body(Planner *t)
{
    Program *body = program_new(t->p->env, (uint32_t)t->nreads);
    if (!body)
        return NULL;
    body->pi = t->p->pi;
    memset(t->loops, 0, t->p->nloops * sizeof *t->loops);
    for (uint32_t i = 0; i < t->nreads; i++)
        t->map[t->reads[i]] = i;
    for (size_t i = 0; i < t->ncone; i++)
        if (!make_value(t, body, t->cone[i]))
            break;
    body->at = NULL;
    return body;
}

/* ---- the step ---------------------------------------------------------------------- */

/* What is read, over the axes of the space: those it lacks repeat it. */
static PlanRead read_over(Planner *t, uint32_t v, const Dims *space)
{
    bool is_root = t->stored[v] && t->p->val[v].op == P_VIEW && t->level[v] == t->now;
    PlanRead own = planner_read(t, v, is_root),
             r = {.store = own.store, .offset = own.offset};
    unsigned rank = pg_dims(t->p, v)->rank;
    for (unsigned i = 0; i < rank; i++)
        r.stride[space->rank - rank + i] = own.stride[i];
    return r;
}

static PlanResult result_of(Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    PlanResult r = {.store = planner_store(t, v)};
    if (x->op == P_REDUCE) {
        r.reduces = true;
        r.how = (ProgramReduce)x->fn;
        r.axes = x->b;
    }
    return r;
}

static bool fill_step(Planner *t, PlanStep *s, const PlanGroup *g)
{
    s->read = mem_alloc((t->nreads + 1) * sizeof *s->read);
    s->result = mem_alloc((g->n + 1) * sizeof *s->result);
    s->out = mem_alloc((g->n + 1) * sizeof *s->out);
    s->body = s->read && s->result && s->out ? make_body(t) : NULL;
    s->split = g->split;
    if (!s->body)
        return planner_no_memory(t);
    for (; s->nread < t->nreads; s->nread++)
        s->read[s->nread] = read_over(t, t->reads[s->nread], &s->space);
    for (; s->nresult < g->n; s->nresult++) {
        uint32_t v = g->root[s->nresult];
        const ProgramValue *x = &t->p->val[v];
        s->out[s->nresult] = element(t, s->body, x->op == P_REDUCE ? x->a : v);
        s->result[s->nresult] = result_of(t, v);
    }
    return !env_failed(t->p->env);
}

static bool make_kernel(Planner *t, const PlanGroup *g)
{
    collect_body(t, g);
    Dims space = t->p->shape[g->shape];
    PlanStep *s = planner_step(t, P_OPS, &space);
    bool ok = s && fill_step(t, s, g);
    for (size_t i = 0; i < t->ncone; i++)
        t->map[t->cone[i]] = P_NONE;
    for (size_t i = 0; i < t->nreads; i++)
        t->map[t->reads[i]] = P_NONE;
    return ok;
}

bool planner_make_kernels(Planner *t)
{
    bool ok = true;
    for (size_t i = 0; i < t->ngroups; i++) {
        ok = ok && make_kernel(t, &t->group[i]);
        mem_free(t->group[i].root);
    }
    t->ngroups = 0;
    return ok;
}
