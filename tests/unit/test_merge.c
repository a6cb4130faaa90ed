/* The rules of the merge, one by one. */
#include "tests/unit/decoded.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

/* The registers after these events, in this order, in one batch. */
static struct registers merged(struct event *const *events, size_t count)
{
    struct registers regs = registers_of(events, count, &arena);

    merge(events, count);
    return regs;
}

static struct entity_register *found(const struct registers *regs,
                                     enum entity_kind kind, const char *id)
{
    struct entity_register *reg = registers_find(regs, kind, slice_of(id));

    assert_non_null(reg);
    return reg;
}

/* Of user_a; the second of each is the later one, for this reason alone. */
static const struct {
    const char *reason;
    struct said earlier, later;
} rivals[] = {
    {"own data beats every glimpse",
     {"msg_z", MEMBER("deleted", "orgmem_1", "", "", ",'updated_at':99")},
     {"msg_a", USER("created", ",'updated_at':1") "}"}},
    {"a later updated_at",
     {"msg_z", USER("updated", ",'updated_at':5") ",'timestamp':900}"},
     {"msg_a", USER("created", ",'updated_at':6") ",'timestamp':6}"}},
    {"milliseconds count",
     {"msg_z", USER("updated", ",'updated_at':1700000000000") "}"},
     {"msg_a", USER("created", ",'updated_at':1700000000001") "}"}},
    {"small numbers are seconds",
     {"msg_z", USER("updated", ",'updated_at':1699999999999") "}"},
     {"msg_a", USER("created", ",'updated_at':1700000000") "}"}},
    {"no updated_at: the envelope's timestamp",
     {"msg_z", USER("created", ",'updated_at':5") ",'timestamp':900}"},
     {"msg_a", USER("created", "") ",'timestamp':6}"}},
    {"updated_at is no time: the envelope's timestamp",
     {"msg_z", USER("created", ",'updated_at':'9'") ",'timestamp':5}"},
     {"msg_a", USER("created", ",'updated_at':null") ",'timestamp':6}"}},
    {"no timestamp either: created_at",
     {"msg_z", USER("created", ",'updated_at':5") "}"},
     {"msg_a", USER("created", ",'created_at':6") "}"}},
    {"a timestamp of 0 is none",
     {"msg_z", USER("created", ",'created_at':5") "}"},
     {"msg_a", USER("created", ",'created_at':6") ",'timestamp':0}"}},
    {"the timestamp goes before created_at",
     {"msg_z", USER("created", ",'created_at':9") ",'timestamp':5}"},
     {"msg_a", USER("created", ",'created_at':1") ",'timestamp':6}"}},
    {"no time at all is 0",
     {"msg_z", USER("updated", "") "}"},
     {"msg_a", USER("created", ",'updated_at':1") "}"}},
    {"updated is later than created",
     {"msg_z", USER("created", ",'updated_at':5") ",'timestamp':9}"},
     {"msg_a", USER("updated", ",'updated_at':5") ",'timestamp':6}"}},
    {"the later envelope",
     {"msg_z", USER("updated", ",'updated_at':5") ",'timestamp':6}"},
     {"msg_a", USER("updated", ",'updated_at':5") ",'timestamp':7}"}},
    {"no envelope's timestamp is 0",
     {"msg_z", USER("updated", ",'updated_at':5") "}"},
     {"msg_a", USER("updated", ",'updated_at':5") ",'timestamp':7}"}},
    {"the greater id",
     {"msg_A", USER("updated", ",'updated_at':5") ",'timestamp':7}"},
     {"msg_a", USER("updated", ",'updated_at':5") ",'timestamp':7}"}},
    {"a glimpse in a deletion is later than in an update",
     {"msg_z", MEMBER("updated", "orgmem_1", "", "", "")},
     {"msg_a", MEMBER("deleted", "orgmem_1", "", "", "")}},
    {"a glimpse goes by its own times, not the membership's",
     {"msg_z", MEMBER("updated", "orgmem_1", ",'updated_at':999", "", "")},
     {"msg_a", MEMBER("created", "orgmem_1", ",'updated_at':1", "",
                      ",'updated_at':101")}},
};

