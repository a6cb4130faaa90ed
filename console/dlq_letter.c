#include "console/dlq_letter.h"

#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_BYTES 24

const char *const dlq_state_names[DLQ_STATES] = {
    "waiting", "redriven", "retrying", "applied", "discarded", "replaced"};

const char *const dlq_result_names[DLQ_RESULTS] = {
    [DLQ_RESULT_NONE] = "nothing",
    [DLQ_RESULT_COMPLETED] = "completed",
    [DLQ_RESULT_IGNORED] = "ignored",
    [DLQ_RESULT_SUPERSEDED] = "superseded",
    [DLQ_RESULT_RETRYING] = "retrying",
    [DLQ_RESULT_FAILED] = "failed",
    [DLQ_RESULT_ON_THE_WAY] = "on_the_way",
    [DLQ_RESULT_DISCARDED] = "discarded",
    [DLQ_RESULT_SKIPPED] = "skipped",
    [DLQ_RESULT_NOT_SENT] = "not_sent",
    [DLQ_RESULT_WOULD_REDRIVE] = "would_redrive",
    [DLQ_RESULT_WOULD_FAIL] = "would_fail",
    [DLQ_RESULT_WOULD_DISCARD] = "would_discard",
};

/* -1 where it is no number. */
static int64_t number_of(struct slice text)
{
    char copy[NUMBER_BYTES];
    char *end;
    long long number;

    if (text.size == 0 || text.size >= sizeof(copy) || text.data[0] < '0' ||
        text.data[0] > '9')
        return -1;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    number = strtoll(copy, &end, 10);
    return *end == '\0' ? number : -1;
}

static int64_t number_header(const struct kafka_record *record,
                             const char *name)
{
    return number_of(kafka_record_header(record, name));
}

static struct slice keep(struct arena *arena, struct slice text)
{
    return text.data != NULL ? arena_copy(arena, text) : SLICE_EMPTY;
}

static struct slice header(const struct kafka_record *record, const char *name,
                           struct arena *arena)
{
    return keep(arena, kafka_record_header(record, name));
}

/* The producer's own dead letters come from nowhere else. */
static struct dlq_place origin_of(const struct kafka_record *record,
                                  const struct dlq_place *here,
                                  struct arena *arena)
{
    struct dlq_place origin = {
        header(record, "__connect.errors.topic", arena),
        number_header(record, "__connect.errors.partition"),
        number_header(record, "__connect.errors.offset")};

    if (origin.topic.size == 0 || origin.partition < 0 || origin.offset < 0)
        return *here;
    return origin;
}

void dlq_letter_read(const struct kafka_record *record, struct log_event *told,
                     struct arena *arena, struct dlq_letter *ret_letter)
{
    struct dlq_letter *letter = ret_letter;

    log_event_read(told, record);
    *letter = (struct dlq_letter){
        .place = {slice_of(record->topic), record->partition, record->offset},
        .id = keep(arena, log_event_id(record)),
        .type = header(record, "ce_type", arena),
        .entity = keep(arena, told->event.entity_id),
        .reason = header(record, "clerkstream-reason", arena),
        .stage = header(record, "__connect.errors.stage", arena),
        .class = header(record, "__connect.errors.exception.class.name", arena),
        .attempts = number_header(record, "clerkstream-attempts"),
        .redrives = number_header(record, "clerkstream-redrives"),
        .failed_ms = number_header(record, "clerkstream-failed-at"),
        .status = -1,
        .became = -1,
    };
    letter->place.topic = keep(arena, letter->place.topic);
    letter->origin = origin_of(record, &letter->place, arena);
    if (letter->type.size == 0)
        letter->type = keep(arena, told->event.type);
    if (letter->reason.data == NULL)
        letter->reason =
            header(record, "__connect.errors.exception.message", arena);
    if (letter->redrives < 0)
        letter->redrives = 0;
    if (letter->failed_ms < 0)
        letter->failed_ms = record->time_ms;
    if (letter->id.size == 0)
        letter->id = SLICE_EMPTY;
    if (told->event.fate == EVENT_REFUSE)
        letter->refusal = keep(arena, slice_of(told->event.refusal.text));
}

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_places(const struct dlq_place *a, const struct dlq_place *b)
{
    int order = slice_compare(a->topic, b->topic);

    if (order == 0)
        order = compare_numbers(a->partition, b->partition);
    return order != 0 ? order : compare_numbers(a->offset, b->offset);
}

static int compare_events(const struct dlq_letter *a,
                          const struct dlq_letter *b)
{
    if (a->id.data != NULL && b->id.data != NULL)
        return slice_compare(a->id, b->id);
    if (a->id.data != NULL || b->id.data != NULL)
        return a->id.data != NULL ? 1 : -1;
    return compare_places(&a->origin, &b->origin);
}

/* By event, and the newest last. */
static int compare(const void *left, const void *right)
{
    const struct dlq_letter *a = *(struct dlq_letter *const *)left;
    const struct dlq_letter *b = *(struct dlq_letter *const *)right;
    int order = compare_events(a, b);

    if (order == 0)
        order = compare_numbers(a->redrives, b->redrives);
    if (order == 0)
        order = compare_numbers(a->failed_ms, b->failed_ms);
    return order != 0 ? order : compare_places(&a->place, &b->place);
}

