/* expr/attributes.h - what a call of a T row says beside its operands: axis, keep, ddof, p ...
 *
 * Attributes are a text, kept as the name of the node: "axis=-2,-1 ddof=1 keep=yes". Invariant: names in
 * the order of the alphabet, one space between; of a tensor whose shape is known axes are counted from
 * the end, -1 is the last, in rising order; a reduction over all axes has no axis, what works along one
 * axis always has one. Axes of what has no shape yet stand as they were typed, counted from 1. NULL is
 * the text of no attributes.
 */
#ifndef LBZ_EXPR_ATTRIBUTES_H
#define LBZ_EXPR_ATTRIBUTES_H

#include "expr/expr.h"

/* name=value in a call */
typedef struct {
    const char *name; /* n bytes */
    size_t n;
    Node *value;
} Attribute;

/* Does the row know an attribute of that name? */
bool attr_is_known(Op op, const char *name, size_t n);
/* The text of what was given to a call of op, in any order; in the statement's arena. NULL: nothing was
 * given, or an error. */
const char *attr_write(Ctx *c, Op op, size_t n, const Attribute *given);
/* The text for a first operand of that rank. NULL as above; errors: there is no such axis. */
const char *attr_normal(Ctx *c, Op op, const char *text, unsigned rank);
/* The text of a reduction over a set of axes (all: none are named), or of what works along one. */
const char *attr_of_axes(Ctx *c, unsigned axes, unsigned rank, bool keep);
/* The set of axes, from bit 0 for the first, of an operand of that rank; all where none is named. */
unsigned attr_axes(const char *text, unsigned rank);
unsigned attr_axis(const char *text, unsigned rank); /* the only one, the first is 0 */
bool attr_is(const char *text, const char *name);    /* keep, reverse: yes */
static inline bool attr_keep(const char *text) { return attr_is(text, "keep"); }
/* The number (or inf) of that name; NULL: there is none. */
Node *attr_number(Ctx *c, const char *text, const char *name);
/* text with name=value instead of what it has under that name; value NULL: without it. */
const char *attr_with(Ctx *c, const char *text, const char *name, const char *value);

#endif
