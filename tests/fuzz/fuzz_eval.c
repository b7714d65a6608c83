/* fuzz_eval.c - any bytes, taken as the lines of one session: no crash, no leak, and every result
 * holds what leibniz.h promises. After each line the session still adds 1 and 1.
 */
#include "leibniz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_result(const lbz_result *r, lbz_status st)
{
    if (r->status != st || !r->text)
        abort();
    if (st != LBZ_OK && (!r->message || !*r->message || !r->hint))
        abort();
    if (st != LBZ_OK && (r->span.line < 1 || r->span.col < 1))
        abort();
    for (size_t i = 0; i < r->nnotes; i++)
        if (!r->notes[i])
            abort();
}

static void check_session(lbz_session *s)
{
    lbz_result r;

    if (lbz_eval(s, "1+1", 3, &r) != LBZ_OK || strcmp(r.text, "2") != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lbz_session *s = lbz_open();
    const char *p = (const char *)data, *end = p + size;

    if (!s)
        return 0;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((nl ? nl : end) - p);
        char *line = malloc(n ? n : 1); /* its own block: reading past it is found */
        lbz_result r;

        if (!line)
            break;
        memcpy(line, p, n);
        lbz_status st = lbz_eval(s, line, n, &r);
        check_result(&r, st);
        free(line);
        p += n + (nl != NULL);
    }
    check_session(s);
    lbz_close(s);
    return 0;
}
