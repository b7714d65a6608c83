/* eval/divisor.c - what a rewriting divides by that the original did not: where it is 0 the result
 * does not hold, which a note says.
 */
#include "eval/internal.h"

/* What n divides by, if that may be 0; NULL: by nothing. */
static Node *divisor_of(const Node *n)
{
    bool negative = ex_is(n, OP_POW) && ex_is_num(n->a[1]) && ex_is_neg(n->a[1]);
    return negative && n->syms && !ex_is_nonzero(n->a[0]) ? n->a[0] : NULL;
}

void eval_note_divisors(Ctx *c, Node *before, Node *after, uint32_t x)
{
    enum { MOST = 3 };
    ArenaMark m = arena_mark(&c->tmp);
    NodeMap known;
    size_t n = 0, k = 0, found = 0;
    Str s = {0};
    nodemap_init(&known, c);
    Node **order = ex_walk(c, 1, &before, &n);
    for (size_t i = 0; order && i < n; i++)
        if (divisor_of(order[i]))
            nodemap_put(&known, divisor_of(order[i]), order[i]);
    order = order ? ex_walk(c, 1, &after, &k) : NULL;
    for (size_t i = 0; order && i < k && found < MOST; i++) {
        Node *d = divisor_of(order[i]);
        if (!d || nodemap_get(&known, d) || ex_depends(c, d, x))
            continue;
        nodemap_put(&known, d, d);
        str_puts(&s, found++ ? ", " : "");
        print_brief(c, &s, d, 60);
        str_puts(&s, " != 0");
    }
    if (found)
        ctx_note(c, "this holds for %s", str_cstr(&s));
    str_free(&s);
    arena_release(&c->tmp, m);
}
