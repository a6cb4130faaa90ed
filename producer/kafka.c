#include "producer/kafka.h"

#include "producer/kafka_settings.h"
#include "shared/backoff.h"
#include "shared/clock.h"
#include "shared/kafka_config.h"
#include "shared/memory.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POLL_MS 100
#define STEADY_MS 10000 /* a handle that lived so long was a good one */
#define REPLACE_FIRST_MS 100
#define REPLACE_MOST_MS 10000
#define WARM_MS 500
#define BURY_MS 5000

/* One handle of librdkafka and the thread that reads its reports. */
struct outlet {
    struct kafka_producer *kafka;
    rd_kafka_t *handle;
    rd_kafka_queue_t *events;
    rd_kafka_topic_t *topics[KAFKA_TOPICS];
    atomic_bool is_warm;
    int64_t born_ms;
    unsigned attempt; /* how many before it did not live long */
    bool has_failed;
    int64_t replace_at_ms; /* once it has failed */
};

struct kafka_producer {
    const struct config *config;
    kafka_on_report *on_report;
    const char *topic_names[KAFKA_TOPICS];
    pthread_rwlock_t lock; /* of `outlet`: written when it is replaced */
    struct outlet *outlet;
    atomic_int outlets; /* threads that run */
    atomic_bool is_closing;
    int64_t close_at_ms;
};

/* Codes that say more than that the broker does not have it. */
static const struct {
    rd_kafka_resp_err_t code;
    enum error_kind kind;
} kinds[] = {
    {RD_KAFKA_RESP_ERR_NO_ERROR, ERROR_NONE},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_INPUT},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ERROR_AGAIN},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERROR_AGAIN},
};

static enum error_kind kind_of(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].code == code)
            return kinds[i].kind;
    return ERROR_AWAY;
}

static int make_handle(const struct config *config, rd_kafka_t **ret_handle,
                       struct error *err)
{
    rd_kafka_conf_t *conf;

    if (kafka_settings_new(config, &conf, err) != 0)
        return -1;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    return kafka_handle_new(RD_KAFKA_PRODUCER, conf, ret_handle, err);
}

static int outlet_new(struct kafka_producer *kafka, struct outlet **ret_outlet,
                      struct error *err)
{
    struct outlet *outlet = memory_new(sizeof(*outlet));

    if (make_handle(kafka->config, &outlet->handle, err) != 0) {
        free(outlet);
        return -1;
    }
    outlet->kafka = kafka;
    outlet->born_ms = clock_steady_ms();
    outlet->events = rd_kafka_queue_get_main(outlet->handle);
    for (int i = 0; i < KAFKA_TOPICS; i++)
        outlet->topics[i] =
            rd_kafka_topic_new(outlet->handle, kafka->topic_names[i], NULL);
    *ret_outlet = outlet;
    return 0;
}

static void outlet_free(struct outlet *outlet)
{
    for (int i = 0; i < KAFKA_TOPICS; i++)
        rd_kafka_topic_destroy(outlet->topics[i]);
    rd_kafka_queue_destroy(outlet->events);
    rd_kafka_destroy(outlet->handle);
    free(outlet);
}

/* `is_alone`: the only record of its batch.  A batch is refused for its size as
 * a whole; that of one record says that no retry can help, that of several
 * that another time each may pass.
 *
 * Without an offset no broker has confirmed this record: librdkafka infers it
 * from a later one that was.  But a broker that knows nothing of this producer
 * yet takes that later one alone; then the inference is wrong. */
static void report(const struct outlet *outlet,
                   const rd_kafka_message_t *message, bool is_alone)
{
    struct kafka_report report = {.kind = kind_of(message->err),
                                  .code = rd_kafka_err2name(message->err),
                                  .partition = message->partition,
                                  .offset = message->offset};

    if (report.kind == ERROR_INPUT && !is_alone)
        report.kind = ERROR_AGAIN;
    if (report.kind == ERROR_NONE && report.offset < 0) {
        report.kind = ERROR_AGAIN;
        report.code = "not confirmed";
    }
    outlet->kafka->on_report(message->_private, &report);
}

