/* expr/power.c - powers: numbers, powers of powers, products and sums, exp.
 *
 * Real domain. x^(p/q) with odd q is the real root. What is rewritten here holds wherever
 * the original has a value. Powers of integers with exponents p/q are reduced by prime factors:
 * every prime stands under one exponent in (0, 1); primes with the same exponent share one
 * base: 12^(2/3) is 2*18^(1/3) written over 2^(1/3)*3^(2/3).
 */
#include "expr/internal.h"

enum { POW_BITS = 1 << 16, MAX_PRIMES = 64 };

/* ---- numbers ----------------------------------------------------------------------- */
typedef struct {
    Num p;
    Num exponent;
} PrimePower;

typedef struct {
    PrimePower v[MAX_PRIMES];
    size_t n;
    bool full;
} Primes;

static void primes_put(Ctx *c, Primes *s, Num p, Num x)
{
    for (size_t i = 0; i < s->n; i++)
        if (num_cmp(s->v[i].p, p) == 0) {
            s->v[i].exponent = num_add(&c->tmp, s->v[i].exponent, x);
            return;
        }
    if (s->n == MAX_PRIMES)
        s->full = true;
    else
        s->v[s->n++] = (PrimePower){p, x};
}

/* n^x for an integer n >= 2 by its prime factors; what is too large to factor stands as it is. */
static void primes_put_int(Ctx *c, Primes *s, Num n, Num x)
{
    int64_t small;
    if (!num_get_int(n, &small)) {
        primes_put(c, s, n, x);
        return;
    }
    if (small < 2)
        return;
    uint64_t prime[16];
    unsigned mult[16];
    size_t k = num_factor((uint64_t)small, prime, mult);
    for (size_t i = 0; i < k; i++)
        primes_put(c, s, num_int((int64_t)prime[i]),
                   num_mul(&c->tmp, x, num_int(mult[i])));
}

/* Integer parts of the exponents go to the returned coefficient. */
static Num primes_split(Ctx *c, Primes *s)
{
    Num k = NUM_ONE;
    for (size_t i = 0; i < s->n; i++) {
        Num fl = num_floor(&c->tmp, s->v[i].exponent);
        int64_t e;
        if (!num_get_int(fl, &e) ||
            (size_t)(e < 0 ? -e : e) * num_bits(s->v[i].p) > POW_BITS) {
            s->full = true;
            return k;
        }
        k = num_mul(&c->tmp, k, num_pow(&c->tmp, s->v[i].p, e));
        s->v[i].exponent = num_sub(&c->tmp, s->v[i].exponent, fl);
    }
    return k;
}

static Node *primes_node(Ctx *c, Primes *s)
{
    Num k = primes_split(c, s);
    if (s->full)
        return NULL;
    NodeVec f = {0};
    for (size_t i = 0; i < s->n; i++) {
        Num x = s->v[i].exponent, b = s->v[i].p;
        if (num_is_zero(x))
            continue;
        for (size_t j = i + 1; j < s->n; j++)
            if (num_cmp(s->v[j].exponent, x) == 0) {
                b = num_mul(&c->tmp, b, s->v[j].p);
                s->v[j].exponent = NUM_ZERO;
            }
        nodevec_push(c, &f,
                     ex_intern(c, OP_POW, 2, (Node *[]){ex_num(c, b), ex_num(c, x)}));
    }
    for (size_t i = 1; i < f.n; i++) /* few: insertion sort by base */
        for (size_t j = i; j > 0 && ex_cmp(f.v[j - 1]->a[0], f.v[j]->a[0]) > 0; j--) {
            Node *t = f.v[j];
            f.v[j] = f.v[j - 1];
            f.v[j - 1] = t;
        }
    if (f.n == 0)
        return ex_num(c, k);
    return ex_scale_raw(c, k, f.n == 1 ? f.v[0] : ex_intern(c, OP_MUL, f.n, f.v));
}

static void primes_put_rat(Ctx *c, Primes *s, Num b, Num x)
{
    primes_put_int(c, s, num_numer(&c->tmp, b), x);
    primes_put_int(c, s, num_denom(&c->tmp, b), num_neg(&c->tmp, x));
}

Node *ex_mul_radicals(Ctx *c, size_t n, Node *const *powers)
{
    Primes s = {.n = 0};
    for (size_t i = 0; i < n; i++)
        primes_put_rat(c, &s, powers[i]->a[0]->num, powers[i]->a[1]->num);
    Node *r = primes_node(c, &s);
    return r ? r : ex_intern(c, OP_MUL, n, powers);
}

