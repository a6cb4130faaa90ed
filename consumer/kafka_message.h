/* kafka_message - a message of the library as a record, and its end.
 *
 * A record points into its message, which keeps all that was fetched with it in
 * memory.  One that has to wait is detached: a copy of its own size. */
#pragma once

#include "consumer/event.h"

#include <librdkafka/rdkafka.h>

/* `message` is taken; `topic` is its name, kept. */
struct record kafka_message_take(rd_kafka_message_t *message,
                                 enum stream stream, const char *topic);
void kafka_message_detach(struct record *record);
void kafka_message_release(struct record *record);

/* Borrowed; NULL where it has none. */
const rd_kafka_headers_t *kafka_message_headers(const struct record *record);
