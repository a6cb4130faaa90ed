/* meeting - a register of the tables held against what the log says of it.
 *
 * Which of the two knows more is asked of the merge: what one says is merged
 * into the other, and then that one has changed or not.  Pure. */
#pragma once

#include "console/audit/known.h"
#include "shared/buffer.h"

struct meeting {
    struct entity_register expected; /* what the log says, with `content` */
    bool is_equal;
    bool is_behind; /* the tables lack something that the log says */
    bool is_ahead;  /* the tables say something that the log does not */
    struct entity_register both; /* merged */
    bool is_row_known;           /* the log has what the data of `both` said */
};

/* All borrows from what is given and from `arena`. */
void meeting_of(const struct known *known, const struct entity_register *found,
                struct arena *arena, struct meeting *ret_meeting);

/* The columns of entity_versions that are compared. */
#define MEETING_COLUMNS 11
extern const char *const meeting_columns[MEETING_COLUMNS];

bool meeting_is_same(const struct entity_register *a,
                     const struct entity_register *b, int column);
/* The value of a column as text, in `arena`; data is NULL for NULL. */
struct slice meeting_value(const struct entity_register *reg, int column,
                           struct arena *arena);

/* What a membership's register keeps of its data, as a mention; false where it
 * has none that can be read. */
bool meeting_read_content(const struct entity_register *found,
                          struct arena *arena, struct mention *ret_data);
