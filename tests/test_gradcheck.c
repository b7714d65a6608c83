/* test_gradcheck.c - verdicts on derivatives: right ones in the places where float64 differences
 * go wrong, kinks, jumps, branches, what cannot be judged; and the judge itself, with a wrong
 * slope to find. */
#include "diff/diff.h"
#include "parse/parse.h"
#include "point/slope.h"
#include "in_session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lbz_result eval(const char *text)
{
    lbz_result r;
    lbz_eval(s, text, strlen(text), &r);
    return r;
}

/* The answer begins with the word and has the part. */
typedef struct {
    const char *in, *word, *part;
} Case;

static lbz_verdict verdict_of(const char *word)
{
    return strcmp(word, "DISAGREE") == 0     ? LBZ_FAIL
           : strcmp(word, "UNRESOLVED") == 0 ? LBZ_UNKNOWN
                                             : LBZ_PASS;
}

static void expect(const Case *k, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        lbz_result r = eval(k[i].in);
        size_t len = strlen(k[i].word);
        ck_assert_msg(r.status == LBZ_OK, "%s: %s", k[i].in, r.message);
        ck_assert_msg(strncmp(r.text, k[i].word, len) == 0, "%s: %s", k[i].in, r.text);
        ck_assert_msg(strstr(r.text, k[i].part) != NULL, "%s: %s", k[i].in, r.text);
        ck_assert_int_eq(r.kind, LBZ_CHECK);
        ck_assert_int_eq(r.verdict, verdict_of(k[i].word));
        ck_assert_str_eq(r.proof, r.verdict == LBZ_UNKNOWN ? "" : "numeric");
    }
}

#define EXPECT(...)                                  \
    do {                                             \
        static const Case cases[] = {__VA_ARGS__};   \
        expect(cases, sizeof cases / sizeof *cases); \
    } while (0)

START_TEST(right_derivatives_agree)
{
    EXPECT(
        {"gradcheck 1e8 + x^2 at x=3", "AGREE", "difference 6"},
        {"gradcheck log(1 + exp(x)) at x=800", "AGREE", "forward 1, reverse 1"},
        {"gradcheck x^3 at x=10^6", "AGREE", "difference 3000000000000"},
        {"gradcheck sin(1000*x) at x=1.234", "AGREE", "difference -798.5506235875844"},
        {"gradcheck sin(1000*x) at x=12345.678", "AGREE",
         "difference -428.5013388218624"},
        {"gradcheck sin(x) at x=1e22", "AGREE", "difference 0.523214785395139"},
        {"gradcheck x^x at x=1e-300", "AGREE", "difference -689.7755278982137"},
        {"gradcheck x^x at x=0.001", "AGREE", "difference -5.86708657770065"},
        {"gradcheck x^x at x=140", "AGREE", "difference 1.705420608257764e+301"},
        {"gradcheck x^2 at x=0", "AGREE", "difference 0"},
        {"gradcheck x^2 at x=1e200", "AGREE", "difference 2e+200"},
        {"gradcheck 1e-12*sin(x) at x=1", "AGREE", "difference 5.403023058681397e-13"},
        {"gradcheck sin(x)^2 + cos(x)^2 at x=0.7", "AGREE", "difference 0"},
        {"gradcheck logistic(x) at x=40", "AGREE", "4.248354255291589e-18; relative"},
        {"gradcheck sin(x) - x at x=1e-9", "AGREE", "forward -5e-19, reverse -5e-19"},
        {"gradcheck (exp(x) - 1 - x)/x^2 at x=1e-9", "AGREE", "forward 0.16666666675"},
        {"gradcheck d/dx dawson(x) at x=1e9", "AGREE", "forward 1e-27, reverse 1e-27"},
        {"gradcheck x*y at x=1, y=0", "AGREE\n", "AGREE; relative error below 1e-9"},
        {"gradcheck gamma(x) at x=3.5", "AGREE", "difference 3.66617669224435"},
        {"gradcheck x*abs(x) at x=0", "AGREE", "difference 0"},
        {"gradcheck log(x) at x=1e-320", "AGREE", "difference inf"},
        {"gradcheck floor(x) at x=2.5", "AGREE", "difference 0"},
        {"gradcheck x^(3/2) at x=0", "AGREE", "from the right only"},
        {"gradcheck x*y + exp(x*y) at x=1, y=2", "AGREE\n", "8.38905609893065  AGREE"});
}
END_TEST

