/* decoded - events for tests, written as JSON with ' in place of ".
 *
 *     event_of(&arena, "msg_1", "{'type':'user.deleted','data':{'id':'u'}}")
 *     event_of(&arena, "msg_1", USER("created", ",'updated_at':5") "}")
 */
#pragma once

#include "consumer/decode.h"
#include "shared/arena.h"

static inline struct slice json_of(struct arena *arena, const char *text)
{
    size_t size = strlen(text);
    char *bytes = arena_bytes(arena, size + 1);

    for (size_t i = 0; i <= size; i++)
        bytes[i] = text[i] == '\'' ? '"' : text[i];
    return (struct slice){bytes, size};
}

static inline struct event *event_of_record(struct arena *arena,
                                            const struct record *record)
{
    struct json_document json = {.count = 0};
    struct event *event = arena_get(arena, sizeof(*event));

    decode(record, &json, arena, event);
    json_release(&json);
    return event;
}

/* A record at offset 0 of clerk.events[0] with this id and value, decoded. */
static inline struct event *event_of(struct arena *arena, const char *id,
                                     const char *text)
{
    const struct record record = {.origin = {.topic = slice_of("clerk.events")},
                                  .created_ms = 1700000000000,
                                  .key = slice_of("key"),
                                  .value = json_of(arena, text),
                                  .id = arena_copy(arena, slice_of(id))};

    return event_of_record(arena, &record);
}

/* The same, as a backfill would write it. */
static inline struct event *snapshot_of(struct arena *arena, const char *id,
                                        const char *text)
{
    const struct record record = {.origin = {.topic = slice_of("clerk.events")},
                                  .created_ms = 1700000000000,
                                  .key = slice_of("key"),
                                  .value = json_of(arena, text),
                                  .id = arena_copy(arena, slice_of(id)),
                                  .is_snapshot = true};

    return event_of_record(arena, &record);
}

struct said {
    const char *id;
    const char *text;
};

static inline struct event *event_said(struct arena *arena,
                                       const struct said *said)
{
    return event_of(arena, said->id, said->text);
}

/* Events of user_a (the envelope left open), of org_o and of a membership of
 * both, with more of the members of each object. */
#define USER(action, rest)                                                     \
    "{'type':'user." action "','data':{'id':'user_a'" rest "}"
#define ORGANIZATION(action, rest)                                             \
    "{'type':'organization." action "','data':{'id':'org_o'" rest "}}"
#define MEMBER(action, id, rest, organization, user)                           \
    "{'type':'organizationMembership." action "','timestamp':100,'data':{"     \
    "'id':'" id "'" rest ",'organization':{'id':'org_o'" organization "},"     \
    "'public_user_data':{'user_id':'user_a'" user "}}}"
