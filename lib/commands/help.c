/* commands/help.c - help: one page that teaches the whole, and a page for each
 * name. What a function is comes from the operator table, the rest from pages.c. What is no name
 * of anything is looked for among the synonyms, then in names and help lines; then it is
 * guessed. */
#include "commands/pages.h"
#include "commands/words.h"

#include <stdio.h>
#include <stdlib.h>

static void put_line(Str *out, const char *label, const char *text)
{
    if (text && *text)
        str_printf(out, "\n  %-12s%s", label, text);
}

static bool same_name(const char *name, const char *text, Span w)
{
    return name && strlen(name) == w.len && memcmp(name, text + w.pos, w.len) == 0;
}

/* ---- functions */

static void help_synonyms(Str *out, Op op)
{
    bool any = false;
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op other;
        synonym_at(i, &name, &other);
        if (other == op) {
            str_printf(out, any ? ", %s" : "\n  also        %s", name);
            any = true;
        }
    }
}

/* The k-th of the names in "x, lo, hi". */
static void argument_name(const char *args, size_t k, char out[16])
{
    for (; k && *args; k--) {
        args += strcspn(args, ",");
        args += strspn(args, ", ");
    }
    snprintf(out, 16, "%.*s", (int)strcspn(args, ","), args);
}

/* The table's columns speak of x, y, z and f; the reader sees the argument names. */
static void help_partial(Str *out, const OpInfo *info, size_t i)
{
    const char *text = info->partial[i];
    char name[3][16] = {{0}}, label[24];
    for (size_t k = 0; k < info->max_args && k < 3; k++)
        argument_name(info->args, k, name[k]);
    snprintf(label, sizeof label, "d/d%s", name[i]);
    str_printf(out, "\n  %-12s", label);
    bool uses_f = false;
    if (!*text)
        str_puts(out, "no formula is known");
    for (const char *p = text; *p;) {
        size_t n;
        const char *word = op_word(p, &n);
        size_t k = n == 1 && *p >= 'x' && *p <= 'z' ? (size_t)(*p - 'x') : 3;
        bool number = p > text && p[-1] >= '0' && p[-1] <= '9';
        if (k < info->max_args && k < 3 && !number)
            str_puts(out, name[k]);
        else if (word)
            str_puts(out, word);
        else
            str_put(out, p, n ? n : 1);
        uses_f = uses_f || (n == 1 && *p == 'f');
        p += n ? n : 1;
    }
    if (uses_f)
        str_printf(out, ", where f = %s(%s)", info->name, info->args);
}

static void help_function(Str *out, Op op)
{
    const OpInfo *info = op_info(op);
    if (out->n)
        str_putc(out, '\n');
    if (!op_is_function(op)) {
        str_printf(out, "%s: %s", info->usage, info->help);
        return;
    }
    str_printf(out, "%s(%s): %s", info->name, info->args, info->help);
    for (size_t i = 0; i < info->max_args && i < 3; i++)
        help_partial(out, info, i);
    put_line(out, "domain", info->domain);
    help_synonyms(out, op);
}

static bool help_functions_named(Str *out, const char *text, Span w)
{
    bool any = false;
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++) {
        if (same_name(op_info((Op)op)->name, text, w)) {
            help_function(out, (Op)op);
            any = true;
        }
    }
    Op op = any ? OP_POISON : op_find(text + w.pos, w.len);
    if (op_is_function(op) || op_is_structural(op) || op_is_tensor(op)) {
        help_function(out, op);
        any = true;
    }
    return any;
}

/* ---- lists */

static void put_name(Str *out, size_t *col, const char *name)
{
    enum { WIDTH = 78 };
    size_t n = strlen(name);
    if (*col && *col + n + 2 > WIDTH) {
        str_putc(out, '\n');
        *col = 0;
    }
    str_printf(out, "%s%s", *col ? "  " : "", name);
    *col += n + (*col ? 2 : 0);
}

static void list_functions(Str *out)
{
    size_t col = 0;
    for (int op = OP_FIRST_FUNCTION + 1; op < OP_COUNT; op++) {
        const char *name = op_info((Op)op)->name;
        if (op_find(name, strlen(name)) == (Op)op) /* once, whatever its arguments */
            put_name(out, &col, name);
    }
    str_puts(out, "\n\n");
    col = 0;
    for (int op = OP_FIRST_STRUCTURAL + 1; op < OP_FIRST_FUNCTION; op++)
        if (op != OP_AT && op != OP_IMPLICIT && op_is_typed((Op)op))
            put_name(out, &col, op_info((Op)op)->name);
    str_puts(out, "  sum  prod  int\n\nother names\n");
    col = 0;
    char pair[80] = "", last[80] = "";
    for (size_t i = 0; i < synonym_count(); i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        snprintf(pair, sizeof pair, "%s = %s", name, op_info(op)->name);
        if (strcmp(name, op_info(op)->name) != 0 && strcmp(pair, last) != 0)
            put_name(out, &col, pair);
        memcpy(last, pair, sizeof last);
    }
}

