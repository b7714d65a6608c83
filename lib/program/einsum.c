/* program/einsum.c - sums of products, "ij,jk->ik": taken apart into views, products element by
 * element, sums and matrix products.
 *
 * An index that stands twice in one operand takes its diagonal; one that stands in one operand
 * only, and not in the result, is summed there at once. Of more than two operands the pair whose
 * product is cheapest comes first. Of a pair, indices that both have and nobody else needs are
 * summed: by a matrix product where each side has an index of its own besides, else element by
 * element.
 */
#include "program/program.h"

enum { MOST_OPERANDS = 16 };

typedef struct {
    uint32_t v;
    char index[TENSOR_RANK + 1]; /* of its axes */
} Operand;

typedef struct {
    Program *p;
    Operand o[MOST_OPERANDS];
    size_t n;
    char out[TENSOR_RANK + 1];
    size_t size[128]; /* of each index */
} Einsum;

static bool has(const char *list, char c) { return c && strchr(list, c) != NULL; }

static bool refuse(Einsum *s, const char *text, const char *why)
{
    env_error(s->p->env, LBZ_SHAPE, "write einsum(\"ij,jk->ik\", A, B)",
              "einsum: \"%s\": %s", text, why);
    return false;
}

static bool read_index(Einsum *s, const char *text, size_t k, char c)
{
    Operand *o = &s->o[k];
    const Dims *d = pg_dims(s->p, o->v);
    size_t at = strlen(o->index);
    if (at == d->rank)
        return refuse(s, text, "there are more indices than an operand has axes");
    if (s->size[(int)c] && s->size[(int)c] != d->dim[at])
        return refuse(s, text, "an index has two sizes");
    s->size[(int)c] = d->dim[at];
    o->index[at] = c;
    return true;
}

static bool read_text(Einsum *s, const char *text)
{
    size_t k = 0;
    bool result = false;
    for (const char *t = text; *t; t++) {
        size_t at = strlen(s->out);
        if (*t == ' ')
            continue;
        if (*t == ',' && !result && k + 1 < s->n) {
            k++;
        } else if (t[0] == '-' && t[1] == '>' && !result) {
            result = true;
            t++;
        } else if (!((*t | 32) >= 'a' && (*t | 32) <= 'z')) {
            return refuse(s, text, "indices are letters");
        } else if (!result) {
            if (!read_index(s, text, k, *t))
                return false;
        } else if (at == TENSOR_RANK || has(s->out, *t) || !s->size[(int)*t]) {
            return refuse(s, text, "the result has an index twice, or one of no operand");
        } else {
            s->out[at] = *t;
        }
    }
    for (size_t i = 0; i < s->n; i++)
        if (strlen(s->o[i].index) != pg_dims(s->p, s->o[i].v)->rank)
            return refuse(s, text, "an operand has more axes than indices");
    return k + 1 == s->n || refuse(s, text, "there are more operands than the text says");
}

static void drop_index(char *list, size_t i)
{
    memmove(list + i, list + i + 1, strlen(list + i));
}

/* Equal indices become one, the last. */
static void take_diagonals(Einsum *s, Operand *o)
{
    for (unsigned a = 0; o->index[a]; a++) {
        const char *again = strchr(o->index + a + 1, o->index[a]);
        if (!again)
            continue;
        unsigned b = (unsigned)(again - o->index);
        char c = o->index[a];
        o->v = pg_diagonal(s->p, o->v, a, b);
        drop_index(o->index, b);
        drop_index(o->index, a);
        size_t n = strlen(o->index);
        o->index[n] = c;
        o->index[n + 1] = 0;
        a--;
    }
}

/* Is c an index of the result, or of an operand besides the two? */
static bool is_needed(const Einsum *s, char c, size_t a, size_t b)
{
    bool yes = has(s->out, c);
    for (size_t i = 0; i < s->n && !yes; i++)
        yes = i != a && i != b && has(s->o[i].index, c);
    return yes;
}

static void sum_own_indices(Einsum *s, size_t k)
{
    Operand *o = &s->o[k];
    unsigned axes = 0;
    char left[TENSOR_RANK + 1] = "";
    for (unsigned i = 0, n = 0; o->index[i]; i++)
        if (is_needed(s, o->index[i], k, k))
            left[n++] = o->index[i];
        else
            axes |= 1u << i;
    o->v = pg_reduce(s->p, REDUCE_SUM, o->v, axes);
    memcpy(o->index, left, sizeof left);
}

/* ---- a pair ------------------------------------------------------------------------ */

/* o with its axes in the order of the list; those it lacks get size 1. */
static uint32_t arrange(Einsum *s, const Operand *o, const char *list)
{
    Program *p = s->p;
    Dims to = {0};
    ptrdiff_t unit[TENSOR_RANK], stride[TENSOR_RANK];
    pg_strides(pg_dims(p, o->v), unit);
    for (; *list; list++) {
        const char *at = strchr(o->index, *list);
        stride[to.rank] = at ? unit[at - o->index] : 0;
        to.dim[to.rank++] = at ? s->size[(int)*list] : 1;
    }
    return pg_view(p, o->v, &to, 0, stride);
}

