#include "consumer/kafka_source.h"

#include "consumer/kafka_message.h"
#include "shared/clock.h"
#include "shared/kafka_config.h"
#include "shared/log.h"
#include "shared/memory.h"
#include "shared/stop.h"

#include <stdlib.h>

#define COMMITTED_MS 1000
#define LAST_COMMIT_MS 2000
#define AGAIN_MS 50

struct source {
    rd_kafka_t *handle;
    const char *topics[STREAMS];
    struct source_hooks hooks;
    bool is_leaving; /* the last commit was tried */
};

/* Eager assignment and no seeking: what librdkafka 2.0.2 does well.  It stops
 * fetching for a second when the queue is full, so that must hold what a worker
 * does in a second; small fetches fill it to the brim and not far beyond. */
static const struct kafka_setting source_settings[] = {
    {"enable.auto.commit", "true", KAFKA_FIXED},
    {"enable.auto.offset.store", "false", KAFKA_FIXED},
    {"auto.commit.interval.ms", "1000", KAFKA_DEFAULT},
    {"auto.offset.reset", "earliest", KAFKA_FIXED},
    {"partition.assignment.strategy", "range", KAFKA_DEFAULT},
    {"session.timeout.ms", "10000", KAFKA_DEFAULT},
    {"heartbeat.interval.ms", "1000", KAFKA_DEFAULT},
    {"queued.max.messages.kbytes", "12288", KAFKA_DEFAULT},
    {"queued.min.messages", "10000", KAFKA_DEFAULT},
    {"fetch.message.max.bytes", "262144", KAFKA_DEFAULT},
    {"fetch.error.backoff.ms", "100", KAFKA_DEFAULT},
    {"reconnect.backoff.max.ms", "1000", KAFKA_DEFAULT},
    {"topic.metadata.refresh.interval.ms", "30000", KAFKA_DEFAULT},
    {"check.crcs", "true", KAFKA_DEFAULT},
    {"socket.nagle.disable", "true", KAFKA_DEFAULT},
    {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
};

/* STREAMS where it is none of them. */
static enum stream stream_of(const struct source *source, const char *topic)
{
    int stream = 0;

    while (stream < STREAMS && strcmp(topic, source->topics[stream]) != 0)
        stream++;
    return (enum stream)stream;
}

/* Returns how many of them are of the events topic. */
static int tell(struct source *source,
                const rd_kafka_topic_partition_list_t *partitions,
                source_hook *hook)
{
    int events = 0;

    for (int i = 0; i < partitions->cnt; i++) {
        const rd_kafka_topic_partition_t *given = &partitions->elems[i];
        enum stream stream = stream_of(source, given->topic);
        events += stream == STREAM_EVENTS;
        if (stream != STREAMS)
            hook(source->hooks.context, stream, given->partition);
    }
    return events;
}

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *partitions,
                         void *context)
{
    struct source *source = context;
    bool is_assignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    bool is_cooperative =
        strcmp(rd_kafka_rebalance_protocol(handle), "COOPERATIVE") == 0;
    int events;

    if (is_assignment) {
        if (is_cooperative)
            rd_kafka_error_destroy(
                rd_kafka_incremental_assign(handle, partitions));
        else
            rd_kafka_assign(handle, partitions);
        events = tell(source, partitions, source->hooks.assigned);
    } else {
        events = tell(source, partitions, source->hooks.revoked);
        if (is_cooperative)
            rd_kafka_error_destroy(
                rd_kafka_incremental_unassign(handle, partitions));
        else
            rd_kafka_assign(handle, NULL);
    }
    log_info(
        log_event(is_assignment ? "partitions_assigned" : "partitions_revoked"),
        log_number("partitions", events),
        log_number("retry_partitions", partitions->cnt - events));
    source->hooks.rebalanced(source->hooks.context, is_assignment);
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

/* Of the commit as a whole, else of the first partition that has one. */
static rd_kafka_resp_err_t
code_of(rd_kafka_resp_err_t code,
        const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && partitions != NULL &&
                    i < partitions->cnt;
         i++)
        code = partitions->elems[i].err;
    return code == RD_KAFKA_RESP_ERR__NO_OFFSET ? RD_KAFKA_RESP_ERR_NO_ERROR
                                                : code;
}

/* Nothing is lost by it: the next commit says the same or more, or whoever has
 * the partition next does again what was done. */
static void tell_not_committed(rd_kafka_resp_err_t code)
{
    log_warn(log_event("offsets_not_committed"),
             log_text("code", rd_kafka_err2name(code)),
             log_text("text", rd_kafka_err2str(code)));
}

static void on_commit(rd_kafka_t *handle, rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t *partitions,
                      void *context)
{
    const struct source *source = context;

    (void)handle;
    code = code_of(code, partitions);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !source->is_leaving)
        tell_not_committed(code);
}

