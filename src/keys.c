/* keys.c - see keys.h. Readline asks for bytes and passes no argument: the bytes of a character that
 * has been read and not been handed on yet are here. */
#include "keys.h"

#include "leibniz.h"

#include <langinfo.h>
#include <poll.h>
#include <string.h>

#include <readline/readline.h>

static struct {
    unsigned char byte[4];
    size_t at, n;
} held;

bool keys_pending(void) { return held.at < held.n; }

/* The bytes of a character come together. */
static bool comes_soon(FILE *in)
{
    struct pollfd p = {.fd = fileno(in), .events = POLLIN};
    return poll(&p, 1, 100) > 0;
}

static bool is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

/* Reads the rest of the character that begins with c. What does not belong to it is kept for
 * the next time. */
static int read_character(FILE *in, int c)
{
    size_t want = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, n = 0;
    held.byte[n++] = (unsigned char)c;
    while (n < want && comes_soon(in)) {
        int next = rl_getc(in);
        if (next == EOF)
            break;
        held.byte[n++] = (unsigned char)next;
        if ((next & 0xc0) != 0x80)
            break;
    }
    bool whole = lbz_character((const char *)held.byte, n) == n;
    held.at = 1;
    held.n = n;
    if (whole && !lbz_is_control((const char *)held.byte, n))
        return c;
    held.at = n && held.byte[n - 1] < 0x80 ? n - 1 : n;
    return '?';
}

int keys_read(FILE *in)
{
    if (keys_pending())
        return held.byte[held.at++];
    int c = rl_getc(in);
    if (c < 0x80)
        return c;
    if (!is_utf8())
        return c < 0xa0 ? '?' : c;
    return c < 0xc2 || c > 0xf4 ? '?' : read_character(in, c);
}
