/* Which rows a batch writes, given what was known before. */
#include "tests/unit/decoded.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define EVENTS_MAX 3

static struct arena arena;

#define MADE USER("created", ",'updated_at':5") "}"
#define GONE USER("deleted", "") ",'timestamp':9}"
#define STUB MEMBER("created", "orgmem_1", ",'created_at':5", "", "")
#define BAD USER("updated", ",'first_name':'\\u0000'") "}"
#define ORG_MADE ORGANIZATION("created", ",'slug':'ab','updated_at':5")
#define ORG_GONE ORGANIZATION("deleted", "")
#define JOINED MEMBER("created", "orgmem_2", ",'created_at':6", "", "")
#define LEFT(id, at) MEMBER("deleted", id, ",'created_at':" at, "", "")

/* Counts of what is written: whole users, tombstones, sync statuses,
 * what went wrong with users, users
 * whose memberships go; organizations, organizations removed, bases; member-
 * ships, memberships removed; registers. */
static const struct {
    const char *name;
    const char *before[EVENTS_MAX];
    const char *batch[EVENTS_MAX];
    const char *expected;
} cases[] = {
    {"a user is new", {0}, {MADE}, "1 0 0 0 0  0 0 0  0 0  1"},
    {"the same event again", {MADE}, {MADE}, "1 0 0 0 0  0 0 0  0 0  0"},
    {"an older event",
     {MADE},
     {USER("updated", "") "}"},
     "0 0 0 0 0  0 0 0  0 0  0"},
    {"two events of one user",
     {0},
     {MADE, USER("updated", ",'updated_at':6") "}"},
     "1 0 0 0 0  0 0 0  0 0  1"},
    {"a user of whom only the end was seen",
     {0},
     {GONE},
     "1 0 0 0 1  0 0 0  0 0  1"},
    {"a known user is deleted", {MADE}, {GONE}, "0 1 0 0 1  0 0 0  0 0  1"},
    {"the deletion again", {MADE, GONE}, {GONE}, "0 1 0 0 1  0 0 0  0 0  0"},
    {"made and deleted in one batch",
     {0},
     {MADE, GONE},
     "1 0 0 0 1  0 0 0  0 0  1"},
    {"a deleted user's data comes late",
     {GONE},
     {MADE},
     "1 0 0 0 0  0 0 0  0 0  1"},
    {"a dead letter of a user", {MADE}, {BAD}, "0 0 0 1 0  0 0 0  0 0  1"},
    {"a dead letter of a user who is not known",
     {0},
     {BAD},
     "0 0 0 1 0  0 0 0  0 0  1"},
    {"the next event after a dead letter",
     {MADE, BAD},
     {MADE},
     "1 0 1 0 0  0 0 0  0 0  1"},
    {"an older event after a dead letter",
     {MADE, BAD},
     {USER("updated", "") "}"},
     "0 0 1 0 0  0 0 0  0 0  1"},
    {"an organization is new", {0}, {ORG_MADE}, "0 0 0 0 0  1 0 1  0 0  1"},
    {"an organization changes its slug",
     {ORG_MADE},
     {ORGANIZATION("updated", ",'slug':'cd','updated_at':6")},
     "0 0 0 0 0  1 0 2  0 0  1"},
    {"an organization without a slug",
     {0},
     {ORGANIZATION("created", ",'slug':'--'")},
     "0 0 0 0 0  1 0 0  0 0  1"},
    {"a slug that is reserved",
     {0},
     {ORGANIZATION("created", ",'slug':'w-w-w'")},
     "0 0 0 0 0  1 0 0  0 0  1"},
    {"an organization ends",
     {ORG_MADE},
     {ORG_GONE},
     "0 0 0 0 0  0 1 1  0 0  1"},
    {"its end again",
     {ORG_MADE, ORG_GONE},
     {ORG_GONE},
     "0 0 0 0 0  0 1 1  0 0  0"},
    {"an organization that was never seen ends",
     {0},
     {ORG_GONE},
     "0 0 0 0 0  0 1 0  0 0  1"},
    {"a deleted organization's data comes late",
     {ORG_GONE},
     {ORG_MADE},
     "0 0 0 0 0  0 0 0  0 0  1"},
    {"a membership before its parents",
     {0},
     {STUB},
     "1 0 0 0 0  1 0 0  1 0  4"},
    {"a membership behind its parents",
     {MADE, ORG_MADE},
     {STUB},
     "0 0 0 0 0  0 0 0  1 0  2"},
    {"a membership of a deleted user",
     {GONE},
     {STUB},
     "1 0 0 0 0  1 0 0  0 1  4"},
    {"a membership of a deleted organization",
     {ORG_GONE},
     {STUB},
     "1 0 0 0 0  0 0 0  0 1  4"},
    {"a newer membership of the pair",
     {STUB},
     {JOINED},
     "1 0 0 0 0  1 0 0  1 1  4"},
    {"an older membership of the pair",
     {JOINED},
     {STUB},
     "1 0 0 0 0  1 0 0  0 1  3"},
    {"both in one batch", {0}, {STUB, JOINED}, "1 0 0 0 0  1 0 0  1 1  5"},
    {"a membership ends",
     {STUB},
     {LEFT("orgmem_1", "5")},
     "1 0 0 0 0  1 0 0  0 1  3"},
    {"one that was never seen ends, and is newer",
     {STUB},
     {LEFT("orgmem_2", "6")},
     "1 0 0 0 0  1 0 0  0 2  4"},
    {"an older one ends",
     {JOINED},
     {LEFT("orgmem_1", "5")},
     "1 0 0 0 0  1 0 0  0 1  3"},
    {"a membership's data after its end",
     {LEFT("orgmem_1", "5")},
     {STUB},
     "0 0 0 0 0  0 0 0  0 0  1"},
    {"a type that changes nothing",
     {0},
     {"{'type':'session.created','data':{'id':'user_a'}}"},
     "0 0 0 0 0  0 0 0  0 0  0"},
};

