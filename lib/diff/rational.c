/* diff/rational.c - power series with rational coefficients, by FLINT's arithmetic on them, which is far
 * quicker than nodes.
 *
 * Poles on the way cost terms. The first coefficient may be open: that of log(2 + h) is no rational
 * number, and no matter for derivatives.
 */
#include "diff/rational.h"

#include <math.h>

enum { MOST_NODES = 400, DEEPEST = 4 };

static Rational *get(Rationals *s, const Node *n)
{
    uint64_t i;
    return map_get(&s->of, n->id, &i) ? &s->all[i] : NULL;
}

static void set_num(fmpq_t r, Num x)
{
    mpq_t q;
    mpq_init(q);
    num_get_mpq(q, x);
    fmpq_set_mpq(r, q);
    mpq_clear(q);
}

/* The first coefficient as a number. */
static Num first_of(const Rationals *s, const Rational *u)
{
    mpq_t q;
    mpq_init(q);
    fmpq_t k;
    fmpq_init(k);
    fmpq_poly_get_coeff_fmpq(k, u->p, 0);
    fmpq_get_mpq(q, k);
    Num r = num_set_mpq(ctx_arena(s->c), q);
    fmpq_clear(k);
    mpq_clear(q);
    return r;
}

static bool first_is(const Rational *u, slong k)
{
    bool is;
    fmpq_t q;
    fmpq_init(q);
    fmpq_poly_get_coeff_fmpq(q, u->p, 0);
    is = !u->open && fmpq_equal_si(q, k);
    fmpq_clear(q);
    return is;
}

/* Powers of h that stand above and below. */
static void cancel(Rational *r)
{
    slong w = 0;
    fmpq_t q;
    fmpq_init(q);
    for (; w < r->v && w < r->n; w++) {
        fmpq_poly_get_coeff_fmpq(q, r->p, w);
        if (!fmpq_is_zero(q))
            break;
    }
    fmpq_clear(q);
    fmpq_poly_shift_right(r->p, r->p, w);
    r->v -= w;
    r->n -= w;
}

/* ---- operations */

static void add(Rational *r, const Rational *u)
{
    fmpq_poly_t t;
    fmpq_poly_init(t);
    slong v = r->v > u->v ? r->v : u->v;
    fmpq_poly_shift_left(r->p, r->p, v - r->v);
    fmpq_poly_shift_left(t, u->p, v - u->v);
    r->n += v - r->v;
    slong n = u->n + v - u->v;
    r->n = r->n < n ? r->n : n;
    r->v = v;
    r->open = r->open || u->open;
    fmpq_poly_add(r->p, r->p, t);
    fmpq_poly_truncate(r->p, r->n);
    fmpq_poly_clear(t);
    cancel(r);
}

static void multiply(Rational *r, const Rational *u)
{
    r->n = r->n < u->n ? r->n : u->n;
    r->v += u->v;
    fmpq_poly_mullow(r->p, r->p, u->p, r->n);
    cancel(r);
}

/* The place of the first coefficient that is not 0; n: none is seen. */
static slong order_of(const Rational *u)
{
    slong w = 0;
    while (w < u->n && (w >= u->p->length || fmpz_is_zero(u->p->coeffs + w)))
        w++;
    return w;
}

/* u^k, k < 0: its zero at the point becomes a pole. */
static bool inverse_power(Rationals *s, Rational *r, const Rational *u, slong k)
{
    slong w = order_of(u);
    if (w == u->n || u->v)
        return false;
    fmpq_poly_shift_right(r->p, u->p, w);
    r->n = u->n - w;
    r->v = -k * w;
    s->filled = s->filled || w;
    fmpq_poly_inv_series(r->p, r->p, r->n);
    if (k != -1) {
        fmpq_poly_t t;
        fmpq_poly_init(t);
        fmpq_poly_pow_trunc(t, r->p, (ulong)-k, r->n);
        fmpq_poly_swap(r->p, t);
        fmpq_poly_clear(t);
    }
    return r->v <= RATIONAL_MARGIN;
}

