/* base/large.c - large pieces of memory, kept for use again.
 *
 * A piece that is asked for is one that was kept if it is not much too large. Pieces are whole
 * numbers of huge pages, so that the same ones fit tensors of nearly the same size.
 */
#define _DEFAULT_SOURCE /* madvise */
#include "base/base.h"

#include <sys/mman.h>
#include <unistd.h>

enum { LARGE = 1 << 20, HUGE_PAGE = 2 << 20 };

size_t large_machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : (size_t)4 << 30;
}

static void *take_kept(LargePool *p, size_t n, size_t *size)
{
    for (unsigned i = 0; i < p->n; i++) {
        if (p->kept[i].size < n || p->kept[i].size > n + n / 4 + HUGE_PAGE)
            continue;
        void *mem = p->kept[i].mem;
        *size = p->kept[i].size;
        p->size -= *size;
        p->kept[i] = p->kept[--p->n];
        return mem;
    }
    return NULL;
}

void *large_alloc(LargePool *p, size_t n, size_t *size)
{
    *size = n;
    if (n < LARGE)
        return mem_alloc(n);
    void *mem = take_kept(p, n, size);
    if (mem || n > SIZE_MAX - HUGE_PAGE)
        return mem;
    *size = (n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    mem = mem_aligned(HUGE_PAGE, *size);
    if (!mem && p->n) { /* what is kept may be what is missing */
        large_release(p);
        mem = mem_aligned(HUGE_PAGE, *size);
    }
    if (mem)
        madvise(mem, *size, MADV_HUGEPAGE);
    return mem;
}

void large_free(LargePool *p, void *mem, size_t size, size_t keep)
{
    if (size < LARGE || p->n == LARGE_KEPT || size > keep || p->size > keep - size) {
        mem_free(mem);
        return;
    }
    p->kept[p->n].mem = mem;
    p->kept[p->n++].size = size;
    p->size += size;
}

void large_release(LargePool *p)
{
    while (p->n)
        mem_free(p->kept[--p->n].mem);
    p->size = 0;
}
