/* The producer's Kafka half against librdkafka's mock cluster: what is stored,
 * what is refused, and what a handle that gave up leaves behind. */
#include "producer/kafka.h"

#include "shared/clock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define PRODUCE 0 /* Kafka's number of the request */
#define PARTITIONS 4
#define ACK_TIMEOUT_MS 2000
#define WAIT_MS 10000

/* One record handed over, and what was reported of it. */
struct sent {
    atomic_int reports;
    struct kafka_report report;
};

static struct {
    rd_kafka_t *handle; /* the mock's owner */
    rd_kafka_mock_cluster_t *cluster;
    struct config config;
    struct kafka_producer *kafka;
} world;

static char events[] = "events", dead_letters[] = "dlq";

static void on_report(void *context, const struct kafka_report *report)
{
    struct sent *sent = context;

    sent->report = *report;
    atomic_fetch_add(&sent->reports, 1);
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
    rd_kafka_mock_topic_create(world.cluster, events, PARTITIONS, 1);
    rd_kafka_mock_topic_create(world.cluster, dead_letters, PARTITIONS, 1);
    world.config = (struct config){
        .common = {.brokers = (char *)(uintptr_t)
                       rd_kafka_mock_cluster_bootstraps(world.cluster),
                   .events_topic = events,
                   .dead_letter_topic = dead_letters},
        .ack_timeout_ms = ACK_TIMEOUT_MS};
    return kafka_producer_open(&world.config, on_report, &world.kafka, &err);
}

static int close_world(void **state)
{
    (void)state;
    kafka_producer_close(world.kafka, 0);
    rd_kafka_mock_cluster_destroy(world.cluster);
    rd_kafka_destroy(world.handle);
    unsetenv("KAFKA_QUEUE_BUFFERING_MAX_MESSAGES");
    return 0;
}

static enum error_kind send_to(enum kafka_topic topic, const char *key,
                               struct slice value, struct sent *sent)
{
    const struct record record = {
        .key = slice_of(key),
        .value = value,
        .headers = {{"svix-id", slice_of("msg_1")}},
        .count = 1,
    };
    struct error err = {.kind = ERROR_NONE};

    atomic_store(&sent->reports, 0);
    if (kafka_producer_send(world.kafka, topic, &record, sent, &err) == 0)
        return ERROR_NONE;
    return err.kind;
}

static enum error_kind send_one(struct sent *sent)
{
    return send_to(KAFKA_EVENTS, "user_1", slice_of("{}"), sent);
}

static bool is_reported(struct sent *sent)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;

    while (atomic_load(&sent->reports) == 0 && clock_steady_ms() < until_ms)
        usleep(1000);
    return atomic_load(&sent->reports) == 1;
}

/* Sends one and waits for its report; the kind of either. */
static enum error_kind outcome_of_one(struct sent *sent)
{
    enum error_kind kind = send_one(sent);

    if (kind != ERROR_NONE)
        return kind;
    assert_true(is_reported(sent));
    return sent->report.kind;
}

static void assert_works_again(void)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;
    struct sent sent;

    while (outcome_of_one(&sent) != ERROR_NONE) {
        assert_true(clock_steady_ms() < until_ms);
        usleep(10000);
    }
}

static void a_report_says_where_the_record_lies(void **state)
{
    struct sent first, second;

    (void)state;
    assert_int_equal(outcome_of_one(&first), ERROR_NONE);
    assert_int_equal(outcome_of_one(&second), ERROR_NONE);
    assert_in_range(first.report.partition, 0, PARTITIONS - 1);
    assert_int_equal(second.report.partition, first.report.partition);
    assert_int_equal(second.report.offset, first.report.offset + 1);
    assert_string_equal(first.report.code, "NO_ERROR");
}

