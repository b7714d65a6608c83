/* diff/series.c - Taylor polynomials by truncated power series arithmetic over nodes.
 *
 * A series may have a pole on the way: h^-v times a power series, of which the first n terms are
 * known. Poles that cancel (sin(x)/x) cost terms; when too few are left all is done again with
 * more.
 *
 * Recurrences for quotients, powers, exp, log, sin/cos and sinh/cosh (Knuth, TAOCP 2, 4.7); other
 * functions by composition with their derivatives at the inner value. O(n^2) constructor calls
 * a node, O(n^3) for a composition. */
#include "ball/ball.h"
#include "diff/internal.h"
#include "expr/internal.h"
#include "print/print.h"

enum { MAX_DEGREE = 2000 };

typedef struct {
    Ctx *c;
    uint32_t x;
    Node *a;       /* the point */
    size_t len;    /* coefficients */
    Map of;        /* node id -> Known * */
    bool rational; /* only numbers are wanted as coefficients */
    bool filled;   /* a divisor was 0 at the point */
} Series;

/* h^-v * sum of c[k]*h^k, where c[k] is known for k < n. */
typedef struct {
    Node **c;
    size_t n, v;
} Known;

static Node **new_coefficients(Series *s)
{
    Node **v = ARENA_NEW(&s->c->tmp, Node *, s->len);
    for (size_t i = 0; v && i < s->len; i++)
        v[i] = s->c->zero;
    return v;
}

static Known *known_of(const Series *s, const Node *n)
{
    uint64_t v = 0;
    (void)map_get(&s->of, n->id, &v);
    return (Known *)(uintptr_t)v;
}

static Node **series_of(const Series *s, const Node *n) { return known_of(s, n)->c; }

/* Is u certainly 0 (1), or certainly not (0)? 2: not known. */
static int vanishes(const Series *s, Node *u)
{
    if (ex_is_num(u))
        return num_is_zero(u->num);
    if (u->syms || (u->flags & (NF_APPLY | NF_STRUCTURAL)))
        return 0;
    int sign = ball_sign(s->c, u);
    return sign == 0 ? 1 : sign == 2 ? 2 : 0;
}

static Node *dot_product(Series *s, Node *const *u, Node *const *v, size_t k)
{
    ArenaMark m = arena_mark(&s->c->tmp);
    NodeVec t = {0};
    for (size_t i = 0; i <= k; i++)
        if (u[i] != s->c->zero && v[k - i] != s->c->zero)
            nodevec_push(s->c, &t, ex_mul2(s->c, u[i], v[k - i]));
    Node *r = ex_add(s->c, t.n, t.v);
    arena_release(&s->c->tmp, m);
    return r;
}

static void multiply_series(Series *s, Node **r, Node *const *u, Node *const *v)
{
    for (size_t k = s->len; k-- > 0;) /* downwards: r may be u */
        r[k] = dot_product(s, u, v, k);
}

static Node *weighted_product(Series *s, int64_t w, Node *u, Node *p)
{
    if (u == s->c->zero || p == s->c->zero)
        return s->c->zero;
    return ex_scale(s->c, num_int(w), ex_mul2(s->c, u, p));
}

/* sum of i*u_i*p_(k-i) for i = 1..k, over k */
static Node *weighted_convolution(Series *s, Node *const *u, Node *const *p, size_t k)
{
    Ctx *c = s->c;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec t = {0};
    for (size_t i = 1; i <= k; i++)
        nodevec_push(c, &t, weighted_product(s, (int64_t)i, u[i], p[k - i]));
    Node *r = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
    arena_release(&c->tmp, m);
    return r;
}

static void series_exp(Series *s, Node **p, Node *const *u)
{
    p[0] = ex_exp(s->c, u[0]);
    for (size_t k = 1; k < s->len; k++)
        p[k] = weighted_convolution(s, u, p, k);
}

