/* explain_ask - what the ledger, the registers, the tables and the log know of
 * one event. */
#pragma once

#include "console/config.h"
#include "console/explanation.h"
#include "console/log_topic.h"
#include "console/postgres.h"

/* What the ledger says; `ret_payload` (in the arena, or NULL) is the event as
 * it was kept.  Where there is no row, is_in_ledger stays false. */
int explain_ledger(struct postgres *db, bool is_whole,
                   struct explanation *explanation, struct slice *ret_payload,
                   struct error *err);

/* Each entity that the event mentions, with its register, its row, and what it
 * has beaten. */
int explain_entities(struct postgres *db, const struct event *event,
                     struct explanation *explanation, struct error *err);

/* A record that was found; borrowed until the close. */
struct explain_record {
    struct log_topic topic;
    struct kafka_reader *reader;
    struct kafka_record record;
    bool is_open, is_there;
};
void explain_record_close(struct explain_record *found);

/* The record at the event's place, if the brokers still have it. */
int explain_read(const struct console_config *config, int64_t timeout_ms,
                 const struct explanation *explanation,
                 struct explain_record *ret_found, struct error *err);

/* Look for a record of the event, which the ledger does not know: among those
 * of the events topic that the group has yet to read (all of them, where
 * `is_everywhere`), then among the dead letters.  `ret_looked` is where. */
int explain_search(const struct console_config *config, int64_t timeout_ms,
                   struct slice id, bool is_everywhere,
                   struct explain_record *ret_found, struct buffer *ret_looked,
                   struct error *err);
