/* field/field.h - rational functions over generators, on FLINT's multivariate polynomials.
 *
 * A generator stands for what is no number, sum or product: a symbol, a function, a root, a power
 * with a symbolic exponent, a sign. Invariant: an element is num / (cden * den_1^e_1 * ...), one
 * polynomial over a product of known, mostly irreducible denominators, so that sums need no gcd;
 * algebraic generators have a relation g^q = rel in older ones. Once f->failed is set (fuel, too
 * many generators, an error) all functions do nothing.
 * Owners: a Field owns its generators, denominators and the elements that field_elem returns; an
 * Elem that was made by el_init is the caller's. May use: base, number, table, expr; FLINT.
 * Files: field.c (elements), convert.c (nodes to elements), node.c (and back), root.c (roots,
 * powers, logarithms, signs), factor.c, irreducible.c and common.c (factors), heavy.[ch] (what may
 * take long), rational.[ch] (expand, factor, together, collect), apart.c (partial fractions). field, convert, root, node and rational are one
 * circle: what generators a field needs is found by the conversion, whose roots are simplified by
 * expanding radicands, in a field.
 */
#ifndef LBZ_FIELD_H
#define LBZ_FIELD_H

/* The ways of taking roots apart:
 *   FIELD_PROVE    every irreducible factor f of a radicand has its own root |f|^(1/Q), with
 *              R^Q = s*f, s the sign of f (a generator with s^2 = 1 unless known). What the even
 *              roots of the expression say of signs (their radicands are not negative) becomes
 *              relations between sign generators. Then multiplicative relations between
 *              radicands are found, and only those that hold on the common domain.
 *   FIELD_DISPLAY  a root is one generator, the radicand as it stands: what people want to see.
 *   FIELD_EXPAND   the same, and negative powers are generators, too: nothing is divided.
 */

#include "expr/expr.h"
#include <flint/fmpq.h>
#include <flint/fmpz_mpoly.h>
#include <flint/fmpz_mpoly_factor.h>

enum { FIELD_GENS = 40, FIELD_DENS = 64 };
typedef enum { FIELD_PROVE, FIELD_DISPLAY, FIELD_EXPAND } FieldMode;

typedef struct {
    fmpz_mpoly_t num;
    fmpz_t cden;
    int32_t e[FIELD_DENS];
} Elem;

typedef enum { G_FREE, G_ROOT, G_SIGN, G_LOG, G_POWER, G_FUNCTION } GeneratorKind;

typedef struct {
    GeneratorKind kind;
    Node *node; /* what it stands for; NULL in FIELD_PROVE where it is never shown */
    unsigned q; /* g^q = rel; 0: transcendental */
    Elem rel;
    fmpz_mpoly_t key; /* ROOT, SIGN, LOG, POWER: the polynomial it belongs to */
    Node *exponent;   /* POWER: the monomial of the exponent */
    Op op;            /* FUNCTION */
    unsigned nargs;
    Elem arg[3];
} Generator;

typedef struct {
    Ctx *c;
    FieldMode mode;
    bool failed;
    double fuel; /* term products left */
    /* of polynomials in several variables only contents are split off, if short */
    bool quick;
    /* of polynomials of a higher degree only powers are taken out (0: of none); */
    slong high;
    bool cut;   /* that has happened: denominators may have factors left */
    bool doubt; /* some factor since it was last cleared may have factors of its own */
    uint64_t doubted; /* denominators that may; a set of indices */
    /* display: the root that is converted, as it was written, and what forms of it cost, or NULL */
    Node *written;
    double (*cost)(Ctx *c, Node *n);
    fmpz_mpoly_ctx_t ctx;
    slong nvars;
    slong ngens, ndens;
    unsigned root_order; /* Q: all roots are taken as Q-th ones in FIELD_PROVE */
    int64_t power_denom; /* D: common denominator of symbolic exponents' coefficients */
    Map gen_of_node;     /* node id -> generator */
    Map elem_of_node;    /* node id -> Elem*, elements live in the tmp arena */
    Map powers;          /* display: direction of an exponent -> denominator, sign */
    Elem **pool;         /* all elements made by field_elem, to be cleared */
    size_t npool, pool_cap;
    /* only what is in use is ever written: the arrays are large */
    Generator gen[FIELD_GENS];
    fmpz_mpoly_struct den[FIELD_DENS];
} Field;

/* A field for expressions made of n's generators (n a list: of all its elements). Fails (f->failed)
 * when there are too many. */
