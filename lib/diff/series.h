/* diff/series.h - truncated series of nodes about a point, shared by the files that make them.
 *
 * A series holds on both sides of the point, in h = x - a; or it is a germ, on one side of it, in
 * t > 0 where x = a + side*t^per, with log(t) among its coefficients. Invariant: what is called
 * known is exact; a germ that cannot be told is SERIES_OPEN, never guessed.
 */
#ifndef LBZ_DIFF_SERIES_H
#define LBZ_DIFF_SERIES_H
#include "diff/germ.h"
#include "diff/internal.h"

typedef enum {
    SERIES_KNOWN,
    SERIES_OPEN,     /* not known */
    SERIES_UNDEFINED /* certainly no real value on this side */
} SeriesState;

/* h^-v * sum of c[k]*h^k, where c[k] is known for k < n. */
typedef struct {
    Node **c;
    size_t n, v;
    SeriesState state;
    bool exact; /* nothing follows behind c[len - 1] */
    bool zero;  /* exactly 0 */
    bool rough; /* what is not known oscillates: it must not be differentiated */
    bool truth; /* of a condition, close to the point */
    Node
        *form; /* of a germ: the node itself, branches taken; what is equal is one node */
} Known;

typedef struct {
    Ctx *c;
    uint32_t x;
    Node *a;       /* the point */
    size_t len;    /* coefficients */
    Map of;        /* node id -> Known * */
    bool rational; /* only numbers are wanted as coefficients */
    bool filled;   /* a divisor was 0 at the point */
    /* germs */
    int side; /* -1, 1; 0: a series on both sides */
    size_t per;
    size_t finer; /* a root was met that needs a per so many times as large; 1: none */
    Node *log;    /* log(t), a symbol */
    Op kink; /* what changes its branch at the point: the first; OP_POISON: nothing */
    unsigned depth; /* series that wait for this one */
} Series;

/* ---- recurrence.c: arithmetic, on arrays of s->len coefficients */
Node **series_new(const Series *s); /* zeros; NULL: no memory */
Known *series_known(const Series *s, const Node *n);
/* Is u certainly 0 (1), or certainly not (0)? 2: not known. */
int series_vanishes(const Series *s, Node *u);
/* The place of the first coefficient that is not 0; p->n: none is known. *zero: as above. */
size_t series_order(const Series *s, const Known *p, int *zero);
void series_multiply(Series *s, Node **r, Node *const *u,
                     Node *const *v); /* r may be u */
void series_exp(Series *s, Node **p, Node *const *u);
void series_log(Series *s, Node **l, Node *const *u);            /* u[0] != 0 */
void series_power(Series *s, Node **p, Node *const *u, Node *r); /* u[0] != 0 */
/* p = op(u) for sin, cos, sinh, cosh */
void series_sine(Series *s, Node **p, Node *const *u, Op op);
void series_sum(Series *s, Known *p, const Known *const *u, size_t n);
void series_product(Series *s, Known *p, const Known *u, const Known *w);
/* u^r, u being 0 or infinite at the point, its first term not 0 at the place k, r*(k - u->v) whole */
void series_shifted_power(Series *s, Known *p, const Known *u, size_t k, Num r);
void series_cancel(Series *s, Known *p); /* powers of h that cancel */
void series_copy(const Series *s, Known *p, const Known *u);
void series_constant(const Series *s, Known *p, Node *k);

/* ---- series.c */
/* The series of e, nodes that are known already being kept; NULL: an error. */
Known *series_of(Series *s, Node *e);
Known *series_none(Series *s); /* the error that there is no series */
/* Quotients of sine and cosine where the divisor is 0; false: it is not. */
bool series_trig_pole(Series *s, Known *p, const Node *n);
/* f(u) by the derivatives of f at u's value; false: f has none there. */
bool series_compose(Series *s, Known *p, Node *n);
/* By repeated derivatives of the whole node. */
void series_by_derivatives(Series *s, Known *p, Node *n);

/* ---- singular.c */
/* What function n can be replaced by where its argument comes to a singular point of it, as far as
 * s->len terms; NULL: not known. */
Node *series_replacement(Series *s, Node *n);

/* ---- germ.c, branch.c */
/* The germ of n, operands being known. False: n is like any series. */
bool series_germ(Series *s, Known *p, Node *n);
bool series_branches(Series *s, Known *p,
                     Node *n); /* if n is a kink, jump or condition */
/* n by functions that have its kinks and jumps openly; NULL: it has none that hide. */
Node *series_branch_form(Series *s, Node *n);
/* Sign of p close to the point: 0 where it is exactly 0, 2 where it is not known. at gets the place
 * of its first term. */
int series_sign(const Series *s, const Known *p, size_t *at);
bool series_has_log(const Series *s, Node *q);

/* The Taylor coefficients of e where those of the two sides are the same; false: they are not. */
bool diff_taylor_by_sides(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, Node **out);

static inline const Known *series_operand(const Series *s, const Node *n, uint32_t i)
{
    return series_known(s, n->a[i]);
}

#endif
