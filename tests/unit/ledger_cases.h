/* ledger_cases - batches of events, what the ledger knows of them, and what it
 * must make of them. */
#pragma once

#include "consumer/ledger.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define EVENTS_MAX 4

static struct arena arena;

/* An event of a batch, and what the table knows of it.  Verdicts by their first
 * letters: c(ompleted), s(uperseded), i(gnored), r(etrying), f(ailed).  Known:
 * '-' nothing, else the letter of its status; then '!' these coordinates too,
 * 'w' a retry of it, due at 50, is under way, 'd' although applied it has a
 * dead letter that waits, 'a' one that was applied, and a digit: the redrives
 * of its last dead letter.  From: ' ' the log, 'r' a retry that was due at 50
 * and is the second try, a digit: put back for that time. */
struct given {
    const char *id;
    int64_t offset;
    char verdict;
    const char *known;
    char from;
};

/* Status: '.' stays as it is; '!' the same, and there is a dead letter that
 * waits; '+' the same, and it is applied; 'C' completed, with one that waits.
 */
struct expected {
    const char *id;
    bool exists;
    char status;
    int attempts, replays, duplicates;
    const char *offsets;
    int64_t retry_at_ms; /* 0: none is under way */
    int64_t redrives;
};

struct ledger_case {
    const char *name;
    struct given given[EVENTS_MAX];
    const char *letters; /* of which a record is due elsewhere */
    struct expected expected[EVENTS_MAX];
};

static inline enum event_verdict verdict_of(char letter)
{
    for (int i = 0; i < VERDICTS; i++)
        if (event_verdict_names[i][0] == letter)
            return (enum event_verdict)i;
    fail();
    return VERDICT_FAILED;
}

static inline struct event *event_of_given(const struct given *given)
{
    struct event *event = arena_get(&arena, sizeof(*event));
    bool is_retry = given->from == 'r';

    event->record = (struct record){
        .stream = is_retry ? STREAM_RETRIES : STREAM_EVENTS,
        .offset = 4711,
        .origin = {slice_of("t"), 3, given->offset},
        .id = slice_of(given->id),
        .retry_at_ms = is_retry ? 50 : 0,
        .redrives =
            given->from >= '1' && given->from <= '9' ? given->from - '0' : 0};
    event->attempts = is_retry ? 2 : 1;
    event->verdict = verdict_of(given->verdict);
    event->fate = given->verdict == 'f'   ? EVENT_REFUSE
                  : given->verdict == 'r' ? EVENT_RETRY
                                          : EVENT_APPLY;
    event->retry_at_ms = 99;
    error_set(&event->refusal, ERROR_INPUT, "why");
    return event;
}

static inline struct ledger_known known_of(const char *given)
{
    const char *digit = strpbrk(given, "123456789");
    bool is_waiting = given[0] == 'f' || strchr(given, 'd') != NULL;

    return (struct ledger_known){
        .exists = given[0] != '-',
        .status = given[0] != '-' ? verdict_of(given[0]) : VERDICT_COMPLETED,
        .is_seen = strchr(given, '!') != NULL,
        .is_waiting = strchr(given, 'w') != NULL,
        .retry_at_ms = strchr(given, 'w') != NULL ? 50 : 0,
        .redrives = digit != NULL ? *digit - '0' : 0,
        .letter = is_waiting                   ? LETTER_WAITING
                  : strchr(given, 'a') != NULL ? LETTER_APPLIED
                                               : LETTER_NONE};
}

/* What the table says, in the order in which it is asked. */
static inline struct ledger_known *known_of_all(const struct ledger *ledger,
                                                const struct given *given,
                                                struct event *const *events,
                                                size_t count)
{
    struct ledger_known *known =
        arena_get(&arena, (count + 1) * sizeof(*known));

    for (size_t i = 0; i < ledger->events_count; i++)
        for (size_t e = 0; e < count; e++)
            if (ledger->events[i] == events[e])
                known[i] = known_of(given[e].known);
    return known;
}

static inline bool is_letter_as_expected(enum ledger_letter letter, char status)
{
    if (strchr("!Cf", status) != NULL)
        return letter == LETTER_WAITING;
    if (strchr("csi", status) != NULL)
        return letter != LETTER_WAITING;
    return status != '+' || letter == LETTER_APPLIED;
}

static inline bool is_as_expected(const struct ledger_entry *entry,
                                  const struct expected *expected)
{
    bool is_bad = entry->status >= VERDICT_RETRYING;

    return expected->id != NULL &&
           slice_is(entry->event->record.id, expected->id) &&
           entry->exists == expected->exists &&
           entry->is_status_new == (strchr(".!+", expected->status) == NULL) &&
           (!entry->is_status_new ||
            (entry->status == verdict_of((char)tolower(expected->status)) &&
             slice_is(entry->error, is_bad ? "why" : ""))) &&
           entry->attempts == expected->attempts &&
           entry->replays == expected->replays &&
           entry->duplicates == expected->duplicates &&
           slice_is(entry->duplicate_offsets, expected->offsets) &&
           entry->is_waiting == (expected->retry_at_ms != 0) &&
           (!entry->is_waiting ||
            entry->retry_at_ms == expected->retry_at_ms) &&
           entry->redrives == expected->redrives &&
           is_letter_as_expected(entry->letter, expected->status);
}

static inline void assert_cases(const struct ledger_case *cases, size_t total)
{
    for (size_t i = 0; i < total; i++) {
        struct event *events[EVENTS_MAX];
        struct ledger_known *known;
        size_t count = 0;
        struct ledger ledger;
        while (count < EVENTS_MAX && cases[i].given[count].id != NULL) {
            events[count] = event_of_given(&cases[i].given[count]);
            count++;
        }
        ledger = ledger_of(events, count, &arena);
        known = known_of_all(&ledger, cases[i].given, events, count);
        ledger_judge(&ledger, known);
        ledger_fill(&ledger, known, &arena);
        for (size_t e = 0; e < ledger.count; e++)
            if (!is_as_expected(&ledger.entries[e], &cases[i].expected[e]))
                fail_msg("%s: row %zu is not so", cases[i].name, e);
        if (ledger.count < EVENTS_MAX)
            assert_null(cases[i].expected[ledger.count].id);
        for (size_t e = 0; e < count; e++)
            if (events[e]->is_letter_due != (cases[i].letters[e] == '!'))
                fail_msg("%s: letter of event %zu", cases[i].name, e);
    }
}

static inline int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}
