#include "consumer/kafka_sink.h"

#include "consumer/dead_letter.h"
#include "consumer/kafka_message.h"
#include "consumer/retry.h"
#include "shared/clock.h"
#include "shared/kafka_config.h"
#include "shared/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#define ACKNOWLEDGE_MS 4000
#define POLL_MS 50

struct outlet {
    rd_kafka_t *handle;
    const char *retry_topic;
    const char *dead_letter_topic;
};

struct sink {
    struct outlet *outlet;
    struct arena arena;
    atomic_int pending;
    atomic_int failed;
    _Atomic rd_kafka_resp_err_t reason; /* of the last failure */
};

struct delivery {
    struct sink *sink;
    struct event *event;
};

/* A letter is its event and some headers: it may be larger than what the events
 * topic takes, and by far where the event lay there compressed, since the
 * broker's limit is on what it stores.  So it is compressed again.  Not
 * idempotent: a letter that is there twice does no harm, a producer that a lost
 * connection makes unusable does. */
static const struct kafka_setting sink_settings[] = {
    {"acks", "all", KAFKA_FIXED},
    {"enable.idempotence", "false", KAFKA_OURS},
    {"linger.ms", "0", KAFKA_DEFAULT},
    {"socket.nagle.disable", "true", KAFKA_DEFAULT},
    {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
    {"partitioner", "murmur2_random", KAFKA_FIXED},
    {"message.timeout.ms", "5000", KAFKA_DEFAULT},
    {"message.max.bytes", "100000000", KAFKA_DEFAULT},
    {"compression.codec", "zstd", KAFKA_DEFAULT},
    {"reconnect.backoff.max.ms", "1000", KAFKA_DEFAULT},
    {"queue.buffering.max.kbytes", "131072", KAFKA_DEFAULT},
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message,
                        void *context)
{
    struct delivery *delivery = message->_private;
    struct sink *sink = delivery->sink;

    (void)handle, (void)context;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (delivery->event->fate == EVENT_REFUSE)
            delivery->event->record.is_dead_lettered = true;
    } else {
        atomic_store(&sink->reason, message->err);
        atomic_fetch_add(&sink->failed, 1);
    }
    free(delivery);
    atomic_fetch_sub(&sink->pending, 1); /* last: the sink may go then */
}

int outlet_open(const struct settings *common, struct outlet **ret_outlet,
                struct error *err)
{
    struct outlet *outlet = memory_new(sizeof(*outlet));
    rd_kafka_conf_t *conf;

    outlet->retry_topic = common->retry_topic;
    outlet->dead_letter_topic = common->dead_letter_topic;
    if (kafka_config_new(common, KAFKA_SETTINGS(sink_settings), &conf, err) !=
        0)
        goto err_outlet;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (kafka_handle_new(RD_KAFKA_PRODUCER, conf, &outlet->handle, err) != 0)
        goto err_outlet;
    *ret_outlet = outlet;
    return 0;
err_outlet:
    free(outlet);
    return -1;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet == NULL)
        return;
    rd_kafka_destroy(outlet->handle);
    free(outlet);
}

struct sink *sink_new(struct outlet *outlet)
{
    struct sink *sink = memory_new(sizeof(*sink));

    sink->outlet = outlet;
    return sink;
}

void sink_free(struct sink *sink)
{
    if (sink == NULL)
        return;
    arena_release(&sink->arena);
    free(sink);
}

static void put_headers(rd_kafka_headers_t *headers,
                        const struct letter_header *added, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rd_kafka_header_remove(headers, added[i].name);
        if (added[i].value.data != NULL)
            rd_kafka_header_add(headers, added[i].name, -1, added[i].value.data,
                                (ssize_t)added[i].value.size);
    }
}

static rd_kafka_headers_t *headers_of(struct sink *sink,
                                      const struct event *event)
{
    struct letter_header retry[RETRY_HEADERS];
    struct letter_header refusal[DEAD_LETTER_HEADERS];
    const rd_kafka_headers_t *original = kafka_message_headers(&event->record);
    rd_kafka_headers_t *headers = original != NULL
                                      ? rd_kafka_headers_copy(original)
                                      : rd_kafka_headers_new(0);

    if (event->fate == EVENT_RETRY) {
        retry_headers(event, &sink->arena, retry);
        put_headers(headers, retry, RETRY_HEADERS);
    } else {
        dead_letter_headers(event, clock_wall_ms(), &sink->arena, refusal);
        put_headers(headers, refusal, DEAD_LETTER_HEADERS);
    }
    return headers;
}

static rd_kafka_error_t *produce(struct sink *sink, struct delivery *delivery,
                                 rd_kafka_headers_t *headers)
{
    const struct event *event = delivery->event;
    const struct record *rec = &event->record;
    const struct outlet *outlet = sink->outlet;
    const rd_kafka_vu_t fields[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC,
         .u.cstr = event->fate == EVENT_RETRY ? outlet->retry_topic
                                              : outlet->dead_letter_topic},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)rec->key.data, rec->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)rec->value.data, rec->value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = delivery},
    };

    return rd_kafka_produceva(outlet->handle, fields,
                              sizeof(fields) / sizeof(fields[0]));
}

void sink_send(struct sink *sink, struct event *event)
{
    struct delivery *delivery = memory_new(sizeof(*delivery));
    rd_kafka_headers_t *headers = headers_of(sink, event);
    rd_kafka_error_t *error;

    *delivery = (struct delivery){sink, event};
    atomic_fetch_add(&sink->pending, 1);
    error = produce(sink, delivery, headers);
    if (error == NULL)
        return;
    atomic_store(&sink->reason, rd_kafka_error_code(error));
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    free(delivery);
    atomic_fetch_add(&sink->failed, 1);
    atomic_fetch_sub(&sink->pending, 1);
}

int sink_wait(struct sink *sink, struct error *err)
{
    int64_t deadline_ms = clock_steady_ms() + ACKNOWLEDGE_MS;
    int failed;

    while (atomic_load(&sink->pending) > 0) {
        rd_kafka_poll(sink->outlet->handle, POLL_MS);
        /* Past the deadline what is under way is given up, and reported so:
         * nothing of ours is left with the library when we return. */
        if (clock_steady_ms() > deadline_ms)
            rd_kafka_purge(sink->outlet->handle,
                           RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }
    arena_clear(&sink->arena);
    failed = atomic_exchange(&sink->failed, 0);
    if (failed == 0)
        return 0;
    return error_set(err, ERROR_AWAY,
                     "%d retries or dead letters not acknowledged: %s", failed,
                     rd_kafka_err2str(atomic_load(&sink->reason)));
}
