#include "shared/kafka_watch.h"

#include "shared/kafka_config.h"
#include "shared/kafka_reason.h"
#include "shared/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define INTERVAL_MS 1000
#define ANSWER_MS 2500

struct kafka_watch {
    rd_kafka_t *handle;
    const char *const *names;
    rd_kafka_topic_t *topics[KAFKA_WATCH_TOPICS_MAX];
    size_t count;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    bool is_ready;
    char reason[KAFKA_WATCH_REASON_BYTES];
    char heard[KAFKA_WATCH_REASON_BYTES - 32]; /* by on_error() */
};

/* A consumer that joins no group: unlike a producer it can ask for a topic
 * without the broker making one, with a number of partitions of its own. */
static const struct kafka_setting watch_settings[] = {
    {"allow.auto.create.topics", "false", KAFKA_DEFAULT},
    {"socket.keepalive.enable", "true", KAFKA_DEFAULT},
    {"reconnect.backoff.max.ms", "1000", KAFKA_DEFAULT},
    {"topic.metadata.refresh.sparse", "true", KAFKA_DEFAULT},
};

/* In rd_kafka_poll(): on the thread that asks. */
static void on_error(rd_kafka_t *handle, int code, const char *text,
                     void *context)
{
    struct kafka_watch *watch = context;

    if (kafka_reason_is_lasting(code))
        kafka_reason_set(handle, code, text, watch->heard,
                         sizeof(watch->heard));
}

static void say_unreachable(struct kafka_watch *watch, rd_kafka_resp_err_t code,
                            char reason[KAFKA_WATCH_REASON_BYTES])
{
    rd_kafka_poll(watch->handle, 0);
    snprintf(reason, KAFKA_WATCH_REASON_BYTES, "no Kafka broker answers: %s",
             watch->heard[0] != '\0' ? watch->heard : rd_kafka_err2str(code));
}

static void say_missing(const rd_kafka_metadata_topic_t *topic,
                        const char *name, char reason[KAFKA_WATCH_REASON_BYTES])
{
    const char *why = "no partition";

    if (topic != NULL && topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        why = rd_kafka_err2str(topic->err);
    if (topic != NULL &&
        topic->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        snprintf(reason, KAFKA_WATCH_REASON_BYTES, "topic %s: %s", name, why);
    else
        snprintf(reason, KAFKA_WATCH_REASON_BYTES,
                 "topic %s is not there: %s; \"clerkstream topics\" makes it",
                 name, why);
}

/* Ask for one topic; writes why not into `reason`. */
static bool is_there(struct kafka_watch *watch, size_t i,
                     char reason[KAFKA_WATCH_REASON_BYTES])
{
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(
        watch->handle, 0, watch->topics[i], &answer, ANSWER_MS);
    bool has_topic;

    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        say_unreachable(watch, code, reason);
        return false;
    }
    watch->heard[0] = '\0';
    has_topic = answer->topic_cnt == 1 && answer->topics[0].err == 0 &&
                answer->topics[0].partition_cnt > 0;
    if (!has_topic)
        say_missing(answer->topic_cnt == 1 ? &answer->topics[0] : NULL,
                    watch->names[i], reason);
    rd_kafka_metadata_destroy(answer);
    return has_topic;
}

static void ask(struct kafka_watch *watch)
{
    char reason[KAFKA_WATCH_REASON_BYTES] = "";
    bool is_ready = true, is_changed;

    for (size_t i = 0; i < watch->count && is_ready; i++)
        is_ready = is_there(watch, i, reason);
    pthread_mutex_lock(&watch->lock);
    is_changed = strcmp(reason, watch->reason) != 0;
    watch->is_ready = is_ready;
    memcpy(watch->reason, reason, sizeof(reason));
    pthread_mutex_unlock(&watch->lock);
    if (!is_changed)
        return;
    if (is_ready)
        log_info(log_event("kafka_ready"));
    else
        log_warn(log_event("kafka_waiting"), log_text("reason", reason));
}

static bool pause_until_next(struct kafka_watch *watch)
{
    struct timespec until;
    bool is_stopping;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += INTERVAL_MS / 1000;
    pthread_mutex_lock(&watch->lock);
    if (!watch->is_stopping)
        pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
    is_stopping = watch->is_stopping;
    pthread_mutex_unlock(&watch->lock);
    return !is_stopping;
}

static void *run(void *context)
{
    struct kafka_watch *watch = context;

    do {
        rd_kafka_poll(watch->handle, 0);
        ask(watch);
    } while (pause_until_next(watch));
    return NULL;
}

int kafka_watch_open(const struct settings *common, const char *const *topics,
                     size_t count, struct kafka_watch **ret_watch,
                     struct error *err)
{
    struct kafka_watch *watch = memory_new(sizeof(*watch));
    rd_kafka_conf_t *conf;

    if (kafka_config_new(common, KAFKA_SETTINGS(watch_settings), &conf, err) !=
        0)
        goto err_watch;
    rd_kafka_conf_set_opaque(conf, watch);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (kafka_handle_new(RD_KAFKA_CONSUMER, conf, &watch->handle, err) != 0)
        goto err_watch;
    snprintf(watch->reason, sizeof(watch->reason),
             "the Kafka broker has not been asked yet");
    watch->names = topics;
    watch->count = count;
    for (size_t i = 0; i < count; i++)
        watch->topics[i] = rd_kafka_topic_new(watch->handle, topics[i], NULL);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, NULL);
    if (pthread_create(&watch->thread, NULL, run, watch) != 0)
        abort();
    *ret_watch = watch;
    return 0;
err_watch:
    free(watch);
    return -1;
}

void kafka_watch_close(struct kafka_watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->is_stopping = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    for (size_t i = 0; i < watch->count; i++)
        rd_kafka_topic_destroy(watch->topics[i]);
    rd_kafka_destroy(watch->handle);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

bool kafka_watch_is_ready(struct kafka_watch *watch,
                          char ret_reason[KAFKA_WATCH_REASON_BYTES])
{
    bool is_ready;

    pthread_mutex_lock(&watch->lock);
    is_ready = watch->is_ready;
    memcpy(ret_reason, watch->reason, sizeof(watch->reason));
    pthread_mutex_unlock(&watch->lock);
    return is_ready;
}
