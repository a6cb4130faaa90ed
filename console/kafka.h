/* kafka - what the console asks of the brokers.
 *
 * Only the files kafka*.c of this folder include rdkafka.h.  Every call ends by
 * the deadline that was given when the session was opened, or set since: then
 * ERROR_AWAY, with the brokers' addresses and the last reason why they could
 * not be reached. */
#pragma once

#include "shared/error.h"
#include "shared/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka;

/* `common` is kept.  -1 with ERROR_INPUT where the settings are wrong. */
int kafka_open(const struct settings *common, int64_t timeout_ms,
               struct kafka **ret_kafka, struct error *err);
void kafka_close(struct kafka *kafka);

/* All calls from now on end within `timeout_ms` from now. */
void kafka_set_timeout(struct kafka *kafka, int64_t timeout_ms);

/* How many partitions a topic has; 0 where there is no such topic.  Does not
 * make topics, whatever the brokers' auto.create.topics.enable says. */
int kafka_count_partitions(struct kafka *kafka, const char *topic,
                           int64_t *ret_count, struct error *err);

/* Wait until all partitions of a topic have a leader; how many these are. */
int kafka_wait_for_topic(struct kafka *kafka, const char *topic,
                         int64_t *ret_partitions, struct error *err);

struct kafka_topic_setting {
    const char *name;
    const char *value;
};

struct kafka_topic {
    const char *name;
    int64_t partitions;
    int64_t replication_factor; /* -1: the brokers' default */
    const struct kafka_topic_setting *settings;
    size_t settings_count;
};

/* False where somebody else made it before. */
int kafka_create_topic(struct kafka *kafka, const struct kafka_topic *topic,
                       bool *ret_is_new, struct error *err);

/* A setting that is a number, as it holds for the topic. */
int kafka_topic_number(struct kafka *kafka, const char *topic,
                       const char *setting, int64_t *ret_number,
                       struct error *err);
