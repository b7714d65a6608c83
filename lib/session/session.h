/* session/session.h - names, definitions, settings and results: what lives from line to line.
 *
 * Invariant: definitions change only when the whole statement succeeded.
 * Owners: a session owns its context, its definitions (struct def of eval.h, their bodies in the
 * context's session pool) and the texts of the last result.
 * May use: base, number, table, expr, parse, print, ball, diff, simplify, eval,
 * program, point, procedure.
 * Files: session.c (the life of a session), definitions.c (definitions, assumptions), declare.c (names with shapes), undo.c,
 * rebuild.c (the context made anew), settings.[ch], result.c (nodes to lbz_result), place.c (where
 * a node was typed), numeric.c (accumulation by `set mode`, dual numbers), arguments.c (pieces of a
 * command's text), barrier.c (lines that a parallel run waits for), files.c, arrays.c (arrays in files), descent.[ch] (the open one) with objective.[ch] (its formula, compiled), procedure.[ch] with procedure_call.c,
 * procedure_at.c and procedure_point.c (functions made of statements). All but numeric, place,
 * rebuild, settings, barrier and procedure_point are one circle: the options for evaluation lead to
 * calls of procedures, which are evaluated with these options.
 */
#ifndef LBZ_SESSION_H
#define LBZ_SESSION_H

#include "point/point.h"
#include "eval/eval.h"
#include "session/settings.h"

/* What undo takes back and redo makes again: the other state of a thing that a statement
 * changed. */
typedef enum { CHANGE_DEFINITION, CHANGE_ASSUMPTION, CHANGE_SETTING } ChangeKind;
/* What is known of a name besides what it stands for. */
typedef struct {
    uint8_t assume; /* S_... */
    bool declared;
    uint8_t structure; /* SYM_... */
    uint32_t shape;
} NameFacts;
typedef struct change {
    struct change *older;
    uint64_t statement; /* changes of one statement are taken back together */
    ChangeKind kind;
    uint32_t sym; /* or the setting's id */
    Def *def;     /* NULL: it was undefined */
    NameFacts facts;
    char text[24];
} Change;

enum { RESULTS_KEPT = 1000, RESULT_TEXT_MAX = 4096, UNDO_LEVELS = 200 };

typedef struct {
    char *text; /* what % stands for; NULL: too long, see session's large result */
    char *input;
    Node *data; /* instead of text: an array, in the session pool */
} Kept;

/* The texts of the result under way; they live until the next line. */
typedef struct {
    lbz_kind kind;
    Str text, latex, pretty, approx, shown, number_text, at_value, latex_shown;
    bool has_latex, has_pretty, has_approx, has_shown, has_number, has_at_value;
    bool cleared; /* nothing was put since answer_clear */
    double number;
    lbz_verdict verdict;
    const char *proof, *mode;
    Str constant; /* by which the sides of a check differ; empty: none */
    Str at;       /* where they do: names and numbers by turns, each ended by a NUL ... */
    Str lhs, rhs; /* ... and what they are there */
    unsigned long index;
    const char *state; /* of a descent, NULL: none */
    bool missed;
    unsigned long k;
    double gnorm;
    size_t ngrad;
    const char **grad_name; /* one block, with the names behind it */
    double *grad;
    Str trace, cells; /* of a trace: JSON, and a table; empty: none */
    size_t columns;
    Tensor tensor, numbers; /* an array, and the same in float64; {0}: it is none */
    bool row;               /* the transpose of it */
    const char *dtype;
    size_t shape[LBZ_RANK_MAX + 1];
    bool cut, cut_value; /* text, at_value show the corners of an array only */
    Str notes;           /* each ended by a NUL */
    size_t nnotes;
    const char **note_list;
    Err err;
    size_t err_base; /* where the text that err.span counts from begins */
} Answer;

/* The expression text[at], in which the names own[] stand for nothing but themselves. */
typedef struct {
    const char *text;
    Span at;
    const uint32_t *own;
    size_t nown;
    bool keep_calls; /* calls of functions made of statements stay as they are in it */
    const uint32_t *sub; /* names that have been replaced in it ... */
    Node *const *by;     /* ... by these */
    size_t nsub;
    Reading made; /* the nodes that were made of it */
} ExpressionText;