static void list_commands(Str *out)
{
    for (size_t i = 0; i < command_count(); i++) {
        const CommandInfo *info = command_at(i);
        str_printf(out, "%s%-32s  %s", out->n ? "\n" : "", info->usage, info->help);
    }
}

static void help_setting(Str *out, const lbz_session *s, SettingId id)
{
    const SettingInfo *info = setting_info(id);
    str_printf(out, "%sset %s %s: %s\n  now         %s\n  default     %s",
               out->n ? "\n" : "", info->name, info->values, info->help, s->set.text[id],
               s->set.dflt[id]);
}

/* ---- the user's own */

static bool help_definition(lbz_session *s, Str *out, const char *text, Span w)
{
    uint32_t sym = sym_intern(s->c, text + w.pos, w.len);
    const Def *d = names_find(&s->names, sym);
    if (d) {
        str_puts(out, out->n ? "\n" : "");
        defs_print(s, out, d, 1000);
    }
    if (defs_assumed(s, sym)) {
        str_puts(out, out->n ? "\n" : "");
        defs_print_facts(s, out, sym);
    }
    return d || defs_assumed(s, sym);
}

/* ---- pages */

static bool help_topic(lbz_session *s, Str *out, const char *text, Span w)
{
    const Page *page = page_find(PAGE_TOPIC, text + w.pos, w.len, false);
    if (page)
        str_puts(out, page->text);
    else if (args_is(text, w, "names") || args_is(text, w, "functions"))
        list_functions(out);
    else if (args_is(text, w, "commands"))
        list_commands(out);
    else if (args_is(text, w, "settings"))
        for (size_t i = 0; i < SET_COUNT; i++)
            help_setting(out, s, (SettingId)i);
    else
        return false;
    return true;
}

static bool help_name(lbz_session *s, Str *out, const char *text, Span w)
{
    const Page *word = page_find(PAGE_WORD, text + w.pos, w.len, false);
    str_puts(out, word ? word->text : "");
    bool any = help_functions_named(out, text, w) || word;
    const CommandInfo *cmd = command_find(text + w.pos, w.len);
    if (cmd) {
        str_printf(out, "%s%s: %s", out->n ? "\n" : "", cmd->usage, cmd->help);
        any = true;
    }
    SettingId id = setting_find(text + w.pos, w.len);
    if (id != SET_COUNT) {
        help_setting(out, s, id);
        any = true;
    }
    return help_definition(s, out, text, w) || any;
}

/* d/dx, d^2y/dx^2 and the like. */
static bool is_derivative(const char *s, size_t n)
{
    return n > 2 && s[0] == 'd' && memchr(s, '/', n);
}

/* Signs, and words for what has another name here. */
static bool help_synonym(lbz_session *s, Str *out, const char *text, Span w)
{
    const char *name = text + w.pos;
    const Page *page = NULL;
    for (PageKind kind = PAGE_TOPIC; kind <= PAGE_SIGN && !page; kind++)
        page = page_find(kind, name, w.len, true);
    if (!page && is_derivative(name, w.len))
        page = page_at(PAGE_TOPIC, 0);
    if (page) {
        str_puts(out, page->text);
        return true;
    }
    const char *other = page_elsewhere(name, w.len);
    return other && help_name(s, out, other, (Span){0, (uint32_t)strlen(other)});
}

/* The first function that an answer like "write grad(e, [x, y])" names. */
static bool help_named_in(lbz_session *s, Str *out, const char *answer)
{
    for (const char *at = answer; (at = strchr(at, '(')); at++) {
        size_t n = 0;
        while (at - n > answer && at[-1 - (ptrdiff_t)n] >= 'A')
            n++;
        if (n && op_find(at - n, n) != OP_POISON)
            return help_name(s, out, at - n, (Span){0, (uint32_t)n});
    }
    return false;
}

