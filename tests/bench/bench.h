/* bench.h - rows of make bench: two commands run in turn, their times and the ratio. */
#ifndef BENCH_H
#define BENCH_H

#include "lines.h"

#include <stdbool.h>

enum { MAX_ARGS = 8 };

/* What is timed: the whole process, or statements: as notes ("took 3.1 ms") or the last JSON record
 * tell. */
typedef enum { PROCESS, NOTES, RECORD } What;

typedef struct {
    const char *argv[MAX_ARGS];
    const char *input; /* file */
    double scale;      /* a peer that does part of the work counts that many times */
    What what;
} Command;

typedef struct {
    const char *leibniz, *tools;
    const char *old; /* NULL, or the peer in every row */
    const char *only;
    char dir[64];
} Bench;

/* A against its peer, `runs` pairs. inverse: the ratio is A/peer (lower is better), else peer/A: how
 * many times faster. */
void bench_row(const Bench *b, const char *name, const Command *a, const Command *peer,
               int runs, bool inverse, const char *target);
bool bench_wants(const Bench *b, const char *name);
/* A file in the bench's folder, open for writing; *path is its name. */
FILE *bench_input(const Bench *b, const char *name, Syntax s, const char **path);

/* numbers.c: formulas and functions at numbers. */
void bench_numbers(const Bench *b);

#endif
