/* simplify/internal.h - shared by the files of simplification. */
#ifndef LBZ_SIMPLIFY_INTERNAL_H
#define LBZ_SIMPLIFY_INTERNAL_H

#include "field/rational.h"
#include "simplify/simplify.h"

/* a(u)^2 = p + q*b(u)^2, p and q being 1 or -1 */
typedef struct {
    Op a, b;
    int p, q;
} SquareIdentity;
enum { N_TRIG_IDENTITIES = 6 };
extern const SquareIdentity TRIG_IDENTITIES[N_TRIG_IDENTITIES];

/* The cheapest form offered so far. */
typedef struct {
    Ctx *c;
    Node *root;  /* what was to be simplified */
    Node *node;  /* the best form so far */
    double cost; /* what the next one must undercut: its own cost, or a share of root's */
    double limit;  /* root's cost */
    Node *seen[8]; /* forms that were measured already */
    size_t nseen;
    bool deep;
    bool freely;        /* forms on offer are taken however little they save */
    bool new_functions; /* forms on offer may hold functions that root does not have */
} Best;

void best_offer(Best *b, Node *n);
/* The common factor of a sum's terms taken out; with denominators: one fraction. */
Node *simplify_factor_terms(Ctx *c, Node *n, bool denominators);
/* The cheapest form of one arithmetic region; for rat_regions. arg: not NULL when deep. */
Node *simplify_region(Ctx *c, Node *n, void *arg);
/* n in lowest terms, with squares reduced, by FLINT. quick: without the costly factorisations. */
void best_offer_field(Best *b, Node *n, bool quick);
/* root with radicands over one denominator, or squares of one function; root itself when
 * there are none. */
Node *simplify_radicands(Ctx *c, Node *root);
/* A product with two of its factors made one: short sums multiplied where that leaves two
 * terms, as in (a - b)*(a + b), signs of such sums, powers of a sum and its opposite. */
Node *simplify_join_factors(Ctx *c, Node *n);
/* Roots of numbers and of names in a product as one, where that is shorter: 1/sqrt(2*pi). */
Node *simplify_join_radicals(Ctx *c, Node *n);
/* n, a product or a sum of some, with exponentials that go away and roots that are joined. */
Node *simplify_shorten_products(Ctx *c, Node *n);
/* n with the fractions below its fraction lines cleared, where that is shorter. */
Node *simplify_clear_denominators(Ctx *c, Node *n);
/* a + b/s for (s*a + b)/s; NULL where nothing cancels. */
Node *simplify_split_fraction(Ctx *c, Node *n);
/* Whether a region larger than SMALL, of that measure, should be tried in a field all the same. */
bool simplify_worth_field(Ctx *c, Node *n, double cost);
/* NULL, or what a field would make of n: n with the numerator multiplied out, n being one
 * fraction in lowest terms already, its sums irreducible. */
Node *simplify_lowest_terms(Ctx *c, Node *n);
/* Forms with other trigonometric functions: half angles doubled, tangents as quotients ... */
void best_offer_trig(Best *b, Node *n);

/* The smallest form found of what has tensors in it. */
Node *simplify_tensor(Ctx *c, Node *n);
bool simplify_has_tensors(Ctx *c, Node *n);

bool trig_is_circular(const Node *n);   /* sin, cos ... csc */
bool trig_is_hyperbolic(const Node *n); /* sinh, cosh ... csch */
/* inverse.c: is f a function of inverse functions, and what it is without; NULL: it is none. b: what
 * it is done for, a Best. */
bool trig_is_of_inverse(Node *f);
Node *trig_to_algebraic(Ctx *c, Node *f, void *b);

/* define.c: the function node n (children already rewritten) in terms of other functions, or n. */
Node *define_by_others(Ctx *c, Node *n);
/* basis.c: rewriting to independent generators before a proof. */
Node *basis_rewrite(Ctx *c, Node *n);

#endif
