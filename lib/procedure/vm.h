/* procedure/vm.h - the machine that runs procedures on numbers; private to procedure.
 *
 * A value is a number or a rectangular list. What it carries besides depends on the mode:
 * a tangent (FORWARD), the place on the tape that made it (TAPE) or the value of a
 * program that is written on the way (RECORD: the path taken, without its conditions).
 * Lists are counted references and are copied before they are changed while shared.
 *
 * The whole state of a run is the frames and the registers: it can be copied (Snapshot) and
 * gone on with from there, which is what checkpointing does.
 */
#ifndef LBZ_PROCEDURE_VM_H
#define LBZ_PROCEDURE_VM_H

#include "cpu/cpu.h"
#include "procedure/procedure.h"

typedef union {
    uint32_t id; /* place on the tape, or value of the record + 1; 0: constant */
    double dot;
} Aux;

typedef struct {
    uint32_t refs;
    unsigned rank;
    size_t dim[PROCEDURE_RANK];
    size_t n;
    double *v; /* in the same piece of memory */
    Aux *x;
    size_t *used; /* the session's count of memory */
    bool row;     /* of rank 1: the transpose of a vector */
} VMList;

typedef struct {
    VMList *t; /* NULL: a number */
    double v;
    Aux x;
    bool set;
} VMValue;

typedef enum {
    /* dst = kernel a of args; then at `next`. Where it is right for numbers only and an operand is a
     * list, at target instead; 0: it is right for lists, too. */
    V_KERNEL,
    V_COPY,  /* dst = a */
    V_CONST, /* dst = k */
    V_INDEX, /* dst = a[args] */
    V_STORE, /* dst[args] = a */
    V_LIST,  /* dst = [args] */
    V_OP,    /* dst = what the T row's node `call` does with args */
    V_CALL,  /* dst = function a of args */
    V_SLOPE, /* dst = derivative of function a at args; behind those, how often by each */
    V_UNLESS, /* a == 0: go to target */
    V_JUMP,
    V_FOR, /* registers a: steps done, a+1: first, a+2: step, a+3: limit; dst the variable */
    V_NEXT,   /* a: steps done + 1; go to target */
    V_RETURN, /* a */
    V_MISSING /* the function ends without a value */
} VOp;

typedef struct {
    uint8_t op;
    uint16_t fn;
    uint32_t dst, a;
    uint32_t args, nargs; /* args[args ... ] of the function */
    uint32_t target;
    union {
        double k;
        const Node *call; /* V_CALL, V_OP */
        uint32_t next;    /* V_KERNEL with a target */
    };
} VIns;

/* An elementwise expression: its value, and value with all partial derivatives. */
typedef struct {
    Program *p;
    uint32_t out;
    Kernel *value, *grad;
    double *slots, *gslots;
    size_t runs;
    /* of one evaluation: res[0] the value, res[1 + i] the partials ... */
    double *in, *res;
    uint32_t *test; /* ... then the operands of these values, which have kinks or jumps */
    size_t ntests;
    bool answers; /* a condition: nothing to differentiate */
} VKernel;

typedef struct {
    Procedure *b;
    VIns *code;
    size_t n, cap;
    uint32_t *args;
    size_t nargs, args_cap;
    VKernel *kernel;
    size_t nkernels, kernels_cap;
    uint32_t nregs;
    const size_t *begin;   /* where the code of each statement begins */
    const char **reg_name; /* of the first regs; NULL: a temporary */
    size_t nnames;
} VFun;

typedef struct {
    uint32_t fun, pc, base, dst; /* dst: register of the caller */
} VMFrame;

typedef struct {
    VMFrame *frame;
    size_t nframes;
    VMValue *reg;
    size_t nregs;
    uint64_t step;
} Snapshot;

typedef enum { RUN_VALUE, RUN_FORWARD, RUN_TAPE, RUN_RECORD } RunMode;

/* Entries are numbered from 1; entry i has the pairs first[i-1] .. first[i] of the tape. */
typedef struct {
    uint32_t *first;
    size_t n, cap;
    uint32_t *from; /* pairs */
    double *partial;
    size_t npairs, pairs_cap;
    size_t limit; /* bytes */
    bool full;
} Tape;

