/* simplify/basis.c - rewriting an expression to independent generators, for proofs.
 *
 * Functions with a definition in terms of others are replaced by it (sec, sinh, erfc, gamma(x+1)
 * ...). Then every exponential becomes a product of powers of fresh positive symbols, and
 * every trigonometric function a rational function of t = tan(angle/2), t a fresh symbol:
 * exponents and angles are split into monomials over the rationals, and monomials that
 * only occur in one proportion stay together. No relation is left between the new symbols.
 *
 * The result means the same as the input wherever the input is defined.
 */
#include "expr/internal.h"
#include "simplify/internal.h"
#include "simplify/simplify.h"

static Node *define_step(const Rewriting *w, Node *x, Node *const *a)
{
    Node *n = ex_with(w->c, x, a);
    /* definitions lead to defined functions: erfcx, li, ... */
    for (int i = 0; i < 4; i++) {
        Node *r = define_by_others(w->c, n);
        if (r == n)
            break;
        n = r;
        if (!op_is_function((Op)n->op))
            break;
    }
    return n;
}

/* ---- exponents and angles ---------------------------------------------------------- */
/* One monomial that occurs in arguments; those that occur in a single proportion share a
 * group, whose direction is `unit`, and one fresh symbol. */
typedef struct {
    Node *mono;
    Num denom_lcm; /* as an integer Num */
    int group;     /* union-find parent */
} Mono;

typedef struct {
    Mono *v;
    size_t n, cap;
    Map at; /* node id of the monomial -> index */
    bool angles;
    Node **args; /* the arguments seen, expanded */
    size_t nargs, args_cap;
    /* per group root */
    bool *split;   /* arguments are not all proportional: one symbol per monomial */
    Node **unit;   /* the first argument's part in this group, made primitive */
    Num *lcm;      /* of coordinates' denominators */
    Node **symbol; /* by group root, or by monomial when split */
} Lattice;

static int lattice_root(Lattice *l, int i)
{
    while (l->v[i].group != i)
        i = l->v[i].group = l->v[l->v[i].group].group;
    return i;
}

static int mono_index(Ctx *c, Lattice *l, Node *m)
{
    uint64_t k;
    if (map_get(&l->at, m->id, &k))
        return (int)k;
    if (!ARENA_ROOM(&c->tmp, l->v, l->n, l->cap))
        return 0;
    l->v[l->n] = (Mono){m, NUM_ONE, (int)l->n};
    map_put(&l->at, m->id, l->n);
    return (int)l->n++;
}

static Node *term_of(Node *x, uint32_t i) { return x->op == OP_ADD ? x->a[i] : x; }
static uint32_t terms_of(const Node *x) { return x->op == OP_ADD ? x->n : 1; }

static Node *monomial_of(Ctx *c, Node *t)
{
    return ex_is_num(t) ? c->one : ex_rest(c, t);
}

static bool is_pi_term(const Lattice *l, Ctx *c, Node *t)
{
    return l->angles && ex_rest(c, t) == c->pi && !ex_is_num(t);
}

static Num lcm_of(Ctx *c, Num a, Num q)
{
    Arena *m = &c->tmp; /* lcm(a, q) = a*q/gcd */
    return num_div(m, num_mul(m, a, q), num_gcd(m, a, q));
}

static void lattice_see(Ctx *c, Lattice *l, Node *arg)
{
    int first = -1;
    for (uint32_t i = 0; i < terms_of(arg); i++) {
        Node *t = term_of(arg, i);
        if (is_pi_term(l, c, t))
            continue;
        int k = mono_index(c, l, monomial_of(c, t));
        l->v[k].denom_lcm = lcm_of(c, l->v[k].denom_lcm, num_denom(&c->tmp, ex_coef(t)));
        if (first < 0)
            first = k;
        else
            l->v[lattice_root(l, k)].group = lattice_root(l, first);
    }
    if (!ARENA_ROOM(&c->tmp, l->args, l->nargs, l->args_cap))
        return;
    l->args[l->nargs++] = arg;
}

