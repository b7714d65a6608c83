/* procedure/value.c - what procedures compute with: numbers and arrays, and what they carry. */
#include "procedure/vm.h"

/* ---- arrays */
VMArray *vm_array_of(Tensor *t)
{
    VMArray *a = mem_alloc(sizeof *a);
    if (a)
        *a = (VMArray){.refs = 1, .t = *t};
    else
        tensor_release(t);
    *t = (Tensor){0};
    return a;
}

VMArray *vm_array_new(VM *m, const Dims *d)
{
    Tensor t;
    if (!tensor_new(&m->c->env, DT_FLOAT64, d, "a list", &t))
        return NULL;
    VMArray *a = vm_array_of(&t);
    if (!a)
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return a;
}

void vm_array_release(VMArray *a)
{
    if (!a || --a->refs)
        return;
    tensor_release(&a->t);
    vm_array_release(a->dot); /* which has none itself */
    mem_free(a);
}

/* ---- values */
void vm_value_clear(VMValue *v)
{
    vm_array_release(v->a);
    *v = (VMValue){0};
}

void vm_value_copy(VMValue *to, const VMValue *from)
{
    VMArray *old = to->a;
    if (from->a)
        from->a->refs++;
    *to = *from;
    vm_array_release(old);
}

static bool own_array(VM *m, VMArray **a)
{
    if ((*a)->refs > 1) {
        Tensor t = tensor_share(&(*a)->t);
        VMArray *own = vm_array_of(&t);
        if (!own) {
            ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
            return false;
        }
        own->row = (*a)->row;
        own->dot = (*a)->dot;
        if (own->dot)
            own->dot->refs++;
        vm_array_release(*a);
        *a = own;
    }
    return tensor_own(&m->c->env, &(*a)->t);
}

bool vm_value_own(VM *m, VMValue *v)
{
    return !v->a || (own_array(m, &v->a) && (!v->a->dot || own_array(m, &v->a->dot)));
}

void vm_set_number(VMValue *out, double v)
{
    vm_value_clear(out);
    *out = (VMValue){.v = v, .set = true};
}

void vm_set_array(VMValue *out, VMArray *a)
{
    vm_value_clear(out);
    *out = (VMValue){.a = a, .set = true};
}

/* ---- what they carry */
bool vm_is_active(const VM *m, const VMValue *v)
{
    return m->mode == RUN_FORWARD ? (v->a ? v->a->dot != NULL : v->x.dot != 0)
                                  : m->mode != RUN_VALUE && v->x.id != 0;
}

double vm_dot(const VMValue *v, size_t i)
{
    return !v->a ? v->x.dot : v->a->dot ? tensor_doubles(&v->a->dot->t)[i] : 0;
}

double *vm_dot_room(VM *m, VMValue *v)
{
    if (!v->a)
        return &v->x.dot;
    if (!v->a->dot) {
        v->a->dot = vm_array_new(m, &v->a->t.dims);
        if (v->a->dot)
            memset(tensor_doubles(&v->a->dot->t), 0, vm_count(v) * sizeof(double));
    }
    return v->a->dot ? tensor_doubles(&v->a->dot->t) : NULL;
}

/* ---- from outside, and back */
bool vm_from_list(VM *m, const ProcedureList *l, VMValue *v)
{
    if (l->rank == 0) {
        vm_set_number(v, l->v[0]);
        return true;
    }
    Dims d = {.rank = l->rank};
    memcpy(d.dim, l->dim, l->rank * sizeof *d.dim);
    VMArray *a = vm_array_new(m, &d);
    if (!a)
        return false;
    if (l->n)
        memcpy(tensor_doubles(&a->t), l->v, l->n * sizeof *l->v);
    vm_set_array(v, a);
    return true;
}

bool vm_to_list(VM *m, const VMValue *v, bool dot, ProcedureList *l)
{
    size_t n = vm_count(v);
    Dims d = vm_dims(v);
    *l = (ProcedureList){.rank = d.rank, .n = n, .v = mem_alloc((n + 1) * sizeof *l->v)};
    if (!l->v) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    memcpy(l->dim, d.dim, d.rank * sizeof *l->dim);
    for (size_t i = 0; dot && i < n; i++)
        l->v[i] = vm_dot(v, i);
    if (!dot)
        memcpy(l->v, vm_data(v), n * sizeof *l->v);
    return true;
}
