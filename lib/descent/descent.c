/* descent/descent.c - one step after the other, copies to go back to, and when to stop. */
#include "descent/dense.h"
#include "descent/internal.h"

static const DescentMethodInfo methods[] = {
#define METHOD(id, name, rate, needs, help) {name, rate, needs, help},
    DESCENT_METHODS(METHOD)
#undef METHOD
};

const DescentMethodInfo *descent_method(DescentMethod m) { return &methods[m]; }

DescentMethod descent_method_find(const char *name, size_t n)
{
    DescentMethod m = 0;
    while (m < METHOD_COUNT &&
           (strlen(methods[m].name) != n || memcmp(methods[m].name, name, n)))
        m++;
    return m;
}

/* The constants of the papers, which the other programs have, too: Kingma, Ba 2015 for Adam;
 * Loshchilov, Hutter 2019 for its decay. */
DescentRule descent_rule(DescentMethod m)
{
    DescentRule r = {.method = m,
                     .rate = methods[m].rate,
                     .mu = 0.9,
                     .b1 = 0.9,
                     .b2 = 0.999,
                     .eps = 1e-8,
                     .drop = 0.5};
    if (m == METHOD_RMSPROP)
        r.b2 = 0.99;
    if (m == METHOD_ADAMW)
        r.decay = 0.01;
    if (m == METHOD_LBFGS)
        r.search = SEARCH_WOLFE;
    return r;
}

size_t descent_memory(DescentMethod m)
{
    switch (m) {
    case METHOD_MOMENTUM:
    case METHOD_NESTEROV:
    case METHOD_ADAGRAD:
    case METHOD_RMSPROP: return 1;
    case METHOD_ADAM:
    case METHOD_ADAMW: return 2;
    case METHOD_LBFGS: return 2 * LBFGS_PAIRS + 1; /* and a direction */
    case METHOD_LM:
    case METHOD_GAUSSNEWTON: return 1; /* the scale of each variable */
    default: return 0;
    }
}

/* ---- value and gradient */

bool descent_slope(const Descent *d, const double *x, double *f, double *g)
{
    if (!d->o.slope(d->o.arg, x, f, g))
        return false;
    if (d->sign < 0) {
        *f = -*f;
        for (size_t i = 0; i < d->o.n; i++)
            g[i] = -g[i];
    }
    return true;
}

double descent_clip(const Descent *d, size_t i, double x)
{
    if (d->lo && x < d->lo[i])
        return d->lo[i];
    return d->hi && x > d->hi[i] ? d->hi[i] : x;
}

bool descent_is_held(const Descent *d, const double *x, const double *g, size_t i)
{
    return (d->lo && x[i] <= d->lo[i] && g[i] > 0) ||
           (d->hi && x[i] >= d->hi[i] && g[i] < 0);
}

static double free_norm(const Descent *d, const double *x, const double *g)
{
    if (!d->lo && !d->hi)
        return dense_norm(g, d->o.n);
    double s = 0;
    for (size_t i = 0; i < d->o.n; i++)
        if (!descent_is_held(d, x, g, i))
            s = hypot(s, g[i]);
    return s;
}

/* ---- a descent */

static void *alloc0(size_t n)
{
    void *v = mem_alloc(n);
    return v ? memset(v, 0, n) : NULL;
}

