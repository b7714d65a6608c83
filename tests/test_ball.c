/* test_ball.c - certified values: known digits (from mpmath), MPFR's roundings, exact
 * rationals, two precisions of every function of the table, conditions, binders, errors
 * and limits. */
#include "ball/ball.h"
#include "parse/parse.h"
#include "suite.h"

#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>

static Ctx *c;

static void setup(void)
{
    c = ctx_new();
    ck_assert_ptr_nonnull(c);
}

static void teardown(void)
{
    ctx_free(c);
    flint_cleanup();
    mpfr_free_cache();
}

/* The answer of ball_digits, or the name of the status. Static text. */
static const char *digits(const char *e, size_t n)
{
    static char text[3000];
    Str b = {0};
    ctx_begin_statement(c);
    lbz_status st = ball_digits(c, parse_text(c, e), n, &b);
    ck_assert_msg(st == c->env.err.status, "%s: status %d", e, st);
    snprintf(text, sizeof text, "%s", st ? lbz_status_name(st) : str_cstr(&b));
    str_free(&b);
    return text;
}

static void ck_digits(const char *e, size_t n, const char *want)
{
    const char *got = digits(e, n);
    ck_assert_msg(!strcmp(got, want), "%s to %zu digits: %s instead of %s", e, n, got,
                  want);
}

static void ck_fails(const char *e, lbz_status st, const char *message)
{
    ck_digits(e, 20, lbz_status_name(st));
    ck_assert_msg(strstr(c->env.err.message, message), "%s: %s", e, c->env.err.message);
    ck_assert_msg(st == LBZ_INTERRUPT || c->env.err.hint[0], "%s: no hint", e);
}

