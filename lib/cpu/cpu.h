/* cpu/cpu.h - the CPU backend: instructions, and the ways to run them.
 *
 * A slot is a double in a scalar run and an array of BLOCK doubles in a block run. Slots are: the
 * inputs, the constants, then temporaries, which are used again when their value is dead.
 * Invariant: scalar runs have libm's values on every machine; a block is 256 elements.
 * Owners: a Code owns its arrays and is never changed after it is made (but for code_speed_up); the
 * slots of a run are the caller's. May use: base, table, program.
 * Files: compile.c (a program to instructions), scalar.c (one point), values.c (one point, all
 * values), native.c (one point as machine code), block.c (many points, BLOCK at a time: the
 * backend), vector.c (vector functions). Circle: compile and scalar (labels are instructions).
 */
#ifndef LBZ_CPU_H
#define LBZ_CPU_H

#include "program/backend.h"

enum { BLOCK = 256 };

typedef enum {
    I_SQRT,
    I_SINCOS, /* d = sin a, c = cos a */
    I_SUM,    /* d = sum of args[a .. a+b-1] */
    I_LOOP,   /* loop a */
    I_EXTERN, /* d = x of args[a ...] */
    I_END,
#define PW(name, ...) I_##name, /* d = ... of a, b, c */
#define CALL PW
#define FUSED PW
#include "program/pointwise.def"
    I_COUNT
} IOp;

typedef struct {
    const void *go;      /* where the scalar interpreter continues: the label of op */
    uint32_t d, a, b, c; /* slots */
    union {
        double (*f1)(double); /* I_FN1 */
        double (*f2)(double, double);
        double (*f3)(double, double, double);
        const Extern *x;
    };
} Ins;

typedef struct {
    uint8_t op;  /* IOp */
    uint16_t fn; /* of I_FN1 ...: see pg_fn_code */
} InsInfo;

typedef struct {
    Code *body;
    uint32_t *args; /* slots */
    uint32_t *to;   /* slots of the results; P_NONE for those nobody wants */
    size_t nargs, nout;
    double lo, hi;
} CodeLoop;

struct code {
    Env *env; /* polled in loops; errors of externs */
    Ins *ins;
    InsInfo *info;
    size_t n;
    uint32_t nin, nconst, nslots;
    double *konst;
    uint32_t *out; /* slots */
    size_t nout;
    uint32_t *args; /* slots of I_SUM and I_EXTERN */
    CodeLoop *loop;
    size_t nloops;
    Extern **ext; /* counted */
    size_t nexts;
    uint32_t met;                  /* slot: 1 when a guard was needed, see code_met */
    size_t scratch;                /* doubles behind the slots, for loops */
    void (*native)(double *slots); /* machine code of it all, or NULL */
    void *native_mem;
    size_t native_size;
    Ins *pairs;
};

/* The labels of the scalar interpreter, by IOp. */
const void *const *cpu_labels(void);
/* Interprets from i on, to the I_END. */
void cpu_step(const Ins *i, const Code *c, double *slots);
void cpu_native_free(Code *c);
/* The instruction for value i of p, operands and result in the slots of their numbers. */
void cpu_instruction(const Program *p, uint32_t i, Ins *x);
double cpu_extern(Env *env, const Extern *x, const uint32_t *args, const double *slots);
/* d[i] = f(a[i]) for i < n by vector instructions; false: there is no such version. d may be
 * a. OP_POW is C's pow. */
bool cpu_vec1(Op fn, double *d, const double *a, size_t n);
bool cpu_vec2(Op fn, double *d, const double *a, const double *b, size_t n);

#endif
