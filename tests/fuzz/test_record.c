/* The producer's side of an event: lines "id" and "traceparent", then the
 * body.  Whatever was signed becomes a record whole, and its key is the one
 * that jansson and a second telling of the rules make of it. */
#include "tests/unit/json_as_jansson.h"

#include "producer/record.h"
#include "tests/fuzz/fuzz.h"

/* Empty where there is no such string; one with a NUL in it is none. */
static struct slice text_in(json_t *object, const char *name)
{
    json_t *found = json_object_get(object, name);
    struct slice text = {json_string_value(found), json_string_length(found)};

    if (text.data == NULL || memchr(text.data, '\0', text.size) != NULL)
        return SLICE_EMPTY;
    return text;
}

static bool begins(struct slice type, const char *family)
{
    return slice_starts_with(type, family);
}

static struct slice owner_of(struct slice type, json_t *data)
{
    if (begins(type, "organizationMembership."))
        return text_in(json_object_get(data, "organization"), "id");
    if (begins(type, "organizationInvitation.") ||
        begins(type, "organizationDomain."))
        return text_in(data, "organization_id");
    if (begins(type, "session."))
        return text_in(data, "user_id");
    if (begins(type, "user.") || begins(type, "organization."))
        return text_in(data, "id");
    return SLICE_EMPTY;
}

static struct slice expected_key(struct slice type, json_t *data,
                                 struct slice id)
{
    json_t *payer = json_object_get(data, "payer");
    const struct slice others[] = {
        owner_of(type, data),      text_in(data, "organization_id"),
        text_in(data, "user_id"),  text_in(payer, "organization_id"),
        text_in(payer, "user_id"), text_in(data, "id"),
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (others[i].size > 0)
            return others[i];
    return id;
}

static void check_headers(const struct record *record)
{
    FUZZ_CHECK(record->count <= RECORD_HEADERS_MAX, "%zu", record->count);
    for (size_t i = 0; i < record->count; i++) {
        FUZZ_CHECK(record->headers[i].value.data != NULL, "%s",
                   record->headers[i].name);
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(
                strcmp(record->headers[i].name, record->headers[j].name) != 0,
                "%s", record->headers[i].name);
    }
}

static struct slice header(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->count; i++)
        if (strcmp(record->headers[i].name, name) == 0)
            return record->headers[i].value;
    return SLICE_EMPTY;
}

/* Where jansson reads the body, too. */
static void check_key(const struct record *record, struct slice type,
                      const struct signature_claim *claim)
{
    json_t *root = json_loadb(claim->body.data, claim->body.size,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct slice key =
        expected_key(type, json_object_get(root, "data"), claim->id);

    FUZZ_CHECK(root == NULL || slice_equal(record->key, key),
               "key %.*s, expected %.*s", SLICE_PRINT(record->key),
               SLICE_PRINT(key));
    json_decref(root);
}

static void check_event(const struct signature_claim *claim,
                        const struct envelope *env, struct slice traceparent,
                        struct arena *arena)
{
    struct record record;

    record_of_event(claim, env, traceparent, arena, &record);
    check_headers(&record);
    check_key(&record, env->type, claim);
    FUZZ_CHECK(record.key.size > 0 || claim->id.size == 0, "no key");
    FUZZ_CHECK(record.value.data == claim->body.data, "another value");
    FUZZ_CHECK(slice_equal(header(&record, "ce_type"), env->type), "ce_type");
    FUZZ_CHECK(slice_equal(header(&record, "ce_id"), claim->id), "ce_id");
    FUZZ_CHECK(slice_equal(header(&record, "svix-id"), claim->id), "svix-id");
    FUZZ_CHECK(slice_equal(header(&record, "ce_subject"), record.key),
               "ce_subject");
    FUZZ_CHECK(slice_starts_with(header(&record, "ce_source"), "clerk/"),
               "ce_source");
    FUZZ_CHECK(slice_equal(header(&record, "traceparent"), traceparent),
               "traceparent");
}

static void check_dead_letter(const struct signature_claim *claim,
                              const char *reason)
{
    struct record record;

    record_of_dead_letter(claim, reason, &record);
    check_headers(&record);
    FUZZ_CHECK(reason[0] != '\0', "no reason");
    FUZZ_CHECK(slice_equal(record.key, claim->id), "another key");
    FUZZ_CHECK(record.value.data == claim->body.data, "another value");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct signature_claim claim = {.id = fuzz_line(&input),
                                    .timestamp = slice_of("1700000000"),
                                    .signatures = slice_of("v1,")};
    struct slice traceparent = fuzz_line(&input);
    struct json_document doc = {.count = 0};
    struct arena arena = {NULL};
    struct envelope env;
    struct error err;

    claim.body = fuzz_rest(&input);
    if (envelope_parse(claim.body, &doc, &arena, &env, &err) == 0)
        check_event(&claim, &env, traceparent, &arena);
    else
        check_dead_letter(&claim, err.text);
    arena_release(&arena);
    json_release(&doc);
    fuzz_free(claim.id);
    fuzz_free(traceparent);
    fuzz_free(claim.body);
    return 0;
}
