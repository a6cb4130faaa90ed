/* guard - when most events would be dead letters, it is us and not them.
 *
 * Pure.  Remembers the fate of a worker's last 100 events. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define GUARD_EVENTS 100
#define GUARD_REFUSED_MAX 50 /* more than half trips it */

struct guard {
    bool is_refused[GUARD_EVENTS];
    size_t at;
    int refused;
};

/* Take note of one more event; false where it trips: this event is refused and
 * would be one too many.  It is not noted then. */
bool guard_pass(struct guard *guard, bool is_refused);

/* An event that had passed as sound turned out not to be, at the database. */
bool guard_pass_turned(struct guard *guard);
