/* finding - what does not fit is told, or put off where an event in flight may
 * explain it.  Pure. */
#pragma once

#include "console/audit/audit.h"

/* Something of `known` is not as the log says; `one` without kind and id. */
void finding_add(struct audit *audit, struct known *known,
                 const struct difference *one);
void finding_add_row(struct audit *audit, struct known *known,
                     const char *table, enum difference_what what);
/* A row that nothing in the log would take away: `what` says why. */
void finding_add_stranger(struct audit *audit,
                          const struct audit_stranger *stranger,
                          enum difference_what what);
/* A row that must be there, with another id. */
void finding_add_in_the_way(struct audit *audit, struct known *known,
                            const struct difference *one);
