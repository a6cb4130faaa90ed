/* How far each assigned partition has come. */
#include "consumer/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define EVENT(p, o)                                                            \
    {                                                                          \
        .stream = STREAM_EVENTS, .partition = (p), .offset = (o)               \
    }
#define RETRY(p, o)                                                            \
    {                                                                          \
        .stream = STREAM_RETRIES, .partition = (p), .offset = (o)              \
    }

/* Of partition 3 of the events topic. */
static const struct {
    const char *name;
    int64_t next;
    struct record open[3];
    size_t count;
    size_t held; /* the first so many of them */
    int64_t done;
    bool is_held;
} cases[] = {
    {"nothing polled yet", -1, {EVENT(0, 0)}, 0, 0, -1, false},
    {"all done", 120, {EVENT(0, 0)}, 0, 0, 120, false},
    {"one is held", 120, {EVENT(3, 100)}, 1, 1, 100, true},
    {"one waits", 120, {EVENT(3, 100)}, 1, 0, 100, false},
    {"one waits behind all that is done",
     120,
     {EVENT(3, 125)},
     1,
     0,
     120,
     false},
    {"one is held, one waits",
     120,
     {EVENT(3, 110), EVENT(3, 107)},
     2,
     1,
     107,
     true},
    {"the first of the held ones",
     120,
     {EVENT(3, 110), EVENT(3, 7), EVENT(3, 100)},
     3,
     3,
     7,
     true},
    {"other partitions are none of its business",
     120,
     {EVENT(2, 1), EVENT(4, 2)},
     2,
     2,
     120,
     false},
    {"the other topic's are not either", 120, {RETRY(3, 1)}, 1, 1, 120, false},
    {"the very first record is held", 1, {EVENT(3, 0)}, 1, 1, 0, true},
    {"none is done yet", -1, {EVENT(3, 4)}, 1, 1, -1, true},
};

static void all_before_the_first_open_record_is_done(void **state)
{
    struct progress progress = {NULL, 0};

    (void)state;
    progress_add(&progress, STREAM_RETRIES, 3);
    progress_add(&progress, STREAM_EVENTS, 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct progress_partition *at =
            progress_find(&progress, STREAM_EVENTS, 3);
        at->next = cases[i].next;
        progress_close_all(&progress);
        for (size_t r = 0; r < cases[i].count; r++)
            progress_open(&progress, &cases[i].open[r], r < cases[i].held);
        if (progress_done(at) != cases[i].done)
            fail_msg("%s: %lld", cases[i].name, (long long)progress_done(at));
        if (at->is_held != cases[i].is_held)
            fail_msg("%s: held?", cases[i].name);
    }
    progress_release(&progress);
}

static void partitions_come_and_go(void **state)
{
    struct progress progress = {NULL, 0};

    (void)state;
    assert_null(progress_find(&progress, STREAM_EVENTS, 0));
    progress_remove(&progress, STREAM_EVENTS, 0);
    for (int32_t i = 0; i < 12; i++)
        progress_add(&progress, STREAM_EVENTS, i);
    assert_int_equal(progress.count, 12);
    for (int32_t i = 0; i < 12; i++) {
        assert_int_equal(progress_find(&progress, STREAM_EVENTS, i)->next, -1);
        assert_int_equal(progress_find(&progress, STREAM_EVENTS, i)->stored,
                         -1);
    }
    progress_remove(&progress, STREAM_EVENTS, 0);
    progress_remove(&progress, STREAM_EVENTS, 11);
    progress_remove(&progress, STREAM_EVENTS, 5);
    assert_int_equal(progress.count, 9);
    for (int32_t i = 0; i < 12; i++)
        assert_int_equal(progress_find(&progress, STREAM_EVENTS, i) == NULL,
                         i == 0 || i == 5 || i == 11);
    progress_release(&progress);
    assert_int_equal(progress.count, 0);
}

static void a_partition_that_comes_again_begins_anew(void **state)
{
    struct progress progress = {NULL, 0};
    struct progress_partition *partition;

    (void)state;
    progress_add(&progress, STREAM_EVENTS, 7);
    partition = progress_find(&progress, STREAM_EVENTS, 7);
    partition->next = 5;
    partition->stored = 4;
    partition->is_paused = true;
    progress_add(&progress, STREAM_EVENTS, 7);
    assert_int_equal(progress.count, 1);
    partition = progress_find(&progress, STREAM_EVENTS, 7);
    assert_int_equal(partition->next, -1);
    assert_int_equal(partition->stored, -1);
    assert_false(partition->is_paused);
    progress_release(&progress);
}

static void lag_in_time_is_that_of_what_was_seen_first(void **state)
{
    static const struct {
        int64_t end, done, now_ms, behind_ms;
    } steps[] = {
        {10, 10, 0, 0},       {20, 10, 1000, 0},    {30, 10, 3000, 2000},
        {30, 19, 4000, 3000}, {30, 20, 5000, 0},    {31, 29, 6000, 1000},
        {31, 30, 7000, 0},    {31, 30, 9000, 2000}, {31, 31, 9500, 0},
        {31, 32, 9600, 0},    {40, 32, 9700, 0},    {40, 33, 9900, 200},
    };
    struct progress_partition partition = {.goal = 0};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        assert_int_equal(progress_behind_ms(&partition, steps[i].end,
                                            steps[i].done, steps[i].now_ms),
                         steps[i].behind_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_before_the_first_open_record_is_done),
        cmocka_unit_test(partitions_come_and_go),
        cmocka_unit_test(a_partition_that_comes_again_begins_anew),
        cmocka_unit_test(lag_in_time_is_that_of_what_was_seen_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
