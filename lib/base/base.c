/* base/base.c - memory, errors, the interrupt flag, arenas, maps.
 *
 * Invariants: the interrupt flag is the only mutable global. An arena that cannot grow
 * records LBZ_LIMIT in its Env once and then serves small requests from a reserve that
 * wraps around, so such memory may be overwritten by the next request: it is there to be
 * written to, not to be read. Maps never put their tables into the reserve.
 */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- memory */

_Thread_local long mem_fail_at = 0;

static bool mem_must_fail(void) { return mem_fail_at > 0 && --mem_fail_at == 0; }

void *mem_alloc(size_t n) { return mem_must_fail() ? NULL : malloc(n ? n : 1); }

void *mem_realloc(void *p, size_t n)
{
    return mem_must_fail() ? NULL : realloc(p, n ? n : 1);
}

void *mem_aligned(size_t align, size_t n)
{
    return mem_must_fail() ? NULL : aligned_alloc(align, n);
}

void mem_free(void *p) { free(p); }

char *mem_strndup(const char *s, size_t n)
{
    char *r = mem_alloc(n + 1);
    if (r) {
        memcpy(r, s, n);
        r[n] = '\0';
    }
    return r;
}

enum { ROOM_FIRST = 16 };

bool mem_room(void *array, size_t *cap, size_t size)
{
    size_t more = *cap ? 2 * *cap : ROOM_FIRST;
    void *v;
    memcpy(&v, array, sizeof v);
    v = mem_realloc(v, more * size);
    if (!v)
        return false;
    memcpy(array, &v, sizeof v);
    *cap = more;
    return true;
}

/* ---- interruption */

volatile sig_atomic_t env_interrupted;

void lbz_interrupt(void) { env_interrupted = 1; }

void lbz_resume(void) { env_interrupted = 0; }

/* ---- errors */

#define MEM_CAP_DEFAULT ((size_t)2 << 30)

const char *lbz_status_name(lbz_status st)
{
    static const char *const names[] = {
        [LBZ_OK] = "OK",
        [LBZ_INCOMPLETE] = "INCOMPLETE",
        [LBZ_SYNTAX] = "SYNTAX",
        [LBZ_NAME] = "NAME",
        [LBZ_SHAPE] = "SHAPE",
        [LBZ_DOMAIN] = "DOMAIN",
        [LBZ_UNABLE] = "UNABLE",
        [LBZ_LIMIT] = "LIMIT",
        [LBZ_INTERRUPT] = "INTERRUPT",
        [LBZ_BACKEND] = "BACKEND",
    };
    size_t i = (size_t)st;
    return i < sizeof names / sizeof *names ? names[i] : "UNKNOWN";
}

void env_init(Env *env)
{
    memset(env, 0, sizeof *env);
    env->mem_cap = MEM_CAP_DEFAULT;
    env->children = true;
    env->data_cap = env->data_default = large_machine_memory() / 2;
}

void env_release(Env *env)
{
    if (env->rules)
        env->free_rules(env);
    if (env->workers)
        env->free_workers(env);
    large_release(&env->large);
    mem_free(env->ballast);
    env->ballast = NULL;
}

void env_reset(Env *env)
{
    memset(&env->err.span, 0, sizeof env->err.span);
    memset(&env->at, 0, sizeof env->at);
    env->about = env->err.about = NULL;
    env->err.status = LBZ_OK;
    env->err.message[0] = env->err.hint[0] = '\0';
    env->steps = 0;
    env->lib_used = 0;
    env->data_peak = env->data_used;
}

/* Drops an incomplete code point that a cut left at the end of s. */
static void cut_to_utf8(char *s)
{
    size_t bad, n = strlen(s);
    if (!utf8_valid(s, n, &bad) && bad + 4 > n)
        s[bad] = '\0';
}

static void env_verror(Env *env, Span at, lbz_status st, const char *hint,
                       const char *fmt, va_list ap)
{
    Err *e = &env->err;
    if (e->status != LBZ_OK)
        return;
    e->status = st;
    e->span = at;
    e->about = env->about;
    vsnprintf(e->message, sizeof e->message, fmt, ap);
    snprintf(e->hint, sizeof e->hint, "%s", hint ? hint : "");
    cut_to_utf8(e->message);
    cut_to_utf8(e->hint);
}

