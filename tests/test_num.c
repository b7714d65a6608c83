/* test_num.c - exact arithmetic against plain GMP on random operands of many sizes, text
 * and doubles by round trips and known values. */
#include "number/number.h"
#include "suite.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static Env env;
static Arena arena;
static gmp_randstate_t rnd;

static void setup(void)
{
    env_init(&env);
    ck_assert(arena_init(&arena, &env));
    gmp_randinit_default(rnd);
    gmp_randseed_ui(rnd, 12345);
}

static void teardown(void)
{
    arena_free(&arena);
    gmp_randclear(rnd);
}

static Num parse(const char *s)
{
    Num x;
    ck_assert_uint_eq(num_parse(&arena, s, strlen(s), &x), strlen(s));
    return x;
}

static void ck_prints(Num x, const char *want)
{
    Str b = {0};
    num_print(&b, x);
    ck_assert_str_eq(str_cstr(&b), want);
    str_free(&b);
}

/* random with many zeros, ones, word borders */
static void random_mpz(mpz_t z)
{
    switch (gmp_urandomm_ui(rnd, 8)) {
    case 0: mpz_set_si(z, (long)gmp_urandomm_ui(rnd, 5) - 2); break;
    case 1: mpz_set_si(z, INT64_MIN + (long)gmp_urandomm_ui(rnd, 3)); break;
    case 2: mpz_set_si(z, INT64_MAX - (long)gmp_urandomm_ui(rnd, 3)); break;
    case 3: mpz_set_ui(z, UINT64_MAX - gmp_urandomm_ui(rnd, 3)); break;
    case 4: mpz_rrandomb(z, rnd, 300); break;
    case 5: mpz_rrandomb(z, rnd, 40); break;
    case 6: mpz_urandomb(z, rnd, 10); break;
    default: mpz_rrandomb(z, rnd, 64); break;
    }
    if (gmp_urandomb_ui(rnd, 1))
        mpz_neg(z, z);
}

static void random_mpq(mpq_t q)
{
    random_mpz(mpq_numref(q));
    do {
        random_mpz(mpq_denref(q));
    } while (mpz_sgn(mpq_denref(q)) == 0 ||
             (gmp_urandomb_ui(rnd, 2) == 0 && (mpz_set_ui(mpq_denref(q), 1), false)));
    mpq_canonicalize(q);
}

/* x is exactly q, and represented as the invariant says */
static void ck_same(Num x, const mpq_t q)
{
    mpq_t v;
    mpq_init(v);
    num_get_mpq(v, x);
    ck_assert(mpq_equal(v, q));
    bool small = mpz_fits_slong_p(mpq_numref(q)) && mpz_fits_slong_p(mpq_denref(q));
    ck_assert(num_is_small(x) == small);
    Num y = num_set_mpq(&arena, q);
    y.dec = x.dec;
    ck_assert(num_eq(x, y));
    ck_assert(num_hash(x) == num_hash(y));
    ck_assert_int_eq(num_sgn(x), mpq_sgn(q));
    ck_assert(num_is_int(x) == (mpz_cmp_ui(mpq_denref(q), 1) == 0));
    ck_assert(num_is_even(x) == (num_is_int(x) && mpz_even_p(mpq_numref(q))));
    mpq_clear(v);
}

