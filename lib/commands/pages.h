/* commands/pages.h - private to commands: what help says of all that is no function, command or
 * setting; those have it in their tables. The texts are constants. */
#ifndef LBZ_COMMANDS_PAGES_H
#define LBZ_COMMANDS_PAGES_H

#include "base/base.h"

/* name and the words in also, separated by blanks, are looked up; lines have at most 79
 * columns. */
typedef struct {
    const char *name, *also, *text;
} Page;

typedef enum { PAGE_TOPIC, PAGE_WORD, PAGE_SIGN } PageKind;

extern const char page_first[]; /* 80 columns and 24 rows hold it, and the prompt */

/* The page that is called so; also: or one that such a word leads to. NULL: there is none. */
const Page *page_find(PageKind kind, const char *name, size_t n, bool also);
/* The pages of a kind in their order; NULL behind the last. */
const Page *page_at(PageKind kind, size_t i);
/* The name of a function, command or setting that people look for under another one, or
 * NULL. */
const char *page_elsewhere(const char *name, size_t n);

#endif
