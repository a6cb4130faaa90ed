/* sender - posts the events of a source, and counts what became of them.
 *
 * Never has more events in hand than connections, so a producer that is slow
 * or away slows it down instead of losing events.  When stop is asked it takes
 * no more and tries nothing again. */
#pragma once

#include "console/event_source.h"
#include "console/tally.h"
#include "shared/signature.h"

#include <stdint.h>

struct sender_plan {
    const char *url;
    struct signature_verifier *verifier; /* NULL: sign with nobody's key */
    size_t connections;
    int64_t rate; /* events per second; 0: as fast as they are answered */
    unsigned retries;
    int64_t timeout_ms; /* of one try */
};

struct sender_result {
    struct tally tally;
    int64_t elapsed_us;
    struct buffer last_answer; /* its body */
    struct error last_failure; /* of an event that was not answered 2xx */
};

/* -1 with ERROR_INPUT where the address is none: then nothing was sent.
 * Otherwise 0, whatever was answered; release the result. */
int sender_run(const struct sender_plan *plan, struct event_source *source,
               struct sender_result *ret_result, struct error *err);
void sender_result_release(struct sender_result *result);
