/* test_base.c - memory, errors, arenas, strings, UTF-8, maps. */
#include "base/child.h"
#include "suite.h"

#include <stdlib.h>
#include <unistd.h>

START_TEST(alloc_failure_counts_down)
{
    mem_fail_at = 3;
    void *a = mem_alloc(1), *b = mem_realloc(NULL, 5), *c = mem_alloc(1),
         *d = mem_alloc(1);
    ck_assert(a && b && !c && d);
    ck_assert_int_eq(mem_fail_at, 0);
    mem_free(a);
    mem_free(b);
    mem_free(d);
}
END_TEST

START_TEST(first_error_wins)
{
    Env env;
    env_init(&env);
    env.at = (Span){4, 2};
    ck_assert(!env_poll(&env));
    env_error(&env, LBZ_DOMAIN, "use %s", "log of %d", -1);
    env_error(&env, LBZ_LIMIT, NULL, "later");
    ck_assert(env_poll(&env));
    ck_assert_int_eq(env.err.status, LBZ_DOMAIN);
    ck_assert_str_eq(env.err.message, "log of -1");
    ck_assert_str_eq(env.err.hint, "use %s");
    ck_assert_uint_eq(env.err.span.pos, 4);
    env_reset(&env);
    ck_assert(!env_poll(&env));
    env_error_at(&env, (Span){7, 1}, LBZ_NAME, NULL, "x");
    ck_assert_uint_eq(env.err.span.pos, 7);
    ck_assert_str_eq(env.err.hint, "");
    ck_assert_str_eq(lbz_status_name(LBZ_DOMAIN), "DOMAIN");
}
END_TEST

START_TEST(long_message_is_cut_between_code_points)
{
    Env env;
    char text[2000];
    for (size_t k = 0; k < 3; k++) {
        env_init(&env);
        memset(text, 'a', k);
        for (size_t i = k; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x88\x9a", 4);
        env_error(&env, LBZ_NAME, text, "%s", text);
        ck_assert(utf8_valid(env.err.message, strlen(env.err.message), NULL));
        ck_assert(utf8_valid(env.err.hint, strlen(env.err.hint), NULL));
        ck_assert_uint_gt(strlen(env.err.message), 590);
    }
}
END_TEST

START_TEST(interrupt_and_fuel_stop_work)
{
    Env env;
    env_init(&env);
    lbz_interrupt();
    ck_assert(env_poll(&env));
    ck_assert_int_eq(env.err.status, LBZ_INTERRUPT);
    lbz_resume();
    env_reset(&env);
    env.fuel = 10;
    int n = 0;
    while (!env_poll(&env))
        n++;
    ck_assert_int_eq(n, 10);
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
}
END_TEST

START_TEST(arena_memory_is_disjoint_and_aligned)
{
    Env env;
    Arena a;
    env_init(&env);
    ck_assert(arena_init(&a, &env));
    enum { N = 5000 };
    static unsigned char *p[N];
    static size_t len[N];
    srand(1);
    for (size_t i = 0; i < N; i++) {
        len[i] = i % 100 == 99 ? (size_t)rand() % 200000 : (size_t)rand() % 300;
        p[i] = arena_alloc(&a, len[i]);
        ck_assert((uintptr_t)p[i] % 16 == 0);
        memset(p[i], (int)(i & 255), len[i]);
    }
    for (size_t i = 0; i < N; i++) {
        size_t bad = 0;
        for (size_t j = 0; j < len[i]; j++)
            bad += p[i][j] != (i & 255);
        ck_assert_uint_eq(bad, 0);
    }
    unsigned char *z = arena_zalloc(&a, 1000);
    for (size_t j = 0; j < 1000; j++)
        ck_assert(z[j] == 0);
    ck_assert_str_eq(arena_strndup(&a, "abcdef", 3), "abc");
    arena_reset(&a);
    ck_assert_uint_le(env.mem_used, (1u << 20) + 100);
    ck_assert_uint_gt(env.mem_used, 0);
    arena_free(&a);
    ck_assert_uint_eq(env.mem_used, 0);
}
END_TEST

START_TEST(arena_marks_give_memory_back)
{
    Env env;
    Arena a;
    env_init(&env);
    ck_assert(arena_init(&a, &env));
    ArenaMark none = arena_mark(&a);
    char *keep = arena_strndup(&a, "keep", 4);
    size_t top = 0;
    for (int round = 0; round < 1000; round++) {
        ArenaMark m = arena_mark(&a);
        for (int i = 0; i < 20; i++)
            ck_assert_ptr_nonnull(arena_zalloc(&a, 30000));
        arena_release(&a, m);
        top = round == 0 ? env.mem_used : top;
    }
    ck_assert_str_eq(keep, "keep");
    ck_assert_uint_le(env.mem_used, 2 * top);
    arena_release(&a, none);
    ck_assert_uint_le(env.mem_used, (1u << 20) + 100);
    arena_free(&a);
    ck_assert_uint_eq(env.mem_used, 0);
}
END_TEST

START_TEST(arena_without_memory_serves_from_reserve)
{
    Env env;
    Arena a;
    for (int why = 0; why < 2; why++) {
        env_init(&env);
        ck_assert(arena_init(&a, &env));
        if (why == 0)
            env.mem_cap = 1 << 20;
        else
            mem_fail_at = 2;
        for (int i = 0; i < 100; i++)
            ck_assert_ptr_nonnull(arena_zalloc(&a, 40000));
        ck_assert_ptr_nonnull(arena_zalloc(&a, 65536));
        ck_assert_int_eq(env.err.status, LBZ_LIMIT);
        env.mem_cap = 1 << 20;
        ck_assert_ptr_null(arena_alloc(&a, 2 << 20));
        ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 3));
        mem_fail_at = 0;
        arena_free(&a);
    }
    mem_fail_at = 1;
    ck_assert(!arena_init(&a, &env));
}
END_TEST

