/* complete.c - see complete.h. Readline's callbacks carry no argument: the state is
 * here. */
#include "complete.h"

#include "pager.h"
#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <readline/readline.h>

typedef struct {
    lbz_word kind;
    char *name, *help; /* owned */
} Word;

static struct {
    lbz_session *session;
    const Style *style;
    Word *words; /* the candidates of the last Tab, sorted as the session gives them */
    size_t n, cap;
    unsigned kinds; /* bit mask of lbz_word: what fits here */
    size_t next;
    char setting[32]; /* "NAME=" when the value of a setting is completed */
} tab;

static void forget_words(void)
{
    for (size_t i = 0; i < tab.n; i++) {
        free(tab.words[i].name);
        free(tab.words[i].help);
    }
    tab.n = 0;
}

static void add_word(lbz_word kind, const char *name, const char *help, void *arg)
{
    (void)arg;
    if (!(tab.kinds & (1u << kind)))
        return;
    if (tab.n == tab.cap) {
        tab.cap = tab.cap ? 2 * tab.cap : 64;
        tab.words = xrealloc(tab.words, tab.cap * sizeof *tab.words);
    }
    tab.words[tab.n++] =
        (Word){kind, xstrndup(name, strlen(name)), xstrndup(help, strlen(help))};
}

static char *next_word(const char *prefix, int state)
{
    (void)prefix;
    if (!state)
        tab.next = 0;
    if (tab.next == tab.n)
        return NULL;
    const Word *w = &tab.words[tab.next++];
    return strdup(w->name);
}

static const Word *find_word(const char *name)
{
    for (size_t i = 0; i < tab.n; i++)
        if (!strcmp(tab.words[i].name, name))
            return &tab.words[i];
    return NULL;
}

enum {
    FUNCTIONS = 1 << LBZ_WORD_FUNCTION,
    NAMES = 1 << LBZ_WORD_NAME,
    COMMANDS = 1 << LBZ_WORD_COMMAND,
    SETTINGS = 1 << LBZ_WORD_SETTING,
    VALUES = 1 << LBZ_WORD_VALUE,
    KEYWORDS = 1 << LBZ_WORD_KEYWORD,
    TOPICS = 1 << LBZ_WORD_TOPIC,
    HELP = FUNCTIONS | NAMES | COMMANDS | SETTINGS | TOPICS
};

static bool word_is(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && !memcmp(s, word, n);
}

/* The word between "set" and its value, "NAME=" in tab.setting; false: there is none yet. */
static bool setting_before(const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    size_t n = 0;
    while (from + n < to && from[n] != ' ')
        n++;
    snprintf(tab.setting, sizeof tab.setting, "%.*s=", (int)n, from);
    return n > 0 && n + 1 < sizeof tab.setting;
}

/* What can stand at start, by the first word of its statement; 0: names of files. */
static unsigned kinds_at(const char *line, int start)
{
    const char *stmt = line;
    for (const char *p = line; p < line + start; p++)
        if (*p == ';' || *p == '\n' || *p == '{')
            stmt = p + 1;
    while (*stmt == ' ' && stmt < line + start)
        stmt++;
    if (*stmt == '?' && stmt < line + start)
        return HELP;
    size_t n = 0;
    while (stmt + n < line + start && stmt[n] != ' ')
        n++;
    if (stmt + n >= line + start) /* inside the first word: a command if it begins here */
        return FUNCTIONS | NAMES | (n ? 0 : COMMANDS);
    if (word_is(stmt, n, "save") || word_is(stmt, n, "load"))
        return 0;
    if (word_is(stmt, n, "help"))
        return HELP;
    if (word_is(stmt, n, "set"))
        return setting_before(stmt + n, line + start) ? VALUES : SETTINGS;
    if (word_is(stmt, n, "unset"))
        return SETTINGS;
    return FUNCTIONS | NAMES | KEYWORDS;
}

/* After a function its parenthesis, unless it is there or help is asked for. */
static char append_after(char **matches)
{
    const Word *w = matches && !matches[1] ? find_word(matches[0]) : NULL;
    if (!w || w->kind == LBZ_WORD_NAME || tab.kinds == HELP)
        return '\0';
    if (w->kind == LBZ_WORD_FUNCTION)
        return rl_line_buffer[rl_point] == '(' ? '\0' : '(';
    return ' ';
}

static char *word_breaks(void)
{
    static char names[] = " \t\n+-*/^(),;:=<>!|[]{}'\"%@&?#.", files[] = " \t\n\"";
    return kinds_at(rl_line_buffer, rl_point) ? names : files;
}

static char **attempt(const char *text, int start, int end)
{
    (void)end;
    forget_words();
    tab.kinds = kinds_at(rl_line_buffer, start);
    rl_completion_append_character = '\0';
    if (!tab.kinds)
        return NULL; /* Readline completes names of files by itself */
    rl_attempted_completion_over = 1;
    char prefix[128];
    int n = snprintf(prefix, sizeof prefix, "%s%s",
                     tab.kinds == VALUES ? tab.setting : "", text);
    if (n >= (int)sizeof prefix)
        return NULL;
    lbz_complete(tab.session, prefix, (size_t)n, add_word, NULL);
    char **matches = rl_completion_matches(text, next_word);
    rl_completion_append_character = append_after(matches);
    return matches;
}

/* ---- several matches: one a line with its help */

static void put_match(Buf *out, const Word *w, int width, int cols)
{
    int room = cols - width - 3;
    size_t n = strlen(w->name);
    buf_visible(out, w->name, n);
    buf_fill(out, ' ', n < (size_t)width ? (size_t)width - n : 0);
    if (room > 0 && *w->help) {
        n = strcspn(w->help, "\n");
        while (lbz_width(w->help, n) > (size_t)room)
            n--;
        buf_printf(out, "  %s", tab.style->dim);
        buf_visible(out, w->help, n);
        buf_puts(out, tab.style->off);
    }
    buf_putc(out, '\n');
}

static void show(char **matches, int n, int longest)
{
    int rows, cols;
    Buf out = {0};
    rl_get_screen_size(&rows, &cols);
    rl_crlf();
    fflush(rl_outstream);
    for (int i = 1; i <= n; i++) {
        const Word *w = find_word(matches[i]);
        put_match(&out, w ? w : &(Word){0, matches[i], ""}, longest, cols);
    }
    pager_show(out.s, out.n, tab.style);
    buf_free(&out);
    if (!signals_ending())
        signals_resume(); /* Ctrl-C has ended the list, not the line */
    rl_forced_update_display();
}

void complete_style(const Style *style) { tab.style = style; }

/* Names of files that the terminal would obey are not what they seem then, and do no harm. */
static char *show_file_name(char *name, int n)
{
    Buf b = {0};
    buf_visible(&b, name, (size_t)n);
    buf_putc(&b, '\0');
    return b.s;
}

void complete_start(lbz_session *s)
{
    rl_filename_rewrite_hook = show_file_name;
    tab.session = s;
    rl_attempted_completion_function = attempt;
    rl_completion_display_matches_hook = show;
    rl_completion_word_break_hook = word_breaks;
    rl_completer_quote_characters = "\"";
}

void complete_stop(void)
{
    forget_words();
    free(tab.words);
    tab.words = NULL;
    tab.cap = 0;
}
