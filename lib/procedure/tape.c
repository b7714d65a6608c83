/* procedure/tape.c - derivatives of procedures: tangents, and the reverse sweep over a recorded
 * tape, by checkpoints where the whole tape would not fit.
 *
 * Checkpointing: the state of the machine is copied at some steps of a run without a tape; then,
 * from the last copy to the first, each stretch is run again with a tape and swept. A
 * stretch that is still too long is cut again in the same way (a few levels at most: each divides
 * the length by up to CUTS).
 */
#include "procedure/vm.h"
#include <math.h>

enum { CUTS = 64 };

/* ---- the tape ---------------------------------------------------------------------- */
void tape_clear(Tape *t)
{
    t->n = t->npairs = 0;
    t->full = false;
}

void tape_free(Tape *t)
{
    mem_free(t->first);
    mem_free(t->from);
    mem_free(t->partial);
    *t = (Tape){0};
}

static bool pairs_grow(VM *m, Tape *t)
{
    size_t cap = t->pairs_cap;
    if (!vm_grow(m, (void **)&t->from, sizeof *t->from, t->npairs, &cap) ||
        !vm_grow(m, (void **)&t->partial, sizeof *t->partial, t->npairs, &t->pairs_cap))
        return false;
    t->pairs_cap = cap < t->pairs_cap ? cap : t->pairs_cap;
    return true;
}

void tape_arg(VM *m, uint32_t id, double partial)
{
    Tape *t = &m->tape;
    if (id == 0 || partial == 0 || (t->npairs >= t->pairs_cap && !pairs_grow(m, t)))
        return;
    t->from[t->npairs] = id;
    t->partial[t->npairs++] = partial;
}

static uint32_t tape_entry(VM *m)
{
    Tape *t = &m->tape;
    if (t->n + 1 >= t->cap &&
        !vm_grow(m, (void **)&t->first, sizeof *t->first, t->n + 1, &t->cap))
        return 0;
    if (t->n == 0)
        t->first[0] = 0;
    t->first[++t->n] = (uint32_t)t->npairs;
    if (t->n * (sizeof *t->first + sizeof(double)) + t->npairs * 12 > t->limit ||
        t->npairs > UINT32_MAX - 4096)
        t->full = true;
    return (uint32_t)t->n;
}

uint32_t tape_end(VM *m)
{
    size_t from = m->tape.n ? m->tape.first[m->tape.n] : 0;
    return m->tape.npairs == from ? 0 : tape_entry(m);
}

uint32_t tape_input(VM *m) { return tape_entry(m); }

/* adj[1 .. n]: what is known at the end; zero adjoints are skipped. */
static void sweep_tape(const Tape *t, double *adj)
{
    for (size_t i = t->n; i >= 1; i--) {
        double a = adj[i];
        if (a == 0)
            continue;
        for (uint32_t k = t->first[i - 1]; k < t->first[i]; k++)
            adj[t->from[k]] += a * t->partial[k];
    }
}

/* ---- states ------------------------------------------------------------------------ */
static size_t value_width(const VMValue *v) { return !v->set ? 0 : v->t ? v->t->n : 1; }

Aux *vm_value_aux(const VMValue *v) { return v->t ? v->t->x : (Aux *)(uintptr_t)&v->x; }

static size_t total_width(const VMValue *r, size_t n)
{
    size_t w = 0;
    for (size_t i = 0; i < n; i++)
        w += value_width(&r[i]);
    return w;
}

static void snapshot_free(Snapshot *s)
{
    for (size_t i = 0; i < s->nregs; i++)
        vm_value_clear(&s->reg[i]);
    mem_free(s->reg);
    mem_free(s->frame);
    *s = (Snapshot){0};
}

static bool snapshot_take(VM *m, Snapshot *s)
{
    *s = (Snapshot){.frame = mem_alloc((m->nframes + 1) * sizeof *s->frame),
                    .reg = mem_alloc((m->nregs + 1) * sizeof *s->reg),
                    .step = m->step};
    if (!s->frame || !s->reg) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory for a checkpoint");
        snapshot_free(s);
        return false;
    }
    memcpy(s->frame, m->frame, m->nframes * sizeof *s->frame);
    memset(s->reg, 0, m->nregs * sizeof *s->reg);
    s->nframes = m->nframes;
    s->nregs = m->nregs;
    for (size_t i = 0; i < m->nregs; i++)
        vm_value_copy(&s->reg[i], &m->reg[i]);
    return true;
}

