/* diff/rules.c - the partial derivatives of the table's rows as nodes. */
#include "diff/diff.h"
#include "table/rule.h"

static uintptr_t as_result(Node *n) { return (uintptr_t)n; }
static Node *as_node(uintptr_t n) { return (Node *)n; }

static uintptr_t make_number(void *c, unsigned k) { return as_result(ex_int(c, k)); }

static uintptr_t make_pi(void *c) { return as_result(((Ctx *)c)->pi); }

static uintptr_t make_call(void *c, Op fn, size_t n, const uintptr_t *a)
{
    Node *args[3];
    for (size_t i = 0; i < n; i++)
        args[i] = as_node(a[i]);
    return as_result(ex_fn(c, fn, n, args));
}

static uintptr_t make_combined(void *arg, RuleOp op, uintptr_t x, uintptr_t y)
{
    Ctx *c = arg;
    Node *a = as_node(x), *b = as_node(y);
    switch (op) {
    case RULE_ADD: return as_result(ex_add2(c, a, b));
    case RULE_SUB: return as_result(ex_sub(c, a, b));
    case RULE_MUL: return as_result(ex_mul2(c, a, b));
    case RULE_DIV: return as_result(ex_div(c, a, b));
    default: return as_result(ex_neg(c, a));
    }
}

Node *diff_partial(Ctx *c, Node *f, unsigned i)
{
    static const RuleMaker nodes = {make_number, make_pi, make_call, make_combined};
    const Rule *r = i < 3 ? rule_find(&c->env, (Op)f->op, i) : NULL;
    if (!r)
        return ctx_error(
            c, LBZ_UNABLE,
            f->n > 1            ? "differentiate with respect to another argument"
            : f->op == OP_dirac ? "it is no function: int(dirac(x)*g(x), x, a, b) "
                                  "has -g'(0) for it"
                                : NULL,
            "no formula is known for the derivative of %s in its argument %u",
            op_info((Op)f->op)->name, i + 1);
    uintptr_t named[RULE_NAMES] = {[RULE_F] = as_result(f)};
    for (uint32_t k = 0; k < f->n && k < 3; k++)
        named[k] = as_result(f->a[k]);
    return as_node(rule_run(r, &nodes, c, named));
}
