/* expr/expr.c - leaves, facts about nodes, lists, conditions, binders, rebuilding.
 * Invariant: every function here returns a canonical node or poison. */
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* ---- facts ------------------------------------------------------------------------- */
static uint8_t sign_of_num(Num x)
{
    int s = num_sgn(x);
    return (uint8_t)((s < 0   ? S_NEG
                      : s > 0 ? S_POS
                              : S_ZERO) |
                     (num_is_int(x) ? S_INTEGER : 0));
}

/* The signs of -x for those of x. */
static inline unsigned sign_negated(unsigned a)
{
    return (a & S_ZERO) | (a & S_NEG ? S_POS : 0) | (a & S_POS ? S_NEG : 0);
}

static inline uint8_t sign_times(unsigned a, unsigned b)
{
    enum { SIDES = S_NEG | S_POS };
    unsigned r = ((a | b) & S_ZERO) | (a & b & S_INTEGER);
    r |= a & b & SIDES ? S_POS : 0;
    return (uint8_t)(r | (a & sign_negated(b) & SIDES ? S_NEG : 0));
}

static inline uint8_t sign_plus(unsigned a, unsigned b)
{
    enum { SIDES = S_NEG | S_POS };
    unsigned r = ((a | b) & SIDES) | (a & b & (S_INTEGER | S_ZERO));
    return (uint8_t)(r | (a & sign_negated(b) & SIDES ? S_ZERO : 0));
}

/* The sign of b^(p/q): odd q is the real root. */
static uint8_t sign_rational_power(uint8_t b, Num x)
{
    bool q_even = num_is_small(x) && x.q % 2 == 0;
    bool p_even = num_is_small(x) && x.p % 2 == 0;
    uint8_t r = (uint8_t)(b & S_ANY);
    if (q_even)
        r &= (uint8_t)~S_NEG;
    else if (p_even && (r & S_NEG))
        r = (uint8_t)((r & (uint8_t)~S_NEG) | S_POS);
    if (num_sgn(x) < 0)
        r &= (uint8_t)~S_ZERO;
    else if (num_is_int(x))
        r |= b & S_INTEGER;
    return r ? r : S_ANY;
}

static uint8_t sign_of_power(const Node *n)
{
    const Node *b = n->a[0], *x = n->a[1];
    if (ex_is_pos(b))
        return S_POS;
    if (ex_is_num(x) && num_is_small(x->num))
        return sign_rational_power(b->sign, x->num);
    if (ex_is_nonneg(b))
        return S_POS | S_ZERO;
    return S_ANY;
}

static uint8_t sign_of_function(const Node *n)
{
    unsigned flags = op_info((Op)n->op)->flags;
    uint8_t s = S_ANY, x = n->a[0]->sign & S_ANY;
    if (flags & POSITIVE)
        s = S_POS;
    else if (flags & NONNEG)
        s = S_POS | S_ZERO;
    if (n->op == OP_abs && !(x & S_ZERO))
        s = S_POS;
    if (n->op == OP_sign)
        s = x;
    if (n->op == OP_sinh || n->op == OP_tanh || n->op == OP_asinh || n->op == OP_atan)
        s = x;
    if (n->op == OP_abs || n->op == OP_max || n->op == OP_min)
        s |= n->a[0]->sign & (n->n > 1 ? n->a[1]->sign : S_INTEGER) & S_INTEGER;
    if (n->op == OP_max || n->op == OP_min) {
        uint8_t y = n->a[1]->sign & S_ANY, good = n->op == OP_max ? S_POS : S_NEG;
        s = (uint8_t)((s & S_INTEGER) | x | y);
        if (x == good || y == good)
            s = (uint8_t)((s & S_INTEGER) | good);
        else if (!(x & (S_ANY ^ S_ZERO ^ good)) || !(y & (S_ANY ^ S_ZERO ^ good)))
            s &= (uint8_t)(S_INTEGER | S_ZERO | good);
    }
    if (flags & INTEGRAL)
        s |= S_INTEGER;
    return s;
}

