/* The console's Kafka half against librdkafka's mock cluster: what is written
 * is read again where it was said to be, and all calls end in time. */
#include "console/kafka_offsets.h"
#include "console/kafka_writer.h"
#include "shared/clock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PARTITIONS 3
#define RECORDS 30
#define TIMEOUT_MS 20000
#define SHORT_MS 1000

static char topic[] = "events";

static struct {
    rd_kafka_t *handle; /* the mock's owner */
    rd_kafka_mock_cluster_t *cluster;
    struct settings common;
    struct kafka *kafka;
    struct kafka_writer *writer;
} world;

static void must(int result, const struct error *err)
{
    if (result != 0)
        fail_msg("%s", err->text);
}

static int open_world(void **state)
{
    char reason[200];
    struct error err;

    (void)state;
    log_init("test", LOG_ERROR, LOG_TEXT);
    world.handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason,
                                sizeof(reason));
    world.cluster = rd_kafka_mock_cluster_new(world.handle, 1);
    rd_kafka_mock_topic_create(world.cluster, topic, PARTITIONS, 1);
    world.common = (struct settings){
        .brokers =
            (char *)(uintptr_t)rd_kafka_mock_cluster_bootstraps(world.cluster)};
    must(kafka_open(&world.common, TIMEOUT_MS, &world.kafka, &err), &err);
    must(kafka_writer_open(&world.common, TIMEOUT_MS, &world.writer, &err),
         &err);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    kafka_writer_close(world.writer);
    kafka_close(world.kafka);
    rd_kafka_mock_cluster_destroy(world.cluster);
    rd_kafka_destroy(world.handle);
    return 0;
}

/* RECORDS of them, with the key as value and as header; where they lie. */
static void write_records(struct kafka_place places[RECORDS])
{
    struct error err;

    for (int i = 0; i < RECORDS; i++) {
        char key[16];
        struct slice text = {key, 0};
        text.size = (size_t)snprintf(key, sizeof(key), "user_%d", i);
        const struct kafka_header header = {"svix-id", text};
        const struct kafka_new_record record = {
            .topic = topic,
            .key = text,
            .value = text,
            .headers = &header,
            .headers_count = 1,
            .ret_place = &places[i],
        };
        must(kafka_writer_add(world.writer, &record, &err), &err);
    }
    must(kafka_writer_flush(world.writer, &err), &err);
}

static void what_was_written_is_read_where_it_lies(void **state)
{
    struct kafka_place places[RECORDS];
    struct kafka_range ranges[PARTITIONS];
    struct kafka_span spans[PARTITIONS];
    struct kafka_reader *reader;
    struct kafka_record record;
    struct error err;
    bool is_end;
    int read = 0;

    (void)state;
    write_records(places);
    must(kafka_spans(world.kafka, topic, PARTITIONS, spans, &err), &err);
    for (int i = 0; i < PARTITIONS; i++) {
        assert_true(spans[i].end > 0);
        ranges[i] = (struct kafka_range){i, spans[i].begin, spans[i].end};
    }
    must(kafka_reader_open(world.kafka, topic, ranges, PARTITIONS, &reader,
                           &err),
         &err);
    for (;; read++) {
        struct kafka_header header;
        int number;
        must(kafka_reader_next(reader, &record, &is_end, &err), &err);
        if (is_end)
            break;
        number = (int)strtol(record.key.data + strlen("user_"), NULL, 10);
        assert_int_equal(record.partition, places[number].partition);
        assert_int_equal(record.offset, places[number].offset);
        assert_true(slice_equal(record.key, record.value));
        assert_true(
            slice_equal(kafka_record_header(&record, "svix-id"), record.key));
        assert_null(kafka_record_header(&record, "svix-i").data);
        assert_true(kafka_record_header_at(&record, 0, &header));
        assert_string_equal(header.name, "svix-id");
        assert_false(kafka_record_header_at(&record, 1, &header));
    }
    assert_int_equal(read, RECORDS);
    kafka_reader_close(reader);
}

static void a_range_is_read_from_its_begin_to_before_its_end(void **state)
{
    struct kafka_place places[RECORDS];
    const struct kafka_range ranges[] = {{0, 2, 4}, {1, 1, 1}, {2, 0, 1}};
    struct kafka_reader *reader;
    struct kafka_record record;
    struct error err;
    int counts[PARTITIONS] = {0};
    bool is_end;

    (void)state;
    write_records(places);
    must(kafka_reader_open(world.kafka, topic, ranges, PARTITIONS, &reader,
                           &err),
         &err);
    for (;;) {
        must(kafka_reader_next(reader, &record, &is_end, &err), &err);
        if (is_end)
            break;
        assert_int_equal(record.offset, ranges[record.partition].begin +
                                            counts[record.partition]++);
    }
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 0);
    assert_int_equal(counts[2], 1);
    kafka_reader_close(reader);
}

