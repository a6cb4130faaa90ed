/* The consumer's side of an event.  The first byte says whether the rest is
 * the whole value of a record, or the `data` of one of the types that change
 * something; the second, whether a backfill found it.
 *
 * Whatever comes gets a fate; what is to be applied can be stored. */
#include "consumer/claim.h"
#include "consumer/decode.h"
#include "consumer/events/events.h"
#include "consumer/merge.h"
#include "shared/buffer.h"
#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"

#define VALUE_BYTES_MAX (1 << 20)

static void check_text(const char *name, struct slice text)
{
    FUZZ_CHECK(
        text.data == NULL ||
            (utf8_is_valid(text) && memchr(text.data, '\0', text.size) == NULL),
        "%s: %.*s", name, SLICE_PRINT(text));
}

static void check_id(struct slice id)
{
    FUZZ_CHECK(id.size > 0 && id.size <= EVENT_ID_BYTES_MAX, "%zu bytes",
               id.size);
    check_text("id", id);
}

/* NULL, or JSON that PostgreSQL can keep. */
static void check_json(const char *name, struct slice text, enum json_type type)
{
    struct json_document doc = {.count = 0};
    struct error err;

    if (text.data == NULL)
        return;
    FUZZ_CHECK(json_parse(&doc, text, &err) == 0, "%s: %s", name, err.text);
    FUZZ_CHECK(doc.nodes[0].type == type && !doc.has_unstorable, "%s", name);
    json_release(&doc);
}

static void check_instant(struct instant at)
{
    FUZZ_CHECK(at.state == INSTANT_PRESENT
                   ? at.ms >= INSTANT_MIN && at.ms <= INSTANT_MAX
                   : at.ms == 0,
               "%d %lld", at.state, (long long)at.ms);
    FUZZ_CHECK(at.state != INSTANT_OUT_OF_RANGE, "cannot be stored");
}

static void check_user(const struct user_row *row)
{
    check_id(row->id);
    check_text("email", row->email);
    check_text("phone", row->phone);
    check_text("username", row->username);
    check_text("first_name", row->first_name);
    check_text("last_name", row->last_name);
    check_text("avatar_url", row->avatar_url);
    check_text("external_id", row->external_id);
    check_json("public_metadata", row->public_metadata, JSON_OBJECT);
    check_instant(row->created_at);
    check_instant(row->updated_at);
}

static void check_organization(const struct organization_row *row)
{
    check_id(row->id);
    check_text("name", row->name);
    check_text("slug", row->slug);
    check_text("image_url", row->image_url);
    check_text("created_by", row->created_by);
    check_text("base", row->base);
    check_json("public_metadata", row->public_metadata, JSON_OBJECT);
    check_instant(row->created_at);
    check_instant(row->updated_at);
}

/* What its register keeps of it says the same. */
static void check_content(const struct membership_row *row)
{
    struct arena arena = {NULL};
    struct slice content = membership_write_content(row, &arena);
    const struct membership_row *again =
        membership_read_content(content, &arena);

    check_json("content", content, JSON_OBJECT);
    FUZZ_CHECK(slice_equal(again->id, row->id) &&
                   slice_equal(again->organization_id, row->organization_id) &&
                   slice_equal(again->user_id, row->user_id) &&
                   slice_equal(again->clerk_role, row->clerk_role) &&
                   (again->clerk_role.data == NULL) ==
                       (row->clerk_role.data == NULL),
               "%.*s", SLICE_PRINT(content));
    FUZZ_CHECK(slice_equal(again->permissions, row->permissions) &&
                   slice_equal(again->public_metadata, row->public_metadata),
               "%.*s", SLICE_PRINT(content));
    FUZZ_CHECK(again->created_at.state == row->created_at.state &&
                   again->created_at.ms == row->created_at.ms &&
                   again->updated_at.state == row->updated_at.state &&
                   again->updated_at.ms == row->updated_at.ms,
               "%.*s", SLICE_PRINT(content));
    arena_release(&arena);
}