static uint8_t sign_of(const Ctx *c, const Node *n)
{
    uint8_t s;
    switch (n->op) {
    case OP_NUM: return sign_of_num(n->num);
    case OP_CONST: return S_POS;
    case OP_SYM: return c->syms[n->sym].assume;
    case OP_ADD:
        s = n->a[0]->sign;
        for (uint32_t i = 1; i < n->n; i++)
            s = sign_plus(s, n->a[i]->sign);
        return s;
    case OP_SCALE: return sign_times(n->a[0]->sign, n->a[1]->sign);
    case OP_MUL:
        s = n->a[0]->sign;
        for (uint32_t i = 1; i < n->n; i++)
            s = sign_times(s, n->a[i]->sign);
        return s;
    case OP_POW: return sign_of_power(n);
    case OP_IF: return n->a[1]->sign | n->a[2]->sign;
    default: return op_is_function((Op)n->op) ? sign_of_function(n) : S_ANY;
    }
}

static uint8_t own_flags(const Node *n)
{
    if (op_is_function((Op)n->op))
        return 0;
    if (n->op == OP_NUM)
        return n->num.dec ? NF_DEC : 0;
    if (n->op == OP_DATA || n->op == OP_FLOAT64 || n->op == OP_FLOAT32)
        return NF_DEC;
    if (n->op == OP_CONST)
        return n->sym == C_INF ? NF_INF : 0;
    if (n->op == OP_APPLY)
        return NF_APPLY;
    if (n->op == OP_INT || n->op == OP_SUM || n->op == OP_PROD)
        return NF_BINDER;
    if (n->op >= OP_IF && n->op <= OP_FALSE)
        return NF_COND;
    return op_is_structural((Op)n->op) || ex_is_open(n) ? NF_STRUCTURAL : 0;
}

bool ex_may_be_undefined(const Node *n)
{
    if (op_is_function((Op)n->op)) {
        const char *domain = op_info((Op)n->op)->domain;
        return domain && *domain && strncmp(domain, "all", 3) != 0;
    }
    if (n->op != OP_POW || ex_is_pos(n->a[0]))
        return false;
    return !ex_is_int(n->a[1]) || ex_is_neg(n->a[1]);
}

void ex_set_facts(Ctx *c, Node *n)
{
    bool plain = (unsigned)n->op - OP_ADD <= OP_POW - OP_ADD;
    if (!plain)
        n->flags |= own_flags(n);
    if (n->op == OP_SYM)
        n->syms = (uint64_t)1 << (n->sym & 63);
    else if (n->shape || (!plain && (n->op == OP_LIST || op_is_structural((Op)n->op) ||
                                     op_is_tensor((Op)n->op))))
        n->shape = shape_of_node(c, n);
    n->sign = sign_of(c, n);
    if (!n->syms && !(n->flags & NF_RISK) && ex_may_be_undefined(n))
        n->flags |= NF_RISK;
}

/* ---- leaves ------------------------------------------------------------------------ */
Node *ex_num(Ctx *c, Num x)
{
    if (x.q == 1 && x.p >= INT_LEAST && x.p <= INT_MOST && !x.dec)
        return c->integer[x.p - INT_LEAST];
    return ctx_intern(c, &(Shell){.op = OP_NUM, .num = x});
}

Node *ex_int(Ctx *c, int64_t i) { return ex_num(c, num_int(i)); }
Node *ex_rat(Ctx *c, int64_t p, int64_t q) { return ex_num(c, num_rat(&c->tmp, p, q)); }
Node *ex_sym(Ctx *c, uint32_t sym)
{
    return ctx_intern(c, &(Shell){.op = OP_SYM, .sym = sym});
}
Node *ex_sym_shaped(Ctx *c, uint32_t sym, uint32_t shape)
{
    return ctx_intern(c, &(Shell){.op = OP_SYM, .sym = sym, .shape = shape});
}
Node *ex_sym_named(Ctx *c, const char *name)
{
    return ex_sym(c, sym_intern(c, name, strlen(name)));
}
Node *ex_string(Ctx *c, const char *s, size_t n)
{
    return ctx_intern(c, &(Shell){.op = OP_STRING, .sym = (uint32_t)n, .text = s});
}

/* ---- lists ------------------------------------------------------------------------- */
/* Elements of one shape that are not written out make no list, but a stack. */
Node *ex_list(Ctx *c, size_t n, Node *const *e)
{
    uint32_t shape = n ? e[0]->shape : SHAPE_SCALAR;
    bool stack = false;
    for (size_t i = 0; i < n; i++) {
        shape = e[i]->shape == shape ? shape : SHAPE_RAGGED;
        stack = stack || !ex_is(e[i], OP_LIST);
    }
    bool tensors = stack && shape_is_tensor(shape) && !shape_is_row(c, shape);
    return ex_intern(c, tensors ? OP_STACK : OP_LIST, n, e);
}

