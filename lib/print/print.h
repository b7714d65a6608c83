/* print/print.h - nodes to text: plain, LaTeX, two dimensions, trees, graphs.
 *
 * Invariant: what is printed, and in which order, depends on content only; plain text can be typed
 * back in and gives the same node; no recursion, and no more text is made than is printed.
 * Owners: texts go to the caller's Str; forms and boxes live in the tmp arena until print returns.
 * May use: base, number, table, tensor, expr.
 * Files: form.[ch] (how a node is shown, for all printers) with leaf.c (what is shown as it
 * stands), matrix.c (contractions in matrix notation), indexed.[ch] (others by their elements), order.c (the order of terms and factors) and
 * names.c (Greek letters, subscripts);
 * emit.c (forms to text by a stack), plain.c, latex.c, pretty.c on box.[ch] with break.c (two dimensions), rows.c (matrices), tensor.c (arrays of numbers),
 * graph.c (trees, DOT), share.c (names for common subexpressions).
 */
#ifndef LBZ_PRINT_H
#define LBZ_PRINT_H

#include "expr/expr.h"

void print_plain(Ctx *c, Str *out, Node *n);
void print_latex(Ctx *c, Str *out, Node *n);
/* The text of a number: 1.5e-12, and 1e-12 as a power of ten alone. */
void print_latex_number(Str *out, const char *text, size_t len);
/* two-dimensional, lines separated by '\n' */
void print_pretty(Ctx *c, Str *out, Node *n);
void print_pretty_ascii(Ctx *c, Str *out, Node *n);
/* A list of rows of equal length, elements that are no lists; and such a one row by row. */
bool print_is_matrix(const Node *n);
void print_rows(Ctx *c, Str *out, Node *n);
/* An array of numbers: all of it (dots NULL), or its corners; in one line, or in rows. */
void print_tensor(Str *out, const Tensor *t, const char *dots, bool rows);
void print_element(Str *out, const Tensor *t, size_t i);
/* Is all of it at most so long? Cost: at most that. */
bool print_tensor_fits(const Tensor *t, size_t most);
int print_width(void);                      /* columns of the terminal, by $COLUMNS */
void print_tree(Ctx *c, Str *out, Node *n); /* the DAG, indented; shared nodes once */
void print_dot(Ctx *c, Str *out, Node *n);  /* Graphviz */
/* Plain text of at most max characters; a longer result is printed in shared form,
 * "t1 = ...; t2 = ...; <expr in t1, t2>" (which types back in): true then. Never builds
 * more text than it prints, however large the tree. */
bool print_limited(Ctx *c, Str *out, Node *n, size_t max);
/* Length of the plain text, without making it; capped at cap. Cost: the distinct nodes.
 */
/* Plain text for messages: at most max bytes of it, "..." where it is cut. */
void print_brief(Ctx *c, Str *out, Node *n, size_t max);
double print_length(Ctx *c, Node *n);
/* Common subexpressions: names t1 ... and the expressions they stand for, in an order in
 * which each uses earlier ones only; in the statement pool. Used by cse and
 * print_limited. */
size_t print_share(Ctx *c, size_t nroots, Node **roots, uint32_t **names, Node ***defs);
/* The names that are Greek letters on paper, and these; NULL behind the last. */
const char *print_greek_name(size_t i, const char **letter);

#endif