/* Names of other systems: what is written here, and what that does. */
static bool help_foreign(lbz_session *s, Str *out, const char *text, Span w)
{
    const char *answer = parse_foreign(text + w.pos, w.len);
    if (!answer)
        return false;
    str_printf(out, "%.*s is no function of leibniz: %s\n", (int)w.len, text + w.pos,
               answer);
    if (!help_synonym(s, out, text, w) && !help_named_in(s, out, answer))
        out->n--;
    return true;
}

/* ---- what is no name of anything */

typedef struct {
    const char *text;
    size_t len;
    bool in_help;                     /* help lines are searched, not names */
    const char *found[60], *help[60]; /* that contain it */
    size_t nfound;
    const char *near; /* the word that is most like it */
    unsigned distance;
} Search;

static char lower_case(char ch) { return ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch; }

static bool contains(const char *s, const char *part, size_t n)
{
    for (; *s; s++) {
        size_t k = 0;
        while (k < n && s[k] && lower_case(s[k]) == lower_case(part[k]))
            k++;
        if (k == n)
            return true;
    }
    return false;
}

static void compare_word(void *arg, lbz_word kind, const char *name, const char *help)
{
    Search *f = arg;
    unsigned d = str_distance(name, strlen(name), f->text, f->len);
    if (d < f->distance) {
        f->distance = d;
        f->near = name;
    }
    bool skip = kind == LBZ_WORD_KEYWORD || f->len < 3 ||
                !contains(f->in_help ? help : name, f->text, f->len);
    for (size_t i = 0; i < f->nfound && !skip; i++)
        skip = strcmp(f->found[i], name) == 0;
    if (skip || f->nfound == sizeof f->found / sizeof *f->found)
        return;
    f->help[f->nfound] = help;
    f->found[f->nfound++] = name;
}

static void list_found(Str *out, const Search *f)
{
    size_t width = 0;
    for (size_t i = 0; i < f->nfound; i++)
        width = strlen(f->found[i]) > width ? strlen(f->found[i]) : width;
    for (size_t i = 0; i < f->nfound; i++)
        str_printf(out, "%s%-*s  %.*s", i ? "\n" : "", (int)width, f->found[i],
                   (int)strcspn(f->help[i], "\n"), f->help[i]);
}

static bool help_named(lbz_session *s, Str *out, const char *name)
{
    Span w = {0, (uint32_t)strlen(name)};
    return help_topic(s, out, name, w) || help_name(s, out, name, w);
}

/* What contains the word, or else an error that names what is like it. */
static bool help_search(lbz_session *s, Str *out, const char *text, Span w)
{
    Search f = {.text = text + w.pos, .len = w.len, .distance = w.len < 6 ? 2 : 3};
    word_each(s, compare_word, &f);
    if (f.near && !f.distance)
        return help_named(s, out, f.near);
    f.in_help = !f.nfound;
    if (f.in_help && f.distance > 1)
        word_each(s, compare_word, &f);
    if (f.nfound == 1)
        return help_named(s, out, f.found[0]);
    list_found(out, &f);
    if (f.nfound)
        return true;
    char hint[80] = "help names lists what there is";
    if (f.near)
        snprintf(hint, sizeof hint, "did you mean %.40s?", f.near);
    env_error_at(&s->c->env, w, LBZ_NAME, hint, "nothing is known of %.*s",
                 (int)(w.len < 60 ? w.len : 60), text + w.pos);
    return false;
}

/* ---- the command */

/* help(diff), help "^" */
static Span without_brackets(const char *text, Span w)
{
    char first = w.len > 2 ? text[w.pos] : 0, last = w.len ? text[w.pos + w.len - 1] : 0;
    if ((first == '(' && last == ')') || (first == '"' && last == '"'))
        w = args_trim(text, (Span){w.pos + 1, w.len - 2});
    return w;
}

bool cmd_help(lbz_session *s, const char *text, Span args)
{
    Span w = without_brackets(text, args_trim(text, args));
    Str *out = answer_text(s);
    s->ans.kind = LBZ_HELP;
    if (!w.len) {
        str_puts(out, page_first);
        return true;
    }
    Span rest, first = args_word(text, w, &rest);
    if (args_is(text, first, "set") && args_trim(text, rest).len) {
        w = args_trim(text, rest);
        SettingId id = setting_find(text + w.pos, w.len);
        if (id != SET_COUNT)
            return help_setting(out, s, id), true;
    }
    return help_topic(s, out, text, w) || help_name(s, out, text, w) ||
           help_foreign(s, out, text, w) || help_synonym(s, out, text, w) ||
           help_search(s, out, text, w);
}
