/* descent/trust.c - steps of Newton and of Levenberg and Marquardt, which trust their model of the
 * objective as far as it has proved right. A step that does not make f smaller is not taken: the
 * region shrinks and another is tried. */
#include "descent/dense.h"
#include "descent/internal.h"

enum { TRIES = 100 };

/* A model g'p + p'Hp/2 in the coordinates where H is diagonal: c = g, w = H there; z = p. */
typedef struct {
    size_t n;
    const double *w, *c;
    double *z;
} Model;

static double length_at(const Model *m, double lambda)
{
    for (size_t i = 0; i < m->n; i++)
        m->z[i] = m->c[i] == 0 ? 0 : -m->c[i] / (m->w[i] + lambda);
    return dense_norm(m->z, m->n);
}

/* dlength/dlambda over length */
static double length_slope(const Model *m, double lambda, double length)
{
    double s = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->z[i] != 0)
            s -= (m->z[i] / length) * (m->z[i] / length) / (m->w[i] + lambda);
    return s;
}

/* The z within radius where the model is smallest, by Newton's method on 1/radius - 1/|z| kept between
 * bounds (More, Sorensen 1983); returns lambda. slack: the share of radius that |z| may be off. */
static double model_solve(const Model *m, double radius, double start, double slack)
{
    double least = INFINITY, c = dense_norm(m->c, m->n);
    size_t at = 0;
    for (size_t i = 0; i < m->n; i++)
        if (m->w[i] < least)
            least = m->w[at = i];
    if (least > 0 && length_at(m, 0) <= radius * (1 + slack))
        return 0;
    double lo = fmax(0, -least), hi = lo + c / radius,
           l = start > lo && start < hi ? start : hi;
    for (int i = 0; i < TRIES; i++) {
        double z = length_at(m, l);
        if (fabs(z - radius) <= slack * radius || hi - lo <= DBL_EPSILON * hi)
            break;
        if (z > radius)
            lo = l;
        else
            hi = l;
        l += (radius - z) / radius / length_slope(m, l, z);
        if (!(l > lo && l < hi))
            l = lo + (hi - lo) / 2;
    }
    /* Along an eigenvector of a negative eigenvalue there may be nothing to go by. */
    double z = length_at(m, l);
    if (least < 0 && z < (1 - slack) * radius)
        m->z[at] =
            copysign(sqrt(radius * radius - z * z + m->z[at] * m->z[at]), -m->c[at]);
    return l;
}

/* How much the model falls by z. */
static double model_fall(const Model *m)
{
    double s = 0;
    for (size_t i = 0; i < m->n; i++)
        s -= m->z[i] * (m->c[i] + m->w[i] * m->z[i] / 2);
    return s;
}

/* p = Q*z with the eigenvectors or singular vectors in the columns of q. */
static void turn(const double *q, const double *z, double *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = dense_dot(q + i * n, z, n);
}

/* q'*g; what bounds hold back is no part of the problem: its rows and columns were cleared. */
static void turn_back(const double *q, const double *g, double *c, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        c[j] = 0;
        for (size_t i = 0; i < n; i++)
            c[j] += q[i * n + j] * g[i];
    }
}

static StepResult no_memory(const Descent *d)
{
    env_error(d->o.env, LBZ_LIMIT, "use lbfgs where there are many variables",
              "out of memory for %zu variables", d->o.n);
    return STEP_FAILED;
}

/* ---- Newton */

/* The gradient and Hessian at d->from without what bounds hold back. */
static bool free_hessian(Descent *d, double *h, double *g)
{
    size_t n = d->o.n;
    const double *x = block_x(d->from);
    if (!d->o.hessian(d->o.arg, x, h))
        return false;
    memcpy(g, block_g(d, d->from), n * sizeof *g);
    for (size_t i = 0; i < n * n; i++)
        h[i] *= d->sign;
    for (size_t i = 0; i < n; i++) {
        if (!descent_is_held(d, x, block_g(d, d->from), i))
            continue;
        g[i] = 0;
        for (size_t j = 0; j < n; j++)
            h[i * n + j] = h[j * n + i] = 0;
        h[i * n + i] = 1;
    }
    return true;
}

