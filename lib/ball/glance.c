/* ball/glance.c - does a constant have a real value, and which sign? Seen from doubles where that is clear.
 *
 * FLINT takes longer to open than most statements take, and most constants are harmless: log(2).
 * Every value goes with a bound on its error that is generous for any libm; what comes near the
 * edge of a domain, a pole or the end of the range is left to balls.
 */
#include "ball/ball.h"
#include <math.h>

/* The value lies within err of v. */
typedef struct {
    double v, err;
} Glance;

#define ROUND 0x1p-48 /* relative error granted to one operation or function */
#define SHARP_ENOUGH \
    0x1p-20           /* errors that are larger, relative to the value, are too large */
#define LARGEST 1e200 /* values beyond it are not looked at */

static const Glance unclear = {0, INFINITY};

static bool is_clear(Glance x)
{
    return fabs(x.v) < LARGEST && x.err <= SHARP_ENOUGH * (1 + fabs(x.v));
}

/* Certainly not 0, and known to a small part of itself. */
static bool apart_from_0(Glance x)
{
    return is_clear(x) && x.err <= SHARP_ENOUGH * fabs(x.v) && fabs(x.v) > 1 / LARGEST;
}

/* f(x) = v where |f'| <= slope around x */
static Glance glance_image(Glance x, double v, double slope)
{
    return (Glance){v, x.err * slope + ROUND * fabs(v)};
}

static Glance glance_plus(Glance x, Glance y)
{
    return (Glance){x.v + y.v, x.err + y.err + ROUND * (fabs(x.v) + fabs(y.v))};
}

static Glance glance_times(Glance x, Glance y)
{
    double err = fabs(x.v) * y.err + fabs(y.v) * x.err + x.err * y.err;
    return (Glance){x.v * y.v, err + ROUND * fabs(x.v * y.v)};
}

/* b^x for b > 0: the relative error is that of x*log(b), which is small. */
static Glance power_positive(Glance b, Glance x)
{
    double v = pow(b.v, x.v), rel = fabs(x.v) * b.err / b.v + fabs(log(b.v)) * x.err;
    return fabs(x.v) < 1000 && rel < SHARP_ENOUGH
               ? (Glance){v, fabs(v) * (2 * rel + ROUND)}
               : unclear;
}

static Glance glance_power(const Node *n, Glance b, Glance x, lbz_status *st)
{
    const Node *k = n->a[1];
    if (!apart_from_0(b))
        return unclear;
    if (b.v > 0)
        return power_positive(b, x);
    if (!ex_is_num(k) ||
        !num_is_small(k->num)) /* of a negative base only p/q with odd q */
        return unclear;
    if (k->num.q % 2 == 0)
        *st = LBZ_DOMAIN;
    Glance r = power_positive((Glance){-b.v, b.err}, x);
    r.v = k->num.p % 2 ? -r.v : r.v;
    return r;
}

static Glance glance_log(Glance x, lbz_status *st)
{
    if (!apart_from_0(x))
        return unclear;
    if (x.v < 0)
        *st = LBZ_DOMAIN;
    return glance_image(x, log(fabs(x.v)), 2 / fabs(x.v));
}

static Glance glance_tan(Glance x)
{
    double k = cos(x.v);
    return fabs(k) > 1e-4 ? glance_image(x, tan(x.v), 2 / (k * k)) : unclear;
}

static Glance glance_function(const Node *n, Glance x, lbz_status *st)
{
    if (!is_clear(x))
        return unclear;
    switch (n->op) {
    case OP_abs: return (Glance){fabs(x.v), x.err};
    case OP_sin: return glance_image(x, sin(x.v), 1);
    case OP_cos: return glance_image(x, cos(x.v), 1);
    case OP_tan: return glance_tan(x);
    case OP_atan: return glance_image(x, atan(x.v), 1);
    case OP_sinh: return glance_image(x, sinh(x.v), 2 * cosh(x.v));
    case OP_cosh: return glance_image(x, cosh(x.v), 2 * cosh(x.v));
    case OP_tanh: return glance_image(x, tanh(x.v), 1);
    case OP_log: return glance_log(x, st);
    default: return unclear;
    }
}

static Glance glance_number(Num x)
{
    double v = num_to_double(x);
    return (Glance){v, x.q == 1 && fabs(v) < 0x1p53 ? 0 : ROUND * fabs(v)};
}

static Glance glance_constant(uint32_t which)
{
    if (which == C_INF)
        return unclear;
    return glance_image((Glance){0, 0}, which == C_PI ? M_PI : M_E, 0);
}

/* The children's values stand at their places in the walk. */
static Glance glance_node(const Node *n, const Glance *at, lbz_status *st)
{
    Glance r;
    switch (n->op) {
    case OP_NUM: return glance_number(n->num);
    case OP_CONST: return glance_constant(n->sym);
    case OP_ADD:
    case OP_MUL:
    case OP_SCALE:
        r = at[n->a[0]->pos];
        for (uint32_t i = 1; i < n->n; i++)
            r = n->op == OP_ADD ? glance_plus(r, at[n->a[i]->pos])
                                : glance_times(r, at[n->a[i]->pos]);
        return r;
    case OP_POW: return glance_power(n, at[n->a[0]->pos], at[n->a[1]->pos], st);
    default: return n->n == 1 ? glance_function(n, at[n->a[0]->pos], st) : unclear;
    }
}

/* As ball_glance; where that is OK, *value is what k is. */
static lbz_status glance(Ctx *c, Node *k, const Node **bad, Glance *value)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t n = 0;
    lbz_status st = LBZ_OK;
    Node **order = ex_walk(c, 1, &k, &n);
    Glance *at = order ? ARENA_NEW(&c->tmp, Glance, n) : NULL;
    for (size_t i = 0; at && i < n && st == LBZ_OK; i++) {
        at[i] = glance_node(order[i], at, &st);
        *bad = order[i];
        if (!is_clear(at[i]))
            st = LBZ_UNABLE;
        *value = at[i];
    }
    arena_release(&c->tmp, m);
    return at ? st : LBZ_UNABLE;
}

lbz_status ball_glance(Ctx *c, Node *k, const Node **bad)
{
    Glance value;
    return glance(c, k, bad, &value);
}

int ball_glance_sign(Ctx *c, Node *k)
{
    Glance value = unclear;
    const Node *bad;
    bool seen = glance(c, k, &bad, &value) == LBZ_OK && apart_from_0(value);
    return !seen ? 2 : value.v > 0 ? 1 : -1;
}