START_TEST(arithmetic_agrees_with_gmp)
{
    mpq_t p, q, r;
    mpq_inits(p, q, r, NULL);
    for (int i = 0; i < 20000; i++) {
        if (i % 1000 == 0)
            arena_reset(&arena);
        random_mpq(p);
        random_mpq(q);
        Num x = num_set_mpq(&arena, p), y = num_set_mpq(&arena, q);
        mpq_add(r, p, q);
        ck_same(num_add(&arena, x, y), r);
        mpq_sub(r, p, q);
        ck_same(num_sub(&arena, x, y), r);
        mpq_mul(r, p, q);
        ck_same(num_mul(&arena, x, y), r);
        mpq_neg(r, p);
        ck_same(num_neg(&arena, x), r);
        mpq_abs(r, p);
        ck_same(num_abs(&arena, x), r);
        int c = mpq_cmp(p, q);
        ck_assert_int_eq(num_cmp(x, y), (c > 0) - (c < 0));
        ck_assert(num_eq(x, y) == (c == 0));
        if (mpq_sgn(q)) {
            mpq_div(r, p, q);
            ck_same(num_div(&arena, x, y), r);
            mpq_inv(r, q);
            ck_same(num_inv(&arena, y), r);
        }
    }
    mpq_clears(p, q, r, NULL);
    ck_assert(!env_failed(&env));
}
END_TEST

START_TEST(integer_parts_agree_with_gmp)
{
    mpq_t p, q, r, s;
    mpz_t z;
    mpq_inits(p, q, r, s, NULL);
    mpz_init(z);
    for (int i = 0; i < 10000; i++) {
        random_mpq(p);
        random_mpq(q);
        Num x = num_set_mpq(&arena, p), y = num_set_mpq(&arena, q);
        mpz_fdiv_q(z, mpq_numref(p), mpq_denref(p));
        mpq_set_z(r, z);
        ck_same(num_floor(&arena, x), r);
        mpz_cdiv_q(z, mpq_numref(p), mpq_denref(p));
        mpq_set_z(r, z);
        ck_same(num_ceil(&arena, x), r);
        Num d = num_abs(&arena, num_sub(&arena, num_round(&arena, x), x));
        ck_assert_int_le(num_cmp(d, num_rat(&arena, 1, 2)), 0);
        if (mpq_sgn(q)) {
            mpq_div(r, p, q);
            mpz_fdiv_q(z, mpq_numref(r), mpq_denref(r));
            mpq_set_z(r, z);
            mpq_mul(r, r, q);
            mpq_sub(r, p, r);
            ck_same(num_mod(&arena, x, y), r);
        }
        Num g = num_gcd(&arena, x, y);
        ck_assert_int_ge(num_sgn(g), 0);
        if (num_sgn(g)) {
            Num a = num_div(&arena, x, g), b = num_div(&arena, y, g);
            ck_assert(num_is_int(a) && num_is_int(b));
            ck_assert(num_is_one(num_gcd(&arena, a, b)));
        }
        ck_assert(num_eq(x, num_div(&arena, num_numer(&arena, x), num_denom(&arena, x))));
    }
    mpq_clears(p, q, r, s, NULL);
    mpz_clear(z);
    ck_prints(num_round(&arena, num_rat(&arena, 5, 2)), "3");
    ck_prints(num_round(&arena, num_rat(&arena, -5, 2)), "-3");
    ck_prints(num_gcd(&arena, num_rat(&arena, 4, 3), num_rat(&arena, 2, 5)), "2/15");
}
END_TEST

START_TEST(powers)
{
    mpq_t p, r;
    mpq_inits(p, r, NULL);
    for (int i = 0; i < 3000; i++) {
        random_mpq(p);
        long e = (long)gmp_urandomm_ui(rnd, 20) - 10;
        if (e < 0 && mpq_sgn(p) == 0)
            continue;
        mpq_set_ui(r, 1, 1);
        for (long k = 0; k < labs(e); k++)
            mpq_mul(r, r, p);
        if (e < 0)
            mpq_inv(r, r);
        ck_same(num_pow(&arena, num_set_mpq(&arena, p), e), r);
    }
    mpq_clears(p, r, NULL);
    ck_assert(num_is_one(num_pow(&arena, NUM_ZERO, 0)));
    ck_assert(num_is_zero(num_pow(&arena, NUM_ZERO, INT64_MAX)));
    ck_assert(num_is_minus_one(num_pow(&arena, num_int(-1), INT64_MAX)));
    ck_assert(num_is_one(num_pow(&arena, num_int(-1), INT64_MIN)));
    ck_assert(!env_failed(&env));
}
END_TEST

