/* A membership as its register keeps it, and the pair that it is of. */
#include "consumer/events/events.h"
#include "tests/unit/decoded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

/* What a membership's event says, and what is kept of it. */
static const struct {
    const char *text;
    const char *content;
} contents[] = {
    {MEMBER("created", "m", "", "", ""),
     "{\"id\":\"m\",\"organization\":{\"id\":\"org_o\"},"
     "\"public_user_data\":{\"user_id\":\"user_a\"}}"},
    {MEMBER("created", "m\\u00e9\\u0022",
            ",'role':'a\\u005cb','permissions':[ 'x' , 'y\\u0022' ],"
            "'public_metadata':{ 'k' : 1.50 },'created_at':1700000000123,"
            "'updated_at':1700000000124,'object':'x'",
            ",'name':'O'", ",'first_name':'A'"),
     "{\"id\":\"m\xc3\xa9\\\"\",\"organization\":{\"id\":\"org_o\"},"
     "\"public_user_data\":{\"user_id\":\"user_a\"},\"role\":\"a\\\\b\","
     "\"permissions\":[ \"x\" , \"y\\u0022\" ],"
     "\"public_metadata\":{ \"k\" : 1.50 },\"created_at\":1700000000123,"
     "\"updated_at\":1700000000124}"},
    {MEMBER("created", "m",
            ",'role':'','permissions':[],'public_metadata':{},"
            "'created_at':99999999999,'updated_at':100000000000",
            "", ""),
     "{\"id\":\"m\",\"organization\":{\"id\":\"org_o\"},"
     "\"public_user_data\":{\"user_id\":\"user_a\"},\"role\":\"\","
     "\"permissions\":[],\"public_metadata\":{},"
     "\"created_at\":99999999999000,\"updated_at\":100000000000}"},
    {MEMBER("created", "m", ",'created_at':0,'updated_at':-210000000000", "",
            ""),
     "{\"id\":\"m\",\"organization\":{\"id\":\"org_o\"},"
     "\"public_user_data\":{\"user_id\":\"user_a\"},\"created_at\":0,"
     "\"updated_at\":-210000000000}"},
    {MEMBER("created", "m",
            ",'role':null,'permissions':'x','public_metadata':null,"
            "'created_at':99999999,'updated_at':1.6e12",
            "", ""),
     "{\"id\":\"m\",\"organization\":{\"id\":\"org_o\"},"
     "\"public_user_data\":{\"user_id\":\"user_a\"},"
     "\"created_at\":99999999,\"updated_at\":1600000000000}"},
};

static void assert_text_equal(struct slice a, struct slice b)
{
    assert_true(slice_equal(a, b));
    assert_int_equal(a.data == NULL, b.data == NULL);
}

static void assert_row_equal(const struct membership_row *a,
                             const struct membership_row *b)
{
    assert_text_equal(a->id, b->id);
    assert_text_equal(a->organization_id, b->organization_id);
    assert_text_equal(a->user_id, b->user_id);
    assert_text_equal(a->clerk_role, b->clerk_role);
    assert_text_equal(a->permissions, b->permissions);
    assert_text_equal(a->public_metadata, b->public_metadata);
    assert_int_equal(a->created_at.state, b->created_at.state);
    assert_int_equal(a->created_at.ms, b->created_at.ms);
    assert_int_equal(a->updated_at.state, b->updated_at.state);
    assert_int_equal(a->updated_at.ms, b->updated_at.ms);
}

static void what_is_kept_of_a_membership_is_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct event *event = event_of(&arena, "msg_1", contents[i].text);
        const struct membership_row *row = event->mentions[0].row.membership;
        struct slice content = membership_write_content(row, &arena);
        if (!slice_is(content, contents[i].content))
            fail_msg("%s: %.*s", contents[i].text, SLICE_PRINT(content));
        assert_row_equal(row, membership_read_content(content, &arena));
    }
}

/* Whatever is in the ids: no two pairs share an id, and it can be split. */
static void a_pair_is_known_by_both_ids(void **state)
{
    const char *const ids[] = {"a",   "ab",  "b",  "1",        "1:",  ":",
                               "1:a", "a1:", "11", "\xc3\xa9", "a b", "3:"};
    const size_t count = sizeof(ids) / sizeof(ids[0]);
    struct slice seen[12 * 12];
    size_t used = 0;

    (void)state;
    for (size_t o = 0; o < count; o++) {
        for (size_t u = 0; u < count; u++) {
            struct slice organization, user;
            struct slice pair =
                membership_pair_id(slice_of(ids[o]), slice_of(ids[u]), &arena);
            for (size_t i = 0; i < used; i++)
                assert_false(slice_equal(seen[i], pair));
            seen[used++] = pair;
            membership_split_pair(pair, &organization, &user);
            assert_true(slice_is(organization, ids[o]));
            assert_true(slice_is(user, ids[u]));
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
        cmocka_unit_test(what_is_kept_of_a_membership_is_its_row),
        cmocka_unit_test(a_pair_is_known_by_both_ids),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
