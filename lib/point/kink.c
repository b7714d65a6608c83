/* point/kink.c - derivatives at kinks, jumps and singular points, for whole expressions.
 *
 * The gradient program is evaluated close to the point, at x + h*v for a tiny h (2^-200 and
 * 2^-400 of the least number among x and 1) and directions v on all sides, in ball arithmetic
 * precise enough that every branch is decided and nothing cancels. What the two h agree on is the limit along v; what grows without
 * bound is infinite. Limits that agree are the derivative; else the rule of language.md takes the
 * element of least norm in their hull, the subdifferential.
 */
#include "point/point.h"
#include "program/ball.h"
#include "table/certified.h"
#include "table/float64.h"
#include <math.h>

enum { PREC = 1600, STEP = 200, MAX_VALUES = 20000, MAX_DIRECTIONS = 64, MAX_AXES = 64 };

/* ---- is it a kink? ----------------------------------------------------------------- */
static bool differs(double a, double b)
{
    return !(fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b)));
}

/* Does the function jump, or its slope, where its k-th argument passes through its value? */
static bool fn_kink(const ProgramValue *x, const double *arg, size_t n, size_t k)
{
    double lo[3] = {arg[0], arg[1], arg[2]}, hi[3] = {arg[0], arg[1], arg[2]};
    lo[k] = nextafter(arg[k], -INFINITY);
    hi[k] = nextafter(arg[k], INFINITY);
    (void)n;
    if (differs(program_apply(x, lo[0], lo[1], lo[2]),
                program_apply(x, hi[0], hi[1], hi[2])))
        return true;
    double wide = 1e-9 * (arg[k] == 0 ? 1 : fabs(arg[k]));
    lo[k] = arg[k] - wide;
    hi[k] = arg[k] + wide;
    double f = program_apply(x, arg[0], arg[1], arg[2]);
    double left = f - program_apply(x, lo[0], lo[1], lo[2]);
    double right = program_apply(x, hi[0], hi[1], hi[2]) - f;
    return fabs(left - right) > 1e-4 * wide;
}

bool kink_value(const Program *p, const double *v, uint32_t i)
{
    const ProgramValue *x = &p->val[i];
    if (x->known)
        return false;
    if (pg_is_comparison(x))
        return v[x->a] == v[x->b];
    Op fn = pg_is_function(x) ? pg_fn_op(x) : OP_POISON;
    if (fn == OP_hypot || fn == OP_atan2)
        return v[x->a] == 0 && (fn == OP_atan2 ? v[x->b] < 0 : v[x->b] == 0);
    if (!op_is_function(fn) || !(op_info(fn)->flags & PIECEWISE))
        return false;
    size_t n = (size_t)(x->op - P_FN1 + 1);
    double arg[3] = {v[x->a], n > 1 ? v[x->b] : 0, n > 2 ? v[x->c] : 0};
    for (size_t k = 0; k < n; k++)
        if (fn_kink(x, arg, n, k))
            return true;
    return false;
}

bool kink_at(const Accum *a, uint32_t out)
{
    for (uint32_t i = 0; i <= out; i++)
        if (kink_value(a->p, a->v, i))
            return true;
    return false;
}

/* ---- limits ------------------------------------------------------------------------ */
typedef struct {
    const Accum *a;
    const uint32_t *adj;
    unsigned char *need; /* values the gradient depends on */
    arb_struct *b;
    uint32_t out;
    double *lim;  /* MAX_DIRECTIONS rows of nin */
    size_t n;     /* rows in use */
    bool exists;  /* has out a value where add_limit looked last? */
    bool seen;    /* has it one anywhere, as far as balls can tell? */
    bool pole;    /* out is infinite at the point, not only in float64 */
    double value; /* the limit of out that was met last; NaN: none yet */
    bool jump;    /* there was another one */
    slong unit;   /* no number of the point is less than 2^-unit, but for 0 */
    double *axis; /* limits of component i along the i-th axis; NaN: they differ */
} Near;

static void evaluate_near(Near *s, const double *dir, slong h)
{
    const Program *p = s->a->p;
    arb_t step;
    arb_init(step);
    for (uint32_t i = 0; i < p->n; i++) {
        if (!s->need[i])
            continue;
        if (p->val[i].op != P_IN) {
            program_ball(s->a->c, p, i, BALL_FLOAT64, s->b, PREC + 2 * s->unit);
            continue;
        }
        uint32_t k = p->val[i].a;
        arb_set_d(&s->b[i], s->a->x[k]);
        arb_set_d(step, dir[k]);
        arb_mul_2exp_si(step, step, -h - s->unit);
        arb_add(&s->b[i], &s->b[i], step, ARF_PREC_EXACT);
    }
    arb_clear(step);
}

