/* procedure/piece.c - operations on arrays, by programs. A piece is an elementwise expression or the
 * node of a T row, for operands of certain shapes; its value, and its tangents and adjoints by those
 * operands that vary, are further programs, made when they are first asked for. Small ones are run
 * as numbers, large ones by the backend.
 *
 * The tape keeps a piece and its operands. Adjoints compute again what they need of the value.
 */
#include "procedure/piece.h"
#include "point/point.h"
#include <math.h>

enum { MOST_PIECES = 16 };

/* ---- finding, making */
void vm_piece_release(VMPiece *q)
{
    if (!q || --q->refs)
        return;
    vm_code_free(&q->value);
    while (q->slope) {
        PieceSlope *s = q->slope;
        q->slope = s->next;
        vm_code_free(&s->code);
        mem_free(s->none);
        mem_free(s);
    }
    mem_free(q->in);
    mem_free(q);
}

void vm_site_free(VMSite *s)
{
    for (size_t i = 0; i < s->n; i++)
        vm_piece_release(s->piece[i]);
    mem_free(s->piece);
    *s = (VMSite){0};
}

static bool same_operand(const PieceOperand *o, const VMValue *v, bool size)
{
    return vm_has_dims(v, &o->dims) && o->row == (v->a && v->a->row) &&
           (!size || o->size == v->v);
}

static VMPiece *find_piece(const VMSite *s, const VMValue *const *arg, size_t n)
{
    for (size_t k = 0; k < s->n; k++) {
        size_t i = 0;
        while (i < n && same_operand(&s->piece[k]->in[i], arg[i], vm_is_size(s->op, i)))
            i++;
        if (i == n)
            return s->piece[k];
    }
    return NULL;
}

/* The value's program, of the operands and `more` inputs. NULL with an error. */
static Program *value_program(VM *m, VMPiece *q, size_t more, const Dims *shape,
                              uint32_t *out)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    Dims *d = ARENA_NEW(&m->c->tmp, Dims, q->n + more + 1);
    for (size_t i = 0; d && i < q->n; i++)
        d[i] = q->in[i].dims;
    if (d && more)
        memcpy(d + q->n, shape, more * sizeof *d);
    Program *p = d ? program_new_shaped(&m->c->env, (uint32_t)(q->n + more), d) : NULL;
    arena_release(&m->c->tmp, mark);
    if (!p) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    p->pi = m->c->pi;
    if (!ctx_failed(m->c) && vm_lower(m, q, p, out))
        return p;
    program_free(p);
    return NULL;
}

static VMPiece *new_piece(VM *m, const VMSite *s, const VMValue *const *arg, size_t n)
{
    VMPiece *q = mem_alloc(sizeof *q);
    PieceOperand *in = mem_alloc((n + 1) * sizeof *in);
    if (!q || !in) {
        mem_free(q);
        mem_free(in);
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        in[i] = (PieceOperand){vm_dims(arg[i]), arg[i]->v, arg[i]->a && arg[i]->a->row};
    *q = (VMPiece){.refs = 1, .op = s->op, .p = s->p, .pout = s->out, .in = in, .n = n};
    uint32_t out;
    Program *p = value_program(m, q, 0, NULL, &out);
    if (p) {
        uint32_t outs[2] = {out, pg_const(p, 0)};
        q->out = *pg_dims(p, out);
        q->answers = p->val[out].op >= P_LT && p->val[out].op <= P_NOT;
        if (q->answers)
            outs[1] = kink_tests(p, (uint32_t)p->n, (uint32_t)p->n);
        vm_code_make(m, &q->value, p, outs, 1 + q->answers);
    }
    program_free(p);
    if (!ctx_failed(m->c))
        return q;
    vm_piece_release(q);
    return NULL;
}

/* The piece for these operands; the site's. */
static VMPiece *piece_for(VM *m, VMSite *s, const VMValue *const *arg, size_t n)
{
    VMPiece *q = find_piece(s, arg, n);
    if (q)
        return q;
    q = new_piece(m, s, arg, n);
    if (!q || !vm_grow(m, (void **)&s->piece, sizeof *s->piece, s->n, &s->cap)) {
        vm_piece_release(q);
        return NULL;
    }
    if (s->n == MOST_PIECES) { /* shapes change all the time: the oldest goes */
        vm_piece_release(s->piece[0]);
        memmove(s->piece, s->piece + 1, --s->n * sizeof *s->piece);
    }
    s->piece[s->n++] = q;
    return q;
}

/* ---- slopes */
static uint64_t operand_bit(size_t i) { return (uint64_t)1 << (i < 63 ? i : 63); }

static uint64_t active_operands(const VM *m, const VMValue *const *arg, size_t n)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < n; i++)
        mask |= vm_is_active(m, arg[i]) ? operand_bit(i) : 0;
    return mask;
}

