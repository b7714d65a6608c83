/* expr/function.c - function nodes: rewriting to core operators, exact special values, parity,
 * inverse pairs. What no rule changes is interned as it is. */
#include "expr/internal.h"

/* ---- multiples of pi --------------------------------------------------------------- */
/* x = k*pi + rest; false when no such term is there. */
static bool pi_part(Ctx *c, Node *x, Num *k, Node **rest)
{
    if (ex_rest(c, x) == c->pi) {
        *k = ex_coef(x);
        *rest = NULL;
        return true;
    }
    if (x->op != OP_ADD)
        return false;
    for (uint32_t i = 0; i < x->n; i++)
        if (ex_rest(c, x->a[i]) == c->pi && x->a[i]->op != OP_NUM) {
            *k = ex_coef(x->a[i]);
            *rest = ex_plain_sub(c, x, x->a[i]);
            return true;
        }
    return false;
}

/* sin(k*pi/60 ...): the value of sin at r*pi for r in [0, 1/2], or NULL. */
static Node *sin_table(Ctx *c, Num r)
{
    static const struct {
        int8_t p, q;
    } at[] = {{0, 1}, {1, 6}, {1, 4}, {1, 3}, {1, 2}, {1, 12}, {5, 12}, {1, 10}, {3, 10}};
    size_t i = 0;
    while (i < 9 && !(r.p == at[i].p && r.q == at[i].q))
        i++;
    Node *r2 = i >= 2 ? ex_plain_sqrt(c, c->two) : NULL,
         *r3 = i >= 3 ? ex_plain_sqrt(c, ex_int(c, 3)) : NULL;
    switch (i) {
    case 0: return c->zero;
    case 1: return c->half;
    case 2: return ex_plain_scale(c, num_rat(&c->tmp, 1, 2), r2);
    case 3: return ex_plain_scale(c, num_rat(&c->tmp, 1, 2), r3);
    case 4: return c->one;
    case 5:
    case 6: { /* (sqrt(6) -+ sqrt(2))/4 */
        Node *r6 = ex_plain_sqrt(c, ex_int(c, 6));
        Node *s = i == 5 ? ex_plain_sub(c, r6, r2) : ex_plain_add2(c, r6, r2);
        return ex_plain_scale(c, num_rat(&c->tmp, 1, 4), s);
    }
    case 7:
    case 8: { /* (sqrt(5) -+ 1)/4 */
        Node *r5 = ex_plain_sqrt(c, ex_int(c, 5));
        Node *s = ex_plain_add2(c, r5, i == 7 ? c->minus_one : c->one);
        return ex_plain_scale(c, num_rat(&c->tmp, 1, 4), s);
    }
    default: return NULL;
    }
}

static Node *sin_at(Ctx *c, Num r)
{
    Num two = num_int(2), one = NUM_ONE, half = num_rat(&c->tmp, 1, 2);
    r = num_mod(&c->tmp, r, two);
    bool neg = num_cmp(r, one) >= 0;
    if (neg)
        r = num_sub(&c->tmp, r, one);
    if (num_cmp(r, half) > 0)
        r = num_sub(&c->tmp, one, r);
    Node *v = sin_table(c, r);
    return v && neg ? ex_plain_neg(c, v) : v;
}

static Node *cos_at(Ctx *c, Num r)
{
    return sin_at(c, num_add(&c->tmp, r, num_rat(&c->tmp, 1, 2)));
}

static Node *pole_error(Ctx *c, const char *f)
{
    return ctx_error(c, LBZ_DOMAIN, "choose another point", "%s has a pole there", f);
}

static Node *quotient_at(Ctx *c, Op op, Node *s, Node *k, const char *name)
{
    Node *top = op == OP_tan ? s : op == OP_cot ? k : c->one;
    Node *bottom = op == OP_tan || op == OP_sec ? k : s;
    if (!top || !bottom)
        return NULL;
    if (bottom == c->zero)
        return pole_error(c, name);
    Node *r = ex_plain_div(c, top, bottom);
    /* no nested radicals out of the blue: sin(pi/10) has none, tan(pi/10) would */
    return ex_tree_size(c, r) > 12 ? NULL : r;
}

