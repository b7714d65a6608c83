/* eval/tie.c - max(x, y) where both arguments vary and are equal: the slopes by all names belong
 * together, the gradient of least norm. It is found by accumulation (kink.c), in float64; parts
 * that are simple fractions are given as such. */
#include "point/point.h"
#include "eval/internal.h"

#include <math.h>

typedef struct {
    const uint32_t *in;
    size_t n;
} NamesIn;

/* Is x a max or min with some of the names in both its arguments? */
static bool may_tie(Ctx *c, Node *x, void *arg)
{
    const NamesIn *k = arg;
    return (ex_is(x, OP_max) || ex_is(x, OP_min)) &&
           ex_depends_any(c, x->a[0], k->in, k->n) &&
           ex_depends_any(c, x->a[1], k->in, k->n);
}

Node *eval_near_fraction(Ctx *c, double d)
{
    enum { Q_MAX = 720 };
    for (int64_t q = 1; q <= Q_MAX; q++) {
        double p = nearbyint(d * (double)q);
        if (fabs(p) < 1e9 && fabs(p - d * (double)q) <= 1e-13 * (double)q * (1 + fabs(d)))
            return ex_rat(c, (int64_t)p, q);
    }
    Num x = num_from_double(ctx_arena(c), d);
    x.dec = true;
    return ex_num(c, x);
}

static bool tied_gradient(Ctx *c, Node *e, const uint32_t *in, const double *x, size_t n,
                          double *grad)
{
    Accum a;
    bool ok = accum_init(&a, c, in, x, n, &e, 1) && accum_evaluate(&a) &&
              kink_at(&a, a.out[0]) && accum_gradient(&a, ACC_REVERSE, 0, grad);
    accum_free(&a);
    return attempt_forgive(c, FORGIVE_UNDEFINED | FORGIVE(LBZ_NAME)) && ok;
}

bool eval_tie(Ctx *c, Node *e, const uint32_t *in, Node *const *at, size_t n, Node **grad)
{
    if (n < 2 || !ex_find(c, e, 0, may_tie, &(NamesIn){in, n}))
        return false;
    double *x = ARENA_NEW(&c->tmp, double, n), *g = ARENA_NEW(&c->tmp, double, n);
    for (size_t i = 0; x && g && i < n; i++) {
        if (!eval_is_constant(c, at[i]) || ball_double(c, at[i], &x[i]) != LBZ_OK) {
            (void)attempt_forgive(c, FORGIVE_ANY);
            return false;
        }
    }
    if (!x || !g || !tied_gradient(c, eval_hold(c, e, in, at, n), in, x, n, g))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(g[i]))
            return false;
        grad[i] = eval_near_fraction(c, g[i]);
    }
    return true;
}