static void series_log(Series *s, Node **l, Node *const *u)
{
    Ctx *c = s->c;
    l[0] = ex_fn1(c, OP_log, u[0]);
    Node *inv = ex_pow(c, u[0], c->minus_one);
    for (size_t k = 1; k < s->len; k++) {
        NodeVec t = {0};
        for (size_t i = 1; i < k; i++)
            nodevec_push(c, &t, weighted_product(s, (int64_t)i, l[i], u[k - i]));
        Node *sum = ex_mul2(c, ex_rat(c, 1, (int64_t)k), ex_add(c, t.n, t.v));
        l[k] = ex_mul2(c, ex_sub(c, u[k], sum), inv);
    }
}

/* u^r, u_0 != 0: p_k = sum ((r+1) i/k - 1) u_i p_(k-i) / u_0 */
static void series_power(Series *s, Node **p, Node *const *u, Node *r)
{
    Ctx *c = s->c;
    p[0] = ex_pow(c, u[0], r);
    Node *inv = ex_pow(c, u[0], c->minus_one), *r1 = ex_add2(c, r, c->one);
    for (size_t k = 1; k < s->len; k++) {
        NodeVec t = {0};
        for (size_t i = 1; i <= k; i++) {
            if (u[i] == c->zero || p[k - i] == c->zero)
                continue;
            Node *w =
                ex_sub(c, ex_mul2(c, ex_rat(c, (int64_t)i, (int64_t)k), r1), c->one);
            nodevec_push(c, &t, ex_mul(c, 3, (Node *[]){w, u[i], p[k - i]}));
        }
        p[k] = ex_mul2(c, ex_add(c, t.n, t.v), inv);
    }
}

static Node *singular_error(Series *s)
{
    return ctx_error(s->c, LBZ_DOMAIN, "choose another point",
                     "the expression has no Taylor series at this point");
}

/* p = u^r where the first term of u that is not 0 has degree w. */
static void power_of_zero(Series *s, Known *p, const Known *u, size_t w, int64_t r)
{
    Ctx *c = s->c;
    Node **q = new_coefficients(s), **t = new_coefficients(s);
    if (!q || !t)
        return;
    for (size_t i = w; i < s->len; i++)
        q[i - w] = u->c[i];
    series_power(s, t, q, ex_int(c, r));
    int64_t shift = r * ((int64_t)w - (int64_t)u->v);
    size_t right = shift > 0 ? (size_t)shift : 0;
    s->filled |= shift < 0;
    p->v = shift < 0 ? (size_t)-shift : 0;
    p->n = u->n - w + right < s->len ? u->n - w + right : s->len;
    for (size_t i = right; i < s->len; i++)
        p->c[i] = t[i - right];
}

/* u^r for a u that is 0 or infinite at the point. */
static void singular_power(Series *s, Known *p, const Known *u, int64_t r)
{
    enum { R_MAX = 100000 };
    size_t w = 0;
    while (w < u->n && vanishes(s, u->c[w]) == 1)
        w++;
    if (w == u->n) /* too small to be seen */
        p->n = r < 0 || u->v ? 0 : u->n;
    else if (vanishes(s, u->c[w]) == 0 && r <= R_MAX && r >= -R_MAX)
        power_of_zero(s, p, u, w, r);
    else
        (void)singular_error(s);
}

static void known_power(Series *s, Known *known, const Node *n)
{
    Ctx *c = s->c;
    const Known *b = known_of(s, n->a[0]);
    Node *r = n->a[1], **u = b->c, **e = series_of(s, r), **p = known->c;
    int64_t k;
    if (n->a[0] == c->e) {
        series_exp(s, p, e);
    } else if (ex_get_int(r, &k) && (b->v || vanishes(s, u[0]))) {
        singular_power(s, known, b, k);
    } else if (b->v || vanishes(s, u[0])) {
        (void)singular_error(s);
    } else if (s->rational && ex_depends(c, r, s->x) && !ex_is_rat(u[0], 1, 1)) {
        p[0] = n->a[1];                  /* a logarithm: no rational numbers */
    } else if (ex_depends(c, r, s->x)) { /* exp(r*log b) */
        Node **l = new_coefficients(s);
        series_log(s, l, u);
        multiply_series(s, l, l, e);
        series_exp(s, p, l);
    } else {
        series_power(s, p, u, r);
    }
}

