/* table/table.c - the arrays that are generated from ops.def, and names.
 *
 * Names are found by one comparison chain for each first letter: the compiler drops from the
 * chain of a letter all names that begin otherwise, so a search costs some ten comparisons of a
 * machine word, without an index that would have to be built when the program starts.
 */
#include "table/table.h"

/* A partial without a formula: its text is empty. */
#define UNKNOWN
#define TEXT(...) #__VA_ARGS__
#define TEXT_EXPANDED(...) TEXT(__VA_ARGS__)

static const OpInfo infos[OP_COUNT] = {
    [OP_POISON] = {.name = "poison"},
    [OP_NUM] = {.name = "num"},
    [OP_CONST] = {.name = "const"},
    [OP_SYM] = {.name = "sym"},
    [OP_ADD] = {.name = "+"},
    [OP_SCALE] = {.name = "*"},
    [OP_MUL] = {.name = "*"},
    [OP_POW] = {.name = "^"},
    [OP_APPLY] = {.name = "apply"},
    [OP_LIST] = {.name = "list"},
    [OP_IF] = {.name = "if"},
    [OP_LT] = {.name = "<"},
    [OP_LE] = {.name = "<="},
    [OP_EQ] = {.name = "=="},
    [OP_NE] = {.name = "!="},
    [OP_AND] = {.name = "and"},
    [OP_OR] = {.name = "or"},
    [OP_NOT] = {.name = "not"},
    [OP_TRUE] = {.name = "true"},
    [OP_FALSE] = {.name = "false"},
    /* clang-format off */
    [OP_INT] = {.name = "int", .min_args = 4, .max_args = 4, .args = "e, t, a, b",
                .usage = "int(e, t, a, b)", .help = "definite integral of e for t from a to b"},
    [OP_SUM] = {.name = "sum", .min_args = 4, .max_args = 4, .args = "e, k, a, b",
                .usage = "sum(e, k, a, b)", .help = "sum of e for k = a, a + 1, ... b"},
    [OP_PROD] = {.name = "prod", .min_args = 4, .max_args = 4, .args = "e, k, a, b",
                 .usage = "prod(e, k, a, b)", .help = "product of e for k = a, a + 1, ... b"},
    [OP_RANGE] = {.name = "range"},
    [OP_STRING] = {.name = "string"},
    [OP_DATA] = {.name = "data"},
    [OP_FIRST_STRUCTURAL] = {.name = ""},
    [OP_FIRST_TENSOR] = {.name = ""},
    [OP_FIRST_FUNCTION] = {.name = ""},
#define S(id, nm, fl, lo, hi, how, hlp)                                                     \
    [OP_##id] = {.name = nm, .flags = fl, .min_args = lo, .max_args = hi, .usage = how,     \
                 .help = hlp},
#define T(id, nm, nums, lo, hi, shp, exct, jv, vj, rn, tex, how, hlp)                             \
    [OP_##id] = {.name = nm, .flags = nums, .min_args = lo, .max_args = hi, .jvp = jv, .vjp = vj,          \
                 .latex = tex, .usage = how, .help = hlp},
#define F1(id, nm, fl, v, dx, ball, tex, dom, hlp)                                          \
    [OP_##id] = {.name = nm, .min_args = 1, .max_args = 1, .flags = fl, .args = "x",        \
                 .value = TEXT(v), .partial = {TEXT_EXPANDED(dx), NULL, NULL},              \
                 .latex = tex, .domain = dom, .usage = nm "(x)", .help = hlp},
#define F2(id, nm, ar, fl, v, dx, dy, ball, tex, dom, hlp)                                  \
    [OP_##id] = {.name = nm, .min_args = 2, .max_args = 2, .flags = fl, .args = ar,         \
                 .value = TEXT(v),                                                          \
                 .partial = {TEXT_EXPANDED(dx), TEXT_EXPANDED(dy), NULL},                   \
                 .latex = tex, .domain = dom, .usage = nm "(" ar ")", .help = hlp},
#define F3(id, nm, ar, fl, v, dx, dy, dz, ball, tex, dom, hlp)                              \
    [OP_##id] = {.name = nm, .min_args = 3, .max_args = 3, .flags = fl, .args = ar,         \
                 .value = TEXT(v),                                                          \
                 .partial = {TEXT_EXPANDED(dx), TEXT_EXPANDED(dy), TEXT_EXPANDED(dz)},      \
                 .latex = tex, .domain = dom, .usage = nm "(" ar ")", .help = hlp},
#define P1(...)
#define P2(...)
#define A(...)
#define C(...)
#include "ops.def"
};
/* clang-format on */

const OpInfo *op_info(Op op) { return &infos[op < OP_COUNT ? op : OP_POISON]; }

bool op_is_typed(Op op)
{
    const char *name = op_info(op)->name;
    return *name && !strchr(name, '[');
}

