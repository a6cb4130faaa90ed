/* kafka_reader - reads ranges of a topic's partitions, as part of no group.
 *
 * Nobody's offsets move and no group takes notice.  Within a partition records
 * come in order; partitions come as they like.  One reader at a time has a
 * partition of a session. */
#pragma once

#include "console/kafka.h"
#include "shared/slice.h"

struct kafka_range {
    int32_t partition;
    int64_t begin, end; /* end is not read; where begin >= end nothing is */
};

struct kafka_record {
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t time_ms;         /* the record's time */
    struct slice key, value; /* data is NULL where there is none */
    const void *headers;     /* see kafka_record_header() */
};

struct kafka_reader;

int kafka_reader_open(struct kafka *kafka, const char *topic,
                      const struct kafka_range *ranges, size_t count,
                      struct kafka_reader **ret_reader, struct error *err);
void kafka_reader_close(struct kafka_reader *reader);

/* The next record, borrowed until the next call; `ret_is_end` is set and there
 * is none where all ranges were read.  A range that begins before the oldest
 * record that the brokers still have is ERROR_ACCESS: look at kafka_spans(). */
int kafka_reader_next(struct kafka_reader *reader,
                      struct kafka_record *ret_record, bool *ret_is_end,
                      struct error *err);

/* The last header of this name; data is NULL where there is none. */
struct slice kafka_record_header(const struct kafka_record *record,
                                 const char *name);

struct kafka_header {
    const char *name;
    struct slice value;
};
/* The header at `index`, as it came; false behind the last. */
bool kafka_record_header_at(const struct kafka_record *record, size_t index,
                            struct kafka_header *ret_header);
