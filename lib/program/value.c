/* program/value.c - making the values of a program; equal computations are one value.
 *
 * Invariant: operands have smaller indices than what is computed from them, so that every
 * pass over a program is a loop. When memory is out the error is in p->env and every maker
 * returns 0, which is a valid operand: what was made then is thrown away by the caller.
 */
#include "program/linear.h"
#include "program/pointwise.h"
#include "program/program.h"
#include "table/float64.h"

ProgramFunction program_function(uint16_t fn)
{
    const Float64Fn *f = float64_fn((Op)(fn % FN_PARTS));
    unsigned part = fn / FN_PARTS;
    ProgramFunction r = {.f1 = f->v1};
    if (part == 0 && f->arity == 2)
        r.f2 = f->v2;
    else if (part == 0 && f->arity == 3)
        r.f3 = f->v3;
    else if (part && f->arity == 1)
        r.f2 = f->d1[part - 1];
    else if (part)
        r.f3 = f->d2[part - 1];
    return r;
}

double program_apply(const ProgramValue *v, double x, double y, double z)
{
    ProgramFunction f = {NULL};
    if (pg_is_call(v))
        f = program_function(v->fn);
#define f1 f.f1
#define f2 f.f2
#define f3 f.f3
    switch ((POp)v->op) {
#define PW(name, n, expr) \
    case P_##name:        \
        return expr;
#define CALL PW
#define FUSED(...)
#include "program/pointwise.def"
    default: return NAN;
    }
#undef f1
#undef f2
#undef f3
}

/* ---- numbering -------------------------------------------------------------------- */

/* Room for one more of `size` bytes in *a; false when memory is out. */
bool program_grow(Program *p, void **a, size_t size, size_t n, size_t *cap)
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

/* What is known is told apart by its float64 alone. */
static uint64_t val_hash(const ProgramValue *v)
{
    uint64_t bits;
    memcpy(&bits, &v->k, sizeof bits);
    if (v->known)
        return hash_mix(v->known, bits);
    uint64_t h = hash_mix(v->op, (uint64_t)v->fn << 32 | v->shape);
    h = hash_mix(h, (uint64_t)v->a << 32 | v->b);
    return hash_mix(h, v->c);
}

static bool same_operation(const ProgramValue *x, const ProgramValue *y)
{
    return x->op == y->op && x->fn == y->fn && x->shape == y->shape && x->a == y->a &&
           x->b == y->b && x->c == y->c;
}

