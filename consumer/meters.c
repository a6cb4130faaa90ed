#include "consumer/meters.h"

#include "consumer/decode.h"
#include "consumer/retry.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

enum {
    EVENTS,
    EVENT_TO_ROW,
    BATCH_SECONDS,
    RETRIES,
    WAITING,
    DEAD_LETTERS,
    HELD,
    ERRORS,
    LAG,
    BUILD,
    FAMILIES
};

static const struct metric families[FAMILIES] = {
    [EVENTS] = {"clerkstream_events_total",
                METRIC_COUNTER,
                "Events taken from the log, by what became of them.",
                {"status"}},
    [EVENT_TO_ROW] = {"clerkstream_event_to_row_seconds",
                      METRIC_HISTOGRAM,
                      "From the record's time to the commit of its rows.",
                      {NULL}},
    [BATCH_SECONDS] = {"clerkstream_batch_seconds",
                       METRIC_HISTOGRAM,
                       "What one batch took, from decoding to commit.",
                       {NULL}},
    [RETRIES] = {"clerkstream_retries_total",
                 METRIC_COUNTER,
                 "Events taken from the retry topic, by what became of them.",
                 {"result"}},
    [WAITING] = {"clerkstream_waiting_retries",
                 METRIC_GAUGE,
                 "Events from the retry topic that are not due yet.",
                 {NULL}},
    [DEAD_LETTERS] = {"clerkstream_dead_letters_total",
                      METRIC_COUNTER,
                      "Events that went to the dead-letter topic, by what "
                      "stood against them.",
                      {"class"}},
    [HELD] = {"clerkstream_held_events",
              METRIC_GAUGE,
              "Events that are held in memory, with their partitions.",
              {NULL}},
    [ERRORS] = {"clerkstream_batch_errors_total",
                METRIC_COUNTER,
                "Transactions that failed, by kind of failure.",
                {"kind"}},
    [LAG] = {"kafka_consumergroup_lag",
             METRIC_GAUGE,
             "Records of a partition that are not yet done.",
             {"consumergroup", "topic", "partition"}},
    [BUILD] = {"clerkstream_build_info",
               METRIC_GAUGE,
               "Always 1.",
               {"librdkafka"}},
};

static const char *const retry_results[RETRY_RESULTS] = {
    [RETRY_APPLIED] = "applied",
    [RETRY_AGAIN] = "again",
    [RETRY_REFUSED] = "refused",
    [RETRY_STALE] = "stale",
};

static const char *const dead_letter_classes[DEAD_LETTER_CLASSES] = {
    [DEAD_LETTER_MALFORMED] = "malformed",
    [DEAD_LETTER_REFUSED] = "refused",
    [DEAD_LETTER_RETRIED] = "retried",
};

void meters_init(struct meters *meters)
{
    struct metrics *registry = &meters->registry;

    metrics_init(registry, families, FAMILIES);
    for (int i = 0; i < VERDICTS; i++)
        meters->verdicts[i] =
            metrics_get(registry, EVENTS, event_verdict_names[i], NULL, NULL);
    meters->event_to_row =
        metrics_get(registry, EVENT_TO_ROW, NULL, NULL, NULL);
    meters->batch_seconds =
        metrics_get(registry, BATCH_SECONDS, NULL, NULL, NULL);
    for (int i = 0; i < RETRY_RESULTS; i++)
        meters->retries[i] =
            metrics_get(registry, RETRIES, retry_results[i], NULL, NULL);
    for (int i = 0; i < DEAD_LETTER_CLASSES; i++)
        meters->dead_letters[i] = metrics_get(
            registry, DEAD_LETTERS, dead_letter_classes[i], NULL, NULL);
    meters->waiting = metrics_get(registry, WAITING, NULL, NULL, NULL);
    meters->held = metrics_get(registry, HELD, NULL, NULL, NULL);
    metric_set(metrics_get(registry, BUILD, rd_kafka_version_str(), NULL, NULL),
               1);
}

void meters_release(struct meters *meters)
{
    metrics_release(&meters->registry);
}

static enum retry_result result_of(const struct event *event)
{
    if (event->is_stale)
        return RETRY_STALE;
    if (event->verdict == VERDICT_RETRYING)
        return RETRY_AGAIN;
    return event->verdict == VERDICT_FAILED ? RETRY_REFUSED : RETRY_APPLIED;
}

static enum dead_letter_class class_of(const struct event *event)
{
    if (event->stage != NULL && strcmp(event->stage, STAGE_WRITE) != 0)
        return DEAD_LETTER_MALFORMED;
    return event->attempts < RETRY_TRIES ? DEAD_LETTER_REFUSED
                                         : DEAD_LETTER_RETRIED;
}

void meters_count_event(struct meters *meters, const struct event *event,
                        int64_t now_ms)
{
    int64_t age_ms = now_ms - event->record.created_ms;

    if (event->record.stream == STREAM_RETRIES)
        metric_add(meters->retries[result_of(event)], 1);
    if (event->is_stale)
        return;
    metric_add(meters->verdicts[event->verdict], 1);
    if (event->record.is_dead_lettered)
        metric_add(meters->dead_letters[class_of(event)], 1);
    if (event->verdict != VERDICT_RETRYING)
        metric_observe_us(meters->event_to_row, age_ms > 0 ? age_ms * 1000 : 0);
}

void meters_count_error(struct meters *meters, const char *kind)
{
    metric_add(metrics_get(&meters->registry, ERRORS, kind, NULL, NULL), 1);
}

void meters_set_lag(struct meters *meters, const char *group, const char *topic,
                    int32_t partition, int64_t lag)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", partition);
    metric_set(metrics_get(&meters->registry, LAG, group, topic, number), lag);
}
