/* The consumer's Kafka half against librdkafka's mock cluster: what was stored
 * is committed before a member leaves, also where that is refused at first. */
#include "consumer/kafka_source.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OFFSET_COMMIT 8 /* Kafka's number of the request */
#define PARTITIONS 2
#define WAIT_MS 30000
#define POLL_MS 50

static char events[] = "events", retries[] = "retry", group[] = "group";

static struct {
    rd_kafka_t *handle; /* the mock's owner */
    rd_kafka_mock_cluster_t *cluster;
    struct consumer_config config;
    int assigned; /* partitions, less those that were revoked */
} world;

static void on_assigned(void *context, enum stream stream, int32_t partition)
{
    (void)context, (void)stream, (void)partition;
    world.assigned++;
}

static void on_revoked(void *context, enum stream stream, int32_t partition)
{
    (void)context, (void)stream, (void)partition;
    world.assigned--;
}

static void on_rebalanced(void *context, bool is_assignment)
{
    (void)context, (void)is_assignment;
}

static int open_world(void **state)
{
    char reason[200];

    (void)state;
    log_init("test", LOG_ERROR, LOG_TEXT);
    /* Nothing is to be committed in the background. */
    setenv("KAFKA_AUTO_COMMIT_INTERVAL_MS", "600000", 1);
    world.handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason,
                                sizeof(reason));
    world.cluster = rd_kafka_mock_cluster_new(world.handle, 1);
    rd_kafka_mock_topic_create(world.cluster, events, PARTITIONS, 1);
    rd_kafka_mock_topic_create(world.cluster, retries, PARTITIONS, 1);
    world.config = (struct consumer_config){
        .common = {.brokers = (char *)(uintptr_t)
                       rd_kafka_mock_cluster_bootstraps(world.cluster),
                   .events_topic = events,
                   .retry_topic = retries},
        .group = group};
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(world.cluster);
    rd_kafka_destroy(world.handle);
    unsetenv("KAFKA_AUTO_COMMIT_INTERVAL_MS");
    return 0;
}

static struct source *source_new(void)
{
    const struct source_hooks hooks = {on_assigned, on_revoked, on_rebalanced,
                                       NULL};
    struct source *source;
    struct error err;

    if (source_open(&world.config, &hooks, &source, &err) != 0)
        fail_msg("%s", err.text);
    return source;
}

static struct source *member_new(void)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;
    struct source *source = source_new();
    struct record record;
    struct error err;

    world.assigned = 0;
    if (source_join(source, &err) != 0)
        fail_msg("%s", err.text);
    while (world.assigned < STREAMS * PARTITIONS) {
        assert_true(clock_steady_ms() < until_ms);
        assert_false(source_poll(source, POLL_MS, &record));
    }
    return source;
}

static int64_t committed(enum stream stream, int32_t partition)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;
    struct source *source = source_new();
    int64_t offset;

    while ((offset = source_committed(source, stream, partition)) < 0)
        assert_true(clock_steady_ms() < until_ms);
    source_close(source);
    return offset;
}

static void what_was_stored_is_committed_at_the_end(void **state)
{
    struct source *source = member_new();

    (void)state;
    source_store(source, STREAM_EVENTS, 1, 7);
    source_store(source, STREAM_RETRIES, 0, 3);
    source_close(source);
    assert_int_equal(world.assigned, 0);
    assert_int_equal(committed(STREAM_EVENTS, 1), 7);
    assert_int_equal(committed(STREAM_EVENTS, 0), 0);
    assert_int_equal(committed(STREAM_RETRIES, 0), 3);
}

static void a_commit_that_is_refused_is_tried_again(void **state)
{
    struct source *source = member_new();

    (void)state;
    source_store(source, STREAM_EVENTS, 0, 5);
    /* The second is for the one that the library tries while it leaves. */
    rd_kafka_mock_push_request_errors(world.cluster, OFFSET_COMMIT, 2,
                                      RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
                                      RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
    source_close(source);
    assert_int_equal(committed(STREAM_EVENTS, 0), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_stored_is_committed_at_the_end,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(a_commit_that_is_refused_is_tried_again,
                                        open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