START_TEST(kinks_hold_their_value)
{
    EXPECT(
        {"gradcheck x + 1e-12*abs(x) at x=0", "KINK", "[0.999999999999, 1.000000000001]"},
        {"gradcheck abs(x) at x=0", "KINK",
         "forward 0, reverse 0, difference none; slopes [-1, 1]"},
        {"gradcheck relu(x) at x=0", "KINK", "slopes [0, 1]"},
        {"gradcheck max(x, y) at x=1, y=1", "KINK", "0.5"},
        {"gradcheck abs(x - 0.1) at x=0.1", "KINK", "slopes [-1, 1]"},
        {"gradcheck abs(sin(x)) at x=pi", "KINK", "slopes [-1, 1]"},
        {"gradcheck 1e-40*abs(x) at x=0", "KINK", "slopes [-1e-40, 1e-40]"},
        {"gradcheck sqrt(abs(x)) at x=0", "KINK", "slopes [-inf, inf]"},
        {"gradcheck if x > 0 then sqrt(x) else 0 at x=0", "KINK", "slopes [0, inf]"},
        {"gradcheck sqrt(x^2 + y^2) at x=0, y=0", "KINK", "slopes [-1, 1]"});
}
END_TEST

START_TEST(jumps_and_branches)
{
    EXPECT(
        {"gradcheck floor(x) at x=2", "BRANCH", "jumps"},
        {"gradcheck floor(10*x) at x=0.3", "BRANCH", "jumps"},
        {"gradcheck round(x) at x=1/2", "BRANCH", "jumps"},
        {"gradcheck mod(x, 3) at x=3", "BRANCH", "difference 1"},
        {"gradcheck if x < 0 then x^2 else x^3 at x=0", "BRANCH", "another branch"},
        {"gradcheck if x < 0 then x^2 else x^3 at x=1", "AGREE", "difference 3"},
        {"gradcheck (if x < 0 then 1 - x else x^3) at x=0", "BRANCH", "-1 and 0"},
        {"gradcheck (if x == 0 then 1 else sin(x)/x) at x=0", "BRANCH", "difference 0"},
        {"gradcheck abs(x - pi) at x=3.141592653589793", "BRANCH", "rounding the point"});
}
END_TEST

START_TEST(what_cannot_be_judged)
{
    EXPECT({"gradcheck sqrt(x) at x=0", "UNRESOLVED", "infinite from the right"},
           {"gradcheck x^(1/3) at x=0", "UNRESOLVED", "the slope is infinite"},
           {"gradcheck xlogx(x) at x=0", "UNRESOLVED", "infinite"},
           {"gradcheck log(x) at x=-1", "UNRESOLVED", "no real value"},
           {"gradcheck 1/x at x=0", "UNRESOLVED", "no real value"},
           {"gradcheck (x^2 - 2)^2 at x=1.4142135623730951", "UNRESOLVED",
            "rounding the point moves the slope"});
}
END_TEST

START_TEST(functions_of_the_user)
{
    eval("g(t) = t^2*sin(t)");
    eval("f(a) = { b = 2*a; while b < 1000 { b = 2*b }; b }");
    eval("k = 7");
    EXPECT({"gradcheck g(x) at x=sqrt(2)", "AGREE", "difference 3.10571138407718"},
           {"gradcheck k*x^2 at x=3", "AGREE", "difference 42"},
           {"gradcheck k*x^2 at x=3, k=2", "AGREE\n", "d/dk  9"},
           {"gradcheck f(x) at x=0.3", "AGREE", "reverse 4096, difference 4096"},
           {"gradcheck f(x) at x=500", "BRANCH",
            "another path is taken just beside the point"});
    eval("w(x) = { s = x; for i = 1:100000 { s = sin(s) + x }; s }");
    EXPECT({"gradcheck w(x) at x=1", "UNRESOLVED", "has no formula"});
}
END_TEST

