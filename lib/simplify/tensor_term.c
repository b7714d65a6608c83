/* simplify/tensor_term.c - terms of the normal form: identities go, cells at the same indices are one,
 * summed indices get their places by colour refinement, and by trying where that leaves a choice. */
#include "simplify/tensor.h"

enum { MOST_CHOICES = 400, MOST_PERMUTED = 4 };

/* ---- generators ----------------------------------------------------------------------- */
Node *normal_generator(TensorForm *T, unsigned atom, unsigned n, const uint8_t *at)
{
    Ctx *c = T->c;
    TensorGenerator g = {.atom = atom, .n = (uint8_t)n};
    if (n)
        memcpy(g.at, at, n);
    if (n == 2 && T->atom[atom].symmetric && at[0] > at[1]) {
        g.at[0] = at[1];
        g.at[1] = at[0];
    }
    for (size_t i = 0; i < T->ngens; i++)
        if (T->gen[i].atom == atom && T->gen[i].n == n && !memcmp(T->gen[i].at, g.at, n))
            return ex_sym(c, T->gen[i].sym);
    g.sym = sym_fresh(c, "g");
    c->syms[g.sym].assume = T->atom[atom].sign;
    if (!ARENA_ROOM(&c->tmp, T->gen, T->ngens, T->gens_cap)) {
        T->failed = true;
        return c->poison;
    }
    map_put(&T->by_sym, g.sym, T->ngens);
    T->gen[T->ngens++] = g;
    return ex_sym(c, g.sym);
}

static const TensorGenerator *generator_of(const TensorForm *T, uint32_t sym)
{
    uint64_t v;
    return map_get(&T->by_sym, sym, &v) ? &T->gen[v] : NULL;
}

const TensorGenerator *normal_element(const TensorForm *T, const Node *e)
{
    return e && ex_is(e, OP_SYM) ? generator_of(T, e->sym) : NULL;
}

/* The positions that e has elements at, as a set. */
static unsigned positions_of(TensorForm *T, Node *e)
{
    Ctx *c = T->c;
    ArenaMark m = arena_mark(&c->tmp);
    size_t k;
    unsigned set = 0;
    uint32_t *syms = ex_free_syms(c, e, &k);
    for (size_t i = 0; syms && i < k; i++) {
        const TensorGenerator *g = generator_of(T, syms[i]);
        for (unsigned j = 0; g && j < g->n; j++)
            set |= 1u << g->at[j];
    }
    arena_release(&c->tmp, m);
    return set;
}

Node *normal_move(TensorForm *T, Node *e, const uint8_t *to)
{
    Ctx *c = T->c;
    size_t k, n = 0;
    uint32_t *syms = ex_free_syms(c, e, &k);
    uint32_t *from = ARENA_NEW(&c->tmp, uint32_t, k + 1);
    Node **by = ARENA_NEW(&c->tmp, Node *, k + 1);
    for (size_t i = 0; syms && from && by && i < k; i++) {
        const TensorGenerator *g = generator_of(T, syms[i]);
        uint8_t at[SHAPE_RANK];
        if (!g || !g->n)
            continue;
        for (unsigned j = 0; j < g->n; j++)
            at[j] = to[g->at[j]];
        from[n] = syms[i];
        by[n] = normal_generator(T, g->atom, g->n, at);
        n += by[n]->sym != from[n];
    }
    return n ? ex_subst(c, e, from, by, n) : e;
}

/* ---- cells ---------------------------------------------------------------------------- */
/* The positions of a cell in the order in which its formula is least. */
static void order_cell(TensorForm *T, TensorCell *k)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const TensorGenerator *g = normal_element(T, k->e);
    TensorCell old = *k;
    uint8_t to[SHAPE_RANK];
    if (g && g->n == k->n && !(k->n == 2 && T->atom[g->atom].symmetric)) {
        for (unsigned j = 0; j < k->n; j++) {
            to[g->at[j]] = (uint8_t)j;
            k->at[j] = old.at[g->at[j]];
        }
        k->e = normal_move(T, old.e, to);
        return;
    }
    for (unsigned i = 1; i < 6 && (k->n == 2 || k->n == 3); i++) {
        const uint8_t *o = orders[k->n == 2 ? 2 : i];
        Node *e = normal_move(T, old.e, o);
        if (ex_cmp(e, k->e) < 0) {
            k->e = e;
            for (unsigned j = 0; j < k->n; j++)
                k->at[o[j]] = old.at[j];
        }
        if (k->n == 2)
            break;
    }
}

