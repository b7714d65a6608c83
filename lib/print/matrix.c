/* print/matrix.c - contractions in matrix notation: A*B', x'*A*y, trace(A*B), diag(x)*A, x*y'.
 *
 * The operands of a contraction are parts, each with one index (a vector) or two (a matrix). Where every
 * index joins two parts they form a path or a ring, which is a product of matrices or a trace; an index
 * that joins three, of which one is a vector, has that as diag(x) between the others. What is joined by
 * axes of the result only is a product of elements. All else has no matrix form (matrix_indexed).
 */
#include "expr/contract.h"
#include "expr/shape.h"
#include "print/form.h"
#include <limits.h>

enum { PARTS = CONTRACT_OPERANDS, ENDS = CONTRACT_INDICES + PARTS };

typedef struct {
    Link link;
    uint8_t n, at[2];
} Part;

typedef struct {
    Forms *F;
    size_t n;
    Part p[PARTS];
    unsigned nout, nindices;
    uint8_t out[2];
} Product;

/* ---- products of links ---------------------------------------------------------------- */
static Form *call_form(Forms *F, Op op, const char *name, size_t n, const Form *const *a)
{
    Form *f = form_new(F, FORM_CALL, BIND_ATOM, n);
    f->op = (uint16_t)op;
    f->text = name;
    f->ntext = strlen(name);
    for (uint32_t i = 0; i < f->n; i++)
        f->a[i] = (Item){.f = a[i]};
    form_measure(f, 2, 2);
    return f;
}

static const Form *link_form(Forms *F, const Link *l)
{
    if (!l->prime || l->same)
        return l->f;
    Form *f = form_new(F, FORM_PRIME, BIND_ATOM, 1);
    f->tensor = true;
    if (f->n)
        f->a[0] = (Item){.f = l->f};
    form_measure(f, 0, 1);
    return f;
}

static bool is_product(const Form *f) { return f->nlink && !f->neg; }

/* Links that are products themselves give way to theirs, from behind and transposed where they are. */
static Link *join_links(Forms *F, const Link *l, size_t n, size_t *count)
{
    size_t all = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        all += is_product(l[i].f) ? l[i].f->nlink : 1;
    Link *r = ARENA_NEW(&F->c->tmp, Link, all + 1);
    for (size_t i = 0; r && i < n; i++) {
        const Form *f = l[i].f;
        if (!is_product(f)) {
            r[k++] = l[i];
            continue;
        }
        for (uint32_t j = 0; j < f->nlink; j++) {
            r[k] = f->link[l[i].prime ? f->nlink - 1 - j : j];
            r[k].prime = r[k].prime != l[i].prime;
            k++;
        }
    }
    *count = r ? k : 0;
    return r;
}

/* How many links from i on are the same matrix. */
static size_t run_of(const Link *l, size_t n, size_t i)
{
    size_t k = 1;
    while (i + k < n && l[i].node && l[i + k].node == l[i].node &&
           (l[i + k].prime == l[i].prime || l[i].same))
        k++;
    return k;
}

static const Form *power_of_link(Forms *F, const Link *l, size_t times)
{
    const Form *b = link_form(F, l);
    if (times == 1)
        return b;
    Form *f = form_new(F, FORM_POW, BIND_POW, 2);
    f->tensor = true;
    if (f->n) {
        f->a[0] = (Item){.f = b};
        f->a[1] = (Item){.f = form_number(F, num_int((int64_t)times))};
        form_measure(f, 1, 0);
    }
    return f;
}

