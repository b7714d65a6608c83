/* sink.h - where records and reports go. Standard output and standard error are buffered;
 * when both are the same file they share one buffer, so that their order is that of the
 * lines. */
#ifndef SINK_H
#define SINK_H

#include "table.h"

typedef struct {
    Buf out, err;
    Table table;  /* what stands before out in CSV and TSV */
    bool joined;  /* reports go into out */
    bool watched; /* a terminal: every line is shown when it is there */
    int error;    /* errno of a failed write to standard output, or 0 */
} Sink;

void sink_open(Sink *s, const Options *o);
/* Hands over one line's record and its reports. */
void sink_put(Sink *s, const Buf *record, const Buf *reports);
void sink_flush(Sink *s);
/* Flushes and frees. False: output was lost; that has been reported. */
bool sink_close(Sink *s);

#endif