START_TEST(sizes_are_limited)
{
    static const char *const what[] = {"pow",  "pow-",  "pow!", "mul",
                                       "fact", "binom", "add"};
    Num big = num_pow(&arena, num_int(2), 100000000);
    Num frac =
        num_inv(&arena, num_add(&arena, num_pow(&arena, num_int(2), 10000000), NUM_ONE));
    ck_assert(!env_failed(&env));
    for (int i = 0; i < 7; i++) {
        env_reset(&env);
        Num r = NUM_ONE;
        switch (i) {
        case 0: r = num_pow(&arena, num_int(2), 1000000000); break;
        case 1: r = num_pow(&arena, num_int(3), INT64_MIN); break;
        case 2: r = num_pow(&arena, big, INT64_MAX); break;
        case 3: r = num_mul(&arena, big, big); break;
        case 4: r = num_factorial(&arena, 100000000); break;
        case 5: r = num_binomial(&arena, 1000000000, 500000000); break;
        case 6: r = num_add(&arena, frac, frac); break;
        }
        ck_assert_msg(env.err.status == LBZ_LIMIT, "%s", what[i]);
        ck_assert(num_is_zero(r));
        ck_assert_ptr_nonnull(strstr(env.err.message, "digits"));
        ck_assert_uint_gt(strlen(env.err.hint), 10);
    }
}
END_TEST

START_TEST(memory_can_run_out)
{
    env.mem_cap = 1 << 20;
    Num x = num_pow(&arena, num_int(3), 1000);
    for (int i = 0; i < 20000 && !env_failed(&env); i++)
        x = num_add(&arena, x, NUM_ONE);
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
    ck_assert(num_is_zero(x));
}
END_TEST

START_TEST(decimals_spread)
{
    Arena *a = &arena;
    ck_prints(num_add(a, parse("0.1"), parse("0.2")), "0.3");
    ck_prints(num_add(a, parse("0.1"), num_rat(a, 1, 5)), "0.3");
    ck_prints(num_mul(a, parse("0.5"), num_int(2)), "1.0");
    ck_prints(num_sub(a, parse("0.5"), parse("0.5")), "0.0");
    ck_prints(num_pow(a, parse("0.1"), 2), "0.01");
    ck_prints(num_div(a, num_int(1), parse("3.0")), "0.33333333333333333");
    ck_prints(num_neg(a, parse("2.5")), "-2.5");
    ck_prints(num_floor(a, parse("2.5")), "2");
    ck_prints(num_mod(a, parse("2.5"), num_int(1)), "0.5");
    ck_assert(!num_eq(parse("1.0"), NUM_ONE));
    ck_assert_int_eq(num_cmp(parse("1.0"), NUM_ONE), 0);
}
END_TEST

START_TEST(factorials_and_binomials)
{
    Arena *a = &arena;
    Num f = NUM_ONE;
    for (int64_t n = 1; n < 60; n++) {
        f = num_mul(a, f, num_int(n));
        ck_assert(num_eq(f, num_factorial(a, (uint64_t)n)));
    }
    for (int64_t n = -20; n <= 40; n++) {
        for (int64_t k = 0; k < 25; k++) {
            Num want = NUM_ONE;
            for (int64_t j = 0; j < k; j++)
                want = num_div(a, num_mul(a, want, num_int(n - j)), num_int(j + 1));
            ck_assert(num_eq(want, num_binomial(a, n, (uint64_t)k)));
        }
    }
    ck_prints(num_binomial(a, INT64_MIN, 1), "-9223372036854775808");
    ck_prints(num_binomial(a, INT64_MAX, INT64_MAX - 1), "9223372036854775807");
}
END_TEST

