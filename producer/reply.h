/* reply - every way in which a request can end, and what is answered then.
 *
 * One table of outcomes gives status, text and headers.  Answers never hold
 * anything of the body, the secret or the expected signature. */
#pragma once

#include "shared/buffer.h"
#include "shared/error.h"

#include <stdbool.h>
#include <stdint.h>

enum outcome {
    OUTCOME_OPEN, /* not decided yet */
    OUTCOME_ACCEPTED,
    OUTCOME_IGNORED_TYPE,
    OUTCOME_IGNORED_INSTANCE,
    OUTCOME_DEAD_LETTERED,
    OUTCOME_ALIVE,
    OUTCOME_NO_ROUTE,
    OUTCOME_WRONG_METHOD,
    OUTCOME_FLAWED, /* malformed framing: whose bytes come next is unsure */
    OUTCOME_NO_LENGTH,
    OUTCOME_BAD_HEADERS,
    OUTCOME_TOO_LARGE,
    OUTCOME_TOO_SLOW,
    OUTCOME_NOT_SIGNED,
    OUTCOME_TOO_MANY,
    OUTCOME_RECORD_TOO_LARGE,
    OUTCOME_UNAVAILABLE,
    OUTCOMES
};

#define REPLY_OFFSET_UNKNOWN (-1)

struct reply {
    enum outcome outcome;
    const char *reason; /* instead of the table's; kept */
    const char *allow;  /* methods, with OUTCOME_WRONG_METHOD; kept */
    const char *topic;  /* where the record lies: kept */
    int32_t partition;
    int64_t offset; /* or REPLY_OFFSET_UNKNOWN */
};

/* What a failed step of the path is answered with. */
enum outcome reply_outcome_of(enum error_kind kind);

unsigned reply_status(const struct reply *reply);
/* Whether the connection must not carry another request. */
bool reply_closes(const struct reply *reply);
/* A word for metrics: "accepted", "ignored", "dead_lettered"; else NULL. */
const char *reply_event_status(const struct reply *reply);

/* The JSON text; `id` is shown where the outcome has one. */
void reply_body(const struct reply *reply, struct slice id, struct buffer *out);

/* The header fields that this outcome adds, from 0 on; NULL at their end. */
struct reply_field {
    const char *name;
    const char *value;
};
const struct reply_field *reply_field_at(const struct reply *reply, size_t i,
                                         struct reply_field *space);

/* The whole answer as bytes, with "Connection: close": for a connection on
 * which the HTTP library answers no more. */
void reply_write(const struct reply *reply, struct slice id,
                 struct buffer *out);
