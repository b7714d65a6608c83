/* eval/exact.c - constants of a result that have an exact value which only their size
 * tells (floor, ceil, max, abs, step and comparisons of constants), quotients of logarithms, and
 * sums of polynomials in closed form.
 */
#include "diff/germ.h"
#include "eval/internal.h"
#include "expr/internal.h"
#include "print/print.h"

/* ---- whole numbers and the larger of two constants */

/* The integer that arb_floor of x + shift is, as soon as a precision tells. */
static Node *floor_of(Ctx *c, Node *x, Node *shift)
{
    enum { FIRST_BITS = 128, LAST_BITS = 2048 };
    Node *r = NULL, *e = ex_add2(c, x, shift);
    arb_t v;
    fmpz_t n;
    arb_init(v);
    fmpz_init(n);
    for (slong bits = FIRST_BITS; !r && bits <= LAST_BITS; bits *= 4) {
        if (ball_eval(c, e, NULL, NULL, 0, bits, v, NULL) != LBZ_OK)
            break;
        arb_floor(v, v, bits);
        if (arb_get_unique_fmpz(n, v)) {
            mpz_t z;
            mpz_init(z);
            fmpz_get_mpz(z, n);
            r = ex_num(c, num_set_mpz(&c->tmp, z));
            mpz_clear(z);
        }
    }
    fmpz_clear(n);
    arb_clear(v);
    return r;
}

static Node *round_constant(Ctx *c, Op op, Node *x)
{
    bool up = op == OP_ceil || (op == OP_trunc && ball_sign(c, x) < 0);
    if (up) {
        Node *r = floor_of(c, ex_neg(c, x), c->zero);
        return r ? ex_neg(c, r) : NULL;
    }
    return floor_of(c, x, op == OP_round ? c->half : c->zero);
}

static bool is_exact_constant(Ctx *c, Node *x)
{
    return eval_is_constant(c, x) && !(x->flags & NF_DEC);
}

/* abs, step, max, a comparison ... of constants: by the sign that decides. */
static Node *decided(Ctx *c, const Node *x)
{
    for (uint32_t i = 0; i < x->n; i++)
        if (!is_exact_constant(c, x->a[i]) && !(i && ex_is(x, OP_step_at)))
            return NULL;
    Node *u = diff_switch(c, (Op)x->op, x->a);
    int s = u ? ball_sign(c, u) : 2;
    if (s == 2 && u && prove_zero(c, u) == PROOF_YES)
        s = 0;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    return s == 2 ? NULL : diff_branch(c, (Op)x->op, x->a, s);
}

/* 0^x for a constant x whose sign the constructor cannot see */
static Node *power_of_zero(Ctx *c, const Node *x)
{
    int s =
        x->a[0] == c->zero && is_exact_constant(c, x->a[1]) ? ball_sign(c, x->a[1]) : 2;
    return s > 0 && s != 2 ? c->zero : s < 0 ? ex_pow(c, c->zero, c->minus_one) : NULL;
}

/* ---- quotients of logarithms */

/* i/j where p = b^i and q = b^j for one b; false: they have no such base. */
static bool log_ratio(int64_t p, int64_t q, int64_t *i, int64_t *j)
{
    int64_t a = p, b = q;
    while (a != b) { /* p and q are powers of both */
        if (a < b) {
            int64_t t = a;
            a = b;
            b = t;
        }
        if (b < 2 || a % b)
            return false;
        a /= b;
    }
    for (*i = 0; p > 1 && p % a == 0; p /= a)
        ++*i;
    for (*j = 0; q > 1 && q % a == 0; q /= a)
        ++*j;
    return a > 1 && p == 1 && q == 1;
}

static bool log_of(Node *f, int power, int64_t *p)
{
    if (power < 0) {
        if (!ex_is(f, OP_POW) || !ex_is_rat(f->a[1], -1, 1))
            return false;
        f = f->a[0];
    }
    return ex_is(f, OP_log) && ex_get_int(f->a[0], p) && *p > 1 && !(f->flags & NF_DEC);
}

/* A product with log(p)/log(q) in it, where that is rational. */
static Node *log_quotient(Ctx *c, Node *n)
{
    int64_t p, q, i, j;
    for (uint32_t a = 0; a < n->n && n->n <= MUL_LONG; a++) {
        for (uint32_t b = 0; b < n->n && log_of(n->a[a], 1, &p); b++) {
            if (log_of(n->a[b], -1, &q) && log_ratio(p, q, &i, &j)) {
                Node *both = ex_mul2(c, n->a[a], n->a[b]);
                return ex_mul2(c, ex_div(c, n, both), ex_rat(c, i, j));
            }
        }
    }
    return NULL;
}

/* ---- sums of polynomials */

enum { MAX_DEGREE = 30 };