/* The product of links; it is a tensor, or a number. */
static const Form *links_form(Forms *F, const Link *given, size_t n, bool tensor)
{
    Link *l = join_links(F, given, n, &n);
    size_t k = 0;
    Form *f = form_new(F, FORM_PROD, BIND_PROD, n);
    if (!l || !f->n)
        return f;
    for (size_t i = 0, run; i < n; i += run) {
        run = run_of(l, n, i);
        f->a[k++] = (Item){.f = power_of_link(F, &l[i], run)};
    }
    if (k == 1) {
        const Form *only = f->a[0].f;
        if (n == 1)
            return only;
        *f = *only;
    }
    f->tensor = tensor;
    f->link = l;
    f->nlink = (uint32_t)n;
    if (k > 1) {
        f->n = (uint32_t)k;
        form_measure(f, 1, 0);
    }
    return f;
}

static bool is_symmetric(const Ctx *c, const Node *n)
{
    return ex_is(n, OP_SYM) &&
           (sym_structure(c, n->sym) & (SYM_SYMMETRIC | SYM_DIAGONAL));
}

const Form *form_transposed(Forms *F, const Node *n, const Form *f)
{
    Link l = {.f = f, .node = n, .prime = true, .same = is_symmetric(F->c, n)};
    return links_form(F, &l, 1, true);
}

/* ---- paths and rings ------------------------------------------------------------------ */
static bool is_out(const Product *p, uint8_t x)
{
    return (p->nout > 0 && p->out[0] == x) || (p->nout > 1 && p->out[1] == x);
}

static bool has_index(const Part *p, uint8_t x)
{
    return p->at[0] == x || (p->n > 1 && p->at[1] == x);
}

static unsigned places_of(const Product *p, uint8_t x)
{
    unsigned k = 0;
    for (size_t i = 0; i < p->n; i++)
        for (unsigned j = 0; j < p->p[i].n; j++)
            k += p->p[i].at[j] == x;
    return k;
}

/* diag(f) between two others. */
static void make_diagonal(Product *p, Part *v, uint8_t y)
{
    const Form *f = v->link.f;
    Form *d = call_form(p->F, OP_CONTRACT, "diag", 1, &f);
    d->tensor = true;
    v->link = (Link){.f = d, .same = true};
    v->at[v->n++] = y;
}

/* Every summed index joins two parts; three, of which one is a vector, make that diag(x). */
static bool split_diagonals(Product *p)
{
    for (uint8_t x = 0, end = (uint8_t)p->nindices; x < end; x++) {
        unsigned k = places_of(p, x);
        Part *v = NULL, *last = NULL;
        if (is_out(p, x) || k == 0 || k == 2)
            continue;
        for (size_t i = 0; i < p->n; i++)
            if (has_index(&p->p[i], x)) {
                v = p->p[i].n == 1 && !v ? &p->p[i] : v;
                last = p->p[i].n == 2 ? &p->p[i] : last;
            }
        if (k != 3 || !v || !last || p->nindices + 1u >= ENDS)
            return false;
        uint8_t y = (uint8_t)p->nindices++;
        last->at[last->at[1] == x] = y;
        make_diagonal(p, v, y);
    }
    return true;
}

/* A way through all parts. open: where it goes on; false: it does not take all of them to the end. */
static bool walk_parts(const Product *p, const Part *first, bool turned, uint8_t open,
                       Link *l, size_t *n, uint8_t *end)
{
    bool used[PARTS] = {false};
    size_t k = 0;
    *end = UINT8_MAX;
    if (first) {
        used[first - p->p] = true;
        l[k] = first->link;
        l[k++].prime = turned;
    }
    for (bool on = true; on && k < p->n;) {
        on = false;
        for (size_t i = 0; i < p->n && !on; i++) {
            const Part *q = &p->p[i];
            if (used[i] || !has_index(q, open))
                continue;
            used[i] = on = true;
            l[k] = q->link;
            l[k++].prime = q->n == 2 && q->at[0] != open;
            if (q->n == 1) {
                *n = k;
                return k == p->n;
            }
            open = q->at[q->at[0] == open];
        }
    }
    *n = k;
    *end = open;
    return k == p->n;
}

static unsigned count_primes(Forms *F, const Link *given, size_t n)
{
    const Link *l = join_links(F, given, n, &n);
    unsigned k = 0;
    for (size_t i = 0; i < n; i++)
        k += l[i].prime && !l[i].same;
    return k;
}