/* Adjoints of the operands in the mask, given that of the value, the last input. */
static size_t adjoints_of(const PieceSlope *s, const VMPiece *q, Program *p, uint32_t out,
                          uint32_t *outs)
{
    uint32_t primal = (uint32_t)p->n, seed = (uint32_t)q->n;
    uint32_t *adj = mem_alloc((p->nin + 1) * sizeof *adj);
    size_t k = 0;
    if (adj && program_vjp(p, &out, &seed, 1, adj)) {
        for (size_t i = 0; i < q->n; i++) {
            s->none[i] = !(s->mask & operand_bit(i)) || adj[i] == P_NONE;
            if (!s->none[i])
                outs[k++] = pg_fit(p, adj[i], p->val[i].shape);
        }
        outs[k] = kink_tests(p, primal, (uint32_t)p->n);
        k++;
    }
    mem_free(adj);
    return k;
}

/* The value and its tangent; the tangents of the operands in the mask are inputs. */
static size_t tangent_of(const PieceSlope *s, const VMPiece *q, Program *p, uint32_t out,
                         uint32_t *outs)
{
    uint32_t primal = (uint32_t)p->n, seed = (uint32_t)q->n;
    uint32_t *d = mem_alloc((p->nin + 1) * sizeof *d),
             *tan = mem_alloc((p->n + 1) * sizeof *tan);
    bool ok = d && tan;
    for (size_t i = 0; ok && i < p->nin; i++)
        d[i] = i < q->n && s->mask & operand_bit(i) ? seed++ : P_NONE;
    ok = ok && program_tangent(p, d, tan, primal);
    if (ok) {
        uint32_t t = tan[out] == P_NONE ? pg_const(p, 0) : tan[out];
        outs[0] = out;
        outs[1] = pg_fit(p, t, p->val[out].shape);
        outs[2] = kink_tests(p, primal, (uint32_t)p->n);
    }
    mem_free(d);
    mem_free(tan);
    return ok ? 3 : 0;
}

static bool make_slope(VM *m, VMPiece *q, PieceSlope *s)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    Dims *more = ARENA_NEW(&m->c->tmp, Dims, q->n + 1);
    uint32_t *outs = ARENA_NEW(&m->c->tmp, uint32_t, q->n + 4), out;
    size_t n = 0;
    for (size_t i = 0; more && s->forward && i < q->n; i++)
        if (s->mask & operand_bit(i))
            more[n++] = q->in[i].dims;
    if (more && !s->forward)
        more[n++] = q->out;
    Program *p = more && outs ? value_program(m, q, n, more, &out) : NULL;
    n = !p           ? 0
        : s->forward ? tangent_of(s, q, p, out, outs)
                     : adjoints_of(s, q, p, out, outs);
    bool ok = n && !ctx_failed(m->c) && vm_code_make(m, &s->code, p, outs, n);
    program_free(p);
    arena_release(&m->c->tmp, mark);
    if (!n && !ctx_failed(m->c))
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return ok;
}

