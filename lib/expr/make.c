/* expr/make.c - T rows that make arrays: ones, rand, randn, load, float64, float32. What is drawn or
 * read is so when the node is made: once, where it is written. */
#include "expr/elements.h"
#include "expr/internal.h"
#include "expr/rows.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include <math.h>

/* ---- sizes ---------------------------------------------------------------------------- */
/* NO: some is not known yet. */
typedef enum { SIZES_KNOWN, SIZES_NO, SIZES_WRONG } Sizes;

static Sizes sizes_of(Ctx *c, const char *hint, size_t n, Node *const *a, Dims *d)
{
    *d = (Dims){.rank = (unsigned)n};
    for (size_t i = 0; i < n; i++) {
        int64_t k;
        if (!ex_is_num(a[i]))
            return SIZES_NO;
        if (!ex_get_int(a[i], &k) || k < 0) {
            row_wrong(c, hint, "the sizes are whole numbers from 0 on");
            return SIZES_WRONG;
        }
        d->dim[i] = (size_t)k;
    }
    return SIZES_KNOWN;
}

Node *exact_ones(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    Dims d;
    (void)attributes;
    Sizes s = sizes_of(c, "write ones(3)", n, a, &d);
    if (s != SIZES_KNOWN)
        return s == SIZES_NO ? NULL : c->poison;
    if (dims_count(&d) > EXACT_MOST)
        return ex_data_filled(c, &d, 1, "ones");
    return ex_fill(c, c->one, shape_of_sizes(c, d.rank, a));
}

/* ---- random numbers ------------------------------------------------------------------- */
/* The k-th number of the stream: the same on every machine, whoever asks. SplitMix64: Steele, Lea,
 * Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t random_bits(uint64_t seed, uint64_t k)
{
    uint64_t z = seed * 0xd1342543de82ef95u + (k + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double uniform(Ctx *c)
{
    return (double)(random_bits(c->seed, c->drawn++) >> 11) * 0x1p-53;
}

/* Two at once, by Box and Muller. */
static void normal_pair(Ctx *c, double v[2])
{
    double r = sqrt(-2 * log1p(-uniform(c))), t = 6.283185307179586477 * uniform(c);
    v[0] = r * cos(t);
    v[1] = r * sin(t);
}

static void draw(Ctx *c, double *v, size_t n, bool normal)
{
    double pair[2];
    for (size_t i = 0; i < n; i++) {
        if (i % 65536 == 0 && ctx_poll(c))
            return;
        if (normal && i % 2 == 0)
            normal_pair(c, pair);
        v[i] = normal ? pair[i % 2] : uniform(c);
    }
}

static Node *random_array(Ctx *c, const char *what, size_t n, Node *const *a, bool normal)
{
    Dims d;
    Tensor t;
    Sizes s = sizes_of(c, "write rand(3)", n, a, &d);
    if (s != SIZES_KNOWN || c->dry)
        return s == SIZES_WRONG ? c->poison : NULL;
    if (!tensor_new(&c->env, DT_FLOAT64, &d, what, &t))
        return c->poison;
    draw(c, tensor_doubles(&t), tensor_count(&t), normal);
    Node *r = ctx_failed(c) ? c->poison : ex_data(c, &t);
    tensor_release(&t);
    return r;
}

Node *exact_rand(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return random_array(c, "rand", n, a, false);
}

Node *exact_randn(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes;
    return random_array(c, "randn", n, a, true);
}

/* ---- files ---------------------------------------------------------------------------- */
uint32_t shape_of_load(Ctx *c, const Node *n)
{
    (void)c, (void)n;
    return SHAPE_ANY;
}

Node *exact_load(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    if (!ex_is(a[0], OP_STRING))
        return ctx_error(c, LBZ_SYNTAX, "write load(\"data.npy\")",
                         "load( needs the name of a file in quotes");
    if (!c->load)
        return ctx_error(c, LBZ_UNABLE, NULL, "files cannot be read here");
    return c->dry ? NULL : c->load(c, a[0]->text);
}

/* ---- types ---------------------------------------------------------------------------- */
/* NULL: a node, which evaluation carries out. */
static Node *stays(Ctx *c)
{
    c->has_floats = true;
    return NULL;
}

/* Numbers as that type; what has names in it is computed in float64 anyway where its value is. */
static Node *converted(Ctx *c, Node *a, DType type)
{
    Tensor t, as;
    Node *e = ex_is(a, OP_ROW) ? a->a[0] : a;
    if (!ex_is(e, OP_DATA) && !row_is_written(e))
        return stays(c);
    if (!ex_numbers(c, e, &t))
        return ctx_failed(c) ? c->poison : stays(c);
    bool ok = tensor_pack(&c->env, &t, type, &as);
    Node *r = ok ? ex_data(c, &as) : c->poison;
    if (ok)
        tensor_release(&as);
    tensor_release(&t);
    return ex_is(a, OP_ROW) && ok ? ex_row(c, r) : r;
}

Node *exact_float64(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return converted(c, a[0], DT_FLOAT64);
}

Node *exact_float32(Ctx *c, const char *attributes, size_t n, Node *const *a)
{
    (void)attributes, (void)n;
    return converted(c, a[0], DT_FLOAT32);
}
