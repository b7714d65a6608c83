/* commands/commands.c - the commands of the table. */
#include "commands/commands.h"

static const struct {
    const char *name;
    CmdFunction *run;
} commands[] = {
#define F1(...)
#define F2(...)
#define F3(...)
#define P1(...)
#define P2(...)
#define S(...)
#define T(...)
#define A(...)
#define C(run, name, ...) {name, cmd_##run},
#include "ops.def"
};

CmdFunction *cmd_function(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
    return NULL;
}

bool cmd_quit(lbz_session *s, const char *text, Span args)
{
    (void)text;
    (void)args;
    s->ans.kind = LBZ_QUIT;
    return true;
}