static void take_reports(const struct outlet *outlet, rd_kafka_event_t *event)
{
    bool is_alone = rd_kafka_event_message_count(event) == 1;
    const rd_kafka_message_t *message;

    while ((message = rd_kafka_event_message_next(event)) != NULL)
        report(outlet, message, is_alone);
}

/* At once after a good life; one that fails again and again (no right to write
 * idempotently, say) is waited for. */
static void fail(struct outlet *outlet)
{
    int64_t now_us = clock_steady_us(), now_ms = now_us / 1000;

    if (outlet->has_failed)
        return;
    if (now_ms - outlet->born_ms >= STEADY_MS)
        outlet->attempt = 0;
    outlet->has_failed = true;
    atomic_store(&outlet->is_warm, false);
    outlet->replace_at_ms = now_ms;
    if (outlet->attempt > 0)
        outlet->replace_at_ms +=
            backoff_ms(outlet->attempt - 1, REPLACE_FIRST_MS, REPLACE_MOST_MS,
                       (uint32_t)now_us);
}

static void take_error(struct outlet *outlet, rd_kafka_event_t *event)
{
    if (!rd_kafka_event_error_is_fatal(event)) {
        log_debug(log_event("kafka_error"),
                  log_text("reason", rd_kafka_event_error_string(event)));
        return;
    }
    log_error(log_event("kafka_handle_failed"),
              log_text("reason", rd_kafka_event_error_string(event)));
    fail(outlet);
}

static void poll_events(struct outlet *outlet, int timeout_ms)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(outlet->events, timeout_ms);

    if (event == NULL)
        return;
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
        take_reports(outlet, event);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
        take_error(outlet, event);
    rd_kafka_event_destroy(event);
}