static const struct {
    const char *in;
    lbz_status status;
    unsigned col;
    const char *message;
} bad[] = {
    {"gradcheck x^2", LBZ_SYNTAX, 11, "needs a point"},
    {"gradcheck x + z at x=1", LBZ_NAME, 15, "z has no value"},
    {"gradcheck x^2 at", LBZ_INCOMPLETE, 17, "name = value is expected"},
    {"gradcheck x^2 at x=1, y", LBZ_SYNTAX, 21, "does not belong here"},
    {"gradcheck", LBZ_SYNTAX, 10, "expression is missing"},
    {"gradcheck x^2 at x=1, x=2", LBZ_SYNTAX, 18, "bound twice"},
    {"gradcheck [x, x^2] at x=1", LBZ_SHAPE, 11, "not a list"},
    {"gradcheck x^2 at x=3 along (1)", LBZ_SYNTAX, 11, "along a direction"},
};

START_TEST(errors_have_their_place)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lbz_result r = eval(bad[i].in);
        ck_assert_msg(r.status == bad[i].status && r.span.col == bad[i].col,
                      "%s: %s at %u: %s", bad[i].in, lbz_status_name(r.status),
                      r.span.col, r.message);
        ck_assert_msg(strstr(r.message, bad[i].message) != NULL, "%s: %s", bad[i].in,
                      r.message);
        ck_assert_ptr_nonnull(r.hint);
    }
}
END_TEST

/* ---- the judge: slopes of an expression, its own routes left out */

static Slopes slopes_of(Ctx *c, const char *text, double x)
{
    SlopeProbe p;
    Slopes out;
    ctx_begin_statement(c);
    uint32_t in = sym_intern(c, "x", 1);
    Node *e = parse_text(c, text), *at = ex_num(c, num_from_double(ctx_arena(c), x));
    ck_assert_msg(!ctx_failed(c), "%s: %s", text, c->env.err.message);
    ck_assert(slope_open(&p, c, e, &in, &at, &x, 1));
    slope_sides(&p, 0, &out);
    slope_close(&p);
    return out;
}

START_TEST(slopes_are_limits)
{
    Ctx *c = ctx_new();
    Slopes o = slopes_of(c, "exp(x)", 1);
    ck_assert(o.same && fabs(o.central - exp(1)) < 1e-15);
    o = slopes_of(c, "sin(10^30*x)", 1); /* steps have to shrink far below 2^-96 */
    ck_assert(o.same && fabs(o.central / -9.959311944053956e29 - 1) < 1e-14);
    o = slopes_of(c, "abs(x) + 2*x", 0);
    ck_assert(!o.same && !o.jump && o.slope[0] == 1 && o.slope[1] == 3);
    o = slopes_of(c, "x + 1e-15*abs(x)", 0); /* a kink of which float64 sees nothing */
    ck_assert(!o.same && o.kind[0] == SLOPE_FINITE && o.kind[1] == SLOPE_FINITE);
    o = slopes_of(c, "sqrt(abs(x))", 0);
    ck_assert(o.kind[0] == SLOPE_INFINITE && o.slope[0] < 0 && o.slope[1] > 0);
    o = slopes_of(c, "sign(x)", 0);
    ck_assert(o.jump && o.same && o.central == 0);
    o = slopes_of(c, "x*sin(1/x) + 0*x", 0);
    ck_assert(!o.same);
    ctx_free(c);
}
END_TEST

