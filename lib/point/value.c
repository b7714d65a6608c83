/* point/value.c - the value of a formula over arrays of numbers: one program, run by the backend that
 * takes it. */
#include "cpu/cpu.h"
#include "expr/shape.h"
#include "point/point.h"

static bool run(Ctx *c, Program *p, uint32_t value, Tensor *out)
{
    Env *env = &c->env;
    Plan *plan = program_plan(p, &value, 1);
    const Backend *b = plan ? cpu_backend_for(env, plan) : NULL;
    Code *code = plan ? b->compile(env, plan) : NULL;
    bool ok = code && b->run(code, env, NULL, out) && b->synchronize(code, env);
    if (code)
        b->free(code);
    return ok;
}

/* t, contiguous and with the shape that the node has. */
static bool give_shape(Ctx *c, const Node *e, Tensor *t)
{
    Dims d = {0};
    Tensor packed;
    if (shape_is_tensor(e->shape)) {
        const Shape *s = shape_at(c, e->shape);
        d.rank = s->rank;
        for (unsigned i = 0; i < s->rank; i++)
            d.dim[i] = (size_t)s->size[i].n;
    }
    Tensor wide = tensor_broadcast(t, &d);
    bool ok = tensor_pack(&c->env, &wide, DT_FLOAT64, &packed);
    tensor_release(&wide);
    tensor_release(t);
    if (ok)
        *t = packed;
    return ok;
}

bool accum_value(Ctx *c, Node *e, Tensor *out)
{
    uint32_t value;
    *out = (Tensor){0};
    Program *p = program_new_shaped(&c->env, 0, NULL);
    bool ok = p && program_compile_arrays(c, p, NULL, e, &value) && !ctx_failed(c) &&
              run(c, p, value, out) && give_shape(c, e, out);
    program_free(p);
    return ok;
}
