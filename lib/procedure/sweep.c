/* procedure/sweep.c - derivatives of procedures: tangents, and the reverse sweep over a recorded
 * tape, by checkpoints where the whole tape would not fit.
 *
 * Checkpointing: the state of the machine is copied at some steps of a run without a tape; then,
 * from the last copy to the first, each stretch is run again with a tape and swept. A
 * stretch that is still too long is cut again in the same way (a few levels at most: each divides
 * the length by up to CUTS).
 */
#include "procedure/vm.h"

enum { CUTS = 64 };

/* ---- one tape ---------------------------------------------------------------------- */
/* Adjoints: of numbers by entry; of arrays by the event that made them, NULL: 0. */
typedef struct {
    VM *m;
    const Tape *t;
    double *number;
    VMArray **array;
} Adjoints;

/* To add to the adjoint of an array; NULL with an error. */
static double *room_of(Adjoints *s, uint32_t id)
{
    VMArray **a = &s->array[id - 1];
    VMValue v = {.a = *a, .set = true};
    if (!v.a) {
        size_t n = s->t->event[id - 1].size;
        v.a = vm_array_zeros(s->m, &(Dims){.rank = 1, .dim = {n}});
    } else if (!vm_value_own(s->m, &v)) {
        *a = v.a;
        return NULL;
    }
    *a = v.a;
    return v.a ? v.a->v : NULL;
}

/* Takes d. */
static void add_array(Adjoints *s, uint32_t id, VMArray *d)
{
    if (!s->array[id - 1]) {
        s->array[id - 1] = d;
        return;
    }
    double *to = room_of(s, id);
    for (size_t i = 0, n = to ? d->n : 0; i < n; i++)
        to[i] += d->v[i];
    vm_array_release(d);
}

static void sweep_piece(Adjoints *s, const TapeEvent *e, const VMValue *seed)
{
    const TapeDetails *x = e->more;
    ArenaMark mark = arena_mark(&s->m->c->tmp);
    VMValue *adj = ARENA_NEW0(&s->m->c->tmp, VMValue, x->n + 1);
    bool ok = adj && vm_piece_sweep(s->m, x, seed, adj);
    for (size_t i = 0; adj && i < x->n; i++) {
        if (ok && adj[i].set && adj[i].a) {
            add_array(s, x->arg[i].x.id, adj[i].a);
            adj[i].a = NULL;
        } else if (ok && adj[i].set) {
            s->number[x->arg[i].x.id] += adj[i].v;
        }
        vm_value_clear(&adj[i]);
    }
    arena_release(&s->m->c->tmp, mark);
}

static void sweep_list(Adjoints *s, const TapeEvent *e, const double *d)
{
    size_t n = e->n, size = n ? e->size / n : 0;
    for (size_t i = 0; i < n; i++, d += size) {
        uint32_t id = (uint32_t)e->more->at[i];
        double *to = id && e->with_array ? room_of(s, id) : NULL;
        if (id && !e->with_array)
            s->number[id] += *d;
        for (size_t k = 0; to && k < size; k++)
            to[k] += d[k];
    }
}

static size_t place_at(const TapeEvent *e, size_t i)
{
    return e->more && e->more->at ? e->more->at[i] : e->offset + i;
}

static void sweep_pick(Adjoints *s, const TapeEvent *e, const double *d)
{
    double *to = room_of(s, e->from);
    for (size_t i = 0; to && i < e->n; i++)
        to[place_at(e, i)] += d[i];
}

/* The buffer goes on to the array as it was before: storing in a loop costs what is stored. */
static void sweep_store(Adjoints *s, const TapeEvent *e, size_t index)
{
    double *d = room_of(s, (uint32_t)index + 1),
           *to = e->with && e->with_array ? room_of(s, e->with) : NULL;
    for (size_t i = 0; d && to && i < e->n; i++)
        to[i] += d[place_at(e, i)];
    if (d && e->with && !e->with_array)
        s->number[e->with] += d[place_at(e, 0)];
    for (size_t i = 0; d && e->from && i < e->n; i++)
        d[place_at(e, i)] = 0;
    if (!d || !e->from)
        return;
    add_array(s, e->from, s->array[index]);
    s->array[index] = NULL;
}

