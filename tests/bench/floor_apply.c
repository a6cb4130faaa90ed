/* floor_apply - the least that bringing events into PostgreSQL costs.
 *
 *     floor_apply consume BROKERS TOPIC GROUP WORKERS
 *     floor_apply apply   BROKERS TOPIC GROUP WORKERS URL
 *     floor_apply write   EVENTS SEED WORKERS URL
 *
 * consume: reads the topic and drops what it reads; says all the time how many
 * came, after so many microseconds of a steady clock.  apply: reads batches,
 * locks their registers, writes their rows. write: the same rows from memory,
 * without locks, and ends.  The first two run until they are killed. */

#include "console/generate.h"
#include "shared/clock.h"
#include "shared/memory.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/floor_batch.h"
#include "tests/bench/kafka_floor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH 400
#define LINGER_MS 1
#define POLL_MS 200
#define WORKERS_MAX 16

struct worker {
    pthread_t thread;
    rd_kafka_t *consumer;
    struct floor_batch *batch; /* NULL: drop what is read */
    struct floor_event *events;
    size_t count;
};

static atomic_ullong seen;

static struct slice header_of(const rd_kafka_message_t *message,
                              const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;

    if (rd_kafka_message_headers(message, &headers) != 0 ||
        rd_kafka_header_get_last(headers, name, &value, &size) != 0)
        return SLICE_EMPTY;
    return (struct slice){value, size};
}

static struct floor_event event_of(const rd_kafka_message_t *message)
{
    struct floor_event event = {.svix_id = header_of(message, "svix-id"),
                                .value = {message->payload, message->len},
                                .key = {message->key, message->key_len},
                                .partition = message->partition,
                                .offset = message->offset,
                                .created_ms =
                                    rd_kafka_message_timestamp(message, NULL)};

    floor_event_read(&event);
    return event;
}

/* What is there at once, and what comes within the linger. */
static size_t poll_batch(rd_kafka_t *consumer, rd_kafka_message_t **messages)
{
    int64_t until_ms = 0;
    size_t count = 0;

    while (count < BATCH) {
        int64_t left_ms = until_ms - clock_steady_ms();
        int wait_ms = count == 0 ? POLL_MS : left_ms > 0 ? (int)left_ms : 0;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, wait_ms);
        if (message == NULL)
            break;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_message_destroy(message);
            continue;
        }
        if (count == 0)
            until_ms = clock_steady_ms() + LINGER_MS;
        messages[count++] = message;
    }
    return count;
}

static void store(rd_kafka_t *consumer, rd_kafka_message_t **messages,
                  size_t count)
{
    rd_kafka_topic_partition_list_t *offsets =
        rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(offsets,
                                          rd_kafka_topic_name(messages[i]->rkt),
                                          messages[i]->partition)
            ->offset = messages[i]->offset + 1;
    rd_kafka_offsets_store(consumer, offsets);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void *consume(void *context)
{
    struct worker *worker = context;
    rd_kafka_message_t *messages[BATCH];
    struct floor_event events[BATCH];

    for (;;) {
        size_t count = poll_batch(worker->consumer, messages);
        if (count == 0)
            continue;
        if (worker->batch != NULL) {
            for (size_t i = 0; i < count; i++)
                events[i] = event_of(messages[i]);
            floor_batch_apply(worker->batch, events, count);
        }
        store(worker->consumer, messages, count);
        for (size_t i = 0; i < count; i++)
            rd_kafka_message_destroy(messages[i]);
        atomic_fetch_add(&seen, count);
    }
    return NULL;
}

static void *write_all(void *context)
{
    struct worker *worker = context;

    for (size_t done = 0; done < worker->count; done += BATCH) {
        size_t left = worker->count - done;
        floor_batch_apply(worker->batch, worker->events + done,
                          left < BATCH ? left : BATCH);
    }
    return NULL;
}

/* A world of its own for each: they need not wait for each other. */
static void prepare(struct worker *worker, const struct load *load,
                    const char *url, struct arena *arena)
{
    struct generator *generator = generator_new(load);
    struct generated made;

    worker->batch = floor_batch_new(url, false);
    worker->events = memory_new(load->count * sizeof(struct floor_event));
    while (generator_next(generator, &made)) {
        struct floor_event *event = &worker->events[worker->count++];
        *event = (struct floor_event){.svix_id =
                                          arena_copy(arena, slice_of(made.id)),
                                      .value = arena_copy(arena, made.body),
                                      .created_ms = clock_wall_ms()};
        floor_event_read(event);
        event->key = event->id;
    }
    generator_free(generator);
}

static int run_write(char **words)
{
    unsigned count = (unsigned)strtoul(words[4], NULL, 10);
    struct load load = {.seed = strtoull(words[3], NULL, 10),
                        .count = (uint32_t)strtoul(words[2], NULL, 10) / count};
    struct worker workers[WORKERS_MAX] = {{.count = 0}};
    struct arena arena = {NULL};
    int64_t start_us;
    double start_cpu_s;

    for (unsigned i = 0; i < count; i++, load.seed++)
        prepare(&workers[i], &load, words[5], &arena);
    start_us = clock_steady_us();
    start_cpu_s = cpu_time_s();
    for (unsigned i = 0; i < count; i++)
        pthread_create(&workers[i].thread, NULL, write_all, &workers[i]);
    for (unsigned i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    printf("{\"answered\":%u,\"refused\":0,\"seconds\":%.6f,"
           "\"cpu_seconds\":%.6f}\n",
           load.count * count, (double)(clock_steady_us() - start_us) / 1e6,
           cpu_time_s() - start_cpu_s);
    for (unsigned i = 0; i < count; i++) {
        floor_batch_free(workers[i].batch);
        free(workers[i].events);
    }
    arena_release(&arena);
    return 0;
}

static void *tell(void *context)
{
    (void)context;
    for (;;) {
        struct timespec pause = {.tv_nsec = 2000000};
        nanosleep(&pause, NULL);
        printf("%lld %llu\n", (long long)clock_steady_us(),
               (unsigned long long)atomic_load(&seen));
        fflush(stdout);
    }
    return NULL;
}

static _Noreturn void run_consume(char **words, const char *url)
{
    unsigned count = (unsigned)strtoul(words[5], NULL, 10);
    struct worker *workers = memory_new(count * sizeof(*workers));
    pthread_t teller;

    for (unsigned i = 0; i < count; i++) {
        workers[i].consumer =
            kafka_floor_consumer(words[2], words[4], words[3], i, count);
        if (url != NULL)
            workers[i].batch = floor_batch_new(url, true);
        pthread_create(&workers[i].thread, NULL, consume, &workers[i]);
    }
    if (url == NULL)
        pthread_create(&teller, NULL, tell, NULL);
    for (;;)
        pause();
}

int main(int count, char **words)
{
    if (count == 6 && strcmp(words[1], "consume") == 0)
        run_consume(words, NULL);
    if (count == 7 && strcmp(words[1], "apply") == 0)
        run_consume(words, words[6]);
    if (count == 6 && strcmp(words[1], "write") == 0)
        return run_write(words);
    fputs("usage: floor_apply consume|apply|write ...\n", stderr);
    return 2;
}
