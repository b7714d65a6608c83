/* program/compile.c - from expressions to programs.
 *
 * Values appear in the order in which the nodes were made, which is that of the text as far as
 * nodes were not known from before. Canonical sums and products are put back into the
 * arithmetic that people write: a difference for a negative term, one quotient for the
 * factors with negative exponents, a division for a coefficient 1/3.
 *
 * The bodies of sum() and prod() are programs of their own (loops), or are written out where
 * that is short.
 */
#include "program/program.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { UNROLL_VALUES = 4096, NESTED_BINDERS = 16 };

typedef struct {
    uint32_t sym;
    uint32_t val;
} Binding;

typedef struct {
    Ctx *c;
    Program *p;
    const Binding *bind;
    size_t nbind;
    Map memo; /* id of a node -> its value */
    unsigned depth;
    Node *const *leaf; /* nodes that are inputs, whatever they are; or NULL */
    bool arrays;       /* values may be arrays */
} Lower;

static bool lower_all(Lower *l, Node *const *e, size_t n, uint32_t *outs);

static uint32_t value_of(Lower *l, const Node *n)
{
    uint64_t v = 0;
    map_get(&l->memo, n->id, &v);
    return (uint32_t)v;
}

/* Is x, or its double, with the same numerator and denominator? */
static bool is_double(Num x)
{
    const int64_t exact = (int64_t)1 << 53;
    return num_is_small(x) && (x.q & (x.q - 1)) == 0 && x.p <= exact && x.p >= -exact;
}

static uint32_t number_value(Lower *l, Num x)
{
    double k = num_to_double(x);
    return is_double(x) ? pg_const(l->p, k) : pg_rounded(l->p, k, ex_num(l->c, x));
}

/* ---- order ------------------------------------------------------------------------- */
/* How many children are evaluated where the node is: of binders only the limits, later. */
static size_t inner_children(const Node *n)
{
    switch (n->op) {
    case OP_NUM:
    case OP_CONST:
    case OP_SYM:
    case OP_STRING:
    case OP_POISON:
    case OP_SUM:
    case OP_PROD:
    case OP_INT:
    case OP_APPLY: return 0;
    case OP_DETACH: return 1;
    default: return n->n;
    }
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = (*(Node *const *)a)->id, y = (*(Node *const *)b)->id;
    return x < y ? -1 : x > y;
}

/* The nodes to evaluate, by id; in the tmp arena. */
static Node **collect_nodes(Lower *l, Node *const *e, size_t n, size_t *count)
{
    Map seen;
    map_init(&seen, &l->c->tmp);
    for (uint32_t i = 0; l->leaf && i < l->p->nin; i++)
        map_put(&seen, l->leaf[i]->id, 1);
    size_t cap = n + 64, k = 0;
    Node **list = ARENA_NEW(&l->c->tmp, Node *, cap);
    for (size_t next = 0, root = 0; list && (next < k || root < n);) {
        const Node *from = next < k ? list[next++] : NULL;
        size_t m = from ? inner_children(from) : n;
        for (size_t i = 0; i < m && list; i++) {
            Node *ch = from ? from->a[i] : e[i];
            uint64_t v;
            if (map_get(&seen, ch->id, &v))
                continue;
            map_put(&seen, ch->id, 1);
            if (k == cap) {
                Node **grown = ARENA_NEW(&l->c->tmp, Node *, 2 * cap);
                if (grown)
                    memcpy(grown, list, cap * sizeof *list);
                list = grown;
                cap *= 2;
            }
            if (list)
                list[k++] = ch;
        }
        root = n;
        if (ctx_poll(l->c))
            return NULL;
    }
    if (list)
        qsort(list, k, sizeof *list, by_id);
    *count = k;
    return list;
}

/* ---- products ---------------------------------------------------------------------- */
typedef struct {
    uint32_t num, den; /* P_NONE: 1 */
} Quotient;

static void multiply_side(Lower *l, uint32_t *side, uint32_t v)
{
    *side = *side == P_NONE ? v : pg_mul(l->p, *side, v);
}

static bool word_ratio(Num x, int64_t *p, int64_t *q)
{
    if (!num_is_small(x))
        return false;
    *p = x.p;
    *q = x.q;
    return true;
}