static void sweep_event(Adjoints *s, size_t index)
{
    const TapeEvent *e = &s->t->event[index];
    VMValue seed = {.set = true, .a = e->number ? NULL : s->array[index]};
    seed.v = e->number ? s->number[e->number] : 0;
    if (e->kind == TAPE_START || (e->number ? seed.v == 0 : !seed.a))
        return;
    switch ((TapeEventKind)e->kind) {
    case TAPE_PIECE: sweep_piece(s, e, &seed); break;
    case TAPE_LIST: sweep_list(s, e, vm_data(&seed)); break;
    case TAPE_PICK: sweep_pick(s, e, vm_data(&seed)); break;
    case TAPE_STORE: sweep_store(s, e, index); break;
    case TAPE_START: break;
    }
    if (!e->number) {
        vm_array_release(s->array[index]);
        s->array[index] = NULL;
    }
}

/* Entry i; zero adjoints are skipped. */
static void sweep_number(Adjoints *s, size_t i)
{
    const Tape *t = s->t;
    double a = s->number[i], *to;
    if (a == 0)
        return;
    for (uint32_t k = t->first[i - 1]; k < t->first[i]; k++)
        if (!(t->from[k] & PAIR_ELEMENT))
            s->number[t->from[k]] += a * t->partial[k];
        else if ((to = room_of(s, t->from[k] & ~PAIR_ELEMENT)))
            to[(size_t)t->partial[k]] += a;
}

static bool sweep_tape(Adjoints *s)
{
    size_t i = s->t->n;
    for (size_t k = s->t->nevents;; k--) {
        for (size_t until = k ? s->t->event[k - 1].at : 0; i > until; i--)
            sweep_number(s, i);
        if (!k || ctx_poll(s->m->c))
            return !ctx_failed(s->m->c);
        sweep_event(s, k - 1);
    }
}

static bool adjoints_open(VM *m, Adjoints *s)
{
    const Tape *t = &m->tape;
    *s = (Adjoints){.m = m,
                    .t = t,
                    .number = mem_alloc((t->n + 1) * sizeof *s->number),
                    .array = mem_alloc((t->nevents + 1) * sizeof *s->array)};
    if (s->number)
        memset(s->number, 0, (t->n + 1) * sizeof *s->number);
    if (s->array)
        memset(s->array, 0, (t->nevents + 1) * sizeof *s->array);
    if (!s->number || !s->array)
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory for adjoints");
    return s->number && s->array;
}

static void adjoints_close(Adjoints *s)
{
    for (size_t i = 0; s->array && i < s->t->nevents; i++)
        vm_array_release(s->array[i]);
    mem_free(s->array);
    mem_free(s->number);
}

/* ---- states ------------------------------------------------------------------------ */
static size_t value_width(const VMValue *v) { return v->set ? vm_count(v) : 0; }

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

/* Gives every number and array of the state a place on the tape, in the order of the registers. */
static bool number_state(VM *m)
{
    for (size_t i = 0; i < m->nregs && !ctx_failed(m->c); i++) {
        VMValue *v = &m->reg[i];
        TapeEvent *e = v->a ? tape_event(m, TAPE_START) : NULL;
        if (e)
            tape_result(m, e, v);
        else if (v->set)
            v->x.id = tape_input(m);
    }
    return !ctx_failed(m->c);
}

/* ---- the reverse sweep by stretches ------------------------------------------------ */
/* The adjoints of the state, or result, at the end: one after the other. */
static void seed_end(Adjoints *s, const double *end)
{
    const VM *m = s->m;
    const VMValue *r = m->nframes ? m->reg : &m->result;
    size_t nr = m->nframes ? m->nregs : 1;
    for (size_t i = 0; i < nr; end += value_width(&r[i++])) {
        if (!r[i].set || !r[i].x.id)
            continue;
        double *to = r[i].a ? room_of(s, r[i].x.id) : &s->number[r[i].x.id];
        for (size_t k = 0; to && k < vm_count(&r[i]); k++)
            to[k] += end[k];
    }
}

/* Those of the state s, that the tape begins with. */
static void read_begin(const Adjoints *a, const Snapshot *s, double *begin)
{
    size_t numbers = 0, arrays = 0;
    for (size_t i = 0; i < s->nregs; i++) {
        size_t n = value_width(&s->reg[i]);
        const VMArray *d = NULL;
        if (s->reg[i].a)
            d = a->array[arrays++];
        else if (n)
            *begin = a->number[++numbers];
        if (d)
            memcpy(begin, d->v, n * sizeof *begin);
        else if (s->reg[i].a)
            memset(begin, 0, n * sizeof *begin);
        begin += n;
    }
}

/* From the tape of a stretch that began at s: adjoints of the state (or result) at its end to those
 * at its beginning. */
