/* cpu/internal.h - instructions, and what the files of the CPU share; nobody else includes it.
 *
 * A slot is a double in a run of one point and an array of BLOCK doubles in a run of a block. Slots
 * are: the inputs, the constants, then temporaries, which are used again when their value is dead;
 * slots of outputs are not.
 */
#ifndef LBZ_CPU_INTERNAL_H
#define LBZ_CPU_INTERNAL_H

#include "cpu/cpu.h"

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
    const void *go;      /* where the interpreter of points continues: the label of op */
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
    Kernel *body;
    uint32_t *args; /* slots */
    uint32_t *to;   /* slots of the results; P_NONE for those nobody wants */
    size_t nargs, nout;
    double lo, hi;
} KernelLoop;

struct kernel {
    Env *env; /* polled in loops; errors of externs */
    Ins *ins;
    InsInfo *info;
    size_t n;
    uint32_t nin, nconst, nslots;
    double *konst;
    uint32_t *out; /* slots */
    size_t nout;
    uint32_t *args; /* slots of I_SUM and I_EXTERN */
    KernelLoop *loop;
    size_t nloops;
    Extern **ext; /* counted */
    size_t nexts;
    uint32_t met;                  /* slot: 1 when a guard was needed, see kernel_met */
    size_t scratch;                /* doubles behind the slots, for loops */
    void (*native)(double *slots); /* machine code of it all, or NULL */
    void *native_mem;
    size_t native_size;
    Ins *pairs;
};

/* ---- points */
/* The labels of the interpreter, by IOp. */
const void *const *cpu_labels(void);
/* Interprets from i on, to the I_END. */
void cpu_step(const Ins *i, const Kernel *k, double *slots);
void cpu_native_free(Kernel *k);
/* The instruction for value i of p, operands and result in the slots of their numbers. */
void cpu_instruction(const Program *p, uint32_t i, Ins *x);
double cpu_extern(Env *env, const Extern *x, const uint32_t *args, const double *slots);

/* ---- blocks: the loops over a block, compiled for one width of vectors. d may be an operand. */
typedef void LanesUnary(double *d, const double *a, size_t n);
/* a1: a is one value for all */
typedef void LanesBinary(double *d, const double *a, bool a1, const double *b, bool b1,
                         size_t n);
typedef void LanesTernary(double *d, const double *a, bool a1, const double *b, bool b1,
                          const double *c, bool c1, size_t n);
typedef struct {
    unsigned width;
    LanesUnary *unary[I_COUNT]; /* NULL: that instruction is no such loop */
    LanesBinary *binary[I_COUNT];
    LanesTernary *ternary[I_COUNT];
    /* acc[i] and v[i] into acc[i], for i < n; by ProgramReduce */
    void (*reduce[REDUCE_NORM + 1])(double *acc, const double *v, size_t n);
    void (*map1)(void *f, double *d, const double *a, size_t n);
    void (*map2)(void *f, double *d, const double *a, const double *b, size_t n);
} CpuLanes;
extern const CpuLanes cpu_lanes_2, cpu_lanes_4, cpu_lanes_8;
/* The widest that this machine has, of at most so many lanes. */
const CpuLanes *cpu_lanes(unsigned most);
/* d = fn of a (and b) by vector instructions; false: there is no such version. OP_POW is pow. */
bool cpu_vec1(const CpuLanes *l, Op fn, double *d, const double *a, size_t n);
bool cpu_vec2(const CpuLanes *l, Op fn, double *d, const double *a, const double *b,
              size_t n);

/* A run of a kernel over blocks, by one thread. */
typedef struct {
    const Kernel *k;
    const CpuLanes *lanes;
    double *mem;        /* BLOCK doubles for each slot, and scratch for loops */
    double **at;        /* where the block of a slot is: in mem, or in an array */
    unsigned char *one; /* the slot holds one value for all, BLOCK times */
} Block;
bool cpu_block_open(Block *b, Env *env, const Kernel *k, const CpuLanes *lanes);
void cpu_block_close(Block *b);
static inline double *cpu_block_own(const Block *b, uint32_t slot)
{
    return b->mem + (size_t)slot * BLOCK;
}
/* The slot holds x for all n elements. */
void cpu_block_fill(Block *b, uint32_t slot, double x, size_t n);
/* n elements, n <= BLOCK; inputs are in at[0 .. nin-1]. */
void cpu_block_run(Block *b, size_t n);

/* ---- reductions (reduce.c). Combined in a fixed order: lanes, leaves, a tree. */
double cpu_reduce_start(ProgramReduce how); /* the value of nothing */
double cpu_reduce_pair(ProgramReduce how, double a, double b);
/* v[0] op ... op v[n-1] in a tree; v is used up. */
double cpu_reduce_tree(ProgramReduce how, double *v, size_t n);
/* The same for n contiguous elements, which stay. */
double cpu_reduce_row(ProgramReduce how, const double *v, size_t n);
/* Norms: the sum of squares and its scale, by powers of two. */
typedef struct {
    double sum;
    int scale; /* of the elements */
} NormSum;
void cpu_norm_add(NormSum *s, const double *v, size_t n);
NormSum cpu_norm_pair(NormSum a, NormSum b);
double cpu_norm_value(NormSum s);

/* ---- steps */
typedef struct {
    const PlanStep *step;
    const Kernel *kernel;
    const CpuLanes *lanes;
    double *const *at; /* of stores: where their elements are */
} CpuStep;
bool cpu_run_kernel(Env *env, const CpuStep *s);
bool cpu_matmul(Env *env, const CpuStep *s);
bool cpu_linear(Env *env, const CpuStep *s);
bool cpu_move(Env *env, const CpuStep *s); /* P_GATHER, P_SCATTER, P_PUT, P_CONCAT */

/* ---- workers */
/* work(arg, i, worker) for i < n, by several threads where there are some; in no order. False:
 * stopped. */
typedef void CpuWork(void *arg, size_t i, unsigned worker);
bool cpu_parallel(Env *env, size_t n, CpuWork *work, void *arg);
unsigned cpu_workers(const Env *env); /* their number is below this */

#endif