START_TEST(strings_grow)
{
    Str b = {0};
    ck_assert_str_eq(str_cstr(&b), "");
    for (int i = 0; i < 1000; i++) {
        str_printf(&b, "%d,", i);
        str_putc(&b, ';');
    }
    ck_assert(!strncmp(b.s, "0,;1,;2,;", 9));
    ck_assert_uint_eq(b.n, strlen(b.s));
    str_clear(&b);
    ck_assert_str_eq(str_cstr(&b), "");
    str_printf(&b, "%0500d", 7);
    ck_assert_uint_eq(b.n, 500);
    ck_assert_int_eq(b.s[499], '7');
    mem_fail_at = 1;
    str_printf(&b, "%050000d", 7);
    ck_assert(b.failed);
    ck_assert_uint_eq(b.n, 500);
    str_puts(&b, "no more");
    ck_assert_uint_eq(b.n, 500);
    str_clear(&b);
    str_puts(&b, "again");
    ck_assert_str_eq(str_cstr(&b), "again");
    str_free(&b);
}
END_TEST

START_TEST(utf8_is_strict)
{
    static const char *const bad[] = {
        "\x80",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xed\xa0\x80",
        "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe2\x88",
        "\xc3",
        "\xc3(",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t cp;
        size_t at;
        char s[16] = "ab";
        strcat(s, bad[i]);
        ck_assert_uint_eq(utf8_get(bad[i], strlen(bad[i]), &cp), 0);
        ck_assert(!utf8_valid(s, strlen(s), &at));
        ck_assert_uint_eq(at, 2);
    }
    uint32_t cp = 1;
    ck_assert_uint_eq(utf8_get("\0", 1, &cp), 1);
    ck_assert_uint_eq(cp, 0);
    ck_assert_uint_eq(utf8_get("", 0, &cp), 0);
    ck_assert_uint_eq(utf8_get("\xe2\x88\x9a", 3, &cp), 3);
    ck_assert_uint_eq(cp, 0x221a);
    ck_assert_uint_eq(utf8_get("\xf4\x8f\xbf\xbf", 4, &cp), 4);
    ck_assert_uint_eq(cp, 0x10ffff);
}
END_TEST

