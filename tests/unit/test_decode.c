/* Every record of the log gets a fate, whatever it is. */
#include "tests/unit/decoded.h"

#include "consumer/event.h"
#include "shared/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

#define LONG_64                                                                \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LONG_256 LONG_64 LONG_64 LONG_64 LONG_64

#define ORG_DATA(id) "{'type':'organization.created','data':{'id':" id "}}"
#define MEMBER_DATA(rest)                                                      \
    "{'type':'organizationMembership.created','data':{'id':'m'" rest "}}"
#define PARENTS(organization, user)                                            \
    MEMBER_DATA(",'organization':" organization ",'public_user_data':" user)

/* What can never be applied, by the words that say why. */
static const struct {
    const char *value;
    const char *reason;
    bool has_payload; /* it is JSON */
} refused[] = {
    {"", "not JSON: text ends before a value at byte 0", false},
    {"   ", "not JSON: text ends before a value at byte 3", false},
    {"hello", "not JSON: not a value at byte 0", false},
    {"{'type':'user.created'", "no comma or closing bracket at byte 22", false},
    {"{'a':1}x", "not JSON: something behind the value at byte 7", false},
    {"\xef\xbb\xbf{}", "not JSON: not a value at byte 0", false},
    {"{'a':'\xff'}", "not JSON: bytes that are not UTF-8 at byte 6", false},
    {"{'a':'\xed\xa0\x80'}", "not JSON: bytes that are not UTF-8", false},
    {"{'a':'\t'}", "not JSON: control character inside a string", false},
    {"{'a':01}", "no comma or closing bracket at byte 6", false},
    {"[]", "not a JSON object", true},
    {" [] \n", "not a JSON object", true},
    {"'hello'", "not a JSON object", true},
    {"{} {}", "not JSON: something behind the value at byte 3", false},
    {"[{'type':'user.created','data':{}}]", "not a JSON object", true},
    {"null", "not a JSON object", true},
    {"5", "not a JSON object", true},
    {"{}", "no non-empty string \"type\"", true},
    {"{'data':{}}", "no non-empty string \"type\"", true},
    {"{'type':'','data':{}}", "no non-empty string \"type\"", true},
    {"{'type':null,'data':{}}", "no non-empty string \"type\"", true},
    {"{'type':['user.created'],'data':{}}", "no non-empty string", true},
    {"{'type':'a\\u0000','data':{}}", "no non-empty string \"type\"", true},
    {"{'type':'user.created'}", "no object \"data\"", true},
    {"{'type':'user.created','data':null}", "no object \"data\"", true},
    {"{'type':'user.created','data':[]}", "no object \"data\"", true},
    {"{'type':'user.created','data':{},'data':1}", "no object \"data\"", true},
    {"{'type':'user.created','data':{}}", "id is no string", true},
    {"{'type':'user.deleted','data':{}}", "id is no string", true},
    {ORG_DATA("5"), "id is no string", true},
    {ORG_DATA("null"), "id is no string", true},
    {ORG_DATA("['a']"), "id is no string", true},
    {ORG_DATA("''"), "id is empty", true},
    {ORG_DATA("'\\u0000'"), "id holds a NUL or half a surrogate", true},
    {ORG_DATA("'\\udc00'"), "id holds a NUL or half a surrogate", true},
    {ORG_DATA("'" LONG_256 "0'"), "id is longer than 256 bytes", true},
    {MEMBER_DATA(""), "id is no string", true},
    {MEMBER_DATA(",'organization':{'id':'o'}"), "user_id is no string", true},
    {PARENTS("{'id':'o'}", "null"), "user_id is no string", true},
    {PARENTS("{'id':'o'}", "{'user_id':7}"), "user_id is no string", true},
    {PARENTS("{'id':'o'}", "{'user_id':''}"), "user_id is empty", true},
    {PARENTS("'o'", "{'user_id':'u'}"), "id is no string", true},
    {PARENTS("{}", "{'user_id':'u'}"), "id is no string", true},
    {PARENTS("{'id':'o','name':'\\ud800'}", "{'user_id':'u'}"),
     "name holds a NUL or half a surrogate", true},
    {USER("updated", ",'first_name':'a\\u0000b'") "}",
     "first_name holds a NUL or half a surrogate", true},
    {USER("updated", ",'last_name':'\\ud83d'") "}",
     "last_name holds a NUL or half a surrogate", true},
    {USER("updated", ",'last_name':'\\ude00\\ud83d'") "}",
     "last_name holds a NUL or half a surrogate", true},
    {USER("updated", ",'public_metadata':{'a':['\\u0000']}") "}",
     "public_metadata holds a NUL or half a surrogate", true},
    {USER("updated", ",'public_metadata':{'\\udfff':1}") "}",
     "public_metadata holds a NUL or half a surrogate", true},
    {USER("updated", ",'updated_at':1e400") "}",
     "updated_at is beyond what a timestamp can hold", true},
    {USER("updated", ",'created_at':9200000000000001") "}",
     "created_at is beyond what a timestamp can hold", true},
    {USER("updated", ",'created_at':-210000000001") "}",
     "created_at is beyond what a timestamp can hold", true},
    {USER("updated", "") ",'timestamp':99999999999999999999}",
     "timestamp is beyond what a timestamp can hold", true},
    {USER("deleted", "") ",'timestamp':-1e30}",
     "timestamp is beyond what a timestamp can hold", true},
};

