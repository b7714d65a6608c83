/* procedure/list.c - what procedures compute with: numbers, lists, and their derivatives. */
#include "point/point.h"
#include "procedure/vm.h"
#include "print/print.h"
#include <math.h>

enum { OFTEN = 1000 }; /* runs after which machine code pays */

static bool shape_error(VM *m, const char *hint, const char *what)
{
    ctx_error(m->c, LBZ_SHAPE, hint, "%s", what);
    return false;
}

/* ---- values ------------------------------------------------------------------------ */
VMList *vm_list_new(VM *m, unsigned rank, const size_t *dim)
{
    size_t n = 1;
    for (unsigned i = 0; i < rank; i++) {
        if (dim[i] && n > ((size_t)1 << 28) / dim[i]) {
            ctx_error(m->c, LBZ_LIMIT, NULL, "a list of more than 2^28 elements");
            return NULL;
        }
        n *= dim[i];
    }
    Env *env = &m->c->env;
    size_t size = sizeof(VMList) + n * (sizeof(double) + sizeof(Aux));
    if (size > env->mem_cap || env->mem_used > env->mem_cap - size) {
        ctx_error(
            m->c, LBZ_LIMIT, "`set maxmem 8G` allows more",
            "a list of %zu elements does not fit into the %zu MiB of memory allowed", n,
            env->mem_cap >> 20);
        return NULL;
    }
    VMList *l = mem_alloc(size);
    if (!l) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory for a list of %zu elements", n);
        return NULL;
    }
    *l = (VMList){
        .refs = 1, .rank = rank, .n = n, .v = (double *)(l + 1), .used = &env->mem_used};
    env->mem_used += size;
    l->x = (Aux *)(l->v + n);
    memcpy(l->dim, dim, rank * sizeof *dim);
    memset(l->x, 0, n * sizeof *l->x);
    return l;
}

void vm_list_release(VMList *l)
{
    if (l && --l->refs == 0) {
        *l->used -= sizeof *l + l->n * (sizeof(double) + sizeof(Aux));
        mem_free(l);
    }
}

void vm_value_clear(VMValue *v)
{
    vm_list_release(v->t);
    *v = (VMValue){0};
}

void vm_value_copy(VMValue *to, const VMValue *from)
{
    VMList *old = to->t;
    if (from->t)
        from->t->refs++;
    *to = *from;
    vm_list_release(old);
}

bool vm_value_own(VM *m, VMValue *v)
{
    if (!v->t || v->t->refs == 1)
        return true;
    VMList *l = vm_list_new(m, v->t->rank, v->t->dim);
    if (!l)
        return false;
    memcpy(l->v, v->t->v, l->n * sizeof *l->v);
    memcpy(l->x, v->t->x, l->n * sizeof *l->x);
    v->t->refs--;
    v->t = l;
    return true;
}

static void set_number(VMValue *out, double v)
{
    vm_value_clear(out);
    *out = (VMValue){.v = v, .set = true};
}

static void set_list(VMValue *out, VMList *l)
{
    vm_value_clear(out);
    *out = (VMValue){.t = l, .set = true};
}

/* ---- indices ----------------------------------------------------------------------- */
static bool index_of(VM *m, const VMValue *i, size_t dim, size_t *out)
{
    if (i->t)
        return shape_error(m, "write v[2]", "an index is a number, not a list");
    if (i->v != floor(i->v) || i->v < 1 || i->v > (double)dim) {
        ctx_error(m->c, LBZ_DOMAIN, "elements are counted from 1",
                  "the index %g is not one of 1 ... %zu", i->v, dim);
        return false;
    }
    *out = (size_t)i->v - 1;
    return true;
}

/* Offset and size of the part that n indices choose. */
static bool part_of(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
                    size_t *at, size_t *size)
{
    if (!v->t)
        return shape_error(m, NULL, "a number has no elements");
    if (n > v->t->rank)
        return shape_error(m, NULL, "there are more indices than the list has levels");
    *at = 0;
    *size = v->t->n;
    for (size_t k = 0; k < n; k++) {
        size_t i = 0;
        if (!index_of(m, index[k], v->t->dim[k], &i))
            return false;
        *size /= v->t->dim[k];
        *at += i * *size;
    }
    return true;
}

bool vm_index(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
              VMValue *out)
{
    size_t at, size;
    if (!part_of(m, v, index, n, &at, &size))
        return false;
    if (n == v->t->rank) {
        VMValue r = {.v = v->t->v[at], .x = v->t->x[at], .set = true};
        vm_value_clear(out);
        *out = r;
        return true;
    }
    VMList *l = vm_list_new(m, v->t->rank - (unsigned)n, v->t->dim + n);
    if (!l)
        return false;
    memcpy(l->v, v->t->v + at, size * sizeof *l->v);
    memcpy(l->x, v->t->x + at, size * sizeof *l->x);
    set_list(out, l);
    return true;
}