typedef struct {
    Ctx *c;
    const ProcedureScope *w;
    VFun **fun;
    size_t nfun, fun_cap;
    RunMode mode;
    VMFrame *frame;
    size_t nframes, frames_cap;
    VMValue *reg; /* registers of all frames, one after the other */
    size_t nregs, regs_cap;
    VMValue result;
    uint64_t step;   /* instructions run */
    uint64_t rounds; /* of loops, and calls */
    Tape tape;
    Program *record;       /* RUN_RECORD: what was computed, from the inputs */
    ProcedureTrail *trail; /* where the values of the record were computed; or NULL */
    unsigned special;      /* PROCEDURE_KINK, PROCEDURE_TIE: what derivatives met */
    unsigned depth;        /* of code generation */
} VM;

/* ---- code.c */
/* compiled on demand */
bool vm_function(VM *m, uint32_t sym, size_t nargs, uint32_t *index);
bool vm_main(VM *m, Node *e, const uint32_t *in, size_t nin); /* function 0 */
void vm_free(VM *m);
bool vm_grow(VM *m, void **a, size_t size, size_t n, size_t *cap);

/* ---- list.c */
VMList *vm_list_new(VM *m, unsigned rank, const size_t *dim); /* NULL with an error */
void vm_list_release(VMList *l);
void vm_value_clear(VMValue *v);
void vm_value_copy(VMValue *to, const VMValue *from);
bool vm_value_own(VM *m, VMValue *v); /* its list is not shared after this */
bool vm_index(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
              VMValue *out);
bool vm_store(VM *m, VMValue *v, const VMValue *const *index, size_t n, const VMValue *x);
bool vm_make_list(VM *m, const VMValue *const *arg, size_t n, VMValue *out);
bool vm_list_op(VM *m, Op fn, const VMValue *const *arg, size_t n, VMValue *out);
bool vm_kernel(VM *m, VKernel *k, const VMValue *const *arg, size_t n, VMValue *out);

/* ---- product.c */
typedef struct {
    unsigned rank;
    size_t dim[PROCEDURE_RANK];
    bool row;
} VMShape;
/* What arg have together, by broadcasting; false: they do not fit. */
bool vm_common_shape(VM *m, const VMValue *const *arg, size_t n, VMShape *s);
bool vm_has_shape(const VMValue *a, const VMShape *s); /* or a is a number */
bool vm_spread(VM *m, const VMValue *a, const VMShape *s, VMValue *out);
bool vm_tensor_op(VM *m, const Node *e, const VMValue *const *arg, size_t n,
                  VMValue *out);

/* ---- run.c */
bool vm_start(VM *m, const VMValue *args, size_t n);
/* Runs until the end (nframes == 0 then), or until step, or until the tape is full. */
bool vm_run(VM *m, uint64_t until);

/* ---- where.c */
void vm_explain(VM *m);    /* adds to the error under way where the machine stands */
void vm_note_where(VM *m); /* of the values recorded since the last call, for the trail */

/* ---- record.c */
uint32_t record_id(VM *m, Aux x, double v); /* as a value of the record */
Aux record_aux(VM *m, uint32_t id);
Aux record_kernel(VM *m, const VKernel *k, const VMValue *const *arg, size_t n,
                  size_t at);
Aux record_sum(VM *m, const Aux *x, const double *v, size_t n);
Aux record_norm(VM *m, const Aux *x, const double *v, size_t n);
Aux record_dot(VM *m, const Aux *x, const double *v, const Aux *y, const double *w,
               size_t n);

/* ---- slope.c */
bool vm_slope(VM *m, uint32_t fun, const VMValue *const *arg, size_t n,
              const uint32_t *orders, VMValue *dst);

/* ---- tape.c */
bool vm_init(VM *m, Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
             size_t nin);
/* Puts the inputs into the registers of function 0. */
bool vm_begin(VM *m, const ProcedureList *x, const ProcedureList *dir, size_t nin);
Aux *vm_value_aux(const VMValue *v);
bool vm_value_to_list(VM *m, const VMValue *v, bool dot, ProcedureList *l);
void tape_clear(Tape *t);
void tape_free(Tape *t);
void tape_arg(VM *m, uint32_t id, double partial);
uint32_t tape_end(VM *m);   /* the entry; 0 when it depends on nothing */
uint32_t tape_input(VM *m); /* an entry of its own */

#endif