static void what_can_never_be_applied_is_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct event *event = event_of(&arena, "msg_1", refused[i].value);
        if (event->fate != EVENT_REFUSE ||
            strstr(event->refusal.text, refused[i].reason) == NULL)
            fail_msg("%s: %s", refused[i].value, event->refusal.text);
        assert_string_equal(event->stage, STAGE_DECODE);
        assert_int_equal(event->refusal.kind, ERROR_INPUT);
        assert_int_equal(event->verdict, VERDICT_FAILED);
        assert_memory_equal(event->refusal.text, "malformed event: ", 17);
        if ((event->payload.data != NULL) != refused[i].has_payload)
            fail_msg("%s: the payload is kept, or not", refused[i].value);
        if (refused[i].has_payload)
            assert_true(slice_equal(event->payload, event->record.value));
    }
}

/* A field of the wrong type counts as absent, and so does half of anything that
 * is not looked at. */
static const char *const applied[] = {
    USER("created", "") "}",
    USER("deleted", "") "}",
    USER("created",
         ",'email_addresses':'x','phone_numbers':{},'username':5,"
         "'first_name':[],'last_name':true,'image_url':{},'external_id':0,"
         "'public_metadata':[],'created_at':'now','updated_at':1.5,"
         "'primary_email_address_id':7,'primary_phone_number_id':null") "}",
    USER("updated",
         ",'unsafe_metadata':{'a':'\\u0000'}") ",'instance_id':'\\ud800'}",
    USER("updated", ",'private_metadata':'\\u0000'") ",'timestamp':null}",
    USER("updated", "") ",'timestamp':'1e400'}",
    USER("updated", "") ",'timestamp':1e-400}",
    USER("updated", ",'id':'user_b'") ",'data':{'id':'user_a'}}",
    "\n {\t'\\u0074ype':'user.\\u0063reated' , 'data':{'id':'user_a'} }\r\n",
    "{'type':'user.created','type':'user.deleted','data':{'id':'user_a'}}",
    ORG_DATA("'" LONG_256 "'"),
    ORG_DATA("'\\ud83d\\ude00'"),
    PARENTS("{'id':'o'}", "{'user_id':'u'}"),
};

static void a_wrong_type_counts_as_absent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(applied) / sizeof(applied[0]); i++) {
        struct event *event = event_of(&arena, "msg_1", applied[i]);
        if (event->fate != EVENT_APPLY)
            fail_msg("%s: %s", applied[i], event->refusal.text);
        assert_true(event->mention_count > 0);
        assert_true(event->mentions[0].id.size > 0);
        assert_true(slice_equal(event->payload, event->record.value));
    }
}

