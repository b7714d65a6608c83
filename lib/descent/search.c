/* descent/search.c - how far to go along a line. */
#include "descent/dense.h"
#include "descent/internal.h"

bool search_try(Descent *d, const double *p, double t)
{
    const double *x = block_x(d->from);
    double *to = block_x(d->to);
    for (size_t i = 0; i < d->o.n; i++)
        to[i] = descent_clip(d, i, x[i] + t * p[i]);
    return descent_slope(d, to, &d->to[B_F], block_g(d, d->to));
}

/* A point on the line: f and its slope along it. */
typedef struct {
    double t, f, slope;
} At;

typedef struct {
    Descent *d;
    const double *p;
    At zero;
    double noise; /* differences of f below it are rounding */
} Line;

enum { TRIES = 60 };

/* Moves there; what has no value or no slope counts as infinitely high. False: stopped. */
static bool visit(const Line *l, double t, At *a)
{
    if (!search_try(l->d, l->p, t))
        return false;
    a->t = t;
    a->f = l->d->to[B_F];
    a->slope = 0;
    for (size_t i = 0; i < l->d->o.n; i++)
        a->slope += block_g(l->d, l->d->to)[i] * l->p[i];
    if (!isfinite(a->f) || !isfinite(a->slope)) {
        a->f = INFINITY;
        a->slope = INFINITY;
    }
    return true;
}

static bool falls_enough(const Line *l, const At *a)
{
    return a->f <= l->zero.f + 1e-4 * a->t * l->zero.slope;
}

/* The strong conditions of Wolfe; or, where f cannot tell any more, those on the slope alone (Hager,
 * Zhang 2005, (4.1)). */
static bool is_good(const Line *l, const At *a)
{
    bool flat = fabs(a->slope) <= -0.9 * l->zero.slope;
    bool level = a->f <= l->zero.f + l->noise && a->slope <= (2e-4 - 1) * l->zero.slope;
    return flat && (falls_enough(l, a) || level);
}

/* Where the cubic through both ends has its minimum, well inside of them (Nocedal, Wright, Numerical
 * Optimization, (3.59)). */
static double between(const At *a, const At *b)
{
    double w = b->t - a->t, mid = a->t + w / 2;
    if (!isfinite(b->f))
        return a->t + w / 8;
    double q = a->slope + b->slope - 3 * (a->f - b->f) / (a->t - b->t);
    double r = q * q - a->slope * b->slope;
    if (!(r >= 0))
        return mid;
    r = copysign(sqrt(r), w);
    double t = b->t - w * (b->slope + r - q) / (b->slope - a->slope + 2 * r);
    double lo = fmin(a->t, b->t) + 0.1 * fabs(w), hi = fmax(a->t, b->t) - 0.1 * fabs(w);
    return isfinite(t) ? fmin(fmax(t, lo), hi) : mid;
}

/* Between a, where f is low and falls towards b, and b. */
static StepResult zoom(const Line *l, At a, At b, At *best)
{
    for (int i = 0; i < TRIES && fabs(b.t - a.t) > 1e-16 * fmax(a.t, b.t); i++) {
        At c;
        if (!visit(l, between(&a, &b), &c))
            return STEP_FAILED;
        *best = c;
        if (is_good(l, &c))
            return STEP_DONE;
        if (!falls_enough(l, &c) || c.f >= a.f) {
            b = c;
        } else {
            if (c.slope * (b.t - a.t) >= 0)
                b = a;
            a = c;
        }
    }
    /* the conditions cannot be met; a lower point will do */
    if (a.t > 0 && a.f < l->zero.f) {
        *best = a;
        return visit(l, a.t, best) ? STEP_DONE : STEP_FAILED;
    }
    return STEP_NONE;
}

/* Nocedal, Wright, algorithms 3.5 and 3.6. */
static StepResult wolfe(const Line *l, double t, At *best)
{
    At a = l->zero, b;
    for (int i = 0; i < TRIES; i++) {
        if (!visit(l, t, &b))
            return STEP_FAILED;
        *best = b;
        if (is_good(l, &b))
            return STEP_DONE;
        if (!falls_enough(l, &b) || (i > 0 && b.f >= a.f))
            return zoom(l, a, b, best);
        if (b.slope >= 0)
            return zoom(l, b, a, best);
        a = b;
        t *= 4;
    }
    return isfinite(b.f) && b.f < l->zero.f ? STEP_DONE : STEP_NONE;
}

static StepResult armijo(const Line *l, double t, At *best)
{
    for (int i = 0; i < TRIES; i++, t /= 2) {
        if (!visit(l, t, best))
            return STEP_FAILED;
        if (falls_enough(l, best) && best->f < l->zero.f)
            return STEP_DONE;
    }
    return STEP_NONE;
}

StepResult search_step(Descent *d, DescentSearch how, const double *p, double first,
                       double *t)
{
    Line l = {d, p, {0, d->from[B_F], 0}, 0};
    l.zero.slope = dense_dot(block_g(d, d->from), p, d->o.n);
    l.noise = 4 * DBL_EPSILON * fabs(l.zero.f);
    At best = {0, 0, 0};
    *t = 0;
    if (!(l.zero.slope < 0))
        return STEP_NONE;
    /* Within bounds the line is bent: what is asked of its slope may be impossible. */
    bool bent = d->lo || d->hi;
    StepResult r =
        how == SEARCH_WOLFE && !bent ? wolfe(&l, first, &best) : armijo(&l, first, &best);
    *t = best.t;
    return r;
}
