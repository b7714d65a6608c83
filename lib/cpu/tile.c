/* cpu/tile.c - a kernel over its space.
 *
 * The space is walked in the order of reading, in tiles of at most BLOCK elements; some tiles
 * together are a leaf, the piece of work that one thread does, and what is reduced within a leaf is
 * combined with other leaves in a tree. Tiles and leaves depend on the shapes alone.
 *
 * The last axes, as far as all operands go on in the same way along them, are taken together as
 * runs: within a run an operand is a piece of memory, one value, or steps through memory. Axes
 * before the split are rows: a tile has whole rows, or lies within one.
 */
#include "cpu/internal.h"
#include <stdatomic.h>

enum { LEAF_TILES = 32, MOST_LEAVES = 64, RANK = TENSOR_RANK };

typedef struct {
    size_t count, cols; /* elements in all; of a row */
    size_t run;
    unsigned outer; /* axes before the run, taken together where that can be */
    size_t dim[RANK];
    ptrdiff_t *stride; /* of read k along outer axis i: stride[k*RANK + i] */
    ptrdiff_t *inner;  /* of read k along the run */
    size_t segment, tile, per_segment, tiles, leaf_tiles, leaves;
} TileSpace;

/* What a worker writes to. */
typedef struct {
    Block block;
    double *acc; /* BLOCK lanes for each result that is reduced */
    NormSum *norm;
    bool open;
} TileWorker;

typedef struct {
    Env *env;
    const CpuStep *s;
    const PlanStep *step;
    const Kernel *k;
    TileSpace t;
    TileWorker *worker;
    double **partial; /* of a result: by leaves; of columns: rows of cols for each leaf */
    NormSum **norms;  /* of a norm over everything, by leaves */
    atomic_bool failed;
} TileRun;

typedef enum { RESULT_STORE, RESULT_ALL, RESULT_ROWS, RESULT_COLUMNS } ResultKind;

static ResultKind kind_of(const TileRun *r, size_t i)
{
    const PlanResult *x = &r->step->result[i];
    if (!x->reduces)
        return RESULT_STORE;
    if (x->axes == (1u << r->step->space.rank) - 1)
        return RESULT_ALL;
    return x->axes & 1 ? RESULT_COLUMNS : RESULT_ROWS;
}

/* ---- the space --------------------------------------------------------------------- */

/* Can the axes i and i + 1 be taken together? */
static bool go_on(const PlanStep *s, unsigned i)
{
    if (s->split == i + 1)
        return false;
    for (size_t k = 0; k < s->nread; k++)
        if (s->read[k].stride[i] !=
            s->read[k].stride[i + 1] * (ptrdiff_t)s->space.dim[i + 1])
            return false;
    return true;
}

/* Axes of size 1 go with the one behind them. */
static PlanStep without_ones(const PlanStep *s, PlanRead *read)
{
    PlanStep r = *s;
    unsigned n = 0, split = 0;
    for (unsigned i = 0; i < s->space.rank; i++) {
        if (s->split && i == s->split)
            split = n;
        if (s->space.dim[i] == 1)
            continue;
        r.space.dim[n] = s->space.dim[i];
        for (size_t k = 0; k < s->nread; k++)
            read[k].stride[n] = s->read[k].stride[i];
        n++;
    }
    r.space.rank = n;
    r.split = split;
    r.read = read;
    return r;
}

static void collapse_axes(TileSpace *t, const PlanStep *s)
{
    unsigned i = s->space.rank, n = 0;
    t->run = 1;
    if (i > 0) {
        t->run = s->space.dim[--i];
        for (size_t k = 0; k < s->nread; k++)
            t->inner[k] = s->read[k].stride[i];
        for (; i > 0 && go_on(s, i - 1); i--)
            t->run *= s->space.dim[i - 1];
    }
    while (i > 0) { /* from the innermost to the outermost, then turned over */
        size_t dim = s->space.dim[--i];
        for (size_t k = 0; k < s->nread; k++)
            t->stride[k * RANK + n] = s->read[k].stride[i];
        for (; i > 0 && go_on(s, i - 1); i--)
            dim *= s->space.dim[i - 1];
        t->dim[n++] = dim;
    }
    t->outer = n;
}

