#include "consumer/kafka_source.h"

#include "consumer/decode.h"
#include "shared/kafka_config.h"
#include "shared/log.h"
#include "shared/memory.h"
#include "shared/stop.h"

#include <stdlib.h>

#define COMMITTED_MS 1000

struct source {
    rd_kafka_t *handle;
    const char *topic;
    struct source_hooks hooks;
};

/* Eager assignment and no seeking: what librdkafka 2.0.2 does well. */
static const struct kafka_setting source_settings[] = {
    {"enable.auto.commit", "true", true},
    {"enable.auto.offset.store", "false", true},
    {"auto.commit.interval.ms", "1000", false},
    {"auto.offset.reset", "earliest", false},
    {"partition.assignment.strategy", "range", false},
    {"session.timeout.ms", "10000", false},
    {"heartbeat.interval.ms", "1000", false},
    {"queued.max.messages.kbytes", "4096", false},
    {"queued.min.messages", "2000", false},
    {"fetch.error.backoff.ms", "100", false},
    {"reconnect.backoff.max.ms", "1000", false},
    {"topic.metadata.refresh.interval.ms", "30000", false},
    {"check.crcs", "true", false},
    {"socket.nagle.disable", "true", false},
    {"socket.keepalive.enable", "true", false},
};

static bool is_ours(const struct source *source,
                    const rd_kafka_topic_partition_t *partition)
{
    return strcmp(partition->topic, source->topic) == 0;
}

static void tell(struct source *source,
                 const rd_kafka_topic_partition_list_t *partitions,
                 void (*hook)(void *context, int32_t partition))
{
    for (int i = 0; i < partitions->cnt; i++)
        if (is_ours(source, &partitions->elems[i]))
            hook(source->hooks.context, partitions->elems[i].partition);
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *partitions,
                         void *context)
{
    struct source *source = context;
    bool is_cooperative =
        strcmp(rd_kafka_rebalance_protocol(handle), "COOPERATIVE") == 0;

    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        if (is_cooperative)
            rd_kafka_error_destroy(
                rd_kafka_incremental_assign(handle, partitions));
        else
            rd_kafka_assign(handle, partitions);
        tell(source, partitions, source->hooks.assigned);
    } else {
        tell(source, partitions, source->hooks.revoked);
        if (is_cooperative)
            rd_kafka_error_destroy(
                rd_kafka_incremental_unassign(handle, partitions));
        else
            rd_kafka_assign(handle, NULL);
    }
    log_info(log_event(code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
                           ? "partitions_assigned"
                           : "partitions_revoked"),
             log_number("partitions", partitions->cnt));
    source->hooks.rebalanced(source->hooks.context);
}

static void on_error(rd_kafka_t *handle, int code, const char *reason,
                     void *context)
{
    char fatal[256];

    (void)context;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        /* Another member took our group.instance.id, say: no way on. */
        rd_kafka_fatal_error(handle, fatal, sizeof(fatal));
        log_error(log_event("kafka_fatal"), log_text("text", fatal));
        stop_ask_failed();
        return;
    }
    log_warn(log_event("kafka_error"),
             log_text("code", rd_kafka_err2name((rd_kafka_resp_err_t)code)),
             log_text("text", reason));
}

