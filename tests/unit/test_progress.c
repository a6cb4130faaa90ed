/* How far each assigned partition has come. */
#include "consumer/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *name;
    int64_t next;
    struct record held[3];
    size_t count;
    int64_t done;
    bool is_held;
} cases[] = {
    {"nothing polled yet", -1, {{.offset = 0}}, 0, -1, false},
    {"all done", 120, {{.offset = 0}}, 0, 120, false},
    {"one is held", 120, {{.partition = 3, .offset = 100}}, 1, 100, true},
    {"the first of the held ones",
     120,
     {{.partition = 3, .offset = 110},
      {.partition = 3, .offset = 7},
      {.partition = 3, .offset = 100}},
     3,
     7,
     true},
    {"others are none of its business",
     120,
     {{.partition = 2, .offset = 1}, {.partition = 4, .offset = 2}},
     2,
     120,
     false},
    {"the very first record is held",
     1,
     {{.partition = 3, .offset = 0}},
     1,
     0,
     true},
};

static void all_before_the_first_held_record_is_done(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct progress_partition partition = {
            .partition = 3, .next = cases[i].next, .stored = -1};
        int64_t done = progress_done(&partition, cases[i].held, cases[i].count);
        if (done != cases[i].done)
            fail_msg("%s: %lld", cases[i].name, (long long)done);
        assert_int_equal(progress_is_held(3, cases[i].held, cases[i].count),
                         cases[i].is_held);
    }
}

static void partitions_come_and_go(void **state)
{
    struct progress progress = {NULL, 0};

    (void)state;
    assert_null(progress_find(&progress, 0));
    progress_remove(&progress, 0);
    for (int32_t i = 0; i < 12; i++)
        progress_add(&progress, i);
    assert_int_equal(progress.count, 12);
    for (int32_t i = 0; i < 12; i++) {
        assert_int_equal(progress_find(&progress, i)->next, -1);
        assert_int_equal(progress_find(&progress, i)->stored, -1);
    }
    progress_remove(&progress, 0);
    progress_remove(&progress, 11);
    progress_remove(&progress, 5);
    assert_int_equal(progress.count, 9);
    for (int32_t i = 0; i < 12; i++)
        assert_int_equal(progress_find(&progress, i) == NULL,
                         i == 0 || i == 5 || i == 11);
    progress_release(&progress);
    assert_int_equal(progress.count, 0);
}

static void a_partition_that_comes_again_begins_anew(void **state)
{
    struct progress progress = {NULL, 0};
    struct progress_partition *partition;

    (void)state;
    progress_add(&progress, 7);
    partition = progress_find(&progress, 7);
    partition->next = 5;
    partition->stored = 4;
    partition->is_paused = true;
    progress_add(&progress, 7);
    assert_int_equal(progress.count, 1);
    partition = progress_find(&progress, 7);
    assert_int_equal(partition->next, -1);
    assert_int_equal(partition->stored, -1);
    assert_false(partition->is_paused);
    progress_release(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_before_the_first_held_record_is_done),
        cmocka_unit_test(partitions_come_and_go),
        cmocka_unit_test(a_partition_that_comes_again_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
