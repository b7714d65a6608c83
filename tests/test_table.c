/* test_table.c - loops over the operator table: every row's kernel against its certified
 * value, every partial (as the kernel has it and as the text has it) against a central
 * difference of the certified value at high precision, domains, parity and range flags,
 * enclosures of wide balls, the symbolic route. The points are the same for all rows;
 * which of them lie in the domain is decided here, from the text of the domain column.
 */
#include "ball/ball.h"
#include "diff/diff.h"
#include "diff/coefficients.h"
#include "table/float64.h"
#include "parse/parse.h"
#include "print/print.h"
#include "rows.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the pasted text of the partials, for comparison with the kernels' own */
static double text_partial(Op op, unsigned i, double x, double y, double z, double f);

/* ---- certified values and differences */
enum { PREC = 500, STEP = -100 };

static void set_args(arb_struct *v, const double *a)
{
    for (int i = 0; i < 3; i++) {
        arb_init(v + i);
        arb_set_d(v + i, a[i]);
    }
}

static void clear_args(arb_struct *v)
{
    for (int i = 0; i < 3; i++)
        arb_clear(v + i);
}

static void certified(Op op, arb_t r, const double *a, slong prec)
{
    arb_struct v[3];
    set_args(v, a);
    certified_call(op, r, v, prec);
    clear_args(v);
}

/* value, first and second derivative in the i-th argument, by central differences with step
 * 2^STEP; false where one of the three points has no value */
static bool differences(Op op, const double *a, unsigned i, double *f, double *d1,
                        double *d2)
{
    arb_struct v[3];
    arb_t h, lo, mid, hi;
    set_args(v, a);
    arb_init(h);
    arb_init(lo);
    arb_init(mid);
    arb_init(hi);
    certified_call(op, mid, v, PREC);
    arb_set_si(h, 1);
    arb_mul_2exp_si(h, h, STEP);
    arb_add(v + i, v + i, h, PREC);
    certified_call(op, hi, v, PREC);
    arb_set_d(v + i, a[i]);
    arb_sub(v + i, v + i, h, PREC);
    certified_call(op, lo, v, PREC);
    bool ok = arb_is_finite(lo) && arb_is_finite(mid) && arb_is_finite(hi);
    *f = arf_get_d(arb_midref(mid), ARF_RND_NEAR);
    arb_sub(h, hi, lo, PREC);
    arb_mul_2exp_si(h, h, -STEP - 1);
    *d1 = arf_get_d(arb_midref(h), ARF_RND_NEAR);
    arb_add(h, hi, lo, PREC);
    arb_submul_ui(h, mid, 2, PREC);
    arb_mul_2exp_si(h, h, -2 * STEP);
    *d2 = arf_get_d(arb_midref(h), ARF_RND_NEAR);
    arb_clear(h);
    arb_clear(lo);
    arb_clear(mid);
    arb_clear(hi);
    clear_args(v);
    return ok;
}

/* ---- kernels */
static double value_of(Op op, const double *a)
{
    const Float64Fn *k = float64_fn(op);
    return k->arity == 1   ? k->v1(a[0])
           : k->arity == 2 ? k->v2(a[0], a[1])
                           : k->v3(a[0], a[1], a[2]);
}

static double partial_of(Op op, unsigned i, const double *a, double f)
{
    const Float64Fn *k = float64_fn(op);
    return k->arity == 1   ? k->d1[i](a[0], f)
           : k->arity == 2 ? k->d2[i](a[0], a[1], f)
                           : k->d3[i](a[0], a[1], a[2], f);
}

static const char *place(Op op, const double *a)
{
    static char text[200];
    const OpInfo *f = op_info(op);
    snprintf(text, sizeof text,
             f->max_args == 1   ? "%s(%.17g)"
             : f->max_args == 2 ? "%s(%.17g, %.17g)"
                                : "%s(%.17g, %.17g, %.17g)",
             f->name, a[0], a[1], a[2]);
    return text;
}

/* Error of got in units of eps*(|exact| + slack): slack is what one ulp of the arguments moves. */
static double error_in_ulp(double got, double exact, double slack)
{
    if (isnan(got))
        return INFINITY;
    if (got == exact)
        return 0;
    if (isinf(got) || isinf(exact))
        return fabs(got) > 1.7e308 && fabs(exact) > 1.7e308 ? 0 : INFINITY;
    return fabs(got - exact) / (DBL_EPSILON * (fabs(exact) + slack) + 1e-40);
}

