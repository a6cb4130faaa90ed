/* dlq_choice - which dead letters a command is about.  Pure. */
#pragma once

#include "console/dlq_box.h"

struct dlq_choice {
    struct filter filter;
    const char *letter; /* a svix-id, or PARTITION:OFFSET; NULL: any */
    bool has_all;       /* also those about which nothing is left to be done */
    int64_t limit;
};

/* Those that are chosen, the newest first; new.  Those that are named are so
 * whatever their state.  -1 with ERROR_ACCESS where one is named that is not
 * there. */
int dlq_choose(const struct dlq_box *box, const struct dlq_choice *choice,
               struct dlq_letter ***ret_chosen, size_t *ret_count,
               struct error *err);