/* The same text is the same event; of others the later has the greater id. */
static size_t decode_all(const char *const *texts, const char *const *earlier,
                         struct event **ret_events)
{
    size_t count = 0;

    for (; count < EVENTS_MAX && texts[count] != NULL; count++) {
        char id[16];
        int number = earlier != NULL ? EVENTS_MAX + (int)count : (int)count;
        for (int i = 0; earlier != NULL && i < EVENTS_MAX; i++)
            if (earlier[i] != NULL && strcmp(earlier[i], texts[count]) == 0)
                number = i;
        snprintf(id, sizeof(id), "msg_%d", number);
        ret_events[count] = event_of(&arena, id, texts[count]);
    }
    return count;
}

static void rows_are_written_where_the_batch_says_so(void **state)
{
    static struct tables t;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event *events[EVENTS_MAX];
        size_t count = decode_all(cases[i].before, NULL, events);
        struct registers regs;
        struct rows rows;
        char found[64];
        memset(&t, 0, sizeof(t));
        for (size_t e = 0; e < count; e++)
            tables_apply(&t, &events[e], 1, &arena);
        count = decode_all(cases[i].batch, cases[i].before, events);
        regs = registers_of(events, count, &arena);
        registers_read(&t, &regs);
        merge(events, count);
        rows_of(&regs, &arena, &rows);
        snprintf(found, sizeof(found),
                 "%zu %zu %zu %zu %zu  %zu %zu %zu  %zu %zu  %zu",
                 rows.users_count, rows.tombstones_count, rows.syncs_count,
                 rows.troubles_count, rows.users_deleted_count,
                 rows.organizations_count, rows.organizations_removed_count,
                 rows.bases_count, rows.memberships_count,
                 rows.memberships_removed_count, rows.changed_count);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, found, cases[i].expected);
    }
}

static void bases_are_sorted_and_each_is_there_once(void **state)
{
    const char *const texts[EVENTS_MAX] = {
        "{'type':'organization.created','data':{'id':'o1','slug':'zz'}}",
        "{'type':'organization.created','data':{'id':'o2','slug':'Z-Z'}}",
        "{'type':'organization.created','data':{'id':'o3','slug':'a'}}"};
    struct event *events[EVENTS_MAX];
    size_t count = decode_all(texts, NULL, events);
    struct registers regs = registers_of(events, count, &arena);
    struct rows rows;

    (void)state;
    merge(events, count);
    rows_of(&regs, &arena, &rows);
    assert_int_equal(rows.bases_count, 2);
    assert_true(slice_is(rows.bases[0], "a"));
    assert_true(slice_is(rows.bases[1], "zz"));
}

static const struct {
    struct entity_register reg;
    const char *expected;
} statuses[] = {
    {{.has_data = true, .version = {.class = CLASS_OWN}}, "synced"},
    {{.has_data = true, .version = {.class = CLASS_GLIMPSE}}, "pending"},
    {{.has_data = true,
      .version = {.class = CLASS_GLIMPSE},
      .is_deleted = true},
     "synced"},
    {{.is_deleted = true}, "synced"},
    {{.has_data = true, .version = {.class = CLASS_OWN}, .is_failed = true},
     "failed"},
    {{.has_data = true, .version = {.class = CLASS_GLIMPSE}, .is_failed = true},
     "failed"},
    {{.is_deleted = true, .is_failed = true}, "failed"},
};

static void pending_is_who_lives_and_was_only_glimpsed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        assert_string_equal(rows_sync_status(&statuses[i].reg),
                            statuses[i].expected);
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
        cmocka_unit_test(rows_are_written_where_the_batch_says_so),
        cmocka_unit_test(bases_are_sorted_and_each_is_there_once),
        cmocka_unit_test(pending_is_who_lives_and_was_only_glimpsed),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
