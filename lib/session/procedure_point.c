/* session/procedure_point.c - derivatives at a point of functions made of statements, in
 * float64: what `D f(x) at x = 0.3` and f''(0.3) come to where f has no formula.
 *
 * First derivatives run the function itself, forward or reverse by the numbers of inputs
 * and outputs. Second ones, and all on kinks, go by the record of the path that is taken:
 * a program, in which the rule for kinks and forward over reverse are those of formulas.
 */
#include "cpu/cpu.h"
#include "session/procedure.h"

#include <math.h>

/* ---- the record of the path */

static bool open_record(ProcedurePoint *p, Accum *a)
{
    Ctx *c = p->c;
    Program *record;
    uint32_t *ids;
    double *x = ARENA_NEW(&c->pool[1].arena, double, p->n + 1);
    for (size_t i = 0, at = 0; x && i < p->nvars; i++) {
        memcpy(x + at, p->x[i].v, p->x[i].n * sizeof *x);
        at += p->x[i].n;
    }
    ProcedureList out;
    if (!x || !procedure_record(c, &p->world, p->e, p->in, p->x, p->nin, p->nvars, NULL,
                                &out, &record, &ids))
        return false;
    procedure_list_free(&p->out);
    p->out = out;
    bool ok = accum_adopt(a, c, record, x, p->n, ids, p->out.n);
    mem_free(ids);
    return ok;
}

static bool make_room(ProcedurePoint *p, size_t n)
{
    mem_free(p->d);
    LargePool alone = {0};
    size_t size;
    p->d =
        n < (size_t)1 << 31 ? large_alloc(&alone, (n + 1) * sizeof *p->d, &size) : NULL;
    if (!p->d) {
        ctx_error(p->c, LBZ_LIMIT, NULL, "out of memory for derivatives");
        return false;
    }
    return true;
}

static bool make_room_for(ProcedurePoint *p, size_t n)
{
    if (!make_room(p, n))
        return false;
    memset(p->d, 0, (n + 1) * sizeof *p->d);
    return true;
}

static bool one_output(ProcedurePoint *p, const char *what)
{
    if (p->out.n == 1)
        return true;
    ctx_error(p->c, LBZ_SHAPE, "take one element or sum() of it",
              "%s needs a number, here is a list of %zu", what, p->out.n);
    return false;
}

static bool right_length(ProcedurePoint *p, size_t want)
{
    if (p->nvec == want)
        return true;
    ctx_error(p->c, LBZ_SHAPE, NULL, "the vector has %zu entries, not %zu", p->nvec,
              want);
    return false;
}

static void note_kink(ProcedurePoint *p, const Accum *a)
{
    if (a->kink.sides || a->kink.jump)
        p->kink = a->kink;
}

static bool record_first(ProcedurePoint *p, Accum *a)
{
    size_t m = p->out.n, n = p->n;
    if (p->what == OP_JVP) {
        bool ok = make_room_for(p, m);
        for (size_t k = 0; ok && k < m; k++)
            ok = accum_along(a, k, p->vec, &p->d[k]);
        return ok;
    }
    if (!make_room_for(p, m * n) || !accum_jacobian(a, p->mode, p->d))
        return false;
    for (size_t i = 0; p->what == OP_VJP && i < n; i++) {
        double s = 0;
        for (size_t k = 0; k < m; k++)
            s += p->vec[k] != 0 ? p->vec[k] * p->d[k * n + i] : 0;
        p->d[i] = s;
    }
    return true;
}

static bool record_second(ProcedurePoint *p, Accum *a)
{
    if (p->what == OP_HESSIAN) {
        p->route = "forward over reverse";
        return one_output(p, "hessian()") && make_room_for(p, p->n * p->n) &&
               accum_hessian(a, 0, p->d);
    }
    if (p->what == OP_HVP) {
        p->route = "forward over reverse";
        return one_output(p, "hvp()") && right_length(p, p->n) &&
               make_room_for(p, p->n) && accum_hvp(a, 0, p->vec, p->d);
    }
    p->route = "forward";
    return make_room_for(p, p->out.n) && accum_order(a, p->order, p->d);
}