/* How many elements rows have: everything behind the split. */
static size_t row_length(const PlanStep *s)
{
    size_t n = 1;
    for (unsigned i = s->split; i < s->space.rank; i++)
        n *= s->space.dim[i];
    return n;
}

static void cut_into_tiles(TileSpace *t, bool columns)
{
    if (t->cols < BLOCK) { /* whole rows */
        t->segment = t->count;
        t->tile = t->cols ? BLOCK / t->cols * t->cols : BLOCK;
    } else if (t->run < BLOCK) {
        t->segment = t->cols;
        t->tile = BLOCK / t->run * t->run;
    } else {
        t->segment = t->run;
        t->tile = BLOCK;
    }
    t->per_segment = (t->segment + t->tile - 1) / t->tile;
    t->tiles = t->count ? t->count / t->segment * t->per_segment : 0;
    size_t unit = t->cols < BLOCK || t->cols == t->count
                      ? 1
                      : t->cols / t->segment * t->per_segment; /* tiles of a row */
    size_t least = columns ? (t->tiles + MOST_LEAVES - 1) / MOST_LEAVES : 0;
    t->leaf_tiles = (LEAF_TILES + unit - 1) / unit * unit;
    if (t->leaf_tiles < least)
        t->leaf_tiles = (least + unit - 1) / unit * unit;
    t->leaves = (t->tiles + t->leaf_tiles - 1) / t->leaf_tiles;
}

static bool lay_out(TileRun *r)
{
    TileSpace *t = &r->t;
    const PlanStep *s = r->step;
    PlanRead *read = mem_alloc((s->nread + 1) * sizeof *read);
    t->stride = mem_alloc((s->nread + 1) * RANK * sizeof *t->stride);
    t->inner = mem_alloc((s->nread + 1) * sizeof *t->inner);
    if (!read || !t->stride || !t->inner) {
        mem_free(read);
        return false;
    }
    memset(t->inner, 0, (s->nread + 1) * sizeof *t->inner);
    PlanStep x = without_ones(s, read);
    bool columns = false;
    for (size_t i = 0; i < s->nresult; i++)
        columns = columns || kind_of(r, i) == RESULT_COLUMNS;
    t->count = dims_count(&s->space);
    collapse_axes(t, &x);
    t->cols = s->split ? row_length(&x) : t->count;
    cut_into_tiles(t, columns);
    mem_free(read);
    return true;
}

/* ---- operands ---------------------------------------------------------------------- */

/* Where the run number u of read k begins. */
static const double *run_begin(const TileRun *r, size_t k, size_t u)
{
    const PlanRead *read = &r->step->read[k];
    const double *at = r->s->at[read->store] + read->offset;
    const ptrdiff_t *stride = r->t.stride + k * RANK;
    for (unsigned i = 0; i < r->t.outer && u; i++) {
        at += (ptrdiff_t)(u % r->t.dim[i]) * stride[i];
        u /= r->t.dim[i];
    }
    return at;
}

/* n elements of a run in a buffer */
static void copy_run(double *to, const double *from, ptrdiff_t step, size_t n)
{
    if (step == 1)
        memcpy(to, from, n * sizeof *to);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = from[(ptrdiff_t)i * step];
}

/* Do all runs follow one another in memory? */
static bool is_contiguous(const TileRun *r, size_t k)
{
    const TileSpace *t = &r->t;
    ptrdiff_t want = (ptrdiff_t)t->run;
    bool yes = t->inner[k] == 1;
    for (unsigned i = 0; i < t->outer && yes; i++) {
        yes = t->stride[k * RANK + i] == want;
        want *= (ptrdiff_t)t->dim[i];
    }
    return yes;
}