/* The argument without its multiple of pi (angles). */
static Node *without_pi(const Lattice *l, Ctx *c, Node *arg, Node **pi_term)
{
    *pi_term = NULL;
    for (uint32_t i = 0; i < terms_of(arg); i++)
        if (is_pi_term(l, c, term_of(arg, i))) {
            *pi_term = term_of(arg, i);
            return ex_sub(c, arg, *pi_term);
        }
    return arg;
}

static Num content_of(Ctx *c, Node *x)
{
    return x->op == OP_ADD ? ex_sum_content(c, x, true) : ex_coef(x);
}

/* Decides per group whether all arguments are multiples of one direction. */
static bool lattice_close(Ctx *c, Lattice *l)
{
    size_t n = l->n + 1;
    l->split = ARENA_NEW0(&c->tmp, bool, n);
    l->unit = ARENA_NEW0(&c->tmp, Node *, n);
    l->lcm = ARENA_NEW0(&c->tmp, Num, n);
    l->symbol = ARENA_NEW0(&c->tmp, Node *, n);
    if (!l->split || !l->unit || !l->lcm || !l->symbol)
        return false;
    for (size_t i = 0; i < l->nargs; i++) {
        Node *p, *x = without_pi(l, c, l->args[i], &p);
        if (ex_is_num(x) && num_is_zero(x->num))
            continue;
        uint64_t at = 0;
        (void)map_get(&l->at, monomial_of(c, term_of(x, 0))->id, &at);
        int g = lattice_root(l, (int)at);
        Num k = content_of(c, x);
        Node *unit = ex_scale(c, num_inv(&c->tmp, k), x);
        if (!l->unit[g]) {
            l->unit[g] = unit;
            l->lcm[g] = NUM_ONE;
        } else if (l->unit[g] != unit) {
            l->split[g] = true;
        }
        l->lcm[g] = lcm_of(c, l->lcm[g], num_denom(&c->tmp, k));
    }
    return !ctx_failed(c);
}

static Node *lattice_symbol(Ctx *c, Lattice *l, size_t slot)
{
    if (!l->symbol[slot]) {
        uint32_t s = sym_fresh(c, l->angles ? "t" : "E");
        c->syms[s].assume = l->angles ? S_ANY : S_POS;
        l->symbol[slot] = ex_sym(c, s);
    }
    return l->symbol[slot];
}

/* One coordinate of an argument: integer multiple n of the slot's unit. */
typedef struct {
    Node *symbol;
    int64_t n;
    Node *unit; /* the angle or exponent that 1 stands for */
} Coord;

/* The next coordinate of x from term *i on; false at the end. */
static bool next_coord(Ctx *c, Lattice *l, Node *x, uint32_t *i, Coord *out)
{
    if (*i >= terms_of(x) || (ex_is_num(x) && num_is_zero(x->num)))
        return false;
    Node *t = term_of(x, *i);
    uint64_t at = 0;
    (void)map_get(&l->at, monomial_of(c, t)->id, &at);
    int g = lattice_root(l, (int)at);
    Num k, d;
    if (l->split[g]) {
        d = l->v[at].denom_lcm;
        k = num_mul(&c->tmp, ex_coef(t), d);
        out->unit = ex_scale(c, num_inv(&c->tmp, d), l->v[at].mono);
        out->symbol = lattice_symbol(c, l, (size_t)at);
        ++*i;
    } else {
        d = l->lcm[g];
        k = num_mul(&c->tmp, content_of(c, x), d);
        out->unit = ex_scale(c, num_inv(&c->tmp, d), l->unit[g]);
        out->symbol = lattice_symbol(c, l, (size_t)g);
        *i = terms_of(x); /* the group is the whole argument */
    }
    if (!num_get_int(k, &out->n) || out->n > 400 || out->n < -400) {
        out->n = 0;
        return env_error(&c->env, LBZ_UNABLE, NULL, "multiples too large"), false;
    }
    return true;
}

