/* explanation - what became of one event, and why.
 *
 * Filled by explain.c; all texts lie in `arena`.  Pure. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"
#include "shared/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPLANATION_NO_TIME INT64_MIN

/* Of one entity: did the event win? */
enum outcome {
    OUTCOME_HOLDS,  /* what it said is what holds now */
    OUTCOME_LOST,   /* something greater holds */
    OUTCOME_PENDING /* it is greater than what holds: not applied yet */
};
extern const char *const outcome_names[];

/* What decided between two: the first part in which they differ. */
enum decided_by {
    DECIDED_BY_NOTHING,
    DECIDED_BY_CLASS,
    DECIDED_BY_T,
    DECIDED_BY_RANK,
    DECIDED_BY_TS,
    DECIDED_BY_ID,
    DECIDED_BY_CREATED_AT, /* of two memberships of one pair */
    DECIDED_BY_DELETION    /* which is for ever */
};
extern const char *const decided_by_names[];
extern const char *const version_class_names[];
extern const char *const version_rank_names[];
extern const char *const mention_effect_names[];

/* The register of an entity, as the table entity_versions has it. */
struct held_register {
    bool is_there;
    bool has_data;
    struct version version;
    bool is_deleted;
    int64_t created_ms;
    struct slice newest_id; /* of a pair */
};

/* What was said of one entity, and what holds. */
struct touched {
    enum entity_kind kind;
    enum mention_effect effect;
    struct slice id;
    struct version version; /* of data */
    int64_t created_ms;     /* of a pair's generation */
    struct slice newest_id; /* the same */
    struct held_register held;
    /* The second greatest that is known to have been said, where this holds. */
    bool has_beaten;
    struct version beaten;
    /* The row that is there now: NULL where there is none. */
    struct slice table, row_id, row_status;
};

enum signature_state {
    SIGNATURE_VALID,
    SIGNATURE_INVALID,
    SIGNATURE_NOT_CHECKED, /* no secret, or no record any more */
};
extern const char *const signature_state_names[];

struct explanation {
    struct slice id, type, entity;
    /* The ledger's word; "waiting": on its way to the consumer;
     * "dead_lettered": by the producer, so that no consumer had it. */
    struct slice state;
    int64_t signed_ms, received_ms, processed_ms, retry_ms;
    struct place place;
    bool is_record_there; /* the brokers still have it */
    bool is_in_ledger;
    int64_t attempts, duplicates, replays, redrives;
    struct slice duplicate_places; /* "topic:partition:offset,…" */
    struct slice error;            /* as it may be shown */
    struct slice dead_letter;      /* "waiting", "applied"; NULL: none */
    enum signature_state signature;
    int secret; /* which one matched, from 1 */
    struct touched touched[EVENT_MENTIONS_MAX];
    size_t touched_count;
    struct slice payload; /* only where it was asked for */
    struct arena arena;
};

/* What decides between two versions, the first against the second. */
enum decided_by explanation_compare(const struct version *a,
                                    const struct version *b);

/* Whether the event won, and what decided; `ret_against` (never NULL) is the
 * event that it lost to, that it beat, or that it will beat; empty: none. */
enum outcome explanation_judge(const struct touched *touched,
                               enum decided_by *ret_by,
                               struct slice *ret_against);

/* For people; and an object of schemas/console/explain.json. */
void explanation_show(const struct explanation *explanation, bool has_colours,
                      struct buffer *out);
void explanation_write_json(const struct explanation *explanation,
                            struct buffer *out);