static void place_operand(const TileRun *r, Block *b, uint32_t k, size_t from, size_t n)
{
    const TileSpace *t = &r->t;
    size_t u = from / t->run, c = from % t->run;
    const double *at = run_begin(r, k, u) + (ptrdiff_t)c * t->inner[k];
    bool within = c + n <= t->run;
    b->one[k] = 0;
    if (within && t->inner[k] == 0) {
        cpu_block_fill(b, k, *at, n);
    } else if ((within && t->inner[k] == 1) || is_contiguous(r, k)) {
        b->at[k] = (double *)(uintptr_t)at;
    } else {
        double *to = b->at[k] = cpu_block_own(b, k);
        for (size_t done = 0; done < n; c = 0, u++) {
            size_t m = t->run - c < n - done ? t->run - c : n - done;
            if (done)
                at = run_begin(r, k, u);
            copy_run(to + done, at, t->inner[k], m);
            done += m;
        }
    }
}

/* ---- results ----------------------------------------------------------------------- */

/* Which results' slots are written in the array itself: the first that has the slot, and that is
 * no input or constant. */
static bool is_direct(const TileRun *r, size_t i)
{
    const Kernel *k = r->k;
    if (r->step->result[i].reduces || k->out[i] < k->nin + k->nconst)
        return false;
    for (size_t j = 0; j < i; j++)
        if (k->out[j] == k->out[i])
            return false;
    return true;
}

static double *result_at(const TileRun *r, size_t i)
{
    return r->s->at[r->step->result[i].store];
}

static void place_results(const TileRun *r, Block *b, size_t from)
{
    for (size_t i = 0; i < r->step->nresult; i++)
        if (is_direct(r, i))
            b->at[r->k->out[i]] = result_at(r, i) + from;
}

static void reduce_rows_of_tile(const TileRun *r, TileWorker *w, size_t i,
                                const double *v, size_t from, size_t n)
{
    const PlanResult *x = &r->step->result[i];
    size_t cols = r->t.cols;
    for (size_t row = from / cols; n; row++, v += cols, n -= cols) {
        NormSum s = {0, 0};
        if (x->how == REDUCE_NORM)
            cpu_norm_add(&s, v, cols);
        result_at(r, i)[row] =
            x->how == REDUCE_NORM ? cpu_norm_value(s) : cpu_reduce_row(x->how, v, cols);
    }
    (void)w;
}

static void start_lanes(TileWorker *w, size_t i, ProgramReduce how)
{
    double x = cpu_reduce_start(how);
    for (size_t k = 0; k < BLOCK; k++)
        w->acc[i * BLOCK + k] = x;
    w->norm[i] = (NormSum){0, 0};
}

static void add_to_lanes(const TileRun *r, TileWorker *w, size_t i, const double *v,
                         size_t n)
{
    ProgramReduce how = r->step->result[i].how;
    if (how == REDUCE_NORM)
        cpu_norm_add(&w->norm[i], v, n);
    else
        w->block.lanes->reduce[how](w->acc + i * BLOCK, v, n);
}

static double lanes_value(const TileRun *r, TileWorker *w, size_t i)
{
    ProgramReduce how = r->step->result[i].how;
    return how == REDUCE_NORM ? cpu_norm_value(w->norm[i])
                              : cpu_reduce_tree(how, w->acc + i * BLOCK, BLOCK);
}

/* A piece of a row that is longer than a tile. */
static void reduce_piece_of_row(const TileRun *r, TileWorker *w, size_t i,
                                const double *v, size_t from, size_t n)
{
    size_t cols = r->t.cols;
    if (from % cols == 0)
        start_lanes(w, i, r->step->result[i].how);
    add_to_lanes(r, w, i, v, n);
    if ((from + n) % cols == 0)
        result_at(r, i)[from / cols] = lanes_value(r, w, i);
}

