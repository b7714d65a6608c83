/* eval/task.h - one derivative operator at work; shared by derivative.c and tensor.c. */
#ifndef LBZ_EVAL_TASK_H
#define LBZ_EVAL_TASK_H

#include "eval/internal.h"

typedef struct {
    Evaluation *ev;
    Ctx *c;
    Node *e;      /* what is differentiated, names put in */
    SymList vars; /* by what */
    bool inner;   /* operand of another derivative: not simplified yet */
} DerivativeTask;

/* The derivative as it is answered. */
Node *eval_finish_task(const DerivativeTask *j, Node *r);
/* The operator where a name is a tensor; NULL: none is. */
Node *eval_by_tensors(const DerivativeTask *j, const Node *op, Node *const *a);
/* The Jacobian of a tensor by a list of numbers: these along the last axis. */
Node *eval_columns(const DerivativeTask *j);

#endif
