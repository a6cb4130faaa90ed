/* Keys and headers of records. */
#include "producer/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ID "msg_1"
#define ALL                                                                    \
    "\"organization_id\":\"org_1\",\"user_id\":\"user_1\",\"payer\":{"         \
    "\"organization_id\":\"org_2\",\"user_id\":\"user_2\"},"                   \
    "\"organization\":{\"id\":\"org_3\"},\"id\":\"x_1\""

/* An event and what it was made of. */
struct sample {
    struct json_document json;
    struct arena arena;
    struct envelope env;
};

static void sample_init(struct sample *sample, const char *body)
{
    struct error err;

    *sample = (struct sample){.arena = {NULL}};
    if (envelope_parse(slice_of(body), &sample->json, &sample->arena,
                       &sample->env, &err) != 0)
        fail_msg("%s: %s", body, err.text);
}

static void sample_release(struct sample *sample)
{
    json_release(&sample->json);
    arena_release(&sample->arena);
}

static const struct {
    const char *type, *data, *key;
} keys[] = {
    /* The proper owner, whatever else is there. */
    {"user.created", ALL, "x_1"},
    {"user.updated", ALL, "x_1"},
    {"user.", ALL, "x_1"},
    {"organization.created", ALL, "x_1"},
    {"organizationMembership.created", ALL, "org_3"},
    {"organizationMembership.deleted", ALL, "org_3"},
    {"organizationInvitation.accepted", ALL, "org_1"},
    {"organizationDomain.deleted", ALL, "org_1"},
    {"session.ended", ALL, "user_1"},
    /* Others, as one after the other is missing. */
    {"email.created", ALL, "org_1"},
    {"user", ALL, "org_1"},
    {"users.created", ALL, "org_1"},
    {"User.created", ALL, "org_1"},
    {"organizations.created", ALL, "org_1"},
    {"organizationMembershipRequest.created", ALL, "org_1"},
    {"sessions.x", ALL, "org_1"},
    {"x", "\"user_id\":\"user_1\",\"payer\":{},\"id\":\"x_1\"", "user_1"},
    {"x",
     "\"payer\":{\"organization_id\":\"org_2\",\"user_id\":\"user_2\"},"
     "\"id\":\"x_1\"",
     "org_2"},
    {"x", "\"payer\":{\"user_id\":\"user_2\"},\"id\":\"x_1\"", "user_2"},
    {"x", "\"payer\":\"user_2\",\"id\":\"x_1\"", "x_1"},
    {"x", "\"id\":\"x_1\"", "x_1"},
    {"x", "\"more\":1", ID},
    {"x", "", ID},
    /* A proper owner that is missing falls back to the others' row. */
    {"user.deleted", "\"user_id\":\"user_1\"", "user_1"},
    {"organizationMembership.created", "\"id\":\"orgmem_1\"", "orgmem_1"},
    {"organizationMembership.created",
     "\"organization\":\"org_3\",\"id\":\"orgmem_1\"", "orgmem_1"},
    {"organizationMembership.created",
     "\"organization\":{},\"user_id\":\"user_1\"", "user_1"},
    {"organizationDomain.deleted", "\"id\":\"orgdmn_1\"", "orgdmn_1"},
    {"session.created", "\"id\":\"sess_1\"", "sess_1"},
    /* What is no string, or an empty one, is missing. */
    {"user.created", "\"id\":\"\"", ID},
    {"user.created", "\"id\":7", ID},
    {"user.created", "\"id\":null,\"user_id\":\"user_1\"", "user_1"},
    {"user.created", "\"id\":{\"id\":\"x\"}", ID},
    {"user.created", "\"id\":[\"x\"]", ID},
    {"x", "\"organization_id\":\"\",\"user_id\":5,\"id\":\"x_1\"", "x_1"},
    /* Text as it is meant, not as it is written. */
    {"user.created", "\"\\u0069d\":\"us\\u0065r\"", "user"},
    {"user.created", "\"id\":\"a\",\"id\":\"b\"", "b"},
    {"user.created", "\"id\":\"a\\u0000\",\"user_id\":\"user_1\"", "user_1"},
    {"user.created", "\"id\":\"\\ud800\"", ID},
    {"user.created", "\"id\":\" \"", " "},
};

static void every_row_of_the_key_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct sample sample;
        struct slice key;
        char body[1000];
        snprintf(body, sizeof(body), "{\"type\":\"%s\",\"data\":{%s}}",
                 keys[i].type, keys[i].data);
        sample_init(&sample, body);
        key = record_key(&sample.env, slice_of(ID), &sample.arena);
        if (!slice_is(key, keys[i].key))
            fail_msg("%s: %.*s", body, SLICE_PRINT(key));
        sample_release(&sample);
    }
}

static const struct signature_claim claim = {
    {"msg_1", 5}, {"1614265330", 10}, {"v1,x v1,y", 9}, {"{...}", 5}};

/* "name=value|name=value", which is what shall be compared. */
static void join(const struct record *record, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < record->count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s=%.*s",
                                 i > 0 ? "|" : "", record->headers[i].name,
                                 SLICE_PRINT(record->headers[i].value));
}

#define SIGNED                                                                 \
    "svix-id=msg_1|svix-timestamp=1614265330|svix-signature=v1,x v1,y"

static const struct {
    const char *more, *trace, *headers;
} events[] = {
    {"", "",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|content-type=application/json|" SIGNED},
    {",\"instance_id\":\"ins_1\",\"timestamp\":1716883200123", "00-a",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/ins_1|"
     "ce_subject=x|ce_time=2024-05-28T08:00:00.123Z|"
     "content-type=application/json|" SIGNED "|traceparent=00-a"},
    {",\"instance_id\":\"\",\"timestamp\":1716883200", "",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|ce_time=2024-05-28T08:00:00.000Z|"
     "content-type=application/json|" SIGNED},
    {",\"instance_id\":5,\"timestamp\":\"1716883200\"", "",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|content-type=application/json|" SIGNED},
    {",\"timestamp\":1716883200.5", "",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|content-type=application/json|" SIGNED},
    {",\"timestamp\":1e300", "",
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|content-type=application/json|" SIGNED},
    {",\"timestamp\":-70000000000000", "", /* before the year 1000 */
     "ce_specversion=1.0|ce_id=msg_1|ce_type=a.b|ce_source=clerk/unknown|"
     "ce_subject=x|content-type=application/json|" SIGNED},
};

static void headers_of_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        struct sample sample;
        struct record record;
        char body[500], headers[2000];
        snprintf(body, sizeof(body),
                 "{\"type\":\"a.b\",\"data\":{\"id\":\"x\"}%s}",
                 events[i].more);
        sample_init(&sample, body);
        record_of_event(&claim, &sample.env, slice_of(events[i].trace),
                        &sample.arena, &record);
        join(&record, headers, sizeof(headers));
        assert_string_equal(headers, events[i].headers);
        assert_true(slice_is(record.key, "x"));
        assert_ptr_equal(record.value.data, claim.body.data);
        assert_true(record.count <= RECORD_HEADERS_MAX);
        sample_release(&sample);
    }
}

static void headers_of_a_dead_letter(void **state)
{
    struct record record;
    char headers[500];

    (void)state;
    record_of_dead_letter(&claim, "not JSON", &record);
    join(&record, headers, sizeof(headers));
    assert_string_equal(headers, SIGNED "|clerkstream-reason=not JSON");
    assert_true(slice_is(record.key, ID));
    assert_ptr_equal(record.value.data, claim.body.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_key_table),
        cmocka_unit_test(headers_of_events),
        cmocka_unit_test(headers_of_a_dead_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
