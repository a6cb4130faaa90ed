/* measure - what the producer counts: one table, and the series that are on
 * every request's way kept at hand. */
#pragma once

#include "producer/reply.h"
#include "shared/metrics.h"
#include "shared/signature.h"

extern const struct metric measure_families[];
extern const size_t measure_families_count;

struct measure {
    struct metrics metrics;
    struct metric_series *codes[OUTCOMES];    /* by outcome: of its status */
    struct metric_series *statuses[OUTCOMES]; /* NULL: not one of an event */
    struct metric_series *matches[SIGNATURE_KEYS_MAX];
    struct metric_series *seconds[OUTCOMES]; /* by outcome: as `codes` */
    struct metric_series *delivery;
    struct metric_series *in_flight;
    struct metric_series *connections;
    struct metric_series *body_bytes;
    struct metric_series *queued;
    struct metric_series *broker_up;
    struct metric_series *ready;
};

/* `keys`: how many secrets there are. */
void measure_init(struct measure *measure, size_t keys, const char *version,
                  const char *librdkafka);
void measure_release(struct measure *measure);

/* A request was answered, `us` after it began. */
void measure_reply(struct measure *measure, const struct reply *reply,
                   int64_t us);
/* Kafka did not take a record, or lost it; `code` is librdkafka's name. */
void measure_kafka_error(struct measure *measure, const char *code);
