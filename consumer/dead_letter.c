#include "consumer/dead_letter.h"

#include "consumer/decode.h"

#include <stdio.h>

#define NUMBER_BYTES 24

static struct slice number(int64_t value, struct arena *arena)
{
    char *text = arena_bytes(arena, NUMBER_BYTES);
    int size = snprintf(text, NUMBER_BYTES, "%lld", (long long)value);

    return (struct slice){text, (size_t)size};
}

void dead_letter_headers(const struct event *event, int64_t now_ms,
                         struct arena *arena,
                         struct dead_letter_header out[DEAD_LETTER_HEADERS])
{
    const struct record *rec = &event->record;
    struct slice reason = slice_of(event->refusal.text);
    const char *class = strcmp(event->stage, STAGE_WRITE) == 0
                            ? "clerkstream.DatabaseError"
                            : "clerkstream.MalformedEvent";
    const struct dead_letter_header headers[DEAD_LETTER_HEADERS] = {
        {"__connect.errors.topic", rec->topic},
        {"__connect.errors.partition", number(rec->partition, arena)},
        {"__connect.errors.offset", number(rec->offset, arena)},
        {"__connect.errors.stage", slice_of(event->stage)},
        {"__connect.errors.exception.class.name", slice_of(class)},
        {"__connect.errors.exception.message", reason},
        {"clerkstream-reason", reason},
        {"clerkstream-attempts", slice_of("1")},
        {"clerkstream-failed-at", number(now_ms, arena)},
        {"clerkstream-redrives", slice_of("0")},
    };

    memcpy(out, headers, sizeof(headers));
}
