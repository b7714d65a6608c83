/* program/rule.c - the texts of the operator table as values of a program; partial
 * derivatives of values.
 *
 * The texts are ours and short: the parser here may recurse. It reads what ops.def allows:
 * calls by id, + - * /, integers, pi, x y z f.
 */
#include "program/program.h"
#include "table/float64.h"
#include <math.h>
#include <stdlib.h>

typedef struct {
    Program *p;
    const char *s;
    const uint32_t *xyz;
    size_t n;
    uint32_t f;
    bool bad;
} RuleReader;

static uint32_t rule_sum(RuleReader *r);

static void skip_space(RuleReader *r)
{
    while (*r->s == ' ')
        r->s++;
}

static bool eat_char(RuleReader *r, char c)
{
    skip_space(r);
    if (*r->s != c)
        return false;
    r->s++;
    return true;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static uint32_t rule_variable(RuleReader *r, const char *s, size_t n)
{
    if (n == 2 && memcmp(s, "pi", 2) == 0)
        return pg_const(r->p, 3.14159265358979323846);
    if (n == 1 && *s == 'f')
        return r->f;
    if (n == 1 && *s >= 'x' && *s <= 'z' && (size_t)(*s - 'x') < r->n)
        return r->xyz[*s - 'x'];
    r->bad = true;
    return 0;
}

static uint32_t rule_call(RuleReader *r, const char *s, size_t n)
{
    uint32_t a[3];
    size_t k = 0;
    do {
        if (k == 3) {
            r->bad = true;
            return 0;
        }
        a[k++] = rule_sum(r);
    } while (eat_char(r, ','));
    Op fn = op_find_n(s, n, k);
    if (!eat_char(r, ')') || !op_is_function(fn)) {
        r->bad = true;
        return 0;
    }
    return pg_fn(r->p, fn, k, a);
}

static uint32_t rule_atom(RuleReader *r)
{
    if (eat_char(r, '-'))
        return pg_neg(r->p, rule_atom(r));
    if (eat_char(r, '(')) {
        uint32_t v = rule_sum(r);
        if (!eat_char(r, ')'))
            r->bad = true;
        return v;
    }
    const char *s = r->s;
    if (*s >= '0' && *s <= '9') {
        char *end;
        double k = strtod(s, &end);
        r->s = end;
        return pg_const(r->p, k);
    }
    while (is_name(*r->s))
        r->s++;
    size_t n = (size_t)(r->s - s);
    return eat_char(r, '(') ? rule_call(r, s, n) : rule_variable(r, s, n);
}

static uint32_t rule_product(RuleReader *r)
{
    uint32_t v = rule_atom(r);
    for (;;)
        if (eat_char(r, '*'))
            v = pg_mul(r->p, v, rule_atom(r));
        else if (eat_char(r, '/'))
            v = pg_div(r->p, v, rule_atom(r));
        else
            return v;
}

static uint32_t rule_sum(RuleReader *r)
{
    uint32_t v = rule_product(r);
    for (;;) {
        if (r->bad)
            return 0;
        if (eat_char(r, '+'))
            v = pg_add(r->p, v, rule_product(r));
        else if (eat_char(r, '-'))
            v = pg_sub(r->p, v, rule_product(r));
        else
            return v;
    }
}

uint32_t pg_rule(Program *p, const char *text, const uint32_t *xyz, size_t n, uint32_t f)
{
    RuleReader r = {p, text, xyz, n, f, false};
    uint32_t v = rule_sum(&r);
    skip_space(&r);
    if (!r.bad && !*r.s)
        return v;
    env_error(p->env, LBZ_UNABLE, NULL, "the rule `%s` cannot be made a program", text);
    return P_NONE;
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
    const char *text = op_info((Op)x.fn)->partial[x.op == P_PART2Y];
    Program *q = program_new(p->env, n);
    if (!q)
        return P_NONE;
    q->by_text = true;
    uint32_t t = pg_rule(q, text, in, n, pg_fn(q, (Op)x.fn, n, in));
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
    const OpInfo *info = op_info((Op)x.fn);
    uint32_t a[3] = {x.a, x.b, x.c};
    const char *text = info->partial[i];
    if (!text || !*text) {
        env_error(p->env, LBZ_UNABLE, "differentiate with respect to its other arguments",
                  "the derivative of %s in its %s argument is not known", info->name,
                  i == 0   ? "first"
                  : i == 1 ? "second"
                           : "third");
        return P_NONE;
    }
    if (!p->by_text && float64_fn((Op)x.fn)->own[i]) {
        a[x.op == P_FN1 ? 1 : 2] = v;
        return pg_part(p, x.op == P_FN1 ? P_PART1 : i ? P_PART2Y : P_PART2X, (Op)x.fn, a);
    }
    return zero_is_none(p, pg_rule(p, text, a, (size_t)(x.op - P_FN1 + 1), v));
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
