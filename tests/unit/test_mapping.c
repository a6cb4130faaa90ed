/* What the fields of a payload become. */
#include "consumer/events/events.h"
#include "tests/unit/decoded.h"

#include "shared/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;
static struct buffer shown;

static void show(const char *name, struct slice text)
{
    if (text.data == NULL)
        buffer_add_format(&shown, " %s=NULL", name);
    else
        buffer_add_format(&shown, " %s=<%.*s>", name, SLICE_PRINT(text));
}

static void show_time(const char *name, struct instant time)
{
    if (time.state != INSTANT_PRESENT)
        buffer_add_format(&shown, " %s=NULL", name);
    else
        buffer_add_format(&shown, " %s=%lld", name, (long long)time.ms);
}

/* `shown` against what was expected, without regard to the first blank. */
static void assert_shown(const char *name, const char *expected)
{
    if (strcmp(shown.data + 1, expected) != 0)
        fail_msg("%s:\n  found    %s\n  expected %s", name, shown.data + 1,
                 expected);
    buffer_clear(&shown);
}

static const struct mention *first_mention(const char *text)
{
    struct event *event = event_of(&arena, "msg_1", text);

    if (event->fate != EVENT_APPLY)
        fail_msg("%s: %s", text, event->refusal.text);
    return &event->mentions[0];
}

#define MAIL(id, address) "{'id':'" id "','email_address':'" address "'}"
#define PHONE(id, number) "{'id':'" id "','phone_number':'" number "'}"
#define MAILS(primary, list)                                                   \
    ",'primary_email_address_id':" primary ",'email_addresses':" list
#define PHONES(primary, list)                                                  \
    ",'primary_phone_number_id':" primary ",'phone_numbers':" list

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} addresses[] = {
    {"the one that is named",
     USER("created",
          MAILS("'b'", "[" MAIL("a", "x@y") "," MAIL("b", "z@y") "]")) "}",
     "email=<z@y> phone=NULL username=<z>"},
    {"none has that id: the first",
     USER("created",
          MAILS("'c'", "[" MAIL("a", "x@y") "," MAIL("b", "z@y") "]")) "}",
     "email=<x@y> phone=NULL username=<x>"},
    {"no id", USER("created", MAILS("null", "[" MAIL("a", "x@y") "]")) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"an id that is no string",
     USER("created", MAILS("7", "[{'id':7,'email_address':'x@y'}]")) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"no addresses", USER("created", MAILS("'a'", "[]")) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"addresses that are no list",
     USER("created", MAILS("'a'", MAIL("a", "x@y"))) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"an address without a text",
     USER("created", MAILS("'a'", "[{'id':'a','email_address':null}]")) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"an id written with escapes",
     USER("created", MAILS("'\\u0062'",
                           "[" MAIL("a", "x@y") "," MAIL("b", "z@y") "]")) "}",
     "email=<z@y> phone=NULL username=<z>"},
    {"the first of two with that id",
     USER("created",
          MAILS("'a'", "[" MAIL("a", "x@y") "," MAIL("a", "z@y") "]")) "}",
     "email=<x@y> phone=NULL username=<x>"},
    {"objects between that have none",
     USER("created", MAILS("'b'", "[{},{'id':null},{'id':['b']}," MAIL(
                                      "b", "z@y") "]")) "}",
     "email=<z@y> phone=NULL username=<z>"},
    {"a phone",
     USER("created",
          PHONES("'b'", "[" PHONE("a", "+1") "," PHONE("b", "+2") "]")) "}",
     "email=NULL phone=<+2> username=<user_a>"},
    {"a phone that none is",
     USER("created", PHONES("'x'", "[" PHONE("a", "+1") "]")) "}",
     "email=NULL phone=<+1> username=<user_a>"},
    {"a phone without an id",
     USER("created", PHONES("null", "[" PHONE("a", "+1") "]")) "}",
     "email=NULL phone=NULL username=<user_a>"},
    {"Clerk's own username",
     USER("created",
          ",'username':'Owl'" MAILS("'a'", "[" MAIL("a", "x@y") "]")) "}",
     "email=<x@y> phone=NULL username=<Owl>"},
    {"an empty username",
     USER("created",
          ",'username':''" MAILS("'a'", "[" MAIL("a", "x@y") "]")) "}",
     "email=<x@y> phone=NULL username=<x>"},
    {"no local part",
     USER("created", MAILS("'a'", "[" MAIL("a", "@y") "]")) "}",
     "email=<@y> phone=NULL username=<user_a>"},
    {"two signs in the address",
     USER("created",
          MAILS("'a'", "[" MAIL("a", "\\u0022x@y\\u0022@z") "]")) "}",
     "email=<\"x@y\"@z> phone=NULL username=<\"x@y\">"},
    {"an empty address",
     USER("created", MAILS("'a'", "[" MAIL("a", "") "]")) "}",
     "email=<> phone=NULL username=<user_a>"},
    {"the end of a long id",
     "{'type':'user.created','data':{'id':'user_2yACdefGHZ'}}",
     "email=NULL phone=NULL username=<acdefghz>"},
    {"characters, not bytes",
     "{'type':'user.created','data':{'id':'user_"
     "\xc3\x84\xf0\x9f\xa6\x8a\xe7\x94\xa8XYZ\xc3\x9f\xc3\x96'}}",
     "email=NULL phone=NULL "
     "username=<\xc3\x84\xf0\x9f\xa6\x8a\xe7\x94\xa8xyz\xc3\x9f\xc3\x96>"},
};