static void topics_have_names(void **state)
{
    struct sent sent;

    (void)state;
    assert_string_equal(kafka_producer_topic_name(world.kafka, KAFKA_EVENTS),
                        events);
    assert_string_equal(
        kafka_producer_topic_name(world.kafka, KAFKA_DEAD_LETTERS),
        dead_letters);
    assert_int_equal(send_to(KAFKA_DEAD_LETTERS, "k", slice_of(""), &sent),
                     ERROR_NONE);
    assert_true(is_reported(&sent));
    assert_int_equal(sent.report.kind, ERROR_NONE);
    assert_int_equal(sent.report.offset, 0);
}

static void it_is_warm_once_it_knows_the_topics(void **state)
{
    int64_t until_ms = clock_steady_ms() + WAIT_MS;

    (void)state;
    while (!kafka_producer_state(world.kafka).is_warm)
        assert_true(clock_steady_ms() < until_ms && usleep(1000) == 0);
}

static void errors_that_pass_are_not_seen(void **state)
{
    static const rd_kafka_resp_err_t codes[] = {
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR__TRANSPORT,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct sent sent;
        rd_kafka_mock_push_request_errors(world.cluster, PRODUCE, 1, codes[i]);
        assert_int_equal(outcome_of_one(&sent), ERROR_NONE);
    }
}

static void what_has_no_offset_is_not_confirmed(void **state)
{
    struct sent sent;

    (void)state;
    rd_kafka_mock_push_request_errors(
        world.cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER);
    assert_int_equal(outcome_of_one(&sent), ERROR_AGAIN);
    assert_works_again();
}

