/* procedure/run_piece.c - values of a program over arrays, run: as numbers where they are few, else by
 * the backend. */
#include "procedure/piece.h"

enum {
    MOST_NUMBERS = 400, /* values of a program that is run number by number */
    MOST_ELEMENTS = 64, /* of one array there */
    OFTEN = 1000        /* runs after which machine code pays */
};

void vm_code_free(VMCode *k)
{
    kernel_free(k->kernel);
    mem_free(k->slots);
    mem_free(k->in);
    mem_free(k->out);
    if (k->code)
        k->backend->free(k->code);
    mem_free(k->tin);
    mem_free(k->tout);
    mem_free(k->dims);
    *k = (VMCode){0};
}

static bool out_of_memory(VM *m)
{
    ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

static bool is_small(const Program *p, const uint32_t *outs, size_t nout)
{
    for (uint32_t i = 0; i < p->nin; i++)
        if (dims_count(pg_dims(p, i)) > MOST_ELEMENTS)
            return false;
    for (size_t i = 0; i < nout; i++)
        if (dims_count(pg_dims(p, outs[i])) > MOST_ELEMENTS)
            return false;
    return true;
}

/* False, without an error, where there would be too many numbers. */
static bool make_small(VM *m, VMCode *k, const Program *p, const uint32_t *outs,
                       size_t nout)
{
    uint32_t *els = NULL;
    size_t n = 0, in = 0;
    Program *q = is_small(p, outs, nout)
                     ? program_elements(p, outs, nout, MOST_NUMBERS, &els, NULL)
                     : NULL;
    if (!q)
        return false;
    for (size_t i = 0; i < k->nin; i++)
        in += dims_count(&k->dims[i]);
    for (size_t i = 0; i < nout; i++)
        n += dims_count(&k->dims[k->nin + i]);
    k->kernel = kernel_new(q, els, n);
    k->slots = k->kernel ? kernel_slots(k->kernel) : NULL;
    k->in = mem_alloc((in + 1) * sizeof *k->in);
    k->out = mem_alloc((n + 1) * sizeof *k->out);
    program_free(q);
    mem_free(els);
    return (k->slots && k->in && k->out) || out_of_memory(m);
}

static bool make_large(VM *m, VMCode *k, const Program *p, const uint32_t *outs,
                       size_t nout)
{
    Env *env = &m->c->env;
    Plan *plan = program_plan(p, outs, nout);
    k->backend = cpu_backend_for(env, plan);
    k->code = plan ? k->backend->compile(env, plan) : NULL;
    k->tin = mem_alloc((k->nin + 1) * sizeof *k->tin);
    k->tout = mem_alloc((nout + 1) * sizeof *k->tout);
    if (k->tout)
        memset(k->tout, 0, nout * sizeof *k->tout);
    return k->code && ((k->tin && k->tout) || out_of_memory(m));
}

bool vm_code_make(VM *m, VMCode *k, Program *p, const uint32_t *outs, size_t nout)
{
    *k = (VMCode){.nin = p->nin, .nout = nout};
    k->dims = mem_alloc((p->nin + nout + 1) * sizeof *k->dims);
    if (!k->dims)
        return out_of_memory(m);
    for (uint32_t i = 0; i < p->nin; i++)
        k->dims[i] = *pg_dims(p, i);
    for (size_t i = 0; i < nout; i++)
        k->dims[p->nin + i] = *pg_dims(p, outs[i]);
    return !ctx_failed(m->c) && (make_small(m, k, p, outs, nout) ||
                                 (!ctx_failed(m->c) && make_large(m, k, p, outs, nout)));
}

/* ---- runs */
static bool run_small(VM *m, VMCode *k, const VMValue *const *in, VMValue *out)
{
    double *x = k->in;
    for (size_t i = 0; i < k->nin; i++) {
        size_t n = dims_count(&k->dims[i]);
        memcpy(x, vm_data(in[i]), n * sizeof *x);
        x += n;
    }
    if (++k->runs == OFTEN)
        kernel_speed_up(k->kernel);
    kernel_run(k->kernel, k->slots, k->in, k->out);
    const double *y = k->out;
    for (size_t i = 0; i < k->nout; i++) {
        const Dims *d = &k->dims[k->nin + i];
        size_t n = dims_count(d);
        if (d->rank) {
            VMArray *a = vm_array_new(m, d);
            if (!a)
                return false;
            if (n)
                memcpy(tensor_doubles(&a->t), y, n * sizeof *y);
            vm_set_array(&out[i], a);
        } else {
            vm_set_number(&out[i], *y);
        }
        y += n;
    }
    return true;
}

/* in[] as tensors of the shapes that are wanted: adjoints come as they lie in memory. */
static bool open_inputs(VM *m, VMCode *k, const VMValue *const *in)
{
    Env *env = &m->c->env;
    memset(k->tin, 0, k->nin * sizeof *k->tin);
    for (size_t i = 0; i < k->nin; i++)
        if (!(in[i]->a ? tensor_reshape(env, &in[i]->a->t, &k->dims[i], &k->tin[i])
                       : tensor_scalar(env, in[i]->v, &k->tin[i])))
            return false;
    return true;
}

static bool take_output(VM *m, VMCode *k, size_t i, VMValue *out)
{
    Tensor *t = &k->tout[i], own;
    if (!k->dims[k->nin + i].rank) {
        vm_set_number(out, *tensor_doubles(t));
        tensor_release(t);
        return true;
    }
    bool ok = tensor_pack(&m->c->env, t, DT_FLOAT64, &own);
    tensor_release(t);
    VMArray *a = ok ? vm_array_of(&own) : NULL;
    if (a)
        vm_set_array(out, a);
    return a || (ok ? out_of_memory(m) : false);
}

static bool run_large(VM *m, VMCode *k, const VMValue *const *in, VMValue *out)
{
    Env *env = &m->c->env;
    bool ok = open_inputs(m, k, in) && k->backend->run(k->code, env, k->tin, k->tout) &&
              k->backend->synchronize(k->code, env);
    for (size_t i = 0; i < k->nin; i++)
        tensor_release(&k->tin[i]);
    for (size_t i = 0; i < k->nout; i++)
        if (ok)
            ok = take_output(m, k, i, &out[i]);
        else
            tensor_release(&k->tout[i]);
    return ok;
}

bool vm_code_run(VM *m, VMCode *k, const VMValue *const *in, VMValue *out)
{
    return k->kernel ? run_small(m, k, in, out) : run_large(m, k, in, out);
}
