/* letter - what goes into the headers of the records that we send.
 *
 * Pure. */
#pragma once

#include "consumer/event.h"
#include "shared/arena.h"

struct letter_header {
    const char *name;
    struct slice value; /* data is NULL: the header is taken away */
};

struct slice letter_number(int64_t value, struct arena *arena);
/* "topic:partition:offset". */
struct slice letter_place(const struct place *place, struct arena *arena);

/* False where the text is nothing of the kind; 0 or more, without a sign. */
bool letter_read_number(struct slice text, int64_t *ret_value);
/* Milliseconds since 1970, within what can be stored. */
bool letter_read_time(struct slice text, int64_t *ret_ms);
/* The topic points into `text` and has a name that a topic can have. */
bool letter_read_place(struct slice text, struct place *ret_place);
