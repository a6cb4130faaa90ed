/* manual - the table of commands and that of variables as a manual page, in
 * the man macros of roff, section 1. */
#pragma once

#include "shared/buffer.h"

void manual_page(struct buffer *out);
