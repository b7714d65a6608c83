/* program/plan.c - which values are stored, and by which step.
 *
 * Every value has a level: how many steps one after the other it needs before it. Values of one
 * shape and level that are stored, and reductions of such values, are made by one kernel.
 */
#include "program/planner.h"

/* Work for one element, in additions, above which a value is stored for a later kernel. */
enum { RECOMPUTED = 12, COST_CALL = 8, COST_DIVISION = 3, COST_MOST = 1000 };

static bool is_number(const Planner *t, uint32_t v) { return t->p->val[v].shape == 0; }

bool planner_is_pointwise(const ProgramValue *x)
{
    return x->op < P_DATA && x->op != P_IN && !x->known;
}

static bool same_shape(const Planner *t, uint32_t a, uint32_t b)
{
    return t->p->val[a].shape == t->p->val[b].shape;
}

/* ---- levels ------------------------------------------------------------------------ */

/* The first level at which v, stored, can be read. */
static uint32_t available(const Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    if (x->known || x->op == P_IN || x->op == P_DATA)
        return 0;
    return t->level[v] + 1;
}

/* The first level at which an operand of v can be had. */
static uint32_t level_of_operand(const Planner *t, uint32_t v, uint32_t o)
{
    const ProgramValue *x = &t->p->val[o];
    bool pointwise = planner_is_pointwise(x);
    if (x->op == P_VIEW && !t->stored[o])
        return available(t, x->a);
    if (t->p->val[v].op == P_VIEW) /* reads elements other than its own */
        return available(t, o);
    if (pointwise && (same_shape(t, v, o) || is_number(t, o)))
        return t->level[o]; /* numbers come first in their level */
    return available(t, o);
}

static void set_levels(Planner *t)
{
    const Program *p = t->p;
    for (uint32_t v = 0; v < p->n; v++) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = t->need[v] ? pg_operands(p, v, &o, buf) : 0;
        t->level[v] = 0;
        for (size_t k = 0; k < n; k++) {
            uint32_t level =
                p->val[v].op == P_REDUCE && planner_is_pointwise(&p->val[o[k]])
                    ? t->level[o[k]]
                    : level_of_operand(t, v, o[k]);
            t->level[v] = level > t->level[v] ? level : t->level[v];
        }
        t->levels = t->level[v] >= t->levels ? t->level[v] + 1 : t->levels;
    }
}

/* The values that are needed in the order of their levels. */
static bool sort_by_level(Planner *t)
{
    size_t n = t->p->n;
    t->order = mem_alloc((n + 1) * sizeof *t->order);
    t->first = mem_alloc((t->levels + 2) * sizeof *t->first);
    if (!t->order || !t->first)
        return planner_no_memory(t);
    memset(t->first, 0, (t->levels + 2) * sizeof *t->first);
    for (size_t v = 0; v < n; v++)
        if (t->need[v])
            t->first[t->level[v] + 2]++; /* becomes the place where the level begins */
    for (uint32_t l = 2; l <= t->levels; l++)
        t->first[l] += t->first[l - 1];
    for (uint32_t v = 0; v < n; v++)
        if (t->need[v])
            t->order[t->first[t->level[v] + 1]++] = v;
    return true;
}

/* ---- what is stored ---------------------------------------------------------------- */

static unsigned own_cost(const ProgramValue *x)
{
    switch ((POp)x->op) {
    case P_DIV:
    case P_OVER: return COST_DIVISION;
    case P_POW:
    case P_EVEN_ROOT:
    case P_ODD_ROOT:
    case P_FN1:
    case P_FN2:
    case P_FN3: return COST_CALL;
    case P_SUM: return x->b;
    case P_LOOP:
    case P_EXTERN: return COST_MOST;
    default: return 1;
    }
}

/* What a kernel computes of v where it is needed: the cost down to what is stored. */
static unsigned total_cost(const Planner *t, uint32_t v)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(t->p, v, &o, buf);
    unsigned cost = own_cost(&t->p->val[v]);
    for (size_t k = 0; k < n && cost < COST_MOST; k++)
        if (planner_is_pointwise(&t->p->val[o[k]]) && same_shape(t, v, o[k]) &&
            !t->stored[o[k]])
            cost += t->cost[o[k]];
    return cost < COST_MOST ? cost : COST_MOST;
}

bool planner_is_inner(const Planner *t, uint32_t v, uint32_t o)
{
    if (!planner_is_pointwise(&t->p->val[o]) || t->p->val[v].op == P_REDUCE)
        return planner_is_pointwise(&t->p->val[o]);
    return planner_is_pointwise(&t->p->val[v]) && same_shape(t, v, o) &&
           (t->level[o] == t->level[v] || t->cost[o] <= RECOMPUTED);
}

static bool is_operation(const ProgramValue *x)
{
    return x->op == P_MATMUL || x->op == P_GATHER || x->op == P_SCATTER ||
           x->op == P_PUT || x->op == P_LINEAR || x->op == P_CONCAT;
}

