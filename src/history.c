/* history.c - see history.h. The list itself is Readline's. */
#include "history.h"

#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <readline/history.h>

enum { KEPT = 10000 };

static char *path; /* NULL: nothing is written; Readline, too, is one per program */

/* $XDG_STATE_HOME or ~/.local/state; NULL when there is no home. */
static char *state_file(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    Buf b = {0};
    if (state && *state == '/')
        buf_printf(&b, "%s/leibniz/history", state);
    else if (home && *home == '/')
        buf_printf(&b, "%s/.local/state/leibniz/history", home);
    if (!b.n)
        return NULL;
    buf_putc(&b, 0);
    return b.s;
}

/* Makes the folders that the file lies in; what fails is found out by open. */
static void make_folders(const char *file)
{
    char *p = xstrndup(file, strlen(file));
    for (char *slash = strchr(p + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(p, 0700);
        *slash = '/';
    }
    free(p);
}

/* Entries are shown on the terminal as they are. */
static void make_visible(void)
{
    HIST_ENTRY **all = history_list();
    for (size_t i = 0; all && all[i]; i++) {
        Buf b = {0};
        buf_visible(&b, all[i]->line, strlen(all[i]->line));
        buf_putc(&b, '\0');
        free(all[i]->line);
        all[i]->line = b.s;
    }
}

static void give_up(const char *why)
{
    printf("note: the history is not saved: %s: %s\n", path, why);
    fflush(stdout);
    free(path);
    path = NULL;
}

void history_start(bool enabled)
{
    using_history();
    history_comment_char = '#';
    history_write_timestamps = 1;
    stifle_history(KEPT);
    path = enabled ? state_file() : NULL;
    if (!path)
        return;
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) {
        give_up("it is no regular file");
        return;
    }
    if (there && st.st_size > 2 * KEPT * 40)
        history_truncate_file(path, KEPT); /* writes a new file and renames it */
    read_history(path);
    make_visible();
}

/* Never one that others read from, or a device. */
static int open_file(void)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                  0600);
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* One write, so that entries of sessions side by side do not mix. Returns 0 or errno. */
static int append(const char *entry)
{
    int fd = open_file();
    if (fd < 0 && errno == ENOENT) {
        make_folders(path);
        fd = open_file();
    }
    if (fd < 0)
        return errno;
    Buf b = {0};
    buf_printf(&b, "#%lld\n%s\n", (long long)time(NULL), entry);
    ssize_t n = write(fd, b.s, b.n);
    int error = n < 0 ? errno : (size_t)n < b.n ? ENOSPC : 0;
    buf_free(&b);
    if (close(fd) < 0 && !error)
        error = errno;
    return error;
}

static bool repeats_last(const char *entry)
{
    HIST_ENTRY *h =
        history_length ? history_get(history_base + history_length - 1) : NULL;
    return h && !strcmp(h->line, entry);
}

void history_add(const char *entry)
{
    if (!*entry || repeats_last(entry))
        return;
    char stamp[32];
    snprintf(stamp, sizeof stamp, "#%lld", (long long)time(NULL));
    add_history(entry);
    add_history_time(stamp);
    int error = path ? append(entry) : 0;
    if (error)
        give_up(strerror(error));
}

void history_stop(void)
{
    free(path);
    path = NULL;
}
