/* diff/series.c - Taylor polynomials by truncated power series arithmetic over nodes.
 *
 * A series may have a pole on the way: h^-v times a power series, of which the first n terms are
 * known. Poles that cancel (sin(x)/x) cost terms; when too few are left all is done again with
 * more. What has no recurrence is composed with its derivatives at the inner value: O(n^3)
 * constructor calls a node.
 */
#include "ball/ball.h"
#include "diff/germ.h"
#include "diff/series.h"
#include "expr/internal.h"
#include "print/print.h"

enum {
    MAX_DEGREE = 2000,
    MOST_TRIED = 16 << 20 /* memory of a function that is tried with rational numbers */
};

Known *series_none(Series *s)
{
    ctx_error(s->c, LBZ_DOMAIN, "choose another point",
              "the expression has no Taylor series at this point");
    return NULL;
}

/* ---- powers */

/* u^r for a u that is 0 or infinite at the point. */
static void singular_power(Series *s, Known *p, const Known *u, int64_t r)
{
    enum { R_MAX = 100000 };
    int zero;
    size_t w = series_order(s, u, &zero);
    if (w == u->n) /* too small to be seen */
        p->n = r < 0 || u->v ? 0 : u->n;
    else if (zero == 0 && r <= R_MAX && r >= -R_MAX)
        series_shifted_power(s, p, u, w, num_int(r));
    else
        (void)series_none(s);
}

/* b^r, r moving: exp(r*log b) */
static void moving_power(Series *s, Node **p, Node *const *b, Node *const *r)
{
    Node **l = series_new(s);
    if (!l)
        return;
    series_log(s, l, b);
    series_multiply(s, l, l, r);
    series_exp(s, p, l);
}

static void power_of_known(Series *s, Known *p, const Node *n)
{
    Ctx *c = s->c;
    const Known *b = series_known(s, n->a[0]);
    Node *r = n->a[1], **u = b->c, **e = series_known(s, r)->c;
    bool moving = ex_depends(c, r, s->x);
    int64_t k;
    if (n->a[0] == c->e)
        series_exp(s, p->c, e);
    else if (ex_get_int(r, &k) && (b->v || series_vanishes(s, u[0])))
        singular_power(s, p, b, k);
    else if (b->v || series_vanishes(s, u[0]))
        (void)series_none(s);
    else if (s->rational && moving && !ex_is_rat(u[0], 1, 1))
        p->c[0] = n->a[1]; /* a logarithm: no rational numbers */
    else if (moving)
        moving_power(s, p->c, u, e);
    else
        series_power(s, p->c, u, r);
}

bool series_trig_pole(Series *s, Known *p, const Node *n)
{
    bool hyper = n->op == OP_coth || n->op == OP_csch,
         by_cos = n->op == OP_tan || n->op == OP_sec;
    if (!hyper && !by_cos && n->op != OP_cot && n->op != OP_csc)
        return false;
    const Known *u = series_known(s, n->a[0]);
    Known den = {.c = series_new(s), .n = u->n};
    Node **num = series_new(s);
    if (!den.c || !num)
        return false;
    series_sine(s, den.c, u->c, by_cos ? OP_cos : hyper ? OP_sinh : OP_sin);
    if (series_vanishes(s, den.c[0]) != 1)
        return false;
    singular_power(s, p, &den, -1);
    if (n->op == OP_cot || n->op == OP_coth || n->op == OP_tan) {
        series_sine(s, num, u->c, by_cos ? OP_sin : hyper ? OP_cosh : OP_cos);
        series_multiply(s, p->c, p->c, num);
    }
    return true;
}

/* ---- functions without a recurrence */

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

/* A coefficient that stands for no number? */
static bool is_undefined(Ctx *c, Node *k)
{
    const Node *bad;
    return ex_is_poison(k) ||
           (!k->syms && (k->flags & NF_RISK) && ball_exists(c, k, &bad) == LBZ_DOMAIN);
}

/* f at y = a; NULL: it has no value there. */
static Node *value_there(const Series *s, Node *f, uint32_t y, Node *a)
{
    Ctx *c = s->c;
    size_t dropped = c->ndropped;
    Node *r = ex_subst(c, f, &y, &a, 1);
    bool undefined = is_undefined(c, r) || ball_find_undefined(c, dropped);
    c->ndropped = dropped;
    return undefined ? NULL : r;
}

