/* fake_consumer - a little world for the consumer: a log of users' events, a
 * group that is dealt out anew all the time, tables, and faults.
 *
 * In place of kafka_source.c, kafka_sink.c, kafka_message.c, kafka_watch.c and
 * postgres.c.  The log is the same in every world; a wild one has faults and
 * rebalances.  It is one piece without pointers, so that it can be shared with
 * the process that the consumer runs in, and outlives it. */
#pragma once

#include "consumer/event.h"

#include <pthread.h>
#include <stdatomic.h>

#define FAKE_PARTITIONS 6
#define FAKE_USERS 24 /* the thread sanitizer bears 64 locks in one thread */
#define FAKE_STEPS 60 /* records of each user */
#define FAKE_EVENTS (FAKE_USERS * FAKE_STEPS)
#define FAKE_RECORDS (FAKE_EVENTS / FAKE_PARTITIONS) /* of a partition */
#define FAKE_RETRIES_MAX 4000
#define FAKE_COLUMNS 16
#define FAKE_CELL_BYTES 64
#define FAKE_PLACES_BYTES 512
#define FAKE_REGISTER_FAILURE 9 /* the column */

enum fake_nature {
    FAKE_PLAIN,
    FAKE_IGNORED, /* of a type that changes nothing */
    FAKE_BROKEN,  /* not JSON */
    FAKE_REFUSED, /* by the database, for ever */
    FAKE_STUMBLES /* in a wild world, until it was put off */
};

struct fake_cell {
    int32_t size; /* -1: NULL */
    char bytes[FAKE_CELL_BYTES];
};

struct fake_row {
    bool exists;
    struct fake_cell cells[FAKE_COLUMNS];
};

struct fake_ledger_row {
    bool exists;
    enum event_verdict status;
    int64_t redrives, retry_at_us; /* of PostgreSQL; -1: NULL */
    int64_t attempts, duplicates, replays;
    char places[FAKE_PLACES_BYTES]; /* "{topic:partition:offset}…" */
};

struct fake_retry {
    int32_t partition;
    int event, attempts;
    int64_t retry_at_ms, created_ms, origin_offset;
};

struct fake_world {
    bool is_wild;
    _Atomic int settled; /* events that are applied or refused */
    _Atomic int failures, rebalances, lost_letters;

    /* The broker. */
    _Atomic int64_t committed[STREAMS][FAKE_PARTITIONS];
    struct fake_retry retries[FAKE_RETRIES_MAX];
    int retries_count;
    int dead_letters[FAKE_EVENTS];

    /* The tables. */
    struct fake_row users[FAKE_USERS];
    struct fake_row workspaces[FAKE_USERS];
    struct fake_row registers[FAKE_USERS];
    struct fake_ledger_row ledger[FAKE_EVENTS];
};

extern struct fake_world *fake_world;

/* The log.  A step that repeats the one before it has its event. */
int fake_event_at(int32_t partition, int64_t offset);
int fake_user_of(int event);
bool fake_is_repeat(int event);
enum fake_nature fake_nature_of(int event);
void fake_write_id(int event, char out[32]);
void fake_write_body(int event, char out[256]);
/* Of "user_07" and "msg_07_031"; what is neither ends the test. */
int fake_user_named(struct slice id);
int fake_event_named(struct slice id);

/* A record as it is polled; kafka_message_release(). */
struct record fake_record(int event, enum stream stream, int32_t partition,
                          int64_t offset);
extern pthread_mutex_t fake_broker;

/* Of an event of the log: whether the ledger has it. */
bool fake_ledger_has(int event);
