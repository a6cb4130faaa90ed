/* kafka - the idempotent producer, and what became of each record.
 *
 * kafka_producer_send() never waits.  Every record that it took is reported
 * once, from a thread of this module.  When librdkafka gives its handle up (a
 * fatal error), another is made in its place and the old one's records are
 * reported as failed: nobody outside notices but those records.  */
#pragma once

#include "producer/config.h"
#include "producer/record.h"

#include <stdbool.h>

enum kafka_topic { KAFKA_EVENTS, KAFKA_DEAD_LETTERS, KAFKA_TOPICS };

struct kafka_report {
    enum error_kind kind; /* ERROR_NONE: the broker has it on disk */
    const char *code;     /* librdkafka's name of the error; static */
    int32_t partition;
    int64_t offset; /* -1 where it is not stored */
};

typedef void kafka_on_report(void *context, const struct kafka_report *report);

struct kafka_producer;

/* `config` is kept.  -1 with ERROR_INPUT where the settings are wrong. */
int kafka_producer_open(const struct config *config, kafka_on_report *on_report,
                        struct kafka_producer **ret_kafka, struct error *err);

/* Hand over a record: key, value and headers are copied.  -1 with ERROR_INPUT
 * (too large), ERROR_AGAIN (the queue is full) or ERROR_AWAY: then there will
 * be no report. */
int kafka_producer_send(struct kafka_producer *kafka, enum kafka_topic topic,
                        const struct record *record, void *context,
                        struct error *err);

struct kafka_state {
    bool is_warm; /* it knows its topics: no record has to wait for them */
    int queued;   /* records that have no report yet */
};
struct kafka_state kafka_producer_state(struct kafka_producer *kafka);

const char *kafka_producer_topic_name(const struct kafka_producer *kafka,
                                      enum kafka_topic topic);

const char *kafka_producer_library(void); /* of librdkafka */

/* Gives what is queued up to `timeout_ms`, then fails the rest; all reports
 * are out when it returns. */
void kafka_producer_close(struct kafka_producer *kafka, int64_t timeout_ms);
