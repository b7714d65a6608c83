/* program/program.c - making the values of a program; equal computations are one value.
 *
 * Invariant: operands have smaller indices than what is computed from them, so that every
 * pass over a program is a loop. When memory is out the error is in p->env and every maker
 * returns 0, which is a valid operand: what was made then is thrown away by the caller.
 */
#include "program/program.h"
#include <math.h>

/* Room for one more of `size` bytes in *a; false when memory is out. */
static bool grow_array(Program *p, void **a, size_t size, size_t n, size_t *cap)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? 2 * *cap : 64;
    void *q = mem_realloc(*a, want * size);
    if (!q) {
        env_error(p->env, LBZ_LIMIT, "use fewer or smaller expressions",
                  "out of memory for a program of %zu values", n);
        return false;
    }
    *a = q;
    *cap = want;
    return true;
}

static uint64_t val_hash(const ProgramValue *v)
{
    uint64_t bits;
    memcpy(&bits, &v->k, sizeof bits);
    uint64_t h = hash_mix(v->op, v->fn);
    h = hash_mix(h, (uint64_t)v->a << 32 | v->b);
    h = hash_mix(h, v->c);
    return hash_mix(h, bits);
}

static bool val_same(const ProgramValue *x, const ProgramValue *y)
{
    return x->op == y->op && x->fn == y->fn && x->a == y->a && x->b == y->b &&
           x->c == y->c && memcmp(&x->k, &y->k, sizeof x->k) == 0;
}

static bool table_grow(Program *p)
{
    if (2 * (p->n + 1) <= p->table_cap)
        return true;
    size_t cap = p->table_cap ? 2 * p->table_cap : 128;
    uint32_t *t = mem_alloc(cap * sizeof *t);
    if (!t) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memset(t, 0, cap * sizeof *t);
    for (size_t i = 0; i < p->n; i++) {
        size_t h = val_hash(&p->val[i]) & (cap - 1);
        while (t[h])
            h = (h + 1) & (cap - 1);
        t[h] = (uint32_t)i + 1;
    }
    mem_free(p->table);
    p->table = t;
    p->table_cap = cap;
    return true;
}

/* The value v, an old one if it was computed before. */
static uint32_t number_value_of(Program *p, ProgramValue v)
{
    if (!table_grow(p))
        return 0;
    size_t h = val_hash(&v) & (p->table_cap - 1);
    for (; p->table[h]; h = (h + 1) & (p->table_cap - 1))
        if (val_same(&p->val[p->table[h] - 1], &v))
            return p->table[h] - 1;
    size_t cap = p->cap, cap2 = p->cap;
    if (p->n >= P_NONE - 1 ||
        !grow_array(p, (void **)&p->val, sizeof *p->val, p->n, &cap) ||
        !grow_array(p, (void **)&p->origin, sizeof *p->origin, p->n, &cap2))
        return 0;
    p->cap = cap;
    p->val[p->n] = v;
    p->origin[p->n] = p->at;
    p->table[h] = (uint32_t)p->n + 1;
    return (uint32_t)p->n++;
}

static bool all_const(const Program *p, const uint32_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p->val[v[i]].op != P_CONST)
            return false;
    return true;
}

/* put, unless the operands are constants and the result is a finite number. */
static uint32_t fold_constants(Program *p, ProgramValue v, size_t n)
{
    uint32_t o[3] = {v.a, v.b, v.c};
    if (!all_const(p, o, n))
        return number_value_of(p, v);
    double k[3];
    for (size_t i = 0; i < n; i++)
        k[i] = p->val[o[i]].k;
    double r = program_apply(&v, k[0], n > 1 ? k[1] : 0, n > 2 ? k[2] : 0);
    return isfinite(r) ? pg_const(p, r) : number_value_of(p, v);
}

Program *program_new(Env *env, uint32_t nin)
{
    Program *p = mem_alloc(sizeof *p);
    if (!p) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    memset(p, 0, sizeof *p);
    p->env = env;
    for (uint32_t i = 0; i < nin; i++)
        number_value_of(p, (ProgramValue){.op = P_IN, .a = i});
    p->nin = nin;
    if (!p->val && nin > 0) {
        program_free(p);
        return NULL;
    }
    return p;
}

