/* The entities whose rows somebody has kept locked of late. */
#include "consumer/trouble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct event about_user(const char *id)
{
    return (struct event){
        .mentions = {{.kind = ENTITY_USER, .id = slice_of(id)}},
        .mention_count = 1};
}

static struct event about_member(const char *id, const char *user)
{
    return (struct event){
        .mentions = {{.kind = ENTITY_MEMBERSHIP, .id = slice_of(id)},
                     {.kind = ENTITY_USER, .id = slice_of(user)}},
        .mention_count = 2};
}

static void all_that_the_event_mentions_may_be_locked(void **state)
{
    const struct event member = about_member("m", "ada");
    const struct event same = about_user("ada"), other = about_user("bob");
    const struct event namesake = about_user("m");
    const struct event nothing = {.mention_count = 0};
    struct trouble trouble = {.next = 0};

    (void)state;
    trouble_begin(&trouble);
    assert_false(trouble_touches(&trouble, &member, 1000));
    trouble_note(&trouble, &member, 1000);
    trouble_note(&trouble, &nothing, 1000);
    assert_true(trouble_touches(&trouble, &member, 1000));
    assert_true(trouble_touches(&trouble, &same, 1000));
    assert_false(trouble_touches(&trouble, &other, 1000));
    assert_false(trouble_touches(&trouble, &namesake, 1000));
    assert_false(trouble_touches(&trouble, &nothing, 1000));
}

static void it_is_forgotten_in_time_or_when_one_is_applied(void **state)
{
    const struct event ada = about_user("ada"), bob = about_user("bob");
    struct trouble trouble = {.next = 0};

    (void)state;
    trouble_begin(&trouble);
    trouble_note(&trouble, &ada, 1000);
    trouble_note(&trouble, &bob, 2000);
    assert_true(trouble_touches(&trouble, &ada, 1000 + TROUBLE_MS - 1));
    assert_false(trouble_touches(&trouble, &ada, 1000 + TROUBLE_MS));
    assert_true(trouble_touches(&trouble, &bob, 1000 + TROUBLE_MS));
    trouble_forget(&trouble, &bob, 3000);
    assert_false(trouble_touches(&trouble, &bob, 3000));
    assert_true(trouble_touches(&trouble, &ada, 3000));
}

/* Its own entity, in the same round. */
static void others_of_the_entity_need_not_wait_in_that_round(void **state)
{
    const struct event member = about_member("m", "ada");
    const struct event ada = about_user("ada");
    struct trouble trouble = {.next = 0};

    (void)state;
    trouble_begin(&trouble);
    assert_false(trouble_is_locked(&trouble, &ada, 1000));
    trouble_note(&trouble, &member, 1000);
    assert_true(trouble_is_locked(&trouble, &member, 1000));
    assert_false(trouble_is_locked(&trouble, &ada, 1000));
    trouble_note(&trouble, &ada, 1000);
    assert_true(trouble_is_locked(&trouble, &ada, 1000));
    trouble_begin(&trouble);
    assert_false(trouble_is_locked(&trouble, &ada, 1000));
    assert_true(trouble_touches(&trouble, &ada, 1000));
}

static void the_oldest_give_way(void **state)
{
    struct trouble trouble = {.next = 0};
    char id[16];

    (void)state;
    trouble_begin(&trouble);
    for (int i = 0; i <= TROUBLE_ENTITIES; i++) {
        struct event event;
        snprintf(id, sizeof(id), "user_%d", i);
        event = about_user(id);
        trouble_note(&trouble, &event, 1000);
    }
    for (int i = 0; i <= TROUBLE_ENTITIES; i++) {
        struct event event;
        snprintf(id, sizeof(id), "user_%d", i);
        event = about_user(id);
        assert_int_equal(trouble_touches(&trouble, &event, 1000), i > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_the_event_mentions_may_be_locked),
        cmocka_unit_test(it_is_forgotten_in_time_or_when_one_is_applied),
        cmocka_unit_test(others_of_the_entity_need_not_wait_in_that_round),
        cmocka_unit_test(the_oldest_give_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
