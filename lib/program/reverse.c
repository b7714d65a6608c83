/* program/reverse.c - adjoints of a program, as further values of it.
 *
 * One sweep from the outputs to the inputs. Values without an adjoint (P_NONE: 0) are skipped.
 *
 * Where a value is used only in a branch of a P_SELECT, its adjoint is 0 when the branch is not
 * taken, but 0 times an infinite partial would be NaN. So every adjoint carries a guard, the
 * condition under which it counts (P_NONE: always), and what leaves the branch passes through
 * a select on it.
 */
#include "program/program.h"

typedef struct {
    Program *p;
    uint32_t *adj, *guard; /* of values 0 .. n-1 */
} ProgramSweep;

/* adj[v] += a, which counts under the guard g. */
static void add_adjoint_of(ProgramSweep *s, uint32_t v, uint32_t a, uint32_t g)
{
    if (a == P_NONE || s->p->val[v].op == P_CONST)
        return;
    if (g != P_NONE)
        a = pg_select(s->p, g, a, pg_const(s->p, 0));
    if (s->adj[v] == P_NONE) {
        s->adj[v] = a;
        s->guard[v] = g;
        return;
    }
    s->adj[v] = pg_add(s->p, s->adj[v], a);
    if (s->guard[v] != g)
        s->guard[v] = P_NONE;
}

static void add_select_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a,
                                uint32_t g)
{
    Program *p = s->p;
    uint32_t yes = v->a, no = pg_logic(p, P_NOT, v->a, 0);
    if (g != P_NONE) {
        yes = pg_logic(p, P_AND, g, yes);
        no = pg_logic(p, P_AND, g, no);
    }
    add_adjoint_of(s, v->b, a, yes);
    add_adjoint_of(s, v->c, a, no);
}

static void add_sum_adjoints(ProgramSweep *s, const ProgramValue *v, uint32_t a,
                             uint32_t g)
{
    for (uint32_t i = 0; i < v->b; i++)
        add_adjoint_of(s, s->p->args[v->a + i], a, g);
}

/* f = a/b: da = adj/b, db = -da*f */
static void add_quotient_adjoints(ProgramSweep *s, uint32_t i, const ProgramValue *v,
                                  uint32_t a, uint32_t g)
{
    uint32_t t = pg_div(s->p, a, v->b);
    add_adjoint_of(s, v->a, t, g);
    if (s->p->val[v->b].op != P_CONST)
        add_adjoint_of(s, v->b, pg_neg(s->p, pg_mul(s->p, t, i)), g);
}

static void add_partial_adjoints(ProgramSweep *s, uint32_t i, uint32_t a, uint32_t g)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(s->p, i, &o, buf);
    for (size_t k = 0; k < n; k++) {
        pg_operands(s->p, i, &o, buf); /* partials may move the lists */
        uint32_t to = o[k];
        if (s->p->val[to].op == P_CONST)
            continue;
        uint32_t d = pg_partial(s->p, i, k);
        if (d != P_NONE)
            add_adjoint_of(s, to, pg_mul(s->p, a, d), g);
    }
}

static void sweep_value(ProgramSweep *s, uint32_t i)
{
    Program *p = s->p;
    const ProgramValue v = p->val[i];
    uint32_t a = s->adj[i], g = s->guard[i];
    p->at = p->origin[i];
    switch ((POp)v.op) {
    case P_ADD:
        add_adjoint_of(s, v.a, a, g);
        add_adjoint_of(s, v.b, a, g);
        break;
    case P_SUB:
        add_adjoint_of(s, v.a, a, g);
        if (p->val[v.b].op != P_CONST)
            add_adjoint_of(s, v.b, pg_neg(p, a), g);
        break;
    case P_NEG: add_adjoint_of(s, v.a, pg_neg(p, a), g); break;
    case P_MUL:
        if (p->val[v.a].op != P_CONST)
            add_adjoint_of(s, v.a, pg_mul(p, a, v.b), g);
        add_adjoint_of(s, v.b, pg_mul(p, a, v.a), g);
        break;
    case P_DIV: add_quotient_adjoints(s, i, &v, a, g); break;
    case P_SUM: add_sum_adjoints(s, &v, a, g); break;
    case P_SELECT: add_select_adjoints(s, &v, a, g); break;
    default: add_partial_adjoints(s, i, a, g);
    }
}

bool program_vjp(Program *p, const uint32_t *outs, const uint32_t *seed, size_t nout,
                 uint32_t *adj)
{
    uint32_t n = 0;
    for (size_t i = 0; i < nout; i++)
        n = outs[i] >= n ? outs[i] + 1 : n;
    if (n < p->nin)
        n = p->nin;
    ProgramSweep s = {p, mem_alloc((n + 1) * sizeof(uint32_t)),
                      mem_alloc((n + 1) * sizeof(uint32_t))};
    if (s.adj && s.guard) {
        memset(s.adj, 0xff, n * sizeof *s.adj);
        memset(s.guard, 0xff, n * sizeof *s.guard);
        for (size_t i = 0; i < nout; i++)
            add_adjoint_of(&s, outs[i], seed[i], P_NONE);
        for (uint32_t i = n; i-- > p->nin;) {
            if (i % 256 == 0 && env_poll(p->env))
                break;
            if (s.adj[i] != P_NONE)
                sweep_value(&s, i);
        }
        memcpy(adj, s.adj, p->nin * sizeof *adj);
        p->at = NULL;
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(s.adj);
    mem_free(s.guard);
    return !env_failed(p->env);
}

bool program_gradient(Program *p, uint32_t out, uint32_t seed, uint32_t *adj)
{
    return program_vjp(p, &out, &seed, 1, adj);
}