static bool same(double x, double y) /* infinities of one sign are */
{
    return x == y ||
           (isfinite(x) && isfinite(y) && fabs(x - y) <= 1e-12 * (fabs(x) + fabs(y)));
}

static bool is_tiny(const arb_t x)
{
    mag_t m;
    mag_init(m);
    arb_get_mag(m, x);
    bool tiny = mag_cmp_2exp_si(m, -40) <= 0;
    mag_clear(m);
    return tiny;
}

/* The limit of a value that was near at h = 2^-STEP and is far at 2^-2*STEP: it, or an infinity
 * when it grows, or NaN. */
static double limit_of(const arb_t near, const arb_t far)
{
    if (!arb_is_finite(near) || !arb_is_finite(far) || arb_rel_accuracy_bits(far) < 0)
        return arb_is_finite(far) && arb_contains_zero(far) && is_tiny(far) ? 0 : NAN;
    double x = arf_get_d(arb_midref(near), ARF_RND_NEAR);
    double y = arf_get_d(arb_midref(far), ARF_RND_NEAR);
    if (isfinite(x) && isfinite(y) && fabs(x - y) <= 1e-12 * fabs(y))
        return y;
    if (fabs(x) < 1e-12 && fabs(y) <= fabs(x)) /* an inverse power of h at least 1/16 */
        return 0;
    if ((x > 0) == (y > 0) && fabs(y) > fabs(x))
        return y > 0 ? INFINITY : -INFINITY;
    return NAN;
}

/* Compares the limit of the value with those along other ways. */
static void compare_value(Near *s, const arb_t near, const arb_t far)
{
    double v = limit_of(near, far);
    s->exists = arb_is_finite(near) && arb_is_finite(far);
    s->seen = s->seen || s->exists;
    if (isnan(v))
        return;
    s->jump =
        s->jump || (!isnan(s->value) && !same(s->value, v) && fabs(s->value - v) > 1e-30);
    s->value = v;
}

/* The limits along dir, of all components or the only one, as the row after the last; false when
 * the expression has none there. */
static bool add_limit(Near *s, const double *dir, size_t only)
{
    size_t nin = s->a->nin;
    double *row = s->lim + s->n * nin;
    bool ok = true;
    arb_struct *first = mem_alloc((nin + 1) * sizeof *first);
    if (!first)
        return false;
    evaluate_near(s, dir, STEP);
    arb_init(&first[nin]);
    arb_set(&first[nin], &s->b[s->out]);
    for (size_t i = 0; i < nin; i++) {
        arb_init(&first[i]);
        if (s->adj[i] != P_NONE)
            arb_set(&first[i], &s->b[s->adj[i]]);
    }
    evaluate_near(s, dir, 2 * STEP);
    compare_value(s, &first[nin], &s->b[s->out]);
    arb_clear(&first[nin]);
    for (size_t i = 0; i < nin; i++) {
        if (only != P_NONE && only != i)
            row[i] = 0;
        else
            row[i] = s->adj[i] == P_NONE ? 0 : limit_of(&first[i], &s->b[s->adj[i]]);
        ok = ok && !isnan(row[i]);
        arb_clear(&first[i]);
    }
    mem_free(first);
    return ok;
}

/* Directions on all sides, none along a diagonal: sign patterns for few inputs, else some that
 * look random, each with its opposite. */
static size_t count_directions(size_t nin)
{
    return nin <= 5 ? (size_t)1 << nin : MAX_DIRECTIONS / 2;
}

static void fill_direction(size_t nin, size_t k, double *dir)
{
    uint64_t h = 88172645463325252u + k / 2;
    for (size_t i = 0; i < nin; i++) {
        double size = 1 / (1 + 0.37 * (double)i);
        bool neg = nin <= 5 ? k >> i & 1 : false;
        if (nin > 5) {
            h = hash_mix(h, i);
            size = 0.25 + (double)(h >> 40) / (double)(1 << 24);
            neg = (h & 1) ^ (k & 1);
        }
        dir[i] = neg ? -size : size;
    }
}