START_TEST(utf8_measures)
{
    const char *s =
        "a\xcc\x81\xe2\x88\x9a\xe6\xbc\xa2\xf0\x9f\x98\x80"; /* a´ √ 漢 emoji */
    ck_assert_uint_eq(utf8_len(s, strlen(s)), 5);
    ck_assert_uint_eq(utf8_width(s, strlen(s)), 6);
    ck_assert_uint_eq(utf8_width("abc", 3), 3);
    ck_assert_uint_eq(utf8_width("\xcf\x80\xe2\x88\x82", 5), 2); /* pi, partial */
}
END_TEST

START_TEST(map_agrees_with_array)
{
    Env env;
    Arena a;
    Map m;
    static uint64_t want[4096];
    env_init(&env);
    ck_assert(arena_init(&a, &env));
    map_init(&m, &a);
    uint64_t v;
    ck_assert(!map_get(&m, 0, &v));
    srand(2);
    for (int i = 0; i < 20000; i++) {
        size_t k = (size_t)rand() % 4096;
        want[k] = (uint64_t)rand() + 1;
        map_put(&m, (uint64_t)k << 40, want[k]);
    }
    for (size_t k = 0; k < 4096; k++) {
        bool have = map_get(&m, (uint64_t)k << 40, &v);
        ck_assert(have == (want[k] != 0));
        ck_assert(!have || v == want[k]);
    }
    ck_assert(!map_get(&m, 12345, &v));
    arena_free(&a);
}
END_TEST

START_TEST(map_without_memory_stays_whole)
{
    Env env;
    Arena a;
    Map m;
    uint64_t v;
    env_init(&env);
    ck_assert(arena_init(&a, &env));
    env.mem_cap = 70000;
    map_init(&m, &a);
    for (uint64_t k = 0; k < 10000; k++) {
        map_put(&m, k, k + 1);
        ck_assert_ptr_nonnull(arena_zalloc(&a, 64));
    }
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
    ck_assert_uint_gt(m.n, 8);
    for (uint64_t k = 0; k < 10000; k++)
        ck_assert(!map_get(&m, k, &v) || v == k + 1);
    arena_free(&a);
}
END_TEST

START_TEST(hash_depends_on_every_byte)
{
    char s[40] = {0};
    for (size_t n = 0; n < 40; n++) {
        uint64_t h = hash_bytes(s, n, 1);
        ck_assert(h != hash_bytes(s, n + 1, 1) || n == 39);
        ck_assert(h != hash_bytes(s, n, 2));
        for (size_t i = 0; i < n; i++) {
            s[i] = 1;
            ck_assert(h != hash_bytes(s, n, 1));
            s[i] = 0;
        }
    }
}
END_TEST

static void append(const char *s, size_t n, void *out) { str_put(out, s, n); }

