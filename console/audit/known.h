/* known - what is known of each entity: its register and its row, in memory.
 *
 * A table by kind and id.  Memory grows with the number of entities and not
 * with what is said of them: what is set replaces what was there.  Pure. */
#pragma once

#include "consumer/registers.h"

struct known {
    const struct entity_register *reg; /* only what is stored, copied */
    const void *row; /* what its data said, copied: struct user_row, … */

    bool is_in_flight; /* an event may or may not be in the tables yet */
    bool is_wrong;     /* the tables hold something else */
    bool is_register_found;

    bool is_row_due, is_row_found;
    bool is_workspace_due, is_workspace_found; /* of users */
};

struct known_table {
    struct known **items; /* as they came */
    size_t count, room;
    struct known **slots;
    size_t slots_count;
};

void known_release(struct known_table *table); /* a zeroed one, too */

/* NULL where there is none. */
struct known *known_find(const struct known_table *table, enum entity_kind kind,
                         struct slice id);
/* The same, or one with an empty register. */
struct known *known_make(struct known_table *table, enum entity_kind kind,
                         struct slice id);

/* Without what a batch did to it, and without `content`, which the row says. */
void known_set_register(struct known *known, const struct entity_register *reg);
/* `data` NULL: it is not known. */
void known_set_row(struct known *known, const struct mention *data);

/* A mention of what is known; the row must be. */
struct mention known_mention(const struct known *known);
