#include "producer/route.h"

static const struct {
    const char *allow;
    const char *methods[2];
} rows[ROUTES] = {
    [ROUTE_EVENTS] = {"POST", {"POST"}},
    [ROUTE_HEALTH] = {"GET, HEAD", {"GET", "HEAD"}},
};

enum route route_of(struct slice target, const struct option_list *event_paths)
{
    const char *query =
        target.size > 0 ? memchr(target.data, '?', target.size) : NULL;

    if (query != NULL)
        target.size = (size_t)(query - target.data);
    if (slice_is(target, "/healthz"))
        return ROUTE_HEALTH;
    for (size_t i = 0; i < event_paths->count; i++)
        if (slice_is(target, event_paths->items[i]))
            return ROUTE_EVENTS;
    return ROUTE_NONE;
}

bool route_allows(enum route route, const char *method)
{
    for (int i = 0; i < 2; i++)
        if (rows[route].methods[i] != NULL &&
            strcmp(rows[route].methods[i], method) == 0)
            return true;
    return false;
}

const char *route_methods(enum route route)
{
    return rows[route].allow;
}