static PieceSlope *slope_for(VM *m, VMPiece *q, bool forward, uint64_t mask)
{
    PieceSlope *s = q->slope;
    while (s && (s->forward != forward || s->mask != mask))
        s = s->next;
    if (s)
        return s;
    s = mem_alloc(sizeof *s);
    bool *none = mem_alloc((q->n + 1) * sizeof *none);
    if (!s || !none) {
        mem_free(s);
        mem_free(none);
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    *s = (PieceSlope){.forward = forward, .mask = mask, .none = none, .next = q->slope};
    if (make_slope(m, q, s)) {
        q->slope = s;
        return s;
    }
    vm_code_free(&s->code);
    mem_free(none);
    mem_free(s);
    return NULL;
}

static void note_special(VM *m, const VMValue *test, const VMPiece *q)
{
    if (test->v != 0)
        m->special |= q->answers ? PROCEDURE_TIE : PROCEDURE_KINK;
}

static void note_infinite(VM *m, const VMValue *d)
{
    const double *x = vm_data(d);
    for (size_t i = 0, n = vm_count(d); i < n && !(m->special & PROCEDURE_KINK); i++)
        m->special |= isfinite(x[i]) ? 0 : PROCEDURE_KINK;
}

/* ---- values that are none */
static bool blame_element(VM *m, const VMPiece *q, const VMValue *const *arg, size_t i)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    double *in = ARENA_NEW(&m->c->tmp, double, q->n + 1);
    bool known = true;
    for (size_t k = 0; in && k < q->n; k++) {
        in[k] = vm_data(arg[k])[dims_broadcast_index(&q->out, &q->in[k].dims, i)];
        known = known && !isnan(in[k]);
    }
    bool ok = in && (!known || vm_blame(m, q->p, q->pout, in));
    arena_release(&m->c->tmp, mark);
    return ok;
}

/* No element may be NaN but where an operand is. */
static bool check_elements(VM *m, const VMPiece *q, const VMValue *const *arg,
                           const VMValue *r)
{
    const double *x = vm_data(r);
    if (!q->p)
        return true;
    for (size_t i = 0, n = vm_count(r); i < n; i++)
        if (isnan(x[i]) && !blame_element(m, q, arg, i))
            return false;
    return true;
}

/* ---- runs */
/* The tangent of an operand, owned. */
static bool tangent_value(VM *m, const VMValue *v, VMValue *d)
{
    if (!v->a || v->a->dot) {
        vm_value_copy(d, &(VMValue){.a = v->a ? v->a->dot : NULL,
                                    .v = v->a ? 0 : v->x.dot,
                                    .set = true});
        return true;
    }
    Dims dims = vm_dims(v);
    VMArray *zero = vm_array_zeros(m, &dims);
    if (zero)
        vm_set_array(d, zero);
    return zero != NULL;
}

/* The value r[0] gets the tangent r[1]. */
static void join_tangent(const VMPiece *q, VMValue *r)
{
    if (q->answers)
        return;
    r[0].x.dot = r[1].v;
    if (r[0].a) {
        r[0].x.dot = 0;
        r[0].a->dot = r[1].a;
        r[1].a = NULL;
    }
}

static bool run_forward(VM *m, VMPiece *q, const VMValue *const *arg, uint64_t mask,
                        VMValue *out)
{
    PieceSlope *s = slope_for(m, q, true, mask);
    VMValue r[3] = {0};
    ArenaMark mark = arena_mark(&m->c->tmp);
    const VMValue **in = ARENA_NEW(&m->c->tmp, const VMValue *, 2 * q->n + 1);
    VMValue *dot = ARENA_NEW0(&m->c->tmp, VMValue, q->n + 1);
    bool ok = s && in && dot;
    size_t n = q->n;
    for (size_t i = 0; ok && i < q->n; i++) {
        in[i] = arg[i];
        if (!(mask & operand_bit(i)))
            continue;
        ok = tangent_value(m, arg[i], &dot[i]);
        in[n++] = &dot[i];
    }
    ok = ok && vm_code_run(m, &s->code, in, r);
    if (ok) {
        note_special(m, &r[2], q);
        note_infinite(m, &r[1]);
        join_tangent(q, r);
        vm_value_copy(out, &r[0]);
    }
    for (int i = 0; i < 3; i++)
        vm_value_clear(&r[i]);
    for (size_t i = 0; dot && i < q->n; i++)
        vm_value_clear(&dot[i]);
    arena_release(&m->c->tmp, mark);
    return ok;
}

