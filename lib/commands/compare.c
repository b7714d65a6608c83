/* commands/compare.c - both sides of a check at points.
 *
 * Points depend on the two sides only: the same in every run. DIFFER: the two enclosures are
 * disjoint. AGREE: to CHECK_DIGITS digits, and no further difference is in sight.
 */
#include "commands/compare.h"

enum { TRIES = 400, PREC_MAX = 2048, RANGE_SHARE = 16, EXPENSIVE = 11 };

/* ---- points */

static uint64_t draw_random(Check *k)
{
    k->seed ^= k->seed << 13;
    k->seed ^= k->seed >> 7;
    k->seed ^= k->seed << 17;
    return k->seed;
}

/* Numbers of three decimals, near 0 and 1 first, then further out. */
static int64_t draw_number(Check *k, const Var *v, unsigned turn)
{
    static const int64_t widths[] = {CHECK_SCALE, 4 * CHECK_SCALE, 2 * CHECK_SCALE,
                                     12 * CHECK_SCALE};
    int64_t w = v->ranged ? CHECK_SCALE : widths[turn % 4];
    int64_t x = 1 + (int64_t)(draw_random(k) % (uint64_t)(w - 1));
    bool both = (v->sign & S_NEG) && (v->sign & S_POS);
    bool negative = both ? turn % 4 >= 2 && draw_random(k) % 2 : !(v->sign & S_POS);
    if (v->ranged)
        return x;
    if (v->integer)
        x = CHECK_SCALE * (1 + x / CHECK_SCALE + (int64_t)(draw_random(k) % 5));
    return negative ? -x : x;
}

bool compare_has(const Check *k, NodeTest *is)
{
    return ex_find(k->c, k->l, 0, is, NULL) || ex_find(k->c, k->r, 0, is, NULL);
}

Num compare_value(Check *k, const Var *v)
{
    Arena *a = ctx_arena(k->c);
    if (v->fixed)
        return v->value;
    Num t = num_rat(a, v->num, CHECK_SCALE);
    if (v->ranged) {
        t = num_add(a, v->lo, num_mul(a, num_sub(a, v->hi, v->lo), t));
        t = v->integer ? num_round(a, t) : t;
    }
    t.dec = !num_is_int(t);
    return t;
}

void compare_set_num(arb_t x, Num v, slong prec)
{
    mpq_t q;
    fmpq_t f;
    mpq_init(q);
    fmpq_init(f);
    num_get_mpq(q, v);
    fmpq_set_mpq(f, q);
    arb_set_fmpq(x, f, prec);
    fmpq_clear(f);
    mpq_clear(q);
}

void compare_place(Check *k, arb_ptr at, slong prec)
{
    for (size_t i = 0; i < k->k; i++) {
        const Var *v = &k->var[i];
        if (v->fixed && v->ball)
            arb_set(at + i, v->ball);
        else if (v->fixed && v->exact)
            (void)ball_eval(k->c, v->exact, NULL, NULL, 0, prec, at + i, NULL);
        else
            compare_set_num(at + i, compare_value(k, v), prec);
    }
}

/* ---- comparing at a point */

/* |l - r| against the given tolerance, relative for large values. */
static Outcome within_tolerance(Check *k, slong prec)
{
    arb_t t, one;
    arb_init(t);
    arb_init(one);
    arb_one(one);
    arb_abs(t, k->rv);
    arb_max(t, t, one, prec);
    arb_set_d(one, num_to_double(k->tol));
    arb_mul(t, t, one, prec);
    arb_abs(k->d, k->d);
    Outcome o = arb_le(k->d, t) ? AGREE : arb_gt(k->d, t) ? DIFFER : SKIP;
    arb_clear(t);
    arb_clear(one);
    return o;
}

/* Are the enclosures so narrow that they agree to CHECK_DIGITS digits? */
static bool agree_closely(Check *k, slong prec)
{
    arb_t bound, size;
    arb_init(bound);
    arb_init(size);
    arb_abs(size, k->lv);
    arb_one(bound);
    arb_max(size, size, bound, prec);
    arb_set_ui(bound, 10);
    arb_pow_ui(bound, bound, CHECK_DIGITS, prec);
    arb_div(bound, size, bound, prec);
    arb_abs(k->d, k->d);
    bool close = arb_le(k->d, bound);
    arb_clear(bound);
    arb_clear(size);
    return close;
}

/* 1 and tanh(3000) agree to more digits than are asked for, and differ: their difference is narrower
 * than the precision, and so many bits as it takes are in reach. */
static bool differ_further(Check *k, slong prec)
{
    enum { MOST_BITS = 1 << 17 };
    arb_sub(k->d, k->lv, k->rv, prec);
    slong bits = ball_bits_wanted(k->d, prec) + 64;
    if (bits == 64 || bits > MOST_BITS)
        return false;
    compare_place(k, k->at, bits);
    return ball_eval(k->c, k->l, k->syms, k->at, k->k, bits, k->lv, NULL) == LBZ_OK &&
           ball_eval(k->c, k->r, k->syms, k->at, k->k, bits, k->rv, NULL) == LBZ_OK &&
           !arb_overlaps(k->lv, k->rv);
}

