/* repl.c - the conversation at a terminal: a prompt with Readline, one entry after the
 * other.
 *
 * Readline is used through its callbacks, so that the waiting is ours: Ctrl-C, Ctrl-Z and
 * a resized window are handled between keys, in normal code, never in a signal handler.
 * An entry is one or several lines; while it stops in the middle (LBZ_INCOMPLETE) another
 * line is asked for. */
#include "repl.h"

#include "batch.h"
#include "complete.h"
#include "history.h"
#include "keys.h"
#include "pager.h"
#include "signals.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

typedef enum { TYPING, ENTERED, ENDED } TypingState;

typedef struct {
    const Options *o;
    const Style *style;
    lbz_session *s;
    Buf entry;   /* the lines so far */
    size_t done; /* bytes of entry that are evaluated (a pasted text is many entries) */
    Buf out;
    bool quit;
    bool stopped;      /* Ctrl-C: what is left of the entry is given up */
    TypingState state; /* of the line being typed */
    size_t indent;     /* width of the prompt */
    char *line;        /* ENTERED: the line, from malloc */
} Repl;

static Repl *typing; /* the one that Readline's callback means */

static const char prompt_first[] = "> ", prompt_more[] = ". ";

/* ---- screen */

/* last: the prompt is next, and a long answer can wait for its reader. */
static void write_out(Repl *r, bool last)
{
    bool whole = true;
    if (r->out.n && last) {
        signals_watch();
        whole = pager_show(r->out.s, r->out.n, r->style);
        signals_unwatch();
    } else if (r->out.n) {
        whole = pager_write(r->out.s, r->out.n);
    }
    if (!whole && signals_interrupted()) { /* behind ^C */
        printf("\n%sinterrupted%s\n", r->style->note, r->style->off);
        r->stopped = true;
    }
    fflush(stdout);
    buf_clear(&r->out);
}

/* Results that would fill more than a screen are printed in shared form, and factorials as such,
 * unless the user has set other limits. */
static void fit_screen(Repl *r)
{
    int rows, cols;
    char most[32];
    rl_get_screen_size(&rows, &cols);
    if (rows < 5 || cols < 20)
        return;
    snprintf(most, sizeof most, "%d", (rows - 3) * cols);
    lbz_default(r->s, "maxprint", most);
    lbz_default(r->s, "maxdigits", most);
}

/* `set color` is heard from one entry to the next. */
static void choose_style(Repl *r)
{
    const char *color = lbz_get(r->s, "color");
    ColorMode mode = r->o->color;
    if (color && !strcmp(color, "always"))
        mode = COLOR_ALWAYS;
    else if (color && !strcmp(color, "never"))
        mode = COLOR_NEVER;
    r->style = style_for(mode, STDOUT_FILENO);
    complete_style(r->style);
}

/* The number of the result stands dim at the right edge, on a line of its own where there is no
 * room behind the used columns of the last one. */
static void put_index(Repl *r, unsigned long index, size_t used)
{
    int rows, cols;
    char text[32];
    int n = snprintf(text, sizeof text, "%%%lu", index);
    rl_get_screen_size(&rows, &cols);
    if (!index || cols < 20)
        return;
    used = used && used % (size_t)cols == 0 ? (size_t)cols : used % (size_t)cols;
    if (used + 3 + (size_t)n >= (size_t)cols) {
        buf_putc(&r->out, '\n');
        used = 0;
    }
    buf_fill(&r->out, ' ', (size_t)cols - 1 - used - (size_t)n);
    buf_printf(&r->out, "%s%s%s", r->style->dim, text, r->style->off);
}

static size_t last_line_width(const char *s)
{
    const char *nl = strrchr(s, '\n');
    s = nl ? nl + 1 : s;
    return lbz_width(s, strlen(s));
}

static void put_wrapped(Repl *r, const char *text, size_t n)
{
    int rows, cols;
    rl_get_screen_size(&rows, &cols);
    pager_wrap(text, n, cols > 0 ? (size_t)cols : 80, &r->out);
}

static void put_result(Repl *r, const lbz_result *res)
{
    const char *text = res->latex_shown ? res->latex_shown
                       : res->pretty    ? res->pretty
                       : res->shown     ? res->shown
                                        : res->text;
    size_t n = strlen(text);
    if (!n)
        return;
    while (n && text[n - 1] == '\n')
        n--;
    size_t from = r->out.n;
    if (res->kind == LBZ_HELP)
        put_wrapped(r, text, n);
    else
        buf_put(&r->out, text, n);
    buf_make_visible(&r->out, from);
    size_t used = last_line_width(text);
    if (res->approx && !res->latex_shown) {
        const char *sign = !r->o->ascii ? "\xe2\x89\x88" : "~";
        buf_printf(&r->out, "   %s%s %s%s", r->style->dim, sign, res->approx,
                   r->style->off);
        used += 5 + strlen(res->approx);
    }
    put_index(r, res->index, used);
    buf_putc(&r->out, '\n');
}

