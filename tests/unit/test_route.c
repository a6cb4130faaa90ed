/* Paths and methods of the public listener. */
#include "producer/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static char first[] = "/webhooks/clerk", second[] = "/webhook";
static char *paths[] = {first, second};
static const struct option_list event_paths = {paths, 2};

static const struct {
    const char *target;
    enum route route;
} targets[] = {
    {"/webhooks/clerk", ROUTE_EVENTS},
    {"/webhook", ROUTE_EVENTS},
    {"/webhook?", ROUTE_EVENTS},
    {"/webhook?a=b?c", ROUTE_EVENTS},
    {"/healthz", ROUTE_HEALTH},
    {"/healthz?x", ROUTE_HEALTH},
    {"", ROUTE_NONE},
    {"?", ROUTE_NONE},
    {"/", ROUTE_NONE},
    {"*", ROUTE_NONE},
    {"/webhook/", ROUTE_NONE},
    {"/webhooks", ROUTE_NONE},
    {"/Webhook", ROUTE_NONE},
    {"//webhook", ROUTE_NONE},
    {"/web%68ook", ROUTE_NONE},
    {"/webhook#x", ROUTE_NONE},
    {"/webhook;x", ROUTE_NONE},
    {"/x/../webhook", ROUTE_NONE},
    {"http://host/webhook", ROUTE_NONE},
    {"/readyz", ROUTE_NONE},
    {"/metrics", ROUTE_NONE},
};

static void paths_are_compared_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_int_equal(route_of(slice_of(targets[i].target), &event_paths),
                         targets[i].route);
}

static void methods_and_what_allow_says_agree(void **state)
{
    static const char *const methods[] = {"GET",    "HEAD",  "POST", "PUT",
                                          "DELETE", "PATCH", "get",  ""};
    static const struct {
        enum route route;
        const char *allow;
    } rows[] = {
        {ROUTE_NONE, NULL},
        {ROUTE_EVENTS, "POST"},
        {ROUTE_HEALTH, "GET, HEAD"},
    };

    (void)state;
    for (size_t i = 0; i < ROUTES; i++) {
        const char *allow = route_methods(rows[i].route);
        if (rows[i].allow == NULL)
            assert_null(allow);
        else
            assert_string_equal(allow, rows[i].allow);
        for (size_t k = 0; k < sizeof(methods) / sizeof(methods[0]); k++)
            assert_int_equal(route_allows(rows[i].route, methods[k]),
                             allow != NULL && methods[k][0] != '\0' &&
                                 strstr(allow, methods[k]) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_compared_byte_for_byte),
        cmocka_unit_test(methods_and_what_allow_says_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
