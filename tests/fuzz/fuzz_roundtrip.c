/* fuzz_roundtrip.c - any bytes, taken as lines of expressions: each, its derivative and the simplified
 * derivative are printed and read again. What is read back is the same node; where it is not, the
 * difference must not be provably other than zero.
 */
#include "diff/diff.h"
#include "parse/parse.h"
#include "print/print.h"
#include "simplify/simplify.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 32768, MAX_TEXT = 100000 };

/* Prints and reads n. Both must agree, unless the text is too long or a limit was met. */
static void round_trip(Ctx *c, Node *n)
{
    Str text = {0};

    if (ctx_failed(c) || n->flags & (NF_POISON | NF_STRUCTURAL))
        return;
    if (print_length(c, n) > MAX_TEXT)
        return;
    print_plain(c, &text, n);
    Node *back = parse_text(c, str_cstr(&text));
    bool limited = c->env.err.status == LBZ_LIMIT;
    if (back != n && !limited) {
        if (ctx_failed(c) || prove_zero(c, ex_sub(c, back, n)) == PROOF_NO) {
            fprintf(stderr, "printed: %s\n%s\n", str_cstr(&text), c->env.err.message);
            abort();
        }
    }
    str_free(&text);
}

static void check_statement(Ctx *c, const Stmt *st)
{
    if (st->kind != ST_EXPR || !st->expr || st->expr->op == OP_LIST)
        return;
    round_trip(c, st->expr);
    if (ctx_failed(c) || st->expr->flags & NF_STRUCTURAL)
        return;
    Node *d = diff(c, st->expr, sym_intern(c, "x", 1));
    round_trip(c, d);
    if (!ctx_failed(c))
        round_trip(c, simplify(c, d, SIMPLIFY_FULL));
}

static void check_line(Ctx *c, const char *line, size_t n)
{
    static const ParseEnv plain;
    Parsed p;

    ctx_begin_statement(c);
    if (parse_line(c, &plain, line, n, &p))
        for (size_t i = 0; i < p.n && !ctx_failed(c); i++)
            check_statement(c, &p.stmts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data, *end = p + size;
    Ctx *c = size <= MAX_BYTES ? ctx_new() : NULL;

    while (c && p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((nl ? nl : end) - p);
        check_line(c, p, n);
        p += n + (nl != NULL);
    }
    if (c)
        ctx_free(c);
    return 0;
}
