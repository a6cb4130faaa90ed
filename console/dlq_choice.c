#include "console/dlq_choice.h"

#include "shared/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* "PARTITION:OFFSET"; no svix-id has a colon. */
static bool is_at(const struct dlq_letter *letter, const char *text)
{
    char place[64];

    snprintf(place, sizeof(place), "%" PRId64 ":%" PRId64,
             letter->place.partition, letter->place.offset);
    return strcmp(text, place) == 0;
}

static bool is_named(const struct dlq_letter *letter,
                     const struct dlq_choice *choice)
{
    return choice->letter == NULL ||
           (letter->id.data != NULL && slice_is(letter->id, choice->letter)) ||
           is_at(letter, choice->letter);
}

static int compare_newest(const void *left, const void *right)
{
    const struct dlq_letter *a = *(struct dlq_letter *const *)left;
    const struct dlq_letter *b = *(struct dlq_letter *const *)right;

    if (a->failed_ms != b->failed_ms)
        return a->failed_ms > b->failed_ms ? -1 : 1;
    return dlq_letter_compare_places(b, a);
}

static int refuse_unknown(const struct dlq_box *box, const char *name,
                          struct error *err)
{
    return error_set(err, ERROR_ACCESS,
                     "no dead letter %.100s on %.60s: looked at %zu in %zu "
                     "partitions",
                     name, box->topic.name, box->count, box->topic.partitions);
}

int dlq_choose(const struct dlq_box *box, const struct dlq_choice *choice,
               struct dlq_letter ***ret_chosen, size_t *ret_count,
               struct error *err)
{
    const char *name =
        choice->letter != NULL ? choice->letter : choice->filter.id;
    struct dlq_letter **chosen =
        memory_new((box->count + 1) * sizeof(struct dlq_letter *));
    size_t count = 0;

    for (size_t i = 0; i < box->count; i++) {
        struct dlq_letter *letter = &box->letters[i];
        const struct filter_subject subject = dlq_letter_subject(letter);
        bool is_meant = choice->has_all || dlq_letter_is_open(letter) ||
                        (name != NULL && letter->state != DLQ_REPLACED);
        if (is_meant && is_named(letter, choice) &&
            filter_matches(&choice->filter, &subject))
            chosen[count++] = letter;
    }
    if (count == 0 && name != NULL) {
        free(chosen);
        return refuse_unknown(box, name, err);
    }
    qsort(chosen, count, sizeof(struct dlq_letter *), compare_newest);
    *ret_chosen = chosen;
    *ret_count = count < (size_t)choice->limit ? count : (size_t)choice->limit;
    return 0;
}
