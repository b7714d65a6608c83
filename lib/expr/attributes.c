/* expr/attributes.c - the texts of attributes: written from a call, normalised by the rank of what they
 * are about, read again. */
#include "expr/attributes.h"

typedef enum { KIND_AXES, KIND_NUMBER, KIND_YES } Kind;

static const struct {
    const char *name; /* in the order of the alphabet */
    unsigned flags;   /* of rows that know it */
    Kind kind;
} known[] = {
    {"axis", AXES | AXIS_LAST | AXIS_FIRST, KIND_AXES},
    {"ddof", DDOF, KIND_NUMBER},
    {"delta", DELTA, KIND_NUMBER},
    {"keep", KEEP, KIND_YES},
    {"p", ORDER, KIND_NUMBER},
    {"reverse", REVERSED, KIND_YES},
};

enum { KNOWN = sizeof known / sizeof *known };

static int find_known(Op op, const char *name, size_t n)
{
    for (int i = 0; i < KNOWN; i++)
        if (strlen(known[i].name) == n && !memcmp(known[i].name, name, n) &&
            op_info(op)->flags & known[i].flags)
            return i;
    return -1;
}

bool attr_is_known(Op op, const char *name, size_t n)
{
    return op_is_tensor(op) && find_known(op, name, n) >= 0;
}

/* ---- reading a text ------------------------------------------------------------------- */
/* Where the value of that name begins; *n: its length. NULL: it is not there. */
static const char *value_of(const char *text, const char *name, size_t *n)
{
    size_t k = strlen(name);
    for (const char *s = text; s && *s;) {
        size_t len = strcspn(s, " ");
        if (len > k && !memcmp(s, name, k) && s[k] == '=') {
            *n = len - k - 1;
            return s + k + 1;
        }
        s += len;
        s += *s == ' ';
    }
    return NULL;
}

bool attr_is(const char *text, const char *name)
{
    size_t n;
    const char *s = value_of(text, name, &n);
    return s && n == 3 && !memcmp(s, "yes", 3);
}

/* The next whole number of a list; *s moves behind it. */
static long next_axis(const char **s)
{
    long k = 0, sign = 1;
    if (**s == '-')
        sign = -1, ++*s;
    for (; **s >= '0' && **s <= '9'; ++*s)
        k = k < 1000000 ? 10 * k + (**s - '0') : k;
    *s += **s == ',';
    return sign * k;
}

unsigned attr_axes(const char *text, unsigned rank)
{
    size_t n;
    unsigned set = 0;
    const char *s = value_of(text, "axis", &n), *end = s ? s + n : NULL;
    if (!s)
        return (1u << rank) - 1;
    while (s < end) {
        long k = next_axis(&s);
        k = k < 0 ? k + (long)rank : k - 1;
        if (k >= 0 && k < (long)rank)
            set |= 1u << k;
    }
    return set;
}

unsigned attr_axis(const char *text, unsigned rank)
{
    unsigned set = attr_axes(text, rank), k = 0;
    while (k + 1 < rank && !(set >> k & 1))
        k++;
    return k;
}

Node *attr_number(Ctx *c, const char *text, const char *name)
{
    size_t n;
    const char *s = value_of(text, name, &n);
    Num x, y;
    if (!s)
        return NULL;
    if (n == 3 && !memcmp(s, "inf", 3))
        return c->inf;
    size_t k = num_parse(ctx_arena(c), s, n, &x);
    if (!k)
        return NULL;
    if (k < n && s[k] == '/' && num_parse(ctx_arena(c), s + k + 1, n - k - 1, &y))
        x = num_div(ctx_arena(c), x, y);
    return ex_num(c, x);
}

/* ---- writing one ---------------------------------------------------------------------- */
static void put(Str *s, const char *name, size_t n, const char *value, size_t m)
{
    if (s->n)
        str_putc(s, ' ');
    str_put(s, name, n);
    str_putc(s, '=');
    str_put(s, value, m);
}

/* s as a text of the statement; NULL where it is empty. */
static const char *finish(Ctx *c, Str *s)
{
    const char *r = s->n ? arena_strndup(ctx_arena(c), str_cstr(s), s->n) : NULL;
    str_free(s);
    return r;
}

const char *attr_with(Ctx *c, const char *text, const char *name, const char *value)
{
    Str s = {0};
    bool done = !value;
    for (const char *t = text ? text : ""; *t || !done;) {
        size_t len = strcspn(t, " "), key = strcspn(t, "=");
        int order = *t ? strncmp(t, name, key) : 1;
        if (*t && order == 0 && name[key])
            order = -1;
        if (order >= 0 && !done) {
            put(&s, name, strlen(name), value, strlen(value));
            done = true;
        }
        if (*t && order != 0)
            put(&s, t, key, t + key + 1, len - key - 1);
        t += len;
        t += *t == ' ';
    }
    return finish(c, &s);
}

static void put_axes(Str *s, unsigned axes, unsigned rank)
{
    for (unsigned k = 0; k < rank; k++)
        if (axes >> k & 1)
            str_printf(s, "%s-%u", s->n ? "," : "", rank - k);
}

const char *attr_of_axes(Ctx *c, unsigned axes, unsigned rank, bool keep)
{
    Str s = {0};
    const char *text = keep ? "keep=yes" : NULL;
    if (axes != (1u << rank) - 1) {
        put_axes(&s, axes, rank);
        text = attr_with(c, text, "axis", str_cstr(&s));
    }
    str_free(&s);
    return text;
}

