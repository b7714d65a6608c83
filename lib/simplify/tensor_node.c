/* simplify/tensor_node.c - normal forms back to nodes: a contraction for every term. */
#include "expr/contract.h"
#include "expr/tensors.h"
#include "simplify/tensor.h"

typedef struct {
    TensorForm *T;
    Node **atom; /* what each atom is */
} Writer;

/* The elements a generator stands for, over n axes of these sizes. */
static Node *generator_node(Writer *w, const TensorGenerator *g, unsigned n,
                            const ShapeSize *size)
{
    Ctx *c = w->T->c;
    Node *a = w->atom[g->atom];
    Contraction k = {.n = 1, .nindices = n};
    bool same = g->n == n;
    if (!g->n)
        return a;
    k.a[0] = a;
    k.in[0].n = g->n;
    k.out.n = (uint8_t)n;
    for (unsigned i = 0; i < g->n; i++) {
        k.in[0].at[i] = g->at[i];
        same = same && g->at[i] == i;
    }
    for (unsigned i = 0; i < n; i++) {
        k.out.at[i] = (uint8_t)i;
        k.size[i] = size[i];
    }
    return same ? a : contract_make(c, &k, "a product");
}

/* The formula with tensors over n axes in place of its generators. */
static Node *formula_node(Writer *w, Node *e, unsigned n, const ShapeSize *size)
{
    TensorForm *T = w->T;
    Ctx *c = T->c;
    size_t k, m = 0;
    uint32_t *syms = ex_free_syms(c, e, &k);
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (size_t i = 0; syms && by && i < k; i++) {
        uint64_t v;
        if (!map_get(&T->by_sym, syms[i], &v))
            continue;
        syms[m] = syms[i];
        by[m++] = generator_node(w, &T->gen[v], n, size);
    }
    return syms && by ? ex_subst(c, e, syms, by, m) : e;
}

static Node *term_node(Writer *w, const TensorTerm *t, unsigned rank)
{
    Ctx *c = w->T->c;
    Contraction k = {.n = t->ncells, .nindices = t->nindices};
    Node *coef = formula_node(w, t->coef, 0, NULL);
    if (t->nindices > CONTRACT_INDICES || t->ncells > CONTRACT_OPERANDS)
        return c->poison;
    memcpy(k.size, t->size, t->nindices * sizeof *k.size);
    for (unsigned i = 0; i < t->ncells; i++) {
        const TensorCell *cell = &t->cell[i];
        const TensorGenerator *g = normal_element(w->T, cell->e);
        ShapeSize size[SHAPE_RANK];
        if (g && g->n) { /* the atom itself, at these indices */
            k.a[i] = w->atom[g->atom];
            k.in[i].n = g->n;
            for (unsigned j = 0; j < g->n; j++)
                k.in[i].at[j] = cell->at[g->at[j]];
            continue;
        }
        for (unsigned j = 0; j < cell->n; j++)
            size[j] = t->size[cell->at[j]];
        k.a[i] = cell->e ? formula_node(w, cell->e, cell->n, size) : ex_eye(c, size[0]);
        k.in[i].n = cell->n;
        memcpy(k.in[i].at, cell->at, cell->n);
    }
    k.out.n = (uint8_t)rank;
    for (unsigned i = 0; i < rank; i++)
        k.out.at[i] = (uint8_t)i;
    Node *p = rank || t->ncells ? contract_make(c, &k, "a product") : c->one;
    return ex_mul2(c, coef, p);
}

static Node *sum_node(Writer *w, const TensorSum *s)
{
    Ctx *c = w->T->c;
    Node **t = ARENA_NEW(&c->tmp, Node *, s->n + 1), *size[SHAPE_RANK];
    for (size_t i = 0; t && i < s->n && !ctx_failed(c); i++)
        t[i] = term_node(w, &s->t[i], s->rank);
    Node *r = !t || ctx_failed(c) ? c->poison : s->n ? ex_add(c, s->n, t) : c->zero;
    for (unsigned i = 0; i < s->rank; i++)
        size[i] = shape_size_node(c, s->size[i]);
    return s->rank ? ex_broadcast(c, r, shape_of_sizes(c, s->rank, size)) : r;
}

static Node *atom_node(Writer *w, const TensorAtom *a)
{
    Ctx *c = w->T->c;
    Node *arg[SHAPE_RANK];
    if (a->op == OP_CONTRACT)
        return sum_node(w, a->arg);
    if (!a->nargs) {
        Node *n = (Node *)(uintptr_t)a->node;
        bool diagonal = a->rank == 1 && shape_has_rank(c, n->shape, 2);
        return diagonal ? ex_contract(c, "aa->a", 1, &n, "a diagonal") : n;
    }
    if (a->nargs > SHAPE_RANK)
        return c->poison;
    for (size_t i = 0; i < a->nargs; i++)
        arg[i] = sum_node(w, &a->arg[i]);
    return a->op == OP_INVERSE || a->op == OP_DET ? ex_tensor(c, a->op, NULL, 1, arg)
                                                  : ex_rebuild(c, a->node, arg);
}

/* Atoms have older ones in them only. */
Node *normal_node(TensorForm *T, const TensorSum *s)
{
    Ctx *c = T->c;
    Writer w = {.T = T, .atom = ARENA_NEW(&c->tmp, Node *, T->natoms + 1)};
    for (size_t i = 0; w.atom && i < T->natoms && !ctx_poll(c); i++)
        w.atom[i] = atom_node(&w, &T->atom[i]);
    return w.atom && !ctx_failed(c) ? sum_node(&w, s) : c->poison;
}
