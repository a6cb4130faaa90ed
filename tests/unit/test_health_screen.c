/* What `status` shows, whole: the screen, and the object. */
#include "console/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS 1760000000000

static struct health_lag lags[] = {
    {.topic = "clerk.events",
     .partition = 0,
     .end = 120,
     .committed = 100,
     .records = 20,
     .oldest_ms = NOW_MS - 3000},
    {.topic = "clerk.events",
     .partition = 1,
     .end = 5,
     .committed = 5,
     .oldest_ms = -1},
    {.topic = "clerk.events.retry",
     .partition = 0,
     .committed = -1,
     .oldest_ms = -1},
};

static void set_part(struct health *health, const char *name,
                     enum part_state state, const char *address,
                     const char *reason)
{
    struct health_part *part = health_add_part(health, name);

    part->state = state;
    memcpy(part->address, address, strlen(address) + 1);
    memcpy(part->reason, reason, strlen(reason) + 1);
}

static struct health example(void)
{
    struct health health = {
        .now_ms = NOW_MS,
        .ledger = {.is_known = true,
                   .events = {1000, 20, 3, 2, 1},
                   .users = {.synced = 70, .pending = 5, .failed = 1},
                   .organizations = {.synced = 9, .is_estimated = true},
                   .recent = 200,
                   .recent_quick = 199,
                   .p50_ms = 12,
                   .p95_ms = 40,
                   .p99_ms = 90,
                   .applied = 90},
        .log = {.is_known = true,
                .taken = 120,
                .lags = lags,
                .lags_count = 3,
                .dead_letters = 4,
                .group = "clerkstream",
                .group_state = "Stable",
                .members = 1,
                .oldest = {.is_there = true,
                           .id = "msg_1",
                           .where = "clerk.events partition 0 offset 100",
                           .taken_ms = NOW_MS - 3000}},
    };

    set_part(&health, "producer", PART_READY, "127.0.0.1:9788", "");
    set_part(&health, "consumer", PART_WAITING, "127.0.0.1:9789",
             "not assigned to the group yet");
    set_part(&health, "database", PART_AWAY, "", "connection refused");
    return health;
}

static void the_screen_has_a_line_for_each_thing(void **state)
{
    static const char expected[] =
        "status    not all parts are ready  2025-10-09T08:53:20.000Z\n"
        "parts     producer  ready  127.0.0.1:9788\n"
        "          consumer  waiting  127.0.0.1:9789"
        "  not assigned to the group yet\n"
        "          database  away  connection refused\n"
        "group     clerkstream: Stable, 1 member\n"
        "rates     in 2.0/s   out 1.5/s   (last 60 s)\n"
        "latency   p50 12 ms   p95 40 ms   p99 90 ms   99.50 % under 500 ms"
        "   (200 events in 5 min)\n"
        "ledger    completed 1000   ignored 20   superseded 3   retrying 2"
        "   failed 1\n"
        "success   99.902 %   (aim: above 99 %)\n"
        "users     synced 70   pending 5   failed 1\n"
        "orgs      synced ≈9   pending 0   failed 0\n"
        "lag       20 records, 3.000 s on clerk.events   partition 0: 20\n"
        "          0 records on clerk.events.retry\n"
        "oldest    msg_1 unprocessed for 3.000 s,"
        " at clerk.events partition 0 offset 100\n"
        "dead      4 records on the dead-letter topic; "
        "what waits: clerkstream dlq list\n";
    struct health health = example();
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    health_show(&health, false, &out);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void the_object_says_the_same(void **state)
{
    static const char *const parts[] = {
        "{\"at\":\"2025-10-09T08:53:20.000Z\",\"is_ready\":false,",
        "{\"part\":\"producer\",\"address\":\"127.0.0.1:9788\","
        "\"state\":\"ready\",\"reason\":null}",
        "{\"part\":\"database\",\"address\":null,\"state\":\"away\","
        "\"reason\":\"connection refused\"}",
        "\"in_per_second\":2.000,\"out_per_second\":1.500",
        "\"events\":{\"completed\":1000,\"ignored\":20,\"superseded\":3,"
        "\"retrying\":2,\"failed\":1}",
        "\"p99_ms\":90.000,\"under_500_ms\":0.995000",
        "\"users\":{\"synced\":70,\"pending\":5,\"failed\":1,"
        "\"is_estimated\":false}",
        "\"lag_records\":20,\"lag_seconds\":3,",
        "{\"topic\":\"clerk.events\",\"partition\":0,\"end\":120,"
        "\"committed\":100,\"records\":20,\"seconds\":3.000}",
        "\"committed\":null,\"records\":0,\"seconds\":0.000}",
        "\"oldest_unprocessed\":{\"id\":\"msg_1\",",
        "\"dead_letter_records\":4,\"group\":{\"name\":\"clerkstream\","
        "\"state\":\"Stable\",\"members\":1}}\n",
    };
    struct health health = example();
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    health_write_json(&health, &out);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(out.data, parts[i]) == NULL)
            fail_msg("%s\nis not in\n%s", parts[i], out.data);
    buffer_release(&out);
}

static void where_nothing_happened_no_number_is_made_up(void **state)
{
    struct health health = {.now_ms = NOW_MS,
                            .ledger = {.is_known = true},
                            .log = {.is_known = true}};
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    health_show(&health, false, &out);
    assert_non_null(strstr(out.data, "all parts are ready"));
    assert_non_null(strstr(out.data, "latency   nothing was applied in 5 min"));
    assert_non_null(strstr(out.data, "success   no events yet"));
    assert_non_null(strstr(out.data, "0 members"));
    assert_non_null(strstr(out.data, "0 records on the dead-letter topic\n"));
    assert_non_null(strstr(out.data, "oldest    nothing is unprocessed"));
    buffer_clear(&out);
    health_write_json(&health, &out);
    assert_non_null(strstr(out.data, "\"success_rate\":null"));
    assert_non_null(strstr(out.data, "\"p50_ms\":null"));
    assert_non_null(strstr(out.data, "\"under_500_ms\":null"));
    assert_non_null(strstr(out.data, "\"oldest_unprocessed\":null"));
    buffer_release(&out);
}

/* A screen has so much room; the sum counts them all. */
static void of_many_partitions_the_first_are_named(void **state)
{
    struct health_lag many[12];
    struct health health = {
        .now_ms = NOW_MS,
        .log = {.is_known = true, .lags = many, .lags_count = 12}};
    struct buffer out;

    (void)state;
    for (int i = 0; i < 12; i++)
        many[i] = (struct health_lag){
            .topic = "t", .partition = i, .records = 1, .oldest_ms = NOW_MS};
    buffer_init(&out, 1 << 16);
    health_show(&health, true, &out);
    assert_non_null(strstr(out.data, "12 records"));
    assert_non_null(strstr(
        out.data, "on t   partition 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, …\n"));
    assert_non_null(strstr(out.data, "\033["));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_screen_has_a_line_for_each_thing),
        cmocka_unit_test(the_object_says_the_same),
        cmocka_unit_test(where_nothing_happened_no_number_is_made_up),
        cmocka_unit_test(of_many_partitions_the_first_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