/* op at r*pi; name: of the function that was typed. */
static Node *trig_at(Ctx *c, Op op, Num r, const char *name)
{
    Node *s = op == OP_cos ? NULL : sin_at(c, r), *k = op == OP_sin ? NULL : cos_at(c, r);
    return op == OP_sin ? s : op == OP_cos ? k : quotient_at(c, op, s, k, name);
}

/* f(u + m*pi/2) for m = 0..3 as sign and function. */
static Node *trig_shift(Ctx *c, Op op, Node *u, int m)
{
    static const int8_t sin_sign[] = {1, 1, -1, -1}, cos_sign[] = {1, -1, -1, 1};
    bool odd = m & 1;
    Op co = op == OP_sin   ? OP_cos
            : op == OP_cos ? OP_sin
            : op == OP_tan ? OP_cot
            : op == OP_cot ? OP_tan
            : op == OP_sec ? OP_csc
                           : OP_sec;
    int sign = op == OP_sin || op == OP_csc   ? sin_sign[m]
               : op == OP_cos || op == OP_sec ? cos_sign[m]
               : odd                          ? -1
                                              : 1;
    Node *r = ex_plain_fn1(c, odd ? co : op, u);
    return sign < 0 ? ex_plain_neg(c, r) : r;
}

/* sin(n*pi) and cos(n*pi) for an n that is known to be whole. */
static Node *trig_whole(Ctx *c, Op op, Node *x)
{
    Node *r = ex_rest(c, x);
    if ((op != OP_sin && op != OP_cos) || r->op != OP_MUL || !num_is_int(ex_coef(x)))
        return NULL;
    bool pi = false, whole = true;
    for (uint32_t i = 0; i < r->n; i++) {
        pi |= r->a[i] == c->pi;
        whole = whole && (r->a[i] == c->pi || ex_is_integer(r->a[i]));
    }
    if (!pi || !whole)
        return NULL;
    return op == OP_sin ? c->zero
                        : ex_plain_pow(c, c->minus_one, ex_plain_div(c, x, c->pi));
}

static Node *trig_value(Ctx *c, Op op, Node *x)
{
    Num k;
    Node *rest = trig_whole(c, op, x);
    if (rest)
        return rest;
    if (!pi_part(c, x, &k, &rest) || k.dec)
        return NULL;
    if (!rest)
        return trig_at(c, op, k, op_info(op)->name);
    int64_t m;
    Num twice = num_mod(&c->tmp, num_mul(&c->tmp, k, num_int(2)), num_int(4));
    if (!num_get_int(twice, &m))
        return NULL;
    return trig_shift(c, op, rest, (int)m);
}

static bool inverse_pair(Op f, Op g)
{
    static const uint16_t pairs[][2] = {
        {OP_sin, OP_asin},       {OP_cos, OP_acos},       {OP_tan, OP_atan},
        {OP_sec, OP_asec},       {OP_csc, OP_acsc},       {OP_cot, OP_acot},
        {OP_sinh, OP_asinh},     {OP_asinh, OP_sinh},     {OP_cosh, OP_acosh},
        {OP_tanh, OP_atanh},     {OP_atanh, OP_tanh},     {OP_sech, OP_asech},
        {OP_csch, OP_acsch},     {OP_coth, OP_acoth},     {OP_acsch, OP_csch},
        {OP_acoth, OP_coth},     {OP_erf, OP_erfinv},     {OP_erfinv, OP_erf},
        {OP_logistic, OP_logit}, {OP_logit, OP_logistic}, {OP_expm1, OP_log1p},
        {OP_log1p, OP_expm1}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] == f && pairs[i][1] == g)
            return true;
    return false;
}

