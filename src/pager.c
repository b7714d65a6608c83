/* pager.c - see pager.h. The terminal is in its own mode while a page stands, and back in the one
 * found before anything else goes on, whatever signal comes. */
#include "pager.h"

#include "leibniz.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* ---- lines */

/* Where the text behind the first wide gap begins, or behind the indent; 0: there is none. */
static size_t column_of(const char *s, size_t n)
{
    for (size_t i = 2; i < n; i++)
        if (s[i] != ' ' && s[i - 1] == ' ' && s[i - 2] == ' ')
            return i;
    return 0;
}

/* The bytes of s that fit into cols columns, to a blank if there is one behind least bytes. */
static size_t fitting(const char *s, size_t n, size_t cols, size_t least)
{
    size_t end = n;
    while (end && lbz_width(s, end) > cols)
        end--;
    while (end < n && end && ((unsigned char)s[end] & 0xc0) == 0x80)
        end--;
    for (size_t i = end; end < n && i > least; i--)
        if (s[i] == ' ')
            return i;
    return end ? end : n;
}

static void wrap_line(const char *s, size_t n, size_t cols, Buf *out)
{
    size_t column = column_of(s, n), indent = column ? lbz_width(s, column) : 4;
    indent = indent > cols / 2 ? 4 : indent;
    size_t k = fitting(s, n, cols, column);
    buf_put(out, s, k);
    while (k < n) {
        while (k < n && s[k] == ' ')
            k++;
        s += k;
        n -= k;
        buf_putc(out, '\n');
        buf_fill(out, ' ', indent);
        k = fitting(s, n, cols - indent, 0);
        buf_put(out, s, k);
    }
}

void pager_wrap(const char *text, size_t n, size_t cols, Buf *out)
{
    for (size_t at = 0; at < n;) {
        const char *nl = memchr(text + at, '\n', n - at);
        size_t end = nl ? (size_t)(nl - text) : n;
        if (cols < 20 || lbz_width(text + at, end - at) <= cols)
            buf_put(out, text + at, end - at);
        else
            wrap_line(text + at, end - at, cols, out);
        if (nl)
            buf_putc(out, '\n');
        at = end + 1;
    }
}

/* ---- keys */

typedef enum { KEY_PAGE, KEY_LINE, KEY_ALL, KEY_QUIT, KEY_NONE } Key;

static bool readable(int ms)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

/* The rest of a key that sends ESC [ ...: down and page down are known. */
static Key read_escape(void)
{
    char c = 0, number = 0;
    if (!readable(50))
        return KEY_QUIT;
    while (readable(50) && read(STDIN_FILENO, &c, 1) == 1) {
        number = c >= '0' && c <= '9' ? c : number;
        if (c != '[' && c != 'O' && c >= '@')
            break;
    }
    return c == 'B' ? KEY_LINE : c == '~' && number == '6' ? KEY_PAGE : KEY_NONE;
}

static Key read_key(void)
{
    char c;
    if (read(STDIN_FILENO, &c, 1) != 1)
        return KEY_QUIT;
    switch (c) {
    case ' ':
    case 'f': return KEY_PAGE;
    case '\r':
    case '\n':
    case 'j': return KEY_LINE;
    case 'G': return KEY_ALL;
    case 'q':
    case 'Q':
    case 3:
    case 4: return KEY_QUIT;
    case 27: return read_escape();
    default: return KEY_NONE;
    }
}

/* ---- the terminal */

static void set_raw(const struct termios *found)
{
    struct termios raw = *found;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void suspend(const struct termios *found)
{
    tcsetattr(STDIN_FILENO, TCSADRAIN, found);
    signals_stop();
    set_raw(found);
}

/* Waits for a key; KEY_QUIT when a signal wants the program's attention. */
static Key wait_key(const struct termios *found)
{
    for (;;) {
        signals_wait(STDIN_FILENO);
        if (signals_interrupted() || signals_ending())
            return KEY_QUIT;
        if (signals_take(SIGTSTP))
            suspend(found);
        if (signals_take(SIGCONT))
            set_raw(found);
        if (readable(0))
            return read_key();
        if (signals_take(SIGWINCH))
            return KEY_NONE;
    }
}

typedef struct {
    size_t rows, cols;
} Size;

static Size screen_size(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row < 4 || w.ws_col < 20)
        return (Size){0, 80};
    return (Size){w.ws_row, w.ws_col};
}

/* ---- pages */

/* Rows of the screen that a line takes. */
static size_t line_rows(const char *s, size_t n, size_t cols)
{
    size_t width = lbz_width(s, n);
    return width ? (width + cols - 1) / cols : 1;
}

/* The bytes of as many lines as fit into rows, at least one. */
static size_t page_bytes(const char *s, size_t n, size_t rows, size_t cols)
{
    size_t at = 0;
    while (at < n) {
        const char *nl = memchr(s + at, '\n', n - at);
        size_t end = nl ? (size_t)(nl - s) : n, need = line_rows(s + at, end - at, cols);
        if (need > rows && at)
            break;
        rows -= need < rows ? need : rows;
        at = nl ? end + 1 : n;
    }
    return at;
}

static Key ask(const struct termios *found, const Style *style, size_t shown, size_t n)
{
    char text[80];
    int k = snprintf(text, sizeof text, "-- %zu%% -- space: next page, q: leave",
                     100 * shown / n);
    Key key;
    do {
        printf("\r%s%s%s", style->dim, text, style->off);
        fflush(stdout);
        key = wait_key(found);
    } while (key == KEY_NONE);
    printf("\r%*s\r", k, "");
    return key;
}

bool pager_write(const char *text, size_t n)
{
    enum { PIECE = 4096 };
    size_t at = 0;
    fflush(stdout);
    while (at < n && !signals_interrupted()) {
        ssize_t k = write(STDOUT_FILENO, text + at, n - at < PIECE ? n - at : PIECE);
        if (k < 0 && errno != EINTR)
            break;
        at += k > 0 ? (size_t)k : 0;
    }
    return at == n;
}

static bool show_pages(const char *text, size_t n, const Style *style,
                       const struct termios *found)
{
    size_t at = 0;
    for (Key key = KEY_PAGE; at < n && key != KEY_QUIT;) {
        Size size = screen_size();
        size_t rows = key == KEY_PAGE && size.rows ? size.rows - 1 : 1;
        size_t k =
            key == KEY_ALL ? n - at : page_bytes(text + at, n - at, rows, size.cols);
        if (!pager_write(text + at, k))
            return false;
        at += k;
        if (at < n)
            key = ask(found, style, at, n);
    }
    return true;
}

bool pager_show(const char *text, size_t n, const Style *style)
{
    Size size = screen_size();
    struct termios found;
    bool fits = !size.rows || page_bytes(text, n, size.rows - 1, size.cols) == n;
    if (fits || readable(0) || tcgetattr(STDIN_FILENO, &found) < 0)
        return pager_write(text, n);
    set_raw(&found);
    bool whole = show_pages(text, n, style, &found);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
    return whole;
}
