/* cpu/compile.c - from a program to the instructions of the CPU backend.
 *
 * What the wanted outputs do not need is left out; a product that is used once, in a sum, is
 * done there; sine and cosine of one value are computed together; slots of dead values are
 * used again. All arrays of a Kernel are its own.
 */
#include "cpu/internal.h"

typedef struct {
    const Program *p;
    Kernel *c;
    uint32_t *uses; /* of each value: how often it is needed; 0: not at all */
    uint32_t *last; /* of each value: the last value that reads it */
    uint32_t *slot;
    uint32_t *pair;         /* of a sine its cosine and the other way round; P_NONE */
    unsigned char *inlined; /* a product that is done by the sum that uses it */
    unsigned char *done;    /* loops already placed */
    uint32_t *free;         /* slots */
    size_t nfree;
    size_t nargs; /* of c->args in use */
    bool failed;
} Build;

static void *take_room(Build *b, size_t n, size_t size)
{
    void *m = mem_alloc((n + 1) * size);
    if (m)
        memset(m, 0, (n + 1) * size);
    else
        b->failed = true;
    return m;
}

/* Backwards: which values are needed and by whom last. */
static void mark_needed(Build *b, const uint32_t *outs, size_t nout)
{
    const Program *p = b->p;
    for (size_t i = 0; i < nout; i++) {
        b->uses[outs[i]] += 2; /* never inlined */
        b->last[outs[i]] = P_NONE;
    }
    for (uint32_t i = (uint32_t)p->n; i-- > 0;) {
        if (!b->uses[i])
            continue;
        uint32_t buf[3];
        const uint32_t *o;
        size_t n = pg_operands(p, i, &o, buf);
        for (size_t k = 0; k < n; k++)
            if (!b->uses[o[k]]++)
                b->last[o[k]] = i;
            else if (b->last[o[k]] < i)
                b->last[o[k]] = i;
    }
}

/* The operand of sum or difference i that is a product used nowhere else; P_NONE. */
static uint32_t fusable_product(const Build *b, uint32_t i)
{
    const ProgramValue *v = &b->p->val[i];
    if ((v->op != P_ADD && v->op != P_SUB) || v->a == v->b)
        return P_NONE;
    for (int k = 0; k < 2; k++) {
        uint32_t o = k ? v->a : v->b;
        const ProgramValue *m = &b->p->val[o];
        bool product = m->op == P_MUL || (m->op == P_TIMES && v->op == P_ADD);
        if (product && !m->known && b->uses[o] == 1)
            return o;
    }
    return P_NONE;
}

static void extend_life(Build *b, uint32_t v, uint32_t until)
{
    if (b->last[v] < until)
        b->last[v] = until;
}

static void mark_fused(Build *b)
{
    for (uint32_t i = 0; i < b->p->n; i++) {
        uint32_t m = b->uses[i] ? fusable_product(b, i) : P_NONE;
        if (m == P_NONE)
            continue;
        b->inlined[m] = 1;
        extend_life(b, b->p->val[m].a, i);
        extend_life(b, b->p->val[m].b, i);
    }
}

static void mark_pairs(Build *b)
{
    const Program *p = b->p;
    uint32_t *seen = b->slot; /* of an argument, its sine or cosine; cleared after */
    for (uint32_t i = 0; i < p->n; i++) {
        const ProgramValue *v = &p->val[i];
        b->pair[i] = P_NONE;
        if (!b->uses[i] || v->known || v->op != P_FN1 ||
            (v->fn != OP_sin && v->fn != OP_cos))
            continue;
        uint32_t other = seen[v->a];
        if (other && p->val[other - 1].fn != v->fn) {
            b->pair[i] = other - 1;
            b->pair[other - 1] = i;
        } else {
            seen[v->a] = i + 1;
        }
    }
    memset(seen, 0, p->n * sizeof *seen);
}

static uint32_t new_slot(Build *b)
{
    return b->nfree ? b->free[--b->nfree] : b->c->nslots++;
}

/* Slots of operands that die at i are free for its result. */
static void release_operand(Build *b, uint32_t o, uint32_t i)
{
    if (b->last[o] == i && b->slot[o] >= b->c->nin + b->c->nconst) {
        b->last[o] = 0; /* once, though it may be an operand twice */
        b->free[b->nfree++] = b->slot[o];
    }
}

static void release_operands(Build *b, uint32_t i)
{
    uint32_t buf[3];
    const uint32_t *o;
    size_t n = pg_operands(b->p, i, &o, buf);
    for (size_t k = 0; k < n; k++) {
        if (!b->inlined[o[k]]) {
            release_operand(b, o[k], i);
            continue;
        }
        release_operand(b, b->p->val[o[k]].a, i);
        release_operand(b, b->p->val[o[k]].b, i);
    }
}

static Ins *emit_instruction(Build *b, IOp op)
{
    Ins *x = &b->c->ins[b->c->n];
    b->c->info[b->c->n++].op = (uint8_t)op;
    memset(x, 0, sizeof *x);
    x->go = cpu_labels()[op];
    return x;
}