static void any_other_type_is_ignored(void **state)
{
    const char *const types[] = {"session.created",
                                 "user",
                                 "user.",
                                 "user.created2",
                                 "user.Created",
                                 " user.created",
                                 "users.created",
                                 "organizationMembership",
                                 "organizationInvitation.accepted",
                                 "user.created\\n",
                                 "\xf0\x9f\xa6\x89.hooted"};

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[128];
        struct event *event;
        snprintf(text, sizeof(text), "{'type':'%s','data':{'id':5}}", types[i]);
        event = event_of(&arena, "msg_1", text);
        assert_int_equal(event->fate, EVENT_IGNORE);
        assert_int_equal(event->verdict, VERDICT_IGNORED);
        assert_int_equal(event->mention_count, 0);
        assert_true(slice_equal(event->payload, event->record.value));
        assert_non_null(event->type.data);
    }
}

static struct event *nested(const char *open, const char *close, int depth)
{
    struct record record = {.id = slice_of("msg_1")};
    struct buffer text;
    struct event *event;

    buffer_init(&text, 1 << 20);
    buffer_add_text(&text, "{\"type\":\"user.created\",\"data\":{\"id\":\"u\"},"
                           "\"deep\":");
    for (int i = 0; i < depth; i++)
        buffer_add_text(&text, open);
    buffer_add_text(&text, "0");
    for (int i = 0; i < depth; i++)
        buffer_add_text(&text, close);
    buffer_add_text(&text, "}");
    record.value = arena_copy(&arena, buffer_slice(&text));
    buffer_release(&text);
    event = event_of_record(&arena, &record);
    return event;
}

static void only_so_much_nesting_is_taken(void **state)
{
    (void)state;
    assert_int_equal(nested("[", "]", 999)->fate, EVENT_APPLY);
    assert_int_equal(nested("[", "]", 1000)->fate, EVENT_REFUSE);
    assert_int_equal(nested("{\"a\":", "}", 999)->fate, EVENT_APPLY);
    assert_int_equal(nested("{\"a\":", "}", 1000)->fate, EVENT_REFUSE);
    assert_int_equal(nested("[", "", 200000)->fate, EVENT_REFUSE);
}

static void a_record_without_a_value_is_refused(void **state)
{
    const struct record tombstone = {.id = slice_of("msg_1"),
                                     .key = slice_of("user_a")};
    struct event *event = event_of_record(&arena, &tombstone);

    (void)state;
    assert_int_equal(event->fate, EVENT_REFUSE);
    assert_string_equal(event->refusal.text,
                        "malformed event: no value: a tombstone is no event");
    assert_null(event->payload.data);
    assert_null(event->type.data);
    assert_true(slice_is(event->entity_id, "user_a"));
}

static void a_record_without_an_id_is_refused(void **state)
{
    struct event *event = event_of(&arena, "", USER("created", "") "}");

    (void)state;
    assert_int_equal(event->fate, EVENT_REFUSE);
    assert_string_equal(event->refusal.text,
                        "malformed event: no svix-id, webhook-id or ce_id "
                        "header that can be one");
    assert_true(slice_is(event->type, "user.created"));
    assert_true(slice_equal(event->payload, event->record.value));
    assert_int_equal(event_of(&arena, "", "{'type':'x','data':{}}")->fate,
                     EVENT_REFUSE);
}