/* Kernels have what is known in their bodies. */
static void store_operand(Planner *t, uint32_t v, uint32_t o)
{
    const ProgramValue *x = &t->p->val[o];
    if (x->op == P_VIEW && !t->stored[o])
        o = x->a;
    if (!t->p->val[o].known || is_operation(&t->p->val[v]))
        t->stored[o] = 1;
}

static void mark_stored(Planner *t)
{
    const Program *p = t->p;
    for (uint32_t v = 0; v < p->n; v++) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = t->need[v] ? pg_operands(p, v, &o, buf) : 0;
        bool pointwise = planner_is_pointwise(&p->val[v]);
        for (size_t k = 0; k < n; k++) {
            bool inner = p->val[v].op == P_REDUCE ? planner_is_pointwise(&p->val[o[k]])
                                                  : planner_is_inner(t, v, o[k]);
            if (!inner && !(p->val[v].op == P_VIEW && !t->stored[v]))
                store_operand(t, v, o[k]);
        }
        if (pointwise && t->need[v])
            t->cost[v] = total_cost(t, v);
    }
}

static void mark_needed(Planner *t)
{
    const Program *p = t->p;
    for (size_t i = 0; i < t->nout; i++) {
        t->need[t->outs[i]] = 1;
        t->stored[t->outs[i]] = 1;
    }
    for (uint32_t v = (uint32_t)p->n; v-- > 0;) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = t->need[v] ? pg_operands(p, v, &o, buf) : 0;
        for (size_t k = 0; k < n; k++) {
            t->need[o[k]] = 1;
            /* a view of a view that could not be made one: the inner one is an array */
            if (p->val[v].op == P_VIEW && p->val[o[k]].op == P_VIEW)
                t->stored[o[k]] = 1;
        }
    }
}

/* ---- stores ------------------------------------------------------------------------ */

uint32_t planner_store(Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    Plan *plan = t->plan;
    if (t->store[v] != P_NONE)
        return t->store[v];
    if (!program_grow(t->q, (void **)&plan->store, sizeof *plan->store, plan->nstores,
                      &plan->stores_cap))
        return 0;
    plan->store[plan->nstores] = (PlanStore){.kind = x->op == P_IN     ? STORE_INPUT
                                                     : x->op == P_DATA ? STORE_DATA
                                                                       : STORE_TEMPORARY,
                                             .dims = *pg_dims(t->p, v),
                                             .index = x->a};
    return t->store[v] = (uint32_t)plan->nstores++;
}

PlanRead planner_read(Planner *t, uint32_t v, bool through)
{
    PlanRead r = {0};
    const ProgramValue *x = &t->p->val[v];
    if (x->op == P_VIEW && (through || !t->stored[v])) {
        const ProgramView *view = &t->p->view[x->b];
        r.store = planner_store(t, x->a);
        r.offset = view->offset;
        memcpy(r.stride, view->stride, sizeof r.stride);
        return r;
    }
    const Dims *d = pg_dims(t->p, v);
    r.store = planner_store(t, v);
    pg_strides(d, r.stride);
    for (unsigned i = 0; i < d->rank; i++)
        r.stride[i] = d->dim[i] == 1 ? 0 : r.stride[i];
    return r;
}

PlanStep *planner_step(Planner *t, POp op, const Dims *space)
{
    Plan *plan = t->plan;
    if (!program_grow(t->q, (void **)&plan->step, sizeof *plan->step, plan->nsteps,
                      &plan->steps_cap))
        return NULL;
    PlanStep *s = &plan->step[plan->nsteps++];
    *s = (PlanStep){.op = op, .space = *space};
    return s;
}

/* ---- steps that are no kernels ----------------------------------------------------- */

static bool make_operation(Planner *t, uint32_t v)
{
    const Program *p = t->p;
    const ProgramValue x = p->val[v];
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(p, v, &o, buf);
    PlanStep *s = planner_step(t, (POp)x.op, pg_dims(p, v));
    if (!s)
        return false;
    s->read = mem_alloc((n + 1) * sizeof *s->read);
    s->shape = mem_alloc((n + 1) * sizeof *s->shape);
    s->result = mem_alloc(sizeof *s->result);
    if (!s->read || !s->shape || !s->result)
        return planner_no_memory(t);
    s->axis = x.op == P_LINEAR ? x.fn : x.c;
    if (x.op == P_PUT)
        s->view = p->view[x.c];
    for (; s->nread < n; s->nread++) {
        s->read[s->nread] = planner_read(t, o[s->nread], false);
        s->shape[s->nread] = *pg_dims(p, o[s->nread]);
    }
    s->result[0] = (PlanResult){.store = planner_store(t, v)};
    s->nresult = 1;
    return true;
}

/* ---- the plan ---------------------------------------------------------------------- */

/* Is v made by a kernel, for itself? */
static bool is_root(const Planner *t, uint32_t v)
{
    const ProgramValue *x = &t->p->val[v];
    if (!t->need[v])
        return false;
    if (x->op == P_REDUCE)
        return true;
    return t->stored[v] && x->op != P_IN && x->op != P_DATA && !is_operation(x);
}

