#include "console/kafka_reader.h"

#include "console/kafka_session.h"
#include "shared/memory.h"

#include <stdlib.h>

struct range {
    struct kafka_range wanted;
    bool is_read;
};

struct kafka_reader {
    struct kafka *kafka;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *records;
    rd_kafka_message_t *message; /* that the caller has */
    struct range *ranges;
    size_t count, left;
};

static struct range *find_range(struct kafka_reader *reader, int32_t partition)
{
    for (size_t i = 0; i < reader->count; i++)
        if (reader->ranges[i].wanted.partition == partition)
            return &reader->ranges[i];
    return NULL;
}

static void finish(struct kafka_reader *reader, struct range *range)
{
    rd_kafka_consume_stop(reader->topic, range->wanted.partition);
    range->is_read = true;
    reader->left--;
}

static int start(struct kafka_reader *reader, struct range *range,
                 struct error *err)
{
    range->is_read = range->wanted.begin >= range->wanted.end;
    if (range->is_read)
        return 0;
    if (rd_kafka_consume_start_queue(reader->topic, range->wanted.partition,
                                     range->wanted.begin,
                                     reader->records) != 0) {
        range->is_read = true;
        kafka_fail(reader->kafka, rd_kafka_last_error(), NULL, err);
        return error_wrap(err, "topic %s", rd_kafka_topic_name(reader->topic));
    }
    reader->left++;
    return 0;
}

int kafka_reader_open(struct kafka *kafka, const char *topic,
                      const struct kafka_range *ranges, size_t count,
                      struct kafka_reader **ret_reader, struct error *err)
{
    struct kafka_reader *reader = memory_new(sizeof(*reader));

    reader->kafka = kafka;
    reader->topic = rd_kafka_topic_new(kafka->handle, topic, NULL);
    if (reader->topic == NULL) {
        free(reader);
        return kafka_fail(kafka, rd_kafka_last_error(), NULL, err);
    }
    reader->records = rd_kafka_queue_new(kafka->handle);
    reader->ranges = memory_new((count + 1) * sizeof(*reader->ranges));
    for (; reader->count < count; reader->count++) {
        reader->ranges[reader->count].wanted = ranges[reader->count];
        if (start(reader, &reader->ranges[reader->count], err) == 0)
            continue;
        kafka_reader_close(reader);
        return -1;
    }
    *ret_reader = reader;
    return 0;
}

void kafka_reader_close(struct kafka_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->message != NULL)
        rd_kafka_message_destroy(reader->message);
    for (size_t i = 0; i < reader->count; i++)
        if (!reader->ranges[i].is_read)
            finish(reader, &reader->ranges[i]);
    rd_kafka_queue_destroy(reader->records);
    rd_kafka_topic_destroy(reader->topic);
    free(reader->ranges);
    free(reader);
}

static void describe(const rd_kafka_message_t *message,
                     struct kafka_record *ret_record)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers = NULL;

    rd_kafka_message_headers(message, &headers);
    *ret_record = (struct kafka_record){
        .topic = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = message->offset,
        .time_ms = rd_kafka_message_timestamp(message, &type),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .headers = headers,
    };
}

/* What a message that is no record says: the end of a partition, or why there
 * is nothing to read.  librdkafka tries again what may pass. */
static int take_event(struct kafka_reader *reader,
                      const rd_kafka_message_t *message, struct error *err)
{
    struct range *range = find_range(reader, message->partition);

    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (range != NULL && !range->is_read)
            finish(reader, range);
        return 0;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        return 0;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        return error_set(err, ERROR_ACCESS,
                         "topic %s partition %d: the brokers do not have "
                         "offset %lld",
                         rd_kafka_topic_name(reader->topic),
                         (int)message->partition,
                         range != NULL ? (long long)range->wanted.begin : -1);
    default:
        kafka_fail(reader->kafka, message->err, NULL, err);
        return error_wrap(err, "topic %s", rd_kafka_topic_name(reader->topic));
    }
}

/* Whether the message is a record that was asked for. */
static bool is_wanted(struct kafka_reader *reader,
                      const rd_kafka_message_t *message)
{
    struct range *range = find_range(reader, message->partition);

    if (range == NULL || range->is_read)
        return false;
    if (message->offset + 1 >= range->wanted.end)
        finish(reader, range);
    return message->offset < range->wanted.end;
}

int kafka_reader_next(struct kafka_reader *reader,
                      struct kafka_record *ret_record, bool *ret_is_end,
                      struct error *err)
{
    rd_kafka_message_t *message;

    if (reader->message != NULL)
        rd_kafka_message_destroy(reader->message);
    reader->message = NULL;
    while (reader->left > 0) {
        message = rd_kafka_consume_queue(reader->records,
                                         kafka_left_ms(reader->kafka));
        if (message == NULL)
            return kafka_fail(reader->kafka, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL,
                              err);
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            is_wanted(reader, message)) {
            reader->message = message;
            describe(message, ret_record);
            *ret_is_end = false;
            return 0;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
            take_event(reader, message, err) != 0) {
            rd_kafka_message_destroy(message);
            return -1;
        }
        rd_kafka_message_destroy(message);
    }
    *ret_is_end = true;
    return 0;
}

/* librdkafka changes nothing behind this pointer, but does not say so. */
static rd_kafka_headers_t *headers_of(const struct kafka_record *record)
{
    return (rd_kafka_headers_t *)(uintptr_t)record->headers;
}

struct slice kafka_record_header(const struct kafka_record *record,
                                 const char *name)
{
    const void *value;
    size_t size;

    if (record->headers == NULL ||
        rd_kafka_header_get_last(headers_of(record), name, &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return SLICE_EMPTY;
    return (struct slice){value, value != NULL ? size : 0};
}

bool kafka_record_header_at(const struct kafka_record *record, size_t index,
                            struct kafka_header *ret_header)
{
    const char *name;
    const void *value;
    size_t size;

    if (record->headers == NULL ||
        rd_kafka_header_get_all(headers_of(record), index, &name, &value,
                                &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    *ret_header = (struct kafka_header){
        .name = name, .value = {value, value != NULL ? size : 0}};
    return true;
}
