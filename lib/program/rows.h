/* program/rows.h - the T rows of ops.def as values of programs: lower_NAME, under the names of the column
 * `run`. */
#ifndef LBZ_PROGRAM_ROWS_H
#define LBZ_PROGRAM_ROWS_H

#include "program/program.h"

/* The value of n, a node of the row, at the operands a[]; an error where shapes or numbers do not allow
 * it. */
typedef uint32_t RowLowering(Program *p, const Node *n, const uint32_t *a);

#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define A(...)
#define S(...)
#define C(...)
#define T(id, name, flags, least, most, shp, exct, jv, vj, rn, ...) \
    RowLowering lower_##rn;
#include "ops.def"

/* The error that it cannot be lowered. */
uint32_t lower_error(Program *p, const Node *n);
/* v is a known whole number of least ... most. */
bool lower_whole(const Program *p, uint32_t v, double least, double most, size_t *out);
/* 1, 2, 3 ... along the axes of d that are in the set, counted in the order of reading; the others have
 * size 1. */
uint32_t lower_iota(Program *p, const Dims *d, unsigned axes);

#endif
