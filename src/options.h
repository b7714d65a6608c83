/* options.h - what the command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* The exit statuses of language.md; of several, the one that worst_status picks. */
enum {
    EXIT_FINE = 0,
    EXIT_CHECK_FAILED = 1,
    EXIT_LINE_ERROR = 2,
    EXIT_USAGE = 3,
    EXIT_CHECK_UNKNOWN = 4,
    EXIT_INTERNAL = 5
};

typedef enum { FORMAT_PLAIN, FORMAT_JSON, FORMAT_CSV, FORMAT_TSV, FORMAT_LATEX } Format;

typedef enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } ColorMode;

typedef struct {
    bool
        is_text; /* arg is the text itself (-e, or a word that can be no file), else the name of a file */
    const char *arg; /* belongs to argv */
} Input;

typedef struct {
    Format format;
    ColorMode color;
    bool records, header, bail, strict, history;
    bool ascii;           /* the locale asks for nothing beyond it in text for people */
    const char *simplify; /* NULL: as the session has it */
    unsigned jobs;
    Input *inputs; /* owned */
    size_t ninputs;
} Options;

/* Reads the command line. True: go on with *o. False: end at once with *status (after
 * --help,
 * --version, or a usage error, which has been reported). */
bool options_parse(Options *o, int argc, char **argv, int *status);
void options_free(Options *o);

int worst_status(int a, int b);

#endif
