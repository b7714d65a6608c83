/* flint/lazy.c - FLINT and Arb, opened at their first use.
 *
 * Loading them takes longer than most answers, and most answers need none of them. So we
 * are linked with stand-ins: for each function in lazy.names (made by the build from what
 * our objects leave undefined) a label of that name that jumps through its slot. A slot
 * leads to the resolver first, which opens the library that has the function and fills
 * the slots of all its functions; from then on a call costs one indirect jump. Invariant:
 * a slot holds either its own first-call label or the function, both of which may be
 * jumped to at any time, from any thread.
 *
 * The folder flint: this file and lazy-names.sh, which writes lazy.names; library.[ch], FLINT's and
 * GMP's memory; wire.[ch], their numbers and polynomials as bytes. It uses base; all folders may
 * call FLINT, whose own headers they include. The libraries, once open, belong to the process.
 *
 * Empty where configure found that FLINT is to be linked as usual.
 */
#ifdef LAZY_LIBS
#include "flint/library.h"

/* not linked where nothing enters the library: tests of single folders */
#pragma weak library_opened

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    const char *name;
    unsigned library; /* which one has it */
} Function;

#define LAZY(name, library) {#name, library},
static const Function functions[] = {
#include "lazy.names"
    {NULL, 0}};
#undef LAZY

static const char *const libraries[] = {LAZY_LIBS NULL};

extern void *lbz_lazy_slots[] __attribute__((visibility("hidden")));
__attribute__((used, visibility("hidden"))) void *lbz_lazy_resolve(size_t i);

/* Without the library there is no answer and no way back to one from inside a calculation: this
 * is the same failure as a program that does not start, only later. */
static void fail_to_open(const char *what, const char *why)
{
    fprintf(stderr, "leibniz: %s: %s\n(Debian: apt-get install libflint-dev)\n", what,
            why);
    _exit(5);
}