void program_free(Program *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->nloops; i++) {
        program_free(p->loop[i].body);
        mem_free(p->loop[i].out);
        mem_free(p->loop[i].args);
    }
    for (size_t i = 0; i < p->nquads; i++)
        program_quad_free(&p->quad[i]);
    mem_free(p->quad);
    mem_free(p->loop);
    mem_free(p->val);
    mem_free(p->origin);
    mem_free(p->args);
    mem_free(p->table);
    mem_free(p);
}

uint32_t pg_const(Program *p, double k)
{
    return number_value_of(p, (ProgramValue){.op = P_CONST, .k = k});
}

uint32_t pg_neg(Program *p, uint32_t a)
{
    const ProgramValue v = p->val[a];
    if (v.op == P_CONST)
        return pg_const(p, -v.k);
    if (v.op == P_NEG)
        return v.a;
    if (v.op == P_SUB)
        return pg_sub(p, v.b, v.a);
    if (v.op == P_MUL && p->val[v.a].op == P_CONST)
        return pg_mul(p, pg_const(p, -p->val[v.a].k), v.b);
    return number_value_of(p, (ProgramValue){.op = P_NEG, .a = a});
}

uint32_t pg_add(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, a, 0))
        return b;
    if (pg_is_const(p, b, 0))
        return a;
    if (p->val[b].op == P_NEG)
        return pg_sub(p, a, p->val[b].a);
    if (p->val[a].op == P_NEG)
        return pg_sub(p, b, p->val[a].a);
    return fold_constants(
        p, (ProgramValue){.op = P_ADD, .a = a < b ? a : b, .b = a < b ? b : a}, 2);
}

uint32_t pg_sub(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, b, 0))
        return a;
    if (pg_is_const(p, a, 0))
        return pg_neg(p, b);
    if (p->val[b].op == P_NEG)
        return pg_add(p, a, p->val[b].a);
    return fold_constants(p, (ProgramValue){.op = P_SUB, .a = a, .b = b}, 2);
}

/* Constants are kept on the left: so equal products are found equal. */
uint32_t pg_mul(Program *p, uint32_t a, uint32_t b)
{
    if (p->val[b].op == P_CONST || (p->val[a].op != P_CONST && b < a)) {
        uint32_t t = a;
        a = b;
        b = t;
    }
    if (pg_is_const(p, a, 1))
        return b;
    if (pg_is_const(p, a, -1))
        return pg_neg(p, b);
    if (pg_is_const(p, a, 0))
        return a;
    if (p->val[a].op == P_NEG && p->val[b].op == P_NEG)
        return pg_mul(p, p->val[a].a, p->val[b].a);
    if (p->val[b].op == P_DIV && pg_is_const(p, p->val[b].a, 1))
        return pg_div(p, a, p->val[b].b);
    if (p->val[a].op == P_DIV && pg_is_const(p, p->val[a].a, 1))
        return pg_div(p, b, p->val[a].b);
    return fold_constants(p, (ProgramValue){.op = P_MUL, .a = a, .b = b}, 2);
}

uint32_t pg_div(Program *p, uint32_t a, uint32_t b)
{
    if (pg_is_const(p, b, 1))
        return a;
    if (pg_is_const(p, b, -1))
        return pg_neg(p, a);
    return fold_constants(p, (ProgramValue){.op = P_DIV, .a = a, .b = b}, 2);
}

/* n operands copied to args; the offset. */
static uint32_t put_args(Program *p, size_t n, const uint32_t *v)
{
    size_t at = p->nargs;
    for (size_t i = 0; i < n; i++) {
        if (!grow_array(p, (void **)&p->args, sizeof *p->args, p->nargs, &p->args_cap))
            return 0;
        p->args[p->nargs++] = v[i];
    }
    return (uint32_t)at;
}

uint32_t pg_sum(Program *p, size_t n, const uint32_t *v)
{
    if (n <= 8) {
        uint32_t s = n ? v[0] : pg_const(p, 0);
        for (size_t i = 1; i < n; i++)
            s = pg_add(p, s, v[i]);
        return s;
    }
    return number_value_of(
        p, (ProgramValue){.op = P_SUM, .a = put_args(p, n, v), .b = (uint32_t)n});
}

uint32_t pg_powi(Program *p, uint32_t a, int64_t n)
{
    if (n == 0)
        return pg_const(p, 1);
    if (n == 1)
        return a;
    if (n < 0 && n >= -4)
        return pg_div(p, pg_const(p, 1), pg_powi(p, a, -n));
    if (n == 2)
        return pg_mul(p, a, a);
    if (n == 3)
        return pg_mul(p, pg_mul(p, a, a), a);
    if (n == 4)
        return pg_powi(p, pg_mul(p, a, a), 2);
    uint32_t k = pg_const(p, (double)n);
    return fold_constants(p, (ProgramValue){.op = P_POW, .a = a, .b = k}, 2);
}

