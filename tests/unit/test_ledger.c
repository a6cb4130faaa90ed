/* What a batch adds to the ledger. */
#include "tests/unit/ledger_cases.h"

static const struct ledger_case cases[] = {
    {"new",
     {{"a", 1, 'c', "-", ' '}},
     ".",
     {{"a", false, 'c', 1, 0, 0, "{}", 0, 0}}},
    {"seen at this place: a replay",
     {{"a", 1, 's', "c!", ' '}},
     ".",
     {{"a", true, '.', 0, 1, 0, "{}", 0, 0}}},
    {"seen elsewhere: a duplicate",
     {{"a", 2, 'c', "s", ' '}},
     ".",
     {{"a", true, '.', 0, 0, 1, "{t:3:2}", 0, 0}}},
    {"twice in one batch",
     {{"a", 1, 'c', "-", ' '}, {"a", 2, 'c', "-", ' '}},
     "..",
     {{"a", false, 'c', 1, 0, 1, "{t:3:2}", 0, 0}}},
    {"the first of a batch tells its status",
     {{"a", 1, 's', "-", ' '}, {"a", 2, 'c', "-", ' '}},
     "..",
     {{"a", false, 's', 1, 0, 1, "{t:3:2}", 0, 0}}},
    {"the same record twice in one batch",
     {{"a", 1, 'c', "-", ' '}, {"a", 1, 'c', "-", ' '}},
     "..",
     {{"a", false, 'c', 1, 1, 0, "{}", 0, 0}}},
    {"a replay of one and two duplicates",
     {{"a", 1, 'c', "c!", ' '},
      {"a", 7, 'c', "c", ' '},
      {"a", 8, 'c', "c", ' '}},
     "...",
     {{"a", true, '.', 0, 1, 2, "{t:3:7,t:3:8}", 0, 0}}},
    {"a duplicate, and that record again",
     {{"a", 7, 'c', "c", ' '}, {"a", 7, 'c', "c", ' '}},
     "..",
     {{"a", true, '.', 0, 1, 1, "{t:3:7}", 0, 0}}},
    {"three times new",
     {{"a", 1, 'c', "-", ' '},
      {"a", 2, 'c', "-", ' '},
      {"a", 3, 'c', "-", ' '}},
     "...",
     {{"a", false, 'c', 1, 0, 2, "{t:3:2,t:3:3}", 0, 0}}},
    {"of several ids, by id",
     {{"b", 1, 'i', "-", ' '},
      {"a", 2, 'c', "c!", ' '},
      {"b", 3, 'c', "-", ' '}},
     "...",
     {{"a", true, '.', 0, 1, 0, "{}", 0, 0},
      {"b", false, 'i', 1, 0, 1, "{t:3:3}", 0, 0}}},
    {"failed, and new",
     {{"a", 1, 'f', "-", ' '}},
     "!",
     {{"a", false, 'f', 1, 0, 0, "{}", 0, 0}}},
    {"failed again: one dead letter is enough",
     {{"a", 1, 'f', "f!", ' '}},
     ".",
     {{"a", true, '.', 0, 1, 0, "{}", 0, 0}}},
    {"failed twice in one batch",
     {{"a", 1, 'f', "-", ' '}, {"a", 2, 'f', "-", ' '}},
     "!.",
     {{"a", false, 'f', 1, 0, 1, "{t:3:2}", 0, 0}}},
    {"a duplicate of what failed",
     {{"a", 2, 'f', "f", ' '}},
     ".",
     {{"a", true, '.', 0, 0, 1, "{t:3:2}", 0, 0}}},
    {"failed before, and now applied",
     {{"a", 1, 'c', "f!", ' '}},
     ".",
     {{"a", true, 'c', 1, 1, 0, "{}", 0, 0}}},
    {"failed before, and now too late",
     {{"a", 2, 's', "f", ' '}},
     ".",
     {{"a", true, 's', 1, 0, 1, "{t:3:2}", 0, 0}}},
    {"failed and applied in one batch",
     {{"a", 1, 'f', "-", ' '}, {"a", 2, 'c', "-", ' '}},
     "!.",
     {{"a", false, 'c', 2, 0, 1, "{t:3:2}", 0, 0}}},
    {"applied and failed in one batch: it is on the topic, too",
     {{"a", 1, 'c', "-", ' '}, {"a", 2, 'f', "-", ' '}},
     ".!",
     {{"a", false, 'C', 1, 0, 1, "{t:3:2}", 0, 0}}},
    {"applied before, and now refused: only that it is on the topic is new",
     {{"a", 1, 'f', "c!", ' '}},
     "!",
     {{"a", true, '!', 0, 1, 0, "{}", 0, 0}}},
    {"applied before, refused since, and refused again",
     {{"a", 1, 'f', "c!d", ' '}},
     ".",
     {{"a", true, '!', 0, 1, 0, "{}", 0, 0}}},
    {"applied before, refused since, and now applied",
     {{"a", 1, 'c', "c!d", ' '}},
     ".",
     {{"a", true, '+', 0, 1, 0, "{}", 0, 0}}},
    {"a dead letter once, applied, and refused again",
     {{"a", 1, 'f', "c!a", ' '}},
     "!",
     {{"a", true, '!', 0, 1, 0, "{}", 0, 0}}},
    {"the first that is applied counts, not the last",
     {{"a", 1, 'f', "f!", ' '},
      {"a", 2, 's', "f", ' '},
      {"a", 3, 'c', "f", ' '}},
     "...",
     {{"a", true, 's', 1, 1, 2, "{t:3:2,t:3:3}", 0, 0}}},
    {"without an id there is no row",
     {{"", 1, 'f', "-", ' '}, {"", 2, 'f', "-", ' '}, {"a", 3, 'i', "-", ' '}},
     "!!.",
     {{"a", false, 'i', 1, 0, 0, "{}", 0, 0}}},
};

static void an_id_has_one_row_whatever_comes(void **state)
{
    (void)state;
    assert_cases(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_place_is_topic_partition_and_offset(void **state)
{
    const struct record places[] = {
        {.origin = {{"t", 1}, 1, 1}, .id = {"a", 1}},
        {.origin = {{"t2", 2}, 1, 1}, .id = {"a", 1}},
        {.origin = {{"t", 1}, 2, 1}, .id = {"a", 1}},
        {.origin = {{"t", 1}, 1, INT64_MAX}, .id = {"a", 1}},
    };
    struct event *events[4];
    const struct ledger_known known[4] = {{0}};
    struct ledger ledger;

    (void)state;
    for (int i = 0; i < 4; i++) {
        events[i] = arena_get(&arena, sizeof(*events[i]));
        events[i]->record = places[i];
    }
    ledger = ledger_of(events, 4, &arena);
    ledger_fill(&ledger, known, &arena);
    assert_int_equal(ledger.count, 1);
    assert_ptr_equal(ledger.entries[0].event, events[0]);
    assert_true(slice_is(ledger.entries[0].duplicate_offsets,
                         "{t2:1:1,t:2:1,t:1:9223372036854775807}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_one_row_whatever_comes),
        cmocka_unit_test(a_place_is_topic_partition_and_offset),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
