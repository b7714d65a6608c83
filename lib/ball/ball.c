/* ball/ball.c - certified digits, doubles and signs of constants.
 *
 * The precision is raised until the enclosure decides the answer. How far is bounded by
 * work, not by time, so that the same question has the same answer on every machine; an
 * enclosure that no longer shrinks ends it, too.
 */
#include "ball/internal.h"
#include "print/print.h"
#include <math.h>

#define BITS_PER_DIGIT 3.3219280948873624
/* Ends of balls are rounded outwards to so many bits: exactly, a radius of 2^-10^300 beside 1 would
 * fill the memory. */
#define END_BITS 4096
#define MAX_DIGITS 1000000
#define MAX_SPECIAL_DIGITS \
    10000 /* gamma, zeta ... take seconds there: no way to stop \
                                  */
#define MAX_WORK \
    134217728.0 /* operations times bits, for more than the precision asked for */
/* Where one step is known to lead to the answer, and operations are few, it may be so far. */
#define MOST_BITS (1 << 17)
#define FARTHEST_WORK (3 * BALL_SPECIAL_WORK)
#define EXPENSIVE_WORK 4000000 /* operations of an expression that is not tried often */

/* ---- errors */

/* The node as text when that is short, else its name. */
static void put_culprit(Ctx *c, Str *b, const Node *bad)
{
    Node *n = (Node *)(uintptr_t)bad; /* printing does not change it */
    if (print_length(c, n) <= 60)
        print_plain(c, b, n);
    else
        str_puts(b,
                 op_is_function((Op)n->op) ? op_info((Op)n->op)->name : "a part of this");
}

static void undefined_error(Ctx *c, const Node *bad, const char *what)
{
    Op op = (Op)bad->op;
    if (op_is_function(op)) {
        char hint[200];
        const OpInfo *info = op_info(op);
        snprintf(hint, sizeof hint, "%s is defined for %s", info->usage, info->domain);
        ctx_error(c, LBZ_DOMAIN, hint, "%s has no real value", what);
    } else if (op == OP_POW && ex_is_num(bad->a[1]) && num_sgn(bad->a[1]->num) < 0 &&
               num_is_int(bad->a[1]->num)) {
        ctx_error(c, LBZ_DOMAIN, "see where its denominator is 0", "division by zero: %s",
                  what);
    } else if (op == OP_POW) {
        ctx_error(c, LBZ_DOMAIN,
                  "b^(p/q) needs b >= 0 unless q is odd; 0 has no negative powers",
                  "%s has no real value", what);
    } else {
        ctx_error(c, LBZ_DOMAIN, NULL, "%s has no real value", what);
    }
}

static void unable_error(Ctx *c, const Node *bad, const char *what)
{
    switch (bad->op) {
    case OP_SYM:
        ctx_error(c, LBZ_UNABLE, "give it one: ... at x = 2", "%s has no value", what);
        break;
    case OP_APPLY:
        ctx_error(c, LBZ_UNABLE, "define it: f(x) = ...",
                  "the function in %s is not known", what);
        break;
    case OP_INT:
        ctx_error(c, LBZ_UNABLE,
                  bad->flags & NF_INF
                      ? "only finite intervals can be integrated numerically"
                      : "split the interval where the integrand is singular",
                  "%s could not be integrated with certainty", what);
        break;
    case OP_SUM:
    case OP_PROD:
        ctx_error(c, LBZ_UNABLE, "its bounds have to be finite integers",
                  "the terms of %s could not be counted", what);
        break;
    case OP_IF:
        ctx_error(c, LBZ_UNABLE, "the two sides of its condition may be equal",
                  "it is not certain which branch of %s is taken", what);
        break;
    default:
        ctx_error(
            c, LBZ_UNABLE,
            "it may be too large, or an argument too close to where it is undefined",
            "the value of %s could not be enclosed", what);
    }
}