static void the_primary_address_is_the_one_that_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct user_row *row = first_mention(addresses[i].text)->row.user;
        show("email", row->email);
        show("phone", row->phone);
        show("username", row->username);
        assert_shown(addresses[i].name, addresses[i].expected);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} users[] = {
    {"all there",
     USER("created", ",'first_name':'Ada','last_name':'L\\u00f6w',"
                     "'image_url':'http:\\/\\/i','external_id':'7',"
                     "'public_metadata':{'a': [1, null]},'created_at':5,"
                     "'updated_at':1700000000123") "}",
     "first=<Ada> last=<L\xc3\xb6w> avatar=<http://i> external=<7> "
     "metadata=<{\"a\": [1, null]}> created=5000 updated=1700000000123"},
    {"all null",
     USER("created", ",'first_name':null,'last_name':null,'image_url':null,"
                     "'external_id':null,'public_metadata':null,"
                     "'created_at':null,'updated_at':null") "}",
     "first=NULL last=NULL avatar=NULL external=NULL metadata=NULL "
     "created=NULL updated=NULL"},
    {"nothing there", USER("updated", "") ",'timestamp':1700000000000}",
     "first=NULL last=NULL avatar=NULL external=NULL metadata=NULL "
     "created=NULL updated=NULL"},
    {"wrong types",
     USER("created", ",'first_name':1,'last_name':[],'image_url':{},"
                     "'external_id':true,'public_metadata':'{}',"
                     "'created_at':'5','updated_at':1.5") "}",
     "first=NULL last=NULL avatar=NULL external=NULL metadata=NULL "
     "created=NULL updated=NULL"},
    {"empty texts are texts",
     USER("created", ",'first_name':'','last_name':' ','external_id':'',"
                     "'public_metadata':{}") "}",
     "first=<> last=< > avatar=NULL external=<> metadata=<{}> created=NULL "
     "updated=NULL"},
    {"the last of members with one name",
     USER("created", ",'first_name':'a','first_name':'b','last_name':'c',"
                     "'last_name':null") "}",
     "first=<b> last=NULL avatar=NULL external=NULL metadata=NULL "
     "created=NULL updated=NULL"},
};

static void show_user(const struct user_row *row)
{
    show("first", row->first_name);
    show("last", row->last_name);
    show("avatar", row->avatar_url);
    show("external", row->external_id);
    show("metadata", row->public_metadata);
    show_time("created", row->created_at);
    show_time("updated", row->updated_at);
}

static void a_user_has_the_columns_that_were_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        show_user(first_mention(users[i].text)->row.user);
        assert_shown(users[i].name, users[i].expected);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *expected;
} organizations[] = {
    {"all there",
     ORGANIZATION("created",
                  ",'name':'A \\ud83e\\udd89','slug':'A-b_C1','image_url':'i',"
                  "'created_by':'user_gone','public_metadata':{'x':1.0},"
                  "'created_at':1700000000,'updated_at':1700000000001"),
     "name=<A \xf0\x9f\xa6\x89> slug=<A-b_C1> base=<abc1> image=<i> "
     "by=<user_gone> metadata=<{\"x\":1.0}> created=1700000000000 "
     "updated=1700000000001"},
    {"nothing there", ORGANIZATION("updated", ",'slug':null,'name':5"),
     "name=NULL slug=NULL base=<> image=NULL by=NULL metadata=NULL "
     "created=NULL updated=NULL"},
};

static void show_organization(const struct organization_row *row)
{
    show("name", row->name);
    show("slug", row->slug);
    show("base", row->base);
    show("image", row->image_url);
    show("by", row->created_by);
    show("metadata", row->public_metadata);
    show_time("created", row->created_at);
    show_time("updated", row->updated_at);
}

static void an_organization_has_the_columns_that_were_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(organizations) / sizeof(organizations[0]);
         i++) {
        const struct mention *own = first_mention(organizations[i].text);
        show_organization(own->row.organization);
        assert_shown(organizations[i].name, organizations[i].expected);
        assert_int_equal(own->created_ms, own->row.organization->created_at.ms);
    }
}