typedef struct {
    char batch[TENSOR_RANK + 1]; /* of both, and needed */
    char sum[TENSOR_RANK + 1];   /* of both, and not needed */
    char left[TENSOR_RANK + 1], right[TENSOR_RANK + 1];
} PairIndices;

static void append(char *list, char c)
{
    size_t n = strlen(list);
    if (n < TENSOR_RANK) {
        list[n] = c;
        list[n + 1] = 0;
    }
}

static PairIndices sort_indices(const Einsum *s, size_t a, size_t b)
{
    PairIndices x = {"", "", "", ""};
    for (const char *c = s->o[a].index; *c; c++)
        append(!has(s->o[b].index, *c)  ? x.left
               : is_needed(s, *c, a, b) ? x.batch
                                        : x.sum,
               *c);
    for (const char *c = s->o[b].index; *c; c++)
        if (!has(s->o[a].index, *c))
            append(x.right, *c);
    return x;
}

static size_t count_of(const Einsum *s, const char *list)
{
    size_t n = 1;
    for (; *list; list++)
        n *= s->size[(int)*list];
    return n;
}

static Dims dims_of(const Einsum *s, const char *list)
{
    Dims d = {0};
    for (; *list; list++)
        d.dim[d.rank++] = s->size[(int)*list];
    return d;
}

/* The product of a and b; its indices are batch, left, right. */
static uint32_t pair_product(Einsum *s, const Operand *a, const Operand *b,
                             const PairIndices *x, Operand *r)
{
    Program *p = s->p;
    char la[4 * TENSOR_RANK], lb[4 * TENSOR_RANK], all[4 * TENSOR_RANK];
    strcat(strcat(strcpy(all, x->batch), x->left), x->right);
    if (strlen(all) + strlen(x->sum) > TENSOR_RANK) {
        env_error(p->env, LBZ_LIMIT, NULL, "einsum: a product of more than %d axes",
                  TENSOR_RANK);
        return 0;
    }
    strcpy(r->index, all);
    if (!x->sum[0] || !x->left[0] || !x->right[0]) {
        strcat(all, x->sum);
        uint32_t m = pg_mul(p, arrange(s, a, all), arrange(s, b, all));
        unsigned first = (unsigned)strlen(r->index);
        return pg_reduce(p, REDUCE_SUM, m,
                         ((1u << strlen(all)) - 1) & ~((1u << first) - 1));
    }
    strcat(strcat(strcpy(la, x->batch), x->left), x->sum);
    strcat(strcat(strcpy(lb, x->batch), x->sum), x->right);
    size_t n[4] = {count_of(s, x->batch), count_of(s, x->left), count_of(s, x->sum),
                   count_of(s, x->right)};
    bool many = x->batch[0] != 0;
    Dims da = {.rank = 2 + many, .dim = {n[0], n[1], n[2]}},
         db = {.rank = 2 + many, .dim = {n[0], n[2], n[3]}}, to = dims_of(s, all);
    if (!many) {
        memmove(da.dim, da.dim + 1, 2 * sizeof *da.dim);
        memmove(db.dim, db.dim + 1, 2 * sizeof *db.dim);
    }
    uint32_t m = pg_matmul(p, pg_reshape(p, arrange(s, a, la), &da),
                           pg_reshape(p, arrange(s, b, lb), &db));
    return pg_reshape(p, m, &to);
}

/* Multiplications that the product of a and b takes. */
static double pair_cost(const Einsum *s, size_t a, size_t b)
{
    double cost = 1;
    for (const char *c = s->o[a].index; *c; c++)
        cost *= (double)s->size[(int)*c];
    for (const char *c = s->o[b].index; *c; c++)
        if (!has(s->o[a].index, *c))
            cost *= (double)s->size[(int)*c];
    return cost;
}

static void multiply_cheapest(Einsum *s)
{
    size_t a = 0, b = 1;
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = i + 1; k < s->n; k++)
            if (pair_cost(s, i, k) < pair_cost(s, a, b))
                a = i, b = k;
    PairIndices x = sort_indices(s, a, b);
    Operand r = {0, ""};
    r.v = pair_product(s, &s->o[a], &s->o[b], &x, &r);
    s->o[a] = r;
    s->o[b] = s->o[--s->n];
}

uint32_t pg_einsum(Program *p, const char *text, size_t n, const uint32_t *v)
{
    if (env_failed(p->env))
        return 0;
    Einsum s = {.p = p, .n = n};
    if (n == 0 || n > MOST_OPERANDS) {
        env_error(p->env, LBZ_LIMIT, NULL, "einsum takes 1 to %d operands",
                  MOST_OPERANDS);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        s.o[i].v = v[i];
    if (!read_text(&s, text))
        return 0;
    for (size_t i = 0; i < n; i++)
        take_diagonals(&s, &s.o[i]);
    for (size_t i = 0; i < n; i++)
        sum_own_indices(&s, i);
    while (s.n > 1 && !env_failed(p->env))
        multiply_cheapest(&s);
    return env_failed(p->env) ? 0 : arrange(&s, &s.o[0], s.out);
}
