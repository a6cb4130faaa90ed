/* What a batch adds to the ledger. */
#include "consumer/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define EVENTS_MAX 4

static struct arena arena;

/* An event of a batch, and what the table knows of it: c(ompleted),
 * s(uperseded), i(gnored) and f(ailed) are the verdicts; in the table '-' is
 * nothing, 'a' applied, 'o' open; '!' these coordinates too. */
struct given {
    const char *id;
    int64_t offset;
    char verdict;
    const char *known;
};

struct expected {
    const char *id;
    char verdict;
    bool exists, is_settled;
    int replays, duplicates;
    const char *offsets;
};

static const struct {
    const char *name;
    struct given given[EVENTS_MAX];
    const char *dead_letters; /* which of them are due */
    struct expected expected[EVENTS_MAX];
} cases[] = {
    {"new", {{"a", 1, 'c', "-"}}, ".", {{"a", 'c', 0, 1, 0, 0, "{}"}}},
    {"seen at this place: a replay",
     {{"a", 1, 's', "a!"}},
     ".",
     {{"a", 's', 1, 0, 1, 0, "{}"}}},
    {"seen elsewhere: a duplicate",
     {{"a", 2, 'c', "a"}},
     ".",
     {{"a", 'c', 1, 0, 0, 1, "{t:3:2}"}}},
    {"twice in one batch",
     {{"a", 1, 'c', "-"}, {"a", 2, 'c', "-"}},
     "..",
     {{"a", 'c', 0, 1, 0, 1, "{t:3:2}"}}},
    {"the first of a batch tells its status",
     {{"a", 1, 's', "-"}, {"a", 2, 'c', "-"}},
     "..",
     {{"a", 's', 0, 1, 0, 1, "{t:3:2}"}}},
    {"the same record twice in one batch",
     {{"a", 1, 'c', "-"}, {"a", 1, 'c', "-"}},
     "..",
     {{"a", 'c', 0, 1, 1, 0, "{}"}}},
    {"a replay of one and two duplicates",
     {{"a", 1, 'c', "a!"}, {"a", 7, 'c', "a"}, {"a", 8, 'c', "a"}},
     "...",
     {{"a", 'c', 1, 0, 1, 2, "{t:3:7,t:3:8}"}}},
    {"a duplicate, and that record again",
     {{"a", 7, 'c', "a"}, {"a", 7, 'c', "a"}},
     "..",
     {{"a", 'c', 1, 0, 1, 1, "{t:3:7}"}}},
    {"three times new",
     {{"a", 1, 'c', "-"}, {"a", 2, 'c', "-"}, {"a", 3, 'c', "-"}},
     "...",
     {{"a", 'c', 0, 1, 0, 2, "{t:3:2,t:3:3}"}}},
    {"of several ids, by id",
     {{"b", 1, 'i', "-"}, {"a", 2, 'c', "a!"}, {"b", 3, 'c', "-"}},
     "...",
     {{"a", 'c', 1, 0, 1, 0, "{}"}, {"b", 'i', 0, 1, 0, 1, "{t:3:3}"}}},
    {"failed, and new",
     {{"a", 1, 'f', "-"}},
     "!",
     {{"a", 'f', 0, 1, 0, 0, "{}"}}},
    {"failed again: one dead letter is enough",
     {{"a", 1, 'f', "o!"}},
     ".",
     {{"a", 'f', 1, 0, 1, 0, "{}"}}},
    {"failed twice in one batch",
     {{"a", 1, 'f', "-"}, {"a", 2, 'f', "-"}},
     "!.",
     {{"a", 'f', 0, 1, 0, 1, "{t:3:2}"}}},
    {"a duplicate of what failed",
     {{"a", 2, 'f', "o"}},
     ".",
     {{"a", 'f', 1, 0, 0, 1, "{t:3:2}"}}},
    {"failed before, and now applied",
     {{"a", 1, 'c', "o!"}},
     ".",
     {{"a", 'c', 1, 1, 1, 0, "{}"}}},
    {"failed before, and now too late",
     {{"a", 2, 's', "o"}},
     ".",
     {{"a", 's', 1, 1, 0, 1, "{t:3:2}"}}},
    {"failed and applied in one batch",
     {{"a", 1, 'f', "-"}, {"a", 2, 'c', "-"}},
     "!.",
     {{"a", 'c', 0, 1, 0, 1, "{t:3:2}"}}},
    {"applied and failed in one batch",
     {{"a", 1, 'c', "-"}, {"a", 2, 'f', "-"}},
     ".!",
     {{"a", 'c', 0, 1, 0, 1, "{t:3:2}"}}},
    {"applied before, and now refused",
     {{"a", 1, 'f', "a!"}},
     "!",
     {{"a", 'f', 1, 0, 1, 0, "{}"}}},
    {"the first that is applied counts, not the last",
     {{"a", 1, 'f', "o!"}, {"a", 2, 's', "o"}, {"a", 3, 'c', "o"}},
     "...",
     {{"a", 's', 1, 1, 1, 2, "{t:3:2,t:3:3}"}}},
    {"without an id there is no row",
     {{"", 1, 'f', "-"}, {"", 2, 'f', "-"}, {"a", 3, 'i', "-"}},
     "!!.",
     {{"a", 'i', 0, 1, 0, 0, "{}"}}},
};

