#include "consumer/dead_letter.h"

#include "consumer/decode.h"

void dead_letter_headers(const struct event *event, int64_t now_ms,
                         struct arena *arena,
                         struct letter_header out[DEAD_LETTER_HEADERS])
{
    const struct place *origin = &event->record.origin;
    struct slice reason = slice_of(event->refusal.text);
    const char *class = strcmp(event->stage, STAGE_WRITE) == 0
                            ? "clerkstream.DatabaseError"
                            : "clerkstream.MalformedEvent";
    const struct letter_header headers[DEAD_LETTER_HEADERS] = {
        {"__connect.errors.topic", origin->topic},
        {"__connect.errors.partition", letter_number(origin->partition, arena)},
        {"__connect.errors.offset", letter_number(origin->offset, arena)},
        {"__connect.errors.stage", slice_of(event->stage)},
        {"__connect.errors.exception.class.name", slice_of(class)},
        {"__connect.errors.exception.message", reason},
        {"clerkstream-reason", reason},
        {"clerkstream-attempts", letter_number(event->attempts, arena)},
        {"clerkstream-failed-at", letter_number(now_ms, arena)},
        {"clerkstream-redrives", letter_number(event->record.redrives, arena)},
        {"clerkstream-retry-at", SLICE_EMPTY},
    };

    memcpy(out, headers, sizeof(headers));
}