/* ---- commands and synonyms */
enum { READS, BARRIER, OPEN };
static const CommandInfo commands[] = {
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(run, nm, changes, how, hlp) {nm, how, hlp, changes != READS, changes == OPEN},
#include "ops.def"
};

static const struct {
    const char *name;
    Op op;
} synonyms[] = {
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(syn, id) {#syn, OP_##id},
#define C(...)
#include "ops.def"
};

#define LENGTH(a) (sizeof(a) / sizeof(a)[0])

size_t command_count(void) { return LENGTH(commands); }
const CommandInfo *command_at(size_t i)
{
    return i < LENGTH(commands) ? &commands[i] : NULL;
}
size_t synonym_count(void) { return LENGTH(synonyms); }

void synonym_at(size_t i, const char **name, Op *op)
{
    *name = synonyms[i].name;
    *op = synonyms[i].op;
}

/* `length` is a constant after inlining, so only the commands of that length remain. */
static inline __attribute__((always_inline)) const CommandInfo *command_of_length(
    size_t length, const char *s)
{
    size_t i = 0;
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(run, nm, ...)                                               \
    if (length == sizeof nm - 1 && memcmp(s, nm, sizeof nm - 1) == 0) \
        return &commands[i];                                          \
    i++;
#include "ops.def"
    return (void)i, NULL;
}

const CommandInfo *command_find(const char *name, size_t n)
{
    switch (n) {
    case 1: return command_of_length(1, name);
    case 2: return command_of_length(2, name);
    case 3: return command_of_length(3, name);
    case 4: return command_of_length(4, name);
    case 5: return command_of_length(5, name);
    case 6: return command_of_length(6, name);
    case 7: return command_of_length(7, name);
    case 8: return command_of_length(8, name);
    case 9: return command_of_length(9, name);
    case 10: return command_of_length(10, name);
    default: return command_of_length(n, name);
    }
}

/* ---- names */
enum { ANY_COUNT = -1 };

static bool takes_arguments(Op op, long argc)
{
    const OpInfo *f = &infos[op];
    if (argc == ANY_COUNT)
        return true;
    return argc >= (long)f->min_args &&
           (argc <= (long)f->max_args || (f->flags & FOLDS) != 0);
}

/* The row with the name s[0..n), which begins with `first`; argc arguments. `first` is a
 * constant after inlining, so only the names with that letter remain. */
static inline __attribute__((always_inline)) Op find_in(char first, const char *s,
                                                        size_t n, long argc)
{
#define TRY(nm, op)                                                                  \
    if (nm[0] == first && n == sizeof nm - 1 && memcmp(s, nm, sizeof nm - 1) == 0 && \
        takes_arguments(op, argc))                                                   \
        return op;
#define FUNCTION(id, nm, ...) TRY(nm, OP_##id) TRY(#id, OP_##id)
#define S(id, nm, ...) TRY(nm, OP_##id)
#define T(id, nm, ...) TRY(nm, OP_##id)
#define F1 FUNCTION
#define F2 FUNCTION
#define F3 FUNCTION
#define P1(...)
#define P2(...)
#define A(syn, id) TRY(#syn, OP_##id)
#define C(...)
#include "ops.def"
    return OP_POISON;
}

static Op find_name(const char *s, size_t n, long argc)
{
    if (n == 0)
        return OP_POISON;
    switch (s[0]) {
/* clang-format off */
#define L(c) case c: return find_in(c, s, n, argc);
    L('a') L('b') L('c') L('d') L('e') L('f') L('g') L('h') L('i') L('j') L('k') L('l') L('m')
    L('n') L('o') L('p') L('q') L('r') L('s') L('t') L('u') L('v') L('w') L('x') L('y') L('z')
    L('A') L('B') L('C') L('D') L('E') L('F') L('G') L('H') L('I') L('J') L('K') L('L') L('M')
    L('N') L('O') L('P') L('Q') L('R') L('S') L('T') L('U') L('V') L('W') L('X') L('Y') L('Z')
#undef L
            /* clang-format on */
            default : return OP_POISON;
    }
}

Op op_find(const char *name, size_t n) { return find_name(name, n, ANY_COUNT); }

Op op_find_n(const char *name, size_t n, size_t argc)
{
    return find_name(name, n, argc < 1 << 20 ? (long)argc : 1 << 20);
}

const char *op_word(const char *text, size_t *n)
{
    size_t k = 0;
    while ((text[k] | 32) >= 'a' && (text[k] | 32) <= 'z')
        for (k++; text[k] == '_' || (text[k] >= '0' && text[k] <= '9'); k++)
            continue;
    Op op = k > 1 ? op_find(text, k) : OP_POISON;
    *n = k;
    return op == OP_POISON ? NULL : op_info(op)->name;
}