/* ---- inverse functions at exact arguments ------------------------------------------ */
/* r with f(r*pi) = x for f = sin (asin) or tan (atan); false when x is none of the known. */
static bool arc_table(Ctx *c, Op op, Node *x, Num *r)
{
    static const struct {
        int8_t p, q;
    } at[] = {{0, 1}, {1, 12}, {1, 10}, {1, 6}, {1, 4}, {3, 10}, {1, 3}, {5, 12}, {1, 2}};
    bool neg = ex_looks_negative(x) || ex_is_neg(x);
    Node *y = neg ? ex_plain_neg(c, x) : x;
    for (size_t i = 0; i < 9; i++) {
        Num q = num_rat(&c->tmp, at[i].p, at[i].q);
        bool rational =
            at[i].q == 1 || (op == OP_asin ? at[i].q == 6 || at[i].q == 2 : at[i].q == 4);
        if ((op == OP_atan && (at[i].q == 10 || at[i].q == 2)) ||
            (ex_is_num(y) && !rational))
            continue;
        if ((op == OP_asin ? sin_at(c, q) : trig_at(c, OP_tan, q, "tan")) == y) {
            *r = neg ? num_neg(&c->tmp, q) : q;
            return true;
        }
    }
    return false;
}

static bool is_constant(const Node *x)
{
    return x->syms == 0 && !(x->flags & (NF_APPLY | NF_DEC));
}

static Node *domain_error(Ctx *c, Op op)
{
    const OpInfo *f = op_info(op);
    return ctx_error(c, LBZ_DOMAIN, "leibniz works with real numbers",
                     "%s has no real value there (domain: %s)", f->name, f->domain);
}

static Node *arc_value(Ctx *c, Op op, Node *x)
{
    Num r, one = NUM_ONE;
    if (op == OP_atan && (x == c->inf || x == c->minus_inf))
        return ex_plain_scale(c, num_rat(&c->tmp, x == c->inf ? 1 : -1, 2), c->pi);
    if (ex_is_num(x) && op != OP_atan && num_cmp(num_abs(&c->tmp, x->num), one) > 0)
        return domain_error(c, op);
    if (!is_constant(x) || !arc_table(c, op == OP_acos ? OP_asin : op, x, &r))
        return NULL;
    if (op == OP_acos)
        r = num_sub(&c->tmp, num_rat(&c->tmp, 1, 2), r);
    return ex_plain_scale(c, r, c->pi);
}

/* ---- logarithm, abs, sign ---------------------------------------------------------- */
static Node *log_value(Ctx *c, Node *x)
{
    if (x == c->e)
        return c->one;
    if (x == c->inf)
        return x;
    if (ex_is_num(x)) {
        if (num_sgn(x->num) <= 0)
            return num_sgn(x->num) < 0
                       ? domain_error(c, OP_log)
                       : ctx_error(c, LBZ_DOMAIN, "the argument is 0 here",
                                   "log(0) has no value");
        if (num_is_one(x->num))
            return c->zero;
        if (!x->num.dec && num_is_one(num_numer(&c->tmp, x->num)))
            return ex_plain_neg(
                c, ex_plain_fn1(c, OP_log, ex_num(c, num_inv(&c->tmp, x->num))));
        return NULL;
    }
    if (x->op != OP_POW)
        return NULL;
    Node *b = x->a[0], *e = x->a[1];
    if (b == c->e)
        return e;
    if (ex_is_pos(b))
        return ex_plain_mul2(c, e, ex_plain_fn1(c, OP_log, b));
    if (!ex_is_num(e) || e->num.dec)
        return NULL;
    if (num_is_even(num_numer(&c->tmp, e->num)))
        b = ex_plain_fn1(c, OP_abs, b);
    return ex_plain_mul2(c, e, ex_plain_fn1(c, OP_log, b));
}

