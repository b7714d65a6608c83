/* ball/removable.h - removable singularities in integrands. */
#ifndef LBZ_BALL_REMOVABLE_H
#define LBZ_BALL_REMOVABLE_H

#include "ball/series.h"

enum { REMOVABLE_MAX = 8, REMOVABLE_FACTORS = 8 };

typedef struct {
    const Node *product;          /* of powers; at the point it is 0/0 but has a limit */
    arb_t at;                     /* the point, exactly */
    int order[REMOVABLE_FACTORS]; /* of the zero of each factor's base there */
} Removable;

typedef struct {
    Ctx *c;
    uint32_t x;             /* the variable */
    const uint32_t *syms;   /* other names of the integrand ... */
    const arb_struct *vals; /* ... and their values */
    size_t nsyms;
    Removable v[REMOVABLE_MAX];
    size_t n;
} Removables;

/* Finds those of body: at the ends of the interval and where denominators are 0 that are linear in
 * x. c, x and the other names are there. */
void ball_removables(Removables *r, const Node *body, const acb_t lo, const acb_t hi);
void ball_removables_clear(Removables *r);
/* An enclosure of the i-th product's values on a ball that contains its point. */
bool ball_removable_value(const Removables *r, size_t i, const acb_t at, slong prec,
                          acb_t out);

#endif
