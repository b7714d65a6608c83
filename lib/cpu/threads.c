/* cpu/threads.c - workers: threads that wait for pieces of work, and share them out by taking the
 * next one. The pool belongs to an Env, is made when it is first of use and ends with it.
 */
#include "cpu/internal.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MOST_WORKERS = 64 };

typedef struct {
    pthread_t thread[MOST_WORKERS];
    unsigned n; /* threads, besides the caller */
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned long round; /* of work */
    unsigned busy;
    bool quit;
    /* the work of this round */
    CpuWork *work;
    void *arg;
    size_t pieces;
    atomic_size_t next;
} Workers;

typedef struct {
    Workers *pool;
    unsigned number;
} Worker;

static void take_pieces(Workers *p, unsigned worker)
{
    while (!env_interrupted) {
        size_t i = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (i >= p->pieces)
            return;
        p->work(p->arg, i, worker);
    }
}

static void *worker_main(void *arg)
{
    Worker w = *(Worker *)arg;
    unsigned long round = 0;
    mem_free(arg);
    pthread_mutex_lock(&w.pool->lock);
    for (;;) {
        while (w.pool->round == round && !w.pool->quit)
            pthread_cond_wait(&w.pool->begin, &w.pool->lock);
        if (w.pool->quit)
            break;
        round = w.pool->round;
        pthread_mutex_unlock(&w.pool->lock);
        take_pieces(w.pool, w.number);
        pthread_mutex_lock(&w.pool->lock);
        if (--w.pool->busy == 0)
            pthread_cond_signal(&w.pool->end);
    }
    pthread_mutex_unlock(&w.pool->lock);
    return NULL;
}

static void workers_free(Env *env)
{
    Workers *p = env->workers;
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->begin);
    pthread_cond_destroy(&p->end);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
    env->workers = NULL;
}

unsigned cpu_workers(const Env *env)
{
    long n = env->threads ? (long)env->threads : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST_WORKERS ? MOST_WORKERS : (unsigned)n;
}

static void start_threads(Workers *p, unsigned n)
{
    while (p->n + 1 < n) {
        Worker *w = mem_alloc(sizeof *w);
        if (!w)
            return;
        *w = (Worker){p, p->n + 1};
        if (pthread_create(&p->thread[p->n], NULL, worker_main, w) != 0) {
            mem_free(w);
            return;
        }
        p->n++;
    }
}

/* NULL: the caller works alone. */
static Workers *workers_of(Env *env)
{
    unsigned n = cpu_workers(env);
    Workers *p = env->workers;
    if (p && p->n + 1 != n && env->threads) { /* the setting has changed */
        workers_free(env);
        p = NULL;
    }
    if (p || n == 1)
        return p;
    p = mem_alloc(sizeof *p);
    if (!p)
        return NULL;
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->end, NULL);
    env->workers = p;
    env->free_workers = workers_free;
    start_threads(p, n);
    return p;
}

bool cpu_parallel(Env *env, size_t n, CpuWork *work, void *arg)
{
    Workers *p = n > 1 ? workers_of(env) : NULL;
    if (!p || !p->n) {
        for (size_t i = 0; i < n && !env_poll(env); i++)
            work(arg, i, 0);
        return !env_failed(env);
    }
    pthread_mutex_lock(&p->lock);
    p->work = work;
    p->arg = arg;
    p->pieces = n;
    atomic_store(&p->next, 0);
    p->busy = p->n;
    p->round++;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
    take_pieces(p, 0);
    pthread_mutex_lock(&p->lock);
    while (p->busy)
        pthread_cond_wait(&p->end, &p->lock);
    pthread_mutex_unlock(&p->lock);
    return !env_poll(env);
}
