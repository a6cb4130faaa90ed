/* The headers that a dead letter gets besides its own. */
#include "consumer/dead_letter.h"

#include "consumer/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *stage;
    const char *exception;
} stages[] = {
    {STAGE_DECODE, "clerkstream.MalformedEvent"},
    {STAGE_WRITE, "clerkstream.DatabaseError"},
};

static void assert_header(const struct letter_header *headers, const char *name,
                          const char *value)
{
    int count = 0;

    for (int i = 0; i < DEAD_LETTER_HEADERS; i++) {
        if (strcmp(headers[i].name, name) != 0)
            continue;
        if (!slice_is(headers[i].value, value))
            fail_msg("%s: %.*s", name, SLICE_PRINT(headers[i].value));
        count++;
    }
    assert_int_equal(count, 1);
}

/* Where it lay, why it was refused, and where it has been since. */
static void a_dead_letter_tells_all_that_is_needed_to_put_it_back(void **state)
{
    struct arena arena = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        struct event event = {
            .record = {.stream = STREAM_RETRIES,
                       .partition = 1,
                       .offset = 2,
                       .origin = {slice_of("clerk.events"), 11, INT64_MAX},
                       .redrives = 3},
            .attempts = 6,
            .stage = stages[i].stage};
        struct letter_header headers[DEAD_LETTER_HEADERS];
        error_set(&event.refusal, ERROR_INPUT, "id is no string");
        dead_letter_headers(&event, 1700000000123, &arena, headers);
        assert_header(headers, "__connect.errors.topic", "clerk.events");
        assert_header(headers, "__connect.errors.partition", "11");
        assert_header(headers, "__connect.errors.offset",
                      "9223372036854775807");
        assert_header(headers, "__connect.errors.stage", stages[i].stage);
        assert_header(headers, "__connect.errors.exception.class.name",
                      stages[i].exception);
        assert_header(headers, "__connect.errors.exception.message",
                      "id is no string");
        assert_header(headers, "clerkstream-reason", "id is no string");
        assert_header(headers, "clerkstream-attempts", "6");
        assert_header(headers, "clerkstream-failed-at", "1700000000123");
        assert_header(headers, "clerkstream-redrives", "3");
        assert_header(headers, "clerkstream-retry-at", "");
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_letter_tells_all_that_is_needed_to_put_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
