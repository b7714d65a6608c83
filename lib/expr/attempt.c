/* expr/attempt.c - work that may fail without anybody being told. */
#include "expr/expr.h"

Attempt attempt_begin(Ctx *c) { return (Attempt){c->env.err, c->nnotes}; }

bool attempt_end(Ctx *c, const Attempt *a)
{
    bool bad = ctx_failed(c) && a->err.status == LBZ_OK;
    lbz_status st = c->env.err.status;
    c->nnotes = a->nnotes;
    if (bad && st != LBZ_INTERRUPT && st != LBZ_LIMIT)
        c->env.err = a->err;
    return !bad;
}