static bool whole_power(Rationals *s, Rational *r, const Rational *u, slong k)
{
    enum { HIGHEST = 10000 };
    if (u->open || k > HIGHEST || k < -HIGHEST || (u->v && k < 0) ||
        u->v * k > RATIONAL_MARGIN)
        return false;
    if (k < 0)
        return inverse_power(s, r, u, k);
    r->n = u->n;
    r->v = u->v * k;
    fmpq_poly_pow_trunc(r->p, u->p, (ulong)k, r->n);
    cancel(r);
    return true;
}

/* u^e for a fraction e: by u/u_0, whose first coefficient is 1. */
static bool fractional_power(Rationals *s, Rational *r, const Rational *u, Num e)
{
    Ctx *c = s->c;
    if (u->open || u->v || !u->n || order_of(u) != 0)
        return false;
    Num first = first_of(s, u);
    Node *v = ex_pow(c, ex_num(c, first), ex_num(c, e));
    if (ctx_failed(c) || !ex_is_num(v))
        return false;
    fmpq_t k;
    fmpq_init(k);
    set_num(k, first);
    fmpq_poly_scalar_div_fmpq(r->p, u->p, k);
    r->n = u->n;
    fmpq_poly_log_series(r->p, r->p, r->n);
    set_num(k, e);
    fmpq_poly_scalar_mul_fmpq(r->p, r->p, k);
    fmpq_poly_exp_series(r->p, r->p, r->n);
    set_num(k, v->num);
    fmpq_poly_scalar_mul_fmpq(r->p, r->p, k);
    fmpq_clear(k);
    return true;
}

static bool logarithm(Rationals *s, Rational *r, const Rational *u)
{
    if (u->open || u->v || !u->n || num_sgn(first_of(s, u)) <= 0)
        return false;
    r->open = !first_is(u, 1);
    r->n = u->n;
    fmpq_t k;
    fmpq_init(k);
    fmpq_poly_get_coeff_fmpq(k, u->p, 0);
    fmpq_poly_scalar_div_fmpq(r->p, u->p, k);
    fmpq_clear(k);
    fmpq_poly_log_series(r->p, r->p, r->n);
    return true;
}

/* b^e with a moving exponent: exp(e*log(b)). */
static bool power(Rationals *s, Rational *r, const Node *n)
{
    const Rational *b = get(s, n->a[0]), *e = get(s, n->a[1]);
    int64_t k;
    if (ex_is_num(n->a[1])) {
        if (num_get_int(n->a[1]->num, &k))
            return k < INT32_MAX && k > -INT32_MAX && whole_power(s, r, b, (slong)k);
        return fractional_power(s, r, b, n->a[1]->num);
    }
    if (ex_is_exp(n)) {
        fmpq_poly_set(r->p, e->p);
        r->n = e->n;
        r->v = e->v;
        r->open = e->open;
    } else {
        if (!first_is(b, 1) || !logarithm(s, r, b) || e->open)
            return false;
        multiply(r, e);
    }
    if (r->v || !r->n || !first_is(r, 0))
        return false;
    fmpq_poly_exp_series(r->p, r->p, r->n);
    return true;
}

/* num/den of two series without poles */
static bool quotient(Rationals *s, Rational *r, const fmpq_poly_t num,
                     const fmpq_poly_t den, slong n)
{
    Rational d = {.n = n};
    fmpq_poly_init(d.p);
    fmpq_poly_set(d.p, den);
    bool ok = inverse_power(s, r, &d, -1);
    if (ok) {
        fmpq_poly_mullow(r->p, r->p, num, r->n);
        cancel(r);
    }
    fmpq_poly_clear(d.p);
    return ok;
}

