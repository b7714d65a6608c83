/* embed.c - how a program uses libleibniz: open a session, evaluate lines, read the
 * results; compile a function and run it on arrays.
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

/* Least squares: loss and gradient of a line through points, on buffers of ours. */
static void descend(lbz_session *s)
{
    static const char loss[] = "sum((a*x + b - y).^2)";
    const size_t four[] = {4};
    const lbz_input names[] = {
        {"a", 0, NULL}, {"b", 0, NULL}, {"x", 1, four}, {"y", 1, four}};
    double a = 0, b = 0, x[] = {0, 1, 2, 3}, y[] = {1, 3, 5, 7}, value;
    double da, db, dx[4], dy[4];
    lbz_function *f;
    lbz_result r;
    if (lbz_compile(s, loss, strlen(loss), names, 4, &f, &r) != LBZ_OK) {
        printf("%s\n", r.message);
        return;
    }
    for (int i = 0; i < 500; i++) {
        const double *in[] = {&a, &b, x, y};
        double *grad[] = {&da, &db, dx, dy};
        lbz_gradient(f, in, &value, grad);
        a -= 0.03 * da;
        b -= 0.03 * db;
    }
    printf("%s: a = %.6f, b = %.6f\n", loss, a, b);
    lbz_function_free(f);
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
    descend(s);
    lbz_close(s);
    return 0;
}
