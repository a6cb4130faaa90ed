#include "consumer/guard.h"

bool guard_pass(struct guard *guard, bool is_refused)
{
    bool *slot = &guard->is_refused[guard->at];

    if (is_refused && guard->refused - *slot >= GUARD_REFUSED_MAX)
        return false;
    guard->refused += is_refused - *slot;
    *slot = is_refused;
    guard->at = (guard->at + 1) % GUARD_EVENTS;
    return true;
}

bool guard_pass_turned(struct guard *guard)
{
    size_t at = guard->at;

    if (guard->refused >= GUARD_REFUSED_MAX)
        return false;
    for (int i = 0; i < GUARD_EVENTS; i++) {
        at = (at + GUARD_EVENTS - 1) % GUARD_EVENTS;
        if (!guard->is_refused[at])
            break;
    }
    guard->is_refused[at] = true;
    guard->refused++;
    return true;
}
