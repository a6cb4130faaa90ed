/* worker - one thread: one member of the group, one database session.
 *
 * What the path in consume.c works on: the records that were polled, those that
 * are held, the retries that wait, and what the outside is told.  Only `status`
 * is touched by others.
 */
#pragma once

#include "consumer/apply.h"
#include "consumer/guard.h"
#include "consumer/kafka_source.h"
#include "consumer/meters.h"
#include "consumer/progress.h"
#include "consumer/trouble.h"
#include "consumer/waiting.h"
#include "shared/kafka_watch.h"

#include <pthread.h>
#include <stdatomic.h>

#define WORKER_REASON_BYTES 256

/* What all workers share; borrowed. */
struct worker_setting {
    const struct consumer_config *cfg;
    struct kafka_watch *watch;
    struct outlet *outlet;
    struct meters *meters;
};

struct worker {
    struct worker_setting set;
    int number;
    pthread_t thread;
    struct source *source;
    struct apply apply;
    struct json_document json;
    struct arena arena;

    struct record *batch; /* polled, room for batch_max */
    size_t batch_count;
    struct record *held; /* neither applied nor sent elsewhere yet */
    size_t held_count;
    size_t held_room;
    bool is_away;           /* no database, or no broker: all is held */
    unsigned attempts;      /* of what is held */
    int64_t due_ms;         /* when to try it again, on the steady clock */
    struct waiting waiting; /* retries, until they are due */
    size_t due_max;         /* how many of them to try at once */
    struct trouble trouble;
    int64_t late_ms; /* when the batch at hand should have come to an end */
    struct guard guard;
    bool is_halted; /* the guard tripped */
    bool is_assigned;
    struct progress progress;
    int64_t looked_ms; /* when lag and database were last looked at */
    int64_t mark_ms;   /* when to mark users as failed again */
    unsigned mark_failures;
    /* This worker's part of the gauges, as last added to them. */
    int64_t held_told, waiting_told, session_told;

    _Atomic int64_t busy_since_ms; /* with the database; 0: is not */
    pthread_mutex_t lock;
    char status[WORKER_REASON_BYTES]; /* empty: ready */
};

/* -1 with ERROR_INPUT where the settings are wrong; release it all the same. */
int worker_init(struct worker *worker, const struct worker_setting *set,
                int number, struct error *err);
void worker_release(struct worker *worker);

/* Commit what is stored and leave. */
void worker_leave(struct worker *worker);

/* From here on, or no longer, this thread may have to wait for the database. */
void worker_set_busy(struct worker *worker, bool is_busy);

/* What /readyz is told: an empty reason for ready.  Logged when it changes. */
void worker_set_status(struct worker *worker, const char *reason);
/* Not ready either while the database keeps it waiting. */
bool worker_is_ready(struct worker *worker,
                     char ret_reason[WORKER_REASON_BYTES]);

/* Poll a batch into worker->batch, waiting at most `timeout_ms` for the first
 * record; retries go to those that wait. */
void worker_collect(struct worker *worker, int timeout_ms);
/* Instead: the retries that are due, at most due_max of them. */
void worker_collect_due(struct worker *worker);

/* A record is committed: it counts for the offsets, and is released. */
void worker_done(struct worker *worker, struct record *record);

/* Keep a record for later; it is taken.  A retry waits again. */
void worker_hold(struct worker *worker, const struct record *record);

/* The gauge says whether its database session is open. */
void worker_tell_session(struct worker *worker);

/* Store how far each partition has come, pause those with something held (and
 * all retries when enough of them wait), resume the others.  Safe at any time:
 * what was polled and is neither done nor held is not counted. */
void worker_settle(struct worker *worker);