static void put_labelled(Repl *r, const char *colour, const char *label, const char *text)
{
    Buf line = {0};
    buf_printf(&line, "%s %s\n", label, text);
    buf_make_visible(&line, 0);
    buf_printf(&r->out, "%s%s%s", colour, label, r->style->off);
    size_t at = r->out.n;
    put_wrapped(r, line.s, line.n);
    memmove(r->out.s + at, r->out.s + at + strlen(label), r->out.n - at - strlen(label));
    r->out.n -= strlen(label);
    buf_free(&line);
}

static void put_notes(Repl *r, const lbz_result *res)
{
    Buf notes = {0};
    report_notes(r->style, res, &notes);
    put_wrapped(r, notes.s, notes.n);
    buf_free(&notes);
}

/* A caret right under what was typed, if that stands unbroken above; else the line
 * again. */
static void put_error(Repl *r, const char *text, size_t n, const lbz_result *res,
                      bool above)
{
    int rows, cols;
    rl_get_screen_size(&rows, &cols);
    size_t indent = r->indent;
    if (above && indent + lbz_width(text, n) < (size_t)cols && !memchr(text, '\t', n)) {
        if (res->span.col)
            report_caret(r->style, text, n, res->span, indent, &r->out);
    } else {
        report_source(r->style, text, n, res->span, indent, &r->out);
    }
    put_labelled(r, r->style->error, "error:", res->message);
    if (res->hint && *res->hint)
        put_labelled(r, r->style->hint, "hint:", res->hint);
}

/* ---- evaluation */

/* Evaluates text; above: it is what stands in the line above. False: it stops in the
 * middle, and more is to come. */
static bool evaluate(Repl *r, const char *text, size_t n, bool above, bool final)
{
    lbz_result res = {.text = "", .message = "", .hint = ""};
    signals_resume();
    lbz_eval(r->s, text, n, &res);
    if (res.status == LBZ_INCOMPLETE && !final)
        return false;
    r->stopped = signals_interrupted();
    put_notes(r, &res);
    if (res.status == LBZ_INTERRUPT) /* behind the ^C that the terminal has shown */
        buf_printf(&r->out, "\n%sinterrupted%s\n", r->style->note, r->style->off);
    else if (res.status != LBZ_OK)
        put_error(r, text, n, &res, above);
    else if (res.kind == LBZ_QUIT)
        r->quit = true;
    else if (res.kind != LBZ_NOTHING)
        put_result(r, &res);
    signals_resume(); /* printing can be interrupted, too */
    write_out(r, text + n == r->entry.s + r->entry.n);
    signals_resume();
    return true;
}

/* Evaluates the lines of the entry that are not evaluated yet, each as soon as it is
 * complete. final: no line will follow. */
static void evaluate_entry(Repl *r, bool final)
{
    bool single = !memchr(r->entry.s, '\n', r->entry.n);
    size_t end = r->done;
    while (r->done < r->entry.n && !r->quit) {
        if (end >= r->entry.n)
            return; /* incomplete */
        const char *nl = memchr(r->entry.s + end, '\n', r->entry.n - end);
        end = nl ? (size_t)(nl - r->entry.s) : r->entry.n;
        bool last = final && (!nl || end + 1 == r->entry.n);
        if (evaluate(r, r->entry.s + r->done, end - r->done, single, last)) {
            r->done = nl ? end + 1 : end;
            if (r->stopped)
                break;
        }
        end = nl ? end + 1 : end;
    }
    r->done = r->entry.n;
}

static void remember(Repl *r)
{
    while (r->entry.n && r->entry.s[r->entry.n - 1] == '\n')
        r->entry.n--;
    buf_putc(&r->entry, 0);
    history_add(r->entry.s);
    buf_clear(&r->entry);
    r->done = 0;
}

/* A line was entered. An empty one ends an entry that stops in the middle. */
static void take_line(Repl *r, const char *line)
{
    unsigned long k;
    bool more = r->entry.n > 0, empty = !line[strspn(line, " \t")];
    bool again = !more && empty && lbz_descending(r->s, &k);
    if (!more && empty && !again)
        return;
    if (again)
        line = "step";
    if (more)
        buf_putc(&r->entry, '\n');
    buf_puts(&r->entry, line);
    signals_unwatch();
    evaluate_entry(r, more && empty);
    if (r->done == r->entry.n && !again)
        remember(r);
    if (again) {
        buf_clear(&r->entry);
        r->done = 0;
    }
}

/* ---- typing */

static void on_line(char *line)
{
    rl_callback_handler_remove();
    typing->line = line;
    typing->state = line ? ENTERED : ENDED;
}

