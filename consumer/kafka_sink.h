/* kafka_sink - retries and dead letters to their topics, acknowledged before
 * we go on.
 *
 * One outlet (a librdkafka producer) for all workers; each worker has a sink of
 * its own on it. */
#pragma once

#include "consumer/event.h"
#include "shared/settings.h"

struct outlet;
struct sink;

/* `common` is kept.  -1 with ERROR_INPUT where the settings are wrong. */
int outlet_open(const struct settings *common, struct outlet **ret_outlet,
                struct error *err);
void outlet_close(struct outlet *outlet);

struct sink *sink_new(struct outlet *outlet);
void sink_free(struct sink *sink);

/* Hand over an event that is to be retried or refused, by its fate: key, value
 * and headers as they came, and those of retry.h or dead_letter.h.  `event` is
 * kept until sink_wait() returns. */
void sink_send(struct sink *sink, struct event *event);

/* Wait for the acknowledgement of all that was handed over; a record whose dead
 * letter is acknowledged knows it.  -1 with ERROR_AWAY where one is not, in
 * time. */
int sink_wait(struct sink *sink, struct error *err);
