/* base/file.c - whole files read and replaced.
 *
 * A file is replaced by a new one that is complete and on the disk: whatever happens, the old one
 * or the new one stands there. The new one is made beside it, under a name that did not exist; a
 * link is followed once, to the file that is replaced, and never behind our back. */
#define _GNU_SOURCE
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- reading */

int file_read(Env *env, const char *name, Str *out, size_t most)
{
    char block[16384];
    int fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC), err = fd < 0 ? errno : 0;
    while (!err && !env_poll(env)) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0)
            break;
        if (n > 0)
            str_put(out, block, (size_t)n);
        else if (errno != EINTR)
            err = errno;
        if (out->failed || out->n > most)
            err = out->failed ? ENOMEM : EFBIG;
    }
    if (fd >= 0)
        close(fd);
    return env_poll(env) ? EINTR : err;
}

/* ---- replacing */

typedef struct {
    int dir;                 /* the folder, open; -1: it cannot be */
    char base[NAME_MAX + 1]; /* the file in it */
    bool exists;
    struct stat old;
} Target;

/* The folder and the name in it of path, which is no link. Returns 0 or errno. */
static int open_folder(const char *path, Target *t)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char folder[PATH_MAX];
    size_t n = slash ? (size_t)(slash - path) + (slash == path) : 1;
    if (!*base)
        return EISDIR;
    if (n >= sizeof folder || strlen(base) >= sizeof t->base)
        return ENAMETOOLONG;
    memcpy(folder, slash ? path : ".", n);
    folder[n] = '\0';
    strcpy(t->base, base);
    t->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return t->dir < 0 ? errno : 0;
}

/* Finds out what stands there, links followed. */
static int find_target(const char *name, Target *t, const char **why)
{
    struct stat st;
    char *real = NULL;
    if (lstat(name, &st) == 0 && S_ISLNK(st.st_mode)) {
        real = realpath(name, NULL);
        if (!real) {
            *why = errno == ENOENT ? "it is a link to nothing" : NULL;
            return errno;
        }
    }
    int err = open_folder(real ? real : name, t);
    free(real);
    if (err)
        return err;
    t->exists = fstatat(t->dir, t->base, &t->old, AT_SYMLINK_NOFOLLOW) == 0;
    if (t->exists && !S_ISREG(t->old.st_mode))
        return S_ISDIR(t->old.st_mode) ? EISDIR : ELOOP;
    if (t->exists && faccessat(t->dir, t->base, W_OK, AT_EACCESS) < 0)
        return errno;
    return !t->exists && errno != ENOENT ? errno : 0;
}

/* A short name that nobody can foresee. */
static void make_name(char name[24])
{
    uint64_t bits;
    struct timespec now;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != (ssize_t)sizeof bits) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        bits = hash_bytes((const char *)&now, sizeof now, (uint64_t)getpid());
    }
    snprintf(name, 24, ".lbz%012llx", (unsigned long long)(bits >> 16));
}

/* A new file beside the target, which has its name, mode and owner. -1 with errno. */
static int create_beside(const Target *t, char name[24], const char **why)
{
    enum { TRIES = 100 };
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0 && (i == 0 || errno == EEXIST); i++) {
        make_name(name);
        fd = openat(t->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    t->exists ? 0600 : 0666);
    }
    struct stat st;
    if (fd < 0 || !t->exists || fstat(fd, &st) < 0)
        return fd;
    bool same = st.st_uid == t->old.st_uid && st.st_gid == t->old.st_gid;
    bool kept = same || fchown(fd, t->old.st_uid, t->old.st_gid) == 0;
    if (kept && fchmod(fd, t->old.st_mode & 07777) == 0)
        return fd;
    *why = kept ? NULL : "its owner cannot be kept";
    int err = errno;
    close(fd);
    unlinkat(t->dir, name, 0);
    errno = err;
    return -1;
}

static int write_all(int fd, const char *data, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t k = write(fd, data + done, n - done);
        if (k < 0 && errno != EINTR)
            return errno;
        done += k > 0 ? (size_t)k : 0;
    }
    return 0;
}

static int put_in_place(const Target *t, const char *data, size_t n, const char **why)
{
    char name[24];
    int fd = create_beside(t, name, why);
    if (fd < 0)
        return errno;
    int err = write_all(fd, data, n);
    if (!err && fsync(fd) < 0)
        err = errno;
    if (close(fd) < 0 && !err)
        err = errno;
    if (!err && renameat(t->dir, name, t->dir, t->base) < 0)
        err = errno;
    if (err)
        unlinkat(t->dir, name, 0);
    else
        fsync(t->dir);
    return err;
}

/* What is no file, a terminal or a pipe, is written to as it is; /dev/stdout may be a file that
 * others are writing, too. */
static bool is_no_file(const char *name)
{
    struct stat st;
    bool device = strncmp(name, "/dev/", 5) == 0 || strncmp(name, "/proc/", 6) == 0;
    return stat(name, &st) == 0 && !S_ISDIR(st.st_mode) &&
           (device || !S_ISREG(st.st_mode));
}

static int write_to(const char *name, const char *data, size_t n)
{
    int fd = open(name, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int err = write_all(fd, data, n);
    if (close(fd) < 0 && !err)
        err = errno;
    return err;
}

int file_replace(const char *name, const char *data, size_t n, const char **why)
{
    Target t = {.dir = -1};
    *why = NULL;
    if (is_no_file(name))
        return write_to(name, data, n);
    int err = find_target(name, &t, why);
    if (!err)
        err = put_in_place(&t, data, n, why);
    if (t.dir >= 0)
        close(t.dir);
    return err;
}
