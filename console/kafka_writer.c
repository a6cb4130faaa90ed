#include "console/kafka_writer.h"

#include "console/kafka_session.h"
#include "shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct kafka_writer {
    rd_kafka_t *handle;
    const struct settings *common;
    int64_t timeout_ms;
    size_t failed; /* since the last flush */
    rd_kafka_resp_err_t reason;
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message,
                        void *context)
{
    struct kafka_writer *writer = context;
    struct kafka_place *place = message->_private;

    (void)handle;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        writer->failed++;
        writer->reason = message->err;
    } else if (place != NULL) {
        *place = (struct kafka_place){message->partition, message->offset};
    }
}

static int config_new(const struct settings *common, int64_t timeout_ms,
                      rd_kafka_conf_t **ret_conf, struct error *err)
{
    char timeout[24];
    const struct kafka_setting settings[] = {
        {"acks", "all", KAFKA_FIXED},
        {"partitioner", "murmur2_random", KAFKA_FIXED},
        {"message.timeout.ms", timeout, KAFKA_OURS},
        {"linger.ms", "0", KAFKA_DEFAULT},
        {"socket.nagle.disable", "true", KAFKA_DEFAULT},
        {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
        {"reconnect.backoff.max.ms", "500", KAFKA_DEFAULT},
        /* The brokers' limit is on what is stored: with headers of its own a
         * record fits compressed where it would not as it is. */
        {"compression.codec", "zstd", KAFKA_DEFAULT},
        {"message.max.bytes", "100000000", KAFKA_DEFAULT},
        {"queue.buffering.max.kbytes", "131072", KAFKA_DEFAULT},
        {"log_level", "3", KAFKA_DEFAULT},
    };

    snprintf(timeout, sizeof(timeout), "%lld", (long long)timeout_ms);
    return kafka_config_new(common, KAFKA_SETTINGS(settings), ret_conf, err);
}

int kafka_writer_open(const struct settings *common, int64_t timeout_ms,
                      struct kafka_writer **ret_writer, struct error *err)
{
    struct kafka_writer *writer;
    rd_kafka_conf_t *conf;

    if (config_new(common, timeout_ms, &conf, err) != 0)
        return -1;
    writer = memory_new(sizeof(*writer));
    writer->common = common;
    writer->timeout_ms = timeout_ms;
    rd_kafka_conf_set_opaque(conf, writer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (kafka_handle_new(RD_KAFKA_PRODUCER, conf, &writer->handle, err) != 0) {
        free(writer);
        return -1;
    }
    *ret_writer = writer;
    return 0;
}

void kafka_writer_close(struct kafka_writer *writer)
{
    if (writer == NULL)
        return;
    rd_kafka_purge(writer->handle, RD_KAFKA_PURGE_F_QUEUE |
                                       RD_KAFKA_PURGE_F_INFLIGHT |
                                       RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_destroy(writer->handle);
    free(writer);
}

/* Copied, never written to: librdkafka has no word for that. */
static void *unconst(struct slice bytes)
{
    return (void *)(uintptr_t)bytes.data;
}

static rd_kafka_headers_t *headers_new(const struct kafka_new_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_count);

    for (size_t i = 0; i < record->headers_count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1,
                            record->headers[i].value.data,
                            (ssize_t)record->headers[i].value.size);
    return headers;
}

static enum error_kind kind_of(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? ERROR_AGAIN : ERROR_INPUT;
}

int kafka_writer_add(struct kafka_writer *writer,
                     const struct kafka_new_record *record, struct error *err)
{
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = record->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {unconst(record->key), record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {unconst(record->value), record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers_new(record)},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = record->ret_place},
    };
    rd_kafka_error_t *refusal;

    if (record->ret_place != NULL)
        *record->ret_place = (struct kafka_place){-1, KAFKA_NOT_WRITTEN};
    refusal = rd_kafka_produceva(writer->handle, parts,
                                 sizeof(parts) / sizeof(parts[0]));
    if (refusal == NULL) /* the headers are taken */
        return 0;
    rd_kafka_headers_destroy(parts[4].u.headers);
    error_set(err, kind_of(rd_kafka_error_code(refusal)), "Kafka: topic %s: %s",
              record->topic, rd_kafka_error_string(refusal));
    rd_kafka_error_destroy(refusal);
    return -1;
}

int kafka_writer_flush(struct kafka_writer *writer, struct error *err)
{
    /* Every message has its report by then: message.timeout.ms is less. */
    rd_kafka_resp_err_t code =
        rd_kafka_flush(writer->handle, (int)writer->timeout_ms + 1000);
    size_t failed = writer->failed;

    writer->failed = 0;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && failed == 0)
        return 0;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = writer->reason;
    if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
        code == RD_KAFKA_RESP_ERR__TIMED_OUT)
        return error_set(
            err, ERROR_AWAY, "no Kafka broker at %.80s took it within %lld s",
            writer->common->brokers, (long long)writer->timeout_ms / 1000);
    return error_set(err, ERROR_ACCESS, "Kafka: %zu not written: %s", failed,
                     rd_kafka_err2str(code));
}
