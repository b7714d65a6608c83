/* test_pipe.c - the real program as a filter: when it writes, how it ends, and what
 * hostile input does to it (nothing). What it writes, line by line, is in
 * tests/golden. */
#define _GNU_SOURCE
#include "program.h"
#include "suite.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#define ARGS(...) \
    (char *[]){__VA_ARGS__}, sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)

static Ran run_text(const char *in, char *const *args, size_t nargs)
{
    return program_run(in, strlen(in), args, nargs);
}

/* ---- a co-process that waits for each answer */

typedef struct {
    int in, out;
    pid_t pid;
} Co;

static Co co_start(char *const *args, size_t nargs)
{
    int a[2], b[2];
    ck_assert_int_eq(pipe2(a, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(b, O_CLOEXEC), 0);
    fflush(NULL);
    Co c = {a[1], b[0], fork()};
    if (c.pid == 0) {
        dup2(a[0], 0);
        dup2(b[1], 1);
        program_exec(args, nargs);
    }
    close(a[0]);
    close(b[1]);
    return c;
}

static void co_send(Co *c, const char *s)
{
    ck_assert_int_eq((int)write(c->in, s, strlen(s)), (int)strlen(s));
}

/* One line, which has to come without any more input. */
static void co_expect(Co *c, const char *line)
{
    char got[4096];
    size_t n = 0;
    struct pollfd p = {.fd = c->out, .events = POLLIN};
    while (n + 1 < sizeof got && (!n || got[n - 1] != '\n')) {
        ck_assert_msg(poll(&p, 1, 20000) > 0,
                      "no answer while the program waits for input");
        ck_assert_int_eq((int)read(c->out, got + n, 1), 1);
        n++;
    }
    got[n - 1] = 0;
    ck_assert_str_eq(got, line);
}

static int co_end(Co *c)
{
    int status = -1;
    close(c->in);
    waitpid(c->pid, &status, 0);
    close(c->out);
    return program_status(status);
}

static void answers_before_more_input(char *const *args, size_t nargs)
{
    Co c = co_start(args, nargs);
    co_send(&c, "d/dx x^2\n");
    co_expect(&c, "2*x");
    co_send(&c, "a = 3\na + 1\n");
    co_expect(&c, "4");
    co_send(&c, "a + ");
    co_send(&c, "2\n");
    co_expect(&c, "5");
    co_send(&c, "a + 3"); /* the last line may lack its end */
    close(c.in);
    c.in = -1;
    co_expect(&c, "6");
    ck_assert_int_eq(co_end(&c), 0);
}

START_TEST(flushes_when_the_next_read_would_block)
{
    answers_before_more_input(NULL, 0);
    answers_before_more_input(ARGS("-j", "2"));
}
END_TEST

/* ---- -j */

static Text many_lines(void)
{
    static const char *const forms[] = {"d/dx sin(%d*x)^2",
                                        "a%d = %d",
                                        "1/0 + %d",
                                        "d/dx x^%d + a3",
                                        "%% + 1",
                                        "ans",
                                        "expand((x + %d)^3)",
                                        "# nothing %d",
                                        "d/dx (",
                                        "",
                                        "b := %d",
                                        "b + a1",
                                        "1/%dx",
                                        "forget b",
                                        "check x + x == 2*x",
                                        "d/dx exp(%d*x)"};
    Text t = {0};
    unsigned seed = 12345;
    for (int i = 0; i < 1500; i++) {
        char line[128];
        seed = seed * 1103515245u + 12345u;
        const char *form = forms[(seed >> 16) % 16];
        snprintf(line, sizeof line, form, i % 7, i % 11);
        text_add(&t, line, strlen(line));
        text_add(&t, "\n", 1);
    }
    return t;
}

static void same_bytes(const Text *in, const char *format, const char *option)
{
    char *serial[] = {(char *)format, (char *)option, "-j1"};
    Ran one = program_run(in->s, in->n, serial, 3);
    text_forget_times(&one.out);
    for (int jobs = 2; jobs <= 5; jobs += 3) {
        char j[8];
        snprintf(j, sizeof j, "-j%d", jobs);
        char *args[] = {(char *)format, (char *)option, j};
        Ran many = program_run(in->s, in->n, args, 3);
        text_forget_times(&many.out);
        ck_assert_int_eq(many.status, one.status);
        ck_assert_str_eq(many.out.s, one.out.s);
        ck_assert_str_eq(many.err.s, one.err.s);
        ran_free(&many);
    }
    ck_assert_uint_gt(one.out.n + one.err.n, 0);
    ran_free(&one);
}

START_TEST(threads_change_no_byte)
{
    Text t = many_lines();
    same_bytes(&t, "--json", "--color=never");
    same_bytes(&t, "--csv", "--header");
    same_bytes(&t, "--color=never", "--color=never");
    same_bytes(&t, "--latex", "--bail");
    text_add(&t, "%3 + %5\nx + 1\n% + %2\n", strlen("%3 + %5\nx + 1\n% + %2\n"));
    same_bytes(&t, "--json", "--color=never");
    free(t.s);
}
END_TEST

/* ---- how it ends */

START_TEST(full_disk_is_reported)
{
    int full = open("/dev/full", O_WRONLY);
    if (full < 0)
        return;
    close(full);
    char command[4096];
    snprintf(command, sizeof command, "'%s' -e 1+1 2>/dev/null >/dev/full",
             program_path());
    ck_assert_int_eq(program_status(system(command)), 5);
}
END_TEST

START_TEST(a_closed_pipe_ends_it_silently)
{
    Co c = co_start(NULL, 0);
    close(c.out);
    for (int i = 0; i < 50; i++)
        if (write(c.in, "d/dx x^2\n", 9) < 0)
            break;
    c.out = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(co_end(&c), 128 + SIGPIPE);
}
END_TEST

START_TEST(interrupt_ends_it_silently)
{
    for (int jobs = 1; jobs <= 2; jobs++) {
        Co c = co_start(ARGS("-j", jobs == 1 ? "1" : "2"));
        co_send(&c, "1+1\n");
        co_expect(&c, "2");
        co_send(&c, LONG_COMPUTATION "\n");
        usleep(300000);
        kill(c.pid, SIGINT);
        char rest[64];
        ck_assert_int_eq((int)read(c.out, rest, sizeof rest), 0);
        ck_assert_int_eq(co_end(&c), 128 + SIGINT);
    }
}
END_TEST

/* Each takes minutes, inside FLINT, Arb or our own numbers. */
START_TEST(interrupt_ends_heavy_work)
{
    static const char *const lines[] = {
        "factor(x^4000 - 3*x - 1)\n",
        "N(polylog(3, 1/2), 10000)\n",
        "N(int(exp(-x^2)*gamma(x + 1), x, 1, 2), 2000)\n",
        "taylor(exp(exp(exp(x))), x=0, 2000)\n",
        "diff(tan(x), x, 1999) at x=0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct timespec from, to;
        Co c = co_start(ARGS("-j", i % 2 ? "2" : "1"));
        co_send(&c, "1+1\n");
        co_expect(&c, "2");
        co_send(&c, lines[i]);
        usleep(300000);
        clock_gettime(CLOCK_MONOTONIC, &from);
        kill(c.pid, SIGINT);
        ck_assert_msg(co_end(&c) == 128 + SIGINT, "not ended by SIGINT: %s", lines[i]);
        clock_gettime(CLOCK_MONOTONIC, &to);
        ck_assert_msg(to.tv_sec - from.tv_sec < 5, "did not stop: %s", lines[i]);
    }
}
END_TEST

START_TEST(interrupt_ends_it_while_it_waits)
{
    Co c = co_start(NULL, 0);
    co_send(&c, "1+1\n");
    co_expect(&c, "2");
    kill(c.pid, SIGINT);
    ck_assert_int_eq(co_end(&c), 128 + SIGINT);
}
END_TEST

START_TEST(files_and_scripts)
{
    char path[] = "/tmp/leibniz-script-XXXXXX";
    int fd = mkstemp(path);
    const char *text = "#!/usr/bin/env -S leibniz -f\nk = 6\nk*7\nk*";
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    Ran r = run_text("", ARGS("-f", path));
    ck_assert_str_eq(r.out.s, "42\n");
    ck_assert_int_eq(r.status, 2);
    char want[128];
    snprintf(want, sizeof want, "%s:4:", path);
    ck_assert_msg(!strncmp(r.err.s, want, strlen(want)), "%s", r.err.s);
    ran_free(&r);
    r = run_text("k + 1\n", ARGS(path, "/nonexistent", "-"));
    ck_assert_str_eq(r.out.s, "42\n7\n");
    ck_assert_int_eq(r.status, 3);
    ck_assert_ptr_nonnull(
        strstr(r.err.s, "leibniz: /nonexistent: No such file or directory\n"));
    ran_free(&r);
    r = run_text("", ARGS("/tmp"));
    ck_assert_int_eq(r.status, 3);
    ran_free(&r);
    unlink(path);
}
END_TEST

/* ---- hostile input: an answer or an error for the line, and the next line is fine */

static void survives(const char *what, const Text *line)
{
    Text in = {0};
    text_add(&in, "keep = 41\n", 10);
    text_add(&in, line->s, line->n);
    text_add(&in, "\nkeep + 1\n", 10);
    Ran r = program_run(in.s, in.n, NULL, 0);
    size_t n = r.out.n;
    ck_assert_msg(n >= 3 && !strcmp(r.out.s + n - 3, "42\n"), "%s: %.300s %.300s", what,
                  r.out.s, r.err.s);
    ck_assert_msg(r.status == 0 || r.status == 2, "%s: exit status %d", what, r.status);
    ck_assert_msg(r.err.n < 10000, "%s: a report of %zu bytes", what, r.err.n);
    ran_free(&r);
    r = program_run(in.s, in.n, ARGS("--json"));
    size_t records = 0;
    for (size_t i = 0; i < r.out.n; i++)
        records += r.out.s[i] == '\n';
    ck_assert_msg(records == 3, "%s: %zu records", what, records);
    ran_free(&r);
    free(in.s);
}

static void survives_repeat(const char *what, const char *before, const char *piece,
                            size_t times, const char *after)
{
    Text t = {0};
    text_add(&t, before, strlen(before));
    for (size_t i = 0; i < times; i++)
        text_add(&t, piece, strlen(piece));
    text_add(&t, after, strlen(after));
    survives(what, &t);
    free(t.s);
}

/* ---- save and load */

static void make_folder(char folder[64])
{
    snprintf(folder, 64, "/tmp/leibniz-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Many saves and loads on many threads: each is done once, nothing is left behind. */
START_TEST(threads_save_once)
{
    char folder[64], line[256];
    Text in = {0};
    make_folder(folder);
    for (int i = 0; i < 300; i++) {
        snprintf(line, sizeof line,
                 "x%d = %d\nsave %s/f%d; y = %d\nload %s/f%d\nx%d + y\n", i, i, folder,
                 i % 5, i, folder, i % 5, i);
        text_add(&in, line, strlen(line));
    }
    snprintf(line, sizeof line, "save %s/no/where; y = 0\ny\n%%1\n", folder);
    text_add(&in, line, strlen(line));
    Ran one = program_run(in.s, in.n, NULL, 0),
        many = program_run(in.s, in.n, ARGS("-j", "8"));
    ck_assert_str_eq(one.out.s, many.out.s);
    ck_assert_str_eq(one.err.s, many.err.s);
    ck_assert_int_eq(many.status, 2);
    ck_assert_ptr_nonnull(strstr(one.out.s, "299\n0\n0\n"));
    snprintf(line, sizeof line, "ls -A '%s' | wc -l | grep -qx '  *5\\|5'", folder);
    ck_assert_int_eq(system(line), 0);
    ran_free(&one);
    ran_free(&many);
    free(in.s);
    remove_folder(folder);
}
END_TEST

/* A pipe can be read once: by one session, for all. */
START_TEST(threads_load_a_pipe_once)
{
    char folder[64], path[80], in[256];
    make_folder(folder);
    snprintf(path, sizeof path, "%s/pipe", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, "a = 5\nb = a + 1\n", 16) == 16 ? 0 : 1);
    }
    snprintf(in, sizeof in, "load %s\na*b\nb + 0\na + b\n%%2\n", path);
    Ran r = run_text(in, ARGS("-j", "4"));
    waitpid(pid, NULL, 0);
    ck_assert_str_eq(r.out.s, "30\n6\n11\n6\n");
    ck_assert_int_eq(r.status, 0);
    ran_free(&r);
    remove_folder(folder);
}
END_TEST

/* The mode stays, a link is followed, a link to nothing and a file that is read-only are
 * refused. */
START_TEST(save_replaces_what_is_there)
{
    char folder[64], path[80], other[80], in[256];
    struct stat st;
    make_folder(folder);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/link", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0640);
    close(fd);
    chmod(path, 0640);
    ck_assert_int_eq(symlink("file", other), 0);
    snprintf(in, sizeof in, "x = 17\nsave %s\n", other);
    Ran r = run_text(in, NULL, 0);
    ck_assert_str_eq(r.err.s, "");
    ck_assert(lstat(other, &st) == 0 && S_ISLNK(st.st_mode));
    ck_assert(lstat(path, &st) == 0 && S_ISREG(st.st_mode));
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(st.st_size, (int)strlen("# leibniz session\nx = 17\n"));
    unlink(path);
    ran_free(&r);
    r = run_text(in, NULL, 0);
    ck_assert_ptr_nonnull(strstr(r.err.s, "link: it is a link to nothing\n"));
    ck_assert_int_lt(lstat(path, &st), 0);
    ran_free(&r);
    remove_folder(folder);
}
END_TEST

START_TEST(deep_and_long_lines)
{
    survives_repeat("open parentheses", "", "(", 100000, "");
    survives_repeat("closed parentheses", "", ")", 100000, "");
    survives_repeat("brackets", "", "[", 100000, "");
    survives_repeat("braces", "", "{", 100000, "");
    survives_repeat("calls", "", "sin(", 100000, "x");
    survives_repeat("derivatives", "", "d/dx ", 100000, "x");
    survives_repeat("minuses", "", "-", 100000, "x");
    survives_repeat("powers", "", "x^", 100000, "2");
    survives_repeat("primes", "f", "'", 100000, "(x)");
    survives_repeat("a sum", "", "x+", 500000, "1");
    survives_repeat("a name", "", "a", 1000000, "");
    survives_repeat("blanks", "", " ", 1000000, "1");
    survives_repeat("statements", "", "1;", 20000, "1");
    survives_repeat("an integer", "", "9", 1000000, "");
    survives_repeat("a decimal", "0.", "9", 1000000, "");
    survives_repeat("an exponent", "1e", "9", 1000, "");
    survives_repeat("quotes", "", "\"", 1001, "");
    survives_repeat("factorials", "x", "!", 10000, "");
    survives_repeat("percents", "", "%", 1000, "");
}
END_TEST

START_TEST(strange_bytes)
{
    survives("invalid UTF-8", &(Text){"1 + \xff\xfe + x", 10});
    survives("cut UTF-8", &(Text){"x + \xe2\x82", 6});
    survives("overlong UTF-8", &(Text){"x + \xc0\xaf", 6});
    survives("surrogate", &(Text){"x + \xed\xa0\x80", 7});
    survives("NUL", &(Text){"1 + \0 + 2", 9});
    survives("controls", &(Text){"\001\002\033[31m\177", 8});
    unsigned seed = 99;
    for (int round = 0; round < 20; round++) {
        char junk[400];
        for (size_t i = 0; i < sizeof junk; i++) {
            seed = seed * 1103515245u + 12345u;
            junk[i] = (char)(seed >> 16);
            if (junk[i] == '\n' || junk[i] == '{')
                junk[i] = '(';
        }
        survives("random bytes", &(Text){junk, sizeof junk});
    }
}
END_TEST

START_TEST(huge_requests)
{
    static const char *const lines[] = {"2^(10^9)",
                                        "10^(10^10)",
                                        "(x+1)^100000",
                                        "x^1000000",
                                        "expand((x+y+z)^100000)",
                                        "1000000000!",
                                        "d^1000000/dx^1000000 x^2",
                                        "binomial(10^9, 10^8)",
                                        "9^9^9^9",
                                        "1e999999999",
                                        "sum(k, k, 1, 10^12)",
                                        "N(pi, 10^9)",
                                        "taylor(exp(x), x=0, 10^9)"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        survives(lines[i], &(Text){(char *)lines[i], strlen(lines[i])});
}
END_TEST

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    signal(SIGPIPE, SIG_IGN);
    TCase *tc = suite_case("pipe", 300, NULL, NULL);
    tcase_add_test(tc, flushes_when_the_next_read_would_block);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_test(tc, full_disk_is_reported);
    tcase_add_test(tc, a_closed_pipe_ends_it_silently);
    tcase_add_test(tc, interrupt_ends_it_silently);
    tcase_add_test(tc, interrupt_ends_heavy_work);
    tcase_add_test(tc, interrupt_ends_it_while_it_waits);
    tcase_add_test(tc, files_and_scripts);
    tcase_add_test(tc, threads_save_once);
    tcase_add_test(tc, threads_load_a_pipe_once);
    tcase_add_test(tc, save_replaces_what_is_there);
    tcase_add_test(tc, deep_and_long_lines);
    tcase_add_test(tc, strange_bytes);
    tcase_add_test(tc, huge_requests);
    return suite_run();
}
