/* parallel.c - -j N: the lines of all inputs on N threads, each with a session of its
 * own; the output is that of one thread, byte for byte.
 *
 * The main thread reads lines into chunks, the workers take chunks, the main thread
 * writes finished chunks in order. Chunks stand in a ring, so that reading is never far
 * ahead. A line that changes the session or reads the last result is a barrier:
 * everything before it is finished first, then the main thread's session evaluates it for the
 * output, and after it every other (files are read and written once). So that % is right everywhere, all sessions first repeat the
 * line that gave the last result. Lines that name results by number (%3) need all of
 * them: the input is kept up to a limit and evaluated once more by a fresh session, which
 * goes on alone.
 *
 * A chunk belongs to the main thread while FILLING or DONE and to one worker while
 * RUNNING; state and all other fields of Pool that both use change under the lock. */
#include "batch.h"
#include "feed.h"
#include "signals.h"
#include "sink.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_LINES = 32, CHUNK_BYTES = 64 << 10, LOG_LIMIT = 8 << 20 };

typedef struct {
    Record rec;
    size_t in, out_end, err_end; /* offsets in the chunk's buffers */
    int status;
    bool valued, last; /* last: nothing behind this line counts */
} Item;

typedef enum { FILLING, QUEUED, RUNNING, DONE } State;

typedef struct {
    State state;
    Item items[CHUNK_LINES];
    size_t n;
    Buf in, out, err;
} Chunk;

typedef struct {
    const Making *m;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    Chunk *ring;
    size_t size, head, next, tail; /* written, taken, filled up to; index modulo size */
    bool stop;
    Buf replay[2];       /* what all sessions evaluate at a barrier */
    unsigned long round; /* number of barriers so far */
    unsigned waiting;    /* workers that have not yet evaluated the present barrier */
    /* the main thread's own */
    unsigned nthreads;
    pthread_t *threads;
    lbz_session *s;
    lbz_files *files; /* s leads, the workers' sessions follow */
    Sink sink;
    Buf last; /* the line that gave the last result, if no session repeated it yet */
    Buf log;  /* all statements, each as length and bytes */
    bool log_full, alone; /* alone: s does everything from now on */
    bool ended;
    size_t lines;
    int status;
} Pool;

static void lock(Pool *p) { pthread_mutex_lock(&p->lock); }

static void unlock(Pool *p) { pthread_mutex_unlock(&p->lock); }

/* ---- workers */

typedef struct {
    Pool *p;
    Chunk *chunk;     /* in work, or NULL */
    size_t completed; /* lines of it */
} Worker;

static void run_chunk(Worker *w, lbz_session *s, Chunk *c)
{
    const Pool *p = w->p;
    w->chunk = c;
    for (size_t i = 0; i < c->n; i++) {
        Item *it = &c->items[i];
        w->completed = i;
        bool quit = false;
        it->rec.in = c->in.s + it->in;
        it->status =
            s ? eval_record(p->m, s, &it->rec, &c->out, &c->err, &quit, &it->valued)
              : EXIT_INTERNAL;
        it->out_end = c->out.n;
        it->err_end = c->err.n;
        it->last = quit || (p->m->options->bail && it->status == EXIT_LINE_ERROR);
        if (it->last)
            c->n = i + 1;
    }
    w->chunk = NULL;
}

static void run_replay(Pool *p, lbz_session *s)
{
    lbz_result r;
    for (int i = 0; i < 2; i++)
        if (s && p->replay[i].n)
            lbz_eval(s, p->replay[i].s, p->replay[i].n, &r);
}

static void write_chunk(Pool *p, Chunk *c);

/* Memory is out and the process about to end: what is done is written. The lock stays taken. */
static void write_completed(void *arg)
{
    Worker *w = arg;
    Pool *p = w->p;
    lock(p);
    for (; p->head != p->tail; p->head++) {
        Chunk *c = &p->ring[p->head % p->size];
        bool mine = c == w->chunk;
        if (mine)
            c->n = w->completed;
        if (mine || c->state == DONE)
            write_chunk(p, c);
        if (c->state != FILLING)
            break;
    }
    sink_flush(&p->sink);
}

static void *worker(void *arg)
{
    Pool *p = arg;
    Worker w = {.p = p};
    lbz_session *s = eval_open(p->m->options, eval_wants_decimals(p->m));
    unsigned long round = 0;
    if (s) {
        lbz_files_follow(s, p->files);
        lbz_at_abort(s, write_completed, &w);
    }
    lock(p);
    while (!p->stop) {
        if (round != p->round) {
            round = p->round;
            unlock(p);
            run_replay(p, s);
            lock(p);
            if (!--p->waiting)
                pthread_cond_signal(&p->done);
        } else if (p->next != p->tail) {
            Chunk *c = &p->ring[p->next++ % p->size];
            c->state = RUNNING;
            unlock(p);
            run_chunk(&w, s, c);
            lock(p);
            c->state = DONE;
            pthread_cond_signal(&p->done);
        } else {
            pthread_cond_wait(&p->work, &p->lock);
        }
    }
    unlock(p);
    if (s)
        lbz_close(s);
    return NULL;
}

