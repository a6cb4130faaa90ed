/* filter - which events a command is about; spelled the same everywhere.
 *
 * A command includes the rows of the flags that it has, in its table, and a
 * `struct filter filter` in the struct that they fill.  What was given is
 * evaluated in the database (FILTER_WHERE with filter_values()) or on a record
 * of Kafka's (filter_matches()): the two mean the same.  Pure. */
#pragma once

#include "console/command.h"
#include "shared/slice.h"

struct filter {
    const char *id;
    const char *type; /* "user.*" is all that begins with "user." */
    const char *entity;
    const char *error; /* a part of the reason; ASCII case is ignored */
    int status;        /* of filter_statuses; -1: any */
    int64_t from_ms;   /* FLAG_TIME_NONE: no bound */
    int64_t to_ms;
};

/* All events. */
#define FILTER_NONE                                                            \
    ((struct filter){                                                          \
        .status = -1, .from_ms = FLAG_TIME_NONE, .to_ms = FLAG_TIME_NONE})

/* The ledger's words. */
enum ledger_status {
    LEDGER_COMPLETED,
    LEDGER_IGNORED,
    LEDGER_SUPERSEDED,
    LEDGER_RETRYING,
    LEDGER_FAILED,
    LEDGER_STATUSES
};
extern const char *const filter_statuses[LEDGER_STATUSES + 1];

#define FILTER_ID(flags)                                                       \
    {                                                                          \
        .name = "id", .type = FLAG_TEXT, .offset = offsetof(flags, filter.id), \
        .value = "MSG_ID", .about = "The event with this svix-id.",            \
    }
#define FILTER_TYPE(flags)                                                     \
    {                                                                          \
        .name = "type", .type = FLAG_TEXT,                                     \
        .offset = offsetof(flags, filter.type), .value = "TYPE",               \
        .about = "Events of a type, as user.created; user.* means all that "   \
                 "begin so.",                                                  \
    }
#define FILTER_ENTITY(flags)                                                   \
    {                                                                          \
        .name = "entity", .type = FLAG_TEXT,                                   \
        .offset = offsetof(flags, filter.entity), .value = "ID",               \
        .about = "Events of a user or organization: the record's key.",        \
    }
#define FILTER_STATUS(flags)                                                   \
    {                                                                          \
        .name = "status", .type = FLAG_CHOICE,                                 \
        .offset = offsetof(flags, filter.status), .value = "STATUS",           \
        .choices = filter_statuses,                                            \
        .about = "Events with this status in the ledger.",                     \
    }
#define FILTER_ERROR(flags)                                                    \
    {                                                                          \
        .name = "error", .type = FLAG_TEXT,                                    \
        .offset = offsetof(flags, filter.error), .value = "TEXT",              \
        .about = "Events whose last error has this text in it.",               \
    }
#define FILTER_FROM(flags)                                                     \
    {                                                                          \
        .name = "from", .type = FLAG_TIME,                                     \
        .offset = offsetof(flags, filter.from_ms), .value = "TIME",            \
        .about = "Events taken at this time or later (RFC 3339, with zone).",  \
    }
#define FILTER_TO(flags)                                                       \
    {                                                                          \
        .name = "to", .type = FLAG_TIME,                                       \
        .offset = offsetof(flags, filter.to_ms), .value = "TIME",              \
        .about = "Events taken before this time.",                             \
    }
/* All of them. */
#define FILTER_FLAGS(flags)                                                    \
    FILTER_ID(flags), FILTER_TYPE(flags), FILTER_ENTITY(flags),                \
        FILTER_STATUS(flags), FILTER_ERROR(flags), FILTER_FROM(flags),         \
        FILTER_TO(flags)

/* A condition on webhook_events; a command's own values begin at $9. */
#define FILTER_VALUES 8
#define FILTER_WHERE                                                           \
    "($1::text is null or webhook_id = $1)\n"                                  \
    "  and ($2::text is null or event_type = $2)\n"                            \
    "  and ($3::text is null or starts_with(event_type, $3))\n"                \
    "  and ($4::text is null or entity_id = $4)\n"                             \
    "  and ($5::text is null or status = $5)\n"                                \
    "  and ($6::text is null or strpos(lower(last_error collate \"C\"),\n"     \
    "                                  lower($6 collate \"C\")) > 0)\n"        \
    "  and ($7::bigint is null or created_at >=\n"                             \
    "       'epoch'::timestamptz + $7 * interval '1 millisecond')\n"           \
    "  and ($8::bigint is null or created_at <\n"                              \
    "       'epoch'::timestamptz + $8 * interval '1 millisecond')\n"

/* The values of $1 to $8; borrow from `filter` and from this struct. */
struct filter_values {
    const char *values[FILTER_VALUES];
    char type_prefix[128];
    char from_ms[24], to_ms[24];
};
void filter_values(const struct filter *filter,
                   struct filter_values *ret_values);

/* What a record says of itself; what it does not say is empty. */
struct filter_subject {
    struct slice id, type, entity, error;
    int status; /* of filter_statuses; -1: none */
    int64_t time_ms;
};
bool filter_matches(const struct filter *filter,
                    const struct filter_subject *subject);

/* False: nothing was given, all events are meant. */
bool filter_is_given(const struct filter *filter);
