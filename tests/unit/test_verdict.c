/* What became of an event, as the ledger will tell it. */
#include "tests/unit/decoded.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

#define OLD_USER                                                               \
    {                                                                          \
        "msg_1", USER("created", ",'updated_at':5") "}"                        \
    }
#define GONE_USER                                                              \
    {                                                                          \
        "msg_1", USER("deleted", "") "}"                                       \
    }
#define GONE_ORGANIZATION                                                      \
    {                                                                          \
        "msg_1", ORGANIZATION("deleted", "")                                   \
    }
#define GONE_MEMBER                                                            \
    {                                                                          \
        "msg_1", MEMBER("deleted", "orgmem_1", "", "", "")                     \
    }

static const struct {
    const char *case_name;
    struct said before, event;
    enum event_verdict verdict;
} verdicts[] = {
    {"newer",
     OLD_USER,
     {"msg_2", USER("updated", ",'updated_at':6") "}"},
     VERDICT_COMPLETED},
    {"older",
     OLD_USER,
     {"msg_2", USER("updated", ",'updated_at':4") "}"},
     VERDICT_SUPERSEDED},
    {"the same again", OLD_USER, OLD_USER, VERDICT_COMPLETED},
    {"own data, older than a glimpse",
     {"msg_1", MEMBER("created", "orgmem_1", "", "", ",'updated_at':9")},
     {"msg_2", USER("created", ",'updated_at':1") "}"},
     VERDICT_COMPLETED},
    {"a deleted user's data",
     GONE_USER,
     {"msg_2", USER("created", "") "}"},
     VERDICT_COMPLETED},
    {"a user deleted again",
     GONE_USER,
     {"msg_2", USER("deleted", "") "}"},
     VERDICT_COMPLETED},
    {"a deletion older than the data",
     OLD_USER,
     {"msg_2", USER("deleted", "") ",'timestamp':1}"},
     VERDICT_COMPLETED},
    {"a deleted organization's data",
     GONE_ORGANIZATION,
     {"msg_2", ORGANIZATION("updated", ",'updated_at':9")},
     VERDICT_SUPERSEDED},
    {"an organization deleted again",
     GONE_ORGANIZATION,
     {"msg_2", ORGANIZATION("deleted", "")},
     VERDICT_SUPERSEDED},
    {"a deleted membership's data",
     GONE_MEMBER,
     {"msg_2", MEMBER("updated", "orgmem_1", ",'updated_at':999", "", "")},
     VERDICT_SUPERSEDED},
    {"a membership deleted again",
     GONE_MEMBER,
     {"msg_2", MEMBER("deleted", "orgmem_1", "", "", "")},
     VERDICT_SUPERSEDED},
    {"another membership of the pair",
     GONE_MEMBER,
     {"msg_2", MEMBER("created", "orgmem_0", "", "", "")},
     VERDICT_COMPLETED},
    {"a membership of a deleted organization",
     GONE_ORGANIZATION,
     {"msg_2", MEMBER("created", "orgmem_1", "", "", "")},
     VERDICT_COMPLETED},
    {"a membership whose glimpses are old",
     {"msg_1", MEMBER("created", "orgmem_1", ",'updated_at':5",
                      ",'updated_at':9", ",'updated_at':9")},
     {"msg_2", MEMBER("updated", "orgmem_1", ",'updated_at':6",
                      ",'updated_at':1", ",'updated_at':1")},
     VERDICT_COMPLETED},
    {"another type",
     GONE_USER,
     {"msg_2", "{'type':'session.created','data':{'id':'user_a'}}"},
     VERDICT_IGNORED},
    {"what can never be applied",
     OLD_USER,
     {"msg_2", USER("updated", ",'first_name':'\\u0000'") "}"},
     VERDICT_FAILED},
};

