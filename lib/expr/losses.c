/* expr/losses.c - losses, made of the operations they are defined by; each is a mean. */
#include "expr/attributes.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"

/* Have both a shape, the same? false: not yet, or an error. */
static bool same_shapes(Ctx *c, Node *const *a, const char *what)
{
    for (int i = 0; i < 2; i++)
        if (!ex_is_num(a[i]) && !row_has_shape(c, a[i], what))
            return false;
    if (a[0]->shape != a[1]->shape)
        shape_error(c, a[0]->shape, a[1]->shape, what);
    return a[0]->shape == a[1]->shape;
}

static Node *mean_of(Ctx *c, Node *a) { return ex_tensor(c, OP_MEAN, NULL, 1, &a); }

Node *exact_mse(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (!same_shapes(c, a, "mse"))
        return ctx_failed(c) ? c->poison : NULL;
    Node *d = ex_sub(c, a[0], a[1]);
    return mean_of(c, ex_mul2(c, d, d));
}

/* d^2/2 up to delta, from there on its tangent. */
Node *exact_huber(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *named = attr_number(c, attributes, "delta"), *delta = n > 2   ? a[2]
                                                                : named ? named
                                                                        : c->one;
    if (delta->shape || (ex_is_num(delta) && num_sgn(delta->num) <= 0) ||
        (n > 2 && named))
        return ctx_error(c, LBZ_DOMAIN, "write huber(a, b, delta=1)",
                         "delta is one number above 0");
    if (!same_shapes(c, a, "huber"))
        return ctx_failed(c) ? c->poison : NULL;
    Node *d = ex_sub(c, a[0], a[1]), *size = ex_fn1(c, OP_abs, d),
         *near = ex_mul2(c, c->half, ex_mul2(c, d, d)),
         *far = ex_mul2(c, delta, ex_sub(c, size, ex_mul2(c, c->half, delta)));
    return mean_of(c, ex_if(c, ex_compare(c, OP_LE, size, delta), near, far));
}

/* x*Phi(x), Phi by erfc: no digits are lost where it is small. */
Node *exact_gelu(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (a[0]->shape == SHAPE_ANY)
        return NULL;
    Node *t = ex_neg(c, ex_div(c, a[0], ex_sqrt(c, c->two)));
    return ex_mul(c, 3, (Node *[]){c->half, a[0], ex_fn1(c, OP_erfc, t)});
}

/* The shape of what has one class for each row of logits of that shape. */
static uint32_t shape_of_classes(Ctx *c, uint32_t logits)
{
    Shape s = *shape_at(c, logits);
    s.rank--;
    s.row = false;
    return shape_make(c, &s);
}

/* labels are numbers of classes, one for each row of logits, or weights of all classes. */
Node *exact_crossentropy(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Node *logits = a[0], *labels = a[1];
    (void)attributes, (void)n;
    if (!row_has_shape(c, logits, "crossentropy"))
        return ctx_failed(c) ? c->poison
               : ex_is_num(logits)
                   ? row_wrong(c, NULL, "crossentropy needs a row of logits")
                   : NULL;
    if (labels->shape == SHAPE_ANY || (!labels->shape && !ex_is_num(labels)))
        return NULL;
    if (labels->shape == shape_of_classes(c, logits->shape)) {
        Shape s = *shape_at(c, logits->shape);
        Node *classes = shape_size_node(c, s.size[s.rank - 1]);
        labels = ex_tensor(c, OP_ONEHOT, NULL, 2, (Node *[]){labels, classes});
    }
    if (ex_is_poison(labels) || labels->shape != logits->shape)
        return ex_is_poison(labels)
                   ? labels
                   : shape_error(
                         c, logits->shape, labels->shape,
                         "crossentropy: a number of a class for each row of logits, "
                         "or as many weights as logits");
    Node *each = ex_mul2(c, labels, ex_tensor(c, OP_LOGSOFTMAX, "axis=-1", 1, &logits));
    each = ex_tensor(c, OP_TOTAL, "axis=-1", 1, &each);
    return ex_neg(c, each->shape ? mean_of(c, each) : each);
}
