/* kafka_offsets - where a topic begins and ends, and how far a group has come.
 *
 * Arrays have one element for each partition, in order; the caller knows their
 * number from kafka_count_partitions(). */
#pragma once

#include "console/kafka.h"

#define KAFKA_NO_OFFSET (-1)

/* The first offset that is there, and the one after the last. */
struct kafka_span {
    int64_t begin, end;
};
int kafka_spans(struct kafka *kafka, const char *topic, size_t partitions,
                struct kafka_span *ret_spans, struct error *err);

/* The first offset whose record is of this time or later; KAFKA_NO_OFFSET where
 * there is none (yet). */
int kafka_offsets_at(struct kafka *kafka, const char *topic, size_t partitions,
                     int64_t time_ms, int64_t *ret_offsets, struct error *err);

/* What a group has committed: the offset it goes on from, or KAFKA_NO_OFFSET.
 * A group that nobody has heard of has committed nothing. */
int kafka_committed(struct kafka *kafka, const char *group, const char *topic,
                    size_t partitions, int64_t *ret_offsets, struct error *err);

/* Let a group go on from these offsets; KAFKA_NO_OFFSET leaves a partition as
 * it is.  ERROR_ACCESS where the group has members by now. */
int kafka_set_committed(struct kafka *kafka, const char *group,
                        const char *topic, const int64_t *offsets,
                        size_t partitions, struct error *err);

struct kafka_member {
    char *id, *client, *host;
    size_t partitions; /* that it was given */
};

struct kafka_group {
    char *state; /* "Stable", "Empty", "Dead", …: Kafka's word */
    struct kafka_member *members;
    size_t members_count;
};

/* A group that nobody has heard of is "Dead", without members. */
int kafka_describe_group(struct kafka *kafka, const char *group,
                         struct kafka_group *ret_group, struct error *err);
void kafka_group_release(struct kafka_group *group);
