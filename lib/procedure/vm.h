/* procedure/vm.h - the machine that runs procedures on numbers; private to procedure.
 *
 * A value is a number or an array, and carries one thing besides, by the mode: a tangent (FORWARD), the
 * place on the tape that made it (TAPE), or the value of a program that is written on the way
 * (RECORD: the path taken, without its conditions). Arrays are counted references and are copied
 * before they are changed while shared.
 *
 * The whole state of a run is the frames and the registers: it can be copied (Snapshot) and
 * gone on with from there, which is what checkpointing does.
 */
#ifndef LBZ_PROCEDURE_VM_H
#define LBZ_PROCEDURE_VM_H

#include "cpu/cpu.h"
#include "procedure/procedure.h"

typedef union {
    /* TAPE: of a number its entry, of an array the event that made it + 1; RECORD: value of the
     * record + 1. 0: constant. */
    uint32_t id;
    double dot; /* FORWARD, of a number */
} Aux;

typedef struct vm_array {
    uint32_t refs;
    uint8_t rank;
    bool row;             /* of rank 1: the transpose of a vector */
    bool large;           /* the elements are those of a Tensor */
    struct vm_array *dot; /* FORWARD: the tangent, as large; NULL: 0 */
    size_t n;
    double *v;    /* n elements, behind dim[] or the Tensor's */
    size_t dim[]; /* rank sizes, then the elements or the Tensor */
} VMArray;

typedef struct {
    VMArray *a; /* NULL: a number */
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
    V_OP,    /* dst = what the node of site a does with args */
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
    uint32_t dst, a;
    uint32_t args, nargs; /* args[args ... ] of the function */
    uint32_t target;
    union {
        double k;
        const Node *call; /* V_CALL */
        uint32_t next;    /* V_KERNEL with a target */
    };
} VIns;

/* Where arrays are computed: an elementwise expression, or the node of a T row; with what was made for
 * the shapes that have come by (piece.c). */
typedef struct vm_piece VMPiece;
typedef struct {
    const Node *op;   /* NULL: elementwise, */
    const Program *p; /* by value `out` of this, a program of numbers; not owned */
    uint32_t out;
    VMPiece **piece;
    size_t n, cap;
} VMSite;

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
    VMSite arrays;
} VKernel;

