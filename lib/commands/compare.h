/* commands/compare.h - both sides of a check at points: where they agree, differ and exist.
 *
 * Owners: nodes and points live as long as the statement; the balls are the check's.
 */
#ifndef LBZ_COMMANDS_COMPARE_H
#define LBZ_COMMANDS_COMPARE_H

#include "commands/constant.h"

enum { CHECK_POINTS = 8, CHECK_DIGITS = 50, CHECK_SCALE = 1000 };

typedef struct {
    uint32_t sym;
    int64_t num;  /* its value here is num/SCALE, or lo + (hi - lo)*num/SCALE */
    int64_t good; /* num of the last point where both sides had a value */
    bool ranged, integer;
    bool fixed; /* its value is this one instead: */
    Num value;
    Node *exact;     /* ... or this constant, close to value; NULL: value it is */
    arb_srcptr ball; /* ... or somewhere in there; NULL: it is known */
    bool rounded;    /* value is only close to it */
    Num lo, hi;
    uint8_t sign; /* the signs it may have */
} Var;

typedef enum { NOT_KNOWN, HAS_NO_VALUE, HAS_VALUE } Existence;

typedef struct {
    lbz_session *s;
    Ctx *c;
    Node *l, *r;
    ExpressionText left, right; /* where they stand */
    Var *var;
    size_t k;
    Num tol; /* 0: none given */
    uint64_t seed;
    arb_ptr at;
    uint32_t *syms;
    arb_t lv, rv, d;
    unsigned agreed, undefined, unable, tried;
    const Node *open;   /* what could not be evaluated at the last point that failed */
    Existence exist[2]; /* of the sides, at the last special point */
    Node **turn;        /* what is 0 where a side jumps; NULL: not known */
    size_t nturns;
} Check;

typedef enum { AGREE, DIFFER, SKIP } Outcome;

/* Has a side a node that `is` accepts? */
bool compare_has(const Check *k, NodeTest *is);
/* The value of v at the point. */
Num compare_value(Check *k, const Var *v);
void compare_set_num(arb_t x, Num v, slong prec);
/* The point as balls. */
void compare_place(Check *k, arb_ptr at, slong prec);
/* The next point, drawn. */
void compare_draw(Check *k);
/* Looks at points until so many agree; true: one where the sides differ. */
bool compare_find(Check *k, unsigned enough);
/* The sides at the point by few bits: k->exist is known then. */
Outcome compare_briefly(Check *k);

/* special.c */
/* Numbers that v may be at which something is likely to happen: 0, where a subexpression is 0 ...;
 * *n of them, ascending. critical: those only where a side may begin or cease to exist; *all: there
 * are no others. */
Num *special_values(Check *k, const Var *v, bool critical, size_t *n, bool *all);
/* May v be x? */
bool special_allows(const Var *v, Num x);
/* Do the sides differ where v is the constant x? v stays there then. */
bool special_differ_at(Check *k, Var *v, Node *x);
/* Looks at such points; true: one where the sides differ. */
bool special_find(Check *k);

/* jump.c */
/* Looks where what jumps comes to its threshold; true: a point where the sides differ. */
bool jump_find(Check *k);

/* exist.c */
/* Says where only one of the sides has a value: " where both sides exist (...)"; or nothing. */
void exist_describe(Check *k, Str *out);
/* After points without a value for both: is there certainly none? */
bool exist_nowhere(Check *k);

/* check_tensor.c: a check in which names of tensors occur; at args. */
bool compare_is_of_tensors(const Check *k);
bool compare_tensors(Check *k, Span args);

/* verdict.c: the verdict, with its text, is the answer. */
void verdict_decide(Check *k);

#endif
