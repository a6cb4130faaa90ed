/* decode - one record of the log becomes an event, or a refusal with a reason.
 *
 * Pure.  Every record gets a fate: apply (one of the types that change
 * something), ignore (any other type), refuse (it can never be applied). */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"
#include "shared/json.h"

/* What Kafka Connect calls the two places where a record can fail. */
#define STAGE_DECODE "VALUE_CONVERTER"
#define STAGE_WRITE "TASK_PUT"

/* Describe `record` as `ret_event`, which points into it and into `arena`.
 * `json` is memory to work in. */
void decode(const struct record *record, struct json_document *json,
            struct arena *arena, struct event *ret_event);

/* Turn an event into a refused one: what it mentioned is forgotten, but for
 * the user who it is about. */
void decode_refuse(struct event *event, const char *stage,
                   const struct error *reason);

/* Turn an event into one that is tried again at `retry_at_ms`: the same. */
void decode_retry(struct event *event, const struct error *reason,
                  int64_t retry_at_ms);

/* The header of a record that was made from an answer of Clerk's API, as a
 * backfill does, and not from a webhook.  With this value all that the event
 * says has RANK_SNAPSHOT; any other value is ignored.  It can be trusted: the
 * producer passes no such header on, so only a client that may write to the
 * topic can set it. */
#define SNAPSHOT_HEADER "clerkstream-rank"
#define SNAPSHOT_VALUE "0"

/* The headers that an event's id is looked for in, in this order. */
#define DECODE_ID_HEADERS 3
extern const char *const decode_id_headers[DECODE_ID_HEADERS];

/* Whether a header's value can be an event's id: 1 to EVENT_ID_BYTES_MAX bytes
 * of UTF-8 without NUL. */
bool decode_is_id(struct slice text);