/* In one batch, and in two. */
static void superseded_is_what_came_too_late_for_its_own_entity(void **state)
{
    static struct tables t;

    (void)state;
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        struct event *events[] = {event_said(&arena, &verdicts[i].before),
                                  event_said(&arena, &verdicts[i].event)};
        registers_of(events, 2, &arena);
        merge(events, 2);
        if (events[1]->verdict != verdicts[i].verdict)
            fail_msg("%s: %s", verdicts[i].case_name,
                     event_verdict_names[events[1]->verdict]);
        events[1] = event_said(&arena, &verdicts[i].event);
        memset(&t, 0, sizeof(t));
        tables_apply(&t, &events[0], 1, &arena);
        tables_apply(&t, &events[1], 1, &arena);
        if (events[1]->verdict != verdicts[i].verdict)
            fail_msg("%s, a batch later: %s", verdicts[i].case_name,
                     event_verdict_names[events[1]->verdict]);
    }
}

#define BAD USER("updated", ",'last_name':'\\ud800'") "}"

static void a_dead_letter_marks_its_user_until_the_next_event(void **state)
{
    const struct said bad = {"msg_1", BAD};
    const struct said glimpse = {"msg_2",
                                 MEMBER("created", "orgmem_1", "", "", "")};
    const struct said old = {"msg_3", USER("created", "") "}"};
    struct event *events[] = {event_said(&arena, &bad),
                              event_said(&arena, &glimpse),
                              event_said(&arena, &old)};
    struct registers regs = registers_of(events, 3, &arena);
    struct entity_register *user =
        registers_find(&regs, ENTITY_USER, slice_of("user_a"));

    (void)state;
    merge(events, 2);
    assert_true(user->is_failed && user->is_sync_changed && user->is_changed);
    assert_true(slice_is(user->failure, events[0]->refusal.text));
    merge(events + 2, 1);
    assert_true(!user->is_failed && user->is_sync_changed);
    assert_null(user->failure.data);
}

/* A batch each; the last word on the user's row. */
static const struct {
    struct said said[3];
    bool is_failed;
} failures[] = {
    {{{"msg_1", USER("created", "") "}"}, {"msg_2", BAD}}, true},
    {{{"msg_1", BAD}, {"msg_2", USER("created", "") "}"}}, false},
    {{{"msg_1", BAD}, {"msg_2", MEMBER("created", "m", "", "", "")}}, true},
    {{{"msg_1", MEMBER("created", "m", "", "", "")}, {"msg_2", BAD}}, true},
    {{{"msg_1", USER("deleted", "") "}"}, {"msg_2", BAD}}, true},
    {{{"msg_1", USER("created", "") "}"},
      {"msg_2", BAD},
      {"msg_3", USER("deleted", "") "}"}},
     false},
    {{{"msg_1", BAD},
      {"msg_2", MEMBER("created", "m", "", "", "")},
      {"msg_3", USER("created", "") "}"}},
     false},
    {{{"msg_1", USER("created", ",'updated_at':9") "}"},
      {"msg_2", BAD},
      {"msg_3", USER("updated", ",'updated_at':1") "}"}},
     false},
};

static void a_failure_is_told_in_the_users_row(void **state)
{
    static struct tables t;

    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        memset(&t, 0, sizeof(t));
        for (int e = 0; e < 3 && failures[i].said[e].id != NULL; e++) {
            struct event *event = event_said(&arena, &failures[i].said[e]);
            tables_apply(&t, &event, 1, &arena);
        }
        assert_int_equal(t.users_count, 1);
        if ((strcmp(t.users[0].sync_status, "failed") == 0) !=
                failures[i].is_failed ||
            (t.users[0].sync_error.data != NULL) != failures[i].is_failed)
            fail_msg("history %zu: %s, %.*s", i, t.users[0].sync_status,
                     SLICE_PRINT(t.users[0].sync_error));
    }
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
        cmocka_unit_test(superseded_is_what_came_too_late_for_its_own_entity),
        cmocka_unit_test(a_dead_letter_marks_its_user_until_the_next_event),
        cmocka_unit_test(a_failure_is_told_in_the_users_row),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
