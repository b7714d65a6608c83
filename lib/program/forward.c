/* program/forward.c - tangents of a program, as further values of it. */
#include "program/program.h"

/* tangent + k * t, where P_NONE is 0. */
static uint32_t add_scaled_tangent(Program *p, uint32_t sum, uint32_t k, uint32_t t)
{
    if (k == P_NONE || t == P_NONE)
        return sum;
    uint32_t m = pg_times(p, t, k);
    return sum == P_NONE ? m : pg_add(p, sum, m);
}

static uint32_t or_zero(Program *p, uint32_t t)
{
    return t == P_NONE ? pg_const(p, 0) : t;
}

static uint32_t tangent_sum(Program *p, const ProgramValue *v, const uint32_t *tan)
{
    size_t n = 0;
    uint32_t *t = mem_alloc((v->b + 1) * sizeof *t);
    if (!t) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return P_NONE;
    }
    for (uint32_t i = 0; i < v->b; i++)
        if (tan[p->args[v->a + i]] != P_NONE)
            t[n++] = tan[p->args[v->a + i]];
    uint32_t r = n ? pg_sum(p, n, t) : P_NONE;
    mem_free(t);
    return r;
}

static uint32_t tangent_addsub(Program *p, const ProgramValue *v, const uint32_t *tan)
{
    uint32_t s = tan[v->a], t = tan[v->b];
    if (t == P_NONE)
        return s;
    if (s == P_NONE)
        return v->op == P_ADD ? t : pg_neg(p, t);
    return v->op == P_ADD ? pg_add(p, s, t) : pg_sub(p, s, t);
}

/* (a/b)' = (a' - f*b')/b */
static uint32_t tangent_div(Program *p, uint32_t i, const ProgramValue *v,
                            const uint32_t *tan)
{
    uint32_t t = tan[v->a];
    if (tan[v->b] != P_NONE) {
        uint32_t m = pg_times(p, tan[v->b], i);
        t = t == P_NONE ? pg_neg(p, m) : pg_sub(p, t, m);
    }
    return t == P_NONE ? P_NONE : pg_over(p, t, v->b);
}

/* Of a*d, where 0 is what a guards: a'*d + a*d'. */
static uint32_t tangent_times(Program *p, const ProgramValue *v, const uint32_t *tan)
{
    uint32_t t = add_scaled_tangent(p, P_NONE, v->b, tan[v->a]);
    if (tan[v->b] == P_NONE)
        return t;
    uint32_t m = pg_times(p, v->a, tan[v->b]);
    return t == P_NONE ? m : pg_add(p, t, m);
}

/* Of f = a/d: a'/d - f*d'/d. */
static uint32_t tangent_over(Program *p, uint32_t i, const ProgramValue *v,
                             const uint32_t *tan)
{
    uint32_t t = tan[v->a] == P_NONE ? P_NONE : pg_over(p, tan[v->a], v->b);
    if (tan[v->b] == P_NONE)
        return t;
    uint32_t m = pg_over(p, pg_times(p, i, tan[v->b]), v->b);
    return t == P_NONE ? pg_neg(p, m) : pg_sub(p, t, m);
}

/* The tangent of value i; its operands' are in tan. */
static uint32_t tangent_of(Program *p, uint32_t i, const uint32_t *tan)
{
    const ProgramValue v = p->val[i];
    if (v.known)
        return P_NONE;
    switch ((POp)v.op) {
    case P_ADD:
    case P_SUB: return tangent_addsub(p, &v, tan);
    case P_NEG: return tan[v.a] == P_NONE ? P_NONE : pg_neg(p, tan[v.a]);
    case P_MUL:
        return add_scaled_tangent(p, add_scaled_tangent(p, P_NONE, v.b, tan[v.a]), v.a,
                                  tan[v.b]);
    case P_DIV: return tangent_div(p, i, &v, tan);
    case P_TIMES: return tangent_times(p, &v, tan);
    case P_OVER: return tangent_over(p, i, &v, tan);
    case P_SUM: return tangent_sum(p, &v, tan);
    case P_SELECT:
        if (tan[v.b] == P_NONE && tan[v.c] == P_NONE)
            return P_NONE;
        return pg_select(p, v.a, or_zero(p, tan[v.b]), or_zero(p, tan[v.c]));
    default: break;
    }
    uint32_t buf[3], t = P_NONE;
    const uint32_t *o;
    size_t n = pg_operands(p, i, &o, buf);
    for (size_t k = 0; k < n; k++) {
        o = pg_operands(p, i, &o, buf) ? o : buf; /* partials may move p->args */
        if (tan[o[k]] != P_NONE)
            t = add_scaled_tangent(p, t, pg_partial(p, i, k), tan[o[k]]);
    }
    return t;
}

bool program_tangent(Program *p, const uint32_t *seed, uint32_t *tan, size_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i % 256 == 0 && env_poll(p->env))
            return false;
        p->at = p->origin[i];
        tan[i] = p->val[i].op == P_IN ? seed[p->val[i].a] : tangent_of(p, i, tan);
    }
    p->at = NULL;
    return !env_failed(p->env);
}
