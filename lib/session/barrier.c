/* session/barrier.c - whether a line is a barrier in a parallel run: asked before it is evaluated. */
#include "session/session.h"

static bool is_letter_at(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
           (unsigned char)ch >= 0x80;
}

static bool word_char(char ch) { return is_letter_at(ch) || (ch >= '0' && ch <= '9'); }

static size_t skip_blanks(const char *t, size_t n, size_t i)
{
    while (i < n && (t[i] == ' ' || t[i] == '\t' || t[i] == '\r' || t[i] == '\n'))
        i++;
    return i;
}

/* name = or name := or name(...) = at the beginning: a definition. */
static bool is_definition(const char *t, size_t n, size_t i)
{
    size_t from = i;
    if (i < n && t[i] == '[') { /* [Q, R] = ... */
        while (i < n && t[i] != ']')
            i++;
        i++;
    }
    while (i < n && word_char(t[i]))
        i++;
    if (i == from)
        return false;
    i = skip_blanks(t, n, i);
    if (i < n && t[i] == '(') {
        int depth = 0;
        for (; i < n; i++) {
            depth += (t[i] == '(') - (t[i] == ')');
            if (depth == 0)
                break;
        }
        i = skip_blanks(t, n, i + 1);
    }
    i += i + 1 < n && t[i] == ':' && t[i + 1] == '=';
    return i < n && t[i] == '=' && (i + 1 == n || t[i + 1] != '=');
}

/* The command that the statement begins with; *k: the length of its word. */
static const CommandInfo *command_at_begin(const char *t, size_t n, size_t i, size_t *k)
{
    for (*k = 0; i + *k < n && is_letter_at(t[i + *k]);)
        ++*k;
    return *k ? command_find(t + i, *k) : NULL;
}

static bool changes_session(const char *t, size_t n, size_t i)
{
    size_t k;
    const CommandInfo *cmd = command_at_begin(t, n, i, &k);
    bool timed = k == 4 && memcmp(t + i, "time", k) == 0;
    if (cmd && timed) { /* what stands behind it counts */
        i = skip_blanks(t, n, i + k);
        cmd = command_at_begin(t, n, i, &k);
    }
    bool call = cmd && cmd->open && i + k < n && t[i + k] == '(';
    return (cmd && cmd->barrier && !call) || is_definition(t, n, i);
}

/* Is it one that reads results, draws random numbers or reads a file? */
static bool is_word_of_order(const char *t, size_t n)
{
    static const char *const words[] = {"ans", "rand", "randn", "load"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && memcmp(words[i], t, n) == 0)
            return true;
    return false;
}

/* % as an operand, or the word ans; % as modulo is taken for one, too: that costs time
 * only. */
static bool reads_results(const char *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (t[i] == '#') {
            while (i < n && t[i] != '\n')
                i++;
        } else if (t[i] == '%') {
            return true;
        } else if (is_letter_at(t[i])) {
            size_t from = i;
            while (i < n && word_char(t[i]))
                i++;
            if (is_word_of_order(t + from, i - from))
                return true;
            i--;
        }
    }
    return false;
}

bool lbz_is_barrier(lbz_session *s, const char *text, size_t len)
{
    (void)s;
    for (size_t at = 0, end; at < len; at = end + 1) {
        end = session_statement_end(text, len, at);
        if (changes_session(text, end, skip_blanks(text, end, at)))
            return true;
    }
    return reads_results(text, len);
}