/* ---- exponentials ------------------------------------------------------------------ */
/* Arguments are looked up as they were surveyed: not rewritten inside. */
static Node *exp_step(const Rewriting *w, Node *n, Node *const *a)
{
    Ctx *c = w->c;
    Lattice *l = w->arg;
    if (!ex_is_exp(n) || ex_is_num(n->a[1]))
        return ex_with(c, n, a);
    Node *x = n->a[1], *r = c->one;
    Coord k;
    for (uint32_t i = 0; next_coord(c, l, x, &i, &k);)
        r = ex_mul2(c, r, ex_powi(c, k.symbol, k.n));
    return r;
}

/* ---- angles ------------------------------------------------------------------------ */
typedef struct {
    Node *cos, *sin; /* of a multiple of an angle */
} Rotation;

/* (cos, sin) of n*theta, t = tan(theta/2): parts of (1 + it)^(2n) over (1 + t^2)^n. */
static Rotation rotation_of(Ctx *c, Node *t, int64_t n)
{
    uint64_t m = (uint64_t)(n < 0 ? -n : n) * 2;
    ArenaMark mark = arena_mark(&c->tmp);
    NodeVec re = {0}, im = {0};
    for (uint64_t k = 0; k <= m; k++) {
        Num b = num_binomial(&c->tmp, (int64_t)m, k);
        if (k % 4 >= 2)
            b = num_neg(&c->tmp, b);
        nodevec_push(c, k % 2 ? &im : &re, ex_scale(c, b, ex_powi(c, t, (int64_t)k)));
    }
    Node *den =
        ex_pow(c, ex_add2(c, c->one, ex_powi(c, t, 2)), ex_int(c, -(int64_t)(m / 2)));
    Rotation r = {ex_mul2(c, ex_add(c, re.n, re.v), den),
                  ex_mul2(c, ex_add(c, im.n, im.v), den)};
    if (n < 0)
        r.sin = ex_neg(c, r.sin);
    arena_release(&c->tmp, mark);
    return r;
}

static Rotation compose_rotations(Ctx *c, Rotation a, Rotation b)
{
    return (Rotation){ex_sub(c, ex_mul2(c, a.cos, b.cos), ex_mul2(c, a.sin, b.sin)),
                      ex_add2(c, ex_mul2(c, a.sin, b.cos), ex_mul2(c, a.cos, b.sin))};
}

/* An angle that is an inverse function: its cosine and sine without a new symbol; n = 1 only. */
static bool inverse_rotation(Ctx *c, Node *angle, Rotation *r)
{
    Node *x, *k;
    switch (angle->op) {
    case OP_atan:
        x = angle->a[0];
        k = ex_pow(c, ex_add2(c, c->one, ex_powi(c, x, 2)), ex_rat(c, -1, 2));
        *r = (Rotation){k, ex_mul2(c, x, k)};
        return true;
    case OP_asin:
        x = angle->a[0];
        *r = (Rotation){ex_sqrt(c, ex_sub(c, c->one, ex_powi(c, x, 2))), x};
        return true;
    case OP_SCALE: /* half of one: cos and sin from the tangent */
        if (!ex_is_rat(angle->a[0], 1, 2) ||
            (angle->a[1]->op != OP_asin && angle->a[1]->op != OP_atan))
            return false;
        x = angle->a[1]->a[0];
        k = ex_sqrt(c, angle->a[1]->op == OP_asin ? ex_sub(c, c->one, ex_powi(c, x, 2))
                                                  : ex_add2(c, c->one, ex_powi(c, x, 2)));
        x = ex_div(c, x, ex_add2(c, c->one, k));
        k = ex_pow(c, ex_add2(c, c->one, ex_powi(c, x, 2)), ex_rat(c, -1, 2));
        *r = (Rotation){k, ex_mul2(c, x, k)};
        return true;
    default: return false;
    }
}