static enum dlq_state judge(const struct dlq_letter *letter)
{
    if (letter->mark.action == DLQ_MARK_DISCARDED)
        return DLQ_DISCARDED;
    if (letter->became == LEDGER_COMPLETED ||
        letter->became == LEDGER_IGNORED || letter->became == LEDGER_SUPERSEDED)
        return DLQ_APPLIED;
    if (letter->mark.action == DLQ_UNMARKED)
        return DLQ_WAITING;
    return letter->became == LEDGER_RETRYING ? DLQ_RETRYING : DLQ_REDRIVEN;
}

void dlq_letter_judge(struct dlq_letter *letters, size_t count)
{
    CLEANUP_FREE struct dlq_letter **sorted =
        memory_new((count + 1) * sizeof(struct dlq_letter *));

    for (size_t i = 0; i < count; i++)
        sorted[i] = &letters[i];
    qsort(sorted, count, sizeof(struct dlq_letter *), compare);
    for (size_t i = 0; i < count; i++)
        sorted[i]->state =
            i + 1 < count && compare_events(sorted[i], sorted[i + 1]) == 0
                ? DLQ_REPLACED
                : judge(sorted[i]);
}

bool dlq_letter_is_open(const struct dlq_letter *letter)
{
    return letter->state <= DLQ_RETRYING;
}

/* "redriven by ada at 2026-01-31T08:00:00.000Z". */
static struct slice mark_text(const struct dlq_mark *mark, const char *rest,
                              struct arena *arena)
{
    size_t size = mark->who.size + strlen(rest) + 64;
    char *text = arena_bytes(arena, size);
    char time[INSTANT_TEXT_BYTES];
    int used;

    if (!instant_format(mark->at_ms, time))
        time[0] = '\0';
    used =
        snprintf(text, size, "%s by %.*s at %s%s",
                 mark->action == DLQ_MARK_REDRIVEN ? "redriven" : "discarded",
                 SLICE_PRINT(mark->who), time, rest);
    return (struct slice){text, (size_t)used};
}

bool dlq_letter_skip(struct dlq_letter *letter, bool again, struct arena *arena)
{
    if (again || letter->state == DLQ_WAITING)
        return false;
    letter->outcome.result = DLQ_RESULT_SKIPPED;
    if (letter->state == DLQ_APPLIED)
        letter->outcome.why = slice_of("its event is applied");
    else if (letter->state == DLQ_REPLACED)
        letter->outcome.why = slice_of("there is a newer one of its event");
    else
        letter->outcome.why = mark_text(
            &letter->mark,
            letter->state == DLQ_DISCARDED ? "" : ", still on the way", arena);
    return true;
}

int dlq_letter_compare_places(const struct dlq_letter *a,
                              const struct dlq_letter *b)
{
    int order = compare_numbers(a->place.partition, b->place.partition);

    return order != 0 ? order
                      : compare_numbers(a->place.offset, b->place.offset);
}

struct filter_subject dlq_letter_subject(const struct dlq_letter *letter)
{
    return (struct filter_subject){
        .id = letter->id,
        .type = letter->type,
        .entity = letter->entity,
        .error = letter->reason,
        .status = letter->status,
        .time_ms = letter->failed_ms,
    };
}

/* What a record has got because it is a dead letter or a retry.  That it is a
 * snapshot it was from the beginning. */
static bool is_of_dead_letter(const char *name)
{
    static const char connect[] = "__connect.errors.";
    static const char own[] = "clerkstream-";

    return strncmp(name, connect, sizeof(connect) - 1) == 0 ||
           (strncmp(name, own, sizeof(own) - 1) == 0 &&
            strcmp(name, SNAPSHOT_HEADER) != 0);
}

struct slice dlq_place_text(const struct dlq_place *place, struct arena *arena)
{
    size_t size = place->topic.size + 2 * NUMBER_BYTES;
    char *text = arena_bytes(arena, size);
    int used =
        snprintf(text, size, "%.*s:%" PRId64 ":%" PRId64,
                 SLICE_PRINT(place->topic), place->partition, place->offset);

    return (struct slice){text, (size_t)used};
}

struct kafka_header *dlq_letter_headers(const struct dlq_letter *letter,
                                        const struct kafka_record *record,
                                        struct arena *arena, size_t *ret_count)
{
    char *redrives = arena_bytes(arena, NUMBER_BYTES);
    struct kafka_header *headers, one;
    size_t count = 0, kept = 0;

    while (kafka_record_header_at(record, count, &one))
        count++;
    headers = arena_get(arena, (count + 2) * sizeof(*headers));
    for (size_t i = 0; i < count; i++) {
        kafka_record_header_at(record, i, &one);
        if (!is_of_dead_letter(one.name))
            headers[kept++] = one;
    }
    snprintf(redrives, NUMBER_BYTES, "%" PRId64, letter->redrives + 1);
    headers[kept++] =
        (struct kafka_header){"clerkstream-redrives", slice_of(redrives)};
    headers[kept++] = (struct kafka_header){
        "clerkstream-origin", dlq_place_text(&letter->origin, arena)};
    *ret_count = kept;
    return headers;
}
