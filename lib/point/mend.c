/* point/mend.c - values that float64 lost on the way: sqrt(x^2 + y^2) at 1e200 is no infinity, nor
 * is it 0 at 1e-200.
 *
 * Differences lose digits: 1 - cos(x) at 1e-9 is 0 in float64. An output or slope with such a
 * difference on its way is evaluated in balls, too, all constants being exact, unless it is made of
 * nothing but the rounding of the inputs.
 *
 * An output that is not finite, or 0 after a product, quotient or function vanished, or made of a
 * number with few digits, below DBL_MIN, is evaluated in balls at the exact point. Where they give
 * a number it takes the output's place; the values it was made of stay what they are, and the
 * derivatives go to the kink rule, which uses balls, too.
 */
#include "point/point.h"
#include "program/ball.h"
#include <float.h>
#include <math.h>

enum {
    MOST_VALUES = 20000,
    FIRST_BITS = 128,
    LAST_BITS = 4096,
    GOOD_BITS = 60,
    MOST_OF_GRADIENT = 2000
};

static bool is_subnormal(double x) { return x != 0 && fabs(x) < DBL_MIN; }

/* Is value i 0 or close to it although no operand is, and not by a difference or a piece? */
static bool has_vanished(const Accum *a, uint32_t i)
{
    const Program *p = a->p;
    const ProgramValue *x = &p->val[i];
    uint32_t buf[3];
    const uint32_t *o;
    if (fabs(a->v[i]) >= DBL_MIN || x->known)
        return false;
    if (pg_is_function(x) ? (op_info(pg_fn_op(x))->flags & PIECEWISE) != 0
                          : x->op != P_MUL && x->op != P_DIV && x->op != P_POW)
        return false;
    size_t n = pg_operands(p, i, &o, buf);
    for (size_t k = 0; k < n; k++)
        if (a->v[o[k]] == 0 || is_subnormal(a->v[o[k]]))
            return false;
    return n > 0;
}

/* May out be lost? */
static bool is_suspect(const Accum *a, uint32_t out)
{
    bool any = !isfinite(a->v[out]), zero = a->v[out] == 0;
    for (uint32_t i = 0; !any && i <= out; i++)
        if (!isfinite(a->v[i]))
            any = zero && !a->p->val[i].known;
        else if (zero || a->v[i] != 0)
            any = has_vanished(a, i);
    return any;
}

/* ---- differences */

bool accum_cancels(const Accum *a, uint32_t from, uint32_t to)
{
    const double LEFT = 0x1p-10;
    const Program *p = a->p;
    for (uint32_t i = from; i < to; i++) {
        uint32_t buf[3];
        const uint32_t *o;
        const ProgramValue *x = &p->val[i];
        if ((x->op != P_ADD && x->op != P_SUB) || x->known)
            continue;
        size_t n = pg_operands(p, i, &o, buf);
        for (size_t k = 0; k < n; k++)
            if (fabs(a->v[o[k]]) * LEFT > fabs(a->v[i]) && !p->val[o[k]].known &&
                p->val[o[k]].op != P_IN)
                return true;
    }
    return false;
}

/* ---- in balls */

/* The inputs themselves, or moved by half a unit of their last place: all up, all down, by turns. */
typedef enum { PLACE_HERE, PLACE_UP, PLACE_DOWN, PLACE_TURNS, PLACES } PlaceNear;

static void set_input(const Accum *a, arb_t b, uint32_t i, PlaceNear near, slong prec)
{
    double x = a->x[i];
    arb_t step;
    arb_set_d(b, x);
    if (near == PLACE_HERE)
        return;
    bool down = near == PLACE_DOWN || (near == PLACE_TURNS && i % 2);
    arb_init(step);
    arb_set_d(step, down ? -x : x);
    arb_mul_2exp_si(step, step, -53);
    arb_add(b, b, step, prec);
    arb_clear(step);
}

