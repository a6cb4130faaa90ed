/* kafka_watch - does the broker answer, and does it have our topics?
 *
 * Asks once a second on a thread and a handle of its own, so that nothing that
 * happens to the working handles hides the answer.  A change is known within
 * four seconds, and logged once. */
#pragma once

#include "shared/error.h"
#include "shared/settings.h"

#include <stdbool.h>
#include <stddef.h>

#define KAFKA_WATCH_REASON_BYTES 256
#define KAFKA_WATCH_TOPICS_MAX 3

struct kafka_watch;

/* `topics` (at most KAFKA_WATCH_TOPICS_MAX names) are kept until the close.
 * -1 with ERROR_INPUT where the settings are wrong. */
int kafka_watch_open(const struct settings *common, const char *const *topics,
                     size_t count, struct kafka_watch **ret_watch,
                     struct error *err);
void kafka_watch_close(struct kafka_watch *watch);

/* False: `ret_reason` says what is waited for. */
bool kafka_watch_is_ready(struct kafka_watch *watch,
                          char ret_reason[KAFKA_WATCH_REASON_BYTES]);
