/* What an event that must wait, or was refused, does to its user. */
#include "tests/unit/decoded.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LATER_MS 1700000001000

static const struct error locked = {ERROR_AGAIN, "55P03: a row is locked"};
static struct arena arena;

static struct event *put_off(const char *text)
{
    struct event *event = event_of(&arena, "msg_1", text);

    decode_retry(event, &locked, LATER_MS);
    return event;
}

static struct registers merged(struct event *event)
{
    struct registers regs = registers_of(&event, 1, &arena);

    merge(&event, 1);
    return regs;
}

static void it_says_why_and_when_and_forgets_what_it_said(void **state)
{
    struct event *event = put_off(USER("updated", ",'first_name':'A'") "}");

    (void)state;
    assert_int_equal(event->fate, EVENT_RETRY);
    assert_int_equal(event->verdict, VERDICT_RETRYING);
    assert_int_equal(event->retry_at_ms, LATER_MS);
    assert_int_equal(event->refusal.kind, ERROR_AGAIN);
    assert_string_equal(event->refusal.text, locked.text);
    assert_int_equal(event->mention_count, 1);
    assert_int_equal(event->mentions[0].effect, MENTION_TROUBLED);
    assert_true(slice_is(event->mentions[0].id, "user_a"));
}

static void nobody_else_hears_of_it(void **state)
{
    (void)state;
    assert_int_equal(put_off(ORGANIZATION("created", ""))->mention_count, 0);
    assert_int_equal(put_off(MEMBER("created", "m", "", "", ""))->mention_count,
                     0);
}

/* The row tells of it; the register, which says what holds, does not. */
static void only_the_row_tells_of_a_wait(void **state)
{
    struct event *event = put_off(USER("updated", "") "}");
    struct registers regs = merged(event);
    const struct entity_register *user = &regs.items[0];
    struct rows rows;

    (void)state;
    rows_of(&regs, &arena, &rows);
    assert_false(user->is_changed);
    assert_false(user->is_failed);
    assert_int_equal(event->verdict, VERDICT_RETRYING);
    assert_int_equal(rows.users_count, 0);
    assert_int_equal(rows.changed_count, 0);
    assert_int_equal(rows.troubles_count, 1);
    assert_true(slice_is(rows.troubles[0]->trouble, locked.text));
    assert_string_equal(rows_sync_status(user), "synced");
}

static void a_refusal_holds_until_the_next_event(void **state)
{
    struct event *refused = event_of(&arena, "msg_1", USER("updated", "") "}");
    struct event *next = event_of(&arena, "msg_2", USER("updated", "") "}");
    struct event *both[] = {refused, next};
    struct registers regs;

    (void)state;
    decode_refuse(refused, STAGE_WRITE, &locked);
    regs = registers_of(both, 2, &arena);
    merge(both, 1);
    assert_true(regs.items[0].is_failed);
    assert_true(slice_is(regs.items[0].failure, locked.text));
    assert_string_equal(rows_sync_status(&regs.items[0]), "failed");
    merge(both + 1, 1);
    assert_false(regs.items[0].is_failed);
    assert_null(regs.items[0].failure.data);
    assert_string_equal(rows_sync_status(&regs.items[0]), "synced");
}

/* What the row said of the tries before ends with the one that succeeds. */
static void a_try_that_succeeds_is_told(void **state)
{
    struct event *event = event_of(&arena, "msg_1", USER("updated", "") "}");
    struct registers regs;
    struct rows rows;

    (void)state;
    event->is_waiting = true;
    regs = merged(event);
    rows_of(&regs, &arena, &rows);
    assert_true(regs.items[0].is_sync_changed);
    assert_int_equal(rows.troubles_count, 0);
    assert_int_equal(rows.syncs_count, 1);
}

/* Its event was applied meanwhile. */
static void a_stale_retry_does_nothing(void **state)
{
    struct event *event = put_off(USER("updated", "") "}");
    struct registers regs;

    (void)state;
    event->is_stale = true;
    regs = merged(event);
    assert_null(regs.items[0].trouble.data);
    assert_false(regs.items[0].is_sync_changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_why_and_when_and_forgets_what_it_said),
        cmocka_unit_test(nobody_else_hears_of_it),
        cmocka_unit_test(only_the_row_tells_of_a_wait),
        cmocka_unit_test(a_refusal_holds_until_the_next_event),
        cmocka_unit_test(a_try_that_succeeds_is_told),
        cmocka_unit_test(a_stale_retry_does_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    arena_release(&arena);
    return failed;
}