START_TEST(what_terminals_obey)
{
    static const char *const yes[] = {"\x1b",         "\n",           "\x7f",
                                      "\xc2\x80",     "\xc2\x9f",     "\x9b",
                                      "\xe2\x80\x8b", "\xe2\x81\xa9", "\xef\xbb\xbf"};
    static const char *const no[] = {" ",        "a",
                                     "~",        "\xc2\xa0",
                                     "\xcf\x80", "\xe2\x82\xac",
                                     "\xcc\x81", "\xf0\x9d\x9b\xbc"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(lbz_is_control(yes[i], strlen(yes[i])), "%zu", i);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(!lbz_is_control(no[i], strlen(no[i])), "%zu", i);
}
END_TEST

START_TEST(distances_of_words)
{
    static const struct {
        const char *a, *b;
        unsigned d;
    } pairs[] = {{"sin", "sin", 0},  {"Sin", "sIN", 0},       {"sni", "sin", 1},
                 {"sin", "sinh", 1}, {"cos", "sin", 3},       {"", "abc", 3},
                 {"ab", "ba", 1},    {"kitten", "sitting", 3}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *a = pairs[i].a, *b = pairs[i].b;
        ck_assert_uint_eq(str_distance(a, strlen(a), b, strlen(b)), pairs[i].d);
        ck_assert_uint_eq(str_distance(b, strlen(b), a, strlen(a)), pairs[i].d);
    }
    char x[50];
    memset(x, 'x', sizeof x);
    ck_assert_uint_eq(str_distance(x, sizeof x, "x", 1), 40);
}
END_TEST

START_TEST(json_strings)
{
    static const char in[] = "a\"\\\n\r\t\x01\x7f\xc3\xa9\xff\xc3\0z";
    Str s = {0};
    lbz_json(in, sizeof in - 1, append, &s);
    ck_assert_str_eq(str_cstr(&s), "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f\xc3\xa9"
                                   "\xef\xbf\xbd\xef\xbf\xbd\\u0000z\"");
    str_clear(&s);
    lbz_json("\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xc2\xa0", 11, append, &s);
    ck_assert_str_eq(str_cstr(&s), "\"\\u009b\\u202e\\udb40\\udc41\xc2\xa0\"");
    str_clear(&s);
    lbz_json("", 0, append, &s);
    ck_assert_str_eq(str_cstr(&s), "\"\"");
    str_free(&s);
    ck_assert_uint_eq(lbz_character("\xe2\x82\xac", 3), 3);
    ck_assert_uint_eq(lbz_character("\xe2\x82\xac", 2), 0);
    ck_assert_uint_eq(lbz_character("\xed\xa0\x80", 3), 0);
    ck_assert_uint_eq(lbz_character("a", 1), 1);
}
END_TEST

/* ---- children */
static void child_answers(void *arg, Str *answer) { str_puts(answer, arg); }

static void child_fails(void *arg, Str *answer)
{
    str_puts(answer, "lost");
    env_error(arg, LBZ_DOMAIN, "a hint", "no value");
}

static void child_dies(void *arg, Str *answer)
{
    (void)arg;
    (void)answer;
    raise(SIGKILL);
}

static void child_never_ends(void *arg, Str *answer)
{
    (void)arg;
    (void)answer;
    pause();
}

static void interrupt_at_alarm(int sig)
{
    (void)sig;
    lbz_interrupt();
}

START_TEST(a_child_answers_fails_or_is_dropped)
{
    Env env;
    Str s = {0};
    env_init(&env);
    ck_assert(child_run(&env, child_answers, "answer", &s));
    ck_assert_str_eq(str_cstr(&s), "answer");
    ck_assert(!child_run(&env, child_fails, &env, &s));
    ck_assert_int_eq(env.err.status, LBZ_DOMAIN);
    ck_assert_str_eq(env.err.message, "no value");
    ck_assert_str_eq(env.err.hint, "a hint");
    ck_assert_uint_eq(s.n, strlen("answer"));
    env_reset(&env);
    ck_assert(!child_run(&env, child_dies, NULL, &s));
    ck_assert_int_eq(env.err.status, LBZ_LIMIT);
    env_reset(&env);
    signal(SIGALRM, interrupt_at_alarm);
    alarm(1);
    ck_assert(!child_run(&env, child_never_ends, NULL, &s));
    ck_assert_int_eq(env.err.status, LBZ_INTERRUPT);
    lbz_resume();
    env_reset(&env);
    env.children = false; /* then the caller does it */
    ck_assert(!child_pays(&env, 1e9));
    ck_assert(child_run(&env, child_answers, ", too", &s));
    ck_assert_str_eq(str_cstr(&s), "answer, too");
    str_free(&s);
    env_release(&env);
}
END_TEST

int main(void)
{
    TCase *t = suite_case("base", 60, NULL, NULL);
    tcase_add_test(t, alloc_failure_counts_down);
    tcase_add_test(t, first_error_wins);
    tcase_add_test(t, long_message_is_cut_between_code_points);
    tcase_add_test(t, interrupt_and_fuel_stop_work);
    tcase_add_test(t, arena_memory_is_disjoint_and_aligned);
    tcase_add_test(t, arena_marks_give_memory_back);
    tcase_add_test(t, arena_without_memory_serves_from_reserve);
    tcase_add_test(t, strings_grow);
    tcase_add_test(t, utf8_is_strict);
    tcase_add_test(t, utf8_measures);
    tcase_add_test(t, map_agrees_with_array);
    tcase_add_test(t, map_without_memory_stays_whole);
    tcase_add_test(t, hash_depends_on_every_byte);
    tcase_add_test(t, json_strings);
    tcase_add_test(t, what_terminals_obey);
    tcase_add_test(t, distances_of_words);
    tcase_add_test(t, a_child_answers_fails_or_is_dropped);
    return suite_run();
}
