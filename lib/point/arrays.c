/* point/arrays.c - value and derivatives of a formula over many numbers: one program of arrays, whose
 * kernels compute all of it at once. In the same pass they look for what the rule for kinks, and a
 * message about values that are not finite, would have to see number by number; where there is such a
 * thing, nothing is answered, and the way of single numbers has to be taken.
 */
#include "cpu/cpu.h"
#include "point/point.h"
#include "table/float64.h"
#include <math.h>

enum { MOST_DIRECTIONS = 64, MOST_OUTPUTS = 16 };

/* ---- what must not be there -------------------------------------------------------- */

static uint32_t either(Program *p, uint32_t a, uint32_t b)
{
    return a == P_NONE ? b : pg_logic(p, P_OR, a, b);
}

static uint32_t is_whole(Program *p, uint32_t v)
{
    return pg_logic(p, P_EQ, v, pg_fn1(p, OP_round, v));
}

static bool has_kinks(const ProgramValue *v)
{
    return pg_is_function(v) &&
           (pg_fn_op(v) == OP_hypot || pg_fn_op(v) == OP_atan2 ||
            (op_is_function(pg_fn_op(v)) && (op_info(pg_fn_op(v))->flags & PIECEWISE)));
}

/* May value i be on a kink or jump? Those of the table are at whole and half numbers, and where two
 * operands, their signs aside, are equal or multiples. P_NONE: never. */
static uint32_t kink_test(Program *p, uint32_t i)
{
    const ProgramValue v = p->val[i];
    if (v.known || !(pg_is_comparison(&v) || has_kinks(&v)))
        return P_NONE;
    if (pg_is_comparison(&v))
        return pg_logic(p, P_EQ, v.a, v.b);
    uint32_t arg[3] = {v.a, v.b, v.c}, r = P_NONE;
    size_t n = (size_t)(v.op - P_FN1 + 1);
    for (size_t k = 0; k < n; k++) {
        uint32_t x = arg[k], y = arg[(k + 1) % n];
        r = either(p, r, is_whole(p, pg_mul(p, pg_const(p, 2), x)));
        if (n > 1)
            r = either(p, r, is_whole(p, pg_div(p, x, y)));
    }
    return r;
}

/* Does a guard of value i hide a partial that is not finite? P_NONE: never. */
static uint32_t guard_test(Program *p, uint32_t i)
{
    const ProgramValue v = p->val[i];
    uint32_t zero = pg_const(p, 0);
    if (v.known || !pg_is_guarded(&v))
        return P_NONE;
    uint32_t bad = pg_logic(p, P_NE, pg_mul(p, v.b, zero), zero);
    if (v.op == P_OVER)
        bad = pg_logic(p, P_OR, bad, pg_logic(p, P_EQ, v.b, zero));
    return pg_logic(p, P_AND, pg_logic(p, P_EQ, v.a, zero), bad);
}

/* Is the reduction i on a kink: a norm of 0, several that are the largest? P_NONE: never. */
static uint32_t reduction_test(Program *p, uint32_t i)
{
    const ProgramValue v = p->val[i];
    if (v.op != P_REDUCE || v.known)
        return P_NONE;
    if (v.fn == REDUCE_NORM)
        return pg_logic(p, P_EQ, i, pg_const(p, 0));
    if (v.fn != REDUCE_MAX && v.fn != REDUCE_MIN)
        return P_NONE;
    uint32_t f = pg_keep(p, i, v.b), equal = pg_logic(p, P_EQ, v.a, f);
    return pg_logic(p, P_LT, pg_const(p, 1), pg_reduce(p, REDUCE_SUM, equal, v.b));
}

uint32_t kink_tests(Program *p, uint32_t primal, uint32_t n)
{
    uint32_t r = pg_const(p, 0);
    for (uint32_t i = p->nin; i < n && !env_poll(p->env); i++) {
        uint32_t t = i < primal ? kink_test(p, i) : P_NONE, g = guard_test(p, i);
        t = i < primal && t == P_NONE ? reduction_test(p, i) : t;
        t = t == P_NONE ? g : g == P_NONE ? t : pg_logic(p, P_OR, t, g);
        if (t != P_NONE)
            r = pg_logic(p, P_OR, r, pg_reduce(p, REDUCE_ANY, t, pg_all_axes(p, t)));
    }
    return r;
}

/* ---- derivatives ------------------------------------------------------------------- */

static uint32_t as_data(Program *p, const double *x, const Dims *d)
{
    Tensor t;
    if (!tensor_from(p->env, x, d, &t))
        return 0;
    uint32_t v = pg_data(p, &t);
    tensor_release(&t);
    return v;
}