static Node *rational_power(Ctx *c, Node *b, Node *x)
{
    Num v = b->num;
    if (v.dec || x->num.dec)
        return ex_intern(c, OP_POW, 2, (Node *[]){b, x});
    bool negative = num_sgn(v) < 0;
    if (negative && num_is_even(num_denom(&c->tmp, x->num)))
        return ctx_error(c, LBZ_DOMAIN, "leibniz works with real numbers",
                         "an even root of a negative number has no real value");
    if (negative)
        v = num_neg(&c->tmp, v);
    Primes s = {.n = 0};
    primes_put_rat(c, &s, v, x->num);
    Node *r = primes_node(c, &s);
    if (!r)
        r = ex_intern(c, OP_POW, 2, (Node *[]){ex_num(c, v), x});
    if (negative && !num_is_even(num_numer(&c->tmp, x->num)))
        r = ex_plain_neg(c, r);
    return r;
}

static Node *zero_power(Ctx *c, Node *b, Node *x)
{
    if (ex_is_neg(x))
        return ctx_error(c, LBZ_DOMAIN, "the divisor is 0 here", "division by zero");
    if (ex_is_pos(x))
        return c->zero;
    return ex_intern(c, OP_POW, 2, (Node *[]){b, x});
}

static Node *integer_power(Ctx *c, Node *b, Node *x)
{
    int64_t e;
    if (num_is_minus_one(b->num))
        return num_is_even(x->num) ? c->one : c->minus_one;
    if (!num_get_int(x->num, &e) || e == INT64_MIN ||
        (double)(e < 0 ? -e : e) * (double)num_bits(b->num) > POW_BITS)
        return ex_intern(c, OP_POW, 2, (Node *[]){b, x});
    return ex_num(c, num_pow(&c->tmp, b->num, e));
}

/* 2^(x + 3) is 8*2^x, (1/2)^x is 2^(-x). */
static Node *symbolic_power(Ctx *c, Node *b, Node *x)
{
    if (num_sgn(b->num) > 0 && !b->num.dec && num_is_one(num_numer(&c->tmp, b->num)))
        return ex_plain_pow(c, ex_num(c, num_inv(&c->tmp, b->num)), ex_plain_neg(c, x));
    if (x->op == OP_ADD && ex_is_int(x->a[0])) {
        Node *k = integer_power(c, b, x->a[0]);
        if (ex_is_num(k))
            return ex_plain_mul2(
                c, k, ex_plain_pow(c, b, ex_add_sorted(c, x->n - 1, x->a + 1)));
    }
    if (x == c->inf || x == c->minus_inf) {
        Num one = NUM_ONE;
        int big = num_cmp(b->num, one);
        if (num_sgn(b->num) > 0 && big != 0)
            return (big > 0) == (x == c->inf) ? c->inf : c->zero;
    }
    return ex_intern(c, OP_POW, 2, (Node *[]){b, x});
}

static Node *pow_num(Ctx *c, Node *b, Node *x)
{
    if (num_is_zero(b->num))
        return zero_power(c, b, x);
    if (num_is_one(b->num))
        return x == c->inf || x == c->minus_inf
                   ? ctx_error(c, LBZ_DOMAIN, "take the limit another way",
                               "1^inf has no value")
               : b->num.dec && ex_is_num(x) ? b
                                            : c->one;
    if (!ex_is_num(x))
        return symbolic_power(c, b, x);
    return num_is_int(x->num) ? integer_power(c, b, x) : rational_power(c, b, x);
}

/* ---- exp --------------------------------------------------------------------------- */
/* The factor u^k that the term k*log(u) of an exponent stands for, or NULL. */
static Node *log_term(Ctx *c, Node *t)
{
    Node *r = ex_rest(c, t);
    if (r->op == OP_log)
        return ex_plain_pow(c, r->a[0], ex_num(c, ex_coef(t)));
    if (r->op != OP_MUL)
        return NULL;
    Node *arg = NULL;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec rest = {0};
    for (uint32_t i = 0; i < r->n; i++)
        if (!arg && r->a[i]->op == OP_log)
            arg = r->a[i]->a[0];
        else
            nodevec_push(c, &rest, r->a[i]);
    Node *p =
        arg ? ex_plain_pow(c, arg,
                           ex_plain_scale(c, ex_coef(t), ex_plain_mul(c, rest.n, rest.v)))
            : NULL;
    arena_release(&c->tmp, m);
    return p;
}