static bool by_record(ProcedurePoint *p, bool first)
{
    Accum a;
    if (!open_record(p, &a))
        return false;
    a.special = first;
    bool ok = first ? record_first(p, &a) : record_second(p, &a);
    note_kink(p, &a);
    accum_free(&a);
    return ok;
}

/* ---- first derivatives, by running the function */

static ProcedureList *zero_direction(ProcedurePoint *p)
{
    Arena *a = &p->c->pool[1].arena;
    ProcedureList *dir = ARENA_NEW0(a, ProcedureList, p->nin + 1);
    for (size_t i = 0; dir && i < p->nin; i++) {
        dir[i] = p->x[i];
        dir[i].v = ARENA_NEW0(a, double, p->x[i].n + 1);
        if (!dir[i].v)
            return NULL;
    }
    return dir;
}

/* The slopes along dir, into every step-th place of p->d from at on. */
static bool slopes_along(ProcedurePoint *p, const ProcedureList *dir, size_t at,
                         size_t step)
{
    ProcedureList slope;
    procedure_list_free(&p->out);
    if (!procedure_forward(p->c, &p->world, p->e, p->in, p->x, dir, p->nin, &p->out,
                           &slope))
        return false;
    bool ok = p->d || make_room_for(p, p->out.n * step);
    for (size_t k = 0; ok && k < slope.n; k++)
        p->d[k * step + at] = slope.v[k];
    procedure_list_free(&slope);
    return ok;
}

static bool run_forward(ProcedurePoint *p)
{
    ProcedureList *dir = zero_direction(p);
    bool ok = dir != NULL;
    size_t at = 0;
    p->route = "forward";
    for (size_t i = 0; ok && i < p->nvars; i++) {
        for (size_t k = 0; ok && k < p->x[i].n; k++) {
            dir[i].v[k] = p->what == OP_JVP ? p->vec[at++] : 1;
            if (p->what != OP_JVP) {
                ok = slopes_along(p, dir, at++, p->n);
                dir[i].v[k] = 0;
            }
        }
    }
    return p->what == OP_JVP ? ok && slopes_along(p, dir, 0, 1) : ok;
}

/* One sweep; weight: of the outputs, NULL: all 1. */
static bool run_sweep(ProcedurePoint *p, const ProcedureList *weight, double *row)
{
    ProcedureList *g = ARENA_NEW0(&p->c->pool[1].arena, ProcedureList, p->nin + 1);
    ProcedureList out = {0};
    bool ok = g && procedure_reverse(p->c, &p->world, p->e, p->in, p->x, p->nin, weight,
                                     &out, g);
    for (size_t i = 0, at = 0; ok && i < p->nvars; i++) {
        memcpy(row + at, g[i].v, g[i].n * sizeof *row);
        at += g[i].n;
    }
    for (size_t i = 0; g && i < p->nin; i++)
        procedure_list_free(&g[i]);
    procedure_list_free(&p->out);
    p->out = out;
    return ok;
}

/* Where the outputs were not counted: there may be just one. */
static bool run_single(ProcedurePoint *p)
{
    p->route = "reverse";
    return make_room_for(p, p->n) && run_sweep(p, NULL, p->d);
}

static bool run_reverse(ProcedurePoint *p)
{
    if (!p->out.v && (!run_single(p) || p->out.n == 1))
        return !ctx_failed(p->c);
    size_t m = p->what == OP_VJP ? 1 : p->out.n;
    ProcedureList w = {.n = p->out.n, .v = mem_alloc((p->out.n + 1) * sizeof(double))};
    bool ok = w.v && make_room_for(p, m * p->n);
    p->route = "reverse";
    for (size_t k = 0; ok && k < m; k++) {
        for (size_t i = 0; i < w.n; i++)
            w.v[i] = p->what == OP_VJP ? p->vec[i] : i == k;
        ok = run_sweep(p, &w, p->d + k * p->n);
    }
    procedure_list_free(&w);
    return ok;
}

