/* floor_produce - the records that the producer would have written, by a bare
 * librdkafka: a floor, and what fills a topic for those who consume.
 *
 * Keeps at most OUTSTANDING records without a report, as so many connections
 * would.  EVERY 2 fills every second partition only.  Records are made
 * beforehand, in pieces, and that time not counted. */

#include "console/generate.h"
#include "producer/record.h"
#include "shared/clock.h"
#include "shared/memory.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/kafka_floor.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE 20000
#define PARTITIONS 12
#define SIGNATURE "v1,cHJlcGFyZWQgYmVmb3JlIGl0IGlzIG1lYXN1cmVkISE="

struct filler {
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    struct generator *generator;
    struct json_document json;
    struct arena arena;
    struct record *records;
    unsigned every; /* so many partitions is taken; 0: librdkafka chooses */
    int outstanding_max;
    int outstanding;
    uint64_t failed;
    int64_t busy_us; /* with producing, and the processor's share of it */
    double cpu_s;
};

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message,
                      void *context)
{
    struct filler *filler = message->_private;

    (void)producer, (void)context;
    filler->outstanding--;
    filler->failed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool make_record(struct filler *filler, struct record *ret_record)
{
    struct generated event;
    struct envelope envelope;
    struct signature_claim claim;
    struct error err;
    char now_s[24];

    if (!generator_next(filler->generator, &event))
        return false;
    snprintf(now_s, sizeof(now_s), "%lld", (long long)clock_wall_ms() / 1000);
    claim = (struct signature_claim){
        .id = arena_copy(&filler->arena, slice_of(event.id)),
        .timestamp = arena_copy(&filler->arena, slice_of(now_s)),
        .signatures = slice_of(SIGNATURE),
        .body = arena_copy(&filler->arena, event.body)};
    if (envelope_parse(claim.body, &filler->json, &filler->arena, &envelope,
                       &err) != 0)
        abort();
    record_of_event(&claim, &envelope, SLICE_EMPTY, &filler->arena, ret_record);
    return true;
}

/* All records of a key in one. */
static int32_t partition_of(const struct filler *filler, struct slice key)
{
    uint32_t sum = 0;

    if (filler->every == 0)
        return RD_KAFKA_PARTITION_UA;
    for (size_t i = 0; i < key.size; i++)
        sum = sum * 31 + (unsigned char)key.data[i];
    return (int32_t)(sum % (PARTITIONS / filler->every) * filler->every);
}

static void produce(struct filler *filler, const struct record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->count);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = filler->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = filler},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u.i32 = partition_of(filler, record->key)},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)record->key.data, record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)record->value.data, record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers}};
    rd_kafka_error_t *refusal;

    for (size_t i = 0; i < record->count; i++)
        rd_kafka_header_add(headers, record->headers[i].name, -1,
                            record->headers[i].value.data,
                            (ssize_t)record->headers[i].value.size);
    while (filler->outstanding >= filler->outstanding_max)
        rd_kafka_poll(filler->producer, 100);
    filler->outstanding++;
    refusal = rd_kafka_produceva(filler->producer, parts,
                                 sizeof(parts) / sizeof(parts[0]));
    if (refusal != NULL) {
        fprintf(stderr, "floor_produce: %s\n", rd_kafka_error_string(refusal));
        exit(1);
    }
    rd_kafka_poll(filler->producer, 0);
}

/* Returns how many; 0 at the end. */
static size_t fill_piece(struct filler *filler)
{
    size_t count = 0;

    arena_clear(&filler->arena);
    while (count < PIECE && make_record(filler, &filler->records[count]))
        count++;
    filler->busy_us -= clock_steady_us();
    filler->cpu_s -= cpu_time_s();
    for (size_t i = 0; i < count; i++)
        produce(filler, &filler->records[i]);
    while (filler->outstanding > 0)
        rd_kafka_poll(filler->producer, 100);
    filler->busy_us += clock_steady_us();
    filler->cpu_s += cpu_time_s();
    return count;
}

static int fill(struct filler *filler)
{
    uint64_t total = 0;
    size_t count;

    filler->records = memory_new(PIECE * sizeof(*filler->records));
    while ((count = fill_piece(filler)) > 0)
        total += count;
    printf("{\"answered\":%llu,\"refused\":%llu,\"seconds\":%.6f,"
           "\"cpu_seconds\":%.6f}\n",
           (unsigned long long)(total - filler->failed),
           (unsigned long long)filler->failed, (double)filler->busy_us / 1e6,
           filler->cpu_s);
    free(filler->records);
    return filler->failed > 0;
}

int main(int count, char **words)
{
    struct filler filler = {.outstanding = 0};
    struct load load = {.seed = 1};
    int result;

    if (count != 6 && count != 7) {
        fputs("usage: floor_produce BROKERS TOPIC EVENTS SEED OUTSTANDING "
              "[EVERY]\n",
              stderr);
        return 2;
    }
    load.count = (uint32_t)strtoul(words[3], NULL, 10);
    load.seed = strtoull(words[4], NULL, 10);
    filler.outstanding_max = (int)strtol(words[5], NULL, 10);
    if (count == 7)
        filler.every = (unsigned)strtoul(words[6], NULL, 10);
    filler.generator = generator_new(&load);
    filler.producer = kafka_floor_producer(words[1], on_report);
    filler.topic = rd_kafka_topic_new(filler.producer, words[2], NULL);
    kafka_floor_warm_up(filler.producer, filler.topic);
    result = fill(&filler);
    rd_kafka_topic_destroy(filler.topic);
    rd_kafka_destroy(filler.producer);
    generator_free(filler.generator);
    json_release(&filler.json);
    arena_release(&filler.arena);
    return result;
}
