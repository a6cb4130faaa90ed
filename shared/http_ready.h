/* http_ready - asks a program of ours that runs whether it is ready.
 *
 * For health checks where nothing but the program itself is at hand. */
#pragma once

#include "shared/error.h"
#include "shared/option.h"

#define HTTP_READY_TIMEOUT_S 4

/* GET /readyz at an admin address.  0: ready.  -1 with ERROR_AGAIN: not ready,
 * with its own words; ERROR_AWAY: nobody answers. */
int http_ready_ask(const struct option_listen *admin, struct error *err);

/* The same for a main: one line on standard error where it is not, and the exit
 * status. */
int http_ready_main(const char *program, const struct option_listen *admin);
