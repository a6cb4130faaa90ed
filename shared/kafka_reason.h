/* kafka_reason - why no broker can be talked to, in one line.
 *
 * librdkafka says "no broker" of a wrong password, too; what it heard is told
 * to the error callback only, each time in other words. */
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a later attempt will say the same: `text` is of the settings, not of
 * a broker that is away. */
bool kafka_reason_is_lasting(int code);

/* `text` as the error callback of `handle` got it, without what differs from
 * one attempt to the next. */
void kafka_reason_set(const rd_kafka_t *handle, int code, const char *text,
                      char *ret_reason, size_t size);
