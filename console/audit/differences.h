/* differences - where the tables are not what the log says.
 *
 * All are counted; only so many are kept to be shown.  Zeroed but for `limit`
 * and `has_values`.  Pure. */
#pragma once

#include "console/json_writer.h"
#include "console/table.h"
#include "consumer/event.h"

enum difference_what {
    DIFFERENCE_VALUE,      /* a column holds something else */
    DIFFERENCE_MISSING,    /* a row is not there */
    DIFFERENCE_UNEXPECTED, /* a row is there that must not be */
    DIFFERENCE_STRANGER    /* the same, and no event ever spoke of it */
};

struct difference {
    enum difference_what what;
    enum entity_kind kind;
    struct slice id;              /* Clerk's; of a pair: both */
    const char *table;            /* borrowed for ever */
    struct slice column;          /* data is NULL: the row */
    struct slice expected, found; /* of a column; data is NULL for NULL */
};

struct differences {
    struct difference *items; /* copies */
    size_t count, room;
    size_t limit;    /* of items */
    bool has_values; /* expected and found are kept, and shown */
    uint64_t total;
};

void differences_release(struct differences *list);
void differences_add(struct differences *list, const struct difference *one);

/* For people; nothing where there are none. */
void differences_print(const struct differences *list, bool has_colours,
                       struct buffer *out);
void differences_write_json(const struct differences *list,
                            struct json_writer *w, const char *name);