/* Sets the machine back to s. While the run is repeated, its limits have been checked. */
static bool snapshot_restore(VM *m, const Snapshot *s, RunMode mode)
{
    for (size_t i = 0; i < m->nregs; i++)
        vm_value_clear(&m->reg[i]);
    m->nregs = 0;
    vm_value_clear(&m->result);
    if (!vm_grow(m, (void **)&m->frame, sizeof *m->frame, s->nframes, &m->frames_cap) ||
        !vm_grow(m, (void **)&m->reg, sizeof *m->reg, s->nregs, &m->regs_cap))
        return false;
    memcpy(m->frame, s->frame, s->nframes * sizeof *m->frame);
    memset(m->reg, 0, s->nregs * sizeof *m->reg);
    m->nframes = s->nframes;
    m->nregs = s->nregs;
    for (size_t i = 0; i < s->nregs; i++)
        vm_value_copy(&m->reg[i], &s->reg[i]);
    m->step = s->step;
    m->rounds = 0;
    m->mode = mode;
    tape_clear(&m->tape);
    return true;
}

/* Gives every number of the state a place on the tape, in the order of the registers. */
static bool number_state(VM *m)
{
    for (size_t i = 0; i < m->nregs; i++) {
        if (!vm_value_own(m, &m->reg[i]))
            return false;
        Aux *x = vm_value_aux(&m->reg[i]);
        for (size_t k = 0; k < value_width(&m->reg[i]); k++)
            x[k].id = tape_input(m);
    }
    return !ctx_failed(m->c);
}

/* ---- the reverse sweep by stretches ------------------------------------------------ */
/* Runs from s to step `to` with a tape and sweeps. end: adjoints of the state (or result) there;
 * begin: of the state at s. *fits is false, and nothing is done, when the tape was too short. */
static bool sweep_stretch(VM *m, const Snapshot *s, uint64_t to, const double *end,
                          double *begin, bool *fits)
{
    size_t n = total_width(s->reg, s->nregs);
    *fits = true;
    if (!snapshot_restore(m, s, RUN_TAPE) || !number_state(m))
        return false;
    m->tape.full = false;
    if (!vm_run(m, to))
        return false;
    if (m->tape.full && m->step < to && m->nframes && to - s->step > 1) {
        *fits = false;
        return true;
    }
    double *adj = mem_alloc((m->tape.n + 1) * sizeof *adj);
    if (!adj) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory for adjoints");
        return false;
    }
    memset(adj, 0, (m->tape.n + 1) * sizeof *adj);
    const VMValue *r = m->nframes ? m->reg : &m->result;
    size_t nr = m->nframes ? m->nregs : 1, at = 0;
    for (size_t i = 0; i < nr; i++) {
        const Aux *x = vm_value_aux(&r[i]);
        for (size_t k = 0; k < value_width(&r[i]); k++)
            adj[x[k].id] += end[at++]; /* constants have the id 0: nobody reads that */
    }
    sweep_tape(&m->tape, adj);
    memcpy(begin, adj + 1, n * sizeof *adj);
    mem_free(adj);
    return true;
}

static bool sweep_range(VM *m, const Snapshot *s, uint64_t to, const double *end,
                        double *begin);

/* Cuts the stretch into `cuts` parts by checkpoints and sweeps them from the last to the first. */
static bool sweep_cut(VM *m, const Snapshot *s, uint64_t to, uint64_t cuts,
                      const double *end, double *begin)
{
    Snapshot cut[CUTS] = {0};
    uint64_t length = to - s->step;
    size_t n = 0;
    bool ok = snapshot_restore(m, s, RUN_VALUE);
    for (uint64_t k = 1; ok && k < cuts && m->nframes; k++) {
        ok = vm_run(m, s->step + length * k / cuts);
        if (ok && m->nframes)
            ok = snapshot_take(m, &cut[n++]);
    }
    double *adj = NULL; /* of the state at the beginning of the part swept last */
    for (size_t i = n; ok; i--) {
        const Snapshot *from = i ? &cut[i - 1] : s;
        double *b =
            i ? mem_alloc((total_width(from->reg, from->nregs) + 1) * sizeof *b) : begin;
        ok = b && sweep_range(m, from, i == n ? to : cut[i].step, adj ? adj : end, b);
        mem_free(adj);
        adj = i ? b : NULL;
        if (i < n)
            snapshot_free(&cut[i]);
        if (i == 0)
            break;
    }
    mem_free(adj);
    for (size_t i = 0; i < n; i++)
        snapshot_free(&cut[i]);
    return ok;
}

static bool sweep_range(VM *m, const Snapshot *s, uint64_t to, const double *end,
                        double *begin)
{
    bool fits;
    if (!sweep_stretch(m, s, to, end, begin, &fits))
        return false;
    if (fits)
        return true;
    uint64_t done = m->step - s->step, length = to - s->step;
    uint64_t cuts = 2 + length / (done ? done : 1);
    return sweep_cut(m, s, to, cuts < CUTS ? cuts : CUTS, end, begin);
}

