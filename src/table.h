/* table.h - the rows of CSV and TSV, in order. Gradients have a column for each name, and which
 * names there are is known only when the rows have been made: so rows are held back for a while, and
 * get the same columns when they are taken. */
#ifndef TABLE_H
#define TABLE_H

#include "record.h"

typedef struct {
    Format format;
    bool header;    /* lines of names are wanted */
    bool begun;     /* ... and one has been written */
    Buf held;       /* rows and other text: length, bytes */
    Buf names;      /* of the columns, each ended by a NUL */
    size_t columns; /* so many names */
    size_t written; /* ... and in the last line of names */
} Table;

static inline bool table_has(const Table *t)
{
    return t->format == FORMAT_CSV || t->format == FORMAT_TSV;
}
/* A row as record_write makes it; text without a NUL is no row: a trace, a report. */
void table_put(Table *t, const char *s, size_t n);
/* Appends what is held to out; before it a line of names, if there are new ones. */
void table_take(Table *t, Buf *out);
void table_free(Table *t);

#endif
