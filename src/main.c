/* main.c - the program leibniz: a prompt at a terminal, a filter everywhere else. */
#include "batch.h"
#include "options.h"
#include "repl.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    Options o;
    int status;
    if (options_parse(&o, argc, argv, &status)) {
        bool people = o.format == FORMAT_PLAIN || o.format == FORMAT_LATEX;
        bool talk = people && !o.ninputs && isatty(0) && isatty(1);
        status = talk ? repl_run(&o) : batch_run(&o);
    }
    options_free(&o);
    return status;
}
