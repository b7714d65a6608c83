/* parse/build_index.c - indices and ranges become nodes. Where the value has a shape the constructor
 * resolves numbers that count from the end; where it gets one only when a procedure runs, they are
 * written with its length here. Conditions in an index become the positions where they hold. */
#include "expr/shape.h"
#include "expr/tensors.h"
#include "parse/build.h"

/* ---- sizes ---------------------------------------------------------------------------- */
/* How long the axis is that v has behind `axis` others. */
static Node *axis_length(TreeBuilder *b, Node *v, unsigned axis)
{
    Ctx *c = b->c;
    Node *ones[SHAPE_RANK + 1] = {v};
    if (shape_is_tensor(v->shape)) {
        const Shape *s = shape_at(c, v->shape);
        if (s->row && axis == 1 && s->rank == 1)
            axis = 0;
        return axis < s->rank
                   ? shape_size_node(c, s->size[axis])
                   : ctx_error(c, LBZ_SHAPE, NULL, "there are more indices than axes");
    }
    if (v->shape == SHAPE_SCALAR && !build_in_parameters(b, v))
        return ctx_error(c, LBZ_SHAPE, "declare it: var x[n]",
                         "what has no shape has no end");
    for (unsigned k = 1; k <= axis && k <= SHAPE_RANK; k++)
        ones[k] = c->one;
    Node *inner = axis ? ex_tensor(c, OP_INDEX, NULL, axis + 1u, ones) : v;
    return ctx_failed(c) ? c->poison : ex_tensor(c, OP_LENGTH, NULL, 1, &inner);
}

/* Of an item whose `at` and `op` tell the value and the axis, counted from 1. */
static Node *length_there(TreeBuilder *b, const TreeItem *i)
{
    build_stand_at(b, i->pos, i->end);
    return axis_length(b, b->made[i->at], i->op - 1u);
}

Node *build_end(TreeBuilder *b, const TreeItem *i) { return length_there(b, i); }

/* ---- ranges --------------------------------------------------------------------------- */
static bool is_open(const TreeBuilder *b, uint32_t k)
{
    return b->t->item[b->at[k]].kind == TREE_OPEN;
}

static bool is_negative(const Node *n) { return ex_is_num(n) && num_sgn(n->num) < 0; }

/* An end of a range in an index. */
static Node *slice_end(TreeBuilder *b, const TreeItem *i, uint32_t k, bool first)
{
    Ctx *c = b->c;
    if (is_open(b, k))
        return first ? c->one : length_there(b, i);
    if (!is_negative(b->v[k]) || shape_is_tensor(b->made[i->at]->shape))
        return b->v[k];
    return ex_add(c, 3, (Node *[]){length_there(b, i), b->v[k], c->one});
}

static Node *build_slice(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    uint32_t last = base + i->n - 1;
    bool falls = i->n == 3 && is_negative(b->v[base + 1]);
    if (i->n == 3 && is_open(b, base + 1)) {
        build_stand_at(b, i->pos, i->end);
        return ctx_error(b->c, LBZ_SYNTAX, "write x[1:2:5]",
                         "the step of a range is missing");
    }
    Node *a[3] = {slice_end(b, i, base, !falls), b->v[base + 1],
                  slice_end(b, i, last, falls)};
    a[i->n - 1] = a[2];
    build_put_sizes(b, i->n, a);
    return ctx_failed(b->c) ? b->c->poison : ex_structural(b->c, OP_RANGE, i->n, a);
}

static void need_bounds(TreeBuilder *b, uint32_t base)
{
    for (uint32_t k = base; k < b->nv; k++)
        if (!is_open(b, k))
            build_need_number(b, k);
}

Node *build_range(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    need_bounds(b, base);
    build_stand_at(b, i->pos, i->end);
    if (ctx_failed(b->c))
        return b->c->poison;
    return i->flags & TREE_SLICE
               ? build_slice(b, i, base)
               : build_tensor(b, OP_SEQUENCE, NULL, i->n, b->v + base, i->pos, i->end);
}

/* ---- indices -------------------------------------------------------------------------- */
/* Is the operand written as a condition? */
static bool is_mask(TreeBuilder *b, uint32_t k)
{
    switch (b->t->item[b->at[k]].kind) {
    case TREE_COMPARE:
    case TREE_NOT:
    case TREE_AND:
    case TREE_OR: build_need_number(b, k); return true;
    default: return false;
    }
}

/* The conditions with the values put in that their names have here. NULL: some have none. */
static Node *mask_now(TreeBuilder *b, Node *m)
{
    Ctx *c = b->c;
    for (const ShapeScope *s = b->scope; s; s = s->outer)
        if (s->value)
            m = ex_subst(c, m, s->sym, s->value, s->n);
        else if (ex_depends_any(c, m, s->sym, s->n))
            return NULL;
    return ctx_failed(c) || !b->opt->value ? m : b->opt->value(b->opt->arg, m);
}

/* Where the conditions hold: as numbers, which derivatives need, where their values are known. */
static Node *positions_of(TreeBuilder *b, Node *m)
{
    Node *now = ex_is(m, OP_LIST) || !shape_is_tensor(m->shape) ? m : mask_now(b, m);
    Node *p =
        now && ex_is(now, OP_LIST) ? ex_tensor(b->c, OP_POSITIONS, NULL, 1, &now) : NULL;
    return p && ex_is(p, OP_LIST) ? p : ex_tensor(b->c, OP_POSITIONS, NULL, 1, &m);
}

static Node *index_operand(TreeBuilder *b, Node *value, uint32_t k, unsigned axis)
{
    if (is_mask(b, k))
        return positions_of(b, b->v[k]);
    build_need_number(b, k);
    Node *n = b->v[k];
    return is_negative(n) && value->shape == SHAPE_ANY
               ? ex_add(b->c, 3, (Node *[]){axis_length(b, value, axis), n, b->c->one})
               : n;
}

Node *build_index(TreeBuilder *b, const TreeItem *i, uint32_t base)
{
    build_need_number(b, base);
    build_stand_at(b, i->pos, i->end);
    for (uint32_t k = 1; k < i->n && !ctx_failed(b->c); k++)
        b->v[base + k] = index_operand(b, b->v[base], base + k, k - 1);
    return build_tensor(b, OP_INDEX, NULL, i->n, b->v + base, i->pos, i->end);
}