/* sin, cos and what is made of them; the argument is 0 at the point. */
static bool wave(Rationals *s, Rational *r, Op op, const Rational *u)
{
    bool hyper = op == OP_sinh || op == OP_cosh || op == OP_tanh || op == OP_coth ||
                 op == OP_sech || op == OP_csch;
    fmpq_poly_t sine, cosine;
    fmpq_poly_init(sine);
    fmpq_poly_init(cosine);
    if (hyper)
        fmpq_poly_sinh_cosh_series(sine, cosine, u->p, u->n);
    else
        fmpq_poly_sin_cos_series(sine, cosine, u->p, u->n);
    bool ok = true;
    r->n = u->n;
    switch (op) {
    case OP_sin:
    case OP_sinh: fmpq_poly_swap(r->p, sine); break;
    case OP_cos:
    case OP_cosh: fmpq_poly_swap(r->p, cosine); break;
    case OP_tan:
    case OP_tanh: ok = quotient(s, r, sine, cosine, u->n); break;
    case OP_cot:
    case OP_coth: ok = quotient(s, r, cosine, sine, u->n); break;
    default:
        fmpq_poly_set_si(r->p, 1);
        bool by_cosine = op == OP_sec || op == OP_sech;
        fmpq_poly_t one;
        fmpq_poly_init(one);
        fmpq_poly_set_si(one, 1);
        ok = quotient(s, r, one, by_cosine ? cosine : sine, u->n);
        fmpq_poly_clear(one);
    }
    fmpq_poly_clear(sine);
    fmpq_poly_clear(cosine);
    return ok;
}

/* W(u), u being 0 at the point: the inverse of y*exp(y), put into u. */
static bool lambert(Rational *r, const Rational *u)
{
    fmpq_poly_t f;
    fmpq_poly_init(f);
    fmpq_poly_set_coeff_si(f, 1, 1);
    fmpq_poly_exp_series(f, f, u->n);
    fmpq_poly_shift_left(f, f, 1);
    fmpq_poly_truncate(f, u->n);
    fmpq_poly_revert_series(f, f, u->n);
    fmpq_poly_compose_series(r->p, f, u->p, u->n);
    r->n = u->n;
    fmpq_poly_clear(f);
    return true;
}

/* The sum of u^k/k^order, u being 0 at the point. */
static bool polylogarithm(Rational *r, const Rational *u, int64_t order)
{
    enum { HIGHEST = 60 };
    if (order < 1 || order > HIGHEST)
        return false;
    fmpq_poly_t f;
    fmpq_t k;
    fmpq_poly_init(f);
    fmpq_init(k);
    for (slong i = 1; i < u->n; i++) {
        fmpq_set_si(k, 1, (ulong)i);
        fmpq_pow_si(k, k, order);
        fmpq_poly_set_coeff_fmpq(f, i, k);
    }
    fmpq_poly_compose_series(r->p, f, u->p, u->n);
    r->n = u->n;
    fmpq_clear(k);
    fmpq_poly_clear(f);
    return true;
}

static bool is_node(Ctx *c, Node *n, void *arg)
{
    (void)c;
    return n == arg;
}

/* f(u) is f(u_0) and the integral of f'(u)*u', where f' does not use f. */
static bool by_integral(Rationals *s, Rational *r, Node *n)
{
    Ctx *c = s->c;
    uint32_t i = 0, moving = 0;
    for (uint32_t k = 0; k < n->n; k++)
        if (ex_depends(c, n->a[k], s->x)) {
            i = k;
            moving++;
        }
    if (moving != 1 || s->depth >= DEEPEST || !(op_info((Op)n->op)->flags & SMOOTH))
        return false;
    Node *d = diff_partial(c, n, i), *at = ex_num(c, s->at);
    if (ctx_failed(c) || ex_find(c, d, 0, is_node, n))
        return false;
    Node *f0 = ex_subst(c, n, &s->x, &at, 1);
    s->depth++;
    bool ok = !ctx_failed(c) && !ex_is_poison(f0) && series_rational(s, d);
    s->depth--;
    if (!ok)
        return false;
    const Rational *p = get(s, d), *u = get(s, n->a[i]);
    if (p->open || p->v || u->v || !p->n)
        return false;
    fmpq_poly_derivative(r->p, u->p);
    r->n = p->n < u->n - 1 ? p->n : u->n - 1;
    fmpq_poly_mullow(r->p, r->p, p->p, r->n);
    fmpq_poly_integral(r->p, r->p);
    r->n++;
    r->open = !ex_is_num(f0);
    if (!r->open) {
        fmpq_t k;
        fmpq_init(k);
        set_num(k, f0->num);
        fmpq_poly_set_coeff_fmpq(r->p, 0, k);
        fmpq_clear(k);
    }
    return true;
}

