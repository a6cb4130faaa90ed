/* route - what a path of the public listener is for, and by which methods.
 *
 * Paths are compared byte for byte with the request target before its `?`. */
#pragma once

#include "shared/option.h"
#include "shared/slice.h"

#include <stdbool.h>

enum route { ROUTE_NONE, ROUTE_EVENTS, ROUTE_HEALTH, ROUTES };

/* `target` as received; `event_paths` take events. */
enum route route_of(struct slice target, const struct option_list *event_paths);
bool route_allows(enum route route, const char *method);
/* For the header field Allow; NULL where there is no route. */
const char *route_methods(enum route route);
