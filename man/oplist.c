/* oplist.c - prints what is generated from the operator table at build time:
 *
 *     oplist man       the sections of leibniz.1 on functions, operators and commands
 *     oplist dict      the fuzzers' dictionary of words
 */
#include "table/table.h"
#include "session/settings.h"

#include <stdio.h>

/* Text for troff: no line may begin with a control character, backslashes are escaped. */
static void roff(const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", stdout);
    for (; *s; s++)
        if (*s == '\\')
            fputs("\\e", stdout);
        else if (*s == '-')
            fputs("\\-", stdout);
        else if (*s == '\'')
            fputs("\\(aq", stdout);
        else if (*s == '^')
            fputs("\\(ha", stdout);
        else
            putchar(*s);
}

static void tag(const char *usage)
{
    fputs(".TP\n.B ", stdout);
    roff(usage);
    putchar('\n');
}

/* A column's text, its functions called as they are typed. */
static void man_formula(const char *text)
{
    while (*text) {
        size_t n;
        char piece[100];
        const char *word = op_word(text, &n);
        snprintf(piece, sizeof piece, "%.*s", n ? (int)n : 1, text);
        roff(word ? word : piece);
        text += n ? n : 1;
    }
}

/* The table's columns call the arguments x, y, z in this order; where people have other names for
 * them the formulas would mislead. */
static void man_partials(const OpInfo *op)
{
    static const char *const arg[] = {"x", "y", "z"};

    if (strncmp(op->args, "x, y, z", strlen(op->args)) != 0)
        return;
    for (unsigned i = 0; i < 3 && i < op->min_args; i++) {
        if (!op->partial[i] || !*op->partial[i])
            continue;
        printf(".br\nd/d%s: ", arg[i]);
        man_formula(op->partial[i]);
        putchar('\n');
    }
}

static void man_function(const OpInfo *op)
{
    char usage[200];

    snprintf(usage, sizeof usage, "%s(%s)", op->name, op->args);
    tag(usage);
    roff(op->help);
    if (op->domain && *op->domain && strcmp(op->domain, "all x") != 0) {
        fputs(" (", stdout);
        roff(op->domain);
        putchar(')');
    }
    putchar('\n');
    man_partials(op);
}

static void man_synonyms(void)
{
    size_t n = synonym_count();

    fputs(".SS Synonyms\n", stdout);
    for (size_t i = 0; i < n; i++) {
        const char *name;
        Op op;
        synonym_at(i, &name, &op);
        roff(name);
        fputs(" = ", stdout);
        roff(op_info(op)->name);
        fputs(i + 1 < n ? ",\n" : ".\n", stdout);
    }
}

static void man_settings(void)
{
    fputs(".SH SETTINGS\n.BI set \" name value\"\nchanges a setting,\n.B set\nshows them "
          "all.\n",
          stdout);
    for (SettingId i = 0; i < SET_COUNT; i++) {
        const SettingInfo *info = setting_info(i);
        char usage[200];
        snprintf(usage, sizeof usage, "%s %s", info->name, info->values);
        tag(usage);
        roff(info->help);
        fputs(" (by default ", stdout);
        roff(info->dflt);
        fputs(")\n", stdout);
    }
}

static void man(void)
{
    fputs(".SH FUNCTIONS\nGenerated from the table that the program works with. In a "
          "derivative\n"
          ".I f\nstands for the value of the function itself.\n",
          stdout);
    for (Op op = OP_FIRST_FUNCTION + 1; op < OP_COUNT; op++)
        man_function(op_info(op));
    man_synonyms();
    fputs(".SH OPERATIONS\n", stdout);
    for (Op op = OP_FIRST_STRUCTURAL + 1; op < OP_FIRST_FUNCTION; op++) {
        if (!*op_info(op)->name)
            continue;
        tag(op_info(op)->usage);
        roff(op_info(op)->help);
        putchar('\n');
    }
    fputs(".SH COMMANDS\nA command is known as the first word of a statement only.\n",
          stdout);
    for (size_t i = 0; i < command_count(); i++) {
        tag(command_at(i)->usage);
        roff(command_at(i)->help);
        putchar('\n');
    }
    man_settings();
}

static void word(const char *s, const char *after)
{
    putchar('"');
    for (; *s; s++)
        printf(*s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    printf("%s\"\n", after);
}

static void dict(void)
{
    static const char *const grammar[] = {
        "d/dx ",      "d^2/dx^2 ",  "d^2/(dx dy) ",
        "D[",         ",{x,2}]",    " at x=",
        "if ",        " then ",     " else ",
        "otherwise",  " and ",      " or ",
        "not ",       "==",         "!=",
        "<=",         ":=",         "f(x)=",
        "f'(x)",      "sum(",       "prod(",
        "int(",       "%",          "ans",
        "pi",         "inf",        "1/2",
        "0.1",        "1e3",        "**",
        ".*",         "|x|",        "\\xe2\\x88\\x82",
        "\\xcf\\x80", "\\xc2\\xb2", "\\xe2\\x88\\x9a",
    };

    for (size_t i = 0; i < sizeof grammar / sizeof *grammar; i++)
        printf("\"%s\"\n", grammar[i]);
    for (Op op = OP_FIRST_STRUCTURAL + 1; op < OP_COUNT; op++)
        if (op_is_typed(op))
            word(op_info(op)->name, "(");
    for (size_t i = 0; i < command_count(); i++)
        word(command_at(i)->name, " ");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "man") == 0)
        man();
    else if (argc == 2 && strcmp(argv[1], "dict") == 0)
        dict();
    else
        return 3;
    return fflush(stdout) != 0;
}
