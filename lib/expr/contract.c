/* expr/contract.c - contractions in their one form; those of lists are carried out. */
#include "expr/contract.h"
#include "expr/internal.h"
#include "expr/shape.h"
#include "expr/tensors.h"
#include <stdio.h>

enum { MOST_TIES = 720 };

/* ---- text ----------------------------------------------------------------------------- */
static char letter(unsigned index)
{
    return (char)(index < 26 ? 'a' + (int)index : 'A' + (int)index - 26);
}

/* Reads one list of letters; known[] maps letters to indices. */
static const char *read_indices(const char *s, Contraction *k, Indices *list,
                                uint8_t known[128])
{
    list->n = 0;
    for (; *s && *s != ',' && *s != '-'; s++) {
        unsigned char ch = (unsigned char)*s & 127;
        if (!known[ch])
            known[ch] = (uint8_t)++k->nindices;
        if (list->n < SHAPE_RANK)
            list->at[list->n++] = (uint8_t)(known[ch] - 1);
    }
    return s;
}

static void read_text(const char *s, Contraction *k)
{
    uint8_t known[128] = {0};
    k->nindices = 0;
    for (size_t i = 0; i < k->n; i++) {
        s = read_indices(s, k, &k->in[i], known);
        s += *s == ',';
    }
    s += *s == '-' ? 2 : 0;
    read_indices(s, k, &k->out, known);
}

/* The text with letters in the order of their occurrence in the operands order[]. */
static size_t write_text(const Contraction *k, const uint8_t *order, char *out)
{
    uint8_t name[CONTRACT_INDICES];
    unsigned used = 0;
    char *w = out;
    memset(name, 255, sizeof name);
    for (size_t i = 0; i <= k->n; i++) {
        const Indices *list = i < k->n ? &k->in[order[i]] : &k->out;
        if (i == k->n)
            *w++ = '-', *w++ = '>';
        else if (i)
            *w++ = ',';
        for (unsigned j = 0; j < list->n; j++) {
            if (name[list->at[j]] == 255)
                name[list->at[j]] = (uint8_t)used++;
            *w++ = letter(name[list->at[j]]);
        }
    }
    *w = '\0';
    return (size_t)(w - out);
}

/* ---- sizes ---------------------------------------------------------------------------- */
static bool read_sizes(Ctx *c, Contraction *k, const char *what)
{
    bool seen[CONTRACT_INDICES] = {false};
    for (size_t i = 0; i < k->n; i++) {
        const Shape *s = shape_at(c, k->a[i]->shape);
        if (!shape_has_rank(c, k->a[i]->shape, k->in[i].n)) {
            Str t = {0};
            shape_print(c, &t, k->a[i]->shape);
            ctx_error(c, LBZ_SHAPE, NULL, "%s: %u indices for the shape %s", what,
                      k->in[i].n, str_cstr(&t));
            str_free(&t);
            return false;
        }
        for (unsigned j = 0; j < k->in[i].n; j++) {
            uint8_t x = k->in[i].at[j];
            if (seen[x] && !shape_same_size(k->size[x], s->size[j])) {
                shape_error(c, k->a[0]->shape, k->a[i]->shape, what);
                return false;
            }
            seen[x] = true;
            k->size[x] = s->size[j];
        }
    }
    return true;
}

static uint32_t shape_of(Ctx *c, const Contraction *k, const Indices *list)
{
    Shape s = {.rank = list->n};
    for (unsigned j = 0; j < list->n; j++)
        s.size[j] = k->size[list->at[j]];
    return shape_make(c, &s);
}

Node *contract_make(Ctx *c, Contraction *k, const char *what)
{
    for (size_t i = 0; i < k->n; i++)
        if (ex_is_poison(k->a[i]))
            return c->poison;
    return read_sizes(c, k, what) ? contract_close(c, k) : c->poison;
}

void contract_open(Ctx *c, const Node *n, Contraction *k)
{
    k->n = n->n;
    memcpy(k->a, n->a, n->n * sizeof *k->a);
    read_text(n->name, k);
    (void)read_sizes(c, k, "a contraction");
}

uint32_t contract_shape(Ctx *c, const Node *n)
{
    Contraction k;
    contract_open(c, n, &k);
    return shape_of(c, &k, &k.out);
}

static bool is_in(const Indices *list, uint8_t x)
{
    for (unsigned j = 0; j < list->n; j++)
        if (list->at[j] == x)
            return true;
    return false;
}

