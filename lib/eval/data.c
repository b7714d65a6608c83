/* eval/data.c - formulas over arrays of numbers become their values: DATA, in one run for each.
 *
 * Constructors never compute with DATA, so this is where it is done: of the whole result, or where
 * free names are left in it, of its largest parts without any. Arrays of more than EXACT_MOST exact
 * elements become DATA, too. */
#include "eval/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include "point/point.h"
#include <math.h>

static bool has_free_names(Ctx *c, Node *e)
{
    size_t k = 0;
    if (!e->syms)
        return (e->flags & (NF_APPLY | NF_STRUCTURAL)) != 0;
    ArenaMark m = arena_mark(&c->tmp);
    (void)ex_free_syms(c, e, &k);
    arena_release(&c->tmp, m);
    return k || (e->flags & (NF_APPLY | NF_STRUCTURAL));
}

/* ---- types ---------------------------------------------------------------------------- */
/* Do whole numbers stay whole in it? */
static bool keeps_whole(const Node *n)
{
    switch ((int)n->op) {
    case OP_NUM: return ex_is_int(n);
    case OP_POW: return ex_is_int(n->a[1]) && ex_is_nonneg(n->a[1]);
    case OP_DATA: return n->data->type == DT_INT64 || n->data->type == DT_BOOL;
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL:
    case OP_LIST:
    case OP_abs: return true;
    default: return op_is_tensor((Op)n->op) && op_info((Op)n->op)->flags;
    }
}

static DType type_of(Ctx *c, Node *e)
{
    size_t n;
    bool half = false, whole = true, full = false, any = false;
    ArenaMark m = arena_mark(&c->tmp);
    Node **order = ex_walk(c, 1, &e, &n);
    for (size_t i = 0; order && i < n; i++) {
        const Node *x = order[i];
        whole = whole && keeps_whole(x);
        any = any || ex_is(x, OP_DATA);
        half = half || ex_is(x, OP_FLOAT32) ||
               (ex_is(x, OP_DATA) && x->data->type == DT_FLOAT32);
        full = full || ex_is(x, OP_FLOAT64) ||
               (ex_is(x, OP_DATA) && x->data->type == DT_FLOAT64);
    }
    arena_release(&c->tmp, m);
    bool truth = ex_is_condition(e);
    return truth           ? DT_BOOL
           : half && !full ? DT_FLOAT32
           : whole && any  ? DT_INT64
                           : DT_FLOAT64;
}

/* Are all elements whole numbers that float64 tells apart? */
static bool fits_whole(const Tensor *t)
{
    const double *v = tensor_doubles(t);
    bool fits = true;
    for (size_t i = 0, n = tensor_count(t); i < n; i++)
        fits &= fabs(v[i]) <= 0x1p53 && v[i] == floor(v[i]);
    return fits;
}

/* ---- values --------------------------------------------------------------------------- */
static void note_undefined(Ctx *c, const Tensor *t)
{
    const double *v = tensor_doubles(t);
    size_t bad = 0, n = tensor_count(t);
    for (size_t i = 0; i < n; i++)
        bad += isnan(v[i]);
    if (bad && t->dims.rank)
        ctx_note(c, "%zu of %zu elements %s no number (nan)", bad, n,
                 bad == 1 ? "is" : "are");
    else if (bad)
        ctx_note(c, "the value is no number (nan)");
}

static Node *value_of(Ctx *c, Node *e)
{
    Tensor t, typed;
    if (ex_is(e, OP_DATA))
        return e;
    if (!accum_value(c, e, &t))
        return c->poison;
    note_undefined(c, &t);
    DType type = type_of(c, e);
    if (type == DT_INT64 && !fits_whole(&t))
        type = DT_FLOAT64;
    bool ok = tensor_pack(&c->env, &t, type, &typed);
    tensor_release(&t);
    Node *r = ok ? ex_data(c, &typed) : c->poison;
    if (ok)
        tensor_release(&typed);
    bool row = shape_is_row(c, e->shape);
    return row && !ctx_failed(c) ? ex_row(c, r) : r;
}

/* Of a node with names the parts without. */
static Node *parts_step(const Rewriting *w, Node *x, Node *const *a)
{
    Ctx *c = w->c;
    Node **b = x->syms ? ARENA_NEW(&c->tmp, Node *, x->n + 1u) : NULL;
    bool any = false;
    for (uint32_t i = 0; b && i < x->n; i++) {
        bool part = !has_free_names(c, a[i]) && !ex_is(a[i], OP_DATA);
        b[i] = part && ex_has_data(c, a[i]) ? value_of(c, a[i]) : a[i];
        any = any || b[i] != a[i];
    }
    return any ? ex_rebuild(c, x, b) : ex_with(c, x, a);
}

/* An array of many exact numbers. Where one is none, it stays. */
static Node *long_list(Ctx *c, Node *e)
{
    Attempt before = attempt_begin(c);
    Node *r = has_free_names(c, e) ? e : value_of(c, e);
    return attempt_end(c, &before) ? r : e;
}

Node *eval_data(Ctx *c, Node *e)
{
    if (ctx_failed(c) || ex_is(e, OP_DATA))
        return e;
    e = ex_data_of_list(c, e);
    if (ex_has_data(c, e))
        return has_free_names(c, e) ? ex_rewrite(c, e, NF_DEC, parts_step, NULL)
                                    : value_of(c, e);
    bool many = shape_is_tensor(e->shape) && shape_count(c, e->shape) > EXACT_MOST;
    return many ? long_list(c, e) : e;
}
