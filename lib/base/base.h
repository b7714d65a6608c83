/* base/base.h - memory, errors, interruption, arenas, text and maps. Knows nothing of mathematics.
 *
 * Invariant: the interrupt flag is the only mutable global. Env is what everything else carries
 * along: the first error of a statement, the place in the input that is being worked on, the
 * limits. An arena that is exhausted reports that to its Env and goes on serving small requests
 * from a reserve, so callers need not check every allocation: they poll the Env, which says stop.
 * Owners: what an arena handed out dies with the arena or at its mark; a Str owns its bytes.
 * May use: leibniz.h only.
 * Files: base.c (memory, errors, the interrupt flag, arenas, maps), text.c (strings that grow,
 * UTF-8, widths on a terminal), child.[ch] (work that is dropped when it is to stop). The first
 * two call each other: errors are cut at whole characters, and strings take their memory here.
 */
#ifndef LBZ_BASE_H
#define LBZ_BASE_H

#include "leibniz.h"
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#if defined(__GNUC__)
#define LBZ_PRINTF(a, b) __attribute__((format(printf, a, b)))
#define LBZ_MUST_CHECK __attribute__((warn_unused_result))
#define LBZ_LIKELY(x) __builtin_expect(!!(x), 1)
#define LBZ_HIDDEN __attribute__((visibility("hidden")))
/* Rarely called: the code that leads to it is moved away from what runs for every line. */
#define LBZ_COLD __attribute__((cold))
#else
#define LBZ_LIKELY(x) (x)
#define LBZ_HIDDEN
#define LBZ_PRINTF(a, b)
#define LBZ_MUST_CHECK
#endif

/* ---- memory: every allocation of ours goes through these three (tests make the n-th fail) */
void *mem_alloc(size_t n);            /* NULL on failure */
void *mem_realloc(void *p, size_t n); /* NULL on failure, p stays valid */
void mem_free(void *p);
char *mem_strndup(const char *s, size_t n); /* ended by a NUL; NULL on failure */
extern _Thread_local long mem_fail_at; /* tests: 0 = never, n = the n-th from now fails */
void *mem_aligned(size_t align, size_t n); /* freed by mem_free; n a multiple of align */

/* ---- large memory: pieces of 1 MiB and more begin at a multiple of 2 MiB, ask for huge
 * pages, and stay in a pool when they are freed: fresh pages cost more than what is computed in
 * them. */
enum { LARGE_KEPT = 16 };
typedef struct {
    struct {
        void *mem;
        size_t size;
    } kept[LARGE_KEPT];
    unsigned n;
    size_t size; /* of all that is kept */
} LargePool;
/* At least n bytes, not cleared; NULL: no memory. *size is to be given back with them. */
void *large_alloc(LargePool *p, size_t n, size_t *size);
/* Keeps at most `keep` bytes. */
void large_free(LargePool *p, void *mem, size_t size, size_t keep);
void large_release(LargePool *p);  /* gives back what is kept */
size_t large_machine_memory(void); /* bytes of RAM */

/* ---- errors ------------------------------------------------------------------------ */
typedef struct {
    uint32_t pos, len; /* bytes from the start of the statement text */
} Span;

typedef struct {
    lbz_status status; /* LBZ_OK: no error */
    Span span;
    const void *about; /* what env was about, NULL: nothing special */
    char message[600];
    char hint[400];
} Err;

typedef struct env {
    Err err; /* the first error since env_reset */
    Span at; /* the piece of input the present work stems from */
    /* the part of it that is worked on, to those who can find it there: a node */
    const void *about;
    size_t mem_used;             /* bytes in all arenas of this Env */
    size_t mem_cap;              /* more than this is LBZ_LIMIT */
    size_t data_used, data_peak; /* bytes of tensors, now and at most since env_reset */
    size_t data_cap;             /* more than this is LBZ_LIMIT; ... */
    size_t data_default; /* ... half the machine's memory, unless somebody sets it */
    LargePool large;     /* of tensors */
    /* the table's texts, once read (table/rule.h); NULL: none yet */
    struct rules *rules;
    void (*free_rules)(struct env *env);
    unsigned threads; /* that work on large arrays; 0: one for each processor */
    const struct lbz_backend *backend; /* what runs arrays besides the CPU; NULL */
    void *workers;                     /* they (cpu/threads.c); NULL: none yet */
    void (*free_workers)(struct env *env);
    /* bytes that GMP and FLINT took since env_reset in blocks that count, less what they gave
     * back (flint/library.c) */
    int64_t lib_used;
    /* dropped when they get no more, for the way back to where we ask */
    void *ballast;
    bool children; /* heavy work may be done by a child process (base/child.h) */
    int child_out; /* > 0: this is one, and its answer goes there */
    /* called before a library ends the process; NULL: nobody wants to know */
    void (*last_words)(void *arg);
    void *last_arg;
    uint64_t steps; /* work done since env_reset, in rough node visits */
    uint64_t fuel;  /* more steps than this is LBZ_LIMIT; 0 = no bound */
} Env;