/* x'*A*y, or trace(A*B): of all beginnings and directions the one with the fewest transposes. */
static const Form *number_form(const Product *p)
{
    Link best[PARTS], l[PARTS];
    size_t n, nbest = 0;
    unsigned least = UINT_MAX;
    bool vectors = false;
    for (size_t i = 0; i < p->n; i++)
        vectors = vectors || p->p[i].n == 1;
    for (size_t i = 0; i < p->n; i++)
        for (unsigned turned = 0; turned < p->p[i].n; turned++) {
            const Part *q = &p->p[i];
            uint8_t end, from = vectors ? UINT8_MAX : q->at[turned];
            if (vectors && q->n > 1)
                continue;
            if (!walk_parts(p, q, vectors || turned, q->at[vectors ? 0 : !turned], l, &n,
                            &end) ||
                end != from)
                continue;
            unsigned primes = count_primes(p->F, l, n);
            if (primes >= least)
                continue;
            least = primes;
            nbest = n;
            memcpy(best, l, n * sizeof *l);
        }
    if (!nbest)
        return NULL;
    const Form *f = links_form(p->F, best, nbest, !vectors);
    return vectors ? f : call_form(p->F, OP_TRACE, "trace", 1, &f);
}

/* All parts hang together by summed indices. */
static const Form *path_form(const Product *given)
{
    Product p = *given;
    Link l[PARTS];
    size_t n;
    uint8_t end;
    if (!split_diagonals(&p))
        return NULL;
    if (!p.nout)
        return number_form(&p);
    for (unsigned i = 0; i < p.nout; i++)
        if (places_of(&p, p.out[i]) != 1)
            return NULL;
    if (!walk_parts(&p, NULL, false, p.out[0], l, &n, &end) ||
        end != (p.nout == 2 ? p.out[1] : UINT8_MAX))
        return NULL;
    return links_form(p.F, l, n, true);
}

/* The diagonal of a ring that begins and ends at the axis of the result. */
static const Form *diagonal_form(const Product *given)
{
    Product p = *given;
    if (p.nindices + 1u >= ENDS)
        return NULL;
    uint8_t x = p.out[0], y = (uint8_t)p.nindices++;
    for (size_t i = p.n; i-- > 0;) {
        Part *q = &p.p[i];
        if (!has_index(q, x))
            continue;
        q->at[q->n == 2 && q->at[1] == x] = y;
        break;
    }
    p.out[1] = y;
    p.nout = 2;
    const Form *f = path_form(&p);
    return f ? call_form(p.F, OP_CONTRACT, "diag", 1, &f) : NULL;
}

/* ---- parts that meet at axes of the result -------------------------------------------- */
/* Takes what hangs together with the first part by summed indices out of p. */
static void take_component(Product *p, Product *part)
{
    bool in[PARTS] = {true};
    *part = *p;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < p->n; i++)
            for (size_t j = 0; in[i] && j < p->n; j++)
                for (unsigned k = 0; !in[j] && k < p->p[j].n; k++)
                    if (!is_out(p, p->p[j].at[k]) && has_index(&p->p[i], p->p[j].at[k]))
                        in[j] = changed = true;
    }
    part->n = 0;
    size_t rest = 0;
    for (size_t i = 0; i < p->n; i++)
        if (in[i])
            part->p[part->n++] = p->p[i];
        else
            p->p[rest++] = p->p[i];
    p->n = rest;
    part->nout = 0;
    for (unsigned i = 0; i < p->nout; i++)
        if (places_of(part, p->out[i]))
            part->out[part->nout++] = p->out[i];
}

static const Form *component_form(const Product *p)
{
    return p->nout == 1 && places_of(p, p->out[0]) == 2 ? diagonal_form(p) : path_form(p);
}

