/* flint_expand.c - expand((x+y+z+w)^N*((x+y+z+w)^N+1)) with FLINT and nothing else, printed: what
 * leibniz is compared with.
 */
#include <flint/fmpz_mpoly.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static const char *names[] = {"x", "y", "z", "w"};
    ulong power = argc > 1 ? strtoul(argv[1], NULL, 10) : 15;
    fmpz_mpoly_ctx_t ctx;
    fmpz_mpoly_t p, q;

    fmpz_mpoly_ctx_init(ctx, 4, ORD_DEGLEX);
    fmpz_mpoly_init(p, ctx);
    fmpz_mpoly_init(q, ctx);
    if (fmpz_mpoly_set_str_pretty(p, "x+y+z+w", names, ctx) ||
        !fmpz_mpoly_pow_ui(p, p, power, ctx))
        return 1;
    fmpz_mpoly_add_ui(q, p, 1, ctx);
    fmpz_mpoly_mul(q, p, q, ctx);
    char *s = fmpz_mpoly_get_str_pretty(q, names, ctx);
    puts(s);
    flint_free(s);
    fmpz_mpoly_clear(p, ctx);
    fmpz_mpoly_clear(q, ctx);
    fmpz_mpoly_ctx_clear(ctx);
    return 0;
}