void env_error(Env *env, lbz_status st, const char *hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    env_verror(env, env->at, st, hint, fmt, ap);
    va_end(ap);
}

void env_error_at(Env *env, Span at, lbz_status st, const char *hint, const char *fmt,
                  ...)
{
    va_list ap;
    va_start(ap, fmt);
    env_verror(env, at, st, hint, fmt, ap);
    va_end(ap);
}

bool env_stop(Env *env)
{
    if (env_failed(env))
        return true;
    if (env_interrupted) {
        env_error(env, LBZ_INTERRUPT, NULL, "interrupted");
        return true;
    }
    if (env->fuel && env->steps > env->fuel) {
        env_error(env, LBZ_LIMIT, "ask for less, or in smaller steps",
                  "this takes more than the %llu steps that are allowed",
                  (unsigned long long)env->fuel);
        return true;
    }
    return false;
}

void env_out_of_memory(Env *env, size_t n)
{
    const char *hint = "ask for something smaller, or in steps";
    if (env_memory(env) + n > env->mem_cap) {
        env_error(env, LBZ_LIMIT, hint,
                  "this needs more than the %zu MiB of memory allowed",
                  env->mem_cap >> 20);
    } else {
        env_error(env, LBZ_LIMIT, hint, "there is not enough memory for this");
    }
}

/* ---- arenas */

enum {
    CHUNK_MIN = 64 << 10,
    CHUNK_MAX = 1 << 20, /* ordinary chunks; larger requests get one of their own */
    RESERVE_REQUEST = 64 << 10,
    RESERVE = RESERVE_REQUEST + (4 << 10)
};

bool arena_init(Arena *a, Env *env)
{
    memset(a, 0, sizeof *a);
    a->env = env;
    a->reserve = mem_alloc(RESERVE);
    return a->reserve != NULL;
}

static void chunk_free(Arena *a, Chunk *c)
{
    a->env->mem_used -= sizeof *c + c->size;
    mem_free(c);
}

/* Allocation goes on at the beginning of c, which may be NULL. */
static void chunk_use(Arena *a, Chunk *c)
{
    a->chunk = c;
    a->at = c ? c->data : NULL;
    a->end = c ? c->data + c->size : NULL;
}

/* Frees c and what is older. */
static void chunks_free(Arena *a, Chunk *c)
{
    while (c) {
        Chunk *older = c->older;
        chunk_free(a, c);
        c = older;
    }
}

void arena_free(Arena *a)
{
    chunks_free(a, a->chunk);
    chunks_free(a, a->spare);
    mem_free(a->reserve);
    memset(a, 0, sizeof *a);
}

void arena_reset(Arena *a)
{
    Chunk *keep = NULL, *c = a->chunk;
    while (c) {
        Chunk *older = c->older;
        if (c->size <= CHUNK_MAX && (!keep || c->size > keep->size)) {
            Chunk *smaller = keep;
            keep = c;
            c = smaller;
        }
        if (c)
            chunk_free(a, c);
        c = older;
    }
    chunks_free(a, a->spare);
    a->spare = NULL;
    if (keep)
        keep->older = NULL;
    chunk_use(a, keep);
    a->reserve_pos = 0;
}

static Chunk *chunk_new(Arena *a, size_t n)
{
    Env *env = a->env;
    size_t size =
        a->chunk && a->chunk->size <= CHUNK_MAX ? 2 * a->chunk->size : CHUNK_MIN;
    size = size > CHUNK_MAX ? CHUNK_MAX : size < CHUNK_MIN ? CHUNK_MIN : size;
    size = size < n ? n : size; /* n is a multiple of the alignment, too */
    if (size > env->mem_cap || env_memory(env) > env->mem_cap - size)
        return NULL;
    Chunk *c = mem_alloc(sizeof *c + size);
    if (c) {
        c->size = size;
        env->mem_used += sizeof *c + size;
    }
    return c;
}

