/* procedure/place.c - elements and parts of arrays: taken, replaced, put together. All of it is
 * linear: the tape keeps places. */
#include "procedure/vm.h"
#include <math.h>

static bool shape_error(VM *m, const char *hint, const char *what)
{
    ctx_error(m->c, LBZ_SHAPE, hint, "%s", what);
    return false;
}

/* ---- places */
/* Elements of an array: count[k] along axis k, from first[k] on, or those that list[k] numbers. */
typedef struct {
    Dims of;
    size_t count[TENSOR_RANK], first[TENSOR_RANK];
    const double *list[TENSOR_RANK]; /* from 1 on; the index's own. NULL: there is none */
    Dims part;                       /* without the axes that a number was given for */
    size_t n;
    size_t offset; /* of the first element, where they stand one after the other ... */
    size_t *at;    /* ... else of each; owned */
} Place;

/* Counted from 0; below 0 an index counts from the end. */
static size_t place_of(double i, size_t dim)
{
    return (size_t)(i < 0 ? (double)dim + i : i - 1);
}

static bool whole_index(VM *m, double i, size_t dim)
{
    double k = i < 0 ? (double)dim + 1 + i : i;
    if (i == floor(i) && k >= 1 && k <= (double)dim)
        return true;
    ctx_error(m->c, LBZ_DOMAIN, "elements are counted from 1",
              "the index %g is not one of 1 ... %zu", i, dim);
    return false;
}

static bool add_index(VM *m, Place *p, unsigned axis, const VMValue *i)
{
    size_t n = vm_count(i), dim = p->of.dim[axis];
    if (i->a && i->a->rank != 1)
        return shape_error(m, "write v[2] or v[2:3]", "an index is a number or a list");
    for (size_t k = 0; k < n; k++)
        if (!whole_index(m, vm_data(i)[k], dim))
            return false;
    p->count[axis] = n;
    p->list[axis] = i->a ? vm_data(i) : NULL;
    p->first[axis] = i->a ? 0 : place_of(i->v, dim);
    if (i->a)
        p->part.dim[p->part.rank++] = n;
    return true;
}

static size_t index_at(const Place *p, unsigned axis, size_t k)
{
    return p->list[axis] ? place_of(p->list[axis][k], p->of.dim[axis])
                         : p->first[axis] + k;
}

/* Behind the first axis that more than one element is taken of, all axes are whole. */
static bool is_run(const Place *p)
{
    bool more = false;
    for (unsigned k = 0; k < p->of.rank; k++) {
        if ((p->list[k] && p->count[k] != 1) || (more && p->count[k] != p->of.dim[k]))
            return false;
        more = more || p->count[k] != 1;
    }
    return true;
}

static void fill_offsets(Place *p)
{
    size_t k[TENSOR_RANK] = {0};
    for (size_t i = 0; i < p->n; i++) {
        size_t at = 0;
        for (unsigned j = 0; j < p->of.rank; j++)
            at = at * p->of.dim[j] + index_at(p, j, k[j]);
        p->at[i] = at;
        for (unsigned j = p->of.rank; j-- > 0;) {
            if (++k[j] < p->count[j])
                break;
            k[j] = 0;
        }
    }
}

static bool place_open(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
                       Place *p)
{
    *p = (Place){.of = vm_dims(v), .n = 1};
    if (!v->a)
        return shape_error(m, NULL, "a number has no elements");
    if (n > p->of.rank)
        return shape_error(m, NULL, "there are more indices than the list has levels");
    for (unsigned k = 0; k < p->of.rank; k++) {
        if (k < n && !add_index(m, p, k, index[k]))
            return false;
        if (k >= n)
            p->part.dim[p->part.rank++] = p->count[k] = p->of.dim[k];
        p->n *= p->count[k];
    }
    if (is_run(p)) {
        for (unsigned k = 0; k < p->of.rank && p->n; k++)
            p->offset = p->offset * p->of.dim[k] + index_at(p, k, 0);
        return true;
    }
    p->at = mem_alloc((p->n + 1) * sizeof *p->at);
    if (p->at)
        fill_offsets(p);
    else
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return p->at != NULL;
}

static void take(const Place *p, const double *from, double *to)
{
    if (!p->at && p->n)
        memcpy(to, from + p->offset, p->n * sizeof *to);
    for (size_t i = 0; p->at && i < p->n; i++)
        to[i] = from[p->at[i]];
}

/* By steps of `step`: 0 puts one number everywhere. */
static void put(const Place *p, double *to, const double *from, size_t step)
{
    for (size_t i = 0; i < p->n; i++)
        to[p->at ? p->at[i] : p->offset + i] = from[i * step];
}

/* ---- on the tape and the record */
/* The event gets the place; its offsets are the event's from now on. */
static bool tape_place(VM *m, TapeEvent *e, Place *p)
{
    e->offset = p->offset;
    e->n = p->n;
    if (!p->at)
        return true;
    TapeDetails *d = tape_details(m, e, 0);
    if (!d)
        return false;
    d->at = p->at;
    p->at = NULL;
    return true;
}

