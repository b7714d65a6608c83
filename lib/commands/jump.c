/* commands/jump.c - counterexamples where something jumps: where what sign, step, floor or a
 * comparison asks about comes to its threshold.
 *
 * The place is exact where the operations can be undone one by one: exp(x) is 2 at log(2). Else it
 * is enclosed: u is continuous between two points at which u - level has opposite signs, so
 * between them there is one where u is the level. There the sides are compared with u replaced by the
 * level and the name by the whole interval: a difference is as rigorous as elsewhere.
 */
#include "commands/compare.h"

#include <math.h>

enum {
    MOST_NODES = 400,
    MOST_THRESHOLDS = 12,
    MOST_CROSSINGS = 24, /* looked at in one check */
    DRAWS = 2,           /* for the other names */
    DEEPEST = 12,
    PREC = 192,
    HALVINGS = 120
};

typedef struct {
    Node *u, *level; /* level NULL: every integer, */
    Num shift;       /* ... shifted by that */
} Threshold;

typedef struct {
    Check *k;
    Var *v;
    Threshold t[MOST_THRESHOLDS];
    size_t n;
    unsigned tried;
    arb_t x, g; /* of the name, and u - level there */
} Crossings;

/* ---- what is asked about */

/* May the node jump, or is it not known to be continuous where a ball of it is finite? */
static bool may_break(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    switch (n->op) {
    case OP_abs:
    case OP_max:
    case OP_min:
    case OP_relu:
    case OP_clamp: return false;
    case OP_atan2: return true;
    default:
        return n->op == OP_IF || (n->op >= OP_LT && n->op <= OP_NE) ||
               (op_is_function((Op)n->op) && !(op_info((Op)n->op)->flags & SMOOTH));
    }
}

static void add_threshold(Crossings *s, Node *u, Node *level, Num shift)
{
    Ctx *c = s->k->c;
    if (s->n < MOST_THRESHOLDS && !ex_is_num(u) && !ex_find(c, u, 0, may_break, NULL) &&
        !(level && ex_find(c, level, 0, may_break, NULL)))
        s->t[s->n++] = (Threshold){u, level, shift};
}

/* u comes to 0: so does what it is a power, multiple or absolute value of, or one of its factors. */
static void add_zero(Crossings *s, Node *u)
{
    Ctx *c = s->k->c;
    for (int i = 0; i < DEEPEST; i++)
        if ((ex_is(u, OP_POW) && ex_is_pos(u->a[1])) || ex_is(u, OP_abs))
            u = u->a[0];
        else
            u = ex_rest(c, u);
    if (!ex_is(u, OP_MUL)) {
        add_threshold(s, u, c->zero, NUM_ZERO);
        return;
    }
    for (uint32_t i = 0; i < u->n; i++) {
        bool power = ex_is(u->a[i], OP_POW) && ex_is_pos(u->a[i]->a[1]);
        add_threshold(s, power ? u->a[i]->a[0] : u->a[i], c->zero, NUM_ZERO);
    }
}

static void add_thresholds_of(Crossings *s, Node *n)
{
    Ctx *c = s->k->c;
    Num half = num_rat(ctx_arena(c), 1, 2);
    switch (n->op) {
    case OP_sign:
    case OP_step:
    case OP_step_at: add_zero(s, n->a[0]); break;
    case OP_floor:
    case OP_ceil:
    case OP_trunc: add_threshold(s, n->a[0], NULL, NUM_ZERO); break;
    case OP_round: add_threshold(s, n->a[0], NULL, half); break;
    case OP_POW:
        if (ex_is_num(n->a[0]) && num_is_zero(n->a[0]->num))
            add_zero(s, n->a[1]);
        break;
    default:
        if (n->op >= OP_LT && n->op <= OP_NE) {
            bool first = !ex_is_num(n->a[0]);
            if (n->a[first] == c->zero)
                add_zero(s, n->a[!first]);
            add_threshold(s, n->a[!first], n->a[first], NUM_ZERO);
        }
    }
}

static void collect_thresholds(Crossings *s)
{
    Ctx *c = s->k->c;
    Node *both[] = {s->k->l, s->k->r};
    size_t n = 0;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 2, both, &n);
    for (size_t i = 0; order && i < n && i < MOST_NODES; i++)
        add_thresholds_of(s, order[i]);
    arena_release(&c->tmp, m);
}

/* ---- undoing operations */

/* The inverse of f as a function; OP_POISON: none is known. */
static Op inverse_of(Op f)
{
    static const uint16_t pairs[][2] = {
        {OP_sin, OP_asin},       {OP_cos, OP_acos},    {OP_tan, OP_atan},
        {OP_sinh, OP_asinh},     {OP_cosh, OP_acosh},  {OP_tanh, OP_atanh},
        {OP_logit, OP_logistic}, {OP_expm1, OP_log1p}, {OP_erf, OP_erfinv},
        {OP_erfc, OP_erfcinv},   {OP_sind, OP_asind},  {OP_cosd, OP_acosd},
        {OP_tand, OP_atand}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t j = 0; j < 2; j++)
            if (pairs[i][j] == f)
                return (Op)pairs[i][!j];
    return OP_POISON;
}