/* sin and cos (or sinh and cosh) together: s' = c u', c' = -+ s u'. */
static void series_sine(Series *s, Node **p, Node *const *u, Op op)
{
    Ctx *c = s->c;
    bool hyper = op == OP_sinh || op == OP_cosh, want_sin = op == OP_sin || op == OP_sinh;
    Node **si = want_sin ? p : new_coefficients(s),
         **co = want_sin ? new_coefficients(s) : p;
    if (!si || !co)
        return;
    si[0] = ex_fn1(c, hyper ? OP_sinh : OP_sin, u[0]);
    co[0] = ex_fn1(c, hyper ? OP_cosh : OP_cos, u[0]);
    for (size_t k = 1; k < s->len; k++) {
        Node *t = weighted_convolution(s, u, si, k);
        si[k] = weighted_convolution(s, u, co, k);
        co[k] = hyper ? t : ex_neg(c, t);
    }
}

/* The quotients of sine and cosine where the divisor is 0. False: it is no such case. */
static bool trig_pole(Series *s, Known *p, const Node *n)
{
    bool hyper = n->op == OP_coth || n->op == OP_csch,
         by_cos = n->op == OP_tan || n->op == OP_sec;
    if (!hyper && !by_cos && n->op != OP_cot && n->op != OP_csc)
        return false;
    const Known *u = known_of(s, n->a[0]);
    Known den = {new_coefficients(s), u->n, 0};
    Node **num = new_coefficients(s);
    if (!den.c || !num)
        return false;
    series_sine(s, den.c, u->c, by_cos ? OP_cos : hyper ? OP_sinh : OP_sin);
    if (vanishes(s, den.c[0]) != 1)
        return false;
    singular_power(s, p, &den, -1);
    if (n->op == OP_cot || n->op == OP_coth || n->op == OP_tan) {
        series_sine(s, num, u->c, by_cos ? OP_sin : hyper ? OP_cosh : OP_cos);
        multiply_series(s, p->c, p->c, num);
    }
    return true;
}

static Node **coefficients_at(Series *s, Node *e, unsigned n);

static bool has_no_recurrence(Ctx *c, Node *n, void *arg)
{
    (void)c, (void)arg;
    switch (n->op) {
    case OP_NUM:
    case OP_CONST:
    case OP_SYM:
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL:
    case OP_POW:
    case OP_log:
    case OP_sin:
    case OP_cos:
    case OP_sinh:
    case OP_cosh: return false;
    default: return true;
    }
}

/* The coefficients of f at y = a from those of its derivative, which may be a quotient that is
 * filled there, as sin(y)/y of the sine integral at 0. False where the derivative is no simpler. */
static bool by_integration(const Series *s, Node **p, Node *f, uint32_t y, Node *a)
{
    Ctx *c = s->c;
    if (!ex_is_num(a) || s->len < 2 || s->rational)
        return false;
    Node *d = diff(c, f, y);
    if (ctx_failed(c) || ex_find(c, d, 0, has_no_recurrence, NULL))
        return false;
    Series t = {.c = c, .x = y, .a = a, .len = s->len - 1};
    p[0] = ex_subst(c, f, &y, &a, 1);
    Node **q = coefficients_at(&t, d, (unsigned)s->len - 2);
    for (size_t k = 1; q && k < s->len; k++)
        p[k] = ex_scale(c, num_inv(&c->tmp, num_int((int64_t)k)), q[k - 1]);
    return true;
}