uint32_t pg_pow(Program *p, uint32_t a, uint32_t b)
{
    const ProgramValue e = p->val[b];
    if (e.op == P_CONST && e.k == floor(e.k) && fabs(e.k) <= 4)
        return pg_powi(p, a, (int64_t)e.k);
    if (e.op == P_CONST && e.k == 0.5)
        return pg_fn1(p, OP_sqrt, a);
    if (pg_is_const(p, a, 2))
        return pg_fn1(p, OP_exp2, b);
    if (pg_is_const(p, a, 10))
        return pg_fn1(p, OP_exp10, b);
    return fold_constants(p, (ProgramValue){.op = P_POW, .a = a, .b = b}, 2);
}

uint32_t pg_root(Program *p, uint32_t a, int64_t num, int64_t den)
{
    if (den == 1)
        return pg_powi(p, a, num);
    if (num < 0)
        return pg_div(p, pg_const(p, 1), pg_root(p, a, -num, den));
    if (den == 2 && num <= 8) {
        uint32_t r = pg_fn1(p, OP_sqrt, a);
        return num == 1 ? r : pg_mul(p, pg_powi(p, a, num / 2), r);
    }
    if (den == 3 && num <= 4)
        return pg_powi(p, pg_fn1(p, OP_cbrt, a), num);
    if (den % 2 == 0)
        return pg_pow(p, a, pg_const(p, (double)num / (double)den));
    return pg_signed_power(p, a, (double)num / (double)den, num & 1);
}

uint32_t pg_signed_power(Program *p, uint32_t a, double k, bool odd)
{
    return fold_constants(p, (ProgramValue){.op = P_ROOT, .a = a, .b = odd, .k = k}, 1);
}

uint32_t pg_hold(Program *p, uint32_t a)
{
    return p->val[a].op == P_CONST
               ? a
               : number_value_of(p, (ProgramValue){.op = P_HOLD, .a = a});
}

uint32_t pg_fn(Program *p, Op fn, size_t n, const uint32_t *v)
{
    ProgramValue r = {.op = (uint16_t)(P_FN1 + n - 1), .fn = (uint16_t)fn, .a = v[0]};
    if (n > 1)
        r.b = v[1];
    if (n > 2)
        r.c = v[2];
    return fold_constants(p, r, n);
}

uint32_t pg_part(Program *p, POp op, Op fn, const uint32_t *v)
{
    bool one = op == P_PART1;
    return fold_constants(p,
                          (ProgramValue){.op = (uint16_t)op,
                                         .fn = (uint16_t)fn,
                                         .a = v[0],
                                         .b = v[1],
                                         .c = one ? 0 : v[2]},
                          one ? 2 : 3);
}

uint32_t pg_fn1(Program *p, Op fn, uint32_t a) { return pg_fn(p, fn, 1, &a); }

uint32_t pg_logic(Program *p, POp op, uint32_t a, uint32_t b)
{
    return fold_constants(
        p, (ProgramValue){.op = (uint16_t)op, .a = a, .b = op == P_NOT ? 0 : b},
        op == P_NOT ? 1 : 2);
}

uint32_t pg_select(Program *p, uint32_t cond, uint32_t a, uint32_t b)
{
    if (a == b)
        return a;
    if (p->val[cond].op == P_CONST)
        return p->val[cond].k != 0 ? a : b;
    return number_value_of(p, (ProgramValue){.op = P_SELECT, .a = cond, .b = a, .c = b});
}

uint32_t pg_loop_out(Program *p, uint32_t loop, uint32_t out)
{
    ProgramLoop *l = &p->loop[loop];
    size_t i = 0;
    while (i < l->nout && l->out[i] != out)
        i++;
    if (i == l->nout) {
        if (!grow_array(p, (void **)&l->out, sizeof *l->out, l->nout, &l->nout_cap))
            return 0;
        l->out[l->nout++] = out;
    }
    return number_value_of(p, (ProgramValue){.op = P_LOOP, .a = loop, .b = (uint32_t)i});
}

