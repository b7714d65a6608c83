/* options.c - see options.h. */
#define _GNU_SOURCE
#include "options.h"

#include "buf.h"
#include "leibniz.h"

#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_JOBS = 256 };

static const char help_text[] =
    "usage: leibniz [OPTION]... [-e EXPR]... [-f FILE] [FILE | EXPR]...\n"
    "A calculator for derivatives. Without EXPR or FILE it reads standard input:\n"
    "at a terminal it prompts, else it answers line by line.\n"
    "\n"
    "  -e, --expression=EXPR   evaluate EXPR (may be given several times)\n"
    "  -f, --file=FILE         evaluate the lines of FILE; - is standard input\n"
    "      --records           exactly one line of output per line of input\n"
    "      --json              one JSON object per line of input\n"
    "      --csv, --tsv        one row of columns per line of input\n"
    "      --header            begin CSV and TSV with the names of the columns\n"
    "      --latex             results in LaTeX\n"
    "  -j, --jobs=N            evaluate lines on N threads; the output stays the same\n"
    "      --bail              stop at the first line that is an error\n"
    "      --strict            ambiguous readings are errors, unknown checks status 4\n"
    "      --simplify=HOW      none, light or full (the default)\n"
    "      --color=WHEN        auto (the default), always or never\n"
    "      --no-history        neither read nor write the history file\n"
    "  -h, --help; -V, --version\n"
    "\n"
    "  leibniz 'd/dx x^2*sin(x)'\n"
    "  printf 'd/dx tanh(x)\\nf(t) = t^t; f'\\''(2)\\n' | leibniz\n"
    "\n"
    "Exit status: 0 fine; 1 a check failed; 2 a line was an error; 3 usage or a file\n"
    "that cannot be read; 4 a check was unknown under --strict; 5 internal.\n";

enum {
    O_RECORDS = 256,
    O_JSON,
    O_CSV,
    O_TSV,
    O_HEADER,
    O_LATEX,
    O_BAIL,
    O_STRICT,
    O_SIMPLIFY,
    O_COLOR,
    O_NO_HISTORY
};

static const struct option longopts[] = {
    {"expression", required_argument, NULL, 'e'},
    {"file", required_argument, NULL, 'f'},
    {"jobs", required_argument, NULL, 'j'},
    {"records", no_argument, NULL, O_RECORDS},
    {"json", no_argument, NULL, O_JSON},
    {"csv", no_argument, NULL, O_CSV},
    {"tsv", no_argument, NULL, O_TSV},
    {"header", no_argument, NULL, O_HEADER},
    {"latex", no_argument, NULL, O_LATEX},
    {"bail", no_argument, NULL, O_BAIL},
    {"strict", no_argument, NULL, O_STRICT},
    {"simplify", required_argument, NULL, O_SIMPLIFY},
    {"color", required_argument, NULL, O_COLOR},
    {"colour", required_argument, NULL, O_COLOR},
    {"no-history", no_argument, NULL, O_NO_HISTORY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* 5 internal > 3 usage > 2 error > 1 check failed > 4 unknown > 0. */
int worst_status(int a, int b)
{
    static const unsigned char rank[] = {0, 2, 3, 4, 1, 5};
    return rank[a] >= rank[b] ? a : b;
}

static void add_input(Options *o, bool is_text, const char *arg)
{
    o->inputs = xrealloc(o->inputs, (o->ninputs + 1) * sizeof *o->inputs);
    o->inputs[o->ninputs++] = (Input){is_text, arg};
}

/* ---- words that are no options: files, or expressions */

static bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Ends in an extension of two letters or more: ".T" transposes. */
static bool has_extension(const char *s)
{
    const char *dot = strrchr(s, '.');
    size_t n = 1;
    if (!dot || dot == s || !is_letter(dot[1]))
        return false;
    while (is_letter(dot[n]) || is_digit(dot[n]))
        n++;
    return n > 2 && !dot[n];
}

/* Only letters, digits and what joins them in the name of a file; numbers alone are none. */
static bool is_bare_name(const char *s)
{
    bool letters = false;
    for (; *s; s++) {
        bool letter = is_letter(*s) || (*s & 0x80);
        if (!letter && !is_digit(*s) && !strchr("_-./~", *s))
            return false;
        letters |= letter;
    }
    return letters;
}

/* Where no file is called so: is a file meant that was mistyped? */
static bool names_file(const char *s)
{
    bool path = *s == '/' || !strncmp(s, "./", 2) || !strncmp(s, "../", 3) ||
                !strncmp(s, "~/", 2);
    return !*s || !strcmp(s, "-") || path || is_bare_name(s) || has_extension(s);
}

static void add_word(Options *o, const char *arg)
{
    add_input(o, access(arg, F_OK) != 0 && !names_file(arg), arg);
}

/* ---- options */

static bool bad_value(const char *option, const char *arg, const char *allowed)
{
    fprintf(stderr, "leibniz: --%s=%s: must be %s\n", option, arg, allowed);
    return false;
}

static bool set_jobs(Options *o, const char *arg)
{
    char *end;
    unsigned long n = strtoul(arg, &end, 10);
    if (*arg < '0' || *arg > '9' || *end || n < 1 || n > MAX_JOBS)
        return bad_value("jobs", arg, "a number of threads from 1 to 256");
    o->jobs = (unsigned)n;
    return true;
}

static bool set_format(Options *o, Format f)
{
    if (o->format != FORMAT_PLAIN && o->format != f) {
        fputs("leibniz: only one of --json, --csv, --tsv and --latex can be given\n",
              stderr);
        return false;
    }
    o->format = f;
    return true;
}

static bool set_color(Options *o, const char *arg)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(arg, names[i])) {
            o->color = (ColorMode)i;
            return true;
        }
    return bad_value("color", arg, "auto, always or never");
}

