/* dlq_letter - a dead letter: what its record says, and what has become of it.
 *
 * One event may have several, since what is redriven and fails again becomes
 * another one: only the newest of them counts, the others are replaced.  Two
 * are of one event where they have the same svix-id; without an id, where they
 * say that they come from the same place.  Pure. */
#pragma once

#include "console/filter.h"
#include "console/log_event.h"

/* A record's place in Kafka. */
struct dlq_place {
    struct slice topic;
    int64_t partition;
    int64_t offset;
};

enum dlq_action { DLQ_UNMARKED, DLQ_MARK_REDRIVEN, DLQ_MARK_DISCARDED };

/* What an operator did about it; see the migration of dead_letter_marks. */
struct dlq_mark {
    enum dlq_action action;
    struct slice who, reason; /* the latter may be NULL */
    int64_t at_ms;
    struct dlq_place redriven; /* offset -1: not known */
};

enum dlq_state {
    DLQ_WAITING,   /* for a person */
    DLQ_REDRIVEN,  /* published again, and nothing known of it yet */
    DLQ_RETRYING,  /* published again, and on the retry topic */
    DLQ_APPLIED,   /* its event is applied, in whatever way */
    DLQ_DISCARDED, /* given up by a person */
    DLQ_REPLACED,  /* by a newer dead letter of the same event */
    DLQ_STATES
};
extern const char *const dlq_state_names[DLQ_STATES];

/* What a command did about it, and what came of that. */
enum dlq_result {
    DLQ_RESULT_NONE,
    DLQ_RESULT_COMPLETED, /* published, and the ledger's word for it */
    DLQ_RESULT_IGNORED,
    DLQ_RESULT_SUPERSEDED,
    DLQ_RESULT_RETRYING,
    DLQ_RESULT_FAILED,
    DLQ_RESULT_ON_THE_WAY, /* published, and the ledger says nothing yet */
    DLQ_RESULT_DISCARDED,
    DLQ_RESULT_SKIPPED,
    DLQ_RESULT_NOT_SENT,
    DLQ_RESULT_WOULD_REDRIVE, /* of a dry run */
    DLQ_RESULT_WOULD_FAIL,
    DLQ_RESULT_WOULD_DISCARD,
    DLQ_RESULTS
};
extern const char *const dlq_result_names[DLQ_RESULTS];

struct dlq_outcome {
    enum dlq_result result;
    struct slice why;
    struct dlq_place redriven; /* where it was published */
};

struct dlq_letter {
    struct dlq_place place;            /* on the dead-letter topic */
    struct dlq_place origin;           /* of the event's first record */
    struct slice id, type, entity;     /* data is NULL where there is none */
    struct slice reason, stage, class; /* the same */
    int64_t attempts;                  /* -1: it does not say */
    int64_t redrives;
    int64_t failed_ms;
    struct slice refusal; /* why the consumer will refuse it again; NULL: it
                             may well take it */

    /* From the database. */
    int status; /* of filter_statuses; -1: the ledger has no such event */
    int became; /* the same: what came of this letter, or of a later one */
    struct dlq_mark mark;

    enum dlq_state state;
    struct dlq_outcome outcome;
};

/* Texts are copied into `arena`.  `told` is memory to work in. */
void dlq_letter_read(const struct kafka_record *record, struct log_event *told,
                     struct arena *arena, struct dlq_letter *ret_letter);

/* Set the states, once all else is known.  The order stays. */
void dlq_letter_judge(struct dlq_letter *letters, size_t count);

/* Whether something is left to be done about it. */
bool dlq_letter_is_open(const struct dlq_letter *letter);
/* Whether a command leaves it alone, and why (in `arena`): then its outcome is
 * DLQ_RESULT_SKIPPED.  `again`: it may have been marked before. */
bool dlq_letter_skip(struct dlq_letter *letter, bool again,
                     struct arena *arena);

/* By their places on the topic, as qsort() wants it. */
int dlq_letter_compare_places(const struct dlq_letter *a,
                              const struct dlq_letter *b);

struct filter_subject dlq_letter_subject(const struct dlq_letter *letter);

/* The headers with which it is published again: its own, without those that it
 * got as a dead letter, and how often that was done and where it comes from.
 * In `arena`; the values of its own point into the record. */
struct kafka_header *dlq_letter_headers(const struct dlq_letter *letter,
                                        const struct kafka_record *record,
                                        struct arena *arena, size_t *ret_count);

/* "topic:partition:offset". */
struct slice dlq_place_text(const struct dlq_place *place, struct arena *arena);
