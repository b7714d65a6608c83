/* tensor/npy.c - NumPy's .npy files, format 1.0 to 3.0: a header in the syntax of a Python dictionary,
 * then the elements, in C or Fortran order.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "tensor/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 8, HEADER_MOST = 1 << 16, ALIGNED = 64 };

/* ---- sources ----------------------------------------------------------------------------- */
int tensor_source_open(TensorSource *s, Env *env, const char *name)
{
    struct stat st;
    *s = (TensorSource){.env = env, .size = SIZE_MAX};
    s->fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (s->fd < 0)
        return errno;
    if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode))
        s->size = (size_t)st.st_size;
    return 0;
}

void tensor_source_close(TensorSource *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static bool read_file(TensorSource *s, char *to, size_t n, size_t *got)
{
    enum { PIECE = 4 << 20 }; /* between looks at the interrupt flag */
    while (*got < n && !env_poll(s->env)) {
        ssize_t k = read(s->fd, to + *got, n - *got < PIECE ? n - *got : PIECE);
        if (k == 0)
            break;
        if (k < 0 && errno != EINTR) {
            env_error(s->env, LBZ_UNABLE, NULL, "the file cannot be read: %s",
                      strerror(errno));
            return false;
        }
        *got += k > 0 ? (size_t)k : 0;
    }
    return !env_failed(s->env);
}

bool tensor_source_read(TensorSource *s, void *to, size_t n, size_t *got)
{
    *got = 0;
    if (s->fd >= 0) {
        bool ok = read_file(s, to, n, got);
        s->at += *got;
        return ok;
    }
    *got = n < s->n - s->at ? n : s->n - s->at;
    if (*got)
        memcpy(to, s->bytes + s->at, *got);
    s->at += *got;
    return true;
}

/* ---- the header -------------------------------------------------------------------------- */
typedef struct {
    DType type;
    bool fortran;
    Dims dims;
} Header;

/* The text that is left of a header. */
typedef struct {
    Env *env;
    const char *s, *end;
} Reader;

static bool broken(Env *env, const char *what)
{
    env_error(env, LBZ_UNABLE, NULL, "this is no .npy file, or it is damaged: %s", what);
    return false;
}

static void skip_blanks(Reader *r)
{
    while (r->s < r->end && (*r->s == ' ' || *r->s == '\n' || *r->s == '\t'))
        r->s++;
}

static bool take(Reader *r, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(r);
    if ((size_t)(r->end - r->s) < n || memcmp(r->s, word, n) != 0)
        return false;
    r->s += n;
    return true;
}

/* 'text' or "text". */
static bool take_string(Reader *r, const char **s, size_t *n)
{
    skip_blanks(r);
    char quote = r->s < r->end ? *r->s : '\0';
    const char *end = quote == '\'' || quote == '"'
                          ? memchr(r->s + 1, quote, (size_t)(r->end - r->s - 1))
                          : NULL;
    if (!end)
        return broken(r->env, "its header is not one that NumPy writes");
    *s = r->s + 1;
    *n = (size_t)(end - r->s - 1);
    r->s = end + 1;
    return true;
}

static bool take_type(Reader *r, Header *h)
{
    static const struct {
        const char *descr;
        DType type;
    } known[] = {{"<f8", DT_FLOAT64},
                 {"<f4", DT_FLOAT32},
                 {"<i8", DT_INT64},
                 {"|b1", DT_BOOL},
                 {"?", DT_BOOL}};
    const char *s;
    size_t n;
    skip_blanks(r);
    if (r->s < r->end && *r->s == '[') {
        env_error(r->env, LBZ_UNABLE, "save a plain array of numbers",
                  "the file has records, not numbers");
        return false;
    }
    if (!take_string(r, &s, &n))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].descr) == n && memcmp(known[i].descr, s, n) == 0) {
            h->type = known[i].type;
            return true;
        }
    }
    env_error(r->env, LBZ_UNABLE, "in NumPy: numpy.save(\"f.npy\", x.astype(\"<f8\"))",
              "its elements have the type %.*s; float64, float32, int64 and bool, little "
              "endian, can be read",
              (int)(n < 20 ? n : 20), s);
    return false;
}

static bool take_size(Reader *r, size_t *size)
{
    size_t n = 0, digits = 0;
    skip_blanks(r);
    for (; r->s < r->end && *r->s >= '0' && *r->s <= '9' && digits < 16; r->s++, digits++)
        n = 10 * n + (size_t)(*r->s - '0');
    *size = n;
    return digits > 0 && digits < 16;
}

static bool take_shape(Reader *r, Header *h)
{
    if (!take(r, "("))
        return broken(r->env, "its shape is missing");
    while (!take(r, ")")) {
        if (h->dims.rank == TENSOR_RANK) {
            env_error(r->env, LBZ_LIMIT, NULL, "the array has more than %d axes",
                      TENSOR_RANK);
            return false;
        }
        if (!take_size(r, &h->dims.dim[h->dims.rank++]))
            return broken(r->env, "its shape cannot be read");
        take(r, "L"); /* Python 2 */
        take(r, ",");
    }
    return true;
}

static bool take_order(Reader *r, Header *h)
{
    h->fortran = take(r, "True");
    return h->fortran || take(r, "False") || broken(r->env, "its order is missing");
}