/* Opens one library and fills the slots of its functions. */
static void open_library(unsigned library)
{
    void *handle = dlopen(libraries[library], RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        fail_to_open("a library is needed that cannot be opened", dlerror());
    for (size_t i = 0; functions[i].name; i++) {
        if (functions[i].library != library)
            continue;
        void *f = dlsym(handle, functions[i].name);
        if (!f)
            fail_to_open("a library is not the one this program was built with",
                         functions[i].name);
        __atomic_store_n(&lbz_lazy_slots[i], f, __ATOMIC_RELEASE);
    }
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* A child process (base/child.h) may be the first to call one of the libraries: no thread of the
 * caller's may be opening one when it is made. */
static void hold_lock(void) { pthread_mutex_lock(&lock); }
static void drop_lock(void) { pthread_mutex_unlock(&lock); }
static void keep_from_forks(void) { pthread_atfork(hold_lock, drop_lock, drop_lock); }

/* Called by the first-call labels with the index of the function that was asked for. */
void *lbz_lazy_resolve(size_t i)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static bool opened[sizeof libraries / sizeof *libraries];
    unsigned library = functions[i].library;

    pthread_once(&once, keep_from_forks);
    pthread_mutex_lock(&lock);
    bool first = !opened[library];
    if (first)
        open_library(library);
    opened[library] = true;
    pthread_mutex_unlock(&lock);
    if (first && library_opened)
        library_opened(); /* may come here again, for another library */
    return __atomic_load_n(&lbz_lazy_slots[i], __ATOMIC_ACQUIRE);
}

/* The machine's part. The first-call path keeps every register in which arguments may be passed. */
#if defined(__x86_64__)
asm(".text\n"
    ".p2align 4\n"
    "lazy_first:\n" /* r11: index; the stack is that of a function just called */
    "    push %rbp\n"
    "    mov %rsp, %rbp\n"
    "    push %rdi\n    push %rsi\n    push %rdx\n    push %rcx\n"
    "    push %r8\n    push %r9\n    push %rax\n    push %r10\n"
    "    sub $128, %rsp\n"
    "    movups %xmm0, (%rsp)\n    movups %xmm1, 16(%rsp)\n"
    "    movups %xmm2, 32(%rsp)\n    movups %xmm3, 48(%rsp)\n"
    "    movups %xmm4, 64(%rsp)\n    movups %xmm5, 80(%rsp)\n"
    "    movups %xmm6, 96(%rsp)\n    movups %xmm7, 112(%rsp)\n"
    "    mov %r11, %rdi\n"
    "    call lbz_lazy_resolve\n"
    "    mov %rax, %r11\n"
    "    movups (%rsp), %xmm0\n    movups 16(%rsp), %xmm1\n"
    "    movups 32(%rsp), %xmm2\n    movups 48(%rsp), %xmm3\n"
    "    movups 64(%rsp), %xmm4\n    movups 80(%rsp), %xmm5\n"
    "    movups 96(%rsp), %xmm6\n    movups 112(%rsp), %xmm7\n"
    "    add $128, %rsp\n"
    "    pop %r10\n    pop %rax\n    pop %r9\n    pop %r8\n"
    "    pop %rcx\n    pop %rdx\n    pop %rsi\n    pop %rdi\n"
    "    pop %rbp\n"
    "    jmp *%r11\n"
    "    .data\n    .p2align 3\n"
    "    .globl lbz_lazy_slots\n    .hidden lbz_lazy_slots\n"
    "lbz_lazy_slots:\n"
    "    .text\n"
    "    .set lazy_n, 0\n"
    "    .macro lazy_function name\n"
    "    .p2align 4\n"
    "    .globl \\name\n    .hidden \\name\n    .type \\name, @function\n"
    "\\name:\n"
    "    endbr64\n"
    "    jmp *(lbz_lazy_slots + 8*lazy_n)(%rip)\n"
    "1:  endbr64\n"
    "    mov $lazy_n, %r11d\n"
    "    jmp lazy_first\n"
    "    .size \\name, . - \\name\n"
    "    .data\n    .quad 1b\n    .text\n"
    "    .set lazy_n, lazy_n + 1\n"
    "    .endm\n"
#elif defined(__aarch64__)
asm(".text\n"
    ".p2align 4\n"
    "lazy_first:\n" /* x16: index */
    "    stp x29, x30, [sp, -224]!\n"
    "    mov x29, sp\n"
    "    stp x0, x1, [sp, 16]\n    stp x2, x3, [sp, 32]\n"
    "    stp x4, x5, [sp, 48]\n    stp x6, x7, [sp, 64]\n"
    "    str x8, [sp, 80]\n"
    "    stp q0, q1, [sp, 96]\n    stp q2, q3, [sp, 128]\n"
    "    stp q4, q5, [sp, 160]\n    stp q6, q7, [sp, 192]\n"
    "    mov x0, x16\n"
    "    bl lbz_lazy_resolve\n"
    "    mov x16, x0\n"
    "    ldp x0, x1, [sp, 16]\n    ldp x2, x3, [sp, 32]\n"
    "    ldp x4, x5, [sp, 48]\n    ldp x6, x7, [sp, 64]\n"
    "    ldr x8, [sp, 80]\n"
    "    ldp q0, q1, [sp, 96]\n    ldp q2, q3, [sp, 128]\n"
    "    ldp q4, q5, [sp, 160]\n    ldp q6, q7, [sp, 192]\n"
    "    ldp x29, x30, [sp], 224\n"
    "    br x16\n"
    "    .data\n    .p2align 3\n"
    "    .globl lbz_lazy_slots\n    .hidden lbz_lazy_slots\n"
    "lbz_lazy_slots:\n"
    "    .text\n"
    "    .set lazy_n, 0\n"
    "    .macro lazy_function name\n"
    "    .p2align 4\n"
    "    .globl \\name\n    .hidden \\name\n    .type \\name, %function\n"
    "\\name:\n"
    "    bti c\n"
    "    adrp x16, lbz_lazy_slots + 8*lazy_n\n"
    "    ldr x16, [x16, :lo12:lbz_lazy_slots + 8*lazy_n]\n"
    "    br x16\n"
    "1:  bti j\n"
    "    mov x16, lazy_n\n"
    "    b lazy_first\n"
    "    .size \\name, . - \\name\n"
    "    .data\n    .quad 1b\n    .text\n"
    "    .set lazy_n, lazy_n + 1\n"
    "    .endm\n"
#else
#error "configure should have chosen --disable-lazy here"
#endif
#define LAZY(name, library) "    lazy_function " #name "\n"
#include "lazy.names"
);
#endif
