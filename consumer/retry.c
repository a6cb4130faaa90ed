#include "consumer/retry.h"

#include "shared/backoff.h"

#define DELAY_FIRST_MS 1000
#define DELAY_MOST_MS 19200 /* 16 s and 20 % */
#define REDRIVES_MOST 1000000

const char *const retry_header_names[RETRY_HEADERS_READ] = {
    [RETRY_HEADER_ATTEMPTS] = "clerkstream-attempts",
    [RETRY_HEADER_AT] = "clerkstream-retry-at",
    [RETRY_HEADER_ORIGIN] = "clerkstream-origin",
    [RETRY_HEADER_CREATED_AT] = "clerkstream-created-at",
    [RETRY_HEADER_REDRIVES] = "clerkstream-redrives",
};

void retry_read(const struct slice values[RETRY_HEADERS_READ],
                struct record *record)
{
    bool is_retry = record->stream == STREAM_RETRIES;
    int64_t number;

    if (letter_read_number(values[RETRY_HEADER_REDRIVES], &number))
        record->redrives = number < REDRIVES_MOST ? number : REDRIVES_MOST;
    if (is_retry || record->redrives > 0)
        letter_read_place(values[RETRY_HEADER_ORIGIN], &record->origin);
    if (!is_retry)
        return;
    record->attempts = 1;
    if (letter_read_number(values[RETRY_HEADER_ATTEMPTS], &number))
        record->attempts = number < RETRY_TRIES ? (int)number : RETRY_TRIES - 1;
    letter_read_time(values[RETRY_HEADER_AT], &record->retry_at_ms);
    letter_read_time(values[RETRY_HEADER_CREATED_AT], &record->created_ms);
}

int64_t retry_delay_ms(int attempts, uint32_t random)
{
    return backoff_ms((unsigned)attempts - 1, DELAY_FIRST_MS, DELAY_MOST_MS,
                      random);
}

int64_t retry_wait_ms(const struct record *record, int64_t now_ms)
{
    int64_t left_ms = record->retry_at_ms - now_ms;

    if (left_ms < 0)
        return 0;
    return left_ms < DELAY_MOST_MS ? left_ms : DELAY_MOST_MS;
}

void retry_headers(const struct event *event, struct arena *arena,
                   struct letter_header out[RETRY_HEADERS])
{
    const struct letter_header headers[RETRY_HEADERS] = {
        {retry_header_names[RETRY_HEADER_ATTEMPTS],
         letter_number(event->attempts, arena)},
        {retry_header_names[RETRY_HEADER_AT],
         letter_number(event->retry_at_ms, arena)},
        {retry_header_names[RETRY_HEADER_ORIGIN],
         letter_place(&event->record.origin, arena)},
        {retry_header_names[RETRY_HEADER_CREATED_AT],
         letter_number(event->record.created_ms, arena)},
        {"clerkstream-reason", slice_of(event->refusal.text)},
    };

    memcpy(out, headers, sizeof(headers));
}
