/* test_slopes.c - every row of the operator table through `forward` and `reverse`, as a user types
 * them, against ball arithmetic: each partial derivative within a few ulp of the slope at that very
 * double, wherever that is a normal double, at ordinary points, far out and near 0; and the value.
 *
 * The reference is the row's partial as a formula, evaluated with growing precision
 * (tests/test_table.c compares these formulas with differences); where the formula is 0/0, a
 * difference quotient of the certified value.
 */
#include "ball/ball.h"
#include "base/base.h"
#include "diff/diff.h"
#include "leibniz.h"
#include "rows.h"

#define BOUND 4.0
#define VALUE_BOUND 16.0 /* close to a zero, from logarithms that cancel */

static Ctx *ctx;
static lbz_session *session;
static uint32_t syms[3];
static Node *partial_node[3]; /* NULL: not known, the argument is written as a number */

static const double far1[] = {
    -1e300, -1e200, -1e17, -1e9,  -1e5,     -710, -40,  -20,  -1e-20, -1e-200,
    1e-300, 1e-200, 1e-20, 1e-12, 0.999999, -8.1, -4.4, 5.3,  7.7,    18.13,
    26.38,  20,     40,    700,   710,      1e5,  1e9,  1e17, 1e200,  1e300};
static const double far2[] = {-1e200, -1e9, -40, -1e-200, 1e-200,
                              1e-12,  0.3,  40,  1e9,     1e200};

/* ---- the slope by ball arithmetic */
static void set_point(arb_struct *v, const double *a)
{
    for (int i = 0; i < 3; i++) {
        arb_init(v + i);
        arb_set_d(v + i, a[i]);
    }
}

static void clear_point(arb_struct *v)
{
    for (int i = 0; i < 3; i++)
        arb_clear(v + i);
}

static bool by_formula(Node *d, const arb_struct *v, arb_t r)
{
    for (slong prec = 128; prec <= 8192; prec *= 2)
        if (ball_eval(ctx, d, syms, v, 3, prec, r, NULL) == LBZ_OK &&
            (arb_is_zero(r) || arb_rel_accuracy_bits(r) > 70))
            return true;
    return false;
}

/* (f(x + h) - f(x - h))/(2*h), h = 2^-step */
static void difference_quotient(Op op, arb_struct *v, unsigned i, slong step, arb_t r)
{
    enum { PREC = 6000 };
    arb_t h, x, lo;
    arb_init(h);
    arb_init(x);
    arb_init(lo);
    arb_set_si(h, 1);
    arb_mul_2exp_si(h, h, -step);
    arb_set(x, v + i);
    arb_sub(v + i, x, h, ARF_PREC_EXACT);
    certified_call(op, lo, v, PREC);
    arb_add(v + i, x, h, ARF_PREC_EXACT);
    certified_call(op, r, v, PREC);
    arb_sub(r, r, lo, PREC);
    arb_mul_2exp_si(r, r, step - 1);
    arb_swap(v + i, x);
    arb_clear(h);
    arb_clear(x);
    arb_clear(lo);
}

/* The limit of difference quotients: two that agree. */
static bool by_difference(Op op, arb_struct *v, unsigned i, arb_t r)
{
    arb_t far;
    arb_init(far);
    difference_quotient(op, v, i, 300, far);
    difference_quotient(op, v, i, 400, r);
    arb_sub(far, far, r, 64);
    arb_mul_2exp_si(far, far, 64);
    bool ok = arb_is_finite(r) && arb_rel_accuracy_bits(r) > 70 &&
              arf_cmpabs(arb_midref(far), arb_midref(r)) <= 0;
    arb_clear(far);
    return ok;
}

/* A number that r holds; NaN when ok is false or it is no normal one. */
static double normal_number(const arb_t r, bool ok)
{
    double d = arf_get_d(arb_midref(r), ARF_RND_NEAR);
    return ok && (arb_is_zero(r) || isnormal(d)) ? d : NAN;
}

static double value_at(Op op, const double *a)
{
    arb_struct v[3];
    arb_t r;
    bool ok = false;
    set_point(v, a);
    arb_init(r);
    for (slong prec = 128; !ok && prec <= 8192; prec *= 2) {
        certified_call(op, r, v, prec);
        ok = arb_is_finite(r) && (arb_is_zero(r) || arb_rel_accuracy_bits(r) > 70);
    }
    double f = normal_number(r, ok);
    arb_clear(r);
    clear_point(v);
    return f;
}

/* The partial derivative; NaN where it is not known or no normal number. */
static double slope_at(Op op, const double *a, unsigned i)
{
    arb_struct v[3];
    arb_t r;
    set_point(v, a);
    arb_init(r);
    bool ok = by_formula(partial_node[i], v, r) || by_difference(op, v, i, r);
    double d = normal_number(r, ok);
    arb_clear(r);
    clear_point(v);
    return d;
}