/* Records why there is no value. */
static lbz_status report_no_value(Ctx *c, lbz_status st, const Node *bad)
{
    Str what = {0};
    if (ctx_failed(c))
        return c->env.err.status;
    if (!bad) {
        ctx_error(c, st, NULL, "this could not be evaluated");
        return st;
    }
    put_culprit(c, &what, bad);
    c->env.about = bad;
    if (st == LBZ_DOMAIN)
        undefined_error(c, bad, str_cstr(&what));
    else if (st == LBZ_LIMIT)
        ctx_error(c, st, "use fewer terms",
                  "%s has more than %d terms, or is nested too deeply", str_cstr(&what),
                  BALL_MAX_TERMS);
    else
        unable_error(c, bad, str_cstr(&what));
    c->env.about = NULL;
    str_free(&what);
    return st;
}

/* ---- raising the precision */

typedef struct {
    Ctx *c;
    Node *n;
    slong prec; /* 0: not begun */
    slong need; /* bits asked for */
    slong cap;  /* 0: not known before the first evaluation */
    arb_t x;
    mag_t rad;         /* radius of the previous round */
    slong next;        /* the precision of the next round; 0: twice that of this one */
    slong farthest;    /* the most that next may be */
    unsigned stuck;    /* rounds without progress */
    lbz_status status; /* of the last round */
    const Node *bad;
} Search;

static void search_init(Search *s, Ctx *c, Node *n, slong need)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->n = n;
    s->need = need;
    arb_init(s->x);
    mag_init(s->rad);
    mag_inf(s->rad);
}

static void search_clear(Search *s)
{
    arb_clear(s->x);
    mag_clear(s->rad);
}

/* The precision at which we give up: 16 times what was asked for and a good deal more, or
 * less where operations are many or dear. */
static slong cap_for(slong need, uint64_t work)
{
    double most = 16.0 * (double)need + 100000, fits = MAX_WORK / (double)(work + 1);
    double least = 2.0 * (double)need + (work > EXPENSIVE_WORK ? 64 : 1024);
    return (slong)(fits < least ? least : fits < most ? fits : most);
}

slong ball_bits_wanted(const arb_t x, slong prec)
{
    enum { MOST = 1 << 30 };
    fmpz_t e;
    slong bits = 0;
    if (!arb_contains_zero(x) || mag_is_zero(arb_radref(x)))
        return 0;
    fmpz_init(e);
    fmpz_neg(e, MAG_EXPREF(arb_radref(x)));
    if (fmpz_cmp_si(e, prec) > 0)
        bits = fmpz_cmp_si(e, MOST) < 0 ? fmpz_get_si(e) : MOST;
    fmpz_clear(e);
    return bits;
}

static void note_progress(Search *s)
{
    slong narrow = s->status ? 0 : ball_bits_wanted(s->x, s->prec);
    s->next = narrow ? narrow + s->need : 0;
    if (s->next)
        return;
    mag_t half;
    mag_init(half);
    mag_mul_2exp_si(half, s->rad, -1);
    if (s->status == LBZ_OK) {
        s->stuck = mag_cmp(arb_radref(s->x), half) <= 0 ? 0 : s->stuck + 1;
        mag_set(s->rad, arb_radref(s->x));
    } else if (s->bad && s->bad->op == OP_INT) { /* dear, and precision seldom helps */
        s->stuck += 2;
    }
    mag_clear(half);
}

/* Evaluates at the next precision. False when that is no use: then status and bad tell
 * why, status OK meaning that the enclosure stays as it is. */
static bool search_next(Search *s)
{
    uint64_t work;
    slong next = s->next > 2 * s->prec ? s->next : 2 * s->prec;
    slong cap = s->next > s->cap ? s->farthest : s->cap;
    if (s->prec && (s->prec >= cap || s->stuck > 3 || s->next > cap))
        return false;
    s->prec = s->prec == 0 ? s->need : next < cap ? next : cap;
    s->status = ball_eval_work(s->c, s->n, NULL, NULL, 0, s->prec, s->x, &s->bad, &work);
    if (!s->cap)
        s->cap = cap_for(s->need, work);
    s->farthest = work < FARTHEST_WORK ? MOST_BITS : s->cap;
    note_progress(s);
    return s->status == LBZ_OK || s->status == LBZ_UNABLE;
}