/* abs and sign of a product, factor by factor where something is known. */
static Node *modulus_of_product(Ctx *c, Op op, Node *x)
{
    if (x->op == OP_SCALE) {
        Node *r = ex_plain_fn1(c, op, x->a[1]), *k = ex_plain_fn1(c, op, x->a[0]);
        return ex_plain_mul2(c, k, r);
    }
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec out = {0}, in = {0};
    for (uint32_t i = 0; i < x->n; i++) {
        Node *f = x->a[i];
        bool known = ex_is_pos(f) || ex_is_neg(f) || (op == OP_abs && ex_is_nonneg(f));
        nodevec_push(c, known ? &out : &in, known ? ex_plain_fn1(c, op, f) : f);
    }
    Node *r = NULL;
    if (out.n) {
        nodevec_push(c, &out, ex_plain_fn1(c, op, ex_plain_mul(c, in.n, in.v)));
        r = ex_plain_mul(c, out.n, out.v);
    }
    arena_release(&c->tmp, m);
    return r;
}

static Node *modulus_of(Ctx *c, Op op, Node *x)
{
    if (ex_is_pos(x))
        return op == OP_abs ? x : c->one;
    if (ex_is_neg(x))
        return op == OP_abs ? ex_plain_neg(c, x) : c->minus_one;
    if (op == OP_abs && ex_is_nonneg(x))
        return x;
    if (x == c->zero || (op == OP_sign && x->op == OP_sign))
        return x;
    if (x->op == OP_SCALE || x->op == OP_MUL)
        return modulus_of_product(c, op, x);
    if (ex_looks_negative(x))
        return op == OP_abs ? ex_plain_fn1(c, op, ex_plain_neg(c, x))
                            : ex_plain_neg(c, ex_plain_fn1(c, op, ex_plain_neg(c, x)));
    if (x->op == OP_POW && ex_is_num(x->a[1]) && !x->a[1]->num.dec) {
        Node *b = ex_plain_fn1(c, op, x->a[0]);
        if (op == OP_abs)
            return ex_plain_pow(c, b, x->a[1]);
        if (ex_is_int(x->a[1]) && !num_is_even(x->a[1]->num) && ex_is_pos(x->a[1]))
            return b;
    }
    return NULL;
}

/* ---- numbers ----------------------------------------------------------------------- */
static Node *round_value(Ctx *c, Op op, Node *x)
{
    if (ex_is_num(x)) {
        Num v = x->num;
        v.dec = false;
        Num r = op == OP_floor   ? num_floor(&c->tmp, v)
                : op == OP_ceil  ? num_ceil(&c->tmp, v)
                : op == OP_round ? num_round(&c->tmp, v)
                : num_sgn(v) < 0 ? num_ceil(&c->tmp, v)
                                 : num_floor(&c->tmp, v);
        return ex_num(c, r);
    }
    return ex_is_integer(x) ? x : NULL;
}

/* gamma at integers and halves of odd ones. */
static Node *gamma_value(Ctx *c, Node *x)
{
    int64_t n;
    Num t;
    if (!ex_is_num(x) || x->num.dec)
        return NULL;
    if (ex_get_int(x, &n)) {
        if (n <= 0)
            return pole_error(c, "gamma");
        return n <= 1001 ? ex_num(c, num_factorial(&c->tmp, (uint64_t)n - 1)) : NULL;
    }
    t = num_mul(&c->tmp, x->num, num_int(2));
    if (!num_get_int(t, &n) || n > 200 || n < -200)
        return NULL;
    Num k = NUM_ONE; /* gamma(m + 1/2) from gamma(1/2) = sqrt(pi) by recurrence */
    for (int64_t i = 1; i < n; i += 2)
        k = num_mul(&c->tmp, k, num_rat(&c->tmp, i, 2));
    for (int64_t i = -1; i >= n; i -= 2)
        k = num_div(&c->tmp, k, num_rat(&c->tmp, i, 2));
    return ex_plain_scale(c, k, ex_plain_sqrt(c, c->pi));
}

static Node *factorial_value(Ctx *c, Node *x)
{
    int64_t n;
    if (!ex_get_int(x, &n) || x->num.dec)
        return NULL;
    if (n < 0)
        return pole_error(c, "factorial");
    return n <= 3000 ? ex_num(c, num_factorial(&c->tmp, (uint64_t)n)) : NULL;
}

static Node *zeta_value(Ctx *c, Node *x)
{
    int64_t n;
    if (!ex_get_int(x, &n) || x->num.dec)
        return NULL;
    return n == 1 ? pole_error(c, "zeta") : ex_exact_zeta(c, n);
}