static bool val_same(const ProgramValue *x, const ProgramValue *y)
{
    if (x->known != y->known)
        return false;
    return x->known ? memcmp(&x->k, &y->k, sizeof x->k) == 0 : same_operation(x, y);
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

/* Two numbers with the same float64 came together: what it stands for is lost. */
static void merge_known(ProgramValue *old, const ProgramValue *v)
{
    if (!same_operation(old, v))
        *old = (ProgramValue){.op = P_CONST, .known = true, .a = P_NONE, .k = old->k};
}

/* The value v, an old one if it was computed before. */
uint32_t program_number(Program *p, ProgramValue v)
{
    if (!table_grow(p))
        return 0;
    size_t h = val_hash(&v) & (p->table_cap - 1);
    for (; p->table[h]; h = (h + 1) & (p->table_cap - 1)) {
        uint32_t i = p->table[h] - 1;
        if (!val_same(&p->val[i], &v))
            continue;
        if (v.known)
            merge_known(&p->val[i], &v);
        return i;
    }
    size_t cap = p->cap, cap2 = p->cap;
    if (p->n >= P_NONE - 1 ||
        !program_grow(p, (void **)&p->val, sizeof *p->val, p->n, &cap) ||
        !program_grow(p, (void **)&p->origin, sizeof *p->origin, p->n, &cap2))
        return 0;
    p->cap = cap;
    p->val[p->n] = v;
    p->origin[p->n] = p->at;
    p->table[h] = (uint32_t)p->n + 1;
    return (uint32_t)p->n++;
}

/* ---- what is known ---------------------------------------------------------------- */

static bool is_plain_const(const Program *p, uint32_t v)
{
    return p->val[v].op == P_CONST && p->val[v].a == 0;
}

/* Is r the exact result, x and y being exact? False where that is not seen. */
static bool is_exact(POp op, double x, double y, double r)
{
    double s = op == P_SUB ? -y : y, part = r - x;
    switch (op) {
    case P_NEG:
    case P_HOLD: return true;
    case P_ADD:
    case P_SUB: return (x - (r - part)) + (s - part) == 0;
    case P_MUL: return fabs(r) > 1e-280 && fma(x, y, -r) == 0;
    case P_DIV: return fabs(r) > 1e-280 && fabs(x) > 1e-280 && fma(r, y, -x) == 0;
    default: return op >= P_LT && op <= P_NOT;
    }
}

/* Of operands that are not all numbers, each as small as it is. */
static uint32_t make_array(Program *p, POp op, uint16_t fn, size_t n, const uint32_t *v)
{
    ProgramValue x = {.op = (uint8_t)op, .fn = fn};
    uint32_t o[3] = {0, 0, 0}, whole = 0;
    for (size_t i = 0; i < n; i++) {
        whole = pg_join(p, whole, p->val[v[i]].shape);
        o[i] = pg_strip(p, v[i]);
        x.shape = pg_join(p, x.shape, p->val[o[i]].shape);
    }
    if (env_failed(p->env))
        return 0;
    if (!x.shape)
        return pg_fit(p, pg_make(p, op, fn, n, o), whole);
    x.a = o[0];
    x.b = o[1];
    x.c = o[2];
    return pg_fit(p, program_number(p, x), whole);
}

uint32_t pg_make(Program *p, POp op, uint16_t fn, size_t n, const uint32_t *v)
{
    ProgramValue x = {.op = (uint8_t)op, .fn = fn, .a = v[0]};
    double k[3] = {0, 0, 0};
    bool known = true, plain = true;
    uint32_t shapes = 0;
    x.b = n > 1 ? v[1] : 0;
    x.c = n > 2 ? v[2] : 0;
    for (size_t i = 0; i < n; i++) {
        shapes |= p->val[v[i]].shape;
        known = known && p->val[v[i]].known;
        plain = plain && is_plain_const(p, v[i]);
        k[i] = p->val[v[i]].k;
    }
    if (shapes)
        return make_array(p, op, fn, n, v);
    double r = known ? program_apply(&x, k[0], k[1], k[2]) : NAN;
    if (!isfinite(r))
        return program_number(p, x);
    if (plain && is_exact(op, k[0], k[1], r))
        return pg_const(p, r);
    x.known = true;
    x.k = r;
    return program_number(p, x);
}

uint32_t pg_const(Program *p, double k)
{
    return program_number(p, (ProgramValue){.op = P_CONST, .known = true, .k = k});
}

uint32_t pg_rounded(Program *p, double k, Node *n)
{
    const Node *at = p->at;
    p->at = n;
    uint32_t v = program_number(
        p, (ProgramValue){.op = P_CONST, .known = true, .a = n->id + 1, .k = k});
    p->at = at;
    return v;
}

size_t pg_parts(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3])
{
    static const uint8_t count[P_OPS] = {
#define PW(name, n, ...) [P_##name] = n,
#define CALL PW
#define FUSED(...)
#include "program/pointwise.def"
    };
    const ProgramValue *x = &p->val[v];
    buf[0] = x->a;
    buf[1] = x->b;
    buf[2] = x->c;
    *list = buf;
    switch ((POp)x->op) {
    case P_SUM:
    case P_CONCAT: *list = p->args + x->a; return x->b;
    case P_VIEW:
    case P_REDUCE: return 1;
    case P_MATMUL:
    case P_GATHER:
    case P_SCATTER:
    case P_PUT: return 2;
    case P_LINEAR: return pg_linear_operands(x->fn);
    case P_LOOP: *list = p->loop[x->a].args; return p->loop[x->a].nargs;
    case P_EXTERN: *list = p->ext[x->a].args; return p->ext[x->a].x->nargs;
    default: return count[x->op];
    }
}

size_t pg_operands(const Program *p, uint32_t v, const uint32_t **list, uint32_t buf[3])
{
    size_t n = pg_parts(p, v, list, buf);
    return p->val[v].known ? 0 : n;
}

/* ---- life ------------------------------------------------------------------------- */

Program *program_new_shaped(Env *env, uint32_t nin, const Dims *shape)
{
    Program *p = mem_alloc(sizeof *p);
    if (!p) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    memset(p, 0, sizeof *p);
    p->env = env;
    pg_shape(p, &(Dims){0});
    for (uint32_t i = 0; i < nin; i++)
        program_number(p, (ProgramValue){.op = P_IN,
                                         .shape = shape ? pg_shape(p, &shape[i]) : 0,
                                         .a = i});
    p->nin = nin;
    if (p->nshapes && (p->val || nin == 0))
        return p;
    program_free(p);
    return NULL;
}

Program *program_new(Env *env, uint32_t nin)
{
    return program_new_shaped(env, nin, NULL);
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
    for (size_t i = 0; i < p->nexts; i++) {
        program_extern_release(p->ext[i].x);
        mem_free(p->ext[i].args);
    }
    mem_free(p->ext);
    for (size_t i = 0; i < p->ndata; i++)
        tensor_release(&p->data[i]);
    mem_free(p->data);
    mem_free(p->shape);
    mem_free(p->view);
    mem_free(p->view_table);
    mem_free(p->loop);
    mem_free(p->val);
    mem_free(p->origin);
    mem_free(p->args);
    mem_free(p->table);
    mem_free(p);
}