START_TEST(rounding_is_bounded)
{
    Ctx *c = ctx_new();
    SlopeProbe p;
    double x = 0.5, lo, hi;
    ctx_begin_statement(c);
    uint32_t in = sym_intern(c, "x", 1);
    Node *e = parse_text(c, "x^2"), *at = parse_text(c, "1/2");
    ck_assert(slope_open(&p, c, e, &in, &at, &x, 1));
    ck_assert(slope_nearby(&p, 0, &lo, &hi));
    ck_assert(lo < 1 && hi > 1 && hi - lo < 1e-14);
    double r = slope_rounding(&p, parse_text(c, "2*x"));
    ck_assert(r > 0 && r < 1e-14);
    ck_assert(isinf(slope_rounding(&p, parse_text(c, "log(x - 1/2)"))));
    slope_close(&p);
    ctx_free(c);
}
END_TEST

/* The verdict on these routes by x, in what e says. */
static SlopeRow judged(Ctx *c, const char *text, double x, double symbolic,
                       double forward, double reverse)
{
    SlopeProbe p;
    SlopeRow r = {
        .name = "x", .d = {symbolic, forward, reverse}, .has = {true, true, true}};
    ctx_begin_statement(c);
    uint32_t in = sym_intern(c, "x", 1);
    Node *e = parse_text(c, text), *at = ex_num(c, num_from_double(ctx_arena(c), x));
    ck_assert_msg(!ctx_failed(c), "%s: %s", text, c->env.err.message);
    ck_assert(slope_open(&p, c, e, &in, &at, &x, 1));
    slope_judge(&p, diff(c, e, in), 0, &r);
    slope_close(&p);
    return r;
}

START_TEST(wrong_routes_are_found)
{
    Ctx *c = ctx_new();
    SlopeRow r = judged(c, "x^3", 2, 12, 12, 12);
    ck_assert_int_eq(r.verdict, VERDICT_AGREE);
    r = judged(c, "x^3", 2, 12, 12.0000001, 12);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    ck_assert_str_eq(r.why, "forward differs");
    r = judged(c, "x^3", 2, 12, 12, -12);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    ck_assert_str_eq(r.why, "reverse differs");
    r = judged(c, "x^3", 2, 11, 12, 12);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    ck_assert_str_eq(r.why, "the symbolic derivative differs");
    r = judged(c, "1e8 + x^2", 3, 6, 6, 6.00001);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    r = judged(c, "x^3", 2, 12, NAN, 12);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    r = judged(c, "1e-15*x", 2, 1e-15, 2e-15, 1e-15); /* small, and wrong all the same */
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    r = judged(c, "logistic(x)", 40, 4.248354255291589e-18, 0, 4.248354255291589e-18);
    ck_assert_int_ne(r.verdict, VERDICT_AGREE); /* 0 is no digit of it */
    r = judged(c, "abs(x)", 0, 0, 0.5, -1);
    ck_assert_int_eq(r.verdict, VERDICT_KINK);
    r = judged(c, "abs(x)", 0, 0, 1.01, 0);
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    ck_assert_ptr_nonnull(strstr(r.why, "forward is not between the slopes"));
    r = judged(c, "floor(x)", 2, 0, 1, 0); /* both sides have slope 0 */
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    r = (SlopeRow){.d = {0, 1, 1 + 1e-15}};
    slope_compare(&r, "why");
    ck_assert_int_eq(r.verdict, VERDICT_UNRESOLVED);
    ck_assert_str_eq(r.why, "why");
    r.d[REVERSE] = 1.1;
    slope_compare(&r, "why");
    ck_assert_int_eq(r.verdict, VERDICT_DISAGREE);
    ctx_free(c);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("gradcheck", 60, setup, teardown);
    tcase_add_test(t, right_derivatives_agree);
    tcase_add_test(t, kinks_hold_their_value);
    tcase_add_test(t, jumps_and_branches);
    tcase_add_test(t, what_cannot_be_judged);
    tcase_add_test(t, functions_of_the_user);
    tcase_add_test(t, errors_have_their_place);
    tcase_add_test(t, slopes_are_limits);
    tcase_add_test(t, rounding_is_bounded);
    tcase_add_test(t, wrong_routes_are_found);
    return suite_run();
}
