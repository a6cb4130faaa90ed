/* The producer's Kafka half where its topics are not there: it refuses, lives,
 * and goes on as soon as somebody has made them. */
#include "producer/kafka.h"

#include "shared/clock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 20000
#define SENT_MAX 1000

static struct {
    rd_kafka_t *handle; /* the mock's owner */
    rd_kafka_mock_cluster_t *cluster;
    struct config config;
    struct kafka_producer *kafka;
    atomic_int stored;
} world;

static char events[] = "events", dead_letters[] = "dlq";

static void on_report(void *context, const struct kafka_report *report)
{
    (void)context;
    if (report->kind == ERROR_NONE)
        atomic_fetch_add(&world.stored, 1);
}

static void set_events_topic(rd_kafka_resp_err_t code)
{
    rd_kafka_mock_topic_set_error(world.cluster, events, code);
}

static int open_world(void **state)
{
    char reason[200];
    struct error err;

    (void)state;
    log_init("test", LOG_ERROR, LOG_TEXT);
    /* A topic that was not there when asked is believed not to be, at once. */
    setenv("KAFKA_TOPIC_METADATA_PROPAGATION_MAX_MS", "1", 1);
    world.handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason,
                                sizeof(reason));
    world.cluster = rd_kafka_mock_cluster_new(world.handle, 1);
    rd_kafka_mock_topic_create(world.cluster, events, 4, 1);
    rd_kafka_mock_topic_create(world.cluster, dead_letters, 4, 1);
    set_events_topic(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    world.config = (struct config){
        .common = {.brokers = (char *)(uintptr_t)
                       rd_kafka_mock_cluster_bootstraps(world.cluster),
                   .events_topic = events,
                   .dead_letter_topic = dead_letters},
        .ack_timeout_ms = 2000};
    return kafka_producer_open(&world.config, on_report, &world.kafka, &err);
}

static int close_world(void **state)
{
    (void)state;
    kafka_producer_close(world.kafka, 0);
    rd_kafka_mock_cluster_destroy(world.cluster);
    rd_kafka_destroy(world.handle);
    unsetenv("KAFKA_TOPIC_METADATA_PROPAGATION_MAX_MS");
    return 0;
}

static enum error_kind send_one(void)
{
    const struct record record = {
        .key = slice_of("user_1"),
        .value = slice_of("{}"),
        .headers = {{"svix-id", slice_of("msg_1")},
                    {"ce_id", slice_of("msg_1")}},
        .count = 2,
    };
    struct error err = {.kind = ERROR_NONE};

    kafka_producer_send(world.kafka, KAFKA_EVENTS, &record, NULL, &err);
    return err.kind;
}

static void wait_until_refused(void)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;

    while (send_one() != ERROR_AWAY)
        assert_true(clock_steady_ms() < until_ms && usleep(10000) == 0);
}

static void a_topic_that_is_not_there_refuses_event_after_event(void **state)
{
    (void)state;
    wait_until_refused();
    for (int i = 0; i < SENT_MAX; i++)
        assert_int_equal(send_one(), ERROR_AWAY);
    assert_false(kafka_producer_state(world.kafka).is_warm);
}

static void events_are_stored_once_somebody_has_made_it(void **state)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;

    (void)state;
    wait_until_refused();
    set_events_topic(RD_KAFKA_RESP_ERR_NO_ERROR);
    while (atomic_load(&world.stored) == 0) {
        assert_true(clock_steady_ms() < until_ms && usleep(10000) == 0);
        send_one();
    }
}

#define TOPICS_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOPICS_TEST(a_topic_that_is_not_there_refuses_event_after_event),
        TOPICS_TEST(events_are_stored_once_somebody_has_made_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