static void the_greater_version_has_the_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
        struct event *later = event_said(&arena, &rivals[i].later);
        struct event *earlier = event_said(&arena, &rivals[i].earlier);
        struct event *orders[][2] = {{earlier, later}, {later, earlier}};
        for (int order = 0; order < 2; order++) {
            struct registers regs = merged(orders[order], 2);
            struct entity_register *user = found(&regs, ENTITY_USER, "user_a");
            if (!slice_is(user->version.id, rivals[i].later.id) ||
                !slice_equal(user->data->version.id, user->version.id))
                fail_msg("%s: not so in order %d", rivals[i].reason, order);
        }
    }
}

static void an_equal_version_applies_again_and_changes_nothing(void **state)
{
    const struct said said = {"msg_1", USER("updated", ",'updated_at':5") "}"};
    struct event *first = event_said(&arena, &said),
                 *again = event_said(&arena, &said);
    static struct tables t;
    struct registers regs;

    (void)state;
    memset(&t, 0, sizeof(t));
    tables_apply(&t, &first, 1, &arena);
    regs = registers_of(&again, 1, &arena);
    registers_read(&t, &regs);
    merge(&again, 1);
    assert_ptr_equal(regs.items[0].data, &again->mentions[0]);
    assert_false(regs.items[0].is_changed);
    assert_int_equal(again->verdict, VERDICT_COMPLETED);
}

static void an_event_merges_into_all_that_it_mentions(void **state)
{
    const struct said said = {
        "msg_1", MEMBER("created", "orgmem_1", ",'created_at':5", "", "")};
    struct event *event = event_said(&arena, &said);
    struct registers regs = merged(&event, 1);
    struct slice pair =
        membership_pair_id(slice_of("org_o"), slice_of("user_a"), &arena);

    (void)state;
    assert_int_equal(regs.count, 4);
    for (size_t i = 0; i < regs.count; i++)
        assert_true(regs.items[i].is_changed && !regs.items[i].is_deleted);
    assert_int_equal(regs.items[0].kind, ENTITY_MEMBERSHIP);
    assert_int_equal(regs.items[0].version.class, CLASS_OWN);
    assert_int_equal(regs.items[1].kind, ENTITY_ORGANIZATION);
    assert_int_equal(regs.items[1].version.class, CLASS_GLIMPSE);
    assert_int_equal(regs.items[2].kind, ENTITY_PAIR);
    assert_true(slice_equal(regs.items[2].id, pair));
    assert_true(slice_is(regs.items[2].newest_id, "orgmem_1"));
    assert_int_equal(regs.items[3].kind, ENTITY_USER);
    assert_int_equal(regs.items[3].version.class, CLASS_GLIMPSE);
}

static const struct {
    enum entity_kind kind;
    const char *id;
    struct said said;
} deletions[] = {
    {ENTITY_USER, "user_a", {"msg_1", USER("deleted", "") "}"}},
    {ENTITY_ORGANIZATION,
     "org_o",
     {"msg_1", "{'type':'organization.deleted','data':{'id':'org_o'}}"}},
    {ENTITY_MEMBERSHIP,
     "orgmem_1",
     {"msg_1", MEMBER("deleted", "orgmem_1", "", "", "")}},
};

static void deleted_is_remembered_of_what_was_never_seen(void **state)
{
    const struct said late[] = {
        {"msg_2", USER("created", ",'updated_at':99") "}"},
        {"msg_2", "{'type':'organization.created','data':{'id':'org_o'}}"},
        {"msg_2", MEMBER("created", "orgmem_1", "", "", "")},
    };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct event *events[] = {event_said(&arena, &deletions[i].said),
                                  event_said(&arena, &late[i])};
        struct registers regs = merged(events, 1);
        struct entity_register *reg =
            found(&regs, deletions[i].kind, deletions[i].id);
        assert_true(reg->is_deleted && reg->is_delete_applied);
        assert_false(reg->has_data);
        regs = merged(events, 2);
        reg = found(&regs, deletions[i].kind, deletions[i].id);
        assert_true(reg->is_deleted && reg->has_data);
    }
}