/* How many outputs there are decides about the mode, and what fits. */
static bool choose_mode(ProcedurePoint *p)
{
    bool one = p->n && p->what != OP_VJP && p->what != OP_JVP && (p->forced || p->n == 1);
    if (!one && !procedure_value(p->c, &p->world, p->e, p->in, p->x, p->nin, &p->out))
        return false;
    if (p->what == OP_JVP || p->what == OP_VJP) { /* however they are asked for */
        p->mode = p->what == OP_JVP ? ACC_FORWARD : ACC_REVERSE;
        return right_length(p, p->what == OP_JVP ? p->n : p->out.n);
    }
    if (!p->forced)
        p->mode = one || p->out.n >= p->n ? ACC_FORWARD : ACC_REVERSE;
    return true;
}

/* ---- where conditions compare equals: both branches count, in a formula */

enum { MOST_INPUTS = 1000 };

/* Symbols for all elements of x, as a list of its shape; at[] what they are. */
static Node *symbols_like(Ctx *c, const ProcedureList *x, unsigned level, uint32_t *sym,
                          Node **at, size_t *k)
{
    if (level == x->rank) {
        sym[*k] = sym_fresh(c, "t");
        at[*k] = ex_num(c, num_from_double(ctx_arena(c), x->v[*k]));
        return ex_sym(c, sym[(*k)++]);
    }
    Node **e = ARENA_NEW(ctx_arena(c), Node *, x->dim[level] + 1);
    for (size_t i = 0; e && i < x->dim[level]; i++)
        e[i] = symbols_like(c, x, level + 1, sym, at, k);
    return e ? ex_list(c, x->dim[level], e) : c->poison;
}

static void list_leaves(Node *e, Node **out, size_t *n)
{
    if (!ex_is(e, OP_LIST)) {
        out[(*n)++] = e;
        return;
    }
    for (uint32_t i = 0; i < e->n; i++) /* at most PROCEDURE_RANK deep */
        list_leaves(e->a[i], out, n);
}

/* The formula over sym[], which are at[]; conditions are decided by those, but for ties. */
static Node *formula_at(ProcedurePoint *p, uint32_t *sym, Node **at)
{
    Ctx *c = p->c;
    ProcedureScope w = p->world;
    Node **arg = ARENA_NEW(ctx_arena(c), Node *, p->nin + 1);
    size_t n = 0;
    for (size_t i = 0; arg && i < p->nin; i++) {
        size_t k = 0;
        arg[i] = symbols_like(c, &p->x[i], 0, sym + n, at + n, &k);
        n += k;
    }
    w.point = sym;
    w.at = at;
    w.npoint = n;
    Node *r = session_path_formula(c, w, p->e, p->in, arg, p->nin);
    return ctx_failed(c) ? c->poison : ex_subst(c, r, sym + p->n, at + p->n, n - p->n);
}

/* False, and nothing is changed, when there is no such formula. */
static bool by_formula(ProcedurePoint *p)
{
    Ctx *c = p->c;
    Arena *a = ctx_arena(c);
    size_t all = 0, m = 0;
    for (size_t i = 0; i < p->nin; i++)
        all += p->x[i].n;
    if (all > MOST_INPUTS)
        return false;
    uint32_t *sym = ARENA_NEW(a, uint32_t, all + 1);
    Node **at = ARENA_NEW(a, Node *, all + 1), **out = ARENA_NEW(a, Node *, p->out.n + 1);
    double *x = ARENA_NEW(a, double, all + 1), *naive = p->d;
    Node *r = sym && at && out && x ? formula_at(p, sym, at) : c->poison;
    Accum acc = {0};
    if (!ctx_failed(c)) {
        list_leaves(r, out, &m);
        for (size_t i = 0; i < p->n; i++)
            x[i] = num_to_double(at[i]->num);
    }
    p->d = NULL;
    bool ok =
        !ctx_failed(c) && m == p->out.n && accum_init(&acc, c, sym, x, p->n, out, m);
    acc.special = true;
    ok = ok && record_first(p, &acc);
    if (ok)
        note_kink(p, &acc);
    accum_free(&acc);
    mem_free(ok ? naive : p->d);
    p->d = ok ? p->d : naive;
    (void)attempt_forgive(c, FORGIVE_ALL);
    return ok;
}