START_TEST(power_is_split_off)
{
    Arena *a = &arena;
    Num out, rest;
    for (int64_t n = 1; n < 2000; n++) {
        for (unsigned k = 2; k < 5; k++) {
            num_split_power(a, num_int(n), k, &out, &rest);
            ck_assert(num_eq(num_mul(a, num_pow(a, out, k), rest), num_int(n)));
            for (int64_t d = 2; d * d <= n; d++)
                ck_assert(!num_is_int(num_div(a, rest, num_pow(a, num_int(d), k))));
        }
    }
    num_split_power(a, num_pow(a, num_int(12), 101), 2, &out, &rest);
    ck_assert(num_eq(rest, num_int(3)));
    ck_assert(num_eq(num_mul(a, num_pow(a, out, 2), rest), num_pow(a, num_int(12), 101)));
    Num p = parse("1000000000000000000000007"); /* a prime, beyond trial division */
    num_split_power(a, num_mul(a, num_pow(a, p, 5), num_int(8)), 2, &out, &rest);
    ck_assert(num_eq(out, num_mul(a, num_pow(a, p, 2), num_int(2))));
    ck_assert(num_eq(rest, num_mul(a, p, num_int(2))));
    num_split_power(a, num_pow(a, p, 100), 4, &out, &rest);
    ck_assert(num_eq(out, num_pow(a, p, 25)) && num_is_one(rest));
}
END_TEST

START_TEST(words_are_factored)
{
    uint64_t prime[16];
    unsigned mult[16];
    static const uint64_t hard[] = {2,
                                    UINT64_MAX,
                                    18446744073709551557u,
                                    1u << 31,
                                    4294967291u * 4294967279u,
                                    614889782588491410u};
    for (size_t i = 0; i < 2000 + sizeof hard / sizeof *hard; i++) {
        uint64_t n = i < 2000 ? gmp_urandomb_ui(rnd, 2 + i % 60) + 2 : hard[i - 2000];
        size_t k = num_factor(n, prime, mult);
        uint64_t prod = 1;
        for (size_t j = 0; j < k; j++) {
            mpz_t z;
            mpz_init_set_ui(z, prime[j]);
            ck_assert(mpz_probab_prime_p(z, 25));
            ck_assert(j == 0 || prime[j - 1] < prime[j]);
            mpz_clear(z);
            for (unsigned m = 0; m < mult[j]; m++)
                prod *= prime[j];
        }
        ck_assert_uint_eq(prod, n);
    }
}
END_TEST