/* ---- from a call ---------------------------------------------------------------------- */
static bool refuse(Ctx *c, Op op, const char *what)
{
    ctx_error(c, LBZ_SYNTAX, op_info(op)->usage, "%s", what);
    return false;
}

static bool put_axis(Ctx *c, Op op, Str *s, const Node *a)
{
    int64_t k;
    if (!ex_get_int(a, &k))
        return refuse(c, op, "an axis is a whole number");
    if (k == 0 || k > SHAPE_RANK || k < -SHAPE_RANK) {
        ctx_error(c, LBZ_SHAPE, "axes are counted from 1, or from the last by -1, -2 ...",
                  "axis %lld does not exist", (long long)k);
        return false;
    }
    str_printf(s, "%s%lld", s->n ? "," : "", (long long)k);
    return true;
}

static bool write_axes(Ctx *c, Op op, Str *s, const Node *a)
{
    if (!ex_is(a, OP_LIST))
        return put_axis(c, op, s, a);
    if (!a->n || (a->n > 1 && !(op_info(op)->flags & AXES)))
        return refuse(c, op, a->n ? "this works along one axis" : "no axis is named");
    for (uint32_t i = 0; i < a->n; i++)
        if (!put_axis(c, op, s, a->a[i]))
            return false;
    return true;
}

static bool is_word(const Node *a, const char *word)
{
    return ex_is(a, OP_SYM) && strcmp(a->name, word) == 0;
}

static bool write_value(Ctx *c, Op op, int which, Str *s, const Node *a)
{
    bool yes = ex_is(a, OP_TRUE) || is_word(a, "yes");
    switch (known[which].kind) {
    case KIND_AXES: return write_axes(c, op, s, a);
    case KIND_NUMBER:
        if (a == c->inf)
            str_puts(s, "inf");
        else if (ex_is_num(a) && num_sgn(a->num) >= 0)
            num_print(s, a->num);
        else
            return refuse(c, op, "a number from 0 on is expected here");
        return true;
    default:
        if (!yes && !ex_is(a, OP_FALSE) && !is_word(a, "no"))
            return refuse(c, op, "yes or no is expected here");
        str_puts(s, yes ? "yes" : "");
        return true;
    }
}

const char *attr_write(Ctx *c, Op op, size_t n, const Attribute *given)
{
    const char *text = NULL;
    for (size_t i = 0; i < n && !ctx_failed(c); i++) {
        Str s = {0};
        size_t len;
        int k = find_known(op, given[i].name, given[i].n);
        if (k < 0)
            ctx_error(c, LBZ_SYNTAX, op_info(op)->usage, "%s has no argument named %.*s",
                      op_info(op)->name, (int)given[i].n, given[i].name);
        else if (value_of(text, known[k].name, &len))
            ctx_error(c, LBZ_SYNTAX, NULL, "%s is given twice", known[k].name);
        else if (write_value(c, op, k, &s, given[i].value) && s.n)
            text = attr_with(c, text, known[k].name, str_cstr(&s));
        str_free(&s);
    }
    return ctx_failed(c) ? NULL : text;
}

/* ---- by the rank ---------------------------------------------------------------------- */
/* Are all named axes there, and none twice? */
static bool axes_exist(Ctx *c, const char *text, unsigned rank)
{
    size_t n;
    unsigned set = 0;
    const char *s = value_of(text, "axis", &n), *end = s + n;
    while (s < end) {
        long k = next_axis(&s), i = k < 0 ? k + (long)rank : k - 1;
        if (i < 0 || i >= (long)rank) {
            ctx_error(c, LBZ_SHAPE,
                      rank ? "axes are counted from 1, or from the last by -1, -2 ..."
                           : NULL,
                      rank == 1   ? "axis %ld does not exist: a vector has one axis"
                      : rank == 0 ? "axis %ld does not exist: a number has no axes"
                                  : "axis %ld does not exist: there are %u axes",
                      k, rank);
            return false;
        }
        if (set >> i & 1) {
            ctx_error(c, LBZ_SHAPE, NULL, "axis %ld is named twice", k);
            return false;
        }
        set |= 1u << i;
    }
    return true;
}

const char *attr_normal(Ctx *c, Op op, const char *text, unsigned rank)
{
    size_t n;
    unsigned flags = op_info(op)->flags, axes;
    Str s = {0};
    bool named = value_of(text, "axis", &n) != NULL;
    if (named && !axes_exist(c, text, rank))
        return NULL;
    axes = attr_axes(text, rank);
    if (named && !(flags & AXES) && axes & (axes - 1)) {
        ctx_error(c, LBZ_SHAPE, NULL, "%s works along one axis", op_info(op)->name);
        return NULL;
    }
    if (!named && (!rank || flags & AXES))
        return text;
    if (!named)
        axes = flags & AXIS_LAST ? 1u << (rank - 1) : 1;
    if (!named && rank > 1 && flags & AXIS_LAST)
        ctx_note(c, "%s goes along the last axis, as axis=%u does", op_info(op)->name,
                 rank);
    bool all = flags & AXES && axes == (1u << rank) - 1;
    put_axes(&s, axes, rank);
    text = attr_with(c, text, "axis", all ? NULL : str_cstr(&s));
    str_free(&s);
    return text;
}