/* ---- from outside ------------------------------------------------------------------ */
void procedure_list_free(ProcedureList *l)
{
    mem_free(l->v);
    *l = (ProcedureList){0};
}

static bool to_bval(VM *m, const ProcedureList *l, VMValue *v)
{
    *v = (VMValue){.set = true};
    if (l->rank == 0) {
        v->v = l->v[0];
        return true;
    }
    v->t = vm_list_new(m, l->rank, l->dim);
    if (v->t && l->n)
        memcpy(v->t->v, l->v, l->n * sizeof *l->v);
    return v->t != NULL;
}

/* With dot: the tangents instead of the values. */
bool vm_value_to_list(VM *m, const VMValue *v, bool dot, ProcedureList *l)
{
    size_t n = v->t ? v->t->n : 1;
    *l = (ProcedureList){
        .rank = v->t ? v->t->rank : 0, .n = n, .v = mem_alloc((n + 1) * sizeof *l->v)};
    if (!l->v) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    if (v->t)
        memcpy(l->dim, v->t->dim, v->t->rank * sizeof *l->dim);
    for (size_t i = 0; i < n; i++)
        l->v[i] = dot ? vm_value_aux(v)[i].dot : v->t ? v->t->v[i] : v->v;
    return true;
}

bool vm_init(VM *m, Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
             size_t nin)
{
    *m = (VM){.c = c, .w = w, .mode = RUN_VALUE};
    m->tape.limit = w->limits.tape;
    return vm_main(m, e, in, nin);
}

bool vm_begin(VM *m, const ProcedureList *x, const ProcedureList *dir, size_t nin)
{
    if (!vm_start(m, NULL, 0))
        return false;
    for (size_t i = 0; i < nin; i++) {
        if (!to_bval(m, &x[i], &m->reg[i]))
            return false;
        for (size_t k = 0; dir && k < x[i].n; k++)
            vm_value_aux(&m->reg[i])[k].dot = dir[i].v[k];
    }
    return true;
}

static void report_special(const VM *m)
{
    if (m->w->special)
        *m->w->special |= m->special;
}

bool procedure_value(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                     const ProcedureList *x, size_t nin, ProcedureList *out)
{
    VM m;
    bool ok = vm_init(&m, c, w, e, in, nin) && vm_begin(&m, x, NULL, nin) &&
              vm_run(&m, UINT64_MAX) && vm_value_to_list(&m, &m.result, false, out);
    vm_free(&m);
    return ok;
}

bool procedure_forward(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                       const ProcedureList *x, const ProcedureList *dir, size_t nin,
                       ProcedureList *out, ProcedureList *dout)
{
    VM m;
    bool ok = vm_init(&m, c, w, e, in, nin);
    m.mode = RUN_FORWARD;
    ok = ok && vm_begin(&m, x, dir, nin) && vm_run(&m, UINT64_MAX) &&
         vm_value_to_list(&m, &m.result, false, out) &&
         vm_value_to_list(&m, &m.result, true, dout);
    report_special(&m);
    vm_free(&m);
    return ok;
}

/* A run without a tape: the value, and how many steps it takes. */
static bool plain_run(VM *m, const ProcedureList *x, size_t nin, ProcedureList *out,
                      uint64_t *steps, Snapshot *start)
{
    if (!vm_begin(m, x, NULL, nin) || !snapshot_take(m, start) || !vm_run(m, UINT64_MAX))
        return false;
    *steps = m->step;
    return vm_value_to_list(m, &m->result, false, out);
}

static bool split_gradient(VM *m, const double *adj, const ProcedureList *x, size_t nin,
                           ProcedureList *grad)
{
    size_t at = 0;
    for (size_t i = 0; i < nin; i++) {
        grad[i] = x[i];
        grad[i].v = mem_alloc((x[i].n + 1) * sizeof *grad[i].v);
        if (!grad[i].v) {
            ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
            return false;
        }
        memcpy(grad[i].v, adj + at, x[i].n * sizeof *adj);
        at += x[i].n;
    }
    return true;
}

bool procedure_reverse(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                       const ProcedureList *x, size_t nin, const ProcedureList *weight,
                       ProcedureList *out, ProcedureList *grad)
{
    VM m;
    Snapshot start = {0};
    uint64_t steps = 0;
    bool ok = vm_init(&m, c, w, e, in, nin) && plain_run(&m, x, nin, out, &steps, &start);
    double *end = ok ? mem_alloc((out->n + 1) * sizeof *end) : NULL;
    double *begin =
        ok ? mem_alloc((total_width(start.reg, start.nregs) + 1) * sizeof *begin) : NULL;
    if (ok && weight && weight->n != out->n) {
        ctx_error(c, LBZ_SHAPE, NULL, "there are %zu weights for %zu values", weight->n,
                  out->n);
        ok = false;
    }
    for (size_t i = 0; ok && end && i < out->n; i++)
        end[i] = weight ? weight->v[i] : 1;
    ok = ok && end && begin && sweep_range(&m, &start, steps, end, begin) &&
         split_gradient(&m, begin, x, nin, grad);
    mem_free(end);
    mem_free(begin);
    snapshot_free(&start);
    report_special(&m);
    vm_free(&m);
    return ok && !ctx_failed(c);
}

