/* leibniz.h - the public interface of libleibniz, a calculator for derivatives.
 *
 * One session holds the names and settings of one user; it is used by one thread at a time.
 * lbz_eval reads one line of the language and fills one result. Strings inside a result
 * belong to the session and live until the next call that takes that session.
 */
#ifndef LEIBNIZ_H
#define LEIBNIZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended. DOMAIN: the question has no (real) answer. UNABLE: there may be one,
 * we cannot tell. LIMIT: it would need more time, memory or depth than is allowed. */
typedef enum {
    LBZ_OK = 0,
    LBZ_INCOMPLETE, /* the line stops in the middle: read another and append it */
    LBZ_SYNTAX,
    LBZ_NAME,
    LBZ_SHAPE,
    LBZ_DOMAIN,
    LBZ_UNABLE,
    LBZ_LIMIT,
    LBZ_INTERRUPT,
    LBZ_BACKEND
} lbz_status;

typedef struct lbz_session lbz_session;

typedef enum {
    LBZ_NOTHING, /* a definition, an assumption, an empty line */
    LBZ_EXPR,    /* a formula; number is set when it has a real value */
    LBZ_CHECK,   /* verdict and proof are set */
    LBZ_GRAD,    /* forward/reverse: number and grad are set */
    LBZ_TEXT,    /* the answer of a command: text to show as it stands */
    LBZ_QUIT,    /* quit or exit: the caller is asked to end the session */
    LBZ_DESCENT, /* the step of a descent: state, k, gnorm, number and, as grad, the point */
    LBZ_HELP     /* as LBZ_TEXT, to be read: lines may be broken at blanks to fit */
} lbz_kind;

enum { LBZ_RANK_MAX = 8 };

typedef enum { LBZ_PASS, LBZ_FAIL, LBZ_UNKNOWN } lbz_verdict;

/* A place in the input: 1-based line, 1-based column in code points, length in code points. */
typedef struct {
    unsigned line, col, len;
} lbz_span;

typedef struct {
    lbz_status status;
    lbz_kind kind;
    unsigned long index; /* %index gives this result back; 0: the line left no result */
    const char *text;    /* plain text that can be typed back in; "" for LBZ_NOTHING */
    const char *latex;   /* set when the session's "latex" setting is on, else NULL */
    const char *pretty;  /* two-dimensional when "pretty" is on, else NULL */
    const char
        *approx; /* decimal digits of a constant that is exact in text, else NULL */
    const char
        *shown; /* text for people: text and what follows it, "2*x   (= 6 at x = 3)" */
    /* Where the names of the formula stand for something: the formula's value there as text that
     * can be typed back in, which number or tensor then tell, too; else NULL. */
    const char *at_value;
    /* LaTeX for people: latex and that value; NULL where latex is. */
    const char *latex_shown;
    bool has_number;
    double number;
    const char *number_text; /* shortest text that reads back to number, else NULL */
    lbz_verdict verdict;
    const char *proof; /* "symbolic", "numeric", "counterexample" or "" */
    const char
        *constant; /* LBZ_FAIL: the sides differ by this constant only, else NULL */
    /* LBZ_FAIL at a point: nat names and their numbers by turns, each ended by a NUL, and the sides
     * there, numbers as text; else 0 and NULL. */
    size_t nat;
    const char *at, *lhs, *rhs;
    const char
        *mode; /* "forward", "reverse" ...: how derivatives at numbers were accumulated,
                            "symbolic" for a Jacobian from formulas; else NULL */
    const char
        *state;  /* LBZ_DESCENT: "running", "converged", "diverged" or "stopped" ... */
    bool missed; /* ... and a run ended without having converged */
    unsigned long k;
    double gnorm;
    size_t ngrad; /* forward/reverse: names and partial derivatives; 0: more than 10000 */
    const char *const *grad_name;
    const double *grad;
    /* An array of numbers: its elements row by row. NULL: the result is none. */
    const double *tensor;
    size_t rank; /* from 1 to LBZ_RANK_MAX */
    const size_t *shape;
    const char *dtype; /* "exact" (tensor has the float64 next to it), "float64" ... */
    /* The array is so large that text, at_value are but its corners, shape and type. */
    bool cut, cut_value;
    /* trace: its steps as a JSON object, and as a table: rows of columns cells each, the first row
     * the names of the columns, every cell ended by a NUL. NULL: the result is none. */
    const char *trace;
    const char *table;
    size_t rows, columns;
    size_t nnotes; /* remarks on the reading or on choices made, in order */
    const char *const *notes;
    lbz_span span;       /* where the error is */
    const char *message; /* the error in one sentence */
    const char *hint;    /* a way out, or "" */
} lbz_result;