/* The worst that was seen of a row; printed when it is beyond a few ulp. */
static struct {
    double err;
    char where[200];
} worst_value, worst_partial, worst_text;
static unsigned ndiff;

static void note_worst(double err, Op op, const double *a, double *worst, char *where)
{
    if (err > *worst) {
        *worst = err;
        strcpy(where, place(op, a));
    }
}

static void check_value(Op op, const double *a)
{
    double f, d1 = 0, d2, slack = 0, got = value_of(op, a);
    arb_t r;

    arb_init(r);
    certified(op, r, a, PREC);
    if (!in_domain(op, a)) {
        ck_assert_msg(cert_is_undefined(r), "%s has a certified value", place(op, a));
        ck_assert_msg(!isfinite(got), "%s has the value %g", place(op, a), got);
    } else {
        ck_assert_msg(arb_is_finite(r), "%s has no certified value", place(op, a));
        for (unsigned i = 0; i < op_info(op)->max_args; i++)
            if (!(op_info(op)->flags & PIECEWISE) && differences(op, a, i, &f, &d1, &d2))
                slack += fabs(d1 * a[i]);
        f = arf_get_d(arb_midref(r), ARF_RND_NEAR);
        note_worst(error_in_ulp(got, f, slack), op, a, &worst_value.err,
                   worst_value.where);
    }
    arb_clear(r);
}

START_TEST(value_is_certified)
{
    Op op = (Op)_i;
    worst_value.err = 0;
    ck_assert_uint_eq(float64_fn(op)->arity, op_info(op)->max_args);
    ck_assert_uint_eq(certified_fn(op)->arity, op_info(op)->max_args);
    at_all_points(op, check_value);
    if (worst_value.err > 2.5)
        printf("%s: %.1f ulp\n", worst_value.where, worst_value.err);
    ck_assert_msg(worst_value.err < 10, "%s: %g ulp", worst_value.where, worst_value.err);
}
END_TEST

static void check_partials(Op op, const double *a)
{
    const OpInfo *info = op_info(op);

    if (!in_domain(op, a) ||
        ((info->flags & PIECEWISE) && at_an_integer(a, info->max_args)))
        return;
    for (unsigned i = 0; i < info->max_args; i++) {
        double f, d1, d2;
        if (!info->partial[i][0] || !differences(op, a, i, &f, &d1, &d2))
            continue;
        if (!isfinite(f) || !isfinite(d1) || fabs(d1) > 1e12 * (1 + fabs(f)))
            continue; /* no derivative there, or none in float64 */
        double got = partial_of(op, i, a, f), slack = fabs(d2 * a[i]);
        double text = text_partial(op, i, a[0], a[1], a[2], f);
        ndiff++;
        note_worst(error_in_ulp(got, d1, slack), op, a, &worst_partial.err,
                   worst_partial.where);
        if (isnan(text) || (info->flags & PIECEWISE && info->max_args == 2 &&
                            fabs(remainder(a[0], a[1])) < 1e-9))
            continue; /* a removable singularity, a quotient rounded to an integer */
        note_worst(error_in_ulp(text, d1, slack + (fabs(d1) + 1 + fabs(f)) * 1e3), op, a,
                   &worst_text.err, worst_text.where);
    }
}

START_TEST(partials_are_differences)
{
    Op op = (Op)_i;
    worst_partial.err = worst_text.err = 0;
    ndiff = 0;
    at_all_points(op, check_partials);
    if (worst_partial.err > 10)
        printf("partial of %s: %.1f ulp\n", worst_partial.where, worst_partial.err);
    if (worst_text.err > 1e3)
        printf("text of a partial of %s: %.1f\n", worst_text.where, worst_text.err);
    ck_assert_msg(worst_partial.err < 100, "partial of %s: %g ulp", worst_partial.where,
                  worst_partial.err);
    ck_assert_msg(worst_text.err < 1e5, "text of %s: %g", worst_text.where,
                  worst_text.err);
    if (op != OP_dirac)
        ck_assert_msg(ndiff >= 3, "%s: only %u points", op_info(op)->name, ndiff);
}
END_TEST

