/* clients - many connections that post requests, driven by one thread.
 *
 * Closed loop (rate 0): each connection sends its next request when it has the
 * answer to the last.  Open loop: requests are due at fixed times, whatever is
 * answered; one that finds no connection free waits for it, and its latency
 * counts from when it was due.  A connection that is lost is opened again. */
#pragma once

#include "shared/error.h"
#include "tests/bench/latencies.h"
#include "tests/bench/requests.h"

#include <netinet/in.h>

struct clients_plan {
    struct sockaddr_in address;
    unsigned connections;
    int64_t rate; /* requests a second; 0: closed loop */
    int64_t run_us;
    int64_t *due_wall_us; /* filled for each request sent; may be NULL */
};

struct clients_result {
    struct latencies latencies;
    uint64_t answered; /* 2xx */
    uint64_t refused;  /* any other answer */
    uint64_t lost;     /* connections that ended with a request in them */
    uint64_t sent;
    uint64_t most_waiting; /* open loop: requests that were due, not sent */
    int64_t elapsed_us;
};

/* Requests are sent in order, from the first again after the last one in a
 * closed loop.  -1 with ERROR_AWAY where nobody listens. */
int clients_run(const struct clients_plan *plan,
                const struct requests *requests,
                struct clients_result *ret_result, struct error *err);
