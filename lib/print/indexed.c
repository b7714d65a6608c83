/* print/indexed.c - tensors that have no matrix form, element by element: J[i,k,l] = delta(i,k)*x[l].
 *
 * The element is an expression like others, of INDEX nodes with letters that occur nowhere else, and
 * delta(i, k) for identities; delta(i, k, n) where neither index stands at anything that has a size.
 */
#include "print/indexed.h"
#include "expr/contract.h"
#include "expr/shape.h"
#include "expr/tensors.h"

enum { DEEPEST = 60, MOST_WORK = 4000 };

typedef struct {
    Ctx *c;
    Node *root;
    size_t work;
    unsigned nletters;
    bool failed, sizes; /* delta(i, k) has its size */
} Indexing;

/* ---- letters -------------------------------------------------------------------------- */
static bool is_taken(Ctx *c, Node *n, void *arg)
{
    const char *name = arg;
    size_t k = strlen(name);
    (void)c;
    return (ex_is(n, OP_SYM) || ex_is(n, OP_APPLY)) && strncmp(n->name, name, k) == 0 &&
           n->name[k] == '\0';
}

/* The next letter that is free in the expression. */
static Node *next_letter(Indexing *x)
{
    static const char letters[] = "ijklpqrstuvwabcdfghmnoyz";
    while (x->nletters < sizeof letters - 1) {
        char name[] = {letters[x->nletters++], '\0'};
        if (!ex_find(x->c, x->root, 0, is_taken, name))
            return ex_sym_named(x->c, name);
    }
    x->failed = true;
    return x->c->poison;
}

/* ---- elements ------------------------------------------------------------------------- */
static Node *delta(Indexing *x, Node *i, Node *j, const Node *eye)
{
    Ctx *c = x->c;
    Node *a[] = {i, j, eye->a[0]}, *orders[] = {c->zero, c->zero, c->zero};
    return ex_apply(c, sym_intern(c, "delta", 5), x->sizes ? 3 : 2, a, orders);
}

static Node *at_index(Indexing *x, Node *n, size_t k, Node *const *at)
{
    Node *a[SHAPE_RANK + 1];
    if (!k)
        return n;
    a[0] = n;
    memcpy(a + 1, at, k * sizeof *at);
    return ex_tensor(x->c, OP_INDEX, NULL, k + 1, a);
}

static Node *element(Indexing *x, Node *n, Node *const *at, unsigned depth);

/* The last of the letters, as an operand of what has them all; 1 along what is repeated. */
static Node *element_of_operand(Indexing *x, Node *n, const Node *of, Node *const *at,
                                unsigned depth)
{
    Node *own[SHAPE_RANK];
    if (!n->shape || !shape_is_tensor(n->shape))
        return n;
    Shape s = *shape_at(x->c, n->shape), t = *shape_at(x->c, of->shape);
    for (unsigned j = 0; j < s.rank; j++) {
        unsigned to = t.rank - s.rank + j;
        own[j] = shape_same_size(s.size[j], t.size[to]) ? at[to] : x->c->one;
    }
    return element(x, n, own, depth);
}

static Node *element_by_element(Indexing *x, Node *n, Node *const *at, unsigned depth)
{
    Ctx *c = x->c;
    Node **a = ARENA_NEW(&c->pool[1].arena, Node *, n->n + 1);
    for (uint32_t i = 0; a && i < n->n; i++)
        a[i] = element_of_operand(x, n->a[i], n, at, depth + 1);
    return a ? ex_rebuild(c, n, a) : c->poison;
}

/* Operands that hang together by summed indices. */
static void mark_operands(const Contraction *k, const bool *out, bool *in)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < k->n; i++)
            for (size_t j = 0; in[i] && j < k->n; j++)
                for (unsigned p = 0; p < k->in[i].n && !in[j]; p++)
                    for (unsigned q = 0; q < k->in[j].n; q++)
                        if (k->in[i].at[p] == k->in[j].at[q] && !out[k->in[i].at[p]])
                            in[j] = changed = true;
    }
}

/* The element of such a part: of a product of matrices, or of one operand. */
static Node *element_of_part(Indexing *x, const Contraction *k, const bool *in,
                             const bool *out, Node *const *letter, unsigned depth)
{
    Contraction part = {.nindices = k->nindices};
    Node *at[SHAPE_RANK];
    bool seen[CONTRACT_INDICES] = {false};
    for (unsigned y = 0; y < k->nindices; y++)
        part.size[y] =
            (ShapeSize){1, NULL}; /* those of other operands are no sums here */
    for (size_t i = 0; i < k->n; i++) {
        if (!in[i])
            continue;
        part.a[part.n] = k->a[i];
        part.in[part.n++] = k->in[i];
        for (unsigned j = 0; j < k->in[i].n; j++) {
            uint8_t y = k->in[i].at[j];
            part.size[y] = k->size[y];
            if (!out[y] || seen[y])
                continue;
            seen[y] = true;
            at[part.out.n] = letter[y];
            part.out.at[part.out.n++] = y;
        }
    }
    if (part.n == 1 && part.in[0].n == part.out.n) {
        for (unsigned j = 0; j < part.in[0].n; j++)
            at[j] = letter[part.in[0].at[j]];
        return element(x, part.a[0], at, depth + 1);
    }
    if (part.out.n > 2) {
        x->failed = true;
        return x->c->poison;
    }
    unsigned n = part.out.n;
    return at_index(x, contract_make(x->c, &part, "a product"), n, at);
}

