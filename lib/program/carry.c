/* program/carry.c - values of one program as values of another; copies of programs. */
#include "program/linear.h"

/* ---- copies ------------------------------------------------------------------------ */

static void *copy_array(Env *env, const void *a, size_t n, size_t size, bool *ok)
{
    void *r = mem_alloc((n + 1) * size);
    if (!r) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        *ok = false;
        return NULL;
    }
    if (n)
        memcpy(r, a, n * size);
    return r;
}

static bool copy_loop(Env *env, const ProgramLoop *from, ProgramLoop *to)
{
    bool ok = true;
    *to = *from;
    to->out = copy_array(env, from->out, from->nout, sizeof *to->out, &ok);
    to->args = copy_array(env, from->args, from->nargs, sizeof *to->args, &ok);
    to->body = program_copy(from->body);
    to->nout_cap = from->nout;
    return ok && to->body;
}

Program *program_copy(const Program *q)
{
    bool ok = true;
    Env *env = q->env;
    Program *p = mem_alloc(sizeof *p);
    if (!p) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    *p = *q;
    p->val = copy_array(env, q->val, q->n, sizeof *p->val, &ok);
    p->origin = copy_array(env, q->origin, q->n, sizeof *p->origin, &ok);
    p->args = copy_array(env, q->args, q->nargs, sizeof *p->args, &ok);
    p->loop = copy_array(env, q->loop, q->nloops, sizeof *p->loop, &ok);
    p->ext = copy_array(env, q->ext, q->nexts, sizeof *p->ext, &ok);
    p->shape = copy_array(env, q->shape, q->nshapes, sizeof *p->shape, &ok);
    p->view = copy_array(env, q->view, q->nviews, sizeof *p->view, &ok);
    p->data = copy_array(env, q->data, q->ndata, sizeof *p->data, &ok);
    p->table = copy_array(env, q->table, q->table_cap, sizeof *p->table, &ok);
    p->view_table =
        copy_array(env, q->view_table, q->view_table_cap, sizeof *p->view_table, &ok);
    p->cap = q->n;
    p->args_cap = q->nargs;
    p->loops_cap = q->nloops;
    p->exts_cap = q->nexts;
    p->shapes_cap = q->nshapes;
    p->views_cap = q->nviews;
    p->data_cap = q->ndata;
    p->nloops = p->nexts = p->ndata = 0;
    for (; ok && p->nloops < q->nloops; p->nloops++)
        ok = copy_loop(env, &q->loop[p->nloops], &p->loop[p->nloops]);
    for (; ok && p->nexts < q->nexts; p->nexts++) {
        ProgramExtern *e = &p->ext[p->nexts];
        e->args = copy_array(env, e->args, e->x->nargs, sizeof *e->args, &ok);
        e->x->refs++;
    }
    for (; ok && p->ndata < q->ndata; p->ndata++)
        p->data[p->ndata] = tensor_share(&q->data[p->ndata]);
    if (ok)
        return p;
    program_free(p);
    return NULL;
}

/* ---- values ------------------------------------------------------------------------ */

/* The first output of a loop makes it anew. */
static uint32_t carry_loop(Program *p, const Program *q, const ProgramValue *x,
                           const uint32_t *args, uint32_t *loops)
{
    const ProgramLoop *l = &q->loop[x->a];
    uint32_t out = l->out[x->b];
    if (loops && loops[x->a])
        return pg_loop_out(p, loops[x->a] - 1, out);
    Program *body = program_copy(l->body);
    if (!body)
        return 0;
    uint32_t r = pg_loop(p, body, out, args, l->lo, l->hi);
    if (loops)
        loops[x->a] = (uint32_t)p->nloops;
    return r;
}

