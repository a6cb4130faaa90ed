/* reapply - records of the log merged into the tables once more, beside the
 * consumers.
 *
 * The same transaction as theirs (consumer/apply.h) with the same locks, so
 * nothing can go back in time whoever comes first.  Nothing is published: what
 * cannot be applied is told and left as it is, without a retry or a dead
 * letter.  A record that the ledger has at this very place counts as a replay.
 */
#pragma once

#include "console/config.h"
#include "console/kafka_reader.h"

struct reapply;
struct event;

/* Around each batch; either may be NULL.  -1 ends it all. */
struct reapply_hooks {
    /* What it mentions is about to be written. */
    int (*before)(void *context, struct event *const *events, size_t count,
                  struct error *err);
    /* Those that are `is_done` have a verdict, the others a `refusal`. */
    int (*after)(void *context, struct event *const *events, size_t count,
                 struct error *err);
    void *context;
};

/* `config` is kept.  `timeout_ms` is for each batch: how long a database that
 * is away is tried again.  -1 with ERROR_INPUT where the settings are wrong. */
int reapply_open(const struct console_config *config, int64_t timeout_ms,
                 const struct reapply_hooks *hooks,
                 struct reapply **ret_reapply, struct error *err);
void reapply_close(struct reapply *reapply); /* what waits is dropped */

/* Take a record of the events topic, copied; when a batch is full it is
 * applied.  Records of an entity that are given in their order stay so. */
int reapply_add(struct reapply *reapply, const struct kafka_record *record,
                struct error *err);
/* Apply what waits.  -1: the database is away, or must not be written to; what
 * was to be applied is not. */
int reapply_flush(struct reapply *reapply, struct error *err);