static bool tape_piece(VM *m, VMPiece *q, const VMValue *const *arg, VMValue *r)
{
    const PieceSlope *s = slope_for(m, q, false, active_operands(m, arg, q->n));
    TapeEvent *e = s ? tape_event(m, TAPE_PIECE) : NULL;
    TapeDetails *d = e ? tape_details(m, e, q->n) : NULL;
    if (!d)
        return false;
    d->piece = q;
    q->refs++;
    for (size_t i = 0; i < q->n; i++)
        if (vm_code_uses(&s->code, i))
            vm_value_copy(&d->arg[i], arg[i]);
        else
            d->arg[i].x = arg[i]->x;
    tape_result(m, e, r);
    return !ctx_failed(m->c);
}

static bool record_piece(VM *m, VMPiece *q, const VMValue *const *arg, VMValue *r)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    uint32_t *in = ARENA_NEW(&m->c->tmp, uint32_t, q->n + 1), out = 0;
    for (size_t i = 0; in && i < q->n; i++)
        in[i] = record_id(m, arg[i]);
    bool ok = in && vm_lower_over(m, q, m->record, in, &out);
    if (ok)
        r->x = record_aux(m, out);
    arena_release(&m->c->tmp, mark);
    return ok && !ctx_failed(m->c);
}

static bool run_value(VM *m, VMPiece *q, const VMValue *const *arg, uint64_t mask,
                      VMValue *out)
{
    VMValue r[2] = {0};
    bool ok = vm_code_run(m, &q->value, arg, r);
    if (ok && q->answers && mask)
        note_special(m, &r[1], q);
    if (ok && mask && !q->answers)
        ok = m->mode == RUN_TAPE ? tape_piece(m, q, arg, &r[0])
                                 : record_piece(m, q, arg, &r[0]);
    if (ok)
        vm_value_copy(out, &r[0]);
    vm_value_clear(&r[0]);
    vm_value_clear(&r[1]);
    return ok;
}

bool vm_piece_run(VM *m, VMSite *s, const VMValue *const *arg, size_t n, VMValue *out)
{
    VMValue r = {0};
    VMPiece *q = vm_check_shapes(m, s, arg, n) ? piece_for(m, s, arg, n) : NULL;
    if (!q)
        return false;
    q->refs++;
    uint64_t mask = active_operands(m, arg, n);
    bool ok = m->mode == RUN_FORWARD && mask ? run_forward(m, q, arg, mask, &r)
                                             : run_value(m, q, arg, mask, &r);
    ok = ok && check_elements(m, q, arg, &r);
    if (ok && r.a)
        r.a->row = q->row;
    if (ok)
        vm_value_copy(out, &r);
    vm_value_clear(&r);
    vm_piece_release(q);
    return ok;
}

bool vm_piece_sweep(VM *m, const TapeDetails *x, const VMValue *seed, VMValue *adj)
{
    VMPiece *q = x->piece;
    uint64_t mask = 0;
    for (size_t i = 0; i < x->n; i++)
        mask |= x->arg[i].x.id ? operand_bit(i) : 0;
    PieceSlope *s = slope_for(m, q, false, mask);
    ArenaMark mark = arena_mark(&m->c->tmp);
    const VMValue **in = ARENA_NEW(&m->c->tmp, const VMValue *, x->n + 2);
    VMValue *r = ARENA_NEW0(&m->c->tmp, VMValue, x->n + 2);
    for (size_t i = 0; in && i < x->n; i++)
        in[i] = &x->arg[i];
    if (in)
        in[x->n] = seed;
    bool ok = s && in && r && vm_code_run(m, &s->code, in, r);
    size_t k = 0;
    for (size_t i = 0; ok && i < x->n; i++) {
        if (s->none[i])
            continue;
        if (x->arg[i].x.id) {
            note_infinite(m, &r[k]);
            adj[i] = r[k];
        } else {
            vm_value_clear(&r[k]);
        }
        k++;
    }
    if (ok)
        note_special(m, &r[k], q);
    arena_release(&m->c->tmp, mark);
    return ok;
}