static void emit_fused(Build *b, uint32_t i, uint32_t m)
{
    const ProgramValue *v = &b->p->val[i], *w = &b->p->val[m];
    uint32_t other = v->a == m ? v->b : v->a;
    uint32_t x = b->slot[w->a], y = b->slot[w->b], z = b->slot[other];
    IOp op = w->op == P_TIMES ? I_TIMESADD
             : v->op == P_ADD ? I_MULADD
             : v->a == m      ? I_MULSUB
                              : I_NMULADD;
    release_operands(b, i);
    Ins *s = emit_instruction(b, op);
    s->a = x;
    s->b = y;
    s->c = z;
    s->d = b->slot[i] = new_slot(b);
}

static void emit_pair(Build *b, uint32_t i)
{
    if (b->pair[i] < i)
        return; /* computed there */
    uint32_t j = b->pair[i], a = b->slot[b->p->val[i].a];
    if (b->last[b->p->val[i].a] == j)
        b->last[b->p->val[i].a] = i;
    release_operands(b, i);
    Ins *s = emit_instruction(b, I_SINCOS);
    s->a = a;
    b->slot[i] = new_slot(b);
    b->slot[j] = new_slot(b);
    s->d = b->slot[b->p->val[i].fn == OP_sin ? i : j];
    s->c = b->slot[b->p->val[i].fn == OP_sin ? j : i];
}

static void emit_sum(Build *b, uint32_t i)
{
    const ProgramValue *v = &b->p->val[i];
    Ins *s = emit_instruction(b, I_SUM);
    s->a = v->a;
    s->b = v->b;
    for (uint32_t k = 0; k < v->b; k++)
        b->c->args[v->a + k] = b->slot[b->p->args[v->a + k]];
    release_operands(b, i);
    s->d = b->slot[i] = new_slot(b);
}

/* All wanted results of a loop, where the first of them is needed. */
static void emit_loop(Build *b, uint32_t i)
{
    const ProgramValue *v = &b->p->val[i];
    const ProgramLoop *l = &b->p->loop[v->a];
    KernelLoop *cl = &b->c->loop[v->a];
    if (!b->done[v->a]) {
        b->done[v->a] = 1;
        cl->lo = l->lo;
        cl->hi = l->hi;
        cl->nargs = l->nargs;
        cl->nout = l->nout;
        cl->args = take_room(b, l->nargs, sizeof *cl->args);
        cl->to = take_room(b, l->nout, sizeof *cl->to);
        cl->body = kernel_new(l->body, l->out, l->nout);
        if (!cl->args || !cl->to || !cl->body) {
            b->failed = true;
            return;
        }
        for (size_t k = 0; k < l->nargs; k++)
            cl->args[k] = b->slot[l->args[k]];
        memset(cl->to, 0xff, l->nout * sizeof *cl->to);
        for (uint32_t j = i; j < b->p->n; j++)
            if (b->uses[j] && b->p->val[j].op == P_LOOP && b->p->val[j].a == v->a)
                cl->to[b->p->val[j].b] = b->slot[j] = b->c->nslots++;
        emit_instruction(b, I_LOOP)->a = v->a;
        size_t need =
            cl->body->nslots + cl->body->scratch + cl->body->nout * 2 + cl->body->nin;
        b->c->scratch = need > b->c->scratch ? need : b->c->scratch;
    }
    release_operands(b, i);
}

/* Externs keep the slots of their operands behind those of sums. */
static void emit_extern(Build *b, uint32_t i)
{
    Kernel *c = b->c;
    const ProgramExtern *e = &b->p->ext[b->p->val[i].a];
    Ins *s = emit_instruction(b, I_EXTERN);
    s->x = e->x;
    s->a = (uint32_t)b->nargs;
    for (size_t k = 0; k < e->x->nargs; k++)
        c->args[b->nargs++] = b->slot[e->args[k]];
    c->ext[c->nexts++] = e->x;
    e->x->refs++;
    release_operands(b, i);
    s->d = b->slot[i] = new_slot(b);
}

/* The instruction of a value of pointwise.def. */
static IOp instruction_of(const ProgramValue *v)
{
    static const uint8_t map[P_OPS] = {
#define PW(name, ...) [P_##name] = I_##name,
#define CALL PW
#define FUSED(...)
#include "program/pointwise.def"
        [P_SUM] = I_SUM};
    return v->op == P_FN1 && v->fn == OP_sqrt ? I_SQRT : (IOp)map[v->op];
}

void cpu_instruction(const Program *p, uint32_t i, Ins *x)
{
    const ProgramValue *v = &p->val[i];
    *x = (Ins){
        .go = cpu_labels()[instruction_of(v)], .d = i, .a = v->a, .b = v->b, .c = v->c};
    if (pg_is_call(v))
        x->f1 = program_function(v->fn).f1;
}