/* Is x more than a sum, product or small power made of the symbol k? */
static bool not_polynomial(Ctx *c, Node *x, void *k)
{
    int64_t p;
    return ex_depends(c, x, *(uint32_t *)k) &&
           !(ex_is(x, OP_SYM) || ex_is(x, OP_ADD) || ex_is(x, OP_SCALE) ||
             ex_is(x, OP_MUL) ||
             (ex_is(x, OP_POW) && ex_get_int(x->a[1], &p) && p > 0 && p <= MAX_DEGREE));
}

/* Faulhaber: the sum of k^m for k from 1 to n is the sum over j <= m of
 * binomial(m + 1, j)*B_j*n^(m + 1 - j)/(m + 1). At n = 0 it is 0, at -1 the term 0^m is back. */
static Node *power_sum(Ctx *c, unsigned m, Node *n)
{
    Node *r = c->zero;
    for (unsigned j = 0; j <= m; j++) {
        Num b = num_mul(&c->tmp, num_binomial(&c->tmp, (int64_t)m + 1, j),
                        ex_bernoulli(c, j));
        b = num_div(&c->tmp, b, num_int((int64_t)m + 1));
        r = ex_add2(c, r, ex_scale(c, b, ex_powi(c, n, (int64_t)m + 1 - j)));
    }
    return r;
}

/* The sum of p(k) for k = lo..hi as a formula in lo and hi; NULL: the degree is too high. */
static Node *polynomial_sum(Ctx *c, Node *p, uint32_t k, Node *lo, Node *hi)
{
    Node *r = c->zero, *before = ex_sub(c, lo, c->one), *d = p;
    for (unsigned m = 0; d != c->zero && !ctx_failed(c); m++) {
        if (m > MAX_DEGREE)
            return NULL;
        Node *a = ex_subst(c, d, &k, &c->zero, 1);
        a = ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, m)), a);
        Node *s =
            a == c->zero ? a : ex_sub(c, power_sum(c, m, hi), power_sum(c, m, before));
        r = ex_add2(c, r, ex_mul2(c, a, s));
        d = diff(c, d, k);
    }
    return ctx_failed(c) ? NULL : r;
}

static void note_bound(Ctx *c, Node *lo, Node *hi)
{
    Str n = {0}, least = {0};
    print_brief(c, &n, hi, 60);
    print_brief(c, &least, ex_sub(c, lo, c->one), 60);
    ctx_note(c, "%s is taken as a whole number, at least %s", str_cstr(&n),
             str_cstr(&least));
    str_free(&n);
    str_free(&least);
}

static Node *closed_sum(Ctx *c, Node *body, Node *var, Node *lo, Node *hi)
{
    int64_t a = 0, b = 0;
    bool from = ex_get_int(lo, &a), to = ex_get_int(hi, &b);
    if (!ex_is(var, OP_SYM) || ((lo->flags | hi->flags) & (NF_INF | NF_DEC)) ||
        (ex_is_num(lo) && !from) || (ex_is_num(hi) && !to) || (from && to && b < a) ||
        ex_is(body, OP_LIST) || ex_find(c, body, 0, not_polynomial, &var->sym))
        return NULL;
    Node *r = polynomial_sum(c, rat_expand(c, body), var->sym, lo, hi);
    if (r && !(from && to))
        note_bound(c, lo, hi);
    return r;
}

/* ---- the walk */

static Node *exact_value(const Rewriting *w, Node *x)
{
    Ctx *c = w->c;
    bool *closed = w->arg;
    Node *r = NULL;
    switch (x->op) {
    case OP_floor:
    case OP_ceil:
    case OP_round:
    case OP_trunc:
        r = is_exact_constant(c, x) ? round_constant(c, (Op)x->op, x->a[0]) : r;
        break;
    case OP_max:
    case OP_min:
    case OP_abs:
    case OP_sign:
    case OP_relu:
    case OP_step:
    case OP_step_at:
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: r = decided(c, x); break;
    case OP_POW: r = power_of_zero(c, x); break;
    case OP_MUL: r = log_quotient(c, x); break;
    case OP_SUM:
        r = closed_sum(c, x->a[0], x->a[1], x->a[2], x->a[3]);
        *closed |= r != NULL;
        break;
    default: break;
    }
    return r ? r : x;
}

static Node *exact_step(const Rewriting *w, Node *n, Node *const *a)
{
    return n->op <= OP_SCALE && a == n->a ? n : exact_value(w, ex_with(w->c, n, a));
}

Node *eval_exact(Ctx *c, Node *e, SimplifyLevel level)
{
    bool closed = false;
    if (ctx_failed(c) || (!e->n && !ex_is(e, OP_LIST)))
        return e;
    Node *r = ex_rewrite(c, e, 0, exact_step, &closed);
    return ctx_failed(c) ? c->poison : closed ? simplify(c, r, level) : r;
}
