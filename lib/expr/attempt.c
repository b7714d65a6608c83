/* expr/attempt.c - work that may fail without anybody being told. */
#include "expr/expr.h"

bool attempt_forgive(Ctx *c, unsigned what)
{
    if ((what & ~FORGIVE(LBZ_INTERRUPT)) & FORGIVE(c->env.err.status))
        c->env.err.status = LBZ_OK;
    return !ctx_failed(c);
}

Err attempt_error(Ctx *c)
{
    Err e = c->env.err;
    c->env.err.status = LBZ_OK;
    return e;
}

Attempt attempt_begin(Ctx *c) { return (Attempt){ctx_failed(c), c->nnotes, c->ndropped}; }

bool attempt_end(Ctx *c, const Attempt *a)
{
    bool bad = ctx_failed(c) && !a->failed;
    c->nnotes = a->nnotes;
    c->ndropped = a->ndropped;
    if (bad)
        (void)attempt_forgive(c, FORGIVE_ANY);
    return !bad;
}