/* True when no precision will help: a name or an unknown function. */
static bool precision_is_no_help(const Search *s)
{
    return s->status == LBZ_UNABLE && s->bad &&
           (s->bad->op == OP_SYM || s->bad->op == OP_APPLY || s->bad->op == OP_LIST ||
            s->bad->op == OP_STRING || op_is_structural((Op)s->bad->op));
}

/* ---- digits */

/* A dyadic number that is known exactly, as a Num; false when it is too large for that.
 */
static bool exact_num(Ctx *c, const arb_t x, slong need, Num *out)
{
    arf_srcptr m = arb_midref(x);
    if (!arb_is_exact(x) || arf_cmpabs_2exp_si(m, 4 * need + 4096) > 0 ||
        (!arf_is_zero(m) && arf_cmpabs_2exp_si(m, -4 * need - 4096) < 0))
        return false;
    fmpq_t q;
    mpq_t t;
    fmpq_init(q);
    mpq_init(t);
    arf_get_fmpq(q, m);
    fmpq_get_mpq(t, q);
    *out = num_set_mpq(&c->tmp, t);
    mpq_clear(t);
    fmpq_clear(q);
    return !ctx_failed(c);
}

/* Digits out of the present enclosure. */
static bool decide_digits(Search *s, BallDecimal *d, size_t n, bool force)
{
    Num x;
    if (s->status)
        return false;
    if (exact_num(s->c, s->x, s->need, &x)) {
        if (num_is_zero(x)) {
            str_puts(&d->digits, "0");
            d->exact = true;
        } else {
            ball_decimal_of(d, x, n);
        }
        return true;
    }
    return !arb_contains_zero(s->x) && arb_rel_accuracy_bits(s->x) > 4 &&
           ball_decimal_read(d, s->x, n, s->prec, force);
}

/* A constant below n whose size alone needs more bits than are tried, or NULL. */
static const Node *too_large(Search *s)
{
    enum { MOST = 1000, BITS = 64 };
    Ctx *c = s->c;
    size_t n;
    const Node *bad, *r = NULL;
    arb_t x;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &s->n, &n);
    arb_init(x);
    for (size_t i = 0; order && i < n && i < MOST && !r; i++)
        if (!order[i]->syms && order[i] != s->n &&
            ball_eval(c, order[i], NULL, NULL, 0, BITS, x, &bad) == LBZ_OK &&
            arb_is_finite(x) && arf_cmpabs_2exp_si(arb_midref(x), s->cap) > 0)
            r = order[i];
    arb_clear(x);
    arena_release(&c->tmp, m);
    return r;
}

static void report_far(Search *s)
{
    ctx_error(s->c, LBZ_LIMIT, "smaller numbers are within reach",
              "%.0f digits would be needed to tell this value from 0, more than the %.0f "
              "that are tried",
              ceil((double)s->next / BITS_PER_DIGIT),
              floor((double)s->farthest / BITS_PER_DIGIT));
}

/* The rounds stopped to make progress: too many digits or terms are needed, or a jump is near. */
static void report_stuck(Search *s, const char *lo, const char *hi)
{
    Ctx *c = s->c;
    const Node *big = too_large(s);
    if (big && !ctx_failed(c)) {
        Str b = {0};
        print_brief(c, &b, (Node *)(uintptr_t)big, 60);
        ctx_error(
            c, LBZ_LIMIT, "smaller numbers are within reach",
            "too many digits of %s would be needed: more than the %.0f that are tried",
            str_cstr(&b), (double)s->cap / BITS_PER_DIGIT);
        str_free(&b);
    } else if (mag_cmp_2exp_si(arb_radref(s->x), 64) > 0) { /* no jump */
        ctx_error(c, LBZ_LIMIT, "smaller numbers are within reach",
                  "no bounds of this value are found with %ld bits of precision",
                  (long)s->prec);
    } else {
        ctx_error(c, LBZ_UNABLE, "simplify it: it may have a jump just there",
                  "all that is certain is that this value lies between %s and %s", lo,
                  hi);
    }
}

