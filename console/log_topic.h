/* log_topic - a topic of ours as far as it reaches now, ready to be read. */
#pragma once

#include "console/kafka_offsets.h"
#include "console/kafka_reader.h"

struct log_topic {
    struct kafka *kafka;
    const char *name; /* borrowed from the settings */
    size_t partitions;
    struct kafka_span *spans; /* one for each */
};

/* `variable` is the one that names the topic.  -1 with ERROR_INPUT where there
 * is no such topic. */
int log_topic_open(const struct settings *common, const char *variable,
                   const char *name, int64_t timeout_ms,
                   struct log_topic *ret_topic, struct error *err);
void log_topic_close(struct log_topic *topic);

/* A reader of the `ranges`, one for each partition. */
int log_topic_read(struct log_topic *topic, const struct kafka_span *ranges,
                   struct kafka_reader **ret_reader, struct error *err);
/* How many offsets these are. */
uint64_t log_topic_count(const struct log_topic *topic,
                         const struct kafka_span *ranges);
