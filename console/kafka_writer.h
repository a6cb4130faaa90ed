/* kafka_writer - puts records into topics; done when the broker has them.
 *
 * acks=all, to the partition that the producer would choose, not idempotent: a
 * record may come twice, which does no harm to what the consumers merge.
 * Records may wait for their acknowledgements together: kafka_writer_add()
 * some, then kafka_writer_flush(). */
#pragma once

#include "console/kafka_reader.h"

struct kafka_new_record {
    const char *topic;
    struct slice key, value; /* data is NULL for none */
    const struct kafka_header *headers;
    size_t headers_count;
    /* Set when the broker has it; may be NULL, else it must live until then. */
    struct kafka_place *ret_place;
};

struct kafka_place {
    int32_t partition;
    int64_t offset; /* KAFKA_NOT_WRITTEN until the broker has it */
};
#define KAFKA_NOT_WRITTEN (-1)

struct kafka_writer;

/* `common` is kept.  Each flush takes at most `timeout_ms`. */
int kafka_writer_open(const struct settings *common, int64_t timeout_ms,
                      struct kafka_writer **ret_writer, struct error *err);
void kafka_writer_close(struct kafka_writer *writer);

/* Copied.  -1 where it cannot be queued: ERROR_INPUT for what no broker would
 * take, ERROR_AGAIN for a full queue (flush first). */
int kafka_writer_add(struct kafka_writer *writer,
                     const struct kafka_new_record *record, struct error *err);

/* 0: the broker has all that was added.  -1: not all, and which not is said by
 * their places; those may still arrive, so the same again must do no harm. */
int kafka_writer_flush(struct kafka_writer *writer, struct error *err);