/* ---- lists as nodes ---------------------------------------------------------------- */
/* The shape of nested lists along their first elements. */
static bool shape_of(Ctx *c, const Node *e, ProcedureList *l)
{
    for (; ex_is(e, OP_LIST); e = e->a[0]) {
        if (l->rank == PROCEDURE_RANK) {
            ctx_error(c, LBZ_SHAPE, NULL, "lists are nested more than 4 deep");
            return false;
        }
        l->dim[l->rank++] = e->n;
        l->n *= e->n;
        if (e->n == 0)
            break;
    }
    return true;
}

static bool number_of(Ctx *c, const Node *e, double *x)
{
    uint32_t out;
    Node *n = (Node *)(uintptr_t)e;
    if (ex_is_num(e)) {
        *x = num_to_double(e->num);
        return true;
    }
    Program *p = program_new(&c->env, 0);
    bool ok = p && program_compile(c, p, NULL, &n, 1, &out);
    double *v = ok ? mem_alloc((p->n + 1) * sizeof *v) : NULL;
    ok = v && cpu_values(p, NULL, v, 0);
    if (ok)
        *x = v[out];
    mem_free(v);
    program_free(p);
    return ok;
}

static bool fill_list(Ctx *c, const Node *e, ProcedureList *l, unsigned level, size_t *at)
{
    if (level == l->rank)
        return !ex_is(e, OP_LIST) && number_of(c, e, &l->v[(*at)++]);
    if (!ex_is(e, OP_LIST) || e->n != l->dim[level]) {
        ctx_error(c, LBZ_SHAPE, "make all rows equally long",
                  "the rows of a list have different lengths");
        return false;
    }
    for (uint32_t i = 0; i < e->n; i++)
        if (!fill_list(c, e->a[i], l, level + 1, at))
            return false;
    return true;
}

/* linspace(a, b, n), which was too long to be written out. */
static bool list_from_steps(Ctx *c, const Node *e, ProcedureList *l)
{
    double a, b, n;
    if (!number_of(c, e->a[0], &a) || !number_of(c, e->a[1], &b) ||
        !number_of(c, e->a[2], &n))
        return false;
    *l = (ProcedureList){.rank = 1, .dim = {(size_t)n}, .n = (size_t)n};
    l->v = n < 1e9 ? mem_alloc((l->n + 1) * sizeof *l->v) : NULL;
    if (!l->v) {
        ctx_error(c, LBZ_LIMIT, NULL, "out of memory for a list of %.0f elements", n);
        return false;
    }
    for (size_t i = 0; i < l->n; i++)
        l->v[i] = i + 1 == l->n ? b : a + (b - a) * ((double)i / (n - 1));
    return true;
}

bool procedure_list_from_node(Ctx *c, const Node *e, ProcedureList *l)
{
    size_t at = 0;
    if (ex_is(e, OP_LINSPACE))
        return list_from_steps(c, e, l);
    *l = (ProcedureList){.n = 1};
    if (!shape_of(c, e, l))
        return false;
    l->v = mem_alloc((l->n + 1) * sizeof *l->v);
    if (l->v && fill_list(c, e, l, 0, &at))
        return true;
    procedure_list_free(l);
    if (!ctx_failed(c))
        ctx_error(c, LBZ_LIMIT, NULL, "the list does not fit");
    return false;
}

static Node *node_part(Ctx *c, const ProcedureList *l, unsigned level, size_t *at)
{
    if (level == l->rank) {
        double x = l->v[(*at)++];
        if (isinf(x))
            return x > 0 ? c->inf : c->minus_inf;
        return isnan(x) ? ctx_error(c, LBZ_DOMAIN, NULL, "the value is not a number")
                        : ex_num(c, num_from_double(ctx_arena(c), x));
    }
    Node **e = ARENA_NEW(ctx_arena(c), Node *, l->dim[level] + 1);
    for (size_t i = 0; e && i < l->dim[level]; i++)
        e[i] = node_part(c, l, level + 1, at);
    return e ? ex_list(c, l->dim[level], e) : c->poison;
}

Node *procedure_list_to_node(Ctx *c, const ProcedureList *l)
{
    size_t at = 0;
    return node_part(c, l, 0, &at);
}
