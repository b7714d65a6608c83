/* print/graph.c - the DAG itself, as an indented tree or as DOT text.
 *
 * Both show each node once and number nodes in the order in which a reader meets them, so
 * the output depends on content only. Indentation stops growing at a depth, so that the
 * text stays linear in the number of edges.
 */
#include "expr/shape.h"
#include "print/print.h"
#include "print/form.h"

enum { MAX_INDENT = 40 };

static bool is_leaf(const Node *n)
{
    return n->op == OP_NUM || n->op == OP_SYM || n->op == OP_CONST ||
           n->op == OP_STRING || n->n == 0;
}

/* An unknown function's name with what was differentiated: f', f^(4), f_1_2. */
static void put_apply(Str *out, const Ctx *c, const Node *n)
{
    uint32_t k = n->n / 2;
    int64_t d;

    str_puts(out, sym_name(c, n->sym));
    for (uint32_t i = 0; i < k; i++) {
        if (!ex_get_int(n->a[k + i], &d) || d == 0)
            continue;
        if (k == 1 && d <= 3)
            str_put(out, "'''", (size_t)d);
        else
            str_printf(out, k == 1 ? "^(%lld)" : "_%lld",
                       (long long)(k == 1 ? d : i + 1));
        if (k > 1 && d > 1)
            str_printf(out, "^%lld", (long long)d);
    }
}

/* sum axis=-1, ab,bc->ac, ' */
static void put_row_label(Str *out, const Node *n)
{
    const char *name = n->op == OP_ROW         ? "'"
                       : n->op == OP_MATMUL    ? "*"
                       : n->op == OP_MATPOW    ? "^"
                       : n->op == OP_BROADCAST ? "broadcast"
                                               : op_info((Op)n->op)->name;

    str_puts(out, name);
    if (op_is_tensor((Op)n->op) && n->name)
        str_printf(out, "%s%s", *name ? " " : "", n->name);
}

static void put_label(Ctx *c, Str *out, Node *n)
{
    static const struct {
        uint16_t op;
        const char *text;
    } sign[] = {
        {OP_ADD, "+"},     {OP_SCALE, "*"},    {OP_MUL, "*"},   {OP_POW, "^"},
        {OP_LT, "<"},      {OP_LE, "<="},      {OP_EQ, "=="},   {OP_NE, "!="},
        {OP_AND, "and"},   {OP_OR, "or"},      {OP_NOT, "not"}, {OP_IF, "if"},
        {OP_RANGE, ":"},   {OP_SEQUENCE, ":"}, {OP_INT, "int"}, {OP_SUM, "sum"},
        {OP_PROD, "prod"}, {OP_LIST, "list"},
    };

    for (size_t i = 0; i < sizeof(sign) / sizeof(*sign); i++)
        if (sign[i].op == n->op && n->n > 0) {
            str_puts(out, sign[i].text);
            return;
        }
    if (n->op == OP_APPLY)
        put_apply(out, c, n);
    else if (is_leaf(n))
        print_plain(c, out, n);
    else
        put_row_label(out, n);
}

/* The children that are shown: of unknown functions the arguments only. */
static uint32_t shown_children(const Node *n)
{
    return is_leaf(n) ? 0 : n->op == OP_APPLY ? n->n / 2 : n->n;
}

typedef struct {
    Ctx *c;
    Str *out;
    Node **order;
    size_t n;
    Map index;
    uint32_t *uses, *number;
    uint32_t next;
} Graph;

static size_t place_of_node(const Graph *g, const Node *n)
{
    uint64_t v;

    return map_get(&g->index, n->id, &v) ? (size_t)v : 0;
}