/* Factors element by element. */
static const Form *elements_form(Forms *F, size_t n, const Form *const *a)
{
    if (n <= 1)
        return n ? a[0] : NULL;
    Form *f = form_new(F, FORM_PROD, BIND_PROD, n);
    f->tensor = true;
    for (uint32_t i = 0; i < f->n; i++)
        f->a[i] = (Item){.f = a[i], .dot = i > 0};
    form_measure(f, 2, 0);
    return f;
}

/* diag(v)*M*diag(w), or v*w' where there is no M. */
static const Form *outer_form(Forms *F, const Form *v, const Form *m, const Form *w)
{
    Link l[3];
    size_t n = 0;
    if (!m) {
        l[n++] = (Link){.f = v};
        l[n++] = (Link){.f = w, .prime = true};
        return v && w ? links_form(F, l, n, true) : NULL;
    }
    if (v)
        l[n++] = (Link){.f = call_form(F, OP_CONTRACT, "diag", 1, &v), .same = true};
    l[n++] = (Link){.f = m};
    if (w)
        l[n++] = (Link){.f = call_form(F, OP_CONTRACT, "diag", 1, &w), .same = true};
    return links_form(F, l, n, true);
}

/* No index is loose. */
static const Form *closed_form(const Product *given)
{
    Product p = *given, part;
    const Form *by[3][PARTS]; /* those with the first axis, with the second, with both */
    size_t n[3] = {0, 0, 0};
    while (p.n) {
        take_component(&p, &part);
        const Form *f = component_form(&part);
        if (!f || (!part.nout && (p.nout || p.n)))
            return NULL;
        unsigned kind = part.nout == 2 ? 2 : part.nout == 1 && part.out[0] != p.out[0];
        by[kind][n[kind]++] = f;
    }
    const Form *v = elements_form(p.F, n[0], by[0]);
    return p.nout < 2 ? v
                      : outer_form(p.F, v, elements_form(p.F, n[2], by[2]),
                                   elements_form(p.F, n[1], by[1]));
}

/* ---- sums over axes ------------------------------------------------------------------- */
static const Form *axis_form(Forms *F, unsigned axis)
{
    return axis == 1 ? form_text(F, FORM_NAME, "axis=1", 6)
                     : form_text(F, FORM_NAME, "axis=2", 6);
}

static const Form *product_form(const Product *p);

/* Summed indices that one part has are axes first, and added up then. */
static const Form *sum_form(const Product *p, const uint8_t *loose, unsigned n)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        Product q = *p;
        const Form *a[2];
        for (unsigned i = 0; i < n; i++)
            q.out[q.nout++] = loose[i];
        if (turn && q.nout == 2) {
            uint8_t x = q.out[0];
            q.out[0] = q.out[1];
            q.out[1] = x;
        }
        a[0] = product_form(&q);
        a[1] = axis_form(p->F, p->nout && !turn ? 2 : 1);
        if (a[0])
            return call_form(p->F, OP_TOTAL, "sum", 1 + p->nout, a);
    }
    return NULL;
}

static const Form *product_form(const Product *p)
{
    uint8_t loose[2];
    unsigned n = 0;
    for (uint8_t x = 0; x < p->nindices; x++) {
        if (is_out(p, x) || places_of(p, x) != 1)
            continue;
        if (n + p->nout == 2)
            return NULL;
        loose[n++] = x;
    }
    return n ? sum_form(p, loose, n) : closed_form(p);
}

/* ---- nodes ---------------------------------------------------------------------------- */
static bool read_product(Forms *F, const Node *n, Product *p)
{
    Contraction k;
    contract_open(F->c, n, &k);
    *p = (Product){.F = F, .n = k.n, .nindices = k.nindices, .nout = k.out.n};
    if (k.out.n > 2)
        return false;
    memcpy(p->out, k.out.at, k.out.n);
    for (size_t i = 0; i < k.n; i++) {
        Part *q = &p->p[i];
        if (k.in[i].n > 2)
            return false;
        q->n = k.in[i].n;
        memcpy(q->at, k.in[i].at, q->n);
        q->link = (Link){.f = form_entry(F, k.a[i])->stand,
                         .node = k.a[i],
                         .same = is_symmetric(F->c, k.a[i])};
    }
    return true;
}

