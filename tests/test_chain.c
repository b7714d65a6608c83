/* test_chain.c - long products and chains of them: what stays one factor and what is collected,
 * sizes of nodes, print and read back, derivatives against numbers. */
#include "ball/ball.h"
#include "diff/diff.h"
#include "parse/parse.h"
#include "print/print.h"
#include "in_ctx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* x_a * ... * x_b, multiplied all at once */
static Node *product(const char *stem, int a, int b)
{
    Node *f[1200];
    char name[24];

    for (int i = a; i <= b; i++) {
        snprintf(name, sizeof name, "%s%d", stem, i);
        f[i - a] = ex_sym_named(c, name);
    }
    return ex_mul(c, (size_t)(b - a + 1), f);
}

static Node *sym(const char *name) { return ex_sym_named(c, name); }

START_TEST(up_to_the_bound_products_are_flat)
{
    Node *p = product("x", 1, MUL_LONG);

    ck_assert(!ex_is_long(p));
    ck_assert_int_eq(ex_mul2(c, p, sym("y"))->n, MUL_LONG + 1);
    ck_assert_ptr_eq(ex_mul2(c, p, sym("x33")), product("x", 1, 33));
    ck_assert_int_eq(ex_mul2(c, p, product("y", 1, MUL_LONG))->n, 2 * MUL_LONG);
    ck_assert_int_eq(ex_powi(c, p, 2)->op, OP_MUL);
    ck_assert_int_eq(product("x", 1, 1000)->n, 1000);
}
END_TEST

START_TEST(long_products_are_one_factor)
{
    Node *p = product("x", 1, 33), *q = product("z", 1, 40), *y = sym("y"), *r;

    r = ex_mul2(c, p, y);
    ck_assert_int_eq(r->n, 2);
    ck_assert_ptr_eq(r, ex_mul2(c, y, p));
    ck_assert_ptr_eq(r, ex_mul(c, 2, (Node *[]){p, y}));
    ck_assert_ptr_eq(r, ex_rebuild(c, r, r->a));
    ck_assert_ptr_eq(ex_mul2(c, p, p), ex_powi(c, p, 2));
    ck_assert_int_eq(ex_powi(c, p, 2)->op, OP_POW);
    ck_assert_ptr_eq(ex_div(c, p, p), c->one);
    ck_assert_ptr_eq(ex_div(c, r, p), y);
    ck_assert_ptr_eq(ex_div(c, r, y), p);
    ck_assert_ptr_eq(ex_div(c, ex_mul2(c, p, q), p), q);
    ck_assert_ptr_eq(
        ex_mul2(c, ex_scale(c, num_int(3), p), ex_scale(c, num_rat(&c->tmp, 1, 3), q)),
        ex_mul2(c, p, q));
    ck_assert_int_eq(ex_sqrt(c, p)->op, OP_POW);
    ck_assert_ptr_eq(ex_mul2(c, ex_sqrt(c, p), ex_sqrt(c, p)), p);
    ck_assert_ptr_eq(ex_mul(c, 1, &p), p);
    ck_assert_ptr_eq(ex_mul(c, p->n, p->a), p);
}
END_TEST

/* A long product takes in what has its bases; two that share some become one. */
START_TEST(like_bases_are_collected)
{
    Node *p = product("x", 1, 40), *x3 = sym("x3"), *y = sym("y"), *r;

    ck_assert_int_eq(ex_div(c, p, x3)->n, 39);
    ck_assert_int_eq(ex_mul2(c, p, x3)->n, 40);
    ck_assert_ptr_eq(ex_div(c, ex_mul2(c, p, x3), x3), p);
    ck_assert_ptr_eq(ex_mul2(c, ex_mul2(c, y, p), ex_div(c, c->one, x3)),
                     ex_mul2(c, y, ex_div(c, p, x3)));
    ck_assert_ptr_eq(ex_div(c, p, product("x", 1, 39)), sym("x40"));
    ck_assert_ptr_eq(ex_mul2(c, product("x", 1, 40), product("x", 40, 80)),
                     ex_mul2(c, product("x", 1, 80), sym("x40")));
    r = ex_mul(c, 3, (Node *[]){ex_powi(c, p, -2), product("x", 2, 40), sym("x1")});
    ck_assert_ptr_eq(ex_mul2(c, r, p), c->one);
    /* three that hang together in a chain, in any order */
    Node *f[3] = {product("x", 1, 40), product("x", 40, 80), product("x", 80, 120)};
    r = ex_mul(c, 3, f);
    ck_assert_ptr_eq(r, ex_mul(c, 3, (Node *[]){f[2], f[0], f[1]}));
    ck_assert_ptr_eq(r, ex_mul(c, 3, (Node *[]){f[0], f[2], f[1]}));
    ck_assert_int_eq(r->n, 120);
}
END_TEST

START_TEST(roots_are_merged)
{
    Node *f[41], *two = ex_sqrt(c, c->two), *three = ex_sqrt(c, ex_int(c, 3));

    memcpy(f, product("x", 1, 40)->a, 40 * sizeof *f);
    f[40] = two;
    Node *p = ex_mul(c, 41, f);
    ck_assert_int_eq(p->n, 41);
    ck_assert_ptr_eq(ex_mul2(c, p, two), ex_scale(c, num_int(2), product("x", 1, 40)));
    f[40] = ex_sqrt(c, ex_int(c, 6));
    ck_assert_ptr_eq(ex_mul2(c, three, p), ex_mul(c, 41, f));
}
END_TEST

