/* procedure/product.c - products of lists by their shapes, and what goes with them: contractions,
 * transposes, broadcasting. Every product is one loop over indices, contract_run; its derivatives
 * are those of a product of as many factors. */
#include "expr/tensors.h"
#include "procedure/vm.h"
#include <math.h>

enum { MOST_INDICES = 2 * PROCEDURE_RANK + 1 };

/* ---- values as arrays ----------------------------------------------------------------- */
typedef struct {
    const double *v;
    const Aux *x;
    size_t stride[MOST_INDICES]; /* by index; 0: it does not move along */
} Factor;

typedef struct {
    VM *m;
    unsigned nindices, nout; /* the first nout are axes of the result */
    size_t size[MOST_INDICES];
    Factor f[2];
    size_t n; /* factors: 1 or 2 */
    /* RECORD: the terms of one element */
    double *v, *w;
    Aux *x, *y;
} Contract;

static bool no_shape(VM *m, const char *what)
{
    ctx_error(m->c, LBZ_SHAPE, "sizes are equal or 1, counted from the last axis",
              "the shapes of the lists do not fit in %s", what);
    return false;
}

static unsigned rank_of(const VMValue *a) { return a->t ? a->t->rank : 0; }
static bool is_row(const VMValue *a) { return a->t && a->t->row; }

static const double *factor_values(const VMValue *a, const Aux **x)
{
    *x = a->t ? a->t->x : &a->x;
    return a->t ? a->t->v : &a->v;
}

/* "ab,b->a": the axes of the result come first. False: sizes differ. */
static bool read_text(Contract *k, const char *text, const VMValue *const *arg)
{
    char name[MOST_INDICES];
    const char *out = strstr(text, "->") + 2;
    k->nindices = k->nout = (unsigned)strlen(out);
    memcpy(name, out, k->nout);
    for (size_t i = 0; i < k->n; i++, text += *text == ',') {
        size_t step = arg[i]->t ? arg[i]->t->n : 1;
        for (unsigned axis = 0; *text && *text != ',' && *text != '-'; text++, axis++) {
            size_t dim = arg[i]->t->dim[axis];
            unsigned at = 0;
            while (at < k->nindices && name[at] != *text)
                at++;
            if (at == k->nindices)
                name[k->nindices++] = *text;
            if (k->size[at] != SIZE_MAX && k->size[at] != dim)
                return no_shape(k->m, "a product");
            k->size[at] = dim;
            step = dim ? step / dim : 0;
            k->f[i].stride[at] += step;
        }
    }
    return true;
}

/* ---- the loop ------------------------------------------------------------------------- */
/* Moves at[from, to) on and the factors with it; false: all places were seen. */
static bool move_on(const Contract *k, unsigned from, unsigned to, size_t *at,
                    size_t *offset)
{
    for (unsigned j = to; j-- > from;) {
        for (size_t i = 0; i < k->n; i++)
            offset[i] += k->f[i].stride[j];
        if (++at[j] < k->size[j])
            return true;
        for (size_t i = 0; i < k->n; i++)
            offset[i] -= k->size[j] * k->f[i].stride[j];
        at[j] = 0;
    }
    return false;
}

static void add_term(Contract *k, size_t n, const size_t *offset, double *s, Aux *r)
{
    VM *m = k->m;
    double a = k->f[0].v[offset[0]], b = k->n > 1 ? k->f[1].v[offset[1]] : 1;
    const Aux *x = &k->f[0].x[offset[0]], *y = k->n > 1 ? &k->f[1].x[offset[1]] : NULL;
    *s += a * b;
    if (m->mode == RUN_TAPE) {
        tape_arg(m, x->id, b);
        if (y)
            tape_arg(m, y->id, a);
    } else if (m->mode == RUN_FORWARD) {
        r->dot += (x->dot != 0 ? b * x->dot : 0) + (y && y->dot != 0 ? a * y->dot : 0);
    } else if (m->mode == RUN_RECORD) {
        k->v[n] = a;
        k->x[n] = *x;
        if (y) {
            k->w[n] = b;
            k->y[n] = *y;
        }
    }
}

/* The sum over the indices that are no axes of the result. */
static void one_element(Contract *k, size_t *at, size_t *offset, double *v, Aux *x)
{
    VM *m = k->m;
    size_t n = 0;
    bool none = false;
    *v = 0;
    x->dot = 0; /* an id of 0, too */
    for (unsigned j = k->nout; j < k->nindices; j++)
        none = none || k->size[j] == 0;
    if (!none)
        do
            add_term(k, n++, offset, v, x);
        while (move_on(k, k->nout, k->nindices, at, offset));
    if (m->mode == RUN_TAPE)
        x->id = tape_end(m);
    else if (m->mode == RUN_RECORD)
        *x = k->n > 1 ? record_dot(m, k->x, k->v, k->y, k->w, n)
                      : record_sum(m, k->x, k->v, n);
}