static enum event_verdict verdict_of(char letter)
{
    for (int i = VERDICT_COMPLETED; i <= VERDICT_FAILED; i++)
        if (event_verdict_names[i][0] == letter)
            return (enum event_verdict)i;
    fail();
    return VERDICT_FAILED;
}

static struct event *event_of_given(const struct given *given)
{
    struct event *event = arena_get(&arena, sizeof(*event));

    event->record = (struct record){.topic = slice_of("t"),
                                    .partition = 3,
                                    .offset = given->offset,
                                    .id = slice_of(given->id)};
    event->verdict = verdict_of(given->verdict);
    event->fate = given->verdict == 'f' ? EVENT_REFUSE : EVENT_APPLY;
    return event;
}

/* What the table says, in the order in which it is asked. */
static struct ledger_known *known_of(const struct ledger *ledger,
                                     const struct given *given,
                                     struct event *const *events, size_t count)
{
    struct ledger_known *known =
        arena_get(&arena, (count + 1) * sizeof(*known));

    for (size_t i = 0; i < ledger->events_count; i++)
        for (size_t e = 0; e < count; e++)
            if (ledger->events[i] == events[e])
                known[i] =
                    (struct ledger_known){.exists = given[e].known[0] != '-',
                                          .is_open = given[e].known[0] == 'o',
                                          .is_seen = given[e].known[1] == '!'};
    return known;
}

static bool is_as_expected(const struct ledger_entry *entry,
                           const struct expected *expected)
{
    return slice_is(entry->event->record.id, expected->id) &&
           entry->exists == expected->exists &&
           entry->is_settled == expected->is_settled &&
           (!entry->is_settled ||
            entry->verdict == verdict_of(expected->verdict)) &&
           entry->replays == expected->replays &&
           entry->duplicates == expected->duplicates &&
           slice_is(entry->duplicate_offsets, expected->offsets);
}

static void an_id_has_one_row_whatever_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event *events[EVENTS_MAX];
        size_t count = 0;
        struct ledger ledger;
        while (count < EVENTS_MAX && cases[i].given[count].id != NULL) {
            events[count] = event_of_given(&cases[i].given[count]);
            count++;
        }
        ledger = ledger_of(events, count, &arena);
        ledger_fill(&ledger, known_of(&ledger, cases[i].given, events, count),
                    &arena);
        for (size_t e = 0; e < ledger.count; e++)
            if (!is_as_expected(&ledger.entries[e], &cases[i].expected[e]))
                fail_msg("%s: row %zu is not so", cases[i].name, e);
        if (ledger.count < EVENTS_MAX)
            assert_null(cases[i].expected[ledger.count].id);
        for (size_t e = 0; e < count; e++)
            if (events[e]->is_dead_letter_due !=
                (cases[i].dead_letters[e] == '!'))
                fail_msg("%s: dead letter of event %zu", cases[i].name, e);
    }
}

static void a_place_is_topic_partition_and_offset(void **state)
{
    const struct record places[] = {
        {.topic = {"t", 1}, .partition = 1, .offset = 1, .id = {"a", 1}},
        {.topic = {"t2", 2}, .partition = 1, .offset = 1, .id = {"a", 1}},
        {.topic = {"t", 1}, .partition = 2, .offset = 1, .id = {"a", 1}},
        {.topic = {"t", 1},
         .partition = 1,
         .offset = INT64_MAX,
         .id = {"a", 1}},
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

static int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_one_row_whatever_comes),
        cmocka_unit_test(a_place_is_topic_partition_and_offset),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
