/* program/quad.c - integrals as externs of programs: certified quadrature, rounded to
 * float64; derivatives by Leibniz's rule.
 *
 * A quadrature keeps the integrand as a node over its variable and the names of its parameters;
 * its operands are the limits, then the parameters. The derivative by a limit is the integrand
 * there; by a parameter it is the integral of the integrand's partial derivative, which is right
 * as long as the integrand has no jump that moves with the parameter: else it is refused.
 */
#include "ball/ball.h"
#include "diff/diff.h"
#include "program/program.h"
#include <math.h>

enum { FIRST_BITS = 64, MOST_BITS = 256, ENOUGH_BITS = 58 };

typedef struct {
    Ctx *c;
    Node *body, *e; /* e: the integral between sym[0] and sym[1] */
    uint32_t var;
    uint32_t *sym; /* limits, then parameters: the operands */
    size_t n;      /* of them in all */
    const Node *about;
} Quadrature;

static void quad_free(void *arg)
{
    Quadrature *q = arg;
    mem_free(q->sym);
    mem_free(q);
}

static bool same_quad(const void *a, const void *b)
{
    const Quadrature *x = a, *y = b;
    return x->body == y->body && x->var == y->var && x->n == y->n &&
           memcmp(x->sym + 2, y->sym + 2, (x->n - 2) * sizeof *x->sym) == 0;
}

/* The node of the integral over names of its own for the limits. */
static bool name_limits(Quadrature *q)
{
    Ctx *c = q->c;
    q->sym[0] = sym_fresh(c, "from");
    q->sym[1] = sym_fresh(c, "to");
    q->e = ex_binder(c, OP_INT, q->body, ex_sym(c, q->var), ex_sym(c, q->sym[0]),
                     ex_sym(c, q->sym[1]));
    return !ctx_failed(c);
}

static Quadrature *new_quad(Program *p, Ctx *c, Node *body, uint32_t var,
                            const uint32_t *sym, size_t n)
{
    Quadrature *q = mem_alloc(sizeof *q);
    if (q)
        *q = (Quadrature){.c = c,
                          .body = body,
                          .var = var,
                          .n = n + 2,
                          .sym = mem_alloc((n + 2) * sizeof *q->sym),
                          .about = p->at};
    if (!q || !q->sym) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        mem_free(q);
        return NULL;
    }
    if (n)
        memcpy(q->sym + 2, sym, n * sizeof *sym);
    return q;
}

/* ---- values ------------------------------------------------------------------------ */
/* Is x known well enough? What is 0 to 30 digits is taken for it. */
static bool close_enough(const arb_t x, slong prec, double *out)
{
    *out = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    if (arb_rel_accuracy_bits(x) >= ENOUGH_BITS)
        return true;
    if (prec < 128 || !arb_contains_zero(x) || mag_cmp_2exp_si(arb_radref(x), -100) > 0)
        return false;
    *out = 0;
    return true;
}

static double certified_integral(const Quadrature *q, const arb_struct *at)
{
    arb_t x;
    double d = NAN;
    lbz_status st = LBZ_UNABLE;
    arb_init(x);
    for (slong prec = FIRST_BITS; prec <= MOST_BITS && st == LBZ_UNABLE; prec *= 2) {
        st = ball_eval(q->c, q->e, q->sym, at, q->n, prec, x, NULL);
        if (st == LBZ_OK && !close_enough(x, prec, &d))
            st = LBZ_UNABLE;
        if (ctx_failed(q->c))
            break;
    }
    arb_clear(x);
    if (st == LBZ_UNABLE)
        ctx_error(q->c, st,
                  "split the interval where the integrand is singular, or has a jump",
                  "an integral could not be found with certainty");
    return st == LBZ_OK ? d : NAN;
}

static bool finite_operands(const Quadrature *q, const double *in)
{
    for (size_t i = 0; i < q->n; i++) {
        if (isfinite(in[i]))
            continue;
        if (i < 2 && isinf(in[i]))
            ctx_error(q->c, LBZ_UNABLE, "give finite limits",
                      "only finite intervals can be integrated numerically");
        return false;
    }
    return true;
}

