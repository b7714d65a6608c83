/* program/list.c - the makers of operations on lists of operands: sums, loops, externs. */
#include "program/program.h"

uint32_t program_list(Program *p, size_t n, const uint32_t *v)
{
    size_t at = p->nargs;
    for (size_t i = 0; i < n; i++) {
        if (!program_grow(p, (void **)&p->args, sizeof *p->args, p->nargs, &p->args_cap))
            return 0;
        p->args[p->nargs++] = v[i];
    }
    return (uint32_t)at;
}

uint32_t pg_sum(Program *p, size_t n, const uint32_t *v)
{
    if (n <= 8) {
        uint32_t s = n ? v[0] : pg_const(p, 0);
        for (size_t i = 1; i < n; i++)
            s = pg_add(p, s, v[i]);
        return s;
    }
    ProgramValue x = {.op = P_SUM, .a = program_list(p, n, v), .b = (uint32_t)n};
    for (size_t i = 0; i < n; i++)
        x.shape = pg_join(p, x.shape, p->val[v[i]].shape);
    return program_number(p, x);
}

uint32_t pg_loop_out(Program *p, uint32_t loop, uint32_t out)
{
    ProgramLoop *l = &p->loop[loop];
    size_t i = 0;
    while (i < l->nout && l->out[i] != out)
        i++;
    if (i == l->nout) {
        if (!program_grow(p, (void **)&l->out, sizeof *l->out, l->nout, &l->nout_cap))
            return 0;
        l->out[l->nout++] = out;
    }
    ProgramValue x = {.op = P_LOOP, .a = loop, .b = (uint32_t)i};
    for (i = 0; i < l->nargs; i++)
        x.shape = pg_join(p, x.shape, p->val[l->args[i]].shape);
    return program_number(p, x);
}

uint32_t pg_loop(Program *p, Program *body, uint32_t out, const uint32_t *args, double lo,
                 double hi)
{
    uint32_t *copy = mem_alloc((body->nin + 1) * sizeof *copy);
    if (!copy ||
        !program_grow(p, (void **)&p->loop, sizeof *p->loop, p->nloops, &p->loops_cap)) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        mem_free(copy);
        program_free(body);
        return 0;
    }
    memcpy(copy, args, (body->nin - 1) * sizeof *copy);
    p->loop[p->nloops] = (ProgramLoop){
        .body = body, .args = copy, .nargs = body->nin - 1, .lo = lo, .hi = hi};
    return pg_loop_out(p, (uint32_t)p->nloops++, out);
}

/* ---- externs */

void program_extern_release(Extern *x)
{
    if (!x || --x->refs)
        return;
    x->kind->free(x->arg);
    mem_free(x);
}

static uint32_t find_extern(const Program *p, const ExternKind *kind, const void *arg,
                            const uint32_t *args, size_t n)
{
    for (uint32_t i = 0; i < p->nexts; i++) {
        const ProgramExtern *e = &p->ext[i];
        if (e->x->kind == kind && e->x->nargs == n &&
            memcmp(e->args, args, n * sizeof *args) == 0 &&
            (e->x->arg == arg || kind->same(e->x->arg, arg)))
            return i;
    }
    return P_NONE;
}

/* Takes one reference to x. */
static uint32_t add_extern(Program *p, Extern *x, const uint32_t *args)
{
    uint32_t at = find_extern(p, x->kind, x->arg, args, x->nargs);
    if (at == P_NONE) {
        uint32_t *copy = mem_alloc((x->nargs + 1) * sizeof *copy);
        if (!copy ||
            !program_grow(p, (void **)&p->ext, sizeof *p->ext, p->nexts, &p->exts_cap)) {
            env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
            mem_free(copy);
            program_extern_release(x);
            return 0;
        }
        memcpy(copy, args, x->nargs * sizeof *copy);
        at = (uint32_t)p->nexts;
        p->ext[p->nexts++] = (ProgramExtern){x, copy};
    } else {
        program_extern_release(x);
    }
    return program_number(p, (ProgramValue){.op = P_EXTERN, .a = at});
}

uint32_t pg_extern(Program *p, const ExternKind *kind, void *arg, const uint32_t *args,
                   size_t n)
{
    Extern *x = mem_alloc(sizeof *x);
    if (!x) {
        env_error(p->env, LBZ_LIMIT, NULL, "out of memory");
        kind->free(arg);
        return 0;
    }
    *x = (Extern){.kind = kind, .arg = arg, .nargs = n, .refs = 1};
    return add_extern(p, x, args);
}

uint32_t pg_extern_again(Program *p, Extern *x, const uint32_t *args)
{
    x->refs++;
    return add_extern(p, x, args);
}
