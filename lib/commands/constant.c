/* commands/constant.c - differences that are constant: an antiderivative is right up to one.
 *
 * Values at points that lie close together rule out nearly all that are not, at little cost; what
 * remains needs a proof.
 */
#include "commands/constant.h"

enum { BITS = 160 };

/* May d be the same at all points? out gets its value at the first. */
static bool same_at(Ctx *c, Node *d, const uint32_t *syms, const arb_struct *points,
                    size_t k, size_t n, arb_t out)
{
    arb_t v;
    arb_init(v);
    bool same = ball_eval(c, d, syms, points, k, BITS, out, NULL) == LBZ_OK;
    for (size_t i = 1; same && i < n; i++) {
        same = ball_eval(c, d, syms, points + i * k, k, BITS, v, NULL) == LBZ_OK &&
               arb_overlaps(v, out);
    }
    arb_clear(v);
    return same;
}

static bool derivatives_vanish(Ctx *c, Node *d, const uint32_t *syms, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        Node *slope = diff(c, d, syms[i]);
        if (ctx_failed(c) || prove_zero(c, slope) != PROOF_YES)
            return false;
    }
    return !ctx_failed(c);
}

static void print_value(Str *out, const arb_t x)
{
    double d = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    double_put(out, d == 0 ? 0 : d);
}

/* unit*p/q if that may be the value, for a small q; else NULL. */
static Node *rational_multiple(Ctx *c, const arb_t value, Node *unit)
{
    enum { Q = 720, P_MAX = 1000000 };
    Node *r = NULL;
    arb_t u, t;
    fmpz_t p;
    arb_init(u);
    arb_init(t);
    fmpz_init(p);
    if (ball_eval(c, unit, NULL, NULL, 0, BITS, u, NULL) == LBZ_OK) {
        arb_div(t, value, u, BITS);
        arb_mul_ui(t, t, Q, BITS);
        if (arb_get_unique_fmpz(p, t) && fmpz_cmpabs(p, (fmpz[]){P_MAX}) <= 0)
            r = ex_mul2(c, ex_rat(c, fmpz_get_si(p), Q), unit);
    }
    fmpz_clear(p);
    arb_clear(u);
    arb_clear(t);
    return r;
}

/* A constant that d is proved to be: when simplifying does not show it, guessed from the value. */
static Node *exact_constant(Ctx *c, Node *d, const arb_t value)
{
    Node *t = eval_is_constant(c, d) ? d : simplify(c, d, SIMPLIFY_DEEP);
    if (ctx_failed(c) || eval_is_constant(c, t))
        return ctx_failed(c) ? NULL : t;
    Node *unit[] = {c->one, c->pi, ex_fn1(c, OP_log, c->two),
                    ex_fn1(c, OP_log, ex_int(c, 3)), ex_fn1(c, OP_log, ex_int(c, 5))};
    for (size_t i = 0; i < sizeof unit / sizeof *unit && !ctx_failed(c); i++) {
        t = rational_multiple(c, value, unit[i]);
        if (t && prove_zero(c, ex_sub(c, d, t)) == PROOF_YES)
            return t;
    }
    return NULL;
}

static ConstantKind kind_of(Ctx *c, Node *d, const uint32_t *syms, size_t k,
                            const arb_t value, Str *text)
{
    Node *exact = exact_constant(c, d, value);
    if (exact) {
        print_plain(c, text, exact);
        return CONSTANT_EVERYWHERE;
    }
    if (ctx_failed(c) || !derivatives_vanish(c, d, syms, k))
        return CONSTANT_NO;
    print_value(text, value);
    return CONSTANT_PIECEWISE;
}

ConstantKind constant_difference(Ctx *c, Node *l, Node *r, const uint32_t *syms,
                                 const arb_struct *points, size_t k, size_t n, Str *text)
{
    ConstantKind kind = CONSTANT_NO;
    Node *d = ex_sub(c, l, r);
    arb_t value;
    arb_init(value);
    if (k && !ctx_failed(c) && same_at(c, d, syms, points, k, n, value))
        kind = kind_of(c, d, syms, k, value, text);
    if (ctx_failed(c)) /* it was only asked in addition */
        kind = attempt_forgive(c, FORGIVE_UNDEFINED) ? CONSTANT_NO : kind;
    arb_clear(value);
    return kind;
}