static bool is_symmetric_cell(TensorForm *T, const TensorCell *k)
{
    return k->n == 2 && (!k->e || normal_move(T, k->e, (const uint8_t[]){1, 0}) == k->e);
}

static bool same_set(const TensorCell *a, const TensorCell *b)
{
    unsigned k = 0;
    for (unsigned i = 0; i < a->n; i++)
        for (unsigned j = 0; j < b->n; j++)
            k += a->at[i] == b->at[j];
    return a->n == b->n && k == a->n;
}

/* A cell that has just been made joins the one at the same indices. */
static void add_cell(TensorForm *T, TensorWork *w, TensorCell k)
{
    for (unsigned i = 0; i < w->ncells; i++) {
        TensorCell *b = &w->cell[i];
        uint8_t to[SHAPE_RANK];
        if (!b->e || !same_set(b, &k))
            continue;
        for (unsigned j = 0; j < k.n; j++)
            for (unsigned m = 0; m < b->n; m++)
                if (b->at[m] == k.at[j])
                    to[j] = (uint8_t)m;
        Node *e = ex_mul2(T->c, b->e, normal_move(T, k.e, to));
        TensorCell old = *b;
        *b = w->cell[--w->ncells];
        normal_put(T, w, e, old.n, old.at);
        return;
    }
    if (w->ncells == TERM_CELLS) {
        T->failed = true;
        return;
    }
    order_cell(T, &k);
    w->cell[w->ncells++] = k;
}

/* The part of the formula at the positions in the set. */
static void put_part(TensorForm *T, TensorWork *w, Node *e, unsigned set,
                     const uint8_t *at)
{
    TensorCell k = {.n = 0};
    uint8_t to[SHAPE_RANK] = {0};
    for (unsigned i = 0; i < SHAPE_RANK; i++)
        if (set >> i & 1) {
            to[i] = k.n;
            k.at[k.n++] = at[i];
        }
    k.e = normal_move(T, e, to);
    add_cell(T, w, k);
}

void normal_put(TensorForm *T, TensorWork *w, Node *e, unsigned n, const uint8_t *at)
{
    Ctx *c = T->c;
    uint8_t to[SHAPE_RANK], own[SHAPE_RANK];
    unsigned distinct = 0, done[TERM_CELLS], ndone = 0;
    if (T->failed || ctx_failed(c))
        return;
    for (unsigned i = 0; i < n; i++) { /* positions at one index are one */
        unsigned j = 0;
        while (j < distinct && own[j] != at[i])
            j++;
        to[i] = (uint8_t)j;
        if (j == distinct)
            own[distinct++] = at[i];
    }
    if (distinct < n)
        e = normal_move(T, e, to);
    w->coef = ex_mul2(c, w->coef, ex_num(c, ex_coef(e)));
    Node *body = ex_rest(c, e);
    uint32_t nf = ex_is(body, OP_MUL) ? body->n : 1;
    Node **f = ex_is(body, OP_MUL) ? body->a : &body;
    for (uint32_t i = 0; i < nf; i++) { /* factors at the same positions together */
        unsigned set = positions_of(T, f[i]), seen = 0;
        while (seen < ndone && done[seen] != set)
            seen++;
        if (seen < ndone || ndone == TERM_CELLS)
            continue;
        done[ndone++] = set;
        Node *part = f[i];
        for (uint32_t j = i + 1; j < nf; j++)
            if (positions_of(T, f[j]) == set)
                part = ex_mul2(c, part, f[j]);
        if (!set)
            w->coef = ex_mul2(c, w->coef, part);
        else
            put_part(T, w, part, set, distinct < n ? own : at);
    }
}

void normal_put_identity(TensorForm *T, TensorWork *w, uint8_t x, uint8_t y)
{
    if (w->ncells == TERM_CELLS)
        T->failed = true;
    else
        w->cell[w->ncells++] = (TensorCell){.e = NULL, .n = 2, .at = {x, y}};
}

