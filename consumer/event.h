/* event - one record of the log, as the merge and the ledger see it.
 *
 * An event mentions entities: its own one and, for memberships, both parents
 * and the pair.  Everything points into the record's value or into the arena
 * of the batch.  A text whose data is NULL is SQL's NULL. */
#pragma once

#include "consumer/version.h"
#include "shared/error.h"
#include "shared/instant.h"
#include "shared/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define EVENT_ID_BYTES_MAX 256 /* of an event's and of any entity's id */

/* In the order in which their registers are locked: that of their names, then
 * the subdomains. */
enum entity_kind {
    ENTITY_MEMBERSHIP,
    ENTITY_ORGANIZATION,
    ENTITY_PAIR,
    ENTITY_USER,
    ENTITY_SUBDOMAIN
};
extern const char *const entity_kind_names[];

/* The topics that are read. */
enum stream { STREAM_EVENTS, STREAM_RETRIES, STREAMS };

struct place {
    struct slice topic;
    int32_t partition;
    int64_t offset;
};

/* A record as it came, without anything of the Kafka library but a handle. */
struct record {
    enum stream stream;
    int32_t partition; /* of that topic */
    int64_t offset;
    struct place origin;   /* of the event's first record: this one, or the
                              one that a retry or a redriven record names */
    int64_t created_ms;    /* the first record's time; 0: none to be stored */
    struct slice key;      /* data is NULL where there is none */
    struct slice value;    /* the same */
    struct slice id;       /* from the headers; empty: none that can be used */
    bool is_snapshot;      /* from the headers: the API's answer, rank 0 */
    int attempts;          /* tries before, since it was sent or put back */
    int64_t retry_at_ms;   /* of a retry: when it is due, on the wall clock */
    int64_t redrives;      /* how often it was put back as a dead letter */
    void *handle;          /* for kafka_message.c alone */
    bool is_detached;      /* the same */
    bool is_dead_lettered; /* it has its dead letter, of an earlier try */
};

struct user_row {
    struct slice id;
    struct slice email, phone, username, first_name, last_name, avatar_url,
        external_id, public_metadata;
    struct instant created_at, updated_at;
};

struct organization_row {
    struct slice id;
    struct slice name, slug, image_url, created_by, public_metadata;
    struct slice base; /* of the subdomain; may be empty */
    struct instant created_at, updated_at;
};

struct membership_row {
    struct slice id, organization_id, user_id;
    struct slice clerk_role;
    struct slice permissions, public_metadata; /* JSON */
    struct instant created_at, updated_at;
};

enum mention_effect {
    MENTION_DATA,     /* says what the entity is: a version and a row */
    MENTION_DELETED,  /* says that it is gone */
    MENTION_SEEN,     /* of a pair: a generation of it exists */
    MENTION_TROUBLED, /* of a user: an event of theirs must wait */
    MENTION_FAILED    /* of a user: an event of theirs is dead-lettered */
};

struct mention {
    enum entity_kind kind;
    enum mention_effect effect;
    struct slice id;
    struct version version;    /* of data */
    struct instant deleted_at; /* of a user */
    int64_t created_ms;        /* of a pair's generation and of data; 0: none */
    struct slice newest_id;    /* of a pair's generation: the membership */
    union {
        const struct user_row *user;
        const struct organization_row *organization;
        const struct membership_row *membership;
    } row;                          /* of data */
    struct entity_register *entity; /* where registers_of() put it */
};

#define EVENT_MENTIONS_MAX 4

enum event_fate { EVENT_APPLY, EVENT_IGNORE, EVENT_RETRY, EVENT_REFUSE };
enum event_verdict {
    VERDICT_COMPLETED,
    VERDICT_IGNORED,
    VERDICT_SUPERSEDED,
    VERDICT_RETRYING,
    VERDICT_FAILED,
    VERDICTS
};
extern const char *const event_verdict_names[];

struct event {
    struct record record;
    struct slice type;      /* data is NULL where there is none */
    struct slice entity_id; /* the key as text, or NULL */
    struct slice payload;   /* the value where it is JSON, or NULL */
    enum event_fate fate;
    struct error refusal; /* why, where it is to be refused or retried */
    const char *stage;    /* of the refusal, in Kafka Connect's words */
    int attempts;         /* tries, this one included */
    int64_t retry_at_ms;  /* where it is to be retried: when */
    struct mention mentions[EVENT_MENTIONS_MAX]; /* [0] is its own entity */
    int mention_count;
    enum event_verdict verdict;
    bool is_stale;    /* a retry that no longer counts: passed over */
    bool is_repeated; /* applied before, says the ledger, and no worse since */
    bool is_aside;    /* leaves alone whether its user counts as failed */
    bool is_waiting;  /* a retry of it is under way, says the ledger */
    bool is_letter_due; /* a record must go to the retry or dead-letter topic */
    bool is_done;       /* committed */
};
