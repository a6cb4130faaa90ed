#include "consumer/meters.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

enum {
    EVENTS,
    EVENT_TO_ROW,
    BATCH_SECONDS,
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
    [DEAD_LETTERS] = {"clerkstream_dead_letters_total",
                      METRIC_COUNTER,
                      "Events that went to the dead-letter topic.",
                      {NULL}},
    [HELD] = {"clerkstream_held_events",
              METRIC_GAUGE,
              "Events that wait to be tried again.",
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

void meters_init(struct meters *meters)
{
    struct metrics *registry = &meters->registry;

    metrics_init(registry, families, FAMILIES);
    for (int i = 0; i <= VERDICT_FAILED; i++)
        meters->verdicts[i] =
            metrics_get(registry, EVENTS, event_verdict_names[i], NULL, NULL);
    meters->event_to_row =
        metrics_get(registry, EVENT_TO_ROW, NULL, NULL, NULL);
    meters->batch_seconds =
        metrics_get(registry, BATCH_SECONDS, NULL, NULL, NULL);
    meters->dead_letters =
        metrics_get(registry, DEAD_LETTERS, NULL, NULL, NULL);
    meters->held = metrics_get(registry, HELD, NULL, NULL, NULL);
    metric_set(metrics_get(registry, BUILD, rd_kafka_version_str(), NULL, NULL),
               1);
}

void meters_release(struct meters *meters)
{
    metrics_release(&meters->registry);
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