static void check_flags(Op op, const double *a)
{
    const OpInfo *info = op_info(op);
    double v = value_of(op, a), minus[3] = {-a[0], -a[1], -a[2]},
           swapped[3] = {a[1], a[0], 0};

    if (!in_domain(op, a))
        return;
    if (info->flags & ODD)
        ck_assert_msg(value_of(op, minus) == -v, "%s is not odd", place(op, a));
    if (info->flags & EVEN)
        ck_assert_msg(value_of(op, minus) == v, "%s is not even", place(op, a));
    if (info->flags & NONNEG)
        ck_assert_msg(v >= 0, "%s is %g", place(op, a), v);
    if ((info->flags & POSITIVE) && v == 0) {
        arb_t r; /* an underflow, then */
        arb_init(r);
        certified(op, r, a, PREC);
        ck_assert_msg(arb_is_positive(r), "%s is 0", place(op, a));
        arb_clear(r);
    }
    if (info->flags & INTEGRAL)
        ck_assert_msg(whole(v), "%s is %g", place(op, a), v);
    if (info->flags & COMMUTES)
        ck_assert_msg(value_of(op, swapped) == v, "%s does not commute", place(op, a));
}

START_TEST(flags_hold) { at_all_points((Op)_i, check_flags); }
END_TEST

/* ---- balls enclose: at points inside of wide balls the value is in the result, and where a
 * point has none the result is not finite */
static double radius_of_ball;

/* The value at t, a point of the balls that gave wide. */
static void check_inside(Op op, const double *t, const arb_t wide)
{
    arb_t r;

    arb_init(r);
    certified(op, r, t, 150);
    if (arb_is_finite(r))
        ck_assert_msg(
            !cert_is_undefined(wide) && (!arb_is_finite(wide) || arb_overlaps(wide, r)),
            "%s is outside of its ball, radius %g", place(op, t), radius_of_ball);
    else if (cert_is_undefined(r))
        ck_assert_msg(!arb_is_finite(wide),
                      "%s has no value, but its ball has, radius %g", place(op, t),
                      radius_of_ball);
    arb_clear(r);
}

static void check_enclosure(Op op, const double *a)
{
    unsigned k = op_info(op)->max_args;
    arb_struct v[3];
    arb_t wide;
    double twice[3] = {2 * a[0], 2 * a[1], 2 * a[2]}; /* round jumps at halves */

    arb_init(wide);
    set_args(v, a);
    for (unsigned i = 0; i < k; i++)
        if (op_info(op)->args[i] != 'n' || i > 0) /* orders stay integers */
            mag_set_d(arb_radref(v + i), radius_of_ball * (fabs(a[i]) + 0.01));
    certified_call(op, wide, v, 150);
    for (int j = -3; j <= 3; j++) {
        double t[3];
        for (unsigned i = 0; i < 3; i++)
            t[i] = a[i] + mag_get_d(arb_radref(v + i)) * (i == 1 ? -j : j) / 3.2;
        check_inside(op, t, wide);
    }
    if (radius_of_ball < 1e-20 && in_domain(op, a) && !at_an_integer(twice, k))
        ck_assert_msg(arb_is_finite(wide) && (arb_rel_accuracy_bits(wide) > 40 ||
                                              mag_cmp_2exp_si(arb_radref(wide), -40) < 0),
                      "%s: a narrow ball gave a wide one", place(op, a));
    arb_clear(wide);
    clear_args(v);
}

START_TEST(balls_enclose)
{
    static const double radii[] = {1e-30, 1e-3, 0.25, 1.5};
    for (size_t i = 0; i < sizeof radii / sizeof *radii; i++) {
        radius_of_ball = radii[i];
        at_all_points((Op)_i, check_enclosure);
    }
}
END_TEST

/* ---- the symbolic route: the text, read by our parser, means the certified function; its
 * derivative, made by diff from the text of the partials, is the difference quotient; what is
 * printed reads back */
static Ctx *ctx;
static uint32_t syms[3];
static Node *value_node, *text_node, *partial_node[3];

