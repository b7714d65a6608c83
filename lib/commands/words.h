/* commands/words.h - private to commands: all words that can be typed, for completion and for
 * help that guesses. */
#ifndef LBZ_COMMANDS_WORDS_H
#define LBZ_COMMANDS_WORDS_H

#include "commands/commands.h"

/* Calls visit for every word, in no order, some twice: those of the language, those that help
 * has pages for, and the session's own. help is one line, "" when there is none. */
typedef void WordVisit(void *arg, lbz_word kind, const char *name, const char *help);
void word_each(lbz_session *s, WordVisit *visit, void *arg);

#endif