struct lbz_session {
    Ctx *c;
    Names names;
    Settings set;
    uint64_t serial, statement;
    Change *undo, *redo; /* newest first */
    size_t nchanges;     /* in both */
    Kept kept[RESULTS_KEPT];
    unsigned long nresults;
    Node *large;               /* the last result whose text was too long to keep ... */
    unsigned long large_index; /* ... and its number */
    Answer ans;
    bool used_result; /* the statement being parsed reads % */
    bool rebuild_due; /* assumptions changed: facts in nodes are out of date */
    bool remake_due;  /* ... and some may not hold any longer */
    size_t nodes_after_rebuild, data_after_sweep, ndata_after_sweep;
    bool any_shape;    /* some name has stood for a tensor */
    bool any_symbolic; /* ... and some has been declared with sizes that are names */
    const ShapeScope *scope; /* names with other shapes in what is read now; or NULL */
    SymList
        reshaped; /* names whose shapes changed: what mentions them is to be read again */
    unsigned load_depth;
    lbz_files *files; /* what load read, to be kept or followed; NULL: for itself only */
    size_t next_file; /* the one that a session which follows takes next */
    bool follows;
    bool timing;
    bool told_float64;    /* that long decimals are stored so */
    bool keep_calls;      /* calls of functions made of statements stay as they are */
    ExpressionText place; /* what is being evaluated, for errors; text NULL: not known */
    Map procedures;       /* those that the present statement has read, by symbol */
    unsigned slopes;      /* derivatives of functions inside one another, under way */
    Err no_formula;       /* why a call of one was left as it is */
    bool any_by_value;    /* some formula has been read by the values of names */
    bool any_gradient;    /* some x.grad has been defined */
    SymList watched; /* names that backward differentiates by; empty: all with values */
    struct open_descent *descent; /* the one that is open, or NULL */
};

/* ---- session.c: statements */
ParseEnv session_parse_env(lbz_session *s);
EvalOptions session_eval_options(const lbz_session *s);
/* Where a ';' outside brackets and comments ends the statement at `from`; n: nowhere. */
size_t session_statement_end(const char *text, size_t n, size_t from);
void session_note(lbz_session *s, const char *text);

/* ---- place.c: where in s->place the node about, or what it was made from, was typed.
 * False: it is not known. The error under way, if any, stays as it is. */
bool session_place(lbz_session *s, const Node *about, Span *at);
/* Points the error under way at what it is about. */
void session_place_error(lbz_session *s);
/* "exp(800) in exp(x)": value v of a's program, and what stands for it in the text. */
const Node *session_describe(lbz_session *s, const Accum *a, uint32_t v, Str *out);
/* ", column 5" for what about is, or nothing. */
void session_place_text(lbz_session *s, const Node *about, Str *out);

/* ---- definitions.c: definitions, assumptions */
bool defs_define(lbz_session *s, const Stmt *st, const char *text, const Parsed *parsed);
/* sym := v */
bool defs_assign(lbz_session *s, uint32_t sym, Node *v);
bool defs_forget(lbz_session *s, uint32_t sym); /* false: there was nothing */
void defs_clear(lbz_session *s);
NameFacts defs_facts(const lbz_session *s, uint32_t sym);
bool defs_know(lbz_session *s, uint32_t sym, NameFacts f); /* to be undone */
void defs_setting(lbz_session *s, SettingId id); /* remembers the value for undo */
void defs_free(lbz_session *s);
void defs_free_definition(Def *d); /* NULL: nothing to do */
/* Puts d (NULL: nothing) in the place of sym's definition and returns the old one. */
Def *defs_exchange(lbz_session *s, uint32_t sym, Def *d);
void defs_set_facts(lbz_session *s, uint32_t sym, NameFacts f);
/* Makes the context anew, so that what nodes know fits the assumptions. False: no memory;
 * then all is as it was. */
bool defs_rebuild(lbz_session *s, bool remake);
/* Arrays that nothing stands for any more are given back, when they have become many; and when these
 * are a large part of what is allowed, old results and what undo would bring back, too. */
void defs_sweep_data(lbz_session *s);
/* Reads again what mentions names whose shapes changed. */
void defs_read_again(lbz_session *s);
/* EvalOptions.read_function */
Node *defs_read_function(void *session, const Def *d, Node *const *a);
/* The names in the text that was read last. False: no memory. */
bool defs_names_written(Ctx *c, const Parsed *parsed, SymList *names);
/* The shape of what d (NULL: nothing) stands for. */
uint32_t defs_shape(const Def *d);
/* Definitions sorted by time; the caller frees. NULL: none or no memory. */
Def **defs_sorted(const lbz_session *s, size_t *n);
void defs_print(lbz_session *s, Str *out, const Def *d, size_t max); /* "y = x^2" */
/* as lines that read back */
void defs_print_value(lbz_session *s, Str *out, const Def *d);
void defs_print_assumption(const lbz_session *s, Str *out, uint32_t sym); /* "x > 0" */
bool defs_assumed(const lbz_session *s, uint32_t sym); /* or declared */

/* ---- declare.c: names with shapes */
/* "x", "x[3]" or "S[n,n] symmetric" of `var`. */
bool defs_declare(lbz_session *s, const char *text, Span a);
/* The shape that a name has where it stands: of its definition, or as declared. */
uint32_t defs_name_shape(lbz_session *s, uint32_t sym);
/* May st define a declared name as something with the shape of body? False with the error. */
bool defs_fits_declaration(lbz_session *s, const Stmt *st, const Node *body);
void defs_set_shape(lbz_session *s, uint32_t sym, uint32_t shape, uint8_t structure);
/* Symbolic sizes may have other values now. */
void defs_sizes_changed(lbz_session *s);
/* "var x[3]", and what is assumed of it, as statements in lines. */
void defs_print_declaration(const lbz_session *s, Str *out, uint32_t sym);
void defs_print_facts(const lbz_session *s, Str *out, uint32_t sym);