/* f(u) from f's derivatives at u_0 in its i-th argument, the other arguments constant. */
static bool compose_series(Series *s, Node **p, Node *n, uint32_t i)
{
    Ctx *c = s->c;
    Node **u = series_known(s, n->a[i])->c, *y = ex_sym(c, sym_fresh(c, "y"));
    Node *arg[8], *f;
    for (uint32_t j = 0; j < n->n && j < 8; j++)
        arg[j] = j == i ? y : n->a[j];
    f = ex_rebuild(c, n, arg);
    Node **w = series_new(s), **pow = series_new(s), **of = series_new(s);
    if (!w || !pow || !of)
        return true;
    memcpy(w, u, s->len * sizeof *w);
    w[0] = c->zero;
    pow[0] = c->one;
    bool known = by_integration(s, of, f, y->sym, u[0]);
    size_t most = c->env.mem_used + MOST_TRIED;
    for (size_t k = 0; k < s->len && !ctx_poll(c); k++) {
        Node *fk = known ? of[k] : value_there(s, f, y->sym, u[0]);
        if (!fk)
            return false;
        Num over = known ? NUM_ONE : num_factorial(&c->tmp, k);
        Node *ck = ex_scale(c, num_inv(&c->tmp, over), fk);
        if (s->rational && (!ex_is_num(ck) || c->env.mem_used > most)) {
            p[0] = c->pi; /* which tells */
            return true;
        }
        for (size_t j = 0; j < s->len && !ctx_poll(c); j++)
            p[j] = ex_add2(c, p[j], ex_mul2(c, ck, pow[j]));
        series_multiply(s, pow, pow, w);
        if (!known && (f = diff(c, f, y->sym)) == c->zero)
            break;
    }
    return !ctx_failed(c);
}

/* The derivatives are by x; a germ has only every per-th power of t then. */
void series_by_derivatives(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    Node *d = n;
    size_t per = s->side ? s->per : 1;
    if (!s->side && by_integration(s, p->c, n, s->x, s->a))
        return;
    for (size_t k = 0; k * per < s->len && !ctx_poll(c); k++) {
        Num w = num_inv(&c->tmp, num_factorial(&c->tmp, k));
        w = s->side < 0 && k % 2 ? num_neg(&c->tmp, w) : w;
        Node *dk = value_there(s, d, s->x, s->a);
        if (!dk && !ctx_failed(c))
            (void)series_none(s);
        p->c[k * per] = dk ? ex_scale(c, w, dk) : c->poison;
        d = diff(c, d, s->x);
    }
}

bool series_compose(Series *s, Known *p, Node *n)
{
    uint32_t moving = 0, at = 0;
    for (uint32_t i = 0; i < n->n; i++)
        if (ex_depends(s->c, n->a[i], s->x)) {
            moving++;
            at = i;
        }
    switch (n->op) {
    case OP_log: series_log(s, p->c, series_known(s, n->a[0])->c); return true;
    case OP_sin:
    case OP_cos:
    case OP_sinh:
    case OP_cosh:
        series_sine(s, p->c, series_known(s, n->a[0])->c, (Op)n->op);
        return true;
    default:
        if (moving == 1)
            return compose_series(s, p->c, n, at);
        series_by_derivatives(s, p, n);
        return !ctx_failed(s->c);
    }
}

/* ---- nodes */

/* Does n change from one branch to another, or step, at the point itself? */
static bool at_kink(const Series *s, const Node *n)
{
    Node *u = n->n ? series_known(s, n->a[0])->c[0] : NULL;
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
    case OP_NE: return u == series_known(s, n->a[1])->c[0];
    case OP_floor:
    case OP_ceil:
    case OP_trunc: return ex_is_int(u);
    case OP_round:
        return ex_is_num(u) && !ex_is_int(u) &&
               num_is_int(num_mul(&s->c->tmp, u->num, num_int(2)));
    case OP_mod:
    case OP_rem: {
        Node *v = series_known(s, n->a[1])->c[0];
        return v != s->c->zero && ex_is_int(ex_div(s->c, u, v));
    }
    default: return false;
    }
}