static void mark_needed(Near *s)
{
    const Program *p = s->a->p;
    s->need[s->out] = 1;
    for (size_t i = 0; i < s->a->nin; i++)
        if (s->adj[i] != P_NONE)
            s->need[s->adj[i]] = 1;
    for (uint32_t i = (uint32_t)p->n; i-- > 0;) {
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = s->need[i] ? pg_operands(p, i, &o, buf) : 0;
        for (size_t k = 0; k < n; k++)
            s->need[o[k]] = 1;
    }
}

/* The partial derivatives that exist: alike from both sides along their own axis, or there is
 * only one side. */
static void collect_axes(Near *s, double *dir)
{
    size_t nin = s->a->nin;
    for (size_t i = 0; i < nin; i++) {
        double lim[2] = {NAN, NAN};
        s->axis[i] = NAN;
        for (int side = 0; side < 2 && nin <= MAX_AXES && !env_poll(&s->a->c->env);
             side++) {
            memset(dir, 0, nin * sizeof *dir);
            dir[i] = side ? -1 : 1;
            add_limit(s, dir, i);
            lim[side] = s->exists || !s->seen ? s->lim[i] : NAN;
        }
        if (same(lim[0], lim[1]) || isnan(lim[1]))
            s->axis[i] = lim[0];
        else if (isnan(lim[0]))
            s->axis[i] = lim[1];
    }
}

static bool collect_limits(Near *s)
{
    const Accum *a = s->a;
    double *dir = mem_alloc((a->nin + 1) * sizeof *dir);
    if (!dir)
        return false;
    mark_needed(s);
    memset(dir, 0, a->nin * sizeof *dir);
    (void)add_limit(s, dir, P_NONE);
    s->pole = !s->exists && !isfinite(a->v[s->out]);
    collect_axes(s, dir);
    for (size_t k = 0; k < count_directions(a->nin) && !env_poll(&a->c->env); k++) {
        fill_direction(a->nin, k, dir);
        s->n += add_limit(s, dir, P_NONE) && (s->exists || !s->seen);
    }
    mem_free(dir);
    return !ctx_failed(a->c);
}

/* ---- the element of least norm ----------------------------------------------------- */
/* The partial derivative by input i when it exists: by the axis, or all rows agree. */
static bool limits_agree(const Near *s, size_t i, double *out)
{
    *out = s->axis[i];
    if (!isnan(*out))
        return true;
    *out = s->n ? s->lim[i] : NAN;
    for (size_t r = 1; r < s->n; r++)
        if (!same(s->lim[r * s->a->nin + i], *out))
            return false;
    return s->n > 0;
}

static double dot_on(const double *x, const double *y, const size_t *on, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[on[i]] * y[on[i]];
    return s;
}

/* The point of least norm in the hull of the rows, in the components on[]: Frank-Wolfe with
 * away steps over at most MAX_DIRECTIONS corners. */
static void least_norm(const Near *s, const size_t *on, size_t n, double *z)
{
    size_t nin = s->a->nin;
    double w[MAX_DIRECTIONS] = {1};
    for (size_t i = 0; i < n; i++)
        z[on[i]] = s->lim[on[i]];
    for (int step = 0; step < 20000; step++) {
        size_t to = 0, away = 0;
        double best = INFINITY, worst = -INFINITY, zz = dot_on(z, z, on, n);
        for (size_t r = 0; r < s->n; r++) {
            double d = dot_on(z, s->lim + r * nin, on, n);
            if (d < best)
                best = d, to = r;
            if (w[r] > 0 && d > worst)
                worst = d, away = r;
        }
        if (worst - best <= 1e-16 * zz || zz < 1e-30)
            return;
        bool toward = zz - best >= worst - zz;
        const double *g = s->lim + (toward ? to : away) * nin;
        double num = toward ? zz - best : worst - zz, den = 0, max = 1;
        for (size_t i = 0; i < n; i++)
            den += (g[on[i]] - z[on[i]]) * (g[on[i]] - z[on[i]]);
        if (!toward)
            max = w[away] < 1 ? w[away] / (1 - w[away]) : INFINITY;
        double t = den > 0 ? fmin(num / den, max) : 0;
        if (!(t > 0))
            return;
        double move = toward ? t : -t;
        for (size_t i = 0; i < n; i++)
            z[on[i]] += move * (g[on[i]] - z[on[i]]);
        for (size_t r = 0; r < s->n; r++)
            w[r] *= 1 - move;
        w[toward ? to : away] += move;
        if (!toward && t == max)
            w[away] = 0;
    }
}