/* Deletions, ascending by the time that they tell. */
static const struct {
    struct said said;
    struct instant deleted_at;
} ends[] = {
    {{"msg_9", USER("deleted", "") "}"}, {INSTANT_ABSENT, 0}},
    {{"msg_8", USER("deleted", "") ",'timestamp':'9'}"}, {INSTANT_ABSENT, 0}},
    {{"msg_7", USER("deleted", "") ",'timestamp':-3}"},
     {INSTANT_PRESENT, -3000}},
    {{"msg_6", USER("deleted", "") ",'timestamp':5}"}, {INSTANT_PRESENT, 5000}},
    {{"msg_5", USER("deleted", "") ",'timestamp':7}"}, {INSTANT_PRESENT, 7000}},
};
#define ENDS 5

static void deleted_at_is_the_greatest_that_was_told(void **state)
{
    (void)state;
    for (int set = 1; set < 1 << ENDS; set++) {
        struct event *up[ENDS], *down[ENDS];
        struct instant expected = {INSTANT_ABSENT, 0};
        size_t count = 0;
        for (int i = 0; i < ENDS; i++) {
            if (!(set & 1 << i))
                continue;
            up[count++] = event_said(&arena, &ends[i].said);
            expected = ends[i].deleted_at;
        }
        for (size_t i = 0; i < count; i++)
            down[i] = up[count - 1 - i];
        assert_true(
            instant_equal(merged(up, count).items[0].deleted_at, expected));
        assert_true(
            instant_equal(merged(down, count).items[0].deleted_at, expected));
    }
}

/* Generations of a pair, each newer than the one before. */
static const struct said generations[] = {
    {"msg_9", MEMBER("created", "orgmem_A", "", "", "")},
    {"msg_8", MEMBER("created", "orgmem_B", ",'created_at':'8'", "", "")},
    {"msg_7", MEMBER("deleted", "orgmem_0", ",'created_at':7", "", "")},
    {"msg_6", MEMBER("updated", "orgmem_1", ",'created_at':7", "", "")},
    {"msg_5", MEMBER("created", "orgmem_10", ",'created_at':7", "", "")},
    {"msg_4", MEMBER("created", "orgmem_0", ",'created_at':7.5e0", "", "")},
    {"msg_3", MEMBER("deleted", "orgmem_2", ",'created_at':8", "", "")},
};

static void the_newest_generation_is_by_creation_then_id(void **state)
{
    const char *newest[] = {"orgmem_A",  "orgmem_B",  "orgmem_0", "orgmem_1",
                            "orgmem_10", "orgmem_10", "orgmem_2"};

    (void)state;
    for (int i = 0; i < 7; i++) {
        struct event *up[7], *down[7];
        for (int j = 0; j <= i; j++) {
            up[j] = event_said(&arena, &generations[j]);
            down[i - j] = up[j];
        }
        for (int turn = 0; turn < 2; turn++) {
            struct registers regs = merged(turn ? down : up, (size_t)i + 1);
            for (size_t r = 0; r < regs.count; r++)
                if (regs.items[r].kind == ENTITY_PAIR)
                    assert_true(slice_is(regs.items[r].newest_id, newest[i]));
        }
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
        cmocka_unit_test(the_greater_version_has_the_data),
        cmocka_unit_test(an_equal_version_applies_again_and_changes_nothing),
        cmocka_unit_test(an_event_merges_into_all_that_it_mentions),
        cmocka_unit_test(deleted_is_remembered_of_what_was_never_seen),
        cmocka_unit_test(deleted_at_is_the_greatest_that_was_told),
        cmocka_unit_test(the_newest_generation_is_by_creation_then_id),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
