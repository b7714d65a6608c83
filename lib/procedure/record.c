/* procedure/record.c - the path that a procedure takes at a point, as a program: what was computed
 * from the inputs, without conditions and jumps. For second derivatives and for points on kinks,
 * where a tape of slopes does not tell enough.
 *
 * A number or array of the machine carries the value of the record that made it (id: value + 1); what
 * does not depend on the inputs is a constant there. At the end arrays become numbers, element by
 * element: that is what those who asked work on.
 */
#include "procedure/vm.h"
#include <math.h>

enum { VALUE_BYTES = 128 }; /* of a recorded value, its derivatives counted in */

static uint32_t record_data(VM *m, const VMValue *v)
{
    Tensor t;
    Dims d = vm_dims(v);
    if (!vm_array_tensor(m, v->a, &d, &t))
        return 0;
    uint32_t id = pg_data(m->record, &t);
    tensor_release(&t);
    return id;
}

uint32_t record_id(VM *m, const VMValue *v)
{
    return v->x.id ? v->x.id - 1 : v->a ? record_data(m, v) : pg_const(m->record, v->v);
}

uint32_t record_element(VM *m, const VMValue *v, size_t i)
{
    if (!v->a || !v->x.id)
        return v->a ? pg_const(m->record, vm_data(v)[i]) : record_id(m, v);
    if (ctx_failed(m->c))
        return 0;
    Dims flat = {.rank = 1, .dim = {vm_count(v)}};
    return pg_pick(m->record, pg_reshape(m->record, v->x.id - 1, &flat), 0, i);
}

static bool record_limit(VM *m, size_t most)
{
    ctx_error(m->c, LBZ_LIMIT,
              "`set tape 1G` allows more; first derivatives need no such record",
              "the path that is taken has more than %zu operations, too long for this "
              "derivative",
              most);
    return false;
}

static bool record_fits(VM *m)
{
    if (m->trail && m->record->n > m->trail->most) {
        ctx_error(m->c, LBZ_LIMIT, "ask for fewer rounds, or use forward or reverse",
                  "the trace has more than %zu values", m->trail->most);
        return false;
    }
    if (m->record->n <= m->tape.limit / VALUE_BYTES)
        return true;
    return record_limit(m, m->tape.limit / VALUE_BYTES);
}

Aux record_aux(VM *m, uint32_t id)
{
    Aux r = {0};
    if (record_fits(m) && !m->record->val[id].known)
        r.id = id + 1;
    return r;
}

/* The program of the inputs, arrays and numbers, which are its first values. */
static bool begin_record(VM *m, const ProcedureList *x, size_t nin, size_t nvars)
{
    ArenaMark mark = arena_mark(&m->c->tmp);
    Dims *d = ARENA_NEW0(&m->c->tmp, Dims, nvars + 1);
    for (size_t i = 0; d && i < nvars; i++) {
        d[i].rank = x[i].rank;
        memcpy(d[i].dim, x[i].dim, x[i].rank * sizeof *d[i].dim);
    }
    m->record = d ? program_new_shaped(&m->c->env, (uint32_t)nvars, d) : NULL;
    arena_release(&m->c->tmp, mark);
    if (!m->record)
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    bool ok = m->record && vm_begin(m, x, NULL, nin);
    for (size_t i = 0; ok && i < nvars; i++)
        m->reg[i].x.id = (uint32_t)i + 1;
    return ok;
}

static bool has_arrays(const Program *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->val[i].shape)
            return true;
    return false;
}

/* Where the values of the program of numbers were computed, from where those of arrays were. */
static bool follow_trail(VM *m, const uint32_t *from, size_t n)
{
    ProcedureTrail *t = m->trail;
    ProcedureWhere *w = t ? mem_alloc((n + 1) * sizeof *w) : NULL;
    if (!t)
        return true;
    if (!w) {
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
        return false;
    }
    for (size_t i = 0; i < n; i++)
        w[i] = from[i] < t->n ? t->where[from[i]] : (ProcedureWhere){0};
    mem_free(t->where);
    t->where = w;
    t->n = t->cap = n;
    return true;
}

/* The record as a program of numbers, with the values of the elements of the result: to be freed. */
static uint32_t *finish_record(VM *m)
{
    uint32_t out = record_id(m, &m->result), *id = NULL, *from = NULL;
    if (m->trail)
        vm_note_where(m);
    if (!ctx_failed(m->c) && !has_arrays(m->record)) {
        if ((id = mem_alloc(sizeof *id)))
            *id = out;
    } else if (!ctx_failed(m->c)) {
        size_t most = m->tape.limit / VALUE_BYTES;
        Program *p = program_elements(m->record, &out, 1, most, &id, &from);
        if (!p && !ctx_failed(m->c))
            record_limit(m, most);
        program_free(m->record);
        m->record = p;
        if (p && !follow_trail(m, from, p->n)) {
            mem_free(id);
            id = NULL;
        }
        mem_free(from);
    }
    if (!id && !ctx_failed(m->c))
        ctx_error(m->c, LBZ_LIMIT, NULL, "out of memory");
    return id;
}

bool procedure_record(Ctx *c, const ProcedureScope *w, Node *e, const uint32_t *in,
                      const ProcedureList *x, size_t nin, size_t nvars,
                      ProcedureTrail *trail, ProcedureList *out, Program **record,
                      uint32_t **ids)
{
    VM m;
    bool ok = vm_init(&m, c, w, e, in, nin);
    m.mode = RUN_RECORD;
    m.trail = trail;
    *ids = NULL;
    *out = (ProcedureList){0};
    ok = ok && begin_record(&m, x, nin, nvars) && vm_run(&m, UINT64_MAX) &&
         vm_to_list(&m, &m.result, false, out);
    *ids = ok ? finish_record(&m) : NULL;
    ok = *ids && !ctx_failed(c);
    *record = ok ? m.record : NULL;
    if (!ok) {
        program_free(m.record);
        mem_free(*ids);
        procedure_list_free(out);
        *ids = NULL;
    }
    vm_free(&m);
    return ok;
}