static bool function(Rationals *s, Rational *r, Node *n)
{
    const Rational *u = get(s, n->a[0]);
    bool at_zero = u && n->n == 1 && !u->v && u->n && first_is(u, 0);
    switch (n->op) {
    case OP_log: return logarithm(s, r, u);
    case OP_sin:
    case OP_cos:
    case OP_tan:
    case OP_cot:
    case OP_sec:
    case OP_csc:
    case OP_sinh:
    case OP_cosh:
    case OP_tanh:
    case OP_coth:
    case OP_sech:
    case OP_csch: return at_zero && wave(s, r, (Op)n->op, u);
    case OP_lambertw: return at_zero && lambert(r, u);
    case OP_polylog: {
        int64_t order;
        const Rational *y = get(s, n->a[1]);
        return ex_get_int(n->a[0], &order) && y && !y->v && y->n && first_is(y, 0) &&
               polylogarithm(r, y, order);
    }
    default: return op_is_function((Op)n->op) && by_integral(s, r, n);
    }
}

static bool arithmetic(Rationals *s, Rational *r, Node *n)
{
    const Rational *u = get(s, n->a[0]);
    fmpq_poly_set(r->p, u->p);
    r->n = u->n;
    r->v = u->v;
    r->open = u->open;
    for (uint32_t i = 1; i < n->n; i++) {
        u = get(s, n->a[i]);
        bool open = r->open || u->open;
        if (n->op == OP_ADD)
            add(r, u);
        else if (n->op == OP_MUL && open)
            return false;
        else
            multiply(r, u);
        r->open = open;
    }
    return true;
}

static bool make(Rationals *s, Rational *r, Node *n)
{
    if (ex_is_num(n)) {
        fmpq_t k;
        fmpq_init(k);
        set_num(k, n->num);
        fmpq_poly_set_fmpq(r->p, k);
        fmpq_clear(k);
        return true;
    }
    if (n == s->c->e || !ex_depends(s->c, n, s->x)) {
        r->open = true; /* a constant that is no rational number */
        return (n->flags & NF_RISK) == 0;
    }
    switch (n->op) {
    case OP_SYM: {
        fmpq_t k;
        fmpq_init(k);
        set_num(k, s->at);
        fmpq_poly_set_fmpq(r->p, k);
        fmpq_poly_set_coeff_si(r->p, 1, 1);
        fmpq_clear(k);
        return true;
    }
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL: return arithmetic(s, r, n);
    case OP_POW: return power(s, r, n);
    default: return function(s, r, n);
    }
}

bool series_rational(Rationals *s, Node *e)
{
    size_t count = 0;
    Node **order = ex_walk(s->c, 1, &e, &count);
    for (size_t i = 0; order && i < count; i++) {
        Node *n = order[i];
        if (get(s, n))
            continue;
        Rational r = {.n = s->len};
        fmpq_poly_init(r.p);
        bool ok = s->count < RATIONAL_MOST && count <= MOST_NODES && !ctx_poll(s->c) &&
                  make(s, &r, n) && r.n > 0 && !ctx_failed(s->c);
        double bits = (double)labs(fmpq_poly_length(r.p)
                                       ? _fmpz_vec_max_bits(r.p->coeffs, r.p->length)
                                       : 0) +
                      (double)fmpz_bits(r.p->den);
        s->bits = fmax(s->bits, bits);
        if (!ok || s->count == RATIONAL_MOST) {
            fmpq_poly_clear(r.p);
            return false;
        }
        map_put(&s->of, n->id, s->count);
        s->all[s->count++] = r;
    }
    return order != NULL;
}

const Rational *series_rational_get(const Rationals *s, const Node *n)
{
    uint64_t i;
    return map_get(&s->of, n->id, &i) ? &s->all[i] : NULL;
}

void series_rational_clear(Rationals *s)
{
    while (s->count)
        fmpq_poly_clear(s->all[--s->count].p);
}