/* Values up to last. */
static void evaluate_balls(const Accum *a, uint32_t last, BallConstants how,
                           PlaceNear near, arb_struct *b, slong prec)
{
    for (uint32_t i = 0; i <= last; i++)
        if (a->p->val[i].op == P_IN)
            set_input(a, &b[i], a->p->val[i].a, near, prec);
        else
            program_ball(a->c, a->p, i, how, b, prec);
}

static arb_struct *new_balls(uint32_t n)
{
    arb_struct *b = mem_alloc(n * sizeof *b);
    for (uint32_t i = 0; b && i < n; i++)
        arb_init(&b[i]);
    return b;
}

static void free_balls(arb_struct *b, uint32_t n)
{
    for (uint32_t i = 0; b && i < n; i++)
        arb_clear(&b[i]);
    mem_free(b);
}

static bool is_good(const arb_t x)
{
    return arb_is_finite(x) && (arb_is_zero(x) || arb_rel_accuracy_bits(x) >= GOOD_BITS);
}

/* Is value i about the same wherever the inputs may have been rounded from? */
static bool is_steady(const Accum *a, uint32_t i, arb_struct *b, double d, slong prec)
{
    for (int near = PLACE_UP; near < PLACES; near++) {
        evaluate_balls(a, i, BALL_EXACT, (PlaceNear)near, b, prec);
        double r = arf_get_d(arb_midref(&b[i]), ARF_RND_NEAR);
        if (!is_good(&b[i]) || !(fabs(r - d) <= fabs(d) / 4))
            return false;
    }
    return true;
}

static bool find_exactly(const Accum *a, uint32_t out, BallConstants how, double *d)
{
    bool found = false;
    arb_struct *b = new_balls(out + 1);
    for (slong prec = FIRST_BITS; b && !found && prec <= LAST_BITS && !ctx_poll(a->c);
         prec *= 4) {
        evaluate_balls(a, out, how, PLACE_HERE, b, prec);
        found = is_good(&b[out]);
        if (found)
            *d = arf_get_d(arb_midref(&b[out]), ARF_RND_NEAR);
        if (found && how == BALL_EXACT && !is_steady(a, out, b, *d, prec * 2)) {
            found = false; /* it is made of nothing but that rounding */
            break;
        }
    }
    free_balls(b, out + 1);
    return found;
}

static void mend_output(Accum *a, uint32_t out)
{
    double d;
    bool suspect = is_suspect(a, out);
    bool cancels = !suspect && accum_cancels(a, 0, out + 1);
    a->cancelled = a->cancelled || cancels;
    if ((!suspect && !cancels) ||
        !find_exactly(a, out, suspect ? BALL_FLOAT64 : BALL_EXACT, &d) || a->v[out] == d)
        return;
    a->v[out] = d;
    a->mended = true;
    a->special = a->special || suspect;
}

void accum_mend(Accum *a)
{
    for (size_t k = 0; k < a->nin; k++)
        if (!isfinite(a->x[k]))
            return;
    for (size_t k = 0; k < a->nout; k++)
        if (a->out[k] < MOST_VALUES && !a->p->val[a->out[k]].known)
            mend_output(a, a->out[k]);
}

/* ---- slopes */

void accum_mend_gradient(Accum *a, uint32_t out, double *grad)
{
    uint32_t *adj = mem_alloc((a->nin + 1) * sizeof *adj);
    a->p->by_text = true;
    bool ok = adj && program_gradient(a->p, out, pg_const(a->p, 1), adj);
    a->p->by_text = false;
    for (size_t i = 0; ok && i < a->nin && a->p->n < MOST_OF_GRADIENT; i++) {
        double d;
        if (adj[i] != P_NONE && isfinite(grad[i]) &&
            find_exactly(a, adj[i], BALL_EXACT, &d) && isfinite(d))
            grad[i] = d;
    }
    mem_free(adj);
}
