/* diff/internal.h - shared by the files of the differentiation pass. */
#ifndef LBZ_DIFF_INTERNAL_H
#define LBZ_DIFF_INTERNAL_H
#include "diff/diff.h"

#endif
