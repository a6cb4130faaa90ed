/* log_event - a record that was read from Kafka, by the rules of the consumer.
 *
 * Zeroed before its first use; it keeps its memory for the next record.  What
 * it says points into the record, which the reader owns.  Pure. */
#pragma once

#include "console/filter.h"
#include "console/kafka_reader.h"
#include "consumer/decode.h"

struct log_event {
    struct event event; /* what the consumer would make of it */
    struct arena arena;
    struct json_document json;
};

void log_event_read(struct log_event *told, const struct kafka_record *record);
/* The same of one that only the ledger still has. */
void log_event_read_kept(struct log_event *told, struct slice id,
                         struct slice key, struct slice value);
void log_event_release(struct log_event *told);

/* As the consumer is given it; points into `record`. */
struct record log_event_record(const struct kafka_record *record);

/* The svix-id in its headers; empty where none can be one. */
struct slice log_event_id(const struct kafka_record *record);

/* What a filter asks for, from the headers alone: of a dead letter with its
 * reason, without a status. */
struct filter_subject log_event_subject(const struct kafka_record *record);
