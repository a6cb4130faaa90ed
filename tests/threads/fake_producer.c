/* In place of producer/kafka.c and shared/kafka_watch.c: two threads that
 * report what they were handed, soon or at once, as stored or as lost. */
#include "producer/kafka.h"
#include "shared/kafka_watch.h"
#include "shared/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REPORTERS 2
#define FULL_EVERY 50
#define LOST_EVERY 7

struct sent {
    struct sent *next;
    void *context;
};

struct kafka_producer {
    const struct config *config;
    kafka_on_report *on_report;
    pthread_t reporters[REPORTERS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sent *newest;
    bool is_closing;
    _Atomic int64_t count;
};

struct kafka_watch {
    _Atomic int asked;
};

static struct sent *wait_for_sent(struct kafka_producer *kafka)
{
    struct sent *found;

    pthread_mutex_lock(&kafka->lock);
    while (kafka->newest == NULL && !kafka->is_closing)
        pthread_cond_wait(&kafka->changed, &kafka->lock);
    found = kafka->newest;
    kafka->newest = NULL;
    pthread_mutex_unlock(&kafka->lock);
    return found;
}

static void report(struct kafka_producer *kafka, struct sent *sent)
{
    int64_t number = atomic_fetch_add(&kafka->count, 1);
    bool is_lost = number % LOST_EVERY == 0;
    const struct kafka_report report = {
        .kind = is_lost ? ERROR_AWAY : ERROR_NONE,
        .code = is_lost ? "_TRANSPORT" : "",
        .partition = (int32_t)(number % 12),
        .offset = is_lost ? -1 : number,
    };

    kafka->on_report(sent->context, &report);
    free(sent);
}

static void *reporter(void *context)
{
    struct kafka_producer *kafka = context;
    struct sent *sent, *next;

    while ((sent = wait_for_sent(kafka)) != NULL) {
        usleep((useconds_t)(random() % 2000));
        for (; sent != NULL; sent = next) {
            next = sent->next;
            report(kafka, sent);
        }
    }
    return NULL;
}

int kafka_producer_open(const struct config *config, kafka_on_report *on_report,
                        struct kafka_producer **ret_kafka, struct error *err)
{
    struct kafka_producer *kafka = memory_new(sizeof(*kafka));

    (void)err;
    kafka->config = config;
    kafka->on_report = on_report;
    pthread_mutex_init(&kafka->lock, NULL);
    pthread_cond_init(&kafka->changed, NULL);
    for (int i = 0; i < REPORTERS; i++)
        if (pthread_create(&kafka->reporters[i], NULL, reporter, kafka) != 0)
            abort();
    *ret_kafka = kafka;
    return 0;
}

int kafka_producer_send(struct kafka_producer *kafka, enum kafka_topic topic,
                        const struct record *record, void *context,
                        struct error *err)
{
    struct sent *sent;

    (void)topic, (void)record;
    if (random() % FULL_EVERY == 0)
        return error_set(err, ERROR_AGAIN, "_QUEUE_FULL");
    sent = memory_new(sizeof(*sent));
    sent->context = context;
    pthread_mutex_lock(&kafka->lock);
    sent->next = kafka->newest;
    kafka->newest = sent;
    pthread_cond_signal(&kafka->changed);
    pthread_mutex_unlock(&kafka->lock);
    return 0;
}

const char *kafka_producer_topic_name(const struct kafka_producer *kafka,
                                      enum kafka_topic topic)
{
    return topic == KAFKA_EVENTS ? kafka->config->common.events_topic
                                 : kafka->config->common.dead_letter_topic;
}

void kafka_producer_close(struct kafka_producer *kafka, int64_t timeout_ms)
{
    (void)timeout_ms;
    pthread_mutex_lock(&kafka->lock);
    kafka->is_closing = true;
    pthread_cond_broadcast(&kafka->changed);
    pthread_mutex_unlock(&kafka->lock);
    for (int i = 0; i < REPORTERS; i++)
        pthread_join(kafka->reporters[i], NULL);
    pthread_mutex_destroy(&kafka->lock);
    pthread_cond_destroy(&kafka->changed);
    free(kafka);
}

int kafka_watch_open(const struct settings *common, const char *const *topics,
                     size_t count, struct kafka_watch **ret_watch,
                     struct error *err)
{
    (void)common, (void)topics, (void)count, (void)err;
    *ret_watch = memory_new(sizeof(**ret_watch));
    return 0;
}

void kafka_watch_close(struct kafka_watch *watch)
{
    free(watch);
}

bool kafka_watch_is_ready(struct kafka_watch *watch,
                          char ret_reason[KAFKA_WATCH_REASON_BYTES])
{
    if (atomic_fetch_add(&watch->asked, 1) % 2 == 0)
        return true;
    snprintf(ret_reason, KAFKA_WATCH_REASON_BYTES, "every other time");
    return false;
}
