/* complete.h - Tab at the prompt: names from the session, with their help lines, and
 * files. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "leibniz.h"
#include "style.h"

/* Hooks into Readline; s has to live as long as lines are read. */
void complete_start(lbz_session *s);
void complete_style(const Style *style); /* for the help lines; before the first Tab */
void complete_stop(void);

#endif
