#include "console/tally.h"

#include "console/json_writer.h"
#include "shared/json.h"

#include <stdio.h>

#define SUB_BITS 5 /* 32 buckets for each power of two */
#define SUB_COUNT (1 << SUB_BITS)

static const char *const outcome_names[TALLY_OUTCOMES] = {
    [TALLY_ACCEPTED] = "accepted",
    [TALLY_IGNORED] = "ignored",
    [TALLY_DEAD_LETTERED] = "dead_lettered",
    [TALLY_OTHER] = "other",
    [TALLY_REFUSED] = "refused",
    [TALLY_UNANSWERED] = "unanswered",
};

static struct slice status_word(struct slice body, struct json_document *doc)
{
    struct error ignored;

    if (json_parse(doc, body, &ignored) != 0)
        return SLICE_EMPTY;
    const struct json_node *word =
        json_get_typed(doc, &doc->nodes[0], "status", JSON_STRING);
    return word != NULL ? json_raw(doc, word) : SLICE_EMPTY;
}

enum tally_outcome tally_outcome_of(int status, struct slice body)
{
    struct json_document doc = {.count = 0};
    enum tally_outcome outcome = TALLY_OTHER;
    struct slice word;

    if (status == 0)
        return TALLY_UNANSWERED;
    if (status < 200 || status > 299)
        return TALLY_REFUSED;
    word = status_word(body, &doc);
    for (unsigned i = TALLY_ACCEPTED; i <= TALLY_DEAD_LETTERED; i++)
        if (slice_is(word, outcome_names[i]))
            outcome = (enum tally_outcome)i;
    json_release(&doc);
    return outcome;
}

/* Below SUB_COUNT one bucket each; then SUB_COUNT for each power of two. */
static size_t bucket_of(uint64_t us)
{
    unsigned shift = 0;
    size_t bucket;

    while (us >> shift >= 2 * SUB_COUNT)
        shift++;
    bucket = shift * SUB_COUNT + (us >> shift);
    return bucket < TALLY_BUCKETS ? bucket : TALLY_BUCKETS - 1;
}

/* The greatest latency that falls into it. */
static int64_t top_of(size_t bucket)
{
    unsigned shift =
        bucket < 2 * SUB_COUNT ? 0 : (unsigned)(bucket / SUB_COUNT - 1);

    return (int64_t)((bucket - shift * SUB_COUNT + 1) << shift) - 1;
}

void tally_add(struct tally *tally, int status, struct slice body,
               int64_t took_us)
{
    enum tally_outcome outcome = tally_outcome_of(status, body);

    tally->outcomes[outcome]++;
    if (outcome == TALLY_REFUSED && status > 0 && status < TALLY_STATUSES)
        tally->refused[status]++;
    if (outcome != TALLY_UNANSWERED)
        tally->latencies[bucket_of(took_us > 0 ? (uint64_t)took_us : 0)]++;
}

uint64_t tally_count(const struct tally *tally)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < TALLY_OUTCOMES; i++)
        count += tally->outcomes[i];
    return count;
}

uint64_t tally_failed(const struct tally *tally)
{
    return tally->outcomes[TALLY_REFUSED] + tally->outcomes[TALLY_UNANSWERED];
}

int64_t tally_percentile_us(const struct tally *tally, unsigned percent)
{
    uint64_t answered = tally_count(tally) - tally->outcomes[TALLY_UNANSWERED];
    uint64_t rank = (answered * percent + 99) / 100, seen = 0;
    size_t bucket = 0;

    if (answered == 0)
        return 0;
    while ((seen += tally->latencies[bucket]) < rank)
        bucket++;
    return top_of(bucket);
}

static double per_second(const struct tally *tally, int64_t elapsed_us)
{
    return elapsed_us > 0
               ? (double)tally_count(tally) * 1e6 / (double)elapsed_us
               : 0;
}

void tally_print(const struct tally *tally, int64_t elapsed_us,
                 struct buffer *out)
{
    buffer_add_format(out, "%llu events in %.2f s (%.0f/s):",
                      (unsigned long long)tally_count(tally),
                      (double)elapsed_us / 1e6, per_second(tally, elapsed_us));
    for (unsigned i = 0; i < TALLY_OUTCOMES; i++)
        if (i <= TALLY_DEAD_LETTERED || tally->outcomes[i] > 0)
            buffer_add_format(out, "%s %llu %s", i > 0 ? "," : "",
                              (unsigned long long)tally->outcomes[i],
                              outcome_names[i]);
    for (int status = 0; status < TALLY_STATUSES; status++)
        if (tally->refused[status] > 0)
            buffer_add_format(out, ", %llu answered %d",
                              (unsigned long long)tally->refused[status],
                              status);
    buffer_add_format(out, "; %llu retries; p50 %.1f ms, p99 %.1f ms",
                      (unsigned long long)tally->retries,
                      (double)tally_percentile_us(tally, 50) / 1e3,
                      (double)tally_percentile_us(tally, 99) / 1e3);
}

static void write_refused(const struct tally *tally, struct json_writer *w)
{
    char code[16];

    json_write_object(w, "refused_by_code");
    for (int status = 0; status < TALLY_STATUSES; status++) {
        if (tally->refused[status] == 0)
            continue;
        snprintf(code, sizeof(code), "%d", status);
        json_write_number(w, code, (int64_t)tally->refused[status]);
    }
    json_write_end(w);
}

void tally_print_json(const struct tally *tally, int64_t elapsed_us,
                      struct buffer *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    json_write_number(&w, "events", (int64_t)tally_count(tally));
    for (unsigned i = 0; i < TALLY_OUTCOMES; i++)
        json_write_number(&w, outcome_names[i], (int64_t)tally->outcomes[i]);
    write_refused(tally, &w);
    json_write_number(&w, "retries", (int64_t)tally->retries);
    json_write_real(&w, "seconds", (double)elapsed_us / 1e6, 3);
    json_write_real(&w, "events_per_second", per_second(tally, elapsed_us), 1);
    json_write_real(&w, "p50_ms", (double)tally_percentile_us(tally, 50) / 1e3,
                    3);
    json_write_real(&w, "p99_ms", (double)tally_percentile_us(tally, 99) / 1e3,
                    3);
    json_write_end(&w);
}