/* The end may be named too far: what is not there (yet) is not waited for. */
static void reading_ends_at_the_end_of_the_partition(void **state)
{
    struct kafka_place places[RECORDS];
    const struct kafka_range range = {0, 0, 1000000};
    struct kafka_reader *reader;
    struct kafka_record record;
    struct error err;
    bool is_end = false;

    (void)state;
    write_records(places);
    must(kafka_reader_open(world.kafka, topic, &range, 1, &reader, &err), &err);
    while (!is_end)
        must(kafka_reader_next(reader, &record, &is_end, &err), &err);
    kafka_reader_close(reader);
}

static void what_the_brokers_do_not_have_is_said(void **state)
{
    const struct kafka_range range = {0, 5000, 5001};
    struct kafka_reader *reader;
    struct kafka_record record;
    struct error err;
    bool is_end;

    (void)state;
    must(kafka_reader_open(world.kafka, topic, &range, 1, &reader, &err), &err);
    assert_int_equal(kafka_reader_next(reader, &record, &is_end, &err), -1);
    assert_int_equal(err.kind, ERROR_ACCESS);
    assert_non_null(strstr(err.text, "do not have offset 5000"));
    kafka_reader_close(reader);
}

static void a_reader_may_be_closed_before_its_end(void **state)
{
    struct kafka_place places[RECORDS];
    const struct kafka_range range = {0, 0, 1000000};
    struct kafka_reader *reader;
    struct kafka_record record;
    struct error err;
    bool is_end;

    (void)state;
    write_records(places);
    for (int i = 0; i < 3; i++) {
        must(kafka_reader_open(world.kafka, topic, &range, 1, &reader, &err),
             &err);
        must(kafka_reader_next(reader, &record, &is_end, &err), &err);
        assert_int_equal(record.offset, 0);
        kafka_reader_close(reader);
    }
}

static void a_broker_that_is_away_ends_every_call_in_time(void **state)
{
    const struct kafka_range range = {0, 0, 10};
    const struct kafka_new_record one = {.topic = topic, .ret_place = NULL};
    struct kafka_span spans[PARTITIONS];
    struct kafka_reader *reader;
    struct kafka_record record;
    int64_t begun_ms = clock_steady_ms();
    struct kafka_writer *writer;
    struct error err;
    bool is_end;

    (void)state;
    must(kafka_writer_open(&world.common, SHORT_MS, &writer, &err), &err);
    rd_kafka_mock_broker_set_down(world.cluster, 1);
    kafka_set_timeout(world.kafka, SHORT_MS);
    assert_int_equal(kafka_spans(world.kafka, topic, PARTITIONS, spans, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_AWAY);
    must(kafka_reader_open(world.kafka, topic, &range, 1, &reader, &err), &err);
    assert_int_equal(kafka_reader_next(reader, &record, &is_end, &err), -1);
    assert_int_equal(err.kind, ERROR_AWAY);
    kafka_reader_close(reader);
    must(kafka_writer_add(writer, &one, &err), &err);
    assert_int_equal(kafka_writer_flush(writer, &err), -1);
    assert_int_equal(err.kind, ERROR_AWAY);
    kafka_writer_close(writer);
    assert_true(clock_steady_ms() - begun_ms < 15 * SHORT_MS);
}

static void too_large_a_record_is_refused_for_good(void **state)
{
    static const char large[100000001];
    const struct kafka_new_record record = {.topic = topic,
                                            .value = {large, sizeof(large)}};
    struct error err;

    (void)state;
    assert_int_equal(kafka_writer_add(world.writer, &record, &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
}

#define IN_A_WORLD(test)                                                       \
    cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(what_was_written_is_read_where_it_lies),
        IN_A_WORLD(a_range_is_read_from_its_begin_to_before_its_end),
        IN_A_WORLD(reading_ends_at_the_end_of_the_partition),
        IN_A_WORLD(what_the_brokers_do_not_have_is_said),
        IN_A_WORLD(a_reader_may_be_closed_before_its_end),
        IN_A_WORLD(a_broker_that_is_away_ends_every_call_in_time),
        IN_A_WORLD(too_large_a_record_is_refused_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