/* ---- what is made of the others ------------------------------------------------------- */
Node *ex_sub(Ctx *c, Node *a, Node *b) { return ex_add2(c, a, ex_neg(c, b)); }
Node *ex_neg(Ctx *c, Node *a) { return ex_scale(c, num_int(-1), a); }
Node *ex_div(Ctx *c, Node *a, Node *b)
{
    return ex_mul2(c, a, ex_pow(c, b, c->minus_one));
}
Node *ex_powi(Ctx *c, Node *b, int64_t n) { return ex_pow(c, b, ex_int(c, n)); }
Node *ex_sqrt(Ctx *c, Node *a) { return ex_pow(c, a, c->half); }
Node *ex_exp(Ctx *c, Node *a) { return ex_pow(c, c->e, a); }
Node *ex_fn1(Ctx *c, Op op, Node *x) { return ex_fn(c, op, 1, &x); }
Node *ex_fn2(Ctx *c, Op op, Node *x, Node *y)
{
    return ex_fn(c, op, 2, (Node *[]){x, y});
}

/* ---- unknown functions, conditions, binders ---------------------------------------- */
Node *ex_apply(Ctx *c, uint32_t f, size_t k, Node *const *args, Node *const *orders)
{
    ArenaMark m = arena_mark(&c->tmp);
    Node **a = ARENA_NEW(&c->tmp, Node *, 2 * k + 1);
    if (!a)
        return c->poison;
    for (size_t i = 0; i < k; i++) {
        a[i] = args[i];
        a[k + i] = orders ? orders[i] : c->zero;
    }
    Node *r = ctx_intern(c, &(Shell){.op = OP_APPLY, .sym = f, .n = 2 * k, .a = a});
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_if(Ctx *c, Node *cond, Node *a, Node *b)
{
    if (ex_is_poison(cond) || cond->op == OP_TRUE)
        return ex_is_poison(cond) ? cond : a;
    if (cond->op == OP_FALSE)
        return b;
    if (cond->shape | a->shape | b->shape)
        return ex_shaped_rest(c, OP_IF, 3, (Node *[]){cond, a, b});
    return a == b ? b : ex_intern(c, OP_IF, 3, (Node *[]){cond, a, b});
}

Node *ex_compare(Ctx *c, Op op, Node *a, Node *b)
{
    if (ex_is_poison(a) || ex_is_poison(b))
        return c->poison;
    if (a->shape | b->shape)
        return ex_shaped_rest(c, op, 2, (Node *[]){a, b});
    if (ex_is_num(a) && ex_is_num(b)) {
        int s = num_cmp(a->num, b->num);
        bool yes = op == OP_LT   ? s < 0
                   : op == OP_LE ? s <= 0
                   : op == OP_EQ ? s == 0
                                 : s != 0;
        return yes ? c->yes : c->no;
    }
    if (a == b)
        return op == OP_LE || op == OP_EQ ? c->yes : c->no;
    Node *d = ex_sub(c, a, b);
    if (!ex_is_poison(d)) {
        uint8_t s = d->sign & S_ANY;
        if (s == S_NEG || s == S_POS)
            return op == OP_NE || (op != OP_EQ && s == S_NEG) ? c->yes : c->no;
        if (op == OP_LE && !(s & S_POS))
            return c->yes;
        if (op == OP_LT && !(s & S_NEG))
            return c->no;
    }
    if ((op == OP_EQ || op == OP_NE) && ex_cmp(a, b) > 0)
        return ex_intern(c, op, 2, (Node *[]){b, a});
    return ex_intern(c, op, 2, (Node *[]){a, b});
}

static Node *negated(Ctx *c, Node *a)
{
    switch (a->op) {
    case OP_TRUE: return c->no;
    case OP_FALSE: return c->yes;
    case OP_NOT: return a->a[0];
    case OP_LT: return ex_compare(c, OP_LE, a->a[1], a->a[0]);
    case OP_LE: return ex_compare(c, OP_LT, a->a[1], a->a[0]);
    case OP_EQ: return ex_compare(c, OP_NE, a->a[0], a->a[1]);
    case OP_NE: return ex_compare(c, OP_EQ, a->a[0], a->a[1]);
    default: return ex_intern(c, OP_NOT, 1, &a);
    }
}

Node *ex_logic(Ctx *c, Op op, size_t n, Node *const *a)
{
    if (ex_any_shape(n, a))
        return ex_shaped_rest(c, op, n, a);
    if (op == OP_NOT)
        return negated(c, a[0]);
    Node *ends = op == OP_AND ? c->no : c->yes, *skips = op == OP_AND ? c->yes : c->no;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec v = {0};
    for (size_t i = 0; i < n; i++) {
        if (a[i] == ends)
            return ends;
        if (a[i]->op == (uint16_t)op)
            for (uint32_t j = 0; j < a[i]->n; j++)
                nodevec_push(c, &v, a[i]->a[j]);
        else if (a[i] != skips)
            nodevec_push(c, &v, a[i]);
    }
    Node *r = v.n == 0 ? skips : v.n == 1 ? v.v[0] : ex_intern(c, op, v.n, v.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_binder(Ctx *c, Op op, Node *body, Node *var, Node *lo, Node *hi)
{
    if (body->shape)
        return ex_shaped_rest(c, op, 4, (Node *[]){body, var, lo, hi});
    if (op == OP_INT && lo == hi)
        return c->zero;
    if (ex_is_num(body) && num_is_zero(body->num))
        return op == OP_PROD ? ex_intern(c, op, 4, (Node *[]){body, var, lo, hi})
                             : c->zero;
    return ex_intern(c, op, 4, (Node *[]){body, var, lo, hi});
}

/* What has no value on all elements at once stays as it is. */
Node *ex_plain_rest(Ctx *c, Op op, size_t n, Node *const *a)
{
    if (ex_any_shape(n, a))
        return ex_intern(c, op, n, a);
    switch ((int)op) {
    case OP_IF: return ex_if(c, a[0], a[1], a[2]);
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: return ex_compare(c, op, a[0], a[1]);
    case OP_AND:
    case OP_OR:
    case OP_NOT: return ex_logic(c, op, n, a);
    default: return ex_binder(c, op, a[0], a[1], a[2], a[3]);
    }
}

Node *ex_structural(Ctx *c, Op op, size_t n, Node *const *a)
{
    return ex_intern(c, op, n, a);
}

/* ---- rebuilding -------------------------------------------------------------------- */
Node *ex_rebuild(Ctx *c, const Node *n, Node *const *a)
{
    switch (n->op) {
    case OP_POISON: return c->poison;
    case OP_NUM: return ex_num(c, n->num);
    case OP_CONST: return n->sym == C_PI ? c->pi : n->sym == C_E ? c->e : c->inf;
    case OP_SYM: return ex_sym_shaped(c, n->sym, n->shape);
    case OP_STRING: return ex_string(c, n->text, n->sym);
    case OP_DATA: return ex_data_again(c, n);
    case OP_ADD: return n->n == 2 ? ex_add2(c, a[0], a[1]) : ex_add(c, n->n, a);
    case OP_SCALE: return ex_mul2(c, a[0], a[1]);
    case OP_MUL: return n->n == 2 ? ex_mul2(c, a[0], a[1]) : ex_mul(c, n->n, a);
    case OP_POW: return ex_pow(c, a[0], a[1]);
    case OP_APPLY: return ex_apply(c, n->sym, n->n / 2, a, a + n->n / 2);
    case OP_LIST: return ex_list(c, n->n, a);
    case OP_IF: return ex_if(c, a[0], a[1], a[2]);
    case OP_LT:
    case OP_LE:
    case OP_EQ:
    case OP_NE: return ex_compare(c, (Op)n->op, a[0], a[1]);
    case OP_AND:
    case OP_OR:
    case OP_NOT: return ex_logic(c, (Op)n->op, n->n, a);
    case OP_TRUE: return c->yes;
    case OP_FALSE: return c->no;
    case OP_INT:
    case OP_SUM:
    case OP_PROD: return ex_binder(c, (Op)n->op, a[0], a[1], a[2], a[3]);
    default:
        if (op_is_function((Op)n->op))
            return ex_fn(c, (Op)n->op, n->n, a);
        if (op_is_tensor((Op)n->op))
            return ex_tensor(c, (Op)n->op, n->name, n->n, a);
        return ctx_intern(c, &(Shell){.op = (Op)n->op, .sym = n->sym, .n = n->n, .a = a});
    }
}