static bool out_of_memory(const Descent *d)
{
    env_error(d->o.env, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

static double *copy_of(const double *v, size_t n)
{
    double *c = v ? mem_alloc(n * sizeof *c) : NULL;
    if (c)
        memcpy(c, v, n * sizeof *c);
    return c;
}

static size_t block_length(const Descent *d)
{
    return B_SCALARS + (2 + descent_memory(d->rule.method)) * d->o.n;
}

/* Blocks that have room for the method's memory, which is empty. */
static bool make_blocks(Descent *d)
{
    size_t n = block_length(d);
    double *a = alloc0(n * sizeof *a), *b = alloc0(n * sizeof *b);
    if (!a || !b) {
        mem_free(a);
        mem_free(b);
        return out_of_memory(d);
    }
    if (d->from) {
        memcpy(a, d->from, (B_SCALARS + 2 * d->o.n) * sizeof *a);
        a[B_COUNT] = a[B_RADIUS] = a[B_DAMPING] = 0;
    }
    mem_free(d->from);
    mem_free(d->to);
    d->from = a;
    d->to = b;
    d->length = n;
    return true;
}

/* Every second copy goes when they take too much room; those made where the rule or the point was
 * changed stay, as no step leads there. */
static void thin_copies(Descent *d)
{
    size_t n = 0;
    d->every *= 2;
    for (size_t i = 0; i < d->ncopies; i++)
        if (i == 0 || d->copy[i].forced || d->copy[i].k % d->every == 0)
            d->copy[n++] = d->copy[i];
        else
            mem_free(d->copy[i].block);
    d->bytes = n * d->length * sizeof(double);
    d->ncopies = d->now = n;
}

/* Only where no copy is of a later step. */
static bool keep_copy(Descent *d, bool forced)
{
    enum { MOST = 64 << 20 };
    if (!MEM_ROOM(d->copy, d->ncopies, d->copies_cap))
        return out_of_memory(d);
    double *b = copy_of(d->from, d->length);
    if (!b)
        return out_of_memory(d);
    d->copy[d->ncopies++] = (DescentCopy){d->k, forced, d->rule, b};
    d->now = d->ncopies;
    d->bytes += d->length * sizeof *b;
    if (d->bytes > MOST && d->ncopies > 8)
        thin_copies(d);
    return true;
}

/* What came after step k is no longer what will come. */
static void drop_later_copies(Descent *d)
{
    while (d->ncopies > d->now) {
        mem_free(d->copy[--d->ncopies].block);
        d->bytes -= d->length * sizeof(double);
    }
}

static bool begin(Descent *d, const double *x0, const double *lo, const double *hi)
{
    size_t n = d->o.n;
    d->lo = copy_of(lo, n);
    d->hi = copy_of(hi, n);
    if ((lo && !d->lo) || (hi && !d->hi))
        return out_of_memory(d);
    if (!make_blocks(d))
        return false;
    double *x = block_x(d->from), *g = block_g(d, d->from);
    for (size_t i = 0; i < n; i++)
        x[i] = descent_clip(d, i, x0[i]);
    if (!descent_slope(d, x, &d->from[B_F], g))
        return false;
    d->f0 = fabs(d->from[B_F]);
    d->g0 = free_norm(d, x, g);
    d->from[B_DROP] = INFINITY;
    return keep_copy(d, true);
}

Descent *descent_new(const Objective *o, const DescentRule *rule, const double *x0,
                     const double *lo, const double *hi, double sign)
{
    Descent *d = alloc0(sizeof *d);
    if (!d) {
        env_error(o->env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    d->o = *o;
    d->sign = sign;
    d->rule = *rule;
    d->every = 16;
    if (!begin(d, x0, lo, hi)) {
        descent_free(d);
        return NULL;
    }
    return d;
}

void descent_free(Descent *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->ncopies; i++)
        mem_free(d->copy[i].block);
    mem_free(d->copy);
    mem_free(d->from);
    mem_free(d->to);
    mem_free(d->lo);
    mem_free(d->hi);
    mem_free(d);
}

/* ---- what there is to see */

size_t descent_k(const Descent *d) { return d->k; }
const double *descent_x(const Descent *d) { return block_x(d->from); }
double descent_f(const Descent *d) { return d->sign * d->from[B_F]; }
double descent_rate(const Descent *d) { return d->from[B_RATE]; }
double descent_moved(const Descent *d) { return d->from[B_MOVED]; }
double descent_drop(const Descent *d) { return d->k ? d->sign * d->from[B_DROP] : 0; }
bool descent_bounds(const Descent *d, size_t i, double *lo, double *hi)
{
    *lo = d->lo ? d->lo[i] : -INFINITY;
    *hi = d->hi ? d->hi[i] : INFINITY;
    return !isinf(*lo) || !isinf(*hi);
}

void descent_set_squares(Descent *d, size_t m) { d->o.m = m; }
const DescentRule *descent_rule_now(const Descent *d) { return &d->rule; }

const double *descent_g(const Descent *d) { return block_g(d, d->from); }

double descent_gnorm(const Descent *d)
{
    return free_norm(d, block_x(d->from), block_g(d, d->from));
}

/* ---- steps */

static StepResult make_step(Descent *d)
{
    memcpy(d->to, d->from, d->length * sizeof *d->to);
    switch (d->rule.method) {
    case METHOD_LBFGS: return lbfgs_step(d);
    case METHOD_NEWTON: return trust_newton_step(d);
    case METHOD_GAUSSNEWTON:
    case METHOD_LM: return trust_squares_step(d);
    default: return rules_step(d);
    }
}

static void note_step(Descent *d)
{
    double s = dense_distance(block_x(d->from), block_x(d->to), d->o.n);
    d->to[B_MOVED] = s;
    d->to[B_DROP] = d->from[B_F] - d->to[B_F];
    d->to[B_GROWN] = s > d->from[B_MOVED] ? d->from[B_GROWN] + 1 : 0;
}

/* The state of a copy; false: no memory. */
static bool load_copy(Descent *d, const DescentCopy *c)
{
    d->rule = c->rule;
    if (d->length != block_length(d) && !make_blocks(d))
        return false;
    memcpy(d->from, c->block, d->length * sizeof *d->from);
    d->k = c->k;
    return true;
}

bool descent_step(Descent *d, bool *still)
{
    StepResult r = make_step(d);
    *still = r == STEP_NONE;
    if (r != STEP_DONE)
        return r == STEP_NONE;
    note_step(d);
    double *t = d->from;
    d->from = d->to;
    d->to = t;
    d->k++;
    size_t now = d->now;
    while (d->now < d->ncopies && d->copy[d->now].k <= d->k)
        d->now++;
    if (d->now >
        now) /* it was here before, and the rule or the point may have been changed */
        return load_copy(d, &d->copy[d->now - 1]);
    return d->k % d->every != 0 || d->now < d->ncopies || keep_copy(d, false);
}

bool descent_set_rule(Descent *d, const DescentRule *rule)
{
    drop_later_copies(d);
    d->rule = *rule;
    return (d->length == block_length(d) || make_blocks(d)) && keep_copy(d, true);
}

bool descent_move(Descent *d, const double *x)
{
    size_t n = d->o.n;
    drop_later_copies(d);
    for (size_t i = 0; i < n; i++)
        block_x(d->to)[i] = descent_clip(d, i, x[i]);
    if (!descent_slope(d, block_x(d->to), &d->to[B_F], block_g(d, d->to)))
        return false;
    memcpy(d->from, d->to, sizeof *d->from);
    memcpy(block_x(d->from), block_x(d->to), 2 * n * sizeof *d->from);
    memset(block_memory(d, d->from, 0), 0,
           (d->length - B_SCALARS - 2 * n) * sizeof *d->from);
    d->from[B_COUNT] = d->from[B_RADIUS] = d->from[B_DAMPING] = d->from[B_GROWN] = 0;
    d->from[B_DROP] = INFINITY;
    return keep_copy(d, true);
}

/* The last copy that is not beyond step k. */
static bool restore(Descent *d, size_t k)
{
    while (d->now > 1 && d->copy[d->now - 1].k > k)
        d->now--;
    return load_copy(d, &d->copy[d->now - 1]);
}

bool descent_goto(Descent *d, size_t k)
{
    bool still = false;
    if (k < d->k && !restore(d, k))
        return false;
    while (d->k < k && !still)
        if (!descent_step(d, &still))
            return false;
    return true;
}

/* ---- when to stop */

static bool is_fast(const Descent *d) { return d->rule.method >= METHOD_LBFGS; }

/* Methods that converge fast go on until f is at rest: a few steps more give all digits. */
bool descent_converged(const Descent *d)
{
    double g = descent_gnorm(d), f = fabs(d->from[B_F]);
    bool rest = fabs(d->from[B_DROP]) <= fmax(1e-13 * f, 1e-16);
    return g == 0 || (g <= 1e-8 * fmax(1, d->g0) && (rest || !is_fast(d)));
}

bool descent_diverges(const Descent *d)
{
    double f = d->from[B_F];
    return !isfinite(f) || (f > 1e3 * fmax(d->f0, 1) && d->from[B_GROWN] >= 5);
}

bool descent_signs(const Descent *d, size_t *above, size_t *below)
{
    size_t n = d->o.n;
    double *h = d->o.hessian && n <= 500 ? mem_alloc((2 * n * n + n) * sizeof *h) : NULL;
    bool ok = h && d->o.hessian(d->o.arg, block_x(d->from), h);
    ok = ok && dense_eigen(h, h + n * n, h + 2 * n * n, n);
    double big = 0, *w = h ? h + 2 * n * n : NULL;
    *above = *below = 0;
    for (size_t i = 0; ok && i < n; i++)
        big = fmax(big, fabs(w[i]));
    for (size_t i = 0; ok && i < n; i++) {
        *above += w[i] > 1e-10 * big;
        *below += w[i] < -1e-10 * big;
    }
    mem_free(h);
    return ok;
}