/* f(0), where it is exact. */
static Node *value_at_zero(Ctx *c, Op op)
{
    switch (op) {
    case OP_sinh:
    case OP_tanh:
    case OP_asinh:
    case OP_atanh:
    case OP_erf:
    case OP_erfi:
    case OP_erfinv:
    case OP_dawson:
    case OP_sinint:
    case OP_Shi:
    case OP_fresnels:
    case OP_fresnelc:
    case OP_lambertw:
    case OP_expm1:
    case OP_log1p:
    case OP_relu:
    case OP_sind:
    case OP_tand:
    case OP_asind:
    case OP_atand:
    case OP_sinpi:
    case OP_deg2rad:
    case OP_rad2deg:
    case OP_log1psq:
    case OP_logerfc:
    case OP_logerfcx:
    case OP_xlogx: return c->zero;
    case OP_cosh:
    case OP_sech:
    case OP_erfc:
    case OP_sinc:
    case OP_cosd:
    case OP_secd:
    case OP_cospi:
    case OP_erfcx:
    case OP_besselj0: return c->one;
    case OP_logistic: return c->half;
    case OP_log1pexp: return ex_plain_fn1(c, OP_log, c->two);
    case OP_acosd: return ex_int(c, 90);
    case OP_ellipk:
    case OP_ellipe: return ex_plain_scale(c, num_rat(&c->tmp, 1, 2), c->pi);
    case OP_csch:
    case OP_coth:
    case OP_csc:
    case OP_cot:
    case OP_cscd:
    case OP_cotd:
    case OP_digamma:
    case OP_cosint:
    case OP_Chi:
    case OP_Ei:
    case OP_expint: return pole_error(c, op_info(op)->name);
    default: { /* an odd function that has a value there */
        const OpInfo *f = op_info(op);
        return (f->flags & ODD) && strncmp(f->domain, "all", 3) == 0 ? c->zero : NULL;
    }
    }
}

/* k where x = base^k, base > 1 and x > 0; NULL: k is no small integer. */
static Node *whole_log(Ctx *c, Num x, Num base)
{
    Num v = NUM_ONE;
    bool below = num_cmp(x, v) < 0;
    Num y = below ? num_inv(&c->tmp, x) : x;
    for (int64_t k = 0; k < 400 && num_cmp(v, y) <= 0; k++, v = num_mul(&c->tmp, v, base))
        if (num_cmp(v, y) == 0)
            return ex_int(c, below ? -k : k);
    return NULL;
}

/* Trigonometric functions in degrees or half turns; the inverse ones give degrees. */
static const struct {
    uint16_t op, plain, half_turn;
    bool inverse;
} units[] = {{OP_sind, OP_sin, 180, false},  {OP_cosd, OP_cos, 180, false},
             {OP_tand, OP_tan, 180, false},  {OP_secd, OP_sec, 180, false},
             {OP_cscd, OP_csc, 180, false},  {OP_cotd, OP_cot, 180, false},
             {OP_sinpi, OP_sin, 1, false},   {OP_cospi, OP_cos, 1, false},
             {OP_tanpi, OP_tan, 1, false},   {OP_asind, OP_asin, 180, true},
             {OP_acosd, OP_acos, 180, true}, {OP_atand, OP_atan, 180, true},
             {OP_asecd, OP_asec, 180, true}, {OP_acscd, OP_acsc, 180, true},
             {OP_acotd, OP_acot, 180, true}};

/* Is x a number outside the domain of an inverse sine or cosine (inside that of the secant's)? */
static bool outside_domain(Ctx *c, Op plain, const Node *x)
{
    int size = ex_is_num(x) ? num_cmp(num_abs(&c->tmp, x->num), NUM_ONE) : 0;
    return plain == OP_asin || plain == OP_acos   ? size > 0
           : plain == OP_asec || plain == OP_acsc ? size < 0
                                                  : false;
}

