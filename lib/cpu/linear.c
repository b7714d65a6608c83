/* cpu/linear.c - linear algebra of programs: operands packed, results of linear_run put where the
 * program wants them. */
#include "cpu/internal.h"
#include "program/linear.h"

typedef struct {
    double *at;         /* its own */
    size_t size, count; /* of one matrix, of all */
    Dims lead;
} Operand;

/* Copied without gaps. */
static bool pack(Env *env, const CpuStep *s, size_t k, Operand *o)
{
    const PlanRead *r = &s->step->read[k];
    Dims d = s->step->shape[k];
    size_t index[TENSOR_RANK] = {0};
    o->count = dims_count(&d);
    o->size = d.dim[d.rank - 2] * d.dim[d.rank - 1];
    o->lead = d;
    o->lead.rank -= 2;
    o->at = mem_alloc((o->count + 1) * sizeof *o->at);
    if (!o->at) {
        env_error(env, LBZ_LIMIT, NULL, "out of memory for linear algebra");
        return false;
    }
    const double *from = s->at[r->store] + r->offset;
    for (size_t i = 0; i < o->count; i++) {
        ptrdiff_t at = 0;
        for (unsigned j = 0; j < d.rank; j++)
            at += (ptrdiff_t)index[j] * r->stride[j];
        o->at[i] = from[at];
        for (unsigned j = d.rank; j-- > 0 && ++index[j] == d.dim[j];)
            index[j] = 0;
    }
    return true;
}

/* Its matrix for number i of the leading axes of the result. */
static const double *matrix_of(const Operand *o, const Dims *lead, size_t i)
{
    size_t at = 0, step = o->size;
    for (unsigned j = 0; o->at && j < o->lead.rank; j++) {
        size_t dim = lead->dim[lead->rank - 1 - j],
               own = o->lead.dim[o->lead.rank - 1 - j];
        at += own == 1 ? 0 : i % dim * step;
        step *= own;
        i /= dim;
    }
    return o->at ? o->at + at : NULL;
}

static bool run_all(Env *env, const CpuStep *s, const Operand *o, double *room)
{
    const Dims *a = &s->step->shape[0],
               *b = s->step->nread > 1 ? &s->step->shape[1] : NULL;
    LinearJob job = {.op = pg_linear_op((uint16_t)s->step->axis),
                     .m = a->dim[0],
                     .n = a->dim[1],
                     .k = b ? b->dim[b->rank - 1] : 0,
                     .out = room};
    Dims own, lead = s->step->space;
    size_t at, each, n;
    pg_linear_place(job.op, pg_linear_part((uint16_t)s->step->axis), job.m, job.n, &at,
                    &own);
    own.dim[1] = job.op == LINEAR_SOLVE ? job.k : own.dim[1];
    each = dims_count(&own);
    lead.rank -= own.rank;
    n = dims_count(&lead);
    for (size_t i = 0; i < n && !env_poll(env); i++) {
        job.a = o[0].at;
        job.b = matrix_of(&o[1], &lead, i);
        job.c = matrix_of(&o[2], &lead, i);
        if (!linear_run(env, &job))
            return false;
        memcpy(s->at[s->step->result[0].store] + i * each, room + at,
               each * sizeof *room);
    }
    return !env_failed(env);
}

bool cpu_linear(Env *env, const CpuStep *s)
{
    Operand o[3] = {{0}};
    const Dims *a = &s->step->shape[0];
    bool ok = true;
    for (size_t k = 0; ok && k < s->step->nread; k++)
        ok = pack(env, s, k, &o[k]);
    size_t columns =
        s->step->nread > 1 ? s->step->shape[1].dim[s->step->shape[1].rank - 1] : 0;
    size_t n = linear_results(pg_linear_op((uint16_t)s->step->axis), a->dim[0], a->dim[1],
                              columns);
    double *room = ok ? mem_alloc((n + 1) * sizeof *room) : NULL;
    if (ok && !room)
        env_error(env, LBZ_LIMIT, NULL, "out of memory for linear algebra");
    ok = room && run_all(env, s, o, room);
    mem_free(room);
    for (size_t k = 0; k < 3; k++)
        mem_free(o[k].at);
    return ok;
}