/* Along dir, or along each element of the inputs: an array with one more axis before its own. */
static uint32_t seed_of(Program *p, const PointArrays *a, size_t i, size_t before)
{
    Dims d = *pg_dims(p, (uint32_t)i);
    size_t n = dims_count(&d);
    if (a->dir)
        return d.rank ? as_data(p, a->dir[i], &d) : pg_const(p, a->dir[i][0]);
    Dims all = {.rank = d.rank + 1, .dim = {a->n}};
    memcpy(all.dim + 1, d.dim, d.rank * sizeof *d.dim);
    double *one = mem_alloc((a->n * n + 1) * sizeof *one);
    if (!one)
        return P_NONE;
    memset(one, 0, a->n * n * sizeof *one);
    for (size_t k = 0; k < n; k++)
        one[(before + k) * n + k] = 1;
    uint32_t v = as_data(p, one, &all);
    mem_free(one);
    return v;
}

/* The tangents of out, as one value; P_NONE: all are 0. */
static bool tangent_of(Program *p, const PointArrays *a, uint32_t out, uint32_t *d)
{
    uint32_t seed[MOST_OUTPUTS], n = out + 1;
    uint32_t *tan = mem_alloc(n * sizeof *tan);
    size_t before = 0;
    for (size_t i = 0; tan && i < a->nin; i++) {
        bool fixed = i >= a->nvars;
        seed[i] = fixed ? P_NONE : seed_of(p, a, i, before);
        before += fixed ? 0 : dims_count(pg_dims(p, (uint32_t)i));
    }
    bool ok = tan && !env_failed(p->env) &&
              (a->dir ? program_tangent(p, seed, tan, n)
                      : program_tangents(p, a->n, seed, tan, n));
    *d = ok ? tan[out] : P_NONE;
    mem_free(tan);
    return ok;
}

/* The values that are asked for behind out[0], the formula; their number, 0 on errors. */
static size_t derive(Program *p, const PointArrays *a, AccumMode mode, uint32_t *out)
{
    size_t n = 1;
    bool ok;
    if (mode == ACC_FORWARD) {
        ok = tangent_of(p, a, out[0], &out[n++]);
    } else {
        ok = program_gradient(p, out[0], pg_const(p, 1), out + 1);
        n += a->nvars;
    }
    for (size_t i = 1; i < n; i++)
        if (out[i] == P_NONE)
            out[i] = pg_const(p, 0);
    return ok ? n : 0;
}

/* ---- runs -------------------------------------------------------------------------- */

/* t, or where t is one number for all of them that number, n times; false: some is not finite. */
static bool copy_elements(const Tensor *t, double *to, size_t n)
{
    bool finite = true, one = tensor_count(t) != n;
    const double *from = tensor_doubles(t);
    for (size_t i = 0; i < n; i++) {
        double x = from[one ? 0 : i];
        if (from != to)
            to[i] = x;
        finite &= isfinite(x);
    }
    return finite;
}

/* Gradients are written where they are wanted. */
static bool lend_results(Program *p, PointArrays *a, Tensor *r)
{
    bool ok = true;
    for (size_t i = 0, at = 0; ok && i < a->nvars; at += tensor_count(&a->x[i++]))
        ok = tensor_borrow(p->env, a->d + at, &a->x[i].dims, &r[i + 1]);
    return ok;
}

static bool run_program(Program *p, PointArrays *a, const uint32_t *out, size_t n,
                        AccumMode mode)
{
    Tensor r[MOST_OUTPUTS + 2] = {0};
    Plan *plan = program_plan(p, out, n);
    const Backend *b = cpu_backend_for(p->env, plan);
    Code *code = plan ? b->compile(p->env, plan) : NULL;
    bool ok = code && (mode == ACC_FORWARD || lend_results(p, a, r)) &&
              b->run(code, p->env, a->x, r) && b->synchronize(code, p->env);
    if (ok) {
        a->value = *tensor_doubles(&r[0]);
        ok = isfinite(a->value) && *tensor_doubles(&r[n - 1]) == 0;
    }
    for (size_t i = 1, at = 0; ok && i + 1 < n; i++) {
        size_t m = mode == ACC_REVERSE ? tensor_count(&a->x[i - 1]) : a->dir ? 1 : a->n;
        ok = copy_elements(&r[i], a->d + at, m);
        at += m;
    }
    for (size_t i = 0; i < n; i++)
        tensor_release(&r[i]);
    if (code)
        b->free(code);
    return ok;
}

bool accum_arrays(Ctx *c, PointArrays *a, Node *e, AccumMode mode)
{
    Dims d[MOST_OUTPUTS];
    uint32_t out[MOST_OUTPUTS + 2];
    if (a->nin > MOST_OUTPUTS ||
        (mode == ACC_FORWARD && !a->dir && a->n > MOST_DIRECTIONS))
        return false;
    for (size_t i = 0; i < a->nin; i++)
        d[i] = a->x[i].dims;
    Program *p = program_new_shaped(&c->env, (uint32_t)a->nin, d);
    bool ok = p && program_compile_arrays(c, p, a->in, e, out) && !p->val[out[0]].shape;
    uint32_t primal = ok ? (uint32_t)p->n : 0;
    size_t n = ok ? derive(p, a, mode, out) : 0;
    if (n) {
        out[n++] = kink_tests(p, primal, (uint32_t)p->n);
        ok = !env_failed(&c->env) && run_program(p, a, out, n, mode);
    }
    program_free(p);
    return ok && n && !ctx_failed(c);
}