static uint32_t record_offsets(VM *m, const Place *p)
{
    Tensor t;
    if (!tensor_new(&m->c->env, DT_FLOAT64, &(Dims){.rank = 1, .dim = {p->n}}, "indices",
                    &t))
        return 0;
    for (size_t i = 0; i < p->n; i++)
        tensor_doubles(&t)[i] = (double)(p->at ? p->at[i] : p->offset + i);
    uint32_t v = pg_data(m->record, &t);
    tensor_release(&t);
    return v;
}

static uint32_t record_flat(VM *m, uint32_t v)
{
    if (ctx_failed(m->c))
        return 0;
    size_t n = dims_count(pg_dims(m->record, v));
    return pg_reshape(m->record, v, &(Dims){.rank = 1, .dim = {n}});
}

static Aux record_pick(VM *m, const VMValue *v, const Place *p)
{
    uint32_t flat = record_flat(m, record_id(m, v));
    if (ctx_failed(m->c))
        return (Aux){0};
    uint32_t r = p->n == 1 ? pg_pick(m->record, flat, 0, p->at ? p->at[0] : p->offset)
                 : p->at   ? pg_gather(m->record, flat, record_offsets(m, p), 0)
                           : pg_slice(m->record, flat, 0, p->offset, p->n, 1);
    return record_aux(m, pg_reshape(m->record, r, &p->part));
}

static Aux record_store(VM *m, const VMValue *v, const Place *p, const VMValue *x)
{
    Program *r = m->record;
    Dims of = p->of;
    uint32_t flat = record_flat(m, record_id(m, v)), part = record_id(m, x), out;
    part = pg_fit(r, pg_reshape(r, part, &(Dims){.rank = 1, .dim = {vm_count(x)}}),
                  pg_shape(r, &(Dims){.rank = 1, .dim = {p->n}}));
    if (ctx_failed(m->c))
        return (Aux){0};
    if (!p->at) {
        ProgramView view = {.to = r->val[part].shape, .offset = (ptrdiff_t)p->offset};
        view.stride[0] = 1;
        out = pg_put(r, flat, part, &view);
    } else {
        out = flat;
        for (size_t i = 0; i < p->n && !ctx_poll(m->c); i++) {
            Dims one = {.rank = 1, .dim = {1}};
            ProgramView view = {.to = pg_shape(r, &one), .offset = (ptrdiff_t)p->at[i]};
            view.stride[0] = 1;
            out = pg_put(r, out, pg_slice(r, part, 0, i, 1, 1), &view);
        }
    }
    return record_aux(m, pg_reshape(r, out, &of));
}

/* ---- elements */
static bool pick_tangent(VM *m, const VMValue *v, const Place *p, VMValue *out)
{
    double *d = v->a->dot ? vm_dot_room(m, out) : NULL;
    if (d)
        take(p, v->a->dot->v, d);
    return d || !v->a->dot;
}

static bool tape_pick(VM *m, uint32_t from, Place *p, VMValue *out)
{
    if (!out->a) {
        out->x.id = tape_element(m, from, p->at ? p->at[0] : p->offset);
        return !ctx_failed(m->c);
    }
    TapeEvent *e = tape_event(m, TAPE_PICK);
    if (!e)
        return false;
    e->from = from;
    bool ok = tape_place(m, e, p);
    tape_result(m, e, out);
    return ok;
}

static bool pick(VM *m, const VMValue *v, Place *p, VMValue *out)
{
    VMValue r = {.set = true};
    if (p->part.rank) {
        r.a = vm_array_new(m, &p->part);
        if (!r.a)
            return false;
        take(p, vm_data(v), r.a->v);
    } else {
        take(p, vm_data(v), &r.v);
    }
    bool ok = true;
    if (vm_is_active(m, v) && m->mode == RUN_RECORD)
        r.x = record_pick(m, v, p);
    else if (vm_is_active(m, v))
        ok = m->mode == RUN_FORWARD ? pick_tangent(m, v, p, &r)
                                    : tape_pick(m, v->x.id, p, &r);
    vm_value_clear(out);
    *out = r;
    return ok;
}

bool vm_index(VM *m, const VMValue *v, const VMValue *const *index, size_t n,
              VMValue *out)
{
    Place p;
    bool ok = place_open(m, v, index, n, &p) && pick(m, v, &p, out);
    mem_free(p.at);
    return ok;
}

/* ---- storing */
static bool store_tangent(VM *m, VMValue *v, const Place *p, const VMValue *x)
{
    if (!vm_is_active(m, v) && !vm_is_active(m, x))
        return true;
    double *d = vm_dot_room(m, v), zero = 0;
    const double *from = !x->a ? &x->x.dot : x->a->dot ? x->a->dot->v : &zero;
    if (d)
        put(p, d, from, x->a && x->a->dot);
    return d != NULL;
}