static bool graph_init(Graph *g, Ctx *c, Str *out, Node *root)
{
    *g = (Graph){.c = c, .out = out};
    g->order = ex_walk(c, 1, &root, &g->n);
    if (!g->order)
        return false;
    map_init(&g->index, &c->tmp);
    g->uses = ARENA_NEW0(&c->tmp, uint32_t, g->n);
    g->number = ARENA_NEW0(&c->tmp, uint32_t, g->n);
    if (!g->uses || !g->number)
        return false;
    for (size_t i = 0; i < g->n; i++) {
        Node *n = g->order[i];
        map_put(&g->index, n->id, i);
        for (uint32_t k = 0; k < shown_children(n); k++)
            g->uses[place_of_node(g, n->a[k])]++;
    }
    return !ctx_failed(c);
}

typedef struct {
    Node *n;
    uint32_t depth;
} Row;

/* One line; true when the children are to follow. */
static bool tree_row(Graph *g, Row r)
{
    size_t i = place_of_node(g, r.n);
    bool label = g->uses[i] > 1 && !is_leaf(r.n), again = label && g->number[i];

    for (uint32_t k = 0; k < r.depth && k < MAX_INDENT; k++)
        str_puts(g->out, "  ");
    if (r.depth > MAX_INDENT)
        str_printf(g->out, "(depth %u) ", (unsigned)r.depth);
    if (again) {
        str_printf(g->out, "#%u\n", (unsigned)g->number[i]);
        return false;
    }
    put_label(g->c, g->out, r.n);
    if (label)
        str_printf(g->out, "  #%u", (unsigned)(g->number[i] = ++g->next));
    str_putc(g->out, '\n');
    return true;
}

static void tree_rows(Graph *g, Node *root)
{
    /* every edge is pushed at most once: of nodes that are printed, not of their repeats
     */
    size_t edges = 1, n = 0;
    Row *st;

    for (size_t i = 0; i < g->n; i++)
        edges += shown_children(g->order[i]);
    st = ARENA_NEW(&g->c->tmp, Row, edges);
    if (!st)
        return;
    st[n++] = (Row){root, 0};
    while (n > 0 && !ctx_poll(g->c)) {
        Row r = st[--n];
        if (tree_row(g, r))
            for (uint32_t k = shown_children(r.n); k-- > 0;)
                st[n++] = (Row){r.n->a[k], r.depth + 1};
    }
}

void print_tree(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Graph g;

    if (graph_init(&g, c, out, n))
        tree_rows(&g, n);
    arena_release(&c->tmp, m);
}

/* ---- DOT
 * ------------------------------------------------------------------------------- */

static void dot_label(Graph *g, Node *n)
{
    Str s = {0};

    put_label(g->c, &s, n);
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '"' || s.s[i] == '\\')
            str_putc(g->out, '\\');
        str_putc(g->out, s.s[i]);
    }
    str_free(&s);
}

static void dot_node(Graph *g, size_t i)
{
    Node *n = g->order[i];
    unsigned id = (unsigned)(g->n - 1 - i);

    str_printf(g->out, "  n%u [label=\"", id);
    dot_label(g, n);
    str_puts(g->out, is_leaf(n) ? "\", shape=box];\n" : "\"];\n");
    for (uint32_t k = 0; k < shown_children(n); k++) {
        str_printf(g->out, "  n%u -> n%u", id,
                   (unsigned)(g->n - 1 - place_of_node(g, n->a[k])));
        if (shape_is_tensor(n->a[k]->shape)) {
            str_puts(g->out, " [label=\"");
            shape_print(g->c, g->out, n->a[k]->shape);
            str_puts(g->out, "\"]");
        }
        str_puts(g->out, ";\n");
    }
}

void print_dot(Ctx *c, Str *out, Node *n)
{
    ArenaMark m = arena_mark(&c->tmp);
    Graph g;

    if (graph_init(&g, c, out, n)) {
        str_puts(out, "digraph leibniz {\n  ordering=out;\n  node [shape=ellipse];\n");
        for (size_t i = g.n; i-- > 0 && !ctx_poll(c);)
            if (g.uses[i] > 0 || i + 1 == g.n)
                dot_node(&g, i);
        str_puts(out, "}\n");
    }
    arena_release(&c->tmp, m);
}