static Node *in_other_units(Ctx *c, Op op, Node *x)
{
    size_t i = 0, n = sizeof units / sizeof *units;
    while (i < n && units[i].op != op)
        i++;
    if (i == n || !is_constant(x))
        return NULL;
    Num half_turn = num_int(units[i].half_turn);
    if (!units[i].inverse)
        return ex_is_num(x)
                   ? trig_at(c, (Op)units[i].plain, num_div(&c->tmp, x->num, half_turn),
                             op_info(op)->name)
                   : NULL;
    if (outside_domain(c, (Op)units[i].plain, x))
        return domain_error(c, op);
    Node *r = ex_plain_fn1(c, (Op)units[i].plain, x);
    return r == c->zero || ex_rest(c, r) == c->pi
               ? ex_plain_mul2(c, r, ex_plain_div(c, ex_num(c, half_turn), c->pi))
               : NULL;
}

static Node *other_value(Ctx *c, Op op, Node *x)
{
    Num one = NUM_ONE;
    switch (op) {
    case OP_acosh:
        if (ex_is_num(x) && num_cmp(x->num, one) < 0)
            return domain_error(c, op);
        return x == c->one ? c->zero : NULL;
    case OP_atanh:
        if (ex_is_num(x) && num_cmp(num_abs(&c->tmp, x->num), one) >= 0)
            return domain_error(c, op);
        return NULL;
    case OP_acoth:
        return ex_is_num(x) && num_cmp(num_abs(&c->tmp, x->num), one) <= 0
                   ? domain_error(c, op)
                   : NULL;
    case OP_asec:
    case OP_acsc:
        if (ex_is_num(x) && num_cmp(num_abs(&c->tmp, x->num), one) < 0)
            return domain_error(c, op);
        if (is_constant(x) && ex_is_nonzero(x))
            return arc_value(c, op == OP_asec ? OP_acos : OP_asin,
                             ex_plain_div(c, c->one, x));
        return NULL;
    case OP_acot:
        return x == c->zero ? ex_plain_scale(c, num_rat(&c->tmp, 1, 2), c->pi)
               : is_constant(x) && ex_is_nonzero(x)
                   ? arc_value(c, OP_atan, ex_plain_div(c, c->one, x))
                   : NULL;
    case OP_lambertw:
        return x == c->e                                          ? c->one
               : x == ex_plain_neg(c, ex_plain_powi(c, c->e, -1)) ? c->minus_one
                                                                  : NULL;
    case OP_log2:
    case OP_log10: {
        int64_t b = op == OP_log2 ? 2 : 10;
        if (x->op == OP_POW && ex_is_rat(x->a[0], b, 1))
            return x->a[1];
        if (!ex_is_num(x) || x->num.dec)
            return NULL;
        return num_sgn(x->num) <= 0 ? domain_error(c, op)
                                    : whole_log(c, x->num, num_int(b));
    }
    case OP_relu: return ex_is_nonneg(x) ? x : !(x->sign & S_POS) ? c->zero : NULL;
    case OP_step:
        return ex_is_pos(x)   ? c->one
               : ex_is_neg(x) ? c->zero
               : x == c->zero ? c->half
                              : NULL;
    case OP_dirac: return ex_is_nonzero(x) ? c->zero : NULL;
    default: return in_other_units(c, op, x);
    }
}

/* ---- the constructor --------------------------------------------------------------- */
static Node *rewritten1(Ctx *c, Op op, Node *x)
{
    switch (op) {
    case OP_exp: return ex_plain_exp(c, x);
    case OP_sqrt: return ex_plain_sqrt(c, x);
    case OP_cbrt: return ex_plain_pow(c, x, ex_rat(c, 1, 3));
    case OP_exp2: return ex_plain_pow(c, c->two, x);
    case OP_exp10: return ex_plain_pow(c, ex_int(c, 10), x);
    case OP_inv: return ex_plain_pow(c, x, c->minus_one);
    case OP_abs2: return ex_plain_powi(c, x, 2);
    default: return NULL;
    }
}