static double integral_at(const Quadrature *q, const double *in)
{
    arb_struct *at = mem_alloc(q->n * sizeof *at);
    if (!at) {
        ctx_error(q->c, LBZ_LIMIT, NULL, "out of memory");
        return NAN;
    }
    for (size_t i = 0; i < q->n; i++) {
        arb_init(&at[i]);
        arb_set_d(&at[i], in[i]);
    }
    double d = certified_integral(q, at);
    for (size_t i = 0; i < q->n; i++)
        arb_clear(&at[i]);
    mem_free(at);
    return d;
}

static double quad_value(const void *arg, const double *in)
{
    const Quadrature *q = arg;
    const void *about = q->c->env.about;
    q->c->env.about = about ? about : q->about;
    double d = finite_operands(q, in) ? integral_at(q, in) : NAN;
    q->c->env.about = about;
    return d;
}

/* ---- derivatives ------------------------------------------------------------------- */
/* The integrand at a limit. */
static uint32_t body_at(Program *p, const Quadrature *q, const uint32_t *args,
                        uint32_t at)
{
    size_t n = q->n - 1;
    uint32_t out, r = P_NONE;
    uint32_t *in = mem_alloc(n * sizeof *in), *sym = mem_alloc(n * sizeof *sym);
    Program *b = program_new(p->env, (uint32_t)n);
    if (in && sym && b) {
        in[0] = at;
        sym[0] = q->var;
        memcpy(in + 1, args + 2, (n - 1) * sizeof *in);
        memcpy(sym + 1, q->sym + 2, (n - 1) * sizeof *sym);
        if (program_compile(q->c, b, sym, &q->body, 1, &out))
            r = pg_inline(p, b, out, in);
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    program_free(b);
    mem_free(in);
    mem_free(sym);
    return r;
}

/* Has op a jump somewhere, as a function of its operands? */
static bool has_jump(Op op)
{
    switch (op) {
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
    case OP_sign:
    case OP_step:
    case OP_step_at:
    case OP_dirac:
    case OP_floor:
    case OP_ceil:
    case OP_round:
    case OP_trunc:
    case OP_mod:
    case OP_rem:
    case OP_mod2pi: return true;
    default: return false;
    }
}

/* Is there a jump in the integrand whose place moves with s? */
static bool moving_jump(const Quadrature *q, uint32_t s)
{
    Ctx *c = q->c;
    size_t n;
    bool found = false;
    ArenaMark m = arena_mark(&c->tmp);
    Node *root = q->body, **order = ex_walk(c, 1, &root, &n);
    for (size_t i = 0; order && i < n && !found; i++)
        found = has_jump((Op)order[i]->op) && ex_depends(c, order[i], q->var) &&
                ex_depends(c, order[i], s);
    arena_release(&c->tmp, m);
    return found;
}

static uint32_t by_parameter(Program *p, const Quadrature *q, const uint32_t *args,
                             size_t i)
{
    Ctx *c = q->c;
    uint32_t s = q->sym[i];
    if (moving_jump(q, s)) {
        ctx_error(c, LBZ_UNABLE, "split the integral at the jump",
                  "the integrand has a jump that moves with %s", sym_name(c, s));
        return P_NONE;
    }
    Node *d = diff(c, q->body, s);
    if (ctx_failed(c) || d == c->zero)
        return P_NONE;
    return pg_quad(p, c, d, q->var, args, q->sym + 2, q->n - 2);
}

static uint32_t quad_partial(Program *p, const void *arg, const uint32_t *args, size_t i)
{
    const Quadrature *q = arg;
    if (i >= 2)
        return by_parameter(p, q, args, i);
    uint32_t f = body_at(p, q, args, args[i]);
    return f == P_NONE || i == 1 ? f : pg_neg(p, f);
}

uint32_t pg_quad(Program *p, Ctx *c, Node *body, uint32_t var, const uint32_t *args,
                 const uint32_t *sym, size_t n)
{
    static const ExternKind kind = {quad_value, quad_partial, same_quad, quad_free};
    Quadrature *q = new_quad(p, c, body, var, sym, n);
    if (!q)
        return 0;
    if (name_limits(q))
        return pg_extern(p, &kind, q, args, n + 2);
    quad_free(q);
    return 0;
}
