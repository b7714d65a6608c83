/* program/carry.c - values of one program as values of another. */
#include "program/program.h"

/* The values map[o[i]] in memory; NULL with an error. */
static uint32_t *map_operands(Program *p, const uint32_t *o, size_t n,
                              const uint32_t *map)
{
    uint32_t *v = mem_alloc((n + 1) * sizeof *v);
    if (!v)
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    for (size_t i = 0; v && i < n; i++)
        v[i] = map[o[i]];
    return v;
}

static uint32_t carry_list(Program *p, const Program *q, const ProgramValue *x,
                           const uint32_t *o, size_t n, const uint32_t *map)
{
    uint32_t r = 0, *v = map_operands(p, o, n, map);
    if (v)
        r = x->op == P_SUM ? pg_sum(p, n, v) : pg_extern_again(p, q->ext[x->a].x, v);
    mem_free(v);
    return r;
}

/* One value of q, no loop, with its operands led over by map. */
static uint32_t carry_over(Program *p, const Program *q, uint32_t v, const uint32_t *map)
{
    const ProgramValue x = q->val[v];
    uint32_t buf[3], a[3] = {0, 0, 0};
    const uint32_t *o;
    size_t n = pg_parts(q, v, &o, buf);
    if (x.op == P_SUM || x.op == P_EXTERN)
        return carry_list(p, q, &x, o, n, map);
    for (size_t i = 0; i < n; i++)
        a[i] = map[o[i]];
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
    default: return pg_make(p, (POp)x.op, x.fn, n, a);
    }
}

uint32_t pg_inline(Program *p, const Program *q, uint32_t v, const uint32_t *in)
{
    uint32_t *map = mem_alloc((q->n + 1) * sizeof *map), r = 0;
    if (map) {
        const Node *at = p->at;
        for (uint32_t i = 0; i <= v; i++) {
            p->at = q->origin[i] ? q->origin[i] : at;
            map[i] = q->val[i].op == P_IN ? in[q->val[i].a] : carry_over(p, q, i, map);
        }
        p->at = at;
        r = map[v];
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(map);
    return r;
}
