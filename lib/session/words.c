/* session/words.c - what a front end asks about text before it is evaluated: completion,
 * and whether a line is a barrier in a parallel run. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- completion */

typedef struct {
    lbz_word kind;
    const char *name, *help;
} Completion;

typedef struct {
    const char *prefix;
    size_t len;
    Completion *v;
    size_t n, cap;
} Words;

static void offer_word(Words *w, lbz_word kind, const char *name, const char *help)
{
    if (!name || strncmp(name, w->prefix, w->len) != 0)
        return;
    if (w->n == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 64;
        Completion *more = mem_realloc(w->v, cap * sizeof *more);
        if (!more)
            return;
        w->v = more;
        w->cap = cap;
    }
    w->v[w->n++] = (Completion){kind, name, help ? help : ""};
}

static void offer_table(Words *w)
{
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++) {
        if (op_is_function((Op)op) || op_is_structural((Op)op)) {
            bool phrase =
                op == OP_AT || op == OP_IMPLICIT; /* typed as words, not as calls */
            offer_word(w, LBZ_WORD_FUNCTION, phrase ? NULL : op_info((Op)op)->name,
                       op_info((Op)op)->help);
        }
    }
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        offer_word(w, LBZ_WORD_FUNCTION, name, op_info(op)->help);
    }
    for (size_t i = 0; i < command_count(); i++)
        offer_word(w, LBZ_WORD_COMMAND, command_at(i)->name, command_at(i)->help);
    for (size_t i = 0; i < SET_COUNT; i++) {
        offer_word(w, LBZ_WORD_SETTING, setting_info((SettingId)i)->name,
                   setting_info((SettingId)i)->help);
    }
    offer_word(w, LBZ_WORD_FUNCTION, "sum",
               "sum(e, k, a, b): the sum of e for k from a to b");
    offer_word(w, LBZ_WORD_FUNCTION, "prod",
               "prod(e, k, a, b): the product of e for k from a to b");
    offer_word(w, LBZ_WORD_FUNCTION, "int",
               "int(e, t, a, b): the integral of e from a to b");
    offer_word(w, LBZ_WORD_NAME, "pi", "3.14159...");
    offer_word(w, LBZ_WORD_NAME, "e", "2.71828...");
    offer_word(w, LBZ_WORD_NAME, "inf", "infinity");
    offer_word(w, LBZ_WORD_NAME, "ans", "the last result, as %");
}

static void offer_names(Words *w, const lbz_session *s)
{
    for (uint32_t i = 0; i < s->c->syms_kept; i++) {
        const Def *d = names_find(&s->names, i);
        if (d) {
            offer_word(w, d->kind == DEF_FUNCTION ? LBZ_WORD_FUNCTION : LBZ_WORD_NAME,
                       sym_name(s->c, i), d->source);
        } else if (defs_assumed(s, i)) {
            offer_word(w, LBZ_WORD_NAME, sym_name(s->c, i), NULL);
        }
    }
}

static int by_name(const void *a, const void *b)
{
    const Completion *x = a, *y = b;
    int r = strcmp(x->name, y->name);
    return r ? r : (int)x->kind - (int)y->kind;
}

/* prefix is "NAME=...": the words among the values "none|light|full". */
static void each_value(const char *prefix, size_t len, size_t name,
                       void (*each)(lbz_word, const char *, const char *, void *),
                       void *arg)
{
    SettingId id = setting_find(prefix, name);
    const char *v = id == SET_COUNT ? "" : setting_info(id)->values;
    size_t typed = len - name - 1;
    bool more = strchr(v, '|') != NULL; /* else it is a number */
    while (more) {
        size_t n = strcspn(v, "|");
        char word[24];
        snprintf(word, sizeof word, "%.*s", (int)n, v);
        if (n >= typed && memcmp(v, prefix + name + 1, typed) == 0)
            each(LBZ_WORD_VALUE, word, "", arg);
        more = v[n] == '|';
        v += n + more;
    }
}

void lbz_complete(lbz_session *s, const char *prefix, size_t len,
                  void (*each)(lbz_word kind, const char *name, const char *help,
                               void *arg),
                  void *arg)
{
    const char *eq = memchr(prefix, '=', len);
    if (eq) {
        each_value(prefix, len, (size_t)(eq - prefix), each, arg);
        return;
    }
    Words w = {prefix, len, NULL, 0, 0};
    offer_table(&w);
    offer_names(&w, s);
    if (w.n)
        qsort(w.v, w.n, sizeof *w.v, by_name);
    for (size_t i = 0; i < w.n; i++)
        if (i == 0 || w.v[i].kind != w.v[i - 1].kind ||
            strcmp(w.v[i].name, w.v[i - 1].name))
            each(w.v[i].kind, w.v[i].name, w.v[i].help, arg);
    mem_free(w.v);
}

/* ---- barriers */

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

static bool changes_session(const char *t, size_t n, size_t i)
{
    char word[32];
    size_t k = 0;
    while (i + k < n && k + 1 < sizeof word && is_letter_at(t[i + k])) {
        word[k] = t[i + k];
        k++;
    }
    word[k] = '\0';
    const CommandInfo *cmd = k ? command_find(word, k) : NULL;
    if (cmd && strcmp(word, "time") == 0) {
        i = skip_blanks(t, n, i + k);
        return is_definition(t, n, i);
    }
    return (cmd && cmd->barrier) || is_definition(t, n, i);
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
            if (i - from == 3 && memcmp(t + from, "ans", 3) == 0)
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
