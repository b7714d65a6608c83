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
    mem_free(k->uses);
    mem_free(k->count);
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

/* Which inputs of k do values of q, whose inputs are their elements, need? */
static void find_uses(VMCode *k, const Program *q, const uint32_t *els, size_t nels)
{
    bool *used = mem_alloc(q->n + 1);
    k->uses = used ? mem_alloc(k->nin + 1) : NULL;
    if (k->uses) {
        memset(used, 0, q->n);
        for (size_t i = 0; i < nels; i++)
            used[els[i]] = true;
        for (uint32_t i = q->nin; i < q->n; i++) {
            uint32_t buf[3];
            const uint32_t *o;
            for (size_t j = pg_operands(q, i, &o, buf); j-- > 0;)
                used[o[j]] = true;
        }
        for (size_t i = 0, at = 0; i < k->nin; at += k->count[i++]) {
            k->uses[i] = false;
            for (size_t j = 0; j < k->count[i]; j++)
                k->uses[i] = k->uses[i] || used[at + j];
        }
    }
    mem_free(used);
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
        in += k->count[i];
    for (size_t i = 0; i < nout; i++)
        n += k->count[k->nin + i];
    k->kernel = kernel_new(q, els, n);
    k->slots = k->kernel ? kernel_slots(k->kernel) : NULL;
    k->in = mem_alloc((in + 1) * sizeof *k->in);
    k->out = mem_alloc((n + 1) * sizeof *k->out);
    find_uses(k, q, els, n);
    program_free(q);
    mem_free(els);
    return (k->slots && k->in && k->out && k->uses) || out_of_memory(m);
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
    k->count = mem_alloc((p->nin + nout + 1) * sizeof *k->count);
    if (!k->dims || !k->count)
        return out_of_memory(m);
    for (size_t i = 0; i < p->nin + nout; i++) {
        k->dims[i] = *pg_dims(p, i < p->nin ? (uint32_t)i : outs[i - p->nin]);
        k->count[i] = dims_count(&k->dims[i]);
    }
    return !ctx_failed(m->c) && (make_small(m, k, p, outs, nout) ||
                                 (!ctx_failed(m->c) && make_large(m, k, p, outs, nout)));
}

/* ---- runs */
static bool run_small(VM *m, VMCode *k, const VMValue *const *in, VMValue *out)
{
    double *x = k->in;
    for (size_t i = 0; i < k->nin; i++) {
        if (k->uses[i])
            memcpy(x, vm_data(in[i]), k->count[i] * sizeof *x);
        x += k->count[i];
    }
    if (++k->runs == OFTEN)
        kernel_speed_up(k->kernel);
    kernel_run(k->kernel, k->slots, k->in, k->out);
    const double *y = k->out;
    for (size_t i = 0; i < k->nout; i++) {
        const Dims *d = &k->dims[k->nin + i];
        size_t n = k->count[k->nin + i];
        if (d->rank) {
            VMArray *a = vm_array_new(m, d);
            if (!a)
                return false;
            if (n)
                memcpy(a->v, y, n * sizeof *y);
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
        if (!(in[i]->a ? vm_array_tensor(m, in[i]->a, &k->dims[i], &k->tin[i])
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
    VMArray *a = ok ? vm_array_of(m, &own) : NULL;
    if (a)
        vm_set_array(out, a);
    return a != NULL;
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

bool vm_code_uses(const VMCode *k, size_t i) { return !k->uses || k->uses[i]; }

bool vm_code_run(VM *m, VMCode *k, const VMValue *const *in, VMValue *out)
{
    return k->kernel ? run_small(m, k, in, out) : run_large(m, k, in, out);
}