/* The only operand of n that depends on v; NULL: there are more. */
static Node *only_operand(Ctx *c, const Node *n, uint32_t v)
{
    Node *only = NULL;
    for (uint32_t i = 0; i < n->n; i++)
        if (ex_depends(c, n->a[i], v)) {
            if (only)
                return NULL;
            only = n->a[i];
        }
    return only;
}

/* One step: *u = *level is the same as the new pair, at least for one branch. */
static bool undo_one(Ctx *c, Node **u, Node **level, uint32_t v)
{
    Node *n = *u, *part = only_operand(c, n, v), *l = *level;
    if (!part)
        return false;
    if (n->op == OP_ADD)
        *level = ex_sub(c, l, ex_sub(c, n, part));
    else if (n->op == OP_MUL || n->op == OP_SCALE)
        *level = ex_mul2(c, l, ex_mul2(c, part, ex_powi(c, n, -1)));
    else if (n->op == OP_POW && part == n->a[1])
        *level =
            ex_mul2(c, ex_fn1(c, OP_log, l), ex_powi(c, ex_fn1(c, OP_log, n->a[0]), -1));
    else if (n->op == OP_POW && ex_is_num(n->a[1]))
        *level = ex_pow(c, l, ex_num(c, num_inv(ctx_arena(c), n->a[1]->num)));
    else if (n->op == OP_log)
        *level = ex_exp(c, l);
    else if (op_is_function((Op)n->op) && inverse_of((Op)n->op) != OP_POISON)
        *level = ex_fn1(c, inverse_of((Op)n->op), l);
    else
        return false;
    *u = part;
    return !ctx_failed(c);
}

/* The value of the name at which u is the level, as a constant; NULL: it is not found so. */
static Node *undo_all(Crossings *s, Node *u, Node *level)
{
    Ctx *c = s->k->c;
    Attempt at = attempt_begin(c);
    uint32_t v = s->v->sym;
    bool ok = true;
    if (ex_depends(c, level, v)) {
        u = ex_sub(c, u, level);
        level = c->zero;
    }
    for (int i = 0; ok && !ex_is(u, OP_SYM) && i < DEEPEST; i++)
        ok = undo_one(c, &u, &level, v);
    ok = ok && ex_is(u, OP_SYM) && u->sym == v && (level->flags & NF_INF) == 0 &&
         eval_is_constant(c, level);
    return attempt_end(c, &at) && ok ? level : NULL;
}

/* ---- enclosing */

/* The sign of g = u - level where the name is in s->x; 2: it cannot be told. *finite: g is
 * continuous there. */
static int sign_there(Crossings *s, const Threshold *t, Node *level, bool *finite)
{
    Check *k = s->k;
    arb_t l;
    arb_init(l);
    s->v->fixed = true;
    s->v->ball = s->x;
    compare_place(k, k->at, PREC);
    bool ok = ball_eval(k->c, t->u, k->syms, k->at, k->k, PREC, s->g, NULL) == LBZ_OK &&
              ball_eval(k->c, level, k->syms, k->at, k->k, PREC, l, NULL) == LBZ_OK;
    s->v->fixed = false;
    s->v->ball = NULL;
    arb_sub(s->g, s->g, l, PREC);
    arb_clear(l);
    *finite = ok && arb_is_finite(s->g);
    if (!*finite || arb_contains_zero(s->g))
        return *finite && arb_is_zero(s->g) ? 0 : 2;
    return arb_is_positive(s->g) ? 1 : -1;
}

/* Between lo and hi the sign changes from `below`: they come closer until u - level cannot be told
 * from 0. Then s->x is what is between them. */
static bool enclose(Crossings *s, const Threshold *t, Node *level, arb_t lo, arb_t hi,
                    int below)
{
    bool finite;
    for (int i = 0; i < HALVINGS && !ctx_poll(s->k->c); i++) {
        arb_add(s->x, lo, hi, PREC);
        arb_mul_2exp_si(s->x, s->x, -1);
        mag_zero(arb_radref(s->x));
        int sign = sign_there(s, t, level, &finite);
        if (sign == 0 || sign == 2)
            break;
        arb_set(sign == below ? lo : hi, s->x);
    }
    arb_union(s->x, lo, hi, PREC);
    return sign_there(s, t, level, &finite) == 2 && finite;
}

/* Do the sides differ where u is the level, the name being in s->x? */
static bool differ_in_between(Crossings *s, const Threshold *t, Node *level)
{
    Check *k = s->k;
    Ctx *c = k->c;
    Node *l = k->l, *r = k->r, *from = t->u;
    Attempt at = attempt_begin(c);
    Node *zl = ex_replace(c, l, &from, &level, 1),
         *zr = ex_replace(c, r, &from, &level, 1);
    if (!attempt_end(c, &at))
        return false;
    s->v->fixed = true;
    s->v->ball = s->x;
    s->v->value =
        num_from_double(ctx_arena(c), arf_get_d(arb_midref(s->x), ARF_RND_NEAR));
    k->l = zl;
    k->r = zr;
    bool differ = compare_briefly(k) == DIFFER;
    k->l = l;
    k->r = r;
    s->v->ball = NULL; /* lives as long as the search */
    s->v->rounded = differ;
    s->v->fixed = differ;
    return differ;
}