static bool read_dictionary(Reader *r, Header *h)
{
    enum { TYPE = 1, ORDER = 2, SHAPE = 4 };
    unsigned seen = 0;
    if (!take(r, "{"))
        return broken(r->env, "its header is missing");
    while (!take(r, "}")) {
        const char *key;
        size_t n;
        if (!take_string(r, &key, &n) || !take(r, ":"))
            return broken(r->env, "its header cannot be read");
        unsigned which = n == 5 && !memcmp(key, "descr", n)            ? TYPE
                         : n == 13 && !memcmp(key, "fortran_order", n) ? ORDER
                         : n == 5 && !memcmp(key, "shape", n)          ? SHAPE
                                                                       : 0;
        if (!which || (seen & which))
            return broken(r->env, "its header has another entry than NumPy's");
        seen |= which;
        if (which == TYPE    ? !take_type(r, h)
            : which == ORDER ? !take_order(r, h)
                             : !take_shape(r, h))
            return false;
        take(r, ",");
    }
    return seen == (TYPE | ORDER | SHAPE) || broken(r->env, "its header is not complete");
}

static bool read_header(TensorSource *s, Header *h)
{
    unsigned char head[MAGIC + 4];
    size_t got, n;
    if (!tensor_source_read(s, head, MAGIC, &got))
        return false;
    if (got < MAGIC || memcmp(head, "\x93NUMPY", 6) != 0)
        return broken(s->env, "it does not begin like one");
    unsigned version = head[6], bytes = version == 1 ? 2 : 4;
    if (version < 1 || version > 3)
        return broken(s->env, "its version is not known");
    if (!tensor_source_read(s, head + MAGIC, bytes, &got))
        return false;
    if (got < bytes)
        return broken(s->env, "it ends in the header");
    n = head[MAGIC] + 256u * head[MAGIC + 1];
    if (bytes == 4)
        n += ((size_t)head[MAGIC + 2] << 16) + ((size_t)head[MAGIC + 3] << 24);
    char *text = n <= HEADER_MOST ? mem_alloc(n + 1) : NULL;
    if (!text)
        return broken(s->env, "its header is too long");
    bool ok = tensor_source_read(s, text, n, &got);
    if (ok && got < n)
        ok = broken(s->env, "it ends in the header");
    Reader r = {s->env, text, text + n};
    ok = ok && read_dictionary(&r, h);
    mem_free(text);
    return ok;
}

/* ---- elements ---------------------------------------------------------------------------- */
static bool truncated(TensorSource *s, const Header *h, size_t has)
{
    Str shape = {0};
    dims_print(&shape, &h->dims);
    env_error(
        s->env, LBZ_UNABLE, NULL,
        "the file is cut off: it has %zu bytes of the %zu that its shape %s and type "
        "%s need",
        has, dims_count(&h->dims) * dtype_size(h->type), str_cstr(&shape),
        dtype_name(h->type));
    str_free(&shape);
    return false;
}

/* Rows and columns exchanged: the last axis came first. */
static bool turn_axes(Env *env, Tensor *t)
{
    unsigned axis[TENSOR_RANK];
    Tensor packed, turned;
    for (unsigned i = 0; i < t->dims.rank; i++)
        axis[i] = t->dims.rank - 1 - i;
    turned = tensor_permute(t, axis);
    bool ok = tensor_pack(env, &turned, t->type, &packed);
    tensor_release(&turned);
    tensor_release(t);
    if (ok)
        *t = packed;
    return ok;
}

bool tensor_read_npy(TensorSource *s, Tensor *out)
{
    Header h = {0};
    size_t got;
    *out = (Tensor){0};
    if (!read_header(s, &h))
        return false;
    size_t count = dims_count(&h.dims), size = dtype_size(h.type);
    if (s->size != SIZE_MAX &&
        (count == SIZE_MAX || s->size < s->at || (s->size - s->at) / size < count))
        return truncated(s, &h, s->size < s->at ? 0 : s->size - s->at);
    Dims d = h.dims;
    for (unsigned i = 0; h.fortran && i < d.rank; i++)
        d.dim[i] = h.dims.dim[d.rank - 1 - i];
    if (!tensor_new(s->env, h.type, &d, "the array in the file", out))
        return false;
    bool ok = tensor_source_read(s, tensor_data(out), count * size, &got);
    if (ok && got < count * size)
        ok = truncated(s, &h, got);
    unsigned char *b = ok && h.type == DT_BOOL ? tensor_data(out) : NULL;
    for (size_t i = 0; b && i < count; i++)
        b[i] = b[i] != 0;
    ok = ok && (!h.fortran || turn_axes(s->env, out));
    if (!ok)
        tensor_release(out);
    return ok;
}

static bool out_of_memory(Env *env)
{
    env_error(env, LBZ_LIMIT, NULL, "out of memory for the file");
    return false;
}

bool tensor_write_npy(Env *env, const Tensor *t, Str *out)
{
    static const char *const descr[DT_COUNT] = {"<f8", "<f4", "<i8", "|b1"};
    Str head = {0};
    Tensor packed;
    str_printf(&head, "{'descr': '%s', 'fortran_order': False, 'shape': (",
               descr[t->type]);
    for (unsigned i = 0; i < t->dims.rank; i++)
        str_printf(&head, i ? ", %zu" : "%zu", t->dims.dim[i]);
    str_puts(&head, t->dims.rank == 1 ? ",), }" : "), }");
    while ((MAGIC + 2 + head.n + 1) % ALIGNED)
        str_putc(&head, ' ');
    str_putc(&head, '\n');
    if (!tensor_pack(env, t, t->type, &packed)) {
        str_free(&head);
        return false;
    }
    str_put(out, "\x93NUMPY\x01\x00", MAGIC);
    str_putc(out, (char)(head.n & 255));
    str_putc(out, (char)(head.n >> 8));
    str_put(out, str_cstr(&head), head.n);
    if (tensor_count(&packed))
        str_put(out, tensor_data(&packed), tensor_count(&packed) * dtype_size(t->type));
    tensor_release(&packed);
    str_free(&head);
    return !out->failed || out_of_memory(env);
}
