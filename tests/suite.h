/* suite.h - what the Check programs share. Static functions, so that a test stays one file. */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <check.h>
#include <stdlib.h>

static Suite *suite;

/* A test case of the program's one suite, which has the name of the first; setup and teardown of
 * every test may be NULL. */
static TCase *suite_case(const char *name, double seconds, SFun setup, SFun teardown)
{
    TCase *t = tcase_create(name);
    suite = suite ? suite : suite_create(name);
    tcase_set_timeout(t, seconds);
    tcase_add_checked_fixture(t, setup, teardown);
    suite_add_tcase(suite, t);
    return t;
}

/* The exit status. */
static int suite_run(void)
{
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
