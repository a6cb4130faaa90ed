#include "console/log_topic.h"

#include "shared/memory.h"

#include <stdlib.h>

static int look_at(struct log_topic *topic, const char *variable,
                   struct error *err)
{
    int64_t count;

    if (kafka_count_partitions(topic->kafka, topic->name, &count, err) != 0)
        return -1;
    if (count == 0)
        return error_set(err, ERROR_INPUT,
                         "%s: given \"%.100s\", allowed is a topic that is "
                         "there; clerkstream topics makes it",
                         variable, topic->name);
    topic->partitions = (size_t)count;
    topic->spans = memory_new((size_t)count * sizeof(*topic->spans));
    return kafka_spans(topic->kafka, topic->name, topic->partitions,
                       topic->spans, err);
}

int log_topic_open(const struct settings *common, const char *variable,
                   const char *name, int64_t timeout_ms,
                   struct log_topic *ret_topic, struct error *err)
{
    struct log_topic topic = {.name = name};

    if (kafka_open(common, timeout_ms, &topic.kafka, err) != 0)
        return -1;
    if (look_at(&topic, variable, err) != 0) {
        log_topic_close(&topic);
        return -1;
    }
    *ret_topic = topic;
    return 0;
}

void log_topic_close(struct log_topic *topic)
{
    kafka_close(topic->kafka);
    free(topic->spans);
}

int log_topic_read(struct log_topic *topic, const struct kafka_span *ranges,
                   struct kafka_reader **ret_reader, struct error *err)
{
    CLEANUP_FREE struct kafka_range *wanted =
        memory_new(topic->partitions * sizeof(*wanted));

    for (size_t i = 0; i < topic->partitions; i++)
        wanted[i] =
            (struct kafka_range){(int32_t)i, ranges[i].begin, ranges[i].end};
    return kafka_reader_open(topic->kafka, topic->name, wanted,
                             topic->partitions, ret_reader, err);
}

uint64_t log_topic_count(const struct log_topic *topic,
                         const struct kafka_span *ranges)
{
    uint64_t count = 0;

    for (size_t i = 0; i < topic->partitions; i++)
        if (ranges[i].end > ranges[i].begin)
            count += (uint64_t)(ranges[i].end - ranges[i].begin);
    return count;
}