uint32_t program_again(Program *p, const Program *q, uint32_t v, const uint32_t *a,
                       size_t n, uint32_t *loops)
{
    const ProgramValue x = q->val[v];
    switch ((POp)x.op) {
    case P_CONST:
        return x.a && x.a != P_NONE ? pg_rounded(p, x.k, (Node *)(uintptr_t)q->origin[v])
                                    : pg_const(p, x.k);
    case P_ADD: return pg_add(p, a[0], a[1]);
    case P_SUB: return pg_sub(p, a[0], a[1]);
    case P_MUL: return pg_mul(p, a[0], a[1]);
    case P_DIV: return pg_div(p, a[0], a[1]);
    case P_NEG: return pg_neg(p, a[0]);
    case P_TIMES: return pg_times(p, a[0], a[1]);
    case P_OVER: return pg_over(p, a[0], a[1]);
    case P_HOLD: return pg_hold(p, a[0]);
    case P_SELECT: return pg_select(p, a[0], a[1], a[2]);
    case P_SUM: return pg_sum(p, n, a);
    case P_LOOP: return carry_loop(p, q, &x, a, loops);
    case P_EXTERN: return pg_extern_again(p, q->ext[x.a].x, a);
    default: return pg_make(p, (POp)x.op, x.fn, n, a);
    }
}

typedef struct {
    Program *p;
    const Program *q;
    uint32_t *map;  /* of values of q those of p */
    uint32_t *loop; /* of loops of q those of p + 1 */
} ProgramCarry;

static ProgramView carry_view(const ProgramCarry *c, uint32_t view)
{
    ProgramView x = c->q->view[view];
    x.from = pg_shape(c->p, &c->q->shape[x.from]);
    x.to = pg_shape(c->p, &c->q->shape[x.to]);
    return x;
}

static uint32_t carry_array(ProgramCarry *c, const ProgramValue *x, const uint32_t *a)
{
    Program *p = c->p;
    ProgramView view;
    switch ((POp)x->op) {
    case P_DATA: return pg_data(p, &c->q->data[x->a]);
    case P_VIEW:
        view = carry_view(c, x->b);
        return pg_view(p, a[0], &c->q->shape[c->q->view[x->b].to], view.offset,
                       view.stride);
    case P_REDUCE: return pg_reduce(p, (ProgramReduce)x->fn, a[0], x->b);
    case P_MATMUL: return pg_matmul(p, a[0], a[1]);
    case P_GATHER: return pg_gather(p, a[0], a[1], x->c);
    case P_SCATTER:
        return pg_scatter(p, a[0], a[1], x->c, pg_shape(p, &c->q->shape[x->shape]));
    default: view = carry_view(c, x->c); return pg_put(p, a[0], a[1], &view);
    }
}

/* One value of q with its operands led over. */
static uint32_t carry_over(ProgramCarry *c, uint32_t v)
{
    const ProgramValue x = c->q->val[v];
    uint32_t buf[3], near[8], r = 0;
    const uint32_t *o;
    size_t n = pg_parts(c->q, v, &o, buf);
    uint32_t *a = n <= 8 ? near : mem_alloc(n * sizeof *a);
    if (!a) {
        env_error(c->p->env, LBZ_LIMIT, NULL, "out of memory");
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        a[i] = c->map[o[i]];
    if (x.op == P_LINEAR)
        r = pg_linear(c->p, pg_linear_op(x.fn), pg_linear_part(x.fn), n, a);
    else if (x.op == P_CONCAT)
        r = pg_concat(c->p, n, a, x.c);
    else if (x.op >= P_DATA)
        r = carry_array(c, &x, a);
    else
        r = program_again(c->p, c->q, v, a, n, c->loop);
    if (a != near)
        mem_free(a);
    return r;
}

bool program_inline(Program *p, const Program *q, uint32_t n, const uint32_t *in,
                    uint32_t *map)
{
    ProgramCarry c = {p, q, map, mem_alloc((q->nloops + 1) * sizeof *c.loop)};
    if (!c.loop) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(c.loop, 0, q->nloops * sizeof *c.loop);
    const Node *at = p->at;
    for (uint32_t i = 0; i < n && !(i % 256 == 255 && env_poll(p->env)); i++) {
        p->at = q->origin[i] ? q->origin[i] : at;
        map[i] = q->val[i].op == P_IN ? in[q->val[i].a] : carry_over(&c, i);
    }
    p->at = at;
    mem_free(c.loop);
    return !env_failed(p->env);
}

uint32_t pg_inline(Program *p, const Program *q, uint32_t v, const uint32_t *in)
{
    uint32_t *map = mem_alloc((q->n + 1) * sizeof *map), r = 0;
    if (!map)
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    else if (program_inline(p, q, v + 1, in, map))
        r = map[v];
    mem_free(map);
    return r;
}