static Node *exp_of(Ctx *c, Node *x)
{
    if (x == c->inf)
        return x;
    if (x == c->minus_inf)
        return c->zero;
    if (x->op != OP_ADD) {
        Node *p = log_term(c, x);
        return p ? p : ex_intern(c, OP_POW, 2, (Node *[]){c->e, x});
    }
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec f = {0}, rest = {0};
    for (uint32_t i = 0; i < x->n; i++) {
        Node *p = log_term(c, x->a[i]);
        nodevec_push(c, p ? &f : &rest, p ? p : x->a[i]);
    }
    Node *r;
    if (f.n == 0) {
        r = ex_intern(c, OP_POW, 2, (Node *[]){c->e, x});
    } else {
        nodevec_push(c, &f, ex_plain_exp(c, ex_plain_add(c, rest.n, rest.v)));
        r = ex_plain_mul(c, f.n, f.v);
    }
    arena_release(&c->tmp, m);
    return r;
}

/* ---- powers of powers, products, sums ---------------------------------------------- */
static bool is_even_num(const Node *x) { return ex_is_num(x) && num_is_even(x->num); }

static Node *power_of_power(Ctx *c, Node *b, Node *x)
{
    Node *u = b->a[0], *k = b->a[1];
    if (ex_is_int(x) || ex_is_pos(u) || (ex_is_nonneg(u) && ex_is_pos(k)))
        return ex_plain_pow(c, u, ex_plain_mul2(c, k, x));
    if (!ex_is_num(k) || !ex_is_num(x))
        return is_even_num(k)
                   ? ex_plain_pow(c, ex_plain_fn1(c, OP_abs, u), ex_plain_mul2(c, k, x))
                   : ex_intern(c, OP_POW, 2, (Node *[]){b, x});
    Num top = num_numer(&c->tmp, k->num);
    Node *e = ex_num(c, num_mul(&c->tmp, k->num, x->num));
    if (num_is_even(top) && !num_is_even(num_numer(&c->tmp, e->num)))
        u = ex_plain_fn1(c, OP_abs, u);
    return ex_plain_pow(c, u, e);
}

/* Takes out of (content * rest)^x the part of the content whose root is rational. */
static Node *split_content(Ctx *c, Num k, Node *rest, Node *x)
{
    Num q = num_denom(&c->tmp, x->num), out, in, out2, in2;
    int64_t root;
    bool negative = num_sgn(k) < 0;
    if (k.dec || !num_get_int(q, &root) || root > 64)
        return NULL;
    Num a = num_abs(&c->tmp, k);
    num_split_power(&c->tmp, num_numer(&c->tmp, a), (unsigned)root, &out, &in);
    num_split_power(&c->tmp, num_denom(&c->tmp, a), (unsigned)root, &out2, &in2);
    Num front = num_div(&c->tmp, out, out2), inside = num_div(&c->tmp, in, in2);
    bool odd = !num_is_even(q);
    if (negative && odd)
        front = num_neg(&c->tmp, front);
    else if (negative)
        inside = num_neg(&c->tmp, inside);
    if (num_is_one(front))
        return NULL;
    Node *p = ex_plain_pow(c, ex_num(c, front), ex_num(c, num_numer(&c->tmp, x->num)));
    return ex_plain_mul2(c, p, ex_plain_pow(c, ex_plain_scale(c, inside, rest), x));
}

static Node *power_of_scale(Ctx *c, Node *b, Node *x)
{
    if (ex_is_int(x))
        return ex_plain_mul2(c, pow_num(c, b->a[0], x), ex_plain_pow(c, b->a[1], x));
    return ex_is_num(x) && !x->num.dec ? split_content(c, b->a[0]->num, b->a[1], x)
                                       : NULL;
}

/* How a factor f of (k f1 f2 ...)^x stands to being taken out; scaled: there is a k, whose own root
 * has been taken. Where f is 0 the power may have a value whatever the sign of the others, so it
 * leaves only with all of them, or if x < 0. */
typedef enum { FACTOR_STAYS, FACTOR_WITH_OTHERS, FACTOR_LEAVES } Leaving;

static Leaving factor_leaving(Ctx *c, Node *f, Node *x, bool scaled)
{
    bool number = ex_is_num(x);
    bool odd = number && !num_is_even(num_denom(&c->tmp, x->num));
    if (ex_is_int(x) || (!scaled && (odd || ex_is_pos(f))))
        return FACTOR_LEAVES;
    bool even = number && !x->num.dec && f->op == OP_POW && is_even_num(f->a[1]);
    if (!even && (scaled || !number || !ex_is_nonneg(f)))
        return FACTOR_STAYS;
    return ex_is_neg(x) || ex_is_nonzero(f) ? FACTOR_LEAVES : FACTOR_WITH_OTHERS;
}