static bool tape_store(VM *m, VMValue *v, Place *p, const VMValue *x)
{
    if (!vm_is_active(m, v) && !vm_is_active(m, x))
        return true;
    TapeEvent *e = tape_event(m, TAPE_STORE);
    if (!e)
        return false;
    e->from = v->x.id;
    e->with = x->x.id;
    e->with_array = x->a != NULL;
    bool ok = tape_place(m, e, p);
    tape_result(m, e, v);
    return ok;
}

static bool store(VM *m, VMValue *v, Place *p, const VMValue *x)
{
    if (vm_count(x) != p->n || (p->part.rank == 0) != !x->a)
        return shape_error(m, NULL, "what is stored has not the size of its place");
    Aux id = v->x;
    if (m->mode == RUN_RECORD && (vm_is_active(m, v) || vm_is_active(m, x)))
        id = record_store(m, v, p, x);
    if (!vm_value_own(m, v) || (m->mode == RUN_FORWARD && !store_tangent(m, v, p, x)))
        return false;
    put(p, v->a->v, vm_data(x), x->a != NULL);
    v->x = id;
    return m->mode != RUN_TAPE || tape_store(m, v, p, x);
}

/* A number in all places. */
static bool store_everywhere(VM *m, VMValue *v, Place *p, const VMValue *x)
{
    VMValue all = {.set = true};
    const VMValue **arg = mem_alloc((p->n + 1) * sizeof *arg);
    for (size_t i = 0; arg && i < p->n; i++)
        arg[i] = x;
    if (!arg)
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    bool ok = arg && vm_make_list(m, arg, p->n, &all) && store(m, v, p, &all);
    vm_value_clear(&all);
    mem_free(arg);
    return ok;
}

bool vm_store(VM *m, VMValue *v, const VMValue *const *index, size_t n, const VMValue *x)
{
    Place p;
    bool ok = place_open(m, v, index, n, &p) &&
              (p.part.rank && !x->a ? store_everywhere(m, v, &p, x) : store(m, v, &p, x));
    mem_free(p.at);
    return ok;
}

/* ---- lists of elements */
static bool any_active(const VM *m, const VMValue *const *arg, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (vm_is_active(m, arg[i]))
            return true;
    return false;
}

static bool list_tangent(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    double *d = vm_dot_room(m, out);
    for (size_t i = 0, at = 0; d && i < n; i++)
        for (size_t k = 0; k < vm_count(arg[i]); k++)
            d[at++] = vm_dot(arg[i], k);
    return d != NULL;
}

static bool tape_list(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    TapeEvent *e = tape_event(m, TAPE_LIST);
    TapeDetails *d = e ? tape_details(m, e, 0) : NULL;
    size_t *id = d ? mem_alloc((n + 1) * sizeof *id) : NULL;
    if (!id) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        id[i] = arg[i]->x.id;
        e->with_array = arg[i]->a != NULL;
    }
    d->at = id;
    e->n = n;
    m->tape.kept += n * sizeof *id;
    tape_result(m, e, out);
    return true;
}

static Aux record_list(VM *m, const VMValue *const *arg, size_t n)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    uint32_t *v = ARENA_NEW(&m->c->tmp, uint32_t, n + 1);
    for (size_t i = 0; v && i < n; i++)
        v[i] = record_id(m, arg[i]);
    Aux r = v ? record_aux(m, pg_stack(m->record, n, v)) : (Aux){0};
    arena_release(&m->c->tmp, mark);
    return r;
}

static VMArray *array_of(VM *m, const VMValue *const *arg, size_t n)
{
    Dims d = {.rank = 1, .dim = {n}}, part = n ? vm_dims(arg[0]) : (Dims){0};
    if (part.rank == TENSOR_RANK) {
        ctx_error(m->c, LBZ_SHAPE, NULL, "lists are nested more than %d deep",
                  TENSOR_RANK);
        return NULL;
    }
    for (size_t i = 1; i < n; i++) {
        Dims other = vm_dims(arg[i]);
        if (!dims_equal(&part, &other)) {
            shape_error(m, "make all rows equally long",
                        "the elements of a list have different sizes");
            return NULL;
        }
    }
    memcpy(d.dim + 1, part.dim, part.rank * sizeof *d.dim);
    d.rank += part.rank;
    VMArray *a = vm_array_new(m, &d);
    for (size_t i = 0, at = 0; a && i < n; at += vm_count(arg[i++]))
        memcpy(a->v + at, vm_data(arg[i]), vm_count(arg[i]) * sizeof(double));
    return a;
}

bool vm_make_list(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    VMValue r = {.a = array_of(m, arg, n), .set = true};
    bool ok = r.a != NULL;
    if (ok && any_active(m, arg, n)) {
        if (m->mode == RUN_RECORD)
            r.x = record_list(m, arg, n);
        else
            ok = m->mode == RUN_FORWARD ? list_tangent(m, arg, n, &r)
                                        : tape_list(m, arg, n, &r);
    }
    vm_value_clear(out);
    *out = r;
    return ok;
}