/* ---- identities ----------------------------------------------------------------------- */
static void rename_index(TensorForm *T, TensorWork *w, uint8_t from, uint8_t to)
{
    TensorWork old = *w;
    w->ncells = 0;
    for (unsigned i = 0; i < old.ncells; i++) {
        TensorCell k = old.cell[i];
        for (unsigned j = 0; j < k.n; j++)
            k.at[j] = k.at[j] == from ? to : k.at[j];
        if (k.e)
            normal_put(T, w, k.e, k.n, k.at);
        else
            normal_put_identity(T, w, k.at[0], k.at[1]);
    }
}

/* True: one has gone, or made others change. */
static bool apply_identity(TensorForm *T, TensorWork *w, unsigned rank)
{
    for (unsigned i = 0; i < w->ncells; i++) {
        TensorCell k = w->cell[i];
        if (k.e)
            continue;
        uint8_t x = k.at[0] < k.at[1] ? k.at[0] : k.at[1], y = k.at[0] ^ k.at[1] ^ x;
        bool stays = x != y && y < rank, used = false;
        w->cell[i] = w->cell[--w->ncells];
        for (unsigned j = 0; j < w->ncells && x != y; j++)
            for (unsigned m = 0; m < w->cell[j].n; m++)
                used = used || w->cell[j].at[m] == y;
        if (used)
            rename_index(T, w, y, x);
        if (stays) {
            memmove(w->cell + 1, w->cell, w->ncells * sizeof *w->cell);
            w->cell[0] = (TensorCell){.n = 2, .at = {x, y}};
            w->ncells++;
        } else if (x != y && y >= rank) {
            w->size[y] = (ShapeSize){1, NULL}; /* summed up */
        }
        if (used || !stays)
            return true;
    }
    return false;
}

/* ---- order ---------------------------------------------------------------------------- */
typedef struct {
    TensorForm *T;
    const TensorWork *w;
    unsigned rank, choices;
    bool symmetric[TERM_CELLS];
    TensorTerm best;
    bool any;
} Ordering;

static int compare_cells(const TensorCell *a, const TensorCell *b)
{
    if (a->e != b->e)
        return !a->e ? -1 : !b->e ? 1 : ex_cmp(a->e, b->e);
    return a->n != b->n ? (a->n < b->n ? -1 : 1) : memcmp(a->at, b->at, a->n);
}

int normal_compare_terms(const TensorTerm *a, const TensorTerm *b)
{
    if (a->ncells != b->ncells)
        return a->ncells < b->ncells ? -1 : 1;
    for (unsigned i = 0; i < a->ncells; i++) {
        int d = compare_cells(&a->cell[i], &b->cell[i]);
        if (d)
            return d;
    }
    if (a->nindices != b->nindices)
        return a->nindices < b->nindices ? -1 : 1;
    for (unsigned i = 0; i < a->nindices; i++)
        if (!shape_same_size(a->size[i], b->size[i]))
            return a->size[i].n != b->size[i].n ? (a->size[i].n < b->size[i].n ? -1 : 1)
                   : !a->size[i].e              ? -1
                   : !b->size[i].e              ? 1
                                                : ex_cmp(a->size[i].e, b->size[i].e);
    return 0;
}

static uint64_t cell_colour(const Ordering *o, unsigned i, const uint64_t *colour)
{
    const TensorCell *k = &o->w->cell[i];
    uint64_t h = k->e ? k->e->hash : 12345;
    if (o->symmetric[i])
        return hash_mix(h, colour[k->at[0]] + colour[k->at[1]]);
    for (unsigned j = 0; j < k->n; j++)
        h = hash_mix(h, colour[k->at[j]]);
    return h;
}

/* Indices get colours that tell them apart as far as the cells they stand in do. */
static void refine(const Ordering *o, uint64_t *colour)
{
    const TensorWork *w = o->w;
    for (unsigned round = o->rank; round <= w->nindices; round++) {
        uint64_t next[TERM_INDICES];
        for (unsigned x = 0; x < w->nindices; x++)
            next[x] = 0;
        for (unsigned i = 0; i < w->ncells; i++) {
            uint64_t h = cell_colour(o, i, colour);
            for (unsigned j = 0; j < w->cell[i].n; j++)
                next[w->cell[i].at[j]] += hash_mix(h, o->symmetric[i] ? 0 : j);
        }
        for (unsigned x = 0; x < w->nindices; x++)
            colour[x] = hash_mix(colour[x], next[x]);
    }
}