static void a_record_refused_for_its_size_was_alone(void **state)
{
    struct sent sent;

    (void)state;
    assert_works_again();
    rd_kafka_mock_push_request_errors(world.cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(outcome_of_one(&sent), ERROR_INPUT);
    assert_works_again();
}

/* The first keeps the line busy, so that the others share a batch: any of them
 * may be the large one. */
static void of_a_batch_nobody_is_refused_for_ever(void **state)
{
    struct sent first, others[5];

    (void)state;
    assert_works_again();
    rd_kafka_mock_broker_set_rtt(world.cluster, 1, 300);
    assert_int_equal(send_one(&first), ERROR_NONE);
    usleep(100000); /* on its way: what follows waits for the next request */
    rd_kafka_mock_push_request_errors(world.cluster, PRODUCE, 5,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    for (int i = 0; i < 5; i++)
        assert_int_equal(send_one(&others[i]), ERROR_NONE);
    assert_true(is_reported(&first));
    for (int i = 0; i < 5; i++)
        assert_true(is_reported(&others[i]));
    assert_int_equal(others[4].report.kind, ERROR_AGAIN);
    rd_kafka_mock_broker_set_rtt(world.cluster, 1, 0);
}

static void what_is_too_large_for_the_client_is_refused_at_once(void **state)
{
    struct slice large = {calloc(1, 1000000), 1000000};
    struct sent sent;

    (void)state;
    assert_int_equal(send_to(KAFKA_EVENTS, "k", large, &sent), ERROR_INPUT);
    free((void *)(uintptr_t)large.data);
    assert_int_equal(outcome_of_one(&sent), ERROR_NONE);
}

static void a_full_queue_refuses_and_empties_again(void **state)
{
    struct sent sent[20];
    int taken = 0;

    (void)state;
    close_world(state);
    setenv("KAFKA_QUEUE_BUFFERING_MAX_MESSAGES", "10", 1);
    open_world(state);
    assert_works_again();
    rd_kafka_mock_broker_set_down(world.cluster, 1);
    while (taken < 20 && send_one(&sent[taken]) == ERROR_NONE)
        taken++;
    assert_int_equal(taken, 10);
    assert_int_equal(send_one(&sent[taken]), ERROR_AGAIN);
    for (int i = 0; i < taken; i++) {
        assert_true(is_reported(&sent[i]));
        assert_int_equal(sent[i].report.kind, ERROR_AGAIN);
    }
    rd_kafka_mock_broker_set_up(world.cluster, 1);
    assert_works_again();
}

static void a_broker_that_is_away_is_reported_in_time(void **state)
{
    struct sent sent;
    int64_t start_ms;

    (void)state;
    assert_works_again();
    rd_kafka_mock_broker_set_down(world.cluster, 1);
    start_ms = clock_steady_ms();
    assert_int_equal(outcome_of_one(&sent), ERROR_AGAIN);
    assert_true(clock_steady_ms() - start_ms < ACK_TIMEOUT_MS + 2000);
    rd_kafka_mock_broker_set_up(world.cluster, 1);
    assert_works_again();
}

static void break_the_handle(void)
{
    rd_kafka_mock_push_request_errors(
        world.cluster, PRODUCE, 1,
        RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
}

static void a_handle_that_gave_up_is_replaced(void **state)
{
    (void)state;
    assert_works_again();
    for (int i = 0; i < 3; i++) {
        struct sent sent;
        break_the_handle();
        assert_int_equal(outcome_of_one(&sent), ERROR_AWAY);
        assert_works_again();
    }
}

static void what_was_under_way_when_it_gave_up_is_reported(void **state)
{
    struct sent sent[200];

    (void)state;
    assert_works_again();
    rd_kafka_mock_broker_set_rtt(world.cluster, 1, 50);
    break_the_handle();
    for (int i = 0; i < 200; i++)
        if (send_one(&sent[i]) != ERROR_NONE)
            atomic_store(&sent[i].reports, 1);
    for (int i = 0; i < 200; i++)
        assert_true(is_reported(&sent[i]));
    rd_kafka_mock_broker_set_rtt(world.cluster, 1, 0);
    assert_works_again();
}

#define SENDERS 4
#define ROUNDS 300

static void *send_many(void *context)
{
    struct sent *sent = context;

    for (int i = 0; i < ROUNDS; i++) {
        if (send_one(&sent[i]) != ERROR_NONE)
            atomic_store(&sent[i].reports, 1);
        usleep(1000);
    }
    return NULL;
}

static void threads_may_send_while_it_is_replaced(void **state)
{
    static struct sent sent[SENDERS][ROUNDS];
    pthread_t threads[SENDERS];

    (void)state;
    assert_works_again();
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, sent[i]),
                         0);
    for (int i = 0; i < 5; i++) {
        break_the_handle();
        usleep(60000);
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SENDERS; i++)
        for (int k = 0; k < ROUNDS; k++)
            assert_true(is_reported(&sent[i][k]));
    assert_works_again();
}

static void all_reports_are_out_when_it_is_closed(void **state)
{
    struct sent sent[50];
    int64_t start_ms;

    (void)state;
    assert_works_again();
    rd_kafka_mock_broker_set_down(world.cluster, 1);
    for (int i = 0; i < 50; i++)
        assert_int_equal(send_one(&sent[i]), ERROR_NONE);
    start_ms = clock_steady_ms();
    kafka_producer_close(world.kafka, 100);
    world.kafka = NULL;
    assert_true(clock_steady_ms() - start_ms < 1500);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(atomic_load(&sent[i].reports), 1);
        assert_int_equal(sent[i].report.kind, ERROR_AWAY);
    }
}

#define KAFKA_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KAFKA_TEST(a_report_says_where_the_record_lies),
        KAFKA_TEST(topics_have_names),
        KAFKA_TEST(it_is_warm_once_it_knows_the_topics),
        KAFKA_TEST(errors_that_pass_are_not_seen),
        KAFKA_TEST(what_has_no_offset_is_not_confirmed),
        KAFKA_TEST(a_record_refused_for_its_size_was_alone),
        KAFKA_TEST(of_a_batch_nobody_is_refused_for_ever),
        KAFKA_TEST(what_is_too_large_for_the_client_is_refused_at_once),
        KAFKA_TEST(a_full_queue_refuses_and_empties_again),
        KAFKA_TEST(a_broker_that_is_away_is_reported_in_time),
        KAFKA_TEST(a_handle_that_gave_up_is_replaced),
        KAFKA_TEST(what_was_under_way_when_it_gave_up_is_reported),
        KAFKA_TEST(threads_may_send_while_it_is_replaced),
        KAFKA_TEST(all_reports_are_out_when_it_is_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
