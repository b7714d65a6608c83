/* ball/series.h - truncated power series of nodes in ball arithmetic. */
#ifndef LBZ_BALL_SERIES_H
#define LBZ_BALL_SERIES_H

#include "ball/ball.h"
#include <acb_poly.h>

typedef struct ball_series BallSeries;
struct ball_series {
    Ctx *c;
    uint32_t x; /* the variable ... */
    acb_t at;   /* ... and where the series are taken: a number or a whole ball of them */
    slong len, prec;
    const uint32_t *syms;   /* other names ... */
    const arb_struct *vals; /* ... and their values */
    size_t nsyms;
    Map of; /* node -> its place in all */
    acb_poly_struct *all;
    size_t n, cap;
    unsigned depth;
    /* The series of a function that is not known here, its operands being done. NULL: none. */
    bool (*other)(BallSeries *s, Node *n, acb_poly_t out);
};

void ball_series_init(BallSeries *s, Ctx *c, uint32_t x, slong len, slong prec);
void ball_series_clear(BallSeries *s);
/* The series of e, len terms: x^k has enclosures of the k-th Taylor coefficient at every point of
 * at. NULL when there is none (a kink, a singularity, another free name) or it cannot be told. */
const acb_poly_struct *ball_series_of(BallSeries *s, Node *e);
/* For `other`: what is there (NULL: nothing), and a new entry for n. */
acb_poly_struct *ball_series_get(const BallSeries *s, const Node *n);
acb_poly_struct *ball_series_put(BallSeries *s, const Node *n);

#endif
