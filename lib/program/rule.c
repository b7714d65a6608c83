/* program/rule.c - partial derivatives of values, most of them from the texts of the table. */
#include "program/program.h"
#include "table/float64.h"
#include "table/rule.h"

static uintptr_t make_number(void *p, unsigned k) { return pg_const(p, k); }

static uintptr_t make_pi(void *p) { return pg_const(p, 3.14159265358979323846); }

static uintptr_t make_call(void *p, Op fn, size_t n, const uintptr_t *a)
{
    uint32_t v[3];
    for (size_t i = 0; i < n; i++)
        v[i] = (uint32_t)a[i];
    return pg_fn(p, fn, n, v);
}

static uintptr_t make_combined(void *p, RuleOp op, uintptr_t x, uintptr_t y)
{
    uint32_t a = (uint32_t)x, b = (uint32_t)y;
    switch (op) {
    case RULE_ADD: return pg_add(p, a, b);
    case RULE_SUB: return pg_sub(p, a, b);
    case RULE_MUL: return pg_mul(p, a, b);
    case RULE_DIV: return pg_div(p, a, b);
    default: return pg_neg(p, a);
    }
}

/* The i-th partial of fn at v[n], where fn has the value f, by its text. P_NONE: it has none. */
static uint32_t partial_by_text(Program *p, Op fn, size_t i, const uint32_t *v, size_t n,
                                uint32_t f)
{
    static const RuleMaker values = {make_number, make_pi, make_call, make_combined};
    const Rule *r = rule_find(p->env, fn, (unsigned)i);
    uintptr_t named[RULE_NAMES] = {[RULE_F] = f};
    for (size_t k = 0; k < n; k++)
        named[k] = v[k];
    return r ? (uint32_t)rule_run(r, &values, p, named) : P_NONE;
}

static uint32_t zero_is_none(const Program *p, uint32_t v)
{
    return v != P_NONE && pg_is_const(p, v, 0) ? P_NONE : v;
}

/* The derivative of a numeric partial by argument i, from the formula that it stands for. */
static uint32_t partial_part(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    uint32_t n = x.op == P_PART1 ? 1 : 2, in[2] = {0, 1}, r = P_NONE;
    if (i >= n) /* f: counted with the arguments */
        return P_NONE;
    Program *q = program_new(p->env, n);
    if (!q)
        return P_NONE;
    q->by_text = true;
    uint32_t t =
        partial_by_text(q, (Op)x.fn, x.op == P_PART2Y, in, n, pg_fn(q, (Op)x.fn, n, in));
    uint32_t seed[2] = {P_NONE, P_NONE}, *tan = mem_alloc((q->n + 1) * sizeof *tan);
    seed[i] = pg_const(q, 1);
    if (tan && t != P_NONE && program_tangent(q, seed, tan, t + 1) && tan[t] != P_NONE)
        r = pg_inline(p, q, tan[t], (uint32_t[]){x.a, x.b});
    mem_free(tan);
    program_free(q);
    return r;
}

static uint32_t partial_fn(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    uint32_t a[3] = {x.a, x.b, x.c};
    if (!p->by_text && float64_fn((Op)x.fn)->own[i]) {
        a[x.op == P_FN1 ? 1 : 2] = v;
        return pg_part(p, x.op == P_FN1 ? P_PART1 : i ? P_PART2Y : P_PART2X, (Op)x.fn, a);
    }
    uint32_t d = partial_by_text(p, (Op)x.fn, i, a, (size_t)(x.op - P_FN1 + 1), v);
    if (d == P_NONE)
        env_error(p->env, LBZ_UNABLE, "differentiate with respect to its other arguments",
                  "the derivative of %s in its %s argument is not known",
                  op_info((Op)x.fn)->name,
                  i == 0   ? "first"
                  : i == 1 ? "second"
                           : "third");
    return zero_is_none(p, d);
}

static uint32_t partial_pow(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    if (i == 1) { /* 0^y*log(0) is 0 where 0^y is */
        uint32_t a[2] = {v, x.a};
        return pg_fn(p, OP_xlogy, 2, a);
    }
    if (p->val[x.b].op == P_CONST) {
        double k = p->val[x.b].k;
        return pg_mul(p, x.b, pg_pow(p, x.a, pg_const(p, k - 1)));
    }
    uint32_t d = pg_mul(p, x.b, pg_pow(p, x.a, pg_sub(p, x.b, pg_const(p, 1))));
    uint32_t zero = pg_const(p, 0);
    return pg_select(p, pg_logic(p, P_EQ, x.b, zero), zero, d);
}

/* k*|a|^(k-1), with the sign of a where the power itself has none. */
static uint32_t partial_root(Program *p, uint32_t v)
{
    const ProgramValue x = p->val[v];
    return pg_mul(p, pg_const(p, x.k), pg_signed_power(p, x.a, x.k - 1, x.b == 0));
}

static uint32_t partial_loop(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    Program *body = p->loop[x.a].body;
    uint32_t *adj = mem_alloc(body->nin * sizeof *adj);
    uint32_t r = P_NONE;
    if (adj && program_gradient(body, p->loop[x.a].out[x.b], pg_const(body, 1), adj)) {
        if (adj[i + 1] != P_NONE)
            r = pg_loop_out(p, x.a, adj[i + 1]);
    } else if (!adj) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(adj);
    return r;
}

uint32_t pg_partial(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    switch ((POp)x.op) {
    case P_ADD:
    case P_SUM: return pg_const(p, 1);
    case P_SUB: return pg_const(p, i ? -1 : 1);
    case P_NEG: return pg_const(p, -1);
    case P_MUL: return i ? x.a : x.b;
    case P_DIV: return i ? pg_neg(p, pg_div(p, v, x.b)) : pg_div(p, pg_const(p, 1), x.b);
    case P_POW: return partial_pow(p, v, i);
    case P_ROOT: return partial_root(p, v);
    case P_FN1:
    case P_FN2:
    case P_FN3: return partial_fn(p, v, i);
    case P_PART1:
    case P_PART2X:
    case P_PART2Y: return partial_part(p, v, i);
    case P_LOOP: return partial_loop(p, v, i);
    case P_QUAD: return program_quad_partial(p, v, i);
    default: /* conditions are constant between their jumps; P_SELECT is the callers' */
        return P_NONE;
    }
}
