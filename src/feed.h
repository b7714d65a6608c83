/* feed.h - the lines of all inputs, in order, as statements. A line inside an open block
 * of a function definition, f(x) = {, goes on with the next; any other line stands for
 * itself. */
#ifndef FEED_H
#define FEED_H

#include "record.h"

/* What the statements are handed to. */
typedef struct {
    /* rec is valid during the call, rec->file longer. False: stop reading. */
    bool (*take)(void *arg, const Record *rec);
    void (*idle)(void *arg); /* the next read would block */
    void *arg;
} Consumer;

/* Standard input when o names no input. Returns an exit status: fine, usage (some file
 * could not be read; that is reported). */
int feed_inputs(const Options *o, const Consumer *to);

#endif