int source_join(struct source *source, struct error *err)
{
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t code;

    rd_kafka_topic_partition_list_add(topics, source->topic,
                                      RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(source->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(err, ERROR_INPUT, "cannot subscribe to %s: %s",
                         source->topic, rd_kafka_err2str(code));
    return 0;
}

int source_check(const struct consumer_config *cfg, struct error *err)
{
    rd_kafka_conf_t *conf;

    if (kafka_config_new(&cfg->common, source_settings,
                         sizeof(source_settings) / sizeof(source_settings[0]),
                         &conf, err) != 0)
        return -1;
    rd_kafka_conf_destroy(conf);
    return 0;
}

int source_open(const struct consumer_config *cfg,
                const struct source_hooks *hooks, struct source **ret_source,
                struct error *err)
{
    struct source *source = memory_new(sizeof(*source));
    rd_kafka_conf_t *conf;

    source->topic = cfg->common.events_topic;
    source->hooks = *hooks;
    if (kafka_config_new(&cfg->common, source_settings,
                         sizeof(source_settings) / sizeof(source_settings[0]),
                         &conf, err) != 0)
        goto err_source;
    rd_kafka_conf_set(conf, "group.id", cfg->group, NULL, 0);
    rd_kafka_conf_set_opaque(conf, source);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (kafka_handle_new(RD_KAFKA_CONSUMER, conf, &source->handle, err) != 0)
        goto err_source;
    rd_kafka_poll_set_consumer(source->handle);
    *ret_source = source;
    return 0;
err_source:
    free(source);
    return -1;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    rd_kafka_consumer_close(source->handle);
    rd_kafka_destroy(source->handle);
    free(source);
}

/* The last of that name; empty where there is none. */
static struct slice header_of(const rd_kafka_message_t *message,
                              const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;

    if (rd_kafka_message_headers(message, &headers) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        value == NULL)
        return SLICE_EMPTY;
    return (struct slice){value, size};
}

/* "neither svix-id, webhook-id nor ce_id": the first that can be an id. */
static struct slice id_of(const rd_kafka_message_t *message)
{
    for (size_t i = 0; i < DECODE_ID_HEADERS; i++) {
        struct slice id = header_of(message, decode_id_headers[i]);
        if (decode_is_id(id))
            return id;
    }
    return SLICE_EMPTY;
}

static bool is_snapshot(const rd_kafka_message_t *message)
{
    return slice_equal(header_of(message, SNAPSHOT_HEADER),
                       slice_of(SNAPSHOT_VALUE));
}

static struct record record_of(const struct source *source,
                               rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;

    return (struct record){.topic = slice_of(source->topic),
                           .partition = message->partition,
                           .offset = message->offset,
                           .created_ms =
                               rd_kafka_message_timestamp(message, &type),
                           .key = {message->key, message->key_len},
                           .value = {message->payload, message->len},
                           .id = id_of(message),
                           .is_snapshot = is_snapshot(message),
                           .handle = message};
}

bool source_poll(struct source *source, int timeout_ms,
                 struct record *ret_record)
{
    rd_kafka_message_t *message =
        rd_kafka_consumer_poll(source->handle, timeout_ms);

    if (message == NULL)
        return false;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_warn(log_event("kafka_error"),
                 log_text("code", rd_kafka_err2name(message->err)),
                 log_text("text", rd_kafka_message_errstr(message)));
        rd_kafka_message_destroy(message);
        return false;
    }
    *ret_record = record_of(source, message);
    return true;
}

void source_release(struct record *record)
{
    if (record->handle != NULL)
        rd_kafka_message_destroy(record->handle);
    record->handle = NULL;
}

static void pause_or_resume(
    struct source *source, int32_t partition,
    rd_kafka_resp_err_t (*change)(rd_kafka_t *,
                                  rd_kafka_topic_partition_list_t *))
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, source->topic, partition);
    change(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void source_pause(struct source *source, int32_t partition)
{
    pause_or_resume(source, partition, rd_kafka_pause_partitions);
}

void source_resume(struct source *source, int32_t partition)
{
    pause_or_resume(source, partition, rd_kafka_resume_partitions);
}

void source_store(struct source *source, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, source->topic, partition)->offset =
        offset;
    /* Refused where the partition is no longer ours: then it is not ours to
     * say how far it has come. */
    rd_kafka_offsets_store(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t source_end(struct source *source, int32_t partition)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(source->handle, source->topic, partition,
                                       &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high;
}

int64_t source_committed(struct source *source, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    int64_t offset = -1;

    rd_kafka_topic_partition_list_add(list, source->topic, partition);
    if (rd_kafka_committed(source->handle, list, COMMITTED_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset >= 0 ? offset : -1;
}
