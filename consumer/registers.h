/* registers - what the merge knows of each entity that a batch mentions.
 *
 * Sorted by kind and id, the order in which their rows are locked.  Filled from
 * the table entity_versions, changed by merge(), written back where changed. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"

struct entity_register {
    enum entity_kind kind;
    struct slice id;

    /* As stored. */
    bool has_data;
    struct version version; /* of the data */
    bool is_deleted;
    struct instant deleted_at; /* of a user */
    bool is_failed;            /* of a user: a dead letter waits */
    struct slice failure;      /* why; NULL where none does */
    int64_t created_ms;        /* of an organization's data, a pair's newest */
    struct slice base;         /* of an organization's data; NULL before it */
    struct slice newest_id;    /* of a pair: which membership; NULL: none */
    struct slice content;      /* of a membership's data */

    /* What this batch did to it. */
    const struct mention *data; /* the data, where it came in this batch */
    bool is_changed;            /* the register must be written */
    bool is_delete_applied;     /* a deletion was applied, perhaps again */
    bool is_sync_changed;       /* of a user: what the row says of it */
    struct slice trouble;       /* of a user: why an event must wait, or NULL */
    struct slice stored_base;   /* as it was before the batch */
    struct slice stored_newest; /* the same */
};

struct registers {
    struct entity_register *items;
    size_t count;
};

/* One empty register for each entity that the events mention, in `arena`; and
 * each mention's `entity` points to its own. */
struct registers registers_of(struct event *const *events, size_t count,
                              struct arena *arena);

/* NULL where the batch does not mention it. */
struct entity_register *registers_find(const struct registers *regs,
                                       enum entity_kind kind, struct slice id);