static void check_membership(const struct membership_row *row)
{
    struct arena arena = {NULL};
    struct slice organization, user;

    check_id(row->id);
    check_id(row->organization_id);
    check_id(row->user_id);
    check_text("clerk_role", row->clerk_role);
    check_json("permissions", row->permissions, JSON_ARRAY);
    check_json("public_metadata", row->public_metadata, JSON_OBJECT);
    check_instant(row->created_at);
    check_instant(row->updated_at);
    check_content(row);
    membership_split_pair(
        membership_pair_id(row->organization_id, row->user_id, &arena),
        &organization, &user);
    FUZZ_CHECK(slice_equal(organization, row->organization_id) &&
                   slice_equal(user, row->user_id),
               "another pair");
    arena_release(&arena);
}

static void check_mention(const struct mention *mention)
{
    FUZZ_CHECK(mention->id.size > 0, "no id");
    check_instant(mention->deleted_at);
    if (mention->effect != MENTION_DATA)
        return;
    if (mention->kind == ENTITY_USER)
        check_user(mention->row.user);
    else if (mention->kind == ENTITY_ORGANIZATION)
        check_organization(mention->row.organization);
    else if (mention->kind == ENTITY_MEMBERSHIP)
        check_membership(mention->row.membership);
}

static void check_refusal(const struct event *event)
{
    FUZZ_CHECK(event->refusal.kind == ERROR_INPUT, "%d", event->refusal.kind);
    FUZZ_CHECK(event->refusal.text[0] != '\0' && event->stage != NULL,
               "no reason");
    check_text("refusal", slice_of(event->refusal.text));
    FUZZ_CHECK(event->mention_count <= 1, "%d", event->mention_count);
}

static void check_event(const struct event *event)
{
    struct json_document doc = {.count = 0};
    struct error err;

    check_text("type", event->type);
    FUZZ_CHECK(event->payload.data == NULL ||
                   json_parse(&doc, event->payload, &err) == 0,
               "a payload that is not JSON");
    json_release(&doc);
    FUZZ_CHECK(event->mention_count <= EVENT_MENTIONS_MAX, "too many");
    if (event->fate == EVENT_REFUSE)
        check_refusal(event);
    if (event->fate == EVENT_APPLY)
        FUZZ_CHECK(event->mention_count > 0, "says nothing");
    for (int i = 0; i < event->mention_count; i++)
        check_mention(&event->mentions[i]);
}

/* Alone and twice in one batch. */
static void apply(struct event *event, struct arena *arena)
{
    struct event *batch[] = {event, event};
    struct registers regs = registers_of(batch, 2, arena);
    struct rows rows;

    merge(batch, 2);
    rows_of(&regs, arena, &rows);
    claim_subdomains(&rows, NULL, 0, arena);
    FUZZ_CHECK(rows.organizations_count <= 1 && rows.users_count <= 1 &&
                   rows.memberships_count <= 1,
               "of one event");
    for (size_t i = 0; i < rows.organizations_count; i++)
        check_text("subdomain", rows.organizations[i].subdomain);
}

static struct slice value_of(struct fuzz_input *input, unsigned kind)
{
    struct slice rest = fuzz_rest(input);
    struct buffer value;
    struct slice whole;

    if (kind >= event_types_count)
        return rest;
    buffer_init(&value, VALUE_BYTES_MAX);
    buffer_add_format(&value,
                      "{\"type\":\"%s\",\"timestamp\":1700000000123,\"data\":",
                      event_types[kind].name);
    buffer_add_slice(&value, rest);
    buffer_add_text(&value, "}");
    fuzz_free(rest);
    whole = buffer_slice(&value);
    rest =
        fuzz_take(&(struct fuzz_input){(const uint8_t *)whole.data, whole.size},
                  whole.size);
    buffer_release(&value);
    return rest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    unsigned kind = fuzz_byte(&input) % ((unsigned)event_types_count * 2);
    struct record record = {.origin = {.topic = slice_of("clerk.events")},
                            .id = slice_of("msg_1"),
                            .is_snapshot = fuzz_byte(&input) & 1};
    struct json_document json = {.count = 0};
    struct arena arena = {NULL};
    struct event event;

    record.value = record.key = value_of(&input, kind);
    decode(&record, &json, &arena, &event);
    check_event(&event);
    apply(&event, &arena);
    arena_release(&arena);
    json_release(&json);
    fuzz_free(record.value);
    return 0;
}
