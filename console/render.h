/* render - an event of the make-believe world as the bytes that Clerk sends:
 * all the fields of the shapes that Clerk documents and of captured deliveries,
 * the envelope with `data` first or last.  Pure. */
#pragma once

#include "console/world.h"
#include "shared/buffer.h"

/* Append the body of `event` to `out`. */
void render_event(const struct world_event *event, struct buffer *out);