static bool sweep_back(VM *m, const Snapshot *s, const double *end, double *begin)
{
    Adjoints a;
    bool ok = adjoints_open(m, &a);
    if (ok) {
        seed_end(&a, end);
        ok = sweep_tape(&a);
        read_begin(&a, s, begin);
    }
    adjoints_close(&a);
    return ok;
}

/* Runs from s to step `to` with a tape; *fits is false when that was too short. */
static bool run_taped(VM *m, const Snapshot *s, uint64_t to, bool *fits)
{
    if (!snapshot_restore(m, s, RUN_TAPE) || !number_state(m))
        return false;
    m->tape.full = false;
    if (!vm_run(m, to))
        return false;
    *fits = !(m->tape.full && m->step < to && m->nframes && to - s->step > 1);
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
    if (!run_taped(m, s, to, &fits))
        return false;
    if (fits)
        return sweep_back(m, s, end, begin);
    uint64_t done = m->step - s->step, length = to - s->step;
    uint64_t cuts = 2 + length / (done ? done : 1);
    return sweep_cut(m, s, to, cuts < CUTS ? cuts : CUTS, end, begin);
}

/* ---- from outside ------------------------------------------------------------------ */
bool vm_init(VM *m, Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
             size_t nin)
{
    *m = (VM){.c = c, .w = w, .mode = RUN_VALUE};
    m->tape.limit = w->limits.tape;
    return vm_main(m, e, in, nin);
}

/* A tangent of zeros is none. */
static bool put_tangent(VM *m, const ProcedureList *dir, VMValue *v)
{
    size_t i = 0;
    while (i < dir->n && dir->v[i] == 0)
        i++;
    double *dot = i < dir->n ? vm_dot_room(m, v) : NULL;
    if (dot)
        memcpy(dot, dir->v, dir->n * sizeof *dot);
    return dot || i == dir->n;
}

bool vm_begin(VM *m, const ProcedureList *x, const ProcedureList *dir, size_t nin)
{
    if (!vm_start(m, NULL, 0))
        return false;
    for (size_t i = 0; i < nin; i++) {
        if (!vm_from_list(m, &x[i], &m->reg[i]))
            return false;
        if (dir && !put_tangent(m, &dir[i], &m->reg[i]))
            return false;
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
              vm_run(&m, UINT64_MAX) && vm_to_list(&m, &m.result, false, out);
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
         vm_to_list(&m, &m.result, false, out) && vm_to_list(&m, &m.result, true, dout);
    report_special(&m);
    vm_free(&m);
    return ok;
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

/* What is differentiated of the value: all elements, or those with their weights. */
static double *weights_of(VM *m, const ProcedureList *out, const ProcedureList *weight)
{
    double *w = NULL;
    if (weight && weight->n != out->n)
        ctx_error(m->c, LBZ_SHAPE, NULL, "there are %zu weights for %zu values",
                  weight->n, out->n);
    else if (!(w = mem_alloc((out->n + 1) * sizeof *w)))
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    for (size_t i = 0; w && i < out->n; i++)
        w[i] = weight ? weight->v[i] : 1;
    return w;
}

/* With one tape, if that is long enough; else the value, from a run without, and how many steps that
 * took, and then by stretches. */
static bool sweep_all(VM *m, const Snapshot *start, const ProcedureList *weight,
                      ProcedureList *out, double *begin)
{
    bool fits;
    uint64_t steps = 0;
    if (!run_taped(m, start, UINT64_MAX, &fits))
        return false;
    if (!fits) {
        if (!snapshot_restore(m, start, RUN_VALUE) || !vm_run(m, UINT64_MAX))
            return false;
        steps = m->step;
    }
    double *w = vm_to_list(m, &m->result, false, out) ? weights_of(m, out, weight) : NULL;
    bool ok = w && (fits ? sweep_back(m, start, w, begin)
                         : sweep_range(m, start, steps, w, begin));
    mem_free(w);
    return ok;
}

bool procedure_reverse(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                       const ProcedureList *x, size_t nin, const ProcedureList *weight,
                       ProcedureList *out, ProcedureList *grad)
{
    VM m;
    Snapshot start = {0};
    bool ok = vm_init(&m, c, w, e, in, nin) && vm_begin(&m, x, NULL, nin) &&
              snapshot_take(&m, &start);
    double *begin =
        ok ? mem_alloc((total_width(start.reg, start.nregs) + 1) * sizeof *begin) : NULL;
    ok = begin && sweep_all(&m, &start, weight, out, begin) &&
         split_gradient(&m, begin, x, nin, grad);
    mem_free(begin);
    snapshot_free(&start);
    report_special(&m);
    vm_free(&m);
    return ok && !ctx_failed(c);
}