START_TEST(literals)
{
    static const struct {
        const char *text;
        size_t used;
        const char *value;
    } t[] = {
        {"0", 1, "0"},
        {"007", 3, "7"},
        {"123x", 3, "123"},
        {"0.1", 3, "0.1"},
        {".5", 2, "0.5"},
        {"5.", 2, "5.0"},
        {"2.*x", 1, "2"},
        {"1..3", 1, "1"},
        {"2.x", 1, "2"},
        {"2e3", 3, "2000.0"},
        {"2e", 1, "2"},
        {"2e+", 1, "2"},
        {"2ex", 1, "2"},
        {"1.5e-7", 6, "1.5e-7"},
        {"1E2", 3, "100.0"},
        {"2.50", 4, "2.5"},
        {"", 0, ""},
        {".", 0, ""},
        {"x", 0, ""},
        {"-1", 0, ""},
        {"1e-12", 5, "1e-12"},
        {"0.000001", 8, "0.000001"},
        {"0.0000001", 9, "1e-7"},
        {"1e20", 4, "100000000000000000000.0"},
        {"1e21", 4, "1e+21"},
        {"1e-100", 6, "1e-100"},
        {"1e300", 5, "1e+300"},
        {"9223372036854775807", 19, "9223372036854775807"},
        {"9223372036854775808", 19, "9223372036854775808"},
        {"123456789012345678901234567890.5", 32, "1.234567890123456789012345678905e+29"},
        {"0.1234567890123456789012345678901234567890", 42,
         "0.123456789012345678901234567890123456789"},
        {"0.12345678901234567890123456789012345678901", 43,
         "0.12345678901234567890123456789012345678901"},
        {"0.99999999999999999999999999999999999999999999", 46,
         "0.99999999999999999999999999999999999999999999"},
        {"0.0", 3, "0.0"},
        {"0e5", 3, "0.0"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        Num x;
        size_t used = num_parse(&arena, t[i].text, strlen(t[i].text), &x);
        ck_assert_msg(used == t[i].used, "%s: used %zu", t[i].text, used);
        if (used)
            ck_prints(x, t[i].value);
    }
    ck_assert(!env_failed(&env));
    Num x;
    ck_assert_uint_eq(num_parse(&arena, "1e999999999999999999999", 23, &x), 23);
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
}
END_TEST

START_TEST(text_round_trips)
{
    mpq_t p;
    mpq_init(p);
    for (int i = 0; i < 2000; i++) {
        random_mpq(p);
        Num x = num_set_mpq(&arena, p), y, z = NUM_ONE;
        Str b = {0};
        num_print(&b, num_abs(&arena, x));
        size_t n = num_parse(&arena, b.s, b.n, &y);
        if (n < b.n) {
            ck_assert_int_eq(b.s[n], '/');
            ck_assert_uint_eq(num_parse(&arena, b.s + n + 1, b.n - n - 1, &z),
                              b.n - n - 1);
        }
        ck_assert(num_eq(num_div(&arena, y, z), num_abs(&arena, x)));
        str_free(&b);
    }
    mpq_clear(p);
}
END_TEST

START_TEST(million_digits)
{
    size_t n = 1000000;
    char *s = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        s[i] = (char)('1' + i * i % 9);
    s[n] = '\0';
    Num x;
    ck_assert_uint_eq(num_parse(&arena, s, n, &x), n);
    Str b = {0};
    num_print(&b, x);
    ck_assert_str_eq(b.s, s);
    str_free(&b);
    free(s);
}
END_TEST

/* digits of num_digits against the definition: |d*10^(e-n+1) - x| is least */
START_TEST(digits_are_nearest)
{
    mpq_t p;
    mpq_init(p);
    for (int i = 0; i < 5000; i++) {
        random_mpq(p);
        if (i % 10 == 0) { /* close to powers of ten */
            mpq_set_si(p, 1, 1);
            mpz_ui_pow_ui(mpq_numref(p), 10, gmp_urandomm_ui(rnd, 40));
            mpz_add_ui(mpq_numref(p), mpq_numref(p), gmp_urandomm_ui(rnd, 3));
            mpz_sub_ui(mpq_numref(p), mpq_numref(p), 1);
            mpz_ui_pow_ui(mpq_denref(p), 10, gmp_urandomm_ui(rnd, 40));
            mpq_canonicalize(p);
        }
        Num x = num_set_mpq(&arena, p);
        if (num_is_zero(x))
            continue;
        size_t n = 1 + gmp_urandomm_ui(rnd, 20);
        int64_t e;
        Str b = {0};
        bool exact = num_digits(&b, x, n, &e);
        ck_assert(b.n >= 1 && b.n <= n && b.s[0] != '0' &&
                  (b.n == 1 || b.s[b.n - 1] != '0'));
        Num d = num_mul(&arena, parse(b.s),
                        num_pow(&arena, num_int(10), e - (int64_t)b.n + 1));
        Num err = num_abs(&arena, num_sub(&arena, d, num_abs(&arena, x)));
        Num half = num_mul(&arena, num_rat(&arena, 1, 2),
                           num_pow(&arena, num_int(10), e - (int64_t)n + 1));
        ck_assert(num_cmp(err, half) <= 0);
        ck_assert(exact == num_is_zero(err));
        str_free(&b);
    }
    mpq_clear(p);
}
END_TEST

static double random_double(void)
{
    uint64_t u = gmp_urandomb_ui(rnd, 64);
    double d;
    memcpy(&d, &u, 8);
    return isfinite(d) ? d : 1.5;
}

START_TEST(doubles_are_nearest)
{
    ck_assert(num_to_double(parse("0.1")) == 0.1);
    ck_assert(num_to_double(parse("1e308")) == 1e308);
    ck_assert(num_to_double(parse("1e309")) == HUGE_VAL);
    ck_assert(num_to_double(num_neg(&arena, parse("1e400"))) == -HUGE_VAL);
    ck_assert(num_to_double(parse("4.9e-324")) == 4.9406564584124654e-324);
    ck_assert(num_to_double(parse("1e-400")) == 0);
    ck_assert(num_to_double(num_pow(&arena, num_int(2), -1075)) == 0);
    ck_assert(num_to_double(num_add(&arena, num_pow(&arena, num_int(2), -1075),
                                    num_pow(&arena, num_int(2), -1300))) == 0x1p-1074);
    ck_assert(num_to_double(parse("9007199254740993")) == 9007199254740992.0);
    ck_assert(num_to_double(parse("9007199254740995")) == 9007199254740996.0);
    ck_assert(num_to_double(num_int(INT64_MIN)) == -0x1p63);
    for (int i = 0; i < 5000; i++) {
        double d = random_double();
        char text[40];
        /* strtod is correctly rounded: compare on decimals near halfway points */
        snprintf(text, sizeof text, "%.*e", 10 + i % 15, fabs(d));
        ck_assert_msg(num_to_double(parse(text)) == strtod(text, NULL), "%s", text);
        mpq_t q;
        mpq_init(q);
        mpq_set_d(q, d);
        ck_assert(num_to_double(num_set_mpq(&arena, q)) == d);
        mpq_clear(q);
    }
}
END_TEST

START_TEST(doubles_print_shortest)
{
    static const struct {
        double d;
        const char *text;
    } t[] = {
        {0.1, "0.1"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {1, "1"},
        {-0.0, "-0"},
        {123456789, "123456789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1e-6, "0.000001"},
        {1e-7, "1e-7"},
        {0x1p-44, "5.684341886080802e-14"},
        {2.0 / 3, "0.6666666666666666"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992"},
        {HUGE_VAL, "inf"},
        {-HUGE_VAL, "-inf"},
        {NAN, "nan"},
        {9.5367431640625e-07, "9.5367431640625e-7"},
        {-1.5, "-1.5"},
    };
    char out[32];
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        double_print(out, t[i].d);
        ck_assert_str_eq(out, t[i].text);
    }
    for (int i = 0; i < 20000; i++) {
        double d = i % 5 ? random_double() : ldexp(1, i % 2000 - 1050);
        double_print(out, d);
        ck_assert(strtod(out, NULL) == d);
        Num x = num_from_double(&arena, d);
        ck_assert(x.dec && num_to_double(x) == d);
        if (i % 1000 == 0)
            arena_reset(&arena);
    }
    ck_prints(num_from_double(&arena, 0.1), "0.1");
    ck_prints(num_from_double(&arena, -3), "-3.0");
}
END_TEST

int main(void)
{
    TCase *t = suite_case("num", 60, setup, teardown);
    tcase_add_test(t, arithmetic_agrees_with_gmp);
    tcase_add_test(t, integer_parts_agree_with_gmp);
    tcase_add_test(t, powers);
    tcase_add_test(t, sizes_are_limited);
    tcase_add_test(t, memory_can_run_out);
    tcase_add_test(t, decimals_spread);
    tcase_add_test(t, factorials_and_binomials);
    tcase_add_test(t, power_is_split_off);
    tcase_add_test(t, words_are_factored);
    tcase_add_test(t, literals);
    tcase_add_test(t, text_round_trips);
    tcase_add_test(t, million_digits);
    tcase_add_test(t, digits_are_nearest);
    tcase_add_test(t, doubles_are_nearest);
    tcase_add_test(t, doubles_print_shortest);
    return suite_run();
}