/* The enclosure is finite but does not decide the answer. */
static lbz_status report_undecided(Search *s)
{
    Ctx *c = s->c;
    char lo[32], hi[32];
    arf_t t;
    arf_init(t);
    arb_get_lbound_arf(t, s->x, 53);
    double_print(lo, arf_get_d(t, ARF_RND_FLOOR));
    arb_get_ubound_arf(t, s->x, 53);
    double_print(hi, arf_get_d(t, ARF_RND_CEIL));
    arf_clear(t);
    if (s->next)
        report_far(s);
    else if (s->stuck)
        report_stuck(s, lo, hi);
    else if (arb_contains_zero(s->x))
        ctx_error(c, LBZ_UNABLE, "simplify it: it may be 0 exactly",
                  "cannot tell this value from 0 with %ld bits of precision",
                  (long)s->prec);
    else
        ctx_error(c, LBZ_UNABLE, "ask for fewer digits",
                  "%ld bits of precision do not decide these digits", (long)s->prec);
    return ctx_failed(c) ? c->env.err.status : LBZ_UNABLE;
}

/* No precision decides. A tie between two roundings may be given either way. */
static lbz_status round_undecided(Search *s, BallDecimal *d, size_t n)
{
    if (s->status)
        return report_no_value(s->c, s->status, s->bad);
    if (arb_rel_accuracy_bits(s->x) > s->need + 32 && decide_digits(s, d, n, true))
        return LBZ_OK;
    return report_undecided(s);
}

static lbz_status search_digits(Search *s, BallDecimal *d, size_t n)
{
    while (search_next(s))
        if (decide_digits(s, d, n, false) || precision_is_no_help(s))
            break;
    if (d->digits.failed)
        ctx_error(s->c, LBZ_LIMIT, NULL, "there is not enough memory for these digits");
    if (ctx_failed(s->c))
        return s->c->env.err.status;
    return d->digits.n ? LBZ_OK : round_undecided(s, d, n);
}

static lbz_status digits_of(Ctx *c, Node *n, size_t digits, Str *out)
{
    Search s;
    BallDecimal d = {0};
    fmpz_init(d.exp10);
    search_init(&s, c, n, (slong)((double)digits * BITS_PER_DIGIT) + 24);
    lbz_status st = search_digits(&s, &d, digits);
    if (!st) {
        ball_decimal_put(out, arf_sgn(arb_midref(s.x)) < 0, &d, digits);
        out->failed |= d.digits.failed;
    }
    str_free(&d.digits);
    fmpz_clear(d.exp10);
    search_clear(&s);
    return st;
}

static bool is_special(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return ball_is_special((Op)n->op);
}

lbz_status ball_digits(Ctx *c, Node *n, size_t digits, Str *out)
{
    digits = digits ? digits : 1;
    size_t most = MAX_DIGITS;
    if (digits > MAX_SPECIAL_DIGITS && ex_find(c, n, 0, is_special, NULL))
        most = MAX_SPECIAL_DIGITS;
    if (digits > most)
        ctx_error(c, LBZ_LIMIT, "ask for fewer",
                  "at most %zu digits of this can be computed", most);
    if (ctx_failed(c))
        return c->env.err.status;
    ArenaMark m = arena_mark(&c->tmp);
    lbz_status st = LBZ_OK;
    if (ex_is_num(n))
        ball_put_num(n->num, digits, out);
    else
        st = digits_of(c, n, digits, out);
    arena_release(&c->tmp, m);
    return st;
}

/* ---- doubles */

/* True when both ends of the ball round to the same double; by force that of its middle.
 */
static bool decide_double(const arb_t x, bool force, double *out)
{
    if (force) {
        *out = arf_get_d(arb_midref(x), ARF_RND_NEAR);
        return true;
    }
    arf_t t;
    arf_init(t);
    arb_get_lbound_arf(t, x, END_BITS);
    double lo = arf_get_d(t, ARF_RND_NEAR);
    arb_get_ubound_arf(t, x, END_BITS);
    double hi = arf_get_d(t, ARF_RND_NEAR);
    arf_clear(t);
    *out = lo == 0 ? 0 : lo;
    return lo == hi;
}

