/* dlq_box - all dead letters that are on the topic, with what the ledger and
 * the operators' marks say of them.
 *
 * Values are not kept: dlq_box_each() reads them again. */
#pragma once

#include "console/config.h"
#include "console/dlq_letter.h"
#include "console/log_topic.h"

struct postgres;
struct postgres_rows;

struct dlq_box {
    int64_t timeout_ms; /* of each step */
    struct log_topic topic;
    struct postgres *db;
    struct log_event told;
    struct arena arena;
    struct dlq_letter *letters;
    size_t count;
};

int dlq_box_open(const struct console_config *config, int64_t timeout_s,
                 struct dlq_box *ret_box, struct error *err);
void dlq_box_close(struct dlq_box *box);

/* Read the records of these letters again, partition by partition, and hand
 * each to `take`, which ends it all with -1. */
typedef int dlq_taker(void *context, struct dlq_letter *letter,
                      const struct kafka_record *record, struct error *err);
int dlq_box_each(struct dlq_box *box, struct dlq_letter *const *chosen,
                 size_t count, dlq_taker *take, void *context,
                 struct error *err);

/* What the ledger says of these events: rows of id, status, redrives,
 * last_error, and what became of the dead letter, as a status too: an event may
 * be completed, and a replay of it failed.  Letters without an id are left out.
 */
int dlq_box_ask_ledger(const struct dlq_box *box,
                       struct dlq_letter *const *letters, size_t count,
                       struct postgres_rows **ret_rows, struct error *err);
/* The place of a ledger's word among filter_statuses. */
int dlq_status_of(const char *word);