bool vm_store(VM *m, VMValue *v, const VMValue *const *index, size_t n, const VMValue *x)
{
    size_t at, size;
    if (!part_of(m, v, index, n, &at, &size))
        return false;
    if ((x->t ? x->t->n : 1) != size || (n == v->t->rank) != !x->t)
        return shape_error(m, NULL, "what is stored has not the size of its place");
    if (!vm_value_own(m, v))
        return false;
    memcpy(v->t->v + at, x->t ? x->t->v : &x->v, size * sizeof(double));
    memcpy(v->t->x + at, x->t ? x->t->x : &x->x, size * sizeof(Aux));
    return true;
}

static bool same_shape(const VMValue *a, const VMValue *b)
{
    if (!a->t || !b->t)
        return !a->t && !b->t;
    return a->t->rank == b->t->rank &&
           memcmp(a->t->dim, b->t->dim, a->t->rank * sizeof *a->t->dim) == 0;
}

bool vm_make_list(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    size_t dim[PROCEDURE_RANK + 1] = {n};
    unsigned rank = n && arg[0]->t ? arg[0]->t->rank + 1 : 1;
    if (rank > PROCEDURE_RANK)
        return shape_error(m, NULL, "lists are nested more than 4 deep");
    if (rank > 1)
        memcpy(dim + 1, arg[0]->t->dim, (rank - 1) * sizeof *dim);
    for (size_t i = 1; i < n; i++)
        if (!same_shape(arg[0], arg[i]))
            return shape_error(m, "make all rows equally long",
                               "the elements of a list have different sizes");
    VMList *l = vm_list_new(m, rank, dim);
    if (!l)
        return false;
    size_t size = n ? l->n / n : 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(l->v + i * size, arg[i]->t ? arg[i]->t->v : &arg[i]->v,
               size * sizeof(double));
        memcpy(l->x + i * size, arg[i]->t ? arg[i]->t->x : &arg[i]->x,
               size * sizeof(Aux));
    }
    set_list(out, l);
    return true;
}

/* ---- functions of lists ------------------------------------------------------------ */
static const double *value_elements(const VMValue *a, const Aux **x, size_t *n)
{
    *n = a->t ? a->t->n : 1;
    *x = a->t ? a->t->x : &a->x;
    return a->t ? a->t->v : &a->v;
}

static bool by_id(const VM *m) { return m->mode == RUN_TAPE || m->mode == RUN_RECORD; }

/* A number that depends on the n values x by partial[]. NULL: all partials are 1. */
static Aux reduce_list(VM *m, const Aux *x, const double *partial, size_t n, double scale)
{
    Aux r = {0};
    for (size_t i = 0; m->mode != RUN_VALUE && i < n; i++) {
        double d = partial ? partial[i] * scale : scale;
        if (m->mode == RUN_TAPE)
            tape_arg(m, x[i].id, d);
        else if (x[i].dot != 0 && d != 0)
            r.dot += d * x[i].dot;
    }
    if (m->mode == RUN_TAPE)
        r.id = tape_end(m);
    return r;
}

static bool list_sum(VM *m, const VMValue *a, VMValue *out)
{
    const Aux *x;
    size_t n;
    const double *v = value_elements(a, &x, &n);
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += v[i];
    Aux r =
        m->mode == RUN_RECORD ? record_sum(m, x, v, n) : reduce_list(m, x, NULL, n, 1);
    set_number(out, s);
    out->x = r;
    return true;
}

/* The subgradient of least norm at 0 is 0. */
static bool list_norm(VM *m, const VMValue *a, VMValue *out)
{
    const Aux *x;
    size_t n;
    const double *v = value_elements(a, &x, &n);
    double s = 0, big = 0;
    for (size_t i = 0; i < n; i++)
        big = fmax(big, fabs(v[i]));
    for (size_t i = 0; i < n && big > 0; i++)
        s += v[i] / big * (v[i] / big);
    s = big * sqrt(s);
    Aux r = m->mode == RUN_RECORD ? record_norm(m, x, v, n)
                                  : reduce_list(m, x, v, n, s > 0 ? 1 / s : 0);
    m->special |= s == 0 ? PROCEDURE_KINK : 0;
    set_number(out, s);
    out->x = r;
    return true;
}