/* The term with summed indices in the order of their colours. */
static void write_term(const Ordering *o, const uint64_t *colour, TensorTerm *t)
{
    const TensorWork *w = o->w;
    uint8_t order[TERM_INDICES], to[TERM_INDICES];
    unsigned n = 0;
    for (unsigned x = o->rank; x < w->nindices; x++) {
        unsigned j = n++;
        for (; j > 0 && colour[order[j - 1]] > colour[x]; j--)
            order[j] = order[j - 1];
        order[j] = (uint8_t)x;
    }
    for (unsigned x = 0; x < o->rank; x++) {
        to[x] = (uint8_t)x;
        t->size[x] = w->size[x];
    }
    for (unsigned j = 0; j < n; j++) {
        to[order[j]] = (uint8_t)(o->rank + j);
        t->size[o->rank + j] = w->size[order[j]];
    }
    t->nindices = w->nindices;
    t->ncells = 0;
    for (unsigned i = 0; i < w->ncells; i++) {
        TensorCell k = w->cell[i];
        for (unsigned j = 0; j < k.n; j++)
            k.at[j] = to[k.at[j]];
        if (o->symmetric[i] && k.at[0] > k.at[1]) {
            uint8_t x = k.at[0];
            k.at[0] = k.at[1];
            k.at[1] = x;
        }
        unsigned j = t->ncells++;
        for (; j > 0 && compare_cells(&t->cell[j - 1], &k) > 0; j--)
            t->cell[j] = t->cell[j - 1];
        t->cell[j] = k;
    }
}

static bool new_term(TensorForm *T, TensorTerm *t, const TensorWork *w)
{
    *t = (TensorTerm){.cell = ARENA_NEW(&T->c->tmp, TensorCell, w->ncells + 1),
                      .size = ARENA_NEW(&T->c->tmp, ShapeSize, w->nindices + 1)};
    if (!t->cell || !t->size)
        T->failed = true;
    return !T->failed;
}

/* Colours that two summed indices share: each of them in turn is told from the others. As deep as a
 * term has indices. */
static void try_orders(Ordering *o, const uint64_t *given)
{
    uint64_t colour[TERM_INDICES];
    unsigned n = o->w->nindices, first = n;
    memcpy(colour, given, n * sizeof *colour);
    refine(o, colour);
    for (unsigned x = o->rank; x < n; x++)
        for (unsigned y = x + 1; y < n; y++)
            if (colour[x] == colour[y] && (first == n || colour[x] < colour[first]))
                first = x;
    if (first < n) {
        for (unsigned x = o->rank; x < n && o->choices < MOST_CHOICES; x++) {
            uint64_t kept = colour[x];
            if (kept != colour[first] && x != first)
                continue;
            colour[x] = hash_mix(kept, 1);
            try_orders(o, colour);
            colour[x] = kept;
        }
        return;
    }
    TensorTerm t;
    o->choices++;
    if (!new_term(o->T, &t, o->w))
        return;
    write_term(o, colour, &t);
    if (!o->any || normal_compare_terms(&t, &o->best) < 0)
        o->best = t;
    o->any = true;
}

/* The term that w is, in its order; the coefficient is the caller's. */
static bool order_term(TensorForm *T, const TensorWork *w, unsigned rank, TensorTerm *t)
{
    Ordering o = {.T = T, .w = w, .rank = rank};
    uint64_t colour[TERM_INDICES];
    for (unsigned i = 0; i < w->ncells; i++)
        o.symmetric[i] = is_symmetric_cell(T, &w->cell[i]);
    for (unsigned x = 0; x < w->nindices; x++)
        colour[x] = x < rank ? x + 1
                             : hash_mix((uint64_t)w->size[x].n,
                                        w->size[x].e ? w->size[x].e->hash : 77);
    try_orders(&o, colour);
    *t = o.best;
    return o.any && !T->failed;
}

