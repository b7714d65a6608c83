/* descent/rules.c - steps against the gradient, with and without memory. */
#include "descent/dense.h"
#include "descent/internal.h"

static double rate_now(const Descent *d)
{
    const DescentRule *r = &d->rule;
    return r->every > 0 ? r->rate * pow(r->drop, floor((double)d->k / r->every))
                        : r->rate;
}

/* p, by which x moves at this step; the memory in d->to goes on. */
static void direction(Descent *d, double rate, double *p)
{
    const DescentRule *r = &d->rule;
    const double *x = block_x(d->from), *g = block_g(d, d->from);
    double *m = block_memory(d, d->to, 0), *v = block_memory(d, d->to, 1),
           t = (double)d->k + 1;
    bool adam = r->method == METHOD_ADAM || r->method == METHOD_ADAMW;
    double c1 = adam ? 1 - pow(r->b1, t) : 1, c2 = adam ? 1 - pow(r->b2, t) : 1;
    for (size_t i = 0; i < d->o.n; i++) {
        switch (r->method) {
        case METHOD_MOMENTUM:
            m[i] = r->mu * m[i] + g[i];
            p[i] = -rate * m[i];
            break;
        case METHOD_NESTEROV:
            m[i] = r->mu * m[i] + g[i];
            p[i] = -rate * (g[i] + r->mu * m[i]);
            break;
        case METHOD_ADAGRAD:
            m[i] += g[i] * g[i];
            p[i] = -rate * g[i] / (sqrt(m[i]) + r->eps);
            break;
        case METHOD_RMSPROP:
            m[i] = r->b2 * m[i] + (1 - r->b2) * g[i] * g[i];
            p[i] = -rate * g[i] / (sqrt(m[i]) + r->eps);
            break;
        case METHOD_ADAM:
        case METHOD_ADAMW:
            m[i] = r->b1 * m[i] + (1 - r->b1) * g[i];
            v[i] = r->b2 * v[i] + (1 - r->b2) * g[i] * g[i];
            p[i] = -rate * (m[i] / c1 / (sqrt(v[i] / c2) + r->eps) + r->decay * x[i]);
            break;
        default: p[i] = -rate * g[i];
        }
    }
}

StepResult rules_step(Descent *d)
{
    size_t n = d->o.n;
    double rate = rate_now(d), small[16], *p = n <= 16 ? small : mem_alloc(n * sizeof *p);
    StepResult r = STEP_FAILED;
    if (!p) {
        env_error(d->o.env, LBZ_LIMIT, NULL, "out of memory");
        return STEP_FAILED;
    }
    direction(d, rate, p);
    if (d->rule.search) {
        double t;
        r = search_step(d, d->rule.search, p, 1, &t);
        rate *= t;
    } else if (search_try(d, p, 1)) {
        /* Where the objective has no value the step is not taken. */
        r = isfinite(d->to[B_F]) && isfinite(dense_norm(block_g(d, d->to), n))
                ? STEP_DONE
                : STEP_NONE;
    }
    d->to[B_RATE] = rate;
    if (p != small)
        mem_free(p);
    return r;
}
