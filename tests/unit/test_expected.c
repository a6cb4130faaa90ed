/* What an audit expects of the tables is what the consumers make of the same
 * events, whatever order and cut either has them in. */
#include "console/audit/expected.h"
#include "console/audit/meeting.h"
#include "console/dice.h"
#include "tests/lib/figures.h"
#include "tests/unit/small_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 500
#else
#define ROUNDS 10000
#endif

static void shuffle(struct dice *dice, int *list, int count)
{
    for (int i = count - 1; i > 0; i--) {
        int other = (int)dice_below(dice, (uint32_t)i + 1), kept = list[i];
        list[i] = list[other];
        list[other] = kept;
    }
}

/* Some of the world's events, in some order. */
static int choose(struct dice *dice, int *ret_list)
{
    uint32_t percent = 10 + dice_below(dice, 90);
    int count = 0;

    for (int i = 0; i < WORLD; i++)
        if (dice_percent(dice, percent))
            ret_list[count++] = i;
    shuffle(dice, ret_list, count);
    return count;
}

static void expect(struct expected *expected, const int *list, int count)
{
    for (int i = 0; i < count; i++)
        if (history_events[list[i]]->fate == EVENT_APPLY)
            expected_add(expected, history_events[list[i]], false);
}

/* The tables of consumers that got the events in this order. */
static void consume(struct tables *tables, const int *list, int count)
{
    *tables = (struct tables){.users_count = 0};
    for (int i = 0; i < count; i++)
        assert_null(history_merge(tables, history_set(list, i), &list[i], 1));
}

static const struct known *due(const struct expected *expected,
                               enum entity_kind kind, struct slice id)
{
    const struct known *known = known_find(&expected->known, kind, id);

    assert_non_null(known);
    assert_true(known->is_row_due);
    return known;
}

static void assert_users(const struct expected *expected,
                         const struct tables *tables)
{
    assert_int_equal(expected->rows.users_count, tables->users_count);
    assert_int_equal(expected->whole_users, tables->users_count);
    for (size_t i = 0; i < tables->users_count; i++) {
        const struct user_line *line = &tables->users[i];
        const struct known *known = due(expected, ENTITY_USER, line->key.id);
        const struct user_row *row = known->row;
        assert_int_equal(known->is_workspace_due, line->workspace != NULL);
        assert_int_equal(known->reg->is_deleted, line->is_deleted);
        assert_true(instant_equal(known->reg->deleted_at, line->deleted_at));
        assert_string_equal(rows_sync_status(known->reg), line->sync_status);
        assert_int_equal(row != NULL, line->data != NULL);
        if (row == NULL)
            continue;
        assert_true(slice_equal(row->id, line->data->id));
        assert_true(slice_equal(row->first_name, line->data->first_name));
        assert_true(instant_equal(row->created_at, line->data->created_at));
        assert_true(instant_equal(row->updated_at, line->data->updated_at));
    }
}

static const struct organization_write *
write_of(const struct expected *expected, struct slice id)
{
    const struct rows *rows = &expected->rows;

    for (size_t i = 0; i < rows->organizations_count; i++)
        if (slice_equal(rows->organizations[i].entity->id, id))
            return &rows->organizations[i];
    fail_msg("no organization %.*s", SLICE_PRINT(id));
    return NULL;
}

static void assert_organizations(const struct expected *expected,
                                 const struct tables *tables)
{
    assert_int_equal(expected->rows.organizations_count,
                     tables->organizations_count);
    for (size_t i = 0; i < tables->organizations_count; i++) {
        const struct organization_line *line = &tables->organizations[i];
        const struct organization_write *write =
            write_of(expected, line->key.id);
        const struct known *known =
            due(expected, ENTITY_ORGANIZATION, line->key.id);
        const struct organization_row *row = known->row;
        assert_true(slice_equal(write->subdomain, line->subdomain));
        assert_string_equal(rows_sync_status(known->reg), line->sync_status);
        assert_true(slice_equal(row->slug, line->data->slug));
        assert_true(slice_equal(row->name, line->data->name));
    }
}