lbz_status ball_double(Ctx *c, Node *n, double *out)
{
    Search s;
    bool done = false;
    if (ctx_failed(c))
        return c->env.err.status;
    if (ex_is_num(n)) {
        *out = num_to_double(n->num);
        return LBZ_OK;
    }
    search_init(&s, c, n, 72);
    while (!done && search_next(&s) && !precision_is_no_help(&s))
        done = s.status == LBZ_OK && decide_double(s.x, false, out);
    if (!done && !s.status && arb_rel_accuracy_bits(s.x) > 64)
        done = decide_double(s.x, true, out);
    lbz_status st = LBZ_OK;
    if (!done)
        st = s.status ? report_no_value(c, s.status, s.bad) : report_undecided(&s);
    search_clear(&s);
    return st;
}

/* ---- balls themselves */

/* A number from its text, which may begin with a minus sign. */
static bool read_number(Ctx *c, const Str *t, Num *out)
{
    size_t sign = t->n && t->s[0] == '-';
    bool ok =
        t->n && num_parse(ctx_arena(c), t->s + sign, t->n - sign, out) == t->n - sign;
    if (ok && sign)
        *out = num_neg(ctx_arena(c), *out);
    return ok;
}

bool ball_to_num(Ctx *c, const arb_t x, size_t digits, slong prec, Num *out)
{
    double d;
    if (arb_is_zero(x)) {
        *out = (Num){0, 1, true};
        return true;
    }
    if (digits == 0) {
        if (!decide_double(x, false, &d))
            return false;
        if (isfinite(d) && d != 0) {
            *out = num_from_double(ctx_arena(c), d);
            out->dec = true;
            return true;
        }
        digits = 17; /* beyond the range of doubles */
    }
    BallDecimal r = {0};
    Str text = {0};
    fmpz_init(r.exp10);
    bool ok = !arb_contains_zero(x) && arb_rel_accuracy_bits(x) > 4 &&
              ball_decimal_read(&r, x, digits, prec, false);
    if (ok)
        ball_decimal_put(&text, arf_sgn(arb_midref(x)) < 0, &r, digits);
    ok = ok && read_number(c, &text, out);
    out->dec = true;
    str_free(&r.digits);
    str_free(&text);
    fmpz_clear(r.exp10);
    return ok;
}

/* ---- existence and signs */

lbz_status ball_exists(Ctx *c, Node *k, const Node **bad)
{
    enum { BITS = 64 };
    lbz_status st = ball_glance(c, k, bad);
    if (st == LBZ_UNABLE) {
        arb_t x;
        arb_init(x);
        st = ball_eval(c, k, NULL, NULL, 0, BITS, x, bad);
        arb_clear(x);
    }
    return st;
}

static bool is_undefined(Ctx *c, Node *n, void *arg)
{
    const Node *bad;
    (void)arg;
    return !n->syms && ex_may_be_undefined(n) && ball_exists(c, n, &bad) == LBZ_DOMAIN;
}

Node *ball_find_undefined(Ctx *c, size_t since)
{
    Node *bad = NULL;
    for (size_t i = since; i < c->ndropped && !bad && !ctx_failed(c); i++)
        bad = ex_find(c, c->dropped[i], NF_RISK, is_undefined, NULL);
    return bad;
}

int ball_sign(Ctx *c, Node *n)
{
    Search s;
    int sign = 2;
    if (ctx_failed(c))
        return 2;
    if (ex_is_num(n))
        return num_sgn(n->num);
    if ((sign = ball_glance_sign(c, n)) != 2 || ctx_failed(c))
        return sign;
    search_init(&s, c, n, 64);
    s.cap = 4096;
    while (sign == 2 && search_next(&s) && !precision_is_no_help(&s))
        if (s.status == LBZ_OK && arb_is_zero(s.x))
            sign = 0;
        else if (s.status == LBZ_OK && !arb_contains_zero(s.x))
            sign = arf_sgn(arb_midref(s.x));
    search_clear(&s);
    return sign;
}