/* ---- the main thread: writing */

static void write_chunk(Pool *p, Chunk *c)
{
    size_t out = 0, err = 0, valued = c->n;
    for (size_t i = 0; i < c->n && !p->ended; i++) {
        const Item *it = &c->items[i];
        sink_put(&p->sink, &(Buf){c->out.s + out, it->out_end - out, 0},
                 &(Buf){c->err.s + err, it->err_end - err, 0});
        out = it->out_end;
        err = it->err_end;
        p->status = worst_status(p->status, it->status);
        p->ended = it->last || p->sink.error;
        if (it->valued)
            valued = i;
    }
    if (valued < c->n) {
        buf_clear(&p->last);
        buf_put(&p->last, c->items[valued].rec.in, c->items[valued].rec.in_len);
    }
    c->n = 0;
    buf_clear(&c->in);
    buf_clear(&c->out);
    buf_clear(&c->err);
    c->state = FILLING;
}

/* Writes finished chunks in order, waiting until at most left are in work. */
static void collect(Pool *p, size_t left)
{
    lock(p);
    while (p->head != p->tail) {
        Chunk *c = &p->ring[p->head % p->size];
        if (c->state != DONE && p->tail - p->head <= left)
            break;
        while (c->state != DONE)
            pthread_cond_wait(&p->done, &p->lock);
        write_chunk(p, c); /* under the lock, for write_completed */
        p->head++;
    }
    unlock(p);
}

static Chunk *filling(Pool *p) { return &p->ring[p->tail % p->size]; }

static void submit(Pool *p)
{
    Chunk *c = filling(p);
    if (!c->n)
        return;
    p->lines += c->n;
    lock(p);
    c->state = QUEUED;
    p->tail++;
    pthread_cond_signal(&p->work);
    unlock(p);
    collect(p, p->size - 1);
}

static void drain(Pool *p)
{
    submit(p);
    collect(p, 0);
}

/* ---- the main thread: lines */

/* Chunks begin small, so that a few heavy lines are shared by all threads. */
static size_t chunk_lines(const Pool *p)
{
    size_t n = p->lines / (8 * p->nthreads) + 1;
    return n < CHUNK_LINES ? n : CHUNK_LINES;
}

static void add_line(Pool *p, const Record *rec)
{
    Chunk *c = filling(p);
    Item *it = &c->items[c->n++];
    *it = (Item){.rec = *rec, .in = c->in.n};
    buf_put(&c->in, rec->in, rec->in_len);
    buf_putc(&c->in, '\n'); /* in is never NULL */
    if (c->n >= chunk_lines(p) || c->in.n >= CHUNK_BYTES)
        submit(p);
}

/* The main thread's session evaluates a line for the output. */
static void evaluate_here(Pool *p, const Record *given)
{
    Record rec = *given;
    Buf out = {0}, err = {0};
    bool quit, valued;
    int status = eval_record(p->m, p->s, &rec, &out, &err, &quit, &valued);
    sink_put(&p->sink, &out, &err);
    p->status = worst_status(p->status, status);
    p->ended |=
        quit || p->sink.error || (p->m->options->bail && status == EXIT_LINE_ERROR);
    buf_free(&out);
    buf_free(&err);
}

/* The main thread's session goes first: files are read and written by it. */
static void barrier(Pool *p, const Record *rec)
{
    buf_clear(&p->replay[0]);
    buf_clear(&p->replay[1]);
    buf_put(&p->replay[0], p->last.s, p->last.n);
    buf_put(&p->replay[1], rec->in, rec->in_len);
    if (p->last.n) {
        lbz_result r;
        lbz_eval(p->s, p->last.s, p->last.n, &r);
        buf_clear(&p->last);
    }
    evaluate_here(p, rec);
    lock(p);
    p->waiting = p->nthreads;
    p->round++;
    pthread_cond_broadcast(&p->work);
    while (p->waiting)
        pthread_cond_wait(&p->done, &p->lock);
    unlock(p);
    if (p->log_full)
        lbz_files_drop(p->files);
}

/* ---- results by number */

static void keep(Pool *p, const Record *rec)
{
    if (p->log_full || rec->kind != REC_STATEMENT)
        return;
    p->log_full = p->log.n + rec->in_len + lbz_files_size(p->files) > LOG_LIMIT;
    if (p->log_full) {
        buf_free(&p->log);
        return;
    }
    buf_put(&p->log, (const char *)&rec->in_len, sizeof rec->in_len);
    buf_put(&p->log, rec->in, rec->in_len);
}

