/* eval/internal.h - what the files of evaluation share; nobody else includes it. */
#ifndef LBZ_EVAL_INTERNAL_H
#define LBZ_EVAL_INTERNAL_H

#include "eval/eval.h"

/* p[k]*(x - a)^k, k = 0..n; p NULL: none */
typedef struct {
    uint32_t x;
    Node *a, **p;
    unsigned n;
} Polynomial;

/* One statement's evaluation. Arrays live in the statement pool or in the tmp arena,
 * which is released as a whole when the evaluation ends. */
typedef struct {
    Ctx *c;
    const Names *names;
    const EvalOptions *opt;
    const Parsed *parsed;     /* may be NULL */
    Def **order;              /* the definitions in reach, what they depend on first */
    Node **carried;           /* their bodies with operators carried out; NULL: not yet */
    Node **val;               /* eval_expand at work: what they stand for; NULL: stays */
    const Def *last_function; /* the one called last, for messages */
    size_t norder;
    Map index;          /* symbol -> place in order + 1 */
    SymList bound;      /* symbols that an operator binds somewhere in reach */
    SymList dvars;      /* symbols the statement itself differentiates by */
    size_t nscratch;    /* scratch symbols in use */
    Map derived;        /* function and orders -> its derivative */
    NodeMap operand_of; /* DIFF, GRAD ... -> what it differentiates, names put in */
    NodeMap names_of;   /* GRAD ... -> the names it differentiates by, a LIST */
    NodeMap tensors_of; /* the same where a name is a tensor; then names_of has nothing */
    NodeMap carried_of; /* structural operators -> what they became */
    bool own_statement; /* not in a definition: dvars are collected */
    bool in_function;   /* in the body of one: what its parameters are is not known */
    unsigned list_depth;
    NodeMap stays;     /* calls of functions made of statements that have no formula */
    unsigned round;    /* of eval_expand: how deep functions called functions so far */
    uint64_t calls;    /* made in rounds after the first */
    size_t decimals;   /* the statement asks for so many digits: N(...); 0: it does not */
    Polynomial taylor; /* the one carried out last */
    Node *nameless; /* has no defined name in it: there is nothing to put in; or NULL */
} Evaluation;

typedef enum { EXPAND_NEEDED, EXPAND_ALL } ExpandWhat;

/* e with names put in, and functions and finite sums carried out. Names in own stay. With
 * EXPAND_NEEDED names that are bound somewhere stay, too, unless they depend on own. */
Node *eval_expand(Evaluation *ev, Node *e, const SymList *own, ExpandWhat what);
bool eval_closure(Evaluation *ev, Node *e); /* fills order, bound */
uint32_t eval_scratch(Evaluation *ev);      /* a symbol that nobody can type */
/* detach(e) is e again, unless it is to be kept */
Node *eval_attach(Evaluation *ev, Node *e);

/* The derivative operators; a: the operands, carried out. */
Node *eval_derivative(Evaluation *ev, Node *op, Node *const *a, bool inner);
/* AT: op->a[0] may hold derivatives, whose values follow the rule of language.md. */
Node *eval_at(Evaluation *ev, Node *op, Node *const *a);
/* e, carried out already, where the names own[i] are the constants by[i], the derivatives in it by
 * that rule. NULL: they need no rule, formulas tell. */
Node *eval_by_rule(Evaluation *ev, Node *e, const SymList *own, Node **by);
/* The n-th derivative of operand by x at x = p, by the rule; R: its formula, NULL: it has no values.
 * p is a constant, else R is all there is. */
Node *eval_slope(Evaluation *ev, Node *operand, Node *R, uint32_t x, Node *p, unsigned n);
Node *eval_near_fraction(Ctx *c, double d); /* d as a simple fraction if it is one */

/* A point: names and their values. */
typedef struct {
    Evaluation *ev;
    Ctx *c;
    const SymList *own; /* the names bound */
    Node **by;          /* and what they are here */
} At;

Node *eval_value_of_bound(const At *at, Node *e);
/* The derivative operator n, carried out already, at the point by the rule; NULL: it is none that
 * follows it. */
Node *eval_derivative_at(const At *at, Node *n);
/* The derivative operator op of f by names, of which some are tensors, element by element by the rule.
 * NULL: too many elements, or not written out, or another operator. */
Node *eval_written_at(const At *at, const Node *op, Node *f, Node *names);
/* The value of a formula there; NULL: it has none, perhaps in a term of a sum. */
Node *eval_value_of_formula(const At *at, Node *formula);
/* The derivative of f, order[i] times by the name x[i], i < n, at the point; R: its formula. */
Node *eval_partial_at(const At *at, Node *f, const uint32_t *x, const unsigned *order,
                      size_t n, Node *R);
/* The gradient at a point where the arguments of a max or min are equal and depend on more than
 * one of the names. False: no such case. */
bool eval_tie(Ctx *c, Node *e, const uint32_t *in, Node *const *at, size_t n,
              Node **grad);
/* The n-th derivative of e by x at p where n is large: exact if all is rational, else a number if
 * a decimal is asked for or the formula would be too large. NULL: not that case. */
Node *eval_high_order(Evaluation *ev, Node *e, uint32_t x, Node *p, const Node *n);
/* AT of a DIFF that may be one of those: the operand, carried out, is in done. NULL: no. */
Node *eval_high_order_at(Evaluation *ev, Node *op, const NodeMap *done);
bool eval_is_high_order_at(const Node *op);
/* After an error: hints tell what is left to do. */
void eval_high_order_failed(Ctx *c);
Node *eval_taylor(Evaluation *ev, Node *e, uint32_t x, Node *a, unsigned n);
/* The error under way says that e has no value there: its hint gets the limit, if there is one. */
void eval_hint_limit(Ctx *c, Node *e, const uint32_t *in, Node *const *at, size_t n);
/* ev->taylor as text, lowest degree first; its numbers go through finish. NULL: too long. */
const char *eval_taylor_text(Evaluation *ev, Node *(*finish)(void *arg, Node *k),
                             void *arg);
/* e with values put in, or NULL where that has no value; there is no error then. */
Node *eval_try_subst(Ctx *c, Node *e, const uint32_t *syms, Node *const *by, size_t k);
/* Constants of e as decimals; integers that are e or its elements are rounded, too, if wanted.
 * When e is one constant, text gets the digits themselves. */
Node *eval_numeric(Ctx *c, Node *e, size_t digits, bool integers, const char **text);

/* Says what `after` divides by, in names other than x, that `before` does not. */
void eval_note_divisors(Ctx *c, Node *before, Node *after, uint32_t x);

/* One round: applications of defined functions and finite sums replaced by what they are.
 */
/* Structural operators carried out; names stay. */
Node *eval_carry(Evaluation *ev, Node *e);
Node *eval_functions(Evaluation *ev, Node *e);

#endif
