/* history.h - the history file: $XDG_STATE_HOME/leibniz/history, entries with time
 * stamps. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>

/* Reads the file, if there is one; enabled: entries will be written too. */
void history_start(bool enabled);
/* Remembers an entry (several lines, perhaps) and appends it to the file at once, so that
 * sessions side by side and crashes lose nothing. A file that cannot be written, or is
 * no regular file, is told of once. */
void history_add(const char *entry);
void history_stop(void);

#endif