/* ---- the product */
static unsigned points;

static void write_call(Str *t, const char *mode, Op op, const double *a)
{
    unsigned n = op_info(op)->max_args;
    str_printf(t, "%s %s(", mode, op_info(op)->name);
    for (unsigned i = 0; i < n; i++)
        if (partial_node[i])
            str_printf(t, i ? ", %c" : "%c", "xyz"[i]);
        else
            str_printf(t, i ? ", %.17g" : "%.17g", a[i]);
    str_puts(t, ") at");
    const char *sep = " ";
    for (unsigned i = 0; i < n; i++)
        if (partial_node[i]) {
            str_printf(t, "%s%c = %.17g", sep, "xyz"[i], a[i]);
            sep = ", ";
        }
}

static double ulps(double got, double exact)
{
    if (got == exact)
        return 0;
    if (!isfinite(got) || exact == 0)
        return INFINITY;
    return fabs(got - exact) / (nextafter(fabs(exact), INFINITY) - fabs(exact));
}

/* f: the value, d[i]: the slope; NaN where it is not known or no normal number. */
static void drive(const char *mode, Op op, const double *a, double f, const double *d)
{
    Str t = {0};
    lbz_result r;
    write_call(&t, mode, op, a);
    lbz_status st = lbz_eval(session, str_cstr(&t), t.n, &r);
    ck_assert_msg(st == LBZ_OK, "%s: %s", str_cstr(&t), r.message);
    if (!isnan(f))
        ck_assert_msg(ulps(r.number, f) <= VALUE_BOUND,
                      "%s: value %.17g, not %.17g: %.3g ulp", str_cstr(&t), r.number, f,
                      ulps(r.number, f));
    const double *got = r.grad;
    for (unsigned i = 0; i < op_info(op)->max_args; i++) {
        double g = partial_node[i] ? *got++ : 0;
        if (!partial_node[i] || isnan(d[i]))
            continue;
        ck_assert_msg(ulps(g, d[i]) <= BOUND, "%s: %.17g, not %.17g: %.3g ulp",
                      str_cstr(&t), g, d[i], ulps(g, d[i]));
        points++;
    }
    str_free(&t);
}

/* May pieces meet there? */
static bool at_a_kink(Op op, const double *a)
{
    const OpInfo *info = op_info(op);
    bool whole_quotient = info->max_args == 2 && remainder(a[0], a[1]) == 0;
    return (info->flags & PIECEWISE) &&
           (at_an_integer(a, info->max_args) || whole_quotient);
}

static void check_slopes(Op op, const double *a)
{
    const OpInfo *info = op_info(op);
    double d[3] = {NAN, NAN, NAN};
    if (!in_domain(op, a) || at_a_kink(op, a))
        return;
    if (op == OP_polylog && (a[0] == 0 || a[0] == 1))
        return; /* becomes x/(1 - x) or -log(1 - x), whose rules are other ones */
    for (unsigned i = 0; i < info->max_args; i++)
        if (partial_node[i])
            d[i] = slope_at(op, a, i);
    if (isnan(d[0]) && isnan(d[1]) && isnan(d[2]))
        return;
    double f = value_at(op, a);
    drive("forward", op, a, f, d);
    drive("reverse", op, a, f, d);
}

/* Far out and near 0; orders stay what they are. */
static void at_far_points(Op op, void (*each)(Op op, const double *a))
{
    const OpInfo *info = op_info(op);
    Points p[3];
    for (unsigned i = 0; i < info->max_args; i++)
        p[i] = info->max_args == 1                          ? POINTS(far1)
               : partial_node[i] || i + 1 == info->max_args ? POINTS(far2)
                                                            : points_for(op, i);
    at_points(op, p, each);
}

START_TEST(slopes)
{
    Op op = (Op)_i;
    const OpInfo *info = op_info(op);
    bool known = false;
    Node *args[3];
    ctx = ctx_new();
    session = lbz_open();
    for (int i = 0; i < 3; i++) {
        syms[i] = sym_intern(ctx, &"xyz"[i], 1);
        args[i] = ex_sym(ctx, syms[i]);
    }
    Node *value = ex_fn(ctx, op, info->max_args, args);
    for (unsigned i = 0; i < info->max_args; i++) {
        partial_node[i] = info->partial[i][0] ? diff(ctx, value, syms[i]) : NULL;
        known = known || partial_node[i];
    }
    points = 0;
    at_all_points(op, check_slopes);
    at_far_points(op, check_slopes);
    ck_assert_msg(points >= 16 || !known, "%s: only %u slopes", info->usage, points);
    lbz_close(session);
    ctx_free(ctx);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("slopes", 60, NULL, NULL);
    tcase_add_loop_test(t, slopes, OP_FIRST_FUNCTION + 1, OP_COUNT);
    int status = suite_run();
    flint_cleanup();
    return status;
}
