/* procedure/tape.c - what a run leaves behind for its reverse sweep: numbers with their partial
 * derivatives, and what was done to arrays (vm.h). */
#include "procedure/vm.h"

static void event_free(TapeEvent *e)
{
    TapeDetails *d = e->more;
    if (!d)
        return;
    for (size_t i = 0; i < d->n; i++)
        vm_value_clear(&d->arg[i]);
    if (d->piece)
        vm_piece_release(d->piece);
    mem_free(d->at);
    mem_free(d);
}

void tape_clear(Tape *t)
{
    for (size_t i = 0; i < t->nevents; i++)
        event_free(&t->event[i]);
    t->n = t->npairs = t->nevents = t->kept = 0;
    t->full = false;
}

void tape_free(Tape *t)
{
    tape_clear(t);
    mem_free(t->first);
    mem_free(t->from);
    mem_free(t->partial);
    mem_free(t->event);
    *t = (Tape){0};
}

/* ---- numbers */
static bool pairs_grow(VM *m, Tape *t)
{
    size_t cap = t->pairs_cap;
    if (!vm_grow(m, (void **)&t->from, sizeof *t->from, t->npairs, &cap) ||
        !vm_grow(m, (void **)&t->partial, sizeof *t->partial, t->npairs, &t->pairs_cap))
        return false;
    t->pairs_cap = cap < t->pairs_cap ? cap : t->pairs_cap;
    return true;
}

static void add_pair(VM *m, uint32_t from, double partial)
{
    Tape *t = &m->tape;
    if (t->npairs >= t->pairs_cap && !pairs_grow(m, t))
        return;
    t->from[t->npairs] = from;
    t->partial[t->npairs++] = partial;
}

void tape_arg(VM *m, uint32_t id, double partial)
{
    if (id != 0 && partial != 0)
        add_pair(m, id, partial);
}

static void look_at_limit(Tape *t)
{
    size_t bytes = t->n * (sizeof *t->first + sizeof(double)) + t->npairs * 12 +
                   t->nevents * sizeof *t->event + t->kept;
    t->full = t->full || bytes > t->limit || t->npairs > UINT32_MAX - 4096 ||
              t->n > PAIR_ELEMENT - 4096;
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
    look_at_limit(t);
    return (uint32_t)t->n;
}

uint32_t tape_end(VM *m)
{
    size_t from = m->tape.n ? m->tape.first[m->tape.n] : 0;
    return m->tape.npairs == from ? 0 : tape_entry(m);
}

uint32_t tape_input(VM *m) { return tape_entry(m); }

uint32_t tape_element(VM *m, uint32_t array, size_t offset)
{
    add_pair(m, array | PAIR_ELEMENT, (double)offset);
    return tape_entry(m);
}

/* ---- arrays */
TapeEvent *tape_event(VM *m, TapeEventKind kind)
{
    Tape *t = &m->tape;
    if (!vm_grow(m, (void **)&t->event, sizeof *t->event, t->nevents, &t->events_cap))
        return NULL;
    TapeEvent *e = &t->event[t->nevents++];
    *e = (TapeEvent){.kind = (uint8_t)kind};
    return e;
}

TapeDetails *tape_details(VM *m, TapeEvent *e, size_t n)
{
    TapeDetails *d = mem_alloc(sizeof *d + n * sizeof *d->arg);
    if (!d) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return NULL;
    }
    *d = (TapeDetails){.n = n};
    memset(d->arg, 0, n * sizeof *d->arg);
    m->tape.kept += sizeof *d + n * sizeof *d->arg;
    e->more = d;
    return d;
}

void tape_result(VM *m, TapeEvent *e, VMValue *v)
{
    size_t index = (size_t)(e - m->tape.event);
    e->size = vm_count(v);
    if (v->a) {
        v->x.id = (uint32_t)index + 1;
        if (e->kind == TAPE_PIECE) /* which holds its operands, results of others */
            m->tape.kept += e->size * sizeof(double);
    } else {
        v->x.id = e->number = tape_input(m);
    }
    e->at = (uint32_t)m->tape.n;
    look_at_limit(&m->tape);
}
