/* kafka_floor - bare handles of librdkafka, set up as the programs set up
 * theirs.
 *
 * What fails ends the process: a floor is run by somebody who looks. */
#pragma once

#include <librdkafka/rdkafka.h>

typedef void kafka_floor_report(rd_kafka_t *producer,
                                const rd_kafka_message_t *message,
                                void *context);

rd_kafka_t *kafka_floor_producer(const char *brokers,
                                 kafka_floor_report *on_report);
/* The first record would wait for the metadata. */
void kafka_floor_warm_up(rd_kafka_t *producer, rd_kafka_topic_t *topic);

/* Reads every `workers`th partition of twelve from its beginning, from the
 * `worker`th on, and commits for `group` what is stored every second. */
rd_kafka_t *kafka_floor_consumer(const char *brokers, const char *group,
                                 const char *topic, unsigned worker,
                                 unsigned workers);
