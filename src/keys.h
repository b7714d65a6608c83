/* keys.h - what is typed or pasted, on its way to Readline. */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stdio.h>

/* For rl_getc_function: the next byte of in. Readline shows what is typed as it is, so a '?' stands
 * for characters that the terminal would obey (lbz_is_control); ASCII control characters are keys
 * and pass. */
int keys_read(FILE *in);
/* A byte is at hand without reading. */
bool keys_pending(void);

#endif
