/* parse/parse.h - text to statements whose expressions are nodes, in two steps: text to a tree in
 * written order (tree.h), tree to nodes.
 *
 * What the text asks to be carried out (derivatives, substitution, expand ...) is left in the nodes
 * as structural operators of ops.def; eval carries it out. Invariant: one pass over the tokens, one
 * over the tree, no recursion on user data, and every error has the place it is about.
 * Owners: statements, spans, trees and nodes live in the statement pool, tokens and stacks in the
 * tmp arena. May use: base, number, table, expr.
 * Files, first step: lex.[ch] (text to tokens), parse.c (stacks, items, operands), infix.c
 * (operators, brackets), beside.c (operands side by side), index.c (what stands in an index), name.c (what a name means), joined.c
 * (names run together), foreign.c (names of other systems), apply.c (functions without parentheses),
 * call.c (argument lists), derivative.c (d/dx in all spellings), reduce.c (frames to items), sign.c and error.c (what
 * is wrong, in a sentence), internal.h (the machine they share). Second step: tree.h, build.[ch] (the
 * loop; operators), build_call.c (calls, derivatives), build_index.c (indices, ranges), build_map.c. Around both: statement.c (lines, commands,
 * definitions). parse, infix, beside, name, apply, call, derivative and reduce are one circle: they are one
 * machine, cut by what is read; each puts values on the stack of parse.c, which calls the reader that
 * is due. build and build_call are another: the loop calls the makers, they its stack.
 */
#ifndef LBZ_PARSE_H
#define LBZ_PARSE_H

#include "expr/expr.h"
#include "parse/tree.h"

typedef enum {
    ST_EMPTY,
    ST_EXPR,     /* expr */
    ST_DEFINE,   /* sym = expr */
    ST_ASSIGN,   /* sym := expr */
    ST_FUNCTION, /* sym(params) = expr, or = { statements }: then expr is NULL and body
                  * the text between the braces */
    ST_UNPACK,   /* [params] = expr, or := where sym is 1; body: the text of expr */
    ST_COMMAND   /* command args */
} StmtKind;

typedef struct {
    StmtKind kind;
    Span span;
    Span name; /* of what is defined, or of the command word */
    uint32_t sym;
    uint32_t *params; /* in the statement pool */
    size_t nparams;
    Node *expr;
    Span body;
    const CommandInfo *command;
    Span args; /* ST_COMMAND: the text after the word, up to ';' or end of line */
} Stmt;

typedef enum { NAME_FREE, NAME_VARIABLE, NAME_FUNCTION } NameKind;

typedef struct {
    bool strict; /* ambiguous readings are errors */
    bool open;   /* a descent is open: its words are commands */
    /* What a name is to the user; may be NULL. */
    NameKind (*lookup)(void *arg, const char *name, size_t n);
    /* The k-th last result (k = 1: the last), or the k-th of the session when k < 0 (%3
     * is -3); poison with an error when there is none. May be NULL. */
    Node *(*result)(void *arg, long k);
    /* How many definitions there are, or NULL; and of one of them: the parameters of a function, what
     * another mentions; their number. */
    const size_t *defined;
    size_t (*about)(void *arg, const char *name, size_t n, const uint32_t **names);
    /* Is the name bound around the text, as a parameter is? May be NULL. */
    bool (*bound)(void *arg, const char *name, size_t n);
    void *arg;
    /* The shape of what a name stands for; NULL: all are numbers. */
    uint32_t (*shape)(void *arg, uint32_t sym);
    Node *(*value)(void *arg,
                   Node *n); /* what it comes to now; may be NULL, or give it */
    const ShapeScope *scope; /* names that have other shapes here; may be NULL */
} ParseEnv;

typedef struct {
    Stmt *stmts; /* in the statement pool */
    size_t n;
    Map spans;    /* id of a structural node -> pos << 32 | len */
    Map names;    /* symbol -> NameKind: what statements of this line define */
    Reading made; /* the expression read last */
} Parsed;

/* Empty, in the statement pool; parse_line does it. */
void parsed_init(Ctx *c, Parsed *out);

/* Parses a whole input line (or several). False with the error in c->env.err: INCOMPLETE
 * when the text stops in the middle, SYNTAX, NAME ... Spans are byte offsets into text.
 */
bool parse_line(Ctx *c, const ParseEnv *pe, const char *text, size_t n, Parsed *out);

/* One statement from *at on; *at becomes the offset where the next one begins, n at the
 * end. For callers that carry out each statement before they read the next (% and names
 * mean what they mean then); out gathers spans and names. NUL bytes and invalid UTF-8
 * outside comments and command texts are errors here, too. */
bool parse_statement(Ctx *c, const ParseEnv *pe, const char *text, size_t n, size_t *at,
                     Parsed *out, Stmt *st);

/* Parses the expression in text[from, to) and nothing else; spans count from text. */
Node *parse_expr(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 Parsed *spans);
/* As far as the expression goes; *end gets the offset of the first byte not used. Outside
 * brackets it stops before `at`, `on`, `in`, `for`, `wrt`, `along`, `tol`, '=', ',' ...
 * (commands: `forward E at x=1 along (1,0)`). */
Node *parse_prefix(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                   size_t *end, Parsed *spans);
/* The same, and stops before == outside brackets: the sides of `check A == B on x in
 * 0:1`. */
Node *parse_side(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 size_t *end, Parsed *spans);
/* `name = expr, name = expr ...` after at; stops like parse_prefix. False on error. */
bool parse_binds(Ctx *c, const ParseEnv *pe, const char *text, size_t from, size_t to,
                 size_t *end, uint32_t **syms, Node ***values, size_t *count);

/* What a name of another system is answered with, as "write N(e)"; NULL: it is none. */
const char *parse_foreign(const char *name, size_t n);
size_t parse_foreign_count(void);
const char *parse_foreign_at(size_t i, const char **answer);

/* "a*x+1": text of our own (table rows, tests), no session around it. */
Node *parse_text(Ctx *c, const char *text);

#endif