static void reduce_columns(const TileRun *r, const TileWorker *w, size_t i, size_t leaf,
                           const double *v, size_t from, size_t n)
{
    size_t cols = r->t.cols, c = from % cols;
    double *acc = r->partial[i] + leaf * cols;
    for (size_t m; n; n -= m, v += m, c = 0) {
        m = cols - c < n ? cols - c : n;
        w->block.lanes->reduce[r->step->result[i].how](acc + c, v, m);
    }
}

static void take_results(const TileRun *r, TileWorker *w, size_t leaf, size_t from,
                         size_t n)
{
    for (size_t i = 0; i < r->step->nresult; i++) {
        const double *v = w->block.at[r->k->out[i]];
        switch (kind_of(r, i)) {
        case RESULT_STORE:
            if (!is_direct(r, i))
                memcpy(result_at(r, i) + from, v, n * sizeof *v);
            break;
        case RESULT_ALL: add_to_lanes(r, w, i, v, n); break;
        case RESULT_ROWS:
            if (r->t.cols < BLOCK)
                reduce_rows_of_tile(r, w, i, v, from, n);
            else
                reduce_piece_of_row(r, w, i, v, from, n);
            break;
        case RESULT_COLUMNS: reduce_columns(r, w, i, leaf, v, from, n); break;
        }
    }
}

/* ---- leaves ------------------------------------------------------------------------ */

static void run_tile(const TileRun *r, TileWorker *w, size_t leaf, size_t tile)
{
    const TileSpace *t = &r->t;
    size_t j = tile % t->per_segment, at = j * t->tile;
    size_t from = tile / t->per_segment * t->segment + at;
    size_t n = t->segment - at < t->tile ? t->segment - at : t->tile;
    for (uint32_t k = 0; k < r->k->nin; k++)
        place_operand(r, &w->block, k, from, n);
    place_results(r, &w->block, from);
    cpu_block_run(&w->block, n);
    take_results(r, w, leaf, from, n);
}

static bool open_worker(TileRun *r, TileWorker *w)
{
    size_t n = r->step->nresult + 1;
    if (w->open)
        return true;
    w->acc = mem_aligned(64, n * BLOCK * sizeof *w->acc);
    w->norm = mem_alloc(n * sizeof *w->norm);
    w->open = w->acc && w->norm && cpu_block_open(&w->block, r->env, r->k, r->s->lanes);
    return w->open;
}

static void run_leaf(void *arg, size_t leaf, unsigned worker)
{
    TileRun *r = arg;
    TileWorker *w = &r->worker[worker];
    if (atomic_load_explicit(&r->failed, memory_order_relaxed))
        return;
    if (!open_worker(r, w)) {
        atomic_store(&r->failed, true);
        return;
    }
    for (size_t i = 0; i < r->step->nresult; i++)
        if (kind_of(r, i) == RESULT_ALL)
            start_lanes(w, i, r->step->result[i].how);
    size_t from = leaf * r->t.leaf_tiles, to = from + r->t.leaf_tiles;
    for (size_t tile = from; tile < to && tile < r->t.tiles; tile++)
        run_tile(r, w, leaf, tile);
    for (size_t i = 0; i < r->step->nresult; i++) {
        if (kind_of(r, i) != RESULT_ALL)
            continue;
        if (r->step->result[i].how == REDUCE_NORM)
            r->norms[i][leaf] = w->norm[i];
        else
            r->partial[i][leaf] = lanes_value(r, w, i);
    }
}

/* ---- leaves together --------------------------------------------------------------- */