static bool list_dot(VM *m, const VMValue *a, const VMValue *b, VMValue *out)
{
    const Aux *x, *y;
    size_t n, k;
    const double *v = value_elements(a, &x, &n), *w = value_elements(b, &y, &k);
    double s = 0;
    Aux r = {0};
    if (n != k)
        return shape_error(m, NULL, "dot() needs two lists of one length");
    for (size_t i = 0; i < n; i++) {
        s += v[i] * w[i];
        if (m->mode == RUN_TAPE) {
            tape_arg(m, x[i].id, w[i]);
            tape_arg(m, y[i].id, v[i]);
        } else if (m->mode == RUN_FORWARD) {
            r.dot += v[i] * y[i].dot + w[i] * x[i].dot;
        }
    }
    if (m->mode == RUN_TAPE)
        r.id = tape_end(m);
    else if (m->mode == RUN_RECORD)
        r = record_dot(m, x, v, y, w, n);
    set_number(out, s);
    out->x = r;
    return true;
}

static bool list_zeros(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    size_t dim[PROCEDURE_RANK];
    if (n > PROCEDURE_RANK)
        return shape_error(m, NULL, "lists are nested at most 4 deep");
    for (size_t i = 0; i < n; i++) {
        if (arg[i]->t || !(arg[i]->v >= 0 && arg[i]->v < 1e9) ||
            arg[i]->v != floor(arg[i]->v))
            return shape_error(m, "write zeros(3)",
                               "zeros() needs whole numbers from 0 on");
        dim[i] = (size_t)arg[i]->v;
    }
    VMList *l = vm_list_new(m, (unsigned)n, dim);
    if (!l)
        return false;
    memset(l->v, 0, l->n * sizeof *l->v);
    set_list(out, l);
    return true;
}

static bool list_linspace(VM *m, const VMValue *const *arg, VMValue *out)
{
    double n = arg[2]->v, steps = fmax(n - 1, 1);
    if (arg[0]->t || arg[1]->t || arg[2]->t || !(n >= 1 && n < 1e9) || n != floor(n))
        return shape_error(m, "write linspace(0, 1, 11)",
                           "linspace() needs two numbers and a whole number from 1 on");
    VMList *l = vm_list_new(m, 1, (size_t[]){(size_t)n});
    for (size_t i = 0; l && i < l->n; i++)
        l->v[i] = i && (double)i == steps
                      ? arg[1]->v
                      : arg[0]->v + (arg[1]->v - arg[0]->v) * ((double)i / steps);
    if (l)
        set_list(out, l);
    return l != NULL;
}

bool vm_list_op(VM *m, Op fn, const VMValue *const *arg, size_t n, VMValue *out)
{
    switch ((int)fn) {
    case OP_TOTAL: return list_sum(m, arg[0], out);
    case OP_NORM: return list_norm(m, arg[0], out);
    case OP_DOT: return list_dot(m, arg[0], arg[1], out);
    case OP_ZEROS: return list_zeros(m, arg, n, out);
    case OP_LINSPACE: return list_linspace(m, arg, out);
    case OP_LENGTH:
        if (!arg[0]->t)
            return shape_error(m, NULL, "a number has no length");
        set_number(out, (double)arg[0]->t->dim[0]);
        return true;
    default:
        ctx_error(m->c, LBZ_UNABLE, NULL, "%s has no value on numbers",
                  op_info(fn)->name);
        return false;
    }
}

/* ---- elementwise expressions ------------------------------------------------------- */
static bool kernel_blame(VM *m, const VKernel *k)
{
    double *v = mem_alloc((k->p->n + 1) * sizeof *v);
    Str s = {0};
    if (v && cpu_values(k->p, k->in, v, 0))
        m->c->env.about = program_node(k->p, program_culprit(k->p, v, k->out));
    if (v && program_blame(m->c, k->p, v, k->out, &s))
        ctx_error(m->c, LBZ_DOMAIN, "check the values that reach it", "no real value: %s",
                  str_cstr(&s));
    else
        ctx_error(m->c, LBZ_DOMAIN, NULL, "a value is not a number");
    str_free(&s);
    mem_free(v);
    return false;
}

static bool has_nan(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return true;
    return false;
}

/* Does any argument carry a derivative? */
static bool is_active(const VM *m, const VMValue *const *arg, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        const Aux *x = arg[i]->t ? &arg[i]->t->x[at] : &arg[i]->x;
        if (by_id(m) ? x->id != 0 : x->dot != 0)
            return true;
    }
    return false;
}

/* Can a kink of v be where its operands are a[0], a[1], a[2]? Kinks of the table are at
 * whole and half numbers, and where two operands, their signs aside, are equal or
 * multiples. */
static bool may_be_kink(const ProgramValue *v, const double *a)
{
    if (pg_is_comparison(v))
        return a[0] == a[1];
    for (int i = 0; i < 3; i++) {
        double b = a[(i + 1) % 3], q = a[i] / b;
        if (2 * a[i] == rint(2 * a[i]) || q == rint(q))
            return true;
    }
    return false;
}

/* Was the last run on a kink, or a partial derivative not finite? In a condition: were equals
 * compared? */
