/* procedure/range.c - ranges a:b, lengths, and the positions where conditions hold: what places are
 * counted with. Nothing is differentiated through them. */
#include "procedure/vm.h"
#include <math.h>

static bool wrong_shape(VM *m, const char *hint, const char *what)
{
    ctx_error(m->c, LBZ_SHAPE, hint, "%s", what);
    return false;
}

static bool array_new(VM *m, size_t n, VMValue *out)
{
    VMArray *a = vm_array_new(m, &(Dims){.rank = 1, .dim = {n}});
    if (a)
        vm_set_array(out, a);
    return a != NULL;
}

/* In an index the ends are places. */
static bool check_ends(VM *m, const Node *op, const VMValue *const *arg, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (arg[i]->a)
            return wrong_shape(m, "write 1:5", "the ends of a range are numbers");
        if (op->op == OP_SEQUENCE && m->mode != RUN_VALUE && vm_is_active(m, arg[i])) {
            ctx_error(m->c, LBZ_UNABLE, "write a + (0:n)",
                      "a range is not differentiated by its ends");
            return false;
        }
    }
    return true;
}

static bool sequence(VM *m, const Node *op, const VMValue *const *arg, size_t n,
                     VMValue *out)
{
    if (!check_ends(m, op, arg, n))
        return false;
    double from = arg[0]->v, step = n == 3 ? arg[1]->v : 1, to = arg[n - 1]->v,
           k = floor((to - from) / step * (1 + 4e-16)) + 1; /* 0:0.1:1 has its end */
    if (!(step != 0) || !(k < 1e9))
        return wrong_shape(m, "write a:b, or a:step:b", "the range has no end");
    if (!array_new(m, k > 0 ? (size_t)k : 0, out))
        return false;
    for (size_t i = 0; i < out->a->n; i++)
        out->a->v[i] = from + (double)i * step;
    return true;
}

static bool positions(VM *m, const VMValue *c, VMValue *out)
{
    size_t n = 0, k = 0;
    VMValue r = {.set = true};
    if (!c->a || c->a->rank != 1)
        return wrong_shape(m, "write A[A[:,1] > 0, :]",
                           "conditions in an index are a vector, one for each element");
    for (size_t i = 0; i < c->a->n; i++)
        n += vm_data(c)[i] != 0;
    if (!array_new(m, n, &r))
        return false;
    for (size_t i = 0; i < c->a->n; i++)
        if (vm_data(c)[i] != 0)
            r.a->v[k++] = (double)i + 1;
    vm_value_clear(out);
    *out = r;
    return true;
}

static bool length(VM *m, const VMValue *a, VMValue *out)
{
    if (!a->a)
        return wrong_shape(m, NULL, "a number has no length");
    double n = (double)a->a->dim[0];
    vm_set_number(out, n);
    return true;
}

bool vm_is_range(const Node *op)
{
    switch (op ? (int)op->op : 0) {
    case OP_RANGE:
    case OP_SEQUENCE:
    case OP_LENGTH:
    case OP_POSITIONS: return true;
    default: return false;
    }
}

bool vm_range(VM *m, const Node *op, const VMValue *const *arg, size_t n, VMValue *out)
{
    switch ((int)op->op) {
    case OP_POSITIONS: return positions(m, arg[0], out);
    case OP_LENGTH: return length(m, arg[0], out);
    default: return sequence(m, op, arg, n, out);
    }
}