/* b^(num/den), lowest terms, den > 1 and num > 0; x: that number. */
static uint32_t root_value(Lower *l, uint32_t b, int64_t num, int64_t den, Num x)
{
    Program *p = l->p;
    if (den == 2 && num <= 8) {
        uint32_t r = pg_fn1(p, OP_sqrt, b);
        return num == 1 ? r : pg_mul(p, pg_powi(p, b, num / 2), r);
    }
    if (den == 3 && num <= 4)
        return pg_powi(p, pg_fn1(p, OP_cbrt, b), num);
    uint32_t a[2] = {b, number_value(l, x)};
    if (den % 2 == 0)
        return pg_pow(p, a[0], a[1]);
    return pg_make(p, num % 2 ? P_ODD_ROOT : P_EVEN_ROOT, 0, 2, a);
}

/* b^(x) for a number x. */
static uint32_t power_number(Lower *l, uint32_t b, Num x)
{
    int64_t p, q;
    if (!word_ratio(x, &p, &q))
        return pg_pow(l->p, b, number_value(l, x));
    if (q == 1)
        return pg_powi(l->p, b, p);
    if (p > 0)
        return root_value(l, b, p, q, x);
    return pg_div(l->p, pg_const(l->p, 1),
                  root_value(l, b, -p, q, num_neg(&l->c->tmp, x)));
}

static bool is_negative_power(const Node *f)
{
    return f->op == OP_POW && ex_is_num(f->a[1]) && num_sgn(f->a[1]->num) < 0;
}

static void factor_into(Lower *l, const Node *f, Quotient *q)
{
    if (!is_negative_power(f)) {
        multiply_side(l, &q->num, value_of(l, f));
        return;
    }
    Num x = num_neg(&l->c->tmp, f->a[1]->num);
    multiply_side(l, &q->den, power_number(l, value_of(l, f->a[0]), x));
}

static Quotient quotient_of(Lower *l, const Node *n)
{
    Quotient q = {P_NONE, P_NONE};
    if (n->op == OP_MUL)
        for (uint32_t i = 0; i < n->n; i++)
            factor_into(l, n->a[i], &q);
    else
        factor_into(l, n, &q);
    return q;
}

static uint32_t divide_sides(Lower *l, Quotient q)
{
    uint32_t num = q.num == P_NONE ? pg_const(l->p, 1) : q.num;
    return q.den == P_NONE ? num : pg_div(l->p, num, q.den);
}

static bool is_power_of_two(int64_t q) { return (q & (q - 1)) == 0; }

/* k*rest: decimals multiply; fractions multiply by the numerator, divide by the denominator. */
static uint32_t scaled_value(Lower *l, Num k, const Node *rest)
{
    int64_t p, q;
    const int64_t exact = (int64_t)1 << 53;
    if (num_is_one(k))
        return value_of(l, rest);
    if (num_is_minus_one(k))
        return pg_neg(l->p, value_of(l, rest));
    if (k.dec || !word_ratio(k, &p, &q) || p > exact || p < -exact || q > exact ||
        is_power_of_two(q)) {
        Quotient r = is_negative_power(rest) ? quotient_of(l, rest)
                                             : (Quotient){value_of(l, rest), P_NONE};
        uint32_t c = number_value(l, k);
        r.num = r.num == P_NONE ? c : pg_mul(l->p, c, r.num);
        return divide_sides(l, r);
    }
    Quotient r = quotient_of(l, rest);
    uint32_t c = pg_const(l->p, (double)p);
    r.num = r.num == P_NONE ? c : pg_mul(l->p, c, r.num);
    if (q != 1)
        multiply_side(l, &r.den, pg_const(l->p, (double)q));
    return divide_sides(l, r);
}

/* ---- sums -------------------------------------------------------------------------- */
static bool is_minus(const Node *t) { return num_sgn(ex_coef(t)) < 0; }

/* The term without its sign. */
static uint32_t term_size(Lower *l, const Node *t)
{
    if (ex_is_num(t))
        return number_value(l, num_abs(&l->c->tmp, t->num));
    if (t->op != OP_SCALE)
        return value_of(l, t);
    return scaled_value(l, num_abs(&l->c->tmp, t->a[0]->num), t->a[1]);
}

