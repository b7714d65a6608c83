/* procedure/list.c - the arrays of who calls a procedure, and those as nodes. */
#include "cpu/cpu.h"
#include "procedure/procedure.h"
#include <math.h>

void procedure_list_free(ProcedureList *l)
{
    if (!l->lent)
        mem_free(l->v);
    *l = (ProcedureList){0};
}

/* The shape of nested lists along their first elements. */
static bool shape_of(Ctx *c, const Node *e, ProcedureList *l)
{
    for (; ex_is(e, OP_LIST); e = e->a[0]) {
        if (l->rank == PROCEDURE_RANK) {
            ctx_error(c, LBZ_SHAPE, NULL, "lists are nested more than %d deep",
                      PROCEDURE_RANK);
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

static bool list_from_data(Ctx *c, const Tensor *t, ProcedureList *l)
{
    Tensor flat;
    *l = (ProcedureList){.rank = t->dims.rank, .n = tensor_count(t)};
    if (l->rank > PROCEDURE_RANK) {
        ctx_error(c, LBZ_SHAPE, NULL, "lists are nested more than %d deep",
                  PROCEDURE_RANK);
        return false;
    }
    memcpy(l->dim, t->dims.dim, l->rank * sizeof *l->dim);
    if (t->type == DT_FLOAT64 && tensor_is_contiguous(t)) {
        l->v = tensor_doubles(t);
        l->lent = true;
        return true;
    }
    if (!tensor_pack(&c->env, t, DT_FLOAT64, &flat))
        return false;
    l->v = mem_alloc((l->n + 1) * sizeof *l->v);
    if (l->v)
        memcpy(l->v, tensor_doubles(&flat), l->n * sizeof *l->v);
    else
        ctx_error(c, LBZ_LIMIT, NULL, "out of memory for a list of %zu elements", l->n);
    tensor_release(&flat);
    return l->v != NULL;
}

bool procedure_list_from_node(Ctx *c, const Node *e, ProcedureList *l)
{
    size_t at = 0;
    if (ex_is(e, OP_DATA))
        return list_from_data(c, e->data, l);
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