START_TEST(known_digits)
{
    static const char *const t[][2] = {
        {"pi", "3.1415926535897932384626433832795028841971693993751"},
        {"e", "2.7182818284590452353602874713526624977572470937000"},
        {"sqrt(2)", "1.4142135623730950488016887242096980785696718753769"},
        {"sin(10^22)", "-0.85220084976718880177270589375302936826176215041004"},
        {"exp(100)*(1 - erf(10))",
         "0.056140992743822585857517387220468311565157256655075"},
        {"log(1 + 10^-30)", "9.9999999999999999999999999999950000000000000000000e-31"},
        {"e^(pi*sqrt(163))", "262537412640768743.99999999999925007259719818568888"},
        {"(-pi)^(2/3)", "2.1450293971110256000774441009412355974866673654716"},
        {"(-pi)^(1/3)", "-1.4645918875615232630201425272637903917385968556279"},
        {"gamma(1/3)", "2.6789385347077476336556929409746776441286893779573"},
        {"besselj(1/3, 2)", "0.44293981814857621225042241773595116442341248458258"},
        {"zeta(3)", "1.2020569031595942853997381615114499907649862923405"},
        {"polylog(2, 1/3)", "0.36621322997706348761674629766426276380206341558968"},
        {"lambertw(1)", "0.56714329040978387299996866221035554975381578718651"},
        {"erfinv(1/2)", "0.47693627620446987338141835364313055980896974905947"},
        {"ellipk(1/2)", "1.8540746773013719184338503471952600462175988235218"},
        {"digamma(1/7)", "-7.3639802422243431985495153030168810478199162355903"},
        {"airyai(2)", "0.034924130423274379135322080791807609761060213897583"},
        {"sum(1/k^2, k, 1, 1000)", "1.6439345666815598031390580238222155896521034464937"},
        {"prod(1 + 1/k^2, k, 1, 100)",
         "3.6396822945313090619466801941561855621097987613320"},
        {"sum(prod(sin(j*k), j, 1, 3), k, 1, 20)",
         "0.12954153164510653599640977176249983786703746615579"},
        {"exp(exp(20))",
         "1.5065543388556400372134509551554062859761426816178e+210704567"},
        {"exp(-exp(20))",
         "6.6376630049705845919622066146884321980426341274919e-210704568"},
        {"pi*10^9 - floor(pi*10^9)",
         "0.58979323846264338327950288419716939937510582097494"},
        {"atan2(-1, -2)", "-2.6779450445889871222483871518182884821686323450890"},
        {"log(1 - erf(30))", "-903.97411711064387807960024361783532599236668382491"},
        {"(1 + 10^-20)^(10^20)", "2.7182818284590452353466960622103672715805702442603"},
        {"exp(1000000) - exp(1000000)*(1 + 10^-50)",
         "-3.0332153968020875450864021414181143270839737948135e+434244"},
        {"mod(10^30, pi)", "0.090239323898053028031181587905365601443736129683416"},
        {"tan(11)", "-225.95084645419514202579548320345315395165750988513"},
        {"pi^e", "22.459157718361045473427152204543735027589315133997"},
        {"2^(1/2)*3^(1/3)", "2.0396489026555056171697990683336272542308999725273"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        ck_digits(t[i][0], 50, t[i][1]);
}
END_TEST

START_TEST(known_integrals)
{
    static const char *const t[][2] = {
        {"int(exp(-x^2), x, -1, 1)", "1.49364826562485405079893487226"},
        {"int(sin(1/x), x, 1/10, 1)", "0.513012739991409980695798053974"},
        {"int(x^(1/3), x, -1, 2)", "1.13988157484230974715081591092"},
        {"int(sqrt(1 - x^2), x, -1, 1)", "1.57079632679489661923132169164"},
        {"int(abs(x - 1/3), x, 0, 1)", "0.277777777777777777777777777778"},
        {"int(besselj(0, x), x, 0, 10)", "1.06701130395673685753313495936"},
        {"int(if x < 1/3 then exp(x) else log(x), x, 0, 1)",
         "0.0951498546421260924265403985768"},
        {"int(int(sin(x*y), x, 0, y), y, 0, 1)", "0.119905871000282362971932943097"},
        {"sum(int(exp(k*x), x, 0, k), k, 1, 3)", "2729.21199937015916734441431455"},
        {"int(floor(x)*x, x, 0, 4)", "17.0000000000000000000000000000"},
        {"int(x, x, 1, 0)", "-0.500000000000000000000000000000"},
        {"int(max(sin(x), cos(x)), x, 0, 3)", "2.40420605897354050607326151894"},
        {"int(tan(x), x, 0, 1)", "0.615626470386014262147037516409"},
        {"int(log(x), x, 2, 5)", "3.66089520105061125416933242321"},
        {"int(asin(x)*cosh(x), x, -1/2, 1/3)", "-0.0783273980320793539539331694624"},
        {"int(gamma(x), x, 1, 2)", "0.922745950680630605143880482346"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        ck_digits(t[i][0], 30, t[i][1]);
}
END_TEST

START_TEST(layout_of_digits)
{
    ck_digits("1/2", 30, "0.5");
    ck_digits("3", 30, "3");
    ck_digits("0", 30, "0");
    ck_digits("1/3", 5, "0.33333");
    ck_digits("2/3", 5, "0.66667");
    ck_digits("-2/3", 1, "-0.7");
    ck_digits("5/2", 1, "2");
    ck_digits("7/2", 1, "4");
    ck_digits("123456.789", 3, "123000");
    ck_digits("99999/100000", 3, "1");
    ck_digits("1/10^7", 5, "1e-7");
    ck_digits("1/10^6", 5, "0.000001");
    ck_digits("10^20*pi", 3, "314000000000000000000");
    ck_digits("10^21*pi", 3, "3.14e+21");
    ck_digits("10^25*pi", 30, "31415926535897932384626433.8328");
    ck_digits("pi", 1, "3");
    ck_digits("pi", 33, "3.14159265358979323846264338327950");
    ck_digits("cosd(60) + step(0)", 20, "1");
    ck_digits("floor(pi*10^20)", 10, "314159265400000000000");
    ck_digits("10^(10^30)*pi", 5, "3.1416e+1000000000000000000000000000000");
    ck_digits("10^(-10^30)*pi", 5, "3.1416e-1000000000000000000000000000000");
    ck_digits("exp(-10^(-30))", 20, "1.0000000000000000000");
    ck_digits("1 - exp(-10^2)", 20, "1.0000000000000000000");
}
END_TEST

START_TEST(ties_do_not_stop_it)
{
    const char *got = digits("sin(1)^2 + cos(1)^2 + 1/2", 1);
    ck_assert(!strcmp(got, "1") || !strcmp(got, "2"));
    ck_digits("sin(1)^2 + cos(1)^2 + 1/2", 2, "1.5");
}
END_TEST

/* exact rationals go through num.c, cancelling ones through balls: the same digits */
START_TEST(rationals_agree_with_balls)
{
    gmp_randstate_t rnd;
    gmp_randinit_default(rnd);
    for (int i = 0; i < 300; i++) {
        char e[200], want[200];
        unsigned long p = gmp_urandomb_ui(rnd, 1 + gmp_urandomm_ui(rnd, 30)) + 1;
        unsigned long q = gmp_urandomb_ui(rnd, 1 + gmp_urandomm_ui(rnd, 30)) + 2;
        size_t n = 1 + gmp_urandomm_ui(rnd, 40);
        snprintf(e, sizeof e, "-%lu/%lu", p, q);
        snprintf(want, sizeof want, "%s", digits(e, n));
        snprintf(e, sizeof e, "exp(-10^6) - %lu/%lu", p, q);
        const char *got = digits(e, n);
        /* an exact value has no trailing zeros, and a tie may be rounded otherwise */
        if (strncmp(got, want, strlen(want))) {
            snprintf(e, sizeof e, "%lu*10^%zu/%lu", 2 * p, n + 9, q);
            ck_assert_msg(strchr(want, 'e') || strlen(digits(e, 60)) < 60,
                          "%lu/%lu to %zu: %s %s", p, q, n, got, want);
        }
    }
    gmp_randclear(rnd);
}
END_TEST

START_TEST(doubles_agree_with_mpfr)
{
    static const struct {
        const char *name;
        int (*f)(mpfr_t, const mpfr_t, mpfr_rnd_t);
    } t[] = {{"sin", mpfr_sin},   {"exp", mpfr_exp},     {"log", mpfr_log},
             {"atan", mpfr_atan}, {"gamma", mpfr_gamma}, {"erf", mpfr_erf},
             {"zeta", mpfr_zeta}, {"tanh", mpfr_tanh}};
    mpfr_t x, y;
    mpfr_init2(x, 64);
    mpfr_init2(y, 53);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        for (unsigned long k = 1; k < 60; k++) {
            char e[100];
            double d;
            snprintf(e, sizeof e, "%s(%lu/16)", t[i].name, k * k);
            if (k == 4 && i >= 4)
                continue; /* poles */
            ctx_begin_statement(c);
            ck_assert_int_eq(ball_double(c, parse_text(c, e), &d), LBZ_OK);
            mpfr_set_ui(x, k * k, MPFR_RNDN);
            mpfr_div_ui(x, x, 16, MPFR_RNDN);
            t[i].f(y, x, MPFR_RNDN);
            ck_assert_msg(d == mpfr_get_d(y, MPFR_RNDN), "%s: %.17g", e, d);
        }
    }
    mpfr_clears(x, y, NULL);
}
END_TEST

static double value(const char *e)
{
    double d = 7;
    ctx_begin_statement(c);
    ck_assert_msg(ball_double(c, parse_text(c, e), &d) == LBZ_OK, "%s: %s", e,
                  c->env.err.message);
    return d;
}

START_TEST(doubles)
{
    ck_assert(value("1/10") == 0.1);
    ck_assert(value("pi - pi*(1 + 10^-400)") == 0);
    ck_assert(value("sin(1)^2 + cos(1)^2") == 1);
    ck_assert(value("sin(1)^2 + cos(1)^2 - 1") == 0);
    ck_assert(value("exp(1000)") > 1.7e308);
    ck_assert(value("-exp(1000)") < -1.7e308);
    ck_assert(value("exp(-745)") == 0x1p-1074);
    ck_assert(value("exp(-746)") == 0);
    ck_assert(value("log(1 + 10^-30)") == 1e-30);
    ck_assert(value("1 + exp(-100)") == 1);
    ck_assert(value("1 + 2^-53 + exp(-100)") == 1 + 0x1p-52);
    ck_assert(value("1 + 2^-53 - exp(-100)") == 1);
}
END_TEST

static int sign(const char *e)
{
    ctx_begin_statement(c);
    int s = ball_sign(c, parse_text(c, e));
    ck_assert(!ctx_failed(c));
    return s;
}

START_TEST(signs)
{
    ck_assert_int_eq(sign("pi - 355/113"), -1);
    ck_assert_int_eq(sign("e^(pi*sqrt(163)) - 262537412640768744"), -1);
    ck_assert_int_eq(sign("exp(-1000) + 0*x"), 1);
    ck_assert_int_eq(sign("3/7"), 1);
    ck_assert_int_eq(sign("0"), 0);
    ck_assert_int_eq(sign("floor(sin(1))"), 0);
    ck_assert_int_eq(sign("sin(1)^2 + cos(1)^2 - 1"), 2);
    ck_assert_int_eq(sign("x"), 2);
}
END_TEST

START_TEST(undefined_is_not_undecided)
{
    ck_fails("log(sin(4))", LBZ_DOMAIN, "log(sin(4)) has no real value");
    ck_fails("1 + sqrt(sin(4))", LBZ_DOMAIN, "sqrt(sin(4))");
    ck_fails("sin(4)^(3/4)", LBZ_DOMAIN, "sin(4)^(3/4)");
    ck_fails("asin(pi)", LBZ_DOMAIN, "asin(pi)");
    ck_fails("exp(gamma(floor(-pi)))", LBZ_DOMAIN, "gamma(floor(-pi))");
    ck_fails("1/floor(sin(1))", LBZ_DOMAIN, "division by zero");
    ck_fails("floor(sin(1))^(-1/3)", LBZ_DOMAIN, "no real value");
    ck_fails("int(log(x), x, -2, -1)", LBZ_DOMAIN, "log(x)");
    ck_fails("asin(sin(1)^2 + cos(1)^2)", LBZ_UNABLE, "asin(sin(1)^2 + cos(1)^2)");
    ck_fails("log(sin(1)^2 + cos(1)^2 - 1)", LBZ_UNABLE, "log");
    ck_fails("sin(1)^2 + cos(1)^2 - 1", LBZ_UNABLE, "from 0");
    ck_fails("floor(sin(1)^2 + cos(1)^2)", LBZ_UNABLE, "lies between");
    ck_fails("if sin(1)^2 + cos(1)^2 == 1 then sin(1) else cos(1)", LBZ_UNABLE, "branch");
    ck_fails("sin(x)", LBZ_UNABLE, "x has no value");
    ck_fails("f(2) + 1", LBZ_UNABLE, "not known");
    ck_fails("[1, pi]", LBZ_UNABLE, "could not");
    ck_fails("int(1/x, x, -1, 1)", LBZ_UNABLE, "integrated");
    ck_fails("int(exp(-x), x, 0, inf)", LBZ_UNABLE, "integrated");
    ck_fails("sum(1/k^2, k, 1, inf)", LBZ_UNABLE, "counted");
    ck_fails("exp(exp(exp(10)))", LBZ_UNABLE, "could not be enclosed");
}
END_TEST

START_TEST(real_domain)
{
    ck_digits("floor(sin(1))^floor(sin(1))", 5, "1");
    ck_digits("floor(sin(1))^pi", 5, "0");
    ck_digits("floor(-sin(1))^floor(pi)", 5, "-1");
    ck_digits("sin(4)^(2/3) + sin(4)^(1/3)", 15,
              digits("abs(sin(4))^(2/3) - abs(sin(4))^(1/3)", 15));
    ck_digits("sqrt((sin(1)^2 + cos(1)^2 - 1)^2 + 4)", 15, "2.00000000000000");
    ck_digits("1 + abs(sin(1)^2 + cos(1)^2 - 1)^(2/3)", 15, "1.00000000000000");
    ck_digits("1 + (sin(1)^2 + cos(1)^2 - 1)^(1/3)", 15, "1.00000000000000");
}
END_TEST

/* symbols keep the constructors from deciding anything */
static const char *at_x(const char *e, double x)
{
    static char text[40];
    arb_t r, v;
    ctx_begin_statement(c);
    Node *n = parse_text(c, e);
    uint32_t sym = sym_intern(c, "x", 1);
    arb_init(r);
    arb_init(v);
    arb_set_d(v, x);
    lbz_status st = ball_eval(c, n, &sym, v, 1, 80, r, NULL);
    ck_assert_msg(!ctx_failed(c), "%s: %s", e, c->env.err.message);
    if (st)
        snprintf(text, sizeof text, "%s", lbz_status_name(st));
    else
        snprintf(text, sizeof text, "%.12g", arf_get_d(arb_midref(r), ARF_RND_NEAR));
    arb_clear(r);
    arb_clear(v);
    return text;
}

START_TEST(only_the_branch_taken_counts)
{
    ck_assert_str_eq(at_x("if x > 0 then log(x) else 1/x", 1), "0");
    ck_assert_str_eq(at_x("if x > 0 then log(x) else 1/x", -4), "-0.25");
    ck_assert_str_eq(at_x("if x == 0 then 1 else sin(x)/x", 0), "1");
    ck_assert_str_eq(at_x("if x == 0 then 1 else sin(x)/x", 0.5), "0.958851077208");
    ck_assert_str_eq(at_x("0*y + if x != 0 then 1/x else 5", 0), "5");
    ck_assert_str_eq(at_x("if x > 0 and log(x) > 1 then 2 else 3", -1), "3");
    ck_assert_str_eq(at_x("if x < 0 or sqrt(x) < 1 then 2 else 3", -1), "2");
    ck_assert_str_eq(at_x("if log(x) > 1 then 2 else 3", -1), "DOMAIN");
    ck_assert_str_eq(
        at_x("if not (x >= 2) then sum(1/(k - 3), k, 1, 2) else log(x - 9)", 1), "-1.5");
    ck_assert_str_eq(at_x("1/x", 0), "DOMAIN");
    ck_assert_str_eq(at_x("x < inf", 0), "0");
    ck_assert_str_eq(at_x("if x < inf then 2 else 3", 0), "2");
    ck_assert_str_eq(at_x("y + x", 0), "UNABLE");
}
END_TEST

START_TEST(sums_and_scopes)
{
    ck_assert_str_eq(at_x("sum(x*k, k, 1, 100)", 2), "10100");
    ck_assert_str_eq(at_x("sum(k, k, 5, 4)", 2), "0");
    ck_assert_str_eq(at_x("prod(k + x, k, 5, 4)", 2), "1");
    ck_assert_str_eq(at_x("prod(k + x, k, -1, 2)", 3), "120");
    ck_assert_str_eq(at_x("sum(x, x, 1, x)", 4), "10");
    ck_assert_str_eq(at_x("sum(sum(k*x, k, 1, k), k, 1, x)", 3), "30");
    ck_assert_str_eq(at_x("sum(sum(sin(j)^0*k*x, j, 1, k), k, 1, x)", 3), "42");
    ck_assert_str_eq(at_x("sum(x^k*sin(1), k, 0, 3) - sin(1)*15", 2), "0");
    ck_assert_str_eq(at_x("sum(k, k, 1, x)", 2.5), "UNABLE");
    ck_assert_str_eq(at_x("sum(x*k, k, 1, 10^7)", 2), "LIMIT");
    ck_assert_str_eq(at_x("int(x*t, t, 0, x)", 2), "4");
    ck_assert_str_eq(at_x("int(if t < x then 1 else 1/(t - t*x), t, 0, 1)", 2), "1");
}
END_TEST

/* every function: some points have values, and the balls of two precisions are consistent
 */
static unsigned consistent_at(Op op, const arb_struct *v)
{
    uint32_t sym[3];
    Node *x[3];
    arb_t lo, hi;
    unsigned k = op_info(op)->min_args, ok;
    for (unsigned i = 0; i < k; i++) {
        x[i] = ex_sym_named(c, &"x\0y\0z"[2 * i]);
        sym[i] = x[i]->sym;
    }
    Node *n = ex_fn(c, op, k, x);
    arb_init(lo);
    arb_init(hi);
    lbz_status a = ball_eval(c, n, sym, v, k, 64, lo, NULL);
    lbz_status b = ball_eval(c, n, sym, v, k, 256, hi, NULL);
    ck_assert_msg((a == LBZ_DOMAIN) == (b == LBZ_DOMAIN), "%s: %d %d", op_info(op)->name,
                  a, b);
    ok = a == LBZ_OK && b == LBZ_OK;
    if (ok) {
        ck_assert_msg(arb_contains(lo, hi), "%s", op_info(op)->name);
        ck_assert_msg(arb_contains_zero(hi) || arb_rel_accuracy_bits(hi) > 100,
                      "%s: %ld bits", op_info(op)->name, (long)arb_rel_accuracy_bits(hi));
    }
    arb_clear(lo);
    arb_clear(hi);
    return ok;
}

START_TEST(every_function_at_two_precisions)
{
    static const double at[] = {0.5, -0.25, 1.75, 3, -2.5, 0.01, 20};
    enum { N = sizeof at / sizeof *at };
    for (Op op = OP_FIRST_FUNCTION + 1; op < OP_COUNT; op++) {
        unsigned k = op_info(op)->min_args, ok = 0;
        size_t points = k == 1 ? N : k == 2 ? N * N : N * N * N;
        arb_struct v[3];
        ctx_begin_statement(c);
        for (unsigned i = 0; i < 3; i++)
            arb_init(&v[i]);
        for (size_t p = 0; p < points; p++) {
            arb_set_d(&v[0], at[p % N]);
            arb_set_d(&v[1], at[p / N % N]);
            arb_set_d(&v[2], at[p / N / N]);
            ok += consistent_at(op, v);
        }
        ck_assert_msg(ok >= 2, "%s has values at %u points only", op_info(op)->name, ok);
        for (unsigned i = 0; i < 3; i++)
            arb_clear(&v[i]);
    }
}
END_TEST

START_TEST(deep_and_wide_expressions)
{
    ctx_begin_statement(c);
    Node *x = ex_sym_named(c, "x"), *n = x;
    for (int i = 0; i < 100000; i++)
        n = ex_fn1(c, OP_sin, ex_add2(c, n, ex_int(c, i % 7 + 1)));
    arb_t v, r;
    arb_init(v);
    arb_init(r);
    arb_set_ui(v, 1);
    ck_assert_int_eq(ball_eval(c, n, &x->sym, v, 1, 64, r, NULL), LBZ_OK);
    ck_assert_int_ge(arb_rel_accuracy_bits(r), 30);
    Node **t = malloc(20000 * sizeof *t);
    for (int i = 0; i < 20000; i++)
        t[i] = ex_fn1(c, OP_sin, ex_scale(c, num_int(i + 1), x));
    n = ex_add(c, 20000, t);
    ck_assert_int_eq(ball_eval(c, n, &x->sym, v, 1, 100, r, NULL), LBZ_OK);
    arb_t s, h;
    arb_init(s);
    arb_init(h);
    arb_set_d(h, 0.5);
    arb_sin(h, h, 100); /* sin(n/2)*sin((n+1)/2)/sin(1/2) */
    arb_set_ui(v, 10000);
    arb_sin(v, v, 100);
    arb_set_d(s, 10000.5);
    arb_sin(s, s, 100);
    arb_mul(s, s, v, 100);
    arb_div(s, s, h, 100);
    ck_assert(arb_overlaps(s, r));
    ck_assert_int_ge(arb_rel_accuracy_bits(r), 60);
    arb_clear(s);
    arb_clear(h);
    arb_clear(v);
    arb_clear(r);
    free(t);
}
END_TEST

START_TEST(limits)
{
    ck_fails("sum(1/k^2, k, 1, 10^7)", LBZ_LIMIT, "1000000 terms");
    ctx_begin_statement(c);
    Str b = {0};
    ck_assert_int_eq(ball_digits(c, c->pi, 10000000, &b), LBZ_LIMIT);
    ck_assert_ptr_nonnull(strstr(c->env.err.message, "digits"));
    ctx_begin_statement(c);
    ck_assert_int_eq(ball_digits(c, c->pi, 100000, &b), LBZ_OK);
    ck_assert_uint_eq(b.n, 100001);
    ck_assert_str_eq(b.s + b.n - 10, "5549362465");
    str_free(&b);
    ctx_begin_statement(c);
    ck_assert_int_eq(ball_digits(c, parse_text(c, "1 + zeta(1/3)"), 20000, &b),
                     LBZ_LIMIT);
    str_free(&b);
    ck_digits("exp(2^1000) + 2^(2^(2^100))", 5, "UNABLE");
    ck_digits("2^(10^9)", 5, "4.6130e+301029995");
}
END_TEST

START_TEST(interrupts_are_heard)
{
    ctx_begin_statement(c);
    Node *n = parse_text(c, "sum(sin(k), k, 1, 10^6)");
    Str b = {0};
    lbz_interrupt();
    ck_assert_int_eq(ball_digits(c, n, 30, &b), LBZ_INTERRUPT);
    lbz_resume();
    str_free(&b);
    ctx_begin_statement(c);
    c->env.fuel = 1000;
    n = parse_text(c, "int(sum(sin(k*x), k, 1, 10^6), x, 0, 1)");
    ck_assert_int_eq(ball_digits(c, n, 30, &b), LBZ_LIMIT);
    c->env.fuel = 0;
    str_free(&b);
}
END_TEST

START_TEST(memory_may_fail_anywhere)
{
    int failures = 0;
    for (long i = 1; i < 200; i++) {
        Str b = {0};
        ctx_begin_statement(c);
        Node *n = parse_text(c, "sum(sin(k) + int(cos(x*k), x, 0, 1), k, 1, 3)/log(3)");
        mem_fail_at = i;
        lbz_status st = ball_digits(c, n, 20, &b);
        bool failed = mem_fail_at == 0;
        mem_fail_at = 0;
        ck_assert_msg(st == LBZ_OK || st == LBZ_LIMIT, "%ld: %d", i, st);
        ck_assert(st == LBZ_OK || ctx_failed(c));
        ck_assert(failed || st == LBZ_OK);
        if (st == LBZ_OK && !b.failed)
            ck_assert_str_eq(b.s, "2.9446676993962806995");
        failures += st != LBZ_OK;
        str_free(&b);
    }
    ck_assert_int_ge(failures, 5);
}
END_TEST

/* ---- the glance: never another verdict than the balls', and its own where it is clear */

static Node *random_constant(unsigned *state, int depth)
{
    static const Op fn[] = {OP_sin,  OP_cos,  OP_tan, OP_atan, OP_sinh,
                            OP_cosh, OP_tanh, OP_log, OP_abs};
    unsigned pick = rand_r(state) % 12;
    int64_t i = rand_r(state) % 19;
    if (depth == 0)
        return pick == 0   ? c->pi
               : pick == 1 ? c->e
                           : ex_rat(c, i - 9, 1 + rand_r(state) % 4);
    Node *a = random_constant(state, depth - 1), *b = random_constant(state, depth - 1);
    if (pick < 3)
        return ex_add2(c, a, b);
    if (pick < 5)
        return ex_mul2(c, a, b);
    if (pick < 8)
        return ex_pow(c, a, pick == 5 ? b : ex_rat(c, i % 7 - 3, 1 + rand_r(state) % 3));
    return ex_fn1(c, fn[rand_r(state) % (sizeof fn / sizeof *fn)], a);
}

START_TEST(a_glance_agrees_with_balls)
{
    unsigned state = 7, clear = 0, none = 0;
    for (int i = 0; i < 20000; i++) {
        const Node *bad = NULL, *bad_ball = NULL;
        ctx_begin_statement(c);
        Node *k = random_constant(&state, 1 + i % 4);
        if (ex_is_poison(k))
            continue;
        lbz_status seen = ball_glance(c, k, &bad);
        if (seen == LBZ_UNABLE)
            continue;
        arb_t x;
        arb_init(x);
        lbz_status st = ball_eval(c, k, NULL, NULL, 0, 256, x, &bad_ball);
        arb_clear(x);
        ck_assert_msg(seen == st && (st == LBZ_OK || bad == bad_ball),
                      "constant %d: %d, %d", i, seen, st);
        clear += st == LBZ_OK;
        none += st == LBZ_DOMAIN;
    }
    ck_assert_uint_gt(clear, 8000);
    ck_assert_uint_gt(none, 100);
}
END_TEST

START_TEST(a_glance_leaves_edges_to_balls)
{
    static const char *const t[] = {
        "log(sin(1)^2 + cos(1)^2 - 1 + 10^-30)",
        "sqrt(sin(22)^2 + cos(22)^2 - 1)",
        "tan(11/7)",
        "1/(exp(1) - 2.718281828459045)",
        "sin(10^22)*log(2)",
        "exp(exp(exp(9)))",
        "gamma(1/3)",
        "asin(1/2 + sin(1))",
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const Node *bad;
        ctx_begin_statement(c);
        Node *k = parse_text(c, t[i]);
        bool edge = i != 2; /* an ordinary value, for all its looks */
        ck_assert_msg((ball_glance(c, k, &bad) == LBZ_UNABLE) == edge, "%s", t[i]);
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("ball", 100, setup, teardown);
    tcase_add_test(t, known_digits);
    tcase_add_test(t, known_integrals);
    tcase_add_test(t, layout_of_digits);
    tcase_add_test(t, ties_do_not_stop_it);
    tcase_add_test(t, rationals_agree_with_balls);
    tcase_add_test(t, doubles_agree_with_mpfr);
    tcase_add_test(t, doubles);
    tcase_add_test(t, signs);
    tcase_add_test(t, undefined_is_not_undecided);
    tcase_add_test(t, real_domain);
    tcase_add_test(t, only_the_branch_taken_counts);
    tcase_add_test(t, sums_and_scopes);
    tcase_add_test(t, every_function_at_two_precisions);
    tcase_add_test(t, deep_and_wide_expressions);
    tcase_add_test(t, limits);
    tcase_add_test(t, interrupts_are_heard);
    tcase_add_test(t, memory_may_fail_anywhere);
    tcase_add_test(t, a_glance_agrees_with_balls);
    tcase_add_test(t, a_glance_leaves_edges_to_balls);
    return suite_run();
}
