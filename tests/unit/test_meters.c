/* The consumer's metrics, by the names that dashboards know. */
#include "consumer/meters.h"

#include "consumer/decode.h"
#include "consumer/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct meters meters;
static struct buffer out;

static const char *rendered(void)
{
    buffer_clear(&out);
    metrics_render(&meters.registry, &out);
    return out.data;
}

static void assert_line(const char *line)
{
    char whole[256];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(rendered(), whole) == NULL)
        fail_msg("no line %s in\n%s", line, out.data);
}

static void what_is_counted_is_told_by_name(void **state)
{
    (void)state;
    metric_add(meters.verdicts[VERDICT_COMPLETED], 7);
    metric_add(meters.dead_letters[DEAD_LETTER_REFUSED], 2);
    metric_add(meters.waiting, 6);
    metric_set(meters.held, 5);
    metric_observe_us(meters.event_to_row, 3000);
    metric_observe_us(meters.batch_seconds, 700);
    meters_count_error(&meters, "away");
    meters_count_error(&meters, "away");
    meters_set_lag(&meters, "group", "clerk.events", 3, 40);
    meters_set_lag(&meters, "group", "clerk.events", 3, 41);
    assert_line("clerkstream_events_total{status=\"completed\"} 7");
    assert_line("clerkstream_events_total{status=\"failed\"} 0");
    assert_line("clerkstream_dead_letters_total{class=\"refused\"} 2");
    assert_line("clerkstream_waiting_retries 6");
    assert_line("clerkstream_held_events 5");
    assert_line("clerkstream_event_to_row_seconds_bucket{le=\"0.005\"} 1");
    assert_line("clerkstream_event_to_row_seconds_count 1");
    assert_line("clerkstream_batch_seconds_sum 0.000700");
    assert_line("clerkstream_batch_errors_total{kind=\"away\"} 2");
    assert_line("kafka_consumergroup_lag{consumergroup=\"group\","
                "topic=\"clerk.events\",partition=\"3\"} 41");
}

/* An event that is done, and the samples that it adds one to. */
static const struct {
    struct event event;
    const char *names[3];
} counted[] = {
    {{.verdict = VERDICT_COMPLETED},
     {"clerkstream_events_total{status=\"completed\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_RETRYING, .fate = EVENT_RETRY},
     {"clerkstream_events_total{status=\"retrying\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .fate = EVENT_RETRY,
      .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_events_total{status=\"retrying\"}",
      "clerkstream_retries_total{result=\"again\"}"}},
    {{.verdict = VERDICT_SUPERSEDED, .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_events_total{status=\"superseded\"}",
      "clerkstream_retries_total{result=\"applied\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.is_stale = true, .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_retries_total{result=\"stale\"}"}},
    {{.verdict = VERDICT_FAILED,
      .stage = STAGE_DECODE,
      .attempts = 1,
      .record = {.is_dead_lettered = true}},
     {"clerkstream_events_total{status=\"failed\"}",
      "clerkstream_dead_letters_total{class=\"malformed\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_FAILED, .stage = STAGE_WRITE, .attempts = 1},
     {"clerkstream_events_total{status=\"failed\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_FAILED,
      .stage = STAGE_WRITE,
      .attempts = RETRY_TRIES,
      .record = {.stream = STREAM_RETRIES, .is_dead_lettered = true}},
     {"clerkstream_events_total{status=\"failed\"}",
      "clerkstream_retries_total{result=\"refused\"}",
      "clerkstream_dead_letters_total{class=\"retried\"}"}},
};

static long sample(const char *name)
{
    const char *found = strstr(rendered(), name);

    if (found == NULL)
        fail_msg("no sample %s", name);
    return found != NULL ? strtol(found + strlen(name) + 1, NULL, 10) : -1;
}

static void an_event_is_counted_by_what_became_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        long before[3] = {0};
        for (int n = 0; n < 3 && counted[i].names[n] != NULL; n++)
            before[n] = sample(counted[i].names[n]);
        meters_count_event(&meters, &counted[i].event, 1000);
        for (int n = 0; n < 3 && counted[i].names[n] != NULL; n++)
            if (sample(counted[i].names[n]) != before[n] + 1)
                fail_msg("event %zu: %s", i, counted[i].names[n]);
    }
}

/* Prometheus' own rules of names: a prefix, base units, counters in _total. */
static void names_are_as_prometheus_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < meters.registry.count; i++) {
        const struct metric *family = &meters.registry.families[i];
        size_t size = strlen(family->name);
        bool is_total =
            size > 6 && strcmp(family->name + size - 6, "_total") == 0;
        assert_int_equal(is_total, family->type == METRIC_COUNTER);
        if (strcmp(family->name, "kafka_consumergroup_lag") != 0)
            assert_memory_equal(family->name, "clerkstream_", 12);
        if (family->type == METRIC_HISTOGRAM)
            assert_string_equal(family->name + size - 8, "_seconds");
        assert_null(strchr(family->help, '\n'));
    }
}

static int begin(void **state)
{
    (void)state;
    meters_init(&meters);
    buffer_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    meters_release(&meters);
    buffer_release(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_counted_is_told_by_name),
        cmocka_unit_test(an_event_is_counted_by_what_became_of_it),
        cmocka_unit_test(names_are_as_prometheus_has_them),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
