/* test_terminal.c - conversations with the real program through a pseudo-terminal: what a
 * person types, and what the screen says. */
#define _GNU_SOURCE
#include "program.h"
#include "suite.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>

typedef struct {
    int fd;
    pid_t pid;
    Text screen; /* all output so far without escape sequences and carriage returns */
    Text raw;
    size_t seen; /* of screen: what an expectation has matched */
} Term;

static char home[64]; /* a folder of this run, for the history */

/* ---- the terminal */

static void child(const char *slave, char *const *args, size_t nargs)
{
    setsid();
    int fd = open(slave, O_RDWR);
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    ioctl(fd, TIOCSWINSZ, &size);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    program_exec(args, nargs);
}

static Term term_open(char *const *args, size_t nargs)
{
    Term t = {.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    ck_assert_int_ge(t.fd, 0);
    ck_assert_int_eq(grantpt(t.fd), 0);
    ck_assert_int_eq(unlockpt(t.fd), 0);
    char slave[128];
    snprintf(slave, sizeof slave, "%s", ptsname(t.fd));
    fflush(NULL);
    t.pid = fork();
    if (t.pid == 0)
        child(slave, args, nargs);
    return t;
}

static void send(Term *t, const char *keys)
{
    size_t n = strlen(keys);
    ck_assert_int_eq((int)write(t->fd, keys, n), (int)n);
}

/* Appends raw bytes to the screen text, leaving out ESC [ ... letter, other escapes, CR,
 * BEL. A sequence never stays cut: raw is scanned again from its start. */
static void render(Term *t)
{
    t->screen.n = 0;
    for (size_t i = 0; i < t->raw.n; i++) {
        char c = t->raw.s[i];
        if (c == '\033' && i + 1 < t->raw.n && t->raw.s[i + 1] == '[') {
            i += 2;
            while (i < t->raw.n && (t->raw.s[i] < '@' || t->raw.s[i] > '~'))
                i++;
        } else if (c == '\033') {
            i++;
        } else if (c != '\r' && c != '\a') {
            text_add(&t->screen, &c, 1);
        }
    }
}

/* Reads what comes within ms milliseconds; false: nothing came, or the program has
 * ended. */
static bool term_read(Term *t, int ms)
{
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    char buf[4096];
    if (poll(&p, 1, ms) <= 0)
        return false;
    ssize_t n = read(t->fd, buf, sizeof buf);
    if (n <= 0)
        return false;
    text_add(&t->raw, buf, (size_t)n);
    render(t);
    return true;
}

/* Waits until the screen shows text, behind what was expected before. */
static void expect(Term *t, const char *text)
{
    text_add(&t->screen, "", 0);
    for (int tries = 0; tries < 200; tries++) {
        const char *at =
            t->screen.n > t->seen ? strstr(t->screen.s + t->seen, text) : NULL;
        if (at) {
            t->seen = (size_t)(at - t->screen.s) + strlen(text);
            return;
        }
        term_read(t, 100);
    }
    ck_abort_msg("no \"%s\" on the screen; it shows:\n%s", text, t->screen.s + t->seen);
}

/* Ends with Ctrl-D at the prompt; the exit status. */
static int term_close(Term *t)
{
    int status = -1;
    while (term_read(t, 200)) {
    }
    send(t, "\004");
    for (int tries = 0; tries < 200 && waitpid(t->pid, &status, WNOHANG) == 0; tries++)
        if (!term_read(t, 50))
            usleep(20000);
    close(t->fd);
    free(t->raw.s);
    free(t->screen.s);
    return program_status(status);
}

static Term start(void)
{
    Term t = term_open(NULL, 0);
    expect(&t, "\n> ");
    return t;
}

static void type(Term *t, const char *line)
{
    send(t, line);
    send(t, "\r");
}

/* ---- history file */

static char *history_path(void)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/leibniz/history", home);
    return path;
}

static Text history_text(void)
{
    FILE *f = fopen(history_path(), "r");
    ck_assert_ptr_nonnull(f);
    return program_slurp(f);
}

/* ---- tests */

