/* tensor/csv.c - tables of numbers, .csv and .tsv, read and written.
 *
 * A line is a row; fields are divided by commas (semicolons where the first line has no comma), in .tsv
 * by tabs. A first line that is not all numbers names the columns. Empty lines and lines that begin
 * with # are left out; an empty field, nan and NA are nan. */
#include "tensor/file.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

TensorFormat tensor_format(const char *name, size_t n)
{
    static const char *const ending[] = {".npy", ".csv", ".tsv"};
    for (unsigned i = 0; i < 3; i++)
        if (n > 4 && memcmp(name + n - 4, ending[i], 4) == 0)
            return (TensorFormat)i;
    return TENSOR_UNKNOWN;
}

/* ---- numbers ----------------------------------------------------------------------------- */
#if LDBL_MANT_DIG == 64
/* 10^k is exact in 64 bits. */
static const long double powers[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,
                                     1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
                                     1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
                                     1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

/* m*10^e: one rounding to 64 bits, then one to 53, which is right unless the first ended next to the
 * middle between two doubles. False: it may have. */
static bool scale_number(uint64_t m, int e, double *x)
{
    if (e < -27 || e > 27)
        return false;
    long double y = e < 0 ? (long double)m / powers[-e] : (long double)m * powers[e];
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    bits &= 0x7ff;
    *x = (double)y;
    return bits < 0x3ff || bits > 0x401;
}
#else
static bool scale_number(uint64_t m, int e, double *x)
{
    (void)m, (void)e, (void)x;
    return false;
}
#endif

/* The number at s, which ends before `end`; NULL: it is none, or one for strtod. */
static const char *quick_number(const char *s, const char *end, double *x)
{
    enum { DIGITS = 19 };
    uint64_t m = 0;
    int e = 0, digits = 0;
    bool minus = s < end && *s == '-', point = false;
    for (s += s < end && (*s == '-' || *s == '+'); s < end; s++) {
        if (*s == '.' && !point) {
            point = true;
        } else if (*s >= '0' && *s <= '9') {
            m = 10 * m + (uint64_t)(*s - '0');
            e -= point;
            digits += digits || *s != '0' || !point;
        } else {
            break;
        }
    }
    if (!digits || digits > DIGITS)
        return NULL;
    if (s < end && (*s == 'e' || *s == 'E')) {
        int k = 0, n = 0;
        bool down = s + 1 < end && s[1] == '-';
        for (s += 1 + (s + 1 < end && (s[1] == '-' || s[1] == '+'));
             s < end && *s >= '0' && *s <= '9' && n < 4; s++, n++)
            k = 10 * k + (*s - '0');
        if (!n)
            return NULL;
        e += down ? -k : k;
    }
    if (m == 0)
        *x = 0;
    else if (!scale_number(m, e, x))
        return NULL;
    *x = minus ? -*x : *x;
    return s;
}

static bool is_word(const char *s, size_t n, const char *word)
{
    size_t i = 0;
    while (i < n && word[i] && (s[i] | 32) == word[i])
        i++;
    return i == n && !word[i];
}

/* What no number is written like, or is too long for the quick way. */
static bool odd_number(const char *s, size_t n, double *x)
{
    enum { LONGEST = 400 };
    char text[LONGEST + 1], *end;
    size_t sign = n && (*s == '-' || *s == '+');
    if (n == 0 || is_word(s, n, "nan") || is_word(s, n, "na")) {
        *x = NAN;
        return true;
    }
    if (is_word(s + sign, n - sign, "inf") || is_word(s + sign, n - sign, "infinity")) {
        *x = *s == '-' ? -INFINITY : INFINITY;
        return true;
    }
    bool decimal = n <= LONGEST && n > sign &&
                   ((s[sign] >= '0' && s[sign] <= '9') || s[sign] == '.') &&
                   !memchr(s, 'x', n) && !memchr(s, 'X', n);
    if (!decimal)
        return false;
    memcpy(text, s, n);
    text[n] = '\0';
    *x = strtod(text, &end);
    return end == text + n;
}

/* ---- lines ------------------------------------------------------------------------------- */
typedef struct {
    Env *env;
    const char *s, *end; /* what is left */
    char divider;
    size_t line; /* number of the one at s */
    double *v;
    size_t n, cap, rows, cols;
    Str *header;
} Table;

static const char *line_end(const Table *t)
{
    const char *nl = memchr(t->s, '\n', (size_t)(t->end - t->s));
    return nl ? nl : t->end;
}

static void trim(const char **s, const char **end)
{
    while (*s < *end && (**s == ' ' || (**s == '\t' && *end - *s > 1)))
        ++*s;
    while (*s < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\r'))
        --*end;
    if (*end - *s > 1 && **s == '"' && (*end)[-1] == '"') {
        ++*s;
        --*end;
    }
}

/* The field at s, without what surrounds it, and where the next one begins; NULL: it is the last. */
static const char *next_field(const Table *t, const char **s, const char **end,
                              const char *stop)
{
    const char *div = memchr(*s, t->divider, (size_t)(stop - *s));
    *end = div ? div : stop;
    trim(s, end);
    return div ? div + 1 : NULL;
}

static bool field_number(const char *s, const char *end, double *x)
{
    return quick_number(s, end, x) == end || odd_number(s, (size_t)(end - s), x);
}

static bool push(Table *t, double x)
{
    if (MEM_ROOM(t->v, t->n, t->cap)) {
        t->v[t->n++] = x;
        return true;
    }
    env_error(t->env, LBZ_LIMIT, NULL, "out of memory for a table of %zu lines", t->line);
    return false;
}

static bool bad_field(const Table *t, size_t k, const char *s, const char *end)
{
    env_error(t->env, LBZ_UNABLE, NULL, "line %zu, field %zu is no number: %.*s", t->line,
              k + 1, (int)(end - s < 40 ? end - s : 40), s);
    return false;
}

/* The fields of [s, stop); false with an error, or where quiet one that is no number. */
static bool read_fields(Table *t, const char *s, const char *stop, bool quiet)
{
    size_t k = 0;
    for (const char *next = s; next; k++) {
        const char *end;
        double x = 0;
        s = next;
        next = next_field(t, &s, &end, stop);
        if (!field_number(s, end, &x))
            return quiet ? false : bad_field(t, k, s, end);
        if (!push(t, x))
            return false;
    }
    t->cols = t->rows ? t->cols : k;
    if (k == t->cols)
        return true;
    env_error(t->env, LBZ_SHAPE, NULL, "line %zu has %zu field%s, not %zu", t->line, k,
              k == 1 ? "" : "s", t->cols);
    return false;
}

static void read_header(Table *t, const char *s, const char *stop)
{
    for (const char *next = s; next;) {
        const char *end;
        s = next;
        next = next_field(t, &s, &end, stop);
        str_put(t->header, s, (size_t)(end - s));
        str_puts(t->header, next ? ", " : "");
    }
}

static bool is_blank(const char *s, const char *stop)
{
    while (s < stop && (*s == ' ' || *s == '\r' || *s == '\t'))
        s++;
    return s == stop || *s == '#';
}

static bool read_lines(Table *t)
{
    for (t->line = 1; t->s < t->end; t->line++) {
        const char *s = t->s, *stop = line_end(t);
        t->s = stop < t->end ? stop + 1 : stop;
        if (t->line % 1024 == 0 && env_poll(t->env))
            return false;
        if (is_blank(s, stop))
            continue;
        bool first = !t->rows && !t->header->n;
        if (first && !memchr(s, t->divider, (size_t)(stop - s)) && t->divider == ',')
            t->divider = memchr(s, ';', (size_t)(stop - s)) ? ';' : ',';
        if (read_fields(t, s, stop, first)) {
            t->rows++;
            continue;
        }
        if (!first || env_failed(t->env))
            return false;
        t->n = 0;
        read_header(t, s, stop);
    }
    return true;
}

/* All bytes of the source, a NUL behind them. */
static bool read_all(TensorSource *s, Str *text)
{
    enum { PIECE = 1 << 20 };
    size_t got = PIECE;
    char *piece = mem_alloc(PIECE);
    bool ok = piece != NULL;
    while (ok && got == PIECE) {
        ok = tensor_source_read(s, piece, PIECE, &got);
        str_put(text, piece, ok ? got : 0);
        if (text->failed || text->n > s->env->data_cap) {
            env_error(s->env, LBZ_LIMIT, "`set maxmem 64G` allows more",
                      "the file does not fit into the %zu MiB allowed for tensors",
                      s->env->data_cap >> 20);
            ok = false;
        }
    }
    mem_free(piece);
    return ok;
}

bool tensor_read_table(TensorSource *s, TensorFormat f, Str *header, Tensor *out)
{
    Str text = {0};
    Table t = {.env = s->env, .divider = f == TENSOR_TSV ? '\t' : ',', .header = header};
    *out = (Tensor){0};
    bool ok = read_all(s, &text);
    t.s = str_cstr(&text);
    t.end = t.s + text.n;
    if (text.n >= 3 && memcmp(t.s, "\xef\xbb\xbf", 3) == 0)
        t.s += 3;
    ok = ok && read_lines(&t);
    str_free(&text);
    Dims d = {.rank = t.cols == 1 ? 1 : 2, .dim = {t.rows, t.cols}};
    if (ok && !t.rows) {
        env_error(s->env, LBZ_UNABLE, NULL, "the file has no numbers");
        ok = false;
    }
    ok = ok && tensor_from(s->env, t.v, &d, out);
    mem_free(t.v);
    return ok;
}

/* ---- writing ----------------------------------------------------------------------------- */
static void put_number(Str *out, const Tensor *t, size_t i)
{
    char text[40];
    double x = tensor_get(t, i);
    if (t->type == DT_INT64)
        snprintf(text, sizeof text, "%lld", (long long)tensor_get_whole(t, i));
    else
        for (int digits = t->type == DT_FLOAT32 ? 6 : 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, x);
            if (t->type == DT_FLOAT32 ? strtof(text, NULL) == (float)x
                                      : strtod(text, NULL) == x)
                break;
        }
    str_puts(out, text);
}

bool tensor_write_table(Env *env, const Tensor *t, TensorFormat f, Str *out)
{
    if (t->dims.rank > 2) {
        env_error(env, LBZ_SHAPE, "save it as .npy",
                  "a table has one or two axes, not %u", t->dims.rank);
        return false;
    }
    size_t cols = t->dims.rank == 2 ? t->dims.dim[1] : 1, n = tensor_count(t);
    for (size_t i = 0; i < n; i++) {
        put_number(out, t, i);
        str_puts(out, (i + 1) % cols == 0 ? "\n" : f == TENSOR_TSV ? "\t" : ",");
        if (i % 1024 == 0 && env_poll(env))
            return false;
    }
    if (out->failed)
        env_error(env, LBZ_LIMIT, NULL, "out of memory for the file");
    return !out->failed;
}