/* What the run gave is put right by the rule for kinks; a path that is too long for that stays with
 * the rule at each single kink. */
static bool apply_kink_rule(ProcedurePoint *p, unsigned special)
{
    if (((special & PROCEDURE_TIE) && by_formula(p)) || special == PROCEDURE_TIE ||
        ctx_failed(p->c))
        return !ctx_failed(p->c);
    double *naive = p->d;
    p->d = NULL;
    bool ok = by_record(p, true);
    if (!ok && attempt_forgive(p->c, FORGIVE(LBZ_LIMIT))) {
        mem_free(p->d);
        p->d = naive;
        return true;
    }
    mem_free(naive);
    return ok;
}

/* ---- formulas over many numbers */

static bool tensors_of(ProcedurePoint *p, Tensor *t)
{
    for (size_t i = 0; i < p->nin; i++) {
        Dims d = {.rank = p->x[i].rank};
        memcpy(d.dim, p->x[i].dim, d.rank * sizeof *d.dim);
        if (!tensor_borrow(&p->c->env, p->x[i].v, &d, &t[i]))
            return false;
    }
    return true;
}

/* Where the vector of a jvp has the elements of each name. */
static const double **directions_of(ProcedurePoint *p)
{
    const double **dir = ARENA_NEW(&p->c->pool[1].arena, const double *, p->nvars + 1);
    for (size_t i = 0, at = 0; dir && i < p->nvars; at += p->x[i++].n)
        dir[i] = p->vec + at;
    return dir;
}

/* By kernels over arrays; false, and nothing is changed, where that is no way. */
static bool by_arrays(ProcedurePoint *p)
{
    bool along = p->what == OP_JVP;
    AccumMode mode = along ? ACC_FORWARD : p->forced ? p->mode : ACC_REVERSE;
    if (p->what == OP_VJP || (along && p->nvec != p->n) ||
        !make_room(p, along ? 1 : p->n))
        return false;
    Tensor *t = ARENA_NEW0(&p->c->pool[1].arena, Tensor, p->nin + 1);
    PointArrays a = {.in = p->in, .x = t, .nin = p->nin, .nvars = p->nvars};
    a.n = p->n;
    a.d = p->d;
    a.dir = along ? directions_of(p) : NULL;
    Attempt before = attempt_begin(p->c);
    bool ok = t && tensors_of(p, t) && accum_arrays(p->c, &a, p->e, mode);
    ok = attempt_end(p->c, &before) && ok;
    for (size_t i = 0; t && i < p->nin; i++)
        tensor_release(&t[i]);
    if (ok) {
        p->out = (ProcedureList){.n = 1, .v = mem_alloc(sizeof a.value)};
        ok = p->out.v != NULL;
    }
    if (ok) {
        p->out.v[0] = a.value;
        p->mode = mode;
        p->route = mode == ACC_FORWARD ? "forward" : "reverse";
        return true;
    }
    mem_free(p->d);
    p->d = NULL;
    return false;
}

static size_t elements_of(const ProcedurePoint *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->nin; i++)
        n += p->x[i].n;
    return n;
}

static bool first_derivatives(ProcedurePoint *p)
{
    unsigned special = 0;
    if ((elements_of(p) >= CPU_POINTS || ex_has_data(p->c, p->e)) && by_arrays(p))
        return true;
    p->world.special = &special;
    bool ok =
        choose_mode(p) && (p->mode == ACC_FORWARD ? run_forward(p) : run_reverse(p));
    p->world.special = NULL;
    return ok && (!special || apply_kink_rule(p, special));
}

bool session_point_run(ProcedurePoint *p)
{
    unsigned order = 0;
    p->n = 0;
    for (size_t i = 0; i < p->nvars; i++)
        p->n += p->x[i].n;
    for (size_t i = 0; p->order && i < p->n; i++)
        order += p->order[i];
    bool second = p->what == OP_HESSIAN || p->what == OP_HVP || p->order;
    return second ? by_record(p, false) : first_derivatives(p);
}

void session_point_free(ProcedurePoint *p)
{
    procedure_list_free(&p->out);
    mem_free(p->d);
    p->d = NULL;
}
