/* The headers of retries and dead letters.  A byte for the topic that the
 * record came from, a line for each header that is read, then why the event was
 * refused.
 *
 * Of nonsense nothing is believed: what is read can be stored and waited for;
 * what we write says the same when it is read again. */
#include "consumer/dead_letter.h"
#include "consumer/decode.h"
#include "consumer/retry.h"
#include "shared/utf8.h"
#include "tests/fuzz/fuzz.h"

#define NOW_MS 1700000000123
#define WAIT_MOST_MS 19200

static void check_time(const char *name, int64_t ms)
{
    FUZZ_CHECK(ms >= 0 && ms <= INSTANT_MAX, "%s: %lld", name, (long long)ms);
}

static void check_record(const struct record *record)
{
    struct slice topic = record->origin.topic;

    FUZZ_CHECK(topic.size > 0 && utf8_is_valid(topic) &&
                   memchr(topic.data, '\0', topic.size) == NULL,
               "a topic that cannot be stored: %.*s", SLICE_PRINT(topic));
    FUZZ_CHECK(record->origin.partition >= 0 && record->origin.offset >= 0,
               "%d:%lld", record->origin.partition,
               (long long)record->origin.offset);
    FUZZ_CHECK(record->attempts >= 0 && record->attempts < RETRY_TRIES, "%d",
               record->attempts);
    FUZZ_CHECK(record->redrives >= 0, "%lld", (long long)record->redrives);
    check_time("created_ms", record->created_ms);
    check_time("retry_at_ms", record->retry_at_ms);
    for (int64_t now_ms = 0; now_ms <= NOW_MS; now_ms += NOW_MS) {
        int64_t wait_ms = retry_wait_ms(record, now_ms);
        FUZZ_CHECK(wait_ms >= 0 && wait_ms <= WAIT_MOST_MS, "%lld",
                   (long long)wait_ms);
    }
}

/* A value for each header that is read, of those that are written. */
static void find_values(const struct letter_header *headers, size_t count,
                        struct slice ret_values[RETRY_HEADERS_READ])
{
    memset(ret_values, 0, RETRY_HEADERS_READ * sizeof(*ret_values));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(strcmp(headers[i].name, headers[j].name) != 0, "%s",
                       headers[i].name);
        for (int read = 0; read < RETRY_HEADERS_READ; read++)
            if (strcmp(headers[i].name, retry_header_names[read]) == 0)
                ret_values[read] = headers[i].value;
    }
}

static void check_retry(const struct event *event, struct arena *arena)
{
    struct letter_header headers[RETRY_HEADERS];
    struct slice values[RETRY_HEADERS_READ];
    struct record again = {.stream = STREAM_RETRIES};

    retry_headers(event, arena, headers);
    find_values(headers, RETRY_HEADERS, values);
    retry_read(values, &again);
    FUZZ_CHECK(again.attempts == event->attempts &&
                   again.retry_at_ms == event->retry_at_ms &&
                   again.created_ms == event->record.created_ms,
               "%d %lld %lld", again.attempts, (long long)again.retry_at_ms,
               (long long)again.created_ms);
    FUZZ_CHECK(slice_equal(again.origin.topic, event->record.origin.topic) &&
                   again.origin.partition == event->record.origin.partition &&
                   again.origin.offset == event->record.origin.offset,
               "%.*s", SLICE_PRINT(values[RETRY_HEADER_ORIGIN]));
}

static void check_dead_letter(const struct event *event, struct arena *arena)
{
    struct letter_header headers[DEAD_LETTER_HEADERS];
    struct slice values[RETRY_HEADERS_READ];
    struct record again = {.stream = STREAM_EVENTS};

    dead_letter_headers(event, NOW_MS, arena, headers);
    find_values(headers, DEAD_LETTER_HEADERS, values);
    retry_read(values, &again);
    FUZZ_CHECK(again.redrives == event->record.redrives, "%lld, not %lld",
               (long long)again.redrives, (long long)event->record.redrives);
    FUZZ_CHECK(values[RETRY_HEADER_AT].data == NULL, "still a retry");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    unsigned kind = fuzz_byte(&input);
    struct slice lines[RETRY_HEADERS_READ], values[RETRY_HEADERS_READ], reason;
    struct record record = {.stream = kind & 1 ? STREAM_RETRIES : STREAM_EVENTS,
                            .origin = {slice_of("clerk.events"), 3, 7},
                            .created_ms = NOW_MS};
    struct event event = {.stage = kind & 2 ? STAGE_WRITE : STAGE_DECODE};
    struct arena arena = {NULL};

    for (int i = 0; i < RETRY_HEADERS_READ; i++) {
        lines[i] = fuzz_line(&input);
        values[i] = slice_is(lines[i], "-") ? SLICE_EMPTY : lines[i];
    }
    reason = fuzz_rest(&input);
    retry_read(values, &record);
    check_record(&record);
    event.record = record;
    event.attempts = 1 + record.attempts % (RETRY_TRIES - 1);
    event.retry_at_ms = NOW_MS + retry_delay_ms(event.attempts, kind);
    error_set(&event.refusal, ERROR_INPUT, "%.*s", SLICE_PRINT(reason));
    FUZZ_CHECK(!utf8_is_valid(reason) ||
                   utf8_is_valid(slice_of(event.refusal.text)),
               "a character is cut in two: %s", event.refusal.text);
    check_retry(&event, &arena);
    check_dead_letter(&event, &arena);
    arena_release(&arena);
    for (int i = 0; i < RETRY_HEADERS_READ; i++)
        fuzz_free(lines[i]);
    fuzz_free(reason);
    return 0;
}
