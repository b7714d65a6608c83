/* pager.h - text that is longer than the screen, by screenfuls. */
#ifndef PAGER_H
#define PAGER_H

#include "buf.h"
#include "style.h"

/* Appends text, its lines broken at blanks where they are wider than cols; what goes on stands
 * under the text behind the line's first wide gap, as in a list of names and what they are. */
void pager_wrap(const char *text, size_t n, size_t cols, Buf *out);

/* Shows text on the terminal of stdin and stdout, which no one else reads meanwhile. Longer than a
 * screen it stops at each: space goes on, Enter by a line, q leaves. Keys that were typed
 * before are taken for the prompt's: then it does not stop. Signals have to be watched; one that
 * is for the program ends the showing. False: Ctrl-C came while it was printed, and the rest is
 * left out. */
bool pager_show(const char *text, size_t n, const Style *style);
/* The same without stops. */
bool pager_write(const char *text, size_t n);

#endif
