/* What answers mean, and what the summary says of them. */
#include "console/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    int status;
    const char *body;
    enum tally_outcome outcome;
} answers[] = {
    {200, "{\"status\":\"accepted\",\"id\":\"msg_1\"}", TALLY_ACCEPTED},
    {200, "{\"status\":\"ignored\",\"reason\":\"type\"}", TALLY_IGNORED},
    {200, "{\"status\":\"dead_lettered\"}", TALLY_DEAD_LETTERED},
    {204, "", TALLY_OTHER},
    {200, "accepted", TALLY_OTHER},
    {200, "{\"status\":\"refused\"}", TALLY_OTHER},
    {200, "{\"status\":7}", TALLY_OTHER},
    {401, "{\"status\":\"accepted\"}", TALLY_REFUSED},
    {302, "", TALLY_REFUSED},
    {503, "", TALLY_REFUSED},
    {0, "", TALLY_UNANSWERED},
};

static void an_answer_is_told_by_status_and_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        assert_int_equal(
            tally_outcome_of(answers[i].status, slice_of(answers[i].body)),
            answers[i].outcome);
}

static void add(struct tally *tally, int status, const char *body, int64_t us)
{
    tally_add(tally, status, slice_of(body), us);
}

static void percentiles_are_at_most_3_percent_too_high(void **state)
{
    (void)state;
    for (int64_t us = 1; us < INT64_C(4000000000); us = us * 5 / 4 + 1) {
        struct tally tally = {.retries = 0};
        int64_t found;
        add(&tally, 200, "", us);
        found = tally_percentile_us(&tally, 50);
        assert_true(found >= us && found <= us + us * 32 / 1000);
    }
}

static void a_percentile_is_the_latency_of_that_rank(void **state)
{
    struct tally tally = {.retries = 0};

    (void)state;
    assert_int_equal(tally_percentile_us(&tally, 99), 0);
    for (int us = 1; us <= 50; us++)
        add(&tally, 200, "", us);
    for (int i = 0; i < 50; i++)
        add(&tally, 0, "", 0); /* was not answered: has no latency */
    assert_int_equal(tally_percentile_us(&tally, 50), 25);
    assert_int_equal(tally_percentile_us(&tally, 100), 50);
    assert_int_equal(tally_percentile_us(&tally, 1), 1);
}

static struct tally some_of_each(void)
{
    struct tally tally = {.retries = 3};

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        add(&tally, answers[i].status, answers[i].body, 10);
    add(&tally, 401, "", 10);
    return tally;
}

static void the_line_says_all_counts(void **state)
{
    struct tally tally = some_of_each();
    struct buffer text;

    (void)state;
    assert_int_equal(tally_count(&tally), 12);
    assert_int_equal(tally_failed(&tally), 5);
    buffer_init(&text, 4096);
    tally_print(&tally, 2000000, &text);
    assert_string_equal(
        text.data,
        "12 events in 2.00 s (6/s): 1 accepted, 1 ignored, 1 dead_lettered, "
        "4 other, 4 refused, 1 unanswered, 1 answered 302, 2 answered 401, "
        "1 answered 503; 3 retries; p50 0.0 ms, p99 0.0 ms");
    buffer_release(&text);
}

static void the_json_says_the_same(void **state)
{
    struct tally tally = some_of_each();
    struct buffer text;

    (void)state;
    buffer_init(&text, 4096);
    tally_print_json(&tally, 2000000, &text);
    assert_string_equal(
        text.data,
        "{\"events\":12,\"accepted\":1,\"ignored\":1,\"dead_lettered\":1,"
        "\"other\":4,\"refused\":4,\"unanswered\":1,\"refused_by_code\":{"
        "\"302\":1,\"401\":2,\"503\":1},\"retries\":3,\"seconds\":2.000,"
        "\"events_per_second\":6.0,\"p50_ms\":0.010,\"p99_ms\":0.010}");
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_told_by_status_and_body),
        cmocka_unit_test(percentiles_are_at_most_3_percent_too_high),
        cmocka_unit_test(a_percentile_is_the_latency_of_that_rank),
        cmocka_unit_test(the_line_says_all_counts),
        cmocka_unit_test(the_json_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
