/* test_points.c - derivatives at points: those of random expressions with kinks, jumps and ends of
 * domains, against difference quotients of both sides.
 */
#include "in_session.h"
#include "terms.h"

enum { ROUNDS = 300 };

static const double points[] = {-2, -1, -0.5, 0, 0.5, 1, 2};

typedef enum { SLOPE, INFINITE, NOWHERE, UNCLEAR } Sort;

typedef struct {
    Sort sort;
    double v;
} Side;

/* The slope of one side from a step and a smaller one. */
static Side side_slope(const Term *t, int n, double p, double f, int side)
{
    double q[4];
    for (int i = 0; i < 4; i++) {
        double h = ldexp(side, -8 - 3 * i);
        Value v = value_of(t, n, p + h, 0);
        if (v.is == NONE && i == 0)
            return (Side){NOWHERE, 0};
        if (v.is != VALUE || (i == 3 && fabs(v.v - f) > 0.05)) /* a jump? */
            return (Side){UNCLEAR, 0};
        q[i] = (v.v - f) / h;
    }
    double d = q[3] - q[2], e = q[2] - q[1];
    bool still = fabs(d) <= 1e-3 * (1 + fabs(q[3])) && fabs(d) <= fabs(e) + 1e-6;
    if (still && fabs(q[3]) < 1e3)
        return (Side){SLOPE, q[3] + d / 7};
    bool grows =
        fabs(q[3]) > 2 * fabs(q[2]) && fabs(q[2]) > 2 * fabs(q[1]) && fabs(q[3]) > 50;
    return (Side){grows ? INFINITE : UNCLEAR, q[3]};
}

/* The number of least magnitude between both; false: that is not clear. */
static bool expected(Side l, Side r, double *v)
{
    if (l.sort == UNCLEAR || r.sort == UNCLEAR ||
        (l.sort == NOWHERE && r.sort == NOWHERE))
        return false;
    double a = l.sort == INFINITE ? copysign(INFINITY, l.v) : l.v;
    double b = r.sort == INFINITE ? copysign(INFINITY, r.v) : r.v;
    a = l.sort == NOWHERE ? b : a;
    b = r.sort == NOWHERE ? a : b;
    double lo = fmin(a, b), hi = fmax(a, b);
    *v = lo > 0 ? lo : hi < 0 ? hi : 0;
    return true;
}

/* sqrt(x)*sqrt(x) is read as x: where a side has values for the reader only, the rule is not that of
 * the text. */
static bool is_extended(const char *text, double p, Side l, Side r)
{
    char line[400];
    double h = l.sort == NOWHERE ? -0.015625 : r.sort == NOWHERE ? 0.015625 : 0;
    lbz_result v;
    snprintf(line, sizeof line, "N((%s) at x=%.17g)", text, p + h);
    return h != 0 && lbz_eval(s, line, strlen(line), &v) == LBZ_OK;
}

static void check_point(const Term *t, int n, const char *text, double p,
                        unsigned *checked)
{
    char line[400];
    double want, got;
    Value f = value_of(t, n, p, 0);
    Side l = side_slope(t, n, p, f.v, -1), right = side_slope(t, n, p, f.v, 1);
    if (f.is != VALUE || !expected(l, right, &want) || is_extended(text, p, l, right))
        return;
    snprintf(line, sizeof line, "N(d/dx (%s) at x=%g)", text, p);
    lbz_result r;
    if (lbz_eval(s, line, strlen(line), &r) == LBZ_UNABLE)
        return;
    ck_assert_msg(r.status == LBZ_OK && r.text, "%s: %s; %.8g expected", line, r.message,
                  want);
    got = strcmp(r.text, "inf") == 0    ? INFINITY
          : strcmp(r.text, "-inf") == 0 ? -INFINITY
                                        : strtod(r.text, NULL);
    ck_assert_msg(got == want || fabs(got - want) <= 1e-2 * (1 + fabs(want)),
                  "%s is %s; %.8g expected", line, r.text, want);
    ++*checked;
}

START_TEST(slopes_are_those_of_both_sides)
{
    Term t[TERMS];
    unsigned checked = 0;
    seed = 0xd1b54a32d192ed03u * (uint64_t)(_i + 1);
    for (int round = 0; round < ROUNDS; round++) {
        Str text = {0};
        int n = 4 + (int)roll(TERMS - 6);
        make_terms(t, n);
        for (int i = 0; i < n; i++)
            t[i].kind = t[i].kind == Y ? X : t[i].kind;
        write_term(t, n - 1, &text);
        for (size_t i = 0; i < 7 && text.n < 120; i++)
            check_point(t, n, str_cstr(&text), points[i], &checked);
        str_free(&text);
    }
    ck_assert_uint_gt(checked, ROUNDS);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("points", 240, setup, teardown);
    tcase_add_loop_test(t, slopes_are_those_of_both_sides, 0, 8);
    return suite_run();
}