/* The node at a; true when ball_eval gives a finite ball. */
static bool node_at(arb_t r, Node *n, const double *a)
{
    arb_struct v[3];
    set_args(v, a);
    bool ok = ball_eval(ctx, n, syms, v, 3, 300, r, NULL) == LBZ_OK;
    clear_args(v);
    return ok;
}

static void check_symbolic(Op op, const double *a)
{
    const OpInfo *info = op_info(op);
    bool piece = (info->flags & PIECEWISE) && at_an_integer(a, info->max_args);
    arb_t exact, r;

    if (!in_domain(op, a) || (piece && info->max_args > 1))
        return;
    arb_init(exact);
    arb_init(r);
    certified(op, exact, a, 300);
    if (node_at(r, value_node, a))
        ck_assert_msg(arb_overlaps(r, exact), "%s as a node", place(op, a));
    if (node_at(r, text_node, a))
        ck_assert_msg(arb_overlaps(r, exact), "%s by its text", place(op, a));
    for (unsigned i = 0; i < info->max_args && !piece; i++) {
        double f, d1, d2;
        if (!partial_node[i] || !differences(op, a, i, &f, &d1, &d2) ||
            fabs(d1) > 1e12 * (1 + fabs(f)) || !node_at(r, partial_node[i], a))
            continue;
        ndiff++;
        double got = arf_get_d(arb_midref(r), ARF_RND_NEAR);
        ck_assert_msg(error_in_ulp(got, d1, fabs(d2 * a[i])) < 4,
                      "%s: derivative %u is %.17g, not %.17g", place(op, a), i, got, d1);
    }
    arb_clear(exact);
    arb_clear(r);
}

static void check_reading_back(Op op)
{
    Str out = {0};
    print_plain(ctx, &out, value_node);
    Node *again = parse_text(ctx, str_cstr(&out));
    ck_assert_msg(again == value_node, "%s prints as %s", op_info(op)->name,
                  str_cstr(&out));
    str_free(&out);
}

START_TEST(symbolic_route)
{
    static const char *const names[3] = {"x", "y", "z"};
    Op op = (Op)_i;
    const OpInfo *info = op_info(op);
    Node *args[3];

    ctx = ctx_new();
    for (int i = 0; i < 3; i++) {
        syms[i] = sym_intern(ctx, names[i], 1);
        args[i] = ex_sym(ctx, syms[i]);
    }
    value_node = ex_fn(ctx, op, info->max_args, args);
    text_node = parse_text(ctx, info->value);
    ck_assert_msg(!ctx_failed(ctx), "%s: %s", info->value, ctx->env.err.message);
    check_reading_back(op);
    bool known = false;
    for (unsigned i = 0; i < info->max_args; i++) {
        partial_node[i] = diff(ctx, value_node, syms[i]);
        if (info->partial[i][0]) {
            ck_assert_msg(!ctx_failed(ctx), "%s: %s", info->usage, ctx->env.err.message);
            known = true;
        } else {
            ck_assert_msg(ctx->env.err.status == LBZ_UNABLE, "%s", info->usage);
            env_reset(&ctx->env);
            partial_node[i] = NULL;
        }
    }
    ndiff = 0;
    at_all_points(op, check_symbolic);
    ck_assert_msg(ndiff >= 3 || !known, "%s: only %u points", info->usage, ndiff);
    ctx_free(ctx);
}
END_TEST

/* ---- power series: the coefficients enclose the derivatives */
enum { DEGREE = 4 };

/* How many points had a series. */
static unsigned series_at_points(Op op, Node *const *d, uint32_t x)
{
    static const ulong factorial[DEGREE + 1] = {1, 1, 2, 6, 24};
    unsigned n = 0;
    arb_ptr out = _arb_vec_init(DEGREE + 1);
    arb_t v, p;
    arb_init(v);
    arb_init(p);
    for (size_t i = 0; i < sizeof points1 / sizeof *points1; i++) {
        Node *at = ex_num(ctx, num_from_double(ctx_arena(ctx), points1[i]));
        if (!diff_ball_series(ctx, d[0], x, at, DEGREE, 128, out))
            continue;
        n++;
        ck_assert(ball_eval(ctx, at, NULL, NULL, 0, 128, p, NULL) == LBZ_OK);
        for (unsigned k = 0; k <= DEGREE; k++) {
            arb_mul_ui(out + k, out + k, factorial[k], 128);
            if (ball_eval(ctx, d[k], &x, p, 1, 128, v, NULL) == LBZ_OK)
                ck_assert_msg(arb_overlaps(v, out + k), "%s at %.17g, degree %u",
                              op_info(op)->name, points1[i], k);
        }
    }
    arb_clear(v);
    arb_clear(p);
    _arb_vec_clear(out, DEGREE + 1);
    return n;
}