static Node *element_of_contraction(Indexing *x, const Node *n, Node *const *at,
                                    unsigned depth)
{
    Ctx *c = x->c;
    Contraction k;
    Node *letter[CONTRACT_INDICES], *f[CONTRACT_OPERANDS];
    bool out[CONTRACT_INDICES] = {false}, done[CONTRACT_OPERANDS] = {false};
    size_t nf = 0;
    contract_open(c, n, &k);
    for (unsigned j = 0; j < k.out.n; j++) {
        letter[k.out.at[j]] = at[j];
        out[k.out.at[j]] = true;
    }
    for (size_t i = 0; i < k.n && !x->failed; i++) {
        bool in[CONTRACT_OPERANDS] = {false};
        if (done[i])
            continue;
        in[i] = true;
        mark_operands(&k, out, in);
        for (size_t j = 0; j < k.n; j++)
            done[j] = done[j] || in[j];
        f[nf++] = element_of_part(x, &k, in, out, letter, depth);
    }
    return ex_mul(c, nf, f);
}

static Node *element(Indexing *x, Node *n, Node *const *at, unsigned depth)
{
    Ctx *c = x->c;
    if (!n->shape)
        return n;
    if (depth > DEEPEST || ++x->work > MOST_WORK || !shape_is_tensor(n->shape) ||
        ctx_failed(c)) {
        x->failed = true;
        return c->poison;
    }
    switch ((Op)n->op) {
    case OP_EYE: return delta(x, at[0], at[1], n);
    case OP_CONTRACT: return element_of_contraction(x, n, at, depth);
    case OP_BROADCAST: return element_of_operand(x, n->a[0], n, at, depth + 1);
    case OP_ROW: return element(x, n->a[0], at, depth + 1);
    case OP_ADD:
    case OP_SCALE:
    case OP_MUL:
    case OP_POW:
    case OP_IF: return element_by_element(x, n, at, depth);
    default: break;
    }
    if (op_is_function((Op)n->op))
        return element_by_element(x, n, at, depth);
    return at_index(x, n, shape_at(c, n->shape)->rank, at);
}

/* ---- the definition ------------------------------------------------------------------- */
typedef struct {
    Node *const *at;
    const Node *letter;
} Seen;

static bool stands_at_tensor(Ctx *c, Node *n, void *arg)
{
    const Seen *s = arg;
    (void)c;
    for (uint32_t i = 1; ex_is(n, OP_INDEX) && i < n->n; i++)
        if (n->a[i] == s->letter)
            return true;
    return false;
}

/* Have all identities in e an index that stands at a tensor, too? */
static bool sizes_are_seen(Ctx *c, Node *e)
{
    ArenaMark m = arena_mark(&c->tmp);
    size_t count;
    bool all = true;
    Node **order = ex_walk(c, 1, &e, &count);
    for (size_t i = 0; order && i < count && all; i++) {
        Node *n = order[i];
        if (ex_is(n, OP_APPLY) && strcmp(n->name, "delta") == 0 && n->n == 4)
            all = ex_find(c, e, 0, stands_at_tensor, &(Seen){.letter = n->a[0]}) ||
                  ex_find(c, e, 0, stands_at_tensor, &(Seen){.letter = n->a[1]});
    }
    arena_release(&c->tmp, m);
    return all;
}

Node *print_at_letters(Ctx *c, Node *n, Node **at, size_t *rank)
{
    Indexing x = {.c = c, .root = n};
    Attempt try = attempt_begin(c);
    *rank = shape_at(c, n->shape)->rank;
    for (size_t i = 0; i < *rank; i++)
        at[i] = next_letter(&x);
    Node *e = x.failed ? NULL : element(&x, n, at, 0);
    if (e && !x.failed && !ctx_failed(c) && !sizes_are_seen(c, e)) {
        x.sizes = true;
        x.work = 0;
        e = element(&x, n, at, 0);
    }
    bool says_nothing = e && ex_is(e, OP_INDEX) && e->a[0] == n;
    return attempt_end(c, &try) && !x.failed && !says_nothing ? e : NULL;
}

void print_indexed_head(Ctx *c, Str *out, Node *n, Node *const *at, size_t rank)
{
    static const char *const names[] = {"J", "H", "T", "G", "Z"};
    size_t k = 0;
    while (k < 4 && ex_find(c, n, 0, is_taken, (void *)(uintptr_t)names[k]))
        k++;
    str_printf(out, "%s[", names[k]);
    for (size_t i = 0; i < rank; i++)
        str_printf(out, i ? ",%s" : "%s", at[i]->name);
    str_puts(out, "] = ");
}
