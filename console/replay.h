/* replay - the ways in which the log is read again.
 *
 *   replay_offsets()  the group is set to other offsets, while it has no
 *                     members; consumers that start go on from there
 *   replay_scope()    matching records are applied once more, beside a running
 *                     group (reapply.h)
 *   replay_rebuild()  the tables are emptied, then the group is set to the
 *                     earliest offsets */
#pragma once

#include "console/config.h"
#include "console/filter.h"
#include "console/log_topic.h"
#include "console/offset_plan.h"

struct replay_flags {
    struct filter filter;
    bool to_earliest, to_latest;
    int64_t to_offset, shift_by; /* or FLAG_NUMBER_NONE */
    int64_t to_time_ms;          /* or FLAG_TIME_NONE */
    int64_t duration_ms;         /* or FLAG_DURATION_NONE */
    int64_t partition;           /* or FLAG_NUMBER_NONE: all */
    bool is_rebuild, keeps_rows, is_incomplete_ok, waits;
    bool is_execute, is_dry_run, is_yes;
    bool is_whole; /* reasons with what the database quotes */
    int64_t rate;  /* 0: as fast as it goes */
    int64_t timeout_s;
    bool is_json;
};

int replay_offsets(const struct console_config *config,
                   const struct replay_flags *flags,
                   const struct offset_wish *wish, struct error *err);
int replay_scope(const struct console_config *config,
                 const struct replay_flags *flags, struct error *err);
int replay_rebuild(const struct console_config *config,
                   const struct replay_flags *flags, struct error *err);

/* Steps that resets share.  */

/* Names the members of the group on standard error; where it has any, -1 with
 * ERROR_ACCESS, but not in a dry run. */
int replay_check_group(struct kafka *kafka, const char *group, bool is_dry_run,
                       size_t *ret_members, struct error *err);

/* Where each partition goes from and to; new. */
int replay_plan(struct log_topic *topic, const char *group,
                const struct offset_wish *wish, int64_t partition,
                struct offset_move **ret_moves, struct error *err);
/* -1 as kafka_set_committed(). */
int replay_move(struct log_topic *topic, const char *group,
                const struct offset_move *moves, int64_t partition,
                struct error *err);