START_TEST(power_series)
{
    Op op = (Op)_i;
    const OpInfo *info = op_info(op);
    if (info->max_args != 1 || !info->partial[0][0])
        return;
    ctx = ctx_new();
    uint32_t x = sym_intern(ctx, "x", 1);
    Node *d[DEGREE + 1] = {ex_fn1(ctx, op, ex_sym(ctx, x))};
    for (unsigned k = 1; k <= DEGREE; k++)
        d[k] = diff(ctx, d[k - 1], x);
    if (!ctx_failed(ctx)) {
        unsigned n = series_at_points(op, d, x);
        bool easy = op == OP_sin || op == OP_tanh || op == OP_asinh || op == OP_erf ||
                    op == OP_logistic || op == OP_airyai || op == OP_dawson;
        ck_assert_msg(!easy || n > 20, "%s: only %u points", info->usage, n);
    }
    ctx_free(ctx);
}
END_TEST

/* ---- far out: an answer soon, and never a number from a NaN */
START_TEST(extreme_arguments)
{
    static const double extreme[] = {1e300,  -1e300,  1e17,     -1e17,
                                     5e-324, -5e-324, INFINITY, -INFINITY};
    Op op = (Op)_i;
    const OpInfo *info = op_info(op);
    size_t n = sizeof extreme / sizeof *extreme;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < (info->max_args > 1 ? n : 1); j++) {
            double a[3] = {extreme[i], extreme[j], 1};
            double f = value_of(op, a);
            for (unsigned k = 0; k < info->max_args; k++)
                (void)partial_of(op, k, a, f);
            if ((info->flags & NONNEG) && !isnan(f))
                ck_assert_msg(f >= 0, "%s is %g", place(op, a), f);
        }
    }
    for (unsigned i = 0; i < info->max_args; i++) {
        double a[3] = {0.5, 0.5, 0.75};
        a[i] = NAN;
        if (op != OP_step_at || i == 0)
            ck_assert_msg(isnan(value_of(op, a)), "%s is %g", place(op, a),
                          value_of(op, a));
    }
}
END_TEST

