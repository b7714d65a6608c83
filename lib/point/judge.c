/* point/judge.c - a verdict on what the routes to a derivative give.
 *
 * The difference is the judge: a route that is off by more than rounding can explain is wrong,
 * DISAGREE. Where there is no derivative the value has to lie between the slopes on the two sides:
 * KINK, or BRANCH at a jump and where another branch begins. What cannot be judged is UNRESOLVED,
 * with the reason. The rounding that explains a difference: that of the steps of the accumulation,
 * of the point, and of the formula in 53-bit balls. Agreement is relative, whatever rounding explains,
 * and tells its bound; only a slope of 0 has an absolute one.
 */
#include "point/slope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const slope_verdict_names[] = {"AGREE", "BRANCH", "KINK", "UNRESOLVED",
                                           "DISAGREE"};
const char *const slope_route_names[] = {"symbolic", "forward", "reverse"};

static const double tolerance = 1e-9, loose = 1e-3, step_rounding = 1e-13;

LBZ_PRINTF(3, 4)
static void set_verdict(SlopeRow *r, SlopeVerdict v, const char *fmt, ...)
{
    va_list ap;
    r->verdict = v;
    va_start(ap, fmt);
    vsnprintf(r->why, sizeof r->why, fmt, ap);
    va_end(ap);
}

/* The symbolic value is that at the exact point: only its own size counts. */
static double route_slack(const SlopeRow *r, int route, double d)
{
    return tolerance * fabs(d) + (route == SYMBOLIC ? 0 : step_rounding * r->size);
}

static bool is_within(const SlopeRow *r, int route, double lo, double hi)
{
    double d = r->d[route];
    if (d == lo || d == hi) /* infinities, too */
        return true;
    return d >= lo - route_slack(r, route, lo) && d <= hi + route_slack(r, route, hi);
}

/* The first route that is not between the two; ROUTES: none. */
static int route_outside(const SlopeRow *r, double lo, double hi)
{
    for (int i = 0; i < ROUTES; i++)
        if (r->has[i] && !is_within(r, i, lo, hi))
            return i;
    return ROUTES;
}

static bool is_piecewise(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    return op_is_function((Op)n->op) && (op_info((Op)n->op)->flags & PIECEWISE);
}

/* Does e have kinks, jumps or conditions anywhere? */
static bool has_pieces(SlopeProbe *s)
{
    return (s->e->flags & NF_COND) || ex_find(s->c, s->e, 0, is_piecewise, NULL);
}

/* "why, relative error below 1e-9"; why may be empty. */
static void set_agreement(SlopeRow *r, const char *why, const char *kind, double bound)
{
    char b[32];
    snprintf(b, sizeof b, "%.0e", bound);
    double_print(b, strtod(b, NULL));
    set_verdict(r, VERDICT_AGREE, "%s%s%s error below %s", why, *why ? ", " : "", kind,
                b);
}

/* Is the value among the slopes that rounding the point leaves open? */
static bool judge_nearby(SlopeProbe *s, size_t i, SlopeRow *r, int route)
{
    double lo, hi;
    if (!slope_nearby(s, i, &lo, &hi))
        return false;
    lo = fmin(lo, r->difference);
    hi = fmax(hi, r->difference);
    if (!is_within(r, route, lo, hi))
        return false;
    if (hi - lo <= loose * fabs(r->difference)) {
        set_agreement(r, "up to the rounding of the point", "relative",
                      (hi - lo) / fabs(r->difference) + tolerance);
    } else {
        set_verdict(r, has_pieces(s) ? VERDICT_BRANCH : VERDICT_UNRESOLVED,
                    "rounding the point moves the slope from %.6g to %.6g", lo, hi);
    }
    return true;
}

/* Rounding explains that a route is off by so much; that is not agreement where it leaves no
 * digits. */
static void judge_loose(SlopeRow *r, double off, const char *why)
{
    if (off <= loose * fabs(r->difference))
        set_agreement(r, why, "relative", loose);
    else
        set_verdict(r, VERDICT_UNRESOLVED, "rounding in float64 leaves no digits here");
}

/* Steps of an integer part that are finer than the smallest difference look like a slope; then
 * the routes agree with each other. */
static bool may_be_stairs(SlopeProbe *s, const SlopeRow *r)
{
    double d = r->d[FORWARD];
    return !(s->e->flags & NF_COND) && has_pieces(s) && d == r->d[REVERSE] &&
           (!r->has[SYMBOLIC] || is_within(r, SYMBOLIC, d, d));
}

/* A route differs from the derivative: is it wrong? */
static void judge_rounding(SlopeProbe *s, Node *formula, size_t i, SlopeRow *r, int route)
{
    double d = r->d[route], off = fabs(d - r->difference);
    if (may_be_stairs(s, r)) {
        set_verdict(r, VERDICT_UNRESOLVED, "steps may be finer than the differences");
    } else if (route == SYMBOLIC) {
        set_verdict(r, VERDICT_DISAGREE, "the symbolic derivative differs");
    } else if (isfinite(d) && judge_nearby(s, i, r, route)) {
        return;
    } else if (isfinite(d) && formula && off <= 16 * slope_rounding(s, formula)) {
        judge_loose(r, off, "up to rounding in float64, which is large here");
    } else if (s->overflows) {
        set_verdict(r, VERDICT_UNRESOLVED,
                    "steps of the evaluation leave the range of float64");
    } else {
        set_verdict(r, VERDICT_DISAGREE, "%s differs", slope_route_names[route]);
    }
}

