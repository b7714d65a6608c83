/* procedure/where.c - where in the texts of functions the machine stands: for errors, and for
 * the values of a record.
 *
 * Invariant: a trail knows where all values of the record below its n were computed.
 */
#include "procedure/vm.h"
#include <stdio.h>

enum { TEXT_MAX = 60 };

static const ProcedureStmt *statement_at(const VFun *f, uint32_t pc)
{
    size_t lo = 0, hi = f->b->n;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (f->begin[mid] <= pc)
            lo = mid;
        else
            hi = mid;
    }
    return f->b->n ? &f->b->code[lo] : NULL;
}

/* The statement's text up to its end or TEXT_MAX bytes. */
static const char *statement_text(Ctx *c, const char *s)
{
    size_t n = 0;
    int depth = 0;
    for (; s[n] && s[n] != '\n' && s[n] != ';' && s[n] != '#'; n++) {
        depth += (s[n] == '(' || s[n] == '[') - (s[n] == ')' || s[n] == ']');
        if (depth == 0 && (s[n] == '{' || s[n] == '}'))
            break;
    }
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\r'))
        n--;
    bool cut = n > TEXT_MAX;
    for (n = cut ? TEXT_MAX - 3 : n; cut && n && ((unsigned char)s[n] & 0xc0) == 0x80;)
        n--;
    char t[TEXT_MAX + 4];
    snprintf(t, sizeof t, "%.*s%s", (int)n, s, cut ? "..." : "");
    return arena_strndup(ctx_arena(c), t, strlen(t));
}

static const Node *outer_call(const VM *m)
{
    if (m->nframes < 2)
        return NULL;
    const VIns *x = &m->fun[m->frame[0].fun]->code[m->frame[0].pc - 1];
    return x->op == V_CALL ? x->call : NULL;
}

static ProcedureWhere where_is(Ctx *c, const Procedure *b, const ProcedureStmt *s)
{
    ProcedureWhere w = {.function = b->sym == P_NONE ? NULL : sym_name(c, b->sym)};
    if (!w.function || !b->text)
        return w;
    w.line = 1;
    for (const char *t = b->text; t < b->text + s->at.pos; t++)
        w.line += *t == '\n';
    w.text = statement_text(c, b->text + s->at.pos);
    return w;
}

static ProcedureWhere vm_where(const VM *m)
{
    ProcedureWhere w = {0};
    const VMFrame *f = m->nframes ? &m->frame[m->nframes - 1] : NULL;
    const Procedure *b = f ? m->fun[f->fun]->b : NULL;
    const ProcedureStmt *s = b && f->pc ? statement_at(m->fun[f->fun], f->pc - 1) : NULL;
    if (s)
        w = where_is(m->c, b, s);
    w.call = outer_call(m);
    return w;
}

static bool may_explain(const Err *e)
{
    return e->status == LBZ_DOMAIN || e->status == LBZ_SHAPE || e->status == LBZ_UNABLE ||
           e->status == LBZ_NAME;
}

static void explain_where(Err *e, const ProcedureWhere *w)
{
    size_t n = strlen(e->message);
    snprintf(e->message + n, sizeof e->message - n,
             w->text ? ", in %s, line %u: %s" : ", in %s", w->function, w->line,
             w->text ? w->text : "");
}

void procedure_explain(Ctx *c, const Procedure *b, const ProcedureStmt *s)
{
    Err *e = &c->env.err;
    ProcedureWhere w = where_is(c, b, s);
    if (w.function && (e->status == LBZ_DOMAIN || e->status == LBZ_SHAPE))
        explain_where(e, &w);
}

void vm_explain(VM *m)
{
    Err *e = &m->c->env.err;
    ProcedureWhere w = vm_where(m);
    m->c->env.about = NULL;
    if (!w.function || !may_explain(e))
        return;
    explain_where(e, &w);
    e->about = w.call ? w.call : e->about;
}

void vm_note_where(VM *m)
{
    ProcedureTrail *t = m->trail;
    ProcedureWhere w = {0};
    if (t->n < m->record->n)
        w = vm_where(m);
    while (t->n < m->record->n &&
           vm_grow(m, (void **)&t->where, sizeof *t->where, t->n, &t->cap))
        t->where[t->n++] = w;
}
