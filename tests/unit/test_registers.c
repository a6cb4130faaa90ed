/* Each entity of a batch has one register, in the order of the locks. */
#include "tests/unit/decoded.h"

#include "consumer/registers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

static void kinds_are_locked_in_the_order_of_their_names(void **state)
{
    (void)state;
    for (int kind = ENTITY_ORGANIZATION; kind < ENTITY_SUBDOMAIN; kind++)
        assert_true(
            strcmp(entity_kind_names[kind - 1], entity_kind_names[kind]) < 0);
    assert_string_equal(entity_kind_names[ENTITY_SUBDOMAIN], "subdomain");
}

static void registers_are_sorted_by_kind_and_bytes_of_the_id(void **state)
{
    const char *const ids[] = {"user_b",  "user_a", "user_a\xc3\xa9", "user_",
                               "user_aZ", "user_a", "user_Z"};
    const char *const sorted[] = {"user_",   "user_Z",         "user_a",
                                  "user_aZ", "user_a\xc3\xa9", "user_b"};
    struct event events[7], *batch[8];
    struct registers regs;

    (void)state;
    for (int i = 0; i < 7; i++) {
        events[i] = (struct event){.mention_count = 1};
        events[i].mentions[0] =
            (struct mention){.kind = ENTITY_USER, .id = slice_of(ids[i])};
        batch[i] = &events[i];
    }
    batch[7] = event_of(&arena, "msg_1", MEMBER("created", "m", "", "", ""));
    regs = registers_of(batch, 8, &arena);
    assert_int_equal(regs.count, 9);
    assert_int_equal(regs.items[0].kind, ENTITY_MEMBERSHIP);
    assert_int_equal(regs.items[1].kind, ENTITY_ORGANIZATION);
    assert_int_equal(regs.items[2].kind, ENTITY_PAIR);
    for (int i = 0; i < 6; i++)
        assert_true(slice_is(regs.items[3 + i].id, sorted[i]));
}

static void a_mention_points_to_its_register(void **state)
{
    struct event *batch[] = {
        event_of(&arena, "msg_1", MEMBER("created", "m", "", "", "")),
        event_of(&arena, "msg_2", USER("deleted", "") "}"),
        event_of(&arena, "msg_3", MEMBER("deleted", "n", "", "", "")),
        event_of(&arena, "msg_4", "{'type':'x','data':{}}")};
    struct registers regs = registers_of(batch, 4, &arena);

    (void)state;
    assert_int_equal(regs.count, 5);
    for (int e = 0; e < 4; e++) {
        for (int m = 0; m < batch[e]->mention_count; m++) {
            const struct mention *at = &batch[e]->mentions[m];
            assert_true(slice_equal(at->entity->id, at->id));
            assert_int_equal(at->entity->kind, at->kind);
            assert_ptr_equal(registers_find(&regs, at->kind, at->id),
                             at->entity);
        }
    }
    assert_null(registers_find(&regs, ENTITY_USER, slice_of("user_")));
    assert_null(registers_find(&regs, ENTITY_USER, slice_of("user_b")));
    assert_null(registers_find(&regs, ENTITY_USER, SLICE_EMPTY));
    assert_null(registers_find(&regs, ENTITY_PAIR, slice_of("user_a")));
}

static void a_batch_may_mention_nothing(void **state)
{
    struct registers regs = registers_of(NULL, 0, &arena);

    (void)state;
    assert_int_equal(regs.count, 0);
    assert_null(registers_find(&regs, ENTITY_USER, slice_of("user_a")));
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
        cmocka_unit_test(kinds_are_locked_in_the_order_of_their_names),
        cmocka_unit_test(registers_are_sorted_by_kind_and_bytes_of_the_id),
        cmocka_unit_test(a_mention_points_to_its_register),
        cmocka_unit_test(a_batch_may_mention_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