/* f(u) from f's derivatives at u_0 in its i-th argument, the other arguments constant. */
static void compose_series(Series *s, Node **p, Node *n, uint32_t i)
{
    Ctx *c = s->c;
    Node **u = series_of(s, n->a[i]), *y = ex_sym(c, sym_fresh(c, "y"));
    Node *arg[8], *f;
    for (uint32_t j = 0; j < n->n && j < 8; j++)
        arg[j] = j == i ? y : n->a[j];
    f = ex_rebuild(c, n, arg);
    Node **w = new_coefficients(s), **pow = new_coefficients(s);
    if (!w || !pow)
        return;
    memcpy(w, u, s->len * sizeof *w);
    w[0] = c->zero;
    pow[0] = c->one;
    Node **of = new_coefficients(s);
    bool known = of && by_integration(s, of, f, y->sym, u[0]);
    for (size_t k = 0; of && k < s->len && !ctx_poll(c); k++) {
        Node *ck = known ? of[k]
                         : ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, k)),
                                    ex_subst(c, f, &y->sym, &u[0], 1));
        if (s->rational && !ex_is_num(ck)) {
            p[0] = ck; /* which tells */
            return;
        }
        for (size_t j = 0; j < s->len; j++)
            p[j] = ex_add2(c, p[j], ex_mul2(c, ck, pow[j]));
        multiply_series(s, pow, pow, w);
        if (!known && (f = diff(c, f, y->sym)) == c->zero)
            break;
    }
}

/* Nodes without a recurrence: repeated derivatives of the whole node. */
static void by_derivatives(Series *s, Node **p, Node *n)
{
    Ctx *c = s->c;
    Node *d = n;
    if (by_integration(s, p, n, s->x, s->a))
        return;
    for (size_t k = 0; k < s->len && !ctx_poll(c); k++) {
        p[k] = ex_scale(c, num_inv(&c->tmp, num_factorial(&c->tmp, k)),
                        ex_subst(c, d, &s->x, &s->a, 1));
        d = diff(c, d, s->x);
    }
}

static void known_function(Series *s, Node **p, Node *n)
{
    uint32_t moving = 0, at = 0;
    for (uint32_t i = 0; i < n->n; i++)
        if (ex_depends(s->c, n->a[i], s->x)) {
            moving++;
            at = i;
        }
    switch (n->op) {
    case OP_log: series_log(s, p, series_of(s, n->a[0])); return;
    case OP_sin:
    case OP_cos:
    case OP_sinh:
    case OP_cosh: series_sine(s, p, series_of(s, n->a[0]), (Op)n->op); return;
    default:
        if (moving == 1)
            compose_series(s, p, n, at);
        else
            by_derivatives(s, p, n);
    }
}

/* Does n change from one branch to another, or step, at the point itself? */
static bool at_kink(const Series *s, const Node *n)
{
    Node *u = n->n ? series_of(s, n->a[0])[0] : NULL;
    switch (n->op) {
    case OP_abs:
    case OP_sign:
    case OP_relu:
    case OP_step:
    case OP_step_at: return u == s->c->zero;
    case OP_max:
    case OP_min:
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: return u == series_of(s, n->a[1])[0];
    case OP_floor:
    case OP_ceil:
    case OP_trunc: return ex_is_int(u);
    case OP_round:
        return ex_is_num(u) && !ex_is_int(u) &&
               num_is_int(num_mul(&s->c->tmp, u->num, num_int(2)));
    case OP_mod:
    case OP_rem: {
        Node *v = series_of(s, n->a[1])[0];
        return v != s->c->zero && ex_is_int(ex_div(s->c, u, v));
    }
    default: return false;
    }
}

/* The operands over one power of h added up. */
static void known_sum(Series *s, Known *p, const Node *n)
{
    Ctx *c = s->c;
    for (uint32_t i = 0; i < n->n; i++)
        p->v = known_of(s, n->a[i])->v > p->v ? known_of(s, n->a[i])->v : p->v;
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = known_of(s, n->a[i]);
        p->n = u->n + (p->v - u->v) < p->n ? u->n + (p->v - u->v) : p->n;
    }
    for (size_t k = 0; k < s->len; k++) {
        NodeVec t = {0};
        for (uint32_t i = 0; i < n->n; i++) {
            const Known *u = known_of(s, n->a[i]);
            size_t off = p->v - u->v;
            if (k >= off)
                nodevec_push(c, &t, u->c[k - off]);
        }
        p->c[k] = ex_add(c, t.n, t.v);
    }
}

