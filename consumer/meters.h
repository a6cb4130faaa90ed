/* meters - the consumer's metrics, as a table and as what the workers turn. */
#pragma once

#include "consumer/event.h"
#include "shared/metrics.h"

struct meters {
    struct metrics registry;
    struct metric_series *verdicts[VERDICT_FAILED + 1];
    struct metric_series *event_to_row;
    struct metric_series *batch_seconds;
    struct metric_series *dead_letters;
    struct metric_series *held;
};

void meters_init(struct meters *meters);
void meters_release(struct meters *meters);

void meters_count_error(struct meters *meters, const char *kind);
void meters_set_lag(struct meters *meters, const char *group, const char *topic,
                    int32_t partition, int64_t lag);