static Outcome compare_here(Check *k)
{
    Ctx *c = k->c;
    lbz_status a = LBZ_UNABLE, b = LBZ_UNABLE;
    const Node *bad = NULL;
    for (slong prec = 64; prec <= PREC_MAX && !ctx_poll(c); prec *= 2) {
        compare_place(k, k->at, prec);
        a = ball_eval(c, k->l, k->syms, k->at, k->k, prec, k->lv, &bad);
        b = a == LBZ_DOMAIN ? a
                            : ball_eval(c, k->r, k->syms, k->at, k->k, prec, k->rv,
                                        a == LBZ_OK ? &bad : NULL);
        if (a == LBZ_DOMAIN || b == LBZ_DOMAIN) {
            k->undefined++;
            return SKIP;
        }
        if (a != LBZ_OK || b != LBZ_OK) {
            if (bad && bad->op == OP_INT) { /* dear, and precision seldom helps */
                k->unable += EXPENSIVE;
                k->open = bad;
                return SKIP;
            }
            continue;
        }
        arb_sub(k->d, k->lv, k->rv, prec);
        if (!num_is_zero(k->tol)) {
            Outcome o = within_tolerance(k, prec);
            if (o != SKIP)
                return o;
        } else if (!arb_overlaps(k->lv, k->rv)) {
            return DIFFER;
        } else if (agree_closely(k, prec)) {
            return differ_further(k, prec) ? DIFFER : AGREE;
        }
    }
    k->unable++;
    k->open = bad;
    return SKIP;
}

/* The next point: anywhere, or, where the domain is narrow, near a good one. */
void compare_draw(Check *k)
{
    bool near = k->agreed && k->undefined > k->agreed && k->tried % 4 != 0;
    for (size_t i = 0; i < k->k; i++) {
        Var *v = &k->var[i];
        int64_t reach = (v->good < 0 ? -v->good : v->good) / RANGE_SHARE + 2;
        if (near && !v->integer && !v->ranged) {
            v->num =
                v->good + (int64_t)(draw_random(k) % (uint64_t)(2 * reach + 1)) - reach;
            v->num = v->num == 0 || (v->num < 0) != (v->good < 0) ? v->good : v->num;
        } else {
            v->num = draw_number(k, v, k->tried);
        }
    }
}

bool compare_find(Check *k, unsigned enough)
{
    while (k->agreed < enough && k->tried < TRIES && k->unable < 24 && !ctx_poll(k->c)) {
        compare_draw(k);
        k->tried++;
        Outcome o = compare_here(k);
        if (o == DIFFER)
            return true;
        k->agreed += o == AGREE;
        for (size_t i = 0; o == AGREE && i < k->k; i++)
            k->var[i].good = k->var[i].num;
        if (k->k == 0)
            return false;
    }
    return false;
}

/* ---- in brief */

static Existence existence_of(lbz_status st)
{
    return st == LBZ_OK ? HAS_VALUE : st == LBZ_DOMAIN ? HAS_NO_VALUE : NOT_KNOWN;
}

static bool is_dyadic(Check *k, Num x)
{
    return num_is_int(num_mul(ctx_arena(k->c), x, num_int(1 << 20)));
}

/* Balls cannot tell that 3*x - 1 is 0 at 1/3, or cos(x) at pi/2: such values are put in exactly. */
static Node *exactly(Check *k, Node *e)
{
    Ctx *c = k->c;
    Attempt at = attempt_begin(c);
    Node *r = e;
    for (size_t i = 0; i < k->k; i++) {
        const Var *v = &k->var[i];
        if (!v->fixed || v->ball || (!v->exact && is_dyadic(k, v->value)))
            continue;
        Node *by = v->exact ? v->exact : ex_num(c, v->value);
        r = ex_subst(c, r, &v->sym, &by, 1);
    }
    return attempt_end(c, &at) ? r : e;
}

Outcome compare_briefly(Check *k)
{
    Ctx *c = k->c;
    bool tolerant = !num_is_zero(k->tol);
    Node *l = exactly(k, k->l), *r = exactly(k, k->r);
    for (slong prec = 64; prec <= 256 && !ctx_poll(c); prec *= 2) {
        compare_place(k, k->at, prec);
        lbz_status a = ball_eval(c, l, k->syms, k->at, k->k, prec, k->lv, NULL);
        lbz_status b = ball_eval(c, r, k->syms, k->at, k->k, prec, k->rv, NULL);
        k->exist[0] = existence_of(a);
        k->exist[1] = existence_of(b);
        if (a == LBZ_DOMAIN || b == LBZ_DOMAIN)
            return SKIP;
        if (a != LBZ_OK || b != LBZ_OK)
            continue;
        arb_sub(k->d, k->lv, k->rv, prec);
        Outcome o = tolerant                      ? within_tolerance(k, prec)
                    : !arb_overlaps(k->lv, k->rv) ? DIFFER
                    : mag_cmp_2exp_si(arb_radref(k->d), -prec / 2) < 0 ? AGREE
                                                                       : SKIP;
        if (o != SKIP)
            return o;
    }
    return SKIP;
}