static uint32_t long_sum(Lower *l, const Node *n)
{
    uint32_t *v = ARENA_NEW(&l->c->tmp, uint32_t, n->n);
    if (!v)
        return 0;
    for (uint32_t i = 0; i < n->n; i++) {
        v[i] = term_size(l, n->a[i]);
        if (is_minus(n->a[i]))
            v[i] = pg_neg(l->p, v[i]);
    }
    return pg_sum(l->p, n->n, v);
}

static uint32_t lower_add(Lower *l, const Node *n)
{
    if (n->n > 8)
        return long_sum(l, n);
    uint32_t first =
        0; /* the first positive term that is not the number; else the first */
    for (uint32_t i = n->n; i-- > 0;)
        if (!is_minus(n->a[i]) && (!ex_is_num(n->a[i]) || is_minus(n->a[first])))
            first = i;
    uint32_t s = term_size(l, n->a[first]);
    if (is_minus(n->a[first]))
        s = pg_neg(l->p, s);
    for (uint32_t i = 0; i < n->n; i++) {
        if (i == first)
            continue;
        uint32_t t = term_size(l, n->a[i]);
        s = is_minus(n->a[i]) ? pg_sub(l->p, s, t) : pg_add(l->p, s, t);
    }
    return s;
}

static uint32_t lower_pow(Lower *l, const Node *n)
{
    if (ex_is_exp(n))
        return pg_fn1(l->p, OP_exp, value_of(l, n->a[1]));
    if (is_negative_power(n))
        return divide_sides(l, quotient_of(l, n));
    if (ex_is_num(n->a[1]))
        return power_number(l, value_of(l, n->a[0]), n->a[1]->num);
    return pg_pow(l->p, value_of(l, n->a[0]), value_of(l, n->a[1]));
}

/* ---- sum() and prod() -------------------------------------------------------------- */
static bool sum_limits_of(Lower *l, const Node *n, double *lo, double *hi)
{
    uint32_t v[2];
    Lower inner = *l; /* its memo is its own */
    if (!lower_all(&inner, &n->a[2], 2, v))
        return false;
    if (!l->p->val[v[0]].known || !l->p->val[v[1]].known) {
        ctx_error(l->c, LBZ_UNABLE, "give numbers as the limits",
                  "%s() can be accumulated only between constant limits",
                  n->op == OP_SUM ? "sum" : "prod");
        return false;
    }
    *lo = l->p->val[v[0]].k;
    *hi = l->p->val[v[1]].k;
    if (*hi - *lo < 1e9)
        return true;
    ctx_error(l->c, LBZ_LIMIT, "give smaller limits", "a loop of %.3g steps is too long",
              *hi - *lo + 1);
    return false;
}

/* The body with its variable at k, in the program around it. */
static uint32_t body_at(Lower *l, const Node *n, double k)
{
    Arena *tmp = &l->c->tmp;
    Binding *b = ARENA_NEW(tmp, Binding, l->nbind + 1);
    uint32_t v = 0;
    if (!b)
        return 0;
    b[0] = (Binding){n->a[1]->sym, pg_const(l->p, k)};
    memcpy(b + 1, l->bind, l->nbind * sizeof *b);
    Lower inner = {l->c, l->p, b, l->nbind + 1, {0}, l->depth + 1, NULL, false};
    lower_all(&inner, &n->a[0], 1, &v);
    return v;
}

static uint32_t unroll_sum(Lower *l, const Node *n, double lo, double hi)
{
    size_t count = hi >= lo ? (size_t)(hi - lo + 1) : 0;
    uint32_t prod = pg_const(l->p, 1);
    uint32_t *v = mem_alloc((count + 1) * sizeof *v);
    for (size_t i = 0; v && i < count; i++) {
        ArenaMark m = arena_mark(&l->c->tmp);
        v[i] = body_at(l, n, lo + (double)i);
        arena_release(&l->c->tmp, m);
        if (n->op == OP_PROD)
            prod = pg_mul(l->p, prod, v[i]);
        if (ctx_poll(l->c))
            break;
    }
    uint32_t r = !v || ctx_failed(l->c) ? 0
                 : n->op == OP_PROD     ? prod
                                        : pg_sum(l->p, count, v);
    mem_free(v);
    return r;
}