void env_init(Env *env);
void env_release(Env *env); /* what it keeps for use again */
void env_reset(Env *env);   /* forget the error and the steps; before a statement */

/* Record an error at env->at unless there is one already. hint may be NULL. */
void env_error(Env *env, lbz_status st, const char *hint, const char *fmt, ...)
    LBZ_PRINTF(4, 5) LBZ_COLD;
void env_error_at(Env *env, Span at, lbz_status st, const char *hint, const char *fmt,
                  ...) LBZ_PRINTF(5, 6) LBZ_COLD;

/* Records that n more bytes are not to be had. */
LBZ_COLD void env_out_of_memory(Env *env, size_t n);
/* bytes that count against mem_cap */
static inline size_t env_memory(const Env *env)
{
    return env->mem_used + (env->lib_used > 0 ? (size_t)env->lib_used : 0);
}

/* True when the present work must stop: an error, Ctrl-C or a limit (recorded as the error).
 * Call once per step of every loop over user data. */
static inline bool env_poll(Env *env);
static inline bool env_failed(const Env *env) { return env->err.status != LBZ_OK; }
/* the flag behind lbz_interrupt */
extern LBZ_HIDDEN volatile sig_atomic_t env_interrupted;
LBZ_COLD bool env_stop(Env *env); /* env_poll where something may be the matter */
static inline bool env_poll(Env *env)
{
    uint64_t matter = (uint64_t)env->err.status | (uint64_t)env_interrupted | env->fuel;
    env->steps++;
    return LBZ_LIKELY(!matter) ? false : env_stop(env);
}

/* ---- arenas ------------------------------------------------------------------------ */
typedef struct chunk Chunk;
enum { ARENA_ALIGN = 16 };
struct chunk {
    Chunk *older;
    size_t size; /* usable bytes, which follow the header; a multiple of ARENA_ALIGN */
    _Alignas(ARENA_ALIGN) unsigned char data[];
};
typedef struct {
    Env *env;
    Chunk *chunk;            /* the newest; older ones behind it */
    unsigned char *at, *end; /* what is left of chunk, aligned; empty without one */
    Chunk *spare;            /* an empty chunk at hand, or NULL */
    unsigned char *reserve;
    size_t reserve_pos;
} Arena;
typedef struct {
    Chunk *chunk;
    unsigned char *at;
} ArenaMark;

bool arena_init(Arena *a, Env *env); /* false: no memory */
void arena_free(Arena *a);
void arena_reset(Arena *a); /* everything in it dies; keeps a chunk to begin with */
/* n bytes, 16-aligned, not cleared. When memory or the cap is out: records LBZ_LIMIT, and for
 * n up to 64 KiB still returns usable bytes (of no lasting value), for more returns NULL. */
static inline void *arena_alloc(Arena *a, size_t n);
void *arena_zalloc(Arena *a, size_t n); /* the same, cleared */
char *arena_strndup(Arena *a, const char *s, size_t n);
/* True for what arena_alloc returned after memory ran out: nothing that lives on may point to
 * it. */
bool arena_in_reserve(const Arena *a, const void *p);
static inline ArenaMark arena_mark(const Arena *a)
{
    return (ArenaMark){a->chunk, a->at};
}
/* what was allocated since m dies */
static inline void arena_release(Arena *a, ArenaMark m);