uint32_t pg_loop(Program *p, Program *body, uint32_t out, const uint32_t *args, double lo,
                 double hi)
{
    uint32_t *copy = mem_alloc((body->nin + 1) * sizeof *copy);
    if (!copy ||
        !grow_array(p, (void **)&p->loop, sizeof *p->loop, p->nloops, &p->loops_cap)) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        mem_free(copy);
        program_free(body);
        return 0;
    }
    memcpy(copy, args, (body->nin - 1) * sizeof *copy);
    p->loop[p->nloops] = (ProgramLoop){
        .body = body, .args = copy, .nargs = body->nin - 1, .lo = lo, .hi = hi};
    return pg_loop_out(p, (uint32_t)p->nloops++, out);
}

bool pg_add_quad(Program *p, ProgramQuad q)
{
    if (!grow_array(p, (void **)&p->quad, sizeof *p->quad, p->nquads, &p->quads_cap))
        return false;
    p->quad[p->nquads++] = q;
    return true;
}

uint32_t pg_quad_value(Program *p, uint32_t quad)
{
    return number_value_of(p, (ProgramValue){.op = P_QUAD, .a = quad});
}

size_t pg_operands(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3])
{
    const ProgramValue *x = &p->val[v];
    buf[0] = x->a;
    buf[1] = x->b;
    buf[2] = x->c;
    *list = buf;
    switch ((POp)x->op) {
    case P_IN:
    case P_CONST:
    case P_OPS: return 0;
    case P_NEG:
    case P_NOT:
    case P_FN1:
    case P_ROOT:
    case P_HOLD: return 1;
    case P_FN3:
    case P_SELECT:
    case P_PART2X:
    case P_PART2Y: return 3;
    case P_SUM: *list = p->args + x->a; return x->b;
    case P_LOOP: *list = p->loop[x->a].args; return p->loop[x->a].nargs;
    case P_QUAD: *list = p->quad[x->a].args; return p->quad[x->a].n + 2;
    default: return 2;
    }
}

static uint32_t carry_sum(Program *p, const uint32_t *o, size_t n, const uint32_t *map)
{
    uint32_t *v = mem_alloc((n + 1) * sizeof *v), r = 0;
    if (v) {
        for (size_t i = 0; i < n; i++)
            v[i] = map[o[i]];
        r = pg_sum(p, n, v);
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(v);
    return r;
}

static uint32_t carry_quad(Program *p, const ProgramQuad *q, const uint32_t *map)
{
    uint32_t *args = mem_alloc((q->n + 2) * sizeof *args), r = 0;
    if (args) {
        for (size_t i = 0; i < q->n + 2; i++)
            args[i] = map[q->args[i]];
        r = pg_quad(p, q->c, q->body, q->var, args, q->sym + 2, q->n);
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(args);
    return r;
}

/* One value of q, no loop, with its operands led over by map. */
static uint32_t carry_over(Program *p, const Program *q, uint32_t v, const uint32_t *map)
{
    ProgramValue x = q->val[v];
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(q, v, &o, buf);
    if (x.op == P_SUM)
        return carry_sum(p, o, n, map);
    if (x.op == P_QUAD)
        return carry_quad(p, &q->quad[x.a], map);
    x.a = n > 0 ? map[o[0]] : x.a;
    x.b = n > 1 ? map[o[1]] : x.b;
    x.c = n > 2 ? map[o[2]] : x.c;
    switch ((POp)x.op) {
    case P_ADD: return pg_add(p, x.a, x.b);
    case P_SUB: return pg_sub(p, x.a, x.b);
    case P_MUL: return pg_mul(p, x.a, x.b);
    case P_DIV: return pg_div(p, x.a, x.b);
    case P_NEG: return pg_neg(p, x.a);
    case P_HOLD: return pg_hold(p, x.a);
    case P_SELECT: return pg_select(p, x.a, x.b, x.c);
    case P_CONST: return number_value_of(p, x);
    default: return fold_constants(p, x, n);
    }
}

uint32_t pg_inline(Program *p, const Program *q, uint32_t v, const uint32_t *in)
{
    uint32_t *map = mem_alloc((q->n + 1) * sizeof *map), r = 0;
    if (map) {
        const Node *at = p->at;
        for (uint32_t i = 0; i <= v; i++) {
            p->at = q->origin[i] ? q->origin[i] : at;
            map[i] = q->val[i].op == P_IN ? in[q->val[i].a] : carry_over(p, q, i, map);
        }
        p->at = at;
        r = map[v];
    } else {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
    }
    mem_free(map);
    return r;
}
