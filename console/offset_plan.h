/* offset_plan - where a group is to go on in a partition, and what that means.
 *
 * The targets are those of Kafka's own tool.  Pure. */
#pragma once

#include "console/kafka_offsets.h"

enum offset_target {
    OFFSET_TO_EARLIEST,
    OFFSET_TO_LATEST,
    OFFSET_TO_OFFSET, /* `value` */
    OFFSET_TO_TIME,   /* the first record of this time or later */
    OFFSET_SHIFT_BY   /* `value` records on, or back where it is negative */
};

struct offset_wish {
    enum offset_target target;
    int64_t value;
};

struct offset_partition {
    struct kafka_span span;
    int64_t committed; /* KAFKA_NO_OFFSET: nothing */
    int64_t at_time;   /* for OFFSET_TO_TIME; KAFKA_NO_OFFSET: none so late */
};

struct offset_move {
    int64_t from;     /* where the group would go on without it */
    int64_t to;       /* inside the span */
    int64_t replayed; /* records that are read again */
    int64_t skipped;  /* records that are never read */
    bool is_clamped;  /* the wish was outside of what is there */
};

struct offset_move offset_plan(const struct offset_wish *wish,
                               const struct offset_partition *partition);