static bool is_carried(const Contraction *k, uint8_t x, size_t but)
{
    for (size_t i = 0; i < k->n; i++)
        if (i != but && is_in(&k->in[i], x))
            return true;
    return false;
}

/* ---- lists carried out ---------------------------------------------------------------- */
static Node *element_of(Ctx *c, Node *a, const Indices *list, const size_t *at)
{
    if (ex_is(a, OP_EYE))
        return at[list->at[0]] == at[list->at[1]] ? c->one : c->zero;
    for (unsigned j = 0; j < list->n; j++)
        a = a->a[at[list->at[j]]];
    return a;
}

typedef struct {
    const Contraction *k;
    uint8_t sum[CONTRACT_INDICES]; /* the indices summed over */
    unsigned nsums;
    size_t terms;
    size_t at[CONTRACT_INDICES]; /* where each index stands */
} Loop;

/* The next place of the summed indices; false: there is none. */
static bool next_place(Loop *l)
{
    for (unsigned j = l->nsums; j-- > 0;) {
        uint8_t x = l->sum[j];
        if (++l->at[x] < (size_t)l->k->size[x].n)
            return true;
        l->at[x] = 0;
    }
    return false;
}

/* One element of the result. Numbers are added up without making nodes of them. */
static Node *one_element(Ctx *c, Loop *l)
{
    const Contraction *k = l->k;
    ArenaMark m = arena_mark(&c->tmp);
    NodeVec t = {0};
    Num sum = NUM_ZERO;
    for (bool more = l->terms > 0; more && !ctx_poll(c); more = next_place(l)) {
        Node *f[CONTRACT_OPERANDS];
        bool numbers = true;
        for (size_t i = 0; i < k->n; i++) {
            f[i] = element_of(c, k->a[i], &k->in[i], l->at);
            numbers = numbers && ex_is_num(f[i]);
        }
        if (!numbers) {
            nodevec_push(c, &t, k->n == 1 ? f[0] : ex_mul(c, k->n, f));
            continue;
        }
        Num p = f[0]->num;
        for (size_t i = 1; i < k->n; i++)
            p = num_mul(&c->tmp, p, f[i]->num);
        sum = num_add(&c->tmp, sum, p);
    }
    nodevec_push(c, &t, ex_num(c, sum));
    Node *r = ctx_failed(c) ? c->poison : t.n == 1 ? t.v[0] : ex_add(c, t.n, t.v);
    arena_release(&c->tmp, m);
    return r;
}

static Node *axis_of_result(Ctx *c, Loop *l, unsigned axis)
{
    const Contraction *k = l->k;
    if (axis == k->out.n)
        return one_element(c, l);
    uint8_t x = k->out.at[axis];
    size_t n = (size_t)k->size[x].n;
    Node **r = ARENA_NEW(ctx_arena(c), Node *, n + 1);
    for (size_t i = 0; r && i < n && !ctx_failed(c); i++) {
        l->at[x] = i;
        r[i] = axis_of_result(c, l, axis + 1);
    }
    return r && !ctx_failed(c) ? ex_list(c, n, r) : c->poison;
}

static Node *carry_out(Ctx *c, const Contraction *k)
{
    Loop l = {.k = k, .terms = 1};
    for (uint8_t x = 0; x < k->nindices; x++) {
        if (is_in(&k->out, x) || !is_carried(k, x, k->n))
            continue;
        l.sum[l.nsums++] = x;
        l.terms *= (size_t)k->size[x].n;
    }
    return axis_of_result(c, &l, 0);
}

/* ---- the one form --------------------------------------------------------------------- */
static void drop_operand(Contraction *k, size_t i)
{
    k->n--;
    memmove(&k->a[i], &k->a[i + 1], (k->n - i) * sizeof *k->a);
    memmove(&k->in[i], &k->in[i + 1], (k->n - i) * sizeof *k->in);
}

/* A transpose of what the operand i is has its indices in another order. False: it is none. */
static bool strip_transpose(Ctx *c, Contraction *k, size_t i)
{
    Contraction inner;
    contract_open(c, k->a[i], &inner);
    if (inner.n != 1 || inner.in[0].n != inner.out.n || inner.nindices != inner.out.n)
        return false;
    Indices list = {.n = inner.out.n};
    for (unsigned j = 0; j < list.n; j++)
        for (unsigned o = 0; o < list.n; o++)
            if (inner.out.at[o] == inner.in[0].at[j])
                list.at[j] = k->in[i].at[o];
    k->in[i] = list;
    k->a[i] = inner.a[0];
    return true;
}

