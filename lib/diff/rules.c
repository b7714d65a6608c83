/* diff/rules.c - the partial derivatives of the table's rows, from text to nodes.
 *
 * A row's partial is parsed once per context, in a context of its own (no user assumption can
 * reach it), and kept as a topologically ordered list; applying it is one loop of
 * constructors. Arguments are x, y, z there, f is the function's own value.
 */
#include "diff/diff.h"
#include "diff/internal.h"
#include "parse/parse.h"

typedef struct {
    Node **order;  /* nodes of the template context, children first */
    uint16_t *kid; /* the places of their children in it, one after the other */
    size_t n;
    bool tried;
} PartialRule;

enum { VALUES_AT_HAND = 64, KIDS = 8 };

typedef struct {
    Ctx *tc;
    PartialRule rule[OP_COUNT][3];
} Rules;

static void rules_free(Ctx *c)
{
    Rules *r = c->rules;
    ctx_free(r->tc);
    mem_free(r);
    c->rules = NULL;
}

static Rules *rules_of(Ctx *c)
{
    if (c->rules)
        return c->rules;
    Rules *r = mem_alloc(sizeof *r);
    if (!r)
        return NULL;
    memset(r, 0, sizeof *r);
    r->tc = ctx_new();
    if (!r->tc) {
        mem_free(r);
        return NULL;
    }
    c->rules = r;
    c->free_rules = rules_free;
    return r;
}

static void rule_make(Rules *rs, PartialRule *r, const char *text)
{
    Ctx *t = rs->tc;
    ctx_begin_statement(t);
    r->tried = true;
    Node *n = ex_keep(t, parse_text(t, text));
    size_t count = 0, kids = 0;
    if (ex_is_poison(n))
        return;
    Node **order = ex_walk(t, 1, &n, &count);
    for (size_t i = 0; order && i < count; i++)
        kids += order[i]->n;
    Node **kept = order ? ARENA_NEW(&t->pool[0].arena, Node *, count) : NULL;
    uint16_t *kid = order ? ARENA_NEW(&t->pool[0].arena, uint16_t, kids) : NULL;
    if (!kept || !kid || ctx_failed(t))
        return;
    memcpy(kept, order, count * sizeof *kept);
    for (size_t i = 0, k = 0; i < count; i++)
        for (uint32_t j = 0; j < order[i]->n; j++)
            kid[k++] = (uint16_t)order[i]->a[j]->pos;
    r->order = kept;
    r->kid = kid;
    r->n = count;
}

/* What the template's node stands for when it is a placeholder. */
static Node *placeholder_value(const Node *t, Node *f)
{
    if (t->op != OP_SYM || t->name[1])
        return NULL;
    switch (t->name[0]) {
    case 'x': return f->a[0];
    case 'y': return f->n > 1 ? f->a[1] : NULL;
    case 'z': return f->n > 2 ? f->a[2] : NULL;
    case 'f': return f;
    default: return NULL;
    }
}

static Node *rule_apply(Ctx *c, const PartialRule *r, Node *f)
{
    Node *near[VALUES_AT_HAND], **val = near, *a[KIDS];
    const uint16_t *kid = r->kid;
    ArenaMark m = arena_mark(&c->tmp);
    if (r->n > VALUES_AT_HAND)
        val = ARENA_NEW(&c->tmp, Node *, r->n);
    for (size_t i = 0; val && i < r->n; kid += r->order[i++]->n) {
        const Node *t = r->order[i];
        val[i] = placeholder_value(t, f);
        for (uint32_t j = 0; j < t->n && j < KIDS; j++)
            a[j] = val[kid[j]];
        if (!val[i])
            val[i] = ex_rebuild(c, t, a);
    }
    Node *v = val && r->n ? val[r->n - 1] : c->poison;
    arena_release(&c->tmp, m);
    return v;
}

Node *diff_partial(Ctx *c, Node *f, unsigned i)
{
    const OpInfo *info = op_info((Op)f->op);
    Rules *rs = rules_of(c);
    if (!rs)
        return ctx_error(c, LBZ_LIMIT, NULL, "out of memory");
    const char *text = i < 3 ? info->partial[i] : NULL;
    PartialRule *r = &rs->rule[f->op][i < 3 ? i : 0];
    if (text && *text && !r->tried)
        rule_make(rs, r, text);
    if (!r->order)
        return ctx_error(
            c, LBZ_UNABLE,
            f->n > 1            ? "differentiate with respect to another argument"
            : f->op == OP_dirac ? "it is no function: int(dirac(x)*g(x), x, a, b) "
                                  "has -g'(0) for it"
                                : NULL,
            "no formula is known for the derivative of %s in its argument %u", info->name,
            i + 1);
    return rule_apply(c, r, f);
}