static double round_to_fraction(double z, double scale)
{
    double r =
        nearbyint(z * 720720) / 720720; /* hulls of few corners have simple weights */
    return fabs(z) <= 1e-9 * scale ? 0 : fabs(r - z) <= 1e-10 * scale ? r : z;
}

/* Components in which an infinite limit occurs but not on all sides. */
static double one_sided(const Near *s, size_t i)
{
    size_t nin = s->a->nin;
    double lo = INFINITY, hi = -INFINITY;
    for (size_t r = 0; r < s->n; r++) {
        lo = fmin(lo, s->lim[r * nin + i]);
        hi = fmax(hi, s->lim[r * nin + i]);
    }
    return lo > 0 ? lo : hi < 0 ? hi : 0;
}

static bool any_infinite(const Near *s, size_t i)
{
    for (size_t r = 0; r < s->n; r++)
        if (isinf(s->lim[r * s->a->nin + i]))
            return true;
    return false;
}

/* Says so in a: nothing but the hull of the limits is left. */
static void note_sides(const Near *s, Accum *a)
{
    PointKink *k = &a->kink;
    *k = (PointKink){true, INFINITY, -INFINITY, k->jump};
    for (size_t r = 0; r < s->n; r++) {
        k->lo = fmin(k->lo, s->lim[r * a->nin]);
        k->hi = fmax(k->hi, s->lim[r * a->nin]);
    }
}

static void apply_rule(const Near *s, Accum *a, double *grad)
{
    size_t nin = s->a->nin, n = 0;
    bool differ = false;
    size_t *on = mem_alloc((nin + 1) * sizeof *on);
    double *z = mem_alloc((nin + 1) * sizeof *z);
    for (size_t i = 0; on && z && i < nin; i++)
        if (limits_agree(s, i, &z[i]))
            grad[i] = round_to_fraction(z[i], 0);
        else if (any_infinite(s, i)) {
            grad[i] = one_sided(s, i);
            differ = true;
        } else if (s->n > 0)
            on[n++] = i;
    if (on && z && n) {
        least_norm(s, on, n, z);
        double scale = 0;
        for (size_t r = 0; r < s->n; r++)
            scale = fmax(scale, sqrt(dot_on(s->lim + r * nin, s->lim + r * nin, on, n)));
        for (size_t i = 0; i < n; i++)
            grad[on[i]] = round_to_fraction(z[on[i]], scale);
    }
    if (n || differ)
        note_sides(s, a);
    a->kink.jump = a->kink.jump || s->jump;
    mem_free(on);
    mem_free(z);
}

/* Where the value is infinite no slope is a number; it may be infinite. */
static void apply_pole(const Near *s, double *grad)
{
    for (size_t i = 0; i < s->a->nin && s->seen; i++)
        grad[i] = isinf(s->axis[i]) ? s->axis[i] : NAN;
}

static slong unit_of(const double *x, size_t n)
{
    int e, unit = 0;
    for (size_t i = 0; i < n; i++) {
        frexp(x[i], &e);
        unit = x[i] != 0 && isfinite(x[i]) && -e > unit ? -e : unit;
    }
    return unit;
}

bool kink_gradient(Accum *a, uint32_t out, const uint32_t *adj, double *grad)
{
    Near s = {
        .a = a, .adj = adj, .out = out, .value = NAN, .unit = unit_of(a->x, a->nin)};
    if (a->p->n > MAX_VALUES || a->nin == 0)
        return false;
    s.need = mem_alloc(a->p->n);
    s.b = mem_alloc(a->p->n * sizeof *s.b);
    s.lim = mem_alloc((MAX_DIRECTIONS + 1) * a->nin * sizeof *s.lim);
    s.axis = mem_alloc(a->nin * sizeof *s.axis);
    bool ok = s.need && s.b && s.lim && s.axis;
    if (ok) {
        memset(s.need, 0, a->p->n);
        for (size_t i = 0; i < a->p->n; i++)
            arb_init(&s.b[i]);
        ok = collect_limits(&s);
        if (ok && s.pole)
            apply_pole(&s, grad);
        else if (ok)
            apply_rule(&s, a, grad);
        for (size_t i = 0; i < a->p->n; i++)
            arb_clear(&s.b[i]);
    }
    mem_free(s.need);
    mem_free(s.b);
    mem_free(s.lim);
    mem_free(s.axis);
    return ok;
}