/* The number that all elements of a are; NULL: it is no such thing. */
static const Node *filling(const Node *a)
{
    if (ex_is(a, OP_BROADCAST))
        return a->a[0]->shape ? NULL : a->a[0];
    while (ex_is(a, OP_LIST) && a->n) {
        for (uint32_t i = 1; i < a->n; i++)
            if (a->a[i] != a->a[0])
                return NULL;
        a = a->a[0];
    }
    return a->shape ? NULL : a;
}

bool contract_has_identity(const Node *n)
{
    bool any = ex_is(n, OP_EYE);
    for (uint32_t i = 0; i < n->n && ex_is(n, OP_CONTRACT); i++)
        any = any || ex_is(n->a[i], OP_EYE) || filling(n->a[i]);
    return any;
}

/* A number times something with identities: it leaves, so that they are seen. False: it is none. */
static bool strip_numbers(Ctx *c, Contraction *k, size_t i, NodeVec *factor)
{
    Node *a = k->a[i];
    NodeVec rest = {0};
    for (uint32_t j = 0; j < a->n; j++)
        if (a->a[j]->shape)
            nodevec_push(c, &rest, a->a[j]);
    if (ctx_failed(c) || rest.n != 1 || !contract_has_identity(rest.v[0]))
        return false;
    for (uint32_t j = 0; j < a->n; j++)
        if (!a->a[j]->shape)
            nodevec_push(c, factor, a->a[j]);
    k->a[i] = rest.v[0];
    return true;
}

/* What is repeated along axes has the indices of the others only. */
static bool strip_broadcast(Ctx *c, Contraction *k, size_t i)
{
    Node *inner = k->a[i]->a[0];
    Shape s = *shape_at(c, inner->shape);
    unsigned skip = k->in[i].n - s.rank;
    bool whole = s.rank > 0 && shape_is_tensor(inner->shape);
    for (unsigned j = 0; whole && j < s.rank; j++)
        whole = shape_same_size(s.size[j], k->size[k->in[i].at[skip + j]]);
    if (!whole)
        return false;
    k->a[i] = inner;
    k->in[i].n = s.rank;
    memmove(k->in[i].at, k->in[i].at + skip, s.rank);
    return true;
}

/* A contraction with identities among its operands takes its place: they go where they meet others. */
static bool strip_identities(Ctx *c, Contraction *k, size_t i)
{
    Contraction inner;
    contract_open(c, k->a[i], &inner);
    if (!contract_has_identity(k->a[i]) || k->n - 1 + inner.n > CONTRACT_OPERANDS ||
        k->nindices + inner.nindices > CONTRACT_INDICES)
        return false;
    uint8_t name[CONTRACT_INDICES];
    memset(name, 255, sizeof name);
    for (unsigned o = 0; o < inner.out.n; o++)
        name[inner.out.at[o]] = k->in[i].at[o];
    for (unsigned x = 0; x < inner.nindices; x++)
        if (name[x] == 255) {
            k->size[k->nindices] = inner.size[x];
            name[x] = (uint8_t)k->nindices++;
        }
    for (size_t j = 0; j < inner.n; j++) {
        size_t to = j ? k->n++ : i;
        k->a[to] = inner.a[j];
        k->in[to] = inner.in[j];
        for (unsigned o = 0; o < k->in[to].n; o++)
            k->in[to].at[o] = name[inner.in[j].at[o]];
    }
    return true;
}

/* The operand i without what is not its business: multiples, transposes, rows, numbers. */
static void strip_operand(Ctx *c, Contraction *k, size_t i, Num *content, NodeVec *factor)
{
    for (bool changed = true; changed && !ctx_failed(c);) {
        Node *a = k->a[i];
        changed = true;
        if (ex_is(a, OP_SCALE)) {
            *content = num_mul(&c->tmp, *content, a->a[0]->num);
            k->a[i] = a->a[1];
        } else if (ex_is(a, OP_ROW)) {
            k->a[i] = a->a[0];
        } else if (ex_is(a, OP_CONTRACT)) {
            changed = strip_transpose(c, k, i) || strip_identities(c, k, i);
        } else if (ex_is(a, OP_BROADCAST)) {
            changed = strip_broadcast(c, k, i);
        } else {
            changed = ex_is(a, OP_MUL) && strip_numbers(c, k, i, factor);
        }
    }
}

