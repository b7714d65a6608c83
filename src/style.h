/* style.h - colours, or the absence of colours: strings that are empty when colour is
 * off. */
#ifndef STYLE_H
#define STYLE_H

#include "options.h"

typedef struct {
    const char *error, *caret, *hint, *note, *reading, *dim, *prompt, *off;
} Style;

extern const Style style_plain;
/* The style for output on fd: auto is colour on a terminal that is not dumb, unless
 * NO_COLOR is set. */
const Style *style_for(ColorMode mode, int fd);

#endif