/* What has no matrix form. */
static const Form *einsum_form(Forms *F, const Node *n)
{
    const Form *a[CONTRACT_OPERANDS + 1];
    size_t len = strlen(n->name);
    char *text = ARENA_NEW(&F->c->tmp, char, len + 2);
    if (text) {
        memcpy(text + 1, n->name, len);
        text[0] = text[len + 1] = '"';
    }
    F->indexed = true;
    a[0] = form_text(F, FORM_NAME, text, text ? len + 2 : 0);
    for (uint32_t i = 0; i < n->n; i++)
        a[i + 1] = form_entry(F, n->a[i])->stand;
    return call_form(F, OP_CONTRACT, "einsum", n->n + 1u, a);
}

/* x'*y, and x'*x of a name: the sum of the elements of x.*y, x.^2. */
static bool read_dot(Forms *F, const Node *n, Product *p)
{
    Node *a = n->a[0];
    const Form *base = ex_is(a, OP_POW) ? form_entry(F, a->a[0])->stand : NULL;
    bool square = base && ex_is_rat(a->a[1], 2, 1) && base->strength >= BIND_ATOM;
    if (!contract_is(n, "a->") || (!square && (!ex_is(a, OP_MUL) || a->n != 2)))
        return false;
    *p = (Product){.F = F, .n = 2, .nindices = 1};
    for (uint32_t i = 0; i < 2; i++) {
        Node *v = a->a[square ? 0 : i];
        if (v->shape != a->shape || !form_entry(F, v)->stand)
            return false;
        p->p[i] = (Part){.link = {.f = form_entry(F, v)->stand, .node = v}, .n = 1};
    }
    return true;
}

const Form *form_contraction(Forms *F, const Node *n)
{
    Product p;
    bool read = read_dot(F, n, &p) || read_product(F, n, &p);
    const Form *f = read ? product_form(&p) : NULL;
    return f ? f : einsum_form(F, n);
}

/* ---- repeated along axes -------------------------------------------------------------- */
/* ones(m, n) of the first k sizes of a BROADCAST */
static const Form *filled_form(Forms *F, const Node *n, const char *name, size_t k)
{
    const Form *a[SHAPE_RANK];
    for (size_t i = 0; i < k; i++)
        a[i] = form_entry(F, n->a[i + 1])->stand;
    Form *f = call_form(F, OP_CONTRACT, name, k, a);
    f->tensor = true;
    return f;
}

static const Form *two_form(Forms *F, FormKind kind, int strength, size_t between,
                            const Form *a, const Form *b)
{
    Form *f = form_new(F, kind, strength, 2);
    f->tensor = true;
    if (!f->n)
        return f;
    f->a[0] = (Item){.f = a};
    f->a[1] = (Item){.f = b};
    form_measure(f, between, 0);
    return f;
}

const Form *form_repeated(Forms *F, const Node *n)
{
    Ctx *c = F->c;
    const Node *e = n->a[0];
    const Form *f = form_entry(F, e)->stand;
    size_t rank = n->n - 1;
    if (e == c->one || e == c->zero)
        return filled_form(F, n, e == c->one ? "ones" : "zeros", rank);
    if (!e->shape)
        return two_form(F, FORM_PROD, BIND_PROD, 1, f, filled_form(F, n, "ones", rank));
    if (rank == 2 && shape_is_vector(c, e->shape)) {
        Link l[] = {{.f = filled_form(F, n, "ones", 1)}, {.f = f, .prime = true}};
        return links_form(F, l, 2, true);
    }
    return two_form(F, FORM_SUM, BIND_SUM, 3, f, filled_form(F, n, "zeros", rank));
}