/* -damp*H^-1*g, wherever that leads. */
static StepResult pure_newton(Descent *d, Model *m, const double *q, double *p)
{
    for (size_t i = 0; i < m->n; i++)
        m->z[i] = m->c[i] == 0 ? 0 : -d->rule.damp * m->c[i] / m->w[i];
    turn(q, m->z, p, m->n);
    d->to[B_RATE] = d->rule.damp;
    if (!search_try(d, p, 1))
        return STEP_FAILED;
    return isfinite(d->to[B_F]) ? STEP_DONE : STEP_NONE;
}

static StepResult within_radius(Descent *d, Model *m, const double *q, double *p)
{
    double f = d->from[B_F], radius = d->from[B_RADIUS], lambda = 0;
    if (!(radius > 0))
        radius = fmax(1, dense_norm(block_x(d->from), m->n));
    for (int i = 0; i < TRIES; i++) {
        lambda = model_solve(m, radius, lambda, 0.01);
        double size = dense_norm(m->z, m->n), fall = model_fall(m);
        turn(q, m->z, p, m->n);
        if (!(fall > 0) || !search_try(d, p, 1))
            return fall > 0 ? STEP_FAILED : STEP_NONE;
        double to = isfinite(d->to[B_F]) ? d->to[B_F] : INFINITY,
               noise = 8 * DBL_EPSILON * fabs(f);
        double ratio = fall <= noise && fabs(f - to) <= noise ? 1 : (f - to) / fall;
        if (ratio < 0.25)
            radius = 0.25 * size;
        else if (ratio > 0.75 && size > 0.9 * radius)
            radius *= 2;
        if (ratio > 1e-4) {
            d->to[B_RADIUS] = radius;
            d->to[B_RATE] = 1;
            return STEP_DONE;
        }
    }
    return STEP_NONE;
}

StepResult trust_newton_step(Descent *d)
{
    size_t n = d->o.n;
    double *h = mem_alloc((2 * n * n + 5 * n) * sizeof *h);
    if (!h)
        return no_memory(d);
    double *q = h + n * n, *w = q + n * n, *g = w + n, *c = g + n, *z = c + n, *p = z + n;
    Model m = {n, w, c, z};
    StepResult r = STEP_FAILED;
    if (free_hessian(d, h, g)) {
        if (dense_eigen(h, q, w, n)) {
            turn_back(q, g, c, n);
            r = d->rule.damp > 0 ? pure_newton(d, &m, q, p) : within_radius(d, &m, q, p);
        } else {
            r = STEP_NONE;
        }
    }
    mem_free(h);
    return r;
}

/* ---- sums of squares: with J = U*S*V' in scaled variables the model is diagonal, too */

typedef struct {
    double *r, *j, *v, *s, *w, *c, *z, *p, *scale;
    size_t m, n;
} Squares;

static double *squares_room(Squares *q, size_t m, size_t n)
{
    double *a = mem_alloc((m + m * n + n * n + 5 * n) * sizeof *a);
    *q = (Squares){.r = a, .m = m, .n = n};
    if (a) {
        q->j = q->r + m;
        q->v = q->j + m * n;
        q->s = q->v + n * n;
        q->w = q->s + n;
        q->c = q->w + n;
        q->z = q->c + n;
        q->p = q->z + n;
    }
    return a;
}

/* Residuals and Jacobian; the scale of a variable is the largest length that its column ever had
 * (More 1978). */
static bool scaled_jacobian(Descent *d, Squares *q)
{
    const double *x = block_x(d->from), *g = block_g(d, d->from);
    if (!d->o.residuals(d->o.arg, x, q->r, q->j))
        return false;
    q->scale = block_memory(d, d->to, 0);
    for (size_t k = 0; k < q->n; k++) {
        double size = 0;
        for (size_t i = 0; i < q->m; i++)
            size = hypot(size, q->j[i * q->n + k]);
        q->scale[k] = fmax(q->scale[k], size);
        if (q->scale[k] == 0)
            q->scale[k] = 1;
        bool held = descent_is_held(d, x, g, k);
        for (size_t i = 0; i < q->m; i++)
            q->j[i * q->n + k] = held ? 0 : q->j[i * q->n + k] / q->scale[k];
    }
    return true;
}