/* ---- parts that are atoms ------------------------------------------------------------- */
bool normal_same(const TensorSum *a, const TensorSum *b)
{
    if (a == b)
        return true;
    if (a->rank != b->rank || a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->rank; i++)
        if (!shape_same_size(a->size[i], b->size[i]))
            return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->t[i].coef != b->t[i].coef || normal_compare_terms(&a->t[i], &b->t[i]) != 0)
            return false;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_atom(const TensorAtom *a, const TensorAtom *b)
{
    if (a->op != b->op || a->nargs != b->nargs || a->rank != b->rank)
        return false;
    if (a->nargs == 0)
        return a->node == b->node;
    if (a->node &&
        (a->node->sym != b->node->sym || !same_text(a->node->name, b->node->name)))
        return false;
    for (size_t i = 0; i < a->nargs; i++)
        if (!normal_same(&a->arg[i], &b->arg[i]))
            return false;
    return true;
}

unsigned normal_atom_of(TensorForm *T, const TensorAtom *like)
{
    for (size_t i = 0; i < T->natoms; i++)
        if (same_atom(&T->atom[i], like))
            return (unsigned)i;
    if (!ARENA_ROOM(&T->c->tmp, T->atom, T->natoms, T->atoms_cap)) {
        T->failed = true;
        return 0;
    }
    T->atom[T->natoms] = *like;
    return (unsigned)T->natoms++;
}

static uint8_t sign_of_cells(const TensorWork *w)
{
    bool nonneg = true;
    for (unsigned i = 0; i < w->ncells; i++)
        nonneg = nonneg && w->cell[i].e && ex_is_nonneg(w->cell[i].e);
    return nonneg ? S_ZERO | S_POS : S_ANY;
}

/* The axes of w, which comes as rank axes and summed indices, in another order. */
static TensorWork with_axes(const TensorWork *w, const uint8_t *to, unsigned rank)
{
    TensorWork r = *w;
    for (unsigned i = 0; i < rank; i++)
        r.size[to[i]] = w->size[i];
    for (unsigned i = 0; i < r.ncells; i++)
        for (unsigned j = 0; j < r.cell[i].n; j++)
            if (r.cell[i].at[j] < rank)
                r.cell[i].at[j] = to[r.cell[i].at[j]];
    return r;
}

/* The generator of the sum over indices w, which has rank axes: at, in the order they have in w. */
static Node *generator_of_sum(TensorForm *T, const TensorWork *w, unsigned rank,
                              const uint8_t *at)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    unsigned norders = rank < 2 ? 1 : rank == 2 ? 2 : rank == 3 ? 6 : 1, best = 0;
    TensorSum *s = ARENA_NEW0(&T->c->tmp, TensorSum, 1);
    TensorTerm t, least;
    bool same = false;
    if (!s)
        return T->c->poison;
    for (unsigned i = 0; i < norders; i++) {
        TensorWork turned = rank > 1 && rank < 4 ? with_axes(w, orders[i], rank) : *w;
        if (!order_term(T, &turned, rank, &t))
            return T->c->poison;
        int d = i ? normal_compare_terms(&t, &least) : -1;
        same = same || d == 0;
        if (d < 0) {
            least = t;
            best = i;
        }
    }
    least.coef = T->c->one;
    *s = (TensorSum){
        .rank = rank, .n = 1, .cap = 1, .t = ARENA_NEW(&T->c->tmp, TensorTerm, 1)};
    if (!s->t)
        return T->c->poison;
    s->t[0] = least;
    uint8_t turned[SHAPE_RANK];
    for (unsigned i = 0; i < rank; i++) {
        s->size[i] = least.size[i];
        turned[rank > 1 && rank < 4 ? orders[best][i] : i] = at[i];
    }
    TensorAtom a = {.op = OP_CONTRACT,
                    .nargs = 1,
                    .arg = s,
                    .rank = rank,
                    .symmetric = rank == 2 && same,
                    .sign = sign_of_cells(w)};
    return normal_generator(T, normal_atom_of(T, &a), rank, turned);
}