static void known_product(Series *s, Known *p, const Node *n)
{
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = known_of(s, n->a[i]);
        p->v += u->v;
        p->n = u->n < p->n ? u->n : p->n;
        if (i == 0)
            memcpy(p->c, u->c, s->len * sizeof *u->c);
        else
            multiply_series(s, p->c, p->c, u->c);
    }
}

/* Powers of h that cancel. */
static void cancel_powers(Series *s, Known *p)
{
    size_t k = 0;
    while (k < p->v && k < p->n && vanishes(s, p->c[k]) == 1)
        k++;
    if (k == 0)
        return;
    memmove(p->c, p->c + k, (s->len - k) * sizeof *p->c);
    for (size_t i = s->len - k; i < s->len; i++)
        p->c[i] = s->c->zero;
    p->v -= k;
    p->n -= k;
}

/* Functions are those of a number: their arguments must have a value. */
static bool operands_regular(Series *s, Known *p, const Node *n)
{
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = known_of(s, n->a[i]);
        if (!u)
            continue; /* a text */
        if (u->v) {
            (void)singular_error(s);
            return false;
        }
        p->n = u->n < p->n ? u->n : p->n;
    }
    return p->n > 0; /* else nothing is known, and more terms are needed */
}

/* max and min follow one operand near the point, if it is certain which. False: it is not. */
static bool follow_operand(const Series *s, Known *p, const Node *n)
{
    if (n->op != OP_max && n->op != OP_min)
        return false;
    const Known *u = known_of(s, n->a[0]), *v = known_of(s, n->a[1]);
    Node *d = ex_sub(s->c, u->c[0], v->c[0]);
    int sign = d->syms || (d->flags & NF_APPLY) ? 2 : ball_sign(s->c, d);
    if (u->v || v->v || sign == 0 || sign == 2)
        return false;
    memcpy(p->c, ((sign > 0) == (n->op == OP_max) ? u : v)->c, s->len * sizeof *p->c);
    return true;
}

static void node_series(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    p->n = s->len;
    if (!ex_depends(c, n, s->x)) {
        p->c[0] = n;
        return;
    }
    if (s->len > 1 && at_kink(s, n)) {
        (void)singular_error(s);
        return;
    }
    switch (n->op) {
    case OP_SYM:
        p->c[0] = s->a;
        if (s->len > 1)
            p->c[1] = c->one;
        return;
    case OP_ADD: known_sum(s, p, n); break;
    case OP_SCALE:
        *p = (Known){p->c, known_of(s, n->a[1])->n, known_of(s, n->a[1])->v};
        for (size_t k = 0; k < s->len; k++)
            p->c[k] = ex_scale(c, n->a[0]->num, series_of(s, n->a[1])[k]);
        break;
    case OP_MUL: known_product(s, p, n); break;
    case OP_POW:
        if (n->a[0] == c->e || ex_depends(c, n->a[1], s->x)) {
            if (!operands_regular(s, p, n))
                return;
        } else {
            p->n = known_of(s, n->a[0])->n;
        }
        known_power(s, p, n);
        break;
    default:
        if (!operands_regular(s, p, n))
            return;
        if (trig_pole(s, p, n) || follow_operand(s, p, n))
            break;
        if (op_is_function((Op)n->op))
            known_function(s, p->c, n);
        else
            by_derivatives(s, p->c, n);
    }
    cancel_powers(s, p);
}

/* Has n certainly no rational value at the point? Asked before its series is made at all. */
static bool is_irrational(const Series *s, Node *n)
{
    Ctx *c = s->c;
    if ((n->op != OP_POW && !op_is_function((Op)n->op)) || !ex_depends(c, n, s->x))
        return false;
    Node *v = ex_subst(c, n, &s->x, &s->a, 1);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED); /* a pole may cancel */
    return !ex_is_poison(v) && !ex_is_num(v);
}

static bool all_numbers(const Series *s, const Known *p)
{
    for (size_t i = 0; i < s->len; i++)
        if (!ex_is_num(p->c[i]))
            return false;
    return true;
}

