/* simplify/tensor_define.c - functions of tensors by sums, products and functions of elements: what
 * they mean, for the normal form. logdet(A) is log(det(A)); adj(A) is det(A)*inv(A) where A has an
 * inverse, which is almost everywhere. */
#include "expr/attributes.h"
#include "expr/tensors.h"
#include "simplify/tensor.h"

/* norm(x) is sqrt(sum(x.^2)), norm(x, p) is sum(abs(x).^p)^(1/p). */
static Node *define_norm(Ctx *c, const char *attributes, Node *a)
{
    Node *p = attr_number(c, attributes, "p");
    const char *axes = attr_with(c, attributes, "p", NULL);
    int64_t k = 2;
    if (p && !ex_get_int(p, &k) && (!ex_is_num(p) || num_sgn(p->num) <= 0))
        return NULL;
    if (k <= 0)
        return NULL;
    bool two = !p || ex_is_rat(p, 2, 1);
    Node *e = two ? ex_powi(c, a, 2) : ex_pow(c, ex_fn1(c, OP_abs, a), p);
    e = ex_tensor(c, OP_TOTAL, axes, 1, &e);
    return two ? ex_sqrt(c, e) : ex_pow(c, e, ex_pow(c, p, c->minus_one));
}

static Node *define_step(const Rewriting *w, Node *x, Node *const *a)
{
    Ctx *c = w->c;
    Node *r = NULL, *inv;
    switch ((int)x->op) {
    case OP_NORM: r = x->n == 1 ? define_norm(c, x->name, a[0]) : NULL; break;
    case OP_LOGDET: r = ex_fn1(c, OP_log, ex_tensor(c, OP_DET, NULL, 1, a)); break;
    case OP_ADJ:
        inv = ex_tensor(c, OP_INVERSE, NULL, 1, a);
        r = ex_mul2(c, ex_tensor(c, OP_DET, NULL, 1, a), inv);
        break;
    case OP_SOLVE:
        inv = ex_tensor(c, OP_INVERSE, NULL, 1, a);
        r = ex_product(c, inv, a[1]);
        break;
    default: break;
    }
    return r ? r : ex_with(c, x, a);
}

Node *normal_define(Ctx *c, Node *n) { return ex_rewrite(c, n, 0, define_step, NULL); }