/* The largest distance of a route from the derivative. */
static double worst_error(const SlopeRow *r)
{
    double worst = 0;
    for (int i = 0; i < ROUTES; i++)
        if (r->has[i] && r->d[i] != r->difference)
            worst = fmax(worst, fabs(r->d[i] - r->difference));
    return worst;
}

/* All routes are as close as their rounding lets them be: how close is that? */
static void judge_close(SlopeRow *r, const char *why)
{
    double off = worst_error(r), d = fabs(r->difference);
    if (isinf(d) || (off == 0 && d == 0))
        set_verdict(r, VERDICT_AGREE, "%s", why);
    else if (d == 0)
        set_agreement(r, why, "absolute", step_rounding * r->size);
    else if (off <= tolerance * d)
        set_agreement(r, why, "relative", tolerance);
    else
        judge_loose(r, off, *why ? why : "up to the rounding of larger terms");
}

/* Both sides have the same slope, or there is only one. */
static void judge_smooth(SlopeProbe *p, Node *formula, size_t i, SlopeRow *r)
{
    const Slopes *s = &r->side;
    r->has_difference = true;
    r->difference = s->central;
    int bad = route_outside(r, s->central, s->central);
    if (bad < ROUTES) {
        judge_rounding(p, formula, i, r, bad);
        return;
    }
    bool branches = s->jump || slope_branches(p, i);
    const char *side = s->kind[0] == SLOPE_UNDEFINED   ? "from the right only"
                       : s->kind[1] == SLOPE_UNDEFINED ? "from the left only"
                                                       : "";
    if (!branches)
        judge_close(r, side);
    else
        set_verdict(r, VERDICT_BRANCH, "%s",
                    *side     ? side
                    : s->jump ? "it jumps here; the slope is that beside the jump"
                              : "another branch begins here");
}

static void judge_kink(SlopeRow *r)
{
    const double *s = r->side.slope;
    double lo = fmin(s[0], s[1]), hi = fmax(s[0], s[1]);
    char a[32], b[32];
    double_print(a, lo);
    double_print(b, hi);
    int bad = route_outside(r, lo, hi);
    if (r->side.jump) {
        set_verdict(r, bad < ROUTES ? VERDICT_UNRESOLVED : VERDICT_BRANCH,
                    "it jumps here; the slopes beside the jump are %s and %s",
                    s[0] < s[1] ? a : b, s[0] < s[1] ? b : a);
    } else if (bad < ROUTES && !isfinite(r->d[bad])) {
        set_verdict(r, VERDICT_UNRESOLVED, "%s leaves the range of float64",
                    slope_route_names[bad]);
    } else if (bad < ROUTES) {
        set_verdict(r, VERDICT_DISAGREE,
                    "%s is not between the slopes on the two sides, [%s, %s]",
                    slope_route_names[bad], a, b);
    } else {
        set_verdict(r, VERDICT_KINK, "slopes [%s, %s]", a, b);
    }
}

/* Slopes on both sides that differ, finite or not. */
static bool has_two_sides(const Slopes *s)
{
    for (int k = 0; k < 2; k++)
        if (s->kind[k] != SLOPE_FINITE && s->kind[k] != SLOPE_INFINITE)
            return false;
    return s->slope[0] != s->slope[1];
}

void slope_judge(SlopeProbe *p, Node *formula, size_t i, SlopeRow *r)
{
    const Slopes *s = &r->side;
    slope_sides(p, i, &r->side);
    if (s->same) {
        judge_smooth(p, formula, i, r);
    } else if (has_two_sides(s)) {
        judge_kink(r);
    } else if (s->kind[0] == SLOPE_INFINITE || s->kind[1] == SLOPE_INFINITE) {
        set_verdict(r, VERDICT_UNRESOLVED, "the slope is infinite%s",
                    s->kind[0] == SLOPE_UNDEFINED
                        ? " from the right, and E is undefined on the left"
                    : s->kind[1] == SLOPE_UNDEFINED
                        ? " from the left, and E is undefined on the right"
                    : s->kind[0] != SLOPE_INFINITE ? " from the right"
                    : s->kind[1] != SLOPE_INFINITE ? " from the left"
                                                   : "");
    } else if (s->kind[0] == SLOPE_UNDEFINED && s->kind[1] == SLOPE_UNDEFINED) {
        set_verdict(r, VERDICT_UNRESOLVED, "E has no values beside the point");
    } else {
        set_verdict(r, VERDICT_UNRESOLVED,
                    "no certain limit of the differences was found");
    }
}

void slope_compare(SlopeRow *r, const char *why)
{
    double f = r->d[FORWARD], b = r->d[REVERSE];
    bool alike = f == b || !isfinite(f) || !isfinite(b) ||
                 fabs(f - b) <= tolerance * (fabs(f) + fabs(b)) + step_rounding * r->size;
    set_verdict(r, alike ? VERDICT_UNRESOLVED : VERDICT_DISAGREE, "%s",
                alike ? why : "forward and reverse differ");
}

void slope_unresolved(SlopeRow *r, const char *why)
{
    set_verdict(r, VERDICT_UNRESOLVED, "%s", why);
}