/* ---- what the columns promise at kinks, removable singularities and exact points */
#define IS(x, y) \
    ck_assert_msg((x) == (y), "%s is %.17g, not %.17g", #x, (double)(x), (double)(y))
static double v1(Op op, double x) { return float64_fn(op)->v1(x); }
static double d1(Op op, double x) { return float64_fn(op)->d1[0](x, v1(op, x)); }
static double d2(Op op, unsigned i, double x, double y)
{
    return float64_fn(op)->d2[i](x, y, float64_fn(op)->v2(x, y));
}

START_TEST(kinks)
{
    IS(d1(OP_abs, 0), 0);
    IS(d1(OP_relu, 0), 0);
    IS(d1(OP_floor, 2), 0);
    IS(d1(OP_sign, 0), 0);
    IS(v1(OP_step, 0), 0.5);
    IS(float64_fn(OP_step_at)->v2(0, 0.25), 0.25);
    IS(d2(OP_max, 0, 1, 1), 0.5);
    IS(d2(OP_max, 1, 1, 1), 0.5);
    IS(d2(OP_min, 0, 2, 1), 0);
    IS(d2(OP_hypot, 0, 0, 0), 0);
    IS(d2(OP_mod, 1, 7.5, 2), -3);
    IS(float64_fn(OP_clamp)->v3(5, 0, 1), 1);
    IS(float64_fn(OP_clamp)->d3[2](5, 0, 1, 1), 1);
}
END_TEST

START_TEST(removable_points)
{
    IS(d1(OP_sinint, 0), 1);
    IS(d1(OP_Shi, 0), 1);
    IS(d1(OP_sinc, 0), 0);
    IS(d1(OP_lambertw, 0), 1);
    IS(d2(OP_polylog, 1, 2, 0), 1);
    ck_assert_double_eq_tol(d1(OP_cosc, 0), -M_PI * M_PI / 3, 1e-15);
    ck_assert_double_eq_tol(d1(OP_ellipk, 0), M_PI / 8, 1e-16);
    ck_assert_double_eq_tol(d1(OP_ellipe, 0), -M_PI / 8, 1e-16);
    ck_assert_double_eq_tol(d1(OP_ellipk, 1e-12), M_PI / 8, 1e-12);
    IS(v1(OP_xlogx, 0), 0);
    IS(d2(OP_xlogy, 1, 0, 0), 0);
    ck_assert_double_gt(d1(OP_tanh, 30), 0);
    ck_assert_double_gt(d1(OP_logistic, 50), 0);
}
END_TEST

START_TEST(exact_points)
{
    IS(v1(OP_sind, 30), 0.5);
    IS(v1(OP_sind, 150), 0.5);
    IS(v1(OP_sind, -330), 0.5);
    IS(v1(OP_sind, 180), 0);
    IS(v1(OP_cosd, 60), 0.5);
    IS(v1(OP_cosd, 90), 0);
    IS(v1(OP_cosd, 1e15 * 360), 1);
    IS(v1(OP_tand, 45), 1);
    IS(v1(OP_tand, 135), -1);
    IS(v1(OP_tand, 225), 1);
    IS(v1(OP_tand, -45), -1);
    IS(v1(OP_cotd, 45), 1);
    IS(v1(OP_cotd, 135), -1);
    IS(v1(OP_asind, 0.5), 30);
    IS(v1(OP_acosd, -0.5), 120);
    IS(v1(OP_atand, -1), -45);
    IS(v1(OP_asecd, -2), 120);
    IS(v1(OP_sinpi, 5), 0);
    IS(v1(OP_cospi, 0.5), 0);
    IS(v1(OP_tanpi, 0.25), 1);
    IS(v1(OP_tanpi, 0.75), -1);
    IS(v1(OP_exp10, 3), 1000);
    IS(v1(OP_round, 2.5), 3);
    IS(v1(OP_round, -2.5), -3);
    IS(v1(OP_factorial, 5), 120);
    IS(float64_fn(OP_mod)->v2(-7, 3), 2);
    IS(float64_fn(OP_rem)->v2(-7, 3), -1);
    IS(float64_fn(OP_log_base)->v2(8, 2), 3);
    IS(float64_fn(OP_binomial)->v2(10, 3), 120);
    IS(float64_fn(OP_binomial)->v2(3, 10), 0);
}
END_TEST

/* ---- the text of the partials, as C; these names mean the float64 functions from here on */
#include "table/float64_names.h"

static double text_partial(Op op, unsigned i, double x, double y, double z, double f)
{
    (void)z;
    switch (op) {
#define UNKNOWN NAN
#define ROW(id, dx, dy, dz) \
    case OP_##id:           \
        return i == 0 ? (dx) : i == 1 ? (dy) : (dz);
#define F1(id, nm, fl, v, dx, ...) ROW(id, dx, NAN, NAN)
#define F2(id, nm, ar, fl, v, dx, dy, ...) ROW(id, dx, dy, NAN)
#define F3(id, nm, ar, fl, v, dx, dy, dz, ...) ROW(id, dx, dy, dz)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(...)
#include "ops.def"
    default: return NAN;
    }
}

static void add_loop(const char *name, const TTest *test)
{
    tcase_add_loop_test(suite_case(name, 60, NULL, NULL), test, OP_FIRST_FUNCTION + 1,
                        OP_COUNT);
}

int main(void)
{
    TCase *t = suite_case("table", 60, NULL, NULL);
    tcase_add_test(t, kinks);
    tcase_add_test(t, removable_points);
    tcase_add_test(t, exact_points);
    add_loop("value", value_is_certified);
    add_loop("partials", partials_are_differences);
    add_loop("flags", flags_hold);
    add_loop("balls", balls_enclose);
    add_loop("symbolic", symbolic_route);
    add_loop("series", power_series);
    add_loop("extreme", extreme_arguments);
    int status = suite_run();
    flint_cleanup();
    return status;
}
