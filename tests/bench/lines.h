/* lines.h - the inputs of the benchmarks, in the syntax of leibniz or of ginsh. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include <stdint.h>
#include <stdio.h>

typedef enum { LEIBNIZ, GINSH } Syntax;

/* n random derivative questions, the same ones in each syntax for a given seed. */
void lines_random(FILE *f, Syntax s, size_t n, uint64_t seed);
/* f_0 = x, f_k = sin(f_(k-1)*x + k) or f_(k-1)*sin(f_(k-1)), and the derivative of the last: printed,
 * or (leibniz) stored as a value. */
typedef enum { CHAIN_SINE, CHAIN_PRODUCT } Chain;
void lines_chain(FILE *f, Syntax s, int k, Chain which, int printed);
/* The gradient of the Rosenbrock function of n variables. */
void lines_rosenbrock(FILE *f, Syntax s, int n);
/* The first `ask` partial derivatives (leibniz: all of them) of the product of n variables. */
void lines_product(FILE *f, Syntax s, int n, int ask);

#endif
