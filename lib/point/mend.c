/* point/mend.c - values that float64 lost on the way: sqrt(x^2 + y^2) at 1e200 is no infinity, nor
 * is it 0 at 1e-200.
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

enum { MOST_VALUES = 20000, FIRST_BITS = 128, LAST_BITS = 4096, GOOD_BITS = 60 };

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

static void evaluate_exactly(const Accum *a, uint32_t out, arb_struct *b, slong prec)
{
    for (uint32_t i = 0; i <= out; i++)
        if (a->p->val[i].op == P_IN)
            arb_set_d(&b[i], a->x[a->p->val[i].a]);
        else
            program_ball(a->c, a->p, i, BALL_FLOAT64, b, prec);
}

static bool find_exactly(const Accum *a, uint32_t out, double *d)
{
    bool found = false;
    arb_struct *b = mem_alloc((out + 1) * sizeof *b);
    if (!b)
        return false;
    for (uint32_t i = 0; i <= out; i++)
        arb_init(&b[i]);
    for (slong prec = FIRST_BITS; !found && prec <= LAST_BITS && !ctx_poll(a->c);
         prec *= 4) {
        evaluate_exactly(a, out, b, prec);
        found = arb_is_finite(&b[out]) &&
                (arb_is_zero(&b[out]) || arb_rel_accuracy_bits(&b[out]) >= GOOD_BITS);
    }
    if (found)
        *d = arf_get_d(arb_midref(&b[out]), ARF_RND_NEAR);
    for (uint32_t i = 0; i <= out; i++)
        arb_clear(&b[i]);
    mem_free(b);
    return found;
}

void accum_mend(Accum *a)
{
    for (size_t k = 0; k < a->nin; k++)
        if (!isfinite(a->x[k]))
            return;
    for (size_t k = 0; k < a->nout; k++) {
        uint32_t out = a->out[k];
        double d;
        if (out >= MOST_VALUES || a->p->val[out].known || !is_suspect(a, out) ||
            !find_exactly(a, out, &d) || a->v[out] == d)
            continue;
        a->v[out] = d;
        a->mended = a->special = true;
    }
}