/* Marks the cells that hang together with the cell first by summed indices. */
static void mark_part(const TensorWork *w, unsigned rank, unsigned first, bool *in)
{
    bool reached[TERM_INDICES] = {false};
    in[first] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = 0; i < w->ncells; i++) {
            const TensorCell *k = &w->cell[i];
            bool meets = in[i];
            for (unsigned j = 0; j < k->n; j++)
                meets = meets || reached[k->at[j]];
            for (unsigned j = 0; meets && j < k->n; j++)
                if (k->at[j] >= rank && !reached[k->at[j]])
                    reached[k->at[j]] = changed = true;
            changed = changed || (meets && !in[i]);
            in[i] = in[i] || meets;
        }
    }
}

/* The part of w that the cells in are, with axes of its own: *rank of them, at[] in w. */
static void cut_part(const TensorWork *w, unsigned wrank, const bool *in,
                     TensorWork *part, unsigned *rank, uint8_t *at)
{
    uint8_t to[TERM_INDICES];
    *part = (TensorWork){.coef = w->coef};
    memset(to, 255, sizeof to);
    for (unsigned pass = 0; pass < 2; pass++) { /* axes first */
        for (unsigned i = 0; i < w->ncells; i++)
            for (unsigned j = 0; in[i] && j < w->cell[i].n; j++) {
                uint8_t x = w->cell[i].at[j];
                if ((x < wrank) != (pass == 0) || to[x] != 255)
                    continue;
                if (!pass)
                    at[part->nindices] = x;
                part->size[part->nindices] = w->size[x];
                to[x] = (uint8_t)part->nindices++;
            }
        if (!pass)
            *rank = part->nindices;
    }
    for (unsigned i = 0; i < w->ncells; i++) {
        if (!in[i])
            continue;
        TensorCell k = w->cell[i];
        for (unsigned j = 0; j < k.n; j++)
            k.at[j] = to[k.at[j]];
        part->cell[part->ncells++] = k;
    }
}

/* Takes the cells in out of w, with the indices they are summed over. */
static void drop_cells(TensorWork *w, unsigned rank, const bool *in)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->ncells; i++) {
        for (unsigned j = 0; in[i] && j < w->cell[i].n; j++)
            if (w->cell[i].at[j] >= rank)
                w->size[w->cell[i].at[j]] = (ShapeSize){1, NULL};
        if (!in[i])
            w->cell[n++] = w->cell[i];
    }
    w->ncells = n;
}

/* Parts without axes are numbers. */
static void take_numbers(TensorForm *T, TensorWork *w, unsigned rank)
{
    for (unsigned first = 0; first < w->ncells && !T->failed;) {
        bool in[TERM_CELLS] = {false};
        TensorWork part;
        unsigned axes;
        uint8_t at[TERM_INDICES];
        mark_part(w, rank, first, in);
        cut_part(w, rank, in, &part, &axes, at);
        if (axes) {
            first++;
            continue;
        }
        drop_cells(w, rank, in);
        w->coef = ex_mul2(T->c, w->coef, generator_of_sum(T, &part, 0, at));
        first = 0;
    }
}

/* The formula that stands for t, without identities: elements at the axes as positions. NULL: it has
 * identities. */
Node *normal_term_formula(TensorForm *T, const TensorTerm *t, unsigned rank)
{
    TensorWork w = {.coef = t->coef, .ncells = t->ncells, .nindices = t->nindices};
    memcpy(w.cell, t->cell, t->ncells * sizeof *w.cell);
    memcpy(w.size, t->size, t->nindices * sizeof *w.size);
    Node *r = t->coef;
    for (unsigned i = 0; i < w.ncells; i++)
        if (!w.cell[i].e)
            return NULL;
    while (w.ncells && !T->failed && !ctx_failed(T->c)) {
        bool in[TERM_CELLS] = {false};
        TensorWork part;
        unsigned axes;
        uint8_t at[TERM_INDICES];
        mark_part(&w, rank, 0, in);
        cut_part(&w, rank, in, &part, &axes, at);
        if (axes > SHAPE_RANK) {
            T->failed = true;
            return T->c->poison;
        }
        drop_cells(&w, rank, in);
        Node *e = part.ncells == 1 && part.nindices == axes
                      ? normal_move(T, part.cell[0].e, w.cell[0].at)
                      : generator_of_sum(T, &part, axes, at);
        if (part.ncells == 1 && part.nindices == axes) {
            uint8_t to[SHAPE_RANK];
            for (unsigned j = 0; j < axes; j++)
                to[j] = at[part.cell[0].at[j]];
            e = normal_move(T, part.cell[0].e, to);
        }
        r = ex_mul2(T->c, r, e);
    }
    return r;
}