static bool differ_at_exact(Crossings *s, const Threshold *t, Node *level)
{
    Node *x = undo_all(s, t->u, level);
    return x && special_differ_at(s->k, s->v, x);
}

/* u - level changes its sign between lo and hi, as doubles see it. */
static bool differ_at_crossing(Crossings *s, const Threshold *t, Node *level, Num lo,
                               Num hi)
{
    bool finite;
    arb_t a, b;
    if (++s->tried > MOST_CROSSINGS)
        return false;
    if (differ_at_exact(s, t, level))
        return true;
    arb_init(a);
    arb_init(b);
    compare_set_num(a, lo, PREC);
    compare_set_num(b, hi, PREC);
    mag_zero(arb_radref(a));
    mag_zero(arb_radref(b));
    arb_set(s->x, a);
    int below = sign_there(s, t, level, &finite);
    arb_set(s->x, b);
    int above = sign_there(s, t, level, &finite);
    bool differ = below * above == -1 && enclose(s, t, level, a, b, below) &&
                  differ_in_between(s, t, level);
    arb_clear(a);
    arb_clear(b);
    return differ;
}

/* ---- looking for changes of sign */

enum { GRID = 17 };

/* The i-th point along the name, ascending. */
static Num grid_point(const Crossings *s, size_t i)
{
    static const int64_t milli[GRID] = {-11300, -6200, -4100, -3050, -2030, -1510,
                                        -1020,  -490,  20,    510,   1030,  1490,
                                        2020,   3040,  4150,  6300,  11200};
    Arena *a = ctx_arena(s->k->c);
    const Var *v = s->v;
    if (!v->ranged)
        return num_rat(a, milli[i], 1000);
    Num share = num_rat(a, (int64_t)i * 50 + 1, GRID * 50);
    return num_add(a, v->lo, num_mul(a, num_sub(a, v->hi, v->lo), share));
}

/* u - level at x; NaN: no value is seen. */
static double value_at(Crossings *s, const Threshold *t, Node *level, Num x)
{
    bool finite;
    if (!special_allows(s->v, x))
        return NAN;
    compare_set_num(s->x, x, PREC);
    (void)sign_there(s, t, level, &finite);
    return finite ? arf_get_d(arb_midref(s->g), ARF_RND_NEAR) : NAN;
}

/* The integer (and shift) between a and b; false: there is none, or it is too far out. */
static bool level_between(const Crossings *s, const Threshold *t, double a, double b,
                          Num *level)
{
    double shift = num_to_double(t->shift), n = ceil(fmin(a, b) - shift);
    *level =
        num_add(ctx_arena(s->k->c), num_int(fabs(n) < 1e15 ? (int64_t)n : 0), t->shift);
    return fabs(n) < 1e15 && n + shift < fmax(a, b) && n + shift > fmin(a, b);
}

static bool differ_along_grid(Crossings *s, const Threshold *t)
{
    Ctx *c = s->k->c;
    Node *level = t->level ? t->level : c->zero;
    double before = NAN;
    Num last = NUM_ZERO;
    for (size_t i = 0; i < GRID && s->tried <= MOST_CROSSINGS && !ctx_poll(c); i++) {
        Num x = grid_point(s, i), k = NUM_ZERO;
        double here = value_at(s, t, level, x);
        bool crosses =
            t->level ? before * here < 0 : level_between(s, t, before, here, &k);
        if (crosses && differ_at_crossing(s, t, t->level ? level : ex_num(c, k), last, x))
            return true;
        before = here;
        last = x;
    }
    return false;
}

static bool differ_along_name(Crossings *s)
{
    Ctx *c = s->k->c;
    for (size_t i = 0; i < s->n && !ctx_failed(c); i++) {
        const Threshold *t = &s->t[i];
        uint32_t v = s->v->sym;
        if (!ex_depends(c, t->u, v) && !(t->level && ex_depends(c, t->level, v)))
            continue;
        if ((t->level && differ_at_exact(s, t, t->level)) || differ_along_grid(s, t))
            return true;
    }
    return false;
}

bool jump_find(Check *k)
{
    Crossings s = {.k = k};
    bool differ = false;
    collect_thresholds(&s);
    arb_init(s.x);
    arb_init(s.g);
    for (unsigned d = 0; d < (k->k > 1 ? DRAWS : 1) && s.n && !differ; d++) {
        if (k->k > 1)
            compare_draw(k);
        for (size_t i = 0; i < k->k && !differ && !ctx_failed(k->c); i++) {
            s.v = &k->var[i];
            differ = !s.v->integer && differ_along_name(&s);
        }
    }
    arb_clear(s.x);
    arb_clear(s.g);
    return differ;
}
