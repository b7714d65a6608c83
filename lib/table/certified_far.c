/* table/certified_far.c - certified values of functions that come near a limit as e^x comes near 0:
 * tanh, coth and the logistic function. Contract: certified.h.
 *
 * Far out the ball is as narrow as the distance from the limit, not as the precision: how many bits
 * would tell them apart can be seen from it.
 */
#include "table/certified.h"

/* r = the limit (1 or -1) give or take e^-|k*x|*2^twos, when that is below 2^-prec */
static bool near_limit(arb_t r, const arb_t x, slong k, slong twos, slong prec)
{
    WITH(t);
    arb_mul_si(t, x, arb_is_negative(x) ? k : -k, MAG_BITS);
    bool far = cert_lt(t, -prec);
    if (far) {
        arb_exp(t, t, MAG_BITS);
        arb_mul_2exp_si(t, t, twos);
        arb_set_si(r, arb_is_negative(x) ? -1 : 1);
        arb_add_error(r, t);
    }
    arb_clear(t);
    return far;
}

void cert_tanh(arb_t r, const arb_t x, slong prec)
{
    if (!near_limit(r, x, 2, 1, prec))
        arb_tanh(r, x, prec);
}

void cert_coth(arb_t r, const arb_t x, slong prec)
{
    if (arb_is_zero(x))
        cert_undefined(r);
    else if (!near_limit(r, x, 2, 2, prec))
        arb_coth(r, x, prec);
}

void cert_logistic(arb_t r, const arb_t x, slong prec)
{
    if (!arb_is_negative(x) && near_limit(r, x, 1, 0, prec))
        return;
    arb_neg(r, x);
    arb_exp(r, r, prec);
    arb_add_ui(r, r, 1, prec);
    arb_inv(r, r, prec);
}
