/* cpu/run.c - the CPU as a backend: the steps of a plan one after the other, arrays made when they
 * are written and given back when they were read for the last time.
 */
#include "cpu/internal.h"

struct code {
    Plan *plan;
    Kernel **kernel; /* of each step; NULL: it is no kernel */
    const CpuLanes *lanes;
};

static void cpu_free(Code *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->kernel && i < c->plan->nsteps; i++)
        kernel_free(c->kernel[i]);
    mem_free(c->kernel);
    program_plan_free(c->plan);
    mem_free(c);
}

Code *cpu_compile(Env *env, Plan *plan, unsigned lanes)
{
    Code *c = mem_alloc(sizeof *c);
    if (!c) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        program_plan_free(plan);
        return NULL;
    }
    *c = (Code){.plan = plan, .lanes = cpu_lanes(lanes)};
    c->kernel = mem_alloc((plan->nsteps + 1) * sizeof *c->kernel);
    bool ok = c->kernel != NULL;
    if (ok)
        memset(c->kernel, 0, plan->nsteps * sizeof *c->kernel);
    else
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
    for (size_t i = 0; ok && i < plan->nsteps; i++) {
        const PlanStep *s = &plan->step[i];
        if (s->op != P_OPS)
            continue;
        c->kernel[i] = kernel_new(s->body, s->out, s->nresult);
        ok = c->kernel[i] != NULL;
    }
    if (ok)
        return c;
    cpu_free(c);
    return NULL;
}

static Code *compile_widest(Env *env, Plan *plan) { return cpu_compile(env, plan, 8); }

/* ---- a run ------------------------------------------------------------------------- */

typedef struct {
    const Code *c;
    const Plan *plan;
    Env *env;
    Tensor *store; /* one reference each */
    double **at;
} CpuRun;

/* An output that the caller gave a buffer for, or {0}. */
static Tensor take_given(const CpuRun *r, uint32_t store, Tensor *out)
{
    for (size_t i = 0; i < r->plan->nout; i++) {
        if (r->plan->out[i] != store || !out[i].buf)
            continue;
        Tensor t = out[i];
        out[i] = (Tensor){0};
        if (t.type == DT_FLOAT64 && dims_equal(&t.dims, &r->plan->store[store].dims) &&
            tensor_is_own(&t))
            return t;
        tensor_release(&t);
    }
    return (Tensor){0};
}

static bool open_store(CpuRun *r, uint32_t i, Tensor *out)
{
    const PlanStore *s = &r->plan->store[i];
    r->store[i] = take_given(r, i, out);
    if (!r->store[i].buf &&
        !tensor_new(r->env, DT_FLOAT64, &s->dims, "a value", &r->store[i]))
        return false;
    r->at[i] = tensor_doubles(&r->store[i]);
    return true;
}

static bool open_operand(CpuRun *r, uint32_t i, const Tensor *t)
{
    if (!tensor_pack(r->env, t, DT_FLOAT64, &r->store[i]))
        return false;
    r->at[i] = tensor_doubles(&r->store[i]);
    return true;
}

static bool open_run(CpuRun *r, const Tensor *in)
{
    const Plan *plan = r->plan;
    size_t n = plan->nstores + 1;
    r->store = mem_alloc(n * sizeof *r->store);
    r->at = mem_alloc(n * sizeof *r->at);
    if (!r->store || !r->at) {
        env_error(r->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(r->store, 0, n * sizeof *r->store);
    memset(r->at, 0, n * sizeof *r->at);
    for (uint32_t i = 0; i < plan->nstores; i++) {
        const PlanStore *s = &plan->store[i];
        if (s->kind != STORE_TEMPORARY &&
            !open_operand(r, i,
                          s->kind == STORE_INPUT ? &in[s->index] : &plan->data[s->index]))
            return false;
    }
    return true;
}

static bool run_step(CpuRun *r, uint32_t i, Tensor *out)
{
    const PlanStep *s = &r->plan->step[i];
    CpuStep x = {s, r->c->kernel[i], r->c->lanes, r->at};
    for (size_t k = 0; k < s->nresult; k++)
        if (!open_store(r, s->result[k].store, out))
            return false;
    bool ok = s->op == P_OPS      ? cpu_run_kernel(r->env, &x)
              : s->op == P_MATMUL ? cpu_matmul(r->env, &x)
              : s->op == P_LINEAR ? cpu_linear(r->env, &x)
                                  : cpu_move(r->env, &x);
    for (size_t k = 0; k < s->nread; k++)
        if (r->plan->store[s->read[k].store].last == i)
            tensor_release(&r->store[s->read[k].store]);
    for (size_t k = 0; k < s->nresult; k++)
        if (r->plan->store[s->result[k].store].last == i)
            tensor_release(&r->store[s->result[k].store]);
    return ok && !env_poll(r->env);
}

static bool cpu_run(const Code *c, Env *env, const Tensor *in, Tensor *out)
{
    CpuRun r = {.c = c, .plan = c->plan, .env = env};
    bool ok = open_run(&r, in);
    for (uint32_t i = 0; ok && i < c->plan->nsteps; i++)
        ok = run_step(&r, i, out);
    for (size_t i = 0; i < c->plan->nout; i++) {
        tensor_release(&out[i]);
        if (ok)
            out[i] = tensor_share(&r.store[c->plan->out[i]]);
    }
    for (size_t i = 0; r.store && i < c->plan->nstores; i++)
        tensor_release(&r.store[i]);
    mem_free(r.store);
    mem_free(r.at);
    return ok;
}

static bool cpu_probe(void) { return true; }

static bool cpu_supports(const Plan *plan)
{
    (void)plan;
    return true;
}

static bool cpu_synchronize(const Code *c, Env *env)
{
    (void)c, (void)env;
    return true;
}

const Backend cpu_backend = {BACKEND_VERSION, "cpu",   cpu_probe,       cpu_supports,
                             compile_widest,  cpu_run, cpu_synchronize, cpu_free};

const Backend *cpu_backend_for(const Env *env, const Plan *plan)
{
    const Backend *b = env->backend;
    return b && plan && b->supports(plan) ? b : &cpu_backend;
}
