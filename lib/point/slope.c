/* point/slope.c - slopes at a point by differences of certified values.
 *
 * With steps of 2^-96 and 2^-128 (at 192 and 256 bits, so that the step and the rounding cost the
 * same) a one-sided quotient of a smooth function is right to 1e-28. Slopes on the two sides tell
 * a kink from a smooth point; how quotients change with the step tells a limit from a jump or a
 * vertical tangent. Steps shrink with the point: |x| is the unit where it is less than 1.
 */
#include "point/slope.h"

#include <math.h>

enum {
    LEVELS = 3,         /* pairs of steps tried: 96 and 128, twice that, 4 times */
    RAISES = 6,         /* precisions tried for one quotient */
    GOOD_BITS = 70,     /* relative accuracy that is asked of a quotient */
    AGREE_BITS = 60,    /* 1e-18 */
    COMPARE_BITS = 512, /* never exactly: the exponents of two numbers may be far apart */
    TINY = -1140,       /* 2^TINY is nothing beside the least number of float64 */
    MOVE = 50, /* slope_nearby moves by 2^-50 of a power of two above |x|: 8 units */
    MAX_NEIGHBOURS = 16,
    MAX_BRANCHES = 64
};
#define NO_NAME SIZE_MAX

/* A point beside the one asked about: in[i] moved by steps * 2^-h units; in[k] by side * 2^-MOVE,
 * relatively. */
typedef struct {
    size_t i;
    slong steps, h;
    size_t k;
    int side;
} Beside;

