/* embed.c - how a program uses libleibniz: open a session, evaluate lines, read the
 * results.
 *
 *     cc embed.c $(pkg-config --cflags --libs leibniz) -o embed && ./embed
 */
#include <leibniz.h>
#include <stdio.h>
#include <string.h>

static void show(lbz_session *s, const char *line)
{
    lbz_result r;
    printf("> %s\n", line);
    lbz_eval(s, line, strlen(line), &r);
    for (size_t i = 0; i < r.nnotes; i++)
        printf("note: %s\n", r.notes[i]);
    if (r.status != LBZ_OK) {
        printf("%*s", (int)r.span.col + 1, "");
        for (unsigned i = 0; i < r.span.len || i == 0; i++)
            putchar('^');
        printf("\n%s error: %s\n", lbz_status_name(r.status), r.message);
        if (*r.hint)
            printf("try: %s\n", r.hint);
    } else if (r.kind != LBZ_NOTHING) {
        printf("%s", r.shown);
        printf(r.has_number ? "   [the double %.17g]\n" : "\n", r.number);
    }
}

int main(void)
{
    lbz_session *s = lbz_open();
    if (!s) {
        fputs("out of memory\n", stderr);
        return 1;
    }
    show(s, "d/dx x^2*sin(x)");
    show(s, "x = 3");
    show(s, "d/dx x^2");
    show(s, "sin(1)");
    show(s, "grad(x*y^2, [x, y]) at x=1, y=2");
    show(s, "check d/dx tanh(x) == 1 - tanh(x)^2");
    show(s, "2 + 1/0");
    lbz_close(s);
    return 0;
}
