/* descent/lbfgs.c - BFGS with the last steps for a memory (Nocedal 1980). The memory: the steps s,
 * the changes y of the gradient, newest last, then room for a direction. */
#include "descent/dense.h"
#include "descent/internal.h"

/* p = -H*g by the recursion of two loops; a number for each pair. What bounds hold back stays. */
static void direction(Descent *d, double *p, size_t pairs)
{
    size_t n = d->o.n;
    const double *x = block_x(d->from), *g = block_g(d, d->from);
    double a[LBFGS_PAIRS];
    for (size_t i = 0; i < n; i++)
        p[i] = descent_is_held(d, x, g, i) ? 0 : -g[i];
    for (size_t k = pairs; k-- > 0;) {
        const double *s = block_memory(d, d->from, k),
                     *y = block_memory(d, d->from, LBFGS_PAIRS + k);
        a[k] = dense_dot(s, p, n) / dense_dot(s, y, n);
        for (size_t i = 0; i < n; i++)
            p[i] -= a[k] * y[i];
    }
    if (pairs) {
        const double *s = block_memory(d, d->from, pairs - 1),
                     *y = block_memory(d, d->from, LBFGS_PAIRS + pairs - 1);
        double scale = dense_dot(s, y, n) / dense_dot(y, y, n);
        for (size_t i = 0; i < n; i++)
            p[i] *= scale;
    }
    for (size_t k = 0; k < pairs; k++) {
        const double *s = block_memory(d, d->from, k),
                     *y = block_memory(d, d->from, LBFGS_PAIRS + k);
        double b = dense_dot(y, p, n) / dense_dot(s, y, n);
        for (size_t i = 0; i < n; i++)
            p[i] += (a[k] - b) * s[i];
    }
    for (size_t i = 0; i < n; i++)
        if (descent_is_held(d, x, g, i))
            p[i] = 0;
}

/* The step just made joins the memory, if the gradient grew along it. */
static void remember(Descent *d)
{
    size_t n = d->o.n, count = (size_t)d->to[B_COUNT];
    double *s = block_memory(d, d->to, 0), *y = block_memory(d, d->to, LBFGS_PAIRS);
    double curvature = 0, size = 0;
    const double *x0 = block_x(d->from), *x1 = block_x(d->to), *g0 = block_g(d, d->from),
                 *g1 = block_g(d, d->to);
    for (size_t i = 0; i < n; i++) {
        curvature += (x1[i] - x0[i]) * (g1[i] - g0[i]);
        size += (g1[i] - g0[i]) * (g1[i] - g0[i]);
    }
    if (!(curvature > DBL_EPSILON * size * 1e-10) || !(curvature > 0))
        return;
    if (count == LBFGS_PAIRS) {
        memmove(s, s + n, (LBFGS_PAIRS - 1) * n * sizeof *s);
        memmove(y, y + n, (LBFGS_PAIRS - 1) * n * sizeof *y);
        count--;
    }
    for (size_t i = 0; i < n; i++) {
        s[count * n + i] = x1[i] - x0[i];
        y[count * n + i] = g1[i] - g0[i];
    }
    d->to[B_COUNT] = (double)(count + 1);
}

StepResult lbfgs_step(Descent *d)
{
    size_t n = d->o.n, pairs = (size_t)d->from[B_COUNT];
    double *p = block_memory(d, d->to, 2 * LBFGS_PAIRS), t;
    direction(d, p, pairs);
    double first = pairs ? 1 : fmin(1, 1 / dense_norm(p, n));
    StepResult r =
        search_step(d, d->rule.search ? d->rule.search : SEARCH_WOLFE, p, first, &t);
    if (r == STEP_NONE && pairs) { /* the memory misleads: as at the start */
        d->to[B_COUNT] = 0;
        direction(d, p, 0);
        r = search_step(d, SEARCH_ARMIJO, p, fmin(1, 1 / dense_norm(p, n)), &t);
    }
    d->to[B_RATE] = t;
    if (r == STEP_DONE)
        remember(d);
    return r;
}
