/* The consumer's metrics, by the names that dashboards know. */
#include "consumer/meters.h"

#include "consumer/decode.h"
#include "consumer/events/events.h"
#include "consumer/isolate.h"
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
    metric_add(meters.events[0][VERDICT_COMPLETED], 7);
    metric_observe_us(meters.phases[PHASE_POLL], 700);
    metric_observe_count(meters.batch_events, 3);
    metric_add(meters.put_off[RETRY_LOCKED], 4);
    metric_add(meters.rebalances[true], 1);
    meters_set_behind(&meters, "clerk.events", 3, 2900);
    metric_add(meters.dead_letters[DEAD_LETTER_REFUSED], 2);
    metric_add(meters.waiting, 6);
    metric_set(meters.held, 5);
    metric_observe_us(meters.event_to_row, 3000);
    metric_observe_us(meters.batch_seconds, 700);
    meters_count_error(&meters, "away");
    meters_count_error(&meters, "away");
    meters_set_lag(&meters, "group", "clerk.events", 3, 40);
    meters_set_lag(&meters, "group", "clerk.events", 3, 41);
    assert_line("clerkstream_events_total{status=\"completed\","
                "type=\"organization.created\"} 7");
    assert_line("clerkstream_events_total{status=\"failed\",type=\"other\"} "
                "0");
    assert_line("clerkstream_batch_phase_seconds_sum{phase=\"poll\"} "
                "0.000700");
    assert_line("clerkstream_batch_events_bucket{le=\"2\"} 0");
    assert_line("clerkstream_batch_events_bucket{le=\"5\"} 1");
    assert_line("clerkstream_batch_events_sum 3.000000");
    assert_line("clerkstream_retries_sent_total{reason=\"locked\"} 4");
    assert_line("clerkstream_rebalances_total{kind=\"assigned\"} 1");
    assert_line("clerkstream_lag_seconds{topic=\"clerk.events\","
                "partition=\"3\"} 2");
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
     {"clerkstream_events_total{status=\"completed\",type=\"other\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_COMPLETED, .type = {"user.deleted", 12}},
     {"clerkstream_events_total{status=\"completed\","
      "type=\"user.deleted\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .refusal = {ERROR_AGAIN, "PostgreSQL: SQLSTATE 55P03"}},
     {"clerkstream_retries_sent_total{reason=\"locked\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .refusal = {ERROR_AGAIN, ISOLATE_LOCKED_TEXT}},
     {"clerkstream_retries_sent_total{reason=\"locked\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .refusal = {ERROR_AGAIN, "PostgreSQL: SQLSTATE 23505"}},
     {"clerkstream_retries_sent_total{reason=\"constraint\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .refusal = {ERROR_AGAIN, "PostgreSQL: SQLSTATE P0001: no"}},
     {"clerkstream_retries_sent_total{reason=\"raised\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .refusal = {ERROR_AGAIN, "PostgreSQL: SQLSTATE 99999"}},
     {"clerkstream_retries_sent_total{reason=\"other\"}"}},
    {{.verdict = VERDICT_RETRYING, .fate = EVENT_RETRY},
     {"clerkstream_events_total{status=\"retrying\",type=\"other\"}"}},
    {{.verdict = VERDICT_RETRYING,
      .fate = EVENT_RETRY,
      .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_events_total{status=\"retrying\",type=\"other\"}",
      "clerkstream_retries_total{result=\"again\"}"}},
    {{.verdict = VERDICT_SUPERSEDED, .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_events_total{status=\"superseded\",type=\"other\"}",
      "clerkstream_retries_total{result=\"applied\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.is_stale = true, .record = {.stream = STREAM_RETRIES}},
     {"clerkstream_retries_total{result=\"stale\"}"}},
    {{.verdict = VERDICT_FAILED,
      .stage = STAGE_DECODE,
      .attempts = 1,
      .record = {.is_dead_lettered = true}},
     {"clerkstream_events_total{status=\"failed\",type=\"other\"}",
      "clerkstream_dead_letters_total{class=\"malformed\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_FAILED, .stage = STAGE_WRITE, .attempts = 1},
     {"clerkstream_events_total{status=\"failed\",type=\"other\"}",
      "clerkstream_event_to_row_seconds_count"}},
    {{.verdict = VERDICT_FAILED,
      .stage = STAGE_WRITE,
      .attempts = RETRY_TRIES,
      .record = {.stream = STREAM_RETRIES, .is_dead_lettered = true}},
     {"clerkstream_events_total{status=\"failed\",type=\"other\"}",
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
        assert_true(event_types_count < METERS_TYPES_MAX);
        if (family->type == METRIC_HISTOGRAM)
            assert_string_equal(family->name + size - 8, "_seconds");
        assert_null(strchr(family->help, '\n'));
    }
}

static int begin(void **state)
{
    (void)state;
    meters_init(&meters, "2.0.2");
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
