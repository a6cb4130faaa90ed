/* status_ask - asks programs, database and brokers how they are.
 *
 * Each ends in time, enters its parts, and fills its half of the health; what
 * failed is the part's reason too. */
#pragma once

#include "console/config.h"
#include "console/health.h"

/* Programs: `name` is "producer" or "consumer"; of `addresses` ("host:port",
 * several with commas between, or NULL: `listen`) each is asked for /readyz,
 * all before `deadline_ms` of the steady clock.  -1 with ERROR_INPUT where one
 * is no address. */
int status_ask_program(const char *name, const char *addresses,
                       const struct option_listen *listen, int64_t deadline_ms,
                       struct health *health, struct error *err);

int status_ask_database(const char *url, int64_t timeout_ms,
                        struct health *health, struct error *err);

int status_ask_brokers(const struct console_config *config, int64_t timeout_ms,
                       struct health *health, struct error *err);