static Rotation power_of_rotation(Ctx *c, Rotation r, int64_t n)
{
    Rotation p = {c->one, c->zero};
    if (n < 0) {
        r.sin = ex_neg(c, r.sin);
        n = -n;
    }
    for (; n > 0; n--)
        p = compose_rotations(c, p, r);
    return p;
}

static Rotation rotate_angle(Ctx *c, Lattice *l, Node *x)
{
    Node *pi_term;
    Rotation r = {c->one, c->zero}, one, base;
    x = without_pi(l, c, x, &pi_term);
    if (pi_term)
        r = (Rotation){ex_fn1(c, OP_cos, pi_term), ex_fn1(c, OP_sin, pi_term)};
    Coord k;
    bool first = !pi_term;
    for (uint32_t i = 0; next_coord(c, l, x, &i, &k); first = false) {
        one = inverse_rotation(c, k.unit, &base) && k.n < 40 && k.n > -40
                  ? power_of_rotation(c, base, k.n)
                  : rotation_of(c, k.symbol, k.n);
        r = first ? one : compose_rotations(c, r, one);
    }
    return r;
}

static bool is_trig(const Node *n)
{
    return n->op == OP_sin || n->op == OP_cos || n->op == OP_tan || n->op == OP_cot ||
           n->op == OP_sec || n->op == OP_csc;
}

static Node *quotient_of_trig(Ctx *c, Op op, Node *x)
{
    Node *s = ex_fn1(c, OP_sin, x), *k = ex_fn1(c, OP_cos, x);
    switch (op) {
    case OP_tan: return ex_div(c, s, k);
    case OP_cot: return ex_div(c, k, s);
    case OP_sec: return ex_powi(c, k, -1);
    default: return ex_powi(c, s, -1);
    }
}

static Node *angle_step(const Rewriting *w, Node *n, Node *const *a)
{
    Ctx *c = w->c;
    if (!is_trig(n))
        return ex_with(c, n, a);
    Node *x = rat_expand(c, n->a[0]);
    if (x->syms == 0 && ex_rest(c, x) == c->pi)
        return n->op == OP_sin || n->op == OP_cos ? n : quotient_of_trig(c, (Op)n->op, x);
    Rotation r = rotate_angle(c, w->arg, x);
    switch (n->op) {
    case OP_sin: return r.sin;
    case OP_cos: return r.cos;
    case OP_tan: return ex_div(c, r.sin, r.cos);
    case OP_cot: return ex_div(c, r.cos, r.sin);
    case OP_sec: return ex_powi(c, r.cos, -1);
    default: return ex_powi(c, r.sin, -1);
    }
}

/* ---- all of it --------------------------------------------------------------------- */
static bool survey_angles(Ctx *c, Lattice *l, Node *root)
{
    size_t count = 0;
    Node **order = ex_walk(c, 1, &root, &count);
    for (size_t i = 0; order && i < count; i++) {
        Node *n = order[i];
        if (l->angles && is_trig(n))
            lattice_see(c, l, rat_expand(c, n->a[0]));
        else if (!l->angles && ex_is_exp(n) && !ex_is_num(n->a[1]))
            lattice_see(c, l, n->a[1]);
    }
    return order && lattice_close(c, l);
}

Node *basis_rewrite(Ctx *c, Node *n)
{
    n = ex_rewrite(c, n, 0, define_step, NULL);
    /* angles first: they hold exponentials inside as they are; then exponents, whose
     * monomials may hold the new symbols */
    for (int pass = 0; pass < 2 && !ctx_failed(c); pass++) {
        Lattice l = {.angles = pass == 0};
        map_init(&l.at, &c->tmp);
        if (!survey_angles(c, &l, n))
            return c->poison;
        n = ex_rewrite(c, n, 0, l.angles ? angle_step : exp_step, &l);
    }
    return n;
}