/* The first record of a topic would wait for this: up to half a second. */
static void warm_up(struct outlet *outlet)
{
    const struct rd_kafka_metadata *answer;

    for (int i = 0; i < KAFKA_TOPICS; i++) {
        bool is_known;
        if (rd_kafka_metadata(outlet->handle, 0, outlet->topics[i], &answer,
                              WARM_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        is_known = answer->topic_cnt == 1 && answer->topics[0].err == 0 &&
                   answer->topics[0].partition_cnt > 0;
        rd_kafka_metadata_destroy(answer);
        if (!is_known)
            return;
    }
    atomic_store(&outlet->is_warm, true);
}

static void drain(struct outlet *outlet, int64_t end_ms)
{
    while (rd_kafka_outq_len(outlet->handle) > 0 && clock_steady_ms() < end_ms)
        poll_events(outlet, 10);
}

/* Until every record has its report; those not sent by then have failed. */
static void bury(struct outlet *outlet, int64_t flush_until_ms)
{
    drain(outlet, flush_until_ms);
    rd_kafka_purge(outlet->handle,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    drain(outlet, clock_steady_ms() + BURY_MS);
    outlet_free(outlet);
}

static void start_serving(struct outlet *outlet);

/* Another outlet in the place of this one; false: not yet. */
static bool replace(struct outlet *outlet)
{
    struct kafka_producer *kafka = outlet->kafka;
    struct outlet *successor;
    struct error err;

    if (outlet_new(kafka, &successor, &err) != 0) {
        log_error(log_event("kafka_handle_not_made"),
                  log_text("reason", err.text));
        return false;
    }
    successor->attempt = outlet->attempt + 1;
    pthread_rwlock_wrlock(&kafka->lock);
    kafka->outlet = successor;
    pthread_rwlock_unlock(&kafka->lock);
    start_serving(successor);
    log_warn(log_event("kafka_handle_replaced"));
    return true;
}

static void *serve(void *context)
{
    struct outlet *outlet = context;
    struct kafka_producer *kafka = outlet->kafka;
    int64_t now_ms, next_try_ms = 0;

    while (!atomic_load(&kafka->is_closing)) {
        now_ms = clock_steady_ms();
        if (outlet->has_failed && now_ms >= outlet->replace_at_ms &&
            replace(outlet))
            break;
        if (!outlet->has_failed && !atomic_load(&outlet->is_warm) &&
            now_ms >= next_try_ms) {
            warm_up(outlet);
            next_try_ms = now_ms + 2 * WARM_MS;
        }
        poll_events(outlet, POLL_MS);
    }
    bury(outlet, atomic_load(&kafka->is_closing) ? kafka->close_at_ms : 0);
    atomic_fetch_sub(&kafka->outlets, 1);
    return NULL;
}

static void start_serving(struct outlet *outlet)
{
    pthread_t thread;

    atomic_fetch_add(&outlet->kafka->outlets, 1);
    if (pthread_create(&thread, NULL, serve, outlet) != 0)
        abort(); /* no thread: nothing can be answered */
    pthread_detach(thread);
}

int kafka_producer_open(const struct config *config, kafka_on_report *on_report,
                        struct kafka_producer **ret_kafka, struct error *err)
{
    struct kafka_producer *kafka = memory_new(sizeof(*kafka));

    kafka->config = config;
    kafka->on_report = on_report;
    kafka->topic_names[KAFKA_EVENTS] = config->common.events_topic;
    kafka->topic_names[KAFKA_DEAD_LETTERS] = config->common.dead_letter_topic;
    if (outlet_new(kafka, &kafka->outlet, err) != 0) {
        free(kafka);
        return -1;
    }
    pthread_rwlock_init(&kafka->lock, NULL);
    start_serving(kafka->outlet);
    *ret_kafka = kafka;
    return 0;
}

/* One by one librdkafka before 2.12 frees them twice if there is no topic. */
static rd_kafka_headers_t *headers_of(const struct record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->count);

    for (size_t i = 0; i < record->count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1,
                            record->headers[i].value.data,
                            (ssize_t)record->headers[i].value.size);
    return headers;
}

static rd_kafka_vu_t bytes_of(rd_kafka_vtype_t type, struct slice bytes)
{
    /* Copied, never written to: librdkafka has no word for that. */
    return (rd_kafka_vu_t){
        .vtype = type,
        .u.mem = {.ptr = (void *)(uintptr_t)bytes.data, .size = bytes.size}};
}

static int produce(const struct outlet *outlet, enum kafka_topic topic,
                   const struct record *record, void *context,
                   struct error *err)
{
    rd_kafka_headers_t *headers = headers_of(record);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = outlet->topics[topic]},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = context},
        bytes_of(RD_KAFKA_VTYPE_KEY, record->key),
        bytes_of(RD_KAFKA_VTYPE_VALUE, record->value),
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *refusal = rd_kafka_produceva(
        outlet->handle, parts, sizeof(parts) / sizeof(parts[0]));
    rd_kafka_resp_err_t code = rd_kafka_error_code(refusal);

    rd_kafka_error_destroy(refusal);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) /* the headers are taken */
        return 0;
    rd_kafka_headers_destroy(headers);
    return error_set(err, kind_of(code), "%s", rd_kafka_err2name(code));
}

int kafka_producer_send(struct kafka_producer *kafka, enum kafka_topic topic,
                        const struct record *record, void *context,
                        struct error *err)
{
    int result;

    pthread_rwlock_rdlock(&kafka->lock);
    result = produce(kafka->outlet, topic, record, context, err);
    if (result != 0 && err->kind == ERROR_AWAY)
        atomic_store(&kafka->outlet->is_warm, false); /* look for it again */
    pthread_rwlock_unlock(&kafka->lock);
    return result;
}

struct kafka_state kafka_producer_state(struct kafka_producer *kafka)
{
    struct kafka_state state;

    pthread_rwlock_rdlock(&kafka->lock);
    state.is_warm = atomic_load(&kafka->outlet->is_warm);
    state.queued = rd_kafka_outq_len(kafka->outlet->handle);
    pthread_rwlock_unlock(&kafka->lock);
    return state;
}

const char *kafka_producer_topic_name(const struct kafka_producer *kafka,
                                      enum kafka_topic topic)
{
    return kafka->topic_names[topic];
}

const char *kafka_producer_library(void)
{
    return rd_kafka_version_str();
}

void kafka_producer_close(struct kafka_producer *kafka, int64_t timeout_ms)
{
    if (kafka == NULL)
        return;
    kafka->close_at_ms = clock_steady_ms() + timeout_ms;
    atomic_store(&kafka->is_closing, true);
    while (atomic_load(&kafka->outlets) > 0)
        usleep(1000);
    pthread_rwlock_destroy(&kafka->lock);
    free(kafka);
}
