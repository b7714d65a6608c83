/* in_ctx.h - a fresh context for every test of a Check program. */
#ifndef TEST_IN_CTX_H
#define TEST_IN_CTX_H

#include "expr/expr.h"
#include "suite.h"

static Ctx *c;

static void setup(void)
{
    c = ctx_new();
    ck_assert_ptr_nonnull(c);
}

static void teardown(void) { ctx_free(c); }

#endif