static bool make_partials(TileRun *r)
{
    size_t n = r->step->nresult, leaves = r->t.leaves;
    bool ok = true;
    r->partial = mem_alloc((n + 1) * sizeof *r->partial);
    r->norms = mem_alloc((n + 1) * sizeof *r->norms);
    r->worker = mem_alloc(cpu_workers(r->env) * sizeof *r->worker);
    if (!r->partial || !r->norms || !r->worker)
        return false;
    memset(r->partial, 0, n * sizeof *r->partial);
    memset(r->norms, 0, n * sizeof *r->norms);
    memset(r->worker, 0, cpu_workers(r->env) * sizeof *r->worker);
    for (size_t i = 0; i < n && ok; i++) {
        ResultKind kind = kind_of(r, i);
        if (kind != RESULT_ALL && kind != RESULT_COLUMNS)
            continue;
        size_t m = kind == RESULT_ALL ? leaves : leaves * r->t.cols;
        r->partial[i] = mem_alloc((m + 1) * sizeof **r->partial);
        r->norms[i] = mem_alloc((leaves + 1) * sizeof **r->norms);
        ok = r->partial[i] && r->norms[i];
        for (size_t k = 0; ok && kind == RESULT_COLUMNS && k < m; k++)
            r->partial[i][k] = cpu_reduce_start(r->step->result[i].how);
    }
    return ok;
}

static void combine_columns(const TileRun *r, size_t i)
{
    size_t cols = r->t.cols, n = r->t.leaves;
    double *v = r->partial[i];
    ProgramReduce how = r->step->result[i].how;
    for (; n > 1; n = (n + 1) / 2) {
        size_t half = (n + 1) / 2;
        for (size_t k = 0; k + half < n; k++)
            r->s->lanes->reduce[how](v + k * cols, v + (k + half) * cols, cols);
    }
    for (size_t k = 0; k < cols; k++)
        result_at(r, i)[k] = r->t.leaves ? v[k] : cpu_reduce_start(how);
}

static void combine_leaves(const TileRun *r)
{
    for (size_t i = 0; i < r->step->nresult; i++) {
        ProgramReduce how = r->step->result[i].how;
        if (kind_of(r, i) == RESULT_COLUMNS)
            combine_columns(r, i);
        if (kind_of(r, i) != RESULT_ALL)
            continue;
        NormSum s = {0, 0};
        for (size_t k = 0; k < r->t.leaves && how == REDUCE_NORM; k++)
            s = cpu_norm_pair(s, r->norms[i][k]);
        *result_at(r, i) = how == REDUCE_NORM
                               ? cpu_norm_value(s)
                               : cpu_reduce_tree(how, r->partial[i], r->t.leaves);
    }
}

static void close_run(TileRun *r)
{
    for (unsigned i = 0; r->worker && i < cpu_workers(r->env); i++) {
        cpu_block_close(&r->worker[i].block);
        mem_free(r->worker[i].acc);
        mem_free(r->worker[i].norm);
    }
    for (size_t i = 0; r->partial && r->norms && i < r->step->nresult; i++) {
        mem_free(r->partial[i]);
        mem_free(r->norms[i]);
    }
    mem_free(r->worker);
    mem_free(r->partial);
    mem_free(r->norms);
    mem_free(r->t.stride);
    mem_free(r->t.inner);
}

/* Rows without elements, which no tile comes to. */
static void fill_empty(const TileRun *r)
{
    for (size_t i = 0; i < r->step->nresult; i++) {
        const PlanResult *x = &r->step->result[i];
        size_t n = 1;
        for (unsigned k = 0; k < r->step->space.rank; k++)
            n *= x->axes >> k & 1 ? 1 : r->step->space.dim[k];
        for (size_t k = 0; x->reduces && k < n; k++)
            result_at(r, i)[k] = cpu_reduce_start(x->how);
    }
}

static bool run_in_blocks(TileRun *r)
{
    bool ok = lay_out(r) && make_partials(r);
    if (ok && !r->t.count)
        fill_empty(r);
    else if (ok)
        ok = cpu_parallel(r->env, r->t.leaves, run_leaf, r) && !atomic_load(&r->failed);
    if (ok && r->t.count)
        combine_leaves(r);
    close_run(r);
    if (!ok)
        env_error(r->env, LBZ_LIMIT, NULL, "out of memory");
    return ok;
}