/* sum() as a loop: the body's inputs are its variable and what is bound around it. */
static uint32_t loop_sum(Lower *l, const Node *n, double lo, double hi)
{
    uint32_t k = (uint32_t)l->nbind + 1, out = 0;
    Program *body = program_new(l->p->env, k);
    Binding *b = ARENA_NEW(&l->c->tmp, Binding, k);
    uint32_t *args = ARENA_NEW(&l->c->tmp, uint32_t, k);
    if (!body || !b || !args) {
        program_free(body);
        return 0;
    }
    b[0] = (Binding){n->a[1]->sym, 0};
    for (uint32_t i = 1; i < k; i++) {
        b[i] = (Binding){l->bind[i - 1].sym, i};
        args[i - 1] = l->bind[i - 1].val;
    }
    Lower inner = {l->c, body, b, k, {0}, l->depth + 1, NULL, false};
    if (!lower_all(&inner, &n->a[0], 1, &out)) {
        program_free(body);
        return 0;
    }
    return pg_loop(l->p, body, out, args, lo, hi);
}

static uint32_t lower_symbol(Lower *l, const Node *n);

/* The names in the integrand become operands. */
static uint32_t lower_integral(Lower *l, const Node *n)
{
    Ctx *c = l->c;
    size_t all, k = 0;
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t *sym = ex_free_syms(c, n->a[0], &all);
    uint32_t *args = ARENA_NEW(&c->tmp, uint32_t, all + 2), r = 0;
    Lower inner = *l; /* its memo is its own */
    if ((sym || !all) && args && lower_all(&inner, &n->a[2], 2, args)) {
        for (size_t i = 0; i < all; i++) {
            if (sym[i] == n->a[1]->sym)
                continue;
            args[2 + k] = lower_symbol(l, ex_sym(c, sym[i]));
            sym[k++] = sym[i];
        }
        if (!ctx_failed(c))
            r = pg_quad(l->p, c, n->a[0], n->a[1]->sym, args, sym, k);
    }
    arena_release(&c->tmp, m);
    return r;
}

static uint32_t lower_binder(Lower *l, const Node *n)
{
    double lo, hi;
    if (n->op == OP_INT)
        return lower_integral(l, n);
    if (l->depth >= NESTED_BINDERS) {
        ctx_error(l->c, LBZ_LIMIT, NULL, "sums are nested more than %d deep",
                  NESTED_BINDERS);
        return 0;
    }
    if (!sum_limits_of(l, n, &lo, &hi))
        return 0;
    ArenaMark m = arena_mark(&l->c->tmp);
    bool small = (hi - lo + 1) * (double)ex_dag_size(l->c, n->a[0]) <= UNROLL_VALUES;
    arena_release(&l->c->tmp, m);
    if (n->op == OP_PROD && !small && hi - lo > 1e6) {
        ctx_error(l->c, LBZ_LIMIT, "give smaller limits",
                  "a product of %.3g factors is too long", hi - lo + 1);
        return 0;
    }
    return small || n->op == OP_PROD ? unroll_sum(l, n, lo, hi) : loop_sum(l, n, lo, hi);
}

/* ---- the rest ---------------------------------------------------------------------- */
static uint32_t lower_symbol(Lower *l, const Node *n)
{
    for (size_t i = 0; i < l->nbind; i++)
        if (l->bind[i].sym == n->sym)
            return l->bind[i].val;
    const char *s = sym_name(l->c, n->sym);
    char hint[120];
    snprintf(hint, sizeof hint, "give it one: at %.40s=...", s);
    l->c->env.about = n;
    ctx_error(l->c, LBZ_NAME, hint, "%s has no value", s);
    return 0;
}

static uint32_t lower_function(Lower *l, const Node *n)
{
    uint32_t v[3];
    if (n->n <= 3 && n->n == op_info((Op)n->op)->max_args) {
        for (uint32_t i = 0; i < n->n; i++)
            v[i] = value_of(l, n->a[i]);
        return pg_fn(l->p, (Op)n->op, n->n, v);
    }
    v[0] = value_of(l, n->a[0]); /* max(a, b, c) is max(max(a, b), c) */
    for (uint32_t i = 1; i < n->n; i++) {
        v[1] = value_of(l, n->a[i]);
        v[0] = pg_fn(l->p, (Op)n->op, 2, v);
    }
    return v[0];
}

