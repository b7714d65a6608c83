/* expr/sizes.c - symbolic sizes get values where a declared name stands for something. A size that is
 * a formula (n + 1) is only compared, once its symbols are known. */
#include "expr/sizes.h"

bool sizes_put(Sizes *s, uint32_t sym, Node *v)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->sym[i] == sym)
            return s->value[i] == v;
    if (s->n < SIZES_MOST) {
        s->sym[s->n] = sym;
        s->value[s->n++] = v;
    }
    return true;
}

static Node *size_at(Ctx *c, const ShapeSize *size, const Sizes *s)
{
    Node *e = shape_size_node(c, *size);
    return size->e && s->n ? ex_subst(c, e, s->sym, s->value, s->n) : e;
}

static bool size_matches(Ctx *c, Sizes *s, const ShapeSize *declared,
                         const ShapeSize *got)
{
    Node *d = size_at(c, declared, s), *g = shape_size_node(c, *got);
    if (d == g || (ex_is(d, OP_SYM) && sizes_put(s, d->sym, g)))
        return true;
    return !ex_is_num(d) || !ex_is_num(g);
}

bool sizes_match(Ctx *c, Sizes *s, uint32_t declared, uint32_t got)
{
    if (declared == got || got == SHAPE_ANY)
        return true;
    if (!shape_is_tensor(declared) || !shape_is_tensor(got))
        return false;
    Shape d = *shape_at(c, declared), g = *shape_at(c, got);
    bool fits = d.rank == g.rank && d.row == g.row;
    for (unsigned i = 0; fits && i < d.rank; i++)
        fits = size_matches(c, s, &d.size[i], &g.size[i]);
    return fits;
}

void sizes_error(Ctx *c, uint32_t sym, uint32_t declared, uint32_t got)
{
    Str s = {0};
    shape_print(c, &s, declared);
    str_puts(&s, " and stands for something of shape ");
    shape_print(c, &s, got);
    ctx_error(c, LBZ_SHAPE,
              shape_is_symbolic(c, declared)
                  ? "a size that is a name has one value everywhere; forget forgets names"
                  : "declare it anew with var, or forget it",
              "%s is declared with shape %s", sym_name(c, sym), str_cstr(&s));
    str_free(&s);
}

bool sizes_of_values(Ctx *c, Sizes *s, size_t n, const uint32_t *sym, Node *const *value)
{
    int64_t size;
    for (size_t i = 0; i < n; i++) {
        uint32_t declared = c->syms[sym[i]].shape;
        if (!value[i]->shape && ex_get_int(value[i], &size) && size >= 0) {
            (void)sizes_put(s, sym[i], value[i]);
        } else if (declared && !sizes_match(c, s, declared, value[i]->shape)) {
            sizes_error(c, sym[i], declared, value[i]->shape);
            return false;
        }
    }
    return true;
}

bool shape_is_symbolic(const Ctx *c, uint32_t id)
{
    const Shape *s = shape_at(c, id);
    for (unsigned i = 0; shape_is_tensor(id) && i < s->rank; i++)
        if (s->size[i].e)
            return true;
    return false;
}

uint32_t shape_at_sizes(Ctx *c, uint32_t id, const Sizes *s)
{
    if (!s->n || !shape_is_symbolic(c, id))
        return id;
    Shape t = *shape_at(c, id);
    for (unsigned i = 0; i < t.rank; i++) {
        Node *e = size_at(c, &t.size[i], s);
        int64_t k;
        t.size[i] = ex_get_int(e, &k) ? (ShapeSize){k, NULL} : (ShapeSize){0, e};
    }
    return shape_make(c, &t);
}