/* ---- points ------------------------------------------------------------------------ */

static size_t index_in(const Dims *space, const PlanRead *read, size_t i)
{
    ptrdiff_t at = read->offset;
    for (unsigned k = space->rank; k-- > 0; i /= space->dim[k])
        at += (ptrdiff_t)(i % space->dim[k]) * read->stride[k];
    return (size_t)at;
}

/* Which element of a reduction gets element i of the space. */
static size_t reduced_index(const Dims *space, unsigned axes, size_t i)
{
    size_t at = 0, step = 1;
    for (unsigned k = space->rank; k-- > 0; i /= space->dim[k]) {
        if (axes >> k & 1)
            continue;
        at += i % space->dim[k] * step;
        step *= space->dim[k];
    }
    return at;
}

/* Element i of the space has the value x. */
static void take_point(const TileRun *r, size_t j, size_t i, double x, NormSum *norm)
{
    const PlanResult *p = &r->step->result[j];
    double *to = result_at(r, j);
    size_t at = p->reduces ? reduced_index(&r->step->space, p->axes, i) : i;
    if (!p->reduces)
        to[at] = x;
    else if (p->how == REDUCE_NORM)
        cpu_norm_add(&norm[at], &x, 1);
    else
        to[at] = cpu_reduce_pair(p->how, to[at], x);
}

static size_t count_norms(const PlanStep *s)
{
    size_t n = 0;
    for (size_t j = 0; j < s->nresult; j++)
        n += s->result[j].how == REDUCE_NORM;
    return n;
}

/* What the norms add up to. */
static void finish_norms(const TileRun *r, size_t n, const NormSum *norm)
{
    const PlanStep *s = r->step;
    for (size_t j = 0; j < s->nresult; j++) {
        if (s->result[j].how != REDUCE_NORM)
            continue;
        for (size_t i = 0; i < n; i++) {
            size_t at = reduced_index(&s->space, s->result[j].axes, i);
            result_at(r, j)[at] = cpu_norm_value(norm[at]);
        }
        norm += CPU_POINTS;
    }
}

static bool run_points(TileRun *r, size_t n)
{
    const PlanStep *s = r->step;
    size_t norms = count_norms(s) * CPU_POINTS + 1;
    double *slots = kernel_slots(r->k);
    double *in = mem_alloc((s->nread + s->nresult + 1) * sizeof *in),
           *out = in ? in + s->nread : NULL;
    NormSum *norm = mem_alloc(norms * sizeof *norm);
    bool ok = slots && in && norm;
    if (ok) {
        memset(norm, 0, norms * sizeof *norm);
        fill_empty(r);
    }
    for (size_t i = 0; ok && i < n; i++) {
        for (size_t k = 0; k < s->nread; k++)
            in[k] = r->s->at[s->read[k].store][index_in(&s->space, &s->read[k], i)];
        kernel_run(r->k, slots, in, out);
        for (size_t j = 0, k = 0; j < s->nresult; j++) {
            take_point(r, j, i, out[j], norm + k * CPU_POINTS);
            k += s->result[j].how == REDUCE_NORM;
        }
    }
    if (ok)
        finish_norms(r, n, norm);
    mem_free(slots);
    mem_free(in);
    mem_free(norm);
    if (!ok)
        env_error(r->env, LBZ_LIMIT, NULL, "out of memory");
    return ok && !env_failed(r->env);
}

bool cpu_run_kernel(Env *env, const CpuStep *s)
{
    TileRun r = {.env = env, .s = s, .step = s->step, .k = s->kernel};
    size_t n = dims_count(&s->step->space);
    return n < CPU_POINTS ? run_points(&r, n) : run_in_blocks(&r);
}
