/* cpu/native.c - the instructions of a Kernel as machine code (x86-64, SSE2), for programs
 * that are run very often one point at a time. The values are those of the interpreter: the same
 * operations in the same order. Where there is no such machine, or no executable memory is
 * given, the interpreter goes on.
 *
 * What it buys: a `run` of a descent by 8 or 10 variables is 1.4 to 1.6 times faster; by two, where
 * bookkeeping is most of a step, 1.1; loops of functions made of statements 0.9 to 1.3.
 *
 * rbx holds the slots; xmm0 the value of slot `held`. Rare instructions call the interpreter on a
 * copy of themselves that is followed by I_END, and so do guarded products that are NaN.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "cpu/internal.h"
#include <math.h>

#if defined(__x86_64__) && (defined(__linux__) || defined(__FreeBSD__))
#include <sys/mman.h>

enum {
    BYTES = 96 /* of machine code for one instruction, at most */,
    LONGEST_CODE = 1 << 20
};

typedef struct {
    unsigned char *at;
    const Kernel *c;
    Ins *pair; /* the next free one */
    uint32_t held;
} Asm;

static void put_byte(Asm *a, unsigned b) { *a->at++ = (unsigned char)b; }

static void put_bytes(Asm *a, const void *p, size_t n)
{
    memcpy(a->at, p, n);
    a->at += n;
}

static void put_imm64(Asm *a, uint64_t v) { put_bytes(a, &v, sizeof v); }

/* F2 0F op: xmm, [rbx + 8*slot] */
static void put_sse(Asm *a, unsigned op, unsigned xmm, uint32_t slot)
{
    uint32_t offset = slot * 8;
    put_byte(a, 0xF2), put_byte(a, 0x0F), put_byte(a, op), put_byte(a, 0x83 | xmm << 3);
    put_bytes(a, &offset, sizeof offset);
}

enum {
    LOAD = 0x10,
    STORE = 0x11,
    SQRT = 0x51,
    ADD = 0x58,
    MUL = 0x59,
    SUB = 0x5C,
    DIV = 0x5E
};

static void put_load0(Asm *a, uint32_t slot)
{
    if (a->held != slot)
        put_sse(a, LOAD, 0, slot);
}

static void put_store0(Asm *a, uint32_t slot)
{
    put_sse(a, STORE, 0, slot);
    a->held = slot;
}

static void put_binary(Asm *a, const Ins *x, unsigned op)
{
    bool swap = (op == ADD || op == MUL) && a->held == x->b;
    put_load0(a, swap ? x->b : x->a);
    put_sse(a, op, 0, swap ? x->a : x->b);
    put_store0(a, x->d);
}

/* a*b op c */
static void put_fused(Asm *a, const Ins *x, unsigned op)
{
    bool swap = a->held == x->b;
    put_load0(a, swap ? x->b : x->a);
    put_sse(a, MUL, 0, swap ? x->a : x->b);
    put_sse(a, op, 0, x->c);
    put_store0(a, x->d);
}

/* c - a*b */
static void put_negative_fused(Asm *a, const Ins *x)
{
    put_sse(a, LOAD, 1, x->a);
    put_sse(a, MUL, 1, x->b);
    put_load0(a, x->c);
    put_byte(a, 0xF2), put_byte(a, 0x0F), put_byte(a, SUB),
        put_byte(a, 0xC1); /* xmm0 -= xmm1 */
    put_store0(a, x->d);
}

/* The sign bit of the 64-bit word is turned over in rax. */
static void put_negate(Asm *a, const Ins *x)
{
    uint32_t from = x->a * 8, to = x->d * 8;
    put_bytes(a, "\x48\x8B\x83", 3), put_bytes(a, &from, 4);
    put_bytes(a, "\x48\x0F\xBA\xF8\x3F", 5);
    put_bytes(a, "\x48\x89\x83", 3), put_bytes(a, &to, 4);
    a->held = P_NONE;
}

static void put_call(Asm *a, uint64_t target)
{
    put_bytes(a, "\x48\xB8", 2), put_imm64(a, target); /* mov rax, target */
    put_bytes(a, "\xFF\xD0", 2);                       /* call rax */
}

static void put_call_function(Asm *a, const Ins *x, unsigned args)
{
    put_load0(a, x->a);
    if (args > 1)
        put_sse(a, LOAD, 1, x->b);
    if (args > 2)
        put_sse(a, LOAD, 2, x->c);
    put_call(a, (uint64_t)(uintptr_t)x->f1);
    put_store0(a, x->d);
}

static void put_call_pow(Asm *a, const Ins *x)
{
    Ins y = *x;
    y.f2 = pow;
    put_call_function(a, &y, 2);
}

/* sincos(slot a, &slot d, &slot c) */
static void put_call_sincos(Asm *a, const Ins *x)
{
    uint32_t s = x->d * 8, c = x->c * 8;
    put_load0(a, x->a);
    put_bytes(a, "\x48\x8D\xBB", 3), put_bytes(a, &s, 4); /* lea rdi, [rbx + s] */
    put_bytes(a, "\x48\x8D\xB3", 3), put_bytes(a, &c, 4); /* lea rsi, [rbx + c] */
    put_call(a, (uint64_t)(uintptr_t)(void (*)(double, double *, double *))sincos);
    a->held = P_NONE;
}