static void an_id_is_1_to_256_bytes_of_text(void **state)
{
    const struct {
        struct slice text;
        bool is_id;
    } ids[] = {
        {{"msg_1", 5}, true},
        {{"m", 1}, true},
        {{"", 0}, false},
        {{LONG_256, 256}, true},
        {{LONG_256 "0", 257}, false},
        {{"a\0b", 3}, false},
        {{"\0", 1}, false},
        {{"\xff", 1}, false},
        {{"\xed\xa0\x80", 3}, false},
        {{"\xc3\xa9 \n", 4}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        assert_int_equal(decode_is_id(ids[i].text), ids[i].is_id);
}

static void a_key_is_kept_where_it_is_text(void **state)
{
    const struct {
        struct slice key;
        bool is_kept;
    } keys[] = {
        {{"user_a", 6}, true}, {{"", 0}, true},      {{NULL, 0}, false},
        {{"a\0", 2}, false},   {{"\xff", 1}, false}, {{"\xc3\xa9", 2}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct record record = {
            .id = slice_of("msg_1"),
            .key = keys[i].key,
            .value = json_of(&arena, "{'type':'x','data':{}}")};
        struct event *event = event_of_record(&arena, &record);
        assert_int_equal(event->entity_id.data != NULL, keys[i].is_kept);
        assert_int_equal(event->fate, EVENT_IGNORE);
    }
}

/* What else it said is forgotten. */
static void a_refused_event_marks_its_user_and_nobody_else(void **state)
{
    const struct {
        const char *text;
        bool is_marked;
    } cases[] = {
        {USER("updated", ",'first_name':'\\u0000'") "}", true},
        {USER("deleted", "") ",'timestamp':1e400}", true},
        {USER("created", "") ",'data':{'id':''}}", false},
        {ORG_DATA("''"), false},
        {MEMBER("created", "m", ",'role':'\\u0000'", "", ""), false},
        {MEMBER("created", "m", "", "", ",'first_name':'\\u0000'"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event *event = event_of(&arena, "msg_1", cases[i].text);
        if (event->mention_count != cases[i].is_marked)
            fail_msg("%s: %d mentions", cases[i].text, event->mention_count);
        if (!cases[i].is_marked)
            continue;
        assert_int_equal(event->mentions[0].kind, ENTITY_USER);
        assert_int_equal(event->mentions[0].effect, MENTION_FAILED);
        assert_true(slice_is(event->mentions[0].id, "user_a"));
    }
}

static void the_database_may_refuse_what_was_decoded(void **state)
{
    struct event *user = event_of(&arena, "msg_1", USER("created", "") "}");
    struct event *member =
        event_of(&arena, "msg_1", MEMBER("created", "m", "", "", ""));
    struct error reason;

    (void)state;
    error_set(&reason, ERROR_AGAIN, "23514: too long");
    decode_refuse(user, STAGE_WRITE, &reason);
    decode_refuse(member, STAGE_WRITE, &reason);
    assert_int_equal(user->fate, EVENT_REFUSE);
    assert_int_equal(user->verdict, VERDICT_FAILED);
    assert_int_equal(user->refusal.kind, ERROR_INPUT);
    assert_string_equal(user->refusal.text, "23514: too long");
    assert_string_equal(user->stage, STAGE_WRITE);
    assert_int_equal(user->mention_count, 1);
    assert_int_equal(user->mentions[0].effect, MENTION_FAILED);
    assert_int_equal(member->mention_count, 0);
}

/* The lowest rank for everything that it says, and nothing else. */
static void a_snapshot_says_the_same_at_the_lowest_rank(void **state)
{
    const char *const texts[] = {
        USER("created", "") ",'timestamp':7}",
        USER("updated", ",'updated_at':5") "}",
        USER("deleted", "") "}",
        ORGANIZATION("updated", ""),
        MEMBER("created", "m", ",'updated_at':9", "", ",'first_name':'A'"),
        MEMBER("deleted", "m", "", "", ""),
        "{'type':'session.created','data':{}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct event *told = event_of(&arena, "msg_1", texts[i]);
        struct event *found = snapshot_of(&arena, "msg_1", texts[i]);
        assert_int_equal(found->fate, told->fate);
        assert_int_equal(found->mention_count, told->mention_count);
        for (int m = 0; m < told->mention_count; m++) {
            struct version expected = told->mentions[m].version;
            expected.rank = RANK_SNAPSHOT;
            assert_int_equal(found->mentions[m].kind, told->mentions[m].kind);
            assert_int_equal(found->mentions[m].effect,
                             told->mentions[m].effect);
            assert_int_equal(
                version_compare(&found->mentions[m].version, &expected), 0);
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
        cmocka_unit_test(what_can_never_be_applied_is_refused_with_the_reason),
        cmocka_unit_test(a_wrong_type_counts_as_absent),
        cmocka_unit_test(any_other_type_is_ignored),
        cmocka_unit_test(only_so_much_nesting_is_taken),
        cmocka_unit_test(a_record_without_a_value_is_refused),
        cmocka_unit_test(a_record_without_an_id_is_refused),
        cmocka_unit_test(an_id_is_1_to_256_bytes_of_text),
        cmocka_unit_test(a_key_is_kept_where_it_is_text),
        cmocka_unit_test(a_refused_event_marks_its_user_and_nobody_else),
        cmocka_unit_test(the_database_may_refuse_what_was_decoded),
        cmocka_unit_test(a_snapshot_says_the_same_at_the_lowest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
