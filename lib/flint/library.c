/* flint/library.c - see library.h. Invariant: what these functions hand out is the C library's,
 * so memory from before and after may meet. */
#include "flint/library.h"
#include "base/child.h"

#include <flint/flint.h>
#include <gmp.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { BALLAST = 4 << 20 };

/* These functions get no argument of ours: whose memory it is, is known of the thread. */
static _Thread_local Env *current;
/* large blocks that FLINT took for it and did not give back */
static _Thread_local int64_t large;

/* ---- running out */
static _Noreturn void end_process(void)
{
    if (current && current->last_words)
        current->last_words(current->last_arg);
    fputs("leibniz: memory is out\n", stderr);
    abort();
}

static void drop_ballast(size_t n)
{
    if (current)
        env_out_of_memory(current, n);
    if (current && child_is(current))
        child_end(current);
    if (!current || !current->ballast)
        end_process();
    mem_free(current->ballast);
    current->ballast = NULL;
}

/* ---- counting */
/* Most blocks are small and soon given back: counting them would cost a tenth of an ordinary
 * line. GMP says how large a block was when it gives it back; FLINT does not, so its blocks are
 * measured only while a large one is out. */
enum { GMP_COUNTED = 512, FLINT_COUNTED = 64 << 10 };

static void check_cap(void)
{
    if (env_memory(current) <= current->mem_cap)
        return;
    env_out_of_memory(current, 0);
    if (child_is(current))
        child_end(current);
}

static void gmp_count(size_t n, int sign)
{
    if (LBZ_LIKELY(n < GMP_COUNTED) || !current)
        return;
    current->lib_used += sign * (int64_t)n;
    if (sign > 0)
        check_cap();
}

static LBZ_COLD void flint_count(const void *p, int sign)
{
    size_t n = current ? malloc_usable_size((void *)(uintptr_t)p) : 0;
    if (n < FLINT_COUNTED)
        return;
    current->lib_used += sign * (int64_t)n;
    large += sign;
    if (sign > 0)
        check_cap();
}

static void flint_count_new(const void *p, size_t n)
{
    if (!LBZ_LIKELY(n < FLINT_COUNTED / 2))
        flint_count(p, 1);
}

static void flint_count_old(const void *p)
{
    if (!LBZ_LIKELY(large <= 0))
        flint_count(p, -1);
}

/* ---- the functions */
static LBZ_COLD void *take_after_all(void *p, size_t n)
{
    void *q;
    do {
        drop_ballast(n);
        q = p ? mem_realloc(p, n) : mem_alloc(n);
    } while (!q);
    return q;
}

static void *take(size_t n)
{
    void *p = mem_alloc(n);
    return LBZ_LIKELY(p != NULL) ? p : take_after_all(NULL, n);
}

static void *flint_take(size_t n)
{
    void *p = take(n);
    flint_count_new(p, n);
    return p;
}

/* The C library's calloc takes twice the time of this for small blocks. */
static void *flint_take_zeros(size_t k, size_t n)
{
    n *= k; /* of arrays that are there: no overflow */
    return memset(flint_take(n), 0, n);
}

static void *flint_resize(void *p, size_t n)
{
    flint_count_old(p);
    void *q = mem_realloc(p, n);
    q = LBZ_LIKELY(q != NULL) ? q : take_after_all(p, n);
    flint_count_new(q, n);
    return q;
}

static void flint_give_back(void *p)
{
    flint_count_old(p);
    mem_free(p);
}

static void *gmp_take(size_t n)
{
    gmp_count(n, 1);
    return take(n);
}

static void *gmp_resize(void *p, size_t before, size_t n)
{
    gmp_count(before, -1);
    gmp_count(n, 1);
    void *q = mem_realloc(p, n);
    return LBZ_LIKELY(q != NULL) ? q : take_after_all(p, n);
}

static void gmp_give_back(void *p, size_t n)
{
    gmp_count(n, -1);
    mem_free(p);
}

static _Noreturn void flint_gave_up(void)
{
    if (current && child_is(current)) {
        env_error(current, LBZ_LIMIT, "ask for something smaller, or in steps",
                  "this is too large for FLINT");
        child_end(current);
    }
    if (current && current->last_words)
        current->last_words(current->last_arg);
    abort();
}

/* ---- setting them */
static atomic_bool flint_is_open;

void library_opened(void)
{
    atomic_store(&flint_is_open, true);
    __flint_set_memory_functions(flint_take, flint_take_zeros, flint_resize,
                                 flint_give_back);
    flint_set_abort(flint_gave_up);
}

/* GMP's own are known by their address, where the library shows it. */
void *__gmp_default_allocate(size_t n) __attribute__((weak));

static void adopt(void)
{
    void *(*now)(size_t);
    mp_get_memory_functions(&now, NULL, NULL);
    if (!__gmp_default_allocate || now == __gmp_default_allocate)
        mp_set_memory_functions(gmp_take, gmp_resize, gmp_give_back);
#ifndef LAZY_FLINT
    library_opened();
#endif
}

Env *library_enter(Env *env)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    Env *before = current;
    pthread_once(&once, adopt);
    if (!env->ballast)
        env->ballast = mem_alloc(BALLAST);
    if (!env->ballast)
        env_out_of_memory(env, BALLAST);
    current = env;
    large = 0;
    return before;
}

void library_leave(Env *before) { current = before; }

void library_forget_thread(void)
{
    if (atomic_load(&flint_is_open))
        flint_cleanup();
}