/* Numbers, then kernels, then operations. */
static bool make_level(Planner *t, const uint32_t *v, size_t n)
{
    for (int numbers = 1; numbers >= 0; numbers--) {
        for (size_t i = 0; i < n; i++) {
            bool number = is_number(t, v[i]) && t->p->val[v[i]].op != P_REDUCE;
            if (is_root(t, v[i]) && number == numbers && !planner_add_root(t, v[i]))
                return false;
        }
        if (!planner_make_kernels(t))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (is_operation(&t->p->val[v[i]]) && !make_operation(t, v[i]))
            return false;
    return true;
}

static bool make_steps(Planner *t)
{
    for (t->now = 0; t->now < t->levels && !env_poll(t->p->env); t->now++) {
        uint32_t from = t->first[t->now], to = t->first[t->now + 1];
        if (!make_level(t, t->order + from, to - from))
            return false;
    }
    return !env_failed(t->p->env);
}

static void set_lives(Plan *plan)
{
    for (uint32_t i = 0; i < plan->nsteps; i++) {
        const PlanStep *s = &plan->step[i];
        for (size_t k = 0; k < s->nread; k++)
            plan->store[s->read[k].store].last = i;
        for (size_t k = 0; k < s->nresult; k++)
            plan->store[s->result[k].store].writer =
                plan->store[s->result[k].store].last = i;
    }
    for (size_t i = 0; i < plan->nout; i++)
        plan->store[plan->out[i]].last = P_NONE;
}

static bool take_data(Planner *t)
{
    const Program *p = t->p;
    Plan *plan = t->plan;
    plan->data = mem_alloc((p->ndata + 1) * sizeof *plan->data);
    if (!plan->data)
        return planner_no_memory(t);
    for (; plan->ndata < p->ndata; plan->ndata++)
        plan->data[plan->ndata] = tensor_share(&p->data[plan->ndata]);
    return true;
}

static void *take_room(Planner *t, size_t n, size_t size, int fill)
{
    void *m = mem_alloc((n + 1) * size);
    if (m)
        memset(m, fill, (n + 1) * size);
    else
        planner_no_memory(t);
    return m;
}

bool planner_no_memory(Planner *t)
{
    env_error(t->p->env, LBZ_LIMIT, NULL, "out of memory for a program of %zu values",
              t->p->n);
    return false;
}

static bool planner_open(Planner *t)
{
    size_t n = t->p->n;
    t->need = take_room(t, n, 1, 0);
    t->stored = take_room(t, n, 1, 0);
    t->level = take_room(t, n, sizeof *t->level, 0);
    t->cost = take_room(t, n, sizeof *t->cost, 0);
    t->store = take_room(t, n, sizeof *t->store, 0xff);
    t->map = take_room(t, n, sizeof *t->map, 0xff);
    t->cone = take_room(t, n, sizeof *t->cone, 0);
    t->reads = take_room(t, n, sizeof *t->reads, 0);
    t->loops = take_room(t, t->p->nloops, sizeof *t->loops, 0);
    t->plan = take_room(t, 1, sizeof *t->plan, 0);
    return !env_failed(t->p->env);
}

static void planner_close(Planner *t)
{
    mem_free(t->need);
    mem_free(t->stored);
    mem_free(t->level);
    mem_free(t->cost);
    mem_free(t->store);
    mem_free(t->map);
    mem_free(t->cone);
    mem_free(t->reads);
    mem_free(t->order);
    mem_free(t->first);
    mem_free(t->loops);
    for (size_t i = 0; i < t->ngroups; i++)
        mem_free(t->group[i].root);
    mem_free(t->group);
}

Plan *program_plan(const Program *p, const uint32_t *outs, size_t nout)
{
    Planner t = {.p = p, .q = &(Program){.env = p->env}, .outs = outs, .nout = nout};
    bool ok = planner_open(&t);
    if (ok) {
        t.plan->nin = p->nin;
        t.plan->out = take_room(&t, nout, sizeof *t.plan->out, 0);
        mark_needed(&t);
        set_levels(&t);
        mark_stored(&t);
        ok = t.plan->out && sort_by_level(&t) && take_data(&t) && make_steps(&t);
    }
    for (size_t i = 0; ok && i < nout; i++)
        t.plan->out[i] = planner_store(&t, outs[i]);
    t.plan->nout = ok ? nout : 0;
    if (ok)
        set_lives(t.plan);
    planner_close(&t);
    if (ok && !env_failed(p->env))
        return t.plan;
    program_plan_free(t.plan);
    return NULL;
}

void program_plan_free(Plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->nsteps; i++) {
        program_free(plan->step[i].body);
        mem_free(plan->step[i].read);
        mem_free(plan->step[i].shape);
        mem_free(plan->step[i].out);
        mem_free(plan->step[i].result);
    }
    for (size_t i = 0; i < plan->ndata; i++)
        tensor_release(&plan->data[i]);
    mem_free(plan->data);
    mem_free(plan->step);
    mem_free(plan->store);
    mem_free(plan->out);
    mem_free(plan);
}