/* Factors of (f1 f2 ...)^x that may be taken out: all for odd roots, known signs else. */
static Node *power_of_product(Ctx *c, Node *b, Node *x)
{
    ArenaMark m = arena_mark(&c->tmp);
    bool scaled = b->op == OP_SCALE;
    Node *body = scaled ? b->a[1] : b;
    bool apart = body->op == OP_MUL && !ex_is_long(body);
    size_t n = apart ? body->n : 1;
    Node *const *f = apart ? body->a : &b->a[1];
    NodeVec out = {0}, in = {0};
    bool together = !scaled || num_sgn(b->a[0]->num) > 0;
    for (size_t i = 0; i < n; i++)
        together = together && ex_is_nonneg(f[i]);
    for (size_t i = 0; i < n; i++) {
        Leaving l = factor_leaving(c, f[i], x, scaled);
        bool take = l == FACTOR_LEAVES || (l == FACTOR_WITH_OTHERS && together);
        nodevec_push(c, take ? &out : &in, take ? ex_plain_pow(c, f[i], x) : f[i]);
    }
    Node *r = NULL;
    if (out.n && (n > 1 || scaled)) {
        Node *left = ex_plain_mul(c, in.n, in.v);
        if (scaled)
            left = ex_plain_scale(c, b->a[0]->num, left);
        nodevec_push(c, &out, ex_plain_pow(c, left, x));
        r = ex_plain_mul(c, out.n, out.v);
    }
    arena_release(&c->tmp, m);
    return r;
}

static Node *power_of_sum(Ctx *c, Node *b, Node *x)
{
    Num k = NUM_ONE;
    if (ex_is_int(x)) {
        k = ex_sum_content(c, b, true);
        if (num_is_one(k))
            return NULL;
        return ex_plain_mul2(c, pow_num(c, ex_num(c, k), x),
                             ex_plain_pow(c, ex_sum_divide(c, b, k), x));
    }
    if (!ex_is_num(x) || x->num.dec)
        return NULL;
    k = ex_sum_content(c, b, false);
    return num_is_one(k) ? NULL : split_content(c, k, ex_sum_divide(c, b, k), x);
}

static Node *power_of_inf(Ctx *c, Node *x)
{
    if (ex_is_pos(x))
        return c->inf;
    return ex_is_neg(x) ? c->zero : ex_intern(c, OP_POW, 2, (Node *[]){c->inf, x});
}

static Node *power_by_base(Ctx *c, Node *b, Node *x)
{
    switch (b->op) {
    case OP_NUM: return pow_num(c, b, x);
    case OP_CONST:
        return b == c->inf ? power_of_inf(c, x) : b == c->e ? exp_of(c, x) : NULL;
    case OP_POW: return power_of_power(c, b, x);
    case OP_SCALE: {
        Node *r = power_of_scale(c, b, x);
        return r ? r : power_of_product(c, b, x);
    }
    case OP_MUL: return ex_is_long(b) ? NULL : power_of_product(c, b, x);
    case OP_ADD: return power_of_sum(c, b, x);
    case OP_abs:
        if (is_even_num(x))
            return ex_plain_pow(c, b->a[0], x);
        return NULL;
    default: return NULL;
    }
}

Node *ex_plain_pow(Ctx *c, Node *b, Node *x)
{
    if (ex_is_poison(b) || ex_is_poison(x))
        return c->poison;
    if (ex_is_num(x)) {
        if (x->num.dec && num_is_int(x->num) && b->op == OP_NUM) {
            Node *r = ex_plain_pow(c, b, ex_num(c, (Num){x->num.p, x->num.q, false}));
            return ex_is_num(r) ? ex_num(c, (Num){r->num.p, r->num.q, true}) : r;
        }
        bool decimal = x->num.dec && !b->syms && b->op != OP_NUM; /* exp(2.0) */
        if (x->num.dec && num_is_int(x->num) && !decimal)
            x = ex_num(c, (Num){x->num.p, x->num.q, false});
        if (num_is_zero(x->num)) {
            if (ex_is_num(b) && num_is_zero(b->num))
                ctx_note(c, "0^0 is taken as 1");
            ctx_drop(c, b);
            return decimal ? ex_num(c, (Num){1, 1, true}) : c->one;
        }
        if (num_is_one(x->num) && !decimal)
            return b;
    }
    Node *r = power_by_base(c, b, x);
    return r ? r : ex_intern(c, OP_POW, 2, (Node *[]){b, x});
}