static Node *special_value(Ctx *c, Op op, Node *x)
{
    switch (op) {
    case OP_sin:
    case OP_cos:
    case OP_tan:
    case OP_sec:
    case OP_csc:
    case OP_cot:
        if (x == c->zero)
            return trig_at(c, op, NUM_ZERO, op_info(op)->name);
        return trig_value(c, op, x);
    case OP_asin:
    case OP_acos:
    case OP_atan: return arc_value(c, op, x);
    case OP_log: return log_value(c, x);
    case OP_abs:
    case OP_sign: return modulus_of(c, op, x);
    case OP_floor:
    case OP_ceil:
    case OP_round:
    case OP_trunc: return round_value(c, op, x);
    case OP_gamma: return gamma_value(c, x);
    case OP_factorial: return factorial_value(c, x);
    case OP_zeta: return zeta_value(c, x);
    default: break;
    }
    Node *r = x == c->zero ? value_at_zero(c, op) : NULL;
    return r ? r : other_value(c, op, x);
}

static Node *function1(Ctx *c, Op op, Node *x)
{
    Node *r = rewritten1(c, op, x);
    if (r)
        return r;
    unsigned flags = op_info(op)->flags;
    r = ex_exact_value1(c, op, x);
    r = r ? r : special_value(c, op, x);
    if (r)
        return r;
    if (op_is_function((Op)x->op) && x->n == 1 && inverse_pair(op, (Op)x->op))
        return x->a[0];
    if ((flags & (ODD | EVEN)) && ex_looks_negative(x)) {
        r = ex_plain_fn1(c, op, ex_plain_neg(c, x));
        return flags & ODD ? ex_plain_neg(c, r) : r;
    }
    return ex_intern(c, op, 1, &x);
}

static Node *min_max(Ctx *c, Op op, Node *x, Node *y)
{
    if (x == y)
        return x;
    bool max = op == OP_max;
    if (ex_is_num(x) && ex_is_num(y))
        return (num_cmp(x->num, y->num) >= 0) == max ? x : y;
    Node *d = ex_plain_sub(c, x, y);
    if (ex_is_nonneg(d))
        return max ? x : y;
    if (!(d->sign & S_POS))
        return max ? y : x;
    return NULL;
}

/* A Bessel function of order -n is one of order n. */
static Node *bessel_order(Ctx *c, Op op, Node *nu, Node *x)
{
    bool any = op == OP_besselk || op == OP_besselkx;
    if (!ex_looks_negative(nu) || (!any && (!ex_is_int(nu) || nu->num.dec)))
        return NULL;
    Node *r = ex_plain_fn2(c, op, ex_plain_neg(c, nu), x);
    bool alternates = op == OP_besselj || op == OP_bessely;
    return alternates && !num_is_even(nu->num) ? ex_plain_neg(c, r) : r;
}