static void assert_memberships(const struct expected *expected,
                               const struct tables *tables)
{
    struct arena arena = {.chunks = NULL};

    assert_int_equal(expected->rows.memberships_count,
                     tables->memberships_count);
    for (size_t i = 0; i < tables->memberships_count; i++) {
        const struct membership_line *line = &tables->memberships[i];
        const struct known *known =
            due(expected, ENTITY_MEMBERSHIP, line->key.id);
        assert_true(slice_equal(membership_write_content(known->row, &arena),
                                line->content));
    }
    arena_release(&arena);
}

static void assert_registers(const struct expected *expected,
                             const struct tables *tables)
{
    struct arena arena = {.chunks = NULL};
    struct meeting meeting;
    size_t count = 0;

    for (int kind = 0; kind < TABLES_KINDS; kind++) {
        for (size_t i = 0; i < tables->registers_count[kind]; i++) {
            const struct entity_register *found =
                &tables->registers[kind][i].reg;
            meeting_of(known_find(&expected->known, found->kind, found->id),
                       found, &arena, &meeting);
            assert_true(meeting.is_equal);
        }
        count += tables->registers_count[kind];
    }
    assert_int_equal(expected->known.count, count);
    arena_release(&arena);
}

static void what_is_expected_is_what_consumers_write(void **state)
{
    struct dice dice = dice_for(1, 0);
    int list[WORLD];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct expected expected = {.sorted = NULL};
        struct tables tables;
        int count = choose(&dice, list);
        consume(&tables, list, count);
        expect(&expected, list, count / 2); /* some come twice */
        shuffle(&dice, list, count);
        expect(&expected, list, count);
        expected_finish(&expected);
        assert_users(&expected, &tables);
        assert_organizations(&expected, &tables);
        assert_memberships(&expected, &tables);
        assert_registers(&expected, &tables);
        expected_release(&expected);
    }
    figure("%d histories of up to %d events", ROUNDS, WORLD);
}

/* Tables that have not seen the last of the events lack something, and never
 * say more; and the other way round. */
static void assert_meetings(const struct expected *expected,
                            const struct tables *tables, bool is_behind)
{
    struct arena arena = {.chunks = NULL};
    struct meeting meeting;

    for (int kind = 0; kind < TABLES_KINDS; kind++)
        for (size_t i = 0; i < tables->registers_count[kind]; i++) {
            const struct entity_register *found =
                &tables->registers[kind][i].reg;
            const struct known *known =
                known_find(&expected->known, found->kind, found->id);
            if (known == NULL) {
                assert_false(is_behind);
                continue;
            }
            meeting_of(known, found, &arena, &meeting);
            assert_int_equal(meeting.is_behind, !meeting.is_equal && is_behind);
            assert_int_equal(meeting.is_ahead, !meeting.is_equal && !is_behind);
        }
    arena_release(&arena);
}

static void registers_are_behind_or_ahead(void **state)
{
    struct dice dice = dice_for(2, 0);
    int list[WORLD];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct expected all = {.sorted = NULL}, some = {.sorted = NULL};
        struct tables tables;
        int count = choose(&dice, list);
        int part = (int)dice_below(&dice, (uint32_t)count + 1);
        expect(&all, list, count);
        consume(&tables, list, part);
        assert_meetings(&all, &tables, true);
        expect(&some, list, part);
        consume(&tables, list, count);
        assert_meetings(&some, &tables, false);
        expected_release(&all);
        expected_release(&some);
    }
}

static void add_said(struct expected *expected, const char *id,
                     const char *text, bool is_in_flight)
{
    struct arena arena = {.chunks = NULL};
    struct event *event = event_of(&arena, id, text);

    assert_int_equal(event->fate, EVENT_APPLY);
    expected_add(expected, event, is_in_flight);
    arena_release(&arena); /* nothing of it may be needed any more */
}