static unsigned is_special(const VKernel *k, size_t n)
{
    bool may = false, is = false;
    for (size_t i = 0; i < n && !k->answers; i++)
        if (!isfinite(k->res[1 + i]))
            return PROCEDURE_KINK;
    for (size_t i = 0; i < k->ntests && !may; i++)
        may = may_be_kink(&k->p->val[k->test[i]], k->res + 1 + n + 3 * i);
    bool met = !k->answers && kernel_met(k->grad, k->gslots);
    double *v = may || met ? mem_alloc((k->p->n + 1) * sizeof *v) : NULL;
    if (v && cpu_values(k->p, k->in, v, 0)) {
        is = met && program_hides(k->p, v);
        for (size_t i = 0; i < k->ntests && !is; i++)
            is = kink_value(k->p, v, k->test[i]);
    }
    mem_free(v);
    return !is ? 0 : k->answers ? PROCEDURE_TIE : PROCEDURE_KINK;
}

static bool kernel_element(VM *m, VKernel *k, const VMValue *const *arg, size_t n,
                           size_t at, double *v, Aux *x)
{
    x->dot = 0; /* an id of 0, too: it is as wide */
    for (size_t i = 0; i < n; i++)
        k->in[i] = arg[i]->t ? arg[i]->t->v[at] : arg[i]->v;
    if (++k->runs == OFTEN) {
        kernel_speed_up(k->value);
        kernel_speed_up(k->grad);
    }
    if (m->mode == RUN_VALUE || m->mode == RUN_RECORD || !is_active(m, arg, n, at)) {
        if (m->mode == RUN_RECORD && !k->answers && is_active(m, arg, n, at))
            *x = record_kernel(m, k, arg, n, at);
        kernel_run(k->value, k->slots, k->in, k->res);
        *v = k->res[0];
        return !isnan(*v) || has_nan(k->in, n) || kernel_blame(m, k);
    }
    kernel_run(k->grad, k->gslots, k->in, k->res);
    *v = k->res[0];
    if (!m->special)
        m->special |= is_special(k, n);
    if (k->answers)
        return !isnan(*v) || has_nan(k->in, n) || kernel_blame(m, k);
    for (size_t i = 0; i < n; i++) {
        const Aux *y = arg[i]->t ? &arg[i]->t->x[at] : &arg[i]->x;
        double d = k->res[1 + i];
        if (m->mode == RUN_TAPE)
            tape_arg(m, y->id, d);
        else if (y->dot != 0 && d != 0)
            x->dot += d * y->dot;
    }
    if (m->mode == RUN_TAPE)
        x->id = tape_end(m);
    return !isnan(*v) || has_nan(k->in, n) || kernel_blame(m, k);
}

/* With operands of smaller shapes, which are spread first. */
static bool kernel_spread(VM *m, VKernel *k, const VMValue *const *arg, size_t n,
                          const VMShape *s, VMValue *out)
{
    VMValue *wide = mem_alloc((n + 1) * sizeof *wide);
    const VMValue **a = mem_alloc((n + 1) * sizeof *a);
    bool ok = wide && a;
    if (!ok)
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    for (size_t i = 0; ok && i < n; i++) {
        wide[i] = (VMValue){0};
        a[i] = vm_has_shape(arg[i], s) ? arg[i] : &wide[i];
        if (a[i] == &wide[i] && !vm_spread(m, arg[i], s, &wide[i])) {
            n = i + 1;
            ok = false;
        }
    }
    ok = ok && vm_kernel(m, k, a, n, out);
    for (size_t i = 0; wide && a && i < n; i++)
        vm_value_clear(&wide[i]);
    mem_free(wide);
    mem_free(a);
    return ok;
}

bool vm_kernel(VM *m, VKernel *k, const VMValue *const *arg, size_t n, VMValue *out)
{
    VMShape s;
    if (!vm_common_shape(m, arg, n, &s))
        return false;
    if (!s.rank) {
        double v = 0;
        Aux x;
        if (!kernel_element(m, k, arg, n, 0, &v, &x))
            return false;
        set_number(out, v);
        out->x = x;
        return true;
    }
    for (size_t i = 0; i < n; i++)
        if (!vm_has_shape(arg[i], &s))
            return kernel_spread(m, k, arg, n, &s, out);
    VMList *l = vm_list_new(m, s.rank, s.dim);
    bool ok = l != NULL;
    if (ok)
        l->row = s.row;
    for (size_t i = 0; ok && i < l->n; i++)
        ok = kernel_element(m, k, arg, n, i, &l->v[i], &l->x[i]) &&
             !(i % 4096 == 4095 && ctx_poll(m->c));
    if (ok)
        set_list(out, l);
    else
        vm_list_release(l);
    return ok;
}
