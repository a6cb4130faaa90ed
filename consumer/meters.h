/* meters - the consumer's metrics, as a table and as what the workers turn. */
#pragma once

#include "consumer/apply.h"
#include "shared/metrics.h"

enum retry_result {
    RETRY_APPLIED,
    RETRY_AGAIN,
    RETRY_REFUSED,
    RETRY_STALE,
    RETRY_RESULTS
};

enum retry_reason {
    RETRY_LOCKED,     /* somebody else has a row */
    RETRY_CONSTRAINT, /* foreign key, unique, exclusion */
    RETRY_RAISED,     /* a trigger's RAISE */
    RETRY_OTHER,
    RETRY_REASONS
};

enum dead_letter_class {
    DEAD_LETTER_MALFORMED, /* refused before the database saw it */
    DEAD_LETTER_REFUSED,   /* by the database */
    DEAD_LETTER_RETRIED,   /* in vain, to the end */
    DEAD_LETTER_CLASSES
};

/* What a batch spends its time with. */
enum batch_phase {
    PHASE_POLL = APPLY_PHASES, /* before it is applied */
    PHASES
};

#define METERS_TYPES_MAX 32 /* those that change something, and "other" */

extern const struct metric meters_families[];
extern const size_t meters_families_count;

struct meters {
    struct metrics registry;
    struct metric_series *events[METERS_TYPES_MAX][VERDICTS];
    struct metric_series *retries[RETRY_RESULTS];
    struct metric_series *put_off[RETRY_REASONS];
    struct metric_series *waiting;
    struct metric_series *event_to_row;
    struct metric_series *batch_seconds;
    struct metric_series *batch_events;
    struct metric_series *phases[PHASES];
    struct metric_series *rebalances[2]; /* by whether it was an assignment */
    struct metric_series *workers;
    struct metric_series *halted;
    struct metric_series *sessions;
    struct metric_series *broker_up;
    struct metric_series *ready;
    struct metric_series *dead_letters[DEAD_LETTER_CLASSES];
    struct metric_series *held;
};

/* `librdkafka` is its version, for clerkstream_build_info. */
void meters_init(struct meters *meters, const char *librdkafka);
void meters_release(struct meters *meters);

/* One event that is done. */
void meters_count_event(struct meters *meters, const struct event *event,
                        int64_t now_ms);
/* A transaction that failed; `kind` is error_kind_name()'s. */
void meters_count_error(struct meters *meters, const char *kind);
/* Records of a partition that are not yet done, and for how long, at least, one
 * of them is known. */
void meters_set_lag(struct meters *meters, const char *group, const char *topic,
                    int32_t partition, int64_t lag);
void meters_set_behind(struct meters *meters, const char *topic,
                       int32_t partition, int64_t behind_ms);