static bool set_simplify(Options *o, const char *arg)
{
    if (strcmp(arg, "none") && strcmp(arg, "light") && strcmp(arg, "full"))
        return bad_value("simplify", arg, "none, light or full");
    o->simplify = arg;
    return true;
}

/* False: a usage error, reported (getopt reports its own). */
static bool apply(Options *o, int c)
{
    switch (c) {
    case 1: add_word(o, optarg); return true; /* no option, in its place among them */
    case 'e': add_input(o, true, optarg); return true;
    case 'f': add_input(o, false, optarg); return true;
    case 'j': return set_jobs(o, optarg);
    case O_RECORDS: o->records = true; return true;
    case O_JSON: return set_format(o, FORMAT_JSON);
    case O_CSV: return set_format(o, FORMAT_CSV);
    case O_TSV: return set_format(o, FORMAT_TSV);
    case O_LATEX: return set_format(o, FORMAT_LATEX);
    case O_HEADER: o->header = true; return true;
    case O_BAIL: o->bail = true; return true;
    case O_STRICT: o->strict = true; return true;
    case O_SIMPLIFY: return set_simplify(o, optarg);
    case O_COLOR: return set_color(o, optarg);
    case O_NO_HISTORY: o->history = false; return true;
    default: return false;
    }
}

/* A locale that is named and not installed counts by its name; where none is named terminals
 * show UTF-8 all the same. */
static bool locale_is_ascii(void)
{
    const char *const vars[] = {"LC_ALL", "LC_CTYPE", "LANG"}, *name = NULL;
    for (int i = 0; i < 3 && !(name && *name); i++)
        name = getenv(vars[i]);
    if (!name || !*name)
        return false;
    if (strcasestr(name, "utf-8") || strcasestr(name, "utf8"))
        return false;
    return !setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* -2^2, -x^2: getopt takes it for options. */
static bool negative_word(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && argv[i][1] != '-' &&
            (is_digit(argv[i][1]) || strpbrk(argv[i], "^*/+( ")))
            return true;
    return false;
}

bool options_parse(Options *o, int argc, char **argv, int *status)
{
    *o = (Options){.jobs = 1, .history = true, .ascii = locale_is_ascii()};
    static char name[] = "leibniz";
    argv[0] = name; /* what getopt calls us, wherever we lie */
    int c;
    while ((c = getopt_long(argc, argv, "-e:f:j:hV", longopts, NULL)) != -1) {
        if (c == 'h' || c == 'V') {
            if (c == 'h')
                fputs(help_text, stdout);
            else
                printf("leibniz %s\n", lbz_version());
            *status = fflush(stdout) ? EXIT_INTERNAL : EXIT_FINE;
            return false;
        }
        if (!apply(o, c)) {
            if (c == '?' && negative_word(argc, argv))
                fputs("leibniz: an expression that begins with - stands behind -e\n",
                      stderr);
            fputs("leibniz: try leibniz --help\n", stderr);
            *status = EXIT_USAGE;
            return false;
        }
    }
    for (int i = optind; i < argc; i++)
        add_word(o, argv[i]);
    return true;
}

void options_free(Options *o)
{
    free(o->inputs);
    *o = (Options){0};
}
