/* procedure/piece.h - pieces, and the code that runs them; private to procedure. */
#ifndef LBZ_PROCEDURE_PIECE_H
#define LBZ_PROCEDURE_PIECE_H

#include "procedure/vm.h"

/* Some values of a program, ready to be run. */
typedef struct {
    /* small: number by number; in and out are room for one run */
    Kernel *kernel;
    double *slots, *in, *out;
    bool *uses; /* which inputs matter; others may be NULL in a run */
    size_t runs;
    /* large: by the backend */
    const Backend *backend;
    Code *code;
    Tensor *tin, *tout;
    size_t nin, nout;
    Dims *dims;    /* of inputs, then of outputs */
    size_t *count; /* elements of each */
} VMCode;

typedef struct piece_slope {
    struct piece_slope *next;
    bool forward;
    uint64_t mask; /* of the operands that vary; the last bit is for all from 63 on */
    bool *none;    /* REVERSE: operands whose adjoint is 0 */
    VMCode code;
} PieceSlope;

typedef struct {
    Dims dims;
    double size; /* of a number that says how large the result is */
    bool row;
} PieceOperand;

struct vm_piece {
    uint32_t refs;
    const Node *op;   /* as its site's */
    const Program *p; /* likewise */
    uint32_t pout;
    PieceOperand *in;
    size_t n;
    Dims out;
    bool row;     /* the result is one */
    bool answers; /* a condition: nothing to differentiate */
    VMCode value;
    PieceSlope *slope;
};

/* ---- lower.c */
/* Is operand i of the node a size? */
bool vm_is_size(const Node *op, size_t i);
/* Errors that are said better here than where programs are made. */
bool vm_check_shapes(VM *m, const VMSite *s, const VMValue *const *arg, size_t n);
/* The value of q in p, whose first inputs are the operands; sets q->row. */
bool vm_lower(VM *m, VMPiece *q, Program *p, uint32_t *out);
bool vm_lower_over(VM *m, VMPiece *q, Program *p, const uint32_t *in, uint32_t *out);

/* ---- run_piece.c */
bool vm_code_make(VM *m, VMCode *k, Program *p, const uint32_t *outs, size_t nout);
void vm_code_free(VMCode *k);
bool vm_code_uses(const VMCode *k, size_t i); /* does input i matter? */
bool vm_code_run(VM *m, VMCode *k, const VMValue *const *in, VMValue *out);

#endif
