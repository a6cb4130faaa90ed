/* meters - the consumer's metrics, as a table and as what the workers turn. */
#pragma once

#include "consumer/event.h"
#include "shared/metrics.h"

enum retry_result {
    RETRY_APPLIED,
    RETRY_AGAIN,
    RETRY_REFUSED,
    RETRY_STALE,
    RETRY_RESULTS
};

enum dead_letter_class {
    DEAD_LETTER_MALFORMED, /* refused before the database saw it */
    DEAD_LETTER_REFUSED,   /* by the database */
    DEAD_LETTER_RETRIED,   /* in vain, to the end */
    DEAD_LETTER_CLASSES
};

struct meters {
    struct metrics registry;
    struct metric_series *verdicts[VERDICTS];
    struct metric_series *retries[RETRY_RESULTS];
    struct metric_series *waiting;
    struct metric_series *event_to_row;
    struct metric_series *batch_seconds;
    struct metric_series *dead_letters[DEAD_LETTER_CLASSES];
    struct metric_series *held;
};

void meters_init(struct meters *meters);
void meters_release(struct meters *meters);

/* One event that is done. */
void meters_count_event(struct meters *meters, const struct event *event,
                        int64_t now_ms);
void meters_count_error(struct meters *meters, const char *kind);
void meters_set_lag(struct meters *meters, const char *group, const char *topic,
                    int32_t partition, int64_t lag);