/* A new session, or NULL when memory is out. Free it with lbz_close. */
lbz_session *lbz_open(void);
void lbz_close(lbz_session *s);

/* GMP and FLINT end the process when they get no memory. Their memory functions are ours from the
 * first lbz_eval on (unless the program has set some for GMP), and running out ends the statement;
 * only where even what is kept for that is gone is f called, in the thread that evaluates, and then
 * the process ends. */
void lbz_at_abort(lbz_session *s, void (*f)(void *arg), void *arg);

/* Evaluates len bytes of text: one line (or several joined ones) of statements separated by
 * ';'. The result is that of the last statement. Returns r->status. */
lbz_status lbz_eval(lbz_session *s, const char *text, size_t len, lbz_result *r);

/* Settings: as `set name value` does. Returns LBZ_OK, LBZ_NAME when there is no
 * such setting, LBZ_SYNTAX when it takes no such value. */
lbz_status lbz_set(lbz_session *s, const char *name, const char *value);
/* The same for the value that a setting has as long as nobody sets it; unset goes back to it, and
 * lbz_dump does not write it. */
lbz_status lbz_default(lbz_session *s, const char *name, const char *value);
/* The value of a setting as text, or NULL when there is no such setting. */
const char *lbz_get(lbz_session *s, const char *name);

/* Is a descent open; *k: its steps. At a prompt an empty line may then repeat `step`. */
bool lbz_descending(const lbz_session *s, unsigned long *k);

/* True when the line changes the session for later lines (definitions, assumptions, settings)
 * or reads what earlier lines left (%, ans): such lines are barriers in a parallel run. */
bool lbz_is_barrier(lbz_session *s, const char *text, size_t len);

/* A line that is run in several sessions reads and writes its files once: the session that leads
 * keeps in files what its loads and saves came to, those that follow take that, in the same order
 * from the beginning (or the last drop) on, and touch no file. None may lead while others follow
 * in another thread. NULL: no memory. */
typedef struct lbz_files lbz_files;
lbz_files *lbz_files_new(void);
void lbz_files_free(lbz_files *f);
void lbz_files_lead(lbz_session *s, lbz_files *f);
void lbz_files_follow(lbz_session *s, lbz_files *f);
size_t lbz_files_size(const lbz_files *f); /* bytes that are kept */
void lbz_files_drop(lbz_files *f);         /* all that follow have come so far */

/* An expression as a function of arrays, for programs that evaluate it often: compiled once, then run on
 * the caller's buffers, without text. All arrays are float64, element by element in the order of reading
 * (the last index runs fastest); one of rank 0 is one number. */
typedef struct {
    const char *name;
    size_t rank; /* at most LBZ_RANK_MAX */
    const size_t *shape;
} lbz_input;
typedef struct lbz_function lbz_function;
/* text as a function of in[nin]; other names have the values that they have now. *f is to be freed, by
 * lbz_function_free; NULL, and the error in r, when it cannot be compiled. Cost: that of reading it. */
lbz_status lbz_compile(lbz_session *s, const char *text, size_t len, const lbz_input *in,
                       size_t nin, lbz_function **f, lbz_result *r);
