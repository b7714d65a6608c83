/* diff/order.c - n-th derivatives: by repetition for numbers, by formula for symbolic n. */
#include "diff/internal.h"
#include "expr/internal.h"

enum { MAX_ORDER = 10000, MAX_FORMULA = 64 << 20 };

/* u = a*x + b with a, b free of x: the only inner functions whose n-th derivative is simple. */
static bool read_linear(Ctx *c, Node *u, uint32_t x, Node **a)
{
    *a = diff(c, u, x);
    return !ctx_failed(c) && !ex_depends(c, *a, x);
}

static Node *no_formula(Ctx *c, Node *e)
{
    (void)e;
    return ctx_error(
        c, LBZ_UNABLE, "give a number for the order",
        "no formula for the n-th derivative of this expression with a symbolic n");
}

/* (-1)^m */
static Node *power_of_minus_one(Ctx *c, Node *m) { return ex_pow(c, c->minus_one, m); }

static Node *nth_sine(Ctx *c, Node *e, uint32_t x, Node *n)
{
    Node *a, *u = e->a[0];
    if (!read_linear(c, u, x, &a))
        return no_formula(c, e);
    Node *quarter = ex_mul2(c, c->half, c->pi); /* whole turns of n - j leave the angle */
    for (uint32_t i = 0; i < (n->op == OP_ADD ? n->n : 1); i++)
        u = ex_add2(c, u, ex_mul2(c, quarter, n->op == OP_ADD ? n->a[i] : n));
    return ex_mul2(c, ex_pow(c, a, n), ex_fn1(c, (Op)e->op, u));
}

/* log(a*x + b): (-1)^(n-1) (n-1)! a^n/(a*x + b)^n, n >= 1 */
static Node *nth_log(Ctx *c, Node *e, uint32_t x, Node *n)
{
    Node *a, *u = e->a[0], *n1 = ex_sub(c, n, c->one);
    if (!read_linear(c, u, x, &a))
        return no_formula(c, e);
    return ex_mul(c, 4,
                  (Node *[]){power_of_minus_one(c, n1), ex_fn1(c, OP_factorial, n1),
                             ex_pow(c, a, n), ex_pow(c, u, ex_neg(c, n))});
}

/* (a*x + b)^m: falling factorial of m. */
static Node *nth_power(Ctx *c, Node *e, uint32_t x, Node *n)
{
    Node *a, *u = ex_base(e), *m = ex_exponent(c, e), *k;
    int64_t i;
    if (ex_depends(c, m, x)) { /* b^(a*x + c): (a*log b)^n b^(...) */
        if (ex_depends(c, u, x) || !read_linear(c, m, x, &a))
            return no_formula(c, e);
        return ex_mul2(c, ex_pow(c, ex_mul2(c, a, ex_fn1(c, OP_log, u)), n), e);
    }
    if (!read_linear(c, u, x, &a))
        return no_formula(c, e);
    Node *rest = ex_mul2(c, ex_pow(c, a, n), ex_pow(c, u, ex_sub(c, m, n)));
    if (ex_get_int(m, &i) && i < 0) { /* (-1)^n (n-m-1)!/(-m-1)! */
        Node *top = ex_fn1(c, OP_factorial, ex_add2(c, n, ex_int(c, -i - 1)));
        Node *bottom = ex_fn1(c, OP_factorial, ex_int(c, -i - 1));
        k = ex_mul2(c, power_of_minus_one(c, n), ex_div(c, top, bottom));
    } else if (ex_is_integer(m)) {
        k = ex_div(c, ex_fn1(c, OP_factorial, m),
                   ex_fn1(c, OP_factorial, ex_sub(c, m, n)));
    } else {
        k = ex_div(
            c, ex_fn1(c, OP_gamma, ex_add2(c, m, c->one)),
            ex_fn1(c, OP_gamma, ex_add(c, 3, (Node *[]){m, ex_neg(c, n), c->one})));
    }
    k = ex_mul2(c, k, rest);
    /* beyond the degree nothing is left, where the factorial has no value */
    return ex_is_integer(m) && ex_is_nonneg(m)
               ? ex_if(c, ex_compare(c, OP_LE, n, m), k, c->zero)
               : k;
}

/* sinh u, cosh u: a^n (exp(u) -+ (-1)^n exp(-u))/2 */
static Node *nth_hyperbolic(Ctx *c, Node *e, uint32_t x, Node *n)
{
    Node *a, *u = e->a[0];
    if (!read_linear(c, u, x, &a))
        return no_formula(c, e);
    Node *turned = ex_mul2(c, power_of_minus_one(c, n), ex_exp(c, ex_neg(c, u)));
    Node *s = e->op == OP_sinh ? ex_sub(c, ex_exp(c, u), turned)
                               : ex_add2(c, ex_exp(c, u), turned);
    return ex_mul(c, 3, (Node *[]){c->half, ex_pow(c, a, n), s});
}