void field_init(Field *f, Ctx *c, FieldMode mode, double fuel, Node *n);
void field_clear(Field *f);

void el_init(Field *f, Elem *a);
void el_clear(Field *f, Elem *a);
void el_set(Field *f, Elem *r, const Elem *a);
void el_one(Field *f, Elem *r);
void el_set_num(Field *f, Elem *r, Num x);
void el_set_gen(Field *f, Elem *r, slong g);
void el_set_poly(Field *f, Elem *r, const fmpz_mpoly_t p);
void el_add(Field *f, Elem *r, Elem *const *a, size_t n);     /* r none of a */
void el_mul(Field *f, Elem *r, const Elem *a, const Elem *b); /* r may be a or b */
void el_pow(Field *f, Elem *r, const Elem *a, int64_t n);
/* r times the generator g to the power n */
void el_mul_gen(Field *f, Elem *r, slong g, int64_t n);
void el_inv(Field *f, Elem *r, const Elem *a);
void el_reduce(Field *f, Elem *a); /* apply relations until all degrees are below them */
/* divide numerator by denominators where they divide */
void el_cancel(Field *f, Elem *a);
/* the same with what they have in common with it, where they may have factors left */
void el_cancel_common(Field *f, Elem *a);
void el_use_roots(Field *f, Elem *a); /* b/sqrt(b) to sqrt(b), sqrt(b)/b to 1/sqrt(b) */
bool el_equal(Field *f, const Elem *a, const Elem *b); /* as written; cancel first */
bool field_is_zero(Field *f, Elem *a);                 /* reduces a */
/* The product of the sign generators in the set is 1, or -1: the newest in terms of the others. */
void field_constrain(Field *f, uint64_t set, bool negative);

/* Irreducible factors with exponents; the constant holds content and sign. Sets failed when p is
 * too long. */
void poly_factor(Field *f, fmpz_mpoly_factor_t fac, const fmpz_mpoly_t p);
/* p is proved to be irreducible, but for an integer content; false: not known. */
bool poly_is_irreducible(Field *f, const fmpz_mpoly_t p);

/* Generators whose products with each other are never rewritten: symbols, most functions. */
bool field_is_plain(const Node *n);
enum { MOST_GENERATORS = 12 };
typedef struct {
    Node *v[MOST_GENERATORS];
    size_t n;
} PlainGenerators;
/* The term t as coefficient times positive powers of plain generators: the new ones are
 * put into k, their exponents into e, unless that is NULL. False: it is no such term. */
bool field_read_term(PlainGenerators *k, Node *t, ulong *e);
/* The sum n is a polynomial in plain generators, put into k, that is proved to be irreducible. */
bool field_sum_is_irreducible(Ctx *c, Node *n, PlainGenerators *k);
/* False: they are no polynomials in plain generators, or shown to have no factor in common. */
bool field_may_have_common_factor(Node *a, Node *b);
/* p = k * (new p), lead > 0 */
void poly_make_primitive(Field *f, fmpz_mpoly_t p, fmpz_t k);

/* Index of the (irreducible) denominator p, registered when new; p is primitive. -1: full. */
slong field_den(Field *f, const fmpz_mpoly_t p);
/* -1 and failed when full */
slong field_new_gen(Field *f, GeneratorKind kind, Node *node);
slong field_gen_of(Field *f, Node *n); /* the free generator that stands for node n */

slong field_survey(Field *f, Node *n); /* exponents; returns a bound for the generators */
/* n as an element: owned by the field. NULL when it failed. */
const Elem *field_elem(Field *f, Node *n);
/* b^x for a rational x that is no integer, b^m for a symbolic m, log|b|, |b|, sign b. */
void field_root(Field *f, Elem *r, const Elem *b, Num x);
void field_power(Field *f, Elem *r, const Elem *b, Node *x);
/* b >= 0 is known: a constraint on signs */
void field_nonnegative(Field *f, const Elem *b);
void field_log(Field *f, Elem *r, const Elem *b);
void field_abs(Field *f, Elem *r, const Elem *b, bool sign_only);

/* Back to nodes. */
typedef enum { SHOW_EXPANDED, SHOW_FACTORED } Show;
Node *field_node(Field *f, const Elem *a, Show num, Show den);
Node *poly_node(Field *f, const fmpz_mpoly_t p);
Num field_num_from_fmpz(Ctx *c, const fmpz_t z);

#endif