/* cpu_step(pair, code, slots), where the pair is x and I_END. */
static void put_call_interpreter(Asm *a, const Ins *x)
{
    a->pair[0] = *x;
    a->pair[1] = (Ins){.go = cpu_labels()[I_END]};
    put_bytes(a, "\x48\xBF", 2), put_imm64(a, (uint64_t)(uintptr_t)a->pair); /* mov rdi */
    put_bytes(a, "\x48\xBE", 2), put_imm64(a, (uint64_t)(uintptr_t)a->c);    /* mov rsi */
    put_bytes(a, "\x48\x89\xDA", 3); /* mov rdx, rbx */
    put_call(a, (uint64_t)(uintptr_t)cpu_step);
    a->pair += 2;
    a->held = P_NONE;
}

/* a*b or a/b into xmm0; where that is NaN, the interpreter looks whether 0 guards it. */
static void put_guarded(Asm *a, const Ins *x, IOp op)
{
    Ins y = *x;
    y.go = cpu_labels()[op];
    y.d = a->c->met + 1;
    put_load0(a, x->a);
    put_sse(a, op == I_TIMES ? MUL : DIV, 0, x->b);
    put_bytes(a, "\x66\x0F\x2E\xC0\x7B\x00", 6); /* ucomisd xmm0, xmm0; jnp end */
    unsigned char *from = a->at;
    put_call_interpreter(a, &y);
    put_sse(a, LOAD, 0, y.d);
    from[-1] = (unsigned char)(a->at - from);
}

/* Instructions that are left to the interpreter; guarded ones where their result is NaN. */
static bool is_rare(IOp op)
{
    switch (op) {
    case I_ADD:
    case I_SUB:
    case I_MUL:
    case I_DIV:
    case I_NEG:
    case I_HOLD:
    case I_SQRT:
    case I_MULADD:
    case I_MULSUB:
    case I_NMULADD:
    case I_FN1:
    case I_FN2:
    case I_FN3:
    case I_POW:
    case I_SINCOS: return false;
    default: return true;
    }
}

static void put_instruction(Asm *a, const Ins *x, IOp op)
{
    switch (op) {
    case I_ADD: put_binary(a, x, ADD); break;
    case I_SUB: put_binary(a, x, SUB); break;
    case I_MUL: put_binary(a, x, MUL); break;
    case I_DIV: put_binary(a, x, DIV); break;
    case I_NEG: put_negate(a, x); break;
    case I_HOLD: put_load0(a, x->a), put_store0(a, x->d); break;
    case I_SQRT: put_sse(a, SQRT, 0, x->a), put_store0(a, x->d); break;
    case I_MULADD: put_fused(a, x, ADD); break;
    case I_MULSUB: put_fused(a, x, SUB); break;
    case I_NMULADD: put_negative_fused(a, x); break;
    case I_FN1: put_call_function(a, x, 1); break;
    case I_FN2: put_call_function(a, x, 2); break;
    case I_FN3: put_call_function(a, x, 3); break;
    case I_POW: put_call_pow(a, x); break;
    case I_SINCOS: put_call_sincos(a, x); break;
    case I_TIMES:
    case I_OVER: put_guarded(a, x, op), put_store0(a, x->d); break;
    case I_TIMESADD:
        put_guarded(a, x, I_TIMES);
        put_sse(a, ADD, 0, x->c);
        put_store0(a, x->d);
        break;
    default: put_call_interpreter(a, x); break;
    }
}

bool kernel_speed_up(Kernel *c)
{
    size_t rare = 0, size = c->n * BYTES + 64;
    if (c->native)
        return true;
    if (c->n > LONGEST_CODE || c->nslots >= 1u << 28)
        return false;
    for (size_t i = 0; i < c->n; i++)
        rare += is_rare((IOp)c->info[i].op);
    Ins *pairs = mem_alloc((2 * rare + 1) * sizeof *pairs);
    void *m =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!pairs || m == MAP_FAILED) {
        mem_free(pairs);
        if (m != MAP_FAILED)
            munmap(m, size);
        return false;
    }
    Asm a = {m, c, pairs, P_NONE};
    put_bytes(&a, "\xF3\x0F\x1E\xFA\x53\x48\x89\xFB",
              8); /* endbr64; push rbx; mov rbx, rdi */
    for (size_t i = 0; c->info[i].op != I_END; i++)
        put_instruction(&a, &c->ins[i], (IOp)c->info[i].op);
    put_bytes(&a, "\x5B\xC3", 2); /* pop rbx; ret */
    c->pairs = pairs;
    c->native_mem = m;
    c->native_size = size;
    if (mprotect(m, size, PROT_READ | PROT_EXEC) == 0)
        memcpy(&c->native, &m, sizeof m); /* an object pointer as one to a function */
    return c->native != NULL;
}

void cpu_native_free(Kernel *c)
{
    if (c->native_mem)
        munmap(c->native_mem, c->native_size);
    mem_free(c->pairs);
}
#else
bool kernel_speed_up(Kernel *c)
{
    (void)c;
    return false;
}
void cpu_native_free(Kernel *c) { (void)c; }
#endif