START_TEST(answers_at_the_prompt)
{
    Term t = start();
    type(&t, "d/dx x^2*sin(x)");
    expect(&t, "x^2*cos(x)");
    expect(&t, "%1");
    expect(&t, "> ");
    type(&t, "%1 - %1");
    expect(&t, "\n0 ");
    type(&t, "sin(1)");
    expect(&t, "\nsin(1)   \xe2\x89\x88 0.8414709848");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(quit_ends)
{
    Term t = start();
    type(&t, "quit");
    int status = -1;
    for (int tries = 0; tries < 100 && waitpid(t.pid, &status, WNOHANG) == 0; tries++)
        if (!term_read(&t, 50))
            usleep(20000);
    ck_assert_int_eq(program_status(status), 0);
    close(t.fd);
    free(t.raw.s);
    free(t.screen.s);
}
END_TEST

START_TEST(caret_stands_under_the_typed_line)
{
    Term t = start();
    type(&t, "1 + sni(2)");
    expect(&t, "1 + sni(2)\n      ^~~");
    expect(&t, "error: ");
    expect(&t, "sin");
    expect(&t, "\n> ");
    type(&t, "x + \xce\xb1 + sni(2)");
    expect(&t, "sni(2)\n          ^~~");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(tab_completes_with_help)
{
    Term t = start();
    send(&t, "digam\t");
    expect(&t, "digamma(");
    send(&t, "\003");
    expect(&t, "^C\n> ");
    send(&t, "sinh\t\t\003");
    expect(&t, "\n> "); /* of a list that is shown ^C ends the list, not the line */
    send(&t, "cosh\003");
    expect(&t, "^C\n> ");
    send(&t, "air\t");
    expect(&t, "airyai");
    expect(&t, "Airy"); /* the help line */
    expect(&t, "airybi");
    expect(&t, "\n> airy"); /* the line again, behind the list */
    send(&t, "\003");
    expect(&t, "^C\n> ");
    type(&t, "velocity = 3");
    expect(&t, "\n> ");
    send(&t, "velo\t");
    expect(&t, "velocity");
    send(&t, "\003");
    expect(&t, "^C\n> ");
    send(&t, "help diga\t");
    expect(&t, "help digamma");
    send(&t, "\003");
    expect(&t, "^C\n> ");
    send(&t, "set simp\t");
    expect(&t, "set simplify ");
    send(&t, "\003");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(long_answers_wait)
{
    Term t = start();
    type(&t, "help");
    expect(&t, "commands, settings\n> "); /* all of it fits */
    type(&t, "help names");
    expect(&t, "% -- space: next page, q: leave");
    ck_assert_ptr_null(strstr(t.screen.s, "W = lambertw"));
    send(&t, "\r"); /* a line */
    expect(&t, "% -- space: next page, q: leave");
    send(&t, "x ");
    expect(&t, "W = lambertw");
    expect(&t, "\n> ");
    type(&t, "help names");
    expect(&t, "leave");
    send(&t, "\003"); /* Ctrl-C ends it, too, and nothing else */
    expect(&t, "> ");
    type(&t, "20 + 3");
    expect(&t, "\n23 ");
    type(&t, "help names\r20 + 4"); /* what was typed ahead is no key of the pager */
    expect(&t, "\n24 ");
    send(&t, "\t");
    expect(&t, "abs2"); /* all words, with what they are */
    expect(&t, "square, x^2");
    expect(&t, "leave");
    send(&t, "q");
    expect(&t, "> ");
    type(&t, "[1, 2; 30, 4]");
    expect(&t, "\n[[ 1, 2],\n [30, 4]] ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(signals_restore_the_terminal)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        Term t = start();
        struct termios mode;
        int status = 0;
        send(&t, "20 +");
        expect(&t, "20 +");
        kill(t.pid, signals[i]);
        while (waitpid(t.pid, &status, WNOHANG) == 0)
            term_read(&t, 50);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
        ck_assert_int_eq(tcgetattr(t.fd, &mode), 0);
        ck_assert((mode.c_lflag & ICANON) && (mode.c_lflag & ECHO));
        close(t.fd);
        free(t.raw.s);
        free(t.screen.s);
    }
}
END_TEST

/* Nothing that was typed, pasted or read moves the cursor, hides or turns text: no C1 control
 * and no mark of direction comes back, in 8 bits or as UTF-8. */
START_TEST(controls_are_not_echoed)
{
    Term t = start();
    type(&t, "20 \xc2\x9b"
             "31m\xe2\x80\xae+ \x9b"
             "3");
    expect(&t, "20 ?31m?+ ?3");
    expect(&t, "error:");
    expect(&t, "\n> "); /* what is typed before is echoed by the terminal itself */
    type(&t, "load \"\xe2\x81\xa6x\"");
    expect(&t, "cannot read ?x:");
    expect(&t, "\n> ");
    type(&t, "\xce\xb1 = 3 # \xe4\xbd\xa0\xf0\x9d\x9b\xbc"); /* what is harmless passes */
    expect(&t, "\xce\xb1 = 3 # \xe4\xbd\xa0\xf0\x9d\x9b\xbc");
    type(&t, "\xce\xb1 + 20");
    expect(&t, "\n23 ");
    for (size_t i = 0; i + 2 < t.raw.n; i++) {
        const unsigned char *s = (const unsigned char *)t.raw.s + i;
        ck_assert(!(s[0] == 0xc2 && s[1] < 0xa0));
        ck_assert(!(s[0] == 0xe2 && (s[1] == 0x80 || s[1] == 0x81)));
    }
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

/* A pipe in the place of the history would stop the program, a device get what was typed. */
START_TEST(history_is_a_file)
{
    char path[128];
    snprintf(path, sizeof path, "%s/leibniz/history", home);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    Term t = start();
    type(&t, "20 + 5");
    expect(&t, "\n25 ");
    ck_assert_ptr_nonnull(strstr(t.screen.s, "the history is not saved"));
    ck_assert_ptr_nonnull(strstr(t.screen.s, "it is no regular file"));
    ck_assert_int_eq(term_close(&t), 0);
    unlink(path);
}
END_TEST

START_TEST(unfinished_input_goes_on)
{
    Term t = start();
    type(&t, "2*(1 +");
    expect(&t, "\n. ");
    type(&t, "2)");
    expect(&t, "\n6 ");
    type(&t, "2*(1 +");
    expect(&t, "\n. ");
    type(&t, ""); /* an empty line: no more */
    expect(&t, "error: ");
    type(&t, "2*(1 +");
    expect(&t, "\n. ");
    send(&t, "\004");
    expect(&t, "\n> "); /* Ctrl-D gives up the entry only */
    type(&t, "40+2");
    expect(&t, "40+2\n42 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(interrupt_clears_the_line)
{
    Term t = start();
    type(&t, "a = 5");
    expect(&t, "\n> ");
    send(&t, "1 + 1\003");
    expect(&t, "^C\n> ");
    type(&t, "2*(");
    expect(&t, "\n. ");
    send(&t, "\003");
    expect(&t, "^C\n> ");
    send(&t, "\022lost\003"); /* in the middle of a search */
    expect(&t, "\n> ");
    type(&t, "a + 1");
    expect(&t, "\n6 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

static double seconds(void)
{
    struct timespec s;
    clock_gettime(CLOCK_MONOTONIC, &s);
    return (double)s.tv_sec + (double)s.tv_nsec / 1e9;
}

START_TEST(interrupt_stops_a_computation)
{
    Term t = start();
    type(&t, "a = 5");
    expect(&t, "\n> ");
    type(&t, LONG_COMPUTATION);
    expect(&t, "\n");
    while (term_read(&t, 500)) {
    }
    double before = seconds();
    send(&t, "\003");
    expect(&t, "interrupted\n> ");
    ck_assert_msg(seconds() - before < 5, "took %g seconds", seconds() - before);
    type(&t, "a + 1");
    expect(&t, "\n6 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

/* The terminal holds some kilobytes that are on their way. */
START_TEST(interrupt_stops_printing)
{
    enum { ON_ITS_WAY = 200000 };
    Term t = start();
    type(&t, "expand((x + y + z)^150)");
    expect(&t, "q: leave");
    send(&t, "G"); /* all of it */
    while (t.raw.n < 20000 && term_read(&t, 2000)) {
    }
    size_t before = t.raw.n;
    send(&t, "\003");
    expect(&t, "interrupted\n> ");
    ck_assert_msg(t.raw.n - before < ON_ITS_WAY, "%zu bytes followed", t.raw.n - before);
    type(&t, "600 + 6");
    expect(&t, "\n606 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(pasted_lines_are_evaluated_in_order)
{
    Term t = start();
    send(&t, "\033[200~b = 20\rb + 1\r2*(\rb + 2)\r\033[201~\r");
    expect(&t, "\n21 ");
    expect(&t, "\n44 ");
    ck_assert_int_eq(term_close(&t), 0);
    t = start();
    send(&t, "b = 20\rb + 1\rb + 2\r"); /* without brackets: typed fast */
    expect(&t, "\n21 ");
    expect(&t, "\n22 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(interrupt_gives_up_what_was_pasted)
{
    Term t = start();
    send(&t, "\033[200~1 + 2\r" LONG_COMPUTATION "\r500 + 5\033[201~\r");
    expect(&t, "\n3 ");
    usleep(300000);
    send(&t, "\003");
    expect(&t, "interrupted\n> ");
    size_t here = t.seen;
    type(&t, "600 + 6");
    expect(&t, "\n606 ");
    ck_assert_ptr_null(strstr(t.screen.s + here, "\n505"));
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(history_is_kept_with_times)
{
    unlink(history_path());
    Term t = start();
    type(&t, "11 + 11");
    expect(&t, "\n22 ");
    type(&t, "2*(");
    expect(&t, "\n. ");
    type(&t, "3)");
    expect(&t, "\n6 ");
    ck_assert_int_eq(term_close(&t), 0);
    Text h = history_text();
    long long first, second;
    int used = 0;
    ck_assert_int_eq(
        sscanf(h.s, "#%lld\n11 + 11\n#%lld\n2*(\n3)\n%n", &first, &second, &used), 2);
    ck_assert_msg(used == (int)h.n, "history is:\n%s", h.s);
    ck_assert(first > 1000000000 && second >= first);
    free(h.s);
    struct stat st;
    ck_assert_int_eq(stat(history_path(), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    t = start(); /* another session finds both */
    send(&t, "\033[A\033[A\r");
    expect(&t, "\n22 ");
    send(&t, "\033[A\033[A\r");
    expect(&t, "\n6 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(unwritable_history_is_told_once)
{
    setenv("XDG_STATE_HOME", "/dev/null/nowhere", 1);
    Term t = start();
    type(&t, "1 + 1");
    expect(&t, "\n2 ");
    expect(&t, "note: the history is not saved: ");
    type(&t, "1 + 2");
    expect(&t, "\n3 ");
    expect(&t, "\n> ");
    ck_assert_ptr_null(strstr(t.screen.s + t.seen, "history"));
    ck_assert_int_eq(term_close(&t), 0);
    setenv("XDG_STATE_HOME", home, 1);
}
END_TEST

START_TEST(no_history_on_request)
{
    unlink(history_path());
    Term t = term_open((char *[]){"--no-history"}, 1);
    expect(&t, "\n> ");
    type(&t, "1 + 1");
    expect(&t, "\n2 ");
    ck_assert_int_eq(term_close(&t), 0);
    ck_assert_int_ne(access(history_path(), F_OK), 0);
}
END_TEST

START_TEST(inputrc_knows_the_program)
{
    char path[128];
    snprintf(path, sizeof path, "%s/inputrc", home);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("$if leibniz\n\"\\C-t\": \"30 + 3\"\n$endif\n$if bash\n\"\\C-o\": "
          "\"40\"\n$endif\n",
          f);
    fclose(f);
    setenv("INPUTRC", path, 1);
    Term t = start();
    type(&t, "\024");
    expect(&t, "\n33 ");
    ck_assert_int_eq(term_close(&t), 0);
    setenv("INPUTRC", "/dev/null", 1);
}
END_TEST

START_TEST(colour_follows_option_and_environment)
{
    Term t = start(); /* NO_COLOR is set for all tests */
    type(&t, "1/0");
    expect(&t, "error: ");
    ck_assert_ptr_null(strstr(t.raw.s, "\033[1;31m"));
    ck_assert_int_eq(term_close(&t), 0);
    t = term_open((char *[]){"--color=always"}, 1);
    expect(&t, "> ");
    type(&t, "1/0");
    expect(&t, "error: ");
    ck_assert_ptr_nonnull(strstr(t.raw.s, "\033[1;31merror:\033[0m"));
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(plain_terminals_and_locales)
{
    setenv("TERM", "dumb", 1);
    setenv("LC_ALL", "C", 1);
    Term t = start();
    type(&t, "\xcf\x80 - \xcf\x80 + sin(1)"); /* the letter pi is read ... */
    expect(&t, "\nsin(1)   ~ 0.84147");       /* ... and nothing but ASCII written */
    ck_assert_ptr_null(strchr(t.raw.s, '\033'));
    ck_assert_int_eq(term_close(&t), 0);
    unsetenv("LC_ALL"); /* nobody has said what the terminal can do */
    unsetenv("LANG");
    unsetenv("LC_CTYPE");
    t = start();
    type(&t, "\xcf\x80 - \xcf\x80 + sin(1)");
    expect(&t, "\nsin(1)   \xe2\x89\x88 0.84147");
    ck_assert_int_eq(term_close(&t), 0);
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}
END_TEST

START_TEST(stops_and_goes_on)
{
    Term t = start();
    send(&t, "20 + 2");
    expect(&t, "20 + 2");
    send(&t, "\032");
    int status = 0;
    pid_t got = 0;
    for (int tries = 0; tries < 100 && got == 0; tries++) {
        term_read(&t, 50);
        got = waitpid(t.pid, &status, WNOHANG | WUNTRACED);
    }
    /* An orphaned process group may not be stopped; then the line just goes on. */
    if (got == t.pid) {
        ck_assert(WIFSTOPPED(status));
        kill(t.pid, SIGCONT);
    }
    send(&t, "0\r");
    expect(&t, "\n40 ");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(an_empty_line_steps_while_a_descent_is_open)
{
    Term t = start();
    type(&t, "descend x^2 from x=4 rate 0.25");
    expect(&t, "\nstep 0, Enter: next> ");
    type(&t, "");
    expect(&t, "     1            2 ");
    expect(&t, "\nstep 1, Enter: next> ");
    type(&t, "2*sni(x)");
    expect(&t, "\n                       ^~~"); /* below what was typed */
    expect(&t, "\nstep 1, Enter: next> ");
    type(&t, "end");
    expect(&t, "\n> ");
    type(&t, "");
    type(&t, "x");
    expect(&t, "\n2");
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

START_TEST(what_fits_the_screen_is_not_saved)
{
    char path[128], line[160], text[64] = "";
    snprintf(path, sizeof path, "%s/saved", home);
    snprintf(line, sizeof line, "save %s", path);
    Term t = start();
    type(&t, "set maxprint");
    expect(&t, "1680"); /* 24 - 3 lines of 80 columns */
    type(&t, "a = 3");
    type(&t, line);
    ck_assert_int_eq(term_close(&t), 0);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    unlink(path);
    ck_assert_msg(n > 0 && strstr(text, "a = 3") && !strstr(text, "maxprint"), "%s",
                  text);
}
END_TEST

START_TEST(large_results_fit_the_screen)
{
    Term t = start();
    type(&t, "d^9/dx^9 exp(sin(x)*cos(x)+x^2)*tan(x)/(1+exp(x))");
    expect(&t, "t1 = ");
    expect(&t, "q: leave");
    send(&t, "q");
    expect(&t, "> ");
    size_t lines = 0;
    for (const char *p = t.screen.s; *p; p++)
        lines += *p == '\n';
    ck_assert_uint_lt(lines, 1000);
    ck_assert_int_eq(term_close(&t), 0);
}
END_TEST

static void set_environment(void)
{
    snprintf(home, sizeof home, "/tmp/leibniz-test-XXXXXX");
    if (!mkdtemp(home))
        exit(99);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("INPUTRC", "/dev/null", 1);
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("NO_COLOR", "1", 1);
}

static void remove_home(void)
{
    char path[128];
    unlink(history_path());
    snprintf(path, sizeof path, "%s/inputrc", home);
    unlink(path);
    snprintf(path, sizeof path, "%s/leibniz", home);
    rmdir(path);
    rmdir(home);
}

int main(void)
{
    set_environment();
    TCase *tc = suite_case("terminal", 60, NULL, NULL);
    tcase_add_test(tc, answers_at_the_prompt);
    tcase_add_test(tc, quit_ends);
    tcase_add_test(tc, caret_stands_under_the_typed_line);
    tcase_add_test(tc, tab_completes_with_help);
    tcase_add_test(tc, long_answers_wait);
    tcase_add_test(tc, signals_restore_the_terminal);
    tcase_add_test(tc, controls_are_not_echoed);
    tcase_add_test(tc, history_is_a_file);
    tcase_add_test(tc, unfinished_input_goes_on);
    tcase_add_test(tc, interrupt_clears_the_line);
    tcase_add_test(tc, interrupt_stops_a_computation);
    tcase_add_test(tc, pasted_lines_are_evaluated_in_order);
    tcase_add_test(tc, interrupt_stops_printing);
    tcase_add_test(tc, interrupt_gives_up_what_was_pasted);
    tcase_add_test(tc, history_is_kept_with_times);
    tcase_add_test(tc, unwritable_history_is_told_once);
    tcase_add_test(tc, no_history_on_request);
    tcase_add_test(tc, inputrc_knows_the_program);
    tcase_add_test(tc, colour_follows_option_and_environment);
    tcase_add_test(tc, plain_terminals_and_locales);
    tcase_add_test(tc, stops_and_goes_on);
    tcase_add_test(tc, an_empty_line_steps_while_a_descent_is_open);
    tcase_add_test(tc, what_fits_the_screen_is_not_saved);
    tcase_add_test(tc, large_results_fit_the_screen);
    int status = suite_run();
    remove_home();
    return status;
}