static Node *function2(Ctx *c, Op op, Node *x, Node *y)
{
    int64_t n, k;
    switch (op) {
    case OP_max:
    case OP_min: return min_max(c, op, x, y);
    case OP_log_base: {
        bool exact = ex_is_num(x) && !x->num.dec && ex_is_pos(x) && ex_is_num(y) &&
                     !y->num.dec && num_cmp(y->num, NUM_ONE) > 0;
        Node *r = exact ? whole_log(c, x->num, y->num) : NULL;
        return r ? r
                 : ex_plain_div(c, ex_plain_fn1(c, OP_log, x),
                                ex_plain_fn1(c, OP_log, y));
    }
    case OP_hypot:
        if (x == c->zero || y == c->zero)
            return ex_plain_fn1(c, OP_abs, x == c->zero ? y : x);
        if (ex_is_num(x) && ex_is_num(y))
            return ex_plain_sqrt(
                c, ex_plain_add2(c, ex_plain_powi(c, x, 2), ex_plain_powi(c, y, 2)));
        return NULL;
    case OP_mod:
        if (y == c->zero)
            return ctx_error(c, LBZ_DOMAIN, "the divisor is 0 here", "division by zero");
        return ex_is_num(x) && ex_is_num(y) ? ex_num(c, num_mod(&c->tmp, x->num, y->num))
                                            : ex_exact_value2(c, op, x, y);
    case OP_atan2:
        if (x == c->zero && ex_is_pos(y))
            return c->zero;
        if (x == c->zero && ex_is_neg(y))
            return c->pi;
        if (x == c->zero && y == c->zero)
            return domain_error(c, op);
        return ex_is_pos(y) && is_constant(x) && is_constant(y)
                   ? ex_plain_fn1(c, OP_atan, ex_plain_div(c, x, y))
                   : NULL;
    case OP_binomial:
        if (ex_get_int(x, &n) && ex_get_int(y, &k) && k >= 0 &&
            k <= (n < 100000 && n > -100000 ? 2000 : 200) && n < (int64_t)1e15 &&
            n > -(int64_t)1e15)
            return ex_num(c, num_binomial(&c->tmp, n, (uint64_t)k));
        return y == c->zero ? c->one : y == c->one ? x : NULL;
    case OP_sinc_d:
        return x == c->zero  ? ex_plain_fn1(c, OP_sinc, y)
               : x == c->one ? ex_plain_fn1(c, OP_cosc, y)
                             : ex_exact_value2(c, op, x, y);
    case OP_zeta_d:
        return x == c->zero ? ex_plain_fn1(c, OP_zeta, y) : ex_exact_value2(c, op, x, y);
    case OP_ldexp:
        return ex_is_num(x) && ex_get_int(y, &n) && n < 1000 && n > -1000
                   ? ex_plain_mul2(c, x, ex_plain_powi(c, c->two, n))
                   : NULL;
    case OP_polygamma:
        return x == c->zero  ? ex_plain_fn1(c, OP_digamma, y)
               : x == c->one ? ex_plain_fn1(c, OP_trigamma, y)
                             : ex_exact_value2(c, op, x, y);
    case OP_polylog:
        return x == c->one
                   ? ex_plain_neg(c, ex_plain_fn1(c, OP_log, ex_plain_sub(c, c->one, y)))
               : x == c->zero ? ex_plain_div(c, y, ex_plain_sub(c, c->one, y))
               : y == c->zero ? c->zero
                              : ex_exact_value2(c, op, x, y);
    case OP_xlogy: return x == c->zero ? c->zero : NULL;
    case OP_step_at:
        return ex_is_pos(x) ? c->one : ex_is_neg(x) ? c->zero : x == c->zero ? y : NULL;
    case OP_besselj:
    case OP_bessely:
    case OP_besseli:
    case OP_besselk:
    case OP_besselix:
    case OP_besselkx: {
        Node *r = bessel_order(c, op, x, y);
        return r ? r : ex_exact_value2(c, op, x, y);
    }
    case OP_beta:
        if (ex_is_num(x) && ex_is_num(y) && !x->num.dec && !y->num.dec && ex_is_pos(x) &&
            ex_is_pos(y)) {
            Node *a = gamma_value(c, x), *b = gamma_value(c, y),
                 *s = gamma_value(c, ex_plain_add2(c, x, y));
            return a && b && s ? ex_plain_div(c, ex_plain_mul2(c, a, b), s) : NULL;
        }
        return NULL;
    default: return NULL;
    }
}

Node *ex_plain_fn(Ctx *c, Op op, size_t n, Node *const *args)
{
    for (size_t i = 0; i < n; i++)
        if (ex_is_poison(args[i]))
            return c->poison;
    if (n == 1)
        return function1(c, op, args[0]);
    Node *r = n == 2 ? function2(c, op, args[0], args[1]) : NULL;
    if (r)
        return r;
    if (n == 2 && (op_info(op)->flags & COMMUTES) && ex_cmp(args[0], args[1]) > 0)
        return ex_intern(c, op, 2, (Node *[]){args[1], args[0]});
    if (op == OP_clamp)
        return ex_plain_fn2(c, OP_min, ex_plain_fn2(c, OP_max, args[0], args[1]),
                            args[2]);
    return ex_intern(c, op, n, args);
}