/* The model of half the sum of squares: w = s^2, c = V'J'r. */
static bool squares_model(Squares *q)
{
    if (!dense_svd(q->j, q->v, q->s, q->m, q->n))
        return false;
    double big = 0;
    for (size_t k = 0; k < q->n; k++)
        big = fmax(big, q->s[k]);
    for (size_t k = 0; k < q->n; k++) {
        q->c[k] = 0;
        for (size_t i = 0; i < q->m; i++)
            q->c[k] += q->j[i * q->n + k] * q->r[i];
        if (q->s[k] <= DBL_EPSILON * big) /* no direction at all */
            q->c[k] = 0;
        q->w[k] = q->s[k] * q->s[k];
        if (q->w[k] == 0)
            q->w[k] = DBL_MIN;
    }
    return true;
}

static void squares_step(const Squares *q)
{
    turn(q->v, q->z, q->p, q->n);
    for (size_t k = 0; k < q->n; k++)
        q->p[k] /= q->scale[k];
}

/* Changes of the radius and the damping after a step with this ratio of fall to promise, as in
 * MINPACK's lmder. */
static void adapt(double ratio, double fall, double slope, double size, double *radius,
                  double *lambda)
{
    if (ratio <= 0.25) {
        double t = fall >= 0 ? 0.5 : 0.5 * slope / (slope + 0.5 * fall);
        t = t >= 0.1 ? t : 0.1;
        *radius = t * fmin(*radius, 10 * size);
        *lambda /= t;
    } else if (*lambda == 0 || ratio >= 0.75) {
        *radius = 2 * size;
        *lambda /= 2;
    }
}

static double scaled_size(const Squares *q, const double *x)
{
    double s = 0;
    for (size_t k = 0; k < q->n; k++)
        s = hypot(s, q->scale[k] * x[k]);
    return s;
}

static StepResult levenberg(Descent *d, Squares *q)
{
    Model m = {q->n, q->w, q->c, q->z};
    double f = d->from[B_F] * d->sign, radius = d->from[B_RADIUS],
           lambda = d->from[B_DAMPING];
    bool first = !(radius > 0);
    if (first) {
        radius = 100 * scaled_size(q, block_x(d->from));
        radius = radius > 0 ? radius : 100;
    }
    for (int i = 0; i < TRIES; i++) {
        lambda = model_solve(&m, radius, lambda, 0.1);
        double size = dense_norm(q->z, q->n), linear = 0;
        for (size_t k = 0; k < q->n; k++)
            linear += q->w[k] * q->z[k] * q->z[k];
        if (first && i == 0)
            radius = fmin(radius, size);
        squares_step(q);
        if (!(size > 0))
            return STEP_NONE;
        if (!search_try(d, q->p, 1))
            return STEP_FAILED;
        double promise = linear / f + 2 * lambda * size * size / f,
               slope = -(linear / f + lambda * size * size / f);
        double fall = isfinite(d->to[B_F]) ? 1 - d->to[B_F] / f : -1;
        if (d->to[B_F] > 100 * f)
            fall = -1;
        double ratio = promise > 0 ? fall / promise : 0;
        adapt(ratio, fall, slope, size, &radius, &lambda);
        if (ratio >= 1e-4) {
            d->to[B_RADIUS] = radius;
            d->to[B_DAMPING] = lambda;
            d->to[B_RATE] = lambda;
            return STEP_DONE;
        }
        if (promise <= DBL_EPSILON && fabs(fall) <= DBL_EPSILON)
            return STEP_NONE;
    }
    return STEP_NONE;
}

static StepResult gauss(Descent *d, Squares *q)
{
    double t;
    for (size_t k = 0; k < q->n; k++)
        q->z[k] = q->c[k] == 0 ? 0 : -q->c[k] / q->w[k];
    squares_step(q);
    StepResult r = search_step(d, SEARCH_ARMIJO, q->p, 1, &t);
    d->to[B_RATE] = t;
    return r;
}

StepResult trust_squares_step(Descent *d)
{
    Squares q;
    double *room = squares_room(&q, d->o.m, d->o.n);
    if (!room)
        return no_memory(d);
    StepResult r = STEP_FAILED;
    if (scaled_jacobian(d, &q)) {
        r = STEP_NONE;
        if (d->from[B_F] != 0 && squares_model(&q))
            r = d->rule.method == METHOD_LM ? levenberg(d, &q) : gauss(d, &q);
    }
    mem_free(room);
    return r;
}
