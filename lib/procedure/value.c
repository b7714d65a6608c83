/* procedure/value.c - what procedures compute with: numbers and arrays, and what they carry. */
#include "procedure/vm.h"

enum { SMALL = 64 }; /* elements that stand in the array itself */

/* ---- arrays */
static Tensor *tensor_in(const VMArray *a)
{
    return (Tensor *)(uintptr_t)(a->dim + a->rank);
}

static VMArray *new_array(VM *m, const Dims *d, size_t n, bool large)
{
    size_t room = large ? sizeof(Tensor) : n * sizeof(double);
    VMArray *a = mem_alloc(sizeof *a + d->rank * sizeof *a->dim + room);
    if (!a) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    *a = (VMArray){.refs = 1, .rank = (uint8_t)d->rank, .large = large, .n = n};
    memcpy(a->dim, d->dim, d->rank * sizeof *a->dim);
    a->v = (double *)(a->dim + d->rank);
    return a;
}

VMArray *vm_array_new(VM *m, const Dims *d)
{
    size_t n = dims_count(d);
    Tensor t;
    if (n <= SMALL)
        return new_array(m, d, n, false);
    return tensor_new(&m->c->env, DT_FLOAT64, d, "a list", &t) ? vm_array_of(m, &t)
                                                               : NULL;
}

VMArray *vm_array_zeros(VM *m, const Dims *d)
{
    VMArray *a = vm_array_new(m, d);
    if (a && a->n)
        memset(a->v, 0, a->n * sizeof *a->v);
    return a;
}

VMArray *vm_array_of(VM *m, Tensor *t)
{
    size_t n = tensor_count(t);
    VMArray *a = new_array(m, &t->dims, n, n > SMALL);
    if (a && a->large) {
        *tensor_in(a) = *t;
        a->v = tensor_doubles(t);
        *t = (Tensor){0};
        return a;
    }
    if (a && n)
        memcpy(a->v, tensor_doubles(t), n * sizeof *a->v);
    tensor_release(t);
    return a;
}

bool vm_array_tensor(VM *m, const VMArray *a, const Dims *d, Tensor *t)
{
    return a->large ? tensor_reshape(&m->c->env, tensor_in(a), d, t)
                    : tensor_from(&m->c->env, a->v, d, t);
}

void vm_array_release(VMArray *a)
{
    if (!a || --a->refs)
        return;
    if (a->large)
        tensor_release(tensor_in(a));
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
    VMArray *old = *a;
    if (old->refs == 1 && (!old->large || tensor_is_own(tensor_in(old))))
        return true;
    Dims d = vm_dims(&(VMValue){.a = old});
    VMArray *own = vm_array_new(m, &d);
    if (!own)
        return false;
    if (own->n)
        memcpy(own->v, old->v, own->n * sizeof *own->v);
    own->row = old->row;
    own->dot = old->dot;
    if (own->dot)
        own->dot->refs++;
    vm_array_release(old);
    *a = own;
    return true;
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
    return !v->a ? v->x.dot : v->a->dot ? v->a->dot->v[i] : 0;
}

double *vm_dot_room(VM *m, VMValue *v)
{
    if (!v->a)
        return &v->x.dot;
    Dims d = vm_dims(v);
    if (!v->a->dot)
        v->a->dot = vm_array_zeros(m, &d);
    return v->a->dot ? v->a->dot->v : NULL;
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
        memcpy(a->v, l->v, l->n * sizeof *l->v);
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
