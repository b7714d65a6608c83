/* in_session.h - a fresh session for every test of a Check program. */
#ifndef TEST_IN_SESSION_H
#define TEST_IN_SESSION_H

#include "leibniz.h"
#include "suite.h"

static lbz_session *s;

static void setup(void)
{
    s = lbz_open();
    ck_assert_ptr_nonnull(s);
}

static void teardown(void) { lbz_close(s); }

#endif