static uint32_t lower_logic(Lower *l, const Node *n)
{
    POp op = n->op == OP_AND ? P_AND : P_OR;
    uint32_t v = value_of(l, n->a[0]);
    for (uint32_t i = 1; i < n->n; i++)
        v = pg_logic(l->p, op, v, value_of(l, n->a[i]));
    return v;
}

static uint32_t lower_unable(Lower *l, const Node *n)
{
    if (n->op == OP_APPLY)
        ctx_error(l->c, LBZ_UNABLE, "define it: f(x) = ...",
                  "the function %s has no value", sym_name(l->c, n->sym));
    else if (n->op == OP_LIST)
        ctx_error(l->c, LBZ_SHAPE, "ask for one element at a time",
                  "a list cannot be an operand here");
    else
        ctx_error(l->c, LBZ_UNABLE, NULL, "%s has no value as a number",
                  op_info((Op)n->op)->name);
    return 0;
}

/* What shapes would give another meaning, on numbers. */
static uint32_t lower_by_shape(Lower *l, const Node *n)
{
    switch (op_info((Op)n->op)->flags & OF_NUMBERS) {
    case OF_FIRST: return value_of(l, n->a[0]);
    case OF_TIMES: return pg_mul(l->p, value_of(l, n->a[0]), value_of(l, n->a[1]));
    case OF_POWER:
        return ex_is_num(n->a[1])
                   ? power_number(l, value_of(l, n->a[0]), n->a[1]->num)
                   : pg_pow(l->p, value_of(l, n->a[0]), value_of(l, n->a[1]));
    default: return lower_unable(l, n);
    }
}

static uint32_t lower_constant(Lower *l, const Node *n)
{
    static const double k[] = {
        [C_PI] = 3.14159265358979323846, [C_E] = 2.71828182845904523536};
    return n->sym == C_INF ? pg_const(l->p, INFINITY)
                           : pg_rounded(l->p, k[n->sym], (Node *)(uintptr_t)n);
}

static uint32_t lower_node(Lower *l, const Node *n)
{
    switch ((int)n->op) {
    case OP_NUM: return number_value(l, n->num);
    case OP_CONST: return lower_constant(l, n);
    case OP_DATA: return pg_row(l->p, n, NULL);
    case OP_SYM: return lower_symbol(l, n);
    case OP_ADD: return lower_add(l, n);
    case OP_SCALE: return scaled_value(l, n->a[0]->num, n->a[1]);
    case OP_MUL: return divide_sides(l, quotient_of(l, n));
    case OP_POW: return lower_pow(l, n);
    case OP_IF:
        return pg_select(l->p, value_of(l, n->a[0]), value_of(l, n->a[1]),
                         value_of(l, n->a[2]));
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE:
        return pg_logic(l->p, (POp)(P_LT + (n->op - OP_LT)), value_of(l, n->a[0]),
                        value_of(l, n->a[1]));
    case OP_AND:
    case OP_OR: return lower_logic(l, n);
    case OP_NOT: return pg_logic(l->p, P_NOT, value_of(l, n->a[0]), 0);
    case OP_TRUE: return pg_const(l->p, 1);
    case OP_FALSE: return pg_const(l->p, 0);
    case OP_SUM:
    case OP_PROD:
    case OP_INT: return lower_binder(l, n);
    case OP_DETACH: return pg_hold(l->p, value_of(l, n->a[0]));
    default:
        return op_is_function((Op)n->op) ? lower_function(l, n)
               : op_is_tensor((Op)n->op) ? lower_by_shape(l, n)
                                         : lower_unable(l, n);
    }
}

static bool is_number(Lower *l, const Node *n)
{
    for (uint32_t i = 0; i < n->n; i++)
        if (l->p->val[value_of(l, n->a[i])].shape)
            return false;
    return true;
}