LBZ_COLD void *arena_alloc_slow(Arena *a, size_t n);     /* arena_alloc in all cases */
LBZ_COLD void arena_release_slow(Arena *a, ArenaMark m); /* arena_release in all cases */
static inline void *arena_alloc(Arena *a, size_t n)
{
    if (LBZ_LIKELY(n - 1 < (size_t)(a->end - a->at))) { /* not for n = 0 */
        void *p = a->at;
        a->at += (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
        return p;
    }
    return arena_alloc_slow(a, n);
}
static inline void arena_release(Arena *a, ArenaMark m)
{
    if (LBZ_LIKELY(m.chunk && m.chunk == a->chunk))
        a->at = m.at;
    else
        arena_release_slow(a, m);
}

/* Room for element number n in the array v of cap elements, which then has twice as many. False: no
 * memory, which an arena has told its Env; the array stays. */
#define MEM_ROOM(v, n, cap) \
    (LBZ_LIKELY((n) < (cap)) || mem_room(&(v), &(cap), sizeof *(v)))
#define ARENA_ROOM(a, v, n, cap) \
    (LBZ_LIKELY((n) < (cap)) || arena_room((a), &(v), &(cap), sizeof *(v)))
bool mem_room(void *array, size_t *cap, size_t size);
bool arena_room(Arena *a, void *array, size_t *cap, size_t size);

#define ARENA_NEW(a, T, n) ((T *)arena_alloc((a), (size_t)(n) * sizeof(T)))
#define ARENA_NEW0(a, T, n) ((T *)arena_zalloc((a), (size_t)(n) * sizeof(T)))

/* ---- text -------------------------------------------------------------------------- */
typedef struct {
    char *s; /* NUL-terminated whenever n > 0 or str_cstr was called */
    size_t n, cap;
    bool failed; /* memory ran out: the text is cut */
} Str;

void str_free(Str *b);
static inline void str_clear(Str *b)
{
    b->n = 0;
    b->failed = false;
    if (b->s)
        b->s[0] = '\0';
}
/* Room for n more bytes and the NUL; false: no memory, b has failed. */
bool str_room(Str *b, size_t n);
LBZ_COLD void str_put_slow(Str *b, const char *s, size_t n); /* str_put in all cases */
static inline void str_put(Str *b, const char *s, size_t n)
{
    if (LBZ_LIKELY(n && n < b->cap - b->n && !b->failed)) {
        memcpy(b->s + b->n, s, n);
        b->n += n;
        b->s[b->n] = '\0';
    } else {
        str_put_slow(b, s, n);
    }
}
void str_puts(Str *b, const char *s);
static inline void str_putc(Str *b, char c) { str_put(b, &c, 1); }
void str_printf(Str *b, const char *fmt, ...) LBZ_PRINTF(2, 3);
const char *str_cstr(Str *b); /* never NULL */
/* How many letters have to be put in, left out, changed or exchanged with their neighbour to make
 * one of a and b from the other; case is forgiven. 40 where one is longer than that. */
unsigned str_distance(const char *a, size_t n, const char *b, size_t m);

/* UTF-8: bytes of the code point at s (1..4), 0 when invalid; *cp gets it. */
unsigned utf8_get(const char *s, size_t n, uint32_t *cp);
/* *bad: offset of the first bad byte */
bool utf8_valid(const char *s, size_t n, size_t *bad);
size_t utf8_len(const char *s, size_t n);   /* code points in n valid bytes */
size_t utf8_width(const char *s, size_t n); /* terminal columns, by wcwidth rules */

/* ---- whole files: 0 or errno */
/* Appends what can be read, a pipe to its end; EFBIG: more than most bytes. EINTR: interrupted, the
 * error is in env. */
int file_read(Env *env, const char *name, Str *out, size_t most);
/* Puts n bytes in the place of the file, which keeps its mode and owner: when this returns 0 they
 * are on the disk, else the old file is as it was. *why: what errno does not say, or NULL. */
int file_replace(const char *name, const char *data, size_t n, const char **why);

/* ---- hash map from 64-bit keys (0 allowed) to 64-bit values; lives in an arena ----- */
typedef struct {
    uint64_t key, val;
} MapEntry;
typedef struct {
    Arena *arena;
    MapEntry *at; /* key 0: empty */
    size_t n, cap;
    bool has_zero; /* the key 0 has its value here */
    uint64_t zero;
} Map;
void map_put_slow(Map *m, uint64_t key, uint64_t val); /* map_put in all cases */
static inline void map_init(Map *m, Arena *a) { *m = (Map){.arena = a}; }

/* The entry of key != 0, or the empty one where it belongs; cap > 0. */
static inline MapEntry *map_slot(const Map *m, uint64_t key)
{
    size_t mask = m->cap - 1,
           i = (size_t)((key ^ key >> 32) * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (m->at[i].key && m->at[i].key != key)
        i = (i + 1) & mask;
    return &m->at[i];
}

static inline bool map_get(const Map *m, uint64_t key,
                           uint64_t *val) /* val may be NULL */
{
    const MapEntry *e = m->cap && key ? map_slot(m, key) : NULL;
    bool found = key ? e && e->key : m->has_zero;
    if (found && val)
        *val = key ? e->val : m->zero;
    return found;
}

static inline void map_put(Map *m, uint64_t key, uint64_t val)
{
    MapEntry *e = key && 4 * (m->n + 1) <= 3 * m->cap ? map_slot(m, key) : NULL;
    if (!e) {
        map_put_slow(m, key, val);
        return;
    }
    m->n += !e->key;
    *e = (MapEntry){key, val};
}

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
    h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    h *= 0xff51afd7ed558ccdu;
    return h ^ (h >> 32);
}

#endif