/* Errs on the safe side: 10 % 3 looks like it too. */
static bool names_number(const char *s, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t k = i + 1;
        while (s[i] == '%' && k < n && (s[k] == ' ' || s[k] == '-'))
            k++;
        if (s[i] == '%' && k < n && s[k] >= '0' && s[k] <= '9')
            return true;
    }
    return false;
}

/* A fresh session that has seen everything replaces the main thread's. */
static void go_alone(Pool *p)
{
    lbz_session *s = eval_open(p->m->options, eval_wants_decimals(p->m));
    if (!s)
        return;
    lbz_result r;
    lbz_files_follow(s, p->files);
    for (size_t at = 0; at < p->log.n && !signals_interrupted();) {
        size_t n;
        memcpy(&n, p->log.s + at, sizeof n);
        at += sizeof n;
        lbz_eval(s, p->log.s + at, n, &r);
        at += n;
    }
    lbz_close(p->s);
    lbz_files_lead(s, NULL);
    p->s = s;
    p->alone = true;
    buf_free(&p->log);
}

static void refuse(Pool *p, const Record *given)
{
    lbz_result r = {.status = LBZ_LIMIT,
                    .message =
                        "numbered results are kept for the first 8 MiB of input with -j",
                    .hint = "give the result a name, or run with -j 1"};
    Record rec = *given;
    Buf out = {0}, err = {0};
    rec.result = &r;
    record_write(p->m->options, p->m->approx, &rec, &out);
    if (p->m->screen)
        buf_make_visible(&out, 0);
    report_write(p->m->err_style, &rec, &err);
    sink_put(&p->sink, &out, &err);
    p->status = worst_status(p->status, EXIT_LINE_ERROR);
    p->ended |= p->m->options->bail;
    buf_free(&out);
    buf_free(&err);
}

static void take_barrier(Pool *p, const Record *rec)
{
    drain(p);
    if (p->ended)
        return;
    bool numbered = names_number(rec->in, rec->in_len);
    if (numbered && !p->log_full)
        go_alone(p);
    if (p->alone)
        evaluate_here(p, rec);
    else if (numbered)
        refuse(p, rec);
    else
        barrier(p, rec);
}

static bool take(void *arg, const Record *rec)
{
    Pool *p = arg;
    if (p->alone)
        evaluate_here(p, rec);
    else if (rec->kind == REC_STATEMENT && lbz_is_barrier(p->s, rec->in, rec->in_len))
        take_barrier(p, rec);
    else
        add_line(p, rec);
    if (!p->alone)
        keep(p, rec);
    return !p->ended && !signals_interrupted();
}

static void idle(void *arg)
{
    Pool *p = arg;
    drain(p);
    sink_flush(&p->sink);
}

/* ---- start and end */

/* Workers leave SIGINT to the main thread, whose read it has to break off. */
static void start(Pool *p)
{
    sigset_t block, old;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    pthread_sigmask(SIG_BLOCK, &block, &old);
    unsigned n = 0;
    while (n < p->nthreads && pthread_create(&p->threads[n], NULL, worker, p) == 0)
        n++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    p->alone = n == 0;
    p->nthreads = n;
}

static void finish(Pool *p)
{
    lock(p);
    p->stop = true;
    pthread_cond_broadcast(&p->work);
    unlock(p);
    for (unsigned i = 0; i < p->nthreads; i++)
        pthread_join(p->threads[i], NULL);
    for (size_t i = 0; i < p->size; i++) {
        buf_free(&p->ring[i].in);
        buf_free(&p->ring[i].out);
        buf_free(&p->ring[i].err);
    }
    buf_free(&p->replay[0]);
    buf_free(&p->replay[1]);
    buf_free(&p->last);
    buf_free(&p->log);
    free(p->ring);
    free(p->threads);
    lbz_close(p->s);
    lbz_files_free(p->files);
}

int parallel_run(const Making *m)
{
    unsigned jobs = m->options->jobs;
    Pool p = {.m = m, .nthreads = jobs, .size = 4 * jobs};
    p.s = eval_open(m->options, eval_wants_decimals(m));
    p.files = lbz_files_new();
    if (!p.s || !p.files)
        return EXIT_INTERNAL;
    lbz_files_lead(p.s, p.files);
    p.ring = xrealloc(NULL, p.size * sizeof *p.ring);
    memset(p.ring, 0, p.size * sizeof *p.ring);
    p.threads = xrealloc(NULL, jobs * sizeof *p.threads);
    sink_open(&p.sink, m->options);
    start(&p);
    int status = feed_inputs(m->options, &(Consumer){take, idle, &p});
    if (!p.ended)
        drain(&p);
    finish(&p);
    if (!sink_close(&p.sink))
        status = EXIT_INTERNAL;
    return worst_status(status, p.status);
}
