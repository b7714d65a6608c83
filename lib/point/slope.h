/* point/slope.h - slopes of an expression at a point by differences of certified values, at so
 * high a precision that neither rounding nor the step shows: the judge of the other routes. */
#ifndef LBZ_POINT_SLOPE_H
#define LBZ_POINT_SLOPE_H

#include "ball/ball.h"

typedef struct {
    Ctx *c;
    Node *e;
    const uint32_t *in; /* names ... */
    Node *const *at;    /* ... their exact values ... */
    const double *x;    /* ... and those rounded; the caller's, all three */
    size_t nin;
    Node *here;     /* e with the values put in */
    arb_ptr p;      /* the point that is looked at */
    bool overflows; /* the caller tells: in float64, steps leave the range of numbers */
} SlopeProbe;

typedef enum {
    SLOPE_FINITE,
    SLOPE_INFINITE, /* it grows without bound as the step shrinks; its sign is in slope */
    SLOPE_UNDEFINED, /* e has no value on this side */
    SLOPE_UNKNOWN    /* no certain values, or no limit is seen */
} SlopeKind;

/* The slopes on the two sides of the point along one name: left, right. */
typedef struct {
    SlopeKind kind[2];
    double slope[2];
    bool same;      /* both finite and equal, or the only one there is */
    double central; /* the derivative, if they are the same */
    bool jump;      /* e jumps here: the slopes are those beside the jump */
} Slopes;

/* False with an error when memory is out; slope_close is due in any case. */
bool slope_open(SlopeProbe *s, Ctx *c, Node *e, const uint32_t *in, Node *const *at,
                const double *x, size_t nin);
void slope_close(SlopeProbe *s);

/* Has e a finite value at the point? OK, DOMAIN or UNABLE. */
lbz_status slope_value(SlopeProbe *s);
/* One-sided slopes along in[i]: differences at 192 and 256 bits that agree to 1e-18, with smaller
 * steps and more bits where they do not. */
void slope_sides(SlopeProbe *s, size_t i, Slopes *out);
/* Is another branch taken, or another integer part, just beside the point along in[i]? */
bool slope_branches(SlopeProbe *s, size_t i);
/* The least and greatest slope along in[i] where the point is moved by its rounding to float64
 * and a few units more. False: not known. */
bool slope_nearby(SlopeProbe *s, size_t i, double *lo, double *hi);
/* How far rounding in 53 bits can move the value of d at the point; infinite when no bound is
 * known. */
double slope_rounding(SlopeProbe *s, Node *d);

/* ---- judge.c: verdicts, from good to bad */
typedef enum {
    VERDICT_AGREE,
    VERDICT_BRANCH,
    VERDICT_KINK,
    VERDICT_UNRESOLVED,
    VERDICT_DISAGREE
} SlopeVerdict;
enum { SYMBOLIC, FORWARD, REVERSE, ROUTES };
extern const char *const slope_verdict_names[], *const slope_route_names[];

/* The derivative by one name, as every route gives it. */
typedef struct {
    const char *name;
    double d[ROUTES];
    bool has[ROUTES];
    double size; /* of what accumulation adds up: |d| or more; 0: not known */
    bool has_difference;
    double difference;
    Slopes side;
    SlopeVerdict verdict;
    char why[160]; /* may be empty */
} SlopeRow;

/* Judges the routes of row r for in[i]; e has a value at the point. formula: the symbolic
 * derivative or NULL. */
void slope_judge(SlopeProbe *s, Node *formula, size_t i, SlopeRow *r);
/* Without differences there is nothing but to compare the two modes; why: the reason. */
void slope_compare(SlopeRow *r, const char *why);
void slope_unresolved(SlopeRow *r, const char *why);

#endif
