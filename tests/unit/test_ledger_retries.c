/* What retries, and events that were put back, change in the ledger. */
#include "tests/unit/ledger_cases.h"

static const struct ledger_case cases[] = {
    {"put off, and new",
     {{"a", 1, 'r', "-", ' '}},
     "!",
     {{"a", false, 'r', 1, 0, 0, "{}", 99, 0}}},
    {"put off twice in one batch: one retry is enough",
     {{"a", 1, 'r', "-", ' '}, {"a", 2, 'r', "-", ' '}},
     "!.",
     {{"a", false, 'r', 1, 0, 1, "{t:3:2}", 99, 0}}},
    {"a duplicate while a retry is under way",
     {{"a", 2, 'r', "rw", ' '}},
     ".",
     {{"a", true, '.', 0, 0, 1, "{t:3:2}", 50, 0}}},
    {"a replay while a retry is under way: it may have been lost",
     {{"a", 1, 'r', "r!w", ' '}},
     "!",
     {{"a", true, 'r', 1, 1, 0, "{}", 99, 0}}},
    {"a replay succeeds before the retry",
     {{"a", 1, 'c', "r!w", ' '}},
     ".",
     {{"a", true, 'c', 1, 1, 0, "{}", 0, 0}}},
    {"a replay fails for ever before the retry",
     {{"a", 1, 'f', "r!w", ' '}},
     "!",
     {{"a", true, 'f', 1, 1, 0, "{}", 0, 0}}},
    {"a retry that is applied",
     {{"a", 1, 'c', "r!w", 'r'}},
     ".",
     {{"a", true, 'c', 1, 0, 0, "{}", 0, 0}}},
    {"a retry that comes too late",
     {{"a", 1, 's', "r!w", 'r'}},
     ".",
     {{"a", true, 's', 1, 0, 0, "{}", 0, 0}}},
    {"a retry that is put off again",
     {{"a", 1, 'r', "r!w", 'r'}},
     "!",
     {{"a", true, 'r', 1, 0, 0, "{}", 99, 0}}},
    {"a retry that fails for ever",
     {{"a", 1, 'f', "r!w", 'r'}},
     "!",
     {{"a", true, 'f', 1, 0, 0, "{}", 0, 0}}},
    {"a retry of what was dead-lettered before, to the end",
     {{"a", 1, 'f', "f!w", 'r'}},
     "!",
     {{"a", true, 'f', 1, 0, 0, "{}", 0, 0}}},
    {"a retry of what nobody knows",
     {{"a", 1, 'c', "-", 'r'}},
     ".",
     {{"a", false, 'c', 2, 0, 0, "{}", 0, 0}}},
    {"a retry of what nobody knows is put off",
     {{"a", 1, 'r', "-", 'r'}},
     "!",
     {{"a", false, 'r', 2, 0, 0, "{}", 99, 0}}},
    {"a retry that no longer counts, since it was applied",
     {{"a", 1, 'c', "c!", 'r'}},
     ".",
     {{.id = NULL}}},
    {"a retry that no longer counts, since it was dead-lettered",
     {{"a", 1, 'c', "f!", 'r'}},
     ".",
     {{.id = NULL}}},
    {"a retry that no longer counts, and fails for ever",
     {{"a", 1, 'f', "c!", 'r'}},
     ".",
     {{.id = NULL}}},
    {"a retry that no longer counts, and is put off",
     {{"a", 1, 'r', "r!", 'r'}},
     ".",
     {{.id = NULL}}},
    {"a retry that no longer counts, beside a record that does",
     {{"a", 1, 'c', "f!", 'r'}, {"a", 7, 'c', "f!", ' '}},
     "..",
     {{"a", true, 'c', 1, 1, 0, "{}", 0, 0}}},
    {"a replay of what was applied must wait: its status stays",
     {{"a", 1, 'r', "s!", ' '}},
     "!",
     {{"a", true, '.', 0, 1, 0, "{}", 99, 0}}},
    {"and is applied by the retry",
     {{"a", 1, 'c', "s!w", 'r'}},
     ".",
     {{"a", true, '.', 0, 0, 0, "{}", 0, 0}}},

    {"put back, and applied",
     {{"a", 1, 'c', "f!", '1'}},
     ".",
     {{"a", true, 'c', 1, 0, 0, "{}", 0, 0}}},
    {"put back, and refused again",
     {{"a", 1, 'f', "f!", '1'}},
     "!",
     {{"a", true, 'f', 1, 0, 0, "{}", 0, 1}}},
    {"put back, refused again, and read again",
     {{"a", 1, 'f', "f!1", '1'}},
     ".",
     {{"a", true, '.', 0, 0, 0, "{}", 0, 1}}},
    {"put back for the second time, and refused again",
     {{"a", 1, 'f', "f!1", '2'}},
     "!",
     {{"a", true, 'f', 1, 0, 0, "{}", 0, 2}}},
    {"put back, and put off",
     {{"a", 1, 'r', "f!", '1'}},
     "!",
     {{"a", true, 'r', 1, 0, 0, "{}", 99, 0}}},
    {"put back by two at once",
     {{"a", 1, 'f', "f!", '1'}, {"a", 1, 'f', "f!", '1'}},
     "!.",
     {{"a", true, 'f', 1, 0, 0, "{}", 0, 1}}},
    {"put back, of which nobody knows",
     {{"a", 1, 'c', "-", '1'}},
     ".",
     {{"a", false, 'c', 1, 0, 0, "{}", 0, 0}}},
};

static void a_try_is_told_once_whatever_is_read_again(void **state)
{
    (void)state;
    assert_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Whatever else the ledger says of it. */
static void a_retry_counts_only_where_the_ledger_has_its_time(void **state)
{
    static const struct {
        char from;
        const char *known;
        int64_t retry_at_ms;
        bool is_stale, is_waiting;
    } retries[] = {
        {'r', "-", 50, false, false}, {'r', "rw", 50, false, true},
        {'r', "rw", 49, true, true},  {'r', "rw", 51, true, true},
        {'r', "r", 0, true, false},   {'r', "c", 0, true, false},
        {'r', "cw", 50, false, true}, {'r', "f", 0, true, false},
        {'r', "fw", 50, false, true}, {' ', "rw", 77, false, true},
        {'1', "rw", 77, false, true}, {' ', "c", 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(retries) / sizeof(retries[0]); i++) {
        const struct given given = {"a", 1, 'c', retries[i].known,
                                    retries[i].from};
        struct event *event = event_of_given(&given);
        struct ledger ledger = ledger_of(&event, 1, &arena);
        struct ledger_known known = known_of(given.known);
        known.retry_at_ms = retries[i].retry_at_ms;
        ledger_judge(&ledger, &known);
        if (event->is_stale != retries[i].is_stale ||
            event->is_waiting != retries[i].is_waiting)
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_try_is_told_once_whatever_is_read_again),
        cmocka_unit_test(a_retry_counts_only_where_the_ledger_has_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