static bool flies(const struct expected *expected, enum entity_kind kind,
                  const char *id)
{
    return expected_is_in_flight(
        expected, known_find(&expected->known, kind, slice_of(id)));
}

#define SLUG(id, slug)                                                         \
    "{'type':'organization.updated','data':{'id':'" id "','updated_at':9,"     \
    "'slug':'" slug "'}}"

static void what_hangs_on_an_event_in_flight_is_in_flight(void **state)
{
    struct expected expected = {.sorted = NULL};

    (void)state;
    add_said(&expected, "msg_1", USER("updated", "}"), false);
    add_said(&expected, "msg_2", MEMBER("updated", "orgmem_1", "", "", ""),
             false);
    add_said(&expected, "msg_3", SLUG("org_a", "acme"), false);
    add_said(&expected, "msg_4", SLUG("org_b", "other"), false);
    add_said(&expected, "msg_5", SLUG("org_c", "third"), false);
    add_said(&expected, "msg_6", SLUG("org_d", "acme"), false);
    add_said(&expected, "msg_7",
             "{'type':'user.deleted','data':{'id':'user_a'}}", true);
    /* A name that was given up, and one that was taken. */
    add_said(&expected, "msg_8",
             "{'type':'organization.updated','data':{'id':'org_d',"
             "'updated_at':10,'slug':'other'}}",
             true);
    expected_finish(&expected);
    assert_true(flies(&expected, ENTITY_USER, "user_a"));
    assert_true(flies(&expected, ENTITY_MEMBERSHIP, "orgmem_1"));
    assert_false(flies(&expected, ENTITY_ORGANIZATION, "org_o"));
    assert_true(flies(&expected, ENTITY_ORGANIZATION, "org_a"));
    assert_true(flies(&expected, ENTITY_ORGANIZATION, "org_b"));
    assert_false(flies(&expected, ENTITY_ORGANIZATION, "org_c"));
    assert_true(flies(&expected, ENTITY_ORGANIZATION, "org_d"));
    expected_release(&expected);
}

static bool mends(const struct expected *expected, const char *text)
{
    struct arena arena = {.chunks = NULL};
    bool result = expected_mends(expected, event_of(&arena, "msg_2", text));

    arena_release(&arena);
    return result;
}

static void only_events_that_decide_can_mend(void **state)
{
    struct expected expected = {.sorted = NULL};

    (void)state;
    add_said(&expected, "msg_2", USER("updated", ",'updated_at':5}"), false);
    add_said(&expected, "msg_2", MEMBER("updated", "orgmem_1", "", "", ""),
             false);
    expected_finish(&expected);
    assert_false(mends(&expected, USER("updated", ",'updated_at':5}")));
    known_find(&expected.known, ENTITY_USER, slice_of("user_a"))->is_wrong =
        true;
    assert_false(mends(&expected, USER("updated", ",'updated_at':4}")));
    assert_true(mends(&expected, USER("updated", ",'updated_at':5}")));
    assert_true(mends(&expected, USER("updated", ",'updated_at':6}")));
    assert_true(
        mends(&expected, "{'type':'user.deleted','data':{'id':'user_a'}}"));
    assert_false(mends(&expected, SLUG("org_o", "acme")));
    /* A glimpse is less than what is known. */
    assert_false(mends(&expected, MEMBER("updated", "orgmem_1", "", "", "")));
    known_find(&expected.known, ENTITY_MEMBERSHIP, slice_of("orgmem_1"))
        ->is_wrong = true;
    assert_true(mends(&expected, MEMBER("updated", "orgmem_1", "", "", "")));
    expected_release(&expected);
}

static int setup(void **state)
{
    (void)state;
    history_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    history_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_expected_is_what_consumers_write),
        cmocka_unit_test(registers_are_behind_or_ahead),
        cmocka_unit_test(what_hangs_on_an_event_in_flight_is_in_flight),
        cmocka_unit_test(only_events_that_decide_can_mend),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
