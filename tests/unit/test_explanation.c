/* Who won, and by which part of the version. */
#include "console/explanation.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct version version(int class, int64_t t, int rank, int64_t ts,
                              const char *id)
{
    return (struct version){class, t, rank, ts, slice_of(id)};
}

static void assert_judged(const struct touched *touched, enum outcome outcome,
                          enum decided_by by, const char *against)
{
    enum decided_by found_by;
    struct slice found;

    assert_int_equal(explanation_judge(touched, &found_by, &found), outcome);
    assert_int_equal(found_by, by);
    assert_true(slice_is(found, against != NULL ? against : ""));
}

static void the_first_part_that_differs_decides(void **state)
{
    const struct version base = version(CLASS_OWN, 5, RANK_UPDATED, 7, "msg_b");
    const struct {
        struct version other;
        enum decided_by by;
    } cases[] = {
        {version(CLASS_GLIMPSE, 9, RANK_DELETED, 9, "z"), DECIDED_BY_CLASS},
        {version(CLASS_OWN, 4, RANK_DELETED, 9, "z"), DECIDED_BY_T},
        {version(CLASS_OWN, 5, RANK_CREATED, 9, "z"), DECIDED_BY_RANK},
        {version(CLASS_OWN, 5, RANK_UPDATED, 6, "z"), DECIDED_BY_TS},
        {version(CLASS_OWN, 5, RANK_UPDATED, 7, "msg_a"), DECIDED_BY_ID},
    };

    (void)state;
    assert_int_equal(explanation_compare(&base, &base), DECIDED_BY_NOTHING);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct touched won = {.kind = ENTITY_USER,
                              .effect = MENTION_DATA,
                              .version = base,
                              .held = {.is_there = true,
                                       .has_data = true,
                                       .version = cases[i].other}};
        struct touched lost = won;
        assert_judged(&won, OUTCOME_PENDING, cases[i].by,
                      cases[i].other.id.data);
        lost.version = cases[i].other;
        lost.held.version = base;
        assert_judged(&lost, OUTCOME_LOST, cases[i].by, "msg_b");
    }
}

static void what_holds_says_what_it_has_beaten(void **state)
{
    const struct version base = version(CLASS_OWN, 5, RANK_UPDATED, 7, "msg_b");
    struct touched touched = {.effect = MENTION_DATA, .version = base};

    (void)state;
    assert_judged(&touched, OUTCOME_PENDING, DECIDED_BY_NOTHING, NULL);
    touched.held = (struct held_register){
        .is_there = true, .has_data = true, .version = base};
    assert_judged(&touched, OUTCOME_HOLDS, DECIDED_BY_NOTHING, NULL);
    touched.has_beaten = true;
    touched.beaten = version(CLASS_OWN, 5, RANK_CREATED, 7, "msg_a");
    assert_judged(&touched, OUTCOME_HOLDS, DECIDED_BY_RANK, "msg_a");
}

static void a_deletion_is_for_ever(void **state)
{
    struct touched touched = {.effect = MENTION_DELETED};

    (void)state;
    assert_judged(&touched, OUTCOME_PENDING, DECIDED_BY_NOTHING, NULL);
    touched.held.is_deleted = true;
    assert_judged(&touched, OUTCOME_HOLDS, DECIDED_BY_DELETION, NULL);
}

static void of_two_generations_the_later_created_one_wins(void **state)
{
    struct touched touched = {.effect = MENTION_SEEN,
                              .created_ms = 5,
                              .newest_id = slice_of("orgmem_b")};

    (void)state;
    assert_judged(&touched, OUTCOME_PENDING, DECIDED_BY_NOTHING, NULL);
    touched.held.newest_id = slice_of("orgmem_b");
    touched.held.created_ms = 5;
    assert_judged(&touched, OUTCOME_HOLDS, DECIDED_BY_NOTHING, NULL);
    touched.held.newest_id = slice_of("orgmem_a");
    touched.held.created_ms = 6;
    assert_judged(&touched, OUTCOME_LOST, DECIDED_BY_CREATED_AT, "orgmem_a");
    touched.held.created_ms = 4;
    assert_judged(&touched, OUTCOME_PENDING, DECIDED_BY_CREATED_AT, "orgmem_a");
    touched.held.created_ms = 5;
    assert_judged(&touched, OUTCOME_PENDING, DECIDED_BY_ID, "orgmem_a");
    touched.held.newest_id = slice_of("orgmem_c");
    assert_judged(&touched, OUTCOME_LOST, DECIDED_BY_ID, "orgmem_c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_part_that_differs_decides),
        cmocka_unit_test(what_holds_says_what_it_has_beaten),
        cmocka_unit_test(a_deletion_is_for_ever),
        cmocka_unit_test(of_two_generations_the_later_created_one_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