static bool terms_room(Contract *k)
{
    size_t n = 1;
    if (k->m->mode != RUN_RECORD)
        return true;
    for (unsigned j = k->nout; j < k->nindices; j++)
        n *= k->size[j];
    k->v = mem_alloc((n + 1) * sizeof *k->v);
    k->w = mem_alloc((n + 1) * sizeof *k->w);
    k->x = mem_alloc((n + 1) * sizeof *k->x);
    k->y = mem_alloc((n + 1) * sizeof *k->y);
    if (k->v && k->w && k->x && k->y)
        return true;
    ctx_error(k->m->c, LBZ_LIMIT, NULL, "out of memory");
    return false;
}

static bool fill_list(Contract *k, VMList *l)
{
    size_t at[MOST_INDICES] = {0}, offset[2] = {0};
    for (size_t i = 0; i < l->n; i++) {
        one_element(k, at, offset, &l->v[i], &l->x[i]);
        move_on(k, 0, k->nout, at, offset);
        if (i % 256 == 255 && ctx_poll(k->m->c))
            return false;
    }
    return !ctx_failed(k->m->c);
}

static bool contract_run(Contract *k, bool row, VMValue *out)
{
    if (!k->nout) {
        size_t at[MOST_INDICES] = {0}, offset[2] = {0};
        VMValue r = {.set = true};
        one_element(k, at, offset, &r.v, &r.x);
        vm_value_clear(out);
        *out = r;
        return !ctx_failed(k->m->c);
    }
    if (k->nout > PROCEDURE_RANK) {
        ctx_error(k->m->c, LBZ_SHAPE, NULL, "lists are nested at most 4 deep");
        return false;
    }
    VMList *l = vm_list_new(k->m, k->nout, k->size);
    if (!l || !fill_list(k, l)) {
        vm_list_release(l);
        return false;
    }
    l->row = row;
    vm_value_clear(out);
    *out = (VMValue){.t = l, .set = true};
    return true;
}

static bool contract(VM *m, const char *text, bool row, const VMValue *const *arg,
                     size_t n, VMValue *out)
{
    Contract k = {.m = m, .n = n};
    if (n > 2) {
        ctx_error(m->c, LBZ_UNABLE, "name the product of two of them",
                  "products of %zu lists at once are not available here", n);
        return false;
    }
    for (unsigned j = 0; j < MOST_INDICES; j++)
        k.size[j] = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        k.f[i].v = factor_values(arg[i], &k.f[i].x);
    bool ok = read_text(&k, text, arg) && terms_room(&k) && contract_run(&k, row, out);
    mem_free(k.v);
    mem_free(k.w);
    mem_free(k.x);
    mem_free(k.y);
    return ok;
}

/* ---- by shape ------------------------------------------------------------------------- */
static bool product(VM *m, const VMValue *const *arg, VMValue *out)
{
    ProductForm form =
        ex_product_form(rank_of(arg[0]), is_row(arg[0]), rank_of(arg[1]), is_row(arg[1]));
    if (form.text)
        return contract(m, form.text, form.row, arg, 2, out);
    ctx_error(m->c, LBZ_SHAPE, form.hint, "these lists have no product");
    return false;
}

static bool transpose(VM *m, const VMValue *const *arg, VMValue *out)
{
    if (rank_of(arg[0]) == 2)
        return contract(m, "ab->ba", false, arg, 1, out);
    if (rank_of(arg[0]) > 2) {
        ctx_error(m->c, LBZ_SHAPE, "write transpose(T, [3, 1, 2])",
                  "' transposes vectors and matrices");
        return false;
    }
    VMValue r = {0};
    vm_value_copy(&r, arg[0]);
    if (r.t && !vm_value_own(m, &r)) {
        vm_value_clear(&r);
        return false;
    }
    if (r.t)
        r.t->row = !r.t->row;
    vm_value_copy(out, &r);
    vm_value_clear(&r);
    return true;
}

/* A^n by squaring. */
static bool power(VM *m, const VMValue *const *arg, VMValue *out)
{
    VMValue a = {0}, r = {0};
    double n = arg[1]->v;
    if (rank_of(arg[0]) != 2 || arg[1]->t || arg[0]->t->dim[0] != arg[0]->t->dim[1]) {
        ctx_error(m->c, LBZ_SHAPE, "write x.^2 element by element",
                  "^ is for numbers and square matrices");
        return false;
    }
    if (n != floor(n) || n < 1 || n > 1000000) {
        ctx_error(m->c, LBZ_UNABLE, "write A.^x element by element",
                  "a matrix to such a power is not available");
        return false;
    }
    bool ok = true;
    vm_value_copy(&a, arg[0]);
    for (; ok && n > 0; n = floor(n / 2)) {
        if (fmod(n, 2) == 1 && r.t)
            ok = product(m, (const VMValue *[]){&r, &a}, &r);
        else if (fmod(n, 2) == 1)
            vm_value_copy(&r, &a);
        if (ok && n > 1)
            ok = product(m, (const VMValue *[]){&a, &a}, &a);
    }
    if (ok)
        vm_value_copy(out, &r);
    vm_value_clear(&a);
    vm_value_clear(&r);
    return ok;
}

