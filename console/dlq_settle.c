#include "console/dlq_settle.h"

#include "console/postgres.h"
#include "console/reason.h"
#include "console/terminal.h"
#include "console/waiter.h"
#include "shared/clock.h"
#include "shared/memory.h"

#include <stdlib.h>

#define REASON_BYTES 8192

struct settling {
    struct dlq_box *box;
    struct dlq_letter **pending; /* in the order of ids */
    size_t count;
    bool is_whole;
};

enum { COLUMN_ID, COLUMN_STATUS, COLUMN_REDRIVES, COLUMN_ERROR, COLUMN_BECAME };

static void keep_reason(struct settling *settling, struct dlq_letter *letter,
                        const char *text)
{
    struct buffer shown;

    buffer_init(&shown, REASON_BYTES);
    reason_add_shown(&shown, slice_of(text != NULL ? text : ""),
                     settling->is_whole);
    letter->outcome.why =
        arena_copy(&settling->box->arena, buffer_slice(&shown));
    buffer_release(&shown);
}

/* A failure that counts no more redrives than the letter had is the old one:
 * the consumer has not yet had what was redriven. */
static void read_row(struct settling *settling, struct dlq_letter *letter,
                     const struct postgres_rows *rows, size_t row)
{
    static const enum dlq_result results[LEDGER_STATUSES] = {
        [LEDGER_COMPLETED] = DLQ_RESULT_COMPLETED,
        [LEDGER_IGNORED] = DLQ_RESULT_IGNORED,
        [LEDGER_SUPERSEDED] = DLQ_RESULT_SUPERSEDED,
        [LEDGER_RETRYING] = DLQ_RESULT_RETRYING,
        [LEDGER_FAILED] = DLQ_RESULT_FAILED,
    };
    int status = dlq_status_of(postgres_rows_value(rows, row, COLUMN_BECAME));
    bool is_before =
        status == LEDGER_FAILED &&
        postgres_rows_number(rows, row, COLUMN_REDRIVES) <= letter->redrives;

    if (status < 0 || is_before)
        return;
    letter->outcome.result = results[status];
    letter->outcome.why = SLICE_EMPTY;
    if (status == LEDGER_FAILED || status == LEDGER_RETRYING)
        keep_reason(settling, letter,
                    postgres_rows_value(rows, row, COLUMN_ERROR));
}

static bool is_pending(const struct dlq_letter *letter)
{
    return letter->outcome.result == DLQ_RESULT_ON_THE_WAY ||
           letter->outcome.result == DLQ_RESULT_RETRYING;
}

static int compare_ids(const void *left, const void *right)
{
    const struct dlq_letter *a = *(struct dlq_letter *const *)left;
    const struct dlq_letter *b = *(struct dlq_letter *const *)right;

    return slice_compare(a->id, b->id);
}

static struct dlq_letter *find(const struct settling *settling, const char *id)
{
    struct dlq_letter wanted = {.id = slice_of(id)};
    struct dlq_letter *key = &wanted;
    struct dlq_letter **found =
        bsearch(&key, settling->pending, settling->count,
                sizeof(struct dlq_letter *), compare_ids);

    return found != NULL ? *found : NULL;
}

/* Ask, and forget those that have come to an end. */
static int look(struct settling *settling, struct error *err)
{
    struct postgres_rows *rows;
    size_t left = 0;

    if (dlq_box_ask_ledger(settling->box, settling->pending, settling->count,
                           &rows, err) != 0)
        return -1;
    for (size_t i = 0; i < postgres_rows_count(rows); i++) {
        struct dlq_letter *letter =
            find(settling, postgres_rows_value(rows, i, COLUMN_ID));
        if (letter != NULL)
            read_row(settling, letter, rows, i);
    }
    postgres_rows_free(rows);
    for (size_t i = 0; i < settling->count; i++)
        if (is_pending(settling->pending[i]))
            settling->pending[left++] = settling->pending[i];
    settling->count = left;
    return 0;
}

static int wait_for_all(struct settling *settling, int64_t timeout_s,
                        struct error *err)
{
    int64_t until_ms = clock_steady_ms() + timeout_s * 1000;
    struct progress_bar bar = {.title = "waiting for the consumers",
                               .unit = "events",
                               .total = settling->count};

    for (;;) {
        int64_t left_ms;
        if (look(settling, err) != 0)
            return -1;
        bar.done = bar.total - settling->count;
        terminal_progress(&bar);
        left_ms = until_ms - clock_steady_ms();
        if (settling->count == 0 || left_ms <= 0)
            break;
        if (waiter_wait(settling->box->db, left_ms, err) != 0)
            return -1;
    }
    terminal_progress_end_if_long(&bar);
    return 0;
}

int dlq_settle(struct dlq_box *box, struct dlq_letter *const *letters,
               size_t count, int64_t timeout_s, bool is_whole,
               struct error *err)
{
    CLEANUP_FREE struct dlq_letter **pending =
        memory_new((count + 1) * sizeof(struct dlq_letter *));
    struct settling settling = {
        .box = box, .pending = pending, .is_whole = is_whole};
    struct waiter waiter;
    int result;

    for (size_t i = 0; i < count; i++)
        if (letters[i]->outcome.result == DLQ_RESULT_ON_THE_WAY &&
            letters[i]->id.data != NULL)
            pending[settling.count++] = letters[i];
    if (settling.count == 0)
        return 0;
    qsort(pending, settling.count, sizeof(struct dlq_letter *), compare_ids);
    postgres_set_timeout(box->db, box->timeout_ms);
    if (waiter_enter(box->db, timeout_s, &waiter, err) != 0)
        return -1;
    result = wait_for_all(&settling, timeout_s, err);
    postgres_set_timeout(box->db, box->timeout_ms);
    waiter_leave(box->db, &waiter);
    return result;
}
