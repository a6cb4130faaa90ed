/* row_changes - what the rows of some entities were before something was done,
 * and what they are after it.
 *
 * The rows of the application's tables, by Clerk's ids, without when they were
 * written last; a workspace is known by its user.  Whoever else writes to these
 * rows in between is counted too. */
#pragma once

#include "shared/error.h"

#include <stddef.h>
#include <stdint.h>

enum row_kind {
    ROW_MEMBERSHIP,
    ROW_ORGANIZATION,
    ROW_USER,
    ROW_WORKSPACE,
    ROW_KINDS
};
extern const char *const row_tables[ROW_KINDS];

enum row_change { ROW_UNCHANGED, ROW_ADDED, ROW_CHANGED, ROW_REMOVED };
#define ROW_CHANGES 4
extern const char *const row_change_names[ROW_CHANGES];

struct row_changed {
    enum row_kind kind;
    enum row_change change;
    char *id;
};

#define ROW_CHANGED_MAX 1000

struct row_changes {
    struct postgres *db;
    int64_t timeout_ms; /* of each question */
    struct postgres_rows *before;
    uint64_t counts[ROW_KINDS][ROW_CHANGES];
    struct row_changed changed[ROW_CHANGED_MAX]; /* the first of them */
    size_t changed_count;
};

int row_changes_open(const char *database_url, int64_t timeout_ms,
                     struct row_changes **ret_changes, struct error *err);
void row_changes_close(struct row_changes *changes);

struct event;

/* Of all that these events mention: look, and look again. */
int row_changes_before(struct row_changes *changes, struct event *const *events,
                       size_t count, struct error *err);
int row_changes_after(struct row_changes *changes, struct event *const *events,
                      size_t count, struct error *err);
