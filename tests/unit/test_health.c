/* What follows from what `status` has learned. */
#include "console/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void of_what_is_decided_the_share_that_did_not_fail(void **state)
{
    struct health_ledger ledger = {.events = {[LEDGER_COMPLETED] = 90,
                                              [LEDGER_IGNORED] = 5,
                                              [LEDGER_SUPERSEDED] = 4,
                                              [LEDGER_RETRYING] = 1000,
                                              [LEDGER_FAILED] = 1}};
    const struct health_ledger empty = {.events = {0}};

    (void)state;
    assert_float_equal(health_success(&ledger), 0.99, 1e-9);
    ledger.events[LEDGER_FAILED] = 0;
    assert_float_equal(health_success(&ledger), 1, 1e-9);
    assert_float_equal(health_success(&empty), -1, 1e-9);
    assert_float_equal(health_quick(&empty), -1, 1e-9);
}

static void one_part_that_is_not_ready_is_enough(void **state)
{
    struct health health = {.now_ms = 0};
    struct buffer parts;

    (void)state;
    assert_true(health_is_ready(&health));
    health_add_part(&health, "producer")->state = PART_READY;
    assert_true(health_is_ready(&health));
    health_add_part(&health, "consumer")->state = PART_WAITING;
    health_add_part(&health, "database");
    assert_false(health_is_ready(&health));
    buffer_init(&parts, 256);
    health_add_parts(&health, &parts);
    assert_string_equal(parts.data,
                        "producer ready, consumer waiting, database away");
    buffer_release(&parts);
    while (health.parts_count < HEALTH_PARTS_MAX)
        assert_non_null(health_add_part(&health, "consumer"));
    assert_null(health_add_part(&health, "consumer"));
}

static void lag_is_the_sum_of_records_and_the_greatest_age(void **state)
{
    struct health health = {.now_ms = 100000};
    const struct health_lag lags[] = {
        {.topic = "a", .records = 3, .oldest_ms = 40000},
        {.topic = "a", .records = 2, .oldest_ms = 90000},
        {.topic = "a", .records = 0, .oldest_ms = -1},
        {.topic = "b", .records = 1, .oldest_ms = 10000},
    };

    (void)state;
    health.log.lags = malloc(sizeof(lags));
    assert_non_null(health.log.lags);
    memcpy(health.log.lags, lags, sizeof(lags));
    health.log.lags_count = 4;
    assert_int_equal(health_lag_of(&health, "a").records, 5);
    assert_int_equal(health_lag_of(&health, "a").seconds, 60);
    assert_int_equal(health_lag_of(&health, NULL).records, 6);
    assert_int_equal(health_lag_of(&health, NULL).seconds, 90);
    assert_int_equal(health_lag_of(&health, "c").records, 0);
    health_release(&health);
}

/* What could not be learned is left out, not said to be zero. */
static void what_is_not_known_is_not_shown(void **state)
{
    struct health health = {.now_ms = 1760000000000};
    struct buffer out;

    (void)state;
    health_add_part(&health, "database");
    buffer_init(&out, 1 << 16);
    health_write_json(&health, &out);
    assert_null(strstr(out.data, "\"events\""));
    assert_null(strstr(out.data, "per_second"));
    assert_null(strstr(out.data, "\"lag\""));
    buffer_clear(&out);
    health_show(&health, false, &out);
    assert_null(strstr(out.data, "ledger"));
    assert_null(strstr(out.data, "lag"));
    buffer_clear(&out);
    health.ledger.is_known = health.log.is_known = true;
    health_write_json(&health, &out);
    assert_non_null(strstr(out.data, "\"events\":{\"completed\":0,"));
    assert_non_null(strstr(out.data, "\"lag\":[]"));
    buffer_release(&out);
}

/* A reason comes from outside and may try to steer the terminal. */
static void a_reason_is_shown_without_control_characters(void **state)
{
    struct health health = {.now_ms = 1760000000000};
    struct health_part *part = health_add_part(&health, "consumer");
    struct buffer out;

    (void)state;
    memcpy(part->reason, "\033[2Jgone", 9);
    buffer_init(&out, 1 << 16);
    health_show(&health, false, &out);
    assert_null(strchr(out.data, '\033'));
    assert_non_null(strstr(out.data, "?[2Jgone"));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_what_is_decided_the_share_that_did_not_fail),
        cmocka_unit_test(one_part_that_is_not_ready_is_enough),
        cmocka_unit_test(lag_is_the_sum_of_records_and_the_greatest_age),
        cmocka_unit_test(what_is_not_known_is_not_shown),
        cmocka_unit_test(a_reason_is_shown_without_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
