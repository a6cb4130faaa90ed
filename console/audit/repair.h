/* repair - what differs is made what the log says.
 *
 * Events are applied again, those that can mend what is wrong, by the merge and
 * under the locks of the consumers (console/reapply.h): a newer event that
 * comes meanwhile stays the newer one.  What no event can mend is put right
 * before: a register that says too much becomes what the log says, if it is
 * still the one that was found; a row that no event ever spoke of is deleted,
 * unless rows of other tables would go with it. */
#pragma once

#include "console/audit/audit.h"

struct repair {
    uint64_t reapplied; /* events */
    uint64_t refused;   /* events */
    uint64_t restored;  /* registers */
    uint64_t removed;   /* rows */
    uint64_t kept;      /* rows that could not be removed */
    struct error why;   /* the first refusal */
};

/* Once, from what the last pass has found; adds to what is in `repair`. */
int repair_run(struct audit *audit, struct repair *repair, struct error *err);