/* The prompt says that a descent is open, and what an empty line does then. */
static const char *open_prompt(const Repl *r, char *text, size_t size)
{
    unsigned long k;
    int rows, cols;
    if (!lbz_descending(r->s, &k))
        return prompt_first;
    rl_get_screen_size(&rows, &cols);
    snprintf(text, size, cols < 40 ? "%lu> " : "step %lu, Enter: next> ", k);
    return text;
}

/* Readline must be told which bytes of a prompt take no columns. */
static void show_prompt(Repl *r)
{
    char text[100], open[40];
    const char *p = r->entry.n ? prompt_more : open_prompt(r, open, sizeof open);
    if (*r->style->prompt)
        snprintf(text, sizeof text, "\001%s\002%s\001%s\002", r->style->prompt, p,
                 r->style->off);
    else
        snprintf(text, sizeof text, "%s", p);
    r->indent = strlen(p);
    r->state = TYPING;
    rl_callback_handler_install(text, on_line);
}

/* Ctrl-C while typing: the line and the entry are given up. */
static void give_up_line(Repl *r)
{
    rl_callback_sigcleanup();
    rl_echo_signal_char(SIGINT);
    rl_free_line_state();
    rl_callback_handler_remove();
    putchar('\n');
    fflush(stdout);
    using_history();
    buf_clear(&r->entry);
    r->done = 0;
    signals_resume();
    show_prompt(r);
}

static void suspend(void)
{
    rl_deprep_terminal();
    signals_stop();
    rl_prep_terminal(1);
    rl_forced_update_display();
}

/* The end asked for from outside: leave the terminal as it was. */
static void leave_by(int sig)
{
    rl_callback_handler_remove();
    signals_die(sig);
}

static void handle_signals(Repl *r)
{
    if (signals_interrupted())
        give_up_line(r);
    if (signals_ending())
        leave_by(signals_ending());
    if (signals_take(SIGTSTP))
        suspend();
    if (signals_take(SIGCONT)) {
        rl_prep_terminal(1);
        rl_forced_update_display();
    }
    if (signals_take(SIGWINCH)) {
        rl_resize_terminal();
        fit_screen(r);
    }
}

static void type_line(Repl *r)
{
    signals_watch();
    if (signals_take(SIGWINCH)) {
        rl_resize_terminal();
        fit_screen(r);
    }
    show_prompt(r);
    while (r->state == TYPING) {
        if (!keys_pending())
            signals_wait(STDIN_FILENO);
        handle_signals(r);
        struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
        if (keys_pending() || poll(&p, 1, 0) > 0)
            rl_callback_read_char();
    }
}

static void converse(Repl *r)
{
    while (!r->quit) {
        choose_style(r);
        type_line(r);
        if (r->state == ENTERED) {
            take_line(r, r->line);
            free(r->line);
            r->line = NULL;
        } else if (r->entry.n) { /* Ctrl-D at a continuation gives the entry up */
            buf_clear(&r->entry);
            r->done = 0;
            putchar('\n');
        } else {
            putchar('\n');
            r->quit = true;
        }
    }
    fflush(stdout);
}

/* ---- start and end */

/* Readline edits UTF-8 if the locale says so, and asks the environment for it. Where that
 * knows ASCII only (LANG=C, a bare container), terminals send UTF-8 all the same. */
static void set_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (!strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") && setlocale(LC_CTYPE, "C.UTF-8"))
        setenv("LC_ALL", "C.UTF-8", 1);
}

/* Readline 8.2 would end every line after a Ctrl-D by one more newline. */
static void leave_raw_mode(void)
{
#if RL_READLINE_VERSION >= 0x0802
    rl_eof_found = 0;
#endif
    rl_deprep_terminal();
}

static void set_up_readline(Repl *r)
{
    rl_deprep_term_function = leave_raw_mode;
    rl_readline_name = "leibniz";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_getc_function = keys_read;
    rl_instream = stdin;
    rl_outstream = stdout;
    rl_variable_bind("show-all-if-ambiguous", "on"); /* inputrc, read next, may say off */
    rl_initialize();
    complete_start(r->s);
    history_start(r->o->history);
}

int repl_run(const Options *o)
{
    Repl r = {.o = o, .style = &style_plain, .s = eval_open(o, true)};
    if (!r.s)
        return EXIT_INTERNAL;
    typing = &r;
    set_locale();
    signals_catch_int(false);
    set_up_readline(&r);
    fit_screen(&r);
    lbz_default(r.s, "rows", "on");
    printf("leibniz %s: type help for a page, Ctrl-D to leave\n", lbz_version());
    converse(&r);
    history_stop();
    complete_stop();
    lbz_close(r.s);
    buf_free(&r.entry);
    buf_free(&r.out);
    return EXIT_FINE;
}
