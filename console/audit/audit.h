/* audit - the log held against the tables, at one moment.
 *
 * A pass asks, in this order: how far the group has come, a snapshot of the
 * tables, where the log ends.  So all before the first is in the snapshot, and
 * nothing behind the last: what an event between the two speaks of is in flight
 * and may differ.  Everything else must be as the log says, whatever consumers
 * do meanwhile, and nobody is kept waiting by a lock.  Events that the ledger
 * of the snapshot has as failed or retrying are not part of it. */
#pragma once

#include "console/audit/differences.h"
#include "console/audit/expected.h"
#include "console/config.h"
#include "console/kafka_offsets.h"
#include "console/kafka_reader.h"
#include "console/postgres.h"
#include "consumer/role_map.h"

#define AUDIT_KINDS (ENTITY_USER + 1)

struct audit_flags {
    const char *entity; /* NULL: all */
    bool has_values;
    bool is_repair;
    int64_t limit; /* of differences that are shown */
    int64_t timeout_s;
    bool is_json;
};

/* A row that no event takes away, or that stands in the way of the right one.
 * A repair removes it, unless what is named here is so by then. */
struct audit_stranger {
    enum entity_kind kind;
    const char *table;
    struct slice id;
    enum audit_unless {
        UNLESS_SPOKEN_OF, /* its register has data, or is deleted */
        UNLESS_DATA,      /* its register has data */
        UNLESS_OWN_ID     /* the row has the id that its entity must have */
    } unless;
};

/* A register that no event can mend, and the version of its row. */
struct audit_spoiled {
    struct known *known;
    char xmin[16], ctid[32];
};

struct audit_pass {
    struct kafka_span *spans; /* of each partition */
    int64_t *committed;
    bool is_log_whole;    /* it begins with its first record */
    struct keys troubled; /* ids of events that failed or are retried */
    uint64_t records;     /* of the log */

    struct expected expected;
    struct differences differences;
    struct keys unsettled; /* what differs and is in flight */
    struct audit_stranger *strangers;
    size_t strangers_count, strangers_room;
    struct audit_spoiled *spoiled;
    size_t spoiled_count, spoiled_room;
    uint64_t only_in_tables[AUDIT_KINDS]; /* the log does not know them */
};

struct audit {
    const struct console_config *config;
    const struct audit_flags *flags;
    struct role_map roles;
    struct postgres *db;
    struct kafka *kafka;
    size_t partitions;
    struct audit_pass pass; /* the last one */
};

/* -1 with ERROR_INPUT where the topic does not exist. */
int audit_open(struct audit *audit, const struct console_config *config,
               const struct audit_flags *flags, struct error *err);
void audit_close(struct audit *audit); /* also where it was not opened */

/* Compare once; what an earlier pass found is forgotten.  `is_again`: what was
 * settled there is not unsettled now. */
int audit_run(struct audit *audit, bool is_again, struct error *err);

/* Wait until the group has come to where the log ended in the last pass; not
 * there where it has nobody, or takes too long. */
int audit_wait(struct audit *audit, bool *ret_is_there, struct error *err);

/* Every record of the log, as far as pass.spans says; `take` returns -1 where
 * it ends.  `event` is the record as the consumer sees it; those that are no
 * part of the tables are left out. */
typedef int audit_take(struct audit *audit, const struct kafka_record *record,
                       struct event *event, void *context, struct error *err);
int audit_read(struct audit *audit, const char *title, audit_take *take,
               void *context, struct error *err);
/* Where the log begins and ends now. */
int audit_ask_spans(struct audit *audit, struct error *err);

/* Ask the database; each question has the whole time. */
int audit_query(struct audit *audit, const char *statement,
                const char *const *values, size_t count,
                struct postgres_rows **ret_rows, struct error *err);
struct bind_arrays;
int audit_query_arrays(struct audit *audit, const char *statement,
                       const struct bind_arrays *arrays,
                       struct postgres_rows **ret_rows, struct error *err);
int audit_execute(struct audit *audit, const char *script, struct error *err);
