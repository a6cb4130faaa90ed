/* What is an event, and what of it is known. */
#include "shared/envelope.h"

#include "shared/buffer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *body;
    const char *why_not; /* NULL: it is one */
} bodies[] = {
    {"{\"type\":\"a\",\"data\":{}}", NULL},
    {" {\"data\":{\"x\":1},\"type\":\"a\",\"more\":[]}\n", NULL},
    {"{\"type\":1,\"type\":\"a\",\"data\":0,\"data\":{}}", NULL},
    {"{\"typ\\u0065\":\"a\",\"data\":{}}", NULL},
    {"", "not JSON"},
    {"x", "not JSON"},
    {"{\"type\":\"a\",\"data\":{}} x", "not JSON"},
    {"null", "object"},
    {"[]", "object"},
    {"\"a\"", "object"},
    {"{}", "type"},
    {"{\"data\":{}}", "type"},
    {"{\"type\":\"\",\"data\":{}}", "type"},
    {"{\"type\":null,\"data\":{}}", "type"},
    {"{\"type\":{},\"data\":{}}", "type"},
    {"{\"type\":\"a\\u0000\",\"data\":{}}", "type"},
    {"{\"type\":\"\\ud800\",\"data\":{}}", "type"},
    {"{\"type\":\"a\",\"type\":1,\"data\":{}}", "type"},
    {"{\"Type\":\"a\",\"data\":{}}", "type"},
    {"{\"type\":\"a\"}", "data"},
    {"{\"type\":\"a\",\"data\":null}", "data"},
    {"{\"type\":\"a\",\"data\":[]}", "data"},
    {"{\"type\":\"a\",\"data\":\"{}\"}", "data"},
};

static void what_is_an_event(void **state)
{
    struct json_document doc = {.nodes = NULL};
    struct arena arena = {NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct envelope env;
        struct error err;
        int result =
            envelope_parse(slice_of(bodies[i].body), &doc, &arena, &env, &err);
        if (result != (bodies[i].why_not != NULL ? -1 : 0))
            fail_msg("%s: %d", bodies[i].body, result);
        if (result == 0) {
            assert_true(slice_is(env.type, "a"));
            assert_int_equal(env.data->type, JSON_OBJECT);
            continue;
        }
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, bodies[i].why_not));
    }
    json_release(&doc);
    arena_release(&arena);
}

static void members_of_another_type_count_as_absent(void **state)
{
    static const struct {
        const char *members;
        const char *instance_id;
        enum instant_state state;
        int64_t ms;
    } rows[] = {
        {"", "", INSTANT_ABSENT, 0},
        {",\"instance_id\":\"ins_1\",\"timestamp\":1716883200000", "ins_1",
         INSTANT_PRESENT, 1716883200000},
        {",\"instance_id\":\"\",\"timestamp\":1716883200", "", INSTANT_PRESENT,
         1716883200000},
        {",\"instance_id\":5,\"timestamp\":\"1716883200000\"", "",
         INSTANT_ABSENT, 0},
        {",\"instance_id\":null,\"timestamp\":null", "", INSTANT_ABSENT, 0},
        {",\"timestamp\":1716883200.5", "", INSTANT_ABSENT, 0},
        {",\"timestamp\":1e99", "", INSTANT_OUT_OF_RANGE, 0},
    };
    struct json_document doc = {.nodes = NULL};
    struct arena arena = {NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct envelope env;
        struct error err;
        struct buffer body;
        buffer_init(&body, 1000);
        buffer_add_format(&body, "{\"type\":\"a\",\"data\":{}%s}",
                          rows[i].members);
        assert_int_equal(
            envelope_parse(buffer_slice(&body), &doc, &arena, &env, &err), 0);
        assert_true(slice_is(env.instance_id, rows[i].instance_id));
        assert_int_equal(env.timestamp.state, rows[i].state);
        assert_true(env.timestamp.ms == rows[i].ms);
        buffer_release(&body);
    }
    json_release(&doc);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_an_event),
        cmocka_unit_test(members_of_another_type_count_as_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