/* Makes room for n bytes in a new chunk. */
static bool arena_grow(Arena *a, size_t n)
{
    Chunk *c = a->spare;
    if (c && c->size >= n)
        a->spare = NULL;
    else
        c = chunk_new(a, n);
    if (!c) {
        env_out_of_memory(a->env, n);
        return false;
    }
    c->older = a->chunk;
    chunk_use(a, c);
    return true;
}

static void *reserve_take(Arena *a, size_t n)
{
    if (n > RESERVE_REQUEST)
        return NULL;
    if (a->reserve_pos + n > RESERVE)
        a->reserve_pos = 0;
    void *p = a->reserve + a->reserve_pos;
    a->reserve_pos += n;
    return p;
}

bool arena_in_reserve(const Arena *a, const void *p)
{
    uintptr_t at = (uintptr_t)p, from = (uintptr_t)a->reserve;
    return at >= from && at < from + RESERVE;
}

void *arena_alloc_slow(Arena *a, size_t n)
{
    if (n > SIZE_MAX / 4) {
        env_out_of_memory(a->env, n);
        return NULL;
    }
    n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    n = n ? n : ARENA_ALIGN;
    if (n > (size_t)(a->end - a->at) && !arena_grow(a, n))
        return reserve_take(a, n);
    void *p = a->at;
    a->at += n;
    return p;
}

void *arena_zalloc(Arena *a, size_t n)
{
    void *p = arena_alloc(a, n);
    return p ? memset(p, 0, n) : NULL;
}

bool arena_room(Arena *a, void *array, size_t *cap, size_t size)
{
    size_t more = *cap ? 2 * *cap : ROOM_FIRST;
    void *old, *v = arena_alloc(a, more * size);
    if (!v || arena_in_reserve(a, v))
        return false;
    memcpy(&old, array, sizeof old);
    if (*cap)
        memcpy(v, old, *cap * size);
    memcpy(array, &v, sizeof v);
    *cap = more;
    return true;
}

char *arena_strndup(Arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    if (p) {
        memcpy(p, s, n);
        p[n] = '\0';
    }
    return p;
}

void arena_release_slow(Arena *a, ArenaMark m)
{
    if (!m.chunk) {
        arena_reset(a);
        return;
    }
    while (a->chunk != m.chunk) {
        Chunk *c = a->chunk;
        a->chunk = c->older;
        /* one chunk stays at hand: marks at a chunk's end would else cost a malloc each
         */
        if (!a->spare && c->size <= CHUNK_MAX) {
            c->older = NULL;
            a->spare = c;
        } else {
            chunk_free(a, c);
        }
    }
    a->end = m.chunk->data + m.chunk->size;
    a->at = m.at;
}

/* ---- maps: open addressing, linear probing, at most 3/4 full */

/* Without memory the map stays as it is; the arena's Env has the error. */
static bool map_grow(Map *m)
{
    Map old = *m;
    size_t cap = old.cap ? 4 * old.cap : 16;
    MapEntry *at = arena_zalloc(m->arena, cap * sizeof *at);
    if (!at || arena_in_reserve(m->arena, at))
        return false;
    m->cap = cap;
    m->at = at;
    for (size_t j = 0; j < old.cap; j++)
        if (old.at[j].key)
            *map_slot(m, old.at[j].key) = old.at[j];
    return true;
}

void map_put_slow(Map *m, uint64_t key, uint64_t val)
{
    if (!key) {
        m->has_zero = true;
        m->zero = val;
        return;
    }
    if (4 * (m->n + 1) > 3 * m->cap && !map_grow(m))
        return;
    MapEntry *e = map_slot(m, key);
    m->n += !e->key;
    *e = (MapEntry){key, val};
}

/* ---- hashing */

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
    const unsigned char *s = p;
    uint64_t h = hash_mix(seed ^ 0x51ed270b9f3a4c17u, n), w;
    for (; n >= 8; s += 8, n -= 8) {
        memcpy(&w, s, 8);
        h = hash_mix(h, w * 0xd6e8feb86659fd93u);
    }
    w = 0;
    memcpy(&w, s, n);
    h = hash_mix(h, w * 0xd6e8feb86659fd93u);
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return h ^ (h >> 32);
}
