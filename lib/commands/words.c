/* commands/words.c - completion: what begins with what was typed. */
#include "commands/words.h"

#include "commands/pages.h"
#include "print/print.h"

#include <stdlib.h>

/* ---- the words */

/* Those of the grammar inside an expression, and behind a command. */
static const struct {
    const char *name, *help;
} keywords[] = {
    {"at", "E at x=1, y=2: the value there"},
    {"where", "dy/dx where F(x, y) = c"},
    {"if", "if c then a else b"},
    {"then", "if c then a else b"},
    {"else", "if c then a else b"},
    {"otherwise", "{a if c; b otherwise}"},
    {"and", "both hold"},
    {"or", "one of them holds"},
    {"not", "it does not hold"},
    {"on", "check A == B on x in 0:1"},
    {"in", "check A == B on x in 0:1"},
    {"tol", "check A == B at x=1 tol 1e-6"},
    {"along", "forward E at x=1, y=2 along (1, 0)"},
    {"as", "trace reverse E at x=1 as json|csv|latex"},
    {NULL, NULL},
};

/* Words that begin a statement and are no commands. */
static const struct {
    const char *name, *help;
} openers[] = {
    {"let", "let x = e"},
    {"return", "return e"},
    {NULL, NULL},
};

static void visit_table(const lbz_session *s, WordVisit *visit, void *arg)
{
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++) {
        bool phrase = op == OP_AT || op == OP_IMPLICIT; /* typed as words, not as calls */
        if (!phrase && op_is_typed((Op)op))
            visit(arg, LBZ_WORD_FUNCTION, op_info((Op)op)->name, op_info((Op)op)->help);
    }
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        visit(arg, LBZ_WORD_FUNCTION, name, op_info(op)->help);
    }
    for (size_t i = 0; i < command_count(); i++)
        if (s->descent || !command_at(i)->open)
            visit(arg, LBZ_WORD_COMMAND, command_at(i)->name, command_at(i)->help);
    for (size_t i = 0; i < SET_COUNT; i++) {
        const SettingInfo *info = setting_info((SettingId)i);
        visit(arg, LBZ_WORD_SETTING, info->name, info->help);
    }
}

static void visit_language(WordVisit *visit, void *arg)
{
    static const char *const functions[] = {"sum", "prod", "int"}, *const names[] = {
                                                                       "pi", "e", "inf",
                                                                       "ans"};
    for (size_t i = 0; i < 3; i++)
        visit(arg, LBZ_WORD_FUNCTION, functions[i],
              page_find(PAGE_WORD, functions[i], strlen(functions[i]), false)->text);
    for (size_t i = 0; i < 4; i++)
        visit(arg, LBZ_WORD_NAME, names[i],
              page_find(PAGE_WORD, names[i], strlen(names[i]), false)->text);
    for (size_t i = 0; keywords[i].name; i++)
        visit(arg, LBZ_WORD_KEYWORD, keywords[i].name, keywords[i].help);
    for (size_t i = 0; openers[i].name; i++)
        visit(arg, LBZ_WORD_COMMAND, openers[i].name, openers[i].help);
    for (size_t i = 0; page_at(PAGE_TOPIC, i); i++)
        visit(arg, LBZ_WORD_TOPIC, page_at(PAGE_TOPIC, i)->name, "a page of help");
    visit(arg, LBZ_WORD_TOPIC, "names", "all functions");
    visit(arg, LBZ_WORD_TOPIC, "commands", "all commands");
    visit(arg, LBZ_WORD_TOPIC, "settings", "all settings");
}

static void visit_session(const lbz_session *s, WordVisit *visit, void *arg)
{
    for (uint32_t i = 0; i < s->c->syms_kept; i++) {
        const Def *d = names_find(&s->names, i);
        if (d) {
            visit(arg, d->kind == DEF_FUNCTION ? LBZ_WORD_FUNCTION : LBZ_WORD_NAME,
                  sym_name(s->c, i), d->source ? d->source : "");
        } else if (defs_assumed(s, i)) {
            visit(arg, LBZ_WORD_NAME, sym_name(s->c, i), "");
        }
    }
}

void word_each(lbz_session *s, WordVisit *visit, void *arg)
{
    visit_table(s, visit, arg);
    visit_language(visit, arg);
    visit_session(s, visit, arg);
}

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

static void offer(void *arg, lbz_word kind, const char *name, const char *help)
{
    Words *w = arg;
    if (strncmp(name, w->prefix, w->len) != 0)
        return;
    if (!MEM_ROOM(w->v, w->n, w->cap))
        return;
    w->v[w->n++] = (Completion){kind, name, help};
}

/* Greek letters are names that nobody has to define; only where one is begun. */
static void offer_greek(Words *w)
{
    const char *letter, *name;
    for (size_t i = 0; w->len && (name = print_greek_name(i, &letter)); i++)
        if (op_find(name, strlen(name)) == OP_POISON && strcmp(name, "pi") != 0)
            offer(w, LBZ_WORD_NAME, name, letter);
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
        size_t len = n < sizeof word ? n : sizeof word - 1;
        memcpy(word, v, len);
        word[len] = '\0';
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
    word_each(s, offer, &w);
    offer_greek(&w);
    if (w.n)
        qsort(w.v, w.n, sizeof *w.v, by_name);
    for (size_t i = 0; i < w.n; i++)
        if (i == 0 || w.v[i].kind != w.v[i - 1].kind ||
            strcmp(w.v[i].name, w.v[i - 1].name))
            each(w.v[i].kind, w.v[i].name, w.v[i].help, arg);
    mem_free(w.v);
}
