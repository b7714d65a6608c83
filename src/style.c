/* style.c - see style.h. */
#include "style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const Style style_plain = {"", "", "", "", "", "", "", ""};

static const Style style_ansi = {
    .error = "\033[1;31m",
    .caret = "\033[1;31m",
    .hint = "\033[36m",
    .note = "\033[2m",
    .reading = "\033[33m",
    .dim = "\033[2m",
    .prompt = "\033[1;32m",
    .off = "\033[0m",
};

static bool wants_colour(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

const Style *style_for(ColorMode mode, int fd)
{
    bool on = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && wants_colour(fd));
    return on ? &style_ansi : &style_plain;
}
