/* The answer table: status, text and headers of every outcome. */
#include "producer/reply.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID "msg_1"
#define TEXT_BYTES 1000

/* Everything that may be seen of an outcome. */
static const struct {
    enum outcome outcome;
    unsigned status;
    const char *body;
    const char *retry_after, *delivery;
    bool closes;
} answers[] = {
    {OUTCOME_ACCEPTED, 200,
     "{\"status\":\"accepted\",\"id\":\"msg_1\",\"topic\":\"t\","
     "\"partition\":3,\"offset\":120}\n",
     NULL, NULL, false},
    {OUTCOME_IGNORED_TYPE, 200,
     "{\"status\":\"ignored\",\"id\":\"msg_1\",\"reason\":\"type\"}\n", NULL,
     NULL, false},
    {OUTCOME_IGNORED_INSTANCE, 200,
     "{\"status\":\"ignored\",\"id\":\"msg_1\",\"reason\":\"instance\"}\n",
     NULL, NULL, false},
    {OUTCOME_DEAD_LETTERED, 200,
     "{\"status\":\"dead_lettered\",\"id\":\"msg_1\",\"reason\":\"not an "
     "event\"}\n",
     NULL, NULL, false},
    {OUTCOME_ALIVE, 200, "{\"status\":\"ok\"}\n", NULL, NULL, false},
    {OUTCOME_NO_ROUTE, 404, NULL, NULL, NULL, false},
    {OUTCOME_WRONG_METHOD, 405, NULL, NULL, NULL, false},
    {OUTCOME_FLAWED, 400, NULL, NULL, NULL, true},
    {OUTCOME_NO_LENGTH, 411, NULL, NULL, NULL, true},
    {OUTCOME_BAD_HEADERS, 400, NULL, NULL, NULL, false},
    {OUTCOME_TOO_LARGE, 413, NULL, NULL, "abort-message", true},
    {OUTCOME_TOO_SLOW, 408, NULL, NULL, NULL, true},
    {OUTCOME_NOT_SIGNED, 401, "{\"error\":\"invalid signature\"}\n", NULL, NULL,
     false},
    {OUTCOME_TOO_MANY, 429, NULL, "1", NULL, false},
    {OUTCOME_RECORD_TOO_LARGE, 413, NULL, NULL, "abort-message", false},
    {OUTCOME_UNAVAILABLE, 503, NULL, "5", NULL, false},
};

static struct reply reply_of(enum outcome outcome)
{
    return (struct reply){.outcome = outcome,
                          .allow = "POST",
                          .topic = "t",
                          .partition = 3,
                          .offset = 120};
}

static const char *field_of(const struct reply *reply, const char *name)
{
    static struct reply_field space;

    for (size_t i = 0; reply_field_at(reply, i, &space) != NULL; i++)
        if (strcmp(space.name, name) == 0)
            return space.value;
    return NULL;
}

static void assert_field(const struct reply *reply, const char *name,
                         const char *value)
{
    const char *found = field_of(reply, name);

    if (value == NULL)
        assert_null(found);
    else
        assert_string_equal(found, value);
}

static void every_outcome_has_its_row(void **state)
{
    (void)state;
    assert_int_equal(sizeof(answers) / sizeof(answers[0]), OUTCOMES - 1);
    for (size_t i = 0; i < OUTCOMES - 1; i++) {
        struct reply reply = reply_of(answers[i].outcome);
        bool is_405 = answers[i].status == 405;
        assert_int_equal(reply.outcome, i + 1);
        assert_int_equal(reply_status(&reply), answers[i].status);
        assert_int_equal(reply_closes(&reply), answers[i].closes);
        assert_field(&reply, "Content-Type", "application/json");
        assert_field(&reply, "Allow", is_405 ? "POST" : NULL);
        assert_field(&reply, "Retry-After", answers[i].retry_after);
        assert_field(&reply, "webhook-delivery", answers[i].delivery);
    }
}

static void bodies_are_as_the_contract_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < OUTCOMES - 1; i++) {
        struct reply reply = reply_of(answers[i].outcome);
        struct buffer body;
        buffer_init(&body, TEXT_BYTES);
        reply_body(&reply, slice_of(ID), &body);
        if (answers[i].body != NULL)
            assert_string_equal(body.data, answers[i].body);
        else
            assert_memory_equal(body.data, "{\"error\":\"", 10);
        assert_string_equal(body.data + body.size - 2, "}\n");
        buffer_release(&body);
    }
}

static void an_unknown_offset_is_left_out(void **state)
{
    struct reply reply = reply_of(OUTCOME_ACCEPTED);
    struct buffer body;

    (void)state;
    buffer_init(&body, TEXT_BYTES);
    reply.offset = REPLY_OFFSET_UNKNOWN;
    reply_body(&reply, slice_of(ID), &body);
    assert_non_null(strstr(body.data, "\"partition\":3}"));
    buffer_clear(&body);
    reply.offset = 0;
    reply_body(&reply, slice_of(ID), &body);
    assert_non_null(strstr(body.data, "\"offset\":0}"));
    buffer_release(&body);
}

static void a_reason_of_its_own_is_escaped(void **state)
{
    struct reply reply = {.outcome = OUTCOME_BAD_HEADERS,
                          .reason = "a \"b\"\n\xff"};
    struct buffer body;

    (void)state;
    buffer_init(&body, TEXT_BYTES);
    reply_body(&reply, SLICE_EMPTY, &body);
    assert_string_equal(body.data,
                        "{\"error\":\"a \\\"b\\\"\\u000a\\ufffd\"}\n");
    buffer_release(&body);
}

static void a_whole_answer_is_http(void **state)
{
    const struct reply reply = {.outcome = OUTCOME_TOO_SLOW};
    struct buffer answer;

    (void)state;
    buffer_init(&answer, TEXT_BYTES);
    reply_write(&reply, SLICE_EMPTY, &answer);
    assert_string_equal(answer.data,
                        "HTTP/1.1 408 Request Timeout\r\n"
                        "Connection: close\r\n"
                        "Content-Type: application/json\r\n"
                        "Content-Length: 41\r\n\r\n"
                        "{\"error\":\"request not complete in time\"}\n");
    buffer_release(&answer);
}

static void every_kind_of_failure_has_an_outcome(void **state)
{
    static const unsigned statuses[ERROR_KINDS] = {
        [ERROR_NONE] = 200,  [ERROR_INPUT] = 413, [ERROR_ACCESS] = 401,
        [ERROR_AGAIN] = 503, [ERROR_AWAY] = 503,  [ERROR_BUG] = 503,
    };

    (void)state;
    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        const struct reply reply = {
            .outcome = reply_outcome_of((enum error_kind)kind)};
        assert_int_equal(reply_status(&reply), statuses[kind]);
    }
}

static void words_for_metrics(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        const struct reply reply = {.outcome = (enum outcome)i};
        bool is_event = i >= OUTCOME_ACCEPTED && i <= OUTCOME_DEAD_LETTERED;
        assert_int_equal(reply_event_status(&reply) != NULL, is_event);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_its_row),
        cmocka_unit_test(bodies_are_as_the_contract_says),
        cmocka_unit_test(an_unknown_offset_is_left_out),
        cmocka_unit_test(a_reason_of_its_own_is_escaped),
        cmocka_unit_test(a_whole_answer_is_http),
        cmocka_unit_test(every_kind_of_failure_has_an_outcome),
        cmocka_unit_test(words_for_metrics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