/* ---- undo.c: false: there is nothing to take back, or to make again; a note tells what was. */
bool defs_undo(lbz_session *s);
bool defs_redo(lbz_session *s);
/* of later statements: one undo */
void defs_join_changes(lbz_session *s, uint64_t since);
/* NULL: no memory; then the change can be made, but not taken back. */
Change *defs_push_change(lbz_session *s, ChangeKind kind, uint32_t sym);
void defs_free_changes(lbz_session *s);

/* ---- files.c: err is 0 or of errno; why, when it is set, says it better. */
typedef struct {
    int err;
    const char *why;
    char *text; /* of a file that was read, ended by a NUL; give it back */
    size_t n;
    /* of an array: its elements are the text; or why there is none */
    DType type;
    Dims dims;
    Err failed;
} FileResult;
FileResult session_read(lbz_session *s, const char *name);
FileResult session_follow(lbz_session *s);             /* what the leader had */
FileResult session_lead(lbz_session *s, FileResult r); /* kept for those that follow */
void session_read_done(lbz_session *s, FileResult r);
/* ---- arrays.c: arrays in files, and in what save writes. */
void session_own_context(lbz_session *s, Ctx *c); /* c is the session's, or will be */
/* The value of e to a file, by the ending of its name. False with the error at `where`. */
bool session_save_array(lbz_session *s, Node *e, const char *name, Span where);
/* "~/x" with the home folder put in; false: too long. */
bool session_file_name(const char *text, size_t n, char *name, size_t size);
/* "x := ..." of an array; a large one is written beside the file of that name (NULL: it is left out,
 * with a comment). False with the error. */
bool session_print_array(lbz_session *s, Str *out, const Def *d, const char *file);
FileResult session_replace(lbz_session *s, const char *name, const char *text, size_t n);

/* ---- result.c: from nodes to lbz_result */
void answer_clear(Answer *a);
void answer_free(Answer *a);
void answer_drop_tensor(Answer *a); /* before the context ends that counts it */
void answer_expr(lbz_session *s, const EvalResult *r, const char *input, size_t n);
void answer_latex(Ctx *c, Str *out, const EvalResult *r);
/* The array that n is, the float64 next to exact elements; its type in words. False: it is none. */
bool answer_array(lbz_session *s, Node *n, Tensor *t, const char **dtype);
bool answer_number(Ctx *c, Node *n, double *d); /* n is a real number, with this double */
void answer_fill(lbz_session *s, const char *text, size_t n, lbz_result *r);
/* Room for n derivatives by names, each of them in *names ended by a NUL. False with the error. */
bool answer_names(lbz_session *s, size_t n, const Str *names);
/* Text for people of a command's answer. */
Str *answer_text(lbz_session *s);
Node *session_result(void *arg, long k); /* ParseEnv.result */

/* ---- numeric.c: dual numbers, and derivatives at a point by accumulation where `set mode`
 * asks for it. *handled: the answer is there (or an error, then false). */
bool session_special(lbz_session *s, const Stmt *st, const Parsed *parsed,
                     const char *text, bool *handled);

/* e, a derivative by names with values that has failed as it has no formula, at these values by
 * accumulation. NULL: that is no way, and the error is back. */
Node *session_derivative_now(lbz_session *s, const Parsed *parsed, Node *e);

/* ---- procedure.c: functions made of statements */
/* can it be read? */
bool session_check_procedure(lbz_session *s, const Stmt *st, const char *text);
/* ---- procedure_call.c; EvalOptions has them. NULL: it stays. */
Node *session_call_procedure(void *session, const Def *d, Node *n, Node *const *a);
bool session_has_open_call(void *session, Node *e);

/* Words and pieces of a command's arguments. */
Span args_trim(const char *text, Span a);
/* The first word (up to a blank or comma); *rest gets what follows. Empty at the end. */
Span args_word(const char *text, Span a, Span *rest);
bool args_is(const char *text, Span w, const char *word);
/* Parses and evaluates all of a as an expression. False, or poison, on error. */
bool args_eval(lbz_session *s, const char *text, Span a, EvalResult *r);
Node *args_value(lbz_session *s, const char *text, Span a);
/* The same at a point, by the rule for derivatives there: at is a list of names and values by turns,
 * or NULL. */
Node *args_value_at(lbz_session *s, const char *text, Span a, const Node *at);
/* The symbol that a, a single name, stands for. False with an error when it is none. */
bool args_name(lbz_session *s, const char *text, Span a, uint32_t *sym);
/* Where the word stands outside brackets in a, between blanks; a.pos + a.len: nowhere. */
uint32_t args_find(const char *text, Span a, const char *word);

#endif
