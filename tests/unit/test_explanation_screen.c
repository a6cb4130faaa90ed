/* What `explain` shows, whole: for people, and as an object. */
#include "console/explanation.h"
#include "consumer/events/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define AT_MS 1760000000000

static struct arena arena;

/* A membership that was replayed, sent twice and lost its user to a rival. */
static struct explanation example(void)
{
    const struct version own = {CLASS_OWN, 5, RANK_CREATED, 7,
                                slice_of("msg_1")};
    const struct version rival = {CLASS_OWN, 9, RANK_UPDATED, 9,
                                  slice_of("msg_2")};
    struct explanation told = {
        .id = slice_of("msg_1"),
        .type = slice_of("organizationMembership.created"),
        .entity = slice_of("org_o"),
        .state = slice_of("completed"),
        .signed_ms = AT_MS,
        .received_ms = AT_MS + 120,
        .processed_ms = AT_MS + 150,
        .retry_ms = EXPLANATION_NO_TIME,
        .place = {slice_of("clerk.events"), 3, 12},
        .is_in_ledger = true,
        .attempts = 2,
        .duplicates = 2,
        .duplicate_places = slice_of("clerk.events:3:13,clerk.events:3:14"),
        .replays = 1,
        .signature = SIGNATURE_VALID,
        .secret = 2,
        .touched_count = 3,
        .payload = slice_of("{}")};

    told.touched[0] = (struct touched){
        .kind = ENTITY_MEMBERSHIP,
        .effect = MENTION_DATA,
        .id = slice_of("orgmem_1"),
        .version = own,
        .held = {.is_there = true, .has_data = true, .version = own},
        .table = slice_of("organization_memberships"),
        .row_id = slice_of("e4f0"),
        .row_status = slice_of("ACTIVE")};
    told.touched[1] = (struct touched){.kind = ENTITY_USER,
                                       .effect = MENTION_DATA,
                                       .id = slice_of("user_a"),
                                       .version = own,
                                       .held = {.is_there = true,
                                                .has_data = true,
                                                .version = rival,
                                                .is_deleted = true},
                                       .table = slice_of("users")};
    told.touched[2] = (struct touched){
        .kind = ENTITY_PAIR,
        .effect = MENTION_SEEN,
        .id = membership_pair_id(slice_of("org_o"), slice_of("user_a"), &arena),
        .created_ms = 5,
        .newest_id = slice_of("orgmem_1")};
    return told;
}

static void people_read_a_story(void **state)
{
    static const char expected[] =
        "event        msg_1, organizationMembership.created of org_o\n"
        "state        completed\n"
        "signed       2025-10-09T08:53:20.000Z\n"
        "received     2025-10-09T08:53:20.120Z, 0.120 s after it was signed\n"
        "applied      2025-10-09T08:53:20.150Z, 0.030 s after it was received\n"
        "lies         clerk.events partition 3 offset 12,"
        " which the brokers have no more\n"
        "tried        2 times\n"
        "sent again   2 times, at clerk.events:3:13,clerk.events:3:14\n"
        "replayed     1 time\n"
        "signature    valid, secret 2\n"
        "membership   orgmem_1\n";
    struct explanation told = example();
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    explanation_show(&told, false, &out);
    assert_memory_equal(out.data, expected, strlen(expected));
    assert_non_null(strstr(out.data, "holds now\n"));
    assert_non_null(strstr(out.data, "lost to msg_2 by t\n"));
    assert_non_null(strstr(out.data, "row         users has none\n"));
    assert_non_null(
        strstr(out.data, "row         organization_memberships e4f0, ACTIVE"));
    assert_non_null(strstr(out.data, "pair         org_o and user_a\n"));
    assert_non_null(strstr(out.data, "not applied: nothing holds yet\n"));
    assert_non_null(strstr(out.data, "; deleted\n"));
    assert_non_null(strstr(out.data, "payload      \n{}\n"));
    buffer_release(&out);
}

static void programs_read_an_object(void **state)
{
    static const char *const parts[] = {
        "{\"id\":\"msg_1\",\"type\":\"organizationMembership.created\",",
        "\"received_at\":\"2025-10-09T08:53:20.120Z\"",
        "\"lies\":{\"topic\":\"clerk.events\",\"partition\":3,\"offset\":12,"
        "\"is_there\":false}",
        "\"retry_at\":null,\"error\":null,",
        "\"duplicate_places\":[\"clerk.events:3:13\",\"clerk.events:3:14\"]",
        "\"signature\":{\"state\":\"valid\",\"secret\":2}",
        "{\"kind\":\"membership\",\"id\":\"orgmem_1\",",
        "\"row\":{\"table\":\"organization_memberships\",\"id\":\"e4f0\","
        "\"status\":\"ACTIVE\"}",
        "{\"kind\":\"user\",\"id\":\"user_a\",",
        "\"outcome\":\"lost\",\"decided_by\":\"t\",\"against\":\"msg_2\","
        "\"row\":null}",
        "{\"kind\":\"pair\",\"id\":\"org_o user_a\",",
        "\"register\":null,",
        "\"payload\":\"{}\"}\n",
    };
    struct explanation told = example();
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    explanation_write_json(&told, &out);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strstr(out.data, parts[i]) == NULL)
            fail_msg("%s\nis not in\n%s", parts[i], out.data);
    buffer_release(&out);
}

/* The ledger never had it, and nothing in it can be read. */
static void what_is_not_known_is_not_made_up(void **state)
{
    const struct explanation told = {
        .id = slice_of("msg_1"),
        .state = slice_of("dead_lettered"),
        .signed_ms = EXPLANATION_NO_TIME,
        .received_ms = EXPLANATION_NO_TIME,
        .processed_ms = EXPLANATION_NO_TIME,
        .retry_ms = AT_MS,
        .place = {slice_of("clerk.events.dlq"), 0, 0},
        .is_record_there = true,
        .redrives = 1,
        .error = slice_of("not \033JSON"),
        .signature = SIGNATURE_NOT_CHECKED};
    struct buffer out;

    (void)state;
    buffer_init(&out, 1 << 16);
    explanation_show(&told, false, &out);
    assert_non_null(strstr(out.data, "event        msg_1, - of -\n"));
    assert_non_null(
        strstr(out.data, "next try     2025-10-09T08:53:20.000Z\n"));
    assert_non_null(strstr(out.data, "redriven     1 time\n"));
    assert_non_null(strstr(out.data, "error        not ?JSON\n"));
    assert_null(strstr(out.data, "received"));
    assert_null(strstr(out.data, "secret"));
    buffer_clear(&out);
    explanation_write_json(&told, &out);
    assert_non_null(strstr(out.data, "\"type\":null,\"entity\":null,"));
    assert_non_null(strstr(out.data, "\"secret\":null"));
    assert_non_null(strstr(out.data, "\"duplicate_places\":[]"));
    assert_null(strstr(out.data, "payload"));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_read_a_story),
        cmocka_unit_test(programs_read_an_object),
        cmocka_unit_test(what_is_not_known_is_not_made_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    arena_release(&arena);
    return failed;
}
