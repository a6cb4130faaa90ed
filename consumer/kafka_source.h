/* kafka_source - one member of the consumer group: records in, offsets back.
 *
 * Reads the events topic and the retry topic; the range assignor gives a member
 * the same partitions of both.  Not thread-safe: one worker, one source.
 * Offsets go to the broker only after source_store(), in the background and
 * when partitions are taken away. */
#pragma once

#include "consumer/config.h"
#include "consumer/event.h"

#include <stdbool.h>

/* Called from inside source_poll() and source_close(). */
typedef void source_hook(void *context, enum stream stream, int32_t partition);
struct source_hooks {
    source_hook *assigned;
    /* Records of it that are still held must be forgotten, not stored. */
    source_hook *revoked;
    /* After all of the one or the other. */
    void (*rebalanced)(void *context, bool is_assignment);
    void *context;
};

struct source;

const char *source_library(void); /* librdkafka's version */

/* Whether the settings will do, before anything is opened. */
int source_check(const struct consumer_config *cfg, struct error *err);
/* Prepare to join.  `cfg` is kept.  -1 with ERROR_INPUT: settings. */
int source_open(const struct consumer_config *cfg,
                const struct source_hooks *hooks, struct source **ret_source,
                struct error *err);
/* Join the group; -1 with ERROR_INPUT where librdkafka refuses. */
int source_join(struct source *source, struct error *err);
/* Commit what was stored, for which the broker has two seconds, and leave the
 * group. */
void source_close(struct source *source);

/* The next record within `timeout_ms`; false where there is none.  It is the
 * caller's: kafka_message_release(). */
bool source_poll(struct source *source, int timeout_ms,
                 struct record *ret_record);

void source_pause(struct source *source, enum stream stream, int32_t partition);
/* Only what is paused. */
void source_resume(struct source *source, enum stream stream,
                   int32_t partition);

/* Everything of `partition` before `offset` is done. */
void source_store(struct source *source, enum stream stream, int32_t partition,
                  int64_t offset);

/* The end of the partition as far as is known here; -1: not yet. */
int64_t source_end(struct source *source, enum stream stream,
                   int32_t partition);
/* What the group has committed for it, 0 where nothing; -1: no answer in a
 * second. */
int64_t source_committed(struct source *source, enum stream stream,
                         int32_t partition);