/* Functions are those of a number: their arguments must have a value. */
static bool operands_regular(Series *s, Known *p, const Node *n)
{
    for (uint32_t i = 0; i < n->n; i++) {
        const Known *u = series_known(s, n->a[i]);
        if (!u)
            continue; /* a text */
        if (u->v) {
            (void)series_none(s);
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
    const Known *u = series_known(s, n->a[0]), *v = series_known(s, n->a[1]);
    Node *d = ex_sub(s->c, u->c[0], v->c[0]);
    int sign = d->syms || (d->flags & NF_APPLY) ? 2 : ball_sign(s->c, d);
    if (u->v || v->v || sign == 0 || sign == 2)
        return false;
    memcpy(p->c, ((sign > 0) == (n->op == OP_max) ? u : v)->c, s->len * sizeof *p->c);
    return true;
}

/* A sum, product or multiple. */
static void arithmetic_series(Series *s, Known *p, const Node *n)
{
    const Known **u = ARENA_NEW(&s->c->tmp, const Known *, n->n);
    for (uint32_t i = 0; u && i < n->n; i++)
        u[i] = series_known(s, n->a[i]);
    if (!u)
        return;
    if (n->op == OP_ADD) {
        series_sum(s, p, u, n->n);
        return;
    }
    bool scale = n->op == OP_SCALE;
    Node **own = p->c;
    *p = *u[scale];
    p->c = own;
    p->form = NULL;
    for (size_t k = 0; k < s->len; k++)
        own[k] = scale ? ex_scale(s->c, n->a[0]->num, u[1]->c[k]) : u[0]->c[k];
    for (uint32_t i = 1; !scale && i < n->n; i++)
        series_product(s, p, p, u[i]);
}

static void power_series(Series *s, Known *p, const Node *n)
{
    if (n->a[0] != s->c->e && !ex_depends(s->c, n->a[1], s->x))
        p->n = series_known(s, n->a[0])->n;
    else if (!operands_regular(s, p, n))
        return;
    power_of_known(s, p, n);
}

/* A function at a point where its derivatives have no values may be replaced by others. */
static void replaced_series(Series *s, Known *p, Node *n)
{
    Err why = attempt_error(s->c);
    Node *r = s->rational ? NULL : series_replacement(s, n);
    Known *q = r ? series_of(s, r) : NULL;
    if (q)
        *p = *q;
    else if (why.status != LBZ_OK)
        s->c->env.err = why;
    else
        (void)series_none(s);
}

static void function_series(Series *s, Known *p, Node *n)
{
    if (!operands_regular(s, p, n) || series_trig_pole(s, p, n) ||
        follow_operand(s, p, n))
        return;
    if (!op_is_function((Op)n->op))
        series_by_derivatives(s, p, n);
    else if (!series_compose(s, p, n))
        replaced_series(s, p, n);
}

static void node_series(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    p->n = s->len;
    bool condition = ex_is_condition(n);
    if (s->side && condition && series_branches(s, p, n))
        return;
    if (!ex_depends(c, n, s->x)) {
        p->c[0] = n;
        p->exact = true;
        p->zero = n == c->zero;
        if (is_undefined(c, n) && s->side)
            p->state = SERIES_UNDEFINED;
        else if (is_undefined(c, n))
            (void)series_none(s);
        return;
    }
    if (s->side && series_germ(s, p, n))
        return;
    if (!s->side && s->len > 1 && at_kink(s, n)) {
        (void)series_none(s);
        return;
    }
    switch (n->op) {
    case OP_SYM:
        p->c[0] = s->a;
        if (s->len > 1)
            p->c[1] = c->one;
        return;
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL: arithmetic_series(s, p, n); break;
    case OP_POW: power_series(s, p, n); break;
    default: function_series(s, p, n);
    }
    series_cancel(s, p);
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

/* What a germ cannot tell of a node is nobody's fault; others may do without. */
static void forgive_germ(Series *s, Known *p)
{
    if (s->side && ctx_failed(s->c)) {
        (void)attempt_forgive(s->c, FORGIVE_UNDEFINED);
        p->state = SERIES_OPEN;
    }
}

/* The form of n from those of its operands, unless a branch was taken. One without x is constant. */
static void take_form(Series *s, Known *p, Node *n)
{
    Ctx *c = s->c;
    bool known = p->form ? p->state == SERIES_KNOWN : !(n->flags & NF_BINDER);
    Node **a = n->n && !p->form ? ARENA_NEW(&c->tmp, Node *, n->n) : NULL;
    for (uint32_t i = 0; a && i < n->n; i++) {
        const Known *u = series_known(s, n->a[i]);
        a[i] = u && u->form ? u->form : n->a[i];
        known = known && (!u || u->state == SERIES_KNOWN);
    }
    Node *f = p->form ? p->form : a && known ? ex_with(c, n, a) : n;
    bool lost = ctx_failed(c);
    (void)attempt_forgive(c, FORGIVE_UNDEFINED);
    p->form = lost ? n : f;
    if (lost || !known || f == n || ex_depends(c, f, s->x) || (f->flags & NF_COND) ||
        is_undefined(c, f))
        return;
    *p = (Known){.c = series_new(s), .form = f};
    if (p->c)
        series_constant(s, p, f);
}

Known *series_of(Series *s, Node *e)
{
    enum { MOST_NODES = 200 }; /* of an expression that is tried with rational numbers */
    Ctx *c = s->c;
    size_t count = 0;
    Node **order = ex_walk(c, 1, &e, &count);
    Known *p = NULL;
    for (size_t i = 0; order && i < count && !ctx_poll(c); i++) {
        Node *n = order[i];
        if (n->op == OP_STRING || (p = series_known(s, n)) != NULL)
            continue;
        p = ARENA_NEW(&c->tmp, Known, 1);
        if (!p)
            break;
        *p = (Known){.c = series_new(s), .n = s->len};
        if (!p->c)
            break;
        map_put(&s->of, n->id, (uint64_t)(uintptr_t)p);
        if (s->rational && (count > MOST_NODES || is_irrational(s, n)))
            return NULL;
        node_series(s, p, n);
        forgive_germ(s, p);
        if (s->side)
            take_form(s, p, n);
        if (s->rational && n->op != OP_CONST && !ctx_failed(c) && !all_numbers(s, p))
            return NULL;
    }
    return ctx_failed(c) || !order ? NULL : p;
}

/* One pass; NULL: an error, or no rational numbers where they are wanted. */
static Known *one_pass(Series *s, Node *e)
{
    map_init(&s->of, &s->c->tmp);
    return series_of(s, e);
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
    (void)series_none(s);
    return NULL;
}

void diff_note_filled(Ctx *c, uint32_t x, Node *a)
{
    Str at = {0};
    print_brief(c, &at, a, 40);
    ctx_note(c, "the removable singularity at %s = %s is filled", sym_name(c, x),
             str_cstr(&at));
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

/* Where the kinks leave no series that holds on both sides, the two of either side may be the same:
 * at points that a condition picks out. */
static bool by_sides(Ctx *c, Node *e, uint32_t x, Node *a, unsigned n, Node **out)
{
    if (c->env.err.status != LBZ_DOMAIN)
        return false;
    Err why = attempt_error(c);
    Node *value = ex_subst(c, e, &x, &a, 1);
    bool same = attempt_forgive(c, FORGIVE_UNDEFINED) && diff_has_kinks(c, e) &&
                diff_taylor_by_sides(c, e, x, a, n, out) && !ex_is_poison(value) &&
                ex_sub(c, value, out[0]) == c->zero;
    if (!same && !ctx_failed(c))
        c->env.err = why;
    return same;
}

/* Lower, for the time being: a series of nodes that needs more does not end. */
static size_t lower_cap(Env *env)
{
    enum { MOST_MEMORY = 128 << 20 };
    size_t cap = env->mem_cap, most = env->mem_used + MOST_MEMORY;
    env->mem_cap = cap && cap < most ? cap : most;
    return cap;
}

static void restore_cap(Env *env, size_t cap)
{
    bool ours = env->mem_cap != cap;
    env->mem_cap = cap;
    if (ours && env->err.status == LBZ_LIMIT) {
        snprintf(env->err.message, sizeof env->err.message,
                 "the coefficients of this series are too long to be written");
        snprintf(env->err.hint, sizeof env->err.hint,
                 "ask for a lower degree, or at a decimal point, as in x=0.0");
    }
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
    size_t cap = lower_cap(&c->env);
    Node **p = coefficients_at(&s, e, n);
    bool done = p || by_sides(c, e, x, a, n, out);
    if (p) {
        memcpy(out, p, ((size_t)n + 1) * sizeof *p);
        if (s.filled)
            diff_note_filled(c, x, a);
    }
    restore_cap(&c->env, cap);
    arena_release(&c->tmp, m);
    return done && !ctx_failed(c);
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
