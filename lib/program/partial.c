/* program/partial.c - partial derivatives of values, most of them from the texts of the table. */
#include "program/program.h"
#include "table/float64.h"
#include "table/rule.h"

static uintptr_t make_number(void *p, unsigned k) { return pg_const(p, k); }

static uintptr_t make_pi(void *arg)
{
    Program *p = arg;
    double pi = 3.14159265358979323846;
    return p->pi ? pg_rounded(p, pi, p->pi) : pg_const(p, pi);
}

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

/* The derivative by argument i of v, an own partial g(x, f) of a row: of the text that it stands
 * for, dg/dx + dg/df * df/dx, where df/dx is the row's own again. */
static uint32_t partial_of_own(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    uint32_t n = x.op == P_FN2 ? 1 : 2, r = P_NONE;
    uint32_t in[4] = {x.a, x.b, x.c}, here[3] = {0, 1, 2}, seed[4];
    if (i >= n) /* f: counted with the arguments */
        return P_NONE;
    in[n + 1] = pg_partial(p, in[n], i);
    Program *q = program_new(p->env, n + 2);
    if (!q || in[n + 1] == P_NONE) {
        program_free(q);
        return P_NONE;
    }
    q->pi = p->pi;
    uint32_t t = partial_by_text(q, pg_fn_op(&x), pg_fn_part(&x) - 1, here, n, n);
    uint32_t *tan = mem_alloc((q->n + 1) * sizeof *tan);
    memset(seed, 0xff, sizeof seed);
    seed[i] = pg_const(q, 1);
    seed[n] = n + 1;
    if (tan && t != P_NONE && program_tangent(q, seed, tan, t + 1) && tan[t] != P_NONE)
        r = pg_inline(p, q, tan[t], in);
    mem_free(tan);
    program_free(q);
    return r;
}

