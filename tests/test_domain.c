/* test_domain.c - what is rewritten keeps its value wherever the original has one, on thin sets, too:
 * random expressions, read and put through every transformation, against an evaluator of their own
 * trees, at zeros, ends of domains and negative numbers.
 */
#include "ball/ball.h"
#include "field/rational.h"
#include "in_ctx.h"
#include "parse/parse.h"
#include "print/print.h"
#include "simplify/simplify.h"
#include "terms.h"

enum { ROUNDS = 400, BITS = 256 };

static const double points[] = {-2, -1, -0.5, 0, 0.5, 1, 2};

/* ---- transformations */

static uint32_t sym(const char *name) { return sym_intern(c, name, strlen(name)); }

static Node *run_apart(Ctx *ctx, Node *n) { return rat_apart(ctx, n, sym("x")); }
static Node *run_collect(Ctx *ctx, Node *n)
{
    return rat_collect(ctx, n, ex_sym(ctx, sym("x")));
}
static Node *run_full(Ctx *ctx, Node *n) { return simplify(ctx, n, SIMPLIFY_FULL); }
static Node *run_deep(Ctx *ctx, Node *n) { return simplify(ctx, n, SIMPLIFY_DEEP); }
static Node *run_reading(Ctx *ctx, Node *n)
{
    (void)ctx;
    return n;
}

static const struct {
    const char *name;
    Node *(*run)(Ctx *c, Node *n);
} transformations[] = {{"reading", run_reading},    {"simplify", run_full},
                       {"simplify deep", run_deep}, {"expand", rat_expand},
                       {"factor", rat_factor},      {"together", rat_together},
                       {"collect", run_collect},    {"apart", run_apart},
                       {"trigexpand", trig_expand}, {"trigreduce", trig_reduce}};

enum { TRANSFORMATIONS = sizeof transformations / sizeof *transformations };

/* "" or what is wrong with r at a point where t has the value v. */
static const char *fault(Node *r, double x, double y, double v)
{
    const uint32_t syms[] = {sym("x"), sym("y")};
    const char *what = "";
    arb_t at[2], out;
    arb_init(at[0]);
    arb_init(at[1]);
    arb_init(out);
    arb_set_d(at[0], x);
    arb_set_d(at[1], y);
    arb_struct vals[] = {*at[0], *at[1]};
    lbz_status st = ball_eval(c, r, syms, vals, 2, BITS, out, NULL);
    double w = arf_get_d(arb_midref(out), ARF_RND_NEAR);
    if (st == LBZ_DOMAIN)
        what = "has no value";
    else if (st == LBZ_OK && !(fabs(w - v) <= 1e-6 * (1 + fabs(v))))
        what = "has another value";
    arb_clear(at[0]);
    arb_clear(at[1]);
    arb_clear(out);
    return what;
}

static void check_everywhere(const Term *t, int n, Node *r, const char *text,
                             const char *how)
{
    Str shown = {0};
    print_plain(c, &shown, r);
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++) {
            Value v = value_of(t, n, points[i], points[j]);
            const char *what = v.is == VALUE ? fault(r, points[i], points[j], v.v) : "";
            ck_assert_msg(!*what, "%s of %s, %s, %s at x=%g, y=%g: %.10g", how, text,
                          str_cstr(&shown), what, points[i], points[j], v.v);
        }
    str_free(&shown);
}

START_TEST(rewriting_keeps_values)
{
    Term t[TERMS];
    seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    for (int round = 0; round < ROUNDS; round++) {
        Str text = {0};
        int n = 4 + (int)roll(TERMS - 4);
        make_terms(t, n);
        write_term(t, n - 1, &text);
        for (size_t k = 0; text.n < 160 && k < TRANSFORMATIONS; k++) {
            ctx_begin_statement(c);
            if (transformations[k].run == run_apart && strchr(text.s, 'y'))
                continue; /* it divides by parameters, and says so */
            Node *e = parse_text(c, str_cstr(&text));
            Node *r = ctx_failed(c) ? c->poison : transformations[k].run(c, e);
            if (ctx_failed(c) || (k && r == e))
                continue;
            check_everywhere(t, n, r, str_cstr(&text), transformations[k].name);
        }
        str_free(&text);
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("domain", 240, setup, teardown);
    tcase_add_loop_test(t, rewriting_keeps_values, 0, 8);
    return suite_run();
}