typedef struct {
    Procedure *b;
    VIns *code;
    size_t n, cap;
    uint32_t *args;
    size_t nargs, args_cap;
    VKernel *kernel;
    size_t nkernels, kernels_cap;
    VMSite *site;
    size_t nsites, sites_cap;
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

typedef enum {
    TAPE_START, /* an array there is at the beginning */
    TAPE_PIECE, /* an operation on arrays */
    TAPE_LIST,  /* parts one after the other */
    TAPE_PICK,  /* elements of the array `from` */
    TAPE_STORE  /* the array `from` with elements replaced by `with` */
} TapeEventKind;

/* What an event needs besides. */
typedef struct {
    VMPiece *piece; /* PIECE; counted */
    /* PICK, STORE: offsets of the elements, NULL: one after the other; LIST: ids of the parts */
    size_t *at;
    size_t n;
    VMValue arg[]; /* PIECE: operands; arrays that adjoints do not need are left out */
} TapeDetails;

/* Events make arrays, or numbers out of arrays; sweeping takes one when all numbers behind `at` are
 * done. */
typedef struct {
    uint32_t at;
    uint8_t kind;
    bool with_array;
    uint32_t number;     /* the entry it makes; 0: it makes an array */
    uint32_t from, with; /* 0: a constant */
    size_t offset, n; /* PICK, STORE: where, how many; else n: elements of the result */
    size_t size;      /* elements of the array it makes */
    TapeDetails *more;
} TapeEvent;

/* Numbers are entries, counted from 1; entry i has the pairs first[i-1] .. first[i]. A pair whose
 * `from` has the bit PAIR_ELEMENT is an element of an array: from is the array, partial the offset. */
#define PAIR_ELEMENT 0x80000000u
typedef struct {
    uint32_t *first;
    size_t n, cap;
    uint32_t *from; /* pairs */
    double *partial;
    size_t npairs, pairs_cap;
    TapeEvent *event;
    size_t nevents, events_cap;
    size_t kept;  /* bytes of arrays that events hold */
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

/* ---- value.c: makers put their result into *out, whatever was there */
VMArray *vm_array_new(VM *m, const Dims *d); /* not cleared; NULL with an error */
VMArray *vm_array_zeros(VM *m, const Dims *d);
VMArray *vm_array_of(VM *m, Tensor *t); /* takes t; NULL with an error */
/* a as a tensor of the shape d, which has as many elements. */
bool vm_array_tensor(VM *m, const VMArray *a, const Dims *d, Tensor *t);
void vm_array_release(VMArray *a);
void vm_value_clear(VMValue *v);
void vm_value_copy(VMValue *to, const VMValue *from);
bool vm_value_own(VM *m,
                  VMValue *v); /* its array, and tangent, are not shared after this */
void vm_set_number(VMValue *out, double v);
void vm_set_array(VMValue *out, VMArray *a); /* takes a */
static inline size_t vm_count(const VMValue *v) { return v->a ? v->a->n : 1; }
static inline const double *vm_data(const VMValue *v) { return v->a ? v->a->v : &v->v; }
static inline bool vm_has_dims(const VMValue *v, const Dims *d)
{
    return (v->a ? v->a->rank : 0) == d->rank &&
           (!v->a || memcmp(v->a->dim, d->dim, d->rank * sizeof *d->dim) == 0);
}
static inline Dims vm_dims(const VMValue *v)
{
    Dims d = {.rank = v->a ? v->a->rank : 0};
    if (v->a)
        memcpy(d.dim, v->a->dim, d.rank * sizeof *d.dim);
    return d;
}
/* Does it carry a derivative? */
bool vm_is_active(const VM *m, const VMValue *v);
double vm_dot(const VMValue *v, size_t i); /* FORWARD: of element i */
/* A tangent to write into, 0 at first; NULL with an error. */
double *vm_dot_room(VM *m, VMValue *v);
bool vm_from_list(VM *m, const ProcedureList *l, VMValue *v);
bool vm_to_list(VM *m, const VMValue *v, bool dot, ProcedureList *l);

/* ---- place.c */
bool vm_index(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
              VMValue *out);
bool vm_store(VM *m, VMValue *v, const VMValue *const *index, size_t n, const VMValue *x);
bool vm_make_list(VM *m, const VMValue *const *arg, size_t n, VMValue *out);

/* ---- range.c: a:b, lengths, where conditions hold */
bool vm_is_range(const Node *op);
bool vm_range(VM *m, const Node *op, const VMValue *const *arg, size_t n, VMValue *out);

/* ---- kernel.c: elementwise expressions, of numbers or arrays */
bool vm_kernel(VM *m, VKernel *k, const VMValue *const *arg, size_t n, VMValue *out);
/* The error that value out of p, of numbers, is none at in[]. False. */
bool vm_blame(VM *m, const Program *p, uint32_t out, const double *in);

/* ---- piece.c */
bool vm_piece_run(VM *m, VMSite *s, const VMValue *const *arg, size_t n, VMValue *out);
/* Adjoints of the operands that carry a derivative, given that of the result (its elements, in
 * whatever shape): adj[i] for those that are not 0. */
bool vm_piece_sweep(VM *m, const TapeDetails *x, const VMValue *seed, VMValue *adj);
void vm_piece_release(VMPiece *q);
void vm_site_free(VMSite *s);

/* ---- run.c */
bool vm_start(VM *m, const VMValue *args, size_t n);
/* Runs until the end (nframes == 0 then), or until step, or until the tape is full. */
bool vm_run(VM *m, uint64_t until);

/* ---- where.c */
void vm_explain(VM *m);    /* adds to the error under way where the machine stands */
void vm_note_where(VM *m); /* of the values recorded since the last call, for the trail */

/* ---- record.c */
uint32_t record_id(VM *m, const VMValue *v);                /* as a value of the record */
uint32_t record_element(VM *m, const VMValue *v, size_t i); /* of an element, a number */
Aux record_aux(VM *m, uint32_t id);

/* ---- slope.c */
bool vm_slope(VM *m, uint32_t fun, const VMValue *const *arg, size_t n,
              const uint32_t *orders, VMValue *dst);

/* ---- tape.c */
void tape_clear(Tape *t);
void tape_free(Tape *t);
void tape_arg(VM *m, uint32_t id, double partial);
uint32_t tape_end(VM *m);   /* the entry; 0 when it depends on nothing */
uint32_t tape_input(VM *m); /* an entry of its own */
uint32_t tape_element(VM *m, uint32_t array,
                      size_t offset); /* a number out of an array */
/* One more event, cleared but for kind; NULL with an error. */
TapeEvent *tape_event(VM *m, TapeEventKind kind);
TapeDetails *tape_details(VM *m, TapeEvent *e,
                          size_t n); /* room for n operands; NULL likewise */
/* Its result is the array, or number, v. */
void tape_result(VM *m, TapeEvent *e, VMValue *v);

/* ---- sweep.c */
bool vm_init(VM *m, Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
             size_t nin);
/* Puts the inputs into the registers of function 0. */
bool vm_begin(VM *m, const ProcedureList *x, const ProcedureList *dir, size_t nin);

#endif