static void emit_plain(Build *b, uint32_t i)
{
    const ProgramValue *v = &b->p->val[i];
    uint32_t buf[3], s[3] = {0, 0, 0};
    const uint32_t *o;
    size_t n = pg_operands(b->p, i, &o, buf);
    for (size_t k = 0; k < n; k++)
        s[k] = b->slot[o[k]];
    release_operands(b, i);
    Ins *x = emit_instruction(b, instruction_of(v));
    b->c->info[b->c->n - 1].fn = v->fn;
    x->a = s[0];
    x->b = s[1];
    x->c = s[2];
    if (pg_is_call(v))
        x->f1 = program_function(v->fn).f1;
    x->d = b->slot[i] = new_slot(b);
}

static void emit_value(Build *b, uint32_t i)
{
    const ProgramValue *v = &b->p->val[i];
    uint32_t m = fusable_product(b, i);
    if (m != P_NONE)
        emit_fused(b, i, m);
    else if (b->pair[i] != P_NONE)
        emit_pair(b, i);
    else if (v->op == P_SUM)
        emit_sum(b, i);
    else if (v->op == P_LOOP)
        emit_loop(b, i);
    else if (v->op == P_EXTERN)
        emit_extern(b, i);
    else
        emit_plain(b, i);
}

static void place_constants(Build *b)
{
    Kernel *c = b->c;
    for (uint32_t i = 0; i < b->p->n; i++) {
        if (b->p->val[i].op == P_IN)
            b->slot[i] = b->p->val[i].a;
        if (!b->p->val[i].known || !b->uses[i])
            continue;
        c->konst[c->nconst] = b->p->val[i].k;
        b->slot[i] = c->nin + c->nconst++;
    }
    c->nslots = c->nin + c->nconst;
}

static void build_code(Build *b, const uint32_t *outs, size_t nout)
{
    const Program *p = b->p;
    mark_needed(b, outs, nout);
    mark_fused(b);
    mark_pairs(b);
    place_constants(b);
    for (uint32_t i = 0; i < p->n && !b->failed; i++)
        if (i % 4096 == 0 && env_poll(p->env))
            b->failed = true;
        else if (b->uses[i] && !b->inlined[i] && p->val[i].op != P_IN && !p->val[i].known)
            emit_value(b, i);
    emit_instruction(b, I_END);
    b->c->met = b->c->nslots; /* and one for machine code */
    b->c->nslots += 2;
    for (size_t i = 0; i < nout; i++)
        b->c->out[i] = b->slot[outs[i]];
}

static bool build_alloc(Build *b, size_t nout)
{
    const Program *p = b->p;
    Kernel *c = b->c = take_room(b, 1, sizeof *c);
    b->uses = take_room(b, p->n, sizeof *b->uses);
    b->last = take_room(b, p->n, sizeof *b->last);
    b->slot = take_room(b, p->n, sizeof *b->slot);
    b->pair = take_room(b, p->n, sizeof *b->pair);
    b->free = take_room(b, 2 * p->n, sizeof *b->free);
    b->inlined = take_room(b, p->n, 1);
    b->done = take_room(b, p->nloops, 1);
    if (!c)
        return false;
    size_t all = b->nargs = p->nargs;
    for (size_t i = 0; i < p->nexts; i++)
        all += p->ext[i].x->nargs;
    c->env = p->env;
    c->nin = p->nin;
    c->nout = nout;
    c->nloops = p->nloops;
    c->ins = take_room(b, p->n + 1, sizeof *c->ins);
    c->info = take_room(b, p->n + 1, sizeof *c->info);
    c->konst = take_room(b, p->n, sizeof *c->konst);
    c->out = take_room(b, nout, sizeof *c->out);
    c->args = take_room(b, all, sizeof *c->args);
    c->ext = take_room(b, p->nexts, sizeof *c->ext);
    c->loop = take_room(b, p->nloops, sizeof *c->loop);
    return !b->failed;
}

Kernel *kernel_new(const Program *p, const uint32_t *outs, size_t nout)
{
    Build b = {.p = p};
    if (build_alloc(&b, nout))
        build_code(&b, outs, nout);
    mem_free(b.uses);
    mem_free(b.last);
    mem_free(b.slot);
    mem_free(b.pair);
    mem_free(b.free);
    mem_free(b.inlined);
    mem_free(b.done);
    if (!b.failed)
        return b.c;
    env_error(p->env, LBZ_LIMIT, NULL, "out of memory for a program of %zu values", p->n);
    kernel_free(b.c);
    return NULL;
}

void kernel_free(Kernel *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->loop && i < c->nloops; i++) {
        kernel_free(c->loop[i].body);
        mem_free(c->loop[i].args);
        mem_free(c->loop[i].to);
    }
    for (size_t i = 0; c->ext && i < c->nexts; i++)
        program_extern_release(c->ext[i]);
    cpu_native_free(c);
    mem_free(c->ext);
    mem_free(c->loop);
    mem_free(c->ins);
    mem_free(c->info);
    mem_free(c->konst);
    mem_free(c->out);
    mem_free(c->args);
    mem_free(c);
}

size_t kernel_length(const Kernel *c) { return c->n - 1; }

double *kernel_slots(const Kernel *c)
{
    double *s = mem_alloc((c->nslots + c->scratch + 1) * sizeof *s);
    if (s)
        memcpy(s + c->nin, c->konst, c->nconst * sizeof *s);
    return s;
}