/* One pass; NULL: an error, or no rational numbers where they are wanted. */
static Known *one_pass(Series *s, Node *e)
{
    enum { MOST_NODES = 200 }; /* of an expression that is tried with rational numbers */
    Ctx *c = s->c;
    map_init(&s->of, &c->tmp);
    size_t count = 0;
    Node **order = ex_walk(c, 1, &e, &count);
    Known *p = NULL;
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        Node *n = order[i];
        if (n->op == OP_STRING)
            continue;
        p = ARENA_NEW(&c->tmp, Known, 1);
        if (!p)
            break;
        *p = (Known){new_coefficients(s), s->len, 0};
        if (!p->c)
            break;
        map_put(&s->of, n->id, (uint64_t)(uintptr_t)p);
        if (s->rational && (count > MOST_NODES || is_irrational(s, n)))
            return NULL;
        node_series(s, p, n);
        if (s->rational && n->op != OP_CONST && !ctx_failed(c) && !all_numbers(s, p))
            return NULL;
    }
    return ctx_failed(c) || !order ? NULL : p;
}

static void pole_error(Series *s, const Known *p)
{
    Str at = {0};
    print_brief(s->c, &at, s->a, 40);
    const char *x = sym_name(s->c, s->x);
    ctx_error(s->c, LBZ_DOMAIN, "multiply by its denominator, or choose another point",
              "the expression has a pole of order %zu at %s = %s: no Taylor series there",
              p->v, x, str_cstr(&at));
    str_free(&at);
}

/* The coefficients of e at x = a up to degree n: an array in the tmp arena, or NULL. */
static Node **coefficients_at(Series *s, Node *e, unsigned n)
{
    enum { ROUNDS = 6 };
    for (int round = 0; round < ROUNDS; round++) {
        Known *p = one_pass(s, e);
        if (!p)
            return NULL;
        if (p->v && p->v < p->n) {
            pole_error(s, p);
            return NULL;
        }
        if (p->n > n + p->v && p->v == 0)
            return p->c;
        s->len += n + 1 + p->v - p->n + 1;
    }
    (void)singular_error(s);
    return NULL;
}

static void note_filled(const Series *s)
{
    Str at = {0};
    if (s->filled) {
        print_brief(s->c, &at, s->a, 40);
        ctx_note(s->c, "the removable singularity at %s = %s is filled",
                 sym_name(s->c, s->x), str_cstr(&at));
    }
    str_free(&at);
}

Node *diff_polynomial(Ctx *c, Node *const *p, uint32_t x, Node *a, unsigned n)
{
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec t = {0};
    Node *h = ex_sub(c, ex_sym(c, x), a);
    for (size_t k = 0; k <= n && !ctx_failed(c); k++)
        nodevec_push(c, &t, ex_mul2(c, p[k], ex_powi(c, h, (int64_t)k)));
    Node *r = ex_add(c, t.n, t.v);
    arena_release(&c->tmp, m);
    return ctx_failed(c) ? c->poison : r;
}

bool diff_series(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, Node **out)
{
    if (n > MAX_DEGREE) {
        ctx_error(c, LBZ_LIMIT, "ask for a lower degree",
                  "Taylor polynomials are made up to degree %d", MAX_DEGREE);
        return false;
    }
    ArenaMark m = arena_mark(&c->tmp);
    Series s = {.c = c, .x = x, .a = a, .len = (size_t)n + 1};
    Node **p = coefficients_at(&s, e, n);
    if (p) {
        memcpy(out, p, ((size_t)n + 1) * sizeof *p);
        note_filled(&s);
    }
    arena_release(&c->tmp, m);
    return p && !ctx_failed(c);
}

Node *diff_nth_rational(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Series s = {.c = c, .x = x, .a = a, .len = (size_t)n + 1, .rational = true};
    Known *p = n <= MAX_DEGREE ? one_pass(&s, e) : NULL;
    bool ok = p && p->v == 0 && p->n > n;
    Node *r = ok ? ex_scale(c, num_factorial(&c->tmp, n), p->c[n]) : NULL;
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    arena_release(&c->tmp, m);
    return r && !ex_is_poison(r) ? r : NULL;
}
