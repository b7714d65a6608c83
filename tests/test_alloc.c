/* test_alloc.c - memory runs out at the n-th allocation of a session, for n = 1, 2, ...
 * until there is no n-th. Whatever fails: nothing crashes, results keep their promises,
 * and once there is memory again the same session answers rightly.
 */
#include "base/base.h"
#include "suite.h"

#include <stdlib.h>

static const char *const script[] = {
    "x = 3; y = x^2",
    "d/dx y",
    "f(t) = t^2*sin(t)",
    "f'(2)",
    "d^2/dx^2 exp(-x^2)",
    "d/du log(u+sqrt(u^2+1))",
    "expand((a+b)^6)",
    "factor(a^4-1)",
    "2^200/3^100",
    "grad(a^2*b*sin(a*b), [a, b])",
    "assume p > 0; sqrt(p^2)",
    "taylor(exp(z), z=0, 5)",
    "N(sin(1), 30)",
    "sni(2)",
    "((((",
    "d/dx x^2 at x=5",
    "% + 1",
};

/* Functions made of statements: memory outside the arenas. */
static const char *const procedures[] = {
    "b(a) = { c = 2*a; while norm(c) < 9 { c = 2*c }; if sum(c) > 0 { c } else { 3*c } }",
    "b(dual(0.3, 1))",
    "b'(3/10) + b(4)",
    "reverse b(t) + abs(t - 0.5) at t=0.5",
    "set tape 1K; reverse b(t) at t=1e-9; unset tape",
    "w(v) = { s = v; for i = 1:2 { if v[i] > 1 { s[i] = s[i]^2 } }; s }",
    "hessian(sum(w(v)), v) at v=[1, 2]",
    "w([p, q])",
    "jacobian(w(v), v) at v=[1, 2]", /* a tie */
    "n(x) = { for i = 1:2 { x = x - b(x)/b'(x) + 1 }; x }; forward n(x) at x=1.5",
};

static void check_result(const lbz_result *r)
{
    ck_assert_ptr_nonnull(r->text);
    if (r->status != LBZ_OK)
        ck_assert_msg(r->message && *r->message, "an error without a message");
}

/* Runs the script with the n-th allocation failing. Returns false when there is no n-th. */
static bool run_script(const char *const *lines, size_t count, long n)
{
    lbz_result r;

    mem_fail_at = n;
    lbz_session *s = lbz_open();
    for (size_t i = 0; s && i < count; i++) {
        lbz_status st = lbz_eval(s, lines[i], strlen(lines[i]), &r);
        ck_assert_int_eq(st, r.status);
        check_result(&r);
    }
    bool failed = mem_fail_at == 0;
    mem_fail_at = 0;
    if (s) {
        ck_assert_int_eq(lbz_eval(s, "d/dv v^3*2", 10, &r), LBZ_OK);
        ck_assert_str_eq(r.text, "6*v^2");
    }
    lbz_close(s);
    return failed;
}

START_TEST(nth_allocation_fails)
{
    long n = 1;

    while (run_script(script, sizeof script / sizeof *script, n))
        n++;
    ck_assert_int_gt(n, 10);
}
END_TEST

START_TEST(nth_allocation_fails_in_procedures)
{
    long n = 1;

    while (run_script(procedures, sizeof procedures / sizeof *procedures, n))
        n++;
    ck_assert_int_gt(n, 100);
}
END_TEST

/* An allocation of every line fails, in a session that has its arenas. */
START_TEST(one_in_each_line_fails)
{
    for (long n = 1; n < 400; n += 7) {
        lbz_result r;
        lbz_session *s = lbz_open();
        ck_assert_ptr_nonnull(s);
        for (size_t i = 0; i < sizeof script / sizeof *script; i++)
            for (long k = n; k < n + 3; k++) {
                mem_fail_at = k;
                (void)!lbz_eval(s, script[i], strlen(script[i]), &r);
                check_result(&r);
            }
        mem_fail_at = 0;
        ck_assert_int_eq(lbz_eval(s, "1+1", 3, &r), LBZ_OK);
        ck_assert_str_eq(r.text, "2");
        lbz_close(s);
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("allocation failure", 300, NULL, NULL);
    tcase_add_test(t, nth_allocation_fails);
    tcase_add_test(t, nth_allocation_fails_in_procedures);
    tcase_add_test(t, one_in_each_line_fails);
    return suite_run();
}