void lbz_function_free(lbz_function *f);
/* The shape of the value: shape[LBZ_RANK_MAX] gets its sizes; returns its rank, 0 of a number. */
size_t lbz_function_shape(const lbz_function *f, size_t *shape);
/* out: room for the value. A function is run by one thread at a time; several functions at once. LBZ_OK,
 * LBZ_LIMIT (no memory) or LBZ_INTERRUPT; what has no value is NaN. */
lbz_status lbz_value(lbz_function *f, const double *const *in, double *out);
/* Of a number: its value, and its derivatives by each input, grad[i] of the shape of in[i], in one run. At
 * kinks they are those of the single operations, of least norm. LBZ_SHAPE: the value is no number. */
lbz_status lbz_gradient(lbz_function *f, const double *const *in, double *value,
                        double *const *grad);
/* The last failure in one sentence, or "". */
const char *lbz_function_error(const lbz_function *f);

/* Another backend for formulas over many numbers, a GPU's say; what it is stands in
 * program/backend.h of the sources. It runs what it says that it supports, from the next statement
 * on; all else the CPU does. b outlives the session; NULL: the CPU alone. LBZ_BACKEND: it is made for
 * another version, or cannot run here. */
typedef struct lbz_backend lbz_backend;
lbz_status lbz_backend_register(lbz_session *s, const lbz_backend *b);
/* How many threads work on many numbers; 0: one for each processor. */
void lbz_threads(lbz_session *s, unsigned n);

/* Completion: calls each for every name that begins with the len bytes at prefix: functions,
 * constants, commands, settings, words of the grammar, Greek letters, the user's own names; sorted.
 * A name with two meanings is offered once for each. help is one line, "" when there is none. A
 * prefix "NAME=..." asks for the words that the setting NAME may have instead. */
typedef enum {
    LBZ_WORD_FUNCTION, /* is followed by "(": also structural operators, the user's functions */
    LBZ_WORD_NAME, /* constants, variables, symbols with assumptions */
    LBZ_WORD_COMMAND,
    LBZ_WORD_SETTING,
    LBZ_WORD_VALUE,   /* of a setting */
    LBZ_WORD_KEYWORD, /* where, then ...: inside a statement */
    LBZ_WORD_TOPIC    /* help has a page of that name */
} lbz_word;
void lbz_complete(lbz_session *s, const char *prefix, size_t len,
                  void (*each)(lbz_word kind, const char *name, const char *help,
                               void *arg),
                  void *arg);

/* Writes all definitions, assumptions and changed settings as lines that can be read back;
 * calls put for each piece of text. */
void lbz_dump(lbz_session *s, void (*put)(const char *text, size_t len, void *arg),
              void *arg);

/* Asks running evaluations to stop; safe in a signal handler. They end with LBZ_INTERRUPT. */
void lbz_interrupt(void);
/* Takes the request back, before the next evaluation. */
void lbz_resume(void);

/* Columns that n bytes of UTF-8 take on a terminal: wide characters 2, combining ones 0, a byte
 * that is not UTF-8 1. Tabs and control characters are the caller's business. */
size_t lbz_width(const char *text, size_t n);
/* Bytes of the UTF-8 character that n > 0 bytes begin with; 0: they begin with none. */
size_t lbz_character(const char *text, size_t n);
/* Does it begin with what a terminal obeys instead of showing it: a control character, a mark for
 * the direction of text or another invisible one, or a byte that is not UTF-8? n > 0. */
bool lbz_is_control(const char *text, size_t n);
/* Text as a JSON string, quotes included, as put gets it piece by piece; controls are escaped, and a
 * byte that is not UTF-8 becomes U+FFFD. Traces are written with it, too. */
void lbz_json(const char *text, size_t n,
              void (*put)(const char *text, size_t n, void *arg), void *arg);

const char *lbz_status_name(lbz_status st); /* "SYNTAX" ... */
const char *lbz_version(void);

#ifdef __cplusplus
}
#endif
#endif
