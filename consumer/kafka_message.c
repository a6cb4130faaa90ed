#include "consumer/kafka_message.h"

#include "consumer/decode.h"
#include "consumer/retry.h"
#include "shared/memory.h"

#include <stdlib.h>

/* What is kept of a message that was let go. */
struct detached {
    rd_kafka_headers_t *headers; /* NULL: none */
    char bytes[];                /* the key, the value */
};

/* Empty where there is none. */
static struct slice header(const rd_kafka_headers_t *headers, const char *name)
{
    const void *value;
    size_t size;

    if (headers == NULL ||
        rd_kafka_header_get_last(headers, name, &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        value == NULL)
        return SLICE_EMPTY;
    return (struct slice){value, size};
}

/* The first of decode_id_headers that can be an id; empty where none can. */
static struct slice id_of(const rd_kafka_headers_t *headers)
{
    for (size_t i = 0; i < DECODE_ID_HEADERS; i++) {
        struct slice id = header(headers, decode_id_headers[i]);
        if (decode_is_id(id))
            return id;
    }
    return SLICE_EMPTY;
}

/* All that points into the headers. */
static void read_headers(struct record *record)
{
    const rd_kafka_headers_t *headers = kafka_message_headers(record);
    struct slice values[RETRY_HEADERS_READ];

    for (int i = 0; i < RETRY_HEADERS_READ; i++)
        values[i] = header(headers, retry_header_names[i]);
    record->id = id_of(headers);
    record->is_snapshot =
        slice_is(header(headers, SNAPSHOT_HEADER), SNAPSHOT_VALUE);
    retry_read(values, record);
}

/* 0 where there is none, or none that can be stored: some brokers take any. */
static int64_t time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);

    return ms > 0 && ms <= INSTANT_MAX ? ms : 0;
}

struct record kafka_message_take(rd_kafka_message_t *message,
                                 enum stream stream, const char *topic)
{
    struct record record = {
        .stream = stream,
        .partition = message->partition,
        .offset = message->offset,
        .origin = {slice_of(topic), message->partition, message->offset},
        .created_ms = time_of(message),
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .handle = message};

    read_headers(&record);
    return record;
}

const rd_kafka_headers_t *kafka_message_headers(const struct record *record)
{
    rd_kafka_headers_t *headers;

    if (record->is_detached)
        return ((const struct detached *)record->handle)->headers;
    if (rd_kafka_message_headers(record->handle, &headers) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    return headers;
}

/* NULL stays NULL. */
static struct slice copy_to(char *at, struct slice text)
{
    if (text.data == NULL)
        return SLICE_EMPTY;
    memcpy(at, text.data, text.size);
    return (struct slice){at, text.size};
}

void kafka_message_detach(struct record *record)
{
    const rd_kafka_headers_t *headers = kafka_message_headers(record);
    rd_kafka_message_t *message = record->handle;
    struct detached *copy =
        memory_new(sizeof(*copy) + record->key.size + record->value.size);

    if (headers != NULL)
        copy->headers = rd_kafka_headers_copy(headers);
    record->key = copy_to(copy->bytes, record->key);
    record->value = copy_to(copy->bytes + record->key.size, record->value);
    record->handle = copy;
    record->is_detached = true;
    read_headers(record);
    rd_kafka_message_destroy(message);
}

void kafka_message_release(struct record *record)
{
    struct detached *copy = record->handle;

    if (copy == NULL)
        return;
    if (!record->is_detached) {
        rd_kafka_message_destroy(record->handle);
    } else {
        if (copy->headers != NULL)
            rd_kafka_headers_destroy(copy->headers);
        free(copy);
    }
    record->handle = NULL;
}