int source_join(struct source *source, struct error *err)
{
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new(STREAMS);
    rd_kafka_resp_err_t code;

    for (int i = 0; i < STREAMS; i++)
        rd_kafka_topic_partition_list_add(topics, source->topics[i],
                                          RD_KAFKA_PARTITION_UA);
    code = rd_kafka_subscribe(source->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(err, ERROR_INPUT, "cannot subscribe to %s and %s: %s",
                         source->topics[STREAM_EVENTS],
                         source->topics[STREAM_RETRIES],
                         rd_kafka_err2str(code));
    return 0;
}

const char *source_library(void)
{
    return rd_kafka_version_str();
}

int source_check(const struct consumer_config *cfg, struct error *err)
{
    return kafka_config_check(&cfg->common, KAFKA_SETTINGS(source_settings),
                              err);
}

int source_open(const struct consumer_config *cfg,
                const struct source_hooks *hooks, struct source **ret_source,
                struct error *err)
{
    struct source *source = memory_new(sizeof(*source));
    rd_kafka_conf_t *conf;

    source->topics[STREAM_EVENTS] = cfg->common.events_topic;
    source->topics[STREAM_RETRIES] = cfg->common.retry_topic;
    source->hooks = *hooks;
    if (kafka_config_new(&cfg->common, KAFKA_SETTINGS(source_settings), &conf,
                         err) != 0)
        goto err_source;
    rd_kafka_conf_set(conf, "group.id", cfg->group, NULL, 0);
    rd_kafka_conf_set_opaque(conf, source);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
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

static rd_kafka_resp_err_t
commit_once(struct source *source, rd_kafka_queue_t *answers, int64_t until_ms)
{
    int64_t left_ms = until_ms - clock_steady_ms();
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(source->handle, NULL, answers, NULL, NULL);
    rd_kafka_event_t *answer;

    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    answer = rd_kafka_queue_poll(answers, left_ms > 0 ? (int)left_ms : 0);
    code = answer == NULL
               ? RD_KAFKA_RESP_ERR__TIMED_OUT
               : code_of(rd_kafka_event_error(answer),
                         rd_kafka_event_topic_partition_list(answer));
    if (answer != NULL)
        rd_kafka_event_destroy(answer);
    return code;
}

static bool may_pass(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
           code == RD_KAFKA_RESP_ERR__TRANSPORT;
}

/* Before the library does: where a rebalance has begun that it has not told us
 * of, librdkafka 2.0.2 leaves the group first and commits then, which is
 * refused. */
static void commit_stored(struct source *source)
{
    rd_kafka_queue_t *answers = rd_kafka_queue_new(source->handle);
    int64_t until_ms = clock_steady_ms() + LAST_COMMIT_MS;
    rd_kafka_resp_err_t code = commit_once(source, answers, until_ms);

    while (may_pass(code) && clock_steady_ms() + AGAIN_MS < until_ms) {
        clock_sleep_ms(AGAIN_MS);
        code = commit_once(source, answers, until_ms);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        tell_not_committed(code);
    rd_kafka_queue_destroy(answers);
    source->is_leaving = true;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    commit_stored(source);
    rd_kafka_consumer_close(source->handle);
    rd_kafka_destroy(source->handle);
    free(source);
}

bool source_poll(struct source *source, int timeout_ms,
                 struct record *ret_record)
{
    rd_kafka_message_t *message =
        rd_kafka_consumer_poll(source->handle, timeout_ms);
    enum stream stream;

    if (message == NULL)
        return false;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_warn(log_event("kafka_error"),
                 log_text("code", rd_kafka_err2name(message->err)),
                 log_text("text", rd_kafka_message_errstr(message)));
        rd_kafka_message_destroy(message);
        return false;
    }
    stream = stream_of(source, rd_kafka_topic_name(message->rkt));
    if (stream == STREAMS)
        abort(); /* we did not subscribe to it */
    *ret_record = kafka_message_take(message, stream, source->topics[stream]);
    return true;
}

/* A list of one partition; the caller's. */
static rd_kafka_topic_partition_list_t *
list_of(const struct source *source, enum stream stream, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, source->topics[stream], partition);
    return list;
}

void source_pause(struct source *source, enum stream stream, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = list_of(source, stream, partition);

    rd_kafka_pause_partitions(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void source_resume(struct source *source, enum stream stream, int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = list_of(source, stream, partition);

    rd_kafka_resume_partitions(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void source_store(struct source *source, enum stream stream, int32_t partition,
                  int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = list_of(source, stream, partition);

    list->elems[0].offset = offset;
    /* Refused where the partition is no longer ours: then it is not ours to
     * say how far it has come. */
    rd_kafka_offsets_store(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t source_end(struct source *source, enum stream stream, int32_t partition)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(source->handle, source->topics[stream],
                                       partition, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high;
}

int64_t source_committed(struct source *source, enum stream stream,
                         int32_t partition)
{
    rd_kafka_topic_partition_list_t *list = list_of(source, stream, partition);
    int64_t offset = -1;

    if (rd_kafka_committed(source->handle, list, COMMITTED_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        offset = list->elems[0].offset > 0 ? list->elems[0].offset : 0;
    rd_kafka_topic_partition_list_destroy(list);
    return offset;
}
