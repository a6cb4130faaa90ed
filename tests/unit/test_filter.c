/* What a filter asks of the database and of a record is the same. */
#include "console/filter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct filter nothing = {
    .status = -1, .from_ms = FLAG_TIME_NONE, .to_ms = FLAG_TIME_NONE};

static struct filter_subject ada(void)
{
    return (struct filter_subject){
        .id = slice_of("msg_1"),
        .type = slice_of("user.created"),
        .entity = slice_of("user_ada"),
        .error = slice_of("Duplicate key (23505)"),
        .status = LEDGER_FAILED,
        .time_ms = 1000,
    };
}

static bool matches(const struct filter *filter)
{
    struct filter_subject subject = ada();

    assert_true(filter_is_given(filter));
    return filter_matches(filter, &subject);
}

static bool matches_text(size_t offset, const char *text)
{
    struct filter filter = nothing;

    memcpy((char *)&filter + offset, &text, sizeof(text));
    return matches(&filter);
}

static bool matches_status(int status)
{
    struct filter filter = nothing;

    filter.status = status;
    return matches(&filter);
}

static bool matches_time(int64_t from_ms, int64_t to_ms)
{
    struct filter filter = nothing;

    filter.from_ms = from_ms;
    filter.to_ms = to_ms;
    return matches(&filter);
}

/* One part of a filter that has a text. */
#define MATCHES(part, text) matches_text(offsetof(struct filter, part), text)

static void nothing_given_is_everything(void **state)
{
    struct filter_subject subject = ada(), empty = {.status = -1};
    struct filter_values values;

    (void)state;
    assert_false(filter_is_given(&nothing));
    assert_true(filter_matches(&nothing, &subject));
    assert_true(filter_matches(&nothing, &empty));
    filter_values(&nothing, &values);
    for (size_t i = 0; i < FILTER_VALUES; i++)
        assert_null(values.values[i]);
}

static void each_part_is_asked(void **state)
{
    struct filter both = nothing;

    (void)state;
    assert_true(MATCHES(id, "msg_1"));
    assert_false(MATCHES(id, "msg_"));
    assert_true(MATCHES(entity, "user_ada"));
    assert_false(MATCHES(entity, "user_adam"));
    both.id = "msg_1";
    both.entity = "user_ada";
    assert_true(matches(&both));
    both.entity = "user_bob";
    assert_false(matches(&both));
}

static void a_type_is_whole_or_what_it_begins_with(void **state)
{
    (void)state;
    assert_true(MATCHES(type, "user.created"));
    assert_false(MATCHES(type, "user.create"));
    assert_true(MATCHES(type, "user.*"));
    assert_true(MATCHES(type, "*"));
    assert_false(MATCHES(type, "organization.*"));
    assert_false(MATCHES(type, "user.created.*"));
}

static void an_error_is_a_part_in_any_case(void **state)
{
    (void)state;
    assert_true(MATCHES(error, "duplicate KEY"));
    assert_true(MATCHES(error, "23505)"));
    assert_false(MATCHES(error, "23505) "));
}

static void a_status_is_one_of_the_ledgers_words(void **state)
{
    (void)state;
    assert_true(matches_status(LEDGER_FAILED));
    assert_false(matches_status(LEDGER_COMPLETED));
    assert_string_equal(filter_statuses[LEDGER_SUPERSEDED], "superseded");
    assert_null(filter_statuses[LEDGER_STATUSES]);
}

static void a_time_range_has_its_begin_and_not_its_end(void **state)
{
    (void)state;
    assert_true(matches_time(1000, FLAG_TIME_NONE));
    assert_false(matches_time(1001, FLAG_TIME_NONE));
    assert_true(matches_time(FLAG_TIME_NONE, 1001));
    assert_false(matches_time(FLAG_TIME_NONE, 1000));
}

static void values_are_those_of_the_statement(void **state)
{
    struct filter whole = {.id = "msg_1",
                           .type = "user.created",
                           .entity = "e",
                           .error = "x",
                           .status = LEDGER_IGNORED,
                           .from_ms = -1,
                           .to_ms = 1769842800123};
    struct filter prefix = nothing;
    struct filter_values values;

    (void)state;
    filter_values(&whole, &values);
    assert_string_equal(values.values[0], "msg_1");
    assert_string_equal(values.values[1], "user.created");
    assert_null(values.values[2]);
    assert_string_equal(values.values[3], "e");
    assert_string_equal(values.values[4], "ignored");
    assert_string_equal(values.values[5], "x");
    assert_string_equal(values.values[6], "-1");
    assert_string_equal(values.values[7], "1769842800123");
    prefix.type = "user.*";
    filter_values(&prefix, &values);
    assert_null(values.values[1]);
    assert_string_equal(values.values[2], "user.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_is_everything),
        cmocka_unit_test(each_part_is_asked),
        cmocka_unit_test(a_type_is_whole_or_what_it_begins_with),
        cmocka_unit_test(an_error_is_a_part_in_any_case),
        cmocka_unit_test(a_status_is_one_of_the_ledgers_words),
        cmocka_unit_test(a_time_range_has_its_begin_and_not_its_end),
        cmocka_unit_test(values_are_those_of_the_statement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