/* f_0 = x, f_k = f_(k-1)*sin(f_(k-1)) */
static Node *chain(int n)
{
    Node *f = sym("x");

    for (int k = 0; k < n; k++)
        f = ex_mul2(c, f, ex_fn1(c, OP_sin, f));
    return f;
}

START_TEST(nodes_of_chains_are_bounded)
{
    size_t count, at[2];
    uint32_t x = sym("x")->sym;

    for (int k = 1; k <= 2; k++) {
        Node *d = diff(c, chain(1000 * k), x), **order = ex_walk(c, 1, &d, &count);
        ck_assert_ptr_nonnull(order);
        for (size_t i = 0; i < count; i++)
            ck_assert_uint_le(order[i]->n, 2 * MUL_LONG);
        at[k - 1] = count;
    }
    ck_assert_uint_le(at[1], at[0] * 21 / 10);
}
END_TEST

static double value(Node *e, double x)
{
    double d = NAN;
    Num at = num_from_double(&c->tmp, x);
    Node *by = ex_num(c, at);
    uint32_t s = sym("x")->sym;

    ck_assert_int_eq(ball_double(c, ex_subst(c, e, &s, &by, 1), &d), LBZ_OK);
    return d;
}

START_TEST(derivatives_of_chains)
{
    static const double at[] = {0.75, 1.5, 2.25};
    Node *f = chain(80), *g;
    uint32_t x = sym("x")->sym;

    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double v = at[i], d = 1;
        for (int k = 0; k < 80; k++) { /* (f sin f)' = (sin f + f cos f) f' */
            d *= sin(v) + v * cos(v);
            v *= sin(v);
        }
        ck_assert(fabs(value(f, at[i]) - v) <= 1e-9 * fabs(v));
        ck_assert(fabs(value(diff(c, f, x), at[i]) - d) <= 1e-9 * fabs(d));
        ck_assert(diff_gradient(c, f, &x, 1, &g));
        ck_assert(fabs(value(g, at[i]) - d) <= 1e-9 * fabs(d));
    }
}
END_TEST

/* ---- print and read back */

static uint64_t seed;

static uint32_t roll(uint32_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % sides;
}

static Node *leaf(void)
{
    static const char *const text[] = {"x",  "y",      "x - 1",   "1 - x - y", "2*x + 4",
                                       "pi", "exp(x)", "sqrt(2)", "sqrt(x)",   "x^y"};
    char b[32];

    if (roll(3) == 0)
        return parse_text(c, text[roll(sizeof text / sizeof *text)]);
    snprintf(b, sizeof b, roll(2) ? "x%u" : "sin(x%u)", roll(60));
    return parse_text(c, b);
}

static Node *flat(int sign)
{
    Node *f[80];
    size_t n = 25 + roll(40);

    for (size_t i = 0; i < n; i++)
        f[i] = ex_powi(c, leaf(), roll(6) ? sign : 2 * sign);
    return ex_mul(c, n, f);
}

static Node *any(Node *const *have, size_t n)
{
    Node *p = roll(3) && n ? have[roll((uint32_t)n)]
              : roll(2)    ? flat(roll(2) ? 1 : -1)
                           : leaf();

    switch (roll(8)) {
    case 0: return ex_powi(c, p, (int64_t)roll(5) - 2);
    case 1: return ex_sqrt(c, p);
    case 2: return ex_fn1(c, OP_cos, p);
    case 3: return ex_scale(c, num_rat(&c->tmp, (int64_t)roll(9) - 4, 1 + roll(4)), p);
    case 4: return ex_add2(c, p, leaf());
    default: return p;
    }
}

static void ck_round_trip(Node *n)
{
    Str s = {0};

    print_plain(c, &s, n);
    ck_assert_msg(!ctx_failed(c), "%s", c->env.err.message);
    ck_assert_uint_eq((size_t)print_length(c, n), s.n);
    ck_assert_msg(parse_text(c, str_cstr(&s)) == n, "reads as something else: %s",
                  str_cstr(&s));
    str_free(&s);
}

START_TEST(what_is_printed_reads_back)
{
    Node *have[8];

    seed = 0x9e3779b97f4a7c15u * (uint64_t)(_i + 1);
    for (int round = 0; round < 40; round++) {
        ctx_begin_statement(c);
        for (size_t n = 0; n < 8; n++) {
            Node *a = any(have, n), *b = any(have, n);
            have[n] = roll(3) ? ex_mul2(c, a, b) : ex_div(c, a, b);
            if (ctx_failed(c) || ex_tree_size(c, have[n]) > 20000)
                break;
            ck_assert_ptr_eq(ex_rebuild(c, have[n], have[n]->a), have[n]);
            ck_round_trip(have[n]);
        }
    }
}
END_TEST

int main(void)
{
    TCase *t = suite_case("chain", 120, setup, teardown);
    tcase_add_test(t, up_to_the_bound_products_are_flat);
    tcase_add_test(t, long_products_are_one_factor);
    tcase_add_test(t, like_bases_are_collected);
    tcase_add_test(t, roots_are_merged);
    tcase_add_test(t, nodes_of_chains_are_bounded);
    tcase_add_test(t, derivatives_of_chains);
    tcase_add_loop_test(t, what_is_printed_reads_back, 0, 8);
    return suite_run();
}