/* A row of the table, or a list, whose operands may be arrays. */
static uint32_t lower_row(Lower *l, const Node *n)
{
    bool numbers = op_info((Op)n->op)->flags & OF_NUMBERS && is_number(l, n);
    ArenaMark m = arena_mark(&l->c->tmp);
    uint32_t *a = ARENA_NEW(&l->c->tmp, uint32_t, n->n + 1u), r = 0;
    for (uint32_t i = 0; a && i < n->n; i++)
        a[i] = value_of(l, n->a[i]);
    if (a && n->n)
        r = numbers ? lower_by_shape(l, n) : pg_row(l->p, n, a);
    else
        lower_unable(l, n);
    arena_release(&l->c->tmp, m);
    return r;
}

static uint32_t lower_array(Lower *l, const Node *n)
{
    if (ex_is(n, OP_RANGE)) /* of an index, which looks at the node */
        return pg_const(l->p, 0);
    if (ex_is(n, OP_LIST) || op_is_tensor((Op)n->op))
        return lower_row(l, n);
    uint32_t r = lower_node(l, n);
    bool binder = n->op == OP_SUM || n->op == OP_PROD;
    return (binder && l->p->val[r].shape) || n->op == OP_INT ? lower_unable(l, n) : r;
}

static bool lower_all(Lower *l, Node *const *e, size_t n, uint32_t *outs)
{
    size_t count = 0;
    l->p->pi = l->c->pi;
    map_init(&l->memo, &l->c->tmp);
    for (uint32_t i = 0; l->leaf && i < l->p->nin; i++)
        map_put(&l->memo, l->leaf[i]->id, i);
    Node **order = collect_nodes(l, e, n, &count);
    const Node *outer = l->p->at;
    for (size_t i = 0; order && i < count; i++) {
        const void *about = l->c->env.about;
        l->p->at = order[i];
        l->c->env.about = about ? about : order[i];
        map_put(&l->memo, order[i]->id,
                l->arrays ? lower_array(l, order[i]) : lower_node(l, order[i]));
        l->c->env.about = about;
        if (ctx_poll(l->c)) {
            l->p->at = outer;
            return false;
        }
    }
    l->p->at = outer;
    for (size_t i = 0; order && i < n; i++)
        outs[i] = value_of(l, e[i]);
    return order && !ctx_failed(l->c);
}

static bool compile_names(Ctx *c, Program *p, const uint32_t *in, Node *const *e,
                          size_t n, uint32_t *outs, bool arrays)
{
    ArenaMark m = arena_mark(&c->tmp);
    Binding *b = ARENA_NEW(&c->tmp, Binding, p->nin + 1);
    bool ok = b != NULL;
    for (uint32_t i = 0; ok && i < p->nin; i++)
        b[i] = (Binding){in[i], i};
    Lower l = {c, p, b, p->nin, {0}, 0, NULL, arrays};
    ok = ok && lower_all(&l, e, n, outs);
    arena_release(&c->tmp, m);
    return ok;
}

bool program_compile(Ctx *c, Program *p, const uint32_t *in, Node *const *e, size_t n,
                     uint32_t *outs)
{
    return compile_names(c, p, in, e, n, outs, false);
}

bool program_compile_arrays(Ctx *c, Program *p, const uint32_t *in, Node *e,
                            uint32_t *out)
{
    return compile_names(c, p, in, &e, 1, out, true);
}

static bool compile_leaves(Ctx *c, Program *p, Node *const *leaf, Node *const *e,
                           size_t n, uint32_t *outs, bool arrays)
{
    ArenaMark m = arena_mark(&c->tmp);
    Lower l = {c, p, NULL, 0, {0}, 0, leaf, arrays};
    bool ok = lower_all(&l, e, n, outs);
    arena_release(&c->tmp, m);
    return ok;
}

bool program_compile_over(Ctx *c, Program *p, Node *const *leaf, Node *const *e, size_t n,
                          uint32_t *outs)
{
    return compile_leaves(c, p, leaf, e, n, outs, false);
}

bool program_compile_arrays_over(Ctx *c, Program *p, Node *const *leaf, Node *e,
                                 uint32_t *out)
{
    return compile_leaves(c, p, leaf, &e, 1, out, true);
}