bool slope_open(SlopeProbe *s, Ctx *c, Node *e, const uint32_t *in, Node *const *at,
                const double *x, size_t nin)
{
    *s = (SlopeProbe){.c = c, .e = e, .in = in, .at = at, .x = x, .nin = nin};
    s->p = mem_alloc((nin + 1) * sizeof *s->p);
    for (size_t i = 0; s->p && i < nin; i++)
        arb_init(s->p + i);
    if (!s->p) {
        env_error(&c->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    s->here = ex_subst(c, e, in, at, nin);
    if (c->env.err.status == LBZ_DOMAIN) /* slope_value tells of it */
        s->here = NULL;
    return attempt_forgive(c, FORGIVE(LBZ_DOMAIN));
}

void slope_close(SlopeProbe *s)
{
    for (size_t i = 0; s->p && i < s->nin; i++)
        arb_clear(s->p + i);
    mem_free(s->p);
    s->p = NULL;
}

/* ---- values ------------------------------------------------------------------------ */

/* The power of two that steps along in[i] are counted in. */
static slong step_exponent(const SlopeProbe *s, size_t i)
{
    int e = 0;
    frexp(s->x[i], &e);
    return s->x[i] != 0 && e < 0 ? e : 0;
}

static void move_by_steps(arb_t x, slong steps, slong exponent, slong prec)
{
    arb_t d;
    arb_init(d);
    arb_set_si(d, steps);
    arb_mul_2exp_si(d, d, exponent);
    arb_add(x, x, d, prec);
    arb_clear(d);
}

static bool place_point(SlopeProbe *s, const Beside *b, slong prec)
{
    for (size_t i = 0; i < s->nin; i++)
        if (ball_eval(s->c, s->at[i], NULL, NULL, 0, prec, s->p + i, NULL) != LBZ_OK)
            return false;
    if (b->steps)
        move_by_steps(s->p + b->i, b->steps, step_exponent(s, b->i) - b->h,
                      ARF_PREC_EXACT);
    if (b->k != NO_NAME) {
        int e;
        frexp(s->x[b->k], &e);
        move_by_steps(s->p + b->k, b->side, e - MOVE, ARF_PREC_EXACT);
    }
    return true;
}

/* n with the exact values put in; NULL: undefined. */
static Node *put_in_exactly(SlopeProbe *s, Node *n)
{
    Node *e = n == s->e ? s->here : ex_subst(s->c, n, s->in, s->at, s->nin);
    bool undefined = s->c->env.err.status == LBZ_DOMAIN;
    (void)attempt_forgive(s->c, FORGIVE(LBZ_DOMAIN));
    return undefined ? NULL : e;
}

/* n at b. At the point itself by its exact values, which conditions and integer parts need. */
static lbz_status value_at(SlopeProbe *s, Node *n, const Beside *b, slong prec, arb_t out)
{
    if (b->steps == 0 && b->k == NO_NAME) {
        Node *e = put_in_exactly(s, n);
        return e ? ball_eval(s->c, e, NULL, NULL, 0, prec, out, NULL) : LBZ_DOMAIN;
    }
    return place_point(s, b, prec)
               ? ball_eval(s->c, n, s->in, s->p, s->nin, prec, out, NULL)
               : LBZ_UNABLE;
}

lbz_status slope_value(SlopeProbe *s)
{
    Beside b = {.k = NO_NAME};
    lbz_status st = LBZ_UNABLE;
    arb_t v;
    arb_init(v);
    for (slong prec = 192; prec <= 192 << RAISES && st == LBZ_UNABLE; prec *= 2)
        st = value_at(s, s->e, &b, prec, v);
    arb_clear(v);
    return st;
}

/* ---- quotients --------------------------------------------------------------------- */

/* Narrow enough? A quotient that may be 0 is, when it is 0 in float64. */
static bool is_narrow(const arb_t q)
{
    return arb_rel_accuracy_bits(q) >= GOOD_BITS || arb_is_zero(q) ||
           (arb_contains_zero(q) && mag_cmp_2exp_si(arb_radref(q), TINY) < 0);
}

/* (e(x + to) - e(x + from)) / (to - from), from and to in steps; b: everything else. */
static lbz_status difference_quotient(SlopeProbe *s, Beside b, slong from, slong to,
                                      arb_t q)
{
    lbz_status st = LBZ_UNABLE;
    bool narrow = false;
    arb_t v;
    arb_init(v);
    for (int raise = 0; raise < RAISES && !narrow && !ctx_poll(s->c); raise++) {
        slong prec = (2 * b.h) << raise;
        b.steps = from;
        st = value_at(s, s->e, &b, prec, v);
        b.steps = to;
        st = st == LBZ_OK ? value_at(s, s->e, &b, prec, q) : st;
        if (st != LBZ_OK && st != LBZ_UNABLE)
            break;
        if (st == LBZ_OK) {
            arb_sub(q, q, v, prec);
            arb_div_si(q, q, to - from, prec);
            arb_mul_2exp_si(q, q, b.h - step_exponent(s, b.i));
            narrow = is_narrow(q);
        }
    }
    arb_clear(v);
    return narrow ? LBZ_OK : st == LBZ_OK ? LBZ_UNABLE : st;
}

typedef enum { SETTLED, GROWING, OPEN } Trend;

/* The limit of a quotient that is far with the larger and near with the smaller step; into near. */
static Trend judge_limit(const arb_t far, arb_t near)
{
    arf_t d, half;
    arf_init(d);
    arf_init(half);
    Trend t = OPEN;
    arf_sub(d, arb_midref(near), arb_midref(far), COMPARE_BITS, ARF_RND_DOWN);
    arf_mul_2exp_si(d, d, AGREE_BITS);
    arf_mul_2exp_si(half, arb_midref(far), -1);
    if ((arb_contains_zero(far) && arb_contains_zero(near)) ||
        (arf_cmpabs_2exp_si(arb_midref(near), -AGREE_BITS) < 0 &&
         arf_cmpabs(arb_midref(near), half) <= 0)) {
        arb_zero(near);
        t = SETTLED;
    } else if (arf_cmpabs(d, arb_midref(near)) <= 0) {
        t = SETTLED;
    } else {
        arf_mul_ui(d, arb_midref(far), 17, COMPARE_BITS, ARF_RND_DOWN);
        arf_mul_2exp_si(d, d, -4);
        bool grows = arf_cmpabs(arb_midref(near), d) > 0 &&
                     arf_sgn(arb_midref(near)) == arf_sgn(arb_midref(far));
        t = grows ? GROWING : OPEN;
    }
    arf_clear(d);
    arf_clear(half);
    return t;
}

static SlopeKind one_sided_limit(SlopeProbe *s, Beside b, slong from, slong to, arb_t out)
{
    SlopeKind kind = SLOPE_UNKNOWN;
    arb_t far;
    arb_init(far);
    for (int level = 0; level < LEVELS && !ctx_poll(s->c); level++) {
        b.h = 96 << level;
        lbz_status st = difference_quotient(s, b, from, to, far);
        b.h = 128 << level;
        st = st == LBZ_OK ? difference_quotient(s, b, from, to, out) : st;
        if (st != LBZ_OK) {
            kind = st == LBZ_DOMAIN ? SLOPE_UNDEFINED : SLOPE_UNKNOWN;
            break;
        }
        Trend t = judge_limit(far, out);
        kind = t == SETTLED   ? SLOPE_FINITE
               : t == GROWING ? SLOPE_INFINITE
                              : SLOPE_UNKNOWN;
        if (t == SETTLED)
            break;
    }
    arb_clear(far);
    return kind;
}

/* ---- the two sides ----------------------------------------------------------------- */

/* inner: how far from the point the quotients begin, in steps. */
static void both_limits(SlopeProbe *s, size_t i, slong inner, Slopes *out, arb_struct *v)
{
    Beside b = {.i = i, .k = NO_NAME};
    out->kind[0] = one_sided_limit(s, b, -inner - 1, -inner, &v[0]);
    out->kind[1] = one_sided_limit(s, b, inner, inner + 1, &v[1]);
    for (int k = 0; k < 2; k++) {
        double d = arf_get_d(arb_midref(&v[k]), ARF_RND_NEAR);
        out->slope[k] = out->kind[k] == SLOPE_FINITE              ? d
                        : out->kind[k] == SLOPE_INFINITE && d > 0 ? INFINITY
                        : out->kind[k] == SLOPE_INFINITE          ? -INFINITY
                                                                  : NAN;
    }
}

/* Their mean is the central difference. */
static void compare_sides(Slopes *out, arb_struct *v)
{
    arf_t gap;
    arf_init(gap);
    arf_sub(gap, arb_midref(&v[1]), arb_midref(&v[0]), COMPARE_BITS, ARF_RND_DOWN);
    arf_mul_2exp_si(gap, gap, AGREE_BITS - 2);
    out->same = arf_cmpabs(gap, arb_midref(&v[0])) <= 0 || arf_is_zero(gap);
    arb_add(&v[0], &v[0], &v[1], 256);
    arb_mul_2exp_si(&v[0], &v[0], -1);
    out->central = arf_get_d(arb_midref(&v[0]), ARF_RND_NEAR);
    arf_clear(gap);
}

static bool is_side(SlopeKind k) { return k == SLOPE_FINITE || k == SLOPE_UNDEFINED; }

/* Where slopes at the point are infinite: are those beside it finite? */
static void look_beside(SlopeProbe *s, size_t i, Slopes *out, arb_struct *v)
{
    Slopes beside = {.jump = true};
    both_limits(s, i, 1, &beside, v);
    if (is_side(beside.kind[0]) && is_side(beside.kind[1]) &&
        (beside.kind[0] == SLOPE_FINITE || beside.kind[1] == SLOPE_FINITE))
        *out = beside;
}

void slope_sides(SlopeProbe *s, size_t i, Slopes *out)
{
    arb_struct v[2];
    arb_init(&v[0]);
    arb_init(&v[1]);
    memset(out, 0, sizeof *out);
    both_limits(s, i, 0, out, v);
    if (out->kind[0] == SLOPE_INFINITE || out->kind[1] == SLOPE_INFINITE)
        look_beside(s, i, out, v);
    if (out->kind[0] == SLOPE_FINITE && out->kind[1] == SLOPE_FINITE) {
        compare_sides(out, v);
    } else if (out->kind[0] == SLOPE_FINITE || out->kind[1] == SLOPE_FINITE) {
        int k = out->kind[1] == SLOPE_FINITE;
        out->same = out->kind[!k] == SLOPE_UNDEFINED;
        out->central = out->slope[k];
    }
    arb_clear(&v[0]);
    arb_clear(&v[1]);
}

/* ---- branches ---------------------------------------------------------------------- */

/* What n decides at b: the order of the sides of a condition, the value of an integer part. NaN:
 * cannot be told. */
static double decided_value(SlopeProbe *s, Node *n, const Beside *b)
{
    bool condition = n->op == OP_LT || n->op == OP_LE || n->op == OP_EQ || n->op == OP_NE;
    Node *d = condition ? ex_sub(s->c, n->a[0], n->a[1]) : n;
    double r = NAN;
    arb_t v;
    arb_init(v);
    if (value_at(s, d, b, 512, v) == LBZ_OK) {
        r = !condition           ? arf_get_d(arb_midref(v), ARF_RND_NEAR)
            : arb_is_positive(v) ? 1
            : arb_is_negative(v) ? -1
            : arb_is_zero(v)     ? 0
                                 : NAN;
    }
    arb_clear(v);
    return r;
}

static bool is_decision(const Node *n)
{
    return n->op == OP_LT || n->op == OP_LE || n->op == OP_EQ || n->op == OP_NE ||
           (op_is_function((Op)n->op) && (op_info((Op)n->op)->flags & INTEGRAL));
}

bool slope_branches(SlopeProbe *s, size_t i)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    size_t count = 0, seen = 0;
    bool differ = false;
    Node **order = ex_walk(s->c, 1, &s->e, &count);
    Node **kept = order ? ARENA_NEW(&s->c->pool[1].arena, Node *, MAX_BRANCHES) : NULL;
    for (size_t k = 0; kept && k < count && seen < MAX_BRANCHES; k++)
        if (is_decision(order[k]))
            kept[seen++] = order[k];
    arena_release(&s->c->tmp, m);
    for (size_t k = 0; k < seen && !differ && !ctx_poll(s->c); k++) {
        double d[3];
        for (int side = -1; side <= 1; side++) {
            Beside b = {.i = i, .steps = side, .h = 96, .k = NO_NAME};
            d[side + 1] = decided_value(s, kept[k], &b);
        }
        differ = (d[0] == d[0] && d[1] == d[1] && d[0] != d[1]) ||
                 (d[2] == d[2] && d[1] == d[1] && d[2] != d[1]);
    }
    return differ;
}

/* ---- rounding ---------------------------------------------------------------------- */

bool slope_nearby(SlopeProbe *s, size_t i, double *lo, double *hi)
{
    size_t names = s->nin < MAX_NEIGHBOURS ? s->nin : MAX_NEIGHBOURS;
    bool any = false;
    arb_t q;
    arb_init(q);
    for (size_t n = 0; n <= names && !ctx_poll(s->c); n++) {
        size_t k = n == 0 ? i : n - 1;
        for (int side = -1; side <= 1 && s->x[k] != 0; side += 2) {
            Beside b = {.i = i, .h = 96, .k = k, .side = side};
            if (difference_quotient(s, b, -1, 1, q) == LBZ_OK) {
                double d = arf_get_d(arb_midref(q), ARF_RND_NEAR);
                *lo = any && *lo < d ? *lo : d;
                *hi = any && *hi > d ? *hi : d;
                any = true;
            }
        }
    }
    arb_clear(q);
    return any;
}

double slope_rounding(SlopeProbe *s, Node *d)
{
    double r = INFINITY;
    arb_t v;
    arb_init(v);
    for (size_t i = 0; i < s->nin; i++) {
        arb_set_d(s->p + i, s->x[i]);
        mag_set_d(arb_radref(s->p + i), ldexp(fabs(s->x[i]), -53));
    }
    if (ball_eval(s->c, d, s->in, s->p, s->nin, 53, v, NULL) == LBZ_OK)
        r = mag_get_d(arb_radref(v));
    arb_clear(v);
    return r;
}