/* Waves: functions whose n-th derivative has a value for every whole n, below 0, too. */
static bool is_wave(Ctx *c, const Node *f, uint32_t x)
{
    return f->op == OP_sin || f->op == OP_cos || f->op == OP_sinh || f->op == OP_cosh ||
           (f->op == OP_POW && !ex_depends(c, f->a[0], x));
}

static Node *nth_term(Ctx *c, Node *t, uint32_t x, Node *n);

/* p*g for a polynomial p and a wave g: the sum of binomial(n, j)*p^(j)*g^(n-j), which ends. */
static Node *nth_leibniz(Ctx *c, Node *p, Node *g, uint32_t x, Node *n)
{
    enum { MOST = 24 };
    Node *sum = c->zero, *choose = c->one, *d = p;
    for (int64_t j = 0; d != c->zero && !ctx_failed(c); j++) {
        if (j > MOST)
            return no_formula(c, p);
        Node *left = ex_sub(c, n, ex_int(c, j));
        sum =
            ex_add2(c, sum, ex_mul(c, 3, (Node *[]){choose, d, nth_term(c, g, x, left)}));
        choose = ex_div(c, ex_mul2(c, choose, left), ex_int(c, j + 1));
        d = diff(c, d, x);
    }
    return ctx_failed(c) ? c->poison : sum;
}

/* Constants, a polynomial and at most one more factor. */
static Node *nth_product(Ctx *c, Node *t, uint32_t x, Node *n)
{
    Node *wave = NULL, *p = c->one, *k = c->one, *only = NULL;
    uint32_t moving = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        Node *f = t->a[i];
        if (!ex_depends(c, f, x)) {
            k = ex_mul2(c, k, f);
            continue;
        }
        moving++;
        only = f;
        if (!is_wave(c, f, x))
            p = ex_mul2(c, p, f);
        else if (wave)
            return no_formula(c, t);
        else
            wave = f;
    }
    if (moving > 1 && !wave)
        return no_formula(c, t);
    return ex_mul2(c, k,
                   moving == 1 ? nth_term(c, only, x, n) : nth_leibniz(c, p, wave, x, n));
}

static Node *nth_term(Ctx *c, Node *t, uint32_t x, Node *n)
{
    if (!ex_depends(c, t, x))
        return c->zero;
    if (t->op == OP_SCALE)
        return ex_scale(c, t->a[0]->num, nth_term(c, t->a[1], x, n));
    if (t->op == OP_MUL)
        return nth_product(c, t, x, n);
    switch (t->op) {
    case OP_sin:
    case OP_cos: return nth_sine(c, t, x, n);
    case OP_sinh:
    case OP_cosh: return nth_hyperbolic(c, t, x, n);
    case OP_log: return nth_log(c, t, x, n);
    case OP_POW:
    case OP_SYM: return nth_power(c, t, x, n);
    default: return no_formula(c, t);
    }
}

static Node *nth_symbolic(Ctx *c, Node *e, uint32_t x, Node *n)
{
    if (ex_depends(c, n, x))
        return ctx_error(c, LBZ_DOMAIN, "the order must not depend on the variable",
                         "the order of a derivative depends on %s", sym_name(c, x));
    ctx_note(c, "the order is taken as a whole number, at least 1");
    if (e->op != OP_ADD)
        return nth_term(c, e, x, n);
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec out = {0};
    for (uint32_t i = 0; i < e->n; i++)
        nodevec_push(c, &out, nth_term(c, e->a[i], x, n));
    Node *r = ex_add(c, out.n, out.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *diff_n(Ctx *c, Node *e, uint32_t x, Node *n)
{
    int64_t k;
    if (ex_is_poison(e) || ex_is_poison(n))
        return c->poison;
    if (!ex_is_num(n))
        return nth_symbolic(c, e, x, n);
    if (!ex_get_int(n, &k) || k < 0)
        return ctx_error(
            c, LBZ_DOMAIN, "orders are 0, 1, 2, ...",
            "the order of a derivative must be a whole number, not negative");
    if (k > MAX_ORDER)
        return ctx_error(c, LBZ_LIMIT, "ask for a lower order",
                         "derivatives are taken up to order %d", MAX_ORDER);
    uint64_t before = c->env.mem_used;
    int64_t order = k;
    for (; k > 0 && !ctx_failed(c) && e != c->zero; k--) {
        e = diff(c, e, x);
        if (k > 1 && c->env.mem_used > before + MAX_FORMULA)
            ctx_error(
                c, LBZ_LIMIT,
                "at a point, as in diff(f, x, 20) at x=1, power series give it up to "
                "order 10000",
                "the derivative of order %lld is too long to be written",
                (long long)order);
    }
    return ctx_failed(c) ? c->poison : e;
}
