/* record.h - the result of one input line as an output record, and as reports for
 * people. */
#ifndef RECORD_H
#define RECORD_H

#include "buf.h"
#include "leibniz.h"
#include "options.h"
#include "style.h"

typedef enum {
    REC_STATEMENT,
    REC_PART,    /* a line inside a block { } that a later line ends: an empty record */
    REC_TOO_LONG /* a line over the limit of the reader, without its bytes */
} RecordKind;

/* One statement and what came of it. Owns nothing. */
typedef struct {
    RecordKind kind;
    unsigned long n; /* number of the record */
    const char *in;  /* text of the statement; several lines when a block was open */
    size_t in_len;
    const char *file;         /* as errors name it */
    unsigned long line;       /* of the first line of in */
    double ms;                /* time of the evaluation */
    const lbz_result *result; /* NULL: REC_PART */
} Record;

/* The names of the columns that all rows have. */
void record_header(Format f, Buf *out);
/* A separator and one more field. */
void record_field(Format f, Buf *out, const char *s);
/* Rows of CSV and TSV are for table.h. approx: people are watching, plain text also tells decimals of exact constants. */
void record_write(const Options *o, bool approx, const Record *rec, Buf *out);

/* The notes of a result, one a line; of very many only the first. */
void report_notes(const Style *style, const lbz_result *r, Buf *err);

/* Notes and the error of a record: FILE:LINE:COL: error: ..., the line, a caret, a
 * hint. */
void report_write(const Style *style, const Record *rec, Buf *err);

/* The line of a text that a span points to, with a caret line under it; indent columns
 * stand before both. */
void report_source(const Style *style, const char *text, size_t n, lbz_span at,
                   size_t indent, Buf *err);
/* Just the caret line, for a line that stands on the screen already. */
void report_caret(const Style *style, const char *line, size_t n, lbz_span at,
                  size_t indent, Buf *err);

#endif
