/* listener - a TCP socket that listens where an option says. */
#pragma once

#include "shared/error.h"
#include "shared/option.h"

/* Returns a non-blocking socket (the caller's), or -1 with ERROR_AWAY and a
 * text that names `variable`, the address and the reason: in use, not ours. */
int listener_open(const struct option_listen *listen, const char *variable,
                  struct error *err);