#define WHOLE_MEMBER                                                           \
    MEMBER("updated", "orgmem_1",                                              \
           ",'role':'org:admin','permissions':['a', 5],"                       \
           "'public_metadata':{'m':0},'created_at':7,'updated_at':8",          \
           ",'name':'O','slug':'o-o','created_at':5,'created_by':'user_b'",    \
           ",'first_name':'Ada','last_name':null,'image_url':'i',"             \
           "'identifier':'ada@y','username':'ada','created_at':5,"             \
           "'updated_at':6,'public_metadata':{}")

static void a_membership_tells_of_itself_and_both_parents(void **state)
{
    struct event *event = event_of(&arena, "msg_1", WHOLE_MEMBER);
    const struct membership_row *row = event->mentions[0].row.membership;

    (void)state;
    assert_int_equal(event->mention_count, 4);
    show("id", row->id);
    show("organization", row->organization_id);
    show("user", row->user_id);
    show("role", row->clerk_role);
    show("permissions", row->permissions);
    show("metadata", row->public_metadata);
    show_time("created", row->created_at);
    show_time("updated", row->updated_at);
    assert_shown("membership",
                 "id=<orgmem_1> organization=<org_o> user=<user_a> "
                 "role=<org:admin> permissions=<[\"a\", 5]> "
                 "metadata=<{\"m\":0}> created=7000 updated=8000");
    show_organization(event->mentions[1].row.organization);
    assert_shown("organization",
                 "name=<O> slug=<o-o> base=<oo> image=NULL by=<user_b> "
                 "metadata=NULL created=5000 updated=NULL");
    show_user(event->mentions[2].row.user);
    show("username", event->mentions[2].row.user->username);
    show("email", event->mentions[2].row.user->email);
    assert_shown("user", "first=<Ada> last=NULL avatar=<i> external=NULL "
                         "metadata=NULL created=NULL updated=NULL "
                         "username=NULL email=NULL");
}

/* Kinds, effects and versions of all mentions, as text. */
static void show_mentions(const struct event *event)
{
    for (int i = 0; i < event->mention_count; i++) {
        const struct mention *at = &event->mentions[i];
        buffer_add_format(&shown, " %s:%d", entity_kind_names[at->kind],
                          at->effect);
        if (at->effect == MENTION_DATA)
            buffer_add_format(&shown, "(%d,%lld,%d,%lld,%.*s)",
                              at->version.class, (long long)at->version.t,
                              at->version.rank, (long long)at->version.ts,
                              SLICE_PRINT(at->version.id));
    }
}

static const struct {
    const char *text;
    const char *expected;
} versions[] = {
    {USER("created", ",'updated_at':5") ",'timestamp':7}",
     "user:0(1,5000,1,7000,msg_1)"},
    {USER("updated", "") ",'timestamp':7}", "user:0(1,7000,2,7000,msg_1)"},
    {USER("deleted", ",'updated_at':5") ",'timestamp':7}", "user:1"},
    {ORGANIZATION("updated", ",'created_at':3"),
     "organization:0(1,3000,2,0,msg_1)"},
    {ORGANIZATION("deleted", ""), "organization:1"},
    {WHOLE_MEMBER, "membership:0(1,8000,2,100000,msg_1) "
                   "organization:0(0,100000,2,100000,msg_1) "
                   "user:0(0,6000,2,100000,msg_1) pair:2"},
    {MEMBER("created", "m", ",'created_at':7", ",'updated_at':9", ""),
     "membership:0(1,100000,1,100000,msg_1) "
     "organization:0(0,9000,1,100000,msg_1) "
     "user:0(0,100000,1,100000,msg_1) pair:2"},
    {MEMBER("deleted", "m", ",'created_at':7,'updated_at':8", "", ""),
     "membership:1 organization:0(0,100000,3,100000,msg_1) "
     "user:0(0,100000,3,100000,msg_1) pair:2"},
};

static void each_mention_has_the_version_of_its_own_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        show_mentions(event_of(&arena, "msg_1", versions[i].text));
        assert_shown(versions[i].text, versions[i].expected);
    }
}

static int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    buffer_release(&shown);
    return 0;
}

static int prepare(void **state)
{
    (void)state;
    buffer_init(&shown, 1 << 16);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    buffer_clear(&shown);
    return 0;
}

#define EACH(test) cmocka_unit_test_setup(test, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_primary_address_is_the_one_that_is_named),
        EACH(a_user_has_the_columns_that_were_given),
        EACH(an_organization_has_the_columns_that_were_given),
        EACH(a_membership_tells_of_itself_and_both_parents),
        EACH(each_mention_has_the_version_of_its_own_object),
    };

    return cmocka_run_group_tests(tests, prepare, forget);
}