/* A number spread over axes is a factor, unless nothing else carries an axis of the result. A list of
 * ones among lists only is left to be carried out with them. */
static bool is_spread(const Contraction *k, size_t i)
{
    if (!filling(k->a[i]))
        return false;
    for (unsigned j = 0; j < k->in[i].n; j++)
        if (is_in(&k->out, k->in[i].at[j]) && !is_carried(k, k->in[i].at[j], i))
            return false;
    return true;
}

static bool same_indices(const Indices *a, const Indices *b)
{
    return a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

/* Operands with the same indices become one, their product element by element. */
static bool merge_operands(Ctx *c, Contraction *k)
{
    for (size_t i = 0; i < k->n; i++)
        for (size_t j = i + 1; j < k->n; j++)
            if (same_indices(&k->in[i], &k->in[j])) {
                if (!ex_is(k->a[i], OP_EYE) || !ex_is(k->a[j], OP_EYE))
                    k->a[i] = ex_mul2(c, k->a[i], k->a[j]);
                drop_operand(k, j);
                return true;
            }
    return false;
}

/* ---- identities ----------------------------------------------------------------------- */
static unsigned place_in(const Indices *list, uint8_t x)
{
    unsigned j = 0;
    while (j < list->n && list->at[j] != x)
        j++;
    return j;
}

/* Everywhere but in the operand `but`. True: it stood somewhere. */
static bool rename_index(Contraction *k, uint8_t from, uint8_t to, size_t but)
{
    bool any = false;
    for (size_t i = 0; i < k->n; i++)
        for (unsigned j = 0; i != but && j < k->in[i].n; j++)
            if (k->in[i].at[j] == from) {
                k->in[i].at[j] = to;
                any = true;
            }
    return any;
}

/* The identity at operand i makes its two indices one. It stays where both are axes of the result:
 * then all others have the one that comes first there. True: something has changed. */
static bool apply_identity(Contraction *k, size_t i)
{
    uint8_t x = k->in[i].at[0], y = k->in[i].at[1];
    if (x == y) {
        drop_operand(k, i);
        return true;
    }
    if (is_in(&k->out, x) && is_in(&k->out, y)) {
        bool turn = place_in(&k->out, x) > place_in(&k->out, y);
        k->in[i] = (Indices){2, {turn ? y : x, turn ? x : y}};
        return rename_index(k, k->in[i].at[1], k->in[i].at[0], i);
    }
    uint8_t keep = is_in(&k->out, x) ? x : y, gone = keep == x ? y : x;
    drop_operand(k, i);
    (void)rename_index(k, gone, keep, k->n);
    k->size[gone] = (ShapeSize){1, NULL};
    return true;
}

static bool apply_identities(Contraction *k)
{
    bool any = false;
    for (size_t i = 0; i < k->n;)
        if (ex_is(k->a[i], OP_EYE) && apply_identity(k, i)) {
            any = true;
            i = 0;
        } else {
            i++;
        }
    return any;
}

/* ---- factors -------------------------------------------------------------------------- */
/* Factors leave k until nothing does. */
static void take_factors(Ctx *c, Contraction *k, Num *content, NodeVec *factor)
{
    do {
        for (size_t i = 0; i < k->n && !ctx_failed(c);) {
            strip_operand(c, k, i, content, factor);
            if (is_spread(k, i) || !k->in[i].n) {
                nodevec_push(c, factor,
                             k->in[i].n ? (Node *)(uintptr_t)filling(k->a[i]) : k->a[i]);
                drop_operand(k, i);
            } else {
                i++;
            }
        }
    } while (!ctx_failed(c) && (apply_identities(k) || merge_operands(c, k)));
    for (uint8_t x = 0; x < k->nindices; x++) {
        if (is_carried(k, x, k->n) || is_in(&k->out, x))
            continue;
        if (k->size[x].e || k->size[x].n != 1)
            nodevec_push(c, factor, shape_size_node(c, k->size[x]));
        k->size[x] = (ShapeSize){1, NULL};
    }
}

/* Marks the operands that hang together with operand 0 by summed indices, or with the result when
 * there is one. */
static void mark_component(const Contraction *k, bool *in, bool *axes)
{
    bool reached[CONTRACT_INDICES] = {false};
    *axes = false;
    for (bool changed = in[0] = true; changed;) {
        changed = false;
        for (size_t i = 0; i < k->n; i++)
            for (unsigned j = 0; in[i] && j < k->in[i].n; j++)
                reached[k->in[i].at[j]] = true;
        for (size_t i = 0; i < k->n; i++) {
            bool meets = false;
            for (unsigned j = 0; j < k->in[i].n; j++)
                meets = meets || reached[k->in[i].at[j]];
            changed = changed || (meets && !in[i]);
            in[i] = in[i] || meets;
        }
    }
    for (unsigned j = 0; j < k->out.n; j++)
        *axes = *axes || reached[k->out.at[j]];
}

/* Takes a part of k that has no axis of the result; false: there is none, or it is all of k. */
static bool split_component(Contraction *k, Contraction *part)
{
    for (size_t first = 0; first < k->n; first++) {
        bool in[CONTRACT_OPERANDS] = {false}, axes;
        Contraction turned = *k;
        turned.a[0] = k->a[first], turned.a[first] = k->a[0];
        turned.in[0] = k->in[first], turned.in[first] = k->in[0];
        mark_component(&turned, in, &axes);
        size_t n = 0;
        for (size_t i = 0; i < k->n; i++)
            n += in[i];
        if (axes || n == k->n)
            continue;
        *part = turned;
        *k = turned;
        part->n = k->n = 0;
        part->out.n = 0;
        for (size_t i = 0; i < turned.n; i++) {
            Contraction *to = in[i] ? part : k;
            to->a[to->n] = turned.a[i];
            to->in[to->n++] = turned.in[i];
        }
        return true;
    }
    return false;
}

/* ---- order ---------------------------------------------------------------------------- */
/* The next order of operands that are equal among themselves; false: all were seen. */
static bool next_order(const Contraction *k, uint8_t *order)
{
    for (size_t from = k->n; from-- > 0;) { /* the last group that has a next order */
        size_t end = from + 1;
        while (from && k->a[order[from - 1]] == k->a[order[from]])
            from--;
        size_t i = end - 1;
        while (i > from && order[i - 1] > order[i])
            i--;
        if (i == from) { /* its last one: begin again, and go on with the group before */
            for (size_t p = from, q = end - 1; p < q; p++, q--) {
                uint8_t t = order[p];
                order[p] = order[q];
                order[q] = t;
            }
            continue;
        }
        size_t j = end - 1;
        while (order[j] < order[i - 1])
            j--;
        uint8_t t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
        for (size_t p = i, q = end - 1; p < q; p++, q--) {
            t = order[p];
            order[p] = order[q];
            order[q] = t;
        }
        return true;
    }
    return false;
}

static void sort_operands(const Contraction *k, uint8_t *order)
{
    for (size_t i = 0; i < k->n; i++) {
        size_t j = i;
        for (; j > 0 && ex_cmp(k->a[order[j - 1]], k->a[i]) > 0; j--)
            order[j] = order[j - 1];
        order[j] = (uint8_t)i;
    }
}

enum { TEXT = CONTRACT_OPERANDS * (SHAPE_RANK + 1) + SHAPE_RANK + 4 };

/* The text with the least indices of the result counts, then the least text. */
static void keep_least(char *best, const char *text, size_t n, unsigned rank)
{
    int d = best[0] ? strcmp(text + n - rank, best + n - rank) : -1;
    if (d < 0 || (d == 0 && strcmp(text, best) < 0))
        memcpy(best, text, n + 1);
}

static bool is_symmetric(Ctx *c, const Node *a)
{
    return ex_is(a, OP_SYM) && shape_has_rank(c, a->shape, 2) &&
           sym_structure(c, a->sym) & SYM_SYMMETRIC;
}

static void turn(Indices *in)
{
    uint8_t t = in->at[0];
    in->at[0] = in->at[1];
    in->at[1] = t;
}

/* Each symmetric matrix either way, each order of equal operands. */
static size_t least_text(Ctx *c, Contraction *k, uint8_t *order, char *best)
{
    enum { MOST_TURNED = 6 };
    char text[TEXT];
    size_t turned[MOST_TURNED], m = 0, n = 0;
    best[0] = '\0';
    for (size_t i = 0; i < k->n; i++)
        if (m < MOST_TURNED && is_symmetric(c, k->a[i]))
            turned[m++] = i;
    for (unsigned way = 0; way < 1u << m; way++) {
        for (size_t i = 0; i < m; i++)
            if (way && (((way - 1) ^ way) >> i & 1))
                turn(&k->in[turned[i]]);
        unsigned tries = 0;
        do {
            n = write_text(k, order, text);
            keep_least(best, text, n, k->out.n);
        } while (++tries < MOST_TIES && next_order(k, order));
        sort_operands(k, order);
    }
    return n;
}

static Node *intern(Ctx *c, Contraction *k)
{
    char best[TEXT];
    uint8_t order[CONTRACT_OPERANDS];
    Node *a[CONTRACT_OPERANDS];
    sort_operands(k, order);
    for (size_t i = 0; i < k->n; i++)
        a[i] = k->a[order[i]];
    size_t n = least_text(c, k, order, best);
    return ctx_intern(
        c, &(Shell){
               .op = OP_CONTRACT, .sym = sym_intern(c, best, n) + 1, .n = k->n, .a = a});
}

/* ---- makers --------------------------------------------------------------------------- */
/* Lists, and identities beside them: those of numbers of rows. */
static bool all_lists(const Contraction *k)
{
    bool any = false;
    for (size_t i = 0; i < k->n; i++) {
        bool eye = ex_is(k->a[i], OP_EYE) && ex_is_num(k->a[i]->a[0]);
        any = any || !eye;
        if (!eye && !ex_is(k->a[i], OP_LIST))
            return false;
    }
    return any;
}

/* Axes of the result that no operand has: ones have them, or all is repeated along the first ones. */
static void carry_axes(Ctx *c, Contraction *k)
{
    unsigned first = 0;
    while (first < k->out.n && !is_carried(k, k->out.at[first], k->n))
        first++;
    for (unsigned j = first; j < k->out.n; j++) {
        uint8_t x = k->out.at[j];
        if (is_carried(k, x, k->n) || k->n == CONTRACT_OPERANDS)
            continue;
        Shape s = {.rank = 1, .size = {k->size[x]}};
        k->a[k->n] = ex_broadcast(c, c->one, shape_make(c, &s));
        k->in[k->n++] = (Indices){1, {x}};
    }
    k->out.n = (uint8_t)(k->out.n - first);
    memmove(k->out.at, k->out.at + first, k->out.n);
}

/* k, from which all factors have gone. */
static Node *core_of(Ctx *c, Contraction *k, uint32_t shape)
{
    if (!k->n)
        return ex_broadcast(c, c->one, shape);
    carry_axes(c, k);
    if (ctx_failed(c))
        return c->poison;
    if (k->n == 1 && k->out.n == 2 && is_symmetric(c, k->a[0]) &&
        k->in[0].at[0] == k->out.at[1])
        turn(&k->in[0]);
    Node *r = k->n == 1 && same_indices(&k->in[0], &k->out) ? k->a[0]
              : all_lists(k)                                ? carry_out(c, k)
                                                            : intern(c, k);
    return ctx_failed(c) ? c->poison : ex_broadcast(c, r, shape);
}

Node *contract_close(Ctx *c, Contraction *k)
{
    ArenaMark m = arena_mark(&c->tmp);
    uint32_t shape = shape_of(c, k, &k->out);
    Num content = NUM_ONE;
    NodeVec f = {0};
    Contraction part;
    take_factors(c, k, &content, &f);
    while (!ctx_failed(c) && split_component(k, &part))
        nodevec_push(c, &f, core_of(c, &part, SHAPE_SCALAR));
    nodevec_push(c, &f, ctx_failed(c) ? c->poison : core_of(c, k, shape));
    nodevec_push(c, &f, ex_num(c, content));
    Node *r = ctx_failed(c) ? c->poison : ex_mul(c, f.n, f.v);
    arena_release(&c->tmp, m);
    return r;
}

Node *ex_contract(Ctx *c, const char *text, size_t n, Node *const *a, const char *what)
{
    Contraction k = {.n = n};
    if (n > CONTRACT_OPERANDS)
        return ctx_error(c, LBZ_LIMIT, NULL, "a product of more than %d tensors",
                         CONTRACT_OPERANDS);
    memcpy(k.a, a, n * sizeof *a);
    read_text(text, &k);
    return contract_make(c, &k, what);
}