/* ---- terms ---------------------------------------------------------------------------- */
void normal_begin(TensorForm *T, TensorWork *w, unsigned rank, const ShapeSize *size)
{
    w->coef = T->c->one;
    w->ncells = 0;
    w->nindices = rank;
    if (rank)
        memcpy(w->size, size, rank * sizeof *size);
}

/* Summed indices that no cell has are their sizes; the others close ranks. */
static void close_indices(TensorForm *T, TensorWork *w, unsigned rank)
{
    uint8_t to[TERM_INDICES];
    bool used[TERM_INDICES] = {false};
    unsigned n = rank;
    for (unsigned i = 0; i < w->ncells; i++)
        for (unsigned j = 0; j < w->cell[i].n; j++)
            used[w->cell[i].at[j]] = true;
    for (unsigned x = 0; x < w->nindices; x++) {
        to[x] = (uint8_t)(x < rank ? x : n);
        if (x < rank)
            continue;
        if (used[x])
            w->size[n++] = w->size[x];
        else
            w->coef = ex_mul2(T->c, w->coef, shape_size_node(T->c, w->size[x]));
    }
    w->nindices = n;
    for (unsigned i = 0; i < w->ncells; i++)
        for (unsigned j = 0; j < w->cell[i].n; j++)
            w->cell[i].at[j] = to[w->cell[i].at[j]];
}

void normal_finish(TensorForm *T, TensorWork *w, TensorSum *s)
{
    Ctx *c = T->c;
    TensorTerm t;
    do
        while (!T->failed && apply_identity(T, w, s->rank))
            ;
    while (!T->failed && normal_cancel(T, w, s->rank));
    if (T->failed || ctx_failed(c))
        return;
    close_indices(T, w, s->rank);
    take_numbers(T, w, s->rank);
    close_indices(T, w, s->rank);
    if (ctx_failed(c) || w->coef == c->zero || T->failed)
        return;
    if (s->n >= SUM_TERMS || !order_term(T, w, s->rank, &t) ||
        !ARENA_ROOM(&c->tmp, s->t, s->n, s->cap)) {
        T->failed = true;
        return;
    }
    t.coef = w->coef;
    s->t[s->n++] = t;
}

static bool term_le(const void *a, const void *b)
{
    return normal_compare_terms(a, b) <= 0;
}

static void sort_terms(TensorForm *T, TensorSum *s)
{
    TensorTerm *to = ARENA_NEW(&T->c->tmp, TensorTerm, s->n + 1), *from = s->t;
    for (size_t width = 1; to && width < s->n; width *= 2) {
        for (size_t lo = 0; lo < s->n; lo += 2 * width) {
            size_t mid = lo + width < s->n ? lo + width : s->n,
                   hi = mid + width < s->n ? mid + width : s->n, i = lo, j = mid;
            for (size_t k = lo; k < hi; k++)
                to[k] = i < mid && (j >= hi || term_le(&from[i], &from[j])) ? from[i++]
                                                                            : from[j++];
        }
        TensorTerm *t = from;
        from = to;
        to = t;
    }
    s->t = from;
}

void normal_collect(TensorForm *T, TensorSum *s)
{
    Ctx *c = T->c;
    size_t n = 0;
    if (s->n > 1)
        sort_terms(T, s);
    for (size_t i = 0; i < s->n && !ctx_poll(c);) {
        size_t j = i + 1;
        Node *sum = s->t[i].coef;
        while (j < s->n && normal_compare_terms(&s->t[i], &s->t[j]) == 0)
            sum = ex_add2(c, sum, s->t[j++].coef);
        s->t[n] = s->t[i];
        s->t[n].coef = sum;
        n += sum != c->zero;
        i = j;
    }
    s->n = n;
}
