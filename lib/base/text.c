/* base/text.c - growing strings, UTF-8, JSON strings, terminal width.
 *
 * A Str that runs out of memory keeps what it has, sets `failed` and ignores what
 * follows. UTF-8 is read strictly: no overlong forms, surrogates or code points above
 * 10FFFF.
 */
#include "base/base.h"

#include <stdio.h>

/* ---- strings */

void str_free(Str *b)
{
    mem_free(b->s);
    memset(b, 0, sizeof *b);
}

bool str_room(Str *b, size_t n)
{
    if (b->failed)
        return false;
    if (n < b->cap - b->n)
        return true;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap - b->n <= n && cap <= SIZE_MAX / 4)
        cap *= 2;
    char *s = cap - b->n > n ? mem_realloc(b->s, cap) : NULL;
    if (!s) {
        b->failed = true;
        return false;
    }
    b->s = s;
    b->cap = cap;
    return true;
}

void str_put_slow(Str *b, const char *s, size_t n)
{
    if (n == 0 || !str_room(b, n))
        return;
    memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void str_puts(Str *b, const char *s) { str_put(b, s, strlen(s)); }

void str_printf(Str *b, const char *fmt, ...)
{
    char small[256];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= 0 && (size_t)n < sizeof small) {
        str_put(b, small, (size_t)n);
    } else if (n >= 0 && str_room(b, (size_t)n)) {
        vsnprintf(b->s + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}

const char *str_cstr(Str *b) { return b->s ? b->s : ""; }

/* ---- UTF-8 */

unsigned utf8_get(const char *s, size_t n, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;
    if (n == 0)
        return 0;
    if (u[0] < 0x80) {
        *cp = u[0];
        return 1;
    }
    unsigned len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
    if (u[0] < 0xc2 || u[0] > 0xf4 || n < len)
        return 0;
    uint32_t c = u[0] & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (u[i] & 0x3fu);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *cp = c;
    return len;
}

bool utf8_valid(const char *s, size_t n, size_t *bad)
{
    uint32_t cp;
    for (size_t i = 0; i < n;) {
        unsigned len = utf8_get(s + i, n - i, &cp);
        if (len == 0) {
            if (bad)
                *bad = i;
            return false;
        }
        i += len;
    }
    return true;
}

size_t utf8_len(const char *s, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += ((unsigned char)s[i] & 0xc0) != 0x80;
    return k;
}

size_t lbz_character(const char *text, size_t n)
{
    uint32_t cp;
    return utf8_get(text, n, &cp);
}

/* ---- characters that a terminal obeys instead of showing them */

/* C0 and C1 are in lbz_is_control. Directions of text, line separators, invisible marks, tags. */
static const struct {
    uint32_t from, to;
} formatting[] = {
    {0x061c, 0x061c}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_control(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
        return true;
    for (size_t i = 0; cp >= 0x061c && i < sizeof formatting / sizeof *formatting; i++)
        if (cp >= formatting[i].from && cp <= formatting[i].to)
            return true;
    return false;
}

bool lbz_is_control(const char *text, size_t n)
{
    uint32_t cp;
    return utf8_get(text, n, &cp) == 0 || is_control(cp);
}

/* ---- JSON */

/* What stands in JSON for the character of len bytes, len 0 for a byte that is no UTF-8. NULL:
 * itself. */
static const char *json_escape(unsigned len, uint32_t cp, char room[16])
{
    if (!len)
        return "\xef\xbf\xbd";
    switch (cp) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default:
        if (!is_control(cp))
            return NULL;
        if (cp < 0x10000)
            snprintf(room, 16, "\\u%04x", (unsigned)cp);
        else
            snprintf(room, 16, "\\u%04x\\u%04x", 0xd7c0 + (unsigned)(cp >> 10),
                     0xdc00 + (unsigned)(cp & 0x3ff));
        return room;
    }
}

void lbz_json(const char *text, size_t n,
              void (*put)(const char *text, size_t n, void *arg), void *arg)
{
    char room[16];
    uint32_t cp;
    size_t from = 0; /* of what has not been put yet */
    put("\"", 1, arg);
    for (size_t i = 0, len; i < n; i += len) {
        unsigned k = utf8_get(text + i, n - i, &cp);
        len = k ? k : 1;
        const char *escape = json_escape(k, cp, room);
        if (!escape)
            continue;
        put(text + from, i - from, arg);
        put(escape, strlen(escape), arg);
        from = i + len;
    }
    put(text + from, n - from, arg);
    put("\"", 1, arg);
}

/* ---- terminal width */

typedef struct {
    uint32_t from, to;
} CodeRange;

/* combining marks and invisible format characters */
static const CodeRange zero_width[] = {
    {0x0300, 0x036f},   {0x0483, 0x0489},   {0x0591, 0x05bd}, {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},   {0x05c4, 0x05c5},   {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x0670, 0x0670},   {0x06d6, 0x06dc},   {0x06df, 0x06e4}, {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},   {0x0711, 0x0711},   {0x0730, 0x074a}, {0x0900, 0x0902},
    {0x093a, 0x093a},   {0x093c, 0x093c},   {0x0941, 0x0948}, {0x094d, 0x094d},
    {0x0e31, 0x0e31},   {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e}, {0x1160, 0x11ff},
    {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},   {0x200b, 0x200f}, {0x202a, 0x202e},
    {0x2060, 0x2064},   {0x20d0, 0x20f0},   {0x302a, 0x302d}, {0x3099, 0x309a},
    {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},   {0xfeff, 0xfeff}, {0x1d167, 0x1d169},
    {0xe0001, 0xe007f}, {0xe0100, 0xe01ef},
};

/* East Asian wide and emoji */
static const CodeRange double_width[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},
    {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3},
    {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440},
    {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
    {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7},
    {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff},
    {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(uint32_t cp, const CodeRange *r, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (cp > r[mid].to)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= r[lo].from;
}

static unsigned cp_width(uint32_t cp)
{
    if (cp < 0x300)
        return cp >= 0x20 && (cp < 0x7f || cp >= 0xa0);
    if (in_ranges(cp, zero_width, sizeof zero_width / sizeof *zero_width))
        return 0;
    return in_ranges(cp, double_width, sizeof double_width / sizeof *double_width) ? 2
                                                                                   : 1;
}

size_t utf8_width(const char *s, size_t n)
{
    size_t w = 0;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        unsigned len = utf8_get(s + i, n - i, &cp);
        w += len ? cp_width(cp) : 1;
        i += len ? len : 1;
    }
    return w;
}

/* ---- likeness */

static char lower_case(char ch) { return ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch; }

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Row by row of the table of distances between beginnings; the two rows above are kept. */
unsigned str_distance(const char *a, size_t n, const char *b, size_t m)
{
    enum { LONGEST = 40 };
    unsigned row[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (unsigned j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            bool same = lower_case(a[i - 1]) == lower_case(b[j - 1]);
            now[j] = least(least(up[j], now[j - 1]) + 1, up[j - 1] + !same);
            if (i > 1 && j > 1 && lower_case(a[i - 1]) == lower_case(b[j - 2]) &&
                lower_case(a[i - 2]) == lower_case(b[j - 1]))
                now[j] = least(now[j], up2[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}