/* ---- broadcasting --------------------------------------------------------------------- */
/* a spread over the shape of dim, which it fits; it may be a number. */
static bool spread(VM *m, const VMValue *a, unsigned rank, const size_t *dim,
                   VMValue *out)
{
    const Aux *x;
    const double *v = factor_values(a, &x);
    size_t at[PROCEDURE_RANK] = {0}, stride[PROCEDURE_RANK] = {0}, step = 1, offset = 0;
    VMList *l = vm_list_new(m, rank, dim);
    if (!l)
        return false;
    for (unsigned j = rank_of(a); j-- > 0;) {
        stride[rank - rank_of(a) + j] = a->t->dim[j] == 1 ? 0 : step;
        step *= a->t->dim[j];
    }
    for (size_t i = 0; i < l->n; i++) {
        l->v[i] = v[offset];
        l->x[i] = x[offset];
        for (unsigned j = rank; j-- > 0;) {
            offset += stride[j];
            if (++at[j] < dim[j])
                break;
            offset -= dim[j] * stride[j];
            at[j] = 0;
        }
    }
    l->row = is_row(a);
    vm_value_clear(out);
    *out = (VMValue){.t = l, .set = true};
    return true;
}

bool vm_common_shape(VM *m, const VMValue *const *arg, size_t n, VMShape *s)
{
    *s = (VMShape){0};
    for (size_t i = 0; i < n; i++)
        s->rank = rank_of(arg[i]) > s->rank ? rank_of(arg[i]) : s->rank;
    for (unsigned j = 0; j < s->rank; j++)
        s->dim[j] = 1;
    bool column = false;
    for (size_t i = 0; i < n; i++) {
        const VMList *t = arg[i]->t;
        for (unsigned j = 0; t && j < t->rank; j++) {
            size_t *d = &s->dim[s->rank - t->rank + j];
            if (*d != 1 && t->dim[j] != 1 && *d != t->dim[j])
                return no_shape(m, "an operation on elements");
            *d = *d == 1 ? t->dim[j] : *d;
        }
        s->row = s->row || (t && t->row);
        column = column || (t && t->rank == 1 && !t->row);
    }
    if (s->row && column && s->rank == 1) {
        ctx_error(m->c, LBZ_SHAPE, "a row and a vector: transpose one of them with '",
                  "the shapes of the lists do not fit in an operation on elements");
        return false;
    }
    s->row = s->row && s->rank == 1;
    return true;
}

bool vm_has_shape(const VMValue *a, const VMShape *s)
{
    return !a->t || (a->t->rank == s->rank &&
                     memcmp(a->t->dim, s->dim, s->rank * sizeof *s->dim) == 0);
}

bool vm_spread(VM *m, const VMValue *a, const VMShape *s, VMValue *out)
{
    return spread(m, a, s->rank, s->dim, out);
}

static bool like(VM *m, const VMValue *const *arg, VMValue *out)
{
    VMShape s;
    if (!vm_common_shape(m, arg, 2, &s))
        return false;
    if (vm_has_shape(arg[0], &s) && (arg[0]->t || !s.rank)) {
        vm_value_copy(out, arg[0]);
        return true;
    }
    return vm_spread(m, arg[0], &s, out);
}

/* arg: what is spread, then the sizes. */
static bool broadcast(VM *m, const VMValue *const *arg, size_t n, VMValue *out)
{
    VMShape s = {.rank = (unsigned)n - 1};
    if (s.rank > PROCEDURE_RANK)
        return no_shape(m, "broadcasting");
    for (size_t i = 0; i + 1 < n; i++)
        s.dim[i] = (size_t)arg[i + 1]->v;
    return vm_spread(m, arg[0], &s, out);
}

bool vm_tensor_op(VM *m, const Node *e, const VMValue *const *arg, size_t n, VMValue *out)
{
    switch ((int)e->op) {
    case OP_MATMUL: return product(m, arg, out);
    case OP_MATPOW: return power(m, arg, out);
    case OP_ROW:
    case OP_TRANSPOSE: return transpose(m, arg, out);
    case OP_LIKE: return like(m, arg, out);
    case OP_BROADCAST: return broadcast(m, arg, n, out);
    case OP_STACK: return vm_make_list(m, arg, n, out);
    case OP_CONTRACT: return contract(m, e->name, false, arg, n, out);
    case OP_TRACE: return contract(m, "aa->", false, arg, 1, out);
    case OP_OUTER: return contract(m, "a,b->ab", false, arg, 2, out);
    default: return vm_list_op(m, (Op)e->op, arg, n, out);
    }
}