static uint32_t partial_fn(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    const Op fn = pg_fn_op(&x);
    size_t n = (size_t)(x.op - P_FN1 + 1);
    uint32_t a[4] = {x.a, x.b, x.c, v};
    if (pg_fn_part(&x))
        return partial_of_own(p, v, i);
    if (!p->by_text && float64_fn(fn)->own[i]) {
        a[n] = v;
        return pg_make(p, (POp)(x.op + 1), pg_fn_code(fn, (unsigned)i + 1), n + 1, a);
    }
    uint32_t d = partial_by_text(p, fn, i, a, n, v);
    if (d == P_NONE)
        env_error(p->env, LBZ_UNABLE, "differentiate with respect to its other arguments",
                  "the derivative of %s in its %s argument is not known",
                  op_info(fn)->name,
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
    uint32_t d = pg_mul(p, x.b, pg_pow(p, x.a, pg_sub(p, x.b, pg_const(p, 1))));
    uint32_t zero = pg_const(p, 0);
    if (p->val[x.b].known)
        return d;
    return pg_select(p, pg_logic(p, P_EQ, x.b, zero), zero, d);
}

/* k*|a|^(k-1), with the sign of a where the power itself has none. */
static uint32_t partial_root(Program *p, uint32_t v)
{
    const ProgramValue x = p->val[v];
    uint32_t a[2] = {x.a, pg_sub(p, x.b, pg_const(p, 1))};
    POp other = x.op == P_ODD_ROOT ? P_EVEN_ROOT : P_ODD_ROOT;
    return pg_mul(p, x.b, pg_make(p, other, 0, 2, a));
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

/* ---- reductions: d f = sum of these times d x -------------------------------------- */

/* Each element is the product of the others along the last axis, in n - 1 of a tree's products. */
static uint32_t products_of_others(Program *p, uint32_t x)
{
    unsigned last = pg_dims(p, x)->rank - 1;
    size_t n = pg_dims(p, x)->dim[last];
    if (n <= 1)
        return pg_fit(p, pg_const(p, 1), p->val[x].shape);
    size_t half = n / 2;
    uint32_t a = pg_slice(p, x, last, 0, half, 1),
             b = pg_slice(p, x, last, half, half, 1);
    uint32_t pairs[2] = {pg_mul(p, a, b), P_NONE};
    size_t odd = n % 2;
    if (odd)
        pairs[1] = pg_slice(p, x, last, n - 1, 1, 1);
    uint32_t others = products_of_others(p, pg_concat(p, 1 + odd, pairs, last));
    uint32_t of_pair = pg_slice(p, others, last, 0, half, 1);
    uint32_t r[3] = {pg_mul(p, of_pair, b), pg_mul(p, of_pair, a), P_NONE};
    if (odd)
        r[2] = pg_slice(p, others, last, half, 1, 1);
    return pg_concat(p, 2 + odd, r, last);
}

/* The axes of a product brought together as the last, and back. */
static uint32_t partial_product(Program *p, uint32_t x, unsigned axes)
{
    const Dims d = *pg_dims(p, x);
    unsigned order[TENSOR_RANK], back[TENSOR_RANK], n = 0;
    Dims flat = {0}, shape = {.rank = d.rank};
    size_t together = 1;
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < d.rank; i++)
            if ((axes >> i & 1) == pass)
                order[n++] = i;
    for (unsigned i = 0; i < n; i++) {
        back[order[i]] = i;
        shape.dim[i] = d.dim[order[i]];
        if (axes >> order[i] & 1)
            together *= d.dim[order[i]];
        else
            flat.dim[flat.rank++] = d.dim[order[i]];
    }
    flat.dim[flat.rank++] = together;
    uint32_t r = products_of_others(p, pg_reshape(p, pg_permute(p, x, order), &flat));
    return pg_permute(p, pg_reshape(p, r, &shape), back);
}

static uint32_t partial_reduce(Program *p, uint32_t v)
{
    const ProgramValue x = p->val[v];
    uint32_t f = pg_fit(p, pg_keep(p, v, x.b), p->val[x.a].shape), mask, count;
    switch ((ProgramReduce)x.fn) {
    case REDUCE_SUM: return pg_const(p, 1);
    case REDUCE_NORM: return pg_over(p, x.a, f);
    case REDUCE_PROD: return partial_product(p, x.a, x.b);
    case REDUCE_MAX:
    case REDUCE_MIN: /* equal ones share */
        mask = pg_logic(p, P_EQ, x.a, f);
        count = pg_reduce(p, REDUCE_SUM, mask, x.b);
        return pg_div(p, mask, pg_keep(p, count, x.b));
    default: return P_NONE;
    }
}

static uint32_t partial_extern(Program *p, uint32_t v, size_t i)
{
    const ProgramExtern e = p->ext[p->val[v].a]; /* making values may move the list */
    return e.x->kind->partial(p, e.x->arg, e.args, i);
}

uint32_t pg_partial(Program *p, uint32_t v, size_t i)
{
    const ProgramValue x = p->val[v];
    switch ((POp)x.op) {
    case P_ADD:
    case P_SUM: return pg_const(p, 1);
    case P_SUB: return pg_const(p, i ? -1 : 1);
    case P_NEG: return pg_const(p, -1);
    case P_MUL:
    case P_TIMES: return i ? x.a : x.b;
    case P_DIV:
    case P_OVER: return i ? pg_neg(p, pg_div(p, v, x.b)) : pg_div(p, pg_const(p, 1), x.b);
    case P_POW: return partial_pow(p, v, i);
    case P_EVEN_ROOT:
    case P_ODD_ROOT: return i ? P_NONE : partial_root(p, v);
    case P_FN1:
    case P_FN2:
    case P_FN3: return partial_fn(p, v, i);
    case P_LOOP: return partial_loop(p, v, i);
    case P_EXTERN: return partial_extern(p, v, i);
    case P_REDUCE: return partial_reduce(p, v);
    default: /* conditions are constant between their jumps */ return P_NONE;
    }
}
