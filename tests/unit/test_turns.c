/* Workers that are at the same entities take turns; what is left keeps its
 * order, and nobody waits for ever. */
#include "consumer/turns.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ONE 1
#define TWO 2

struct world {
    struct turns *turns;
    struct arena arena;
};

static struct event about(enum entity_kind kind, const char *id)
{
    return (struct event){.mentions = {{.kind = kind, .id = slice_of(id)}},
                          .mention_count = 1};
}

static struct event about_user(const char *id)
{
    return about(ENTITY_USER, id);
}

static struct event about_member(const char *id, const char *organization,
                                 const char *user)
{
    return (struct event){
        .mentions = {{.kind = ENTITY_MEMBERSHIP, .id = slice_of(id)},
                     {.kind = ENTITY_ORGANIZATION,
                      .id = slice_of(organization)},
                     {.kind = ENTITY_USER, .id = slice_of(user)}},
        .mention_count = 3};
}

/* `row` is borrowed. */
static struct event about_organization(const char *id, const char *base,
                                       struct organization_row *row)
{
    struct event event = about(ENTITY_ORGANIZATION, id);

    row->base = slice_of(base);
    event.mentions[0].row.organization = row;
    return event;
}

static size_t take(struct world *world, int worker, struct event **events,
                   size_t count, struct turn *ret_turn)
{
    return turns_take(world->turns, worker, events, count, &world->arena,
                      ret_turn);
}

static int set_up(void **state)
{
    static struct world world;

    world.turns = turns_new();
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    turns_free(world->turns);
    arena_release(&world->arena);
    return 0;
}

static void what_nobody_is_at_is_taken_whole(void **state)
{
    struct world *world = *state;
    struct event ada = about_user("ada"), bob = about_user("bob");
    struct event nothing = {.mention_count = 0};
    struct event *ours[] = {&ada, &nothing, &ada}, *theirs[] = {&bob};
    struct turn one, two;

    assert_int_equal(take(world, ONE, ours, 3, &one), 3);
    assert_int_equal(take(world, TWO, theirs, 1, &two), 1);
    assert_int_equal(take(world, TWO, theirs, 0, &two), 0);
}

static void what_another_one_is_at_comes_last_and_in_order(void **state)
{
    struct world *world = *state;
    struct event ada = about_user("ada"), bob = about_user("bob");
    struct event member = about_member("m", "acme", "ada");
    struct event other = about_member("n", "acme", "bob");
    struct event *ours[] = {&ada};
    struct event *theirs[] = {&member, &bob, &ada, &other};
    struct turn one, two;

    take(world, ONE, ours, 1, &one);
    assert_int_equal(take(world, TWO, theirs, 4, &two), 2);
    assert_ptr_equal(theirs[0], &bob);
    assert_ptr_equal(theirs[1], &other);
    assert_ptr_equal(theirs[2], &member);
    assert_ptr_equal(theirs[3], &ada);
    turns_end(world->turns, &two);
    turns_end(world->turns, &one);
    assert_int_equal(take(world, TWO, theirs + 2, 2, &two), 2);
}

static void a_glimpse_does_not_overtake_what_it_is_of(void **state)
{
    struct world *world = *state;
    struct organization_row first_row, second_row;
    struct event first = about_organization("o1", "acme", &first_row);
    struct event second = about_organization("o2", "acme", &second_row);
    struct event member = about_member("m", "o2", "ada");
    struct event other = about_member("n", "o3", "bob");
    struct event *ours[] = {&first};
    struct event *theirs[] = {&second, &member, &other};
    struct turn one, two;

    take(world, ONE, ours, 1, &one);
    assert_int_equal(take(world, TWO, theirs, 3, &two), 1);
    assert_ptr_equal(theirs[0], &other);
    assert_ptr_equal(theirs[1], &second);
    assert_ptr_equal(theirs[2], &member);
    turns_end(world->turns, &one);
    assert_int_equal(take(world, TWO, theirs + 1, 2, &two), 2);
}

static void whoever_renames_is_at_both_names(void **state)
{
    struct world *world = *state;
    struct organization_row rows[3];
    struct event before = about_organization("o1", "acme", &rows[0]);
    struct event after = about_organization("o1", "globex", &rows[1]);
    struct event heir = about_organization("o2", "acme", &rows[2]);
    struct event bob = about_user("bob");
    struct event *first[] = {&before}, *second[] = {&after};
    struct event *theirs[] = {&heir, &bob};
    struct turn one, two;

    take(world, ONE, first, 1, &one);
    turns_end(world->turns, &one);
    take(world, ONE, second, 1, &one);
    assert_int_equal(take(world, TWO, theirs, 2, &two), 1);
    assert_ptr_equal(theirs[1], &heir);
}

static void *take_the_same(void *context)
{
    struct world *world = context;
    struct event ada = about_user("ada");
    struct event *theirs[] = {&ada};
    struct turn two;

    assert_int_equal(take(world, TWO, theirs, 1, &two), 1);
    turns_end(world->turns, &two);
    return NULL;
}

static void who_can_do_nothing_waits_for_the_end_of_a_turn(void **state)
{
    struct world *world = *state;
    struct event ada = about_user("ada");
    struct event *ours[] = {&ada};
    struct turn one;
    pthread_t thread;

    take(world, ONE, ours, 1, &one);
    assert_int_equal(pthread_create(&thread, NULL, take_the_same, world), 0);
    turns_end(world->turns, &one);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void but_not_for_ever_and_takes_nothing_from_it(void **state)
{
    struct world *world = *state;
    struct event ada = about_user("ada"), bob = about_user("bob");
    struct event member = about_member("m", "acme", "ada");
    struct event *ours[] = {&ada}, *theirs[] = {&member};
    struct event *last[] = {&ada, &bob};
    struct turn one, two, three;

    take(world, ONE, ours, 1, &one);
    assert_int_equal(take(world, TWO, theirs, 1, &two), 1);
    turns_end(world->turns, &two);
    assert_int_equal(take(world, 3, last, 2, &three), 1);
    assert_ptr_equal(last[0], &bob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_nobody_is_at_is_taken_whole,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_another_one_is_at_comes_last_and_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_glimpse_does_not_overtake_what_it_is_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_renames_is_at_both_names,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            who_can_do_nothing_waits_for_the_end_of_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            but_not_for_ever_and_takes_nothing_from_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
